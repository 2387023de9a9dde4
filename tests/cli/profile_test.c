/* --profile and --profile-json of a model: what must add up, single steps, what is refused. What
 * can be counted by hand is in profile_programs_test.c. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

static const char *prompt_ids(void)
{
  return temp_text("profile.ids", "7\n1\n40\n3\n");
}

/* vtpu infer on the small model: its report; the profile goes to *profile. */
static json_t *infer(const char *options, json_t **profile)
{
  struct command c = {0};
  const char *file = temp_path("profile.json");
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --json - --profile-json '%s' %s",
          small_model(), prompt_ids(), file, options);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  *profile = json_of_file(file);
  command_end(&c);
  T_EQ_STR(json_text(*profile, "schema"), "vtpu-profile-1");
  return j;
}

static long long stack_of(json_t *o, const char *path)
{
  const char *cause;
  json_t *value;
  long long sum = 0;
  json_object_foreach(json_at(o, path), cause, value) sum += json_integer_value(value);
  return sum;
}

static long long sum_of(json_t *part, const char *list, const char *path)
{
  json_t *rows = json_at(part, list);
  long long sum = 0;
  for (size_t i = 0; i < json_array_size(rows); i++)
    sum += json_whole(json_array_get(rows, i), path);
  return sum;
}

/* A row's own figures agree with each other. */
static void check_row(json_t *row)
{
  double reached = json_number(row, "bound.reached"), share = json_number(row, "wall.share");
  const char *by = json_text(row, "bound.by");
  char path[64];
  T_EQ(stack_of(row, "wall.stack"), json_whole(row, "wall.cycles"));
  T_EQ(stack_of(row, "stack"), json_whole(row, "cycles"));
  T_CHECK(json_whole(row, "stack.issue") == json_whole(row, "siws"));
  T_CHECK(json_whole(row, "wall.cycles") <= json_whole(row, "cycles"));
  T_CHECK(json_whole(row, "wall.longest_sentron") <= json_whole(row, "cycles"));
  T_CHECK(reached > 0 && reached <= 1);
  T_CHECK(share >= 0 && share <= 1);
  T_CHECK(json_number(row, "balance") > 0 && json_number(row, "balance") <= 1);
  T_CHECK(*json_text(row, "bound.limited_by") != '\0');
  T_CHECK(json_whole(row, "sentrons") >= json_whole(row, "cores"));
  snprintf(path, sizeof path, "bound.resources.%s", by);
  T_NEAR(json_number(row, path), json_number(row, "bound.cycles"), 0);
  const char *resource;
  json_t *cycles;
  json_object_foreach(json_at(row, "bound.resources"), resource, cycles)
      T_CHECK(json_number_value(cycles) <= json_number(row, "bound.cycles"));
}

static void check_part(json_t *part)
{
  static const char *const lists[] = {"kernels", "layers", "regions"};
  static const char *const sums[] = {"wall.cycles",
                                     "cycles",
                                     "siws",
                                     "ops",
                                     "macs",
                                     "ptc.hits",
                                     "ptc.misses",
                                     "tiers.l1.bytes",
                                     "tiers.l2.bytes",
                                     "tiers.l3.bytes",
                                     "tiers.ddr.bytes",
                                     "tiers.ddr.written"};
  json_t *total = json_at(part, "total");
  check_row(total);
  for (int l = 0; l < 3; l++) {
    json_t *rows = json_at(part, lists[l]);
    T_CHECK(json_array_size(rows) > 1);
    for (size_t i = 0; i < json_array_size(rows); i++)
      check_row(json_array_get(rows, i));
    for (size_t s = 0; s < sizeof sums / sizeof *sums; s++)
      T_EQ(sum_of(part, lists[l], sums[s]), json_whole(total, sums[s]));
  }
}

/* A prompt of one token has no block, so that the program is one loop over positions and its
 * critical path is exact: every cycle but those of the spawn, and of sentrons that begin and end
 * apart. */
