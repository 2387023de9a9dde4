/* The hot path of the S-pipe: a gather that stays in its core's own tiers.
 *
 * It does to the bit what memory_issue and arrive (memory.c) do in this case, in a quarter of the
 * host's instructions; everything else is left to them.
 */
#ifndef VTPU_SIM_GATHER_H
#define VTPU_SIM_GATHER_H

#include "sim/log.h"

#include <string.h>

enum { WALK_AHEAD = 6 }; /* lines */
typedef uint8_t vector32 __attribute__((vector_size(32), aligned(1), may_alias));

#define HOT static inline __attribute__((always_inline))
/* name_suffix: in files that are compiled for several vector widths of the host. */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b)  PASTE_(a, b)

HOT struct cache_set *set_of_8(const struct tier *t, uint32_t index)
{
  return (struct cache_set *)(t->sets + (size_t)index * SET_8_BYTES);
}

/* The latest of `t` and the registers' ready times. The list is filled up with REG_NONE, always
 * ready, so that the loops have fixed lengths. */
HOT cycle_t registers_ready(const struct context *x, const struct psiw *s, cycle_t t)
{
  for (unsigned i = 0; i < REGS_FIRST; i++) {
    cycle_t r = x->ready[s->reg[i]];
    t = r > t ? r : t;
  }
  if (s->kind & SIW_MORE_REGS)
#pragma GCC unroll 4
    for (unsigned i = REGS_FIRST; i < REGS_HOT; i++) {
      cycle_t r = x->ready[s->reg[i]];
      t = r > t ? r : t;
    }
  if (__builtin_expect(s->kind & SIW_MANY_REGS, 0)) {
    const struct psiw_rest *q = rest_of(x, s);
    for (unsigned i = REGS_HOT; i < q->reg_count; i++) {
      cycle_t r = x->ready[q->reg[i]];
      t = r > t ? r : t;
    }
  }
  return t;
}

/* Takes a tier's port from `a` on; returns when. */
HOT cycle_t port(struct tier *t, cycle_t a)
{
  cycle_t start = a > t->free ? a : t->free;
  t->free = start + t->interval;
  return start;
}

/* Lines to or from DDR; returns when the first transfer starts, rounded up to a cycle. */
HOT cycle_t ddr_port(struct vtpu *v, struct node *n, cycle_t a, unsigned lines)
{
  cycle_t start = a * 256 > n->ddr_free ? a * 256 : n->ddr_free;
  n->ddr_free = start + lines * v->ddr_slot;
  return (start + 255) / 256;
}

/* Does an arrival at `a` come before those of a core that an issue of this one, at t or later, may
 * wake? */
HOT bool before_wakes(const struct vtpu *v, const struct core *c, cycle_t a, cycle_t t)
{
  return a < t + v->reach + c->ptc_hit;
}

/* Memory entries are as good as each other. They lie in the order in which they become free, from
 * entry_next on around the ring; behind those whose time is known, those that wait for an arrival.
 */

/* First cycle from `t` on at which one is free; WAITS + the earliest if that depends on an arrival.
 */
HOT cycle_t entry_free_from(const struct core *c, cycle_t t)
{
  const cycle_t least = c->entry_free[c->entry_next];
  if (least <= t)
    return t;
  if (__builtin_expect(c->queue_count == 0, 1))
    return least;
  cycle_t bound = NEVER;
  for (unsigned i = 0; i < c->entries; i++) {
    const cycle_t free = c->entry_free[i];
    bound = free >= WAITS && free - WAITS < bound ? free - WAITS : bound;
  }
  return bound < least ? WAITS + (bound > t ? bound : t) : least;
}

/* The one that is free first is taken until `free`: it becomes the last of the ring, mostly. */
HOT void entry_take(struct core *c, cycle_t free)
{
  /* Without branches where the ring ends: the host would guess them wrong each time around. */
  const unsigned at = c->entry_next, n = c->entries, last = at - 1 + (n & -(unsigned)(at == 0));
  if (c->entry_free[last] <= free) {
    c->entry_free[at] = free;
    c->entry_next = (at + 1) & -(unsigned)(at + 1 < n);
  } else {
    entry_insert(c, free);
  }
}

/* A memory operation that took its entry is complete at `done`. */
HOT void complete_at(struct context *x, cycle_t done)
{
  if (__builtin_expect(done > x->memory_complete, 1))
    x->memory_complete = done;
}

