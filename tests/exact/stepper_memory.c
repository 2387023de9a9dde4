/* The stepper's memory: regions and pages, translation at issue (architecture, section 4; numbered
 * decisions of sim/README.md, 8 to 21). */
#include "tests/exact/stepper.h"

#include <stdlib.h>
#include <string.h>

/* --- pages ------------------------------------------------------------------------------------ */

static unsigned page_along(struct coord c, int dim)
{
  return coord_dim(c, dim) / (dim < 3 ? 4 : 1);
}

/* The region of node `node` that holds a cell, -1 if none. */
static int find_region(const struct step_node *n, struct coord c)
{
  for (int i = 0; i < n->region_count; i++)
    if (!n->regions[i].freed && region_contains(&n->regions[i].box, c))
      return i;
  return -1;
}

static struct step_page page_of(const struct step_node *n, int region, struct coord c)
{
  const struct step_region *r = &n->regions[region];
  uint64_t index = 0;
  for (int d = COORD_DIMS - 1; d >= 0; d--) /* ascending page key: D0 varies fastest */
    index = index * r->box.extent[d] + page_along(c, d) - page_along(r->box.lo, d);
  return (struct step_page){r->kind, r->core, region, r->first_frame + index};
}

static void add_region(struct step_node *n, const struct object_region *box, uint64_t from)
{
  uint64_t pages = region_pages(box);
  n->regions = realloc(n->regions, (size_t)(n->region_count + 1) * sizeof *n->regions);
  n->regions[n->region_count++] = (struct step_region){
      .kind = box->kind,
      .core = box->core,
      .box = *box,
      .first_frame = n->frames,
      .pages = pages,
      .from = from,
  };
  n->data = realloc(n->data, (size_t)(n->frames + pages) * sizeof *n->data);
  for (uint64_t i = 0; i < pages; i++)
    n->data[n->frames++] = calloc(1, PAGE_BYTES);
}

/* Can a first access map another page? */
static bool may_map(const struct stepper *s, const struct step_node *n)
{
  return s->m.lazy_mapping && n->frames < (uint64_t)s->m.ddr_bytes / PAGE_BYTES;
}

static void map_lazily(struct step_node *n, struct coord c)
{
  struct object_region box = {.kind = REGION_SHARED, .lo = coord_with_flags(c, 0)};
  for (int d = 0; d < COORD_DIMS; d++) {
    box.extent[d] = 1;
    if (d < 3)
      box.lo = coord_with_dim(box.lo, d, coord_dim(c, d) & ~3u);
  }
  add_region(n, &box, 0);
  n->regions[n->region_count - 1].lazy = true;
}

/* Index of a cell in its page, along the machine's curve. */
static unsigned cell_index(const struct stepper *s, struct coord c)
{
  unsigned cell = (coord_dim(c, 0) & 3) | (coord_dim(c, 1) & 3) << 2 | (coord_dim(c, 2) & 3) << 4;
  return curve_index[s->m.curve][cell];
}

uint8_t *step_cell(struct stepper *s, unsigned node, struct coord c)
{
  struct step_node *n = &s->node[node];
  int region = find_region(n, c);
  if (region < 0)
    return NULL;
  return n->data[page_of(n, region, c).frame] + cell_index(s, c) * CELL_BYTES;
}

int64_t step_alloc(struct stepper *s, struct step_sentron *x, struct coord c, int64_t pages,
                   enum region_kind kind)
{
  struct step_node *n = &s->node[x->node];
  struct object_region box = {.kind = kind, .lo = coord_with_flags(c, 0)};
  box.core = kind == REGION_PRIVATE ? (uint16_t)x->core : 0;
  for (int d = 0; d < COORD_DIMS; d++) {
    box.extent[d] = 1;
    if (d < 3)
      box.lo = coord_with_dim(box.lo, d, coord_dim(c, d) & ~3u);
  }
  unsigned row = COORD_DIM_SIZE / 4, first = page_along(c, 0), first_row = page_along(c, 1);
  if (pages <= (int64_t)(row - first)) {
    box.extent[0] = (uint16_t)pages;
  } else {
    if (first != 0 || pages % row != 0 || pages / row > row - first_row)
      return -1;
    box.extent[0] = (uint16_t)row;
    box.extent[1] = (uint16_t)(pages / row);
  }
  for (int i = 0; i < n->region_count; i++)
    if (!n->regions[i].freed && regions_overlap(&n->regions[i].box, &box))
      return -1;
  if (n->frames + (uint64_t)pages > (uint64_t)s->m.ddr_bytes / PAGE_BYTES)
    return -1;
  int64_t frame = (int64_t)n->frames;
  add_region(n, &box, s->cycle + 1);
  return frame;
}

