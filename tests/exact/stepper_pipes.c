/* The stepper's S operations without memory traffic, and its C operations: coordinates, loops,
 * messages, collectives (architecture, sections 3 and 5; sim/README.md, 22 to 26). */
#include "isa/num.h"
#include "tests/exact/stepper.h"

#include <stdlib.h>
#include <string.h>

uint64_t step_lane(const uint8_t *r, unsigned bits, unsigned lane)
{
  uint64_t v = 0;
  for (unsigned i = bits / 8; i-- > 0;)
    v = v << 8 | r[lane * bits / 8 + i];
  return v;
}

static void set_lane(uint8_t *r, unsigned bits, unsigned lane, uint64_t v)
{
  for (unsigned i = 0; i < bits / 8; i++)
    r[lane * bits / 8 + i] = (uint8_t)(v >> 8 * i);
}

static uint64_t latency(const struct stepper *s, const struct step_siw *k, enum pipe pipe)
{
  return (uint64_t)s->m.latency[slot_latency(pipe, &k->b.slot[pipe])];
}

/* --- S ---------------------------------------------------------------------------------------- */

/* Equal dimensions of two coordinates among those in a mask. */
static int equal_dims(struct coord a, struct coord b, unsigned mask)
{
  int n = 0;
  for (int d = 0; d < COORD_DIMS; d++)
    n += (mask >> d & 1) && coord_dim(a, d) == coord_dim(b, d);
  return n;
}

static int64_t most_equal(const struct step_sentron *x, struct coord c, unsigned mask)
{
  int64_t best = -1;
  int most = -1;
  for (uint64_t i = 0; i < ASSOC_SIZE && i < x->assoc_puts; i++)
    if (equal_dims(x->assoc[i], c, mask) > most) {
      most = equal_dims(x->assoc[i], c, mask);
      best = (int64_t)i;
    }
  return best;
}

static int64_t associate(struct step_sentron *x, struct coord c, int mode)
{
  if (mode == MATCH_put) {
    x->assoc[x->assoc_puts % ASSOC_SIZE] = c;
    return (int64_t)(x->assoc_puts++ % ASSOC_SIZE);
  }
  if (mode == MATCH_nearest)
    return most_equal(x, c, 2047);
  int64_t first = -1, count = 0;
  uint64_t all = 0;
  for (uint64_t i = 0; i < ASSOC_SIZE && i < x->assoc_puts; i++) {
    if (!coord_same_cell(x->assoc[i], c))
      continue;
    first = first < 0 ? (int64_t)i : first;
    count++;
    all |= UINT64_C(1) << i;
  }
  return mode == MATCH_first ? first : mode == MATCH_count ? count : (int64_t)all;
}

static int64_t neighbours(const struct step_sentron *x, struct coord c, int radius)
{
  int64_t count = 0;
  for (uint64_t i = 0; i < ASSOC_SIZE && i < x->assoc_puts; i++) {
    int far = 0;
    for (int d = 0; d < COORD_DIMS; d++) {
      int distance = (int)coord_dim(x->assoc[i], d) - (int)coord_dim(c, d);
      distance = distance < 0 ? -distance : distance;
      far = distance > far ? distance : far;
    }
    count += far <= radius;
  }
  return count;
}

static int64_t dedup(struct step_sentron *x, uint64_t value, bool clear)
{
  if (clear)
    x->dedups = 0;
  for (int i = 0; i < x->dedups; i++)
    if (x->dedup[i] == value)
      return i;
  if (x->dedups == 64)
    return -1;
  x->dedup[x->dedups] = value;
  return x->dedups++;
}

/* A number as the result of an S operation: in every 64-bit lane. */
static void set_number(struct stepper *s, struct step_sentron *x, unsigned rd, int64_t value)
{
  for (unsigned lane = 0; lane < s->bytes / 8; lane++)
    set_lane(x->r[rd], 64, lane, (uint64_t)value);
}

