/* Arithmetic units of the RTL against isa/num.h, on arguments chosen for corners: subnormals, ties,
 * cancellation, infinities, NaN. VTPU_LONG=1: 10^8 multiply-adds, all 2^32 arguments of the special
 * functions. */
#include "isa/num.h"
#include "rtl/tb/fma.h"
#include "rtl/tb/special.h"
#include "tests/rtl/corners.h"

#include <stdio.h>
#include <stdlib.h>

/* An addend that all but cancels the product. */
static uint32_t canceller(uint32_t a, uint32_t b, unsigned long long *s)
{
  uint32_t product = num_bits(num_mul(num_f32(a), num_f32(b)));
  uint64_t x = t_random(s);
  return (product ^ 0x80000000) + (uint32_t)(x % 5) - 2 +
         (uint32_t)((x >> 8 & 3) << 23 & -(x >> 16 & 1));
}

T_TEST(rtl, f32_fma_is_the_hosts)
{
  enum { QUICK = 2000000, LONG = 100000000 };
  long count = getenv("VTPU_LONG") ? LONG : QUICK;
  struct fma *u = fma_new();
  struct fma_in in, before[FMA_CYCLES] = {{0}};
  unsigned long long s = 1;
  int wrong = 0;
  for (long i = 0; i < count + FMA_CYCLES - 1 && wrong < 5; i++) {
    in.a = corner(&s);
    in.b = corner(&s);
    in.c = t_random(&s) % 3 ? corner(&s) : canceller(in.a, in.b, &s);
    before[i % FMA_CYCLES] = in;
    uint32_t y = fma_cycle(u, &in);
    if (i < FMA_CYCLES - 1)
      continue;
    const struct fma_in *b = &before[(i + 1) % FMA_CYCLES];
    uint32_t want = num_bits(num_fma(num_f32(b->a), num_f32(b->b), num_f32(b->c)));
    if (y != want) {
      T_FAIL("fma(%08x, %08x, %08x) = %08x, RTL %08x", b->a, b->b, b->c, want, y);
      wrong++;
    }
  }
  fma_free(u);
}

static const struct {
  const char *name;
  float (*model)(float);
} special[SPECIAL_FUNCTIONS] = {
    [SPECIAL_EXP2] = {"exp2", num_exp2},
    [SPECIAL_RCP] = {"reciprocal", num_rcp},
    [SPECIAL_RSQ] = {"reciprocal square root", num_rsq},
};

/* Every f32 in the long run; else a stride without a common factor with 2^32, which visits every
 * exponent and segment. */
T_TEST(rtl, special_functions_are_the_models)
{
  enum { QUICK = 1000000, BATCH = 4096 };
  static uint32_t exp2[BATCH], rcp[BATCH], rsq[BATCH];
  uint32_t *const y[SPECIAL_FUNCTIONS] = {exp2, rcp, rsq};
  uint64_t count = getenv("VTPU_LONG") ? UINT64_C(1) << 32 : QUICK, at;
  uint32_t stride = getenv("VTPU_LONG") ? 1 : 4294967;
  struct special *u = special_new();
  int wrong = 0;
  for (at = 0; at < count && wrong < 5; at += BATCH) {
    size_t n = count - at < BATCH ? (size_t)(count - at) : BATCH;
    uint32_t first = (uint32_t)at * stride;
    special_run(u, first, stride, n, y);
    for (int f = 0; f < SPECIAL_FUNCTIONS; f++)
      for (size_t i = 0; i < n; i++) {
        uint32_t x = first + (uint32_t)i * stride, want = num_bits(special[f].model(num_f32(x)));
        if (y[f][i] != want && wrong++ < 5)
          T_FAIL("%s of %08x is %08x, RTL %08x", special[f].name, x, want, y[f][i]);
      }
  }
  special_free(u);
  if (getenv("VTPU_LONG"))
    printf("%llu arguments of each of %d functions, %d differences\n",
           (unsigned long long)(at < count ? at : count), SPECIAL_FUNCTIONS, wrong);
}
