/* Phext page table (architecture, section 4).
 *
 * In the machine it is a trie with one level a dimension, D10 outermost. Regions are boxes of
 * whole pages whose frames are numbered in ascending page key, so for them the trie's answer is
 * arithmetic: frame = first frame + mixed-radix position in the box. Pages that are mapped one by
 * one (lazy_mapping) live in a real trie.
 */
#include "sim/engine.h"

#include <string.h>
#include <sys/mman.h>

/* Regions up to here may lie in large pages of the host, which its TLB reaches further with. */
#define HUGE_PAGES_BYTES_MAX (UINT64_C(1) << 30)

/* Value of a dimension in pages: blocks of four for D0..D2. */
static unsigned page_dim(struct coord c, int dim)
{
  unsigned v = coord_dim(c, dim);
  return dim < 3 ? v >> 2 : v;
}

/* D0..D10 in pages from the linear form, whose low 33 bits are 6 of cell and 3 x 9 of block. */
static void linear_dims(uint64_t lin_lo, uint64_t hi, unsigned out[COORD_DIMS])
{
  for (unsigned d = 0; d < 3; d++)
    out[d] = (unsigned)(lin_lo >> (6 + 9 * d)) & 511;
  struct coord c = {lin_lo, hi};
  for (int d = 3; d < COORD_DIMS; d++)
    out[d] = coord_dim(c, d);
}

/* --- the trie of single pages ----------------------------------------------------------------- */

struct trie_node {
  uint16_t *values; /* ascending */
  void **children;  /* struct trie_node, or struct page at the leaves (D0) */
  size_t count, room;
};

static void **trie_slot(struct trie_node *n, unsigned value, bool make)
{
  size_t lo = 0, hi = n->count;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (n->values[mid] < value)
      lo = mid + 1;
    else
      hi = mid;
  }
  if (lo < n->count && n->values[lo] == value)
    return &n->children[lo];
  if (!make)
    return NULL;
  if (n->count == n->room) {
    size_t room = n->room ? n->room * 2 : 4;
    uint16_t *values = realloc(n->values, room * sizeof *values);
    if (values)
      n->values = values;
    void **children = realloc(n->children, room * sizeof *children);
    if (children)
      n->children = children;
    if (!values || !children)
      return NULL;
    n->room = room;
  }
  memmove(n->values + lo + 1, n->values + lo, (n->count - lo) * sizeof *n->values);
  memmove(n->children + lo + 1, n->children + lo, (n->count - lo) * sizeof *n->children);
  n->values[lo] = (uint16_t)value;
  n->children[lo] = NULL;
  n->count++;
  return &n->children[lo];
}

static struct page *trie_find(struct ppt *ppt, const unsigned dim[COORD_DIMS], bool make)
{
  if (!ppt->trie) {
    if (!make)
      return NULL;
    ppt->trie = calloc(1, sizeof *ppt->trie);
    if (!ppt->trie)
      return NULL;
  }
  struct trie_node *n = ppt->trie;
  for (int d = COORD_DIMS - 1;; d--) {
    void **slot = trie_slot(n, dim[d], make);
    if (!slot)
      return NULL;
    if (!*slot) {
      if (!make)
        return NULL;
      *slot = calloc(1, d ? sizeof(struct trie_node) : sizeof(struct page));
      if (!*slot)
        return NULL;
    }
    if (d == 0)
      return *slot;
    n = *slot;
  }
}

static void trie_free(struct trie_node *n, int dim)
{
  if (!n)
    return;
  for (size_t i = 0; i < n->count; i++) {
    if (dim)
      trie_free(n->children[i], dim - 1);
    else
      free(n->children[i]);
  }
  free(n->values);
  free(n->children);
  free(n);
}

/* --- regions ---------------------------------------------------------------------------------- */

/* The number of a coordinate's page in a region whose pages are no run. */
bool box_varying(const struct ppt_region *r, uint64_t lin_lo, uint64_t hi, uint64_t *page)
{
  uint64_t at = 0;
  for (const uint8_t *d = r->varies; *d < COORD_DIMS; d++) {
    unsigned v = *d < 3 ? (unsigned)(lin_lo >> (6 + 9 * *d)) & 511
                        : coord_dim((struct coord){lin_lo, hi}, *d);
    v -= r->lo_dim[*d];
    if (v >= r->extent[*d])
      return false;
    at += v * r->stride[*d];
  }
  *page = at;
  return true;
}

