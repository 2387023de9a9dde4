/* Memory operations of the S-pipe: translation at issue, tiers and data at arrival
 * (architecture, section 4, "Timing of an access").
 *
 * At issue, at t: the PTC is looked up and changed, a walk starts, a memory entry is taken.
 * At arrival, at a: tags, LRU, victims and data change, in the order (a, sentron). An arrival that
 * stays in its core's own tiers is done on the spot; one that needs L3, DDR or a shared region is
 * queued until its key is due, and everything behind it queues too.
 */
#include "sim/gather.h"

#include <string.h>

/* --- tiers ------------------------------------------------------------------------------------ */

/* The tiers that may hold a line, nearest first. */
struct path {
  struct tier *tier[3];
  uint8_t level[3]; /* TIER_L1.. */
  unsigned count;
};

static void path_of(struct core *c, enum region_kind kind, uint64_t frame, struct path *p)
{
  p->count = 0;
  if (kind != REGION_SHARED) {
    if (c->l1.sets) {
      p->tier[p->count] = &c->l1;
      p->level[p->count++] = TIER_L1;
    }
    if (c->l2.sets) {
      p->tier[p->count] = &c->l2;
      p->level[p->count++] = TIER_L2;
    }
  }
  if (kind != REGION_PRIVATE) {
    struct node *n = c->node;
    unsigned half =
        kind == REGION_SHARED ? (unsigned)(frame % n->halves) : c->number / (unsigned)n->l3_cores;
    if (n->l3[half].sets) {
      p->tier[p->count] = &n->l3[half];
      p->level[p->count++] = TIER_L3;
    }
  }
}

/* One line to or from DDR; returns when the transfer starts, rounded up to a cycle. */
static cycle_t ddr_port(struct vtpu *v, struct node *n, cycle_t a)
{
  cycle_t start = a * 256 > n->ddr_free ? a * 256 : n->ddr_free;
  n->ddr_free = start + v->ddr_slot;
  return (start + 255) / 256;
}

/* Puts a line into level `at` of a path; a dirty victim goes to the next level, without fetch. */
static void allocate(struct vtpu *v, struct core *c, struct mark_counts *count,
                     const struct path *p, unsigned at, uint32_t line, cycle_t a, cycle_t ready,
                     unsigned source, bool dirty)
{
  struct tier *t = p->tier[at];
  uint32_t index = tier_index(t, line);
  struct cache_set *s = tier_set(t, index);
  unsigned way = set_victim(s, t->ways);
  uint64_t *slot = &t->ready[(size_t)index * t->tag_slots + way];
  uint16_t bit = (uint16_t)(1u << way);
  if (s->tag[way] && s->dirty & bit) {
    uint32_t victim = s->tag[way] - 1;
    cycle_t victim_ready = s->inflight & bit ? *slot >> 2 : 0;
    unsigned victim_source = *slot & 3;
    /* Only private lines are dirty in L1 and L2, only shared ones in L3: private data goes
     * L1, L2, DDR; shared data L3, DDR. */
    if (p->level[at] == TIER_L1 && c->l2.sets) {
      struct tier *n = &c->l2;
      uint32_t i = tier_index(n, victim);
      struct cache_set *ns = tier_set(n, i);
      int w = set_find(ns, n->tag_slots, victim);
      port(n, a);
      count->written[TIER_L2]++;
      if (w >= 0) {
        set_touch(ns, (unsigned)w);
        ns->dirty |= (uint16_t)(1u << w);
        uint64_t *r = &n->ready[(size_t)i * n->tag_slots + (unsigned)w];
        if (victim_ready > a && (!(ns->inflight >> w & 1) || *r >> 2 < victim_ready)) {
          *r = victim_ready << 2 | victim_source;
          ns->inflight |= (uint16_t)(1u << w);
        }
      } else {
        struct path q = {{n}, {TIER_L2}, 1};
        allocate(v, c, count, &q, 0, victim, a, victim_ready, victim_source, true);
      }
    } else {
      ddr_port(v, c->node, a);
      c->node->ddr_writes++;
      count->written[TIER_DDR]++;
    }
  }
  s->tag[way] = line + 1;
  s->dirty = (uint16_t)((s->dirty & ~bit) | (dirty ? bit : 0));
  if (ready > a) {
    s->inflight |= bit;
    *slot = ready << 2 | source;
  } else {
    s->inflight &= (uint16_t)~bit;
  }
  set_touch(s, way);
}

struct supply {
  cycle_t ready;
  unsigned source; /* the tier that the data come from */
};

