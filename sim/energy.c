/* Energy from counts: see energy.h. */
#include "sim/energy.h"

#include <string.h>

bool energy_stated(const struct machine *m)
{
  for (int i = 0; i < ENERGY_COUNT; i++)
    if (m->energy[i] > 0)
      return true;
  return false;
}

void energy_events(const struct vtpu_counts *c, uint64_t cores, uint64_t events[ENERGY_COUNT])
{
  static const enum energy tier[TIER_COUNT] = {ENERGY_L1, ENERGY_L2, ENERGY_L3, ENERGY_DDR};
  memcpy(events, c->d_events, sizeof c->d_events);
  events[ENERGY_SIW] = c->siws;
  events[ENERGY_SPARSE] = c->ops[PIPE_S];
  events[ENERGY_COORDINATION] = c->ops[PIPE_C];
  events[ENERGY_PTC] = c->ptc_hits + c->ptc_misses;
  events[ENERGY_WALK] = c->ptc_walks;
  for (int i = 0; i < TIER_COUNT; i++)
    events[tier[i]] = c->tier_hits[i] + c->tier_written[i];
  events[ENERGY_MESSAGE] = c->sent;
  events[ENERGY_LEAKAGE] = c->cycles * cores;
}

double energy_pj(const struct machine *m, const uint64_t events[ENERGY_COUNT])
{
  double sum = 0;
  for (int i = 0; i < ENERGY_COUNT; i++)
    sum += (double)events[i] * m->energy[i];
  return sum;
}
