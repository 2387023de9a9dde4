/* Writes a modulo schedule out as prologue, body and epilogue: see pipeline.h.
 *
 * Needs: a loop's body with the cycle of each operation and its renamed registers. Leaves: the
 * loop's code at the end of another IR, over new virtual registers for the renamed ones.
 */
#ifndef VTPU_ASM_LOWER_EXPAND_H
#define VTPU_ASM_LOWER_EXPAND_H

#include "asm/lower/depend.h"
#include "asm/lower/rotation.h"

struct expansion {
  struct loop_body body;
  int ii;
  int *time; /* [body.count]: flat cycles of one round */
  struct rotation rotation;
  bool count_reg;   /* the count is in a register: */
  int rounds;       /* the count, or that register; then the rounds */
  int64_t expected; /* that estimates count with, */
  int64_t least;    /* and that there are in any case */
  int span;         /* cycles of one round */
  int stages;       /* rounds in flight */
};

/* Sets span and stages from the times. */
void expansion_shape(struct expansion *x);
int expand_loop(struct ir *out, const struct expansion *x, struct vtpu_error *err);
/* Writes a loop that is not pipelined, of a known count: a few rounds in one body, so that the list
 * scheduler overlaps them. */
int expand_together(struct ir *out, const struct ir *in, int loop, int rounds,
                    struct vtpu_error *err);
void expansion_free(struct expansion *x);

#endif
