/* The verilated D-pipe (dense_tb.v) for C: one call is one clock cycle. */
#ifndef VTPU_RTL_TB_DENSE_H
#define VTPU_RTL_TB_DENSE_H

#include "isa/isa.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dense_in {
  uint8_t slot[12]; /* as in the SIW */
  uint8_t rs1[R_BYTES_MAX], rs2[R_BYTES_MAX], rs3[R_BYTES_MAX], old[R_BYTES_MAX];
};

/* Results, by the cycles since their operation. */
enum { DENSE_RESULTS = 5 };
extern const unsigned dense_latency[DENSE_RESULTS]; /* 1 3 4 6 8 */
struct dense_out {
  uint8_t y[DENSE_RESULTS][R_BYTES_MAX];
  bool branch; /* of the operation that came in */
};

struct dense;
struct dense *dense_new(void);
void dense_free(struct dense *d);
unsigned dense_dlen(const struct dense *d); /* that the bench was made for (rtl/rules.mk) */
void dense_cycle(struct dense *d, const struct dense_in *in, struct dense_out *out);

#ifdef __cplusplus
}
#endif
#endif
