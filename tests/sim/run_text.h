/* A program as text, run on preset spec with settings, to its end. */
#ifndef VTPU_TESTS_SIM_RUN_TEXT_H
#define VTPU_TESTS_SIM_RUN_TEXT_H

#include "sim/vtpu.h"

/* NULL, and a failure of the test, if it does not get there. The caller frees the statistics. */
struct vtpu_statistics *run_text(const char *text, const char *settings,
                                 const struct vtpu_options *options);
/* The length of the run; 0 after a failure. */
uint64_t cycles_of(const char *text, const char *settings);

#endif
