/* One cache tier: tags, true LRU, dirty and in-flight bits (architecture, section 4).
 *
 * A set is two or four host lines: LRU as a permutation of way numbers in nibbles (nibble 0 = most
 * recently used, so a victim is the last nibble), one dirty and one in-flight bit a way, then the
 * tags, then the ready times, touched only for lines that may still be in flight.
 */
#ifndef VTPU_SIM_TIERS_H
#define VTPU_SIM_TIERS_H

#include "isa/machine.h"
#include "sim/large.h"

#include <stdbool.h>

#ifdef __AVX2__
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

struct cache_set {
  uint64_t lru;
  uint16_t dirty, inflight;
  uint32_t unused;
  uint32_t tag[]; /* line address + 1; 0 = free; 8 or 16 of them; behind them set_ready */
};
enum { SET_8_BYTES = 128, SET_16_BYTES = 256 };

/* [tag_slots] ready time << 2 | supplying tier */
static inline __attribute__((always_inline)) uint64_t *set_ready(struct cache_set *s,
                                                                 unsigned tag_slots)
{
  return (uint64_t *)(void *)(s->tag + tag_slots);
}

struct tier {
  uint8_t *sets; /* NULL: the tier does not exist */
  uint32_t mask;
  unsigned bits, ways, tag_slots, stride;
  uint64_t free; /* its port is free from this cycle on */
  uint64_t latency, interval;
};

/* -1: out of memory. */
int tier_init(struct tier *t, struct large *l, int64_t bytes, int64_t ways, int64_t latency,
              int64_t interval);
/* Takes a line out, without writing it back; its way is the next victim. */
void tier_discard(struct tier *t, uint32_t line);

/* Set index: the line address xor-folded once with the bits above it. */
static inline __attribute__((always_inline)) uint32_t tier_index(const struct tier *t,
                                                                 uint32_t line)
{
  return (line ^ line >> t->bits) & t->mask;
}
static inline struct cache_set *tier_set(const struct tier *t, uint32_t index)
{
  return (struct cache_set *)(t->sets + (size_t)index * t->stride);
}

/* Lets the host fetch the set of this number; `bytes`: of a set, a constant where it is known. */
static inline __attribute__((always_inline)) void set_foresee(const struct tier *t, uint32_t index,
                                                              unsigned bytes)
{
  const uint8_t *set = t->sets + (size_t)index * bytes;
#pragma GCC unroll 4
  for (unsigned i = 0; i < bytes; i += 64)
    __builtin_prefetch(set + i);
}
/* And what a look for the line will want. */
static inline void tier_foresee(const struct tier *t, uint32_t line)
{
  set_foresee(t, tier_index(t, line), t->stride);
}

/* The ways that hold a line (one or none), as bits. */
static inline __attribute__((always_inline)) unsigned set_ways(const struct cache_set *s,
                                                               unsigned tag_slots, uint32_t line)
{
  uint32_t want = line + 1;
#ifdef __AVX2__
  if (tag_slots == 8) {
    __m256i equal = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)(const void *)s->tag),
                                       _mm256_set1_epi32((int)want));
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(equal));
  }
#endif
#ifdef __SSE2__
  __m128i w = _mm_set1_epi32((int)want);
  const __m128i *tags = (const __m128i *)(const void *)s->tag;
  __m128i a = _mm_cmpeq_epi32(_mm_load_si128(tags), w);
  __m128i b = _mm_cmpeq_epi32(_mm_load_si128(tags + 1), w);
  unsigned hit =
      (unsigned)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(a, b), _mm_setzero_si128()));
  if (tag_slots > 8) {
    a = _mm_cmpeq_epi32(_mm_load_si128(tags + 2), w);
    b = _mm_cmpeq_epi32(_mm_load_si128(tags + 3), w);
    hit |= (unsigned)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(a, b), _mm_setzero_si128()))
           << 8;
  }
  return hit;
#else
  unsigned hit = 0;
  for (unsigned i = 0; i < tag_slots; i++)
    hit |= (unsigned)(s->tag[i] == want) << i;
  return hit;
