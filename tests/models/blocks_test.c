/* Quantised blocks: made by hand with values computed by hand, and by encoders of their own that
 * build each block from what every element means. */
#include "models/blocks.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SUPER = 256 };

static uint32_t seed = 1;
static uint32_t draw(uint32_t below)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % below;
}

/* f16 of m 2^e for a whole m below 2^11: normal, so m 2^e is at least 2^-14. */
static uint16_t f16_of(int m, int e)
{
  int sign = m < 0, magnitude = abs(m), exponent = e;
  while (magnitude < 1024) {
    magnitude *= 2;
    exponent--;
  }
  return (uint16_t)(sign << 15 | (exponent + 25) << 10 | (magnitude & 1023));
}

static void put_f16(uint8_t *to, int m, int e)
{
  uint16_t bits = f16_of(m, e);
  to[0] = (uint8_t)bits;
  to[1] = (uint8_t)(bits >> 8);
}

static void row(enum tensor_type type, const uint8_t *block, int elements, float *out)
{
  struct tensor t = {.type = type, .rows = 1, .cols = elements, .data = block};
  tensor_row_f32(&t, 0, out);
}

T_TEST(blocks, shapes)
{
  T_EQ(block_shape(TENSOR_Q8_0).bytes, 34);
  T_EQ(block_shape(TENSOR_Q4_0).bytes, 18);
  T_EQ(block_shape(TENSOR_Q4_K).bytes, 144);
  T_EQ(block_shape(TENSOR_Q6_K).bytes, 210);
  T_EQ(block_shape(TENSOR_Q6_K).elements, 256);
  T_EQ(block_shape(TENSOR_BF16).bytes, 2);
}

T_TEST(blocks, q8_0_by_hand)
{
  uint8_t block[34] = {0x00, 0x38}; /* 0.5 */
  float out[32];
  block[2] = 0x80;
  block[3] = 0xFF;
  block[4] = 3;
  block[33] = 0x7F;
  row(TENSOR_Q8_0, block, 32, out);
  T_CHECK(out[0] == -64.0f);
  T_CHECK(out[1] == -0.5f);
  T_CHECK(out[2] == 1.5f);
  T_CHECK(out[3] == 0.0f);
  T_CHECK(out[31] == 63.5f);
}

T_TEST(blocks, q4_0_by_hand)
{
  uint8_t block[18] = {0x00, 0xC0}; /* -2 */
  float out[32];
  memset(block + 2, 0x88, 16);
  block[2] = 0xF0;
  block[17] = 0x19;
  row(TENSOR_Q4_0, block, 32, out);
  T_CHECK(out[0] == 16.0f);   /* (0 - 8) * -2 */
  T_CHECK(out[16] == -14.0f); /* (15 - 8) * -2 */
  T_CHECK(out[15] == -2.0f);
  T_CHECK(out[31] == 14.0f);
  T_CHECK(out[1] == 0.0f && out[30] == 0.0f);
}

/* The second row of two is found behind the blocks of the first. */
T_TEST(blocks, rows_follow_each_other)
{
  uint8_t blocks[4 * 34] = {0};
  float out[64];
  for (int b = 0; b < 4; b++) {
    put_f16(blocks + 34 * b, 1, b);
    blocks[34 * b + 2] = 1;
  }
  struct tensor t = {.type = TENSOR_Q8_0, .rows = 2, .cols = 64, .data = blocks};
  tensor_row_f32(&t, 1, out);
  T_CHECK(out[0] == 4.0f && out[32] == 8.0f && out[1] == 0.0f);
}

/* Every scale and minimum by its place among the 12 bytes, one at a time. */
T_TEST(blocks, q4_k_by_hand)
{
  uint8_t block[144];
  float out[SUPER];
  memset(block, 0, sizeof block);
  put_f16(block, 1, 0);
  put_f16(block + 2, 1, -3);
  block[4] = 0x3F;            /* scale 0: 63 */
  block[4 + 7] = 0x40 | 5;    /* minimum 3: 5; minimum 7 gets 1 << 4 */
  block[4 + 2] = 0x80;        /* scale 6 gets 2 << 4 */
  block[4 + 8 + 2] = 0x3C;    /* scale 6: 32 + 12; minimum 6: 3 */
  block[16] = 0x0F;           /* element 0: 15 */
  block[16 + 96 + 31] = 0x2B; /* element 223 (sub-block 6): 11; 255 (sub-block 7): 2 */
  row(TENSOR_Q4_K, block, SUPER, out);
  T_CHECK(out[0] == 63.0f * 15);
  T_CHECK(out[1] == 0.0f);
  T_CHECK(out[96] == -5.0f / 8 && out[127] == -5.0f / 8);
  T_CHECK(out[128] == 0.0f);
  T_CHECK(out[192] == -3.0f / 8);
  T_CHECK(out[223] == 44.0f * 11 - 3.0f / 8);
  T_CHECK(out[224] == -16.0f / 8 && out[255] == -16.0f / 8);
}

