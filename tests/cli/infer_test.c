/* vtpu infer and vtpu lower on a small checkpoint of known weights (no tokenizer), and bad prompts
 * and checkpoints. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"
#include "tests/models/synthetic.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { VOCAB = 48, CONTEXT = 32 };

static const char *prompt_ids(void)
{
  return temp_text("prompt.ids", "7\n1\n40\n\n3\n");
}

/* vtpu infer on the small model with more options; gives the JSON. */
static json_t *infer(const char *options)
{
  struct command c = {0};
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --json - %s", small_model(), prompt_ids(),
          options);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

T_TEST(cli_infer, the_json_has_tokens_and_rates)
{
  json_t *j = infer("--tokens 5");
  T_EQ_STR(json_text(j, "schema"), "vtpu-run-1");
  T_EQ_STR(json_text(j, "command"), "infer");
  T_EQ(json_array_size(json_at(j, "tokens")), 4 + 5);
  T_EQ(json_whole(j, "tokens.0"), 7);
  T_EQ(json_whole(j, "tokens.3"), 3);
  T_EQ(json_whole(j, "prompt_tokens"), 4);
  T_EQ(json_whole(j, "positions"), 4 + 5 - 1);
  T_CHECK(json_is_null(json_at(j, "text")));
  T_CHECK(json_number(j, "host_seconds") >= 0);
  T_NEAR(json_number(j, "tokens_per_second_simulated"), 8 / (json_number(j, "cycles") / 4e9), 1);
  T_CHECK(json_number(j, "mac_per_cycle") > 0);
  T_CHECK(json_array_size(json_at(j, "kernels")) > 5);
  T_CHECK(json_array_size(json_at(j, "layers")) == 3); /* none, 0, 1 */
  json_decref(j);
}

T_TEST(cli_infer, tokens_do_not_depend_on_the_number_of_sentrons)
{
  json_t *one = infer("--tokens 8 --sentrons 1");
  static const char *const others[] = {"2", "3", "8", "16"};
  T_EQ(json_array_size(json_at(one, "sentrons")), 1);
  for (int i = 0; i < 4; i++) {
    char options[64];
    snprintf(options, sizeof options, "--tokens 8 --sentrons %s", others[i]);
    json_t *j = infer(options);
    T_CHECK(json_equal(json_at(one, "tokens"), json_at(j, "tokens")));
    T_EQ(json_array_size(json_at(j, "sentrons")), atoi(others[i]));
    T_CHECK(json_whole(j, "cycles") < json_whole(one, "cycles"));
    json_decref(j);
  }
  json_decref(one);
}

T_TEST(cli_infer, tokens_do_not_depend_on_machine_and_register_width)
{
  json_t *plain = infer("--tokens 6");
  static const char *const others[] = {"--tokens 6 --machine zen4", "--tokens 6 --dlen 128",
                                       "--tokens 6 --set curve=hilbert --sentrons 4"};
  for (int i = 0; i < 3; i++) {
    json_t *j = infer(others[i]);
    T_CHECK(json_equal(json_at(plain, "tokens"), json_at(j, "tokens")));
    T_CHECK(json_whole(j, "cycles") != json_whole(plain, "cycles"));
    json_decref(j);
  }
  json_decref(plain);
}

T_TEST(cli_infer, two_runs_differ_in_host_seconds_only)
{
  json_t *a = infer("--tokens 6"), *b = infer("--tokens 6");
  T_CHECK(json_object_del(a, "host_seconds") == 0 && json_object_del(b, "host_seconds") == 0);
  T_CHECK(json_equal(a, b));
  json_decref(a);
  json_decref(b);
}

