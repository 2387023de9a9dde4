/* GGUF models: against the same network as a Hugging Face folder, against other software's goldens,
 * and every way in which a file can be wrong. */
#include "models/gguf.h"
#include "models/reference.h"
#include "tests/harness/harness.h"
#include "tests/models/gguf_file.h"
#include "tests/models/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024, F32 = 0, F16 = 1, Q4_0 = 2, Q8_0 = 8, Q4_K = 12, Q6_K = 14, BF16 = 30 };

/* --- the synthetic checkpoint as GGUF ----------------------------------------------------------
 */

static void put_config(struct gguf_file *f, const struct synthetic *s)
{
  const char *arch = s->qwen3 ? "qwen3" : "llama";
  const struct {
    const char *key;
    int value;
  } sizes[] = {
      {"block_count", s->layers},
      {"context_length", s->context},
      {"embedding_length", s->hidden},
      {"feed_forward_length", s->ffn},
      {"attention.head_count", s->heads},
      {"attention.head_count_kv", s->kv_heads},
      {"attention.key_length", s->head_dim},
      {"attention.value_length", s->head_dim},
      {"rope.dimension_count", s->head_dim},
      {"vocab_size", s->vocab},
  };
  char key[128];
  gguf_put_string(f, "general.architecture", arch);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    snprintf(key, sizeof key, "%s.%s", arch, sizes[i].key);
    gguf_put_int(f, key, (uint32_t)sizes[i].value);
  }
  snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", arch);
  gguf_put_float(f, key, 1e-6f);
  snprintf(key, sizeof key, "%s.rope.freq_base", arch);
  gguf_put_float(f, key, (float)s->rope_theta);
  gguf_put_int(f, "tokenizer.ggml.bos_token_id", 1);
  gguf_put_int(f, "tokenizer.ggml.eos_token_id", 2);
}

/* Every synthetic weight is exact in 16 bits. */
static uint16_t half_of(float w, bool brain)
{
  uint32_t bits;
  memcpy(&bits, &w, sizeof bits);
  if (brain)
    return (uint16_t)(bits >> 16);
  uint32_t exponent = bits >> 23 & 255;
  return (uint16_t)(bits >> 16 & 0x8000) |
         (uint16_t)(w == 0.0f ? 0 : (exponent - 112) << 10 | (bits >> 13 & 1023));
}

/* pairs: heads of that length get their rows permuted as converters do for llama; 0: not */
static void put_matrix(struct gguf_file *f, const char *name, const char *source, int rows,
                       int cols, uint32_t type, int pairs)
{
  size_t size = type == F32 ? 4 : 2, at = 0;
  uint8_t *data = malloc((size_t)rows * (size_t)cols * size);
  for (int i = 0; i < rows; i++) {
    int in_head = pairs ? i % pairs : 0;
    int from = pairs ? i - in_head + in_head / 2 + in_head % 2 * pairs / 2 : i;
    for (int j = 0; j < cols; j++, at += size) {
      float w = (float)synthetic_weight(source, (long)from * cols + j);
      uint16_t half = half_of(w, type == BF16);
      memcpy(data + at, type == F32 ? (void *)&w : (void *)&half, size);
    }
  }
  const uint64_t sizes[2] = {(uint64_t)cols, (uint64_t)rows};
  gguf_put_tensor(f, name, rows > 1 ? 2 : 1, sizes, type, data, at);
  free(data);
}

static struct gguf_file make_file(const struct synthetic *s, uint32_t type, uint32_t alignment)
{
  struct gguf_file f = gguf_file_new();
  f.alignment = alignment;
  if (alignment != 32)
    gguf_put_int(&f, "general.alignment", alignment);
  put_config(&f, s);
  int q = s->heads * s->head_dim, kv = s->kv_heads * s->head_dim,
      pairs = s->qwen3 ? 0 : s->head_dim;
  const struct {
    const char *name, *source;
    int rows, cols, pairs;
    bool vector, qwen3;
  } parts[] = {
      {"attn_norm", "input_layernorm", 1, s->hidden, 0, true, false},
      {"attn_q", "self_attn.q_proj", q, s->hidden, pairs, false, false},
      {"attn_k", "self_attn.k_proj", kv, s->hidden, pairs, false, false},
      {"attn_v", "self_attn.v_proj", kv, s->hidden, 0, false, false},
      {"attn_output", "self_attn.o_proj", s->hidden, q, 0, false, false},
      {"attn_q_norm", "self_attn.q_norm", 1, s->head_dim, 0, true, true},
      {"attn_k_norm", "self_attn.k_norm", 1, s->head_dim, 0, true, true},
      {"ffn_norm", "post_attention_layernorm", 1, s->hidden, 0, true, false},
      {"ffn_gate", "mlp.gate_proj", s->ffn, s->hidden, 0, false, false},
      {"ffn_up", "mlp.up_proj", s->ffn, s->hidden, 0, false, false},
      {"ffn_down", "mlp.down_proj", s->hidden, s->ffn, 0, false, false},
  };
  if (!s->tied)
    put_matrix(&f, "output.weight", "lm_head.weight", s->vocab, s->hidden, type, 0);
  put_matrix(&f, "output_norm.weight", "model.norm.weight", 1, s->hidden, F32, 0);
  put_matrix(&f, "token_embd.weight", "model.embed_tokens.weight", s->vocab, s->hidden, type, 0);
  for (int l = 0; l < s->layers; l++)
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
      if (parts[i].qwen3 && !s->qwen3)
        continue;
      char name[128], source[128];
      snprintf(name, sizeof name, "blk.%d.%s.weight", l, parts[i].name);
      snprintf(source, sizeof source, "model.layers.%d.%s.weight", l, parts[i].source);
      put_matrix(&f, name, source, parts[i].rows, parts[i].cols, parts[i].vector ? F32 : type,
                 parts[i].pairs);
    }
  return f;
}

