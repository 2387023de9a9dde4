/* Packing: a vector of f32 becomes the input of a product in a narrower type.
 *
 *   bf16      y = x * w / rms, rounded
 *   integers  t = x * w, q = t * (127 / absmax(t)) rounded; the scale of q is absmax(t) / 127 /
 * rms. That the norm's factor is left out of q saves a pass, and q depends on x and w alone, not on
 * the order in which squares are summed.
 *
 * A first pass sums squares and finds absmax, a second one converts. Vectors of few lines stay in
 * registers between the two, t of longer ones waits in the scratch buffer. */
#include "asm/lower/kernel.h"

enum { SUMS = 4, RESIDENT = 8 };

struct packing {
  const struct pack *what;
  int in, weights, out;        /* p registers */
  const struct buffer *second; /* what the second pass reads, unless `kept` */
  int sum[SUMS];               /* of squares */
  int absmax, magnitude;       /* i32: greater magnitudes are greater integers; all but the sign */
  int factor;                  /* lane 0, for the conversion; IR_NONE: 1 */
  int packed;                  /* line that is being filled, or IR_NONE */
  int line[RESIDENT];
  bool integers, keep;
};

int kernel_absmax(struct kernel *k, int before, int reg, int magnitude)
{
  int m = ir_d2(&k->ir, OP_DAND, ELEM_I32, all(reg), all(magnitude));
  if (before != IR_NONE)
    ir_d2_to(&k->ir, before, OP_DMAX, ELEM_I32, all(before), all(m));
  return before == IR_NONE ? m : before;
}

void kernel_integer_scale(struct kernel *k, int absmax, int *factor, int *scale)
{
  kernel_scale_of(k, ir_reduce(&k->ir, RED_max, ELEM_I32, absmax), factor, scale);
}

void kernel_scale_of(struct kernel *k, int largest, int *factor, int *scale)
{
  struct ir *ir = &k->ir;
  int inverse = ir_d1(ir, OP_DRCP, ELEM_F32, all(largest));
  int steps = ir_constant_f32(ir, 127.0f), step = ir_constant_f32(ir, 1.0f / 127.0f);
  *factor = ir_d2(ir, OP_DMUL, ELEM_F32, all(inverse), all(steps));
  *scale = ir_d2(ir, OP_DMUL, ELEM_F32, all(largest), all(step));
}

void kernel_set_scale(struct kernel *k, int scale)
{
  const struct buffer *scales = &k->own->scales;
  if (scales->row_bytes)
    ir_scatter(&k->ir, at_reg(kernel_point(k, scales, 0, IR_NONE)), scale, 4, 0, SPACE_SCALES);
  else
    kernel_set_control(k, CONTROL_SCALE, scale);
}

static int load(struct kernel *k, int p, const struct buffer *b)
{
  int x = kernel_gather_line(k, p, b);
  kernel_next(k, p, 1);
  return x;
}

static void measure_line(struct kernel *k, void *state, int line)
{
  struct packing *s = state;
  const struct pack *w = s->what;
  struct ir *ir = &k->ir;
  int x = load(k, s->in, w->from), t = x;
  if (w->norm) {
    int *sum = &s->sum[line % SUMS];
    if (*sum == IR_NONE)
      *sum = ir_d2(ir, OP_DMUL, ELEM_F32, all(x), all(x));
    else
      ir_d3_to(ir, *sum, OP_DFMA, ELEM_F32, all(x), all(x), all(*sum));
  }
  if (w->weight)
    t = ir_d2(ir, OP_DMUL, ELEM_F32, all(x), all(load(k, s->weights, w->weight)));
  if (s->keep)
    s->line[line] = t;
  if (w->weight && !s->keep) {
    kernel_scatter_line(k, s->out, s->second, t);
    kernel_next(k, s->out, 1);
  }
  if (!s->integers)
    return;
  s->absmax = kernel_absmax(k, s->absmax, t, s->magnitude);
}

