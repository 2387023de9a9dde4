/* vtpu run --trace, and the verbs of vtpu trace. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

/* Assembles an example and runs it with a trace; the trace's path. */
static const char *traced(struct command *c, const char *example, const char *options)
{
  const char *object = temp_path("traced.siw"), *trace = temp_path("traced.trace");
  command(c, "vtpu asm asm/examples/%s.s -o '%s' && vtpu run '%s' -q --trace '%s' %s", example,
          object, object, trace, options);
  T_STATUS(c, 0);
  T_EQ_STR(c->out, "");
  return trace;
}

static int lines_of(const char *text)
{
  int lines = 0;
  for (const char *at = text; (at = strchr(at, '\n')); at++)
    lines++;
  return lines;
}

T_TEST(cli_trace, show_has_a_line_for_every_siw)
{
  struct command c = {0};
  const char *trace = traced(&c, "microvtpu", "-m r23w6");
  command(&c, "vtpu trace show '%s'", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "# cycle\tsentron\tsiw\tplace\tstall\tslots\tmemory\tresults\n");
  T_CONTAINS(c.out, "\n0\t0.0\t0\t");
  T_CONTAINS(c.out, "\t-\t{ - | SGATHER r0, [p0], 8 | - }\t1.1.1/1.1.1/1.1.1/1.1 ptc=hit tier=ddr "
                    "ready=1\tr0=0x3\n");
  T_CONTAINS(c.out, "{ DMUL r4, r3, r2 | - | - }\t-\tr4=0x2a\n");
  T_CONTAINS(c.out, "\tr3=0x15 m0=0x70000000000000003\n");
  T_CONTAINS(c.out, "CSEND m0, 1 }\t4.1.1/1.1.1/1.1.1/1.1 ptc=hit tier=ddr ready=6 to=0.1\t-\n");
  T_CONTAINS(c.out, "host 5.1.1/1.1.1/1.1.1/1.1 hit=1 step=7 value=84\n");
  command(&c, "vtpu trace show '%s' | grep -vc '^#'", trace);
  T_EQ_STR(c.out, "8\n");
  command(&c, "vtpu trace show --no-values '%s' | grep -c 'r4='", trace);
  T_EQ_STR(c.out, "0\n");
  command_end(&c);
}

/* What a query finds is what awk finds in the text. */
T_TEST(cli_trace, query_finds_what_is_asked_for)
{
  static const struct {
    const char *query, *awk;
  } cases[] = {
      {"", "1"},
      {"--opcode CLOOP", "$6 ~ /CLOOP/"},
      {"--opcode 'dfma*' --pipe d", "$6 ~ /DFMA/"},
      {"--pipe c", "$6 !~ /\\| - }/"},
      {"--cycles 0-101", "$1 <= 101"},
      {"--cycles 101-101,5000-6000,200000-",
       "$1 == 101 || ($1 >= 5000 && $1 <= 6000) || $1 >= 2e5"},
      {"--ptc-miss", "$7 ~ /ptc=miss/"},
      {"--tier l2", "$7 ~ /tier=l2/"},
      {"--reads r12 --writes r9", "$6 ~ /DFMA.f32 r9/"},
      {"--writes l0", "$6 ~ /CLOOP l0/"},
      {"--coordinate '*.0.2'", "$7 ~ /^[0-9]+\\.0\\.2\\//"},
      {"--coordinate 3-4.0.1/1.1.1/1.1.1/1.1", "$7 ~ /^[34]\\.0\\.1\\//"},
      {"--access scatter", "$6 ~ /SSCATTR/"},
      {"--stall any", "$5 != \"-\""},
      {"--stall any:20", "$5 != \"-\" && substr($5, index($5, \":\") + 1) + 0 >= 20"},
      {"--messages", "0"},
  };
  struct command c = {0};
  const char *trace = traced(&c, "stream", "--set l2_bytes=65536 --set ptc_entries=64");
  const char *text = temp_path("traced.txt");
  int found = 0;
  command(&c, "vtpu trace show --no-values '%s' | grep -v '^#' >'%s'", trace, text);
  T_STATUS(&c, 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "awk -F '\t' '%s' '%s' | wc -l", cases[i].awk, text);
    const int want = atoi(c.out);
    command(&c, "vtpu trace query --count '%s' %s", trace, cases[i].query);
    T_STATUS(&c, 0);
    if (atoi(c.out) != want)
      T_FAIL("%s: %d, not %d", cases[i].query, atoi(c.out), want);
    found += want > 0;
  }
  T_CHECK(found > 12); /* most find something */
  command(&c, "vtpu trace query '%s' --opcode CLOOP --limit 2", trace);
  T_EQ(lines_of(c.out), 2 + 2);
  T_CONTAINS(c.out, "100\t0.0\t0\t@0\t-\t{ - | - | CLOOP l1, 4, last }\t-\tl1=0x4\n");
  command_end(&c);
}

