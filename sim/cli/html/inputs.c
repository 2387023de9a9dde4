/* Reads and checks JSON: see inputs.h. What may not be there (a time line, the command's line of an
 * older file) is left to the sections. */
#include "sim/cli/html/inputs.h"

#include "sim/profile.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* --- looking --------------------------------------------------------------------------------- */

const char *json_word(json_t *j, const char *path, const char *otherwise)
{
  const char *text = json_string_value(report_member(j, path));
  return text ? text : otherwise;
}

double json_element(json_t *j, const char *path, size_t i)
{
  return json_number_value(json_array_get(report_member(j, path), i));
}

double json_sum(json_t *object)
{
  const char *key;
  json_t *value;
  double sum = 0;
  json_object_foreach(object, key, value) sum += json_number_value(value);
  return sum;
}

const char *json_command(const struct input *in)
{
  return json_word(in->json, "command_line", "not recorded in the file");
}

/* --- checking -------------------------------------------------------------------------------- */

/* What must be there: n number, r number or null, e number from 1 on, s string, o object of
 * numbers, a array of objects that have what follows it up to the end of the list's level. */
struct need {
  char kind;
  const char *path;
};

static const struct need counts_need[] = {{'n', "cycles"},
                                          {'n', "siws"},
                                          {'n', "ops"},
                                          {'r', "ops_per_cycle"},
                                          {'r', "utilisation"},
                                          {'r', "d_peak_share"},
                                          {'n', "macs"},
                                          {'n', "mac_ops"},
                                          {'r', "mac_per_cycle"},
                                          {'n', "ptc.hits"},
                                          {'n', "ptc.misses"},
                                          {'r', "ptc.hit_rate"},
                                          {'o', "pipe_ops"},
                                          {'o', "stack"},
                                          {'n', "tiers.l1.hits"},
                                          {'n', "tiers.l1.merges"},
                                          {'n', "tiers.l2.hits"},
                                          {'n', "tiers.l2.merges"},
                                          {'n', "tiers.l3.hits"},
                                          {'n', "tiers.l3.merges"},
                                          {'n', "tiers.ddr.hits"},
                                          {'n', "tiers.ddr.merges"},
                                          {'n', "tiers.ddr.bytes"},
                                          {0, NULL}};
static const struct need run_need[] = {{'s', "command"},
                                       {'s', "program.path"},
                                       {'n', "program.dlen"},
                                       {'n', "program.siws"},
                                       {'s', "machine.name"},
                                       {'e', "machine.parameters.nodes"},
                                       {'e', "machine.parameters.cores"},
                                       {'e', "machine.parameters.contexts"},
                                       {'n', "machine.parameters.clock"},
                                       {'s', "end"},
                                       {'n', "contexts"},
                                       {'n', "seconds_simulated"},
                                       {0, NULL}};
static const struct need profile_need[] = {{'s', "command"},
                                           {'s', "program.path"},
                                           {'e', "machine.parameters.nodes"},
                                           {'e', "machine.parameters.cores"},
                                           {'e', "machine.parameters.dports"},
                                           {'e', "machine.parameters.sports"},
                                           {0, NULL}};
static const struct need row_need[] = {{'n', "wall.cycles"},
                                       {'r', "wall.share"},
                                       {'r', "wall.mac_per_cycle"},
                                       {'r', "bandwidth.ddr.peak_bytes_per_cycle"},
                                       {'r', "bound.reached"},
                                       {'s', "bound.limited_by"},
                                       {0, NULL}};
static const struct need locality_need[] = {
    {'s', "program"}, {'s', "machine.curve"}, {'n', "accesses"}, {'n', "engine_hits"}, {0, NULL}};
static const struct need point_need[] = {
    {'s', "granularity"}, {'e', "entries"}, {'n', "ways"}, {'n', "hits"}, {0, NULL}};

/* A figure of a run: no count of cycles or bytes comes near the upper end. */
static bool is_figure(json_t *value)
{
  return json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) < 1e18;
}

static bool is_numbers(json_t *object)
{
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value)
  {
    if (!is_figure(value))
      return false;
  }
  return json_is_object(object);
}

static int missing(const struct input *in, const char *where, const char *path,
                   struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_INPUT,
                   "%s: \"%s%s%s\" is missing, or not what it should be\n"
                   "  the file is damaged, or was not written by vtpu",
                   in->path, where, *where ? "." : "", path);
}

static int check(const struct input *in, json_t *j, const char *where, const struct need *need,
                 struct vtpu_error *err)
{
  for (; need->kind; need++) {
    json_t *value = report_member(j, need->path);
    bool good = need->kind == 's'   ? json_is_string(value)
                : need->kind == 'o' ? is_numbers(value)
                : need->kind == 'e' ? is_figure(value) && json_number_value(value) >= 1 &&
                                          json_number_value(value) <= 1 << 30
                                    : is_figure(value);
    if (!good && !(need->kind == 'r' && json_is_null(value)))
      return missing(in, where, need->path, err);
  }
  return 0;
}

/* An array of which every entry has the counts, `id` (a name or a number), and what `more` says. */
static int check_list(const struct input *in, json_t *j, const char *list, const char *id,
                      const struct need *more, struct vtpu_error *err)
{
  json_t *array = json_object_get(j, list);
  if (!json_is_array(array))
    return missing(in, "", list, err);
  for (size_t i = 0; i < json_array_size(array); i++) {
    json_t *entry = json_array_get(array, i), *name = json_object_get(entry, id);
    int status = check(in, entry, list, counts_need, err);
    if (!status && more)
      status = check(in, entry, list, more, err);
    if (status)
      return status;
    if (!json_is_string(name) && !json_is_integer(name) && !json_is_null(name))
      return missing(in, list, id, err);
  }
  return 0;
}

