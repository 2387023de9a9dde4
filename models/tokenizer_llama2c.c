/* The tokenizer file of llama2.c:
 *
 *   1. int32: length of the longest token
 *   2. for each token of the vocabulary: float32 score, int32 length, the bytes
 *
 * Token 1 is BOS, and token 3 + b, written <0xNN>, stands for byte b.
 */
#include "models/mapping.h"
#include "models/tokenizer_spm.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BOS = 1, FIRST_BYTE = 3 };

/* The entries of the file. */
static int read_pieces(struct tokenizer_spm *t, const struct mapping *f, int longest, float *scores,
                       struct vtpu_error *err)
{
  uint64_t at = 4;
  for (int id = 0; id < t->base.vocab; id++) {
    int32_t length;
    if (f->bytes - at < 8)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: offset %" PRIu64 ": the file ends at token %d of %d\n"
                       "  it is truncated, or belongs to a model of another vocabulary",
                       f->path, at, id, t->base.vocab);
    memcpy(&scores[id], f->data + at, 4);
    memcpy(&length, f->data + at + 4, 4);
    if (length < 0 || length > longest || (uint64_t)length > f->bytes - at - 8)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: offset %" PRIu64 ": token %d is %" PRId32
                       " bytes long; the longest is said to be %d, and %" PRIu64 " bytes are left",
                       f->path, at + 4, id, length, longest, f->bytes - at - 8);
    if (!isfinite(scores[id]))
      return vtpu_fail(err, VTPU_INPUT, "%s: offset %" PRIu64 ": token %d has no finite score",
                       f->path, at, id);
    const char *text = (const char *)f->data + at + 8;
    if (!tokenizer_spm_byte(t, id, text, (size_t)length))
      t->base.pieces[id] = (struct piece){calloc((size_t)length + 1, 1), length, length > 0};
    struct piece *p = &t->base.pieces[id];
    if (!p->bytes)
      return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", f->path);
    if (p->mergeable)
      memcpy(p->bytes, text, (size_t)length);
    at += 8 + (uint64_t)length;
  }
  if (at != f->bytes)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset %" PRIu64 ": more follows after %d tokens\n"
                     "  the file belongs to a model of a larger vocabulary",
                     f->path, at, t->base.vocab);
  return 0;
}

static int read_file(struct tokenizer_spm *t, const struct mapping *f, struct vtpu_error *err)
{
  int vocab = t->base.vocab;
  int32_t longest;
  if (f->bytes < 4)
    return vtpu_fail(err, VTPU_INPUT, "%s: %" PRIu64 " bytes are too short for a tokenizer",
                     f->path, f->bytes);
  memcpy(&longest, f->data, 4);
  if (longest < 1 || longest > SPM_PIECE_MOST || vocab < FIRST_BYTE + 256)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset 0: longest token %" PRId32 ", outside 1 to %d, or a vocabulary "
                     "of %d, below 259\n  is it a tokenizer of llama2.c?",
                     f->path, longest, SPM_PIECE_MOST, vocab);
  for (int b = 0; b < 256; b++)
    t->byte_ids[b] = FIRST_BYTE + b;
  t->begin = t->space_after = BOS;
  t->space_before = true;
  float *scores = calloc((size_t)vocab, sizeof *scores);
  int bad = scores ? read_pieces(t, f, longest, scores, err)
                   : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", f->path);
  if (!bad)
    bad = tokenizer_spm_index(t, f->path, scores, err);
  free(scores);
  return bad;
}

int tokenizer_llama2c_open(const char *path, int vocab, struct tokenizer **out,
                           struct vtpu_error *err)
{
  struct mapping file;
  int bad = mapping_open(path, &file, err);
  if (bad)
    return bad;
  struct tokenizer_spm *t = tokenizer_spm_new(vocab, vocab);
  bad = t ? read_file(t, &file, err) : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  mapping_close(&file);
  if (bad && t)
    tokenizer_close(&t->base);
  else if (!bad)
    *out = &t->base;
  return bad;
}
