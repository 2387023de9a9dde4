/* Value change dump (IEEE 1364), which GTKWave reads: a scope a sentron, a time step a cycle.
 *
 *   issue        1 in cycles in which an SIW issues
 *   siw          its index, where the last one was
 *   d_op s_op c_op  codes of its operations (isa/ops.def); 0 is none
 *   stall        cause of the cycle (isa/stalls.def); 0 while issuing
 *   accesses     memory operations that are not complete
 *   ptc_miss     1 in cycles in which an access missed the PTC */
#include "sim/cli/export.h"

#include <inttypes.h>
#include <stdlib.h>

enum signal { ISSUE, SIW, D_OP, S_OP, C_OP, STALL_CAUSE, ACCESSES, PTC_MISS, SIGNALS };
static const struct {
  const char *name;
  unsigned bits;
} signals[SIGNALS] = {
    [ISSUE] = {"issue", 1},       [SIW] = {"siw", 32},         [D_OP] = {"d_op", 8},
    [S_OP] = {"s_op", 8},         [C_OP] = {"c_op", 8},        [STALL_CAUSE] = {"stall", 8},
    [ACCESSES] = {"accesses", 8}, [PTC_MISS] = {"ptc_miss", 1}};

enum change { NOTHING_ISSUES, COMPLETES, WAITS_FOR, ISSUES };

struct vcd {
  const struct export *e;
  FILE *out;
  uint32_t (*value)[SIGNALS]; /* [sentrons] */
  uint32_t (*shown)[SIGNALS]; /* the values in the file */
};

/* A short name of printable characters, as the format wants. */
static const char *identifier(uint32_t sentron, unsigned signal, char out[8])
{
  uint32_t n = sentron * SIGNALS + signal;
  unsigned at = 0;
  do {
    out[at++] = (char)('!' + n % 94);
    n /= 94;
  } while (n);
  out[at] = 0;
  return out;
}

static void put_value(const struct vcd *v, uint32_t sentron, unsigned signal)
{
  char id[8];
  uint32_t value = v->value[sentron][signal];
  identifier(sentron, signal, id);
  if (signals[signal].bits == 1) {
    fprintf(v->out, "%u%s\n", value & 1, id);
    return;
  }
  char bits[33];
  unsigned n = 0;
  for (unsigned b = 32 - (unsigned)__builtin_clz(value | 1); b-- > 0;)
    bits[n++] = value >> b & 1 ? '1' : '0';
  bits[n] = 0;
  fprintf(v->out, "b%s %s\n", bits, id);
}

static void set(struct vcd *v, uint32_t sentron, enum signal signal, uint32_t value)
{
  v->value[sentron][signal] = value;
}

static void put_changes(struct vcd *v, uint64_t time)
{
  bool first = true;
  for (uint32_t i = 0; i < v->e->trace->object.sentron_count; i++)
    for (unsigned s = 0; s < SIGNALS; s++) {
      if (v->value[i][s] == v->shown[i][s])
        continue;
      if (first)
        fprintf(v->out, "#%" PRIu64 "\n", time);
      first = false;
      put_value(v, i, s);
      v->shown[i][s] = v->value[i][s];
    }
}

static void put_header(const struct vcd *v)
{
  const struct object *o = &v->e->trace->object;
  fputs("$version vtpu trace export $end\n$comment a time step is a cycle $end\n"
        "$timescale 1 ns $end\n$scope module vtpu $end\n",
        v->out);
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    fprintf(v->out, "$scope module node%u_sentron%u $end\n", o->sentrons[i].node,
            o->sentrons[i].id);
    for (unsigned s = 0; s < SIGNALS; s++) {
      char id[8];
      fprintf(v->out, "$var %s %u %s %s $end\n", signals[s].bits == 1 ? "wire" : "reg",
              signals[s].bits, identifier(i, s, id), signals[s].name);
    }
    fputs("$upscope $end\n", v->out);
  }
  fputs("$upscope $end\n$enddefinitions $end\n", v->out);
}

