/* A core: picks which context issues next, and when (architecture, section 5).
 *
 * The issue time of an SIW is the maximum over the times at which each test of section 5 passes.
 * Once passed, a test stays passed until the issue, except for what the core's other context can
 * take away: memory entries and ports. So waiting is charged to the cycle stack test by test, in
 * their order, and before one context takes a resource the other's wait is charged up to there.
 */
#include "sim/gather.h"

#include <stdio.h>
#include <string.h>

/* First cycle from `t` on at which a memory entry is free; NEVER if that depends on an arrival. */
static cycle_t entry_free_from(const struct vtpu *v, const struct core *c, cycle_t t)
{
  if (c->entry_free[c->entry_next] <= t)
    return t;
  cycle_t least = NEVER;
  bool unknown = false;
  for (int64_t i = 0; i < v->m.memory_entries; i++) {
    if (c->entry_free[i] <= t)
      return t;
    unknown |= c->entry_free[i] == NEVER;
    if (c->entry_free[i] < least)
      least = c->entry_free[i];
  }
  /* An entry whose release is not known yet may be free sooner than the others, but only after its
   * arrival. */
  return unknown && least > c->queue[c->queue_head].time ? NEVER : least;
}

/* Tests 1 to 3: fetch, hold, operands. */
HOT cycle_t operands_ready(const struct context *x, const struct psiw *s)
{
  return registers_ready(x, s, x->avail > x->hold ? x->avail : x->hold);
}

/* The first cycle at which all tests pass, as things stand; NEVER: not known yet. `t`: the cycle
 * at which the operands are ready. */
HOT cycle_t issue_time(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                       cycle_t t)
{
  if (t < x->acc)
    t = x->acc;
  if (t == NEVER)
    return t;
  if (s->flags & SIW_MEMORY)
    t = entry_free_from(v, c, t);
  if (s->flags & SIW_CWAIT) {
    cycle_t credit, message;
    c_wait(v, x, s, &credit, &message);
    t = credit > t ? credit : t;
    t = message > t ? message : t;
  }
  if (s->ports & 2 && c->s_closed > t)
    t = c->s_closed;
  return t;
}

/* --- charging --------------------------------------------------------------------------------- */

static bool charge_segment(struct vtpu *v, struct context *x, uint64_t *stack, enum stall cause,
                           cycle_t until, cycle_t upto)
{
  if (until > x->acc) {
    cycle_t end = until < upto ? until : upto;
    if (x->issued) {
      stack[cause] += end - x->acc;
      if (v->trace)
        x->trace_stall[cause] += end - x->acc;
    }
    x->acc = end;
  }
  return x->acc >= upto;
}

void context_charge(struct vtpu *v, struct context *x, cycle_t upto)
{
  if (x->acc >= upto || x->life != LIFE_RUNNING)
    return;
  struct core *c = x->core;
  const struct psiw *s = &x->code[x->pc - x->code_first];
  uint64_t *stack = x->marks[s->mark].stack;
  /* Waiting in a barrier is the barrier's, not of the kernel that comes after it. */
  uint64_t *held = x->marks[x->code[x->last_pc - x->code_first].mark].stack;
  if (charge_segment(v, x, stack, STALL_FETCH, x->avail, upto) ||
      charge_segment(v, x, held, x->hold_cause, x->hold, upto))
    return;
  for (unsigned i = 0; i < s->reg_count; i++) {
    unsigned r = s->reg[i];
    if (x->ready[r] <= x->acc)
      continue;
    bool gathered = x->cause[r] >= STALL_PTC && x->cause[r] <= STALL_DDR;
    if ((gathered && charge_segment(v, x, stack, STALL_PTC, x->arrive[r], upto)) ||
        charge_segment(v, x, stack, x->cause[r], x->ready[r], upto))
      return;
  }
  if (s->flags & SIW_MEMORY &&
      charge_segment(v, x, stack, STALL_ENTRY, entry_free_from(v, c, x->acc), upto))
    return;
  if (s->flags & SIW_CWAIT) {
    cycle_t credit, message;
    c_wait(v, x, s, &credit, &message);
    if (charge_segment(v, x, stack, STALL_CREDIT, credit, upto) ||
        charge_segment(v, x, stack, STALL_MESSAGE, message, upto))
      return;
  }
  if (s->ports & 2 && charge_segment(v, x, stack, STALL_PTC, c->s_closed, upto))
    return;
  charge_segment(v, x, stack, STALL_PORT, upto, upto);
}