void step_sparse(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                 uint8_t (*old)[R_BYTES_MAX])
{
  const struct slot *f = &k->b.slot[PIPE_S];
  struct coord c = f->imc ? k->b.coord : x->p[f->rs2];
  uint64_t ready = s->cycle + latency(s, k, PIPE_S);
  int64_t value = 0;
  switch (f->op) {
  case OP_SINDEX: {
    int64_t step = f->imm;
    if (f->ri)
      step += (int32_t)step_lane(old[f->rs1], 32, 0);
    if (!coord_step(&c, (unsigned)f->axis, step, f->flag, (enum curve)s->m.curve)) {
      step_raise(s, x, FAULT_SINDEX);
      return;
    }
    x->p[f->rd] = c;
    step_owe(x, REG_P + (unsigned)f->rd, ready, STALL_SRESULT);
    return;
  }
  case OP_SDEDUP: value = dedup(x, step_lane(old[f->rs1], 64, 0), f->mode == DEDUP_clear); break;
  case OP_SASSOC: value = associate(x, c, f->mode); break;
  case OP_SROUTE: value = most_equal(x, c, (unsigned)f->imm); break;
  case OP_SNEIGHBR: value = neighbours(x, c, f->imm); break;
  default: return;
  }
  set_number(s, x, (unsigned)f->rd, value);
  step_owe(x, (unsigned)f->rd, ready, STALL_SRESULT);
}

/* --- messages --------------------------------------------------------------------------------- */

static struct step_channel *channel(struct stepper *s, const struct step_sentron *from,
                                    const struct step_sentron *to)
{
  size_t at = (size_t)(from - s->sentrons) * s->o->sentron_count + (size_t)(to - s->sentrons);
  if (!s->channels[at])
    s->channels[at] = calloc(1, sizeof *s->channels[at]);
  return s->channels[at];
}

/* Neighbours in the topology. */
static bool linked(const struct stepper *s, unsigned a, unsigned b)
{
  unsigned n = (unsigned)s->m.nodes, d = (a + n - b) % n, w = 1;
  d = d < n - d ? d : n - d;
  switch (s->m.topology) {
  case TOPOLOGY_FULL: return d != 0;
  case TOPOLOGY_RING: return d == 1;
  case TOPOLOGY_PENTAGON: return d == 1 || d == 2;
  default: break;
  }
  for (unsigned i = 1; i * i <= n; i++)
    if (n % i == 0)
      w = i; /* columns of the torus; rows = n / w */
  unsigned h = n / w, x = (a % w + w - b % w) % w, y = (a / w + h - b / w) % h;
  return (y == 0 && (x == 1 || x == w - 1) && x) || (x == 0 && (y == 1 || y == h - 1) && y);
}

static unsigned hops(const struct stepper *s, unsigned from, unsigned to)
{
  unsigned n = (unsigned)s->m.nodes, far[NODES_MAX];
  for (unsigned i = 0; i < n; i++)
    far[i] = i == to ? 0 : 1000;
  for (unsigned round = 0; round < n; round++)
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++)
        if (linked(s, i, j) && far[j] + 1 < far[i])
          far[i] = far[j] + 1;
  return far[from];
}

/* Cycles from a send to its arrival, and of its credit back, without other messages. */
static uint64_t unloaded(const struct stepper *s, const struct step_sentron *a,
                         const struct step_sentron *b)
{
  if (a->node != b->node)
    return hops(s, a->node, b->node) * ((s->link_slot + 255) / 256 + (uint64_t)s->m.link_latency);
  return (uint64_t)(a->core == b->core ? s->m.net_core : s->m.l3_latency);
}

/* From node to node over the lowest neighbour that is nearer, each link in its turn. */
static uint64_t over_links(struct stepper *s, unsigned from, unsigned to)
{
  uint64_t t = s->cycle;
  while (from != to) {
    unsigned next = 0;
    while (!linked(s, from, next) || hops(s, next, to) + 1 != hops(s, from, to))
      next++;
    uint64_t *free_at = &s->link_free[from][next];
    *free_at = larger(t * 256, *free_at) + s->link_slot;
    t = (*free_at + 255) / 256 + (uint64_t)s->m.link_latency;
    from = next;
  }
  return t;
}

static void send(struct stepper *s, struct step_sentron *x, struct step_sentron *to, unsigned m,
                 int mark)
{
  struct step_channel *c = channel(s, x, to);
  uint64_t arrival =
      x->node == to->node ? s->cycle + unloaded(s, x, to) : over_links(s, x->node, to->node);
  memcpy(c->message[c->count].bytes, x->m[m], M_BYTES);
  c->message[c->count++].arrival = arrival;
  x->sends_arrived = larger(x->sends_arrived, arrival);
  x->counts.sent++;
  x->marks[mark].sent++;
}

