/* The tokenizer in the metadata of a GGUF file -> struct tokenizer.
 *
 * tokenizer.ggml.model is "gpt2": byte-level BPE with merges. All that a tokenizer.json would say
 * is there, but for the words, which tokenizer.ggml.pre names; so it is put together as one. Texts
 * are not normalised (llama.cpp does not either, GGUF has no place for it).
 *
 * It is "llama": SentencePiece's BPE, merged by score. Defaults are those of llama.cpp. */
#include "models/gguf.h"
#include "models/readers.h"
#include "models/tokenizer_spm.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum token_type { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

/* What both kinds of tokenizer have. */
struct vocabulary {
  const struct gguf *g;
  const struct gguf_value *tokens; /* strings: [count] */
  const struct gguf_value *types;  /* int32: [count], or NULL: all normal */
  int count;
  int begin, end;          /* ids, -1: none */
  bool add_begin, add_end; /* put around texts */
};

static enum token_type type_of(const struct vocabulary *v, int id)
{
  int32_t type = NORMAL;
  if (v->types)
    memcpy(&type, v->types->data + 4 * (size_t)id, sizeof type);
  return (enum token_type)type;
}

static int read_types(struct vocabulary *v, struct vtpu_error *err)
{
  int bad = gguf_array(v->g, "tokenizer.ggml.token_type", GGUF_I32, false, &v->types, err);
  if (bad || !v->types)
    return bad;
  if (v->types->count != (uint64_t)v->count)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: tokenizer.ggml.token_type has %" PRIu64 " elements, but there are %d "
                     "tokens\n  the file is damaged: fetch it again",
                     v->g->file->path, v->types->count, v->count);
  for (int id = 0; id < v->count; id++)
    if (type_of(v, id) < NORMAL || type_of(v, id) > BYTE)
      return vtpu_fail(err, VTPU_INPUT, "%s: tokenizer.ggml.token_type: token %d has type %d",
                       v->g->file->path, id, (int)type_of(v, id));
  return 0;
}

static bool is_spm(const struct gguf *g)
{
  return gguf_is(g, "tokenizer.ggml.model", "llama");
}

int gguf_token_ids(const struct gguf *g, int *bos, int *eos, struct vtpu_error *err)
{
  /* -1 is also written as a uint32 */
  int bad = gguf_int(g, "tokenizer.ggml.bos_token_id", false, is_spm(g) ? 1 : -1, -1, UINT32_MAX,
                     bos, err);
  if (!bad)
    bad = gguf_int(g, "tokenizer.ggml.eos_token_id", false, is_spm(g) ? 2 : -1, -1, UINT32_MAX, eos,
                   err);
  *bos = *bos < 0 ? -1 : *bos;
  *eos = *eos < 0 ? -1 : *eos;
  return bad;
}

/* begin: whether it is added when the file does not say */
static int read_vocabulary(const struct gguf *g, int vocab, bool begin, struct vocabulary *v,
                           struct vtpu_error *err)
{
  *v = (struct vocabulary){.g = g};
  int bad = gguf_array(g, "tokenizer.ggml.tokens", GGUF_STRING, true, &v->tokens, err);
  if (bad)
    return bad;
  v->count = (int)v->tokens->count;
  if (v->count > vocab)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: tokenizer.ggml.tokens has %d tokens, but the model's vocabulary %d\n"
                     "  the file is damaged: fetch it again",
                     g->file->path, v->count, vocab);
  bad = read_types(v, err);
  if (!bad)
    bad = gguf_token_ids(g, &v->begin, &v->end, err);
  if (!bad)
    bad = gguf_bool(g, "tokenizer.ggml.add_bos_token", begin, &v->add_begin, err);
  if (!bad)
    bad = gguf_bool(g, "tokenizer.ggml.add_eos_token", false, &v->add_end, err);
  if (bad)
    return bad;
  v->add_begin = v->add_begin && v->begin >= 0;
  v->add_end = v->add_end && v->end >= 0;
  if ((v->add_begin && v->begin >= v->count) || (v->add_end && v->end >= v->count))
    return vtpu_fail(err, VTPU_INPUT, "%s: token %d, to be put around texts, is not one of %d",
                     g->file->path, v->add_begin && v->begin >= v->count ? v->begin : v->end,
                     v->count);
  return 0;
}

