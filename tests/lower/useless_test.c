/* No useless operations: taking any operation out of the code of a kernel changes its result. */
#include "tests/harness/harness.h"
#include "tests/lower/interp.h"
#include "tests/lower/loop_program.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 6, COLUMNS = 20 };

/* A matrix-vector product as kernel_matrix.c makes it: rows of lines, four sums, scale, residual.
 */
static void matrix_kernel(struct ir *ir)
{
  ir_reset(ir, "matrix");
  int weights = ir_index(ir, at_coord(loop_base()), AXIS_LINEAR, 0, IR_NONE);
  int out = ir_index(ir, at_coord(loop_base()), AXIS_LINEAR, 128, IR_NONE);
  int in = ir_index(ir, at_coord(loop_base()), AXIS_LINEAR, 124, IR_NONE), x[2];
  for (int i = 0; i < 2; i++) {
    x[i] = ir_gather(ir, at_reg(in), 64, 0, IR_ROM, GATHER_L1);
    ir_step(ir, in, AXIS_LINEAR, 1);
  }
  ir_loop(ir, ROWS);
  int sum[4];
  for (int c = 0; c < COLUMNS; c++) {
    int w = ir_gather(ir, at_reg(weights), 64, 0, IR_ROM, GATHER_L2);
    ir_step(ir, weights, AXIS_LINEAR, 1);
    if (c < 4)
      sum[c] = ir_d2(ir, OP_DMUL, ELEM_I32, all(w), lane(x[c / 16], c % 16));
    else
      ir_d3_to(ir, sum[c % 4], OP_DFMA, ELEM_I32, all(w), lane(x[c / 16], c % 16), all(sum[c % 4]));
  }
  int a = ir_d2(ir, OP_DADD, ELEM_I32, all(sum[0]), all(sum[1]));
  int b = ir_d2(ir, OP_DADD, ELEM_I32, all(sum[2]), all(sum[3]));
  int old = ir_gather(ir, at_reg(out), 64, 0, 1, GATHER_L1);
  int y = ir_d2(ir, OP_DADD, ELEM_I32, all(a), all(b));
  ir_scatter(ir, at_reg(out), ir_d2(ir, OP_DADD, ELEM_I32, all(y), all(old)), 64, 0, 1);
  ir_step(ir, out, AXIS_LINEAR, 1);
  ir_end(ir);
  ir_halt(ir);
}

/* Memory after the program, or false when it cannot run. */
static bool memory_after(const struct object *o, uint8_t *out)
{
  struct interp in;
  uint8_t before[LOOP_CELLS][CELL_BYTES];
  for (int c = 0; c < LOOP_CELLS; c++)
    for (int i = 0; i < CELL_BYTES; i++)
      before[c][i] = (uint8_t)(c * 37 + i * 11 + (c * i) % 23);
  bool ok = interp_open(&in, o, 1) && interp_poke(&in, loop_base(), before, sizeof before) &&
            interp_run(&in, 100000) && interp_peek(&in, loop_base(), out, sizeof before);
  interp_close(&in);
  return ok;
}

/* Takes slot `pipe` out of SIW i and looks whether anything changes. */
static bool matters(struct loop_object *o, uint32_t i, enum pipe pipe, const uint8_t *want)
{
  struct siw kept = o->object.code[i], changed;
  struct bundle b;
  struct vtpu_error err;
  uint8_t got[LOOP_CELLS * CELL_BYTES];
  if (siw_decode(&kept, o->object.dlen, &b, &err) || b.slot[pipe].op == 0 ||
      (pipe == PIPE_C && b.slot[pipe].op == OP_CHALT)) /* the program ends there anyway */
    return true;
  memset(&b.slot[pipe], 0, sizeof b.slot[pipe]);
  if (pipe == PIPE_S)
    b.coord = (struct coord){0, 0};
  if (siw_encode(&b, &changed, &err))
    return true;
  ((struct siw *)o->object.code)[i] = changed;
  bool other = !memory_after(&o->object, got) || memcmp(got, want, sizeof got) != 0;
  ((struct siw *)o->object.code)[i] = kept;
  return other;
}

static void check_kernel(void (*make)(struct ir *), const char *what)
{
  struct ir ir;
  struct code code;
  struct loop_object o;
  struct vtpu_error err;
  uint8_t want[LOOP_CELLS * CELL_BYTES];
  int operations = 0;
  ir_init(&ir, 512);
  code_init(&code, 512);
  make(&ir);
  T_REQUIRE(loop_compile(&ir, &code, &o, LOOP_CELLS / 64, &err));
  T_CHECK(code.loops.count == 1 && code.loops.list[0].pipelined);
  T_REQUIRE(memory_after(&o.object, want));
  for (uint32_t i = 0; i < o.object.siw_count; i++)
    for (int p = 0; p < PIPE_COUNT; p++) {
      struct bundle b;
      T_REQUIRE(siw_decode(&o.object.code[i], 512, &b, &err) == 0);
      operations += b.slot[p].op != 0;
      if (!matters(&o, i, (enum pipe)p, want))
        T_FAIL("%s: SIW %u does without its %c operation", what, i, pipe_letter[p]);
    }
  T_CHECK(operations > 3 * COLUMNS);
  code_free(&code);
  ir_free(&ir);
}

T_TEST(lower_useless, a_matrix_kernel_needs_every_operation)
{
  check_kernel(matrix_kernel, "matrix");
}
