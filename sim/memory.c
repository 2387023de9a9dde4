/* Memory operations of the S-pipe, at issue: the PTC is looked up and changed, a walk starts, a
 * memory entry is taken (architecture, section 4, "Timing of an access"). What happens at arrival
 * is in arrival.c.
 */
#include "sim/gather.h"

#include <string.h>

/* --- issue ------------------------------------------------------------------------------------ */

static struct coord raw_coord(const struct vtpu *v, uint64_t lo, uint64_t hi)
{
  return (struct coord){coord_from_linear_lo(lo, v->curve_cell), hi};
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
static void prefetch_walk(struct vtpu *v, struct core *c, struct context *x,
                          struct mark_counts *count, cycle_t t, struct ptc_entry *set, uint64_t klo,
                          uint64_t khi, const struct page *page)
{
  cycle_t done = t + (cycle_t)v->m.ptc_hit;
  if (page && c->walker_free <= t) {
    struct ptc_entry *e = ptc_replace(&c->ptc, set, klo, khi);
    done = t + (cycle_t)v->m.ptc_miss;
    c->walker_free = done;
    count->walks++;
    fill_entry(c, e, page, done);
  } else {
    x->prefetches_dropped++;
  }
  finish(c, x, done);
}

/* The record of such a prefetch, before it is carried out. */
static void log_walk(const struct vtpu *v, const struct core *c, const struct context *x, cycle_t t,
                     bool page, uint64_t lo, uint64_t hi)
{
  bool walks = page && c->walker_free <= t;
  cycle_t done = t + (cycle_t)(walks ? v->m.ptc_miss : v->m.ptc_hit);
  log_memory(x->log,
             ACCESS_PREFETCH << OUTCOME_ACCESS_SHIFT | (walks ? OUTCOME_WALK : OUTCOME_DROPPED),
             done, done, lo, hi);
}

enum attempt memory_issue(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                          cycle_t t)
{
  const struct psiw_rest *rest = rest_of(x, s);
  enum memory_kind kind = rest->s_code == OP_SSCATTR   ? MEM_SCATTER
                          : rest->s_code == OP_SPREFCH ? MEM_PREFETCH
                          : rest->s_code == OP_SFLUSH  ? MEM_FLUSH
                                                       : MEM_GATHER;
  uint64_t lo = s->place->lo, hi = s->place->hi, klo, khi;
  unsigned offset = (unsigned)(hi >> 57) & 63;
  ptc_key(&c->ptc, lo, hi, &klo, &khi);
  struct ptc_entry *set = ptc_set(
      &c->ptc, klo, khi, c->ptc.reference_hash ? raw_coord(v, lo, hi) : (struct coord){0, 0});
  struct ptc_entry *e = ptc_find(&c->ptc, set, klo, khi);

