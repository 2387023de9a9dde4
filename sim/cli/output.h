/* Files that a subcommand writes. They are opened before the work starts, so that an output that
 * cannot be written costs no run; they appear under their name only when they are complete; and a
 * full disk is an error, not a short file. */
#ifndef VTPU_SIM_CLI_OUTPUT_H
#define VTPU_SIM_CLI_OUTPUT_H

#include "isa/object.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct output {
  const char *path; /* as given; "-" is standard output; NULL: not wanted, every call is a no-op */
  FILE *stream;     /* write here */
  char *temporary;  /* file beside the target that output_close renames; NULL: written in place */
  char *target;     /* the target with links resolved */
};

enum output_mode {
  OUTPUT_WHOLE,  /* appears complete or not at all */
  OUTPUT_STREAM, /* can be followed while it grows */
};

/* VTPU_SYSTEM with the reason when the file cannot be written. */
int output_open(struct output *o, const char *path, enum output_mode mode, struct vtpu_error *err);

/* Has everything written so far gone through? VTPU_SYSTEM if not. */
int output_check(const struct output *o, struct vtpu_error *err);

/* Flushes, closes and puts the file in its place. Closing twice is allowed. */
int output_close(struct output *o, struct vtpu_error *err);

/* Closes and removes what was not put in its place; after output_close it does nothing. */
void output_discard(struct output *o);

/* Writes a JSON value and a newline, and drops the caller's reference. NULL: memory ran out. */
int output_json(struct output *o, json_t *value, struct vtpu_error *err);

/* For writers that take a path: calls write(path, context) for the file behind `o`. What is no
 * regular file (a device, a pipe) gets the content copied. */
typedef int output_writer(const char *path, const void *context, struct vtpu_error *err);
int output_write(struct output *o, output_writer *write, const void *context,
                 struct vtpu_error *err);

/* Writes an object file; maker as of object_write_stream. */
int output_object(struct output *o, const struct object *object, const struct object_maker *maker,
                  struct vtpu_error *err);

#endif
