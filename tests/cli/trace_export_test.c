/* vtpu trace export: what is written keeps the rules of each format, and says what the trace says.
 *
 *   Kanata log 0004   commands C= C I L S E R; ids from 0; in each lane a stage ends before another
 *                     begins; all retire
 *   Trace Event JSON  phases M X b e C; slices of a thread nest, and stand in the file as they
 * nest; b and e pair up by an id that is local to the process VCD, IEEE 1364    declared
 * identifiers and widths, rising times, every signal dumped first CSV, RFC 4180     the same number
 * of fields in every row, quotes
 */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUES_MAX = 1 << 17 };

/* What CSV says, to compare the others with. */
struct rows {
  int count;
  struct row {
    unsigned long long cycle, ready;
    unsigned node, sentron, siw, stall;
    bool accesses, miss;
  } row[ISSUES_MAX];
};

static const char *traced(struct command *c, const char *example)
{
  const char *object = temp_path("e.siw"), *trace = temp_path("e.trace");
  command(c, "vtpu asm asm/examples/%s.s -o '%s' && vtpu run '%s' -q --trace '%s'", example, object,
          object, trace);
  T_STATUS(c, 0);
  return trace;
}

/* Long enough for what the formats have to say, short enough for tests. */
#define PART "--cycles 0-4999"

static char *exported(struct command *c, const char *trace, const char *format)
{
  const char *path = temp_path(format);
  command(c, "vtpu trace export '%s' " PART " --format %s -o '%s'", trace, format, path);
  T_STATUS(c, 0);
  T_EQ_STR(c->err, "");
  return read_file(path, NULL);
}

/* --- csv ----------------------------------------------------------------------------------- */

enum { COLUMNS = 21, FIELD_BYTES = 400 };

/* The fields of a row; the rest of the text, NULL if the row breaks the rules. */
static const char *take_row(const char *at, char field[COLUMNS][FIELD_BYTES], int *fields)
{
  for (*fields = 0; *fields < COLUMNS; ++*fields) {
    char *out = field[*fields];
    bool quoted = *at == '"';
    at += quoted;
    while (quoted ? *at != '"' || at[1] == '"' : *at && !strchr(",\r\"", *at)) {
      if (!*at)
        return NULL;
      at += quoted && *at == '"';
      *out++ = *at++;
    }
    *out = 0;
    at += quoted;
    if (*at == ',') {
      at++;
      continue;
    }
    ++*fields;
    return at[0] == '\r' && at[1] == '\n' ? at + 2 : NULL;
  }
  return NULL;
}

static struct rows *read_rows(struct command *c, const char *trace)
{
  static struct rows rows;
  char field[COLUMNS][FIELD_BYTES], *text = exported(c, trace, "csv");
  const char *at = text;
  int fields;
  rows.count = -1; /* the header */
  while (at && *at) {
    at = take_row(at, field, &fields);
    if (!at || fields != COLUMNS) {
      T_FAIL("row %d has %d fields", rows.count, fields);
      break;
    }
    if (rows.count++ < 0) {
      T_EQ_STR(field[0], "cycle");
      T_EQ_STR(field[16], "ready");
      T_EQ_STR(field[17], "energy_pj");
      T_EQ_STR(field[20], "data");
      continue;
    }
    rows.row[rows.count - 1] = (struct row){.cycle = strtoull(field[0], NULL, 10),
                                            .node = (unsigned)atoi(field[1]),
                                            .sentron = (unsigned)atoi(field[2]),
                                            .siw = (unsigned)atoi(field[3]),
                                            .stall = (unsigned)atoi(field[8]),
                                            .accesses = field[12][0] != 0,
                                            .miss = strcmp(field[14], "miss") == 0,
                                            .ready = strtoull(field[16], NULL, 10)};
  }
  free(text);
  command(c, "vtpu trace query --count " PART " '%s'", trace);
  T_EQ(rows.count, atoi(c->out));
  return &rows;
}

/* --- Kanata -------------------------------------------------------------------------------- */