static void apply(struct vcd *v, const struct export_event *event)
{
  const struct export_step *s = &v->e->step[event->step];
  const struct bundle *b = &v->e->trace->bundles[s->siw];
  static const unsigned nops[PIPE_COUNT] = {OP_DNOP, OP_SNOP, OP_CNOP};
  const uint32_t i = s->stream;
  switch ((enum change)event->kind) {
  case NOTHING_ISSUES:
    set(v, i, ISSUE, 0);
    set(v, i, PTC_MISS, 0);
    for (int p = 0; p < PIPE_COUNT; p++)
      set(v, i, (enum signal)(D_OP + p), 0);
    break;
  case COMPLETES: set(v, i, ACCESSES, v->value[i][ACCESSES] - 1); break;
  case WAITS_FOR: set(v, i, STALL_CAUSE, event->detail); break;
  case ISSUES:
    set(v, i, ISSUE, 1);
    set(v, i, SIW, s->siw);
    set(v, i, STALL_CAUSE, 0);
    for (int p = 0; p < PIPE_COUNT; p++)
      set(v, i, (enum signal)(D_OP + p),
          (unsigned)b->slot[p].op == nops[p] ? 0 : (uint32_t)b->slot[p].op);
    set(v, i, PTC_MISS, s->accesses && s->outcome & OUTCOME_MISS);
    if (s->accesses && s->ready)
      set(v, i, ACCESSES, v->value[i][ACCESSES] + 1);
    break;
  }
}

static size_t add_events(const struct export *e, uint32_t number, struct export_event *out)
{
  const struct export_step *s = &e->step[number];
  size_t n = 0;
  uint64_t at = s->begin;
  for (uint32_t i = 0; i < s->stalls; i++) {
    out[n++] = (struct export_event){at, 2, number, WAITS_FOR, e->stalls[s->stall + i].cause};
    at += e->stalls[s->stall + i].cycles;
  }
  out[n++] = (struct export_event){s->cycle, 3, number, ISSUES, 0};
  out[n++] = (struct export_event){s->cycle + 1, 0, number, NOTHING_ISSUES, 0};
  if (s->accesses && s->ready)
    out[n++] = (struct export_event){s->cycle + s->ready, 1, number, COMPLETES, 0};
  return n;
}

int export_vcd(const struct export *e, FILE *out, struct vtpu_error *err)
{
  const uint32_t sentrons = e->trace->object.sentron_count;
  struct vcd v = {.e = e, .out = out};
  struct export_event *event = calloc(3 * e->count + e->stall_count + 1, sizeof *event);
  v.value = calloc(sentrons + 1, sizeof *v.value);
  v.shown = calloc(sentrons + 1, sizeof *v.shown);
  int bad = event && v.value && v.shown ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  size_t events = 0;
  for (uint32_t i = 0; !bad && i < e->count; i++)
    events += add_events(e, i, event + events);
  if (!bad) {
    export_sort(event, events);
    put_header(&v);
    fprintf(out, "#%" PRIu64 "\n$dumpvars\n", events ? event[0].cycle : 0);
    for (size_t i = 0; i < events && event[i].cycle == event[0].cycle; i++)
      apply(&v, &event[i]);
    for (uint32_t i = 0; i < sentrons; i++)
      for (unsigned s = 0; s < SIGNALS; s++) {
        put_value(&v, i, s);
        v.shown[i][s] = v.value[i][s];
      }
    fputs("$end\n", out);
  }
  for (size_t i = 0; !bad && i < events; i++) {
    if (event[i].cycle == event[0].cycle)
      continue;
    apply(&v, &event[i]);
    if (i + 1 == events || event[i + 1].cycle != event[i].cycle)
      put_changes(&v, event[i].cycle);
  }
  free(event);
  free(v.value);
  free(v.shown);
  return bad;
}
