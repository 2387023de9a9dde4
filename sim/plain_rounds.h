/* Whole rounds of a loop by its memo: see plain.h. Part of plain.c.
 *
 * What follows from the memo is not done SIW by SIW but once for all rounds, when they end: issue
 * counts, stall cycles, ready times; the memory entries, of which only the last gathers' are left;
 * the order of use of PTC entries. Tags, ports and data are real in every round. p registers step
 * once a round: a gather adds how far the round has taken its own by then.
 */
#include "sim/plain.h"

/* What kind of SIW it is: each has its own straight code in rounds_run. */
#define ROUND_SHAPE(gather, tier, packs) (((gather)*TIER_COUNT + (tier)) * 2 + (packs))
#define ROUND_SHAPE_END                  255 /* behind the last SIW */

enum { ROUNDS_MAX = 1 << 24 };

/* --- before and after --------------------------------------------------------------------------
 */

/* What follows from a body and the cycles and tiers that were noted. False: a gather waited for a
 * port, or takes so long that its memory entry might be wanted again. */
static bool memo_finish(struct loop_memo *m, const struct core *c, const struct context *x,
                        const struct psiw *body)
{
  const unsigned n = m->end - m->start + 1;
  unsigned stepped = 0; /* p registers, as bits */
  m->gathers = m->walks = 0;
  m->siw[n].shape = ROUND_SHAPE_END;
  memset(m->walk, 0, sizeof m->walk);
  for (unsigned k = 0; k < n; k++) {
    struct memo_siw *e = &m->siw[k];
    const struct psiw *s = &body[k];
    const struct psiw_rest *q = rest_of(x, s);
    e->shape = (uint8_t)ROUND_SHAPE(s->s_gather, s->s_gather ? e->tier : TIER_L1,
                                    s->plain_c == PLAIN_C_PACK);
    e->ahead = s->s_gather && !q->s_imc ? (uint64_t)m->walk[q->s_p].net : 0;
    e->index = (uint8_t)m->gathers;
    m->gathers += s->s_gather != GATHER_NONE;
    e->arrive = e->at + (uint32_t)c->ptc_hit;
    uint64_t latency = e->tier == TIER_L1 ? c->l1.latency : e->tier == TIER_L2 ? c->l2.latency : 1;
    if (s->s_gather && (e->ready != e->arrive + latency || e->ready - e->at > c->entries))
      return false;
    if (s->plain_c == PLAIN_C_STEP) {
      struct memo_walk *w = &m->walk[s->c_rd];
      if (!(stepped >> s->c_rd & 1))
        m->walking[m->walks++] = s->c_rd;
      stepped |= 1u << s->c_rd;
      w->net += s->c_imm;
      w->least = w->net < w->least ? w->net : w->least;
      w->most = w->net > w->most ? w->net : w->most;
    }
  }
  for (unsigned k = 0; k < n; k++) {
    unsigned back = 0, i = k;
    do {
      i = i ? i - 1 : n - 1;
      back += body[i].s_gather != GATHER_NONE;
    } while (body[k].s_gather && (!body[i].s_gather || body[i].place != body[k].place));
    m->siw[k].back = (uint8_t)back;
  }
  return true;
}

/* May rounds run from t on? The coordinates of the gathers are on known pages: the rounds check
 * only that they stay there, as upper words, offsets and the PTC's entries do not change. No step
 * carries into an upper word. The j-th gather, at t + j or later, finds a free memory entry. */
