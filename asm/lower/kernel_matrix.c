/* Matrix times vector.
 *
 * A bundle of blocks of n rows is a walk over its lines: {DDOT sum, w, x[lane], sum | SGATHER w |
 * CSTEP}, one line of weights a SIW. Four sums in flight hide the latency: of floats four for one
 * block, added in a fixed tree at its end; of integers one for each of four blocks (or two of both
 * matrices of a pair), which needs no additions and reads each line of the input once for all of
 * them. The input is in registers when it is short, else each of its lines is loaded once a
 * bundle. */
#include "asm/lower/kernel.h"

enum {
  LINES_LOOP = 128,     /* lines of weights in the body of an inner loop */
  PREFETCH_LATEST = 16, /* lines gathered before a prefetch issues, at most */
  PREFETCH_LINES = 24,  /* more than that: lines from a prefetch to the page's first, at least */
};

struct dot dot_of(struct kernel *k, const struct matrix *w, const struct buffer *in)
{
  return (struct dot){.k = k,
                      .format = w->format,
                      .weight_buffer = &w->buffer,
                      .in = w->in,
                      .in_buffer = in,
                      .in_scale = IR_NONE,
                      .in_ahead = IR_NONE,
                      .begin = IR_NONE,
                      .bias = IR_NONE,
                      .walked = -1};
}

void dot_begin(struct dot *d, bool zero)
{
  d->column = 0;
  for (int r = 0; r < d->rows * d->inputs; r++)
    for (int i = 0; i < d->sums; i++)
      d->sum[r][i] = zero ? ir_constant(&d->k->ir, ELEM_F32, 0) : IR_NONE;
}

/* 0 in all lanes: the number of lane 0, and nothing beside it. */
static int gather_zero(struct kernel *k)
{
  int32_t rest;
  struct coord c = buffer_page(&k->plan->lane_numbers, &rest); /* the first cell of its region */
  return ir_gather(&k->ir, at_coord(c), 4, 0, IR_ROM, GATHER_L1);
}

/* sum += w * lane `group` of x; a new sum starts from `begin`. */
static void multiply_add(struct dot *d, int *sum, int begin, int w, int x, int group)
{
  static const struct {
    int op;
    enum elem type;
  } of[NUMBER_TYPES] = {
      [NUMBER_F32] = {OP_DFMA, ELEM_F32},
      [NUMBER_BF16] = {OP_DDOT, ELEM_BF16},
      [NUMBER_I8] = {OP_DDOT, ELEM_I8},
      [NUMBER_T2] = {OP_DTDOT, ELEM_T2},
  };
  struct ir *ir = &d->k->ir;
  int op = of[d->format.type].op;
  enum elem type = of[d->format.type].type;
  if (*sum == IR_NONE && begin == BEGIN_GATHERED)
    *sum = gather_zero(d->k);
  if (*sum != IR_NONE)
    ir_d3_to(ir, *sum, op, type, all(w), lane(x, group), all(*sum));
  else if (begin == IR_NONE)
    *sum = ir_d2(ir, OP_DMUL, ELEM_F32, all(w), lane(x, group));
  else
    *sum = ir_d3(ir, op, type, all(w), lane(x, group), all(begin));
}

/* The next line of weights. Once a page, the walk of the page ahead is started. SPACE_AHEAD keeps
 * that in its place in any schedule: before a line that soon follows, which is itself before the
 * page ahead is entered, wherever in its page the walk over the weights stands. */
