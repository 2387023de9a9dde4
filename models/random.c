/* Models of made-up weights: see model.h. Every matrix has a seed of its own, and every row is made
 * when it is asked for, so nothing of the model lies in memory but its norms, which are ones.
 *
 * Weights are uniform, with the standard deviation 1 / sqrt(columns): then a product of a
 * normalised input has about unit variance. Matrices that add to the residual stream are smaller by
 * sqrt(2 layers), so that it does not grow with depth. */
#include "models/random.h"
#include "models/readers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 32, MATRICES = 7, KEY_BYTES = 32 };

/* --- numbers ------------------------------------------------------------------------------------
 */

/* A bijection of 64 bits whose every output bit depends on every input bit (the finaliser of
 * SplitMix64). */
static uint64_t mix(uint64_t x)
{
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

/* Four weights from each 64 bits: 16 bits v become (2 v + 1) / 65536, between -1 and 1 and never 0.
 */
void random_row_f32(const struct tensor *t, int64_t row, float *out)
{
  const float unit = t->scale * 0x1p-16f;
  uint64_t counter = mix(t->seed ^ mix((uint64_t)row));
  int64_t fours = t->cols / 4;
  for (int64_t i = 0; i < fours; i++) {
    uint64_t bits = mix(counter + (uint64_t)i * 0x9E3779B97F4A7C15u);
    for (int k = 0; k < 4; k++)
      out[4 * i + k] = (float)(2 * (int16_t)(bits >> 16 * k) + 1) * unit;
  }
  uint64_t bits = mix(counter + (uint64_t)fours * 0x9E3779B97F4A7C15u);
  for (int64_t j = 4 * fours; j < t->cols; j++, bits >>= 16)
    out[j] = (float)(2 * (int16_t)bits + 1) * unit;
}

/* --- shapes -------------------------------------------------------------------------------------
 */

const struct model_shape model_shapes[] = {
    {"qwen3-0.6b", 28, 1024, 16, 8, 128, 3072, 151936, 40960, 1e6, 1e-6, true, true},
    {"qwen3-1.7b", 28, 2048, 16, 8, 128, 6144, 151936, 40960, 1e6, 1e-6, true, true},
    {"qwen3-4b", 36, 2560, 32, 8, 128, 9728, 151936, 40960, 1e6, 1e-6, true, true},
    {"llama-3.2-1b", 16, 2048, 32, 8, 64, 8192, 128256, 131072, 5e5, 1e-5, true, false},
    {"tinyllama-1.1b", 22, 2048, 32, 4, 64, 5632, 32000, 2048, 1e4, 1e-5, false, false},
    {"smollm2-135m", 30, 576, 9, 3, 64, 1536, 49152, 8192, 1e5, 1e-5, true, false},
    {"layer-256", 1, 256, 8, 4, 32, 800, 512, 2048, 1e4, 1e-6, true, true},
    {NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, false},
};

/* "hidden=256": one key of a shape and its value. */
static int set_key(struct model_shape *s, const char *text, size_t bytes, struct vtpu_error *err)
{
  const struct {
    const char *key;
    int *size;
    double *real;
    bool *flag;
  } keys[] = {
      {"layers", &s->layers, NULL, NULL},     {"hidden", &s->hidden, NULL, NULL},
      {"heads", &s->heads, NULL, NULL},       {"kv_heads", &s->kv_heads, NULL, NULL},
      {"head_dim", &s->head_dim, NULL, NULL}, {"ffn", &s->ffn, NULL, NULL},
      {"vocab", &s->vocab, NULL, NULL},       {"context", &s->context, NULL, NULL},
      {"theta", NULL, &s->theta, NULL},       {"eps", NULL, &s->eps, NULL},
      {"tied", NULL, NULL, &s->tied},         {"qk_norm", NULL, NULL, &s->qk_norm},
  };
  const char *equals = memchr(text, '=', bytes);
  size_t n = equals ? (size_t)(equals - text) : bytes;
  for (size_t i = 0; i < sizeof keys / sizeof *keys && equals; i++) {
    if (strlen(keys[i].key) != n || memcmp(keys[i].key, text, n) != 0)
      continue;
    char value[KEY_BYTES], *end;
    snprintf(value, sizeof value, "%.*s", (int)(bytes - n - 1), equals + 1);
    double number = strtod(value, &end);
    double most = keys[i].flag                 ? 1
                  : keys[i].size == &s->layers ? MODEL_LAYERS_MOST
                                               : MODEL_SIZE_MOST;
    bool whole = keys[i].real || number == floor(number);
    if (end == value || *end || !whole || !(number > 0 || keys[i].flag) || number < 0 ||
        number > most)
      return vtpu_fail(err, VTPU_USAGE, "random weights: %s is '%s', not a %s up to %g",
                       keys[i].key, value, keys[i].real ? "number above 0" : "whole number", most);
    if (keys[i].size)
      *keys[i].size = (int)number;
    else if (keys[i].real)
      *keys[i].real = number;
    else
      *keys[i].flag = number != 0;
    return 0;
  }
  return vtpu_fail(err, VTPU_USAGE,
                   "random weights: '%.*s' is neither a shape nor a key with a value\n"
                   "  keys: layers, hidden, heads, kv_heads, head_dim, ffn, vocab, context, theta, "
                   "eps, tied, qk_norm",
                   bytes < 40 ? (int)bytes : 40, text);
}

/* A name, a list of key=value, or a name and a list that changes it. */
static int read_shape(const char *text, struct model_shape *s, struct vtpu_error *err)
{
  *s = (struct model_shape){.context = 4096, .theta = 10000, .eps = 1e-6, .tied = true};
  for (bool first = true;; first = false) {
    size_t n = strcspn(text, ",");
    const struct model_shape *named = model_shapes;
    while (named->name && (strlen(named->name) != n || memcmp(named->name, text, n) != 0))
      named++;
    if (first && named->name) {
      *s = *named;
    } else {
      int bad = set_key(s, text, n, err);
      if (bad)
        return bad;
    }
    if (!text[n])
      break;
    text += n + 1;
  }
  s->kv_heads = s->kv_heads ? s->kv_heads : s->heads;
  if (s->heads && s->hidden % s->heads == 0 && !s->head_dim)
    s->head_dim = s->hidden / s->heads;
  if (!s->layers || !s->hidden || !s->heads || !s->ffn || !s->vocab || !s->head_dim)
    return vtpu_fail(
        err, VTPU_USAGE,
        "random weights: a shape without a name needs layers, hidden, heads, ffn and "
        "vocab, and head_dim where heads do not divide hidden");
  return 0;
}

/* --- the model ----------------------------------------------------------------------------------
 */

struct maker {
  struct model *model;
  uint64_t seed;
  uint64_t tensors; /* made so far */
  char *name;       /* where the next one goes */
};

static struct tensor make_matrix(struct maker *k, const char *name, int64_t rows, int64_t cols,
                                 double shrink)
{
  char *at = k->name;
  snprintf(at, NAME_BYTES, "%s", name);
  k->name += NAME_BYTES;
  return (struct tensor){.name = at,
                         .type = TENSOR_RANDOM,
                         .rows = rows,
                         .cols = cols,
                         .scale = (float)(sqrt(3.0 / (double)cols) / shrink),
                         .seed = mix(mix(k->seed) + k->tensors++)};
}

static struct tensor make_norm(const struct maker *k, int64_t cols)
{
  return (struct tensor){
      .name = "norm", .type = TENSOR_F32, .rows = 1, .cols = cols, .data = k->model->files->ones};
}

static void make_layer(struct maker *k, int l, struct model_layer *w)
{
  const struct model_config *c = &k->model->config;
  const int64_t q = (int64_t)c->heads * c->head_dim, kv = (int64_t)c->kv_heads * c->head_dim;
  const double residual = sqrt(2.0 * c->layers);
  const struct {
    const char *name;
    int64_t rows, cols;
    double shrink;
    struct tensor *tensor;
  } parts[MATRICES] = {
      {"wq", q, c->hidden, 1, &w->wq},
      {"wk", kv, c->hidden, 1, &w->wk},
      {"wv", kv, c->hidden, 1, &w->wv},
      {"wo", c->hidden, q, residual, &w->wo},
      {"w_gate", c->ffn, c->hidden, 1, &w->w_gate},
      {"w_up", c->ffn, c->hidden, 1, &w->w_up},
      {"w_down", c->hidden, c->ffn, residual, &w->w_down},
  };
  for (int i = 0; i < MATRICES; i++) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "layers.%d.%s", l, parts[i].name);
    *parts[i].tensor = make_matrix(k, name, parts[i].rows, parts[i].cols, parts[i].shrink);
  }
  w->attention_norm = w->ffn_norm = make_norm(k, c->hidden);
  if (c->qk_norm)
    w->q_norm = w->k_norm = make_norm(k, c->head_dim);
}

