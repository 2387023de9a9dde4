/* Plain SIWs: any dense operation but a branch, a gather or nothing, a linear step, a packing of a
 * message, or nothing. They are most of what a program runs. Gathers may miss the PTC, and private
 * ones L1 and L2. With SINDEX in place of a gather an SIW is plain too, but not for a memo: what
 * follows goes by irregular.h.
 *
 * run_plain does for each of them what issue() (core.c) does, without its other cases; rounds of
 * loops go by memo (plain.h). Like pipe_d_lanes.c, this file is compiled for several host vector
 * widths (see the Makefile): tags are compared and lines copied in vectors.
 */
#include "sim/irregular.h"
#include "sim/plain_rounds.h"

/* Leaves a run whose last SIW was `last` at cycle t - 1; running past the code's end retires. */
static void plain_leave(struct context *x, uint32_t pc, uint32_t last_pc, cycle_t t)
{
  x->pc = pc;
  x->last_pc = last_pc;
  x->acc = x->avail = t;
  x->last_issue = t - 1;
  if (pc >= x->code_end)
    x->life = LIFE_RETIRED;
}

/* --- memos ------------------------------------------------------------------------------------ */

/* Cycles ahead of t that a register is owed; MEMO_FAR: too many to be worth a memo. */
HOT uint32_t owed_at(const struct context *x, unsigned reg, cycle_t t)
{
  cycle_t r = x->ready[reg];
  return r <= t ? 0 : r - t < MEMO_FAR ? (uint32_t)(r - t) : MEMO_FAR;
}

static bool memo_matches(const struct loop_memo *m, const struct context *x, cycle_t t)
{
  for (uint32_t regs = m->regs; regs; regs &= regs - 1) {
    unsigned r = (unsigned)__builtin_ctz(regs);
    uint32_t owed = owed_at(x, r, t);
    if (owed != m->owed[r] || (owed && x->cause[r] != m->cause[r]))
      return false;
  }
  return true;
}

static void memo_begin(struct loop_memo *m, const struct context *x, cycle_t t)
{
  for (uint32_t regs = m->regs; regs; regs &= regs - 1) {
    unsigned r = (unsigned)__builtin_ctz(regs);
    m->owed[r] = owed_at(x, r, t);
    m->cause[r] = x->cause[r];
  }
}

static struct loop_memo *memo_of(struct context *x, const struct psiw *code, uint32_t start,
                                 uint32_t end)
{
  struct loop_memo *m = &x->memos[(start ^ start >> 5) % LOOP_MEMOS];
  if (m->start == start && m->end == end)
    return m;
  *m = (struct loop_memo){.start = start, .end = end};
  for (uint32_t k = start; k <= end; k++)
    for (unsigned i = 0; i < rest_of(x, code + k)->reg_count; i++)
      m->regs |= 1u << rest_of(x, code + k)->reg[i];
  return m;
}

/* Notes how one SIW of a round went; false: not worth a memo. */
static bool memo_note(struct memo_siw *m, const struct context *x, const struct psiw *s, cycle_t t0,
                      cycle_t at, const uint64_t *before)
{
  *m = (struct memo_siw){.at = (uint32_t)(at - t0)};
  if (s->s_gather) {
    m->ready = (uint32_t)(x->ready[s->s_reg] - t0);
    m->tier = (uint8_t)(x->cause[s->s_reg] - STALL_L1);
    if (m->tier > TIER_L2) /* it joined a line in flight */
      return false;
  }
  const uint64_t *stack = mark_of(x, s)->stack;
  for (unsigned i = 0; before && i < STALL_COUNT; i++)
    if (stack[i] != before[i]) {
      if (m->stalls == MEMO_STALLS)
        return false;
      m->stall[m->stalls] = (uint8_t)i;
      m->stall_cycles[m->stalls++] = (uint32_t)(stack[i] - before[i]);
    }
  return at - t0 < MEMO_FAR;
}

/* --- without time ----------------------------------------------------------------------------- */

