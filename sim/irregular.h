/* Gathers whose page the place does not know, or that L1 and L2 do not supply at once; and runs of
 * such, with the SINDEX that make their coordinates: nothing repeats, so that no memo helps. Part
 * of plain.c.
 *
 * The host waits for its own caches here. What a gather will want of them (its cell, tags, the set
 * of the PTC) is asked for by the SINDEX before it, and its cell is copied as late as an SIW may
 * want the register.
 */
#ifndef VTPU_SIM_IRREGULAR_H
#define VTPU_SIM_IRREGULAR_H

#include "sim/line.h"

/* --- one gather ------------------------------------------------------------------------------- */

/* A gather whose page the PTC does not hold. */
struct plain_miss {
  struct ptc_entry *set; /* that takes the page; NULL: the PTC holds it */
  uint64_t key_lo, key_hi;
  struct page page;
  cycle_t fill; /* end of its walk */
};

/* The page of a gather that its hint does not know: in the PTC, or by a walk. False: it needs more
 * than plain work. */
static bool plain_translate(struct vtpu *v, struct core *c, const struct psiw *s, cycle_t at,
                            struct plain_miss *w)
{
  const uint64_t lo = s->place->lo, hi = s->place->hi;
  if (c->ptc.reference_hash)
    return false;
  ptc_key(&c->ptc, lo, hi, &w->key_lo, &w->key_hi);
  struct ptc_entry *set = ptc_set_folded(&c->ptc, w->key_lo, w->key_hi);
  struct ptc_entry *e = ptc_find(&c->ptc, set, w->key_lo, w->key_hi);
  if (e) {
    ptc_note(&s->place->hint, e, lo, hi);
    return s->place->hint.room >= s->s_width && e->fill <= at;
  }
  if (v->ppt_changes || c->ptc_hit == 0 || !ppt_find(&c->node->ppt, lo, hi, at, &w->page))
    return false;
  const struct ppt_region *r = w->page.region;
  if (r->kind == REGION_SHARED || (r->kind == REGION_PRIVATE && r->core != c->number) ||
      (hi >> 57 & 63) + s->s_width > CELL_BYTES)
    return false;
  w->set = set;
  w->fill = (at > c->walker_free ? at : c->walker_free) + (cycle_t)v->m.ptc_miss;
  return true;
}

/* A PTC miss: the walk, which closes the S ports. */
static void plain_walk(struct core *c, struct context *x, const struct psiw *s,
                       struct plain_miss *w)
{
  mark_of(x, s)->ptc_misses++;
  if (x->log)
    x->log->next |= OUTCOME_MISS | OUTCOME_WALK;
  struct ptc_entry *e = ptc_replace(&c->ptc, w->set, w->key_lo, w->key_hi);
  fill_entry(c, e, &w->page, w->fill);
  c->walker_free = w->fill;
  mark_of(x, s)->walks++;
  c->s_closed = w->fill > c->s_closed ? w->fill : c->s_closed;
  ptc_note(&s->place->hint, e, s->place->lo, s->place->hi);
}

enum plain_how {
  PLAIN_NOT,     /* it needs more than plain work, and nothing has changed */
  PLAIN_DONE,    /* it may be like that again in the next round of a loop */
  PLAIN_THIS_ONE /* a walk, or its turn at the far tiers */
};

