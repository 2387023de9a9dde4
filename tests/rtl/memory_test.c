/* The RTL's S-pipe against the stepper's memory (tests/exact/stepper_memory.c), cycle by cycle:
 * random operations of two contexts; every stall, translation, arrival, request, fault and result.
 *
 * What lies beyond L1 answers when the stepper says, with data that only the RTL's own write-backs,
 * scatters and flushes have changed: a byte that L1 loses is missed here. */
#include "tests/harness/harness.h"
#include "tests/rtl/memory_traffic.h"

#include <stdlib.h>
#include <string.h>

/* What has happened over all runs. */
struct seen {
  long hits, misses, walks, l1_hits, merges, requests, victims, in_flight_victims, results, at_once;
  long frees, allocs, faults[8], ops[MEM_FLUSH + 1], tiers[4], most_results;
};

#define WRONG(b, ...)                                                                              \
  do {                                                                                             \
    if ((b)->wrong++ < 3) {                                                                        \
      T_FAIL("machine %u cycle %llu:", (b)->number, (unsigned long long)(b)->cycle);               \
      T_FAIL(__VA_ARGS__);                                                                         \
    }                                                                                              \
  } while (0)
#define SAME(b, what, rtl, model)                                                                  \
  do {                                                                                             \
    if ((long long)(rtl) != (long long)(model))                                                    \
      WRONG(b, "%s is %lld, RTL %lld", what, (long long)(model), (long long)(rtl));                \
  } while (0)

/* --- before the issue: state and results ----------------------------------------------------- */

static void check_result(struct bench *b, int port, int i, unsigned r, const uint8_t *want)
{
  for (int p = 0; p < MEMORY_PORTS; p++) {
    if (!(b->out.results >> p & 1) || (int)(b->out.result_context >> p & 1) != i ||
        b->out.result_reg[p] != r || (port >= 0 && p != port))
      continue;
    b->out.results &= ~(1u << p);
    if (memcmp(b->out.result[p], want, b->bytes) != 0)
      WRONG(b, "context %d r%u: bytes %02x %02x.., RTL %02x %02x..", i, r, want[0], want[1],
            b->out.result[p][0], b->out.result[p][1]);
    return;
  }
  WRONG(b, "context %d r%u is ready, not in the RTL", i, r);
}

static void check_state(struct bench *b, struct seen *seen)
{
  uint64_t t = b->cycle;
  int used = step_memory_pending(b->core, -1, t);
  SAME(b, "a free entry", b->out.entry_free, used < b->s->m.memory_entries);
  SAME(b, "closed", b->out.closed, b->core->closed > t);
  SAME(b, "pending of 0", b->out.pending & 1, step_memory_pending(b->core, 0, t) > 0);
  SAME(b, "pending of 1", b->out.pending >> 1, step_memory_pending(b->core, 1, t) > 0);
  long results = __builtin_popcount(b->out.results);
  seen->results += results;
  seen->most_results = results > seen->most_results ? results : seen->most_results;
  for (int i = 0; i < 2; i++)
    for (unsigned r = 0; r < R_COUNT; r++) {
      const struct step_owed *o = &b->x[i]->owed[r];
      if (o->gather && o->ready == t)
        check_result(b, -1, i, r, b->x[i]->r[r]);
      if (b->alloc[i][r].owed && b->alloc[i][r].ready == t) {
        int64_t lanes[8];
        for (int k = 0; k < 8; k++)
          lanes[k] = b->alloc[i][r].value;
        memcpy(b->x[i]->r[r], lanes, b->bytes);
        check_result(b, (int)b->s->m.memory_entries, i, r, b->x[i]->r[r]);
        b->alloc[i][r].owed = false;
      }
    }
  SAME(b, "other results", b->out.results, 0);
}

/* --- an operation ----------------------------------------------------------------------------- */

/* The RTL's codes for the stepper's faults. */
static unsigned code_of(enum step_fault fault)
{
  switch (fault) {
  case FAULT_UNMAPPED: return 1;
  case FAULT_ROM: return 2;
  case FAULT_FOREIGN: return 3;
  case FAULT_CELL: return 4;
  case FAULT_FREE: return 5;
  case FAULT_SINDEX: return 6;
  default: return 0;
  }
}

