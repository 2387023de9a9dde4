/* Kernels of ternary checkpoints in the very order and rounding of the reference (models/bitnet.c).
 *
 * Such a model quantises its activations 4 times a layer, and where one of them lies near the
 * middle between two integers the last bit of a f32 sum decides. One integer that differs moves the
 * logits by a tenth: a text would soon be another one. So whatever comes before a quantiser is
 * computed as in plain C: sums in ascending order, no fused multiply-adds, quotients and square
 * roots rounded correctly (a residual by DFMA corrects what DRCP and DRSQ give), and exp with a
 * relative error near 2^-36 before its one rounding, so that it is hardly ever another f32 than
 * that of a good libm. This costs latency, in vectors and attention; the products run as ever.
 *
 * exp(x) = 2^k T (1 + q'), with T = 2^(j/n) from a table of n entries in a register, m = n k + j
 * the nearest integer to x n / ln 2, r = x - m ln 2 / n in two parts, q' = r + r^2/2 + r^3/6 +
 * r^4/24. */
#include "asm/lower/kernel.h"
#include "asm/lower/place.h"

#include <float.h>
#include <math.h>

/* Constants: lanes of one register where there are enough, else made where they are needed. */
enum strict_constant {
  PER_LN2,  /* n / ln 2 */
  MAGIC,    /* 1.5 * 2^23: what is added to it is rounded to an integer in its low bits */
  LN2_HIGH, /* ln 2 / n in three parts; of the first 12 bits, so that m times it is exact */
  LN2_MIDDLE,
  LN2_LOW,
  INVERSE_24,
  INVERSE_6,
  HALF,
  MINUS_ONE,
  ONE,
  LEAST,    /* below it exp is taken for 0 */
  GREATEST, /* above it exp stays what it is there */
  INVERSE_127,
  MINUS_127,
  TINY,
  CONSTANTS
};

/* The register that holds them, or IR_NONE. */
struct strict {
  int constants;
};

/* Lines of the table in rom. */
enum { TABLE_HIGH, TABLE_LOW, TABLE_CONSTANTS, TABLE_LINES, PIECES_MOST = 8 };

static void make_constants(const struct plan *p, float *c)
{
  long double step = logl(2.0L) / p->lanes;
  float high = (float)ldexpl(floorl(ldexpl(step, 12 + p->lanes_log2)), -12 - p->lanes_log2);
  float middle = (float)(step - (long double)high);
  c[PER_LN2] = (float)(1.0L / step);
  c[MAGIC] = 0x1.8p23f;
  c[LN2_HIGH] = high;
  c[LN2_MIDDLE] = middle;
  c[LN2_LOW] = (float)(step - (long double)high - (long double)middle);
  c[INVERSE_24] = 1.0f / 24;
  c[INVERSE_6] = 1.0f / 6;
  c[HALF] = 0.5f;
  c[MINUS_ONE] = -1.0f;
  c[ONE] = 1.0f;
  c[LEAST] = -87.0f;
  c[GREATEST] = 88.0f;
  c[INVERSE_127] = 1.0f / 127;
  c[MINUS_127] = -127.0f;
  c[TINY] = FLT_MIN;
}

uint64_t kernel_strict_bytes(const struct plan *p)
{
  return (uint64_t)(TABLE_LINES * p->line_bytes);
}

void kernel_strict_fill(const struct plan *p, float *out)
{
  float constants[CONSTANTS];
  int n = p->lanes;
  for (int j = 0; j < n; j++) {
    long double t = exp2l((long double)j / n);
    out[TABLE_HIGH * n + j] = (float)t;
    out[TABLE_LOW * n + j] = (float)(t - (long double)(float)t);
  }
  make_constants(p, constants);
  for (int i = 0; i < CONSTANTS && n >= CONSTANTS; i++)
    out[TABLE_CONSTANTS * n + i] = constants[i];
}

