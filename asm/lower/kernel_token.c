/* The position at hand: indices that depend on it, and the arg max of its logits. Small integers in
 * lane 0 of a register, which pass from kernel to kernel in the sentron's control cell. */
#include "asm/lower/kernel.h"

/* An offset in the first of several tables becomes that in table `number` (IR_NONE: there is one
 * only). */
static int in_table(struct kernel *k, int number, int offset, uint64_t table)
{
  struct ir *ir = &k->ir;
  if (number == IR_NONE)
    return offset;
  int each = ir_constant(ir, ELEM_I32, (int32_t)table);
  if (offset == IR_NONE)
    return ir_d2(ir, OP_DMUL, ELEM_I32, all(number), all(each));
  return ir_d3(ir, OP_DFMA, ELEM_I32, all(number), all(each), all(offset));
}

/* Where this position's values go: lines of value_positions positions, value_group of them in turn;
 * with i8 each position has bytes of its own in the line. */
static void token_values(struct kernel *k, int position, int cache)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int log2 = p->value_positions == 4 ? 2 : p->value_positions - 1;
  int line = position;
  if (log2)
    line = ir_d2(ir, OP_DSHR, ELEM_I32, all(position), all(ir_constant(ir, ELEM_I32, log2)));
  int stride = ir_constant(ir, ELEM_I32, p->value_group * p->line_bytes);
  int bytes = ir_d2(ir, OP_DMUL, ELEM_I32, all(line), all(stride));
  if (p->kv.scaled) {
    int mask = ir_constant(ir, ELEM_I32, p->value_positions - 1);
    int in_line = ir_d2(ir, OP_DAND, ELEM_I32, all(position), all(mask));
    int lanes = ir_constant(ir, ELEM_I32, p->lanes);
    bytes = ir_d3(ir, OP_DFMA, ELEM_I32, all(in_line), all(lanes), all(bytes));
  }
  kernel_set_control(k, CONTROL_VALUE, in_table(k, cache, bytes, p->value_head_bytes));
}

/* What is added to the scores of a block of positions: 0, and -infinity for those to come. Blocks
 * before the current one have had their zeros since their last position. */
static void token_bias(struct kernel *k, int block, int in_block, int cache)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int32_t rest;
  struct coord c = buffer_page(&p->lane_numbers, &rest); /* the first cell of its region */
  int number = ir_gather(ir, at_coord(c), p->line_bytes, 0, IR_ROM, GATHER_L2);
  int later = ir_compare(ir, CMP_gt, ELEM_I32, all(number), lane(in_block, 0));
  int low = ir_constant_f32(ir, -__builtin_inff());
  int bias = ir_d2(ir, OP_DAND, ELEM_I32, all(later), all(low));
  int stride = ir_constant(ir, ELEM_I32, p->line_bytes);
  int bytes = ir_d2(ir, OP_DMUL, ELEM_I32, all(block), all(stride));
  bytes = in_table(k, cache, bytes, k->own->bias.row_bytes);
  int at = kernel_point(k, &k->own->bias, 0, bytes);
  kernel_scatter_line(k, at, &k->own->bias, bias);
}

/* The position's sines and cosines, which no position before has brought from DDR: they come while
 * the first product is made. */
static void prefetch_rope(struct kernel *k, int units)
{
  int at = kernel_point_units(k, &k->plan->rope, 0, units);
  for (int line = 0; line < 2 * k->plan->half_lines; line++) {
    ir_prefetch(&k->ir, at_reg(at), SPACE_AHEAD);
    kernel_next(k, at, 1);
  }
}

/* A value of the control cell; in a loop over rows it is taken from the list first. */
static int at_hand(struct kernel *k, int field, int control)
{
  if (!k->own->list.row_bytes)
    return kernel_control(k, control);
  int value = kernel_row_field(k, field);
  kernel_set_control(k, control, value);
  return value;
}

