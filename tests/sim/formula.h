/* Formulas of timetables (timetable.h). */
#ifndef VTPU_TESTS_SIM_FORMULA_H
#define VTPU_TESTS_SIM_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

/* The value of a name ("label", "label.2", a parameter). False: there is none. */
typedef bool formula_lookup(void *user, const char *name, int64_t *value);

/* Evaluates the formula at *at and moves *at behind it; *complaint is set when it is none. */
int64_t formula(const char **at, formula_lookup *lookup, void *user, const char **complaint);

#endif
