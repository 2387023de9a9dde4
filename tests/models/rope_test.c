/* RoPE scaled for long contexts: Hugging Face's "linear" and "llama3", against the formula of the
 * transformers library in double precision. */
#include "tests/harness/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/model.h"
#include "tests/models/synthetic.h"

enum { PAIRS = 4 }; /* head_dim 8 */
static const double pi = 3.14159265358979323846;

/* Heads of 8 whose four pairs turn 102, 10.8, 1.14 and 0.12 times within 640 tokens: with high = 50
 * and low = 0.5 they are fast, between, between and slow. */
static const char llama3[] =
    "\"rope_parameters\": {\"rope_type\": \"llama3\", \"rope_theta\": 8000, \"factor\": 32.0, "
    "\"low_freq_factor\": 0.5, \"high_freq_factor\": 50.0, "
    "\"original_max_position_embeddings\": 640}";
static const double theta = 8000;

static int open_with(const char *from, const char *to, struct model *m, struct vtpu_error *err)
{
  static const char name[] = "rope_model";
  char folder[512], path[600];
  snprintf(folder, sizeof folder, "%s", t_temp(name));
  snprintf(path, sizeof path, "%s/config.json", folder);
  struct synthetic s = synthetic_default();
  if (!synthetic_write(&s, folder) || !synthetic_patch(path, from, to)) {
    T_FAIL("no checkpoint with %s", to);
    return -1;
  }
  return model_open(folder, m, err);
}

/* The frequency as transformers computes it ("_compute_llama3_parameters"). */
static double frequency_llama3(int pair, double factor, double low, double high, double context)
{
  double frequency = pow(theta, -2.0 * pair / (2 * PAIRS)), wavelength = 2 * pi / frequency;
  if (wavelength < context / high)
    return frequency;
  if (wavelength > context / low)
    return frequency / factor;
  double smooth = (context / wavelength - low) / (high - low);
  return (1 - smooth) * frequency / factor + smooth * frequency;
}

static void expect_angles(const struct model *m, const double *frequency)
{
  for (int position = 0; position < 32; position += 5) {
    float cosine[PAIRS], sine[PAIRS];
    model_rope_row(&m->config, position, cosine, sine);
    for (int i = 0; i < PAIRS; i++) {
      T_NEAR(cosine[i], cos(position * frequency[i]), 4e-6);
      T_NEAR(sine[i], sin(position * frequency[i]), 4e-6);
    }
  }
}

T_TEST(rope, llama3_leaves_fast_pairs_slows_slow_ones_and_blends_between)
{
  struct model m;
  struct vtpu_error err;
  if (open_with("\"rope_theta\": 10000", llama3, &m, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  double frequency[PAIRS];
  int kept = 0, slowed = 0;
  for (int i = 0; i < PAIRS; i++) {
    double plain = pow(theta, -2.0 * i / (2 * PAIRS));
    frequency[i] = frequency_llama3(i, 32, 0.5, 50, 640);
    kept += frequency[i] == plain;
    slowed += frequency[i] == plain / 32;
  }
  T_EQ(kept, 1);
  T_EQ(slowed, 1);
  T_NEAR(m.config.rope_theta, theta, 0);
  expect_angles(&m, frequency);
  model_close(&m);
}

T_TEST(rope, linear_divides_every_frequency)
{
  struct model m;
  struct vtpu_error err;
  if (open_with("\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 4}",
                &m, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  double frequency[PAIRS];
  for (int i = 0; i < PAIRS; i++)
    frequency[i] = pow(10000, -2.0 * i / (2 * PAIRS)) / 4;
  expect_angles(&m, frequency);
  model_close(&m);
}

static void refused(const char *scaling, const char *message)
{
  struct model m;
  struct vtpu_error err = {0};
  char text[512];
  snprintf(text, sizeof text, "\"rope_scaling\": %s", scaling);
  T_EQ(open_with("\"rope_scaling\": null", text, &m, &err), VTPU_INPUT);
  T_CONTAINS(err.message, message);
}

T_TEST(rope, impossible_scalings_are_refused)
{
  refused("{\"type\": \"linear\"}", "\"factor\" must be a number above 0");
  refused("{\"type\": \"linear\", \"factor\": -2}", "\"factor\" must be a number above 0");
  refused("{\"type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4}",
          "\"original_max_position_embeddings\" must be a number above 0");
  refused("{\"type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": 4, "
          "\"original_max_position_embeddings\": 8192}",
          "\"low_freq_factor\" 4 is not below \"high_freq_factor\" 4");
  refused("[]", "must be null or an object");
}
