/* Statistics: everything is made from the execution counters of the predecoded SIWs and the few
 * counters of events that are not implied by them (architecture, section 6). */
#include "sim/engine.h"

#include <string.h>

static void add_counts(struct vtpu_counts *to, const struct vtpu_counts *from)
{
  to->siws += from->siws;
  to->macs += from->macs;
  to->mac_ops += from->mac_ops;
  to->ptc_hits += from->ptc_hits;
  to->ptc_misses += from->ptc_misses;
  to->sent += from->sent;
  to->received += from->received;
  for (int p = 0; p < PIPE_COUNT; p++) {
    to->ops[p] += from->ops[p];
    for (int i = 0; i < OP_CODES; i++)
      to->op_code[p][i] += from->op_code[p][i];
  }
  for (int i = 0; i < TIER_COUNT; i++) {
    to->tier_hits[i] += from->tier_hits[i];
    to->tier_merges[i] += from->tier_merges[i];
    to->tier_bytes[i] += from->tier_bytes[i];
  }
  for (int i = 0; i < STALL_COUNT; i++)
    to->stack[i] += from->stack[i];
}

static void add_siw(struct vtpu_counts *to, const struct psiw *p, unsigned dlen)
{
  uint64_t n = p->count;
  const uint8_t code[PIPE_COUNT] = {p->d_code, p->s_code, p->c_code};
  to->siws += n;
  to->stack[STALL_ISSUE] += n;
  for (int i = 0; i < PIPE_COUNT; i++)
    if (p->ports >> i & 1) {
      to->ops[i] += n;
      to->op_code[i][code[i]] += n;
    }
  unsigned macs = slot_macs(&p->bundle->slot[PIPE_D], dlen);
  to->macs += n * macs;
  to->mac_ops += macs ? n : 0;
  if (p->flags & SIW_DEMAND)
    to->ptc_hits += n; /* misses are taken off below */
}

/* Adds a context's work to its marks and returns its own sum. */
static struct vtpu_counts context_counts(const struct vtpu *v, const struct context *x,
                                         struct vtpu_counts *marks)
{
  struct vtpu_counts sum = {0};
  uint32_t mark_count = v->object->mark_count;
  struct vtpu_counts *own = calloc(mark_count + 1, sizeof *own);
  if (!own)
    return sum; /* the caller allocated much more a moment ago */
  for (uint32_t k = 0; k < x->code_end - x->code_first; k++)
    add_siw(&own[x->code[k].mark], &x->code[k], v->object->dlen);
  for (uint32_t m = 0; m <= mark_count; m++) {
    const struct mark_counts *c = &x->marks[m];
    for (int i = 0; i < STALL_COUNT; i++)
      own[m].stack[i] += c->stack[i];
    for (int i = 0; i < TIER_COUNT; i++) {
      own[m].tier_hits[i] += c->hits[i];
      own[m].tier_merges[i] += c->merges[i];
      own[m].tier_bytes[i] += c->hits[i] * CELL_BYTES;
    }
    own[m].sent += c->sent;
    own[m].received += c->received;
    own[m].ptc_hits -= c->ptc_misses;
    own[m].ptc_misses += c->ptc_misses;
  }
  sum.cycles = x->cycles_before;
  if (x->issued) { /* its phase is not closed */
    bool over = x->life == LIFE_RETIRED;
    sum.cycles += (over ? x->complete : x->acc) - x->first_issue;
    if (over)
      own[x->code[x->last_pc - x->code_first].mark].stack[STALL_DRAIN] +=
          x->complete - (x->last_issue + 1);
  }
  for (uint32_t m = 0; m <= mark_count; m++) {
    add_counts(&sum, &own[m]);
    add_counts(&marks[m], &own[m]);
  }
  free(own);
  return sum;
}

static uint64_t stack_sum(const struct vtpu_counts *c)
{
  uint64_t n = 0;
  for (int i = 0; i < STALL_COUNT; i++)
    n += c->stack[i];
  return n;
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

int vtpu_statistics(const struct vtpu *v, struct vtpu_statistics **out, struct vtpu_error *err)
{
  const struct object *o = v->object;
  struct vtpu_statistics *s = calloc(1, sizeof *s);
  *out = s;
  if (!s)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for statistics");
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
  if (!s->sentrons || !s->cores || !s->nodes || !s->marks || !s->host_values) {
    vtpu_statistics_free(s);
    *out = NULL;
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for statistics");
  }
  s->contexts = v->core_count * (unsigned)v->m.contexts;
  memcpy(s->host_values, v->host_values, s->host_value_count * sizeof *s->host_values);
  s->cycles = v->now;
  uint64_t spawn = 0;
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    struct vtpu_counts c = context_counts(v, x, s->marks);
    s->sentrons[i].sentron = &o->sentrons[i];
    s->sentrons[i].state = life_text(x);
    s->sentrons[i].counts = c;
    cycle_t end = !x->issued ? 0 : x->life == LIFE_RETIRED ? x->complete : x->acc;
    if (end > s->cycles)
      s->cycles = end;
    spawn += x->spawn_cycles;
    unsigned core = x->node_id * (unsigned)v->m.cores + x->core->number;
    add_counts(&s->cores[core], &c);
    s->nodes[x->node_id].prefetches_dropped += x->prefetches_dropped;
    s->nodes[x->node_id].prefetches += x->prefetches;
  }
  for (unsigned i = 0; i < s->core_count; i++) {
    struct core *c = v->cores[i];
    struct vtpu_node_statistics *n = &s->nodes[c->node->number];
    s->cores[i].ptc_hits += c->host_ptc_hits;
    s->cores[i].ptc_misses += c->host_ptc_misses;
    s->cores[i].tier_bytes[TIER_L2] += c->l2.writebacks * CELL_BYTES;
    s->cores[i].cycles = s->cycles;
    n->writebacks[TIER_L2] += c->l2.writebacks;
    n->ptc_walks += c->walks;
    add_counts(&n->counts, &s->cores[i]);
  }
  for (unsigned i = 0; i < s->node_count; i++) {
    struct vtpu_node_statistics *n = &s->nodes[i];
    n->counts.cycles = s->cycles;
    n->ddr_reads = v->nodes[i].ddr_reads;
    n->ddr_writes = n->writebacks[TIER_DDR] = v->nodes[i].ddr_writes;
    n->counts.tier_bytes[TIER_DDR] = (n->ddr_reads + n->ddr_writes) * CELL_BYTES;
    n->pages = v->nodes[i].ppt.next_frame;
    add_counts(&s->total, &n->counts);
  }
  s->total.cycles = s->cycles;
  for (unsigned m = 0; m < s->mark_count; m++)
    s->marks[m].cycles = stack_sum(&s->marks[m]);
  uint64_t all = s->cycles * s->contexts, used = stack_sum(&s->total);
  /* A spawn that the run's end cut short counts as far as it went. */
  s->total.stack[STALL_SPAWN] = spawn < all - used ? spawn : all - used;
  s->total.stack[STALL_IDLE] = all - used - s->total.stack[STALL_SPAWN];
  return 0;
}