static int gather_table(struct kernel *k, int line)
{
  const struct buffer *table = &k->plan->strict_table;
  int at = kernel_point(k, table, (uint64_t)(line * k->plan->line_bytes), IR_NONE);
  return kernel_gather_line(k, at, table);
}

static void strict_begin(struct kernel *k, struct strict *s)
{
  s->constants = k->plan->lanes >= CONSTANTS ? gather_table(k, TABLE_CONSTANTS) : IR_NONE;
}

static struct ir_src constant(struct kernel *k, const struct strict *s, enum strict_constant which)
{
  float constants[CONSTANTS];
  if (s->constants != IR_NONE)
    return lane(s->constants, (int)which);
  make_constants(k->plan, constants);
  return all(ir_constant_f32(&k->ir, constants[which]));
}

/* --- arithmetic; all of it in every lane ----------------------------------------------------- */

static int add(struct kernel *k, struct ir_src a, struct ir_src b)
{
  return ir_d2(&k->ir, OP_DADD, ELEM_F32, a, b);
}

static int subtract(struct kernel *k, struct ir_src a, struct ir_src b)
{
  return ir_d2(&k->ir, OP_DSUB, ELEM_F32, a, b);
}

static int multiply(struct kernel *k, struct ir_src a, struct ir_src b)
{
  return ir_d2(&k->ir, OP_DMUL, ELEM_F32, a, b);
}

static int fused(struct kernel *k, struct ir_src a, struct ir_src b, struct ir_src c)
{
  return ir_d3(&k->ir, OP_DFMA, ELEM_F32, a, b, c);
}

static int minus(struct kernel *k, const struct strict *s, int x)
{
  return multiply(k, all(x), constant(k, s, MINUS_ONE));
}

/* 1 / x */
static int strict_inverse(struct kernel *k, const struct strict *s, int x)
{
  int y = ir_d1(&k->ir, OP_DRCP, ELEM_F32, all(x));
  int rest = fused(k, all(minus(k, s, x)), all(y), constant(k, s, ONE));
  return fused(k, all(rest), all(y), all(y));
}

/* a / d, from -d and the correctly rounded 1 / d. */
static int divide(struct kernel *k, int a, struct ir_src minus_d, struct ir_src inverse)
{
  int q = multiply(k, all(a), inverse);
  int rest = fused(k, minus_d, all(q), all(a));
  return fused(k, all(rest), inverse, all(q));
}

static int divide_by(struct kernel *k, int a, float d)
{
  int minus_d = ir_constant_f32(&k->ir, -d), inverse = ir_constant_f32(&k->ir, 1.0f / d);
  return divide(k, a, all(minus_d), all(inverse));
}

static int square_root(struct kernel *k, const struct strict *s, int x)
{
  int inverse = ir_d1(&k->ir, OP_DRSQ, ELEM_F32, all(x));
  int root = multiply(k, all(x), all(inverse));
  int rest = fused(k, all(minus(k, s, root)), all(root), all(x));
  int half = multiply(k, all(inverse), constant(k, s, HALF));
  return fused(k, all(rest), all(half), all(root));
}

