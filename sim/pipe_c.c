/* The C-pipe, one function a row of the table (architecture, sections 3 and 5).
 *
 * Messages need no common clock: a send puts its arrival time into the channel, a receive puts the
 * time at which its credit is back, and whoever waits computes a maximum. Collectives, CROUTE and
 * CSPAWN act at their turn in the order (time, sentron) (SIW_ORDERED).
 */
#include "isa/num.h"
#include "sim/channel.h"
#include "sim/log.h"

#include <string.h>

#define C_ARGS   struct vtpu *v, struct core *c, struct context *x, struct psiw *s, cycle_t t
#define C_UNUSED (void)v, (void)c, (void)x, (void)s, (void)t

static const struct slot *slot_of(const struct context *x, const struct psiw *s)
{
  return &rest_of(x, s)->bundle->slot[PIPE_C];
}

/* rs1 as it was before this SIW's other slots wrote. */
static const uint8_t *source(const struct context *x, const struct psiw *s)
{
  return s->flags & SIW_SNAPSHOT_C ? x->snapshot_c : x->r[rest_of(x, s)->c_rs];
}

/* --- v0.1
 * ----------------------------------------------------------------------------------------- */

static enum attempt c_CNOP(C_ARGS)
{
  C_UNUSED;
  return ATTEMPT_ISSUED;
}

static void owe_message(struct vtpu *v, struct context *x, unsigned m, cycle_t t)
{
  reg_owe(x, REG_M + m, t + (cycle_t)v->m.latency[LAT_PACK], STALL_CRESULT);
}

static enum attempt c_CPACK(C_ARGS)
{
  C_UNUSED;
  const struct slot *f = slot_of(x, s);
  uint8_t *m = x->m[f->rd];
  memcpy(m, x->r[f->rs1] + 8 * (f->b1 & 15), 8);
  memcpy(m + 8, x->r[f->rs2] + 8 * (f->b2 & 15), 8);
  owe_message(v, x, (unsigned)f->rd, t);
  return ATTEMPT_ISSUED;
}

/* A part of a register, of which a message's bytes are left, or fewer. */
static void copy_part(uint8_t *to, const uint8_t *from, unsigned left)
{
  if (left >= M_BYTES)
    memcpy(to, from, M_BYTES);
  else
    memcpy(to, from, left);
}

static enum attempt c_CPACKV(C_ARGS)
{
  C_UNUSED;
  const struct psiw_rest *q = rest_of(x, s);
  memset(x->m[s->c_rd], 0, M_BYTES);
  if (q->c_part < v->bytes)
    copy_part(x->m[s->c_rd], x->r[q->c_rs] + q->c_part, v->bytes - q->c_part);
  owe_message(v, x, s->c_rd, t);
  return ATTEMPT_ISSUED;
}

static enum attempt c_CSEND(C_ARGS)
{
  C_UNUSED;
  channel_send(v, rest_of(x, s)->channel, s, x->m[rest_of(x, s)->c_rs], t);
  return ATTEMPT_ISSUED;
}

static enum attempt c_CROUTE(C_ARGS)
{
  return c_CSEND(v, c, x, s, t);
}

static enum attempt c_CRECV(C_ARGS)
{
  C_UNUSED;
  const struct psiw_rest *q = rest_of(x, s);
  const uint8_t *bytes = channel_take(v, q->channel, s, t);
  if (q->c_part < v->bytes)
    copy_part(x->r[s->c_rd] + q->c_part, bytes, v->bytes - q->c_part);
  reg_owe(x, REG_R + s->c_rd, t + (cycle_t)v->m.latency[LAT_RECV], STALL_CRESULT);
  return ATTEMPT_ISSUED;
}

static enum attempt c_CFENCE(C_ARGS)
{
  C_UNUSED;
  x->fence_sends = slot_of(x, s)->mode >= SCOPE_node;
  x->hold_cause = STALL_FENCE;
  x->fence_waits = true;
  x->hold = NEVER;
  context_release_fence(x);
  return ATTEMPT_ISSUED;
}

/* --- collectives
 * ---------------------------------------------------------------------------------- */

