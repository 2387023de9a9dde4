/* The stepper's memory: regions and pages, translation at issue, tiers at arrival (architecture,
 * section 4; numbered decisions of sim/README.md, 8 to 21). */
#include "tests/exact/stepper.h"

#include <stdlib.h>
#include <string.h>

static uint64_t larger(uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

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

static bool has_tier_for(struct stepper *s, const struct step_sentron *x,
                         const struct step_page *page, unsigned hint);

/* A prefetch at cycle t: sets its completion, or leaves it to its arrival. */
static void issue_prefetch(struct stepper *s, struct step_sentron *x, struct step_access *a,
                           struct coord c, int region)
{
  uint64_t t = s->cycle;
  struct step_node *n = &s->node[x->node];
  struct step_core *core = step_core_of(s, x);
  struct step_entry *e = ptc_find(s, core, c);
  bool page = region >= 0 && n->regions[region].from <= t;
  bool foreign =
      page && n->regions[region].kind == REGION_PRIVATE && n->regions[region].core != x->core;
  if (e && stale(n, e))
    page = false;
  n->statistics.prefetches++;
  if (page && e && e->filled <= t && !coord_wildcard(c) && !foreign) {
    e->used = ++s->use_clock;
    a->page = page_of(n, region, c);
    if (!has_tier_for(s, x, &a->page, a->hint)) {
      a->kind = ACCESS_NOTHING;
      a->complete = a->arrival;
    }
    return;
  }
  a->kind = ACCESS_NOTHING;
  if (page && !e && core->walker_free <= t) {
    a->complete = core->walker_free = t + (uint64_t)s->m.ptc_miss;
    ptc_insert(s, core, c, a->complete, page_of(n, region, c));
    n->statistics.ptc_walks++;
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
    n->statistics.ptc_walks++;
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

/* --- tiers ------------------------------------------------------------------------------------ */

/* The tiers that a line can be in, nearest first; `id` their TIER_*. */
struct path {
  struct step_tier *tier[3];
  int id[3];
  int n;
};

static void add_tier(struct path *p, struct step_tier *t, int id)
{
  if (t->sets == 0)
    return;
  p->tier[p->n] = t;
  p->id[p->n++] = id;
}

static struct path path_of(struct stepper *s, unsigned node, unsigned core, enum region_kind kind,
                           uint64_t frame)
{
  struct path p = {.n = 0};
  struct step_node *n = &s->node[node];
  if (kind != REGION_SHARED) {
    add_tier(&p, &n->core[core].l1, TIER_L1);
    add_tier(&p, &n->core[core].l2, TIER_L2);
  }
  if (kind == REGION_ROM)
    add_tier(&p, &n->l3[core / (unsigned)s->m.l3_cores], TIER_L3);
  if (kind == REGION_SHARED)
    add_tier(&p, &n->l3[frame % s->halves], TIER_L3);
  return p;
}

/* The first tier of a path that a prefetch fills; n if there is none. */
static int first_tier(const struct path *p, unsigned hint)
{
  int from = 0;
  if (hint != HINT_nta)
    while (from < p->n && p->id[from] < (int)hint)
      from++;
  return from;
}

static bool has_tier_for(struct stepper *s, const struct step_sentron *x,
                         const struct step_page *page, unsigned hint)
{
  struct path p = path_of(s, x->node, x->core, page->kind, page->frame);
  return first_tier(&p, hint) < p.n;
}

static struct step_line *set_of(const struct step_tier *t, uint64_t line)
{
  uint64_t set = (line ^ line / t->sets) % t->sets;
  return t->lines + set * t->ways;
}

static struct step_line *look_up(const struct step_tier *t, uint64_t line)
{
  struct step_line *l = set_of(t, line);
  for (unsigned w = 0; w < t->ways; w++)
    if (l[w].valid && l[w].line == line)
      return l + w;
  return NULL;
}

/* An access in progress: whose, when, which path. */
struct arrival {
  struct stepper *s;
  struct step_sentron *x;
  struct step_node *n;
  struct path path;
  uint64_t a;
  int mark;
};

static void count_supply(const struct arrival *v, int tier)
{
  v->x->counts.tier_hits[tier]++;
  v->x->counts.tier_bytes[tier] += CELL_BYTES;
  v->x->marks[v->mark].tier_hits[tier]++;
  v->x->marks[v->mark].tier_bytes[tier] += CELL_BYTES;
}

static void count_written(const struct arrival *v, int tier)
{
  v->x->counts.tier_written[tier]++;
  v->x->counts.tier_bytes[tier] += CELL_BYTES;
  v->x->marks[v->mark].tier_written[tier]++;
  v->x->marks[v->mark].tier_bytes[tier] += CELL_BYTES;
}

static uint64_t take_port(struct step_tier *t, uint64_t a)
{
  uint64_t start = larger(a, t->free);
  t->free = start + t->interval;
  return start;
}

/* The cycle from which a DDR transfer that could start at a is done, without latency. */
static uint64_t take_ddr(const struct arrival *v)
{
  uint64_t start = larger(v->a * 256, v->n->ddr_free);
  v->n->ddr_free = start + v->s->ddr_slot;
  return (start + 255) / 256;
}

static void write_ddr(const struct arrival *v)
{
  take_ddr(v);
  v->n->statistics.ddr_writes++;
  count_written(v, TIER_DDR);
}

/* The region kind of a line's page decides where its victim goes. */
static enum region_kind kind_of_line(const struct arrival *v, uint64_t line)
{
  uint64_t frame = line / PAGE_CELLS;
  for (int i = 0; i < v->n->region_count; i++)
    if (frame - v->n->regions[i].first_frame < v->n->regions[i].pages)
      return v->n->regions[i].kind;
  return REGION_SHARED;
}

/* Puts a line into a tier; a dirty victim goes on to the next tier of its own path. */
static struct step_line *allocate(const struct arrival *v, struct step_tier *t, int id,
                                  struct step_line new)
{
  struct step_line *l = set_of(t, new.line), *victim = l;
  for (unsigned w = 0; w < t->ways; w++) {
    if (!l[w].valid) {
      victim = l + w;
      break;
    }
    if (l[w].used < victim->used)
      victim = l + w;
  }
  struct step_line old = *victim;
  new.valid = true;
  new.used = ++v->s->use_clock;
  *victim = new;
  if (!old.valid || !old.dirty)
    return victim;
  struct path p =
      path_of(v->s, v->x->node, v->x->core, kind_of_line(v, old.line), old.line / PAGE_CELLS);
  int next = 0;
  while (p.id[next] != id)
    next++;
  next++;
  if (next == p.n) {
    write_ddr(v);
    return victim;
  }
  take_port(p.tier[next], v->a);
  count_written(v, p.id[next]);
  struct step_line *there = look_up(p.tier[next], old.line);
  if (there) {
    there->dirty = true;
    there->used = ++v->s->use_clock;
    if (old.ready > v->a && old.ready > there->ready) {
      there->ready = old.ready;
      there->supplier = old.supplier;
    }
  } else {
    allocate(v, p.tier[next], p.id[next], old);
  }
  return victim;
}

/* Brings a line into the tiers from `from` on (only into the nearest: `one`). Returns the cycle
 * from which it is ready; *supplier is the tier that it is charged to. */
static uint64_t bring(const struct arrival *v, uint64_t line, int from, bool one, int *supplier)
{
  const struct path *p = &v->path;
  struct step_line *l = NULL;
  int met = from;
  while (met < p->n && !(l = look_up(p->tier[met], line)))
    met++;
  uint64_t ready;
  if (l && l->ready > v->a) {
    ready = larger(l->ready, v->a + (uint64_t)v->s->m.l1_latency);
    *supplier = l->supplier;
    v->x->counts.tier_merges[p->id[met]]++;
    v->x->marks[v->mark].tier_merges[p->id[met]]++;
  } else if (l) {
    ready = take_port(p->tier[met], v->a) + p->tier[met]->latency;
    *supplier = p->id[met];
    count_supply(v, *supplier);
  } else {
    ready = take_ddr(v) + (uint64_t)v->s->m.ddr_latency;
    *supplier = TIER_DDR;
    count_supply(v, *supplier);
    v->n->statistics.ddr_reads++;
  }
  if (l)
    l->used = ++v->s->use_clock;
  for (int i = met - 1; i >= from; i--)
    if (!one || i == from)
      allocate(v, p->tier[i], p->id[i],
               (struct step_line){.line = line, .ready = ready, .supplier = *supplier});
  return ready;
}

static uint64_t scatter(const struct arrival *v, uint64_t line, bool whole, int *supplier)
{
  const struct path *p = &v->path;
  if (p->n == 0) {
    v->n->statistics.ddr_writes++;
    count_supply(v, *supplier = TIER_DDR);
    return take_ddr(v) + (uint64_t)v->s->m.ddr_latency;
  }
  struct step_line *l = look_up(p->tier[0], line);
  uint64_t ready;
  if (whole && !l) {
    ready = take_port(p->tier[0], v->a) + p->tier[0]->latency;
    count_supply(v, *supplier = p->id[0]);
    struct step_line new = {.line = line, .ready = ready, .dirty = true, .supplier = p->id[0]};
    allocate(v, p->tier[0], p->id[0], new);
    return ready;
  }
  ready = bring(v, line, 0, false, supplier);
  look_up(p->tier[0], line)->dirty = true;
  return ready;
}

static uint64_t flush(const struct arrival *v, uint64_t line)
{
  bool dirty = false;
  for (int i = 0; i < v->path.n; i++) {
    struct step_line *l = look_up(v->path.tier[i], line);
    if (l) {
      dirty |= l->dirty;
      l->dirty = false;
    }
  }
  if (!dirty)
    return v->a + (uint64_t)v->s->m.l1_latency;
  uint64_t start = larger(v->a * 256, v->n->ddr_free);
  write_ddr(v);
  return (start + 255) / 256 + (uint64_t)v->s->m.ddr_latency;
}

static void discard(struct step_tier *t, const struct step_region *r)
{
  for (uint64_t i = 0; i < (uint64_t)t->sets * t->ways; i++)
    if (t->lines[i].valid && t->lines[i].line / PAGE_CELLS - r->first_frame < r->pages)
      t->lines[i].valid = false;
}

/* The lines of a region that was freed. */
static void arrive_free(struct stepper *s, struct step_node *n, struct step_access *a)
{
  const struct step_region *r = &n->regions[a->page.region];
  for (int64_t i = 0; i < s->m.cores; i++) {
    discard(&n->core[i].l1, r);
    discard(&n->core[i].l2, r);
  }
  for (unsigned h = 0; h < s->halves; h++)
    discard(&n->l3[h], r);
  a->used = false;
}

static void arrive(struct stepper *s, struct step_access *a)
{
  struct step_sentron *x = &s->sentrons[a->sentron];
  struct step_node *n = &s->node[x->node];
  if (a->kind == ACCESS_FREE) {
    arrive_free(s, n, a);
    return;
  }
  struct arrival v = {
      s, x, n, path_of(s, x->node, x->core, a->page.kind, a->page.frame), s->cycle, a->mark};
  uint64_t line = a->page.frame * PAGE_CELLS + a->cell;
  uint8_t *data = n->data[a->page.frame] + a->cell * CELL_BYTES + a->offset;
  int supplier = TIER_L1;
  switch (a->kind) {
  case ACCESS_GATHER:
    a->complete = bring(&v, line, 0, false, &supplier);
    if (!a->keep)
      memset(x->r[a->rd], 0, s->bytes);
    memcpy(x->r[a->rd] + a->at, data, a->width);
    x->owed[a->rd].ready = a->complete;
    x->owed[a->rd].cause = (enum stall)(STALL_L1 + supplier);
    break;
  case ACCESS_SCATTER:
    a->complete = scatter(&v, line, a->width == CELL_BYTES, &supplier);
    memcpy(data, a->data + a->at, a->width);
    break;
  case ACCESS_FLUSH: a->complete = flush(&v, line); break;
  default:
    a->complete = bring(&v, line, first_tier(&v.path, a->hint), a->hint == HINT_nta, &supplier);
    break;
  }
  x->complete = larger(x->complete, a->complete);
}

void step_memory_arrivals(struct stepper *s)
{
  for (uint32_t i = 0; i < s->o->sentron_count; i++) {
    int number = (int)(s->order[i] - s->sentrons);
    struct step_core *core = step_core_of(s, s->order[i]);
    for (;;) { /* of one sentron in the order of issue */
      struct step_access *first = NULL;
      for (int e = 0; e < core->accesses; e++) {
        struct step_access *a = &core->access[e];
        if (a->used && a->sentron == number && a->complete == NEVER && a->arrival == s->cycle &&
            (!first || a->issued < first->issued))
          first = a;
      }
      if (!first)
        break;
      arrive(s, first);
    }
  }
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

static void tier_new(struct step_tier *t, int64_t bytes, int64_t ways, int64_t latency,
                     int64_t interval)
{
  *t = (struct step_tier){.sets = (unsigned)(bytes / CELL_BYTES / ways),
                          .ways = (unsigned)ways,
                          .latency = (uint64_t)latency,
                          .interval = (uint64_t)interval};
  t->lines = calloc((size_t)t->sets * t->ways + 1, sizeof *t->lines);
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
      tier_new(&n->core[c].l1, m->l1_bytes, m->l1_ways, m->l1_latency, m->l1_interval);
      tier_new(&n->core[c].l2, m->l2_bytes, m->l2_ways, m->l2_latency, m->l2_interval);
      n->core[c].ptc = calloc((size_t)m->ptc_entries, sizeof *n->core[c].ptc);
    }
    for (unsigned h = 0; h < s->halves; h++)
      tier_new(&n->l3[h], m->l3_bytes, m->l3_ways, m->l3_latency, m->l3_interval);
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
