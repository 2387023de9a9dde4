/* How long a scheduled kernel takes: the machine's in-order issue (architecture, section 5) over
 * bundles of virtual registers, for the latencies of the default machine, one sentron a core.
 *
 * It knows nothing of caches: a gather takes what the caller says. So it is exact where all data is
 * in L1 (tests compare it with the simulator), and an estimate elsewhere.
 */
#ifndef VTPU_ASM_LOWER_TIMING_H
#define VTPU_ASM_LOWER_TIMING_H

#include "asm/lower/schedule.h"

enum timing_memory {
  TIMING_L1,      /* every gather is a hit in L1 */
  TIMING_ASSUMED, /* every gather takes what the kernel assumed */
};

/* Cycles from the first issue to the completion of the last operation. A loop whose count is in a
 * register runs ir_loop.expected times. Errors: VTPU_SYSTEM. */
int timing_cycles(const struct ir *ir, const struct schedule *s, enum timing_memory memory,
                  uint64_t *cycles, struct vtpu_error *err);

#endif
