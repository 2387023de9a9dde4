/* Which modulo schedule a loop gets: of those that have registers enough, the one with which the
 * loop takes the fewest cycles.
 *
 * Tried are intervals from the minimum upwards, several orders of placement, and shorter latencies
 * of gathers, which need fewer registers. A schedule is judged by playing it with the latencies
 * that the kernel asked for.
 */
#ifndef VTPU_ASM_LOWER_SEARCH_H
#define VTPU_ASM_LOWER_SEARCH_H

#include "asm/lower/expand.h"
#include "asm/lower/loop_report.h"
#include "asm/lower/schedule.h"

/* For a loop without obstacle (depend.h); x->count_reg and x->rounds are set. *found: the rest of
 * *x is; else r->why says why not. Errors: VTPU_SYSTEM. */
int search_schedule(struct ir *ir, int loop, const struct ir_span *spans, struct expansion *x,
                    struct loop_report *r, bool *found, struct vtpu_error *err);

#endif