/* --- byte-level BPE -----------------------------------------------------------------------------
 */

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define WORDS_BY_NUMBERS(n)                                                                        \
  CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" n "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+" \
               "|\\s+(?!\\S)|\\s+"

/* How words are cut, by the names of llama.cpp. */
static const struct words {
  const char *name;
  const char *regex; /* NULL: the words of GPT-2 */
  bool digits;       /* before that, every digit alone */
  bool whole_words, begin;
} words[] = {
    {"gpt-2", NULL, false, false, false},
    {"smollm", NULL, true, false, false},
    {"qwen2", WORDS_BY_NUMBERS("\\p{N}"), false, false, false},
    {"llama-bpe", WORDS_BY_NUMBERS("\\p{N}{1,3}"), false, true, true},
    {"llama3", WORDS_BY_NUMBERS("\\p{N}{1,3}"), false, true, true},
    {"llama-v3", WORDS_BY_NUMBERS("\\p{N}{1,3}"), false, true, true},
};

static int find_words(const struct gguf *g, const struct words **out, struct vtpu_error *err)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (gguf_is(g, "tokenizer.ggml.pre", words[i].name)) {
      *out = &words[i];
      return 0;
    }
  const char *name;
  int bytes;
  int bad = gguf_string(g, "tokenizer.ggml.pre", &name, &bytes, err);
  return bad ? bad
             : vtpu_fail(err, VTPU_LIMIT,
                         "%s: tokenizer.ggml.pre: words of \"%.*s\" are not covered\n"
                         "  covered are gpt-2, smollm, qwen2 and llama-bpe; else give token ids",
                         g->file->path, bytes < 40 ? bytes : 40, name);
}

static json_t *make_words(const struct words *w)
{
  json_t *list = json_array();
  if (w->digits)
    json_array_append_new(list, json_pack("{s:s, s:b}", "type", "Digits", "individual_digits", 1));
  if (w->regex)
    json_array_append_new(list, json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split", "pattern",
                                          "Regex", w->regex, "behavior", "Isolated", "invert", 0));
  json_array_append_new(list, json_pack("{s:s, s:b, s:b}", "type", "ByteLevel", "add_prefix_space",
                                        0, "use_regex", w->regex == NULL));
  return json_pack("{s:s, s:o}", "type", "Sequence", "pretokenizers", list);
}

/* The tokens of the file: by text, and those that are cut out of texts. */
static int make_vocab(const struct vocabulary *v, json_t *vocab, json_t *added,
                      struct vtpu_error *err)
{
  const uint8_t *at = v->tokens->data;
  for (int id = 0; id < v->count; id++) {
    size_t bytes;
    const char *text = gguf_next_string(&at, &bytes);
    enum token_type type = type_of(v, id);
    if (type == UNUSED || bytes == 0)
      continue;
    json_t *key = memchr(text, '\0', bytes) ? NULL : json_stringn(text, bytes);
    if (!key || json_object_get(vocab, json_string_value(key))) {
      int bad = vtpu_fail(err, VTPU_INPUT, "%s: tokenizer.ggml.tokens: token %d is %s",
                          v->g->file->path, id, key ? "there twice" : "not UTF-8");
      json_decref(key);
      return bad;
    }
    bool cut = type == CONTROL || type == USER_DEFINED;
    json_object_set_new(vocab, json_string_value(key), json_integer(id));
    if (cut)
      json_array_append_new(
          added, json_pack("{s:i, s:O, s:b}", "id", id, "content", key, "normalized", 0));
    json_decref(key);
  }
  return 0;
}

