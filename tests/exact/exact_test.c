/* Random programs on random machines: engine and stepper agree (compare.h).
 *
 *   VTPU_LONG=N   compares N million SIWs a level instead of the few of the normal run
 *   VTPU_SEED=S   begins with this seed
 *
 * A program on which they differ is shrunk and written to tests/exact/cases, whose programs are
 * replayed here.
 */
#include "tests/exact/generate.h"
#include "tests/exact/shrink.h"
#include "tests/harness/harness.h"

#include "asm/assemble.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { SCALE = 12 };
#else
enum { SCALE = 1 };
#endif

enum { CYCLES_MAX = 2000000, FAILURES_MAX = 3 };

static uint64_t number(const char *variable, uint64_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

/* Keeps a failing program, and says where. */
static void keep(struct exact_case *c, enum generate_level level, uint64_t seed,
                 const struct exact_result *found)
{
  struct exact_result shrunk;
  uint64_t limit = found->cycles + 2000;
  exact_shrink(c, limit);
  exact_compare(c, limit, &shrunk);
  char path[100];
  snprintf(path, sizeof path, "tests/exact/cases/found_%d_%llu.s", (int)level,
           (unsigned long long)seed);
  FILE *out = fopen(path, "w");
  if (out) {
    exact_write(c, shrunk.difference, out);
    fclose(out);
  }
  T_FAIL("level %d, seed %llu: %s\n%u SIWs of it are in %s: %s", (int)level,
         (unsigned long long)seed, found->difference, c->object.siw_count, path, shrunk.difference);
}

static void compare_level(enum generate_level level, uint64_t siws)
{
  uint64_t millions = number("VTPU_LONG", 0);
  uint64_t wanted = millions ? millions * 1000000 : siws / SCALE;
  uint64_t done = 0, cycles = 0, programs = 0, ends[4] = {0};
  int failures = 0;
  for (uint64_t seed = number("VTPU_SEED", 1); done < wanted; seed++) {
    struct exact_case c;
    struct exact_result result = {.end = "refused"};
    struct vtpu_error err;
    exact_generate(seed, level, &c);
    if (object_check(&c.object, &err)) {
      T_FAIL("level %d, seed %llu: %s", (int)level, (unsigned long long)seed, err.message);
      failures++;
    } else if (!exact_compare(&c, CYCLES_MAX, &result)) {
      keep(&c, level, seed, &result);
      failures++;
    }
    programs++;
    done += result.siws;
    cycles += result.cycles;
    ends[strcmp(result.end, "done") == 0       ? 0
         : strcmp(result.end, "fault") == 0    ? 1
         : strcmp(result.end, "deadlock") == 0 ? 2
                                               : 3]++;
    exact_case_free(&c);
    if (failures == FAILURES_MAX)
      return;
  }
  T_CHECK(done >= wanted);
  if (millions)
    printf("level %d: %llu programs, %llu SIWs, %llu cycles; done %llu, fault %llu, deadlock "
           "%llu, other %llu\n",
           (int)level, (unsigned long long)programs, (unsigned long long)done,
           (unsigned long long)cycles, (unsigned long long)ends[0], (unsigned long long)ends[1],
           (unsigned long long)ends[2], (unsigned long long)ends[3]);
}

T_TEST(exact, dense)
{
  compare_level(LEVEL_DENSE, 150000);
}
T_TEST(exact, memory)
{
  compare_level(LEVEL_MEMORY, 250000);
}
T_TEST(exact, pair)
{
  compare_level(LEVEL_PAIR, 250000);
}
T_TEST(exact, messages)
{
  compare_level(LEVEL_MESSAGES, 250000);
}
T_TEST(exact, all)
{
  compare_level(LEVEL_ALL, 400000);
}
T_TEST(exact, faults)
{
  compare_level(LEVEL_FAULTS, 50000);
}

/* Programs on which they once differed. */
T_TEST(exact, cases)
{
  DIR *folder = opendir("tests/exact/cases");
  T_REQUIRE(folder != NULL);
  int cases = 0;
  for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
    size_t length = strlen(e->d_name);
    if (length < 3 || strcmp(e->d_name + length - 2, ".s") != 0)
      continue;
    char path[400];
    struct exact_case c;
    struct exact_result result;
    struct vtpu_error err;
    snprintf(path, sizeof path, "tests/exact/cases/%s", e->d_name);
    cases++;
    if (exact_read(path, &c, &err))
      T_FAIL("%s", err.message);
    else if (!exact_compare(&c, CYCLES_MAX, &result))
      T_FAIL("%s: %s", path, result.difference);
    assemble_free(&c.object);
  }
  closedir(folder);
  T_CHECK(cases >= 14);
}
