/* Trace files: steps, rounds and events come back as they were logged, merged by time, at any
 * cycle; what was not selected stays out; damage is refused with its place. */
#include "tests/harness/harness.h"
#include "traces/format.h"
#include "traces/stream.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIWS = 300, SENTRONS = 3, SIW_ROOM = 4096 };

/* A program of DNOPs: only its sizes matter. */
static struct siw code[SIW_ROOM];
static struct object_sentron sentrons[SENTRONS] = {
    {.name = "a", .id = 0, .start = true, .end = SIWS},
    {.name = "b", .id = 1, .start = true, .end = SIWS},
    {.name = "c", .id = 5, .start = true, .end = SIWS}};
static const struct object program = {
    .dlen = 512, .siw_count = SIWS, .sentron_count = SENTRONS, .code = code, .sentrons = sentrons};

static const struct trace_about about = {.program = "a.siw",
                                         .command = "vtpu run a.siw",
                                         .machine = "spec",
                                         .parameters = "cores = 8\n",
                                         .resumed = "",
                                         .loaded = ""};
static const struct trace_selection everything = {.groups = TRACE_GROUPS_ALL, .text = ""};

/* What a random run logs, kept to be compared. */
struct run {
  struct trace_record *record;
  size_t count, room;
};

static void keep(struct run *r, enum trace_kind kind, uint32_t stream, uint32_t siw, uint64_t cycle,
                 unsigned fields, const uint64_t *field)
{
  if (r->count == r->room) {
    r->room = r->room ? 2 * r->room : 1024;
    r->record = realloc(r->record, r->room * sizeof *r->record);
  }
  struct trace_record *t = &r->record[r->count++];
  *t = (struct trace_record){.kind = kind, .stream = stream, .siw = siw, .cycle = cycle};
  t->sentron = stream == SENTRONS ? TRACE_HOST_SENTRON : sentrons[stream].id;
  if (fields)
    memcpy(t->field, field, fields * sizeof *field);
}

/* One sentron's way through a window: `noise` of 100 steps are like no other. */
struct walker {
  uint64_t cycle, lo, hi, ready;
  uint32_t siw;
};

static void log_step(struct trace_log *l, struct run *r, struct walker *w, uint32_t stream,
                     bool noisy, unsigned long long *s)
{
  const uint32_t siw = noisy ? (uint32_t)(t_random(s) % SIWS) : (w->siw + 1) % 12;
  const unsigned stalls = noisy ? (unsigned)(t_random(s) % 5) : siw % 5 == 0;
  uint64_t cycle = w->cycle + 1, stall[8][2];
  for (unsigned i = 0; i < stalls; i++) {
    stall[i][0] = noisy ? (i * 3 + t_random(s) % 3) % 18 + 1 : 7;
    stall[i][1] = noisy ? 1 + (t_random(s) >> t_random(s) % 64) % 100000 : 3;
    log_stall(l, (unsigned)stall[i][0], stall[i][1]);
    cycle += stall[i][1];
  }
  if (noisy && t_random(s) % 50 == 0) /* a long time, as between two phases */
    cycle += t_random(s) % (UINT64_C(1) << 40);
  const bool access = noisy ? t_random(s) % 2 : siw % 3 == 1;
  uint64_t memory[5];
  if (access) {
    w->lo += noisy ? t_random(s) : 1;
    w->hi = noisy ? t_random(s) >> t_random(s) % 64 : w->hi;
    memory[0] = w->lo;
    memory[1] = w->hi;
    memory[2] = noisy ? t_random(s) % (1 << 21) : 1;
    memory[3] = noisy ? t_random(s) % 100 : 1;
    memory[4] = noisy ? memory[3] + t_random(s) % 1000 : 2;
    if (!log_wants(l, TRACE_GROUP_MEMORY)) {
      /* The simulator does not even ask. */
    } else if (memory[4] % 2) {
      uint64_t *hole = log_hole(l, 0, memory[0], memory[1]);
      log_fill(hole, (uint32_t)memory[2], cycle + memory[3], cycle + memory[4]);
    } else {
      log_memory(l, (uint32_t)memory[2], cycle + memory[3], cycle + memory[4], memory[0],
                 memory[1]);
    }
  }
  uint64_t message[6] = {0, 3, t_random(s), 1, 2, UINT64_MAX};
  const bool sends = noisy && t_random(s) % 4 == 0;
  if (sends)
    log_event(l, TRACE_SEND, siw, cycle, 6, message);
  log_issue(l, cycle, siw);
  /* Causes that come twice are one. */
  bool merged[8] = {false};
  for (unsigned i = 0; i < stalls; i++) {
    for (unsigned k = i + 1; k < stalls; k++)
      if (!merged[i] && !merged[k] && stall[i][0] == stall[k][0]) {
        stall[i][1] += stall[k][1];
        merged[k] = true;
      }
    if (!merged[i])
      keep(r, TRACE_STALL, stream, siw, cycle, 2, stall[i]);
  }
  keep(r, TRACE_ISSUE, stream, siw, cycle, 0, NULL);
  if (access)
    keep(r, TRACE_MEMORY, stream, siw, cycle, 5, memory);
  if (sends)
    keep(r, TRACE_SEND, stream, siw, cycle, 6, message);
  w->cycle = cycle;
  w->siw = siw;
}

