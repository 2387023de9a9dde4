/* The lowered program against the reference forward pass: same logits, same tokens, whatever the
 * shape of the model, DLEN and the number of sentrons. */
#include "asm/lower/lower.h"
#include "tests/harness/harness.h"
#include "tests/lower/outcome.h"
#include "tests/lower/random_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int short_prompt[] = {3, 1, 4, 1, 5};

static struct lower_options options_of(unsigned dlen, int sentrons, int max_tokens)
{
  return (struct lower_options){
      .dlen = dlen,
      .sentrons = sentrons,
      .cores = 8,
      .contexts = 2,
      .prompts = {{short_prompt, 5}},
      .max_tokens = max_tokens,
      .keep_logits = true,
      .block = 1, /* block_test.c has the others */
  };
}

static const struct random_shape shapes[] = {
    /* hidden layers heads kv head_dim ffn vocab context */
    {64, 2, 4, 2, 16, 160, 96, 64, ROPE_HALVES, true, true},
    {48, 2, 8, 4, 8, 72, 50, 64, ROPE_NEIGHBOURS, false, true},
    {40, 1, 2, 1, 32, 100, 33, 64, ROPE_HALVES, true, false},
    {36, 2, 3, 3, 24, 52, 70, 64, ROPE_NEIGHBOURS, true, false}, /* heads with padding */
    {20, 1, 3, 1, 4, 10, 17, 64, ROPE_HALVES, false, false},     /* several heads a line */
    {96, 1, 2, 1, 48, 40, 40, 64, ROPE_HALVES, true, true},
    {32, 1, 2, 1, 128, 48, 40, 64, ROPE_NEIGHBOURS, true, false}, /* 8 lines of values */
    {32, 1, 1, 1, 192, 48, 40, 64, ROPE_HALVES, true, false},     /* values in two passes */
    {400, 1, 2, 2, 16, 600, 300, 64, ROPE_HALVES, false, false},  /* loops over columns */
    {6, 1, 1, 1, 2, 3, 5, 64, ROPE_HALVES, false, true},          /* less than a line */
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void check_shape(const struct random_shape *shape, unsigned dlen, int sentrons, int tokens)
{
  struct model m;
  struct outcome o;
  T_REQUIRE(random_model(shape, 7, &m));
  struct lower_options options = options_of(dlen, sentrons, tokens);
  int prompt[5];
  for (int i = 0; i < 5; i++)
    prompt[i] = short_prompt[i] % shape->vocab;
  options.prompts[0].tokens = prompt;
  if (outcome_run(&m, &options, false, &o)) {
    double worst = outcome_difference(&m, &o, NULL);
    if (!(worst < 1e-5))
      T_FAIL("hidden %d head_dim %d DLEN %u: relative difference %g", shape->hidden,
             shape->head_dim, dlen, worst);
    for (int p = 4; p < o.positions; p++) /* greedy: the lowest index of the largest logit */
      T_EQ(o.tokens[p + 1], outcome_best(o.logits + (size_t)p * (size_t)o.vocab, o.vocab));
    for (int p = 0; p < 5; p++)
      T_EQ(o.tokens[p], prompt[p]);
  }
  free(o.logits);
  random_model_free(&m);
}

T_TEST(lower, shapes_agree_with_the_reference)
{
  for (int i = 0; i < SHAPES; i++)
    check_shape(&shapes[i], 512, 1, 15); /* 19 positions: two blocks */
}

T_TEST(lower, every_dlen_agrees_with_the_reference)
{
  for (int i = 0; i < 6; i++)
    for (unsigned dlen = 64; dlen < 512; dlen *= 2)
      check_shape(&shapes[i], dlen, 3, 5);
}

/* The same bits for every number of sentrons, whoever comes first to a barrier. */
T_TEST(lower, bits_do_not_depend_on_sentrons)
{
  static const int counts[] = {2, 3, 8, 16};
  for (int i = 0; i < 5; i++) {
    struct model m;
    struct outcome alone, many;
    T_REQUIRE(random_model(&shapes[i], 11, &m));
    struct lower_options o = options_of(512, 1, 14);
    bool ok = outcome_run(&m, &o, false, &alone);
    for (int c = 0; c < 4 && ok; c++) {
      struct lower_result r;
      o.sentrons = counts[c];
      T_REQUIRE(lower_model(&m, &o, &r, &many.err) == 0);
      for (int backwards = 0; backwards < 2 && ok; backwards++) {
        ok = outcome_of_program(&r, &m, o.cores, backwards, &many);
        if (ok) {
          size_t bytes = (size_t)alone.positions * (size_t)alone.vocab * sizeof(float);
          T_EQ(memcmp(alone.logits, many.logits, bytes), 0);
          T_EQ(memcmp(alone.tokens, many.tokens, sizeof alone.tokens), 0);
        }
        free(many.logits);
      }
      lower_result_free(&r);
    }
    free(alone.logits);
    random_model_free(&m);
  }
}

/* Weights that stream are walked with page prefetches: about one a page, and the same bits. Beside
 * them the lines of sines and cosines, of each position once for each sentron that has heads. */
T_TEST(lower, page_prefetches_change_no_bits)
{
  static const int some[] = {0, 3, 5, 8};
  for (int k = 0; k < 4; k++) {
    const struct random_shape *shape = &shapes[some[k]];
    struct model m;
    struct outcome without, with = {0};
    struct lower_result r;
    struct interp in;
    struct vtpu_error err;
    T_REQUIRE(random_model(shape, 5, &m));
    struct lower_options o = options_of(k % 2 ? 256 : 512, 2, 2);
    o.l2_bytes = 4096;
    o.prompts[0].count = 1; /* two positions */
    bool ok = outcome_run(&m, &o, false, &without);
    o.ptc_bytes = o.l3_bytes = 4096; /* heads of one KV head go to one sentron, too */
    T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
    T_REQUIRE(interp_open(&in, &r.object, o.cores));
    T_CHECK(interp_run(&in, OUTCOME_SIWS_MOST));
    ok = ok && outcome_read(&in, &r, m.config.vocab, 0, &with);
    if (ok) {
      size_t bytes = (size_t)with.positions * (size_t)with.vocab * sizeof(float);
      T_EQ(memcmp(with.logits, without.logits, bytes), 0);
      T_EQ(memcmp(with.tokens, without.tokens, sizeof with.tokens), 0);
    }
    uint64_t pages = (r.weight_bytes / 4096 + 1) * (uint64_t)r.logits_rows;
    int half_lines = (shape->head_dim / 2 + (int)o.dlen / 32 - 1) / ((int)o.dlen / 32);
    int attending = shape->kv_heads < o.sentrons ? shape->kv_heads : o.sentrons;
    uint64_t rope = (uint64_t)(r.logits_rows * attending * 2 * half_lines);
    if (shape->hidden < 40) /* bundles of less than a page */
      T_EQ(in.prefetches, rope);
    else
      T_CHECK(in.prefetches > rope + pages * 3 / 4 && in.prefetches < rope + pages * 3 / 2);
    interp_close(&in);
    lower_result_free(&r);
    free(with.logits);
    free(without.logits);
    random_model_free(&m);
  }
}

/* A host that runs one step at a time gets what one run gives. */
T_TEST(lower, steps_can_be_run_one_by_one)
{
  struct model m;
  struct outcome whole, stepped;
  struct lower_result r;
  struct interp in;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 5, &m));
  struct lower_options o = options_of(512, 2, 10);
  T_REQUIRE(outcome_run(&m, &o, false, &whole));
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  T_REQUIRE(interp_open(&in, &r.object, 8));
  for (int position = 0; position < whole.positions;) {
    int32_t steps = position == 0 ? 5 : 1, state[4];
    struct coord at = coord_with_flags(r.state, STATE_STEPS);
    T_REQUIRE(interp_poke(&in, at, &steps, 4));
    T_REQUIRE(interp_run(&in, OUTCOME_SIWS_MOST));
    position += steps;
    T_REQUIRE(interp_peek(&in, r.state, state, sizeof state));
    T_EQ(state[STATE_POSITION / 4], position);
    T_EQ(state[STATE_STEPS / 4], 0);
    T_EQ(state[STATE_STOPPED / 4], 0);
  }
  T_REQUIRE(outcome_read(&in, &r, m.config.vocab, 0, &stepped));
  T_EQ(memcmp(whole.logits, stepped.logits,
              (size_t)whole.positions * (size_t)whole.vocab * sizeof(float)),
       0);
  T_EQ(memcmp(whole.tokens, stepped.tokens, 4 * (size_t)r.token_count), 0);

  /* A host that samples overrules the arg max; a start with no steps does nothing. */
  int32_t rewind[2] = {7, 1}, other = 9, token;
  T_REQUIRE(interp_poke(&in, r.state, rewind, sizeof rewind));
  struct coord at = r.tokens;
  T_REQUIRE(coord_step(&at, AXIS_BYTE, 4 * 7, false, CURVE_ZORDER));
  T_REQUIRE(interp_poke(&in, at, &other, 4));
  T_REQUIRE(interp_run(&in, OUTCOME_SIWS_MOST) && interp_run(&in, OUTCOME_SIWS_MOST));
  T_REQUIRE(interp_peek(&in, at, &token, 4));
  T_EQ(token, other);
  T_REQUIRE(interp_peek(&in, r.state, rewind, sizeof rewind));
  T_EQ(rewind[0], 8);
  interp_close(&in);
  lower_result_free(&r);
  random_model_free(&m);
  free(whole.logits);
  free(stepped.logits);
}