/* --- control flow ----------------------------------------------------------------------------- */

static void leave_loops(struct context *x, uint32_t target)
{
  for (unsigned l = 0; l < L_COUNT; l++)
    if (x->loop[l].active && (target < x->loop[l].start || target > x->loop[l].end))
      x->loop[l].active = false;
}

/* Marks on the SIW at pc, innermost (latest start) first; returns the next SIW. */
static uint32_t loop_end(struct context *x, unsigned marks)
{
  while (marks) {
    struct hw_loop *inner = NULL;
    unsigned inner_bit = 0;
    for (unsigned l = 0; l < L_COUNT; l++) {
      struct hw_loop *h = &x->loop[l];
      if (marks >> l & 1 && h->active && h->end == x->pc && (!inner || h->start > inner->start)) {
        inner = h;
        inner_bit = 1u << l;
      }
    }
    if (!inner)
      break;
    if (--inner->remaining > 0)
      return inner->start;
    inner->active = false;
    marks &= ~inner_bit;
  }
  return x->pc + 1;
}

void context_release_fence(struct context *x)
{
  if (!x->fence_waits || x->pending || (x->fence_sends && x->parcels))
    return;
  x->fence_waits = false;
  x->hold = x->memory_complete;
  if (x->fence_sends && x->sends_arrive > x->hold)
    x->hold = x->sends_arrive;
}

static void retire(struct context *x)
{
  x->life = LIFE_RETIRED;
}

void context_start(struct vtpu *v, struct context *x, cycle_t t, uint32_t entry)
{
  x->life = LIFE_RUNNING;
  x->pc = x->last_pc = entry;
  x->phase_start = t;
  x->avail = x->acc = t + (cycle_t)v->m.spawn;
  x->spawn_cycles += (uint64_t)v->m.spawn;
  x->hold = 0;
  x->issued = false;
  x->fence_waits = false;
  x->complete = x->avail;
  for (unsigned l = 0; l < L_COUNT; l++)
    x->loop[l].active = false;
  if (x->pc >= x->code_end)
    retire(x); /* no SIWs at all */
  else
    engine_wake(x, x->avail);
}

/* --- issue ------------------------------------------------------------------------------------ */

HOT bool run_dense(struct vtpu *v, struct context *x, const struct psiw *s, cycle_t t)
{
  if (s->d) {
    s->d(x->r, &s->dop, v->bytes);
    reg_owe(x, s->d_reg, t + s->d_latency, STALL_DRESULT);
    return false;
  }
  return s->d_code == OP_DBR && pipe_d_branch_taken(x->r, &s->dop);
}

HOT enum attempt run_sparse(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                            const struct ptc_hint *hint, cycle_t t)
{
  struct gather_probe p;
  if (hint && !c->queue_count && gather_probe(c, gather_line(s, hint), t + c->ptc_hit, &p)) {
    finish(c, x, take_entry(c, t), gather_commit(c, x, s, hint, t + c->ptc_hit, &p));
    return ATTEMPT_ISSUED;
  }
  return s_functions[s->s_code](v, c, x, s, t);
}

/* S yields: what D and C owe since they ran before it is not owed yet. */
static enum attempt take_back(struct context *x, const struct psiw *s, cycle_t complete)
{
  if (s->flags & SIW_D_FIRST && s->d)
    x->ready[s->d_reg] = 0;
  if (s->flags & SIW_C_FIRST) /* CPACK, CPACK.vec or CLOOP */
    x->ready[(s->c_code == OP_CLOOP ? REG_L : REG_M) + s->c_rd] = 0;
  x->complete = complete;
  return ATTEMPT_YIELD;
}

