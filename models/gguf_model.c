/* A GGUF file -> struct model: metadata say what must be there, and exactly that must be there.
 *
 * Keys of the architecture that would change the result and are not computed are refused by name;
 * so is every key of the groups attention, rope and others that is not known here. */
#include "models/gguf.h"
#include "models/readers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 128 };

static const struct {
  const char *name;
  enum model_family family;
  bool qk_norm;
  enum rope_pairs rope_pairs; /* converters permute the rows of llama's wq and wk */
} architectures[] = {
    {"llama", MODEL_LLAMA, false, ROPE_NEIGHBOURS},
    {"qwen3", MODEL_QWEN3, true, ROPE_HALVES},
};

/* What reading one file needs. */
struct source {
  const struct gguf *g;
  const char *architecture;
  char key[NAME_BYTES]; /* the last one that key_of made */
  struct vtpu_error *err;
};

/* --- config -------------------------------------------------------------------------------------
 */

/* "llama.block_count"; valid up to the next call */
static const char *key_of(struct source *s, const char *what)
{
  snprintf(s->key, sizeof s->key, "%s.%s", s->architecture, what);
  return s->key;
}

static int read_size(struct source *s, const char *what, int fallback, int most, int *out)
{
  return gguf_int(s->g, key_of(s, what), fallback == 0, fallback, 1, most, out, s->err);
}

static int read_architecture(struct source *s, struct model_config *c)
{
  const char *name;
  int bytes;
  int bad = gguf_string(s->g, "general.architecture", &name, &bytes, s->err);
  if (bad)
    return bad;
  for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
    if (gguf_is(s->g, "general.architecture", architectures[i].name)) {
      s->architecture = architectures[i].name;
      c->family = architectures[i].family;
      c->qk_norm = architectures[i].qk_norm;
      c->rope_pairs = architectures[i].rope_pairs;
      return 0;
    }
  return vtpu_fail(s->err, VTPU_LIMIT,
                   "%s: architecture \"%.*s\" is not covered\n  covered are llama and qwen3",
                   s->g->file->path, bytes < 80 ? bytes : 80, name);
}

static int refuse_key(struct source *s, const char *key, const char *what)
{
  return vtpu_fail(s->err, VTPU_LIMIT, "%s: %s: %s is not covered\n  take a model without it",
                   s->g->file->path, key, what);
}

/* Keys of the architecture: either read elsewhere, or without effect with a value that is checked
 * here. */
static int check_key(struct source *s, const struct gguf_value *v)
{
  static const char *const known[] = {"block_count",
                                      "context_length",
                                      "embedding_length",
                                      "feed_forward_length",
                                      "attention.head_count",
                                      "attention.head_count_kv",
                                      "attention.key_length",
                                      "vocab_size",
                                      "attention.layer_norm_rms_epsilon",
                                      "rope.freq_base",
                                      "tensor_data_layout",
                                      "rope.scaling.type",
                                      "rope.scaling.factor",
                                      "rope.scaling.original_context_length"};
  const char *what = v->key + strlen(s->architecture) + 1;
  int number;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(what, known[i]) == 0)
      return 0;
  if (strcmp(what, "attention.value_length") == 0 || strcmp(what, "rope.dimension_count") == 0)
    return 0; /* against head_dim: check_lengths */
  if (strcmp(what, "expert_count") == 0 || strcmp(what, "expert_used_count") == 0) {
    int bad = gguf_int(s->g, v->key, true, 0, 0, MODEL_SIZE_MOST, &number, s->err);
    return bad || number == 0 ? bad : refuse_key(s, v->key, "a mixture of experts");
  }
  return refuse_key(s, v->key, "this property");
}

static int check_keys(struct source *s)
{
  size_t n = strlen(s->architecture);
  for (int i = 0; i < s->g->value_count; i++) {
    const struct gguf_value *v = &s->g->values[i];
    if (strncmp(v->key, s->architecture, n) != 0 || v->key[n] != '.')
      continue;
    int bad = check_key(s, v);
    if (bad)
      return bad;
  }
  int parts, quantization;
  int bad = gguf_int(s->g, "split.count", false, 1, 0, 1 << 16, &parts, s->err);
  if (!bad && parts > 1)
    return vtpu_fail(s->err, VTPU_LIMIT,
                     "%s: this is one of %d parts of a model\n  merge them into one file",
                     s->g->file->path, parts);
  if (!bad)
    bad =
        gguf_int(s->g, "general.quantization_version", false, 2, 0, 1 << 16, &quantization, s->err);
  if (!bad && quantization != 2)
    return vtpu_fail(s->err, VTPU_LIMIT,
                     "%s: general.quantization_version is %d; only 2 is read\n"
                     "  convert the model again",
                     s->g->file->path, quantization);
  return bad;
}

