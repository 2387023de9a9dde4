/* Coordinates (isa/coord.h) with constants and expressions in their components.
 *
 *   1.2.3/4.5.6/7.8.9/10.11+8*    D0 to D10, byte offset in the cell, wildcard
 *   [1.2.3/4.5.6/7.8.9/10.11+8*]  the same in brackets
 *   [1,2,3,4,5,6,7,8,9,10,11]+8*  the form of the public specification
 *
 * A component is a number, a constant, or an expression in parentheses; between commas any
 * expression. A component "*", as the specification writes prefetches along a dimension, is 0 and
 * sets the wildcard. */
#include "asm/parser.h"

#include <stdio.h>

/* Is there a comma before the bracket that closes the one at `p`? */
static bool has_commas(const struct parser *ps, const char *p)
{
  int depth = 0;
  for (p++; p < ps->end && *p != '\n' && *p != ']'; p++) {
    if (*p == '(')
      depth++;
    else if (*p == ')')
      depth--;
    else if (*p == ',' && depth <= 0)
      return true;
  }
  return false;
}

static bool parse_component(struct parser *ps, int dim, bool commas, struct coord *c, bool *wild)
{
  int64_t value = 0;
  skip(ps);
  const char *at = ps->p;
  if (take(ps, '*'))
    *wild = true;
  else if (!(commas ? parse_expression(ps, &value) : parse_primary(ps, &value)))
    return false;
  if (value < 0 || value >= COORD_DIM_SIZE)
    return fail(ps, at, NULL, "D%d of a coordinate is %lld: a dimension goes from 0 to %d", dim,
                (long long)value, COORD_DIM_SIZE - 1);
  *c = coord_with_dim(*c, dim, (unsigned)value);
  return true;
}

bool parse_coordinate(struct parser *ps, struct coord *out)
{
  static const char points[] = "../../../."; /* what follows D0 .. D9 */
  const char *cure = "a coordinate is 1.2.3/4.5.6/7.8.9/10.11, D0 to D10, or [a,b,...] with 11 "
                     "numbers";
  struct coord c = {0, 0};
  char what[SEEN_BYTES];
  bool wild = false, bracket = next_is(ps, '[');
  bool commas = bracket && has_commas(ps, ps->p);
  if (bracket) {
    ps->p++;
    ps->parens++;
  }
  bool ok = true;
  for (int dim = 0; ok && dim < COORD_DIMS; dim++) {
    ok = parse_component(ps, dim, commas, &c, &wild);
    char separator = commas ? ',' : points[dim];
    if (ok && dim < COORD_DIMS - 1 && !take(ps, separator))
      ok = fail(ps, ps->p, cure, "expected '%c' after D%d of a coordinate, not %s", separator, dim,
                seen(ps, what));
  }
  if (bracket)
    ps->parens--;
  if (!ok)
    return false;
  if (commas && !take(ps, ']'))
    return fail(ps, ps->p, cure, "expected ']' after D10 of a coordinate, not %s", seen(ps, what));
  int64_t offset = 0;
  if (take(ps, '+')) {
    const char *at = ps->p;
    if (!parse_primary(ps, &offset))
      return false;
    if (offset < 0 || offset >= CELL_BYTES)
      return fail(ps, at, NULL, "the byte offset in a cell is %lld: it goes from 0 to %d",
                  (long long)offset, CELL_BYTES - 1);
  }
  if (take(ps, '*'))
    wild = true;
  if (bracket && !commas && !take(ps, ']'))
    return fail(ps, ps->p, cure, "expected ']' after a coordinate, not %s", seen(ps, what));
  *out = coord_with_flags(c, (unsigned)offset | (wild ? 64 : 0));
  return true;
}

bool parse_extent(struct parser *ps, uint16_t extent[COORD_DIMS])
{
  static const char points[] = "../../../.";
  for (int dim = 0; dim < COORD_DIMS; dim++)
    extent[dim] = 1;
  for (int dim = 0; dim < COORD_DIMS; dim++) {
    int64_t value;
    int64_t most = dim < 3 ? COORD_DIM_SIZE / 4 : COORD_DIM_SIZE;
    skip(ps);
    const char *at = ps->p;
    if (!parse_primary(ps, &value))
      return false;
    if (value < 1 || value > most)
      return fail(ps, at, NULL, "the extent along D%d is %lld pages: it goes from 1 to %lld", dim,
                  (long long)value, (long long)most);
    extent[dim] = (uint16_t)value;
    if (dim == COORD_DIMS - 1 || !take(ps, points[dim]))
      break;
  }
  return true;
}
