/* Matrix times the rows of a block.
 *
 * A bundle of blocks of n matrix rows meets all rows of the block before the next one comes, so its
 * lines come from beyond L1 or L2 once. BLOCK_INPUTS rows at a time: each gathered line of weights
 * is multiplied with all of them, {DDOT sum0, w, x0[lane], sum0 | SGATHER w} {DDOT sum1, w,
 * x1[lane], sum1 | | CSTEP}, so the D-pipe is the bound and the S- and C-pipes have room for the
 * rest. Rows that are left over are taken one by one.
 *
 * While a bundle is multiplied, the next one is brought into L2, some of its lines with each group
 * of rows: DDR and the D-pipes work at the same time. Lines that the weights have pushed out of the
 * L2 of a single sentron (those that results are added to, inputs that were not packed just now)
 * are fetched a round before they are needed.
 *
 * Registers decide how near the interval of a round comes to its D operations: sums begin with a
 * zero that is gathered for each, and both rows' scales share a register.
 *
 * Each row's sums run in the order of kernel_matrix.c, which depends on the shape alone: the same
 * bits as one position at a time. */
#include "asm/lower/kernel.h"

/* A bundle with at most so many lines of weights is straight code, whose rounds overlap if there
 * are enough of them; else lines in the body of a loop over columns, at least, and rounds that make
 * one.
 */
enum { LINES_STRAIGHT = 416, LINES_LOOP = 16, LOOPS_LEAST = 3 };
/* Rounds over the lines of a bundle that are enough to fetch the next one's beside them. */
enum { AHEAD_ROUNDS = 8 };
/* A bundle of so many bytes stays in L1 from row to row, one of so few lines in registers. */
enum { BYTES_IN_L1 = 12 << 10, LINES_KEPT = 6 };
/* With so many rounds or fewer the DDR is what takes the time: lines beyond the next bundle's,
 * which the next product's first one may have, would only fill its queue. And what the lines of
 * weights in a round do not divide evenly (scales, mostly, so many at most) is fetched at the
 * round's end. */
enum { FEW_ROUNDS = 16, REST_AHEAD = 4 };

struct block {
  struct dot dot;
  const struct matrix *matrix;
  enum matrix_result result;
  const struct buffer *out;
  int inputs; /* rows taken together: 1 where the rest of the kernel needs the registers */
  int in_lines, out_lines; /* from one row to the next */
  int out_start;           /* p register: this bundle's lines of row 0 */
  int out_pointer[BLOCK_INPUTS];
  int scale_pointer;
  int entries;           /* of the logits: p register, walks the rows' ROW_LOGITS */
  struct range share;    /* of the matrix's blocks */
  struct buffer weights; /* with the latency that most of their gathers have */
  int rest_ahead;        /* lines that a round fetches ahead at its end */
  struct buffer next;    /* this sentron's weights of the next product, which are fetched last */
};

/* Rows of a step that decodes, or of a prompt, in rounds. */
static int rounds_expected(const struct block *b)
{
  const struct plan *p = b->dot.k->plan;
  return ceil_div(p->batch > 1 ? p->batch : p->block_rows, b->inputs);
}

/* All columns of a bundle: the first few begin the sums, the others are a short loop that
 * pipelines. */
static void columns(struct block *b)
{
  struct dot *d = &b->dot;
  struct kernel *k = d->k;
  int lines = plan_packed_lines(d->in, d->format), full = dot_full_lines(d), unroll = 1;
  int groups = plan_line_groups(k->plan, d->format);
  while (unroll * groups % d->sums || unroll * groups * d->rows < LINES_LOOP)
    unroll++;
  int loops = d->in->uniform ? full / unroll - 1 : 0;
  dot_begin(d, false);
  if (loops < LOOPS_LEAST ||
      (d->rows * b->matrix->groups <= LINES_STRAIGHT && rounds_expected(b) >= AHEAD_ROUNDS)) {
    dot_columns(d, 0, lines);
    return;
  }
  dot_columns(d, 0, unroll);
  ir_loop(&k->ir, loops);
  dot_columns(d, unroll, unroll);
  ir_end(&k->ir);
  dot_columns(d, (loops + 1) * unroll, lines - (loops + 1) * unroll);
}

