/* Nodes side by side, on one host thread or several, with the same results.
 *
 * Nodes influence each other only through CROUTE, and no sooner than a link's latency. So all nodes
 * run from their earliest event T to T + latency, each by itself, in the order of its own keys;
 * what they sent each other is then put on the links in the order (time, sentron) of sending and
 * delivered, which is never late: it arrives at or after the window's end. Credits go back the same
 * way. With one node there is one window without end.
 */
#include "sim/order.h"

#include <pthread.h>
#include <string.h>

/* --- the order of a node ------------------------------------------------------------------------
 */

/* The key of a core has become another. */
static void order_change(struct node *n, const struct core *c, uint64_t key)
{
  unsigned i = 0;
  while (i + 1 < CORES_MAX && (n->order[i] == NEVER || core_of_key(n, n->order[i]) != c))
    i++;
  for (; i + 1 < CORES_MAX && n->order[i + 1] < key; i++)
    n->order[i] = n->order[i + 1];
  for (; i > 0 && n->order[i - 1] > key; i--)
    n->order[i] = n->order[i - 1];
  n->order[i] = key;
}

/* Least key of the node. */
static uint64_t node_key(const struct node *n)
{
  return n->fault.set ? NEVER : n->order[0];
}

/* Runs the node's cores, and takes their arrivals, in the order of their keys while keys are below
 * `end`. Whatever a core may still cause has a key at or above its own. */
static void node_run(struct vtpu *v, struct node *n, uint64_t end)
{
  n->end = end;
  while (!n->fault.set) {
    const uint64_t least = n->order[0];
    if (least >= end)
      return;
    struct core *c = core_of_key(n, least);
    if (c->queue_count && arrival_key(c, &c->queue[c->queue_head]) == least) {
      arrival_take(v, c);
      order_first(n, core_key(c));
    } else {
      core_foresee(core_of_key(n, n->order[1]));
      v->core_run(v, order_run(n));
      c = n->running; /* it may have gone on to another one (far.h) */
      n->running = NULL;
      if (c)
        order_first(n, core_key(c));
    }
    if (v->trace && v->m.nodes == 1)
      trace_flush(v, node_key(n));
  }
}

void engine_wake(struct context *x, cycle_t time)
{
  struct core *c = x->core;
  struct node *n = c->node;
  if (x->life != LIFE_RUNNING)
    return;
  const unsigned slot = x == c->ctx[1];
  if (c->turns_known && c->turn[slot].time < WAITS)
    return; /* it waits for nobody */
  c->turns_stale |= (uint8_t)(1u << slot);
  if (c == n->running)
    return;
  n->woken++;
  uint64_t key = key_of(time, x->global);
  if (key < x->core->key)
    x->core->key = key;
  if (key <= n->limit)
    n->limit = key ? key - 1 : 0;
  order_change(n, x->core, core_key(x->core));
}

/* --- what leaves a node
 * --------------------------------------------------------------------------- */

static void *grown(void *array, size_t count, size_t *room, size_t size)
{
  if (count < *room)
    return array;
  *room = *room ? *room * 2 : 64;
  void *more = realloc(array, *room * size);
  if (!more)
    abort(); /* a few bytes a message: the host is beyond help */
  return more;
}

void cluster_send(struct channel *ch, const uint8_t *bytes, cycle_t t)
{
  struct node *n = ch->sender->core->node;
  n->outbox = grown(n->outbox, n->outbox_count, &n->outbox_room, sizeof *n->outbox);
  struct parcel *p = &n->outbox[n->outbox_count++];
  p->key = key_of(t, ch->sender->global);
  p->channel = ch;
  memcpy(p->bytes, bytes, M_BYTES);
  ch->sender->parcels++;
}

void cluster_refund(struct channel *ch, cycle_t credit)
{
  struct node *n = ch->receiver->core->node;
  n->refunds = grown(n->refunds, n->refund_count, &n->refund_room, sizeof *n->refunds);
  n->refunds[n->refund_count++] = (struct refund){ch, credit};
}

static int by_key(const void *a, const void *b)
{
  uint64_t x = ((const struct parcel *)a)->key, y = ((const struct parcel *)b)->key;
  return (x > y) - (x < y);
}