static bool rounds_open(struct core *c, const struct context *x, const struct loop_memo *m,
                        const struct psiw *body, cycle_t t, uint64_t most)
{
  for (unsigned i = 0; i < m->walks; i++) {
    unsigned p = m->walking[i];
    const struct memo_walk *w = &m->walk[p];
    int128 far = (int128)w->net * (int64_t)(most - 1);
    int128 lo = (int128)x->p[p].lo + (far < 0 ? far : 0) + w->least;
    int128 hi = (int128)x->p[p].lo + (far > 0 ? far : 0) + w->most;
    if (lo < 0 || hi > UINT64_MAX)
      return false;
  }
  for (unsigned j = 0, i = c->entry_next; m->gathers && j < c->entries; j++) {
    if (c->entry_free[i] > t + j)
      return false;
    i = i + 1 < c->entries ? i + 1 : 0;
  }
  for (const struct psiw *s = body, *end = body + (m->end - m->start); m->gathers && s <= end;
       s++) {
    struct ptc_hint *hint = &s->place->hint;
    if (!s->s_gather)
      continue;
    if (!ptc_hint_holds(hint, s->place->lo) && !ptc_open(&c->ptc, hint, s->place->lo, s->place->hi))
      return false;
    if (hint->room < s->s_width || hint->entry->fill > t)
      return false;
  }
  return true;
}

/* The hint's entry was used last by the gather of this number since the rounds began. */
HOT void rounds_stamp(const struct core *c, const struct ptc_hint *hint, int64_t gather)
{
  if (gather >= 0 && hint->entry->stamp < c->ptc.clock + (uint64_t)gather)
    hint->entry->stamp = c->ptc.clock + (uint64_t)gather;
}

/* A walk has left its page with the gather of this number, which is at `lo`. */
static __attribute__((noinline)) bool rounds_next_page(struct core *c, const struct psiw *s,
                                                       uint64_t lo, int64_t gather, unsigned back,
                                                       cycle_t t)
{
  rounds_stamp(c, &s->place->hint, gather - back);
  return ptc_open(&c->ptc, &s->place->hint, lo, s->place->hi) &&
         s->place->hint.room >= s->s_width && s->place->hint.entry->fill <= t;
}

/* What an SIW of the body leaves behind that ran `times` times, the last time in the round from
 * t0 on. */
static void rounds_account(const struct core *c, struct context *x, struct psiw *s,
                           const struct memo_siw *e, uint64_t times, cycle_t t0,
                           struct plain_run *run)
{
  struct mark_counts *count = mark_of(x, s);
  for (unsigned i = 0; i < e->stalls; i++)
    count->stack[e->stall[i]] += e->stall_cycles[i] * times;
  plain_owe(x, s, t0 + e->at);
  if (!s->s_gather)
    return;
  cycle_t ready = t0 + e->ready;
  x->ready[s->s_reg] = ready;
  x->cause[s->s_reg] = (uint8_t)(STALL_L1 + e->tier);
  x->arrive[s->s_reg] = t0 + e->arrive;
  count->hits[e->tier] += times;
  if (e->tier == TIER_DDR) /* without time */
    c->node->ddr_reads += times;
  run->memory_complete = ready > run->memory_complete ? ready : run->memory_complete;
}

/* Memory entries and PTC after `rounds` rounds and the first `done` SIWs of the one from t0 on. */
static void rounds_close_memory(struct core *c, const struct loop_memo *m, const struct psiw *body,
                                uint64_t rounds, unsigned done, cycle_t t0)
{
  const unsigned n = m->end - m->start + 1;
  uint64_t total = rounds * m->gathers;
  for (unsigned k = 0; k < done; k++)
    total += body[k].s_gather != GATHER_NONE;
  for (unsigned k = 0; k < n; k++)
    if (body[k].s_gather)
      rounds_stamp(c, &body[k].place->hint,
                   (int64_t)((rounds - (k >= done)) * m->gathers + m->siw[k].index));
  c->ptc.clock += total;
  unsigned entry = c->entry_next = (unsigned)((c->entry_next + total) % c->entries), k = done;
  for (uint64_t left = total < c->entries ? total : c->entries; left > 0; left--) {
    do {
      if (k == 0) {
        k = n;
        t0 -= m->cycles;
      }
      k--;
    } while (!body[k].s_gather);
    entry = entry ? entry - 1 : c->entries - 1;
    c->entry_free[entry] = t0 + m->siw[k].ready;
  }
  for (unsigned i = 1, at = c->entry_next; i < c->entries; i++) {
    at = at + 1 < c->entries ? at + 1 : 0;
    entry_put(c, at, c->entry_free[at]);
  }
}

