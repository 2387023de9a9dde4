/* See outcome.h. */
#include "tests/lower/outcome.h"

#include "models/reference.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool outcome_read(struct interp *in, const struct lower_result *r, int vocab, int sequence,
                  struct outcome *out)
{
  struct coord tokens = r->tokens;
  out->positions = r->logits_rows;
  out->vocab = vocab;
  out->logits = malloc((size_t)out->positions * (size_t)vocab * sizeof(float));
  bool ok =
      out->logits && r->token_count <= OUTCOME_TOKENS_MOST &&
      coord_step(&tokens, AXIS_BYTE, sequence * (int64_t)r->tokens_bytes, false, CURVE_ZORDER) &&
      interp_peek(in, tokens, out->tokens, 4 * (size_t)r->token_count);
  for (int p = 0; p < out->positions && ok; p++) {
    struct coord row = r->logits;
    int64_t rows = sequence * (int64_t)r->logits_rows + p;
    ok = coord_step(&row, AXIS_BYTE, rows * (int64_t)r->logits_row_bytes, false, CURVE_ZORDER) &&
         interp_peek(in, row, out->logits + (size_t)p * (size_t)vocab, 4 * (size_t)vocab);
  }
  return ok;
}

bool outcome_of_program(const struct lower_result *r, const struct model *m, int cores,
                        bool backwards, struct outcome *out)
{
  struct interp in;
  memset(out, 0, (size_t)r->batch * sizeof *out);
  bool ok = interp_open(&in, &r->object, cores);
  in.backwards = backwards;
  ok = ok && interp_run(&in, OUTCOME_SIWS_MOST);
  for (int s = 0; s < r->batch && ok; s++)
    ok = outcome_read(&in, r, m->config.vocab, s, &out[s]);
  if (!ok)
    T_FAIL("%s", in.error);
  interp_close(&in);
  return ok;
}

bool outcome_run(const struct model *m, const struct lower_options *o, bool backwards,
                 struct outcome *out)
{
  struct lower_result r;
  memset(out, 0, (size_t)(o->batch ? o->batch : 1) * sizeof *out);
  if (lower_model(m, o, &r, &out->err)) {
    T_FAIL("%s", out->err.message);
    return false;
  }
  bool ok = outcome_of_program(&r, m, o->cores, backwards, out);
  lower_result_free(&r);
  return ok;
}

bool outcome_of_prompt(const struct lower_result *r, const struct model *m, int cores,
                       struct lower_prompt prompt, int max_tokens, struct outcome *out)
{
  struct interp in;
  int32_t state[STATE_BYTES / 4] = {0};
  state[STATE_STEPS / 4] = prompt.count + max_tokens - 1;
  state[STATE_PROMPT / 4] = prompt.count;
  memset(out, 0, sizeof *out);
  bool ok = interp_open(&in, &r->object, cores) &&
            interp_poke(&in, r->state, state, sizeof state) &&
            interp_poke(&in, r->tokens, prompt.tokens, 4 * (size_t)prompt.count) &&
            interp_run(&in, OUTCOME_SIWS_MOST) && outcome_read(&in, r, m->config.vocab, 0, out);
  if (!ok)
    T_FAIL("%s", in.error);
  interp_close(&in);
  return ok;
}

double outcome_difference(const struct model *m, const struct outcome *o,
                          const struct number_types *types)
{
  struct reference *ref;
  struct vtpu_error err;
  float *want = malloc((size_t)o->vocab * sizeof *want);
  double worst = want && reference_new(m, types, &ref, &err) == 0 ? 0 : HUGE_VAL;
  for (int p = 0; p < o->positions && worst < HUGE_VAL; p++) {
    const float *got = o->logits + (size_t)p * (size_t)o->vocab;
    double largest = 0, difference = 0;
    if (reference_step(ref, o->tokens[p], want, &err))
      break;
    for (int i = 0; i < o->vocab; i++) {
      largest = fmax(largest, fabs((double)want[i]));
      double d = fabs((double)want[i] - (double)got[i]);
      difference = d <= difference ? difference : d; /* NaN counts */
    }
    worst = difference / largest <= worst ? worst : difference / largest;
  }
  reference_free(ref);
  free(want);
  return worst;
}

int outcome_best(const float *v, int n)
{
  int best = 0;
  for (int i = 1; i < n; i++)
    best = v[i] > v[best] ? i : best;
  return best;
}
