/* Numbers: the scalar arithmetic that simulator, reference and RTL share, defined to the bit
 * (architecture, section 2, "Element types").
 *
 *   f32   IEEE 754 binary32, round to nearest even, subnormals kept. Every result that is not a
 *         number is the one canonical NaN, 0x7fc00000, whatever came in.
 *   bf16  the upper half of an f32; storage only
 *   i64 i32 i8   two's complement, wrapping
 *   t2    a trit in two bits: 00 = 0, 01 = +1, 10 = -1; 11 counts as 0
 *
 * What is here is either integer arithmetic or one correctly rounded host operation, so nothing
 * depends on the host, its vector width or the optimisation level. What would make it depend on
 * compiler flags is refused below; contraction is ruled out by the Makefile (-ffp-contract=off)
 * and by a test.
 *
 * Everything but the special functions is inline and free of branches where it can be: the dense
 * pipe (sim/pipe_d_lanes.c) applies these same functions to lanes and the compiler turns them into
 * vector code.
 */
#ifndef VTPU_ISA_NUM_H
#define VTPU_ISA_NUM_H

#include "isa/isa.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "isa/num.h: results are defined to the bit; build without -ffast-math"
#endif
#if FLT_EVAL_METHOD != 0
#error "isa/num.h: float must be evaluated as float (use SSE arithmetic: -mfpmath=sse)"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define NUM_INLINE static inline __attribute__((always_inline))

#define NUM_F32_NAN  0x7fc00000u
#define NUM_BF16_NAN 0x7fc0u

/* --- f32 ----------------------------------------------------------------------------------- */