/* Heads that differ in length, or are rotated in part. */
static int check_lengths(struct source *s, const struct model_config *c)
{
  static const char *const same[] = {"attention.value_length", "rope.dimension_count"};
  for (int i = 0; i < 2; i++) {
    int length;
    int bad = read_size(s, same[i], c->head_dim, MODEL_SIZE_MOST, &length);
    if (bad)
      return bad;
    if (length != c->head_dim)
      return vtpu_fail(s->err, VTPU_LIMIT,
                       "%s: %s is %d, but the heads have %d elements: that is not covered",
                       s->g->file->path, key_of(s, same[i]), length, c->head_dim);
  }
  return 0;
}

static int read_sizes(struct source *s, struct model_config *c)
{
  int bad = read_size(s, "embedding_length", 0, MODEL_SIZE_MOST, &c->hidden);
  if (!bad)
    bad = read_size(s, "block_count", 0, MODEL_LAYERS_MOST, &c->layers);
  if (!bad)
    bad = read_size(s, "attention.head_count", 0, MODEL_SIZE_MOST, &c->heads);
  if (!bad)
    bad = read_size(s, "attention.head_count_kv", c->heads, MODEL_SIZE_MOST, &c->kv_heads);
  if (!bad)
    bad = read_size(s, "feed_forward_length", 0, MODEL_SIZE_MOST, &c->ffn);
  if (!bad)
    bad = read_size(s, "context_length", 0, MODEL_SIZE_MOST, &c->context);
  if (!bad && !gguf_find(s->g, key_of(s, "attention.key_length")) && c->hidden % c->heads != 0)
    return vtpu_fail(s->err, VTPU_INPUT,
                     "%s: embedding_length %d is not a multiple of %d heads, and there is no "
                     "attention.key_length",
                     s->g->file->path, c->hidden, c->heads);
  if (!bad)
    bad = read_size(s, "attention.key_length", c->hidden / c->heads, MODEL_SIZE_MOST, &c->head_dim);
  return bad ? bad : check_lengths(s, c);
}

static int read_floats(struct source *s, struct model_config *c)
{
  static const char *const names[] = {"attention.layer_norm_rms_epsilon", "rope.freq_base"};
  float *const values[] = {&c->rms_eps, &c->rope_theta};
  for (int i = 0; i < 2; i++) {
    int bad = gguf_float(s->g, key_of(s, names[i]), i == 0, 10000.0f, values[i], s->err);
    if (!bad && !(*values[i] > 0))
      bad = vtpu_fail(s->err, VTPU_INPUT, "%s: %s is %g, not above 0", s->g->file->path,
                      key_of(s, names[i]), (double)*values[i]);
    if (bad)
      return bad;
  }
  return 0;
}

static int read_config(struct source *s, struct model_config *c)
{
  int bad = read_architecture(s, c);
  if (!bad)
    bad = check_keys(s);
  if (!bad)
    bad = read_sizes(s, c);
  if (!bad)
    bad = read_floats(s, c);
  if (!bad)
    bad = gguf_token_ids(s->g, &c->bos, &c->eos, s->err);
  if (bad)
    return bad;
  const struct gguf_tensor *embedding = gguf_find_tensor(s->g, "token_embd.weight");
  if (!embedding)
    return vtpu_fail(s->err, VTPU_INPUT, "%s: tensor token_embd.weight is missing",
                     s->g->file->path);
  if (embedding->rows > MODEL_SIZE_MOST)
    return vtpu_fail(s->err, VTPU_LIMIT, "%s: a vocabulary of %" PRId64 " is larger than %d",
                     s->g->file->path, embedding->rows, MODEL_SIZE_MOST);
  c->vocab = (int)embedding->rows;
  c->tied = !gguf_find_tensor(s->g, "output.weight");
  int told;
  bad = read_size(s, "vocab_size", c->vocab, MODEL_SIZE_MOST, &told);
  if (!bad && told != c->vocab)
    bad = vtpu_fail(s->err, VTPU_INPUT,
                    "%s: %s is %d, but token_embd.weight has %d rows\n"
                    "  the file is damaged: fetch it again",
                    s->g->file->path, key_of(s, "vocab_size"), told, c->vocab);
  return bad ? bad : model_config_check(s->g->file->path, c, s->err);
}

/* --- tensors ------------------------------------------------------------------------------------
 */

static int take(struct source *s, const char *name, int64_t rows, int64_t cols, struct tensor *out)
{
  struct gguf_tensor *t = gguf_find_tensor(s->g, name);
  if (!t)
    return vtpu_fail(s->err, VTPU_INPUT,
                     "%s: tensor %s is missing\n"
                     "  the file is damaged, or has parts that are not covered",
                     s->g->file->path, name);
  if (t->rows != rows || t->cols != cols)
    return vtpu_fail(s->err, VTPU_INPUT,
                     "%s: tensor %s has %" PRId64 " rows of %" PRId64
                     ", but the metadata ask for %" PRId64 " of %" PRId64,
                     s->g->file->path, name, t->rows, t->cols, rows, cols);
  t->used = true;
  *out = (struct tensor){
      .name = t->name, .type = t->type, .rows = rows, .cols = cols, .data = t->data};
  return 0;
}

