/* vtpu trace show, and query: a trace, or what is asked for of it, as text: a line an SIW. */
#include "sim/cli/cli.h"
#include "sim/cli/filter.h"
#include "sim/cli/replayer.h"
#include "sim/cli/trace_verbs.h"

#include <inttypes.h>

struct show_options {
  const char *path, *object;
  bool no_values, values, count;
  uint64_t limit;
  struct filter_options filter;
};

enum { KEY_OBJECT = 512, KEY_NO_VALUES, KEY_VALUES, KEY_COUNT };

static const struct argp_option option_list[] = {
    {"limit", 'n', "N", 0, "print the first N only", 5},
    {"count", KEY_COUNT, NULL, 0, "print only how many there are", 5},
    {"object", KEY_OBJECT, "FILE", 0,
     "the program with its data, where they were too large for the trace", 5},
    {"values", KEY_VALUES, NULL, 0,
     "two columns more: the registers that an SIW read, and the bytes that it gathered, scattered, "
     "sent or received",
     5},
    {"no-values", KEY_NO_VALUES, NULL, 0,
     "leave the last column empty: the program is not run again to compute it", 5},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct show_options *o = state->input;
  switch (key) {
  case 'n': o->limit = cli_number(state, "--limit", arg, 1, UINT64_MAX); return 0;
  case KEY_COUNT: o->count = true; return 0;
  case KEY_OBJECT: o->object = arg; return 0;
  case KEY_NO_VALUES: o->no_values = true; return 0;
  case KEY_VALUES: o->values = true; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &o->filter; return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "trace", &o->path); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "trace", &o->path);
    if (o->no_values && (o->values || o->filter.value))
      argp_error(state, "--no-values, and %s?", o->values ? "--values" : "--value");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child show_children[] = {{&filter_argp, 0, NULL, 0}, {0}};
static const struct argp_child query_children[] = {{&query_argp, 0, NULL, 0}, {0}};
static const struct argp show_argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Prints a trace, a line an SIW in the order of cycle and sentron, with tabs between the "
           "columns; what is no SIW, as comments. The values that an SIW reads and writes are "
           "computed by running the program again in step with the trace.",
    .children = show_children,
};
static const struct argp query_argp_of_verb = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Prints the SIWs of a trace that fit all that is asked for, as `vtpu trace show' does.",
    .children = query_children,
};

static int print_all(const struct show_options *o, struct tracefile *t, const struct filter *f,
                     struct replayer *replayer, struct vtpu_error *err)
{
  struct trace_step s;
  uint64_t found = 0;
  int more = 0;
  while ((!o->limit || found < o->limit) && (more = tracefile_next(t, &s, err)) > 0 &&
         s.cycle < filter_to(f)) {
    const struct vtpu_issue *issue = NULL;
    if (!filter_wants(f, &s))
      continue;
    if (replayer && s.issues && replayer_values(replayer, &s, &issue, err))
      return (int)err->category;
    if (s.issues && !filter_wants_values(f, t, &s, issue))
      continue;
    found += s.issues;
    if (!o->count)
      trace_print_step(stdout, t, &s, issue, o->values);
  }
  if (o->count && more >= 0)
    printf("%" PRIu64 "\n", found);
  return more < 0 ? (int)err->category : 0;
}

static int show(struct show_options *o, char **argv)
{
  struct vtpu_error err;
  struct tracefile t;
  struct filter f = {0};
  struct replayer *replayer = NULL;
  int status = tracefile_open(&t, o->path, &err);
  if (!status)
    status = filter_open(&f, &o->filter, &t, &err);
  const bool needed = o->values || f.value.set;
  if (!status && (needed || (!o->no_values && !o->count && (o->object || t.info->about.data))))
    status = replayer_open(&t, o->object, &replayer, &err);
  if (!status && filter_from(&f))
    status = tracefile_seek(&t, filter_from(&f), &err);
  if (!status && !o->count)
    trace_print_header(stdout, &t, o->values);
  if (!status)
    status = print_all(o, &t, &f, replayer, &err);
  replayer_close(replayer);
  filter_close(&f);
  tracefile_close(&t);
  if (!status)
    status = cli_flush_stdout(&err);
  return status ? cli_fail(argv[0], &err) : 0;
}

int trace_show_verb(int argc, char **argv)
{
  struct show_options o = {.filter.events = true};
  argp_parse(&show_argp, argc, argv, 0, NULL, &o);
  return show(&o, argv);
}

int trace_query_verb(int argc, char **argv)
{
  struct show_options o = {0};
  argp_parse(&query_argp_of_verb, argc, argv, 0, NULL, &o);
  return show(&o, argv);
}
