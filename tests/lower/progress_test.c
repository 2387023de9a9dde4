/* What a host sees that looks on while the program runs: at every cycle, tokens[0..position] are
 * the tokens of the end. `vtpu infer` prints by that. */
#include "asm/lower/lower.h"
#include "sim/vtpu.h"
#include "tests/harness/harness.h"
#include "tests/lower/random_model.h"

#include <string.h>

enum { PROMPT = 3, TOKENS = 6, KNOWN_MOST = PROMPT + TOKENS };

struct progress {
  int position[1 << 16],
      token[1 << 16]; /* by cycle: the position, and the token that it makes known */
  uint64_t cycles;
};

static int read_word(const struct vtpu *v, struct coord c, int64_t bytes)
{
  int32_t word = -1;
  struct vtpu_error err;
  if (!coord_step(&c, AXIS_BYTE, bytes, false, CURVE_ZORDER) ||
      vtpu_peek(v, 0, c, &word, sizeof word, &err))
    T_FAIL("cannot look at byte %d", (int)bytes);
  return word;
}

static bool watch(const struct lower_result *r, const struct machine *m, struct progress *p)
{
  struct vtpu *v;
  struct vtpu_error err;
  enum vtpu_status status = VTPU_RUNNING;
  if (vtpu_new(m, &r->object, NULL, &v, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  for (p->cycles = 0; status == VTPU_RUNNING && p->cycles < 1 << 16; p->cycles++) {
    if (vtpu_run(v, p->cycles, &status, &err)) {
      T_FAIL("%s", err.message);
      break;
    }
    int position = read_word(v, r->state, STATE_POSITION);
    p->position[p->cycles] = position;
    p->token[p->cycles] = position < KNOWN_MOST ? read_word(v, r->tokens, 4 * position) : -1;
  }
  vtpu_free(v);
  return status == VTPU_DONE;
}

T_TEST(progress, a_token_is_there_when_its_position_is)
{
  static struct progress p;
  static const int prompt[PROMPT] = {5, 11, 2};
  static const struct random_shape shape = {20, 1, 3, 1, 4, 10, 17, 64, ROPE_HALVES, false, false};
  struct machine machine;
  struct vtpu_error err;
  struct model m;
  T_REQUIRE(!machine_load("spec", &machine, &err));
  T_REQUIRE(random_model(&shape, 5, &m));
  for (int sentrons = 1; sentrons <= 4; sentrons += 3) {
    struct lower_options o = {.dlen = 512,
                              .sentrons = sentrons,
                              .cores = 8,
                              .contexts = 2,
                              .prompts = {{prompt, PROMPT}},
                              .max_tokens = TOKENS,
                              .ignore_end = true};
    struct lower_result r;
    T_REQUIRE(!lower_model(&m, &o, &r, &err));
    T_REQUIRE(watch(&r, &machine, &p));
    int last = p.position[p.cycles - 1], at[KNOWN_MOST];
    T_CHECK(last >= KNOWN_MOST - 2 && last < KNOWN_MOST);
    for (uint64_t c = 0; c < p.cycles; c++)
      at[p.position[c]] = p.token[c]; /* the last cycle at this position has its token */
    for (uint64_t c = 0; c < p.cycles; c++)
      if (p.token[c] != at[p.position[c]]) {
        T_FAIL("%d sentrons, cycle %llu: position %d, but its token is %d and becomes %d", sentrons,
               (unsigned long long)c, p.position[c], p.token[c], at[p.position[c]]);
        break;
      }
    lower_result_free(&r);
  }
  random_model_free(&m);
}
