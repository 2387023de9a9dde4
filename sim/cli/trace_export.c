/* vtpu trace export: a trace, or part of it, as a file for a viewer. */
#include "isa/print.h"
#include "sim/cli/cli.h"
#include "sim/cli/export.h"
#include "sim/cli/filter.h"
#include "sim/cli/output.h"
#include "sim/cli/replayer.h"
#include "sim/cli/selection.h"
#include "sim/cli/trace_verbs.h"
#include "sim/energy.h"
#include "sim/trace_statistics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Most SIWs unless --limit says: what the viewers load in a few seconds. With values they are three
 * times as long. */
enum { VALUES_LIMIT = 50000 };

static const struct format {
  const char *name;
  export_fn *write;
  uint64_t limit;
} formats[] = {
    {"konata", export_konata, 200000},
    {"perfetto", export_perfetto, 200000},
    {"vcd", export_vcd, 1000000},
    {"csv", export_csv, UINT32_MAX},
};
enum { FORMATS = sizeof formats / sizeof *formats };

struct export_options {
  const char *path, *output, *sample, *object;
  bool values;
  const struct format *format;
  uint64_t limit;
  struct filter_options filter;
};

enum { KEY_SAMPLE = 512, KEY_VALUES, KEY_OBJECT };

static const struct argp_option option_list[] = {
    {"format", 'f', "NAME", 0, "konata, perfetto (Trace Event JSON), vcd (for GTKWave) or csv", 5},
    {"output", 'o', "FILE", 0, "where it goes (default: standard output)", 5},
    {"limit", 'n', "N", 0,
     "the first N SIWs only (default: konata and perfetto 200000, with --values 50000; vcd "
     "1000000)",
     5},
    {"values", KEY_VALUES, NULL, 0,
     "with what SIWs read and wrote, which the program, run again, tells (vcd has no place for it)",
     5},
    {"object", KEY_OBJECT, "FILE", 0,
     "the program with its data, where they were too large for the trace", 5},
    {"sample", KEY_SAMPLE, "LENGTH/EVERY", 0, "of each EVERY cycles only the first LENGTH", 5},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct export_options *o = state->input;
  switch (key) {
  case 'f':
    for (int i = 0; i < FORMATS; i++)
      if (strcmp(arg, formats[i].name) == 0)
        o->format = &formats[i];
    if (!o->format)
      argp_error(state, "--format: '%s' is none of konata, perfetto, vcd, csv", arg);
    return 0;
  case 'o': o->output = arg; return 0;
  case 'n': o->limit = cli_number(state, "--limit", arg, 1, UINT32_MAX); return 0;
  case KEY_SAMPLE: o->sample = arg; return 0;
  case KEY_VALUES: o->values = true; return 0;
  case KEY_OBJECT: o->object = arg; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &o->filter; return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "trace", &o->path); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "trace", &o->path);
    if (!o->format)
      argp_error(state, "--format: konata, perfetto, vcd or csv?");
    else if (o->values && o->format->write == export_vcd)
      argp_error(state, "--values: vcd has signals only, and no place for them");
    else if (o->filter.events)
      argp_error(state, "--events: exports have SIWs only; `vtpu trace show' has the others");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&query_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc =
        "Writes a trace, or the SIWs of it that fit what is asked for, in a format that a viewer "
        "reads. What is too much for the viewer is cut off, and that is said.",
    .children = children,
};

/* --- what the formats share ------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
  const struct export_event *x = a, *y = b;
  if (x->cycle != y->cycle)
    return x->cycle < y->cycle ? -1 : 1;
  if (x->order != y->order)
    return x->order < y->order ? -1 : 1;
  if (x->step != y->step)
    return x->step < y->step ? -1 : 1;
  return x->detail < y->detail ? -1 : x->detail > y->detail;
}

void export_sort(struct export_event *event, size_t count)
{
  qsort(event, count, sizeof *event, by_time);
}

struct export_values export_values(const struct export *e, const struct export_step *s)
{
  if (!e->values)
    return (struct export_values){"", "", ""};
  const char *results = e->values + s->values, *operands = results + strlen(results) + 1;
  return (struct export_values){results, operands, operands + strlen(operands) + 1};
}

const char *export_slots(const struct export *e, uint32_t siw, char out[])
{
  return bundle_print(&e->trace->bundles[siw], NULL, out);
}

/* --- csv ------------------------------------------------------------------------------------- */

