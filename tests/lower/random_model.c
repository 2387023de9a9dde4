/* See random_model.h. */
#include "tests/lower/random_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(uint64_t *state)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static float uniform(uint64_t *state) /* -1..1 */
{
  return (float)((double)(random_next(state) >> 11) * 0x1p-52 - 1.0);
}

/* norm: weights around 1; else uniform with the variance 1 / cols. */
static bool fill(struct tensor *t, const char *name, int rows, int cols, bool norm, uint64_t *state)
{
  float *data = malloc((size_t)rows * (size_t)cols * sizeof *data);
  if (!data)
    return false;
  float scale = sqrtf(3.0f / (float)cols);
  for (int64_t i = 0; i < (int64_t)rows * cols; i++)
    data[i] = norm ? 1.0f + 0.25f * uniform(state) : scale * uniform(state);
  *t = (struct tensor){.name = name, .type = TENSOR_F32, .rows = rows, .cols = cols, .data = data};
  return true;
}

bool random_model(const struct random_shape *s, uint64_t seed, struct model *out)
{
  uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  memset(out, 0, sizeof *out);
  out->config = (struct model_config){
      .family = s->qk_norm ? MODEL_QWEN3 : MODEL_LLAMA,
      .hidden = s->hidden,
      .layers = s->layers,
      .heads = s->heads,
      .kv_heads = s->kv_heads,
      .head_dim = s->head_dim,
      .ffn = s->ffn,
      .vocab = s->vocab,
      .context = s->context,
      .rope_theta = 10000.0f,
      .rms_eps = 1e-5f,
      .rope_pairs = s->rope,
      .qk_norm = s->qk_norm,
      .tied = s->tied,
      .bos = -1,
      .eos = -1,
  };
  out->layers = calloc((size_t)s->layers, sizeof *out->layers);
  bool ok = out->layers != NULL;
  int q = s->heads * s->head_dim, kv = s->kv_heads * s->head_dim;
  ok = ok && fill(&out->token_embedding, "embedding", s->vocab, s->hidden, false, &state);
  for (int64_t i = 0; ok && i < (int64_t)s->vocab * s->hidden; i++) /* rows of length near 1 each */
    ((float *)out->token_embedding.data)[i] *= sqrtf((float)s->hidden);
  for (int l = 0; l < s->layers && ok; l++) {
    struct model_layer *w = &out->layers[l];
    ok = fill(&w->attention_norm, "attention_norm", 1, s->hidden, true, &state) &&
         fill(&w->ffn_norm, "ffn_norm", 1, s->hidden, true, &state) &&
         fill(&w->wq, "wq", q, s->hidden, false, &state) &&
         fill(&w->wk, "wk", kv, s->hidden, false, &state) &&
         fill(&w->wv, "wv", kv, s->hidden, false, &state) &&
         fill(&w->wo, "wo", s->hidden, q, false, &state) &&
         fill(&w->w_gate, "w_gate", s->ffn, s->hidden, false, &state) &&
         fill(&w->w_up, "w_up", s->ffn, s->hidden, false, &state) &&
         fill(&w->w_down, "w_down", s->hidden, s->ffn, false, &state);
    if (ok && s->qk_norm)
      ok = fill(&w->q_norm, "q_norm", 1, s->head_dim, true, &state) &&
           fill(&w->k_norm, "k_norm", 1, s->head_dim, true, &state);
  }
  ok = ok && fill(&out->final_norm, "final_norm", 1, s->hidden, true, &state);
  if (ok && !s->tied)
    ok = fill(&out->output, "output", s->vocab, s->hidden, false, &state);
  else if (ok)
    out->output = out->token_embedding;
  if (!ok)
    random_model_free(out);
  return ok;
}

/* Trits of a matrix: a third of them zero; element j in bits 2 (j mod 4) of byte j / 4, -1 is 11.
 */
static bool make_ternary(struct tensor *t)
{
  int64_t count = t->rows * t->cols;
  float third = sqrtf(3.0f / (float)t->cols) / 3;
  const float *values = t->data;
  uint8_t *packed = calloc((size_t)(count + 3) / 4, 1);
  for (int64_t j = 0; packed && j < count; j++) {
    unsigned trit = values[j] > third ? 1 : values[j] < -third ? 3 : 0;
    packed[j / 4] |= (uint8_t)(trit << 2 * (j % 4));
  }
  free((void *)(uintptr_t)t->data);
  t->data = packed;
  t->type = TENSOR_T2;
  t->scale = 2 * third;
  return packed != NULL;
}

bool random_ternary_model(const struct random_shape *shape, uint64_t seed, struct model *out)
{
  bool ok = random_model(shape, seed, out);
  for (int l = 0; ok && l < shape->layers; l++) {
    struct model_layer *w = &out->layers[l];
    struct tensor *matrices[] = {&w->wq, &w->wk, &w->wv, &w->wo, &w->w_gate, &w->w_up, &w->w_down};
    struct tensor *norms[] = {&w->attention_norm, &w->ffn_norm};
    for (size_t i = 0; ok && i < sizeof matrices / sizeof *matrices; i++)
      ok = make_ternary(matrices[i]);
    for (int i = 0; i < 2; i++) {
      free((void *)(uintptr_t)norms[i]->data);
      norms[i]->data = NULL;
    }
  }
  out->config.bitnet = true;
  if (!ok)
    random_model_free(out);
  return ok;
}

void random_model_free(struct model *m)
{
  free((void *)(uintptr_t)m->token_embedding.data);
  free((void *)(uintptr_t)m->final_norm.data);
  if (!m->config.tied)
    free((void *)(uintptr_t)m->output.data);
  for (int l = 0; m->layers && l < m->config.layers; l++) {
    struct model_layer *w = &m->layers[l];
    const struct tensor *all[] = {
        &w->attention_norm, &w->wq,       &w->wk,     &w->wv,   &w->wo,    &w->q_norm,
        &w->k_norm,         &w->ffn_norm, &w->w_gate, &w->w_up, &w->w_down};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
      free((void *)(uintptr_t)all[i]->data);
  }
  free(m->layers);
  memset(m, 0, sizeof *m);
}
