/* The commonest SIWs, in as few of the host's instructions as they go: a dense operation, a gather
 * of 64 bytes on a known page that L1 or L2 serve at once, a linear step, or some of these
 * (SIW_LINE). Runs of plain SIWs (plain.c) and pairs (pair.c) take this way first; nobody logs.
 */
#ifndef VTPU_SIM_LINE_H
#define VTPU_SIM_LINE_H

#include "sim/near.h"
#include "sim/plain.h"

struct line_work {
  uint64_t step; /* of CSTEP */
  struct supply got;
};

/* Lets a place know its page, if the PTC holds that. Its hint if it is one for the short paths
 * (gather_hint), else NULL. */
const struct ptc_hint *PASTE(place_open, LANES_SUFFIX)(const struct core *c, const struct psiw *s,
                                                       cycle_t t);

/* Issued at t: takes the line. False: it is another case, and nothing has changed. */
HOT bool line_take(const struct vtpu *v, struct core *c, const struct context *x,
                   const struct psiw *s, cycle_t t, struct line_work *w)
{
  if (s->plain_c != PLAIN_C_NONE && !plain_step(x, s, &w->step))
    return false;
  if (s->s_gather == GATHER_NONE)
    return true;
  const struct ptc_hint *hint = gather_hint_of(s, CELL_BYTES, t);
  if (__builtin_expect(!hint, 0)) {
    hint = PASTE(place_open, LANES_SUFFIX)(c, s, t);
    if (!hint)
      return false;
  }
  return near_take(v, c, x, mark_of(x, s), gather_line(s, hint), t + c->ptc_hit, &w->got);
}

/* Its results. */
HOT void line_do(struct core *c, struct context *x, const struct psiw *s, cycle_t t, unsigned bytes,
                 const struct line_work *w)
{
  if (s->d) {
    s->d(x->r, &s->dop, bytes);
    x->ready[s->dop.rd] = t + s->d_latency;
    x->cause[s->dop.rd] = STALL_DRESULT;
  }
  if (s->s_gather != GATHER_NONE) {
    const struct ptc_hint *const hint = &s->place->hint;
    const size_t reg = s->s_reg;
    hint->entry->stamp = c->ptc.clock++;
    gather_copy(x, s, hint->bytes + (s->place->lo - hint->base) * CELL_BYTES, GATHER_LINE);
    x->ready[reg] = w->got.ready;
    x->cause[reg] = (uint8_t)(STALL_L1 + w->got.source);
    x->arrive[reg] = t + c->ptc_hit;
    finish(c, x, w->got.ready);
  }
  if (s->plain_c != PLAIN_C_NONE) {
    x->p[s->c_rd].lo = w->step;
    x->ready[s->c_reg] = t + s->c_latency;
    x->cause[s->c_reg] = STALL_CRESULT;
  }
}

/* Charges what a plain SIW has waited for from `from` on: its operands, until `operands`. Like
 * context_charge (core.c). Returns until when that is. */
HOT cycle_t charge_operands(const struct context *x, const struct psiw *s, uint64_t *stack,
                            cycle_t from, cycle_t operands)
{
  for (unsigned i = 0; from < operands; i++) {
    const unsigned r = __builtin_expect(i < REGS_HOT, 1) ? s->reg[i] : rest_of(x, s)->reg[i],
                   cause = x->cause[r];
    if (x->ready[r] <= from)
      continue;
    if (cause >= STALL_PTC && cause <= STALL_DDR && x->arrive[r] > from) {
      charge(x, stack, STALL_PTC, x->arrive[r] - from);
      from = x->arrive[r];
    }
    charge(x, stack, cause, x->ready[r] - from);
    from = x->ready[r];
  }
  return from;
}

/* And then the S ports, until it issues at `at`: there are no other causes. */
void PASTE(plain_charge, LANES_SUFFIX)(const struct context *x, const struct psiw *s, cycle_t from,
                                       cycle_t operands, cycle_t at);

/* The commonest SIWs from s on, before cycle `until`, while they are; returns the next one. */
struct psiw *PASTE(lines_run, LANES_SUFFIX)(const struct vtpu *v, struct core *c, struct context *x,
                                            struct psiw *s, cycle_t until, cycle_t *now);

#endif
