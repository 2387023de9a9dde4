/* The files that a report is made of: read, and checked for everything that is used of them, so
 * that the sections can rely on it. */
#ifndef VTPU_SIM_CLI_HTML_INPUTS_H
#define VTPU_SIM_CLI_HTML_INPUTS_H

#include "isa/error.h"
#include "sim/report_pieces.h"

#include <jansson.h>
#include <stdbool.h>

enum { INPUT_FILES_MAX = 64 };

struct input {
  const char *path; /* as given */
  json_t *json;
};

struct inputs {
  struct input run[INPUT_FILES_MAX]; /* the first is the report's; the others are beside it */
  unsigned runs;
  struct input profile;                   /* .json NULL: none */
  struct input locality[INPUT_FILES_MAX]; /* one a curve */
  unsigned localities;
};

/* VTPU_INPUT when a file is missing, no JSON, of another schema, or lacks something. */
int inputs_read(struct inputs *in, struct vtpu_error *err);
void inputs_free(struct inputs *in);

/* --- looking into checked JSON --------------------------------------------------------------- */

/* Text of the member at the path (report_member), `otherwise` if there is none. */
const char *json_word(json_t *j, const char *path, const char *otherwise);
/* Element i of the array at the path, as a number. */
double json_element(json_t *j, const char *path, size_t i);
/* Sum of the values of a stack or of another object of numbers. */
double json_sum(json_t *object);
/* The command that made a file: its line, or the best that is known. */
const char *json_command(const struct input *in);

#endif
