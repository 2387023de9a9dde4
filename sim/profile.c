/* Wall cycles, bounds and what limits: see profile.h. */
#include "sim/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const profile_resource_keys[PROFILE_RESOURCES] = {
    [PROFILE_D] = "compute",     [PROFILE_S] = "s_port",
    [PROFILE_C] = "c_port",      [PROFILE_ISSUE] = "issue",
    [PROFILE_L1] = "l1",         [PROFILE_L2] = "l2",
    [PROFILE_L3] = "l3",         [PROFILE_DDR] = "ddr",
    [PROFILE_WALKER] = "walker", [PROFILE_ENTRY] = "memory_entry"};

/* Above this share of a resource's peak the resource is what limits, below it the waiting. */
static const double near_bound = 0.75;

/* What a wait is called, when it is what limits. Causes with one name are added up. */
static const char *const wait_names[STALL_COUNT] = {
    [STALL_FETCH] = "branch",         [STALL_BARRIER] = "barrier",
    [STALL_COLLECTIVE] = "barrier",   [STALL_FENCE] = "fence",
    [STALL_DRESULT] = "dependences",  [STALL_SRESULT] = "dependences",
    [STALL_CRESULT] = "dependences",  [STALL_PTC] = "ptc",
    [STALL_L1] = "l1_latency",        [STALL_L2] = "l2_latency",
    [STALL_L3] = "l3_latency",        [STALL_DDR] = "ddr_latency",
    [STALL_ENTRY] = "memory_entries", [STALL_CREDIT] = "messages",
    [STALL_MESSAGE] = "messages",     [STALL_PORT] = "ports",
    [STALL_DRAIN] = "drain"};

/* What a sentron waits for when others have more to do. */
static const enum stall other_waits[] = {STALL_BARRIER, STALL_COLLECTIVE, STALL_MESSAGE};
enum { OTHER_WAITS = sizeof other_waits / sizeof *other_waits };

static uint64_t waits_for_others(const uint64_t *stack)
{
  uint64_t sum = 0;
  for (int i = 0; i < OTHER_WAITS; i++)
    sum += stack[other_waits[i]];
  return sum;
}

/* --- work on each core and node ------------------------------------------------------------ */

/* What a row asks of one core. */
struct core_use {
  uint64_t siws, ops[PIPE_COUNT], lines[TIER_COUNT], misses;
  double entry_cycles;
};

struct tally { /* of one row */
  struct profile_row *row;
  struct core_use *cores; /* [cores of the machine] */
  uint64_t work;          /* cycles of all sentrons other than waiting for others */
  uint64_t most_work, most_siws;
};

static double entry_cycles(const struct machine *m, const struct vtpu_counts *c)
{
  const int64_t latency[TIER_COUNT] = {m->l1_latency, m->l2_latency, m->l3_latency, m->ddr_latency};
  double held = 0;
  for (int tier = 0; tier < TIER_COUNT; tier++)
    held += (double)c->tier_hits[tier] * (double)(m->ptc_hit + latency[tier]) +
            (double)c->tier_merges[tier] * (double)(m->ptc_hit + m->l1_latency);
  return held / (double)m->memory_entries;
}

/* One sentron's part of a row. */
static void tally_sentron(const struct machine *m, struct tally *t, unsigned core,
                          const struct vtpu_counts *c)
{
  struct core_use *use = &t->cores[core];
  if (c->siws == 0)
    return;
  t->row->sentrons++;
  use->siws += c->siws;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    use->ops[pipe] += c->ops[pipe];
  for (int tier = 0; tier < TIER_COUNT; tier++)
    use->lines[tier] += c->tier_bytes[tier] / CELL_BYTES;
  use->misses += c->ptc_misses;
  use->entry_cycles += entry_cycles(m, c);
  uint64_t work = c->cycles - waits_for_others(c->stack);
  t->work += work;
  t->most_work = work > t->most_work ? work : t->most_work;
  t->most_siws = c->siws > t->most_siws ? c->siws : t->most_siws;
  t->row->longest = c->cycles > t->row->longest ? c->cycles : t->row->longest;
}

static void at_least(double *bound, double cycles)
{
  *bound = cycles > *bound ? cycles : *bound;
}