#endif
}

/* Does a set hold a line? */
static inline __attribute__((always_inline)) bool set_holds(const struct cache_set *s,
                                                            unsigned tag_slots, uint32_t line)
{
#ifdef __AVX2__
  if (tag_slots == 16) {
    const __m256i want = _mm256_set1_epi32((int)(line + 1)),
                  *tags = (const __m256i *)(const void *)s->tag;
    const __m256i equal = _mm256_cmpeq_epi32(_mm256_loadu_si256(tags), want) |
                          _mm256_cmpeq_epi32(_mm256_loadu_si256(tags + 1), want);
    return !_mm256_testz_si256(equal, equal);
  }
#endif
  return set_ways(s, tag_slots, line) != 0;
}

/* The way that holds a line, or -1. */
static inline __attribute__((always_inline)) int set_find(const struct cache_set *s,
                                                          unsigned tag_slots, uint32_t line)
{
  unsigned ways = set_ways(s, tag_slots, line);
  return ways ? __builtin_ctz(ways) : -1;
}

/* The way becomes the most recently used: its nibble goes to the front. */
static inline __attribute__((always_inline)) void set_touch(struct cache_set *s, unsigned way)
{
  uint64_t x = s->lru ^ way * UINT64_C(0x1111111111111111);
  uint64_t zero = (x - UINT64_C(0x1111111111111111)) & ~x & UINT64_C(0x8888888888888888);
  unsigned shift = (unsigned)__builtin_ctzll(zero) & ~3u; /* nibble that holds the way */
  uint64_t below = s->lru & ((UINT64_C(1) << shift) - 1);
  s->lru = s->lru - below - ((uint64_t)way << shift) + (below << 4) + way;
}

/* The same for 8 ways, whose order is the low half of the word. A stream through more than fits
 * touches what would be the next victim. */
static inline __attribute__((always_inline)) void set_touch_8(struct cache_set *s, unsigned way)
{
  uint32_t lru = (uint32_t)s->lru, x = lru ^ way * 0x11111111u;
  if (lru >> 28 == way) {
    s->lru = lru << 4 | way;
    return;
  }
  unsigned shift = (unsigned)__builtin_ctz((x - 0x11111111u) & ~x & 0x88888888u) & ~3u;
  uint32_t below = lru & ((1u << shift) - 1);
  s->lru = lru - below - (way << shift) + (below << 4) + way;
}

/* Does a way hold a line in flight at `a`? If not any more, that is noted. */
static inline __attribute__((always_inline)) bool
set_inflight(struct cache_set *s, unsigned tag_slots, unsigned way, uint64_t a)
{
  if (__builtin_expect(!(s->inflight >> way & 1), 1))
    return false;
  if (set_ready(s, tag_slots)[way] >> 2 > a)
    return true;
  s->inflight &= (uint16_t) ~(1u << way);
  return false;
}

/* The victim becomes the most recently used. */
static inline __attribute__((always_inline)) void set_touch_victim(struct cache_set *s,
                                                                   unsigned ways, unsigned way)
{
  uint64_t mask = ways == 16 ? UINT64_MAX : (UINT64_C(1) << (4 * ways)) - 1;
  s->lru = (s->lru << 4 & mask) | way;
}

/* Moves a way to the end of the order, where the next victim is taken. */
static inline void set_age(struct cache_set *s, unsigned ways, unsigned way)
{
  uint64_t order = 0;
  unsigned n = 0;
  for (unsigned i = 0; i < ways; i++) {
    unsigned w = s->lru >> (4 * i) & 15;
    if (w != way)
      order |= (uint64_t)w << (4 * n++);
  }
  s->lru = order | (uint64_t)way << (4 * n);
}

static inline __attribute__((always_inline)) unsigned set_victim(const struct cache_set *s,
                                                                 unsigned ways)
{
  return (unsigned)(s->lru >> (4 * (ways - 1))) & 15;
}

#endif
