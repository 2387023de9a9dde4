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

/* config.json of a Hugging Face folder; path is the file's. */
int huggingface_config(const char *path, struct model_config *config, struct vtpu_error *err);

/* What holds for every family: heads in whole groups, rotated pairs, sizes in range. place: the
 * file, for messages. */
int model_config_check(const char *place, const struct model_config *c, struct vtpu_error *err);

#endif