/* Issues the SIW at pc in cycle t; all tests have passed. A yield leaves everything as it was. */
HOT enum attempt issue(struct vtpu *v, struct core *c, struct context *x, struct psiw *s, cycle_t t)
{
  if ((s->flags & SIW_ORDERED || v->trace) && !engine_due(c, t, x->global))
    return ATTEMPT_YIELD;
  if (v->trace)
    trace_begin(x, s, t);
  bool stepped = false;
  if (s->c_code == OP_CSTEP && s->ports & 4) {
    x->step_lo = x->p_lo[s->c_rd];
    x->step_hi = x->p_hi[s->c_rd];
    uint64_t lo = x->step_lo + (uint64_t)(int64_t)s->c_imm;
    if (s->c_linear && (s->c_imm >= 0 ? lo >= x->step_lo : lo < x->step_lo)) {
      x->step_lo = lo; /* no carry into the upper word */
      stepped = true;
    } else if (__builtin_expect(!walk(v, &x->step_lo, &x->step_hi, s->c_axis, s->c_imm, s->c_flag),
                                0)) {
      if (!engine_due(c, t, x->global) ||
          (s->ports & 2 && run_sparse(v, c, x, s, NULL, t) == ATTEMPT_YIELD))
        return ATTEMPT_YIELD;
      engine_fault(x, t, "CSTEP leaves phext space along %s",
                   s->c_axis == AXIS_LINEAR ? "the linear axis"
                   : s->c_axis == AXIS_BYTE ? "the byte axis"
                                            : "a dimension (0..2047)");
      return ATTEMPT_ISSUED;
    }
  }
  if (s->flags & SIW_SNAPSHOT_C)
    memcpy(x->snapshot_c, x->r[s->c_rs], v->bytes);
  x->jump = NO_JUMP;
  cycle_t before = x->complete;
  if (s->flags & SIW_C_FIRST)
    c_functions[s->c_code](v, c, x, s, t);
  bool taken = false;
  const struct ptc_hint *hint = s->s_gather && !v->untimed ? gather_hint(c, s, t) : NULL;
  if (s->flags & SIW_D_FIRST) {
    /* Only a gather on a known page cannot yield; else D may have to be undone. */
    bool undo = s->d && !hint;
    uint8_t old[R_BYTES_MAX];
    if (s->flags & SIW_SNAPSHOT_S)
      memcpy(x->snapshot_s, x->r[s->s_rs], v->bytes);
    if (undo)
      memcpy(old, x->r[s->dop.rd], sizeof old);
    taken = run_dense(v, x, s, t);
    if (run_sparse(v, c, x, s, hint, t) == ATTEMPT_YIELD) {
      if (undo)
        memcpy(x->r[s->dop.rd], old, sizeof old);
      return take_back(x, s, before);
    }
  } else {
    if (s->ports & 2 && run_sparse(v, c, x, s, hint, t) == ATTEMPT_YIELD)
      return take_back(x, s, before);
    taken = run_dense(v, x, s, t);
  }
  if (stepped) { /* c_CSTEP for the common axis */
    x->p_lo[s->c_rd] = x->step_lo;
    reg_owe(x, REG_P + s->c_rd, t + (cycle_t)v->m.latency[LAT_STEP], STALL_CRESULT);
  } else if (s->ports & 4 && !(s->flags & SIW_C_FIRST))
    c_functions[s->c_code](v, c, x, s, t);
  if (v->trace)
    trace_end(v, x);

  s->count++;
  if (__builtin_expect(!x->issued, 0)) {
    x->issued = true;
    x->first_issue = t;
  }
  x->last_issue = t;
  x->last_pc = x->pc;
  x->acc = x->avail = t + 1;
  if (x->complete <= t)
    x->complete = t + 1;
  if (x->life != LIFE_RUNNING)
    return ATTEMPT_ISSUED;
  uint32_t next = x->pc + 1;
  if (s->loop_ends) {
    next = loop_end(x, s->loop_ends);
  } else if (__builtin_expect(taken || (s->ports & 4 && x->jump != NO_JUMP), 0)) {
    next = taken ? (uint32_t)s->dop.imm : x->jump;
    leave_loops(x, next);
    x->avail += (cycle_t)v->m.branch;
  }
  if (__builtin_expect(next >= x->code_end, 0))
    retire(x);
  x->pc = next;
  return ATTEMPT_ISSUED;
}

/* --- the core's loop -------------------------------------------------------------------------- */

static uint64_t head_key(const struct core *c)
{
  if (!c->queue_count)
    return NEVER;
  const struct arrival *a = &c->queue[c->queue_head];
  return key_of(a->time, a->x->global);
}

/* Leaves the core until `key`, or until its next arrival is due. */
static void leave(struct core *c, uint64_t key)
{
  uint64_t head = head_key(c);
  c->key = head < key ? head : key;
}

/* Is the first arrival of the queue due? Not yet if x, which is alone, may issue something that
 * arrives before it, or that wakes another core whose access does. */
static bool may_take(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s)
{
  if (!c->queue_count || head_key(c) > c->node->limit)
    return false;
  cycle_t a = c->queue[c->queue_head].time;
  if (c->ptc_hit > 0 && before_wakes(v, c, a, x->acc))
    return true;
  cycle_t t = issue_time(v, c, x, s, operands_ready(x, s));
  return t == NEVER ||
         (before_wakes(v, c, a, t) && head_key(c) <= key_of(t + c->ptc_hit, x->global));
}

