/* A run that is cut, saved and resumed ends like one in one piece. */
#include "asm/lower/lower.h"
#include "tests/checkpoint/cut.h"
#include "tests/checkpoint/programs.h"
#include "tests/harness/harness.h"
#include "tests/models/synthetic.h"

#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { CUTS = 6, MODEL_CUTS = 2, TRACE_STEP = 222 };
#else
enum { CUTS = 40, MODEL_CUTS = 5, TRACE_STEP = 19 };
#endif

T_TEST(checkpoint, a_resumed_run_ends_like_one_in_one_piece)
{
  for (int i = 0; i < program_text_count; i++) {
    struct cut_case c;
    if (!program_open(&program_texts[i], &c))
      continue;
    cut_often(&c, CUTS, CUTS / 2, (uint64_t)i + 1);
    program_close(&c);
  }
  T_CHECK(program_text_count > 0);
}

T_TEST(checkpoint, host_threads_change_nothing)
{
  struct cut_case c;
  T_REQUIRE(program_named("nodes", &c));
  c.threads = 3;
  cut_often(&c, CUTS / 2, CUTS / 4, 77);
  program_close(&c);
}

/* Every cycle of a short program: none is special. */
T_TEST(checkpoint, every_cycle_will_do)
{
  struct cut_case c;
  struct ending whole;
  T_REQUIRE(program_named("phases", &c));
  struct vtpu *v = cut_open(&c);
  T_REQUIRE(v);
  cut_finish(v, &whole);
  vtpu_free(v);
  T_CHECK(whole.finished);
  uint64_t last = 0;
  size_t bytes;
  for (uint64_t at = 0; at <= whole.statistics->cycles; at++)
    if (cut_at(&c, &whole, at, &bytes))
      last = at;
  T_CHECK(last + 1 >= whole.statistics->cycles);
  ending_free(&whole);
  program_close(&c);
}

/* Cut, resumed, cut again: ten times. */
T_TEST(checkpoint, a_chain_of_resumes)
{
  struct cut_case c;
  struct ending whole, e;
  struct vtpu_error err;
  enum vtpu_status status = VTPU_RUNNING;
  T_REQUIRE(program_named("streams, tiny", &c));
  struct vtpu *v = cut_open(&c);
  T_REQUIRE(v);
  cut_finish(v, &whole);
  vtpu_free(v);
  v = cut_open(&c);
  for (uint64_t i = 1; v && i <= 10; i++) {
    T_EQ(vtpu_run(v, i * whole.statistics->cycles / 11, &status, &err), 0);
    T_EQ(status, VTPU_RUNNING);
    T_EQ(vtpu_checkpoint(v, scratch("one.checkpoint"), &err), 0);
    vtpu_free(v);
    v = cut_open(&c);
    if (v && vtpu_resume(v, scratch("one.checkpoint"), &err))
      T_FAIL("%s", err.message);
  }
  T_REQUIRE(v);
  cut_finish(v, &e);
  const char *differs = ending_difference(&whole, &e);
  T_CHECK(e.finished);
  if (differs)
    T_FAIL("%s", differs);
  ending_free(&e);
  ending_free(&whole);
  vtpu_free(v);
  program_close(&c);
}

/* A run that is done can be saved too, and its sentrons started again. */
T_TEST(checkpoint, a_finished_run_can_be_restarted_after_resume)
{
  struct cut_case c;
  struct vtpu_error err;
  enum vtpu_status status;
  struct ending a, b;
  T_REQUIRE(program_named("messages", &c));
  struct vtpu *v = cut_open(&c), *w = cut_open(&c);
  T_REQUIRE(v && w);
  T_EQ(vtpu_run(v, UINT64_MAX, &status, &err), 0);
  T_EQ(status, VTPU_DONE);
  T_EQ(vtpu_checkpoint(v, scratch("one.checkpoint"), &err), 0);
  T_EQ(vtpu_resume(w, scratch("one.checkpoint"), &err), 0);
  T_EQ(vtpu_restart(v, 31, &err), 0);
  T_EQ(vtpu_restart(w, 31, &err), 0);
  cut_finish(v, &a);
  cut_finish(w, &b);
  T_CHECK(a.finished && b.finished);
  T_CHECK(!ending_difference(&a, &b));
  ending_free(&a);
  ending_free(&b);
  vtpu_free(v);
  vtpu_free(w);
  program_close(&c);
}

