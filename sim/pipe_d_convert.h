/* DCVT by lanes: the last part of sim/pipe_d_lanes.c, which includes it.
 *
 * A conversion goes through one of two intermediate forms, a lane each:
 *
 *   f32   if either type is a float or there is a scale:
 *         source -> f32 (round to nearest even) [* scale (likewise)] -> destination
 *   i64   from integer to integer: exact
 *
 * A float destination is always rounded to nearest even; the operation's rounding is that of a
 * fraction to an integer. An integer that does not fit wraps, or saturates (.s); a trit always
 * saturates to -1, 0, +1.
 *
 * The number of lanes is DLEN over the wider type. The narrower side holds them as its part k:
 * lanes k * lanes .. of the source (widening) or of rd (narrowing). With a scale for each lane,
 * lane i takes the f32 in whose 32 bits the wider side's lane i lies (f32 lane i for 64-bit
 * lanes, which are fewer).
 *
 * There are two ways through: lane by lane, for i64 and t2, and in blocks of 16 lanes. Both start from
 * the same scalars. What inference does most is in sim/pipe_d_convert_avx2.h too.
 */
struct conversion {
  enum elem from, to;
  enum rounding rounding;
  bool saturate, through_f32;
  unsigned lanes, first_in, first_out; /* lanes of their types */
  const uint8_t *in;                   /* the whole of rs1 */
};

INLINE bool is_float(enum elem type)
{
  return type == ELEM_F32 || type == ELEM_BF16;
}

/* --- lane by lane -------------------------------------------------------------------------- */

static int64_t integer_lane(const uint8_t *row, enum elem type, unsigned lane)
{
  switch (type) {
  case ELEM_I64: return ((const i64 *)(const void *)row)[lane];
  case ELEM_I32: return ((const i32 *)(const void *)row)[lane];
  case ELEM_I8: return ((const i8 *)row)[lane];
  default: return num_trit((unsigned)row[lane / 4] >> 2 * (lane % 4));
  }
}

static float float_lane(const uint8_t *row, enum elem type, unsigned lane)
{
  switch (type) {
  case ELEM_F32: return num_canonical(((const f32 *)(const void *)row)[lane]);
  case ELEM_BF16: return num_f32_from_bf16(((const u16 *)(const void *)row)[lane]);
  default: return num_f32_from_i64(integer_lane(row, type, lane));
  }
}

static void store_integer(uint8_t *row, enum elem type, unsigned lane, int64_t value)
{
  switch (type) {
  case ELEM_I64: ((i64 *)(void *)row)[lane] = value; break;
  case ELEM_I32: ((i32 *)(void *)row)[lane] = (int32_t)value; break;
  case ELEM_I8: ((i8 *)row)[lane] = (i8)value; break;
  default: {
    const unsigned at = 2 * (lane % 4);
    row[lane / 4] = (uint8_t)((row[lane / 4] & ~(3u << at)) | num_trit_bits(value) << at);
  }
  }
}

/* out: the whole of rd. scale: one factor a lane, or NULL. */
static void convert_lanes(uint8_t *out, const struct conversion *c, const f32 *scale)
{
  for (unsigned i = 0; i < c->lanes; i++) {
    const unsigned to_lane = c->first_out + i;
    if (!c->through_f32) {
      int64_t value = integer_lane(c->in, c->from, c->first_in + i);
      if (c->saturate && c->to != ELEM_T2)
        value = num_saturate(value, elem_bits[c->to]);
      store_integer(out, c->to, to_lane, value);
      continue;
    }
    float x = float_lane(c->in, c->from, c->first_in + i);
    if (scale)
      x = num_mul(x, scale[i]);
    if (c->to == ELEM_F32)
      ((f32 *)(void *)out)[to_lane] = x;
    else if (c->to == ELEM_BF16)
      ((u16 *)(void *)out)[to_lane] = num_bf16_from_f32(x);
    else
      store_integer(
          out, c->to, to_lane,
          num_int_from_f32(x, c->rounding, elem_bits[c->to], c->saturate || c->to == ELEM_T2));
  }
}

/* --- in blocks: f32, bf16, i32, i8 ----------------------------------------------------------- */

/* Always 16 lanes from the first: what lies beyond the last lane is computed and not kept. For
 * these types 16 lanes from the first of any part lie inside a row. The stages are functions of
 * their own because GCC turns only innermost loops without an outer one into vectors. */
enum { BLOCK = 16 };
#define STAGE     static __attribute__((noinline)) void
#define EACH_LANE _Pragma("GCC ivdep") for (unsigned j = 0; j < BLOCK; j++)