/* Only one context is alive: nobody can take anything from it. Returns true when the other has
 * come to life or this one has ended, false when the core has to wait. */
static bool run_alone(struct vtpu *v, struct core *c, struct context *x)
{
  bool careful = v->has_spawn && c->ctx[0] && c->ctx[1]; /* another core may spawn the other */
  for (;;) {
    struct psiw *s = &x->code[x->pc - x->code_first];
    while (may_take(v, c, x, s))
      memory_take(v, c);
    if (s->plain && !careful) {
      v->run_plain(v, c, x, v->stop);
      if (x->life != LIFE_RUNNING)
        return true;
      s = &x->code[x->pc - x->code_first];
    }
    cycle_t t = issue_time(v, c, x, s, operands_ready(x, s));
    if (__builtin_expect(t >= v->stop, 0)) {
      c->node->stopped |= t != NEVER;
      leave(c, NEVER);
      return false;
    }
    if (careful && key_of(t, x->global) > c->node->limit) {
      leave(c, key_of(t, x->global));
      return false;
    }
    if (t > x->acc)
      context_charge(v, x, t);
    if (__builtin_expect(issue(v, c, x, s, t) == ATTEMPT_YIELD, 0)) {
      leave(c, c->key);
      return false;
    }
    if (__builtin_expect(x->life != LIFE_RUNNING || c->node->fault.set, 0))
      return true;
    if (careful && c->ctx[0]->life == LIFE_RUNNING && c->ctx[1]->life == LIFE_RUNNING)
      return true;
  }
}

static bool ports_conflict(const struct vtpu *v, const struct psiw *a, const struct psiw *b)
{
  unsigned both = a->ports & b->ports;
  return (both & 1 && v->m.dports == 1) || (both & 2 && v->m.sports == 1) ||
         (both & 4 && v->m.cports == 1);
}

/* A live context of a pair, and what is known of its next SIW. */
struct rival {
  struct context *x;
  struct psiw *s;
  cycle_t operands; /* tests 1 to 3 pass */
  cycle_t time;     /* all tests pass, as things stand */
};

static void rival_look(struct vtpu *v, struct core *c, struct rival *r)
{
  r->s = &r->x->code[r->x->pc - r->x->code_first];
  if (r->x->hold == NEVER) {
    r->operands = r->time = NEVER;
    return;
  }
  r->operands = operands_ready(r->x, r->s);
  r->time = issue_time(v, c, r->x, r->s, r->operands);
}

/* Can an issue of `first` change when `other` may issue? */
static bool affects(const struct psiw *first, const struct rival *other)
{
  if (first->flags & (SIW_CWAIT | SIW_ORDERED))
    return true;
  return other->time != NEVER && first->flags & SIW_MEMORY &&
         (other->s->flags & SIW_MEMORY || other->s->ports & 2);
}

