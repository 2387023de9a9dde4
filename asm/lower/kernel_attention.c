/* Attention of the heads that a sentron owns, over the caches that kernel_cache.c fills.
 *
 * Query heads that share a KV head are taken together: each line of keys or values is gathered once
 * for all of them. Scores are in units of log2: exp2 needs no further factor. What is to come in
 * the last block of positions gets -infinity from the bias lines (kernel_token.c).
 *
 *   scores   of all positions, a line of n for each head in turn, and the greatest
 *   softmax  their exp2 in place, with i8 times the values' scales, and the sum
 *   values   weighted, value_group lines of the heads' results a pass; i8 is widened to f32 */
#include "asm/lower/kernel.h"

#include <math.h>

enum { HEADS = 4, READERS = 2, QUERY_RESIDENT = 2, VALUE_SUMS = 4, VALUE_LINES = 8 };

/* Heads that are taken together. */
struct readers {
  struct range own;                  /* own query heads */
  int kv;                            /* own KV head */
  int before, together;              /* heads before them in a block's scores; of all, in a block */
  int greatest[HEADS], total[HEADS]; /* softmax: scores' greatest, 1 / their sums */
};

/* Sums in flight: by the shape of the model, so that a sentron that has fewer of the heads adds in
 * the same order. */
static int sums_of(int most, int terms)
{
  return terms >= most ? 1 : most / terms;
}

static int query_scale(struct kernel *k, int own)
{
  int at = kernel_point(k, &k->own->query_scales, 4 * (uint64_t)own, IR_NONE);
  return ir_gather(&k->ir, at_reg(at), 4, 0, SPACE_QUERY, GATHER_L1);
}

/* Opens a loop over the blocks of positions. */
static void loop_blocks(struct kernel *k)
{
  ir_loop_reg(&k->ir, kernel_control(k, CONTROL_BLOCKS));
  ir_expect(&k->ir, ceil_div(k->plan->positions, 2 * k->plan->lanes)); /* half way through */
  ir_promise(&k->ir, 1);
}

/* One KV head's scores: its keys meet the queries of its readers. */
struct score {
  struct dot dot;
  struct buffer cache;
  int resident[QUERY_RESIDENT], scale[HEADS];
};

/* queries: p register that walks those of all heads; resident: they stay in registers. */
static void begin_scores(struct kernel *k, const struct readers *r, struct score *s, int zero,
                         int queries, bool resident)
{
  const struct plan *p = k->plan;
  struct dot *d = &s->dot;
  s->cache = kernel_keys(k, r->kv);
  *d = (struct dot){.k = k,
                    .format = p->kv,
                    .weight_buffer = &s->cache,
                    .in = &p->query,
                    .in_buffer = &k->own->query,
                    .rows = 1,
                    .inputs = r->own.count,
                    .sums = sums_of(DOT_SUMS, p->inputs),
                    .in_scale = IR_NONE,
                    .in_ahead = IR_NONE,
                    .begin = zero,
                    .bias = IR_NONE};
  d->weights = kernel_point(k, &s->cache, 0, IR_NONE);
  for (int q = 0; q < r->own.count; q++)
    d->in_pointer[q] = queries;
  for (int i = 0; resident && i < p->query_lines * r->own.count; i++) {
    s->resident[i] = kernel_gather_line(k, queries, &k->own->query);
    kernel_next(k, queries, 1);
  }
  d->resident = resident ? s->resident : NULL;
  for (int q = 0; q < r->own.count && p->kv.scaled; q++)
    s->scale[q] = query_scale(k, r->own.first + q);
}

/* What lies at the pointer is the greater of it and y from now on. */
static void keep_greatest(struct kernel *k, int at, int y)
{
  int before = kernel_gather_line(k, at, &k->own->greatest);
  int greatest = ir_d2(&k->ir, OP_DMAX, ELEM_F32, all(before), all(y));
  kernel_scatter_line(k, at, &k->own->greatest, greatest);
  kernel_next(k, at, 1);
}

/* A block of positions. */
static void score_block(struct kernel *k, const struct readers *r, struct score *s, int bias,
                        int out, int greatest)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  struct dot *d = &s->dot;
  if (!p->kv.scaled)
    d->bias = bias;
  dot_begin(d, false);
  dot_columns(d, 0, p->query_lines);
  int key_scale = dot_scale(d);
  for (int q = 0; q < r->own.count; q++) {
    int y = dot_result(d, 0, q, key_scale);
    if (p->kv.scaled)
      y = ir_d3(ir, OP_DFMA, ELEM_F32, all(y), lane(s->scale[q], 0), all(bias));
    keep_greatest(k, greatest, y);
    kernel_scatter_line(k, out, &k->own->scores, y);
    kernel_next(k, out, 1);
  }
}