/* Scale of a line of sums: that of its rows times the input's; IR_NONE of floats. */
static int scale_of(struct kernel *k, int line, struct ir_src input)
{
  if (input.reg == IR_NONE)
    return IR_NONE;
  return ir_d2(&k->ir, OP_DMUL, ELEM_F32, all(line), input);
}

/* Where input q of a pair goes: rows never meet, which two p registers do not tell. */
static struct buffer out_of(const struct block *b, int q)
{
  struct buffer out = *b->out;
  if (q)
    out.space = SPACE_NEXT_ROW;
  return out;
}

/* The sums of matrix row `row` and input q become a line of the result. */
static void finish_line(struct block *b, int row, int q, const int *line_scale, struct ir_src scale)
{
  struct kernel *k = b->dot.k;
  struct ir *ir = &k->ir;
  struct buffer out = out_of(b, q);
  int y = dot_result(&b->dot, row, q, scale_of(k, line_scale[0], scale));
  if (b->result == RESULT_SWIGLU) {
    struct swiglu s = {.one = lane(kernel_control(k, CONTROL_ONE), 0),
                       .power = lane(kernel_control(k, CONTROL_POWER), 0)};
    int up = dot_result(&b->dot, row + 1, q, scale_of(k, line_scale[1], scale));
    y = swiglu(k, &s, y, up);
  } else if (b->result == RESULT_RESIDUAL) {
    int old = kernel_gather_line(k, b->out_pointer[q], &out);
    y = ir_d2(ir, OP_DADD, ELEM_F32, all(old), all(y));
  }
  kernel_scatter_line(k, b->out_pointer[q], &out, y);
  kernel_next(k, b->out_pointer[q], 1);
}

/* Logits go where the entry of their row says. */
static void point_logits(struct block *b, int q)
{
  struct kernel *k = b->dot.k;
  int units = ir_gather(&k->ir, at_reg(b->entries), 4, 0, SPACE_ROWS, GATHER_L1);
  ir_step(&k->ir, b->entries, AXIS_BYTE, ROW_BYTES);
  ir_index_to(&k->ir, b->out_pointer[q], at_reg(b->out_start), plan_walk_axis(k->plan), 0, units);
}

static int bundle_lines(const struct block *b, int blocks)
{
  return blocks * b->matrix->rows * (b->matrix->groups + b->dot.format.scaled);
}

/* The lines that the results of a row are added to: by their turn other lines have pushed them out
 * of L2. */
static void prefetch_old(struct block *b, int q, int blocks)
{
  struct kernel *k = b->dot.k;
  for (int i = 0; i < blocks; i++) {
    ir_prefetch(&k->ir, at_reg(b->out_pointer[q]), IR_ROM);
    if (blocks > 1)
      kernel_next(k, b->out_pointer[q], i + 1 < blocks ? 1 : 1 - blocks);
  }
}

/* One bundle times `inputs` rows, from where the pointers are; they go on to the next rows. */
static void rows_times_bundle(struct block *b, int blocks, int inputs)
{
  struct dot *d = &b->dot;
  struct kernel *k = d->k;
  int scales = IR_NONE;
  d->inputs = inputs;
  d->taken = 0;
  for (int q = 0; q < inputs && b->result == RESULT_LOGITS; q++)
    point_logits(b, q);
  for (int q = 0; q < inputs && b->result == RESULT_RESIDUAL && k->plan->pushed_out; q++)
    prefetch_old(b, q, blocks);
  columns(b);
  for (int i = 0; i < b->rest_ahead; i++) {
    ir_prefetch(&k->ir, at_reg(d->ahead), SPACE_AHEAD);
    kernel_next(k, d->ahead, 1);
  }
  if (d->format.scaled) {
    scales = ir_gather(&k->ir, at_reg(b->scale_pointer), 4 * inputs, 0, SPACE_SCALES,
                       k->own->scales.latency);
    ir_step(&k->ir, b->scale_pointer, AXIS_BYTE, 4 * inputs);
  }
  for (int i = 0; i < blocks; i++) {
    int line_scale[2];
    for (int m = 0; m < b->matrix->rows; m++)
      line_scale[m] = dot_scale(d);
    for (int q = 0; q < inputs; q++)
      finish_line(b, i * b->matrix->rows, q, line_scale, lane(scales, q));
  }
  if (!d->kept)
    kernel_next(k, d->weights, -bundle_lines(b, blocks)); /* the next rows meet the same lines */
  for (int q = 0; q < inputs; q++) {
    if (inputs > 1)
      kernel_next(k, d->in_pointer[q], (inputs - 1) * b->in_lines);
    if (b->result != RESULT_LOGITS)
      kernel_next(k, b->out_pointer[q], inputs * b->out_lines - blocks);
  }
}

