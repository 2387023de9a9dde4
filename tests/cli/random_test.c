/* vtpu infer and lower with made-up weights and prompts: the machine gives the tokens of the
 * reference forward pass, and the same for the same seed. */
#include "models/reference.h"
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

/* Small enough for a test, of a shape that fills no register evenly. */
#define SHAPE "layer-256,layers=2,hidden=72,heads=6,kv_heads=3,head_dim=12,ffn=100,vocab=131,tied=0"

static json_t *infer(const char *options)
{
  struct command c = {0};
  command(&c, "vtpu infer --random-weights %s --json - %s", SHAPE, options);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

T_TEST(cli_random, the_machine_agrees_with_the_reference)
{
  json_t *j = infer("--seed 5 --prompt-length 6 --tokens 20");
  json_t *tokens = json_at(j, "tokens");
  T_EQ(json_array_size(tokens), 26);
  T_EQ(json_whole(j, "prompt_tokens"), 6);
  T_EQ_STR(json_text(j, "program.path"), SHAPE);
  struct model m;
  struct reference *r;
  struct vtpu_error err;
  T_REQUIRE(model_random(SHAPE, 5, &m, &err) == 0);
  T_REQUIRE(reference_new(&m, NULL, &r, &err) == 0);
  float logits[131];
  for (size_t i = 0; i + 1 < json_array_size(tokens); i++) {
    T_EQ(reference_step(r, (int)json_integer_value(json_array_get(tokens, i)), logits, &err), 0);
    int best = 0;
    for (int v = 1; v < 131; v++)
      best = logits[v] > logits[best] ? v : best;
    if (i >= 5)
      T_EQ(json_integer_value(json_array_get(tokens, i + 1)), best);
  }
  reference_free(r);
  model_close(&m);
  json_decref(j);
}

T_TEST(cli_random, the_seed_decides_weights_and_prompt)
{
  json_t *a = infer("--tokens 4"), *b = infer("--tokens 4 --seed 1"), *c = infer("--tokens 4 -x 2");
  T_EQ(json_array_size(json_at(a, "tokens")), 8 + 4); /* a prompt of 8, seed 1 */
  T_CHECK(json_equal(json_at(a, "tokens"), json_at(b, "tokens")));
  T_CHECK(!json_equal(json_at(a, "tokens"), json_at(c, "tokens")));
  json_decref(a);
  json_decref(b);
  json_decref(c);
}

/* Without a tokenizer, ids are printed. */
T_TEST(cli_random, ids_are_printed_and_lowered_programs_run)
{
  struct command c = {0};
  command(&c, "vtpu infer --random-weights %s --prompt-length 2 --tokens 3 --quiet", SHAPE);
  T_STATUS(&c, 0);
  int ids[5], end = 0;
  T_EQ(sscanf(c.out, "%d %d %d %d %d\n%n", &ids[0], &ids[1], &ids[2], &ids[3], &ids[4], &end), 5);
  T_EQ(c.out[end], '\0');
  const char *program = temp_path("random.siw");
  command(&c,
          "vtpu lower --random-weights %s --prompt-length 2 --tokens 3 -o '%s' && vtpu run '%s'",
          SHAPE, program, program);
  T_STATUS(&c, 0);
  command_end(&c);
}

/* The last position of a cut Qwen3-0.6B whose weights no cache and no PTC keeps: one layer, an L3
 * and a PTC of 1 MiB. */
static json_t *streamed(const char *options, double *cycles)
{
  struct command c = {0};
  const char *file = temp_path("streamed.json");
  command(&c,
          "vtpu infer --random-weights qwen3-0.6b,layers=1,vocab=2000 --weights i8 -S 16 "
          "--prompt-length 1 -n 2 --set l3_bytes=1MiB --set ptc_entries=256 "
          "--profile-step last --profile-json '%s' --quiet %s",
          file, options);
  T_STATUS(&c, 0);
  command_end(&c);
  json_t *j = json_of_file(file);
  *cycles = json_number(j, "parts.0.total.wall.cycles");
  return j;
}

T_TEST(cli_random, streamed_weights_keep_ddr_busy_and_their_pages_known)
{
  double with, without;
  json_t *a = streamed("", &with), *b = streamed("--set prefetch=no", &without);
  T_EQ_STR(json_text(a, "parts.0.total.bound.by"), "ddr");
  T_CHECK(json_number(a, "parts.0.total.bandwidth.ddr.share") >= 0.95);
  T_CHECK(json_number(b, "parts.0.total.bandwidth.ddr.share") >= 0.95);
  T_CHECK(json_number(a, "parts.0.total.ptc.hit_rate") >= 0.998);
  T_CHECK(json_number(b, "parts.0.total.ptc.hit_rate") >= 0.98);
  T_CHECK(json_number(b, "parts.0.total.ptc.hit_rate") < 0.99);
  T_CHECK(with < 1.002 * without);
  T_CHECK(json_number(a, "parts.0.total.siws") < 1.04 * json_number(b, "parts.0.total.siws"));
  json_decref(a);
  json_decref(b);
}

T_TEST(cli_random, wrong_use_is_refused)
{
  static const struct {
    const char *options, *says;
  } cases[] = {
      {"--random-weights nix", "'nix' is neither a shape"},
      {"--random-weights " SHAPE " --prompt text", "has no tokenizer"},
      {"--random-weights " SHAPE " --model m", "exclude each other"},
      {"--random-weights " SHAPE " --prompt-length 3 --token-ids f", "exclude each other"},
      {"--random-weights " SHAPE " --prompt-length 0", "'0' is not a whole number"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu infer %s", cases[i].options);
    if (!T_STATUS(&c, 2))
      T_FAIL("with %s", cases[i].options);
    T_CONTAINS(c.err, cases[i].says);
  }
  command(&c, "vtpu infer --random-weights " SHAPE ",context=4");
  T_STATUS(&c, 5);
  T_CONTAINS(c.err, "the prompt has 8 tokens, but the model's context holds 4");
  command_end(&c);
}
