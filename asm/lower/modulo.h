/* Modulo scheduling of one loop (Rau, "Iterative modulo scheduling", MICRO-27): a cycle for each
 * operation of a round such that a new round can start every `ii` cycles.
 *
 * Needs: a dependence graph (depend.h). Leaves: the flat schedule of one round. All latencies are
 * the operations' own (ir.h), so a schedule without an empty row runs as predicted when nothing
 * takes longer than was assumed.
 */
#ifndef VTPU_ASM_LOWER_MODULO_H
#define VTPU_ASM_LOWER_MODULO_H

#include "asm/lower/depend.h"

enum { CIRCUIT_TEXT_BYTES = 120 };

/* The least initiation interval that any schedule can have. */
struct modulo_bounds {
  int ops[PIPE_COUNT]; /* of a round */
  int resource;        /* ResMII: operations of the busiest pipe */
  enum pipe pipe;      /* that pipe */
  int recurrence;      /* RecMII: the longest circuit, by latency over distance; 1: none */
  char circuit[CIRCUIT_TEXT_BYTES]; /* its operations */
  int minimum;                      /* the greater of both */
};
int modulo_bounds(const struct loop_body *b, struct modulo_bounds *out, struct vtpu_error *err);

/* The order in which operations are placed. No one is best for all loops. */
enum modulo_order {
  ORDER_IN_TIME,    /* cycle by cycle, as a list scheduler: long streams (modulo_stream.c) */
  ORDER_URGENT,     /* the same, the longest path to the end first */
  ORDER_PACED,      /* the same, none sooner than it is due */
  ORDER_OUTSIDE_IN, /* from both ends of the round: short chains there, then the stream between */
  ORDER_BOTTOM_UP,  /* from the end, late: few registers */
  ORDER_TOP_DOWN,   /* from the beginning, early */
  ORDER_COUNT
};

/* Orders of modulo_stream.c. */
static inline bool modulo_in_time(enum modulo_order order)
{
  return order == ORDER_IN_TIME || order == ORDER_URGENT || order == ORDER_PACED;
}

struct modulo_work; /* scratch of one loop */
struct modulo_work *modulo_new(const struct loop_body *b, struct vtpu_error *err);
void modulo_free(struct modulo_work *w);

/* Cycles that a round needs at this interval if no operation waited for a slot; -1: some circuit
 * is longer. */
int modulo_critical_path(struct modulo_work *w, int ii);
/* Tries to place every operation within `span` cycles (at least the critical path, which must have
 * been asked for this interval). On success time[count] holds cycles, the least of them 0. */
bool modulo_attempt(struct modulo_work *w, int ii, int span, enum modulo_order order, int *time);

#endif
