/* Energy: events that the statistics have counted, times what the machine says of each (isa/energy.def).
 * Nothing is counted for it while a run goes on. */
#ifndef VTPU_SIM_ENERGY_H
#define VTPU_SIM_ENERGY_H

#include "sim/vtpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does the machine state any energy? */
bool energy_stated(const struct machine *m);

/* The events of each row. cores: those that leak over counts' cycles: of the whole, a node, a core;
 * 0 for a sentron or kernel, which shares its core. */
void energy_events(const struct vtpu_counts *c, uint64_t cores, uint64_t events[ENERGY_COUNT]);

/* Their sum in pJ; rows whose energy is not stated count as nothing. */
double energy_pj(const struct machine *m, const uint64_t events[ENERGY_COUNT]);

#ifdef __cplusplus
}
#endif
#endif