/* A memory operation takes an entry, and is complete at `done`. */
HOT void finish(struct core *c, struct context *x, cycle_t done)
{
  entry_take(c, done);
  complete_at(x, done);
}

/* The hint of a gather (of `width` bytes) that needs no look-up, no walk and no check: a PTC hit on
 * a page of rom, or private to this core. NULL: memory_issue must look. */
HOT const struct ptc_hint *gather_hint_of(const struct psiw *s, unsigned width, cycle_t t)
{
  const struct place *at = s->place;
  const struct ptc_hint *hint = &at->hint;
  if (at->lo - hint->base >= PAGE_CELLS || hint->room < width || hint->entry->line != hint->line ||
      hint->entry->fill > t)
    return NULL;
  return hint;
}
HOT const struct ptc_hint *gather_hint(const struct psiw *s, cycle_t t)
{
  return gather_hint_of(s, s->s_width, t);
}

/* set_inflight of the way that holds a line, one of 8. Out of the way, so that the common case has
 * the host's registers. */
static __attribute__((noinline, cold)) bool way_inflight(struct cache_set *s, unsigned ways,
                                                         cycle_t a)
{
  return set_inflight(s, 8, (unsigned)__builtin_ctz(ways), a);
}
HOT bool ways_inflight(struct cache_set *s, unsigned ways, cycle_t a)
{
  return s->inflight & ways && way_inflight(s, ways, a);
}

/* A gather that arrives at `a`, from L1, or from L2 with a clean victim in L1, of a line that is
 * not in flight. False: it is another case, and nothing has changed. Both tiers have 8 ways. */
HOT bool near_gather(struct core *c, struct mark_counts *count, uint32_t line, cycle_t a,
                     struct supply *got)
{
  struct tier *const l1 = &c->l1, *const l2 = &c->l2;
  struct cache_set *const s1 = set_of_8(l1, tier_index(l1, line));
  unsigned ways = set_ways(s1, 8, line);
  if (ways) {
    if (ways_inflight(s1, ways, a))
      return false;
    set_touch_8(s1, (unsigned)__builtin_ctz(ways));
    count->hits[TIER_L1]++;
    *got = (struct supply){port(l1, a) + l1->latency, TIER_L1};
    return true;
  }
  struct cache_set *const s2 = set_of_8(l2, tier_index(l2, line));
  /* Most gathers walk, and what L2 supplies once it supplies again. A hit needs no ready times, so
   * that the first of the set's two host lines will do. */
  __builtin_prefetch(set_of_8(l2, tier_index(l2, line + WALK_AHEAD)));
  const unsigned victim = set_victim(s1, 8);
  ways = set_ways(s2, 8, line);
  if (!ways || s1->dirty >> victim & 1 || ways_inflight(s2, ways, a))
    return false;
  set_touch_8(s2, (unsigned)__builtin_ctz(ways));
  count->hits[TIER_L2]++;
  *got = (struct supply){port(l2, a) + l2->latency, TIER_L2};
  set_touch_victim(s1, 8);
  s1->tag[victim] = line + 1;
  s1->inflight |= (uint16_t)(1u << victim);
  set_ready(s1, 8)[victim] = got->ready << 2 | TIER_L2;
  return true;
}

/* A way that holds a line supplies it at `a`, or the access joins the line in flight. */
HOT struct supply supply_from(const struct vtpu *v, struct tier *t, unsigned level,
                              struct mark_counts *count, struct cache_set *s, unsigned way,
                              cycle_t a)
{
  set_touch(s, way);
  if (s->inflight >> way & 1) {
    uint64_t r = set_ready(s, t->tag_slots)[way];
    if (r >> 2 > a) {
      cycle_t l1 = a + (cycle_t)v->m.l1_latency;
      count->merges[level]++;
      return (struct supply){r >> 2 > l1 ? r >> 2 : l1, r & 3};
    }
    s->inflight &= (uint16_t) ~(1u << way);
  }
  count->hits[level]++;
  return (struct supply){port(t, a) + t->latency, level};
}

/* What lies behind a line that neither near tier holds: its half of L3, if it may be there, and
 * DDR. The caller has the turn. False: it would drive out a dirty line, and nothing has changed. */
