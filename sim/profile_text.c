/* The profile as text for people: at most 100 columns. */
#include "sim/cells.h"
#include "sim/profile.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 40, BAR_COLUMNS = 30, CAUSES_SHOWN = 4 };

static const char *const tier_labels[TIER_COUNT] = {"L1", "L2", "L3", "DDR"};

/* --- one part as a whole ------------------------------------------------------------------- */

static void print_line(FILE *out, const char *label, const char *value, const char *remark)
{
  fprintf(out, "  %-24s %16s   %s\n", label, value, remark);
}

static double per_cycle(const struct profile_row *row, uint64_t count)
{
  return share_of(count, profile_cycles(row));
}

static void print_whole(FILE *out, const struct report *r, const struct profile_part *part)
{
  struct cells c = {.used = 0};
  const struct machine *m = r->machine;
  const struct profile_row *t = &part->profile.total;
  const struct vtpu_counts *k = &t->counts;
  char remark[96];
  double seconds = report_seconds(m, t->wall_cycles);

  snprintf(remark, sizeof remark, "%s at %g GHz; %u sentrons: %s", cell_seconds(&c, seconds),
           m->clock, t->sentrons, cell_count(&c, k->cycles));
  print_line(out, "cycles", cell_count(&c, t->wall_cycles), remark);
  if (part->positions) {
    snprintf(remark, sizeof remark, "%s cycles a position",
             cell_count(&c, t->wall_cycles / (uint64_t)part->positions));
    print_line(out, "tokens/s, simulated",
               cell_rate(&c, seconds > 0 ? part->positions / seconds : NAN), remark);
  }
  uint64_t ops = counts_all_ops(k);
  snprintf(remark, sizeof remark, "a core: %s; a sentron: %s of at most 3",
           cell_fixed(&c, t->cores ? per_cycle(t, ops) / t->cores : NAN, 2),
           cell_fixed(&c, counts_ops_per_cycle(k), 2));
  print_line(out, "ops/cycle", cell_fixed(&c, per_cycle(t, ops), 2), remark);
  snprintf(remark, sizeof remark, "D %s, S %s, C %s of the ports of %u core%s",
           cell_tight(&c, profile_occupancy(m, t, PIPE_D)),
           cell_tight(&c, profile_occupancy(m, t, PIPE_S)),
           cell_tight(&c, profile_occupancy(m, t, PIPE_C)), t->cores, t->cores == 1 ? "" : "s");
  enum pipe busiest = profile_busiest(m, t);
  print_line(out, "occupancy, busiest pipe", cell_percent(&c, profile_occupancy(m, t, busiest)),
             remark);
  snprintf(remark, sizeof remark, "MAC/cycle %s", cell_fixed(&c, per_cycle(t, k->macs), 2));
  print_line(out, "D-pipe's share of peak", cell_percent(&c, profile_mac_share(m, t)), remark);
  snprintf(remark, sizeof remark, "%s of %s translations", cell_count(&c, k->ptc_hits),
           cell_count(&c, k->ptc_hits + k->ptc_misses));
  print_line(out, "PTC hit rate", cell_percent(&c, counts_ptc_hit_rate(k)), remark);
  snprintf(remark, sizeof remark, "%s is busiest; limited by %s",
           profile_resource_keys[t->bound_by], t->limited_by);
  print_line(out, "of the bound", cell_percent(&c, t->reached), remark);
  print_line(out, "balance", cell_percent(&c, t->balance),
             "work of the average sentron / of the busiest");
}

static void print_tiers(FILE *out, const struct machine *m, const struct profile_row *t)
{
  fprintf(out, "\n  memory       supplied       merged      written      bytes   bytes/cycle"
               "     peak  of peak\n");
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    struct cells c = {.used = 0};
    const struct vtpu_counts *k = &t->counts;
    double use = profile_tier_use(t, tier), peak = profile_tier_peak(m, t, tier);
    fprintf(out, "  %-4s %16s %12s %12s %10s %13s %8s %8s\n", tier_labels[tier],
            cell_count(&c, k->tier_hits[tier]), cell_count(&c, k->tier_merges[tier]),
            cell_count(&c, k->tier_written[tier]), cell_bytes(&c, k->tier_bytes[tier]),
            cell_fixed(&c, use, 2), peak > 0 ? cell_fixed(&c, peak, peak < 100 ? 1 : 0) : "-",
            cell_tight(&c, peak > 0 ? use / peak : NAN));
  }
}