/* Brings a line to the nearest tier of the path (from level index `first` on) and says when. */
static struct supply access_line(struct vtpu *v, struct core *c, struct mark_counts *count,
                                 const struct path *p, unsigned first, uint32_t line, cycle_t a,
                                 bool write, bool whole, bool only_first)
{
  struct supply out = {0, TIER_DDR};
  unsigned hit = first, far = p->count;
  if (whole && first < far)
    far = first + 1; /* a whole line is written: nothing to fetch from further away */
  for (; hit < far; hit++) {
    struct tier *t = p->tier[hit];
    uint32_t index = tier_index(t, line);
    struct cache_set *s = tier_set(t, index);
    int way = set_find(s, t->tag_slots, line);
    if (way < 0)
      continue;
    set_touch(s, (unsigned)way);
    if (s->inflight >> way & 1) {
      uint64_t r = t->ready[(size_t)index * t->tag_slots + (unsigned)way];
      if (r >> 2 > a) {
        cycle_t l1 = a + (cycle_t)v->m.l1_latency;
        out = (struct supply){r >> 2 > l1 ? r >> 2 : l1, r & 3};
        count->merges[p->level[hit]]++;
        break;
      }
      s->inflight &= (uint16_t) ~(1u << way);
    }
    out = (struct supply){port(t, a) + t->latency, p->level[hit]};
    count->hits[p->level[hit]]++;
    break;
  }
  if (hit == far) {
    if (whole && first < p->count) {
      struct tier *t = p->tier[first];
      out = (struct supply){port(t, a) + t->latency, p->level[first]};
      count->hits[p->level[first]]++;
      allocate(v, c, count, p, first, line, a, out.ready, out.source, true);
      return out;
    }
    out.ready = ddr_port(v, c->node, a) + (cycle_t)v->m.ddr_latency;
    count->hits[TIER_DDR]++;
    if (whole || (write && p->count == 0))
      c->node->ddr_writes++;
    else
      c->node->ddr_reads++;
  }
  for (unsigned i = hit; i-- > first;)
    if (!only_first || i == first)
      allocate(v, c, count, p, i, line, a, out.ready, out.source, false);
  if (write && p->count) {
    struct cache_set *s = tier_set(p->tier[0], tier_index(p->tier[0], line));
    int way = set_find(s, p->tier[0]->tag_slots, line);
    s->dirty |= (uint16_t)(1u << way);
  }
  return out;
}

/* Does this access end in the core's own tiers, victims included? (May say no too often.) */
static bool stays_private(struct core *c, const struct ptc_entry *e, uint32_t line, bool whole)
{
  if (e->kind == REGION_SHARED || !c->l1.sets)
    return false;
  struct cache_set *s1 = tier_set(&c->l1, tier_index(&c->l1, line));
  if (set_find(s1, c->l1.tag_slots, line) >= 0)
    return true;
  if (!c->l2.sets)
    return false;
  struct cache_set *s2 = tier_set(&c->l2, tier_index(&c->l2, line));
  if (!whole && set_find(s2, c->l2.tag_slots, line) < 0)
    return false;
  if (!s1->dirty)
    return true;
  unsigned way = set_victim(s1, c->l1.ways);
  if (!(s1->dirty >> way & 1) || !s1->tag[way])
    return true;
  struct cache_set *sv = tier_set(&c->l2, tier_index(&c->l2, s1->tag[way] - 1));
  return sv->dirty == 0 || set_find(sv, c->l2.tag_slots, s1->tag[way] - 1) >= 0;
}

static struct supply flush_line(struct vtpu *v, struct core *c, struct mark_counts *count,
                                const struct path *p, uint32_t line, cycle_t a)
{
  bool dirty = false;
  for (unsigned i = 0; i < p->count; i++) {
    struct cache_set *s = tier_set(p->tier[i], tier_index(p->tier[i], line));
    int way = set_find(s, p->tier[i]->tag_slots, line);
    if (way >= 0 && s->dirty >> way & 1) {
      s->dirty &= (uint16_t) ~(1u << way);
      dirty = true;
    }
  }
  if (!dirty)
    return (struct supply){a + (cycle_t)v->m.l1_latency, TIER_L1};
  c->node->ddr_writes++;
  count->written[TIER_DDR]++;
  return (struct supply){ddr_port(v, c->node, a) + (cycle_t)v->m.ddr_latency, TIER_DDR};
}

