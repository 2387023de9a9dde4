/* Energy: of machines that state it, in the report of a run, in that made from its trace, and SIW
 * by SIW in exports; nothing of machines that do not. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every event has a weight, no two the same: what is counted wrongly shows. */
#define ALL_WEIGHTS                                                                                \
  "-s energy_mac_f32=4.6 -s energy_mac_bf16=2.1 -s energy_mac_i64=6.5 -s energy_mac_i32=3.2 "      \
  "-s energy_mac_i8=0.3 -s energy_mac_t2=0.15 -s energy_move=0.05 -s energy_add=0.11 "             \
  "-s energy_logic=0.07 -s energy_mul=3.1 -s energy_perm=0.21 -s energy_f32=0.9 "                  \
  "-s energy_cvt=0.43 -s energy_special=7.3 -s energy_red=1.9 -s energy_siw=25 "                   \
  "-s energy_sparse=1.3 -s energy_coordination=0.6 -s energy_ptc=2.7 -s energy_walk=90 "           \
  "-s energy_l1=160 -s energy_l2=800 -s energy_l3=1500 -s energy_ddr=10400 "                       \
  "-s energy_message=33 -s energy_leakage=17"

static const char *assemble(struct command *c, const char *example)
{
  const char *object = temp_path("energy.siw");
  command(c, "vtpu asm asm/examples/%s.s -o '%s'", example, object);
  T_STATUS(c, 0);
  return object;
}

static bool close_to(double a, double b)
{
  return fabs(a - b) <= 1e-9 * fabs(b);
}

T_TEST(cli_energy, a_machine_that_states_none_has_none)
{
  struct command c = {0};
  const char *object = assemble(&c, "dot"), *json = temp_path("none.json");
  command(&c, "vtpu run '%s' --json '%s'", object, json);
  T_STATUS(&c, 0);
  T_CHECK(!strstr(c.out, "energy:") && !strstr(c.out, " pJ"));
  json_t *run = json_of_file(json);
  T_CHECK(!json_at(run, "energy") && !json_at(run, "sentrons.0.energy"));
  T_CHECK(json_number(run, "machine.parameters.energy_mac_f32") == 0);
  json_decref(run);
  command(&c, "vtpu machine | grep -c '^energy_.*= 0 pJ'");
  T_CHECK(atoi(c.out) == 26);
  command_end(&c);
}

/* The sum is that of its parts, and what the counts of the same report say. */
T_TEST(cli_energy, the_sum_follows_from_the_counts)
{
  struct command c = {0};
  const char *object = assemble(&c, "stream"), *json = temp_path("energy.json"), *key;
  command(&c, "vtpu run '%s' --machine energy45 --json '%s'", object, json);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "\nenergy: ");
  T_CONTAINS(c.out, "  mac_f32 ");
  T_CONTAINS(c.out, "not stated by the machine, and not counted:");
  json_t *run = json_of_file(json), *value;
  double sum = 0;
  json_object_foreach(json_at(run, "energy.by"), key, value) sum += json_number_value(value);
  T_CHECK(close_to(sum, json_number(run, "energy.pj")));
  T_CHECK(close_to(json_number(run, "energy.by.mac_f32"), 4.6 * json_number(run, "macs")));
  T_CHECK(close_to(
      json_number(run, "energy.by.ddr"),
      10400 * (json_number(run, "tiers.ddr.hits") + json_number(run, "tiers.ddr.written"))));
  T_CHECK(close_to(json_number(run, "energy.by.l2"), 800 * json_number(run, "tiers.l2.hits")));
  T_CHECK(!json_at(run, "energy.by.siw")); /* not stated */
  json_decref(run);
  command_end(&c);
}

/* Leakage is a core's, whatever it does; the rest is some sentron's and some kernel's, but for the
 * translations of the host. */
T_TEST(cli_energy, the_parts_add_up)
{
  struct command c = {0};
  const char *object = assemble(&c, "producer_consumer"), *json = temp_path("parts.json");
  command(&c, "vtpu run '%s' -q %s --json '%s'", object, ALL_WEIGHTS, json);
  T_STATUS(&c, 0);
  json_t *run = json_of_file(json), *part;
  static const char *const lists[] = {"sentrons", "regions", "cores", "nodes"};
  const double all = json_number(run, "energy.pj");
  const double leakage = json_number(run, "energy.by.leakage");
  const double host =
      2.7 * (json_number(run, "ptc.hits") + json_number(run, "ptc.misses")) -
      2.7 * (json_number(run, "sentrons.0.ptc.hits") + json_number(run, "sentrons.1.ptc.hits") +
             json_number(run, "sentrons.0.ptc.misses") + json_number(run, "sentrons.1.ptc.misses"));
  T_CHECK(close_to(leakage, 17 * 8 * json_number(run, "cycles")));
  T_CHECK(close_to(json_number(run, "energy.by.message"), 33 * json_number(run, "messages.sent")));
  T_CHECK(close_to(json_number(run, "energy.by.walk"), 90 * json_number(run, "ptc.walks")));
  for (int i = 0; i < 4; i++) {
    double sum = 0;
    size_t index;
    json_array_foreach(json_at(run, lists[i]), index, part) sum += json_number(part, "energy.pj");
    if (!close_to(sum, i < 2 ? all - leakage - host : all))
      T_FAIL("%s: %g pJ of %g", lists[i], sum, all);
  }
  json_decref(run);
  command_end(&c);
}

