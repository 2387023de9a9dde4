/* Trace files: records come back as they were put, at any cycle; damage is refused with its place.
 */
#include "tests/harness/harness.h"
#include "traces/format.h"
#include "traces/trace.h"

#include <stdio.h>
#include <stdlib.h>

static const struct trace_about about = {.program = "a.siw",
                                         .command = "vtpu run a.siw",
                                         .machine = "cores = 8\n",
                                         .object_hash = UINT64_C(0x123456789abcdef0),
                                         .siw_count = 77,
                                         .sentron_count = 3,
                                         .mark_count = 2,
                                         .groups = 0x3f,
                                         .selection = ""};

/* Record i of a run: half of it a loop that repeats, half noise, the same for the same i and seed.
 */
static struct trace_record sample(uint64_t seed, uint64_t i, uint64_t *cycle)
{
  unsigned long long s = seed + i * 2;
  bool loop = i / 1000 % 2 == 0;
  uint64_t a = loop ? i % 12 : t_random(&s);
  struct trace_record r = {.kind = (enum trace_kind)(a % TRACE_KIND_COUNT)};
  *cycle += loop ? i % 3 : t_random(&s) % 100 ? t_random(&s) % 4 : t_random(&s) >> 30;
  r.cycle = *cycle;
  r.node = loop ? 0 : (uint16_t)(t_random(&s) % 5);
  r.sentron = loop ? (uint16_t)(a % 3) : (uint16_t)(t_random(&s) % 16);
  r.siw = loop ? (uint32_t)a : t_random(&s) % 50 ? (uint32_t)(t_random(&s) % 77) : TRACE_NO_SIW;
  for (unsigned f = 0; f < trace_kinds[r.kind].fields; f++)
    r.field[f] = loop ? i * 64 : t_random(&s) >> t_random(&s) % 64;
  if (trace_kinds[r.kind].value_bytes) {
    r.bytes = loop ? trace_kinds[r.kind].value_bytes
                   : (unsigned)(t_random(&s) % (trace_kinds[r.kind].value_bytes + 1));
    for (unsigned b = 0; b < r.bytes; b++)
      r.value[b] = loop ? 7 : (uint8_t)(t_random(&s) >> (t_random(&s) % 64));
  }
  return r;
}

static bool same(const struct trace_record *a, const struct trace_record *b)
{
  return a->kind == b->kind && a->node == b->node && a->sentron == b->sentron && a->siw == b->siw &&
         a->cycle == b->cycle && memcmp(a->field, b->field, sizeof a->field) == 0 &&
         a->bytes == b->bytes && memcmp(a->value, b->value, a->bytes) == 0;
}

