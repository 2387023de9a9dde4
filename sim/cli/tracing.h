/* --trace and what goes with it: a trace file of a run (traces/README.md). A child parser of the
 * subcommands that run programs. */
#ifndef VTPU_SIM_CLI_TRACING_H
#define VTPU_SIM_CLI_TRACING_H

#include "isa/machine.h"
#include "sim/vtpu.h"
#include "traces/trace.h"

#include <argp.h>

/* Zero-initialised. */
struct tracing {
  const char *path; /* NULL: no trace */
  const char *kinds, *sentrons, *cycles, *regions, *sample;
  struct trace_writer *writer;
};
extern const struct argp tracing_argp;

/* What the header says of the run. */
struct tracing_run {
  const char *program, *command;
  const char *resumed, *loaded; /* NULL: none */
  bool untimed;
};

/* Opens the file, if one is wanted. VTPU_USAGE if the selection fits nothing. */
int tracing_open(struct tracing *t, const struct tracing_run *run, const struct machine *m,
                 const struct object *o, struct vtpu_error *err);
/* Ends the file, after the run, whatever became of that. */
int tracing_close(struct tracing *t, struct vtpu *v, bool failed, struct vtpu_error *err);

#endif
