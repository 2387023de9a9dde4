/* The profile: what each kernel and layer of a program costs, and what bounds it.
 *
 *   struct profile p;
 *   profile_make(&machine, &object, statistics, &p, &err);   profile_free(&p);
 *
 * Wall cycles. Sentrons that share a barrier leave it in the same cycle. So between two barriers
 * every sentron of the group has the same cycles, some at work and some at the second barrier or
 * waiting for a message, and the one that waits least is the critical one: its cycles by mark are
 * the wall cycles of that stretch. Each stretch is as long as it is for the sentron with most cycles
 * in all, so that they add up to the length of the run. Where several loops share code between
 * barriers, counts by mark do not tell which loop a round was of, and the critical sentron has some
 * more or fewer cycles there: what it waits for others makes up for it. A program without barriers
 * is one stretch, and the sentron with most cycles is critical. What runs beside the critical path
 * only has no wall cycles.
 *
 * Bounds. Each resource says how many cycles the counted work takes at least on the busiest of its
 * kind (roofline): operations of a pipe over its ports, SIWs of a sentron, lines of a tier times
 * their interval, walks, and the cycles for which memory entries are held without any contention.
 */
#ifndef VTPU_SIM_PROFILE_H
#define VTPU_SIM_PROFILE_H

#include "sim/report.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PROFILE_SCHEMA "vtpu-profile-1"

enum profile_resource {
  PROFILE_D, /* D ports of a core */
  PROFILE_S,
  PROFILE_C,
  PROFILE_ISSUE, /* one SIW a cycle and sentron */
  PROFILE_L1,    /* the line that a tier passes every `interval` cycles */
  PROFILE_L2,
  PROFILE_L3,
  PROFILE_DDR,
  PROFILE_WALKER, /* a core's walks, one after the other */
  PROFILE_ENTRY,  /* a core's memory entries */
  PROFILE_RESOURCES
};
extern const char *const profile_resource_keys[PROFILE_RESOURCES];

struct profile_row {
  const char *kernel;        /* NULL: of a layer, or of the whole */
  int layer;                 /* -1: none */
  unsigned marks;            /* ranges of SIWs */
  struct vtpu_counts counts; /* of all sentrons; cycles are theirs added up */
  uint64_t wall_cycles;
  uint64_t wall[STALL_COUNT];      /* the same by cause */
  uint64_t longest;                /* cycles of the sentron that has most */
  unsigned sentrons, cores, nodes; /* that issued something of it */
  /* Work of the average sentron / of the busiest one: cycles other than at a barrier, in a
   * collective or waiting for a message. */
  double balance;
  double bound[PROFILE_RESOURCES]; /* cycles that it takes at least */
  enum profile_resource bound_by;  /* the largest of them */
  double reached;                  /* bound / measured cycles, at most 1 */
  const char *limited_by; /* the resource where most of its peak is reached, else the wait with
                             most cycles: "compute", "ddr", "dependences", "barrier", ... */
};

struct profile {
  struct profile_row total;
  struct profile_row *rows[3]; /* by enum report_grouping */
  unsigned row_count[3];
};

int profile_make(const struct machine *m, const struct object *o, const struct vtpu_statistics *s,
                 struct profile *out, struct vtpu_error *err);
void profile_free(struct profile *p);

/* Cycles that a row is measured by: on the critical path, or else of its longest sentron. */
uint64_t profile_cycles(const struct profile_row *row);
/* Operations of a pipe / (measured cycles x ports of the cores that take part). */
double profile_occupancy(const struct machine *m, const struct profile_row *row, enum pipe pipe);
enum pipe profile_busiest(const struct machine *m, const struct profile_row *row);
double profile_mac_share(const struct machine *m, const struct profile_row *row);
/* Bytes that a tier passed in a cycle, and what it can pass: of the cores that take part, of all
 * halves of the L3 and the DDR of the nodes that do; 0: unlimited or absent. */
double profile_tier_use(const struct profile_row *row, int tier);
double profile_tier_peak(const struct machine *m, const struct profile_row *row, int tier);

/* --- reports ------------------------------------------------------------------------------- */

/* A stretch of the run that is profiled by itself. */
struct profile_part {
  const char *name;              /* "run", "prompt", "decode", "step", "all" */
  int first_position, positions; /* of all sequences; 0 positions: not an inference */
  int sequences;
  struct profile profile;
};

/* `r` says what was run; its statistics are not used. NULL when memory ran out. */
json_t *profile_json(const struct report *r, const struct profile_part *parts, unsigned count);
/* At most 100 columns. Returns false when the stream has an error. */
bool profile_text(FILE *out, const struct report *r, const struct profile_part *parts,
                  unsigned count);

#ifdef __cplusplus
}
#endif
#endif
