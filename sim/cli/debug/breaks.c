/* Breakpoints and watchpoints: their table, how they are read from a line, their commands. */
#include "sim/cli/debug/debug.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const access_names[ACCESS_KINDS] = {"gather", "scatter", "prefetch", "flush"};

/* --- the table ----------------------------------------------------------------------------------
 */

struct breakpoint *break_find(struct debug *d, unsigned number)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].number == number)
      return &d->breaks[i];
  return NULL;
}

void break_delete(struct debug *d, struct breakpoint *b)
{
  size_t i = (size_t)(b - d->breaks);
  free(b->text);
  free(b->condition);
  free(b->commands);
  memmove(b, b + 1, (d->break_count - i - 1) * sizeof *b);
  d->break_count--;
}

bool break_needs_events(const struct debug *d)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].enabled && d->breaks[i].kind != BREAK_CYCLE)
      return true;
  return false;
}

static int add(struct debug *d, struct breakpoint *b, struct vtpu_error *err)
{
  struct breakpoint *more = realloc(d->breaks, (d->break_count + 1) * sizeof *more);
  if (more)
    d->breaks = more;
  if (!more || !b->text) {
    free(b->text);
    free(b->condition);
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  }
  b->number = ++d->break_number;
  b->enabled = true;
  d->breaks[d->break_count++] = *b;
  char text[200];
  break_describe(d, b, text, sizeof text);
  printf("%s %u: %s\n", b->kind >= WATCH_REGISTER ? "Watchpoint" : "Breakpoint", b->number, text);
  return 0;
}

void break_describe(const struct debug *d, const struct breakpoint *b, char *out, size_t bytes)
{
  char where[SYMBOL_TEXT_BYTES];
  int n;
  if (b->kind == BREAK_SIW)
    n = snprintf(out, bytes, "SIW %u (%s)", b->first,
                 object_symbolize(&d->object, b->first, where));
  else
    n = snprintf(out, bytes, "%s", b->text);
  if (b->kind == BREAK_SIW && b->sentron >= 0 && (size_t)n < bytes)
    snprintf(out + n, bytes - (size_t)n, " of %s", d->object.sentrons[b->sentron].name);
}

