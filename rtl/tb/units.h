/* The verilated arithmetic units (units_tb.v) for C: one call is one clock cycle. */
#ifndef VTPU_RTL_TB_UNITS_H
#define VTPU_RTL_TB_UNITS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct units_in {
  uint32_t fma_a, fma_b, fma_c;
  unsigned special_function; /* 0 exp2, 1 reciprocal, 2 reciprocal square root */
  uint32_t special_x;
};

/* Cycles from an input to its output. */
enum { UNITS_FMA = 4, UNITS_SPECIAL = 6 };

struct units_out {
  uint32_t fma_y, special_y;
};

struct units;
struct units *units_new(void);
void units_free(struct units *u);
void units_cycle(struct units *u, const struct units_in *in, struct units_out *out);

#ifdef __cplusplus
}
#endif
#endif
