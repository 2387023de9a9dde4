/* The ternary checkpoints of bitllama2.c (BitNet: what struct model_config says of `bitnet`):
 *
 *   1. uint32 0x616b3432, which reads "24ka"; int32 version 1
 *   2. seven int32 as in llama2.c: dim, hidden, layers, heads, KV heads, vocabulary, context
 *   3. a byte: 1 if the output matrix is the token embedding; zeros up to byte 256
 *   4. float32: the final norm [dim], the token embedding [vocabulary, dim]
 *   5. wq of all layers, then wk, wv, wo, w1, w2, w3: each matrix is its float32 scale, then its
 *      trits, as TENSOR_T2 has them (model.h)
 *
 * llama2.c writes float32 files of version 1 with the same first 256 bytes; only their size tells
 * them apart.
 */
#include "models/raw.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { VERSION_AT = 4, CONFIG_AT = 8, TIED_AT = 36, HEADER_BYTES = 256 };
enum { FIRST_TERNARY = 2, PARTS = 9 };

static const char kind[] = "ternary checkpoint of bitllama2.c";

static int check_header(const struct mapping *f, struct vtpu_error *err)
{
  int32_t version;
  if (f->bytes < HEADER_BYTES)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: %" PRIu64 " bytes are too short for the header of %d of a %s\n"
                     "  it is truncated: fetch it again",
                     f->path, f->bytes, HEADER_BYTES, kind);
  memcpy(&version, f->data + VERSION_AT, sizeof version);
  if (version != 1)
    return vtpu_fail(err, VTPU_LIMIT,
                     "%s: offset %d: version %" PRId32 " of llama2.c's files is not read\n"
                     "  export the checkpoint as version 0, or as a Hugging Face folder",
                     f->path, VERSION_AT, version);
  if (f->data[TIED_AT] != 1)
    return vtpu_fail(err, VTPU_LIMIT,
                     "%s: offset %d: is %d: an output matrix of its own is not covered in a %s",
                     f->path, TIED_AT, f->data[TIED_AT], kind);
  return 0;
}

/* The scale is a finite number above 0, and no trit is 10, which means nothing. */
static int check_trits(const struct mapping *f, const struct tensor *t, struct vtpu_error *err)
{
  const uint8_t *data = t->data;
  if (!isfinite(t->scale) || !(t->scale > 0))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset %td: the scale of %s is %g, not a number above 0\n"
                     "  the file is damaged: fetch or export it again",
                     f->path, data - f->data - 4, t->name, (double)t->scale);
  for (int64_t i = 0; i < (t->rows * t->cols + 3) / 4; i++)
    if (data[i] & (data[i] << 1 ^ 0xAA) & 0xAA) /* upper bit set, lower clear */
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: offset %td: byte 0x%02X of %s holds 10, which is no trit\n"
                       "  the file is damaged: fetch or export it again",
                       f->path, data + i - f->data, data[i], t->name);
  return 0;
}

/* The same for a float32 file of version 1: the norms of the layers come too. */
static bool is_float32(const struct mapping *f, const struct model_config *c,
                       const struct raw_part *parts)
{
  struct raw_part all[PARTS + 1];
  uint64_t bytes;
  memcpy(all, parts, PARTS * sizeof *parts);
  for (int p = 0; p < PARTS; p++)
    all[p].type = TENSOR_F32;
  all[PARTS] = (struct raw_part){"norms", true, TENSOR_F32, 2, c->hidden, RAW_SKIPPED};
  return raw_bytes(c, HEADER_BYTES, all, PARTS + 1, &bytes) && bytes == f->bytes;
}

int bitnet_open(struct model *m, struct vtpu_error *err)
{
  const struct mapping *f = &m->files->single;
  struct model_config *c = &m->config;
  int bad = check_header(f, err);
  if (!bad)
    bad = llama2c_config(f, CONFIG_AT, c, err);
  if (bad)
    return bad;
  if (!c->tied)
    return vtpu_fail(err, VTPU_INPUT, "%s: offset %d: vocabulary is -%d, below 1", f->path,
                     CONFIG_AT + 20, c->vocab);
  c->bitnet = true;
  const int64_t q = (int64_t)c->heads * c->head_dim, kv = (int64_t)c->kv_heads * c->head_dim;
  const struct raw_part parts[PARTS] = {
      {"norm", false, TENSOR_F32, 1, c->hidden, offsetof(struct model, final_norm)},
      {"tok_embeddings", false, TENSOR_F32, c->vocab, c->hidden,
       offsetof(struct model, token_embedding)},
      {"wq", true, TENSOR_T2, q, c->hidden, offsetof(struct model_layer, wq)},
      {"wk", true, TENSOR_T2, kv, c->hidden, offsetof(struct model_layer, wk)},
      {"wv", true, TENSOR_T2, kv, c->hidden, offsetof(struct model_layer, wv)},
      {"wo", true, TENSOR_T2, c->hidden, q, offsetof(struct model_layer, wo)},
      {"w1", true, TENSOR_T2, c->ffn, c->hidden, offsetof(struct model_layer, w_gate)},
      {"w2", true, TENSOR_T2, c->hidden, c->ffn, offsetof(struct model_layer, w_down)},
      {"w3", true, TENSOR_T2, c->ffn, c->hidden, offsetof(struct model_layer, w_up)},
  };
  if (is_float32(f, c, parts))
    return vtpu_fail(err, VTPU_LIMIT,
                     "%s: this is a float32 checkpoint of llama2.c, version 1, which is not read\n"
                     "  export it as version 0, or as a Hugging Face folder",
                     f->path);
  bad = raw_place(m, kind, HEADER_BYTES, parts, PARTS, err);
  for (int l = 0; l < c->layers && !bad; l++)
    for (int p = FIRST_TERNARY; p < PARTS && !bad; p++)
      bad = check_trits(f, (const struct tensor *)(void *)((char *)&m->layers[l] + parts[p].offset),
                        err);
  return bad;
}