T_TEST(cli_trace, what_cannot_be_found_is_said)
{
  static const struct {
    const char *query, *says;
  } cases[] = {
      {"--opcode DFNORD", "no SIW of the program fits"},
      {"--pipe X", "none of D, S, C"},
      {"--register r16", "no register 'r16'"},
      {"--cycles 9-3", "ends before it begins"},
      {"--cycles 5-9,7-", "does not come after"},
      {"--cycles x", "no range of cycles"},
      {"--sentrons bob", "the program has"},
      {"--regions bob", "no regions"},
      {"--coordinate 1.2.x", "'x' is not understood"},
      {"--coordinate 1.2048", "is not understood"},
      {"--stall boredom", "there is no cause 'boredom'"},
      {"--stall ddr:x", "no number of cycles"},
      {"--tier l4", "none of l1"},
      {"--access peek", "none of gather"},
  };
  struct command c = {0};
  const char *trace = traced(&c, "dot", "");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu trace query '%s' %s", trace, cases[i].query);
    if (!T_STATUS(&c, 2))
      T_FAIL("in %s", cases[i].query);
    T_CONTAINS(c.err, cases[i].says);
  }
  trace = traced(&c, "dot", "--trace-kinds issue");
  command(&c, "vtpu trace query '%s' --ptc-miss", trace);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "the trace has no memory records");
  command_end(&c);
}

/* What is left out when a trace is written is what a query of the whole would leave out. */
T_TEST(cli_trace, a_selection_leaves_the_rest_out)
{
  static const char *const cases[][2] = {
      {"--trace-cycles 102-201", "--cycles 102-201"},
      {"--trace-cycles 2000-2999,9000-", "--cycles 2000-2999,9000-"},
      {"--trace-sentrons pong", "--sentrons pong"},
      {"--trace-sentrons 0.0 --trace-cycles 150-", "--sentrons 0.0 --cycles 150-"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *example = i < 2 ? "stream" : "pingpong";
    const char *all = temp_path("all.txt"), *few = temp_path("few.txt");
    const char *trace = traced(&c, example, "");
    command(&c, "vtpu trace query '%s' %s >'%s'", trace, cases[i][1], all);
    T_STATUS(&c, 0);
    trace = traced(&c, example, cases[i][0]);
    command(&c, "vtpu trace query '%s' >'%s'", trace, few);
    T_STATUS(&c, 0);
    command(&c, "cmp '%s' '%s' && grep -vc '^#' '%s'", all, few, all);
    T_STATUS(&c, 0);
    T_CHECK(atoi(c.out) > 5);
    command(&c, "vtpu trace info '%s'", trace);
    T_CONTAINS(c.out, "left out       only ");
  }
  const char *trace = traced(&c, "stream", "--trace-sample 100/1000");
  command(&c, "vtpu trace query '%s' --no-values | grep -v '^#' | awk '$1 %% 1000 >= 100' | wc -l",
          trace);
  T_EQ_STR(c.out, "0\n");
  command(&c, "vtpu trace query '%s' --count", trace);
  T_CHECK(atoi(c.out) > 3000 && atoi(c.out) < 12000);
  trace = traced(&c, "stream", "--trace-kinds issue");
  command(&c, "vtpu trace info '%s' | grep -c '^  \\(stall\\|memory\\|send\\) '", trace);
  T_EQ_STR(c.out, "0\n");
  command_end(&c);
}

T_TEST(cli_trace, foreign_and_damaged_files_are_refused)
{
  struct command c = {0};
  const char *trace = traced(&c, "stream", ""), *bad = temp_path("bad.trace");
  static const char *const verbs[] = {"info", "show", "query"};
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    command(&c, "vtpu trace %s Makefile", verbs[i]);
    T_STATUS(&c, 3);
    T_CONTAINS(c.err, "Makefile: this is no vtpu trace");
    command(&c, "vtpu trace %s /nowhere", verbs[i]);
    T_STATUS(&c, 3);
  }
  command(&c, "head -c 2000 '%s' >'%s'; vtpu trace info '%s'", trace, bad, bad);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "cut off");
  command(&c, "size=$(wc -c <'%s'); head -c $((size - 5)) '%s' >'%s'; vtpu trace info '%s'", trace,
          trace, bad, bad);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "the run was cut");
  command(&c, "vtpu trace show '%s' >/dev/full", trace);
  T_STATUS(&c, 6);
  command_end(&c);
}