/* A gather at `at` whose place does not know its page, or that near_gather does not do. */
static __attribute__((noinline)) enum plain_how plain_otherwise(struct vtpu *v, struct core *c,
                                                                struct context *x,
                                                                const struct psiw *s, cycle_t at,
                                                                cycle_t *arrive, struct supply *got)
{
  struct mark_counts *const count = mark_of(x, s);
  struct plain_miss w = {.set = NULL};
  if (!gather_hint(s, at) && !plain_translate(v, c, s, at, &w))
    return PLAIN_NOT;
  const uint32_t line =
      w.set ? (uint32_t)(w.page.frame * PAGE_CELLS + (s->place->lo & (PAGE_CELLS - 1)))
            : gather_line(s, &s->place->hint);
  if (w.set && w.fill > *arrive)
    *arrive = w.fill;
  const unsigned kind = w.set ? (unsigned)w.page.region->kind : s->place->hint.entry->kind;
  const bool far = gather_far(v, c, x, kind, count, line, *arrive, at, got) == FAR_DONE;
  if (!far && !near_take(v, c, x, count, line, *arrive, got))
    return PLAIN_NOT;
  if (w.set)
    plain_walk(c, x, s, &w);
  return w.set || far ? PLAIN_THIS_ONE : PLAIN_DONE;
}

/* --- runs ------------------------------------------------------------------------------------- */

enum {
  IRREGULAR_WAYS = 4, /* of the PTC */
  IRREGULAR_LINES = 4 /* SIWs in line.h's way for which a run is not left */
};

/* A coordinate that SINDEX has made, in the region of a run: its page, and the PTC's set for it. */
struct foreseen {
  uint64_t lo, hi;
  struct ptc_entry *set; /* NULL: it lies elsewhere */
  uint64_t key_lo, key_hi;
  struct page page;
  uint32_t line; /* its first */
};

/* What a gather has yet to copy. No SIW touches its register before it is ready. */
struct late_copy {
  const uint8_t *cell; /* NULL: nothing */
  const struct psiw *s;
  cycle_t ready;
};

/* May SIWs go by irregular_run? */
static bool irregular_open(const struct vtpu *v, const struct core *c)
{
  const struct ptc *p = &c->ptc;
  return !v->ppt_changes && c->ptc_hit > 0 && p->per_page && !p->reference_hash && !p->way0 &&
         p->ways == IRREGULAR_WAYS;
}

/* The region that gathers are expected in: the last one, if it is rom or private to this core. */
static struct ppt_region *irregular_region(const struct core *c)
{
  struct ppt_region *r = c->node->ppt.last;
  return r && (r->kind == REGION_ROM || (r->kind == REGION_PRIVATE && r->core == c->number)) ? r
                                                                                             : NULL;
}

/* SINDEX has made a coordinate: what a gather there will want. */
HOT void irregular_foresee(const struct core *c, struct ppt_region *r, uint64_t lo, uint64_t hi,
                           struct foreseen *f)
{
  uint64_t page;
  f->set = NULL;
  if (__builtin_expect(!r || !box_page(r, lo, hi, &page), 0))
    return;
  const unsigned cell = (unsigned)lo & (PAGE_CELLS - 1);
  f->lo = lo;
  f->hi = hi;
  f->page = (struct page){r->data + page * PAGE_BYTES, r->first_frame + page, r};
  __builtin_prefetch(f->page.data + cell * CELL_BYTES);
  f->line = (uint32_t)(f->page.frame * PAGE_CELLS);
  set_foresee(&c->l2, tier_index(&c->l2, f->line + cell), SET_8_BYTES);
  ptc_key(&c->ptc, lo, hi, &f->key_lo, &f->key_hi);
  f->set = ptc_set_folded(&c->ptc, f->key_lo, f->key_hi);
  for (unsigned w = 0; w < IRREGULAR_WAYS; w++)
    __builtin_prefetch(f->set + w);
  set_foresee(&c->l1, tier_index(&c->l1, f->line + cell), SET_8_BYTES);
  if (r->kind == REGION_ROM && c->rom_l3)
    tier_foresee(c->rom_l3, f->line + cell);
}

/* A gather at `at` from what was foreseen. False: it is another case, and nothing has changed.
 * `logged`: x has a log. */
