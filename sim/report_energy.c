/* The report's part on energy, of a machine that states some: by event, and by kernel. */
#include "sim/cells.h"
#include "sim/energy.h"
#include "sim/report.h"

#include <math.h>
#include <stdlib.h>

enum { TOP_KERNELS = 12 };

static double joules(const struct report *r, const struct vtpu_counts *k, uint64_t cores,
                     uint64_t events[ENERGY_COUNT])
{
  energy_events(k, cores, events);
  return energy_pj(r->machine, events) * 1e-12;
}

static void print_events(FILE *out, const struct report *r, const uint64_t events[ENERGY_COUNT],
                         double all)
{
  int unstated = 0;
  fprintf(out, "  event                       number       pJ each          energy    share\n");
  for (int i = 0; i < ENERGY_COUNT; i++) {
    struct cells c = {.used = 0};
    const double each = r->machine->energy[i], own = (double)events[i] * each * 1e-12;
    unstated += events[i] && each <= 0;
    if (!events[i] || each <= 0)
      continue;
    fprintf(out, "  %-14s %19s %13s %15s %8s\n", energy_table[i].key, cell_count(&c, events[i]),
            cell_fixed(&c, each, 3), cell_scaled(&c, own, "J"), cell_percent(&c, own / all));
  }
  if (!unstated)
    return;
  fprintf(out, "  not stated by the machine, and not counted:");
  for (int i = 0, column = 45; i < ENERGY_COUNT; i++)
    if (events[i] && r->machine->energy[i] <= 0) {
      if (column + 16 > 98)
        column = fprintf(out, "\n   ") - 1;
      column += fprintf(out, " %s", energy_table[i].key);
    }
  fputc('\n', out);
}

struct row {
  double joules;
  const struct report_group *group;
};

static int by_energy(const void *a, const void *b)
{
  const struct row *x = a, *y = b;
  return x->joules < y->joules ? 1 : x->joules > y->joules ? -1 : 0;
}

static void print_kernels(FILE *out, const struct report *r)
{
  unsigned n = 0;
  struct report_group *groups = report_groups(r, REPORT_BY_KERNEL, &n);
  struct row *row = calloc(n + 1, sizeof *row);
  double all = 0;
  for (unsigned i = 0; row && i < n; i++) {
    uint64_t events[ENERGY_COUNT];
    row[i] = (struct row){joules(r, &groups[i].counts, 0, events), &groups[i]};
    all += row[i].joules;
  }
  if (row && n > 1 && all > 0) {
    qsort(row, n, sizeof *row, by_energy);
    fprintf(out, "\n  kernel                      energy    share   an operation\n");
    for (unsigned i = 0; i < n && i < TOP_KERNELS; i++) {
      struct cells c = {.used = 0};
      const double ops = (double)counts_all_ops(&row[i].group->counts);
      fprintf(out, "  %-16s %17s %8s %14s\n", cell_name(&c, row[i].group->name, 16),
              cell_scaled(&c, row[i].joules, "J"), cell_percent(&c, row[i].joules / all),
              ops > 0 ? cell_scaled(&c, row[i].joules / ops, "J") : "-");
    }
    if (n > TOP_KERNELS)
      fprintf(out, "  ... and %u more (--json has all)\n", n - TOP_KERNELS);
  }
  free(row);
  free(groups);
}

void report_energy_text(FILE *out, const struct report *r)
{
  const struct vtpu_statistics *s = r->statistics;
  struct cells c = {.used = 0};
  uint64_t events[ENERGY_COUNT];
  if (!energy_stated(r->machine))
    return;
  const double all = joules(r, &s->total, s->core_count, events);
  const double seconds = report_seconds(r->machine, s->cycles);
  fprintf(out, "\nenergy: %s", cell_scaled(&c, all, "J"));
  if (counts_all_ops(&s->total))
    fprintf(out, ", %s an operation",
            cell_scaled(&c, all / (double)counts_all_ops(&s->total), "J"));
  if (seconds > 0 && !r->untimed)
    fprintf(out, ", %s at %g GHz", cell_scaled(&c, all / seconds, "W"), r->machine->clock);
  fprintf(out, "; of what the machine states (energy_...)\n");
  print_events(out, r, events, all > 0 ? all : NAN);
  print_kernels(out, r);
}
