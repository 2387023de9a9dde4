/* Models of given shape with random weights, in memory, for tests of the lowering. */
#ifndef VTPU_TESTS_LOWER_RANDOM_MODEL_H
#define VTPU_TESTS_LOWER_RANDOM_MODEL_H

#include "models/model.h"

struct random_shape {
  int hidden, layers, heads, kv_heads, head_dim, ffn, vocab, context;
  enum rope_pairs rope;
  bool qk_norm, tied;
};

/* Weights small enough that activations stay near 1. False when memory is out. */
bool random_model(const struct random_shape *shape, uint64_t seed, struct model *out);
/* The same as a ternary checkpoint (model_config.bitnet): shape->qk_norm must be false. */
bool random_ternary_model(const struct random_shape *shape, uint64_t seed, struct model *out);
void random_model_free(struct model *m);

/* xorshift64*; state must not be 0. */
uint64_t random_next(uint64_t *state);

#endif
