/* What a trace file costs: runs with and without one, in turn. */
#include "sim/vtpu.h"
#include "tests/bench/bench.h"
#include "traces/trace.h"

#include <stdio.h>

struct time_of {
  double wall, cpu;
};

/* A run, without the loading and with the end of the file. */
static struct time_of run(const struct object *o, const struct machine *m, struct trace_writer *w,
                          uint64_t *siws)
{
  struct vtpu_error err;
  struct vtpu *v;
  enum vtpu_status status;
  const struct vtpu_options options = {.writer = w};
  if (vtpu_new(m, o, &options, &v, &err))
    bench_die(&err, "trace");
  struct time_of t = {bench_wall_seconds(), bench_cpu_seconds()};
  if (vtpu_run(v, UINT64_MAX, &status, &err))
    bench_die(&err, "trace");
  vtpu_trace_end(v, false);
  if (w && trace_finish(w, &err))
    bench_die(&err, "trace");
  t = (struct time_of){bench_wall_seconds() - t.wall, bench_cpu_seconds() - t.cpu};
  *siws = vtpu_siws(v);
  vtpu_free(v);
  return t;
}

struct trace_cost bench_trace(const struct object *o, const struct machine *m, unsigned groups,
                              const char *path)
{
  const struct trace_about about = {.program = "bench",
                                    .command = "",
                                    .machine = "spec",
                                    .parameters = "",
                                    .resumed = "",
                                    .loaded = ""};
  const struct trace_selection all = {.groups = (uint16_t)groups, .text = ""};
  double wall[RUNS], cpu[RUNS], bytes = 0;
  uint64_t siws;
  for (int i = 0; i < RUNS; i++) {
    struct vtpu_error err;
    struct trace_writer *w;
    struct time_of without = run(o, m, NULL, &siws);
    if (trace_create(path, &about, &all, o, &w, &err))
      bench_die(&err, path);
    struct time_of with = run(o, m, w, &siws);
    struct trace_reader *r;
    if (trace_open(path, &r, &err))
      bench_die(&err, path);
    bytes = ((double)trace_describe(r)->file_bytes - (double)trace_describe(r)->program_bytes) /
            (double)siws;
    trace_close(r);
    wall[i] = with.wall / without.wall;
    cpu[i] = with.cpu / without.cpu;
  }
  remove(path);
  return (struct trace_cost){bench_median(wall, RUNS), bench_median(cpu, RUNS), bytes};
}
