/* Arrivals: what a memory operation does to the tiers, and when (architecture, section 4, "Timing
 * of an access").
 *
 * An access has a *near* part, in its core's own L1 and L2, and a *far* part, in L3 and DDR, which
 * all cores of the node share. Near parts of one core come in the order of issue, so they are done
 * at issue, whatever other cores do. Far parts come in the order (arrival, sentron) of the node:
 * they wait in the core's queue until every core has come past them (cluster.c). Until then the
 * lines that the near part has made room for are *asked for*: in flight, with the place in the
 * queue in place of a ready time. An access whose near part depends on such a ready time waits in
 * the queue as a whole, and so does everything near behind it.
 *
 * What waits for a far part knows when that will be known at the earliest: bound_of.
 */
#include "sim/gather.h"

#include <string.h>

/* Ready time of a line that has been asked for: this bit and the place in the queue. */
#define ASKED (UINT64_C(1) << 63)

static struct arrival *arrival_nth(struct core *c, unsigned i)
{
  return &c->queue[(c->queue_head + i) % ARRIVALS];
}

static bool is_asked(const struct tier *t, struct cache_set *s, unsigned way)
{
  return s->inflight >> way & 1 && set_ready(s, t->tag_slots)[way] & ASKED;
}

/* --- lines of a tier -------------------------------------------------------------------------- */

/* Puts a line into a tier. `ready`: ready time << 2 | supplying tier. A dirty victim goes to the
 * tier `next`, without fetch, or to DDR; returns how many lines go there. */
static unsigned place(struct tier *t, struct tier *next, struct mark_counts *count, uint32_t line,
                      cycle_t a, uint64_t ready, bool dirty)
{
  struct cache_set *s = tier_set(t, tier_index(t, line));
  unsigned way = set_victim(s, t->ways), to_ddr = 0;
  uint64_t *slot = set_ready(s, t->tag_slots) + way;
  uint16_t bit = (uint16_t)(1u << way);
  if (s->dirty & bit && s->tag[way]) {
    uint32_t victim = s->tag[way] - 1;
    uint64_t victim_ready = s->inflight & bit ? *slot : 0;
    if (next) {
      struct cache_set *ns = tier_set(next, tier_index(next, victim));
      int w = set_find(ns, next->tag_slots, victim);
      port(next, a);
      count->written[TIER_L2]++;
      if (w >= 0) {
        set_touch(ns, (unsigned)w);
        ns->dirty |= (uint16_t)(1u << w);
        uint64_t *r = set_ready(ns, next->tag_slots) + w;
        if (victim_ready >> 2 > a && (!(ns->inflight >> w & 1) || *r >> 2 < victim_ready >> 2)) {
          *r = victim_ready;
          ns->inflight |= (uint16_t)(1u << w);
        }
      } else {
        to_ddr = place(next, NULL, count, victim, a, victim_ready, true);
      }
    } else {
      count->written[TIER_DDR]++;
      to_ddr = 1;
    }
  }
  s->tag[way] = line + 1;
  s->dirty = (uint16_t)((s->dirty & ~bit) | (dirty ? bit : 0));
  if (ready >> 2 > a) {
    s->inflight |= bit;
    *slot = ready;
  } else {
    s->inflight &= (uint16_t)~bit;
  }
  set_touch_victim(s, t->ways);
  return to_ddr;
}

static void mark_dirty(struct tier *t, uint32_t line)
{
  struct cache_set *s = tier_set(t, tier_index(t, line));
  s->dirty |= (uint16_t)(1u << set_find(s, t->tag_slots, line));
}

/* --- the near part ---------------------------------------------------------------------------- */

/* The near tiers that an access fills: L1, L2, both, or none. */
static void near_tiers(struct core *c, const struct arrival *a, struct tier *tier[2])
{
  bool fetch = a->region->kind != REGION_SHARED;
  unsigned want = a->kind != MEM_PREFETCH || a->hint == HINT_nta ? TIER_L1 : a->hint;
  tier[0] = fetch && c->l1.sets && want <= TIER_L1 ? &c->l1 : NULL;
  tier[1] = fetch && c->l2.sets && want <= TIER_L2 ? &c->l2 : NULL;
}