/* From the trace alone the same, to the bit; and SIW by SIW the sum. */
static void check_trace(struct command *c, const char *run)
{
  const char *trace = temp_path("e.trace"), *own = temp_path("own.json"),
             *again = temp_path("again.json");
  command(c, "%s " ALL_WEIGHTS " -q --trace '%s' --json '%s'", run, trace, own);
  if (c->status != 0 && c->status != 4)
    T_FAIL("%s: %s", run, c->err);
  command(c, "vtpu trace stat '%s' --json '%s'", trace, again);
  T_STATUS(c, 0);
  json_t *a = json_of_file(own), *b = json_of_file(again), *part;
  static const char *const keys[] = {"energy", "sentrons", "cores", "nodes", "kernels", "regions"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (!json_equal(json_at(a, keys[i]), json_at(b, keys[i])))
      T_FAIL("%s: %s differs in the trace", run, keys[i]);
  double sentrons = 0;
  size_t index;
  json_array_foreach(json_at(a, "sentrons"), index, part) sentrons +=
      json_number(part, "energy.pj");
  command(c,
          "vtpu trace export '%s' -f csv | cut -d '\"' -f 9- | "
          "awk -F, 'NR > 1 { sum += $(NF - 3) } END { printf \"%%.12g\", sum }'",
          trace);
  T_STATUS(c, 0);
  if (fabs(strtod(c->out, NULL) - sentrons) > 1e-8 * sentrons)
    T_FAIL("%s: the SIWs of the trace cost %s pJ, the sentrons %.12g", run, c->out, sentrons);
  json_decref(a);
  json_decref(b);
}

T_TEST(cli_energy, a_trace_gives_the_same)
{
  static const char *const examples[] = {"microvtpu",   "dot",      "pingpong", "reduction_tree",
                                         "ternary_dot", "prefetch", "deadlock", "double_buffer"};
  struct command c = {0};
  char run[600];
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    snprintf(run, sizeof run, "vtpu run '%s'", assemble(&c, examples[i]));
    check_trace(&c, run);
  }
  const char *ids = temp_path("ids");
  command(&c, "printf '1\\n5\\n9\\n' >'%s'", ids);
  snprintf(run, sizeof run, "vtpu infer --model '%s' --token-ids '%s' --tokens 2 --weights i8",
           small_model(), ids);
  check_trace(&c, run);
  command_end(&c);
}

T_TEST(cli_energy, exports_and_comparisons_have_it)
{
  struct command c = {0};
  const char *object = assemble(&c, "prefetch"), *trace = temp_path("x.trace");
  const char *a = temp_path("a.json"), *b = temp_path("b.json");
  command(&c, "vtpu run '%s' -q --machine energy45 --trace '%s' --json '%s'", object, trace, a);
  T_STATUS(&c, 0);
  command(&c, "vtpu trace export '%s' -f perfetto", trace);
  T_CONTAINS(c.out, "\"pJ/cycle\":");
  json_decref(json_of_text(c.out));
  command(&c, "vtpu report '%s' -o '%s' && cat '%s/index.html'", a, temp_path("page"),
          temp_path("page"));
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "<dt>Energy</dt><dd>");
  T_CONTAINS(c.out, "whose energy the machine states: ddr ");
  command(&c, "vtpu run '%s' -q --machine energy45 -s energy_ddr=20800 --json '%s'", object, b);
  T_STATUS(&c, 0);
  command(&c, "vtpu compare '%s' '%s'", a, b);
  T_STATUS(&c, 1);
  T_CONTAINS(c.out, "energy, pJ");
  command(&c, "vtpu run '%s' -q --json '%s'", object, b);
  command(&c, "vtpu compare '%s' '%s'", a, b);
  T_CHECK(!strstr(c.out, "energy, pJ"));
  command_end(&c);
}

T_TEST(cli_energy, what_is_no_energy_is_refused)
{
  struct command c = {0};
  command(&c, "vtpu machine -s energy_ddr=-1");
  T_CHECK(c.status != 0);
  T_CONTAINS(c.err, "energy_ddr = -1: out of range");
  command(&c, "vtpu machine -s 'energy_ddr=1 nJ'");
  T_CHECK(c.status != 0);
  T_CONTAINS(c.err, "wrong unit \"nJ\"");
  command(&c, "vtpu machine -s energy_dram=1");
  T_CHECK(c.status != 0);
  T_CONTAINS(c.err, "there is no parameter energy_dram");
  T_CONTAINS(c.err, "energy_d");
  command_end(&c);
}
