/* Which frames of memory the regions get: page colouring.
 *
 * Frames are numbered in the order of the object's regions (architecture, section 4), and the set
 * of L2 that a line goes to is its address folded once. So a page takes 64 neighbouring sets, its
 * colour, and pages whose frames differ by a multiple of the number of colours share them. What the
 * core of a sentron reads with every token may fit its L2 and yet be more than the ways of some
 * colour hold: then, with LRU, all of that colour's lines are gone when their turn comes, and a KV
 * cache, which no L3 keeps, comes from DDR.
 *
 * So where all fits, the regions are put into an order in which each colour holds what it gets, as
 * far as that can be had: what is shared lies in no L2 and fills the gaps. Coordinates stay. */
#include "asm/lower/ir.h"
#include "asm/lower/place.h"

#include <stdlib.h>
#include <string.h>

enum { COLOURS_MOST = 512, WAYS = 8 /* of the preset spec */ };

struct colouring {
  struct placement *pl;
  const struct plan *p;
  int colours, bits, ways; /* colours: 1 << bits */
  int *load;               /* [cores][colours]: pages that are read with every token */
  int *data_of;            /* [regions]: or -1 */
};

/* One page more (by 1) or less (by -1) at a frame; returns by how many more lines than fit. */
static int count_page(struct colouring *c, int core, uint64_t frame, int by)
{
  uint64_t colour = (frame ^ frame >> (c->bits + 6)) & (uint64_t)(c->colours - 1);
  int *load = &c->load[core * c->colours + (int)colour], before = *load;
  *load += by;
  return (*load > c->ways ? *load - c->ways : 0) - (before > c->ways ? before - c->ways : 0);
}

static int count_pages(struct colouring *c, int core, uint64_t frame, uint64_t first, uint64_t end,
                       int by)
{
  int over = 0;
  for (uint64_t i = first / PAGE_BYTES; i < (end + PAGE_BYTES - 1) / PAGE_BYTES; i++)
    over += count_page(c, core, frame + i, by);
  return over;
}

/* The same for the pages of a region that begins at a frame: of a matrix those of each share. */
static int count_region(struct colouring *c, int region, uint64_t frame, int by)
{
  const struct object_region *r = &c->pl->regions[region];
  const struct weights none = {.layer = -1};
  const struct weights *w = c->data_of[region] < 0 ? &none : &c->pl->weights[c->data_of[region]];
  uint64_t bytes = region_pages(r) * PAGE_BYTES;
  int cores = c->p->options->cores, over = 0;
  if (r->kind == REGION_SHARED || w->embedding)
    return 0;
  if (r->kind == REGION_PRIVATE)
    return count_pages(c, r->core, frame, 0, bytes, by);
  for (int s = 0; s < c->p->sentrons && w->matrix; s++) {
    struct range share = plan_share(c->p, w->matrix->blocks, s);
    uint64_t first = (uint64_t)share.first * w->matrix->block_bytes;
    over += count_pages(c, s % cores, frame, first,
                        first + (uint64_t)share.count * w->matrix->block_bytes, by);
  }
  for (int core = 0; core < cores && core < c->p->sentrons && !w->matrix; core++)
    over += count_pages(c, core, frame, 0, bytes, by);
  return over;
}

/* The region that comes next: the first one that adds the least to what is over, of private ones
 * before shared ones. Where a private one finds no place, the smallest that is shared steps on. */
static int next_region(struct colouring *c, const bool *taken, uint64_t frame)
{
  int best = -1, least = 0;
  uint64_t least_pages = 0;
  for (int r = 0; r < c->pl->region_count; r++) {
    const struct object_region *region = &c->pl->regions[r];
    bool shared = region->kind == REGION_SHARED;
    if (taken[r])
      continue;
    int over = count_region(c, r, frame, 1);
    count_region(c, r, frame, -1);
    uint64_t pages = shared ? region_pages(region) : 0;
    if (best < 0 || over < least || (over == least && pages < least_pages)) {
      best = r;
      least = over;
      least_pages = pages;
    }
  }
  return best;
}

/* Fills order[] and returns by how many pages the colours are over; greedy: NULL for the order that
 * there is. */
static int choose(struct colouring *c, bool greedy, bool *taken, int *order)
{
  int count = c->pl->region_count, over = 0;
  uint64_t frame = 0;
  memset(c->load, 0, (size_t)(c->p->options->cores * c->colours) * sizeof *c->load);
  memset(taken, 0, (size_t)count * sizeof *taken);
  for (int i = 0; i < count; i++) {
    order[i] = greedy ? next_region(c, taken, frame) : i;
    taken[order[i]] = true;
    over += count_region(c, order[i], frame, 1);
    frame += region_pages(&c->pl->regions[order[i]]);
  }
  return over;
}

static void put_in_order(struct placement *pl, const int *order, struct object_region *sorted,
                         int *place)
{
  for (int i = 0; i < pl->region_count; i++) {
    sorted[i] = pl->regions[order[i]];
    place[order[i]] = i;
  }
  memcpy(pl->regions, sorted, (size_t)pl->region_count * sizeof *sorted);
  for (int d = 0; d < pl->data_count; d++)
    pl->data[d].region = (uint16_t)place[pl->data[d].region];
}

int place_frames(struct placement *pl, const struct plan *p, struct vtpu_error *err)
{
  const struct lower_options *o = p->options;
  uint64_t l2 = o->l2_bytes ? o->l2_bytes : UINT64_C(1) << 20;
  struct colouring c = {.pl = pl, .p = p, .ways = o->l2_ways ? o->l2_ways : WAYS};
  uint64_t colours = l2 / (uint64_t)c.ways / PAGE_BYTES;
  if (p->weight_latency != GATHER_L2 || colours < 2 || colours > COLOURS_MOST ||
      (colours & (colours - 1)))
    return 0;
  c.colours = (int)colours;
  c.bits = __builtin_ctzll(colours);
  size_t count = (size_t)pl->region_count;
  c.load = malloc((size_t)(o->cores * c.colours) * sizeof *c.load);
  c.data_of = malloc(2 * count * sizeof *c.data_of);
  bool *taken = malloc(count * sizeof *taken);
  struct object_region *sorted = malloc(count * sizeof *sorted);
  int bad = c.load && c.data_of && taken && sorted
                ? 0
                : vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %zu regions", count);
  if (!bad) {
    int *order = c.data_of + count;
    for (size_t r = 0; r < count; r++)
      c.data_of[r] = -1;
    for (int d = 0; d < pl->data_count; d++)
      c.data_of[pl->data[d].region] = d;
    int as_it_is = choose(&c, false, taken, order);
    if (as_it_is && choose(&c, true, taken, order) < as_it_is)
      put_in_order(pl, order, sorted, c.data_of);
  }
  free(c.load);
  free(c.data_of);
  free(taken);
  free(sorted);
  return bad;
}
