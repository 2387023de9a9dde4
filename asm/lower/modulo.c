/* Iterative modulo scheduling: see modulo.h.
 *
 * Every operation has a window [early, late] of cycles inside the span of a round. Operations are
 * placed one by one into free slots of the modulo reservation table (a row a cycle of the interval,
 * a slot a pipe); one that finds none takes its place by force, and what stands in its way is
 * placed again. A budget of placements ends the attempt. */
#include "asm/lower/modulo_work.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUDGET = 6 /* placements an operation */, LOOSE_CYCLES = 3 };

static int most(int a, int b)
{
  return a > b ? a : b;
}

/* An operation on a circuit of the edges by which the paths became longest, or IR_NONE; scratch:
 * seen [count]. Such a circuit is longer than its rounds allow: paths grow for ever. */
static int parent_circuit(const struct loop_body *b, const int *parent, int *seen)
{
  for (int i = 0; i < b->count; i++)
    seen[i] = IR_NONE;
  for (int i = 0; i < b->count; i++) {
    int at = i;
    while (at != IR_NONE && seen[at] == IR_NONE) {
      seen[at] = i;
      at = parent[at] == IR_NONE ? IR_NONE : b->edges[parent[at]].from;
    }
    if (at != IR_NONE && seen[at] == i)
      return at;
  }
  return IR_NONE;
}

/* Longest paths from the start of a round over edges of weight latency - ii * distance. Returns an
 * operation on a circuit that is too long for the interval, IR_NONE if there is none. parent:
 * [count], the last edge of each path; seen: [count], scratch. */
static int longest(const struct loop_body *b, int ii, int *path, int *parent, int *seen)
{
  for (int i = 0; i < b->count; i++) {
    path[i] = 0;
    parent[i] = IR_NONE;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (int k = 0; k < b->edge_count; k++) {
      const struct depend_edge *e = &b->edges[k];
      int length = path[e->from] + e->latency - ii * e->distance;
      if (length <= path[e->to])
        continue;
      path[e->to] = length;
      parent[e->to] = k;
      changed = true;
    }
    int at = changed ? parent_circuit(b, parent, seen) : IR_NONE;
    if (at != IR_NONE)
      return at;
  }
  return IR_NONE;
}

/* The same to the end of a round, at an interval that no circuit is too long for. */
static void longest_to_end(const struct loop_body *b, int ii, int *path)
{
  for (int i = 0; i < b->count; i++)
    path[i] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (int k = b->edge_count - 1; k >= 0; k--) {
      const struct depend_edge *e = &b->edges[k];
      int length = path[e->to] + e->latency - ii * e->distance;
      if (length > path[e->from]) {
        path[e->from] = length;
        changed = true;
      }
    }
  }
}

/* --- bounds ------------------------------------------------------------------------------------
 */

/* The interval that the circuit through `at` allows; its operations to `text`. */
static int read_circuit(const struct loop_body *b, const int *parent, int at, char *text)
{
  int length = 0, used = 0, latency = 0, distance = 0, i = at;
  do {
    const struct depend_edge *e = &b->edges[parent[i]];
    const struct op_info *info = op_find(b->ops[i].pipe, (unsigned)b->ops[i].s.op);
    if (length < 6)
      used += snprintf(text + used, CIRCUIT_TEXT_BYTES - (size_t)used, "%s%s (%d)",
                       length ? " < " : "", info ? info->mnemonic : "?", i);
    length++;
    latency += e->latency;
    distance += e->distance;
    i = e->from;
  } while (i != at);
  if (length > 6)
    snprintf(text + used, CIRCUIT_TEXT_BYTES - (size_t)used, " ..., %d in all", length);
  return (latency + distance - 1) / distance;
}

