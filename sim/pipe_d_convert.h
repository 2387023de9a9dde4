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
 */
/* The value of one lane of an integer type; lane counts elements of that type in the row. */
INLINE int64_t integer_lane(const uint8_t *row, enum elem type, unsigned lane)
{
  switch (type) {
  case ELEM_I64: return ((const i64 *)(const void *)row)[lane];
  case ELEM_I32: return ((const i32 *)(const void *)row)[lane];
  case ELEM_I8: return ((const i8 *)row)[lane];
  default: return num_trit((unsigned)row[lane / 4] >> 2 * (lane % 4));
  }
}

INLINE void store_integer(uint8_t *row, enum elem type, unsigned lane, int64_t value)
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

INLINE float float_lane(const uint8_t *row, enum elem type, unsigned lane)
{
  switch (type) {
  case ELEM_F32: return num_canonical(((const f32 *)(const void *)row)[lane]);
  case ELEM_BF16: return num_f32_from_bf16(((const u16 *)(const void *)row)[lane]);
  case ELEM_I64: return num_f32_from_i64(integer_lane(row, ELEM_I64, lane));
  default: return num_f32_from_i32((int32_t)integer_lane(row, type, lane));
  }
}

INLINE bool is_float(enum elem type)
{
  return type == ELEM_F32 || type == ELEM_BF16;
}

static void convert(regs r, const struct d_op *op, unsigned bytes)
{
  const enum elem from = op->type, to = op->type2;
  const unsigned wide = elem_bits[from] > elem_bits[to] ? elem_bits[from] : elem_bits[to];
  const unsigned lanes = bytes * 8 / wide;
  const unsigned first_in = elem_bits[from] < wide ? op->k * lanes : 0;
  const unsigned first_out = elem_bits[to] < wide ? op->k * lanes : 0;
  uint8_t in[R_BYTES_MAX] ROW_ALIGNED, scale[R_BYTES_MAX] ROW_ALIGNED, *out = r[op->rd];
  memcpy(in, r[op->rs1], sizeof in);
  memcpy(scale, r[op->rs2], sizeof scale);

  for (unsigned i = 0; i < lanes; i++) {
    if (!op->scaled && !is_float(from) && !is_float(to)) {
      int64_t value = integer_lane(in, from, first_in + i);
      if (op->flag && to != ELEM_T2)
        value = num_saturate(value, elem_bits[to]);
      store_integer(out, to, first_out + i, value);
      continue;
    }
    float x = float_lane(in, from, first_in + i);
    if (op->scaled) {
      const unsigned s = op->b2 >= 0 ? (unsigned)op->b2 : wide >= 32 ? i : i * wide / 32;
      x = num_mul(x, float_lane(scale, ELEM_F32, s));
    }
    if (to == ELEM_F32)
      ((f32 *)(void *)out)[first_out + i] = x;
    else if (to == ELEM_BF16)
      ((u16 *)(void *)out)[first_out + i] = num_bf16_from_f32(x);
    else
      store_integer(out, to, first_out + i,
                    num_int_from_f32(x, op->round, elem_bits[to], op->flag || to == ELEM_T2));
  }
}

d_fn *ROW(DCVT)(enum elem type, bool whole)
{
  (void)type, (void)whole;
  return convert;
}
