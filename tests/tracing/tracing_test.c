/* Trace files of random programs on random machines (the generator of tests/exact): their records
 * are what the engine tells of every issue on its slow path, and the statistics made from them are
 * the run's.
 *
 *   VTPU_LONG=N   N hundred programs a level instead of the few of the normal run
 *   VTPU_SEED=S   begins with this seed
 */
#include "sim/report.h"
#include "sim/trace_statistics.h"
#include "tests/exact/generate.h"
#include "tests/harness/harness.h"
#include "traces/trace.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 6 };
#else
enum { PROGRAMS = 30 };
#endif

static uint64_t number(const char *variable, uint64_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

static const struct trace_about about = {.program = "random",
                                         .command = "",
                                         .machine = "random",
                                         .parameters = "",
                                         .resumed = "",
                                         .loaded = ""};

/* --- what the engine tells ----------------------------------------------------------------- */

struct told {
  struct vtpu_issue *issue;
  size_t count, room, next;
  bool failed;
};

static void tell(void *user, const struct vtpu_issue *issue)
{
  struct told *t = user;
  if (t->count == t->room) {
    t->room = t->room ? 2 * t->room : 4096;
    t->issue = realloc(t->issue, t->room * sizeof *t->issue);
  }
  t->issue[t->count++] = *issue;
}

/* Runs to the end or to a failure, in pieces of `piece` cycles. */
static bool run_all(struct vtpu *v, uint64_t piece)
{
  struct vtpu_error err;
  enum vtpu_status status = VTPU_RUNNING;
  bool failed = false;
  for (uint64_t until = piece; !failed && status == VTPU_RUNNING;
       until = until > UINT64_MAX - piece ? UINT64_MAX : until + piece)
    failed = vtpu_run(v, until, &status, &err) != 0;
  return failed;
}

/* --- comparison ---------------------------------------------------------------------------- */

static bool same_access(const struct exact_case *e, const struct trace_record *m,
                        const struct vtpu_issue *i)
{
  struct coord c = {coord_from_linear_lo(m->field[0], curve_cell[e->machine.curve]), m->field[1]};
  const unsigned source = outcome_source(m->field[2]);
  const unsigned tier = source ? source : m->field[2] & OUTCOME_TIER;
  const bool flush = outcome_access(m->field[2]) == ACCESS_FLUSH;
  if (c.lo != i->coord.lo || c.hi != i->coord.hi ||
      (i->ready && m->cycle + m->field[4] != i->ready) ||
      i->ptc_hit == ((m->field[2] & OUTCOME_MISS) != 0))
    return false;
  return flush || !i->ready || tier == (unsigned)(i->tier - STALL_L1) + 1;
}

/* Every issue, its stall and its access, in the same order; of a run that failed, before the cycle
 * in which it did: how far other sentrons had come by then is not told. */
static void compare_issues(const struct exact_case *e, struct trace_reader *r, struct told *told,
                           const char *name)
{
  uint64_t end = told->failed && told->count ? told->issue[told->count - 1].cycle : UINT64_MAX;
  struct vtpu_error err;
  struct trace_record t;
  uint64_t stall = 0;
  const struct vtpu_issue *i = NULL;
  int more;
  while ((more = trace_next(r, &t, &err)) > 0 && t.cycle < end) {
    if (t.kind == TRACE_STALL)
      stall += t.field[1];
    if (t.kind == TRACE_STOP)
      stall = 0;
    const bool known = t.field[4] || !told->failed;
    if (t.kind == TRACE_MEMORY && known && i && i->has_memory && !same_access(e, &t, i)) {
      T_FAIL(
          "%s: the access of SIW %u, cycle %llu, sentron %u.%u, differs: outcome %llx, ready %llu; "
          "told %s, tier %d, ready %llu",
          name, t.siw, (unsigned long long)t.cycle, t.node, t.sentron,
          (unsigned long long)t.field[2], (unsigned long long)(t.cycle + t.field[4]),
          i->ptc_hit ? "hit" : "miss", i->tier, (unsigned long long)i->ready);
      return;
    }
    if (t.kind != TRACE_ISSUE)
      continue;
    i = told->next < told->count ? &told->issue[told->next++] : NULL;
    if (!i || i->cycle != t.cycle || i->node != t.node || i->sentron != t.sentron ||
        i->siw != t.siw || i->stall_cycles != stall) {
      T_FAIL("%s: issue %zu differs: SIW %u at cycle %llu on %u.%u after %llu; told %u at %llu on "
             "%u.%u after %llu",
             name, told->next, t.siw, (unsigned long long)t.cycle, t.node, t.sentron,
             (unsigned long long)stall, i ? i->siw : 0, i ? (unsigned long long)i->cycle : 0,
             i ? i->node : 0, i ? i->sentron : 0, i ? (unsigned long long)i->stall_cycles : 0);
      return;
    }
    stall = 0;
  }
  T_CHECK(more >= 0);
  while (told->next < told->count && told->issue[told->next].cycle >= end)
    told->next++;
  if (told->next != told->count)
    T_FAIL("%s: the trace has %zu issues, the engine told %zu", name, told->next, told->count);
}

static json_t *report(const struct exact_case *e, const struct vtpu_statistics *s)
{
  struct report r = {.command = "run",
                     .program = "random",
                     .machine = &e->machine,
                     .object = &e->object,
                     .statistics = s,
                     .end = REPORT_DONE};
  return report_json(&r);
}

static void compare_statistics(const struct exact_case *e, const struct vtpu *v,
                               struct trace_reader *r, const char *name)
{
  struct vtpu_error err;
  struct vtpu_statistics *own = NULL, *again = NULL;
  trace_seek(r, 0);
  if (vtpu_statistics(v, &own, &err) ||
      trace_statistics(r, &e->machine, &e->object, &again, &err)) {
    T_FAIL("%s: %s", name, err.message);
  } else {
    json_t *a = report(e, own), *b = report(e, again);
    if (!json_equal(a, b)) {
      char *x = json_dumps(a, JSON_INDENT(1)), *y = json_dumps(b, JSON_INDENT(1));
      size_t at = 0, line = 0;
      for (; x[at] && x[at] == y[at]; at++)
        line = x[at] == '\n' ? at + 1 : line;
      T_FAIL("%s: statistics differ: %.*s, from the trace %.*s", name, (int)strcspn(x + line, "\n"),
             x + line, (int)strcspn(y + line, "\n"), y + line);
      free(x);
      free(y);
    }
    json_decref(a);
    json_decref(b);
  }
  vtpu_statistics_free(own);
  vtpu_statistics_free(again);
}

/* --- cases --------------------------------------------------------------------------------- */

/* The run that tells every issue; the same as the traced one, which the exact tests make sure of.
 */
static void tell_run(const struct exact_case *e, struct told *told)
{
  struct vtpu_error err;
  struct vtpu *v;
  struct vtpu_options options = {
      .untimed = e->untimed, .threads = e->threads, .trace = tell, .trace_user = told};
  if (vtpu_new(&e->machine, &e->object, &options, &v, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  told->failed = run_all(v, UINT64_MAX);
  vtpu_free(v);
}

/* A traced run; the reader, NULL after a failure. */
static struct trace_reader *trace_run(const struct exact_case *e, uint64_t piece, struct vtpu **v)
{
  struct vtpu_error err;
  struct trace_writer *w;
  struct trace_reader *r;
  const struct trace_selection all = {.groups = TRACE_GROUPS_ALL, .text = ""};
  const char *path = t_temp("random.trace");
  if (trace_create(path, &about, &all, &e->object, &w, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  struct vtpu_options options = {.untimed = e->untimed, .threads = e->threads, .writer = w};
  if (vtpu_new(&e->machine, &e->object, &options, v, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  vtpu_trace_end(*v, run_all(*v, piece));
  if (trace_finish(w, &err) || trace_open(path, &r, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  return r;
}

static void trace_level(enum generate_level level)
{
  uint64_t hundreds = number("VTPU_LONG", 0), first = number("VTPU_SEED", 1);
  uint64_t programs = hundreds ? 100 * hundreds : PROGRAMS, accesses = 0;
  for (uint64_t seed = first; seed < first + programs; seed++) {
    struct exact_case e;
    struct told told = {0};
    struct vtpu *v = NULL;
    char name[64];
    exact_generate(seed, level, &e);
    snprintf(name, sizeof name, "level %d, seed %llu", level, (unsigned long long)seed);
    tell_run(&e, &told);
    struct trace_reader *r = trace_run(&e, seed % 3 ? UINT64_MAX : 1 + seed * 7 % 1000, &v);
    if (r) {
      if (!told.failed || e.machine.nodes == 1) /* else other nodes go on for a while */
        compare_issues(&e, r, &told, name);
      compare_statistics(&e, v, r, name);
      accesses += trace_describe(r)->kinds[TRACE_MEMORY];
    }
    trace_close(r);
    vtpu_free(v);
    free(told.issue);
    exact_case_free(&e);
  }
  T_CHECK(level == LEVEL_DENSE || accesses > 1000);
}

T_TEST(tracing, dense_programs)
{
  trace_level(LEVEL_DENSE);
}

T_TEST(tracing, memory)
{
  trace_level(LEVEL_MEMORY);
}

T_TEST(tracing, pairs)
{
  trace_level(LEVEL_PAIR);
}

T_TEST(tracing, messages)
{
  trace_level(LEVEL_MESSAGES);
}

T_TEST(tracing, everything)
{
  trace_level(LEVEL_ALL);
}

T_TEST(tracing, faults)
{
  trace_level(LEVEL_FAULTS);
}