static int check_timeline(const struct input *in, json_t *t, struct vtpu_error *err)
{
  static const char *const series[] = {
      "siws",       "pipe_ops.d",    "pipe_ops.s",    "pipe_ops.c",    "ptc.hits",
      "ptc.misses", "tier_bytes.l1", "tier_bytes.l2", "tier_bytes.l3", "tier_bytes.ddr"};
  size_t windows = json_array_size(report_member(t, "siws"));
  for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
    json_t *list = report_member(t, series[i]);
    bool good = json_is_array(list) && json_array_size(list) == windows;
    for (size_t k = 0; good && k < windows; k++)
      good = is_figure(json_array_get(list, k));
    if (!good)
      return missing(in, "timeline", series[i], err);
  }
  double length = report_figure(t, "window_cycles"), first = report_figure(t, "first_cycle");
  double cycles = report_figure(in->json, "cycles") - first;
  /* The windows must reach just over the run. */
  if (!(length > 0) || !(first >= 0) || !(cycles <= (double)windows * length) ||
      (windows && !(cycles > ((double)windows - 1) * length)))
    return missing(in, "timeline", "window_cycles", err);
  return 0;
}

static int check_run(const struct input *in, struct vtpu_error *err)
{
  json_t *timeline = json_object_get(in->json, "timeline");
  int status = check(in, in->json, "", run_need, err);
  if (!status)
    status = check(in, in->json, "", counts_need, err);
  if (!status)
    status = check_list(in, in->json, "sentrons", "name", NULL, err);
  if (!status)
    status = check_list(in, in->json, "kernels", "kernel", NULL, err);
  if (!status)
    status = check_list(in, in->json, "layers", "layer", NULL, err);
  return status || !timeline ? status : check_timeline(in, timeline, err);
}

static int check_profile(const struct input *in, struct vtpu_error *err)
{
  json_t *parts = json_object_get(in->json, "parts");
  int status = check(in, in->json, "", profile_need, err);
  if (!status && json_array_size(parts) == 0)
    return missing(in, "", "parts", err);
  for (size_t i = 0; !status && i < json_array_size(parts); i++) {
    json_t *part = json_array_get(parts, i), *total = json_object_get(part, "total");
    if (!json_is_string(json_object_get(part, "name")))
      return missing(in, "parts", "name", err);
    status = check(in, total, "parts.total", row_need, err);
    if (!status)
      status = check_list(in, part, "kernels", "kernel", row_need, err);
  }
  return status;
}

static int check_locality(const struct input *in, struct vtpu_error *err)
{
  json_t *points = json_object_get(in->json, "points");
  int status = check(in, in->json, "", locality_need, err);
  if (!status && json_array_size(points) == 0)
    return missing(in, "", "points", err);
  for (size_t i = 0; !status && i < json_array_size(points); i++) {
    json_t *point = json_array_get(points, i);
    status = check(in, point, "points", point_need, err);
    if (!status && !json_is_boolean(json_object_get(point, "prefetch")))
      status = missing(in, "points", "prefetch", err);
  }
  return status;
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_one(struct input *in, const char *schema, const char *writer,
                    struct vtpu_error *err)
{
  json_error_t reason;
  errno = 0;
  FILE *f = strcmp(in->path, "-") == 0 ? stdin : fopen(in->path, "r");
  if (!f)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s", in->path, strerror(errno));
  in->json = json_loadf(f, JSON_REJECT_DUPLICATES, &reason);
  if (f != stdin)
    fclose(f);
  if (!in->json)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: no JSON: line %d, column %d: %s\n"
                     "  the file is damaged, or cut off",
                     in->path, reason.line, reason.column, reason.text);
  const char *has = json_string_value(json_object_get(in->json, "schema"));
  if (!has)
    return vtpu_fail(err, VTPU_INPUT, "%s: no report of vtpu: it names no schema\n  %s writes one",
                     in->path, writer);
  if (strcmp(has, schema) != 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: the schema is \"%.40s\", not \"%s\"\n  %s writes that",
                     in->path, has, schema, writer);
  return 0;
}

int inputs_read(struct inputs *in, struct vtpu_error *err)
{
  int status = 0;
  for (unsigned i = 0; !status && i < in->runs; i++) {
    status = read_one(&in->run[i], REPORT_SCHEMA, "--json of `vtpu run' and `vtpu infer'", err);
    if (!status)
      status = check_run(&in->run[i], err);
  }
  if (!status && in->profile.path) {
    status = read_one(&in->profile, PROFILE_SCHEMA, "--profile-json of `vtpu run' and `vtpu infer'",
                      err);
    if (!status)
      status = check_profile(&in->profile, err);
  }
  for (unsigned i = 0; !status && i < in->localities; i++) {
    status = read_one(&in->locality[i], "vtpu-locality-1", "--json of `vtpu locality'", err);
    if (!status)
      status = check_locality(&in->locality[i], err);
  }
  return status;
}

void inputs_free(struct inputs *in)
{
  for (unsigned i = 0; i < in->runs; i++)
    json_decref(in->run[i].json);
  json_decref(in->profile.json);
  for (unsigned i = 0; i < in->localities; i++)
    json_decref(in->locality[i].json);
}
