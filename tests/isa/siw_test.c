/* SIWs: every row round-trips, every reserved bit is refused, and the rules between fields. */
#include "isa/isa.h"
#include "tests/harness/harness.h"
#include "tests/isa/random_siw.h"

#include <string.h>

static const unsigned dlens[] = {64, 128, 256, 512};
enum { DLENS = sizeof dlens / sizeof *dlens };

static struct siw encode(const struct bundle *b)
{
  struct siw w;
  struct vtpu_error err;
  if (siw_encode(b, &w, &err))
    T_FAIL("%s", err.message);
  return w;
}

static bool same(const struct bundle *a, const struct bundle *b)
{
  return a->deps == b->deps && a->loop_ends == b->loop_ends &&
         memcmp(a->slot, b->slot, sizeof a->slot) == 0 && a->coord.lo == b->coord.lo &&
         a->coord.hi == b->coord.hi;
}

/* --- round trips -------------------------------------------------------------------------------
 */

T_TEST(siw, every_row_round_trips_at_every_dlen)
{
  for (int d = 0; d < DLENS; d++)
    for (int i = 0; i < op_table_count; i++) {
      if (!row_exists(&op_table[i], dlens[d]))
        continue;
      for (int round = 0; round < 60; round++) {
        struct bundle b, back;
        struct vtpu_error err;
        random_single(&op_table[i], dlens[d], &b);
        struct siw w = encode(&b);
        if (siw_decode(&w, dlens[d], &back, &err))
          T_FAIL("%s at DLEN %u: %s", op_table[i].name, dlens[d], err.message);
        else if (!same(&b, &back))
          T_FAIL("%s at DLEN %u changes", op_table[i].name, dlens[d]);
      }
    }
}

T_TEST(siw, full_bundles_round_trip)
{
  for (int round = 0; round < 5000; round++) {
    unsigned dlen = dlens[round % DLENS];
    struct bundle b, back;
    struct vtpu_error err;
    random_bundle(dlen, 100, &b);
    struct siw w = encode(&b);
    if (siw_decode(&w, dlen, &back, &err))
      T_FAIL("%s", err.message);
    else
      T_CHECK(same(&b, &back));
  }
}

/* Bits of the SIW that the row uses: header fields, its slot's fields, the coordinate if taken. */
static bool bit_is_used(const struct op_info *op, const struct bundle *b, int bit)
{
  if (bit < 8 * 12)
    return bit < 16; /* dependence byte, marks, version */
  if (bit >= 8 * 48)
    return (op_fields(op) >> FIELD_imc & 1) && b->slot[op->pipe].imc;
  int pipe = (bit - 96) / 96, at = (bit - 96) % 96;
  if (pipe != (int)op->pipe)
    return at < 8; /* a NOP has its code only */
  for (int f = 0; f < FIELD_COUNT; f++)
    if (op_fields(op) >> f & 1 && at >= field_table[f].lo &&
        at < field_table[f].lo + field_table[f].width)
      return true;
  return false;
}

/* A flipped reserved bit is refused; a flipped used bit is refused or means something else, of
 * which the flipped bytes are the only encoding. */
T_TEST(siw, every_bit_is_a_field_or_reserved)
{
  for (int i = 0; i < op_table_count; i++) {
    unsigned dlen = dlens[1 + i % 3];
    struct bundle b, back;
    random_single(&op_table[i], dlen, &b);
    for (int bit = 0; bit < 8 * SIW_BYTES; bit++) {
      struct siw w = encode(&b);
      struct vtpu_error err = {VTPU_OK, ""};
      w.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
      int rc = siw_decode(&w, dlen, &back, &err);
      if (!bit_is_used(&op_table[i], &b, bit)) {
        if (rc != VTPU_INPUT || !err.message[0])
          T_FAIL("%s: bit %d is reserved, but accepted", op_table[i].name, bit);
      } else if (!rc) {
        struct siw again = encode(&back);
        T_CHECK(memcmp(&again, &w, sizeof w) == 0);
        T_CHECK(!same(&b, &back));
      }
    }
  }
}

/* Random bytes, biased to what nearly decodes: no crash, and one encoding for each meaning. */
T_TEST(siw, random_bytes)
{
  int accepted = 0;
  for (int round = 0; round < 100000; round++) {
    unsigned dlen = dlens[round % DLENS];
    struct bundle b;
    struct vtpu_error err;
    random_bundle(dlen, 100, &b);
    struct siw w = encode(&b);
    for (int n = random_below(4); n >= 0; n--) {
      int byte = random_below(SIW_BYTES);
      w.bytes[byte] = (uint8_t)(round % 3 ? w.bytes[byte] ^ 1u << random_below(8) : random64());
    }
    if (siw_decode(&w, dlen, &b, &err))
      continue;
    accepted++;
    struct siw again = encode(&b);
    T_CHECK(memcmp(&again, &w, sizeof w) == 0);
  }
  T_CHECK(accepted > 1000);
}

