/* The common arrival: a gather that misses L1 and L2 and drives nothing dirty out of them. Its near
 * part, here, is done at issue; its far part, for a line of rom that its half of L3 does not hold,
 * is a DDR slot and a clean way there (arrival_gather.c). Both do to the bit what arrival.c does in
 * this case; everything else is left to that.
 */
#ifndef VTPU_SIM_ARRIVAL_GATHER_H
#define VTPU_SIM_ARRIVAL_GATHER_H

#include "sim/arrival.h"

/* When the result of a line that the tier may supply comes at the earliest: bound_of of arrival.c
 * for a gather whose near part is done. */
HOT cycle_t bound_of_gather(const struct vtpu *v, const struct core *c, const struct tier *far,
                            uint32_t line, cycle_t arrival)
{
  cycle_t ddr = c->node->ddr_free / 256 + (cycle_t)v->m.ddr_latency;
  if (ddr <= arrival)
    return arrival + 1;
  if (far) {
    uint32_t index = tier_index(far, line);
    const struct cache_set *s = tier_set(far, index);
    if (set_ways(s, far->tag_slots, line))
      return arrival + 1;
    __builtin_prefetch(&far->ready[(size_t)index * far->tag_slots + set_victim(s, far->ways)]);
  }
  return ddr;
}

/* Issued at t, with what a look at L1 and L2 has found. */
HOT void arrival_gather(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                        const struct ptc_hint *hint, const struct gather_probe *p, cycle_t t)
{
  struct arrival *a = arrival_nth(c, c->queue_count);
  const uint64_t asked = ASKED | (uint64_t)(a - c->queue);
  uint8_t *const cell = hint->bytes + (*s->s_lo - hint->base) * CELL_BYTES;
  const unsigned way1 = p->victim, way2 = set_victim(p->s2, 8);
  const uint32_t line = p->line;
  struct ppt_region *region = hint->entry->region;
  a->time = t + c->ptc_hit;
  a->x = x;
  a->region = region;
  a->offset = (uint8_t)(CELL_BYTES - hint->room);
  a->cell = cell - a->offset;
  a->line = line;
  a->kind = MEM_GATHER;
  a->reg = s->s_reg;
  a->at = s->s_at;
  a->width = s->s_width;
  a->entry = (uint8_t)take_entry(c, t);
  a->hint = 0;
  a->keep = s->s_code == OP_SGATHERM;
  a->mark = s->mark;
  a->trace = NULL;
  a->near = NEAR_DONE;
  a->to_ddr = 0;
  a->slot[0] = p->ready1;
  a->slot[1] = &c->l2.ready[(size_t)((const uint8_t *)p->s2 - c->l2.sets) / 8 + way2];
  *a->slot[0] = *a->slot[1] = asked;
  p->s1->tag[way1] = p->s2->tag[way2] = line + 1;
  p->s1->inflight |= (uint16_t)(1u << way1);
  p->s2->inflight |= (uint16_t)(1u << way2);
  set_touch_victim(p->s1, 8, way1);
  set_touch_victim(p->s2, 8, way2);
  hint->entry->stamp = c->ptc.clock++;
  gather_copy(x, s, cell, s->s_gather);
  /* Most gathers walk: let the host fetch what the walk will want soon. */
  const struct tier *far = region->kind == REGION_ROM ? c->rom_l3 : NULL;
  if (far) {
    const void *soon = tier_set(far, tier_index(far, line + WALK_AHEAD));
    __builtin_prefetch(soon);
    __builtin_prefetch((const uint8_t *)soon + 64);
  }
  __builtin_prefetch(set_of_8(&c->l2, tier_index(&c->l2, line + WALK_AHEAD)));

  if (c->queue_count == 0 || arrival_nth(c, c->queue_count - 1)->time >= a->time) {
    arrival_wait(v, c, a, t, true);
    return;
  }
  c->queue_count++;
  arrival_owe(c, a, bound_of_gather(v, c, far, line, a->time));
}

#endif