static int next_weights(struct dot *d)
{
  struct kernel *k = d->k;
  if (d->kept)
    return d->kept[d->taken++];
  int page_lines = PAGE_BYTES / k->plan->line_bytes;
  struct buffer from = *d->weight_buffer;
  if (d->prefetch && (d->walked < 0 || d->walked >= page_lines)) {
    int ahead = (page_lines + PREFETCH_LINES) * plan_line_units(k->plan);
    int page = ir_index(&k->ir, at_reg(d->weights), plan_walk_axis(k->plan), ahead, IR_NONE);
    ir_prefetch(&k->ir, at_reg(page), SPACE_AHEAD);
    d->walked = 0;
  }
  if (d->prefetch && d->walked == PREFETCH_LATEST)
    from.space = SPACE_AHEAD;
  d->walked += d->prefetch || d->every;
  if (d->every && d->walked == d->every) {
    ir_prefetch(&k->ir, at_reg(d->ahead), SPACE_AHEAD);
    kernel_next(k, d->ahead, 1);
    if (d->walks)
      ir_prefetch(&k->ir, at_reg(d->ahead), SPACE_AHEAD);
    from.space = SPACE_AHEAD; /* neither early nor late: all together would fill the queues */
    d->walked = 0;
  }
  int w = kernel_gather_line(k, d->weights, &from);
  kernel_next(k, d->weights, 1);
  return w;
}

void dot_columns(struct dot *d, int first, int lines)
{
  struct kernel *k = d->k;
  for (int i = first; i < first + lines; i++) {
    int x[4];
    for (int q = 0; q < d->inputs; q++) {
      if (d->resident) {
        x[q] = d->resident[i * d->inputs + q];
      } else {
        x[q] = kernel_gather_line(k, d->in_pointer[q], d->in_buffer);
        kernel_next(k, d->in_pointer[q], 1);
      }
      if (d->in_ahead != IR_NONE && d->inputs > 1) {
        ir_prefetch(&k->ir, at_reg(d->in_ahead), IR_ROM);
        kernel_next(k, d->in_ahead, 1);
      }
    }
    for (int group = 0; group < plan_line_groups(k->plan, d->format); group++) {
      if (!plan_group_used(k->plan, d->in, d->format, i, group))
        continue;
      for (int r = 0; r < d->rows; r++) {
        int w = next_weights(d);
        bool biased = d->column == 0 && d->bias != IR_NONE;
        for (int q = 0; q < d->inputs; q++)
          multiply_add(d, &d->sum[r * d->inputs + q][d->column % d->sums],
                       biased ? d->bias : d->begin, w, x[q], group);
      }
      d->column++;
    }
  }
}

int dot_scale(struct dot *d)
{
  if (!d->format.scaled)
    return IR_NONE;
  int scale =
      d->kept ? d->kept[d->taken++] : kernel_gather_line(d->k, d->weights, d->weight_buffer);
  if (!d->kept)
    kernel_next(d->k, d->weights, 1);
  if (d->in_scale != IR_NONE)
    scale = ir_d2(&d->k->ir, OP_DMUL, ELEM_F32, all(scale), lane(d->in_scale, 0));
  return scale;
}

int dot_result(struct dot *d, int row, int input, int scale)
{
  struct kernel *k = d->k;
  int used = d->column < d->sums ? d->column : d->sums;
  const int *sums = d->sum[row * d->inputs + input];
  if (!d->format.scaled)
    return kernel_sum(k, ELEM_F32, sums, used);
  int sum = kernel_sum(k, ELEM_I32, sums, used);
  return ir_convert(&k->ir, ELEM_I32, ELEM_F32, sum, 0, all(scale));
}

struct rows {
  struct dot dot;
  const struct matrix *matrix;
  enum matrix_result result;
  const struct buffer *out;
  int out_pointer;
  int old_pointer; /* RESULT_RESIDUAL: walks the same lines ahead of it */
  struct swiglu swiglu;
  struct best best; /* RESULT_LOGITS */
};

int dot_full_lines(const struct dot *d)
{
  const struct plan *p = d->k->plan;
  int last = plan_packed_lines(d->in, d->format) - 1;
  for (int group = 0; group < plan_line_groups(p, d->format); group++)
    if (!plan_group_used(p, d->in, d->format, last, group))
      return last;
  return last + 1;
}

/* Packed lines of the input in the body of a loop over columns. */
static int unrolled(const struct dot *d)
{
  int unroll = LINES_LOOP / (plan_line_groups(d->k->plan, d->format) * d->rows);
  return unroll < 1 ? 1 : unroll;
}

bool dot_is_straight(const struct dot *d, const struct matrix *w)
{
  return w->groups * d->rows <= MATRIX_LINES_STRAIGHT || !d->in->uniform ||
         dot_full_lines(d) / unrolled(d) < 2;
}