/* What the page table says, before the operation changes it. */
static void answer_page(struct bench *b, struct coord c)
{
  struct step_node *n = &b->s->node[0];
  b->in.page_ok = false;
  for (int i = 0; i < n->region_count; i++) {
    const struct step_region *r = &n->regions[i];
    if (r->freed || r->from > b->cycle || !region_contains(&r->box, c))
      continue;
    uint64_t index = 0;
    for (int d = COORD_DIMS - 1; d >= 0; d--)
      index = index * r->box.extent[d] +
              (coord_dim(c, d) - coord_dim(r->box.lo, d)) / (d < 3 ? 4u : 1u);
    b->in.page_ok = true;
    b->in.page_kind = r->kind;
    b->in.page_region = (unsigned)i;
    b->in.page_foreign = r->kind == REGION_PRIVATE && r->core != 0;
    b->in.page_frame = (uint32_t)(r->first_frame + index);
  }
}

/* The operation in the stepper; the RTL's inputs for it. */
static void issue(struct bench *b, struct step_siw *k, int i)
{
  const struct slot *f = &k->b.slot[PIPE_S];
  struct step_sentron *x = b->x[i];
  static uint8_t old[R_COUNT][R_BYTES_MAX];
  memcpy(old, x->r, sizeof old);
  struct siw siw;
  struct vtpu_error err;
  if (siw_encode(&k->b, &siw, &err))
    T_FAIL("%s", err.message);
  b->in.issue = true;
  b->in.context = i;
  memcpy(b->in.slot, siw.bytes + 24, sizeof b->in.slot);
  b->in.coord = k->b.coord;
  memcpy(b->in.value, old[f->rs1], R_BYTES_MAX);
  memcpy(b->in.old, old[f->rd], R_BYTES_MAX);
  answer_page(b, k->b.coord);
  if (traffic_takes_entry(f->op)) {
    step_memory_issue(b->s, x, k, old);
  } else if (f->op == OP_SINDEX) {
    struct coord c = k->b.coord;
    bool moves =
        coord_step(&c, (unsigned)f->axis, traffic_step(old, f), f->flag, (enum curve)b->s->m.curve);
    memory_settle(b->rtl, &b->in, &b->out);
    SAME(b, "a fault of SINDEX", b->out.step_fault, !moves);
    if (moves && (b->out.step.lo != c.lo || b->out.step.hi != c.hi))
      WRONG(b, "SINDEX");
    if (!moves)
      step_raise(b->s, x, FAULT_SINDEX);
  } else if (f->op == OP_SALLOC) {
    int64_t frame = step_alloc(b->s, x, k->b.coord, f->imm,
                               f->mode == KIND_private ? REGION_PRIVATE : REGION_SHARED);
    b->in.page_ok = frame >= 0;
    b->in.page_frame = (uint32_t)frame;
    b->alloc[i][f->rd].owed = true;
    b->alloc[i][f->rd].ready = b->cycle + (uint64_t)b->s->m.latency[LAT_ALLOC];
    b->alloc[i][f->rd].value = frame;
  } else if (f->op == OP_SFREE) {
    b->in.page_ok = step_release(b->s, x, k->b.coord);
    if (!b->in.page_ok)
      step_raise(b->s, x, FAULT_FREE);
  }
}

/* A look-up of the host, as between phases. */
static void host_access(struct bench *b)
{
  uint8_t bytes[8];
  b->in.coord = b->hot[traffic_below(TRAFFIC_HOT)];
  answer_page(b, b->in.coord);
  b->in.host = step_host_access(b->s, b->in.coord, bytes, false);
}

/* --- arrivals -------------------------------------------------------------------------------- */

/* The access or SFREE that arrives in this cycle. */
static struct step_access *arriving(struct bench *b)
{
  for (int i = 0; i < b->core->accesses; i++) {
    struct step_access *a = &b->core->access[i];
    if (a->used && a->complete == NEVER && a->arrival == b->cycle)
      return a;
  }
  return NULL;
}

