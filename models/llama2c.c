/* The checkpoint format of llama2.c, version 0 (no magic, no version field):
 *
 *   1. seven int32: dim, hidden, layers, heads, KV heads, vocabulary (negative: the output matrix
 *      is not tied and stands at the end), context
 *   2. float32 tensors in the order of `parts` below, each for all layers
 *   3. two RoPE tables [context, head_dim / 2], skipped: they follow from theta 10000
 *   4. if not tied: the output matrix [vocabulary, dim]
 */
#include "models/readers.h"

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_INTS = 7, HEADER_BYTES = 28, NAME_BYTES = 32, PARTS_MOST = 15 };

/* The trained sequences are delimited by BOS alone, so that it also ends a text. */
enum { LLAMA2C_BOS = 1 };

struct part {
  const char *name; /* as the fields are called in llama2.c */
  bool per_layer;
  int64_t rows, cols;
  size_t offset; /* of the tensor in struct model_layer or struct model */
};

static int read_config(const char *path, const uint8_t *data, struct model_config *c,
                       struct vtpu_error *err)
{
  static const char *const names[HEADER_INTS] = {"dim",      "hidden",     "layers", "heads",
                                                 "KV heads", "vocabulary", "context"};
  int32_t v[HEADER_INTS];
  memcpy(v, data, sizeof v);
  bool tied = v[5] > 0;
  if (v[5] < 0 && v[5] != INT32_MIN)
    v[5] = -v[5];
  for (int i = 0; i < HEADER_INTS; i++) {
    int most = i == 2 ? MODEL_LAYERS_MOST : MODEL_SIZE_MOST;
    if (v[i] < 1 || v[i] > most)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: offset %d: %s is %" PRId32 ", outside 1 to %d\n"
                       "  is it a llama2.c checkpoint of version 0?",
                       path, 4 * i, names[i], v[i], most);
  }
  if (v[0] % v[3] != 0)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset 0: dim %" PRId32 " is not a multiple of %" PRId32 " heads", path,
                     v[0], v[3]);
  *c = (struct model_config){
      .family = MODEL_LLAMA,
      .hidden = v[0],
      .ffn = v[1],
      .layers = v[2],
      .heads = v[3],
      .kv_heads = v[4],
      .vocab = v[5],
      .context = v[6],
      .head_dim = v[0] / v[3],
      .rope_theta = 10000.0f,
      .rms_eps = 1e-5f,
      .rope_pairs = ROPE_NEIGHBOURS,
      .tied = tied,
      .bos = v[5] > LLAMA2C_BOS ? LLAMA2C_BOS : -1,
      .eos = v[5] > LLAMA2C_BOS ? LLAMA2C_BOS : -1,
  };
  return model_config_check(path, c, err);
}

/* The tensors in the order of the file; returns how many. */
static int list_parts(const struct model_config *c, struct part *parts)
{
  const int64_t q = (int64_t)c->heads * c->head_dim, kv = (int64_t)c->kv_heads * c->head_dim;
  const struct part all[] = {
      {"token_embedding_table", false, c->vocab, c->hidden,
       offsetof(struct model, token_embedding)},
      {"rms_att_weight", true, 1, c->hidden, offsetof(struct model_layer, attention_norm)},
      {"wq", true, q, c->hidden, offsetof(struct model_layer, wq)},
      {"wk", true, kv, c->hidden, offsetof(struct model_layer, wk)},
      {"wv", true, kv, c->hidden, offsetof(struct model_layer, wv)},
      {"wo", true, c->hidden, q, offsetof(struct model_layer, wo)},
      {"rms_ffn_weight", true, 1, c->hidden, offsetof(struct model_layer, ffn_norm)},
      {"w1", true, c->ffn, c->hidden, offsetof(struct model_layer, w_gate)},
      {"w2", true, c->hidden, c->ffn, offsetof(struct model_layer, w_down)},
      {"w3", true, c->ffn, c->hidden, offsetof(struct model_layer, w_up)},
      {"rms_final_weight", false, 1, c->hidden, offsetof(struct model, final_norm)},
      {"freq_cis_real", false, c->context, c->head_dim / 2, SIZE_MAX},
      {"freq_cis_imag", false, c->context, c->head_dim / 2, SIZE_MAX},
      {"wcls", false, c->vocab, c->hidden, offsetof(struct model, output)},
  };
  int count = (int)(sizeof all / sizeof *all) - c->tied;
  memcpy(parts, all, (size_t)count * sizeof *all);
  return count;
}