HOT bool irregular_gather(struct vtpu *v, struct core *c, const struct context *x,
                          struct mark_counts *count, const struct psiw *s, struct ppt_region *r,
                          const struct foreseen *f, cycle_t at, cycle_t *arrive, struct supply *got,
                          const uint8_t **cell, bool logged)
{
  const uint64_t lo = s->place->lo, hi = s->place->hi;
  const unsigned offset = (unsigned)(hi >> 57) & 63;
  if (__builtin_expect(!f->set || lo != f->lo || hi != f->hi || offset + s->s_width > CELL_BYTES,
                       0))
    return false;
  /* An entry's line stands for its key: no two pages have the same frame. The host cannot foresee
   * which is the victim: no branch on that. */
  unsigned holds = 0;
  uint64_t least = UINT64_MAX;
  for (unsigned w = 0; w < IRREGULAR_WAYS; w++) {
    const uint64_t stamp = f->set[w].stamp * IRREGULAR_WAYS + w;
    holds |= (unsigned)(f->set[w].line == f->line) << w;
    least = stamp < least ? stamp : least;
  }
  const unsigned way = holds ? (unsigned)__builtin_ctz(holds) : (unsigned)least % IRREGULAR_WAYS;
  const bool walks = !holds;
  struct ptc_entry *const e = f->set + way;
  const cycle_t walked = (at > c->walker_free ? at : c->walker_free) + (cycle_t)v->m.ptc_miss,
                hit = at + c->ptc_hit, fill = walks ? walked : e->fill,
                a = walks && walked > hit ? walked : hit;
  if (__builtin_expect(!walks & (fill > at), 0))
    return false;
  const uint32_t line = f->line + ((uint32_t)lo & (PAGE_CELLS - 1));
  struct far_set one, two;
  if (__builtin_expect(far_look(&c->l1, 8, line, &one) && far_look(&c->l2, 8, line, &two), 1)) {
    struct tier *const l3 = r->kind == REGION_ROM ? c->rom_l3 : NULL;
    const uint64_t merges = count->merges[TIER_L3];
    if (!far_turn(v, c, x, a, at) || !supply_far(v, c, l3, count, line, a, got))
      return false;
    if (logged && count->merges[TIER_L3] != merges)
      x->log->next |= OUTCOME_MERGED;
    far_place(&one, 8, line, got->ready << 2 | got->source);
    far_place(&two, 8, line, got->ready << 2 | got->source);
  } else if (!near_gather(c, count, line, a, got)) {
    return false;
  }
  if (logged && walks)
    x->log->next |= OUTCOME_MISS | OUTCOME_WALK;
  count->ptc_misses += walks;
  count->walks += walks;
  c->walker_free = walks ? fill : c->walker_free;
  c->s_closed = walks && fill > c->s_closed ? fill : c->s_closed;
  e->klo = f->key_lo;
  e->khi = f->key_hi;
  e->stamp = c->ptc.clock + walks;
  fill_entry(c, e, &f->page, fill);
  c->ptc.clock += 1 + walks;
  *arrive = a;
  *cell = f->page.data + ((unsigned)lo & (PAGE_CELLS - 1)) * CELL_BYTES + offset;
  return true;
}

/* Copies it. */
HOT void late_copy_done(struct context *x, struct late_copy *late)
{
  if (late->cell)
    gather_copy(x, late->s, late->cell, late->s->s_gather);
  late->cell = NULL;
}

/* SIWs from s on, before cycle `until`, while they are plain and their C slot is empty, and few of
 * the commonest (line.h) follow one SINDEX; returns the next one. */
