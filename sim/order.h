/* The order of a node's cores: whose turn it is (cluster.c, far.h).
 *
 * A core's key says when it has something to do that others may see: its first arrival, or going
 * on. A node keeps the keys of its cores sorted; while a core runs, the first is its own, of
 * before.
 */
#ifndef VTPU_SIM_ORDER_H
#define VTPU_SIM_ORDER_H

#include "sim/engine.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

static inline uint64_t core_key(const struct core *c)
{
  if (!c->queue_count)
    return c->key;
  uint64_t head = arrival_key(c, &c->queue[c->queue_head]);
  return head < c->key ? head : c->key;
}

static inline struct core *core_of_key(const struct node *n, uint64_t key)
{
  return &n->cores[n->core_of[key & (SENTRONS_PER_NODE_MAX - 1)]];
}

/* The first key has become another. Each place behind it gets the second of three: itself, the next
 * one, the new key. No branch hangs on where the new one belongs. */
static inline void order_first(struct node *n, uint64_t key)
{
  uint64_t *const order = n->order;
#ifdef __AVX2__
  const __m256i sign = _mm256_set1_epi64x(INT64_MIN), new = _mm256_set1_epi64x((int64_t)key) ^ sign;
  for (unsigned i = 0; i < CORES_MAX; i += 4) {
    __m256i here = _mm256_loadu_si256((const __m256i *)(const void *)(order + i)),
            next = _mm256_loadu_si256((const __m256i *)(const void *)(order + i + 1)) ^ sign;
    here = (i ? here : _mm256_blend_epi32(here, _mm256_setzero_si256(), 3)) ^ sign;
    const __m256i least = _mm256_blendv_epi8(new, here, _mm256_cmpgt_epi64(here, new));
    const __m256i second = _mm256_blendv_epi8(least, next, _mm256_cmpgt_epi64(least, next));
    _mm256_storeu_si256((__m256i *)(void *)(order + i), second ^ sign);
  }
#else
  order[0] = 0;
  for (unsigned i = 0; i < CORES_MAX; i++) {
    const uint64_t least = order[i] > key ? order[i] : key, next = order[i + 1];
    order[i] = least < next ? least : next;
  }
#endif
}

/* The first of the order may run: up to where another one, or the window's end, comes in. */
static inline struct core *order_run(struct node *n)
{
  const uint64_t others = n->order[1] < n->end ? n->order[1] : n->end;
  n->limit = others ? others - 1 : 0;
  n->running = core_of_key(n, n->order[0]);
  n->running->key = NEVER;
  return n->running;
}

/* Lets the host fetch what a core that waits for its turn begins with (pair.c). */
static inline void core_foresee(const struct core *c)
{
  const struct turn *const r = &c->turn[c->turn_first];
  const uint8_t *const ready = (const uint8_t *)r->x + offsetof(struct context, ready),
                       *const hot = (const uint8_t *)r->x + offsetof(struct context, code);
  __builtin_prefetch(r->s);
  for (unsigned i = 0; i < sizeof r->x->ready; i += 64)
    __builtin_prefetch(ready + i);
  for (unsigned i = 0; i < 128; i += 64)
    __builtin_prefetch(hot + i);
  __builtin_prefetch(&c->entry_free[c->entry_next]);
}

#endif
