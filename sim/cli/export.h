/* Steps of a trace, collected to be written for a viewer: `vtpu trace export`. One file a format.
 */
#ifndef VTPU_SIM_CLI_EXPORT_H
#define VTPU_SIM_CLI_EXPORT_H

#include "sim/cli/tracefile.h"

struct export_stall {
  enum stall cause;
  uint64_t cycles;
};

struct export_step {
  uint64_t cycle, begin; /* of the issue; of the first cycle it waited */
  uint32_t stream, siw;
  uint32_t stall, stalls; /* into export.stalls */
  bool accesses;
  struct coord coord;
  uint64_t outcome, ready; /* ready: cycles from the issue */
  double energy;           /* pJ, of a machine that states some */
  size_t values;           /* into export.values; its three texts come one after another */
};

struct export
{
  const struct tracefile *trace;
  struct export_step *step; /* in the order (cycle, sentron) */
  struct export_stall *stalls;
  size_t count, room, stall_count, stall_room;
  bool energy;  /* the machine states some */
  char *values; /* results, operands, data of each step; NULL: not asked for */
};

/* What the step wrote, read, and moved to or from memory and other sentrons (trace_values.h); ""
 * where that was not asked for. */
struct export_values {
  const char *results, *operands, *data;
};
struct export_values export_values(const struct export *e, const struct export_step *s);

/* What happens at a cycle; formats that are a list in time sort these. */
struct export_event {
  uint64_t cycle;
  uint32_t order; /* among those of one cycle */
  uint32_t step;  /* index into export.step */
  uint32_t kind, detail;
};
/* By cycle, then order, then as they came. */
void export_sort(struct export_event *event, size_t count);

/* The text of an SIW's slots, and of one without the braces. */
const char *export_slots(const struct export *e, uint32_t siw, char out[]);

/* Each writes the whole file; 0, or VTPU_SYSTEM when memory runs out. Errors of the stream are left
 * to who closes it. */
typedef int export_fn(const struct export *e, FILE *out, struct vtpu_error *err);
export_fn export_konata, export_perfetto, export_vcd, export_csv;

#endif
