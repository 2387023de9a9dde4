/* Nodes, cores and sentrons in a checkpoint: see checkpoint.h. */
#include "sim/checkpoint.h"

#include <string.h>

/* --- caches -------------------------------------------------------------------------------------
 */

/* The ways of a tier in some order, and those that it has not behind them. */
static bool is_order(const uint8_t order[WAYS_MAX], unsigned ways)
{
  uint32_t seen = 0;
  for (unsigned i = 0; i < WAYS_MAX; i++) {
    if (i < ways ? order[i] >= ways : order[i] != i)
      return false;
    seen |= 1u << order[i];
  }
  return seen == (1u << WAYS_MAX) - 1;
}

static void stream_tier(struct stream *s, struct tier *t)
{
  STREAM(s, t->free);
  for (uint32_t i = 0; t->sets && i <= t->mask; i++) {
    struct cache_set *set = tier_set(t, i);
    STREAM(s, set->order), STREAM(s, set->dirty), STREAM(s, set->inflight);
    stream_bytes(s, set->tag, t->ways * sizeof *set->tag);
    stream_expect(s, is_order(set->order, t->ways) && (set->dirty | set->inflight) >> t->ways == 0);
    /* Other ready times are never looked at. */
    for (unsigned w = 0; w < t->ways; w++)
      if (set->inflight >> w & 1)
        STREAM(s, set_ready(set, t->tag_slots)[w]);
  }
}

static void stream_ptc(struct checkpoint *k, struct core *c)
{
  struct stream *s = &k->s;
  struct ptc *ptc = &c->ptc;
  size_t entries = ((size_t)1 << ptc->set_bits) * ptc->ways;
  STREAM(s, ptc->clock);
  for (size_t i = 0; i < entries; i++) {
    struct ptc_entry *e = &ptc->entries[i];
    bool used = e->khi != UINT64_MAX;
    stream_bool(s, &used);
    if (!used) {
      *e = (struct ptc_entry){.khi = UINT64_MAX, .line = NO_LINE};
      continue;
    }
    STREAM(s, e->klo), STREAM(s, e->khi), STREAM(s, e->stamp), STREAM(s, e->fill);
    stream_place(k, c->node->number, &e->region, &e->data, PAGE_BYTES);
    if (!stream_expect(s, e->khi != UINT64_MAX))
      return;
    const struct ppt_region *r = e->region; /* the rest follows, as in fill_entry */
    uint64_t frame = r->first_frame + (uint64_t)(e->data - r->data) / PAGE_BYTES;
    e->line = (uint32_t)(frame * PAGE_CELLS);
    e->kind = (uint8_t)r->kind;
    e->foreign = r->kind == REGION_PRIVATE && r->core != c->number;
  }
}

/* --- node ---------------------------------------------------------------------------------------
 */

static void stream_gathering(struct checkpoint *k, unsigned node, struct gathering *g)
{
  struct stream *s = &k->s;
  STREAM(s, g->members);
  if (!g->members) /* the first to arrive fills in everything */
    return;
  STREAM(s, g->arrived), STREAM(s, g->group), STREAM(s, g->code), STREAM(s, g->mode),
      STREAM(s, g->type);
  STREAM(s, g->root), STREAM(s, g->last);
  stream_expect(s, g->code == OP_CBAR || g->code == OP_CREDUCE || g->code == OP_CCAST);
  stream_expect(s, g->group < GROUP_COUNT && (g->arrived & ~g->members) == 0 &&
                       g->root < (unsigned)__builtin_popcount(g->members));
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++) {
    if (!s->save && g->members >> i & 1)
      stream_expect(s, context_at(k->v, node, i) != NULL);
    if (!(g->arrived >> i & 1) || g->code == OP_CBAR)
      continue;
    stream_bytes(s, g->value[i], k->v->bytes);
    STREAM(s, g->reg[i]);
    stream_expect(s, g->reg[i] < R_COUNT);
  }
}

int node_section(struct checkpoint *k, unsigned number)
{
  struct stream *s = &k->s;
  struct node *n = &k->v->nodes[number];
  STREAM(s, n->ddr_free), STREAM(s, n->ddr_reads), STREAM(s, n->ddr_writes);
  for (unsigned h = 0; h < n->halves; h++)
    stream_tier(s, &n->l3[h]);
  for (unsigned g = 0; g < SENTRONS_PER_NODE_MAX; g++)
    stream_gathering(k, number, &n->gather[g]);
  return 0;
}

/* --- core ---------------------------------------------------------------------------------------
 */

/* A place among the ready times of a tier, or none. */
static void stream_slot(struct stream *s, const struct tier *t, uint64_t **slot)
{
  bool used = s->save && *slot;
  stream_bool(s, &used);
  const uint64_t at = s->save && used ? (uint64_t)((uint8_t *)*slot - t->sets) : 0;
  uint64_t set = used ? at / t->stride : 0, way = 0;
  if (used) {
    way = (uint64_t)(*slot - set_ready(tier_set(t, (uint32_t)set), t->tag_slots));
    STREAM(s, set), STREAM(s, way);
    used = stream_expect(s, t->sets && set <= t->mask && way < t->ways);
  }
  *slot = used ? set_ready(tier_set(t, (uint32_t)set), t->tag_slots) + way : NULL;
}