static void receive(struct stepper *s, struct step_sentron *x, struct step_sentron *from,
                    uint8_t out[M_BYTES], int mark)
{
  struct step_channel *c = channel(s, from, x);
  memcpy(out, c->message[0].bytes, M_BYTES);
  memmove(&c->message[0], &c->message[1], (size_t)--c->count * sizeof c->message[0]);
  int n = 0;
  for (int i = 0; i < c->backs; i++)
    if (c->back[i] > s->cycle)
      c->back[n++] = c->back[i];
  c->backs = n;
  c->back[c->backs++] = s->cycle + unloaded(s, from, x);
  x->counts.received++;
  x->marks[mark].received++;
}

/* The sentrons that a C slot sends to or receives from: a set over local numbers of x's node, or
 * one of another node. */
static int peers(struct stepper *s, struct step_sentron *x, const struct slot *f,
                 struct step_sentron *out[16])
{
  int n = 0;
  switch (f->op) {
  case OP_CSEND: out[n++] = step_find(s, x->node, (unsigned)f->peer); break;
  case OP_CROUTE: out[n++] = step_find(s, (unsigned)f->peer, x->id); break;
  case OP_CRECV:
    out[n++] =
        f->flag ? step_find(s, (unsigned)f->peer, x->id) : step_find(s, x->node, (unsigned)f->peer);
    break;
  case OP_CFANOUT:
  case OP_CMERGE:
    for (unsigned i = 0; i < 16; i++)
      if (x->group[f->group] >> i & 1 && i != x->id)
        out[n++] = step_find(s, x->node, i);
    break;
  default: break;
  }
  return n;
}

static bool sends(const struct slot *f)
{
  return f->op == OP_CSEND || f->op == OP_CROUTE || f->op == OP_CFANOUT;
}

static bool receives(const struct slot *f)
{
  return f->op == OP_CRECV || f->op == OP_CMERGE;
}

static int credits(struct stepper *s, const struct step_channel *c, bool later)
{
  int n = (int)s->m.queue_depth - c->count;
  for (int i = 0; i < c->backs; i++)
    n -= !later && c->back[i] > s->cycle;
  return n;
}

static bool all_peers(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                      bool later)
{
  const struct slot *f = &k->b.slot[PIPE_C];
  struct step_sentron *peer[16];
  int n = sends(f) || receives(f) ? peers(s, x, f, peer) : 0;
  for (int i = 0; i < n; i++) {
    if (sends(f) && credits(s, channel(s, x, peer[i]), later) <= 0)
      return false;
    const struct step_channel *c = channel(s, peer[i], x);
    if (receives(f) && (c->count == 0 || (!later && c->message[0].arrival > s->cycle)))
      return false;
  }
  return true;
}

bool step_has_credit(struct stepper *s, struct step_sentron *x, const struct step_siw *k)
{
  return !sends(&k->b.slot[PIPE_C]) || all_peers(s, x, k, false);
}

bool step_has_message(struct stepper *s, struct step_sentron *x, const struct step_siw *k)
{
  return !receives(&k->b.slot[PIPE_C]) || all_peers(s, x, k, false);
}

bool step_waits_for_others(struct stepper *s, struct step_sentron *x, const struct step_siw *k)
{
  return !all_peers(s, x, k, true);
}

/* Two lanes into one. */
static uint64_t fold(int type, unsigned mode, uint64_t a, uint64_t b)
{
  if (type == ELEM_F32)
    return num_bits(num_reduce_f32(mode, num_f32((uint32_t)a), num_f32((uint32_t)b)));
  if (type == ELEM_I32)
    return (uint32_t)num_reduce_i32(mode, (int32_t)a, (int32_t)b);
  return (uint64_t)num_reduce_i64(mode, (int64_t)a, (int64_t)b);
}

static void merge(struct stepper *s, struct step_sentron *x, const struct step_siw *k)
{
  const struct slot *f = &k->b.slot[PIPE_C];
  struct step_sentron *peer[16];
  uint8_t message[16][M_BYTES], out[16 * M_BYTES] = {0};
  int n = peers(s, x, f, peer);
  for (int i = 0; i < n; i++)
    receive(s, x, peer[i], message[i], k->mark);
  unsigned bits = elem_bits[f->type];
  for (int i = 0; i < n && f->mode == MERGE_concat; i++)
    memcpy(out + i * M_BYTES, message[i], M_BYTES);
  for (unsigned lane = 0; lane < M_BYTES * 8 / bits && f->mode != MERGE_concat && n > 0; lane++) {
    uint64_t result = step_lane(message[0], bits, lane);
    int most = 0;
    for (int i = 0; i < n; i++) {
      uint64_t v = step_lane(message[i], bits, lane);
      if (f->mode == MERGE_vote) {
        int votes = 0;
        for (int j = 0; j < n; j++)
          votes += step_lane(message[j], bits, lane) == v;
        if (votes > most) {
          most = votes;
          result = v;
        }
      } else if (i > 0) {
        result = fold(f->type, f->mode == MERGE_sum ? RED_sum : RED_max, result, v);
      }
    }
    set_lane(out, bits, lane, result);
  }
  memcpy(x->r[f->rd], out, s->bytes);
}

