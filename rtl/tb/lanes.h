/* The verilated lanes (lanes_tb.v) for C: one call is one clock cycle. */
#ifndef VTPU_RTL_TB_LANES_H
#define VTPU_RTL_TB_LANES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lanes_in {
  uint8_t i8_w[4], i8_x[4]; /* signed bytes */
  uint32_t i8_c;
  uint32_t t2_w; /* 16 trits */
  uint8_t t2_x[16];
  uint32_t t2_c;
  unsigned from, to, round; /* enum elem, enum rounding */
  bool saturate, scaled;
  uint32_t scale; /* f32 */
  uint64_t x;
};

enum { LANES_CYCLES = 4 }; /* from an input to its output */

struct lanes_out {
  uint32_t i8_y, t2_y;
  uint64_t y;
};

struct lanes;
struct lanes *lanes_new(void);
void lanes_free(struct lanes *l);
void lanes_cycle(struct lanes *l, const struct lanes_in *in, struct lanes_out *out);

#ifdef __cplusplus
}
#endif
#endif
