/* DEXP2, DRCP and DRSQ in vectors of AVX2, at DLEN 512: part of sim/pipe_d_avx2.h. The same steps
 * as in isa/num_special.c (its widths hold here), eight lanes at a time:
 *
 *   - Of the cubic's value y, 2^32 plus a fraction f for 2^x, or 2f of 2^33 for the other two, only
 *     the lower 32 bits are computed. Likewise of each step (p * t >> w), which fits in 32 bits; so
 *     that p * t, of 64 bits, may be shifted as if it were unsigned.
 *   - What is rounded at the end is made a double, exactly, whose conversion to f32 is that
 *     rounding: to nearest even, with subnormals, and infinity where it is too large.
 *
 * A register with a lane that is none of the ordinary cases is left to the lanes' definition.
 */
#include "isa/num_tables.h"

INLINE __m256i gather_words(const int32_t *rom, __m256i index)
{
  return _mm256_i32gather_epi32(rom, index, 8); /* rows of 24 bytes, index in eights */
}

/* The lower 32 bits of the cubic of a segment at t / 2^w. */
INLINE __m256i cubic_at(const struct cubic *rom, __m256i segment, __m256i t, int w)
{
  const __m256i at = _mm256_add_epi32(segment, _mm256_slli_epi32(segment, 1));
  const __m256i t_odd = _mm256_srli_epi64(t, 32);
  const int32_t *const c[] = {(const int32_t *)(const void *)&rom->c0, &rom->c1, &rom->c2};
  __m256i p = gather_words(&rom->c3, at);
  for (int k = 2; k >= 0; k--) {
    const __m256i even = _mm256_mul_epi32(p, t);
    const __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(p, 32), t_odd);
    const __m256i step =
        _mm256_blend_epi32(_mm256_srli_epi64(even, w), _mm256_slli_epi64(odd, 32 - w), 0xaa);
    p = _mm256_add_epi32(gather_words(c[k], at), step);
  }
  return p;
}

/* (1 + fraction / 2^32) * 2^exponent, rounded. */
INLINE __m256 rounded_ps(__m256i exponent, __m256i fraction)
{
  const __m256i biased = _mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(1023)), 20);
  const __m256i upper = _mm256_or_si256(biased, _mm256_srli_epi32(fraction, 12));
  const __m256i lower = _mm256_slli_epi32(fraction, 20);
  /* lanes 0 1 4 5 and 2 3 6 7 */
  const __m128 a = _mm256_cvtpd_ps(_mm256_castsi256_pd(_mm256_unpacklo_epi32(lower, upper)));
  const __m128 b = _mm256_cvtpd_ps(_mm256_castsi256_pd(_mm256_unpackhi_epi32(lower, upper)));
  const __m256d both = _mm256_castps_pd(_mm256_set_m128(b, a));
  return _mm256_castpd_ps(_mm256_permute4x64_pd(both, 0xd8));
}

/* The lower words of floor(x * 2^30). As integers in doubles these are exact, and 1.5 * 2^52 on top
 * leaves them in the lowest bits. */
INLINE __m256i fixed_30(__m256 x)
{
  const __m256d shift = _mm256_set1_pd(0x1p30), top = _mm256_set1_pd(0x1.8p52);
  __m256 words[2];
  for (int i = 0; i < 2; i++) {
    const __m128 four = i ? _mm256_extractf128_ps(x, 1) : _mm256_castps256_ps128(x);
    const __m256d fixed = _mm256_floor_pd(_mm256_mul_pd(_mm256_cvtps_pd(four), shift));
    words[i] = _mm256_castpd_ps(_mm256_add_pd(fixed, top));
  }
  const __m256i mixed = _mm256_castps_si256(_mm256_shuffle_ps(words[0], words[1], 0x88));
  return _mm256_permute4x64_epi64(mixed, 0xd8);
}

