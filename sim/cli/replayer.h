/* Runs the program of a trace again, in step with it: what SIWs read and write follows from the
 * program and is not in the file. Every step is compared with the trace's, so that another program,
 * or a version of vtpu with another timing, is noticed. */
#ifndef VTPU_SIM_CLI_REPLAYER_H
#define VTPU_SIM_CLI_REPLAYER_H

#include "sim/cli/tracefile.h"

struct replayer;

/* object: the program with its data, where the trace has not taken them in; NULL: the trace's own.
 * VTPU_INPUT if it is another program; VTPU_USAGE if it is needed and not given. */
int replayer_open(const struct tracefile *t, const char *object, struct replayer **out,
                  struct vtpu_error *err);
void replayer_close(struct replayer *r);

/* The issue of this step, with what it writes; steps must come in the trace's order, but may be
 * left out. Valid until the next call. */
int replayer_values(struct replayer *r, const struct trace_step *s, const struct vtpu_issue **out,
                    struct vtpu_error *err);

/* Does not run beyond this cycle, whatever is asked for. */
void replayer_limit(struct replayer *r, uint64_t cycle);
/* Runs on until everything that issues before `cycle` has issued. */
int replayer_run(struct replayer *r, uint64_t cycle, struct vtpu_error *err);
const struct vtpu *replayer_vtpu(const struct replayer *r);

#endif
