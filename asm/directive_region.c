/* Directives about phext space: .region and .data. */
#include "asm/parser.h"

#include <stdlib.h>
#include <string.h>

/* N pages as a box that a linear walk from `lo` covers: D0 first, then whole rows of D1, ... */
static bool pages_extent(struct parser *ps, const char *at, int64_t pages, struct object_region *r)
{
  for (int dim = 0; dim < COORD_DIMS; dim++) {
    int64_t size = dim < 3 ? COORD_DIM_SIZE / 4 : COORD_DIM_SIZE;
    int64_t first = dim < 3 ? coord_dim(r->lo, dim) / 4 : coord_dim(r->lo, dim);
    r->extent[dim] = 1;
    if (pages <= size - first) {
      r->extent[dim] = (uint16_t)pages;
      pages = 1;
    } else if (first || pages % size) {
      return fail(ps, at, "give extent= or another number of pages",
                  "these pages from lo are no box: D%d has room for %lld pages a row", dim,
                  (long long)(size - first));
    } else {
      r->extent[dim] = (uint16_t)size;
      pages /= size;
    }
  }
  return true;
}

bool directive_region(struct parser *ps)
{
  struct region_item *item = list_add(&ps->regions, sizeof *item);
  if (!item)
    return fail_memory(ps);
  struct object_region *r = &item->region;
  bool kind = false, lo = false, extent = false;
  const char *pages_at = NULL;
  int64_t pages = 1;
  skip(ps);
  const char *start = ps->p;
  if (!parse_name(ps, &item->name, "the name of a region"))
    return false;
  memcpy(r->name, item->name.text, sizeof r->name);
  while (take_comma(ps)) {
    bool ok = true;
    if (take_key(ps, "core")) {
      ok = parse_u16(ps, UINT16_MAX, "the core", &r->core);
    } else if (take_key(ps, "node")) {
      ok = parse_node(ps, &r->node);
    } else if (take_key(ps, "lo")) {
      ok = lo = parse_coordinate(ps, &r->lo);
    } else if (take_key(ps, "pages")) {
      skip(ps);
      pages_at = ps->p;
      ok = parse_in_range(ps, 1, INT64_C(1) << 40, "the number of pages", &pages);
    } else if (take_key(ps, "extent")) {
      ok = extent = parse_extent(ps, r->extent);
    } else {
      int k = 0;
      while (k < REGION_KIND_COUNT && !take_word(ps, region_kind_names[k]))
        k++;
      if (k == REGION_KIND_COUNT)
        return fail_key(ps, "known are rom, private, shared, core=, node=, lo=, pages=, extent=");
      r->kind = (enum region_kind)k;
      kind = true;
    }
    if (!ok)
      return false;
  }
  if (!kind || !lo || (!extent && !pages_at))
    return fail(ps, start, NULL, "region %s needs %s", item->name.text,
                !kind ? "a kind: rom, private or shared"
                : !lo ? "its first page: lo=COORDINATE"
                      : "a size: pages=N or extent=A.B.C/...");
  if (extent && pages_at)
    return fail(ps, pages_at, NULL, "pages= and extent= both give the size");
  return extent || pages_extent(ps, pages_at, pages, r);
}

/* Regions are known when data names them, so that data can be measured against them. */
static bool find_region(struct parser *ps, struct reference *ref)
{
  if (!ref->named) {
    if (ref->index < ps->regions.count)
      return true;
    return fail(ps, ref->name.at, NULL, "there is no region @%u", (unsigned)ref->index);
  }
  struct nearest near;
  nearest_start(&near, ref->name.text, strlen(ref->name.text));
  for (size_t i = 0; i < ps->regions.count; i++) {
    const char *name = ITEM(struct region_item, ps->regions, i)->name.text;
    if (!strcmp(name, ref->name.text)) {
      ref->index = (uint32_t)i;
      return true;
    }
    nearest_try(&near, name);
  }
  char cure[PROBLEM_TEXT];
  return fail(ps, ref->name.at, nearest_cure(&near, "a .region stands above its .data", cure),
              "there is no region %s", ref->name.text);
}

bool directive_data(struct parser *ps)
{
  struct data_item item = {0};
  struct object_data *data = &item.data;
  struct value_bytes values = {0};
  struct reference ref;
  skip(ps);
  item.at = ps->p;
  if (!parse_reference(ps, &ref, "a region") || !find_region(ps, &ref) ||
      !expect_comma(ps, "the region"))
    return false;
  const struct object_region *region = &ITEM(struct region_item, ps->regions, ref.index)->region;
  data->start = region->lo;
  if (!value_type_is_next(ps) &&
      (!parse_coordinate(ps, &data->start) || !expect_comma(ps, "the coordinate")))
    return false;
  uint64_t pages = region_pages(region);
  uint64_t limit = pages > UINT64_MAX / PAGE_BYTES ? UINT64_MAX : pages * PAGE_BYTES;
  if (!parse_values(ps, &values, limit, "the region")) {
    free(values.bytes);
    return false;
  }
  struct data_item *new = list_add(&ps->data, sizeof *new);
  if (!new) {
    free(values.bytes);
    return fail_memory(ps);
  }
  data->region = (uint16_t)ref.index;
  data->ternary = values.ternary;
  data->bytes = values.count;
  data->content = values.bytes;
  *new = item;
  return true;
}
