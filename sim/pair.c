/* A core: which of its contexts issues next, and when (architecture, section 5).
 */
#include "sim/plain.h"

/* The key at which a context can go on; t: the cycle, which may be unknown. */
static uint64_t next_key(const struct context *x, cycle_t t)
{
  t = at_earliest(t);
  return key_of(t > x->acc ? t : x->acc, x->global);
}

static bool leave(struct core *c, uint64_t key)
{
  c->key = key;
  return false;
}

enum { RUN_AT_LEAST = 4 }; /* cycles that are worth a run of plain SIWs */

static bool ports_conflict(const struct vtpu *v, const struct psiw *a, const struct psiw *b)
{
  unsigned both = a->ports & b->ports;
  return (both & 1 && v->m.dports == 1) || (both & 2 && v->m.sports == 1) ||
         (both & 4 && v->m.cports == 1);
}

enum { SIW_SHORT = SIW_PLAIN | SIW_INDEX | SIW_AHEAD }; /* for issue_plain */

/* Tests 4 to 7 of an SIW whose operands are ready, from t on. */
HOT void turn_time(struct vtpu *v, struct core *c, struct turn *r, cycle_t t)
{
  const struct psiw *s = r->s;
  if (!(s->kind & SIW_SHORT)) {
    r->time = issue_time(v, c, r->x, s, r->operands);
    return;
  }
  if (s->flags & SIW_MEMORY && c->entry_free[c->entry_next] > t && t < WAITS)
    t = entry_free_from(c, t);
  r->time = s->ports & 2 && c->s_closed > t && t < WAITS ? c->s_closed : t;
}

HOT void turn_look(struct vtpu *v, struct core *c, struct turn *r)
{
  const struct context *x = r->x;
  r->s = &x->code[x->pc - x->code_first];
  if (x->hold == NEVER) {
    r->operands = r->time = NEVER;
    return;
  }
  cycle_t t = r->operands = registers_ready(x, r->s, x->avail > x->hold ? x->avail : x->hold);
  turn_time(v, c, r, t > x->acc ? t : x->acc);
}

/* The same after a plain SIW that issued in the cycle before `t`. */
HOT void turn_next(struct vtpu *v, struct core *c, struct turn *r, cycle_t t)
{
  r->s = &r->x->code[r->x->pc - r->x->code_first];
  r->operands = registers_ready(r->x, r->s, t);
  turn_time(v, c, r, r->operands);
}

/* Can an issue of `first` change when `other` may issue? */
static bool affects(const struct psiw *first, const struct turn *other)
{
  if (first->flags & (SIW_CWAIT | SIW_ORDERED))
    return true;
  return other->operands < WAITS && first->flags & SIW_MEMORY &&
         (other->s->flags & SIW_MEMORY || other->s->ports & 2);
}

/* y waits, x does not: before which cycle can y not go on? */
static cycle_t wake_bound(const struct vtpu *v, const struct core *c, const struct context *x,
                          const struct context *y, cycle_t time)
{
  const struct node *n = c->node;
  if (time != NEVER) /* for an arrival of its own */
    return at_earliest(time) > y->acc ? at_earliest(time) : y->acc;
  if (y->hold == NEVER && !y->fence_waits) {
    const struct gathering *g = &n->gather[y->hold_gathering];
    if (g->members >> x->id & 1 && !(g->arrived >> x->id & 1))
      return NEVER; /* not before x itself has come */
  }
  /* By another core, whose next action is not before the limit: a message takes the L3's latency, a
   * collective Lnet. By another node, not in this window. */
  cycle_t least = (cycle_t)(v->m.l3_latency < v->m.net_node ? v->m.l3_latency : v->m.net_node);
  cycle_t end = key_time(n->end), bound = key_time(n->limit);
  bound = bound > NEVER - least ? NEVER : bound + least;
  return bound < end ? bound : end;
}

/* y waits for a message or credit behind a memory entry that an arrival may free: what it waits for
 * can be told only when that has come, and x might take the entry. */
static cycle_t entry_bound(struct core *c, const struct turn *y)
{
  if (y->operands >= WAITS || !(y->s->flags & SIW_MEMORY))
    return NEVER;
  cycle_t free = entry_free_from(c, y->operands > y->x->acc ? y->operands : y->x->acc);
  return free >= WAITS ? at_earliest(free) : NEVER;
}

/* May plain SIWs of the other context run without a look at y? Then y waits for its operands, or
 * for somebody else with a test before which the other changes nothing: not memory entries. */