static void box_fix(struct ppt_region *r)
{
  unsigned varying = 0;
  for (unsigned d = 0; d < COORD_DIMS; d++) {
    if (r->extent[d] != 1) {
      r->varies[varying++] = (uint8_t)d;
    } else if (d < 3) {
      r->fixed.lo |= UINT64_C(511) << (6 + 9 * d);
      r->fixed_at.lo |= (uint64_t)r->lo_dim[d] << (6 + 9 * d);
    } else {
      r->fixed = coord_with_dim(r->fixed, (int)d, 2047);
      r->fixed_at = coord_with_dim(r->fixed_at, (int)d, r->lo_dim[d]);
    }
  }
  r->varies[varying] = COORD_DIMS;
  /* One run: D0 to the last that varies, of D0..D2, and all before that as a whole. */
  const unsigned last = varying ? r->varies[varying - 1] : 0;
  bool whole = varying == last + 1 && last < 3;
  for (unsigned d = 0; d < last && whole; d++)
    whole = r->lo_dim[d] == 0 && r->extent[d] == 512;
  for (unsigned d = 0; d <= last && whole; d++) {
    r->run |= UINT64_C(511) << (6 + 9 * d);
    r->run_first |= (uint64_t)r->lo_dim[d] << (6 + 9 * d);
  }
}

bool ppt_search(struct ppt *ppt, uint64_t lin_lo, uint64_t hi, cycle_t now, struct page *out)
{
  uint64_t at;
  struct ppt_region *r = ppt->last;
  if (!r || r->freed || !box_page(r, lin_lo, hi, &at)) {
    r = NULL;
    for (size_t i = 0; i < ppt->count && !r; i++)
      if (!ppt->regions[i]->freed && box_page(ppt->regions[i], lin_lo, hi, &at))
        r = ppt->regions[i];
  }
  if (r) {
    if (now < r->valid_from)
      return false;
    ppt->last = r;
    *out = (struct page){r->data + at * PAGE_BYTES, r->first_frame + at, r};
    return true;
  }
  if (!ppt->lazy)
    return false;
  unsigned dim[COORD_DIMS];
  linear_dims(lin_lo, hi, dim);
  struct page *p = trie_find(ppt, dim, false);
  if (!p || !p->data)
    return false;
  *out = *p;
  return true;
}

void ppt_foresee(struct ppt *ppt, const struct core *c, uint64_t lin_lo, uint64_t hi)
{
  struct ppt_region *r = ppt->last;
  uint64_t at;
  if (!r || r->freed || !box_page(r, lin_lo, hi, &at))
    return;
  ppt->foreseen = (struct page){r->data + at * PAGE_BYTES, r->first_frame + at, r};
  ppt->foreseen_lo = lin_lo;
  ppt->foreseen_hi = hi;
  uint32_t cell = (uint32_t)lin_lo & 63;
  __builtin_prefetch(ppt->foreseen.data + (size_t)cell * CELL_BYTES);
  if (c->l2.sets && r->kind != REGION_SHARED)
    tier_foresee(&c->l2, (uint32_t)(ppt->foreseen.frame * PAGE_CELLS) + cell);
}

bool ppt_map_page(struct ppt *ppt, uint64_t lin_lo, uint64_t hi, struct page *out)
{
  if (ppt->next_frame >= ppt->frames)
    return false;
  unsigned dim[COORD_DIMS];
  uint64_t at;
  linear_dims(lin_lo, hi, dim);
  for (size_t i = 0; i < ppt->count; i++)
    if (!ppt->regions[i]->freed && box_page(ppt->regions[i], lin_lo, hi, &at))
      return false; /* SALLOC has made it in this very cycle */
  struct object_region box = {.kind = REGION_SHARED};
  for (int d = 0; d < COORD_DIMS; d++) {
    box.extent[d] = 1;
    box.lo = coord_with_dim(box.lo, d, d < 3 ? dim[d] * 4 : dim[d]);
  }
  struct page *p = trie_find(ppt, dim, true);
  struct ppt_region *r = calloc(1, sizeof *r);
  uint8_t *data = calloc(1, PAGE_BYTES);
  if (!p || !r || !data) {
    free(r);
    free(data);
    return false;
  }
  *r = (struct ppt_region){.kind = REGION_SHARED,
                           .lo = box.lo,
                           .pages = 1,
                           .data = data,
                           .first_frame = ppt->next_frame};
  *p = (struct page){data, ppt->next_frame++, r};
  *out = *p;
  return true;
}

