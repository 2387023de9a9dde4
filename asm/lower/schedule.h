/* List scheduling: the operations of each block of a kernel, packed D | S | C into bundles.
 *
 * Needs: a kernel's IR. Leaves: for every block a run of bundles in which every dependence has its
 * distance (a result is read no sooner than its latency after, a register is overwritten no sooner
 * than in the SIW of its last reader, a scatter and the gathers of one buffer stay in order).
 * Latencies across blocks are left to the hardware's interlocks. A block that is fixed (ir.h) is
 * laid out as it is.
 */
#ifndef VTPU_ASM_LOWER_SCHEDULE_H
#define VTPU_ASM_LOWER_SCHEDULE_H

#include "asm/lower/ir.h"

struct schedule {
  int (*bundles)[PIPE_COUNT]; /* operation of each slot, or IR_NONE */
  int bundle_count, bundle_room;
  int *block_first; /* [blocks + 1]: first bundle of each block */
  int block_room;
  bool squeezed; /* registers ran out on the way: the allocation would fail. The schedule ends
                    there, unless it keeps the order of the source */
};

/* Which of the operations that are ready goes first, and how far ahead it may be.
 *
 *   pace 0    the one with the longest path to the end. At most `window` operations (in source
 *             order) before the first that is not yet placed; 0 keeps the order of the source.
 *   pace > 0  the one that is due first: operations without successors are due in source order,
 *             `pace` eighths of a cycle for each that the busiest pipe issues before them, others
 *             so that these come in time. Of similar work (head after head) the first ends early
 *             and the next begins in its gaps. At most `window` cycles before the first that is not
 *             yet placed.
 *
 * Wide windows overlap more, narrow ones need fewer registers. */
struct schedule_order {
  int pace, window;
};
/* The dependences of a kernel, which are the same for all orders. The IR must live as long. */
struct scheduler;
struct scheduler *scheduler_new(const struct ir *ir, struct vtpu_error *err);
void scheduler_free(struct scheduler *w);
int scheduler_run(struct scheduler *w, struct schedule_order order, struct schedule *out,
                  struct vtpu_error *err);
void schedule_free(struct schedule *s);

#endif