static void print_stack(FILE *out, const struct profile_row *t)
{
  static const char bar[BAR_COLUMNS + 1] = "##############################";
  fprintf(out, "\n  cycle stack       critical path   share       all sentrons   share\n");
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    struct cells c = {.used = 0};
    if (!t->wall[cause] && !t->counts.stack[cause])
      continue;
    double share = share_of(t->wall[cause], t->wall_cycles);
    int length = isfinite(share) ? (int)lround(BAR_COLUMNS * share) : 0;
    fprintf(out, "  %-14s %16s %7s %18s %7s%s%.*s\n", stall_keys[cause],
            cell_count(&c, t->wall[cause]), cell_tight(&c, share),
            cell_count(&c, t->counts.stack[cause]),
            cell_tight(&c, share_of(t->counts.stack[cause], t->counts.cycles)), length ? "  " : "",
            length, bar);
  }
}

/* --- tables -------------------------------------------------------------------------------- */

static int by_cycles(const void *a, const void *b)
{
  const struct profile_row *x = *(const struct profile_row *const *)a,
                           *y = *(const struct profile_row *const *)b;
  if (x->wall_cycles != y->wall_cycles)
    return x->wall_cycles < y->wall_cycles ? 1 : -1;
  if (x->counts.cycles != y->counts.cycles)
    return x->counts.cycles < y->counts.cycles ? 1 : -1;
  return x < y ? -1 : 1; /* order of the program */
}

static const char *row_name(struct cells *c, const struct profile_row *row)
{
  if (row->kernel)
    return cell_name(c, row->kernel, 14);
  char *out = cell_take(c);
  if (row->layer < 0)
    snprintf(out, CELL_TEXT_BYTES, "none");
  else
    snprintf(out, CELL_TEXT_BYTES, "%d", row->layer);
  return out;
}

#define COST_ROW "  %-14s %13s %6s %5s %8s %6s %6s  %-17s %s\n"

/* "ddr 93%": how near the largest bound is. */
static const char *bound_text(struct cells *c, const struct profile_row *row)
{
  char *out = cell_take(c);
  snprintf(out, CELL_TEXT_BYTES, isfinite(row->reached) ? "%s %.0f%%" : "-",
           profile_resource_keys[row->bound_by], 100 * row->reached);
  return out;
}

static const char *busiest_text(struct cells *c, const struct machine *m,
                                const struct profile_row *row)
{
  char *out = cell_take(c);
  enum pipe busiest = profile_busiest(m, row);
  snprintf(out, CELL_TEXT_BYTES, "%c %s", pipe_letter[busiest],
           cell_tight(c, profile_occupancy(m, row, busiest)));
  return out;
}

static void print_costs(FILE *out, const struct machine *m, const struct profile_row *const *rows,
                        unsigned count, uint64_t all, const char *title)
{
  fputc('\n', out);
  fprintf(out, COST_ROW, title, "wall cycles", "share", "ops/c", "busiest", "D peak", "MAC/c",
          "of the bound", "limited by");
  for (unsigned i = 0; i < count && i < ROWS_MAX; i++) {
    struct cells c = {.used = 0};
    const struct profile_row *row = rows[i];
    uint64_t ops = counts_all_ops(&row->counts);
    fprintf(out, COST_ROW, row_name(&c, row),
            row->wall_cycles ? cell_count(&c, row->wall_cycles) : "beside",
            cell_tight(&c, share_of(row->wall_cycles, all)),
            cell_fixed(&c, row->cores ? per_cycle(row, ops) / row->cores : NAN, 2),
            busiest_text(&c, m, row), cell_tight(&c, profile_mac_share(m, row)),
            cell_fixed(&c, per_cycle(row, row->counts.macs), 1), bound_text(&c, row),
            row->limited_by);
  }
  if (count > ROWS_MAX)
    fprintf(out, "  ... and %u more (--profile-json has all)\n", count - ROWS_MAX);
}

