/* Co-simulation in lock step: the verilated core and the simulator run the same object, and every
 * cycle is compared: issues, causes of stalls, register writes, accesses beyond L1, messages, ends.
 *
 *   simulator --events--> expectations (expect.c) --compared--> difference, told in words (show.c)
 *        |                                            ^
 *        +--page table, tiers, network--> core.cc ----+  one verilated core for each core in use
 *
 * What lies outside of a core answers at the simulator's times; data beyond L1 and messages under
 * way are kept here (outside.c), so that what a core makes of them is its own.
 */
#ifndef VTPU_RTL_COSIM_COSIM_H
#define VTPU_RTL_COSIM_COSIM_H

#include "sim/vtpu.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cosim_options {
  uint64_t max_cycles;    /* 0: no limit; compared up to there */
  const struct siw *code; /* instead of the object's in the cores' memory of SIWs: a fault put in on
                             purpose, to see it found; NULL: the object's */
  const char *wave;       /* FST file of the core on which they differ; NULL: none */
};

struct cosim_result {
  uint64_t cycles, siws, results, accesses, messages; /* compared */
  bool differs;
  char end[VTPU_ERROR_BYTES]; /* how the simulator's run ended, if with an error */
  char *text; /* of the first difference: what, both states, last SIWs; free with cosim_free */
};

/* The machine that has the verilated core: its parameters, and else the preset spec's. */
int cosim_machine(struct machine *out, struct vtpu_error *err);
/* Can the verilated core run this? VTPU_LIMIT and what it cannot. */
int cosim_check(const struct machine *m, const struct object *o, struct vtpu_error *err);
/* A difference is no error of this function. */
int cosim_run(const struct machine *m, const struct object *o, const struct cosim_options *options,
              struct cosim_result *out, struct vtpu_error *err);
void cosim_free(struct cosim_result *r);

#ifdef __cplusplus
}
#endif
#endif
