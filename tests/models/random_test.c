/* Models of made-up weights: the numbers, the shapes, and that activations stay in range. */
#include "models/model.h"
#include "models/reference.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the numbers -------------------------------------------------------------------------------
 */

static struct tensor matrix(uint64_t seed, int64_t rows, int64_t cols)
{
  return (struct tensor){
      .type = TENSOR_RANDOM, .rows = rows, .cols = cols, .scale = 0.5f, .seed = seed};
}

/* SplitMix64, written as its authors describe it: the state grows by the golden ratio. */
static uint64_t finalise(uint64_t z)
{
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

T_TEST(random, every_weight_follows_from_seed_row_and_column)
{
  for (int64_t cols = 1; cols < 20; cols++) {
    struct tensor t = matrix(12345, 4, cols);
    float row[20];
    tensor_row_f32(&t, 3, row);
    for (int j = 0; j < cols; j++) {
      uint64_t bits = finalise(finalise(12345 ^ finalise(3)) +
                               (uint64_t)(j / 4) * UINT64_C(0x9E3779B97F4A7C15));
      int v = (int)(bits >> j % 4 * 16 & 0xFFFF);
      v = v < 32768 ? v : v - 65536;
      T_CHECK((double)row[j] == (2.0 * v + 1) / 65536 * 0.5);
    }
  }
}

T_TEST(random, weights_are_uniform_and_rows_are_independent)
{
  enum { ROWS = 64, COLS = 1000, BINS = 16 };
  struct tensor t = matrix(9, ROWS, COLS);
  float rows[2][COLS];
  int bins[BINS] = {0};
  double sum = 0, squares = 0, across = 0, along = 0;
  for (int i = 0; i < ROWS; i++) {
    float *now = rows[i % 2], *before = rows[(i + 1) % 2];
    tensor_row_f32(&t, i, now);
    for (int j = 0; j < COLS; j++) {
      T_CHECK(fabsf(now[j]) < 0.5f && now[j] != 0.0f);
      bins[(int)((now[j] + 0.5f) * BINS)]++;
      sum += (double)now[j];
      squares += (double)now[j] * (double)now[j];
      across += i ? (double)now[j] * (double)before[j] : 0;
      along += j ? (double)now[j] * (double)now[j - 1] : 0;
    }
  }
  /* 64,000 numbers: five standard deviations of each statistic */
  const double n = ROWS * COLS, variance = 1.0 / 12;
  T_NEAR(sum / n, 0, 5 * sqrt(variance / n));
  T_NEAR(squares / n, variance, 5 * sqrt((1.0 / 80 - variance * variance) / n));
  T_NEAR(across / n, 0, 5 * variance / sqrt(n));
  T_NEAR(along / n, 0, 5 * variance / sqrt(n));
  for (int b = 0; b < BINS; b++)
    T_NEAR(bins[b], n / BINS, 5 * sqrt(n / BINS));
}

/* --- shapes ------------------------------------------------------------------------------------
 */

static int64_t elements(const struct tensor *t)
{
  return t->rows * t->cols;
}

static int64_t layer_weights(const struct model *m)
{
  const struct model_layer *w = &m->layers[0];
  return elements(&w->wq) + elements(&w->wk) + elements(&w->wv) + elements(&w->wo) +
         elements(&w->w_gate) + elements(&w->w_up) + elements(&w->w_down);
}

static struct model opened(const char *shape, uint64_t seed)
{
  struct model m;
  struct vtpu_error err;
  if (model_random(shape, seed, &m, &err))
    T_FAIL("%s", err.message);
  return m;
}

T_TEST(random, named_shapes_are_those_of_the_models)
{
  struct model m = opened("qwen3-0.6b", 1);
  const struct model_config *c = &m.config;
  T_EQ(c->layers * layer_weights(&m), 440401920);
  T_EQ(elements(&m.token_embedding), 155582464);
  T_CHECK(c->tied && c->qk_norm && m.output.seed == m.token_embedding.seed);
  T_EQ(c->family, MODEL_QWEN3);
  T_EQ(c->head_dim, 128);
  T_EQ(c->context, 40960);
  T_CHECK(c->rope_theta == 1e6f);
  T_EQ(c->bos, -1);
  T_EQ(c->eos, -1);
  model_close(&m);
  m = opened("layer-256", 1); /* a layer of about 0.77 MiB as i8, two query heads a KV head */
  T_NEAR((double)layer_weights(&m) / (1 << 20), 0.77, 0.005);
  T_EQ(m.config.heads, 2 * m.config.kv_heads);
  model_close(&m);
  for (const struct model_shape *s = model_shapes; s->name; s++) {
    m = opened(s->name, 1);
    T_EQ(m.config.layers, s->layers);
    T_EQ(m.layers[s->layers - 1].w_down.cols, s->ffn);
    model_close(&m);
  }
}

T_TEST(random, shapes_can_be_changed_and_spelt_out)
{
  struct model m = opened("qwen3-0.6b,layers=2,vocab=100,tied=0,theta=500", 1);
  T_EQ(m.config.layers, 2);
  T_EQ(m.config.vocab, 100);
  T_EQ(m.config.hidden, 1024);
  T_CHECK(!m.config.tied && m.config.qk_norm);
  T_CHECK(m.config.rope_theta == 500.0f);
  T_CHECK(m.output.seed != m.token_embedding.seed);
  model_close(&m);
  m = opened("layers=1,hidden=64,heads=4,ffn=96,vocab=50,eps=0.001", 1);
  T_EQ(m.config.head_dim, 16);
  T_EQ(m.config.kv_heads, 4);
  T_EQ(m.config.family, MODEL_LLAMA);
  T_CHECK(m.config.rms_eps == 0.001f);
  T_CHECK(m.layers[0].q_norm.data == NULL);
  model_close(&m);
}

static void refused(const char *shape, const char *message)
{
  struct model m;
  struct vtpu_error err = {0};
  T_EQ(model_random(shape, 1, &m, &err) != 0, 1);
  T_CONTAINS(err.message, message);
  T_CHECK(m.files == NULL);
}

T_TEST(random, impossible_shapes_are_refused)
{
  refused("qwen9", "'qwen9' is neither a shape nor a key with a value");
  refused("", "is neither a shape");
  refused("layers=2,qwen3-0.6b", "'qwen3-0.6b' is neither");
  refused("layer-256,,layers=2", "'' is neither");
  refused("layer-256,layers=0", "layers is '0', not a whole number up to 65536");
  refused("layer-256,layers=1.5", "layers is '1.5'");
  refused("layer-256,hidden=x", "hidden is 'x'");
  refused("layer-256,theta=-1", "theta is '-1', not a number above 0");
  refused("layer-256,tied=2", "tied is '2', not a whole number up to 1");
  refused("layer-256,vocab=1e9", "vocab is '1e9'");
  refused("layer-256,vocab=nan", "vocab is 'nan'");
  refused("layers=2", "needs layers, hidden, heads, ffn and vocab");
  refused("layer-256,kv_heads=3", "8 query heads cannot share 3 KV heads");
  refused("layer-256,head_dim=3", "head_dim 3 is odd");
}

/* --- what comes out ----------------------------------------------------------------------------
 */

/* Logits of three positions. */
static void run(uint64_t seed, float *logits, int vocab)
{
  struct model m =
      opened("qwen3-0.6b,hidden=128,heads=4,kv_heads=2,head_dim=32,ffn=256,vocab=300", seed);
  struct reference *r;
  struct vtpu_error err;
  T_EQ(reference_new(&m, NULL, &r, &err), 0);
  for (int t = 0; t < 3; t++)
    T_EQ(reference_step(r, 10 * t, logits + t * vocab, &err), 0);
  reference_free(r);
  model_close(&m);
}

T_TEST(random, activations_stay_in_range_through_28_layers)
{
  enum { VOCAB = 300, ALL = 3 * VOCAB };
  static float a[ALL], b[ALL], other[ALL];
  double squares = 0;
  run(7, a, VOCAB);
  run(7, b, VOCAB);
  run(8, other, VOCAB);
  for (int i = 0; i < ALL; i++)
    squares += (double)a[i] * (double)a[i];
  T_NEAR(sqrt(squares / ALL), 1, 0.3); /* a normalised input times rows of length 1 */
  T_EQ(memcmp(a, b, sizeof a), 0);
  T_CHECK(memcmp(a, other, sizeof a) != 0);
}