static void check_kanata(char *text, const struct rows *rows)
{
  /* The stage that is open in a lane, "": none. Lane 1 has what an SIW waits for before its X. */
  char(*stage)[2][24] = calloc((size_t)rows->count + 1, sizeof *stage);
  char *state = calloc((size_t)rows->count + 1, 1); /* 1 appeared, 2 retired */
  unsigned long long cycle = 0, n, m, k, waited = 0, stalls = 0;
  int ids = 0, retired = 0, line = 0, issues = 0;
  char name[24], *rest = NULL;
  bool begun = false;
  for (char *at = strtok_r(text, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest), line++) {
    int end = 0;
    if (line == 0) {
      T_EQ_STR(at, "Kanata\t0004");
    } else if (sscanf(at, "C=\t%llu%n", &n, &end) == 1 && !at[end]) {
      T_CHECK(!begun);
      begun = true;
      cycle = n;
    } else if (sscanf(at, "C\t%llu%n", &n, &end) == 1 && !at[end]) {
      T_CHECK(begun && n > 0);
      cycle += n;
    } else if (sscanf(at, "I\t%llu\t%llu\t%llu%n", &n, &m, &k, &end) == 3 && !at[end]) {
      T_REQUIRE(n == (unsigned)ids && ids < rows->count);
      state[ids++] = 1;
    } else if (sscanf(at, "L\t%llu\t%llu\t%n", &n, &m, &end) == 2 && end) {
      T_CHECK(n < (unsigned)ids && m <= 1 && at[end]);
    } else if (sscanf(at, "S\t%llu\t%llu\t%23[a-zA-Z0-9_]%n", &n, &m, name, &end) == 3 &&
               !at[end]) {
      T_REQUIRE(n < (unsigned)ids && state[n] == 1 && m <= 1);
      T_EQ_STR(stage[n][0], "");
      T_EQ_STR(stage[n][1], "");
      strcpy(stage[n][m], name);
      issues += m == 0 && strcmp(name, "X") == 0;
      waited -= m ? cycle : 0;
    } else if (sscanf(at, "E\t%llu\t%llu\t%23[a-zA-Z0-9_]%n", &n, &m, name, &end) == 3 &&
               !at[end]) {
      T_REQUIRE(n < (unsigned)ids && m <= 1);
      T_EQ_STR(stage[n][m], name);
      stage[n][m][0] = 0;
      waited += m ? cycle : 0;
    } else if (sscanf(at, "R\t%llu\t%llu\t%llu%n", &n, &m, &k, &end) == 3 && !at[end]) {
      T_REQUIRE(n < (unsigned)ids && state[n] == 1 && !stage[n][0][0] && !stage[n][1][0]);
      T_EQ((int)m, retired);
      T_EQ((int)k, 0);
      state[n] = 2;
      retired++;
    } else {
      T_FAIL("line %d is no command: %s", line, at);
      break;
    }
  }
  T_EQ(ids, rows->count);
  T_EQ(retired, rows->count);
  T_EQ(issues, rows->count);
  for (int i = 0; i < rows->count; i++)
    stalls += rows->row[i].stall;
  T_EQ(waited, stalls);
  T_CHECK(cycle >= rows->row[rows->count - 1].cycle);
  free(stage);
  free(state);
}

/* --- Trace Event JSON ---------------------------------------------------------------------- */

static json_int_t integer(const json_t *event, const char *key)
{
  const json_t *v = json_object_get(event, key);
  T_CHECK(json_is_integer(v));
  return json_integer_value(v);
}

struct slice {
  json_int_t thread, begin, length;
  size_t place; /* in the file */
};

static int by_thread(const void *a, const void *b)
{
  const struct slice *x = a, *y = b;
  if (x->thread != y->thread)
    return x->thread < y->thread ? -1 : 1;
  return x->place < y->place ? -1 : 1;
}

/* Slices of a thread lie inside one another or apart, and come in this order: a viewer that does
 * not sort them would nest one that begins with another inside that. */
static void check_nesting(struct slice *slice, size_t count)
{
  json_int_t end[64];
  int depth = 0;
  qsort(slice, count, sizeof *slice, by_thread);
  for (size_t i = 0; i < count; i++) {
    if (i && slice[i].thread != slice[i - 1].thread)
      depth = 0;
    while (depth && end[depth - 1] <= slice[i].begin)
      depth--;
    T_REQUIRE(depth < 64 && slice[i].length > 0);
    T_CHECK(!i || slice[i].thread != slice[i - 1].thread || slice[i].begin >= slice[i - 1].begin);
    if (depth && slice[i].begin + slice[i].length > end[depth - 1]) {
      T_FAIL("a slice at %lld overlaps the end of another", (long long)slice[i].begin);
      return;
    }
    end[depth++] = slice[i].begin + slice[i].length;
  }
}

