/* A small Hugging Face checkpoint made of known numbers, for tests of any room.
 *
 * Every weight is a multiple of 1/256 (1/64 in norms) below 1, so exact in f32, bf16 and f16 alike:
 * a test can compute with synthetic_weight() and never read the file.
 */
#ifndef VTPU_TESTS_MODELS_SYNTHETIC_H
#define VTPU_TESTS_MODELS_SYNTHETIC_H

#include <stdbool.h>

struct synthetic {
  bool qwen3; /* else Llama */
  bool tied;
  int hidden, layers, heads, kv_heads, head_dim, ffn, vocab, context;
  double rope_theta;
  const char *dtype; /* "F32", "BF16", "F16" */
  int shards;        /* 1: model.safetensors; more: an index and that many files */
};

/* hidden 24, 2 layers, 4 heads, 2 KV heads, head_dim 8, ffn 40, vocabulary 48, context 32. */
struct synthetic synthetic_default(void);

/* Writes config.json and the tensors into `folder`, which is made if absent. False on failure. */
bool synthetic_write(const struct synthetic *s, const char *folder);

/* Element `index` (row-major) of the tensor of that name in the checkpoint. */
double synthetic_weight(const char *name, long index);

/* Changes a file: replaces the first `from` by `to` in the text (in a safetensors file: in its
 * header, whose length is corrected). False when `from` is not there. */
bool synthetic_patch(const char *path, const char *from, const char *to);

#endif
