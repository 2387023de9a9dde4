/* Reads a timetable, evaluates its formulas on a machine and compares them with a run. */
#include "tests/sim/timetable.h"
#include "tests/sim/formula.h"

#include "asm/assemble.h"
#include "tests/harness/harness.h"
#include "tests/ptc/programs.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 256, ITEMS_MAX = 40, ISSUES_MAX = 4096, MACHINES_MAX = 24, COUNTS_MAX = 24 };

/* An SIW of the text. */
struct row {
  char label[OBJECT_NAME_BYTES];
  const char *item[ITEMS_MAX]; /* after "=" or ","; NULL in a row without a timetable */
  int items, line;
  bool never;      /* it is not to issue */
  int sentron;     /* in the object */
  const char *end; /* of the sentron: the formula */
  int64_t cycle[ITEMS_MAX];
  uint8_t known[ITEMS_MAX]; /* 0 no, 1 being worked out, 2 yes */
};

struct issue {
  uint64_t cycle, ready, stalled;
  int row, item;
};

struct table {
  const char *name;
  struct object object;
  struct machine machine;
  const char *settings;
  struct row rows[ROWS_MAX];
  int row_count;
  struct {
    const char *at;
    int line;
  } machines[MACHINES_MAX], counts[COUNTS_MAX];
  int machine_count, count_count;
  struct timetable_edges *edges;
  struct issue traced[ISSUES_MAX]; /* row: SIW, item: sentron in the object */
  int traced_count;
};

