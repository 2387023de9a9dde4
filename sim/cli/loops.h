/* What the compiler tells about loops (asm/lower/loop_report.h), for people and as JSON. */
#ifndef VTPU_SIM_CLI_LOOPS_H
#define VTPU_SIM_CLI_LOOPS_H

#include "asm/lower/lower.h"

#include <jansson.h>
#include <stdio.h>

/* A block of lines for each loop, and a line for all. */
void loops_print(FILE *out, const struct lower_result *r);
/* The array "loops" of sim/schema.md; NULL when memory is out. */
json_t *loops_json(const struct lower_result *r);

#endif
