/* Between random.c and its users in this room; model_random is in model.h. */
#ifndef VTPU_MODELS_RANDOM_H
#define VTPU_MODELS_RANDOM_H

#include "models/model.h"

/* One row of a TENSOR_RANDOM: numbers between -scale and scale. */
void random_row_f32(const struct tensor *t, int64_t row, float *out);

#endif
