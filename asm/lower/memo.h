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

/* Loops of a kernel among those that have been reported. */
struct loop_range {
  int first, count;
};

/* What else is known of a kernel. */
struct kernel_facts {
  struct loop_range loops;
  uint64_t cycles; /* with all its data in L1: timing.h */
};

/* True: *pipelined, *s and *a hold what memo_add was given for a kernel of the same form, with this
 * kernel's immediates, marks and labels. */
bool memo_find(const struct memo *m, const struct ir *ir, struct ir *pipelined, struct schedule *s,
               struct allocation *a, struct kernel_facts *facts);
int memo_add(struct memo *m, const struct ir *ir, const struct ir *pipelined,
             const struct schedule *s, const struct allocation *a, struct kernel_facts facts,
             struct vtpu_error *err);
void memo_free(struct memo *m);

#endif
