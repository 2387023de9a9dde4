/* The reference forward pass: against other software's goldens, and against a double-precision
 * computation of its own that never reads a file. */
#include "models/model.h"
#include "models/reference.h"
#include "tests/harness/harness.h"
#include "tests/models/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- an independent computation ------------------------------------------------------------ */

enum { WIDE = 64, LONG = 16, LAYERS = 2 }; /* large enough for synthetic_default() */

struct oracle {
  const struct synthetic *s;
  double keys[LAYERS][LONG][WIDE], values[LAYERS][LONG][WIDE];
};

/* out[rows] = W in[cols], W by name of the tensor */
static void multiply(const char *name, int rows, int cols, const double *in, double *out)
{
  for (int i = 0; i < rows; i++) {
    out[i] = 0;
    for (int j = 0; j < cols; j++)
      out[i] += synthetic_weight(name, (long)i * cols + j) * in[j];
  }
}

static void normalise(const char *name, int n, const double *in, double *out)
{
  double sum = 0;
  for (int i = 0; i < n; i++)
    sum += in[i] * in[i];
  for (int i = 0; i < n; i++)
    out[i] = in[i] / sqrt(sum / n + 1e-6) * synthetic_weight(name, i);
}

/* As complex numbers: element i + j element (i + n/2), times e^(j angle). */
static void turn(double *head, int n, int position, double theta)
{
  for (int i = 0; i < n / 2; i++) {
    double angle = position / pow(theta, 2.0 * i / n), re = head[i], im = head[i + n / 2];
    head[i] = re * cos(angle) - im * sin(angle);
    head[i + n / 2] = im * cos(angle) + re * sin(angle);
  }
}

static const char *part(int layer, const char *what)
{
  static char name[4][96];
  static int next;
  char *out = name[next++ % 4];
  snprintf(out, sizeof name[0], "model.layers.%d.%s.weight", layer, what);
  return out;
}

static void oracle_attention(struct oracle *o, int l, int t, const double *x, double *update)
{
  const struct synthetic *s = o->s;
  double h[WIDE], q[WIDE], mixed[WIDE] = {0}, *k = o->keys[l][t], *v = o->values[l][t];
  int d = s->head_dim;
  normalise(part(l, "input_layernorm"), s->hidden, x, h);
  multiply(part(l, "self_attn.q_proj"), s->heads * d, s->hidden, h, q);
  multiply(part(l, "self_attn.k_proj"), s->kv_heads * d, s->hidden, h, k);
  multiply(part(l, "self_attn.v_proj"), s->kv_heads * d, s->hidden, h, v);
  for (int i = 0; i < s->heads; i++) {
    if (s->qwen3)
      normalise(part(l, "self_attn.q_norm"), d, q + i * d, q + i * d);
    turn(q + i * d, d, t, s->rope_theta);
  }
  for (int i = 0; i < s->kv_heads; i++) {
    if (s->qwen3)
      normalise(part(l, "self_attn.k_norm"), d, k + i * d, k + i * d);
    turn(k + i * d, d, t, s->rope_theta);
  }
  for (int i = 0; i < s->heads; i++) {
    int from = i * s->kv_heads / s->heads * d;
    double total = 0;
    for (int past = 0; past <= t; past++) {
      double score = 0;
      for (int j = 0; j < d; j++)
        score += q[i * d + j] * o->keys[l][past][from + j];
      score = exp(score / sqrt(d));
      total += score;
      for (int j = 0; j < d; j++)
        mixed[i * d + j] += score * o->values[l][past][from + j];
    }
    for (int j = 0; j < d; j++)
      mixed[i * d + j] /= total;
  }
  multiply(part(l, "self_attn.o_proj"), s->hidden, s->heads * d, mixed, update);
}

static void oracle_step(struct oracle *o, int t, int token, double *logits)
{
  const struct synthetic *s = o->s;
  double x[WIDE], h[WIDE], gate[WIDE], up[WIDE], update[WIDE];
  for (int i = 0; i < s->hidden; i++)
    x[i] = synthetic_weight("model.embed_tokens.weight", (long)token * s->hidden + i);
  for (int l = 0; l < s->layers; l++) {
    oracle_attention(o, l, t, x, update);
    for (int i = 0; i < s->hidden; i++)
      x[i] += update[i];
    normalise(part(l, "post_attention_layernorm"), s->hidden, x, h);
    multiply(part(l, "mlp.gate_proj"), s->ffn, s->hidden, h, gate);
    multiply(part(l, "mlp.up_proj"), s->ffn, s->hidden, h, up);
    for (int i = 0; i < s->ffn; i++)
      gate[i] *= up[i] / (1 + exp(-gate[i]));
    multiply(part(l, "mlp.down_proj"), s->hidden, s->ffn, gate, update);
    for (int i = 0; i < s->hidden; i++)
      x[i] += update[i];
  }
  normalise("model.norm.weight", s->hidden, x, h);
  multiply(s->tied ? "model.embed_tokens.weight" : "lm_head.weight", s->vocab, s->hidden, h,
           logits);
}

