/* The loop over tokens: which position, which token, where to go on. All values are small integers
 * in lane 0 of a register; they pass from kernel to kernel in the sentron's control cell. */
#include "asm/lower/kernel.h"

/* A value of the state cell, and back. */
static struct ir_address state_at(const struct kernel *k, unsigned offset)
{
  return at_coord(coord_with_flags(k->plan->state.base, offset));
}

static int state(struct kernel *k, unsigned offset)
{
  return ir_gather(&k->ir, state_at(k, offset), 4, 0, SPACE_STATE, GATHER_L3);
}

static void set_state(struct kernel *k, unsigned offset, int reg)
{
  ir_scatter(&k->ir, state_at(k, offset), reg, 4, 0, SPACE_STATE);
}

int kernel_token_pointer(struct kernel *k, int position, int ahead)
{
  int two = ir_constant(&k->ir, ELEM_I32, 2);
  int bytes = ir_d2(&k->ir, OP_DSHL, ELEM_I32, all(position), all(two));
  return kernel_point(k, &k->plan->tokens, 4 * (uint64_t)ahead, bytes);
}

int kernel_start(struct kernel *k, int end_label, struct vtpu_error *err)
{
  ir_reset(&k->ir, "start");
  int position = state(k, STATE_POSITION), steps = state(k, STATE_STEPS);
  kernel_set_control(k, CONTROL_POSITION, position);
  kernel_set_control(k, CONTROL_STEPS, steps);
  kernel_set_control(k, CONTROL_PROMPT, state(k, STATE_PROMPT));
  int pointer = kernel_token_pointer(k, position, 0);
  int token = ir_gather(&k->ir, at_reg(pointer), 4, 0, SPACE_TOKENS, GATHER_L3);
  kernel_set_control(k, CONTROL_TOKEN, token);
  kernel_set_control(k, CONTROL_ONE, ir_constant_f32(&k->ir, 1.0f));
  kernel_set_control(k, CONTROL_POWER, ir_constant_f32(&k->ir, -1.44269504088896340736f));
  ir_branch(&k->ir, steps, true, end_label);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

/* position * factor into the control cell. */
static void scaled_position(struct kernel *k, int position, int factor, int control)
{
  int f = ir_constant(&k->ir, ELEM_I32, factor);
  kernel_set_control(k, control, ir_d2(&k->ir, OP_DMUL, ELEM_I32, all(position), all(f)));
}

/* Where this position's values go: lines of value_positions positions, value_group of them in turn;
 * with i8 each position has bytes of its own in the line. */
static void token_values(struct kernel *k, int position)
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
  kernel_set_control(k, CONTROL_VALUE, bytes);
}

/* What is added to the scores of a block of positions: 0, and -infinity for those to come. Blocks
 * before the current one have had their zeros since their last position. */
static void token_bias(struct kernel *k, int block, int in_block)
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
  int at = kernel_point(k, &k->own->bias, 0, bytes);
  kernel_scatter_line(k, at, &k->own->bias, bias);
}

int kernel_token(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  ir_reset(ir, "token");
  int position = kernel_control(k, CONTROL_POSITION), units = plan_line_units(p);
  if (k->own->heads.count) {
    int shift = ir_constant(ir, ELEM_I32, p->lanes_log2);
    int block = ir_d2(ir, OP_DSHR, ELEM_I32, all(position), all(shift));
    int one = ir_constant(ir, ELEM_I32, 1), two = ir_constant(ir, ELEM_I32, 2);
    int mask = ir_constant(ir, ELEM_I32, p->lanes - 1);
    kernel_set_control(k, CONTROL_BLOCKS, ir_d2(ir, OP_DADD, ELEM_I32, all(block), all(one)));
    int in_block = ir_d2(ir, OP_DAND, ELEM_I32, all(position), all(mask));
    int bytes = ir_d2(ir, OP_DSHL, ELEM_I32, all(in_block), all(two));
    int stride = ir_constant(ir, ELEM_I32, (int32_t)p->key_block_bytes);
    kernel_set_control(k, CONTROL_KEY,
                       ir_d3(ir, OP_DFMA, ELEM_I32, all(block), all(stride), all(bytes)));
    token_values(k, position);
    token_bias(k, block, in_block);
    scaled_position(k, position, 2 * p->half_lines * units, CONTROL_ROPE);
  }
  if (p->options->keep_logits)
    scaled_position(k, position, p->logits_row_lines * units, CONTROL_LOGITS);
  return code_kernel(k->code, ir, k->layer, err);
}

