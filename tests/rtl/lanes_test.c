/* Lanes of the RTL's D-pipe: dot products exhaustively in every position of a lane, conversions
 * against the host's IEEE arithmetic (not isa/num.h), on corners. VTPU_LONG=1: 10^8 conversions. */
#include "isa/isa.h"
#include "rtl/tb/lanes.h"
#include "tests/rtl/corners.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- dot products ------------------------------------------------------------------------------
 */

static uint32_t i8_dot(const struct lanes_in *in)
{
  int64_t sum = (int32_t)in->i8_c;
  for (int j = 0; j < 4; j++)
    sum += (int8_t)in->i8_w[j] * (int8_t)in->i8_x[j];
  return (uint32_t)sum;
}

static uint32_t t2_dot(const struct lanes_in *in)
{
  int64_t sum = (int32_t)in->t2_c;
  for (int j = 0; j < 16; j++) {
    unsigned trit = in->t2_w >> 2 * j & 3;
    sum += (int8_t)in->t2_x[j] * ((trit == 1) - (trit == 2));
  }
  return (uint32_t)sum;
}

static void random_dots(struct lanes_in *in, unsigned long long *s)
{
  for (int j = 0; j < 4; j++) {
    in->i8_w[j] = (uint8_t)t_random(s);
    in->i8_x[j] = (uint8_t)t_random(s);
  }
  for (int j = 0; j < 16; j++)
    in->t2_x[j] = (uint8_t)t_random(s);
  in->t2_w = (uint32_t)t_random(s);
  /* Sums that wrap, too. */
  in->i8_c = (uint32_t)t_random(s) % 3 ? (uint32_t)t_random(s) : 0x7fffffff;
  in->t2_c = (uint32_t)t_random(s) % 3 ? (uint32_t)t_random(s) : 0x80000000;
}

/* Number n of all that one lane can be given in one position: 4 x 2^16 pairs of bytes, and beside
 * them 16 x 4 x 256 pairs of a trit and a byte. The other positions are random. */
enum { I8_PAIRS = 4 << 16, T2_PAIRS = 16 << 10 };

static void dot_number(struct lanes_in *in, unsigned n, unsigned long long *s)
{
  random_dots(in, s);
  in->i8_w[n >> 16] = (uint8_t)(n >> 8);
  in->i8_x[n >> 16] = (uint8_t)n;
  unsigned t = n % T2_PAIRS, at = t >> 10;
  in->t2_w = (in->t2_w & ~(3u << 2 * at)) | (t >> 8 & 3) << 2 * at;
  in->t2_x[at] = (uint8_t)t;
}

T_TEST(rtl, dots_are_exact_for_all_pairs)
{
  struct lanes *l = lanes_new();
  struct lanes_in in = {.i8_c = 0}, before[LANES_CYCLES];
  struct lanes_out out;
  unsigned long long s = 1;
  int wrong = 0;
  for (unsigned n = 0; n < I8_PAIRS + LANES_CYCLES - 1 && wrong < 5; n++) {
    dot_number(&in, n % I8_PAIRS, &s);
    before[n % LANES_CYCLES] = in;
    lanes_cycle(l, &in, &out);
    if (n < LANES_CYCLES - 1)
      continue;
    const struct lanes_in *b = &before[(n + 1) % LANES_CYCLES];
    if (out.i8_y != i8_dot(b) || out.t2_y != t2_dot(b)) {
      T_FAIL("pair %u: i8 %08x, RTL %08x; t2 %08x, RTL %08x", n - (LANES_CYCLES - 1), i8_dot(b),
             out.i8_y, t2_dot(b), out.t2_y);
      wrong++;
    }
  }
  lanes_free(l);
}

/* --- conversions --------------------------------------------------------------------------------
 */

