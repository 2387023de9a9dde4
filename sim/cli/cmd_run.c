/* vtpu run: an object file on a machine, then the report. */
#include "sim/cli/cli.h"
#include "sim/cli/drive.h"
#include "sim/cli/output.h"
#include "sim/cli/profiling.h"
#include "sim/cli/tracing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct run_options {
  const char *program, *dump, *load, *json, *checkpoint, *resume;
  uint64_t max_cycles, checkpoint_at;
  unsigned threads, windows; /* of the time line; 0: none */
  bool registers, untimed, quiet;
  struct profiling profiling;
  struct tracing tracing;
  struct machine_options machine;
};

enum {
  KEY_DUMP = 256,
  KEY_LOAD,
  KEY_THREADS,
  KEY_UNTIMED,
  KEY_CHECKPOINT,
  KEY_RESUME,
  KEY_PROFILE,
  KEY_PROFILE_JSON
};

static const struct argp_option option_list[] = {
    {"max-cycles", 'c', "N", 0, "stop with an error when the program still runs at this cycle", 2},
    {"threads", KEY_THREADS, "N", 0, "host threads for the nodes of a cluster; the same results",
     2},
    {"untimed", KEY_UNTIMED, NULL, 0, "compute results only: every SIW takes one cycle", 2},
    {"load-phext", KEY_LOAD, "FILE", 0, "before the run, fill phext space from a dump", 3},
    {"dump-phext", KEY_DUMP, "FILE", 0, "after the run, save phext space", 3},
    {"checkpoint-at", KEY_CHECKPOINT, "CYCLE FILE", 0,
     "at this cycle, save all that the run needs to go on, and go on (also =CYCLE:FILE)", 3},
    {"resume", KEY_RESUME, "FILE", 0,
     "go on from a checkpoint of the same program on the same machine", 3},
    {"json", 'j', "FILE", 0, "write the report as JSON (- is standard output)", 4},
    {"registers", 'r', NULL, 0, "add the registers of every sentron to the report", 4},
    {"profile", KEY_PROFILE, NULL, 0,
     "add to the report what each kernel and layer costs, and what bounds it", 4},
    {"profile-json", KEY_PROFILE_JSON, "FILE", 0, "write the profile as JSON", 4},
    {"quiet", 'q', NULL, 0, "no report for people on standard output", 4},
    {0},
};