T_TEST(blocks, q6_k_by_hand)
{
  uint8_t block[210];
  float out[SUPER];
  memset(block, 0, sizeof block);
  put_f16(block + 208, 3, -1); /* 1.5 */
  memset(block + 192, 1, 16);
  block[192 + 15] = 0x80; /* scale of elements 240..255: -128 */
  block[0] = 0xA5;        /* lower bits of elements 0 and 64 */
  block[128] = 0x31;      /* upper bits: element 0: 1; 32: 0; 64: 3; 96: 0 */
  block[64 + 63] = 0x7F;  /* lower bits of elements 191 and 255 */
  block[128 + 63] = 0xC0; /* upper bits: element 255: 3 */
  row(TENSOR_Q6_K, block, SUPER, out);
  T_CHECK(out[0] == 1.5f * (21 - 32));
  T_CHECK(out[64] == 1.5f * (58 - 32));
  T_CHECK(out[32] == 1.5f * -32);
  T_CHECK(out[191] == 1.5f * (15 - 32));
  T_CHECK(out[255] == 1.5f * -128 * (55 - 32));
  T_CHECK(out[254] == 1.5f * -128 * -32);
}

/* The block is read as one long string of bits: where the format puts bit `bit` of a field. */
static void put_bits(uint8_t *block, int byte, int bit, int value)
{
  block[byte] = (uint8_t)(block[byte] | value << bit);
}

T_TEST(blocks, q4_k_of_random_fields)
{
  for (int round = 0; round < 200; round++) {
    uint8_t block[144] = {0};
    int d = 1 + (int)draw(2047), dmin = 1 + (int)draw(2047), scale[8], minimum[8], q[SUPER];
    put_f16(block, d, -12);
    put_f16(block + 2, dmin, -12);
    for (int sub = 0; sub < 8; sub++) {
      scale[sub] = (int)draw(64);
      minimum[sub] = (int)draw(64);
      if (sub < 4) {
        put_bits(block, 4 + sub, 0, scale[sub]);
        put_bits(block, 8 + sub, 0, minimum[sub]);
      } else {
        put_bits(block, 8 + sub, 0, scale[sub] % 16);
        put_bits(block, 8 + sub, 4, minimum[sub] % 16);
        put_bits(block, sub, 6, scale[sub] / 16);
        put_bits(block, 4 + sub, 6, minimum[sub] / 16);
      }
    }
    for (int i = 0; i < SUPER; i++) {
      q[i] = (int)draw(16);
      put_bits(block, 16 + i / 64 * 32 + i % 32, i % 64 < 32 ? 0 : 4, q[i]);
    }
    float out[SUPER];
    row(TENSOR_Q4_K, block, SUPER, out);
    for (int i = 0; i < SUPER; i++) {
      long units = (long)d * scale[i / 32] * q[i] - (long)dmin * minimum[i / 32];
      T_CHECK(out[i] == (float)ldexp((double)units, -12)); /* rounded once at most */
    }
  }
}

T_TEST(blocks, q6_k_of_random_fields)
{
  for (int round = 0; round < 200; round++) {
    uint8_t block[210] = {0};
    int d = (int)draw(4095) - 2047, scale[16], q[SUPER];
    d = d ? d : 1;
    put_f16(block + 208, d, -13);
    for (int sub = 0; sub < 16; sub++) {
      scale[sub] = (int)draw(256) - 128;
      block[192 + sub] = (uint8_t)scale[sub];
    }
    for (int i = 0; i < SUPER; i++) {
      int within = i % 128, column = within % 32, quarter = within / 32;
      q[i] = (int)draw(64);
      put_bits(block, i / 128 * 64 + within % 64, quarter < 2 ? 0 : 4, q[i] % 16);
      put_bits(block, 128 + i / 128 * 32 + column, 2 * quarter, q[i] / 16);
    }
    float out[SUPER];
    row(TENSOR_Q6_K, block, SUPER, out);
    for (int i = 0; i < SUPER; i++)
      T_CHECK((double)out[i] == ldexp((double)d * scale[i / 16] * (q[i] - 32), -13));
  }
}

/* Smallest and largest scales, and those that are no number, go through as they are. */
T_TEST(blocks, scales_of_every_kind)
{
  uint8_t block[34] = {1, 0};
  float out[32];
  block[2] = 0x81; /* -127 */
  row(TENSOR_Q8_0, block, 32, out);
  T_CHECK(out[0] == -127 * 0x1p-24f);
  block[0] = 0xFF;
  block[1] = 0x7B; /* 65504 */
  row(TENSOR_Q8_0, block, 32, out);
  T_CHECK(out[0] == -127 * 65504.0f);
  block[0] = 0x00;
  block[1] = 0x7E; /* NaN */
  row(TENSOR_Q8_0, block, 32, out);
  T_CHECK(isnan(out[0]) && isnan(out[1]));
}
