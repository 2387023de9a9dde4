/* The tokenizer file of llama2.c:
 *
 *   1. int32: length of the longest token
 *   2. for each token of the vocabulary: float32 score, int32 length, the bytes
 *
 * Encoding: BOS, a space before the text unless it is empty, then the UTF-8 characters (bytes, as
 * token 3 + byte, where a character is no token), then merges: always the pair whose concatenation
 * is the token of highest score, of equal scores the leftmost.
 */
#include "models/mapping.h"
#include "models/tokenizer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOS = 1, FIRST_BYTE = 3, CHARACTER_BYTES = 4 };
#define SCORE_LEAST (-1e10f) /* a token that scores no more never merges */

struct tokenizer_llama2c {
  struct tokenizer base;
  struct piece_index index;
  int *rank;       /* [vocab]: 0 for the highest score, equal for equal scores, -1: never merges */
  int longest;     /* bytes */
  char bytes[256]; /* every byte, for tokens that stand for one */
};

static int merge_by_score(const void *owner, int left, int right, int *merged)
{
  const struct tokenizer_llama2c *t = owner;
  const struct piece *a = &t->base.pieces[left], *b = &t->base.pieces[right];
  char joined[512];
  if (a->length + b->length > t->longest || a->length + b->length > (int)sizeof joined)
    return -1;
  memcpy(joined, a->bytes, (size_t)a->length);
  memcpy(joined + a->length, b->bytes, (size_t)b->length);
  *merged = piece_index_find(&t->index, joined, (size_t)(a->length + b->length));
  return *merged < 0 ? -1 : t->rank[*merged];
}

static int encode(const struct tokenizer *base, const char *text, size_t bytes, struct id_list *out,
                  struct vtpu_error *err)
{
  const struct tokenizer_llama2c *t = (const struct tokenizer_llama2c *)base;
  id_list_add(out, BOS);
  if (bytes == 0)
    return 0;
  int *ids = malloc((bytes + 1) * sizeof *ids), count = 0;
  if (!ids)
    return vtpu_fail(err, VTPU_SYSTEM, "tokenizer: out of memory");
  int space = piece_index_find(&t->index, " ", 1);
  ids[count++] = space >= 0 ? space : FIRST_BYTE + ' ';
  for (size_t at = 0, n; at < bytes; at += n) {
    for (n = 1; n < CHARACTER_BYTES && at + n < bytes && ((uint8_t)text[at + n] & 0xC0) == 0x80;)
      n++;
    int id = piece_index_find(&t->index, text + at, n);
    if (id >= 0)
      ids[count++] = id;
    for (size_t i = 0; id < 0 && i < n; i++)
      ids[count++] = FIRST_BYTE + (uint8_t)text[at + i];
  }
  int bad = merge_ids(merge_by_score, t, ids, &count, err);
  for (int i = 0; i < count && !bad; i++)
    id_list_add(out, ids[i]);
  free(ids);
  return bad;
}

/* The space before the text is not printed; "<0x0A>" stands for its byte. */
static const struct piece *decode(const struct tokenizer *base, int previous, int id,
                                  struct piece *room)
{
  const struct tokenizer_llama2c *t = (const struct tokenizer_llama2c *)base;
  const struct piece *p = &base->pieces[id];
  unsigned value;
  int end = 0;
  *room = *p;
  if (previous == BOS && p->length > 0 && p->bytes[0] == ' ') {
    room->bytes++;
    room->length--;
  } else if (sscanf(p->bytes, "<0x%02X>%n", &value, &end) == 1 && end == 6 && p->length == 6) {
    room->bytes = (char *)(uintptr_t)&t->bytes[value];
    room->length = 1;
  }
  return room;
}

static void close_tokenizer(struct tokenizer *base)
{
  struct tokenizer_llama2c *t = (struct tokenizer_llama2c *)base;
  piece_index_free(&t->index);
  free(t->rank);
  free(t);
}

struct scored {
  float score;
  int id;
};

