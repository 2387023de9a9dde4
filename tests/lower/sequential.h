/* A naive interpreter of the kernels' intermediate form: one operation after the other, in source
 * order, each virtual register a place of its own. It knows the operations that tests use. */
#ifndef VTPU_TESTS_LOWER_SEQUENTIAL_H
#define VTPU_TESTS_LOWER_SEQUENTIAL_H

#include "asm/lower/ir.h"

enum { SEQUENTIAL_DLEN = 512, SEQUENTIAL_VALUES = 4096 };

struct sequential {
  uint8_t (*r)[R_BYTES_MAX]; /* [SEQUENTIAL_VALUES] virtual registers */
  struct coord *p;
  uint8_t (*cells)[CELL_BYTES]; /* [cell_count]: memory, by linear index modulo their number */
  uint64_t cell_count;
};

bool sequential_open(struct sequential *m, int cells);
bool sequential_run(struct sequential *m, const struct ir *ir);
void sequential_close(struct sequential *m);

#endif
