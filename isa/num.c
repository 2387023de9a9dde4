/* Numbers: conversion of f32 to integers (isa/num.h). */
#include "isa/num.h"

/* x = (-1)^sign * m * 2^shift with a significand m of 24 bits. A shift to the left only drops
 * bits beyond 2^64, which no modulus keeps; a shift to the right leaves the remainder `rest` that
 * the rounding looks at. */
int64_t num_int_from_f32(float x, enum rounding rounding, unsigned width, bool saturate)
{
  uint32_t bits = num_bits(x);
  bool negative = bits >> 31;
  int exponent = bits >> 23 & 255;
  uint64_t m = bits & 0x7fffff;
  const uint64_t limit = (uint64_t)1 << (width - 1);

  if (exponent == 255) {
    if (m || !saturate)
      return 0;
    return negative ? (int64_t)(0 - limit) : (int64_t)(limit - 1);
  }
  if (exponent)
    m |= 0x800000;
  else
    exponent = 1;
  int shift = exponent - 150;
  uint64_t whole; /* of |x|, modulo 2^64 */
  if (shift >= 0) {
    whole = shift < 64 ? m << shift : 0;
  } else {
    int right = shift < -26 ? 26 : -shift; /* from 26 on, all that is left is below a half */
    uint64_t rest = m & (((uint64_t)1 << right) - 1), half = (uint64_t)1 << (right - 1);
    whole = m >> right;
    switch (rounding) {
    case ROUND_EVEN: whole += rest > half || (rest == half && (whole & 1)); break;
    case ROUND_AWAY: whole += rest >= half; break;
    case ROUND_ZERO: break;
    case ROUND_FLOOR: whole += negative && rest; break;
    }
  }
  if (saturate) {
    /* 24 significant bits and a shift of 40 make 2^63 or more. */
    if (shift >= 40 || whole > limit - !negative)
      whole = limit - !negative;
  }
  return num_wrap(negative ? 0 - whole : whole, width);
}