HOT bool supply_far(struct vtpu *v, struct core *c, struct tier *far, struct mark_counts *count,
                    uint32_t line, cycle_t a, struct supply *out)
{
  struct node *n = c->node;
  struct cache_set *s = NULL;
  unsigned way = 0;
  if (far) {
    s = tier_set(far, tier_index(far, line));
    unsigned ways = set_ways(s, far->tag_slots, line);
    if (ways) {
      *out = supply_from(v, far, TIER_L3, count, s, (unsigned)__builtin_ctz(ways), a);
      return true;
    }
    way = set_victim(s, far->ways);
    if (s->dirty >> way & 1)
      return false;
  }
  const cycle_t ready = ddr_port(v, n, a, 1) + (cycle_t)v->m.ddr_latency;
  *out = (struct supply){ready, TIER_DDR};
  count->hits[TIER_DDR]++;
  n->ddr_reads++;
  if (far) {
    const uint16_t bit = (uint16_t)(1u << way);
    s->tag[way] = line + 1;
    s->inflight = (uint16_t)(ready > a ? s->inflight | bit : s->inflight & ~bit);
    set_ready(s, far->tag_slots)[way] = ready << 2 | TIER_DDR;
    set_touch_victim(s, far->ways);
  }
  return true;
}

/* Most gathers walk: lets the host fetch what the walk will want soon of L2 and L3. */
HOT void gather_foresee(const struct core *c, const struct tier *far, uint32_t line)
{
  if (far)
    tier_foresee(far, line);
  tier_foresee(&c->l2, line);
}

/* May what arrives at `a`, issued at t, have L3 and DDR now? Nothing that comes before it is still
 * to come. */
HOT bool far_turn(const struct vtpu *v, const struct core *c, const struct context *x, cycle_t a,
                  cycle_t t)
{
  return c->queue_count == 0 && c->ptc_hit > 0 &&
         ((a - c->ptc_hit) << KEY_SENTRON_BITS | x->global) <= c->node->limit &&
         before_wakes(v, c, a, t);
}

/* A gather of a line that no near tier holds, issued at t: if its turn has come, takes it from
 * `far` or DDR. False: it has not, or a dirty line would be driven out; nothing has changed. */
HOT bool gather_at_turn(struct vtpu *v, struct core *c, const struct context *x, struct tier *far,
                        struct mark_counts *count, uint32_t line, cycle_t a, cycle_t t,
                        struct supply *got)
{
  const uint64_t merges = count->merges[TIER_L3];
  if (!far_turn(v, c, x, a, t) || !supply_far(v, c, far, count, line, a, got))
    return false;
  if (x->log && count->merges[TIER_L3] != merges)
    x->log->next |= OUTCOME_MERGED;
  return true;
}

/* A set that does not hold a line, and the way that it would get. */
struct far_set {
  struct cache_set *set;
  uint32_t index;
  unsigned way;
};

/* False: the set holds the line, or would drive out a dirty one. `ways`: of the tier. */
HOT bool far_look(const struct tier *t, unsigned ways, uint32_t line, struct far_set *f)
{
  f->index = tier_index(t, line);
  f->set =
      (struct cache_set *)(t->sets + (size_t)f->index * (ways == 8 ? SET_8_BYTES : SET_16_BYTES));
  f->way = set_victim(f->set, ways);
  return !(f->set->dirty >> f->way & 1) && !set_holds(f->set, ways, line);
}

/* Puts the line there, in flight until it is ready (set_inflight). */
HOT void far_place(const struct far_set *f, unsigned ways, uint32_t line, uint64_t ready)
{
  set_touch_victim(f->set, ways);
  f->set->tag[f->way] = line + 1;
  f->set->inflight |= (uint16_t)(1u << f->way);
  set_ready(f->set, ways)[f->way] = ready;
}

enum far_how {
  FAR_NOT,   /* a near tier holds it, or would drive out a dirty line */
  FAR_WAITS, /* its turn has not come, or L3 would drive out a dirty line */
  FAR_DONE
};

/* A gather of rom or what is private to this core that neither near tier holds, issued at t: at its
 * turn both take the line. If it is not done, nothing has changed. */
