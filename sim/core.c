/* The issue of an SIW: when it may, and what it does then (architecture, section 5).
 *
 * The issue time of an SIW is the maximum over the times at which each test of section 5 passes.
 * Once passed, a test stays passed until the issue, except for what the core's other context can
 * take away: memory entries and ports. So waiting is charged to the cycle stack test by test, in
 * their order, and before one context takes a resource the other's wait is charged up to there.
 */
#include "sim/gather.h"

#include <stdio.h>
#include <string.h>

cycle_t operands_ready(const struct context *x, const struct psiw *s)
{
  return registers_ready(x, s, x->avail > x->hold ? x->avail : x->hold);
}

cycle_t issue_time(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                   cycle_t t)
{
  if (t < x->acc)
    t = x->acc;
  if (s->flags & SIW_MEMORY && t < WAITS)
    t = entry_free_from(c, t);
  if (t >= WAITS)
    return t;
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
      charge(x, stack, cause, end - x->acc);
      if (v->trace)
        x->trace_stall[cause] += end - x->acc;
      if (v->event)
        event_stall(v, x, cause, x->acc, end);
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
  const struct psiw_rest *q = rest_of(x, s);
  uint64_t *stack = mark_of(x, s)->stack;
  /* Waiting in a barrier is the barrier's, not of the kernel that comes after it. */
  uint64_t *held = mark_of(x, &x->code[x->last_pc - x->code_first])->stack;
  if (charge_segment(v, x, stack, STALL_FETCH, x->avail, upto) ||
      charge_segment(v, x, held, x->hold_cause, x->hold, upto))
    return;
  for (unsigned i = 0; i < q->reg_count; i++) {
    unsigned r = q->reg[i];
    if (x->ready[r] <= x->acc)
      continue;
    bool gathered = x->cause[r] >= STALL_PTC && x->cause[r] <= STALL_DDR;
    if ((gathered && charge_segment(v, x, stack, STALL_PTC, x->arrive[r], upto)) ||
        charge_segment(v, x, stack, x->cause[r], x->ready[r], upto))
      return;
  }
  if (s->flags & SIW_MEMORY &&
      charge_segment(v, x, stack, STALL_ENTRY, entry_free_from(c, x->acc), upto))
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

uint32_t loop_end(struct context *x, unsigned marks)
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
    if (--inner->remaining > 0) {
      context_jump(x, x->pc + 1, inner->start, 1);
      return inner->start;
    }
    inner->active = false;
    marks &= ~inner_bit;
  }
  return x->pc + 1;
}

void context_release_fence(struct context *x)
{
  if (!x->fence_waits || (x->fence_sends && x->parcels))
    return;
  if (x->pending) {
    x->hold = WAITS + x->memory_bound;
    return;
  }
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
  if (x->life != LIFE_DORMANT) /* where it ended, nothing was entered */
    x->entered[x->pc + x->ended_by_pc - x->code_first]--;
  x->entered[entry - x->code_first]++;
  x->life = LIFE_RUNNING;
  x->pc = x->last_pc = entry;
  x->ended_by_pc = false;
  x->phase_start = t;
  x->avail = x->acc = t + (cycle_t)v->m.spawn;
  x->spawn_cycles += (uint64_t)v->m.spawn;
  x->hold = 0;
  x->issued = false;
  x->fence_waits = false;
  x->released = x->avail;
  if (x->log)
    log_event(x->log, TRACE_SPAWN, TRACE_NO_SIW, t, 1, &(uint64_t){(uint64_t)v->m.spawn});
  for (unsigned l = 0; l < L_COUNT; l++)
    x->loop[l].active = false;
  if (x->pc >= x->code_end)
    retire(x); /* no SIWs at all */
  else
    engine_wake(x, x->avail);
  if (v->event)
    event_of(v, x, EVENT_START, t);
}

/* --- issue ------------------------------------------------------------------------------------ */

HOT bool run_dense(struct vtpu *v, struct context *x, const struct psiw *s, cycle_t t)
{
  if (s->d) {
    s->d(x->r, &s->dop, v->bytes);
    reg_owe(x, s->dop.rd, t + rest_of(x, s)->d_latency, STALL_DRESULT);
    return false;
  }
  return rest_of(x, s)->d_code == OP_DBR && pipe_d_branch_taken(x->r, &s->dop);
}

HOT enum attempt run_sparse(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                            const struct ptc_hint *hint, cycle_t t)
{
  struct supply got;
  if (hint && !c->near_waits &&
      near_gather(c, mark_of(x, s), gather_line(s, hint), t + c->ptc_hit, &got)) {
    gather_finish(c, x, s, hint, t + c->ptc_hit, got);
    finish(c, x, got.ready);
    return ATTEMPT_ISSUED;
  }
  return s_functions[rest_of(x, s)->s_code](v, c, x, s, t);
}