/* Writes `count` records; returns the path. */
static const char *write_sample(const char *name, uint64_t seed, uint64_t count)
{
  const char *path = t_temp(name);
  struct vtpu_error err;
  struct trace_writer *w;
  if (trace_create(path, &about, &w, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  uint64_t cycle = 0;
  for (uint64_t i = 0; i < count; i++) {
    struct trace_record r = sample(seed, i, &cycle);
    trace_put(w, &r);
  }
  T_EQ(trace_writer_check(w, &err), 0);
  if (trace_finish(w, &err))
    T_FAIL("%s", err.message);
  return path;
}

static uint8_t *slurp(const char *path, size_t *bytes)
{
  FILE *f = fopen(path, "rb");
  uint8_t *all = malloc(64 << 20);
  *bytes = f && all ? fread(all, 1, 64 << 20, f) : 0;
  if (f)
    fclose(f);
  return all;
}

static const char *spill(const char *name, const uint8_t *all, size_t bytes)
{
  const char *path = t_temp(name);
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(all, 1, bytes, f) != bytes || fclose(f))
    T_FAIL("cannot write %s", path);
  return path;
}

T_TEST(trace_file, records_come_back)
{
  enum { RECORDS = 600000 };
  for (uint64_t seed = 1; seed < 3; seed++) {
    const char *path = write_sample("a.trace", seed, RECORDS);
    struct vtpu_error err;
    struct trace_reader *r;
    if (trace_open(path, &r, &err)) {
      T_FAIL("%s", err.message);
      return;
    }
    const struct trace_info *info = trace_describe(r);
    T_EQ(info->records, RECORDS);
    T_CHECK(info->blocks >= 3);
    T_CHECK(!info->recovered);
    T_EQ_STR(info->about.machine, about.machine);
    T_EQ_HEX(info->about.object_hash, about.object_hash);
    T_EQ(info->about.groups, about.groups);
    uint64_t cycle = 0, kinds[TRACE_KIND_COUNT] = {0};
    struct trace_record got;
    for (uint64_t i = 0; i < RECORDS; i++) {
      struct trace_record want = sample(seed, i, &cycle);
      kinds[want.kind]++;
      T_REQUIRE(trace_next(r, &got, &err) == 1);
      if (!same(&got, &want)) {
        T_FAIL("record %llu differs", (unsigned long long)i);
        break;
      }
    }
    T_EQ(trace_next(r, &got, &err), 0);
    T_EQ(info->last_cycle, cycle);
    for (int k = 0; k < TRACE_KIND_COUNT; k++)
      T_EQ(info->kinds[k], kinds[k]);
    trace_close(r);
  }
}

T_TEST(trace_file, seek_finds_every_cycle)
{
  enum { RECORDS = 300000 };
  const char *path = write_sample("a.trace", 9, RECORDS);
  struct vtpu_error err;
  struct trace_reader *r;
  T_REQUIRE(!trace_open(path, &r, &err));
  uint64_t last = trace_describe(r)->last_cycle;
  unsigned long long s = 5;
  for (int i = 0; i < 40; i++) {
    uint64_t target = i ? t_random(&s) % (last + 2) : 0, cycle = 0, n = 0;
    struct trace_record want = sample(9, 0, &cycle), got;
    while (want.cycle < target && ++n < RECORDS)
      want = sample(9, n, &cycle);
    trace_seek(r, target);
    int more = trace_next(r, &got, &err);
    T_EQ(more, n < RECORDS);
    if (more == 1)
      T_CHECK(same(&got, &want));
  }
  trace_close(r);
}

T_TEST(trace_file, what_repeats_costs_next_to_nothing)
{
  struct vtpu_error err;
  struct trace_writer *w;
  const char *path = t_temp("loop.trace");
  T_REQUIRE(!trace_create(path, &about, &w, &err));
  enum { ROUNDS = 200000 };
  for (uint64_t i = 0; i < ROUNDS; i++) {
    struct trace_record r = {.kind = TRACE_ISSUE, .cycle = 3 * i, .siw = 5};
    trace_put(w, &r);
    r.kind = TRACE_MEMORY;
    r.field[0] = 64 * i;
    r.field[2] = OUTCOME_HIT | 2 << OUTCOME_TIER_SHIFT;
    r.field[3] = 4;
    trace_put(w, &r);
  }
  T_REQUIRE(!trace_finish(w, &err));
  struct trace_reader *r;
  T_REQUIRE(!trace_open(path, &r, &err));
  T_CHECK(trace_describe(r)->encoded_bytes < 2 * ROUNDS + 1000);
  T_CHECK(trace_describe(r)->file_bytes < ROUNDS / 50);
  trace_close(r);
}

T_TEST(trace_file, a_cut_run_is_read_to_its_last_whole_block)
{
  enum { RECORDS = 600000 };
  size_t bytes;
  uint8_t *all = slurp(write_sample("a.trace", 3, RECORDS), &bytes);
  T_REQUIRE(all && bytes > 1000);
  uint64_t before = 0;
  for (int tenth = 1; tenth <= 10; tenth++) {
    const char *path = spill("cut.trace", all, bytes / 10 * (size_t)tenth - (tenth == 10));
    struct vtpu_error err;
    struct trace_reader *r;
    if (trace_open(path, &r, &err)) {
      T_FAIL("%s", err.message);
      break;
    }
    const struct trace_info *info = trace_describe(r);
    T_CHECK(info->recovered);
    T_CHECK(info->records >= before && info->records <= RECORDS);
    before = info->records;
    uint64_t cycle = 0, n = 0, kinds = 0;
    struct trace_record got;
    while (trace_next(r, &got, &err) == 1) {
      struct trace_record want = sample(3, n++, &cycle);
      if (!same(&got, &want)) {
        T_FAIL("record %llu differs", (unsigned long long)n);
        break;
      }
    }
    T_EQ(n, info->records);
    for (int k = 0; k < TRACE_KIND_COUNT; k++)
      kinds += info->kinds[k];
    T_EQ(kinds, n);
    trace_close(r);
  }
  T_EQ(before, RECORDS); /* only the footer was cut from the last */
  free(all);
}

/* A changed byte is noticed when the file is opened or read, never returned as records. */
T_TEST(trace_file, damage_is_refused)
{
  enum { RECORDS = 3000 };
  size_t bytes;
  uint8_t *all = slurp(write_sample("a.trace", 4, RECORDS), &bytes);
  T_REQUIRE(all && bytes > 1000);
  unsigned long long s = 8;
  int refused = 0;
  for (int i = 0; i < 400; i++) {
    size_t at = i < 24 ? (size_t)i : t_random(&s) % bytes;
    uint8_t bit = (uint8_t)(1u << t_random(&s) % 8);
    all[at] ^= bit;
    const char *path = spill("bad.trace", all, bytes);
    struct vtpu_error err;
    struct trace_reader *r;
    struct trace_record got;
    uint64_t cycle = 0, n = 0;
    int more = -1;
    if (!trace_open(path, &r, &err)) {
      bool recovered = trace_describe(r)->recovered;
      while ((more = trace_next(r, &got, &err)) == 1) {
        struct trace_record want = sample(4, n++, &cycle);
        T_REQUIRE(same(&got, &want));
      }
      trace_close(r);
      /* A footer that is none looks like a run that was cut: all records are there. */
      if (more == 0 && !recovered)
        T_FAIL("byte %zu was changed, and nobody noticed", at);
    }
    if (more < 0) {
      T_EQ(err.category, VTPU_INPUT);
      T_CONTAINS(err.message, "bad.trace");
      refused++;
    }
    all[at] ^= bit;
  }
  T_CHECK(refused > 300);
  free(all);
}

T_TEST(trace_file, what_cannot_be_written_or_read_is_said)
{
  struct vtpu_error err;
  struct trace_writer *w;
  T_EQ(trace_create("/nowhere/at/all.trace", &about, &w, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "/nowhere/at/all.trace");
  T_REQUIRE(!trace_create("/dev/full", &about, &w, &err));
  uint64_t cycle = 0;
  for (uint64_t i = 0; i < 400000; i++) {
    struct trace_record r = sample(1, i, &cycle);
    trace_put(w, &r);
  }
  T_EQ(trace_finish(w, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "/dev/full");
  struct trace_reader *r;
  T_EQ(trace_open("/nowhere", &r, &err), VTPU_INPUT);
  T_EQ(trace_open("/dev/null", &r, &err), VTPU_INPUT);
  T_EQ(trace_open("Makefile", &r, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "no vtpu trace");
}
