/* A core: which of its contexts issues next, and when (architecture, section 5).
 */
#include "sim/order.h"
#include "sim/short.h"

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

/* Cycles that are worth a run of plain SIWs, and one that may find a loop (plain.c). */
enum { RUN_AT_LEAST = 2, RUN_LONG = 12 };

/* Tests 4 to 7 of an SIW whose operands are ready, from t on. */
static __attribute__((noinline)) void turn_time(struct vtpu *v, struct core *c, struct turn *r,
                                                cycle_t t)
{
  const struct psiw *s = r->s;
  if (!(s->kind & SIW_SHORT)) {
    r->time = issue_time(v, c, r->x, s, r->operands);
    return;
  }
  if (s->flags & SIW_MEMORY && c->entry_free[c->entry_next] > t && t < WAITS)
    t = entry_free_from(c, t);
  if (s->flags & SIW_CWAIT && t < WAITS) {
    cycle_t credit, message;
    c_wait(v, r->x, s, &credit, &message);
    t = credit > t ? credit : t;
    t = message > t ? message : t;
  }
  r->time = s->ports & 2 && c->s_closed > t && t < WAITS ? c->s_closed : t;
}

static __attribute__((noinline)) void turn_look(struct vtpu *v, struct core *c, struct turn *r)
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

/* The same after a short SIW that issued in the cycle before `t`. */
HOT void turn_next(struct vtpu *v, struct core *c, struct turn *r, cycle_t t)
{
  r->operands = r->time = registers_ready(r->x, r->s, t);
  if (r->s->kind & SIW_LINE && c->entry_free[c->entry_next] <= t && c->s_closed <= t)
    return;
  if (c->entry_free[c->entry_next] > t || c->s_closed > t || r->s->flags & SIW_CWAIT ||
      !(r->s->kind & SIW_SHORT))
    turn_time(v, c, r, r->operands);
}

/* Can a memory operation of one context change when the other, r, may issue? It may take an entry,
 * or close the S ports. */
static bool affected(const struct turn *r)
{
  return r->operands < WAITS && (r->s->flags & SIW_MEMORY || r->s->ports & 2);
}

static cycle_t later(cycle_t t, cycle_t cycles)
{
  return t > NEVER - cycles ? NEVER : t + cycles;
}

/* A sentron of core c waits for a message or credit of z's: before which cycle is that not there?
 * `woken`: nobody who waits is woken before. A sentron issues an SIW a cycle at most, and many have
 * a long way to go to their next message. */
static cycle_t peer_bound(const struct core *c, const struct context *z, const struct channel *ch,
                          cycle_t woken)
{
  if (z->core->node != c->node || z->core == c)
    return NEVER;
  if (z->life != LIFE_RUNNING)
    return woken;
  cycle_t next = key_time(core_key(z->core));
  next = next < woken ? next : woken;
  next = next > z->avail ? next : z->avail;
  return later(next, rest_of(z, &z->code[z->pc - z->code_first])->quiet + ch->latency);
}

