/* The naive interpreter: see interp.h. */
#include "tests/lower/interp.h"

#include "sim/pipe_d.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 14 };

struct interp_page {
  uint64_t lo, hi; /* linear form >> 6, as two words */
  uint8_t bytes[PAGE_BYTES];
  struct interp_page *next;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct interp *in, const char *format, ...)
{
  va_list ap;
  va_start(ap, format);
  vsnprintf(in->error, sizeof in->error, format, ap);
  va_end(ap);
  return false;
}

static const struct object_region *region_of(const struct object *o, struct coord c)
{
  for (uint32_t i = 0; i < o->region_count; i++)
    if (region_contains(&o->regions[i], c))
      return &o->regions[i];
  return NULL;
}

/* The bytes of a cell, or NULL where nothing is allocated. */
static uint8_t *cell_of(struct interp *in, struct coord c)
{
  uint64_t lin = coord_linear_lo(c.lo, curve_index[CURVE_ZORDER]);
  uint64_t lo = lin >> 6, hi = c.hi & COORD_HI_DIM_MASK;
  uint64_t h = (lo * UINT64_C(0x9E3779B97F4A7C15) ^ hi * UINT64_C(0xD6E8FEB86659FD93)) >> 50;
  struct interp_page **list = &in->pages[h & (BUCKETS - 1)], *p;
  for (p = *list; p; p = p->next)
    if (p->lo == lo && p->hi == hi)
      return p->bytes + (lin & 63) * CELL_BYTES;
  if (!region_of(in->object, c))
    return NULL;
  p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  p->lo = lo;
  p->hi = hi;
  p->next = *list;
  *list = p;
  return p->bytes + (lin & 63) * CELL_BYTES;
}

static bool move_run(struct interp *in, struct coord c, uint8_t *out, const uint8_t *from,
                     size_t bytes)
{
  while (bytes) {
    uint8_t *cell = cell_of(in, c);
    size_t offset = coord_offset(c), part = CELL_BYTES - offset;
    part = part < bytes ? part : bytes;
    if (!cell)
      return refuse(in, "nothing is allocated there");
    if (out)
      memcpy(out, cell + offset, part);
    else
      memcpy(cell + offset, from, part);
    out = out ? out + part : NULL;
    from = from ? from + part : NULL;
    bytes -= part;
    if (bytes && !coord_step(&c, AXIS_BYTE, (int64_t)part, false, CURVE_ZORDER))
      return refuse(in, "a run of bytes leaves phext space");
  }
  return true;
}

bool interp_peek(struct interp *in, struct coord start, void *out, size_t bytes)
{
  return move_run(in, start, out, NULL, bytes);
}

bool interp_poke(struct interp *in, struct coord start, const void *from, size_t bytes)
{
  return move_run(in, start, NULL, from, bytes);
}

bool interp_open(struct interp *in, const struct object *o, int cores)
{
  memset(in, 0, sizeof *in);
  in->object = o;
  in->cores = cores;
  in->pages = calloc(BUCKETS, sizeof(struct interp_page *));
  in->code = calloc(o->siw_count, sizeof *in->code);
  if (!in->pages || !in->code)
    return refuse(in, "out of memory");
  struct vtpu_error err;
  for (uint32_t i = 0; i < o->siw_count; i++)
    if (siw_decode(&o->code[i], o->dlen, &in->code[i], &err))
      return refuse(in, "SIW %u: %s", i, err.message);
  for (uint32_t i = 0; i < o->data_count; i++)
    if (!interp_poke(in, o->data[i].start, o->data[i].content, o->data[i].bytes))
      return false;
  return true;
}

void interp_close(struct interp *in)
{
  for (int b = 0; in->pages && b < BUCKETS; b++)
    for (struct interp_page *p = in->pages[b], *next; p; p = next) {
      next = p->next;
      free(p);
    }
  free(in->pages);
  free(in->code);
}

static int32_t lane0(const uint8_t *r)
{
  int32_t v;
  memcpy(&v, r, sizeof v);
  return v;
}

