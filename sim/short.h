/* The issue of an SIW on the short path of cores with two contexts (pair.c): what context_charge
 * and issue (core.c) do, for SIWs that are plain but for a prefetch, a scatter or a message.
 */
#ifndef VTPU_SIM_SHORT_H
#define VTPU_SIM_SHORT_H

#include "sim/line.h"

/* As many SIWs of a context that gathers from afar may find what they need nearer. */
enum { FAR_TRUST = 3 };

/* The last SIW of r was not from afar. */
HOT void far_doubt(struct turn *r)
{
  r->far = (uint8_t)(r->far - (r->far > 0));
}

enum { SIW_SHORT = SIW_PLAIN | SIW_INDEX | SIW_AHEAD | SIW_SCATTER | SIW_MESSAGE };

/* One for the short path that waits for no other sentron. */
HOT bool is_short(const struct psiw *s)
{
  return s->kind & SIW_SHORT && !(s->flags & SIW_CWAIT);
}

/* --- what it has waited for --------------------------------------------------------------------
 */

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

/* context_charge of a context that has issued before and is not held, while nobody listens: the
 * common case. */
static __attribute__((noinline)) void charge_tests(struct vtpu *v, struct core *c,
                                                   const struct turn *r, cycle_t upto)
{
  struct context *const x = r->x;
  const struct psiw *const s = r->s;
  if (x->avail > x->acc || x->hold > x->acc || s->kind & SIW_MANY_REGS || !x->issued ||
      !c->fast_gathers) {
    context_charge(v, x, upto);
    return;
  }
  uint64_t *stack = mark_of(x, s)->stack;
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
  if (s->flags & SIW_MEMORY &&
      charge_until(x, stack, STALL_ENTRY, entry_free_from(c, x->acc), upto))
    return;
  if (s->flags & SIW_CWAIT) {
    cycle_t credit, message;
    c_wait(v, x, s, &credit, &message);
    if (charge_until(x, stack, STALL_CREDIT, credit, upto) ||
        charge_until(x, stack, STALL_MESSAGE, message, upto))
      return;
  }
  if (s->ports & 2 && charge_until(x, stack, STALL_PTC, c->s_closed, upto))
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
    charge_until(x, mark_of(x, r->s)->stack, STALL_ENTRY, upto, upto);
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
      charge(x, mark_of(x, s)->stack, cause, t - acc);
      x->acc = t;
      return;
    }
  charge_turn(v, c, r, t);
}

/* --- what it does ------------------------------------------------------------------------------
 */

enum short_turn {
  SHORT_OTHER, /* it is another case, and nothing has changed */
  SHORT_ISSUED,
  SHORT_YIELD /* its far part must wait for other cores */
};

/* A gather of a shared page, which lives in L3, issues when its turn in the node has come. */
static enum short_turn gather_shared(struct vtpu *v, struct core *c, struct context *x,
                                     const struct psiw *s, cycle_t t, struct supply *got)
{
  const struct place *const at = s->place;
  const struct ptc_hint *const hint = &at->hint;
  if (!ptc_hint_holds(hint, at->lo) || hint->entry->fill > t ||
      hint->entry->kind != REGION_SHARED || v->frees ||
      (at->hi >> 57 & 63) + s->s_width > CELL_BYTES)
    return SHORT_OTHER;
  const uint32_t line = gather_line(s, hint);
  struct tier *const half = &c->node->l3[line / PAGE_CELLS % c->node->halves];
  if (gather_at_turn(v, c, x, half->sets ? half : NULL, mark_of(x, s), line, t + c->ptc_hit, t,
                     got))
    return SHORT_ISSUED;
  return engine_due(c, t, x->global) ? SHORT_OTHER : SHORT_YIELD;
}

/* A gather from L1 or L2, or shared; one of a line that neither holds issues when its turn in the
 * node has come. */