T_TEST(cli_infer, logits_have_a_row_for_every_token)
{
  static const struct {
    int tokens, rows;
  } cases[] = {{0, 4}, {1, 5}, {6, 10}, {CONTEXT - 4 - 1, CONTEXT - 1}};
  const char *logits = temp_path("logits.f32"), *before = temp_path("before.f32");
  struct command c = {0};
  for (int i = 0; i < 4; i++) {
    command(&c, "vtpu infer --model '%s' --token-ids '%s' --json - --tokens %d --logits '%s'",
            small_model(), prompt_ids(), cases[i].tokens, logits);
    T_STATUS(&c, 0);
    json_t *j = json_of_text(c.out);
    T_EQ(json_array_size(json_at(j, "tokens")), 4 + cases[i].tokens);
    size_t bytes;
    char *content = read_file(logits, &bytes);
    T_EQ(bytes, (size_t)cases[i].rows * VOCAB * 4);
    /* At temperature 0 every token is where the logits before it are largest, lowest id first. */
    for (int t = 4; content && t < 4 + cases[i].tokens; t++) {
      float row[VOCAB];
      memcpy(row, content + (size_t)(t - 1) * sizeof row, sizeof row);
      int best = 0;
      for (int k = 1; k < VOCAB; k++)
        best = row[k] > row[best] ? k : best;
      T_EQ(best, json_integer_value(json_array_get(json_at(j, "tokens"), (size_t)t)));
    }
    free(content);
    json_decref(j);
    /* A longer text starts with the same rows. */
    if (i > 0) {
      command(&c, "cmp -n $(stat -c %%s '%s') '%s' '%s'", before, before, logits);
      T_STATUS(&c, 0);
    }
    command(&c, "cp '%s' '%s'", logits, before);
  }
  command_end(&c);
}

T_TEST(cli_infer, the_whole_context_can_be_used)
{
  char ids[CONTEXT * 4 + 8] = "";
  for (int i = 0; i < CONTEXT; i++)
    strcat(ids, "9\n");
  const char *full = temp_text("full.ids", ids);
  struct command c = {0};
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --json - --logits '%s'", small_model(),
          full, temp_path("full.f32"));
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_EQ(json_array_size(json_at(j, "tokens")), CONTEXT);
  T_EQ(json_whole(j, "positions"), CONTEXT);
  json_decref(j);
  j = infer("--tokens 28");
  T_EQ(json_array_size(json_at(j, "tokens")), CONTEXT);
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_infer, a_seed_gives_the_same_draw_and_another_seed_another)
{
  json_t *greedy = infer("--tokens 12 --temperature 0 --seed 5");
  json_t *plain = infer("--tokens 12");
  json_t *a = infer("--tokens 12 --temperature 3 --seed 5");
  json_t *b = infer("--tokens 12 --temperature 3 --seed 5 --sentrons 3");
  json_t *other = infer("--tokens 12 --temperature 3 --seed 6");
  json_t *cold = infer("--tokens 12 --temperature 0.0001");
  T_CHECK(json_equal(json_at(greedy, "tokens"), json_at(plain, "tokens")));
  T_CHECK(json_equal(json_at(a, "tokens"), json_at(b, "tokens")));
  T_CHECK(!json_equal(json_at(a, "tokens"), json_at(other, "tokens")));
  T_CHECK(json_equal(json_at(cold, "tokens"), json_at(greedy, "tokens")));
  T_EQ(json_array_size(json_at(a, "tokens")), 4 + 12);
  T_EQ(json_whole(a, "positions"), 4 + 12 - 1);
  T_EQ(json_whole(a, "seed"), 5);
  T_NEAR(json_number(a, "temperature"), 3, 0);
  json_decref(greedy);
  json_decref(plain);
  json_decref(a);
  json_decref(b);
  json_decref(other);
  json_decref(cold);
}

