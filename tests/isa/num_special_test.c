/* 2^x, 1/x and 1/sqrt(x) of isa/num.h against double arithmetic, whose own error is below 2^-28 ulp
 * of an f32: a result within 0.53 ulp of it is within 1 ulp of the correctly rounded one.
 *
 * The tests here take every exponent of both signs with evenly spread significands, more than ten
 * million arguments in all. VTPU_LONG=1 takes all 2^32 for each function. */
#include "isa/num.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
enum { STEP = 1999 };
#else
enum { STEP = 397 }; /* 10.8 million arguments a function */
#endif

struct special {
  const char *name;
  float (*f)(float);
  double (*exact)(double);
  /* Where the function falls (-1) or rises (+1) as x grows, for each sign of x; 0: it is NaN. */
  int slope_positive, slope_negative;
};

static double exact_rcp(double x)
{
  return 1 / x;
}
static double exact_rsq(double x)
{
  return 1 / sqrt(x);
}

static const struct special specials[] = {
    {"exp2", num_exp2, exp2, 1, 1},
    {"rcp", num_rcp, exact_rcp, -1, -1},
    {"rsq", num_rsq, exact_rsq, -1, 0},
};
enum { EXP2, RCP, RSQ, SPECIALS };

/* The worst of a walk over arguments. */
struct worst {
  double ulp;
  uint32_t at;
  uint64_t count, not_nearest, steps_back;
};

/* Distance from the exact value in units in the last place of the result, 0 where both are
 * infinite, zero or NaN alike. */
static double error_ulp(float got, double exact)
{
  const float nearest = (float)exact;
  if (isnan(exact))
    return num_bits(got) == NUM_F32_NAN ? 0 : HUGE_VAL;
  if (isinf(nearest) || isinf(got)) {
    /* Beyond the largest number by half a unit or more it must be infinity; below that, close. */
    if (isinf(nearest) && isinf(got))
      return signbit(nearest) == signbit(got) ? 0 : HUGE_VAL;
    return isinf(nearest) ? fabs(0x1p128 - fabs((double)got)) / 0x1p104 : HUGE_VAL;
  }
  if (signbit(nearest) != signbit(got))
    return HUGE_VAL;
  const int exponent = exact == 0 ? -126 : ilogb(exact) < -126 ? -126 : ilogb(exact);
  return fabs((double)got - exact) / ldexp(1, exponent - 23);
}

/* Every STEP-th bit pattern of one sign, from zero to infinity. */
static void walk(const struct special *s, uint32_t sign, uint32_t step, struct worst *w)
{
  const int slope = sign ? s->slope_negative : s->slope_positive;
  float before = 0;
  for (uint64_t u = 0; u <= 0x7f800000; u += step) {
    const float x = num_f32(sign | (uint32_t)u), got = s->f(x);
    const double exact = s->exact(x), error = error_ulp(got, exact);
    w->count++;
    w->not_nearest += num_bits(got) != num_bits((float)exact) && !isnan(got);
    if (error > w->ulp) {
      w->ulp = error;
      w->at = num_bits(x);
    }
    /* Patterns grow away from zero: x falls where the sign is set. */
    if (u && slope && (sign ? got - before : before - got) * (float)slope > 0)
      w->steps_back++;
    before = got;
  }
}

static void check_special(const struct special *s, uint32_t step)
{
  struct worst w = {0};
  walk(s, 0, step, &w);
  walk(s, 0x80000000, step, &w);
  printf("  %s: %llu arguments, at most %.5f ulp (at %08x), %.3f %% not the nearest, %llu steps "
         "against its slope\n",
         s->name, (unsigned long long)w.count, w.ulp, w.at,
         100.0 * (double)w.not_nearest / (double)w.count, (unsigned long long)w.steps_back);
  if (!(w.ulp < 0.53))
    T_FAIL("%s(%a) is %g ulp off", s->name, num_f32(w.at), w.ulp);
  T_EQ(w.steps_back, 0);
}

T_TEST(num_special, exp2_over_all_exponents)
{
  check_special(&specials[EXP2], STEP);
}
T_TEST(num_special, rcp_over_all_exponents)
{
  check_special(&specials[RCP], STEP);
}
T_TEST(num_special, rsq_over_all_exponents)
{
  check_special(&specials[RSQ], STEP);
}

T_TEST(num_special, long_every_f32)
{
  if (!getenv("VTPU_LONG"))
    T_SKIP("takes minutes: set VTPU_LONG=1");
  for (int i = 0; i < SPECIALS; i++)
    check_special(&specials[i], 1);
}

