/* The table of commands, help, scripts. A new command is a row and a function. */
#include "sim/cli/debug/debug.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPTS_DEEP = 20 };

/* --- displays, focus, scripts -------------------------------------------------------------------
 */

static int do_display(struct debug *d, const char *args, struct vtpu_error *err)
{
  args = word_skip(args);
  if (!*args) {
    for (size_t i = 0; i < d->display_count; i++) {
      printf("%u: ", d->displays[i].number);
      if (command_print(d, d->displays[i].text, err))
        return VTPU_USAGE;
    }
    return 0;
  }
  int bad = command_print(d, args, err); /* shows that it can be */
  struct display *more = bad ? NULL : realloc(d->displays, (d->display_count + 1) * sizeof *more);
  char *text = more ? strdup(args) : NULL;
  if (more)
    d->displays = more;
  if (bad || !text)
    return bad ? bad : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  d->displays[d->display_count++] = (struct display){++d->display_number, text};
  return 0;
}

static int do_undisplay(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  bool all = word_is_end(args);
  while (all || word_next(&args, word, sizeof word)) {
    uint64_t n = 0;
    size_t i = 0;
    int bad = all ? 0 : parse_count(word, 1, UINT32_MAX, "number of a display", &n, err);
    while (!bad && !all && i < d->display_count && d->displays[i].number != n)
      i++;
    if (!bad && i == d->display_count && !all)
      bad = debug_fail(err, "there is no display %s (`info display')", word);
    if (bad || !d->display_count)
      return bad;
    free(d->displays[i].text);
    memmove(&d->displays[i], &d->displays[i + 1], (--d->display_count - i) * sizeof *d->displays);
  }
  return 0;
}

static int do_sentron(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[200];
  if (word_next(&args, word, sizeof word)) {
    int bad = parse_sentron(d, word, &d->focus, err);
    if (!bad)
      bad = nothing_more(args, err);
    if (bad)
      return bad;
  }
  d->list_next = 0;
  show_where(d);
  return 0;
}

static int do_echo(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)d, (void)err;
  printf("%s\n", word_skip(args));
  return 0;
}

static int do_where(struct debug *d, const char *args, struct vtpu_error *err)
{
  int bad = nothing_more(args, err);
  if (!bad)
    show_where(d);
  return bad;
}

static int do_source(struct debug *d, const char *args, struct vtpu_error *err)
{
  char path[1000];
  int bad = one_path(args, path, sizeof path, err);
  return bad ? bad : command_file(d, path, err);
}

static int do_quit(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  uint64_t status = 0;
  if (word_next(&args, word, sizeof word)) {
    int bad = parse_count(word, 0, 255, "exit status", &status, err);
    if (!bad)
      bad = nothing_more(args, err);
    if (bad)
      return bad;
    d->quit_status = (int)status;
  }
  d->quit = true;
  return 0;
}

static int do_help(struct debug *d, const char *args, struct vtpu_error *err);

/* --- the table ----------------------------------------------------------------------------------
 */

