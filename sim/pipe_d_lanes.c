/* The D-pipe's operations by lanes: one d_NAME for every D row of isa/ops.def.
 *
 * This file is compiled once for each host vector width (LANES_SUFFIX = base, avx2, avx512: see
 * the Makefile) and holds no vector code of its own: loops over 64 bytes of lanes with constant
 * bounds, whose bodies are the scalars of isa/num.h, which the compiler turns into vectors. So
 * every variant gives the bits that num.h defines. What inference executes most is written in
 * vectors as well, for AVX2 at DLEN 512 (sim/pipe_d_avx2.h); the lanes remain its definition.
 *
 * To add an operation: a row in isa/ops.def and here a function d_NAME that picks, by element
 * type, a d_fn. LANEWISE makes one from an expression. A row without it fails to link, with the
 * missing d_NAME in the linker's message.
 *
 * A register has R_BYTES_MAX bytes whatever DLEN is, of which the low DLEN / 8 are used. Every
 * function is made for each DLEN: constant bounds are what makes vector code short.
 */
#include "sim/pipe_d.h"

#include "isa/num.h"

#include <assert.h>
#include <string.h>

#define PASTE_(a, b, c) a##_##b##_##c
#define PASTE(a, b, c)  PASTE_(a, b, c)
#define ROW(name)       PASTE(d, name, LANES_SUFFIX)
#define INLINE          static inline __attribute__((always_inline))
#define ROW_ALIGNED     __attribute__((aligned(R_BYTES_MAX)))

/* Lanes alias the bytes of registers. */
typedef int64_t __attribute__((may_alias)) i64;
typedef int32_t __attribute__((may_alias)) i32;
typedef uint32_t __attribute__((may_alias)) u32;
typedef int16_t __attribute__((may_alias)) i16;
typedef uint16_t __attribute__((may_alias)) u16;
typedef int8_t i8;
typedef uint8_t u8;
typedef float __attribute__((may_alias)) f32;
typedef uint8_t (*regs)[R_BYTES_MAX];

#define LANES(T) (R_BYTES_MAX / sizeof(T))

/* Every D row's function, in this variant. */
#define D_ROWS_ONLY_D(name) d_select ROW(name);
#define D_ROWS_ONLY_S(name)
#define D_ROWS_ONLY_C(name)
#define OP(name, code, pipe, mnemonic, types, lat, latf, mac, modes, operands, doc)                \
  D_ROWS_ONLY_##pipe(name)
#include "isa/ops.def"
#undef OP
#undef D_ROWS_ONLY_D

#define D_ROWS_ONLY_D(name) [OP_##name] = ROW(name),
#define OP(name, code, pipe, mnemonic, types, lat, latf, mac, modes, operands, doc)                \
  D_ROWS_ONLY_##pipe(name)
d_select *const PASTE(d, table, LANES_SUFFIX)[D_CODES] = {
#include "isa/ops.def"
};
#undef OP

/* --- registers and lanes ------------------------------------------------------------------- */

/* The lanes of a source: the register itself, or the lane that it begins with in all of `splat`. */
#define SOURCE(T)                                                                                  \
  INLINE const T *source_##T(regs r, unsigned at, bool broadcast, unsigned bytes, T *splat)        \
  {                                                                                                \
    const T *row = (const T *)(const void *)d_row(r, at);                                          \
    if (!broadcast || bytes == sizeof(T)) /* there may be only one lane */                         \
      return row;                                                                                  \
    T value = *row;                                                                                \
    for (unsigned i = 0; i < bytes / sizeof(T); i++)                                               \
      splat[i] = value;                                                                            \
    return splat;                                                                                  \
  }
SOURCE(i64)
SOURCE(i32)
SOURCE(f32)

/* The compilations of name_T(r, op, bytes, how) for every DLEN, and their choice. Where `how`
 * makes no difference the compiler folds them into one. */