/* y waits for somebody else: before which cycle can nothing wake it? */
static cycle_t wake_bound(const struct vtpu *v, const struct core *c, const struct context *x,
                          const struct context *y)
{
  const struct node *n = c->node;
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

/* May plain SIWs of the other context run without a look at y? Then y waits for its operands, or
 * for somebody else with a test before which the other changes nothing: not memory entries. */
static bool plain_beside(const struct rival *y)
{
  return y->time == NEVER ? y->operands == NEVER || !(y->s->flags & SIW_MEMORY)
                          : y->time == y->operands;
}

/* Charges the cycle that a context lost to the other one at the ports. */
static void lose(struct vtpu *v, const struct rival *r, cycle_t t)
{
  if (r->x->acc != t)
    return;
  if (r->x->issued) {
    r->x->marks[r->s->mark].stack[STALL_PORT]++;
    if (v->trace)
      r->x->trace_stall[STALL_PORT]++;
  }
  r->x->acc = t + 1;
}

/* Two contexts are alive. Returns true when one has ended, false when the core has to wait. */
static bool run_pair(struct vtpu *v, struct core *c)
{
  struct rival one = {.x = c->ctx[0]}, two = {.x = c->ctx[1]};
  bool look_one = true, look_two = true;
  bool crosswise = v->m.sports > 1 || c->ptc_hit == 0; /* order of arrival is not that of issue */
  unsigned lower = one.x->global < two.x->global ? one.x->global : two.x->global;
  for (;;) {
    cycle_t since = one.x->acc < two.x->acc ? one.x->acc : two.x->acc;
    while (!crosswise && c->queue_count && head_key(c) <= c->node->limit &&
           before_wakes(v, c, c->queue[c->queue_head].time, since)) {
      memory_take(v, c);
      look_one = look_two = true;
    }
    if (look_one)
      rival_look(v, c, &one);
    if (look_two)
      rival_look(v, c, &two);
    look_one = look_two = true;
    /* x goes first: the earlier; of two that contend, the one that issued longer ago; of two that
     * do not, the lower number. */
    bool contend = one.time == two.time && one.time != NEVER && ports_conflict(v, one.s, two.s);
    bool longer_ago =
        !two.x->issued ? one.x->issued : one.x->issued && two.x->last_issue < one.x->last_issue;
    bool swap = two.time < one.time || (contend && longer_ago);
    const struct rival *x = swap ? &two : &one, *y = swap ? &one : &two;
    if (c->queue_count && head_key(c) <= c->node->limit &&
        (x->time == NEVER || (before_wakes(v, c, c->queue[c->queue_head].time, x->time) &&
                              head_key(c) <= key_of(x->time + c->ptc_hit, lower)))) {
      memory_take(v, c);
      continue;
    }
    if (x->time >= v->stop) {
      c->node->stopped |= x->time != NEVER;
      leave(c, NEVER);
      return false;
    }
    cycle_t until = y->time < v->stop ? y->time : v->stop;
    if (y->time == NEVER) {
      /* y waits for an arrival of its own, or for another core: x must not pass that. */
      if (c->queue_count && x->time > c->queue[c->queue_head].time) {
        if (head_key(c) <= c->node->limit) {
          memory_take(v, c);
          continue;
        }
        leave(c, NEVER);
        return false;
      }
      until = wake_bound(v, c, x->x, y->x);
      if (x->time >= until) {
        leave(c, key_of(x->time, x->x->global));
        return false;
      }
      until = until < v->stop ? until : v->stop;
    }
    /* While y waits for its operands, plain SIWs of x have nobody to contend with. */
    if (x->s->plain && until > x->time + 1 && plain_beside(y)) {
      cycle_t before = x->x->acc;
      v->run_plain(v, c, x->x, until);
      if (x->x->life != LIFE_RUNNING)
        return true;
      if (x->x->acc != before)
        continue;
    }
    if (x->time > x->x->acc)
      context_charge(v, x->x, x->time);
    /* What y waited for until now is charged before x takes something away from it. */
    if (y->time == x->time)
      context_charge(v, y->x, x->time);
    else if (y->time > x->time && y->operands <= x->time && x->s->flags & SIW_MEMORY)
      context_charge(v, y->x, x->time + 1);
    if (issue(v, c, x->x, x->s, x->time) == ATTEMPT_YIELD) {
      leave(c, c->key);
      return false;
    }
    if (contend)
      lose(v, y, x->time);
    if (one.x->life != LIFE_RUNNING || two.x->life != LIFE_RUNNING || c->node->fault.set)
      return true;
    bool again = contend || affects(x->s, y);
    look_one = !swap || again;
    look_two = swap || again;
  }
}

void core_run(struct vtpu *v, struct core *c)
{
  while (!c->node->fault.set) {
    struct context *x = c->ctx[0] && c->ctx[0]->life == LIFE_RUNNING ? c->ctx[0] : NULL;
    struct context *y = c->ctx[1] && c->ctx[1]->life == LIFE_RUNNING ? c->ctx[1] : NULL;
    if (x && y) {
      if (!run_pair(v, c))
        return;
    } else if (x || y) {
      if (!run_alone(v, c, x ? x : y))
        return;
    } else {
      while (c->queue_count && head_key(c) <= c->node->limit)
        memory_take(v, c);
      leave(c, NEVER);
      return;
    }
  }
  c->key = NEVER;
}

/* --- for reports ------------------------------------------------------------------------------ */

void context_describe_wait(struct vtpu *v, struct context *x, char *out, size_t bytes)
{
  const struct psiw *s = &x->code[x->pc - x->code_first];
  if (x->hold == NEVER) {
    snprintf(out, bytes, "waits in a %s (group %d) for its other members",
             stall_keys[x->hold_cause], x->core->node->gather[x->hold_gathering].group);
    return;
  }
  if (s->flags & SIW_CWAIT) {
    c_describe_wait(v, x, s, out, bytes);
    return;
  }
  snprintf(out, bytes, "waits for a memory operation");
}
