/* tokenizer.json of a Hugging Face folder -> struct tokenizer.
 *
 * Text goes through, in this order: added tokens found in the raw text; the normalizer (NFC or
 * none) on what lies between them; added tokens found in normalised text; the pre-tokenizer; BPE;
 * and the post-processor puts its tokens around the whole. Any other component is refused by name.
 */
#include "models/added_tokens.h"
#include "models/bpe.h"
#include "models/mapping.h"
#include "models/pretokenizer.h"
#include "models/readers.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { RAW, NORMALISED, KINDS };

struct tokenizer_json {
  struct tokenizer base;
  struct bpe bpe;
  struct pretokenizer words;
  bool nfc;
  struct added_tokens added[KINDS];
  int *around; /* ids of the post-processor: [before] then [after] */
  int before, after;
};

/* --- encoding -----------------------------------------------------------------------------------
 */

struct encoding {
  const struct tokenizer_json *t;
  struct id_list *out;
};

static int put_word(void *owner, const char *word, size_t bytes, struct vtpu_error *err)
{
  struct encoding *e = owner;
  return bpe_encode(&e->t->bpe, word, bytes, e->out, err);
}

static int put_words(void *owner, const char *text, size_t bytes, struct vtpu_error *err)
{
  struct encoding *e = owner;
  return bytes ? pretokenizer_run(&e->t->words, text, bytes, put_word, e, err) : 0;
}

/* What lies between added tokens of raw text is normalised, and has added tokens of its own. */
static int put_raw(void *owner, const char *text, size_t bytes, struct vtpu_error *err)
{
  struct encoding *e = owner;
  const struct added_tokens *added = &e->t->added[NORMALISED];
  if (!bytes || !e->t->nfc)
    return added_tokens_cut(added, text, bytes, put_words, e, e->out, err);
  utf8proc_uint8_t *normal;
  utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes,
                                    &normal, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  if (n < 0)
    return vtpu_fail(err, VTPU_SYSTEM, "tokenizer: NFC: %s", utf8proc_errmsg(n));
  int bad = added_tokens_cut(added, (const char *)normal, (size_t)n, put_words, e, e->out, err);
  free(normal);
  return bad;
}

static int check_utf8(const char *text, size_t bytes, struct vtpu_error *err)
{
  for (size_t at = 0; at < bytes;) {
    utf8proc_int32_t c;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(bytes - at), &c);
    if (n <= 0)
      return vtpu_fail(err, VTPU_INPUT,
                       "text byte %zu (0x%02X): not valid UTF-8\n"
                       "  convert the text",
                       at, (uint8_t)text[at]);
    at += (size_t)n;
  }
  return 0;
}

static int encode(const struct tokenizer *base, const char *text, size_t bytes, struct id_list *out,
                  struct vtpu_error *err)
{
  const struct tokenizer_json *t = (const struct tokenizer_json *)base;
  struct encoding e = {t, out};
  int bad = check_utf8(text, bytes, err);
  for (int i = 0; i < t->before && !bad; i++)
    id_list_add(out, t->around[i]);
  if (!bad)
    bad = added_tokens_cut(&t->added[RAW], text, bytes, put_raw, &e, out, err);
  for (int i = 0; i < t->after && !bad; i++)
    id_list_add(out, t->around[t->before + i]);
  return bad;
}

static void close_tokenizer(struct tokenizer *base)
{
  struct tokenizer_json *t = (struct tokenizer_json *)base;
  for (int kind = 0; kind < KINDS; kind++)
    added_tokens_free(&t->added[kind]);
  bpe_free(&t->bpe);
  pretokenizer_free(&t->words);
  free(t->around);
  free(t);
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* A token is printed as it is written; one that the vocabulary has too must have the same id. */
static int add_piece(const char *path, struct tokenizer_json *t, json_t *vocab, const char *content,
                     json_int_t id, struct vtpu_error *err)
{
  json_t *known = json_object_get(vocab, content);
  struct piece *p = &t->base.pieces[id];
  if ((known && json_integer_value(known) != id) || (!known && p->bytes))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: added_tokens: \"%s\" has id %lld, but that contradicts another token of "
                     "this id or this text",
                     path, content, (long long)id);
  free(p->bytes);
  *p = (struct piece){strdup(content), (int)strlen(content), false};
  return p->bytes ? 0 : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
}

