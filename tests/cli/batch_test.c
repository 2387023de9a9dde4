/* Several prompts in one run of vtpu infer: each sequence is what it would be alone. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

/* vtpu infer on the carried model; gives the JSON. */
static json_t *infer(const char *options)
{
  struct command c = {0};
  command(&c, "vtpu infer --model models/carried --json - %s", options);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

static const char *const prompts[] = {"Once upon a time", "One day", "Tom",
                                      "The little girl saw a big red ball and"};
enum { PROMPTS = sizeof prompts / sizeof *prompts };

/* Sequence i of a run against a run of its own. */
static void check_alone(json_t *together, int i, const char *prompt, const char *options)
{
  char line[300], at[40];
  snprintf(line, sizeof line, "--prompt '%s' %s", prompt, options);
  json_t *alone = infer(line);
  snprintf(at, sizeof at, "sequences.%d", i);
  json_t *s = json_at(together, at);
  static const char *const same[] = {"tokens", "prompt_tokens", "positions", "text"};
  for (int f = 0; f < 4; f++)
    if (!json_equal(json_at(alone, same[f]), json_at(s, same[f])))
      T_FAIL("%s: %s of sequence %d differ", options, same[f], i + 1);
  T_CHECK(json_equal(json_at(alone, "sequences.0"), s));
  json_decref(alone);
}

static void check_prompts(const char *options)
{
  char line[600];
  int used = snprintf(line, sizeof line, "%s", options);
  long long positions = 0;
  for (int i = 0; i < PROMPTS; i++)
    used += snprintf(line + used, sizeof line - (size_t)used, " --prompt '%s'", prompts[i]);
  json_t *j = infer(line);
  T_EQ(json_array_size(json_at(j, "sequences")), PROMPTS);
  T_EQ(json_whole(j, "batch"), PROMPTS);
  for (int i = 0; i < PROMPTS; i++) {
    char at[40];
    snprintf(at, sizeof at, "sequences.%d.positions", i);
    positions += json_whole(j, at);
    check_alone(j, i, prompts[i], options);
  }
  T_EQ(json_whole(j, "positions"), positions);
  T_CHECK(json_equal(json_at(j, "tokens"), json_at(j, "sequences.0.tokens")));
  T_NEAR(json_number(j, "tokens_per_second_simulated"),
         (double)positions / json_number(j, "seconds_simulated"), 1);
  json_decref(j);
}

T_TEST(cli_batch, each_sequence_is_what_it_is_alone)
{
  check_prompts("--tokens 40 --weights i8");
  check_prompts("--tokens 12 --sentrons 3 --weights t2 --kv i8");
}

/* The carried model ends the first of these texts by itself within so many tokens; the other goes
 * on alone. */
T_TEST(cli_batch, sequences_end_one_by_one)
{
  const char *options = "--tokens 156 --weights i8";
  json_t *j = infer("--prompt 'Once upon a time' --prompt 'One day' --tokens 156 --weights i8");
  T_EQ_STR(json_text(j, "sequences.0.finish_reason"), "stop");
  T_EQ_STR(json_text(j, "sequences.1.finish_reason"), "length");
  T_CHECK(json_whole(j, "sequences.0.positions") < json_whole(j, "sequences.1.positions"));
  for (int i = 0; i < 2; i++)
    check_alone(j, i, prompts[i], options);
  json_decref(j);
}

T_TEST(cli_batch, sampled_sequences_draw_with_seeds_of_their_own)
{
  json_t *j = infer("--prompt 'One day' --batch 3 --tokens 20 --temperature 0.8 --seed 5");
  T_CHECK(!json_equal(json_at(j, "sequences.0.tokens"), json_at(j, "sequences.1.tokens")));
  for (int i = 0; i < 3; i++) {
    char options[80];
    snprintf(options, sizeof options, "--tokens 20 --temperature 0.8 --seed %d", 5 + i);
    check_alone(j, i, "One day", options);
  }
  json_decref(j);
}

T_TEST(cli_batch, texts_are_printed_with_their_numbers)
{
  struct command c = {0}, one = {0};
  const char *file = temp_text("prompts.txt", "Once upon a time\n\nOne day\r\n");
  command(&c, "vtpu infer --model models/carried --prompts '%s' --tokens 12 --quiet", file);
  T_STATUS(&c, 0);
  command(&one, "vtpu infer --model models/carried --prompt 'One day' --tokens 12 --quiet");
  T_STATUS(&one, 0);
  T_EQ(strncmp(c.out, "[1] Once upon a time", 20), 0);
  const char *second = strstr(c.out, "\n[2] ");
  T_REQUIRE(second);
  T_EQ_STR(second + 5, one.out);
  command(&c, "vtpu infer --model models/carried --prompts - --tokens 4 < '%s'", file);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "13 positions (7 of prompts) of 2 sequences");
  command_end(&c);
  command_end(&one);
}

