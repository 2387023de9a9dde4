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
#include "tests/exact/stepper.h"
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

/* What the programs of this process have done, summed up. */
static struct coverage {
  bool level[LEVEL_COUNT];   /* these levels have run */
  struct vtpu_counts counts; /* of programs that ended well, or not */
  uint64_t fault[FAULT_COUNT], host_faults, deadlocks;
  uint64_t curve[CURVE_COUNT], dlen[4], topology[TOPOLOGY_FULL + 1]; /* of several nodes */
  uint64_t ports[PIPE_COUNT];                                        /* machines with two */
  uint64_t coordinate_ptc, reference_hash, way0, lazy, full_node;
  uint64_t untimed, threads, slices, hosts;
  double ddr_load;
} seen;

static void cover(const struct exact_case *c, const struct exact_result *result)
{
  const struct machine *m = &c->machine;
  step_counts_add(&seen.counts, &result->counts);
  seen.fault[strcmp(result->end, "fault") == 0 ? result->fault : FAULT_NONE]++;
  seen.host_faults += strcmp(result->end, "host fault") == 0;
  seen.deadlocks += strcmp(result->end, "deadlock") == 0;
  seen.curve[m->curve]++;
  seen.dlen[__builtin_ctzll((uint64_t)m->dlen / 64)]++;
  seen.topology[m->topology] += m->nodes > 1;
  seen.ports[PIPE_D] += m->dports == 2;
  seen.ports[PIPE_S] += m->sports == 2;
  seen.ports[PIPE_C] += m->cports == 2;
  seen.coordinate_ptc += m->ptc_granularity == PTC_COORDINATE;
  seen.reference_hash += m->ptc_hash == PTC_REFERENCE;
  seen.way0 += m->ptc_replacement == PTC_WAY0;
  seen.lazy += m->lazy_mapping != 0;
  unsigned on_first = 0;
  for (uint32_t i = 0; i < c->object.sentron_count; i++)
    on_first += c->object.sentrons[i].node == 0;
  seen.full_node += on_first == SENTRONS_PER_NODE_MAX && result->counts.received > 0;
  seen.untimed += c->untimed;
  seen.threads += c->threads > 1;
  seen.slices += c->slice > 0;
  seen.hosts += c->object.host_count > 0;
  seen.ddr_load = result->ddr_load > seen.ddr_load ? result->ddr_load : seen.ddr_load;
}

static uint64_t number(const char *variable, uint64_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

static bool engine_differs(const struct exact_case *c, uint64_t limit)
{
  struct exact_result result;
  return !exact_compare(c, limit, &result) && result.ran;
}

/* Keeps a failing program, and says where. */
static void keep(struct exact_case *c, enum generate_level level, uint64_t seed,
                 const struct exact_result *found)
{
  struct exact_result shrunk;
  uint64_t limit = found->cycles + 2000;
  exact_shrink(c, engine_differs, limit);
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
    cover(&c, &result);
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

/* The SIWs of a normal run. */
static const uint64_t level_siws[LEVEL_COUNT] = {
    [LEVEL_DENSE] = 150000,    [LEVEL_MEMORY] = 250000, [LEVEL_PAIR] = 250000,
    [LEVEL_MESSAGES] = 250000, [LEVEL_ALL] = 300000,    [LEVEL_FAULTS] = 200000,
};

static void run_level(enum generate_level level)
{
  compare_level(level, level_siws[level]);
  seen.level[level] = true;
}

T_TEST(exact, dense)
{
  run_level(LEVEL_DENSE);
}
T_TEST(exact, memory)
{
  run_level(LEVEL_MEMORY);
}
T_TEST(exact, pair)
{
  run_level(LEVEL_PAIR);
}
T_TEST(exact, messages)
{
  run_level(LEVEL_MESSAGES);
}
T_TEST(exact, all)
{
  run_level(LEVEL_ALL);
}
T_TEST(exact, faults)
{
  run_level(LEVEL_FAULTS);
}

/* Together they do everything that can be done, and run into everything that one can run into. */
T_TEST(exact, coverage)
{
  if (SCALE > 1)
    T_SKIP("the programs of a sanitizer run are too few to do everything");
  for (int level = 0; level < LEVEL_COUNT; level++)
    if (!seen.level[level])
      run_level((enum generate_level)level);
  for (int i = 0; i < op_table_count; i++)
    if (op_table[i].code != 0 && seen.counts.op_code[op_table[i].pipe][op_table[i].code] == 0)
      T_FAIL("no program executed %s", op_table[i].name);
  for (int cause = 0; cause < STALL_COUNT; cause++)
    if (cause != STALL_IDLE && seen.counts.stack[cause] == 0)
      T_FAIL("no cycle went to %s", stall_keys[cause]);
  for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++)
    if (seen.fault[fault] == 0)
      T_FAIL("no program faulted with \"%s\"", step_fault_words[fault]);
  T_CHECK(seen.host_faults > 0);
  T_CHECK(seen.deadlocks > 0);
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    T_CHECK(seen.counts.tier_hits[tier] > 0);
    T_CHECK(tier == TIER_DDR || seen.counts.tier_merges[tier] > 0);
  }
  for (int i = 0; i < CURVE_COUNT; i++)
    T_CHECK(seen.curve[i] > 0);
  for (int i = 0; i < 4; i++)
    T_CHECK(seen.dlen[i] > 0);
  for (int i = 0; i <= TOPOLOGY_FULL; i++)
    T_CHECK(seen.topology[i] > 0);
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    T_CHECK(seen.ports[pipe] > 0);
  T_CHECK(seen.coordinate_ptc > 0 && seen.reference_hash > 0 && seen.way0 > 0 && seen.lazy > 0);
  T_CHECK(seen.full_node > 0);
  T_CHECK(seen.untimed > 0 && seen.threads > 0 && seen.slices > 0 && seen.hosts > 0);
  T_CHECK(seen.ddr_load > 0.98);
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
    object_free_parts(&c.object);
  }
  closedir(folder);
  T_CHECK(cases >= 30);
}
