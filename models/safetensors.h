/* The safetensors container: named tensors in one file.
 *
 *   1. 8 bytes: N, length of the header, little-endian
 *   2. N bytes: JSON object; "__metadata__" maps strings to strings, every other key is a tensor:
 *      {"dtype": "F32", "shape": [rows, cols], "data_offsets": [begin, end]}; may be padded with
 *      blanks
 *   3. the data; offsets count from its first byte. The tensors cover it without hole or overlap.
 *
 * All of this is checked before a tensor is handed out; what the tensors mean is the business of
 * huggingface.c.
 */
#ifndef VTPU_MODELS_SAFETENSORS_H
#define VTPU_MODELS_SAFETENSORS_H

#include "models/mapping.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SAFETENSORS_RANK = 8 }; /* most dimensions of a tensor that are kept */

struct safetensors_tensor {
  char *name;
  const char *dtype; /* "F32", ...: one of the format's names */
  int rank;
  int64_t shape[SAFETENSORS_RANK];
  uint64_t begin, end; /* in the data section */
  const uint8_t *data; /* begin, in the mapped file */
  bool used;           /* for the caller: is part of the model */
};

struct safetensors {
  struct mapping file;
  int count;
  struct safetensors_tensor *tensors; /* [count], in order of name */
};

/* Errors: VTPU_INPUT with file, offset or tensor name; VTPU_LIMIT for more than 8 dimensions. */
int safetensors_open(const char *path, struct safetensors *s, struct vtpu_error *err);
void safetensors_close(struct safetensors *s);

/* NULL when there is none of that name. */
struct safetensors_tensor *safetensors_find(const struct safetensors *s, const char *name);

/* "[64, 128]" */
void safetensors_shape(const struct safetensors_tensor *t, char *text, size_t bytes);

#endif
