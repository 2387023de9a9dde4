/* The one-pass hit rates of sim/locality.h: against the engine's own PTC, against plain lists, and
 * what they say of decode steps through the real lowering. */
#include "asm/assemble.h"
#include "asm/lower/lower.h"
#include "sim/locality.h"
#include "tests/harness/harness.h"
#include "tests/models/synthetic.h"
#include "tests/ptc/plain_ptc.h"
#include "tests/ptc/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- against the engine ----------------------------------------------------------------------- */

/* Runs the object with the hook; the caller frees both. */
static struct locality *watch(const struct object *o, const struct machine *m,
                              struct vtpu_statistics **statistics)
{
  struct locality *l = NULL;
  struct vtpu_error err;
  *statistics = NULL;
  if (locality_new(m, o, &l, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  struct vtpu_options options = {.access = locality_access, .access_user = l};
  *statistics = run_object(o, m, &options);
  T_CHECK(locality_check(l, &err) == 0);
  return l;
}

/* The machine's own PTC, and every other geometry of the same run on a machine that has it. */
static void check_engine(const struct object *o, const char *settings)
{
  static const struct {
    unsigned entries, ways;
  } geometries[] = {{64, 1}, {64, 4}, {256, 8}, {1024, 4}, {4096, 1}};
  struct machine m = machine_with(settings);
  struct vtpu_statistics *s;
  struct locality *l = watch(o, &m, &s);
  if (s) {
    T_EQ(locality_engine_hits(l), s->total.ptc_hits);
    T_EQ(locality_accesses(l), s->total.ptc_hits + s->total.ptc_misses);
  }
  for (size_t i = 0; s && i < sizeof geometries / sizeof *geometries; i++) {
    char other[256];
    snprintf(other, sizeof other, "%s ptc_entries=%u ptc_ways=%u", settings, geometries[i].entries,
             geometries[i].ways);
    struct machine n = machine_with(other);
    struct vtpu_statistics *t = run_object(o, &n, NULL);
    struct locality_point p = locality_at(l, (enum ptc_granularity)m.ptc_granularity, false,
                                          geometries[i].entries, geometries[i].ways);
    if (t && (p.hits != t->total.ptc_hits || p.walks != t->total.ptc_misses))
      T_FAIL("%s: the engine has %llu hits, one pass says %llu", other,
             (unsigned long long)t->total.ptc_hits, (unsigned long long)p.hits);
    vtpu_statistics_free(t);
  }
  vtpu_statistics_free(s);
  locality_free(l);
}

T_TEST(locality, is_the_engines_count_on_the_published_patterns)
{
  static const char *const patterns[] = {"walk", "sweep"};
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    struct object o;
    if (!pattern_object(patterns[i], &o))
      continue;
    check_engine(&o, "ptc_granularity=page");
    check_engine(&o, "ptc_granularity=coordinate curve=zorder");
    check_engine(&o, "ptc_granularity=coordinate curve=hilbert");
    check_engine(&o, "ptc_granularity=coordinate curve=row");
    object_free_parts(&o);
  }
}

T_TEST(locality, watching_changes_nothing)
{
  struct object o;
  if (!pattern_object("cognitive", &o))
    return;
  struct machine m = machine_with("");
  struct vtpu_statistics *watched, *alone = run_object(&o, &m, NULL);
  struct locality *l = watch(&o, &m, &watched);
  if (watched && alone) {
    T_EQ(watched->cycles, alone->cycles);
    T_CHECK(memcmp(&watched->total, &alone->total, sizeof alone->total) == 0);
  }
  vtpu_statistics_free(watched);
  vtpu_statistics_free(alone);
  locality_free(l);
  object_free_parts(&o);
}

/* --- against plain lists ---------------------------------------------------------------------- */

static uint64_t state = 0x9e3779b97f4a7c15u;

static unsigned below(unsigned n)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 33) % n;
}

/* A walk with jumps over two boxes of pages, one of which ends where D0 carries into D1. */
static struct coord next_coord(const struct object *o, struct coord c, enum curve curve)
{
  struct coord stepped = c;
  unsigned kind = below(8);
  if (kind < 5 && coord_step(&stepped, AXIS_LINEAR, kind < 4 ? 1 : -3, false, curve) &&
      (region_contains(&o->regions[0], stepped) || region_contains(&o->regions[1], stepped)))
    return stepped;
  const struct object_region *r = &o->regions[below(2)];
  c = r->lo;
  for (int d = 0; d < COORD_DIMS; d++)
    c = coord_with_dim(c, d, coord_dim(c, d) + below(r->extent[d] * (d < 3 ? 4u : 1u)));
  return c;
}

