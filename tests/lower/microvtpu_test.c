/* microvtpu's computation over 1,000 items (architecture, section 8): (a * b) * c is stored, and
 * its double. Real latencies; the data is in L2. */
#include "asm/assemble.h"
#include "sim/vtpu.h"
#include "tests/harness/harness.h"
#include "tests/lower/loop_program.h"
#include "tests/lower/random_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 1000, INPUTS = 3, PAGES_EACH = 2, ROUND_BYTES = 64 * 64 * PAGES_EACH };

static struct coord array_at(int index)
{
  struct coord c = coord_with_dim((struct coord){0, 0}, 4, 3);
  return coord_with_dim(c, 0, (unsigned)(4 * PAGES_EACH * index));
}

/* Inputs that begin with those of the published program: 3 * 7 * 2 = 42, doubled 84. */
static void make_items(int64_t items[INPUTS][ITEMS])
{
  static const int64_t published[INPUTS] = {3, 7, 2};
  uint64_t random = 5;
  for (int k = 0; k < INPUTS; k++)
    for (int i = 0; i < ITEMS; i++)
      items[k][i] = i == 0 ? published[k] : (int64_t)random_next(&random);
}

/* Cycles and operations of the first sentron in the last of two runs; the first brings data to L2.
 */
static bool run_warm(struct vtpu *v, uint64_t sentrons, uint64_t *cycles, uint64_t *ops)
{
  struct vtpu_error err;
  uint64_t before = 0, before_ops = 0;
  for (int run = 0; run < 2; run++) {
    enum vtpu_status status;
    struct vtpu_statistics *s;
    if ((run && vtpu_restart(v, sentrons, &err)) || vtpu_run(v, UINT64_MAX, &status, &err) ||
        vtpu_statistics(v, &s, &err)) {
      T_FAIL("%s", err.message);
      return false;
    }
    const struct vtpu_counts *c = &s->sentrons[0].counts;
    *cycles = c->cycles - before;
    *ops = c->ops[PIPE_D] + c->ops[PIPE_S] + c->ops[PIPE_C] - before_ops;
    before = c->cycles;
    before_ops += *ops;
    vtpu_statistics_free(s);
  }
  return true;
}

static int64_t result_of(int64_t items[INPUTS][ITEMS], int i)
{
  return (int64_t)((uint64_t)items[0][i] * (uint64_t)items[1][i] * (uint64_t)items[2][i]);
}

static bool same_results(const struct vtpu *v, struct coord results, struct coord doubles,
                         int64_t items[INPUTS][ITEMS])
{
  static int64_t got[2][ITEMS];
  struct vtpu_error err;
  if (vtpu_peek_run(v, 0, results, got[0], sizeof got[0], &err) ||
      vtpu_peek_run(v, 0, doubles, got[1], sizeof got[1], &err))
    return false;
  for (int i = 0; i < ITEMS; i++) {
    int64_t want = result_of(items, i);
    if (got[0][i] != want || got[1][i] != (int64_t)(2 * (uint64_t)want))
      return false;
  }
  return got[0][0] == 42 && got[1][0] == 84;
}

/* Bob fused into Alice, through the intermediate form and the modulo scheduler. */
static void fused_kernel(struct ir *ir)
{
  int at[5], in[INPUTS];
  ir_reset(ir, "fused");
  for (int k = 0; k < 5; k++)
    at[k] = ir_index(ir, at_coord(array_at(k)), AXIS_BYTE, 0, IR_NONE);
  ir_loop(ir, ITEMS);
  for (int k = 0; k < INPUTS; k++) {
    in[k] = ir_gather(ir, at_reg(at[k]), 8, 0, IR_ROM, GATHER_L2);
    ir_step(ir, at[k], AXIS_BYTE, 8);
  }
  int product = ir_d2(ir, OP_DMUL, ELEM_I64, all(in[0]), all(in[1]));
  int result = ir_d2(ir, OP_DMUL, ELEM_I64, all(product), all(in[2]));
  int twice = ir_d2(ir, OP_DADD, ELEM_I64, all(result), all(result));
  ir_scatter(ir, at_reg(at[3]), result, 8, 0, 1);
  ir_step(ir, at[3], AXIS_BYTE, 8);
  ir_scatter(ir, at_reg(at[4]), twice, 8, 0, 2);
  ir_step(ir, at[4], AXIS_BYTE, 8);
  ir_end(ir);
  ir_halt(ir);
}

