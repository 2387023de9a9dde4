/* Accesses that a core's own L1 and L2 serve at once, besides those of near_gather (gather.h): what
 * arrival.c does for lines in flight, dirty victims and scatters in the common cases. Part of the
 * short paths (plain.c, short.h); compiled for the same host vector widths (line.c).
 */
#ifndef VTPU_SIM_NEAR_H
#define VTPU_SIM_NEAR_H

#include "sim/gather.h"

enum near_kind { NEAR_GATHER, NEAR_SCATTER, NEAR_SCATTER_LINE };

/* As near_gather, for lines in flight, a dirty victim that L2 holds too, and scatters into what is
 * private, while no arrival of this core waits. */
bool PASTE(near_serve, LANES_SUFFIX)(const struct vtpu *v, struct core *c, const struct context *x,
                                     struct mark_counts *count, enum near_kind kind, uint32_t line,
                                     cycle_t a, struct supply *got);

/* A gather that L1 or L2 serve at once, in one way or the other. */
HOT bool near_take(const struct vtpu *v, struct core *c, const struct context *x,
                   struct mark_counts *count, uint32_t line, cycle_t a, struct supply *got)
{
  if (near_gather(c, count, line, a, got))
    return true;
  struct supply served; /* apart, so that what near_gather finds stays in the host's registers */
  if (!PASTE(near_serve, LANES_SUFFIX)(v, c, x, count, NEAR_GATHER, line, a, &served))
    return false;
  *got = served;
  return true;
}

#endif
