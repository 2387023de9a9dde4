/* The report as JSON, schema "vtpu-run-1". Every field is described in sim/schema.md; a change that
 * takes a field away or gives it another meaning gets a new schema name. */
#include "sim/report_pieces.h"
#include "sim/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- registers ----------------------------------------------------------------------------- */

static json_t *lanes_json(const uint8_t *bytes, int count)
{
  json_t *lanes = json_array();
  for (int at = 0; at < count; at += 8)
    report_append(&lanes, report_integer(register_word(bytes + at)));
  return lanes;
}

static json_t *hex_json(const uint8_t *bytes, int count)
{
  char text[2 * 64 + 1] = "";
  for (int i = 0; i < count; i++)
    snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  return json_string(text);
}

/* r: 64-bit lanes as signed integers; p: coordinate text; m and l: hexadecimal, byte 0 first. */
static json_t *register_json(unsigned reg, const uint8_t *bytes, int count)
{
  if (reg < REG_P)
    return lanes_json(bytes, count);
  if (reg >= REG_M)
    return hex_json(bytes, count);
  char text[COORD_TEXT_BYTES];
  struct coord c = {.lo = register_word(bytes), .hi = register_word(bytes + 8)};
  return json_string(coord_print(c, text));
}

json_t *report_registers_json(const struct vtpu *v, unsigned sentron)
{
  json_t *o = json_object();
  for (unsigned reg = 0; reg < REG_COUNT; reg++) {
    char name[REGISTER_NAME_BYTES];
    uint8_t bytes[64];
    int count = vtpu_register(v, sentron, reg, bytes);
    report_put(&o, register_name(reg, name), register_json(reg, bytes, count));
  }
  return o;
}

/* --- parts --------------------------------------------------------------------------------- */

static json_t *parameter_json(const struct machine *m, const struct param_info *p)
{
  const char *at = (const char *)m + p->offset;
  int64_t whole;
  double real;
  memcpy(&whole, at, sizeof whole);
  memcpy(&real, at, sizeof real);
  switch (p->kind) {
  case PARAM_REAL: return report_number(real);
  case PARAM_WORD: return json_string(p->words[whole]);
  default: return json_integer(whole);
  }
}

json_t *report_machine_json(const struct machine *m)
{
  json_t *o = json_object(), *parameters = json_object();
  for (int i = 0; i < machine_param_count; i++)
    report_put(&parameters, machine_params[i].name, parameter_json(m, &machine_params[i]));
  report_put(&o, "name", report_string(m->name));
  report_put(&o, "parameters", parameters);
  return o;
}

static json_t *sentrons_json(const struct report *r)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->sentron_count; i++) {
    const struct vtpu_sentron_statistics *s = &r->statistics->sentrons[i];
    json_t *o = json_object();
    report_put(&o, "id", report_integer(s->sentron->id));
    report_put(&o, "node", report_integer(s->sentron->node));
    report_put(&o, "core", report_integer(s->sentron->id % (uint64_t)r->machine->cores));
    report_put(&o, "name", report_string(s->sentron->name));
    report_put(&o, "state", report_string(s->state));
    report_put_counts(&o, &s->counts, (uint64_t)r->machine->dports);
    report_put_energy(&o, r->machine, &s->counts, 0);
    if (r->registers)
      report_put(&o, "registers", report_registers_json(r->registers, i));
    report_append(&list, o);
  }
  return list;
}

static json_t *cores_json(const struct report *r)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->core_count; i++) {
    json_t *o = json_object();
    report_put(&o, "node", report_integer(i / (uint64_t)r->machine->cores));
    report_put(&o, "core", report_integer(i % (uint64_t)r->machine->cores));
    report_put_counts(&o, &r->statistics->cores[i], (uint64_t)r->machine->dports);
    report_put_energy(&o, r->machine, &r->statistics->cores[i], 1);
    report_append(&list, o);
  }
  return list;
}

static json_t *nodes_json(const struct report *r)
{
  uint64_t d_ports = (uint64_t)(r->machine->cores * r->machine->dports);
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->node_count; i++) {
    const struct vtpu_node_statistics *n = &r->statistics->nodes[i];
    json_t *o = json_object(), *writebacks = json_object();
    for (int tier = 0; tier < TIER_COUNT; tier++)
      report_put(&writebacks, tier_names[tier], report_integer(n->writebacks[tier]));
    report_put(&o, "node", report_integer(i));
    report_put_counts(&o, &n->counts, d_ports);
    report_put_energy(&o, r->machine, &n->counts, (uint64_t)r->machine->cores);
    report_put(&o, "ddr_reads", report_integer(n->ddr_reads));
    report_put(&o, "ddr_writes", report_integer(n->ddr_writes));
    report_put(&o, "prefetches", report_integer(n->prefetches));
    report_put(&o, "prefetches_dropped", report_integer(n->prefetches_dropped));
    report_put(&o, "ptc_walks", report_integer(n->counts.ptc_walks));
    report_put(&o, "writebacks", writebacks);
    report_put(&o, "pages", report_integer(n->pages));
    report_append(&list, o);
  }
  return list;
}

