/* An exact modulo scheduler for small loops. */
#ifndef VTPU_TESTS_LOWER_EXACT_H
#define VTPU_TESTS_LOWER_EXACT_H

#include "asm/lower/depend.h"

enum { EXACT_OPS_MOST = 16 };

/* Is there any schedule of the loop with this initiation interval? Branch and bound over the rows
 * of the reservation table; the stages that go with them are a system of difference constraints. */
bool exact_feasible(const struct loop_body *b, int ii);

#endif