/* --- rules -------------------------------------------------------------------------------------
 */

/* One bundle with NOPs, to be filled in. */
static struct bundle empty(void)
{
  struct bundle b;
  memset(&b, 0, sizeof b);
  return b;
}

/* The slot must be refused at this DLEN with a message that has this part; NULL: accepted. */
static void expect(unsigned dlen, enum pipe pipe, struct slot s, const char *problem)
{
  struct bundle b = empty(), back;
  struct vtpu_error err = {VTPU_OK, ""};
  b.slot[pipe] = s;
  struct siw w = encode(&b);
  int rc = siw_decode(&w, dlen, &back, &err);
  T_EQ(rc, problem ? VTPU_INPUT : VTPU_OK);
  T_CONTAINS(err.message, problem ? problem : "");
  if (problem)
    T_CHECK(err.message[0] == pipe_letter[pipe]);
}

T_TEST(rules, lanes)
{
  expect(512, D(.op = OP_DADD, .type = ELEM_F32, .b2 = 31), NULL);
  expect(256, D(.op = OP_DADD, .type = ELEM_F32, .b2 = 24), "lane 8, but there are 8 (0..7)");
  expect(512, D(.op = OP_DADD, .type = ELEM_I64, .b1 = 24), "lane 8, but there are 8");
  expect(512, D(.op = OP_DADD, .type = ELEM_I64, .b1 = 23), NULL);
  expect(64, D(.op = OP_DADD, .type = ELEM_I64, .b1 = 17), "lane 1, but there are 1 (0..0)");
  expect(512, D(.op = OP_DADD, .type = ELEM_F32, .b1 = 1), "lane field 1");
  expect(512, D(.op = OP_DBR, .type = ELEM_I64), "its lane is not optional");
  expect(512, C(.op = OP_CPACK, .b1 = 23, .b2 = 24), "lane 8, but there are 8");
  expect(512, D(.op = OP_DDOT, .type = ELEM_BF16, .b2 = 31), NULL);
  expect(64, D(.op = OP_DDOT, .type = ELEM_I8, .b2 = 17), NULL);
  expect(64, D(.op = OP_DDOT, .type = ELEM_I8, .b2 = 18), "lane 2, but there are 2");
  expect(512, D(.op = OP_DTDOT, .type = ELEM_T2, .b2 = 19), NULL);
  expect(512, D(.op = OP_DTDOT, .type = ELEM_T2, .b2 = 20), "lane 4, but there are 4");
  expect(512, D(.op = OP_DTDOT, .type = ELEM_T2), "its lane is not optional");
  expect(64, D(.op = OP_DTDOT, .type = ELEM_T2, .b2 = 16), "needs DLEN 128");
}

T_TEST(rules, types_and_modes)
{
  expect(512, D(.op = OP_DADD, .type = ELEM_BF16), "there is no bf16 form");
  expect(512, D(.op = OP_DADD, .type = 6), "type 6 is reserved");
  expect(512, D(.op = OP_DEXP2, .type = ELEM_I32), "there is no i32 form");
  expect(512, D(.op = OP_DEXP2, .type = ELEM_F32), NULL);
  expect(512, D(.op = OP_DCMP, .mode = 8), "mode 8 is reserved");
  expect(512, D(.op = OP_DRED, .mode = 6), "mode 6 is reserved");
  expect(512, C(.op = OP_CFENCE, .mode = 3), NULL);
  expect(512, C(.op = OP_CFENCE, .mode = 4), "mode 4 is reserved");
  expect(512, S(.op = OP_SALLOC, .mode = 2, .imm = 1), "mode 2 is reserved");
}

T_TEST(rules, widths)
{
  expect(512, S(.op = OP_SGATHER, .width = 64), NULL);
  expect(512, S(.op = OP_SGATHER), "width 0");
  expect(512, S(.op = OP_SGATHER, .width = 65), "width 65");
  expect(512, S(.op = OP_SGATHER, .width = 64, .at = 1), "do not fit a register of 64 bytes");
  expect(64, S(.op = OP_SSCATTR, .width = 8), NULL);
  expect(64, S(.op = OP_SSCATTR, .width = 9), "do not fit a register of 8 bytes");
  expect(128, S(.op = OP_SGATHERM, .width = 8, .at = 8), NULL);
  expect(128, S(.op = OP_SGATHERM, .width = 8, .at = 9), "do not fit");
  struct bundle b = empty(), back;
  struct vtpu_error err;
  b.slot[PIPE_S] = (struct slot){.op = OP_SGATHER, .width = 8, .imc = 1};
  b.coord = coord_with_flags((struct coord){1, 2}, 56);
  struct siw w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_OK);
  b.coord = coord_with_flags(b.coord, 57);
  w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "8 bytes at offset 57 leave the cell");
  b.coord = coord_with_flags(b.coord, 64);
  w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "wildcard");
  b.slot[PIPE_S] = (struct slot){.op = OP_SPREFCH, .imc = 1};
  w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_OK);
}

