/* The laws about counts, for one program on one machine; see balance.c. */
#ifndef VTPU_TESTS_SIM_BALANCE_H
#define VTPU_TESTS_SIM_BALANCE_H

#include "sim/vtpu.h"

/* What was checked, so that a test can ask whether it was anything. */
struct balance_totals {
  unsigned done, failed; /* runs that ended well, in a fault or a deadlock */
  uint64_t accesses, messages;
  uint64_t cycles; /* of the last run */
};

/* Runs the program whole, and in slices that end at some cycle, and checks all laws each time. */
void balance_check(const char *name, const struct object *o, const struct machine *m,
                   struct balance_totals *totals);

#endif
