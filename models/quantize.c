/* Numbers to narrow types: see quantize.h. */
#include "models/quantize.h"

#include "isa/num.h"

#include <math.h>
#include <string.h>

const char *const number_names[NUMBER_TYPES] = {"default", "f32", "bf16", "i8", "t2"};

enum number_type number_from_name(const char *name)
{
  for (int t = NUMBER_F32; t < NUMBER_TYPES; t++)
    if (strcmp(name, number_names[t]) == 0)
      return (enum number_type)t;
  return NUMBER_DEFAULT;
}

int number_types_resolve(const struct model *m, struct number_types *t, struct vtpu_error *err)
{
  bool ternary = m->config.bitnet;
  if (t->weights == NUMBER_DEFAULT)
    t->weights = ternary ? NUMBER_T2 : NUMBER_F32;
  if (t->head == NUMBER_DEFAULT)
    t->head = ternary ? NUMBER_F32 : t->weights == NUMBER_T2 ? NUMBER_I8 : t->weights;
  if (t->kv == NUMBER_DEFAULT)
    t->kv = ternary || t->weights == NUMBER_F32 ? NUMBER_F32 : NUMBER_BF16;
  if (ternary && t->weights != NUMBER_T2)
    return vtpu_fail(err, VTPU_USAGE,
                     "weights %s: this checkpoint is ternary, its layers are computed as such\n"
                     "  leave the type out, or choose t2",
                     number_names[t->weights]);
  if (t->kv == NUMBER_T2)
    return vtpu_fail(err, VTPU_USAGE,
                     "KV cache t2: keys and values cannot be ternary\n  choose f32, bf16 or i8");
  return 0;
}

enum number_type number_types_embedding(const struct model *m, const struct number_types *t)
{
  return t->weights == NUMBER_F32 || m->config.bitnet ? NUMBER_F32 : NUMBER_BF16;
}

/* To nearest, half away from zero; |x| < 2^23. */
static inline int round_away(float x)
{
  int whole = (int)x;
  float rest = x - (float)whole;
  return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

/* Of those that are numbers. Bits of floats without sign are in the order of their values, and the
 * compiler compares several integers at once; floats it leaves in their order. */
static float largest_magnitude(const float *x, int64_t n)
{
  const int32_t infinity = 0x7f800000;
  int32_t largest = 0;
  for (int64_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    bits &= INT32_MAX;
    bits = bits > infinity ? 0 : bits;
    largest = bits > largest ? bits : largest;
  }
  float magnitude;
  memcpy(&magnitude, &largest, sizeof magnitude);
  return magnitude;
}

float quantize_row_i8(const float *w, int64_t n, int8_t *q)
{
  enum { TOGETHER = 64 };
  float largest = largest_magnitude(w, n), inverse = 127.0f / largest;
  if (!(largest > 0) || !isfinite(inverse)) { /* so small that a step of it is no f32 */
    memset(q, 0, (size_t)n);
    return 0.0f;
  }
  int64_t i = 0;
  for (int32_t whole[TOGETHER]; i + TOGETHER <= n; i += TOGETHER) { /* as wide as the floats */
    for (int k = 0; k < TOGETHER; k++)
      whole[k] = round_away(w[i + k] * inverse);
    for (int k = 0; k < TOGETHER; k++)
      q[i + k] = (int8_t)whole[k];
  }
  for (; i < n; i++)
    q[i] = (int8_t)round_away(w[i] * inverse);
  return largest / 127.0f;
}

/* Are all values -s, 0 or +s? */
static bool is_ternary(const float *w, int64_t n, float s)
{
  for (int64_t i = 0; i < n; i++)
    if (w[i] != 0.0f && fabsf(w[i]) != s)
      return false;
  return true;
}

float quantize_row_t2(const float *w, int64_t n, int8_t *q)
{
  float largest = largest_magnitude(w, n), scale = largest;
  if (!is_ternary(w, n, largest)) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
      sum += fabs((double)w[i]);
    scale = (float)(sum / (double)n);
  }
  /* |w| / scale >= 0.5 rounds to 1 or more */
  for (int64_t i = 0; i < n; i++)
    q[i] = (int8_t)((w[i] > 0 && w[i] >= 0.5f * scale) - (w[i] < 0 && -w[i] >= 0.5f * scale));
  return scale;
}

float quantize_factor(float absmax)
{
  return num_mul(num_rcp(absmax), 127.0f);
}

float quantize_step(float absmax)
{
  return num_mul(absmax, 1.0f / 127.0f);
}

float quantize_activations(const float *x, int64_t n, int8_t *q)
{
  float largest = largest_magnitude(x, n), factor = quantize_factor(largest);
  for (int64_t i = 0; i < n; i++)
    q[i] = (int8_t)num_int_from_f32(num_mul(x[i], factor), ROUND_AWAY, 8, true);
  return quantize_step(largest);
}