/* Gives every tensor its place; the size of the file has been checked. */
static void place_tensors(struct model *m, const struct part *parts, int count)
{
  const uint8_t *at = m->files->llama2c.data + HEADER_BYTES;
  char *name = m->files->names;
  for (int p = 0; p < count; p++) {
    const struct part *part = &parts[p];
    int copies = part->per_layer ? m->config.layers : 1;
    for (int l = 0; l < copies; l++) {
      char *owner = part->per_layer ? (char *)&m->layers[l] : (char *)m;
      if (part->offset != SIZE_MAX) {
        if (part->per_layer)
          snprintf(name, NAME_BYTES, "layers.%d.%s", l, part->name);
        else
          snprintf(name, NAME_BYTES, "%s", part->name);
        *(struct tensor *)(void *)(owner + part->offset) =
            (struct tensor){name, TENSOR_F32, part->rows, part->cols, at};
        name += NAME_BYTES;
      }
      at += part->rows * part->cols * 4;
    }
  }
  if (m->config.tied)
    m->output = m->token_embedding;
}

static int check_magic(const char *path, const struct mapping *f, struct vtpu_error *err)
{
  static const struct {
    const char *bytes, *what;
  } foreign[] = {
      {"GGUF", "a GGUF file"},
      {"24ka", "a llama2.c checkpoint of version 1 or later (or a BitNet one)"},
      {"PK\003\004", "a zip archive, such as PyTorch writes"},
  };
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    if (f->bytes >= 4 && memcmp(f->data, foreign[i].bytes, 4) == 0)
      return vtpu_fail(err, VTPU_LIMIT,
                       "%s: this is %s, which is not read\n  give a folder with config.json and "
                       "model.safetensors, or a llama2.c file of version 0",
                       path, foreign[i].what);
  size_t n = strlen(path);
  if (n >= 12 && strcmp(path + n - 12, ".safetensors") == 0)
    return vtpu_fail(err, VTPU_USAGE,
                     "%s: tensors alone are no model\n  give the folder that holds this file and "
                     "config.json",
                     path);
  if (f->bytes < HEADER_BYTES)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: %" PRIu64 " bytes are too short for a llama2.c header of %d", path,
                     f->bytes, HEADER_BYTES);
  return 0;
}

int llama2c_open(const char *path, struct model *m, struct vtpu_error *err)
{
  struct mapping *file = &m->files->llama2c;
  int bad = mapping_open(path, file, err);
  if (!bad)
    bad = check_magic(path, file, err);
  if (!bad)
    bad = read_config(path, file->data, &m->config, err);
  if (bad)
    return bad;

  struct part parts[PARTS_MOST];
  int count = list_parts(&m->config, parts);
  uint64_t need = HEADER_BYTES;
  bool overflow = false;
  for (int p = 0; p < count; p++) {
    uint64_t bytes = (uint64_t)parts[p].rows * (uint64_t)parts[p].cols; /* each below 2^24 */
    overflow |= __builtin_mul_overflow(bytes, 4u, &bytes);
    overflow |=
        __builtin_mul_overflow(bytes, parts[p].per_layer ? (uint64_t)m->config.layers : 1, &bytes);
    overflow |= __builtin_add_overflow(need, bytes, &need);
  }
  if (overflow || need != file->bytes)
    return vtpu_fail(
        err, VTPU_INPUT,
        "%s: the header (dim %d, hidden %d, layers %d, heads %d, KV heads %d, "
        "vocabulary %d%s, context %d) asks for %s%" PRIu64 " bytes, but the file has %" PRIu64
        "\n  it is truncated, damaged or no llama2.c checkpoint of version 0",
        path, m->config.hidden, m->config.ffn, m->config.layers, m->config.heads,
        m->config.kv_heads, m->config.vocab, m->config.tied ? "" : " untied", m->config.context,
        overflow ? "more than " : "", overflow ? UINT64_MAX : need, file->bytes);

  m->layers = calloc((size_t)m->config.layers, sizeof *m->layers);
  m->files->names = calloc((size_t)m->config.layers + 1, (size_t)PARTS_MOST * NAME_BYTES);
  if (!m->layers || !m->files->names)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  place_tensors(m, parts, count);
  return 0;
}