T_TEST(cli_batch, made_up_prompts_differ)
{
  struct command c = {0};
  command(&c, "vtpu infer --random-weights hidden=32,layers=1,heads=2,ffn=64,vocab=60 --batch 3 "
              "--prompt-length 5 -n 4 --json -");
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_EQ(json_array_size(json_at(j, "sequences")), 3);
  T_EQ(json_array_size(json_at(j, "sequences.2.tokens")), 9);
  T_CHECK(!json_equal(json_at(j, "sequences.0.tokens"), json_at(j, "sequences.1.tokens")));
  json_decref(j);
  command_end(&c);
}

/* Logits of one sequence after the other, as each has them alone. */
T_TEST(cli_batch, logits_are_those_of_single_runs)
{
  struct command c = {0};
  size_t bytes, before = 0;
  const char *all = temp_path("batch.logits"), *one = temp_path("one.logits");
  command(&c,
          "vtpu infer --model models/carried --prompt 'One day' --prompt Tom --tokens 6 -q -l '%s'",
          all);
  T_STATUS(&c, 0);
  char *together = read_file(all, &bytes);
  T_REQUIRE(together);
  for (int i = 1; i < 3; i++) {
    size_t own;
    command(&c, "vtpu infer --model models/carried --prompt '%s' --tokens 6 -q -l '%s'", prompts[i],
            one);
    T_STATUS(&c, 0);
    char *alone = read_file(one, &own);
    T_REQUIRE(alone && before + own <= bytes);
    T_EQ(memcmp(together + before, alone, own), 0);
    before += own;
    free(alone);
  }
  T_EQ(before, bytes);
  free(together);
  command_end(&c);
}

T_TEST(cli_batch, the_profile_is_of_all_sequences)
{
  struct command c = {0};
  command(&c, "vtpu infer --model models/carried --prompt 'One day' --prompt Tom --tokens 6 "
              "--ignore-end --profile-json - --quiet");
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_EQ(json_array_size(json_at(j, "parts")), 2);
  T_EQ_STR(json_text(j, "parts.0.name"), "prompt");
  T_EQ(json_whole(j, "parts.0.batch"), 2);
  long long prompts_of = json_whole(j, "parts.0.positions");
  T_CHECK(prompts_of > 2);
  T_EQ(json_whole(j, "parts.1.positions"), 2 * 5);
  json_decref(j);
  command(&c, "vtpu infer --model models/carried --prompt 'One day' --prompt Tom --tokens 6 "
              "--ignore-end --profile --profile-step last");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "profile: step, 2 positions of 2 sequences");
  command_end(&c);
}

T_TEST(cli_batch, what_cannot_be_decoded_together_is_refused)
{
  static const struct {
    const char *options;
    int status;
    const char *message, *cure;
  } cases[] = {
      {"--prompt a --prompt b --batch 3", 2, "--batch 3, but there are 2 prompts", "leave out"},
      {"--prompt a --batch 65", 2, "--batch", "64"},
      {"--prompt a --batch 0", 2, "--batch", "1"},
      {"--prompt a --token-ids x", 2, "exclude each other", ""},
      {"--prompts x --prompt a", 2, "exclude each other", ""},
      {"--prompts x --prompts y", 2, "--prompts is given twice", ""},
      {"--prompts no-such-file", 3, "no-such-file: No such file", ""},
      {"--prompts /dev/null", 3, "/dev/null: holds no prompt", "one text a line"},
      {"--prompt Tom --prompt 'One day' --tokens 300", 5, "tokens of prompt 2", "at most --tokens"},
      {"--prompt a --batch 64 -S 2 --set ddr_bytes=4194304", 5, "KV caches of 64 sequences",
       "decode fewer together"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct command c = {0};
    command(&c, "vtpu infer --model models/carried %s", cases[i].options);
    T_STATUS(&c, cases[i].status);
    T_CONTAINS(c.err, cases[i].message);
    T_CONTAINS(c.err, cases[i].cure);
    command(&c, "vtpu lower --model models/carried %s -o /dev/null", cases[i].options);
    T_STATUS(&c, cases[i].status);
    command_end(&c);
  }
  struct command c = {0};
  char text[3 * 66 + 1];
  for (int i = 0; i < 66; i++)
    memcpy(text + 3 * i, "go\n", 4);
  command(&c, "vtpu infer --model models/carried --prompts '%s'", temp_text("many.txt", text));
  T_STATUS(&c, 5);
  T_CONTAINS(c.err, "many.txt:65: at most 64 prompts");
  command_end(&c);
}

T_TEST(cli_batch, lower_writes_the_program_that_infer_runs)
{
  struct command c = {0};
  const char *out = temp_path("batch.siw");
  command(&c, "vtpu lower --model models/carried --prompt Tom --batch 2 -n 3 -S 2 -o '%s'", out);
  T_STATUS(&c, 0);
  command(&c, "vtpu run '%s' --json -", out);
  T_STATUS(&c, 0);
  json_t *run = json_of_text(c.out);
  json_t *j = infer("--prompt Tom --batch 2 -n 3 -S 2");
  T_EQ(json_whole(run, "cycles"), json_whole(j, "cycles"));
  json_decref(run);
  json_decref(j);
  command_end(&c);
}
