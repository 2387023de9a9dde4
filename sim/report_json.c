/* The report as JSON, schema "vtpu-run-1". Every field is described in sim/schema.md; a change that
 * takes a field away or gives it another meaning gets a new schema name. */
#include "sim/report.h"
#include "sim/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Memory may run out at any piece. A missing piece is NULL, and what it should have gone into
 * becomes NULL in turn, up to the whole report. */
static void put(json_t **object, const char *key, json_t *value)
{
  if (json_object_set_new(*object, key, value) != 0) {
    json_decref(*object);
    *object = NULL;
  }
}

static void append(json_t **array, json_t *value)
{
  if (json_array_append_new(*array, value) != 0) {
    json_decref(*array);
    *array = NULL;
  }
}

/* A ratio without a denominator is null: JSON has no NaN. */
static json_t *number(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
  return json_integer((json_int_t)value);
}

/* Paths and names may hold any bytes; JSON holds UTF-8. */
static json_t *string(const char *text)
{
  size_t bytes = strlen(text);
  char *copy = malloc(UTF8_REPAIRED_BYTES(bytes));
  json_t *value = copy ? json_stringn(copy, utf8_repair(text, bytes, copy)) : NULL;
  free(copy);
  return value;
}

/* --- counts -------------------------------------------------------------------------------- */

static const char *const pipe_keys[PIPE_COUNT] = {"d", "s", "c"};

static json_t *pipe_ops_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    put(&o, pipe_keys[pipe], integer(c->ops[pipe]));
  return o;
}

static json_t *pipe_utilisation_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    put(&o, pipe_keys[pipe], number(counts_pipe_utilisation(c, (enum pipe)pipe)));
  return o;
}

/* Only what was executed, by the names of ops.def. */
static json_t *op_codes_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int i = 0; i < op_table_count; i++) {
    const struct op_info *op = &op_table[i];
    uint64_t executed = c->op_code[op->pipe][op->code];
    if (executed)
      put(&o, op->name, integer(executed));
  }
  return o;
}

static json_t *ptc_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  put(&o, "hits", integer(c->ptc_hits));
  put(&o, "misses", integer(c->ptc_misses));
  put(&o, "hit_rate", number(counts_ptc_hit_rate(c)));
  return o;
}

static json_t *tiers_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    json_t *t = json_object();
    put(&t, "hits", integer(c->tier_hits[tier]));
    put(&t, "merges", integer(c->tier_merges[tier]));
    put(&t, "written", integer(c->tier_written[tier]));
    put(&t, "bytes", integer(c->tier_bytes[tier]));
    put(&o, tier_names[tier], t);
  }
  return o;
}

static json_t *messages_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  put(&o, "sent", integer(c->sent));
  put(&o, "received", integer(c->received));
  return o;
}

static json_t *stack_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int cause = 0; cause < STALL_COUNT; cause++)
    put(&o, stall_keys[cause], integer(c->stack[cause]));
  return o;
}

/* The figures that a sentron, a core, a node, a kernel and the whole have in common.
 * d_ports: D ports of what is counted. */
static void put_counts(json_t **o, const struct vtpu_counts *c, uint64_t d_ports)
{
  put(o, "cycles", integer(c->cycles));
  put(o, "siws", integer(c->siws));
  put(o, "ops", integer(counts_all_ops(c)));
  put(o, "ops_per_cycle", number(counts_ops_per_cycle(c)));
  put(o, "utilisation", number(counts_utilisation(c)));
  put(o, "mac_per_cycle", number(counts_mac_per_cycle(c)));
  put(o, "d_peak_share", number(counts_mac_share(c, d_ports)));
  put(o, "macs", integer(c->macs));
  put(o, "mac_ops", integer(c->mac_ops));
  put(o, "pipe_ops", pipe_ops_json(c));
  put(o, "pipe_utilisation", pipe_utilisation_json(c));
  put(o, "op_codes", op_codes_json(c));
  put(o, "ptc", ptc_json(c));
  put(o, "tiers", tiers_json(c));
  put(o, "messages", messages_json(c));
  put(o, "stack", stack_json(c));
}

/* --- registers ----------------------------------------------------------------------------- */

