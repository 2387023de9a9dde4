/* What the tests of `vtpu report` have in common: files of real runs, made once. */
#ifndef VTPU_TESTS_REPORT_MATERIAL_H
#define VTPU_TESTS_REPORT_MATERIAL_H

#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdbool.h>

/* Reports and profile of the small model on 16 sentrons, with a time line. */
const char *run_json(void);
const char *profile_json(void);
/* The same text on fewer sentrons. */
const char *run_json_on(int sentrons);
/* What `vtpu locality` says of an example, on this curve. */
const char *locality_json(const char *curve);
/* A trace of run_json's run. */
const char *trace_file(void);

/* The report of all of this, made once: its folder. */
const char *full_report(void);
/* A file of a report's folder; a missing one is the test's failure and gives "". The caller frees.
 */
char *report_file(const char *folder, const char *name);

/* Is there a gnuplot? Without one the tests of pages are skipped. */
bool have_gnuplot(void);
#define NEED_GNUPLOT()                                                                             \
  if (!have_gnuplot())                                                                             \
  T_SKIP("gnuplot is not installed (scripts/install report)")

#endif
