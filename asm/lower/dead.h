/* Operations whose results nobody reads. */
#ifndef VTPU_ASM_LOWER_DEAD_H
#define VTPU_ASM_LOWER_DEAD_H

#include "asm/lower/ir.h"

/* Takes out every operation that only writes virtual registers that are not read afterwards (no
 * virtual register lives beyond its kernel), and those that only they needed. Blocks and loops
 * stay. Errors: VTPU_SYSTEM. */
int ir_remove_dead(struct ir *ir, struct vtpu_error *err);

#endif
