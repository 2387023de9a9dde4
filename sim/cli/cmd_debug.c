/* vtpu debug: an object file under the debugger (sim/cli/debug/debug.h). */
#include "sim/cli/debug/debug.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Scripts and commands in the order of the command line. */
struct script {
  bool file;
  const char *text;
};

struct debug_options {
  const char *program, *load;
  struct script *scripts;
  size_t script_count;
  bool batch, quiet;
  struct machine_options machine;
};

enum { KEY_LOAD = 256, KEY_BATCH };

static const struct argp_option option_list[] = {
    {"script", 'x', "FILE", 0, "run the commands of a file first (several, in this order)", 2},
    {"eval", 'e', "COMMAND", 0, "run a command first (several, in this order)", 2},
    {"batch", KEY_BATCH, NULL, 0, "leave after the scripts; the first failure ends them", 2},
    {"load-phext", KEY_LOAD, "FILE", 0, "before the run, fill phext space from a dump", 3},
    {"quiet", 'q', NULL, 0, "no greeting", 3},
    {0},
};

static void add_script(struct debug_options *o, bool file, const char *text,
                       struct argp_state *state)
{
  struct script *more = realloc(o->scripts, (o->script_count + 1) * sizeof *more);
  if (!more)
    argp_failure(state, VTPU_SYSTEM, 0, "out of memory");
  o->scripts = more;
  o->scripts[o->script_count++] = (struct script){file, text};
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct debug_options *o = state->input;
  switch (key) {
  case 'x': add_script(o, true, arg, state); return 0;
  case 'e': add_script(o, false, arg, state); return 0;
  case 'q': o->quiet = true; return 0;
  case KEY_BATCH: o->batch = true; return 0;
  case KEY_LOAD: o->load = arg; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &o->machine; return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "program", &o->program); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "program", &o->program);
    if (o->batch && !o->script_count)
      argp_error(state, "--batch: which commands? (-x FILE, -e COMMAND)");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&machine_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.siw",
    .doc =
        "Runs an object file under an interactive debugger: breakpoints, steps forth and back, "
        "registers, cells, queues, caches. At the prompt, `help' lists the commands and Tab "
        "completes them; lines come from standard input.\v"
        "Every stop is exact to the cycle, and the state at it is that of a run without a "
        "debugger.\n\n"
        "Exit status: that of `quit STATUS'; else, unless a person typed, that of the first "
        "command "
        "that failed (2, 3, ...), or 4 when the program was left where it faulted or deadlocked; "
        "else 0; 130 when a script was interrupted. The history of lines is kept in "
        "~/.vtpu_history, or in the file that VTPU_HISTORY "
        "names (empty: nowhere).",
    .children = children,
};

static int decode(struct debug *d, struct vtpu_error *err)
{
  d->code = calloc(d->object.siw_count + 1, sizeof *d->code);
  if (!d->code)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  for (uint32_t i = 0; i < d->object.siw_count; i++) {
    int bad = siw_decode(&d->object.code[i], d->object.dlen, &d->code[i], err);
    if (bad)
      return bad;
  }
  return 0;
}

static int open_all(struct debug *d, const struct debug_options *o, struct vtpu_error *err)
{
  int status = machine_from_options(&o->machine, &d->machine, err);
  if (!status)
    status = object_read(o->program, &d->object, err);
  if (!status && !d->object.sentron_count)
    status =
        vtpu_fail(err, VTPU_INPUT, "%s: the program has no sentrons: nothing runs", o->program);
  if (status)
    return status;
  machine_take_dlen(&o->machine, d->object.dlen, &d->machine);
  status = decode(d, err);
  return status ? status : debug_open(d, err);
}

static int run_scripts(struct debug *d, const struct debug_options *o, struct vtpu_error *err)
{
  int status = 0;
  for (size_t i = 0; i < o->script_count && !d->quit && !session_hung_up() && !status; i++) {
    if (!o->scripts[i].file) {
      status = command_line(d, o->scripts[i].text);
      continue;
    }
    status = command_file(d, o->scripts[i].text, err);
    if (status)
      fprintf(stderr, "%s\n", err->message);
    if (status && !d->status)
      d->status = status;
  }
  return status;
}

static int session(struct debug *d, const struct debug_options *o, struct vtpu_error *err)
{
  session_catch_signals(d);
  if (d->interactive && !o->quiet)
    printf("%s on machine %s. `help' lists the commands, Tab completes, Ctrl-C stops a run.\n",
           d->program, d->machine.name);
  if (d->interactive)
    show_where(d);
  int bad = run_scripts(d, o, err);
  if (!d->quit && !o->batch && (!bad || d->interactive)) {
    bad = terminal_loop(d, stdin, err);
    if (bad)
      return cli_fail(d->command, err);
  }
  if (session_hung_up())
    return CLI_INTERRUPTED;
  if (d->quit_status >= 0)
    return d->quit_status;
  if (d->interactive)
    return 0;
  if (d->status)
    return d->status;
  return d->end == END_FAULT || d->end == END_DEADLOCK ? VTPU_PROGRAM : 0;
}

int cmd_debug(int argc, char **argv)
{
  struct debug_options o = {0};
  struct vtpu_error err = {0};
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  struct debug d = {
      .command = argv[0],
      .program = o.program,
      .load = o.load,
      .interactive = !o.batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
  };
  int status = open_all(&d, &o, &err);
  status = status ? cli_fail(argv[0], &err) : session(&d, &o, &err);
  if (cli_flush_stdout(&err) && !status)
    status = cli_fail(argv[0], &err);
  debug_close(&d);
  free(d.code);
  object_free(&d.object);
  machine_options_free(&o.machine);
  free(o.scripts);
  return status;
}
