/* The reference forward pass: plain C, readable like a paper; the oracle for the lowering. In f32, or
 * in the narrow types of models/quantize.h: then integers are quantised as the machine does it. */
#ifndef VTPU_MODELS_REFERENCE_H
#define VTPU_MODELS_REFERENCE_H

#include "models/model.h"
#include "models/quantize.h"

#ifdef __cplusplus
extern "C" {
#endif

struct reference; /* one sequence: the model, its KV cache [layers, context, kv_heads * head_dim] */

/* types: NULL for the defaults. */
int reference_new(const struct model *model, const struct number_types *types,
                  struct reference **out, struct vtpu_error *err);
void reference_free(struct reference *r);

/* Processes one token at the next position (0, 1, ...). logits: [vocab]. Errors: VTPU_LIMIT when
 * the context is full, VTPU_INPUT for a token outside the vocabulary. */
int reference_step(struct reference *r, int token, float *logits, struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