static bool plain_beside(const struct turn *y)
{
  return y->time >= WAITS ? y->operands >= WAITS || !(y->s->flags & SIW_MEMORY)
                          : y->time == y->operands;
}

/* Charges the cycle that a context lost to the other one at the ports. */
static void lose(struct vtpu *v, const struct turn *r, cycle_t t)
{
  if (r->x->acc != t)
    return;
  if (r->x->issued) {
    charge(r->x, r->x->marks[r->s->mark].stack, STALL_PORT, 1);
    if (v->trace)
      r->x->trace_stall[STALL_PORT]++;
    if (v->event)
      event_stall(v, r->x, STALL_PORT, t, t + 1);
  }
  r->x->acc = t + 1;
}

/* Charges a wait for `cause` until a cycle, but not beyond `upto`. Is that reached? */
HOT bool charge_until(struct context *x, uint64_t *stack, unsigned cause, cycle_t until,
                      cycle_t upto)
{
  if (until > x->acc) {
    cycle_t end = until < upto ? until : upto;
    charge(x, stack, cause, end - x->acc);
    x->acc = end;
  }
  return x->acc >= upto;
}

/* context_charge of a context that has issued before and is not held, for an SIW that waits for no
 * message, while nobody listens: the common case. */
static __attribute__((noinline)) void charge_tests(struct vtpu *v, struct core *c,
                                                   const struct turn *r, cycle_t upto)
{
  struct context *const x = r->x;
  const struct psiw *const s = r->s;
  if (x->avail > x->acc || x->hold > x->acc || s->flags & SIW_CWAIT || s->kind & SIW_MANY_REGS ||
      !x->issued || !c->fast_gathers) {
    context_charge(v, x, upto);
    return;
  }
  uint64_t *stack = x->marks[s->mark].stack;
  for (unsigned i = 0; i < REGS_HOT && r->operands > x->acc; i++) {
    const unsigned reg = s->reg[i];
    if (x->ready[reg] <= x->acc)
      continue;
    const unsigned cause = x->cause[reg];
    if ((cause >= STALL_PTC && cause <= STALL_DDR &&
         charge_until(x, stack, STALL_PTC, x->arrive[reg], upto)) ||
        charge_until(x, stack, cause, x->ready[reg], upto))
      return;
  }
  if ((s->flags & SIW_MEMORY &&
       charge_until(x, stack, STALL_ENTRY, entry_free_from(c, x->acc), upto)) ||
      (s->ports & 2 && charge_until(x, stack, STALL_PTC, c->s_closed, upto)))
    return;
  charge_until(x, stack, STALL_PORT, upto, upto);
}

/* Charges what a turn waits for, up to a cycle. Often that is a memory entry, and nothing else. */
HOT void charge_turn(struct vtpu *v, struct core *c, const struct turn *r, cycle_t upto)
{
  struct context *const x = r->x;
  if (x->acc >= upto)
    return;
  if (x->acc >= r->operands && r->s->flags & SIW_MEMORY && x->issued && c->fast_gathers &&
      entry_free_from(c, x->acc) >= upto)
    charge_until(x, x->marks[r->s->mark].stack, STALL_ENTRY, upto, upto);
  else
    charge_tests(v, c, r, upto);
}

/* The same for one that issues at `t`, and mostly has waited for one operand only, for one reason.
 */
HOT void charge_issue(struct vtpu *v, struct core *c, const struct turn *r, cycle_t t)
{
  struct context *const x = r->x;
  const struct psiw *const s = r->s;
  const cycle_t acc = x->acc;
  if (acc >= t)
    return;
  if (r->operands == t && x->avail <= acc && x->hold <= acc)
    for (unsigned i = 0; i < REGS_HOT; i++) {
      const unsigned reg = s->reg[i];
      if (x->ready[reg] <= acc)
        continue;
      const unsigned cause = x->cause[reg];
      if (x->ready[reg] < t || (cause >= STALL_PTC && cause <= STALL_DDR && x->arrive[reg] > acc))
        break;
      charge(x, x->marks[s->mark].stack, cause, t - acc);
      x->acc = t;
      return;
    }
  charge_turn(v, c, r, t);
}

enum plain_turn {
  PLAIN_OTHER, /* it is another case, and nothing has changed */
  PLAIN_ISSUED,
  PLAIN_YIELD /* its far part must wait for other cores */
};

/* A gather whose place does not say that it may take the short path: its page is another one, which
 * the PTC holds, or a shared one, which lives in L3: then it issues when its turn in the node has
 * come. *near: it may take the short path after all. */
