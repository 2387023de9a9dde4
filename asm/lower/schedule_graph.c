/* The dependences between the operations of a block: see schedule_work.h. */
#include "asm/lower/schedule_work.h"

#include <stdlib.h>

static void *more(struct scheduler *w, void *items, int *have, size_t bytes)
{
  int room = *have ? 2 * *have : 256;
  void *bigger = realloc(items, (size_t)room * bytes);
  if (!bigger) {
    w->failed = true;
    return items;
  }
  *have = room;
  return bigger;
}

static void connect(struct scheduler *w, int from, int to, int distance)
{
  if (from == IR_NONE || from == to)
    return;
  if (w->edge_count == w->edge_room)
    w->edges = more(w, w->edges, &w->edge_room, sizeof *w->edges);
  if (w->failed)
    return;
  w->edges[w->edge_count] = (struct edge){to, distance, w->nodes[from].edges};
  w->nodes[from].edges = w->edge_count++;
  w->nodes[to].before++;
}

static int push_link(struct scheduler *w, int op, int next)
{
  if (w->link_count == w->link_room)
    w->links = more(w, w->links, &w->link_room, sizeof *w->links);
  if (w->failed)
    return next;
  w->links[w->link_count] = (struct link){op, next};
  return w->link_count++;
}

static int at_least(int a, int b)
{
  return a > b ? a : b;
}

/* Lists the registers of a node, each once. */
static void list_values(struct node *n)
{
  n->values = 0;
  for (int u = 0; u < n->uses; u++) {
    int k = 0;
    while (k < n->values && n->value[k].reg != n->use[u].reg)
      k++;
    if (k == n->values) {
      n->value[k].reg = n->use[u].reg;
      n->value[k].file = n->use[u].file;
      n->value[k].times = 0;
      n->values++;
    }
    n->value[k].times++;
  }
}

/* True, anti and output dependences through registers. */
static void connect_registers(struct scheduler *w, const struct ir_op *ops, int i)
{
  struct node *n = &w->nodes[i];
  for (int u = 0; u < n->uses; u++) {
    struct value *v = &w->values[n->use[u].reg];
    if (n->use[u].read) {
      if (v->writer != IR_NONE)
        connect(w, v->writer, i, at_least(1, ops[v->writer].latency));
      v->readers = push_link(w, i, v->readers);
    }
  }
  for (int u = 0; u < n->uses; u++) {
    struct value *v = &w->values[n->use[u].reg];
    if (!n->use[u].written)
      continue;
    for (int r = v->readers; r != IR_NONE; r = w->links[r].next)
      connect(w, w->links[r].op, i, 0); /* slots read before any of them writes */
    if (v->writer != IR_NONE)
      connect(w, v->writer, i, at_least(1, ops[v->writer].latency));
    v->writer = i;
    v->readers = IR_NONE;
  }
}

/* Scatters of a buffer stay in order with its scatters and gathers. */
static void connect_memory(struct scheduler *w, const struct ir_op *ops, int i, int *last_store,
                           int *loads)
{
  int space = ops[i].space;
  if (space <= IR_ROM || space >= IR_SPACES)
    return;
  connect(w, last_store[space], i, 1);
  if (ir_is_ordered(&ops[i])) {
    for (int l = loads[space]; l != IR_NONE; l = w->links[l].next)
      connect(w, w->links[l].op, i, 1);
    last_store[space] = i;
    loads[space] = IR_NONE;
  } else {
    loads[space] = push_link(w, i, loads[space]);
  }
}

void schedule_graph(struct scheduler *w, const struct ir_block *b)
{
  const struct ir_op *ops = &w->ir->ops[b->first];
  int last_store[IR_SPACES], loads[IR_SPACES];
  for (int i = 0; i < IR_SPACES; i++)
    last_store[i] = loads[i] = IR_NONE;
  w->nodes = w->all_nodes + b->first;
  w->link_count = 0;
  for (int i = 0; i < b->count; i++) {
    struct node *n = &w->nodes[i];
    n->edges = IR_NONE;
    n->before = 0;
    n->uses = ir_uses(&ops[i], n->use);
    list_values(n);
    for (int k = 0; k < n->values; k++) {
      struct value *v = &w->values[n->value[k].reg];
      v->writer = v->readers = IR_NONE;
    }
  }
  for (int i = 0; i < b->count; i++) {
    connect_registers(w, ops, i);
    connect_memory(w, ops, i, last_store, loads);
    if (ir_is_terminator(&ops[i])) /* it is the last; a fence comes after what it fences */
      for (int j = 0; j < i; j++)
        connect(w, j, i,
                ops[i].pipe == PIPE_C && ops[i].s.op == OP_CFENCE && ops[j].pipe == PIPE_S);
  }
  for (int i = b->count - 1; i >= 0 && !w->failed; i--) {
    struct node *n = &w->nodes[i];
    n->height = ops[i].latency;
    for (int e = n->edges; e != IR_NONE; e = w->edges[e].next)
      n->height = at_least(n->height, w->edges[e].distance + w->nodes[w->edges[e].to].height);
  }
}
