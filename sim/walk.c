/* The coordinate arithmetic of SINDEX and CSTEP (architecture, section 3) on the linear form. */
#include "sim/engine.h"

static bool add_linear(uint64_t *lo, uint64_t *hi, int64_t cells)
{
  uint64_t flags = *hi & ~COORD_HI_DIM_MASK;
  uint128 n = (uint128)(*hi & COORD_HI_DIM_MASK) << 64 | *lo;
  n += (uint128)(int128)cells;
  if (n >> 121)
    return false;
  *lo = (uint64_t)n;
  *hi = (uint64_t)(n >> 64) | flags;
  return true;
}

bool walk(const struct vtpu *v, uint64_t *lo, uint64_t *hi, unsigned axis, int64_t step, bool carry)
{
  if (axis == AXIS_LINEAR)
    return add_linear(lo, hi, step);
  if (axis == AXIS_BYTE) {
    int64_t at = (int64_t)(*hi >> 57 & 63) + step;
    if (!add_linear(lo, hi, at >> 6))
      return false;
    *hi = (*hi & ~(UINT64_C(63) << 57)) | (uint64_t)(at & 63) << 57;
    return true;
  }
  struct coord c = {coord_from_linear_lo(*lo, v->curve_cell), *hi};
  if (!coord_step(&c, axis, step, carry, (enum curve)v->m.curve))
    return false;
  *lo = coord_linear_lo(c.lo, v->curve_index);
  *hi = c.hi;
  return true;
}
