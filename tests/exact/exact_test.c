/* Random programs on random machines: engine and stepper agree (compare.h). VTPU_LONG=N compares N
 * million SIWs a level instead of the few of the normal run. */
#include "tests/exact/generate.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
enum { SCALE = 12 };
#else
enum { SCALE = 1 };
#endif

static void compare_level(enum generate_level level, uint64_t siws)
{
  const char *more = getenv("VTPU_LONG");
  uint64_t wanted = more ? strtoull(more, NULL, 10) * 1000000 : siws / SCALE, done = 0;
  for (uint64_t seed = 1; done < wanted; seed++) {
    struct exact_case c;
    struct exact_result result;
    struct vtpu_error err;
    exact_generate(seed, level, &c);
    if (object_check(&c.object, &err))
      T_FAIL("level %d, seed %llu: %s", level, (unsigned long long)seed, err.message);
    else if (!exact_compare(&c, 2000000, &result))
      T_FAIL("level %d, seed %llu (%s): %s", level, (unsigned long long)seed, result.end,
             result.difference);
    done += result.siws;
    exact_case_free(&c);
  }
  T_CHECK(done >= wanted);
}

T_TEST(exact, dense)
{
  compare_level(LEVEL_DENSE, 300000);
}

T_TEST(exact, memory)
{
  compare_level(LEVEL_MEMORY, 300000);
}

T_TEST(exact, pairs)
{
  compare_level(LEVEL_PAIR, 300000);
}

T_TEST(exact, messages)
{
  compare_level(LEVEL_MESSAGES, 300000);
}

T_TEST(exact, everything)
{
  compare_level(LEVEL_ALL, 300000);
}