/* The file that was saved before may still be mapped. */
static const char *save(const struct gguf_file *f)
{
  static char path[PATH_ROOM];
  static int count;
  char name[32];
  snprintf(name, sizeof name, "model%d.gguf", count++ % 2);
  snprintf(path, sizeof path, "%s", t_temp(name));
  gguf_file_write(f, path);
  return path;
}

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
  struct gguf_file f = make_file(s, type, alignment);
  f.version = version;
  struct vtpu_error err;
  struct model a, b;
  if (model_open(folder, &a, &err) || model_open(save(&f), &b, &err)) {
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
  put_config(&f, &s);
  put_matrix(&f, "output_norm.weight", "model.norm.weight", 1, 256, F32, 0);
  put_matrix(&f, "blk.0.attn_norm.weight", "norm.a", 1, 256, F32, 0);
  put_matrix(&f, "blk.0.ffn_norm.weight", "norm.b", 1, 256, F32, 0);
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
  T_REQUIRE(model_open(save(&quantised), &a, &err) == 0);
  T_REQUIRE(model_open(save(&plain), &b, &err) == 0);
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

/* --- damage ------------------------------------------------------------------------------------
 */

static struct synthetic small(void)
{
  struct synthetic s = synthetic_default();
  s.tied = true;
  s.layers = 1;
  s.hidden = 4;
  s.heads = s.kv_heads = 1;
  s.head_dim = 4;
  s.ffn = 4;
  s.vocab = 5;
  s.context = 4;
  return s;
}

/* The first n bytes, in memory of their own: what is read behind them is noticed. */
static int parse(const uint8_t *data, size_t n, struct vtpu_error *err)
{
  uint8_t *copy = malloc(n);
  memcpy(copy, data, n);
  struct mapping file = {.path = (char *)(uintptr_t) "part.gguf", .data = copy, .bytes = n};
  struct gguf g;
  int bad = gguf_parse(&file, &g, err);
  gguf_free(&g);
  free(copy);
  return bad;
}

T_TEST(gguf, every_truncation_is_refused)
{
  struct synthetic s = small();
  struct gguf_file f = make_file(&s, F32, 32);
  size_t bytes;
  uint8_t *data = gguf_file_bytes(&f, &bytes);
  struct vtpu_error err;
  T_EQ(parse(data, bytes, &err), 0);
  for (size_t n = 1; n < bytes; n++) {
    err.message[0] = '\0';
    T_EQ(parse(data, n, &err), VTPU_INPUT);
    T_CONTAINS(err.message, "part.gguf: ");
    T_CONTAINS(err.message, "fetch it again");
  }
  free(data);
  gguf_file_free(&f);
}

/* Whatever is damaged, it is refused or read, and nothing else happens (the sanitizers watch). */
T_TEST(gguf, random_damage_does_no_harm)
{
  struct synthetic s = small();
  struct gguf_file f = make_file(&s, F32, 32);
  size_t bytes;
  uint8_t *data = gguf_file_bytes(&f, &bytes), *copy = malloc(bytes);
  size_t head = 24 + f.value_bytes + f.entry_bytes;
  uint32_t seed = 7;
  int refused = 0;
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s", t_temp("damaged.gguf"));
  for (int round = 0; round < 3000; round++) {
    memcpy(copy, data, bytes);
    for (int k = 0; k <= round % 3; k++) {
      seed = seed * 1664525u + 1013904223u;
      copy[(seed >> 8) % head] ^= (uint8_t)(1u << (seed >> 4 & 7));
    }
    if (round % 10) {
      refused += parse(copy, bytes, NULL) != 0;
      continue;
    }
    FILE *out = fopen(path, "wb");
    T_REQUIRE(out && fwrite(copy, 1, bytes, out) == bytes);
    fclose(out);
    struct model m;
    struct tokenizer *t;
    if (model_open(path, &m, NULL) == 0)
      model_close(&m);
    else
      refused++;
    T_CHECK(tokenizer_open(path, 5, &t, NULL) != 0);
  }
  T_CHECK(refused > 500);
  free(data);
  free(copy);
  gguf_file_free(&f);
}

/* --- refusal by name ---------------------------------------------------------------------------
 */

static void refused(struct gguf_file f, enum vtpu_category category, const char *message)
{
  struct vtpu_error err = {0};
  struct model m;
  T_EQ(model_open(save(&f), &m, &err), category);
  T_CONTAINS(err.message, message);
  T_CHECK(m.files == NULL && m.layers == NULL);
  gguf_file_free(&f);
}

static struct gguf_file good(void)
{
  struct synthetic s = small();
  return make_file(&s, F32, 32);
}

/* The good file with the bytes of one value or entry changed: the first `from` in it. */
static struct gguf_file changed(const char *from, const char *to)
{
  struct gguf_file f = good();
  uint8_t *at = memmem(f.values, f.value_bytes, from, strlen(from));
  if (!at)
    at = memmem(f.entries, f.entry_bytes, from, strlen(from));
  if (at && strlen(from) == strlen(to))
    memcpy(at, to, strlen(to));
  else
    T_FAIL("nothing to change: %s", from);
  return f;
}

static struct gguf_file with_int(const char *key, uint32_t value)
{
  struct gguf_file f = good();
  gguf_put_int(&f, key, value);
  return f;
}

static struct gguf_file with_tensor(const char *name, int rank, uint64_t cols, uint32_t type,
                                    size_t bytes)
{
  static const uint8_t zeros[256];
  const uint64_t sizes[4] = {cols, 1, 1, 1};
  struct gguf_file f = good();
  gguf_put_tensor(&f, name, rank, sizes, type, zeros, bytes);
  return f;
}

T_TEST(gguf, what_is_not_covered_is_refused_by_name)
{
  refused(changed("qwen3", "qwen9"), VTPU_LIMIT, "architecture \"qwen9\" is not covered");
  refused(with_int("qwen3.expert_count", 8), VTPU_LIMIT, "a mixture of experts");
  refused(with_int("qwen3.attention.sliding_window", 8), VTPU_LIMIT,
          "qwen3.attention.sliding_window: this property is not covered");
  refused(with_int("split.count", 3), VTPU_LIMIT, "one of 3 parts");
  refused(with_int("general.quantization_version", 1), VTPU_LIMIT, "only 2 is read");
  struct gguf_file f = good();
  gguf_put_string(&f, "qwen3.rope.scaling.type", "yarn");
  refused(f, VTPU_LIMIT, "qwen3.rope.scaling.type: a scaling of RoPE other than linear");
  f = with_tensor("rope_freqs.weight", 1, 2, F32, 8);
  gguf_put_float(&f, "qwen3.rope.scaling.factor", 4);
  refused(f, VTPU_LIMIT, "qwen3.rope.scaling.factor: linear scaling of RoPE beside");
  f = good();
  f.version = 1;
  refused(f, VTPU_LIMIT, "offset 4: GGUF version 1 is not read");
  refused(with_tensor("blk.0.attn_q.bias", 1, 4, F32, 16), VTPU_LIMIT,
          "tensor blk.0.attn_q.bias has no part");
  refused(with_tensor("x", 1, 256, 13, 176), VTPU_LIMIT, "tensor x is of type Q5_K (13)");
  refused(with_tensor("x", 1, 256, 99, 176), VTPU_LIMIT, "tensor x is of type unknown (99)");
}

/* Both ways of scaling RoPE: the linear one in the metadata, factors as a tensor. */
T_TEST(gguf, scaled_rope_divides_the_frequencies)
{
  static const float factors[2][2] = {{4, 4}, {1, 8}};
  const uint64_t pairs = 2;
  for (int tensor = 0; tensor < 2; tensor++) {
    struct gguf_file f = good();
    struct model m, plain;
    struct vtpu_error err;
    T_EQ(model_open(save(&f), &plain, &err), 0);
    T_EQ(plain.config.head_dim, 4);
    if (tensor)
      gguf_put_tensor(&f, "rope_freqs.weight", 1, &pairs, F32, factors[1], sizeof factors[1]);
    else
      gguf_put_float(&f, "qwen3.rope.scaling.factor", 4);
    T_EQ(model_open(save(&f), &m, &err), 0);
    for (int i = 0; i < 2; i++) {
      float c[2], s[2], expected_c[2], expected_s[2];
      model_rope_row(&m.config, 8, c, s);
      model_rope_row(&plain.config, 8 / (int)factors[tensor][i], expected_c, expected_s);
      T_NEAR(c[i], expected_c[i], 1e-6);
      T_NEAR(s[i], expected_s[i], 1e-6);
    }
    model_close(&m);
    model_close(&plain);
    gguf_file_free(&f);
  }
  refused(with_tensor("rope_freqs.weight", 1, 2, F32, 8), VTPU_INPUT,
          "tensor rope_freqs.weight: element 0 is 0, not a number above 0");
  refused(with_tensor("rope_freqs.weight", 1, 4, F32, 16), VTPU_INPUT,
          "tensor rope_freqs.weight has 1 rows of 4");
}

/* A value that says nothing new does no harm. */
T_TEST(gguf, plain_values_of_optional_keys_are_read)
{
  struct gguf_file f = good();
  gguf_put_string(&f, "qwen3.rope.scaling.type", "none");
  gguf_put_float(&f, "qwen3.rope.scaling.factor", 1);
  gguf_put_int(&f, "qwen3.expert_count", 0);
  gguf_put_int(&f, "split.count", 1);
  gguf_put_int(&f, "general.quantization_version", 2);
  gguf_put_bool(&f, "general.anything", true);
  struct vtpu_error err;
  struct model m;
  T_EQ(model_open(save(&f), &m, &err), 0);
  model_close(&m);
  gguf_file_free(&f);
}

T_TEST(gguf, contradictions_are_refused)
{
  refused(changed("qwen3.block_count", "qwen3.vlock_count"), VTPU_LIMIT, "qwen3.vlock_count");
  refused(changed("general.architecture", "general.architexture"), VTPU_INPUT,
          "general.architecture is missing");
  refused(with_int("general.architecture", 1), VTPU_INPUT,
          "general.architecture is in the file twice");
  refused(changed("token_embd", "token_embx"), VTPU_INPUT, "tensor token_embd.weight is missing");
  refused(changed("blk.0.ffn_up", "blk.0.ffn_xx"), VTPU_INPUT, "blk.0.ffn_up.weight is missing");
  refused(changed("blk.0.ffn_up.weight", "blk.0.attn_k.weight"), VTPU_INPUT,
          "blk.0.attn_k.weight is in the file twice");
  refused(with_int("general.alignment", 33), VTPU_INPUT, "not a power of two");
  refused(with_int("general.alignment", 64), VTPU_INPUT, "not a multiple of 64");
  refused(with_tensor("x", 1, 33, Q8_0, 68), VTPU_INPUT,
          "not a multiple of its type's blocks of 32");
  refused(with_tensor("x", 1, 0, F32, 4), VTPU_INPUT, "tensor x has an impossible shape");
  refused(with_tensor("x", 4, 1, F32, 0), VTPU_INPUT, "tensor x needs bytes");
  struct gguf_file f = good();
  const uint64_t huge[2] = {UINT64_C(1) << 62, 8};
  gguf_put_tensor(&f, "x", 2, huge, F32, NULL, 0);
  refused(f, VTPU_INPUT, "tensor x has an impossible shape");
  f = with_tensor("y", 1, 4, F32, 16);
  memset(f.entries + f.entry_bytes - 8, 0, 8); /* its offset: that of the first tensor */
  refused(f, VTPU_INPUT, "share bytes");
}

T_TEST(gguf, sizes_must_fit_each_other)
{
  struct synthetic s = small();
  const struct {
    const char *key;
    uint32_t value;
    const char *message;
  } cases[] = {
      {"qwen3.embedding_length", 8,
       "token_embd.weight has 5 rows of 4, but the metadata ask for 5 of 8"},
      {"qwen3.vocab_size", 6, "qwen3.vocab_size is 6, but token_embd.weight has 5 rows"},
      {"qwen3.attention.head_count", 0, "qwen3.attention.head_count is 0, outside 1 to"},
      {"qwen3.attention.key_length", 3, "qwen3.attention.value_length is 4, but the heads have 3"},
      {"tokenizer.ggml.eos_token_id", 5, "token id 5 (begin or end of text) is outside"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct gguf_file f = make_file(&s, F32, 32);
    uint8_t *at = memmem(f.values, f.value_bytes, cases[i].key, strlen(cases[i].key));
    T_REQUIRE(at);
    memcpy(at + strlen(cases[i].key) + 4, &cases[i].value, 4);
    struct vtpu_error err = {0};
    struct model m;
    T_CHECK(model_open(save(&f), &m, &err) != 0);
    T_CONTAINS(err.message, cases[i].message);
    gguf_file_free(&f);
  }
}
