/* Blocks of the prompt: how many positions one takes, and the loop over its rows for everything
 * that is done one position at a time. A row is a position: what its kernels read and write lies in
 * buffers with rows (plan.h), kernel_point adds the row's offset. As in kernel_token.c, values pass
 * from kernel to kernel in the control cell. */
#include "asm/lower/kernel.h"

int kernel_block_begin(struct kernel *k, int single_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "block");
  int position = kernel_control(k, CONTROL_POSITION);
  int prompt = ir_d2(ir, OP_DSUB, ELEM_I32, all(kernel_control(k, CONTROL_PROMPT)), all(position));
  int left = ir_d2(ir, OP_DMIN, ELEM_I32, all(prompt), all(kernel_control(k, CONTROL_STEPS)));
  int most = ir_constant(ir, ELEM_I32, k->plan->block_rows);
  int rows = ir_d2(ir, OP_DMIN, ELEM_I32, all(left), all(most));
  int least = ir_constant(ir, ELEM_I32, BLOCK_ROWS_LEAST);
  int few = ir_compare(ir, CMP_lt, ELEM_I32, all(rows), all(least));
  kernel_set_control(k, CONTROL_ROWS, rows);
  kernel_set_control(k, CONTROL_FIRST, position);
  ir_branch(ir, few, false, single_label);
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_rows_begin(struct kernel *k, int from, int end_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "rows");
  int row = ir_constant(ir, ELEM_I32, from);
  int first = kernel_control(k, CONTROL_FIRST);
  kernel_set_control(k, CONTROL_ROW, row);
  kernel_set_control(k, CONTROL_POSITION, ir_d2(ir, OP_DADD, ELEM_I32, all(first), all(row)));
  if (from >= BLOCK_ROWS_LEAST) {
    int rows = kernel_control(k, CONTROL_ROWS);
    ir_branch(ir, ir_compare(ir, CMP_ge, ELEM_I32, all(row), all(rows)), false, end_label);
  }
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_rows_next(struct kernel *k, int step, int top_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "rows");
  int by = ir_constant(ir, ELEM_I32, step);
  int row = ir_d2(ir, OP_DADD, ELEM_I32, all(kernel_control(k, CONTROL_ROW)), all(by));
  int position = ir_d2(ir, OP_DADD, ELEM_I32, all(kernel_control(k, CONTROL_POSITION)), all(by));
  kernel_set_control(k, CONTROL_ROW, row);
  kernel_set_control(k, CONTROL_POSITION, position);
  int rows = kernel_control(k, CONTROL_ROWS);
  ir_branch(ir, ir_compare(ir, CMP_lt, ELEM_I32, all(row), all(rows)), false, top_label);
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_row_token(struct kernel *k, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "rows");
  int pointer = kernel_token_pointer(k, kernel_control(k, CONTROL_POSITION), 0);
  kernel_set_control(k, CONTROL_TOKEN,
                     ir_gather(ir, at_reg(pointer), 4, 0, SPACE_TOKENS, GATHER_L3));
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_block_end(struct kernel *k, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "block");
  int one = ir_constant(ir, ELEM_I32, 1);
  int last = ir_d2(ir, OP_DSUB, ELEM_I32, all(kernel_control(k, CONTROL_ROWS)), all(one));
  int first = kernel_control(k, CONTROL_FIRST), steps = kernel_control(k, CONTROL_STEPS);
  kernel_set_control(k, CONTROL_ROW, last);
  kernel_set_control(k, CONTROL_POSITION, ir_d2(ir, OP_DADD, ELEM_I32, all(first), all(last)));
  kernel_set_control(k, CONTROL_STEPS, ir_d2(ir, OP_DSUB, ELEM_I32, all(steps), all(last)));
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_jump(struct kernel *k, int label, struct vtpu_error *err)
{
  kernel_begin(k, "block");
  ir_branch(&k->ir, ir_constant(&k->ir, ELEM_I32, 0), true, label);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
