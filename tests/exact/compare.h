/* Engine against stepper: one program on one machine, everything that can be seen compared. */
#ifndef VTPU_TESTS_EXACT_COMPARE_H
#define VTPU_TESTS_EXACT_COMPARE_H

#include "sim/vtpu.h"

/* A program with its machine: what is generated, compared, shrunk and kept. */
struct exact_case {
  struct machine machine;
  struct object object;
  /* How the engine's run without a trace goes: */
  bool untimed;     /* on the untimed machine, as is the stepper */
  unsigned threads; /* 0 is 1 */
  uint64_t slice;   /* stopped every so many cycles; 0: not at all */
};

enum { DIFFERENCE_BYTES = 1024 };
struct exact_result {
  bool ran;      /* both accepted it */
  uint64_t siws; /* issued */
  uint64_t cycles;
  const char *end;                   /* "done", "fault", "deadlock", "too long" */
  int fault;                         /* enum step_fault (stepper.h), of a fault */
  struct vtpu_counts counts;         /* of all sentrons */
  double ddr_load;                   /* of the busiest node's DDR, 0..1 */
  char difference[DIFFERENCE_BYTES]; /* empty: they agree */
};

/* Runs the engine twice, with and without a trace, and the stepper once, up to `limit` cycles.
 * True when all agree: every issue and its cycle, every register and cell, every count. */
bool exact_compare(const struct exact_case *c, uint64_t limit, struct exact_result *out);

#endif
