/* Gathers from afar: of lines that neither L1 nor L2 hold, issued one after the other while the
 * cores of the node wait for each other's turn (pair.c); and prefetches of such lines. Part of
 * pair.c.
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

/* Most gathers walk: lets the host fetch the sets that the walk will want soon. `turn`: the bits in
 * which that line differs from this one; what differs in an index, an xor of such bits, are the
 * same, if no more than its low ones do. */
HOT void far_foresee(const struct tier *t, const struct far_set *f, unsigned bytes, uint32_t turn)
{
  set_foresee(t, (f->index ^ turn) & t->mask, bytes);
}

/* Is it a prefetch, and plain but for that? Then it waits for no message or credit either. */
HOT bool far_ahead(unsigned kind)
{
  return (kind & (SIW_AHEAD | SIW_MESSAGE)) == SIW_AHEAD;
}

/* What issue() does for a plain SIW with a gather, or a prefetch, that is from afar, at its turn.
 * False: it is another case, and nothing has changed. */
HOT bool far_issue(struct vtpu *v, struct core *c, struct turn *r, bool gather)
{
  struct context *const x = r->x;
  struct psiw *const s = r->s;
  const cycle_t t = r->time, a = t + c->ptc_hit;
  const struct ptc_hint *const hint = &s->place->hint;
  const bool both = gather || !(s->kind & SIW_AHEAD_L2); /* L1 and L2, or L2 only */
  uint64_t step = 0;
  if ((!gather_hint(s, t) && !PASTE(place_open, LANES_SUFFIX)(c, s, t)) ||
      (!gather && s->place->hi >> 63) || (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step)))
    return false;
  const uint8_t *const cell = hint->bytes + (s->place->lo - hint->base) * CELL_BYTES;
  const uint32_t line = gather_line(s, hint), turn = line ^ (line + WALK_AHEAD);
  struct tier *const l3 = hint->entry->kind == REGION_ROM ? c->rom_l3 : NULL;
  struct far_set one = {0}, two, three = {0};
  if ((both && !far_look(&c->l1, 8, line, &one)) || !far_look(&c->l2, 8, line, &two) ||
      (l3 && !far_look(l3, 16, line, &three)))
    return false;
  const cycle_t ready = ddr_port(v, c->node, a, 1) + (cycle_t)v->m.ddr_latency;
  c->node->ddr_reads++;
  if (both) {
    far_place(&one, 8, line, ready << 2 | TIER_DDR);
    far_foresee(&c->l1, &one, SET_8_BYTES, turn);
  }
  far_place(&two, 8, line, ready << 2 | TIER_DDR);
  far_foresee(&c->l2, &two, SET_8_BYTES, turn);
  if (l3) {
    far_place(&three, 16, line, ready << 2 | TIER_DDR);
    far_foresee(l3, &three, SET_16_BYTES, turn);
  }
  hint->entry->stamp = c->ptc.clock++;
  charge_issue(v, c, r, t);
  mark_of(x, s)->hits[TIER_DDR]++;
  if (__builtin_expect(x->log != NULL, 0))
    log_issue(x->log, t, x->pc);
  if (gather) {
    x->ready[s->s_reg] = ready;
    x->cause[s->s_reg] = STALL_DDR;
    x->arrive[s->s_reg] = a;
  } else {
    x->prefetches++;
  }
  finish(c, x, ready);
  plain_owe(x, s, t);
  x->last_issue = t;
  x->last_pc = x->pc;
  x->acc = x->avail = t + 1;
  turn_advance(r);
  __builtin_prefetch(r->s + 2); /* where code is long the host has to fetch it, too */
  r->far = FAR_TRUST;
  /* What has to do with data comes last, when little else is at hand. */
  if (s->plain_c == PLAIN_C_STEP)
    x->p[s->c_rd].lo = step;
  else if (s->plain_c == PLAIN_C_PACK)
    plain_pack(x, s);
  if (s->d)
    s->d(x->r, &s->dop, v->bytes);
  if (gather)
    gather_copy(x, s, cell, s->s_gather);
  return true;
}

static __attribute__((noinline)) bool far_prefetch(struct vtpu *v, struct core *c, struct turn *r)
{
  return far_issue(v, c, r, false);
}

