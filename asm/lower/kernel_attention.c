/* Attention of the heads that a sentron owns.
 *
 * Keys are cached by blocks of n positions: a line holds one dimension of n positions, so that
 * scores are a matrix-vector product whose rows are positions. Values are cached by position,
 * value_lines lines each, so that the weighted sum is one whose rows are dimensions. The cache
 * belongs to the sentron; a KV head whose query heads are spread over sentrons is cached by each of
 * them. Scores are in units of log2: exp2 needs no further factor. */
#include "asm/lower/kernel.h"

#include <math.h>

enum { HALVES = 2, PIECES_KEPT = 8, QUERY_RESIDENT = 4, VALUE_SUMS = 4 };

/* One head on its way from the qkv buffer to the cache or the query buffer. */
struct head {
  int in;                    /* first lane of the head in the qkv buffer */
  const struct buffer *norm; /* weights, or NULL */
  int rope;                  /* p register: this position's cosines; the sines follow */
  int rotated[HALVES];
};

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

/* Line i of both halves: normed if the model does that, then rotated into h->rotated. */
static void rotate_piece(struct kernel *k, struct head *h, int i, const int *piece, int scale)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int x[HALVES];
  for (int half = 0; half < HALVES; half++) {
    x[half] = piece ? piece[half * p->half_lines + i] : gather_piece(k, h, half, i);
    if (!h->norm)
      continue;
    uint64_t at = (uint64_t)((half * p->half_lines + i) * p->line_bytes);
    int w = kernel_gather_line(k, kernel_point(k, h->norm, at, IR_NONE), h->norm);
    int scaled = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[half]), all(scale));
    x[half] = ir_d2(ir, OP_DMUL, ELEM_F32, all(scaled), all(w));
  }
  int at = ir_index(ir, at_reg(h->rope), plan_walk_axis(p), i * plan_line_units(p), IR_NONE);
  int cosine = kernel_gather_line(k, at, &p->rope);
  at = ir_index(ir, at_reg(h->rope), plan_walk_axis(p), (p->half_lines + i) * plan_line_units(p),
                IR_NONE);
  int sine = kernel_gather_line(k, at, &p->rope);
  int a = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[0]), all(cosine));
  int b = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[1]), all(sine));
  int c = ir_d2(ir, OP_DMUL, ELEM_F32, all(x[0]), all(sine));
  h->rotated[0] = ir_d2(ir, OP_DSUB, ELEM_F32, all(a), all(b));
  h->rotated[1] = ir_d3(ir, OP_DFMA, ELEM_F32, all(x[1]), all(cosine), all(c));
}

/* Cache of a KV head that this sentron owns (`own` counts from its first) in the kernel's layer. */
static struct buffer keys(const struct kernel *k, int own)
{
  int slot = k->layer * k->own->kv_heads.count + own;
  return buffer_at(k->own->keys, (uint64_t)slot * k->plan->key_head_bytes);
}

static struct buffer values(const struct kernel *k, int own)
{
  int slot = k->layer * k->own->kv_heads.count + own;
  return buffer_at(k->own->values, (uint64_t)slot * k->plan->value_head_bytes);
}

/* Rotates a query head and stores it by lines, times 1 / sqrt(head_dim) and log2(e). */
static void rope_query(struct kernel *k, struct head *h, int own, int factor)
{
  const struct plan *p = k->plan;
  int kept[PIECES_KEPT], *piece = HALVES * p->half_lines <= PIECES_KEPT ? kept : NULL;
  int scale = h->norm ? head_scale(k, h, piece) : IR_NONE;
  for (int i = 0; i < p->half_lines; i++) {
    rotate_piece(k, h, i, h->norm ? piece : NULL, scale);
    for (int half = 0; half < HALVES; half++) {
      int q = ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(h->rotated[half]), all(factor));
      int line = own * p->query.lines + half * p->half_lines + i;
      int at = kernel_point(k, &k->own->query, (uint64_t)(line * p->line_bytes), IR_NONE);
      kernel_scatter_line(k, at, &k->own->query, q);
    }
  }
}