int modulo_bounds(const struct loop_body *b, struct modulo_bounds *out, struct vtpu_error *err)
{
  memset(out, 0, sizeof *out);
  size_t n = (size_t)b->count;
  int *path = malloc(3 * n * sizeof *path), at;
  if (!path)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a loop's bounds");
  for (int i = 0; i < b->count; i++)
    out->ops[b->ops[i].pipe]++;
  for (int p = 0; p < PIPE_COUNT; p++)
    if (out->ops[p] > out->resource) {
      out->resource = out->ops[p];
      out->pipe = (enum pipe)p;
    }
  /* From circuit to longer circuit: each is too long for the interval of the one before. */
  out->recurrence = 1;
  while ((at = longest(b, out->recurrence, path, path + n, path + 2 * n)) != IR_NONE)
    out->recurrence = read_circuit(b, path + n, at, out->circuit);
  out->minimum = most(out->resource, out->recurrence);
  free(path);
  return 0;
}

/* --- placing -----------------------------------------------------------------------------------
 */

struct modulo_work *modulo_new(const struct loop_body *b, struct vtpu_error *err)
{
  struct modulo_work *w = calloc(1, sizeof *w);
  size_t n = (size_t)b->count;
  int *ints = w ? malloc((17 * n + 2 * (n + 1)) * sizeof *ints) : NULL;
  struct neighbour *neighbours =
      w ? malloc((2 * (size_t)b->edge_count + 1) * sizeof *neighbours) : NULL;
  int64_t *keys = w ? malloc(n * sizeof *keys) : NULL;
  bool *bools = w ? malloc(3 * n * sizeof *bools) : NULL;
  int *links = calloc((size_t)b->web_count + 1, sizeof *links);
  if (!ints || !keys || !bools || !links || !neighbours) {
    free(ints);
    free(neighbours);
    free(links);
    free(keys);
    free(bools);
    free(w);
    vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a modulo schedule");
    return NULL;
  }
  *w = (struct modulo_work){.b = b,
                            .path_ii = UNPLACED,
                            .key = keys,
                            .forward = bools,
                            .produces = bools + n,
                            .chained = bools + 2 * n,
                            .before = {ints + 17 * n, neighbours},
                            .after = {ints + 18 * n + 1, neighbours + b->edge_count},
                            .links = links};
  int **arrays[] = {&w->head,    &w->tail, &w->order,    &w->rank,     &w->time,    &w->last,
                    &w->blocked, &w->wish, &w->least,    &w->later,    &w->best,    &w->tries,
                    &w->waits,   &w->from, &w->ready[0], &w->ready[1], &w->ready[2]};
  for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
    *arrays[k] = ints + k * n;
  for (int i = 0; i < b->count; i++) {
    bool writes = false, reads = false;
    for (int u = 0; u < b->uses[i]; u++) {
      bool kept = b->webs[b->web_of[i][u]].kept;
      writes |= b->use[i][u].written && !kept;
      reads |= b->use[i][u].read && !kept && b->use[i][u].file == FILE_R;
      links[b->web_of[i][u]] += kept;
    }
    w->produces[i] = writes && !reads;
  }
  return w;
}

void modulo_free(struct modulo_work *w)
{
  if (!w)
    return;
  free(w->head);
  free(w->before.list);
  free(w->key);
  free(w->links);
  free(w->forward);
  free(w->slots);
  free(w);
}

/* One side of the graph at an interval; scratch: place [count], where an operation is in the list.
 */
static void set_neighbours(const struct loop_body *b, int ii, bool after, struct neighbours *out,
                           int *place)
{
  int count = 0;
  for (int i = 0; i < b->count; i++)
    place[i] = UNPLACED;
  for (int i = 0; i < b->count; i++) {
    out->first[i] = count;
    for (int k = after ? b->out[i] : b->in[i]; k != IR_NONE;
         k = after ? b->edges[k].next_out : b->edges[k].next_in) {
      const struct depend_edge *e = &b->edges[k];
      int other = after ? e->to : e->from, gap = e->latency - ii * e->distance;
      if (other == i)
        continue;
      if (place[other] < out->first[i]) {
        place[other] = count;
        out->list[count++] = (struct neighbour){other, gap};
      } else {
        out->list[place[other]].gap = most(out->list[place[other]].gap, gap);
      }
    }
  }
  out->first[b->count] = count;
}

