/* Phext coordinates: the curve tables, the step function of SINDEX and CSTEP, and text. */
#include "isa/coord.h"

#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

enum { RAW_BITS = COORD_DIMS * COORD_DIM_BITS }; /* 121 */

const char *const curve_names[CURVE_COUNT] = {"zorder", "hilbert", "row"};

/* zorder   index bits 0..5 = D0[0] D1[0] D2[0] D0[1] D1[1] D2[1]
 * hilbert  the 3-D Hilbert curve of order 2 (Skilling's transform with D0 as its first axis), from
 *          (0,0,0): two neighbours on the curve are neighbours in the page
 * row      index = D0[1:0] | D1[1:0] << 2 | D2[1:0] << 4
 * The test derives all three anew. */
const uint8_t curve_index[CURVE_COUNT][PAGE_CELLS] = {
    [CURVE_ZORDER] = {0,  1,  8,  9,  2,  3,  10, 11, 16, 17, 24, 25, 18, 19, 26, 27,
                      4,  5,  12, 13, 6,  7,  14, 15, 20, 21, 28, 29, 22, 23, 30, 31,
                      32, 33, 40, 41, 34, 35, 42, 43, 48, 49, 56, 57, 50, 51, 58, 59,
                      36, 37, 44, 45, 38, 39, 46, 47, 52, 53, 60, 61, 54, 55, 62, 63},
    [CURVE_HILBERT] = {0, 3,  60, 63, 1,  2,  61, 62, 30, 31, 32, 33, 29, 28, 35, 34,
                       7, 4,  59, 56, 6,  5,  58, 57, 25, 24, 39, 38, 26, 27, 36, 37,
                       8, 11, 52, 55, 15, 12, 51, 48, 16, 23, 40, 47, 19, 20, 43, 44,
                       9, 10, 53, 54, 14, 13, 50, 49, 17, 22, 41, 46, 18, 21, 42, 45},
    [CURVE_ROW] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                   16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                   32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                   48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63},
};

const uint8_t curve_cell[CURVE_COUNT][PAGE_CELLS] = {
    [CURVE_ZORDER] = {0,  1,  4,  5,  16, 17, 20, 21, 2,  3,  6,  7,  18, 19, 22, 23,
                      8,  9,  12, 13, 24, 25, 28, 29, 10, 11, 14, 15, 26, 27, 30, 31,
                      32, 33, 36, 37, 48, 49, 52, 53, 34, 35, 38, 39, 50, 51, 54, 55,
                      40, 41, 44, 45, 56, 57, 60, 61, 42, 43, 46, 47, 58, 59, 62, 63},
    [CURVE_HILBERT] = {0,  4,  5,  1,  17, 21, 20, 16, 32, 48, 49, 33, 37, 53, 52, 36,
                       40, 56, 60, 44, 45, 61, 57, 41, 25, 24, 28, 29, 13, 12, 8,  9,
                       10, 11, 15, 14, 30, 31, 27, 26, 42, 58, 62, 46, 47, 63, 59, 43,
                       39, 55, 54, 38, 34, 50, 51, 35, 19, 23, 22, 18, 2,  6,  7,  3},
    [CURVE_ROW] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                   16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                   32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                   48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63},
};

/* The dimensions alone, bits 120..0. */
static u128 raw_of(struct coord c)
{
  return (u128)(c.hi & COORD_HI_DIM_MASK) << 64 | c.lo;
}

static struct coord with_raw(struct coord c, u128 raw)
{
  c.lo = (uint64_t)raw;
  c.hi = (c.hi & ~COORD_HI_DIM_MASK) | (uint64_t)(raw >> 64);
  return c;
}

/* Adds step at bit `bit` of a number of RAW_BITS bits; false if the sum leaves it. The part below
 * `bit` never changes, so the sum is taken above it, where 64 bits of step always fit. */
static bool add_at(u128 *raw, unsigned bit, int64_t step)
{
  i128 upper = (i128)(*raw >> bit) + step;
  if (upper < 0 || upper >> (RAW_BITS - bit))
    return false;
  u128 below = *raw & (((u128)1 << bit) - 1);
  *raw = (u128)upper << bit | below;
  return true;
}

static bool step_linear(struct coord *c, int64_t step, enum curve curve)
{
  struct coord linear = *c;
  linear.lo = coord_linear_lo(c->lo, curve_index[curve]);
  u128 raw = raw_of(linear);
  if (!add_at(&raw, 0, step))
    return false;
  linear = with_raw(linear, raw);
  linear.lo = coord_from_linear_lo(linear.lo, curve_cell[curve]);
  *c = linear;
  return true;
}

