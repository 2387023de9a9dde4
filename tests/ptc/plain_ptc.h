/* A PTC as plain lists, written from the architecture (section 4) and from what sim/locality.h says
 * of its prefetch, to check the one-pass counts against. Slow. */
#ifndef VTPU_TESTS_PTC_PLAIN_PTC_H
#define VTPU_TESTS_PTC_PLAIN_PTC_H

#include "sim/locality.h"

struct plain_ptc {
  enum ptc_granularity granularity;
  enum curve curve;
  bool prefetch;
  unsigned entries, ways; /* LOCALITY_FULL: one set */
  const struct object *object;

  uint64_t hits, walks;
  struct plain_key {
    unsigned dim[COORD_DIMS]; /* pages: D0..D2 in blocks of 4 */
    unsigned cell;            /* place on the curve; pages: 0 */
    unsigned set;
    uint64_t age; /* time of the latest touch; 0: free */
  } * entry;      /* [entries] */
  uint64_t time;
  struct plain_key before; /* the key of the latest access; age 0: none */
};

void plain_ptc_access(struct plain_ptc *p, unsigned node, struct coord c);

#endif
