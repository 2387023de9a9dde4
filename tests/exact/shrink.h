/* Makes a program on which two differ as small as it gets, and keeps it as text. */
#ifndef VTPU_TESTS_EXACT_SHRINK_H
#define VTPU_TESTS_EXACT_SHRINK_H

#include "tests/exact/compare.h"

#include <stdio.h>

/* Do the two differ on it within so many cycles? False, too, if one of them refuses it. */
typedef bool exact_differ(const struct exact_case *c, uint64_t limit);

/* Takes away SIWs, slots, sentrons, registers, data, regions, groups, host steps and machine
 * parameters for as long as the two still differ. `c` stays the owner of its data's content. */
void exact_shrink(struct exact_case *c, exact_differ *differ, uint64_t limit);

/* A case as a file: machine parameters in comments "; machine: name = value" and how the engine
 * runs it, "; run: untimed", "; run: threads = N", "; run: slice = CYCLES", then the program. */
void exact_write(const struct exact_case *c, const char *about, FILE *out);
/* Reads such a file; what it holds is freed by object_free_parts(&out->object). */
int exact_read(const char *path, struct exact_case *out, struct vtpu_error *err);

#endif
