/* Random SIWs that are legal by the text of the architecture, for round trips. */
#ifndef VTPU_TESTS_ISA_RANDOM_SIW_H
#define VTPU_TESTS_ISA_RANDOM_SIW_H

#include "isa/isa.h"

uint64_t random64(void);
/* 0 <= result < n. */
int random_below(int n);

/* Does the row exist at this DLEN? (DTDOT needs 128.) */
bool row_exists(const struct op_info *op, unsigned dlen);
/* Random legal fields of a row; `imm` receives the coordinate if the slot takes it. */
void random_slot(const struct op_info *op, unsigned dlen, struct slot *s, struct coord *imm);
/* The row alone in its SIW. */
void random_single(const struct op_info *op, unsigned dlen, struct bundle *b);
/* Three random rows that write different registers; targets below `code_size`, no CLOOP. */
void random_bundle(unsigned dlen, int code_size, struct bundle *b);

/* Two arguments, a pipe and a slot of it: D(.op = OP_DADD, .rd = 1). */
#define D(...)                                                                                     \
  PIPE_D, (struct slot)                                                                            \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define S(...)                                                                                     \
  PIPE_S, (struct slot)                                                                            \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define C(...)                                                                                     \
  PIPE_C, (struct slot)                                                                            \
  {                                                                                                \
    __VA_ARGS__                                                                                    \
  }
#define CVT(from, to, ...) D(.op = OP_DCVT, .type = ELEM_##from, .type2 = ELEM_##to, __VA_ARGS__)

#endif
