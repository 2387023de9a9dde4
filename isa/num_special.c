/* Numbers: 2^x, 1/x and 1/sqrt(x) of f32 in integer arithmetic, the definition of DEXP2, DRCP and
 * DRSQ for simulator and RTL.
 *
 * All three bring their argument to one range, read a segment's four coefficients from a ROM
 * (isa/num_tables.py; the same words are in rtl/gen/num_tables.vh), evaluate a cubic by Horner's
 * rule, and round once. Widths in bits:
 *
 *            segment   position t   y = function value, 32 fraction bits
 *     exp2   6         w = 24       2^f,        f in [0, 1)      [2^32, 2^33)
 *     rcp    6         w = 17       1/m,        m in [1, 2)      (2^31, 2^32]
 *     rsq    1 + 6     w = 17       1/sqrt(m),  m in [1, 4)      (2^31, 2^32]
 *
 *     c3 16 signed ---- * t >> w ---- + c2 22 signed ---- * t >> w ---- + c1 28 signed
 *                                   ---- * t >> w ---- + c0 33 unsigned = y 34 unsigned
 *
 * t is unsigned; each shift drops bits (floor), so a stage loses less than 2^-32. The widest
 * product, 28 by 24 bits, has 52. The cubic itself is off by less than 2^-32; y is therefore
 * within 2^-30 of the truth, 2^-6 of a unit in the last place of the result, and the final
 * rounding (num_round below) to nearest even makes it 0.52 ulp at the most.
 */
#include "isa/num.h"

#include "isa/num_tables.h"

/* c0 + c1 u + c2 u^2 + c3 u^3 at u = t / 2^w. */
static uint64_t cubic_at(const struct cubic *c, int64_t t, int w)
{
  int64_t p = c->c3;
  p = c->c2 + (p * t >> w);
  p = c->c1 + (p * t >> w);
  return (uint64_t)(c->c0 + (p * t >> w));
}

/* y * 2^(exponent - 32), y in (2^31, 2^33], as an f32: round to nearest even, gradual underflow,
 * overflow to infinity. The hidden bit is added to the exponent field, so that a carry out of the
 * significand lands where it belongs, from subnormal to normal too. */
static float num_round(uint32_t sign, int exponent, uint64_t y)
{
  if (y < (uint64_t)1 << 32) {
    y <<= 1;
    exponent--;
  }
  if (exponent > 127)
    return num_f32(sign | 0x7f800000u);
  int right = 9; /* 32 fraction bits to 23 */
  if (exponent < -126) {
    right += exponent < -152 ? 26 : -126 - exponent;
    exponent = -126;
  }
  uint64_t rest = y & (((uint64_t)1 << right) - 1), half = (uint64_t)1 << (right - 1);
  uint64_t m = y >> right;
  m += rest > half || (rest == half && (m & 1));
  return num_f32(sign | (((uint32_t)(exponent + 126) << 23) + (uint32_t)m));
}

float num_exp2(float x)
{
  uint32_t bits = num_bits(x);
  int exponent = bits >> 23 & 255;
  int64_t m = bits & 0x7fffff;
  if (num_is_nan(x))
    return num_f32(NUM_F32_NAN);
  if (exponent >= 127 + 8) /* |x| >= 256 */
    return bits >> 31 ? 0.0f : num_f32(0x7f800000u);
  m |= exponent ? 0x800000 : 0;
  m = bits >> 31 ? -m : m;
  /* x = m * 2^(exponent - 150) in fixed point with 30 fraction bits, rounded down. What is cut
   * off moves the result by less than 2^-30 of itself. */
  int shift = exponent - 120;
  int64_t fixed = shift >= 0 ? m * ((int64_t)1 << shift) : m >> (shift < -32 ? 32 : -shift);
  const struct cubic *c = &exp2_rom[fixed >> 24 & 63];
  return num_round(0, (int)(fixed >> 30), cubic_at(c, fixed & 0xffffff, 24));
}

/* x = m * 2^(exponent - 23) with bit 23 of m set, for x finite and not 0. */
static uint32_t normalise(uint32_t bits, int *exponent)
{
  uint32_t m = bits & 0x7fffff;
  int e = bits >> 23 & 255;
  if (e) {
    *exponent = e - 127;
    return m | 0x800000;
  }
  int left = __builtin_clz(m) - 8;
  *exponent = -126 - left;
  return m << left;
}

float num_rcp(float x)
{
  uint32_t bits = num_bits(x), sign = bits & 0x80000000u, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return num_f32(NUM_F32_NAN);
  if (magnitude == 0x7f800000)
    return num_f32(sign);
  if (magnitude == 0)
    return num_f32(sign | 0x7f800000u);
  int exponent;
  uint32_t m = normalise(bits, &exponent);
  return num_round(sign, -exponent, cubic_at(&rcp_rom[m >> 17 & 63], m & 0x1ffff, 17));
}

float num_rsq(float x)
{
  uint32_t bits = num_bits(x), magnitude = bits & 0x7fffffff;
  if (magnitude == 0)
    return num_f32(bits | 0x7f800000u);
  if (bits >> 31 || magnitude > 0x7f800000)
    return num_f32(NUM_F32_NAN);
  if (magnitude == 0x7f800000)
    return 0.0f;
  int exponent;
  uint32_t m = normalise(bits, &exponent);
  /* An odd exponent moves into the significand: x = m * 2^exponent with m in [1, 4). */
  int odd = exponent & 1;
  const struct cubic *c = &rsq_rom[odd << 6 | (m >> 17 & 63)];
  return num_round(0, -((exponent - odd) >> 1), cubic_at(c, m & 0x1ffff, 17));
}
