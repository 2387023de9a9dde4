/* f32, bf16, integer and trit arithmetic of isa/num.h, each against another way to the same number:
 * doubles with proven rounding, long double (64 significant bits, exact here), or plain loops. */
#include "isa/num.h"
#include "tests/harness/harness.h"

#include <math.h>

#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 200000 };
#else
enum { ROUNDS = 3000000 };
#endif

/* Numbers at the edges of the format, both signs, and NaNs with payload. */
static const uint32_t corners[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x00000002, 0x007fffff, 0x807fffff, 0x00800000,
    0x80800000, 0x00800001, 0x00ffffff, 0x01000000, 0x0b800000, 0x1fffffff, 0x20000000, 0x33800000,
    0x34000000, 0x3effffff, 0x3f000000, 0xbf000000, 0x3f000001, 0x3f7fffff, 0x3f800000, 0xbf800000,
    0x3f800001, 0xbf800001, 0x3fc00000, 0x40000000, 0x40490fdb, 0x4b000000, 0x4b7fffff, 0x4b800000,
    0xcb800001, 0x5f000000, 0xdf000000, 0x7e800000, 0x7effffff, 0x7f000000, 0x7f7fffff, 0xff7fffff,
    0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff,
};
enum { CORNERS = sizeof corners / sizeof *corners };

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t random_bits(void)
{
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

/* Any bits, or a number of middling size (so that sums do not just return the larger), or an edge
 * of the format. */
static uint32_t random_f32(void)
{
  const uint64_t r = random_bits();
  switch (r >> 62) {
  case 0: return (uint32_t)r;
  case 1: return corners[(uint32_t)r % CORNERS];
  default: return (uint32_t)((r & 0x807fffff) | (120 + (r >> 40) % 16) << 23);
  }
}

static uint32_t canonical(float x)
{
  return isnan(x) ? 0x7fc00000 : num_bits(x);
}

/* Sums, differences and products of two f32, rounded to double and then to f32, are correctly
 * rounded: 53 >= 2 * 24 + 2 (Figueroa). */
static uint32_t by_double(char op, float a, float b)
{
  const volatile double x = a, y = b;
  const volatile double z = op == '+' ? x + y : op == '-' ? x - y : x * y;
  return canonical((float)z);
}

/* a * b is exact in a double; the sum with c is rounded to odd, which a second rounding to f32 does
 * not disturb (Boldo and Melquiond). */
static uint32_t fma_by_odd(float a, float b, float c)
{
  const volatile double p = (double)a * (double)b, q = c;
  const volatile double s = p + q;
  if (!isfinite(s))
    return canonical((float)s);
  const volatile double p2 = s - q, q2 = s - p2; /* two-sum: error is what s lost */
  const volatile double dp = p - p2, dq = q - q2;
  const volatile double error = dp + dq;
  double odd = s;
  uint64_t bits;
  memcpy(&bits, &odd, sizeof bits);
  if (error != 0 && !(bits & 1)) {
    odd = nextafter(s, error > 0 ? HUGE_VAL : -HUGE_VAL);
  }
  return canonical((float)odd);
}

static void check_arithmetic(uint32_t ua, uint32_t ub, uint32_t uc)
{
  const float a = num_f32(ua), b = num_f32(ub), c = num_f32(uc);
  if (num_bits(num_add(a, b)) != by_double('+', a, b))
    T_FAIL("%08x + %08x = %08x", ua, ub, num_bits(num_add(a, b)));
  if (num_bits(num_sub(a, b)) != by_double('-', a, b))
    T_FAIL("%08x - %08x = %08x", ua, ub, num_bits(num_sub(a, b)));
  if (num_bits(num_mul(a, b)) != by_double('*', a, b))
    T_FAIL("%08x * %08x = %08x", ua, ub, num_bits(num_mul(a, b)));
  if (num_bits(num_fma(a, b, c)) != fma_by_odd(a, b, c))
    T_FAIL("fma(%08x, %08x, %08x) = %08x, not %08x", ua, ub, uc, num_bits(num_fma(a, b, c)),
           fma_by_odd(a, b, c));
}

T_TEST(num, arithmetic_on_corners)
{
  for (int i = 0; i < CORNERS; i++)
    for (int j = 0; j < CORNERS; j++)
      for (int k = 0; k < CORNERS; k++)
        check_arithmetic(corners[i], corners[j], corners[k]);
}

T_TEST(num, arithmetic_on_random_numbers)
{
  for (int i = 0; i < ROUNDS; i++)
    check_arithmetic(random_f32(), random_f32(), random_f32());
}

T_TEST(num, fma_cancels_to_the_rounding_error_of_the_product)
{
  for (int i = 0; i < ROUNDS / 10; i++) {
    const float a = num_f32(random_f32()), b = num_f32(random_f32());
    check_arithmetic(num_bits(a), num_bits(b), num_bits(-num_mul(a, b)));
  }
}

T_TEST(num, a_product_and_a_sum_are_rounded_twice)
{
  /* (1 + 2^-12)^2 - 1 - 2^-11 is 2^-24; the rounded product drops it. */
  const float x = 1 + 0x1p-12f, c = -(1 + 0x1p-11f);
  T_EQ_HEX(num_bits(num_fma(x, x, c)), num_bits(0x1p-24f));
  T_EQ_HEX(num_bits(num_add(num_mul(x, x), c)), 0);
}

T_TEST(num, order_maximum_and_minimum)
{
  for (int i = 0; i < CORNERS; i++)
    for (int j = 0; j < CORNERS; j++) {
      const float a = num_f32(corners[i]), b = num_f32(corners[j]);
      const uint32_t most = num_bits(num_max(a, b)), least = num_bits(num_min(a, b));
      if (isnan(a) || isnan(b)) {
        T_EQ_HEX(most, 0x7fc00000);
        T_EQ_HEX(least, 0x7fc00000);
        T_CHECK(num_unordered(a, b));
        T_EQ(num_sign(a, b), 0);
        continue;
      }
      const bool a_is_less = a < b || (a == b && signbit(a) && !signbit(b));
      T_EQ_HEX(most, a_is_less ? corners[j] : corners[i]);
      T_EQ_HEX(least, a_is_less ? corners[i] : corners[j]);
      T_EQ(num_order(a) < num_order(b), a_is_less);
      T_CHECK(!num_unordered(a, b));
      T_EQ(num_sign(a, b), a < b ? -1 : a > b);
    }
}

/* --- bf16 ---------------------------------------------------------------------------------- */

T_TEST(num, every_bf16_comes_back)
{
  for (uint32_t h = 0; h <= 0xffff; h++) {
    const float x = num_f32_from_bf16((uint16_t)h);
    const bool nan = (h & 0x7fff) > 0x7f80;
    T_EQ_HEX(num_bits(x), nan ? 0x7fc00000 : h << 16);
    T_EQ_HEX(num_bf16_from_f32(x), nan ? 0x7fc0 : h);
  }
}

/* From the upper half and the remainder: nearest, ties to the even one. */
T_TEST(num, f32_to_bf16_rounds_to_nearest_even)
{
  static const uint16_t low[] = {0, 1, 2, 0x4000, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xc000, 0xffff};
  for (uint32_t h = 0; h <= 0xffff; h++)
    for (unsigned k = 0; k < sizeof low / sizeof *low; k++) {
      const float x = num_f32(h << 16 | low[k]);
      uint32_t expected = h + (low[k] > 0x8000 || (low[k] == 0x8000 && h % 2));
      if (isnan(x))
        expected = 0x7fc0;
      if (num_bf16_from_f32(x) != expected)
        T_FAIL("bf16 of %08x = %04x, not %04x", num_bits(x), num_bf16_from_f32(x), expected);
    }
}

/* --- f32 to integers ----------------------------------------------------------------------- */

static long double rounded(long double x, enum rounding rounding)
{
  switch (rounding) {
  case ROUND_EVEN: return rintl(x);
  case ROUND_AWAY: return roundl(x);
  case ROUND_ZERO: return truncl(x);
  default: return floorl(x);
  }
}

/* Every step is exact in a long double. */
static int64_t integer_by_long_double(float x, enum rounding rounding, int width, bool saturate)
{
  const long double end = ldexpl(1, width - 1);
  if (isnan(x) || (isinf(x) && !saturate))
    return 0;
  long double y = isinf(x) ? (long double)x : rounded(x, rounding);
  if (saturate) {
    y = y > end - 1 ? end - 1 : y < -end ? -end : y;
  } else {
    y = fmodl(y, 2 * end);
    y = y >= end ? y - 2 * end : y < -end ? y + 2 * end : y;
  }
  return (int64_t)y;
}

static void check_integer(float x)
{
  static const int widths[] = {8, 32, 64};
  for (int w = 0; w < 3; w++)
    for (int rounding = 0; rounding < 4; rounding++)
      for (int saturate = 0; saturate < 2; saturate++) {
        const int64_t got =
            num_int_from_f32(x, (enum rounding)rounding, (unsigned)widths[w], saturate);
        const int64_t expected =
            integer_by_long_double(x, (enum rounding)rounding, widths[w], saturate);
        if (got != expected)
          T_FAIL("%a (%08x) to i%d, %s%s: %lld, not %lld", x, num_bits(x), widths[w],
                 rounding_names[rounding], saturate ? ".s" : "", (long long)got,
                 (long long)expected);
      }
}

T_TEST(num, every_bf16_and_its_neighbours_to_integers)
{
  for (uint32_t h = 0; h <= 0xffff; h++)
    for (uint32_t step = 0; step < 3; step++)
      check_integer(num_f32((h << 16) + step - 1));
}

T_TEST(num, halves_to_integers)
{
  for (int i = -70000; i <= 70000; i++)
    for (int step = -1; step <= 1; step++)
      check_integer(num_f32(num_bits((float)i / 2) + (uint32_t)step));
}

T_TEST(num, random_f32_to_integers)
{
  for (int i = 0; i < ROUNDS / 30; i++)
    check_integer(num_f32(random_f32()));
}

/* --- integers to f32, wrapping, saturation --------------------------------------------------- */

T_TEST(num, integers_to_f32)
{
  for (int i = -128; i < 128; i++)
    T_EQ(num_f32_from_i32(i), i);
  for (int i = 0; i < ROUNDS; i++) {
    const int64_t x = (int64_t)random_bits() >> (i % 64);
    /* Nearest even by hand: the 24 leading bits and what is below them. */
    const uint64_t m = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    const int cut = m >> 24 ? 40 - __builtin_clzll(m) : 0;
    const uint64_t rest = m & (((uint64_t)1 << cut) - 1), half = (uint64_t)1 << cut >> 1;
    uint64_t lead = m >> cut;
    lead += cut && (rest > half || (rest == half && lead % 2));
    const float expected = (float)ldexp((double)lead, cut);
    if (num_f32_from_i64(x) != (x < 0 ? -expected : expected))
      T_FAIL("%lld to f32: %a, not %a", (long long)x, num_f32_from_i64(x), expected);
  }
}

T_TEST(num, integers_wrap_and_saturate)
{
  T_EQ(num_add_i64(INT64_MAX, 1), INT64_MIN);
  T_EQ(num_sub_i64(INT64_MIN, 1), INT64_MAX);
  T_EQ(num_mul_i64(INT64_MIN, -1), INT64_MIN);
  T_EQ(num_add_i32(INT32_MAX, 1), INT32_MIN);
  T_EQ(num_sub_i32(INT32_MIN, 1), INT32_MAX);
  T_EQ(num_mul_i32(INT32_MIN, -1), INT32_MIN);
  T_EQ(num_mul_i32(65537, 65537), 131073);
  for (int i = -1000; i <= 1000; i++) {
    T_EQ(num_wrap((uint64_t)i, 8), (int8_t)(uint8_t)i);
    T_EQ(num_saturate(i, 8), i > 127 ? 127 : i < -128 ? -128 : i);
  }
  T_EQ(num_wrap(UINT64_MAX, 64), -1);
  T_EQ(num_saturate(INT64_MIN, 64), INT64_MIN);
  T_EQ(num_saturate(INT64_MAX, 32), INT32_MAX);
  T_EQ(num_saturate(INT64_MIN, 32), INT32_MIN);
  T_EQ_HEX(num_rotate_left(0x8000000000000001u, 0), 0x8000000000000001u);
  T_EQ_HEX(num_rotate_left(0x8000000000000001u, 1), 3);
  T_EQ_HEX(num_rotate_left(0x0123456789abcdefu, 60), 0xf0123456789abcdeu);
}

/* --- trits, reductions --------------------------------------------------------------------- */

T_TEST(num, trits)
{
  static const int value[4] = {0, 1, -1, 0};
  for (unsigned bits = 0; bits < 4; bits++)
    T_EQ(num_trit(bits), value[bits]);
  T_EQ(num_trit(0xfffffffd), 1); /* the bits above are another trit's */
  for (int64_t v = -3; v <= 3; v++)
    T_EQ(num_trit(num_trit_bits(v)), v < 0 ? -1 : v > 0);
  T_EQ(num_trit_bits(INT64_MIN), 2);
  for (int i = 0; i < ROUNDS / 100; i++) {
    const uint64_t trits = random_bits();
    int net = 0, nonzero = 0;
    for (int j = 0; j < 32; j++) {
      net += value[trits >> 2 * j & 3];
      nonzero += value[trits >> 2 * j & 3] != 0;
    }
    T_EQ(num_trits_net(trits), net);
    T_EQ(num_trits_nonzero(trits), nonzero);
  }
}

T_TEST(num, reductions)
{
  const float a = -1.5f, b = 2.25f;
  const uint32_t ua = num_bits(a), ub = num_bits(b);
  T_EQ_HEX(num_bits(num_reduce_f32(RED_sum, a, b)), num_bits(0.75f));
  T_EQ_HEX(num_bits(num_reduce_f32(RED_max, a, b)), ub);
  T_EQ_HEX(num_bits(num_reduce_f32(RED_min, a, b)), ua);
  T_EQ_HEX(num_bits(num_reduce_f32(RED_and, a, b)), ua & ub);
  T_EQ_HEX(num_bits(num_reduce_f32(RED_or, a, b)), ua | ub);
  T_EQ_HEX(num_bits(num_reduce_f32(RED_xor, a, b)), ua ^ ub);
  const int64_t x = -5, y = INT64_MAX;
  T_EQ(num_reduce_i64(RED_sum, 5, y), INT64_MIN + 4);
  T_EQ(num_reduce_i64(RED_max, x, y), y);
  T_EQ(num_reduce_i64(RED_min, x, y), x);
  T_EQ(num_reduce_i64(RED_and, x, 12), 8);
  T_EQ(num_reduce_i64(RED_or, x, 4), -1);
  T_EQ(num_reduce_i64(RED_xor, x, x), 0);
  T_EQ(num_reduce_i32(RED_sum, INT32_MAX, 1), INT32_MIN);
  T_EQ(num_reduce_i32(RED_max, -1, INT32_MIN), -1);
  T_EQ(num_reduce_i32(RED_min, -1, INT32_MIN), INT32_MIN);
  T_EQ(num_reduce_i32(RED_xor, -1, 0x0f), ~0x0f);
}