T_TEST(lower_microvtpu, bob_fused_into_alice)
{
  static int64_t items[INPUTS][ITEMS];
  struct ir ir;
  struct code code;
  struct loop_object o;
  struct machine machine;
  struct vtpu *v;
  struct vtpu_error err;
  uint64_t cycles, ops;
  ir_init(&ir, 512);
  code_init(&code, 512);
  fused_kernel(&ir);
  make_items(items);
  T_REQUIRE(loop_compile(&ir, &code, &o, 5 * PAGES_EACH, &err));
  T_REQUIRE(machine_load("spec", &machine, &err) == 0);
  T_REQUIRE(vtpu_new(&machine, &o.object, NULL, &v, &err) == 0);
  for (int k = 0; k < INPUTS; k++)
    T_CHECK(vtpu_poke_run(v, 0, array_at(k), items[k], sizeof items[k], &err) == 0);
  T_REQUIRE(run_warm(v, 1, &cycles, &ops));
  T_CHECK(same_results(v, array_at(3), array_at(4), items));
  const struct loop_report *r = &code.loops.list[0];
  T_CHECK(r->pipelined);
  T_EQ(r->minimum_ii, 5);
  T_EQ(r->ii, 5);
  T_CHECK(ops >= 13 * ITEMS && ops < 13 * ITEMS + 16);
  if ((double)ops / (double)cycles < 2.5)
    T_FAIL("%llu operations in %llu cycles", (unsigned long long)ops, (unsigned long long)cycles);
  vtpu_free(v);
  code_free(&code);
  ir_free(&ir);
}

static struct coord coord_of(const char *text)
{
  struct coord c = {0, 0};
  const char *why;
  if (coord_parse(text, &c, &why) <= 0)
    T_FAIL("%s: %s", text, why);
  return c;
}

/* Alice and Bob as two sentrons of two cores: the example, pipelined by hand. */
T_TEST(lower_microvtpu, alice_sends_to_bob)
{
  static int64_t items[INPUTS][ITEMS];
  static const char *const inputs[INPUTS] = {"0.0.0/1.1.1/1.1.1/1.1", "8.0.0/1.1.1/1.1.1/1.1",
                                             "16.0.0/1.1.1/1.1.1/1.1"};
  char path[512];
  struct object o;
  struct machine machine;
  struct vtpu *v;
  struct vtpu_error err;
  uint64_t cycles, ops;
  snprintf(path, sizeof path, "%s/asm/examples/microvtpu_items.s", t_top());
  if (assemble_file(path, &o, &err))
    T_FAIL("%s", err.message);
  make_items(items);
  T_REQUIRE(o.sentron_count == 2 && machine_load("spec", &machine, &err) == 0);
  machine.dlen = o.dlen;
  struct object program = o;
  program.host_count = 0; /* one phase with both */
  for (uint32_t i = 0; i < o.sentron_count; i++)
    o.sentrons[i].start = true;
  T_REQUIRE(vtpu_new(&machine, &program, NULL, &v, &err) == 0);
  for (int k = 0; k < INPUTS; k++)
    T_CHECK(vtpu_poke_run(v, 0, coord_of(inputs[k]), items[k], sizeof items[k], &err) == 0);
  T_REQUIRE(run_warm(v, 3, &cycles, &ops));
  T_CHECK(
      same_results(v, coord_of("0.0.0/2.1.1/1.1.1/1.1"), coord_of("0.0.0/3.1.1/1.1.1/1.1"), items));
  T_CHECK(ops >= 12 * ITEMS && ops < 12 * ITEMS + 8);
  if ((double)ops / (double)cycles < 1.9)
    T_FAIL("%llu operations in %llu cycles", (unsigned long long)ops, (unsigned long long)cycles);
  vtpu_free(v);
  object_free_parts(&o);
}