/* --- translation ------------------------------------------------------------------------------ */

/* What a PTC entry covers: a page, or a cell, in the linear form. */
static u128 ptc_key(const struct stepper *s, struct coord c)
{
  uint64_t low = coord_linear_lo(c.lo, curve_index[s->m.curve]);
  u128 linear = (u128)(c.hi & COORD_HI_DIM_MASK) << 64 | low;
  return s->m.ptc_granularity == PTC_PAGE ? linear >> 6 : linear;
}

static struct step_entry *ptc_set(const struct stepper *s, struct step_core *core, struct coord c)
{
  uint64_t sets = (uint64_t)(s->m.ptc_entries / s->m.ptc_ways), h = 0;
  if (s->m.ptc_hash == PTC_REFERENCE) {
    /* The public runtime's index, over its own packing: dimensions 0..5 and 6..10 in a word each.
     */
    uint64_t hi = 0, lo;
    if (s->m.ptc_granularity == PTC_PAGE) /* of the page's first cell */
      for (int d = 0; d < 3; d++)
        c = coord_with_dim(c, d, coord_dim(c, d) & ~3u);
    lo = c.lo;
    for (int d = 6; d < COORD_DIMS; d++)
      hi |= (uint64_t)coord_dim(c, d) << (11 * (d - 6));
    h = lo * UINT64_C(0x517cc1b727220a95) ^ hi * UINT64_C(0x9E3779B97F4A7C15);
    h = h ^ h >> 17 ^ h >> 34;
  } else {
    for (u128 key = ptc_key(s, c); key && sets > 1; key /= sets)
      h ^= (uint64_t)(key % sets);
  }
  return core->ptc + h % sets * (uint64_t)s->m.ptc_ways;
}

static struct step_entry *ptc_find(struct stepper *s, struct step_core *core, struct coord c)
{
  struct step_entry *e = ptc_set(s, core, c);
  for (int w = 0; w < s->m.ptc_ways; w++)
    if (e[w].valid && e[w].key == ptc_key(s, c))
      return e + w;
  return NULL;
}

static void ptc_insert(struct stepper *s, struct step_core *core, struct coord c, uint64_t filled,
                       struct step_page page)
{
  struct step_entry *e = ptc_set(s, core, c), *victim = NULL;
  for (int w = 0; w < s->m.ptc_ways && !victim; w++)
    if (!e[w].valid)
      victim = e + w;
  if (!victim) {
    victim = e;
    for (int w = 1; w < s->m.ptc_ways && s->m.ptc_replacement == PTC_LRU; w++)
      if (e[w].used < victim->used)
        victim = e + w;
  }
  *victim = (struct step_entry){true, ptc_key(s, c), filled, ++s->use_clock, page};
}

static bool stale(const struct step_node *n, const struct step_entry *e)
{
  return e->page.region >= 0 && n->regions[e->page.region].freed;
}

/* A prefetch at cycle t: sets its completion, or leaves it to its arrival. */
static void issue_prefetch(struct stepper *s, struct step_sentron *x, struct step_access *a,
                           struct coord c, int region)
{
  uint64_t t = s->cycle;
  struct step_node *n = &s->node[x->node];
  struct step_core *core = step_core_of(s, x);
  struct step_entry *e = ptc_find(s, core, c);
  bool page = region >= 0 && n->regions[region].from <= t;
  struct step_page at = page ? page_of(n, region, c) : (struct step_page){0};
  if (e && stale(n, e)) { /* of a region that another core has freed: its old line */
    page = true;
    at = e->page;
  }
  bool foreign = page && at.kind == REGION_PRIVATE && at.core != x->core;
  n->statistics.prefetches++;
  if (page && e && e->filled <= t && !coord_wildcard(c) && !foreign) {
    e->used = ++s->use_clock;
    a->page = at;
    if (!step_has_tier(s, x, &a->page, a->hint)) {
      a->kind = ACCESS_NOTHING;
      a->complete = a->arrival;
    }
    return;
  }
  a->kind = ACCESS_NOTHING;
  if (page && !e && core->walker_free <= t) {
    a->complete = core->walker_free = t + (uint64_t)s->m.ptc_miss;
    ptc_insert(s, core, c, a->complete, at);
    n->statistics.counts.ptc_walks++;
  } else {
    a->complete = t + (uint64_t)s->m.ptc_hit;
    n->statistics.prefetches_dropped++;
  }
}

