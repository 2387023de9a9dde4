/* One cache tier: tags, true LRU, dirty and in-flight bits (architecture, section 4).
 *
 * A set is two or four host lines: the ways in the order of their use (the most recently used
 * first, so that a victim is the last), one dirty and one in-flight bit a way, then the tags, then
 * the ready times, touched only for lines that may still be in flight.
 */
#ifndef VTPU_SIM_TIERS_H
#define VTPU_SIM_TIERS_H

#include "isa/machine.h"
#include "sim/large.h"

#include <stdbool.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { WAYS_MAX = 16 };
struct cache_set {
  uint8_t order[WAYS_MAX]; /* behind the tier's ways the others, which stay there */
  uint16_t dirty, inflight;
  uint8_t unused[12];
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

/* For moves in an order by a shuffle of bytes (tiers.c). */
extern const struct order_moves {
  uint8_t front_8[8][8], unused[8]; /* of 8: what is at this place goes to the front */
  uint8_t front[WAYS_MAX][WAYS_MAX];
  uint8_t way[WAYS_MAX]; /* its number */
} order_moves;

/* The way becomes the most recently used: it goes to the front. */
static inline __attribute__((always_inline)) void set_touch(struct cache_set *s, unsigned way)
{
#ifdef __AVX2__
  __m128i *const order = (__m128i *)(void *)s->order, was = _mm_load_si128(order),
                 ways = _mm_set1_epi8((char)order_moves.way[way]);
  const size_t at = (size_t)__builtin_ctz((unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(was, ways)));
  const __m128i front = _mm_loadu_si128((const __m128i *)(const void *)order_moves.front[at]);
  _mm_store_si128(order, _mm_shuffle_epi8(was, front));
#else
  unsigned at = 0;
  while (s->order[at] != way)
    at++;
  memmove(s->order + 1, s->order, at);
  s->order[0] = (uint8_t)way;
#endif
}

/* The same for 8 ways. */
static inline __attribute__((always_inline)) void set_touch_8(struct cache_set *s, unsigned way)
{
#ifdef __AVX2__
  const __m128i was = _mm_loadl_epi64((const __m128i *)(const void *)s->order),
                ways = _mm_set1_epi8((char)order_moves.way[way]);
  const size_t at = (size_t)__builtin_ctz((unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(was, ways)));
  const __m128i front = _mm_loadu_si128((const __m128i *)(const void *)order_moves.front_8[at]);
  _mm_storel_epi64((__m128i *)(void *)s->order, _mm_shuffle_epi8(was, front));
#else
  set_touch(s, way);
#endif
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

/* The way that is taken next. */
static inline __attribute__((always_inline)) unsigned set_victim(const struct cache_set *s,
                                                                 unsigned ways)
{
  return s->order[ways - 1];
}

/* It becomes the most recently used. */
static inline __attribute__((always_inline)) void set_touch_victim(struct cache_set *s,
                                                                   unsigned ways)
{
  if (ways == 8) {
    uint64_t order;
    memcpy(&order, s->order, sizeof order);
    order = order << 8 | order >> 56;
    memcpy(s->order, &order, sizeof order);
  } else {
    set_touch(s, set_victim(s, ways));
  }
}

/* Moves a way to the end of the order, where the next victim is taken. */
static inline void set_age(struct cache_set *s, unsigned ways, unsigned way)
{
  unsigned at = 0;
  while (s->order[at] != way)
    at++;
  memmove(s->order + at, s->order + at + 1, ways - 1 - at);
  s->order[ways - 1] = (uint8_t)way;
}

#endif