static void log_some_rounds(struct trace_log *l, struct run *r, struct walker *w, uint32_t stream,
                            unsigned long long *s)
{
  struct log_round_siw siw[4];
  const uint64_t rounds = 1 + t_random(s) % 8, start = w->cycle + 1;
  const unsigned n = 1 + (unsigned)(t_random(s) % 4), rest = (unsigned)(t_random(s) % n);
  const uint32_t first = (uint32_t)(t_random(s) % (SIWS - 4));
  uint32_t at = 0;
  memset(siw, 0, sizeof siw);
  for (unsigned k = 0; k < n; k++) {
    siw[k].stalls = (unsigned)(t_random(s) % 3);
    for (unsigned i = 0; i < siw[k].stalls; i++) {
      siw[k].stall[i].cause = (uint8_t)(5 + i);
      siw[k].stall[i].cycles = 1 + t_random(s) % 9;
      at += (uint32_t)siw[k].stall[i].cycles;
    }
    siw[k].issue = at++;
    siw[k].gathers = t_random(s) % 2;
    siw[k].arrival = siw[k].issue + 1;
    siw[k].ready = siw[k].issue + 4;
    siw[k].outcome = 2;
    siw[k].lo = t_random(s);
    siw[k].hi = t_random(s) % 3;
    siw[k].step = t_random(s) % 5 - 2;
  }
  log_rounds(l, first, start, at, rounds, rest, siw, n);
  for (uint64_t i = 0; i < rounds * n + rest; i++) {
    const unsigned k = (unsigned)(i % n);
    const uint64_t round = i / n, cycle = start + round * at + siw[k].issue;
    for (unsigned c = 0; c < siw[k].stalls; c++)
      keep(r, TRACE_STALL, stream, first + k, cycle, 2,
           (uint64_t[]){siw[k].stall[c].cause, siw[k].stall[c].cycles});
    keep(r, TRACE_ISSUE, stream, first + k, cycle, 0, NULL);
    if (siw[k].gathers)
      keep(r, TRACE_MEMORY, stream, first + k, cycle, 5,
           (uint64_t[]){siw[k].lo + round * siw[k].step, siw[k].hi, 2, 1, 4});
    w->cycle = cycle;
    w->siw = first + k;
  }
}

static int by_time(const void *a, const void *b)
{
  const struct trace_record *x = a, *y = b;
  if (x->cycle != y->cycle)
    return x->cycle < y->cycle ? -1 : 1;
  return x->sentron < y->sentron ? -1 : x->sentron > y->sentron;
}

/* A stable sort: records of one sentron are in order already. */
static void sort_records(struct run *r)
{
  struct trace_record *to = malloc(r->count * sizeof *to);
  for (size_t width = 1; width < r->count; width *= 2) {
    for (size_t low = 0; low < r->count; low += 2 * width) {
      size_t a = low, middle = low + width < r->count ? low + width : r->count;
      size_t end = low + 2 * width < r->count ? low + 2 * width : r->count, b = middle, at = low;
      while (a < middle || b < end)
        to[at++] = b >= end || (a < middle && by_time(&r->record[a], &r->record[b]) <= 0)
                       ? r->record[a++]
                       : r->record[b++];
    }
    struct trace_record *from = r->record;
    r->record = to;
    to = from;
  }
  free(to);
}