  /* A miss asks the page table, which other cores may change in some programs; and where they may
   * free regions, an entry of a shared one may be of a region that is gone. No core is told of
   * that: only the simulator knows, for the fault; a prefetch goes to the old line. */
  struct page page = {0};
  bool mapped = true;
  if (!e || (v->frees && e->kind == REGION_SHARED && kind != MEM_PREFETCH)) {
    if (v->ppt_changes && !engine_due(c, t, x->global))
      return ATTEMPT_YIELD;
    if (e)
      mapped = !e->region->freed;
    else
      mapped =
          ppt_find(&c->node->ppt, lo, hi, t, &page) ||
          (c->node->ppt.lazy && kind != MEM_PREFETCH && ppt_map_page(&c->node->ppt, lo, hi, &page));
  }
  if (__builtin_expect(v->event != NULL, 0))
    event_translation(v, x, raw_coord(v, lo, hi), t,
                      !mapped ? NULL
                      : e     ? e->region
                              : page.region,
                      e ? e->line / PAGE_CELLS : page.frame);
  if (kind == MEM_PREFETCH) {
    x->prefetches++;
    bool wildcard = hi >> 63;
    if (!e || !mapped || wildcard || e->fill > t || e->foreign) {
      if (logs_memory(x))
        log_walk(v, c, x, t, !e && mapped, lo, hi);
      prefetch_walk(v, c, x, mark_of(x, s), t, set, klo, khi, !e && mapped ? &page : NULL);
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
  const bool missed = !e || e->fill > t;
  if (__builtin_expect(missed, 0)) {
    mark_of(x, s)->ptc_misses++;
    if (x->log)
      x->log->next = OUTCOME_MISS | (e ? 0 : OUTCOME_WALK);
    if (!e) {
      cycle_t start = t > c->walker_free ? t : c->walker_free;
      e = ptc_replace(&c->ptc, set, klo, khi);
      fill_entry(c, e, &page, start + (cycle_t)v->m.ptc_miss);
      c->walker_free = e->fill;
      mark_of(x, s)->walks++;
    }
    if (e->fill > a)
      a = e->fill;
    if (e->fill > c->s_closed)
      c->s_closed = e->fill;
  }
  if (c->fast_gathers)
    ptc_note(&s->place->hint, e, lo, hi);

  struct supply got;
  if (s->s_gather && c->fast_gathers && !v->untimed && !c->near_waits && e->kind != REGION_SHARED &&
      gather_far(v, c, x, e->kind, mark_of(x, s), gather_line(s, &s->place->hint), a, t, &got) ==
          FAR_DONE) {
    gather_finish(c, x, s, &s->place->hint, a, got);
    finish(c, x, got.ready);
    return ATTEMPT_ISSUED;
  }
  e->stamp = c->ptc.clock++;
  struct arrival *q = arrival_new(c);
  unsigned in_page = (unsigned)lo & 63;
  q->time = a;
  q->x = x;
  q->region = e->region;
  q->cell = e->data + (size_t)in_page * CELL_BYTES;
  q->line = e->line + in_page;
  q->kind = (uint8_t)kind;
  q->reg = s->s_reg;
  q->at = s->s_at;
  q->width = s->s_width;
  q->offset = (uint8_t)offset;
  q->owed = 0;
  q->hint = (uint8_t)rest->s_imm;
  q->keep = rest->s_code == OP_SGATHERM;
  q->mark = mark_number(s);
  if (kind == MEM_PREFETCH && arrival_fills_nothing(c, q)) {
    finish(c, x, a);
    if (logs_memory(x))
      log_memory(x->log, ACCESS_PREFETCH << OUTCOME_ACCESS_SHIFT, a, a, lo, hi);
    if (v->event)
      event_access(v, q, a, STALL_L1);
    return ATTEMPT_ISSUED;
  }
  q->trace = v->trace ? trace_of_memory(v, c->node, lo, hi, !missed) : NULL;
  static const enum trace_access access[] = {ACCESS_GATHER, ACCESS_SCATTER, ACCESS_PREFETCH,
                                             ACCESS_FLUSH};
  q->log = logs_memory(x) ? log_hole(x->log, (uint32_t)access[kind] << OUTCOME_ACCESS_SHIFT, lo, hi)
                          : NULL;
  arrival_submit(v, c, q, t, s->flags & SIW_SNAPSHOT_S ? x->snapshot_s : x->r[rest->s_rs]);
  return ATTEMPT_ISSUED;
}

/* --- host directives -------------------------------------------------------------------------- */

bool memory_host(struct vtpu *v, struct coord raw, uint8_t *bytes, bool write)
{
  struct core *c = v->cores[0];
  uint64_t lo = coord_linear_lo(raw.lo, v->curve_index), klo, khi;
  ptc_key(&c->ptc, lo, raw.hi, &klo, &khi);
  struct ptc_entry *set = ptc_set(&c->ptc, klo, khi, raw), *e = ptc_find(&c->ptc, set, klo, khi);
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
    e = ptc_replace(&c->ptc, set, klo, khi);
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
  if (v->event)
    event_host(v, raw, e, bytes);
  return true;
}