/* The lines that follow this bundle's: those of the share's next one, whose offset waits in the
 * scratch buffer, and after the last one those of the next product. Regions differ in D3 and D4
 * only (place.h), so all three parts of the way there are selected. */
static void point_ahead(struct block *b, bool last)
{
  struct dot *d = &b->dot;
  struct kernel *k = d->k;
  struct ir *ir = &k->ir;
  int32_t rest;
  d->walked = 0;
  if (last) { /* known without counting */
    struct coord page = buffer_page(&b->next, &rest);
    ir_index_to(ir, d->ahead, at_coord(page), AXIS_BYTE, rest, IR_NONE);
    return;
  }
  const struct buffer *from = &b->matrix->buffer;
  int32_t bundle = (int32_t)(b->matrix->block_bytes * (uint64_t)b->matrix->bundle);
  int32_t first = (int32_t)((uint64_t)b->share.first * b->matrix->block_bytes);
  int at = kernel_point(k, &k->own->scratch, 0, IR_NONE);
  int before = ir_gather(ir, at_reg(at), 4, 0, SPACE_SCRATCH, GATHER_L1);
  int offset = ir_d2(ir, OP_DADD, ELEM_I32, all(before), all(ir_constant(ir, ELEM_I32, bundle)));
  ir_scatter(ir, at_reg(at), offset, 4, 0, SPACE_SCRATCH);
  if (b->share.count % b->matrix->bundle == 0) {
    int end = ir_constant(ir, ELEM_I32, first + bundle * (b->share.count / b->matrix->bundle));
    int is_last = ir_compare(ir, CMP_ge, ELEM_I32, all(offset), all(end));
    int next = ir_constant(ir, ELEM_I32, (int32_t)b->next.offset);
    offset = ir_d3(ir, OP_DSEL, ELEM_I32, all(next), all(offset), all(is_last));
    for (int dim = 3; dim <= 4; dim++) {
      int32_t away = (int32_t)coord_dim(b->next.base, dim) - (int32_t)coord_dim(from->base, dim);
      int way = ir_constant(ir, ELEM_I32, away);
      way = ir_d2(ir, OP_DAND, ELEM_I32, all(way), all(is_last));
      ir_index_to(ir, d->ahead, dim == 3 ? at_coord(from->base) : at_reg(d->ahead), (unsigned)dim,
                  0, way);
    }
    ir_index_to(ir, d->ahead, at_reg(d->ahead), AXIS_BYTE, 0, offset);
    return;
  }
  ir_index_to(ir, d->ahead, at_coord(from->base), AXIS_BYTE, 0, offset);
}

