/* The sequential interpreter: see sequential.h. */
#include "tests/lower/sequential.h"

#include "sim/pipe_d.h"

#include <stdlib.h>
#include <string.h>

bool sequential_open(struct sequential *m, int cells)
{
  m->cell_count = (uint64_t)cells;
  m->r = calloc(SEQUENTIAL_VALUES, sizeof *m->r);
  m->p = calloc(SEQUENTIAL_VALUES, sizeof *m->p);
  m->cells = calloc((size_t)cells, sizeof *m->cells);
  return m->r && m->p && m->cells;
}

void sequential_close(struct sequential *m)
{
  free(m->r);
  free(m->p);
  free(m->cells);
}

static uint8_t *cell(struct sequential *m, const struct ir_op *op)
{
  struct coord c = op->s.imc ? op->coord : m->p[op->s.rs2];
  return m->cells[coord_linear_lo(c.lo, curve_index[CURVE_ZORDER]) % m->cell_count];
}

static void do_dense(struct sequential *m, const struct ir_op *op)
{
  _Alignas(64) static uint8_t file[4][R_BYTES_MAX];
  struct slot s = op->s;
  struct d_op d;
  memcpy(file[0], m->r[s.rs1], R_BYTES_MAX);
  memcpy(file[1], m->r[s.rs2], R_BYTES_MAX);
  memcpy(file[2], m->r[s.rs3], R_BYTES_MAX);
  int rd = s.rd;
  s.rs1 = 0;
  s.rs2 = 1;
  s.rs3 = 2;
  s.rd = 3;
  pipe_d_operands(&s, &d);
  pipe_d_function((enum op_code)s.op, (enum elem)s.type, SEQUENTIAL_DLEN)(file, &d,
                                                                          SEQUENTIAL_DLEN / 8);
  memcpy(m->r[rd], file[3], R_BYTES_MAX);
}

static void do_op(struct sequential *m, const struct ir_op *op)
{
  struct coord c;
  if (op->pipe == PIPE_D) {
    do_dense(m, op);
  } else if (op->pipe == PIPE_C && op->s.op == OP_CSTEP) {
    coord_step(&m->p[op->s.rd], (unsigned)op->s.axis, op->s.imm, false, CURVE_ZORDER);
  } else if (op->s.op == OP_SGATHER && op->pipe == PIPE_S) {
    memset(m->r[op->s.rd], 0, R_BYTES_MAX);
    memcpy(m->r[op->s.rd] + op->s.at, cell(m, op), (size_t)op->s.width);
  } else if (op->s.op == OP_SSCATTR && op->pipe == PIPE_S) {
    memcpy(cell(m, op), m->r[op->s.rs1] + op->s.at, (size_t)op->s.width);
  } else if (op->s.op == OP_SINDEX && op->pipe == PIPE_S) {
    c = op->s.imc ? op->coord : m->p[op->s.rs2];
    coord_step(&c, (unsigned)op->s.axis, op->s.imm, false, CURVE_ZORDER);
    m->p[op->s.rd] = c;
  }
}

/* Runs blocks from..to, loops included. */
static void do_blocks(struct sequential *m, const struct ir *ir, int from, int to)
{
  for (int b = from; b <= to; b++) {
    const struct ir_block *block = &ir->blocks[b];
    for (int i = 0; i < block->count; i++)
      do_op(m, &ir->ops[block->first + i]);
    if (block->opens != IR_NONE) {
      const struct ir_loop *l = &ir->loops[block->opens];
      const struct slot *open = &ir->ops[block->first + block->count - 1].s;
      int32_t rounds = open->imm;
      if (open->cnt)
        memcpy(&rounds, m->r[open->rs1], sizeof rounds);
      for (int32_t round = 0; round < rounds; round++)
        do_blocks(m, ir, l->first, l->last);
      b = l->last;
    }
  }
}

bool sequential_run(struct sequential *m, const struct ir *ir)
{
  if (ir->file_count > SEQUENTIAL_VALUES)
    return false;
  do_blocks(m, ir, 0, ir->block_count - 1);
  return true;
}
