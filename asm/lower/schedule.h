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
  bool squeezed; /* registers ran out on the way: the allocation will fail */
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
int schedule_ir(const struct ir *ir, struct schedule_order order, struct schedule *out,
                struct vtpu_error *err);
void schedule_free(struct schedule *s);

/* First and last block in which a virtual register must keep its value, in the order of the code:
 * a register that comes into a loop and is used there lives to the loop's end. first = IR_NONE: it
 * is never used. out: [ir.file_count]. */
struct ir_span {
  int first, last;
  bool whole; /* to the end of block `last`, not only to its last use there */
};
void ir_spans(const struct ir *ir, struct ir_span *out);

#endif
