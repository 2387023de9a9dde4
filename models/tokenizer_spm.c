/* Tokenizers that merge by score: see tokenizer_spm.h. */
#include "models/tokenizer_spm.h"

#include <stdlib.h>
#include <string.h>

enum { CHARACTER_BYTES = 4 };
#define SCORE_LEAST (-1e10f) /* a token that scores no more never merges */

/* U+2581, as which SentencePiece writes a space. */
static const char written_space[] = "\xE2\x96\x81";

/* --- encoding -----------------------------------------------------------------------------------
 */

/* A text while it is merged: ids from `count` on are characters that are no token. */
struct merging {
  const struct tokenizer_spm *t;
  struct piece *characters; /* [number]; not owned: they point into the text */
  int number;
};

static const struct piece *piece_of(const struct merging *m, int id)
{
  int count = m->t->base.count;
  return id < count ? &m->t->base.pieces[id] : &m->characters[id - count];
}

static int merge_by_score(const void *owner, int left, int right, int *merged)
{
  const struct merging *m = owner;
  const struct piece *a = piece_of(m, left), *b = piece_of(m, right);
  char joined[SPM_PIECE_MOST];
  if (a->length + b->length > m->t->longest)
    return -1;
  memcpy(joined, a->bytes, (size_t)a->length);
  memcpy(joined + a->length, b->bytes, (size_t)b->length);
  *merged = piece_index_find(&m->t->index, joined, (size_t)(a->length + b->length));
  return *merged < 0 ? -1 : m->t->rank[*merged];
}

/* A character that no merge has taken up. */
static int put_bytes(const struct tokenizer_spm *t, const struct piece *character,
                     struct id_list *out, struct vtpu_error *err)
{
  for (int i = 0; i < character->length; i++) {
    uint8_t byte = (uint8_t)character->bytes[i];
    int id = t->byte_ids[byte] >= 0 ? t->byte_ids[byte] : t->unknown;
    if (id < 0)
      return vtpu_fail(err, VTPU_INPUT,
                       "the vocabulary has no token for byte 0x%02X of the text\n"
                       "  this model cannot read such text",
                       byte);
    id_list_add(out, id);
  }
  return 0;
}

/* text: [bytes], not empty; room: one id and one character for each byte */
static int merge_text(struct merging *m, char *text, size_t bytes, int *ids, struct id_list *out,
                      struct vtpu_error *err)
{
  int count = 0;
  for (size_t at = 0, n; at < bytes; at += n) {
    for (n = 1; n < CHARACTER_BYTES && at + n < bytes && ((uint8_t)text[at + n] & 0xC0) == 0x80;)
      n++;
    ids[count] = piece_index_find(&m->t->index, text + at, n);
    if (ids[count] < 0) {
      ids[count] = m->t->base.count + m->number;
      m->characters[m->number++] = (struct piece){text + at, (int)n, true};
    }
    count++;
  }
  int bad = merge_ids(merge_by_score, m, ids, &count, err);
  for (int i = 0; i < count && !bad; i++) {
    if (ids[i] < m->t->base.count)
      id_list_add(out, ids[i]);
    else
      bad = put_bytes(m->t, piece_of(m, ids[i]), out, err);
  }
  return bad;
}

struct encoding {
  const struct tokenizer_spm *t;
  struct id_list *out;
};

/* Copies text with a space before it and spaces for U+2581, as far as the tokenizer wants that. */
static size_t prepare(const struct tokenizer_spm *t, const char *text, size_t bytes, char *copy)
{
  size_t n = 0;
  if (t->space_before)
    copy[n++] = ' ';
  for (size_t at = 0; at < bytes;) {
    bool space = t->written_spaces && bytes - at >= 3 && memcmp(text + at, written_space, 3) == 0;
    copy[n++] = space ? ' ' : text[at];
    at += space ? 3 : 1;
  }
  return n;
}

static int put_text(void *owner, const char *text, size_t bytes, struct vtpu_error *err)
{
  struct encoding *e = owner;
  if (bytes == 0)
    return 0;
  char *copy = malloc(bytes + 1);
  int *ids = malloc((bytes + 1) * sizeof *ids);
  struct merging m = {.t = e->t, .characters = malloc((bytes + 1) * sizeof *m.characters)};
  int bad = copy && ids && m.characters
                ? merge_text(&m, copy, prepare(e->t, text, bytes, copy), ids, e->out, err)
                : vtpu_fail(err, VTPU_SYSTEM, "tokenizer: out of memory");
  free(copy);
  free(ids);
  free(m.characters);
  return bad;
}

