/* vtpu compare: real runs against each other, edges of the threshold, and files that are no
 * reports. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A report of the small model, written once under this name. kind: "--json" or "--profile-json". */
static const char *report(const char *name, const char *kind, const char *options)
{
  struct command c = {0};
  const char *ids = temp_text("compare.ids", "7\n1\n40\n3\n"), *path = temp_path(name);
  if (access(path, R_OK) == 0)
    return path;
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 4 -q %s '%s' %s", small_model(),
          ids, kind, path, options);
  T_STATUS(&c, 0);
  command_end(&c);
  return path;
}

static const char *run_a(void)
{
  return report("run_a.json", "--json", "");
}

/* Writes a changed copy. */
static const char *saved(json_t *j, const char *name)
{
  char *text = json_dumps(j, JSON_INDENT(1));
  const char *path = temp_text(name, text ? text : "");
  free(text);
  return path;
}

static void compare(struct command *c, const char *a, const char *b, const char *options)
{
  command(c, "vtpu compare '%s' '%s' %s", a, b, options);
}

T_TEST(cli_compare, two_runs_of_one_command_are_equal)
{
  struct command c = {0};
  const char *kinds[] = {"--json", "--profile-json"};
  for (int i = 0; i < 2; i++) {
    const char *a = report("equal_a.json", kinds[i], ""), *b = report("equal_b.json", kinds[i], "");
    compare(&c, a, b, "--threshold 0");
    T_STATUS(&c, 0);
    T_CONTAINS(c.out, "nothing changed by more than 0 %");
    T_CONTAINS(c.out, "cycle stack");
    T_EQ_STR(c.err, "");
  }
  command_end(&c);
}

/* The percentages of the list, in its order; "differs" and "from none" as 1e9. */
static int listed_changes(const char *out, double *change, int room)
{
  const char *at = strstr(out, "largest change first\n");
  int n = 0;
  for (at = at ? strchr(at, '\n') : NULL; at && at[1] == ' '; at = strchr(at + 1, '\n')) {
    if (strncmp(at + 1, "  figure ", 9) == 0)
      continue;
    const char *value = at + 1 + 2 + 40 + 1 + 17 + 1 + 17 + 2;
    if (n < room)
      change[n++] = *value == '+' || *value == '-' ? strtod(value, NULL) : 1e9;
  }
  return n;
}

T_TEST(cli_compare, a_slower_machine_is_a_change_largest_first)
{
  struct command c = {0};
  double change[80];
  const char *slow[] = {report("slow.json", "--json", "--set ddr_latency=300"),
                        report("slow_profile.json", "--profile-json", "--set ddr_latency=300")};
  const char *fast[] = {run_a(), report("fast_profile.json", "--profile-json", "")};
  for (int i = 0; i < 2; i++) {
    compare(&c, fast[i], slow[i], "");
    T_STATUS(&c, 1);
    T_CONTAINS(c.out, "machine parameter ddr_latency: 70 in A, 300 in B");
    T_CONTAINS(c.out, "stack: ddr");
    T_CONTAINS(c.out, "tokens/s, simulated");
    int n = listed_changes(c.out, change, 80);
    T_CHECK(n > 5);
    for (int k = 0; k < n; k++) {
      T_CHECK((change[k] < 0 ? -change[k] : change[k]) >= 1);
      if (k > 0 && (change[k] < 0 ? -change[k] : change[k]) >
                       (change[k - 1] < 0 ? -change[k - 1] : change[k - 1]))
        T_FAIL("%g comes after %g in\n%s", change[k], change[k - 1], c.out);
    }
    for (const char *at = c.out; *at;) {
      size_t columns = strcspn(at, "\n");
      if (columns > 100 || (columns && at[columns - 1] == ' '))
        T_FAIL("%zu columns, or a space at the end:\n%.*s", columns, (int)columns, at);
      at += columns + (at[columns] == '\n');
    }
    compare(&c, fast[i], slow[i], "--threshold 100000");
    T_STATUS(&c, 0);
    compare(&c, fast[i], slow[i], "--quiet");
    T_STATUS(&c, 1);
    T_EQ_STR(c.out, "");
  }
  command_end(&c);
}

