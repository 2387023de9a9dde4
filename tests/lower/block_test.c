/* A prompt in blocks against the same prompt one position at a time: the same bits, in every type,
 * for every length, block and number of sentrons. */
#include "asm/lower/lower.h"
#include "tests/harness/harness.h"
#include "tests/lower/outcome.h"
#include "tests/lower/random_model.h"

#include <stdlib.h>
#include <string.h>

enum { PROMPT_MOST = 40 };

static const struct random_shape shapes[] = {
    /* hidden layers heads kv head_dim ffn vocab context */
    {64, 2, 4, 2, 16, 160, 96, 64, ROPE_HALVES, true, true},
    {36, 2, 3, 3, 24, 52, 70, 64, ROPE_NEIGHBOURS, true, false}, /* heads with padding */
    {20, 1, 3, 1, 4, 10, 17, 64, ROPE_HALVES, false, false},     /* several heads a line */
    {32, 1, 1, 1, 192, 48, 40, 64, ROPE_HALVES, true, false},    /* values in two passes */
    {400, 1, 2, 2, 16, 600, 100, 64, ROPE_HALVES, false, false}, /* loops over columns */
    {6, 1, 1, 1, 2, 3, 7, 64, ROPE_HALVES, false, true},         /* less than a line */
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const struct number_types types[] = {
    {NUMBER_F32, NUMBER_F32, NUMBER_F32}, {NUMBER_BF16, NUMBER_BF16, NUMBER_BF16},
    {NUMBER_I8, NUMBER_I8, NUMBER_I8},    {NUMBER_T2, NUMBER_I8, NUMBER_BF16},
    {NUMBER_F32, NUMBER_I8, NUMBER_BF16}, {NUMBER_I8, NUMBER_F32, NUMBER_F32},
};
enum { TYPES = sizeof types / sizeof *types };

static int prompt[PROMPT_MOST];

static struct lower_options options_of(const struct random_shape *s, unsigned dlen, int sentrons,
                                       int length, struct number_types t)
{
  for (int i = 0; i < PROMPT_MOST; i++)
    prompt[i] = (3 + 5 * i + i * i) % s->vocab;
  return (struct lower_options){.dlen = dlen,
                                .sentrons = sentrons,
                                .cores = 8,
                                .contexts = 2,
                                .prompts = {{prompt, length}},
                                .max_tokens = 4,
                                .types = t,
                                .ignore_end = true,
                                .keep_logits = true};
}

/* The program of one position at a time on one sentron, for prompts up to that of `o`. */
static bool lower_single(const struct model *m, struct lower_options o, struct lower_result *single)
{
  struct vtpu_error err;
  o.block = 1;
  o.sentrons = 1;
  if (lower_model(m, &o, single, &err) == 0)
    return true;
  T_FAIL("%s", err.message);
  return false;
}

/* Runs with this block, forwards or backwards, and compares with one position at a time. */
static void check_block(const struct model *m, const struct lower_result *program,
                        struct lower_options o, int block, bool backwards)
{
  struct outcome single = {0}, blocks = {0};
  o.block = block;
  if (outcome_of_prompt(program, m, o.cores, o.prompts[0], o.max_tokens, &single) &&
      outcome_run(m, &o, backwards, &blocks)) {
    size_t row = (size_t)single.vocab;
    for (int p = 0; p < blocks.positions; p++)
      if (memcmp(single.logits + (size_t)p * row, blocks.logits + (size_t)p * row, 4 * row) != 0)
        T_FAIL("%s/%s/%s, hidden %d, DLEN %u, %d sentrons, prompt %d in blocks of %d: logits of "
               "position %d differ",
               number_names[o.types.weights], number_names[o.types.head], number_names[o.types.kv],
               m->config.hidden, o.dlen, o.sentrons, o.prompts[0].count, block, p);
    T_EQ(blocks.positions, o.prompts[0].count + o.max_tokens - 1);
    T_EQ(memcmp(single.tokens, blocks.tokens, 4 * (size_t)(blocks.positions + 1)), 0);
  }
  free(single.logits);
  free(blocks.logits);
}

static void check_shape(const struct random_shape *shape, unsigned dlen, int sentrons, int length,
                        int block, struct number_types t)
{
  struct model m;
  struct lower_result single;
  T_REQUIRE(random_model(shape, 7, &m));
  struct lower_options o = options_of(shape, dlen, sentrons, length, t);
  if (lower_single(&m, o, &single))
    check_block(&m, &single, o, block, length % 2);
  lower_result_free(&single);
  random_model_free(&m);
}

T_TEST(block, every_type_and_shape_gives_the_bits_of_single_positions)
{
  static const int sentrons[] = {1, 3, 16};
  for (int t = 0; t < TYPES; t++)
    for (int i = t % 2; i < SHAPES; i += 2) /* each type with half of the shapes */
      check_shape(&shapes[i], 512, sentrons[(t + i) % 3], 7, 0, types[t]);
}

/* On one sentron what an L2 of a page loses is fetched in time: the lines that results are added
 * to, of f32 the inputs, and the weights of what comes next. */
T_TEST(block, what_is_fetched_in_time_changes_no_bits)
{
  struct model m;
  struct lower_result single, r;
  struct interp in;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 7, &m));
  for (int t = 0; t < 3; t++) {
    uint64_t prefetches[2];
    struct lower_options o = options_of(&shapes[0], 512, 1, 19, types[t]);
    for (int small = 0; small < 2; small++) {
      o.l2_bytes = small ? 4096 : 0;
      T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
      T_REQUIRE(interp_open(&in, &r.object, 8) && interp_run(&in, OUTCOME_SIWS_MOST));
      prefetches[small] = in.prefetches;
      interp_close(&in);
      lower_result_free(&r);
    }
    T_CHECK(prefetches[1] > prefetches[0] + 19 * 4);
    if (lower_single(&m, o, &single))
      check_block(&m, &single, o, 0, t % 2);
    lower_result_free(&single);
  }
  random_model_free(&m);
}

