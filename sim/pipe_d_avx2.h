/* The commonest dense operations in vectors of AVX2: part of sim/pipe_d_lanes.c, for its
 * compilations with AVX2 and with AVX-512, at DLEN 512 and for operands that are no broadcast or of
 * which only the second is one.
 *
 * host_NAME_T does the operation and returns true, or returns false, as it does in the compilation
 * without: then the lanes are gone over. The bits are those of the lanes' definition, in fewer
 * instructions than the compiler finds for it:
 *
 *   - A result that is not a number has to be made canonical, which is rare. One comparison looks
 *     for it in both vectors of a register.
 *   - Bytes are multiplied as pairs of 16-bit numbers (vpmaddwd), trits as pairs of bytes
 *     (vpmaddubsw). Neither can overflow or saturate here.
 *   - Rows are addressed as base + index, which costs nothing, where the compiler adds.
 */
#ifdef __AVX2__
#include <immintrin.h>

/* Half i (0 or 1) of the row that begins at `at`. The compiler must not see that both halves are at
 * one address: it would spend an addition on keeping it. */
INLINE void *half(regs r, size_t *at, int i)
{
  __asm__("" : "+r"(*at));
  return (uint8_t *)r + *at * ROW_UNIT + 32 * i;
}

INLINE __m256 load_ps(regs r, size_t *at, int i)
{
  return _mm256_load_ps(half(r, at, i));
}
INLINE __m256 broadcast_ps(regs r, size_t at)
{
  return _mm256_broadcast_ss((const f32 *)(const void *)d_row(r, (unsigned)at));
}
INLINE __m256i load_bytes(regs r, size_t *at, int i)
{
  return _mm256_load_si256(half(r, at, i));
}
INLINE void store_bytes(regs r, size_t at, __m256i x, __m256i y)
{
  _mm256_store_si256(half(r, &at, 0), x);
  _mm256_store_si256(half(r, &at, 1), y);
}

/* In both halves `value` for what is not a number. */
INLINE void replace_nan(__m256 x[2], float value)
{
  const __m256 either = _mm256_cmp_ps(x[0], x[1], _CMP_UNORD_Q), v = _mm256_set1_ps(value);
  if (__builtin_expect(_mm256_testz_ps(either, either), 1))
    return;
  x[0] = _mm256_blendv_ps(x[0], v, _mm256_cmp_ps(x[0], x[0], _CMP_UNORD_Q));
  x[1] = _mm256_blendv_ps(x[1], v, _mm256_cmp_ps(x[1], x[1], _CMP_UNORD_Q));
}

/* Stores both halves of a result, canonical. */
INLINE void store_ps(regs r, size_t at, __m256 x[2])
{
  replace_nan(x, num_f32(NUM_F32_NAN));
  store_bytes(r, at, _mm256_castps_si256(x[0]), _mm256_castps_si256(x[1]));
}

/* f32, from an expression over the vectors a, b, c of the sources. */
#define HOST_F32(name, expr)                                                                       \
  INLINE bool host_##name##_f32(regs r, const struct d_op *op, enum d_lanes how)                   \
  {                                                                                                \
    size_t at1 = op->row1, at2 = op->row2, at3 = op->row3;                                         \
    const bool second = how == LANES_second;                                                       \
    const __m256 lane = second ? broadcast_ps(r, op->row2) : _mm256_setzero_ps();                  \
    __m256 x[2];                                                                                   \
    for (int i = 0; i < 2; i++) {                                                                  \
      const __m256 a = load_ps(r, &at1, i), c = load_ps(r, &at3, i);                               \
      const __m256 b = second ? lane : load_ps(r, &at2, i);                                        \
      (void)c;                                                                                     \
      x[i] = expr;                                                                                 \
    }                                                                                              \
    store_ps(r, op->row, x);                                                                       \
    return true;                                                                                   \
  }
HOST_F32(DFMA, _mm256_fmadd_ps(a, b, c))
HOST_F32(DADD, _mm256_add_ps(a, b))
HOST_F32(DSUB, _mm256_sub_ps(a, b))
HOST_F32(DMUL, _mm256_mul_ps(a, b))

/* The bf16 of each lane as f32: those in the lower halves, those in the upper halves. What is not a
 * number after the first of two fused steps is none after the second. */
INLINE __m256 lower_bf16(__m256i x)
{
  return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16));
}
INLINE __m256 upper_bf16(__m256i x)
{
  return _mm256_castsi256_ps(_mm256_blend_epi16(_mm256_setzero_si256(), x, 0xaa));
}
INLINE bool host_DDOT_f32(regs r, const struct d_op *op, enum d_lanes how)
{
  size_t at1 = op->row1, at2 = op->row2, at3 = op->row3;
  const bool second = how == LANES_second;
  const __m256i lane =
      second ? _mm256_castps_si256(broadcast_ps(r, op->row2)) : _mm256_setzero_si256();
  __m256 x[2];
  for (int i = 0; i < 2; i++) {
    const __m256i w = load_bytes(r, &at1, i), v = second ? lane : load_bytes(r, &at2, i);
    x[i] = _mm256_fmadd_ps(lower_bf16(w), lower_bf16(v), load_ps(r, &at3, i));
    x[i] = _mm256_fmadd_ps(upper_bf16(w), upper_bf16(v), x[i]);
  }
  store_ps(r, op->row, x);
  return true;
}