static int take_layer(struct source *s, const struct model_config *c, int l,
                      struct model_layer *layer)
{
  const int64_t q = (int64_t)c->heads * c->head_dim, kv = (int64_t)c->kv_heads * c->head_dim;
  const struct {
    const char *name;
    bool absent;
    int64_t rows, cols;
    struct tensor *tensor;
  } parts[] = {
      {"attn_norm", false, 1, c->hidden, &layer->attention_norm},
      {"attn_q", false, q, c->hidden, &layer->wq},
      {"attn_k", false, kv, c->hidden, &layer->wk},
      {"attn_v", false, kv, c->hidden, &layer->wv},
      {"attn_output", false, c->hidden, q, &layer->wo},
      {"attn_q_norm", !c->qk_norm, 1, c->head_dim, &layer->q_norm},
      {"attn_k_norm", !c->qk_norm, 1, c->head_dim, &layer->k_norm},
      {"ffn_norm", false, 1, c->hidden, &layer->ffn_norm},
      {"ffn_gate", false, c->ffn, c->hidden, &layer->w_gate},
      {"ffn_up", false, c->ffn, c->hidden, &layer->w_up},
      {"ffn_down", false, c->hidden, c->ffn, &layer->w_down},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i].absent)
      continue;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "blk.%d.%s.weight", l, parts[i].name);
    int bad = take(s, name, parts[i].rows, parts[i].cols, parts[i].tensor);
    if (bad)
      return bad;
  }
  return 0;
}

/* A tensor that nobody took would have changed the result: a bias, ... */
static int check_all_used(struct source *s)
{
  for (int i = 0; i < s->g->tensor_count; i++)
    if (!s->g->tensors[i].used)
      return vtpu_fail(s->err, VTPU_LIMIT,
                       "%s: tensor %s has no part in a model of architecture %s as it is "
                       "covered\n  take a model without it (a model without biases)",
                       s->g->file->path, s->g->tensors[i].name, s->architecture);
  return 0;
}

/* Llama 3's factors come as a tensor; the only scaling that metadata may ask for is the linear one,
 * which a factor without a type is too. A factor of 0 is a converter's "none". */
static int read_rope(struct source *s, struct model *m)
{
  const char *place = s->g->file->path;
  struct rope_scaling scaling = {0};
  const char *type = key_of(s, "rope.scaling.type");
  bool none = gguf_is(s->g, type, "none");
  if (!none && gguf_find(s->g, type) && !gguf_is(s->g, type, "linear"))
    return refuse_key(s, type, "a scaling of RoPE other than linear");
  const char *key = key_of(s, "rope.scaling.factor");
  int bad = gguf_float(s->g, key, false, 1, &scaling.factor, s->err);
  if (!bad && (!(scaling.factor >= 0) || isinf(scaling.factor)))
    bad = vtpu_fail(s->err, VTPU_INPUT, "%s: %s is %g, not a number from 0 up", place, key,
                    (double)scaling.factor);
  if (bad)
    return bad;
  if (!none && scaling.factor != 0 && scaling.factor != 1)
    scaling.kind = ROPE_LINEAR;
  if (!gguf_find_tensor(s->g, "rope_freqs.weight"))
    return rope_scale(place, m, &scaling, s->err);
  if (scaling.kind != ROPE_PLAIN)
    return refuse_key(s, key, "linear scaling of RoPE beside the tensor rope_freqs.weight");
  struct tensor factors;
  bad = take(s, "rope_freqs.weight", 1, m->config.head_dim / 2, &factors);
  return bad ? bad : rope_take_factors(place, m, &factors, s->err);
}

int gguf_open(struct model *m, struct vtpu_error *err)
{
  struct gguf *g = m->files->gguf = calloc(1, sizeof *g);
  struct source s = {.g = g, .err = err};
  struct model_config *c = &m->config;
  if (!g)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", m->files->single.path);
  int bad = gguf_parse(&m->files->single, g, err);
  if (!bad)
    bad = read_config(&s, c);
  if (bad)
    return bad;
  m->layers = calloc((size_t)c->layers, sizeof *m->layers);
  if (!m->layers)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", m->files->single.path);
  bad = take(&s, "token_embd.weight", c->vocab, c->hidden, &m->token_embedding);
  for (int l = 0; l < c->layers && !bad; l++)
    bad = take_layer(&s, c, l, &m->layers[l]);
  if (!bad)
    bad = take(&s, "output_norm.weight", 1, c->hidden, &m->final_norm);
  if (!bad && !c->tied)
    bad = take(&s, "output.weight", c->vocab, c->hidden, &m->output);
  if (!bad && c->tied)
    m->output = m->token_embedding;
  if (!bad)
    bad = read_rope(&s, m);
  return bad ? bad : check_all_used(&s);
}
