/* The D-pipe: what the dense operations do to registers (architecture, section 3).
 *
 * A dense operation is a function of the register file and of its operands, decoded once:
 *
 *   struct d_op op;
 *   pipe_d_operands(&bundle.slot[PIPE_D], &op);
 *   d_fn *f = pipe_d_function(OP_DFMA, ELEM_F32, 512);
 *   f(registers, &op, 512 / 8);
 *
 * The functions are written over the lanes of a register in sim/pipe_d_lanes.c, one d_NAME for a
 * row of isa/ops.def, and compiled three times, for host vectors of 128, 256 and 512 bits. The
 * widest that the host has is taken; all give the same bits.
 */
#ifndef VTPU_SIM_PIPE_D_H
#define VTPU_SIM_PIPE_D_H

#include "isa/isa.h"

/* The operands of one slot. Each is given by where it begins in the register file, its row or, of a
 * broadcast, its lane, in units that the host can scale an index by (d_row). */
enum { ROW_UNIT = 4 };
struct d_op {
  uint8_t rd; /* the number, for the scoreboard */
  uint8_t row, row1, row2, row3;
  int8_t b1, b2, b3;   /* broadcast lane, -1 = every lane its own */
  uint8_t type, type2; /* enum elem */
  uint8_t mode, round, flag, scaled, k;
  int32_t imm;
};

/* Where the row of a register begins; and what begins there. */
static inline uint8_t d_row_of(unsigned reg)
{
  return (uint8_t)(reg * (R_BYTES_MAX / ROW_UNIT));
}
static inline uint8_t *d_row(uint8_t (*r)[R_BYTES_MAX], unsigned row)
{
  return (uint8_t *)r + (size_t)row * ROW_UNIT;
}

/* r: the register file, rows 64-byte aligned; only the low `bytes` = DLEN / 8 bytes of a row are
 * read into the result and only these are written. rd may be any source too. */
typedef void d_fn(uint8_t (*r)[R_BYTES_MAX], const struct d_op *op, unsigned bytes);

/* Which operands may be broadcasts: any; none; rs2 is one, as in a matrix by a vector. */
enum d_lanes { LANES_any, LANES_own, LANES_second };

/* The function of an operation. NULL for DNOP and DBR, which write no register. */
d_fn *pipe_d_function(enum op_code op, enum elem type, unsigned dlen);
/* The same from one table (pipe_d_host_table, asked once), for these operands only: it looks for no
 * broadcast where there is none. */
typedef d_fn *d_select(enum elem type, unsigned bytes, enum d_lanes how);
d_fn *pipe_d_function_for(d_select *const *table, enum op_code op, const struct d_op *operands,
                          unsigned dlen);
void pipe_d_operands(const struct slot *d, struct d_op *out);
/* DBR: whether its lane is non-zero (.z: zero). */
bool pipe_d_branch_taken(uint8_t (*r)[R_BYTES_MAX], const struct d_op *op);

/* --- between pipe_d.c and the compilations of pipe_d_lanes.c -------------------------------- */

enum d_lanes pipe_d_lanes_of(const struct d_op *operands);

/* Row d_NAME, a d_select, picks its function by element type, DLEN / 8 and broadcasts. */
enum { D_CODES = 256 };
/* Indexed by operation code; NULL where the code is reserved. */
extern d_select *const d_table_base[D_CODES], *const d_table_avx2[D_CODES],
                                                  *const d_table_avx512[D_CODES];
/* The table for a variant's name ("base", "avx2", "avx512") or, for NULL, for this host. NULL if
 * the name is unknown or the host cannot run it. */
d_select *const *pipe_d_table(const char *variant);
/* The one in use. */
d_select *const *pipe_d_host_table(void);

#endif
