/* The RTL's PTC at the geometry of the preset spec against a PTC of plain lists
 * (tests/ptc/plain_ptc.c), by page and by coordinate. */
#include "rtl/tb/translate.h"
#include "tests/harness/harness.h"
#include "tests/ptc/plain_ptc.h"

#include <stdlib.h>

static unsigned long long seed = 9;

static unsigned below(unsigned n)
{
  return (unsigned)(t_random(&seed) % n);
}

/* Walks along several dimensions at once and jumps: sets fill up, keys come back. */
static struct coord next_coord(struct coord walk[8])
{
  struct coord *c = &walk[below(8)];
  unsigned axis = below(8) ? AXIS_LINEAR : below(COORD_DIMS), far = below(2) ? 2 : 80;
  if (below(64) == 0) {
    for (int d = 0; d < COORD_DIMS; d++)
      *c = coord_with_dim(*c, d, below(3) ? below(8) : below(COORD_DIM_SIZE));
  } else if (!coord_step(c, axis, (int64_t)below(2 * far) - far + 1, true, CURVE_HILBERT)) {
    *c = (struct coord){0, 0};
  }
  return *c;
}

/* What an entry's payload is: mixed from its key, so that a hit on another's entry shows. The upper
 * 16 bits are the region: that of D3. */
static uint64_t payload_of(struct coord c, enum ptc_granularity granularity)
{
  uint64_t lo = coord_linear_lo(c.lo, curve_index[CURVE_HILBERT]);
  unsigned long long mixed = granularity == PTC_PAGE ? lo >> 6 : lo;
  mixed = (t_random(&mixed) ^ c.hi * 0x9e3779b97f4a7c15ull) & 0xffffffffffffull;
  return mixed | (uint64_t)(coord_dim(c, 3) & 7) << 48;
}

/* The same of the plain list. */
static void drop_plain(struct plain_ptc *p, unsigned region)
{
  for (unsigned i = 0; i < p->entries; i++)
    if (p->entry[i].age && (p->entry[i].dim[3] & 7) == region)
      p->entry[i].age = 0;
}

T_TEST(rtl, ptc_is_the_plain_one)
{
  struct translate *rtl = translate_new();
  struct plain_ptc plain[TRANSLATE_KINDS];
  struct coord walk[8] = {{0, 0}};
  long count = getenv("VTPU_LONG") ? 2000000 : 30000;
  int wrong = 0;
  for (int g = 0; g < TRANSLATE_KINDS; g++) {
    plain[g] = (struct plain_ptc){
        .granularity = (enum ptc_granularity)g, .curve = CURVE_HILBERT, .entries = 1024, .ways = 4};
    plain[g].entry = calloc(plain[g].entries, sizeof *plain[g].entry);
  }
  for (long i = 0; i < count && wrong < 5; i++) {
    struct coord c = coord_with_flags(next_coord(walk), below(128));
    struct translate_out out;
    uint64_t payload[TRANSLATE_KINDS] = {payload_of(coord_with_flags(c, 0), PTC_PAGE),
                                         payload_of(coord_with_flags(c, 0), PTC_COORDINATE)};
    if (below(3000) == 0) {
      unsigned region = below(8);
      translate_drop(rtl, region);
      for (int g = 0; g < TRANSLATE_KINDS; g++)
        drop_plain(&plain[g], region);
    }
    translate_access(rtl, c, payload, &out);
    for (int g = 0; g < TRANSLATE_KINDS; g++) {
      uint64_t before = plain[g].hits;
      plain_ptc_access(&plain[g], 0, c);
      bool hit = plain[g].hits != before;
      char text[COORD_TEXT_BYTES];
      if (out.hit[g] == hit && (!hit || out.found[g] == payload[g]))
        continue;
      T_FAIL("access %ld by %s: %s is a %s, RTL %s, payload %llx of %llx", i,
             g == PTC_PAGE ? "page" : "coordinate", coord_print(c, text), hit ? "hit" : "miss",
             out.hit[g] ? "hit" : "miss", (unsigned long long)out.found[g],
             (unsigned long long)payload[g]);
      wrong++;
    }
  }
  for (int g = 0; g < TRANSLATE_KINDS; g++) {
    T_CHECK(plain[g].hits > (uint64_t)count / 20);
    T_CHECK(plain[g].walks > 3 * 1024); /* every set has been full, and is again */
    free(plain[g].entry);
  }
  translate_free(rtl);
}