static __attribute__((noinline)) enum plain_turn gather_elsewhere(struct vtpu *v, struct core *c,
                                                                  struct context *x,
                                                                  const struct psiw *s, cycle_t t,
                                                                  bool *near, struct supply *got)
{
  struct place *const at = s->place;
  struct ptc_hint *const hint = &at->hint;
  if (!ptc_hint_holds(&c->ptc, hint, at->lo, at->hi))
    ptc_open(&c->ptc, hint, at->lo, at->hi);
  *near = gather_hint(c, s, t) != NULL;
  if (*near)
    return PLAIN_ISSUED;
  if (!ptc_hint_holds(&c->ptc, hint, at->lo, at->hi) || hint->entry->fill > t ||
      hint->entry->kind != REGION_SHARED || v->frees ||
      (at->hi >> 57 & 63) + s->s_width > CELL_BYTES)
    return PLAIN_OTHER;
  const uint32_t line = gather_line(s, hint);
  struct tier *const half = &c->node->l3[line / PAGE_CELLS % c->node->halves];
  if (gather_at_turn(v, c, x, half->sets ? half : NULL, &x->marks[s->mark], line, t + c->ptc_hit, t,
                     got))
    return PLAIN_ISSUED;
  return engine_due(c, t, x->global) ? PLAIN_OTHER : PLAIN_YIELD;
}

/* A prefetch of a line whose page the PTC holds, where it may take the short path. False: it is
 * another case, or must wait for its turn, and nothing has changed. *far: L1 and L2 do not do. */
HOT bool prefetch_ahead(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                        cycle_t a, cycle_t t, bool *far, struct supply *got)
{
  struct place *const at = s->place;
  struct ptc_hint *const hint = &at->hint;
  struct mark_counts *const count = &x->marks[s->mark];
  struct gather_probe p;
  *far = false;
  if (!ptc_hint_holds(&c->ptc, hint, at->lo, at->hi))
    ptc_open(&c->ptc, hint, at->lo, at->hi);
  if (!gather_hint(c, s, t) || hint->room == 0 || at->hi >> 63 || logs_memory(x))
    return false;
  const uint32_t line = gather_line(s, hint);
  if (s->kind & SIW_AHEAD_L2)
    return prefetch_l2(v, c, x, hint->entry->kind, count, line, a, t, far, got);
  *far = !gather_probe(c, line, a, &p);
  if (*far)
    return gather_misses(&p) && gather_far(v, c, x, hint->entry->kind, count, &p, a, t, got);
  *got = gather_near(c, count, a, &p);
  return true;
}

/* What issue() does for a plain SIW whose gather is on a known page. One that L1 and L2 do not hold
 * issues when its turn in the node has come. */
HOT enum plain_turn issue_plain(struct vtpu *v, struct core *c, struct turn *r)
{
  struct context *x = r->x;
  struct psiw *s = r->s;
  const cycle_t t = r->time, a = t + c->ptc_hit;
  struct mark_counts *count = &x->marks[s->mark];
  struct gather_probe p;
  uint64_t step = 0, index_lo = 0, index_hi = 0;
  struct supply got = {0};
  if (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step))
    return PLAIN_OTHER;
  if (s->s_gather) {
    bool near = true;
    if (!gather_hint(c, s, t)) {
      enum plain_turn how = gather_elsewhere(v, c, x, s, t, &near, &got);
      if (how != PLAIN_ISSUED)
        return how;
    }
    r->far = near && !gather_probe(c, gather_line(s, &s->place->hint), a, &p);
    if (!near)
      r->far = false;
    else if (!r->far)
      got = gather_near(c, count, a, &p);
    else if (!gather_misses(&p))
      return PLAIN_OTHER;
    else if (!gather_far(v, c, x, s->place->hint.entry->kind, count, &p, a, t, &got))
      return engine_due(c, t, x->global) ? PLAIN_OTHER : PLAIN_YIELD;
    else
      gather_foresee(c, s->place->hint.entry->kind == REGION_ROM ? c->rom_l3 : NULL,
                     p.line + WALK_AHEAD);
  } else if (s->kind & SIW_AHEAD) {
    if (!prefetch_ahead(v, c, x, s, a, t, &r->far, &got))
      return !r->far || engine_due(c, t, x->global) ? PLAIN_OTHER : PLAIN_YIELD;
  } else {
    r->far = false;
    if (s->kind & SIW_INDEX && !plain_index(v, x, s, &index_lo, &index_hi))
      return PLAIN_OTHER;
  }
  charge_issue(v, c, r, t);
  if (s->plain_c == PLAIN_C_PACK)
    plain_pack(x, s);
  if (s->d)
    s->d(x->r, &s->dop, v->bytes);
  if (s->s_gather) {
    gather_finish(c, x, s, &s->place->hint, a, got);
    finish(c, x, got.ready);
  } else if (s->kind & SIW_INDEX) {
    plain_indexed(v, c, x, s, t, index_lo, index_hi);
  } else if (s->kind & SIW_AHEAD) {
    s->place->hint.entry->stamp = c->ptc.clock++;
    x->prefetches++;
    finish(c, x, got.ready);
  }
  if (s->plain_c == PLAIN_C_STEP)
    x->p[s->c_rd].lo = step;
  plain_owe(x, s, t);
  x->counts[s - x->code]++;
  if (__builtin_expect(x->log != NULL, 0))
    log_issue(x->log, t, x->pc);
  x->last_issue = t;
  x->last_pc = x->pc;
  x->acc = x->avail = t + 1;
  x->pc = s->loop_ends ? loop_end(x, s->loop_ends) : x->pc + 1;
  if (__builtin_expect(x->pc >= x->code_end, 0))
    x->life = LIFE_RETIRED;
  return PLAIN_ISSUED;
}

