/* Narrow types: the lowered program against the reference forward pass in the same types.
 *
 * Integers are the same in both whenever what is quantised is; f32 sums run in different orders. So
 * now and then an activation lies so close to the middle between two integers that the two sides
 * round it differently, which changes logits by much more than the sums do: most models must agree
 * closely, all of them roughly. */
#include "asm/lower/lower.h"
#include "tests/harness/harness.h"
#include "tests/lower/outcome.h"
#include "tests/lower/random_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int prompt[] = {3, 1, 4, 1, 5};

static struct lower_options options_of(unsigned dlen, int sentrons, int max_tokens,
                                       struct number_types types)
{
  return (struct lower_options){
      .dlen = dlen,
      .sentrons = sentrons,
      .cores = 8,
      .contexts = 2,
      .prompts = {{prompt, 5}},
      .max_tokens = max_tokens,
      .types = types,
      .keep_logits = true,
      .block = 1, /* block_test.c has the others */
  };
}

static const struct random_shape shapes[] = {
    /* hidden layers heads kv head_dim ffn vocab context */
    {64, 2, 4, 2, 16, 160, 96, 64, ROPE_HALVES, true, true},
    {48, 2, 8, 4, 8, 72, 50, 64, ROPE_NEIGHBOURS, false, true},
    {36, 2, 3, 3, 24, 52, 70, 64, ROPE_NEIGHBOURS, true, false},  /* heads with padding */
    {20, 1, 3, 1, 4, 10, 17, 64, ROPE_HALVES, false, false},      /* several heads a line */
    {32, 1, 2, 1, 128, 48, 40, 64, ROPE_NEIGHBOURS, true, false}, /* 8 lines of values */
    {32, 1, 1, 1, 192, 48, 40, 64, ROPE_HALVES, true, false},     /* values in two passes */
    {400, 1, 2, 2, 16, 320, 60, 64, ROPE_HALVES, false, false},   /* loops over columns */
    {6, 1, 1, 1, 2, 3, 7, 64, ROPE_HALVES, false, true},          /* less than a line */
    {24, 1, 5, 1, 64, 16, 9, 64, ROPE_HALVES, false, true},       /* five heads share keys */
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Of a shape in these types: the difference from the reference. */
static double difference(const struct random_shape *shape, unsigned dlen, int sentrons, int tokens,
                         struct number_types types)
{
  struct model m;
  struct outcome o;
  double worst = -1;
  if (!random_model(shape, 7, &m))
    return worst;
  struct lower_options options = options_of(dlen, sentrons, tokens, types);
  if (outcome_run(&m, &options, false, &o))
    worst = outcome_difference(&m, &o, &types);
  free(o.logits);
  random_model_free(&m);
  return worst;
}

/* `exact`: most shapes must be so close; all of them must be within `rough`. */
static void check_shapes(int shape_count, struct number_types types, double exact, double rough)
{
  int close = 0;
  for (int i = 0; i < shape_count; i++) {
    double d = difference(&shapes[i], 512, 1, 15, types); /* 19 positions: two blocks */
    if (!(d >= 0 && d < rough))
      T_FAIL("%s/%s/%s, hidden %d: relative difference %g", number_names[types.weights],
             number_names[types.head], number_names[types.kv], shapes[i].hidden, d);
    close += d < exact;
  }
  if (close < shape_count / 2)
    T_FAIL("%s/%s/%s: only %d of %d shapes within %g", number_names[types.weights],
           number_names[types.head], number_names[types.kv], close, shape_count, exact);
}

/* One position alone attends to itself, so hardly anything is summed before it is quantised: no
 * integer may differ. */
T_TEST(types, integers_are_those_of_the_reference)
{
  static const struct number_types all[] = {
      {NUMBER_I8, NUMBER_I8, NUMBER_F32},
      {NUMBER_T2, NUMBER_T2, NUMBER_F32},
      {NUMBER_I8, NUMBER_I8, NUMBER_I8},
  };
  for (int t = 0; t < 3; t++)
    for (int i = 0; i < SHAPES; i++) {
      struct model m;
      struct outcome o;
      T_REQUIRE(random_model(&shapes[i], 3, &m));
      struct lower_options options = options_of(512, 2, 0, all[t]);
      options.prompts[0].count = 1;
      T_REQUIRE(outcome_run(&m, &options, false, &o));
      double d = outcome_difference(&m, &o, &all[t]);
      if (!(d < 1e-5))
        T_FAIL("%s, hidden %d: relative difference %g", number_names[all[t].weights],
               shapes[i].hidden, d);
      free(o.logits);
      random_model_free(&m);
    }
}

T_TEST(types, weights_agree_with_the_reference)
{
  check_shapes(SHAPES, (struct number_types){NUMBER_I8, NUMBER_I8, NUMBER_F32}, 2e-5, 2e-2);
  check_shapes(SHAPES, (struct number_types){NUMBER_T2, NUMBER_T2, NUMBER_F32}, 2e-5, 4e-2);
  check_shapes(SHAPES, (struct number_types){NUMBER_BF16, NUMBER_BF16, NUMBER_F32}, 1e-2, 1e-2);
}

T_TEST(types, head_has_its_own_type)
{
  check_shapes(2, (struct number_types){NUMBER_F32, NUMBER_I8, NUMBER_F32}, 1e-5, 2e-2);
  check_shapes(2, (struct number_types){NUMBER_F32, NUMBER_T2, NUMBER_F32}, 1e-5, 2e-2);
  check_shapes(2, (struct number_types){NUMBER_I8, NUMBER_F32, NUMBER_F32}, 2e-5, 2e-2);
}

T_TEST(types, kv_caches_agree_with_the_reference)
{
  check_shapes(SHAPES, (struct number_types){NUMBER_F32, NUMBER_F32, NUMBER_BF16}, 1e-3, 2e-2);
  check_shapes(SHAPES, (struct number_types){NUMBER_F32, NUMBER_F32, NUMBER_I8}, 1e-5, 2e-2);
  check_shapes(2, (struct number_types){NUMBER_I8, NUMBER_I8, NUMBER_BF16}, 1e-2, 2e-2);
}

T_TEST(types, every_dlen_agrees_with_the_reference)
{
  static const struct number_types all[] = {
      {NUMBER_BF16, NUMBER_BF16, NUMBER_F32}, {NUMBER_I8, NUMBER_I8, NUMBER_F32},
      {NUMBER_T2, NUMBER_I8, NUMBER_F32},     {NUMBER_F32, NUMBER_F32, NUMBER_BF16},
      {NUMBER_F32, NUMBER_F32, NUMBER_I8},
  };
  for (int t = 0; t < 5; t++)
    for (int i = 0; i <= 3; i += 3)
      for (unsigned dlen = t == 2 ? 128 : 64; dlen < 512; dlen *= 2) {
        double d = difference(&shapes[i], dlen, 3, 1, all[t]);
        if (!(d >= 0 && d < 2e-2))
          T_FAIL("%s/%s/%s, hidden %d, DLEN %u: relative difference %g",
                 number_names[all[t].weights], number_names[all[t].head], number_names[all[t].kv],
                 shapes[i].hidden, dlen, d);
      }
}

/* Bundles of rows are cut by the sentrons' shares: integers do not care, floats have none. */
T_TEST(types, bits_do_not_depend_on_sentrons)
{
  static const int counts[] = {2, 8, 16};
  static const struct number_types all[] = {
      {.weights = NUMBER_BF16},
      {.weights = NUMBER_I8},
      {.weights = NUMBER_T2},
      {.kv = NUMBER_BF16},
      {.weights = NUMBER_I8, .kv = NUMBER_I8},
  };
  for (int t = 0; t < 5; t++) {
    struct model m;
    struct outcome alone, many;
    T_REQUIRE(random_model(&shapes[0], 11, &m));
    struct lower_options o = options_of(512, 1, 14, all[t]);
    bool ok = outcome_run(&m, &o, false, &alone);
    for (int c = 0; c < 3 && ok; c++) {
      o.sentrons = counts[c];
      ok = outcome_run(&m, &o, c == 1, &many);
      if (ok)
        T_EQ(memcmp(alone.logits, many.logits,
                    (size_t)alone.positions * (size_t)alone.vocab * sizeof(float)),
             0);
      free(many.logits);
    }
    free(alone.logits);
    random_model_free(&m);
  }
}

/* Ternary checkpoints are computed in the reference's order and rounding: no integer may differ,
 * whatever went before. */
T_TEST(types, ternary_checkpoints_repeat_the_reference)
{
  static const struct {
    struct random_shape shape;
    unsigned dlen;
    int sentrons;
  } cases[] = {
      {{64, 2, 4, 2, 16, 160, 96, 64, ROPE_NEIGHBOURS, false, true}, 512, 1},
      {{64, 2, 4, 2, 16, 160, 96, 64, ROPE_NEIGHBOURS, false, true}, 512, 16},
      {{48, 2, 8, 4, 8, 72, 50, 64, ROPE_HALVES, false, true}, 512, 2},
      {{36, 2, 3, 3, 24, 52, 70, 64, ROPE_NEIGHBOURS, false, true}, 256, 3},
      {{20, 1, 3, 1, 4, 10, 17, 64, ROPE_NEIGHBOURS, false, true}, 128, 2},
      {{32, 1, 2, 1, 96, 48, 40, 64, ROPE_NEIGHBOURS, false, false}, 512, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct model m;
    struct outcome o;
    T_REQUIRE(random_ternary_model(&cases[i].shape, 5, &m));
    struct lower_options options =
        options_of(cases[i].dlen, cases[i].sentrons, 14, (struct number_types){.kv = NUMBER_F32});
    if (outcome_run(&m, &options, false, &o)) {
      double d = outcome_difference(&m, &o, NULL);
      if (!(d < 1e-6 * 5))
        T_FAIL("hidden %d, DLEN %u: relative difference %g", cases[i].shape.hidden, cases[i].dlen,
               d);
    }
    free(o.logits);
    random_model_free(&m);
  }
}

T_TEST(types, refuses_what_cannot_be)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  T_REQUIRE(random_model(&shapes[0], 1, &m));
  struct lower_options o = options_of(64, 1, 4, (struct number_types){.weights = NUMBER_T2});
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "weights t2 at DLEN 64");
  T_CONTAINS(err.message, "use DLEN 128");
  o.types = (struct number_types){.head = NUMBER_T2};
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "head t2 at DLEN 64");
  o.types = (struct number_types){.kv = NUMBER_T2};
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "KV cache t2");
  m.config.bitnet = true;
  o.types = (struct number_types){.weights = NUMBER_I8};
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "this checkpoint is ternary");
  random_model_free(&m);
}
