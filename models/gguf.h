/* The GGUF container, versions 2 and 3, little-endian:
 *
 *   1. "GGUF"; uint32 version; uint64 number of tensors; uint64 number of metadata values
 *   2. each metadata value: string key, uint32 type (enum gguf_type), the value. A string is uint64
 *      length and bytes; an array is uint32 type of its elements, uint64 count, the elements
 *   3. each tensor: string name; uint32 rank; uint64 sizes, the row's length first; uint32 type
 *      (enum gguf_tensor_type); uint64 offset in the data
 *   4. the data, which begins at the next multiple of general.alignment (32 unless said), and where
 *      every tensor begins at such a multiple
 *
 * All of this is checked before anything is handed out; what keys and tensors mean is the business
 * of gguf_model.c and gguf_tokenizer.c. Not for other rooms. */
#ifndef VTPU_MODELS_GGUF_H
#define VTPU_MODELS_GGUF_H

#include "models/mapping.h"
#include "models/model.h"

#include <stdbool.h>
#include <stdint.h>

enum gguf_type {
  GGUF_U8,
  GGUF_I8,
  GGUF_U16,
  GGUF_I16,
  GGUF_U32,
  GGUF_I32,
  GGUF_F32,
  GGUF_BOOL,
  GGUF_STRING,
  GGUF_ARRAY,
  GGUF_U64,
  GGUF_I64,
  GGUF_F64,
  GGUF_TYPES
};

struct gguf_type_info {
  const char *name;
  int bytes; /* 0: of variable length */
};
extern const struct gguf_type_info gguf_types[GGUF_TYPES];

struct gguf_value {
  char *key;                    /* owned */
  enum gguf_type type, element; /* element: of an array */
  uint64_t count;               /* of an array; bytes of a string; else 1 */
  const uint8_t *data;          /* in the mapped file, behind types and counts; unaligned */
};

enum { GGUF_RANK = 4 };

struct gguf_tensor {
  char *name; /* owned */
  enum tensor_type type;
  int64_t rows, cols; /* a vector has one row */
  int rank;
  uint64_t offset, bytes; /* offset: in the file */
  const uint8_t *data;
  bool used; /* for the caller: is part of the model */
};

struct gguf {
  const struct mapping *file;
  struct gguf_value *values; /* [value_count], by key */
  int value_count;
  struct gguf_tensor *tensors; /* [tensor_count], by name */
  int tensor_count;
};

/* Errors: VTPU_INPUT with file and offset, VTPU_LIMIT for versions and types that are not read.
 * The mapping must outlive g; gguf_free is due in any case. */
int gguf_parse(const struct mapping *file, struct gguf *g, struct vtpu_error *err);
void gguf_free(struct gguf *g);

/* NULL when there is none. */
const struct gguf_value *gguf_find(const struct gguf *g, const char *key);
struct gguf_tensor *gguf_find_tensor(const struct gguf *g, const char *name);

/* These read one value; absent, it is `fallback`, and required: an error. Any integer type will do,
 * in the range; so will both float types. A string is not terminated. */
int gguf_int(const struct gguf *g, const char *key, bool required, int64_t fallback, int64_t least,
             int64_t most, int *out, struct vtpu_error *err);
int gguf_float(const struct gguf *g, const char *key, bool required, float fallback, float *out,
               struct vtpu_error *err);
int gguf_bool(const struct gguf *g, const char *key, bool fallback, bool *out,
              struct vtpu_error *err);
int gguf_string(const struct gguf *g, const char *key, const char **out, int *bytes,
                struct vtpu_error *err);
/* Is the value that string? Also false when it is absent. */
bool gguf_is(const struct gguf *g, const char *key, const char *text);

/* An array of this type with at most INT_MAX / 16 elements; *out NULL when it is absent and not
 * required. */
int gguf_array(const struct gguf *g, const char *key, enum gguf_type element, bool required,
               const struct gguf_value **out, struct vtpu_error *err);
/* The string that begins at *at, which moves on to the next: for the elements of an array. */
const char *gguf_next_string(const uint8_t **at, size_t *bytes);

/* Begin and end of text, -1 where the file has none; without a vocabulary of the model in it the
 * ids are not checked against anything yet. */
int gguf_token_ids(const struct gguf *g, int *bos, int *eos, struct vtpu_error *err);

#endif
