/* Between the kinds of tokenizer and the functions of model.h: not for other rooms. */
#ifndef VTPU_MODELS_TOKENIZER_H
#define VTPU_MODELS_TOKENIZER_H

#include "models/model.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of one token. */
struct piece {
  char *bytes; /* owned; NULL: there is no token of this id */
  int length;
  bool mergeable; /* made of text by merging; false for special tokens */
};

/* Where the ids of an encoding go; counts on when it is full. */
struct id_list {
  int *ids; /* [room] */
  int room, count;
};
void id_list_add(struct id_list *list, int id);

/* A kind of tokenizer embeds this as its first member. */
struct tokenizer {
  int (*encode)(const struct tokenizer *t, const char *text, size_t bytes, struct id_list *out,
                struct vtpu_error *err);
  /* What the bytes of `id` become after `previous`; may return another piece. */
  const struct piece *(*decode)(const struct tokenizer *t, int previous, int id,
                                struct piece *room);
  void (*close)(struct tokenizer *t);
  int vocab;            /* of the model */
  int count;            /* ids 0 .. count - 1 may have a token */
  struct piece *pieces; /* [count] */
};

int tokenizer_llama2c_open(const char *path, int vocab, struct tokenizer **out,
                           struct vtpu_error *err);
int tokenizer_json_open(const char *path, int vocab, struct tokenizer **out,
                        struct vtpu_error *err);
/* root: the value of a tokenizer.json, not kept. */
int tokenizer_json_new(const char *path, json_t *root, int vocab, struct tokenizer **out,
                       struct vtpu_error *err);
/* What a GGUF file has of it in its metadata. */
int tokenizer_gguf_open(const char *path, int vocab, struct tokenizer **out,
                        struct vtpu_error *err);

/* --- from bytes to the id of a mergeable piece ---------------------------------------------- */

struct piece_index {
  const struct piece *pieces;
  int *slots; /* [mask + 1]: ids, -1 for empty; open addressing */
  uint32_t mask;
};
/* Of equal pieces the lowest id is found. Returns 0 or VTPU_SYSTEM. */
int piece_index_new(struct piece_index *x, const struct piece *pieces, int count);
int piece_index_find(const struct piece_index *x, const char *bytes, size_t length); /* or -1 */
void piece_index_free(struct piece_index *x);

/* --- merging ---------------------------------------------------------------------------------- */

/* Says whether two neighbours merge: the rank (lower is earlier), or -1; sets *merged. */
typedef int merge_rule(const void *owner, int left, int right, int *merged);

/* Merges neighbours in ids [*count] until no rule applies: always the pair of lowest rank, of equal
 * ranks the leftmost. A heap over a linked list: O(n log n). */
int merge_ids(merge_rule *rule, const void *owner, int *ids, int *count, struct vtpu_error *err);

#endif