/* Lanes in memory, wherever they begin. */
typedef int64_t __attribute__((may_alias, aligned(1))) i64;
typedef int32_t __attribute__((may_alias, aligned(1))) i32;
typedef float __attribute__((may_alias, aligned(1))) f32;

/* A loop for each type and mode: the compiler makes vectors of it. */
#define FOLD(T, mode)                                                                              \
  case mode:                                                                                       \
    for (unsigned i = 0; i < bytes / sizeof(T); i++)                                               \
      ((T *)(void *)into)[i] =                                                                     \
          num_reduce_##T(mode, ((T *)(void *)into)[i], ((const T *)(const void *)from)[i]);        \
    break
#define FOLD_LANES(T)                                                                              \
  static inline void fold_##T(unsigned mode, uint8_t *restrict into, const uint8_t *restrict from, \
                              unsigned bytes)                                                      \
  {                                                                                                \
    switch (mode) {                                                                                \
      FOLD(T, RED_sum);                                                                            \
      FOLD(T, RED_max);                                                                            \
      FOLD(T, RED_min);                                                                            \
      FOLD(T, RED_and);                                                                            \
      FOLD(T, RED_or);                                                                             \
    default: FOLD(T, RED_xor);                                                                     \
    }                                                                                              \
  }
FOLD_LANES(i64)
FOLD_LANES(i32)
FOLD_LANES(f32)

static inline void reduce(unsigned type, unsigned mode, uint8_t *into, const uint8_t *from,
                          unsigned bytes)
{
  switch (type) {
  case ELEM_I64: fold_i64(mode, into, from, bytes); break;
  case ELEM_I32: fold_i32(mode, into, from, bytes); break;
  default: fold_f32(mode, into, from, bytes); break;
  }
}

/* Lnet: inside a core, or in a node. */
static cycle_t net_latency(struct vtpu *v, const struct context *x, unsigned members)
{
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++)
    if (members >> i & 1 && i % (unsigned)v->m.cores != x->core->number)
      return (cycle_t)v->m.net_node;
  return (cycle_t)v->m.net_core;
}

static void release(struct vtpu *v, struct context *x, struct gathering *g)
{
  cycle_t lnet = net_latency(v, x, g->members), when = g->last + lnet;
  uint8_t result[R_BYTES_MAX];
  unsigned root = 0, index = 0;
  bool first = true;
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++) {
    if (!(g->members >> i & 1))
      continue;
    if (index++ == g->root)
      root = i;
    if (first)
      memcpy(result, g->value[i], v->bytes);
    else if (g->code == OP_CREDUCE)
      reduce(g->type, g->mode, result, g->value[i], v->bytes);
    first = false;
  }
  if (g->code == OP_CREDUCE) {
    enum latency_class k = g->type == ELEM_F32 ? LAT_F32 : LAT_ADD;
    when += lnet + (cycle_t)(__builtin_popcount(g->members) - 1) * (cycle_t)v->m.latency[k];
  }
  if (g->code == OP_CCAST)
    memcpy(result, g->value[root], v->bytes);
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++) {
    if (!(g->members >> i & 1))
      continue;
    struct context *y = context_at(v, x->node_id, i);
    y->hold = when;
    if (y->log)
      log_event(y->log, TRACE_RELEASE, y == x ? x->pc : y->last_pc, g->last, 2,
                (uint64_t[]){g->group, when - g->last});
    if (g->code != OP_CBAR) {
      memcpy(y->r[g->reg[i]], result, v->bytes);
      reg_owe(y, g->reg[i], when, STALL_COLLECTIVE);
      trace_release(v, y);
    } else if (when > y->released) {
      y->released = when;
    }
    if (v->event) {
      event_release(v, y, g->code == OP_CBAR ? NULL : result, when);
      if (g->code != OP_CBAR)
        event_result(v, y, g->reg[i], when);
    }
    engine_wake(y, when);
  }
  g->members = g->arrived = 0;
}

/* The gathering of a group that has begun with one of these members, or an unused one. By CSLICE
 * sentrons without a common member may use one number at a time. */
