/* The hot path of the S-pipe: a gather that stays in its core's own tiers.
 *
 * It does to the bit what memory_issue and arrive (memory.c) do in this case, in a quarter of the
 * host's instructions; everything else is left to them.
 */
#ifndef VTPU_SIM_GATHER_H
#define VTPU_SIM_GATHER_H

#include "sim/engine.h"

#include <string.h>

enum { WALK_AHEAD = 6 }; /* lines */

#define HOT static inline __attribute__((always_inline))

HOT struct cache_set *set_of_8(const struct tier *t, uint32_t index)
{
  return (struct cache_set *)(t->sets + (size_t)index * 64);
}

/* The latest of `t` and the registers' ready times. The list is filled up with REG_NONE, always
 * ready, so that the loop has a fixed length for nearly all SIWs. */
HOT cycle_t registers_ready(const struct context *x, const struct psiw *s, cycle_t t)
{
  for (unsigned i = 0; i < 8; i++) {
    cycle_t r = x->ready[s->reg[i]];
    t = r > t ? r : t;
  }
  if (__builtin_expect(s->reg_count > 8, 0))
    for (unsigned i = 8; i < s->reg_count; i++) {
      cycle_t r = x->ready[s->reg[i]];
      t = r > t ? r : t;
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

/* Does an arrival at `a` come before those of a core that an issue of this one, at t or later, may
 * wake? */
HOT bool before_wakes(const struct vtpu *v, const struct core *c, cycle_t a, cycle_t t)
{
  return a < t + v->reach + c->ptc_hit;
}

/* A memory entry that is free at t: there is one. */
HOT unsigned take_entry(struct core *c, cycle_t t)
{
  unsigned i = c->entry_next;
  while (c->entry_free[i] > t)
    i = i + 1 < c->entries ? i + 1 : 0;
  c->entry_next = i + 1 < c->entries ? i + 1 : 0;
  return i;
}

/* A memory operation is complete at `done`. */
HOT void finish(struct core *c, struct context *x, unsigned entry, cycle_t done)
{
  c->entry_free[entry] = done;
  if (done > x->complete)
    x->complete = done;
  if (done > x->memory_complete)
    x->memory_complete = done;
}

/* The hint of a gather that needs no look-up, no walk and no check: a PTC hit on a page of rom, or
 * private to this core. NULL: memory_issue must look. */
HOT const struct ptc_hint *gather_hint(const struct core *c, const struct context *x,
                                       const struct psiw *s, cycle_t t)
{
  const struct ptc_hint *hint = s->s_imc ? &s->hint : &x->hint[s->s_p];
  uint64_t lo = s->s_imc ? s->imm_lo : x->p_lo[s->s_p];
  uint64_t hi = s->s_imc ? s->imm_hi : x->p_hi[s->s_p];
  if (hint->version != c->ptc.version || hint->page != lo >> 6 || hint->hi != hi ||
      hint->room < s->s_width || hint->entry->fill > t)
    return NULL;
  return hint;
}

/* Where such a gather finds its line. */
struct gather_probe {
  struct cache_set *s1, *s2; /* of L1, and of L2 if L1 misses */
  uint64_t *ready1;          /* L1 misses: the ready time of its victim's way */
  uint32_t line;
  unsigned way; /* in the set that hits */
  bool hit1;
};

/* Looks for the line: in L1, or in L2 with a clean victim in L1, and not in flight. False: it is
 * another case. Nothing changes. Both tiers have 8 ways. */
HOT bool gather_probe(struct core *c, const struct ptc_hint *hint, uint64_t lo, cycle_t a,
                      struct gather_probe *p)
{
  p->line = hint->entry->line + ((uint32_t)lo & 63);
  struct tier *l1 = &c->l1;
  uint32_t i1 = tier_index(l1, p->line);
  p->s1 = set_of_8(l1, i1);
  int way = set_find(p->s1, 8, p->line);
  if (way >= 0) {
    p->hit1 = true;
    p->s2 = NULL;
    p->ready1 = NULL;
    p->way = (unsigned)way;
    return !(p->s1->inflight >> way & 1) || l1->ready[(size_t)i1 * 8 + p->way] >> 2 <= a;
  }
  p->hit1 = false;
  unsigned victim = set_victim(p->s1, 8);
  p->ready1 = &l1->ready[(size_t)i1 * 8 + victim];
  if (p->s1->dirty >> victim & 1)
    return false;
  struct tier *l2 = &c->l2;
  uint32_t i2 = tier_index(l2, p->line);
  p->s2 = set_of_8(l2, i2);
  way = set_find(p->s2, 8, p->line);
  p->way = (unsigned)way;
  return way >= 0 &&
         (!(p->s2->inflight >> way & 1) || l2->ready[(size_t)i2 * 8 + p->way] >> 2 <= a);
}

/* The bytes of the cell into the register. */
HOT void gather_copy(struct context *x, const struct psiw *s, const struct ptc_hint *hint,
                     uint64_t lo)
{
  const uint8_t *cell = hint->entry->data + (lo & 63) * CELL_BYTES;
  uint8_t *r = x->r[s->s_reg];
  if (s->s_width == CELL_BYTES) {
    __builtin_prefetch(cell + WALK_AHEAD * CELL_BYTES);
    for (unsigned i = 0; i < CELL_BYTES; i += 16) /* one piece would become a slow string copy */
      memcpy(r + i, cell + i, 16);
    return;
  }
  cell += CELL_BYTES - hint->room;
  if (s->s_code == OP_SGATHER)
    memset(r, 0, R_BYTES_MAX); /* beyond DLEN a register is zero anyway */
  if (s->s_width == 8)
    memcpy(r + s->s_at, cell, 8);
  else
    memcpy(r + s->s_at, cell, s->s_width);
}

/* Carries it out; returns when it is complete. */
HOT cycle_t gather_commit(struct core *c, struct context *x, const struct psiw *s,
                          const struct ptc_hint *hint, uint64_t lo, cycle_t a,
                          const struct gather_probe *p)
{
  cycle_t ready;
  unsigned tier;
  if (p->hit1) {
    p->s1->inflight &= (uint16_t) ~(1u << p->way);
    set_touch(p->s1, p->way);
    ready = port(&c->l1, a) + c->l1.latency;
    tier = TIER_L1;
  } else {
    unsigned victim = set_victim(p->s1, 8);
    p->s2->inflight &= (uint16_t) ~(1u << p->way);
    set_touch(p->s2, p->way);
    ready = port(&c->l2, a) + c->l2.latency;
    tier = TIER_L2;
    p->s1->tag[victim] = p->line + 1;
    p->s1->inflight |= (uint16_t)(1u << victim);
    *p->ready1 = ready << 2 | TIER_L2;
    set_touch_victim(p->s1, 8, victim);
  }
  hint->entry->stamp = c->ptc.clock++;
  /* Most gathers walk: let the host fetch what the walk will want soon. */
  __builtin_prefetch(set_of_8(&c->l2, tier_index(&c->l2, p->line + WALK_AHEAD)));
  gather_copy(x, s, hint, lo);
  x->ready[s->s_reg] = ready;
  x->cause[s->s_reg] = (uint8_t)(STALL_L1 + tier);
  x->arrive[s->s_reg] = a;
  x->marks[s->mark].hits[tier]++;
  return ready;
}

#endif