static void bound_by_cores(const struct machine *m, struct tally *t)
{
  struct profile_row *row = t->row;
  int64_t all = m->nodes * m->cores, halves = (m->cores + m->l3_cores - 1) / m->l3_cores;
  const int64_t ports[PIPE_COUNT] = {m->dports, m->sports, m->cports};
  uint64_t l3 = 0, ddr = 0, siws = 0;
  double slot = m->ddr_bandwidth > 0 ? round(CELL_BYTES * 256 * m->clock / m->ddr_bandwidth) : 0;
  for (int64_t i = 0; i < all; i++) {
    const struct core_use *use = &t->cores[i];
    row->cores += use->siws > 0;
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
      at_least(&row->bound[PROFILE_D + pipe], (double)use->ops[pipe] / (double)ports[pipe]);
    at_least(&row->bound[PROFILE_L1], (double)use->lines[TIER_L1] * (double)m->l1_interval);
    at_least(&row->bound[PROFILE_L2], (double)use->lines[TIER_L2] * (double)m->l2_interval);
    at_least(&row->bound[PROFILE_WALKER], (double)use->misses * (double)m->ptc_miss);
    at_least(&row->bound[PROFILE_ENTRY], use->entry_cycles);
    l3 += use->lines[TIER_L3];
    ddr += use->lines[TIER_DDR];
    siws += use->siws;
    if ((i + 1) % m->cores)
      continue;
    /* Which half a line of L3 came from is not counted: at best they share. */
    at_least(&row->bound[PROFILE_L3], (double)l3 / (double)halves * (double)m->l3_interval);
    at_least(&row->bound[PROFILE_DDR], (double)ddr * slot / 256);
    row->nodes += siws > 0;
    l3 = ddr = siws = 0;
  }
  row->bound[PROFILE_ISSUE] = (double)t->most_siws;
}

static const char *longest_wait(const uint64_t *stack)
{
  const char *longest = NULL;
  uint64_t most = 0;
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    uint64_t sum = 0;
    for (int other = cause; wait_names[cause] && other < STALL_COUNT; other++)
      if (wait_names[other] && strcmp(wait_names[other], wait_names[cause]) == 0)
        sum += stack[other];
    if (sum > most) {
      most = sum;
      longest = wait_names[cause];
    }
  }
  return longest;
}

static void judge(const struct machine *m, struct tally *t)
{
  struct profile_row *row = t->row;
  bound_by_cores(m, t);
  for (int i = 0; i < PROFILE_RESOURCES; i++)
    if (row->bound[i] > row->bound[row->bound_by])
      row->bound_by = (enum profile_resource)i;
  double cycles = (double)profile_cycles(row);
  /* Kernels that run side by side on a core may ask more of it than one's own cycles hold. */
  row->reached = cycles > 0 ? fmin(1, row->bound[row->bound_by] / cycles) : NAN;
  row->balance =
      t->most_work ? (double)t->work / ((double)t->most_work * (double)row->sentrons) : NAN;
  const char *wait = longest_wait(row->wall_cycles ? row->wall : row->counts.stack);
  row->limited_by =
      row->reached >= near_bound || !wait ? profile_resource_keys[row->bound_by] : wait;
}

/* --- the critical path --------------------------------------------------------------------- */

/* Executions of operations that hold all sentrons of a group until the last one comes. */
static uint64_t gatherings(const struct vtpu_counts *c)
{
  const uint64_t *code = c->op_code[PIPE_C];
  return code[OP_CBAR] + code[OP_CREDUCE] + code[OP_CCAST];
}

/* Stretches between barriers, in the order of the code. What comes after the last barrier goes on
 * with the first stretch: programs loop over their steps. At least 1. */
static unsigned stretches(const struct vtpu_sentron_statistics *s)
{
  unsigned n = 0;
  for (unsigned i = 0; i + 1 < s->mark_count; i++)
    n += gatherings(&s->marks[i].counts) > 0;
  return n ? n : 1;
}

/* Do both come to the same barriers equally often? */
static bool in_step(const struct vtpu_sentron_statistics *a,
                    const struct vtpu_sentron_statistics *b)
{
  unsigned i = 0, j = 0;
  if (a->sentron->node != b->sentron->node)
    return false;
  for (;; i++, j++) {
    while (i + 1 < a->mark_count && !gatherings(&a->marks[i].counts))
      i++;
    while (j + 1 < b->mark_count && !gatherings(&b->marks[j].counts))
      j++;
    if (i + 1 >= a->mark_count || j + 1 >= b->mark_count)
      return i + 1 >= a->mark_count && j + 1 >= b->mark_count;
    if (gatherings(&a->marks[i].counts) != gatherings(&b->marks[j].counts))
      return false;
  }
}

