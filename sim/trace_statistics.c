/* Statistics from a trace: see trace_statistics.h. Every rule here is the reader's side of one in
 * statistics.c, of what the engine counts, and of what log.h says of it. */
#include "sim/trace_statistics.h"

#include "sim/engine.h"

#include <inttypes.h>
#include <string.h>

/* What is known of a sentron while its records come. */
struct course_of {
  const struct object_sentron *origin;
  uint32_t first_siw, end_siw;    /* its code */
  uint32_t first_mark, last_mark; /* of that; none: first > last */
  uint64_t *issues;               /* [end - first] of each SIW */
  struct mark_counts *marks;      /* [mark_count + 1] */
  uint64_t cycles, spawn, prefetches, dropped, ddr_reads, ddr_writes;
  uint64_t first_issue, last_issue, reached;
  uint32_t last_siw;
  bool issued;
  enum life life;
  bool waits;
};

struct summary {
  const struct machine *machine;
  const struct object *object;
  struct bundle *bundles;
  uint32_t *mark; /* [siw_count] */
  struct course_of *courses;
  struct vtpu_statistics *s;
  uint64_t *pages, *owed; /* [nodes] */
  uint64_t host_hits, host_misses, cycles;
};

static int no_memory(struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_SYSTEM, "out of memory for statistics");
}

/* --- the program ----------------------------------------------------------------------------- */

static int open_program(struct summary *u, struct vtpu_error *err)
{
  const struct object *o = u->object;
  u->bundles = calloc(o->siw_count + 1, sizeof *u->bundles);
  u->mark = calloc(o->siw_count + 1, sizeof *u->mark);
  u->courses = calloc(o->sentron_count + 1, sizeof *u->courses);
  u->pages = calloc((size_t)u->machine->nodes, sizeof *u->pages);
  u->owed = calloc((size_t)u->machine->nodes, sizeof *u->owed);
  if (!u->bundles || !u->mark || !u->courses || !u->pages || !u->owed)
    return no_memory(err);
  for (uint32_t k = 0, m = 0; k < o->siw_count; k++) {
    int bad = siw_decode(&o->code[k], o->dlen, &u->bundles[k], err);
    if (bad)
      return bad;
    while (m < o->mark_count && o->marks[m].last < k)
      m++;
    u->mark[k] = m < o->mark_count && o->marks[m].first <= k ? m : o->mark_count;
  }
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    struct course_of *x = &u->courses[i];
    x->origin = &o->sentrons[i];
    if (x->origin->node >= u->machine->nodes)
      return vtpu_fail(err, VTPU_INPUT, "sentron %s is on no node of the trace's machine",
                       x->origin->name);
    code_section(u->bundles, x->origin, &x->first_siw, &x->end_siw);
    x->issues = calloc(x->end_siw - x->first_siw + 1, sizeof *x->issues);
    x->marks = calloc(o->mark_count + 1, sizeof *x->marks);
    if (!x->issues || !x->marks)
      return no_memory(err);
    x->first_mark = o->mark_count;
    for (uint32_t k = x->first_siw; k < x->end_siw; k++)
      if (u->mark[k] < o->mark_count) {
        x->first_mark = u->mark[k] < x->first_mark ? u->mark[k] : x->first_mark;
        x->last_mark = u->mark[k] > x->last_mark ? u->mark[k] : x->last_mark;
      }
  }
  return 0;
}

static void close_program(struct summary *u)
{
  for (uint32_t i = 0; u->courses && i < u->object->sentron_count; i++) {
    free(u->courses[i].issues);
    free(u->courses[i].marks);
  }
  free(u->courses);
  free(u->bundles);
  free(u->mark);
  free(u->pages);
  free(u->owed);
}

/* --- records --------------------------------------------------------------------------------- */

static bool is_held(uint64_t cause)
{
  return cause == STALL_BARRIER || cause == STALL_COLLECTIVE || cause == STALL_FENCE;
}

