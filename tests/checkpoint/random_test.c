/* Random programs on random machines (the generator of tests/exact), cut at random cycles. */
#include "tests/checkpoint/cut.h"
#include "tests/exact/generate.h"
#include "tests/harness/harness.h"

#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 5, CUTS = 2 };
#else
enum { PROGRAMS = 20, CUTS = 4 };
#endif

static void cut_level(enum generate_level level)
{
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
    struct exact_case e;
    char name[64];
    exact_generate(seed, level, &e);
    snprintf(name, sizeof name, "level %d, seed %llu", level, (unsigned long long)seed);
    struct cut_case c = {.name = name, .machine = e.machine, .object = e.object, .fails = true};
    cut_often(&c, CUTS, 0, seed);
    exact_case_free(&e);
  }
  T_CHECK(PROGRAMS > 0);
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
