/* The verilated units of the special functions (special_tb.v) for C: a call is a run of arguments,
 * one a cycle. */
#ifndef VTPU_RTL_TB_SPECIAL_H
#define VTPU_RTL_TB_SPECIAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum special_function { SPECIAL_EXP2, SPECIAL_RCP, SPECIAL_RSQ, SPECIAL_FUNCTIONS };

struct special;
struct special *special_new(void);
void special_free(struct special *s);
/* All functions of count arguments first, first + stride, .. (modulo 2^32): y[function][count]. */
void special_run(struct special *s, uint32_t first, uint32_t stride, size_t count,
                 uint32_t *const y[SPECIAL_FUNCTIONS]);

#ifdef __cplusplus
}
#endif
#endif
