/* Lowered checkpoints against logits and tokens that other software computed. */
#include "asm/lower/lower.h"
#include "tests/harness/harness.h"
#include "tests/lower/interp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MOST = 600 };

static int read_ids(const char *path, int *ids)
{
  FILE *f = fopen(path, "r");
  int count = 0;
  while (f && count < IDS_MOST && fscanf(f, "%d", &ids[count]) == 1)
    count++;
  if (f)
    fclose(f);
  return count;
}

/* Little-endian floats of a whole file. */
static float *read_floats(const char *path, size_t *count)
{
  FILE *f = fopen(path, "rb");
  float *data = NULL;
  *count = 0;
  if (!f)
    return NULL;
  fseek(f, 0, SEEK_END);
  long bytes = ftell(f);
  rewind(f);
  data = malloc((size_t)bytes + 1);
  if (data)
    *count = fread(data, sizeof *data, (size_t)bytes / sizeof *data, f);
  fclose(f);
  return data;
}

struct session {
  struct model model;
  struct lower_result lowered;
  struct interp interp;
  float *logits; /* [rows][vocab] */
  int tokens[IDS_MOST];
};

static bool session_run(struct session *s, const char *model, const struct lower_options *o)
{
  struct vtpu_error err;
  memset(s, 0, sizeof *s);
  if (model_open(model, &s->model, &err) || lower_model(&s->model, o, &s->lowered, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  size_t vocab = (size_t)s->model.config.vocab;
  size_t rows = (size_t)(s->lowered.batch * s->lowered.logits_rows);
  s->logits = malloc(rows * vocab * sizeof *s->logits);
  bool ok =
      s->logits && interp_open(&s->interp, &s->lowered.object, o->cores) &&
      interp_run(&s->interp, 100000000) &&
      interp_peek(&s->interp, s->lowered.tokens, s->tokens, 4 * (size_t)s->lowered.token_count);
  for (size_t row = 0; row < rows && ok; row++) {
    struct coord at = s->lowered.logits;
    ok = coord_step(&at, AXIS_BYTE, (int64_t)(row * s->lowered.logits_row_bytes), false,
                    CURVE_ZORDER) &&
         interp_peek(&s->interp, at, s->logits + row * vocab, 4 * vocab);
  }
  if (!ok)
    T_FAIL("%s", s->interp.error);
  return ok;
}

static void session_end(struct session *s)
{
  free(s->logits);
  interp_close(&s->interp);
  lower_result_free(&s->lowered);
  model_close(&s->model);
}

/* Relative in the maximum norm, by position. */
static void check_logits(const struct session *s, const float *want, size_t positions)
{
  size_t vocab = (size_t)s->model.config.vocab;
  for (size_t p = 0; p < positions; p++) {
    double largest = 0, difference = 0;
    for (size_t i = p * vocab; i < (p + 1) * vocab; i++) {
      double d = fabs((double)want[i] - (double)s->logits[i]);
      largest = fmax(largest, fabs((double)want[i]));
      difference = d <= difference ? difference : d;
    }
    if (!(difference < 1e-4 * largest))
      T_FAIL("position %zu differs by %g of %g", p, difference, largest);
  }
}

static void check_folder(const char *name, int sentrons)
{
  char path[256];
  snprintf(path, sizeof path, "tiny_qwen3/%s", name);
  const char *folder = t_shared(path);
  if (!folder)
    T_SKIP("no tiny_qwen3 checkpoints beside the project");
  char file[1100], model[1024];
  snprintf(model, sizeof model, "%s", folder);
  int ids[IDS_MOST];
  snprintf(file, sizeof file, "%s/input_ids.txt", model);
  int count = read_ids(file, ids);
  size_t floats;
  snprintf(file, sizeof file, "%s/logits_llamacpp_f32le.bin", model);
  float *want = read_floats(file, &floats);
  struct lower_options o = {.dlen = 512,
                            .sentrons = sentrons,
                            .cores = 8,
                            .contexts = 2,
                            .prompts = {{ids, count}},
                            .keep_logits = true};
  struct session s;
  if (session_run(&s, model, &o)) {
    T_EQ(floats, (size_t)count * (size_t)s.model.config.vocab);
    check_logits(&s, want, (size_t)count);
  }
  session_end(&s);
  free(want);
}

T_TEST(lower_golden, tiny_qwen3_tied_agrees_with_llama_cpp)
{
  check_folder("a_tied_f32", 1);
}
T_TEST(lower_golden, tiny_qwen3_untied_agrees_with_llama_cpp)
{
  check_folder("b_untied_bf16", 8);
}

/* Tokens of every step from pN.steps.tsv: position, input token, top-1, its logit, ... */
static int read_steps(const char *path, int *ids)
{
  FILE *f = fopen(path, "r");
  char line[256];
  int count = 0;
  while (f && count < IDS_MOST && fgets(line, sizeof line, f))
    if (sscanf(line, "%*d %d", &ids[count]) == 1)
      count++;
  if (f)
    fclose(f);
  return count;
}

static void check_story(int prompt, int tokens)
{
  const char *found = t_shared("stories260K/stories260K.bin");
  if (!found)
    T_SKIP("no stories260K checkpoint beside the project");
  char model[1024], file[1100];
  snprintf(model, sizeof model, "%s", found);
  int folder = (int)(strrchr(model, '/') - model), ids[IDS_MOST], steps[IDS_MOST];
  snprintf(file, sizeof file, "%.*s/p%d.prompt_ids.txt", folder, model, prompt);
  int count = read_ids(file, ids);
  snprintf(file, sizeof file, "%.*s/p%d.steps.tsv", folder, model, prompt);
  int known = read_steps(file, steps);
  size_t floats;
  snprintf(file, sizeof file, "%.*s/p%d.logits_f32le.bin", folder, model, prompt);
  float *want = read_floats(file, &floats);
  struct lower_options o = {.dlen = 512,
                            .sentrons = 1 << prompt,
                            .cores = 8,
                            .contexts = 2,
                            .prompts = {{ids, count}},
                            .max_tokens = tokens,
                            .keep_logits = true};
  struct session s;
  if (session_run(&s, model, &o)) {
    T_EQ(floats, 8 * (size_t)s.model.config.vocab);
    T_CHECK(known >= s.lowered.token_count);
    check_logits(&s, want, 8);
    for (int i = 0; i < s.lowered.token_count && i < known; i++)
      T_EQ(s.tokens[i], steps[i]);
  }
  session_end(&s);
  free(want);
}

/* Rows of pN.steps.tsv: the input tokens, and how many of them were given. */
static int read_run(const char *path, int *ids, int *given)
{
  FILE *f = fopen(path, "r");
  char line[256];
  int count = 0, top = 0, next = 0;
  *given = 1;
  while (f && count < IDS_MOST && fgets(line, sizeof line, f))
    if (sscanf(line, "%*d %d %d %*f %*d %*f %d", &ids[count], &top, &next) == 3) {
      count++;
      if (top != next)
        *given = count + 1;
    }
  if (f)
    fclose(f);
  return count;
}

/* A text of the ternary checkpoint: a trained model whose activations are quantised four times a
 * layer, so that one integer that differs would change it (asm/lower/kernel_strict.c). */
static void check_ternary(int prompt, int positions)
{
  const char *found = t_shared("bitnet3M/bitnet3M.bin");
  if (!found)
    T_SKIP("no bitnet3M checkpoint beside the project");
  char model[1024], file[1100];
  snprintf(model, sizeof model, "%s", found);
  int folder = (int)(strrchr(model, '/') - model), ids[IDS_MOST], given;
  snprintf(file, sizeof file, "%.*s/p%d.steps.tsv", folder, model, prompt);
  int known = read_run(file, ids, &given);
  if (getenv("VTPU_LONG"))
    positions = known;
  T_REQUIRE(known > given && positions <= known);
  size_t floats;
  snprintf(file, sizeof file, "%.*s/p%d.logits_f32le.bin", folder, model, prompt);
  float *want = read_floats(file, &floats);
  struct lower_options o = {.dlen = 512,
                            .sentrons = 8 << prompt % 2,
                            .cores = 8,
                            .contexts = 2,
                            .prompts = {{ids, given}},
                            .max_tokens = positions - given,
                            .ignore_end = true,
                            .keep_logits = true};
  struct session s;
  if (session_run(&s, model, &o)) {
    T_EQ(floats, 8 * (size_t)s.model.config.vocab);
    check_logits(&s, want, 8);
    for (int i = 0; i < s.lowered.token_count && i < known; i++)
      T_EQ(s.tokens[i], ids[i]);
  }
  session_end(&s);
  free(want);
}

T_TEST(lower_golden, bitnet3M_tells_the_stories_of_bitllama2c)
{
  check_ternary(0, 24);
  check_ternary(1, 12);
  check_ternary(2, 12);
}

T_TEST(lower_golden, stories260K_tells_the_stories_of_llama2c)
{
  check_story(0, 50);
  check_story(1, 20);
  check_story(2, 20);
  check_story(3, 20);
}

/* --- batches ------------------------------------------------------------------------------------
 */

enum { BATCH_MOST = 4 };

/* Known texts decoded together, each from so many of its tokens on: `ids` of `known` tokens. */
static void check_together(const char *model, int (*ids)[IDS_MOST], const int *given, int batch,
                           int sentrons, int tokens)
{
  struct lower_options o = {.dlen = 512,
                            .sentrons = sentrons,
                            .cores = 8,
                            .contexts = 2,
                            .batch = batch,
                            .max_tokens = tokens,
                            .ignore_end = true};
  struct session s;
  for (int b = 0; b < batch; b++)
    o.prompts[b] = (struct lower_prompt){ids[b], given[b]};
  if (session_run(&s, model, &o))
    for (int b = 0; b < batch; b++) {
      struct coord at = s.lowered.tokens;
      coord_step(&at, AXIS_BYTE, b * (int64_t)s.lowered.tokens_bytes, false, CURVE_ZORDER);
      int count = given[b] + tokens;
      T_REQUIRE(interp_peek(&s.interp, at, s.tokens, 4 * (size_t)count));
      for (int i = 0; i < count; i++)
        if (s.tokens[i] != ids[b][i])
          T_FAIL("token %d of sequence %d is %d, not %d", i, b, s.tokens[i], ids[b][i]);
    }
  session_end(&s);
}

T_TEST(lower_golden, stories260K_tells_its_stories_together)
{
  const char *found = t_shared("stories260K/stories260K.bin");
  if (!found)
    T_SKIP("no stories260K checkpoint beside the project");
  char model[1024], file[1100];
  snprintf(model, sizeof model, "%s", found);
  int folder = (int)(strrchr(model, '/') - model), given[BATCH_MOST];
  static int ids[BATCH_MOST][IDS_MOST];
  for (int b = 0; b < BATCH_MOST; b++) {
    snprintf(file, sizeof file, "%.*s/p%d.prompt_ids.txt", folder, model, b);
    given[b] = read_ids(file, ids[b]);
    snprintf(file, sizeof file, "%.*s/p%d.steps.tsv", folder, model, b);
    T_REQUIRE(given[b] > 0 && read_steps(file, ids[b]) >= given[b] + 16);
  }
  check_together(model, ids, given, BATCH_MOST, 16, 16);
}

T_TEST(lower_golden, bitnet3M_tells_its_stories_together)
{
  const char *found = t_shared("bitnet3M/bitnet3M.bin");
  if (!found)
    T_SKIP("no bitnet3M checkpoint beside the project");
  char model[1024], file[1100];
  snprintf(model, sizeof model, "%s", found);
  int folder = (int)(strrchr(model, '/') - model), given[3];
  static int ids[3][IDS_MOST];
  for (int b = 0; b < 3; b++) {
    snprintf(file, sizeof file, "%.*s/p%d.steps.tsv", folder, model, b);
    int known = read_run(file, ids[b], &given[b]);
    T_REQUIRE(known >= given[b] + 6);
  }
  check_together(model, ids, given, 3, 8, 6);
}

/* Prompts only: the prefixes of one golden text, and the same after others went before it. */
T_TEST(lower_golden, tiny_qwen3_does_its_prefixes_together)
{
  const char *folder = t_shared("tiny_qwen3/a_tied_f32");
  if (!folder)
    T_SKIP("no tiny_qwen3 checkpoints beside the project");
  char file[1100], model[1024];
  snprintf(model, sizeof model, "%s", folder);
  static int ids[IDS_MOST];
  snprintf(file, sizeof file, "%s/input_ids.txt", model);
  int count = read_ids(file, ids);
  size_t floats;
  snprintf(file, sizeof file, "%s/logits_llamacpp_f32le.bin", model);
  float *want = read_floats(file, &floats);
  struct lower_options o = {.dlen = 512,
                            .sentrons = 8,
                            .cores = 8,
                            .contexts = 2,
                            .batch = 3,
                            .prompts = {{ids, count}, {ids, count / 2}, {ids, 1}},
                            .keep_logits = true};
  struct session s;
  if (session_run(&s, model, &o)) {
    size_t vocab = (size_t)s.model.config.vocab, rows = (size_t)s.lowered.logits_rows;
    float *const first = s.logits;
    for (int b = 0; b < 3; b++) {
      s.logits = first + (size_t)b * rows * vocab;
      check_logits(&s, want, (size_t)o.prompts[b].count);
    }
    s.logits = first;
  }
  session_end(&s);
  free(want);
}
