/* Pieces of the JSON reports: see report_pieces.h. */
#include "sim/report_pieces.h"
#include "sim/energy.h"
#include "sim/utf8.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void report_put(json_t **object, const char *key, json_t *value)
{
  if (json_object_set_new(*object, key, value) != 0) {
    json_decref(*object);
    *object = NULL;
  }
}

void report_append(json_t **array, json_t *value)
{
  if (json_array_append_new(*array, value) != 0) {
    json_decref(*array);
    *array = NULL;
  }
}

json_t *report_number(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

json_t *report_integer(uint64_t value)
{
  return json_integer((json_int_t)value);
}

json_t *report_string(const char *text)
{
  size_t bytes = strlen(text);
  char *copy = malloc(UTF8_REPAIRED_BYTES(bytes));
  json_t *value = copy ? json_stringn(copy, utf8_repair(text, bytes, copy)) : NULL;
  free(copy);
  return value;
}

/* --- counts -------------------------------------------------------------------------------- */

const char *const report_pipe_keys[PIPE_COUNT] = {"d", "s", "c"};

static json_t *pipe_ops_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    report_put(&o, report_pipe_keys[pipe], report_integer(c->ops[pipe]));
  return o;
}

static json_t *pipe_utilisation_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    report_put(&o, report_pipe_keys[pipe],
               report_number(counts_pipe_utilisation(c, (enum pipe)pipe)));
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
      report_put(&o, op->name, report_integer(executed));
  }
  return o;
}

static json_t *ptc_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  report_put(&o, "hits", report_integer(c->ptc_hits));
  report_put(&o, "misses", report_integer(c->ptc_misses));
  report_put(&o, "hit_rate", report_number(counts_ptc_hit_rate(c)));
  report_put(&o, "walks", report_integer(c->ptc_walks));
  return o;
}

static json_t *tiers_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  for (int tier = 0; tier < TIER_COUNT; tier++) {
    json_t *t = json_object();
    report_put(&t, "hits", report_integer(c->tier_hits[tier]));
    report_put(&t, "merges", report_integer(c->tier_merges[tier]));
    report_put(&t, "written", report_integer(c->tier_written[tier]));
    report_put(&t, "bytes", report_integer(c->tier_bytes[tier]));
    report_put(&o, tier_names[tier], t);
  }
  return o;
}

static json_t *messages_json(const struct vtpu_counts *c)
{
  json_t *o = json_object();
  report_put(&o, "sent", report_integer(c->sent));
  report_put(&o, "received", report_integer(c->received));
  return o;
}

json_t *report_stack(const uint64_t stack[STALL_COUNT])
{
  json_t *o = json_object();
  for (int cause = 0; cause < STALL_COUNT; cause++)
    report_put(&o, stall_keys[cause], report_integer(stack[cause]));
  return o;
}

void report_put_counts(json_t **o, const struct vtpu_counts *c, uint64_t d_ports)
{
  report_put(o, "cycles", report_integer(c->cycles));
  report_put(o, "siws", report_integer(c->siws));
  report_put(o, "ops", report_integer(counts_all_ops(c)));
  report_put(o, "ops_per_cycle", report_number(counts_ops_per_cycle(c)));
  report_put(o, "utilisation", report_number(counts_utilisation(c)));
  report_put(o, "mac_per_cycle", report_number(counts_mac_per_cycle(c)));
  report_put(o, "d_peak_share", report_number(counts_mac_share(c, d_ports)));
  report_put(o, "macs", report_integer(c->macs));
  report_put(o, "mac_ops", report_integer(c->mac_ops));
  report_put(o, "pipe_ops", pipe_ops_json(c));
  report_put(o, "pipe_utilisation", pipe_utilisation_json(c));
  report_put(o, "op_codes", op_codes_json(c));
  report_put(o, "ptc", ptc_json(c));
  report_put(o, "tiers", tiers_json(c));
  report_put(o, "messages", messages_json(c));
  report_put(o, "stack", report_stack(c->stack));
}

void report_put_energy(json_t **o, const struct machine *m, const struct vtpu_counts *c,
                       uint64_t cores)
{
  uint64_t events[ENERGY_COUNT];
  if (!energy_stated(m))
    return;
  energy_events(c, cores, events);
  json_t *e = json_object(), *by = json_object();
  for (int i = 0; i < ENERGY_COUNT; i++)
    if (m->energy[i] > 0 && events[i])
      report_put(&by, energy_table[i].key, report_number((double)events[i] * m->energy[i]));
  report_put(&e, "pj", report_number(energy_pj(m, events)));
  report_put(&e, "by", by);
  report_put(o, "energy", e);
}

static json_t *program_json(const struct report *r)
{
  json_t *o = json_object();
  char hash[20];
  snprintf(hash, sizeof hash, "%016" PRIx64, trace_object_hash(r->object));
  report_put(&o, "path", report_string(r->program));
  report_put(&o, "dlen", report_integer(r->object->dlen));
  report_put(&o, "siws", report_integer(r->object->siw_count));
  report_put(&o, "regions", report_integer(r->object->region_count));
  report_put(&o, "hash", json_string(hash));
  return o;
}

void report_put_origin(json_t **o, const struct report *r)
{
  report_put(o, "command", json_string(r->command));
  if (r->command_line)
    report_put(o, "command_line", report_string(r->command_line));
  if (r->version)
    report_put(o, "version", json_string(r->version));
  report_put(o, "program", program_json(r));
  report_put(o, "machine", report_machine_json(r->machine));
}

json_t *report_member(json_t *o, const char *path)
{
  while (o && *path) {
    char key[64];
    size_t n = strcspn(path, ".");
    snprintf(key, sizeof key, "%.*s", (int)n, path);
    o = json_object_get(o, key);
    path += n + (path[n] == '.');
  }
  return o;
}

double report_figure(json_t *o, const char *path)
{
  json_t *value = report_member(o, path);
  return json_is_number(value) ? json_number_value(value) : NAN;
}