/* A box, and whether a page that was mapped by its first access lies in it. */
struct overlap {
  const struct object_region *box;
  bool found;
};

static void look_for_overlap(void *user, struct ppt_region *r)
{
  struct overlap *o = user;
  o->found |= region_contains(o->box, r->lo);
}

bool ppt_overlaps(const struct ppt *ppt, const struct object_region *o)
{
  for (size_t i = 0; i < ppt->count; i++) {
    const struct ppt_region *r = ppt->regions[i];
    struct object_region box = {.lo = r->lo};
    memcpy(box.extent, r->extent, sizeof box.extent);
    if (!r->freed && regions_overlap(&box, o))
      return true;
  }
  struct overlap lazy = {o, false};
  ppt_each_lazy(ppt, look_for_overlap, &lazy);
  return lazy.found;
}

int ppt_add(struct ppt *ppt, const struct object_region *o, uint8_t *content, cycle_t valid_from,
            struct ppt_region **out, struct vtpu_error *err)
{
  uint64_t pages = region_pages(o);
  if (pages > ppt->frames - ppt->next_frame)
    return vtpu_fail(err, VTPU_LIMIT,
                     "region %s: %llu pages do not fit into the DDR, of which %llu pages are left\n"
                     "  raise ddr_bytes of the machine, or use less memory",
                     o->name, (unsigned long long)pages,
                     (unsigned long long)(ppt->frames - ppt->next_frame));
  if (ppt->count == ppt->room) {
    size_t room = ppt->room ? ppt->room * 2 : 16;
    struct ppt_region **grown = realloc(ppt->regions, room * sizeof(struct ppt_region *));
    if (!grown)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the page table");
    ppt->regions = grown;
    ppt->room = room;
  }
  struct ppt_region *r = calloc(1, sizeof *r);
  if (!r)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the page table");
  r->kind = o->kind;
  r->core = o->core;
  r->lo = o->lo;
  r->pages = pages;
  r->first_frame = ppt->next_frame;
  r->valid_from = valid_from;
  uint64_t stride = 1;
  for (int d = 0; d < COORD_DIMS; d++) {
    r->extent[d] = o->extent[d];
    r->lo_dim[d] = page_dim(o->lo, d);
    r->stride[d] = stride;
    stride *= o->extent[d];
  }
  box_fix(r);
  r->data = content;
  if (!content) {
    /* Zero pages that the host materialises when they are touched. */
    void *map = mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
      free(r);
      return vtpu_fail(err, VTPU_SYSTEM, "region %s: the host has no room for %llu pages of 4 KiB",
                       o->name, (unsigned long long)pages);
    }
    /* What is touched here and there would become large by the host's large pages. */
    if (pages * PAGE_BYTES <= HUGE_PAGES_BYTES_MAX)
      madvise(map, pages * PAGE_BYTES, MADV_HUGEPAGE);
    r->data = map;
    r->mapped = true;
  }
  ppt->next_frame += pages;
  ppt->regions[ppt->count++] = r;
  *out = r;
  return 0;
}

static void trie_each(const struct trie_node *n, int dim,
                      void (*visit)(void *user, struct ppt_region *r), void *user)
{
  for (size_t i = 0; n && i < n->count; i++) {
    const struct page *p = n->children[i];
    if (dim)
      trie_each(n->children[i], dim - 1, visit, user);
    else if (p->region)
      visit(user, p->region);
  }
}

void ppt_each_lazy(const struct ppt *ppt, void (*visit)(void *user, struct ppt_region *r),
                   void *user)
{
  trie_each(ppt->trie, COORD_DIMS - 1, visit, user);
}

static void trie_free_pages(struct trie_node *n, int dim)
{
  for (size_t i = 0; n && i < n->count; i++) {
    if (dim) {
      trie_free_pages(n->children[i], dim - 1);
    } else {
      struct page *p = n->children[i];
      free(p->data);
      free(p->region);
    }
  }
}

void ppt_free(struct ppt *ppt)
{
  for (size_t i = 0; i < ppt->count; i++) {
    if (ppt->regions[i]->mapped)
      munmap(ppt->regions[i]->data, ppt->regions[i]->pages * PAGE_BYTES);
    free(ppt->regions[i]);
  }
  free(ppt->regions);
  trie_free_pages(ppt->trie, COORD_DIMS - 1);
  trie_free(ppt->trie, COORD_DIMS - 1);
}
