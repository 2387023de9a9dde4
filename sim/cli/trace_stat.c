/* vtpu trace stat: the report of the run, made again from the trace alone. */
#include "sim/cli/cli.h"
#include "sim/cli/output.h"
#include "sim/cli/trace_verbs.h"
#include "sim/cli/tracefile.h"
#include "sim/report.h"
#include "sim/trace_statistics.h"

struct stat_options {
  const char *path, *json;
};

static const struct argp_option option_list[] = {
    {"json", 'j', "FILE", 0, "write it as JSON, as `vtpu run --json' does (- is standard output)",
     1},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct stat_options *o = state->input;
  switch (key) {
  case 'j': o->json = arg; return 0;
  case ARGP_KEY_ARG:
  case ARGP_KEY_END: cli_one_file(state, key, arg, "trace", &o->path); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Makes the report of the run again from the trace alone. Every figure is the run's own, "
           "if nothing was left out of the trace.",
};

/* How the run ended: its END record is the last. */
static int find_end(struct tracefile *t, enum report_end *end, struct vtpu_error *err)
{
  *end = REPORT_INTERRUPTED;
  int status = tracefile_seek(t, t->info->last_cycle, err);
  while (!status && t->more > 0) {
    if (t->ahead.kind == TRACE_END)
      *end = t->ahead.field[1] == 0   ? REPORT_DONE
             : t->ahead.field[1] == 1 ? REPORT_MAX_CYCLES
                                      : REPORT_FAILED;
    struct trace_step step;
    if (tracefile_next(t, &step, err) < 0)
      status = (int)err->category;
  }
  return status;
}

static int print_report(const struct stat_options *o, const struct tracefile *t,
                        const struct vtpu_statistics *s, enum report_end end,
                        struct vtpu_error *err)
{
  struct report report = {
      .command = "run",
      .command_line = t->info->about.command,
      .program = t->info->about.program,
      .machine = &t->machine,
      .object = &t->object,
      .statistics = s,
      .end = end,
      .error = end == REPORT_FAILED ? "the run failed; the trace does not say why" : NULL,
      .untimed = t->info->about.untimed,
  };
  if (!o->json) {
    report_text(stdout, &report);
    return 0;
  }
  struct output out;
  int status = output_open(&out, o->json, OUTPUT_WHOLE, err);
  if (!status)
    status = output_json(&out, report_json(&report), err);
  if (!status)
    status = output_close(&out, err);
  output_discard(&out);
  return status;
}

int trace_stat_verb(int argc, char **argv)
{
  struct stat_options o = {0};
  struct vtpu_error err;
  struct tracefile t;
  struct vtpu_statistics *s = NULL;
  enum report_end end;
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = tracefile_open(&t, o.path, &err);
  if (!status && t.info->about.groups != TRACE_GROUPS_ALL)
    fprintf(stderr, "%s: the trace has not all kinds of records: figures that need others are 0\n",
            argv[0]);
  else if (!status && !tracefile_complete(&t))
    fprintf(stderr, "%s: this is not the whole run: %s%s%s\n", argv[0], t.info->about.selection,
            t.info->recovered ? " (the trace is cut)" : "",
            *t.info->about.resumed ? " (it began from a checkpoint)" : "");
  if (!status)
    status = find_end(&t, &end, &err);
  if (!status) {
    trace_seek(t.reader, 0);
    status = trace_statistics(t.reader, &t.machine, &t.object, &s, &err);
    if (status == VTPU_INPUT)
      vtpu_fail_prefix(&err, "%s: ", o.path);
  }
  if (!status)
    status = print_report(&o, &t, s, end, &err);
  vtpu_statistics_free(s);
  tracefile_close(&t);
  if (!status)
    status = cli_flush_stdout(&err);
  return status ? cli_fail(argv[0], &err) : 0;
}