/* The first level of a path that a prefetch fills; the path's count if there is none. */
static unsigned prefetch_tier(const struct path *p, unsigned hint)
{
  unsigned first = 0, want = hint == HINT_nta ? TIER_L1 : hint;
  while (first < p->count && p->level[first] < want)
    first++;
  return first;
}

/* --- arrival ---------------------------------------------------------------------------------- */

static struct supply arrive(struct vtpu *v, struct core *c, struct arrival *a, const uint8_t *value)
{
  struct context *x = a->x;
  struct path p;
  path_of(c, a->region->kind, a->line / PAGE_CELLS, &p);
  struct mark_counts *count = &x->marks[a->mark];
  struct supply got;
  switch ((enum memory_kind)a->kind) {
  case MEM_GATHER:
    got = access_line(v, c, count, &p, 0, a->line, a->time, false, false, false);
    if (!a->keep && a->width < v->bytes)
      memset(x->r[a->reg], 0, v->bytes);
    memcpy(x->r[a->reg] + a->at, a->cell + a->offset, a->width);
    x->ready[a->reg] = got.ready;
    x->cause[a->reg] = (uint8_t)(STALL_L1 + got.source);
    x->arrive[a->reg] = a->time;
    break;
  case MEM_SCATTER:
    got = access_line(v, c, count, &p, 0, a->line, a->time, true, a->width == CELL_BYTES, false);
    memcpy(a->cell + a->offset, value + a->at, a->width);
    break;
  case MEM_PREFETCH:
    got = access_line(v, c, count, &p, prefetch_tier(&p, a->hint), a->line, a->time, false, false,
                      a->hint == HINT_nta);
    break;
  default: got = flush_line(v, c, count, &p, a->line, a->time); break;
  }
  finish(c, x, a->entry, got.ready);
  return got;
}

static void discard_region(struct core *c, const struct ppt_region *r)
{
  for (uint64_t i = 0; i < r->pages * PAGE_CELLS; i++) {
    uint64_t line = r->first_frame * PAGE_CELLS + i;
    if (r->kind == REGION_PRIVATE) {
      tier_discard(&c->l1, (uint32_t)line);
      tier_discard(&c->l2, (uint32_t)line);
    } else {
      tier_discard(&c->node->l3[line / PAGE_CELLS % c->node->halves], (uint32_t)line);
    }
  }
}

void memory_arrive(struct vtpu *v, struct core *c, struct arrival *a)
{
  if (a->kind == MEM_FREE) {
    discard_region(c, a->region);
    return;
  }
  struct supply got = arrive(v, c, a, a->value);
  if (a->trace)
    trace_arrival(v, a, got.ready, STALL_L1 + got.source);
}

void memory_take(struct vtpu *v, struct core *c)
{
  struct arrival *a = &c->queue[c->queue_head];
  struct context *x = a->x;
  memory_arrive(v, c, a);
  c->queue_head = (c->queue_head + 1) % ARRIVALS;
  c->queue_count--;
  x->pending -= a->kind != MEM_FREE;
  context_release_fence(x);
}

/* Appends to the queue in key order (with two S ports, arrivals of one cycle may come crosswise).
 */
static struct arrival *enqueue(struct core *c, cycle_t time, unsigned sentron)
{
  unsigned i = c->queue_count++;
  while (i > 0) {
    struct arrival *before = &c->queue[(c->queue_head + i - 1) % ARRIVALS];
    if (key_of(before->time, before->x->global) <= key_of(time, sentron))
      break;
    c->queue[(c->queue_head + i) % ARRIVALS] = *before;
    i--;
  }
  return &c->queue[(c->queue_head + i) % ARRIVALS];
}

void memory_free(struct core *c, struct context *x, struct ppt_region *r, cycle_t t)
{
  struct arrival *q = enqueue(c, t + c->ptc_hit, x->global);
  *q = (struct arrival){
      .time = t + c->ptc_hit, .x = x, .region = r, .cell = r->data, .kind = MEM_FREE};
}

/* --- issue ------------------------------------------------------------------------------------ */

static struct coord raw_coord(const struct vtpu *v, uint64_t lo, uint64_t hi)
{
  return (struct coord){coord_from_linear_lo(lo, v->curve_cell), hi};
}

static void fill_entry(struct core *c, struct ptc_entry *e, const struct page *page, cycle_t fill)
{
  e->fill = fill;
  e->data = page->data;
  e->line = (uint32_t)(page->frame * PAGE_CELLS);
  e->region = page->region;
  e->kind = (uint8_t)page->region->kind;
  e->foreign = page->region->kind == REGION_PRIVATE && page->region->core != c->number;
}

