/* Checkpoints: see model.h. Picks the reader; converts rows; knows what all families share. */
#include "models/model.h"
#include "models/blocks.h"
#include "models/gguf.h"
#include "models/random.h"
#include "models/readers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are little-endian");

/* What can be opened, for messages. */
static const char model_paths[] =
    "a folder with config.json and model.safetensors, a GGUF file, or "
    "a .bin file of llama2.c (version 0) or bitllama2.c";

static const int8_t trit_values[4] = {0, 1, 0, -1}; /* of a TENSOR_T2 */

/* Four trits as four bytes. Bits 01 are the byte 0x01 already; 11 becomes 0x01 | 0xFE. */
static uint32_t trits_of_byte(uint32_t packed)
{
  uint32_t apart =
      (packed & 3) | (packed & 0x0C) << 6 | (packed & 0x30) << 12 | (packed & 0xC0) << 18;
  uint32_t low = apart & 0x01010101, negative = apart >> 1 & low;
  return low | negative * 0xFE;
}

void tensor_row_trits(const struct tensor *t, int64_t row, int8_t *out)
{
  const uint8_t *packed = t->data;
  size_t j = (size_t)row * (size_t)t->cols, end = j + (size_t)t->cols;
  for (; j < end && j % 4; j++)
    *out++ = trit_values[packed[j / 4] >> 2 * (j % 4) & 3];
  for (size_t fours = (end - j) / 4; fours; fours--, j += 4, out += 4) {
    uint32_t four = trits_of_byte(packed[j / 4]);
    memcpy(out, &four, sizeof four);
  }
  for (; j < end; j++)
    *out++ = trit_values[packed[j / 4] >> 2 * (j % 4) & 3];
}

static void row_of_trits(const struct tensor *t, int64_t row, float *out)
{
  const uint8_t *packed = t->data;
  size_t j = (size_t)row * (size_t)t->cols;
  for (int64_t i = 0; i < t->cols; i++, j++)
    out[i] = t->scale * (float)trit_values[packed[j / 4] >> 2 * (j % 4) & 3];
}

/* The upper half of a f32. */
static void row_of_bf16(const uint8_t *in, int64_t cols, float *out)
{
  for (int64_t i = 0; i < cols; i++) {
    uint32_t bits = (uint32_t)in[2 * i] << 16 | (uint32_t)in[2 * i + 1] << 24;
    memcpy(&out[i], &bits, sizeof bits);
  }
}

static void row_of_f16(const uint8_t *in, int64_t cols, float *out)
{
  for (int64_t i = 0; i < cols; i++)
    out[i] = f32_from_f16((uint16_t)(in[2 * i] | in[2 * i + 1] << 8));
}

void tensor_row_f32(const struct tensor *t, int64_t row, float *out)
{
  if (t->type == TENSOR_T2) {
    row_of_trits(t, row, out);
    return;
  }
  if (t->type == TENSOR_RANDOM) {
    random_row_f32(t, row, out);
    return;
  }
  struct block_shape block = block_shape(t->type);
  int64_t blocks = t->cols / block.elements;
  const uint8_t *in = (const uint8_t *)t->data + row * blocks * block.bytes;
  switch (t->type) {
  case TENSOR_F32: memcpy(out, in, (size_t)t->cols * 4); break;
  case TENSOR_BF16: row_of_bf16(in, t->cols, out); break;
  case TENSOR_F16: row_of_f16(in, t->cols, out); break;
  default: blocks_f32(t->type, in, blocks, out);
  }
}

int model_config_check(const char *place, const struct model_config *c, struct vtpu_error *err)
{
  if (c->heads % c->kv_heads != 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: %d query heads cannot share %d KV heads in equal groups",
                     place, c->heads, c->kv_heads);
  if (c->head_dim % 2 != 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: head_dim %d is odd, but RoPE rotates pairs", place,
                     c->head_dim);
  if ((int64_t)c->heads * c->head_dim > MODEL_SIZE_MOST)
    return vtpu_fail(err, VTPU_LIMIT, "%s: %d heads of %d are wider than %d", place, c->heads,
                     c->head_dim, MODEL_SIZE_MOST);
  if (c->bos >= c->vocab || c->eos >= c->vocab)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: token id %d (begin or end of text) is outside the vocabulary of %d",
                     place, c->bos >= c->vocab ? c->bos : c->eos, c->vocab);
  return 0;
}

/* A checkpoint that is one file: its first bytes say which kind. */
static int open_single(const char *path, struct model *model, struct vtpu_error *err)
{
  static const struct {
    const char magic[5];
    int (*open)(struct model *model, struct vtpu_error *err); /* NULL: not read */
    const char *what;
  } kinds[] = {
      {"24ka", bitnet_open, ""},
      {"GGUF", gguf_open, ""},
      {"PK\003\004", NULL, "a zip archive, such as PyTorch writes"},
  };
  struct mapping *f = &model->files->single;
  int bad = mapping_open(path, f, err);
  if (bad)
    return bad;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (f->bytes < 4 || memcmp(f->data, kinds[i].magic, 4) != 0)
      continue;
    return kinds[i].open
               ? kinds[i].open(model, err)
               : vtpu_fail(err, VTPU_LIMIT, "%s: this is %s, which is not read\n  give %s", path,
                           kinds[i].what, model_paths);
  }
  size_t n = strlen(path);
  if (n >= 12 && strcmp(path + n - 12, ".safetensors") == 0)
    return vtpu_fail(err, VTPU_USAGE,
                     "%s: tensors alone are no model\n  give the folder that holds this file and "
                     "config.json",
                     path);
  return llama2c_open(model, err);
}

int model_open(const char *path, struct model *model, struct vtpu_error *err)
{
  *model = (struct model){0};
  struct stat st;
  if (stat(path, &st) != 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s\n  a model is %s", path, strerror(errno),
                     model_paths);
  model->files = calloc(1, sizeof *model->files);
  if (!model->files)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  int bad =
      S_ISDIR(st.st_mode) ? huggingface_open(path, model, err) : open_single(path, model, err);
  if (bad)
    model_close(model);
  return bad;
}

void model_close(struct model *model)
{
  struct model_files *f = model->files;
  if (f) {
    for (int i = 0; i < f->shard_count; i++)
      safetensors_close(&f->shards[i]);
    free(f->shards);
    if (f->gguf)
      gguf_free(f->gguf);
    free(f->gguf);
    mapping_close(&f->single);
    free(f->names);
    free(f->ones);
    free(f->rope_factors);
    free(f);
  }
  free(model->layers);
  *model = (struct model){0};
}