/* Rotates a key head and scatters it, a dimension a line, at this position's place. */
static void rope_key(struct kernel *k, struct head *h, int own, int key_offset)
{
  const struct plan *p = k->plan;
  struct buffer cache = keys(k, own);
  int kept[PIECES_KEPT], *piece = HALVES * p->half_lines <= PIECES_KEPT ? kept : NULL;
  int scale = h->norm ? head_scale(k, h, piece) : IR_NONE;
  int at[HALVES];
  for (int half = 0; half < HALVES; half++)
    at[half] = kernel_point(k, &cache, (uint64_t)(half * p->half * p->line_bytes), key_offset);
  for (int i = 0; i < p->half_lines; i++) {
    rotate_piece(k, h, i, h->norm ? piece : NULL, scale);
    for (int half = 0; half < HALVES; half++)
      for (int lane = 0; lane < piece_bytes(p, i) / 4; lane++) {
        ir_scatter(&k->ir, at_reg(at[half]), h->rotated[half], 4, 4 * lane, SPACE_KEYS);
        kernel_next(k, at[half], 1);
      }
  }
}

static void copy_value(struct kernel *k, int in, int own, int value_offset)
{
  const struct plan *p = k->plan;
  struct buffer cache = values(k, own);
  int bytes = 4 * (p->head_stride < p->lanes ? p->head_stride : p->lanes);
  uint64_t group_bytes = p->value_head_bytes / (uint64_t)(p->value_lines / p->value_group);
  for (int line = 0; line < p->value_lines; line++) {
    int from = kernel_point(k, &p->qkv, 4 * (uint64_t)(in + line * p->lanes), IR_NONE);
    int v = ir_gather(&k->ir, at_reg(from), bytes, 0, SPACE_QKV, p->qkv.latency);
    uint64_t skip = (uint64_t)(line / p->value_group) * group_bytes +
                    (uint64_t)(line % p->value_group * p->line_bytes);
    int to = kernel_point_units(k, &cache, skip, value_offset);
    kernel_scatter_line(k, to, &cache, v);
  }
}

int kernel_rope(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  const struct model_config *c = p->config;
  const struct layer_plan *l = &p->layers[k->layer];
  if (!k->own->heads.count)
    return 0;
  ir_reset(&k->ir, "rope");
  int rope = kernel_point_units(k, &p->rope, 0, kernel_control(k, CONTROL_ROPE));
  int factor = ir_constant_f32(&k->ir, (float)(1.44269504088896340736 / sqrt((double)c->head_dim)));
  for (int i = 0; i < k->own->heads.count; i++) {
    struct head h = {.in = (k->own->heads.first + i) * p->head_stride,
                     .norm = c->qk_norm ? &l->q_norm : NULL,
                     .rope = rope};
    rope_query(k, &h, i, factor);
  }
  int key_offset = kernel_control(k, CONTROL_KEY), value_offset = kernel_control(k, CONTROL_VALUE);
  for (int i = 0; i < k->own->kv_heads.count; i++) {
    int head = k->own->kv_heads.first + i;
    struct head h = {.in = (c->heads + head) * p->head_stride,
                     .norm = c->qk_norm ? &l->k_norm : NULL,
                     .rope = rope};
    rope_key(k, &h, i, key_offset);
    copy_value(k, (c->heads + c->kv_heads + head) * p->head_stride, i, value_offset);
  }
  return code_kernel(k->code, &k->ir, k->layer, err);
}

/* Scores of one head against all positions, a line of n a block; returns the greatest by lane. */
static int scores(struct kernel *k, int own, const struct buffer *cache, int blocks)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  struct buffer query = buffer_at(k->own->query, (uint64_t)(own * p->query.lines * p->line_bytes));
  int resident[QUERY_RESIDENT];
  struct dot d = {.k = k,
                  .weight_buffer = cache,
                  .in = &p->query,
                  .in_buffer = &query,
                  .format = format_of(NUMBER_F32),
                  .rows = 1,
                  .inputs = 1,
                  .sums = DOT_SUMS,
                  .begin = IR_NONE};
  d.weights = kernel_point(k, cache, 0, IR_NONE);
  int out = kernel_point(k, &k->own->scores, 0, IR_NONE);
  int start = kernel_point(k, &query, 0, IR_NONE);
  if (p->query.lines <= QUERY_RESIDENT) {
    for (int i = 0; i < p->query.lines; i++) {
      resident[i] = kernel_gather_line(k, start, &query);
      kernel_next(k, start, 1);
    }
    d.resident = resident;
  } else {
    d.in_pointer = ir_p(ir);
  }
  int32_t rest;
  struct coord c = buffer_page(&p->lane_numbers, &rest); /* the first cell of its region */
  int number = ir_gather(ir, at_coord(c), p->line_bytes, 0, IR_ROM, GATHER_L2);
  int n = ir_constant(ir, ELEM_I32, p->lanes);
  int position = kernel_control(k, CONTROL_POSITION);
  int low = ir_constant_f32(ir, -INFINITY);
  int greatest = ir_d1(ir, OP_DMOV, ELEM_F32, all(low));
  ir_loop_reg(ir, blocks);
  if (!d.resident)
    ir_index_to(ir, d.in_pointer, at_reg(start), AXIS_BYTE, 0, IR_NONE);
  dot_begin(&d, false);
  dot_columns(&d, 0, p->query.lines);
  int later = ir_compare(ir, CMP_gt, ELEM_I32, all(number), lane(position, 0));
  ir_d2_to(ir, number, OP_DADD, ELEM_I32, all(number), all(n));
  int s = ir_d3(ir, OP_DSEL, ELEM_F32, all(low), all(dot_result(&d, 0, 0)), all(later));
  ir_d2_to(ir, greatest, OP_DMAX, ELEM_F32, all(greatest), all(s));
  kernel_scatter_line(k, out, &k->own->scores, s);
  kernel_next(k, out, 1);
  ir_end(ir);
  return greatest;
}