/* Memory entries become free in the order in which they lie around their ring (gather.h). */
static bool entries_in_order(const struct core *c)
{
  for (unsigned i = 1; i < c->entries; i++)
    if (c->entry_free[(c->entry_next + i) % c->entries] <
        c->entry_free[(c->entry_next + i - 1) % c->entries])
      return false;
  return true;
}

static bool entry_waits(const struct core *c, cycle_t owed)
{
  for (unsigned i = 0; i < c->entries; i++)
    if (owed >= WAITS && c->entry_free[i] == owed)
      return true;
  return false;
}

static void stream_arrival(struct checkpoint *k, struct core *c, struct arrival *a)
{
  struct stream *s = &k->s;
  const struct vtpu *v = k->v;
  uint32_t x = s->save ? a->x->object_index : 0;
  STREAM(s, x);
  if (!stream_expect(s, x < v->object->sentron_count && v->contexts[x].core == c))
    return;
  a->x = &v->contexts[x];
  a->trace = s->save ? a->trace : NULL; /* its record is the saved run's, which shows it */
  STREAM(s, a->time), STREAM(s, a->line), STREAM(s, a->mark);
  STREAM(s, a->kind), STREAM(s, a->reg), STREAM(s, a->at), STREAM(s, a->width);
  STREAM(s, a->offset), STREAM(s, a->owed), STREAM(s, a->hint), STREAM(s, a->keep);
  STREAM(s, a->near), STREAM(s, a->to_ddr);
  stream_slot(s, &c->l1, &a->slot[0]);
  stream_slot(s, &c->l2, &a->slot[1]);
  stream_place(k, c->node->number, &a->region, &a->cell, CELL_BYTES);
  stream_expect(s, a->kind <= MEM_VICTIM && a->near <= NEAR_DONE && a->reg < R_COUNT &&
                       (a->owed == 0 || entry_waits(c, a->owed)));
  stream_expect(s, a->kind > MEM_SCATTER ||
                       (a->at + a->width <= R_BYTES_MAX && a->offset + a->width <= CELL_BYTES));
  stream_expect(s, a->mark <= v->object->mark_count);
  if (a->kind == MEM_SCATTER)
    stream_bytes(s, a->value, v->bytes);
}

int core_section(struct checkpoint *k, unsigned number)
{
  struct stream *s = &k->s;
  struct core *c = k->v->cores[number];
  STREAM(s, c->key), STREAM(s, c->s_closed), STREAM(s, c->walker_free);
  STREAM(s, c->entry_free), STREAM(s, c->entry_next);
  STREAM(s, c->host_ptc_hits), STREAM(s, c->host_ptc_misses);
  stream_expect(s, c->entry_next < c->entries && entries_in_order(c));
  stream_tier(s, &c->l1);
  stream_tier(s, &c->l2);
  stream_ptc(k, c);

  uint32_t count = c->queue_count;
  unsigned pending[2] = {0};
  STREAM(s, count), STREAM(s, c->queue_head);
  if (!stream_expect(s, count <= ARRIVALS && c->queue_head < ARRIVALS))
    return 0;
  c->near_waits = 0;
  for (unsigned i = 0; i < count && !s->bad; i++) {
    struct arrival *a = &c->queue[(c->queue_head + i) % ARRIVALS];
    stream_arrival(k, c, a);
    c->near_waits += a->near == NEAR_WAITS;
    pending[a->x == c->ctx[1]] += !s->bad && a->kind < MEM_FREE;
  }
  c->queue_count = count;
  for (unsigned i = 0; i < 2; i++)
    stream_expect(s, pending[i] == (c->ctx[i] ? c->ctx[i]->pending : 0));
  return 0;
}

/* --- sentron ------------------------------------------------------------------------------------
 */

/* A channel that has carried nothing is as good as none. */
static void stream_channel(struct checkpoint *k, struct context *from, struct context *to)
{
  struct stream *s = &k->s;
  if (!to)
    return;
  struct channel **table = from->node_id == to->node_id ? from->to_local : from->to_node;
  const struct channel *old = table[from->node_id == to->node_id ? to->id : to->node_id];
  bool used = s->save && old && old->sent;
  stream_bool(s, &used);
  if (!used)
    return;
  struct channel *ch = channel_between(k->v, from, to);
  uint64_t depth = (uint64_t)k->v->m.queue_depth;
  STREAM(s, ch->sent), STREAM(s, ch->delivered), STREAM(s, ch->owed), STREAM(s, ch->held);
  if (!stream_expect(s, ch->sent == ch->delivered && ch->owed == ch->held && ch->held <= ch->sent &&
                            ch->held <= depth))
    return;
  const uint64_t taken = ch->sent - ch->held;
  ch->send_at = ch->deliver_at = (uint8_t)(ch->sent % depth);
  ch->return_at = ch->receive_at = (uint8_t)(taken % depth);
  /* Credits that a later send may take; messages that are still to be received. */
  for (uint64_t i = ch->sent < depth ? 0 : ch->sent - depth; i < taken; i++)
    STREAM(s, ch->slots[i % depth].credit);
  for (uint64_t i = taken; i < ch->sent; i++) {
    struct message *m = &ch->slots[i % depth];
    STREAM(s, m->arrive), STREAM(s, m->bytes);
  }
  channel_look(k->v, ch);
}

