/* Cache tiers: see tiers.h. */
#include "sim/tiers.h"

/* clang-format off */
const struct order_moves order_moves = {
  .front_8 = {
    {0, 1, 2, 3, 4, 5, 6, 7},
    {1, 0, 2, 3, 4, 5, 6, 7},
    {2, 0, 1, 3, 4, 5, 6, 7},
    {3, 0, 1, 2, 4, 5, 6, 7},
    {4, 0, 1, 2, 3, 5, 6, 7},
    {5, 0, 1, 2, 3, 4, 6, 7},
    {6, 0, 1, 2, 3, 4, 5, 7},
    {7, 0, 1, 2, 3, 4, 5, 6},
  },
  .front = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {3, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {4, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {5, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {6, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {7, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15},
    {8, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15},
    {9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15},
    {10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15},
    {11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15},
    {12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15},
    {13, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15},
    {14, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15},
    {15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
  },
  .way = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};
/* clang-format on */

int tier_init(struct tier *t, struct large *l, int64_t bytes, int64_t ways, int64_t latency,
              int64_t interval)
{
  *t = (struct tier){.latency = (uint64_t)latency, .interval = (uint64_t)interval};
  if (bytes == 0)
    return 0;
  uint32_t sets = (uint32_t)(bytes / CELL_BYTES / ways);
  t->ways = (unsigned)ways;
  t->mask = sets - 1;
  t->bits = sets > 1 ? (unsigned)__builtin_ctz(sets) : 31; /* one set: nothing to fold */
  t->tag_slots = ways <= 8 ? 8 : 16;
  t->stride = ways <= 8 ? SET_8_BYTES : SET_16_BYTES;
  t->sets = large_take(l, (size_t)sets * t->stride);
  if (!t->sets)
    return -1;
  for (uint32_t i = 0; i < sets; i++) {
    struct cache_set *s = tier_set(t, i);
    memcpy(s->order, order_moves.way, sizeof s->order);
  }
  return 0;
}

void tier_discard(struct tier *t, uint32_t line)
{
  if (!t->sets)
    return;
  struct cache_set *set = tier_set(t, tier_index(t, line));
  int way = set_find(set, t->tag_slots, line);
  if (way < 0)
    return;
  set->tag[way] = 0;
  set->dirty &= (uint16_t) ~(1u << way);
  set->inflight &= (uint16_t) ~(1u << way);
  set_age(set, t->ways, (unsigned)way);
}