T_TEST(cli_profile, the_critical_path_of_single_positions_is_the_run)
{
  static const int sentrons[] = {1, 2, 8, 16};
  for (int i = 0; i < 4; i++) {
    struct command c = {0};
    const char *file = temp_path("profile.json");
    command(&c,
            "vtpu infer --model '%s' --prompt-length 1 --tokens 6 --ignore-end --json - "
            "--profile-json '%s' --profile-step all --sentrons %d",
            small_model(), file, sentrons[i]);
    T_STATUS(&c, 0);
    json_t *run = json_of_text(c.out), *profile = json_of_file(file);
    command_end(&c);
    long long apart = json_whole(run, "cycles") - 100 -
                      json_whole(json_at(profile, "parts.0.total"), "wall.cycles");
    T_CHECK(apart >= 0 && apart < 100);
    json_decref(run);
    json_decref(profile);
  }
}

T_TEST(cli_profile, kernels_layers_and_regions_add_up_to_the_run)
{
  static const char *const same[] = {"siws",           "ops",
                                     "macs",           "ptc.hits",
                                     "ptc.misses",     "tiers.l1.bytes",
                                     "tiers.l2.bytes", "tiers.l3.bytes",
                                     "tiers.ddr.bytes"};
  static const char *const sentrons[] = {"1", "2", "8", "16"};
  for (int i = 0; i < 4; i++) {
    char options[64];
    json_t *profile, *part, *total;
    snprintf(options, sizeof options, "--profile-step all --sentrons %s", sentrons[i]);
    json_t *run = infer(options, &profile);
    T_EQ(json_array_size(json_at(profile, "parts")), 1);
    part = json_at(profile, "parts.0");
    total = json_at(part, "total");
    check_part(part);
    T_EQ(json_whole(part, "positions"), 9);
    T_EQ(json_whole(total, "sentrons"), atoi(sentrons[i]));
    for (size_t s = 0; s < sizeof same / sizeof *same; s++)
      T_EQ(json_whole(total, same[s]), json_whole(run, same[s]));
    /* The critical path has every cycle of the run but the 100 of the spawn, and those by which the
     * sentrons begin and end apart. */
    long long apart = json_whole(run, "cycles") - 100 - json_whole(total, "wall.cycles");
    if (apart < 0 || apart >= 100)
      T_FAIL("%s sentrons: %lld cycles are on no critical path", sentrons[i], apart);
    T_NEAR(json_number(part, "tokens_per_second_simulated"),
           9 / (json_number(total, "wall.cycles") / 4e9), 1);
    json_decref(run);
    json_decref(profile);
  }
}

T_TEST(cli_profile, looking_changes_nothing)
{
  struct command c = {0};
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --json -", small_model(),
          prompt_ids());
  T_STATUS(&c, 0);
  json_t *without = json_of_text(c.out), *profile;
  json_t *with = infer("--profile-step all", &profile);
  T_CHECK(json_object_del(with, "host_seconds") == 0);
  T_CHECK(json_object_del(without, "host_seconds") == 0);
  T_CHECK(json_object_del(with, "command_line") == 0);
  T_CHECK(json_object_del(without, "command_line") == 0);
  T_CHECK(json_equal(with, without));
  json_decref(profile);
  json_decref(with);
  with = infer("", &profile); /* cut once: the same tokens and nearly the same cycles */
  T_CHECK(json_equal(json_at(with, "tokens"), json_at(without, "tokens")));
  T_NEAR(json_number(with, "cycles"), json_number(without, "cycles"), 1000);
  json_decref(profile);
  json_decref(with);
  json_decref(without);
  command_end(&c);
}

