/* Two reports of runs (vtpu-run-1 or vtpu-profile-1, sim/schema.md) side by side: what changed.
 *
 *   struct comparison c;
 *   compare_reports(&a, &b, 0.01, &c, &err);   compare_text(stdout, &c);   compare_free(&c);
 *
 * A figure is compared with itself: by how much of its value in A it changed. Parts of a sum
 * (causes of the cycle stack, kernels, layers, bytes of the tiers) are compared with the sum, so
 * that a kernel of ten cycles that takes eleven is no news. What a program put out either is the
 * same or has changed. What was run (program, machine) may differ: that is said, and no change.
 */
#ifndef VTPU_SIM_COMPARE_H
#define VTPU_SIM_COMPARE_H

#include "isa/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct compare_input {
  const char *path; /* for messages */
  json_t *json;
};

enum { COMPARE_NAME_BYTES = 128 };

struct compare_change {
  char name[COMPARE_NAME_BYTES];
  double a, b;    /* NAN: there is none */
  double change;  /* (b - a) / a, or of the whole; INFINITY: from nothing, or output that differs */
  bool of_whole;  /* a part of a sum */
  bool is_output; /* a and b mean nothing */
  unsigned order;
};

struct comparison {
  struct compare_input a, b;
  double threshold;
  unsigned figures;               /* that were compared */
  struct compare_change *changes; /* above the threshold, largest first */
  unsigned count, room;
  bool out_of_memory;
};

/* VTPU_INPUT when one is no report, damaged, or of another kind than the other. The JSON is
 * borrowed. After an error too compare_free can be called. */
int compare_reports(const struct compare_input *a, const struct compare_input *b, double threshold,
                    struct comparison *out, struct vtpu_error *err);
/* At most 100 columns. Returns false when the stream has an error. */
bool compare_text(FILE *out, const struct comparison *c);
void compare_free(struct comparison *c);

/* --- reading a report ----------------------------------------------------------------------- */

/* What is compared of a report: a run is one part, a profile has several. */
struct compare_part {
  const char *name; /* "" of a run */
  json_t *whole;    /* has the counts */
  json_t *self;     /* has kernels and layers, tokens_per_second_simulated */
};
bool compare_is_profile(json_t *report);
/* Part `index` of A and the one of the same name of B; false when there are no more. b->whole is
 * NULL when B has none. */
bool compare_part(const struct comparison *c, size_t index, struct compare_part *a,
                  struct compare_part *b);

#ifdef __cplusplus
}
#endif
#endif