/* --- collectives ------------------------------------------------------------------------------ */

static void release(struct stepper *s, struct step_collective *c)
{
  bool one_core = true;
  unsigned first = 16, members = 0;
  uint8_t result[R_BYTES_MAX] = {0};
  for (unsigned i = 0; i < 16; i++) {
    if (!(c->members >> i & 1))
      continue;
    first = first == 16 ? i : first;
    one_core &= step_find(s, c->node, i)->core == step_find(s, c->node, first)->core;
    uint8_t *v = c->value[i];
    unsigned bits = elem_bits[c->type];
    if (c->op == OP_CCAST ? (int)members == c->root : members == 0) {
      memcpy(result, v, s->bytes);
    } else if (c->op == OP_CREDUCE) {
      for (unsigned lane = 0; lane < s->bytes * 8 / bits; lane++)
        set_lane(result, bits, lane,
                 fold(c->type, (unsigned)c->mode, step_lane(result, bits, lane),
                      step_lane(v, bits, lane)));
    }
    members++;
  }
  uint64_t net = (uint64_t)(one_core ? s->m.net_core : s->m.net_node), at = s->cycle + net;
  if (c->op == OP_CREDUCE)
    at = s->cycle + 2 * net +
         (members - 1) * (uint64_t)s->m.latency[c->type == ELEM_F32 ? LAT_F32 : LAT_ADD];
  for (unsigned i = 0; i < 16; i++) {
    if (!(c->members >> i & 1))
      continue;
    struct step_sentron *x = step_find(s, c->node, i);
    x->held = at;
    x->complete = larger(x->complete, at);
    if (c->op != OP_CBAR) {
      memcpy(x->r[c->rd[i]], result, s->bytes);
      step_owe(x, c->rd[i], at, STALL_CRESULT);
    }
  }
  c->used = false;
}

static void collect(struct stepper *s, struct step_sentron *x, const struct step_siw *k)
{
  const struct slot *f = &k->b.slot[PIPE_C];
  uint16_t members = x->group[f->group];
  if (!(members >> x->id & 1)) {
    step_raise(s, x, FAULT_NOT_MEMBER);
    return;
  }
  struct step_collective *mine = NULL, *unused = NULL;
  for (int i = 0; i < 64; i++) {
    struct step_collective *c = &s->collectives[i];
    if (!c->used) {
      unused = unused ? unused : c;
      continue;
    }
    if (c->node != x->node || c->group != f->group || !(c->members & members))
      continue; /* another collective: sentrons without a common member may share a number */
    if (c->members == members && c->op == f->op && c->type == f->type && c->mode == f->mode &&
        c->root == f->root)
      mine = c;
    else
      step_raise(s, x, FAULT_COLLECTIVE);
  }
  if (f->op == OP_CCAST && f->root >= __builtin_popcount(members))
    step_raise(s, x, FAULT_ROOT);
  if (!mine) {
    mine = unused;
    *mine = (struct step_collective){.used = true,
                                     .node = x->node,
                                     .members = members,
                                     .group = f->group,
                                     .op = f->op,
                                     .type = f->type,
                                     .mode = f->mode,
                                     .root = f->root};
  }
  mine->here |= (uint16_t)(1u << x->id);
  mine->rd[x->id] = (uint8_t)f->rd;
  if (f->op != OP_CBAR)
    memcpy(mine->value[x->id], x->shared_value, s->bytes);
  x->held = NEVER;
  x->held_by = f->op == OP_CBAR ? STALL_BARRIER : STALL_COLLECTIVE;
  if (mine->here == mine->members)
    release(s, mine);
}

static uint16_t slice(struct stepper *s, const struct step_sentron *x, const struct slot *f)
{
  uint16_t members = 0;
  unsigned lo = (uint32_t)f->imm & 0xffff, hi = (uint32_t)f->imm >> 16;
  for (uint32_t i = 0; i < s->o->sentron_count; i++) {
    const struct step_sentron *y = &s->sentrons[i];
    unsigned at = coord_dim(y->origin->home, f->axis);
    if (y->node == x->node && lo <= at && at <= hi)
      members |= (uint16_t)(1u << y->id);
  }
  return members;
}

