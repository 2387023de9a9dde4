/* Modulo scheduling of streams: operations placed cycle by cycle, as a list scheduler does, into
 * the reservation table.
 *
 * A stream is a long chain (a pointer that walks, sums that grow) that fills nearly every row. Seen
 * in time order its operations simply take the rows that are left. What comes at a round's end
 * (sum, scale, scatter) would then find the rows of the next round's stream taken and wait for a
 * whole interval, again and again; so passes are repeated: an operation that waited long has its
 * slot kept free from the start of the next pass, and the stream flows around it. */
#include "asm/lower/modulo_work.h"

#include <limits.h>
#include <string.h>

enum {
  PASSES = 64,
  PATIENCE = 2,      /* cycles that an operation waits for a row */
  PATIENCE_HEAD = 8, /* the same in the first interval, where the stream flows around others */
  TRIES = 8,         /* slots that are kept for one operation, one after the other */
};

static int row_slot(const struct modulo_work *w, int ii, int t, int i)
{
  return t % ii * PIPE_COUNT + (int)w->b->ops[i].pipe;
}

/* What an operation that has just been placed means for those after it: they issue no sooner than
 * their gap allows. Operations of later rounds may have been placed too early for that (false):
 * they come later in the next pass. */
static bool hold_back(struct modulo_work *w, int i)
{
  bool ok = true;
  for (int k = w->after.first[i]; k < w->after.first[i + 1]; k++) {
    int to = w->after.list[k].op, from = w->time[i] + w->after.list[k].gap;
    if (w->time[to] == UNPLACED) {
      w->from[to] = from > w->from[to] ? from : w->from[to];
    } else if (from > w->time[to]) {
      w->later[to] = from > w->later[to] ? from : w->later[to];
      ok = false;
    }
  }
  return ok;
}

/* The operation that issues on a pipe in this cycle: the one for which the slot is kept, or else
 * the most urgent of those that are ready. Where the table takes the slot from that one, it is
 * counted.
 */
static int choose(struct modulo_work *w, int ii, int t, int pipe)
{
  int slot = t % ii * PIPE_COUNT + pipe, holder = w->held[slot];
  bool taken = w->slots[slot] != IR_NONE;
  if (holder != IR_NONE && !taken && w->time[holder] == UNPLACED && w->waits[holder] == 0 &&
      w->from[holder] <= t)
    return holder;
  for (int k = 0; k < w->ready_count[pipe]; k++) {
    int i = w->ready[pipe][k];
    if (w->from[i] > t)
      continue;
    if (!taken && holder == IR_NONE)
      return i;
    if (w->blocked[i]++ == 0)
      w->last[i] = t;
    return IR_NONE;
  }
  return IR_NONE;
}

/* Puts an operation that waits for no other into the list of its pipe, the most urgent first. */
static void enlist(struct modulo_work *w, int i)
{
  int pipe = (int)w->b->ops[i].pipe, k = w->ready_count[pipe]++;
  for (; k > 0 && w->rank[w->ready[pipe][k - 1]] > w->rank[i]; k--)
    w->ready[pipe][k] = w->ready[pipe][k - 1];
  w->ready[pipe][k] = i;
}

static void put(struct modulo_work *w, int i, int t, int ii)
{
  const struct loop_body *b = w->b;
  int pipe = (int)b->ops[i].pipe, kept = 0;
  w->slots[row_slot(w, ii, t, i)] = i;
  w->time[i] = t;
  for (int k = 0; k < w->ready_count[pipe]; k++)
    if (w->ready[pipe][k] != i)
      w->ready[pipe][kept++] = w->ready[pipe][k];
  w->ready_count[pipe] = kept;
  for (int k = b->out[i]; k != IR_NONE; k = b->edges[k].next_out)
    if (b->edges[k].distance == 0 && --w->waits[b->edges[k].to] == 0)
      enlist(w, b->edges[k].to);
}

/* One pass. Returns false when the span is too short or a dependence between rounds is broken. */
static bool pass(struct modulo_work *w, int ii, int span)
{
  const struct loop_body *b = w->b;
  int placed = 0;
  bool ok = true;
  for (int p = 0; p < PIPE_COUNT; p++)
    w->ready_count[p] = 0;
  for (int i = 0; i < b->count; i++) {
    w->waits[i] = 0;
    w->from[i] = w->least[i];
    for (int k = b->in[i]; k != IR_NONE; k = b->edges[k].next_in)
      w->waits[i] += b->edges[k].distance == 0;
    if (w->waits[i] == 0)
      enlist(w, i);
  }
  for (int t = 0; t < span && placed < b->count; t++)
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
      int i = choose(w, ii, t, pipe);
      if (i == IR_NONE)
        continue;
      put(w, i, t, ii);
      placed++;
      ok &= hold_back(w, i);
    }
  return ok && placed == b->count;
}

/* Is an operation a link of a chain that fills the interval? It could not wait for a better slot.
 */
static bool in_stream(const struct loop_body *b, const int *links, int i, int ii)
{
  for (int u = 0; u < b->uses[i]; u++)
    if (links[b->web_of[i][u]] > ii / 4)
      return true;
  return false;
}

