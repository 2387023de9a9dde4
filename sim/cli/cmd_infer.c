/* vtpu infer: a checkpoint is lowered, run on the simulated machine from a prompt, and the report
 * says where the cycles went. */
#include "sim/cli/generate.h"
#include "sim/cli/output.h"
#include "sim/cli/profiling.h"
#include "sim/cli/tracing.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct infer_options {
  struct lowering_options lowering;
  double temperature;
  uint64_t max_cycles;
  const char *logits, *json;
  const char *step; /* --profile-step: a word of step_words, or a position; NULL: not given */
  bool quiet;
  unsigned windows; /* of the time line; 0: none */
  struct profiling profiling;
  struct tracing tracing;
};

enum { KEY_PROFILE = 256, KEY_PROFILE_JSON, KEY_PROFILE_STEP };

static const struct argp_option option_list[] = {
    {"temperature", 't', "T", 0, "0 (the default) takes the likeliest token; above, the host draws",
     2},
    {"logits", 'l', "FILE", 0,
     "write the logits of every position of prompt and continuation: f32, little-endian, "
     "[positions, vocabulary], of one sequence after the other",
     3},
    {"json", 'j', "FILE", 0, "write the report as JSON (- is standard output)", 3},
    {"profile", KEY_PROFILE, NULL, 0,
     "add to the report what each kernel and layer costs, and what bounds it: of the prompt, and "
     "of "
     "the positions after it",
     3},
    {"profile-json", KEY_PROFILE_JSON, "FILE", 0, "write the profile as JSON", 3},
    {"profile-step", KEY_PROFILE_STEP, "N|WORD", 0,
     "profile only position N (from 0), the last one, the prompt, the decode positions after it, "
     "or "
     "all in one (last, prompt, decode, all)",
     3},
    {"quiet", 'q', NULL, 0, "only the text on standard output, no report", 3},
    {"max-cycles", 'c', "N", 0, "stop with an error when the program still runs at this cycle", 3},
    {0},
};

