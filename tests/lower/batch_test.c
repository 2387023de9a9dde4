/* Sequences that are decoded together against each of them alone: the same tokens and the same bits
 * of logits, in every type, for every number of sequences and sentrons, whatever their lengths. */
#include "asm/lower/lower.h"
#include "tests/harness/harness.h"
#include "tests/lower/outcome.h"
#include "tests/lower/random_model.h"

#include <stdlib.h>
#include <string.h>

enum { PROMPT_MOST = 24, BATCH_MOST = 64 };

static const struct random_shape shapes[] = {
    /* hidden layers heads kv head_dim ffn vocab context */
    {64, 2, 4, 2, 16, 160, 96, 64, ROPE_HALVES, true, true},
    {36, 2, 3, 3, 24, 52, 70, 64, ROPE_NEIGHBOURS, true, false}, /* heads with padding */
    {20, 1, 3, 1, 4, 10, 17, 64, ROPE_HALVES, false, false},     /* several heads a line */
    {32, 1, 1, 1, 192, 48, 40, 64, ROPE_HALVES, true, false},    /* values in two passes */
    {6, 1, 1, 1, 2, 3, 7, 64, ROPE_HALVES, false, true},         /* less than a line */
    {16, 1, 2, 1, 8, 24, 300, 64, ROPE_HALVES, false, true},     /* many rows of logits */
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const struct number_types types[] = {
    {NUMBER_F32, NUMBER_F32, NUMBER_F32}, {NUMBER_BF16, NUMBER_BF16, NUMBER_BF16},
    {NUMBER_I8, NUMBER_I8, NUMBER_I8},    {NUMBER_T2, NUMBER_I8, NUMBER_BF16},
    {NUMBER_T2, NUMBER_T2, NUMBER_I8},    {NUMBER_I8, NUMBER_F32, NUMBER_F32},
};
enum { TYPES = sizeof types / sizeof *types };

static int prompts[BATCH_MOST][PROMPT_MOST];

/* Prompts of `shortest`, + step, ... tokens, each its own. */
static struct lower_options options_of(const struct random_shape *s, unsigned dlen, int sentrons,
                                       int batch, int shortest, int step, struct number_types t)
{
  struct lower_options o = {.dlen = dlen,
                            .sentrons = sentrons,
                            .cores = 8,
                            .contexts = 2,
                            .batch = batch,
                            .max_tokens = 4,
                            .types = t,
                            .ignore_end = true,
                            .keep_logits = true};
  for (int b = 0; b < batch; b++) {
    for (int i = 0; i < PROMPT_MOST; i++)
      prompts[b][i] = (3 + 5 * i + i * i + 7 * b) % s->vocab;
    int count = shortest + (b * step) % (PROMPT_MOST - shortest);
    o.prompts[b] = (struct lower_prompt){prompts[b], count};
  }
  return o;
}

/* Sequence b of `together` against itself alone, on one sentron and a position at a time. */
static void check_sequence(const struct model *m, const struct lower_options *o, int b,
                           const struct outcome *together)
{
  struct outcome alone = {0};
  struct lower_options one = *o;
  one.batch = 1;
  one.prompts[0] = o->prompts[b];
  one.block = 1;
  one.sentrons = 1;
  int positions = one.prompts[0].count + o->max_tokens - 1;
  if (outcome_run(m, &one, false, &alone)) {
    size_t row = (size_t)alone.vocab;
    for (int p = 0; p < positions; p++)
      if (memcmp(alone.logits + (size_t)p * row, together->logits + (size_t)p * row, 4 * row) != 0)
        T_FAIL("%s/%s/%s, hidden %d, DLEN %u, %d sentrons, sequence %d of %d: logits of position "
               "%d differ",
               number_names[o->types.weights], number_names[o->types.head],
               number_names[o->types.kv], m->config.hidden, o->dlen, o->sentrons, b, o->batch, p);
    T_EQ(memcmp(alone.tokens, together->tokens, 4 * (size_t)(positions + 1)), 0);
  }
  free(alone.logits);
}

static void check_batch(const struct model *m, const struct lower_options *o, bool backwards)
{
  struct outcome together[BATCH_MOST];
  bool ok = outcome_run(m, o, backwards, together);
  for (int b = 0; b < o->batch; b++) {
    if (ok)
      check_sequence(m, o, b, &together[b]);
    free(together[b].logits);
  }
}

static void check_shape(const struct random_shape *shape, unsigned dlen, int sentrons, int batch,
                        int shortest, int step, struct number_types t)
{
  struct model m;
  T_REQUIRE(random_model(shape, 7, &m));
  struct lower_options o = options_of(shape, dlen, sentrons, batch, shortest, step, t);
  check_batch(&m, &o, batch % 2);
  random_model_free(&m);
}

T_TEST(batch, every_type_and_shape_gives_the_bits_of_single_runs)
{
  static const int sentrons[] = {1, 2, 8, 16};
  for (int t = 0; t < TYPES; t++)
    for (int i = t % 2; i < SHAPES; i += 2) /* each type with half of the shapes */
      check_shape(&shapes[i], 512, sentrons[(t + i / 2) % 4], 2 + (t + i) % 3, 3, 2, types[t]);
}

T_TEST(batch, every_number_of_sequences_gives_the_bits_of_single_runs)
{
  for (int batch = 1; batch <= 8; batch++)
    check_shape(&shapes[2], 512, 1 + batch % 4, batch, 1 + batch % 3, batch % 5, types[batch % 3]);
  check_shape(&shapes[4], 512, 3, 64, 1, 1, types[0]); /* more tokens than a step takes */
}

T_TEST(batch, every_dlen_gives_the_bits_of_single_runs)
{
  for (unsigned dlen = 64; dlen < 512; dlen *= 2)
    for (int t = dlen == 128; t < TYPES; t += 3)
      if (dlen >= 128 || (types[t].weights != NUMBER_T2 && types[t].head != NUMBER_T2))
        check_shape(&shapes[2 * (t % 2)], dlen, 1 + t, 3, 2, 3, types[t]);
}
