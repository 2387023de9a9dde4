/* Hit rates of many PTCs from one pass over the stream of translations; see locality.h. */
#include "sim/locality.h"
#include "sim/engine.h"

#include <string.h>

enum { LEVELS = LOCALITY_SETS_MOST - LOCALITY_SETS_LEAST + 1 };
enum { GRANULARITIES = 2 };
enum { VIEWS = 2 }; /* without and with prefetch */

/* Why a key was touched. A prefetch is followed by a touch of the key in use, which counts
 * nowhere. */
enum touch { TOUCH_DEMAND, TOUCH_PREFETCH, TOUCH_AGAIN, TOUCH_COUNTED = TOUCH_AGAIN };

/* A page or coordinate that a core has seen. Keys are numbered from 1. */
enum { KEY_NONE = 0, KEY_UNMAPPED = UINT32_MAX };
struct key {
  uint64_t klo, khi;
  uint32_t next;        /* the key that follows; KEY_NONE: not looked for yet; KEY_UNMAPPED */
  uint32_t last[VIEWS]; /* time of the latest touch; 0: never */
  uint16_t set[LEVELS];
};

/* All keys that a core has touched, youngest last: the stack of a fully associative PTC. A key
 * stands at the time of its latest touch, so its depth is the number of marks behind it. */
struct stack {
  uint32_t *marks; /* Fenwick tree over times 1..room: how many keys stand there */
  uint32_t *at;    /* which one; KEY_NONE: none (any more) */
  uint32_t room, time, live;
};

/* One stream under one rule. */
struct view {
  struct stack stack;
  uint32_t *level[LEVELS]; /* [sets][LOCALITY_WAYS], youngest first */
  /* Touches by depth, of demand and prefetches; those deeper than everything are missing. */
  uint64_t *depth[TOUCH_COUNTED];
  uint32_t depth_room;
  uint64_t level_depth[TOUCH_COUNTED][LEVELS][LOCALITY_WAYS];
  uint64_t touches[TOUCH_COUNTED];
};

/* What one core does at one granularity. */
struct stream {
  uint64_t klo, khi; /* of the latest access: khi = UINT64_MAX before the first */
  uint64_t repeats;  /* accesses to the same key as before: hits in any PTC */
  struct key *keys;  /* [key_room], 1..key_count in use */
  uint32_t key_count, key_room;
  uint32_t *table; /* open addressing, numbers of keys; [table_mask + 1] */
  uint32_t table_mask;
  struct view view[VIEWS];
};

struct core_streams {
  struct stream stream[GRANULARITIES];
  uint64_t accesses, hits;
};

struct locality {
  const struct object *object;
  enum curve curve;
  unsigned cores, core_count; /* of a node, of all */
  struct core_streams **core; /* [core_count], NULL: no access yet */
  bool *failed;               /* [core_count]: out of memory (a core belongs to one host thread) */
};

/* --- the stack of all keys -------------------------------------------------------------------- */

static void marks_add(struct stack *s, uint32_t time, uint32_t value)
{
  for (uint32_t i = time; i <= s->room; i += i & -i)
    s->marks[i] += value;
}

static uint32_t marks_upto(const struct stack *s, uint32_t time)
{
  uint32_t sum = 0;
  for (uint32_t i = time; i; i -= i & -i)
    sum += s->marks[i];
  return sum;
}

/* Times have run out: renumbers them without gaps, with room for at least as many again. */
static bool stack_renumber(struct stack *s, struct key *keys, unsigned view)
{
  uint32_t room = s->room;
  if (!room || s->live > room / 2) {
    room = room ? room * 2 : 1024;
    uint32_t *marks = realloc(s->marks, ((size_t)room + 1) * sizeof *marks);
    if (marks)
      s->marks = marks;
    uint32_t *at = realloc(s->at, ((size_t)room + 1) * sizeof *at);
    if (at)
      s->at = at;
    if (!marks || !at)
      return false;
  }
  uint32_t time = 0;
  for (uint32_t t = 1; t <= s->time; t++)
    if (s->at[t] != KEY_NONE) {
      s->at[++time] = s->at[t];
      keys[s->at[time]].last[view] = time;
    }
  s->room = room;
  s->time = time;
  memset(s->marks, 0, ((size_t)room + 1) * sizeof *s->marks);
  for (uint32_t t = 1; t <= room; t++) {
    s->marks[t] += t <= time;
    uint32_t parent = t + (t & -t);
    if (parent <= room)
      s->marks[parent] += s->marks[t];
  }
  return true;
}

