/* Schedules and register numbers of kernels seen before.
 *
 * The layers of a model, and often its sentrons, run the same kernels at other places: operations
 * that differ in immediates only have the same schedule. Scheduling is most of the lowering's time.
 */
#ifndef VTPU_ASM_LOWER_MEMO_H
#define VTPU_ASM_LOWER_MEMO_H

#include "asm/lower/regalloc.h"
#include "asm/lower/schedule.h"

struct memo {
  struct memo_entry *entries;
  size_t count, room;
};

/* True: *s and *a hold what memo_add was given for a kernel of the same form. */
bool memo_find(const struct memo *m, const struct ir *ir, struct schedule *s, struct allocation *a);
int memo_add(struct memo *m, const struct ir *ir, const struct schedule *s,
             const struct allocation *a, struct vtpu_error *err);
void memo_free(struct memo *m);

#endif