static void print_memory(FILE *out, const struct machine *m, const struct profile_row *const *rows,
                         unsigned count, const char *title)
{
  fprintf(out, "\n  %-14s %7s", title, "PTC");
  for (int tier = 0; tier < TIER_COUNT; tier++)
    fprintf(out, " %9s %7s", tier_labels[tier], "of peak");
  fputc('\n', out);
  for (unsigned i = 0; i < count && i < ROWS_MAX; i++) {
    struct cells c = {.used = 0};
    const struct vtpu_counts *k = &rows[i]->counts;
    fprintf(out, "  %-14s %7s", row_name(&c, rows[i]), cell_tight(&c, counts_ptc_hit_rate(k)));
    for (int tier = 0; tier < TIER_COUNT; tier++) {
      double peak = profile_tier_peak(m, rows[i], tier);
      fprintf(out, " %9s %7s", cell_bytes(&c, k->tier_bytes[tier]),
              cell_tight(&c, peak > 0 ? profile_tier_use(rows[i], tier) / peak : NAN));
    }
    fputc('\n', out);
  }
}

/* "issue 31%  ddr 40%  port 12%": where the cycles of a row's sentrons went, most first. */
static void print_causes(FILE *out, const struct profile_row *const *rows, unsigned count,
                         const char *title)
{
  fprintf(out, "\n  %-14s %17s  %s\n", title, "sentron cycles", "where they went, balance");
  for (unsigned i = 0; i < count && i < ROWS_MAX; i++) {
    struct cells c = {.used = 0};
    const struct vtpu_counts *k = &rows[i]->counts;
    fprintf(out, "  %-14s %17s ", row_name(&c, rows[i]), cell_count(&c, k->cycles));
    uint32_t shown = 0;
    for (int n = 0; n < CAUSES_SHOWN; n++) {
      int most = -1;
      for (int cause = 0; cause < STALL_COUNT; cause++)
        if (!(shown >> cause & 1) && k->stack[cause] &&
            (most < 0 || k->stack[cause] > k->stack[most]))
          most = cause;
      if (most < 0)
        break;
      shown |= 1u << most;
      fprintf(out, " %s %s", stall_keys[most], cell_tight(&c, share_of(k->stack[most], k->cycles)));
    }
    fprintf(out, "; %s\n", cell_tight(&c, rows[i]->balance));
  }
}

static bool print_tables(FILE *out, const struct report *r, const struct profile *p,
                         enum report_grouping by, const char *title)
{
  unsigned count = p->row_count[by];
  const struct profile_row **rows = calloc((size_t)count + 1, sizeof *rows);
  if (!rows)
    return false;
  for (unsigned i = 0; i < count; i++)
    rows[i] = &p->rows[by][i];
  if (by == REPORT_BY_KERNEL)
    qsort(rows, count, sizeof *rows, by_cycles);
  print_costs(out, r->machine, rows, count, p->total.wall_cycles, title);
  if (by == REPORT_BY_KERNEL) {
    print_memory(out, r->machine, rows, count, title);
    print_causes(out, rows, count, title);
  }
  free(rows);
  return true;
}

static void print_title(FILE *out, const struct profile_part *part)
{
  if (part->sequences > 1)
    fprintf(out, "\nprofile: %s, %d positions of %d sequences\n\n", part->name, part->positions,
            part->sequences);
  else if (part->positions == 1)
    fprintf(out, "\nprofile: %s, position %d\n\n", part->name, part->first_position);
  else if (part->positions)
    fprintf(out, "\nprofile: %s, positions %d to %d\n\n", part->name, part->first_position,
            part->first_position + part->positions - 1);
  else
    fprintf(out, "\nprofile: %s\n\n", part->name);
}

bool profile_text(FILE *out, const struct report *r, const struct profile_part *parts,
                  unsigned count)
{
  bool good = true;
  for (unsigned i = 0; i < count; i++) {
    const struct profile *p = &parts[i].profile;
    print_title(out, &parts[i]);
    print_whole(out, r, &parts[i]);
    print_tiers(out, r->machine, &p->total);
    print_stack(out, &p->total);
    good = print_tables(out, r, p, REPORT_BY_KERNEL, "kernel") && good;
    if (p->row_count[REPORT_BY_LAYER] > 1)
      good = print_tables(out, r, p, REPORT_BY_LAYER, "layer") && good;
  }
  if (count)
    fprintf(out,
            "\n  ops/c: operations a cycle of a core; busiest: occupancy of that pipe's ports; "
            "of the bound:\n  least cycles for the work on the busiest resource / wall cycles; "
            "beside: not on the critical path\n");
  return good && ferror(out) == 0;
}