static int strict_exp(struct kernel *k, const struct strict *s, int x)
{
  struct ir *ir = &k->ir;
  int above = ir_d2(ir, OP_DMAX, ELEM_F32, all(x), constant(k, s, LEAST));
  int a = ir_d2(ir, OP_DMIN, ELEM_F32, all(above), constant(k, s, GREATEST));
  int t = fused(k, all(a), constant(k, s, PER_LN2), constant(k, s, MAGIC));
  int minus_m = subtract(k, constant(k, s, MAGIC), all(t));
  int r1 = fused(k, all(minus_m), constant(k, s, LN2_HIGH), all(a)); /* exact */
  int p = multiply(k, all(minus_m), constant(k, s, LN2_MIDDLE));
  int rest = fused(k, all(minus_m), constant(k, s, LN2_MIDDLE), all(minus(k, s, p)));
  rest = fused(k, all(minus_m), constant(k, s, LN2_LOW), all(rest));
  int r = add(k, all(r1), all(p)); /* its rounding error is found without knowing which is larger */
  int of_p = subtract(k, all(r), all(r1));
  rest = add(k, all(rest), all(subtract(k, all(p), all(of_p))));
  int of_r1 = subtract(k, all(r), all(of_p));
  rest = add(k, all(rest), all(subtract(k, all(r1), all(of_r1))));
  int c = fused(k, all(r), constant(k, s, INVERSE_24), constant(k, s, INVERSE_6));
  c = fused(k, all(r), all(c), constant(k, s, HALF));
  int q = fused(k, all(multiply(k, all(r), all(r))), all(c), all(rest)); /* all but 1 + r */
  int table = ir_d2(ir, OP_DPERM, 0, all(gather_table(k, TABLE_HIGH)), all(t));
  int tr = multiply(k, all(table), all(r));
  int tr_rest = fused(k, all(table), all(r), all(minus(k, s, tr)));
  int sum = add(k, all(table), all(tr));
  int sum_rest = subtract(k, all(tr), all(subtract(k, all(sum), all(table))));
  int table_rest = ir_d2(ir, OP_DPERM, 0, all(gather_table(k, TABLE_LOW)), all(t));
  int tail = add(k, all(table_rest), all(add(k, all(sum_rest), all(tr_rest))));
  int y = add(k, all(sum), all(fused(k, all(table), all(q), all(tail))));
  int m = ir_d2(ir, OP_DSUB, ELEM_I32, all(t), constant(k, s, MAGIC));
  int log2 = ir_constant(ir, ELEM_I32, k->plan->lanes_log2),
      fraction = ir_constant(ir, ELEM_I32, 23);
  int power = ir_d2(ir, OP_DSAR, ELEM_I32, all(m), all(log2));
  power = ir_d2(ir, OP_DSHL, ELEM_I32, all(power), all(fraction));
  y = ir_d2(ir, OP_DADD, ELEM_I32, all(y), all(power));
  int positive = ir_compare(ir, CMP_gt, ELEM_F32, all(x), constant(k, s, LEAST));
  return ir_d2(ir, OP_DAND, ELEM_I32, all(y), all(positive));
}

int kernel_strict_swiglu(struct kernel *k, int gate, int up)
{
  struct strict s;
  strict_begin(k, &s);
  int e = strict_exp(k, &s, minus(k, &s, gate));
  int share = strict_inverse(k, &s, add(k, all(e), constant(k, &s, ONE)));
  return multiply(k, all(multiply(k, all(gate), all(share))), all(up));
}

/* sum += the first `lanes` lanes of a register, one after the other. */
static void add_lanes(struct kernel *k, int sum, int reg, int lanes)
{
  for (int i = 0; i < lanes; i++)
    ir_d2_to(&k->ir, sum, OP_DADD, ELEM_F32, all(sum), lane(reg, i));
}

/* --- quantisation ---------------------------------------------------------------------------- */