/* Without keep_logits the prompt's logits are not computed; tokens and last logits are the same. */
T_TEST(lower, one_row_of_logits_is_the_last)
{
  struct model m;
  struct outcome all, one;
  T_REQUIRE(random_model(&shapes[1], 3, &m));
  struct lower_options o = options_of(512, 4, 12);
  T_REQUIRE(outcome_run(&m, &o, false, &all));
  o.keep_logits = false;
  T_REQUIRE(outcome_run(&m, &o, false, &one));
  T_EQ(one.positions, 1);
  T_EQ(memcmp(all.tokens, one.tokens, sizeof all.tokens), 0);
  T_EQ(memcmp(all.logits + (size_t)(all.positions - 1) * (size_t)all.vocab, one.logits,
              (size_t)all.vocab * sizeof(float)),
       0);
  free(all.logits);
  free(one.logits);
  random_model_free(&m);
}

T_TEST(lower, stops_at_a_generated_end_token_only)
{
  struct model m;
  struct outcome o;
  T_REQUIRE(random_model(&shapes[0], 5, &m));
  struct lower_options options = options_of(512, 2, 10);
  T_REQUIRE(outcome_run(&m, &options, false, &o));
  int end = o.tokens[7], first = 5;
  while (o.tokens[first] != end)
    first++;
  free(o.logits);

  const int with_end[] = {3, end, 4, 1, 5}; /* in the prompt it stops nothing */
  struct lower_result r;
  struct interp in;
  int32_t state[4];
  for (int pass = 0; pass < 3; pass++) {
    m.config.eos = end;
    options.prompts[0].tokens = pass == 1 ? with_end : short_prompt;
    options.ignore_end = pass == 2;
    T_REQUIRE(lower_model(&m, &options, &r, &o.err) == 0);
    T_REQUIRE(interp_open(&in, &r.object, 8));
    T_REQUIRE(interp_run(&in, OUTCOME_SIWS_MOST));
    T_REQUIRE(interp_peek(&in, r.state, state, sizeof state));
    if (pass == 0) {
      T_EQ(state[STATE_STOPPED / 4], 1);
      T_EQ(state[STATE_POSITION / 4], first);
      T_EQ(state[STATE_STEPS / 4], 0);
    } else {
      T_CHECK(state[STATE_POSITION / 4] >= 5);
    }
    if (pass == 2)
      T_EQ(state[STATE_POSITION / 4], 14);
    interp_close(&in);
    lower_result_free(&r);
  }
  random_model_free(&m);
}