static json_t *lanes_json(const uint8_t *bytes, int count)
{
  json_t *lanes = json_array();
  for (int at = 0; at < count; at += 8)
    append(&lanes, integer(register_word(bytes + at)));
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

static json_t *registers_json(const struct vtpu *v, unsigned sentron)
{
  json_t *o = json_object();
  for (unsigned reg = 0; reg < REG_COUNT; reg++) {
    char name[REGISTER_NAME_BYTES];
    uint8_t bytes[64];
    int count = vtpu_register(v, sentron, reg, bytes);
    put(&o, register_name(reg, name), register_json(reg, bytes, count));
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
  case PARAM_REAL: return number(real);
  case PARAM_WORD: return json_string(p->words[whole]);
  default: return json_integer(whole);
  }
}

json_t *report_machine_json(const struct machine *m)
{
  json_t *o = json_object(), *parameters = json_object();
  for (int i = 0; i < machine_param_count; i++)
    put(&parameters, machine_params[i].name, parameter_json(m, &machine_params[i]));
  put(&o, "name", string(m->name));
  put(&o, "parameters", parameters);
  return o;
}

static json_t *program_json(const struct report *r)
{
  json_t *o = json_object();
  put(&o, "path", string(r->program));
  put(&o, "dlen", integer(r->object->dlen));
  put(&o, "siws", integer(r->object->siw_count));
  put(&o, "regions", integer(r->object->region_count));
  return o;
}

static json_t *sentrons_json(const struct report *r)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->sentron_count; i++) {
    const struct vtpu_sentron_statistics *s = &r->statistics->sentrons[i];
    json_t *o = json_object();
    put(&o, "id", integer(s->sentron->id));
    put(&o, "node", integer(s->sentron->node));
    put(&o, "core", integer(s->sentron->id % (uint64_t)r->machine->cores));
    put(&o, "name", string(s->sentron->name));
    put(&o, "state", string(s->state));
    put_counts(&o, &s->counts, (uint64_t)r->machine->dports);
    if (r->registers)
      put(&o, "registers", registers_json(r->registers, i));
    append(&list, o);
  }
  return list;
}

static json_t *cores_json(const struct report *r)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->core_count; i++) {
    json_t *o = json_object();
    put(&o, "node", integer(i / (uint64_t)r->machine->cores));
    put(&o, "core", integer(i % (uint64_t)r->machine->cores));
    put_counts(&o, &r->statistics->cores[i], (uint64_t)r->machine->dports);
    append(&list, o);
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
      put(&writebacks, tier_names[tier], integer(n->writebacks[tier]));
    put(&o, "node", integer(i));
    put_counts(&o, &n->counts, d_ports);
    put(&o, "ddr_reads", integer(n->ddr_reads));
    put(&o, "ddr_writes", integer(n->ddr_writes));
    put(&o, "prefetches", integer(n->prefetches));
    put(&o, "prefetches_dropped", integer(n->prefetches_dropped));
    put(&o, "ptc_walks", integer(n->ptc_walks));
    put(&o, "writebacks", writebacks);
    put(&o, "pages", integer(n->pages));
    append(&list, o);
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
      put(&o, "layer", groups[i].layer < 0 ? json_null() : json_integer(groups[i].layer));
    if (by != REPORT_BY_LAYER)
      put(&o, "kernel", string(groups[i].name));
    put(&o, "marks", integer(groups[i].marks));
    put_counts(&o, &groups[i].counts, (uint64_t)r->machine->dports);
    append(&list, o);
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
    put(&t, "bytes_per_cycle", number(use));
    put(&t, "peak_bytes_per_cycle", number(peak > 0 ? peak : NAN));
    put(&t, "share", number(peak > 0 ? use / peak : NAN));
    put(&o, tier_names[tier], t);
  }
  return o;
}

/* A list, not an object: a program may print under one name more than once. */
static json_t *host_values_json(const struct report *r)
{
  json_t *list = json_array();
  for (unsigned i = 0; i < r->statistics->host_value_count; i++) {
    json_t *o = json_object();
    put(&o, "name", string(r->statistics->host_values[i].name));
    put(&o, "value", integer(r->statistics->host_values[i].value));
    append(&list, o);
  }
  return list;
}

static void put_inference(json_t **o, const struct report *r)
{
  const struct report_inference *f = r->inference;
  json_t *tokens = json_array();
  for (size_t i = 0; i < f->token_count; i++)
    append(&tokens, json_integer(f->tokens[i]));
  put(o, "tokens", tokens);
  put(o, "prompt_tokens", integer(f->prompt_count));
  put(o, "positions", integer(f->positions));
  put(o, "text", f->text ? string(f->text) : json_null());
  put(o, "temperature", number(f->temperature));
  put(o, "seed", integer(f->seed));
  put(o, "tokens_per_second_simulated", number(report_tokens_per_second(r)));
}

json_t *report_json(const struct report *r)
{
  json_t *o = json_object();
  put(&o, "schema", json_string(REPORT_SCHEMA));
  put(&o, "command", json_string(r->command));
  put(&o, "program", program_json(r));
  put(&o, "machine", report_machine_json(r->machine));
  put(&o, "end", json_string(report_end_names[r->end]));
  put(&o, "error", r->error ? string(r->error) : json_null());
  put(&o, "timed", json_boolean(!r->untimed));
  put(&o, "contexts", integer(r->statistics->contexts));
  put(&o, "seconds_simulated", number(report_seconds(r->machine, r->statistics->cycles)));
  put(&o, "host_seconds", number(r->host_seconds));
  if (r->inference)
    put_inference(&o, r);
  put_counts(&o, &r->statistics->total, report_d_ports(r->machine));
  put(&o, "bandwidth", bandwidth_json(r));
  put(&o, "host_values", host_values_json(r));
  put(&o, "sentrons", sentrons_json(r));
  put(&o, "cores", cores_json(r));
  put(&o, "nodes", nodes_json(r));
  put(&o, "kernels", groups_json(r, REPORT_BY_KERNEL));
  put(&o, "layers", groups_json(r, REPORT_BY_LAYER));
  put(&o, "regions", groups_json(r, REPORT_BY_REGION));
  return o;
}
