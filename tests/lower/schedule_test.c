/* Scheduler and register allocator: random kernels run scheduled as they do one operation at a
 * time in source order, and what does not fit the registers is refused. */
#include "asm/lower/emit.h"
#include "tests/harness/harness.h"
#include "tests/lower/interp.h"
#include "tests/lower/loop_program.h"
#include "tests/lower/random_model.h"
#include "tests/lower/sequential.h"

#include <stdlib.h>
#include <string.h>

enum { DLEN = 512, CELLS = 32 };
enum { SPACE_A = 1, SPACE_B = 2 }; /* cells 0..15 and 16..31 of the scratch region */

/* --- random kernels
 * -------------------------------------------------------------------------------- */

struct maker {
  struct ir *ir;
  uint64_t random;
  int pool[12], count; /* r registers that hold a value */
  int walk_a, walk_b;  /* p registers of the two buffers */
};

static int pick(struct maker *m, int below)
{
  return (int)(random_next(&m->random) % (unsigned)below);
}

static struct ir_src source(struct maker *m)
{
  int reg = m->pool[pick(m, m->count)];
  return pick(m, 3) ? all(reg) : lane(reg, pick(m, 16));
}

static void keep(struct maker *m, int reg)
{
  if (m->count < 5)
    m->pool[m->count++] = reg;
  else
    m->pool[pick(m, m->count)] = reg;
}

static void random_op(struct maker *m)
{
  static const int three[] = {OP_DFMA, OP_DSEL}, two[] = {OP_DADD, OP_DSUB, OP_DMUL, OP_DXOR};
  struct ir *ir = m->ir;
  bool a = pick(m, 2);
  int walk = a ? m->walk_a : m->walk_b, space = a ? SPACE_A : SPACE_B;
  switch (pick(m, 8)) {
  case 0:
  case 1: keep(m, ir_d2(ir, two[pick(m, 4)], ELEM_I32, source(m), source(m))); break;
  case 2: keep(m, ir_d3(ir, three[pick(m, 2)], ELEM_I32, source(m), source(m), source(m))); break;
  case 3: { /* an accumulator */
    int reg = m->pool[pick(m, m->count)];
    ir_d3_to(ir, reg, OP_DFMA, ELEM_I32, source(m), source(m), all(reg));
    break;
  }
  case 4:
  case 5:
    keep(m, ir_gather(ir, at_reg(walk), 64, 0, space, pick(m, 2) ? GATHER_L1 : GATHER_L2));
    break;
  case 6:
    ir_scatter(ir, at_reg(walk), m->pool[pick(m, m->count)], 16, 16 * pick(m, 4), space);
    break;
  default: ir_step(ir, walk, AXIS_LINEAR, pick(m, 2) ? 1 : -1); break;
  }
}

/* Walks start in the middle of their 16 cells and are set back often enough to stay inside. */
static void reset_walks(struct maker *m, struct coord base)
{
  ir_index_to(m->ir, m->walk_a, at_coord(base), AXIS_LINEAR, 8, IR_NONE);
  ir_index_to(m->ir, m->walk_b, at_coord(base), AXIS_LINEAR, 24, IR_NONE);
}

static void random_body(struct maker *m, struct coord base, int depth)
{
  for (int part = 0; part < 3; part++) {
    int saved[12], count = m->count;
    reset_walks(m, base);
    for (int i = 4 + pick(m, 20), steps = 0; i > 0; i--) {
      random_op(m);
      if (++steps == 7) { /* not more than 7 steps away from the middle */
        reset_walks(m, base);
        steps = 0;
      }
    }
    if (depth < 2 && pick(m, 2)) {
      /* What a body makes must not be read after a loop of no rounds. */
      count = m->count;
      memcpy(saved, m->pool, sizeof saved);
      ir_loop(m->ir, pick(m, 4));
      random_body(m, base, depth + 1);
      ir_end(m->ir);
      memcpy(m->pool, saved, sizeof saved);
      m->count = count;
    }
  }
}