static __attribute__((noinline)) enum short_turn
gather_short(struct vtpu *v, struct core *c, struct turn *r, cycle_t t, struct supply *got)
{
  struct context *const x = r->x;
  const struct psiw *const s = r->s;
  struct mark_counts *const count = mark_of(x, s);
  const cycle_t a = t + c->ptc_hit;
  if (!PASTE(place_open, LANES_SUFFIX)(c, s, t))
    return gather_shared(v, c, x, s, t, got);
  const unsigned kind = s->place->hint.entry->kind;
  const uint32_t line = gather_line(s, &s->place->hint);
  switch (gather_far(v, c, x, kind, count, line, a, t, got)) {
  case FAR_DONE:
    r->far = FAR_TRUST;
    gather_foresee(c, kind == REGION_ROM ? c->rom_l3 : NULL, line + WALK_AHEAD);
    return SHORT_ISSUED;
  case FAR_WAITS:
    r->far = FAR_TRUST;
    if (!engine_due(c, t, x->global))
      return SHORT_YIELD;
    break;
  case FAR_NOT:
    if (near_take(v, c, x, count, line, a, got)) {
      far_doubt(r);
      return SHORT_ISSUED;
    }
  }
  r->far = FAR_TRUST;
  return arrival_at_once(v, c, x, s, MEM_GATHER, a, t, got) ? SHORT_ISSUED : SHORT_OTHER;
}

/* A prefetch of a line whose page the PTC holds. */
static __attribute__((noinline)) enum short_turn
prefetch_short(struct vtpu *v, struct core *c, struct turn *r, cycle_t t, struct supply *got)
{
  struct context *const x = r->x;
  const struct psiw *const s = r->s;
  struct mark_counts *const count = mark_of(x, s);
  const cycle_t a = t + c->ptc_hit;
  if (!PASTE(place_open, LANES_SUFFIX)(c, s, t) || s->place->hi >> 63 || logs_memory(x))
    return SHORT_OTHER;
  const unsigned kind = s->place->hint.entry->kind;
  const uint32_t line = gather_line(s, &s->place->hint);
  bool done, far = false;
  if (!engine_due(c, t, x->global)) { /* most are from afar: no look before their turn */
    r->far = FAR_TRUST;
    return SHORT_YIELD;
  }
  if (s->kind & SIW_AHEAD_L2) {
    done = prefetch_l2(v, c, x, kind, count, line, a, t, &far, got);
  } else {
    far = !near_gather(c, count, line, a, got);
    done = !far || gather_far(v, c, x, kind, count, line, a, t, got) == FAR_DONE;
  }
  if (far)
    r->far = FAR_TRUST;
  else
    far_doubt(r);
  return done ? SHORT_ISSUED : SHORT_OTHER;
}

/* A scatter into L1 of what is private. */
static __attribute__((noinline)) bool scatter_short(struct vtpu *v, struct core *c,
                                                    struct context *x, const struct psiw *s,
                                                    cycle_t t, struct supply *got)
{
  struct place *const at = s->place;
  if (!PASTE(place_open, LANES_SUFFIX)(c, s, t) || at->hint.entry->kind != REGION_PRIVATE ||
      (!PASTE(near_serve, LANES_SUFFIX)(v, c, x, mark_of(x, s),
                                        s->s_width == CELL_BYTES ? NEAR_SCATTER_LINE : NEAR_SCATTER,
                                        gather_line(s, &at->hint), t + c->ptc_hit, got) &&
       !arrival_at_once(v, c, x, s, MEM_SCATTER, t + c->ptc_hit, t, got)))
    return false;
  uint8_t *const cell = at->hint.bytes + (at->lo - at->hint.base) * CELL_BYTES;
  const uint8_t *const from = x->r[rest_of(x, s)->s_rs] + s->s_at;
  if (s->s_width == CELL_BYTES)
    for (unsigned i = 0; i < CELL_BYTES; i += 32)
      memcpy(cell + i, from + i, 32);
  else
    memcpy(cell, from, s->s_width);
  return true;
}

