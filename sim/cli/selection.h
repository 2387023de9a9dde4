/* What of a program's run a user names: sentrons, cycles, regions. Used when a trace is written and
 * when it is read. Errors are VTPU_USAGE and name the option. */
#ifndef VTPU_SIM_CLI_SELECTION_H
#define VTPU_SIM_CLI_SELECTION_H

#include "isa/object.h"
#include "traces/trace.h"

/* "alice,0.3,5": names, node.number, or number on node 0. *bits: one a sentron of the object, to be
 * freed. */
int select_sentrons(const char *option, const char *text, const struct object *o, uint64_t **bits,
                    struct vtpu_error *err);
/* "100-200,500-": first and last cycle; ascending and apart. *ranges to be freed. */
int select_cycles(const char *option, const char *text, struct trace_range **ranges, size_t *count,
                  struct vtpu_error *err);
/* "gate_up,3.*,-.barrier": kernels, or layer.kernel, with the wildcards of file names; "-" is a
 * kernel without layer. *bits: one an SIW, to be freed. */
int select_regions(const char *option, const char *text, const struct object *o, uint64_t **bits,
                   struct vtpu_error *err);
/* "issue,stall,memory,message". */
int select_groups(const char *option, const char *text, uint16_t *groups, struct vtpu_error *err);
/* "100/10000": of each 10,000 cycles the first 100. */
int select_sample(const char *option, const char *text, uint64_t *length, uint64_t *every,
                  struct vtpu_error *err);

/* The mark of an SIW; NULL outside of all. */
const struct object_mark *siw_mark(const struct object *o, uint32_t siw);

static inline bool bit_of(const uint64_t *bits, uint32_t i)
{
  return bits[i / 64] >> i % 64 & 1;
}

#endif