static float float_of(uint32_t bits)
{
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static uint32_t bits_of(float f)
{
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return isnan(f) ? 0x7fc00000 : bits;
}

static bool is_float(unsigned type)
{
  return type == ELEM_F32 || type == ELEM_BF16;
}

/* The nearer of the two bf16 beside it, by their distances; the even one of equals. */
static uint16_t host_bf16(float f)
{
  uint32_t bits = bits_of(f), low = bits & 0xffff0000;
  if (isnan(f) || isinf(f) || low == bits)
    return (uint16_t)(bits >> 16);
  /* What comes after the largest finite one counts as 2^128 here, an infinity in the result. */
  double down = fabs((double)float_of(low)), x = fabs((double)f);
  uint32_t next = low + 0x10000;
  double up = (next & 0x7fffffff) == 0x7f800000 ? 0x1p128 : fabs((double)float_of(next));
  bool upwards = up - x < x - down || (up - x == x - down && (low >> 16 & 1));
  return (uint16_t)((upwards ? next : low) >> 16);
}

static float host_whole(float f, unsigned round)
{
  switch (round) {
  case ROUND_EVEN: return nearbyintf(f);
  case ROUND_AWAY: return roundf(f);
  case ROUND_ZERO: return truncf(f);
  default: return floorf(f);
  }
}

static int64_t saturated(long double v, unsigned width)
{
  long double end = ldexpl(1, (int)width - 1);
  if (v >= end)
    return (int64_t)(end - 1);
  return v < -end ? (int64_t)-end : (int64_t)v;
}

static int64_t host_integer(float f, const struct lanes_in *in)
{
  float whole = host_whole(f, in->round);
  if (isnan(f))
    return 0;
  if (in->saturate || in->to == ELEM_T2)
    return saturated((long double)whole, elem_bits[in->to]);
  if (isinf(f))
    return 0;
  long double rest = fmodl((long double)whole, 0x1p64L);
  return (int64_t)(rest < 0 ? 0 - (uint64_t)-rest : (uint64_t)rest);
}

static int64_t source_integer(const struct lanes_in *in)
{
  switch (in->from) {
  case ELEM_I64: return (int64_t)in->x;
  case ELEM_I32: return (int32_t)in->x;
  case ELEM_I8: return (int8_t)in->x;
  default: return (in->x == 1) - (in->x == 2);
  }
}

static uint64_t host_conversion(const struct lanes_in *in)
{
  int64_t v;
  if (!in->scaled && !is_float(in->from) && !is_float(in->to)) {
    v = source_integer(in);
    if (in->saturate && in->to != ELEM_T2)
      v = saturated((long double)v, elem_bits[in->to]);
  } else {
    float f = in->from == ELEM_F32    ? float_of((uint32_t)in->x)
              : in->from == ELEM_BF16 ? float_of((uint32_t)in->x << 16)
                                      : (float)source_integer(in);
    if (in->scaled)
      f *= float_of(in->scale);
    if (in->to == ELEM_F32)
      return bits_of(f);
    if (in->to == ELEM_BF16)
      return host_bf16(f);
    v = host_integer(f, in);
  }
  if (in->to == ELEM_T2)
    return v > 0 ? 1 : v < 0 ? 2 : 0;
  return (uint64_t)v & (~UINT64_C(0) >> (64 - elem_bits[in->to]));
}

/* How often the source is no float, half a step beside a whole number, beyond the result's range is
 * up to the corners: see corners.h. */
static void random_conversion(struct lanes_in *in, unsigned long long *s)
{
  uint64_t x = t_random(s);
  in->from = (unsigned)(x % ELEM_COUNT);
  in->to = (unsigned)(x >> 8) % ELEM_COUNT;
  in->round = x >> 16 & 3;
  in->saturate = x >> 18 & 1;
  in->scaled = (x >> 19 & 3) == 0;
  in->scale = corner(s);
  if (in->from == ELEM_F32 || in->from == ELEM_BF16) {
    /* Of the size of integers, with some halves, every other time. */
    uint32_t f = corner(s);
    if (x >> 21 & 1)
      f = (f & 0x807fffff) | (uint32_t)(120 + (x >> 22 & 127) % 76) << 23;
    if ((x >> 30 & 3) == 0)
      f &= ~(0xffffffffu >> (9 + (x >> 32) % 23));
    in->x = in->from == ELEM_F32 ? f : f >> 16;
  } else {
    in->x = (uint64_t)integer_corner(s) & (~UINT64_C(0) >> (64 - elem_bits[in->from]));
  }
}

T_TEST(rtl, conversions_are_the_hosts)
{
  enum { QUICK = 1000000, LONG = 100000000 };
  long count = getenv("VTPU_LONG") ? LONG : QUICK;
  struct lanes *l = lanes_new();
  struct lanes_in in = {.i8_c = 0}, before[LANES_CYCLES];
  struct lanes_out out;
  unsigned long long s = 1;
  int wrong = 0;
  for (long i = 0; i < count + LANES_CYCLES - 1 && wrong < 5; i++) {
    random_conversion(&in, &s);
    before[i % LANES_CYCLES] = in;
    lanes_cycle(l, &in, &out);
    if (i < LANES_CYCLES - 1)
      continue;
    const struct lanes_in *b = &before[(i + 1) % LANES_CYCLES];
    uint64_t want = host_conversion(b), got = out.y & (~UINT64_C(0) >> (64 - elem_bits[b->to]));
    if (got != want) {
      T_FAIL("%s %016llx to %s, round %u, saturate %d, scale %d %08x: %016llx, RTL %016llx",
             elem_names[b->from], (unsigned long long)b->x, elem_names[b->to], b->round,
             b->saturate, b->scaled, b->scale, (unsigned long long)want, (unsigned long long)got);
      wrong++;
    }
  }
  lanes_free(l);
}