/* One bundle times all rows. */
static void bundle_times_rows(struct block *b, const struct buffer *in, int blocks, bool last)
{
  struct dot *d = &b->dot;
  struct kernel *k = d->k;
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int32_t rest;
  struct coord page = buffer_page(in, &rest);
  int kept[LINES_KEPT], lines = bundle_lines(b, blocks);
  bool keeps = lines <= LINES_KEPT && !d->every;
  d->rows = blocks * b->matrix->rows;
  for (int i = 0; i < lines && keeps; i++) {
    kept[i] = kernel_gather_line(k, d->weights, d->weight_buffer);
    kernel_next(k, d->weights, 1);
  }
  d->kept = keeps ? kept : NULL;
  int terms = d->format.scaled ? d->rows * b->inputs : d->rows; /* integers in any order */
  d->sums = terms < DOT_SUMS ? DOT_SUMS / terms : 1;
  if (d->every)
    point_ahead(b, last);
  if (d->in_ahead != IR_NONE)
    ir_index_to(ir, d->in_ahead, at_coord(page), AXIS_BYTE,
                rest + BLOCK_INPUTS * b->in_lines * p->line_bytes, IR_NONE);
  for (int q = 0; q < BLOCK_INPUTS; q++) {
    ir_index_to(ir, d->in_pointer[q], at_coord(page), AXIS_BYTE,
                rest + q * b->in_lines * p->line_bytes, IR_NONE);
    if (b->result != RESULT_LOGITS)
      ir_index_to(ir, b->out_pointer[q], at_reg(b->out_start), AXIS_BYTE,
                  q * b->out_lines * p->line_bytes, IR_NONE);
  }
  if (b->result == RESULT_LOGITS) {
    struct coord entries = buffer_page(&k->own->list, &rest);
    ir_index_to(ir, b->entries, at_coord(entries), AXIS_BYTE, rest + ROW_LOGITS, IR_NONE);
  }
  if (d->format.scaled) {
    struct coord scales = buffer_page(&k->own->scales, &rest);
    ir_index_to(ir, b->scale_pointer, at_coord(scales), AXIS_BYTE, rest, IR_NONE);
  }
  int count = kernel_rows_count(k), rest_of = count;
  if (b->inputs > 1) {
    int log2 = ir_constant(ir, ELEM_I32, BLOCK_INPUTS_LOG2);
    ir_loop_reg(ir, ir_d2(ir, OP_DSHR, ELEM_I32, all(count), all(log2)));
    ir_expect(ir, p->block_rows / BLOCK_INPUTS);
    if (b->result != RESULT_LOGITS) /* their rows may be fewer */
      ir_promise(ir, BLOCK_ROWS_LEAST / BLOCK_INPUTS);
    rows_times_bundle(b, blocks, BLOCK_INPUTS);
    ir_end(ir);
    int mask = ir_constant(ir, ELEM_I32, BLOCK_INPUTS - 1);
    rest_of = ir_d2(ir, OP_DAND, ELEM_I32, all(kernel_rows_count(k)), all(mask));
  }
  ir_loop_reg(ir, rest_of);
  ir_expect(ir, p->block_rows % b->inputs);
  if (b->inputs == 2)
    ir_once(ir);
  rows_times_bundle(b, blocks, 1);
  ir_end(ir);
  kernel_next(k, b->out_start, blocks);
  if (!d->kept)
    kernel_next(k, d->weights, lines);
  d->kept = NULL;
}

/* Fetches ahead where a step that decodes has enough rows for it, or where weights come from afar.
 */
static void fetch_ahead(struct block *b, const struct matrix *next)
{
  struct kernel *k = b->dot.k;
  const struct matrix *w = b->matrix;
  struct range share = plan_share(k->plan, next->blocks, k->sentron);
  int rounds = rounds_expected(b);
  bool far = w->buffer.latency > GATHER_L2, several = b->share.count > w->bundle;
  if (!share.count || (!far && (!several || rounds < AHEAD_ROUNDS)))
    return;
  b->next = buffer_at(next->buffer, (uint64_t)share.first * next->block_bytes);
  /* With each round so many lines of what comes next: of the next bundle, or of the first one of
   * the next product, which may have more. */
  int blocks = several ? w->bundle : b->share.count, lines = bundle_lines(b, blocks);
  int wanted = next->bundle * next->rows * (next->groups + next->format.scaled);
  if (several && rounds <= FEW_ROUNDS)
    wanted = lines;
  b->dot.walks =
      wanted <= lines && (far || k->plan->pushed_out); /* else there are enough as it is */
  wanted = ceil_div(wanted > lines ? wanted : lines, rounds);
  int of_weights = blocks * w->rows * w->groups;
  b->dot.every = of_weights / wanted ? of_weights / wanted : 1;
  int fewer = ceil_div(of_weights, wanted), rest = wanted - of_weights / fewer;
  if (rounds <= FEW_ROUNDS && rest <= REST_AHEAD) {
    b->dot.every = fewer;
    b->rest_ahead = rest;
  }
  b->dot.ahead = ir_p(&k->ir);
  if (several)
    b->weights.latency = GATHER_L2;
  int at = kernel_point(k, &k->own->scratch, 0, IR_NONE);
  int first = (int)((uint64_t)b->share.first * w->block_bytes);
  ir_scatter(&k->ir, at_reg(at), ir_constant(&k->ir, ELEM_I32, first), 4, 0, SPACE_SCRATCH);
}

