/* Objects in memory: names of SIWs, and the geometry of regions. Files: object_file.c; the loader's
 * checks: object_check.c. */
#include "isa/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const region_kind_names[REGION_KIND_COUNT] = {"rom", "private", "shared"};

/* Pages are blocks of 4 in D0..D2 and single values above. */
enum { BLOCK_DIMS = 3, BLOCK = 4 };

static unsigned page_index(struct coord c, int dim)
{
  return dim < BLOCK_DIMS ? coord_dim(c, dim) / BLOCK : coord_dim(c, dim);
}

uint64_t region_pages(const struct object_region *r)
{
  uint64_t pages = 1;
  for (int dim = 0; dim < COORD_DIMS; dim++)
    if (__builtin_mul_overflow(pages, (uint64_t)r->extent[dim], &pages))
      return UINT64_MAX;
  return pages;
}

bool region_contains(const struct object_region *r, struct coord c)
{
  for (int dim = 0; dim < COORD_DIMS; dim++) {
    unsigned lo = page_index(r->lo, dim), at = page_index(c, dim);
    if (at < lo || at - lo >= r->extent[dim])
      return false;
  }
  return true;
}

bool regions_overlap(const struct object_region *a, const struct object_region *b)
{
  if (a->node != b->node && a->node != REGION_ALL_NODES && b->node != REGION_ALL_NODES)
    return false;
  for (int dim = COORD_DIMS - 1; dim >= 0; dim--) {
    unsigned lo_a = page_index(a->lo, dim), lo_b = page_index(b->lo, dim);
    if (lo_a + a->extent[dim] <= lo_b || lo_b + b->extent[dim] <= lo_a)
      return false;
  }
  return true;
}

const char *object_symbolize(const struct object *o, uint32_t siw, char out[SYMBOL_TEXT_BYTES])
{
  const struct object_symbol *best = NULL;
  for (uint32_t i = 0; i < o->symbol_count; i++) {
    const struct object_symbol *s = &o->symbols[i];
    if (s->siw <= siw && (!best || s->siw > best->siw))
      best = s;
  }
  if (!best)
    snprintf(out, SYMBOL_TEXT_BYTES, "@%u", siw);
  else if (best->siw == siw)
    snprintf(out, SYMBOL_TEXT_BYTES, "%.47s", best->name);
  else
    snprintf(out, SYMBOL_TEXT_BYTES, "%.47s+%u", best->name, siw - best->siw);
  return out;
}

void object_free_parts(struct object *o)
{
  for (uint32_t i = 0; i < o->data_count && o->data; i++)
    free((void *)(uintptr_t)o->data[i].content);
  free(o->code);
  free(o->sentrons);
  free(o->inits);
  free(o->regions);
  free(o->data);
  free(o->groups);
  free(o->hosts);
  free(o->marks);
  free(o->symbols);
  memset(o, 0, sizeof *o);
}