int kernel_token(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  kernel_begin(k, "token");
  int units = plan_line_units(p), cache = IR_NONE;
  int position = at_hand(k, ROW_POSITION, CONTROL_POSITION);
  if (p->batch > 1) {
    cache = at_hand(k, ROW_SEQUENCE, CONTROL_SEQUENCE);
    if (p->teams > 1) {
      int log2 = ir_constant(ir, ELEM_I32, p->teams_log2);
      cache = ir_d2(ir, OP_DSHR, ELEM_I32, all(cache), all(log2));
      at_hand(k, ROW_SOURCE, CONTROL_SOURCE);
    }
    kernel_set_control(k, CONTROL_CACHE, cache);
  }
  if (k->own->heads.count) {
    int shift = ir_constant(ir, ELEM_I32, p->lanes_log2);
    int block = ir_d2(ir, OP_DSHR, ELEM_I32, all(position), all(shift));
    int one = ir_constant(ir, ELEM_I32, 1), two = ir_constant(ir, ELEM_I32, 2);
    int mask = ir_constant(ir, ELEM_I32, p->lanes - 1);
    kernel_set_control(k, CONTROL_BLOCKS, ir_d2(ir, OP_DADD, ELEM_I32, all(block), all(one)));
    int in_block = ir_d2(ir, OP_DAND, ELEM_I32, all(position), all(mask));
    int bytes = ir_d2(ir, OP_DSHL, ELEM_I32, all(in_block), all(two));
    int stride = ir_constant(ir, ELEM_I32, (int32_t)p->key_block_bytes);
    bytes = ir_d3(ir, OP_DFMA, ELEM_I32, all(block), all(stride), all(bytes));
    kernel_set_control(k, CONTROL_KEY, in_table(k, cache, bytes, p->key_head_bytes));
    token_values(k, position, cache);
    token_bias(k, block, in_block, cache);
    int row = ir_constant(ir, ELEM_I32, 2 * p->half_lines * units);
    int rope = ir_d2(ir, OP_DMUL, ELEM_I32, all(position), all(row));
    kernel_set_control(k, CONTROL_ROPE, rope);
    if (p->options->ptc_bytes)
      prefetch_rope(k, rope);
  }
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_logits_units(struct kernel *k)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  int units = p->logits_row_lines * plan_line_units(p), of = IR_NONE;
  if (p->logits_rows > 1) {
    int row = ir_constant(ir, ELEM_I32, units);
    of = ir_d2(ir, OP_DMUL, ELEM_I32, all(kernel_control(k, CONTROL_POSITION)), all(row));
  }
  int sequence = p->batch > 1 ? kernel_control(k, CONTROL_SEQUENCE) : IR_NONE;
  return in_table(k, sequence, of, (uint64_t)(p->logits_rows * units));
}

int kernel_wanted(struct kernel *k, int none_label, int many_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "next");
  ir_branch(ir, kernel_control(k, CONTROL_WANTED), true, none_label);
  int bad = code_kernel(k->code, ir, k->layer, err);
  if (bad || k->plan->batch == 1)
    return bad;
  kernel_begin(k, "next");
  int least = ir_constant(ir, ELEM_I32, BLOCK_ROWS_LEAST);
  int count = kernel_control(k, CONTROL_WANTED);
  ir_branch(ir, ir_compare(ir, CMP_ge, ELEM_I32, all(count), all(least)), false, many_label);
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_skip_logits(struct kernel *k, int label, struct vtpu_error *err)
{
  kernel_begin(k, "next");
  ir_branch(&k->ir, kernel_control(k, CONTROL_WANTED), true, label);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

/* --- the arg max ----------------------------------------------------------------------------- */

void best_begin(struct kernel *k, struct best *b, int first_row)
{
  struct ir *ir = &k->ir;
  int32_t rest;
  struct coord c = buffer_page(&k->plan->lane_numbers, &rest); /* the first cell of its region */
  int numbers = ir_gather(ir, at_coord(c), k->plan->line_bytes, 0, IR_ROM, GATHER_L2);
  int first = ir_constant(ir, ELEM_I32, first_row);
  b->number = ir_d2(ir, OP_DADD, ELEM_I32, all(numbers), all(first));
  b->index = ir_d1(ir, OP_DMOV, ELEM_I32, all(b->number));
  b->value = ir_constant_f32(ir, -__builtin_inff());
  b->n = ir_constant(ir, ELEM_I32, k->plan->lanes);
}

/* strictly greater: of equal logits the first stays */
void best_keep(struct kernel *k, struct best *b, int y)
{
  struct ir *ir = &k->ir;
  int greater = ir_compare(ir, CMP_gt, ELEM_F32, all(y), all(b->value));
  ir_d3_to(ir, b->value, OP_DSEL, ELEM_F32, all(y), all(b->value), all(greater));
  ir_d3_to(ir, b->index, OP_DSEL, ELEM_I32, all(b->number), all(b->index), all(greater));
  ir_d2_to(ir, b->number, OP_DADD, ELEM_I32, all(b->number), all(b->n));
}

/* The lowest index of the greatest value of all lanes. */
static int lowest_of_greatest(struct kernel *k, int value, int index, int *greatest)
{
  struct ir *ir = &k->ir;
  *greatest = ir_reduce(ir, RED_max, ELEM_F32, value);
  int is_best = ir_compare(ir, CMP_eq, ELEM_F32, all(value), all(*greatest));
  int never = ir_constant(ir, ELEM_I32, INT32_MAX);
  int candidates = ir_d3(ir, OP_DSEL, ELEM_I32, all(index), all(never), all(is_best));
  return ir_reduce(ir, RED_min, ELEM_I32, candidates);
}

/* The greatest of all sentrons' values, one message of each, and the lowest index that has it: the
 * greatest complement. */
static void best_agree(struct kernel *k, int greatest, int index)
{
  struct ir *ir = &k->ir;
  int ones = ir_constant(ir, ELEM_I32, -1), never = ir_constant(ir, ELEM_I32, INT32_MAX);
  ir_pack(ir, 0, greatest, 0);
  ir_fanout(ir, 0, 0);
  int others = ir_merge_max(ir, ELEM_F32, 0);
  int most = ir_d2(ir, OP_DMAX, ELEM_F32, all(greatest), all(others));
  int is_best = ir_compare(ir, CMP_eq, ELEM_F32, all(greatest), all(most));
  int candidate = ir_d3(ir, OP_DSEL, ELEM_I32, all(index), all(never), all(is_best));
  int turned = ir_d2(ir, OP_DXOR, ELEM_I32, all(candidate), all(ones));
  ir_pack(ir, 1, turned, 0);
  ir_fanout(ir, 1, 0);
  others = ir_merge_max(ir, ELEM_I32, 0);
  int lowest = ir_d2(ir, OP_DMAX, ELEM_I32, all(turned), all(others));
  kernel_set_best(k, ir_d2(ir, OP_DXOR, ELEM_I32, all(lowest), all(ones)));
}

int kernel_no_best(struct kernel *k, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "next");
  int low = ir_constant_f32(ir, -__builtin_inff()), never = ir_constant(ir, ELEM_I32, INT32_MAX);
  best_agree(k, low, never);
  return code_kernel(k->code, ir, k->layer, err);
}