/* Opens the checkpoint that s describes and compares a dozen positions. */
static void compare_with_oracle(const struct synthetic *s)
{
  char folder[1024];
  snprintf(folder, sizeof folder, "%s", t_temp("oracle"));
  T_REQUIRE(synthetic_write(s, folder));
  struct vtpu_error err;
  struct model model;
  struct reference *r;
  if (model_open(folder, &model, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(reference_new(&model, NULL, &r, &err), 0);
  struct oracle *o = calloc(1, sizeof *o);
  o->s = s;
  float logits[WIDE];
  double wants[WIDE];
  for (int t = 0; t < 12; t++) {
    int token = (7 * t + 3) % s->vocab;
    T_EQ(reference_step(r, token, logits, &err), 0);
    oracle_step(o, t, token, wants);
    double largest = 0, difference = 0;
    for (int i = 0; i < s->vocab; i++) {
      largest = fmax(largest, fabs(wants[i]));
      difference = fmax(difference, fabs(wants[i] - (double)logits[i]));
    }
    T_CHECK(largest > 0.1);
    T_NEAR(difference / largest, 0.0, 1e-5);
  }
  free(o);
  reference_free(r);
  model_close(&model);
}

T_TEST(reference, qwen3_untied_agrees_with_double_precision)
{
  struct synthetic s = synthetic_default();
  compare_with_oracle(&s);
}

T_TEST(reference, llama_tied_bf16_agrees_with_double_precision)
{
  struct synthetic s = synthetic_default();
  s.qwen3 = false;
  s.tied = true;
  s.dtype = "BF16";
  s.kv_heads = 4;
  s.rope_theta = 500.0;
  compare_with_oracle(&s);
}

T_TEST(reference, one_kv_head_f16_in_shards_agrees_with_double_precision)
{
  struct synthetic s = synthetic_default();
  s.dtype = "F16";
  s.shards = 3;
  s.kv_heads = 1;
  s.head_dim = 6; /* heads * head_dim = hidden */
  compare_with_oracle(&s);
}

/* The same network in llama2.c's layout (rows of wq and wk permuted so that pairs are neighbours)
 * must give the same logits: the two pairings of RoPE are one rotation. */
static void write_llama2c(const struct synthetic *s, const char *path, bool tied)
{
  FILE *f = fopen(path, "wb");
  T_REQUIRE(f);
  const int header[7] = {
      s->hidden, s->ffn, s->layers, s->heads, s->kv_heads, tied ? s->vocab : -s->vocab, s->context};
  fwrite(header, sizeof header, 1, f);
  const struct {
    const char *name;
    bool per_layer;
    int rows, cols;
  } parts[] = {
      {"model.embed_tokens.weight", false, s->vocab, s->hidden},
      {"input_layernorm", true, 1, s->hidden},
      {"self_attn.q_proj", true, s->hidden, s->hidden},
      {"self_attn.k_proj", true, s->kv_heads * s->head_dim, s->hidden},
      {"self_attn.v_proj", true, s->kv_heads * s->head_dim, s->hidden},
      {"self_attn.o_proj", true, s->hidden, s->hidden},
      {"post_attention_layernorm", true, 1, s->hidden},
      {"mlp.gate_proj", true, s->ffn, s->hidden},
      {"mlp.down_proj", true, s->hidden, s->ffn},
      {"mlp.up_proj", true, s->ffn, s->hidden},
      {"model.norm.weight", false, 1, s->hidden},
      {"", false, s->context, s->head_dim}, /* both RoPE tables, never read */
      {"lm_head.weight", false, s->vocab, s->hidden},
  };
  for (size_t p = 0; p < sizeof parts / sizeof *parts - tied; p++) {
    for (int l = 0; l < (parts[p].per_layer ? s->layers : 1); l++) {
      const char *name = parts[p].per_layer ? part(l, parts[p].name) : parts[p].name;
      bool permuted = strstr(name, "q_proj") || strstr(name, "k_proj");
      for (int i = 0; i < parts[p].rows; i++) {
        int d = s->head_dim, in_head = i % d;
        int from = permuted ? i - in_head + in_head / 2 + in_head % 2 * d / 2 : i;
        for (int j = 0; j < parts[p].cols; j++) {
          float w = *name ? (float)synthetic_weight(name, (long)from * parts[p].cols + j) : 99.0f;
          fwrite(&w, sizeof w, 1, f);
        }
      }
    }
  }
  fclose(f);
}

T_TEST(reference, both_pairings_of_rope_are_one_rotation)
{
  struct synthetic s = synthetic_default();
  s.qwen3 = false;
  s.head_dim = 6;
  char path[1024];
  snprintf(path, sizeof path, "%s", t_temp("pairs.bin"));
  write_llama2c(&s, path, false);
  struct vtpu_error err;
  struct model model;
  struct reference *r;
  if (model_open(path, &model, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(model.config.rope_pairs, ROPE_NEIGHBOURS);
  T_CHECK(!model.config.tied);
  T_EQ_STR(model.layers[1].w_up.name, "layers.1.w3");
  T_EQ(reference_new(&model, NULL, &r, &err), 0);
  struct oracle *o = calloc(1, sizeof *o);
  o->s = &s;
  for (int t = 0; t < 8; t++) {
    float logits[WIDE];
    double wants[WIDE], difference = 0;
    T_EQ(reference_step(r, 5 * t + 1, logits, &err), 0);
    oracle_step(o, t, 5 * t + 1, wants);
    /* the oracle's eps is 1e-6, llama2.c's 1e-5: that much may show */
    for (int i = 0; i < s.vocab; i++)
      difference = fmax(difference, fabs(wants[i] - (double)logits[i]));
    T_NEAR(difference, 0.0, 2e-3);
  }
  free(o);
  reference_free(r);
  model_close(&model);
}

T_TEST(reference, rejects_a_full_context_and_foreign_tokens)
{
  struct synthetic s = synthetic_default();
  s.context = 3;
  char folder[1024];
  snprintf(folder, sizeof folder, "%s", t_temp("context"));
  T_REQUIRE(synthetic_write(&s, folder));
  struct vtpu_error err;
  struct model model;
  struct reference *r;
  T_REQUIRE(model_open(folder, &model, &err) == 0);
  T_REQUIRE(reference_new(&model, NULL, &r, &err) == 0);
  float logits[WIDE];
  T_EQ(reference_step(r, -1, logits, &err), VTPU_INPUT);
  T_EQ(reference_step(r, s.vocab, logits, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "token 48 is outside the vocabulary of 48");
  for (int t = 0; t < 3; t++)
    T_EQ(reference_step(r, s.vocab - 1, logits, &err), 0);
  T_EQ(reference_step(r, 0, logits, &err), VTPU_LIMIT);
  T_CONTAINS(err.message, "context of 3 tokens is full");
  reference_free(r);
  reference_free(NULL);
  model_close(&model);
}

/* --- goldens of other software -------------------------------------------------------------- */

/* Largest |a - b| over the largest |b|. */
static double relative_max(const float *a, const float *b, int n)
{
  double difference = 0, largest = 0;
  for (int i = 0; i < n; i++) {
    difference = fmax(difference, fabs((double)a[i] - (double)b[i]));
    largest = fmax(largest, fabs((double)b[i]));
  }
  return difference / largest;
}

static int argmax(const float *x, int n)
{
  int best = 0;
  for (int i = 1; i < n; i++)
    best = x[i] > x[best] ? i : best;
  return best;
}

/* steps: "pos token_in top1 top1_logit top2 top2_logit next" a line after the titles. */
static void replay_steps(struct reference *r, FILE *steps, FILE *golden, int vocab)
{
  struct vtpu_error err;
  float *logits = malloc((size_t)vocab * 2 * sizeof *logits), *wants = logits + vocab;
  char line[256];
  int positions = 0, token, top1, next;
  float top1_logit;
  if (!fgets(line, sizeof line, steps))
    T_FAIL("no steps");
  while (fscanf(steps, "%*d %d %d %f %*d %*f %d", &token, &top1, &top1_logit, &next) == 4) {
    if (reference_step(r, token, logits, &err)) {
      T_FAIL("%s", err.message);
      break;
    }
    T_EQ(argmax(logits, vocab), top1);
    T_NEAR(logits[top1] / top1_logit, 1.0, 1e-4);
    if (fread(wants, sizeof *wants, (size_t)vocab, golden) == (size_t)vocab)
      T_NEAR(relative_max(logits, wants, vocab), 0.0, 1e-4);
    positions++;
  }
  T_CHECK(positions > 200);
  free(logits);
}

/* Generates from the prompt alone; the golden next token must come out every time. */
static void regenerate(struct reference *r, FILE *prompt, FILE *steps, int vocab)
{
  struct vtpu_error err;
  float *logits = malloc((size_t)vocab * sizeof *logits);
  char line[256];
  int token, given, next;
  rewind(steps);
  T_CHECK(fgets(line, sizeof line, steps) != NULL);
  T_CHECK(fscanf(prompt, "%d", &token) == 1);
  while (fscanf(steps, "%*d %*d %*d %*f %*d %*f %d", &next) == 1) {
    if (reference_step(r, token, logits, &err)) {
      T_FAIL("%s", err.message);
      break;
    }
    token = fscanf(prompt, "%d", &given) == 1 ? given : argmax(logits, vocab);
    T_EQ(token, next);
  }
  free(logits);
}

T_TEST(reference, stories260K_repeats_the_golden_texts)
{
  const char *path = t_shared("stories260K/stories260K.bin");
  if (!path)
    T_SKIP("no shared data: stories260K");
  struct vtpu_error err;
  struct model model;
  if (model_open(path, &model, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(model.config.hidden, 64);
  T_EQ(model.config.kv_heads, 4);
  T_EQ(model.config.head_dim, 8);
  T_CHECK(model.config.tied);
  for (int p = 0; p < 4; p++) {
    char name[64];
    snprintf(name, sizeof name, "stories260K/p%d.steps.tsv", p);
    FILE *steps = fopen(t_shared(name), "r");
    snprintf(name, sizeof name, "stories260K/p%d.logits_f32le.bin", p);
    FILE *golden = fopen(t_shared(name), "rb");
    snprintf(name, sizeof name, "stories260K/p%d.prompt_ids.txt", p);
    FILE *prompt = fopen(t_shared(name), "r");
    struct reference *r, *again;
    T_REQUIRE(steps && golden && prompt);
    T_EQ(reference_new(&model, NULL, &r, &err), 0);
    T_EQ(reference_new(&model, NULL, &again, &err), 0);
    replay_steps(r, steps, golden, model.config.vocab);
    regenerate(again, prompt, steps, model.config.vocab);
    reference_free(r);
    reference_free(again);
    fclose(steps);
    fclose(golden);
    fclose(prompt);
  }
  model_close(&model);
}

static void compare_with_llamacpp(const char *name)
{
  char relative[128];
  snprintf(relative, sizeof relative, "tiny_qwen3/%s", name);
  const char *folder = t_shared(relative);
  if (!folder)
    T_SKIP("no shared data: tiny_qwen3");
  struct vtpu_error err;
  struct model model;
  struct reference *r;
  if (model_open(folder, &model, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(reference_new(&model, NULL, &r, &err), 0);
  snprintf(relative, sizeof relative, "tiny_qwen3/%s/input_ids.txt", name);
  FILE *ids = fopen(t_shared(relative), "r");
  snprintf(relative, sizeof relative, "tiny_qwen3/%s/logits_llamacpp_f32le.bin", name);
  FILE *golden = fopen(t_shared(relative), "rb");
  T_REQUIRE(ids && golden);
  int vocab = model.config.vocab, token, positions = 0;
  float *logits = malloc((size_t)vocab * 2 * sizeof *logits), *wants = logits + vocab;
  while (fscanf(ids, "%d", &token) == 1) {
    T_EQ(reference_step(r, token, logits, &err), 0);
    T_EQ(fread(wants, sizeof *wants, (size_t)vocab, golden), vocab);
    T_NEAR(relative_max(logits, wants, vocab), 0.0, 1e-4);
    positions++;
  }
  T_CHECK(positions >= 8);
  T_EQ(fgetc(golden), EOF);
  free(logits);
  fclose(ids);
  fclose(golden);
  reference_free(r);
  model_close(&model);
}

T_TEST(reference, tiny_qwen3_tied_agrees_with_llamacpp)
{
  compare_with_llamacpp("a_tied_f32");
}
T_TEST(reference, tiny_qwen3_untied_agrees_with_llamacpp)
{
  compare_with_llamacpp("b_untied_bf16");
}
