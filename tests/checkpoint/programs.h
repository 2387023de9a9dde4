/* Programs that have something of each kind in flight nearly always, for cutting. */
#ifndef VTPU_TESTS_CHECKPOINT_PROGRAMS_H
#define VTPU_TESTS_CHECKPOINT_PROGRAMS_H

#include "tests/checkpoint/cut.h"

struct program_text {
  const char *name;
  const char *preset;
  const char *sets; /* parameters that differ, separated by blanks */
  const char *text;
  bool untimed, fails; /* fails: ends in a fault or a deadlock */
};
extern const struct program_text program_texts[];
extern const int program_text_count;

/* Assembles a text; the test fails and false comes back if that is not possible. */
bool program_open(const struct program_text *p, struct cut_case *out);
/* The same by name. */
bool program_named(const char *name, struct cut_case *out);
void program_close(struct cut_case *c);

#endif
