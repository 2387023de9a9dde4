/* Query, key and value of a new position: norm and rotation of each head, and into the caches.
 *
 * Keys are cached by blocks of n positions: a line holds a group of dimensions of n positions, so
 * that scores are a matrix-vector product whose rows are positions; with i8 a line of scales
 * follows, as with weights. A key is scattered, a group a lane. Values: a line holds n dimensions
 * of 1, 2 or 4 positions (plan.h), so that the weighted sum is a product whose rows are dimensions.
 * Of bf16 two positions share each 32-bit lane: the second one is put into what the first one
 * wrote. Of i8 each has bytes of its own in the line, and a scale. The cache belongs to the
 * sentron; a KV head whose query heads are spread over sentrons is cached by each of them. */
#include "asm/lower/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pieces of a head that stay in registers: fewer where these hold packed lines and scales too. */
enum { HALVES = 2, PIECES_KEPT = 4, PIECES_MOST = 8 };

/* One head on its way from the qkv buffer to the cache or the query buffer. */
struct head {
  int in;                    /* first lane of the head in the qkv buffer */
  const struct buffer *norm; /* weights, or NULL */
  int rope;                  /* p register: this position's cosines; the sines follow */
  /* In registers, where a half is one line, or IR_NONE: */
  int cosine, sine, weight[HALVES]; /* weight: of the norm */
};

static int gather_norm(struct kernel *k, const struct buffer *norm, int line)
{
  uint64_t at = (uint64_t)(line * k->plan->line_bytes);
  return kernel_gather_line(k, kernel_point(k, norm, at, IR_NONE), norm);
}

/* What the heads of a kind have in common. */
static void begin_heads(struct kernel *k, struct head *h)
{
  for (int half = 0; half < HALVES; half++)
    h->weight[half] = h->norm && k->plan->half_lines == 1 ? gather_norm(k, h->norm, half) : IR_NONE;
}

/* Line i of this position's cosines, or of its sines, which follow. */
static int gather_rope(struct kernel *k, int rope, int line)
{
  const struct plan *p = k->plan;
  int at =
      line ? ir_index(&k->ir, at_reg(rope), plan_walk_axis(p), line * plan_line_units(p), IR_NONE)
           : rope;
  return kernel_gather_line(k, at, &p->rope);
}

/* Bytes of line i of a half: those lanes of the half that lie in it. */
static int piece_bytes(const struct plan *p, int i)
{
  int lanes = p->half - i * p->lanes;
  return 4 * (lanes < p->lanes ? lanes : p->lanes);
}

static int gather_piece(struct kernel *k, const struct head *h, int half, int i)
{
  const struct plan *p = k->plan;
  uint64_t at = 4 * (uint64_t)(h->in + half * p->half_stride + i * p->lanes);
  return ir_gather(&k->ir, at_reg(kernel_point(k, &p->qkv, at, IR_NONE)), piece_bytes(p, i), 0,
                   SPACE_QKV, p->qkv.latency);
}

/* 1 / rms of a head, in every lane; keeps its pieces in `piece` when there are few. */
static int head_scale(struct kernel *k, const struct head *h, int *piece)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int sum[HALVES] = {IR_NONE, IR_NONE};
  for (int half = 0; half < HALVES; half++)
    for (int i = 0; i < p->half_lines; i++) {
      int x = gather_piece(k, h, half, i);
      if (piece)
        piece[half * p->half_lines + i] = x;
      if (sum[half] == IR_NONE)
        sum[half] = ir_d2(ir, OP_DMUL, ELEM_F32, all(x), all(x));
      else
        ir_d3_to(ir, sum[half], OP_DFMA, ELEM_F32, all(x), all(x), all(sum[half]));
    }
  int total = ir_reduce(ir, RED_sum, ELEM_F32, kernel_sum(k, ELEM_F32, sum, HALVES));
  int mean = ir_constant_f32(ir, 1.0f / (float)p->config->head_dim);
  int eps = ir_constant_f32(ir, p->config->rms_eps);
  int square = ir_d3(ir, OP_DFMA, ELEM_F32, all(total), all(mean), all(eps));
  return ir_d1(ir, OP_DRSQ, ELEM_F32, all(square));
}