enum { DEPTH_NEW = UINT32_MAX };

/* Makes a key the youngest; *depth is how many others were younger, DEPTH_NEW if it is new. */
static bool stack_touch(struct stack *s, struct key *keys, uint32_t id, unsigned view,
                        uint32_t *depth)
{
  if (s->time == s->room && !stack_renumber(s, keys, view))
    return false;
  uint32_t last = keys[id].last[view];
  *depth = DEPTH_NEW;
  if (last) {
    *depth = s->live - marks_upto(s, last);
    if (*depth == 0)
      return true;
    marks_add(s, last, UINT32_MAX); /* minus one */
    s->at[last] = KEY_NONE;
  } else {
    s->live++;
  }
  s->time++;
  marks_add(s, s->time, 1);
  s->at[s->time] = id;
  keys[id].last[view] = s->time;
  return true;
}

/* --- one touch under one rule ----------------------------------------------------------------- */

static bool count_depth(struct view *v, enum touch why, uint32_t depth)
{
  if (depth >= v->depth_room) {
    uint32_t room = v->depth_room ? v->depth_room : 1024;
    while (room <= depth)
      room *= 2;
    for (int i = 0; i < TOUCH_COUNTED; i++) {
      uint64_t *grown = realloc(v->depth[i], (size_t)room * sizeof *grown);
      if (!grown)
        return false;
      memset(grown + v->depth_room, 0, (size_t)(room - v->depth_room) * sizeof *grown);
      v->depth[i] = grown;
    }
    v->depth_room = room;
  }
  v->depth[why][depth]++;
  return true;
}

static bool view_touch(struct stream *s, unsigned view, uint32_t id, enum touch why)
{
  struct view *v = &s->view[view];
  const struct key *key = &s->keys[id];
  uint32_t depth;
  if (!stack_touch(&v->stack, s->keys, id, view, &depth))
    return false;
  if (why < TOUCH_COUNTED) {
    v->touches[why]++;
    if (depth != DEPTH_NEW && !count_depth(v, why, depth))
      return false;
  }
  for (int i = 0; i < LEVELS; i++) {
    uint32_t *set = v->level[i] + (size_t)key->set[i] * LOCALITY_WAYS;
    unsigned at = 0;
    while (at < LOCALITY_WAYS && set[at] != id)
      at++;
    if (at < LOCALITY_WAYS && why < TOUCH_COUNTED)
      v->level_depth[why][i][at]++;
    if (at == LOCALITY_WAYS)
      at--;
    memmove(set + 1, set, at * sizeof *set);
    set[0] = id;
  }
  return true;
}

/* --- keys ------------------------------------------------------------------------------------- */

static uint64_t hash_of(uint64_t klo, uint64_t khi)
{
  uint64_t h = (klo ^ khi * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xD6E8FEB86659FD93);
  return h ^ h >> 32;
}

static bool keys_grow(struct stream *s)
{
  uint32_t room = s->key_room ? s->key_room * 2 : 512, mask = room * 2 - 1;
  struct key *keys = realloc(s->keys, (size_t)room * sizeof *keys);
  if (keys)
    s->keys = keys;
  uint32_t *table = calloc((size_t)mask + 1, sizeof *table);
  if (!keys || !table) {
    free(table);
    return false;
  }
  for (uint32_t id = 1; id <= s->key_count; id++) {
    uint64_t slot = hash_of(keys[id].klo, keys[id].khi) & mask;
    while (table[slot])
      slot = (slot + 1) & mask;
    table[slot] = id;
  }
  free(s->table);
  s->table = table;
  s->table_mask = mask;
  s->key_room = room;
  return true;
}

/* The number of a key, made if it is new; KEY_NONE when memory runs out. */
static uint32_t key_number(struct stream *s, uint64_t klo, uint64_t khi)
{
  if (s->key_count + 1 >= s->key_room && !keys_grow(s))
    return KEY_NONE;
  uint64_t slot = hash_of(klo, khi) & s->table_mask;
  for (; s->table[slot]; slot = (slot + 1) & s->table_mask) {
    const struct key *k = &s->keys[s->table[slot]];
    if (k->klo == klo && k->khi == khi)
      return s->table[slot];
  }
  uint32_t id = ++s->key_count;
  s->table[slot] = id;
  s->keys[id] = (struct key){.klo = klo, .khi = khi};
  for (unsigned i = 0; i < LEVELS; i++)
    s->keys[id].set[i] = (uint16_t)(ptc_fold(klo, khi, LOCALITY_SETS_LEAST + i) &
                                    ((1u << (LOCALITY_SETS_LEAST + i)) - 1));
  return id;
}