/* The tier that an access is charged to: of a gather, else of the line that it brought to L1. */
static unsigned tier_of(const struct bench *b, const struct step_access *a, uint64_t line)
{
  if (a->kind == ACCESS_GATHER)
    return b->x[a->sentron]->owed[a->rd].cause - STALL_L1;
  const struct step_tier *t = &b->core->l1;
  for (unsigned i = 0; i < t->sets * t->ways; i++)
    if (t->lines[i].valid && t->lines[i].line == line)
      return (unsigned)t->lines[i].supplier;
  return TIER_DDR;
}

static void write_bytes(struct bench *b, uint64_t line, const uint8_t *data, uint64_t mask)
{
  uint8_t *to = b->beyond[line / PAGE_CELLS] + line % PAGE_CELLS * LINE_BYTES;
  for (int i = 0; i < LINE_BYTES; i++)
    if (mask >> i & 1)
      to[i] = data[i];
}

/* Memory beyond L1 does what the RTL asks. */
static void serve(struct bench *b, const struct step_access *a, struct seen *seen)
{
  const struct memory_out *o = &b->out;
  if (o->request && !a) {
    WRONG(b, "a request without an access");
    return;
  }
  if (o->request) {
    struct asked *q = &b->asked[o->request_id];
    uint64_t line = o->request_line;
    SAME(b, "line", line, a->page.frame * PAGE_CELLS + a->cell);
    SAME(b, "kind", o->request_kind, a->page.kind);
    SAME(b, "context", o->request_context, a->sentron);
    SAME(b, "a number in use", q->open, false);
    *q = (struct asked){.open = true, .ready = a->complete};
    memcpy(q->line, b->beyond[line / PAGE_CELLS] + line % PAGE_CELLS * LINE_BYTES, LINE_BYTES);
    if (o->request_op == MEM_WRITE || (o->request_op == MEM_FLUSH && o->request_dirty))
      write_bytes(b, line, o->request_data, o->request_mask);
    seen->requests++;
    seen->ops[o->request_op]++;
    seen->at_once += q->ready == b->cycle + 1;
  }
  if (o->victim)
    write_bytes(b, o->victim_line, o->victim_data, o->victim_mask);
  seen->victims += o->victim;
  seen->in_flight_victims += o->victim && o->victim_in_flight;
}

/* Memory's answers that are due; returns which. */
static uint32_t answer_memory(struct bench *b)
{
  b->in.answered = 0;
  for (int i = 0; i < MEMORY_PORTS; i++)
    if (b->asked[i].open && b->asked[i].ready == b->cycle + 1) {
      b->in.answered |= 1u << i;
      memcpy(b->in.line[i], b->asked[i].line, LINE_BYTES);
    }
  return b->in.answered;
}

static void check_arrival(struct bench *b, const struct step_access *a,
                          const struct vtpu_counts *before, struct seen *seen)
{
  uint64_t hits = 0, merges = 0;
  for (int i = 0; i < 2; i++) {
    hits += b->x[i]->counts.tier_hits[TIER_L1];
    merges += b->x[i]->counts.tier_merges[TIER_L1];
  }
  SAME(b, "an L1 hit", b->out.l1_hit, hits - before->tier_hits[TIER_L1]);
  SAME(b, "an L1 merge", b->out.l1_merge, merges - before->tier_merges[TIER_L1]);
  seen->l1_hits += b->out.l1_hit;
  seen->merges += b->out.l1_merge;
  bool gather = a && a->kind == ACCESS_GATHER;
  SAME(b, "a gather's arrival", b->out.arrive, gather);
  if (gather && b->out.arrive) {
    SAME(b, "its context", b->out.arrive_context, a->sentron);
    SAME(b, "its register", b->out.arrive_reg, a->rd);
    SAME(b, "its tier", b->out.arrive_tier, b->x[a->sentron]->owed[a->rd].cause - STALL_L1);
    seen->tiers[b->out.arrive_tier]++;
  }
}

/* --- a cycle --------------------------------------------------------------------------------- */

static void add_counts(const struct bench *b, struct vtpu_counts *c)
{
  memset(c, 0, sizeof *c);
  for (int i = 0; i < 2; i++) {
    c->tier_hits[TIER_L1] += b->x[i]->counts.tier_hits[TIER_L1];
    c->tier_merges[TIER_L1] += b->x[i]->counts.tier_merges[TIER_L1];
    c->ptc_hits += b->x[i]->counts.ptc_hits;
    c->ptc_misses += b->x[i]->counts.ptc_misses;
  }
  c->ptc_hits += b->s->host_counts.ptc_hits;
  c->ptc_misses += b->s->host_counts.ptc_misses;
}