static int make_model(struct model *m, uint64_t seed, struct vtpu_error *err)
{
  const struct model_config *c = &m->config;
  size_t widest = (size_t)(c->hidden > c->head_dim ? c->hidden : c->head_dim);
  m->layers = calloc((size_t)c->layers, sizeof *m->layers);
  m->files->names = calloc((size_t)c->layers * MATRICES + 2, NAME_BYTES);
  m->files->ones = calloc(widest, sizeof *m->files->ones);
  if (!m->layers || !m->files->names || !m->files->ones)
    return vtpu_fail(err, VTPU_SYSTEM, "random weights: out of memory");
  for (size_t i = 0; i < widest; i++)
    m->files->ones[i] = 1.0f;
  struct maker k = {.model = m, .seed = seed, .name = m->files->names};
  m->token_embedding = make_matrix(&k, "token_embedding", c->vocab, c->hidden, 1);
  for (int l = 0; l < c->layers; l++)
    make_layer(&k, l, &m->layers[l]);
  m->final_norm = make_norm(&k, c->hidden);
  m->output = c->tied ? m->token_embedding : make_matrix(&k, "output", c->vocab, c->hidden, 1);
  return 0;
}

int model_random(const char *shape, uint64_t seed, struct model *m, struct vtpu_error *err)
{
  struct model_shape s;
  *m = (struct model){0};
  int bad = read_shape(shape, &s, err);
  if (bad)
    return bad;
  m->config = (struct model_config){
      .family = s.qk_norm ? MODEL_QWEN3 : MODEL_LLAMA,
      .hidden = s.hidden,
      .layers = s.layers,
      .heads = s.heads,
      .kv_heads = s.kv_heads,
      .head_dim = s.head_dim,
      .ffn = s.ffn,
      .vocab = s.vocab,
      .context = s.context,
      .rope_theta = (float)s.theta,
      .rms_eps = (float)s.eps,
      .rope_pairs = ROPE_HALVES,
      .qk_norm = s.qk_norm,
      .tied = s.tied,
      .bos = -1,
      .eos = -1,
  };
  bad = model_config_check("random weights", &m->config, err);
  if (bad)
    return bad;
  m->files = calloc(1, sizeof *m->files);
  bad = m->files ? make_model(m, seed, err)
                 : vtpu_fail(err, VTPU_SYSTEM, "random weights: out of memory");
  if (bad)
    model_close(m);
  return bad;
}