enum { NODES = 2, CORES = 2, ACCESSES = 6000 };

struct checked { /* a geometry, with lists for each core */
  struct plain_ptc core[NODES * CORES];
};

static void check_lists(enum curve curve)
{
  struct object_region regions[2] = {
      {.node = REGION_ALL_NODES, .extent = {7, 2, 1, 2, 1, 1, 1, 1, 1, 1, 1}},
      {.node = 0, .extent = {9, 1, 3, 1, 1, 1, 1, 1, 1, 1, 2}}};
  regions[0].lo = coord_with_dim(regions[0].lo, 0, 2048 - 7 * 4);
  regions[1].lo = coord_with_dim(coord_with_dim(regions[1].lo, 4, 77), 2, 40);
  struct object o = {.regions = regions, .region_count = 2};
  struct machine m = machine_with("nodes=2 cores=2 topology=ring");
  m.curve = curve;
  struct locality *l = NULL;
  struct vtpu_error err;
  T_REQUIRE(locality_new(&m, &o, &l, &err) == 0);

  static const struct {
    unsigned entries, ways;
  } geometries[] = {{8, 1}, {16, 2}, {24, 3}, {64, 8}, {64, 1}, {5, 0}, {32, 0}, {100, 0}};
  enum { GEOMETRIES = sizeof geometries / sizeof *geometries, LISTS = GEOMETRIES * 4 };
  struct checked *lists = calloc(LISTS, sizeof *lists);
  bool ok = lists != NULL;
  for (int i = 0; ok && i < LISTS; i++)
    for (int k = 0; k < NODES * CORES; k++) {
      struct plain_ptc *p = &lists[i].core[k];
      *p = (struct plain_ptc){.granularity = (enum ptc_granularity)(i & 1),
                              .curve = curve,
                              .prefetch = i >> 1 & 1,
                              .entries = geometries[i / 4].entries,
                              .ways = geometries[i / 4].ways,
                              .object = &o};
      p->entry = calloc(p->entries, sizeof *p->entry);
      ok = ok && p->entry;
    }
  struct coord at[NODES * CORES];
  for (int k = 0; k < NODES * CORES; k++)
    at[k] = regions[0].lo;
  for (int n = 0; ok && n < ACCESSES; n++) {
    unsigned k = below(NODES * CORES);
    at[k] = next_coord(&o, at[k], curve);
    struct vtpu_access a = {.cycle = (uint64_t)n,
                            .node = k / CORES,
                            .core = k % CORES,
                            .coord = coord_with_flags(at[k], below(64)),
                            .hit = n & 1};
    locality_access(l, &a);
    for (int i = 0; i < LISTS; i++)
      plain_ptc_access(&lists[i].core[k], a.node, a.coord);
  }
  T_CHECK(ok && locality_check(l, &err) == 0);
  T_EQ(locality_accesses(l), ACCESSES);
  T_EQ(locality_engine_hits(l), ACCESSES / 2);
  T_EQ(locality_cores(l), NODES * CORES);
  for (int i = 0; ok && i < LISTS; i++) {
    uint64_t hits = 0, walks = 0;
    const struct plain_ptc *p = lists[i].core;
    for (int k = 0; k < NODES * CORES; k++) {
      hits += p[k].hits;
      walks += p[k].walks;
    }
    struct locality_point got = locality_at(l, p->granularity, p->prefetch, p->entries, p->ways);
    if (got.hits != hits || got.walks != walks)
      T_FAIL("curve %d, granularity %d, prefetch %d, %u entries, %u ways: %llu hits and %llu "
             "walks, not %llu and %llu",
             (int)curve, (int)p->granularity, p->prefetch, p->entries, p->ways,
             (unsigned long long)got.hits, (unsigned long long)got.walks, (unsigned long long)hits,
             (unsigned long long)walks);
  }
  /* The fewest entries for the rate of 20: as many hits, and one less has fewer. */
  for (int g = 0; g < 2; g++) {
    enum ptc_granularity granularity = (enum ptc_granularity)g;
    uint64_t hits = locality_at(l, granularity, false, 20, LOCALITY_FULL).hits;
    unsigned entries = locality_entries_for(l, granularity, false, (double)hits / (double)ACCESSES);
    T_CHECK(entries > 1 && entries <= 20);
    T_EQ(locality_at(l, granularity, false, entries, LOCALITY_FULL).hits, hits);
    T_CHECK(locality_at(l, granularity, false, entries - 1, LOCALITY_FULL).hits < hits);
    T_EQ(locality_entries_for(l, granularity, false, 1), 0); /* the first touch always misses */
    T_EQ(locality_at(l, granularity, false, 1u << 30, LOCALITY_FULL).walks,
         locality_keys(l, granularity));
  }
  for (int i = 0; lists && i < LISTS; i++)
    for (int k = 0; k < NODES * CORES; k++)
      free(lists[i].core[k].entry);
  free(lists);
  locality_free(l);
}