/* The page or coordinate behind an access, as the PTC sees it. */
static void key_of_access(const struct locality *l, enum ptc_granularity granularity,
                          struct coord c, uint64_t *klo, uint64_t *khi)
{
  struct ptc ptc = {.per_page = granularity == PTC_PAGE};
  ptc_key(&ptc, coord_linear_lo(c.lo, curve_index[l->curve]), c.hi, klo, khi);
}

/* The key that follows that of `c` along the linear axis, if a region of the node holds it. */
static uint32_t following(const struct locality *l, struct stream *s,
                          enum ptc_granularity granularity, unsigned node, struct coord c)
{
  int64_t step = granularity == PTC_PAGE ? PAGE_CELLS : 1;
  if (!coord_step(&c, AXIS_LINEAR, step, false, l->curve))
    return KEY_UNMAPPED;
  const struct object *o = l->object;
  for (uint32_t i = 0; i < o->region_count; i++) {
    const struct object_region *r = &o->regions[i];
    if ((r->node == node || r->node == REGION_ALL_NODES) && region_contains(r, c)) {
      uint64_t klo, khi;
      key_of_access(l, granularity, c, &klo, &khi);
      return key_number(s, klo, khi);
    }
  }
  return KEY_UNMAPPED;
}

/* --- the pass --------------------------------------------------------------------------------- */

static bool stream_access(const struct locality *l, struct stream *s,
                          enum ptc_granularity granularity, const struct vtpu_access *a)
{
  uint64_t klo, khi;
  key_of_access(l, granularity, a->coord, &klo, &khi);
  if (klo == s->klo && khi == s->khi) {
    s->repeats++;
    return true;
  }
  s->klo = klo;
  s->khi = khi;
  uint32_t id = key_number(s, klo, khi);
  if (id == KEY_NONE)
    return false;
  if (s->keys[id].next == KEY_NONE) {
    uint32_t next = following(l, s, granularity, a->node, a->coord);
    if (next == KEY_NONE)
      return false;
    s->keys[id].next = next;
  }
  if (!view_touch(s, 0, id, TOUCH_DEMAND) || !view_touch(s, 1, id, TOUCH_DEMAND))
    return false;
  uint32_t next = s->keys[id].next;
  return next == KEY_UNMAPPED ||
         (view_touch(s, 1, next, TOUCH_PREFETCH) && view_touch(s, 1, id, TOUCH_AGAIN));
}

static void core_streams_free(struct core_streams *c)
{
  if (!c)
    return;
  for (int g = 0; g < GRANULARITIES; g++) {
    struct stream *s = &c->stream[g];
    for (int k = 0; k < VIEWS; k++) {
      struct view *v = &s->view[k];
      free(v->stack.marks);
      free(v->stack.at);
      for (int i = 0; i < LEVELS; i++)
        free(v->level[i]);
      for (int i = 0; i < TOUCH_COUNTED; i++)
        free(v->depth[i]);
    }
    free(s->keys);
    free(s->table);
  }
  free(c);
}

static struct core_streams *core_streams_new(void)
{
  struct core_streams *c = calloc(1, sizeof *c);
  bool ok = c != NULL;
  for (int g = 0; ok && g < GRANULARITIES; g++) {
    struct stream *s = &c->stream[g];
    s->khi = UINT64_MAX;
    for (int k = 0; k < VIEWS; k++)
      for (int i = 0; i < LEVELS; i++) {
        size_t sets = (size_t)1 << (LOCALITY_SETS_LEAST + i);
        s->view[k].level[i] = calloc(sets * LOCALITY_WAYS, sizeof(uint32_t));
        ok = ok && s->view[k].level[i];
      }
  }
  if (ok)
    return c;
  core_streams_free(c);
  return NULL;
}

void locality_access(void *user, const struct vtpu_access *a)
{
  struct locality *l = user;
  unsigned number = a->node * l->cores + a->core;
  if (l->failed[number])
    return;
  struct core_streams *c = l->core[number];
  if (!c)
    c = l->core[number] = core_streams_new();
  if (c) {
    c->accesses++;
    c->hits += a->hit;
  }
  if (!c || !stream_access(l, &c->stream[PTC_PAGE], PTC_PAGE, a) ||
      !stream_access(l, &c->stream[PTC_COORDINATE], PTC_COORDINATE, a))
    l->failed[number] = true;
}

