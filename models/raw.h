/* Checkpoints without names or offsets (llama2.c and its relatives): a header, then tensors end to
 * end in an order that the format fixes. Not for other rooms. */
#ifndef VTPU_MODELS_RAW_H
#define VTPU_MODELS_RAW_H

#include "models/readers.h"

#include <stdint.h>

enum { RAW_PARTS_MOST = 16 };
#define RAW_SKIPPED SIZE_MAX /* an offset: the part is in the file, but not in the model */

struct raw_part {
  const char *name; /* as llama2.c calls it */
  bool per_layer;   /* one tensor for each layer, in turn */
  enum tensor_type type;
  int64_t rows, cols;
  size_t offset; /* of the tensor in struct model_layer, or in struct model */
};

/* Fits every part into the file, which has a header of `header` bytes, and gives all tensors name
 * and place. A T2 tensor is its float32 scale, then the packed trits. The file must end with the
 * last part; kind: what it should be, for messages. m->files->single is the file, and m->config is
 * known; sets m->layers, and the output matrix if it is tied. */
int raw_place(struct model *m, const char *kind, int header, const struct raw_part *parts,
              int count, struct vtpu_error *err);

/* The size that raw_place expects; false when it overflows. */
bool raw_bytes(const struct model_config *c, int header, const struct raw_part *parts, int count,
               uint64_t *bytes);

#endif
