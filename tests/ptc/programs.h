/* Programs of tests/ptc/patterns on a machine. */
#ifndef VTPU_TESTS_PTC_PROGRAMS_H
#define VTPU_TESTS_PTC_PROGRAMS_H

#include "sim/vtpu.h"

/* Preset spec with settings "name=value name=value ..."; a failure is the test's. */
struct machine machine_with(const char *settings);

/* The object of tests/ptc/patterns/NAME.s; false (and a failure of the test) if it cannot be made.
 * The caller frees it with object_free_parts. */
bool pattern_object(const char *name, struct object *out);

/* Runs an object to its end; NULL (and a failure of the test) if it does not get there. The caller
 * frees the statistics. */
struct vtpu_statistics *run_object(const struct object *o, const struct machine *m,
                                   const struct vtpu_options *options);

#endif
