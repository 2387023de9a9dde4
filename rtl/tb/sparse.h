/* The verilated units of coordinates (sparse_tb.v) for C. Combinational. */
#ifndef VTPU_RTL_TB_SPARSE_H
#define VTPU_RTL_TB_SPARSE_H

#include "isa/coord.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sparse_in {
  struct coord coord;
  unsigned axis;
  int64_t step; /* 33 bits */
  bool carry;
};

struct sparse_out {
  struct coord linear[CURVE_COUNT]; /* the dimensions' 121 bits, without flags */
  struct coord raw[CURVE_COUNT];    /* and back again */
  struct coord result[CURVE_COUNT];
  bool fault[CURVE_COUNT];
};

struct sparse;
struct sparse *sparse_new(void);
void sparse_free(struct sparse *s);
void sparse_compute(struct sparse *s, const struct sparse_in *in, struct sparse_out *out);

#ifdef __cplusplus
}
#endif
#endif