static void check_perfetto(const char *text, const struct rows *rows)
{
  json_error_t why;
  json_t *all = json_loads(text, 0, &why), *event;
  if (!all) {
    T_FAIL("no JSON: line %d: %s", why.line, why.text);
    return;
  }
  const json_t *events = json_object_get(all, "traceEvents");
  T_CHECK(!json_object_get(all, "displayTimeUnit")); /* ns: some versions count in them then */
  struct slice *slice = calloc(json_array_size(events) + 1, sizeof *slice);
  json_int_t *open = calloc((size_t)rows->count + 1, sizeof *open);
  size_t i, slices = 0;
  int siws = 0, begun = 0, ended = 0, named = 0, counters = 0, accesses = 0;
  json_array_foreach(events, i, event)
  {
    const char *phase = json_string_value(json_object_get(event, "ph"));
    T_REQUIRE(phase && strlen(phase) == 1 && strchr("MXbeC", *phase));
    T_CHECK(json_is_string(json_object_get(event, "name")));
    integer(event, "pid");
    if (*phase == 'M') {
      T_CHECK(json_is_string(json_object_get(json_object_get(event, "args"), "name")));
      named++;
      continue;
    }
    const json_int_t at = integer(event, "ts");
    if (*phase == 'C') {
      T_CHECK(json_is_real(json_object_get(json_object_get(event, "args"), "ops/cycle")));
      counters++;
      continue;
    }
    const json_int_t thread = integer(event, "pid") << 16 | integer(event, "tid");
    if (*phase == 'X') {
      slice[slices] = (struct slice){thread, at, integer(event, "dur"), slices};
      slices++;
      siws += strcmp(json_string_value(json_object_get(event, "cat")), "siw") == 0;
    } else {
      const char *local =
          json_string_value(json_object_get(json_object_get(event, "id2"), "local"));
      T_REQUIRE(local && strncmp(local, "0x", 2) == 0 && !json_object_get(event, "id"));
      const json_int_t id = strtoll(local, NULL, 16);
      T_REQUIRE(id >= 0 && id < rows->count);
      T_CHECK(*phase == 'b' ? open[id] == 0 : open[id] == 1);
      T_CHECK((unsigned long long)at ==
              (*phase == 'b' ? rows->row[id].cycle : rows->row[id].ready));
      open[id]++;
      begun += *phase == 'b';
      ended += *phase == 'e';
    }
  }
  for (int k = 0; k < rows->count; k++)
    accesses += rows->row[k].accesses;
  T_EQ(siws, rows->count);
  T_EQ(begun, accesses);
  T_EQ(ended, accesses);
  T_CHECK(named >= 2 && counters > 0);
  check_nesting(slice, slices);
  free(slice);
  free(open);
  json_decref(all);
}

/* --- VCD ----------------------------------------------------------------------------------- */

enum { VARIABLES_MAX = 64 };
struct variable {
  char id[8], scope[32], name[16];
  unsigned width;
  bool dumped;
  unsigned long value;
};

static struct variable *find_variable(struct variable *v, int count, const char *id)
{
  for (int i = 0; i < count; i++)
    if (strcmp(v[i].id, id) == 0)
      return &v[i];
  return NULL;
}

/* Cycles in which a 1-bit signal of this name was 1, over all scopes. */
static unsigned long long high(const struct variable *v, int count, const char *name,
                               unsigned long long cycles)
{
  unsigned long long n = 0;
  for (int i = 0; i < count; i++)
    n += strcmp(v[i].name, name) == 0 && v[i].value ? cycles : 0;
  return n;
}

static void check_vcd(char *text, const struct rows *rows)
{
  struct variable v[VARIABLES_MAX];
  int count = 0, depth = 0;
  char scope[32] = "", id[8], name[16], bits[40], *rest = NULL;
  unsigned width;
  unsigned long long time = 0, next, issues = 0, misses = 0, want = 0;
  bool timed = false, defined = false, dumping = false;
  for (char *at = strtok_r(text, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest)) {
    int end = 0;
    if (!defined) {
      if (sscanf(at, "$scope module %31s $end", scope) == 1) {
        depth++;
      } else if (strcmp(at, "$upscope $end") == 0) {
        depth--;
      } else if (sscanf(at, "$var %*[a-z] %u %7s %15s $end%n", &width, id, name, &end) == 3) {
        T_REQUIRE(count < VARIABLES_MAX && end && depth == 2);
        T_CHECK(!find_variable(v, count, id)); /* each has its own */
        struct variable *new = &v[count++];
        *new = (struct variable){.width = width};
        strcpy(new->id, id);
        strcpy(new->name, name);
        strcpy(new->scope, scope);
      } else if (strcmp(at, "$enddefinitions $end") == 0) {
        T_EQ(depth, 0);
        defined = true;
      } else if (strncmp(at, "$timescale", 10) == 0) {
        T_EQ_STR(at, "$timescale 1 ns $end");
      } else {
        T_CHECK(strncmp(at, "$version ", 9) == 0 || strncmp(at, "$comment ", 9) == 0);
        T_CHECK(strlen(at) > 5 && strcmp(at + strlen(at) - 4, "$end") == 0);
      }
    } else if (sscanf(at, "#%llu%n", &next, &end) == 1 && !at[end]) {
      T_CHECK(!timed || next > time);
      issues += high(v, count, "issue", next - time);
      misses += high(v, count, "ptc_miss", next - time);
      time = next;
      timed = true;
    } else if (strcmp(at, "$dumpvars") == 0) {
      T_CHECK(timed && !dumping);
      dumping = true;
    } else if (strcmp(at, "$end") == 0) {
      for (int i = 0; i < count; i++)
        T_CHECK(v[i].dumped);
    } else {
      struct variable *changed = NULL;
      if (sscanf(at, "b%39[01] %7s%n", bits, id, &end) == 2 && !at[end])
        changed = find_variable(v, count, id);
      else if ((*at == '0' || *at == '1') && sscanf(at, "%1[01]%7s%n", bits, id, &end) == 2)
        changed = find_variable(v, count, id);
      if (!changed || !dumping || strlen(bits) > changed->width) {
        T_FAIL("this is no value change: %s", at);
        break;
      }
      changed->dumped = true;
      changed->value = strtoul(bits, NULL, 2);
    }
  }
  T_EQ(issues, (unsigned long long)rows->count);
  for (int i = 0; i < rows->count; i++)
    want += rows->row[i].miss;
  T_EQ(misses, want);
  for (int i = 0; i < count; i++)
    if (strcmp(v[i].name, "accesses") == 0)
      T_EQ(v[i].value, 0ul); /* all are complete in the end */
}

