/* Tokens that are cut out of a text before anything else is done with it: special ones, and others
 * that a vocabulary was extended by. Not for other rooms. */
#ifndef VTPU_MODELS_ADDED_TOKENS_H
#define VTPU_MODELS_ADDED_TOKENS_H

#include "models/tokenizer.h"

struct added_token {
  char *text; /* owned */
  size_t bytes;
  int id;
};

/* By first byte, the longest first. */
struct added_tokens {
  struct added_token *tokens; /* [count] */
  int count, room;
  int first[257]; /* those that start with byte b: first[b] .. first[b + 1] - 1 */
};

/* Takes over text (NULL: memory was out), which is not empty. Returns 0 or VTPU_SYSTEM. Call
 * added_tokens_index after the last. */
int added_tokens_add(struct added_tokens *a, char *text, size_t bytes, int id);
void added_tokens_index(struct added_tokens *a);
void added_tokens_free(struct added_tokens *a);

/* What to do with the text between two added tokens; it may be empty. */
typedef int gap_sink(void *owner, const char *text, size_t bytes, struct vtpu_error *err);

/* Puts the ids of all added tokens in the text into out, the longest where several begin, and calls
 * sink in turn for what lies before, between and behind them. */
int added_tokens_cut(const struct added_tokens *a, const char *text, size_t bytes, gap_sink *sink,
                     void *owner, struct id_list *out, struct vtpu_error *err);

#endif
