// The verilated decoder behind a C interface: see decode.h.
#include "rtl/tb/decode.h"
#include "rtl/tb/coverage.h"

#include "Vdecode_tb.h"
#include "verilated.h"

#include <cstring>

struct decoder {
  VerilatedContext context;
  Vdecode_tb top{&context};
};

struct decoder *decoder_new(void)
{
  return new decoder;
}

void decoder_free(struct decoder *d)
{
  d->top.final();
  coverage_keep(d->context);
  delete d;
}

// Words of a wide port are the SIW's bytes in order, on a little-endian host.
void decoder_decode(struct decoder *d, const struct siw *siw, struct decode_out *out)
{
  Vdecode_tb &t = d->top;
  for (int w = 0; w < SIW_BYTES / 4; w++) {
    uint32_t word;
    memcpy(&word, siw->bytes + 4 * w, sizeof word);
    t.siw[w] = word;
  }
  t.eval();
  for (int i = 0; i < 4; i++)
    out->legal[i] = t.legal >> i & 1;
  out->reads = t.reads;
  for (int p = 0; p < PIPE_COUNT; p++) {
    out->used[p] = 0;
    for (int i = 0; i < 5; i++) {
      int at = 30 * p + 6 * i; // a group of {valid, number}; it may lie in two words
      uint64_t low = t.uses[at / 32], high = at / 32 < 2 ? t.uses[at / 32 + 1] : 0;
      unsigned use = static_cast<unsigned>((high << 32 | low) >> at % 32) & 63;
      if (use & 32)
        out->use[p][out->used[p]++] = use & 31;
    }
  }
  out->writes[PIPE_D] = t.d_writes;
  out->writes[PIPE_S] = t.s_writes;
  out->writes[PIPE_C] = t.c_writes;
  for (int p = 0; p < PIPE_COUNT; p++)
    out->latency[p] = t.latency >> 5 * p & 31;
  out->deps = t.deps;
  out->loop_ends = t.loop_ends;
  for (int w = 0; w < 3; w++) {
    const uint32_t words[PIPE_COUNT] = {t.d_slot[w], t.s_slot[w], t.c_slot[w]};
    for (int p = 0; p < PIPE_COUNT; p++)
      memcpy(out->slots[p] + 4 * w, &words[p], sizeof words[p]);
  }
  out->coord.lo = t.coord[0] | static_cast<uint64_t>(t.coord[1]) << 32;
  out->coord.hi = t.coord[2] | static_cast<uint64_t>(t.coord[3]) << 32;
}
