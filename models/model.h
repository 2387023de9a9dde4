/* Checkpoints: what a transformer of the Llama or Qwen3 family is, wherever it was read from.
 *
 * The readers (Hugging Face folder, llama2.c and BitNet files) fill struct model; the reference
 * forward pass (reference.h) and the lowering (asm/lower) read it. Tensors stay in the mapped file
 * in their stored type; rows are converted to f32 on request, exactly.
 */
#ifndef VTPU_MODELS_MODEL_H
#define VTPU_MODELS_MODEL_H

#include "isa/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tensor_type {
  TENSOR_F32,
  TENSOR_BF16,
  TENSOR_F16,
  TENSOR_T2, /* trits times one f32; element j of the row-major matrix in bits 2 (j mod 4) and up of
                byte j / 4: 00 = 0, 01 = +1, 11 = -1 (not the machine's t2, where -1 is 10) */
  TENSOR_Q8_0, /* the others: ggml's blocks, see blocks.c */
  TENSOR_Q4_0,
  TENSOR_Q4_K,
  TENSOR_Q6_K,
  TENSOR_RANDOM, /* no data: rows are made of seed and scale when asked for (random.c) */
};

/* A matrix [rows, cols], row-major (a vector has rows = 1). Not owned. */
struct tensor {
  const char *name; /* as in the checkpoint */
  enum tensor_type type;
  int64_t rows, cols;
  const void *data; /* in the mapped file; may be unaligned */
  float scale;      /* TENSOR_T2: what its trits are multiplied by; TENSOR_RANDOM: the bound */
  uint64_t seed;    /* TENSOR_RANDOM */
};

/* Converts one row to f32; exact, but for one rounding in TENSOR_Q4_K (blocks.c). out: [cols]. */
void tensor_row_f32(const struct tensor *t, int64_t row, float *out);

/* One row of a TENSOR_T2: -1, 0 or +1; times t->scale they are what tensor_row_f32 gives. */
void tensor_row_trits(const struct tensor *t, int64_t row, int8_t *out);

enum model_family { MODEL_LLAMA, MODEL_QWEN3 };

/* Which lanes RoPE rotates together. */
enum rope_pairs {
  ROPE_HALVES,     /* (i, i + head_dim/2): Hugging Face layout */
  ROPE_NEIGHBOURS, /* (2i, 2i + 1): llama2.c layout */
};

struct model_config {
  enum model_family family;
  int hidden; /* width of the residual stream */
  int layers;
  int heads;    /* query heads */
  int kv_heads; /* divides heads */
  int head_dim; /* heads * head_dim may differ from hidden */
  int ffn;      /* width of the SwiGLU */
  int vocab;
  int context; /* longest sequence, tokens */
  float rope_theta;
  const float *rope_factors; /* [head_dim / 2]: each frequency is divided by its own; NULL: by 1 */
  float rms_eps;
  enum rope_pairs rope_pairs;
  bool qk_norm; /* RMSNorm over each head's q and k (Qwen3) */
  bool tied;    /* output matrix = token embedding */
  /* BitNet: the matrices of the layers are TENSOR_T2. Before a product its input x [n] is
   * normalised without weight or eps, y = x / sqrt(mean(x^2)) / n, and quantised by s = absmax(y) /
   * 127 to the i8 round(y / s), half away from zero; the i32 dot product times (t->scale * s) is
   * the result. wq, wk and wv share their input, so do w_gate and w_up. The layers' norms have no
   * weights. */
  bool bitnet;
  int bos, eos; /* token ids, -1 if none; eos is the token at which generation stops */
};

struct model_layer {
  struct tensor attention_norm; /* [1, hidden]; data == NULL if bitnet */
  struct tensor wq;             /* [heads * head_dim, hidden] */
  struct tensor wk, wv;         /* [kv_heads * head_dim, hidden] */
  struct tensor wo;             /* [hidden, heads * head_dim] */
  struct tensor q_norm, k_norm; /* [1, head_dim]; data == NULL unless qk_norm */
  struct tensor ffn_norm;       /* [1, hidden]; data == NULL if bitnet */
  struct tensor w_gate, w_up;   /* [ffn, hidden] */
  struct tensor w_down;         /* [hidden, ffn] */
};

struct model {
  struct model_config config;
  struct tensor token_embedding; /* [vocab, hidden] */
  struct model_layer *layers;    /* [config.layers] */
  struct tensor final_norm;      /* [1, hidden] */
  struct tensor output;          /* [vocab, hidden]; equals token_embedding when tied */
  struct model_files *files;     /* the reader's own: mappings, names */
};

/* Opens a checkpoint: a folder with config.json and model.safetensors (or its sharded index), or
 * a .bin file of llama2.c or bitllama2.c, told by its first bytes. Everything is checked (sizes,
 * types, shapes against the config) before anything is returned. Errors: VTPU_INPUT with file,
 * offset or tensor name, and cure. */
int model_open(const char *path, struct model *model, struct vtpu_error *err);
void model_close(struct model *model);

/* A model of made-up weights, the same for the same shape and seed. shape: the name of one of
 * model_shapes; or "key=value,..." with keys named as the fields; or both, "qwen3-0.6b,layers=2".
 * It has no begin and end tokens, and takes no memory for its matrices. Errors: VTPU_USAGE. */
int model_random(const char *shape, uint64_t seed, struct model *model, struct vtpu_error *err);

struct model_shape {
  const char *name;
  int layers, hidden, heads, kv_heads, head_dim, ffn, vocab, context;
  double theta, eps;
  bool tied, qk_norm;
};
extern const struct model_shape model_shapes[]; /* ended by a name of NULL */

/* RoPE's rotation of every pair at one position: cosine, sine [head_dim / 2], pair i turned by
 * position * theta^(-2 i / head_dim) / rope_factors[i]. In f32 step by step, as the models are
 * trained: a BitNet model, whose rounding to i8 doubles small differences up, generates other words
 * with other angles. */
void model_rope_row(const struct model_config *c, int position, float *cosine, float *sine);

/* --- tokenizer ----------------------------------------------------------------------------- */

struct tokenizer;

/* Finds the tokenizer that goes with a checkpoint: tokenizer.json in the folder, or for a llama2.c
 * file its tokNNN.bin / tokenizer.bin beside it. vocab: the model's, checked against the file's. */
int tokenizer_open(const char *model_path, int vocab, struct tokenizer **out,
                   struct vtpu_error *err);
void tokenizer_close(struct tokenizer *t);

/* Encodes UTF-8 text as the model family expects at the start of a sequence (llama2.c: BOS and
 * dummy space; Hugging Face: its own post-processing). ids: caller's array of `room`; returns 0
 * and the count, or an error (VTPU_LIMIT) when it does not fit. */
int tokenizer_encode(const struct tokenizer *t, const char *text, int *ids, int room, int *count,
                     struct vtpu_error *err);
/* The same for text that may contain NUL bytes. */
int tokenizer_encode_bytes(const struct tokenizer *t, const char *text, size_t bytes, int *ids,
                           int room, int *count, struct vtpu_error *err);

/* The bytes of one token that follows `previous` (-1 at the start); length in *bytes. Bytes may be
 * part of a UTF-8 character. NULL for an id outside the vocabulary. */
const char *tokenizer_piece(const struct tokenizer *t, int previous, int id, int *bytes);

#ifdef __cplusplus
}
#endif
#endif
