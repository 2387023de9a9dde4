/* Matrix times vector.
 *
 * A block of n rows is a walk over its lines: {DFMA sum, w, x[lane], sum | SGATHER w | CSTEP}, one
 * line of weights a SIW. Four sums in flight hide the latency of a multiply-add; they are added in
 * a fixed tree at the end of the block. The input is in registers when it is short, else each of
 * its lines is loaded once a block. */
#include "asm/lower/kernel.h"

enum {
  LINES_STRAIGHT = 256, /* a block with at most so many lines has no inner loop */
  LINES_LOOP = 128,     /* lines of weights in the body of an inner loop */
  LINES_BODY = 256,     /* short blocks share a body until it has so many lines */
};

void dot_begin(struct dot *d, bool zero)
{
  d->column = 0;
  for (int r = 0; r < d->rows; r++)
    for (int i = 0; i < d->sums; i++)
      d->sum[r][i] = zero ? ir_constant(&d->k->ir, ELEM_F32, 0) : IR_NONE;
}

void dot_columns(struct dot *d, int first, int lines)
{
  struct kernel *k = d->k;
  for (int i = first; i < first + lines; i++) {
    int x;
    if (d->resident) {
      x = d->resident[i];
    } else {
      x = kernel_gather_line(k, d->in_pointer, d->in_buffer);
      kernel_next(k, d->in_pointer, 1);
    }
    for (int l = 0; l < d->in->lanes[i]; l++, d->column++)
      for (int r = 0; r < d->rows; r++) {
        int w = kernel_gather_line(k, d->weights, d->weight_buffer);
        kernel_next(k, d->weights, 1);
        int *sum = &d->sum[r][d->column % d->sums];
        if (*sum == IR_NONE)
          *sum = ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(w), lane(x, l));
        else
          ir_d3_to(&k->ir, *sum, OP_DFMA, ELEM_F32, all(w), lane(x, l), all(*sum));
      }
  }
}

int dot_result(struct dot *d, int row)
{
  int used = d->column < d->sums ? d->column : d->sums;
  return kernel_sum(d->k, d->sum[row], used);
}

struct block {
  struct dot dot;
  enum matrix_result result;
  const struct buffer *out;
  int in_first; /* p register: the input's start, to begin each block with */
  int out_pointer;
  int minus_log2e, one;       /* RESULT_SWIGLU */
  int best, index, number, n; /* RESULT_LOGITS: by lane; number = the row of each lane */
};

/* All columns of one block of rows. The choice of loop or straight code depends on the shape only.
 */
static void block_columns(struct block *b)
{
  struct dot *d = &b->dot;
  const struct vector *in = d->in;
  struct kernel *k = d->k;
  int per_line = k->plan->lanes * d->rows, unroll = LINES_LOOP / per_line;
  if (unroll < 1)
    unroll = 1;
  int full = in->lanes[in->lines - 1] == k->plan->lanes ? in->lines : in->lines - 1;
  int loops = full / unroll;
  bool straight = in->columns * d->rows <= LINES_STRAIGHT || !in->uniform || loops < 2;
  dot_begin(d, !straight);
  if (straight) {
    dot_columns(d, 0, in->lines);
    return;
  }
  ir_loop(&k->ir, loops);
  dot_columns(d, 0, unroll);
  ir_end(&k->ir);
  dot_columns(d, loops * unroll, in->lines - loops * unroll);
}

static int swiglu(struct block *b, int gate, int up)
{
  struct ir *ir = &b->dot.k->ir;
  int power = ir_d2(ir, OP_DMUL, ELEM_F32, all(gate), all(b->minus_log2e));
  int e = ir_d1(ir, OP_DEXP2, ELEM_F32, all(power));
  int one_and = ir_d2(ir, OP_DADD, ELEM_F32, all(e), all(b->one));
  int sigmoid = ir_d1(ir, OP_DRCP, ELEM_F32, all(one_and));
  int silu = ir_d2(ir, OP_DMUL, ELEM_F32, all(gate), all(sigmoid));
  return ir_d2(ir, OP_DMUL, ELEM_F32, all(silu), all(up));
}

/* One block of rows, from its input to its stored result. */
static void block_rows(struct block *b)
{
  struct kernel *k = b->dot.k;
  struct ir *ir = &k->ir;
  int old = IR_NONE;
  if (b->result == RESULT_RESIDUAL)
    old = kernel_gather_line(k, b->out_pointer, b->out);
  if (!b->dot.resident)
    ir_index_to(ir, b->dot.in_pointer, at_reg(b->in_first), AXIS_BYTE, 0, IR_NONE);
  block_columns(b);
  int y = dot_result(&b->dot, 0);
  if (b->result == RESULT_RESIDUAL)
    y = ir_d2(ir, OP_DADD, ELEM_F32, all(old), all(y));
  if (b->result == RESULT_SWIGLU)
    y = swiglu(b, y, dot_result(&b->dot, 1));
  kernel_scatter_line(k, b->out_pointer, b->out, y);
  kernel_next(k, b->out_pointer, 1);
  if (b->result == RESULT_LOGITS) { /* strictly greater: of equal logits the first stays */
    int greater = ir_compare(ir, CMP_gt, ELEM_F32, all(y), all(b->best));
    ir_d3_to(ir, b->best, OP_DSEL, ELEM_F32, all(y), all(b->best), all(greater));
    ir_d3_to(ir, b->index, OP_DSEL, ELEM_I32, all(b->number), all(b->index), all(greater));
    ir_d2_to(ir, b->number, OP_DADD, ELEM_I32, all(b->number), all(b->n));
  }
}

