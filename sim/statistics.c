/* Statistics: everything is made from the execution counters of the predecoded SIWs and the few
 * counters of events that are not implied by them (architecture, section 6). */
#include "sim/engine.h"

#include <string.h>

static uint64_t stack_sum(const struct vtpu_counts *c)
{
  uint64_t n = 0;
  for (int i = 0; i < STALL_COUNT; i++)
    n += c->stack[i];
  return n;
}

void siw_add_counts(struct vtpu_counts *to, const struct bundle *b, unsigned dlen, uint64_t n)
{
  static const unsigned nops[PIPE_COUNT] = {OP_DNOP, OP_SNOP, OP_CNOP};
  const unsigned s = (unsigned)b->slot[PIPE_S].op;
  to->siws += n;
  to->stack[STALL_ISSUE] += n;
  for (int i = 0; i < PIPE_COUNT; i++)
    if ((unsigned)b->slot[i].op != nops[i]) {
      to->ops[i] += n;
      to->op_code[i][b->slot[i].op] += n;
    }
  const unsigned macs = slot_macs(&b->slot[PIPE_D], dlen);
  to->macs += n * macs;
  to->mac_ops += macs ? n : 0;
  unsigned events;
  const enum energy row = slot_energy(&b->slot[PIPE_D], dlen, &events);
  if (row != ENERGY_COUNT)
    to->d_events[row] += n * events;
  if (s == OP_SGATHER || s == OP_SGATHERM || s == OP_SSCATTR || s == OP_SFLUSH)
    to->ptc_hits += n; /* misses are taken off by marks_add_events */
}

/* The marks that a context's code lies in, first to last, and one more for what is outside. */
static unsigned marks_of(const struct vtpu *v, const struct context *x, uint32_t *first)
{
  uint32_t last = 0, outside = v->object->mark_count;
  *first = outside;
  for (uint32_t k = 0; k < x->code_end - x->code_first; k++) {
    uint32_t mark = mark_number(&x->code[k]);
    if (mark == outside)
      continue;
    *first = mark < *first ? mark : *first;
    last = mark > last ? mark : last;
  }
  return *first == outside ? 1 : last - *first + 2;
}

void marks_add_events(struct vtpu_counts *to, const struct mark_counts *c)
{
  for (int i = 0; i < STALL_COUNT; i++)
    to->stack[i] += c->stack[i];
  for (int i = 0; i < TIER_COUNT; i++) {
    to->tier_hits[i] += c->hits[i];
    to->tier_merges[i] += c->merges[i];
    to->tier_written[i] += c->written[i];
    to->tier_bytes[i] += (c->hits[i] + c->written[i]) * CELL_BYTES;
  }
  to->sent += c->sent;
  to->received += c->received;
  to->ptc_hits -= c->ptc_misses;
  to->ptc_misses += c->ptc_misses;
  to->ptc_walks += c->walks;
}

/* A context's work by mark, and its sum. False: memory ran out. */
static bool context_counts(const struct vtpu *v, const struct context *x,
                           struct vtpu_sentron_statistics *out)
{
  uint32_t first;
  unsigned n = out->mark_count = marks_of(v, x, &first);
  struct vtpu_counts *sum = &out->counts;
  out->marks = calloc(n, sizeof *out->marks);
  if (!out->marks)
    return false;
  for (unsigned i = 0; i < n; i++)
    out->marks[i].mark = i < n - 1 ? first + i : v->object->mark_count;
  uint64_t entered = 0;
  for (uint32_t k = 0; k < x->code_end - x->code_first; k++) {
    uint32_t mark = mark_number(&x->code[k]);
    unsigned i = mark == v->object->mark_count ? n - 1 : mark - first;
    siw_add_counts(&out->marks[i].counts, x->rest[k].bundle, v->object->dlen,
                   issues_next(x, k, &entered));
  }
  uint64_t cycles = x->cycles_before, drain = 0;
  uint32_t drain_mark = 0;
  if (x->issued) { /* its phase is not closed */
    bool over = x->life == LIFE_RETIRED;
    cycles += (over ? context_complete(x) : x->acc) - x->first_issue;
    drain = over ? context_complete(x) - (x->last_issue + 1) : 0;
    drain_mark = mark_number(&x->code[x->last_pc - x->code_first]);
  }
  for (unsigned i = 0; i < n; i++) {
    struct vtpu_counts *c = &out->marks[i].counts;
    marks_add_events(c, &x->marks[out->marks[i].mark]);
    if (out->marks[i].mark == drain_mark)
      c->stack[STALL_DRAIN] += drain;
    c->cycles = stack_sum(c);
    counts_add(sum, c);
  }
  sum->cycles = cycles;
  return true;
}