void break_list(struct debug *d)
{
  char text[200];
  if (!d->break_count)
    printf("No breakpoints and no watchpoints.\n");
  for (size_t i = 0; i < d->break_count; i++) {
    const struct breakpoint *b = &d->breaks[i];
    break_describe(d, b, text, sizeof text);
    printf("%3u  %-5s %s  %s", b->number, b->kind >= WATCH_REGISTER ? "watch" : "break",
           b->temporary ? "once    "
           : b->enabled ? "enabled "
                        : "disabled",
           text);
    if (b->condition)
      printf("  if %s", b->condition);
    if (b->hits)
      printf("  hit %" PRIu64 " time%s", b->hits, b->hits == 1 ? "" : "s");
    if (b->ignore)
      printf("  ignores %" PRIu64 " more", b->ignore);
    putchar('\n');
    if (b->commands)
      printf("     then %s\n", b->commands);
  }
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool has_mnemonic(const char *word, const char **name)
{
  for (int i = 0; i < op_table_count; i++)
    if (strcasecmp(op_table[i].mnemonic, word) == 0) {
      *name = op_table[i].mnemonic;
      return true;
    }
  return false;
}

static int parse_stall(const char *word, enum stall *out, struct vtpu_error *err)
{
  char list[300] = "";
  /* Those that a sentron can meet between two issues. */
  for (int i = STALL_FETCH; i < STALL_DRAIN; i++) {
    if (strcmp(word, stall_keys[i]) == 0) {
      *out = (enum stall)i;
      return 0;
    }
    snprintf(list + strlen(list), sizeof list - strlen(list), " %s", stall_keys[i]);
  }
  return debug_fail(err, "'%s' is no cause of a wait:%s", word, list);
}

static int access_kind_named(const char *word)
{
  for (int i = 0; i < ACCESS_KINDS; i++)
    if (strcmp(word, access_names[i]) == 0)
      return i;
  return -1;
}

/* "access PATTERN [gather|...]", "miss [PATTERN]", with *p behind the first word. */
static int read_access(struct debug *d, struct breakpoint *b, const char **p,
                       struct vtpu_error *err)
{
  char word[200];
  const char *ahead = *p;
  if (!word_next(&ahead, word, sizeof word) || strcmp(word, "sentron") == 0) {
    if (b->kind == BREAK_ACCESS)
      return debug_fail(err,
                        "access to what? a pattern of coordinates like 1.*.3-7/4, or a region");
    return parse_pattern(d, "*", &b->where, err);
  }
  *p = ahead;
  int bad = parse_pattern(d, word, &b->where, err);
  while (!bad && word_next(&ahead, word, sizeof word) && access_kind_named(word) >= 0) {
    b->accesses |= 1u << access_kind_named(word);
    *p = ahead;
  }
  return bad;
}

static int read_kind(struct debug *d, struct breakpoint *b, const char **p, struct vtpu_error *err)
{
  char word[200], *first = word_next(p, word, sizeof word);
  int bad = 0;
  b->kind = BREAK_SIW;
  if (!first)
    return parse_siw_place(d, ".", &b->first, err);
  if (strcmp(word, "sentron") == 0) {
    b->kind = BREAK_ANY;
    *p -= strlen(word);
  } else if (strcmp(word, "cycle") == 0) {
    b->kind = BREAK_CYCLE;
    if (!word_next(p, word, sizeof word))
      return debug_fail(err, "which cycle? (break cycle N)");
    bad = parse_count(word, 0, NEVER - 1, "cycle", &b->cycle, err);
  } else if (strcmp(word, "access") == 0 || strcmp(word, "miss") == 0) {
    b->kind = *word == 'a' ? BREAK_ACCESS : BREAK_MISS;
    bad = read_access(d, b, p, err);
  } else if (strcmp(word, "stall") == 0) {
    b->kind = BREAK_STALL;
    b->least = 1;
    if (!word_next(p, word, sizeof word))
      word[0] = '\0';
    bad = parse_stall(word, &b->stall, err);
    const char *ahead = *p;
    if (!bad && word_next(&ahead, word, sizeof word) && *word >= '0' && *word <= '9') {
      *p = ahead;
      bad = parse_count(word, 1, NEVER, "number of cycles", &b->least, err);
    }
  } else if (strcmp(word, "op") == 0) {
    b->kind = BREAK_OP;
    if (!word_next(p, word, sizeof word) || !has_mnemonic(word, &b->name))
      bad = debug_fail(err, "which operation? a mnemonic of `vtpu manual', like SGATHER");
  } else if (strcmp(word, "mark") == 0) {
    b->kind = BREAK_MARK;
    bool named = word_next(p, word, sizeof word);
    for (uint32_t i = 0; named && i < d->object.mark_count; i++)
      if (strcmp(d->object.marks[i].kernel, word) == 0)
        b->name = d->object.marks[i].kernel;
    if (!b->name)
      bad = debug_fail(err, "which mark? `info marks' lists them");
  } else {
    bad = parse_siw_place(d, word, &b->first, err);
  }
  return bad;
}

static bool runs(const struct object_sentron *s, uint32_t siw)
{
  return siw >= s->entry && siw < s->end;
}

/* Takes " if CONDITION" off the end; asks it once, so that a wrong one is known now. */
static int split_condition(struct debug *d, char *words, char **condition, struct vtpu_error *err)
{
  *condition = NULL;
  char *at = strncmp(words, "if ", 3) == 0 ? words : strstr(words, " if ");
  if (!at) {
    size_t n = strlen(words);
    if (n >= 3 && strcmp(words + n - 3, " if") == 0)
      return debug_fail(err, "if what? a condition like r3[0] > 5");
    return 0;
  }
  const char *text = word_skip(at + 3 + (*at == ' '));
  int bad = evaluate_dry(d, text, err);
  if (bad)
    return bad;
  *condition = strdup(text);
  *at = '\0';
  return *condition ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
}

static char *trimmed(const char *words)
{
  words = word_skip(words);
  size_t n = strlen(words);
  while (n && (words[n - 1] == ' ' || words[n - 1] == '\t'))
    n--;
  return strndup(words, n);
}

int break_add(struct debug *d, const char *words, bool temporary, struct vtpu_error *err)
{
  struct breakpoint b = {.sentron = -1, .temporary = temporary};
  char line[600], word[200];
  snprintf(line, sizeof line, "%s", word_skip(words));
  int bad = split_condition(d, line, &b.condition, err);
  if (bad)
    return bad;
  const char *p = line;
  bad = read_kind(d, &b, &p, err);
  while (!bad && word_next(&p, word, sizeof word)) {
    unsigned sentron;
    if (strcmp(word, "sentron") != 0)
      bad = debug_fail(err, "'%s' is left over: behind the place come `sentron NAME' and `if ...'",
                       word);
    else if (!word_next(&p, word, sizeof word))
      bad = debug_fail(err, "which sentron?");
    else if (!(bad = parse_sentron(d, word, &sentron, err)))
      b.sentron = (int)sentron;
  }
  if (!bad && b.kind == BREAK_CYCLE && b.sentron >= 0)
    bad = debug_fail(err, "a cycle is of all sentrons");
  if (!bad && b.kind == BREAK_CYCLE && b.cycle < d->looked)
    bad = debug_fail(err, "cycle %" PRIu64 " is past (goto goes back)", b.cycle);
  if (!bad && b.kind == BREAK_SIW) {
    bool any = false;
    for (uint32_t i = 0; i < d->object.sentron_count; i++)
      any |= (b.sentron < 0 || (uint32_t)b.sentron == i) && runs(&d->object.sentrons[i], b.first);
    if (!any)
      bad = debug_fail(err, "SIW %u is in the code of %s", b.first,
                       b.sentron < 0 ? "no sentron" : "other sentrons");
  }
  if (bad) {
    free(b.condition);
    return bad;
  }
  b.last = b.first;
  b.text = trimmed(*word_skip(line) ? line : ".");
  return add(d, &b, err);
}

bool watch_read(const struct debug *d, const struct breakpoint *b, uint8_t out[64])
{
  uint8_t bytes[64] = {0};
  bool there;
  if (b->kind == WATCH_CELL)
    there = !vtpu_peek(d->state, b->node, coord_with_flags(b->cell, 0), bytes, CELL_BYTES, NULL);
  else if ((there = !register_fetched(d, (unsigned)b->sentron, b->reg)))
    vtpu_register(d->state, (unsigned)b->sentron, b->reg, bytes);
  memcpy(out, bytes + b->offset, b->bytes);
  return there;
}

int watch_add(struct debug *d, const char *words, struct vtpu_error *err)
{
  struct breakpoint b = {.sentron = -1};
  struct place place;
  char line[600];
  snprintf(line, sizeof line, "%s", word_skip(words));
  int bad = split_condition(d, line, &b.condition, err);
  if (bad)
    return bad;
  const char *p = line;
  bad = parse_place(d, &p, &place, err);
  if (!bad && !word_is_end(p))
    bad = debug_fail(err, "'%s' is left over: one register or cell is watched at a time",
                     word_skip(p));
  if (bad) {
    free(b.condition);
    return bad == 1 ? debug_fail(err, "what is to be watched? a register or a cell: watch r3[0], "
                                      "watch bob.p0, watch [1.2.3/4.5.6/7.8.9/10.11]")
                    : bad;
  }
  b.kind = place.cell ? WATCH_CELL : WATCH_REGISTER;
  b.view = place.view;
  uint8_t bytes[64];
  unsigned lane = elem_bits[place.view] >= 8 ? elem_bits[place.view] / 8u : 1;
  if (place.cell) {
    b.cell = place.coord;
    b.node = place.node;
    b.offset = coord_offset(place.coord);
    b.bytes = CELL_BYTES - b.offset;
  } else {
    b.sentron = (int)place.sentron;
    b.reg = place.reg;
    b.bytes = (unsigned)vtpu_register(d->state, place.sentron, place.reg, bytes);
  }
  if (place.lane >= 0) {
    b.offset += (unsigned)place.lane * elem_bits[place.view] / 8;
    b.bytes = lane;
  }
  b.there = watch_read(d, &b, b.was);
  b.text = trimmed(line);
  return add(d, &b, err);
}

void watch_look(struct debug *d)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].kind >= WATCH_REGISTER)
      d->breaks[i].there = watch_read(d, &d->breaks[i], d->breaks[i].was);
}