NUM_INLINE uint32_t num_bits(float x)
{
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

NUM_INLINE float num_f32(uint32_t bits)
{
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

NUM_INLINE bool num_is_nan(float x)
{
  return x != x;
}

/* Every not-a-number becomes the canonical one. */
NUM_INLINE float num_canonical(float x)
{
  return num_is_nan(x) ? num_f32(NUM_F32_NAN) : x;
}

NUM_INLINE float num_add(float a, float b)
{
  return num_canonical(a + b);
}
NUM_INLINE float num_sub(float a, float b)
{
  return num_canonical(a - b);
}
NUM_INLINE float num_mul(float a, float b)
{
  return num_canonical(a * b);
}
/* a * b + c, rounded once. */
NUM_INLINE float num_fma(float a, float b, float c)
{
  return num_canonical(__builtin_fmaf(a, b, c));
}

/* An integer whose order is that of the numbers, with -0 just below +0. Not for NaN. */
NUM_INLINE int32_t num_order(float x)
{
  int32_t bits = (int32_t)num_bits(x);
  return bits ^ ((bits >> 31) & INT32_MAX);
}

/* Larger and smaller: a NaN on either side propagates; -0 < +0. */
NUM_INLINE float num_max(float a, float b)
{
  uint32_t larger = num_order(a) > num_order(b) ? num_bits(a) : num_bits(b);
  return num_f32(num_is_nan(a) || num_is_nan(b) ? NUM_F32_NAN : larger);
}

NUM_INLINE float num_min(float a, float b)
{
  uint32_t smaller = num_order(a) < num_order(b) ? num_bits(a) : num_bits(b);
  return num_f32(num_is_nan(a) || num_is_nan(b) ? NUM_F32_NAN : smaller);
}

/* DCMP.un */
NUM_INLINE bool num_unordered(float a, float b)
{
  return num_is_nan(a) || num_is_nan(b);
}
/* DCMP.sign: -1, 0, +1; 0 for equal and for unordered. */
NUM_INLINE float num_sign(float a, float b)
{
  return (float)((a > b) - (a < b));
}

/* --- bf16 ---------------------------------------------------------------------------------- */

NUM_INLINE float num_f32_from_bf16(uint16_t bits)
{
  return num_canonical(num_f32((uint32_t)bits << 16));
}

/* Round to nearest even; overflow goes to infinity by the carry. */
NUM_INLINE uint16_t num_bf16_from_f32(float x)
{
  uint32_t bits = num_bits(x);
  uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  return (uint16_t)(num_is_nan(x) ? NUM_BF16_NAN : rounded);
}

/* --- integers ------------------------------------------------------------------------------ */

NUM_INLINE int64_t num_add_i64(int64_t a, int64_t b)
{
  return (int64_t)((uint64_t)a + (uint64_t)b);
}
NUM_INLINE int64_t num_sub_i64(int64_t a, int64_t b)
{
  return (int64_t)((uint64_t)a - (uint64_t)b);
}
NUM_INLINE int64_t num_mul_i64(int64_t a, int64_t b)
{
  return (int64_t)((uint64_t)a * (uint64_t)b);
}
NUM_INLINE int32_t num_add_i32(int32_t a, int32_t b)
{
  return (int32_t)((uint32_t)a + (uint32_t)b);
}
NUM_INLINE int32_t num_sub_i32(int32_t a, int32_t b)
{
  return (int32_t)((uint32_t)a - (uint32_t)b);
}
NUM_INLINE int32_t num_mul_i32(int32_t a, int32_t b)
{
  return (int32_t)((uint32_t)a * (uint32_t)b);
}

NUM_INLINE uint64_t num_rotate_left(uint64_t x, unsigned amount)
{
  return x << (amount & 63) | x >> (-amount & 63);
}

/* The low `width` bits of a value, as a signed number; width 1..64. */
NUM_INLINE int64_t num_wrap(uint64_t value, unsigned width)
{
  return (int64_t)(value << (64 - width)) >> (64 - width);
}

/* The nearest value that `width` bits hold. */
NUM_INLINE int64_t num_saturate(int64_t value, unsigned width)
{
  int64_t most = INT64_MAX >> (64 - width);
  return value > most ? most : value < -most - 1 ? -most - 1 : value;
}

/* --- f32 and integers ---------------------------------------------------------------------- */

/* Round to nearest even (one host conversion). */
NUM_INLINE float num_f32_from_i64(int64_t x)
{
  return (float)x;
}
NUM_INLINE float num_f32_from_i32(int32_t x)
{
  return (float)x;
}

/* x rounded to an integer and then, in `width` bits, saturated or taken modulo 2^width (exactly,
 * however large x is). NaN gives 0; an infinity the end of the range, without saturation 0. */
int64_t num_int_from_f32(float x, enum rounding rounding, unsigned width, bool saturate);

/* --- t2 ------------------------------------------------------------------------------------ */

/* Value of a trit's two bits: 0, +1, -1, 0. */
NUM_INLINE int num_trit(unsigned bits)
{
  return (int)(bits & 1) - (int)(bits >> 1 & 1);
}

/* The trit nearest to an integer: a t2 result always saturates. */
NUM_INLINE unsigned num_trit_bits(int64_t value)
{
  return value > 0 ? 1 : value < 0 ? 2 : 0;
}

/* Number of +1 less number of -1 among 32 trits. */
NUM_INLINE int num_trits_net(uint64_t trits)
{
  const uint64_t low = 0x5555555555555555u;
  return __builtin_popcountll(trits & ~(trits >> 1) & low) -
         __builtin_popcountll((trits >> 1) & ~trits & low);
}

/* Number of +1 and -1 among 32 trits. */
NUM_INLINE int num_trits_nonzero(uint64_t trits)
{
  return __builtin_popcountll((trits ^ trits >> 1) & 0x5555555555555555u);
}

/* --- folding two values into one (DRED, CREDUCE); mode is a RED_* of isa/modes.def -------- */

NUM_INLINE float num_reduce_f32(unsigned mode, float a, float b)
{
  switch (mode) {
  case RED_sum: return num_add(a, b);
  case RED_max: return num_max(a, b);
  case RED_min: return num_min(a, b);
  case RED_and: return num_f32(num_bits(a) & num_bits(b));
  case RED_or: return num_f32(num_bits(a) | num_bits(b));
  default: return num_f32(num_bits(a) ^ num_bits(b));
  }
}

NUM_INLINE int64_t num_reduce_i64(unsigned mode, int64_t a, int64_t b)
{
  switch (mode) {
  case RED_sum: return num_add_i64(a, b);
  case RED_max: return a > b ? a : b;
  case RED_min: return a < b ? a : b;
  case RED_and: return a & b;
  case RED_or: return a | b;
  default: return a ^ b;
  }
}

NUM_INLINE int32_t num_reduce_i32(unsigned mode, int32_t a, int32_t b)
{
  return (int32_t)num_reduce_i64(mode, a, b);
}

/* --- special functions (isa/num_special.c) ------------------------------------------------- */

/* Each is within 1 ulp of the correctly rounded result for every f32, subnormal arguments and
 * results included, and is computed in integers alone: ROM, cubic, one rounding (widths in
 * isa/num_special.c). Measured over all 2^32 arguments: at most 0.5142, 0.5181 and 0.5162 ulp from
 * the exact value; monotonic throughout.
 *
 *   num_exp2  2^x. NaN: NaN; from 128: +inf; below -150: +0; exact for integers
 *   num_rcp   1/x. NaN: NaN; +-0: +-inf; +-inf: +-0; exact for powers of two
 *   num_rsq   1/sqrt(x). NaN and x < 0: NaN; +-0: +-inf; +inf: +0; exact for powers of four */
float num_exp2(float x);
float num_rcp(float x);
float num_rsq(float x);

#ifdef __cplusplus
}
#endif
#endif
