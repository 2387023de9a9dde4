/* --profile and --profile-json of `vtpu run` and `vtpu infer`: the statistics are taken at the cuts
 * between the stretches of a run, and each wanted stretch is profiled from the difference
 * (sim/profile.h). */
#ifndef VTPU_SIM_CLI_PROFILING_H
#define VTPU_SIM_CLI_PROFILING_H

#include "sim/cli/cli.h"
#include "sim/cli/output.h"
#include "sim/profile.h"

enum { PROFILING_PARTS = 2 };

struct profiling {
  bool text;        /* --profile */
  const char *path; /* --profile-json; NULL: none */
  struct output json;

  /* Wanted stretches, in order, without a gap: of an inference, positions from..to-1 (of several
   * sequences those of the longest prompt's: see generate.h). */
  struct profiling_stretch {
    const char *name;
    int from, to;
  } stretch[PROFILING_PARTS];
  int stretches;

  /* Where the run is cut, and what had been counted until there. */
  struct profiling_cut {
    int position;
    int done;                           /* positions of all sequences until there */
    struct vtpu_statistics *statistics; /* NULL: it did not come so far */
  } cut[PROFILING_PARTS];
  int cuts;

  struct profile_part part[PROFILING_PARTS];
  unsigned parts;
};

static inline bool profiling_wanted(const struct profiling *p)
{
  return p->text || p->path;
}

/* Takes the statistics of the cut at this position, until which `done` positions were run. */
int profiling_at(struct profiling *p, const struct vtpu *v, int position, int done,
                 struct vtpu_error *err);

/* After the run, which got to `position`, with `done` in all: makes the profiles of what there is
 * of the stretches. */
int profiling_make(struct profiling *p, const struct vtpu *v, const struct report *r, int position,
                   int done, struct vtpu_error *err);

/* Prints and writes what is wanted. on_stdout: the text may go there. */
int profiling_report(struct profiling *p, const struct report *r, bool on_stdout,
                     struct vtpu_error *err);

void profiling_free(struct profiling *p);

#endif
