/* Phext translation cache (architecture, section 4): set-associative, LRU, one a core. */
#include "sim/engine.h"

int ptc_init(struct ptc *ptc, struct large *l, const struct machine *m)
{
  *ptc = (struct ptc){.ways = (unsigned)m->ptc_ways,
                      .per_page = m->ptc_granularity == PTC_PAGE,
                      .reference_hash = m->ptc_hash == PTC_REFERENCE,
                      .way0 = m->ptc_replacement == PTC_WAY0,
                      .clock = 1};
  uint64_t sets = (uint64_t)(m->ptc_entries / m->ptc_ways);
  ptc->set_bits = (unsigned)__builtin_ctzll(sets);
  ptc->entries = large_take(l, (size_t)m->ptc_entries * sizeof *ptc->entries);
  if (!ptc->entries)
    return -1;
  for (int64_t i = 0; i < m->ptc_entries; i++)
    ptc->entries[i] = (struct ptc_entry){.khi = UINT64_MAX, .line = NO_LINE};
  return 0;
}

/* The index of the public reference runtime (reference-facts, section d), over its own packing:
 * dimensions 0..5 from bit 0 of one word (D5 loses its top bits), 6..10 from bit 0 of another. */
static uint64_t hash_reference(struct coord raw)
{
  uint64_t hi = 0;
  for (int d = 6; d < COORD_DIMS; d++)
    hi |= (uint64_t)coord_dim(raw, d) << (11 * (d - 6));
  uint64_t h = raw.lo * UINT64_C(0x517cc1b727220a95) ^ hi * UINT64_C(0x9E3779B97F4A7C15);
  return h ^ h >> 17 ^ h >> 34;
}

struct ptc_entry *ptc_set(const struct ptc *ptc, uint64_t klo, uint64_t khi, struct coord raw)
{
  if (!ptc->reference_hash)
    return ptc_set_folded(ptc, klo, khi);
  if (ptc->per_page) /* all cells of a page in one set: that of its first cell */
    raw.lo &= ~UINT64_C(0xc01803);
  return ptc->entries + (hash_reference(raw) & ((UINT64_C(1) << ptc->set_bits) - 1)) * ptc->ways;
}

void ptc_discard_region(struct ptc *ptc, const struct ppt_region *region)
{
  size_t entries = ((size_t)1 << ptc->set_bits) * ptc->ways;
  for (size_t i = 0; i < entries; i++)
    if (ptc->entries[i].khi != UINT64_MAX && ptc->entries[i].region == region)
      ptc->entries[i] = (struct ptc_entry){.khi = UINT64_MAX, .line = NO_LINE};
}

bool ptc_open(const struct ptc *ptc, struct ptc_hint *hint, uint64_t lo, uint64_t hi)
{
  uint64_t klo, khi;
  ptc_key(ptc, lo, hi, &klo, &khi);
  if (ptc->reference_hash || !ptc->per_page)
    return false;
  struct ptc_entry *e = ptc_find(ptc, ptc_set_folded(ptc, klo, khi), klo, khi);
  if (e)
    ptc_note(hint, e, lo, hi);
  return e && hint->room > 0;
}
