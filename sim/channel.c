/* Channels: the messages from one sentron to another, and when the C-pipe can send and take them
 * (architecture, section 5, "Messages"). What crosses nodes goes through cluster.c. */
#include "sim/channel.h"

#include "sim/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct context *context_at(struct vtpu *v, unsigned node, unsigned id)
{
  if (node >= (unsigned)v->m.nodes || id >= SENTRONS_PER_NODE_MAX)
    return NULL;
  struct node *n = &v->nodes[node];
  struct core *c = &n->cores[n->core_of[id]];
  for (int i = 0; i < 2; i++)
    if (c->ctx[i] && c->ctx[i]->id == id)
      return c->ctx[i];
  return NULL;
}

struct channel *channel_between(struct vtpu *v, struct context *from, struct context *to)
{
  bool same_node = from->node_id == to->node_id;
  struct channel **table = same_node ? from->to_local : from->to_node;
  unsigned at = same_node ? to->id : to->node_id;
  if (!table[at]) {
    const size_t bytes = sizeof(struct channel) + (size_t)v->m.queue_depth * sizeof(struct message);
    struct channel *ch = aligned_alloc(sizeof(struct channel), bytes);
    if (!ch)
      abort(); /* a few kilobytes at most: the host is beyond help */
    memset(ch, 0, bytes);
    ch->sender = from;
    ch->receiver = to;
    ch->arrive = NEVER;
    ch->latency = from->core == to->core ? (cycle_t)v->m.net_core
                  : same_node            ? (cycle_t)v->m.l3_latency
                                         : network_unloaded(v, from->node_id, to->node_id);
    table[at] = ch;
  }
  return table[at];
}

void channels_free(struct vtpu *v, struct context *x)
{
  for (int64_t i = 0; x->to_local && i < SENTRONS_PER_NODE_MAX; i++)
    free(x->to_local[i]);
  for (int64_t i = 0; x->to_node && i < v->m.nodes; i++)
    free(x->to_node[i]);
  free(x->to_local);
  free(x->to_node);
}

/* The place of the next one. */
static void advance(const struct vtpu *v, uint8_t *at)
{
  *at = (uint8_t)(*at + 1 < v->m.queue_depth ? *at + 1 : 0);
}

void channel_look(const struct vtpu *v, struct channel *ch)
{
  ch->credit = ch->owed == v->m.queue_depth ? NEVER : ch->slots[ch->send_at].credit;
  ch->arrive = ch->held == 0 ? NEVER : ch->slots[ch->receive_at].arrive;
}

void channel_deliver(struct vtpu *v, struct channel *ch, const uint8_t *bytes, cycle_t arrive)
{
  struct message *m = &ch->slots[ch->deliver_at];
  ch->delivered++;
  advance(v, &ch->deliver_at);
  m->arrive = arrive;
  memcpy(m->bytes, bytes, M_BYTES);
  if (arrive > ch->sender->sends_arrive)
    ch->sender->sends_arrive = arrive;
  if (v->event)
    event_message(v, ch->receiver, ch->sender, EVENT_ARRIVAL, NULL, arrive);
  if (ch->held++ == 0) {
    ch->arrive = arrive;
    engine_wake(ch->receiver, arrive);
  }
}

void channel_refund(struct vtpu *v, struct channel *ch, cycle_t credit)
{
  ch->slots[ch->return_at].credit = credit;
  advance(v, &ch->return_at);
  if (v->event)
    event_message(v, ch->sender, ch->receiver, EVENT_CREDIT, NULL, credit);
  if (ch->owed-- == v->m.queue_depth) {
    ch->credit = credit;
    engine_wake(ch->sender, credit);
  }
}

/* A message between x, which has a log, and another sentron y. */
static void log_message(const struct context *x, enum trace_kind kind, const struct context *y,
                        const uint8_t *bytes, cycle_t t)
{
  uint64_t field[2 + M_BYTES / 8] = {y->node_id, y->id};
  memcpy(field + 2, bytes, M_BYTES);
  log_event(x->log, kind, x->pc, t, 2 + M_BYTES / 8, field);
}

