/* Drawing a token from logits: what the host does above temperature 0. The random numbers are our
 * own (splitmix64), so that a seed gives the same text everywhere. */
#ifndef VTPU_SIM_CLI_SAMPLER_H
#define VTPU_SIM_CLI_SAMPLER_H

#include <stdint.h>

struct sampler {
  uint64_t state; /* the seed at first */
  double temperature;
};

/* The next number of splitmix64 (Steele, Lea, Flood 2014): state += golden gamma, then mix. */
uint64_t sampler_next(struct sampler *s);

/* Draws an index with probability proportional to exp(logits[i] / temperature), summed in double in
 * ascending order. temperature > 0; logits: [count], count >= 1. A NaN has no weight; with nothing
 * of any weight the answer is 0. */
int sampler_draw(struct sampler *s, const float *logits, int count);

#endif
