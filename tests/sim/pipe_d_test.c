/* The dense pipe against the plain evaluation of pipe_d_plain.c:
 * every row, type and DLEN, random broadcasts, parts and modes, registers that coincide, in every
 * variant of sim/pipe_d_lanes.c that this host runs. The whole register file is compared, so that a
 * byte touched beyond DLEN or in another register shows. */
#include "isa/num.h"
#include "sim/pipe_d.h"
#include "tests/harness/harness.h"
#include "tests/sim/pipe_d_plain.h"

#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 60 };
#else
enum { ROUNDS = 1500 };
#endif

static const unsigned dlens[] = {64, 128, 256, 512};
static const char *const variants[] = {"base", "avx2", "avx512"};

static uint64_t state = 0x2545f4914f6cdd1du;

static uint64_t random_bits(void)
{
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static unsigned below(unsigned n)
{
  return (unsigned)(random_bits() >> 33) % n;
}

/* --- random registers and slots ------------------------------------------------------------ */

enum { STYLES = 9, MASKS = 5 };
static uint32_t random_word(unsigned style)
{
  static const uint32_t corners[] = {0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000,
                                     0xff800000, 0x7fc00000, 0xff812345, 0x7f7fffff, 0x00000001,
                                     0x80000001, 0x00800000, 0xffffffff, 0x7fffffff, 0x3f000000,
                                     0x40200000, 0xc0600000, 0x43000000, 0x4f000000, 0xcf000000,
                                     0x3effffff, 0xbeffffff};
  const uint64_t r = random_bits();
  switch (style) {
  case 0: return (uint32_t)r;
  case 1: return corners[(r >> 32) % (sizeof corners / sizeof *corners)];
  case 2: return (uint32_t)((r & 0x807fffff) | (118 + (r >> 40) % 20) << 23); /* middling f32 */
  case 3: return (uint32_t)((r & 0x807f807f) | 0x3f803f80);                   /* middling bf16 */
  case 4: return (uint32_t)((int32_t)(r >> 32) >> (r % 32));                  /* small integers */
  case MASKS: return r >> 63 ? UINT32_MAX : 0;
  case 6: { /* bytes whose products and sums are the largest */
    static const uint8_t bytes[] = {0x80, 0x80, 0x7f, 0xff, 0x01, 0x00, 0xaa, 0x55};
    uint32_t word = 0;
    for (int i = 0; i < 4; i++)
      word = word << 8 | bytes[r >> (32 + 3 * i) & 7];
    return word;
  }
  case 7: /* half integers and their neighbours, beyond the range of i8 */
    return num_bits((float)((int)(r >> 32) % 700) / 2) + (uint32_t)(r >> 16 & 3) - 1;
  default: return (uint32_t)(r & 0x7fffffff) % 0x7f800000; /* no negative f32, no NaN */
  }
}

static void random_registers(struct registers *f)
{
  for (int i = 0; i < R_COUNT; i++) {
    const unsigned style = below(STYLES);
    for (int w = 0; w < R_BYTES_MAX / 4; w++) {
      const uint32_t word = random_word(style);
      memcpy(f->r[i] + 4 * w, &word, 4);
    }
  }
}

/* DCVT: type2, part, rounding, saturation and scale, as the loader allows them. */
static void random_conversion(struct slot *s)
{
  const bool trits = s->type == ELEM_T2;
  do
    s->type2 = trits ? ELEM_I8 : (int32_t)below(ELEM_COUNT);
  while (s->type2 == s->type || (s->type2 == ELEM_T2 && s->type != ELEM_I8));
  const unsigned from = elem_bits[s->type], to = elem_bits[s->type2];
  s->k = (int32_t)below(from > to ? from / to : to / from);
  s->scaled = (int32_t)below(2);
  const bool to_float = s->type2 == ELEM_F32 || s->type2 == ELEM_BF16;
  const bool from_float = s->type == ELEM_F32 || s->type == ELEM_BF16;
  if (!to_float) {
    s->flag = (int32_t)below(2);
    s->round = from_float || s->scaled ? (int32_t)below(4) : 0;
  }
  if (!s->scaled)
    s->rs2 = s->b2 = 0;
}

static int32_t random_lane(const struct op_info *op, const struct operand_info *o, unsigned dlen,
                           int type)
{
  unsigned lanes = dlen / elem_bits[type];
  if (op->mac == MAC_GROUP)
    lanes = dlen / (o->spelling == SPELL_REGL ? 128 : 32);
  if (o->spelling == SPELL_KEYREG)
    lanes = dlen / 32;
  return o->spelling != SPELL_REGL && below(2) ? 0 : 16 + (int32_t)below(lanes);
}

static void random_slot(const struct op_info *op, int type, unsigned dlen, struct slot *s)
{
  *s = (struct slot){.op = op->code, .type = op->types ? type : 0};
  const unsigned registers = below(2) ? R_COUNT : 3; /* few: they coincide */
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    int32_t *fields[] = {
        [FIELD_rd] = &s->rd, [FIELD_rs1] = &s->rs1, [FIELD_rs2] = &s->rs2, [FIELD_rs3] = &s->rs3};
    int32_t *lanes[] = {[FIELD_b1] = &s->b1, [FIELD_b2] = &s->b2, [FIELD_b3] = &s->b3};
    if (o->file == FILE_R)
      *fields[o->field] = (int32_t)below(registers);
    if (o->field2 == FIELD_b1 || o->field2 == FIELD_b2 || o->field2 == FIELD_b3)
      *lanes[o->field2] = random_lane(op, o, dlen, type);
    if (o->field == FIELD_imm)
      s->imm = (int32_t)random_word(below(MASKS));
    if (op->operands[i] == OPERAND_AMOUNT)
      s->k = (int32_t)below(64);
  }
  if (op->modes != MODES_NONE)
    do
      s->mode = (int32_t)below(16);
    while (!mode_name(op->modes, (unsigned)s->mode));
  if (op->code == OP_DCVT)
    random_conversion(s);
}