static int make_merges(const struct gguf *g, json_t *merges, struct vtpu_error *err)
{
  const struct gguf_value *list;
  int bad = gguf_array(g, "tokenizer.ggml.merges", GGUF_STRING, true, &list, err);
  if (bad)
    return bad;
  const uint8_t *at = list->data;
  for (uint64_t i = 0; i < list->count; i++) {
    size_t bytes;
    const char *text = gguf_next_string(&at, &bytes);
    if (memchr(text, '\0', bytes) || json_array_append_new(merges, json_stringn(text, bytes)))
      return vtpu_fail(err, VTPU_INPUT, "%s: tokenizer.ggml.merges: entry %" PRIu64 " is not UTF-8",
                       g->file->path, i);
  }
  return 0;
}

/* Begin and end around the text. */
static json_t *make_template(const struct vocabulary *v)
{
  json_t *single = json_array(), *special = json_object();
  for (int i = 0; i < 3; i++) {
    const char *name = i == 0 ? "begin" : "end";
    if (i == 1)
      json_array_append_new(single, json_pack("{s:{s:s}}", "Sequence", "id", "A"));
    if (i == 0 ? !v->add_begin : i == 1 || !v->add_end)
      continue;
    json_array_append_new(single, json_pack("{s:{s:s}}", "SpecialToken", "id", name));
    json_object_set_new(special, name, json_pack("{s:[i]}", "ids", i == 0 ? v->begin : v->end));
  }
  return json_pack("{s:s, s:o, s:o}", "type", "TemplateProcessing", "single", single,
                   "special_tokens", special);
}

static int open_bpe(const struct gguf *g, int vocab, struct tokenizer **out, struct vtpu_error *err)
{
  struct vocabulary v;
  const struct words *w = NULL;
  int bad = find_words(g, &w, err);
  if (!bad)
    bad = read_vocabulary(g, vocab, w->begin, &v, err);
  if (bad)
    return bad;
  json_t *tokens = json_object(), *added = json_array(), *merges = json_array();
  bad = make_vocab(&v, tokens, added, err);
  if (!bad)
    bad = make_merges(g, merges, err);
  json_t *root =
      json_pack("{s:o, s:o, s:{s:s, s:b, s:o, s:o}, s:o}", "added_tokens", added, "pre_tokenizer",
                make_words(w), "model", "type", "BPE", "ignore_merges", w->whole_words, "vocab",
                tokens, "merges", merges, "post_processor", make_template(&v));
  if (!bad && !root)
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", g->file->path);
  if (!bad)
    bad = tokenizer_json_new(g->file->path, root, vocab, out, err);
  json_decref(root);
  return bad;
}

/* --- SentencePiece ------------------------------------------------------------------------------
 */

/* Copies text with a space for every U+2581; NULL when memory is out. */
static char *with_spaces(const char *text, size_t bytes, size_t *length)
{
  char *copy = malloc(bytes + 1);
  *length = 0;
  for (size_t at = 0; copy && at < bytes;) {
    bool space = bytes - at >= 3 && memcmp(text + at, "\xE2\x96\x81", 3) == 0;
    copy[(*length)++] = space ? ' ' : text[at];
    at += space ? 3 : 1;
  }
  return copy;
}

static int take_piece(struct tokenizer_spm *t, const struct vocabulary *v, int id, const char *text,
                      size_t bytes, struct vtpu_error *err)
{
  enum token_type type = type_of(v, id);
  struct piece *p = &t->base.pieces[id];
  if (bytes > INT_MAX / 2)
    return vtpu_fail(err, VTPU_LIMIT, "%s: token %d is too long", v->g->file->path, id);
  if (type == BYTE) {
    if (!tokenizer_spm_byte(t, id, text, bytes))
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: tokenizer.ggml.tokens: token %d stands for a byte, but is not written "
                       "<0x00> to <0xFF>",
                       v->g->file->path, id);
  } else {
    size_t length;
    char *copy = with_spaces(text, bytes, &length);
    *p = (struct piece){copy, (int)length, length > 0 && (type == NORMAL || type == USER_DEFINED)};
  }
  if (type == UNKNOWN && t->unknown < 0)
    t->unknown = id;
  bool cut = bytes > 0 && (type == CONTROL || type == USER_DEFINED);
  if (!p->bytes || (cut && added_tokens_add(&t->added, strndup(text, bytes), bytes, id)))
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", v->g->file->path);
  return 0;
}

