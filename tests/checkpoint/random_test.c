/* Random programs on random machines (the generator of tests/exact), cut at random cycles.
 *
 *   VTPU_LONG=N   cuts N hundred programs a level instead of the few of the normal run
 *   VTPU_SEED=S   begins with this seed
 */
#include "tests/checkpoint/cut.h"
#include "tests/exact/generate.h"
#include "tests/harness/harness.h"

#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 5, CUTS = 2 };
#else
enum { PROGRAMS = 30, CUTS = 4 };
#endif

static uint64_t number(const char *variable, uint64_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

static void cut_level(enum generate_level level)
{
  uint64_t hundreds = number("VTPU_LONG", 0), first = number("VTPU_SEED", 1);
  uint64_t programs = hundreds ? 100 * hundreds : PROGRAMS;
  for (uint64_t seed = first; seed < first + programs; seed++) {
    struct exact_case e;
    char name[64];
    exact_generate(seed, level, &e);
    snprintf(name, sizeof name, "level %d, seed %llu", level, (unsigned long long)seed);
    struct cut_case c = {.name = name,
                         .machine = e.machine,
                         .object = e.object,
                         .untimed = e.untimed,
                         .threads = e.threads,
                         .fails = true};
    cut_often(&c, CUTS, 0, seed);
    exact_case_free(&e);
  }
  T_CHECK(programs > 0);
}

T_TEST(checkpoint_random, memory)
{
  cut_level(LEVEL_MEMORY);
}

T_TEST(checkpoint_random, pairs)
{
  cut_level(LEVEL_PAIR);
}

T_TEST(checkpoint_random, messages)
{
  cut_level(LEVEL_MESSAGES);
}

T_TEST(checkpoint_random, everything)
{
  cut_level(LEVEL_ALL);
}

T_TEST(checkpoint_random, faults)
{
  cut_level(LEVEL_FAULTS);
}