/* Keeps a slot for the first operation that waited long, a little later than it could have used
 * one: what is kept for others delays the stream, and with it this operation. False: none waited.
 */
static bool keep_slot(struct modulo_work *w, int ii)
{
  int n = w->b->count, first = IR_NONE;
  for (int i = 0; i < n; i++) {
    int patience = w->last[i] < ii ? PATIENCE_HEAD : PATIENCE + w->tries[i];
    if (w->blocked[i] > patience && !w->chained[i] && w->tries[i] < TRIES &&
        (first == IR_NONE || w->last[i] < w->last[first]))
      first = i;
  }
  if (first == IR_NONE)
    return false;
  w->wish[first] = w->last[first] + w->tries[first]++;
  return true;
}

/* Does `to` read what operation i makes? */
static bool needs(const struct loop_body *b, int i, int to)
{
  for (int u = 0; u < b->uses[i]; u++)
    for (int k = 0; k < b->uses[to]; k++)
      if (b->use[i][u].written && b->use[to][k].read && b->web_of[i][u] == b->web_of[to][k])
        return true;
  return false;
}

/* The cycle before which an operation is not placed: a gather, say, comes when the first of those
 * who need it could issue, were it not for the gather. */
static void set_least(struct modulo_work *w)
{
  const struct loop_body *b = w->b;
  for (int i = b->count - 1; i >= 0; i--) {
    int needed = INT_MAX;
    for (int k = b->out[i]; k != IR_NONE; k = b->edges[k].next_out)
      if (b->edges[k].distance == 0 && needs(b, i, b->edges[k].to) &&
          w->least[b->edges[k].to] - b->edges[k].latency < needed)
        needed = w->least[b->edges[k].to] - b->edges[k].latency;
    w->least[i] = w->head[i];
    if (w->produces[i] && needed != INT_MAX && needed > w->head[i])
      w->least[i] = needed;
  }
}

/* The cycle in which each operation is due, in w->last, as schedule.h has it for straight code: an
 * interval is what the busiest pipe takes for a round in source order. No operation is placed
 * sooner: of several streams in a round the next one begins when the one before ends. */
static void set_due(struct modulo_work *w, int ii)
{
  const struct loop_body *b = w->b;
  int of_pipe[PIPE_COUNT] = {0}, busiest = 0, base = INT_MAX;
  for (int i = 0; i < b->count; i++)
    of_pipe[b->ops[i].pipe]++;
  for (int p = 1; p < PIPE_COUNT; p++)
    busiest = of_pipe[p] > of_pipe[busiest] ? p : busiest;
  for (int i = 0, before = 0; i < b->count; i++) {
    w->last[i] = (int)((int64_t)before * ii / of_pipe[busiest]);
    before += (int)b->ops[i].pipe == busiest;
  }
  for (int i = b->count - 1; i >= 0; i--) {
    for (int k = b->out[i]; k != IR_NONE; k = b->edges[k].next_out) {
      const struct depend_edge *e = &b->edges[k];
      if (e->distance == 0 && w->last[e->to] - e->latency < w->last[i])
        w->last[i] = w->last[e->to] - e->latency;
    }
    base = w->last[i] - w->head[i] < base ? w->last[i] - w->head[i] : base;
  }
  for (int i = 0; i < b->count; i++)
    w->least[i] = w->last[i] - base;
}

bool modulo_stream(struct modulo_work *w, int ii, int span, enum modulo_order order)
{
  int n = w->b->count, shortest = INT_MAX;
  bool urgent = order == ORDER_URGENT;
  for (int i = 0; i < n; i++) {
    w->chained[i] = in_stream(w->b, w->links, i, ii);
    w->wish[i] = UNPLACED;
    w->tries[i] = 0;
  }
  if (order == ORDER_PACED)
    set_due(w, ii);
  else
    set_least(w);
  modulo_rank(w, urgent ? w->tail : w->least, urgent);
  for (int k = 0; k < PASSES; k++) {
    if (!modulo_clear(w, ii))
      return false;
    for (int i = 0; i < n; i++) {
      w->blocked[i] = w->later[i] = 0;
      if (w->wish[i] != UNPLACED)
        w->held[row_slot(w, ii, w->wish[i], i)] = i;
    }
    bool ok = pass(w, ii, span);
    int end = 0;
    for (int i = 0; i < n && ok; i++)
      end = w->time[i] > end ? w->time[i] : end;
    if (ok && end < shortest) {
      shortest = end;
      memcpy(w->best, w->time, (size_t)n * sizeof *w->best);
    }
    bool changed = keep_slot(w, ii);
    for (int i = 0; i < n; i++)
      if (!changed && w->later[i] > w->least[i]) {
        w->least[i] = w->later[i];
        changed = true;
      }
    if (!changed || (ok && end < w->critical))
      break;
  }
  if (shortest == INT_MAX || !modulo_clear(w, ii))
    return false;
  for (int i = 0; i < n; i++) {
    w->time[i] = w->best[i];
    w->slots[row_slot(w, ii, w->time[i], i)] = i;
  }
  return true;
}
