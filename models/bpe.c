/* Byte-level BPE: see bpe.h.
 *
 * The byte alphabet writes each byte as one printable character, so that any bytes are a string:
 * 33..126, 161..172 and 174..255 stand for themselves, the other 68 bytes, ascending, are U+0100
 * and up (space, 0x20, is U+0120).
 */
#include "models/bpe.h"

#include <stdlib.h>
#include <string.h>

enum { ALPHABET_END = 256 + 68 };

static bool stands_for_itself(int byte)
{
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/* bytes[c]: the byte that character c writes, -1 for none. */
static void fill_alphabet(int bytes[ALPHABET_END])
{
  int next = 256;
  memset(bytes, -1, ALPHABET_END * sizeof *bytes);
  for (int b = 0; b < 256; b++)
    bytes[stands_for_itself(b) ? b : next++] = b;
}

/* Reads text in the alphabet into out [at most its length]; the number of bytes, or -1 when some
 * character is not of the alphabet. The text is valid UTF-8 (jansson checks). */
static int from_alphabet(const int alphabet[ALPHABET_END], const char *text, char *out)
{
  int n = 0;
  for (const unsigned char *c = (const unsigned char *)text; *c; n++) {
    unsigned value = *c;
    if (value >= 0xE0) /* three bytes and more: from U+0800 */
      return -1;
    if (value >= 0xC0)
      value = (value & 31) << 6 | (c[1] & 63);
    if (value >= ALPHABET_END || alphabet[value] < 0)
      return -1;
    out[n] = (char)alphabet[value];
    c += *c >= 0xC0 ? 2 : 1;
  }
  return n;
}

static int read_vocab(const char *path, json_t *vocab, struct bpe *b, struct piece *pieces,
                      int count, struct vtpu_error *err)
{
  int alphabet[ALPHABET_END];
  const char *text;
  json_t *value;
  fill_alphabet(alphabet);
  memset(b->byte_ids, -1, sizeof b->byte_ids);
  json_object_foreach(vocab, text, value)
  {
    json_int_t id = json_integer_value(value);
    if (!json_is_integer(value) || id < 0 || id >= count || pieces[id].bytes)
      return vtpu_fail(err, VTPU_INPUT, "%s: model.vocab: \"%s\" has no id of its own from 0 to %d",
                       path, text, count - 1);
    char *bytes = strdup(text);
    if (!bytes)
      return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
    int length = from_alphabet(alphabet, text, bytes);
    if (length < 0) /* no text merges to it; it prints as it is written */
      strcpy(bytes, text);
    pieces[id] = (struct piece){bytes, length < 0 ? (int)strlen(text) : length, length > 0};
    if (length == 1)
      b->byte_ids[(uint8_t)bytes[0]] = (int)id;
  }
  return 0;
}

/* The row of a pair, or the empty one where it would go. */
static struct bpe_merge *find_merge(const struct bpe *b, uint64_t pair)
{
  uint32_t at = (uint32_t)((pair * 0x9E3779B97F4A7C15u) >> 32) & b->mask;
  while (b->merges[at].rank >= 0 && b->merges[at].pair != pair)
    at = (at + 1) & b->mask;
  return &b->merges[at];
}

/* A merge is "left right" or ["left", "right"]; copies both into text, end to end with a NUL after
 * each. The place of the second, or NULL. */
static const char *split_merge(json_t *merge, char *text)
{
  const char *left = json_string_value(merge), *right = left ? strchr(left, ' ') : NULL;
  size_t n = right ? (size_t)(right - left) : 0;
  if (json_is_array(merge) && json_array_size(merge) == 2) {
    left = json_string_value(json_array_get(merge, 0));
    right = json_string_value(json_array_get(merge, 1));
    n = left && right ? strlen(left) : 0;
  } else if (right) {
    right = strchr(right + 1, ' ') ? NULL : right + 1;
  }
  if (!left || !right || !n || !*right)
    return NULL;
  memcpy(text, left, n);
  text[n] = '\0';
  return strcpy(text + n + 1, right);
}

static size_t merge_bytes(json_t *merge)
{
  return json_is_array(merge) ? json_string_length(json_array_get(merge, 0)) +
                                    json_string_length(json_array_get(merge, 1)) + 3
                              : json_string_length(merge) + 3;
}

static int read_merge(const char *path, json_t *vocab, json_t *merge, int rank, struct bpe *b,
                      char *text, struct vtpu_error *err)
{
  const char *right = split_merge(merge, text);
  if (!right)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: model.merges: entry %d is neither \"left right\" nor [\"left\", "
                     "\"right\"]",
                     path, rank);
  json_t *a = json_object_get(vocab, text), *c = json_object_get(vocab, right);
  size_t left_bytes = strlen(text);
  if (a && c) /* close the gap: both together are the merged token */
    memmove(text + left_bytes, right, strlen(right) + 1);
  json_t *merged = a && c ? json_object_get(vocab, text) : NULL;
  if (!merged)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: model.merges: entry %d: \"%s\" is not in model.vocab\n"
                     "  vocabulary and merges do not belong together",
                     path, rank, a && !c ? right : text);
  uint64_t pair = (uint64_t)json_integer_value(a) << 32 | (uint64_t)json_integer_value(c);
  /* of two equal pairs the later rank holds, as in the tokenizers library */
  *find_merge(b, pair) = (struct bpe_merge){pair, rank, (int)json_integer_value(merged)};
  return 0;
}

