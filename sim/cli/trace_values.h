/* What the SIWs of a trace read and wrote: registers, memory, messages. Registers and memory are
 * computed by running the program again (replayer.h); messages are in the trace. */
#ifndef VTPU_SIM_CLI_TRACE_VALUES_H
#define VTPU_SIM_CLI_TRACE_VALUES_H

#include "sim/cli/tracefile.h"

/* "r3=0x2a p0=1.0.0/...", or "-": what an SIW wrote, and what it read before it did. NULL: "-". */
void values_put_results(FILE *out, const struct vtpu_issue *i);
void values_put_operands(FILE *out, const struct vtpu_issue *i);
/* "gathered=0x2a", "scattered=", "sent=", "received=" (each message), or "-": the bytes that went
 * to or from memory and other sentrons, as numbers whose lowest byte came first. */
void values_put_data(FILE *out, const struct tracefile *t, const struct trace_step *s,
                     const struct vtpu_issue *i);

/* A value that is looked for: "[REG=]N", N a number or a coordinate. */
struct value_pattern {
  bool set;
  int reg; /* scoreboard index; -1: anywhere */
  bool is_coordinate, fits_word;
  struct coord coord;
  uint64_t wide; /* as 64 bits */
  uint32_t word; /* as 32, if it fits; of 1.5 its f32 */
};
/* VTPU_USAGE, naming --value. */
int value_pattern_parse(const char *text, struct value_pattern *out, struct vtpu_error *err);
/* Does a lane, of 64 or 32 bits, of what the step read or wrote have the value? */
bool value_pattern_fits(const struct value_pattern *p, const struct tracefile *t,
                        const struct trace_step *s, const struct vtpu_issue *i);

#endif