T_TEST(lower, marks_cover_every_siw)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 1, &m));
  struct lower_options o = options_of(512, 2, 4);
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  uint32_t next = 0;
  int layers = 0;
  for (uint32_t i = 0; i < r.object.mark_count; i++) {
    T_EQ(r.object.marks[i].first, next);
    next = r.object.marks[i].last + 1;
    layers |= 1 << (r.object.marks[i].layer + 1);
  }
  T_EQ(next, r.object.siw_count);
  T_EQ(layers, 7); /* none, 0 and 1 */
  bool found = false;
  for (int i = 0; i < r.place_count; i++)
    found |= strcmp(r.places[i].name, "layer1.wo") == 0 && r.places[i].kind == REGION_ROM;
  T_CHECK(found);
  lower_result_free(&r);
  random_model_free(&m);
}

T_TEST(lower, refuses_options_that_do_not_fit)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 1, &m));
  struct lower_options good = options_of(512, 2, 4), o;
#define REFUSED(change, category, text)                                                            \
  do {                                                                                             \
    o = good;                                                                                      \
    change;                                                                                        \
    T_EQ(lower_model(&m, &o, &r, &err), category);                                                 \
    T_CONTAINS(err.message, text);                                                                 \
  } while (0)
  REFUSED(o.dlen = 96, VTPU_USAGE, "DLEN 96");
  REFUSED(o.sentrons = 0, VTPU_USAGE, "0 sentrons");
  REFUSED(o.sentrons = 17, VTPU_USAGE, "17 sentrons");
  REFUSED((o.cores = 2, o.sentrons = 5), VTPU_USAGE, "at most 4");
  REFUSED(o.prompts[0].count = 0, VTPU_USAGE, "at least one token");
  REFUSED(o.prompts[0].count = 65, VTPU_USAGE, "context 64");
  REFUSED(o.max_tokens = 60, VTPU_USAGE, "at most 59");
  const int outside[] = {3, 96};
  REFUSED((o.prompts[0].tokens = outside, o.prompts[0].count = 2), VTPU_USAGE,
          "prompt token 1 is 96");
  m.config.head_dim = 15;
  REFUSED((void)0, VTPU_LIMIT, "head_dim 15 is odd");
