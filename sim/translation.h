/* From a coordinate to a line: the phext page table of a node and the phext translation cache of a
 * core (architecture, section 4).
 */
#ifndef VTPU_SIM_TRANSLATION_H
#define VTPU_SIM_TRANSLATION_H

#include "isa/machine.h"
#include "sim/large.h"
#include "sim/vtpu.h"

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t cycle_t;
__extension__ typedef unsigned __int128 uint128;

/* --- phext page table (ppt.c) ----------------------------------------------------------------- */

struct ppt_region {
  enum region_kind kind;
  unsigned core;
  struct coord lo;
  uint16_t extent[COORD_DIMS];
  unsigned lo_dim[COORD_DIMS];    /* in pages for D0..D2, in values above */
  uint64_t stride[COORD_DIMS];    /* pages */
  struct coord fixed, fixed_at;   /* linear: bits of the dimensions of extent 1, and their values */
  uint8_t varies[COORD_DIMS + 1]; /* the others, ended by COORD_DIMS */
  uint64_t run, run_first; /* pages in storage order are one run: bits of their number in the linear
                              low word, and what these hold at the first; 0: they are not */
  uint64_t pages, first_frame;
  uint8_t *data;      /* pages * PAGE_BYTES, in frame order */
  bool mapped;        /* data is this region's own mapping, not the object's content */
  bool freed;         /* SFREE: later accesses fault */
  cycle_t valid_from; /* SALLOC: the first cycle at which it exists */
  const struct object_region *origin; /* NULL: made at run time */
};

struct page {
  uint8_t *data;
  uint64_t frame;
  struct ppt_region *region;
};

struct ppt {
  struct ppt_region **regions;
  size_t count, room;
  struct ppt_region *last; /* the region found last: host speed only */
  struct page foreseen;    /* where ppt_foresee was asked for last; so is this */
  uint64_t foreseen_lo, foreseen_hi;
  struct trie_node *trie;      /* pages mapped one by one (lazy_mapping) */
  uint64_t next_frame, frames; /* frames = the DDR's capacity */
  bool lazy;
};

/* The number, in storage order, of a linear coordinate's page in a region; false: it lies outside.
 * Most dimensions of a box have one value: they are compared at once, before the others. */
bool box_varying(const struct ppt_region *r, uint64_t lin_lo, uint64_t hi, uint64_t *page);
static inline __attribute__((always_inline)) bool
box_page(const struct ppt_region *r, uint64_t lin_lo, uint64_t hi, uint64_t *page)
{
  if (((lin_lo ^ r->fixed_at.lo) & r->fixed.lo) | ((hi ^ r->fixed_at.hi) & r->fixed.hi))
    return false;
  if (!r->run)
    return box_varying(r, lin_lo, hi, page);
  *page = ((lin_lo & r->run) - r->run_first) / PAGE_CELLS;
  return *page < r->pages;
}

/* The page of a linear coordinate; false if nothing is allocated there at `now`. */
bool ppt_search(struct ppt *ppt, uint64_t lin_lo, uint64_t hi, cycle_t now, struct page *out);
static inline bool ppt_find(struct ppt *ppt, uint64_t lin_lo, uint64_t hi, cycle_t now,
                            struct page *out)
{
  const struct ppt_region *r = ppt->foreseen.region;
  if (!r || lin_lo != ppt->foreseen_lo || hi != ppt->foreseen_hi || r->freed || now < r->valid_from)
    return ppt_search(ppt, lin_lo, hi, now, out);
  *out = ppt->foreseen;
  return true;
}
/* A coordinate was computed that will be gathered from: lets the host fetch what that needs, if it
 * lies in the region found last. Nothing changes. */
struct core;
void ppt_foresee(struct ppt *ppt, const struct core *c, uint64_t lin_lo, uint64_t hi);
/* Maps one page of zeros, lazily. Returns false when the DDR is full, or a region there begins in
 * the next cycle. */
bool ppt_map_page(struct ppt *ppt, uint64_t lin_lo, uint64_t hi, struct page *out);
int ppt_add(struct ppt *ppt, const struct object_region *r, uint8_t *content, cycle_t valid_from,
            struct ppt_region **out, struct vtpu_error *err);
bool ppt_overlaps(const struct ppt *ppt, const struct object_region *r);
/* Visits the pages that were mapped lazily, in ascending page key. */
void ppt_each_lazy(const struct ppt *ppt, void (*visit)(void *user, struct ppt_region *r),
                   void *user);
void ppt_free(struct ppt *ppt);

/* --- phext translation cache (ptc.c) ---------------------------------------------------------- */

#define NO_LINE UINT32_MAX
struct ptc_entry {
  uint64_t klo, khi; /* page key or coordinate; khi = UINT64_MAX: free */
  uint64_t stamp;    /* LRU: larger is younger; 0: free */
  cycle_t fill;      /* the walk ends here */
  uint8_t *data;     /* of the page */
  uint32_t line;     /* frame * 64; NO_LINE: free */
  uint8_t kind;      /* enum region_kind */
  bool foreign;      /* private to another core */
  struct ppt_region *region;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct ptc_entry) == 64, "an entry is one host line");

