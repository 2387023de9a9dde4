/* What changed between two reports: see compare.h. */
#include "sim/compare.h"
#include "sim/profile.h"
#include "sim/report_pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ------------------------------------------------------------------------------- */

bool compare_is_profile(json_t *report)
{
  const char *schema = json_string_value(json_object_get(report, "schema"));
  return schema && strcmp(schema, PROFILE_SCHEMA) == 0;
}

static struct compare_part part_of(json_t *self)
{
  const char *name = json_string_value(json_object_get(self, "name"));
  return (struct compare_part){name ? name : "", json_object_get(self, "total"), self};
}

bool compare_part(const struct comparison *c, size_t index, struct compare_part *a,
                  struct compare_part *b)
{
  if (!compare_is_profile(c->a.json)) {
    *a = (struct compare_part){"", c->a.json, c->a.json};
    *b = (struct compare_part){"", c->b.json, c->b.json};
    return index == 0;
  }
  json_t *parts = json_object_get(c->a.json, "parts"),
         *others = json_object_get(c->b.json, "parts");
  if (index >= json_array_size(parts))
    return false;
  *a = part_of(json_array_get(parts, index));
  *b = (struct compare_part){.name = a->name};
  for (size_t i = 0; i < json_array_size(others); i++) {
    struct compare_part other = part_of(json_array_get(others, i));
    if (strcmp(other.name, a->name) == 0)
      *b = other;
  }
  return true;
}

/* Has the report what is compared? */
static int check_part(const struct compare_input *in, json_t *whole, json_t *self, bool profile,
                      struct vtpu_error *err)
{
  const char *cycles = profile ? "wall.cycles" : "cycles";
  const char *missing = NULL;
  if (isnan(report_figure(whole, cycles)))
    missing = cycles;
  else if (!json_is_object(json_object_get(whole, "stack")))
    missing = "stack";
  else if (!json_is_array(json_object_get(self, "kernels")))
    missing = "kernels";
  else if (!json_is_array(json_object_get(self, "layers")))
    missing = "layers";
  if (!missing)
    return 0;
  return vtpu_fail(err, VTPU_INPUT,
                   "%s: \"%s\" is missing, or not what it should be\n"
                   "  the file is damaged, or was not written by vtpu",
                   in->path, missing);
}

static int check_report(const struct compare_input *in, struct vtpu_error *err)
{
  const char *schema = json_string_value(json_object_get(in->json, "schema"));
  if (!schema)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: no report of vtpu: it names no schema\n"
                     "  --json or --profile-json of `vtpu run' writes one",
                     in->path);
  bool profile = strcmp(schema, PROFILE_SCHEMA) == 0;
  if (!profile && strcmp(schema, REPORT_SCHEMA) != 0)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: cannot compare the schema \"%.40s\"\n  only " REPORT_SCHEMA
                     " (--json of `vtpu run' and `vtpu infer') and " PROFILE_SCHEMA
                     " (--profile-json)",
                     in->path, schema);
  if (!profile)
    return check_part(in, in->json, in->json, false, err);
  json_t *parts = json_object_get(in->json, "parts");
  if (json_array_size(parts) == 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: a profile without parts", in->path);
  for (size_t i = 0; i < json_array_size(parts); i++) {
    struct compare_part p = part_of(json_array_get(parts, i));
    int status = check_part(in, p.whole, p.self, true, err);
    if (status)
      return status;
  }
  return 0;
}

/* --- changes ------------------------------------------------------------------------------- */

static void add(struct comparison *c, struct compare_change change)
{
  c->figures++;
  if (!(fabs(change.change) > c->threshold))
    return;
  if (c->count == c->room) {
    unsigned room = c->room ? 2 * c->room : 64;
    struct compare_change *more = realloc(c->changes, room * sizeof *more);
    if (!more) {
      c->out_of_memory = true;
      return;
    }
    c->changes = more;
    c->room = room;
  }
  change.order = c->count;
  c->changes[c->count++] = change;
}

/* whole: what the change is measured by; 0: the value in A itself. */
static void compare_figure(struct comparison *c, const char *part, const char *name, double a,
                           double b, double whole)
{
  struct compare_change change = {.a = a, .b = b, .of_whole = whole > 0};
  if (isnan(a) && isnan(b))
    return;
  snprintf(change.name, sizeof change.name, "%s%s%s", part, *part ? ": " : "", name);
  double from = isnan(a) ? 0 : a, to = isnan(b) ? 0 : b, by = whole > 0 ? whole : fabs(from);
  change.change = from == to ? 0 : by > 0 ? (to - from) / by : INFINITY;
  add(c, change);
}

