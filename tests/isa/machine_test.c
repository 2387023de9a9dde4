/* Machine files: presets, units, ranges, cures. */
#include "isa/machine.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

static struct machine load(const char *name)
{
  struct machine m;
  struct vtpu_error err;
  if (machine_load(name, &m, &err))
    T_FAIL("%s", err.message);
  return m;
}

/* A machine file with this text. */
static const char *file_with(const char *text)
{
  const char *path = t_temp("m.machine");
  FILE *f = fopen(path, "wb");
  if (!f || fputs(text, f) < 0 || fclose(f) != 0)
    T_FAIL("%s: cannot be written", path);
  return path;
}

/* The text must be refused with a message that has all these parts. */
static void refused(const char *text, const char *place, const char *problem, const char *cure)
{
  struct machine m;
  struct vtpu_error err = {VTPU_OK, ""};
  T_EQ(machine_load(file_with(text), &m, &err), VTPU_INPUT);
  T_EQ(err.category, VTPU_INPUT);
  T_CONTAINS(err.message, place);
  T_CONTAINS(err.message, problem);
  T_CONTAINS(err.message, cure);
}

static struct machine accepted(const char *text)
{
  return load(file_with(text));
}

T_TEST(machine, spec_is_the_defaults)
{
  struct machine m = load("spec");
  T_EQ_STR(m.name, "spec");
  T_EQ(m.dlen, 512);
  T_EQ(m.cores, 8);
  T_EQ(m.contexts, 2);
  T_EQ(m.spawn, 100);
  T_EQ(m.branch, 3);
  T_EQ(m.ptc_entries, 1024);
  T_EQ(m.ptc_ways, 4);
  T_EQ(m.ptc_miss, 12);
  T_EQ(m.l1_latency, 1);
  T_EQ(m.l2_latency, 4);
  T_EQ(m.l3_latency, 12);
  T_EQ(m.ddr_latency, 70);
  T_EQ(m.ddr_bytes, INT64_C(96) << 30);
  T_NEAR(m.ddr_bandwidth, 60.0, 0);
  T_EQ(m.latency[LAT_NONE], 0);
  T_EQ(m.latency[LAT_F32], 4);
  T_EQ(m.latency[LAT_RED], 8);
}

T_TEST(machine, zen4_changes_latencies_only)
{
  struct machine spec = load("spec"), m = load("zen4");
  T_EQ(m.l1_latency, 4);
  T_EQ(m.l2_latency, 14);
  T_EQ(m.l3_latency, 50);
  T_EQ(m.ddr_latency, 320);
  m.l1_latency = spec.l1_latency;
  m.l2_latency = spec.l2_latency;
  m.l3_latency = spec.l3_latency;
  m.ddr_latency = spec.ddr_latency;
  memcpy(m.name, spec.name, sizeof m.name);
  T_CHECK(memcmp(&m, &spec, sizeof m) == 0);
}

T_TEST(machine, r23w6_has_every_operation_one_cycle)
{
  struct machine m = load("r23w6");
  T_EQ(m.dlen, 64);
  T_EQ(m.cores, 1);
  T_EQ(m.contexts, 2);
  T_EQ(m.spawn + m.branch + m.ptc_hit + m.ptc_miss, 0);
  T_EQ(m.l1_bytes + m.l2_bytes + m.l3_bytes, 0);
  T_EQ(m.ddr_latency, 1);
  T_NEAR(m.ddr_bandwidth, 0, 0);
  T_EQ(m.ptc_granularity, PTC_COORDINATE);
  T_EQ(m.lazy_mapping, 1);
  T_EQ(m.prefetch, 0);
  for (int class = LAT_NONE + 1; class < LAT_COUNT; class ++)
    T_EQ(m.latency[class], 1);
}

T_TEST(machine, presets_are_listed_with_spec_first)
{
  T_EQ_STR(machine_presets[0], "spec");
  int count = 0;
  for (; machine_presets[count]; count++)
    load(machine_presets[count]);
  T_EQ(count, 4);
}

/* It adds energies, and changes nothing of the machine that takes part in time. */
T_TEST(machine, energy45_states_energies_only)
{
  struct machine spec = load("spec"), m = load("energy45");
  int stated = 0;
  for (int i = 0; i < ENERGY_COUNT; i++) {
    T_CHECK(spec.energy[i] == 0 && m.energy[i] >= 0);
    stated += m.energy[i] > 0;
  }
  T_CHECK(stated > 5 && stated < ENERGY_COUNT);
  memset(m.energy, 0, sizeof m.energy);
  memcpy(m.name, spec.name, sizeof m.name);
  T_CHECK(memcmp(&m, &spec, sizeof m) == 0);
}

/* Every operation of the D-pipe but DNOP and DBR has a row, multiply-accumulates that of their
 * type. */
