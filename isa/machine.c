/* The machine: parameters from machine.def, presets, files, and what must hold between them. */
#include "isa/machine.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the table ------------------------------------------------------------------------------- */

/* Word lists, one for each WORD row of machine.def. */
#define WORDS(name, ...) static const char *const words_##name[] = {__VA_ARGS__, NULL}
WORDS(ptc_granularity, "page", "coordinate");
WORDS(ptc_hash, "fold", "reference");
WORDS(ptc_replacement, "lru", "way0");
WORDS(curve, "zorder", "hilbert", "row");
WORDS(lazy_mapping, "no", "yes");
WORDS(prefetch, "no", "yes");
WORDS(topology, "pentagon", "ring", "torus", "full");

#define WORDS_INT(name)  NULL
#define WORDS_REAL(name) NULL
#define WORDS_WORD(name) words_##name

enum { LATENCY_MOST = 1000000, ENERGY_MOST = 1000000000 };

const struct param_info machine_params[] = {
#define PARAM(id, type, unit, value, least, most, doc)                                             \
  {#id,                                                                                            \
   unit,                                                                                           \
   doc,                                                                                            \
   PARAM_##type,                                                                                   \
   value,                                                                                          \
   least,                                                                                          \
   most,                                                                                           \
   offsetof(struct machine, id),                                                                   \
   WORDS_##type(id)},
#define LATENCY_PARAM(class, param, cycles, doc)                                                   \
  {param,                                                                                          \
   "cycles",                                                                                       \
   "latency of " doc,                                                                              \
   PARAM_INT,                                                                                      \
   cycles,                                                                                         \
   1,                                                                                              \
   LATENCY_MOST,                                                                                   \
   offsetof(struct machine, latency) + LAT_##class * sizeof(int64_t),                              \
   NULL},
#define ENERGY_PARAM(row, param, doc)                                                              \
  {param,                                                                                          \
   "pJ",                                                                                           \
   "energy of " doc "; 0: not stated",                                                             \
   PARAM_REAL,                                                                                     \
   0,                                                                                              \
   0,                                                                                              \
   ENERGY_MOST,                                                                                    \
   offsetof(struct machine, energy) + ENERGY_##row * sizeof(double),                               \
   NULL},
#include "isa/machine.def"
#undef PARAM
#undef LATENCY_PARAM
#undef ENERGY_PARAM
};
const int machine_param_count = sizeof machine_params / sizeof *machine_params;

const struct energy_info energy_table[ENERGY_COUNT] = {
#define ENERGY(name, param, doc) [ENERGY_##name] = {param + sizeof "energy_" - 1, doc},
#include "isa/energy.def"
#undef ENERGY
};

static int64_t get_int(const struct machine *m, const struct param_info *p)
{
  int64_t v;
  memcpy(&v, (const char *)m + p->offset, sizeof v);
  return v;
}

static double get_real(const struct machine *m, const struct param_info *p)
{
  double v;
  memcpy(&v, (const char *)m + p->offset, sizeof v);
  return v;
}

static void put(struct machine *m, const struct param_info *p, double real, int64_t integer)
{
  if (p->kind == PARAM_REAL)
    memcpy((char *)m + p->offset, &real, sizeof real);
  else
    memcpy((char *)m + p->offset, &integer, sizeof integer);
}

static void set_defaults(struct machine *m)
{
  memset(m, 0, sizeof *m);
  for (int i = 0; i < machine_param_count; i++)
    put(m, &machine_params[i], machine_params[i].value, (int64_t)machine_params[i].value);
}

/* --- presets --------------------------------------------------------------------------------- */

const char *const machine_presets[] = {
#define PRESET(name, text) name,
#include "isa/gen/presets.inc"
#undef PRESET
    NULL};

static const char *const preset_texts[] = {
#define PRESET(name, text) text,
#include "isa/gen/presets.inc"
#undef PRESET
};

/* Number of a preset, -1 if there is none. */
static int find_preset(const char *name)
{
  for (int i = 0; machine_presets[i]; i++)
    if (strcmp(machine_presets[i], name) == 0)
      return i;
  return -1;
}

/* --- one assignment -------------------------------------------------------------------------- */

/* Levenshtein distance of short words; long ones count as far. */
static int distance(const char *a, const char *b)
{
  enum { LONGEST = 40 };
  int row[LONGEST + 1];
  size_t na = strlen(a), nb = strlen(b);
  if (na > LONGEST || nb > LONGEST)
    return LONGEST;
  for (size_t j = 0; j <= nb; j++)
    row[j] = (int)j;
  for (size_t i = 1; i <= na; i++) {
    int diagonal = row[0];
    row[0] = (int)i;
    for (size_t j = 1; j <= nb; j++) {
      int change = diagonal + (a[i - 1] != b[j - 1]);
      int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      diagonal = row[j];
      row[j] = change < shorter ? change : shorter;
    }
  }
  return row[nb];
}

static const struct param_info *nearest_param(const char *name)
{
  const struct param_info *best = &machine_params[0];
  for (int i = 1; i < machine_param_count; i++)
    if (distance(name, machine_params[i].name) < distance(name, best->name))
      best = &machine_params[i];
  return best;
}

/* "a, b or c" */
static const char *word_list(const char *const *words, char *out, size_t bytes)
{
  size_t n = 0;
  out[0] = '\0';
  for (int i = 0; words[i] && n < bytes; i++)
    n += (size_t)snprintf(out + n, bytes - n, "%s%s",
                          i == 0         ? ""
                          : words[i + 1] ? ", "
                                         : " or ",
                          words[i]);
  return out;
}

static bool is_bytes(const struct param_info *p)
{
  return strcmp(p->unit, "bytes") == 0;
}

/* 1, or 2^10, 2^20, 2^30 for multiples of bytes; 0: not a unit of this parameter. */
static int64_t unit_factor(const struct param_info *p, const char *unit)
{
  if (unit[0] == '\0' || strcmp(unit, p->unit) == 0)
    return 1;
  if (is_bytes(p)) {
    static const char *const multiples[] = {"KiB", "MiB", "GiB"};
    for (int i = 0; i < 3; i++)
      if (strcmp(unit, multiples[i]) == 0)
        return INT64_C(1) << (10 * (i + 1));
  }
  return 0;
}

/* A number as people read it: no exponent where it is a whole one. */
static const char *plain(double v, char out[40])
{
  if (v == floor(v) && fabs(v) < 1e18)
    snprintf(out, 40, "%.0f", v);
  else
    snprintf(out, 40, "%g", v);
  return out;
}

static int set_number(struct machine *m, const char *place, const struct param_info *p,
                      const char *value, struct vtpu_error *err)
{
  char *end;
  errno = 0;
  double real = 0;
  int64_t integer = 0;
  if (p->kind == PARAM_REAL)
    real = strtod(value, &end);
  else
    integer = strtoll(value, &end, 10);
  bool digits =
      end > value && (value[0] == '-' || value[0] == '.' || (value[0] >= '0' && value[0] <= '9'));
  if (!digits || errno == ERANGE || !isfinite(real) || *end == '.')
    return vtpu_fail(err, VTPU_INPUT, "%s: %s = %s: a %s was expected%s%s", place, p->name, value,
                     p->kind == PARAM_REAL ? "number" : "whole number", p->unit[0] ? ", in " : "",
                     p->unit);
  const char *unit = end + strspn(end, " \t");
  int64_t factor = unit_factor(p, unit);
  if (factor == 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s = %s: wrong unit \"%s\"\n  %s%s%s", place, p->name,
                     value, unit, p->unit[0] ? "it is given in " : "it has no unit", p->unit,
                     is_bytes(p) ? ", KiB, MiB or GiB" : "");
  char least[40], most[40];
  bool overflow = p->kind == PARAM_INT && __builtin_mul_overflow(integer, factor, &integer);
  double compared = p->kind == PARAM_REAL ? real : (double)integer;
  if (overflow || compared < p->least || compared > p->most)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s = %s: out of range\n  %s to %s%s%s", place, p->name,
                     value, plain(p->least, least), plain(p->most, most), p->unit[0] ? " " : "",
                     p->unit);
  put(m, p, real, integer);
  return VTPU_OK;
}