#define FOR_BYTES(name, T, n, how)                                                                 \
  static void name##_##T##_##n##_##how(regs r, const struct d_op *op, unsigned bytes)              \
  {                                                                                                \
    (void)bytes;                                                                                   \
    name##_##T(r, op, n, LANES_##how);                                                             \
  }
#define EVERY_DLEN(name, T)                                                                        \
  FOR_BYTES(name, T, 8, any)                                                                       \
  FOR_BYTES(name, T, 16, any)                                                                      \
  FOR_BYTES(name, T, 32, any)                                                                      \
  FOR_BYTES(name, T, 64, any) FOR_BYTES(name, T, 64, own) FOR_BYTES(name, T, 64, second)
#define CHOICE(name, T)                                                                            \
  (bytes == 8            ? name##_##T##_8_any                                                      \
   : bytes == 16         ? name##_##T##_16_any                                                     \
   : bytes == 32         ? name##_##T##_32_any                                                     \
   : how == LANES_own    ? name##_##T##_64_own                                                     \
   : how == LANES_second ? name##_##T##_64_second                                                  \
                         : name##_##T##_64_any)

/* Opens a body over lanes of type T: d[] is the result, a[] b[] c[] are the sources. The rows are
 * equal or disjoint and lane i depends on lanes i only, so LOOP may go in any order, even where
 * rd is a source (ivdep). */
#define LANES_BEGIN(T)                                                                             \
  const bool b1 = how == LANES_any && op->b1 >= 0, b3 = how == LANES_any && op->b3 >= 0;           \
  const bool b2 = how == LANES_any ? op->b2 >= 0 : how == LANES_second;                            \
  T splat1[LANES(T)] ROW_ALIGNED, splat2[LANES(T)] ROW_ALIGNED, splat3[LANES(T)] ROW_ALIGNED;      \
  const T *ra = __builtin_assume_aligned(source_##T(r, op->row1, b1, bytes, splat1), R_BYTES_MAX); \
  const T *rb = __builtin_assume_aligned(source_##T(r, op->row2, b2, bytes, splat2), R_BYTES_MAX); \
  const T *rc = __builtin_assume_aligned(source_##T(r, op->row3, b3, bytes, splat3), R_BYTES_MAX); \
  T *d = __builtin_assume_aligned((void *)d_row(r, op->row), R_BYTES_MAX)
#define LOOP(T, D, expr)                                                                           \
  do {                                                                                             \
    D *out = (D *)(void *)d;                                                                       \
    _Pragma("GCC ivdep") for (unsigned i = 0; i < bytes / sizeof(T); i++)                          \
    {                                                                                              \
      T a = ra[i], b = rb[i], c = rc[i];                                                           \
      (void)a, (void)b, (void)c;                                                                   \
      out[i] = (D)(expr);                                                                          \
    }                                                                                              \
  } while (0)

/* name_T from an expression over the lanes a, b, c of its sources. */
#define LANEWISE(name, T, expr)                                                                    \
  INLINE void name##_##T(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)          \
  {                                                                                                \
    LANES_BEGIN(T);                                                                                \
    LOOP(T, T, expr);                                                                              \
  }                                                                                                \
  EVERY_DLEN(name, T)
/* The same where the host may have something better for whole registers. */
#define LANEWISE_HOST(name, T, expr)                                                               \
  INLINE void name##_##T(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)          \
  {                                                                                                \
    if (bytes == R_BYTES_MAX && how != LANES_any && host_##name##_##T(r, op, how))                 \
      return;                                                                                      \
    LANES_BEGIN(T);                                                                                \
    LOOP(T, T, expr);                                                                              \
  }                                                                                                \
  EVERY_DLEN(name, T)

/* d_NAME for a row with types i64, i32, f32; with i64, i32; with f32; and without type. */
#define ROW_I64_I32_F32(name, F)                                                                   \
  d_fn *ROW(name)(enum elem type, unsigned bytes, enum d_lanes how)                                \
  {                                                                                                \
    return type == ELEM_I64   ? CHOICE(name, i64)                                                  \
           : type == ELEM_I32 ? CHOICE(name, i32)                                                  \
                              : CHOICE(name, F);                                                   \
  }
#define ROW_I64_I32(name)                                                                          \
  d_fn *ROW(name)(enum elem type, unsigned bytes, enum d_lanes how)                                \
  {                                                                                                \
    return type == ELEM_I64 ? CHOICE(name, i64) : CHOICE(name, i32);                               \
  }
#define ROW_ONE(name, T)                                                                           \
  d_fn *ROW(name)(enum elem type, unsigned bytes, enum d_lanes how)                                \
  {                                                                                                \
    (void)type;                                                                                    \
    return CHOICE(name, T);                                                                        \
  }
#define NO_FUNCTION(name)                                                                          \
  d_fn *ROW(name)(enum elem type, unsigned bytes, enum d_lanes how)                                \
  {                                                                                                \
    (void)type, (void)bytes, (void)how;                                                            \
    return NULL;                                                                                   \
  }

#include "sim/pipe_d_avx2.h"

/* --- arithmetic ---------------------------------------------------------------------------- */

NO_FUNCTION(DNOP)

LANEWISE(DFMA, i64, num_add_i64(num_mul_i64(a, b), c))
LANEWISE(DFMA, i32, num_add_i32(num_mul_i32(a, b), c))
LANEWISE_HOST(DFMA, f32, num_fma(a, b, c))
ROW_I64_I32_F32(DFMA, f32)

LANEWISE(DADD, i64, num_add_i64(a, b))
LANEWISE(DADD, i32, num_add_i32(a, b))
LANEWISE_HOST(DADD, f32, num_add(a, b))
ROW_I64_I32_F32(DADD, f32)

LANEWISE(DSUB, i64, num_sub_i64(a, b))
LANEWISE(DSUB, i32, num_sub_i32(a, b))
LANEWISE_HOST(DSUB, f32, num_sub(a, b))
ROW_I64_I32_F32(DSUB, f32)

LANEWISE(DMUL, i64, num_mul_i64(a, b))
LANEWISE(DMUL, i32, num_mul_i32(a, b))
LANEWISE_HOST(DMUL, f32, num_mul(a, b))
ROW_I64_I32_F32(DMUL, f32)

LANEWISE(DMAX, i64, a > b ? a : b)
LANEWISE(DMAX, i32, a > b ? a : b)
LANEWISE(DMAX, f32, num_max(a, b))
ROW_I64_I32_F32(DMAX, f32)

LANEWISE(DMIN, i64, a < b ? a : b)
LANEWISE(DMIN, i32, a < b ? a : b)
LANEWISE(DMIN, f32, num_min(a, b))
ROW_I64_I32_F32(DMIN, f32)

/* A mask has the lane's width M: all ones or all zeros. No lane of an integer is unordered. */
#define COMPARE(T, M, unordered, sign)                                                             \
  INLINE void DCMP_##T(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)            \
  {                                                                                                \
    LANES_BEGIN(T);                                                                                \
    switch (op->mode) {                                                                            \
    case CMP_lt: LOOP(T, M, -(M)(a < b)); break;                                                   \
    case CMP_le: LOOP(T, M, -(M)(a <= b)); break;                                                  \
    case CMP_eq: LOOP(T, M, -(M)(a == b)); break;                                                  \
    case CMP_ne: LOOP(T, M, -(M)(a != b)); break;                                                  \
    case CMP_gt: LOOP(T, M, -(M)(a > b)); break;                                                   \
    case CMP_ge: LOOP(T, M, -(M)(a >= b)); break;                                                  \
    case CMP_un: LOOP(T, M, -(M)(unordered)); break;                                               \
    default: LOOP(T, T, sign); break;                                                              \
    }                                                                                              \
  }                                                                                                \
  EVERY_DLEN(DCMP, T)
COMPARE(i64, i64, 0, (a > b) - (a < b))
COMPARE(i32, i32, 0, (a > b) - (a < b))
COMPARE(f32, i32, num_unordered(a, b), num_sign(a, b))
ROW_I64_I32_F32(DCMP, f32)

/* Lane i is folded with lane i + half: a tree whose shape depends on DLEN alone. A step is written
 * out for each half, so that each is one vector operation; the first reads rs1 itself. */
#define FOLD(T, mode, half)                                                                        \
  if (half < LANES(T) / 2 && half < n)                                                             \
    for (unsigned i = 0; i < half; i++)                                                            \
  v[i] = num_reduce_##T(mode, v[i], v[i + half])
#define FOLDS(T, mode)                                                                             \
  case mode:                                                                                       \
    for (unsigned i = 0; i < LANES(T) / 2; i++)                                                    \
      v[i] = n == LANES(T) ? num_reduce_##T(mode, row[i], row[i + LANES(T) / 2]) : row[i];         \
    FOLD(T, mode, 4);                                                                              \
    FOLD(T, mode, 2);                                                                              \
    FOLD(T, mode, 1);                                                                              \
    break
#define REDUCE(T)                                                                                  \
  INLINE void DRED_##T(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)            \
  {                                                                                                \
    (void)how;                                                                                     \
    const unsigned n = bytes / (unsigned)sizeof(T);                                                \
    const T *row = __builtin_assume_aligned(d_row(r, op->row1), R_BYTES_MAX);                      \
    T v[LANES(T) / 2] ROW_ALIGNED;                                                                 \
    switch (op->mode) {                                                                            \
      FOLDS(T, RED_sum);                                                                           \
      FOLDS(T, RED_max);                                                                           \
      FOLDS(T, RED_min);                                                                           \
      FOLDS(T, RED_and);                                                                           \
      FOLDS(T, RED_or);                                                                            \
    default: FOLDS(T, RED_xor);                                                                    \
    }                                                                                              \
    T *d = __builtin_assume_aligned((void *)d_row(r, op->row), R_BYTES_MAX);                       \
    const T value = v[0];                                                                          \
    for (unsigned i = 0; i < n; i++)                                                               \
      d[i] = value;                                                                                \
  }                                                                                                \
  EVERY_DLEN(DRED, T)
REDUCE(i64)
REDUCE(i32)
REDUCE(f32)
ROW_I64_I32_F32(DRED, f32)

LANEWISE_HOST(DEXP2, f32, num_exp2(a))
ROW_ONE(DEXP2, f32)
LANEWISE_HOST(DRCP, f32, num_rcp(a))
ROW_ONE(DRCP, f32)
LANEWISE_HOST(DRSQ, f32, num_rsq(a))
ROW_ONE(DRSQ, f32)

/* --- moves, bits --------------------------------------------------------------------------- */

/* f32 lanes move as bits: a NaN keeps its payload, -0 as a mask has a bit set. */
LANEWISE(DSEL, i64, c ? a : b)
LANEWISE(DSEL, i32, c ? a : b)
ROW_I64_I32_F32(DSEL, i32)

LANEWISE(DMOV, i64, a)
LANEWISE(DMOV, i32, a)
ROW_I64_I32_F32(DMOV, i32)

#define IMMEDIATE(T)                                                                               \
  INLINE void DMOVI_##T(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)           \
  {                                                                                                \
    (void)how;                                                                                     \
    T *d = __builtin_assume_aligned((void *)d_row(r, op->row), R_BYTES_MAX);                       \
    const T value = (T)op->imm;                                                                    \
    for (unsigned i = 0; i < bytes / sizeof(T); i++)                                               \
      d[i] = value;                                                                                \
  }                                                                                                \
  EVERY_DLEN(DMOVI, T)
IMMEDIATE(i64)
IMMEDIATE(i32)
IMMEDIATE(i16)
IMMEDIATE(i8)
d_fn *ROW(DMOVI)(enum elem type, unsigned bytes, enum d_lanes how)
{
  return type == ELEM_I64    ? CHOICE(DMOVI, i64)
         : type == ELEM_BF16 ? CHOICE(DMOVI, i16)
         : type == ELEM_I8   ? CHOICE(DMOVI, i8)
                             : CHOICE(DMOVI, i32);
}

/* 32-bit lane i = rs1[rs2[i] mod n]. */
INLINE void DPERM_i32(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)
{
  (void)how;
  const unsigned n = bytes / (unsigned)sizeof(i32);
  const i32 *from = __builtin_assume_aligned(d_row(r, op->row1), R_BYTES_MAX);
  const i32 *index = __builtin_assume_aligned(d_row(r, op->row2), R_BYTES_MAX);
  i32 row[LANES(i32)] ROW_ALIGNED; /* rd may be rs1 */
  for (unsigned i = 0; i < n; i++)
    row[i] = from[(uint32_t)index[i] & (n - 1)];
  memcpy(d_row(r, op->row), row, bytes);
}
EVERY_DLEN(DPERM, i32)
ROW_ONE(DPERM, i32)

LANEWISE(DAND, i64, a &b)
LANEWISE(DAND, i32, a &b)
ROW_I64_I32(DAND)
LANEWISE(DOR, i64, a | b)
LANEWISE(DOR, i32, a | b)
ROW_I64_I32(DOR)
LANEWISE(DXOR, i64, a ^ b)
LANEWISE(DXOR, i32, a ^ b)
ROW_I64_I32(DXOR)
LANEWISE(DANDN, i64, a & ~b)
LANEWISE(DANDN, i32, a & ~b)
ROW_I64_I32(DANDN)
LANEWISE(DSHL, i64, (uint64_t)a << (b & 63))
LANEWISE(DSHL, i32, (uint32_t)a << (b & 31))
ROW_I64_I32(DSHL)
LANEWISE(DSHR, i64, (uint64_t)a >> (b & 63))
LANEWISE(DSHR, i32, (uint32_t)a >> (b & 31))
ROW_I64_I32(DSHR)
LANEWISE(DSAR, i64, a >> (b & 63))
LANEWISE(DSAR, i32, a >> (b & 31))
ROW_I64_I32(DSAR)

NO_FUNCTION(DBR) /* pipe_d_branch_taken */

/* --- dot products: groups in the 32-bit lanes of rs1 and rs2 ------------------------------- */

/* Two bf16 a lane, the even one in the lower half; two fused steps, j ascending. */
INLINE float dot_bf16(float sum, u32 weights, u32 values)
{
  sum = num_fma(num_f32(weights << 16), num_f32(values << 16), sum);
  return num_fma(num_f32(weights & 0xffff0000u), num_f32(values & 0xffff0000u), sum);
}

/* Four i8 a lane. The sum of four products fits in 18 bits. */
INLINE int32_t dot_i8(int32_t sum, u32 weights, u32 values)
{
  int32_t dot = 0;
  for (unsigned j = 0; j < 4; j++) {
    const int32_t w = (int32_t)(weights << (24 - 8 * j)) >> 24;
    const int32_t v = (int32_t)(values << (24 - 8 * j)) >> 24;
    dot += w * v;
  }
  return num_add_i32(sum, dot);
}

LANEWISE_HOST(DDOT, f32, dot_bf16(c, num_bits(a), num_bits(b)))
LANEWISE_HOST(DDOT, i32, dot_i8(c, (u32)a, (u32)b))
d_fn *ROW(DDOT)(enum elem type, unsigned bytes, enum d_lanes how)
{
  return type == ELEM_BF16 ? CHOICE(DDOT, f32) : CHOICE(DDOT, i32);
}

/* Eight trits as two's complement numbers of two bits: 00 = 0, 01 = 1, 11 = -1. */
INLINE uint16_t trits_signed(uint16_t trits)
{
  const unsigned low = trits & 0x5555u, high = trits >> 1 & 0x5555u;
  return (uint16_t)((low ^ high) | (high & ~low) << 1);
}

/* Trit j of eight, as made above. */
INLINE int16_t trit_signed(uint16_t trits, unsigned j)
{
  return (int16_t)((int16_t)(trits << (14 - 2 * j)) >> 14);
}

/* Sixteen trits a lane of rs1; the sixteen i8 of rs2 from byte 16 b are for all lanes. In 16-bit
 * halves of a lane: trits 0..7 meet values 0..7 in the lower one, 8..15 in the upper one, and a
 * half's sum of 8 values of i8 fits. */
INLINE void DTDOT_i32(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)
{
  if (bytes == R_BYTES_MAX && host_DTDOT_i32(r, op, how))
    return;
  i8 values[16];
  memcpy(values, d_row(r, op->row2), sizeof values);
  const u16 *trits = __builtin_assume_aligned(d_row(r, op->row1), R_BYTES_MAX);
  const i32 *sum = __builtin_assume_aligned(d_row(r, op->row3), R_BYTES_MAX);
  i32 *d = __builtin_assume_aligned((void *)d_row(r, op->row), R_BYTES_MAX);
  i16 dot[LANES(i16)] ROW_ALIGNED;
  for (unsigned i = 0; i < bytes / sizeof(i16); i += 2) {
    const uint16_t t0 = trits_signed(trits[i]), t8 = trits_signed(trits[i + 1]);
    int16_t low = 0, high = 0;
    for (unsigned j = 0; j < 8; j++) {
      low = (int16_t)(low + (int16_t)(trit_signed(t0, j) * values[j]));
      high = (int16_t)(high + (int16_t)(trit_signed(t8, j) * values[j + 8]));
    }
    dot[i] = low;
    dot[i + 1] = high;
  }
#pragma GCC ivdep
  for (unsigned i = 0; i < bytes / sizeof(i32); i++)
    d[i] = num_add_i32(sum[i], dot[2 * i] + dot[2 * i + 1]);
}
EVERY_DLEN(DTDOT, i32)
ROW_ONE(DTDOT, i32)

/* --- hyperdimensional and ternary, on 64-bit lanes ----------------------------------------- */

INLINE uint64_t hd_encode(uint64_t value, uint64_t width)
{
  return num_rotate_left(value * 0x9E3779B97F4A7C15u + (width | 1) * 0x517CC1B727220A95u, 32);
}

LANEWISE(DHDENC, i64, hd_encode((uint64_t)a, (uint64_t)op->imm))
ROW_ONE(DHDENC, i64)
LANEWISE(DHDBIND, i64, a ^ b)
ROW_ONE(DHDBIND, i64)
LANEWISE(DHDBUND, i64, a | b)
ROW_ONE(DHDBUND, i64)
LANEWISE(DHDPERM, i64, num_rotate_left((uint64_t)a, op->k))
ROW_ONE(DHDPERM, i64)
LANEWISE(DHDSIM, i64, 64 - __builtin_popcountll((uint64_t)(a ^ b)))
ROW_ONE(DHDSIM, i64)

LANEWISE(DTERNARY, i64, num_mul_i64(a, num_trits_net((uint64_t)b)))
ROW_ONE(DTERNARY, i64)
LANEWISE(DTPOP, i64, num_trits_nonzero((uint64_t)a))
ROW_ONE(DTPOP, i64)

INLINE void DTACC_i64(regs r, const struct d_op *op, unsigned bytes, enum d_lanes how)
{
  const struct d_op with_sum = {.row = op->row,
                                .row1 = op->row1,
                                .row2 = op->row2,
                                .row3 = op->row,
                                .b1 = -1,
                                .b2 = -1,
                                .b3 = -1};
  op = &with_sum;
  LANES_BEGIN(i64);
  LOOP(i64, i64, num_add_i64(c, num_mul_i64(a, num_trits_net((uint64_t)b))));
}
EVERY_DLEN(DTACC, i64)
ROW_ONE(DTACC, i64)

#include "sim/pipe_d_convert.h"
