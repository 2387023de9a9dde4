/* A core's memory entries (architecture, section 4), out of the order in which they are taken:
 * gather.h has what is common.
 *
 * They lie around a ring in the order in which they become free, from entry_next on. One is as good
 * as another, so that only their times are kept. What DDR supplies becomes free in the order of
 * issue, last; what L1 and L2 supply, soon; what waits for an arrival, WAITS later than it can.
 */
#include "sim/engine.h"

void entry_put(struct core *c, unsigned at, cycle_t free)
{
  while (at != c->entry_next) {
    const unsigned before = (at ? at : c->entries) - 1;
    if (c->entry_free[before] <= free)
      break;
    c->entry_free[at] = c->entry_free[before];
    at = before;
  }
  c->entry_free[at] = free;
}

void entry_insert(struct core *c, cycle_t free)
{
  const unsigned first = c->entry_next, n = c->entries;
  const unsigned middle = first + n / 2 < n ? first + n / 2 : first + n / 2 - n;
  if (c->entry_free[middle] <= free) {
    c->entry_next = first + 1 < n ? first + 1 : 0;
    entry_put(c, first, free);
    return;
  }
  /* Those that are free before it, fewer than half, go down by one place. */
  unsigned at = first, next = first + 1 < n ? first + 1 : 0;
  while (c->entry_free[next] < free) {
    c->entry_free[at] = c->entry_free[next];
    at = next;
    next = next + 1 < n ? next + 1 : 0;
  }
  c->entry_free[at] = free;
}

void entry_known(struct core *c, cycle_t owed, cycle_t free)
{
  unsigned at = c->entry_next;
  while (c->entry_free[at] != owed)
    at = at + 1 < c->entries ? at + 1 : 0;
  entry_put(c, at, free);
}