T_TEST(rules, conversions)
{
  expect(512, CVT(F32, BF16, .k = 1), NULL);
  expect(512, CVT(F32, BF16, .k = 2), "there are parts 0..1");
  expect(512, CVT(BF16, F32, .k = 1), NULL);
  expect(512, CVT(F32, I32, .k = 1), "part 1 of 1");
  expect(512, CVT(I64, I8, .k = 7), NULL);
  expect(512, CVT(I64, I8, .k = 8), "there are parts 0..7");
  expect(512, CVT(F32, F32, .k = 0), "to itself");
  expect(512, CVT(F32, T2, .k = 0), "t2 converts only from and to i8");
  expect(512, CVT(T2, I32, .k = 0), "t2 converts only from and to i8");
  expect(512, CVT(I8, T2, .k = 3), NULL);
  expect(512, CVT(T2, I8, .k = 3), NULL);
  expect(512, CVT(F32, I8, .round = ROUND_FLOOR), NULL);
  expect(512, CVT(F32, BF16, .round = ROUND_ZERO), "rounding zero");
  expect(512, CVT(I32, I8, .round = ROUND_AWAY), "rounding away");
  expect(512, CVT(I32, I8, .round = ROUND_AWAY, .scaled = 1), NULL);
  expect(512, CVT(F32, I8, .flag = 1), NULL);
  expect(512, CVT(I32, F32, .flag = 1), ".s saturates integers");
  expect(512, CVT(F32, I8, .scaled = 1, .rs2 = 3, .b2 = 31), NULL);
  expect(256, CVT(F32, I8, .scaled = 1, .rs2 = 3, .b2 = 24), "lane 8, but there are 8");
  expect(512, CVT(F32, I8, .rs2 = 3), "must be 0 without a scale");
  expect(512, CVT(F32, I8, .b2 = 16), "must be 0 without a scale");
  struct slot reserved = {.op = OP_DCVT, .type2 = 7};
  expect(512, PIPE_D, reserved, "destination type 7 is reserved");
}

T_TEST(rules, coordinates_and_axes)
{
  expect(512, C(.op = OP_CSTEP, .rd = 7, .axis = 12, .imm = -5), NULL);
  expect(512, C(.op = OP_CSTEP, .rd = 8), "p8: the registers are p0..p7");
  expect(512, C(.op = OP_CSTEP, .axis = 13), "axis 13");
  expect(512, C(.op = OP_CSTEP, .axis = 10, .flag = 1), NULL);
  expect(512, C(.op = OP_CSTEP, .axis = 11, .flag = 1), "always carry");
  expect(512, S(.op = OP_SFREE, .rs2 = 8), "p8");
  expect(512, S(.op = OP_SFREE, .rs2 = 1, .imc = 1), "beside an immediate coordinate");
  expect(512, S(.op = OP_SINDEX, .rs1 = 1), "rs1 must be 0 without an index register");
  expect(512, S(.op = OP_SINDEX, .rs1 = 1, .ri = 1), NULL);
  expect(512, S(.op = OP_SALLOC), "0 pages");
  expect(512, S(.op = OP_SALLOC, .imm = -1), "-1 pages");
  expect(512, S(.op = OP_SROUTE, .imm = 2047), NULL);
  expect(512, S(.op = OP_SROUTE, .imm = 2048), "mask 0x800");
  expect(512, S(.op = OP_SROUTE, .imm = -1), "mask 0xffffffff");
  expect(512, S(.op = OP_SNEIGHBR, .imm = 2048), "distance 2048");
  expect(512, S(.op = OP_SNEIGHBR, .imm = -1), "distance -1");
}