HOT enum far_how gather_far(struct vtpu *v, struct core *c, const struct context *x, unsigned kind,
                            struct mark_counts *count, uint32_t line, cycle_t a, cycle_t t,
                            struct supply *got)
{
  struct far_set one, two;
  if (!far_look(&c->l1, 8, line, &one) || !far_look(&c->l2, 8, line, &two))
    return FAR_NOT;
  struct tier *const l3 = kind == REGION_ROM ? c->rom_l3 : NULL;
  if (!gather_at_turn(v, c, x, l3, count, line, a, t, got))
    return FAR_WAITS;
  far_place(&one, 8, line, got->ready << 2 | got->source);
  far_place(&two, 8, line, got->ready << 2 | got->source);
  return FAR_DONE;
}

/* A prefetch of rom, or what is private to this core, into L2, which arrives at `a`, issued at t.
 * False: its turn at the far tiers has not come (*far), or it is another case; nothing has
 * changed. */
HOT bool prefetch_l2(struct vtpu *v, struct core *c, const struct context *x, unsigned kind,
                     struct mark_counts *count, uint32_t line, cycle_t a, cycle_t t, bool *far,
                     struct supply *got)
{
  struct tier *l2 = &c->l2;
  struct cache_set *s = set_of_8(l2, tier_index(l2, line));
  const unsigned ways = set_ways(s, 8, line), victim = set_victim(s, 8);
  const uint16_t bit = (uint16_t)(1u << victim);
  if (c->queue_count) /* lines may have been asked for */
    return false;
  if (ways) {
    *got = supply_from(v, l2, TIER_L2, count, s, (unsigned)__builtin_ctz(ways), a);
    return true;
  }
  *far = true;
  if (s->dirty & bit ||
      !gather_at_turn(v, c, x, kind == REGION_ROM ? c->rom_l3 : NULL, count, line, a, t, got))
    return false;
  s->tag[victim] = line + 1;
  s->inflight = (uint16_t)(got->ready > a ? s->inflight | bit : s->inflight & ~bit);
  set_ready(s, 8)[victim] = got->ready << 2 | got->source;
  set_touch_victim(s, 8);
  return true;
}

/* Fills in a new entry of the PTC, whose walk ends at `fill`. */
HOT void fill_entry(struct core *c, struct ptc_entry *e, const struct page *page, cycle_t fill)
{
  e->fill = fill;
  e->data = page->data;
  e->line = (uint32_t)(page->frame * PAGE_CELLS);
  e->region = page->region;
  e->kind = (uint8_t)page->region->kind;
  e->foreign = page->region->kind == REGION_PRIVATE && page->region->core != c->number;
}

/* The bytes of a cell, from the coordinate's offset on, into the register. */
HOT void gather_copy(struct context *x, const struct psiw *s, const uint8_t *cell,
                     enum plain_gather gather)
{
  uint8_t *r = x->r[s->s_reg];
  if (gather == GATHER_LINE) {
    __builtin_prefetch(cell + WALK_AHEAD * CELL_BYTES);
    const vector32 *from = (const vector32 *)(const void *)cell; /* no string instruction */
    vector32 *to = (vector32 *)(void *)r;
    to[0] = from[0];
    to[1] = from[1];
    return;
  }
  if (gather == GATHER_WORD) {
    memcpy(r, cell, 8);
    return;
  }
  if (s->s_gather == GATHER_PART)
    memset(r, 0, R_BYTES_MAX); /* beyond DLEN a register is zero anyway */
  if (s->s_width == 8)
    memcpy(r + s->s_at, cell, 8);
  else
    memcpy(r + s->s_at, cell, s->s_width);
}

/* The result of a gather that arrives at `a`, and what it leaves in the PTC. */
HOT void gather_finish(struct core *c, struct context *x, const struct psiw *s,
                       const struct ptc_hint *hint, cycle_t a, struct supply got)
{
  hint->entry->stamp = c->ptc.clock++;
  gather_copy(x, s, hint->bytes + (s->place->lo - hint->base) * CELL_BYTES, s->s_gather);
  x->ready[s->s_reg] = got.ready;
  x->cause[s->s_reg] = (uint8_t)(STALL_L1 + got.source);
  x->arrive[s->s_reg] = a;
  log_gather(x, s, got.source, a, got.ready);
}

HOT uint32_t gather_line(const struct psiw *s, const struct ptc_hint *hint)
{
  return hint->line + (uint32_t)(s->place->lo - hint->base);
}

#endif
