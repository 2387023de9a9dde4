/* The laws about counts (architecture, section 6):
 *
 *   - cycles = sum of the stack, for every sentron and region; the run's = cycles x contexts;
 *   - an issue is an SIW; operations by code sum to operations by pipe;
 *   - the whole is the sum of its nodes, these of their cores, these of their sentrons; and the
 *     regions of the program sum to the sentrons;
 *   - requests = hits + misses at each tier: each access that needs a line is supplied once, or
 *     merges once; DDR supplies what it reads (and what is written past all tiers);
 *   - every demand access is a hit or a miss of the PTC;
 *   - sent = received + in flight, where a trace of the run says what is in flight;
 *   - nothing is left when a run ends: no operation is complete after its sentron's cycles.
 */
#include "tests/sim/balance.h"

#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

enum { SENTRONS_MAX = 64, CYCLES_MAX = 2000000 };

/* What the trace says. */
struct watch {
  const char *name;
  const struct object *object;
  const struct machine *machine;
  uint16_t group[SENTRONS_MAX][GROUP_COUNT]; /* members as bits */
  int in_flight[SENTRONS_MAX][SENTRONS_MAX]; /* messages from, to */
  uint64_t sent[SENTRONS_MAX], received[SENTRONS_MAX];
  uint64_t first[SENTRONS_MAX]; /* issue */
  uint64_t stalled[SENTRONS_MAX];
  uint64_t complete[SENTRONS_MAX]; /* latest completion of an operation */
  uint64_t complete_of_all;
};

