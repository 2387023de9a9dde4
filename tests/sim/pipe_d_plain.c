/* What each D row of isa/ops.def says, lane by lane and without any thought for speed. */
#include "tests/sim/pipe_d_plain.h"

#include "isa/num.h"

uint64_t lane_get(const uint8_t *row, unsigned width, unsigned lane)
{
  uint64_t value = 0;
  if (width == 2)
    return row[lane / 4] >> 2 * (lane % 4) & 3;
  memcpy(&value, row + lane * width / 8, width / 8);
  return value;
}

void lane_set(uint8_t *row, unsigned width, unsigned lane, uint64_t value)
{
  if (width == 2)
    row[lane / 4] =
        (uint8_t)((row[lane / 4] & ~(3u << 2 * (lane % 4))) | (value & 3) << 2 * (lane % 4));
  else
    memcpy(row + lane * width / 8, &value, width / 8);
}

static float as_f32(uint64_t bits)
{
  return num_f32((uint32_t)bits);
}

/* One f32 lane; false if the row has no such type here. */
static bool lane_f32(const struct slot *s, uint64_t ua, uint64_t ub, uint64_t uc, uint64_t *out)
{
  const float a = as_f32(ua), b = as_f32(ub), c = as_f32(uc);
  const bool holds[] = {
      [CMP_lt] = a<b, [CMP_le] = a <= b, [CMP_eq] = a == b, [CMP_ne] = a != b, [CMP_gt] = a> b,
      [CMP_ge] = a >= b,
      [CMP_un] = a != a || b != b,
      [CMP_sign] = false};
  float x = 0;
  switch (s->op) {
  case OP_DFMA: x = num_fma(a, b, c); break;
  case OP_DADD: x = num_add(a, b); break;
  case OP_DSUB: x = num_sub(a, b); break;
  case OP_DMUL: x = num_mul(a, b); break;
  case OP_DMAX: x = num_max(a, b); break;
  case OP_DMIN: x = num_min(a, b); break;
  case OP_DEXP2: x = num_exp2(a); break;
  case OP_DRCP: x = num_rcp(a); break;
  case OP_DRSQ: x = num_rsq(a); break;
  case OP_DCMP:
    if (s->mode == CMP_sign) {
      x = a < b ? -1.0f : a > b ? 1.0f : 0.0f;
      break;
    }
    *out = holds[s->mode] ? UINT32_MAX : 0;
    return true;
  case OP_DSEL: *out = uc ? ua : ub; return true;
  case OP_DMOV: *out = ua; return true;
  default: return false;
  }
  *out = num_bits(x);
  return true;
}

/* One integer lane of `width` bits. */
static bool lane_integer(const struct slot *s, unsigned width, uint64_t a, uint64_t b, uint64_t c,
                         uint64_t *out)
{
  const int64_t x = num_wrap(a, width), y = num_wrap(b, width);
  const bool holds[] = {
      [CMP_lt] = x<y, [CMP_le] = x <= y, [CMP_eq] = x == y, [CMP_ne] = x != y, [CMP_gt] = x> y,
      [CMP_ge] = x >= y,
      [CMP_un] = false,
      [CMP_sign] = false};
  const unsigned amount = (unsigned)(b % width);
  switch (s->op) {
  case OP_DFMA: *out = a * b + c; break;
  case OP_DADD: *out = a + b; break;
  case OP_DSUB: *out = a - b; break;
  case OP_DMUL: *out = a * b; break;
  case OP_DMAX: *out = (uint64_t)(x > y ? x : y); break;
  case OP_DMIN: *out = (uint64_t)(x < y ? x : y); break;
  case OP_DCMP:
    *out = s->mode == CMP_sign ? (uint64_t)((x > y) - (x < y)) : holds[s->mode] ? UINT64_MAX : 0;
    break;
  case OP_DSEL: *out = c ? a : b; break;
  case OP_DMOV: *out = a; break;
  case OP_DAND: *out = a & b; break;
  case OP_DOR: *out = a | b; break;
  case OP_DXOR: *out = a ^ b; break;
  case OP_DANDN: *out = a & ~b; break;
  case OP_DSHL: *out = a << amount; break;
  case OP_DSHR: *out = a >> amount; break;
  case OP_DSAR: *out = (uint64_t)(x >> amount); break;
  default: return false;
  }
  return true;
}