static void note_access(struct vtpu *v, const struct core *c, struct coord coord, cycle_t t,
                        bool hit)
{
  struct vtpu_access access = {t, c->node->number, c->number, coord, hit};
  v->access(v->access_user, &access);
}

static char *coord_text(const struct vtpu *v, uint64_t lo, uint64_t hi, char *out)
{
  return coord_print(raw_coord(v, lo, hi), out);
}

/* A prefetch that misses the PTC, or has the wildcard: a walk in the background, or nothing. */
static void prefetch_walk(struct vtpu *v, struct core *c, struct context *x, cycle_t t, uint64_t lo,
                          uint64_t hi, uint64_t klo, uint64_t khi, const struct page *page)
{
  cycle_t done = t + (cycle_t)v->m.ptc_hit;
  if (page && c->walker_free <= t) {
    struct ptc_entry *e = ptc_replace(&c->ptc, klo, khi, raw_coord(v, lo, hi));
    done = t + (cycle_t)v->m.ptc_miss;
    c->walker_free = done;
    c->walks++;
    fill_entry(c, e, page, done);
  } else {
    x->prefetches_dropped++;
  }
  finish(c, x, take_entry(c, t), done);
}

enum attempt memory_issue(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                          cycle_t t)
{
  enum memory_kind kind = s->s_code == OP_SSCATTR   ? MEM_SCATTER
                          : s->s_code == OP_SPREFCH ? MEM_PREFETCH
                          : s->s_code == OP_SFLUSH  ? MEM_FLUSH
                                                    : MEM_GATHER;
  uint64_t lo = *s->s_lo, hi = *s->s_hi, klo, khi;
  unsigned offset = (unsigned)(hi >> 57) & 63;
  ptc_key(&c->ptc, lo, hi, &klo, &khi);
  struct ptc_entry *e = ptc_find(
      &c->ptc, klo, khi, c->ptc.reference_hash ? raw_coord(v, lo, hi) : (struct coord){0, 0});

  /* A miss asks the page table, which other cores may change in some programs; and where they may
   * free regions, an entry of a shared one may be of a region that is gone. */
  struct page page = {0};
  bool mapped = true;
  if (!e || (v->frees && e->kind == REGION_SHARED)) {
    if (v->ppt_changes && !engine_due(c, t, x->global))
      return ATTEMPT_YIELD;
    if (e)
      mapped = !e->region->freed;
    else
      mapped = ppt_find(&c->node->ppt, lo, hi, t, &page) ||
               (c->node->ppt.lazy && kind != MEM_PREFETCH &&
                ppt_map_page(&c->node->ppt, lo, hi, &page));
  }
  if (kind == MEM_PREFETCH) {
    x->prefetches++;
    bool wildcard = hi >> 63;
    if (!e || !mapped || wildcard || e->fill > t || e->foreign) {
      prefetch_walk(v, c, x, t, lo, hi, klo, khi, !e && mapped ? &page : NULL);
      return ATTEMPT_ISSUED;
    }
  } else {
    const struct ppt_region *r = e ? e->region : page.region;
    const char *wrong = !mapped ? "nothing is allocated there\n  declare a region that holds the "
                                  "coordinate, or SALLOC one first"
                        : kind == MEM_SCATTER && r->kind == REGION_ROM
                            ? "the region is rom and cannot be written"
                        : r->kind == REGION_PRIVATE && r->core != c->number
                            ? "the region is private to another core"
                        : kind != MEM_FLUSH && offset + s->s_width > CELL_BYTES
                            ? "the access leaves its cell of 64 bytes"
                            : NULL;
    if (__builtin_expect(wrong != NULL, 0)) {
      if (!engine_due(c, t, x->global))
        return ATTEMPT_YIELD;
      char text[COORD_TEXT_BYTES];
      engine_fault(x, t, "%s of %s: %s",
                   kind == MEM_GATHER    ? "gather"
                   : kind == MEM_SCATTER ? "scatter"
                                         : "flush",
                   coord_text(v, lo, hi, text), wrong);
      return ATTEMPT_ISSUED;
    }
  }

