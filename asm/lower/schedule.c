/* The list scheduler: see schedule.h.
 *
 * Cycle by cycle, the operation with the greatest height (longest path of latencies to the end of
 * the block), or that is due first, among those that are ready goes into its pipe's slot. An
 * operation that would make more values live than there are registers waits until one dies. */
#include "asm/lower/schedule.h"

#include <stdlib.h>
#include <string.h>

static const int register_limit[2] = {[FILE_R] = R_COUNT, [FILE_P] = P_COUNT};

struct edge {
  int to, distance, next;
};

struct node {
  int edges; /* list of successors */
  int waits; /* predecessors not yet placed */
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

struct work {
  const struct ir *ir;
  struct ir_span *spans;
  struct value *values;
  struct node *nodes; /* of one block */
  struct edge *edges;
  struct link *links;
  int *ready, *line; /* line: the order in which operations are due, or that of the source */
  int edge_count, edge_room, link_count, link_room, node_room;
  int live[2]; /* by register file */
  struct schedule_order order;
  bool failed; /* out of memory */
};

void ir_spans(const struct ir *ir, struct ir_span *out)
{
  for (int v = 0; v < ir->file_count; v++)
    out[v] = (struct ir_span){IR_NONE, IR_NONE, false};
  for (int b = 0; b < ir->block_count; b++) {
    for (int i = 0; i < ir->blocks[b].count; i++) {
      struct ir_use use[IR_USES_MAX];
      int uses = ir_uses(&ir->ops[ir->blocks[b].first + i], use);
      for (int u = 0; u < uses; u++) {
        struct ir_span *span = &out[use[u].reg];
        if (span->first == IR_NONE)
          span->first = b;
        if (b > span->last) {
          span->last = b;
          span->whole = false;
        }
        for (int l = ir->blocks[b].loop; l != IR_NONE; l = ir->loops[l].parent)
          if (span->first < ir->loops[l].first && span->last <= ir->loops[l].last) {
            span->last = ir->loops[l].last;
            span->whole = true;
          }
      }
    }
  }
}

static void *more(struct work *w, void *items, int *have, size_t bytes)
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

static void connect(struct work *w, int from, int to, int distance)
{
  if (from == IR_NONE || from == to)
    return;
  if (w->edge_count == w->edge_room)
    w->edges = more(w, w->edges, &w->edge_room, sizeof *w->edges);
  if (w->failed)
    return;
  w->edges[w->edge_count] = (struct edge){to, distance, w->nodes[from].edges};
  w->nodes[from].edges = w->edge_count++;
  w->nodes[to].waits++;
}

static int push_link(struct work *w, int op, int next)
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
static void connect_registers(struct work *w, const struct ir_op *ops, int i)
{
  struct node *n = &w->nodes[i];
  for (int u = 0; u < n->uses; u++) {
    struct value *v = &w->values[n->use[u].reg];
    v->remaining++;
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
static void connect_memory(struct work *w, const struct ir_op *ops, int i, int *last_store,
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

/* Builds the dependence graph of a block; edges lead forward in source order. */
static void build_graph(struct work *w, const struct ir_block *b)
{
  const struct ir_op *ops = &w->ir->ops[b->first];
  int last_store[IR_SPACES], loads[IR_SPACES];
  for (int i = 0; i < IR_SPACES; i++)
    last_store[i] = loads[i] = IR_NONE;
  w->edge_count = w->link_count = 0;
  for (int i = 0; i < b->count; i++) {
    struct node *n = &w->nodes[i];
    n->edges = n->cycle = IR_NONE;
    n->waits = n->earliest = 0;
    n->uses = ir_uses(&ops[i], n->use);
    list_values(n);
    for (int k = 0; k < n->values; k++) {
      struct value *v = &w->values[n->value[k].reg];
      v->writer = v->readers = IR_NONE;
      v->remaining = 0;
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

/* The cycle in which each operation should issue: schedule.h. */
static void set_due(struct work *w, const struct ir_op *ops, int count)
{
  int of_pipe[PIPE_COUNT] = {0}, most = 0, busiest = 0;
  for (int i = 0; i < count; i++)
    if (++of_pipe[ops[i].pipe] > most) {
      most = of_pipe[ops[i].pipe];
      busiest = (int)ops[i].pipe;
    }
  for (int i = 0, before = 0; i < count; i++) {
    w->nodes[i].due = w->order.pace * before / 8;
    before += (int)ops[i].pipe == busiest;
  }
  for (int i = count - 1; i >= 0; i--)
    for (int e = w->nodes[i].edges; e != IR_NONE; e = w->edges[e].next) {
      int due = w->nodes[w->edges[e].to].due - w->edges[e].distance;
      w->nodes[i].due = due < w->nodes[i].due ? due : w->nodes[i].due;
    }
}

struct turn {
  int due, op;
};

static int by_due(const void *a, const void *b)
{
  const struct turn *x = a, *y = b;
  return x->due != y->due ? (x->due > y->due) - (x->due < y->due) : x->op - y->op;
}

/* Leaves w->line. */
static void line_up(struct work *w, int count)
{
  struct turn *turns = w->order.pace ? malloc((size_t)count * sizeof *turns) : NULL;
  w->failed |= w->order.pace && !turns;
  for (int i = 0; i < count; i++)
    w->line[i] = i;
  if (!turns)
    return;
  for (int i = 0; i < count; i++)
    turns[i] = (struct turn){w->nodes[i].due, i};
  qsort(turns, (size_t)count, sizeof *turns, by_due);
  for (int i = 0; i < count; i++)
    w->line[i] = turns[i].op;
  free(turns);
}

/* Is a value still needed after `uses` more operations of the block have used it? */
static bool needed(const struct work *w, const struct value *v, int uses, int block)
{
  const struct ir_span *span = &w->spans[v - w->values];
  return v->remaining > uses || span->last > block || (span->last == block && span->whole);
}

/* Would the operation need more registers than there are? What only replaces a dying value, or
 * frees registers, always fits. */
static bool fits(const struct work *w, int i, int block)
{
  const struct node *n = &w->nodes[i];
  int change[2] = {0, 0};
  for (int k = 0; k < n->values; k++) {
    const struct value *v = &w->values[n->value[k].reg];
    change[n->value[k].file] += needed(w, v, n->value[k].times, block) - v->live;
  }
  for (int file = FILE_R; file <= FILE_P; file++)
    if (change[file] > 0 && w->live[file] + change[file] > register_limit[file])
      return false;
  return true;
}

static void place(struct work *w, int i, int cycle, int block)
{
  struct node *n = &w->nodes[i];
  n->cycle = cycle;
  for (int k = 0; k < n->values; k++) {
    struct value *v = &w->values[n->value[k].reg];
    v->remaining -= n->value[k].times;
    bool live = needed(w, v, 0, block);
    w->live[n->value[k].file] += live - v->live;
    v->live = live;
  }
  for (int e = n->edges; e != IR_NONE; e = w->edges[e].next) {
    struct node *to = &w->nodes[w->edges[e].to];
    to->waits--;
    to->earliest = at_least(to->earliest, cycle + w->edges[e].distance);
  }
}

static bool better(const struct work *w, int a, int b)
{
  if (w->order.pace && w->nodes[a].due != w->nodes[b].due)
    return w->nodes[a].due < w->nodes[b].due;
  if (w->nodes[a].height != w->nodes[b].height)
    return w->nodes[a].height > w->nodes[b].height;
  return a < b;
}

/* May an operation be placed when `first` is the first that is not? */
static bool in_window(const struct work *w, int i, int first)
{
  if (w->order.pace)
    return w->nodes[i].due <= w->nodes[first].due + w->order.window;
  return i <= first + w->order.window;
}

/* The best operation in the window that can go into a free slot of this cycle, or IR_NONE.
 * `force`: even when registers run out. */
static int choose(struct work *w, const struct ir_op *ops, int ready, const int *slots, int cycle,
                  int first, int block, bool force)
{
  int best = IR_NONE;
  for (int k = 0; k < ready; k++) {
    int i = w->ready[k];
    if (!in_window(w, i, first) || w->nodes[i].earliest > cycle || slots[ops[i].pipe] != IR_NONE)
      continue;
    if (best != IR_NONE && !better(w, i, best))
      continue;
    if (force || fits(w, i, block))
      best = i;
  }
  return best;
}

static int *new_bundle(struct schedule *s)
{
  if (s->bundle_count == s->bundle_room) {
    int room = s->bundle_room ? 2 * s->bundle_room : 256;
    void *bigger = realloc(s->bundles, (size_t)room * sizeof *s->bundles);
    if (!bigger)
      return NULL;
    s->bundles = bigger;
    s->bundle_room = room;
  }
  int *slots = s->bundles[s->bundle_count++];
  for (int p = 0; p < PIPE_COUNT; p++)
    slots[p] = IR_NONE;
  return slots;
}

/* Takes an operation out of the ready list and puts in those that waited only for it. */
static int update_ready(struct work *w, int ready, int placed)
{
  int kept = 0;
  for (int k = 0; k < ready; k++)
    if (w->ready[k] != placed)
      w->ready[kept++] = w->ready[k];
  for (int e = w->nodes[placed].edges; e != IR_NONE; e = w->edges[e].next) {
    int to = w->edges[e].to;
    bool listed = w->nodes[to].waits > 0; /* two edges may lead to one operation */
    for (int k = 0; k < kept; k++)
      listed |= w->ready[k] == to;
    if (!listed)
      w->ready[kept++] = to;
  }
  return kept;
}

/* The first operation in line that is not yet placed: the place in line at which to look again. */
static int first_left(const struct work *w, int count, int place)
{
  while (place < count && w->nodes[w->line[place]].cycle != IR_NONE)
    place++;
  return place;
}

/* Does a loop end in this block? */
static bool closes_loop(const struct ir *ir, int block)
{
  int l = ir->blocks[block].loop;
  return l != IR_NONE && ir->loops[l].last == block;
}

/* Lays out a block whose operations have their cycles. A cycle without any is no SIW: the hardware
 * waits by itself where a latency needs it. */
static void lay_out(struct work *w, const struct ir_block *b, struct schedule *out)
{
  int *slots = NULL;
  for (int i = b->first, cycle = IR_NONE; i < b->first + b->count && !w->failed; i++) {
    const struct ir_op *op = &w->ir->ops[i];
    if (op->cycle != cycle)
      slots = new_bundle(out);
    w->failed |= !slots;
    cycle = op->cycle;
    if (slots)
      slots[op->pipe] = i;
  }
}

static void schedule_block(struct work *w, int block, struct schedule *out)
{
  const struct ir_block *b = &w->ir->blocks[block];
  const struct ir_op *ops = &w->ir->ops[b->first];
  if (b->count == 0 && closes_loop(w->ir, block)) {
    /* The mark must not fall on the last SIW of a loop inside: no rounds of that would jump past
     * it. */
    w->failed |= !new_bundle(out);
    return;
  }
  if (b->fixed) {
    lay_out(w, b, out);
    return;
  }
  build_graph(w, b);
  set_due(w, ops, b->count);
  line_up(w, b->count);
  int ready = 0, placed = 0, cycle = 0, place_in_line = 0;
  for (int i = 0; i < b->count && !w->failed; i++)
    if (w->nodes[i].waits == 0)
      w->ready[ready++] = i;
  bool force = false;
  for (; placed < b->count && !w->failed; cycle++) {
    int *slots = new_bundle(out);
    if (!slots) {
      w->failed = true;
      break;
    }
    int before = placed, i, first = w->line[place_in_line];
    while ((i = choose(w, ops, ready, slots, cycle, first, block, force)) != IR_NONE) {
      out->squeezed |= force;
      force = false;
      slots[ops[i].pipe] = b->first + i;
      place(w, i, cycle, block);
      ready = update_ready(w, ready, i);
      placed++;
      place_in_line = first_left(w, b->count, place_in_line);
      if (placed == b->count)
        break;
      first = w->line[place_in_line];
    }
    bool waiting = false; /* some operation can be placed in a later cycle */
    for (int k = 0; k < ready && placed < b->count; k++)
      waiting |= in_window(w, w->ready[k], first) && w->nodes[w->ready[k]].earliest > cycle;
    force = placed == before && !waiting;
    if (placed == before) /* nothing to issue: the hardware waits without a SIW that says so */
      out->bundle_count--;
  }
}

int schedule_ir(const struct ir *ir, struct schedule_order order, struct schedule *out,
                struct vtpu_error *err)
{
  struct work w = {.ir = ir, .order = order};
  int largest = 1, values = ir->file_count ? ir->file_count : 1;
  for (int b = 0; b < ir->block_count; b++)
    largest = at_least(largest, ir->blocks[b].count);
  w.nodes = malloc((size_t)largest * sizeof *w.nodes);
  w.ready = malloc(2 * (size_t)largest * sizeof *w.ready);
  w.line = w.ready ? w.ready + largest : NULL;
  w.values = calloc((size_t)values, sizeof *w.values);
  w.spans = malloc((size_t)values * sizeof *w.spans);
  if (out->block_room < ir->block_count + 1) {
    free(out->block_first);
    out->block_room = ir->block_count + 1;
    out->block_first = malloc((size_t)out->block_room * sizeof *out->block_first);
  }
  out->bundle_count = 0;
  out->squeezed = false;
  w.failed = !w.nodes || !w.ready || !w.values || !w.spans || !out->block_first;
  if (!w.failed)
    ir_spans(ir, w.spans);
  for (int b = 0; b < ir->block_count && !w.failed; b++) {
    w.live[FILE_R] = w.live[FILE_P] = 0;
    for (int v = 0; v < ir->file_count; v++) {
      w.values[v].live =
          w.spans[v].first != IR_NONE && w.spans[v].first < b && w.spans[v].last >= b;
      w.live[ir->files[v]] += w.values[v].live;
    }
    out->block_first[b] = out->bundle_count;
    schedule_block(&w, b, out);
    out->block_first[b + 1] = out->bundle_count;
  }
  free(w.nodes);
  free(w.ready);
  free(w.values);
  free(w.spans);
  free(w.edges);
  free(w.links);
  if (w.failed)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory while scheduling");
  return 0;
}

void schedule_free(struct schedule *s)
{
  free(s->bundles);
  free(s->block_first);
  memset(s, 0, sizeof *s);
}
