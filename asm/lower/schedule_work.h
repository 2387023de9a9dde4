/* Inside list scheduling: what schedule.c and schedule_graph.c share. */
#ifndef VTPU_ASM_LOWER_SCHEDULE_WORK_H
#define VTPU_ASM_LOWER_SCHEDULE_WORK_H

#include "asm/lower/schedule.h"

/* To a later operation of the block; `next` in the list of one operation. */
struct edge {
  int to, distance, next;
};

struct node {
  int edges;  /* list of successors */
  int before; /* predecessors, */
  int waits;  /* of these not yet placed */
  int earliest;
  int height;
  int due;
  int cycle; /* IR_NONE until placed */
  int uses, values;
  struct ir_use use[IR_USES_MAX];
  struct {
    int reg, times; /* a virtual register, and how many operands are it */
    enum reg_file file;
  } value[IR_USES_MAX];
};

/* What the dependence builder and the pressure count know about one virtual register. */
struct value {
  int writer;    /* last operation that wrote it, within the block */
  int readers;   /* list of readers since then, in `links` */
  int remaining; /* operations of the block that still use it */
  bool live;
};

struct link {
  int op, next;
};

struct scheduler {
  const struct ir *ir;
  struct ir_span *spans;  /* [ir.file_count] */
  struct value *values;   /* [ir.file_count] */
  struct node *all_nodes; /* [ir.op_count] */
  struct node *nodes;     /* those of one block */
  struct edge *edges;     /* of all blocks; their ends count from the block's first operation */
  struct link *links;
  int *ready, *line; /* line: the order in which operations are due, or that of the source */
  int edge_count, edge_room, link_count, link_room;
  int live[2]; /* by register file */
  struct schedule_order order;
  bool failed; /* out of memory */
};

/* Leaves the dependence graph of a block and the height of its operations; edges lead forward in
 * source order. */
void schedule_graph(struct scheduler *w, const struct ir_block *b);

#endif
