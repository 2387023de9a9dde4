/* Tensors end to end: see raw.h. */
#include "models/raw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 32 };

/* Rows and columns are below 2^24 each. */
static uint64_t tensor_bytes(const struct raw_part *part)
{
  uint64_t elements = (uint64_t)part->rows * (uint64_t)part->cols;
  return part->type == TENSOR_T2 ? 4 + (elements + 3) / 4 : 4 * elements;
}

bool raw_bytes(const struct model_config *c, int header, const struct raw_part *parts, int count,
               uint64_t *bytes)
{
  bool overflow = false;
  *bytes = (uint64_t)header;
  for (int p = 0; p < count; p++) {
    uint64_t copies = parts[p].per_layer ? (uint64_t)c->layers : 1, n;
    overflow |= __builtin_mul_overflow(tensor_bytes(&parts[p]), copies, &n);
    overflow |= __builtin_add_overflow(*bytes, n, bytes);
  }
  return !overflow;
}

static void place_tensor(const struct raw_part *part, const char *name, const uint8_t *at,
                         struct tensor *t)
{
  *t = (struct tensor){
      .name = name, .type = part->type, .rows = part->rows, .cols = part->cols, .data = at};
  if (part->type == TENSOR_T2) {
    memcpy(&t->scale, at, sizeof t->scale);
    t->data = at + 4;
  }
}

int raw_place(struct model *m, const char *kind, int header, const struct raw_part *parts,
              int count, struct vtpu_error *err)
{
  const struct model_config *c = &m->config;
  const struct mapping *f = &m->files->single;
  uint64_t need;
  bool fits = raw_bytes(c, header, parts, count, &need);
  if (!fits || need != f->bytes)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: the header (dim %d, hidden %d, layers %d, heads %d, KV heads %d, "
                     "vocabulary %d%s, context %d) asks for %s%" PRIu64
                     " bytes, but the file has %" PRIu64
                     "\n  it is truncated, damaged or no %s: fetch or export it again",
                     f->path, c->hidden, c->ffn, c->layers, c->heads, c->kv_heads, c->vocab,
                     c->tied ? "" : " untied", c->context, fits ? "" : "more than ",
                     fits ? need : UINT64_MAX, f->bytes, kind);

  m->layers = calloc((size_t)c->layers, sizeof *m->layers);
  m->files->names = calloc((size_t)c->layers + 1, (size_t)RAW_PARTS_MOST * NAME_BYTES);
  if (!m->layers || !m->files->names)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", f->path);
  const uint8_t *at = f->data + header;
  char *name = m->files->names;
  for (const struct raw_part *part = parts; part < parts + count; part++) {
    for (int l = 0; l < (part->per_layer ? c->layers : 1); l++) {
      char *owner = part->per_layer ? (char *)&m->layers[l] : (char *)m;
      if (part->offset != RAW_SKIPPED) {
        if (part->per_layer)
          snprintf(name, NAME_BYTES, "layers.%d.%s", l, part->name);
        else
          snprintf(name, NAME_BYTES, "%s", part->name);
        place_tensor(part, name, at, (struct tensor *)(void *)(owner + part->offset));
        name += NAME_BYTES;
      }
      at += tensor_bytes(part);
    }
  }
  if (c->tied)
    m->output = m->token_embedding;
  return 0;
}