STAGE block_load_f32(f32 *x, const uint8_t *row, enum elem from, unsigned lane, const f32 *scale)
{
  const f32 *f = (const f32 *)(const void *)row + lane;
  const u16 *h = (const u16 *)(const void *)row + lane;
  const i32 *w = (const i32 *)(const void *)row + lane;
  const i8 *b = (const i8 *)row + lane;
  switch (from) {
  case ELEM_F32: EACH_LANE x[j] = num_mul(f[j], scale[j]); break;
  case ELEM_BF16: EACH_LANE x[j] = num_mul(num_f32_from_bf16(h[j]), scale[j]); break;
  case ELEM_I32: EACH_LANE x[j] = num_mul(num_f32_from_i32(w[j]), scale[j]); break;
  default: EACH_LANE x[j] = num_mul(num_f32_from_i32(b[j]), scale[j]); break;
  }
}

/* x rounded to a whole number, as an f32: what num_int_from_f32 does, in float steps of which only
 * one is inexact: adding 2^23 to |x| < 2^23 leaves no room for a fraction and rounds to nearest
 * even. Larger numbers are whole already, a NaN stays. */
INLINE float round_whole(float x, enum rounding rounding)
{
  const uint32_t sign = num_bits(x) & 0x80000000u;
  const float magnitude = num_f32(num_bits(x) ^ sign);
  float nearest = magnitude < 0x1p23f ? (magnitude + 0x1p23f) - 0x1p23f : magnitude;
  if (rounding == ROUND_ZERO)
    nearest = nearest > magnitude ? nearest - 1.0f : nearest;
  if (rounding == ROUND_AWAY)
    nearest = magnitude - nearest == 0.5f ? nearest + 1.0f : nearest;
  const float result = num_f32(num_bits(nearest) | sign);
  if (rounding == ROUND_FLOOR)
    return result > x ? result - 1.0f : result;
  return result;
}

/* To an integer from least to most; top is the largest f32 that is not above most. */
INLINE int32_t saturated(float x, enum rounding rounding, int32_t least, int32_t most, float top)
{
  const float y = round_whole(x, rounding);
  float inside = y < (float)least ? (float)least : y;
  inside = inside > top ? top : inside;
  inside = num_is_nan(x) ? 0.0f : inside;
  return y > top ? most : (int32_t)inside;
}

#define SATURATED(x, rounding, T)                                                                  \
  (sizeof(T) == 1 ? saturated(x, rounding, INT8_MIN, INT8_MAX, INT8_MAX)                           \
                  : saturated(x, rounding, INT32_MIN, INT32_MAX, 0x1.fffffep30f))
#define STORE_INTEGERS(name, T)                                                                    \
  STAGE block_saturate_##name(T *out, const f32 *x, enum rounding rounding)                        \
  {                                                                                                \
    switch (rounding) {                                                                            \
    case ROUND_EVEN: EACH_LANE out[j] = (T)SATURATED(x[j], ROUND_EVEN, T); break;                  \
    case ROUND_AWAY: EACH_LANE out[j] = (T)SATURATED(x[j], ROUND_AWAY, T); break;                  \
    case ROUND_ZERO: EACH_LANE out[j] = (T)SATURATED(x[j], ROUND_ZERO, T); break;                  \
    case ROUND_FLOOR: EACH_LANE out[j] = (T)SATURATED(x[j], ROUND_FLOOR, T); break;                \
    }                                                                                              \
  }                                                                                                \
  /* Modulo 2^32, and so modulo 2^8. What fits in 32 bits need not wrap on the way there. */       \
  STAGE block_wrap_##name(T *out, const f32 *x, enum rounding rounding)                            \
  {                                                                                                \
    uint32_t beyond = 0;                                                                           \
    EACH_LANE beyond |= !(num_f32(num_bits(x[j]) & INT32_MAX) < 0x1p31f);                          \
    if (!beyond) {                                                                                 \
      i32 v[BLOCK] ROW_ALIGNED;                                                                    \
      block_saturate_i32(v, x, rounding);                                                          \
      EACH_LANE out[j] = (T)v[j];                                                                  \
      return;                                                                                      \
    }                                                                                              \
    for (unsigned j = 0; j < BLOCK; j++)                                                           \
      out[j] = (T)num_int_from_f32(x[j], rounding, 32, false);                                     \
  }                                                                                                \
  STAGE block_cut_##name(T *out, const uint8_t *row, const struct conversion *c, unsigned lane)    \
  {                                                                                                \
    i32 v[BLOCK] ROW_ALIGNED;                                                                      \
    const i32 *w = (const i32 *)(const void *)row + lane;                                          \
    const i8 *b = (const i8 *)row + lane;                                                          \
    if (c->from == ELEM_I32)                                                                       \
      EACH_LANE v[j] = w[j];                                                                       \
    else                                                                                           \
      EACH_LANE v[j] = b[j];                                                                       \
    if (c->saturate && sizeof(T) == 1)                                                             \
      EACH_LANE v[j] = v[j] > INT8_MAX ? INT8_MAX : v[j] < INT8_MIN ? INT8_MIN : v[j];             \
    EACH_LANE out[j] = (T)v[j];                                                                    \
  }
