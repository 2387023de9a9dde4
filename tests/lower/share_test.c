/* Vectors that pass between sentrons by messages: the same bits as through shared memory and as on
 * one sentron, in every type, whatever the queues hold; and fewer cycles, where the lowering
 * decides for them. */
#include "asm/lower/lower.h"
#include "sim/vtpu.h"
#include "tests/harness/harness.h"
#include "tests/lower/outcome.h"
#include "tests/lower/random_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int prompt[] = {3, 1, 4};

static const struct number_types types[] = {
    {NUMBER_F32, NUMBER_F32, NUMBER_F32},
    {NUMBER_BF16, NUMBER_BF16, NUMBER_BF16},
    {NUMBER_I8, NUMBER_I8, NUMBER_I8},
    {NUMBER_T2, NUMBER_I8, NUMBER_BF16},
};
enum { TYPES = sizeof types / sizeof *types };

static const struct random_shape shapes[] = {
    /* hidden layers heads kv head_dim ffn vocab context */
    {64, 2, 4, 2, 16, 160, 96, 64, ROPE_HALVES, true, true},
    {96, 1, 2, 1, 64, 600, 40, 64, ROPE_HALVES, true, true}, /* more lines than a queue holds */
    {16, 1, 1, 1, 16, 16, 200, 64, ROPE_HALVES, true, true}, /* lines of one sentron only */
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static struct lower_options options_of(int sentrons, int queue, struct number_types t)
{
  return (struct lower_options){.dlen = 512,
                                .sentrons = sentrons,
                                .cores = 8,
                                .contexts = 2,
                                .queue = queue,
                                .prompts = {{prompt, 3}},
                                .max_tokens = 4,
                                .types = t,
                                .keep_logits = true,
                                .block = 1};
}

/* Lowers for queues of this many messages, and runs with queues that hold just what the object says
 * that it needs; also counts messages. */
static bool run(const struct model *m, const struct lower_options *o, bool backwards,
                struct outcome *out, uint64_t *messages)
{
  struct lower_result r;
  struct interp in;
  memset(out, 0, sizeof *out);
  if (lower_model(m, o, &r, &out->err)) {
    T_FAIL("%s", out->err.message);
    return false;
  }
  bool ok = interp_open(&in, &r.object, o->cores);
  in.backwards = backwards;
  in.room = r.object.needs.queue;
  T_CHECK(r.object.needs.queue <= o->queue);
  ok = ok && interp_run(&in, OUTCOME_SIWS_MOST) && outcome_read(&in, &r, m->config.vocab, 0, out);
  if (!ok)
    T_FAIL("%d sentrons, queues of %d: %s", o->sentrons, o->queue, in.error);
  *messages = in.messages;
  interp_close(&in);
  lower_result_free(&r);
  return ok;
}

static void check_queues(const struct model *m, int sentrons, struct number_types t)
{
  static const int queues[] = {1, 2, 8};
  struct outcome want, got;
  uint64_t messages;
  struct lower_options o = options_of(1, 8, t);
  bool ok = run(m, &o, false, &want, &messages);
  T_EQ(messages, 0);
  for (size_t q = 0; q < sizeof queues / sizeof *queues && ok; q++) {
    o = options_of(sentrons, queues[q], t);
    ok = run(m, &o, q % 2, &got, &messages);
    if (ok) {
      size_t bytes = (size_t)want.positions * (size_t)want.vocab * sizeof(float);
      T_EQ(memcmp(want.logits, got.logits, bytes), 0);
      T_EQ(memcmp(want.tokens, got.tokens, sizeof want.tokens), 0);
    }
    if (queues[q] == 1) /* a line of f32 is two messages */
      T_EQ(messages, 0);
    else if (sentrons > 2)
      T_CHECK(messages > 0);
    free(got.logits);
  }
  free(want.logits);
}

T_TEST(share, bits_do_not_depend_on_queues)
{
  static const int sentrons[] = {2, 3, 16}; /* 16: two on a core */
  for (int i = 0; i < SHAPES; i++) {
    struct model m;
    T_REQUIRE(random_model(&shapes[i], 21, &m));
    for (int k = 0; k < 3; k++)
      check_queues(&m, sentrons[k], types[(i + k) % TYPES]);
    random_model_free(&m);
  }
}

/* Loads the object and runs it on `spec` with one parameter set. */
static int run_on(const struct object *o, const char *set, enum vtpu_status *status,
                  struct vtpu_error *err)
{
  struct machine machine;
  struct vtpu *v = NULL;
  *status = VTPU_RUNNING;
  int bad = machine_load("spec", &machine, err);
  if (!bad)
    bad = machine_set(&machine, "test", set, err);
  if (!bad)
    bad = vtpu_new(&machine, o, NULL, &v, err);
  if (!bad)
    bad = vtpu_run(v, UINT64_MAX, status, err);
  vtpu_free(v);
  return bad;
}

/* What the object says of queues is just what it needs: with one message less it comes to a
 * deadlock, were it not refused. */
T_TEST(share, an_object_says_which_queues_it_needs)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  enum vtpu_status status;
  char set[32];
  T_REQUIRE(random_model(&shapes[1], 24, &m));
  struct lower_options o = options_of(4, 8, types[0]);
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  int needs = r.object.needs.queue;
  T_CHECK(needs > 1 && needs <= 8);
  snprintf(set, sizeof set, "queue_depth=%d", needs);
  T_EQ(run_on(&r.object, set, &status, &err), 0);
  T_EQ(status, VTPU_DONE);
  snprintf(set, sizeof set, "queue_depth=%d", needs - 1);
  T_EQ(run_on(&r.object, set, &status, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "the program needs queues of");
  T_CONTAINS(err.message, "or set queue_depth=");
  r.object.needs.queue = 0;
  T_EQ(run_on(&r.object, set, &status, &err), VTPU_PROGRAM);
  T_CONTAINS(err.message, "deadlock");
  lower_result_free(&r);
  random_model_free(&m);
}

/* Two sentrons a core: which of them share one depends on the number of cores. */
T_TEST(share, an_object_says_which_cores_it_needs)
{
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  enum vtpu_status status;
  T_REQUIRE(random_model(&shapes[0], 25, &m));
  struct lower_options o = options_of(6, 8, types[0]);
  o.cores = 4;
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  T_EQ(r.object.needs.cores, 4);
  T_EQ(run_on(&r.object, "cores=4", &status, &err), 0);
  T_EQ(run_on(&r.object, "cores=8", &status, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "placed on 4 cores, the machine has 8");
  T_CONTAINS(err.message, "or set cores=4");
  r.object.needs.cores = 0;
  T_EQ(run_on(&r.object, "cores=8", &status, &err), VTPU_PROGRAM);
  T_CONTAINS(err.message, "private");
  lower_result_free(&r);
  o.sentrons = 4; /* one a core: it runs wherever there are as many */
  T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
  T_EQ(r.object.needs.cores, 0);
  T_EQ(run_on(&r.object, "cores=8", &status, &err), 0);
  lower_result_free(&r);
  random_model_free(&m);
}

static uint64_t cycles_of(const struct lower_result *r)
{
  struct machine machine;
  struct vtpu *v = NULL;
  struct vtpu_statistics *s = NULL;
  struct vtpu_error err;
  enum vtpu_status status;
  uint64_t cycles = 0;
  if (machine_load("spec", &machine, &err) || vtpu_new(&machine, &r->object, NULL, &v, &err) ||
      vtpu_run(v, UINT64_MAX, &status, &err) || vtpu_statistics(v, &s, &err))
    T_FAIL("%s", err.message);
  else
    cycles = s->total.cycles;
  vtpu_statistics_free(s);
  vtpu_free(v);
  return cycles;
}

/* A queue of one message is too short for a line: then all goes through memory. */
T_TEST(share, messages_take_fewer_cycles_than_memory)
{
  static const int sentrons[] = {4, 8, 16};
  for (int i = 0; i < 3; i++)
    for (int t = 0; t < TYPES; t += 2) {
      struct model m;
      struct lower_result with, without;
      struct vtpu_error err;
      T_REQUIRE(random_model(&shapes[0], 22, &m));
      struct lower_options o = options_of(sentrons[i], 0, types[t]);
      T_REQUIRE(lower_model(&m, &o, &with, &err) == 0);
      o.queue = 1;
      T_REQUIRE(lower_model(&m, &o, &without, &err) == 0);
      T_CHECK(with.object.group_count > 1);
      T_EQ(without.object.group_count, 1);
      uint64_t by_messages = cycles_of(&with), by_memory = cycles_of(&without);
      if (by_messages >= by_memory || by_messages == 0)
        T_FAIL("%d sentrons, %s: %llu cycles by messages, %llu through memory", sentrons[i],
               number_names[types[t].weights], (unsigned long long)by_messages,
               (unsigned long long)by_memory);
      lower_result_free(&with);
      lower_result_free(&without);
      random_model_free(&m);
    }
}

/* Two sentrons that exchange long lines of f32 gather them faster than they take messages; one
 * sentron has nobody to tell. */
T_TEST(share, memory_where_messages_are_more)
{
  static const struct random_shape wide = {512, 1, 8, 8, 64, 1024, 64, 64, ROPE_HALVES, true, true};
  struct model m;
  struct lower_result r;
  struct vtpu_error err;
  T_REQUIRE(random_model(&wide, 23, &m));
  for (int sentrons = 1; sentrons <= 2; sentrons++) {
    struct lower_options o = options_of(sentrons, 0, types[0]);
    T_REQUIRE(lower_model(&m, &o, &r, &err) == 0);
    T_EQ(r.object.group_count, 1);
    lower_result_free(&r);
  }
  struct lower_options o = options_of(8, -1, types[0]);
  T_EQ(lower_model(&m, &o, &r, &err), VTPU_USAGE);
  random_model_free(&m);
}
