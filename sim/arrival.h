/* What arrival.c and arrival_gather.[ch] share: the queue of a core's arrivals. */
#ifndef VTPU_SIM_ARRIVAL_H
#define VTPU_SIM_ARRIVAL_H

#include "sim/gather.h"

/* Ready time of a line that has been asked for: this bit and the place in the queue. */
#define ASKED (UINT64_C(1) << 63)

HOT struct arrival *arrival_nth(struct core *c, unsigned i)
{
  return &c->queue[(c->queue_head + i) % ARRIVALS];
}

/* Carries out what has not been done of an arrival. Its key is the least of all that may come. */
void arrival_arrive(struct vtpu *v, struct core *c, struct arrival *a);
/* A new arrival, issued at t: its turn is now, or it waits in the queue. */
void arrival_wait(struct vtpu *v, struct core *c, struct arrival *a, cycle_t t, bool in_order);

/* A's result waits for its far part, and is not ready before `bound`. */
HOT void arrival_owe(struct core *c, const struct arrival *a, cycle_t bound)
{
  struct context *x = a->x;
  if (a->kind == MEM_GATHER) {
    x->ready[a->reg] = WAITS + bound;
    x->cause[a->reg] = STALL_PTC;
    x->arrive[a->reg] = a->time;
  }
  c->entry_free[a->entry] = WAITS + bound;
  x->memory_bound = bound > x->memory_bound ? bound : x->memory_bound;
  x->pending++;
}

#endif
