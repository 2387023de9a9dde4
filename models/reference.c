/* The reference forward pass: see reference.h. One token at a time, f32, every sum in ascending
 * order. Names and order of the steps are those of the papers: Llama (RMSNorm, RoPE, SwiGLU),
 * grouped-query attention, Qwen3's RMSNorm of each head's query and key, and BitNet's quantised
 * inputs of ternary matrices.
 *
 * Narrow types (models/quantize.h): a bf16 matrix and its input are rounded, their product is
 * summed in f32. Integer matrices have a scale by row, their input one, and i32 sums. With a narrow
 * KV cache query, key and value of each head are rounded (i8: by a scale of their own); the query
 * has been multiplied by log2(e) / sqrt(head_dim) before. The softmax's weights meet bf16 values as
 * bf16, before the division by their sum.
 */
#include "models/reference.h"

#include "isa/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reference {
  const struct model *model;
  struct number_types types;
  int position; /* of the next token */
  int capacity; /* positions that keys and values have room for; grows up to the context */

  float *keys, *values; /* [capacity, layers, kv_heads * head_dim] */
  float *scores;        /* [capacity] */

  float *x;             /* [hidden]: the residual stream */
  float *normed;        /* [hidden] */
  const float *input;   /* of the products of a layer: normed, mixed or gate */
  float *query;         /* [heads * head_dim] */
  float *mixed;         /* [heads * head_dim]: what the heads read from the values */
  float *gate, *up;     /* [ffn] */
  float *update;        /* [hidden]: what a block adds to the residual stream */
  float *cosine, *sine; /* [head_dim / 2] */
  float *row;           /* [widest matrix]: one row of weights as f32 */
  float *work;          /* all of the above but keys, values and scores */

  /* Integer types only: the input, one row of weights, and what a step of the input means. */
  int8_t *quantised, *integers; /* [widest matrix] */
  float input_scale;
};

/* out[rows] = w[rows, cols] in[cols] */
static void matrix_vector(const struct reference *r, enum number_type type, const struct tensor *w,
                          const float *in, float *out)
{
  for (int64_t i = 0; i < w->rows; i++) {
    tensor_row_f32(w, i, r->row);
    if (type == NUMBER_BF16)
      for (int64_t j = 0; j < w->cols; j++)
        r->row[j] = num_f32_from_bf16(num_bf16_from_f32(r->row[j]));
    float sum = 0.0f;
    for (int64_t j = 0; j < w->cols; j++)
      sum += r->row[j] * in[j];
    out[i] = sum;
  }
}

/* out[n] = in / sqrt(mean(in^2) + eps) * weight; in and out may be the same */
static void rms_norm(const struct reference *r, const struct tensor *weight, const float *in,
                     float *out)
{
  int64_t n = weight->cols;
  float sum = 0.0f;
  for (int64_t i = 0; i < n; i++)
    sum += in[i] * in[i];
  float scale = 1.0f / sqrtf(sum / (float)n + r->model->config.rms_eps);
  tensor_row_f32(weight, 0, r->row);
  for (int64_t i = 0; i < n; i++)
    out[i] = r->row[i] * (scale * in[i]);
}

/* BitNet: x / (n sqrt(mean(x^2))), then to i8 so that the largest magnitude becomes 127, rounded
 * half away from zero; an input of zeros stays zero. */
static void quantise_input(struct reference *r, const float *x, int n)
{
  float sum = 0.0f, largest = 0.0f;
  for (int i = 0; i < n; i++)
    sum += x[i] * x[i];
  float norm = sum > 0.0f ? 1.0f / sqrtf(sum / (float)n) / (float)n : 0.0f;
  for (int i = 0; i < n; i++)
    largest = fmaxf(largest, fabsf(x[i] * norm));
  r->input_scale = largest / 127.0f;
  float steps = largest > 0.0f ? 1.0f / r->input_scale : 0.0f;
  for (int i = 0; i < n; i++)
    r->quantised[i] = (int8_t)roundf(x[i] * norm * steps);
}

/* The nearest numbers of a type; i8: with one scale for all. */
static void round_to(enum number_type type, float *x, int n, int8_t *integers)
{
  if (type == NUMBER_BF16)
    for (int i = 0; i < n; i++)
      x[i] = num_f32_from_bf16(num_bf16_from_f32(x[i]));
  if (type != NUMBER_I8)
    return;
  float scale = quantize_activations(x, n, integers);
  for (int i = 0; i < n; i++)
    x[i] = (float)integers[i] * scale;
}