/* A demand access at cycle t: its arrival. */
static void issue_demand(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                         struct step_access *a, struct coord c, int region)
{
  uint64_t t = s->cycle, hit = t + (uint64_t)s->m.ptc_hit;
  struct step_node *n = &s->node[x->node];
  struct step_core *core = step_core_of(s, x);
  struct step_entry *e = ptc_find(s, core, c);
  if (e && stale(n, e)) {
    step_raise(s, x, FAULT_UNMAPPED);
    return;
  }
  if (region < 0 ? !may_map(s, n) : n->regions[region].from > t) {
    step_raise(s, x, FAULT_UNMAPPED);
    return;
  }
  a->page = (struct step_page){REGION_SHARED, 0, -1, 0};
  if (region >= 0)
    a->page = page_of(n, region, c);
  if (a->page.kind == REGION_ROM && a->kind == ACCESS_SCATTER)
    step_raise(s, x, FAULT_ROM);
  if (a->page.kind == REGION_PRIVATE && a->page.core != x->core)
    step_raise(s, x, FAULT_FOREIGN);
  if (a->kind != ACCESS_FLUSH && a->offset + a->width > CELL_BYTES)
    step_raise(s, x, FAULT_CELL);
  bool found = e && e->filled <= t;
  x->counts.ptc_hits += found;
  x->counts.ptc_misses += !found;
  x->marks[k->mark].ptc_hits += found;
  x->marks[k->mark].ptc_misses += !found;
  if (e)
    e->used = ++s->use_clock;
  if (found) {
    a->arrival = hit;
    return;
  }
  if (e) {
    a->arrival = larger(hit, e->filled);
  } else {
    a->arrival = core->walker_free = larger(t, core->walker_free) + (uint64_t)s->m.ptc_miss;
    ptc_insert(s, core, c, a->arrival, a->page);
    n->statistics.counts.ptc_walks++;
  }
  core->closed = larger(core->closed, e ? e->filled : a->arrival);
}

static struct step_access *new_access(struct step_core *core)
{
  struct step_access *a = core->access;
  while (a->used)
    a++;
  if (a == core->access + core->accesses)
    core->accesses++;
  return a;
}

void step_memory_issue(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                       uint8_t (*old)[R_BYTES_MAX])
{
  const struct slot *f = &k->b.slot[PIPE_S];
  if (f->op == OP_SPREFCH && !s->m.prefetch)
    return;
  struct coord c = f->imc ? k->b.coord : x->p[f->rs2];
  struct step_core *core = step_core_of(s, x);
  struct step_access *a = new_access(core);
  *a = (struct step_access){
      .used = true,
      .kind = ACCESS_GATHER,
      .sentron = (int)(x - s->sentrons),
      .issued = s->cycle,
      .arrival = s->cycle + (uint64_t)s->m.ptc_hit,
      .complete = NEVER,
      .cell = cell_index(s, c),
      .offset = coord_offset(c),
      .width = (unsigned)f->width,
      .at = (unsigned)f->at,
      .keep = f->op == OP_SGATHERM,
      .rd = (unsigned)f->rd,
      .hint = (unsigned)f->mode,
      .mark = k->mark,
      .coord = c,
  };
  if (f->op == OP_SSCATTR) {
    a->kind = ACCESS_SCATTER;
    memcpy(a->data, old[f->rs1], s->bytes);
  } else if (f->op == OP_SPREFCH) {
    a->kind = ACCESS_PREFETCH;
  } else if (f->op == OP_SFLUSH) {
    a->kind = ACCESS_FLUSH;
  }
  int region = find_region(&s->node[x->node], c);
  if (a->kind == ACCESS_PREFETCH) {
    issue_prefetch(s, x, a, c, region);
  } else {
    issue_demand(s, x, k, a, c, region);
    a->used = s->fault == FAULT_NONE; /* the run ends in this cycle */
  }
  if (a->kind == ACCESS_GATHER)
    x->owed[a->rd] = (struct step_owed){NEVER, true, a->arrival, STALL_PTC};
  if (a->complete != NEVER)
    x->complete = larger(x->complete, a->complete);
}

void step_map(struct stepper *s, struct step_sentron *x)
{
  struct step_node *n = &s->node[x->node];
  struct step_core *core = step_core_of(s, x);
  for (int i = 0; i < core->accesses; i++) {
    struct step_access *a = &core->access[i];
    if (!a->used || a->complete != NEVER || a->page.region >= 0 ||
        a->sentron != (int)(x - s->sentrons))
      continue;
    if (find_region(n, a->coord) < 0)
      map_lazily(n, a->coord);
    a->page = page_of(n, find_region(n, a->coord), a->coord);
  }
}

int step_memory_pending(struct step_core *c, int sentron, uint64_t t)
{
  int n = 0;
  for (struct step_access *a = c->access; a < c->access + c->accesses; a++) {
    a->used = a->used && a->complete > t;
    n += a->used && a->kind != ACCESS_FREE && (sentron < 0 || a->sentron == sentron);
  }
  return n;
}

