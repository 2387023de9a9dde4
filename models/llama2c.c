/* The checkpoint format of llama2.c, version 0 (no magic, no version field):
 *
 *   1. seven int32: dim, hidden, layers, heads, KV heads, vocabulary (negative: the output matrix
 *      is not tied and stands at the end), context
 *   2. float32 tensors in the order of `parts` below, each for all layers
 *   3. two RoPE tables [context, head_dim / 2], skipped: they follow from theta 10000
 *   4. if not tied: the output matrix [vocabulary, dim]
 */
#include "models/raw.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum { HEADER_INTS = 7, HEADER_BYTES = 28, VOCABULARY = 5 };

/* The trained sequences are delimited by BOS alone, so that it also ends a text. */
enum { LLAMA2C_BOS = 1 };

int llama2c_config(const struct mapping *f, int offset, struct model_config *c,
                   struct vtpu_error *err)
{
  static const char *const names[HEADER_INTS] = {"dim",      "hidden",     "layers", "heads",
                                                 "KV heads", "vocabulary", "context"};
  int32_t v[HEADER_INTS];
  memcpy(v, f->data + offset, sizeof v);
  bool tied = v[VOCABULARY] > 0;
  if (v[VOCABULARY] < 0 && v[VOCABULARY] != INT32_MIN)
    v[VOCABULARY] = -v[VOCABULARY];
  for (int i = 0; i < HEADER_INTS; i++) {
    int most = i == 2 ? MODEL_LAYERS_MOST : MODEL_SIZE_MOST;
    if (v[i] < 1 || v[i] > most)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: offset %d: %s is %" PRId32 ", outside 1 to %d\n"
                       "  is it a checkpoint of llama2.c (version 0) or bitllama2.c?",
                       f->path, offset + 4 * i, names[i], v[i], most);
  }
  if (v[0] % v[3] != 0)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset %d: dim %" PRId32 " is not a multiple of %" PRId32 " heads",
                     f->path, offset, v[0], v[3]);
  *c = (struct model_config){
      .family = MODEL_LLAMA,
      .hidden = v[0],
      .ffn = v[1],
      .layers = v[2],
      .heads = v[3],
      .kv_heads = v[4],
      .vocab = v[VOCABULARY],
      .context = v[6],
      .head_dim = v[0] / v[3],
      .rope_theta = 10000.0f,
      .rms_eps = 1e-5f,
      .rope_pairs = ROPE_NEIGHBOURS,
      .tied = tied,
      .bos = v[VOCABULARY] > LLAMA2C_BOS ? LLAMA2C_BOS : -1,
      .eos = v[VOCABULARY] > LLAMA2C_BOS ? LLAMA2C_BOS : -1,
  };
  return model_config_check(f->path, c, err);
}

int llama2c_open(struct model *m, struct vtpu_error *err)
{
  const struct mapping *f = &m->files->single;
  if (f->bytes < HEADER_BYTES)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: %" PRIu64 " bytes are too short for a llama2.c header of %d", f->path,
                     f->bytes, HEADER_BYTES);
  struct model_config *c = &m->config;
  int bad = llama2c_config(f, 0, c, err);
  if (bad)
    return bad;
  const int64_t q = (int64_t)c->heads * c->head_dim, kv = (int64_t)c->kv_heads * c->head_dim;
  const struct raw_part parts[] = {
      {"token_embedding_table", false, TENSOR_F32, c->vocab, c->hidden,
       offsetof(struct model, token_embedding)},
      {"rms_att_weight", true, TENSOR_F32, 1, c->hidden,
       offsetof(struct model_layer, attention_norm)},
      {"wq", true, TENSOR_F32, q, c->hidden, offsetof(struct model_layer, wq)},
      {"wk", true, TENSOR_F32, kv, c->hidden, offsetof(struct model_layer, wk)},
      {"wv", true, TENSOR_F32, kv, c->hidden, offsetof(struct model_layer, wv)},
      {"wo", true, TENSOR_F32, c->hidden, q, offsetof(struct model_layer, wo)},
      {"rms_ffn_weight", true, TENSOR_F32, 1, c->hidden, offsetof(struct model_layer, ffn_norm)},
      {"w1", true, TENSOR_F32, c->ffn, c->hidden, offsetof(struct model_layer, w_gate)},
      {"w2", true, TENSOR_F32, c->hidden, c->ffn, offsetof(struct model_layer, w_down)},
      {"w3", true, TENSOR_F32, c->ffn, c->hidden, offsetof(struct model_layer, w_up)},
      {"rms_final_weight", false, TENSOR_F32, 1, c->hidden, offsetof(struct model, final_norm)},
      {"freq_cis_real", false, TENSOR_F32, c->context, c->head_dim / 2, RAW_SKIPPED},
      {"freq_cis_imag", false, TENSOR_F32, c->context, c->head_dim / 2, RAW_SKIPPED},
      {"wcls", false, TENSOR_F32, c->vocab, c->hidden, offsetof(struct model, output)},
  };
  int count = (int)(sizeof parts / sizeof *parts) - c->tied;
  return raw_place(m, "llama2.c checkpoint of version 0", HEADER_BYTES, parts, count, err);
}