static int set_word(struct machine *m, const char *place, const struct param_info *p,
                    const char *value, struct vtpu_error *err)
{
  for (int i = 0; p->words[i]; i++)
    if (strcmp(p->words[i], value) == 0) {
      put(m, p, 0, i);
      return VTPU_OK;
    }
  char list[200];
  return vtpu_fail(err, VTPU_INPUT, "%s: %s = %s: unknown word\n  %s", place, p->name, value,
                   word_list(p->words, list, sizeof list));
}

/* The two sides of "name = value [unit]", without blanks around them and without comment. */
struct assignment {
  char name[64], value[128];
};

static bool copy_trimmed(char *out, size_t bytes, const char *from, const char *to)
{
  while (from < to && strchr(" \t\r", *from))
    from++;
  while (to > from && strchr(" \t\r", to[-1]))
    to--;
  if (from == to || (size_t)(to - from) >= bytes)
    return false;
  memcpy(out, from, (size_t)(to - from));
  out[to - from] = '\0';
  return true;
}

static int split(const char *place, const char *line, const char *end, struct assignment *a,
                 struct vtpu_error *err)
{
  const char *equals = memchr(line, '=', (size_t)(end - line));
  if (equals && copy_trimmed(a->name, sizeof a->name, line, equals) &&
      copy_trimmed(a->value, sizeof a->value, equals + 1, end))
    return VTPU_OK;
  return vtpu_fail(err, VTPU_INPUT, "%s: \"%.*s\": name = value [unit] was expected", place,
                   (int)(end - line < 80 ? end - line : 80), line);
}

