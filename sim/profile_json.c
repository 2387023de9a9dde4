/* The profile as JSON, schema "vtpu-profile-1": every field is described in sim/schema.md. */
#include "sim/profile.h"
#include "sim/report_pieces.h"

#include <math.h>

static double per_cycle(const struct profile_row *row, uint64_t count)
{
  double cycles = (double)profile_cycles(row);
  return cycles > 0 ? (double)count / cycles : NAN;
}

static json_t *wall_json(const struct machine *m, const struct profile_row *row, uint64_t all)
{
  uint64_t ops = counts_all_ops(&row->counts);
  json_t *o = json_object();
  report_put(&o, "cycles", report_integer(row->wall_cycles));
  report_put(&o, "share", report_number(all ? (double)row->wall_cycles / (double)all : NAN));
  report_put(&o, "longest_sentron", report_integer(row->longest));
  report_put(&o, "ops_per_cycle", report_number(per_cycle(row, ops)));
  report_put(&o, "ops_per_cycle_and_core",
             report_number(row->cores ? per_cycle(row, ops) / row->cores : NAN));
  report_put(&o, "mac_per_cycle", report_number(per_cycle(row, row->counts.macs)));
  report_put(&o, "d_peak_share", report_number(profile_mac_share(m, row)));
  report_put(&o, "stack", report_stack(row->wall));
  return o;
}

static json_t *occupancy_json(const struct machine *m, const struct profile_row *row)
{
  json_t *o = json_object();
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    report_put(&o, report_pipe_keys[pipe],
               report_number(profile_occupancy(m, row, (enum pipe)pipe)));
  report_put(&o, "busiest", json_string(report_pipe_keys[profile_busiest(m, row)]));
  return o;
}

static json_t *bandwidth_json(const struct machine *m, const struct profile_row *row)
{
  json_t *o = json_object();
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    json_t *t = json_object();
    double use = profile_tier_use(row, tier), peak = profile_tier_peak(m, row, tier);
    report_put(&t, "bytes_per_cycle", report_number(use));
    report_put(&t, "peak_bytes_per_cycle", report_number(peak > 0 ? peak : NAN));
    report_put(&t, "share", report_number(peak > 0 ? use / peak : NAN));
    report_put(&o, tier_names[tier], t);
  }
  return o;
}

static json_t *bound_json(const struct profile_row *row)
{
  json_t *o = json_object(), *all = json_object();
  for (int i = 0; i < PROFILE_RESOURCES; i++)
    report_put(&all, profile_resource_keys[i], report_number(row->bound[i]));
  report_put(&o, "by", json_string(profile_resource_keys[row->bound_by]));
  report_put(&o, "cycles", report_number(row->bound[row->bound_by]));
  report_put(&o, "reached", report_number(row->reached));
  report_put(&o, "limited_by", json_string(row->limited_by));
  report_put(&o, "resources", all);
  return o;
}

/* all: the wall cycles of the part. */
static json_t *row_json(const struct machine *m, const struct profile_row *row, uint64_t all)
{
  json_t *o = json_object();
  report_put(&o, "marks", report_integer(row->marks));
  report_put(&o, "sentrons", report_integer(row->sentrons));
  report_put(&o, "cores", report_integer(row->cores));
  report_put(&o, "balance", report_number(row->balance));
  report_put(&o, "wall", wall_json(m, row, all));
  report_put(&o, "occupancy", occupancy_json(m, row));
  report_put(&o, "bandwidth", bandwidth_json(m, row));
  report_put(&o, "bound", bound_json(row));
  report_put_counts(&o, &row->counts, (uint64_t)m->dports);
  report_put_energy(&o, m, &row->counts, 0);
  return o;
}

static json_t *rows_json(const struct machine *m, const struct profile *p, enum report_grouping by)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < p->row_count[by]; i++) {
    const struct profile_row *row = &p->rows[by][i];
    json_t *o = row_json(m, row, p->total.wall_cycles);
    if (by != REPORT_BY_KERNEL)
      report_put(&o, "layer", row->layer < 0 ? json_null() : json_integer(row->layer));
    if (by != REPORT_BY_LAYER)
      report_put(&o, "kernel", report_string(row->kernel));
    report_append(&list, o);
  }
  return list;
}

static json_t *part_json(const struct report *r, const struct profile_part *part)
{
  const struct machine *m = r->machine;
  const struct profile *p = &part->profile;
  json_t *o = json_object();
  report_put(&o, "name", json_string(part->name));
  if (part->positions) {
    double seconds = report_seconds(m, p->total.wall_cycles);
    report_put(&o, "first_position", json_integer(part->first_position));
    report_put(&o, "positions", json_integer(part->positions));
    report_put(&o, "batch", json_integer(part->sequences));
    report_put(&o, "tokens_per_second_simulated",
               report_number(seconds > 0 ? part->positions / seconds : NAN));
  }
  report_put(&o, "total", row_json(m, &p->total, p->total.wall_cycles));
  report_put(&o, "kernels", rows_json(m, p, REPORT_BY_KERNEL));
  report_put(&o, "layers", rows_json(m, p, REPORT_BY_LAYER));
  report_put(&o, "regions", rows_json(m, p, REPORT_BY_REGION));
  return o;
}

json_t *profile_json(const struct report *r, const struct profile_part *parts, unsigned count)
{
  json_t *o = json_object(), *list = json_array();
  for (unsigned i = 0; i < count; i++)
    report_append(&list, part_json(r, &parts[i]));
  report_put(&o, "schema", json_string(PROFILE_SCHEMA));
  report_put_origin(&o, r);
  report_put(&o, "end", json_string(report_end_names[r->end]));
  report_put(&o, "parts", list);
  return o;
}