/* The stack of A and of B as the table shows it. */
T_TEST(cli_compare, stacks_stand_side_by_side)
{
  struct command c = {0};
  const char *a = run_a(), *b = report("side.json", "--json", "--set ddr_latency=300");
  json_t *x = json_of_file(a), *y = json_of_file(b);
  compare(&c, a, b, "");
  T_STATUS(&c, 1);
  const char *row = strstr(c.out, "\n  ddr  ");
  T_REQUIRE(row);
  long long shown[2] = {0, 0};
  double share;
  char text[2][32];
  T_EQ(sscanf(row, " ddr %31s %lf%% %31s", text[0], &share, text[1]), 3);
  for (int i = 0; i < 2; i++)
    for (const char *digit = text[i]; *digit; digit++)
      if (*digit != ',')
        shown[i] = 10 * shown[i] + (*digit - '0');
  T_EQ(shown[0], json_whole(x, "stack.ddr"));
  T_EQ(shown[1], json_whole(y, "stack.ddr"));
  json_decref(x);
  json_decref(y);
  command_end(&c);
}

T_TEST(cli_compare, the_threshold_at_its_edge)
{
  struct command c = {0};
  const char *a = run_a();
  json_t *j = json_of_file(a);
  json_object_set_new(j, "cycles", json_integer(1000));
  a = saved(j, "edge_a.json");
  json_object_set_new(j, "cycles", json_integer(1020));
  const char *b = saved(j, "edge_b.json");
  compare(&c, a, b, "--threshold 2");
  T_STATUS(&c, 0);
  compare(&c, a, b, "--threshold 1.999");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "1 of ");
  T_CONTAINS(c.out, "+2.0 %");
  compare(&c, b, a, "--threshold 1.97"); /* 20 of 1020 is 1.96 % */
  T_STATUS(&c, 0);
  compare(&c, b, a, "--threshold 1.96");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "-2.0 %");
  compare(&c, b, a, "--threshold 0");
  T_STATUS(&c, 1);
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_compare, a_small_kernel_is_no_news_and_a_new_one_is)
{
  struct command c = {0};
  const char *a = run_a();
  json_t *j = json_of_file(a), *kernels = json_at(j, "kernels");
  json_t *first = json_array_get(kernels, 0); /* "start": a few SIWs */
  T_EQ_STR(json_text(first, "kernel"), "start");
  long long all = 0, cycles = json_whole(first, "cycles");
  for (size_t i = 0; i < json_array_size(kernels); i++)
    all += json_whole(json_array_get(kernels, i), "cycles");
  T_REQUIRE(cycles > 0 && cycles * 50 < all);
  json_object_set_new(first, "cycles", json_integer(cycles + all / 200)); /* half a percent */
  compare(&c, a, saved(j, "small.json"), "");
  T_STATUS(&c, 0);
  json_object_set_new(first, "cycles", json_integer(cycles + all / 20));
  compare(&c, a, saved(j, "large.json"), "");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "kernel start: cycles");
  T_CONTAINS(c.out, "+5.0 % of all");
  json_object_set_new(first, "kernel", json_string("finish"));
  compare(&c, a, saved(j, "renamed.json"), "");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "kernel finish: cycles");
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_compare, other_output_is_always_a_change)
{
  struct command c = {0};
  const char *a = run_a();
  json_t *j = json_of_file(a);
  json_array_set_new(json_at(j, "tokens"), 5, json_integer(47));
  compare(&c, a, saved(j, "tokens.json"), "--threshold 1000000");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "the tokens");
  T_CONTAINS(c.out, "differs");
  json_decref(j);
  j = json_of_file(a);
  json_object_set_new(j, "end", json_string("interrupted"));
  compare(&c, a, saved(j, "end.json"), "--threshold 1000000");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "how the run ended");
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_compare, parts_of_profiles_are_found_by_name)
{
  struct command c = {0};
  const char *both = report("both.json", "--profile-json", ""),
             *decode = report("decode.json", "--profile-json", "--profile-step decode"),
             *step = report("step.json", "--profile-json", "--profile-step last");
  compare(&c, both, decode, "");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "part prompt is in A only");
  T_CONTAINS(c.out, "cycle stack of decode");
  compare(&c, both, step, "");
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "no part in common");
  command_end(&c);
}

/* --- refusals ------------------------------------------------------------------------------- */

