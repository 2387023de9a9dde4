/* Random loops: see loop_program.h. */
#include "tests/lower/loop_program.h"

#include "asm/lower/timing.h"
#include "sim/vtpu.h"
#include "tests/harness/harness.h"
#include "tests/lower/random_model.h"
#include "tests/lower/sequential.h"

#include <stdlib.h>
#include <string.h>

enum { SPACE_A = 1, SPACE_B = 2, POOL = 5, ROUNDS_MOST = 14, STEPS_MOST = 4 };
enum { FIRST_A = 0, FIRST_B = 64, FIRST_ROM = 128 }; /* cells */

struct coord loop_base(void)
{
  return coord_with_dim((struct coord){0, 0}, 4, 3);
}

/* --- random kernels ----------------------------------------------------------------------------
 */

struct maker {
  struct ir *ir;
  uint64_t random;
  int pool[POOL + 3], count; /* r registers that hold a value */
  int walk[4];               /* p registers: two into A, one into B, one into what is read */
  int steps[4];              /* made in this body */
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
  if (m->count < POOL)
    m->pool[m->count++] = reg;
  else
    m->pool[pick(m, m->count)] = reg;
}

static void dense(struct maker *m)
{
  static const int two[] = {OP_DADD, OP_DSUB, OP_DMUL, OP_DXOR, OP_DMAX},
                   three[] = {OP_DFMA, OP_DSEL};
  struct ir *ir = m->ir;
  int reg = m->pool[pick(m, m->count)];
  switch (pick(m, 6)) {
  case 0: ir_d3_to(ir, reg, OP_DFMA, ELEM_I32, source(m), source(m), all(reg)); break;
  case 1: ir_d2_to(ir, reg, OP_DADD, ELEM_I32, source(m), source(m)); break;
  case 2: keep(m, ir_d3(ir, three[pick(m, 2)], ELEM_I32, source(m), source(m), source(m))); break;
  case 3: keep(m, ir_constant(ir, ELEM_I32, pick(m, 1000))); break;
  default: keep(m, ir_d2(ir, two[pick(m, 5)], ELEM_I32, source(m), source(m))); break;
  }
}

static void random_op(struct maker *m)
{
  static const int spaces[] = {SPACE_A, SPACE_A, SPACE_B, IR_ROM};
  static const int latencies[] = {GATHER_L1, GATHER_L1, GATHER_L2, GATHER_L3};
  struct ir *ir = m->ir;
  int w = pick(m, 4), kind = pick(m, 8);
  if (kind < 4) {
    dense(m);
  } else if (kind < 6) {
    keep(m, ir_gather(ir, at_reg(m->walk[w]), 64, 0, spaces[w], latencies[pick(m, 4)]));
  } else if (kind == 6 && w < 3) {
    int width = 16 << pick(m, 3);
    ir_scatter(ir, at_reg(m->walk[w]), m->pool[pick(m, m->count)], width,
               width * pick(m, 64 / width), spaces[w]);
  } else if (m->steps[w] < STEPS_MOST) {
    ir_step(ir, m->walk[w], AXIS_LINEAR, 1);
    m->steps[w]++;
  }
}

/* Sets a pointer to a cell from which no walk of a loop leaves the region. */
static void reset(struct maker *m, int w)
{
  static const int first[] = {FIRST_A, FIRST_A, FIRST_B, FIRST_ROM};
  ir_index_to(m->ir, m->walk[w], at_coord(loop_base()), AXIS_LINEAR, first[w] + pick(m, 6),
              IR_NONE);
}

static void body(struct maker *m, int ops)
{
  memset(m->steps, 0, sizeof m->steps);
  for (int i = 0; i < ops; i++)
    random_op(m);
}

/* A loop over random operations. What a body makes is not read after it: there may be no round. */
static void loop(struct maker *m, int count_reg, bool nested)
{
  int saved[POOL + 3], count = m->count;
  memcpy(saved, m->pool, sizeof saved);
  for (int w = 0; w < 4; w++)
    reset(m, w);
  if (count_reg != IR_NONE)
    ir_loop_reg(m->ir, count_reg);
  else
    ir_loop(m->ir, pick(m, ROUNDS_MOST));
  if (pick(m, 4) == 0) /* a pointer that begins each round anew */
    reset(m, pick(m, 4));
  if (nested) {
    loop(m, count_reg, false);
    for (int w = 0; w < 4; w++)
      reset(m, w);
    body(m, 3);
  } else {
    body(m, 2 + pick(m, 22));
  }
  ir_end(m->ir);
  memcpy(m->pool, saved, sizeof saved);
  m->count = count;
}

void loop_random(struct ir *ir, uint64_t seed)
{
  struct maker m = {.ir = ir, .random = seed * 2 + 1};
  ir_reset(ir, "random");
  for (int w = 0; w < 4; w++)
    m.walk[w] = ir_p(ir);
  int rounds = ir_constant(ir, ELEM_I32, pick(&m, ROUNDS_MOST));
  for (int i = 0; i < POOL; i++)
    keep(&m, ir_constant(ir, ELEM_I32, 1 + pick(&m, 1000)));
  for (int loops = 1 + pick(&m, 2); loops > 0; loops--) {
    for (int w = 0; w < 4; w++)
      reset(&m, w);
    body(&m, pick(&m, 6));
    loop(&m, pick(&m, 3) ? IR_NONE : rounds, pick(&m, 5) == 0);
  }
  reset(&m, 0);
  for (int i = 0; i < m.count; i++) {
    ir_scatter(ir, at_reg(m.walk[0]), m.pool[i], 64, 0, SPACE_A);
    ir_step(ir, m.walk[0], AXIS_LINEAR, 1);
  }
  ir_halt(ir);
}