static struct gathering *gathering_of(struct node *n, unsigned group, unsigned members)
{
  struct gathering *unused = NULL;
  for (struct gathering *g = n->gather; g < n->gather + SENTRONS_PER_NODE_MAX; g++) {
    if (g->members == 0)
      unused = g;
    else if (g->group == group && g->members & members)
      return g;
  }
  return unused;
}

static enum attempt gather(C_ARGS)
{
  const struct slot *f = slot_of(x, s);
  const uint8_t code = rest_of(x, s)->c_code;
  uint16_t members = x->group[f->group];
  struct gathering *g = gathering_of(c->node, (unsigned)f->group, members);
  if (!(members >> x->id & 1)) {
    engine_fault(x, t, "group %d does not contain this sentron", f->group);
    return ATTEMPT_ISSUED;
  }
  unsigned mode = code == OP_CREDUCE ? (unsigned)f->mode : 0;
  unsigned root = code == OP_CCAST ? (unsigned)f->root : 0;
  if (g->members == 0) {
    *g = (struct gathering){.members = members,
                            .group = (uint8_t)f->group,
                            .code = code,
                            .mode = (uint8_t)mode,
                            .type = (uint8_t)f->type,
                            .root = (uint8_t)root};
  } else if (g->members != members || g->code != code || g->mode != mode || g->type != f->type ||
             g->root != root) {
    engine_fault(x, t, "group %d: another member is in a different collective or group", f->group);
    return ATTEMPT_ISSUED;
  }
  if (root >= (unsigned)__builtin_popcount(members)) {
    engine_fault(x, t, "CCAST: group %d has no member with index %u", f->group, root);
    return ATTEMPT_ISSUED;
  }
  g->arrived |= (uint16_t)(1u << x->id);
  g->last = t > g->last ? t : g->last;
  if (code != OP_CBAR) {
    memcpy(g->value[x->id], source(x, s), v->bytes);
    g->reg[x->id] = (uint8_t)f->rd;
    x->ready[f->rd] = NEVER;
    x->cause[f->rd] = STALL_COLLECTIVE;
  }
  x->hold = NEVER;
  x->hold_cause = code == OP_CBAR ? STALL_BARRIER : STALL_COLLECTIVE;
  x->hold_gathering = (uint8_t)(g - c->node->gather);
  if (g->arrived == g->members)
    release(v, x, g);
  return ATTEMPT_ISSUED;
}

#define c_CBAR    gather
#define c_CREDUCE gather
#define c_CCAST   gather

/* --- v0.2
 * ----------------------------------------------------------------------------------------- */

static enum attempt c_CSLICE(C_ARGS)
{
  C_UNUSED;
  const struct slot *f = slot_of(x, s);
  unsigned lo = (uint32_t)f->imm & 0xffff, hi = (uint32_t)f->imm >> 16;
  x->group[f->group] = 0;
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++) {
    const struct context *y = context_at(v, x->node_id, i);
    if (!y)
      continue;
    unsigned at = coord_dim(y->origin->home, f->axis);
    if (lo <= at && at <= hi)
      x->group[f->group] |= (uint16_t)(1u << i);
  }
  return ATTEMPT_ISSUED;
}

static enum attempt c_CFANOUT(C_ARGS)
{
  C_UNUSED;
  const struct psiw_rest *q = rest_of(x, s);
  for (unsigned rest = group_others(x, q->c_group); rest; rest &= rest - 1)
    channel_send(v, channel_to(v, x, group_first(rest)), s, x->m[q->c_rs], t);
  return ATTEMPT_ISSUED;
}

/* The most frequent value of a lane among `count` messages; the first seen wins. */
static void vote(const uint8_t *const *message, unsigned count, unsigned step, uint8_t *out)
{
  for (unsigned i = 0; i < M_BYTES; i += step) {
    unsigned best = 0, most = 0;
    for (unsigned a = 0; a < count; a++) {
      unsigned n = 0;
      for (unsigned b = 0; b < count; b++)
        n += memcmp(message[a] + i, message[b] + i, step) == 0;
      if (n > most) {
        most = n;
        best = a;
      }
    }
    memcpy(out + i, message[best] + i, step);
  }
}

