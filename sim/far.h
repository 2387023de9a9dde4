/* Gathers from afar: of lines that neither L1 nor L2 hold, issued one after the other while the
 * cores of the node wait for each other's turn (pair.c). Part of pair.c.
 *
 * Where many sentrons stream from DDR nearly every SIW is one, and another core's than the last. So
 * this is a loop of its own, from core to core, that does what issue_short and gather_far do in
 * this case only, with conditions of the machine that hold for the whole run tested once
 * (engine_may_gather_far).
 */
#ifndef VTPU_SIM_FAR_H
#define VTPU_SIM_FAR_H

#include "sim/order.h"
#include "sim/short.h"

/* A set that does not hold a line, and the way that it would get. */
struct far_set {
  struct cache_set *set;
  uint64_t *ready; /* of its ways */
  unsigned victim;
};

/* False: the set holds the line, or would drive out a dirty one. `ways`: of the tier. */
HOT bool far_look(const struct tier *t, unsigned ways, uint32_t line, struct far_set *f)
{
  const size_t index = tier_index(t, line);
  f->set = (struct cache_set *)(t->sets + index * (ways == 8 ? 64 : 128));
  f->ready = t->ready + index * ways;
  f->victim = set_victim(f->set, ways);
  return !(f->set->dirty >> f->victim & 1) && !set_holds(f->set, ways, line);
}

/* Puts the line there, in flight. */
HOT void far_place(const struct far_set *f, unsigned ways, uint32_t line, uint64_t ready)
{
  struct cache_set *const s = f->set;
  s->lru = ways == 8 ? (uint32_t)s->lru << 4 | f->victim : s->lru << 4 | f->victim;
  s->tag[f->victim] = line + 1;
  s->inflight |= (uint16_t)(1u << f->victim);
  f->ready[f->victim] = ready;
}

/* What issue() does for a plain SIW with a gather that is from afar, at its turn. False: it is
 * another case, and nothing has changed. */
HOT bool far_issue(struct vtpu *v, struct core *c, struct turn *r)
{
  struct context *const x = r->x;
  struct psiw *const s = r->s;
  struct place *const at = s->place;
  struct node *const n = c->node;
  const cycle_t t = r->time, a = t + c->ptc_hit;
  const struct ptc_hint *const hint = gather_hint(c, s, t);
  uint64_t step = 0;
  if (!hint || x->log || !x->issued || (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step)))
    return false;
  const uint32_t line = gather_line(s, hint);
  struct tier *const l3 = hint->entry->kind == REGION_ROM ? c->rom_l3 : NULL;
  struct far_set one, two, three = {0};
  if (!far_look(&c->l1, 8, line, &one) || !far_look(&c->l2, 8, line, &two) ||
      (l3 && !far_look(l3, 16, line, &three)))
    return false;
  charge_issue(v, c, r, t);
  const cycle_t ready = ddr_port(v, n, a, 1) + (cycle_t)v->m.ddr_latency;
  x->marks[s->mark].hits[TIER_DDR]++;
  n->ddr_reads++;
  if (l3)
    far_place(&three, 16, line, ready << 2 | TIER_DDR);
  far_place(&two, 8, line, ready << 2 | TIER_DDR);
  far_place(&one, 8, line, ready << 2 | TIER_DDR);
  gather_foresee(c, l3, line + WALK_AHEAD);
  if (s->plain_c == PLAIN_C_PACK)
    plain_pack(x, s);
  if (s->d)
    s->d(x->r, &s->dop, v->bytes);
  hint->entry->stamp = c->ptc.clock++;
  gather_copy(x, s, hint->bytes + (at->lo - hint->base) * CELL_BYTES, s->s_gather);
  x->ready[s->s_reg] = ready;
  x->cause[s->s_reg] = STALL_DDR;
  x->arrive[s->s_reg] = a;
  finish(c, x, ready);
  if (s->plain_c == PLAIN_C_STEP)
    x->p[s->c_rd].lo = step;
  plain_owe(x, s, t);
  x->counts[s - x->code]++;
  x->last_issue = t;
  x->last_pc = x->pc;
  x->acc = x->avail = t + 1;
  turn_advance(r);
  return true;
}

/* The core that runs has to wait until `key`: goes on to the next one of the node, if that waits
 * for its turn to gather from afar, too. NULL: it does not, and no core runs. */
HOT struct core *far_next_core(struct core *c, uint64_t key)
{
  struct node *const n = c->node;
  c->turns_kept = true;
  c->key = key;
  n->running = NULL;
  order_first(n, core_key(c));
  struct core *const next = core_of_key(n, n->order[0]);
  if (n->order[0] >= n->end || !next->turns_kept || next->queue_count)
    return NULL;
  next->turns_kept = false;
  core_foresee(core_of_key(n, n->order[1]));
  return order_run(n);
}

/* Is the SIW that goes first expected to gather from afar, as the last one of its context did, and
 * does what is known of both contexts hold until its turn comes? */
HOT bool far_expected(const struct core *c, cycle_t known)
{
  const struct turn *const x = &c->turn[c->turn_first], *const y = &c->turn[!c->turn_first];
  return x->far && x->s->s_gather && x->s->kind & SIW_PLAIN && x->time < known && y->time < known &&
         c->queue_count == 0 && !(y->s->flags & SIW_CWAIT);
}

/* Both contexts of c are alive, what goes first is known and expected to gather from afar. Issues
 * such SIWs, of this core and then of others, while they are. Returns the core that runs then, with
 * what is known of its contexts; NULL: none runs. `known`: no issue at or after. */
static __attribute__((noinline)) struct core *far_run(struct vtpu *v, struct core *c, cycle_t known)
{
  for (;;) {
    struct turn *const x = &c->turn[c->turn_first], *const y = &c->turn[!c->turn_first];
    const cycle_t t = x->time;
    const uint64_t key = t << KEY_SENTRON_BITS | x->x->global;
    if (key > c->node->limit) {
      c = far_next_core(c, key);
      if (!c)
        return NULL;
      if (!far_expected(c, known))
        return c;
      continue;
    }
    charge_other(v, c, x, y);
    if (!far_issue(v, c, x))
      return c;
    if (c->turn_contend) {
      lose(v, y, t);
      y->time++;
    }
    if (__builtin_expect(x->x->pc >= x->x->code_end, 0)) {
      x->x->life = LIFE_RETIRED;
      return c;
    }
    turn_next(v, c, x, t + 1);
    if (y->s->flags & SIW_MEMORY && c->entry_free[c->entry_next] > y->time)
      turn_time(v, c, y, y->operands > y->x->acc ? y->operands : y->x->acc);
    pair_order(c);
    if (!far_expected(c, known))
      return c;
  }
}

#endif