/* One 64-bit lane of the hyperdimensional and ternary rows; `old` is rd's. */
static bool lane_untyped(const struct slot *s, uint64_t a, uint64_t b, uint64_t old, uint64_t *out)
{
  int64_t net = 0, nonzero = 0, differ = 0;
  const uint64_t trits = s->op == OP_DTPOP ? a : b;
  for (int j = 0; j < 32; j++) {
    const unsigned trit = trits >> 2 * j & 3;
    net += trit == 1 ? 1 : trit == 2 ? -1 : 0;
    nonzero += trit == 1 || trit == 2;
  }
  for (int j = 0; j < 64; j++)
    differ += (a ^ b) >> j & 1;
  const uint64_t encoded =
      a * 0x9E3779B97F4A7C15u + ((uint64_t)(int64_t)s->imm | 1) * 0x517CC1B727220A95u;
  switch (s->op) {
  case OP_DHDENC: *out = encoded << 32 | encoded >> 32; break;
  case OP_DHDBIND: *out = a ^ b; break;
  case OP_DHDBUND: *out = a | b; break;
  case OP_DHDPERM: *out = s->k ? a << s->k | a >> (64 - s->k) : a; break;
  case OP_DHDSIM: *out = (uint64_t)(64 - differ); break;
  case OP_DTERNARY: *out = a * (uint64_t)net; break;
  case OP_DTPOP: *out = (uint64_t)nonzero; break;
  case OP_DTACC: *out = old + a * (uint64_t)net; break;
  default: return false;
  }
  return true;
}

static void reduce(const struct slot *s, unsigned dlen, const uint8_t *rs1, uint8_t *row)
{
  const unsigned width = elem_bits[s->type], n = dlen / width;
  uint64_t v[DLEN_MAX / 32];
  for (unsigned i = 0; i < n; i++)
    v[i] = lane_get(rs1, width, i);
  for (unsigned half = n / 2; half > 0; half /= 2)
    for (unsigned i = 0; i < half; i++) {
      const uint64_t a = v[i], b = v[i + half];
      if (s->type == ELEM_F32)
        v[i] = num_bits(num_reduce_f32((unsigned)s->mode, as_f32(a), as_f32(b)));
      else
        v[i] = (uint64_t)num_reduce_i64((unsigned)s->mode, num_wrap(a, width), num_wrap(b, width));
    }
  for (unsigned i = 0; i < n; i++)
    lane_set(row, width, i, v[0]);
}

/* rd[i] = rs3[i] + sum over j of rs1[i*g+j] * rs2[b*g+j], j ascending, in 32-bit lanes. */
static void dot(const struct slot *s, unsigned dlen, const struct registers *f, uint8_t *row)
{
  const unsigned g = s->type == ELEM_BF16 ? 2 : s->type == ELEM_I8 ? 4 : 16, width = 32 / g;
  for (unsigned i = 0; i < dlen / 32; i++) {
    const unsigned b = s->b2 ? (unsigned)s->b2 - 16 : i;
    uint64_t sum = lane_get(f->r[s->rs3], 32, i);
    for (unsigned j = 0; j < g; j++) {
      const uint64_t x = lane_get(f->r[s->rs1], width, i * g + j);
      const uint64_t y = lane_get(f->r[s->rs2], s->type == ELEM_T2 ? 8 : width, b * g + j);
      if (s->type == ELEM_BF16)
        sum = num_bits(num_fma(as_f32(x << 16), as_f32(y << 16), as_f32(sum)));
      else if (s->type == ELEM_I8)
        sum += (uint64_t)(num_wrap(x, 8) * num_wrap(y, 8));
      else
        sum += (uint64_t)((x == 1 ? 1 : x == 2 ? -1 : 0) * num_wrap(y, 8));
    }
    lane_set(row, 32, i, sum);
  }
}