/* --- tiers --------------------------------------------------------------------------------------
 */

/* Takes a tier's port if it is free at `a`. */
HOT bool rounds_port(struct tier *t, cycle_t a)
{
  if (t->free > a)
    return false;
  t->free = a + t->interval;
  return true;
}

/* gather_probe and gather_supply in one for an access that should hit L1 without waiting. False: it
 * does not, and nothing has changed. */
HOT bool rounds_l1(struct core *c, uint32_t line, cycle_t a)
{
  struct cache_set *s = set_of_8(&c->l1, tier_index(&c->l1, line));
  unsigned ways = set_ways(s, 8, line);
  if (!ways || ways_inflight(s, ways, a) || !rounds_port(&c->l1, a))
    return false;
  set_touch_8(s, (unsigned)__builtin_ctz(ways));
  return true;
}

/* The same for one that should miss L1 and hit L2. */
HOT bool rounds_l2(struct core *c, uint32_t line, cycle_t a)
{
  struct cache_set *s1 = set_of_8(&c->l1, tier_index(&c->l1, line)),
                   *s2 = set_of_8(&c->l2, tier_index(&c->l2, line));
  unsigned ways = set_ways(s2, 8, line);
  if (set_ways(s1, 8, line) || !ways || (s1->dirty && s1->dirty >> set_victim(s1, 8) & 1) ||
      ways_inflight(s2, ways, a) || !rounds_port(&c->l2, a))
    return false;
  /* A stream through more than fits touches what would be the next victim. */
  const unsigned way = (unsigned)__builtin_ctz(ways);
  if (set_victim(s2, 8) == way)
    set_touch_victim(s2, 8);
  else
    set_touch_8(s2, way);
  unsigned victim = set_victim(s1, 8);
  set_touch_victim(s1, 8);
  s1->tag[victim] = line + 1;
  s1->inflight |= (uint16_t)(1u << victim);
  set_ready(s1, 8)[victim] = (a + c->l2.latency) << 2 | TIER_L2;
  return true;
}

/* --- the rounds ---------------------------------------------------------------------------------
 */

/* One SIW of this shape in the round that began at t0, the gathers before which were `before`.
 * False: it does not go as the memo says, and nothing has changed. */
HOT bool rounds_siw(struct core *c, struct context *x, const struct psiw *s,
                    const struct memo_siw *e, cycle_t t0, uint64_t before, unsigned bytes,
                    enum plain_gather gather, unsigned tier, bool packs)
{
  const uint8_t *cell = NULL;
  if (gather != GATHER_NONE) {
    const struct ptc_hint *hint = &s->place->hint;
    const uint64_t lo = s->place->lo + e->ahead;
    uint64_t in_page = lo - hint->base;
    if (__builtin_expect(in_page >= PAGE_CELLS, 0)) {
      if (!rounds_next_page(c, s, lo, (int64_t)(before + e->index), e->back, t0 + e->at))
        return false;
      in_page = lo - hint->base;
    }
    const uint32_t line = hint->line + (uint32_t)in_page;
    if ((tier == TIER_L1 && !rounds_l1(c, line, t0 + e->arrive)) ||
        (tier == TIER_L2 && !rounds_l2(c, line, t0 + e->arrive)))
      return false;
    cell = hint->bytes + in_page * CELL_BYTES;
  }
  if (packs)
    plain_pack(x, s);
  if (s->d)
    s->d(x->r, &s->dop, bytes);
  if (gather != GATHER_NONE)
    gather_copy(x, s, cell, gather);
  return true;
}