bool arrival_fills_nothing(struct core *c, const struct arrival *a)
{
  struct tier *near[2];
  near_tiers(c, a, near);
  return !near[0] && !near[1] && (a->region->kind == REGION_PRIVATE || !c->node->l3[0].sets);
}

/* Does everything that the near part looks at have a known ready time? */
static bool near_known(struct core *c, const struct arrival *a)
{
  struct tier *near[2];
  near_tiers(c, a, near);
  if (a->kind == MEM_FLUSH)
    return true;
  for (int i = 0; i < 2; i++) {
    struct tier *t = near[i];
    if (!t)
      continue;
    struct cache_set *s = tier_set(t, tier_index(t, a->line));
    int way = set_find(s, t->tag_slots, a->line);
    if (way >= 0)
      return !is_asked(t, s, (unsigned)way);
    way = (int)set_victim(s, t->ways);
    if (i || !(s->dirty & s->inflight) || !(s->dirty & s->inflight & 1u << way))
      continue;
    /* L1's victim takes its ready time along to L2. */
    if (is_asked(t, s, (unsigned)way))
      return false;
    uint32_t victim = s->tag[way] - 1;
    s = c->l2.sets ? tier_set(&c->l2, tier_index(&c->l2, victim)) : NULL;
    way = s ? set_find(s, c->l2.tag_slots, victim) : -1;
    if (way >= 0 && is_asked(&c->l2, s, (unsigned)way))
      return false;
  }
  return true;
}

static bool near_flush(struct core *c, const struct arrival *a)
{
  struct tier *near[2];
  bool dirty = false;
  near_tiers(c, a, near);
  for (int i = 0; i < 2; i++) {
    if (!near[i])
      continue;
    struct cache_set *s = tier_set(near[i], tier_index(near[i], a->line));
    int way = set_find(s, near[i]->tag_slots, a->line);
    if (way >= 0 && s->dirty >> way & 1) {
      s->dirty &= (uint16_t) ~(1u << way);
      dirty = true;
    }
  }
  return dirty;
}

/* The near part; false: the far part supplies. Then its lines have the ready time `asked`. */
static bool near_access(struct vtpu *v, struct core *c, struct arrival *a, uint64_t asked,
                        struct supply *out)
{
  struct tier *near[2];
  struct mark_counts *count = &a->x->marks[a->mark];
  near_tiers(c, a, near);
  a->slot[0] = a->slot[1] = NULL;
  a->to_ddr = 0;
  if (a->kind == MEM_FLUSH) {
    *out = (struct supply){a->time + (cycle_t)v->m.l1_latency, TIER_L1};
    return a->region->kind != REGION_SHARED && !near_flush(c, a);
  }
  bool write = a->kind == MEM_SCATTER, whole = write && a->width == CELL_BYTES;
  bool nearest_only = a->kind == MEM_PREFETCH && a->hint == HINT_nta;
  int first = near[0] ? 0 : 1, hit = first;
  for (; hit < 2; hit++) {
    struct tier *t = near[hit];
    if (!t)
      continue;
    struct cache_set *s = tier_set(t, tier_index(t, a->line));
    int way = set_find(s, t->tag_slots, a->line);
    if (way >= 0) {
      *out = supply_from(v, t, TIER_L1 + (unsigned)hit, count, s, (unsigned)way, a->time);
      break;
    }
    if (whole) { /* nothing to fetch from further away */
      *out = (struct supply){port(t, a->time) + t->latency, TIER_L1 + (unsigned)hit};
      count->hits[TIER_L1 + hit]++;
      a->to_ddr = (uint8_t)place(t, hit == 0 && c->l2.sets ? &c->l2 : NULL, count, a->line, a->time,
                                 out->ready << 2 | out->source, true);
      return true;
    }
  }
  uint64_t ready = hit < 2 ? out->ready << 2 | out->source : asked;
  for (int i = hit; i-- > first;) {
    struct tier *t = near[i];
    if (!t || (nearest_only && i != first))
      continue;
    a->to_ddr += (uint8_t)place(t, i == 0 && c->l2.sets ? &c->l2 : NULL, count, a->line, a->time,
                                ready, false);
    if (hit == 2) { /* the line is now the most recently used */
      struct cache_set *s = tier_set(t, tier_index(t, a->line));
      a->slot[i] = set_ready(s, t->tag_slots) + s->order[0];
    }
  }
  if (write && near[first])
    mark_dirty(near[first], a->line);
  return hit < 2;
}