/* Only one context is alive: nobody can take anything from it. Returns true when the other has
 * come to life or this one has ended, false when the core has to wait. */
static bool run_alone(struct vtpu *v, struct core *c, struct context *x)
{
  bool careful = v->has_spawn && c->ctx[0] && c->ctx[1]; /* another core may spawn the other */
  const bool plain = c->fast_gathers && !v->untimed;
  struct turn r = {.x = x};
  for (;;) {
    struct psiw *s = &x->code[x->pc - x->code_first];
    if (!careful && (v->untimed ? s->kind & SIW_PLAIN && (!s->s_gather || gather_hint(c, s, x->acc))
                                : s->kind & (SIW_PLAIN | SIW_INDEX))) {
      PASTE(run_plain, LANES_SUFFIX)(v, c, x, v->stop);
      if (x->life != LIFE_RUNNING)
        return true;
    }
    turn_look(v, c, &r);
    if (__builtin_expect(r.time >= v->stop, 0))
      return leave(c, next_key(x, r.time));
    if (careful && key_of(r.time, x->global) > c->node->limit)
      return leave(c, next_key(x, r.time));
    enum plain_turn how = plain && r.s->kind & SIW_SHORT && x->issued && !c->near_waits
                              ? issue_plain(v, c, &r)
                              : PLAIN_OTHER;
    if (how == PLAIN_YIELD)
      return false;
    if (how == PLAIN_OTHER) {
      if (r.time > x->acc)
        context_charge(v, x, r.time);
      if (__builtin_expect(issue(v, c, x, r.s, r.time) == ATTEMPT_YIELD, 0))
        return false;
    }
    if (__builtin_expect(x->life != LIFE_RUNNING || c->node->fault.set, 0))
      return true;
    if (careful && c->ctx[0]->life == LIFE_RUNNING && c->ctx[1]->life == LIFE_RUNNING)
      return true;
  }
}

/* Of a context that gathers from afar, the next is expected to do so too, and it has to wait for
 * the others. What is known of both contexts holds until then, if y does not wait for them. */
HOT bool far_waits(struct core *c, const struct turn *x, const struct turn *y)
{
  return x->far && (x->s->s_gather || x->s->kind & SIW_AHEAD) && y->time < WAITS &&
         !(y->s->flags & SIW_CWAIT) && !engine_due(c, x->time, x->x->global);
}

/* Which of two goes first: the earlier; of two that contend, the one that issued longer ago; of two
 * that do not, the lower number. */
HOT void pair_order(const struct vtpu *v, struct core *c)
{
  const struct turn *const one = &c->turn[0], *const two = &c->turn[1];
  c->turn_contend = false;
  c->turn_first = two->time < one->time;
  if (one->time == two->time && one->time != NEVER) {
    c->turn_contend = ports_conflict(v, one->s, two->s);
    bool longer_ago = !two->x->issued ? one->x->issued
                                      : one->x->issued && two->x->last_issue < one->x->last_issue;
    c->turn_first = c->turn_contend && longer_ago;
  }
}

#include "sim/far.h"

