/* Runs a simulation in slices of simulated time, so that between two slices the command can show
 * progress, notice Ctrl-C and write errors, and hand out what the program has produced so far.
 * Where the slices are cut depends on the host's speed; the results do not depend on it. */
#ifndef VTPU_SIM_CLI_DRIVE_H
#define VTPU_SIM_CLI_DRIVE_H

#include "sim/report.h"
#include "sim/timeline.h"

struct drive {
  struct vtpu *vtpu;
  const struct machine *machine;
  uint64_t max_cycles; /* UINT64_MAX: no limit */
  bool steady;         /* slices do not depend on the host's speed, as a trace would show them */
  bool progress;       /* a line on standard error, if that is a terminal */
  bool below_text;     /* text is being printed on the same terminal: stay in the line below it */
  /* Called after each slice; not 0 ends the run with that error. NULL: nothing to do. */
  int (*between)(void *user, struct vtpu_error *err);
  void *user;
  struct timeline *timeline; /* stops where a window of it ends, and ends it; NULL: none */

  /* Results. */
  enum report_end end;
  double host_seconds;

  double started, shown; /* host times: start, last progress line (0: none on the screen) */
  uint64_t slice;        /* cycles */
};

/* Installs the handler of Ctrl-C and starts the clock. A second Ctrl-C ends the process. */
void drive_start(struct drive *d);

/* Runs until every sentron has retired (end = REPORT_DONE) or something else ends the run: a limit
 * or Ctrl-C (0 with d->end telling which), or an error (its category, d->end = REPORT_FAILED). Can
 * be called again after vtpu_restart. */
int drive_run(struct drive *d, struct vtpu_error *err);

/* Takes the progress line off the screen, before anything else is printed there. */
void drive_clear_progress(struct drive *d);

/* Has the user asked to stop? */
bool drive_interrupted(void);

/* Monotonic host time in seconds. */
double drive_now(void);

#endif