T_TEST(cli_infer, the_lowered_object_runs_as_infer_does)
{
  struct command c = {0};
  const char *object = temp_path("same.siw");
  command(&c,
          "vtpu lower --model '%s' --token-ids '%s' --tokens 5 -o '%s' && "
          "vtpu run '%s' --json -",
          small_model(), prompt_ids(), object, object);
  T_STATUS(&c, 0);
  json_t *run = json_of_text(c.out), *inferred = infer("--tokens 5");
  T_EQ(json_whole(run, "cycles"), json_whole(inferred, "cycles"));
  T_CHECK(json_equal(json_at(run, "stack"), json_at(inferred, "stack")));
  T_CHECK(json_equal(json_at(run, "tiers"), json_at(inferred, "tiers")));
  json_decref(run);
  json_decref(inferred);
  command(&c, "vtpu lower --model '%s' -o '%s' --places && vtpu run '%s' -q", small_model(), object,
          object);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "rom");
  command_end(&c);
}

T_TEST(cli_infer, max_cycles_stops_it_and_keeps_what_is_there)
{
  struct command c = {0};
  const char *logits = temp_path("stopped.f32");
  command(&c,
          "vtpu infer --model '%s' --token-ids '%s' --tokens 20 --json - --max-cycles 40000 "
          "--logits '%s'; s=$?; test -e '%s' && echo there >&2; exit $s",
          small_model(), prompt_ids(), logits, logits);
  T_STATUS(&c, 4);
  T_CONTAINS(c.err, "still runs at cycle 40000");
  T_CHECK(!strstr(c.err, "there"));
  json_t *j = json_of_text(c.out);
  T_EQ_STR(json_text(j, "end"), "max_cycles");
  T_CHECK(json_array_size(json_at(j, "tokens")) < 24);
  json_decref(j);
  command_end(&c);
}

/* --- bad prompts --------------------------------------------------------------------------- */

T_TEST(cli_infer, bad_prompts_are_refused)
{
  static const struct {
    const char *ids;
    int status;
    const char *says;
  } cases[] = {
      {"", 3, "no token id"},
      {"\n \n", 3, "no token id"},
      {"1\n48\n", 3, "bad.ids:2: token 48 is outside the model's vocabulary of 48"},
      {"-1\n", 3, "bad.ids:1: token -1 is outside"},
      {"1\ntwo\n", 3, "bad.ids:2: 'two' is not a token id"},
      {"1 2\n", 3, "is not a token id"},
      {"99999999999999999999\n", 3, "is not a token id"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu infer --model '%s' --token-ids '%s'", small_model(),
            temp_text("bad.ids", cases[i].ids));
    if (!T_STATUS(&c, cases[i].status))
      T_FAIL("with ids %s", cases[i].ids);
    T_CONTAINS(c.err, cases[i].says);
    T_EQ_STR(c.out, "");
  }
  command(&c, "vtpu infer --model '%s' --token-ids /no/such/file", small_model());
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "/no/such/file");
  command(&c, "vtpu infer --model '%s' --prompt text", small_model());
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "tokenizer");
  command_end(&c);
}

T_TEST(cli_infer, what_exceeds_the_context_is_refused)
{
  struct command c = {0};
  char ids[(CONTEXT + 1) * 4 + 8] = "";
  for (int i = 0; i < CONTEXT + 1; i++)
    strcat(ids, "9\n");
  command(&c, "vtpu infer --model '%s' --token-ids '%s'", small_model(),
          temp_text("long.ids", ids));
  T_STATUS(&c, 5);
  T_CONTAINS(c.err, "the prompt has 33 tokens, but the model's context holds 32");
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 29", small_model(), prompt_ids());
  T_STATUS(&c, 5);
  T_CONTAINS(c.err, "at most --tokens 28");
  command_end(&c);
}

T_TEST(cli_infer, more_sentrons_than_the_machine_has_are_refused)
{
  struct command c = {0};
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --sentrons 3 --set cores=1", small_model(),
          prompt_ids());
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "at most --sentrons 2");
  command_end(&c);
}

static void check_types(const char *options, const char *weights, const char *head, const char *kv)
{
  json_t *j = infer(options);
  T_EQ_STR(json_text(j, "types.weights"), weights);
  T_EQ_STR(json_text(j, "types.head"), head);
  T_EQ_STR(json_text(j, "types.kv"), kv);
  json_decref(j);
}