static bool may_touch(struct interp *in, int sentron, struct coord c, bool write)
{
  const struct object_region *r = region_of(in->object, c);
  if (!r)
    return refuse(in, "nothing is allocated there");
  if (write && r->kind == REGION_ROM)
    return refuse(in, "a scatter into rom %s", r->name);
  if (r->kind == REGION_PRIVATE && r->core != sentron % in->cores)
    return refuse(in, "sentron %d touches the private region %s", sentron, r->name);
  return true;
}

/* S slot: `old` are the registers before the SIW, *s after it. */
static bool do_s(struct interp *in, int id, const struct bundle *b,
                 const struct interp_sentron *old, struct interp_sentron *s)
{
  const struct slot *o = &b->slot[PIPE_S];
  struct coord c = o->imc ? b->coord : old->p[o->rs2];
  switch (o->op) {
  case OP_SNOP: return true;
  case OP_SGATHER:
  case OP_SSCATTR: {
    unsigned offset = coord_offset(c), width = (unsigned)o->width, at = (unsigned)o->at;
    if (offset + width > CELL_BYTES)
      return refuse(in, "an access crosses the end of its cell");
    uint8_t *cell = cell_of(in, c);
    if (!may_touch(in, id, c, o->op == OP_SSCATTR) || !cell)
      return false;
    if (o->op == OP_SGATHER) {
      memset(s->r[o->rd], 0, R_BYTES_MAX);
      memcpy(s->r[o->rd] + at, cell + offset, width);
    } else {
      memcpy(cell + offset, old->r[o->rs1] + at, width);
    }
    return true;
  }
  case OP_SPREFCH: in->prefetches++; return true; /* of any coordinate: it never faults */
  case OP_SINDEX: {
    int64_t step = (int64_t)o->imm + (o->ri ? lane0(old->r[o->rs1]) : 0);
    if (!coord_step(&c, (unsigned)o->axis, step, o->flag, CURVE_ZORDER))
      return refuse(in, "SINDEX leaves phext space");
    s->p[o->rd] = c;
    return true;
  }
  default: return refuse(in, "S operation %d is not interpreted", o->op);
  }
}

static const struct object_group *group_of(const struct interp *in, int id)
{
  for (uint32_t i = 0; i < in->object->group_count; i++)
    if (in->object->groups[i].id == id)
      return &in->object->groups[i];
  return NULL;
}

/* Must the sentron wait before this operation: for a message, or for room for one? */
static bool must_wait(const struct interp *in, int id, const struct slot *o)
{
  const struct object_group *g = group_of(in, o->group);
  int room = in->room ? in->room : INTERP_QUEUE;
  if (o->op == OP_CRECV)
    return in->queue[o->peer][id].count == 0;
  if (o->op == OP_CSEND)
    return in->queue[id][o->peer].count == room;
  if (o->op != OP_CFANOUT && o->op != OP_CMERGE)
    return false;
  for (int i = 0; g && i < g->count; i++) {
    int other = g->members[i];
    bool sends = o->op == OP_CFANOUT;
    const struct interp_queue *q = sends ? &in->queue[id][other] : &in->queue[other][id];
    if (other != id && (sends ? q->count == room : q->count == 0))
      return true;
  }
  return false;
}

static void take(struct interp_queue *q, uint8_t *out)
{
  memcpy(out, q->message[0], M_BYTES);
  memmove(q->message[0], q->message[1], (INTERP_QUEUE - 1) * (size_t)M_BYTES);
  q->count--;
}

/* The greatest of each lane, from the member with the lowest index on. */
static void merge_max(enum elem type, uint8_t *sum, const uint8_t *message)
{
  for (int i = 0; i < M_BYTES; i += 4) {
    int32_t a, b;
    float x, y;
    memcpy(&a, sum + i, 4);
    memcpy(&b, message + i, 4);
    memcpy(&x, sum + i, 4);
    memcpy(&y, message + i, 4);
    if (type == ELEM_F32 ? y > x : b > a)
      memcpy(sum + i, message + i, 4);
  }
}