static const struct param_info *find_param(const char *name)
{
  for (int i = 0; i < machine_param_count; i++)
    if (strcmp(machine_params[i].name, name) == 0)
      return &machine_params[i];
  return NULL;
}

static int assign(struct machine *m, const char *place, const struct assignment *a,
                  struct vtpu_error *err)
{
  const struct param_info *p = find_param(a->name);
  if (!p)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: there is no parameter %s\n  nearest: %s (`vtpu machine` lists them all)",
                     place, a->name, nearest_param(a->name)->name);
  return p->kind == PARAM_WORD ? set_word(m, place, p, a->value, err)
                               : set_number(m, place, p, a->value, err);
}

int machine_set(struct machine *m, const char *place, const char *assignment,
                struct vtpu_error *err)
{
  struct assignment a;
  int rc = split(place, assignment, assignment + strlen(assignment), &a, err);
  return rc ? rc : assign(m, place, &a, err);
}

/* --- files ----------------------------------------------------------------------------------- */

static int load_preset(struct machine *m, int preset, struct vtpu_error *err);

/* Applies the lines of a machine file to m. */
static int apply_text(struct machine *m, const char *path, const char *text, size_t bytes,
                      struct vtpu_error *err)
{
  int set_at[sizeof machine_params / sizeof *machine_params] = {0};
  int number = 0;
  bool first = true;
  for (const char *line = text, *next; line < text + bytes; line = next) {
    const char *newline = memchr(line, '\n', (size_t)(text + bytes - line));
    const char *end = newline ? newline : text + bytes;
    next = end + 1;
    number++;
    const char *comment = memchr(line, '#', (size_t)(end - line));
    if (comment)
      end = comment;
    const char *p = line;
    while (p < end && strchr(" \t\r", *p))
      p++;
    if (p == end)
      continue;
    char place[256];
    snprintf(place, sizeof place, "%.200s:%d", path, number);
    struct assignment a;
    int rc = split(place, p, end, &a, err);
    if (rc)
      return rc;
    if (strcmp(a.name, "preset") == 0) {
      int preset = find_preset(a.value);
      char list[200];
      if (preset < 0)
        return vtpu_fail(err, VTPU_INPUT, "%s: there is no preset %s\n  %s", place, a.value,
                         word_list(machine_presets, list, sizeof list));
      if (!first)
        return vtpu_fail(err, VTPU_INPUT,
                         "%s: the preset comes before all parameters, which it would undo", place);
      rc = load_preset(m, preset, err);
    } else {
      const struct param_info *param = find_param(a.name);
      int *line_of = param ? &set_at[param - machine_params] : NULL;
      if (line_of && *line_of)
        return vtpu_fail(err, VTPU_INPUT, "%s: %s is already set in line %d", place, a.name,
                         *line_of);
      if (line_of)
        *line_of = number;
      rc = assign(m, place, &a, err);
    }
    if (rc)
      return rc;
    first = false;
  }
  return VTPU_OK;
}

static int load_preset(struct machine *m, int preset, struct vtpu_error *err)
{
  char place[80];
  snprintf(place, sizeof place, "preset %s", machine_presets[preset]);
  return apply_text(m, place, preset_texts[preset], strlen(preset_texts[preset]), err);
}

enum { FILE_BYTES_MAX = 1 << 20 };

static int load_file(struct machine *m, const char *path, struct vtpu_error *err)
{
  char list[200];
  FILE *f = fopen(path, "rb");
  if (!f)
    return vtpu_fail(err, VTPU_INPUT, "%s: neither a preset (%s) nor a file: %s", path,
                     word_list(machine_presets, list, sizeof list), strerror(errno));
  char *text = malloc(FILE_BYTES_MAX);
  int rc = VTPU_OK;
  size_t bytes = text ? fread(text, 1, FILE_BYTES_MAX, f) : 0;
  if (!text)
    rc = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  else if (ferror(f))
    rc = vtpu_fail(err, VTPU_INPUT, "%s: cannot be read: %s", path, strerror(errno));
  else if (bytes == FILE_BYTES_MAX || memchr(text, '\0', bytes))
    rc = vtpu_fail(err, VTPU_INPUT, "%s: not a machine file (lines \"name = value [unit]\")", path);
  else
    rc = apply_text(m, path, text, bytes, err);
  free(text);
  fclose(f);
  return rc;
}

int machine_load(const char *name_or_path, struct machine *out, struct vtpu_error *err)
{
  set_defaults(out);
  int preset = find_preset(name_or_path);
  int rc = preset >= 0 ? load_preset(out, preset, err) : load_file(out, name_or_path, err);
  if (rc)
    return rc;
  snprintf(out->name, sizeof out->name, "%s", name_or_path);
  return machine_check(out, name_or_path, err);
}