static void begin_logits(struct block *b, int first_row)
{
  struct kernel *k = b->dot.k;
  struct ir *ir = &k->ir;
  int32_t rest;
  struct coord c = buffer_page(&k->plan->lane_numbers, &rest); /* the first cell of its region */
  int numbers = ir_gather(ir, at_coord(c), k->plan->line_bytes, 0, IR_ROM, GATHER_L2);
  int first = ir_constant(ir, ELEM_I32, first_row);
  b->number = ir_d2(ir, OP_DADD, ELEM_I32, all(numbers), all(first));
  b->index = ir_d1(ir, OP_DMOV, ELEM_I32, all(b->number));
  b->best = ir_constant_f32(ir, -__builtin_inff());
  b->n = ir_constant(ir, ELEM_I32, k->plan->lanes);
}

/* The best of all lanes, its lowest index; stored where kernel_best finds it. */
static void end_logits(struct block *b)
{
  struct kernel *k = b->dot.k;
  struct ir *ir = &k->ir;
  int best = ir_reduce(ir, RED_max, ELEM_F32, b->best);
  int is_best = ir_compare(ir, CMP_eq, ELEM_F32, all(b->best), all(best));
  int never = ir_constant(ir, ELEM_I32, INT32_MAX);
  int candidates = ir_d3(ir, OP_DSEL, ELEM_I32, all(b->index), all(never), all(is_best));
  int index = ir_reduce(ir, RED_min, ELEM_I32, candidates);
  if (k->plan->sentrons == 1) {
    kernel_set_control(k, CONTROL_BEST, index);
    return;
  }
  int at = kernel_point(k, &k->plan->best_value, 4 * (uint64_t)k->sentron, IR_NONE);
  ir_scatter(ir, at_reg(at), best, 4, 0, SPACE_BEST);
  at = kernel_point(k, &k->plan->best_index, 4 * (uint64_t)k->sentron, IR_NONE);
  ir_scatter(ir, at_reg(at), index, 4, 0, SPACE_BEST);
}

int kernel_matrix(struct kernel *k, const char *name, const struct matrix *w,
                  const struct buffer *in, enum matrix_result result, const struct buffer *out,
                  struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct range share = plan_share(p, w->blocks, k->sentron);
  if (!share.count)
    return 0;
  ir_reset(&k->ir, name);
  struct ir *ir = &k->ir;
  /* An input of few lines stays in registers, unless these are needed to look further ahead. */
  bool far = w->buffer.latency > GATHER_L2;
  int resident[4];
  int most = result == RESULT_LOGITS || (result == RESULT_SWIGLU && far) ? 2 : 4;
  struct block b = {.result = result, .out = out};
  b.dot = (struct dot){.k = k,
                       .weight_buffer = &w->buffer,
                       .in = w->in,
                       .in_buffer = in,
                       .rows = w->rows,
                       .sums = DOT_SUMS / w->rows};
  b.dot.weights = kernel_point(k, &w->buffer, (uint64_t)share.first * w->block_bytes, IR_NONE);
  uint64_t out_start = (uint64_t)share.first * (uint64_t)p->line_bytes;
  if (result == RESULT_LOGITS) {
    int row = p->options->keep_logits ? kernel_control(k, CONTROL_LOGITS) : IR_NONE;
    b.out_pointer = kernel_point_units(k, out, out_start, row);
    begin_logits(&b, share.first * p->lanes);
  } else {
    b.out_pointer = kernel_point(k, out, out_start, IR_NONE);
  }
  if (result == RESULT_SWIGLU) {
    b.minus_log2e = ir_constant_f32(ir, -1.44269504088896340736f);
    b.one = ir_constant_f32(ir, 1.0f);
  }
  b.in_first = kernel_point(k, in, 0, IR_NONE);
  if (w->in->lines <= most) {
    for (int i = 0; i < w->in->lines; i++) {
      resident[i] = kernel_gather_line(k, b.in_first, in);
      kernel_next(k, b.in_first, 1);
    }
    b.dot.resident = resident;
  } else {
    b.dot.in_pointer = ir_p(ir);
  }
  int together = LINES_BODY / (w->in->columns * w->rows); /* blocks in one body */
  together = together < 1 ? 1 : together > 4 ? 4 : together;
  if (together > share.count)
    together = share.count;
  int loops = share.count / together;
  if (loops > 1)
    ir_loop(ir, loops);
  for (int i = 0; i < together; i++)
    block_rows(&b);
  if (loops > 1)
    ir_end(ir);
  for (int i = loops * together; i < share.count; i++)
    block_rows(&b);
  if (result == RESULT_LOGITS)
    end_logits(&b);
  return code_kernel(k->code, ir, k->layer, err);
}
