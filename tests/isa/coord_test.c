/* Coordinates: fields, curves, steps against a 128-bit model, text. */
#include "isa/coord.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

static uint64_t random_state = 20260215;
static uint64_t random64(void)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

static struct coord of_dims(const unsigned dims[COORD_DIMS], unsigned flags)
{
  struct coord c = {0, 0};
  for (int d = 0; d < COORD_DIMS; d++)
    c = coord_with_dim(c, d, dims[d]);
  return coord_with_flags(c, flags);
}

static struct coord random_coord(void)
{
  return (struct coord){random64(), random64()};
}

static bool equal(struct coord a, struct coord b)
{
  return a.lo == b.lo && a.hi == b.hi;
}

static u128 bits_of(struct coord c)
{
  return (u128)c.hi << 64 | c.lo;
}

/* --- fields ---------------------------------------------------------------------------------- */

T_TEST(coord, every_dimension_has_its_own_11_bits)
{
  for (int d = 0; d < COORD_DIMS; d++) {
    struct coord c = coord_with_dim((struct coord){0, 0}, d, 2047);
    T_CHECK(bits_of(c) == (u128)2047 << (11 * d));
    T_EQ(coord_dim(c, d), 2047);
    c = coord_with_dim((struct coord){~UINT64_C(0), ~UINT64_C(0)}, d, 0);
    T_CHECK(~bits_of(c) == (u128)2047 << (11 * d));
    T_EQ(coord_dim(c, d), 0);
  }
  T_CHECK(bits_of(coord_with_flags((struct coord){0, 0}, 127)) == (u128)127 << 121);
}

/* D5 lies in bits 65..55: values above 511 reach into the upper half. */
T_TEST(coord, d5_straddles_the_halves)
{
  for (unsigned v = 0; v < COORD_DIM_SIZE; v++) {
    struct coord c = coord_with_dim(random_coord(), 5, v);
    T_EQ(coord_dim(c, 5), v);
    T_EQ_HEX(c.lo >> 55, v & 511);
    T_EQ_HEX(c.hi & 3, v >> 9);
  }
  struct coord c = coord_with_dim((struct coord){0, 0}, 5, 511);
  T_CHECK(coord_step(&c, 5, 1, false, CURVE_ZORDER));
  T_EQ(coord_dim(c, 5), 512);
  T_EQ_HEX(c.lo, 0);
  T_EQ_HEX(c.hi, 1);
}

T_TEST(coord, fields_do_not_disturb_each_other)
{
  for (int round = 0; round < 2000; round++) {
    struct coord c = random_coord();
    int d = (int)(random64() % COORD_DIMS);
    unsigned v = (unsigned)random64() & 2047;
    struct coord changed = coord_with_dim(c, d, v);
    for (int other = 0; other < COORD_DIMS; other++)
      T_EQ(coord_dim(changed, other), other == d ? v : coord_dim(c, other));
    T_EQ(coord_flags(changed), coord_flags(c));
    T_EQ(coord_same_cell(c, changed), coord_dim(c, d) == v);
    T_CHECK(coord_same_cell(c, coord_with_flags(c, (unsigned)random64())));
  }
}

/* The lower word is the one that the reference runtime gives for [1;11]; its upper word lies two
 * bits lower, because it has no room for the top of D5. */