static int add_token(const char *path, struct tokenizer_json *t, json_t *vocab, json_t *json,
                     struct vtpu_error *err)
{
  const char *content = json_string_value(json_object_get(json, "content"));
  json_t *id = json_object_get(json, "id"), *normalised = json_object_get(json, "normalized");
  if (!content || !*content || !json_is_integer(id) || json_integer_value(id) < 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: added_tokens: an entry lacks \"id\" or \"content\"",
                     path);
  static const char *const flags[] = {"single_word", "lstrip", "rstrip"};
  for (int i = 0; i < 3; i++)
    if (json_is_true(json_object_get(json, flags[i])))
      return vtpu_fail(err, VTPU_LIMIT, "%s: added_tokens: \"%s\": %s is not covered", path,
                       content, flags[i]);
  int bad = add_piece(path, t, vocab, content, json_integer_value(id), err);
  if (bad)
    return bad;
  bool late = json_is_true(normalised);
  char *text =
      late && t->nfc ? (char *)utf8proc_NFC((const utf8proc_uint8_t *)content) : strdup(content);
  return added_tokens_add(&t->added[late ? NORMALISED : RAW], text, text ? strlen(text) : 0,
                          (int)json_integer_value(id))
             ? vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path)
             : 0;
}

static int read_added(const char *path, struct tokenizer_json *t, json_t *vocab, json_t *list,
                      struct vtpu_error *err)
{
  json_t *json;
  size_t i;
  json_array_foreach(list, i, json)
  {
    int bad = add_token(path, t, vocab, json, err);
    if (bad)
      return bad;
  }
  added_tokens_index(&t->added[RAW]);
  added_tokens_index(&t->added[NORMALISED]);
  return 0;
}

static int read_normalizer(const char *path, struct tokenizer_json *t, json_t *json,
                           struct vtpu_error *err)
{
  if (!json || json_is_null(json))
    return 0;
  const char *type = json_string_value(json_object_get(json, "type"));
  json_t *list = json_object_get(json, "normalizers");
  if (type && strcmp(type, "Sequence") == 0 && json_is_array(list) && json_array_size(list) < 2)
    return read_normalizer(path, t, json_array_get(list, 0), err);
  t->nfc = type && strcmp(type, "NFC") == 0;
  return t->nfc ? 0
                : vtpu_fail(err, VTPU_LIMIT, "%s: normalizer: %s is not covered, only NFC", path,
                            type ? type : "a component without type");
}

/* TemplateProcessing: "single" is a list of {"SpecialToken": {"id"}} and one {"Sequence": ...};
 * "special_tokens" gives the token ids of each. */
static int read_template(const char *path, struct tokenizer_json *t, json_t *json,
                         struct vtpu_error *err)
{
  json_t *single = json_object_get(json, "single"), *item, *id;
  json_t *special = json_object_get(json, "special_tokens");
  size_t i, j;
  bool text = false;
  json_array_foreach(single, i, item)
  {
    const char *name =
        json_string_value(json_object_get(json_object_get(item, "SpecialToken"), "id"));
    json_t *ids = json_object_get(json_object_get(special, name ? name : ""), "ids");
    bool sequence = json_object_get(item, "Sequence");
    if (sequence ? text : !json_is_array(ids))
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: post_processor: TemplateProcessing: item %zu of \"single\" is neither "
                       "a known special token nor the one text",
                       path, i);
    text |= sequence;
    if (sequence)
      continue;
    json_array_foreach(ids, j, id)
    {
      json_int_t value = json_integer_value(id);
      if (!json_is_integer(id) || value < 0 || value >= t->base.count)
        return vtpu_fail(err, VTPU_INPUT,
                         "%s: post_processor: TemplateProcessing: \"%s\" has an id outside the "
                         "vocabulary",
                         path, name);
      int *more = realloc(t->around, ((size_t)(t->before + t->after) + 1) * sizeof *more);
      if (!more)
        return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
      t->around = more;
      t->around[t->before + t->after] = (int)value;
      *(text ? &t->after : &t->before) += 1;
    }
  }
  return text ? 0
              : vtpu_fail(err, VTPU_INPUT,
                          "%s: post_processor: TemplateProcessing: \"single\" has no Sequence",
                          path);
}

