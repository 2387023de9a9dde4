/* Figures and groupings that the JSON and the text report share: see report.h. */
#include "sim/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const report_end_names[] = {"done", "failed", "max_cycles", "interrupted"};

uint64_t counts_all_ops(const struct vtpu_counts *c)
{
  uint64_t sum = 0;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    sum += c->ops[pipe];
  return sum;
}

double counts_mac_share(const struct vtpu_counts *c, uint64_t ports)
{
  double slots = (double)c->cycles * (double)ports;
  return slots > 0 ? (double)c->mac_ops / slots : NAN;
}

enum stall counts_longest_stall(const struct vtpu_counts *c)
{
  enum stall longest = STALL_ISSUE;
  for (int cause = STALL_ISSUE + 1; cause < STALL_COUNT; cause++) {
    if (c->stack[cause] > (longest == STALL_ISSUE ? 0 : c->stack[longest]))
      longest = (enum stall)cause;
  }
  return longest;
}

const char *register_name(unsigned reg, char out[REGISTER_NAME_BYTES])
{
  static const struct {
    char letter;
    unsigned first;
  } files[] = {{'l', REG_L}, {'m', REG_M}, {'p', REG_P}, {'r', REG_R}};
  int f = 0;
  while (reg < files[f].first)
    f++;
  snprintf(out, REGISTER_NAME_BYTES, "%c%u", files[f].letter, reg - files[f].first);
  return out;
}

double report_seconds(const struct machine *m, uint64_t cycles)
{
  return (double)cycles / (m->clock * 1e9);
}

uint64_t report_d_ports(const struct machine *m)
{
  return (uint64_t)m->nodes * (uint64_t)m->cores * (uint64_t)m->dports;
}

double report_tier_peak(const struct machine *m, int tier)
{
  double cores = (double)m->nodes * (double)m->cores;
  int64_t halves = (m->cores + m->l3_cores - 1) / m->l3_cores;
  double units = 0, interval = 0;
  switch (tier) {
  case TIER_L1:
    units = m->l1_bytes ? cores : 0;
    interval = (double)m->l1_interval;
    break;
  case TIER_L2:
    units = m->l2_bytes ? cores : 0;
    interval = (double)m->l2_interval;
    break;
  case TIER_L3:
    units = m->l3_bytes ? (double)m->nodes * (double)halves : 0;
    interval = (double)m->l3_interval;
    break;
  default: /* GB/s over GHz are bytes a cycle */
    return (double)m->nodes * m->ddr_bandwidth / m->clock;
  }
  return interval > 0 ? units * CELL_BYTES / interval : 0;
}

size_t report_positions(const struct report_inference *f)
{
  size_t positions = 0;
  for (size_t i = 0; i < f->count; i++)
    positions += f->sequences[i].positions;
  return positions;
}

double report_tokens_per_second(const struct report *r)
{
  double seconds = report_seconds(r->machine, r->statistics->cycles);
  return r->inference && seconds > 0 ? (double)report_positions(r->inference) / seconds : NAN;
}

/* --- program regions ----------------------------------------------------------------------- */

static bool same_group(const struct report_group *g, const struct object_mark *mark,
                       enum report_grouping by)
{
  if (by == REPORT_BY_LAYER)
    return g->layer == mark->layer;
  return strcmp(g->name, mark->kernel) == 0 && (by == REPORT_BY_KERNEL || g->layer == mark->layer);
}

/* What SIWs outside of all marks count under. */
static const struct object_mark outside = {.layer = -1, .kernel = "outside"};

static const struct object_mark *mark_at(const struct report *r, unsigned index)
{
  return index < r->object->mark_count ? &r->object->marks[index] : &outside;
}

bool report_group_has(const struct report *r, const struct report_group *g, enum report_grouping by,
                      unsigned index)
{
  return same_group(g, mark_at(r, index), by);
}

struct report_group *report_groups(const struct report *r, enum report_grouping by, unsigned *count)
{
  const struct vtpu_statistics *s = r->statistics;
  struct report_group *groups = calloc((size_t)s->mark_count + 1, sizeof *groups);
  unsigned n = 0;
  if (!groups)
    return NULL;
  for (unsigned i = 0; i < s->mark_count; i++) {
    const struct object_mark *mark = mark_at(r, i);
    if (mark == &outside && s->marks[i].cycles == 0)
      continue;
    unsigned g = 0;
    while (g < n && !same_group(&groups[g], mark, by))
      g++;
    if (g == n) {
      groups[n++] = (struct report_group){
          .name = by == REPORT_BY_LAYER ? NULL : mark->kernel,
          .layer = by == REPORT_BY_KERNEL ? -1 : mark->layer,
      };
    }
    groups[g].marks++;
    counts_add(&groups[g].counts, &s->marks[i]);
  }
  *count = n;
  return groups;
}
