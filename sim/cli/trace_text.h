/* The text trace: a line an issued SIW, in the order (cycle, sentron). Lines that begin with '#'
 * are a header. Columns are separated by one tab:
 *
 *   1 cycle     at which the SIW issued
 *   2 sentron   node.number
 *   3 siw       its index in the program
 *   4 place     label+distance of that index, or @index
 *   5 stall     cause:cycles since this sentron's issue before (the longest cause, all cycles); "-"
 *   6 slots     the SIW as the disassembler prints it
 *   7 memory    coordinate ptc=hit|miss tier=l1|l2|l3|ddr ready=cycle; "-" without an access
 *   8 results   register=value ..., r m l as one hexadecimal number, p as a coordinate; "-"
 */
#ifndef VTPU_SIM_CLI_TRACE_TEXT_H
#define VTPU_SIM_CLI_TRACE_TEXT_H

#include "sim/cli/output.h"
#include "sim/vtpu.h"

struct trace_text {
  FILE *out;
  const struct object *object;
};

void trace_text_header(FILE *out, const char *program, const struct machine *m);

/* A vtpu_trace_fn; user is a struct trace_text. */
void trace_text_line(void *user, const struct vtpu_issue *issue);

#endif