/* All columns of one bundle. */
static void bundle_columns(struct dot *d, const struct matrix *w)
{
  struct kernel *k = d->k;
  int unroll = unrolled(d), lines = plan_packed_lines(d->in, d->format);
  int loops = dot_full_lines(d) / unroll;
  bool straight = dot_is_straight(d, w);
  dot_begin(d, !straight);
  if (straight) {
    dot_columns(d, 0, lines);
    return;
  }
  ir_loop(&k->ir, loops);
  d->walked = -1;
  dot_columns(d, 0, unroll);
  ir_end(&k->ir);
  dot_columns(d, loops * unroll, lines - loops * unroll);
}

int swiglu(struct kernel *k, const struct swiglu *s, int gate, int up)
{
  struct ir *ir = &k->ir;
  if (k->plan->strict)
    return kernel_strict_swiglu(k, gate, up);
  int power = ir_d2(ir, OP_DMUL, ELEM_F32, all(gate), s->power);
  int e = ir_d1(ir, OP_DEXP2, ELEM_F32, all(power));
  int one_and = ir_d2(ir, OP_DADD, ELEM_F32, all(e), s->one);
  int sigmoid = ir_d1(ir, OP_DRCP, ELEM_F32, all(one_and));
  int silu = ir_d2(ir, OP_DMUL, ELEM_F32, all(gate), all(sigmoid));
  return ir_d2(ir, OP_DMUL, ELEM_F32, all(silu), all(up));
}

/* The sums of block i of a bundle become its stored result. */
static void finish_block(struct rows *b, int i, int old)
{
  struct kernel *k = b->dot.k;
  struct ir *ir = &k->ir;
  int row = i * b->matrix->rows;
  int y = dot_result(&b->dot, row, 0, dot_scale(&b->dot));
  if (b->result == RESULT_SWIGLU)
    y = swiglu(k, &b->swiglu, y, dot_result(&b->dot, row + 1, 0, dot_scale(&b->dot)));
  else if (b->result == RESULT_RESIDUAL)
    y = ir_d2(ir, OP_DADD, ELEM_F32, all(old), all(y));
  kernel_scatter_line(k, b->out_pointer, b->out, y);
  kernel_next(k, b->out_pointer, 1);
  if (b->result == RESULT_LOGITS)
    best_keep(k, &b->best, y);
}

static int gather_old(struct rows *b)
{
  int old = kernel_gather_line(b->dot.k, b->old_pointer, b->out);
  kernel_next(b->dot.k, b->old_pointer, 1);
  return old;
}

/* The input's scale and what SwiGLU needs: once for all bundles, or, where the products leave the
 * S-pipe slots to spare, in each bundle's end, so that nothing is held meanwhile. */
static void load_scales(struct rows *b)
{
  struct kernel *k = b->dot.k;
  bool swiglu_too = b->result == RESULT_SWIGLU && !k->plan->strict;
  if (swiglu_too && k->plan->lanes >= 4) { /* all in one register */
    int all_three = kernel_controls(k, CONTROL_SCALE, 3);
    b->dot.in_scale = b->matrix->format.scaled ? all_three : IR_NONE;
    b->swiglu.one = lane(all_three, (CONTROL_ONE - CONTROL_SCALE) / 4);
    b->swiglu.power = lane(all_three, (CONTROL_POWER - CONTROL_SCALE) / 4);
    return;
  }
  if (b->matrix->format.scaled)
    b->dot.in_scale = kernel_control(k, CONTROL_SCALE);
  if (swiglu_too) {
    b->swiglu.one = lane(kernel_control(k, CONTROL_ONE), 0);
    b->swiglu.power = lane(kernel_control(k, CONTROL_POWER), 0);
  }
}

static bool scales_by_bundle(const struct rows *b)
{
  return b->result == RESULT_SWIGLU && b->matrix->format.scaled;
}