/* Input of a product in a narrow type. Integers are those of x * norm: the factor 1 / rms is put
 * into their scale. */
static void narrow_input(struct reference *r, enum number_type type, const struct tensor *norm,
                         const float *x, int n)
{
  float scale = 1.0f, sum = 0.0f;
  memcpy(r->normed, x, (size_t)n * sizeof *x);
  if (norm) {
    tensor_row_f32(norm, 0, r->row);
    for (int i = 0; i < n; i++) {
      sum += x[i] * x[i];
      r->normed[i] *= r->row[i];
    }
    scale = 1.0f / sqrtf(sum / (float)n + r->model->config.rms_eps);
  }
  r->input = r->normed;
  if (type == NUMBER_BF16) {
    for (int i = 0; i < n; i++)
      r->normed[i] *= scale;
    round_to(type, r->normed, n, NULL);
  } else {
    r->input_scale = quantize_activations(r->normed, n, r->quantised) * scale;
  }
}

/* x [n], normalised with `norm` if there is one, becomes the input of products of that type. */
static void set_input(struct reference *r, enum number_type type, const struct tensor *norm,
                      const float *x, int n)
{
  r->input = x;
  if (r->model->config.bitnet && (!norm || !norm->data)) {
    quantise_input(r, x, n);
  } else if (type != NUMBER_F32) {
    narrow_input(r, type, norm, x, n);
  } else if (norm) {
    rms_norm(r, norm, x, r->normed);
    r->input = r->normed;
  }
}

/* Row i of a matrix as integers in r->integers; returns their scale. */
static float integer_row(const struct reference *r, enum number_type type, const struct tensor *w,
                         int64_t i)
{
  if (w->type == TENSOR_T2 && type == NUMBER_T2) {
    tensor_row_trits(w, i, r->integers);
    return w->scale;
  }
  tensor_row_f32(w, i, r->row);
  return type == NUMBER_I8 ? quantize_row_i8(r->row, w->cols, r->integers)
                           : quantize_row_t2(r->row, w->cols, r->integers);
}

/* out[rows] = w[rows, cols] input[cols] */
static void product(const struct reference *r, enum number_type type, const struct tensor *w,
                    float *out)
{
  if (type == NUMBER_F32 || type == NUMBER_BF16) {
    matrix_vector(r, type, w, r->input, out);
    return;
  }
  for (int64_t i = 0; i < w->rows; i++) {
    float scale = integer_row(r, type, w, i);
    int32_t sum = 0;
    for (int64_t j = 0; j < w->cols; j++)
      sum += r->integers[j] * r->quantised[j];
    out[i] = (float)sum * (scale * r->input_scale);
  }
}

/* Rotates the pairs of one head: (a, b) -> (a cos - b sin, a sin + b cos). head: [head_dim] */
static void rope(const struct reference *r, float *head)
{
  const struct model_config *c = &r->model->config;
  int half = c->head_dim / 2;
  for (int i = 0; i < half; i++) {
    float *a = c->rope_pairs == ROPE_HALVES ? &head[i] : &head[2 * i];
    float *b = c->rope_pairs == ROPE_HALVES ? &head[i + half] : &head[2 * i + 1];
    float rotated_a = *a * r->cosine[i] - *b * r->sine[i];
    float rotated_b = *a * r->sine[i] + *b * r->cosine[i];
    *a = rotated_a;
    *b = rotated_b;
  }
}

/* p[n] = exp(p) / sum(exp(p)) */
static void softmax(float *p, int n)
{
  float largest = p[0];
  for (int i = 1; i < n; i++)
    largest = fmaxf(largest, p[i]);
  float sum = 0.0f;
  for (int i = 0; i < n; i++) {
    p[i] = expf(p[i] - largest);
    sum += p[i];
  }
  for (int i = 0; i < n; i++)
    p[i] /= sum;
}

/* The part of the KV cache that belongs to one position and layer: [kv_heads * head_dim] */
static float *cache_row(const struct reference *r, float *cache, int position, int layer)
{
  const struct model_config *c = &r->model->config;
  size_t width = (size_t)c->kv_heads * (size_t)c->head_dim;
  return cache + ((size_t)position * (size_t)c->layers + (size_t)layer) * width;
}

/* The weights of the softmax of scores in units of log2, as the values' type needs them, and their
 * sum. */