static void convert(const struct slot *s, unsigned dlen, const struct registers *f, uint8_t *row)
{
  const unsigned from = elem_bits[s->type], to = elem_bits[s->type2], wide = from > to ? from : to;
  const unsigned lanes = dlen / wide, part = (unsigned)s->k * lanes;
  const bool from_float = s->type == ELEM_F32 || s->type == ELEM_BF16;
  for (unsigned i = 0; i < lanes; i++) {
    const uint64_t bits = lane_get(f->r[s->rs1], from, from < wide ? part + i : i);
    int64_t integer = s->type == ELEM_T2 ? num_trit((unsigned)bits) : num_wrap(bits, from);
    float x = s->type == ELEM_F32    ? num_canonical(as_f32(bits))
              : s->type == ELEM_BF16 ? num_f32_from_bf16((uint16_t)bits)
                                     : num_f32_from_i64(integer);
    if (s->scaled) {
      const unsigned lane = s->b2 ? (unsigned)s->b2 - 16 : wide == 64 ? i : i * wide / 32;
      x = num_mul(x, as_f32(lane_get(f->r[s->rs2], 32, lane)));
    }
    uint64_t result;
    if (s->type2 == ELEM_F32) {
      result = num_bits(x);
    } else if (s->type2 == ELEM_BF16) {
      result = num_bf16_from_f32(x);
    } else {
      const unsigned width = s->type2 == ELEM_T2 ? 8 : to;
      const bool saturate = s->flag || s->type2 == ELEM_T2;
      if (from_float || s->scaled)
        integer = num_int_from_f32(x, (enum rounding)s->round, width, saturate);
      else if (saturate)
        integer = num_saturate(integer, width);
      result = (uint64_t)integer;
      if (s->type2 == ELEM_T2)
        result = integer > 0 ? 1 : integer < 0 ? 2 : 0;
    }
    lane_set(row, to, to < wide ? part + i : i, result);
  }
}

bool plain_evaluate(const struct op_info *op, const struct slot *s, unsigned dlen,
                    const struct registers *f, uint8_t *row)
{
  switch (s->op) {
  case OP_DRED: reduce(s, dlen, f->r[s->rs1], row); return true;
  case OP_DDOT:
  case OP_DTDOT: dot(s, dlen, f, row); return true;
  case OP_DCVT: convert(s, dlen, f, row); return true;
  case OP_DPERM:
    for (unsigned i = 0; i < dlen / 32; i++)
      lane_set(row, 32, i, lane_get(f->r[s->rs1], 32, lane_get(f->r[s->rs2], 32, i) % (dlen / 32)));
    return true;
  case OP_DMOVI:
    for (unsigned i = 0; i < dlen / elem_bits[s->type]; i++)
      lane_set(row, elem_bits[s->type], i, (uint64_t)(int64_t)s->imm);
    return true;
  default: break;
  }
  const unsigned width = op->types ? elem_bits[s->type] : 64;
  for (unsigned i = 0; i < dlen / width; i++) {
    const uint64_t a = lane_get(f->r[s->rs1], width, s->b1 ? (unsigned)s->b1 - 16 : i);
    const uint64_t b = lane_get(f->r[s->rs2], width, s->b2 ? (unsigned)s->b2 - 16 : i);
    const uint64_t c = lane_get(f->r[s->rs3], width, s->b3 ? (unsigned)s->b3 - 16 : i);
    uint64_t out = 0;
    const bool known = !op->types            ? lane_untyped(s, a, b, lane_get(row, 64, i), &out)
                       : s->type == ELEM_F32 ? lane_f32(s, a, b, c, &out)
                                             : lane_integer(s, width, a, b, c, &out);
    if (!known)
      return false;
    lane_set(row, width, i, out);
  }
  return true;
}