/* --- regions that end, the host, making and freeing ---------------------------------------------
 */

bool step_release(struct stepper *s, struct step_sentron *x, struct coord c)
{
  struct step_node *n = &s->node[x->node];
  int region = find_region(n, c);
  if (region < 0 || n->regions[region].from > s->cycle)
    return false;
  struct step_region *r = &n->regions[region];
  if (r->lazy || r->kind == REGION_ROM || (r->kind == REGION_PRIVATE && r->core != x->core))
    return false;
  r->freed = true;
  struct step_core *own = step_core_of(s, x);
  for (int64_t i = 0; i < s->m.ptc_entries; i++)
    if (own->ptc[i].page.region == region)
      own->ptc[i].valid = false;
  struct step_access *a = new_access(own);
  *a = (struct step_access){.used = true,
                            .kind = ACCESS_FREE,
                            .sentron = (int)(x - s->sentrons),
                            .issued = s->cycle,
                            .arrival = s->cycle + (uint64_t)s->m.ptc_hit,
                            .complete = NEVER,
                            .page = {r->kind, r->core, region, r->first_frame}};
  return true;
}

bool step_host_access(struct stepper *s, struct coord c, uint8_t bytes[8], bool write)
{
  struct step_node *n = &s->node[0];
  struct step_entry *e = ptc_find(s, &n->core[0], c);
  if (e && stale(n, e))
    return false;
  if (!step_cell(s, 0, c)) {
    if (!may_map(s, n))
      return false;
    map_lazily(n, c);
  }
  s->host_counts.ptc_hits += e != NULL;
  s->host_counts.ptc_misses += e == NULL;
  if (e)
    e->used = ++s->use_clock;
  else
    ptc_insert(s, &n->core[0], c, 0, page_of(n, find_region(n, c), c));
  uint8_t *data = step_cell(s, 0, c) + coord_offset(c);
  memcpy(write ? data : bytes, write ? bytes : data, 8);
  return true;
}

int step_memory_new(struct stepper *s)
{
  const struct machine *m = &s->m;
  const struct object *o = s->o;
  s->halves = (unsigned)((m->cores + m->l3_cores - 1) / m->l3_cores);
  if (m->ddr_bandwidth > 0)
    s->ddr_slot = (uint64_t)(CELL_BYTES * 256 * m->clock / m->ddr_bandwidth + 0.5);
  for (unsigned i = 0; i < (unsigned)m->nodes; i++) {
    struct step_node *n = &s->node[i];
    for (int64_t c = 0; c < m->cores; c++) {
      step_tier_new(&n->core[c].l1, m->l1_bytes, m->l1_ways, m->l1_latency, m->l1_interval);
      step_tier_new(&n->core[c].l2, m->l2_bytes, m->l2_ways, m->l2_latency, m->l2_interval);
      n->core[c].ptc = calloc((size_t)m->ptc_entries, sizeof *n->core[c].ptc);
    }
    for (unsigned h = 0; h < s->halves; h++)
      step_tier_new(&n->l3[h], m->l3_bytes, m->l3_ways, m->l3_latency, m->l3_interval);
    for (uint32_t r = 0; r < o->region_count; r++)
      if (o->regions[r].node == REGION_ALL_NODES || o->regions[r].node == i)
        add_region(n, &o->regions[r], 0);
    for (uint32_t d = 0; d < o->data_count; d++) {
      const struct object_region *r = &o->regions[o->data[d].region];
      if (r->node != REGION_ALL_NODES && r->node != i)
        continue;
      struct coord at = o->data[d].start;
      for (uint64_t b = 0, some; b < o->data[d].bytes; b += some) {
        some = CELL_BYTES - coord_offset(at);
        if (some > o->data[d].bytes - b)
          some = o->data[d].bytes - b;
        memcpy(step_cell(s, i, at) + coord_offset(at), o->data[d].content + b, some);
        coord_step(&at, AXIS_BYTE, (int64_t)some, false, (enum curve)m->curve);
      }
    }
  }
  return 0;
}

void step_memory_free(struct stepper *s)
{
  for (unsigned i = 0; i < (unsigned)s->m.nodes; i++) {
    struct step_node *n = &s->node[i];
    for (int64_t c = 0; c < s->m.cores; c++) {
      free(n->core[c].l1.lines);
      free(n->core[c].l2.lines);
      free(n->core[c].ptc);
    }
    for (unsigned h = 0; h < s->halves; h++)
      free(n->l3[h].lines);
    for (uint64_t f = 0; f < n->frames; f++)
      free(n->data[f]);
    free(n->data);
    free(n->regions);
  }
}