/* Is no register owed any more? After SALLOC or a collective one may be, even without timing. */
static bool operands_settled(const struct context *x, cycle_t t)
{
  for (unsigned r = 0; r < REG_COUNT; r++)
    if (x->ready[r] > t)
      return false;
  return true;
}

/* The memo of a loop without time: a cycle an SIW, and every access is DDR's. */
static const struct loop_memo *untimed_memo(struct loop_memo *m, const struct core *c,
                                            const struct context *x, const struct psiw *body)
{
  if (m->valid)
    return m;
  m->cycles = m->end - m->start + 1;
  for (uint32_t k = 0; k < m->cycles; k++)
    m->siw[k] = (struct memo_siw){.at = k, .ready = k + 1, .tier = TIER_DDR};
  m->valid = memo_finish(m, c, x, body);
  return m;
}

/* The same for a machine without timing (vtpu.c, make_untimed): no register is ever owed, so a
 * plain SIW takes its one cycle and only its work is left. */
static __attribute__((noinline)) void run_plain_untimed(struct vtpu *v, struct core *c,
                                                        struct context *x, cycle_t until)
{
  struct psiw *const code = x->code - x->code_first, *s = code + x->pc;
  struct plain_run run = {x->acc, x->memory_complete, NULL};
  const unsigned bytes = v->bytes;
  while ((s->kind & (SIW_PLAIN | SIW_INDEX)) == SIW_PLAIN && run.t < until) {
    uint64_t step = 0;
    if (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step))
      break;
    const uint8_t *cell = NULL;
    if (s->s_gather) {
      const struct ptc_hint *hint = gather_hint(s, run.t);
      if (!hint)
        break;
      cell = hint->bytes + (s->place->lo - hint->base) * CELL_BYTES;
      hint->entry->stamp = c->ptc.clock++;
      mark_of(x, s)->hits[TIER_DDR]++;
      c->node->ddr_reads++;
      log_gather(x, s, TIER_DDR, run.t, run.t + 1);
    }
    if (s->plain_c == PLAIN_C_PACK)
      plain_pack(x, s);
    if (s->d)
      s->d(x->r, &s->dop, bytes);
    if (s->s_gather)
      gather_copy(x, s, cell, s->s_gather);
    if (s->plain_c == PLAIN_C_STEP)
      x->p[s->c_rd].lo = step;
    if (__builtin_expect(x->log != NULL, 0))
      log_issue(x->log, run.t, (uint32_t)(s - code));
    run.t++;
    run.last = s++;
    if (!run.last->loop_ends)
      continue;
    struct hw_loop *h = loop_round(x, run.last, (uint32_t)(run.last - code));
    if (!h)
      continue;
    s = code + h->start;
    if (rest_of(x, run.last)->body == h->start)
      s = rounds_run(c, x, code,
                     untimed_memo(memo_of(x, code, h->start, h->end), c, x, code + h->start), h,
                     until, bytes, &run);
  }
  if (!run.last)
    return;
  plain_leave(x, (uint32_t)(s - code), (uint32_t)(run.last - code), run.t);
  x->memory_complete = x->memory_complete > run.t ? x->memory_complete : run.t;
}

/* --- the loop --------------------------------------------------------------------------------- */