/* Scores of all positions, and the greatest of each lane by head. Several KV heads share a round of
 * the loop, so that one's sums end while the next one's begin; that takes the registers in which
 * the greatest would be. */
static void scores(struct kernel *k, const struct readers *readers, int count)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  struct score s[READERS];
  int heads = readers->together,
      zero = p->kv.type == NUMBER_F32 ? IR_NONE : ir_constant(ir, ELEM_F32, 0);
  int low = ir_constant_f32(ir, -INFINITY);
  int greatest = kernel_point(k, &k->own->greatest, 0, IR_NONE);
  int bias_pointer = kernel_point(k, &k->own->bias, 0, IR_NONE);
  int lines = p->query_lines * heads;
  int queries = kernel_point(
      k, &k->own->query, (uint64_t)(readers->own.first * p->query_lines * p->line_bytes), IR_NONE);
  int out = kernel_point(k, &k->own->scores, 0, IR_NONE);
  for (int i = 0; i < heads; i++) {
    kernel_scatter_line(k, greatest, &k->own->greatest, low);
    kernel_next(k, greatest, 1);
  }
  kernel_next(k, greatest, -heads);
  for (int g = 0; g < count; g++)
    begin_scores(k, &readers[g], &s[g], zero, queries, lines <= QUERY_RESIDENT);
  loop_blocks(k);
  int bias = kernel_gather_line(k, bias_pointer, &k->own->bias);
  kernel_next(k, bias_pointer, 1);
  for (int g = 0; g < count; g++)
    score_block(k, &readers[g], &s[g], bias, out, greatest);
  if (lines > QUERY_RESIDENT) /* the next block meets the same queries */
    kernel_next(k, queries, -lines);
  kernel_next(k, greatest, -heads);
  ir_end(ir);
}

/* Where the scores become weights: other rounds of a loop touch other lines. */
static struct buffer weights_of(const struct kernel *k)
{
  struct buffer b = k->own->scores;
  b.space = SPACE_WEIGHTS;
  return b;
}

/* One line of scores becomes one of weights. */
static void soften(struct kernel *k, struct readers *r, int q, int in, int out, int scale)
{
  struct ir *ir = &k->ir;
  struct buffer weights = weights_of(k);
  int s = kernel_gather_line(k, in, &k->own->scores);
  kernel_next(k, in, 1);
  int below = ir_d2(ir, OP_DSUB, ELEM_F32, all(s), all(r->greatest[q]));
  int weight = ir_d1(ir, OP_DEXP2, ELEM_F32, all(below));
  ir_d2_to(ir, r->total[q], OP_DADD, ELEM_F32, all(r->total[q]), all(weight));
  if (scale != IR_NONE)
    weight = ir_d2(ir, OP_DMUL, ELEM_F32, all(weight), all(scale));
  if (k->plan->kv.type == NUMBER_BF16)
    weight = ir_convert(ir, ELEM_F32, ELEM_BF16, weight, 0, all(IR_NONE));
  kernel_scatter_line(k, out, &weights, weight);
  kernel_next(k, out, 1);
}

/* exp2(scores - greatest) in the form in which they meet the values, of several KV heads at once so
 * that they hide each other's latencies; r->total: 1 / their sums. */
static void softmax(struct kernel *k, struct readers *readers, int count)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  uint64_t scales_at = (uint64_t)(p->value_lines / p->value_group) * p->value_pass_bytes;
  int scales[READERS];
  int in = kernel_point(k, &k->own->scores, 0, IR_NONE);
  int out = kernel_point(k, &k->own->scores, 0, IR_NONE);
  int greatest = kernel_point(k, &k->own->greatest, 0, IR_NONE);
  for (int g = 0; g < count; g++) {
    struct readers *r = &readers[g];
    struct buffer cache = kernel_values(k, r->kv);
    scales[g] = p->kv.scaled ? kernel_point(k, &cache, scales_at, IR_NONE) : IR_NONE;
    for (int q = 0; q < r->own.count; q++) {
      int line = kernel_gather_line(k, greatest, &k->own->greatest);
      kernel_next(k, greatest, 1);
      r->greatest[q] = ir_reduce(ir, RED_max, ELEM_F32, line);
      r->total[q] = ir_constant(ir, ELEM_F32, 0);
    }
  }
  loop_blocks(k);
  for (int g = 0; g < count; g++) {
    struct readers *r = &readers[g];
    int scale = IR_NONE;
    if (p->kv.scaled) {
      struct buffer cache = kernel_values(k, r->kv);
      scale = kernel_gather_line(k, scales[g], &cache);
      kernel_next(k, scales[g], 1);
    }
    for (int q = 0; q < r->own.count; q++)
      soften(k, r, q, in, out, scale);
  }
  ir_end(ir);
  for (int g = 0; g < count; g++)
    for (int q = 0; q < readers[g].own.count; q++) {
      int whole = ir_reduce(ir, RED_sum, ELEM_F32, readers[g].total[q]);
      readers[g].total[q] = ir_d1(ir, OP_DRCP, ELEM_F32, all(whole));
    }
}