T_TEST(cli_trace, the_same_command_writes_the_same_bytes)
{
  struct command c = {0};
  const char *a = temp_path("a.trace"), *b = temp_path("b.trace");
  const char *trace = traced(&c, "pingpong", "");
  command(&c, "cp '%s' '%s'", trace, a);
  command(&c, "cp '%s' '%s'; cmp '%s' '%s'", traced(&c, "pingpong", ""), b, a, b);
  T_STATUS(&c, 0);
  command_end(&c);
}

/* --- stat, replay -------------------------------------------------------------------------- */

/* Makes a run's report again: all of it but what is not of the simulated machine. */
static void check_stat(struct command *c, const char *run)
{
  static const char *const others[] = {"command", "command_line", "version",  "end",
                                       "error",   "host_seconds", "inference"};
  const char *trace = temp_path("stat.trace"), *own = temp_path("own.json");
  const char *again = temp_path("again.json");
  command(c, "%s --trace '%s' --json '%s'", run, trace, own);
  if (c->status != 0 && c->status != 4)
    T_FAIL("%s: %s", run, c->err);
  command(c, "vtpu trace stat '%s' --json '%s'", trace, again);
  T_STATUS(c, 0);
  T_EQ_STR(c->err, "");
  json_t *a = json_load_file(own, 0, NULL), *b = json_load_file(again, 0, NULL), *x;
  const char *key;
  T_REQUIRE(a && b);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    json_object_del(b, others[i]);
  T_CHECK(json_object_size(b) > 25);
  json_object_foreach(b, key, x)
  {
    if (!json_equal(x, json_object_get(a, key)))
      T_FAIL("%s: %s differs", run, key);
  }
  json_decref(a);
  json_decref(b);
}

T_TEST(cli_trace, stat_makes_the_same_report)
{
  static const char *const examples[] = {"microvtpu", "stream",        "barrier", "pingpong",
                                         "dot",       "deadlock",      "fma",     "spec_stream",
                                         "prefetch",  "reduction_tree"};
  struct command c = {0};
  char run[600];
  const char *object = temp_path("stat.siw");
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    command(&c, "vtpu asm asm/examples/%s.s -o '%s'", examples[i], object);
    T_STATUS(&c, 0);
    snprintf(run, sizeof run, "vtpu run '%s' -q", object);
    check_stat(&c, run);
  }
  snprintf(run, sizeof run, "vtpu run '%s' -q --max-cycles 300", object);
  check_stat(&c, run);
  const char *ids = temp_path("ids");
  command(&c, "printf '1\\n5\\n9\\n' >'%s'", ids);
  snprintf(run, sizeof run,
           "vtpu infer --model '%s' --token-ids '%s' --tokens 4 --temperature 1 -q", small_model(),
           ids);
  check_stat(&c, run);
  command_end(&c);
}

T_TEST(cli_trace, stat_says_what_is_left_out)
{
  struct command c = {0};
  const char *trace = traced(&c, "stream", "--trace-cycles 0-9999");
  command(&c, "vtpu trace stat '%s'", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.err, "not the whole run: only cycles 0-9999");
  trace = traced(&c, "stream", "--trace-kinds issue");
  command(&c, "vtpu trace stat '%s'", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.err, "not all kinds of records");
  command_end(&c);
}

