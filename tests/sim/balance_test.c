/* Counts balance, and nothing is left in flight when a run ends (architecture, section 6): on the
 * examples and on random programs of tests/exact, for every sentron, core, node, region of the
 * program and the whole, at the end and where a run is cut. */
#include "tests/sim/balance.h"

#include "asm/assemble.h"
#include "tests/asm/texts.h"
#include "tests/exact/generate.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 12 };
#else
enum { PROGRAMS = 60 };
#endif

static struct balance_totals totals;

static void check_example(const char *path, const char *name)
{
  static const char *const presets[] = {"spec", "zen4", "r23w6"};
  for (int i = 0; i < 3; i++) {
    struct object o;
    struct machine m;
    struct vtpu_error err;
    if (assemble_file(path, &o, &err) || machine_load(presets[i], &m, &err)) {
      T_FAIL("%s", err.message);
      return;
    }
    m.dlen = o.dlen;
    bool loads = i < 2 || o.dlen == 64; /* the third has one core and two sentrons */
    for (uint32_t k = 0; k < o.sentron_count; k++)
      loads &= i < 2 || o.sentrons[k].id < 2;
    for (uint32_t k = 0; k < o.region_count; k++)
      loads &= i < 2 || o.regions[k].core == 0;
    if (loads)
      balance_check(name, &o, &m, &totals);
    object_free_parts(&o);
  }
}

T_TEST(balance, examples)
{
  totals = (struct balance_totals){0};
  T_CHECK(each_file("asm/examples", ".s", check_example) >= 8);
  T_CHECK(totals.done >= 14 && totals.failed >= 2); /* deadlock.s */
  T_CHECK(totals.accesses > 10000 && totals.messages > 400);
}

static void check_level(enum generate_level level)
{
  totals = (struct balance_totals){0};
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
    struct exact_case c;
    char name[60];
    exact_generate(seed, level, &c);
    snprintf(name, sizeof name, "level %d, seed %d", (int)level, (int)seed);
    balance_check(name, &c.object, &c.machine, &totals);
    exact_case_free(&c);
  }
  T_CHECK(totals.done > PROGRAMS / 4);
}

T_TEST(balance, random_memory)
{
  check_level(LEVEL_MEMORY);
  T_CHECK(totals.accesses > 2000);
}
T_TEST(balance, random_pairs)
{
  check_level(LEVEL_PAIR);
  T_CHECK(totals.accesses > 2000);
}
T_TEST(balance, random_messages)
{
  check_level(LEVEL_MESSAGES);
  T_CHECK(totals.messages > 200);
}
T_TEST(balance, random_everything)
{
  check_level(LEVEL_ALL);
  T_CHECK(totals.messages > 200 && totals.accesses > 2000);
}
