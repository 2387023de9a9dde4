/* The report as text for people: at most 100 columns, figures with thousands separators and units.
 * ops/cycle never stands alone (architecture, section 1): beside it are the D-pipe's share of peak,
 * MAC/cycle, the PTC hit rate and the cycle stack. */
#include "sim/cells.h"
#include "sim/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  TABLE_ROWS_MAX = 16, /* rows of the sentron table; the JSON has all */
  TOP_KERNELS = 12,
  TOP_LAYERS = 12,
  BAR_COLUMNS = 40,
};

/* "ddr 41%": the cause that took most cycles, of the cycles of the stack. */
static const char *longest_stall(struct cells *c, const struct vtpu_counts *k)
{
  char *out = cell_take(c);
  uint64_t all = 0;
  for (int cause = 0; cause < STALL_COUNT; cause++)
    all += k->stack[cause];
  enum stall longest = counts_longest_stall(k);
  if (longest == STALL_ISSUE)
    snprintf(out, CELL_TEXT_BYTES, "-");
  else
    snprintf(out, CELL_TEXT_BYTES, "%s %.0f%%", stall_keys[longest],
             100 * share_of(k->stack[longest], all));
  return out;
}

/* --- parts --------------------------------------------------------------------------------- */

static void print_header(FILE *out, const struct report *r)
{
  struct cells c = {.used = 0};
  const struct machine *m = r->machine;
  fprintf(out, "vtpu %s %s\n", r->command, r->program);
  fprintf(out,
          "machine %s: %s node%s, %s core%s, %s context%s each, %g GHz; DLEN %u; %u sentron%s%s\n",
          cell_name(&c, m->name, 40), cell_count(&c, (uint64_t)m->nodes), m->nodes == 1 ? "" : "s",
          cell_count(&c, (uint64_t)(m->nodes * m->cores)), m->nodes * m->cores == 1 ? "" : "s",
          cell_count(&c, (uint64_t)m->contexts), m->contexts == 1 ? "" : "s", m->clock,
          r->object->dlen, r->statistics->sentron_count,
          r->statistics->sentron_count == 1 ? "" : "s", r->untimed ? "; untimed" : "");
  if (r->end == REPORT_INTERRUPTED)
    fprintf(out, "INTERRUPTED: the figures are those up to the interruption\n");
  if (r->end == REPORT_MAX_CYCLES)
    fprintf(out, "STOPPED at the limit of cycles: the figures are those up to there\n");
  if (r->end == REPORT_FAILED)
    fprintf(out, "FAILED: the figures are those up to the failure\n");
}

static void print_line(FILE *out, const char *label, const char *value, const char *remark)
{
  fprintf(out, "  %-24s %16s   %s\n", label, value, remark);
}

static void describe_positions(const struct report *r, char *remark, size_t bytes)
{
  const struct report_inference *f = r->inference;
  size_t prompts = 0, positions = report_positions(f);
  for (size_t i = 0; i < f->count; i++)
    prompts += f->sequences[i].prompt_count;
  if (f->count == 1)
    snprintf(remark, bytes, "%zu positions (%zu of the prompt) at %g GHz", positions, prompts,
             r->machine->clock);
  else
    snprintf(remark, bytes, "%zu positions (%zu of prompts) of %zu sequences at %g GHz", positions,
             prompts, f->count, r->machine->clock);
}