bool loop_counts_in_registers(const struct ir *ir)
{
  for (int i = 0; i < ir->op_count; i++)
    if (ir->ops[i].pipe == PIPE_C && ir->ops[i].s.op == OP_CLOOP && ir->ops[i].s.cnt)
      return true;
  return false;
}

/* --- running -----------------------------------------------------------------------------------
 */

void loop_object_of(struct loop_object *s, const struct code *c, unsigned pages, uint32_t end)
{
  memset(s, 0, sizeof *s);
  strcpy(s->sentron.name, "s0");
  strcpy(s->region.name, "scratch");
  s->sentron.start = true;
  s->sentron.end = end;
  s->region.kind = REGION_PRIVATE;
  for (int d = 0; d < COORD_DIMS; d++)
    s->region.extent[d] = 1;
  s->region.extent[0] = (uint16_t)pages;
  s->region.lo = loop_base();
  s->object.dlen = SEQUENTIAL_DLEN;
  s->object.code = c->siws;
  s->object.siw_count = (uint32_t)c->siw_count;
  s->object.sentrons = &s->sentron;
  s->object.sentron_count = 1;
  s->object.regions = &s->region;
  s->object.region_count = 1;
  s->object.marks = c->marks;
  s->object.mark_count = (uint32_t)c->mark_count;
}

static uint64_t sentron_cycles(const struct vtpu *v)
{
  struct vtpu_statistics *s;
  struct vtpu_error err;
  if (vtpu_statistics(v, &s, &err))
    return 0;
  uint64_t cycles = s->sentrons[0].counts.cycles;
  vtpu_statistics_free(s);
  return cycles;
}

static bool fill(struct vtpu *v, struct sequential *m, struct vtpu_error *err)
{
  uint64_t random = 99;
  for (int c = 0; c < LOOP_CELLS; c++)
    for (int i = 0; i < CELL_BYTES; i++)
      m->cells[c][i] = (uint8_t)random_next(&random);
  return vtpu_poke_run(v, 0, loop_base(), m->cells, sizeof *m->cells * LOOP_CELLS, err) == 0;
}

/* Runs the object twice; the first run brings its data into L1. */
static bool run_twice(struct vtpu *v, uint64_t *cycles, struct vtpu_error *err)
{
  enum vtpu_status status;
  if (vtpu_run(v, UINT64_MAX, &status, err))
    return false;
  uint64_t first = sentron_cycles(v);
  if (vtpu_restart(v, 1, err) || vtpu_run(v, UINT64_MAX, &status, err))
    return false;
  if (cycles)
    *cycles = sentron_cycles(v) - first;
  return true;
}

static bool same_memory(const struct loop_object *small, const struct ir *ir, uint64_t *cycles,
                        struct vtpu_error *err)
{
  struct machine machine;
  struct vtpu *v = NULL;
  struct sequential m;
  uint8_t got[LOOP_CELLS][CELL_BYTES];
  vtpu_fail(err, VTPU_SYSTEM, "no memory");
  bool ok = sequential_open(&m, LOOP_CELLS) && machine_load("spec", &machine, err) == 0 &&
            vtpu_new(&machine, &small->object, NULL, &v, err) == 0 && fill(v, &m, err) &&
            run_twice(v, cycles, err) &&
            vtpu_peek_run(v, 0, loop_base(), got, sizeof got, err) == 0;
  for (int run = 0; run < 2 && ok; run++)
    ok = sequential_run(&m, ir);
  if (ok && memcmp(got, m.cells, sizeof got) != 0) {
    vtpu_fail(err, VTPU_BUG, "it leaves something else in memory");
    ok = false;
  }
  sequential_close(&m);
  vtpu_free(v);
  return ok;
}

bool loop_compile(const struct ir *ir, struct code *code, struct loop_object *out, unsigned pages,
                  struct vtpu_error *err)
{
  uint32_t entry, end;
  if (code_begin(code, &entry, err) || code_kernel(code, ir, -1, err) || code_end(code, &end, err))
    return false;
  loop_object_of(out, code, pages, end);
  return object_check(&out->object, err) == 0;
}

bool loop_run(const struct ir *ir, struct code *code, const char *what, uint64_t *cycles,
              uint64_t *predicted)
{
  struct loop_object small;
  struct vtpu_error err;
  bool ok = loop_compile(ir, code, &small, LOOP_CELLS / 64, &err);
  if (ok && predicted)
    ok = timing_cycles(&code->pipelined, &code->schedule, TIMING_L1, predicted, &err) == 0;
  ok = ok && same_memory(&small, ir, cycles, &err);
  if (!ok)
    T_FAIL("%s: %s", what, err.message);
  return ok;
}