/* Puts on the links what the nodes sent in the window, in the order of sending. */
static void exchange(struct vtpu *v)
{
  size_t nodes = (size_t)v->m.nodes;
  size_t at[64] = {0};
  for (size_t i = 0; i < nodes; i++)
    if (v->nodes[i].outbox_count > 1)
      qsort(v->nodes[i].outbox, v->nodes[i].outbox_count, sizeof(struct parcel), by_key);
  for (;;) {
    struct node *from = NULL;
    for (size_t i = 0; i < nodes; i++) {
      struct node *n = &v->nodes[i];
      if (at[i] < n->outbox_count &&
          (!from || n->outbox[at[i]].key < from->outbox[at[from->number]].key))
        from = n;
    }
    if (!from)
      break;
    struct parcel *p = &from->outbox[at[from->number]++];
    struct context *x = p->channel->sender, *y = p->channel->receiver;
    channel_deliver(v, p->channel, p->bytes,
                    network_send(v, x->node_id, y->node_id, key_time(p->key)));
    x->parcels--;
    if (x->fence_waits) {
      context_release_fence(x);
      if (x->hold != NEVER) /* an arrival may still be waited for */
        engine_wake(x, at_earliest(x->hold));
    }
  }
  for (size_t i = 0; i < nodes; i++) {
    struct node *n = &v->nodes[i];
    for (size_t k = 0; k < n->refund_count; k++)
      channel_refund(v, n->refunds[k].channel, n->refunds[k].credit);
    n->outbox_count = n->refund_count = 0;
  }
}

/* --- threads
 * -------------------------------------------------------------------------------------- */

struct crew {
  struct vtpu *v;
  unsigned size;
  uint64_t end; /* of the window */
  bool over;
  pthread_barrier_t start, done;
};
struct worker {
  struct crew *crew;
  unsigned number;
  pthread_t thread;
};

static void run_share(struct crew *crew, unsigned number)
{
  for (unsigned i = number; i < (unsigned)crew->v->m.nodes; i += crew->size)
    node_run(crew->v, &crew->v->nodes[i], crew->end);
}

static void *work(void *argument)
{
  struct worker *w = argument;
  for (;;) {
    pthread_barrier_wait(&w->crew->start);
    if (w->crew->over)
      return NULL;
    run_share(w->crew, w->number);
    pthread_barrier_wait(&w->crew->done);
  }
}

/* End of the window that begins with the earliest event; 0 when there is none before the stop. What
 * arrives later stays queued: an issue after the stop may arrive before it. */
static uint64_t window_end(struct vtpu *v)
{
  uint64_t least = NEVER;
  for (int64_t i = 0; i < v->m.nodes; i++) {
    uint64_t k = node_key(&v->nodes[i]);
    least = k < least ? k : least;
  }
  uint64_t stop = key_of(v->stop, 0);
  if (least >= stop)
    return 0;
  uint64_t end = v->m.nodes == 1 ? NEVER : key_of(key_time(least) + (cycle_t)v->m.link_latency, 0);
  return end < stop ? end : stop;
}

int cluster_run(struct vtpu *v, struct vtpu_error *err)
{
  unsigned nodes = (unsigned)v->m.nodes;
  struct crew crew = {.v = v, .size = v->threads < 1 ? 1 : v->threads > nodes ? nodes : v->threads};
  struct worker worker[64];
  for (unsigned i = 0; i < v->core_count; i++) {
    v->cores[i]->turns_known = false; /* of an earlier phase */
    v->cores[i]->turns_kept = TURNS_OPEN;
    order_change(v->cores[i]->node, v->cores[i], core_key(v->cores[i]));
  }
  pthread_barrier_init(&crew.start, NULL, crew.size);
  pthread_barrier_init(&crew.done, NULL, crew.size);
  unsigned running = 1;
  for (; running < crew.size; running++) {
    worker[running] = (struct worker){.crew = &crew, .number = running};
    if (pthread_create(&worker[running].thread, NULL, work, &worker[running]) != 0)
      break;
  }
  int bad = 0;
  if (running < crew.size)
    bad = vtpu_fail(err, VTPU_SYSTEM, "the host gives only %u of %u threads\n  use fewer --threads",
                    running, crew.size);
  bool fault = false;
  while (!bad && !fault && (crew.end = window_end(v)) != 0) {
    if (crew.size > 1)
      pthread_barrier_wait(&crew.start);
    run_share(&crew, 0);
    if (crew.size > 1)
      pthread_barrier_wait(&crew.done);
    exchange(v);
    if (v->trace)
      trace_flush(v, crew.end);
    for (unsigned i = 0; i < nodes; i++)
      fault |= v->nodes[i].fault.set;
  }
  for (unsigned i = 0; i < nodes; i++)
    v->nodes[i].stopped = node_key(&v->nodes[i]) != NEVER;
  crew.over = true;
  if (crew.size > 1) {
    if (bad) {
      /* Those that started wait for a crew that never comes together. */
      for (unsigned i = 1; i < running; i++)
        pthread_cancel(worker[i].thread);
    } else {
      pthread_barrier_wait(&crew.start);
    }
    for (unsigned i = 1; i < running; i++)
      pthread_join(worker[i].thread, NULL);
  }
  pthread_barrier_destroy(&crew.start);
  pthread_barrier_destroy(&crew.done);
  return bad;
}
