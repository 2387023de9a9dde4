/* The interval that the modulo scheduler reaches on small loops is the least that there is, and
 * what it claims as the minimum is never more than that. */
#include "asm/lower/modulo.h"
#include "tests/harness/harness.h"
#include "tests/lower/exact.h"
#include "tests/lower/loop_program.h"

#include <stdlib.h>

enum { LOOPS = 1000, OPS_MOST = 9, II_MOST = 10, SPAN_MORE = 48 };

/* The least interval at which any order of placement finds a schedule, up to `most`. */
static int reached(const struct loop_body *b, int from, int most)
{
  struct vtpu_error err;
  struct modulo_work *w = modulo_new(b, &err);
  int time[EXACT_OPS_MOST], best = -1;
  for (int ii = from; w && ii <= most && best < 0; ii++) {
    int critical = modulo_critical_path(w, ii);
    for (int more = 0; more <= SPAN_MORE && best < 0 && critical > 0; more += 1 + more / 2)
      for (int order = 0; order < ORDER_COUNT && best < 0; order++)
        if (modulo_attempt(w, ii, critical + more, (enum modulo_order)order, time))
          best = ii;
  }
  modulo_free(w);
  return best;
}

T_TEST(lower_exact, small_loops_reach_the_least_interval_there_is)
{
  struct ir ir;
  struct vtpu_error err;
  int loops = 0, by_recurrence = 0, above_bounds = 0;
  ir_init(&ir, 512);
  for (uint64_t seed = 1; loops < LOOPS; seed++) {
    loop_random(&ir, seed);
    for (int l = 0; l < ir.loop_count; l++) {
      struct loop_body b;
      struct modulo_bounds bounds;
      if (depend_obstacle(&ir, l) || ir.blocks[ir.loops[l].first].count > OPS_MOST)
        continue;
      T_REQUIRE(depend_build(&ir, l, &b, &err) == 0 && modulo_bounds(&b, &bounds, &err) == 0);
      if (bounds.minimum > II_MOST) {
        depend_free(&b);
        continue;
      }
      int least = bounds.minimum;
      while (!exact_feasible(&b, least))
        least++;
      T_EQ(reached(&b, 1, least + 4), least);
      if (bounds.minimum > 1 && bounds.minimum <= 5)
        T_CHECK(!exact_feasible(&b, bounds.minimum - 1));
      by_recurrence += bounds.recurrence > bounds.resource;
      above_bounds += least > bounds.minimum;
      depend_free(&b);
      loops++;
    }
  }
  T_CHECK(by_recurrence > LOOPS / 10);
  /* Rare: both bounds can be met alone, but not together. */
  T_CHECK(above_bounds < LOOPS / 10);
  ir_free(&ir);
}

/* A schedule is one: every dependence has its distance, every slot one operation. */
T_TEST(lower_exact, schedules_keep_every_dependence)
{
  struct ir ir;
  struct vtpu_error err;
  ir_init(&ir, 512);
  int found = 0;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    loop_random(&ir, seed);
    for (int l = 0; l < ir.loop_count; l++) {
      struct loop_body b;
      struct modulo_bounds bounds;
      if (depend_obstacle(&ir, l))
        continue;
      T_REQUIRE(depend_build(&ir, l, &b, &err) == 0 && modulo_bounds(&b, &bounds, &err) == 0);
      struct modulo_work *w = modulo_new(&b, &err);
      int *time = malloc((size_t)b.count * sizeof *time), ii = bounds.minimum + (int)(seed % 3);
      T_REQUIRE(w && time);
      int critical = modulo_critical_path(w, ii);
      for (int order = 0; order < ORDER_COUNT; order++) {
        if (!modulo_attempt(w, ii, critical + 2 * ii, (enum modulo_order)order, time))
          continue;
        found++;
        for (int k = 0; k < b.edge_count; k++) {
          const struct depend_edge *e = &b.edges[k];
          T_CHECK(time[e->to] + e->distance * ii - time[e->from] >= e->latency);
        }
        for (int i = 0; i < b.count; i++)
          for (int j = 0; j < i; j++)
            T_CHECK(b.ops[i].pipe != b.ops[j].pipe || (time[i] - time[j]) % ii != 0);
      }
      free(time);
      modulo_free(w);
      depend_free(&b);
    }
  }
  T_CHECK(found > 600);
  ir_free(&ir);
}
