/* vtpu trace replay: the state of sentrons at a cycle of a traced run. */
#include "sim/cli/cli.h"
#include "sim/cli/output.h"
#include "sim/cli/replayer.h"
#include "sim/cli/selection.h"
#include "sim/cli/trace_verbs.h"
#include "sim/inspect.h"
#include "sim/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct replay_options {
  const char *path, *object, *sentrons, *json;
  uint64_t cycle;
  bool given;
};

enum { KEY_OBJECT = 512 };

static const struct argp_option option_list[] = {
    {"cycle", 'c', "N", 0, "the state before the SIWs that issue in cycle N", 1},
    {"sentrons", 's', "LIST", 0, "only these sentrons: names, or node.number", 1},
    {"object", KEY_OBJECT, "FILE", 0,
     "the program with its data, where they were too large for the trace", 2},
    {"json", 'j', "FILE", 0, "write the state as JSON (- is standard output)", 2},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct replay_options *o = state->input;
  switch (key) {
  case 'c':
    o->cycle = cli_number(state, "--cycle", arg, 0, UINT64_MAX - 1);
    o->given = true;
    return 0;
  case 's': o->sentrons = arg; return 0;
  case 'j': o->json = arg; return 0;
  case KEY_OBJECT: o->object = arg; return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "trace", &o->path); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "trace", &o->path);
    if (!o->given)
      argp_error(state, "the state at which cycle? (--cycle N)");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc =
        "Shows the registers of sentrons at a cycle, and where they are. The program is run again "
        "up to there, and the last cycles before are compared with the trace.",
};

/* What the trace says of a sentron up to the cycle. */
struct seen {
  uint64_t issues; /* in the cycles compared */
  bool any;
  struct trace_step last; /* of them */
};

/* Cycles before the wanted one that are compared with the trace, step by step. */
enum { COMPARED_CYCLES = 10000 };

static int compare(struct tracefile *t, struct replayer *r, uint64_t cycle, struct seen *seen,
                   struct vtpu_error *err)
{
  uint64_t from = cycle > COMPARED_CYCLES ? cycle - COMPARED_CYCLES : 0;
  struct trace_step *s = malloc(sizeof *s);
  replayer_limit(r, cycle);
  int more = 0, bad = s ? tracefile_seek(t, from, err) : vtpu_fail(err, VTPU_SYSTEM, "no memory");
  while (!bad && (more = tracefile_next(t, s, err)) > 0 && s->cycle < cycle) {
    const struct vtpu_issue *values;
    if (!s->issues)
      continue;
    bad = replayer_values(r, s, &values, err);
    seen[s->stream].issues++;
    seen[s->stream].any = true;
    seen[s->stream].last = *s;
  }
  free(s);
  return more < 0 ? (int)err->category : bad;
}

/* owed: a gather is on its way to the register, which has what was there before. */
static void print_register(FILE *out, const struct vtpu *v, uint32_t sentron, unsigned reg,
                           bool owed, uint64_t ready)
{
  char name[REGISTER_NAME_BYTES], coord[COORD_TEXT_BYTES];
  uint8_t bytes[64];
  int count = vtpu_register(v, sentron, reg, bytes);
  fprintf(out, "  %-4s", register_name(reg, name));
  if (reg >= REG_P && reg < REG_M) {
    struct coord c = {.lo = register_word(bytes), .hi = register_word(bytes + 8)};
    fputs(coord_print(c, coord), out);
  } else {
    for (int i = count; i-- > 0;)
      fprintf(out, "%02x%s", bytes[i], i && i % 8 == 0 ? " " : "");
  }
  if (owed && ready == VTPU_UNKNOWN)
    fputs("  before what is being gathered", out);
  else if (owed)
    fprintf(out, "  before what is being gathered, until cycle %" PRIu64, ready);
  fputc('\n', out);
}

