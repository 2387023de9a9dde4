/* The loop over the rows of a list (plan.h), for everything that is done one position at a time.
 * What its kernels read and write lies in buffers with rows, kernel_point adds the row's offset. As
 * in kernel_token.c, values pass from kernel to kernel in the control cell. */
#include "asm/lower/kernel.h"

int kernel_rows_count(struct kernel *k)
{
  return kernel_control(k, k->own->list_count);
}

int kernel_row_field(struct kernel *k, int field)
{
  int at = kernel_point(k, &k->own->list, (uint64_t)field, IR_NONE);
  return ir_gather(&k->ir, at_reg(at), 4, 0, SPACE_ROWS, GATHER_L1);
}

int kernel_rows_begin(struct kernel *k, int from, int least, int end_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "rows");
  int row = ir_constant(ir, ELEM_I32, from);
  kernel_set_control(k, CONTROL_ROW, row);
  if (from >= least) {
    int rows = kernel_rows_count(k);
    ir_branch(ir, ir_compare(ir, CMP_ge, ELEM_I32, all(row), all(rows)), false, end_label);
  }
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_rows_next(struct kernel *k, int step, int top_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "rows");
  int by = ir_constant(ir, ELEM_I32, step), rows = kernel_rows_count(k);
  int row = ir_d2(ir, OP_DADD, ELEM_I32, all(kernel_control(k, CONTROL_ROW)), all(by));
  kernel_set_control(k, CONTROL_ROW, row);
  ir_branch(ir, ir_compare(ir, CMP_lt, ELEM_I32, all(row), all(rows)), false, top_label);
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_rows_first(struct kernel *k, struct vtpu_error *err)
{
  kernel_begin(k, "rows");
  kernel_set_control(k, CONTROL_ROW, ir_constant(&k->ir, ELEM_I32, 0));
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_row_take(struct kernel *k, struct vtpu_error *err)
{
  static const struct {
    int field, control;
  } taken[] = {{ROW_POSITION, CONTROL_POSITION},
               {ROW_SOURCE, CONTROL_SOURCE},
               {ROW_SEQUENCE, CONTROL_SEQUENCE},
               {ROW_TOKEN, CONTROL_TOKEN}};
  kernel_begin(k, "rows");
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    kernel_set_control(k, taken[i].control, kernel_row_field(k, taken[i].field));
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_jump(struct kernel *k, int label, struct vtpu_error *err)
{
  kernel_begin(k, "rows");
  ir_branch(&k->ir, ir_constant(&k->ir, ELEM_I32, 0), true, label);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