void channel_send(struct vtpu *v, struct channel *ch, const struct psiw *s, const uint8_t *bytes,
                  cycle_t t)
{
  ch->sent++;
  advance(v, &ch->send_at);
  ch->credit = ++ch->owed == v->m.queue_depth ? NEVER : ch->slots[ch->send_at].credit;
  if (v->event)
    event_message(v, ch->sender, ch->receiver, EVENT_SEND, bytes, t);
  mark_of(ch->sender, s)->sent++;
  if (ch->sender->log)
    log_message(ch->sender, TRACE_SEND, ch->receiver, bytes, t);
  if (ch->sender->node_id == ch->receiver->node_id)
    channel_deliver(v, ch, bytes, t + ch->latency);
  else
    cluster_send(ch, bytes, t);
}

const uint8_t *channel_take(struct vtpu *v, struct channel *ch, const struct psiw *s, cycle_t t)
{
  const uint8_t *bytes = ch->slots[ch->receive_at].bytes;
  advance(v, &ch->receive_at);
  ch->arrive = --ch->held == 0 ? NEVER : ch->slots[ch->receive_at].arrive;
  mark_of(ch->receiver, s)->received++;
  if (ch->receiver->log)
    log_message(ch->receiver, TRACE_RECEIVE, ch->sender, bytes, t);
  if (v->event)
    event_message(v, ch->receiver, ch->sender, EVENT_TAKE, bytes, t);
  if (ch->sender->node_id == ch->receiver->node_id)
    channel_refund(v, ch, t + ch->latency);
  else
    cluster_refund(ch, t + ch->latency);
  return bytes;
}

/* When x can send to all others of a group, when it has a message of each. NULL is a channel that
 * is not used yet. One for whom nothing is known settles it. */
static cycle_t group_credit(const struct context *x, unsigned group)
{
  cycle_t last = 0;
  for (unsigned rest = group_others(x, group); rest && last != NEVER; rest &= rest - 1) {
    const struct channel *ch = x->to_local[group_first(rest)];
    const cycle_t time = ch ? ch->credit : 0;
    last = time > last ? time : last;
  }
  return last;
}
static cycle_t group_message(struct vtpu *v, const struct context *x, unsigned group)
{
  cycle_t last = 0;
  for (unsigned rest = group_others(x, group); rest && last != NEVER; rest &= rest - 1) {
    const struct channel *ch = group_member(v, x, group_first(rest))->to_local[x->id];
    const cycle_t time = ch ? ch->arrive : NEVER;
    last = time > last ? time : last;
  }
  return last;
}

void c_wait(struct vtpu *v, struct context *x, const struct psiw *s, cycle_t *credit,
            cycle_t *message)
{
  const struct psiw_rest *q = rest_of(x, s);
  *credit = *message = 0;
  if (q->channel) {
    if (q->c_code == OP_CRECV)
      *message = q->channel->arrive;
    else
      *credit = q->channel->credit;
    return;
  }
  const unsigned group = q->c_group;
  if (q->c_code == OP_CFANOUT)
    *credit = group_credit(x, group);
  else
    *message = group_message(v, x, group);
}

void c_describe_wait(struct vtpu *v, struct context *x, const struct psiw *s, char *out,
                     size_t bytes)
{
  const struct psiw_rest *q = rest_of(x, s);
  const unsigned group = q->c_group, code = q->c_code;
  const struct channel *ch = q->channel;
  struct context *y = ch ? (ch->sender == x ? ch->receiver : ch->sender) : NULL;
  bool sends = code == OP_CSEND || code == OP_CROUTE || code == OP_CFANOUT;
  for (unsigned rest = y ? 0 : group_others(x, group); rest && !y; rest &= rest - 1)
    if ((sends ? channel_to(v, x, group_first(rest))->credit
               : channel_to(v, group_member(v, x, group_first(rest)), x->id)->arrive) == NEVER)
      y = group_member(v, x, group_first(rest));
  static const char *const life[] = {"dormant", "alive", "retired", "faulted"};
  if (y)
    snprintf(out, bytes,
             sends ? "waits for credit to send to sentron %u (%s, %s)"
                   : "waits for a message from sentron %u (%s, %s)",
             y->id, y->origin->name, life[y->life]);
  else
    snprintf(out, bytes, "waits for its group");
}