static bool do_message(struct interp *in, int id, const struct slot *o,
                       const struct interp_sentron *old, struct interp_sentron *s)
{
  const struct object_group *g = group_of(in, o->group);
  uint8_t message[M_BYTES];
  size_t skip = (size_t)o->part * M_BYTES, bytes = in->object->dlen / 8;
  size_t part = bytes < skip ? 0 : bytes - skip < M_BYTES ? bytes - skip : M_BYTES;
  switch (o->op) {
  case OP_CPACKV:
    memset(s->m[o->rd], 0, M_BYTES);
    memcpy(s->m[o->rd], old->r[o->rs1] + skip, part);
    return true;
  case OP_CSEND: {
    struct interp_queue *q = &in->queue[id][o->peer];
    memcpy(q->message[q->count++], old->m[o->rs1], M_BYTES);
    in->messages++;
    return true;
  }
  case OP_CRECV:
    take(&in->queue[o->peer][id], message);
    memcpy(s->r[o->rd] + skip, message, part);
    return true;
  default: break;
  }
  bool first = true;
  if (!g)
    return refuse(in, "group %d is not declared", o->group);
  if (o->op == OP_CMERGE)
    memset(s->r[o->rd], 0, R_BYTES_MAX);
  for (int i = 0; i < g->count; i++) {
    int other = g->members[i];
    if (other == id)
      continue;
    if (o->op == OP_CFANOUT) {
      struct interp_queue *q = &in->queue[id][other];
      memcpy(q->message[q->count++], old->m[o->rs1], M_BYTES);
      in->messages++;
      continue;
    }
    take(&in->queue[other][id], message);
    if (first)
      memcpy(s->r[o->rd], message, bytes < M_BYTES ? bytes : M_BYTES);
    else
      merge_max((enum elem)o->type, s->r[o->rd], message);
    first = false;
  }
  return true;
}

static bool do_c(struct interp *in, int id, const struct bundle *b,
                 const struct interp_sentron *old, struct interp_sentron *s, uint32_t *next)
{
  const struct slot *o = &b->slot[PIPE_C];
  switch (o->op) {
  case OP_CNOP:
  case OP_CFENCE: return true;
  case OP_CSTEP: {
    struct coord c = old->p[o->rd];
    if (!coord_step(&c, (unsigned)o->axis, o->imm, o->flag, CURVE_ZORDER))
      return refuse(in, "CSTEP leaves phext space");
    s->p[o->rd] = c;
    return true;
  }
  case OP_CLOOP: {
    int32_t count = o->cnt ? lane0(old->r[o->rs1]) : o->imm;
    if (count < 0)
      return refuse(in, "a loop of %d rounds", count);
    s->l[o->rd].active = count > 0;
    s->l[o->rd].first = s->siw + 1;
    s->l[o->rd].last = (uint32_t)o->end;
    s->l[o->rd].left = (uint32_t)count;
    if (count == 0)
      *next = (uint32_t)o->end + 1;
    return true;
  }
  case OP_CPACKV:
  case OP_CSEND:
  case OP_CFANOUT:
  case OP_CRECV: return do_message(in, id, o, old, s);
  case OP_CMERGE:
    if (o->mode != MERGE_max)
      return refuse(in, "CMERGE of mode %d is not interpreted", o->mode);
    return do_message(in, id, o, old, s);
  case OP_CBAR:
    s->state = INTERP_AT_BARRIER;
    s->group = o->group;
    return true;
  case OP_CHALT: s->state = INTERP_ENDED; return true;
  default: return refuse(in, "C operation %d is not interpreted", o->op);
  }
}

