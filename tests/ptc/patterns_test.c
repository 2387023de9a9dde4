/* The access patterns that the public reference measured its PTC with, as programs on the engine
 * (patterns/NAME.s says which coordinates). With the reference's own PTC (an entry a coordinate,
 * its hash, its replacement of way 0) hits and misses are its counts, to the unit. */
#include "asm/assemble.h"
#include "tests/harness/harness.h"
#include "tests/ptc/programs.h"

#include <stdio.h>

/* 256 sets of 8 ways: the reference's default. */
#define REFERENCE                                                                                  \
  "ptc_ways=8 ptc_granularity=coordinate ptc_hash=reference ptc_replacement=way0 "                 \
  "lazy_mapping=yes "

struct counts {
  long long hits, misses;
};

static struct counts counts_of(const char *pattern, const char *settings)
{
  struct counts c = {-1, -1};
  struct object o;
  if (!pattern_object(pattern, &o))
    return c;
  struct machine m = machine_with(settings);
  struct vtpu_statistics *s = run_object(&o, &m, NULL);
  if (s)
    c = (struct counts){(long long)s->total.ptc_hits, (long long)s->total.ptc_misses};
  vtpu_statistics_free(s);
  object_free_parts(&o);
  return c;
}

static void expect(const char *pattern, const char *settings, long long hits, long long misses)
{
  struct counts c = counts_of(pattern, settings);
  if (c.hits != hits || c.misses != misses)
    T_FAIL("%s with %s: %lld hits and %lld misses, not %lld and %lld", pattern, settings, c.hits,
           c.misses, hits, misses);
}

T_TEST(ptc_patterns, reference_sweep_of_d0)
{
  expect("sweep", REFERENCE "ptc_entries=2048", 12672, 128); /* 99.00 % */
}
T_TEST(ptc_patterns, reference_unit_test)
{
  expect("unit", REFERENCE "ptc_entries=2048", 576, 64); /* 90 % */
}
T_TEST(ptc_patterns, reference_walk_in_three_dimensions)
{
  expect("walk", REFERENCE "ptc_entries=2048", 18905, 1095); /* 94.525 % */
}
T_TEST(ptc_patterns, reference_walk_with_1024_sets)
{
  expect("walk", REFERENCE "ptc_entries=8192", 19000, 1000); /* 95.00 % */
}
T_TEST(ptc_patterns, reference_random_access)
{
  expect("random", REFERENCE "ptc_entries=2048", 0, 100000);
}
T_TEST(ptc_patterns, reference_cognitive_pattern)
{
  expect("cognitive", REFERENCE "ptc_entries=2048", 299806, 194); /* 99.9353 % */
}
T_TEST(ptc_patterns, reference_hit_path)
{
  /* 100 misses and 900 + 64 hits of the warm-up, then the 64 x 10,000 hits that it reports. */
  expect("hot", REFERENCE "ptc_entries=2048", 900 + 64 + 640000, 100);
}
T_TEST(ptc_patterns, reference_miss_path)
{
  expect("unique", REFERENCE "ptc_entries=2048", 0, 100000);
}
T_TEST(ptc_patterns, reference_structured_workload)
{
  expect("structured", REFERENCE "ptc_entries=2048", 177408, 3099392); /* 5.4141 % */
}

/* The count of the walk depends on each rule of the reference's PTC. */
T_TEST(ptc_patterns, walk_tells_the_rules_apart)
{
  static const char *const changed[] = {
      REFERENCE "ptc_entries=2048 ptc_hash=fold", REFERENCE "ptc_entries=2048 ptc_replacement=lru",
      REFERENCE "ptc_entries=1024 ptc_ways=4", REFERENCE "ptc_entries=2048 ptc_ways=4",
      REFERENCE "ptc_entries=2048 ptc_granularity=page"};
  for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
    struct counts c = counts_of("walk", changed[i]);
    T_EQ(c.hits + c.misses, 20000);
    if (c.hits == 18905)
      T_FAIL("%s: the same hits as with the reference's rules", changed[i]);
  }
}

/* The architecture's own PTC (1024 entries, 4-way, LRU, fold) with an entry a page: the curve is
 * the order inside a page, so it cannot matter. Where everything fits, each page misses once:
 * sweep 128 / 4, unit 64 / 4, walk 3 x 3 x 3, hot 100 / 4, cognitive 17 + 16 + 1. */
T_TEST(ptc_patterns, pages_on_every_curve)
{
  static const struct {
    const char *pattern;
    long long accesses, pages;
  } rows[] = {{"sweep", 12800, 32},
              {"unit", 640, 16},
              {"walk", 20000, 27},
              {"hot", 641064, 25},
              {"cognitive", 300000, 34}};
  static const char *const curves[] = {"curve=zorder", "curve=hilbert", "curve=row"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int c = 0; c < 3; c++)
      expect(rows[i].pattern, curves[c], rows[i].accesses - rows[i].pages, rows[i].pages);
}

/* The 512 pages of `structured` would fit into the 1024 entries, but the fold lays D0, D1 and D2
 * (9 bits each) over each other, here onto 32 of the 256 sets: with 16 pages for 4 ways, each visit
 * of a page begins with a miss. With 8 entries for each of those sets they fit. */
T_TEST(ptc_patterns, fold_lays_the_inner_dimensions_over_each_other)
{
  expect("structured", "", 3276800 - 100 * 512, 100 * 512);
  expect("structured", "ptc_entries=4096 ptc_ways=16", 3276800 - 512, 512);
}