static void print_summary(FILE *out, const struct report *r)
{
  struct cells c = {.used = 0};
  const struct vtpu_statistics *s = r->statistics;
  const struct vtpu_counts *t = &s->total;
  uint64_t ports = report_d_ports(r->machine), sentron_cycles = 0;
  char remark[96];

  for (unsigned i = 0; i < s->sentron_count; i++)
    sentron_cycles += s->sentrons[i].counts.cycles;

  fprintf(out, "\n");
  snprintf(remark, sizeof remark, "%s at %g GHz",
           cell_seconds(&c, report_seconds(r->machine, s->cycles)), r->machine->clock);
  print_line(out, "cycles", cell_count(&c, s->cycles),
             r->untimed ? "one an SIW: no timing" : remark);
  int used = snprintf(remark, sizeof remark, "host: %.2f s", r->host_seconds);
  if (r->host_seconds >= 0.01) /* below that the clock says nothing about speed */
    snprintf(remark + used, sizeof remark - (size_t)used, ", %s million SIWs/s",
             cell_fixed(&c, (double)t->siws / 1e6 / r->host_seconds, 1));
  print_line(out, "SIWs", cell_count(&c, t->siws), remark);
  snprintf(remark, sizeof remark, "of 3 slots an SIW: %s filled",
           cell_percent(&c, counts_utilisation(t)));
  print_line(out, "operations", cell_count(&c, counts_all_ops(t)), remark);
  snprintf(
      remark, sizeof remark, "a sentron: %s of at most 3",
      cell_fixed(&c, sentron_cycles ? (double)counts_all_ops(t) / (double)sentron_cycles : NAN, 2));
  print_line(out, "ops/cycle", cell_fixed(&c, counts_ops_per_cycle(t), 2), remark);
  snprintf(remark, sizeof remark, "MAC operations / (cycles x %s D port%s)", cell_count(&c, ports),
           ports == 1 ? "" : "s");
  print_line(out, "D-pipe's share of peak", cell_percent(&c, counts_mac_share(t, ports)), remark);
  print_line(out, "MAC/cycle", cell_fixed(&c, counts_mac_per_cycle(t), 2),
             "multiply-accumulates, all lanes");
  snprintf(remark, sizeof remark, "%s of %s translations", cell_count(&c, t->ptc_hits),
           cell_count(&c, t->ptc_hits + t->ptc_misses));
  print_line(out, "PTC hit rate", cell_percent(&c, counts_ptc_hit_rate(t)), remark);
  if (r->inference) {
    char types[64];
    snprintf(types, sizeof types, "output matrix %s, KV cache %s", r->inference->head,
             r->inference->kv);
    print_line(out, "weights", r->inference->weights, types);
    describe_positions(r, remark, sizeof remark);
    print_line(out, "tokens/s, simulated", cell_rate(&c, report_tokens_per_second(r)), remark);
  }
  if (t->sent || t->received) {
    snprintf(remark, sizeof remark, "sent; %s received", cell_count(&c, t->received));
    print_line(out, "messages", cell_count(&c, t->sent), remark);
  }
  for (unsigned i = 0; i < s->host_value_count; i++) {
    char value[24];
    snprintf(value, sizeof value, "%" PRId64, (int64_t)s->host_values[i].value);
    print_line(out, cell_name(&c, s->host_values[i].name, 24), value, "printed by the program");
  }
}

/* The operations that a pipe executed most often, "DFMA 78 %, DMUL 9 %, ...". */
static void print_frequent(char *out, size_t room, const struct vtpu_counts *k, enum pipe pipe)
{
  uint64_t below = UINT64_MAX;
  unsigned shown = 0;
  size_t used = 0;
  snprintf(out, room, "-");
  while (shown < 4) {
    uint64_t most = 0;
    for (int code = 0; code < OP_CODES; code++) {
      uint64_t n = k->op_code[pipe][code];
      if (n < below && n > most)
        most = n;
    }
    if (!most)
      break;
    for (int code = 0; code < OP_CODES && shown < 4; code++) {
      const struct op_info *op = op_find(pipe, (unsigned)code);
      if (k->op_code[pipe][code] != most || !op || used >= room)
        continue;
      int n = snprintf(out + used, room - used, "%s%s %.0f %%", shown ? ", " : "", op->name,
                       100 * share_of(most, k->ops[pipe]));
      used += (size_t)n;
      shown++;
    }
    below = most;
  }
}

static void print_pipes(FILE *out, const struct report *r)
{
  const struct vtpu_counts *t = &r->statistics->total;
  fprintf(out, "\npipe        operations   of SIWs    a cycle   most frequent\n");
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    struct cells c = {.used = 0};
    char frequent[56];
    print_frequent(frequent, sizeof frequent, t, (enum pipe)pipe);
    fprintf(out, "  %c %18s %9s %10s   %s\n", pipe_letter[pipe], cell_count(&c, t->ops[pipe]),
            cell_percent(&c, counts_pipe_utilisation(t, (enum pipe)pipe)),
            cell_fixed(&c, t->cycles ? (double)t->ops[pipe] / (double)t->cycles : NAN, 2),
            frequent);
  }
}