/* In groups for `help`; a group's first row has its title before it in `help_groups`. */
const struct command debug_commands[] = {
    {"run", "r", "", "begin anew at cycle 0, and go on",
     "Breakpoints stay. What has been set is forgotten, unless that was at cycle 0.", do_run,
     COMPLETE_NOTHING, false},
    {"continue", "c", "[N]", "go on to a breakpoint or the end; N times", NULL, do_continue,
     COMPLETE_NOTHING, true},
    {"step", "s si", "[N]", "until the sentron has issued N SIWs and is about to issue another",
     "The sentron is the one that commands are about (`sentron NAME' chooses it). Others go on\n"
     "beside it, in the same cycles as ever, and their breakpoints stop it.",
     do_step, COMPLETE_NOTHING, true},
    {"next", "n", "[N]", "like step, but a hardware loop is one step",
     "On a SIW with CLOOP it goes on until the sentron is about to issue a SIW outside of the "
     "body.",
     do_next, COMPLETE_NOTHING, true},
    {"finish", "fin", "", "until the innermost loop is left",
     "Outside of all loops until the mark (`info marks') is left; outside of all marks until the\n"
     "sentron retires.",
     do_finish, COMPLETE_NOTHING, false},
    {"until", "u", "[PLACE | cycle N]", "until the sentron is about to issue the SIW, or cycle N",
     "Without a place: a SIW behind this one, so that a loop's last SIW leaves the loop.\n"
     "PLACE is LABEL, LABEL+N, @N (SIW N), or . (the next SIW).",
     do_until, COMPLETE_PLACES, false},
    {"cycle", "cy stepc", "[N]", "N cycles of the whole machine", NULL, do_cycle, COMPLETE_NOTHING,
     true},
    {"tick", "t", "[N]", "N cycles in which some sentron issues", NULL, do_tick, COMPLETE_NOTHING,
     true},
    {"goto", "g", "CYCLE", "to that cycle, forth or back, past all breakpoints", NULL, do_goto,
     COMPLETE_NOTHING, false},
    {"reverse-step", "rs", "[N]", "back to before the sentron's last N SIWs", NULL, do_reverse_step,
     COMPLETE_NOTHING, true},
    {"reverse-next", "rn", "[N]", "like reverse-step, but a hardware loop is one step",
     "Where the sentron has just left a loop, back to before the CLOOP that began it.",
     do_reverse_next, COMPLETE_NOTHING, true},
    {"reverse-finish", "rfin", "", "back to where the innermost loop began, before its CLOOP",
     "Outside of all loops to the first SIW of the mark (`info marks'); outside of all marks to "
     "the\n"
     "sentron's first.",
     do_reverse_finish, COMPLETE_NOTHING, false},
    {"reverse-cycle", "rcy", "[N]", "back by N cycles", NULL, do_reverse_cycle, COMPLETE_NOTHING,
     true},
    {"reverse-continue", "rc", "", "back to the last place where a breakpoint stops",
     "Conditions are asked; counts of hits and `ignore' are left alone.", do_reverse_continue,
     COMPLETE_NOTHING, true},
    {"checkpoint", "", "[FILE]", "save the state, so that going back starts from here",
     "With a name it is saved there, for `vtpu run --resume FILE'. Going back runs the program "
     "again, from the last checkpoint before. The debugger makes some\n"
     "by itself (`info checkpoints').",
     do_checkpoint, COMPLETE_FILES, false},

    {"break", "b", "[WHERE] [sentron NAME] [if EXPRESSION]", "stop there",
     "WHERE is one of\n"
     "  PLACE                        before this SIW issues: LABEL, LABEL+N, @N, . (the default)\n"
     "  cycle N                      at this cycle\n"
     "  sentron NAME                 before every SIW of this sentron\n"
     "  access PATTERN [KIND...]     at a memory operation; KIND: gather scatter prefetch flush\n"
     "  miss [PATTERN]               at a miss of the translation cache (PTC)\n"
     "  stall CAUSE [N]              at a SIW that has waited N cycles or more, longest for CAUSE\n"
     "  op MNEMONIC                  at this operation\n"
     "  mark KERNEL                  when a sentron enters the marked region\n"
     "PATTERN is a coordinate whose parts may be *, a range 3-7, or left out at the end, like\n"
     "1.*.3-7/4; or the name of a region. It stops in the cycle of the issue, before it;\n"
     "also where the condition cannot be asked, as of a register that is being gathered.",
     do_break, COMPLETE_PLACES, false},
    {"tbreak", "tb", "...", "like break, once", NULL, do_tbreak, COMPLETE_PLACES, false},
    {"watch", "w", "REGISTER | CELL [if EXPRESSION]", "stop when the contents have changed",
     "REGISTER and CELL are as for `print', whole or one lane: watch bob.r3.f32[2]. It stops in "
     "the\n"
     "first cycle in which the new contents can be read: for a register when it is no longer "
     "owed,\n"
     "for a cell when the scatter is complete.",
     watch_add, COMPLETE_EXPRESSIONS, false},
    {"condition", "cond", "N [EXPRESSION]", "breakpoint N stops only if this is not zero", NULL,
     do_condition, COMPLETE_EXPRESSIONS, false},
    {"commands", "com", "N [COMMAND; ...]", "what is done after a stop at breakpoint N",
     "One that goes on or back ends them: the next stop's come then. Without any, "
     "they\n"
     "are taken away. Going back runs none.",
     do_commands, COMPLETE_COMMANDS, false},
    {"ignore", "", "N COUNT", "breakpoint N lets COUNT go by", NULL, do_ignore, COMPLETE_NOTHING,
     false},
    {"delete", "del", "[N...]", "delete breakpoints, or all", NULL, do_delete, COMPLETE_NOTHING,
     false},
    {"enable", "en", "[N...]", "enable breakpoints, or all", NULL, do_enable, COMPLETE_NOTHING,
     false},
    {"disable", "dis", "[N...]", "disable breakpoints, or all", NULL, do_disable, COMPLETE_NOTHING,
     false},

    {"print", "p", "[/FORMAT] EXPRESSION", "the value of an expression",
     "Registers r3 p0 m1 l0, of another sentron bob.r3, with a type r3.f32, a lane r3.f32[2];\n"
     "parts of a coordinate p0.d3, p0.offset; cells [1.2.3/4.5.6/7.8.9/10.11+8].i8[2], [p0];\n"
     "`cycle', `siw' (the sentron's next); numbers and the operators of C.\n"
     "FORMAT is i64 i32 f32 bf16 i8 t2, or x for hexadecimal.",
     command_print, COMPLETE_EXPRESSIONS, false},
    {"x", "", "[/NFORMAT] [CELL]", "N cells from there on, in storage order",
     "CELL is a coordinate, [p0] or a region; without one it goes on. x/4f32 [p0] shows four.",
     command_examine, COMPLETE_EXPRESSIONS, true},
    {"set", "", "REGISTER | CELL = VALUES", "change a register or a cell; set view TYPE",
     "VALUES are those of the assembler: set r3 = f32 1.0 x 8, 2.0 (the rest becomes zero). One "
     "lane\n"
     "takes an expression: set bob.r3.f32[2] = r1.f32[0] * 2. A coordinate: set p0 = 1.2.3/..., "
     "or\n"
     "set p0.d3 = 7. l0 takes the rounds left. What was still on its way to the register comes.\n"
     "`set view f32' chooses how registers and cells are shown.",
     command_set, COMPLETE_EXPRESSIONS, false},
    {"display", "", "[/FORMAT] EXPRESSION", "print it after every stop", NULL, do_display,
     COMPLETE_EXPRESSIONS, false},
    {"undisplay", "", "[N...]", "end displays, or all", NULL, do_undisplay, COMPLETE_NOTHING,
     false},
    {"list", "l disassemble", "[PLACE [COUNT]]", "the SIWs around there; again: those after", NULL,
     command_list, COMPLETE_PLACES, true},
    {"backtrace", "bt", "", "the SIW, its loops, its mark, its sentron", NULL, command_backtrace,
     COMPLETE_NOTHING, false},
    {"where", "", "", "cycle, sentron, SIW, and what it waits for", NULL, do_where,
     COMPLETE_NOTHING, false},
    {"sentron", "sen thread", "[NAME]", "the sentron that commands are about",
     "By name, as node.number, or as @index.", do_sentron, COMPLETE_SENTRONS, false},
    {"info", "i", "WHAT", "a list of what there is",
     "WHAT: breakpoints cell checkpoints display entries labels loops marks program ptc queues\n"
     "regions registers sentrons stack. Some take more: info registers rp, info cell CELL,\n"
     "info ptc [SET | CELL].",
     command_info, COMPLETE_INFO, false},

    {"source", "", "FILE", "run the commands of a file", NULL, do_source, COMPLETE_FILES, false},
    {"echo", "", "TEXT", "print it", NULL, do_echo, COMPLETE_NOTHING, false},
    {"help", "h ?", "[COMMAND]", "this, or more about a command", NULL, do_help, COMPLETE_COMMANDS,
     false},
    {"quit", "q exit", "[STATUS]", "leave", NULL, do_quit, COMPLETE_NOTHING, false},
};
const int debug_command_count = sizeof debug_commands / sizeof *debug_commands;