static bool step(struct interp *in, int id)
{
  struct interp_sentron *s = &in->sentron[id], old = *s;
  const struct bundle *b = &in->code[s->siw];
  if (must_wait(in, id, &b->slot[PIPE_C])) {
    s->state = INTERP_WAITS;
    return true;
  }
  const struct slot *d = &b->slot[PIPE_D];
  uint32_t next = s->siw + 1;
  struct d_op op;
  pipe_d_operands(d, &op);
  in->siws++;
  for (int p = 0; p < PIPE_COUNT; p++)
    in->ops += b->slot[p].op != 0;
  in->multiplies += slot_macs(d, in->object->dlen) > 0;
  if (d->op == OP_DBR) {
    if (pipe_d_branch_taken(old.r, &op))
      next = (uint32_t)d->imm;
  } else if (d->op != OP_DNOP) {
    pipe_d_function((enum op_code)d->op, (enum elem)d->type,
                    in->object->dlen)(s->r, &op, in->object->dlen / 8);
  }
  if (!do_s(in, id, b, &old, s) || !do_c(in, id, b, &old, s, &next))
    return false;
  for (int l = L_COUNT - 1; l >= 0; l--) /* the lowering nests l0 outside of l1 and so on */
    if ((b->loop_ends >> l & 1) && s->l[l].active) {
      if (--s->l[l].left) {
        next = s->l[l].first;
        break;
      }
      s->l[l].active = false;
    }
  s->siw = next;
  return true;
}

static bool run_one(struct interp *in, int id, uint64_t max_siws)
{
  const struct object_sentron *o = &in->object->sentrons[id];
  struct interp_sentron *s = &in->sentron[id];
  while (s->state == INTERP_RUNS) {
    if (s->siw >= o->end) {
      s->state = INTERP_ENDED;
      break;
    }
    if (in->siws > max_siws)
      return refuse(in, "no end after %llu SIWs", (unsigned long long)max_siws);
    uint32_t at = s->siw;
    if (!step(in, id)) {
      char why[sizeof in->error], name[SYMBOL_TEXT_BYTES];
      memcpy(why, in->error, sizeof why);
      object_symbolize(in->object, at, name);
      return refuse(in, "sentron %d, SIW %u (%s): %.300s", id, at, name, why);
    }
  }
  return true;
}

/* Lets those go on for whom a barrier is complete; false: it is not. */
static bool release(struct interp *in, int id)
{
  const struct object_group *g = group_of(in, in->sentron[id].group);
  for (int i = 0; g && i < g->count; i++) {
    const struct interp_sentron *s = &in->sentron[g->members[i]];
    if (s->state != INTERP_AT_BARRIER || s->group != g->id)
      return false;
  }
  for (int i = 0; g && i < g->count; i++)
    in->sentron[g->members[i]].state = INTERP_RUNS;
  return g != NULL;
}

bool interp_run(struct interp *in, uint64_t max_siws)
{
  int count = (int)in->object->sentron_count;
  for (int i = 0; i < count; i++) {
    in->sentron[i].siw = in->object->sentrons[i].entry;
    in->sentron[i].state = INTERP_RUNS;
  }
  for (;;) {
    int ended = 0, waiting = 0;
    uint64_t before = in->siws;
    bool released = false;
    for (int k = 0; k < count; k++) {
      int id = in->backwards ? count - 1 - k : k;
      if (in->sentron[id].state == INTERP_WAITS)
        in->sentron[id].state = INTERP_RUNS;
      if (!run_one(in, id, max_siws))
        return false;
      ended += in->sentron[id].state == INTERP_ENDED;
      waiting += in->sentron[id].state == INTERP_WAITS;
    }
    if (ended == count)
      break;
    for (int i = 0; i < count; i++)
      released |= in->sentron[i].state == INTERP_AT_BARRIER && release(in, i);
    if (!released && in->siws == before)
      return refuse(in,
                    "%d of %d sentrons ended, %d wait for messages or for room for them, others "
                    "at barriers",
                    ended, count, waiting);
  }
  for (int i = 0; i < count; i++)
    for (int k = 0; k < count; k++)
      if (in->queue[i][k].count)
        return refuse(in, "%d messages of sentron %d were never taken by %d", in->queue[i][k].count,
                      i, k);
  return true;
}