/* Repeats rounds of a loop whose memo matches at run->t. Returns the SIW to go on with. */
static __attribute__((noinline)) struct psiw *
rounds_run(struct core *c, struct context *x, struct psiw *code, const struct loop_memo *m,
           struct hw_loop *h, cycle_t until, unsigned bytes, struct plain_run *run)
{
  struct psiw *const body = code + m->start;
  const unsigned n = m->end - m->start + 1;
  cycle_t t0 = run->t;
  uint64_t most = until > t0 ? (until - t0) / m->cycles : 0, rounds = 0, before = 0;
  most = most < h->remaining ? most : h->remaining;
  most = most < ROUNDS_MAX ? most : ROUNDS_MAX;
  if (most == 0 || !rounds_open(c, x, m, body, t0, most))
    return body;
  const struct psiw *s = body;
  const cycle_t start = t0;
  uint64_t walk[P_COUNT];
  if (__builtin_expect(x->log != NULL, 0))
    for (unsigned i = 0; i < P_COUNT; i++)
      walk[i] = x->p[i].lo;
  for (; rounds < most; rounds++, before += m->gathers, t0 += m->cycles) {
    const struct memo_siw *e = m->siw;
    /* Neighbours often have one shape: they stay in its code. */
    for (s = body; s < body + n;) {
      switch (e->shape) {
#define SHAPE(gather, tier, packs)                                                                 \
  case ROUND_SHAPE(gather, tier, packs):                                                           \
    do                                                                                             \
      if (!rounds_siw(c, x, s, e, t0, before, bytes, gather, tier, packs))                         \
        goto out;                                                                                  \
    while (s++, (++e)->shape == ROUND_SHAPE(gather, tier, packs));                                 \
    break;
#define SHAPES_OF_TIER(gather, tier)                                                               \
  SHAPE(gather, tier, 0)                                                                           \
  SHAPE(gather, tier, 1)
#define SHAPES(gather)                                                                             \
  SHAPES_OF_TIER(gather, TIER_L1)                                                                  \
  SHAPES_OF_TIER(gather, TIER_L2)                                                                  \
  SHAPES_OF_TIER(gather, TIER_DDR) /* without time */
        SHAPES_OF_TIER(GATHER_NONE, TIER_L1)
        SHAPES(GATHER_LINE)
        SHAPES(GATHER_WORD)
        SHAPES(GATHER_PART)
        SHAPES(GATHER_KEEP)
#undef SHAPES
#undef SHAPES_OF_TIER
#undef SHAPE
      default: __builtin_unreachable();
      }
    }
    s = body;
    for (unsigned i = 0; i < m->walks; i++)
      x->p[m->walking[i]].lo += (uint64_t)m->walk[m->walking[i]].net;
  }
out:;
  const unsigned done = (unsigned)(s - body); /* of the round that broke off */
  for (unsigned k = 0; k < done; k++)
    if (body[k].plain_c == PLAIN_C_STEP)
      x->p[body[k].c_rd].lo += (uint64_t)(int64_t)body[k].c_imm;
  if (rounds == 0 && done == 0)
    return body;
  if (__builtin_expect(x->log != NULL, 0))
    log_memo_rounds(x, body, m, rounds, done, start, walk);
  for (unsigned k = 0; k < n && rounds; k++)
    rounds_account(c, x, &body[k], &m->siw[k], rounds, t0 - m->cycles, run);
  for (unsigned k = 0; k < done; k++)
    rounds_account(c, x, &body[k], &m->siw[k], 1, t0, run);
  if (m->gathers)
    rounds_close_memory(c, m, body, rounds, done, t0);
  run->last = body + (done ? done : n) - 1;
  run->t = x->acc = done ? t0 + m->siw[done - 1].at + 1 : t0;
  h->remaining -= (uint32_t)rounds;
  h->active = h->remaining > 0;
  context_jump(x, m->end + 1, m->start, rounds - !h->active);
  return h->active ? body + done : body + n;
}
