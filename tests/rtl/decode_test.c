/* The RTL's SIW decoder against isa/siw.c: random legal SIWs, the same with a few bits changed, and
 * every field of every row swept. What one accepts the other accepts, at every DLEN. */
#include "isa/isa.h"
#include "rtl/tb/decode.h"
#include "tests/harness/harness.h"
#include "tests/isa/random_siw.h"

#include <stdlib.h>
#include <string.h>

static const unsigned widths[4] = {64, 128, 256, 512};

struct tally {
  long legal, refused, wrong;
};

/* Compares both decoders on one SIW. */
static void compare(struct decoder *d, const struct siw *siw, struct tally *t)
{
  struct decode_out rtl;
  decoder_decode(d, siw, &rtl);
  for (int i = 0; i < 4; i++) {
    struct bundle b;
    struct vtpu_error err = {0};
    bool legal = !siw_decode(siw, widths[i], &b, &err);
    t->legal += legal;
    t->refused += !legal;
    if (legal != rtl.legal[i]) {
      if (t->wrong++ < 5)
        T_FAIL("DLEN %u: the model says %s, the RTL %s (%02x | %02x | %02x)", widths[i],
               legal ? "legal" : err.message, rtl.legal[i] ? "legal" : "illegal", siw->bytes[12],
               siw->bytes[24], siw->bytes[36]);
      continue;
    }
    if (!legal || widths[i] != 512)
      continue;
    uint32_t reads = 0;
    for (int p = 0; p < PIPE_COUNT; p++) {
      struct reg_use use;
      uint32_t writes = 0;
      slot_registers((enum pipe)p, &b.slot[p], &use);
      for (int k = 0; k < use.reads; k++)
        reads |= UINT32_C(1) << use.read[k];
      for (int k = 0; k < use.writes; k++)
        writes |= UINT32_C(1) << use.write[k];
      bool same = writes == rtl.writes[p] && use.reads == rtl.used[p] &&
                  memcmp(use.read, rtl.use[p], use.reads) == 0 &&
                  rtl.latency[p] == slot_latency((enum pipe)p, &b.slot[p]) &&
                  memcmp(rtl.slots[p], siw->bytes + 12 + 12 * p, 12) == 0;
      if (!same && t->wrong++ < 5)
        T_FAIL("%c slot %02x: writes %08x, RTL %08x; latency class %u, RTL %u", pipe_letter[p],
               siw->bytes[12 + 12 * p], writes, rtl.writes[p],
               slot_latency((enum pipe)p, &b.slot[p]), rtl.latency[p]);
    }
    bool same = reads == rtl.reads && b.deps == rtl.deps && b.loop_ends == rtl.loop_ends &&
                b.coord.lo == rtl.coord.lo && b.coord.hi == rtl.coord.hi;
    if (!same && t->wrong++ < 5)
      T_FAIL("reads %08x, RTL %08x", reads, rtl.reads);
  }
}

T_TEST(rtl, decoder_agrees_on_random_siws)
{
  long count = getenv("VTPU_LONG") ? 10000000 : 100000;
  struct decoder *d = decoder_new();
  struct tally t = {0};
  for (long i = 0; i < count; i++) {
    struct bundle b;
    struct siw siw;
    struct vtpu_error err;
    random_bundle(widths[random_below(4)], 1000, &b);
    T_REQUIRE(!siw_encode(&b, &siw, &err));
    compare(d, &siw, &t);
    for (int flips = 1 + random_below(3); flips > 0; flips--)
      siw.bytes[random_below(SIW_BYTES)] ^= (uint8_t)(1u << random_below(8));
    compare(d, &siw, &t);
  }
  T_CHECK(t.legal > count / 2 && t.refused > count / 2);
  decoder_free(d);
}

/* Every row alone: each byte of its slot, and of the coordinate, takes every value. */
T_TEST(rtl, decoder_agrees_on_every_byte_of_every_row)
{
  struct decoder *d = decoder_new();
  struct tally t = {0};
  for (int row = 0; row < op_table_count; row++) {
    struct bundle b;
    struct siw siw;
    struct vtpu_error err;
    random_single(&op_table[row], 512, &b);
    T_REQUIRE(!siw_encode(&b, &siw, &err));
    int first = 12 + 12 * op_table[row].pipe;
    for (int byte = 0; byte < SIW_BYTES; byte++) {
      if (byte >= 12 && byte < 48 && (byte < first || byte >= first + 12))
        continue;
      uint8_t was = siw.bytes[byte];
      for (int v = 0; v < 256; v++) {
        siw.bytes[byte] = (uint8_t)v;
        compare(d, &siw, &t);
      }
      siw.bytes[byte] = was;
    }
  }
  T_CHECK(t.legal > 10000 && t.refused > 100000);
  decoder_free(d);
}