/* A run of `windows` windows; `noise` of 100 steps are noise. Returns the path. */
static const char *write_run(const char *name, unsigned long long seed, unsigned windows,
                             unsigned noise, const struct trace_selection *selection,
                             struct run *out)
{
  const char *path = t_temp(name);
  struct vtpu_error err;
  struct trace_writer *w;
  struct walker walker[SENTRONS] = {{0}};
  *out = (struct run){0};
  const struct bundle nothing = {0};
  for (int k = 0; k < SIWS; k++)
    T_EQ(siw_encode(&nothing, &code[k], &err), 0);
  if (trace_create(path, &about, selection, &program, &w, &err)) {
    T_FAIL("%s", err.message);
    return path;
  }
  uint64_t end = 0;
  for (unsigned n = 0; n < windows; n++) {
    uint64_t host[2] = {7, 0};
    log_event(trace_log_of(w, SENTRONS), TRACE_PHASE, TRACE_NO_SIW, end, 2, host);
    keep(out, TRACE_PHASE, SENTRONS, TRACE_NO_SIW, end, 2, host);
    for (uint32_t i = 0; i < SENTRONS; i++) {
      struct trace_log *l = trace_log_of(w, i);
      walker[i].cycle = end + 1;
      for (int k = 0; l && k < 200; k++)
        if (t_random(&seed) % 40 == 0)
          log_some_rounds(l, out, &walker[i], i, &seed);
        else
          log_step(l, out, &walker[i], i, t_random(&seed) % 100 < noise, &seed);
    }
    for (uint32_t i = 0; i < SENTRONS; i++)
      end = walker[i].cycle > end ? walker[i].cycle : end;
    end++;
    trace_seal(w);
  }
  T_EQ(trace_writer_check(w, &err), 0);
  if (trace_finish(w, &err))
    T_FAIL("%s", err.message);
  sort_records(out);
  return path;
}

static bool same(const struct trace_record *a, const struct trace_record *b)
{
  return a->kind == b->kind && a->node == b->node && a->sentron == b->sentron &&
         a->stream == b->stream && a->siw == b->siw && a->cycle == b->cycle &&
         memcmp(a->field, b->field, sizeof a->field) == 0;
}

