/* What the operations of one innermost loop owe each other, within a round and from round to round.
 *
 * Needs: a kernel's IR and a loop whose body is one block. Leaves: the dependence graph that the
 * modulo scheduler (modulo.h) works on, and the body's webs.
 *
 * A web is what one register holds from a write that does not read the register to the last use
 * before the next such write. Webs that begin and end within a round are renamed freely: a copy for
 * each round in flight (modulo variable expansion). A register that comes into a round, or that is
 * used outside of the loop, is kept: one register, whose rounds wait for each other.
 */
#ifndef VTPU_ASM_LOWER_DEPEND_H
#define VTPU_ASM_LOWER_DEPEND_H

#include "asm/lower/ir.h"

/* Round i of `to` issues at least `latency` cycles after round i - distance of `from`. */
struct depend_edge {
  int from, to, latency, distance;
  int next_out, next_in; /* lists of one operation's edges */
};

struct web {
  int value; /* virtual register */
  enum reg_file file;
  bool kept;
};

struct loop_body {
  const struct ir *ir;
  int loop;
  const struct ir_op *ops; /* [count], the block's */
  int count;
  int *uses;                         /* [count] */
  struct ir_use (*use)[IR_USES_MAX]; /* [count] */
  int (*web_of)[IR_USES_MAX];        /* [count]: web of each use */
  struct web *webs;
  int web_count;
  struct depend_edge *edges;
  int edge_count, edge_room;
  int *out, *in; /* [count]: first edge of each list */
};

/* Can the loop be pipelined at all? NULL, or why not. */
const char *depend_obstacle(const struct ir *ir, int loop);
/* Of a loop without obstacle. Errors: VTPU_SYSTEM. */
int depend_build(const struct ir *ir, int loop, struct loop_body *b, struct vtpu_error *err);
void depend_free(struct loop_body *b);

#endif
