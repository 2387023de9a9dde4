/* The S-pipe, one function a row of the table (architecture, section 3). */
#include "sim/engine.h"

#include <string.h>

static struct coord coordinate(const struct vtpu *v, const struct psiw *s)
{
  return (struct coord){coord_from_linear_lo(s->place->lo, v->curve_cell), s->place->hi};
}

static const uint8_t *source(const struct context *x, const struct psiw *s)
{
  return s->flags & SIW_SNAPSHOT_S ? x->snapshot_s : x->r[rest_of(x, s)->s_rs];
}

/* The same 64 bits in every lane of the destination. */
static void write_lanes(struct vtpu *v, struct context *x, const struct psiw *s, int64_t value,
                        cycle_t ready)
{
  for (unsigned i = 0; i < v->bytes; i += 8)
    memcpy(x->r[s->s_reg] + i, &value, 8);
  reg_owe(x, s->s_reg, ready, STALL_SRESULT);
}

static enum attempt s_SNOP(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                           cycle_t t)
{
  (void)v, (void)c, (void)x, (void)s, (void)t;
  return ATTEMPT_ISSUED;
}

/* The memory operations share translation and timing: memory.c. */
#define s_SGATHER  memory_issue
#define s_SGATHERM memory_issue
#define s_SSCATTR  memory_issue
#define s_SFLUSH   memory_issue

static enum attempt s_SPREFCH(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                              cycle_t t)
{
  if (!v->m.prefetch)
    return ATTEMPT_ISSUED;
  return memory_issue(v, c, x, s, t);
}

static enum attempt s_SINDEX(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                             cycle_t t)
{
  const struct slot *f = &rest_of(x, s)->bundle->slot[PIPE_S];
  uint64_t lo = s->place->lo;
  uint64_t hi = s->place->hi;
  int64_t step = f->imm;
  if (f->ri) {
    int32_t lane;
    memcpy(&lane, source(x, s), sizeof lane);
    step += lane;
  }
  if (!walk(v, &lo, &hi, (unsigned)f->axis, step, f->flag)) {
    if (!engine_due(c, t, x->global))
      return ATTEMPT_YIELD;
    engine_fault(x, t, "SINDEX by %lld leaves phext space", (long long)step);
    return ATTEMPT_ISSUED;
  }
  ppt_foresee(&c->node->ppt, c, lo, hi);
  place_move(&x->p[s->s_reg], lo, hi);
  reg_owe(x, REG_P + s->s_reg, t + (cycle_t)v->m.latency[LAT_STEP], STALL_SRESULT);
  return ATTEMPT_ISSUED;
}

static enum attempt s_SDEDUP(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                             cycle_t t)
{
  (void)c;
  if (rest_of(x, s)->bundle->slot[PIPE_S].mode == DEDUP_clear)
    x->dedup_count = 0;
  uint64_t value;
  memcpy(&value, source(x, s), 8);
  int64_t at = -1;
  for (unsigned i = 0; i < x->dedup_count && at < 0; i++)
    if (x->dedup[i] == value)
      at = i;
  if (at < 0 && x->dedup_count < 64) {
    at = x->dedup_count;
    x->dedup[x->dedup_count++] = value;
  }
  write_lanes(v, x, s, at, t + (cycle_t)v->m.latency[LAT_ASSOC]);
  return ATTEMPT_ISSUED;
}

/* --- regions at run time ------------------------------------------------------------------------
 */

static enum attempt s_SALLOC(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                             cycle_t t)
{
  const struct slot *f = &rest_of(x, s)->bundle->slot[PIPE_S];
  struct coord lo = coord_with_flags(coordinate(v, s), 0);
  struct object_region o = {.kind = f->mode == KIND_private ? REGION_PRIVATE : REGION_SHARED,
                            .core = (uint16_t)(f->mode == KIND_private ? c->number : 0)};
  for (int d = 0; d < COORD_DIMS; d++) {
    if (d < 3)
      lo = coord_with_dim(lo, d, coord_dim(lo, d) & ~3u);
    o.extent[d] = 1;
  }
  o.lo = lo;
  /* A run of pages along D0; whole rows of 512 blocks carry into D1. */
  unsigned pages = (unsigned)f->imm, b0 = coord_dim(lo, 0) / 4, b1 = coord_dim(lo, 1) / 4;
  bool fits = true;
  if (b0 + pages <= 512) {
    o.extent[0] = (uint16_t)pages;
  } else if (b0 == 0 && pages % 512 == 0 && b1 + pages / 512 <= 512) {
    o.extent[0] = 512;
    o.extent[1] = (uint16_t)(pages / 512);
  } else {
    fits = false;
  }
  int64_t result = -1;
  struct ppt_region *r = NULL;
  if (fits && !ppt_overlaps(&c->node->ppt, &o) &&
      ppt_add(&c->node->ppt, &o, NULL, t + 1, &r, NULL) == 0)
    result = (int64_t)r->first_frame;
  if (v->event)
    event_translation(v, x, lo, t, result < 0 ? NULL : r, result < 0 ? 0 : r->first_frame);
  write_lanes(v, x, s, result, t + (cycle_t)v->m.latency[LAT_ALLOC]);
  return ATTEMPT_ISSUED;
}