void PASTE(run_plain, LANES_SUFFIX)(struct vtpu *v, struct core *c, struct context *x,
                                    cycle_t until)
{
  struct plain_run run = {x->acc, x->memory_complete, NULL};
  if (!x->issued || x->avail != run.t || x->hold > run.t || c->near_waits || !c->fast_gathers)
    return;
  if (v->untimed) {
    if (c->s_closed <= run.t && operands_settled(x, run.t))
      run_plain_untimed(v, c, x, until);
    return;
  }
  struct psiw *const code = x->code - x->code_first, *s = code + x->pc;
  struct loop_memo *memo = NULL; /* being recorded, from cycle t0 on */
  cycle_t t0 = 0;
  const bool irregular = irregular_open(v, c);
  while (s->kind & SIW_PLAIN) {
    bool tried = false; /* line.h has declined it: near_gather would, too */
    if (s->kind & SIW_INDEX && irregular) {
      const cycle_t before = run.t;
      s = x->log ? irregular_run_logged(v, c, x, s, until, &run)
                 : irregular_run(v, c, x, s, until, &run);
      if (run.t != before)
        continue;
    }
    if (s->kind & SIW_LINE && !memo && !x->log) {
      struct psiw *const next = PASTE(lines_run, LANES_SUFFIX)(v, c, x, s, until, &run.t);
      if (next != s) {
        run.last = next - 1;
        if (run.memory_complete < x->memory_complete)
          run.memory_complete = x->memory_complete;
        s = next;
        if (!(s->kind & SIW_PLAIN))
          break;
      }
      tried = s->kind & SIW_LINE;
    }
    const cycle_t operands = registers_ready(x, s, run.t);
    const cycle_t at = s->ports & 2 && c->s_closed > operands ? c->s_closed : operands;
    cycle_t arrive = at + c->ptc_hit;
    uint64_t step = 0, index_lo = 0, index_hi = 0;
    struct supply got;
    if (at >= until || (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step)))
      break;
    if (s->s_gather) {
      if (c->entry_free[c->entry_next] > operands)
        break;
      if (tried || !gather_hint(s, at) ||
          !near_gather(c, mark_of(x, s), gather_line(s, &s->place->hint), arrive, &got)) {
        const enum plain_how how = plain_otherwise(v, c, x, s, at, &arrive, &got);
        if (how == PLAIN_NOT)
          break;
        memo = how == PLAIN_DONE ? memo : NULL;
      }
    } else if (s->kind & SIW_INDEX && !plain_index(v, x, s, &index_lo, &index_hi)) {
      break;
    }
    uint64_t before[STALL_COUNT];
    const bool stalled = at > run.t;
    if (stalled) {
      if (memo)
        memcpy(before, mark_of(x, s)->stack, sizeof before);
      PASTE(plain_charge, LANES_SUFFIX)(x, s, run.t, operands, at);
    }
    code_foresee(x, s);
    if (s->plain_c == PLAIN_C_PACK)
      plain_pack(x, s);
    if (s->d)
      s->d(x->r, &s->dop, v->bytes);
    if (s->s_gather) {
      gather_finish(c, x, s, &s->place->hint, arrive, got);
      run.memory_complete = got.ready > run.memory_complete ? got.ready : run.memory_complete;
      entry_take(c, got.ready);
    } else if (s->kind & SIW_INDEX) {
      plain_indexed(v, c, x, s, at, index_lo, index_hi);
    }
    if (s->plain_c == PLAIN_C_STEP)
      x->p[s->c_rd].lo = step;
    plain_owe(x, s, at);
    if (__builtin_expect(x->log != NULL, 0))
      log_issue(x->log, at, (uint32_t)(s - code));
    run.t = at + 1;
    if (memo &&
        !memo_note(&memo->siw[s - code - memo->start], x, s, t0, at, stalled ? before : NULL))
      memo = NULL;
    run.last = s++;
    if (!run.last->loop_ends)
      continue;
    struct hw_loop *h = loop_round(x, run.last, (uint32_t)(run.last - code));
    if (!h) {
      memo = NULL;
      continue;
    }
    s = code + h->start;
    if (rest_of(x, run.last)->body != h->start || c->s_closed > run.t) {
      memo = NULL;
      continue;
    }
    struct loop_memo *m = memo_of(x, code, h->start, h->end);
    if (memo == m) {
      /* A whole round has been recorded: is the end like the beginning? */
      m->cycles = (uint32_t)(run.t - t0);
      m->valid = memo_matches(m, x, run.t) && memo_finish(m, c, x, code + m->start);
      m->tries += !m->valid;
    }
    memo = NULL;
    if (m->valid && memo_matches(m, x, run.t)) {
      s = rounds_run(c, x, code, m, h, until, v->bytes, &run);
    } else if (m->tries < MEMO_TRIES) {
      m->valid = false;
      memo = m;
      t0 = run.t;
      memo_begin(m, x, t0);
    }
  }
  if (!run.last)
    return;
  plain_leave(x, (uint32_t)(s - code), (uint32_t)(run.last - code), run.t);
  x->memory_complete = run.memory_complete;
}