static int by_falling_score(const void *a, const void *b)
{
  float x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
  return (x < y) - (x > y);
}

/* scores: [vocab], with ids */
static void rank_scores(struct tokenizer_llama2c *t, struct scored *scores)
{
  int count = t->base.vocab, rank = 0;
  qsort(scores, (size_t)count, sizeof *scores, by_falling_score);
  for (int i = 0; i < count; i++) {
    rank += i > 0 && scores[i].score < scores[i - 1].score;
    t->rank[scores[i].id] = scores[i].score > SCORE_LEAST ? rank : -1;
  }
}

/* The entries of the file; base.count grows with every piece that is owned. */
static int read_pieces(struct tokenizer_llama2c *t, const struct mapping *f, struct scored *scores,
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
    memcpy(&scores[id].score, f->data + at, 4);
    memcpy(&length, f->data + at + 4, 4);
    scores[id].id = id;
    if (length < 0 || length > t->longest || (uint64_t)length > f->bytes - at - 8)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: offset %" PRIu64 ": token %d is %" PRId32
                       " bytes long; the longest is said to be %d, and %" PRIu64 " bytes are left",
                       f->path, at + 4, id, length, t->longest, f->bytes - at - 8);
    if (!isfinite(scores[id].score))
      return vtpu_fail(err, VTPU_INPUT, "%s: offset %" PRIu64 ": token %d has no finite score",
                       f->path, at, id);
    char *bytes = calloc((size_t)length + 1, 1);
    if (!bytes)
      return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", f->path);
    memcpy(bytes, f->data + at + 8, (size_t)length);
    t->base.pieces[id] = (struct piece){bytes, length, length > 0};
    t->base.count = id + 1;
    at += 8 + (uint64_t)length;
  }
  if (at != f->bytes)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset %" PRIu64 ": more follows after %d tokens\n"
                     "  the file belongs to a model of a larger vocabulary",
                     f->path, at, t->base.vocab);
  return 0;
}

static int read_file(struct tokenizer_llama2c *t, const struct mapping *f, struct vtpu_error *err)
{
  int vocab = t->base.vocab;
  int32_t longest;
  if (f->bytes < 4)
    return vtpu_fail(err, VTPU_INPUT, "%s: %" PRIu64 " bytes are too short for a tokenizer",
                     f->path, f->bytes);
  memcpy(&longest, f->data, 4);
  if (longest < 1 || longest > 512 || vocab < FIRST_BYTE + 256)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset 0: longest token %" PRId32 ", outside 1 to 512, or a vocabulary "
                     "of %d, below 259\n  is it a tokenizer of llama2.c?",
                     f->path, longest, vocab);
  t->longest = longest;
  struct scored *scores = calloc((size_t)vocab, sizeof *scores);
  t->base.pieces = calloc((size_t)vocab, sizeof *t->base.pieces);
  t->rank = calloc((size_t)vocab, sizeof *t->rank);
  int bad = scores && t->base.pieces && t->rank
                ? read_pieces(t, f, scores, err)
                : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", f->path);
  if (!bad)
    rank_scores(t, scores);
  free(scores);
  if (!bad && piece_index_new(&t->index, t->base.pieces, vocab))
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", f->path);
  return bad;
}

int tokenizer_llama2c_open(const char *path, int vocab, struct tokenizer **out,
                           struct vtpu_error *err)
{
  struct mapping file;
  int bad = mapping_open(path, &file, err);
  if (bad)
    return bad;
  struct tokenizer_llama2c *t = calloc(1, sizeof *t);
  if (t) {
    t->base = (struct tokenizer){encode, decode, close_tokenizer, vocab, 0, NULL};
    for (int i = 0; i < 256; i++)
      t->bytes[i] = (char)i;
    bad = read_file(t, &file, err);
  } else {
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  }
  mapping_close(&file);
  if (bad && t)
    tokenizer_close(&t->base);
  else if (!bad)
    *out = &t->base;
  return bad;
}
