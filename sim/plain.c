/* Plain SIWs: any dense operation but a branch, a gather or nothing, a linear step or nothing,
 * whose gathers stay in their core's own tiers. They are most of what a program runs.
 *
 * run_plain does for each of them what issue() (core.c) does, without its other cases. On loops of
 * plain SIWs it goes one step further, with a *memo*. The issue times inside one round of a loop,
 * relative to its start, follow from two things: how far in the future the registers are owed at
 * the start, and how long each gather takes. So a round that ends with the registers owed as far
 * ahead as it began, is repeated by doing its work and only checking each gather's latency: the
 * clock advances by the round's length, counters and stall cycles are multiplied at the end. At the
 * first difference, the state up to there is written out and the exact path goes on.
 */
#include "sim/gather.h"

enum { MEMO_STALLS = 3, MEMO_TRIES = 12, MEMO_FAR = 1 << 20 };

struct memo_siw {
  uint32_t at;      /* issue, from the start of the round */
  uint32_t latency; /* of its gather, from issue */
  uint8_t cause;    /* of its gather's register */
  uint8_t stalls, stall[MEMO_STALLS];
  uint32_t stall_cycles[MEMO_STALLS];
};

struct loop_memo {
  uint32_t start, end; /* SIWs; end 0: empty */
  uint32_t cycles;     /* of a round */
  uint32_t regs;       /* that its SIWs touch */
  uint8_t tries;       /* rounds that were recorded in vain */
  bool valid;
  uint32_t owed[REG_COUNT]; /* at the start of a round, cycles ahead */
  uint8_t cause[REG_COUNT]; /* by whom, where owed > 0 */
  struct memo_siw siw[MEMO_SIWS];
};

size_t loop_memo_bytes(void)
{
  return sizeof(struct loop_memo);
}

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
    for (unsigned i = 0; i < code[k].reg_count; i++)
      m->regs |= 1u << code[k].reg[i];
  return m;
}

/* --- one SIW ---------------------------------------------------------------------------------- */

/* What has to be known before a plain SIW may issue. */
struct plain_work {
  const struct ptc_hint *hint; /* NULL: it gathers nothing */
  uint64_t lo, step;
  struct gather_probe probe;
};

/* False: it needs more than plain work. Nothing has changed. */
HOT bool plain_check(struct core *c, const struct context *x, const struct psiw *s, cycle_t at,
                     struct plain_work *w)
{
  w->hint = NULL;
  if (s->s_gather) {
    w->lo = s->s_imc ? s->imm_lo : x->p_lo[s->s_p];
    w->hint = gather_hint(c, x, s, at);
    if (!w->hint || c->entry_free[c->entry_next] > at ||
        !gather_probe(c, w->hint, w->lo, at + c->ptc_hit, &w->probe))
      return false;
  } else {
    w->probe = (struct gather_probe){0};
    w->lo = 0;
  }
  w->step = 0;
  if (s->c_linear) {
    uint64_t from = x->p_lo[s->c_rd];
    w->step = from + (uint64_t)(int64_t)s->c_imm;
    if (s->c_imm >= 0 ? w->step < from : w->step >= from)
      return false; /* carries into the upper word */
  }
  return true;
}

/* Results and memory; the caller sees to the ready times of D and C. Returns when the gather is
 * complete. */
HOT cycle_t plain_do(struct core *c, struct context *x, const struct psiw *s, cycle_t at,
                     const struct plain_work *w, unsigned bytes)
{
  cycle_t ready = 0;
  if (s->d)
    s->d(x->r, &s->dop, bytes);
  if (w->hint) {
    ready = gather_commit(c, x, s, w->hint, w->lo, at + c->ptc_hit, &w->probe);
    unsigned entry = c->entry_next;
    c->entry_free[entry] = ready;
    c->entry_next = entry + 1 < c->entries ? entry + 1 : 0;
  }
  if (s->c_linear)
    x->p_lo[s->c_rd] = w->step;
  return ready;
}

HOT void plain_owe(const struct core *c, struct context *x, const struct psiw *s, cycle_t at,
                   cycle_t *complete)
{
  if (s->d) {
    cycle_t r = at + s->d_latency;
    x->ready[s->d_reg] = r;
    x->cause[s->d_reg] = STALL_DRESULT;
    *complete = r > *complete ? r : *complete;
  }
  if (s->c_linear) {
    cycle_t r = at + c->step_latency;
    x->ready[REG_P + s->c_rd] = r;
    x->cause[REG_P + s->c_rd] = STALL_CRESULT;
    *complete = r > *complete ? r : *complete;
  }
}

/* --- rounds by memo --------------------------------------------------------------------------- */

