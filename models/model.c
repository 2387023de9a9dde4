/* Checkpoints: see model.h. Picks the reader; converts rows; knows what all families share. */
#include "models/model.h"
#include "models/readers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are little-endian");

/* f16: sign 15, exponent 14..10 (bias 15), fraction 9..0. Every value is a f32. */
static float f32_from_f16(uint16_t h)
{
  uint32_t sign = (uint32_t)(h >> 15) << 31;
  uint32_t exponent = h >> 10 & 31, fraction = h & 1023;
  if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  uint32_t bits = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | fraction << 13;
  float out;
  memcpy(&out, &bits, sizeof out);
  return out;
}

void tensor_row_f32(const struct tensor *t, int64_t row, float *out)
{
  size_t cols = (size_t)t->cols;
  if (t->type == TENSOR_F32) {
    memcpy(out, (const char *)t->data + (size_t)row * cols * 4, cols * 4);
    return;
  }
  const char *in = (const char *)t->data + (size_t)row * cols * 2;
  for (size_t i = 0; i < cols; i++) {
    uint16_t half;
    memcpy(&half, in + 2 * i, sizeof half);
    if (t->type == TENSOR_BF16) { /* the upper half of a f32 */
      uint32_t bits = (uint32_t)half << 16;
      memcpy(&out[i], &bits, sizeof bits);
    } else {
      out[i] = f32_from_f16(half);
    }
  }
}

void model_rope_row(const struct model_config *c, int position, float *cosine, float *sine)
{
  for (int i = 0; i < c->head_dim / 2; i++) {
    double angle = position * pow(c->rope_theta, -2.0 * i / c->head_dim);
    cosine[i] = (float)cos(angle);
    sine[i] = (float)sin(angle);
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

int model_open(const char *path, struct model *model, struct vtpu_error *err)
{
  *model = (struct model){0};
  struct stat st;
  if (stat(path, &st) != 0)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: %s\n  a model is a folder with config.json and model.safetensors, or a "
                     "llama2.c .bin file",
                     path, strerror(errno));
  model->files = calloc(1, sizeof *model->files);
  if (!model->files)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  int bad =
      S_ISDIR(st.st_mode) ? huggingface_open(path, model, err) : llama2c_open(path, model, err);
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
    mapping_close(&f->llama2c);
    free(f->names);
    free(f);
  }
  free(model->layers);
  *model = (struct model){0};
}