/* Calls `visit` for the marks of stretch `k` of `n`. */
static void each_of_stretch(const struct vtpu_sentron_statistics *s, unsigned k, unsigned n,
                            void (*visit)(void *user, const struct vtpu_mark_statistics *m),
                            void *user)
{
  unsigned at = 0;
  for (unsigned i = 0; i < s->mark_count; i++) {
    bool outside = i + 1 == s->mark_count;
    if ((outside ? 0 : at % n) == k)
      visit(user, &s->marks[i]);
    at += !outside && gatherings(&s->marks[i].counts) > 0;
  }
}

/* A sentron's cycles in a stretch, and those in which it waits for no other. */
struct stretch_cycles {
  uint64_t all, work;
};

static void add_cycles(void *user, const struct vtpu_mark_statistics *m)
{
  struct stretch_cycles *c = user;
  c->all += m->counts.cycles;
  c->work += m->counts.cycles - waits_for_others(m->counts.stack);
}

/* The rows of each grouping that a mark belongs to. */
struct rows_of_marks {
  struct profile *p;
  struct profile_row **row[3]; /* [mark] */
  uint64_t more, less;         /* cycles to wait for others beside what the marks say */
};

static void add_stack(struct profile_row *row, const uint64_t *stack)
{
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    row->wall[cause] += stack[cause];
    row->wall_cycles += stack[cause];
  }
}

static void add_wall(void *user, const struct vtpu_mark_statistics *m)
{
  struct rows_of_marks *rows = user;
  uint64_t stack[STALL_COUNT];
  memcpy(stack, m->counts.stack, sizeof stack);
  for (int i = 0; i < OTHER_WAITS; i++) {
    uint64_t *wait = &stack[other_waits[i]], cut = *wait < rows->less ? *wait : rows->less;
    *wait -= cut;
    rows->less -= cut;
  }
  if (gatherings(&m->counts)) {
    stack[STALL_BARRIER] += rows->more;
    rows->more = 0;
  }
  add_stack(&rows->p->total, stack);
  for (int by = 0; by < 3; by++)
    if (rows->row[by][m->mark])
      add_stack(rows->row[by][m->mark], stack);
}

static void find_critical_path(const struct vtpu_statistics *s, struct rows_of_marks *rows)
{
  const struct vtpu_sentron_statistics *longest = NULL;
  for (unsigned i = 0; i < s->sentron_count; i++)
    if (!longest || s->sentrons[i].counts.cycles > longest->counts.cycles)
      longest = &s->sentrons[i];
  if (!longest)
    return;
  unsigned n = stretches(longest);
  bool alone = n == 1 && gatherings(&longest->counts) == 0;
  for (unsigned k = 0; k < n; k++) {
    const struct vtpu_sentron_statistics *critical = longest;
    struct stretch_cycles length = {0, 0}, most;
    each_of_stretch(longest, k, n, add_cycles, &length);
    most = length;
    for (unsigned i = 0; !alone && i < s->sentron_count; i++) {
      struct stretch_cycles own = {0, 0};
      if (s->sentrons[i].counts.siws == 0 || !in_step(longest, &s->sentrons[i]))
        continue;
      each_of_stretch(&s->sentrons[i], k, n, add_cycles, &own);
      if (own.work > most.work && own.work <= length.all) {
        most = own;
        critical = &s->sentrons[i];
      }
    }
    rows->more = length.all > most.all ? length.all - most.all : 0;
    rows->less = most.all > length.all ? most.all - length.all : 0;
    each_of_stretch(critical, k, n, add_wall, rows);
  }
}

/* --- rows ---------------------------------------------------------------------------------- */

/* The groups that executed something; row[mark] is each mark's row, NULL if it has none. */
static bool make_rows(const struct report *r, enum report_grouping by, struct rows_of_marks *rows)
{
  const struct vtpu_statistics *s = r->statistics;
  unsigned groups = 0, used = 0;
  struct report_group *g = report_groups(r, by, &groups);
  struct profile_row *row = calloc((size_t)groups + 1, sizeof *row);
  rows->p->rows[by] = row;
  rows->row[by] = calloc(s->mark_count, sizeof *rows->row[by]);
  bool good = g && row && rows->row[by];
  for (unsigned i = 0; good && i < groups; i++) {
    if (g[i].counts.cycles == 0)
      continue;
    row[used] = (struct profile_row){
        .kernel = g[i].name, .layer = g[i].layer, .marks = g[i].marks, .counts = g[i].counts};
    for (unsigned m = 0; m < s->mark_count; m++)
      if (report_group_has(r, &g[i], by, m))
        rows->row[by][m] = &row[used];
    used++;
  }
  rows->p->row_count[by] = used;
  free(g);
  return good;
}

