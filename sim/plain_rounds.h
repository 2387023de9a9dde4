/* Whole rounds of a loop by its memo: see plain.h. Part of plain.c. */
#include "sim/plain.h"

/* Are the coordinates of a body's gathers on known pages? The rounds check only that they stay
 * there: upper words, offsets and the PTC's entries do not change while they run. */
static bool rounds_open(struct core *c, const struct psiw *body, unsigned n, cycle_t t)
{
  for (const struct psiw *s = body; s < body + n; s++) {
    struct ptc_hint *hint = s->s_hint;
    if (!s->s_gather)
      continue;
    if ((hint->version != c->ptc.version || hint->hi != *s->s_hi ||
         *s->s_lo - hint->base >= PAGE_CELLS) &&
        !ptc_open(&c->ptc, hint, *s->s_lo, *s->s_hi))
      return false;
    if (hint->room < s->s_width || hint->entry->fill > t)
      return false;
  }
  return true;
}

/* A walk has left its page. */
static __attribute__((noinline)) bool rounds_next_page(struct core *c, const struct psiw *s,
                                                       cycle_t t)
{
  return ptc_open(&c->ptc, s->s_hint, *s->s_lo, *s->s_hi) && s->s_hint->room >= s->s_width &&
         s->s_hint->entry->fill <= t;
}

/* What an SIW of the body leaves behind that ran `times` times, the last time at cycle `at`. */
static void rounds_account(const struct core *c, struct context *x, struct psiw *s,
                           const struct memo_siw *m, uint64_t times, cycle_t at,
                           struct plain_run *run)
{
  struct mark_counts *count = &x->marks[s->mark];
  s->count += times;
  for (unsigned i = 0; i < m->stalls; i++)
    count->stack[m->stall[i]] += m->stall_cycles[i] * times;
  plain_owe(x, s, at, &run->complete);
  if (!s->s_gather)
    return;
  cycle_t ready = at + m->latency;
  x->ready[s->s_reg] = ready;
  x->cause[s->s_reg] = (uint8_t)(STALL_L1 + m->tier);
  x->arrive[s->s_reg] = at + c->ptc_hit;
  count->hits[m->tier] += times;
  run->memory_complete = ready > run->memory_complete ? ready : run->memory_complete;
}

/* Takes a tier's port at `a` if what passes then is complete at `ready`. */
HOT bool rounds_port(struct tier *t, cycle_t a, cycle_t ready)
{
  cycle_t start = a > t->free ? a : t->free;
  if (start + t->latency != ready)
    return false;
  t->free = start + t->interval;
  return true;
}

/* gather_probe and gather_supply in one for an access that should hit L1 and be complete at
 * `ready`. False: it does not, and nothing has changed. */
HOT bool rounds_l1(struct core *c, uint32_t line, cycle_t a, cycle_t ready)
{
  uint32_t i = tier_index(&c->l1, line);
  struct cache_set *s = set_of_8(&c->l1, i);
  unsigned ways = set_ways(s, 8, line);
  if (!ways)
    return false;
  unsigned way = (unsigned)__builtin_ctz(ways);
  if (set_inflight(&c->l1, i, s, way, a) || !rounds_port(&c->l1, a, ready))
    return false;
  set_touch_8(s, way);
  return true;
}

/* The same for one that should miss L1 and hit L2. */
HOT bool rounds_l2(struct core *c, uint32_t line, cycle_t a, cycle_t ready)
{
  uint32_t i1 = tier_index(&c->l1, line), i2 = tier_index(&c->l2, line);
  struct cache_set *s1 = set_of_8(&c->l1, i1), *s2 = set_of_8(&c->l2, i2);
  unsigned ways = set_ways(s2, 8, line), victim = (uint32_t)s1->lru >> 28;
  if (set_ways(s1, 8, line) || !ways || s1->dirty >> victim & 1)
    return false;
  unsigned way = (unsigned)__builtin_ctz(ways);
  if (set_inflight(&c->l2, i2, s2, way, a) || !rounds_port(&c->l2, a, ready))
    return false;
  set_touch_8(s2, way);
  s1->lru = (uint32_t)s1->lru << 4 | victim;
  s1->tag[victim] = line + 1;
  s1->inflight |= (uint16_t)(1u << victim);
  c->l1.ready[(size_t)i1 * 8 + victim] = ready << 2 | TIER_L2;
  return true;
}

