/* Quantised rows: see blocks.h. Products of a f16 scale with small integers are exact in f32; the
 * one operation that may round is the subtraction of a Q4_K block's minimum. */
#include "models/blocks.h"

#include <string.h>

float f32_from_f16(uint16_t h)
{
  uint32_t sign = (uint32_t)(h >> 15) << 31;
  uint32_t exponent = h >> 10 & 31, fraction = h & 1023;
  if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  uint32_t bits = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | fraction << 13;
  float out;
  memcpy(&out, &bits, sizeof out);
  return out;
}

static float f16_at(const uint8_t *in)
{
  return f32_from_f16((uint16_t)(in[0] | in[1] << 8));
}

/* Bytes 0..1: f16 d; 2..33: i8 q. Element j is d q[j]. */
static void q8_0(const uint8_t *in, float *out)
{
  float d = f16_at(in);
  for (int j = 0; j < 32; j++)
    out[j] = d * (float)(int8_t)in[2 + j];
}

/* Bytes 0..1: f16 d; 2..17: lower nibbles are elements 0..15, upper ones 16..31. Element: d (q - 8)
 */
static void q4_0(const uint8_t *in, float *out)
{
  float d = f16_at(in);
  for (int j = 0; j < 16; j++) {
    out[j] = d * (float)((in[2 + j] & 15) - 8);
    out[j + 16] = d * (float)((in[2 + j] >> 4) - 8);
  }
}

/* Scale and minimum of sub-block j of a Q4_K block, 6 bits each, out of 12 bytes:
 *
 *   byte      0..3                           4..7                         8..11
 *   bits 5..0 scale j                        minimum j                    3..0: scale j + 4, low
 * bits bits 7..6 scale j + 4, high bits         minimum j + 4, high bits     7..4: minimum j + 4,
 * low */
static void scale_and_minimum(const uint8_t *packed, int j, int *scale, int *minimum)
{
  if (j < 4) {
    *scale = packed[j] & 63;
    *minimum = packed[j + 4] & 63;
  } else {
    *scale = (packed[j + 4] & 15) | packed[j - 4] >> 6 << 4;
    *minimum = packed[j + 4] >> 4 | packed[j] >> 6 << 4;
  }
}

/* Bytes 0..1: f16 d; 2..3: f16 of the minima; 4..15: scales and minima of 8 sub-blocks of 32; then
 * 32 bytes for each pair of sub-blocks, the first in the lower nibbles. d scale q - dmin minimum */
static void q4_k(const uint8_t *in, float *out)
{
  float d = f16_at(in), dmin = f16_at(in + 2);
  for (int sub = 0; sub < 8; sub++, out += 32) {
    const uint8_t *q = in + 16 + sub / 2 * 32;
    int scale, minimum;
    scale_and_minimum(in + 4, sub, &scale, &minimum);
    float step = d * (float)scale, base = dmin * (float)minimum;
    for (int j = 0; j < 32; j++)
      out[j] = step * (float)(q[j] >> 4 * (sub & 1) & 15) - base;
  }
}

/* Bytes 0..127: lower 4 bits; 128..191: upper 2 bits; 192..207: i8 scales of 16 sub-blocks of 16;
 * 208..209: f16 d. Each half of 128 elements has 64 + 32 bytes; its element 32 k + j (k 0..3) has
 * its lower bits in byte 32 (k mod 2) + j (upper nibble for k >= 2), its upper bits in byte j at
 * bit 2 k. Element: d scale (q - 32) */
static void q6_k(const uint8_t *in, float *out)
{
  float d = f16_at(in + 208);
  for (int i = 0; i < 256; i++) {
    int half = i / 128, k = i % 128 / 32, j = i % 32;
    int low = in[half * 64 + k % 2 * 32 + j] >> 4 * (k / 2) & 15;
    int high = in[128 + half * 32 + j] >> 2 * k & 3;
    out[i] = d * (float)(int8_t)in[192 + i / 16] * (float)((low | high << 4) - 32);
  }
}

static const struct {
  struct block_shape shape;
  void (*convert)(const uint8_t *in, float *out);
} kinds[] = {
    [TENSOR_F32] = {{1, 4}, NULL},      [TENSOR_BF16] = {{1, 2}, NULL},
    [TENSOR_F16] = {{1, 2}, NULL},      [TENSOR_T2] = {{0, 0}, NULL},
    [TENSOR_Q8_0] = {{32, 34}, q8_0},   [TENSOR_Q4_0] = {{32, 18}, q4_0},
    [TENSOR_Q4_K] = {{256, 144}, q4_k}, [TENSOR_Q6_K] = {{256, 210}, q6_k},
    [TENSOR_RANDOM] = {{0, 0}, NULL},
};

struct block_shape block_shape(enum tensor_type type)
{
  return kinds[type].shape;
}

void blocks_f32(enum tensor_type type, const uint8_t *in, int64_t blocks, float *out)
{
  for (int64_t b = 0; b < blocks; b++) {
    kinds[type].convert(in, out);
    in += kinds[type].shape.bytes;
    out += kinds[type].shape.elements;
  }
}
