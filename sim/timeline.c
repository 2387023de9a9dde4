/* Counters window by window: see timeline.h. A sample is made from the execution counters of the
 * SIWs, like the statistics (statistics.c), but of the whole machine only: one pass over them. */
#include "sim/timeline.h"

#include "sim/engine.h"
#include "sim/report_pieces.h"

#include <string.h>

/* Cycles of the first windows. Short runs keep them. */
enum { FIRST_WINDOW = 64 };

enum {
  SERIES_SIWS,
  SERIES_OPS, /* of the three pipes */
  SERIES_MACS = SERIES_OPS + PIPE_COUNT,
  SERIES_MAC_OPS,
  SERIES_HITS,
  SERIES_MISSES,
  SERIES_BYTES, /* of the tiers */
  SERIES_COUNT = SERIES_BYTES + TIER_COUNT
};

struct sample {
  uint64_t at[SERIES_COUNT];
};

/* What one execution of an SIW adds. Apart from the SIWs, so that a sample reads one host line of
 * each, that of its execution counter. */
struct weight {
  uint16_t macs;
  uint8_t ports, demand;
};

struct timeline {
  const struct vtpu *v;
  struct weight *weights; /* of every predecoded SIW, context by context */
  struct sample *window;
  unsigned count, room;
  uint64_t first, length; /* cycle of the first window, cycles of each */
  struct sample before;   /* everything up to the present window */
};

static size_t siws_of(const struct vtpu *v)
{
  size_t n = 0;
  for (uint32_t i = 0; i < v->object->sentron_count; i++)
    n += v->contexts[i].code_end - v->contexts[i].code_first;
  return n;
}

static void add_marks(struct sample *s, const struct context *x, uint32_t marks)
{
  for (uint32_t i = 0; i <= marks; i++) {
    const struct mark_counts *c = &x->marks[i];
    s->at[SERIES_HITS] -= c->ptc_misses;
    s->at[SERIES_MISSES] += c->ptc_misses;
    for (int tier = 0; tier < TIER_COUNT; tier++)
      s->at[SERIES_BYTES + tier] += (c->hits[tier] + c->written[tier]) * CELL_BYTES;
  }
}

/* Everything from the beginning of the run on. */
static void count_all(const struct timeline *t, struct sample *s)
{
  const struct vtpu *v = t->v;
  const struct weight *weight = t->weights;
  memset(s, 0, sizeof *s);
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    uint64_t entered = 0;
    for (uint32_t k = 0; k < x->code_end - x->code_first; k++, weight++) {
      uint64_t n = issues_next(x, k, &entered);
      if (!n)
        continue;
      s->at[SERIES_SIWS] += n;
      for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
        s->at[SERIES_OPS + pipe] += weight->ports >> pipe & 1 ? n : 0;
      s->at[SERIES_MACS] += n * weight->macs;
      s->at[SERIES_MAC_OPS] += weight->macs ? n : 0;
      s->at[SERIES_HITS] += weight->demand ? n : 0; /* misses are taken off */
    }
    add_marks(s, x, v->object->mark_count);
  }
  for (unsigned i = 0; i < v->core_count; i++) {
    s->at[SERIES_HITS] += v->cores[i]->host_ptc_hits;
    s->at[SERIES_MISSES] += v->cores[i]->host_ptc_misses;
  }
}

int timeline_new(const struct vtpu *v, unsigned windows, struct timeline **out,
                 struct vtpu_error *err)
{
  struct timeline *t = *out = calloc(1, sizeof *t);
  if (!t)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the time line");
  *t = (struct timeline){.v = v, .room = windows, .first = vtpu_cycle(v), .length = FIRST_WINDOW};
  t->weights = calloc(siws_of(v) + 1, sizeof *t->weights);
  t->window = calloc(windows, sizeof *t->window);
  if (!t->weights || !t->window)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the time line");
  struct weight *weight = t->weights;
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    for (uint32_t k = 0; k < x->code_end - x->code_first; k++) {
      const struct psiw *siw = &x->code[k];
      *weight++ = (struct weight){
          .macs = (uint16_t)slot_macs(&x->rest[k].bundle->slot[PIPE_D], v->object->dlen),
          .ports = siw->ports,
          .demand = siw->flags & SIW_DEMAND,
      };
    }
  }
  /* A large program passes most of its SIWs at least once: no need to begin with windows that are
   * sure to be joined. */
  while (t->length * windows * 2 < siws_of(v))
    t->length *= 2;
  count_all(t, &t->before);
  return 0;
}

void timeline_free(struct timeline *t)
{
  if (!t)
    return;
  free(t->weights);
  free(t->window);
  free(t);
}

uint64_t timeline_due(const struct timeline *t)
{
  return t->first + (t->count + 1) * t->length;
}

static void join_windows(struct timeline *t)
{
  for (unsigned i = 0; i < t->count; i += 2)
    for (int k = 0; k < SERIES_COUNT; k++)
      t->window[i / 2].at[k] = t->window[i].at[k] + t->window[i + 1].at[k];
  t->count /= 2;
  t->length *= 2;
}

void timeline_take(struct timeline *t)
{
  struct sample now, *window = &t->window[t->count++];
  count_all(t, &now);
  for (int k = 0; k < SERIES_COUNT; k++)
    window->at[k] = now.at[k] - t->before.at[k];
  t->before = now;
  if (t->count == t->room)
    join_windows(t);
}

void timeline_finish(struct timeline *t, uint64_t cycles)
{
  if (cycles > t->first + t->count * t->length)
    timeline_take(t);
}

static json_t *series_json(const struct timeline *t, int series)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < t->count; i++)
    report_append(&list, report_integer(t->window[i].at[series]));
  return list;
}

json_t *timeline_json(const struct timeline *t)
{
  json_t *o = json_object(), *ops = json_object(), *ptc = json_object(), *bytes = json_object();
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    report_put(&ops, report_pipe_keys[pipe], series_json(t, SERIES_OPS + pipe));
  report_put(&ptc, "hits", series_json(t, SERIES_HITS));
  report_put(&ptc, "misses", series_json(t, SERIES_MISSES));
  for (int tier = 0; tier < TIER_COUNT; tier++)
    report_put(&bytes, tier_names[tier], series_json(t, SERIES_BYTES + tier));
  report_put(&o, "first_cycle", report_integer(t->first));
  report_put(&o, "window_cycles", report_integer(t->length));
  report_put(&o, "siws", series_json(t, SERIES_SIWS));
  report_put(&o, "pipe_ops", ops);
  report_put(&o, "macs", series_json(t, SERIES_MACS));
  report_put(&o, "mac_ops", series_json(t, SERIES_MAC_OPS));
  report_put(&o, "ptc", ptc);
  report_put(&o, "tier_bytes", bytes);
  return o;
}