/* It has issued: the next one. */
HOT void turn_advance(struct turn *r)
{
  struct context *const x = r->x;
  if (r->s->loop_ends) {
    x->pc = loop_end(x, r->s->loop_ends);
    r->s = &x->code[x->pc - x->code_first];
  } else {
    x->pc++;
    r->s++;
  }
}

/* What issue() does for these SIWs. A gather that L1 and L2 do not hold issues when its turn in the
 * node has come. */
static __attribute__((noinline)) enum short_turn issue_short(struct vtpu *v, struct core *c,
                                                             struct turn *r)
{
  struct context *const x = r->x;
  struct psiw *const s = r->s;
  const cycle_t t = r->time, a = t + c->ptc_hit;
  uint64_t step = 0, index_lo = 0, index_hi = 0;
  struct supply got = {0};
  if (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step))
    return SHORT_OTHER;
  if (s->s_gather) {
    const enum short_turn how = gather_short(v, c, r, t, &got);
    if (how != SHORT_ISSUED)
      return how;
  } else if (s->kind & (SIW_AHEAD | SIW_SCATTER | SIW_INDEX)) {
    if (s->kind & SIW_AHEAD) {
      const enum short_turn how = prefetch_short(v, c, r, t, &got);
      if (how != SHORT_ISSUED)
        return how;
    } else if (s->kind & SIW_SCATTER ? !scatter_short(v, c, x, s, t, &got)
                                     : !plain_index(v, x, s, &index_lo, &index_hi)) {
      return SHORT_OTHER;
    } else {
      far_doubt(r);
    }
  } else {
    far_doubt(r);
  }
  charge_issue(v, c, r, t);
  code_foresee(x, s);
  if (s->plain_c == PLAIN_C_PACK)
    plain_pack(x, s);
  else if (s->kind & SIW_MESSAGE && s->flags & SIW_C_FIRST)
    c_functions[rest_of(x, s)->c_code](v, c, x, s, t);
  if (s->d)
    s->d(x->r, &s->dop, v->bytes);
  if (s->s_gather) {
    gather_finish(c, x, s, &s->place->hint, a, got);
    finish(c, x, got.ready);
  } else if (s->kind & SIW_INDEX) {
    plain_indexed(v, c, x, s, t, index_lo, index_hi);
  } else if (s->kind & (SIW_AHEAD | SIW_SCATTER)) {
    s->place->hint.entry->stamp = c->ptc.clock++;
    x->prefetches += (s->kind & SIW_AHEAD) != 0;
    finish(c, x, got.ready);
  }
  if (s->plain_c == PLAIN_C_STEP)
    x->p[s->c_rd].lo = step;
  plain_owe(x, s, t);
  if (s->kind & SIW_MESSAGE && !(s->flags & SIW_C_FIRST))
    c_functions[rest_of(x, s)->c_code](v, c, x, s, t);
  if (__builtin_expect(x->log != NULL, 0))
    log_issue(x->log, t, x->pc);
  x->last_issue = t;
  x->last_pc = x->pc;
  x->acc = x->avail = t + 1;
  turn_advance(r);
  if (__builtin_expect(x->pc >= x->code_end, 0))
    x->life = LIFE_RETIRED;
  return SHORT_ISSUED;
}

/* The same of the commonest ones, while nobody logs. */
HOT bool issue_line(struct vtpu *v, struct core *c, struct turn *r)
{
  struct context *const x = r->x;
  struct psiw *const s = r->s;
  const cycle_t t = r->time;
  struct line_work w = {0};
  if (!line_take(v, c, x, s, t, &w))
    return false;
  far_doubt(r);
  charge_issue(v, c, r, t);
  code_foresee(x, s);
  line_do(c, x, s, t, v->bytes, &w);
  x->last_issue = t;
  x->last_pc = x->pc++;
  x->acc = x->avail = t + 1;
  r->s = s + 1;
  return true;
}

#endif
