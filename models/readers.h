/* Between the readers and model_open: not for other rooms. */
#ifndef VTPU_MODELS_READERS_H
#define VTPU_MODELS_READERS_H

#include "models/mapping.h"
#include "models/model.h"
#include "models/safetensors.h"

/* Largest value of any size in a config: products of two of them fit easily in 64 bits, and every
 * one is exact in a float. */
enum { MODEL_SIZE_MOST = 1 << 24, MODEL_LAYERS_MOST = 1 << 16 };

/* What must outlive the tensors. */
struct model_files {
  struct safetensors *shards; /* [shard_count], Hugging Face */
  int shard_count;
  struct mapping single; /* a checkpoint that is one file */
  struct gguf *gguf;     /* of that file, if it is one */
  float *ones;           /* norms of a random model: [widest] */
  float *rope_factors;   /* what config.rope_factors points to */
  char *names;           /* names made for tensors that have none in their file */
};

/* Each fills a zeroed model with model->files set; model_open closes it when they fail. */
int huggingface_open(const char *folder, struct model *model, struct vtpu_error *err);
/* These take over the mapping: it is model->files->single. */
int llama2c_open(struct model *model, struct vtpu_error *err);
int bitnet_open(struct model *model, struct vtpu_error *err);
int gguf_open(struct model *model, struct vtpu_error *err);

/* The seven int32 that llama2.c files and their relatives have at `offset`: dim, hidden, layers,
 * heads, KV heads, vocabulary, context. The rest of the config is llama2.c's, the model tied. */
int llama2c_config(const struct mapping *f, int offset, struct model_config *c,
                   struct vtpu_error *err);

/* config.json of a Hugging Face folder -> model->config; path is the file's. */
int huggingface_config(const char *path, struct model *model, struct vtpu_error *err);

/* How the frequencies of RoPE were changed for contexts longer than those first trained on. A kind
 * has the numbers of the kinds before it. */
enum rope_scaling_kind { ROPE_PLAIN, ROPE_LINEAR, ROPE_LLAMA3 };
struct rope_scaling {
  enum rope_scaling_kind kind;
  float factor;    /* frequencies are divided by it */
  float low, high; /* but not where more than `high` turns fit `context`, partly between the two */
  float context;   /* tokens, as trained at first */
};

/* Makes config.rope_factors of a model whose head_dim and rope_theta are known. place: the file. */
int rope_scale(const char *place, struct model *model, const struct rope_scaling *s,
               struct vtpu_error *err);
/* The same from factors that a file holds: [1, head_dim / 2]. */
int rope_take_factors(const char *place, struct model *model, const struct tensor *factors,
                      struct vtpu_error *err);

/* What holds for every family: heads in whole groups, rotated pairs, sizes in range. place: the
 * file, for messages. */
int model_config_check(const char *place, const struct model_config *c, struct vtpu_error *err);

#endif
