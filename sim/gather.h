/* The hot path of the S-pipe: a gather that stays in its core's own tiers.
 *
 * It does to the bit what memory_issue and arrive (memory.c) do in this case, in a quarter of the
 * host's instructions; everything else is left to them.
 */
#ifndef VTPU_SIM_GATHER_H
#define VTPU_SIM_GATHER_H

#include "sim/engine.h"

#include <string.h>

#define HOT static inline __attribute__((always_inline))

HOT struct cache_set *set_of_8(const struct tier *t, uint32_t index)
{
  return (struct cache_set *)(t->sets + (size_t)index * 64);
}

/* Takes a tier's port from `a` on; returns when. */
HOT cycle_t port(struct tier *t, cycle_t a)
{
  cycle_t start = a > t->free ? a : t->free;
  t->free = start + t->interval;
  return start;
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

/* Such a gather, of a line that L1 holds, or that L2 holds and whose victim in L1 is clean, with
 * nothing in flight or queued before it. False: it is another case, and nothing has changed. Both
 * tiers have 8 ways or fewer. */
HOT bool gather_fast(struct core *c, struct context *x, const struct psiw *s,
                     const struct ptc_hint *hint, cycle_t t)
{
  if (c->queue_count)
    return false;
  struct ptc_entry *e = hint->entry;
  uint64_t lo = s->s_imc ? s->imm_lo : x->p_lo[s->s_p];
  uint32_t line = e->line + ((uint32_t)lo & 63);
  cycle_t a = t + c->ptc_hit, ready;
  struct tier *l1 = &c->l1;
  uint32_t i1 = tier_index(l1, line);
  struct cache_set *s1 = set_of_8(l1, i1);
  int way = set_find(s1, 8, line);
  unsigned tier = TIER_L1;
  if (way >= 0) {
    if (s1->inflight >> way & 1) {
      if (l1->ready[(size_t)i1 * 8 + (unsigned)way] >> 2 > a)
        return false;
      s1->inflight &= (uint16_t) ~(1u << way);
    }
    set_touch(s1, (unsigned)way);
    ready = port(l1, a) + l1->latency;
  } else {
    struct tier *l2 = &c->l2;
    unsigned victim = set_victim(s1, l1->ways);
    if (s1->dirty >> victim & 1)
      return false;
    uint32_t i2 = tier_index(l2, line);
    struct cache_set *s2 = set_of_8(l2, i2);
    way = set_find(s2, 8, line);
    if (way < 0)
      return false;
    if (s2->inflight >> way & 1) {
      if (l2->ready[(size_t)i2 * 8 + (unsigned)way] >> 2 > a)
        return false;
      s2->inflight &= (uint16_t) ~(1u << way);
    }
    set_touch(s2, (unsigned)way);
    ready = port(l2, a) + l2->latency;
    tier = TIER_L2;
    s1->tag[victim] = line + 1;
    s1->inflight |= (uint16_t)(1u << victim);
    l1->ready[(size_t)i1 * 8 + victim] = ready << 2 | TIER_L2;
    set_touch_victim(s1, l1->ways, victim);
  }
  e->stamp = c->ptc.clock++;
  const uint8_t *cell = e->data + (lo & 63) * CELL_BYTES;
  uint8_t *r = x->r[s->s_reg];
  if (s->s_width == CELL_BYTES) {
    memcpy(r, cell, CELL_BYTES);
  } else {
    if (s->s_code == OP_SGATHER)
      memset(r, 0, R_BYTES_MAX); /* beyond DLEN a register is zero anyway */
    memcpy(r + s->s_at, cell + CELL_BYTES - hint->room, s->s_width);
  }
  x->ready[s->s_reg] = ready;
  x->cause[s->s_reg] = (uint8_t)(STALL_L1 + tier);
  x->arrive[s->s_reg] = a;
  x->marks[s->mark].hits[tier]++;
  finish(c, x, take_entry(c, t), ready);
  return true;
}

#endif