/* Times of a run, kept in one place while run_plain works. */
struct plain_run {
  cycle_t t; /* the next SIW is there */
  cycle_t complete, memory_complete;
  struct psiw *last;
};

static void memo_account(const struct core *c, struct context *x, const struct psiw *s,
                         const struct memo_siw *m, uint64_t times, cycle_t at,
                         struct plain_run *run)
{
  uint64_t *stack = x->marks[s->mark].stack;
  for (unsigned i = 0; i < m->stalls; i++)
    stack[m->stall[i]] += m->stall_cycles[i] * times;
  plain_owe(c, x, s, at, &run->complete);
}

/* Repeats rounds of a loop whose memo matches at run->t. Returns the SIW to go on with. */
static struct psiw *memo_run(struct vtpu *v, struct core *c, struct context *x, struct psiw *code,
                             const struct loop_memo *m, struct hw_loop *h, cycle_t until,
                             struct plain_run *run)
{
  struct psiw *const body = code + m->start, *next;
  unsigned n = m->end - m->start + 1, done = 0, bytes = v->bytes;
  uint64_t rounds = 0;
  cycle_t t0 = run->t;
  for (;;) {
    next = body;
    if (t0 + m->cycles > until)
      break;
    for (done = 0; done < n; done++) {
      const struct psiw *s = body + done;
      struct plain_work w;
      cycle_t at = t0 + m->siw[done].at;
      if (!plain_check(c, x, s, at, &w))
        break;
      cycle_t ready = plain_do(c, x, s, at, &w, bytes);
      if (w.hint) {
        run->memory_complete = ready > run->memory_complete ? ready : run->memory_complete;
        if (ready - at != m->siw[done].latency || x->cause[s->s_reg] != m->siw[done].cause) {
          done++;
          break;
        }
      }
    }
    if (done < n) {
      next = body + done;
      break;
    }
    /* The last SIW's gather may differ too: then the next round begins differently. */
    const struct psiw *end = body + n - 1;
    bool same =
        !end->s_gather || (x->ready[end->s_reg] - t0 - m->siw[n - 1].at == m->siw[n - 1].latency &&
                           x->cause[end->s_reg] == m->siw[n - 1].cause);
    t0 += m->cycles;
    rounds++;
    done = 0;
    if (--h->remaining == 0) {
      h->active = false;
      next = body + n;
      break;
    }
    if (!same)
      break;
  }
  if (rounds == 0 && done == 0)
    return next;
  for (unsigned k = done; k < n && rounds; k++) {
    body[k].count += rounds;
    memo_account(c, x, &body[k], &m->siw[k], rounds, t0 - m->cycles + m->siw[k].at, run);
  }
  for (unsigned k = 0; k < done; k++) {
    body[k].count += rounds + 1;
    memo_account(c, x, &body[k], &m->siw[k], rounds + 1, t0 + m->siw[k].at, run);
  }
  run->last = done ? body + done - 1 : body + n - 1;
  run->t = done ? t0 + m->siw[done - 1].at + 1 : t0;
  x->acc = run->t;
  return next;
}

/* Notes how one SIW of a round went; false: not worth a memo. */
static bool memo_note(struct memo_siw *m, const struct context *x, const struct psiw *s, cycle_t t0,
                      cycle_t at, const uint64_t *before)
{
  *m = (struct memo_siw){.at = (uint32_t)(at - t0)};
  if (s->s_gather) {
    m->latency = (uint32_t)(x->ready[s->s_reg] - at);
    m->cause = x->cause[s->s_reg];
  }
  const uint64_t *stack = x->marks[s->mark].stack;
  for (unsigned i = 0; before && i < STALL_COUNT; i++)
    if (stack[i] != before[i]) {
      if (m->stalls == MEMO_STALLS)
        return false;
      m->stall[m->stalls] = (uint8_t)i;
      m->stall_cycles[m->stalls++] = (uint32_t)(stack[i] - before[i]);
    }
  return at - t0 < MEMO_FAR;
}

/* --- without time ------------------------------------------------------------------------------
 */

/* Is no register owed any more? After SALLOC or a collective one may be, even without timing. */
static bool operands_settled(const struct context *x, cycle_t t)
{
  for (unsigned r = 0; r < REG_COUNT; r++)
    if (x->ready[r] > t)
      return false;
  return true;
}

/* The same for a machine without timing (vtpu.c, make_untimed): no register is ever owed and every
 * access is DDR's, so a plain SIW takes its one cycle and only its work is left. */
