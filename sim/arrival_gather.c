/* The turn of an arrival; the far part of the common one (arrival_gather.h). Compiled for the
 * host's vector widths. */
#include "sim/arrival.h"

/* The far part of a gather as in arrival_gather.h. False: it is another case, and nothing has
 * changed. */
static bool far_gather(struct vtpu *v, struct core *c, struct arrival *a)
{
  struct tier *far = c->rom_l3;
  if (a->near != NEAR_DONE || a->kind != MEM_GATHER || a->region->kind != REGION_ROM || a->to_ddr ||
      !far || a->trace || !a->slot[0] || !a->slot[1])
    return false;
  const uint32_t line = a->line, index = tier_index(far, line);
  struct cache_set *s = tier_set(far, index);
  const unsigned way = set_victim(s, far->ways);
  const uint16_t bit = (uint16_t)(1u << way);
  if (s->dirty & bit || set_ways(s, far->tag_slots, line))
    return false;
  struct node *n = c->node;
  struct context *x = a->x;
  const cycle_t ready = ddr_port(v, n, a->time, 1) + (cycle_t)v->m.ddr_latency;
  const uint64_t supplied = ready << 2 | TIER_DDR, asked = ASKED | (uint64_t)(a - c->queue);
  n->ddr_reads++;
  x->marks[a->mark].hits[TIER_DDR]++;
  s->tag[way] = line + 1;
  s->inflight = (uint16_t)(ready > a->time ? s->inflight | bit : s->inflight & ~bit);
  far->ready[(size_t)index * far->tag_slots + way] = supplied;
  set_touch_victim(s, far->ways, way);
  x->ready[a->reg] = ready;
  x->cause[a->reg] = STALL_L1 + TIER_DDR;
  x->arrive[a->reg] = a->time;
  for (int i = 0; i < 2; i++)
    if (*a->slot[i] == asked)
      *a->slot[i] = supplied;
  finish(c, x, a->entry, ready);
  return true;
}

void PASTE(arrival_take, LANES_SUFFIX)(struct vtpu *v, struct core *c)
{
  struct arrival *a = arrival_nth(c, 0);
  if (!far_gather(v, c, a))
    arrival_arrive(v, c, a);
  c->near_waits -= a->near == NEAR_WAITS;
  c->queue_head = (c->queue_head + 1) % ARRIVALS;
  c->queue_count--;
  if (a->kind != MEM_FREE && a->kind != MEM_VICTIM)
    a->x->pending--;
  if (a->x->fence_waits)
    context_release_fence(a->x);
}