static enum attempt s_SFREE(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                            cycle_t t)
{
  struct coord at = coordinate(v, s);
  struct page page;
  bool found = ppt_find(&c->node->ppt, coord_linear_lo(at.lo, v->curve_index), at.hi, t, &page);
  const char *wrong = !found                            ? "nothing is allocated there"
                      : page.region->kind == REGION_ROM ? "the region is rom"
                      : page.region->extent[0] == 0 ? "its first access mapped the page, no SALLOC"
                      : page.region->kind == REGION_PRIVATE && page.region->core != c->number
                          ? "the region is private to another core"
                          : NULL;
  if (v->event)
    event_translation(v, x, at, t, wrong ? NULL : page.region, page.frame);
  if (wrong) {
    char text[COORD_TEXT_BYTES];
    engine_fault(x, t, "free of %s: %s", coord_print(at, text), wrong);
    return ATTEMPT_ISSUED;
  }
  struct ppt_region *r = page.region;
  r->freed = true;
  arrival_free(c, x, r, t);
  ptc_discard_region(&c->ptc, r);
  return ATTEMPT_ISSUED;
}

/* --- the FIFO of coordinates --------------------------------------------------------------------
 */

static unsigned assoc_count(const struct context *x)
{
  return x->assoc_puts < 64 ? (unsigned)x->assoc_puts : 64;
}

/* Equal dimensions among those in the mask. */
static int equal_dims(struct coord a, struct coord b, unsigned mask)
{
  int n = 0;
  for (int d = 0; d < COORD_DIMS; d++)
    n += (mask >> d & 1) && coord_dim(a, d) == coord_dim(b, d);
  return n;
}

static int64_t best_slot(const struct context *x, struct coord at, unsigned mask)
{
  int64_t best = -1;
  int most = -1;
  for (unsigned i = 0; i < assoc_count(x); i++) {
    int n = equal_dims(x->assoc[i], at, mask);
    if (n > most) {
      most = n;
      best = i;
    }
  }
  return best;
}

static enum attempt s_SASSOC(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                             cycle_t t)
{
  (void)c;
  struct coord at = coord_with_flags(coordinate(v, s), 0);
  int64_t result = -1;
  uint64_t equal = 0;
  for (unsigned i = 0; i < assoc_count(x); i++)
    equal |= (uint64_t)coord_same_cell(x->assoc[i], at) << i;
  switch (rest_of(x, s)->bundle->slot[PIPE_S].mode) {
  case MATCH_put:
    result = (int64_t)(x->assoc_puts % 64);
    x->assoc[x->assoc_puts++ % 64] = at;
    break;
  case MATCH_first: result = equal ? __builtin_ctzll(equal) : -1; break;
  case MATCH_count: result = __builtin_popcountll(equal); break;
  case MATCH_nearest: result = best_slot(x, at, 0x7ff); break;
  case MATCH_all: result = (int64_t)equal; break;
  default: break;
  }
  write_lanes(v, x, s, result, t + (cycle_t)v->m.latency[LAT_ASSOC]);
  return ATTEMPT_ISSUED;
}

static enum attempt s_SROUTE(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                             cycle_t t)
{
  (void)c;
  int64_t best = best_slot(x, coordinate(v, s), (unsigned)rest_of(x, s)->s_imm);
  write_lanes(v, x, s, best, t + (cycle_t)v->m.latency[LAT_ASSOC]);
  return ATTEMPT_ISSUED;
}

static enum attempt s_SNEIGHBR(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                               cycle_t t)
{
  (void)c;
  struct coord at = coordinate(v, s);
  int64_t near = 0;
  for (unsigned i = 0; i < assoc_count(x); i++) {
    bool inside = true;
    for (int d = 0; d < COORD_DIMS && inside; d++)
      inside = abs((int)coord_dim(x->assoc[i], d) - (int)coord_dim(at, d)) <= rest_of(x, s)->s_imm;
    near += inside;
  }
  write_lanes(v, x, s, near, t + (cycle_t)v->m.latency[LAT_ASSOC]);
  return ATTEMPT_ISSUED;
}

#define SELECT_D(name, code)
#define SELECT_S(name, code) [code] = s_##name,
#define SELECT_C(name, code)
s_fn *const s_functions[OP_CODES] = {
#define OP(name, code, pipe, mnemonic, types, lat, latf, mac, modes, operands, doc)                \
  SELECT_##pipe(name, code)
#include "isa/ops.def"
#undef OP
};