static void print_sentron(const struct tracefile *t, const struct vtpu *v, uint32_t i,
                          uint64_t cycle, const struct seen *seen)
{
  struct vtpu_sentron_look look;
  vtpu_look_sentron(v, i, cycle, &look);
  const struct object_sentron *s = &t->object.sentrons[i];
  char place[SYMBOL_TEXT_BYTES];
  printf("sentron %u.%u (%s)", s->node, s->id, s->name);
  if (seen->any)
    printf(": last issued SIW %" PRIu32 " (%s) at cycle %" PRIu64, seen->last.siw,
           object_symbolize(&t->object, seen->last.siw, place), seen->last.cycle);
  putchar('\n');
  for (unsigned reg = 0; reg < REG_COUNT; reg++)
    print_register(stdout, v, i, reg, look.owed[reg].fetched, look.owed[reg].ready);
}

/* Names of the registers to which a gather is on its way. */
static json_t *gathering_json(const struct vtpu *v, uint32_t i, uint64_t cycle)
{
  struct vtpu_sentron_look look;
  char name[REGISTER_NAME_BYTES];
  json_t *list = json_array();
  vtpu_look_sentron(v, i, cycle, &look);
  for (unsigned reg = 0; reg < REG_COUNT; reg++)
    if (look.owed[reg].fetched)
      json_array_append_new(list, json_string(register_name(reg, name)));
  return list;
}

static int print_json(const struct replay_options *o, const struct tracefile *t,
                      const struct vtpu *v, const uint64_t *wanted, const struct seen *seen,
                      struct vtpu_error *err)
{
  json_t *list = json_array();
  for (uint32_t i = 0; i < t->object.sentron_count; i++) {
    if (wanted && !bit_of(wanted, i))
      continue;
    json_t *s = json_pack("{s:s, s:i, s:i}", "name", t->object.sentrons[i].name, "node",
                          (int)t->object.sentrons[i].node, "id", (int)t->object.sentrons[i].id);
    if (seen[i].any) {
      json_object_set_new(s, "siw", json_integer(seen[i].last.siw));
      json_object_set_new(s, "issued_at", json_integer((json_int_t)seen[i].last.cycle));
    }
    json_object_set_new(s, "registers", report_registers_json(v, i));
    json_object_set_new(s, "gathering", gathering_json(v, i, o->cycle));
    json_array_append_new(list, s);
  }
  json_t *j = json_pack("{s:I, s:o}", "cycle", (json_int_t)o->cycle, "sentrons", list);
  struct output out;
  int status = output_open(&out, o->json, OUTPUT_WHOLE, err);
  if (!status)
    status = output_json(&out, j, err);
  else
    json_decref(j);
  if (!status)
    status = output_close(&out, err);
  output_discard(&out);
  return status;
}

int trace_replay_verb(int argc, char **argv)
{
  struct replay_options o = {0};
  struct vtpu_error err;
  struct tracefile t;
  struct replayer *r = NULL;
  struct seen *seen = NULL;
  uint64_t *wanted = NULL;
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = tracefile_open(&t, o.path, &err);
  if (!status && o.sentrons)
    status = select_sentrons("--sentrons", o.sentrons, &t.object, &wanted, &err);
  if (!status && o.cycle > t.info->last_cycle + 1)
    status = vtpu_fail(&err, VTPU_USAGE, "--cycle %" PRIu64 ": the trace ends at cycle %" PRIu64,
                       o.cycle, t.info->last_cycle);
  if (!status) {
    seen = calloc(t.object.sentron_count + 1, sizeof *seen);
    if (!seen)
      status = vtpu_fail(&err, VTPU_SYSTEM, "out of memory");
  }
  if (!status)
    status = replayer_open(&t, o.object, &r, &err);
  if (!status)
    status = compare(&t, r, o.cycle, seen, &err);
  if (!status)
    status = replayer_run(r, o.cycle, &err);
  if (!status && o.json)
    status = print_json(&o, &t, replayer_vtpu(r), wanted, seen, &err);
  for (uint32_t i = 0; !status && !o.json && i < t.object.sentron_count; i++)
    if (!wanted || bit_of(wanted, i))
      print_sentron(&t, replayer_vtpu(r), i, o.cycle, &seen[i]);
  free(seen);
  free(wanted);
  replayer_close(r);
  tracefile_close(&t);
  if (!status)
    status = cli_flush_stdout(&err);
  return status ? cli_fail(argv[0], &err) : 0;
}