/* A kernel that ends by storing what is live. */
static void random_kernel(struct ir *ir, uint64_t seed, struct coord base)
{
  struct maker m = {.ir = ir, .random = seed * 2 + 1};
  ir_reset(ir, "random");
  m.walk_a = ir_p(ir);
  m.walk_b = ir_p(ir);
  for (int i = 0; i < 5; i++)
    keep(&m, ir_constant(ir, ELEM_I32, 1 + pick(&m, 1000)));
  random_body(&m, base, 0);
  reset_walks(&m, base);
  for (int i = 0; i < m.count; i++) {
    ir_scatter(ir, at_reg(m.walk_a), m.pool[i], 64, 0, SPACE_A);
    ir_step(ir, m.walk_a, AXIS_LINEAR, 1);
  }
  ir_halt(ir);
}

static bool same_as_sequential(const struct ir *ir, const struct code *code, uint32_t end)
{
  struct loop_object small;
  struct vtpu_error err;
  struct interp in;
  struct sequential m;
  uint8_t got[CELLS][CELL_BYTES];
  loop_object_of(&small, code, 1, end);
  if (object_check(&small.object, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  bool ok = sequential_open(&m, CELLS) && interp_open(&in, &small.object, 1) &&
            interp_run(&in, 1000000) && interp_peek(&in, small.region.lo, got, sizeof got);
  if (!ok)
    T_FAIL("%s", in.error);
  sequential_run(&m, ir);
  ok = ok && memcmp(got, m.cells, sizeof got) == 0;
  interp_close(&in);
  sequential_close(&m);
  return ok;
}

T_TEST(lower_schedule, random_kernels_run_as_in_source_order)
{
  struct ir ir;
  struct code code;
  struct vtpu_error err;
  struct coord base = loop_base();
  ir_init(&ir, DLEN);
  for (uint64_t seed = 1; seed <= 300; seed++) {
    uint32_t entry, end;
    random_kernel(&ir, seed, base);
    code_init(&code, DLEN);
    T_REQUIRE(code_begin(&code, &entry, &err) == 0);
    /* 5 values on each of 3 levels and what is on its way: up to all 16 registers. */
    int bad = code_kernel(&code, &ir, -1, &err);
    if (bad)
      T_FAIL("%s", err.message);
    T_REQUIRE(bad || code_end(&code, &end, &err) == 0);
    if (!bad && !same_as_sequential(&ir, &code, end))
      T_FAIL("kernel %llu computes something else", (unsigned long long)seed);
    code_free(&code);
  }
  ir_free(&ir);
}

/* {DFMA | SGATHER | CSTEP} is what a streaming loop becomes. */
T_TEST(lower_schedule, a_stream_fills_all_three_slots)
{
  struct ir ir;
  struct schedule s = {0};
  struct vtpu_error err;
  ir_init(&ir, DLEN);
  ir_reset(&ir, "stream");
  int p = ir_index(&ir, at_coord((struct coord){0, 0}), AXIS_LINEAR, 0, IR_NONE);
  int x = ir_constant_f32(&ir, 1.0f), sum[4];
  for (int i = 0; i < 4; i++)
    sum[i] = ir_constant(&ir, ELEM_F32, 0);
  ir_loop(&ir, 10);
  for (int i = 0; i < 64; i++) {
    int w = ir_gather(&ir, at_reg(p), 64, 0, IR_ROM, GATHER_L2);
    ir_step(&ir, p, AXIS_LINEAR, 1);
    ir_d3_to(&ir, sum[i % 4], OP_DFMA, ELEM_F32, all(w), lane(x, i % 16), all(sum[i % 4]));
  }
  ir_end(&ir);
  struct scheduler *w = scheduler_new(&ir, &err);
  T_REQUIRE(w && scheduler_run(w, (struct schedule_order){0, 64}, &s, &err) == 0);
  T_CHECK(!s.squeezed);
  int first = s.block_first[1], count = s.block_first[2] - first;
  T_EQ(count, 64 + GATHER_L2);
  for (int k = GATHER_L2; k < 64; k++)
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
      T_CHECK(s.bundles[first + k][pipe] != IR_NONE);
  schedule_free(&s);
  scheduler_free(w);
  ir_free(&ir);
}

/* A kernel with `live` values that are all needed at its end. */
static int compile_live(int live, struct vtpu_error *err)
{
  struct ir ir;
  struct code code;
  uint32_t entry;
  int regs[32];
  ir_init(&ir, DLEN);
  code_init(&code, DLEN);
  ir_reset(&ir, "wide");
  for (int i = 0; i < live; i++)
    regs[i] = ir_constant(&ir, ELEM_I32, i);
  ir_loop(&ir, 2);
  for (int i = 0; i < live; i++)
    ir_d2_to(&ir, regs[i], OP_DADD, ELEM_I32, all(regs[i]), all(regs[(i + 1) % live]));
  ir_end(&ir);
  for (int i = 0; i < live; i++)
    ir_scatter(&ir, at_coord((struct coord){0, 0}), regs[i], 64, 0, SPACE_A);
  int bad = code_begin(&code, &entry, err);
  if (!bad)
    bad = code_kernel(&code, &ir, 0, err);
  code_free(&code);
  ir_free(&ir);
  return bad;
}

T_TEST(lower_schedule, sixteen_registers_and_no_silent_spill)
{
  struct vtpu_error err;
  T_EQ(compile_live(16, &err), 0);
  T_EQ(compile_live(17, &err), VTPU_LIMIT);
  T_CONTAINS(err.message, "kernel wide needs 17 r and 0 p registers");
}

/* Many values could be loaded early, but not more than there are registers. */
T_TEST(lower_schedule, loads_ahead_stop_where_registers_end)
{
  struct ir ir;
  struct code code;
  struct vtpu_error err;
  struct coord base = loop_base();
  uint32_t entry, end;
  ir_init(&ir, DLEN);
  code_init(&code, DLEN);
  ir_reset(&ir, "ahead");
  int in = ir_index(&ir, at_coord(base), AXIS_LINEAR, 0, IR_NONE);
  int out = ir_index(&ir, at_coord(base), AXIS_LINEAR, 16, IR_NONE);
  for (int i = 0; i < 16; i++) {
    int a = ir_gather(&ir, at_reg(in), 64, 0, SPACE_A, GATHER_L3);
    int b = ir_gather(&ir, at_reg(in), 32, 0, SPACE_A, GATHER_L3);
    ir_step(&ir, in, AXIS_LINEAR, i % 2 ? 1 : 0);
    ir_scatter(&ir, at_reg(out), ir_d2(&ir, OP_DADD, ELEM_I32, all(a), all(b)), 64, 0, SPACE_B);
    ir_step(&ir, out, AXIS_LINEAR, 1);
  }
  ir_halt(&ir);
  T_REQUIRE(code_begin(&code, &entry, &err) == 0);
  T_EQ(code_kernel(&code, &ir, 0, &err), 0);
  T_EQ(code.reordered, 0);
  T_CHECK(code.allocation.needed[FILE_R] <= R_COUNT);
  T_REQUIRE(code_end(&code, &end, &err) == 0);
  T_CHECK(same_as_sequential(&ir, &code, end));
  code_free(&code);
  ir_free(&ir);
}

T_TEST(lower_schedule, builders_promises_are_checked)
{
  struct ir ir;
  struct vtpu_error err;
  ir_init(&ir, DLEN);
  ir_reset(&ir, "open");
  ir_loop(&ir, 3);
  T_EQ(ir_check(&ir, &err), VTPU_BUG);
  T_CONTAINS(err.message, "kernel open: a loop is left open");
  ir_reset(&ir, "deep");
  for (int i = 0; i < 5; i++)
    ir_loop(&ir, 3);
  for (int i = 0; i < 5; i++)
    ir_end(&ir);
  T_EQ(ir_check(&ir, &err), VTPU_BUG);
  T_CONTAINS(err.message, "deeper");
  ir_free(&ir);
}