  /* From here on it issues. */
  if (__builtin_expect(v->access != NULL, 0) && kind != MEM_PREFETCH)
    note_access(v, c, raw_coord(v, lo, hi), t, e && e->fill <= t);
  cycle_t a = t + (cycle_t)v->m.ptc_hit;
  if (__builtin_expect(!e || e->fill > t, 0)) {
    x->marks[s->mark].ptc_misses++;
    if (!e) {
      cycle_t start = t > c->walker_free ? t : c->walker_free;
      e = ptc_replace(&c->ptc, klo, khi, raw_coord(v, lo, hi));
      fill_entry(c, e, &page, start + (cycle_t)v->m.ptc_miss);
      c->walker_free = e->fill;
      c->walks++;
    }
    if (e->fill > a)
      a = e->fill;
    if (e->fill > c->s_closed)
      c->s_closed = e->fill;
  }
  e->stamp = c->ptc.clock++;
  if (c->fast_gathers)
    ptc_note(&c->ptc, s->s_hint, e, lo, hi);

  unsigned in_page = (unsigned)lo & 63;
  uint32_t line = e->line + in_page;
  unsigned entry = take_entry(c, t);
  if (kind == MEM_PREFETCH) {
    struct path p;
    path_of(c, e->kind, line / PAGE_CELLS, &p);
    if (prefetch_tier(&p, (unsigned)s->s_imm) == p.count) { /* nothing to do at its arrival */
      finish(c, x, entry, a);
      return ATTEMPT_ISSUED;
    }
  }
  const uint8_t *source = s->flags & SIW_SNAPSHOT_S ? x->snapshot_s : x->r[s->s_rs];
  bool whole = kind == MEM_SCATTER && s->s_width == CELL_BYTES;
  bool now = c->queue_count == 0 && v->m.sports == 1 && (c->ptc_hit > 0 || a == t) &&
             ((key_of(a, x->global) <= c->node->limit && before_wakes(v, c, a, t)) ||
              (kind <= MEM_SCATTER && stays_private(c, e, line, whole)));
  struct arrival on_stack, *q = now ? &on_stack : enqueue(c, a, x->global);
  q->time = a;
  q->x = x;
  q->region = e->region;
  q->cell = e->data + (size_t)in_page * CELL_BYTES;
  q->line = line;
  q->kind = (uint8_t)kind;
  q->reg = s->s_reg;
  q->at = s->s_at;
  q->width = s->s_width;
  q->offset = (uint8_t)offset;
  q->entry = (uint8_t)entry;
  q->hint = (uint8_t)s->s_imm;
  q->keep = s->s_code == OP_SGATHERM;
  q->mark = s->mark;
  q->trace = v->trace ? trace_of_memory(v, c->node, lo, hi, e->fill <= t) : NULL;
  if (now) {
    struct supply got = arrive(v, c, q, source);
    if (q->trace)
      trace_arrival(v, q, got.ready, STALL_L1 + got.source);
    return ATTEMPT_ISSUED;
  }
  if (kind == MEM_SCATTER)
    memcpy(q->value, source, v->bytes);
  if (kind == MEM_GATHER) {
    x->ready[q->reg] = NEVER;
    x->cause[q->reg] = STALL_PTC;
    x->arrive[q->reg] = a;
  }
  c->entry_free[entry] = NEVER;
  x->pending++;
  return ATTEMPT_ISSUED;
}

/* --- host directives -------------------------------------------------------------------------- */

bool memory_host(struct vtpu *v, struct coord raw, uint8_t *bytes, bool write)
{
  struct core *c = v->cores[0];
  uint64_t lo = coord_linear_lo(raw.lo, v->curve_index), klo, khi;
  ptc_key(&c->ptc, lo, raw.hi, &klo, &khi);
  struct ptc_entry *e = ptc_find(&c->ptc, klo, khi, raw);
  bool hit = e != NULL;
  if (hit && e->region->freed)
    return false;
  if (hit) {
    c->host_ptc_hits++;
    e->stamp = c->ptc.clock++;
  } else {
    struct page page;
    if (!ppt_find(&c->node->ppt, lo, raw.hi, v->now, &page) &&
        !(c->node->ppt.lazy && ppt_map_page(&c->node->ppt, lo, raw.hi, &page)))
      return false;
    e = ptc_replace(&c->ptc, klo, khi, raw);
    fill_entry(c, e, &page, v->now);
    c->host_ptc_misses++;
  }
  if (v->access)
    note_access(v, c, raw, v->now, hit);
  if (coord_offset(raw) > CELL_BYTES - 8)
    return false;
  uint8_t *at = e->data + (lo & 63) * CELL_BYTES + coord_offset(raw);
  if (write)
    memcpy(at, bytes, 8);
  else
    memcpy(bytes, at, 8);
  return true;
}