T_TEST(rules, coordination)
{
  expect(512, C(.op = OP_CSEND, .rs1 = 3, .peer = 15), NULL);
  expect(512, C(.op = OP_CSEND, .rs1 = 4), "m4: the registers are m0..m3");
  expect(512, C(.op = OP_CSEND, .peer = 16), "sentron 16: at most 15");
  expect(512, C(.op = OP_CROUTE, .peer = 63), NULL);
  expect(512, C(.op = OP_CROUTE, .peer = 64), "node 64");
  expect(512, C(.op = OP_CRECV, .peer = 16), "sentron 16");
  expect(512, C(.op = OP_CRECV, .peer = 63, .flag = 1), NULL);
  expect(512, C(.op = OP_CRECV, .peer = 64, .flag = 1), "node 64: at most 63");
  expect(512, C(.op = OP_CRECV, .part = 1), NULL);
  expect(512, C(.op = OP_CRECV, .part = 2), "2 parts of 32 bytes");
  expect(256, C(.op = OP_CRECV, .part = 1), "1 part of 32 bytes");
  expect(64, C(.op = OP_CPACKV, .part = 1), "1 part of 32 bytes");
  expect(512, C(.op = OP_CCAST, .root = 16), "member 16");
  expect(512, C(.op = OP_CSLICE, .axis = 10, .imm = 5 | 2047 << 16), NULL);
  expect(512, C(.op = OP_CSLICE, .axis = 11), "dimension 11");
  expect(512, C(.op = OP_CSLICE, .imm = 6 | 5 << 16), "range 6, 5");
  expect(512, C(.op = OP_CSLICE, .imm = 2048 << 16), "range 0, 2048");
  expect(512, C(.op = OP_CLOOP, .rd = 3, .imm = INT32_MAX, .end = 5), NULL);
  expect(512, C(.op = OP_CLOOP, .rd = 4, .imm = 1), "l4: the registers are l0..l3");
  expect(512, C(.op = OP_CLOOP, .imm = -1), "-1 rounds");
  expect(512, C(.op = OP_CLOOP, .cnt = 1, .imm = 1), "a number or a register");
  expect(512, C(.op = OP_CLOOP, .rs1 = 1), "a number or a register");
  expect(512, C(.op = OP_CSPAWN, .peer = 16), "sentron 16");
}

T_TEST(rules, two_slots_must_not_write_one_register)
{
  struct bundle b = empty(), back;
  struct vtpu_error err;
  b.slot[PIPE_D] = (struct slot){.op = OP_DADD, .rd = 5};
  b.slot[PIPE_S] = (struct slot){.op = OP_SGATHER, .rd = 5, .width = 8};
  struct siw w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "D and S slot: both write r5");
  b.slot[PIPE_S] = (struct slot){.op = OP_SINDEX, .rd = 5};
  b.slot[PIPE_C] = (struct slot){.op = OP_CSTEP, .rd = 5};
  w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "S and C slot: both write p5");
  b.slot[PIPE_C] = (struct slot){.op = OP_CRECV, .rd = 5};
  w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "D and C slot: both write r5");
  /* Same number, another file. */
  b.slot[PIPE_C] = empty().slot[PIPE_C];
  w = encode(&b);
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_OK);
}

T_TEST(rules, header_and_codes)
{
  struct bundle b = empty(), back;
  struct vtpu_error err;
  struct siw w = encode(&b);
  T_EQ(w.bytes[1], 0x10);
  w.bytes[1] = 0x20;
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "format version 2");
  w.bytes[1] = 0x1f;
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_OK);
  T_EQ(back.loop_ends, 15);
  w.bytes[24] = 0xff;
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "S slot: the operation code 0xff is reserved");
  w.bytes[24] = 0;
  w.bytes[48] = 1;
  T_EQ(siw_decode(&w, 512, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "immediate coordinate: no slot uses it");
}

T_TEST(rules, the_encoder_refuses_what_has_no_encoding)
{
  struct siw w;
  struct vtpu_error err;
  struct bundle b = empty();
  b.slot[PIPE_D].rd = 1;
  T_EQ(siw_encode(&b, &w, &err), VTPU_BUG);
  T_CONTAINS(err.message, "DNOP does not use the field rd");
  b.slot[PIPE_D] = (struct slot){.op = OP_DADD, .rd = 16};
  T_EQ(siw_encode(&b, &w, &err), VTPU_BUG);
  T_CONTAINS(err.message, "rd = 16 does not fit 4 bits");
  b.slot[PIPE_D] = (struct slot){.op = OP_DADD, .rs1 = -1};
  T_EQ(siw_encode(&b, &w, &err), VTPU_BUG);
  b.slot[PIPE_D] = (struct slot){.op = 0x7f};
  T_EQ(siw_encode(&b, &w, &err), VTPU_BUG);
  b = empty();
  b.coord.lo = 1;
  T_EQ(siw_encode(&b, &w, &err), VTPU_BUG);
  b = empty();
  b.loop_ends = 16;
  T_EQ(siw_encode(&b, &w, &err), VTPU_BUG);
}