/* y waits at SIW s, x does not: before which cycle can y not go on? */
static cycle_t wake_bound(const struct vtpu *v, const struct core *c, const struct context *x,
                          const struct context *y, const struct psiw *s, cycle_t time)
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
  cycle_t end = key_time(n->end), bound = later(key_time(n->limit), least);
  const struct channel *const ch = y->hold == NEVER ? NULL : rest_of(y, s)->channel;
  if (ch)
    bound = peer_bound(c, ch->sender == y ? ch->receiver : ch->sender, ch, bound);
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
    charge(r->x, mark_of(r->x, r->s)->stack, STALL_PORT, 1);
    if (v->trace)
      r->x->trace_stall[STALL_PORT]++;
    if (v->event)
      event_stall(v, r->x, STALL_PORT, t, t + 1);
  }
  r->x->acc = t + 1;
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
    if (!careful && (v->untimed ? (s->kind & (SIW_PLAIN | SIW_INDEX)) == SIW_PLAIN &&
                                      (!s->s_gather || gather_hint(s, x->acc))
                                : s->kind & SIW_PLAIN)) {
      PASTE(run_plain, LANES_SUFFIX)(v, c, x, v->stop);
      if (x->life != LIFE_RUNNING)
        return true;
    }
    turn_look(v, c, &r);
    if (__builtin_expect(r.time >= v->stop, 0))
      return leave(c, next_key(x, r.time));
    if (careful && key_of(r.time, x->global) > c->node->limit)
      return leave(c, next_key(x, r.time));
    enum short_turn how = plain && r.s->kind & SIW_SHORT && x->issued && !c->near_waits
                              ? issue_short(v, c, &r)
                              : SHORT_OTHER;
    if (how == SHORT_YIELD)
      return false;
    if (how == SHORT_OTHER) {
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
HOT void pair_order(struct core *c)
{
  const struct turn *const one = &c->turn[0], *const two = &c->turn[1];
  c->turn_contend = false;
  c->turn_first = two->time < one->time;
  if (one->time == two->time && one->time != NEVER) {
    c->turn_contend = one->s->ports & two->s->ports & c->scarce;
    bool longer_ago = !two->x->issued ? one->x->issued
                                      : one->x->issued && two->x->last_issue < one->x->last_issue;
    c->turn_first = c->turn_contend && longer_ago;
  }
}

/* What y waited for until now is charged before x, which goes first, takes something from it. */
HOT void charge_other(struct vtpu *v, struct core *c, const struct turn *x, const struct turn *y)
{
  if (y->time == x->time)
    charge_turn(v, c, y, x->time);
  else if (y->operands <= x->time && x->s->flags & SIW_MEMORY)
    charge_turn(v, c, y, x->time + 1);
}

#include "sim/far.h"

/* One has ended: what was known of the pair is not any more. */
static bool pair_over(struct core *c)
{
  c->turns_known = false;
  return true;
}

/* While y waits, until `end` at least, plain SIWs of x have nobody to contend with. False: it has
 * not got on. `lines`: the commonest ones may take their own way. */
HOT bool pair_run(struct vtpu *v, struct core *c, struct turn *r, struct turn *y, cycle_t end,
                  bool lines)
{
  struct context *const x = r->x;
  const cycle_t before = x->acc;
  if (r->far || end <= r->time + RUN_AT_LEAST || !plain_beside(y))
    return false;
  if (lines && r->s->kind & SIW_LINE && end <= r->time + RUN_LONG && x->avail <= before &&
      x->hold <= before) {
    cycle_t now = before;
    struct psiw *const next = PASTE(lines_run, LANES_SUFFIX)(v, c, x, r->s, end, &now);
    if (next == r->s)
      return false;
    x->pc += (uint32_t)(next - r->s);
    x->last_pc = x->pc - 1;
    x->acc = x->avail = now;
    x->last_issue = now - 1;
    r->s = next;
    turn_next(v, c, r, now);
  } else {
    if (!(r->s->kind & SIW_PLAIN))
      return false;
    PASTE(run_plain, LANES_SUFFIX)(v, c, x, end);
    if (x->life != LIFE_RUNNING)
      return true;
    if (x->acc == before)
      return false;
    turn_look(v, c, r);
  }
  if ((c->entry_free[c->entry_next] > y->time || c->s_closed > y->time || y->time >= WAITS) &&
      affected(y))
    turn_time(v, c, y, y->operands > y->x->acc ? y->operands : y->x->acc);
  return true;
}

/* Short SIWs of both contexts in turn, as long as it is known when both go on; or of the first, x,
 * while the other one waits and cannot be woken before `until`. Of the first of them it tells how
 * it went, and of the last, if another case comes up; nothing has changed since the last issue. */
static __attribute__((noinline)) enum short_turn pair_short(struct vtpu *v, struct core *c,
                                                            cycle_t known, cycle_t until)
{
  struct turn *x = &c->turn[c->turn_first], *y = &c->turn[!c->turn_first];
  const bool lines = !v->untimed && !x->x->log && !y->x->log, waits = y->time >= known;
  const unsigned woken = c->node->woken;
  bool contend = c->turn_contend;
  enum short_turn how = SHORT_ISSUED;
  for (;;) {
    if (!pair_run(v, c, x, y, waits ? until : y->time, lines)) {
      bool duel;
      charge_other(v, c, x, y);
      do {
        const bool line = lines && x->s->kind & SIW_LINE && issue_line(v, c, x);
        if (!line) {
          how = v->untimed ? SHORT_OTHER : issue_short(v, c, x);
          if (how != SHORT_ISSUED)
            goto out;
        }
        /* All that it can have taken from y is a cycle at the ports, or a memory entry. */
        const cycle_t t = x->time;
        if (contend) {
          if (y->x->issued)
            charge(y->x, mark_of(y->x, y->s)->stack, STALL_PORT, 1);
          y->x->acc = y->time = t + 1;
        }
        turn_next(v, c, x, t + 1);
        const bool entry = c->entry_free[c->entry_next] <= y->time;
        /* If x contends again in the next cycle, y goes first. */
        duel = contend && line && entry && x->time == t + 1 && t + 1 < known &&
               x->s->ports & y->s->ports & c->scarce && y->s->kind & SIW_LINE && y->x->issued;
        if (duel) {
          struct turn *const z = x;
          x = y;
          y = z;
        } else if ((waits || !entry || y->s->flags & SIW_CWAIT) && y->s->flags & SIW_MEMORY &&
                   y->operands < WAITS) {
          /* Behind credit, too: which test it waits for may hang on an arrival now. */
          turn_time(v, c, y, y->operands > y->x->acc ? y->operands : y->x->acc);
        }
      } while (duel);
    }
    if (x->x->life != LIFE_RUNNING || x->time >= (waits ? until : known) || c->turns_stale)
      break;
    contend = false;
    if (waits) {
      if (c->node->woken != woken || !plain_beside(y))
        break; /* it may be woken earlier now, or x may have changed what it waits for */
    } else if (y->time >= known) {
      break;
    } else if (y->time <= x->time) {
      bool other = true;
      if (y->time == x->time) {
        contend = x->s->ports & y->s->ports & c->scarce;
        other = (contend && (!y->x->issued || y->x->last_issue < x->x->last_issue)) || y < x;
      }
      struct turn *const z = other ? x : y;
      x = other ? y : x;
      y = z;
    }
    if (!(x->s->kind & SIW_SHORT) || !x->x->issued || x->far)
      break;
  }
out:
  c->turn_first = x != c->turn;
  c->turn_contend = contend;
  return how;
}

/* Two contexts are alive. Returns true when one has ended, false when the core has to wait. */
static bool run_pair(struct vtpu *v, struct core *c)
{
  struct turn *one = &c->turn[0], *two = &c->turn[1];
  const cycle_t known = v->stop < WAITS ? v->stop : WAITS;
  bool kept = c->turns_kept != TURNS_OPEN, look_one = !c->turns_known, look_two = look_one;
  c->turns_kept = TURNS_OPEN;
  c->turns_known = true;
  one->x = c->ctx[0];
  two->x = c->ctx[1];
  one->global = one->x->global;
  two->global = two->x->global;
  for (;; kept = false) {
    if (__builtin_expect(c->turns_stale != 0, 0)) {
      look_one |= c->turns_stale & 1 && one->time >= WAITS;
      look_two |= c->turns_stale & 2 && two->time >= WAITS;
      c->turns_stale = 0;
    }
    if (look_one)
      turn_look(v, c, one);
    if (look_two)
      turn_look(v, c, two);
    if (!kept)
      pair_order(c);
    if (far_begins(c) && far_expected(&c->turn[c->turn_first], &c->turn[!c->turn_first], known)) {
      c = far_run(v, c, known);
      if (!c)
        return false;
      one = &c->turn[0];
      two = &c->turn[1];
      kept = false;
      if (one->x->life != LIFE_RUNNING || two->x->life != LIFE_RUNNING)
        return pair_over(c);
    }
    struct turn *x = &c->turn[c->turn_first], *y = &c->turn[!c->turn_first];
    cycle_t until = y->time;
    if (!kept && (x->time >= known || y->time >= known)) {
      if (y->time >= WAITS) { /* x must not pass what y waits for */
        until = wake_bound(v, c, x->x, y->x, y->s, y->time);
        cycle_t entry = entry_bound(c, y);
        until = entry < until ? entry : until;
      }
      if (x->time >= v->stop || x->time >= until) {
        uint64_t x_next = next_key(x->x, x->time), y_next = next_key(y->x, y->time);
        return leave(c, x_next < y_next ? x_next : y_next);
      }
    }
    until = until < v->stop ? until : v->stop;
    if (!kept && far_waits(c, x, y)) {
      c->turns_kept = TURNS_KEPT;
      return false;
    }
    enum short_turn how = SHORT_OTHER;
    if (c->fast_gathers && x->s->kind & SIW_SHORT && x->x->issued && !c->near_waits) {
      how = pair_short(v, c, known, until);
      x = &c->turn[c->turn_first], y = &c->turn[!c->turn_first];
    } else {
      charge_other(v, c, x, y);
    }
    if (how == SHORT_ISSUED) {
      if (__builtin_expect(one->x->life != LIFE_RUNNING || two->x->life != LIFE_RUNNING, 0))
        return pair_over(c);
      look_one = look_two = false;
      continue;
    }
    if (how == SHORT_YIELD) {
      c->turns_kept = y->time < WAITS && !(y->s->flags & SIW_CWAIT) ? TURNS_KEPT : TURNS_OPEN;
      return false;
    }
    if (x->time > x->x->acc)
      context_charge(v, x->x, x->time);
    if (issue(v, c, x->x, x->s, x->time) == ATTEMPT_YIELD)
      return false;
    if (c->turn_contend)
      lose(v, y, x->time);
    if (one->x->life != LIFE_RUNNING || two->x->life != LIFE_RUNNING || c->node->fault.set)
      return pair_over(c);
    bool both =
        c->turn_contend || x->s->flags & SIW_ORDERED || (x->s->flags & SIW_MEMORY && affected(y));
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
