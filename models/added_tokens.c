/* Tokens that are cut out of a text: see added_tokens.h. */
#include "models/added_tokens.h"

#include <stdlib.h>
#include <string.h>

int added_tokens_add(struct added_tokens *a, char *text, size_t bytes, int id)
{
  if (a->count == a->room) {
    int room = a->room ? 2 * a->room : 32;
    struct added_token *more = text ? realloc(a->tokens, (size_t)room * sizeof *more) : NULL;
    if (!more) {
      free(text);
      return VTPU_SYSTEM;
    }
    a->tokens = more;
    a->room = room;
  }
  if (!text)
    return VTPU_SYSTEM;
  a->tokens[a->count++] = (struct added_token){text, bytes, id};
  return 0;
}

static int by_first_byte(const void *a, const void *b)
{
  const struct added_token *x = a, *y = b;
  int fx = (uint8_t)*x->text, fy = (uint8_t)*y->text;
  if (fx != fy)
    return fx - fy;
  if (x->bytes != y->bytes)
    return x->bytes > y->bytes ? -1 : 1;
  return x->id - y->id;
}

void added_tokens_index(struct added_tokens *a)
{
  if (a->count)
    qsort(a->tokens, (size_t)a->count, sizeof *a->tokens, by_first_byte);
  for (int b = 0, i = 0; b <= 256; b++) {
    while (i < a->count && (uint8_t)*a->tokens[i].text < b)
      i++;
    a->first[b] = i;
  }
}

void added_tokens_free(struct added_tokens *a)
{
  for (int i = 0; i < a->count; i++)
    free(a->tokens[i].text);
  free(a->tokens);
  *a = (struct added_tokens){0};
}

/* The longest added token that starts here, or NULL. */
static const struct added_token *find_here(const struct added_tokens *a, const char *text,
                                           size_t bytes)
{
  int byte = (uint8_t)*text;
  for (int i = a->first[byte]; i < a->first[byte + 1]; i++)
    if (a->tokens[i].bytes <= bytes && memcmp(a->tokens[i].text, text, a->tokens[i].bytes) == 0)
      return &a->tokens[i];
  return NULL;
}

int added_tokens_cut(const struct added_tokens *a, const char *text, size_t bytes, gap_sink *sink,
                     void *owner, struct id_list *out, struct vtpu_error *err)
{
  size_t done = 0;
  for (size_t at = 0; at < bytes;) {
    const struct added_token *found = find_here(a, text + at, bytes - at);
    if (!found) {
      at++;
      continue;
    }
    int bad = sink(owner, text + done, at - done, err);
    if (bad)
      return bad;
    id_list_add(out, found->id);
    at += found->bytes;
    done = at;
  }
  return sink(owner, text + done, bytes - done, err);
}
