/* A trace file of a run: see tracing.h. */
#include "sim/cli/tracing.h"

#include "sim/cli/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_TRACE = 't' + 512, KEY_KINDS, KEY_SENTRONS, KEY_CYCLES, KEY_REGIONS, KEY_SAMPLE };

static const struct argp_option option_list[] = {
    {"trace", KEY_TRACE, "FILE", 0,
     "write what every SIW does into a trace file; `vtpu trace` shows and queries it", 5},
    {"trace-kinds", KEY_KINDS, "LIST", 0,
     "only these records: issue (always there), stall, memory, message", 5},
    {"trace-sentrons", KEY_SENTRONS, "LIST", 0, "only these sentrons: names, or node.number", 5},
    {"trace-cycles", KEY_CYCLES, "LIST", 0, "only these cycles: FIRST-LAST, FIRST-", 5},
    {"trace-regions", KEY_REGIONS, "LIST", 0,
     "only SIWs of these regions: KERNEL or LAYER.KERNEL, with * and ?", 5},
    {"trace-sample", KEY_SAMPLE, "LENGTH/EVERY", 0, "of each EVERY cycles only the first LENGTH",
     5},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct tracing *t = state->input;
  switch (key) {
  case KEY_TRACE: t->path = arg; return 0;
  case KEY_KINDS: t->kinds = arg; return 0;
  case KEY_SENTRONS: t->sentrons = arg; return 0;
  case KEY_CYCLES: t->cycles = arg; return 0;
  case KEY_REGIONS: t->regions = arg; return 0;
  case KEY_SAMPLE: t->sample = arg; return 0;
  case ARGP_KEY_END:
    if (!t->path && (t->kinds || t->sentrons || t->cycles || t->regions || t->sample))
      argp_error(state, "--trace-... selects what a trace holds: --trace FILE is missing");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

const struct argp tracing_argp = {.options = option_list, .parser = parse_option};

static int make_selection(const struct tracing *t, const struct object *o,
                          struct trace_selection *s, struct vtpu_error *err)
{
  int bad = 0;
  s->groups = TRACE_GROUPS_ALL;
  if (t->kinds)
    bad = select_groups("--trace-kinds", t->kinds, &s->groups, err);
  if (!bad && t->sentrons)
    bad = select_sentrons("--trace-sentrons", t->sentrons, o, &s->sentrons, err);
  if (!bad && t->cycles)
    bad = select_cycles("--trace-cycles", t->cycles, &s->ranges, &s->range_count, err);
  if (!bad && t->regions)
    bad = select_regions("--trace-regions", t->regions, o, &s->siws, err);
  if (!bad && t->sample)
    bad = select_sample("--trace-sample", t->sample, &s->sample_length, &s->sample_every, err);
  return bad;
}

/* What was left out, as the user asked for it. */
static void describe_selection(const struct tracing *t, FILE *out)
{
  const char *const part[][2] = {{"records", t->kinds},
                                 {"sentrons", t->sentrons},
                                 {"cycles", t->cycles},
                                 {"regions", t->regions},
                                 {"sample", t->sample}};
  const char *between = "";
  for (size_t i = 0; i < sizeof part / sizeof *part; i++)
    if (part[i][1]) {
      fprintf(out, "%sonly %s %s", between, part[i][0], part[i][1]);
      between = "; ";
    }
}

static void describe_machine(const struct machine *m, FILE *out)
{
  for (int i = 0; i < machine_param_count; i++) {
    char value[PARAM_TEXT_BYTES];
    fprintf(out, "%s = %s\n", machine_params[i].name,
            machine_value_text(m, &machine_params[i], value));
  }
}

int tracing_open(struct tracing *t, const struct tracing_run *run, const struct machine *m,
                 const struct object *o, struct vtpu_error *err)
{
  if (!t->path)
    return 0;
  struct trace_selection s = {0};
  char *text[2] = {NULL};
  size_t bytes;
  int bad = make_selection(t, o, &s, err);
  for (int i = 0; i < 2 && !bad; i++) {
    FILE *out = open_memstream(&text[i], &bytes);
    if (!out) {
      bad = vtpu_fail(err, VTPU_SYSTEM, "out of memory for the trace");
      break;
    }
    if (i == 0)
      describe_selection(t, out);
    else
      describe_machine(m, out);
    fclose(out);
  }
  s.text = text[0];
  struct trace_about about = {.program = run->program,
                              .command = run->command,
                              .machine = m->name,
                              .parameters = text[1],
                              .resumed = run->resumed ? run->resumed : "",
                              .loaded = run->loaded ? run->loaded : "",
                              .untimed = run->untimed};
  if (!bad)
    bad = trace_create(t->path, &about, &s, o, &t->writer, err);
  for (int i = 0; i < 2; i++)
    free(text[i]);
  free(s.sentrons);
  free(s.ranges);
  free(s.siws);
  return bad;
}

int tracing_close(struct tracing *t, struct vtpu *v, bool failed, struct vtpu_error *err)
{
  if (!t->writer)
    return 0;
  if (v)
    vtpu_trace_end(v, failed);
  int bad = trace_finish(t->writer, err);
  t->writer = NULL;
  return bad;
}