T_TEST(cli_infer, number_types_are_chosen_and_have_defaults)
{
  check_types("--tokens 2", "f32", "f32", "f32");
  check_types("--tokens 2 --weights i8", "i8", "i8", "bf16");
  check_types("--tokens 2 --weights bf16 --kv f32", "bf16", "bf16", "f32");
  check_types("--tokens 2 --weights t2", "t2", "i8", "bf16");
  check_types("--tokens 2 --weights t2 --head t2 --kv i8", "t2", "t2", "i8");
  check_types("--tokens 2 --head i8", "f32", "i8", "f32");
}

T_TEST(cli_infer, number_types_that_cannot_be_are_refused)
{
  static const struct {
    const char *options, *message;
  } cases[] = {
      {"--weights i4", "--weights i4: there is no such type; choose f32, bf16, i8 or t2"},
      {"--weights default", "there is no such type"},
      {"--kv f16", "--kv f16: there is no such type; choose f32, bf16, i8"},
      {"--kv t2", "keys and values cannot be ternary"},
      {"--weights t2 --dlen 64", "use DLEN 128 or more"},
      {"--head t2 --dlen 64", "head t2 at DLEN 64"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct command c = {0};
    command(&c, "vtpu infer --model '%s' --token-ids '%s' %s", small_model(), prompt_ids(),
            cases[i].options);
    T_STATUS(&c, 2);
    T_CONTAINS(c.err, cases[i].message);
    command_end(&c);
  }
}

/* --- bad checkpoints ----------------------------------------------------------------------- */

/* A copy of the small model in which a file is changed. */
static const char *broken_model(const char *file, const char *from, const char *to)
{
  struct synthetic s = synthetic_default();
  const char *folder = temp_path("broken_model");
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  if (!synthetic_write(&s, folder) || (from && !synthetic_patch(path, from, to)))
    T_FAIL("cannot change %s", path);
  return folder;
}

T_TEST(cli_infer, bad_checkpoints_are_refused)
{
  static const struct {
    const char *file, *from, *to, *says;
  } cases[] = {
      {"config.json", "\"hidden_size\": 24", "\"hidden_size\": 28", "shape"},
      {"config.json", "\"hidden_size\": 24", "\"hidden_size\": \"x\"", "hidden_size"},
      {"config.json", "{", "[", "config.json"},
      {"model.safetensors", "\"F32\"", "\"F33\"", "F33"},
      {"model.safetensors", "model.norm.weight", "model.morn.weight", "model.norm.weight"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu infer --model '%s' --token-ids '%s'",
            broken_model(cases[i].file, cases[i].from, cases[i].to), prompt_ids());
    if (!T_STATUS(&c, 3))
      T_FAIL("after %s -> %s", cases[i].from, cases[i].to);
    T_CONTAINS(c.err, cases[i].says);
    T_CONTAINS(c.err, "broken_model");
  }
  command_end(&c);
}

T_TEST(cli_infer, damaged_safetensors_are_refused)
{
  struct command c = {0};
  const char *folder = broken_model("config.json", NULL, NULL);
  char path[512];
  size_t bytes;
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  char *content = read_file(path, &bytes);
  T_REQUIRE(content);
  static const size_t cuts[] = {0, 5, 8, 200};
  for (int i = 0; i < 5; i++) {
    T_CHECK(write_file(path, content, i < 4 ? cuts[i] : bytes - 4));
    command(&c, "vtpu lower --model '%s' -o '%s'", folder, temp_path("never.siw"));
    T_STATUS(&c, 3);
    T_CONTAINS(c.err, "model.safetensors");
  }
  content[6] = 1; /* a header of 2^48 bytes */
  T_CHECK(write_file(path, content, bytes));
  command(&c, "vtpu lower --model '%s' -o '%s'", folder, temp_path("never.siw"));
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "header");
  free(content);
  command(&c, "vtpu infer --model /no/such/model --prompt a");
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "/no/such/model");
  command_end(&c);
}