int modulo_critical_path(struct modulo_work *w, int ii)
{
  const struct loop_body *b = w->b;
  if (w->path_ii == ii)
    return w->critical;
  w->path_ii = ii;
  w->critical = UNPLACED;
  if (longest(b, ii, w->head, w->last, w->time) != IR_NONE)
    return UNPLACED;
  longest_to_end(b, ii, w->tail);
  set_neighbours(b, ii, false, &w->before, w->time);
  set_neighbours(b, ii, true, &w->after, w->time);
  for (int i = 0; i < b->count; i++)
    w->critical = most(w->critical, w->head[i] + w->tail[i] + 1);
  return w->critical;
}

static int by_key(const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void modulo_rank(struct modulo_work *w, const int *by, bool greatest)
{
  int n = w->b->count;
  for (int i = 0; i < n; i++)
    w->key[i] = (int64_t)(greatest ? INT_MAX - by[i] : by[i]) * n + i;
  qsort(w->key, (size_t)n, sizeof *w->key, by_key);
  for (int k = 0; k < n; k++) {
    w->order[k] = (int)(w->key[k] % n);
    w->rank[w->order[k]] = k;
  }
}

static void set_priorities(struct modulo_work *w, enum modulo_order order)
{
  int n = w->b->count;
  for (int i = 0; i < n; i++) {
    int head = w->head[i], tail = w->tail[i];
    bool loose = w->critical - 1 - head - tail > LOOSE_CYCLES;
    bool early = order == ORDER_TOP_DOWN || (order == ORDER_OUTSIDE_IN && head <= tail);
    if (loose) /* next to what needs it, or what it needs: a register is held shorter */
      early = !w->produces[i];
    w->forward[i] = early;
    w->blocked[i] = order == ORDER_TOP_DOWN    ? head
                    : order == ORDER_BOTTOM_UP ? tail
                    : loose                    ? tail
                                               : (head < tail ? head : tail);
  }
  modulo_rank(w, w->blocked, false);
}

/* The cycles left to an operation by its window and by those of its neighbours that are placed. */
static void window(const struct modulo_work *w, int i, int span, int *early, int *late)
{
  const struct neighbours *before = &w->before, *after = &w->after;
  *early = w->head[i];
  *late = span - 1 - w->tail[i];
  for (int k = before->first[i]; k < before->first[i + 1]; k++) {
    int time = w->time[before->list[k].op], bound = time + before->list[k].gap;
    *early = time != UNPLACED && bound > *early ? bound : *early;
  }
  for (int k = after->first[i]; k < after->first[i + 1]; k++) {
    int time = w->time[after->list[k].op], bound = time - after->list[k].gap;
    *late = time != UNPLACED && bound < *late ? bound : *late;
  }
}

static int *slot_at(struct modulo_work *w, int ii, int time, int i)
{
  return &w->slots[time % ii * PIPE_COUNT + (int)w->b->ops[i].pipe];
}

/* The cycle of a free slot in the window, from the preferred end, or UNPLACED. */
static int free_cycle(struct modulo_work *w, int i, int ii, int early, int late)
{
  int most_cycles = late - early + 1 < ii ? late - early + 1 : ii;
  int t = w->forward[i] ? early : late, row = t % ii, step = w->forward[i] ? 1 : -1;
  const int *slots = &w->slots[(int)w->b->ops[i].pipe];
  for (int k = 0; k < most_cycles; k++, t += step, row += step) {
    row = row == ii ? 0 : row < 0 ? ii - 1 : row;
    if (slots[row * PIPE_COUNT] == IR_NONE)
      return t;
  }
  return UNPLACED;
}

/* Where an operation goes that has to push others away: on from where it was before. */
static int forced_cycle(const struct modulo_work *w, int i, int span, int early, int late)
{
  int first = w->head[i], end = span - 1 - w->tail[i], t;
  if (w->forward[i]) {
    t = w->last[i] == NEVER || early > w->last[i] ? early : w->last[i] + 1;
    return t > end ? first : t;
  }
  t = w->last[i] == NEVER || late < w->last[i] ? late : w->last[i] - 1;
  return t < first ? end : t;
}

static void evict(struct modulo_work *w, int i, int ii, int *next)
{
  *slot_at(w, ii, w->time[i], i) = IR_NONE;
  w->time[i] = UNPLACED;
  *next = w->rank[i] < *next ? w->rank[i] : *next;
}

/* Places an operation and takes out those whose dependences do not hold any more. */
static void place(struct modulo_work *w, int i, int t, int ii, int *next)
{
  int *slot = slot_at(w, ii, t, i);
  if (*slot != IR_NONE)
    evict(w, *slot, ii, next);
  *slot = i;
  w->time[i] = w->last[i] = t;
  for (int k = w->before.first[i]; k < w->before.first[i + 1]; k++) {
    struct neighbour n = w->before.list[k];
    if (w->time[n.op] != UNPLACED && w->time[n.op] + n.gap > t)
      evict(w, n.op, ii, next);
  }
  for (int k = w->after.first[i]; k < w->after.first[i + 1]; k++) {
    struct neighbour n = w->after.list[k];
    if (w->time[n.op] != UNPLACED && t + n.gap > w->time[n.op])
      evict(w, n.op, ii, next);
  }
}

bool modulo_clear(struct modulo_work *w, int ii)
{
  size_t slots = (size_t)ii * PIPE_COUNT;
  if (w->slot_room < ii) {
    free(w->slots);
    w->slots = malloc(2 * slots * sizeof *w->slots);
    w->slot_room = w->slots ? ii : 0;
    if (!w->slots)
      return false;
  }
  w->held = w->slots + slots;
  for (size_t k = 0; k < slots; k++)
    w->slots[k] = w->held[k] = IR_NONE;
  for (int i = 0; i < w->b->count; i++)
    w->time[i] = w->last[i] = UNPLACED;
  return true;
}

/* Places operations by priority; one that has no slot takes one by force. */
static bool iterate(struct modulo_work *w, int ii, int span, enum modulo_order order)
{
  int n = w->b->count, budget = BUDGET * n + 64;
  set_priorities(w, order);
  for (int next = 0; next < n;) {
    int i = w->order[next++], early, late;
    if (w->time[i] != UNPLACED)
      continue;
    if (budget-- == 0)
      return false;
    window(w, i, span, &early, &late);
    int t = free_cycle(w, i, ii, early, late);
    place(w, i, t == UNPLACED ? forced_cycle(w, i, span, early, late) : t, ii, &next);
  }
  return true;
}

void modulo_settle(struct modulo_work *w, int ii)
{
  const struct loop_body *b = w->b;
  int n = b->count;
  for (int i = 0; i < n; i++)
    w->key[i] = (int64_t)w->time[i] * n + i;
  qsort(w->key, (size_t)n, sizeof *w->key, by_key);
  for (int k = n - 1; k >= 0; k--) {
    int i = (int)(w->key[k] % n), late = INT_MAX;
    bool lengthens = false; /* the life of a value that it reads */
    for (int u = 0; u < b->uses[i]; u++)
      lengthens |=
          b->use[i][u].read && !b->webs[b->web_of[i][u]].kept && b->use[i][u].file == FILE_R;
    for (int e = w->after.first[i]; e < w->after.first[i + 1]; e++) {
      int limit = w->time[w->after.list[e].op] - w->after.list[e].gap;
      late = limit < late ? limit : late;
    }
    if (lengthens || late == INT_MAX || b->ops[i].s.op == OP_SPREFCH)
      continue;
    for (int t = late; t > w->time[i] && t > late - ii; t--)
      if (*slot_at(w, ii, t, i) == IR_NONE) {
        *slot_at(w, ii, w->time[i], i) = IR_NONE;
        *slot_at(w, ii, t, i) = i;
        w->time[i] = t;
        break;
      }
  }
}

bool modulo_attempt(struct modulo_work *w, int ii, int span, enum modulo_order order, int *time)
{
  int n = w->b->count;
  if (w->path_ii != ii || w->critical == UNPLACED || span < w->critical || !modulo_clear(w, ii))
    return false;
  if (!(modulo_in_time(order) ? modulo_stream(w, ii, span, order) : iterate(w, ii, span, order)))
    return false;
  modulo_settle(w, ii);
  int first = w->time[0];
  for (int i = 1; i < n; i++)
    first = w->time[i] < first ? w->time[i] : first;
  for (int i = 0; i < n; i++)
    time[i] = w->time[i] - first;
  return true;
}