/* "CYCLE FILE" in two words, or "CYCLE:FILE". */
static void parse_checkpoint(struct run_options *o, char *arg, struct argp_state *state)
{
  char *colon = strchr(arg, ':');
  if (colon) {
    *colon = '\0';
    o->checkpoint = colon + 1;
  } else if (state->next < state->argc && state->argv[state->next][0] != '-') {
    o->checkpoint = state->argv[state->next++];
  }
  o->checkpoint_at = cli_number(state, "--checkpoint-at", arg, 0, UINT64_MAX - 1);
  if (!o->checkpoint || !*o->checkpoint)
    argp_error(state, "--checkpoint-at %s: into which file? (--checkpoint-at CYCLE FILE)", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct run_options *o = state->input;
  switch (key) {
  case 'c': o->max_cycles = cli_number(state, "--max-cycles", arg, 1, UINT64_MAX); return 0;
  case 'j': o->json = arg; return 0;
  case 'r': o->registers = true; return 0;
  case 'q': o->quiet = true; return 0;
  case KEY_THREADS: o->threads = (unsigned)cli_number(state, "--threads", arg, 1, 64); return 0;
  case KEY_UNTIMED: o->untimed = true; return 0;
  case KEY_LOAD: o->load = arg; return 0;
  case KEY_DUMP: o->dump = arg; return 0;
  case KEY_CHECKPOINT: parse_checkpoint(o, arg, state); return 0;
  case KEY_RESUME: o->resume = arg; return 0;
  case KEY_PROFILE: o->profiling.text = true; return 0;
  case KEY_PROFILE_JSON: o->profiling.path = arg; return 0;
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->machine;
    state->child_inputs[1] = &o->windows;
    state->child_inputs[2] = &o->tracing;
    return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "program", &o->program); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "program", &o->program);
    if (cli_is_standard(o->tracing.path) + cli_is_standard(o->json) + cli_is_standard(o->dump) +
            cli_is_standard(o->profiling.path) >
        1)
      argp_error(state, "only one output can go to standard output");
    if (o->checkpoint && o->max_cycles <= o->checkpoint_at)
      argp_error(state, "--max-cycles %" PRIu64 " stops the run before --checkpoint-at %" PRIu64,
                 o->max_cycles, o->checkpoint_at);
    if (o->untimed && profiling_wanted(&o->profiling))
      argp_error(state, "--untimed: without time there is nothing to profile");
    if (o->untimed && o->windows)
      argp_error(state, "--untimed: without time there is no time line");
    if (o->windows && !o->json)
      argp_error(state, "--timeline adds to the JSON: --json FILE says where to");
    if (o->resume && o->load)
      argp_error(state, "--resume brings phext space with it: leave out --load-phext");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
    {&machine_argp, 0, NULL, 0}, {&timeline_argp, 0, NULL, 0}, {&tracing_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.siw",
    .doc = "Runs an object file on the simulated machine and reports where its cycles went. The "
           "presets "
           "spec, zen4 and energy45 take the width of registers from the program, unless --set "
           "dlen says it.",
    .children = children,
};

/* Everything that a run owns; freed together. */
struct run {
  struct run_options o;
  struct machine machine;
  struct object object;
  struct vtpu *vtpu;
  struct output json, dump, checkpoint;
  struct vtpu_statistics *statistics;
  struct timeline *timeline;
  char *command_line;
};

static int open_outputs(struct run *r, struct vtpu_error *err)
{
  int status = output_open(&r->json, r->o.json, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(&r->o.profiling.json, r->o.profiling.path, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(&r->dump, r->o.dump, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(&r->checkpoint, r->o.checkpoint, OUTPUT_WHOLE, err);
  return status;
}

static int prepare(struct run *r, struct vtpu_error *err)
{
  int status = machine_from_options(&r->o.machine, &r->machine, err);
  if (!status)
    status = object_read(r->o.program, &r->object, err);
  if (!status)
    machine_take_dlen(&r->o.machine, r->object.dlen, &r->machine);
  if (!status)
    status = open_outputs(r, err);
  if (status)
    return status;
  struct vtpu_options options = {.untimed = r->o.untimed, .threads = r->o.threads};
  const struct tracing_run about = {.program = r->o.program,
                                    .command = r->command_line,
                                    .resumed = r->o.resume,
                                    .loaded = r->o.load,
                                    .untimed = r->o.untimed};
  status = tracing_open(&r->o.tracing, &about, &r->machine, &r->object, err);
  if (status)
    return status;
  options.writer = r->o.tracing.writer;
  status = vtpu_new(&r->machine, &r->object, &options, &r->vtpu, err);
  if (!status && r->o.load)
    status = vtpu_load_phext(r->vtpu, r->o.load, err);
  if (!status && r->o.resume)
    status = vtpu_resume(r->vtpu, r->o.resume, err);
  if (!status && r->o.resume && r->o.checkpoint && vtpu_cycle(r->vtpu) > r->o.checkpoint_at)
    status = vtpu_fail(err, VTPU_USAGE, "--checkpoint-at %" PRIu64 ": %s is of cycle %" PRIu64,
                       r->o.checkpoint_at, r->o.resume, vtpu_cycle(r->vtpu));
  if (!status && r->o.windows)
    status = timeline_new(r->vtpu, r->o.windows, &r->timeline, err);
  return status;
}

static int save_phext(const char *path, const void *vtpu, struct vtpu_error *err)
{
  return vtpu_save_phext(vtpu, path, NULL, err);
}

static int save_checkpoint(const char *path, const void *vtpu, struct vtpu_error *err)
{
  return vtpu_checkpoint(vtpu, path, err);
}

/* Runs to the end, with a stop to save a checkpoint if one is wanted. */
static int drive_all(struct run *r, struct drive *d, struct vtpu_error *err)
{
  if (!r->o.checkpoint)
    return drive_run(d, err);
  d->max_cycles = r->o.checkpoint_at;
  int status = drive_run(d, err);
  d->max_cycles = r->o.max_cycles;
  if (status || d->end == REPORT_INTERRUPTED)
    return status;
  if (d->end == REPORT_DONE)
    return vtpu_fail(err, VTPU_USAGE,
                     "--checkpoint-at %" PRIu64 ": the program was done at cycle %" PRIu64
                     ", nothing is left to resume",
                     r->o.checkpoint_at, vtpu_cycle(r->vtpu));
  status = output_write(&r->checkpoint, save_checkpoint, r->vtpu, err);
  if (!status)
    status = output_close(&r->checkpoint, err);
  if (status)
    d->end = REPORT_FAILED;
  return status ? status : drive_run(d, err);
}

static int report_run(struct run *r, const struct drive *d, const char *error,
                      struct vtpu_error *err)
{
  int status = vtpu_statistics(r->vtpu, &r->statistics, err);
  if (status)
    return status;
  struct report report = {
      .command = "run",
      .command_line = r->command_line,
      .version = VTPU_VERSION,
      .program = r->o.program,
      .machine = &r->machine,
      .object = &r->object,
      .statistics = r->statistics,
      .registers = r->o.registers ? r->vtpu : NULL,
      .end = d->end,
      .error = error,
      .untimed = r->o.untimed,
      .host_seconds = d->host_seconds,
      .timeline = r->timeline,
  };
  if (r->timeline)
    timeline_finish(r->timeline, r->statistics->cycles);
  struct profiling *p = &r->o.profiling;
  bool text = !r->o.quiet && r->json.stream != stdout && !cli_is_standard(r->o.tracing.path) &&
              p->json.stream != stdout;
  if (text)
    report_text(stdout, &report);
  if (r->json.stream)
    status = output_json(&r->json, report_json(&report), err);
  if (!status)
    status = output_close(&r->json, err);
  if (!status && profiling_wanted(p)) {
    p->stretch[0] = (struct profiling_stretch){.name = "run"};
    p->stretches = 1;
    status = profiling_make(p, r->vtpu, &report, 0, 0, err);
    if (!status)
      status = profiling_report(p, &report, text, err);
  }
  return status;
}

static int finish(struct run *r, struct vtpu_error *err)
{
  int status = output_write(&r->dump, save_phext, r->vtpu, err);
  if (!status)
    status = output_close(&r->dump, err);
  return status;
}

static int run(struct run *r, const char *command)
{
  struct vtpu_error err, report_err;
  if (prepare(r, &err))
    return cli_fail(command, &err);
  struct drive d = {
      .vtpu = r->vtpu,
      .machine = &r->machine,
      .max_cycles = r->o.max_cycles,
      .progress = true,
      .steady = r->o.tracing.path != NULL,
      .timeline = r->timeline,
  };
  drive_start(&d);
  int status = drive_all(r, &d, &err);
  if (d.end == REPORT_MAX_CYCLES)
    status = vtpu_fail(&err, VTPU_PROGRAM,
                       "%s: the program still runs at cycle %" PRIu64 "\n"
                       "  --max-cycles stopped it; --trace shows where it is",
                       r->o.program, r->o.max_cycles);
  int traced = tracing_close(&r->o.tracing, r->vtpu, status != 0, &report_err);
  if (traced && !status) {
    status = traced;
    err = report_err;
  }
  int other = report_run(r, &d, status ? err.message : NULL, &report_err);
  if (!other && status != VTPU_SYSTEM) /* else the trace is what could not be written */
    other = finish(r, &report_err);
  if (!other && cli_flush_stdout(&report_err))
    other = VTPU_SYSTEM;
  if (status)
    cli_fail(command, &err);
  if (other)
    cli_fail(command, &report_err);
  if (d.end == REPORT_INTERRUPTED && !other)
    return CLI_INTERRUPTED;
  return status ? status : other;
}

int cmd_run(int argc, char **argv)
{
  struct run r = {.o.max_cycles = UINT64_MAX, .command_line = cli_command_line(argc, argv)};
  argp_parse(&argp, argc, argv, 0, NULL, &r.o);
  struct vtpu_error ignored;
  int status = run(&r, argv[0]);
  tracing_close(&r.o.tracing, r.vtpu, true, &ignored);
  free(r.command_line);
  timeline_free(r.timeline);
  vtpu_statistics_free(r.statistics);
  vtpu_free(r.vtpu);
  object_free(&r.object);
  profiling_free(&r.o.profiling);
  output_discard(&r.json);
  output_discard(&r.dump);
  output_discard(&r.checkpoint);
  machine_options_free(&r.o.machine);
  return status;
}