T_TEST(coord, layout_of_eleven_ones)
{
  static const unsigned ones[COORD_DIMS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  struct coord c = of_dims(ones, 0);
  T_EQ_HEX(c.lo, UINT64_C(0x0080100200400801));
  T_EQ_HEX(c.hi, UINT64_C(0x0000400801002004));
}

/* --- curves ---------------------------------------------------------------------------------- */

T_TEST(curve, tables_are_bijections_and_inverse)
{
  for (int curve = 0; curve < CURVE_COUNT; curve++) {
    uint64_t seen = 0;
    for (unsigned cell = 0; cell < PAGE_CELLS; cell++) {
      unsigned index = curve_index[curve][cell];
      T_REQUIRE(index < PAGE_CELLS);
      seen |= UINT64_C(1) << index;
      T_EQ(curve_cell[curve][index], cell);
    }
    T_EQ_HEX(seen, ~UINT64_C(0));
    T_EQ(curve_cell[curve][0], 0);
  }
}

T_TEST(curve, zorder_interleaves_and_row_does_not)
{
  for (unsigned cell = 0; cell < PAGE_CELLS; cell++) {
    unsigned d0 = cell & 3, d1 = cell >> 2 & 3, d2 = cell >> 4 & 3;
    unsigned z =
        (d0 & 1) | (d1 & 1) << 1 | (d2 & 1) << 2 | (d0 >> 1) << 3 | (d1 >> 1) << 4 | (d2 >> 1) << 5;
    T_EQ(curve_index[CURVE_ZORDER][cell], z);
    T_EQ(curve_index[CURVE_ROW][cell], cell);
  }
}

T_TEST(curve, hilbert_moves_one_step_at_a_time)
{
  for (unsigned i = 1; i < PAGE_CELLS; i++) {
    int a = curve_cell[CURVE_HILBERT][i - 1], b = curve_cell[CURVE_HILBERT][i], distance = 0;
    for (int shift = 0; shift < 6; shift += 2) {
      int d = (a >> shift & 3) - (b >> shift & 3);
      distance += d < 0 ? -d : d;
    }
    T_EQ(distance, 1);
  }
}

/* Skilling, "Programming the Hilbert curve" (2004): coordinates to the transposed index. */
static unsigned skilling(unsigned cell)
{
  unsigned x[3] = {cell & 3, cell >> 2 & 3, cell >> 4 & 3};
  for (unsigned q = 2; q > 1; q >>= 1)
    for (int i = 0; i < 3; i++) {
      unsigned p = q - 1, t = (x[0] ^ x[i]) & p;
      if (x[i] & q) {
        x[0] ^= p;
      } else {
        x[0] ^= t;
        x[i] ^= t;
      }
    }
  x[1] ^= x[0];
  x[2] ^= x[1];
  unsigned t = x[2] & 2 ? 1 : 0, index = 0;
  for (int bit = 1; bit >= 0; bit--)
    for (int i = 0; i < 3; i++)
      index = index << 1 | ((x[i] ^ t) >> bit & 1);
  return index;
}

T_TEST(curve, hilbert_is_skillings)
{
  for (unsigned cell = 0; cell < PAGE_CELLS; cell++)
    T_EQ(curve_index[CURVE_HILBERT][cell], skilling(cell));
}

/* coord.h: curve index, then D0[10:2], D1[10:2], D2[10:2], D3..D10. */
static u128 model_linear(struct coord c, enum curve curve)
{
  unsigned cell = (coord_dim(c, 0) & 3) | (coord_dim(c, 1) & 3) << 2 | (coord_dim(c, 2) & 3) << 4;
  u128 linear = 0;
  for (int d = COORD_DIMS - 1; d >= 3; d--)
    linear = linear << 11 | coord_dim(c, d);
  for (int d = 2; d >= 0; d--)
    linear = linear << 9 | coord_dim(c, d) >> 2;
  return linear << 6 | curve_index[curve][cell];
}

T_TEST(curve, linear_form_and_back)
{
  for (int round = 0; round < 3000; round++) {
    struct coord c = random_coord();
    enum curve curve = (enum curve)(round % CURVE_COUNT);
    uint64_t lo = coord_linear_lo(c.lo, curve_index[curve]);
    u128 linear = (u128)(c.hi & COORD_HI_DIM_MASK) << 64 | lo;
    T_CHECK(linear == model_linear(c, curve));
    T_EQ_HEX(coord_from_linear_lo(lo, curve_cell[curve]), c.lo);
  }
}

/* --- steps ------------------------------------------------------------------------------------ */

/* A signed sum on an unsigned number of `bits` bits; false when it leaves them. */
static bool model_add(u128 *value, int bits, u128 magnitude, bool negative)
{
  u128 most = ((u128)1 << bits) - 1;
  if (negative ? magnitude > *value : magnitude > most - *value)
    return false;
  *value = negative ? *value - magnitude : *value + magnitude;
  return true;
}

/* Steps by way of the whole numbers of coord.h and compares with coord_step. */
static void compare_step(struct coord c, unsigned axis, int64_t step, bool carry, enum curve curve)
{
  bool negative = step < 0, fits;
  u128 size = negative ? (u128)0 - (u128)step : (u128)step;
  size &= ~(u128)0 >> 64; /* |INT64_MIN| = 2^63 */
  u128 dims = bits_of(c) & (((u128)1 << 121) - 1);
  unsigned flags = coord_flags(c);
  if (axis < COORD_DIMS && !carry) {
    u128 dim = coord_dim(c, (int)axis);
    fits = model_add(&dim, 11, size, negative);
    dims = (dims & ~((u128)2047 << (11 * axis))) | dim << (11 * axis);
  } else if (axis < COORD_DIMS) {
    fits = size >> (121 - 11 * axis) == 0 && model_add(&dims, 121, size << (11 * axis), negative);
  } else {
    u128 linear = model_linear(c, curve);
    if (axis == AXIS_BYTE) {
      linear = linear << 6 | (flags & 63);
      fits = model_add(&linear, 127, size, negative);
      flags = (flags & 64) | (unsigned)(linear & 63);
      linear >>= 6;
    } else {
      fits = model_add(&linear, 121, size, negative);
    }
    dims = linear >> 64 << 64 | coord_from_linear_lo((uint64_t)linear, curve_cell[curve]);
  }
  struct coord expected = {(uint64_t)dims, (uint64_t)(dims >> 64) | (uint64_t)flags << 57};
  struct coord got = c;
  bool ok = coord_step(&got, axis, step, carry, curve);
  if (ok != fits || !equal(got, fits ? expected : c)) {
    char from[COORD_TEXT_BYTES], to[COORD_TEXT_BYTES];
    T_FAIL("%s, axis %u, step %lld, carry %d: gives %d %s", coord_print(c, from), axis,
           (long long)step, carry, ok, coord_print(got, to));
  }
}

T_TEST(step, agrees_with_the_128_bit_model)
{
  for (int round = 0; round < 200000; round++) {
    struct coord c = random_coord();
    if (round % 4 == 0) { /* runs of ones and zeros, so that carries go far */
      unsigned shift = (unsigned)(random64() % 128);
      u128 ones = ~(u128)0 >> shift;
      ones = round % 8 ? ones : ~ones;
      c = (struct coord){(uint64_t)ones, (uint64_t)(ones >> 64)};
    }
    int64_t step = (int64_t)random64() >> (random64() % 64);
    compare_step(c, (unsigned)(random64() % 13), step, random64() & 1,
                 (enum curve)(random64() % CURVE_COUNT));
  }
}

T_TEST(step, extreme_steps)
{
  static const int64_t steps[] = {INT64_MIN, INT64_MIN + 1, INT32_MIN, -2048,     -2047,    -1, 0,
                                  1,         2047,          2048,      INT32_MAX, INT64_MAX};
  for (unsigned axis = 0; axis <= AXIS_BYTE; axis++)
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
      for (int carry = 0; carry < 2; carry++)
        for (int curve = 0; curve < CURVE_COUNT; curve++) {
          compare_step((struct coord){0, 0}, axis, steps[s], carry, (enum curve)curve);
          compare_step((struct coord){~UINT64_C(0), ~UINT64_C(0)}, axis, steps[s], carry,
                       (enum curve)curve);
        }
}

T_TEST(step, leaving_a_dimension_fails_and_keeps_the_coordinate)
{
  for (unsigned d = 0; d < COORD_DIMS; d++) {
    struct coord top = coord_with_dim((struct coord){0, 0}, (int)d, 2047), c = top;
    T_CHECK(!coord_step(&c, d, 1, false, CURVE_ZORDER));
    T_CHECK(equal(c, top));
    T_CHECK(coord_step(&c, d, 0, false, CURVE_ZORDER));
    T_CHECK(coord_step(&c, d, -2047, false, CURVE_ZORDER));
    T_CHECK(equal(c, (struct coord){0, 0}));
    T_CHECK(!coord_step(&c, d, -1, false, CURVE_ZORDER));
    /* With carry: into the next dimension, or out of D10. */
    c = top;
    T_EQ(coord_step(&c, d, 1, true, CURVE_ZORDER), d < 10);
    if (d < 10)
      T_CHECK(equal(c, coord_with_dim((struct coord){0, 0}, (int)d + 1, 1)));
  }
  struct coord c = {0, 0};
  T_CHECK(!coord_step(&c, 13, 0, false, CURVE_ZORDER));
}

T_TEST(step, flags_stay_except_the_offset_on_the_byte_axis)
{
  struct coord c = coord_with_flags((struct coord){0, 0}, 64 | 60);
  T_CHECK(coord_step(&c, AXIS_LINEAR, 5, false, CURVE_ROW));
  T_EQ(coord_flags(c), 64 | 60);
  T_CHECK(coord_step(&c, AXIS_BYTE, 8, false, CURVE_ROW));
  T_EQ(coord_flags(c), 64 | 4);
  T_EQ(coord_dim(c, 0), 2); /* cell 6 = D0 2, D1 1 */
  T_EQ(coord_dim(c, 1), 1);
  T_CHECK(coord_step(&c, AXIS_BYTE, -(6 * 64 + 4), false, CURVE_ROW));
  T_EQ(coord_flags(c), 64);
  T_CHECK(!coord_step(&c, AXIS_BYTE, -1, false, CURVE_ROW));
}

/* Walking linearly visits 64 cells of a page before the next page, which is the next in D0. */
T_TEST(step, linear_walks_page_after_page)
{
  for (int curve = 0; curve < CURVE_COUNT; curve++) {
    struct coord c = {0, 0};
    for (unsigned i = 0; i < 3 * PAGE_CELLS; i++) {
      T_EQ(coord_dim(c, 0) >> 2, i / PAGE_CELLS);
      T_EQ(coord_dim(c, 1) >> 2, 0);
      T_EQ(coord_dim(c, 2) >> 2, 0);
      T_CHECK(coord_step(&c, AXIS_LINEAR, 1, false, (enum curve)curve));
    }
  }
}

/* --- text --------------------------------------------------------------------------------------
 */

T_TEST(text, round_trip)
{
  for (int round = 0; round < 2000; round++) {
    struct coord c = random_coord(), back;
    char text[COORD_TEXT_BYTES];
    const char *why;
    coord_print(c, text);
    T_EQ(coord_parse(text, &back, &why), strlen(text));
    T_CHECK(equal(c, back));
  }
  struct coord all = {~UINT64_C(0), ~UINT64_C(0)};
  char text[COORD_TEXT_BYTES];
  T_EQ_STR(coord_print(all, text), "2047.2047.2047/2047.2047.2047/2047.2047.2047/2047.2047+63*");
}

T_TEST(text, both_forms)
{
  static const unsigned dims[COORD_DIMS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  static const struct {
    const char *text;
    int length;
    unsigned flags;
  } good[] = {{"1.2.3/4.5.6/7.8.9/10.11", 23, 0},
              {"1.2.3/4.5.6/7.8.9/10.11+8", 25, 8},
              {"1.2.3/4.5.6/7.8.9/10.11+63*", 27, 127},
              {"1.2.3/4.5.6/7.8.9/10.11*", 24, 64},
              {"1.2.3/4.5.6/7.8.9/10.11]", 23, 0},
              {"[1,2,3,4,5,6,7,8,9,10,11]", 25, 0},
              {"[ 1, 2,3 ,4,5,6,7,8,9,10, 11 ]+1, 8", 32, 1},
              {"0001.2.3/4.5.6/7.8.9/10.11 ", 26, 0}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct coord c;
    const char *why = "";
    T_EQ(coord_parse(good[i].text, &c, &why), good[i].length);
    T_EQ_STR(why, "");
    T_CHECK(equal(c, of_dims(dims, good[i].flags)));
  }
}

T_TEST(text, rejections_say_why)
{
  static const struct {
    const char *text, *why;
  } bad[] = {{"", "11 numbers"},
             {"1", "D0.D1.D2"},
             {"1.2.3", "D0.D1.D2"},
             {"1.2.3/4.5.6/7.8.9/10", "D9.D10"},
             {"1.2.3.4.5.6/7.8.9/10.11", "D0.D1.D2"},
             {"1.2.3/4.5.6/7.8.9/10.", "11 numbers"},
             {"2048.2.3/4.5.6/7.8.9/10.11", "at most 2047"},
             {"1.2.3/4.5.6/7.8.9/10.2048", "at most 2047"},
             {"1.2.3/4.5.6/7.8.9/10.99999999999999999999", "at most 2047"},
             {"-1.2.3/4.5.6/7.8.9/10.11", "11 numbers"},
             {"1.2.3/4.5.6/7.8.9/10.11+64", "at most 63"},
             {"1.2.3/4.5.6/7.8.9/10.11+", "byte offset"},
             {"[1,2,3,4,5,6,7,8,9,10]", "11 numbers"},
             {"[1,2,3,4,5,6,7,8,9,10,11,12]", "exactly 11"},
             {"[1,2,3,4,5,6,7,8,9,10,2048]", "at most 2047"},
             {"[1.2.3/4.5.6/7.8.9/10.11]", "11 numbers"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct coord c;
    const char *why = "";
    T_EQ(coord_parse(bad[i].text, &c, &why), 0);
    T_CONTAINS(why, bad[i].why);
  }
}
