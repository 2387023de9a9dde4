/* Tokenizers that merge by score, as SentencePiece's BPE does; llama2c and GGUF files fill them.
 *
 * Encoding: the begin token; a space before the text unless it is empty; the UTF-8 characters;
 * merges, always the pair whose concatenation is the token of highest score, of equal scores the
 * leftmost; the bytes of characters that are no token then. */
#ifndef VTPU_MODELS_TOKENIZER_SPM_H
#define VTPU_MODELS_TOKENIZER_SPM_H

#include "models/added_tokens.h"

enum { SPM_PIECE_MOST = 512 }; /* bytes of the longest piece */

struct tokenizer_spm {
  struct tokenizer base;
  struct piece_index index;
  int *rank;           /* [count]: 0 for the highest score, equal for equal scores, -1: never */
  int longest;         /* bytes of a mergeable piece */
  int byte_ids[256];   /* the token that stands for a byte, -1: none */
  int unknown;         /* for bytes without one; -1: they are an error */
  int begin, end;      /* put around the text; -1: not */
  int space_after;     /* a space before the text is not printed after this token */
  bool space_before;   /* put a space before the text, and after every added token */
  bool written_spaces; /* U+2581 in a text is a space */
  struct added_tokens added;
};

/* A tokenizer of `count` pieces, none there yet; everything else zero, -1 or false. NULL when
 * memory is out. */
struct tokenizer_spm *tokenizer_spm_new(int vocab, int count);

/* If the text is <0x00> to <0xFF>, makes this the piece that stands for the byte. False if not. */
bool tokenizer_spm_byte(struct tokenizer_spm *t, int id, const char *text, size_t length);

/* To be called when all pieces are there, with their scores [count]. */
int tokenizer_spm_index(struct tokenizer_spm *t, const char *path, const float *scores,
                        struct vtpu_error *err);

#endif