static int read_merges(const char *path, json_t *vocab, json_t *merges, struct bpe *b,
                       struct vtpu_error *err)
{
  size_t count = json_array_size(merges), longest = 1, i;
  json_t *merge;
  if (count > 1u << 28)
    return vtpu_fail(err, VTPU_LIMIT, "%s: model.merges: %zu entries are too many", path, count);
  b->mask = 15;
  while (b->mask < 2 * count)
    b->mask = 2 * b->mask + 1;
  json_array_foreach(merges, i, merge) longest =
      merge_bytes(merge) > longest ? merge_bytes(merge) : longest;
  char *text = malloc(longest);
  b->merges = malloc(((size_t)b->mask + 1) * sizeof *b->merges);
  int bad = text && b->merges ? 0 : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  for (size_t at = 0; !bad && at <= b->mask; at++)
    b->merges[at].rank = -1;
  for (i = 0; !bad && i < count; i++)
    bad = read_merge(path, vocab, json_array_get(merges, i), (int)i, b, text, err);
  free(text);
  return bad;
}

static int check_covered(const char *path, json_t *json, struct vtpu_error *err)
{
  const char *type = json_string_value(json_object_get(json, "type"));
  if (!type || strcmp(type, "BPE") != 0)
    return vtpu_fail(err, VTPU_LIMIT, "%s: model: type \"%.40s\" is not covered, only \"BPE\"",
                     path, type ? type : "(none)");
  static const char *const off[] = {"dropout", "continuing_subword_prefix", "end_of_word_suffix",
                                    "byte_fallback"};
  for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
    json_t *v = json_object_get(json, off[i]);
    bool empty = !v || json_is_null(v) || json_is_false(v) ||
                 (json_is_string(v) && json_string_length(v) == 0) ||
                 (json_is_number(v) && json_number_value(v) == 0.0);
    if (!empty)
      return vtpu_fail(err, VTPU_LIMIT, "%s: model: \"%s\" is not covered", path, off[i]);
  }
  return 0;
}

int bpe_new(const char *path, json_t *json, struct bpe *b, struct piece *pieces, int count,
            struct vtpu_error *err)
{
  *b = (struct bpe){.whole_words = json_is_true(json_object_get(json, "ignore_merges"))};
  json_t *vocab = json_object_get(json, "vocab"), *merges = json_object_get(json, "merges");
  int bad = check_covered(path, json, err);
  if (!bad && (!json_is_object(vocab) || !json_is_array(merges)))
    bad = vtpu_fail(err, VTPU_INPUT, "%s: model: \"vocab\" or \"merges\" is missing", path);
  if (!bad)
    bad = read_vocab(path, vocab, b, pieces, count, err);
  if (!bad)
    bad = read_merges(path, vocab, merges, b, err);
  if (!bad && b->whole_words && piece_index_new(&b->words, pieces, count))
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  return bad;
}

void bpe_free(struct bpe *b)
{
  free(b->merges);
  piece_index_free(&b->words);
  *b = (struct bpe){0};
}

static int merge_by_rank(const void *owner, int left, int right, int *merged)
{
  const struct bpe_merge *m = find_merge(owner, (uint64_t)left << 32 | (uint64_t)right);
  *merged = m->merged;
  return m->rank;
}

int bpe_encode(const struct bpe *b, const char *word, size_t bytes, struct id_list *out,
               struct vtpu_error *err)
{
  int whole = b->whole_words ? piece_index_find(&b->words, word, bytes) : -1;
  if (whole >= 0) {
    id_list_add(out, whole);
    return 0;
  }
  int *ids = malloc(bytes * sizeof *ids), count = (int)bytes, bad = 0;
  if (!ids)
    return vtpu_fail(err, VTPU_SYSTEM, "tokenizer: out of memory");
  for (size_t i = 0; i < bytes && !bad; i++) {
    ids[i] = b->byte_ids[(uint8_t)word[i]];
    if (ids[i] < 0)
      bad = vtpu_fail(err, VTPU_INPUT,
                      "the vocabulary has no token for byte 0x%02X of the text\n"
                      "  this model cannot read such text",
                      (uint8_t)word[i]);
  }
  if (!bad)
    bad = merge_ids(merge_by_rank, b, ids, &count, err);
  for (int i = 0; i < count && !bad; i++)
    id_list_add(out, ids[i]);
  free(ids);
  return bad;
}