/* May SIWs of this core be issued here at all? */
HOT bool far_begins(const struct core *c)
{
  const struct context *const x = c->turn[0].x, *const y = c->turn[1].x;
  return c->far_gathers && c->queue_count == 0 && x->issued && y->issued && !logs_memory(x) &&
         !logs_memory(y);
}

/* Is the SIW of x, which goes first, one of a context that gathers from afar, and does what is
 * known of both contexts hold until its turn comes? `known`: no issue at or after. No arrival of
 * the core is queued. */
HOT bool far_expected(const struct turn *x, const struct turn *y, cycle_t known)
{
  return x->far && (x->s->kind & SIW_GATHER || is_short(x->s)) && y->time < known &&
         !(y->s->flags & SIW_CWAIT);
}

/* The core that runs has to wait until `key`: goes on to the next one of the node, if that waits
 * for its turn to gather from afar, too. NULL: it does not, and no core runs. */
HOT struct core *far_next_core(struct core *c, uint64_t key)
{
  struct node *const n = c->node;
  c->turns_kept = TURNS_FAR;
  c->key = key;
  n->running = NULL;
  order_first(n, key);
  struct core *const next = core_of_key(n, n->order[0]);
  if (n->order[0] >= n->end || next->turns_kept != TURNS_FAR)
    return NULL;
  next->turns_kept = TURNS_OPEN;
  core_foresee(core_of_key(n, n->order[1]));
  return order_run(n);
}

/* Tests 4 to 7 of an SIW of r whose operands are ready, from t on, while no arrival of the core is
 * queued: turn_time in its common cases. */
HOT void far_time(struct vtpu *v, struct core *c, struct turn *r, cycle_t t)
{
  const struct psiw *const s = r->s;
  if (__builtin_expect(!(s->kind & SIW_GATHER || far_ahead(s->kind)), 0)) {
    turn_time(v, c, r, t);
    return;
  }
  const cycle_t entry = c->entry_free[c->entry_next];
  t = entry > t ? entry : t;
  r->time = c->s_closed > t ? c->s_closed : t;
}

/* Both contexts of c are alive, and far_expected. Issues such SIWs, of this core and then of
 * others, while they are. Returns the core that runs then, with what is known of its contexts;
 * NULL: none runs. */
static __attribute__((noinline)) struct core *far_run(struct vtpu *v, struct core *c, cycle_t known)
{
  struct turn *x = &c->turn[c->turn_first], *y = &c->turn[!c->turn_first];
  bool contend = c->turn_contend;
  for (;;) {
    const cycle_t t = x->time;
    const uint64_t key = t << KEY_SENTRON_BITS | x->global;
    if (key > c->node->limit) { /* what is known of both holds while the core waits */
      c->turn_first = x != c->turn;
      c->turn_contend = contend;
      c = far_next_core(c, key);
      if (!c)
        return NULL;
      x = &c->turn[c->turn_first], y = &c->turn[!c->turn_first];
      contend = c->turn_contend;
      continue;
    }
    charge_other(v, c, x, y);
    const unsigned kind = x->s->kind;
    if (!(kind & SIW_GATHER ? far_issue(v, c, x, true)
                            : far_ahead(kind) && far_prefetch(v, c, x)) &&
        issue_short(v, c, x) != SHORT_ISSUED)
      break;
    if (contend) {
      charge(y->x, mark_of(y->x, y->s)->stack, STALL_PORT, 1);
      y->x->acc = y->time = t + 1;
    }
    if (__builtin_expect(x->x->pc >= x->x->code_end, 0)) {
      x->x->life = LIFE_RETIRED;
      break;
    }
    x->operands = registers_ready(x->x, x->s, t + 1);
    far_time(v, c, x, x->operands);
    if (c->entry_free[c->entry_next] > y->time && y->s->flags & SIW_MEMORY)
      far_time(v, c, y, y->operands > y->x->acc ? y->operands : y->x->acc);
    contend = x->time == y->time && x->s->ports & y->s->ports & c->scarce;
    if (y->time < x->time || (y->time == x->time && (y < x || (contend && y->x->last_issue < t)))) {
      struct turn *const z = x;
      x = y;
      y = z;
    }
    if (!far_expected(x, y, known))
      break;
  }
  c->turn_first = x != c->turn;
  c->turn_contend = contend;
  return c;
}

#endif