/* --- tests --------------------------------------------------------------------------------- */

T_TEST(cli_trace_export, formats_keep_their_rules)
{
  static const char *const examples[] = {"microvtpu", "stream",      "pingpong", "barrier",
                                         "smt_pair",  "spec_stream", "prefetch", "ternary_dot"};
  struct command c = {0};
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    const char *trace = traced(&c, examples[i]);
    const struct rows *rows = read_rows(&c, trace);
    T_REQUIRE(rows->count > 0);
    char *text = exported(&c, trace, "konata");
    check_kanata(text, rows);
    free(text);
    text = exported(&c, trace, "perfetto");
    check_perfetto(text, rows);
    free(text);
    text = exported(&c, trace, "vcd");
    check_vcd(text, rows);
    free(text);
  }
  command_end(&c);
}

T_TEST(cli_trace_export, a_model_has_its_regions)
{
  struct command c = {0};
  const char *trace = temp_path("model.trace"), *ids = temp_path("ids");
  command(&c,
          "printf '1\\n5\\n9\\n' >'%s'; vtpu infer --model '%s' --token-ids '%s' --tokens 2 -q "
          "--trace '%s'",
          ids, small_model(), ids, trace);
  T_STATUS(&c, 0);
  const struct rows *rows = read_rows(&c, trace);
  char *text = exported(&c, trace, "perfetto");
  check_perfetto(text, rows);
  T_CONTAINS(text, "\"cat\":\"region\"");
  T_CONTAINS(text, ", layer 0\"");
  free(text);
  command_end(&c);
}

T_TEST(cli_trace_export, a_big_run_is_cut_or_sampled)
{
  struct command c = {0};
  const char *trace = traced(&c, "stream"), *path = temp_path("cut");
  command(&c, "vtpu trace export '%s' -f konata -o '%s' --limit 100 && grep -c '^I' '%s'", trace,
          path, path);
  T_STATUS(&c, 0);
  T_EQ_STR(c.out, "100\n");
  T_CONTAINS(c.err, "only the first 100 SIWs, to cycle");
  command(&c,
          "vtpu trace export '%s' -f csv --cycles 5000-5999 --sample 10/100 | "
          "awk -F, 'NR > 1 && ($1 < 5000 || $1 > 5999 || $1 %% 100 >= 10)' | wc -l",
          trace);
  T_EQ_STR(c.out, "0\n");
  command(&c, "vtpu trace export '%s' -f csv --opcode CLOOP | wc -l", trace);
  T_EQ_STR(c.out, "6\n");
  command_end(&c);
}

T_TEST(cli_trace_export, what_cannot_be_exported_is_said)
{
  static const struct {
    const char *options, *says;
    int status;
  } cases[] = {
      {"", "konata, perfetto, vcd or csv?", 2},
      {"-f gif", "'gif' is none of", 2},
      {"-f csv --events", "exports have SIWs only", 2},
      {"-f vcd --cycles 900000-", "nothing to export", 2},
      {"-f vcd --sample 5", "is no sample", 2},
      {"-f vcd --sample 5/2", "is no sample", 2},
      {"-f vcd -o /no/such/file", "/no/such/file: cannot write", 6},
      {"-f vcd >/dev/full", "No space left", 6},
      {"-f perfetto >/dev/full", "No space left", 6},
  };
  struct command c = {0};
  const char *trace = traced(&c, "dot");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu trace export '%s' %s", trace, cases[i].options);
    if (!T_STATUS(&c, cases[i].status))
      T_FAIL("with %s", cases[i].options);
    T_CONTAINS(c.err, cases[i].says);
  }
  command_end(&c);
}
