/* Kernels over vectors: embedding, RMSNorm, copies, barrier; and the address helpers of all
 * kernels. */
#include "asm/lower/kernel.h"

void kernel_begin(struct kernel *k, const char *name)
{
  ir_reset(&k->ir, name);
  for (int i = 0; i < SPACE_COUNT; i++)
    k->row_offset[i].block = IR_NONE;
}

/* Bytes from a buffer's row 0 to the row at hand: one register for each block of the ir, so that no
 * loop has to keep it. */
static int row_offset(struct kernel *k, const struct buffer *b)
{
  int block = k->ir.block_count;
  if (k->row_offset[b->space].block != block) {
    int row = kernel_control(k, b->row_of);
    int bytes = ir_constant(&k->ir, ELEM_I32, (int32_t)b->row_bytes);
    k->row_offset[b->space].reg = ir_d2(&k->ir, OP_DMUL, ELEM_I32, all(row), all(bytes));
    k->row_offset[b->space].block = block;
  }
  return k->row_offset[b->space].reg;
}

int kernel_point(struct kernel *k, const struct buffer *b, uint64_t bytes, int index)
{
  if (b->row_bytes && index == IR_NONE)
    index = row_offset(k, b);
  struct buffer at = buffer_at(*b, bytes);
  int32_t rest;
  struct coord page = buffer_page(&at, &rest);
  return ir_index(&k->ir, at_coord(page), AXIS_BYTE, rest, index);
}

int kernel_point_units(struct kernel *k, const struct buffer *b, uint64_t bytes, int index)
{
  struct buffer at = buffer_at(*b, bytes);
  int32_t rest;
  struct coord page = buffer_page(&at, &rest);
  return ir_index(&k->ir, at_coord(page), plan_walk_axis(k->plan),
                  rest / k->plan->line_bytes * plan_line_units(k->plan), index);
}

void kernel_next(struct kernel *k, int p, int lines)
{
  ir_step(&k->ir, p, plan_walk_axis(k->plan), lines * plan_line_units(k->plan));
}

int kernel_control(struct kernel *k, int offset)
{
  return kernel_controls(k, offset, 1);
}

int kernel_controls(struct kernel *k, int offset, int count)
{
  int32_t rest;
  struct coord c = buffer_page(&k->own->control, &rest); /* the first cell of its region */
  return ir_gather(&k->ir, at_coord(coord_with_flags(c, (unsigned)(rest + offset))), 4 * count, 0,
                   SPACE_CONTROL, GATHER_L1);
}

void kernel_set_control(struct kernel *k, int offset, int reg)
{
  int32_t rest;
  struct coord c = buffer_page(&k->own->control, &rest);
  ir_scatter(&k->ir, at_coord(coord_with_flags(c, (unsigned)(rest + offset))), reg, 4, 0,
             SPACE_CONTROL);
}

int kernel_gather_line(struct kernel *k, int p, const struct buffer *b)
{
  return ir_gather(&k->ir, at_reg(p), k->plan->line_bytes, 0, (int)b->space, b->latency);
}

void kernel_scatter_line(struct kernel *k, int p, const struct buffer *b, int reg)
{
  ir_scatter(&k->ir, at_reg(p), reg, k->plan->line_bytes, 0, (int)b->space);
}

int kernel_sum(struct kernel *k, enum elem type, const int *regs, int count)
{
  if (count == 1)
    return regs[0];
  int left = kernel_sum(k, type, regs, (count + 1) / 2);
  int right = kernel_sum(k, type, regs + (count + 1) / 2, count / 2);
  return ir_d2(&k->ir, OP_DADD, type, all(left), all(right));
}

/* Lines handled by one pass of a loop over a vector, and one line of such a loop. */
enum { VECTOR_UNROLL = 8 };

bool kernel_lines_loop(int lines)
{
  return lines >= 3 * VECTOR_UNROLL;
}

void kernel_each_line(struct kernel *k, int lines, line_body *body, void *state)
{
  int loops = kernel_lines_loop(lines) ? lines / VECTOR_UNROLL : 0;
  if (loops) {
    ir_loop(&k->ir, loops);
    for (int i = 0; i < VECTOR_UNROLL; i++)
      body(k, state, i);
    ir_end(&k->ir);
  }
  for (int i = loops * VECTOR_UNROLL; i < lines; i++)
    body(k, state, i);
}

/* --- copies --------------------------------------------------------------------------------------
 */

struct copy {
  const struct buffer *from, *to;
  int in, out; /* p registers */
};

static void copy_line(struct kernel *k, void *state, int line)
{
  (void)line;
  const struct copy *c = state;
  int r = kernel_gather_line(k, c->in, c->from);
  kernel_next(k, c->in, 1);
  kernel_scatter_line(k, c->out, c->to, r);
  kernel_next(k, c->out, 1);
}

/* bf16 to f32: two lines of one. */
struct widen {
  struct copy copy;
  int packed; /* the line of which the second half is still to come */
};

static void widen_line(struct kernel *k, void *state, int line)
{
  struct widen *w = state;
  int half = line % 2;
  if (!half || w->packed == IR_NONE) {
    w->packed = kernel_gather_line(k, w->copy.in, w->copy.from);
    kernel_next(k, w->copy.in, 1);
  }
  int r = ir_convert(&k->ir, ELEM_BF16, ELEM_F32, w->packed, half, all(IR_NONE));
  if (half)
    w->packed = IR_NONE;
  kernel_scatter_line(k, w->copy.out, w->copy.to, r);
  kernel_next(k, w->copy.out, 1);
}