bool coord_step(struct coord *c, unsigned axis, int64_t step, bool carry, enum curve curve)
{
  if (axis == AXIS_LINEAR)
    return step_linear(c, step, curve);
  if (axis == AXIS_BYTE) {
    /* (linear << 6 | offset) + step, split so that nothing exceeds 64 bits of step. */
    unsigned low = coord_offset(*c) + (unsigned)(step & 63);
    int64_t cells = (step >> 6) + (low >> 6);
    if (!step_linear(c, cells, curve))
      return false;
    *c = coord_with_flags(*c, (coord_flags(*c) & 64) | (low & 63));
    return true;
  }
  if (axis >= COORD_DIMS)
    return false;
  if (carry) {
    u128 raw = raw_of(*c);
    if (!add_at(&raw, axis * COORD_DIM_BITS, step))
      return false;
    *c = with_raw(*c, raw);
    return true;
  }
  int64_t old = coord_dim(*c, (int)axis);
  if (step < -old || step > COORD_DIM_SIZE - 1 - old)
    return false;
  *c = coord_with_dim(*c, (int)axis, (unsigned)(old + step));
  return true;
}

/* --- text ------------------------------------------------------------------------------------ */

/* Reads a decimal number up to `most`; returns its digits, 0 with *why on failure. */
static int read_number(const char *text, unsigned most, unsigned *value, const char *missing,
                       const char *too_large, const char **why)
{
  int n = 0;
  unsigned v = 0;
  for (; text[n] >= '0' && text[n] <= '9'; n++) {
    v = v * 10 + (unsigned)(text[n] - '0');
    if (v > most) {
      *why = too_large;
      return 0;
    }
  }
  if (n == 0)
    *why = missing;
  *value = v;
  return n;
}

static int skip_blanks(const char *text)
{
  int n = 0;
  while (text[n] == ' ' || text[n] == '\t')
    n++;
  return n;
}

int coord_parse(const char *text, struct coord *out, const char **why)
{
  static const char points[] = "../../../."; /* what follows D0 .. D9 */
  struct coord c = {0, 0};
  const char *p = text;
  bool brackets = *p == '[';
  if (brackets)
    p++;
  for (int dim = 0; dim < COORD_DIMS; dim++) {
    unsigned value;
    if (brackets)
      p += skip_blanks(p);
    int n = read_number(p, COORD_DIM_SIZE - 1, &value, "a coordinate has 11 numbers, D0 to D10",
                        "a dimension is at most 2047", why);
    if (n == 0)
      return 0;
    p += n;
    c = coord_with_dim(c, dim, value);
    if (brackets)
      p += skip_blanks(p);
    if (dim == COORD_DIMS - 1)
      break;
    if (*p != (brackets ? ',' : points[dim])) {
      *why = brackets ? "a coordinate is [D0,D1,...,D10], 11 numbers"
                      : "a coordinate is D0.D1.D2/D3.D4.D5/D6.D7.D8/D9.D10";
      return 0;
    }
    p++;
  }
  if (brackets && *p++ != ']') {
    *why = "a coordinate in brackets has exactly 11 numbers and then ]";
    return 0;
  }
  unsigned flags = 0;
  if (*p == '+') {
    int n = read_number(p + 1, CELL_BYTES - 1, &flags, "after + comes the byte offset, 0..63",
                        "the byte offset in a cell is at most 63", why);
    if (n == 0)
      return 0;
    p += 1 + n;
  }
  if (*p == '*') {
    flags |= 64;
    p++;
  }
  *out = coord_with_flags(c, flags);
  return (int)(p - text);
}

char *coord_print(struct coord c, char out[COORD_TEXT_BYTES])
{
  static const char points[] = "../../../.";
  int n = 0;
  for (int dim = 0; dim < COORD_DIMS; dim++) {
    n += snprintf(out + n, (size_t)(COORD_TEXT_BYTES - n), "%u", coord_dim(c, dim));
    if (dim < COORD_DIMS - 1)
      out[n++] = points[dim];
  }
  out[n] = '\0';
  if (coord_offset(c))
    n += snprintf(out + n, (size_t)(COORD_TEXT_BYTES - n), "+%u", coord_offset(c));
  if (coord_wildcard(c))
    memcpy(out + n, "*", 2);
  return out;
}