static void add_stall(struct summary *u, struct course_of *x, const struct trace_record *t)
{
  /* A hold belongs to the SIW that holds, which is the one before. */
  const uint32_t siw = is_held(t->field[0]) ? x->last_siw : t->siw;
  x->marks[u->mark[siw]].stack[t->field[0]] += t->field[1];
}

static void add_issue(struct course_of *x, const struct trace_record *t)
{
  x->issues[t->siw - x->first_siw]++;
  x->last_siw = t->siw;
  x->last_issue = t->cycle;
  x->reached = t->cycle + 1;
  x->life = LIFE_RUNNING;
  if (!x->issued)
    x->first_issue = t->cycle;
  x->issued = true;
}

static void count_access(uint64_t o, struct mark_counts *m)
{
  const unsigned tier = o & OUTCOME_TIER;
  if (tier && tier <= TIER_COUNT && o & OUTCOME_MERGED)
    m->merges[tier - 1]++;
  else if (tier && tier <= TIER_COUNT)
    m->hits[tier - 1]++;
  m->written[TIER_L2] += outcome_l2_lines(o);
  m->written[TIER_DDR] += outcome_ddr_lines(o);
  m->ptc_misses += (o & OUTCOME_MISS) != 0;
  m->walks += (o & OUTCOME_WALK) != 0;
}

static void add_access(struct summary *u, struct course_of *x, const struct trace_record *t)
{
  const uint64_t o = t->field[2];
  count_access(o, &x->marks[u->mark[t->siw]]);
  x->prefetches += outcome_access(o) == ACCESS_PREFETCH;
  x->dropped += (o & OUTCOME_DROPPED) != 0;
  x->ddr_reads += (o & OUTCOME_DDR_READ) != 0;
  x->ddr_writes += outcome_ddr_lines(o) + ((o & OUTCOME_DDR_WRITE) != 0);
}

void trace_step_counts(const struct bundle *b, unsigned dlen, const uint64_t *outcome,
                       unsigned sent, struct vtpu_counts *out)
{
  struct mark_counts m = {.sent = sent};
  memset(out, 0, sizeof *out);
  siw_add_counts(out, b, dlen, 1);
  if (outcome)
    count_access(*outcome, &m);
  marks_add_events(out, &m);
}

/* The phase is over for the sentron: `complete` cycles after its last issue. */
static void retire(struct summary *u, struct course_of *x, uint64_t complete)
{
  if (x->issued) {
    x->marks[u->mark[x->last_siw]].stack[STALL_DRAIN] += complete - 1;
    x->cycles += x->last_issue + complete - x->first_issue;
    x->reached = x->last_issue + complete;
  }
  x->issued = false;
  x->life = LIFE_RETIRED;
}

static void stop(struct course_of *x, const struct trace_record *t)
{
  if (x->issued) {
    x->cycles += t->field[2] - x->first_issue;
    x->reached = t->field[2];
  }
  x->issued = false;
  x->life = t->field[0] <= LIFE_FAULTED ? (enum life)t->field[0] : LIFE_FAULTED;
  x->waits = t->field[1];
}

static void add_host(struct summary *u, const struct trace_record *t)
{
  const uint64_t step = t->field[3];
  u->host_hits += t->field[2] != 0;
  u->host_misses += t->field[2] == 0;
  if (step >= u->object->host_count || u->object->hosts[step].kind != HOST_PRINT)
    return;
  u->s->host_values[u->s->host_value_count++] =
      (struct vtpu_host_value){u->object->hosts[step].name, t->field[4]};
}

static int misfit(const struct trace_record *t, struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_INPUT,
                   "cycle %" PRIu64
                   ", sentron %u.%u: the %s record does not fit the program\n  make "
                   "the trace again",
                   t->cycle, t->node, t->sentron, trace_kinds[t->kind].key);
}