/* Whole blocks, a rest of several positions, of one, and none; a block that ends inside n positions
 * of the cache, and at their end. */
T_TEST(block, every_length_gives_the_bits_of_single_positions)
{
  static const struct {
    int length, block;
  } cases[] = {{2, 0}, {3, 0},  {16, 0}, {17, 0}, {40, 0}, {8, 4},
               {9, 4}, {11, 4}, {6, 3},  {7, 3},  {5, 2},  {38, 19}};
  struct model m;
  struct lower_result single[2];
  T_REQUIRE(random_model(&shapes[2], 7, &m));
  for (int t = 0; t < 2; t++)
    T_REQUIRE(
        lower_single(&m, options_of(&shapes[2], 512, 1, PROMPT_MOST, types[2 * t]), &single[t]));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int t = i % 2 == 0;
    check_block(&m, &single[t],
                options_of(&shapes[2], 512, 1 + (int)i % 4, cases[i].length, types[2 * t]),
                cases[i].block, cases[i].length % 2);
  }
  for (int t = 0; t < 2; t++)
    lower_result_free(&single[t]);
  random_model_free(&m);
}

T_TEST(block, every_dlen_gives_the_bits_of_single_positions)
{
  for (unsigned dlen = 64; dlen < 512; dlen *= 2)
    for (int t = dlen == 128; t < TYPES; t += 3)
      if (dlen >= 128 || (types[t].weights != NUMBER_T2 && types[t].head != NUMBER_T2))
        check_shape(&shapes[2 * (t % 2)], dlen, 1 + t, 6, 3, types[t]);
}