static float softmax_weights(const struct reference *r, int n)
{
  float largest = r->scores[0], sum = 0.0f;
  for (int t = 1; t < n; t++)
    largest = fmaxf(largest, r->scores[t]);
  for (int t = 0; t < n; t++) {
    r->scores[t] = exp2f(r->scores[t] - largest);
    sum += r->scores[t];
  }
  if (r->types.kv == NUMBER_BF16)
    round_to(NUMBER_BF16, r->scores, n, NULL);
  return sum;
}

/* Query, key or value of one head in the KV cache's type. */
static void round_heads(const struct reference *r, float *x, int heads, float factor)
{
  int d = r->model->config.head_dim;
  if (r->types.kv == NUMBER_F32)
    return;
  for (int h = 0; h < heads; h++) {
    for (int i = 0; i < d; i++)
      x[h * d + i] *= factor;
    round_to(r->types.kv, x + h * d, d, r->integers);
  }
}

/* One head looks at all positions so far. query, out: [head_dim]; head h reads KV head
 * h / (heads / kv_heads). */
static void attend(const struct reference *r, int layer, int h, float *query, float *out)
{
  const struct model_config *c = &r->model->config;
  const int d = c->head_dim, at = h / (c->heads / c->kv_heads) * d, seen = r->position + 1;
  for (int t = 0; t < seen; t++) {
    const float *key = cache_row(r, r->keys, t, layer) + at;
    float sum = 0.0f;
    for (int i = 0; i < d; i++)
      sum += query[i] * key[i];
    r->scores[t] = sum;
  }
  float whole = 1.0f;
  if (r->types.kv == NUMBER_F32) {
    for (int t = 0; t < seen; t++)
      r->scores[t] /= sqrtf((float)d);
    softmax(r->scores, seen);
  } else {
    whole = softmax_weights(r, seen);
  }
  memset(out, 0, (size_t)d * sizeof *out);
  for (int t = 0; t < seen; t++) {
    const float *value = cache_row(r, r->values, t, layer) + at;
    for (int i = 0; i < d; i++)
      out[i] += r->scores[t] * value[i];
  }
  for (int i = 0; i < d; i++)
    out[i] /= whole;
}

/* update[hidden] = Wo attention(q, K, V) */
static void attention(struct reference *r, int layer)
{
  const struct model_config *c = &r->model->config;
  const struct model_layer *w = &r->model->layers[layer];
  float *key = cache_row(r, r->keys, r->position, layer);
  float *value = cache_row(r, r->values, r->position, layer);

  enum number_type type = r->types.weights;
  set_input(r, type, &w->attention_norm, r->x, c->hidden);
  product(r, type, &w->wq, r->query);
  product(r, type, &w->wk, key);
  product(r, type, &w->wv, value);

  for (int h = 0; h < c->heads + c->kv_heads; h++) { /* query heads, then key heads */
    bool is_query = h < c->heads;
    float *head = is_query ? r->query + h * c->head_dim : key + (h - c->heads) * c->head_dim;
    if (c->qk_norm)
      rms_norm(r, is_query ? &w->q_norm : &w->k_norm, head, head);
    rope(r, head);
  }
  round_heads(r, r->query, c->heads, (float)(M_LOG2E / sqrt((double)c->head_dim)));
  round_heads(r, key, c->kv_heads, 1.0f);
  round_heads(r, value, c->kv_heads, 1.0f);
  for (int h = 0; h < c->heads; h++)
    attend(r, layer, h, r->query + h * c->head_dim, r->mixed + h * c->head_dim);
  set_input(r, type, NULL, r->mixed, c->heads * c->head_dim);
  product(r, type, &w->wo, r->update);
}

/* update[hidden] = Wdown (silu(Wgate x) * Wup x) */
static void feed_forward(struct reference *r, int layer)
{
  const struct model_config *c = &r->model->config;
  const struct model_layer *w = &r->model->layers[layer];
  enum number_type type = r->types.weights;
  set_input(r, type, &w->ffn_norm, r->x, c->hidden);
  product(r, type, &w->w_gate, r->gate);
  product(r, type, &w->w_up, r->up);
  for (int i = 0; i < c->ffn; i++)
    r->gate[i] = r->gate[i] * (1.0f / (1.0f + expf(-r->gate[i]))) * r->up[i];
  set_input(r, type, NULL, r->gate, c->ffn);
  product(r, type, &w->w_down, r->update);
}