/* The i8 of each 16 bits as i16: the even ones, the odd ones. Two products of i8 make at most 2^15.
 */
INLINE __m256i even_bytes(__m256i x)
{
  return _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
}
INLINE __m256i odd_bytes(__m256i x)
{
  return _mm256_srai_epi16(x, 8);
}
INLINE bool host_DDOT_i32(regs r, const struct d_op *op, enum d_lanes how)
{
  size_t at1 = op->row1, at2 = op->row2, at3 = op->row3;
  const bool second = how == LANES_second;
  const __m256i lane =
      second ? _mm256_castps_si256(broadcast_ps(r, op->row2)) : _mm256_setzero_si256();
  __m256i x[2];
  for (int i = 0; i < 2; i++) {
    const __m256i w = load_bytes(r, &at1, i), v = second ? lane : load_bytes(r, &at2, i);
    const __m256i even = _mm256_madd_epi16(even_bytes(w), even_bytes(v));
    const __m256i odd = _mm256_madd_epi16(odd_bytes(w), odd_bytes(v));
    x[i] = _mm256_add_epi32(_mm256_add_epi32(even, load_bytes(r, &at3, i)), odd);
  }
  store_bytes(r, op->row, x[0], x[1]);
  return true;
}

/* Byte k of a lane holds trits 4k to 4k + 3. From each half of a byte a table (vpshufb) makes 1
 * plus the first of its two trits, and another 1 plus the second: numbers from 0 to 2, as the
 * unsigned side of vpmaddubsw. They meet values 4k + j; what the ones add, the sum of all values,
 * is taken off. */
INLINE bool host_DTDOT_i32(regs r, const struct d_op *op, enum d_lanes how)
{
  (void)how;
  const __m256i first = _mm256_setr_epi8(1, 2, 0, 1, 1, 2, 0, 1, 1, 2, 0, 1, 1, 2, 0, 1, //
                                         1, 2, 0, 1, 1, 2, 0, 1, 1, 2, 0, 1, 1, 2, 0, 1);
  const __m256i other = _mm256_setr_epi8(1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1, //
                                         1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1);
  const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  size_t at1 = op->row1, at3 = op->row3;
  const __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)d_row(r, op->row2)));
  __m256i value[4], x[2];
  for (int j = 0; j < 4; j++) {
    const int quarter = 0x0c080400 + 0x01010101 * j; /* bytes j, 4 + j, 8 + j, 12 + j */
    value[j] = _mm256_shuffle_epi8(v, _mm256_set1_epi32(quarter));
  }
  __m256i all = _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_set1_epi8(1), v), ones);
  all = _mm256_hadd_epi32(all, all);
  all = _mm256_hadd_epi32(all, all);
  for (int i = 0; i < 2; i++) {
    const __m256i w = load_bytes(r, &at1, i), even = _mm256_and_si256(w, low);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi16(w, 4), low);
    __m256i a = _mm256_maddubs_epi16(_mm256_shuffle_epi8(first, even), value[0]);
    __m256i b = _mm256_maddubs_epi16(_mm256_shuffle_epi8(other, even), value[1]);
    a = _mm256_add_epi16(a, _mm256_maddubs_epi16(_mm256_shuffle_epi8(first, odd), value[2]));
    b = _mm256_add_epi16(b, _mm256_maddubs_epi16(_mm256_shuffle_epi8(other, odd), value[3]));
    const __m256i sum = _mm256_madd_epi16(_mm256_add_epi16(a, b), ones);
    x[i] = _mm256_add_epi32(_mm256_sub_epi32(sum, all), load_bytes(r, &at3, i));
  }
  store_bytes(r, op->row, x[0], x[1]);
  return true;
}

#include "sim/pipe_d_special_avx2.h"

#else

#define HOST_NONE(name)                                                                            \
  INLINE bool host_##name(regs r, const struct d_op *op, enum d_lanes how)                         \
  {                                                                                                \
    (void)r, (void)op, (void)how;                                                                  \
    return false;                                                                                  \
  }
HOST_NONE(DFMA_f32)
HOST_NONE(DADD_f32)
HOST_NONE(DSUB_f32)
HOST_NONE(DMUL_f32)
HOST_NONE(DDOT_f32)
HOST_NONE(DDOT_i32)
HOST_NONE(DTDOT_i32)
HOST_NONE(DEXP2_f32)
HOST_NONE(DRCP_f32)
HOST_NONE(DRSQ_f32)

#endif
