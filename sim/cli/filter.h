/* Which steps of a trace a user wants: the options of `vtpu trace query`, and fewer of the others.
 */
#ifndef VTPU_SIM_CLI_FILTER_H
#define VTPU_SIM_CLI_FILTER_H

#include "sim/cli/trace_values.h"

#include <argp.h>

/* As written; NULL: not asked for. Zero-initialised. */
struct filter_options {
  const char *cycles, *sentrons, *regions;                       /* filter_argp */
  const char *pipe, *opcode, *reg, *reads, *writes, *coordinate; /* and those of query_argp */
  const char *stall, *tier, *access, *value;
  bool miss, messages, events;
};
extern const struct argp filter_argp, query_argp;

struct filter {
  struct trace_range *ranges;
  size_t range_count;
  uint64_t *sentrons, *siws;       /* bits; NULL: all */
  uint32_t touches, reads, writes; /* registers, as bits of the scoreboard; 0: any */
  bool by_coordinate;
  struct {
    uint16_t least, most;
  } dim[COORD_DIMS];
  uint64_t stalls; /* causes, as bits; 0: any */
  bool any_stall;  /* all of them together */
  uint64_t least_stall;
  unsigned tier; /* TIER_... + 1; 0: any */
  int access;    /* enum trace_access, -1: any */
  bool miss, messages;
  struct value_pattern value; /* what filter_wants does not know of: filter_wants_values */
  bool events;                /* those that are no issue, too */
};
/* Errors: VTPU_USAGE, naming the option, also where nothing can fit. */
int filter_open(struct filter *f, const struct filter_options *o, const struct tracefile *t,
                struct vtpu_error *err);
void filter_close(struct filter *f);

bool filter_wants(const struct filter *f, const struct trace_step *s);
/* For the step of an issue that filter_wants; issue: as replayed, if f->value is set. */
bool filter_wants_values(const struct filter *f, const struct tracefile *t,
                         const struct trace_step *s, const struct vtpu_issue *issue);
/* The first cycle that may be wanted, and the first after all of them. */
uint64_t filter_from(const struct filter *f);
uint64_t filter_to(const struct filter *f);

#endif