static void add(float *x, const float *update, int n)
{
  for (int i = 0; i < n; i++)
    x[i] += update[i];
}

/* The KV cache doubles when it is full: a long context costs memory only when it is used. */
static int grow(struct reference *r, struct vtpu_error *err)
{
  const struct model_config *c = &r->model->config;
  int64_t capacity = r->capacity ? 2 * (int64_t)r->capacity : 64;
  if (capacity > c->context)
    capacity = c->context;
  size_t width = (size_t)c->layers * (size_t)c->kv_heads * (size_t)c->head_dim, bytes;
  if (__builtin_mul_overflow(width * sizeof(float), (size_t)capacity, &bytes))
    return vtpu_fail(err, VTPU_SYSTEM, "reference: KV cache of %lld positions overflows memory",
                     (long long)capacity);
  float **arrays[] = {&r->keys, &r->values, &r->scores};
  for (int i = 0; i < 3; i++) {
    float *bigger = realloc(*arrays[i], i < 2 ? bytes : (size_t)capacity * sizeof(float));
    if (!bigger)
      return vtpu_fail(err, VTPU_SYSTEM,
                       "reference: out of memory for a KV cache of %lld positions",
                       (long long)capacity);
    *arrays[i] = bigger;
  }
  r->capacity = (int)capacity;
  return 0;
}

int reference_step(struct reference *r, int token, float *logits, struct vtpu_error *err)
{
  const struct model *m = r->model;
  const struct model_config *c = &m->config;
  if (token < 0 || token >= c->vocab)
    return vtpu_fail(err, VTPU_INPUT, "token %d is outside the vocabulary of %d", token, c->vocab);
  if (r->position >= c->context)
    return vtpu_fail(err, VTPU_LIMIT,
                     "position %d: the model's context of %d tokens is full\n  shorten the prompt "
                     "or ask for fewer tokens",
                     r->position, c->context);
  int bad = r->position == r->capacity ? grow(r, err) : 0;
  if (bad)
    return bad;

  model_rope_row(c, r->position, r->cosine, r->sine);
  tensor_row_f32(&m->token_embedding, token, r->x);
  round_to(number_types_embedding(m, &r->types), r->x, c->hidden, NULL);
  for (int l = 0; l < c->layers; l++) {
    attention(r, l);
    add(r->x, r->update, c->hidden);
    feed_forward(r, l);
    add(r->x, r->update, c->hidden);
  }
  set_input(r, r->types.head, &m->final_norm, r->x, c->hidden);
  product(r, r->types.head, &m->output, logits);
  r->position++;
  return 0;
}

int reference_new(const struct model *model, const struct number_types *types,
                  struct reference **out, struct vtpu_error *err)
{
  struct number_types resolved = types ? *types : (struct number_types){NUMBER_DEFAULT};
  int bad = number_types_resolve(model, &resolved, err);
  if (bad)
    return bad;
  const struct model_config *c = &model->config;
  size_t hidden = (size_t)c->hidden, ffn = (size_t)c->ffn;
  size_t heads = (size_t)c->heads * (size_t)c->head_dim, half = (size_t)c->head_dim / 2;
  size_t widest = hidden > ffn ? hidden : ffn;
  widest = widest > heads ? widest : heads;

  struct reference *r = calloc(1, sizeof *r);
  float *work = calloc(2 * hidden + 2 * heads + 2 * ffn + 2 * half + 2 * widest, sizeof *work);
  int8_t *quantised = calloc(2 * widest, 1);
  if (!r || !work || !quantised) {
    free(r);
    free(work);
    free(quantised);
    return vtpu_fail(err, VTPU_SYSTEM, "reference: out of memory");
  }
  r->model = model;
  r->types = resolved;
  r->work = work;
  r->x = work;
  r->normed = r->x + hidden;
  r->update = r->normed + widest;
  r->query = r->update + hidden;
  r->mixed = r->query + heads;
  r->gate = r->mixed + heads;
  r->up = r->gate + ffn;
  r->cosine = r->up + ffn;
  r->sine = r->cosine + half;
  r->row = r->sine + half;
  r->quantised = quantised;
  r->integers = quantised + widest;
  *out = r;
  return 0;
}

void reference_free(struct reference *r)
{
  if (!r)
    return;
  free(r->keys);
  free(r->values);
  free(r->scores);
  free(r->work);
  free(r->quantised);
  free(r);
}
