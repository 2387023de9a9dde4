/* The RTL's D-pipe against the simulator's: random operations of every row, type, mode, lane and
 * part, one a cycle; registers that hold corners of f32, small integers, random
 * bits. */
#include "isa/isa.h"
#include "isa/object.h"
#include "rtl/tb/dense.h"
#include "sim/pipe_d.h"
#include "tests/harness/harness.h"
#include "tests/isa/random_siw.h"

#include <stdlib.h>
#include <string.h>

enum { PIPE_DEPTH = 8 };

/* An operation on its way, with what the simulator makes of it. */
struct flight {
  bool valid;
  const struct op_info *op;
  struct slot slot;
  unsigned latency, result; /* which of dense_latency */
  uint8_t want[R_BYTES_MAX];
};

static uint32_t word(void)
{
  static const uint32_t ends[] = {0,          1,          0x80000000, 0x7fffffff, 0xffffffff,
                                  0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x3f800000,
                                  0xbf800000, 0x00800000, 0x007fffff, 0x4f000000, 0xcf000000,
                                  0x5f000000, 0x43000000, 0x3f000000};
  uint32_t bits = (uint32_t)random64();
  switch (random_below(6)) {
  case 0: return ends[random_below((int)(sizeof ends / sizeof *ends))];
  case 1: return bits % 256 - 128;
  case 2: return (bits & 0x80ffffff) | (0x3e + (bits >> 28)) << 24;
  case 3: return (bits & 0x807fffff) | (120 + bits % 40) << 23;
  default: return bits;
  }
}

static void random_row(uint8_t row[R_BYTES_MAX])
{
  for (int i = 0; i < R_BYTES_MAX / 4; i++) {
    uint32_t w = word();
    memcpy(row + 4 * i, &w, sizeof w);
  }
}

/* Puts a random operation into the pipe and the simulator's answer into *f. */
static void start(unsigned dlen, struct dense_in *in, struct flight *f)
{
  static uint8_t r[R_COUNT][R_BYTES_MAX] __attribute__((aligned(R_BYTES_MAX)));
  do
    f->op = &op_table[random_below(op_table_count)];
  while (f->op->pipe != PIPE_D || !row_exists(f->op, dlen) || f->op->code == OP_DNOP);
  struct bundle b;
  struct siw siw;
  struct vtpu_error err;
  random_single(f->op, dlen, &b);
  if (siw_encode(&b, &siw, &err))
    T_FAIL("%s", err.message);
  memcpy(in->slot, siw.bytes + 12, sizeof in->slot);
  f->slot = b.slot[PIPE_D];
  for (int i = 0; i < R_COUNT; i++)
    random_row(r[i]);
  memcpy(in->rs1, r[f->slot.rs1], R_BYTES_MAX);
  memcpy(in->rs2, r[f->slot.rs2], R_BYTES_MAX);
  memcpy(in->rs3, r[f->slot.rs3], R_BYTES_MAX);
  memcpy(in->old, r[f->slot.rd], R_BYTES_MAX);
  struct d_op op;
  pipe_d_operands(&f->slot, &op);
  f->valid = true;
  if (f->op->code == OP_DBR) {
    f->want[0] = pipe_d_branch_taken(r, &op);
    return;
  }
  static const unsigned cycles[LAT_COUNT] = {
#define LATENCY(name, param, cycles, doc) [LAT_##name] = cycles,
#include "isa/latency.def"
#undef LATENCY
  };
  f->latency = cycles[slot_latency(PIPE_D, &f->slot)];
  for (f->result = 0; f->result < DENSE_RESULTS - 1; f->result++)
    if (dense_latency[f->result] == f->latency)
      break;
  T_EQ(dense_latency[f->result], f->latency);
  pipe_d_function((enum op_code)f->op->code, (enum elem)f->slot.type, dlen)(r, &op, dlen / 8);
  memcpy(f->want, r[f->slot.rd], R_BYTES_MAX);
}

static int check(const struct flight *f, const struct dense_out *out, unsigned dlen)
{
  const uint8_t *got = out->y[f->result];
  if (memcmp(got, f->want, dlen / 8) == 0)
    return 0;
  unsigned at = 0;
  while (got[at] == f->want[at])
    at++;
  T_FAIL("DLEN %u: %s type %d to %d mode %d k %d round %d flag %d scaled %d b %d %d %d: byte %u is "
         "%02x, RTL %02x",
         dlen, f->op->name, f->slot.type, f->slot.type2, f->slot.mode, f->slot.k, f->slot.round,
         f->slot.flag, f->slot.scaled, f->slot.b1, f->slot.b2, f->slot.b3, at, f->want[at],
         got[at]);
  return 1;
}

T_TEST(rtl, dense_pipe_is_the_simulators)
{
  struct dense *d = dense_new();
  unsigned dlen = dense_dlen(d);
  long count = getenv("VTPU_LONG") ? 2000000 : 20000;
  struct flight pipe[PIPE_DEPTH] = {{0}};
  bool seen[256] = {false};
  int wrong = 0;
  for (long t = 0; t < count && wrong < 5; t++) {
    struct dense_in in;
    struct dense_out out;
    struct flight *f = &pipe[t % PIPE_DEPTH];
    start(dlen, &in, f);
    seen[f->op->code] = true;
    dense_cycle(d, &in, &out);
    if (f->op->code == OP_DBR) {
      f->valid = false;
      T_EQ(out.branch, f->want[0]);
    }
    for (int k = 0; k < PIPE_DEPTH; k++) {
      const struct flight *g = &pipe[(t - k + PIPE_DEPTH) % PIPE_DEPTH];
      if (t >= k && g->valid && g->latency == (unsigned)k + 1)
        wrong += check(g, &out, dlen);
    }
  }
  for (int i = 0; i < op_table_count; i++)
    if (op_table[i].pipe == PIPE_D && op_table[i].code != OP_DNOP && row_exists(&op_table[i], dlen))
      T_CHECK(seen[op_table[i].code]);
  dense_free(d);
}