T_TEST(cli_profile, prompt_and_decode_are_apart)
{
  json_t *profile, *run = infer("", &profile);
  json_t *prompt = json_at(profile, "parts.0"), *decode = json_at(profile, "parts.1");
  T_EQ(json_array_size(json_at(profile, "parts")), 2);
  T_EQ_STR(json_text(prompt, "name"), "prompt");
  T_EQ_STR(json_text(decode, "name"), "decode");
  T_EQ(json_whole(prompt, "first_position"), 0);
  T_EQ(json_whole(prompt, "positions"), 4);
  T_EQ(json_whole(decode, "first_position"), 4);
  T_EQ(json_whole(decode, "positions"), 5);
  check_part(prompt);
  check_part(decode);
  T_EQ(json_whole(prompt, "total.siws") + json_whole(decode, "total.siws"),
       json_whole(run, "siws"));
  T_EQ(json_whole(prompt, "total.tiers.ddr.bytes") + json_whole(decode, "total.tiers.ddr.bytes"),
       json_whole(run, "tiers.ddr.bytes"));
  /* What the prompt has brought in is warm. */
  T_CHECK(json_whole(decode, "total.tiers.ddr.bytes") * 10 <
          json_whole(prompt, "total.tiers.ddr.bytes"));
  json_decref(run);
  json_decref(profile);
}

T_TEST(cli_profile, one_step_by_its_number)
{
  json_t *steps[9], *whole, *last, *decode;
  long long siws = 0;
  for (int i = 0; i < 9; i++) {
    char options[64];
    snprintf(options, sizeof options, "--profile-step %d", i);
    json_t *run = infer(options, &steps[i]);
    T_EQ(json_array_size(json_at(steps[i], "parts")), 1);
    json_t *part = json_at(steps[i], "parts.0");
    T_EQ_STR(json_text(part, "name"), "step");
    T_EQ(json_whole(part, "first_position"), i);
    T_EQ(json_whole(part, "positions"), 1);
    check_part(part);
    if (i >= 4)
      siws += json_whole(part, "total.siws");
    json_decref(run);
  }
  json_decref(infer("--profile-step last", &last));
  T_CHECK(json_equal(json_at(last, "parts"), json_at(steps[8], "parts")));
  json_decref(infer("--profile-step decode", &decode));
  /* A step alone has the program's start too: a few SIWs of each of 16 sentrons. */
  long long begun = siws - json_whole(decode, "parts.0.total.siws");
  T_CHECK(begun > 0 && begun < 4 * 16 * 40);
  json_decref(infer("--profile-step prompt", &whole));
  T_EQ(json_whole(whole, "parts.0.positions"), 4);
  /* The first step fetches the weights, the last one finds them near. */
  T_CHECK(json_whole(steps[0], "parts.0.total.wall.cycles") >
          2 * json_whole(steps[8], "parts.0.total.wall.cycles"));
  for (int i = 0; i < 9; i++)
    json_decref(steps[i]);
  json_decref(last);
  json_decref(decode);
  json_decref(whole);
}

T_TEST(cli_profile, sampled_tokens_are_the_same)
{
  json_t *profile, *other, *a = infer("--temperature 3 --profile-step all", &profile);
  json_t *b = infer("--temperature 3 --profile-step 2", &other);
  T_CHECK(json_equal(json_at(a, "tokens"), json_at(b, "tokens")));
  check_part(json_at(other, "parts.0"));
  T_EQ(json_whole(other, "parts.0.positions"), 1);
  T_CHECK(json_whole(other, "parts.0.total.siws") * 6 < json_whole(profile, "parts.0.total.siws"));
  json_decref(a);
  json_decref(b);
  json_decref(profile);
  json_decref(other);
}

/* --- text and refusals ---------------------------------------------------------------------- */

T_TEST(cli_profile, text_fits_100_columns_and_says_what_limits)
{
  static const char *const parts[] = {"profile: prompt, positions 0 to 3",
                                      "profile: decode, positions 4 to 8",
                                      "occupancy, busiest pipe",
                                      "of the bound",
                                      "limited by",
                                      "critical path",
                                      "wall cycles",
                                      "bytes/cycle",
                                      "supplied",
                                      "D peak",
                                      "MAC/c",
                                      "barrier",
                                      "layer",
                                      "tokens/s, simulated"};
  struct command c = {0};
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --profile", small_model(),
          prompt_ids());
  T_STATUS(&c, 0);
  const char *text = strstr(c.out, "\nprofile: ");
  T_REQUIRE(text);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    T_CONTAINS(text, parts[i]);
  for (const char *at = text; *at;) {
    size_t n = strcspn(at, "\n");
    if (n > 100 || (n && at[n - 1] == ' '))
      T_FAIL("%zu columns, or a space at the end:\n%.*s", n, (int)n, at);
    at += n + (at[n] == '\n');
  }
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 6 -q --profile", small_model(),
          prompt_ids());
  T_STATUS(&c, 0);
  T_CHECK(strstr(c.out, "profile") == NULL);
  command_end(&c);
}