static void print_memory(FILE *out, const struct report *r)
{
  static const char *const labels[TIER_COUNT] = {"L1", "L2", "L3", "DDR"};
  const struct vtpu_counts *t = &r->statistics->total;
  fprintf(out, "\nmemory        supplied       merged               bytes   bytes/cycle   of peak"
               "   written back\n");
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    struct cells c = {.used = 0};
    double use = t->cycles ? (double)t->tier_bytes[tier] / (double)t->cycles : NAN;
    double peak = report_tier_peak(r->machine, tier);
    uint64_t written = 0;
    for (unsigned n = 0; n < r->statistics->node_count; n++)
      written += r->statistics->nodes[n].writebacks[tier];
    fprintf(out, "  %-4s %15s %12s %19s %13s %9s %14s\n", labels[tier],
            cell_count(&c, t->tier_hits[tier]), cell_count(&c, t->tier_merges[tier]),
            cell_count(&c, t->tier_bytes[tier]), cell_fixed(&c, use, 2),
            cell_percent(&c, peak > 0 ? use / peak : NAN), cell_count(&c, written));
  }
  struct vtpu_node_statistics all = {.pages = 0};
  for (unsigned n = 0; n < r->statistics->node_count; n++) {
    const struct vtpu_node_statistics *node = &r->statistics->nodes[n];
    all.pages += node->pages;
    all.prefetches += node->prefetches;
    all.prefetches_dropped += node->prefetches_dropped;
  }
  struct cells c = {.used = 0};
  fprintf(out, "  pages of 4 KiB: %s; page-table walks: %s; prefetches: %s, dropped: %s\n",
          cell_count(&c, all.pages), cell_count(&c, t->ptc_walks), cell_count(&c, all.prefetches),
          cell_count(&c, all.prefetches_dropped));
}

/* Contexts that nobody uses would hide everything else: the bars are shares of the rest. */
static void print_stack(FILE *out, const struct report *r)
{
  const struct vtpu_statistics *s = r->statistics;
  struct cells head = {.used = 0};
  static const char bar[BAR_COLUMNS + 1] = "########################################";
  uint64_t all = 0, used;
  for (int cause = 0; cause < STALL_COUNT; cause++)
    all += s->total.stack[cause];
  used = all - s->total.stack[STALL_IDLE];
  fprintf(out, "\ncycle stack: where the %s cycles of %u contexts went\n", cell_count(&head, all),
          s->contexts);
  fprintf(out, "  cause                        cycles   of all  not idle\n");
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    struct cells c = {.used = 0};
    uint64_t cycles = s->total.stack[cause];
    if (!cycles)
      continue;
    double share = cause == STALL_IDLE ? NAN : share_of(cycles, used);
    int length = isfinite(share) ? (int)lround(BAR_COLUMNS * share) : 0;
    fprintf(out, "  %-14s %20s %8s %9s%s%.*s\n", stall_keys[cause], cell_count(&c, cycles),
            cell_percent(&c, share_of(cycles, all)), cell_percent(&c, share), length ? "  " : "",
            length, bar);
  }
}

#define SENTRON_ROW "  %-5s %-10s %-8s %13s %13s %5s %6s %6s %6s  %s\n"
#define REGION_ROW  "  %-16s %14s %6s %13s %5s %6s %6s %6s  %s\n"

static void print_sentrons(FILE *out, const struct report *r)
{
  const struct vtpu_statistics *s = r->statistics;
  fputc('\n', out);
  fprintf(out, SENTRON_ROW, "no.", "sentron", "state", "cycles", "SIWs", "ops/c", "util", "MAC/c",
          "PTC", "waits most for");
  for (unsigned i = 0; i < s->sentron_count && i < TABLE_ROWS_MAX; i++) {
    struct cells c = {.used = 0};
    const struct vtpu_sentron_statistics *one = &s->sentrons[i];
    const struct vtpu_counts *k = &one->counts;
    char id[24];
    snprintf(id, sizeof id, "%u.%u", one->sentron->node, one->sentron->id);
    fprintf(out, SENTRON_ROW, id, cell_name(&c, one->sentron->name, 10),
            cell_name(&c, one->state, 8), cell_count(&c, k->cycles), cell_count(&c, k->siws),
            cell_fixed(&c, counts_ops_per_cycle(k), 2), cell_tight(&c, counts_utilisation(k)),
            cell_fixed(&c, counts_mac_per_cycle(k), 2), cell_tight(&c, counts_ptc_hit_rate(k)),
            longest_stall(&c, k));
  }
  if (s->sentron_count > TABLE_ROWS_MAX)
    fprintf(out, "  ... and %u more (--json has all)\n", s->sentron_count - TABLE_ROWS_MAX);
}

/* --- program regions ----------------------------------------------------------------------- */