static void run_plain_untimed(struct vtpu *v, struct core *c, struct context *x, cycle_t until)
{
  struct psiw *const code = x->code - x->code_first, *s = code + x->pc, *last = NULL;
  cycle_t t = x->acc;
  unsigned bytes = v->bytes;
  for (; s->plain && t < until; t++) {
    if (s->c_linear) {
      uint64_t from = x->p_lo[s->c_rd], to = from + (uint64_t)(int64_t)s->c_imm;
      if (s->c_imm >= 0 ? to < from : to >= from)
        break;
    }
    const struct ptc_hint *hint = NULL;
    uint64_t lo = s->s_imc ? s->imm_lo : x->p_lo[s->s_p];
    if (s->s_gather && !(hint = gather_hint(c, x, s, t)))
      break;
    if (s->d)
      s->d(x->r, &s->dop, bytes);
    if (hint) {
      hint->entry->stamp = c->ptc.clock++;
      gather_copy(x, s, hint, lo);
      x->marks[s->mark].hits[TIER_DDR]++;
      c->node->ddr_reads++;
    }
    if (s->c_linear)
      x->p_lo[s->c_rd] += (uint64_t)(int64_t)s->c_imm;
    s->count++;
    last = s++;
    if (!last->loop_ends)
      continue;
    struct hw_loop *h = &x->loop[__builtin_ctz(last->loop_ends)];
    if (!h->active || h->end != (uint32_t)(last - code))
      continue;
    if (--h->remaining > 0)
      s = code + h->start;
    else
      h->active = false;
  }
  if (!last)
    return;
  x->pc = (uint32_t)(s - code);
  x->last_pc = (uint32_t)(last - code);
  x->acc = x->avail = t;
  x->last_issue = t - 1;
  x->complete = x->complete > t ? x->complete : t;
  x->memory_complete = x->memory_complete > t ? x->memory_complete : t;
}

/* --- the loop --------------------------------------------------------------------------------- */

void run_plain(struct vtpu *v, struct core *c, struct context *x, cycle_t until)
{
  struct plain_run run = {x->acc, x->complete, x->memory_complete, NULL};
  if (!x->issued || x->avail != run.t || x->hold > run.t || c->queue_count || c->s_closed > run.t ||
      !c->fast_gathers)
    return;
  if (v->untimed) {
    if (operands_settled(x, run.t))
      run_plain_untimed(v, c, x, until);
    return;
  }
  struct psiw *const code = x->code - x->code_first, *s = code + x->pc;
  struct loop_memo *memo = NULL; /* being recorded, from cycle t0 on */
  cycle_t t0 = 0;
  while (s->plain) {
    cycle_t at = registers_ready(x, s, run.t);
    struct plain_work w;
    if (!plain_check(c, x, s, at, &w) || at >= until)
      break;
    uint64_t before[STALL_COUNT];
    bool stalled = at > run.t;
    if (stalled) {
      if (memo)
        memcpy(before, x->marks[s->mark].stack, sizeof before);
      x->pc = (uint32_t)(s - code);
      context_charge(v, x, at);
    }
    cycle_t ready = plain_do(c, x, s, at, &w, v->bytes);
    run.memory_complete = ready > run.memory_complete ? ready : run.memory_complete;
    plain_owe(c, x, s, at, &run.complete);
    s->count++;
    x->acc = run.t = at + 1;
    if (memo &&
        !memo_note(&memo->siw[s - code - memo->start], x, s, t0, at, stalled ? before : NULL))
      memo = NULL;
    run.last = s++;
    if (!run.last->loop_ends)
      continue;
    struct hw_loop *h = &x->loop[__builtin_ctz(run.last->loop_ends)];
    if (!h->active || h->end != (uint32_t)(run.last - code))
      continue;
    if (--h->remaining == 0) {
      h->active = false;
      memo = NULL;
      continue;
    }
    s = code + h->start;
    if (run.last->body != h->start)
      continue;
    struct loop_memo *m = memo_of(x, code, h->start, h->end);
    if (memo == m) {
      /* A whole round has been recorded: is the end like the beginning? */
      m->cycles = (uint32_t)(run.t - t0);
      m->valid = memo_matches(m, x, run.t);
      m->tries += !m->valid;
    }
    memo = NULL;
    if (m->valid && memo_matches(m, x, run.t)) {
      s = memo_run(v, c, x, code, m, h, until, &run);
    } else if (m->tries < MEMO_TRIES) {
      m->valid = false;
      memo = m;
      t0 = run.t;
      memo_begin(m, x, t0);
    }
  }
  if (!run.last)
    return;
  x->pc = (uint32_t)(s - code);
  x->last_pc = (uint32_t)(run.last - code);
  x->avail = run.t;
  x->last_issue = run.t - 1;
  cycle_t complete = run.memory_complete > run.complete ? run.memory_complete : run.complete;
  x->complete = complete > run.t ? complete : run.t;
  x->memory_complete = run.memory_complete;
}