void best_end(struct kernel *k, const struct best *b)
{
  struct ir *ir = &k->ir;
  int greatest, index = lowest_of_greatest(k, b->value, b->index, &greatest);
  if (k->plan->sentrons == 1) {
    kernel_set_best(k, index);
    return;
  }
  if (k->plan->messages) {
    best_agree(k, greatest, index);
    return;
  }
  int at = kernel_point(k, &k->plan->best_value, 4 * (uint64_t)k->sentron, IR_NONE);
  ir_scatter(ir, at_reg(at), greatest, 4, 0, SPACE_BEST);
  at = kernel_point(k, &k->plan->best_index, 4 * (uint64_t)k->sentron, IR_NONE);
  ir_scatter(ir, at_reg(at), index, 4, 0, SPACE_BEST);
}

int kernel_skip_attention(struct kernel *k, int label, struct vtpu_error *err)
{
  kernel_begin(k, "token");
  ir_branch(&k->ir, kernel_control(k, CONTROL_ATTENDED), true, label);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

void kernel_set_best(struct kernel *k, int index)
{
  struct buffer sequences = k->own->sequences;
  if (k->plan->batch > 1) {
    sequences.row_bytes = SEQUENCE_BYTES;
    sequences.row_of = CONTROL_SEQUENCE;
  }
  int at = kernel_point(k, &sequences, SEQUENCE_BEST, IR_NONE);
  ir_scatter(&k->ir, at_reg(at), index, 4, 0, SPACE_SEQUENCES);
}

int kernel_best(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  if (p->sentrons == 1 || p->messages)
    return 0;
  kernel_begin(k, "next");
  int value = IR_NONE, index = IR_NONE;
  for (int line = 0; line < ceil_div(p->sentrons, p->lanes); line++) {
    uint64_t skip = (uint64_t)(line * p->line_bytes);
    int v = kernel_gather_line(k, kernel_point(k, &p->best_value, skip, IR_NONE), &p->best_value);
    int i = kernel_gather_line(k, kernel_point(k, &p->best_index, skip, IR_NONE), &p->best_index);
    if (value == IR_NONE) {
      value = v;
      index = i;
    } else { /* earlier sentrons have lower rows: of equals the first stays */
      int greater = ir_compare(ir, CMP_gt, ELEM_F32, all(v), all(value));
      value = ir_d3(ir, OP_DSEL, ELEM_F32, all(v), all(value), all(greater));
      index = ir_d3(ir, OP_DSEL, ELEM_I32, all(i), all(index), all(greater));
    }
  }
  int greatest;
  kernel_set_best(k, lowest_of_greatest(k, value, index, &greatest));
  return code_kernel(k->code, ir, k->layer, err);
}
