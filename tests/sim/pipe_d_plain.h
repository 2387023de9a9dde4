/* The plain evaluation of dense operations, for comparison with sim/pipe_d_lanes.c. */
#ifndef VTPU_TESTS_SIM_PIPE_D_PLAIN_H
#define VTPU_TESTS_SIM_PIPE_D_PLAIN_H

#include "isa/isa.h"

struct registers {
  uint8_t r[R_COUNT][R_BYTES_MAX] __attribute__((aligned(R_BYTES_MAX)));
};

/* Lane of a row as `width` bits: a trit, or whole bytes, little-endian like the host. */
uint64_t lane_get(const uint8_t *row, unsigned width, unsigned lane);
void lane_set(uint8_t *row, unsigned width, unsigned lane, uint64_t value);

/* rd after the operation into row (rd before it on entry); false if the row is not known here. */
bool plain_evaluate(const struct op_info *op, const struct slot *s, unsigned dlen,
                    const struct registers *f, uint8_t *row);

#endif
