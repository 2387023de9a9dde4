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

/* Sequence b of `together` against itself alone, in the program `one`. */
static void check_sequence(const struct model *m, const struct lower_options *o,
                           const struct lower_result *one, int b, const struct outcome *together)
{
  struct outcome alone;
  int positions = o->prompts[b].count + o->max_tokens - 1;
  if (outcome_of_prompt(one, m, o->cores, o->prompts[b], o->max_tokens, &alone)) {
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

/* All sequences against a program for one on one sentron, a position at a time. */
static void check_batch(const struct model *m, const struct lower_options *o, bool backwards)
{
  struct outcome together[BATCH_MOST];
  struct lower_options alone = *o;
  struct lower_result one;
  struct vtpu_error err;
  alone.batch = 1;
  alone.block = 1;
  alone.sentrons = 1;
  for (int b = 1; b < o->batch; b++)
    if (o->prompts[b].count > alone.prompts[0].count)
      alone.prompts[0] = o->prompts[b];
  T_REQUIRE(lower_model(m, &alone, &one, &err) == 0);
  bool ok = outcome_run(m, o, backwards, together);
  for (int b = 0; b < o->batch; b++) {
    if (ok)
      check_sequence(m, o, &one, b, &together[b]);
    free(together[b].logits);
  }
  lower_result_free(&one);
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
    for (int i = t % 3; i < SHAPES; i += 3) /* each type with some of the shapes */
      check_shape(&shapes[i], 512, sentrons[(t + i / 2) % 4], 2 + (t + i) % 3, 3, 2, types[t]);
}

T_TEST(batch, every_number_of_sequences_gives_the_bits_of_single_runs)
{
  for (int batch = 1; batch <= 8; batch++)
    check_shape(&shapes[2], 512, 1 + batch % 4, batch, 1 + batch % 3, batch % 5, types[batch % 3]);
  check_shape(&shapes[4], 512, 3, 64, 1, 1, types[0]); /* more tokens than a step takes */
}

/* Weights that stream from afar: the next bundle of lines is fetched while one is multiplied, and
 * caches go where memory has room for them. */
T_TEST(batch, what_is_fetched_ahead_changes_no_bits)
{
  static const struct random_shape shape = {64, 2, 4, 2, 16, 320, 90, 64, ROPE_HALVES, true, true};
  struct model m;
  T_REQUIRE(random_model(&shape, 7, &m));
  for (int t = 0; t < 2; t++) {
    struct lower_options o = options_of(&shape, 512, 2 - t, 4, 2, 1, types[2 * t]);
    o.l2_bytes = o.l3_bytes = 4096;
    struct lower_result r;
    struct interp in;
    struct vtpu_error err;
    check_batch(&m, &o, t % 2);
    T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
    T_REQUIRE(interp_open(&in, &r.object, 8) && interp_run(&in, OUTCOME_SIWS_MOST));
    T_CHECK(in.prefetches > 1000);
    interp_close(&in);
    lower_result_free(&r);
  }
  random_model_free(&m);
}

/* One sequence, or all: runs to the end and reads its state. */
static bool run_to_end(const struct model *m, const struct lower_options *o, struct outcome *out,
                       int32_t (*state)[STATE_BYTES / 4])
{
  struct lower_result r;
  struct interp in;
  struct vtpu_error err;
  if (lower_model(m, o, &r, &err))
    return false;
  bool ok = interp_open(&in, &r.object, o->cores) && interp_run(&in, OUTCOME_SIWS_MOST);
  for (int b = 0; b < o->batch && ok; b++) {
    struct coord at = r.state;
    coord_step(&at, AXIS_BYTE, b * STATE_BYTES, false, CURVE_ZORDER);
    ok = outcome_read(&in, &r, m->config.vocab, b, &out[b]) &&
         interp_peek(&in, at, state[b], STATE_BYTES);
  }
  interp_close(&in);
  lower_result_free(&r);
  return ok;
}

/* A token that some sequences generate becomes the end token: these stop, one after the other, and
 * what is left goes on, at last alone. */
T_TEST(batch, a_sequence_that_ends_leaves_the_others_alone)
{
  enum { BATCH = 5 };
  struct model m;
  struct outcome free_run[BATCH], together[BATCH], alone;
  int32_t state[BATCH][STATE_BYTES / 4], own[1][STATE_BYTES / 4];
  T_REQUIRE(random_model(&shapes[0], 3, &m));
  struct lower_options o = options_of(&shapes[0], 512, 4, BATCH, 2, 3, types[2]);
  o.max_tokens = 12;
  o.keep_logits = false;
  T_REQUIRE(run_to_end(&m, &o, free_run, state));
  m.config.eos = free_run[1].tokens[o.prompts[1].count + 2];
  o.ignore_end = false;
  T_REQUIRE(run_to_end(&m, &o, together, state));
  int stopped = 0;
  for (int b = 0; b < BATCH; b++) {
    struct lower_options one = o;
    one.batch = 1;
    one.prompts[0] = o.prompts[b];
    T_REQUIRE(run_to_end(&m, &one, &alone, own));
    T_EQ(memcmp(own[0], state[b], sizeof own[0]), 0);
    int position = state[b][STATE_POSITION / 4];
    T_EQ(memcmp(alone.tokens, together[b].tokens, 4 * (size_t)(position + 1)), 0);
    T_EQ(memcmp(alone.logits, together[b].logits, 4 * (size_t)alone.vocab), 0);
    stopped += state[b][STATE_STOPPED / 4];
    T_EQ(state[b][STATE_STEPS / 4], 0);
    free(alone.logits);
    free(together[b].logits);
    free(free_run[b].logits);
  }
  T_CHECK(stopped > 0 && stopped < BATCH);
  random_model_free(&m);
}

/* A host that asks for some positions of each gets these, and can go on from there. */
T_TEST(batch, steps_are_those_of_each_sequence)
{
  enum { BATCH = 3 };
  struct model m;
  struct outcome whole[BATCH], stepped;
  struct lower_result r;
  struct interp in;
  struct vtpu_error err;
  static const int32_t steps[][BATCH] = {{2, 0, 5}, {0, 1, 0}, {3, 4, 0}};
  T_REQUIRE(random_model(&shapes[0], 5, &m));
  struct lower_options o = options_of(&shapes[0], 512, 2, BATCH, 2, 2, types[1]);
  T_REQUIRE(outcome_run(&m, &o, false, whole));
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  T_REQUIRE(interp_open(&in, &r.object, 8));
  for (int i = 0; i < 3; i++) {
    for (int b = 0; b < BATCH; b++) {
      struct coord at = r.state;
      coord_step(&at, AXIS_BYTE, b * STATE_BYTES, false, CURVE_ZORDER);
      T_REQUIRE(
          interp_poke(&in, coord_with_flags(at, coord_offset(at) + STATE_STEPS), &steps[i][b], 4));
    }
    T_REQUIRE(interp_run(&in, OUTCOME_SIWS_MOST));
  }
  for (int b = 0; b < BATCH; b++) {
    T_REQUIRE(outcome_read(&in, &r, m.config.vocab, b, &stepped));
    size_t bytes = 5 * (size_t)m.config.vocab * sizeof(float);
    T_EQ(memcmp(whole[b].logits, stepped.logits, bytes), 0);
    T_EQ(memcmp(whole[b].tokens, stepped.tokens, 6 * sizeof(int)), 0);
    free(whole[b].logits);
    free(stepped.logits);
  }
  interp_close(&in);
  lower_result_free(&r);
  random_model_free(&m);
}

T_TEST(batch, refuses_what_cannot_be)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 1, &m));
  struct lower_options o = options_of(&shapes[0], 512, 2, 3, 2, 2, types[0]);
  o.batch = 65;
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "a batch of 65 sequences");
  o.batch = -1;
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  o.batch = 3;
  o.prompts[2].count = 0;
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "at least one token");
  o.prompts[2].count = 2;
  o.ddr_bytes = 200000;
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_LIMIT);
  T_CONTAINS(err.message, "KV caches of 3 sequences of 7 positions");
  random_model_free(&m);
}

T_TEST(batch, every_dlen_gives_the_bits_of_single_runs)
{
  for (unsigned dlen = 64; dlen < 512; dlen *= 2)
    for (int t = dlen == 128; t < TYPES; t += 3)
      if (dlen >= 128 || (types[t].weights != NUMBER_T2 && types[t].head != NUMBER_T2))
        check_shape(&shapes[2 * (t % 2)], dlen, 1 + t, 3, 2, 3, types[t]);
}