int kernel_embedding(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct range lines = plan_share(p, p->hidden.lines, k->sentron);
  if (p->residual.row_bytes) /* of a block, sentrons share the rows */
    lines = (struct range){0, p->hidden.lines};
  if (!lines.count)
    return 0;
  kernel_begin(k, "embedding");
  int token =
      p->residual.row_bytes ? kernel_row_field(k, ROW_TOKEN) : kernel_control(k, CONTROL_TOKEN);
  struct format f = format_of(p->embedding_type);
  int row_lines = plan_packed_lines(&p->hidden, f);
  int row_units = ir_constant(&k->ir, ELEM_I32, row_lines * plan_line_units(p));
  int row = ir_d2(&k->ir, OP_DMUL, ELEM_I32, all(token), all(row_units));
  uint64_t skip = (uint64_t)(lines.first / f.pack) * (uint64_t)p->line_bytes;
  struct widen w = {.copy = {.from = &p->embedding, .to = &p->residual}, .packed = IR_NONE};
  w.copy.in = kernel_point_units(k, &p->embedding, skip, row);
  skip = (uint64_t)lines.first * (uint64_t)p->line_bytes;
  w.copy.out = kernel_point(k, &p->residual, skip, IR_NONE);
  if (f.pack == 1) {
    kernel_each_line(k, lines.count, copy_line, &w.copy);
  } else {
    int first = lines.first % f.pack; /* the share may begin inside a packed line */
    if (first)
      widen_line(k, &w, first);
    kernel_each_line(k, lines.count - (first != 0), widen_line, &w);
  }
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_stage(struct kernel *k, const struct buffer *from, int lines, struct vtpu_error *err)
{
  kernel_begin(k, "stage");
  struct copy c = {.from = from, .to = &k->own->staged};
  c.in = kernel_point(k, c.from, 0, IR_NONE);
  c.out = kernel_point(k, c.to, 0, IR_NONE);
  kernel_each_line(k, lines, copy_line, &c);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_barrier(struct kernel *k, int group, struct vtpu_error *err)
{
  if (k->plan->sentrons == 1)
    return 0;
  kernel_begin(k, "barrier");
  ir_fence(&k->ir, SCOPE_node);
  ir_barrier(&k->ir, group);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

/* --- RMSNorm
 * --------------------------------------------------------------------------------------- */

enum { NORM_SUMS = 4, NORM_RESIDENT = 8 };

struct norm {
  const struct buffer *weight;
  int in, scale, weights, out; /* p registers, and the factor 1 / rms in every lane */
  int sum[NORM_SUMS];
  int line[NORM_RESIDENT]; /* lines of the residual stream that are kept */
  bool keep;
};

static int norm_input(struct kernel *k, struct norm *n)
{
  int x = kernel_gather_line(k, n->in, &k->plan->residual);
  kernel_next(k, n->in, 1);
  return x;
}

static void norm_square(struct kernel *k, void *state, int line)
{
  struct norm *n = state;
  int x = norm_input(k, n), *sum = &n->sum[line % NORM_SUMS];
  if (n->keep)
    n->line[line] = x;
  if (*sum == IR_NONE)
    *sum = ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(x), all(x));
  else
    ir_d3_to(&k->ir, *sum, OP_DFMA, ELEM_F32, all(x), all(x), all(*sum));
}

static void norm_scale(struct kernel *k, void *state, int line)
{
  struct norm *n = state;
  int x = n->keep ? n->line[line] : norm_input(k, n);
  int w = kernel_gather_line(k, n->weights, n->weight);
  kernel_next(k, n->weights, 1);
  int scaled = ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(x), all(n->scale));
  int y = ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(scaled), all(w));
  kernel_scatter_line(k, n->out, &k->own->normed, y);
  kernel_next(k, n->out, 1);
}

/* Every sentron computes the whole: the residual stream is short, a barrier is not. */
int kernel_norm(struct kernel *k, const char *name, const struct buffer *weight,
                struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int lines = p->hidden.lines;
  struct norm n = {.weight = weight, .keep = lines <= NORM_RESIDENT};
  kernel_begin(k, name);
  n.in = kernel_point(k, &p->residual, 0, IR_NONE);
  bool looped = kernel_lines_loop(lines);
  for (int i = 0; i < NORM_SUMS; i++)
    n.sum[i] = looped ? ir_constant(&k->ir, ELEM_F32, 0) : IR_NONE;
  kernel_each_line(k, lines, norm_square, &n);
  int used = lines < NORM_SUMS ? lines : NORM_SUMS;
  int total = ir_reduce(&k->ir, RED_sum, ELEM_F32, kernel_sum(k, ELEM_F32, n.sum, used));
  int mean = ir_constant_f32(&k->ir, 1.0f / (float)p->config->hidden);
  int eps = ir_constant_f32(&k->ir, p->config->rms_eps);
  int square = ir_d3(&k->ir, OP_DFMA, ELEM_F32, all(total), all(mean), all(eps));
  n.scale = ir_d1(&k->ir, OP_DRSQ, ELEM_F32, all(square));
  if (!n.keep)
    n.in = kernel_point(k, &p->residual, 0, IR_NONE);
  n.weights = kernel_point(k, weight, 0, IR_NONE);
  n.out = kernel_point(k, &k->own->normed, 0, IR_NONE);
  kernel_each_line(k, lines, norm_scale, &n);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