T_TEST(machine, d_operations_have_an_energy)
{
  for (int i = 0; i < op_table_count; i++)
    for (int type = 0; type < ELEM_COUNT; type++) {
      const struct op_info *op = &op_table[i];
      const struct slot d = {.op = op->code, .type = type};
      unsigned events = 0;
      if (op->pipe != PIPE_D || (op->types ? !(op->types >> type & 1) : type != 0))
        continue;
      const enum energy row = slot_energy(&d, 512, &events);
      if (op->mac != MAC_NO) {
        T_CHECK(row <= ENERGY_MAC_T2);
        T_EQ(events, slot_macs(&d, 512));
        T_CHECK(strstr(energy_table[row].key, elem_names[type]));
      } else if (op->code == OP_DNOP || op->code == OP_DBR) {
        T_EQ((int)row, (int)ENERGY_COUNT);
      } else {
        T_CHECK(row > ENERGY_MAC_T2 && row < ENERGY_D_COUNT);
        T_EQ(events, 16u);
      }
    }
}

T_TEST(machine, table_is_sound)
{
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    T_CHECK(p->name[0] && p->doc[0]);
    T_CHECK(p->least <= p->value && p->value <= p->most);
    T_CHECK((p->kind == PARAM_WORD) == (p->words != NULL));
    int words = 0;
    for (; p->words && p->words[words]; words++)
      T_CHECK(p->words[words][0]);
    if (p->words)
      T_EQ(words, p->most + 1);
    for (int j = 0; j < i; j++) {
      T_CHECK(strcmp(machine_params[j].name, p->name) != 0);
      T_CHECK(machine_params[j].offset != p->offset);
    }
  }
}

T_TEST(machine, every_value_reads_back_from_its_text)
{
  for (int n = 0; machine_presets[n]; n++) {
    struct machine m = load(machine_presets[n]), copy = load("spec");
    memcpy(copy.name, m.name, sizeof copy.name);
    for (int i = 0; i < machine_param_count; i++) {
      char value[PARAM_TEXT_BYTES], line[200];
      struct vtpu_error err;
      machine_value_text(&m, &machine_params[i], value);
      snprintf(line, sizeof line, "%s=%s", machine_params[i].name, value);
      if (machine_set(&copy, "test", line, &err))
        T_FAIL("%s", err.message);
    }
    T_CHECK(memcmp(&m, &copy, sizeof m) == 0);
  }
}