static uint8_t *slurp(const char *path, size_t *bytes)
{
  FILE *f = fopen(path, "rb");
  uint8_t *all = malloc(16 << 20);
  *bytes = f && all ? fread(all, 1, 16 << 20, f) : 0;
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

T_TEST(trace_file, records_come_back_merged_by_time)
{
  for (unsigned noise = 0; noise <= 100; noise += 20) {
    struct run run;
    struct vtpu_error err;
    struct trace_reader *r;
    if (trace_open(write_run("a.trace", noise + 1, 60, noise, &everything, &run), &r, &err)) {
      T_FAIL("%s", err.message);
      return;
    }
    const struct trace_info *info = trace_describe(r);
    T_EQ(info->records, run.count);
    T_CHECK(!info->recovered);
    T_EQ_STR(info->about.parameters, about.parameters);
    T_EQ_STR(info->about.selection, "");
    T_EQ_HEX(info->about.object_hash, trace_object_hash(&program));
    T_EQ(info->about.groups, TRACE_GROUPS_ALL);
    struct trace_record got;
    uint64_t kinds[TRACE_KIND_COUNT] = {0};
    for (size_t i = 0; i < run.count; i++) {
      T_REQUIRE(trace_next(r, &got, &err) == 1);
      kinds[got.kind]++;
      if (!same(&got, &run.record[i])) {
        T_FAIL("noise %u: record %zu differs", noise, i);
        break;
      }
    }
    T_EQ(trace_next(r, &got, &err), 0);
    for (int k = 0; k < TRACE_KIND_COUNT; k++)
      T_EQ(info->kinds[k], kinds[k]);
    T_EQ(info->last_cycle, run.record[run.count - 1].cycle);
    struct object back;
    if (trace_read_object(r, &back, &err)) {
      T_FAIL("%s", err.message);
      return;
    }
    T_EQ(back.siw_count, SIWS);
    T_EQ_STR(back.sentrons[2].name, "c");
    object_free(&back);
    trace_close(r);
    free(run.record);
  }
}

T_TEST(trace_file, seek_finds_every_cycle)
{
  struct run run;
  struct vtpu_error err;
  struct trace_reader *r;
  T_REQUIRE(!trace_open(write_run("a.trace", 9, 400, 100, &everything, &run), &r, &err));
  T_CHECK(trace_describe(r)->blocks >= 3);
  unsigned long long s = 5;
  for (int i = 0; i < 12; i++) {
    size_t want = t_random(&s) % run.count;
    uint64_t target = i ? run.record[want].cycle - t_random(&s) % 2 : UINT64_MAX;
    struct trace_record got;
    trace_seek(r, target);
    for (want = 0; want < run.count && run.record[want].cycle < target;)
      want++;
    int more = trace_next(r, &got, &err);
    T_EQ(more, want < run.count);
    if (more == 1)
      T_CHECK(same(&got, &run.record[want]));
  }
  trace_close(r);
  free(run.record);
}

T_TEST(trace_file, what_repeats_costs_next_to_nothing)
{
  struct vtpu_error err;
  struct trace_writer *w;
  const char *path = t_temp("loop.trace");
  T_REQUIRE(!trace_create(path, &about, &everything, &program, &w, &err));
  enum { STEPS = 200000 };
  struct trace_log *l = trace_log_of(w, 0);
  for (uint64_t i = 0; i < STEPS; i++) {
    log_stall(l, 9, 2);
    log_memory(l, 1, 3 * i + 1, 3 * i + 4, 64 * i, 0);
    log_issue(l, 3 * i, (uint32_t)(i % 5));
  }
  trace_seal(w);
  T_REQUIRE(!trace_finish(w, &err));
  struct trace_reader *r;
  T_REQUIRE(!trace_open(path, &r, &err));
  T_EQ(trace_describe(r)->kinds[TRACE_MEMORY], STEPS);
  T_CHECK(trace_describe(r)->encoded_bytes < STEPS / 100 + 1000);
  trace_close(r);
}

T_TEST(trace_file, only_what_is_selected_is_there)
{
  uint64_t second = 2, siws[(SIW_ROOM + 63) / 64] = {0};
  siws[0] = 0xff0;
  struct trace_selection s = {.groups = 1 << TRACE_GROUP_STALL, .sentrons = &second, .text = "few"};
  struct run run;
  struct vtpu_error err;
  struct trace_reader *r;
  for (int regions = 0; regions < 2; regions++) {
    s.siws = regions ? siws : NULL;
    T_REQUIRE(!trace_open(write_run("few.trace", 3, 20, 40, &s, &run), &r, &err));
    T_EQ_STR(trace_describe(r)->about.selection, "few");
    T_EQ(trace_describe(r)->about.groups, 1 << TRACE_GROUP_ISSUE | 1 << TRACE_GROUP_STALL);
    struct trace_record got;
    size_t n = 0;
    for (size_t i = 0; i < run.count; i++) {
      const struct trace_record *want = &run.record[i];
      bool in_region = want->siw == TRACE_NO_SIW || (want->siw >= 4 && want->siw < 12);
      bool in_group = trace_kinds[want->kind].group <= TRACE_GROUP_STALL;
      if (!in_group || (regions && !in_region))
        continue;
      T_REQUIRE(trace_next(r, &got, &err) == 1);
      T_REQUIRE(same(&got, want));
      n++;
    }
    T_CHECK(n > 100);
    T_EQ(trace_next(r, &got, &err), 0);
    trace_close(r);
    free(run.record);
  }
}

T_TEST(trace_file, ranges_and_samples_say_when_they_change)
{
  struct trace_range ranges[] = {{100, 200}, {500, UINT64_MAX}};
  struct trace_selection s = {.text = "", .ranges = ranges, .range_count = 2};
  struct vtpu_error err;
  struct trace_writer *w;
  for (int sample = 0; sample < 2; sample++) {
    s.sample_every = sample ? 64 : 0;
    s.sample_length = sample ? 5 : 0;
    T_REQUIRE(!trace_create(t_temp("r.trace"), &about, &s, &program, &w, &err));
    for (uint64_t c = 0; c < 700; c++) {
      bool want = (c >= 100 && c < 200) || c >= 500;
      want = want && (!sample || c % 64 < 5);
      T_EQ(trace_selected(w, c), want);
      uint64_t next = trace_boundary(w, c);
      T_CHECK(next > c);
      if (c + 1 < next)
        T_EQ(trace_selected(w, c + 1), want);
    }
    T_REQUIRE(!trace_finish(w, &err));
  }
}

T_TEST(trace_file, a_cut_run_is_read_to_its_last_whole_block)
{
  struct run run;
  size_t bytes;
  uint8_t *all = slurp(write_run("a.trace", 3, 120, 80, &everything, &run), &bytes);
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
    T_CHECK(info->records >= before && info->records <= run.count);
    before = info->records;
    uint64_t n = 0, kinds = 0;
    struct trace_record got;
    while (trace_next(r, &got, &err) == 1)
      T_REQUIRE(same(&got, &run.record[n++]));
    T_EQ(n, info->records);
    for (int k = 0; k < TRACE_KIND_COUNT; k++)
      kinds += info->kinds[k];
    T_EQ(kinds, n);
    trace_close(r);
  }
  T_EQ(before, run.count); /* only the footer was cut from the last */
  free(all);
  free(run.record);
}

