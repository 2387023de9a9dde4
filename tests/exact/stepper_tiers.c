/* The stepper's tiers and DDR: what an access does when it arrives (architecture, section 4;
 * numbered decisions of sim/README.md, 8 to 21). */
#include "tests/exact/stepper.h"

#include <stdlib.h>
#include <string.h>

void step_tier_new(struct step_tier *t, int64_t bytes, int64_t ways, int64_t latency,
                   int64_t interval)
{
  *t = (struct step_tier){.sets = (unsigned)(bytes / CELL_BYTES / ways),
                          .ways = (unsigned)ways,
                          .latency = (uint64_t)latency,
                          .interval = (uint64_t)interval};
  t->lines = calloc((size_t)t->sets * t->ways + 1, sizeof *t->lines);
}

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

bool step_has_tier(struct stepper *s, const struct step_sentron *x, const struct step_page *page,
                   unsigned hint)
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