struct ptc {
  struct ptc_entry *entries; /* [sets][ways] */
  unsigned ways, set_bits;
  bool per_page, reference_hash, way0;
  uint64_t clock;
};

/* What was found last for a p register or an immediate, so that a walk along a page looks once.
 * Valid while its entry holds the page: no two have the same frame. Who writes the high word of the
 * coordinate takes it out (place_move). */
struct ptc_hint {
  uint64_t base;           /* linear low word of the page's first cell */
  uint8_t *bytes;          /* of the page's first cell, from the offset on */
  struct ptc_entry *entry; /* NULL: nothing was found yet */
  uint32_t line;           /* of the page's first cell */
  uint32_t room;           /* bytes from the offset to the cell's end; 0: not for the short path */
};

/* -1: out of memory. */
int ptc_init(struct ptc *ptc, struct large *l, const struct machine *m);
static inline void ptc_key(const struct ptc *ptc, uint64_t lin_lo, uint64_t hi, uint64_t *klo,
                           uint64_t *khi)
{
  hi &= COORD_HI_DIM_MASK;
  if (ptc->per_page) {
    *klo = lin_lo >> 6 | hi << 58;
    *khi = hi >> 6;
  } else {
    *klo = lin_lo;
    *khi = hi;
  }
}

/* The set of a key, in the low `bits` bits: folded by xor in chunks of that width. */
static inline uint64_t ptc_fold(uint64_t klo, uint64_t khi, unsigned bits)
{
  if (bits == 0)
    return 0;
  uint64_t h = 0;
  if ((bits & (bits - 1)) == 0) { /* chunks that do not straddle the words: halve and halve */
    h = klo ^ khi;
    for (unsigned half = 32; half >= bits; half /= 2)
      h ^= h >> half;
    return h;
  }
  uint128 k = (uint128)khi << 64 | klo;
  for (; k; k >>= bits)
    h ^= (uint64_t)k;
  return h;
}
static inline struct ptc_entry *ptc_set_folded(const struct ptc *ptc, uint64_t klo, uint64_t khi)
{
  uint64_t set = ptc_fold(klo, khi, ptc->set_bits) & ((UINT64_C(1) << ptc->set_bits) - 1);
  return ptc->entries + set * ptc->ways;
}
/* The set of a key; raw: the coordinate, for the reference hash. */
struct ptc_entry *ptc_set(const struct ptc *ptc, uint64_t klo, uint64_t khi, struct coord raw);
/* The set's entry that holds the key, or NULL. */
static inline struct ptc_entry *ptc_find(const struct ptc *ptc, struct ptc_entry *set, uint64_t klo,
                                         uint64_t khi)
{
  for (unsigned w = 0; w < ptc->ways; w++)
    if (set[w].klo == klo && set[w].khi == khi)
      return set + w;
  return NULL;
}
/* Replaces a victim of the key's set; the caller fills in the page. */
static inline __attribute__((always_inline)) struct ptc_entry *
ptc_replace(struct ptc *ptc, struct ptc_entry *set, uint64_t klo, uint64_t khi)
{
  struct ptc_entry *victim = set; /* a free entry has the stamp 0 */
  for (unsigned w = 1; w < ptc->ways; w++)
    victim = set[w].stamp < victim->stamp ? set + w : victim;
  if (ptc->way0 && victim->stamp)
    victim = set;
  *victim = (struct ptc_entry){.klo = klo, .khi = khi, .stamp = ptc->clock++};
  return victim;
}
void ptc_discard_region(struct ptc *ptc, const struct ppt_region *region);
/* Notes an entry for the short path of gathers. */
static inline __attribute__((always_inline)) void
ptc_note(struct ptc_hint *hint, struct ptc_entry *e, uint64_t lo, uint64_t hi)
{
  unsigned offset = (unsigned)(hi >> 57) & 63;
  *hint =
      (struct ptc_hint){.base = lo & ~UINT64_C(63),
                        .bytes = e->data + offset,
                        .entry = e,
                        .line = e->line,
                        .room = e->kind == REGION_SHARED || e->foreign ? 0 : CELL_BYTES - offset};
}

/* Is it of this page, and is the entry still there? */
static inline __attribute__((always_inline)) bool ptc_hint_holds(const struct ptc_hint *hint,
                                                                 uint64_t lo)
{
  return lo - hint->base < PAGE_CELLS && hint->entry && hint->entry->line == hint->line;
}
/* Looks for an entry that the short path may use; nothing of the machine changes. */
bool ptc_open(const struct ptc *ptc, struct ptc_hint *hint, uint64_t lo, uint64_t hi);

#endif