/* Line i of both halves: normed if the model does that, then rotated. */
static void rotate_piece(struct kernel *k, const struct head *h, int i, const int *piece, int scale,
                         int *rotated)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int x[HALVES];
  for (int half = 0; half < HALVES; half++) {
    x[half] = piece ? piece[half * p->half_lines + i] : gather_piece(k, h, half, i);
    if (!h->norm)
      continue;
    int w = h->weight[half];
    if (w == IR_NONE)
      w = gather_norm(k, h->norm, half * p->half_lines + i);
    int scaled = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[half]), all(scale));
    x[half] = ir_d2(ir, OP_DMUL, ELEM_F32, all(scaled), all(w));
  }
  int cosine = h->cosine == IR_NONE ? gather_rope(k, h->rope, i) : h->cosine;
  int sine = h->sine == IR_NONE ? gather_rope(k, h->rope, p->half_lines + i) : h->sine;
  int a = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[0]), all(cosine));
  int b = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[1]), all(sine));
  int c = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[0]), all(sine));
  rotated[0] = ir_d2(ir, OP_DSUB, ELEM_F32, all(a), all(b));
  if (p->strict) {
    int d = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[1]), all(cosine));
    rotated[1] = ir_d2(ir, OP_DADD, ELEM_F32, all(c), all(d));
  } else {
    rotated[1] = ir_d3(ir, OP_DFMA, ELEM_F32, all(x[1]), all(cosine), all(c));
  }
}

/* Of all sequences of the team, one after the other. */
static struct buffer cache_of(const struct kernel *k, const struct buffer *caches, int own,
                              uint64_t head_bytes)
{
  int slot = (k->layer * k->own->kv_heads.count + own) * k->own->caches;
  struct buffer b = buffer_at(*caches, (uint64_t)slot * head_bytes);
  b.row_bytes = k->plan->batch > 1 ? head_bytes : 0;
  b.row_of = CONTROL_CACHE;
  return b;
}

struct buffer kernel_keys(const struct kernel *k, int own)
{
  return cache_of(k, &k->own->keys, own, k->plan->key_head_bytes);
}

struct buffer kernel_values(const struct kernel *k, int own)
{
  return cache_of(k, &k->own->values, own, k->plan->value_head_bytes);
}

struct range kernel_readers(const struct kernel *k, int own)
{
  const struct plan *p = k->plan;
  struct range heads = k->own->heads;
  int group = p->config->heads / p->config->kv_heads, kv = (heads.first + own) / group;
  int first = kv * group - heads.first, end = first + group;
  first = first > 0 ? first : 0;
  end = end < heads.count ? end : heads.count;
  first += (own - first) / p->inputs * p->inputs;
  return (struct range){first, end - first < p->inputs ? end - first : p->inputs};
}

/* --- rotated heads to packed lines ----------------------------------------------------------- */

/* Where a rotated head goes, as lines in the caches' type. */
struct sink {
  bool query;
  int own;                /* own query head, or own KV head */
  int key_offset;         /* keys: register with bytes to this position's lane */
  int *packed, *filled;   /* [pieces]: registers of packed lines, pieces that are in them */
  int piece[PIECES_KEPT]; /* i8: f32 lines, unless they wait in the scratch buffer */
  int absmax, magnitude;
};

static int pieces(const struct plan *p)
{
  return HALVES * p->half_lines;
}

static bool are_kept(const struct plan *p)
{
  return pieces(p) <= (p->kv.type == NUMBER_F32 ? PIECES_MOST : PIECES_KEPT);
}

/* A key's group goes to this position's lane of the group's line. */
static void store_key_line(struct kernel *k, const struct sink *s, int line, int reg)
{
  const struct plan *p = k->plan;
  struct buffer cache = kernel_keys(k, s->own);
  int before = 0;
  for (int l = 0; l < line; l++)
    for (int group = 0; group < plan_line_groups(p, p->kv); group++)
      before += plan_group_used(p, &p->query, p->kv, l, group);
  int at = kernel_point(k, &cache, (uint64_t)(before * p->line_bytes), s->key_offset);
  for (int group = 0; group < plan_line_groups(p, p->kv); group++)
    if (plan_group_used(p, &p->query, p->kv, line, group)) {
      ir_scatter(&k->ir, at_reg(at), reg, 4, 4 * group, SPACE_KEYS);
      kernel_next(k, at, 1);
    }
}