/* --- commands ----------------------------------------------------------------------------------
 */

int do_break(struct debug *d, const char *args, struct vtpu_error *err)
{
  return break_add(d, args, false, err);
}

int do_tbreak(struct debug *d, const char *args, struct vtpu_error *err)
{
  return break_add(d, args, true, err);
}

static int numbered(struct debug *d, const char *word, struct breakpoint **out,
                    struct vtpu_error *err)
{
  uint64_t n;
  int bad = parse_count(word, 1, UINT32_MAX, "number of a breakpoint", &n, err);
  *out = bad ? NULL : break_find(d, (unsigned)n);
  if (!bad && !*out)
    bad = debug_fail(err, "there is no breakpoint %s (`info breakpoints')", word);
  return bad;
}

/* Numbers, or all; `what`: 'd'elete, 'e'nable, 'x' disable. */
static int for_each(struct debug *d, const char *args, char what, struct vtpu_error *err)
{
  char word[40];
  bool all = word_is_end(args);
  if (all && what == 'd')
    while (d->break_count)
      break_delete(d, &d->breaks[0]);
  for (size_t i = 0; all && i < d->break_count; i++)
    d->breaks[i].enabled = what == 'e';
  const char *check = args;
  struct breakpoint *b;
  while (word_next(&check, word, sizeof word)) { /* all or nothing */
    int bad = numbered(d, word, &b, err);
    if (bad)
      return bad;
  }
  while (word_next(&args, word, sizeof word)) {
    if (numbered(d, word, &b, err))
      continue; /* named twice */
    if (what == 'd')
      break_delete(d, b);
    else
      b->enabled = what == 'e';
  }
  watch_look(d);
  return 0;
}