static const struct {
  const char *first, *title;
} help_groups[] = {{"run", "Going on and back"},
                   {"break", "Stopping"},
                   {"print", "Looking and changing"},
                   {"source", "Else"}};

static int do_help(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  (void)d;
  if (word_next(&args, word, sizeof word)) {
    const struct command *c = command_find(word, err);
    if (!c)
      return VTPU_USAGE;
    printf("%s %s\n  %s.\n", c->name, c->args, c->summary);
    if (c->more)
      printf("%s\n", c->more);
    if (c->aliases[0])
      printf("Also: %s\n", c->aliases);
    return 0;
  }
  for (int i = 0; i < debug_command_count; i++) {
    const struct command *c = &debug_commands[i];
    char usage[60];
    for (size_t g = 0; g < sizeof help_groups / sizeof *help_groups; g++)
      if (strcmp(help_groups[g].first, c->name) == 0)
        printf("%s%s:\n", i ? "\n" : "", help_groups[g].title);
    snprintf(usage, sizeof usage, "%s %s", c->name, strlen(c->args) < 20 ? c->args : "...");
    printf("  %-28s %s\n", usage, c->summary);
  }
  printf(
      "\n`help COMMAND' tells more. Names may be cut short (c, rs, i b); an empty line does the\n"
      "last step, list or x again; Ctrl-C stops a run.\n");
  return 0;
}