/* A query's line: those of the heads that are read together alternate. */
static void store_query_line(struct kernel *k, const struct sink *s, int line, int reg)
{
  const struct plan *p = k->plan;
  struct range readers = kernel_readers(k, s->own);
  int at = readers.first * p->query_lines + line * readers.count + s->own - readers.first;
  int pointer = kernel_point(k, &k->own->query, (uint64_t)(at * p->line_bytes), IR_NONE);
  kernel_scatter_line(k, pointer, &k->own->query, reg);
}

/* Piece `index` of the head joins its packed line, which is stored when it is whole. */
static void pack_piece(struct kernel *k, struct sink *s, int index, int reg, struct ir_src factor)
{
  const struct plan *p = k->plan;
  int line = index / p->kv.pack, left = pieces(p) - line * p->kv.pack;
  if (p->kv.type == NUMBER_F32) {
    s->packed[line] = reg;
  } else {
    enum elem to = p->kv.type == NUMBER_I8 ? ELEM_I8 : ELEM_BF16;
    int part = index % p->kv.pack;
    if (s->filled[line] == 0)
      s->packed[line] = ir_convert(&k->ir, ELEM_F32, to, reg, part, factor);
    else
      ir_convert_to(&k->ir, s->packed[line], ELEM_F32, to, reg, part, factor);
  }
  if (++s->filled[line] < (left < p->kv.pack ? left : p->kv.pack))
    return;
  if (s->query)
    store_query_line(k, s, line, s->packed[line]);
  else
    store_key_line(k, s, line, s->packed[line]);
}

static void sink_piece(struct kernel *k, struct sink *s, int index, int reg)
{
  if (k->plan->kv.type != NUMBER_I8) {
    pack_piece(k, s, index, reg, all(IR_NONE));
    return;
  }
  s->absmax = kernel_absmax(k, s->absmax, reg, s->magnitude);
  if (pieces(k->plan) <= PIECES_KEPT) {
    s->piece[index] = reg;
    return;
  }
  uint64_t at = (uint64_t)(index * k->plan->line_bytes);
  kernel_scatter_line(k, kernel_point(k, &k->own->scratch, at, IR_NONE), &k->own->scratch, reg);
}

/* i8: all pieces are known, so their scale is. */
static void sink_end(struct kernel *k, struct sink *s)
{
  const struct plan *p = k->plan;
  if (p->kv.type != NUMBER_I8)
    return;
  int factor, scale, at;
  kernel_integer_scale(k, s->absmax, &factor, &scale);
  for (int i = 0; i < pieces(p); i++) {
    int reg = s->piece[i % PIECES_KEPT];
    if (pieces(p) > PIECES_KEPT) {
      at = kernel_point(k, &k->own->scratch, (uint64_t)(i * p->line_bytes), IR_NONE);
      reg = kernel_gather_line(k, at, &k->own->scratch);
    }
    pack_piece(k, s, i, reg, lane(factor, 0));
  }
  if (s->query) {
    at = kernel_point(k, &k->own->query_scales, 4 * (uint64_t)s->own, IR_NONE);
    ir_scatter(&k->ir, at_reg(at), scale, 4, 0, SPACE_QUERY);
  } else {
    struct buffer cache = kernel_keys(k, s->own);
    uint64_t last = p->key_block_bytes - (uint64_t)p->line_bytes;
    at = kernel_point(k, &cache, last, s->key_offset);
    ir_scatter(&k->ir, at_reg(at), scale, 4, 0, SPACE_KEYS);
  }
}

/* Rotates a head and stores it; factor: what queries are multiplied by, or IR_NONE. */
static void rope_head(struct kernel *k, const struct head *h, struct sink *s, int factor)
{
  const struct plan *p = k->plan;
  int kept[PIECES_MOST], *piece = are_kept(p) ? kept : NULL;
  int scale = h->norm ? head_scale(k, h, piece) : IR_NONE;
  s->absmax = IR_NONE;
  memset(s->filled, 0, (size_t)pieces(p) * sizeof *s->filled);
  for (int i = 0; i < p->half_lines; i++) {
    int rotated[HALVES];
    rotate_piece(k, h, i, h->norm ? piece : NULL, scale, rotated);
    for (int half = 0; half < HALVES; half++) {
      int x = rotated[half];
      if (factor != IR_NONE)
        x = ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(x), all(factor));
      sink_piece(k, s, half * p->half_lines + i, x);
    }
  }
  sink_end(k, s);
}

