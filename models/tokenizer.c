/* Tokenizers: finds the one that goes with a model; what its kinds share. See model.h. */
#include "models/tokenizer.h"
#include "models/mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void id_list_add(struct id_list *list, int id)
{
  if (list->count < list->room)
    list->ids[list->count] = id;
  list->count++;
}

/* --- piece index -------------------------------------------------------------------------------
 */

static uint32_t hash_bytes(const char *bytes, size_t length)
{
  uint32_t h = 2166136261u; /* FNV-1a */
  for (size_t i = 0; i < length; i++)
    h = (h ^ (uint8_t)bytes[i]) * 16777619u;
  return h ^ h >> 15;
}

/* The slot that holds these bytes, or the empty one where they would go. */
static uint32_t probe(const struct piece_index *x, const char *bytes, size_t length)
{
  uint32_t at = hash_bytes(bytes, length) & x->mask;
  while (x->slots[at] >= 0) {
    const struct piece *p = &x->pieces[x->slots[at]];
    if ((size_t)p->length == length && memcmp(p->bytes, bytes, length) == 0)
      break;
    at = (at + 1) & x->mask;
  }
  return at;
}

int piece_index_new(struct piece_index *x, const struct piece *pieces, int count)
{
  x->pieces = pieces;
  x->mask = 15;
  while (x->mask < 2 * (uint32_t)count)
    x->mask = 2 * x->mask + 1;
  x->slots = malloc(((size_t)x->mask + 1) * sizeof *x->slots);
  if (!x->slots)
    return VTPU_SYSTEM;
  memset(x->slots, -1, ((size_t)x->mask + 1) * sizeof *x->slots);
  for (int id = 0; id < count; id++) {
    if (!pieces[id].bytes || !pieces[id].mergeable)
      continue;
    uint32_t at = probe(x, pieces[id].bytes, (size_t)pieces[id].length);
    if (x->slots[at] < 0)
      x->slots[at] = id;
  }
  return 0;
}

int piece_index_find(const struct piece_index *x, const char *bytes, size_t length)
{
  return x->slots[probe(x, bytes, length)];
}

void piece_index_free(struct piece_index *x)
{
  free(x->slots);
  *x = (struct piece_index){0};
}

/* --- merging ------------------------------------------------------------------------------------
 */

struct symbol {
  int id; /* -1: merged into an earlier one */
  int previous, next;
};

/* A pair that merged when it was found; stale once one of its ids has changed. */
struct candidate {
  int rank, at; /* at: index of the left symbol, so in order of the text */
  int left, right, merged;
};

struct merger {
  merge_rule *rule;
  const void *owner;
  struct symbol *symbols;
  struct candidate *heap; /* [heap_count], least first */
  int heap_count;
};