/* The same tokens and the same last logits when only one row of logits is kept. */
T_TEST(block, the_last_row_of_a_block_gives_the_logits)
{
  struct model m;
  struct outcome all, one;
  T_REQUIRE(random_model(&shapes[0], 3, &m));
  for (int length = 6; length < 8; length++) {
    struct lower_options o = options_of(&shapes[0], 512, 3, length, types[length % 2]);
    o.block = 1;
    T_REQUIRE(outcome_run(&m, &o, false, &all));
    o.block = 4;
    o.keep_logits = false;
    o.max_tokens = 1;
    T_REQUIRE(outcome_run(&m, &o, false, &one));
    T_EQ(one.positions, 1);
    T_EQ(memcmp(one.logits, all.logits + (size_t)(length - 1) * (size_t)all.vocab,
                4 * (size_t)all.vocab),
         0);
    T_EQ(memcmp(all.tokens, one.tokens, 4 * (size_t)(length + 1)), 0);
    free(all.logits);
    free(one.logits);
  }
  random_model_free(&m);
}

/* A host that asks for fewer positions than a block holds gets these, and can go on from there. */
T_TEST(block, steps_end_a_block)
{
  struct model m;
  struct outcome whole, stepped;
  struct lower_result r;
  struct interp in;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 5, &m));
  struct lower_options o = options_of(&shapes[0], 512, 2, 20, types[0]);
  T_REQUIRE(outcome_run(&m, &o, false, &whole));
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  T_REQUIRE(interp_open(&in, &r.object, 8));
  static const int32_t steps[] = {3, 1, 9, 2, 8};
  for (int i = 0, position = 0; i < 5; i++) {
    int32_t state[4];
    T_REQUIRE(interp_poke(&in, coord_with_flags(r.state, STATE_STEPS), &steps[i], 4));
    T_REQUIRE(interp_run(&in, OUTCOME_SIWS_MOST));
    T_REQUIRE(interp_peek(&in, r.state, state, sizeof state));
    position += steps[i];
    T_EQ(state[STATE_POSITION / 4], position);
    T_EQ(state[STATE_STEPS / 4], 0);
  }
  T_REQUIRE(outcome_read(&in, &r, m.config.vocab, 0, &stepped));
  T_EQ(memcmp(whole.logits, stepped.logits,
              (size_t)whole.positions * (size_t)whole.vocab * sizeof(float)),
       0);
  T_EQ(memcmp(whole.tokens, stepped.tokens, 4 * (size_t)r.token_count), 0);
  interp_close(&in);
  lower_result_free(&r);
  random_model_free(&m);
  free(whole.logits);
  free(stepped.logits);
}

/* The first layer's product reads its weights once for a block: fewer SIWs, the same products. */
T_TEST(block, lines_of_weights_meet_several_positions)
{
  struct model m;
  struct lower_result r;
  struct interp in;
  struct vtpu_error err;
  uint64_t ops[2], multiplies[2];
  T_REQUIRE(random_model(&shapes[4], 5, &m));
  struct lower_options o = options_of(&shapes[4], 512, 1, 16, types[2]);
  o.keep_logits = false;
  o.max_tokens = 0;
  for (int pass = 0; pass < 2; pass++) {
    o.block = pass ? 16 : 1;
    T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
    T_REQUIRE(interp_open(&in, &r.object, 8));
    T_REQUIRE(interp_run(&in, OUTCOME_SIWS_MOST));
    ops[pass] = in.ops - in.prefetches;
    multiplies[pass] = in.multiplies;
    interp_close(&in);
    lower_result_free(&r);
  }
  T_CHECK(multiplies[1] < multiplies[0] + multiplies[0] / 100);
  T_CHECK(multiplies[1] > multiplies[0] - multiplies[0] / 100);
  T_CHECK(ops[1] < ops[0] * 3 / 4);
  random_model_free(&m);
}

T_TEST(block, refuses_a_block_that_is_too_large)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 1, &m));
  struct lower_options o = options_of(&shapes[0], 512, 2, 5, types[0]);
  o.block = 65;
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "blocks of 65 positions");
  o.block = -1;
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  random_model_free(&m);
}