/* --- the far part ----------------------------------------------------------------------------- */

/* The half of L3 that may hold a line; NULL if none may. */
static struct tier *far_tier(struct core *c, const struct arrival *a)
{
  struct node *n = c->node;
  if (a->region->kind == REGION_PRIVATE)
    return NULL;
  if (a->region->kind == REGION_ROM)
    return c->rom_l3;
  struct tier *t = &n->l3[a->line / PAGE_CELLS % n->halves];
  return t->sets ? t : NULL;
}

/* L3 and DDR serve the demand, then take the victims. */
static struct supply far_access(struct vtpu *v, struct core *c, struct arrival *a)
{
  struct node *n = c->node;
  struct tier *t = far_tier(c, a);
  struct mark_counts *count = &a->x->marks[a->mark];
  bool near = a->slot[0] || a->slot[1];
  bool write = a->kind == MEM_SCATTER && !near, whole = write && a->width == CELL_BYTES;
  unsigned victims = 0;
  struct supply out;
  struct cache_set *s = t ? tier_set(t, tier_index(t, a->line)) : NULL;
  int way = t ? set_find(s, t->tag_slots, a->line) : -1;
  if (a->kind == MEM_FLUSH) {
    if (a->region->kind == REGION_SHARED) {
      if (way < 0 || !(s->dirty >> way & 1))
        return (struct supply){a->time + (cycle_t)v->m.l1_latency, TIER_L1};
      s->dirty &= (uint16_t) ~(1u << way);
    }
    n->ddr_writes++;
    count->written[TIER_DDR]++;
    return (struct supply){ddr_port(v, n, a->time, 1) + (cycle_t)v->m.ddr_latency, TIER_DDR};
  }
  if (way >= 0) {
    out = supply_from(v, t, TIER_L3, count, s, (unsigned)way, a->time);
  } else {
    if (whole && t) {
      out = (struct supply){port(t, a->time) + t->latency, TIER_L3};
      count->hits[TIER_L3]++;
    } else {
      out = (struct supply){ddr_port(v, n, a->time, 1) + (cycle_t)v->m.ddr_latency, TIER_DDR};
      count->hits[TIER_DDR]++;
      if (write && (whole || !t))
        n->ddr_writes++;
      else
        n->ddr_reads++;
    }
    if (t && !(near && a->kind == MEM_PREFETCH && a->hint == HINT_nta))
      victims = place(t, NULL, count, a->line, a->time, out.ready << 2 | out.source, whole);
  }
  if (write && t)
    mark_dirty(t, a->line);
  if (victims + a->to_ddr) {
    ddr_port(v, n, a->time, victims + a->to_ddr);
    n->ddr_writes += victims + a->to_ddr;
  }
  return out;
}

/* When the result of a far part comes at the earliest. What L3 does not hold now of rom comes from
 * DDR, for this access or for one before it, after all that DDR has been asked for by now; so does
 * what is private. */
static cycle_t bound_of(const struct vtpu *v, struct core *c, const struct arrival *a)
{
  struct tier *t = far_tier(c, a);
  cycle_t ddr = c->node->ddr_free / 256 + (cycle_t)v->m.ddr_latency;
  if (a->near == NEAR_WAITS || a->kind > MEM_SCATTER || a->region->kind == REGION_SHARED ||
      ddr <= a->time ||
      (t && set_find(tier_set(t, tier_index(t, a->line)), t->tag_slots, a->line) >= 0))
    return a->time + 1;
  return ddr;
}

/* --- an arrival ------------------------------------------------------------------------------- */

