/* The model of a tokenizer.json: byte-level BPE, that is the vocabulary in its byte alphabet and
 * the ranked merges. */
#ifndef VTPU_MODELS_BPE_H
#define VTPU_MODELS_BPE_H

#include "models/tokenizer.h"

#include <jansson.h>

/* One row of the table of merges. */
struct bpe_merge {
  uint64_t pair; /* left id << 32 | right id */
  int rank, merged;
};

struct bpe {
  int byte_ids[256];        /* the token of each byte alone, -1: none */
  struct bpe_merge *merges; /* [mask + 1]: open addressing; rank -1 for empty */
  uint32_t mask;
  bool whole_words; /* ignore_merges: a word that is a token is taken as it is */
  struct piece_index words;
};

/* json: the value of "model". Fills pieces[count] by id. Errors: VTPU_LIMIT naming what is not
 * covered, VTPU_INPUT. bpe_free is due in any case. */
int bpe_new(const char *path, json_t *json, struct bpe *b, struct piece *pieces, int count,
            struct vtpu_error *err);
void bpe_free(struct bpe *b);

/* Encodes one word; a byte that the vocabulary lacks is VTPU_INPUT. */
int bpe_encode(const struct bpe *b, const char *word, size_t bytes, struct id_list *out,
               struct vtpu_error *err);

#endif