/* Every significand of one binade (two for rsq): the results never step against the slope, also
 * across the segments of the table. */
T_TEST(num_special, monotonic_over_every_significand)
{
  const uint32_t step = STEP > 1000 ? 64 : 1;
  for (int i = 0; i < SPECIALS; i++) {
    float before = specials[i].f(1.0f);
    for (uint32_t u = 0x3f800000 + step; u <= 0x40800000; u += step) {
      const float y = specials[i].f(num_f32(u));
      if ((y - before) * (float)specials[i].slope_positive < 0)
        T_FAIL("%s steps back at %08x", specials[i].name, u);
      before = y;
    }
  }
}

static void check_bits(int special, uint32_t x, uint32_t expected)
{
  const uint32_t got = num_bits(specials[special].f(num_f32(x)));
  if (got != expected)
    T_FAIL("%s(%08x) = %08x, not %08x", specials[special].name, x, got, expected);
}

T_TEST(num_special, powers_are_exact)
{
  for (int n = -149; n < 128; n++) {
    check_bits(EXP2, num_bits((float)n), num_bits((float)ldexp(1, n)));
    if (n > -128) {
      check_bits(RCP, num_bits((float)ldexp(1, n)), num_bits((float)ldexp(1, -n)));
      check_bits(RCP, num_bits((float)ldexp(-1, n)), num_bits((float)ldexp(-1, -n)));
    }
    if (n % 2 == 0)
      check_bits(RSQ, num_bits((float)ldexp(1, n)), num_bits((float)ldexp(1, -n / 2)));
  }
}

T_TEST(num_special, ends_of_the_range)
{
  static const uint32_t inf = 0x7f800000, nan = NUM_F32_NAN;
  static const uint32_t nans[] = {0x7f800001, 0x7fc00000, 0xffc00001, 0xff800001};
  for (int i = 0; i < SPECIALS; i++)
    for (int k = 0; k < 4; k++)
      check_bits(i, nans[k], nan);

  check_bits(EXP2, 0, 0x3f800000);
  check_bits(EXP2, 0x80000000, 0x3f800000);
  check_bits(EXP2, 1, 0x3f800000);
  check_bits(EXP2, 0x80000001, 0x3f800000);
  check_bits(EXP2, inf, inf);
  check_bits(EXP2, 0x80000000 | inf, 0);
  check_bits(EXP2, num_bits(128.0f), inf);
  /* 128 - 2^-17, the largest: 2^128 less 2^24 2^-17 ln 2 = 88.7 units in the last place. */
  check_bits(EXP2, 0x42ffffff, 0x7f7fffa7);
  check_bits(EXP2, num_bits(3e38f), inf);
  check_bits(EXP2, num_bits(-3e38f), 0);
  check_bits(EXP2, num_bits(-149.0f), 1);
  check_bits(EXP2, num_bits(-149.5f), 1);
  check_bits(EXP2, num_bits(-150.0f), 0); /* half the least subnormal: to even */
  check_bits(EXP2, num_bits(-151.0f), 0);

  check_bits(RCP, 0, inf);
  check_bits(RCP, 0x80000000, 0x80000000 | inf);
  check_bits(RCP, inf, 0);
  check_bits(RCP, 0x80000000 | inf, 0x80000000);
  check_bits(RCP, 1, inf);
  check_bits(RCP, 0x80000001, 0x80000000 | inf);
  check_bits(RCP, 0x00200000, inf);        /* 2^-128 */
  check_bits(RCP, 0x00200001, 0x7f7ffff8); /* just above: 2^128 (1 - 2^-21) */
  check_bits(RCP, 0x7f7fffff, 0x00200000); /* the largest number: a subnormal */
  check_bits(RCP, 0x7e800000, 0x00800000); /* 2^126 */
  check_bits(RCP, 0x7e800001, 0x007fffff);

  check_bits(RSQ, 0, inf);
  check_bits(RSQ, 0x80000000, 0x80000000 | inf);
  check_bits(RSQ, inf, 0);
  check_bits(RSQ, 0x80000000 | inf, nan);
  check_bits(RSQ, 0x80000001, nan);
  check_bits(RSQ, num_bits(-1.0f), nan);
  check_bits(RSQ, 1, 0x64b504f3); /* 2^74.5 */
  check_bits(RSQ, 0x7f7fffff, 0x1f800000);
}