static int fill_spm(struct tokenizer_spm *t, const struct vocabulary *v, struct vtpu_error *err)
{
  const char *path = v->g->file->path;
  const struct gguf_value *list;
  int bad = gguf_array(v->g, "tokenizer.ggml.scores", GGUF_F32, true, &list, err);
  if (!bad && list->count != (uint64_t)v->count)
    bad = vtpu_fail(err, VTPU_INPUT,
                    "%s: tokenizer.ggml.scores has %" PRIu64 " elements, but there are %d tokens\n"
                    "  the file is damaged: fetch it again",
                    path, list->count, v->count);
  if (!bad)
    bad = gguf_bool(v->g, "tokenizer.ggml.add_space_prefix", true, &t->space_before, err);
  if (bad)
    return bad;
  t->written_spaces = true;
  t->begin = v->add_begin ? v->begin : -1;
  t->end = v->add_end ? v->end : -1;
  t->space_after = t->space_before ? v->begin : -1;
  const uint8_t *at = v->tokens->data;
  for (int id = 0; id < v->count && !bad; id++) {
    size_t bytes;
    const char *text = gguf_next_string(&at, &bytes);
    bad = take_piece(t, v, id, text, bytes, err);
  }
  float *scores = bad ? NULL : malloc(((size_t)v->count + 1) * sizeof *scores);
  if (!bad && !scores)
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  if (!bad)
    memcpy(scores, list->data, (size_t)v->count * sizeof *scores);
  for (int id = 0; id < v->count && !bad; id++)
    if (!isfinite(scores[id]))
      bad = vtpu_fail(err, VTPU_INPUT, "%s: tokenizer.ggml.scores: token %d has no finite score",
                      path, id);
  if (!bad)
    bad = tokenizer_spm_index(t, path, scores, err);
  free(scores);
  return bad;
}

static int open_spm(const struct gguf *g, int vocab, struct tokenizer **out, struct vtpu_error *err)
{
  struct vocabulary v;
  int bad = read_vocabulary(g, vocab, true, &v, err);
  if (bad)
    return bad;
  struct tokenizer_spm *t = tokenizer_spm_new(vocab, v.count);
  bad = t ? fill_spm(t, &v, err) : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", g->file->path);
  if (bad && t)
    tokenizer_close(&t->base);
  else if (!bad)
    *out = &t->base;
  return bad;
}

/* --- which one ----------------------------------------------------------------------------------
 */

static int open_kind(const struct gguf *g, int vocab, struct tokenizer **out,
                     struct vtpu_error *err)
{
  const char *kind;
  int bytes;
  if (!gguf_find(g, "tokenizer.ggml.model") || gguf_is(g, "tokenizer.ggml.model", "no_vocab") ||
      gguf_is(g, "tokenizer.ggml.model", "none"))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: no tokenizer: the file has none\n  give token ids instead of text",
                     g->file->path);
  if (gguf_is(g, "tokenizer.ggml.model", "gpt2"))
    return open_bpe(g, vocab, out, err);
  if (is_spm(g))
    return open_spm(g, vocab, out, err);
  int bad = gguf_string(g, "tokenizer.ggml.model", &kind, &bytes, err);
  return bad ? bad
             : vtpu_fail(err, VTPU_LIMIT,
                         "%s: tokenizer.ggml.model: \"%.*s\" is not covered, only gpt2 and llama\n"
                         "  give token ids instead of text",
                         g->file->path, bytes < 40 ? bytes : 40, kind);
}

int tokenizer_gguf_open(const char *path, int vocab, struct tokenizer **out, struct vtpu_error *err)
{
  struct mapping file;
  struct gguf g;
  int bad = mapping_open(path, &file, err);
  if (bad)
    return bad;
  bad = gguf_parse(&file, &g, err);
  if (!bad)
    bad = open_kind(&g, vocab, out, err);
  gguf_free(&g);
  mapping_close(&file);
  return bad;
}
