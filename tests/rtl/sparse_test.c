/* The RTL's coordinate arithmetic against isa/coord.h: the three curves and every axis. */
#include "rtl/tb/sparse.h"
#include "tests/harness/harness.h"

#include <stdlib.h>

static unsigned long long seed = 5;

static unsigned below(unsigned n)
{
  return (unsigned)(t_random(&seed) % n);
}

/* Dimensions near their ends as often as not, so that steps leave them. */
static struct coord random_coord(void)
{
  struct coord c = {0, 0};
  for (int d = 0; d < COORD_DIMS; d++) {
    static const unsigned ends[] = {0, 1, 2, 3, 4, 2043, 2044, 2046, 2047};
    unsigned value = below(2) ? ends[below(sizeof ends / sizeof *ends)] : below(COORD_DIM_SIZE);
    c = coord_with_dim(c, d, value);
  }
  return coord_with_flags(c, below(128));
}

static int64_t random_step(void)
{
  static const int64_t ends[] = {
      0,     1,    -1,    63,   64,        -64,       2047,
      -2047, 2048, -2048, 4096, INT32_MAX, INT32_MIN, 2 * (int64_t)INT32_MIN};
  switch (below(4)) {
  case 0: return ends[below(sizeof ends / sizeof *ends)];
  case 1: return (int64_t)below(256) - 128;
  case 2: return (int64_t)below(8192) - 4096;
  default: return (int32_t)t_random(&seed) + (int64_t)(int32_t)t_random(&seed);
  }
}

static bool same(struct coord a, struct coord b)
{
  return a.lo == b.lo && a.hi == b.hi;
}

T_TEST(rtl, coordinates_step_as_in_isa)
{
  struct sparse *s = sparse_new();
  long count = getenv("VTPU_LONG") ? 5000000 : 50000, faults = 0;
  int wrong = 0;
  for (long i = 0; i < count && wrong < 5; i++) {
    struct sparse_in in = {random_coord(), below(16), random_step(), below(2)};
    in.carry &= in.axis < COORD_DIMS;
    struct sparse_out out;
    sparse_compute(s, &in, &out);
    for (int curve = 0; curve < CURVE_COUNT; curve++) {
      struct coord bare = coord_with_flags(in.coord, 0), want = in.coord;
      uint64_t lo = coord_linear_lo(bare.lo, curve_index[curve]);
      bool moves = coord_step(&want, in.axis, in.step, in.carry, (enum curve)curve);
      bool linear_right = out.linear[curve].lo == lo && out.linear[curve].hi == bare.hi;
      bool result_right = out.fault[curve] == !moves && (!moves || same(out.result[curve], want));
      faults += !moves;
      if (linear_right && same(out.raw[curve], bare) && result_right)
        continue;
      char text[COORD_TEXT_BYTES], got[COORD_TEXT_BYTES];
      T_FAIL("%s of %s: linear %s, step %lld along axis %u%s: %s, RTL %s, fault %d",
             curve_names[curve], coord_print(in.coord, text), linear_right ? "right" : "wrong",
             (long long)in.step, in.axis, in.carry ? " with carry" : "",
             moves ? "moves" : "is a fault", coord_print(out.result[curve], got), out.fault[curve]);
      wrong++;
    }
  }
  T_CHECK(faults > count / 4 && faults < 3 * count - count / 4);
  sparse_free(s);
}