static json_t *groups_json(const struct report *r, enum report_grouping by)
{
  unsigned count = 0;
  struct report_group *groups = report_groups(r, by, &count);
  json_t *list = groups ? json_array() : NULL;
  for (unsigned i = 0; i < count; i++) {
    json_t *o = json_object();
    if (by != REPORT_BY_KERNEL)
      report_put(&o, "layer", groups[i].layer < 0 ? json_null() : json_integer(groups[i].layer));
    if (by != REPORT_BY_LAYER)
      report_put(&o, "kernel", report_string(groups[i].name));
    report_put(&o, "marks", report_integer(groups[i].marks));
    report_put_counts(&o, &groups[i].counts, (uint64_t)r->machine->dports);
    report_put_energy(&o, r->machine, &groups[i].counts, 0);
    report_append(&list, o);
  }
  free(groups);
  return list;
}

/* Peak and share of each tier over the whole machine; null where a tier is absent or unlimited. */
static json_t *bandwidth_json(const struct report *r)
{
  json_t *o = json_object();
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    json_t *t = json_object();
    double cycles = (double)r->statistics->cycles, peak = report_tier_peak(r->machine, tier);
    double use = cycles > 0 ? (double)r->statistics->total.tier_bytes[tier] / cycles : NAN;
    report_put(&t, "bytes_per_cycle", report_number(use));
    report_put(&t, "peak_bytes_per_cycle", report_number(peak > 0 ? peak : NAN));
    report_put(&t, "share", report_number(peak > 0 ? use / peak : NAN));
    report_put(&o, tier_names[tier], t);
  }
  return o;
}

/* A list, not an object: a program may print under one name more than once. */
static json_t *host_values_json(const struct report *r)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->host_value_count; i++) {
    json_t *o = json_object();
    report_put(&o, "name", report_string(r->statistics->host_values[i].name));
    report_put(&o, "value", report_integer(r->statistics->host_values[i].value));
    report_append(&list, o);
  }
  return list;
}

static void put_sequence(json_t **o, const struct report_sequence *s)
{
  json_t *tokens = json_array();
  for (size_t i = 0; i < s->token_count; i++)
    report_append(&tokens, json_integer(s->tokens[i]));
  report_put(o, "tokens", tokens);
  report_put(o, "prompt_tokens", report_integer(s->prompt_count));
  report_put(o, "positions", report_integer(s->positions));
  report_put(o, "text", s->text ? report_string(s->text) : json_null());
  report_put(o, "finish_reason", s->finish_reason ? json_string(s->finish_reason) : json_null());
}

static void put_inference(json_t **o, const struct report *r)
{
  const struct report_inference *f = r->inference;
  json_t *sequences = json_array();
  for (size_t i = 0; i < f->count; i++) {
    json_t *sequence = json_object();
    put_sequence(&sequence, &f->sequences[i]);
    report_append(&sequences, sequence);
  }
  put_sequence(o, &f->sequences[0]);
  report_put(o, "positions", report_integer(report_positions(f))); /* of all */
  report_put(o, "batch", report_integer(f->count));
  report_put(o, "sequences", sequences);
  report_put(o, "temperature", report_number(f->temperature));
  report_put(o, "seed", report_integer(f->seed));
  json_t *types = json_object();
  report_put(&types, "weights", json_string(f->weights));
  report_put(&types, "head", json_string(f->head));
  report_put(&types, "kv", json_string(f->kv));
  report_put(o, "types", types);
  report_put(o, "tokens_per_second_simulated", report_number(report_tokens_per_second(r)));
}

json_t *report_json(const struct report *r)
{
  json_t *o = json_object();
  report_put(&o, "schema", json_string(REPORT_SCHEMA));
  report_put_origin(&o, r);
  report_put(&o, "end", json_string(report_end_names[r->end]));
  report_put(&o, "error", r->error ? report_string(r->error) : json_null());
  report_put(&o, "timed", json_boolean(!r->untimed));
  report_put(&o, "contexts", report_integer(r->statistics->contexts));
  report_put(&o, "seconds_simulated",
             report_number(report_seconds(r->machine, r->statistics->cycles)));
  report_put(&o, "host_seconds", report_number(r->host_seconds));
  if (r->inference)
    put_inference(&o, r);
  report_put_counts(&o, &r->statistics->total, report_d_ports(r->machine));
  report_put_energy(&o, r->machine, &r->statistics->total, r->statistics->core_count);
  report_put(&o, "bandwidth", bandwidth_json(r));
  report_put(&o, "host_values", host_values_json(r));
  if (r->timeline)
    report_put(&o, "timeline", timeline_json(r->timeline));
  report_put(&o, "sentrons", sentrons_json(r));
  report_put(&o, "cores", cores_json(r));
  report_put(&o, "nodes", nodes_json(r));
  report_put(&o, "kernels", groups_json(r, REPORT_BY_KERNEL));
  report_put(&o, "layers", groups_json(r, REPORT_BY_LAYER));
  report_put(&o, "regions", groups_json(r, REPORT_BY_REGION));
  return o;
}