static void stream_registers(struct checkpoint *k, struct context *x)
{
  struct stream *s = &k->s;
  for (unsigned i = 0; i < R_COUNT; i++)
    stream_bytes(s, x->r[i], k->v->bytes);
  for (unsigned i = 0; i < P_COUNT; i++)
    STREAM(s, x->p[i].lo), STREAM(s, x->p[i].hi);
  STREAM(s, x->m);
  for (unsigned i = 0; i < L_COUNT; i++) {
    struct hw_loop *l = &x->loop[i];
    STREAM(s, l->start), STREAM(s, l->end), STREAM(s, l->remaining);
    stream_bool(s, &l->active);
    stream_expect(s, !l->active || (l->start >= x->code_first && l->start < x->code_end &&
                                    l->end >= x->code_first && l->end < x->code_end));
  }
  stream_bytes(s, x->ready, REG_COUNT * sizeof *x->ready);
  STREAM(s, x->cause), STREAM(s, x->arrive);
  for (unsigned i = 0; i < REG_COUNT; i++)
    stream_expect(s, x->cause[i] < STALL_COUNT);
}

static void stream_progress(struct checkpoint *k, struct context *x)
{
  struct stream *s = &k->s;
  uint8_t life = (uint8_t)x->life;
  STREAM(s, life);
  stream_expect(s, life == LIFE_DORMANT || life == LIFE_RUNNING || life == LIFE_RETIRED);
  x->life = (enum life)life;
  stream_bool(s, &x->issued);
  STREAM(s, x->pc), STREAM(s, x->last_pc);
  stream_bool(s, &x->ended_by_pc);
  stream_expect(s, life == LIFE_DORMANT ||
                       (x->pc >= x->code_first && x->pc + x->ended_by_pc <= x->code_end));
  stream_expect(s, life != LIFE_RUNNING || (x->pc < x->code_end && !x->ended_by_pc));
  stream_expect(s, !(x->issued || x->life == LIFE_RUNNING) ||
                       (x->last_pc >= x->code_first && x->last_pc < x->code_end));
  STREAM(s, x->avail), STREAM(s, x->hold), STREAM(s, x->acc);
  STREAM(s, x->phase_start), STREAM(s, x->first_issue), STREAM(s, x->last_issue);
  STREAM(s, x->released), STREAM(s, x->memory_complete), STREAM(s, x->sends_arrive);
  STREAM(s, x->memory_bound);
  STREAM(s, x->hold_cause), STREAM(s, x->hold_gathering);
  stream_expect(s, x->hold_cause < STALL_COUNT && x->hold_gathering < SENTRONS_PER_NODE_MAX);
  stream_bool(s, &x->fence_waits);
  stream_bool(s, &x->fence_sends);
  STREAM(s, x->pending), STREAM(s, x->parcels);
  stream_expect(s, x->parcels == 0);
}

int sentron_section(struct checkpoint *k, unsigned number)
{
  struct stream *s = &k->s;
  struct vtpu *v = k->v;
  struct context *x = &v->contexts[number];
  stream_registers(k, x);
  stream_progress(k, x);
  STREAM(s, x->group);
  STREAM(s, x->assoc), STREAM(s, x->assoc_puts);
  STREAM(s, x->dedup), STREAM(s, x->dedup_count);
  stream_expect(s, x->dedup_count <= sizeof x->dedup / sizeof *x->dedup);
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++)
    stream_channel(k, x, context_at(v, x->node_id, i));
  for (unsigned n = 0; n < (unsigned)v->m.nodes; n++)
    stream_channel(k, x, n == x->node_id ? NULL : context_at(v, n, x->id));

  STREAM(s, x->cycles_before), STREAM(s, x->spawn_cycles);
  STREAM(s, x->prefetches), STREAM(s, x->prefetches_dropped);
  STREAM(s, x->trace_stall);
  for (uint32_t m = 0; m <= v->object->mark_count; m++) {
    struct mark_counts *c = &x->marks[m];
    STREAM(s, c->stack), STREAM(s, c->hits), STREAM(s, c->merges), STREAM(s, c->written);
    STREAM(s, c->ptc_misses), STREAM(s, c->walks), STREAM(s, c->sent), STREAM(s, c->received);
  }
  for (uint32_t i = 0; i < x->code_end - x->code_first; i++)
    STREAM(s, x->entered[i]);
  return 0;
}