/* False: the run is over, by a fault. */
static bool cycle(struct bench *b, bool issues, struct seen *seen)
{
  struct step_siw k;
  struct vtpu_counts before, after;
  int context;
  b->s->cycle = b->cycle;
  b->in.issue = b->in.host = false;
  uint32_t answered = answer_memory(b);
  memory_settle(b->rtl, &b->in, &b->out);
  check_state(b, seen);

  add_counts(b, &before);
  uint64_t walks = b->s->node[0].statistics.counts.ptc_walks;
  if (traffic_below(50) == 0 && b->core->walker_free <= b->cycle) {
    host_access(b);
  } else if (issues && traffic_choose(b, &k, &context)) {
    issue(b, &k, context);
    seen->allocs += k.b.slot[PIPE_S].op == OP_SALLOC;
  }
  add_counts(b, &after);
  struct step_access *a = arriving(b);
  bool frees = a && a->kind == ACCESS_FREE;
  step_memory_arrivals(b->s);

  if (a && !frees)
    b->in.tier = tier_of(b, a, a->page.frame * PAGE_CELLS + a->cell);
  memory_settle(b->rtl, &b->in, &b->out);
  SAME(b, "fault", b->out.fault ? b->out.fault_code : 0, code_of(b->s->fault));
  seen->faults[code_of(b->s->fault)]++;
  if (b->s->fault != FAULT_NONE)
    return false;
  SAME(b, "a PTC hit", b->out.ptc_hit, after.ptc_hits - before.ptc_hits);
  SAME(b, "a PTC miss", b->out.ptc_miss, after.ptc_misses - before.ptc_misses);
  SAME(b, "a walk", b->out.walk, b->s->node[0].statistics.counts.ptc_walks - walks);
  SAME(b, "an SFREE's arrival", b->out.free, frees);
  seen->hits += b->out.ptc_hit;
  seen->misses += b->out.ptc_miss;
  seen->walks += b->out.walk;
  seen->frees += frees;
  serve(b, frees ? NULL : a, seen);
  if (answer_memory(b) != answered)
    memory_settle(b->rtl, &b->in, &b->out);
  check_arrival(b, frees ? NULL : a, &before, seen);
  for (int i = 0; i < MEMORY_PORTS; i++)
    b->asked[i].open &= b->asked[i].ready != b->cycle + 1;
  memory_clock(b->rtl);
  b->cycle++;
  return b->wrong == 0;
}

T_TEST(rtl, memory_is_the_steppers)
{
  struct bench *b = calloc(1, sizeof *b);
  struct seen seen = {0};
  unsigned runs = getenv("VTPU_LONG") ? 20000 : 300, wrong = 0, run = 0;
  b->rtl = memory_new();
  for (; run < runs && wrong == 0; run++) {
    traffic_seed(run + 1);
    traffic_start(b, run % MEMORY_MACHINES);
    bool goes_on = true;
    for (int t = 0; t < 1200 && goes_on; t++)
      goes_on = cycle(b, t < 1000, &seen); /* and what is in flight ends */
    wrong = b->wrong;
    traffic_end(b);
  }
  if (wrong)
    T_FAIL("run %u", run - 1);
  memory_free(b->rtl);
  free(b);
  /* Nothing that can happen was left out. */
  for (int code = 1; code <= 6; code++)
    T_CHECK(seen.faults[code] > 0);
  for (int op = 0; op <= MEM_FLUSH; op++)
    T_CHECK(seen.ops[op] > 0);
  for (int tier = 0; tier < 4; tier++)
    T_CHECK(seen.tiers[tier] > 0);
  T_CHECK(seen.hits > 1000 && seen.misses > 1000 && seen.walks > 1000);
  T_CHECK(seen.l1_hits > 1000 && seen.merges > 300 && seen.victims > 1000);
  T_CHECK(seen.in_flight_victims > 10 && seen.at_once > 10 && seen.frees > 10 && seen.allocs > 10);
  T_CHECK(seen.most_results >= 3);
}