STORE_INTEGERS(i32, i32)
STORE_INTEGERS(i8, i8)

STAGE block_store_bf16(u16 *out, const f32 *x)
{
  EACH_LANE out[j] = num_bf16_from_f32(x[j]);
}

/* One block of the result into row, from lane i of it. */
INLINE void convert_block(uint8_t *row, const struct conversion *c, unsigned i, const f32 *scale)
{
  f32 *f = (f32 *)(void *)row + i, x[BLOCK] ROW_ALIGNED;
  u16 *h = (u16 *)(void *)row + i;
  i32 *w = (i32 *)(void *)row + i;
  i8 *b = (i8 *)row + i;
  const unsigned lane = c->first_in + i;
  if (!c->through_f32) {
    if (c->to == ELEM_I32)
      block_cut_i32(w, c->in, c, lane);
    else
      block_cut_i8(b, c->in, c, lane);
    return;
  }
  block_load_f32(c->to == ELEM_F32 ? f : x, c->in, c->from, lane, scale);
  if (c->to == ELEM_BF16)
    block_store_bf16(h, x);
  else if (c->to == ELEM_I32 && c->saturate)
    block_saturate_i32(w, x, c->rounding);
  else if (c->to == ELEM_I32)
    block_wrap_i32(w, x, c->rounding);
  else if (c->to == ELEM_I8 && c->saturate)
    block_saturate_i8(b, x, c->rounding);
  else if (c->to == ELEM_I8)
    block_wrap_i8(b, x, c->rounding);
}

static const f32 ones[BLOCK] ROW_ALIGNED = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/* out: the first byte of the result in rd. */
INLINE void convert_blocks(uint8_t *out, const struct conversion *c, const f32 *scale)
{
  uint8_t row[R_BYTES_MAX] ROW_ALIGNED; /* rd may be rs1 */
  for (unsigned i = 0; i < c->lanes; i += BLOCK)
    convert_block(row, c, i, scale ? scale + i : ones);
  const unsigned bytes = c->lanes * elem_bits[c->to] / 8;
  switch (bytes) { /* constant sizes are single moves */
  case 64: memcpy(out, row, 64); break;
  case 32: memcpy(out, row, 32); break;
  case 16: memcpy(out, row, 16); break;
  default: memcpy(out, row, bytes); break;
  }
}

/* --- the operation ------------------------------------------------------------------------- */

static void DCVT(regs r, const struct d_op *op, unsigned bytes)
{
  const unsigned from_bits = elem_bits[op->type], to_bits = elem_bits[op->type2];
  const unsigned wide = from_bits > to_bits ? from_bits : to_bits,
                 lanes = bytes * 8 >> __builtin_ctz(wide);
  const struct conversion c = {
      .from = op->type,
      .to = op->type2,
      .rounding = op->round,
      .saturate = op->flag,
      .through_f32 = op->scaled || is_float(op->type) || is_float(op->type2),
      .lanes = lanes,
      .first_in = from_bits < wide ? op->k * lanes : 0,
      .first_out = to_bits < wide ? op->k * lanes : 0,
      .in = d_row(r, op->row1),
  };
  assert(lanes && (c.first_in + lanes) * from_bits <= bytes * 8);
  assert((c.first_out + lanes) * to_bits <= bytes * 8);

  f32 factors[R_BYTES_MAX] ROW_ALIGNED; /* one a lane, 64 of them between i8 and t2 */
  const f32 *scale = NULL, *rs2 = (const f32 *)(const void *)d_row(r, op->row2);
  if (op->scaled && op->b2 < 0 && wide >= 32) {
    scale = rs2;
  } else if (op->scaled) {
    const unsigned padded = lanes < BLOCK ? BLOCK : lanes;
    for (unsigned i = 0; i < padded; i++)
      factors[i] = rs2[op->b2 >= 0 ? 0 : i * wide / 32];
    scale = factors;
  }

  const bool plain = wide == 64 || op->type == ELEM_T2 || op->type2 == ELEM_T2;
  if (plain) {
    uint8_t in[R_BYTES_MAX] ROW_ALIGNED; /* rd may be rs1 or rs2 */
    struct conversion copy = c;
    memcpy(in, d_row(r, op->row1), sizeof in);
    copy.in = in;
    if (scale == rs2)
      scale = memcpy(factors, rs2, R_BYTES_MAX);
    convert_lanes(d_row(r, op->row), &copy, scale);
  } else {
    convert_blocks(d_row(r, op->row) + c.first_out * to_bits / 8, &c, scale);
  }
}

#include "sim/pipe_d_convert_avx2.h"

d_fn *ROW(DCVT)(enum elem type, unsigned bytes, enum d_lanes how)
{
  d_fn *host = bytes == R_BYTES_MAX && how != LANES_any ? host_DCVT(type, how) : NULL;
  return host ? host : DCVT;
}
