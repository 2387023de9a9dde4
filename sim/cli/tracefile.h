/* What the subcommands of `vtpu trace` share: a trace with the program inside it, decoded, and
 * steps, which are an issue with all that belongs to it. */
#ifndef VTPU_SIM_CLI_TRACEFILE_H
#define VTPU_SIM_CLI_TRACEFILE_H

#include "isa/machine.h"
#include "sim/vtpu.h"
#include "traces/trace.h"

#include <stdio.h>

struct tracefile {
  const char *path;
  struct trace_reader *reader;
  const struct trace_info *info;
  struct object object;
  struct bundle *bundles; /* [siw_count] */
  struct machine machine;
  struct trace_record ahead; /* of the step that comes next */
  int more;                  /* as of trace_next, for `ahead` */
};
/* Errors: VTPU_INPUT, VTPU_SYSTEM. On success the first record is ahead. */
int tracefile_open(struct tracefile *t, const char *path, struct vtpu_error *err);
void tracefile_close(struct tracefile *t);
int tracefile_seek(struct tracefile *t, uint64_t cycle, struct vtpu_error *err);

/* Is every record of the whole run there? */
bool tracefile_complete(const struct tracefile *t);
struct coord tracefile_coord(const struct tracefile *t, uint64_t lo, uint64_t hi);

enum { STEP_STALLS_MAX = 24, STEP_MESSAGES_MAX = 64 };
struct trace_step {
  bool issues; /* else `event` alone */
  uint64_t cycle;
  uint16_t node, sentron;
  uint32_t stream, siw;
  unsigned stalls;
  struct {
    enum stall cause;
    uint64_t cycles;
  } stall[STEP_STALLS_MAX];
  uint64_t stall_cycles;
  enum stall longest; /* of the stalls */
  bool accesses;
  struct coord coord;
  uint64_t lo, hi;                  /* of the coordinate, linear */
  uint64_t outcome, arrival, ready; /* times in cycles from the issue */
  unsigned messages;
  struct trace_record message[STEP_MESSAGES_MAX];
  struct trace_record event;
};
/* As trace_next, a step at a time. */
int tracefile_next(struct tracefile *t, struct trace_step *out, struct vtpu_error *err);

/* --- text ---------------------------------------------------------------------------------- */

/* A line a step, with tabs between the columns (README, "The trace"). issue: of vtpu_trace_fn for
 * the same step; NULL: not known. values: with the columns of what it read. */
void trace_print_header(FILE *out, const struct tracefile *t, bool values);
void trace_print_step(FILE *out, const struct tracefile *t, const struct trace_step *s,
                      const struct vtpu_issue *issue, bool values);

/* "L1", "ddr", "merged:l2", "none": what supplied an access. */
enum { TIER_TEXT_BYTES = 32 };
char *outcome_tier_text(uint64_t outcome, char out[TIER_TEXT_BYTES]);

#endif