int kernel_block_matrix(struct kernel *k, const char *name, const struct matrix *w,
                        const struct buffer *in, enum matrix_result result,
                        const struct buffer *out, const struct matrix *next, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct range share = plan_share(p, w->blocks, k->sentron);
  if (!share.count)
    return 0;
  kernel_begin(k, name);
  struct ir *ir = &k->ir;
  struct block b = {.result = result, .out = out, .matrix = w, .share = share};
  b.inputs = p->strict && result == RESULT_SWIGLU ? 1 : BLOCK_INPUTS;
  b.in_lines = (int)(in->row_bytes / (uint64_t)p->line_bytes);
  b.out_lines = (int)(out->row_bytes / (uint64_t)p->line_bytes);
  b.dot = dot_of(k, w, in);
  b.weights = w->buffer;
  b.dot.weight_buffer = &b.weights;
  b.dot.weights = kernel_point(k, &w->buffer, (uint64_t)share.first * w->block_bytes, IR_NONE);
  struct buffer rows = *out; /* all of them, not the row at hand */
  rows.row_bytes = 0;
  b.out_start = kernel_point(k, &rows, (uint64_t)share.first * (uint64_t)p->line_bytes, IR_NONE);
  for (int q = 0; q < BLOCK_INPUTS; q++) {
    b.dot.in_pointer[q] = ir_p(ir);
    b.out_pointer[q] = ir_p(ir);
  }
  /* What was not packed for this product just now. */
  if (p->pushed_out && in->space != SPACE_STAGED)
    b.dot.in_ahead = ir_p(ir);
  b.scale_pointer = w->format.scaled ? ir_p(ir) : IR_NONE;
  b.entries = result == RESULT_LOGITS ? ir_p(ir) : IR_NONE;
  b.dot.rows = w->bundle * w->rows;
  if (next)
    fetch_ahead(&b, next);
  if (bundle_lines(&b, w->bundle) * p->line_bytes <= BYTES_IN_L1 &&
      rounds_expected(&b) >= AHEAD_ROUNDS)
    b.weights.latency = GATHER_L1;
  if (w->format.type != NUMBER_F32 || !dot_is_straight(&b.dot, w)) /* as kernel_matrix begins */
    b.dot.begin = BEGIN_GATHERED;
  int bundles = share.count / w->bundle, rest = share.count % w->bundle;
  if (bundles > 1)
    ir_loop(ir, bundles);
  if (bundles)
    bundle_times_rows(&b, in, w->bundle, bundles == 1 && !rest);
  if (bundles > 1)
    ir_end(ir);
  if (rest)
    bundle_times_rows(&b, in, rest, true);
  return code_kernel(k->code, ir, k->layer, err);
}

struct best_of_row {
  struct best best;
  int in;
};

static void best_of_line(struct kernel *k, void *state, int line)
{
  struct best_of_row *b = state;
  (void)line;
  best_keep(k, &b->best, kernel_gather_line(k, b->in, &k->plan->logits));
  kernel_next(k, b->in, 1);
}

int kernel_row_best(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct range share = plan_share(p, p->output.blocks, k->sentron);
  struct best_of_row b;
  if (!share.count)
    return 0;
  kernel_begin(k, "best");
  uint64_t first = (uint64_t)share.first * (uint64_t)p->line_bytes;
  b.in = kernel_point_units(k, &p->logits, first, kernel_row_field(k, ROW_LOGITS));
  best_begin(k, &b.best, share.first * p->lanes);
  kernel_each_line(k, share.count, best_of_line, &b);
  best_end(k, &b.best);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