static void compare_output(struct comparison *c, const char *name, json_t *a, json_t *b)
{
  struct compare_change change = {.a = NAN, .b = NAN, .is_output = true};
  if (!a && !b)
    return;
  change.change = a && b && json_equal(a, b) ? 0 : INFINITY;
  snprintf(change.name, sizeof change.name, "%s", name);
  add(c, change);
}

struct figure {
  const char *path, *name;
};

static const struct figure run_figures[] = {
    {"cycles", "cycles"},
    {"ops_per_cycle", "ops/cycle"},
    {"mac_per_cycle", "MAC/cycle"},
    {"d_peak_share", "D-pipe's share of peak"},
};
static const struct figure profile_figures[] = {
    {"wall.cycles", "wall cycles"},
    {"cycles", "cycles of all sentrons"},
    {"wall.ops_per_cycle", "ops/cycle"},
    {"wall.mac_per_cycle", "MAC/cycle"},
    {"wall.d_peak_share", "D-pipe's share of peak"},
    {"occupancy.d", "occupancy of D"},
    {"occupancy.s", "occupancy of S"},
    {"occupancy.c", "occupancy of C"},
    {"bound.cycles", "cycles of the bound"},
    {"balance", "balance"},
};
static const struct figure both_figures[] = {
    {"siws", "SIWs"},
    {"ops", "operations"},
    {"macs", "multiply-accumulates"},
    {"utilisation", "utilisation"},
    {"ptc.hit_rate", "PTC hit rate"},
    {"messages.sent", "messages sent"},
    {"messages.received", "messages received"},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void compare_list(struct comparison *c, const struct compare_part *a,
                         const struct compare_part *b, const struct figure *list, size_t count)
{
  for (size_t i = 0; i < count; i++)
    compare_figure(c, a->name, list[i].name, report_figure(a->whole, list[i].path),
                   report_figure(b->whole, list[i].path), 0);
}

/* Only where both machines state energies: else the two sums are not of the same things. */
static void compare_energy(struct comparison *c, const struct compare_part *a,
                           const struct compare_part *b)
{
  const double before = report_figure(a->whole, "energy.pj");
  const double after = report_figure(b->whole, "energy.pj");
  if (!isnan(before) && !isnan(after))
    compare_figure(c, a->name, "energy, pJ", before, after, 0);
}

static void compare_stack(struct comparison *c, const struct compare_part *a,
                          const struct compare_part *b)
{
  const char *cause, *path = compare_is_profile(c->a.json) ? "wall.stack" : "stack";
  json_t *ours = report_member(a->whole, path), *theirs = report_member(b->whole, path), *value;
  double all = 0;
  json_object_foreach(ours, cause, value) all +=
      strcmp(cause, "idle") == 0 ? 0 : json_number_value(value);
  json_object_foreach(ours, cause, value)
  {
    char name[64];
    if (strcmp(cause, "idle") == 0) /* contexts that are not used: says no more than cycles do */
      continue;
    snprintf(name, sizeof name, "stack: %.40s", cause);
    compare_figure(c, a->name, name, json_number_value(value), report_figure(theirs, cause), all);
  }
}

static void compare_tiers(struct comparison *c, const struct compare_part *a,
                          const struct compare_part *b)
{
  double all = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int tier = 0; tier < TIER_COUNT; tier++) {
      char path[32], name[32];
      snprintf(path, sizeof path, "tiers.%s.bytes", tier_names[tier]);
      snprintf(name, sizeof name, "bytes of %s", tier_names[tier]);
      double bytes = report_figure(a->whole, path);
      if (pass == 0)
        all += isnan(bytes) ? 0 : bytes;
      else
        compare_figure(c, a->name, name, bytes, report_figure(b->whole, path), all);
    }
}

/* Is the group (a kernel or a layer) the same one? */
static bool same_group(json_t *a, json_t *b, const char *key)
{
  json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
  return x && y && json_equal(x, y);
}

static json_t *find_group(json_t *list, json_t *like, const char *key)
{
  for (size_t i = 0; i < json_array_size(list); i++)
    if (same_group(json_array_get(list, i), like, key))
      return json_array_get(list, i);
  return NULL;
}

static void compare_group(struct comparison *c, const struct compare_part *part, json_t *a,
                          json_t *b, const char *key, double all)
{
  const char *path = compare_is_profile(c->a.json) ? "wall.cycles" : "cycles";
  json_t *id = json_object_get(a ? a : b, key);
  char name[96];
  if (json_is_string(id))
    snprintf(name, sizeof name, "%s %.60s: cycles", key, json_string_value(id));
  else if (json_is_integer(id))
    snprintf(name, sizeof name, "%s %lld: cycles", key, (long long)json_integer_value(id));
  else
    snprintf(name, sizeof name, "%s none: cycles", key);
  compare_figure(c, part->name, name, report_figure(a, path), report_figure(b, path), all);
}

