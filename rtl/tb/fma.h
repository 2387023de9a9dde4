/* The verilated multiply-add (fma_tb.v) for C: one call is one clock cycle. */
#ifndef VTPU_RTL_TB_FMA_H
#define VTPU_RTL_TB_FMA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FMA_CYCLES = 4 }; /* from operands to their result */

struct fma_in {
  uint32_t a, b, c;
};

struct fma;
struct fma *fma_new(void);
void fma_free(struct fma *u);
/* The result of the operands FMA_CYCLES - 1 calls before. */
uint32_t fma_cycle(struct fma *u, const struct fma_in *in);

#ifdef __cplusplus
}
#endif
#endif