T_TEST(cli_compare, what_is_no_report_is_refused)
{
  struct command c = {0};
  const char *a = run_a(), *profile = report("kind.json", "--profile-json", "");
  const struct {
    const char *text, *says;
  } cases[] = {
      {"", "no JSON"},
      {"{", "cut off"},
      {"[1, 2]", "names no schema"},
      {"17", "no JSON"},
      {"{\"schema\": 1}", "names no schema"},
      {"{\"schema\": \"vtpu-locality-1\"}", "cannot compare the schema \"vtpu-locality-1\""},
      {"{\"schema\": \"vtpu-run-2\"}", "cannot compare the schema"},
      {"{\"schema\": \"vtpu-run-1\"}", "\"cycles\" is missing"},
      {"{\"schema\": \"vtpu-run-1\", \"cycles\": \"many\"}", "\"cycles\" is missing"},
      {"{\"schema\": \"vtpu-run-1\", \"cycles\": 1}", "\"stack\" is missing"},
      {"{\"schema\": \"vtpu-run-1\", \"cycles\": 1, \"stack\": {}}", "\"kernels\" is missing"},
      {"{\"schema\": \"vtpu-run-1\", \"cycles\": 1, \"stack\": {}, \"kernels\": []}",
       "\"layers\" is missing"},
      {"{\"schema\": \"vtpu-run-1\", \"schema\": \"vtpu-run-1\"}", "no JSON"},
      {"{\"schema\": \"vtpu-profile-1\"}", "without parts"},
      {"{\"schema\": \"vtpu-profile-1\", \"parts\": [3]}", "\"wall.cycles\" is missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *bad = temp_text("bad.json", cases[i].text);
    compare(&c, a, bad, "");
    T_STATUS(&c, 3);
    T_CONTAINS(c.err, cases[i].says);
    T_CONTAINS(c.err, "bad.json");
    compare(&c, bad, a, "");
    T_STATUS(&c, 3);
    T_EQ_STR(c.out, "");
  }
  compare(&c, a, profile, "");
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "vtpu-run-1");
  T_CONTAINS(c.err, "vtpu-profile-1");
  compare(&c, a, "/nonexistent.json", "");
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "No such file");
  compare(&c, a, "/", "");
  T_STATUS(&c, 3);
  command_end(&c);
}

T_TEST(cli_compare, wrong_usage)
{
  struct command c = {0};
  const char *a = run_a();
  static const char *const wrong[] = {
      "", "'%s'", "'%s' '%s' '%s'", "- -", "'%s' '%s' --threshold x", "'%s' '%s' --threshold -1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char line[2048], *out = line;
    for (const char *at = wrong[i]; *at; at++)
      if (at[0] == '%' && at[1] == 's')
        out += snprintf(out, 512, "%s", a), at++;
      else
        *out++ = *at;
    *out = '\0';
    command(&c, "vtpu compare %s", line);
    T_STATUS(&c, 2);
  }
  command(&c, "vtpu compare - '%s' <'%s'", a, a);
  T_STATUS(&c, 0);
  command_end(&c);
}

/* Cut off anywhere, or with a byte changed: refused or compared, never worse. */
T_TEST(cli_compare, damaged_reports)
{
  struct command c = {0};
  const char *good[] = {report("damage_run.json", "--json", "--sentrons 1"),
                        report("damage_profile.json", "--profile-json", "--sentrons 1")};
  uint32_t random = 12345;
  for (int k = 0; k < 2; k++) {
    size_t bytes;
    char *text = read_file(good[k], &bytes);
    T_REQUIRE(text && bytes > 1000);
    for (int i = 0; i < 20; i++) {
      random = random * 1664525 + 1013904223;
      size_t at = (size_t)(random >> 8) % (bytes - 2);
      char old = text[at];
      bool cut = i % 2;
      if (!cut)
        text[at] = "\"{}[]:,0x-"[random % 10];
      T_CHECK(write_file(temp_path("damaged.json"), text, cut ? at : bytes));
      compare(&c, good[k], temp_path("damaged.json"), "--quiet");
      if (cut ? c.status != 3 : c.status != 3 && c.status != 1 && c.status != 0)
        T_FAIL("%s at byte %zu: status %d: %s", cut ? "cut" : "changed", at, c.status, c.err);
      text[at] = old;
    }
    free(text);
  }
  command_end(&c);
}

/* What was run is told by the commands; contexts that are not used are no change of their own. */
T_TEST(cli_compare, commands_are_shown_and_idle_contexts_are_no_change)
{
  struct command c = {0};
  const char *few = report("few.json", "--json", "--sentrons 4"), *all = run_a();
  compare(&c, few, all, "--threshold 0");
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "--sentrons 4");
  T_CONTAINS(c.out, "vtpu infer --model");
  T_CHECK(strstr(c.out, "stack: idle") == NULL);
  for (const char *at = c.out; *at;) {
    size_t n = strcspn(at, "\n");
    if (n > 100)
      T_FAIL("%zu columns in\n%.*s", n, (int)n, at);
    at += n + (at[n] == '\n');
  }
  command_end(&c);
}