/* A bundle of `blocks` blocks of rows, from its input to its stored result. */
static void bundle_rows(struct rows *b, int blocks)
{
  struct dot *d = &b->dot;
  int old = IR_NONE;
  d->rows = blocks * b->matrix->rows;
  d->sums = d->rows < DOT_SUMS ? DOT_SUMS / d->rows : 1;
  if (b->result == RESULT_RESIDUAL && blocks == 1)
    old = gather_old(b);
  bundle_columns(d, b->matrix);
  if (!d->resident) /* the next bundle begins with the same input */
    kernel_next(d->k, d->in_pointer[0], -plan_packed_lines(d->in, d->format));
  if (scales_by_bundle(b))
    load_scales(b);
  for (int i = 0; i < blocks; i++) {
    if (b->result == RESULT_RESIDUAL && blocks > 1)
      old = gather_old(b);
    finish_block(b, i, old);
  }
}

/* Most lines of input that stay in registers: fewer where these are needed to look further ahead,
 * or where a line serves so much work that loading it costs nothing; a single one needs a register
 * in any case. */
static int resident_most(const struct matrix *w, enum matrix_result result)
{
  bool far = w->buffer.latency > GATHER_L2;
  if (w->format.scaled)
    return 1;
  return result == RESULT_LOGITS || (result == RESULT_SWIGLU && far) ? 2 : 4;
}

/* All bundles of the share, and what is left over. */
static void all_bundles(struct rows *b, int blocks)
{
  int bundle = b->matrix->bundle;
  if (blocks >= bundle) {
    ir_loop(&b->dot.k->ir, blocks / bundle);
    ir_independent(&b->dot.k->ir, (int)b->out->space); /* each bundle has its own lines */
    b->dot.walked = -1;
    bundle_rows(b, bundle);
    ir_end(&b->dot.k->ir);
  }
  if (blocks % bundle)
    bundle_rows(b, blocks % bundle);
}

/* Does a bundle, which starts a walk at least once, cover most of a page? */
static bool long_bundles(const struct plan *p, const struct matrix *w)
{
  return 4 * w->groups * w->rows * w->bundle * p->line_bytes >= 3 * PAGE_BYTES;
}

int kernel_matrix(struct kernel *k, const char *name, const struct matrix *w,
                  const struct buffer *in, enum matrix_result result, const struct buffer *out,
                  struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct range share = plan_share(p, w->blocks, k->sentron);
  if (!share.count)
    return 0;
  kernel_begin(k, name);
  struct ir *ir = &k->ir;
  int resident[4], lines = plan_packed_lines(w->in, w->format);
  struct rows b = {.result = result, .out = out, .matrix = w};
  b.dot = dot_of(k, w, in);
  b.dot.inputs = 1;
  b.dot.prefetch = p->prefetch && long_bundles(p, w);
  b.dot.weights = kernel_point(k, &w->buffer, (uint64_t)share.first * w->block_bytes, IR_NONE);
  uint64_t out_start = (uint64_t)share.first * (uint64_t)p->line_bytes;
  if (result == RESULT_LOGITS) {
    b.out_pointer = kernel_point_units(k, out, out_start, kernel_logits_units(k));
    best_begin(k, &b.best, share.first * p->lanes);
  } else {
    b.out_pointer = kernel_point(k, out, out_start, IR_NONE);
  }
  if (result == RESULT_RESIDUAL)
    b.old_pointer = kernel_point(k, out, out_start, IR_NONE);
  b.dot.begin = w->format.type == NUMBER_F32 ? IR_NONE : ir_constant(ir, ELEM_F32, 0);
  if (!scales_by_bundle(&b))
    load_scales(&b);
  b.dot.in_pointer[0] = kernel_point(k, in, 0, IR_NONE);
  if (lines <= resident_most(w, result)) {
    for (int i = 0; i < lines; i++) {
      resident[i] = kernel_gather_line(k, b.dot.in_pointer[0], in);
      kernel_next(k, b.dot.in_pointer[0], 1);
    }
    b.dot.resident = resident;
  }
  all_bundles(&b, share.count);
  if (result == RESULT_LOGITS)
    best_end(k, &b.best);
  return code_kernel(k->code, ir, k->layer, err);
}