/* From 200 on 2^x is infinite, up to -200 it is 0. */
INLINE bool host_DEXP2_f32(regs r, const struct d_op *op, enum d_lanes how)
{
  (void)how;
  size_t at = op->row1;
  __m256 x[2] = {load_ps(r, &at, 0), load_ps(r, &at, 1)};
  const __m256 nan = _mm256_cmp_ps(x[0], x[1], _CMP_UNORD_Q);
  if (!_mm256_testz_ps(nan, nan))
    return false;
  for (int i = 0; i < 2; i++) {
    x[i] = _mm256_max_ps(_mm256_min_ps(x[i], _mm256_set1_ps(200)), _mm256_set1_ps(-200));
    const __m256i fixed = fixed_30(x[i]);
    const __m256i segment = _mm256_and_si256(_mm256_srli_epi32(fixed, 24), _mm256_set1_epi32(63));
    const __m256i t = _mm256_and_si256(fixed, _mm256_set1_epi32(0xffffff));
    x[i] =
        rounded_ps(_mm256_cvttps_epi32(_mm256_floor_ps(x[i])), cubic_at(exp2_rom, segment, t, 24));
  }
  store_bytes(r, op->row, _mm256_castps_si256(x[0]), _mm256_castps_si256(x[1]));
  return true;
}

/* Whether every lane is a normal number, and positive if asked. */
INLINE bool all_normal(const __m256i bits[2], bool positive)
{
  __m256i other = _mm256_setzero_si256();
  for (int i = 0; i < 2; i++) {
    const __m256i b = positive ? bits[i] : _mm256_and_si256(bits[i], _mm256_set1_epi32(INT32_MAX));
    other = _mm256_or_si256(other, _mm256_cmpgt_epi32(_mm256_set1_epi32(0x00800000), b));
    other = _mm256_or_si256(other, _mm256_cmpgt_epi32(b, _mm256_set1_epi32(0x7f7fffff)));
  }
  return _mm256_testz_si256(other, other);
}

/* y * 2^(exponent - 32), y in (2^31, 2^32], of which the lower 32 bits are given. */
INLINE __m256 rounded_half(__m256i exponent, __m256i y)
{
  const __m256i whole = _mm256_cmpeq_epi32(y, _mm256_setzero_si256()); /* y = 2^32 */
  const __m256i lower = _mm256_add_epi32(exponent, _mm256_set1_epi32(-1));
  return rounded_ps(_mm256_sub_epi32(lower, whole), _mm256_slli_epi32(y, 1));
}

INLINE bool host_DRCP_f32(regs r, const struct d_op *op, enum d_lanes how)
{
  (void)how;
  size_t at = op->row1;
  const __m256i bits[2] = {load_bytes(r, &at, 0), load_bytes(r, &at, 1)};
  __m256 x[2];
  if (!all_normal(bits, false))
    return false;
  for (int i = 0; i < 2; i++) {
    const __m256i sign = _mm256_and_si256(bits[i], _mm256_set1_epi32(INT32_MIN));
    const __m256i magnitude = _mm256_xor_si256(bits[i], sign);
    const __m256i segment = _mm256_and_si256(_mm256_srli_epi32(bits[i], 17), _mm256_set1_epi32(63));
    const __m256i t = _mm256_and_si256(bits[i], _mm256_set1_epi32(0x1ffff));
    const __m256i exponent =
        _mm256_sub_epi32(_mm256_set1_epi32(127), _mm256_srli_epi32(magnitude, 23));
    x[i] = _mm256_or_ps(rounded_half(exponent, cubic_at(rcp_rom, segment, t, 17)),
                        _mm256_castsi256_ps(sign));
  }
  store_bytes(r, op->row, _mm256_castps_si256(x[0]), _mm256_castps_si256(x[1]));
  return true;
}

/* An odd exponent goes into the significand, as the upper half of the table: bit 23 of f32's bias
 * is set for an even one. */
INLINE bool host_DRSQ_f32(regs r, const struct d_op *op, enum d_lanes how)
{
  (void)how;
  size_t at = op->row1;
  const __m256i bits[2] = {load_bytes(r, &at, 0), load_bytes(r, &at, 1)};
  __m256 x[2];
  if (!all_normal(bits, true))
    return false;
  for (int i = 0; i < 2; i++) {
    const __m256i other = _mm256_xor_si256(bits[i], _mm256_set1_epi32(0x00800000));
    const __m256i segment = _mm256_and_si256(_mm256_srli_epi32(other, 17), _mm256_set1_epi32(127));
    const __m256i t = _mm256_and_si256(bits[i], _mm256_set1_epi32(0x1ffff));
    const __m256i down = _mm256_sub_epi32(_mm256_srli_epi32(bits[i], 23), _mm256_set1_epi32(127));
    const __m256i exponent = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_srai_epi32(down, 1));
    x[i] = rounded_half(exponent, cubic_at(rsq_rom, segment, t, 17));
  }
  store_bytes(r, op->row, _mm256_castps_si256(x[0]), _mm256_castps_si256(x[1]));
  return true;
}
