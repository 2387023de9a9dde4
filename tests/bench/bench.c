/* make bench: the simulator's speed on one host thread, all counters and the cycle stack on.
 *
 * usage: bench [OUTPUT.json [TRACE]]   TRACE: where traces are written meanwhile
 *
 * Every figure is the median of RUNS runs in process CPU time, beside a yardstick loop (a chain of
 * 64-bit multiply-adds) timed in the same run: `ratio` is the figure over the yardstick's million
 * rounds a second, and is what to compare between machines and commits.
 */
#include "tests/bench/bench.h"
#include "asm/assemble.h"
#include "asm/lower/lower.h"
#include "sim/vtpu.h"
#include "traces/trace.h"

#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_cpu_seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_wall_seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double bench_median(double *v, int n)
{
  qsort(v, (size_t)n, sizeof *v, by_value);
  return v[n / 2];
}

static double yardstick(void) /* million rounds a second */
{
  enum { ROUNDS = 50000000 };
  volatile uint64_t sink;
  double start = bench_cpu_seconds();
  uint64_t x = 1;
  for (int i = 0; i < ROUNDS; i++)
    x = x * UINT64_C(6364136223846793005) + 1;
  sink = x;
  (void)sink;
  return ROUNDS / (bench_cpu_seconds() - start) / 1e6;
}

_Noreturn void bench_die(const struct vtpu_error *err, const char *what)
{
  fprintf(stderr, "bench: %s: %s\n", what, err->message);
  exit((int)err->category);
}

/* --- programs
 * ------------------------------------------------------------------------------------- */

