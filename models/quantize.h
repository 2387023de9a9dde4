/* Narrow number types: which parts of a model are stored how, and how numbers become integers.
 *
 * The reference forward pass and the lowering both quantise through here, so the integers of the
 * two are the same to the bit:
 *
 *   weights i8   a row w[n]: scale = absmax / 127, q = w / scale; by row
 *   weights t2   a row w[n]: scale = mean |w|, q = w / scale clipped to -1, 0, +1 (absmean, as
 *                BitNet b1.58, but by row); a row whose values are all -s, 0 or +s keeps them
 * exactly activations  a vector x[n] of one token: q = x * (127 / absmax), scale = absmax / 127,
 * with the machine's reciprocal (isa/num.h), so that its bits are the machine's
 *
 * All are rounded to nearest, half away from zero. A product is the i32 dot of the integers, times
 * the row's scale, times the activations' scale, in f32.
 */
#ifndef VTPU_MODELS_QUANTIZE_H
#define VTPU_MODELS_QUANTIZE_H

#include "models/model.h"

#ifdef __cplusplus
extern "C" {
#endif

enum number_type { NUMBER_DEFAULT, NUMBER_F32, NUMBER_BF16, NUMBER_I8, NUMBER_T2 };
enum { NUMBER_TYPES = NUMBER_T2 + 1 };
extern const char *const number_names[NUMBER_TYPES]; /* "default", "f32", "bf16", "i8", "t2" */
/* The type of a name, or NUMBER_DEFAULT if there is none. */
enum number_type number_from_name(const char *name);

/* How the parts of a model are stored and computed. */
struct number_types {
  enum number_type weights; /* matrices of the layers */
  enum number_type head;    /* the output matrix */
  enum number_type kv;      /* keys and values that attention reads */
};

/* Puts the defaults in place of NUMBER_DEFAULT: weights f32; head as the weights, i8 with t2; kv
 * f32 with f32 weights, else bf16. A checkpoint that is ternary already has weights t2, and the
 * rest as it was trained: f32. Errors: VTPU_USAGE for what cannot be. */
int number_types_resolve(const struct model *m, struct number_types *t, struct vtpu_error *err);

/* The type of the token embedding, of which a token needs one row: f32 where the weights are f32 or
 * the checkpoint is ternary, else bf16. */
enum number_type number_types_embedding(const struct model *m, const struct number_types *t);

/* One row of weights; q: [n]. Each returns the scale. */
float quantize_row_i8(const float *w, int64_t n, int8_t *q);
float quantize_row_t2(const float *w, int64_t n, int8_t *q);

/* The activations of one token; q: [n]. Returns absmax / 127. */
float quantize_activations(const float *x, int64_t n, int8_t *q);
/* The factor that makes integers of activations with this absmax, and what one of them is worth. */
float quantize_factor(float absmax);
float quantize_step(float absmax);

#ifdef __cplusplus
}
#endif
#endif