static const char *life_text(const struct context *x)
{
  switch (x->life) {
  case LIFE_DORMANT: return "dormant";
  case LIFE_RETIRED: return "retired";
  case LIFE_FAULTED: return "faulted";
  case LIFE_RUNNING: break;
  }
  const struct psiw *s = &x->code[x->pc - x->code_first];
  return x->hold == NEVER || s->flags & SIW_CWAIT ? "waiting" : "running";
}

static int out_of_memory(struct vtpu_statistics **out, struct vtpu_error *err)
{
  vtpu_statistics_free(*out);
  *out = NULL;
  return vtpu_fail(err, VTPU_SYSTEM, "out of memory for statistics");
}

int vtpu_statistics(const struct vtpu *v, struct vtpu_statistics **out, struct vtpu_error *err)
{
  const struct object *o = v->object;
  struct vtpu_statistics *s = calloc(1, sizeof *s);
  *out = s;
  if (!s)
    return out_of_memory(out, err);
  s->sentron_count = o->sentron_count;
  s->core_count = v->core_count;
  s->node_count = (unsigned)v->m.nodes;
  s->mark_count = o->mark_count + 1;
  s->host_value_count = v->host_value_count;
  s->sentrons = calloc(s->sentron_count + 1, sizeof *s->sentrons);
  s->cores = calloc(s->core_count, sizeof *s->cores);
  s->nodes = calloc(s->node_count, sizeof *s->nodes);
  s->marks = calloc(s->mark_count, sizeof *s->marks);
  s->host_values = calloc(s->host_value_count + 1, sizeof *s->host_values);
  if (!s->sentrons || !s->cores || !s->nodes || !s->marks || !s->host_values)
    return out_of_memory(out, err);
  s->contexts = v->core_count * (unsigned)v->m.contexts;
  memcpy(s->host_values, v->host_values, s->host_value_count * sizeof *s->host_values);
  s->cycles = v->now;
  uint64_t spawn = 0;
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    struct vtpu_sentron_statistics *own = &s->sentrons[i];
    if (!context_counts(v, x, own))
      return out_of_memory(out, err);
    own->sentron = &o->sentrons[i];
    own->state = life_text(x);
    for (unsigned m = 0; m < own->mark_count; m++)
      counts_add(&s->marks[own->marks[m].mark], &own->marks[m].counts);
    cycle_t end = !x->issued ? 0 : x->life == LIFE_RETIRED ? context_complete(x) : x->acc;
    if (end > s->cycles)
      s->cycles = end;
    spawn += x->spawn_cycles;
    unsigned core = x->node_id * (unsigned)v->m.cores + x->core->number;
    counts_add(&s->cores[core], &own->counts);
    s->nodes[x->node_id].prefetches_dropped += x->prefetches_dropped;
    s->nodes[x->node_id].prefetches += x->prefetches;
  }
  for (unsigned i = 0; i < s->core_count; i++) {
    struct core *c = v->cores[i];
    struct vtpu_node_statistics *n = &s->nodes[c->node->number];
    s->cores[i].ptc_hits += c->host_ptc_hits;
    s->cores[i].ptc_misses += c->host_ptc_misses;
    s->cores[i].cycles = s->cycles;
    n->writebacks[TIER_L2] += s->cores[i].tier_written[TIER_L2];
    counts_add(&n->counts, &s->cores[i]);
  }
  for (unsigned i = 0; i < s->node_count; i++) {
    struct vtpu_node_statistics *n = &s->nodes[i];
    n->counts.cycles = s->cycles;
    n->ddr_reads = v->nodes[i].ddr_reads;
    n->ddr_writes = n->writebacks[TIER_DDR] = v->nodes[i].ddr_writes;
    n->pages = v->nodes[i].ppt.next_frame;
    counts_add(&s->total, &n->counts);
  }
  s->total.cycles = s->cycles;
  uint64_t all = s->cycles * s->contexts, used = stack_sum(&s->total);
  /* A spawn that the run's end cut short counts as far as it went. */
  s->total.stack[STALL_SPAWN] = spawn < all - used ? spawn : all - used;
  s->total.stack[STALL_IDLE] = all - used - s->total.stack[STALL_SPAWN];
  return 0;
}