static int add_record(struct summary *u, const struct trace_record *t, struct vtpu_error *err)
{
  const bool host = t->stream == u->object->sentron_count;
  struct course_of *x = &u->courses[t->stream];
  const bool of_siw = t->kind == TRACE_ISSUE || t->kind == TRACE_MEMORY || t->kind == TRACE_SEND ||
                      t->kind == TRACE_RECEIVE || t->kind == TRACE_STALL;
  if (of_siw && (host || t->siw < x->first_siw || t->siw >= x->end_siw))
    return misfit(t, err);
  switch (t->kind) {
  case TRACE_SPAWN: x->spawn += t->field[0]; break;
  case TRACE_STALL:
    if (t->field[0] >= STALL_COUNT || (is_held(t->field[0]) && x->last_siw < x->first_siw))
      return misfit(t, err);
    add_stall(u, x, t);
    break;
  case TRACE_ISSUE: add_issue(x, t); break;
  case TRACE_MEMORY: add_access(u, x, t); break;
  case TRACE_SEND: x->marks[u->mark[t->siw]].sent++; break;
  case TRACE_RECEIVE: x->marks[u->mark[t->siw]].received++; break;
  case TRACE_RETIRE: retire(u, x, t->field[0]); break;
  case TRACE_STOP: stop(x, t); break;
  case TRACE_HOST:
    if (u->s->host_value_count > u->object->host_count)
      return misfit(t, err);
    add_host(u, t);
    break;
  case TRACE_PAGES:
    if (t->field[0] >= (uint64_t)u->machine->nodes)
      return misfit(t, err);
    u->pages[t->field[0]] = t->field[1];
    u->owed[t->field[0]] = t->field[2];
    break;
  case TRACE_END: u->cycles = t->field[0]; break;
  case TRACE_RELEASE:
  case TRACE_PHASE:
  case TRACE_POKE:
  case TRACE_KIND_COUNT: break;
  }
  return 0;
}

/* --- sums ------------------------------------------------------------------------------------ */

static uint64_t stack_sum(const struct vtpu_counts *c)
{
  uint64_t n = 0;
  for (int i = 0; i < STALL_COUNT; i++)
    n += c->stack[i];
  return n;
}

static const char *state_text(const struct course_of *x)
{
  switch (x->life) {
  case LIFE_DORMANT: return "dormant";
  case LIFE_RETIRED: return "retired";
  case LIFE_FAULTED: return "faulted";
  case LIFE_RUNNING: break;
  }
  return x->waits ? "waiting" : "running";
}

static int sum_sentron(const struct summary *u, const struct course_of *x,
                       struct vtpu_sentron_statistics *own, struct vtpu_error *err)
{
  const uint32_t outside = u->object->mark_count;
  const bool none = x->first_mark == outside;
  const unsigned n = none ? 1 : x->last_mark - x->first_mark + 2;
  own->sentron = x->origin;
  own->state = state_text(x);
  own->mark_count = n;
  own->marks = calloc(n, sizeof *own->marks);
  if (!own->marks)
    return no_memory(err);
  for (unsigned i = 0; i < n; i++)
    own->marks[i].mark = i < n - 1 ? x->first_mark + i : outside;
  for (uint32_t k = x->first_siw; k < x->end_siw; k++) {
    unsigned i = u->mark[k] == outside ? n - 1 : u->mark[k] - x->first_mark;
    siw_add_counts(&own->marks[i].counts, &u->bundles[k], u->object->dlen,
                   x->issues[k - x->first_siw]);
  }
  for (unsigned i = 0; i < n; i++) {
    struct vtpu_counts *c = &own->marks[i].counts;
    marks_add_events(c, &x->marks[own->marks[i].mark]);
    c->cycles = stack_sum(c);
    counts_add(&own->counts, c);
    counts_add(&u->s->marks[own->marks[i].mark], c);
  }
  own->counts.cycles = x->cycles;
  return 0;
}