/* A field in quotes, quotes doubled (RFC 4180). */
static void put_quoted(FILE *out, const char *text)
{
  fputc('"', out);
  for (; *text; text++) {
    if (*text == '"')
      fputc('"', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

int export_csv(const struct export *e, FILE *out, struct vtpu_error *err)
{
  const struct object *o = &e->trace->object;
  (void)err;
  fputs("cycle,node,sentron,siw,place,layer,kernel,stall,stall_cycles,d,s,c,access,coordinate,ptc,"
        "tier,ready,energy_pj,results,operands,data\r\n",
        out);
  for (size_t i = 0; i < e->count; i++) {
    const struct export_step *s = &e->step[i];
    const struct object_mark *m = siw_mark(o, s->siw);
    const struct bundle *b = &e->trace->bundles[s->siw];
    char place[SYMBOL_TEXT_BYTES], text[SLOT_TEXT_BYTES], tier[TIER_TEXT_BYTES];
    fprintf(out, "%" PRIu64 ",%u,%u,%" PRIu32 ",", s->cycle, o->sentrons[s->stream].node,
            o->sentrons[s->stream].id, s->siw);
    put_quoted(out, object_symbolize(o, s->siw, place));
    if (m && m->layer >= 0)
      fprintf(out, ",%" PRId32 ",", m->layer);
    else
      fputs(",,", out);
    put_quoted(out, m ? m->kernel : "");
    uint64_t most = 0;
    const char *cause = "";
    for (uint32_t k = 0; k < s->stalls; k++)
      if (e->stalls[s->stall + k].cycles > most) {
        most = e->stalls[s->stall + k].cycles;
        cause = stall_keys[e->stalls[s->stall + k].cause];
      }
    fprintf(out, ",%s,%" PRIu64, cause, s->cycle - s->begin);
    for (int p = 0; p < PIPE_COUNT; p++) {
      fputc(',', out);
      put_quoted(out, slot_print((enum pipe)p, &b->slot[p], b->coord, NULL, text));
    }
    if (s->accesses)
      fprintf(out, ",%s,%s,%s,%s,%" PRIu64, trace_access_names[outcome_access(s->outcome)],
              coord_print(s->coord, text), s->outcome & OUTCOME_MISS ? "miss" : "hit",
              outcome_tier_text(s->outcome, tier), s->cycle + s->ready);
    else
      fputs(",,,,,", out);
    const struct export_values v = export_values(e, s);
    if (e->energy)
      fprintf(out, ",%.10g", s->energy);
    else
      fputc(',', out);
    fprintf(out, ",%s,%s,%s\r\n", v.results, v.operands, v.data);
  }
  return 0;
}

/* --- collecting ------------------------------------------------------------------------------ */

static bool reserve(void **array, size_t *room, size_t count, size_t size)
{
  if (count < *room)
    return true;
  size_t wanted = *room ? 2 * *room : 4096;
  void *more = realloc(*array, wanted * size);
  if (!more)
    return false;
  *array = more;
  *room = wanted;
  return true;
}

/* Where the texts of a step's values go, with the replayer that computes them. */
struct values {
  FILE *stream; /* NULL: not asked for */
  struct replayer *replayer;
};

static size_t add_values(struct values *v, const struct tracefile *t, const struct trace_step *s,
                         const struct vtpu_issue *issue)
{
  if (!v->stream)
    return 0;
  const long at = ftell(v->stream);
  values_put_results(v->stream, issue);
  fputc(0, v->stream);
  values_put_operands(v->stream, issue);
  fputc(0, v->stream);
  values_put_data(v->stream, t, s, issue);
  fputc(0, v->stream);
  return (size_t)at;
}

/* What its SIW, its access and its messages cost. */
static double energy_of(const struct export *e, const struct trace_step *s)
{
  struct vtpu_counts counts;
  uint64_t events[ENERGY_COUNT];
  unsigned sent = 0;
  if (!e->energy)
    return 0;
  for (unsigned i = 0; i < s->messages; i++)
    sent += s->message[i].kind == TRACE_SEND;
  trace_step_counts(&e->trace->bundles[s->siw], e->trace->object.dlen,
                    s->accesses ? &s->outcome : NULL, sent, &counts);
  energy_events(&counts, 0, events);
  return energy_pj(&e->trace->machine, events);
}

static int add_step(struct export *e, const struct trace_step *s, size_t values,
                    struct vtpu_error *err)
{
  void *steps = e->step, *stalls = e->stalls;
  bool good = reserve(&steps, &e->room, e->count, sizeof *e->step);
  e->step = steps;
  for (unsigned i = 0; good && i < s->stalls; i++) {
    good = reserve(&stalls, &e->stall_room, e->stall_count, sizeof *e->stalls);
    e->stalls = stalls;
    if (good)
      e->stalls[e->stall_count++] = (struct export_stall){s->stall[i].cause, s->stall[i].cycles};
  }
  if (!good)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  e->step[e->count++] = (struct export_step){.cycle = s->cycle,
                                             .begin = s->cycle - s->stall_cycles,
                                             .stream = s->stream,
                                             .siw = s->siw,
                                             .stall = (uint32_t)(e->stall_count - s->stalls),
                                             .stalls = s->stalls,
                                             .accesses = s->accesses,
                                             .coord = s->coord,
                                             .outcome = s->outcome,
                                             .ready = s->ready,
                                             .energy = energy_of(e, s),
                                             .values = values};
  return 0;
}

/* *cut: more would fit. */
static int collect(struct export *e, struct tracefile *t, const struct filter *f,
                   struct values *values, uint64_t limit, uint64_t length, uint64_t every,
                   bool *cut, struct vtpu_error *err)
{
  struct trace_step *s = malloc(sizeof *s);
  int more = 0, bad = s ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  *cut = false;
  while (!bad && !*cut && (more = tracefile_next(t, s, err)) > 0 && s->cycle < filter_to(f)) {
    if (!s->issues || !filter_wants(f, s) || (every && s->cycle % every >= length))
      continue;
    const struct vtpu_issue *issue = NULL;
    *cut = e->count == limit && !f->value.set;
    if (!*cut && values->replayer)
      bad = replayer_values(values->replayer, s, &issue, err);
    if (bad || *cut || !filter_wants_values(f, t, s, issue))
      continue;
    if (e->count == limit)
      *cut = true;
    else
      bad = add_step(e, s, add_values(values, t, s, issue), err);
  }
  free(s);
  return more < 0 ? (int)err->category : bad;
}

/* With the values, where they are asked for. */
static int collect_all(struct export_options *o, struct tracefile *t, struct export *e,
                       const struct filter *f, uint64_t limit, bool *cut, struct vtpu_error *err)
{
  uint64_t length = 0, every = 0;
  struct values values = {0};
  size_t bytes;
  int status = 0;
  if (o->sample)
    status = select_sample("--sample", o->sample, &length, &every, err);
  if (!status && (o->values || f->value.set))
    status = replayer_open(t, o->object, &values.replayer, err);
  if (!status && o->values && !(values.stream = open_memstream(&e->values, &bytes)))
    status = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  if (!status && filter_from(f))
    status = tracefile_seek(t, filter_from(f), err);
  if (!status)
    status = collect(e, t, f, &values, limit, length, every, cut, err);
  if (values.stream && fclose(values.stream) && !status)
    status = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  replayer_close(values.replayer);
  return status;
}

static int export_all(struct export_options *o, struct tracefile *t, struct export *e,
                      struct filter *f, struct output *out, const char *command,
                      struct vtpu_error *err)
{
  bool cut;
  uint64_t limit = o->limit ? o->limit : o->format->limit;
  if (!o->limit && o->values && o->format->write != export_csv)
    limit = VALUES_LIMIT;
  int status = filter_open(f, &o->filter, t, err);
  if (!status)
    status = collect_all(o, t, e, f, limit, &cut, err);
  if (!status && !e->count)
    status = vtpu_fail(err, VTPU_USAGE, "%s: no SIW fits: there is nothing to export", o->path);
  if (!status && cut)
    fprintf(stderr,
            "%s: only the first %" PRIu64 " SIWs, to cycle %" PRIu64
            "; --cycles and --sample choose others, --limit takes more\n",
            command, limit, e->step[e->count - 1].cycle);
  if (!status)
    status = output_open(out, o->output ? o->output : "-", OUTPUT_WHOLE, err);
  if (!status)
    status = o->format->write(e, out->stream, err);
  return status ? status : output_close(out, err);
}

int trace_export_verb(int argc, char **argv)
{
  struct export_options o = {0};
  struct vtpu_error err;
  struct tracefile t;
  struct export e = {.trace = &t};
  struct filter f = {0};
  struct output out = {0};
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = tracefile_open(&t, o.path, &err);
  e.energy = !status && energy_stated(&t.machine);
  if (!status)
    status = export_all(&o, &t, &e, &f, &out, argv[0], &err);
  output_discard(&out);
  filter_close(&f);
  free(e.step);
  free(e.stalls);
  free(e.values);
  tracefile_close(&t);
  return status ? cli_fail(argv[0], &err) : 0;
}