#define WRONG(t, line, ...) wrong(t, line, __VA_ARGS__)
__attribute__((format(printf, 3, 4))) static void wrong(const struct table *t, int line,
                                                        const char *format, ...)
{
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  T_FAIL("%s:%d [%.*s]: %s", t->name, line, (int)strcspn(t->settings, "\n"), t->settings, text);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Splits "a, b, c" at commas outside of parentheses, up to the line's end. */
static void read_items(struct table *t, struct row *r, const char *at)
{
  int depth = 0;
  r->item[r->items++] = at;
  for (; *at && *at != '\n'; at++) {
    depth += (*at == '(') - (*at == ')');
    if (*at == ',' && depth == 0 && r->items < ITEMS_MAX)
      r->item[r->items++] = at + 1;
  }
  if (r->items == ITEMS_MAX)
    WRONG(t, r->line, "more issues than a timetable has room for");
}

static void read_line(struct table *t, const char *at, const char *end, int line)
{
  struct row *last = t->row_count ? &t->rows[t->row_count - 1] : NULL;
  while (at < end && isspace((unsigned char)*at))
    at++;
  if (!strncmp(at, ";machine", 8) && t->machine_count < MACHINES_MAX) {
    t->machines[t->machine_count].at = at + 8;
    t->machines[t->machine_count++].line = line;
  } else if (!strncmp(at, ";count ", 7) && t->count_count < COUNTS_MAX) {
    t->counts[t->count_count].at = at + 7;
    t->counts[t->count_count++].line = line;
  } else if (!strncmp(at, ";end ", 5) && last) {
    last->end = at + 5;
  } else if (*at != ';' && *at != '.' && memchr(at, '{', (size_t)(end - at))) {
    if (t->row_count == ROWS_MAX) {
      WRONG(t, line, "more SIWs than a timetable has room for");
      return;
    }
    struct row *r = &t->rows[t->row_count++];
    *r = (struct row){.line = line};
    const char *colon = at;
    while (isalnum((unsigned char)*colon) || *colon == '_')
      colon++;
    if (*colon == ':')
      snprintf(r->label, sizeof r->label, "%.*s", (int)(colon - at), at);
    const char *comment = memchr(at, ';', (size_t)(end - at));
    if (comment && comment[1] == '=') {
      comment += 2 + strspn(comment + 2, " ");
      r->never = !strncmp(comment, "never", 5);
      if (!r->never)
        read_items(t, r, comment);
    }
  }
}

static bool read_table(struct table *t, const char *text)
{
  struct vtpu_error err;
  if (assemble_text(t->name, text, strlen(text), &t->object, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  int line = 1;
  for (const char *at = text; *at; line++) {
    const char *end = at + strcspn(at, "\n");
    read_line(t, at, end, line);
    at = *end ? end + 1 : end;
  }
  if ((uint32_t)t->row_count != t->object.siw_count) {
    WRONG(t, 1, "%d lines with an SIW, but %u SIWs", t->row_count, t->object.siw_count);
    return false;
  }
  for (int i = 0; i < t->row_count; i++) {
    t->rows[i].sentron = -1;
    for (uint32_t s = 0; s < t->object.sentron_count; s++)
      if ((uint32_t)i >= t->object.sentrons[s].entry && (uint32_t)i < t->object.sentrons[s].end)
        t->rows[i].sentron = (int)s;
  }
  return true;
}

/* --- formulas --------------------------------------------------------------------------------- */

static int64_t issue_of(struct table *t, int row, int item);

struct place { /* where a formula stands */
  struct table *t;
  int row, item;
};

/* The issue of the SIW above, in the same round. */
static int64_t issue_above(struct table *t, int row, int item)
{
  int above = row - 1;
  while (above >= 0 && t->rows[above].never)
    above--;
  if (above < 0 || t->rows[above].sentron != t->rows[row].sentron)
    return t->machine.spawn - 1;
  int items = t->rows[above].items;
  return issue_of(t, above, item < items ? item : items ? items - 1 : 0);
}

static bool lookup(void *user, const char *name, int64_t *value)
{
  struct place *p = user;
  struct table *t = p->t;
  const struct machine *m = &t->machine;
  if (!strcmp(name, "t")) {
    *value = p->item < 0
                 ? issue_of(t, p->row, t->rows[p->row].items ? t->rows[p->row].items - 1 : 0)
                 : issue_above(t, p->row, p->item);
    return true;
  }
  if (!strcmp(name, "ddr_slot") || !strcmp(name, "link_slot")) {
    double bandwidth = name[0] == 'd' ? m->ddr_bandwidth : m->link_bandwidth;
    double bytes = name[0] == 'd' ? CELL_BYTES : M_BYTES;
    *value = bandwidth > 0 ? (int64_t)(bytes * 256 * m->clock / bandwidth + 0.5) : 0;
    return true;
  }
  size_t length = strcspn(name, ".");
  int which = name[length] ? atoi(name + length + 1) : 1;
  for (int i = 0; i < t->row_count; i++)
    if (strlen(t->rows[i].label) == length && !strncmp(t->rows[i].label, name, length)) {
      *value = issue_of(t, i, which - 1);
      return true;
    }
  for (int i = 0; i < machine_param_count; i++)
    if (machine_params[i].kind == PARAM_INT && !strcmp(machine_params[i].name, name)) {
      memcpy(value, (const char *)m + machine_params[i].offset, sizeof *value);
      return true;
    }
  return false;
}

static int64_t evaluate(struct table *t, int row, int item, const char **at)
{
  struct place p = {t, row, item};
  const char *complaint = NULL;
  int64_t value = formula(at, lookup, &p, &complaint);
  if (complaint)
    WRONG(t, t->rows[row].line, "%s: %.*s", complaint, (int)strcspn(*at, "\n"), *at);
  return value;
}

static int64_t issue_of(struct table *t, int row, int item)
{
  struct row *r = &t->rows[row];
  if (r->items == 0 && item == 0)
    return issue_above(t, row, 0) + 1;
  if (item < 0 || item >= r->items || r->known[item] == 1) {
    WRONG(t, r->line,
          item < r->items ? "a formula that needs itself" : "it does not issue so often");
    return 0;
  }
  if (!r->known[item]) {
    r->known[item] = 1;
    const char *at = r->item[item];
    r->cycle[item] = evaluate(t, row, item, &at);
    r->known[item] = 2;
  }
  return r->cycle[item];
}

/* --- comparing -------------------------------------------------------------------------------- */

static void note_issue(void *user, const struct vtpu_issue *issue)
{
  struct table *t = user;
  if (t->traced_count == ISSUES_MAX)
    return;
  int sentron = 0;
  while (t->object.sentrons[sentron].node != issue->node ||
         t->object.sentrons[sentron].id != issue->sentron)
    sentron++;
  t->traced[t->traced_count++] =
      (struct issue){issue->cycle, issue->ready, issue->stall_cycles, (int)issue->siw, sentron};
}

static int by_cycle(const void *a, const void *b)
{
  const struct issue *x = a, *y = b;
  return (x->cycle > y->cycle) - (x->cycle < y->cycle);
}

/* Reads "cause=cycles cause ready=cycle" of an item and charges `gap` cycles to the stack. */
static uint64_t charge(struct table *t, const struct issue *e, uint64_t gap, uint64_t *stack)
{
  const struct row *r = &t->rows[e->row];
  uint64_t ready = 0, left = gap;
  bool open = false, caused = false;
  const char *at = r->items ? r->item[e->item] : "";
  if (r->items)
    evaluate(t, e->row, e->item, &at);
  for (;;) {
    at += strspn(at, " \t");
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_')
      length++;
    if (!length)
      break;
    int cause = 0;
    bool is_ready = length == 5 && !strncmp(at, "ready", 5);
    while (!is_ready && cause < STALL_COUNT &&
           (strlen(stall_keys[cause]) != length || strncmp(stall_keys[cause], at, length) != 0))
      cause++;
    if (cause == STALL_COUNT || (open && !is_ready)) {
      WRONG(t, r->line, "no cause of a wait, or one after the one that gets the rest: %.*s",
            (int)length, at);
      return 0;
    }
    at += length;
    uint64_t n = left;
    if (*at == '=') {
      at++;
      n = (uint64_t)evaluate(t, e->row, e->item, &at);
    } else {
      open = true;
    }
    if (is_ready) {
      ready = n;
    } else {
      caused = true;
      n = (int64_t)n < 0 ? 0 : n;
      stack[cause] += n;
      if (n > left)
        WRONG(t, r->line, "%s gets %llu of %llu cycles of waiting", stall_keys[cause],
              (unsigned long long)n, (unsigned long long)left);
      left -= n < left ? n : left;
    }
  }
  if (*at && *at != ',' && *at != '\n')
    WRONG(t, r->line, "not understood: %.*s", (int)strcspn(at, "\n"), at);
  if (left && !open)
    WRONG(t, r->line, "%llu of %llu cycles of waiting have no cause", (unsigned long long)left,
          (unsigned long long)gap);
  t->edges->one |= caused && gap == 1;
  t->edges->none |= caused && gap == 0;
  return ready;
}

/* The trace of one sentron against its rows; adds what it must be charged to the stack. */
static void compare_issues(struct table *t, int sentron, const struct issue *e, int count,
                           uint64_t *stack)
{
  int at = 0;
  for (int i = 0; i < count; i++) {
    uint64_t gap = i ? e[i].cycle - e[i - 1].cycle - 1 : 0;
    uint64_t ready = charge(t, &e[i], gap, stack);
    while (at < t->traced_count && t->traced[at].item != sentron)
      at++;
    if (at == t->traced_count) {
      WRONG(t, t->rows[e[i].row].line, "is to issue in cycle %llu, but the run has ended",
            (unsigned long long)e[i].cycle);
      return;
    }
    const struct issue *got = &t->traced[at++];
    if (got->row != e[i].row || got->cycle != e[i].cycle) {
      WRONG(t, t->rows[e[i].row].line,
            "is to issue in cycle %llu, but SIW %d (line %d) issues in cycle %llu",
            (unsigned long long)e[i].cycle, got->row, t->rows[got->row].line,
            (unsigned long long)got->cycle);
      return;
    }
    if (got->stalled != gap)
      WRONG(t, t->rows[e[i].row].line, "waits %llu cycles, but %llu are charged",
            (unsigned long long)gap, (unsigned long long)got->stalled);
    if (ready && got->ready != ready)
      WRONG(t, t->rows[e[i].row].line, "is to be ready in cycle %llu, but is in %llu",
            (unsigned long long)ready, (unsigned long long)got->ready);
  }
  while (at < t->traced_count && t->traced[at].item != sentron)
    at++;
  if (at < t->traced_count)
    WRONG(t, t->rows[t->traced[at].row].line, "is not to issue again, but does in cycle %llu",
          (unsigned long long)t->traced[at].cycle);
}

static void compare_sentron(struct table *t, int sentron, const struct vtpu_statistics *traced,
                            const struct vtpu_statistics *plain)
{
  static struct issue e[ISSUES_MAX];
  int count = 0;
  const struct row *first = NULL;
  int64_t end = -1;
  for (int i = 0; i < t->row_count; i++) {
    const struct row *r = &t->rows[i];
    if (r->sentron != sentron)
      continue;
    first = first ? first : r;
    for (int k = 0; k < (r->items ? r->items : !r->never); k++)
      e[count++] = (struct issue){.cycle = (uint64_t)issue_of(t, i, k), .row = i, .item = k};
    const char *at = r->end;
    if (at)
      end = evaluate(t, i, -1, &at);
  }
  if (!count)
    return;
  qsort(e, (size_t)count, sizeof *e, by_cycle);
  uint64_t stack[STALL_COUNT] = {[STALL_ISSUE] = (uint64_t)count};
  compare_issues(t, sentron, e, count, stack);
  uint64_t last = e[count - 1].cycle, complete = end < 0 ? last + 1 : (uint64_t)end;
  stack[STALL_DRAIN] = complete - last - 1;
  const struct vtpu_statistics *runs[] = {traced, plain};
  for (int k = 0; k < 2; k++) {
    const struct vtpu_counts *c = &runs[k]->sentrons[sentron].counts;
    const char *which = k ? "without a trace" : "with a trace";
    for (int cause = 0; cause < STALL_COUNT; cause++)
      if (c->stack[cause] != stack[cause])
        WRONG(t, first->line, "%s, %s is to be charged %llu cycles, but is %llu", which,
              stall_keys[cause], (unsigned long long)stack[cause],
              (unsigned long long)c->stack[cause]);
    if (c->cycles != complete - e[0].cycle)
      WRONG(t, first->line, "%s, the sentron is to take %llu cycles, but takes %llu", which,
            (unsigned long long)(complete - e[0].cycle), (unsigned long long)c->cycles);
  }
}

/* --- counts ----------------------------------------------------------------------------------- */

static bool count_of(const struct vtpu_statistics *s, const char *name, uint64_t *value)
{
  const struct vtpu_counts *c = &s->total;
  const struct vtpu_node_statistics *n = &s->nodes[0];
  const struct {
    const char *name;
    uint64_t value;
  } names[] = {
      {"ptc_hits", c->ptc_hits},
      {"ptc_misses", c->ptc_misses},
      {"walks", n->counts.ptc_walks},
      {"prefetches", n->prefetches},
      {"dropped", n->prefetches_dropped},
      {"l1_hits", c->tier_hits[TIER_L1]},
      {"l2_hits", c->tier_hits[TIER_L2]},
      {"l3_hits", c->tier_hits[TIER_L3]},
      {"ddr_hits", c->tier_hits[TIER_DDR]},
      {"l1_merges", c->tier_merges[TIER_L1]},
      {"l2_merges", c->tier_merges[TIER_L2]},
      {"l3_merges", c->tier_merges[TIER_L3]},
      {"ddr_reads", n->ddr_reads},
      {"ddr_writes", n->ddr_writes},
      {"l2_writebacks", n->writebacks[TIER_L2]},
      {"sent", c->sent},
      {"received", c->received},
      {"cycles", s->cycles},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i].name, name)) {
      *value = names[i].value;
      return true;
    }
  return false;
}

static void compare_counts(struct table *t, const struct vtpu_statistics *s, const char *which)
{
  for (int i = 0; i < t->count_count; i++) {
    char name[40] = "";
    uint64_t got;
    const char *at = strchr(t->counts[i].at, '=');
    if (sscanf(t->counts[i].at, " %39[a-z0-9_]", name) != 1 || !at || !count_of(s, name, &got)) {
      WRONG(t, t->counts[i].line, "no count \"%s\"", name);
      return;
    }
    at++;
    uint64_t want = (uint64_t)evaluate(t, t->row_count - 1, -1, &at);
    if (got != want)
      WRONG(t, t->counts[i].line, "%s, %s is to be %llu, but is %llu", which, name,
            (unsigned long long)want, (unsigned long long)got);
  }
}

/* --- the whole -------------------------------------------------------------------------------- */

static void check_run(struct table *t)
{
  struct vtpu_options trace = {.trace = note_issue, .trace_user = t};
  t->traced_count = 0;
  for (int i = 0; i < t->row_count; i++)
    memset(t->rows[i].known, 0, sizeof t->rows[i].known);
  struct vtpu_statistics *traced = run_object(&t->object, &t->machine, &trace);
  struct vtpu_statistics *plain = run_object(&t->object, &t->machine, NULL);
  if (traced && plain) {
    for (uint32_t s = 0; s < t->object.sentron_count; s++)
      compare_sentron(t, (int)s, traced, plain);
    compare_counts(t, traced, "with a trace");
    compare_counts(t, plain, "without a trace");
  }
  if (traced)
    vtpu_statistics_free(traced);
  if (plain)
    vtpu_statistics_free(plain);
}

void timetable_check(const char *name, const char *text, struct timetable_edges *edges)
{
  struct table *t = calloc(1, sizeof *t);
  *edges = (struct timetable_edges){0};
  T_REQUIRE(t != NULL);
  t->name = name;
  t->edges = edges;
  t->settings = "";
  if (read_table(t, text)) {
    if (t->machine_count == 0)
      WRONG(t, 1, "no ;machine");
    for (int i = 0; i < t->machine_count; i++) {
      char settings[512];
      t->settings = t->machines[i].at + strspn(t->machines[i].at, " ");
      size_t length = strcspn(t->settings, ";\n");
      /* Small tiers, which are soon made; the settings may say otherwise. */
      snprintf(settings, sizeof settings, "l2_bytes=65536 l3_bytes=131072 ptc_entries=64 %.*s",
               (int)length, t->settings);
      t->machine = machine_with(settings);
      t->machine.dlen = t->object.dlen;
      check_run(t);
      edges->runs++;
    }
    object_free_parts(&t->object);
  }
  free(t);
}