HOT struct psiw *irregular_siws(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                                cycle_t until, struct plain_run *run, bool logged)
{
  struct ppt_region *region = irregular_region(c);
  const unsigned bytes = v->bytes;
  const cycle_t index_latency = (cycle_t)v->m.latency[LAT_STEP];
  struct foreseen f = {.set = NULL};
  struct late_copy late = {.cell = NULL};
  struct psiw *last = NULL;
  cycle_t from = run->t, complete = run->memory_complete;
  unsigned lines = 0; /* since the last SINDEX */
  while (s->kind & SIW_PLAIN && s->plain_c == PLAIN_C_NONE) {
    if (s->kind & SIW_LINE && lines++ == IRREGULAR_LINES)
      break;
    const cycle_t operands = registers_ready(x, s, from);
    const cycle_t at = s->ports & 2 && c->s_closed > operands ? c->s_closed : operands;
    struct mark_counts *const count = mark_of(x, s);
    uint64_t lo, hi;
    cycle_t arrive = at + c->ptc_hit;
    struct supply got;
    const uint8_t *cell = NULL;
    if (at >= until)
      break;
    if (s->kind & SIW_INDEX) {
      if (late.ready <= operands)
        late_copy_done(x, &late);
      if (!plain_index(v, x, s, &lo, &hi))
        break;
      irregular_foresee(c, region, lo, hi, &f);
      lines = 0;
    } else if (s->s_gather) {
      if (c->entry_free[c->entry_next] > operands)
        break;
      if (!irregular_gather(v, c, x, count, s, region, &f, at, &arrive, &got, &cell, logged)) {
        struct ptc_hint *const hint = &s->place->hint;
        if (plain_otherwise(v, c, x, s, at, &arrive, &got) == PLAIN_NOT)
          break;
        hint->entry->stamp = c->ptc.clock++;
        cell = hint->bytes + (s->place->lo - hint->base) * CELL_BYTES;
        region = irregular_region(c);
        f.set = NULL;
      }
    }
    if (operands > from)
      charge_operands(x, s, count->stack, from, operands);
    count->stack[STALL_PTC] += at - operands;
    if (logged && at > operands)
      log_stall(x->log, STALL_PTC, at - operands);
    if (late.ready <= operands)
      late_copy_done(x, &late);
    if (s->d) {
      s->d(x->r, &s->dop, bytes);
      x->ready[s->dop.rd] = at + s->d_latency;
      x->cause[s->dop.rd] = STALL_DRESULT;
    }
    if (s->kind & SIW_INDEX) {
      place_move(&x->p[s->s_reg], lo, hi);
      x->ready[REG_P + s->s_reg] = at + index_latency;
      x->cause[REG_P + s->s_reg] = STALL_SRESULT;
    } else if (s->s_gather) {
      late_copy_done(x, &late);
      late = (struct late_copy){cell, s, got.ready};
      x->ready[s->s_reg] = got.ready;
      x->cause[s->s_reg] = (uint8_t)(STALL_L1 + got.source);
      x->arrive[s->s_reg] = arrive;
      complete = got.ready > complete ? got.ready : complete;
      entry_take(c, got.ready);
      if (logged)
        log_gather(x, s, got.source, arrive, got.ready);
    }
    if (logged)
      log_issue(x->log, at, (uint32_t)(s - x->code) + x->code_first);
    from = at + 1;
    last = s++;
    if (last->loop_ends) {
      const uint32_t pc = (uint32_t)(last - x->code) + x->code_first;
      const struct hw_loop *h = loop_round(x, last, pc);
      if (h)
        s = x->code + (h->start - x->code_first);
      if (h && rest_of(x, last)->body)
        break; /* a memo may serve it */
    }
  }
  late_copy_done(x, &late);
  if (last) {
    run->t = from;
    run->last = last;
    run->memory_complete = complete;
  }
  return s;
}

/* Without a log, and with one. */
static __attribute__((noinline)) struct psiw *irregular_run(struct vtpu *v, struct core *c,
                                                            struct context *x, struct psiw *s,
                                                            cycle_t until, struct plain_run *run)
{
  return irregular_siws(v, c, x, s, until, run, false);
}

static __attribute__((noinline)) struct psiw *irregular_run_logged(struct vtpu *v, struct core *c,
                                                                   struct context *x,
                                                                   struct psiw *s, cycle_t until,
                                                                   struct plain_run *run)
{
  return irregular_siws(v, c, x, s, until, run, true);
}

#endif
