/* build/vtpu-platform-core: the verilated core in a SystemC platform takes the cycles that the
 * simulator's node takes in its own, and ends with the same registers. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <string.h>

#define PLATFORM "SC_COPYRIGHT_MESSAGE=DISABLE " VTPU_BINARY "-platform-core "

/* Both contexts of a core: hits, misses, dirty victims, parts of shared lines, prefetches, a flush,
 * a fence, and a message. */
static const char memory[] =
    ".dlen 64\n"
    ".region in, private, core=0, lo=0.0.8/1.1.1/1.1.1/1.1, pages=20\n"
    ".region out, private, core=0, lo=0.0.8/2.1.1/1.1.1/1.1, pages=20\n"
    ".region both, shared, lo=0.0.8/3.1.1/1.1.1/1.1, pages=2\n"
    ".region table, rom, lo=0.0.8/4.1.1/1.1.1/1.1, pages=1\n"
    ".data in, i64 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12\n"
    ".data table, i64 100, 200, 300\n"
    ".init main.p0 = 0.0.8/1.1.1/1.1.1/1.1\n"
    ".init main.p1 = 0.0.8/2.1.1/1.1.1/1.1\n"
    ".init main.p2 = 0.0.8/3.1.1/1.1.1/1.1\n"
    ".init main.p3 = 0.0.8/4.1.1/1.1.1/1.1\n"
    ".init other.p0 = 0.0.8/1.1.1/1.1.1/1.1\n"
    ".init other.p1 = 0.0.8/2.1.1/1.1.1/1.1\n"
    ".sentron main, id=0\n"
    "  { CLOOP l0, 120, last }\n"
    "  { SGATHER r0, [p0], 8 | CSTEP p0, linear, 1 }\n"
    "  { DADD r1, r0, r0 | SGATHER r2, [p3], 8 | CSTEP p3, byte, 8 }\n"
    "last:\n"
    "  { DADD r1, r1, r2 | SSCATTR [p1], r1, 8 | CSTEP p1, linear, 3 } :l0\n"
    "  { - | SSCATTR [p2], r1, 4 }\n"
    "  { - | SGATHER r5, [p2], 8 }\n"
    "  { - | SFLUSH [p1] | CFENCE.core }\n"
    "  { DADD r6, r5, r5 | - | CPACK m0, r5, r5 }\n"
    "  { - | - | CSEND m0, 8 }\n"
    "  { CHALT }\n"
    ".end\n"
    ".sentron other, id=8\n"
    "  { CLOOP l0, 100, done }\n"
    "  { SGATHER r0, [p0], 8 | CSTEP p0, linear, 5 }\n"
    "  { - | SPREFCH.L1 [p1] }\n"
    "done:\n"
    "  { DMUL r1, r0, r0 | SSCATTR [p1], r0, 8 | CSTEP p1, linear, 7 } :l0\n"
    "  { CRECV r7, 0 }\n"
    "  { DADD r8, r7, r7 }\n"
    ".end\n";

static void agree(const char *object, const char *options)
{
  struct command c = {0};
  long long node = -1, core = -2;
  command(&c, PLATFORM "'%s' %s", object, options);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "they agree");
  T_CHECK(sscanf(c.out, "node: %lld cycles; verilated core: %lld", &node, &core) == 2);
  T_EQ(node, core);
  command_end(&c);
}

T_TEST(systemc_verilated, the_core_takes_the_nodes_cycles)
{
  const char *object = assembled("memory.siw", memory);
  static const char *const options[] = {
      "",
      "--set ddr_bandwidth=64",
      "--set ddr_bandwidth=7 --timing approximate",
      "--set ddr_latency=1 --set ddr_bandwidth=0",
      "--set ddr_latency=2 --set ddr_bandwidth=256 --timing approximate",
  };
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    agree(object, options[i]);
}

T_TEST(systemc_verilated, the_core_computes_as_the_node)
{
  static const char *const examples[] = {"dot", "fma"};
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    struct command c = {0};
    const char *object = temp_path("example.siw");
    command(&c, "vtpu asm asm/examples/%s.s -o '%s'", examples[i], object);
    T_STATUS(&c, 0);
    command_end(&c);
    agree(object, "");
  }
}

static void refused(int status, const char *program, const char *options, const char *message)
{
  struct command c = {0};
  command(&c, PLATFORM "'%s' %s", assembled("refused.siw", program), options);
  T_STATUS(&c, status);
  T_CONTAINS(c.err, message);
  command_end(&c);
}

T_TEST(systemc_verilated, what_a_core_and_its_memory_have_not_is_refused)
{
  static const char plain[] = ".dlen 64\n.sentron a, id=0\n  { DMOV r0, 1 }\n";
  refused(5, ".dlen 512\n.sentron a, id=0\n  { DMOV r0, 1 }\n", "", "DLEN 512");
  refused(5, plain, "--set l2_bytes=64KiB", "no L2");
  refused(5, plain, "--set branch=7", "the machine has branch = 7");
  refused(5, plain, "--set nodes=2", "the machine has 2 nodes");
  refused(5, ".dlen 64\n.group 0, 0\n.sentron a, id=0\n  { CBAR 0 }\n", "", "SIW 0 (@0): CBAR");
  refused(5, ".dlen 64\n.sentron a, id=0\n  { CHALT }\n.end\n.sentron b, id=1\n  { CHALT }\n", "",
          "sentron b is not on the core");
  refused(2, plain, "--timing cycle", "loose or approximate is needed");
  refused(3, plain, "--set nothing=1", "nothing");
}

T_TEST(systemc_verilated, a_fault_is_told_by_both)
{
  static const char reading[] =
      ".dlen 64\n.sentron a, id=0\n  { SGATHER r0, [1.1.1/1.1.1/1.1.1/1.1], 8 }\n";
  refused(4, reading, "", "nothing is allocated there");
}