static int encode(const struct tokenizer *base, const char *text, size_t bytes, struct id_list *out,
                  struct vtpu_error *err)
{
  const struct tokenizer_spm *t = (const struct tokenizer_spm *)base;
  struct encoding e = {t, out};
  if (t->begin >= 0)
    id_list_add(out, t->begin);
  int bad = added_tokens_cut(&t->added, text, bytes, put_text, &e, out, err);
  if (!bad && t->end >= 0)
    id_list_add(out, t->end);
  return bad;
}

/* The space before the text is not printed. */
static const struct piece *decode(const struct tokenizer *base, int previous, int id,
                                  struct piece *room)
{
  const struct tokenizer_spm *t = (const struct tokenizer_spm *)base;
  *room = base->pieces[id];
  if (t->space_after >= 0 && previous == t->space_after && room->mergeable &&
      room->bytes[0] == ' ') {
    room->bytes++;
    room->length--;
  }
  return room;
}

static void close_tokenizer(struct tokenizer *base)
{
  struct tokenizer_spm *t = (struct tokenizer_spm *)base;
  piece_index_free(&t->index);
  added_tokens_free(&t->added);
  free(t->rank);
  free(t);
}

/* --- making one ---------------------------------------------------------------------------------
 */

struct tokenizer_spm *tokenizer_spm_new(int vocab, int count)
{
  struct tokenizer_spm *t = calloc(1, sizeof *t);
  struct piece *pieces = calloc((size_t)count + 1, sizeof *pieces);
  if (!t || !pieces) {
    free(t);
    free(pieces);
    return NULL;
  }
  t->base = (struct tokenizer){encode, decode, close_tokenizer, vocab, count, pieces};
  memset(t->byte_ids, -1, sizeof t->byte_ids);
  t->unknown = t->begin = t->end = t->space_after = -1;
  return t;
}

bool tokenizer_spm_byte(struct tokenizer_spm *t, int id, const char *text, size_t length)
{
  unsigned byte = 0;
  if (length != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
    return false;
  for (int i = 3; i < 5; i++) {
    const char *digit = strchr("0123456789ABCDEF", text[i]);
    if (!digit || !*digit)
      return false;
    byte = byte << 4 | (unsigned)(digit - "0123456789ABCDEF");
  }
  struct piece *p = &t->base.pieces[id];
  *p = (struct piece){calloc(1, 2), 1, false};
  if (p->bytes)
    p->bytes[0] = (char)byte;
  if (t->byte_ids[byte] < 0)
    t->byte_ids[byte] = id;
  return true;
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

int tokenizer_spm_index(struct tokenizer_spm *t, const char *path, const float *scores,
                        struct vtpu_error *err)
{
  int count = t->base.count;
  for (int id = 0; id < count; id++) {
    const struct piece *p = &t->base.pieces[id];
    if (p->mergeable && p->length > SPM_PIECE_MOST)
      return vtpu_fail(err, VTPU_LIMIT, "%s: token %d has %d bytes, more than %d", path, id,
                       p->length, SPM_PIECE_MOST);
    if (p->mergeable && p->length > t->longest)
      t->longest = p->length;
  }
  struct scored *order = calloc((size_t)count + 1, sizeof *order);
  t->rank = calloc((size_t)count + 1, sizeof *t->rank);
  int bad = !order || !t->rank || piece_index_new(&t->index, t->base.pieces, count)
                ? vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path)
                : 0;
  for (int id = 0; id < count && !bad; id++)
    order[id] = (struct scored){scores[id], id};
  if (!bad)
    qsort(order, (size_t)count, sizeof *order, by_falling_score);
  for (int i = 0, rank = 0; i < count && !bad; i++) {
    rank += i > 0 && order[i].score < order[i - 1].score;
    t->rank[order[i].id] = order[i].score > SCORE_LEAST ? rank : -1;
  }
  added_tokens_index(&t->added);
  free(order);
  return bad;
}
