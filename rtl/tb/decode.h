/* The verilated SIW decoder (decode_tb.v) for C. */
#ifndef VTPU_RTL_TB_DECODE_H
#define VTPU_RTL_TB_DECODE_H

#include "isa/isa.h"

#ifdef __cplusplus
extern "C" {
#endif

struct decode_out {
  bool legal[4];                      /* at DLEN 64, 128, 256, 512 */
  uint32_t reads, writes[PIPE_COUNT]; /* over the scoreboard */
  unsigned used[PIPE_COUNT];          /* registers read, in operand order: */
  uint8_t use[PIPE_COUNT][5];
  unsigned latency[PIPE_COUNT]; /* enum latency_class */
  unsigned deps, loop_ends;
  uint8_t slots[PIPE_COUNT][12]; /* as in the SIW */
  struct coord coord;
};

struct decoder;
struct decoder *decoder_new(void);
void decoder_free(struct decoder *d);
void decoder_decode(struct decoder *d, const struct siw *siw, struct decode_out *out);

#ifdef __cplusplus
}
#endif
#endif