/* A changed byte is noticed when the file is opened or read, never returned as records. */
T_TEST(trace_file, damage_is_refused)
{
  struct run run;
  size_t bytes;
  uint8_t *all = slurp(write_run("a.trace", 4, 3, 50, &everything, &run), &bytes);
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
    struct object back;
    uint64_t n = 0;
    int more = -1;
    if (!trace_open(path, &r, &err)) {
      bool recovered = trace_describe(r)->recovered;
      while ((more = trace_next(r, &got, &err)) == 1)
        T_REQUIRE(n < run.count && same(&got, &run.record[n++]));
      if (more == 0 && trace_read_object(r, &back, &err))
        more = -1;
      else if (more == 0)
        object_free(&back);
      trace_close(r);
      /* A footer that is none looks like a run that was cut: all records are there. */
      if (more == 0 && !recovered)
        T_FAIL("byte %zu was changed, and nobody noticed", at);
    }
    if (more < 0) {
      T_EQ(err.category, VTPU_INPUT);
      refused++;
    }
    all[at] ^= bit;
  }
  T_CHECK(refused > 300);
  free(all);
  free(run.record);
}

T_TEST(trace_file, what_cannot_be_written_or_read_is_said)
{
  struct vtpu_error err;
  struct trace_writer *w;
  T_EQ(trace_create("/nowhere/at/all.trace", &about, &everything, &program, &w, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "/nowhere/at/all.trace");
  int bad = trace_create("/dev/full", &about, &everything, &program, &w, &err);
  if (!bad) {
    struct trace_log *l = trace_log_of(w, 0);
    for (uint64_t i = 0; i < 400000; i++)
      log_issue(l, i * i, (uint32_t)(i * i % SIWS));
    bad = trace_finish(w, &err);
  }
  T_EQ(bad, VTPU_SYSTEM);
  T_CONTAINS(err.message, "/dev/full");
  struct trace_reader *r;
  T_EQ(trace_open("/nowhere", &r, &err), VTPU_INPUT);
  T_EQ(trace_open("/dev/null", &r, &err), VTPU_INPUT);
  T_EQ(trace_open("Makefile", &r, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "no vtpu trace");
}

/* Whatever a stream's bytes are, decoding ends, and in bounds. */
T_TEST(trace_stream, any_bytes_are_records_or_refused)
{
  struct decoder *d = calloc(1, sizeof *d);
  unsigned long long s = 77;
  int refused = 0;
  T_REQUIRE(d && !course_open(&d->course, SIWS, true));
  for (int i = 0; i < 4000; i++) {
    uint8_t bytes[200];
    size_t n = t_random(&s) % sizeof bytes;
    for (size_t k = 0; k < n; k++)
      bytes[k] = (uint8_t)(t_random(&s) % 3 ? t_random(&s) : 128);
    decoder_begin(d, bytes, n);
    struct step step;
    struct event event;
    enum decoded what = DECODED_STEP;
    for (int k = 0; k < 100000 && what != DECODED_END && what != DECODED_BAD; k++)
      what = decode(d, &step, &event);
    refused += what == DECODED_BAD;
  }
  T_CHECK(refused > 1000);
  course_close(&d->course);
  free(d);
}
