/* vtpu run: results, figures that add up, and everything that can be asked for beside them. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

/* Assembles an example and runs it with more options; gives the JSON. */
static json_t *run_example(const char *name, const char *options)
{
  struct command c = {0};
  const char *object = temp_path("example.siw"), *json = temp_path("example.json");
  command(&c, "vtpu asm asm/examples/%s.s -o '%s' && vtpu run '%s' -q --json '%s' %s", name, object,
          object, json, options);
  T_STATUS(&c, 0);
  command_end(&c);
  return json_of_file(json);
}

static long long sum_of(json_t *object)
{
  long long sum = 0;
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value)
  {
    sum += (long long)json_integer_value(value);
  }
  return sum;
}

/* --- microvtpu (architecture, section 8) --------------------------------------------------- */

T_TEST(cli_run, microvtpu_under_r23w6_is_the_golden)
{
  json_t *j = run_example("microvtpu", "--machine r23w6 --registers");
  T_EQ_STR(json_text(j, "schema"), "vtpu-run-1");
  T_EQ_STR(json_text(j, "end"), "done");
  T_EQ(json_whole(j, "sentrons.0.registers.r4.0"), 42);
  T_EQ_STR(json_text(j, "host_values.0.name"), "final");
  T_EQ(json_whole(j, "host_values.0.value"), 84);
  T_EQ_STR(json_text(j, "sentrons.0.name"), "alice");
  T_EQ(json_whole(j, "sentrons.0.siws"), 6);
  T_EQ(json_whole(j, "sentrons.0.ops"), 9);
  T_EQ(json_whole(j, "sentrons.0.cycles"), 6);
  T_NEAR(json_number(j, "sentrons.0.ops_per_cycle"), 1.5, 0);
  T_NEAR(json_number(j, "sentrons.0.utilisation"), 0.5, 0);
  T_EQ_STR(json_text(j, "sentrons.1.name"), "bob");
  T_EQ(json_whole(j, "sentrons.1.siws"), 2);
  T_NEAR(json_number(j, "sentrons.1.ops_per_cycle"), 1.0, 0);
  T_EQ(json_whole(j, "ptc.hits"), 6);
  T_EQ(json_whole(j, "ptc.misses"), 5);
  T_NEAR(json_number(j, "ptc.hit_rate"), 6.0 / 11, 1e-12);
  json_decref(j);
}

T_TEST(cli_run, microvtpu_under_spec_has_the_same_results_and_real_latencies)
{
  json_t *golden = run_example("microvtpu", "--machine r23w6 --registers");
  json_t *j = run_example("microvtpu", "--machine spec --registers");
  T_CHECK(json_equal(json_at(j, "sentrons.0.registers"), json_at(golden, "sentrons.0.registers")));
  T_CHECK(json_equal(json_at(j, "sentrons.1.registers"), json_at(golden, "sentrons.1.registers")));
  T_EQ(json_whole(j, "host_values.0.value"), 84);
  T_EQ(json_whole(j, "sentrons.0.ops"), 9);
  T_CHECK(json_whole(j, "sentrons.0.cycles") > 70); /* at least one access went to DDR */
  T_CHECK(json_whole(j, "stack.ddr") > 0);
  T_CHECK(json_whole(j, "stack.spawn") == 200);
  json_decref(golden);
  json_decref(j);
}

T_TEST(cli_run, the_text_report_has_the_golden_figures)
{
  struct command c = {0};
  const char *object = temp_path("micro.siw");
  command(&c, "vtpu asm asm/examples/microvtpu.s -o '%s' && vtpu run '%s' -m r23w6 -r", object,
          object);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "54.5 %   6 of 11");
  T_CONTAINS(c.out, "alice");
  T_CONTAINS(c.out, " 1.50  50.0%");
  T_CONTAINS(c.out, "r4  42");
  T_CONTAINS(c.out, "84   printed by the program");
  command_end(&c);
}

/* --- figures that add up ------------------------------------------------------------------- */

static void check_sums(json_t *j, const char *what)
{
  long long ops = 0, siws = 0;
  size_t i;
  json_t *sentron;
  if (sum_of(json_at(j, "stack")) != json_whole(j, "cycles") * json_whole(j, "contexts"))
    T_FAIL("%s: the stack does not sum to cycles x contexts", what);
  json_array_foreach(json_at(j, "sentrons"), i, sentron)
  {
    if (sum_of(json_at(sentron, "stack")) != json_whole(sentron, "cycles"))
      T_FAIL("%s: the stack of sentron %zu does not sum to its cycles", what, i);
    T_EQ(json_whole(sentron, "stack.issue"), json_whole(sentron, "siws"));
    T_EQ(sum_of(json_at(sentron, "pipe_ops")), json_whole(sentron, "ops"));
    T_EQ(sum_of(json_at(sentron, "op_codes")), json_whole(sentron, "ops"));
    ops += json_whole(sentron, "ops");
    siws += json_whole(sentron, "siws");
  }
  T_EQ(ops, json_whole(j, "ops"));
  T_EQ(siws, json_whole(j, "siws"));
}

T_TEST(cli_run, figures_add_up_in_every_example)
{
  static const char *const names[] = {"microvtpu", "barrier",     "dot",   "fma",
                                      "pingpong",  "spec_stream", "stream"};
  static const char *const machines[] = {"-m spec", "-m zen4", "-m spec --set cores=1"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    for (size_t m = 0; m < (i == 1 ? 2 : 3); m++) { /* barrier needs four cores */
      json_t *j = run_example(names[i], machines[m]);
      T_EQ_STR(json_text(j, "end"), "done");
      check_sums(j, names[i]);
      json_decref(j);
    }
  }
}