static void convert_line(struct kernel *k, void *state, int line)
{
  struct packing *s = state;
  struct format f = s->what->format;
  int t = s->keep ? s->line[line] : load(k, s->in, s->second), part = line % f.pack;
  enum elem to = s->integers ? ELEM_I8 : ELEM_BF16;
  struct ir_src factor = s->factor == IR_NONE ? all(IR_NONE) : lane(s->factor, 0);
  if (s->packed == IR_NONE)
    s->packed = ir_convert(&k->ir, ELEM_F32, to, t, part, factor);
  else
    ir_convert_to(&k->ir, s->packed, ELEM_F32, to, t, part, factor);
  if (part < f.pack - 1)
    return;
  kernel_scatter_line(k, s->out, s->what->out, s->packed);
  kernel_next(k, s->out, 1);
  s->packed = IR_NONE;
}

/* 1 / rms, in every lane. */
static int inverse_root(struct kernel *k, const struct packing *s)
{
  struct ir *ir = &k->ir;
  const struct vector *v = s->what->vector;
  int used = v->lines < SUMS ? v->lines : SUMS;
  int total = ir_reduce(ir, RED_sum, ELEM_F32, kernel_sum(k, ELEM_F32, s->sum, used));
  int mean = ir_constant_f32(ir, 1.0f / (float)v->columns);
  int eps = ir_constant_f32(ir, s->what->eps);
  int square = ir_d3(ir, OP_DFMA, ELEM_F32, all(total), all(mean), all(eps));
  return ir_d1(ir, OP_DRSQ, ELEM_F32, all(square));
}

/* The factor of the conversion, and the scale of what it makes. */
static void finish_measure(struct kernel *k, struct packing *s)
{
  struct ir *ir = &k->ir;
  int root = s->what->norm ? inverse_root(k, s) : IR_NONE;
  s->factor = root;
  if (!s->integers)
    return;
  int scale;
  kernel_integer_scale(k, s->absmax, &s->factor, &scale);
  if (root != IR_NONE)
    scale = ir_d2(ir, OP_DMUL, ELEM_F32, all(scale), all(root));
  kernel_set_scale(k, scale);
}

int kernel_pack(struct kernel *k, const struct pack *what, struct vtpu_error *err)
{
  int lines = what->vector->lines;
  bool looped = kernel_lines_loop(lines);
  struct packing s = {.what = what,
                      .second = what->weight ? &k->own->scratch : what->from,
                      .absmax = IR_NONE,
                      .factor = IR_NONE,
                      .packed = IR_NONE,
                      .integers = what->format.scaled,
                      .keep = lines <= RESIDENT};
  struct ir *ir = &k->ir;
  kernel_begin(k, what->name);
  s.in = kernel_point(k, what->from, 0, IR_NONE);
  if (what->norm || s.integers) {
    for (int i = 0; i < SUMS; i++)
      s.sum[i] = looped && what->norm ? ir_constant(ir, ELEM_F32, 0) : IR_NONE;
    if (s.integers)
      s.magnitude = ir_constant(ir, ELEM_I32, INT32_MAX);
    if (s.integers && looped)
      s.absmax = ir_constant(ir, ELEM_I32, 0);
    if (what->weight)
      s.weights = kernel_point(k, what->weight, 0, IR_NONE);
    if (what->weight && !s.keep)
      s.out = kernel_point(k, s.second, 0, IR_NONE);
    kernel_each_line(k, lines, measure_line, &s);
    finish_measure(k, &s);
    if (!s.keep)
      s.in = kernel_point(k, s.second, 0, IR_NONE);
  } else {
    s.keep = false;
  }
  s.out = kernel_point(k, what->out, 0, IR_NONE);
  kernel_each_line(k, lines, convert_line, &s);
  if (s.packed != IR_NONE)
    kernel_scatter_line(k, s.out, what->out, s.packed);
  return code_kernel(k->code, ir, k->layer, err);
}
