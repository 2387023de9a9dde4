/* The pre-tokenizer of a tokenizer.json: cuts text into words before merging. */
#ifndef VTPU_MODELS_PRETOKENIZER_H
#define VTPU_MODELS_PRETOKENIZER_H

#include "isa/error.h"

#include <jansson.h>
#include <stddef.h>

struct pretokenizer {
  struct pretokenizer_step *steps; /* [count], each cuts the words of the one before */
  int count;
};

/* json: the value of "pre_tokenizer". Covered are Split, Digits, ByteLevel and Sequence of them;
 * ByteLevel must be there and be last. Errors: VTPU_LIMIT naming the component, VTPU_INPUT. */
int pretokenizer_new(const char *path, json_t *json, struct pretokenizer *p,
                     struct vtpu_error *err);
void pretokenizer_free(struct pretokenizer *p);

typedef int word_sink(void *owner, const char *word, size_t bytes, struct vtpu_error *err);

/* Calls sink for every word of valid UTF-8 text in turn; stops at its first error. */
int pretokenizer_run(const struct pretokenizer *p, const char *text, size_t bytes, word_sink *sink,
                     void *owner, struct vtpu_error *err);

#endif
