/* DCVT in vectors of AVX2, at DLEN 512, for what inference does most: 16 lanes from bf16, i8 or i32
 * to f32, and from f32 to bf16 or, saturated, i8. Part of sim/pipe_d_convert.h; what is not known
 * here goes its general way. host_DCVT gives the function of a source type, NULL if there is none.
 */
#ifdef __AVX2__

/* Eight lanes of half i of the source as f32: a row, or its part k. */
INLINE __m256 source_ps(regs r, const struct d_op *op, enum elem from, int i)
{
  const uint8_t *row = d_row(r, op->row1);
  switch (from) {
  case ELEM_F32: return _mm256_load_ps((const f32 *)(const void *)row + 8 * i);
  case ELEM_I32:
    return _mm256_cvtepi32_ps(_mm256_load_si256((const __m256i *)(const void *)row + i));
  case ELEM_BF16: {
    const void *part = row + 32 * op->k + 16 * i;
    return lower_bf16(_mm256_cvtepu16_epi32(_mm_load_si128(part)));
  }
  default: {
    const void *part = row + 16 * op->k + 8 * i;
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(part)));
  }
  }
}

/* Part k of rd, rounded to nearest even. */
INLINE void store_bf16(regs r, const struct d_op *op, __m256 x[2])
{
  __m256i v[2];
  replace_nan(x, num_f32(NUM_F32_NAN));
  for (int i = 0; i < 2; i++) {
    const __m256i bits = _mm256_castps_si256(x[i]);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i half_less = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    v[i] = _mm256_srli_epi32(_mm256_add_epi32(bits, half_less), 16);
  }
  const __m256i all = _mm256_permute4x64_epi64(_mm256_packus_epi32(v[0], v[1]), 0xd8);
  _mm256_store_si256((__m256i *)(void *)(d_row(r, op->row) + 32 * op->k), all);
}

/* Part k of rd, saturated, rounded to even or away from zero. The conversion makes the least i32 of
 * what is below it; only numbers above have to be kept off. Almost a half, added away from zero,
 * takes a half and no less to the next integer. */
INLINE void store_i8(regs r, const struct d_op *op, __m256 x[2], bool away)
{
  const __m256 sign = _mm256_set1_ps(-0.0f), almost_half = _mm256_set1_ps(0x1.fffffep-2f);
  __m256i v[2];
  replace_nan(x, 0);
  for (int i = 0; i < 2; i++) {
    const __m256 y = _mm256_min_ps(x[i], _mm256_set1_ps(INT8_MAX));
    const __m256 beyond = _mm256_or_ps(_mm256_and_ps(y, sign), almost_half);
    v[i] = away ? _mm256_cvttps_epi32(_mm256_add_ps(y, beyond)) : _mm256_cvtps_epi32(y);
  }
  const __m256i words = _mm256_packs_epi32(v[0], v[1]);
  const __m128i bytes =
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_store_si128((__m128i *)(void *)(d_row(r, op->row) + 16 * op->k),
                  _mm_shuffle_epi32(bytes, 0xd8));
}

/* From a type, every lane with its own scale (or none), or all with one. */
#define HOST_CONVERT(from, how)                                                                    \
  static void host_DCVT_##from##_##how(regs r, const struct d_op *op, unsigned bytes)              \
  {                                                                                                \
    const uint8_t *row2 = d_row(r, op->row2);                                                      \
    const f32 *scale = op->scaled ? (const f32 *)(const void *)row2 : ones;                        \
    const bool quantise = op->type2 == ELEM_I8 && op->flag && op->round <= ROUND_AWAY;             \
    __m256 x[2];                                                                                   \
    if (ELEM_##from != ELEM_F32 ? op->type2 != ELEM_F32 : op->type2 != ELEM_BF16 && !quantise) {   \
      DCVT(r, op, bytes);                                                                          \
      return;                                                                                      \
    }                                                                                              \
    for (int i = 0; i < 2; i++)                                                                    \
      x[i] = _mm256_mul_ps(source_ps(r, op, ELEM_##from, i), LANES_##how == LANES_second           \
                                                                 ? broadcast_ps(r, op->row2)       \
                                                                 : _mm256_load_ps(scale + 8 * i)); \
    if (ELEM_##from != ELEM_F32)                                                                   \
      store_ps(r, op->row, x);                                                                     \
    else if (!quantise)                                                                            \
      store_bf16(r, op, x);                                                                        \
    else if (op->round == ROUND_AWAY)                                                              \
      store_i8(r, op, x, true);                                                                    \
    else                                                                                           \
      store_i8(r, op, x, false);                                                                   \
  }
HOST_CONVERT(F32, own)
HOST_CONVERT(F32, second)
HOST_CONVERT(BF16, own)
HOST_CONVERT(BF16, second)
HOST_CONVERT(I32, own)
HOST_CONVERT(I32, second)
HOST_CONVERT(I8, own)
HOST_CONVERT(I8, second)

/* NULL for another type. */
INLINE d_fn *host_DCVT(enum elem from, enum d_lanes how)
{
  const bool second = how == LANES_second;
  switch (from) {
  case ELEM_F32: return second ? host_DCVT_F32_second : host_DCVT_F32_own;
  case ELEM_BF16: return second ? host_DCVT_BF16_second : host_DCVT_BF16_own;
  case ELEM_I32: return second ? host_DCVT_I32_second : host_DCVT_I32_own;
  case ELEM_I8: return second ? host_DCVT_I8_second : host_DCVT_I8_own;
  default: return NULL;
  }
}

#else

INLINE d_fn *host_DCVT(enum elem from, enum d_lanes how)
{
  (void)from, (void)how;
  return NULL;
}

#endif
