/* What the tests of tokenizers share. */
#ifndef VTPU_TESTS_MODELS_ENCODES_H
#define VTPU_TESTS_MODELS_ENCODES_H

#include "models/model.h"

#include <jansson.h>

/* A list of ids with its end. */
#define IDS(...)                                                                                   \
  (const int[])                                                                                    \
  {                                                                                                \
    __VA_ARGS__, -1                                                                                \
  }
#define NOTHING                                                                                    \
  (const int[])                                                                                    \
  {                                                                                                \
    -1                                                                                             \
  }

/* Checks that text encodes to these ids; does nothing without a tokenizer (already a failure). */
void encodes(const struct tokenizer *t, const char *text, const int *wants);

/* Encodes each text of a JSON list and compares with a line of ids each. Text `other` has its own
 * golden (NULL: none has). Returns how many texts there were. */
int encodes_lines(const struct tokenizer *t, const char *texts_path, const char *ids_path,
                  const char *other, const char *other_ids);

/* Writes root (taken over) as a folder's tokenizer.json and opens it; *err is cleared before. */
int open_json(json_t *root, int vocab, struct tokenizer **t, struct vtpu_error *err);

#endif
