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
typedef uint8_t vector32 __attribute__((vector_size(32), aligned(1), may_alias));

/* The data of an access come from this tier at this time. */
struct supply {
  cycle_t ready;
  unsigned source;
};

#define HOT static inline __attribute__((always_inline))
/* name_suffix: in files that are compiled for several vector widths of the host. */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b)  PASTE_(a, b)

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
HOT const struct ptc_hint *gather_hint(const struct core *c, const struct psiw *s, cycle_t t)
{
  const struct ptc_hint *hint = s->s_hint;
  if (hint->version != c->ptc.version || *s->s_lo - hint->base >= PAGE_CELLS ||
      hint->hi != *s->s_hi || hint->room < s->s_width || hint->entry->fill > t)
    return NULL;
  return hint;
}

/* Where such a gather finds its line. */
struct gather_probe {
  struct cache_set *s1, *s2; /* of L1, and of L2 if L1 misses */
  uint64_t *ready1;          /* L1 misses: the ready time of its victim's way */
  uint32_t line;
  unsigned way, victim; /* in the set that hits; L1's */
};

/* Looks for the line: in L1, or in L2 with a clean victim in L1, and not in flight. False: it is
 * another case. Nothing changes. Both tiers have 8 ways. */
HOT bool gather_probe(struct core *c, uint32_t line, cycle_t a, struct gather_probe *p)
{
  struct tier *l1 = &c->l1, *l2 = &c->l2;
  uint32_t i1 = tier_index(l1, line);
  *p = (struct gather_probe){.line = line, .s1 = set_of_8(l1, i1)};
  int way = set_find(p->s1, 8, line);
  if (way >= 0) {
    p->way = (unsigned)way;
    return !set_inflight(l1, i1, p->s1, p->way, a);
  }
  p->victim = set_victim(p->s1, 8);
  p->ready1 = &l1->ready[(size_t)i1 * 8 + p->victim];
  uint32_t i2 = tier_index(l2, line);
  p->s2 = set_of_8(l2, i2);
  way = set_find(p->s2, 8, line);
  p->way = (unsigned)way;
  return way >= 0 && !(p->s1->dirty >> p->victim & 1) && !set_inflight(l2, i2, p->s2, p->way, a);
}

/* It was not found, because neither tier holds it, and drives nothing dirty out of either. */
HOT bool gather_misses(const struct gather_probe *p)
{
  return p->s2 && (int)p->way < 0 && !(p->s1->dirty >> p->victim & 1) &&
         !(p->s2->dirty >> set_victim(p->s2, 8) & 1);
}

HOT unsigned gather_tier(const struct gather_probe *p)
{
  return p->s2 ? TIER_L2 : TIER_L1;
}

/* When it will be complete that arrives at `a`. */
HOT cycle_t gather_ready(const struct core *c, cycle_t a, const struct gather_probe *p)
{
  const struct tier *t = p->s2 ? &c->l2 : &c->l1;
  return (a > t->free ? a : t->free) + t->latency;
}

/* Takes the line from there: port, tags, order of use. */
HOT void gather_supply(struct core *c, cycle_t ready, const struct gather_probe *p)
{
  if (!p->s2) {
    set_touch_8(p->s1, p->way);
    c->l1.free = ready - c->l1.latency + c->l1.interval;
    return;
  }
  set_touch_8(p->s2, p->way);
  c->l2.free = ready - c->l2.latency + c->l2.interval;
  p->s1->tag[p->victim] = p->line + 1;
  p->s1->inflight |= (uint16_t)(1u << p->victim);
  *p->ready1 = ready << 2 | TIER_L2;
  set_touch_victim(p->s1, 8, p->victim);
}

/* The same for a private line that neither tier holds (gather_misses): it comes from DDR, whose
 * turn the caller has. Returns when. */
HOT cycle_t gather_supply_ddr(struct vtpu *v, struct core *c, cycle_t a,
                              const struct gather_probe *p)
{
  cycle_t ready = ddr_port(v, c->node, a, 1) + (cycle_t)v->m.ddr_latency;
  const unsigned victim2 = set_victim(p->s2, 8);
  const uint16_t bit1 = (uint16_t)(1u << p->victim), bit2 = (uint16_t)(1u << victim2);
  const bool flight = ready > a;
  c->node->ddr_reads++;
  p->s1->tag[p->victim] = p->s2->tag[victim2] = p->line + 1;
  p->s1->inflight = (uint16_t)(flight ? p->s1->inflight | bit1 : p->s1->inflight & ~bit1);
  p->s2->inflight = (uint16_t)(flight ? p->s2->inflight | bit2 : p->s2->inflight & ~bit2);
  *p->ready1 = c->l2.ready[(size_t)tier_index(&c->l2, p->line) * 8 + victim2] =
      ready << 2 | TIER_DDR;
  set_touch_victim(p->s1, 8, p->victim);
  set_touch_victim(p->s2, 8, victim2);
  return ready;
}

/* May what arrives at `a`, issued at t, have DDR now? Nothing that comes before it is still to
 * come. */
HOT bool ddr_turn(const struct vtpu *v, const struct core *c, const struct context *x, cycle_t a,
                  cycle_t t)
{
  return c->queue_count == 0 && c->ptc_hit > 0 && key_of(a, x->global) <= c->node->limit &&
         before_wakes(v, c, a, t);
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
  if (s->s_code == OP_SGATHER)
    memset(r, 0, R_BYTES_MAX); /* beyond DLEN a register is zero anyway */
  if (s->s_width == 8)
    memcpy(r + s->s_at, cell, 8);
  else
    memcpy(r + s->s_at, cell, s->s_width);
}

/* Carries out a gather that was found at its arrival `a`, in a near tier, or as a miss of both that
 * DDR supplies; returns when it is complete. */
HOT cycle_t gather_commit(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                          const struct ptc_hint *hint, cycle_t a, const struct gather_probe *p,
                          bool from_ddr)
{
  unsigned tier = from_ddr ? TIER_DDR : gather_tier(p);
  cycle_t ready;
  if (from_ddr) {
    ready = gather_supply_ddr(v, c, a, p);
  } else {
    ready = gather_ready(c, a, p);
    gather_supply(c, ready, p);
  }
  hint->entry->stamp = c->ptc.clock++;
  gather_copy(x, s, hint->bytes + (*s->s_lo - hint->base) * CELL_BYTES, s->s_gather);
  x->ready[s->s_reg] = ready;
  x->cause[s->s_reg] = (uint8_t)(STALL_L1 + tier);
  x->arrive[s->s_reg] = a;
  x->marks[s->mark].hits[tier]++;
  return ready;
}

HOT uint32_t gather_line(const struct psiw *s, const struct ptc_hint *hint)
{
  return hint->line + (uint32_t)(*s->s_lo - hint->base);
}

#endif