/* --- values ---------------------------------------------------------------------------------- */

/* Registers that all values of a token need. */
struct value_insert {
  int offset;      /* CONTROL_VALUE */
  int shift, keep; /* bf16: by how much the new value moves, what stays of the line: lane 0 */
  int position;    /* i8: 4 * position and its sequence's offset, bytes to its scale */
  int magnitude;   /* i8 */
};

static int gather_value(struct kernel *k, int in, int line)
{
  const struct plan *p = k->plan;
  int bytes = 4 * (p->head_stride < p->lanes ? p->head_stride : p->lanes);
  int from = kernel_point(k, &p->qkv, 4 * (uint64_t)(in + line * p->lanes), IR_NONE);
  return ir_gather(&k->ir, at_reg(from), bytes, 0, SPACE_QKV, p->qkv.latency);
}

/* Rounded to bf16 and moved into its half of the lanes, beside what the line holds. */
static int join_bf16(struct kernel *k, const struct value_insert *v, int to, int reg)
{
  struct ir *ir = &k->ir;
  int narrow = ir_convert(ir, ELEM_F32, ELEM_BF16, reg, 0, all(IR_NONE));
  int wide = ir_convert(ir, ELEM_BF16, ELEM_F32, narrow, 0, all(IR_NONE)); /* in the upper half */
  int moved = ir_d2(ir, OP_DSHR, ELEM_I32, all(wide), lane(v->shift, 0));
  int line = ir_gather(ir, at_reg(to), k->plan->line_bytes, 0, SPACE_VALUES, GATHER_L2);
  int kept = ir_d2(ir, OP_DAND, ELEM_I32, all(line), lane(v->keep, 0));
  return ir_d2(ir, OP_DOR, ELEM_I32, all(kept), all(moved));
}

/* absmax over the lines of a value, its scale to the cache; returns the factor. */
static int scale_value(struct kernel *k, const struct value_insert *v, int in, int own, int *piece)
{
  const struct plan *p = k->plan;
  int absmax = IR_NONE, factor, scale;
  for (int line = 0; line < p->value_lines; line++) {
    int x = gather_value(k, in, line);
    if (p->value_lines <= PIECES_KEPT)
      piece[line] = x;
    absmax = kernel_absmax(k, absmax, x, v->magnitude);
  }
  kernel_integer_scale(k, absmax, &factor, &scale);
  struct buffer cache = kernel_values(k, own);
  uint64_t passes = (uint64_t)(p->value_lines / p->value_group);
  int at = kernel_point(k, &cache, passes * p->value_pass_bytes, v->position);
  ir_scatter(&k->ir, at_reg(at), scale, 4, 0, SPACE_VALUES);
  return factor;
}

static void insert_value(struct kernel *k, const struct value_insert *v, int in, int own)
{
  const struct plan *p = k->plan;
  struct buffer cache = kernel_values(k, own);
  int piece[PIECES_KEPT], factor = IR_NONE;
  bool i8 = p->kv.type == NUMBER_I8, kept = i8 && p->value_lines <= PIECES_KEPT;
  if (i8)
    factor = scale_value(k, v, in, own, piece);
  for (int line = 0; line < p->value_lines; line++) {
    int reg = kept ? piece[line] : gather_value(k, in, line);
    uint64_t skip = (uint64_t)(line / p->value_group) * p->value_pass_bytes +
                    (uint64_t)(line % p->value_group * p->line_bytes);
    int to = kernel_point(k, &cache, skip, v->offset), bytes = p->line_bytes;
    if (p->kv.type == NUMBER_BF16)
      reg = join_bf16(k, v, to, reg);
    if (i8) {
      reg = ir_convert(&k->ir, ELEM_F32, ELEM_I8, reg, 0, lane(factor, 0));
      bytes = p->lanes;
    }
    ir_scatter(&k->ir, at_reg(to), reg, bytes, 0, SPACE_VALUES);
  }
}

