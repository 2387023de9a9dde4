/* A PTC as plain lists; see plain_ptc.h. */
#include "tests/ptc/plain_ptc.h"

#include <string.h>

/* Sets are chosen by the key, its bits laid out from the curve index up, cut into pieces as wide as
 * the set number and combined by xor. */
static unsigned fold(const struct plain_key *k, enum ptc_granularity granularity, unsigned sets)
{
  unsigned char bits[160];
  unsigned count = 0, set = 0, width = 0;
  while (1u << width < sets)
    width++;
  if (granularity == PTC_COORDINATE)
    for (int b = 0; b < 6; b++)
      bits[count++] = k->cell >> b & 1;
  for (int d = 0; d < COORD_DIMS; d++)
    for (int b = 0; b < (d < 3 ? 9 : 11); b++)
      bits[count++] = k->dim[d] >> b & 1;
  for (unsigned i = 0; width && i < count; i++)
    set ^= (unsigned)bits[i] << i % width;
  return set;
}

static struct plain_key key_of_coord(const struct plain_ptc *p, struct coord c)
{
  struct plain_key k = {.cell = 0};
  unsigned inner = 0;
  for (int d = 0; d < COORD_DIMS; d++) {
    k.dim[d] = coord_dim(c, d);
    if (d < 3) {
      inner |= (k.dim[d] & 3) << 2 * d;
      k.dim[d] /= 4;
    }
  }
  if (p->granularity == PTC_COORDINATE)
    k.cell = curve_index[p->curve][inner];
  k.set = p->ways == LOCALITY_FULL ? 0 : fold(&k, p->granularity, p->entries / p->ways);
  return k;
}

static bool same(const struct plain_key *a, const struct plain_key *b)
{
  return a->cell == b->cell && memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

/* Brings a key in, or makes it the youngest. True if it was there. */
static bool touch(struct plain_ptc *p, const struct plain_key *k)
{
  struct plain_key *oldest = NULL;
  unsigned used = 0, ways = p->ways == LOCALITY_FULL ? p->entries : p->ways;
  struct plain_key *unused = NULL;
  p->time++;
  for (unsigned i = 0; i < p->entries; i++) {
    struct plain_key *e = &p->entry[i];
    if (!e->age) {
      unused = e;
      continue;
    }
    if (e->set != k->set)
      continue;
    if (same(e, k)) {
      e->age = p->time;
      return true;
    }
    used++;
    if (!oldest || e->age < oldest->age)
      oldest = e;
  }
  struct plain_key *to = used < ways ? unused : oldest;
  *to = *k;
  to->age = p->time;
  return false;
}

static bool mapped(const struct object *o, unsigned node, struct coord c)
{
  for (uint32_t i = 0; i < o->region_count; i++)
    if ((o->regions[i].node == node || o->regions[i].node == REGION_ALL_NODES) &&
        region_contains(&o->regions[i], c))
      return true;
  return false;
}

void plain_ptc_access(struct plain_ptc *p, unsigned node, struct coord c)
{
  struct plain_key k = key_of_coord(p, c);
  bool hit = touch(p, &k);
  p->hits += hit;
  p->walks += !hit;
  bool turned = !p->before.age || !same(&k, &p->before);
  p->before = k;
  p->before.age = 1;
  struct coord next = c;
  if (!p->prefetch || !turned ||
      !coord_step(&next, AXIS_LINEAR, p->granularity == PTC_PAGE ? PAGE_CELLS : 1, false,
                  p->curve) ||
      !mapped(p->object, node, next))
    return;
  struct plain_key follows = key_of_coord(p, next);
  p->walks += !touch(p, &follows);
  touch(p, &k);
}
