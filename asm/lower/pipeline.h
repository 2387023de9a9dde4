/* Software pipelining: the innermost loops of a kernel, rewritten so that rounds overlap.
 *
 * Needs: a kernel's IR. Leaves: the same kernel, in which every loop that can be pipelined is
 *
 *   prologue   the first stages - 1 rounds start (and those that do not divide by the unroll
 * factor) body       a hardware loop of unroll * ii cycles whose operations have their cycles (a
 * fixed block, ir.h): in each `ii` cycles one round starts and one ends epilogue   the last rounds
 * end
 *
 * Prologue and epilogue are straight code in the order of the flat schedule, of one block with the
 * code before and after, with which the list scheduler (schedule.h) mixes them. A loop of few
 * rounds becomes straight code altogether. Where the count is in a register, a sequential copy of
 * the loop runs the rounds that do not fill the pipeline, before it; all counts from 0 are right.
 *
 * No schedule is accepted whose registers, beside those that live through the loop, are not enough:
 * the interval is raised instead, and the report says so. Nothing is ever spilled.
 */
#ifndef VTPU_ASM_LOWER_PIPELINE_H
#define VTPU_ASM_LOWER_PIPELINE_H

#include "asm/lower/expand.h"
#include "asm/lower/ir.h"
#include "asm/lower/loop_report.h"

struct loop_reports {
  struct loop_report *list;
  int count, room;
};

/* An innermost loop of a kernel, with its schedule if one was found. */
struct pipeline_loop {
  struct expansion expansion;
  bool found;
};

/* A kernel whose loops have been scheduled, which does not depend on which of them are written as
 * pipelines: the search, most of the lowering's time, is made once. Schedules point into `in`. */
struct pipeline {
  struct ir in;                /* without operations that nobody needs */
  struct pipeline_loop *loops; /* innermost ones of more than one round, in order */
  int loop_count;
};

/* Fills *p, which is to be freed whatever the result, and appends a report for each of its loops.
 * Errors: VTPU_SYSTEM. */
int pipeline_plan(const struct ir *ir, struct pipeline *p, struct loop_reports *reports,
                  struct vtpu_error *err);
void pipeline_free(struct pipeline *p);
/* Writes the kernel into `out` (which is emptied). Every operation of `out` that is a copy carries
 * the number of its origin in the IR that was planned; marks are the same. Operations that nobody
 * needs are gone, and loops of one round are straight code. sequential: bit i leaves innermost loop
 * i as it is. Errors: VTPU_SYSTEM. */
int pipeline_write(const struct pipeline *p, uint64_t sequential, struct ir *out,
                   struct vtpu_error *err);
void loop_reports_free(struct loop_reports *r);

#endif
