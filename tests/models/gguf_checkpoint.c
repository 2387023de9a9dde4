#include "tests/models/gguf_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/harness.h"

enum { PATH_ROOM = 1024 };

void gguf_put_config(struct gguf_file *f, const struct synthetic *s)
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

void gguf_put_matrix(struct gguf_file *f, const char *name, const char *source, int rows, int cols,
                     uint32_t type, int pairs)
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

struct gguf_file gguf_checkpoint(const struct synthetic *s, uint32_t type, uint32_t alignment)
{
  struct gguf_file f = gguf_file_new();
  f.alignment = alignment;
  if (alignment != 32)
    gguf_put_int(&f, "general.alignment", alignment);
  gguf_put_config(&f, s);
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
    gguf_put_matrix(&f, "output.weight", "lm_head.weight", s->vocab, s->hidden, type, 0);
  gguf_put_matrix(&f, "output_norm.weight", "model.norm.weight", 1, s->hidden, F32, 0);
  gguf_put_matrix(&f, "token_embd.weight", "model.embed_tokens.weight", s->vocab, s->hidden, type,
                  0);
  for (int l = 0; l < s->layers; l++)
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
      if (parts[i].qwen3 && !s->qwen3)
        continue;
      char name[128], source[128];
      snprintf(name, sizeof name, "blk.%d.%s.weight", l, parts[i].name);
      snprintf(source, sizeof source, "model.layers.%d.%s.weight", l, parts[i].source);
      gguf_put_matrix(&f, name, source, parts[i].rows, parts[i].cols, parts[i].vector ? F32 : type,
                      parts[i].pairs);
    }
  return f;
}

const char *gguf_save(const struct gguf_file *f)
{
  static char path[PATH_ROOM];
  static int count;
  char name[32];
  snprintf(name, sizeof name, "model%d.gguf", count++ % 2);
  snprintf(path, sizeof path, "%s", t_temp(name));
  gguf_file_write(f, path);
  return path;
}