/* The simulator stopped at a cycle shows what replay shows. */
T_TEST(cli_trace, replay_shows_the_simulators_registers)
{
  static const struct {
    const char *example;
    int cycle[4];
  } cases[] = {{"stream", {150, 4711, 300000, 335000}},
               {"pingpong", {101, 500, 777, 2000}},
               {"reduction_tree", {110, 150, 200, 260}},
               {"smt_pair", {105, 140, 333, 900}}};
  struct command c = {0};
  const char *own = temp_path("own.json"), *again = temp_path("again.json");
  int compared = 0;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *trace = traced(&c, cases[i].example, "");
    for (int k = 0; k < 4; k++) {
      command(&c, "vtpu run '%s' -q --max-cycles %d --registers --json '%s'",
              temp_path("traced.siw"), cases[i].cycle[k], own);
      T_CHECK(c.status == 0 || c.status == 4);
      command(&c, "vtpu trace replay '%s' --cycle %d --json '%s'", trace, cases[i].cycle[k], again);
      if (c.status == 2) /* it was over before */
        continue;
      T_STATUS(&c, 0);
      json_t *a = json_load_file(own, 0, NULL), *b = json_load_file(again, 0, NULL);
      T_REQUIRE(a && b);
      for (size_t s = 0; s < json_array_size(json_object_get(a, "sentrons")); s++) {
        const json_t *x = json_array_get(json_object_get(a, "sentrons"), s);
        const json_t *y = json_array_get(json_object_get(b, "sentrons"), s);
        if (!json_equal(json_object_get(x, "registers"), json_object_get(y, "registers")))
          T_FAIL("%s: cycle %d, sentron %zu", cases[i].example, cases[i].cycle[k], s);
        compared++;
      }
      json_decref(a);
      json_decref(b);
    }
  }
  T_CHECK(compared > 15);
  const char *trace = traced(&c, "stream", "");
  command(&c, "vtpu trace replay '%s' --cycle 99999999", trace);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "the trace ends at cycle");
  command(&c, "vtpu trace replay '%s' --cycle 600", trace);
  T_CONTAINS(c.out, "  before what is being gathered, until cycle 610\n");
  command(&c, "vtpu trace replay '%s' --cycle 600 --json -", trace);
  json_t *state = json_of_text(c.out);
  T_EQ_STR(json_text(state, "sentrons.0.gathering.0"), "r2");
  T_EQ((int)json_array_size(json_at(state, "sentrons.0.gathering")), 4);
  json_decref(state);
  command(&c, "vtpu trace replay '%s' --cycle 5000 --sentrons main", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "sentron 0.0 (main): last issued SIW");
  command_end(&c);
}

/* A trace in which a cycle has changed is of another timing. */
T_TEST(cli_trace, values_of_another_program_are_refused)
{
  struct command c = {0};
  const char *trace = traced(&c, "stream", ""), *other = temp_path("other.siw");
  command(&c, "vtpu asm asm/examples/dot.s -o '%s'", other);
  command(&c, "vtpu trace show '%s' --object '%s'", trace, other);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "this is not the program");
  command_end(&c);
}

/* --- diff ---------------------------------------------------------------------------------- */

T_TEST(cli_trace, diff_shows_the_first_of_each_kind)
{
  struct command c = {0};
  const char *a = temp_path("one.trace");
  command(&c, "cp '%s' '%s'", traced(&c, "stream", ""), a);
  const char *b = traced(&c, "stream", "");
  command(&c, "vtpu trace diff '%s' '%s'", a, b);
  T_STATUS(&c, 0);
  T_EQ_STR(c.out, "no difference\n");
  b = traced(&c, "stream", "--set l2_latency=9");
  command(&c, "vtpu trace diff '%s' '%s'", a, b);
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "machine: l2_latency = 4");
  T_CONTAINS(c.out, "time of an access: sentron 0.0, after ");
  T_CONTAINS(c.out, "cycle: sentron 0.0, after ");
  T_CONTAINS(c.out, "\n  A ");
  T_CONTAINS(c.out, "\n  B ");
  T_CHECK(!strstr(c.out, "coordinate"));
  T_CHECK(!strstr(c.out, "another SIW"));
  b = traced(&c, "stream", "--trace-cycles 0-4999");
  command(&c, "vtpu trace diff --context 0 '%s' '%s'", a, b);
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "one ends: sentron 0.0, after ");
  T_CONTAINS(c.out, "  B (nothing more)\n");
  b = traced(&c, "pingpong", "");
  command(&c, "vtpu trace diff '%s' '%s'", a, b);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "traces of one program are compared");
  b = traced(&c, "dot", "");
  command(&c, "vtpu trace diff '%s' '%s'", a, b);
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "program: the code differs");
  command(&c, "vtpu trace diff '%s'", a);
  T_STATUS(&c, 2);
  command(&c, "vtpu trace diff '%s' Makefile", a);
  T_STATUS(&c, 3);
  command_end(&c);
}