int kernel_strict_pack(struct kernel *k, const struct pack *what, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  const struct vector *v = what->vector;
  struct strict s;
  float length = (float)v->columns;
  kernel_begin(k, what->name);
  int sum = ir_constant(ir, ELEM_F32, 0), absmax = ir_constant(ir, ELEM_I32, 0);
  int magnitude = ir_constant(ir, ELEM_I32, INT32_MAX);
  int in = kernel_point(k, what->from, 0, IR_NONE);
  for (int i = 0; i < v->lines; i++) {
    int x = kernel_gather_line(k, in, what->from);
    kernel_next(k, in, 1);
    kernel_absmax(k, absmax, x, magnitude);
    add_lanes(k, sum, multiply(k, all(x), all(x)), v->lanes[i]);
  }
  strict_begin(k, &s);
  int some = ir_d2(ir, OP_DMAX, ELEM_F32, all(sum), constant(k, &s, TINY));
  int root = square_root(k, &s, divide_by(k, some, length));
  int norm = divide_by(k, strict_inverse(k, &s, root), length);
  int largest = multiply(k, all(ir_reduce(ir, RED_max, ELEM_I32, absmax)), all(norm));
  int scale = divide(k, largest, constant(k, &s, MINUS_127), constant(k, &s, INVERSE_127));
  int factor = strict_inverse(k, &s, scale);
  kernel_set_scale(k, scale);
  in = kernel_point(k, what->from, 0, IR_NONE);
  int out = kernel_point(k, what->out, 0, IR_NONE);
  for (int i = 0; i < v->lines;) {
    int packed = IR_NONE;
    for (int part = 0; part < what->format.pack && i < v->lines; part++, i++) {
      int x = kernel_gather_line(k, in, what->from);
      kernel_next(k, in, 1);
      int y = multiply(k, all(x), all(norm));
      if (part == 0)
        packed = ir_convert(ir, ELEM_F32, ELEM_I8, y, part, lane(factor, 0));
      else
        ir_convert_to(ir, packed, ELEM_F32, ELEM_I8, y, part, lane(factor, 0));
    }
    kernel_scatter_line(k, out, what->out, packed);
    kernel_next(k, out, 1);
  }
  return code_kernel(k->code, ir, k->layer, err);
}

/* --- attention, over f32 caches -------------------------------------------------------------- */

/* A head on its way. */
struct strict_head {
  int own, kv;
  int blocks;
  int greatest, total;
};

/* Dimensions in the order of the checkpoint: with rotated neighbours the halves alternate. */
static void strict_scores(struct kernel *k, struct strict_head *h)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  struct buffer cache = kernel_keys(k, h->kv);
  struct range readers = kernel_readers(k, h->own);
  int query[PIECES_MOST], walk[2];
  for (int i = 0; i < p->query_lines; i++) {
    int line = readers.first * p->query_lines + i * readers.count + h->own - readers.first;
    int at = kernel_point(k, &k->own->query, (uint64_t)(line * p->line_bytes), IR_NONE);
    query[i] = kernel_gather_line(k, at, &k->own->query);
  }
  for (int half = 0; half < 2; half++)
    walk[half] = kernel_point(k, &cache, (uint64_t)(half * p->half * p->line_bytes), IR_NONE);
  int out = kernel_point(k, &k->own->scores, 0, IR_NONE);
  int bias_pointer = kernel_point(k, &k->own->bias, 0, IR_NONE);
  float root = sqrtf((float)p->config->head_dim);
  int minus_root = ir_constant_f32(ir, -root), inverse = ir_constant_f32(ir, 1.0f / root);
  h->greatest = ir_constant_f32(ir, -INFINITY);
  ir_loop_reg(ir, h->blocks);
  int sum = IR_NONE;
  bool alternate = p->config->rope_pairs == ROPE_NEIGHBOURS;
  for (int i = 0; i < 2 * p->half; i++) {
    int half = alternate ? i % 2 : i / p->half, at = alternate ? i / 2 : i % p->half;
    int key = kernel_gather_line(k, walk[half], &cache);
    kernel_next(k, walk[half], 1);
    int product =
        multiply(k, all(key), lane(query[half * p->half_lines + at / p->lanes], at % p->lanes));
    sum = sum == IR_NONE ? product : add(k, all(sum), all(product));
  }
  for (int half = 0; half < 2; half++)
    kernel_next(k, walk[half], p->half);
  int bias = kernel_gather_line(k, bias_pointer, &k->own->bias);
  kernel_next(k, bias_pointer, 1);
  int score = add(k, all(divide(k, sum, all(minus_root), all(inverse))), all(bias));
  ir_d2_to(ir, h->greatest, OP_DMAX, ELEM_F32, all(h->greatest), all(score));
  kernel_scatter_line(k, out, &k->own->scores, score);
  kernel_next(k, out, 1);
  ir_end(ir);
}

