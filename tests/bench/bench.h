/* What the files of `make bench` share. */
#ifndef VTPU_TESTS_BENCH_BENCH_H
#define VTPU_TESTS_BENCH_BENCH_H

#include "isa/machine.h"
#include "isa/object.h"

enum { RUNS = 7 };

double bench_cpu_seconds(void); /* of the process, all threads */
double bench_wall_seconds(void);
double bench_median(double *v, int n);
/* Prints why and ends. */
_Noreturn void bench_die(const struct vtpu_error *err, const char *what);

/* What a trace file costs a run: times as long with as without, in wall time and in processor time
 * of both threads, and bytes of the file an SIW (the program not counted). */
struct trace_cost {
  double wall, cpu, bytes;
};
struct trace_cost bench_trace(const struct object *o, const struct machine *m, unsigned groups,
                              const char *path);

#endif
