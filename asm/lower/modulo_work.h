/* Inside modulo scheduling: what modulo.c and modulo_stream.c share. */
#ifndef VTPU_ASM_LOWER_MODULO_WORK_H
#define VTPU_ASM_LOWER_MODULO_WORK_H

#include "asm/lower/modulo.h"

enum { UNPLACED = -1, NEVER = -1 };

/* A neighbour in the dependence graph, not the operation itself: at `path_ii` it issues at least
 * `gap` cycles before, or after. Of several edges between two operations the greatest gap. */
struct neighbour {
  int op, gap;
};

struct neighbours {
  int *first; /* [count + 1]: of each operation's */
  struct neighbour *list;
};

struct modulo_work {
  const struct loop_body *b;
  int *head, *tail; /* longest paths from the round's start and to its end, at `path_ii` */
  int path_ii, critical;
  struct neighbours before, after; /* with those gaps */
  int *order, *rank; /* operations by priority, and back */
  int64_t *key;
  int *time, *last;
  bool *forward,
      *produces; /* produces: begins the life of a renamed register, ends that of no r register */
  int *slots;    /* [ii][PIPE_COUNT]: operation, or IR_NONE */
  int *held;     /* the same: operation that a slot is kept for */
  int *blocked, *wish, *least, *from, *later, *best, *tries, *waits;
  int *ready[PIPE_COUNT], ready_count[PIPE_COUNT]; /* modulo_stream.c */
  int *links;                                      /* [webs]: operations that use a kept register */
  bool *chained;
  int slot_room;
};

/* Empties the reservation table; false when memory is out. */
bool modulo_clear(struct modulo_work *w, int ii);
/* Orders operations by a number, least first, or greatest; equals as in the source. */
void modulo_rank(struct modulo_work *w, const int *by, bool greatest);
/* Places operations cycle by cycle: modulo_stream.c. */
bool modulo_stream(struct modulo_work *w, int ii, int span, enum modulo_order order);
/* Moves operations to later cycles where that shortens the life of a value. */
void modulo_settle(struct modulo_work *w, int ii);

#endif
