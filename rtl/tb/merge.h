/* The verilated `merge' (merge_tb.v) for C: combinational, one call is one operation. */
#ifndef VTPU_RTL_TB_MERGE_H
#define VTPU_RTL_TB_MERGE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MERGE_MESSAGES = 16, MERGE_MESSAGE_WORDS = 8, MERGE_RESULT_WORDS = 16 };

struct merge_in {
  unsigned type, mode; /* as in an SIW's slot (isa/isa.h) */
  unsigned members;    /* a bit a sentron whose message counts */
  uint32_t message[MERGE_MESSAGES][MERGE_MESSAGE_WORDS];
};

struct merge_unit;
struct merge_unit *merge_new(void);
void merge_free(struct merge_unit *u);
/* y: what CMERGE writes, as of a register of 512 bits (architecture, section 5). */
void merge_run(struct merge_unit *u, const struct merge_in *in, uint32_t y[MERGE_RESULT_WORDS]);

#ifdef __cplusplus
}
#endif
#endif