/* Judges the rows of one grouping, or the total (rows NULL). */
static bool judge_rows(const struct machine *m, const struct vtpu_statistics *s,
                       struct profile_row *rows, unsigned count, struct profile_row *const *of_mark)
{
  struct tally *t = calloc((size_t)count + 1, sizeof *t);
  struct core_use *use = calloc(((size_t)count + 1) * s->core_count, sizeof *use);
  struct vtpu_counts *sum = calloc((size_t)count + 1, sizeof *sum);
  bool good = t && use && sum;
  for (unsigned i = 0; good && i < count; i++) {
    t[i].row = &rows[i];
    t[i].cores = use + (size_t)i * s->core_count;
  }
  for (unsigned i = 0; good && i < s->sentron_count; i++) {
    const struct vtpu_sentron_statistics *x = &s->sentrons[i];
    unsigned core =
        (unsigned)(x->sentron->node * (uint64_t)m->cores + x->sentron->id % (uint64_t)m->cores);
    memset(sum, 0, count * sizeof *sum);
    for (unsigned k = 0; k < x->mark_count; k++) {
      const struct profile_row *row = of_mark ? of_mark[x->marks[k].mark] : rows;
      if (row)
        counts_add(&sum[row - rows], &x->marks[k].counts);
    }
    for (unsigned k = 0; k < count; k++)
      tally_sentron(m, &t[k], core, &sum[k]);
  }
  for (unsigned i = 0; good && i < count; i++)
    judge(m, &t[i]);
  free(t);
  free(use);
  free(sum);
  return good;
}

int profile_make(const struct machine *m, const struct object *o, const struct vtpu_statistics *s,
                 struct profile *out, struct vtpu_error *err)
{
  const struct report r = {.machine = m, .object = o, .statistics = s};
  struct rows_of_marks rows = {.p = out};
  *out = (struct profile){.total.layer = -1};
  bool good = true;
  for (int by = 0; good && by < 3; by++)
    good = make_rows(&r, (enum report_grouping)by, &rows);
  if (good) {
    out->total.marks = s->mark_count - 1;
    for (unsigned i = 0; i < s->mark_count; i++)
      counts_add(&out->total.counts, &s->marks[i]);
    find_critical_path(s, &rows);
    good = judge_rows(m, s, &out->total, 1, NULL);
  }
  for (int by = 0; by < 3; by++) {
    good = good && judge_rows(m, s, out->rows[by], out->row_count[by], rows.row[by]);
    free(rows.row[by]);
  }
  if (good)
    return 0;
  profile_free(out);
  return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the profile");
}

void profile_free(struct profile *p)
{
  for (int by = 0; by < 3; by++)
    free(p->rows[by]);
  *p = (struct profile){.total.layer = -1};
}

/* --- derived figures ----------------------------------------------------------------------- */

uint64_t profile_cycles(const struct profile_row *row)
{
  return row->wall_cycles ? row->wall_cycles : row->longest;
}

static double over(double a, double b)
{
  return b > 0 ? a / b : NAN;
}

static double pipe_ports(const struct machine *m, enum pipe pipe)
{
  const int64_t ports[PIPE_COUNT] = {m->dports, m->sports, m->cports};
  return (double)ports[pipe];
}

double profile_occupancy(const struct machine *m, const struct profile_row *row, enum pipe pipe)
{
  return over((double)row->counts.ops[pipe],
              (double)profile_cycles(row) * row->cores * pipe_ports(m, pipe));
}

enum pipe profile_busiest(const struct machine *m, const struct profile_row *row)
{
  enum pipe busiest = PIPE_D;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    if (profile_occupancy(m, row, (enum pipe)pipe) > profile_occupancy(m, row, busiest))
      busiest = (enum pipe)pipe;
  return busiest;
}

double profile_mac_share(const struct machine *m, const struct profile_row *row)
{
  return over((double)row->counts.mac_ops,
              (double)profile_cycles(row) * row->cores * (double)m->dports);
}

double profile_tier_use(const struct profile_row *row, int tier)
{
  return over((double)row->counts.tier_bytes[tier], (double)profile_cycles(row));
}

double profile_tier_peak(const struct machine *m, const struct profile_row *row, int tier)
{
  double share = tier < TIER_L3 ? (double)row->cores / (double)(m->nodes * m->cores)
                                : (double)row->nodes / (double)m->nodes;
  return report_tier_peak(m, tier) * share;
}