int locality_new(const struct machine *m, const struct object *o, struct locality **out,
                 struct vtpu_error *err)
{
  *out = NULL;
  struct locality *l = calloc(1, sizeof *l);
  if (l) {
    l->object = o;
    l->curve = (enum curve)m->curve;
    l->cores = (unsigned)m->cores;
    l->core_count = (unsigned)(m->nodes * m->cores);
    l->core = calloc(l->core_count, sizeof(struct core_streams *));
    l->failed = calloc(l->core_count, sizeof *l->failed);
  }
  if (!l || !l->core || !l->failed) {
    locality_free(l);
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %d cores", (int)(m->nodes * m->cores));
  }
  *out = l;
  return 0;
}

void locality_free(struct locality *l)
{
  if (!l)
    return;
  for (unsigned i = 0; l->core && i < l->core_count; i++)
    core_streams_free(l->core[i]);
  free(l->core);
  free(l->failed);
  free(l);
}

/* --- results ---------------------------------------------------------------------------------- */

int locality_check(const struct locality *l, struct vtpu_error *err)
{
  for (unsigned i = 0; i < l->core_count; i++)
    if (l->failed[i])
      return vtpu_fail(err, VTPU_SYSTEM,
                       "out of memory for the locality of core %u\n"
                       "  run fewer steps of the program: every coordinate takes about 100 bytes",
                       i);
  return 0;
}

/* How many touches of one kind found their key in a PTC of this geometry. */
static uint64_t found(const struct view *v, enum touch why, unsigned entries, unsigned ways)
{
  uint64_t sum = 0;
  if (ways == LOCALITY_FULL) {
    for (uint32_t d = 0; d < entries && d < v->depth_room; d++)
      sum += v->depth[why][d];
    return sum;
  }
  int level = __builtin_ctz(entries / ways) - LOCALITY_SETS_LEAST;
  for (unsigned d = 0; d < ways; d++)
    sum += v->level_depth[why][level][d];
  return sum;
}

struct locality_point locality_at(const struct locality *l, enum ptc_granularity granularity,
                                  bool prefetch, unsigned entries, unsigned ways)
{
  struct locality_point p = {0};
  for (unsigned i = 0; i < l->core_count; i++) {
    if (!l->core[i])
      continue;
    const struct stream *s = &l->core[i]->stream[granularity];
    const struct view *v = &s->view[prefetch];
    uint64_t hits = found(v, TOUCH_DEMAND, entries, ways);
    p.hits += s->repeats + hits;
    p.walks += v->touches[TOUCH_DEMAND] - hits;
    p.walks += v->touches[TOUCH_PREFETCH] - found(v, TOUCH_PREFETCH, entries, ways);
  }
  return p;
}

uint64_t locality_accesses(const struct locality *l)
{
  uint64_t sum = 0;
  for (unsigned i = 0; i < l->core_count; i++)
    sum += l->core[i] ? l->core[i]->accesses : 0;
  return sum;
}

uint64_t locality_engine_hits(const struct locality *l)
{
  uint64_t sum = 0;
  for (unsigned i = 0; i < l->core_count; i++)
    sum += l->core[i] ? l->core[i]->hits : 0;
  return sum;
}

uint64_t locality_keys(const struct locality *l, enum ptc_granularity granularity)
{
  uint64_t sum = 0;
  for (unsigned i = 0; i < l->core_count; i++)
    sum += l->core[i] ? l->core[i]->stream[granularity].view[0].stack.live : 0;
  return sum;
}

unsigned locality_cores(const struct locality *l)
{
  unsigned count = 0;
  for (unsigned i = 0; i < l->core_count; i++)
    count += l->core[i] != NULL;
  return count;
}

unsigned locality_entries_for(const struct locality *l, enum ptc_granularity granularity,
                              bool prefetch, double hit_rate)
{
  uint32_t most = 0;
  uint64_t hits = 0;
  for (unsigned i = 0; i < l->core_count; i++)
    if (l->core[i]) {
      const struct stream *s = &l->core[i]->stream[granularity];
      hits += s->repeats;
      if (s->view[prefetch].depth_room > most)
        most = s->view[prefetch].depth_room;
    }
  double wanted = hit_rate * (double)locality_accesses(l);
  for (uint32_t entries = 1; entries <= most; entries++) {
    for (unsigned i = 0; i < l->core_count; i++) {
      const struct view *v = l->core[i] ? &l->core[i]->stream[granularity].view[prefetch] : NULL;
      if (v && entries <= v->depth_room)
        hits += v->depth[TOUCH_DEMAND][entries - 1];
    }
    if ((double)hits >= wanted)
      return entries;
  }
  return 0;
}