static int read_processor(const char *path, struct tokenizer_json *t, json_t *json,
                          struct vtpu_error *err)
{
  if (!json || json_is_null(json))
    return 0;
  const char *type = json_string_value(json_object_get(json, "type"));
  if (type && strcmp(type, "ByteLevel") == 0) /* moves offsets only */
    return 0;
  if (type && strcmp(type, "TemplateProcessing") == 0 && !t->around)
    return read_template(path, t, json, err);
  if (type && strcmp(type, "Sequence") == 0) {
    json_t *inner;
    size_t i;
    json_array_foreach(json_object_get(json, "processors"), i, inner)
    {
      const char *name = json_string_value(json_object_get(inner, "type"));
      int bad = name && strcmp(name, "Sequence") == 0
                    ? vtpu_fail(err, VTPU_LIMIT, "%s: post_processor: nested Sequence", path)
                    : read_processor(path, t, inner, err);
      if (bad)
        return bad;
    }
    return 0;
  }
  return vtpu_fail(err, VTPU_LIMIT, "%s: post_processor: %s is not covered", path,
                   type ? type : "a component without type");
}

/* What changes the result and is not done. */
static int check_rest(const char *path, json_t *root, struct vtpu_error *err)
{
  static const char *const off[] = {"truncation", "padding"};
  for (int i = 0; i < 2; i++) {
    json_t *v = json_object_get(root, off[i]);
    if (v && !json_is_null(v))
      return vtpu_fail(err, VTPU_LIMIT, "%s: %s is not covered\n  set it to null", path, off[i]);
  }
  json_t *decoder = json_object_get(root, "decoder");
  const char *type = json_string_value(json_object_get(decoder, "type"));
  if (decoder && !json_is_null(decoder) && (!type || strcmp(type, "ByteLevel") != 0))
    return vtpu_fail(err, VTPU_LIMIT, "%s: decoder: %s is not covered, only ByteLevel", path,
                     type ? type : "a component without type");
  return 0;
}

/* One more than the highest id of the file. */
static json_int_t count_ids(json_t *vocab, json_t *added)
{
  json_int_t count = 0;
  const char *text;
  json_t *v;
  size_t i;
  json_object_foreach(vocab, text, v) count =
      json_integer_value(v) >= count ? json_integer_value(v) + 1 : count;
  json_array_foreach(added, i, v)
  {
    json_int_t id = json_integer_value(json_object_get(v, "id"));
    count = id >= count ? id + 1 : count;
  }
  return count;
}

static int read_root(const char *path, struct tokenizer_json *t, json_t *root,
                     struct vtpu_error *err)
{
  json_t *model = json_object_get(root, "model"), *vocab = json_object_get(model, "vocab");
  json_t *added = json_object_get(root, "added_tokens");
  if (!json_is_object(model))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: there is no object \"model\"\n"
                     "  is it the tokenizer.json of the tokenizers library?",
                     path);
  json_int_t count = count_ids(vocab, added);
  if (count > t->base.vocab)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: token id %lld is outside the model's vocabulary of %d\n"
                     "  tokenizer and model do not belong together",
                     path, (long long)count - 1, t->base.vocab);
  t->base.count = (int)count;
  t->base.pieces = calloc((size_t)count + 1, sizeof *t->base.pieces);
  if (!t->base.pieces)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  int bad = check_rest(path, root, err);
  if (!bad)
    bad = read_normalizer(path, t, json_object_get(root, "normalizer"), err);
  if (!bad)
    bad = bpe_new(path, model, &t->bpe, t->base.pieces, t->base.count, err);
  if (!bad)
    bad = pretokenizer_new(path, json_object_get(root, "pre_tokenizer"), &t->words, err);
  if (!bad)
    bad = read_added(path, t, vocab, added, err);
  if (!bad)
    bad = read_processor(path, t, json_object_get(root, "post_processor"), err);
  return bad;
}

int tokenizer_json_new(const char *path, json_t *root, int vocab, struct tokenizer **out,
                       struct vtpu_error *err)
{
  struct tokenizer_json *t = calloc(1, sizeof *t);
  if (!t)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  t->base = (struct tokenizer){encode, NULL, close_tokenizer, vocab, 0, NULL};
  int bad = read_root(path, t, root, err);
  if (bad)
    tokenizer_close(&t->base);
  else
    *out = &t->base;
  return bad;
}

int tokenizer_json_open(const char *path, int vocab, struct tokenizer **out, struct vtpu_error *err)
{
  struct mapping text;
  int bad = mapping_open(path, &text, err);
  if (bad)
    return bad;
  json_error_t why;
  json_t *root =
      json_loadb((const char *)text.data, (size_t)text.bytes, JSON_REJECT_DUPLICATES, &why);
  mapping_close(&text);
  if (!root)
    return vtpu_fail(err, VTPU_INPUT, "%s:%d:%d: not JSON: %s", path, why.line, why.column,
                     why.text);
  bad = tokenizer_json_new(path, root, vocab, out, err);
  json_decref(root);
  return bad;
}
