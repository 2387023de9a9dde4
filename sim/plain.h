/* Memos of loops: what plain.c keeps of a round, and plain_rounds.h repeats.
 *
 * The issue times inside one round of a loop of plain SIWs, relative to its start, follow from two
 * things: how far in the future the registers are owed at the start, and how long each gather
 * takes. So a round that ends with the registers owed as far ahead as it began is repeated by doing
 * its work and only checking each gather's latency: the clock advances by the round's length,
 * counters, stall cycles and ready times follow at the end. At the first difference, the state up
 * to there is written out and the exact path goes on.
 */
#ifndef VTPU_SIM_PLAIN_H
#define VTPU_SIM_PLAIN_H

#include "sim/gather.h"

enum { MEMO_STALLS = 3, MEMO_TRIES = 12, MEMO_FAR = 1 << 20 };

struct memo_siw {
  uint64_t ahead;  /* cells from where the round found its gather's p register */
  uint32_t at;     /* issue, from the start of the round */
  uint32_t arrive; /* of its gather, likewise */
  uint32_t ready;
  uint8_t shape; /* ROUND_SHAPE */
  uint8_t tier;  /* that supplies its gather */
  uint8_t index; /* of its gather in the round */
  uint8_t back;  /* gathers since the one before that has the same hint, which may be itself */
  uint8_t stalls, stall[MEMO_STALLS];
  uint32_t stall_cycles[MEMO_STALLS];
};

/* Where a round takes a p register, in cells from the round's start. */
struct memo_walk {
  int64_t net, least, most;
};

struct loop_memo {
  uint32_t start, end;             /* SIWs; end 0: empty */
  uint32_t cycles;                 /* of a round */
  uint32_t regs;                   /* that its SIWs touch */
  uint32_t gathers;                /* of a round */
  uint8_t tries;                   /* rounds that were recorded in vain */
  uint8_t walks, walking[P_COUNT]; /* p registers that step */
  bool valid;
  uint32_t owed[REG_COUNT]; /* at the start of a round, cycles ahead */
  uint8_t cause[REG_COUNT]; /* by whom, where owed > 0 */
  struct memo_walk walk[P_COUNT];
  struct memo_siw siw[MEMO_SIWS + 1];
};

/* Times of a run, kept in one place while run_plain works. */
struct plain_run {
  cycle_t t; /* the next SIW is there */
  cycle_t memory_complete;
  struct psiw *last;
};

/* --- one SIW ---------------------------------------------------------------------------------- */

/* What D and C of a plain SIW owe when it has issued. */
HOT void plain_owe(struct context *x, const struct psiw *s, cycle_t at)
{
  if (s->d) {
    x->ready[s->dop.rd] = at + s->d_latency;
    x->cause[s->dop.rd] = STALL_DRESULT;
  }
  if (s->plain_c) {
    x->ready[s->c_reg] = at + s->c_latency;
    x->cause[s->c_reg] = STALL_CRESULT;
  }
}

/* CSTEP of a plain SIW: where it leads. False: it may carry into the upper word, as the highest bit
 * changes. */
HOT bool plain_step(const struct context *x, const struct psiw *s, uint64_t *to)
{
  const uint64_t from = x->p[s->c_rd].lo;
  *to = from + (uint64_t)(int64_t)s->c_imm;
  return (int64_t)(from ^ *to) >= 0;
}

/* SINDEX: where it leads. False: out of phext space. */
HOT bool plain_index(const struct vtpu *v, const struct context *x, const struct psiw *s,
                     uint64_t *lo, uint64_t *hi)
{
  const struct psiw_rest *q = rest_of(x, s);
  int64_t step = q->s_imm;
  if (q->s_ri) {
    int32_t lane;
    memcpy(&lane, x->r[q->s_rs], sizeof lane);
    step += lane;
  }
  const uint64_t from = s->place->lo;
  *lo = from + (uint64_t)step;
  *hi = s->place->hi;
  if (q->s_axis == AXIS_LINEAR && (*lo < from) == (step < 0))
    return true;
  *lo = from;
  return walk(v, lo, hi, q->s_axis, step, q->s_carry);
}

/* Its result, issued at t. */
HOT void plain_indexed(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                       cycle_t t, uint64_t lo, uint64_t hi)
{
  ppt_foresee(&c->node->ppt, c, lo, hi);
  place_move(&x->p[s->s_reg], lo, hi);
  x->ready[REG_P + s->s_reg] = t + (cycle_t)v->m.latency[LAT_STEP];
  x->cause[REG_P + s->s_reg] = STALL_SRESULT;
}

/* CPACK of a plain SIW, before its D and S slots write. */
HOT void plain_pack(struct context *x, const struct psiw *s)
{
  memcpy(x->m[s->c_rd], x->r[0] + s->pack[0], 8);
  memcpy(x->m[s->c_rd] + 8, x->r[0] + s->pack[1], 8);
}

/* The last SIW of a body, at `pc`, which has one mark, has issued: the loop if another round of it
 * comes. */
HOT struct hw_loop *loop_round(struct context *x, const struct psiw *last, uint32_t pc)
{
  struct hw_loop *h = &x->loop[__builtin_ctz(last->loop_ends)];
  if (!h->active || h->end != pc)
    return NULL;
  h->active = --h->remaining > 0;
  if (!h->active)
    return NULL;
  context_jump(x, pc + 1, h->start, 1);
  return h;
}

#endif
