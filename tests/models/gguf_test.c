/* GGUF models: against the same network as a Hugging Face folder, and against other software's
 * goldens. */
#include "models/gguf.h"
#include "models/reference.h"
#include "tests/harness/harness.h"
#include "tests/models/gguf_checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024 };

/* --- acceptance --------------------------------------------------------------------------------
 */

/* Both models give the same logits for a dozen tokens: to the bit, or (where the pairs of RoPE lie
 * elsewhere, so that sums run in another order) nearly. */
static void same_logits(const struct model *a, const struct model *b, double tolerance)
{
  struct vtpu_error err;
  struct reference *ra, *rb;
  int vocab = a->config.vocab;
  float *la = malloc((size_t)vocab * 2 * sizeof *la), *lb = la + vocab, largest = 0;
  T_EQ(reference_new(a, NULL, &ra, &err), 0);
  T_EQ(reference_new(b, NULL, &rb, &err), 0);
  for (int t = 0; t < 12; t++) {
    T_EQ(reference_step(ra, (7 * t + 3) % vocab, la, &err), 0);
    T_EQ(reference_step(rb, (7 * t + 3) % vocab, lb, &err), 0);
    for (int i = 0; i < vocab; i++) {
      T_NEAR(la[i], lb[i], tolerance);
      largest = fmaxf(largest, fabsf(la[i]));
    }
  }
  T_CHECK(largest > 0.1f);
  free(la);
  reference_free(ra);
  reference_free(rb);
}