T_TEST(locality, agrees_with_plain_lists)
{
  check_lists(CURVE_ZORDER);
  check_lists(CURVE_HILBERT);
  check_lists(CURVE_ROW);
}

/* --- decode steps ----------------------------------------------------------------------------- */

/* A prompt of one token and `steps` - 1 tokens after it. The caller frees model and result. */
static bool lowered(const char *path, int steps, struct model *model, struct lower_result *out)
{
  const int prompt[] = {1};
  struct lower_options o = {.dlen = 512,
                            .sentrons = 16,
                            .cores = 8,
                            .contexts = 2,
                            .prompts = {{prompt, 1}},
                            .max_tokens = steps,
                            .ignore_end = true};
  struct vtpu_error err;
  memset(model, 0, sizeof *model);
  memset(out, 0, sizeof *out);
  if (model_open(path, model, &err) || lower_model(model, &o, out, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  return true;
}

/* Whole decode steps on the preset spec: above 95 % without prefetch and above 99 % with it, the
 * engine's own count included; and so on a PTC of 64 entries, whose reach is less than these
 * models. */
static void check_decode(const char *path, int steps)
{
  struct model model;
  struct lower_result r;
  if (lowered(path, steps, &model, &r)) {
    struct machine m = machine_with("");
    struct vtpu_statistics *s;
    struct locality *l = watch(&r.object, &m, &s);
    double all = l ? (double)locality_accesses(l) : 0;
    if (s) {
      struct locality_point own = locality_at(l, PTC_PAGE, false, 1024, 4);
      T_EQ(own.hits, s->total.ptc_hits);
      T_CHECK(counts_ptc_hit_rate(&s->total) > 0.95);
      T_CHECK((double)own.hits > 0.95 * all);
      T_CHECK((double)locality_at(l, PTC_PAGE, true, 1024, 4).hits > 0.99 * all);
      T_CHECK((double)locality_at(l, PTC_PAGE, false, 64, 4).hits > 0.95 * all);
      T_CHECK(locality_keys(l, PTC_PAGE) > 64);
    }
    vtpu_statistics_free(s);
    locality_free(l);
  }
  lower_result_free(&r);
  model_close(&model);
}

T_TEST(locality, decode_steps_of_a_synthetic_model)
{
  struct synthetic s = {.qwen3 = true,
                        .hidden = 64,
                        .layers = 3,
                        .heads = 4,
                        .kv_heads = 2,
                        .head_dim = 16,
                        .ffn = 160,
                        .vocab = 320,
                        .context = 64,
                        .rope_theta = 10000,
                        .dtype = "F32",
                        .shards = 1};
  const char *folder = t_temp("locality_model");
  T_REQUIRE(synthetic_write(&s, folder));
  check_decode(folder, 12);
}

T_TEST(locality, decode_steps_of_the_carried_model)
{
  FILE *f = fopen("models/carried/config.json", "r");
  if (!f)
    T_SKIP("no model in models/carried");
  fclose(f);
  check_decode("models/carried", 8);
}

T_TEST(locality, decode_steps_of_stories260K)
{
  const char *path = t_shared("stories260K/stories260K.bin");
  if (!path)
    T_SKIP("no stories260K checkpoint beside the project");
  check_decode(path, 8);
}

T_TEST(locality, decode_steps_of_tiny_qwen3)
{
  static const char *const folders[] = {"tiny_qwen3/a_tied_f32", "tiny_qwen3/b_untied_bf16"};
  for (int i = 0; i < 2; i++) {
    const char *path = t_shared(folders[i]);
    if (!path)
      T_SKIP("no tiny_qwen3 checkpoints beside the project");
    check_decode(path, 8);
  }
}
