/* A run in one piece against the same run cut at a cycle: stopped, saved, freed, and resumed in a
 * new handle. Everything that can be seen at the end must be the same. */
#ifndef VTPU_TESTS_CHECKPOINT_CUT_H
#define VTPU_TESTS_CHECKPOINT_CUT_H

#include "sim/vtpu.h"

#include <stdlib.h>

struct cut_case {
  const char *name;
  struct machine machine;
  struct object object;
  bool untimed;
  bool fails; /* the run may end in an error */
  unsigned threads;
};

/* What a run leaves behind. */
struct ending {
  bool finished;
  char error[VTPU_ERROR_BYTES]; /* of a fault or a deadlock; else empty */
  struct vtpu_statistics *statistics;
  uint8_t *registers; /* [sentrons][REG_COUNT][64] */
  size_t register_bytes;
  char *phext; /* a dump of phext space */
  size_t phext_bytes;
};

/* A handle; a failure is the test's and gives NULL. */
struct vtpu *cut_open(const struct cut_case *c);
/* Runs to the end, or to the error, and looks. */
void cut_finish(struct vtpu *v, struct ending *out);
void ending_free(struct ending *e);
/* The first thing that differs, NULL if nothing does. */
const char *ending_difference(const struct ending *a, const struct ending *b);

/* Runs the case cut at cycle `at`, and compares with its run in one piece. Returns false when the
 * run was over before. The test fails where anything differs; *bytes is the checkpoint's size. */
bool cut_at(const struct cut_case *c, const struct ending *whole, uint64_t at, size_t *bytes);

/* Cuts at `cuts` random cycles of a run; at least `least` of them before its end. */
void cut_often(const struct cut_case *c, int cuts, int least, uint64_t seed);

/* A whole file; the caller frees it. NULL if there is none. */
char *file_bytes(const char *path, size_t *bytes);
bool file_write(const char *path, const void *bytes, size_t count);
/* A path in the test's temporary folder, kept until the next call with the same name. */
const char *scratch(const char *name);

#endif
