/* Drawing a token from logits: see sampler.h. */
#include "sim/cli/sampler.h"

#include <math.h>

uint64_t sampler_next(struct sampler *s)
{
  uint64_t z = s->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

/* The largest logit has weight 1, so nothing overflows. */
static double weight(const struct sampler *s, float logit, double largest)
{
  double w = exp(((double)logit - largest) / s->temperature);
  return w > 0 ? w : 0;
}

int sampler_draw(struct sampler *s, const float *logits, int count)
{
  double largest = -INFINITY, sum = 0;
  for (int i = 0; i < count; i++) {
    if (isfinite(logits[i]) && logits[i] > largest)
      largest = logits[i];
  }
  for (int i = 0; i < count; i++)
    sum += weight(s, logits[i], largest);

  /* 53 random bits in [0, 1). */
  double point = (double)(sampler_next(s) >> 11) * 0x1p-53 * sum;
  int last = 0;
  for (int i = 0; i < count; i++) {
    double w = weight(s, logits[i], largest);
    if (w > 0) {
      last = i;
      if (point < w)
        return i;
      point -= w;
    }
  }
  return last; /* rounding left a rest beyond the last weight */
}