static int by_cycles(const void *a, const void *b)
{
  const struct report_group *ga = a, *gb = b;
  if (ga->counts.cycles != gb->counts.cycles)
    return ga->counts.cycles < gb->counts.cycles ? 1 : -1;
  return ga->layer != gb->layer ? (ga->layer < gb->layer ? -1 : 1)
                                : strcmp(ga->name ? ga->name : "", gb->name ? gb->name : "");
}

static void print_groups(FILE *out, const struct report *r, enum report_grouping by,
                         const char *title, unsigned rows)
{
  unsigned count_groups = 0;
  struct report_group *groups = report_groups(r, by, &count_groups);
  if (!groups || count_groups < 2) { /* one region says what the whole says */
    free(groups);
    return;
  }
  uint64_t all = 0;
  for (unsigned i = 0; i < count_groups; i++)
    all += groups[i].counts.cycles;
  if (by == REPORT_BY_KERNEL)
    qsort(groups, count_groups, sizeof *groups, by_cycles);
  fputc('\n', out);
  fprintf(out, REGION_ROW, title, "sentron cycles", "share", "SIWs", "ops/c", "D peak", "MAC/c",
          "PTC", "waits most for");
  for (unsigned i = 0; i < count_groups && i < rows; i++) {
    struct cells c = {.used = 0};
    const struct vtpu_counts *k = &groups[i].counts;
    char layer[24] = "none";
    if (groups[i].layer >= 0)
      snprintf(layer, sizeof layer, "%d", groups[i].layer);
    fprintf(out, REGION_ROW, cell_name(&c, by == REPORT_BY_LAYER ? layer : groups[i].name, 16),
            cell_count(&c, k->cycles), cell_tight(&c, share_of(k->cycles, all)),
            cell_count(&c, k->siws), cell_fixed(&c, counts_ops_per_cycle(k), 2),
            cell_tight(&c, counts_mac_share(k, (uint64_t)r->machine->dports)),
            cell_fixed(&c, counts_mac_per_cycle(k), 2), cell_tight(&c, counts_ptc_hit_rate(k)),
            longest_stall(&c, k));
  }
  if (count_groups > rows)
    fprintf(out, "  ... and %u more (--json has all)\n", count_groups - rows);
  free(groups);
}

/* --- registers ----------------------------------------------------------------------------- */

/* r as 64-bit lanes, p as coordinates, m and l in hexadecimal; registers that hold zero are left
 * out. Long ones go on over several lines of 4 lanes. */
static void print_register(FILE *out, unsigned reg, const uint8_t *bytes, int n)
{
  char label[REGISTER_NAME_BYTES];
  fprintf(out, "    %-3s", register_name(reg, label));
  if (reg < REG_P) {
    for (int at = 0; at < n; at += 8)
      fprintf(out, "%s %" PRId64, at && at % 32 == 0 ? "\n       " : "",
              (int64_t)register_word(bytes + at));
  } else if (reg < REG_M) {
    char text[COORD_TEXT_BYTES];
    struct coord c = {.lo = register_word(bytes), .hi = register_word(bytes + 8)};
    fprintf(out, " %s", coord_print(c, text));
  } else {
    fprintf(out, " ");
    for (int i = 0; i < n; i++)
      fprintf(out, "%02x", bytes[i]);
  }
  fprintf(out, "\n");
}

static void print_registers(FILE *out, const struct report *r)
{
  static const uint8_t zero[64];
  fprintf(out, "\nregisters that are not zero (r: 64-bit lanes; m, l: bytes, byte 0 first)\n");
  for (unsigned i = 0; i < r->statistics->sentron_count; i++) {
    const struct object_sentron *s = r->statistics->sentrons[i].sentron;
    struct cells c = {.used = 0};
    fprintf(out, "  sentron %u.%u %s\n", s->node, s->id, cell_name(&c, s->name, 40));
    for (unsigned reg = 0; reg < REG_COUNT; reg++) {
      uint8_t bytes[64];
      int n = vtpu_register(r->registers, i, reg, bytes);
      if (memcmp(bytes, zero, (size_t)n) != 0)
        print_register(out, reg, bytes, n);
    }
  }
}

bool report_text(FILE *out, const struct report *r)
{
  print_header(out, r);
  print_summary(out, r);
  print_pipes(out, r);
  print_memory(out, r);
  print_stack(out, r);
  report_energy_text(out, r);
  print_sentrons(out, r);
  print_groups(out, r, REPORT_BY_KERNEL, "kernel", TOP_KERNELS);
  print_groups(out, r, REPORT_BY_LAYER, "layer", TOP_LAYERS);
  if (r->registers)
    print_registers(out, r);
  return ferror(out) == 0;
}