/* --- C ---------------------------------------------------------------------------------------- */

void step_coordination(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                       uint8_t (*old)[R_BYTES_MAX])
{
  const struct slot *f = &k->b.slot[PIPE_C];
  uint64_t ready = s->cycle + latency(s, k, PIPE_C);
  switch (f->op) {
  case OP_CPACK:
    memcpy(x->m[f->rd], old[f->rs1] + (f->b1 ? f->b1 - 16 : 0) * 8, 8);
    memcpy(x->m[f->rd] + 8, old[f->rs2] + (f->b2 ? f->b2 - 16 : 0) * 8, 8);
    step_owe(x, REG_M + (unsigned)f->rd, ready, STALL_CRESULT);
    break;
  case OP_CPACKV:
    memset(x->m[f->rd], 0, M_BYTES);
    memcpy(x->m[f->rd], old[f->rs1] + f->part * M_BYTES, s->bytes < M_BYTES ? s->bytes : M_BYTES);
    step_owe(x, REG_M + (unsigned)f->rd, ready, STALL_CRESULT);
    break;
  case OP_CRECV: {
    uint8_t message[M_BYTES];
    struct step_sentron *peer[16];
    peers(s, x, f, peer);
    receive(s, x, peer[0], message, k->mark);
    memcpy(x->r[f->rd] + f->part * M_BYTES, message, s->bytes < M_BYTES ? s->bytes : M_BYTES);
    step_owe(x, (unsigned)f->rd, ready, STALL_CRESULT);
    break;
  }
  case OP_CMERGE:
    merge(s, x, k);
    step_owe(x, (unsigned)f->rd, ready, STALL_CRESULT);
    break;
  case OP_CFENCE:
    x->fenced = true;
    x->fenced_sends = f->mode == SCOPE_node || f->mode == SCOPE_cluster;
    break;
  case OP_CSLICE: x->group[f->group] = slice(s, x, f); break;
  case OP_CSTEP:
    if (!coord_step(&x->p[f->rd], (unsigned)f->axis, f->imm, f->flag, (enum curve)s->m.curve))
      step_raise(s, x, FAULT_CSTEP);
    step_owe(x, REG_P + (unsigned)f->rd, ready, STALL_CRESULT);
    break;
  default: break; /* CLOOP and CHALT: stepper.c; the others: step_shared */
  }
}

static void spawn(struct stepper *s, struct step_sentron *x, const struct slot *f)
{
  struct step_sentron *y = step_find(s, x->node, (unsigned)f->peer);
  if (y->life != STEP_DORMANT)
    step_raise(s, x, FAULT_SPAWN);
  else if ((uint32_t)f->imm < y->origin->entry || (uint32_t)f->imm >= y->origin->end)
    step_raise(s, x, FAULT_SPAWN_SIW);
  else
    step_start(y, (uint32_t)f->imm, s->cycle + (uint64_t)(s->m.spawn ? s->m.spawn : 1),
               (uint64_t)s->m.spawn);
}

void step_shared(struct stepper *s, struct step_sentron *x, const struct step_siw *k)
{
  const struct slot *f = &k->b.slot[PIPE_S], *c = &k->b.slot[PIPE_C];
  struct coord at = x->shared_coord;
  if (s->m.lazy_mapping)
    step_map(s, x);
  if (f->op == OP_SALLOC) {
    int64_t frame =
        step_alloc(s, x, at, f->imm, f->mode == KIND_private ? REGION_PRIVATE : REGION_SHARED);
    set_number(s, x, (unsigned)f->rd, frame);
    step_owe(x, (unsigned)f->rd, s->cycle + latency(s, k, PIPE_S), STALL_SRESULT);
  } else if (f->op == OP_SFREE && !step_release(s, x, at)) {
    step_raise(s, x, FAULT_FREE);
  }
  struct step_sentron *peer[16];
  switch (c->op) {
  case OP_CSEND:
  case OP_CROUTE:
  case OP_CFANOUT: {
    int n = peers(s, x, c, peer);
    for (int i = 0; i < n; i++)
      send(s, x, peer[i], (unsigned)c->rs1, k->mark);
    break;
  }
  case OP_CBAR:
  case OP_CREDUCE:
  case OP_CCAST: collect(s, x, k); break;
  case OP_CSPAWN: spawn(s, x, c); break;
  default: break;
  }
}
