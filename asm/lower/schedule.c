/* The list scheduler: see schedule.h.
 *
 * Cycle by cycle, the operation with the greatest height (longest path of latencies to the end of
 * the block), or that is due first, among those that are ready goes into its pipe's slot. An
 * operation that would make more values live than there are registers waits until one dies. */
#include "asm/lower/schedule_work.h"

#include <stdlib.h>
#include <string.h>

static const int register_limit[2] = {[FILE_R] = R_COUNT, [FILE_P] = P_COUNT};

/* Makes a block's nodes ready for a schedule. */
static void begin_block(struct scheduler *w, const struct ir_block *b)
{
  w->nodes = w->all_nodes + b->first;
  for (int i = 0; i < b->count; i++) {
    struct node *n = &w->nodes[i];
    n->cycle = IR_NONE;
    n->waits = n->before;
    n->earliest = 0;
    for (int k = 0; k < n->values; k++)
      w->values[n->value[k].reg].remaining = 0;
  }
  for (int i = 0; i < b->count; i++)
    for (int k = 0; k < w->nodes[i].values; k++)
      w->values[w->nodes[i].value[k].reg].remaining += w->nodes[i].value[k].times;
}

/* The cycle in which each operation should issue: schedule.h. */
static void set_due(struct scheduler *w, const struct ir_op *ops, int count)
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
static void line_up(struct scheduler *w, int count)
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
static bool needed(const struct scheduler *w, const struct value *v, int uses, int block)
{
  const struct ir_span *span = &w->spans[v - w->values];
  return v->remaining > uses || span->last > block || (span->last == block && span->whole);
}

/* Would the operation need more registers than there are? What only replaces a dying value, or
 * frees registers, always fits. */
static bool fits(const struct scheduler *w, int i, int block)
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

static void place(struct scheduler *w, int i, int cycle, int block)
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
    int earliest = cycle + w->edges[e].distance;
    to->earliest = earliest > to->earliest ? earliest : to->earliest;
  }
}

static bool better(const struct scheduler *w, int a, int b)
{
  if (w->order.pace && w->nodes[a].due != w->nodes[b].due)
    return w->nodes[a].due < w->nodes[b].due;
  if (w->nodes[a].height != w->nodes[b].height)
    return w->nodes[a].height > w->nodes[b].height;
  return a < b;
}

/* May an operation be placed when `first` is the first that is not? */
static bool in_window(const struct scheduler *w, int i, int first)
{
  if (w->order.pace)
    return w->nodes[i].due <= w->nodes[first].due + w->order.window;
  return i <= first + w->order.window;
}

/* The best operation in the window that can go into a free slot of this cycle, or IR_NONE.
 * `force`: even when registers run out. */
static int choose(struct scheduler *w, const struct ir_op *ops, int ready, const int *slots,
                  int cycle, int first, int block, bool force)
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
static int update_ready(struct scheduler *w, int ready, int placed)
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
static int first_left(const struct scheduler *w, int count, int place)
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
static void lay_out(struct scheduler *w, const struct ir_block *b, struct schedule *out)
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

static void schedule_block(struct scheduler *w, int block, struct schedule *out)
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
  begin_block(w, b);
  if (w->order.pace)
    set_due(w, ops, b->count);
  line_up(w, b->count);
  int ready = 0, placed = 0, cycle = 0, place_in_line = 0;
  for (int i = 0; i < b->count && !w->failed; i++)
    if (w->nodes[i].waits == 0)
      w->ready[ready++] = i;
  bool force = false;
  for (; placed < b->count && !w->failed; cycle++) {
    out->squeezed |= force;
    if (force && w->order.window)
      return;
    int *slots = new_bundle(out);
    if (!slots) {
      w->failed = true;
      break;
    }
    int before = placed, i, first = w->line[place_in_line];
    while ((i = choose(w, ops, ready, slots, cycle, first, block, force)) != IR_NONE) {
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

struct scheduler *scheduler_new(const struct ir *ir, struct vtpu_error *err)
{
  struct scheduler *w = calloc(1, sizeof *w);
  size_t ops = (size_t)ir->op_count + 1, values = (size_t)ir->file_count + 1;
  if (!w) {
    vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory while scheduling");
    return NULL;
  }
  w->ir = ir;
  w->all_nodes = malloc(ops * sizeof *w->all_nodes);
  w->ready = malloc(2 * ops * sizeof *w->ready);
  w->line = w->ready ? w->ready + ops : NULL;
  w->values = calloc(values, sizeof *w->values);
  w->spans = malloc(values * sizeof *w->spans);
  w->failed = !w->all_nodes || !w->ready || !w->values || !w->spans;
  if (!w->failed)
    ir_spans(ir, w->spans);
  for (int b = 0; b < ir->block_count && !w->failed; b++)
    if (!ir->blocks[b].fixed)
      schedule_graph(w, &ir->blocks[b]);
  if (w->failed) {
    scheduler_free(w);
    vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory while scheduling");
    return NULL;
  }
  return w;
}

void scheduler_free(struct scheduler *w)
{
  if (!w)
    return;
  free(w->all_nodes);
  free(w->ready);
  free(w->values);
  free(w->spans);
  free(w->edges);
  free(w->links);
  free(w);
}

int scheduler_run(struct scheduler *w, struct schedule_order order, struct schedule *out,
                  struct vtpu_error *err)
{
  const struct ir *ir = w->ir;
  w->order = order;
  if (out->block_room < ir->block_count + 1) {
    free(out->block_first);
    out->block_room = ir->block_count + 1;
    out->block_first = malloc((size_t)out->block_room * sizeof *out->block_first);
  }
  out->bundle_count = 0;
  out->squeezed = false;
  w->failed = !out->block_first;
  for (int b = 0; b < ir->block_count && !w->failed; b++) {
    w->live[FILE_R] = w->live[FILE_P] = 0;
    for (int v = 0; v < ir->file_count; v++) {
      w->values[v].live =
          w->spans[v].first != IR_NONE && w->spans[v].first < b && w->spans[v].last >= b;
      w->live[ir->files[v]] += w->values[v].live;
    }
    out->block_first[b] = out->bundle_count;
    schedule_block(w, b, out);
    out->block_first[b + 1] = out->bundle_count;
    if (out->squeezed && order.window)
      break;
  }
  return w->failed ? vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory while scheduling") : 0;
}

void schedule_free(struct schedule *s)
{
  free(s->bundles);
  free(s->block_first);
  memset(s, 0, sizeof *s);
}
