/* Statistics made again from a trace, to the same structure as the engine's own (vtpu.h): from the
 * records and the program inside the trace alone. */
#ifndef VTPU_SIM_TRACE_STATISTICS_H
#define VTPU_SIM_TRACE_STATISTICS_H

#include "isa/machine.h"
#include "sim/vtpu.h"
#include "traces/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads all records from the next on. Equal to vtpu_statistics of the run where nothing was left
 * out of the trace; else of what is there. The object must outlive the result. VTPU_INPUT for
 * records that do not fit the program. */
int trace_statistics(struct trace_reader *r, const struct machine *m, const struct object *o,
                     struct vtpu_statistics **out, struct vtpu_error *err);

/* What one issue of a trace counts: its SIW, its access (*outcome of its MEMORY record; NULL: none),
 * the messages it sent. Over all issues these add up to the statistics, but for stalls, times and
 * the host's accesses. */
void trace_step_counts(const struct bundle *b, unsigned dlen, const uint64_t *outcome,
                       unsigned sent, struct vtpu_counts *out);

#ifdef __cplusplus
}
#endif
#endif