/* --- lines --------------------------------------------------------------------------------------
 */

static bool is_alias(const struct command *c, const char *word)
{
  size_t n = strlen(word);
  for (const char *p = c->aliases; *p; p += strcspn(p, " "), p += *p == ' ')
    if (strcspn(p, " ") == n && strncmp(p, word, n) == 0)
      return true;
  return false;
}

const struct command *command_find(const char *word, struct vtpu_error *err)
{
  const struct command *found = NULL;
  char list[400] = "";
  int matches = 0;
  for (int i = 0; i < debug_command_count; i++) {
    const struct command *c = &debug_commands[i];
    if (strcmp(c->name, word) == 0 || is_alias(c, word))
      return c;
    if (strncmp(c->name, word, strlen(word)) == 0) {
      found = c;
      matches++;
      snprintf(list + strlen(list), sizeof list - strlen(list), " %s", c->name);
    }
  }
  if (matches == 1)
    return found;
  if (matches)
    debug_fail(err, "'%s' could be:%s", word, list);
  else
    debug_fail(err, "there is no command '%s' (`help' lists them)", word);
  return NULL;
}

/* What the breakpoints ask for that a command has stopped at; its own stops ask in turn. */
static int run_after(struct debug *d)
{
  int bad = 0;
  d->in_after = true;
  while (!bad && d->after && !d->quit) {
    char *text = d->after, *rest = NULL;
    d->after = NULL;
    d->moved = false;
    for (char *one = strtok_r(text, ";", &rest); one && !bad && !d->moved && !d->quit;
         one = strtok_r(NULL, ";", &rest))
      bad = command_line(d, one);
    free(text);
  }
  d->in_after = false;
  return bad;
}

int command_line(struct debug *d, const char *line)
{
  struct vtpu_error err;
  char word[40];
  const char *p = word_skip(line);
  if (*p == '#' || *p == '\0')
    return 0;
  size_t n = strcspn(p, " \t/"); /* p/f32 r3 */
  snprintf(word, sizeof word, "%.*s", (int)n, p);
  const struct command *c = command_find(word, &err);
  int bad = c ? c->run(d, p + n, &err) : VTPU_USAGE;
  if (c && strcmp(c->name, "list") != 0)
    d->list_next = 0;
  if (bad == CLI_INTERRUPTED) {
    printf("Interrupted, still at cycle %" PRIu64 ".\n", d->at);
    bad = 0;
  }
  fflush(stdout);
  if (!bad)
    return d->after && !d->in_after ? run_after(d) : 0;
  /* One message; a script's failure has its place before it. */
  if (err.message[0])
    fprintf(d->interactive ? stdout : stderr, "%s\n", err.message);
  if (!d->status)
    d->status = bad;
  return bad;
}

int command_file(struct debug *d, const char *path, struct vtpu_error *err)
{
  char *line = NULL;
  size_t room = 0;
  unsigned number = 0;
  int bad = 0;
  if (d->depth == SCRIPTS_DEEP)
    return debug_fail(err, "%s: scripts call each other more than %d deep", path, SCRIPTS_DEEP);
  FILE *in = fopen(path, "r");
  if (!in)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s", path, strerror(errno));
  d->depth++;
  while (!bad && !d->quit && !session_hung_up() && getline(&line, &room, in) >= 0) {
    line[strcspn(line, "\r\n")] = '\0';
    number++;
    bad = command_line(d, line);
  }
  if (!bad && ferror(in))
    bad = vtpu_fail(err, VTPU_INPUT, "%s: %s", path, strerror(errno));
  else if (bad)
    vtpu_fail(err, (enum vtpu_category)bad, "%s:%u: the script ends here", path, number);
  d->depth--;
  free(line);
  fclose(in);
  return bad;
}