static bool earlier(const struct candidate *a, const struct candidate *b)
{
  return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

/* Puts the pair that starts at symbol `at` on the heap, if it merges. */
static void heap_push(struct merger *m, int at)
{
  int next = m->symbols[at].next;
  if (next < 0)
    return;
  struct candidate c = {.at = at, .left = m->symbols[at].id, .right = m->symbols[next].id};
  c.rank = m->rule(m->owner, c.left, c.right, &c.merged);
  if (c.rank < 0)
    return;
  int i = m->heap_count++;
  for (; i > 0 && earlier(&c, &m->heap[(i - 1) / 2]); i = (i - 1) / 2)
    m->heap[i] = m->heap[(i - 1) / 2];
  m->heap[i] = c;
}

static struct candidate heap_pop(struct merger *m)
{
  struct candidate top = m->heap[0], last = m->heap[--m->heap_count];
  int i = 0;
  for (int child = 1; child < m->heap_count; child = 2 * i + 1) {
    if (child + 1 < m->heap_count && earlier(&m->heap[child + 1], &m->heap[child]))
      child++;
    if (!earlier(&m->heap[child], &last))
      break;
    m->heap[i] = m->heap[child];
    i = child;
  }
  m->heap[i] = last;
  return top;
}

static void merge_all(struct merger *m)
{
  struct symbol *s = m->symbols;
  while (m->heap_count) {
    struct candidate c = heap_pop(m);
    int next = s[c.at].next;
    if (s[c.at].id != c.left || next < 0 || s[next].id != c.right)
      continue;
    s[c.at].id = c.merged;
    s[c.at].next = s[next].next;
    if (s[next].next >= 0)
      s[s[next].next].previous = c.at;
    s[next].id = -1;
    if (s[c.at].previous >= 0)
      heap_push(m, s[c.at].previous);
    heap_push(m, c.at);
  }
}

int merge_ids(merge_rule *rule, const void *owner, int *ids, int *count, struct vtpu_error *err)
{
  int n = *count;
  if (n < 2)
    return 0;
  struct merger m = {.rule = rule, .owner = owner};
  m.symbols = malloc((size_t)n * sizeof *m.symbols);
  m.heap = malloc((size_t)n * 3 * sizeof *m.heap); /* n - 1 pairs, and two more a merge */
  int bad = m.symbols && m.heap ? 0 : vtpu_fail(err, VTPU_SYSTEM, "tokenizer: out of memory");
  if (!bad) {
    for (int i = 0; i < n; i++)
      m.symbols[i] = (struct symbol){ids[i], i - 1, i + 1 < n ? i + 1 : -1};
    for (int i = 0; i + 1 < n; i++)
      heap_push(&m, i);
    merge_all(&m);
    *count = 0;
    for (int i = 0; i >= 0; i = m.symbols[i].next)
      ids[(*count)++] = m.symbols[i].id;
  }
  free(m.symbols);
  free(m.heap);
  return bad;
}

/* --- the functions of model.h ------------------------------------------------------------------
 */

/* For a llama2.c file: tok<vocab>.bin beside it, else tokenizer.bin. */
static int open_beside(const char *model_path, int vocab, struct tokenizer **out,
                       struct vtpu_error *err)
{
  char name[64];
  snprintf(name, sizeof name, "tok%d.bin", vocab);
  const char *slash = strrchr(model_path, '/');
  char *folder = slash ? strndup(model_path, (size_t)(slash - model_path + 1)) : strdup(".");
  char *first = folder ? mapping_path(folder, name) : NULL;
  char *second = folder ? mapping_path(folder, "tokenizer.bin") : NULL;
  int bad;
  if (!first || !second)
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", model_path);
  else if (access(first, F_OK) == 0)
    bad = tokenizer_llama2c_open(first, vocab, out, err);
  else if (access(second, F_OK) == 0)
    bad = tokenizer_llama2c_open(second, vocab, out, err);
  else
    bad = vtpu_fail(err, VTPU_INPUT,
                    "%s: no tokenizer: neither %s nor tokenizer.bin lies beside it\n"
                    "  put it there, or give token ids instead of text",
                    model_path, name);
  free(folder);
  free(first);
  free(second);
  return bad;
}

/* Does the file begin as GGUF files do? */
static bool is_gguf(const char *path)
{
  char magic[4] = "";
  FILE *f = fopen(path, "rb");
  bool yes = f && fread(magic, 1, 4, f) == 4 && memcmp(magic, "GGUF", 4) == 0;
  if (f)
    fclose(f);
  return yes;
}

int tokenizer_open(const char *model_path, int vocab, struct tokenizer **out,
                   struct vtpu_error *err)
{
  *out = NULL;
  struct stat st;
  if (stat(model_path, &st) != 0 || !S_ISDIR(st.st_mode))
    return is_gguf(model_path) ? tokenizer_gguf_open(model_path, vocab, out, err)
                               : open_beside(model_path, vocab, out, err);
  char *path = mapping_path(model_path, "tokenizer.json");
  if (!path)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", model_path);
  int bad = access(path, F_OK) == 0
                ? tokenizer_json_open(path, vocab, out, err)
                : vtpu_fail(err, VTPU_INPUT,
                            "%s: no tokenizer: tokenizer.json is not in the folder\n"
                            "  put it there, or give token ids instead of text",
                            model_path);
  free(path);
  return bad;
}

void tokenizer_close(struct tokenizer *t)
{
  if (!t)
    return;
  for (int id = 0; id < t->count; id++)
    free(t->pieces[id].bytes);
  free(t->pieces);
  t->close(t);
}

int tokenizer_encode_bytes(const struct tokenizer *t, const char *text, size_t bytes, int *ids,
                           int room, int *count, struct vtpu_error *err)
{
  struct id_list list = {ids, room, 0};
  *count = 0;
  if (bytes > INT32_MAX / 4)
    return vtpu_fail(err, VTPU_LIMIT, "a text of %zu bytes is too long to encode", bytes);
  int bad = t->encode(t, text, bytes, &list, err);
  if (bad)
    return bad;
  if (list.count > room)
    return vtpu_fail(err, VTPU_LIMIT,
                     "the text takes %d tokens, but there is room for %d\n"
                     "  shorten it",
                     list.count, room);
  *count = list.count;
  return 0;
}

int tokenizer_encode(const struct tokenizer *t, const char *text, int *ids, int room, int *count,
                     struct vtpu_error *err)
{
  return tokenizer_encode_bytes(t, text, strlen(text), ids, room, count, err);
}

const char *tokenizer_piece(const struct tokenizer *t, int previous, int id, int *bytes)
{
  *bytes = 0;
  if (id < 0 || id >= t->vocab)
    return NULL;
  if (id >= t->count || !t->pieces[id].bytes)
    return ""; /* a row of the embedding that no token uses */
  struct piece room;
  const struct piece *p = t->decode ? t->decode(t, previous, id, &room) : &t->pieces[id];
  *bytes = p->length;
  return p->bytes;
}