#undef REFUSED
  m.config.head_dim = 16;
  random_model_free(&m);
}

/* An object whose weights are made on the way to its file is the same, byte for byte: padded heads
 * and matrices, every type, and a stream that cannot go back. */
T_TEST(lower, weights_that_are_made_while_they_are_written)
{
  static const struct number_types types[] = {{NUMBER_F32, NUMBER_F32, NUMBER_F32},
                                              {NUMBER_BF16, NUMBER_I8, NUMBER_BF16},
                                              {NUMBER_I8, NUMBER_I8, NUMBER_I8},
                                              {NUMBER_T2, NUMBER_T2, NUMBER_BF16}};
  const int prompt[] = {1};
  struct vtpu_error err;
  struct model m;
  T_EQ(model_random("layers=1,hidden=96,heads=3,head_dim=24,ffn=200,vocab=77", 5, &m, &err), 0);
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    struct lower_options o = {.dlen = 512,
                              .sentrons = 2,
                              .cores = 8,
                              .contexts = 2,
                              .prompts[0] = {prompt, 1},
                              .block = 1,
                              .max_tokens = 4,
                              .types = types[t]};
    struct lower_result whole, later;
    uint8_t *bytes, *streamed;
    size_t count, streamed_count;
    T_EQ(lower_model(&m, &o, &whole, &err), 0);
    T_EQ(object_write_memory(&whole.object, &bytes, &count, &err), 0);
    lower_result_free(&whole);
    o.weights_later = true;
    T_EQ(lower_model(&m, &o, &later, &err), 0);
    const struct object_maker maker = {lower_make, &later};
    FILE *f = tmpfile(), *memory = open_memstream((char **)&streamed, &streamed_count);
    T_REQUIRE(f && memory);
    T_EQ(object_write_stream(f, &later.object, &maker, &err), 0);
    T_EQ(object_write_stream(memory, &later.object, &maker, &err), 0);
    fclose(memory);
    T_EQ(streamed_count, count);
    T_CHECK(memcmp(streamed, bytes, count) == 0);
    T_EQ(ftello(f), (off_t)count);
    rewind(f);
    T_EQ(fread(streamed, 1, count, f), count);
    T_CHECK(memcmp(streamed, bytes, count) == 0);
    fclose(f);
    free(streamed);
    free(bytes);
    lower_result_free(&later);
  }
  model_close(&m);
}