/* {DFMA.f32 | SGATHER | CSTEP} over 256 pages, again and again: misses L1, hits L2. */
static const char stream[] =
    ".dlen 512\n"
    ".region elements, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=256\n"
    ".init main.p0 = 0.0.0/0.0.0/0.0.0/0.0\n"
    ".init main.r12 = f32 2.0 x 16\n"
    ".sentron main, id=0\n"
    "  { CLOOP l1, 150, last }\n"
    "  { CLOOP l0, 2730, round }\n"
    "  { DFMA.f32 r8, r2, r12[3], r8   | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "  { DFMA.f32 r9, r3, r12[3], r9   | SGATHER r3, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "  { DFMA.f32 r10, r4, r12[3], r10 | SGATHER r4, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "  { DFMA.f32 r11, r5, r12[3], r11 | SGATHER r5, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "  { DFMA.f32 r8, r6, r12[3], r8   | SGATHER r6, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "round: { DFMA.f32 r9, r7, r12[3], r9 | SGATHER r7, [p0], 64 | CSTEP p0, linear, 1 } :l0\n"
    "last: { CSTEP p0, linear, -16380 } :l1\n";

/* The reference runtime's 3-wide stream: DADD, a gather over 64 coordinates, CPACK, at DLEN 64. */
static char *wide3(void)
{
  char *text = malloc(1 << 16), *at = text;
  at += sprintf(at, ".dlen 64\n.region r, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=16\n"
                    ".sentron main, id=0\n  { CLOOP l0, 40000, last }\n");
  for (int i = 0; i < 64; i++)
    at += sprintf(at,
                  "%s{ DADD r%d, r0, r1 | SGATHER r%d, [%d.0.0/0.0.0/0.0.0/0.0], 8 | "
                  "CPACK m%d, r0, r1 }%s\n",
                  i == 63 ? "last: " : "  ", 2 + i % 4, 6 + i % 8, i, i % 4, i == 63 ? " :l0" : "");
  return text;
}

/* Random gathers of one sentron over a region of `mib`, as dense as the S-pipe allows: of two SIWs
 * one makes the coordinate from a random number and one gathers; beside them the D-pipe makes the
 * next number (the upper bits of a linear congruential generator). */
static char *random_gathers(int mib)
{
  char *text = malloc(1 << 12);
  sprintf(text,
          ".dlen 64\n"
          ".region r, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, extent=512.%d.1/1.1.1/1.1.1/1.1\n"
          ".init main.r0 = i64 88172645463325252\n"
          ".init main.r1 = i64 6364136223846793005\n"
          ".init main.r2 = i64 1442695040888963407\n"
          ".init main.r3 = i64 %d\n"
          ".sentron main, id=0\n"
          "  { CLOOP l0, 1000000, last }\n"
          "  { DFMA r0, r0, r1, r2 | SINDEX p1, [0.0.0/0.0.0/0.0.0/0.0], linear, 0, index r6 }\n"
          "last: { DSHR r6, r0, r3 | SGATHER r7, [p1], 8 } :l0\n",
          mib / 2, 64 - __builtin_ctz((unsigned)mib * 16384));
  return text;
}

/* Sixteen sentrons, each streaming its own rom from DDR. */
static char *ddr_stream(void)
{
  char *text = malloc(1 << 16), *at = text;
  at += sprintf(at, ".dlen 512\n"
                    ".region w, rom, lo=0.0.0/0.0.0/0.0.0/0.0, extent=512.64.1/1.1.1/1.1.1/1.1\n");
  for (int i = 0; i < 16; i++)
    at += sprintf(at, ".init s%d.p0 = 0.%d.0/0.0.0/0.0.0/0.0\n.init s%d.r12 = f32 2.0 x 16\n", i,
                  i * 16, i);
  for (int i = 0; i < 16; i++) {
    at += sprintf(at, ".sentron s%d, id=%d\n  { CLOOP l0, 10000, s%d_last }\n", i, i, i);
    for (int k = 0; k < 6; k++) {
      if (k == 5)
        at += sprintf(at, "s%d_last:", i);
      at += sprintf(at,
                    "  { DFMA.f32 r%d, r%d, r12[1], r%d | SGATHER r%d, [p0], 64 | "
                    "CSTEP p0, linear, 1 }%s\n",
                    8 + k % 4, 2 + k, 8 + k % 4, 2 + k, k == 5 ? " :l0" : "");
    }
  }
  return text;
}

/* Two nodes, 8 sentrons each, that meet every 400,000 rounds: for host threads. */
static char *two_nodes(void)
{
  char *text = malloc(1 << 16), *at = text;
  at += sprintf(at, ".dlen 64\n");
  for (int n = 0; n < 2; n++)
    for (int i = 0; i < 8; i++)
      at +=
          sprintf(at,
                  ".region r%d_%d, private, node=%d, core=%d, lo=0.%d.0/0.0.0/0.0.0/0.0, pages=4\n"
                  ".sentron s%d_%d, id=%d, node=%d\n"
                  "  { CLOOP l1, 4, last%d_%d }\n"
                  "  { CLOOP l0, 400000, in%d_%d }\n"
                  "in%d_%d: { DADD r1, r1, r2 | SGATHER r3, [1.%d.0/0.0.0/0.0.0/0.0], 8 } :l0\n"
                  "  { CPACK m0, r1, r2 }\n  { CROUTE m0, %d }\n"
                  "last%d_%d: { CRECV.n r2, %d } :l1\n",
                  n, i, n, i, i * 4, n, i, i, n, n, i, n, i, n, i, i * 4, 1 - n, n, i, 1 - n);
  return text;
}

/* --- measuring
 * ------------------------------------------------------------------------------------ */

/* Every cell of the program's regions is written, with floats a little above 1: of cells that
 * nobody has written the host would have one page, and that in its caches. */
static void write_cells(struct vtpu *v, const struct object *o, const char *name)
{
  struct vtpu_error err;
  for (uint32_t i = 0; i < o->region_count; i++) {
    const struct object_region *r = &o->regions[i];
    const size_t words = region_pages(r) * PAGE_BYTES / sizeof(uint32_t);
    uint32_t *content = malloc(words * sizeof *content);
    if (!content) {
      vtpu_fail(&err, VTPU_SYSTEM, "out of memory");
      bench_die(&err, name);
    }
    for (size_t k = 0; k < words; k++)
      content[k] = 0x3f800000u | (k & 0xffff);
    if (vtpu_poke_run(v, 0, r->lo, content, words * sizeof *content, &err))
      bench_die(&err, name);
    free(content);
  }
}

/* Million SIWs a second, median of RUNS. */
static double rate(const char *name, const char *text, bool untimed)
{
  struct vtpu_error err;
  struct object o;
  struct machine m;
  double rates[RUNS];
  if (assemble_text(name, text, strlen(text), &o, &err) || machine_load("spec", &m, &err))
    bench_die(&err, name);
  m.dlen = o.dlen;
  for (int i = 0; i < RUNS; i++) {
    struct vtpu *v;
    struct vtpu_options options = {.untimed = untimed};
    enum vtpu_status status;
    if (vtpu_new(&m, &o, &options, &v, &err))
      bench_die(&err, name);
    write_cells(v, &o, name);
    double start = bench_cpu_seconds();
    if (vtpu_run(v, UINT64_MAX, &status, &err))
      bench_die(&err, name);
    rates[i] = (double)vtpu_siws(v) / (bench_cpu_seconds() - start) / 1e6;
    vtpu_free(v);
  }
  object_free_parts(&o);
  return bench_median(rates, RUNS);
}

/* Wall time of one thread over that of two, on a two-node run. */
static double thread_gain(const char *text)
{
  struct vtpu_error err;
  struct object o;
  struct machine m;
  double gain[RUNS];
  if (assemble_text("two_nodes", text, strlen(text), &o, &err) || machine_load("spec", &m, &err))
    bench_die(&err, "two_nodes");
  m.dlen = o.dlen;
  m.nodes = 2;
  m.topology = TOPOLOGY_RING;
  for (int i = 0; i < RUNS; i++) {
    double wall[2];
    for (unsigned threads = 1; threads <= 2; threads++) {
      struct vtpu *v;
      struct vtpu_options options = {.threads = threads};
      enum vtpu_status status;
      if (vtpu_new(&m, &o, &options, &v, &err))
        bench_die(&err, "two_nodes");
      double start = bench_wall_seconds();
      if (vtpu_run(v, UINT64_MAX, &status, &err))
        bench_die(&err, "two_nodes");
      wall[threads - 1] = bench_wall_seconds() - start;
      vtpu_free(v);
    }
    gain[i] = wall[0] / wall[1];
  }
  object_free_parts(&o);
  return bench_median(gain, RUNS);
}

/* The carried model for 16 sentrons. */
static void lower_carried(const char *path, struct lower_result *program)
{
  struct vtpu_error err;
  struct model model;
  const int prompt[] = {1};
  if (model_open(path, &model, &err))
    bench_die(&err, path);
  struct lower_options options = {.dlen = 512,
                                  .sentrons = 16,
                                  .cores = 8,
                                  .contexts = 2,
                                  .prompts = {{prompt, 1}},
                                  .max_tokens = 60,
                                  .ignore_end = true};
  if (lower_model(&model, &options, program, &err))
    bench_die(&err, path);
  model_close(&model);
}

/* Million SIWs a second of it. */
static double decode(const struct lower_result *program)
{
  const char *path = "decode";
  struct vtpu_error err;
  struct machine m;
  double rates[RUNS];
  if (machine_load("spec", &m, &err))
    bench_die(&err, path);
  for (int i = 0; i < RUNS; i++) {
    struct vtpu *v;
    enum vtpu_status status;
    if (vtpu_new(&m, &program->object, NULL, &v, &err))
      bench_die(&err, path);
    double start = bench_cpu_seconds();
    if (vtpu_run(v, UINT64_MAX, &status, &err))
      bench_die(&err, path);
    rates[i] = (double)vtpu_siws(v) / (bench_cpu_seconds() - start) / 1e6;
    vtpu_free(v);
  }
  return bench_median(rates, RUNS);
}

/* MiB that a node of 16 sentrons takes on the host beyond its cells. */
static double footprint(const char *text)
{
  struct vtpu_error err;
  struct object o;
  struct machine m;
  struct vtpu *v;
  if (assemble_text("ddr", text, strlen(text), &o, &err) || machine_load("spec", &m, &err))
    bench_die(&err, "ddr");
  struct mallinfo2 before = mallinfo2();
  if (vtpu_new(&m, &o, NULL, &v, &err))
    bench_die(&err, "ddr");
  struct mallinfo2 after = mallinfo2();
  vtpu_free(v);
  object_free_parts(&o);
  size_t bytes = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
  return (double)bytes / (1 << 20); /* cells are mapped apart (sim/ppt.c) */
}

static void report(json_t *list, const char *name, double value, const char *unit, double yard)
{
  printf("%-56s %8.2f %-16s ratio %.4f\n", name, value, unit, value / yard);
  fflush(stdout);
  json_array_append_new(list, json_pack("{s:s, s:f, s:s, s:f}", "name", name, "value", value,
                                        "unit", unit, "ratio", value / yard));
}

/* What traces of a program cost. */
static void report_trace(json_t *list, const char *name, const struct object *o, const char *path,
                         double yard)
{
  struct vtpu_error err;
  struct machine m;
  char line[80];
  if (machine_load("spec", &m, &err))
    bench_die(&err, name);
  m.dlen = o->dlen;
  for (int all = 0; all < 2; all++) {
    const char *what = all ? "all" : "issue";
    unsigned groups = all ? TRACE_GROUPS_ALL : 1u << TRACE_GROUP_ISSUE;
    struct trace_cost c = bench_trace(o, &m, groups, path);
    snprintf(line, sizeof line, "trace_%s_%s_wall", what, name);
    report(list, line, c.wall, "times", yard);
    snprintf(line, sizeof line, "trace_%s_%s_cpu_of_both_threads", what, name);
    report(list, line, c.cpu, "times", yard);
    snprintf(line, sizeof line, "trace_%s_%s_bytes", what, name);
    report(list, line, c.bytes, "bytes/SIW", yard);
  }
}

static void report_trace_of_text(json_t *list, const char *name, const char *text, const char *path,
                                 double yard)
{
  struct vtpu_error err;
  struct object o;
  if (assemble_text(name, text, strlen(text), &o, &err))
    bench_die(&err, name);
  report_trace(list, name, &o, path, yard);
  object_free_parts(&o);
}

int main(int argc, char **argv)
{
  struct lower_result carried;
  const char *path = argc > 2 ? argv[2] : "bench.trace";
  double yards[RUNS];
  for (int i = 0; i < RUNS; i++)
    yards[i] = yardstick();
  double yard = bench_median(yards, RUNS);
  json_t *list = json_array();
  report(list, "yardstick", yard, "Mround/s", yard);
  report(list, "stream_dlen512_256pages", rate("stream", stream, false), "MSIW/s", yard);
  char *wide = wide3(), *r32 = random_gathers(32), *r256 = random_gathers(256), *ddr = ddr_stream();
  report(list, "reference_3wide_dlen64", rate("wide3", wide, false), "MSIW/s", yard);
  /* Two SIWs a gather. */
  report(list, "random_gathers_32MiB", rate("random32", r32, false), "MSIW/s", yard);
  report(list, "random_gathers_256MiB", rate("random256", r256, false), "MSIW/s", yard);
  report(list, "ddr_stream_16_sentrons", rate("ddr", ddr, false), "MSIW/s", yard);
  report(list, "stream_untimed", rate("stream", stream, true), "MSIW/s", yard);
  lower_carried("models/carried", &carried);
  report(list, "decode_carried_model_16_sentrons", decode(&carried), "MSIW/s", yard);
  char *two = two_nodes();
  report(list, "two_nodes_gain_of_two_threads", thread_gain(two), "times", yard);
  report(list, "memory_beyond_cells_one_node", footprint(ddr), "MiB", yard);
  report_trace_of_text(list, "stream", stream, path, yard);
  report_trace_of_text(list, "random_gathers", r32, path, yard);
  report_trace_of_text(list, "ddr_stream", ddr, path, yard);
  report_trace(list, "decode", &carried.object, path, yard);
  lower_result_free(&carried);
  free(two);
  free(wide);
  free(r32);
  free(r256);
  free(ddr);
  if (argc > 1 && json_dump_file(list, argv[1], JSON_INDENT(2)) != 0) {
    fprintf(stderr, "bench: %s: cannot write\n", argv[1]);
    return VTPU_SYSTEM;
  }
  json_decref(list);
  return 0;
}