/* What the host has written into phext space is in the checkpoint, also zeros over data. */
T_TEST(checkpoint, pages_that_were_cleared_stay_clear)
{
  struct cut_case c;
  struct vtpu_error err;
  uint8_t zeros[PAGE_BYTES] = {0}, ones[PAGE_BYTES], got[PAGE_BYTES];
  struct coord table, all;
  const char *why;
  memset(ones, 1, sizeof ones);
  T_REQUIRE(coord_parse("0.0.8/0.0.0/0.0.0/0.0", &table, &why));
  T_REQUIRE(coord_parse("8.0.12/0.0.0/0.0.0/0.0", &all, &why));
  T_REQUIRE(program_named("streams, tiny", &c));
  struct vtpu *v = cut_open(&c), *w = cut_open(&c);
  T_REQUIRE(v && w);
  T_EQ(vtpu_poke_run(v, 0, table, zeros, sizeof zeros, &err), 0);
  T_EQ(vtpu_poke_run(v, 0, all, ones, sizeof ones, &err), 0);
  T_EQ(vtpu_checkpoint(v, scratch("one.checkpoint"), &err), 0);
  T_EQ(vtpu_resume(w, scratch("one.checkpoint"), &err), 0);
  T_EQ(vtpu_peek_run(w, 0, table, got, sizeof got, &err), 0);
  T_CHECK(memcmp(got, zeros, sizeof got) == 0);
  T_EQ(vtpu_peek_run(w, 0, all, got, sizeof got, &err), 0);
  T_CHECK(memcmp(got, ones, sizeof got) == 0);
  vtpu_free(v);
  vtpu_free(w);
  program_close(&c);
}

/* --- the trace ----------------------------------------------------------------------------------
 */

/* Lines of the trace, from a cycle on. */
struct lines {
  char *text;
  size_t bytes, room;
  uint64_t from;
};

static void add_line(void *user, const struct vtpu_issue *i)
{
  struct lines *l = user;
  if (i->cycle < l->from)
    return;
  if (l->room - l->bytes < 256)
    l->text = realloc(l->text, l->room = 2 * l->room + 4096);
  int used = snprintf(l->text + l->bytes, 256, "%llu %u.%u %u %llu %d %d %llu %d %02x\n",
                      (unsigned long long)i->cycle, i->node, i->sentron, i->siw,
                      (unsigned long long)i->stall_cycles, i->stall, i->has_memory,
                      (unsigned long long)i->ready, i->result_count,
                      i->result_count ? i->result[0].value[0] : 0);
  l->bytes += (size_t)used;
}

static struct vtpu *traced(const struct cut_case *c, struct lines *l)
{
  struct vtpu_options options = {.trace = add_line, .trace_user = l};
  struct vtpu_error err;
  struct vtpu *v;
  T_EQ(vtpu_new(&c->machine, &c->object, &options, &v, &err), 0);
  return v;
}

static void compare_traces(const char *program, uint64_t at)
{
  struct cut_case c;
  struct vtpu_error err;
  enum vtpu_status status;
  T_REQUIRE(program_named(program, &c));
  struct lines whole = {.from = at}, rest = {.from = 0};
  struct vtpu *v = traced(&c, &whole), *w = traced(&c, &rest);
  T_EQ(vtpu_run(v, at, &status, &err), 0);
  T_EQ(vtpu_checkpoint(v, scratch("one.checkpoint"), &err), 0);
  T_EQ(vtpu_run(v, UINT64_MAX, &status, &err), 0);
  T_EQ(vtpu_resume(w, scratch("one.checkpoint"), &err), 0);
  T_EQ(vtpu_run(w, UINT64_MAX, &status, &err), 0);
  T_CHECK(whole.bytes > 1000);
  T_EQ_STR(rest.text, whole.text);
  vtpu_free(v);
  vtpu_free(w);
  free(whole.text);
  free(rest.text);
  remove(scratch("one.checkpoint"));
  program_close(&c);
}

T_TEST(checkpoint, the_trace_goes_on_where_it_was)
{
  for (uint64_t at = 300; at < 1500; at += TRACE_STEP)
    compare_traces("streams, tiny", at);
  compare_traces("nodes", 250);
  compare_traces("messages", 111);
}

/* --- a lowered model ----------------------------------------------------------------------------
 */

T_TEST(checkpoint, a_lowered_model_on_four_sentrons)
{
  struct synthetic shape = synthetic_default();
  struct vtpu_error err;
  struct model model;
  struct lower_result program;
  struct cut_case c = {.name = "model"};
  static const int prompt[] = {3, 1, 4};
  char folder[512];
  snprintf(folder, sizeof folder, "%s", t_temp("model"));
  T_REQUIRE(synthetic_write(&shape, folder));
  T_REQUIRE(machine_load("spec", &c.machine, &err) == 0);
  T_REQUIRE(machine_set(&c.machine, "test", "cores=2", &err) == 0);
  T_REQUIRE(machine_set(&c.machine, "test", "l2_bytes=16384", &err) == 0);
  T_REQUIRE(model_open(folder, &model, &err) == 0);
  struct lower_options options = {.dlen = (unsigned)c.machine.dlen,
                                  .sentrons = 4,
                                  .cores = 2,
                                  .contexts = 2,
                                  .prompts = {{prompt, 3}},
                                  .max_tokens = 3};
  int bad = lower_model(&model, &options, &program, &err);
  model_close(&model);
  if (bad) {
    T_FAIL("%s", err.message);
    return;
  }
  c.object = program.object;
  cut_often(&c, MODEL_CUTS, MODEL_CUTS - 1, 5);
  lower_result_free(&program);
}