/* exp2(scores - greatest) of the next block of positions. */
static int weights(struct kernel *k, int in, int greatest)
{
  int s = kernel_gather_line(k, in, &k->own->scores);
  kernel_next(k, in, 1);
  int below = ir_d2(&k->ir, OP_DSUB, ELEM_F32, all(s), all(greatest));
  return ir_d1(&k->ir, OP_DEXP2, ELEM_F32, all(below));
}

/* The values, weighted by the softmax of the scores: value_group lines of the head's result from
 * line `first`. The weights of a block are computed while the one before is used. */
static void weighted_values(struct kernel *k, int own, const struct buffer *cache, int blocks,
                            int greatest, int first)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int lines = p->value_group, sums = lines >= VALUE_SUMS ? 1 : VALUE_SUMS / lines;
  int sum[8][VALUE_SUMS];
  uint64_t group_bytes = p->value_head_bytes / (uint64_t)(p->value_lines / lines);
  int walk = kernel_point(k, cache, (uint64_t)(first / lines) * group_bytes, IR_NONE);
  int in = kernel_point(k, &k->own->scores, 0, IR_NONE);
  int weight = weights(k, in, greatest);
  int total = ir_constant(ir, ELEM_F32, 0);
  for (int i = 0; i < lines; i++)
    for (int j = 0; j < sums; j++)
      sum[i][j] = ir_constant(ir, ELEM_F32, 0);
  ir_loop_reg(ir, blocks);
  int next = weights(k, in, greatest);
  ir_d2_to(ir, total, OP_DADD, ELEM_F32, all(total), all(weight));
  for (int t = 0; t < p->lanes; t++)
    for (int i = 0; i < lines; i++) {
      int v = kernel_gather_line(k, walk, cache);
      kernel_next(k, walk, 1);
      int *s = &sum[i][t % sums];
      ir_d3_to(ir, *s, OP_DFMA, ELEM_F32, all(v), lane(weight, t), all(*s));
    }
  ir_d1_to(ir, weight, OP_DMOV, ELEM_F32, all(next));
  ir_end(ir);
  int whole = ir_reduce(ir, RED_sum, ELEM_F32, total);
  int inverse = ir_d1(ir, OP_DRCP, ELEM_F32, all(whole));
  int bytes = 4 * (p->head_stride < p->lanes ? p->head_stride : p->lanes);
  int out_lane = (k->own->heads.first + own) * p->head_stride + first * p->lanes;
  for (int i = 0; i < lines; i++) {
    int y = ir_d2(ir, OP_DMUL, ELEM_F32, all(kernel_sum(k, ELEM_F32, sum[i], sums)), all(inverse));
    int out = kernel_point(k, &p->mixed_buffer, 4 * (uint64_t)(out_lane + i * p->lanes), IR_NONE);
    ir_scatter(ir, at_reg(out), y, bytes, 0, SPACE_MIXED);
  }
}

int kernel_attention(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int group = p->config->heads / p->config->kv_heads;
  for (int own = 0; own < k->own->heads.count; own++) {
    int kv = (k->own->heads.first + own) / group - k->own->kv_heads.first;
    struct buffer key_cache = keys(k, kv), value_cache = values(k, kv);
    ir_reset(&k->ir, "scores");
    int blocks = kernel_control(k, CONTROL_BLOCKS);
    int by_lane = scores(k, own, &key_cache, blocks);
    ir_mark(&k->ir, "values");
    int greatest = ir_reduce(&k->ir, RED_max, ELEM_F32, by_lane);
    for (int first = 0; first < p->value_lines; first += p->value_group)
      weighted_values(k, own, &value_cache, blocks, greatest, first);
    int bad = code_kernel(k->code, &k->ir, k->layer, err);
    if (bad)
      return bad;
  }
  return 0;
}