/* --- between parameters, and printing ----------------------------------------------------------
 */

static bool power_of_two(int64_t n)
{
  return n > 0 && (n & (n - 1)) == 0;
}

static int check_tier(const char *place, const char *tier, int64_t bytes, int64_t ways,
                      struct vtpu_error *err)
{
  int64_t way = ways * CELL_BYTES;
  if (bytes == 0 || (bytes % way == 0 && power_of_two(bytes / way)))
    return VTPU_OK;
  return vtpu_fail(err, VTPU_INPUT,
                   "%s: %s_bytes = %lld with %s_ways = %lld: the number of sets must be a power of "
                   "two\n  %lld bytes times 1, 2, 4, ...",
                   place, tier, (long long)bytes, tier, (long long)ways, (long long)way);
}

/* The links of each topology: a pentagon has 5 nodes, a torus at least two rows of two. */
static int check_topology(const struct machine *m, const char *place, struct vtpu_error *err)
{
  if (m->nodes == 1)
    return VTPU_OK;
  if (m->topology == TOPOLOGY_PENTAGON && m->nodes != 5)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: topology = pentagon has 5 nodes, but nodes = %lld\n  ring, torus or full",
                     place, (long long)m->nodes);
  if (m->topology == TOPOLOGY_TORUS) {
    bool rectangle = false;
    for (int64_t rows = 2; rows * rows <= m->nodes; rows++)
      rectangle |= m->nodes % rows == 0;
    if (!rectangle)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: topology = torus needs rows and columns of at least 2, but nodes = "
                       "%lld\n  4, 6, 8, 9, 10, 12, ...; or topology = ring",
                       place, (long long)m->nodes);
  }
  return VTPU_OK;
}

int machine_check(const struct machine *m, const char *place, struct vtpu_error *err)
{
  if (!power_of_two(m->dlen))
    return vtpu_fail(err, VTPU_INPUT, "%s: dlen = %lld: 64, 128, 256 or 512", place,
                     (long long)m->dlen);
  if (m->ptc_entries % m->ptc_ways || !power_of_two(m->ptc_entries / m->ptc_ways))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: ptc_entries = %lld with ptc_ways = %lld: the number of sets must be a "
                     "power of two\n  ptc_entries = %lld times 1, 2, 4, ...",
                     place, (long long)m->ptc_entries, (long long)m->ptc_ways,
                     (long long)m->ptc_ways);
  if (m->cores > 2 * m->l3_cores)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: cores = %lld with l3_cores = %lld: L3 has two halves\n  l3_cores = %lld",
                     place, (long long)m->cores, (long long)m->l3_cores,
                     (long long)(m->cores + 1) / 2);
  if (m->ddr_bytes % PAGE_BYTES)
    return vtpu_fail(err, VTPU_INPUT, "%s: ddr_bytes = %lld: pages have %d bytes", place,
                     (long long)m->ddr_bytes, PAGE_BYTES);
  int rc = check_tier(place, "l1", m->l1_bytes, m->l1_ways, err);
  if (!rc)
    rc = check_tier(place, "l2", m->l2_bytes, m->l2_ways, err);
  if (!rc)
    rc = check_tier(place, "l3", m->l3_bytes, m->l3_ways, err);
  return rc ? rc : check_topology(m, place, err);
}

const char *machine_value_text(const struct machine *m, const struct param_info *p,
                               char out[PARAM_TEXT_BYTES])
{
  const char *unit = p->unit;
  int64_t v = p->kind == PARAM_REAL ? 0 : get_int(m, p);
  if (p->kind == PARAM_WORD) {
    snprintf(out, PARAM_TEXT_BYTES, "%s", p->words[v]);
    return out;
  }
  if (p->kind == PARAM_REAL) {
    /* The shortest text that reads back as the same number. */
    double real = get_real(m, p);
    int n = 0;
    for (int digits = 6; digits <= 17; digits++) {
      n = snprintf(out, PARAM_TEXT_BYTES, "%.*g", digits, real);
      if (strtod(out, NULL) == real)
        break;
    }
    snprintf(out + n, (size_t)(PARAM_TEXT_BYTES - n), "%s%s", unit[0] ? " " : "", unit);
    return out;
  }
  if (is_bytes(p) && v != 0) {
    static const char *const multiples[] = {"bytes", "KiB", "MiB", "GiB"};
    int i = 0;
    for (; i < 3 && v % 1024 == 0; i++)
      v /= 1024;
    unit = multiples[i];
  }
  snprintf(out, PARAM_TEXT_BYTES, "%lld%s%s", (long long)v, unit[0] ? " " : "", unit);
  return out;
}