/* One gathered line of values meets the weights of all heads. weight: [heads]; u: its number in the
 * block; sums: [heads], those that this line adds to. */
static void value_line(struct kernel *k, const struct readers *r, const int *weight, int u, int v,
                       int (*sum)[VALUE_SUMS], int turn)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  bool i8 = p->kv.type == NUMBER_I8;
  for (int part = 0; part < (i8 ? p->value_positions : 1); part++) {
    int x = v, at = i8 ? u * p->value_positions + part : u;
    if (i8)
      x = ir_convert(ir, ELEM_I8, ELEM_F32, v, part, all(IR_NONE));
    for (int q = 0; q < r->own.count; q++) {
      int *s = &sum[q][turn];
      bool bf16 = p->kv.type == NUMBER_BF16;
      ir_d3_to(ir, *s, bf16 ? OP_DDOT : OP_DFMA, bf16 ? ELEM_BF16 : ELEM_F32, all(x),
               lane(weight[q], at), all(*s));
    }
  }
}

/* value_group lines of each head's result, from line `first`. */
static void weighted_values(struct kernel *k, const struct readers *r, int first)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  struct buffer cache = kernel_values(k, r->kv), weights = weights_of(k);
  int lines = p->value_group, sums = sums_of(VALUE_SUMS, lines * p->inputs), weight[HEADS];
  int sum[VALUE_LINES][HEADS][VALUE_SUMS];
  uint64_t pass = (uint64_t)(first / lines) * p->value_pass_bytes;
  int walk = kernel_point(k, &cache, pass, IR_NONE);
  int in = kernel_point(k, &k->own->scores, (uint64_t)(r->before * p->line_bytes), IR_NONE);
  for (int i = 0; i < lines; i++)
    for (int q = 0; q < r->own.count; q++)
      for (int j = 0; j < sums; j++)
        sum[i][q][j] = ir_constant(ir, ELEM_F32, 0);
  loop_blocks(k);
  for (int q = 0; q < r->own.count; q++) {
    weight[q] = kernel_gather_line(k, in, &weights);
    kernel_next(k, in, q + 1 < r->own.count ? 1 : 1 + r->together - r->own.count);
  }
  for (int u = 0; u < p->lanes / p->value_positions; u++)
    for (int i = 0; i < lines; i++) {
      int v = kernel_gather_line(k, walk, &cache);
      kernel_next(k, walk, 1);
      value_line(k, r, weight, u, v, sum[i], u % sums);
    }
  ir_end(ir);
  int bytes = 4 * (p->head_stride < p->lanes ? p->head_stride : p->lanes);
  for (int q = 0; q < r->own.count; q++) {
    int out_lane = (k->own->heads.first + r->own.first + q) * p->head_stride + first * p->lanes;
    for (int i = 0; i < lines; i++) {
      int whole = kernel_sum(k, ELEM_F32, sum[i][q], sums);
      int y = ir_d2(ir, OP_DMUL, ELEM_F32, all(whole), all(r->total[q]));
      int out = kernel_point(k, &p->mixed_buffer, 4 * (uint64_t)(out_lane + i * p->lanes), IR_NONE);
      ir_scatter(ir, at_reg(out), y, bytes, 0, SPACE_MIXED);
    }
  }
}

int kernel_attention(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int group = p->config->heads / p->config->kv_heads;
  for (int own = 0; own < k->own->heads.count;) {
    struct readers r[READERS] = {0};
    int count = 0, heads = 0;
    kernel_begin(k, "scores");
    for (; count < p->readers && own < k->own->heads.count; count++) {
      r[count] = (struct readers){.own = kernel_readers(k, own)};
      r[count].kv = (k->own->heads.first + own) / group - k->own->kv_heads.first;
      r[count].before = heads;
      heads += r[count].own.count;
      own = r[count].own.first + r[count].own.count;
    }
    for (int g = 0; g < count; g++)
      r[g].together = heads;
    scores(k, r, count);
    ir_mark(&k->ir, "softmax");
    softmax(k, r, count);
    ir_mark(&k->ir, "values");
    for (int g = 0; g < count; g++)
      for (int first = 0; first < p->value_lines; first += p->value_group)
        weighted_values(k, &r[g], first);
    int bad = code_kernel(k->code, &k->ir, k->layer, err);
    if (bad)
      return bad;
  }
  return 0;
}
