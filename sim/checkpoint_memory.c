/* Page table and pages in a checkpoint: see checkpoint.h. */
#include "sim/checkpoint.h"

#include <string.h>

/* --- page table ---------------------------------------------------------------------------------
 */

static void list_region(void *user, struct ppt_region *r)
{
  struct region_list *l = user;
  if (l->count == l->room) {
    size_t room = l->room ? 2 * l->room : 64;
    struct ppt_region **more = realloc(l->region, room * sizeof(struct ppt_region *));
    if (!more) {
      free(l->region);
      *l = (struct region_list){.room = 0, .count = 0};
      return;
    }
    l->region = more;
    l->room = room;
  }
  l->region[l->count++] = r;
}

static int by_frame(const void *a, const void *b)
{
  const struct ppt_region *x = *(struct ppt_region *const *)a, *y = *(struct ppt_region *const *)b;
  return (x->first_frame > y->first_frame) - (x->first_frame < y->first_frame);
}

static bool is_lazy(const struct ppt_region *r)
{
  return !r->origin && !r->mapped;
}

/* Lists the node's regions; false when memory is out. */
static bool list_regions(const struct ppt *ppt, struct region_list *l)
{
  l->count = 0;
  for (size_t i = 0; i < ppt->count; i++)
    list_region(l, ppt->regions[i]);
  ppt_each_lazy(ppt, list_region, l);
  if (l->count)
    qsort(l->region, l->count, sizeof *l->region, by_frame);
  return l->count >= ppt->count;
}

/* A region that the run has made: by SALLOC, or by touching a page. */
static int made_region(struct checkpoint *k, struct ppt *ppt, struct ppt_region *was)
{
  struct stream *s = &k->s;
  struct object_region o = {.name = ""};
  bool lazy = false, freed = false;
  cycle_t valid_from = 0;
  uint64_t frame = 0;
  uint8_t kind = 0;
  if (s->save) {
    lazy = is_lazy(was);
    kind = (uint8_t)was->kind;
    o.core = (uint16_t)was->core;
    o.lo = was->lo;
    memcpy(o.extent, was->extent, sizeof o.extent);
    frame = was->first_frame;
    valid_from = was->valid_from;
    freed = was->freed;
  }
  stream_bool(s, &lazy);
  STREAM(s, kind), STREAM(s, o.core), STREAM(s, o.lo), STREAM(s, o.extent);
  STREAM(s, frame), STREAM(s, valid_from);
  stream_bool(s, &freed);
  o.kind = (enum region_kind)kind;
  if (s->save || !stream_expect(s, kind < REGION_KIND_COUNT && frame >= ppt->next_frame &&
                                       frame < ppt->frames))
    return 0;
  ppt->next_frame = frame;
  if (lazy) {
    struct page page;
    uint64_t lo = coord_linear_lo(o.lo.lo, k->v->curve_index);
    if (!stream_expect(s, ppt->lazy && !ppt_find(ppt, lo, o.lo.hi, NEVER - 1, &page)))
      return 0;
    if (!ppt_map_page(ppt, lo, o.lo.hi, &page))
      return vtpu_fail(k->err, VTPU_SYSTEM, "%s: out of memory for pages", k->file.path);
    return 0;
  }
  if (!stream_expect(s, region_pages(&o) > 0))
    return 0;
  struct ppt_region *r;
  int bad = ppt_add(ppt, &o, NULL, valid_from, &r, k->err);
  if (!bad)
    r->freed = freed;
  return bad;
}

int page_table_section(struct checkpoint *k, unsigned number)
{
  struct stream *s = &k->s;
  struct ppt *ppt = &k->v->nodes[number].ppt;
  struct region_list *l = &k->regions[number];
  if (!list_regions(ppt, l))
    return vtpu_fail(k->err, VTPU_SYSTEM, "%s: out of memory", k->file.path);
  /* The object's regions are the first: the loader made them before anything could run. */
  size_t loaded = 0;
  for (; loaded < l->count && l->region[loaded]->origin; loaded++)
    stream_bool(s, &l->region[loaded]->freed);
  uint64_t made = l->count - loaded, next_frame = ppt->next_frame;
  STREAM(s, made);
  for (uint64_t i = 0; i < made && !s->bad; i++) {
    int bad = made_region(k, ppt, s->save ? l->region[loaded + i] : NULL);
    if (bad)
      return bad;
  }
  STREAM(s, next_frame);
  stream_expect(s, next_frame >= ppt->next_frame && next_frame <= ppt->frames);
  ppt->next_frame = next_frame;
  if (!s->save && !list_regions(ppt, l))
    return vtpu_fail(k->err, VTPU_SYSTEM, "%s: out of memory", k->file.path);
  return 0;
}

