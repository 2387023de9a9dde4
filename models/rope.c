/* The angles of RoPE, and how they are scaled for long contexts. */
#include "models/readers.h"

#include <math.h>
#include <stdlib.h>

static float frequency_of(const struct model_config *c, int pair)
{
  return 1.0f / powf(c->rope_theta, (float)(2 * pair) / (float)c->head_dim);
}

void model_rope_row(const struct model_config *c, int position, float *cosine, float *sine)
{
  for (int i = 0; i < c->head_dim / 2; i++) {
    float frequency = frequency_of(c, i);
    if (c->rope_factors)
      frequency /= c->rope_factors[i];
    float angle = (float)position * frequency;
    cosine[i] = cosf(angle);
    sine[i] = sinf(angle);
  }
}

/* Llama 3.1: slow pairs, of which fewer than `low` turns fit the first context, are divided by the
 * factor; fast ones stay; between them the frequency goes from one to the other in a line. */
static float factor_llama3(const struct rope_scaling *s, float frequency)
{
  const float turn = 6.28318530717958647692f;
  float turns = s->context * frequency / turn;
  if (turns > s->high)
    return 1;
  if (turns < s->low)
    return s->factor;
  float smooth = (turns - s->low) / (s->high - s->low);
  return 1 / ((1 - smooth) / s->factor + smooth);
}

static int make_factors(const char *place, struct model *m, struct vtpu_error *err)
{
  m->files->rope_factors = calloc((size_t)m->config.head_dim / 2, sizeof(float));
  m->config.rope_factors = m->files->rope_factors;
  return m->files->rope_factors ? 0 : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", place);
}

int rope_scale(const char *place, struct model *m, const struct rope_scaling *s,
               struct vtpu_error *err)
{
  if (s->kind == ROPE_PLAIN)
    return 0;
  int bad = make_factors(place, m, err);
  if (bad)
    return bad;
  for (int i = 0; i < m->config.head_dim / 2; i++)
    m->files->rope_factors[i] =
        s->kind == ROPE_LINEAR ? s->factor : factor_llama3(s, frequency_of(&m->config, i));
  return 0;
}

int rope_take_factors(const char *place, struct model *m, const struct tensor *factors,
                      struct vtpu_error *err)
{
  int bad = make_factors(place, m, err);
  if (bad)
    return bad;
  tensor_row_f32(factors, 0, m->files->rope_factors);
  for (int i = 0; i < m->config.head_dim / 2; i++)
    if (!(m->files->rope_factors[i] > 0) || isinf(m->files->rope_factors[i]))
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: tensor %s: element %d is %g, not a number above 0\n"
                       "  the file is damaged: fetch it again",
                       place, factors->name, i, (double)m->files->rope_factors[i]);
  return 0;
}