/* Moves the data: into the register, or from `value`. */
static void move_data(struct vtpu *v, const struct arrival *a, const uint8_t *value)
{
  if (a->kind == MEM_GATHER) {
    uint8_t *r = a->x->r[a->reg];
    if (!a->keep && a->width < v->bytes)
      memset(r, 0, v->bytes);
    if (a->width == CELL_BYTES)
      for (unsigned i = 0; i < CELL_BYTES; i += 16)
        memcpy(r + i, a->cell + i, 16);
    else
      memcpy(r + a->at, a->cell + a->offset, a->width);
  } else if (a->kind == MEM_SCATTER) {
    memcpy(a->cell + a->offset, value + a->at, a->width);
  }
}

/* The lines that wait for it have their ready time. */
static void slots_known(struct core *c, struct arrival *a, const struct supply *got)
{
  for (int i = 0; i < 2; i++)
    if (a->slot[i] && *a->slot[i] == (ASKED | (uint64_t)(a - c->queue)))
      *a->slot[i] = got->ready << 2 | got->source;
}

/* Its result is known. */
static void complete(struct vtpu *v, struct core *c, struct arrival *a, const struct supply *got)
{
  struct context *x = a->x;
  if (a->kind == MEM_GATHER) {
    x->ready[a->reg] = got->ready;
    x->cause[a->reg] = (uint8_t)(STALL_L1 + got->source);
    x->arrive[a->reg] = a->time;
  }
  slots_known(c, a, got);
  if (a->owed)
    entry_known(c, a->owed, got->ready);
  else
    entry_take(c, got->ready);
  complete_at(x, got->ready);
  if (a->log)
    log_fill(a->log, 0, a->time, got->ready);
  if (a->trace)
    trace_arrival(v, a, got->ready, STALL_L1 + got->source);
  if (v->event) {
    event_access(v, a, got->ready, STALL_L1 + got->source);
    if (a->kind == MEM_GATHER)
      event_result(v, x, REG_R + a->reg, got->ready);
  }
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

/* Carries out what has not been done of an arrival. Its key is the least of all that may come. */
static void arrival_arrive(struct vtpu *v, struct core *c, struct arrival *a)
{
  struct supply got;
  bool supplied = false;
  if (a->kind == MEM_FREE) {
    discard_region(c, a->region);
    return;
  }
  if (a->kind == MEM_VICTIM) {
    ddr_port(v, c->node, a->time, a->to_ddr);
    c->node->ddr_writes += a->to_ddr;
    return;
  }
  struct access_counts before;
  log_access_begin(c, a, &before);
  if (a->near != NEAR_DONE) {
    move_data(v, a, a->value);
    supplied = near_access(v, c, a, ASKED | (uint64_t)(a - c->queue), &got);
  }
  if (!supplied)
    got = far_access(v, c, a);
  else if (a->to_ddr) {
    ddr_port(v, c->node, a->time, a->to_ddr);
    c->node->ddr_writes += a->to_ddr;
  }
  log_access_end(c, a, &before, got.source);
  complete(v, c, a, &got);
}

void arrival_take(struct vtpu *v, struct core *c)
{
  struct arrival *a = arrival_nth(c, 0);
  c->turns_stale = 3;
  arrival_arrive(v, c, a);
  c->near_waits -= a->near == NEAR_WAITS;
  c->queue_head = (c->queue_head + 1) % ARRIVALS;
  c->queue_count--;
  if (a->kind != MEM_FREE && a->kind != MEM_VICTIM)
    a->x->pending--;
  if (a->x->fence_waits)
    context_release_fence(a->x);
}

struct arrival *arrival_new(struct core *c)
{
  return arrival_nth(c, c->queue_count);
}

/* Takes the new arrival into the queue, in key order: where order of arrival is not that of issue,
 * those of one cycle may come crosswise. Returns its place. */
static struct arrival *enqueue(struct core *c)
{
  unsigned i = c->queue_count++;
  struct arrival *new = arrival_nth(c, i);
  uint64_t key = arrival_key(c, new);
  c->near_waits += new->near == NEAR_WAITS;
  if (i == 0 || arrival_key(c, arrival_nth(c, i - 1)) <= key)
    return new;
  struct arrival a = *new;
  for (; i > 0 && arrival_key(c, arrival_nth(c, i - 1)) > key; i--)
    *arrival_nth(c, i) = *arrival_nth(c, i - 1);
  new = arrival_nth(c, i);
  *new = a;
  return new;
}

/* A's result waits for its far part, and is not ready before `bound`. */
static void arrival_owe(struct core *c, struct arrival *a, cycle_t bound)
{
  struct context *x = a->x;
  if (a->kind == MEM_GATHER) {
    x->ready[a->reg] = WAITS + bound;
    x->cause[a->reg] = STALL_PTC;
    x->arrive[a->reg] = a->time;
  }
  a->owed = WAITS + bound;
  entry_take(c, a->owed);
  x->memory_bound = bound > x->memory_bound ? bound : x->memory_bound;
  x->pending++;
}

/* A new arrival, issued at t: its turn is now, or it waits in the queue. */
static void arrival_wait(struct vtpu *v, struct core *c, struct arrival *a, cycle_t t,
                         bool in_order)
{
  if (in_order && !c->queue_count && arrival_key(c, a) <= c->node->limit &&
      before_wakes(v, c, a->time, t)) {
    arrival_arrive(v, c, a);
    return;
  }
  a = enqueue(c);
  if (a->kind != MEM_VICTIM)
    arrival_owe(c, a, bound_of(v, c, a));
}

void arrival_submit(struct vtpu *v, struct core *c, struct arrival *a, cycle_t t,
                    const uint8_t *value)
{
  /* Else it may come before one that was issued earlier. */
  bool in_order = v->m.sports == 1 && (c->ptc_hit > 0 || (a->time == t && c->queue_count == 0));
  a->near = a->region->kind == REGION_SHARED ? NEAR_NONE : NEAR_WAITS;
  struct supply got;
  if (a->near == NEAR_WAITS && in_order && !c->near_waits && near_known(c, a)) {
    a->near = NEAR_DONE;
    move_data(v, a, value);
    struct access_counts before;
    log_access_begin(c, a, &before);
    bool supplied = near_access(v, c, a, ASKED | (uint64_t)(a - c->queue), &got);
    log_access_end(c, a, &before, supplied ? got.source : TIER_DDR);
    if (supplied) {
      unsigned to_ddr = a->to_ddr;
      complete(v, c, a, &got);
      if (!to_ddr)
        return;
      a->kind = MEM_VICTIM;
    }
  } else {
    a->slot[0] = a->slot[1] = NULL;
    a->to_ddr = 0;
    if (a->kind == MEM_SCATTER)
      memcpy(a->value, value, v->bytes);
  }
  arrival_wait(v, c, a, t, in_order);
}

bool arrival_at_once(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                     enum memory_kind kind, cycle_t a, cycle_t t, struct supply *got)
{
  if (logs_memory(x) || !far_turn(v, c, x, a, t))
    return false;
  const struct ptc_hint *const hint = &s->place->hint;
  struct arrival *q = arrival_new(c);
  q->time = a;
  q->x = x;
  q->region = hint->entry->region;
  q->line = gather_line(s, hint);
  q->kind = (uint8_t)kind;
  q->width = s->s_width;
  q->mark = mark_number(s);
  if (!near_access(v, c, q, ASKED | (uint64_t)(q - c->queue), got)) {
    *got = far_access(v, c, q);
    slots_known(c, q, got);
  } else if (q->to_ddr) {
    ddr_port(v, c->node, a, q->to_ddr);
    c->node->ddr_writes += q->to_ddr;
  }
  return true;
}

void arrival_free(struct core *c, struct context *x, struct ppt_region *r, cycle_t t)
{
  struct arrival *a = arrival_new(c);
  *a = (struct arrival){
      .time = t + c->ptc_hit, .x = x, .region = r, .cell = r->data, .kind = MEM_FREE};
  a->near = r->kind == REGION_PRIVATE ? NEAR_WAITS : NEAR_NONE;
  enqueue(c);
}