T_TEST(machine, values_are_printed_with_units)
{
  struct machine m = load("spec");
  struct vtpu_error err;
  T_EQ(machine_set(&m, "test", "link_bandwidth = 0.1 GB/s", &err), 0);
  T_EQ(machine_set(&m, "test", "l2_bytes = 0", &err), 0);
  static const char *const expected[][2] = {
      {"clock", "4 GHz"},           {"nodes", "1"},
      {"l1_bytes", "32 KiB"},       {"ddr_bytes", "96 GiB"},
      {"l3_bytes", "16 MiB"},       {"link_bandwidth", "0.1 GB/s"},
      {"curve", "zorder"},          {"prefetch", "yes"},
      {"ddr_latency", "70 cycles"}, {"topology", "pentagon"},
      {"dlen", "512 bits"},         {"l2_bytes", "0 bytes"},
      {"latency_red", "8 cycles"},  {"link_latency", "10000 cycles"}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    for (int j = 0; j < machine_param_count; j++)
      if (strcmp(machine_params[j].name, expected[i][0]) == 0) {
        char text[PARAM_TEXT_BYTES];
        T_EQ_STR(machine_value_text(&m, &machine_params[j], text), expected[i][1]);
      }
}

T_TEST(machine, files_override_a_preset)
{
  struct machine m = accepted("# mine\n"
                              "preset = zen4 # as a start\n"
                              "\n"
                              "  l2_bytes=512KiB\r\n"
                              "ddr_bandwidth = 38.4 GB/s\n"
                              "curve = hilbert\n"
                              "l1_bytes = 65536 bytes\n"
                              "branch = 2");
  T_EQ(m.l1_latency, 4);
  T_EQ(m.l2_bytes, 512 * 1024);
  T_NEAR(m.ddr_bandwidth, 38.4, 0);
  T_EQ(m.curve, CURVE_HILBERT);
  T_EQ(m.l1_bytes, 65536);
  T_EQ(m.branch, 2);
  T_EQ(m.nodes, 1);
  T_EQ(accepted("").cores, 8);
}

T_TEST(machine, unknown_keys_get_the_nearest_name)
{
  refused("clock = 3 GHz\nptc_entires = 512\n", "m.machine:2", "ptc_entires",
          "nearest: ptc_entries");
  refused("l1_latncy = 3\n", "m.machine:1", "l1_latncy", "nearest: l1_latency");
  struct machine m = load("spec"), before = m;
  struct vtpu_error err;
  T_EQ(machine_set(&m, "--set", "core=4", &err), VTPU_INPUT);
  T_CONTAINS(err.message, "--set: there is no parameter core");
  T_CONTAINS(err.message, "nearest: cores");
  T_CHECK(memcmp(&m, &before, sizeof m) == 0);
}

T_TEST(machine, wrong_units_are_refused)
{
  refused("\nddr_latency = 70 ns\n", "m.machine:2", "wrong unit \"ns\"", "cycles");
  refused("l1_bytes = 32 KB\n", ":1", "wrong unit \"KB\"", "bytes, KiB, MiB or GiB");
  refused("clock = 4000 MHz\n", ":1", "wrong unit \"MHz\"", "GHz");
  refused("nodes = 5 nodes\n", ":1", "wrong unit \"nodes\"", "it has no unit");
  refused("clock = 4 GHz GHz\n", ":1", "wrong unit \"GHz GHz\"", "GHz");
}

T_TEST(machine, values_out_of_range_are_refused)
{
  refused("cores = 9\n", ":1", "out of range", "1 to 8");
  refused("cores = 0\n", ":1", "out of range", "1 to 8");
  refused("branch = -1\n", ":1", "out of range", "0 to 1000 cycles");
  refused("clock = -4\n", ":1", "out of range", "0.001 to 100 GHz");
  refused("latency_f32 = 0\n", ":1", "out of range", "1 to 1000000 cycles");
  refused("l1_bytes = 9000000000 GiB\n", ":1", "out of range", "bytes");
  refused("l1_bytes = 99999999999999999999\n", ":1", "whole number", "bytes");
  refused("clock = 1e400\n", ":1", "a number was expected", "GHz");
}

T_TEST(machine, malformed_values_are_refused)
{
  refused("cores = four\n", ":1", "four", "a whole number was expected");
  refused("cores = 1.5\n", ":1", "1.5", "a whole number was expected");
  refused("clock = nan\n", ":1", "nan", "a number was expected");
  refused("clock = inf\n", ":1", "inf", "a number was expected");
  refused("cores\n", ":1", "\"cores\"", "name = value [unit] was expected");
  refused("cores =\n", ":1", "\"cores =\"", "name = value [unit] was expected");
  refused("= 4\n", ":1", "\"= 4\"", "name = value [unit] was expected");
  refused("curve = peano\n", ":1", "unknown word", "zorder, hilbert or row");
  refused("prefetch = 1\n", ":1", "unknown word", "no or yes");
  refused("cores = 4\ncores = 4\n", ":2", "cores is already set", "line 1");
  refused("preset = zen5\n", ":1", "there is no preset zen5", "spec, energy45, r23w6 or zen4");
  refused("cores = 4\npreset = zen4\n", ":2", "the preset comes before", "undo");
}

T_TEST(machine, impossible_combinations_are_refused)
{
  refused("ptc_entries = 1000\n", "m.machine", "power of two", "ptc_entries = 4 times");
  refused("ptc_entries = 1024\nptc_ways = 3\n", "m.machine", "ptc_ways = 3", "power of two");
  refused("l1_bytes = 48 KiB\n", "m.machine", "l1_bytes = 49152", "512 bytes times 1, 2, 4");
  refused("l2_bytes = 100\n", "m.machine", "l2_bytes = 100", "power of two");
  refused("l3_ways = 3\n", "m.machine", "l3_ways = 3", "power of two");
  refused("l3_cores = 2\n", "m.machine", "L3 has two halves", "l3_cores = 4");
  refused("dlen = 384\n", "m.machine", "dlen = 384", "64, 128, 256 or 512");
  refused("ddr_bytes = 5000\n", "m.machine", "ddr_bytes = 5000", "4096");
  refused("nodes = 4\n", "m.machine", "pentagon has 5 nodes", "ring, torus or full");
  refused("nodes = 7\ntopology = torus\n", "m.machine", "torus", "ring");
  T_EQ(accepted("nodes = 5\n").nodes, 5);
  T_EQ(accepted("nodes = 6\ntopology = torus\n").nodes, 6);
  T_EQ(accepted("l1_bytes = 48 KiB\nl1_ways = 12\n").l1_ways, 12);
  T_EQ(accepted("cores = 2\nl3_cores = 1\n").l3_cores, 1);
}

T_TEST(machine, what_is_no_machine_file)
{
  struct machine m;
  struct vtpu_error err;
  T_EQ(machine_load("zen5", &m, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "zen5: neither a preset (spec, energy45, r23w6 or zen4) nor a file");
  T_EQ(machine_load(t_top(), &m, &err), VTPU_INPUT); /* a folder */
  const char *path = t_temp("binary.machine");
  FILE *f = fopen(path, "wb");
  T_REQUIRE(f != NULL);
  fwrite("cores\0=4\n", 1, 9, f);
  fclose(f);
  T_EQ(machine_load(path, &m, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "not a machine file");
}
