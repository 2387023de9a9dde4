/* The D-pipe: choice of the host's vector width, operands, and the branch. */
#include "sim/pipe_d.h"

#include <stdlib.h>
#include <string.h>

d_select *const *pipe_d_table(const char *variant)
{
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (!variant)
    variant = avx512 ? "avx512" : avx2 ? "avx2" : "base";
  if (!strcmp(variant, "avx512"))
    return avx512 ? d_table_avx512 : NULL;
  if (!strcmp(variant, "avx2"))
    return avx2 ? d_table_avx2 : NULL;
  return strcmp(variant, "base") ? NULL : d_table_base;
}

d_select *const *pipe_d_host_table(void)
{
  /* VTPU_LANES forces a variant, for tests; one that this host lacks is passed over, as the
   * results are the same. */
  d_select *const *table = pipe_d_table(getenv("VTPU_LANES"));
  return table ? table : pipe_d_table(NULL);
}

static d_fn *function(d_select *const *table, enum op_code op, enum elem type, unsigned dlen,
                      enum d_lanes how)
{
  d_select *select = (unsigned)op < D_CODES ? table[op] : NULL;
  return select ? select(type, dlen / 8, how) : NULL;
}

d_fn *pipe_d_function(enum op_code op, enum elem type, unsigned dlen)
{
  return function(pipe_d_host_table(), op, type, dlen, LANES_any);
}

enum d_lanes pipe_d_lanes_of(const struct d_op *operands)
{
  return operands->b1 >= 0 || operands->b3 >= 0 ? LANES_any
         : operands->b2 >= 0                    ? LANES_second
                                                : LANES_own;
}

d_fn *pipe_d_function_for(d_select *const *table, enum op_code op, const struct d_op *operands,
                          unsigned dlen)
{
  return function(table, op, (enum elem)operands->type, dlen, pipe_d_lanes_of(operands));
}

/* The encoding of a broadcast is 16 + lane, 0 for none. */
static int8_t lane(int32_t b)
{
  return (int8_t)(b ? b - 16 : -1);
}

/* Where a source begins. A lane that is broadcast has 32 or 64 bits, or the 16 activations of a
 * ternary dot product; DCVT's is an f32, whatever it converts. */
static uint8_t source(const struct slot *d, int32_t reg, int32_t b)
{
  const unsigned bytes = d->op == OP_DTDOT ? 16 : d->type == ELEM_I64 && d->op != OP_DCVT ? 8 : 4;
  return (uint8_t)(d_row_of((unsigned)reg) + (b ? (unsigned)(b - 16) * (bytes / ROW_UNIT) : 0));
}

void pipe_d_operands(const struct slot *d, struct d_op *out)
{
  *out = (struct d_op){
      .rd = (uint8_t)d->rd,
      .row = d_row_of((unsigned)d->rd),
      .row1 = source(d, d->rs1, d->b1),
      .row2 = source(d, d->rs2, d->b2),
      .row3 = source(d, d->rs3, d->b3),
      .b1 = lane(d->b1),
      .b2 = lane(d->b2),
      .b3 = lane(d->b3),
      .type = (uint8_t)d->type,
      .type2 = (uint8_t)d->type2,
      .mode = (uint8_t)d->mode,
      .round = (uint8_t)d->round,
      .flag = (uint8_t)d->flag,
      .scaled = (uint8_t)d->scaled,
      .k = (uint8_t)d->k,
      .imm = d->imm,
  };
}

bool pipe_d_branch_taken(uint8_t (*r)[R_BYTES_MAX], const struct d_op *op)
{
  uint64_t value = 0; /* the lane, little-endian like the host */
  memcpy(&value, d_row(r, op->row1), op->type == ELEM_I64 ? 8 : 4);
  return (value != 0) != (op->flag != 0);
}