#define LAW(condition, what)                                                                       \
  do {                                                                                             \
    if (!(condition))                                                                              \
      T_FAIL("%s: " what ": not %s", name, #condition);                                            \
  } while (0)

/* --- the trace -------------------------------------------------------------------------------- */

static unsigned sentron_of(const struct object *o, unsigned node, unsigned id)
{
  unsigned i = 0;
  while (i + 1 < o->sentron_count && (o->sentrons[i].node != node || o->sentrons[i].id != id))
    i++;
  return i;
}

static void begin_watch(struct watch *w)
{
  const struct object *o = w->object;
  for (uint32_t i = 0; i < o->sentron_count; i++)
    for (uint32_t g = 0; g < o->group_count; g++)
      if (o->groups[g].node == o->sentrons[i].node || o->groups[g].node == REGION_ALL_NODES)
        for (unsigned k = 0; k < o->groups[g].count; k++)
          w->group[i][o->groups[g].id] |= (uint16_t)(1u << o->groups[g].members[k]);
}

static void watch_message(struct watch *w, unsigned from, unsigned to, int change)
{
  int *n = &w->in_flight[from][to];
  *n += change;
  w->sent[from] += change > 0;
  w->received[to] += change < 0;
  if (*n < 0 || *n > w->machine->queue_depth)
    T_FAIL("%s: %d messages in flight from %s to %s", w->name, *n, w->object->sentrons[from].name,
           w->object->sentrons[to].name);
}

/* Messages to (of) one sentron, or every other member of the group. */
static void watch_messages(struct watch *w, unsigned x, const struct slot *s)
{
  const struct object *o = w->object;
  unsigned node = o->sentrons[x].node, id = o->sentrons[x].id;
  switch (s->op) {
  case OP_CSEND: watch_message(w, x, sentron_of(o, node, (unsigned)s->peer), 1); break;
  case OP_CROUTE: watch_message(w, x, sentron_of(o, (unsigned)s->peer, id), 1); break;
  case OP_CRECV:
    watch_message(
        w, s->flag ? sentron_of(o, (unsigned)s->peer, id) : sentron_of(o, node, (unsigned)s->peer),
        x, -1);
    break;
  case OP_CFANOUT:
  case OP_CMERGE:
    for (unsigned y = 0; y < o->sentron_count; y++)
      if (y != x && o->sentrons[y].node == node && w->group[x][s->group] >> o->sentrons[y].id & 1)
        watch_message(w, s->op == OP_CMERGE ? y : x, s->op == OP_CMERGE ? x : y,
                      s->op == OP_CMERGE ? -1 : 1);
    break;
  case OP_CSLICE:
    w->group[x][s->group] = 0;
    for (unsigned y = 0; y < o->sentron_count; y++) {
      unsigned at = coord_dim(o->sentrons[y].home, s->axis);
      if (o->sentrons[y].node == node && at >= ((uint32_t)s->imm & 0xffff) &&
          at <= (uint32_t)s->imm >> 16)
        w->group[x][s->group] |= (uint16_t)(1u << o->sentrons[y].id);
    }
    break;
  default: break;
  }
}

static void watch_issue(void *user, const struct vtpu_issue *issue)
{
  struct watch *w = user;
  unsigned x = sentron_of(w->object, issue->node, issue->sentron);
  uint64_t complete = issue->cycle + 1;
  for (int p = 0; p < PIPE_COUNT; p++) {
    const struct slot *s = &issue->bundle->slot[p];
    const struct op_info *op = op_find((enum pipe)p, (unsigned)s->op);
    enum latency_class k = s->type == ELEM_F32 ? op->latency_f32 : op->latency;
    if (k != LAT_NONE && issue->cycle + (uint64_t)w->machine->latency[k] > complete)
      complete = issue->cycle + (uint64_t)w->machine->latency[k];
  }
  if (issue->has_memory && issue->ready > complete)
    complete = issue->ready;
  if (complete > w->complete[x])
    w->complete[x] = complete;
  if (complete > w->complete_of_all)
    w->complete_of_all = complete;
  if (w->first[x] == 0) /* cycle 0 will do, too */
    w->first[x] = issue->cycle;
  w->stalled[x] += issue->stall_cycles;
  watch_messages(w, x, &issue->bundle->slot[PIPE_C]);
}

/* --- sums ------------------------------------------------------------------------------------- */

static uint64_t sum_of(const uint64_t *values, int count)
{
  uint64_t sum = 0;
  for (int i = 0; i < count; i++)
    sum += values[i];
  return sum;
}

/* Every count is a number of 64 bits; cycles are not added up. */
static void add(struct vtpu_counts *to, const struct vtpu_counts *c)
{
  uint64_t words[2][sizeof *c / sizeof(uint64_t)];
  memcpy(words[0], to, sizeof words[0]);
  memcpy(words[1], c, sizeof words[1]);
  for (size_t i = 0; i < sizeof *c / sizeof(uint64_t); i++)
    words[0][i] += words[1][i];
  memcpy(to, words[0], sizeof words[0]);
}

/* Is the whole the sum of its parts? Host accesses belong to a core, spawn and idle to the run:
 * those a sum over parts does not have. */
static void check_sum(const char *name, const char *what, struct vtpu_counts whole,
                      struct vtpu_counts sum, bool host)
{
  whole.cycles = sum.cycles = 0;
  if (host)
    whole.ptc_hits = whole.ptc_misses = sum.ptc_hits = sum.ptc_misses = 0;
  whole.stack[STALL_SPAWN] = whole.stack[STALL_IDLE] = 0;
  sum.stack[STALL_SPAWN] = sum.stack[STALL_IDLE] = 0;
  if (memcmp(&whole, &sum, sizeof whole) != 0)
    T_FAIL("%s: %s is not the sum of its parts", name, what);
}

static void check_sums(const char *name, const struct machine *m, const struct vtpu_statistics *s)
{
  struct vtpu_counts all = {0}, nodes = {0}, marks = {0};
  for (unsigned i = 0; i < s->sentron_count; i++) {
    struct vtpu_counts own = {0};
    for (unsigned k = 0; k < s->sentrons[i].mark_count; k++)
      add(&own, &s->sentrons[i].marks[k].counts);
    check_sum(name, "a sentron", s->sentrons[i].counts, own, false);
    add(&all, &s->sentrons[i].counts);
  }
  for (unsigned n = 0; n < s->node_count; n++) {
    struct vtpu_counts cores = {0};
    for (unsigned c = 0; c < (unsigned)m->cores; c++) {
      struct vtpu_counts own = {0};
      unsigned at = n * (unsigned)m->cores + c;
      for (unsigned i = 0; i < s->sentron_count; i++)
        if (s->sentrons[i].sentron->node == n &&
            s->sentrons[i].sentron->id % (unsigned)m->cores == c)
          add(&own, &s->sentrons[i].counts);
      check_sum(name, "a core", s->cores[at], own, true);
      add(&cores, &s->cores[at]);
    }
    check_sum(name, "a node", s->nodes[n].counts, cores, false);
    add(&nodes, &s->nodes[n].counts);
  }
  check_sum(name, "the run", s->total, nodes, false);
  for (unsigned i = 0; i < s->mark_count; i++)
    add(&marks, &s->marks[i]);
  check_sum(name, "the program", all, marks, false);
}

/* --- one set of counts ------------------------------------------------------------------------ */

static uint64_t accesses_of(const struct vtpu_counts *c)
{
  const uint64_t *s = c->op_code[PIPE_S];
  return s[OP_SGATHER] + s[OP_SGATHERM] + s[OP_SSCATTR];
}

/* over: nothing is on its way any more. hosts: accesses of the host among the translations. */
static void check_counts(const char *name, const struct vtpu_counts *c, bool over, uint64_t hosts)
{
  uint64_t accesses = accesses_of(c), prefetches = c->op_code[PIPE_S][OP_SPREFCH];
  uint64_t supplied = sum_of(c->tier_hits, TIER_COUNT) + sum_of(c->tier_merges, TIER_COUNT);
  LAW(c->stack[STALL_ISSUE] == c->siws, "an issue is an SIW");
  for (int p = 0; p < PIPE_COUNT; p++) {
    LAW(sum_of(c->op_code[p], OP_CODES) == c->ops[p], "operations by code");
    LAW(c->ops[p] <= c->siws, "operations of a pipe");
  }
  LAW(c->ptc_hits + c->ptc_misses == accesses + c->op_code[PIPE_S][OP_SFLUSH] + hosts,
      "translations");
  LAW(supplied <= accesses + prefetches, "requests and who supplied them");
  if (over)
    LAW(supplied >= accesses, "requests and who supplied them");
  for (int t = 0; t < TIER_COUNT; t++)
    LAW(c->tier_bytes[t] == (c->tier_hits[t] + c->tier_written[t]) * CELL_BYTES, "bytes of a tier");
  LAW(c->tier_merges[TIER_DDR] == 0, "DDR merges nothing");
}

static void check_statistics(const char *name, const struct object *o, const struct machine *m,
                             const struct vtpu_statistics *s, bool over, bool failed)
{
  uint64_t hosts = 0, stacks = sum_of(s->total.stack, STALL_COUNT);
  for (uint32_t i = 0; i < o->host_count; i++)
    hosts += o->hosts[i].kind != HOST_RUN;
  LAW(stacks == s->cycles * s->contexts, "the run's stack");
  LAW(s->total.stack[STALL_IDLE] <= stacks, "idle");
  LAW(s->total.cycles == s->cycles, "the run's cycles");
  for (unsigned i = 0; i < s->sentron_count; i++) {
    const struct vtpu_counts *c = &s->sentrons[i].counts;
    LAW(sum_of(c->stack, STALL_COUNT) == c->cycles, "a sentron's stack");
    LAW(c->cycles <= s->cycles, "a sentron in the run");
    check_counts(name, c, over, 0);
  }
  for (unsigned i = 0; i < s->mark_count; i++) {
    LAW(sum_of(s->marks[i].stack, STALL_COUNT) == s->marks[i].cycles, "a region's stack");
    check_counts(name, &s->marks[i], over, 0);
  }
  for (unsigned i = 1; i < s->core_count; i++)
    check_counts(name, &s->cores[i], over, 0);
  bool tiers = (m->l1_bytes || m->l2_bytes) && m->l3_bytes;
  for (unsigned i = 0; i < s->node_count; i++) {
    const struct vtpu_node_statistics *n = &s->nodes[i];
    LAW(n->counts.tier_bytes[TIER_DDR] == (n->ddr_reads + n->ddr_writes) * CELL_BYTES,
        "bytes of DDR");
    LAW(n->counts.tier_bytes[TIER_L2] ==
            (n->counts.tier_hits[TIER_L2] + n->writebacks[TIER_L2]) * CELL_BYTES,
        "bytes of L2");
    LAW(n->ddr_reads <= n->counts.tier_hits[TIER_DDR] &&
            n->counts.tier_hits[TIER_DDR] <= n->ddr_reads + n->ddr_writes,
        "what DDR supplies");
    if (tiers)
      LAW(n->ddr_reads == n->counts.tier_hits[TIER_DDR], "what DDR supplies is read");
    LAW(n->prefetches_dropped <= n->prefetches, "dropped prefetches");
  }
  if (!failed) {
    if (over)
      check_counts(name, &s->total, over, hosts);
    check_sums(name, m, s);
  }
  LAW(s->total.received <= s->total.sent, "messages");
}

/* --- runs ------------------------------------------------------------------------------------- */

static bool one_phase(const struct object *o)
{
  unsigned phases = 0;
  for (uint32_t i = 0; i < o->host_count; i++)
    phases += o->hosts[i].kind == HOST_RUN;
  return phases <= 1;
}

/* What the trace saw against the counts of a run that ended well. */
static void check_watch(const char *name, const struct watch *w, const struct vtpu_statistics *s)
{
  uint64_t in_flight = 0;
  for (unsigned i = 0; i < s->sentron_count; i++) {
    const struct vtpu_counts *c = &s->sentrons[i].counts;
    for (unsigned y = 0; y < s->sentron_count; y++)
      in_flight += (uint64_t)w->in_flight[i][y];
    LAW(c->sent == w->sent[i], "sent");
    LAW(c->received == w->received[i], "received");
    LAW(w->stalled[i] + c->siws + c->stack[STALL_DRAIN] == c->cycles, "the trace's waits");
    if (c->siws && one_phase(w->object))
      LAW(w->complete[i] <= w->first[i] + c->cycles, "an operation is left when a sentron ends");
  }
  LAW(s->total.sent == s->total.received + in_flight, "sent = received + in flight");
  LAW(w->complete_of_all <= s->cycles, "an operation is left when the run ends");
}

static struct vtpu_statistics *statistics_of(const char *name, struct vtpu *v)
{
  struct vtpu_statistics *s = NULL;
  struct vtpu_error err;
  if (vtpu_statistics(v, &s, &err))
    T_FAIL("%s: %s", name, err.message);
  return s;
}

/* In slices of `slice` cycles, the laws after each; then the end. */
static void check_run(const char *name, const struct object *o, const struct machine *m,
                      uint64_t slice, struct balance_totals *totals)
{
  struct watch *w = calloc(1, sizeof *w);
  struct vtpu *v = NULL;
  struct vtpu_error err;
  bool whole = slice == 0;
  if (!w)
    abort();
  *w = (struct watch){.name = name, .object = o, .machine = m};
  begin_watch(w);
  struct vtpu_options options = {.trace = whole ? watch_issue : NULL, .trace_user = w};
  if (vtpu_new(m, o, &options, &v, &err)) {
    T_FAIL("%s: %s", name, err.message);
    free(w);
    return;
  }
  enum vtpu_status status = VTPU_RUNNING;
  int bad = 0;
  for (uint64_t until = slice; !bad && status == VTPU_RUNNING; until += slice) {
    bad = vtpu_run(v, whole ? CYCLES_MAX : until, &status, &err);
    if (whole || (status == VTPU_RUNNING && until >= 4 * slice))
      break;
    struct vtpu_statistics *s = status == VTPU_RUNNING && !bad ? statistics_of(name, v) : NULL;
    if (s) {
      check_statistics(name, o, m, s, false, true);
      check_sums(name, m, s);
      vtpu_statistics_free(s);
    }
  }
  struct vtpu_statistics *s = whole ? statistics_of(name, v) : NULL;
  if (s) {
    bool over = !bad && status == VTPU_DONE;
    check_statistics(name, o, m, s, over, !over);
    if (over)
      check_watch(name, w, s);
    totals->done += over;
    totals->failed += bad != 0;
    totals->accesses += accesses_of(&s->total);
    totals->messages += s->total.sent;
    totals->cycles = s->cycles;
    vtpu_statistics_free(s);
  }
  vtpu_free(v);
  free(w);
}

void balance_check(const char *name, const struct object *o, const struct machine *m,
                   struct balance_totals *totals)
{
  check_run(name, o, m, 0, totals);
  check_run(name, o, m, totals->cycles / 5 + 1, totals);
}