/* Is the next position still prompt? A mask in every lane that holds the values. */
static int next_is_prompt(struct kernel *k, int next)
{
  return ir_compare(&k->ir, CMP_lt, ELEM_I32, all(next), all(kernel_control(k, CONTROL_PROMPT)));
}

static int next_position(struct kernel *k)
{
  int one = ir_constant(&k->ir, ELEM_I32, 1);
  return ir_d2(&k->ir, OP_DADD, ELEM_I32, all(kernel_control(k, CONTROL_POSITION)), all(one));
}

int kernel_skip_logits(struct kernel *k, int label, struct vtpu_error *err)
{
  ir_reset(&k->ir, "next");
  ir_branch(&k->ir, next_is_prompt(k, next_position(k)), false, label);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_best(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  if (p->sentrons == 1)
    return 0;
  ir_reset(ir, "next");
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
  int best = ir_reduce(ir, RED_max, ELEM_F32, value);
  int is_best = ir_compare(ir, CMP_eq, ELEM_F32, all(value), all(best));
  int never = ir_constant(ir, ELEM_I32, INT32_MAX);
  int candidates = ir_d3(ir, OP_DSEL, ELEM_I32, all(index), all(never), all(is_best));
  kernel_set_control(k, CONTROL_BEST, ir_reduce(ir, RED_min, ELEM_I32, candidates));
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_next_token(struct kernel *k, int top_label, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  ir_reset(ir, "next");
  int position = kernel_control(k, CONTROL_POSITION), next = next_position(k);
  int prompt = next_is_prompt(k, next);
  int pointer = kernel_token_pointer(k, position, 1);
  int given = ir_gather(ir, at_reg(pointer), 4, 0, SPACE_TOKENS, GATHER_L3);
  int best = kernel_control(k, CONTROL_BEST);
  int token = ir_d3(ir, OP_DSEL, ELEM_I32, all(given), all(best), all(prompt));
  int one = ir_constant(ir, ELEM_I32, 1);
  int steps = ir_d2(ir, OP_DSUB, ELEM_I32, all(kernel_control(k, CONTROL_STEPS)), all(one));
  int stopped = IR_NONE;
  if (p->config->eos >= 0 && !p->options->ignore_end) {
    int end = ir_constant(ir, ELEM_I32, p->config->eos);
    int is_end = ir_compare(ir, CMP_eq, ELEM_I32, all(token), all(end));
    int generated_end = ir_d2(ir, OP_DANDN, ELEM_I32, all(is_end), all(prompt));
    stopped = ir_d2(ir, OP_DAND, ELEM_I32, all(generated_end), all(one));
    steps = ir_d2(ir, OP_DANDN, ELEM_I32, all(steps), all(generated_end));
  }
  kernel_set_control(k, CONTROL_POSITION, next);
  kernel_set_control(k, CONTROL_STEPS, steps);
  kernel_set_control(k, CONTROL_TOKEN, token);
  if (k->sentron == 0) { /* for the host; the others read what they need from their own cells */
    /* As state, so that it stays before the position: a host that looks on while the program runs
     * takes every token up to the position for known. */
    ir_scatter(ir, at_reg(pointer), token, 4, 0, SPACE_STATE);
    set_state(k, STATE_POSITION, next);
    set_state(k, STATE_STEPS, steps);
    if (stopped != IR_NONE)
      set_state(k, STATE_STOPPED, stopped);
  }
  ir_branch(ir, steps, false, top_label);
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_halt(struct kernel *k, struct vtpu_error *err)
{
  ir_reset(&k->ir, "start");
  ir_halt(&k->ir);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