static void parse_step(struct infer_options *o, char *arg, struct argp_state *state)
{
  static const char *const words[] = {"last", "prompt", "decode", "all"};
  o->step = NULL;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(arg, words[i]) == 0)
      o->step = words[i];
  if (o->step)
    return;
  if (*arg < '0' || *arg > '9')
    argp_error(state, "--profile-step: '%s' is neither a position nor last, prompt, decode or all",
               arg);
  cli_number(state, "--profile-step", arg, 0, INT_MAX - 1);
  o->step = arg;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct infer_options *o = state->input;
  switch (key) {
  case 't': o->temperature = cli_real(state, "--temperature", arg, 0, 1000); return 0;
  case 'l': o->logits = arg; return 0;
  case 'j': o->json = arg; return 0;
  case 'q': o->quiet = true; return 0;
  case KEY_PROFILE: o->profiling.text = true; return 0;
  case KEY_PROFILE_JSON: o->profiling.path = arg; return 0;
  case KEY_PROFILE_STEP: parse_step(o, arg, state); return 0;
  case 'c': o->max_cycles = cli_number(state, "--max-cycles", arg, 1, UINT64_MAX); return 0;
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->lowering;
    state->child_inputs[1] = &o->windows;
    state->child_inputs[2] = &o->tracing;
    return 0;
  case ARGP_KEY_END:
    if (cli_is_standard(o->logits) + cli_is_standard(o->json) + cli_is_standard(o->profiling.path) +
            cli_is_standard(o->tracing.path) >
        1)
      argp_error(state, "only one output can go to standard output");
    if (o->windows && !o->json)
      argp_error(state, "--timeline adds to the JSON: --json FILE says where to");
    if (o->step && !profiling_wanted(&o->profiling))
      argp_error(state, "--profile-step says what --profile or --profile-json shows: give one");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
    {&lowering_argp, 0, NULL, 0}, {&timeline_argp, 0, NULL, 0}, {&tracing_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .doc = "Runs a language model on the simulated machine from a prompt, prints the text as it "
           "comes, and then where the cycles went.",
    .children = children,
};

/* Everything that the command owns; freed together. */
struct infer {
  struct infer_options o;
  struct lowering lowering;
  struct vtpu *vtpu;
  struct generation generation;
  struct output json, logits;
  struct vtpu_statistics *statistics;
  struct timeline *timeline;
  char *command_line;
};

static bool stdout_is_data(const struct infer *i)
{
  return i->json.stream == stdout || i->logits.stream == stdout ||
         i->o.profiling.json.stream == stdout || cli_is_standard(i->o.tracing.path);
}

/* Which positions are profiled, and where the run is cut for that. */
static int plan_profile(struct infer *i, struct vtpu_error *err)
{
  struct profiling *p = &i->o.profiling;
  const char *step = i->o.step;
  int prompt = i->lowering.longest_prompt, tokens = i->lowering.tokens;
  int end = prompt + (tokens > 0 ? tokens - 1 : 0), number = -1;
  if (!profiling_wanted(p))
    return 0;
  if (step && strcmp(step, "last") == 0)
    number = end - 1;
  else if (step && *step >= '0' && *step <= '9')
    number = (int)strtol(step, NULL, 10);
  if (number >= end)
    return vtpu_fail(err, VTPU_USAGE,
                     "--profile-step %d: the run processes positions 0 to %d, %d of them prompt\n"
                     "  --tokens makes it longer",
                     number, end - 1, prompt);
  if (step && strcmp(step, "decode") == 0 && end == prompt)
    return vtpu_fail(err, VTPU_USAGE,
                     "--profile-step decode: no position comes after the prompt\n"
                     "  --tokens 2 or more: the first token is made by the prompt's last position");
  if (number >= 0)
    p->stretch[p->stretches++] = (struct profiling_stretch){"step", number, number + 1};
  else if (step && strcmp(step, "all") == 0)
    p->stretch[p->stretches++] = (struct profiling_stretch){"all", 0, end};
  else if (!step || strcmp(step, "prompt") == 0)
    p->stretch[p->stretches++] = (struct profiling_stretch){"prompt", 0, prompt};
  if ((!step && end > prompt) || (step && strcmp(step, "decode") == 0))
    p->stretch[p->stretches++] = (struct profiling_stretch){"decode", prompt, end};
  for (int s = 0; s < p->stretches; s++) {
    const int at[] = {p->stretch[s].from, p->stretch[s].to};
    for (int e = 0; e < 2; e++)
      if (at[e] > 0 && at[e] < end && (!p->cuts || p->cut[p->cuts - 1].position < at[e]))
        p->cut[p->cuts++].position = at[e];
  }
  return 0;
}

static int at_cut(void *user, int position, struct vtpu_error *err)
{
  struct infer *i = user;
  return profiling_at(&i->o.profiling, i->vtpu, position, i->generation.positions, err);
}

static int report_profile(struct infer *i, const struct report *report, struct vtpu_error *err)
{
  struct profiling *p = &i->o.profiling;
  int reached = generation_reached(&i->generation);
  int status = profiling_make(p, i->vtpu, report, reached, i->generation.positions, err);
  if (status)
    return status;
  if (!p->parts && i->generation.drive.end == REPORT_DONE)
    return vtpu_fail(err, VTPU_USAGE,
                     "--profile-step %s: the model generated its end token at position %d\n"
                     "  --ignore-end goes on, a smaller position is within the text",
                     i->o.step, reached - 1);
  return profiling_report(p, report, !i->o.quiet && !stdout_is_data(i), err);
}

static int open_trace(struct infer *i, struct vtpu_error *err)
{
  const struct tracing_run about = {.program = lowering_name(&i->o.lowering),
                                    .command = i->command_line};
  return tracing_open(&i->o.tracing, &about, &i->lowering.machine, &i->lowering.program.object,
                      err);
}

static int prepare(struct infer *i, struct vtpu_error *err)
{
  int status = lowering_open(&i->lowering, &i->o.lowering, true, err);
  if (!status)
    status = plan_profile(i, err);
  if (!status)
    status = output_open(&i->json, i->o.json, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(&i->o.profiling.json, i->o.profiling.path, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(&i->logits, i->o.logits, OUTPUT_WHOLE, err);
  if (!status)
    status = lowering_make(&i->lowering, &i->o.lowering, i->o.logits != NULL, err);
  if (!status)
    status = open_trace(i, err);
  const struct vtpu_options options = {.writer = i->o.tracing.writer};
  if (!status)
    status = vtpu_new(&i->lowering.machine, &i->lowering.program.object, &options, &i->vtpu, err);
  if (!status && i->o.windows)
    status = timeline_new(i->vtpu, i->o.windows, &i->timeline, err);
  return status ? status
                : generation_open(&i->generation, &i->lowering, i->vtpu, i->o.temperature,
                                  i->o.lowering.seed, err);
}

static struct report_sequence describe(const struct infer *i, const struct sequence *s)
{
  bool finished = generation_finished(&i->generation, s);
  bool stopped = finished && s->token_count > s->prompt_count &&
                 s->tokens[s->token_count - 1] == i->lowering.model.config.eos &&
                 !i->generation.ignore_end;
  return (struct report_sequence){
      .tokens = s->tokens,
      .token_count = (size_t)s->token_count,
      .prompt_count = (size_t)s->prompt_count,
      .positions = (size_t)s->positions,
      .text = i->lowering.tokenizer ? s->text : NULL,
      .finish_reason = !finished ? NULL
                       : stopped ? "stop"
                                 : "length",
  };
}

static int report_infer(struct infer *i, const char *error, struct vtpu_error *err)
{
  struct generation *g = &i->generation;
  int status = vtpu_statistics(i->vtpu, &i->statistics, err);
  if (status)
    return status;
  struct report_sequence sequences[LOWER_BATCH_MOST];
  for (int k = 0; k < g->count; k++)
    sequences[k] = describe(i, &g->sequences[k]);
  struct report_inference inference = {
      .sequences = sequences,
      .count = (size_t)g->count,
      .temperature = i->o.temperature,
      .seed = i->o.lowering.seed,
      .weights = number_names[i->lowering.program.types.weights],
      .head = number_names[i->lowering.program.types.head],
      .kv = number_names[i->lowering.program.types.kv],
  };
  struct report report = {
      .command = "infer",
      .command_line = i->command_line,
      .version = VTPU_VERSION,
      .program = lowering_name(&i->o.lowering),
      .machine = &i->lowering.machine,
      .object = &i->lowering.program.object,
      .statistics = i->statistics,
      .end = g->drive.end,
      .error = error,
      .host_seconds = g->drive.host_seconds,
      .inference = &inference,
      .timeline = i->timeline,
  };
  if (i->timeline)
    timeline_finish(i->timeline, i->statistics->cycles);
  if (g->stream && g->count == 1 && g->sequences->streamed)
    fputc('\n', g->stream);
  if (!i->o.quiet && !stdout_is_data(i)) {
    fputc('\n', stdout);
    report_text(stdout, &report);
  }
  if (i->json.stream)
    status = output_json(&i->json, report_json(&report), err);
  if (!status)
    status = output_close(&i->json, err);
  return status || !profiling_wanted(&i->o.profiling) ? status : report_profile(i, &report, err);
}

static int write_logits(struct infer *i, struct vtpu_error *err)
{
  if (!i->logits.stream)
    return 0;
  int status = generation_write_logits(&i->generation, i->logits.stream, err);
  return status ? status : output_close(&i->logits, err);
}

static int infer(struct infer *i, const char *command)
{
  struct vtpu_error err, report_err;
  struct generation *g = &i->generation;
  if (prepare(i, &err))
    return cli_fail(command, &err);
  g->stream = stdout_is_data(i) ? NULL : stdout;
  g->ignore_end = i->o.lowering.ignore_end;
  g->drive.max_cycles = i->o.max_cycles;
  g->drive.progress = true;
  g->drive.steady = i->o.tracing.path != NULL;
  g->drive.timeline = i->timeline;
  g->at_cut = at_cut;
  g->cut_user = i;
  for (int c = 0; c < i->o.profiling.cuts; c++)
    g->cut[g->cuts++] = i->o.profiling.cut[c].position;
  int status = generation_run(g, &err);
  if (g->drive.end == REPORT_MAX_CYCLES)
    status = vtpu_fail(&err, VTPU_PROGRAM,
                       "the program still runs at cycle %" PRIu64 "\n  --max-cycles stopped it",
                       i->o.max_cycles);
  int traced = tracing_close(&i->o.tracing, i->vtpu, status != 0, &report_err);
  if (traced && !status) {
    status = traced;
    err = report_err;
  }
  int other = report_infer(i, status ? err.message : NULL, &report_err);
  if (!status && !other)
    other = write_logits(i, &report_err);
  if (!other)
    other = cli_flush_stdout(&report_err);
  if (status)
    cli_fail(command, &err);
  if (other)
    cli_fail(command, &report_err);
  if (g->drive.end == REPORT_INTERRUPTED && !other)
    return CLI_INTERRUPTED;
  return status ? status : other;
}

int cmd_infer(int argc, char **argv)
{
  struct infer i = {.o = {.max_cycles = UINT64_MAX}, .command_line = cli_command_line(argc, argv)};
  struct vtpu_error ignored;
  argp_parse(&argp, argc, argv, 0, NULL, &i.o);
  int status = infer(&i, argv[0]);
  tracing_close(&i.o.tracing, i.vtpu, true, &ignored);
  generation_close(&i.generation);
  free(i.command_line);
  timeline_free(i.timeline);
  vtpu_statistics_free(i.statistics);
  vtpu_free(i.vtpu);
  profiling_free(&i.o.profiling);
  output_discard(&i.json);
  output_discard(&i.logits);
  lowering_close(&i.lowering);
  machine_options_free(&i.o.lowering.machine);
  return status;
}