T_TEST(cli_run, the_schema_describes_every_field)
{
  json_t *j = run_example("microvtpu", "--registers");
  char *schema = read_file("sim/schema.md", NULL);
  T_REQUIRE(schema);
  static const char *const places[] = {"",         "program",      "ptc",      "tiers.l1",
                                       "messages", "sentrons.0",   "cores.0",  "nodes.0",
                                       "stack",    "bandwidth.l1", "pipe_ops", "host_values.0"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    json_t *o = json_at(j, places[i]), *value;
    const char *key;
    T_CHECK(json_object_size(o) > 0);
    json_object_foreach(o, key, value)
    {
      char quoted[80];
      snprintf(quoted, sizeof quoted, "`%s`", key);
      T_CONTAINS(schema, quoted);
    }
  }
  free(schema);
  json_decref(j);
}

T_TEST(cli_run, regions_of_the_program_add_up_to_the_sentrons)
{
  json_t *j = run_example("stream", "");
  json_t *kernel;
  size_t i;
  long long siws = 0, cycles = 0;
  T_EQ_STR(json_text(j, "kernels.0.kernel"), "stream");
  T_CHECK(json_array_size(json_at(j, "kernels")) >= 2);
  json_array_foreach(json_at(j, "kernels"), i, kernel)
  {
    siws += json_whole(kernel, "siws");
    cycles += json_whole(kernel, "cycles");
    T_EQ(sum_of(json_at(kernel, "stack")), json_whole(kernel, "cycles"));
  }
  T_EQ(siws, json_whole(j, "siws"));
  T_EQ(cycles, json_whole(j, "sentrons.0.cycles"));
  json_decref(j);
}

T_TEST(cli_run, two_runs_differ_in_host_seconds_only)
{
  static const char *const names[] = {"barrier", "stream", "pingpong"};
  for (int i = 0; i < 3; i++) {
    json_t *a = run_example(names[i], "--registers"), *b = run_example(names[i], "--registers");
    T_CHECK(json_is_number(json_at(a, "host_seconds")));
    T_CHECK(json_object_del(a, "host_seconds") == 0 && json_object_del(b, "host_seconds") == 0);
    char *text_a = json_dumps(a, JSON_INDENT(1)), *text_b = json_dumps(b, JSON_INDENT(1));
    T_EQ_STR(text_a, text_b);
    free(text_a);
    free(text_b);
    json_decref(a);
    json_decref(b);
  }
}

T_TEST(cli_run, set_changes_the_machine)
{
  json_t *slow = run_example("stream", "--set ddr_latency=500 --set 'clock=2 GHz'");
  json_t *fast = run_example("stream", "");
  T_CHECK(json_whole(slow, "cycles") > json_whole(fast, "cycles"));
  T_EQ(json_whole(slow, "machine.parameters.ddr_latency"), 500);
  T_NEAR(json_number(slow, "seconds_simulated"), json_number(slow, "cycles") / 2e9, 1e-15);
  json_decref(slow);
  json_decref(fast);
}

T_TEST(cli_run, untimed_computes_the_same_results)
{
  json_t *timed = run_example("dot", "--registers");
  json_t *untimed = run_example("dot", "--registers --untimed");
  T_CHECK(json_is_true(json_at(timed, "timed")));
  T_CHECK(json_is_false(json_at(untimed, "timed")));
  T_CHECK(
      json_equal(json_at(timed, "sentrons.0.registers"), json_at(untimed, "sentrons.0.registers")));
  T_CHECK(json_whole(untimed, "cycles") < json_whole(timed, "cycles"));
  json_decref(timed);
  json_decref(untimed);
}

/* --- dumps ------------------------------------------------------------------------------- */

T_TEST(cli_run, phext_space_can_be_saved_and_loaded)
{
  static const char *const text = ".dlen 64\n"
                                  ".region work, shared, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1\n"
                                  ".sentron main, id=0\n"
                                  "  { SGATHER r0, [1.0.0/1.1.1/1.1.1/1.1], 8 }\n"
                                  "  { DMOV r1, 5 }\n"
                                  "  { DADD r0, r0, r1 }\n"
                                  "  { SSCATTR [1.0.0/1.1.1/1.1.1/1.1], r0, 8 }\n"
                                  ".host run main\n"
                                  ".host print 1.0.0/1.1.1/1.1.1/1.1, sum\n";
  const char *object = assembled("count.siw", text), *dump = temp_path("count.phext");
  struct command c = {0};
  for (int round = 1; round <= 3; round++) {
    char load[256] = "";
    if (round > 1)
      snprintf(load, sizeof load, "--load-phext '%s'", dump);
    command(&c, "vtpu run '%s' %s --dump-phext '%s' --json -", object, load, dump);
    T_STATUS(&c, 0);
    json_t *j = json_of_text(c.out);
    T_EQ(json_whole(j, "host_values.0.value"), 5 * round);
    json_decref(j);
  }
  command(&c, "vtpu run '%s' --load-phext '%s'", object, object);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "count.siw");
  command_end(&c);
}

T_TEST(cli_run, json_can_go_to_standard_output)
{
  struct command c = {0};
  const char *object = assembled("json.siw", "{ DADD r0, r0, r1 }\n");
  command(&c, "vtpu run '%s' --json -", object);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_EQ(json_whole(j, "siws"), 1);
  json_decref(j);
  command_end(&c);
}