static void begin_values(struct kernel *k, struct value_insert *v)
{
  struct ir *ir = &k->ir;
  v->offset = kernel_control(k, CONTROL_VALUE);
  if (k->plan->kv.type == NUMBER_F32)
    return;
  int position = kernel_control(k, CONTROL_POSITION), one = ir_constant(ir, ELEM_I32, 1);
  if (k->plan->kv.type == NUMBER_I8) {
    int two = ir_constant(ir, ELEM_I32, 2);
    v->position = ir_d2(ir, OP_DSHL, ELEM_I32, all(position), all(two));
    if (k->plan->batch > 1) {
      int cache = kernel_control(k, CONTROL_CACHE);
      int each = ir_constant(ir, ELEM_I32, (int32_t)k->plan->value_head_bytes);
      v->position = ir_d3(ir, OP_DFMA, ELEM_I32, all(cache), all(each), all(v->position));
    }
    v->magnitude = ir_constant(ir, ELEM_I32, INT32_MAX);
    return;
  }
  /* Positions 0, 2, ... go to the lower half of a line that is new, 1, 3, ... to the upper half. */
  int odd = ir_d2(ir, OP_DAND, ELEM_I32, all(position), all(one));
  int four = ir_constant(ir, ELEM_I32, 4), low = ir_constant(ir, ELEM_I32, 0xFFFF);
  int even = ir_d2(ir, OP_DXOR, ELEM_I32, all(odd), all(one));
  v->shift = ir_d2(ir, OP_DSHL, ELEM_I32, all(even), all(four));
  v->keep = ir_d2(ir, OP_DMUL, ELEM_I32, all(odd), all(low));
}

/* First lane of a KV head's value in the qkv buffer. */
static int value_lane(const struct plan *p, int head)
{
  return (p->config->heads + p->config->kv_heads + head) * p->head_stride;
}

int kernel_rope(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  const struct model_config *c = p->config;
  const struct layer_plan *l = &p->layers[k->layer];
  if (!k->own->heads.count)
    return 0;
  int *packed = calloc(2 * (size_t)pieces(p), sizeof *packed), *filled = packed + pieces(p);
  if (!packed)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a head of %d lines", pieces(p));
  kernel_begin(k, "rope");
  int rope = kernel_point_units(k, &p->rope, 0, kernel_control(k, CONTROL_ROPE));
  int cosine = p->half_lines == 1 ? gather_rope(k, rope, 0) : IR_NONE;
  int sine = p->half_lines == 1 ? gather_rope(k, rope, 1) : IR_NONE;
  int factor = ir_constant_f32(&k->ir, (float)(1.44269504088896340736 / sqrt((double)c->head_dim)));
  int magnitude = p->kv.scaled ? ir_constant(&k->ir, ELEM_I32, INT32_MAX) : IR_NONE;
  struct head h = {.rope = rope, .cosine = cosine, .sine = sine};
  h.norm = c->qk_norm ? &l->q_norm : NULL;
  begin_heads(k, &h);
  for (int i = 0; i < k->own->heads.count; i++) {
    h.in = (k->own->heads.first + i) * p->head_stride;
    struct sink s = {
        .query = true, .own = i, .magnitude = magnitude, .packed = packed, .filled = filled};
    bool plain = p->strict && p->types.kv == NUMBER_F32; /* the scores are divided instead */
    rope_head(k, &h, &s, plain ? IR_NONE : factor);
  }
  struct value_insert v = {.offset = IR_NONE};
  begin_values(k, &v);
  for (int i = 0; i < k->own->kv_heads.count; i++)
    insert_value(k, &v, value_lane(p, k->own->kv_heads.first + i), i);
  int key_offset = kernel_control(k, CONTROL_KEY);
  h.norm = c->qk_norm ? &l->k_norm : NULL;
  begin_heads(k, &h);
  for (int i = 0; i < k->own->kv_heads.count; i++) {
    h.in = (c->heads + k->own->kv_heads.first + i) * p->head_stride;
    struct sink s = {.own = i,
                     .key_offset = key_offset,
                     .magnitude = magnitude,
                     .packed = packed,
                     .filled = filled};
    rope_head(k, &h, &s, IR_NONE);
  }
  free(packed);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