static void strict_softmax(struct kernel *k, struct strict_head *h, const struct strict *s)
{
  struct ir *ir = &k->ir;
  const struct buffer *scores = &k->own->scores;
  int in = kernel_point(k, scores, 0, IR_NONE), out = kernel_point(k, scores, 0, IR_NONE);
  int greatest = ir_reduce(ir, RED_max, ELEM_F32, h->greatest);
  h->total = ir_constant(ir, ELEM_F32, 0);
  ir_loop_reg(ir, h->blocks);
  int score = kernel_gather_line(k, in, scores);
  kernel_next(k, in, 1);
  int weight = strict_exp(k, s, subtract(k, all(score), all(greatest)));
  kernel_scatter_line(k, out, scores, weight);
  kernel_next(k, out, 1);
  add_lanes(k, h->total, weight, k->plan->lanes);
  ir_end(ir);
}

/* One line of the head's result a pass. */
static void strict_values(struct kernel *k, const struct strict_head *h, const struct strict *s,
                          int line)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  struct buffer cache = kernel_values(k, h->kv);
  uint64_t skip = (uint64_t)(line / p->value_group) * p->value_pass_bytes +
                  (uint64_t)(line % p->value_group * p->line_bytes);
  int walk = kernel_point(k, &cache, skip, IR_NONE);
  int in = kernel_point(k, &k->own->scores, 0, IR_NONE);
  int inverse = strict_inverse(k, s, h->total), minus_total = minus(k, s, h->total);
  int sum = ir_constant(ir, ELEM_F32, 0);
  ir_loop_reg(ir, h->blocks);
  int weight = kernel_gather_line(k, in, &k->own->scores);
  kernel_next(k, in, 1);
  int share = divide(k, weight, all(minus_total), all(inverse));
  for (int t = 0; t < p->lanes; t++) {
    int v = kernel_gather_line(k, walk, &cache);
    kernel_next(k, walk, p->value_group);
    int product = multiply(k, all(v), lane(share, t));
    ir_d2_to(ir, sum, OP_DADD, ELEM_F32, all(sum), all(product));
  }
  ir_end(ir);
  int bytes = 4 * (p->head_stride < p->lanes ? p->head_stride : p->lanes);
  int out_lane = (k->own->heads.first + h->own) * p->head_stride + line * p->lanes;
  int out = kernel_point(k, &p->mixed_buffer, 4 * (uint64_t)out_lane, IR_NONE);
  ir_scatter(ir, at_reg(out), sum, bytes, 0, SPACE_MIXED);
}

int kernel_strict_attention(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int group = p->config->heads / p->config->kv_heads;
  if (p->query_lines > PIECES_MOST)
    return vtpu_fail(err, VTPU_LIMIT,
                     "lowering: heads of %d are too long for a ternary checkpoint at DLEN %u\n"
                     "  use DLEN 512, or --kv bf16",
                     p->config->head_dim, p->dlen);
  for (int own = 0; own < k->own->heads.count; own++) {
    struct strict_head h = {.own = own};
    struct strict s;
    h.kv = (k->own->heads.first + own) / group - k->own->kv_heads.first;
    kernel_begin(k, "scores");
    h.blocks = kernel_control(k, CONTROL_BLOCKS);
    strict_scores(k, &h);
    ir_mark(&k->ir, "softmax");
    strict_begin(k, &s);
    strict_softmax(k, &h, &s);
    ir_mark(&k->ir, "values");
    for (int line = 0; line < p->value_lines; line++)
      strict_values(k, &h, &s, line);
    int bad = code_kernel(k->code, &k->ir, k->layer, err);
    if (bad)
      return bad;
  }
  return 0;
}