/* --- every row ------------------------------------------------------------------------------- */

/* The slot as the loader hands it on; fails the test if it is not legal. */
static bool through_loader(const struct slot *s, unsigned dlen, struct slot *out)
{
  struct bundle b = {.slot[PIPE_D] = *s}, decoded;
  struct siw siw;
  struct vtpu_error err;
  if (siw_encode(&b, &siw, &err) || siw_decode(&siw, dlen, &decoded, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  *out = decoded.slot[PIPE_D];
  return true;
}

/* One random slot in every variant; false on a difference. */
static bool check_once(const struct op_info *op, int type, unsigned dlen)
{
  struct registers before, expected, after;
  struct slot s;
  struct d_op operands;
  random_slot(op, type, dlen, &s);
  if (!through_loader(&s, dlen, &s))
    return false;
  random_registers(&before);
  expected = before;
  if (!plain_evaluate(op, &s, dlen, &before, expected.r[s.rd])) {
    T_FAIL("%s: this test does not know the row; add it to plain_evaluate()", op->name);
    return false;
  }
  pipe_d_operands(&s, &operands);
  for (int v = 0; v < 6; v++) {
    d_select *const *table = pipe_d_table(variants[v % 3]);
    if (!table)
      continue;
    after = before;
    table[s.op](s.type, dlen / 8,
                v < 3 ? LANES_any : pipe_d_lanes_of(&operands))(after.r, &operands, dlen / 8);
    if (!memcmp(&after, &expected, sizeof after))
      continue;
    for (int i = 0; i < R_COUNT; i++)
      for (unsigned w = 0; w < R_BYTES_MAX / 4; w++)
        if (lane_get(after.r[i], 32, w) != lane_get(expected.r[i], 32, w)) {
          T_FAIL("%s.%s (type2 %d, mode %d, k %d, round %d, flag %d, scaled %d) DLEN %u, %s: "
                 "rd %d rs %d %d %d b %d %d %d: r%d word %u is %08x, not %08x",
                 op->mnemonic, elem_names[type], s.type2, s.mode, s.k, s.round, s.flag, s.scaled,
                 dlen, variants[v % 3], s.rd, s.rs1, s.rs2, s.rs3, s.b1, s.b2, s.b3, i, w,
                 (unsigned)lane_get(after.r[i], 32, w), (unsigned)lane_get(expected.r[i], 32, w));
          return false;
        }
  }
  return true;
}

T_TEST(pipe_d, every_row_type_and_dlen_in_every_variant)
{
  int rows = 0;
  for (int k = 0; k < op_table_count; k++) {
    const struct op_info *op = &op_table[k];
    if (op->pipe != PIPE_D || op->code == OP_DNOP || op->code == OP_DBR)
      continue;
    rows++;
    const int rounds = op->code == OP_DCVT ? 8 * ROUNDS : ROUNDS;
    for (int type = 0; type < ELEM_COUNT; type++) {
      if (op->types ? !(op->types >> type & 1) : type != ELEM_I64)
        continue;
      for (int d = 0; d < 4; d++) {
        if (op->code == OP_DTDOT && dlens[d] < 128)
          continue;
        for (int i = 0; i < rounds; i++)
          if (!check_once(op, type, dlens[d]))
            break;
      }
    }
  }
  T_CHECK(rows > 30);
}

/* The special functions have ways of their own for registers whose lanes are all ordinary: so a
 * register of neighbouring arguments in every variant, then with one lane that is not ordinary.
 * VTPU_LONG=1 takes all 2^32 arguments. */
T_TEST(pipe_d, special_functions_over_every_exponent)
{
  static const struct {
    enum op_code op;
    float (*f)(float);
  } functions[] = {{OP_DEXP2, num_exp2}, {OP_DRCP, num_rcp}, {OP_DRSQ, num_rsq}};
  static const uint32_t strange[] = {0,          0x80000000, 1,          0x807fffff,
                                     0x7f800000, 0xff800000, 0x7fc00000, 0xffa00001};
  const uint64_t step = getenv("VTPU_LONG") ? R_BYTES_MAX / 4 : 99991;
  uint64_t compared = 0;
  for (int k = 0; k < 3; k++) {
    struct registers f = {0};
    struct d_op op;
    pipe_d_operands(&(struct slot){.op = functions[k].op, .type = ELEM_F32, .rd = 1, .rs1 = 2},
                    &op);
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step) {
      const unsigned odd = (unsigned)(compared / 16 % 64); /* lane of the strange one, if any */
      uint32_t expected[R_BYTES_MAX / 4];
      for (unsigned i = 0; i < R_BYTES_MAX / 4; i++) {
        const uint32_t x = i == odd ? strange[bits % 8] : (uint32_t)(bits + i);
        lane_set(f.r[2], 32, i, x);
        expected[i] = num_bits(functions[k].f(num_f32(x)));
      }
      compared += R_BYTES_MAX / 4;
      for (int v = 0; v < 3; v++) {
        d_select *const *table = pipe_d_table(variants[v]);
        if (!table)
          continue;
        pipe_d_function_for(table, functions[k].op, &op, 512)(f.r, &op, R_BYTES_MAX);
        for (unsigned i = 0; i < R_BYTES_MAX / 4; i++)
          if (lane_get(f.r[1], 32, i) != expected[i]) {
            T_FAIL("%s of %08x, %s: %08x, not %08x", op_find(PIPE_D, functions[k].op)->name,
                   (unsigned)lane_get(f.r[2], 32, i), variants[v],
                   (unsigned)lane_get(f.r[1], 32, i), expected[i]);
            return;
          }
      }
    }
  }
  T_CHECK(compared > 1000000);
}

T_TEST(pipe_d, every_row_has_a_function_and_no_other_code_has)
{
  for (unsigned code = 0; code < D_CODES; code++) {
    const struct op_info *op = op_find(PIPE_D, code);
    const bool writes = op && code != OP_DNOP && code != OP_DBR;
    for (int d = 0; d < 4; d++) {
      const enum elem type = op && op->types ? (enum elem)__builtin_ctz(op->types) : ELEM_I64;
      T_EQ(pipe_d_function((enum op_code)code, type, dlens[d]) != NULL, writes);
    }
    T_EQ(d_table_base[code] != NULL, op != NULL);
    T_EQ(d_table_avx2[code] != NULL, op != NULL);
    T_EQ(d_table_avx512[code] != NULL, op != NULL);
  }
  T_CHECK(!pipe_d_function((enum op_code)D_CODES, ELEM_I64, 512));
}

T_TEST(pipe_d, variants_by_name)
{
  T_CHECK(pipe_d_table("base") == d_table_base);
  T_CHECK(pipe_d_table("avx2") == d_table_avx2 || !pipe_d_table("avx2"));
  T_CHECK(pipe_d_table("avx512") == d_table_avx512 || !pipe_d_table("avx512"));
  T_CHECK(!pipe_d_table("neon"));
  T_CHECK(pipe_d_table(NULL) != NULL);

  const char *outer = getenv("VTPU_LANES");
  char *kept = outer ? strdup(outer) : NULL;
  setenv("VTPU_LANES", "base", 1);
  T_CHECK(pipe_d_function(OP_DFMA, ELEM_F32, 512) ==
          d_table_base[OP_DFMA](ELEM_F32, 64, LANES_any));
  T_CHECK(pipe_d_function(OP_DFMA, ELEM_F32, 64) == d_table_base[OP_DFMA](ELEM_F32, 8, LANES_any));
  setenv("VTPU_LANES", "neon", 1);
  T_CHECK(pipe_d_function(OP_DFMA, ELEM_F32, 512) ==
          pipe_d_table(NULL)[OP_DFMA](ELEM_F32, 64, LANES_any));
  if (kept)
    setenv("VTPU_LANES", kept, 1);
  else
    unsetenv("VTPU_LANES");
  free(kept);
}

/* --- single facts, by hand ------------------------------------------------------------------ */

static void run(struct registers *f, const struct slot *s, unsigned dlen)
{
  struct d_op operands;
  pipe_d_operands(s, &operands);
  pipe_d_function((enum op_code)s->op, (enum elem)s->type, dlen)(f->r, &operands, dlen / 8);
}

static void fill_f32(struct registers *f, int r, float x)
{
  for (unsigned i = 0; i < R_BYTES_MAX / 4; i++)
    lane_set(f->r[r], 32, i, num_bits(x));
}

T_TEST(pipe_d, operands_of_a_slot)
{
  const struct slot s = {.op = OP_DFMA,
                         .type = ELEM_F32,
                         .rd = 1,
                         .rs1 = 2,
                         .rs2 = 3,
                         .rs3 = 15,
                         .b1 = 16,
                         .b3 = 31,
                         .imm = -5,
                         .k = 63,
                         .round = 3,
                         .mode = 7};
  struct d_op d;
  pipe_d_operands(&s, &d);
  T_EQ(d.rd, 1);
  T_EQ(d.row, d_row_of(1));
  T_EQ(d.row1, d_row_of(2));
  T_EQ(d.row2, d_row_of(3));
  T_EQ(d.row3, d_row_of(15) + 15);
  T_EQ(d.b1, 0);
  T_EQ(d.b2, -1);
  T_EQ(d.b3, 15);
  T_EQ(d.type, ELEM_F32);
  T_EQ(d.imm, -5);
  T_EQ(d.k, 63);
  T_EQ(d.round, 3);
  T_EQ(d.mode, 7);
}

static bool taken(struct registers *f, int type, int lane, int zero)
{
  struct d_op op;
  pipe_d_operands(
      &(struct slot){.op = OP_DBR, .type = type, .rs1 = 2, .b1 = 16 + lane, .flag = zero}, &op);
  return pipe_d_branch_taken(f->r, &op);
}

T_TEST(pipe_d, a_branch_tests_one_lane)
{
  struct registers f = {0};
  T_CHECK(!taken(&f, ELEM_I32, 3, 0));
  lane_set(f.r[2], 32, 3, 0x80000000);
  T_CHECK(taken(&f, ELEM_I32, 3, 0));
  T_CHECK(!taken(&f, ELEM_I32, 2, 0));
  T_CHECK(!taken(&f, ELEM_I32, 1, 0));
  T_CHECK(taken(&f, ELEM_I64, 1, 0)); /* words 2 and 3 */
  T_CHECK(!taken(&f, ELEM_I64, 1, 1));
  T_CHECK(!taken(&f, ELEM_I64, 0, 0));
  T_CHECK(taken(&f, ELEM_I64, 0, 1));
}

/* Lanes 1, 2^24, 1, -2^24: in order the second 1 would be lost as well, the tree keeps both. */
T_TEST(pipe_d, a_reduction_folds_halves)
{
  struct registers f = {0};
  const float lanes[] = {1, 0x1p24f, 1, -0x1p24f};
  for (unsigned i = 0; i < 4; i++)
    lane_set(f.r[1], 32, i, num_bits(lanes[i]));
  run(&f, &(struct slot){.op = OP_DRED, .type = ELEM_F32, .rd = 0, .rs1 = 1, .mode = RED_sum}, 128);
  for (unsigned i = 0; i < 4; i++)
    T_EQ_HEX(lane_get(f.r[0], 32, i), num_bits(2));
  T_EQ_HEX(lane_get(f.r[0], 32, 4), 0);
}

/* 2^24 + 1 * 1 - 2^24 * 1: the 1 is lost because it comes first. */
T_TEST(pipe_d, a_bf16_dot_product_sums_in_ascending_order)
{
  struct registers f = {0};
  fill_f32(&f, 3, 0x1p24f);
  for (unsigned i = 0; i < 16; i++) {
    lane_set(f.r[1], 16, 2 * i, 0x3f80);     /* 1 */
    lane_set(f.r[1], 16, 2 * i + 1, 0xcb80); /* -2^24 */
    lane_set(f.r[2], 16, 2 * i, 0x3f80);
    lane_set(f.r[2], 16, 2 * i + 1, 0x3f80);
  }
  run(&f, &(struct slot){.op = OP_DDOT, .type = ELEM_BF16, .rd = 0, .rs1 = 1, .rs2 = 2, .rs3 = 3},
      512);
  for (unsigned i = 0; i < 16; i++)
    T_EQ_HEX(lane_get(f.r[0], 32, i), 0);
}

T_TEST(pipe_d, moves_and_selects_keep_the_payload_of_a_nan)
{
  struct registers f = {0};
  fill_f32(&f, 1, num_f32(0xffa12345));
  fill_f32(&f, 2, -0.0f); /* a mask lane with a bit set */
  run(&f, &(struct slot){.op = OP_DMOV, .type = ELEM_F32, .rd = 3, .rs1 = 1, .b1 = 18}, 512);
  T_EQ_HEX(lane_get(f.r[3], 32, 15), 0xffa12345);
  run(&f, &(struct slot){.op = OP_DSEL, .type = ELEM_F32, .rd = 4, .rs1 = 1, .rs2 = 0, .rs3 = 2},
      512);
  T_EQ_HEX(lane_get(f.r[4], 32, 7), 0xffa12345);
  run(&f, &(struct slot){.op = OP_DADD, .type = ELEM_F32, .rd = 5, .rs1 = 1, .rs2 = 0}, 512);
  T_EQ_HEX(lane_get(f.r[5], 32, 0), NUM_F32_NAN);
}

T_TEST(pipe_d, hyperdimensional_encoding_of_one)
{
  struct registers f = {0};
  lane_set(f.r[1], 64, 0, 1);
  run(&f, &(struct slot){.op = OP_DHDENC, .rd = 0, .rs1 = 1, .imm = 0}, 64);
  /* 0x9E3779B97F4A7C15 + 0x517CC1B727220A95 = 0xEFB43B70A66C86AA */
  T_EQ_HEX(lane_get(f.r[0], 64, 0), 0xA66C86AAEFB43B70u);
}
