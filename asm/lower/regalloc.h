/* Register allocation: virtual registers of a scheduled kernel to r0..r15 and p0..p7.
 *
 * Needs: IR and schedule. Leaves: one physical number for each virtual register. There are no
 * spills: a kernel that needs more registers than the machine has is scheduled again for few
 * registers, and if that is not enough the lowering fails with the kernel's name (emit.c).
 */
#ifndef VTPU_ASM_LOWER_REGALLOC_H
#define VTPU_ASM_LOWER_REGALLOC_H

#include "asm/lower/schedule.h"

struct allocation {
  uint8_t *physical; /* [ir.file_count] */
  int room;
  int needed[2]; /* most values of the file (FILE_R, FILE_P) live at once */
};

/* Returns 0 and the numbers when everything fits; *fits = false (and `needed`) when it does not.
 * Errors: VTPU_SYSTEM. */
int allocate_registers(const struct ir *ir, const struct schedule *s, struct allocation *out,
                       bool *fits, struct vtpu_error *err);
void allocation_free(struct allocation *a);

#endif