int do_delete(struct debug *d, const char *args, struct vtpu_error *err)
{
  return for_each(d, args, 'd', err);
}

int do_enable(struct debug *d, const char *args, struct vtpu_error *err)
{
  return for_each(d, args, 'e', err);
}

int do_disable(struct debug *d, const char *args, struct vtpu_error *err)
{
  return for_each(d, args, 'x', err);
}

int do_condition(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  struct breakpoint *b;
  if (!word_next(&args, word, sizeof word))
    return debug_fail(err, "of which breakpoint? (condition N EXPRESSION)");
  int bad = numbered(d, word, &b, err);
  args = word_skip(args);
  if (!bad && *args)
    bad = evaluate_dry(d, args, err);
  if (bad)
    return bad;
  free(b->condition);
  b->condition = *args ? strdup(args) : NULL;
  printf(*args ? "Breakpoint %u stops if %s.\n" : "Breakpoint %u has no condition any more.\n",
         b->number, args);
  return 0;
}

int do_commands(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  struct breakpoint *b;
  if (!word_next(&args, word, sizeof word))
    return debug_fail(err, "of which breakpoint? (commands N COMMAND; COMMAND...)");
  int bad = numbered(d, word, &b, err);
  if (bad)
    return bad;
  args = word_skip(args);
  for (const char *at = args; *at && !bad; at += strcspn(at, ";"), at += *at == ';') {
    at = word_skip(at);
    snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " \t/;"), at);
    bad = *word && !command_find(word, err) ? VTPU_USAGE : 0;
  }
  if (bad)
    return bad;
  free(b->commands);
  b->commands = *args ? strdup(args) : NULL;
  printf(*args ? "After a stop at breakpoint %u: %s\n"
               : "Breakpoint %u has no commands any more.\n",
         b->number, args);
  return 0;
}

int do_ignore(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  struct breakpoint *b;
  uint64_t count;
  if (!word_next(&args, word, sizeof word))
    return debug_fail(err, "which breakpoint? (ignore N COUNT)");
  int bad = numbered(d, word, &b, err);
  if (!bad && !word_next(&args, word, sizeof word))
    bad = debug_fail(err, "how many times? (ignore N COUNT)");
  if (!bad)
    bad = parse_count(word, 0, NEVER, "count", &count, err);
  if (!bad)
    bad = nothing_more(args, err);
  if (bad)
    return bad;
  b->ignore = count;
  printf("Breakpoint %u lets the next %" PRIu64 " go by.\n", b->number, count);
  return 0;
}
