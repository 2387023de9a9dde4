/* vtpu infer against what other software made of the same checkpoints (data beside the project). */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Largest difference between a file of f32 and the golden one (which may end earlier), relative to
 * the golden one's largest value. */
static double relative_difference(const char *path, const char *golden_path)
{
  size_t bytes = 0, golden_bytes = 0;
  char *a = read_file(path, &bytes), *b = read_file(golden_path, &golden_bytes);
  double largest = 0, difference = 0;
  if (!a || !b || bytes < golden_bytes || golden_bytes == 0)
    T_FAIL("%s has %zu bytes, %s has %zu", path, bytes, golden_path, golden_bytes);
  for (size_t at = 0; a && b && at + 4 <= golden_bytes && at + 4 <= bytes; at += 4) {
    float x, y;
    memcpy(&x, a + at, sizeof x);
    memcpy(&y, b + at, sizeof y);
    largest = fmax(largest, fabs((double)y));
    difference = fmax(difference, isfinite(x) ? fabs((double)x - (double)y) : INFINITY);
  }
  free(a);
  free(b);
  return largest > 0 ? difference / largest : INFINITY;
}

T_TEST(cli_golden, stories260K_tells_the_golden_texts)
{
  static const struct {
    const char *name, *prompt;
  } cases[] = {
      {"p0", "Once upon a time"},
      {"p1", "One day, Lily met a"},
      {"p2", "The little dog"},
      {"p3", ""},
  };
  if (!t_shared("stories260K/stories260K.bin"))
    T_SKIP("no stories260K checkpoint beside the project");
  char *model = strdup(t_shared("stories260K/stories260K.bin"));
  struct command c = {0};
  for (int i = 0; i < 4; i++) {
    char name[64];
    snprintf(name, sizeof name, "stories260K/text_%s.txt", cases[i].name);
    char *golden = t_shared(name) ? read_file(t_shared(name), NULL) : NULL;
    snprintf(name, sizeof name, "stories260K/%s.logits_f32le.bin", cases[i].name);
    const char *golden_logits = t_shared(name);
    T_REQUIRE(golden && golden_logits);
    /* steps.tsv has a line for each of n positions; n positions make n + 1 tokens. */
    command(&c,
            "n=$(tail -n +2 '%.*s/%s.steps.tsv' | wc -l); p=$(wc -w < '%.*s/%s.prompt_ids.txt'); "
            "vtpu infer --model '%s' --prompt '%s' --tokens $((n + 1 - p)) -q --logits '%s'",
            (int)(strrchr(model, '/') - model), model, cases[i].name,
            (int)(strrchr(model, '/') - model), model, cases[i].name, model, cases[i].prompt,
            temp_path("golden.f32"));
    T_STATUS(&c, 0);
    T_EQ_STR(c.out, golden);
    T_CHECK(relative_difference(temp_path("golden.f32"), golden_logits) < 1e-4);
    free(golden);
  }
  free(model);
  command_end(&c);
}

T_TEST(cli_golden, tiny_qwen3_has_the_logits_of_llama_cpp)
{
  static const char *const names[] = {"a_tied_f32", "b_untied_bf16"};
  if (!t_shared("tiny_qwen3/a_tied_f32/config.json"))
    T_SKIP("no tiny_qwen3 checkpoints beside the project");
  struct command c = {0};
  for (int i = 0; i < 2; i++) {
    char name[64];
    snprintf(name, sizeof name, "tiny_qwen3/%s", names[i]);
    char *model = strdup(t_shared(name));
    char golden[512];
    command(&c,
            "vtpu infer --model '%s' --token-ids '%s/input_ids.txt' --tokens 0 -q --logits '%s'",
            model, model, temp_path("qwen.f32"));
    T_STATUS(&c, 0);
    snprintf(golden, sizeof golden, "%s/logits_llamacpp_f32le.bin", model);
    T_CHECK(relative_difference(temp_path("qwen.f32"), golden) < 1e-4);
    free(model);
  }
  command_end(&c);
}