static void agrees_with_folder(const struct synthetic *s, uint32_t type, uint32_t version,
                               uint32_t alignment)
{
  char folder[PATH_ROOM];
  snprintf(folder, sizeof folder, "%s", t_temp("folder"));
  T_REQUIRE(synthetic_write(s, folder));
  struct gguf_file f = gguf_checkpoint(s, type, alignment);
  f.version = version;
  struct vtpu_error err;
  struct model a, b;
  if (model_open(folder, &a, &err) || model_open(gguf_save(&f), &b, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(b.config.family, s->qwen3 ? MODEL_QWEN3 : MODEL_LLAMA);
  T_EQ(b.config.rope_pairs, s->qwen3 ? ROPE_HALVES : ROPE_NEIGHBOURS);
  T_EQ(b.config.qk_norm, s->qwen3);
  T_EQ(b.config.tied, s->tied);
  T_EQ(b.config.context, s->context);
  T_EQ(b.config.bos, 1);
  T_EQ(b.config.eos, 2);
  T_EQ_STR(b.layers[1].wk.name, "blk.1.attn_k.weight");
  same_logits(&a, &b, s->qwen3 ? 0 : 1e-5);
  model_close(&a);
  model_close(&b);
  gguf_file_free(&f);
}

T_TEST(gguf, llama_with_permuted_heads_f32)
{
  struct synthetic s = synthetic_default();
  s.qwen3 = false;
  agrees_with_folder(&s, F32, 3, 32);
}

T_TEST(gguf, llama_tied_bf16_version_2)
{
  struct synthetic s = synthetic_default();
  s.qwen3 = false;
  s.tied = true;
  s.rope_theta = 500.0;
  agrees_with_folder(&s, BF16, 2, 32);
}

T_TEST(gguf, qwen3_f16_aligned_to_64)
{
  struct synthetic s = synthetic_default();
  agrees_with_folder(&s, F16, 3, 64);
}

/* A network whose matrices are of quantised types gives the logits of one that has their converted
 * rows as F32: types may be mixed, and every row is found. */
static uint8_t *random_blocks(uint32_t type, size_t elements, uint32_t seed, size_t *bytes)
{
  size_t block = type == Q4_K ? 144 : type == Q6_K ? 210 : type == Q8_0 ? 34 : 18;
  size_t count = elements / (type == Q4_K || type == Q6_K ? 256 : 32);
  *bytes = count * block;
  uint8_t *data = malloc(*bytes);
  for (size_t i = 0; i < *bytes; i++) {
    seed = seed * 1664525u + 1013904223u;
    data[i] = (uint8_t)(seed >> 24);
  }
  for (size_t b = 0; b < count; b++) { /* scales near 2^-12 (K: times 6 or 8 bits), 2^-9, 2^-6 */
    uint8_t *at = data + b * block;
    if (type == Q4_K) {
      at[1] = at[3] = 0x0C;
    } else {
      at[type == Q6_K ? 209 : 1] = type == Q6_K ? 0x08 : type == Q8_0 ? 0x18 : 0x24;
    }
  }
  return data;
}

static struct gguf_file quantised_file(bool plain)
{
  const struct synthetic s = {.qwen3 = false,
                              .tied = true,
                              .hidden = 256,
                              .layers = 1,
                              .heads = 4,
                              .kv_heads = 2,
                              .head_dim = 64,
                              .ffn = 512,
                              .vocab = 20,
                              .context = 16,
                              .rope_theta = 10000};
  const struct {
    const char *name;
    int rows, cols;
    uint32_t type;
  } parts[] = {
      {"token_embd", 20, 256, Q6_K},         {"blk.0.attn_q", 256, 256, Q4_K},
      {"blk.0.attn_k", 128, 256, Q8_0},      {"blk.0.attn_v", 128, 256, Q6_K},
      {"blk.0.attn_output", 256, 256, Q4_0}, {"blk.0.ffn_gate", 512, 256, Q4_K},
      {"blk.0.ffn_up", 512, 256, Q4_0},      {"blk.0.ffn_down", 256, 512, Q6_K},
  };
  struct gguf_file f = gguf_file_new();
  gguf_put_config(&f, &s);
  gguf_put_matrix(&f, "output_norm.weight", "model.norm.weight", 1, 256, F32, 0);
  gguf_put_matrix(&f, "blk.0.attn_norm.weight", "norm.a", 1, 256, F32, 0);
  gguf_put_matrix(&f, "blk.0.ffn_norm.weight", "norm.b", 1, 256, F32, 0);
  for (uint32_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    static const enum tensor_type types[] = {
        [Q4_0] = TENSOR_Q4_0, [Q8_0] = TENSOR_Q8_0, [Q4_K] = TENSOR_Q4_K, [Q6_K] = TENSOR_Q6_K};
    char name[64];
    size_t bytes, elements = (size_t)parts[i].rows * (size_t)parts[i].cols;
    uint8_t *data = random_blocks(parts[i].type, elements, i, &bytes);
    const uint64_t sizes[2] = {(uint64_t)parts[i].cols, (uint64_t)parts[i].rows};
    snprintf(name, sizeof name, "%s.weight", parts[i].name);
    if (plain) {
      float *rows = malloc(elements * sizeof *rows);
      struct tensor t = {.type = types[parts[i].type],
                         .rows = 1,
                         .cols = (int64_t)elements,
                         .data = data}; /* one long row */
      tensor_row_f32(&t, 0, rows);
      gguf_put_tensor(&f, name, 2, sizes, F32, rows, elements * sizeof *rows);
      free(rows);
    } else {
      gguf_put_tensor(&f, name, 2, sizes, parts[i].type, data, bytes);
    }
    free(data);
  }
  return f;
}

T_TEST(gguf, quantised_types_may_be_mixed)
{
  struct vtpu_error err;
  struct model a, b;
  struct gguf_file quantised = quantised_file(false), plain = quantised_file(true);
  T_REQUIRE(model_open(gguf_save(&quantised), &a, &err) == 0);
  T_REQUIRE(model_open(gguf_save(&plain), &b, &err) == 0);
  T_EQ(a.layers[0].w_down.type, TENSOR_Q6_K);
  T_EQ(a.layers[0].wo.type, TENSOR_Q4_0);
  T_EQ(b.layers[0].wo.type, TENSOR_F32);
  same_logits(&a, &b, 0);
  model_close(&a);
  model_close(&b);
  gguf_file_free(&quantised);
  gguf_file_free(&plain);
}

/* --- goldens of other software -----------------------------------------------------------------
 */

/* The file's logits against llama.cpp's, position by position: the largest difference over the
 * largest logit, and how many positions have the same top token. */
static void compare_with_llamacpp(const char *folder, const char *file, const char *golden_name,
                                  double tolerance, int least_same_top)
{
  char relative[128];
  snprintf(relative, sizeof relative, "tiny_qwen3/%s/%s", folder, file);
  if (!t_shared(relative))
    T_SKIP("no shared data: tiny_qwen3");
  struct vtpu_error err;
  struct model model;
  struct reference *r;
  if (model_open(t_shared(relative), &model, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(reference_new(&model, NULL, &r, &err), 0);
  snprintf(relative, sizeof relative, "tiny_qwen3/%s/input_ids.txt", folder);
  FILE *ids = fopen(t_shared(relative), "r");
  snprintf(relative, sizeof relative, "tiny_qwen3/%s/%s", folder, golden_name);
  FILE *golden = fopen(t_shared(relative), "rb");
  T_REQUIRE(ids && golden);
  int vocab = model.config.vocab, token, positions = 0, same_top = 0;
  float *logits = malloc((size_t)vocab * 2 * sizeof *logits), *wants = logits + vocab;
  while (fscanf(ids, "%d", &token) == 1) {
    T_EQ(reference_step(r, token, logits, &err), 0);
    T_EQ(fread(wants, sizeof *wants, (size_t)vocab, golden), vocab);
    double difference = 0, largest = 0;
    int top = 0, wanted_top = 0;
    for (int v = 0; v < vocab; v++) {
      difference = fmax(difference, fabs((double)logits[v] - (double)wants[v]));
      largest = fmax(largest, fabs((double)wants[v]));
      top = logits[v] > logits[top] ? v : top;
      wanted_top = wants[v] > wants[wanted_top] ? v : wanted_top;
    }
    T_NEAR(difference / largest, 0.0, tolerance);
    same_top += top == wanted_top;
    positions++;
  }
  T_CHECK(positions >= 24);
  T_CHECK(same_top * 100 >= least_same_top * positions);
  free(logits);
  fclose(ids);
  fclose(golden);
  reference_free(r);
  model_close(&model);
}

T_TEST(gguf, f32_agrees_with_llamacpp)
{
  compare_with_llamacpp("a_tied_f32", "model-f32.gguf", "logits_llamacpp_f32le.bin", 1e-5, 100);
  compare_with_llamacpp("b_untied_bf16", "model-f32.gguf", "logits_llamacpp_f32le.bin", 1e-5, 100);
}

/* llama.cpp quantises the activations too, so this is loose; that rows are converted exactly is
 * blocks_test's business. */
T_TEST(gguf, q8_0_agrees_with_llamacpp_loosely)
{
  compare_with_llamacpp("a_tied_f32", "model-q8_0.gguf", "logits_llamacpp_q8_0_f32le.bin", 0.05,
                        90);
  compare_with_llamacpp("b_untied_bf16", "model-q8_0.gguf", "logits_llamacpp_q8_0_f32le.bin", 0.05,
                        90);
}

T_TEST(gguf, q4_0_agrees_with_llamacpp_loosely)
{
  compare_with_llamacpp("a_tied_f32", "model-q4_0.gguf", "logits_llamacpp_q4_0_f32le.bin", 0.1, 80);
  compare_with_llamacpp("b_untied_bf16", "model-q4_0.gguf", "logits_llamacpp_q4_0_f32le.bin", 0.1,
                        80);
}