static int sum_up(struct summary *u, struct vtpu_error *err)
{
  struct vtpu_statistics *s = u->s;
  const unsigned cores = (unsigned)u->machine->cores;
  uint64_t spawn = 0;
  s->cycles = u->cycles;
  for (uint32_t i = 0; i < s->sentron_count; i++) {
    const struct course_of *x = &u->courses[i];
    int bad = sum_sentron(u, x, &s->sentrons[i], err);
    if (bad)
      return bad;
    s->cycles = x->reached > s->cycles ? x->reached : s->cycles;
    spawn += x->spawn;
    counts_add(&s->cores[x->origin->node * cores + x->origin->id % cores], &s->sentrons[i].counts);
    struct vtpu_node_statistics *n = &s->nodes[x->origin->node];
    n->prefetches += x->prefetches;
    n->prefetches_dropped += x->dropped;
    n->ddr_reads += x->ddr_reads;
    n->ddr_writes += x->ddr_writes;
  }
  s->cores[0].ptc_hits += u->host_hits;
  s->cores[0].ptc_misses += u->host_misses;
  for (unsigned i = 0; i < s->core_count; i++) {
    struct vtpu_node_statistics *n = &s->nodes[i / cores];
    s->cores[i].cycles = s->cycles;
    n->writebacks[TIER_L2] += s->cores[i].tier_written[TIER_L2];
    counts_add(&n->counts, &s->cores[i]);
  }
  for (unsigned i = 0; i < s->node_count; i++) {
    struct vtpu_node_statistics *n = &s->nodes[i];
    n->counts.cycles = s->cycles;
    n->ddr_writes -= u->owed[i];
    n->writebacks[TIER_DDR] = n->ddr_writes;
    n->pages = u->pages[i];
    counts_add(&s->total, &n->counts);
  }
  s->total.cycles = s->cycles;
  uint64_t all = s->cycles * s->contexts, used = stack_sum(&s->total);
  s->total.stack[STALL_SPAWN] = spawn < all - used ? spawn : all - used;
  s->total.stack[STALL_IDLE] = all - used - s->total.stack[STALL_SPAWN];
  return 0;
}

static int open_statistics(struct summary *u, struct vtpu_error *err)
{
  struct vtpu_statistics *s = u->s = calloc(1, sizeof *s);
  if (!s)
    return no_memory(err);
  s->sentron_count = u->object->sentron_count;
  s->core_count = (unsigned)(u->machine->nodes * u->machine->cores);
  s->node_count = (unsigned)u->machine->nodes;
  s->mark_count = u->object->mark_count + 1;
  s->contexts = s->core_count * (unsigned)u->machine->contexts;
  s->sentrons = calloc(s->sentron_count + 1, sizeof *s->sentrons);
  s->cores = calloc(s->core_count, sizeof *s->cores);
  s->nodes = calloc(s->node_count, sizeof *s->nodes);
  s->marks = calloc(s->mark_count, sizeof *s->marks);
  s->host_values = calloc(u->object->host_count + 1, sizeof *s->host_values);
  return s->sentrons && s->cores && s->nodes && s->marks && s->host_values ? 0 : no_memory(err);
}

int trace_statistics(struct trace_reader *r, const struct machine *m, const struct object *o,
                     struct vtpu_statistics **out, struct vtpu_error *err)
{
  struct summary u = {.machine = m, .object = o};
  struct trace_record t;
  int bad = open_statistics(&u, err), more = 0;
  if (!bad)
    bad = open_program(&u, err);
  while (!bad && (more = trace_next(r, &t, err)) > 0)
    bad = add_record(&u, &t, err);
  if (more < 0)
    bad = (int)err->category;
  if (!bad)
    bad = sum_up(&u, err);
  close_program(&u);
  if (bad) {
    vtpu_statistics_free(u.s);
    u.s = NULL;
  }
  *out = u.s;
  return bad;
}