/* An address in a region's data, `bytes` long; NULL if loading has found none. */
void stream_place(struct checkpoint *k, unsigned node, struct ppt_region **region, uint8_t **at,
                  uint64_t bytes)
{
  struct region_list *l = &k->regions[node];
  uint64_t index = 0, offset = 0;
  if (k->s.save) {
    struct ppt_region **found = bsearch(region, l->region, l->count, sizeof *l->region, by_frame);
    index = (uint64_t)(found - l->region);
    offset = (uint64_t)(*at - (*region)->data);
  }
  STREAM(&k->s, index), STREAM(&k->s, offset);
  if (k->s.save)
    return;
  *region = stream_expect(&k->s, index < l->count) ? l->region[index] : NULL;
  if (*region)
    stream_expect(&k->s,
                  offset % bytes == 0 && offset / bytes < (*region)->pages * PAGE_BYTES / bytes);
  *at = k->s.bad ? NULL : (*region)->data + offset;
}

/* --- pages --------------------------------------------------------------------------------------
 */

enum { PAGES_A_SECTION = 256 };

static bool is_zero(const uint8_t *page)
{
  return page[0] == 0 && memcmp(page, page + 1, PAGE_BYTES - 1) == 0;
}

/* Does the region have memory of its own? (Else its content is the object's.) */
static bool own_pages(const struct ppt_region *r)
{
  return r->mapped || is_lazy(r);
}

/* Moves to the next page of the list that is not all zero; false at the end. */
static bool find_page(const struct region_list *l, struct page_cursor *c)
{
  for (; c->region < l->count; c->region++, c->page = 0) {
    const struct ppt_region *r = l->region[c->region];
    for (; own_pages(r) && c->page < r->pages; c->page++)
      if (!is_zero(r->data + c->page * PAGE_BYTES))
        return true;
  }
  return false;
}

/* Moves to that page and makes all pages on the way zero. */
static void clear_up_to(const struct region_list *l, struct page_cursor *c, size_t region,
                        uint64_t page)
{
  while (find_page(l, c) && (c->region < region || (c->region == region && c->page < page)))
    memset(l->region[c->region]->data + c->page * PAGE_BYTES, 0, PAGE_BYTES);
  c->region = region;
  c->page = page;
}

/* Some of a node's pages that are not all zero, in order; the last such section says so. */
static int pages_section(struct checkpoint *k, unsigned number)
{
  struct stream *s = &k->s;
  struct page_cursor *c = &k->cursor;
  const struct region_list *l = &k->regions[number];
  for (unsigned i = 0;; i++) {
    bool more = s->save && i < PAGES_A_SECTION && find_page(l, c);
    stream_bool(s, &more);
    if (!more || s->bad)
      break;
    uint64_t region = c->region, page = c->page;
    STREAM(s, region), STREAM(s, page);
    if (!stream_expect(s, region < l->count && own_pages(l->region[region]) &&
                              page < l->region[region]->pages &&
                              (region > c->region || (region == c->region && page >= c->page))))
      break;
    if (!s->save)
      clear_up_to(l, c, region, page);
    stream_bytes(s, l->region[region]->data + page * PAGE_BYTES, PAGE_BYTES);
    c->page++;
  }
  c->last = s->save && !find_page(l, c);
  stream_bool(s, &c->last);
  if (!s->save && c->last && !s->bad)
    clear_up_to(l, c, l->count, 0);
  return 0;
}

int checkpoint_pages(struct checkpoint *k, unsigned node)
{
  int bad = 0;
  k->cursor = (struct page_cursor){.last = false};
  while (!bad && !k->cursor.last)
    bad = checkpoint_section(k, "pages", node, pages_section);
  return bad;
}