T_TEST(cli_profile, bad_requests_are_refused)
{
  static const struct {
    const char *options, *says;
  } cases[] = {
      {"--tokens 3 --profile --profile-step 6", "positions 0 to 5"},
      {"--tokens 3 --profile --profile-step 99999999999", "whole number"},
      {"--tokens 3 --profile --profile-step -1", "neither a position"},
      {"--tokens 3 --profile --profile-step first", "neither a position"},
      {"--tokens 3 --profile --profile-step 2x", "whole number"},
      {"--tokens 3 --profile-step 2", "--profile or --profile-json"},
      {"--tokens 1 --profile --profile-step decode", "no position comes after the prompt"},
      {"--tokens 3 --profile-json - --json -", "only one output"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu infer --model '%s' --token-ids '%s' %s", small_model(), prompt_ids(),
            cases[i].options);
    T_STATUS(&c, 2);
    T_CONTAINS(c.err, cases[i].says);
  }
  const char *object = assembled("one.siw", "  { DADD r0, r0, r1 }\n");
  command(&c, "vtpu run '%s' --untimed --profile", object);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "nothing to profile");
  command(&c, "vtpu run '%s' --profile-json /nonexistent/x.json", object);
  T_STATUS(&c, 6);
  command_end(&c);
}

T_TEST(cli_profile, a_run_that_is_stopped_is_profiled_up_to_there)
{
  struct command c = {0};
  static const int cycles[] = {150, 3000};
  for (int i = 0; i < 2; i++) {
    command(&c,
            "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --max-cycles %d --profile-json -",
            small_model(), prompt_ids(), cycles[i]);
    T_STATUS(&c, 4);
    json_t *j = json_of_text(c.out), *total = json_at(j, "parts.0.total");
    T_EQ_STR(json_text(j, "end"), "max_cycles");
    T_EQ(stack_of(total, "stack"), json_whole(total, "cycles"));
    T_CHECK(json_whole(total, "wall.cycles") > 0);
    T_CHECK(json_whole(total, "wall.cycles") <= cycles[i] - 100);
    json_decref(j);
  }
  command_end(&c);
}

T_TEST(cli_profile, a_text_that_ends_before_the_step)
{
  /* Whatever this model says first is made its end token. */
  struct command c = {0};
  json_t *profile, *run = infer("--profile-step all", &profile);
  char folder[256], token[32];
  snprintf(folder, sizeof folder, "%s-ends", temp_path("profile_model"));
  snprintf(token, sizeof token, "%lld", json_whole(run, "tokens.5"));
  command(&c,
          "cp -r '%s' '%s' && sed -i 's/\"eos_token_id\": *[0-9]*/\"eos_token_id\": %s/' "
          "'%s/config.json' && vtpu infer --model '%s' --token-ids '%s' --tokens 6 --profile "
          "--profile-step last",
          small_model(), folder, token, folder, folder, prompt_ids());
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "end token at position 4");
  T_CONTAINS(c.out, "cycle stack"); /* the report is there */
  command(&c,
          "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --profile-json - --profile-step 4",
          folder, prompt_ids());
  T_STATUS(&c, 0);
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --profile-json -", folder,
          prompt_ids());
  T_STATUS(&c, 0);
  json_t *both = json_of_text(c.out);
  T_EQ(json_whole(both, "parts.1.positions"), 1);
  command_end(&c);
  json_decref(both);
  json_decref(profile);
  json_decref(run);
}