/* Two contexts are alive. Returns true when one has ended, false when the core has to wait. */
static bool run_pair(struct vtpu *v, struct core *c)
{
  struct turn *one = &c->turn[0], *two = &c->turn[1];
  const bool plain = c->fast_gathers && !v->untimed;
  const cycle_t known = v->stop < WAITS ? v->stop : WAITS;
  bool kept = c->turns_kept, look_one = !kept, look_two = !kept;
  c->turns_kept = false;
  one->x = c->ctx[0];
  two->x = c->ctx[1];
  for (;; kept = false) {
    if (look_one)
      turn_look(v, c, one);
    if (look_two)
      turn_look(v, c, two);
    if (!kept)
      pair_order(v, c);
    if (c->far_gathers && far_expected(c, known)) {
      c = far_run(v, c, known);
      if (!c)
        return false;
      one = &c->turn[0];
      two = &c->turn[1];
      kept = false;
      if (one->x->life != LIFE_RUNNING || two->x->life != LIFE_RUNNING)
        return true;
    }
    struct turn *x = &c->turn[c->turn_first], *y = &c->turn[!c->turn_first];
    const bool contend = c->turn_contend;
    cycle_t until = y->time;
    if (!kept && (x->time >= known || y->time >= known)) {
      if (y->time >= WAITS) { /* x must not pass what y waits for */
        until = wake_bound(v, c, x->x, y->x, y->time);
        cycle_t entry = entry_bound(c, y);
        until = entry < until ? entry : until;
      }
      if (x->time >= v->stop || x->time >= until) {
        uint64_t x_next = next_key(x->x, x->time), y_next = next_key(y->x, y->time);
        return leave(c, x_next < y_next ? x_next : y_next);
      }
      until = until < v->stop ? until : v->stop;
    }
    if (!kept && far_waits(c, x, y)) {
      c->turns_kept = true;
      return false;
    }
    /* While y waits for its operands, plain SIWs of x have nobody to contend with. */
    if (x->s->kind & SIW_PLAIN && !x->far && until > x->time + RUN_AT_LEAST && plain_beside(y)) {
      cycle_t before = x->x->acc;
      PASTE(run_plain, LANES_SUFFIX)(v, c, x->x, until);
      if (x->x->life != LIFE_RUNNING)
        return true;
      if (x->x->acc != before) {
        look_one = look_two = true;
        continue;
      }
    }
    /* What y waited for until now is charged before x takes something away from it. */
    if (y->time == x->time)
      charge_turn(v, c, y, x->time);
    else if (y->time > x->time && y->operands <= x->time && x->s->flags & SIW_MEMORY)
      charge_turn(v, c, y, x->time + 1);
    enum plain_turn how = PLAIN_OTHER;
    if (plain && x->s->kind & SIW_SHORT && x->x->issued && !c->near_waits)
      how = issue_plain(v, c, x);
    if (how == PLAIN_ISSUED) {
      /* All that it can have taken from y is a cycle at the ports, or a memory entry. */
      look_one = look_two = false;
      const cycle_t t = x->time;
      if (contend) {
        lose(v, y, t);
        y->time++;
      }
      if (__builtin_expect(x->x->life != LIFE_RUNNING, 0))
        return true;
      turn_next(v, c, x, t + 1);
      if (y->s->flags & SIW_MEMORY && y->operands < WAITS &&
          (y->time >= WAITS || c->entry_free[c->entry_next] > y->time))
        turn_time(v, c, y, y->operands > y->x->acc ? y->operands : y->x->acc);
      continue;
    }
    if (how == PLAIN_YIELD) {
      c->turns_kept = y->time < WAITS && !(y->s->flags & SIW_CWAIT);
      return false;
    }
    if (x->time > x->x->acc)
      context_charge(v, x->x, x->time);
    if (issue(v, c, x->x, x->s, x->time) == ATTEMPT_YIELD)
      return false;
    if (contend)
      lose(v, y, x->time);
    if (one->x->life != LIFE_RUNNING || two->x->life != LIFE_RUNNING || c->node->fault.set)
      return true;
    bool both = contend || affects(x->s, y);
    look_one = x == one || both;
    look_two = x == two || both;
  }
}

void PASTE(core_run, LANES_SUFFIX)(struct vtpu *v, struct core *c)
{
  for (struct node *const n = c->node; !n->fault.set; c = n->running) {
    struct context *x = c->ctx[0] && c->ctx[0]->life == LIFE_RUNNING ? c->ctx[0] : NULL;
    struct context *y = c->ctx[1] && c->ctx[1]->life == LIFE_RUNNING ? c->ctx[1] : NULL;
    if (x && y) {
      if (!run_pair(v, c))
        return;
    } else if (x || y) {
      if (!run_alone(v, c, x ? x : y))
        return;
    } else {
      break;
    }
  }
  c->key = NEVER;
}