/* The gather of a round's SIW at `at`: its cell, or NULL if it does not go as the memo says; then
 * nothing has changed. */
HOT const uint8_t *rounds_gather(struct core *c, const struct psiw *s, const struct memo_siw *e,
                                 cycle_t at)
{
  struct ptc_hint *hint = s->s_hint;
  uint64_t in_page = *s->s_lo - hint->base;
  if (__builtin_expect(in_page >= PAGE_CELLS, 0)) {
    if (!rounds_next_page(c, s, at))
      return NULL;
    in_page = *s->s_lo - hint->base;
  }
  const uint32_t line = hint->line + (uint32_t)in_page;
  const cycle_t a = at + c->ptc_hit, ready = at + e->latency;
  cycle_t *entry = &c->entry_free[c->entry_next];
  if (*entry > at ||
      !(e->tier == TIER_L1 ? rounds_l1(c, line, a, ready) : rounds_l2(c, line, a, ready)))
    return NULL;
  *entry = ready;
  if (++c->entry_next == c->entries)
    c->entry_next = 0;
  hint->entry->stamp = c->ptc.clock++;
  return hint->bytes + in_page * CELL_BYTES;
}

/* Repeats rounds of a loop whose memo matches at run->t. Returns the SIW to go on with. */
static __attribute__((noinline)) struct psiw *
rounds_run(struct core *c, struct context *x, struct psiw *code, const struct loop_memo *m,
           struct hw_loop *h, cycle_t until, unsigned bytes, struct plain_run *run)
{
  struct psiw *const body = code + m->start;
  const unsigned n = m->end - m->start + 1;
  cycle_t t0 = run->t;
  if (t0 + m->cycles > until || !rounds_open(c, body, n, t0))
    return body;
  uint64_t most = (until - t0) / m->cycles, rounds = 0;
  most = most < h->remaining ? most : h->remaining;
  const struct psiw *s = body;
  for (; rounds < most; rounds++, t0 += m->cycles) {
    const struct memo_siw *e = m->siw;
    for (s = body; s < body + n; s++, e++) {
      uint64_t step = 0;
      if (s->plain_c == PLAIN_C_STEP && !plain_step(x, s, &step))
        break;
      const uint8_t *cell = NULL;
      if (s->s_gather && !(cell = rounds_gather(c, s, e, t0 + e->at)))
        break;
      if (s->plain_c == PLAIN_C_PACK)
        plain_pack(x, s);
      if (s->d)
        s->d(x->r, &s->dop, bytes);
      if (s->s_gather)
        gather_copy(x, s, cell);
      if (s->plain_c == PLAIN_C_STEP)
        x->p_lo[s->c_rd] = step;
    }
    if (s < body + n)
      break;
    s = body;
  }
  const unsigned done = (unsigned)(s - body); /* of the round that broke off */
  if (rounds == 0 && done == 0)
    return body;
  for (unsigned k = 0; k < n && rounds; k++)
    rounds_account(c, x, &body[k], &m->siw[k], rounds, t0 - m->cycles + m->siw[k].at, run);
  for (unsigned k = 0; k < done; k++)
    rounds_account(c, x, &body[k], &m->siw[k], 1, t0 + m->siw[k].at, run);
  run->last = body + (done ? done : n) - 1;
  run->t = x->acc = done ? t0 + m->siw[done - 1].at + 1 : t0;
  h->remaining -= (uint32_t)rounds;
  h->active = h->remaining > 0;
  return h->active ? body + done : body + n;
}
