/* GGUF models: every way in which a file can be wrong, and what it may say without harm. */
#include "models/gguf.h"
#include "tests/harness/harness.h"
#include "tests/models/gguf_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024 };

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

T_TEST(gguf_refusal, every_truncation_is_refused)
{
  struct synthetic s = small();
  struct gguf_file f = gguf_checkpoint(&s, F32, 32);
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
T_TEST(gguf_refusal, random_damage_does_no_harm)
{
  struct synthetic s = small();
  struct gguf_file f = gguf_checkpoint(&s, F32, 32);
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
  T_EQ(model_open(gguf_save(&f), &m, &err), category);
  T_CONTAINS(err.message, message);
  T_CHECK(m.files == NULL && m.layers == NULL);
  gguf_file_free(&f);
}

static struct gguf_file good(void)
{
  struct synthetic s = small();
  return gguf_checkpoint(&s, F32, 32);
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

T_TEST(gguf_refusal, what_is_not_covered_is_refused_by_name)
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
T_TEST(gguf_refusal, scaled_rope_divides_the_frequencies)
{
  static const float factors[2][2] = {{4, 4}, {1, 8}};
  const uint64_t pairs = 2;
  for (int tensor = 0; tensor < 2; tensor++) {
    struct gguf_file f = good();
    struct model m, plain;
    struct vtpu_error err;
    T_EQ(model_open(gguf_save(&f), &plain, &err), 0);
    T_EQ(plain.config.head_dim, 4);
    if (tensor)
      gguf_put_tensor(&f, "rope_freqs.weight", 1, &pairs, F32, factors[1], sizeof factors[1]);
    else
      gguf_put_float(&f, "qwen3.rope.scaling.factor", 4);
    T_EQ(model_open(gguf_save(&f), &m, &err), 0);
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
T_TEST(gguf_refusal, plain_values_of_optional_keys_are_read)
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
  T_EQ(model_open(gguf_save(&f), &m, &err), 0);
  model_close(&m);
  gguf_file_free(&f);
}

T_TEST(gguf_refusal, contradictions_are_refused)
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

T_TEST(gguf_refusal, sizes_must_fit_each_other)
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
    struct gguf_file f = gguf_checkpoint(&s, F32, 32);
    uint8_t *at = memmem(f.values, f.value_bytes, cases[i].key, strlen(cases[i].key));
    T_REQUIRE(at);
    memcpy(at + strlen(cases[i].key) + 4, &cases[i].value, 4);
    struct vtpu_error err = {0};
    struct model m;
    T_CHECK(model_open(gguf_save(&f), &m, &err) != 0);
    T_CONTAINS(err.message, cases[i].message);
    gguf_file_free(&f);
  }
}
