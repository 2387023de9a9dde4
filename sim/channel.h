/* Sending and taking messages, and the members of groups (channel.c); for the C-pipe. */
#ifndef VTPU_SIM_CHANNEL_H
#define VTPU_SIM_CHANNEL_H

#include "sim/engine.h"

/* A message of x's SIW s at t; there is credit. */
void channel_send(struct vtpu *v, struct channel *ch, const struct psiw *s, const uint8_t *bytes,
                  cycle_t t);
/* Takes the message that came first; there is one. Its bytes stay where they are until the sender
 * has the credit and sends again. */
const uint8_t *channel_take(struct vtpu *v, struct channel *ch, const struct psiw *s, cycle_t t);

/* The other members of a group, a bit each; in a loop `rest` loses the one that has been seen. */
static inline unsigned group_others(const struct context *x, unsigned group)
{
  return x->group[group] & ~(1u << x->id);
}
static inline unsigned group_first(unsigned rest)
{
  return (unsigned)__builtin_ctz(rest);
}

/* Member `id` of a group of x, on its node: it is there. */
static inline struct context *group_member(struct vtpu *v, const struct context *x, unsigned id)
{
  const struct node *n = &v->nodes[x->node_id];
  const struct core *c = &n->cores[n->core_of[id]];
  return c->ctx[0] && c->ctx[0]->id == id ? c->ctx[0] : c->ctx[1];
}

/* The channel to a member, made when it is first used. */
static inline struct channel *channel_to(struct vtpu *v, struct context *x, unsigned id)
{
  struct channel *ch = x->to_local[id];
  return ch ? ch : channel_between(v, x, group_member(v, x, id));
}

#endif
