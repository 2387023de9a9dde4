/* The carried model, as `make demo` runs it: readable text that does not depend on how the machine
 * is used. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

static const char *const model = "models/carried";
static const char *const prompt = "Once upon a time";

static json_t *infer(const char *options)
{
  struct command c = {0};
  command(&c, "vtpu infer --model %s --prompt '%s' --json - %s", model, prompt, options);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

T_TEST(cli_carried, tells_a_story_in_words)
{
  json_t *j = infer("--tokens 80");
  const char *text = json_text(j, "text");
  T_CHECK(strncmp(text, prompt, strlen(prompt)) == 0);
  int words = 0, sentences = 0;
  size_t longest = 0;
  for (const char *at = text; *at;) {
    size_t n = strcspn(at, " \n");
    words += n > 0;
    longest = n > longest ? n : longest;
    sentences += n > 0 && (at[n - 1] == '.' || at[n - 1] == '!' || at[n - 1] == '?');
    at += n + (at[n] != '\0');
  }
  T_CHECK(words >= 30);
  T_CHECK(sentences >= 3);
  T_CHECK(longest <= 16); /* words, not noise */
  T_CHECK(strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,!?'\"-\n") ==
          strlen(text));
  json_decref(j);
}

T_TEST(cli_carried, tells_the_story_of_the_readme)
{
  json_t *j = infer("--tokens 220");
  char *readme = read_file("README.md", NULL);
  T_CONTAINS(readme, json_text(j, "text"));
  free(readme);
  json_decref(j);
}

T_TEST(cli_carried, tells_the_same_on_1_2_8_and_16_sentrons)
{
  static const char *const counts[] = {"1", "2", "8", "16"};
  json_t *first = NULL;
  for (int i = 0; i < 4; i++) {
    char options[64];
    snprintf(options, sizeof options, "--tokens 24 --sentrons %s", counts[i]);
    json_t *j = infer(options);
    T_EQ(json_array_size(json_at(j, "sentrons")), atoi(counts[i]));
    if (first) {
      T_CHECK(json_equal(json_at(first, "tokens"), json_at(j, "tokens")));
      T_EQ_STR(json_text(j, "text"), json_text(first, "text"));
      json_decref(j);
    } else {
      first = j;
    }
  }
  json_decref(first);
}

T_TEST(cli_carried, two_runs_differ_in_host_seconds_only)
{
  json_t *a = infer("--tokens 10"), *b = infer("--tokens 10");
  T_CHECK(json_object_del(a, "host_seconds") == 0 && json_object_del(b, "host_seconds") == 0);
  T_CHECK(json_equal(a, b));
  json_decref(a);
  json_decref(b);
}

T_TEST(cli_carried, prints_the_text_of_the_json_and_then_the_report)
{
  struct command c = {0};
  json_t *j = infer("--tokens 12");
  const char *text = json_text(j, "text");
  command(&c, "vtpu infer --model %s --prompt '%s' --tokens 12", model, prompt);
  T_STATUS(&c, 0);
  T_CHECK(strncmp(c.out, text, strlen(text)) == 0);
  T_CONTAINS(c.out, "\n\nvtpu infer models/carried\n");
  T_EQ_STR(c.err, "");
  command(&c, "vtpu infer --model %s --prompt '%s' --tokens 12 --quiet", model, prompt);
  T_STATUS(&c, 0);
  T_EQ(strlen(c.out), strlen(text) + 1);
  T_CHECK(strncmp(c.out, text, strlen(text)) == 0);
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_carried, characters_come_whole)
{
  struct command c = {0};
  /* The prompt's characters of 2, 3 and 4 bytes are several tokens each in a byte-level vocabulary;
   * drawn at a high temperature, single bytes come out too. */
  command(&c,
          "vtpu infer --model %s --prompt 'A \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80' --tokens 60 "
          "--temperature 50 --seed 3 --quiet --sentrons 8",
          model);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "A \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
  json_t *valid = json_stringn(c.out, strlen(c.out));
  T_CHECK(valid != NULL); /* jansson refuses what is not UTF-8 */
  json_decref(valid);
  command_end(&c);
}

T_TEST(cli_carried, an_empty_prompt_and_one_longer_than_the_context_are_refused)
{
  struct command c = {0};
  command(&c, "vtpu infer --model %s --prompt ''", model);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "empty");
  command(&c, "vtpu infer --model %s --prompt \"$(yes 'a little fox' | head -n 2000)\"", model);
  T_STATUS(&c, 5);
  T_CONTAINS(c.err, "context");
  T_CONTAINS(c.err, "shorten the prompt");
  command_end(&c);
}