/* S yields: what D and C owe since they ran before it is not owed yet. */
static enum attempt take_back(struct context *x, const struct psiw *s)
{
  if (s->flags & SIW_D_FIRST && s->d)
    x->ready[s->dop.rd] = 0;
  if (s->flags & SIW_C_FIRST) /* CPACK, CPACK.vec or CLOOP */
    x->ready[(rest_of(x, s)->c_code == OP_CLOOP ? REG_L : REG_M) + s->c_rd] = 0;
  return ATTEMPT_YIELD;
}

enum attempt issue(struct vtpu *v, struct core *c, struct context *x, struct psiw *s, cycle_t t)
{
  if ((s->flags & SIW_ORDERED || v->trace || v->event) && !engine_due(c, t, x->global))
    return ATTEMPT_YIELD;
  if (v->trace)
    trace_begin(v, x, s, t);
  const struct psiw_rest *q = rest_of(x, s);
  bool stepped = false;
  if (q->c_code == OP_CSTEP && s->ports & 4) {
    x->step_lo = x->p[s->c_rd].lo;
    x->step_hi = x->p[s->c_rd].hi;
    uint64_t lo = x->step_lo + (uint64_t)(int64_t)s->c_imm;
    if (q->c_linear && (s->c_imm >= 0 ? lo >= x->step_lo : lo < x->step_lo)) {
      x->step_lo = lo; /* no carry into the upper word */
      stepped = true;
    } else if (__builtin_expect(!walk(v, &x->step_lo, &x->step_hi, q->c_axis, s->c_imm, q->c_flag),
                                0)) {
      if (!engine_due(c, t, x->global) ||
          (s->ports & 2 && run_sparse(v, c, x, s, NULL, t) == ATTEMPT_YIELD))
        return ATTEMPT_YIELD;
      engine_fault(x, t, "CSTEP leaves phext space along %s",
                   q->c_axis == AXIS_LINEAR ? "the linear axis"
                   : q->c_axis == AXIS_BYTE ? "the byte axis"
                                            : "a dimension (0..2047)");
      return ATTEMPT_ISSUED;
    }
  }
  if (s->flags & SIW_SNAPSHOT_C)
    memcpy(x->snapshot_c, x->r[q->c_rs], v->bytes);
  x->jump = NO_JUMP;
  if (s->flags & SIW_C_FIRST)
    c_functions[q->c_code](v, c, x, s, t);
  bool taken = false;
  const struct ptc_hint *hint =
      s->s_gather && c->fast_gathers && !v->untimed ? gather_hint(s, t) : NULL;
  if (s->flags & SIW_D_FIRST) {
    /* Only a gather on a known page cannot yield; else D may have to be undone. */
    bool undo = s->d && !hint;
    uint8_t old[R_BYTES_MAX];
    if (s->flags & SIW_SNAPSHOT_S)
      memcpy(x->snapshot_s, x->r[q->s_rs], v->bytes);
    if (undo)
      memcpy(old, x->r[s->dop.rd], sizeof old);
    taken = run_dense(v, x, s, t);
    if (run_sparse(v, c, x, s, hint, t) == ATTEMPT_YIELD) {
      if (undo)
        memcpy(x->r[s->dop.rd], old, sizeof old);
      return take_back(x, s);
    }
  } else {
    if (s->ports & 2 && run_sparse(v, c, x, s, hint, t) == ATTEMPT_YIELD)
      return take_back(x, s);
    taken = run_dense(v, x, s, t);
  }
  if (stepped) { /* c_CSTEP for the common axis */
    x->p[s->c_rd].lo = x->step_lo;
    reg_owe(x, REG_P + s->c_rd, t + (cycle_t)v->m.latency[LAT_STEP], STALL_CRESULT);
  } else if (s->ports & 4 && !(s->flags & SIW_C_FIRST))
    c_functions[q->c_code](v, c, x, s, t);
  if (v->trace)
    trace_end(v, x);
  if (v->event)
    event_issue(v, x, q->bundle, t);

  if (__builtin_expect(x->log != NULL, 0))
    log_issue(x->log, t, x->pc);
  if (__builtin_expect(!x->issued, 0)) {
    x->issued = true;
    x->first_issue = t;
  }
  x->last_issue = t;
  x->last_pc = x->pc;
  x->acc = x->avail = t + 1;
  if (x->life != LIFE_RUNNING) {
    x->ended_by_pc = true;
    if (v->event && x->life == LIFE_RETIRED)
      event_of(v, x, EVENT_RETIRE, t);
    return ATTEMPT_ISSUED;
  }
  uint32_t next = x->pc + 1;
  if (s->loop_ends) {
    next = loop_end(x, s->loop_ends);
  } else if (__builtin_expect(taken || (s->ports & 4 && x->jump != NO_JUMP), 0)) {
    next = taken ? (uint32_t)s->dop.imm : x->jump;
    context_jump(x, x->pc + 1, next, 1);
    leave_loops(x, next);
    x->avail += (cycle_t)v->m.branch;
  }
  if (__builtin_expect(next >= x->code_end, 0)) {
    retire(x);
    if (v->event)
      event_of(v, x, EVENT_RETIRE, t);
  }
  x->pc = next;
  return ATTEMPT_ISSUED;
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
