/* Arithmetic units of the RTL against isa/num.h, on arguments chosen for corners: subnormals, ties,
 * cancellation, infinities, NaN. VTPU_LONG=1: 10^8 multiply-adds, all 2^32 arguments of the special
 * functions. */
#include "isa/num.h"
#include "rtl/tb/units.h"
#include "tests/rtl/corners.h"

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
  struct units *u = units_new();
  struct units_in in = {0}, before[UNITS_FMA] = {{0}};
  struct units_out out;
  unsigned long long s = 1;
  int wrong = 0;
  for (long i = 0; i < count + UNITS_FMA - 1 && wrong < 5; i++) {
    in.fma_a = corner(&s);
    in.fma_b = corner(&s);
    in.fma_c = t_random(&s) % 3 ? corner(&s) : canceller(in.fma_a, in.fma_b, &s);
    before[i % UNITS_FMA] = in;
    units_cycle(u, &in, &out);
    if (i < UNITS_FMA - 1)
      continue;
    const struct units_in *b = &before[(i + 1) % UNITS_FMA];
    uint32_t want = num_bits(num_fma(num_f32(b->fma_a), num_f32(b->fma_b), num_f32(b->fma_c)));
    if (out.fma_y != want) {
      T_FAIL("fma(%08x, %08x, %08x) = %08x, RTL %08x", b->fma_a, b->fma_b, b->fma_c, want,
             out.fma_y);
      wrong++;
    }
  }
  units_free(u);
}

static void compare_special(unsigned function, float (*model)(float), uint64_t count,
                            uint64_t stride)
{
  struct units *u = units_new();
  struct units_in in = {.special_function = function};
  struct units_out out;
  int wrong = 0;
  for (uint64_t i = 0; i < count + UNITS_SPECIAL - 1 && wrong < 5; i++) {
    in.special_x = (uint32_t)(i * stride);
    units_cycle(u, &in, &out);
    if (i < UNITS_SPECIAL - 1)
      continue;
    uint32_t x = (uint32_t)((i - (UNITS_SPECIAL - 1)) * stride), want = num_bits(model(num_f32(x)));
    if (out.special_y != want) {
      T_FAIL("function %u of %08x is %08x, RTL %08x", function, x, want, out.special_y);
      wrong++;
    }
  }
  units_free(u);
}

/* A stride without a common factor with 2^32 visits every exponent and segment. */
static void sweep(unsigned function, float (*model)(float))
{
  if (getenv("VTPU_LONG"))
    compare_special(function, model, UINT64_C(1) << 32, 1);
  else
    compare_special(function, model, 1000000, 4294967 | 1);
}

T_TEST(rtl, exp2_is_the_models)
{
  sweep(0, num_exp2);
}
T_TEST(rtl, reciprocal_is_the_models)
{
  sweep(1, num_rcp);
}
T_TEST(rtl, reciprocal_square_root_is_the_models)
{
  sweep(2, num_rsq);
}
