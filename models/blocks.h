/* Quantised rows as ggml packs them: blocks of 32 or 256 elements with their own scales. */
#ifndef VTPU_MODELS_BLOCKS_H
#define VTPU_MODELS_BLOCKS_H

#include "models/model.h"

/* Elements and bytes of a block; 1 and the element's size for types without blocks. 0 elements for
 * types that do not come in rows of whole bytes. */
struct block_shape {
  int elements, bytes;
};
struct block_shape block_shape(enum tensor_type type);

/* Converts `blocks` blocks of a quantised type. */
void blocks_f32(enum tensor_type type, const uint8_t *in, int64_t blocks, float *out);

/* f16: sign 15, exponent 14..10 (bias 15), fraction 9..0. Every value is a f32. */
float f32_from_f16(uint16_t h);

#endif