static enum attempt c_CMERGE(C_ARGS)
{
  C_UNUSED;
  const struct slot *f = slot_of(x, s);
  const uint8_t *message[SENTRONS_PER_NODE_MAX];
  uint8_t out[R_BYTES_MAX] = {0};
  unsigned count = 0;
  for (unsigned rest = group_others(x, rest_of(x, s)->c_group); rest; rest &= rest - 1)
    message[count++] =
        channel_take(v, channel_to(v, group_member(v, x, group_first(rest)), x->id), s, t);
  if (f->mode == MERGE_concat) {
    for (unsigned i = 0; i < count && i < R_BYTES_MAX / M_BYTES; i++)
      memcpy(out + i * M_BYTES, message[i], M_BYTES);
  } else if (count && f->mode == MERGE_vote) {
    vote(message, count, f->type == ELEM_I64 ? 8 : 4, out);
  } else if (count) {
    memcpy(out, message[0], M_BYTES);
    for (unsigned i = 1; i < count; i++)
      reduce((unsigned)f->type, f->mode == MERGE_sum ? RED_sum : RED_max, out, message[i], M_BYTES);
  }
  memcpy(x->r[f->rd], out, v->bytes);
  reg_owe(x, REG_R + (unsigned)f->rd, t + (cycle_t)v->m.latency[LAT_RECV], STALL_CRESULT);
  return ATTEMPT_ISSUED;
}

/* --- ours
 * ----------------------------------------------------------------------------------------- */

static enum attempt c_CSTEP(C_ARGS)
{
  C_UNUSED;
  place_move(&x->p[s->c_rd], x->step_lo, x->step_hi); /* worked out before S ran: it may fault */
  reg_owe(x, REG_P + s->c_rd, t + (cycle_t)v->m.latency[LAT_STEP], STALL_CRESULT);
  return ATTEMPT_ISSUED;
}

static enum attempt c_CLOOP(C_ARGS)
{
  C_UNUSED;
  const struct slot *f = slot_of(x, s);
  int32_t count = f->imm;
  if (f->cnt)
    memcpy(&count, x->r[f->rs1], sizeof count);
  struct hw_loop *l = &x->loop[f->rd];
  *l = (struct hw_loop){x->pc + 1, (uint32_t)f->end, (uint32_t)count, count > 0};
  if (count <= 0)
    x->jump = (uint32_t)f->end + 1;
  reg_owe(x, REG_L + (unsigned)f->rd, t + (cycle_t)v->m.latency[LAT_LOOP], STALL_CRESULT);
  return ATTEMPT_ISSUED;
}

static enum attempt c_CSPAWN(C_ARGS)
{
  (void)c;
  const struct slot *f = slot_of(x, s);
  struct context *y = context_at(v, x->node_id, (unsigned)f->peer);
  if (y->life != LIFE_DORMANT) {
    engine_fault(x, t, "CSPAWN: sentron %u (%s) is not dormant", y->id, y->origin->name);
    return ATTEMPT_ISSUED;
  }
  if ((uint32_t)f->imm < y->code_first || (uint32_t)f->imm >= y->code_end) {
    engine_fault(x, t, "CSPAWN: SIW %d is not of sentron %u (%s), whose SIWs are %u to %u", f->imm,
                 y->id, y->origin->name, y->code_first, y->code_end - 1);
    return ATTEMPT_ISSUED;
  }
  context_start(v, y, t, (uint32_t)f->imm);
  if (y->avail == t) /* nothing is visible to another sentron in the same cycle */
    y->avail = y->acc = t + 1;
  return ATTEMPT_ISSUED;
}

static enum attempt c_CHALT(C_ARGS)
{
  C_UNUSED;
  x->life = LIFE_RETIRED;
  return ATTEMPT_ISSUED;
}

#define SELECT_D(name, code)
#define SELECT_S(name, code)
#define SELECT_C(name, code) [code] = c_##name,
c_fn *const c_functions[OP_CODES] = {
#define OP(name, code, pipe, mnemonic, types, lat, latf, mac, modes, operands, doc)                \
  SELECT_##pipe(name, code)
#include "isa/ops.def"
#undef OP
};
