/* Software pipelining: whatever the loop, it computes what it does round by round; and it takes the
 * cycles that were predicted. */
#include "tests/harness/harness.h"
#include "tests/lower/loop_program.h"

#include <stdio.h>
#include <stdlib.h>

enum { SOME_KERNELS = 2000, MANY_KERNELS = 100000 };

T_TEST(lower_pipeline, random_loops_run_as_round_by_round)
{
  struct ir ir;
  struct code code;
  int kernels = getenv("VTPU_LONG") ? MANY_KERNELS : SOME_KERNELS, pipelined = 0, counted = 0;
  int unrolled = 0, failures = 0;
  ir_init(&ir, 512);
  for (int seed = 1; seed <= kernels && failures < 5; seed++) {
    char what[32];
    snprintf(what, sizeof what, "kernel %d", seed);
    loop_random(&ir, (uint64_t)seed);
    code_init(&code, 512);
    failures += !loop_run(&ir, &code, what, NULL, NULL);
    for (int i = 0; i < code.loops.count; i++) {
      const struct loop_report *r = &code.loops.list[i];
      pipelined += r->pipelined;
      counted += r->pipelined && r->rounds < 0;
      unrolled += r->pipelined && r->unroll > 1;
    }
    code_free(&code);
  }
  ir_free(&ir);
  /* The test would not say much if these were rare. */
  T_CHECK(pipelined > kernels / 4);
  T_CHECK(counted > kernels / 20);
  T_CHECK(unrolled > kernels / 20);
}

enum count { IMMEDIATE, IN_REGISTER, PROMISED, COUNTS };

static void counted_kernel(struct ir *ir, enum count kind, int rounds)
{
  ir_reset(ir, "count");
  int from = ir_index(ir, at_coord(loop_base()), AXIS_LINEAR, 128, IR_NONE);
  int to = ir_index(ir, at_coord(loop_base()), AXIS_LINEAR, 0, IR_NONE);
  int count = ir_constant(ir, ELEM_I32, rounds), sum = ir_constant(ir, ELEM_I32, 7);
  if (kind == IMMEDIATE)
    ir_loop(ir, rounds);
  else
    ir_loop_reg(ir, count);
  if (kind == PROMISED) {
    ir_expect(ir, 3); /* few rounds: a test would cost more than a longer interval */
    ir_promise(ir, 1);
  }
  int x = ir_gather(ir, at_reg(from), 64, 0, IR_ROM, GATHER_L2);
  ir_step(ir, from, AXIS_LINEAR, 1);
  int y = ir_d2(ir, OP_DMUL, ELEM_I32, all(x), all(x));
  int z = ir_d2(ir, OP_DMUL, ELEM_I32, all(y), lane(x, 3));
  ir_d2_to(ir, sum, OP_DADD, ELEM_I32, all(sum), all(z));
  ir_scatter(ir, at_reg(to), z, 64, 0, 1);
  ir_step(ir, to, AXIS_LINEAR, 1);
  ir_end(ir);
  ir_scatter(ir, at_reg(to), sum, 64, 0, 1);
  ir_halt(ir);
}

/* Counts from 0 to beyond what fills the pipeline, immediate and in a register; from 1, where that
 * is promised: that needs one loop, without a test whether there are rounds enough. */
T_TEST(lower_pipeline, every_count_is_right)
{
  struct ir ir;
  struct code code;
  ir_init(&ir, 512);
  for (int rounds = 0; rounds < 40; rounds++)
    for (int kind = IMMEDIATE; kind < (rounds ? COUNTS : PROMISED); kind++) {
      static const char *const kinds[] = {"immediate", "register", "register, not 0"};
      char what[48];
      snprintf(what, sizeof what, "%d rounds, %s", rounds, kinds[kind]);
      counted_kernel(&ir, (enum count)kind, rounds);
      code_init(&code, 512);
      T_REQUIRE(loop_run(&ir, &code, what, NULL, NULL));
      bool straight = kind == IMMEDIATE && rounds == 1;
      T_REQUIRE(code.loops.count == !straight);
      const struct loop_report *r = code.loops.list;
      if (kind == IMMEDIATE && rounds > 30) {
        T_CHECK(r->pipelined);
        T_EQ(r->ii, 3); /* three D operations a round */
        T_CHECK(r->unroll > 1);
      }
      if (kind == PROMISED) {
        T_CHECK(r->pipelined);
        T_EQ(r->stages, 2);
        T_EQ(r->unroll, 1);
        T_EQ(code.pipelined.loop_count, 1);
      }
      code_free(&code);
    }
  ir_free(&ir);
}

/* Cycles of the second run, whose data is in L1, are those that timing.h predicts. */
T_TEST(lower_pipeline, predicted_cycles_are_simulated_cycles)
{
  struct ir ir;
  struct code code;
  ir_init(&ir, 512);
  int pipelined = 0;
  for (int seed = 1; seed <= 400; seed++) {
    uint64_t cycles = 0, predicted = 0;
    char what[32];
    snprintf(what, sizeof what, "kernel %d", seed);
    loop_random(&ir, (uint64_t)seed);
    if (loop_counts_in_registers(&ir))
      continue;
    code_init(&code, 512);
    T_REQUIRE(loop_run(&ir, &code, what, &cycles, &predicted));
    for (int i = 0; i < code.loops.count; i++)
      pipelined += code.loops.list[i].pipelined;
    if (cycles != predicted)
      T_FAIL("%s: %llu cycles predicted, %llu simulated", what, (unsigned long long)predicted,
             (unsigned long long)cycles);
    code_free(&code);
  }
  T_CHECK(pipelined > 50);
  ir_free(&ir);
}
