/* Engine against stepper: one program on one machine, everything that can be seen compared. */
#ifndef VTPU_TESTS_EXACT_COMPARE_H
#define VTPU_TESTS_EXACT_COMPARE_H

#include "sim/vtpu.h"

/* A program with its machine: what is generated, compared, shrunk and kept. */
struct exact_case {
  struct machine machine;
  struct object object;
};

enum { DIFFERENCE_BYTES = 1024 };
struct exact_result {
  bool ran;      /* both accepted it */
  uint64_t siws; /* issued */
  uint64_t cycles;
  const char *end;                   /* "done", "fault", "deadlock", "too long" */
  char difference[DIFFERENCE_BYTES]; /* empty: they agree */
};

/* Runs the engine twice, with and without a trace, and the stepper once, up to `limit` cycles.
 * True when all agree: every issue and its cycle, every register and cell, every count. */
bool exact_compare(const struct exact_case *c, uint64_t limit, struct exact_result *out);

#endif