static void compare_groups(struct comparison *c, const struct compare_part *a,
                           const struct compare_part *b, const char *lists, const char *key)
{
  const char *path = compare_is_profile(c->a.json) ? "wall.cycles" : "cycles";
  json_t *ours = json_object_get(a->self, lists), *theirs = json_object_get(b->self, lists);
  double all = 0;
  for (size_t i = 0; i < json_array_size(ours); i++) {
    double cycles = report_figure(json_array_get(ours, i), path);
    all += isnan(cycles) ? 0 : cycles;
  }
  for (size_t i = 0; i < json_array_size(ours); i++) {
    json_t *group = json_array_get(ours, i);
    compare_group(c, a, group, find_group(theirs, group, key), key, all);
  }
  for (size_t i = 0; i < json_array_size(theirs); i++) {
    json_t *group = json_array_get(theirs, i);
    if (!find_group(ours, group, key))
      compare_group(c, a, NULL, group, key, all);
  }
}

static void compare_parts(struct comparison *c, const struct compare_part *a,
                          const struct compare_part *b)
{
  bool profile = compare_is_profile(c->a.json);
  if (profile)
    compare_list(c, a, b, profile_figures, COUNT(profile_figures));
  else
    compare_list(c, a, b, run_figures, COUNT(run_figures));
  compare_list(c, a, b, both_figures, COUNT(both_figures));
  compare_energy(c, a, b);
  compare_figure(c, a->name, "tokens/s, simulated",
                 report_figure(a->self, "tokens_per_second_simulated"),
                 report_figure(b->self, "tokens_per_second_simulated"), 0);
  compare_stack(c, a, b);
  compare_tiers(c, a, b);
  compare_groups(c, a, b, "kernels", "kernel");
  compare_groups(c, a, b, "layers", "layer");
}

/* Output first, then the largest; of equal ones in the order of the report. */
static int largest_first(const void *x, const void *y)
{
  const struct compare_change *a = x, *b = y;
  if (a->is_output != b->is_output)
    return a->is_output ? -1 : 1;
  if (fabs(a->change) != fabs(b->change))
    return fabs(a->change) < fabs(b->change) ? 1 : -1;
  return a->order < b->order ? -1 : 1;
}

/* Those of all sequences but the first, whose tokens stand at the top. A new reference. */
static json_t *other_tokens(json_t *report)
{
  json_t *sequences = json_object_get(report, "sequences"), *list = json_array();
  for (size_t i = 1; list && i < json_array_size(sequences); i++)
    json_array_append(list, json_object_get(json_array_get(sequences, i), "tokens"));
  return list;
}

int compare_reports(const struct compare_input *a, const struct compare_input *b, double threshold,
                    struct comparison *out, struct vtpu_error *err)
{
  *out = (struct comparison){.a = *a, .b = *b, .threshold = threshold};
  int status = check_report(a, err);
  if (!status)
    status = check_report(b, err);
  if (status)
    return status;
  if (compare_is_profile(a->json) != compare_is_profile(b->json))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s is a %s, %s a %s\n  compare two of --json, or two of --profile-json",
                     a->path, compare_is_profile(a->json) ? PROFILE_SCHEMA : REPORT_SCHEMA, b->path,
                     compare_is_profile(b->json) ? PROFILE_SCHEMA : REPORT_SCHEMA);
  compare_output(out, "how the run ended", json_object_get(a->json, "end"),
                 json_object_get(b->json, "end"));
  compare_output(out, "the tokens", json_object_get(a->json, "tokens"),
                 json_object_get(b->json, "tokens"));
  json_t *others[2] = {other_tokens(a->json), other_tokens(b->json)};
  compare_output(out, "the tokens of the other sequences", others[0], others[1]);
  json_decref(others[0]);
  json_decref(others[1]);
  compare_output(out, "what the program printed", json_object_get(a->json, "host_values"),
                 json_object_get(b->json, "host_values"));
  struct compare_part ours, theirs;
  bool common = false;
  for (size_t i = 0; compare_part(out, i, &ours, &theirs); i++) {
    if (!theirs.whole)
      continue;
    common = true;
    compare_parts(out, &ours, &theirs);
  }
  if (!common)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s and %s have no part in common (prompt, decode, step, ...)\n"
                     "  write both with the same --profile-step",
                     a->path, b->path);
  if (out->out_of_memory)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  if (out->count)
    qsort(out->changes, out->count, sizeof *out->changes, largest_first);
  return 0;
}

void compare_free(struct comparison *c)
{
  free(c->changes);
  c->changes = NULL;
}
