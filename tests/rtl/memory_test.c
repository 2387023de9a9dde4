/* The RTL's S-pipe against the stepper's memory (tests/exact/stepper_memory.c), cycle by cycle:
 * random operations of two contexts; every stall, translation, arrival, request, fault and result.
 *
 * What lies beyond L1 answers when the stepper says, with data that only the RTL's own write-backs,
 * scatters and flushes have changed: a byte that L1 loses is missed here. */
#include "rtl/tb/memory.h"
#include "tests/exact/stepper.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES = 256, CORES = 2, HOT = 24, BOXES = 6 };

/* The machines of memory_tb.v. */
static const struct {
  unsigned dlen, curve, entries, ptc_entries, ptc_ways, granularity, hash, replacement, miss;
  unsigned l1_bytes, l1_ways, l1_latency, l1_interval, alloc;
  bool l2, l3;
} machines[MEMORY_MACHINES] = {
    {64, CURVE_ZORDER, 4, 8, 2, PTC_PAGE, PTC_FOLD, PTC_LRU, 12, 256, 2, 1, 1, 12, true, true},
    {128, CURVE_HILBERT, 16, 16, 4, PTC_COORDINATE, PTC_REFERENCE, PTC_LRU, 5, 2048, 8, 4, 2, 3,
     true, true},
    {512, CURVE_ROW, 6, 4, 4, PTC_PAGE, PTC_FOLD, PTC_WAY0, 1, 512, 1, 2, 3, 1, true, false},
    {64, CURVE_ZORDER, 3, 2, 1, PTC_PAGE, PTC_REFERENCE, PTC_LRU, 7, 0, 1, 1, 1, 1, false, true},
};

/* What was asked of memory under a number, until it is answered. */
struct asked {
  bool open;
  uint64_t ready;
  uint8_t line[LINE_BYTES];
};

struct bench {
  struct memory *rtl;
  struct memory_in in;
  struct memory_out out;
  unsigned number, bytes; /* of the machine; of a register */
  struct object object;
  struct object_sentron sentrons[2];
  struct object_region regions[BOXES];
  struct stepper *s;
  struct step_sentron *x[2];
  struct step_core *core;
  uint8_t (*beyond)[PAGE_BYTES]; /* [FRAMES]: memory beyond L1 */
  struct asked asked[MEMORY_PORTS];
  unsigned boxes, along; /* few: translation hits, lines conflict */
  struct coord hot[HOT];
  uint64_t cycle;
  unsigned wrong;
  struct { /* an SALLOC on its way */
    bool owed;
    uint64_t ready;
    int64_t value;
  } alloc[2][R_COUNT];
};

/* What has happened over all runs. */
struct seen {
  long hits, misses, walks, l1_hits, merges, requests, victims, in_flight_victims, results, at_once;
  long frees, allocs, faults[8], ops[MEM_FLUSH + 1], tiers[4], most_results;
};

static unsigned long long seed;

static unsigned below(unsigned n)
{
  return (unsigned)(t_random(&seed) % n);
}

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

/* --- a machine, its regions ---------------------------------------------------------------------
 */

static struct machine machine_of(unsigned number)
{
  struct machine m;
  struct vtpu_error err;
  if (machine_load("spec", &m, &err))
    T_FAIL("%s", err.message);
  m.dlen = machines[number].dlen;
  m.cores = CORES;
  m.curve = machines[number].curve;
  m.memory_entries = machines[number].entries;
  m.ptc_entries = machines[number].ptc_entries;
  m.ptc_ways = machines[number].ptc_ways;
  m.ptc_granularity = machines[number].granularity;
  m.ptc_hash = machines[number].hash;
  m.ptc_replacement = machines[number].replacement;
  m.ptc_miss = machines[number].miss;
  m.l1_bytes = machines[number].l1_bytes;
  m.l1_ways = machines[number].l1_ways;
  m.l1_latency = machines[number].l1_latency;
  m.l1_interval = machines[number].l1_interval;
  m.latency[LAT_ALLOC] = machines[number].alloc;
  m.l2_bytes = machines[number].l2 ? 2048 << below(3) : 0;
  m.l2_ways = 4;
  m.l3_bytes = machines[number].l3 ? 2048 << below(4) : 0;
  m.l3_ways = 4;
  m.l2_latency = 1 + below(8);
  m.l3_latency = 1 + below(30);
  m.l2_interval = below(3);
  m.l3_interval = below(3);
  m.ddr_latency = 1 + below(90);
  m.ddr_bandwidth = below(2) ? 60 : 400;
  m.ddr_bytes = FRAMES * PAGE_BYTES;
  return m;
}

static struct coord box(unsigned d3)
{
  return coord_with_dim((struct coord){0, 0}, 3, d3);
}

static void random_bytes(uint8_t *bytes, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    bytes[i] = (uint8_t)below(256);
}

/* A coordinate in one of the boxes that the run uses, seldom one that SALLOC may have made. */
static struct coord random_coord(const struct bench *b)
{
  struct coord c = box(below(16) ? below(b->boxes) : 6 + below(2));
  c = coord_with_dim(c, 0, below(b->along));
  return coord_with_dim(coord_with_dim(c, 1, below(4)), 2, below(4));
}

static void start(struct bench *b, unsigned number)
{
  static const enum region_kind kinds[] = {REGION_ROM,    REGION_PRIVATE, REGION_PRIVATE,
                                           REGION_SHARED, REGION_PRIVATE, REGION_PRIVATE};
  *b = (struct bench){.rtl = b->rtl, .number = number, .bytes = machines[number].dlen / 8};
  for (unsigned i = 0; i < BOXES; i++) {
    b->regions[i] = (struct object_region){.kind = kinds[i], .lo = box(i), .core = i == 5};
    for (int d = 0; d < COORD_DIMS; d++)
      b->regions[i].extent[d] = 1;
    b->regions[i].extent[0] = i == 5 ? 1 : 6;
  }
  b->sentrons[1].id = CORES;
  b->object = (struct object){.dlen = machines[number].dlen,
                              .sentron_count = 2,
                              .sentrons = b->sentrons,
                              .region_count = BOXES,
                              .regions = b->regions};
  struct machine m = machine_of(number);
  b->s = stepper_new(&m, &b->object);
  b->beyond = calloc(FRAMES, PAGE_BYTES);
  for (int i = 0; i < 2; i++) {
    b->x[i] = &b->s->sentrons[i];
    for (int r = 0; r < R_COUNT; r++)
      random_bytes(b->x[i]->r[r], b->bytes);
  }
  b->core = step_core_of(b->s, b->x[0]);
  for (uint64_t f = 0; f < b->s->node[0].frames; f++) {
    random_bytes(b->s->node[0].data[f], PAGE_BYTES);
    memcpy(b->beyond[f], b->s->node[0].data[f], PAGE_BYTES);
  }
  b->boxes = 1 + below(BOXES);
  b->along = 4 + below(20);
  for (int i = 0; i < HOT; i++)
    b->hot[i] = random_coord(b);
  b->in = (struct memory_in){.machine = number, .reset = true};
  memory_settle(b->rtl, &b->in, &b->out);
  memory_clock(b->rtl);
  b->in.reset = false;
}

static void end(struct bench *b)
{
  stepper_free(b->s);
  free(b->beyond);
}

/* --- before the issue: state and results
 * ---------------------------------------------------------- */

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
        check_result(b, machines[b->number].entries, i, r, b->x[i]->r[r]);
        b->alloc[i][r].owed = false;
      }
    }
  SAME(b, "other results", b->out.results, 0);
}

/* --- an operation
 * ---------------------------------------------------------------------------------- */

static unsigned free_register(const struct bench *b, int i)
{
  for (;;) {
    unsigned r = below(R_COUNT);
    if (b->x[i]->owed[r].ready <= b->cycle && !b->alloc[i][r].owed)
      return r;
  }
}

static bool takes_entry(int op)
{
  return op == OP_SGATHER || op == OP_SGATHERM || op == OP_SSCATTR || op == OP_SFLUSH ||
         op == OP_SPREFCH;
}

static int64_t step_of(uint8_t (*r)[R_BYTES_MAX], const struct slot *f)
{
  return f->imm + (f->ri ? (int32_t)step_lane(r[f->rs1], 32, 0) : 0);
}

/* Fills in an operation that can issue now; false: none. */
static bool choose(struct bench *b, struct step_siw *k, int *context)
{
  static const int ops[] = {OP_SGATHER, OP_SGATHER, OP_SGATHER, OP_SGATHER, OP_SGATHERM,
                            OP_SSCATTR, OP_SSCATTR, OP_SSCATTR, OP_SPREFCH, OP_SPREFCH,
                            OP_SFLUSH,  OP_SINDEX,  OP_SALLOC};
  *k = (struct step_siw){.b = {.coord = below(4) ? b->hot[below(HOT)] : random_coord(b)}};
  struct slot *f = &k->b.slot[PIPE_S];
  int i = *context = (int)below(2), busy = 0;
  for (unsigned r = 0; r < R_COUNT; r++)
    busy += b->x[i]->owed[r].ready > b->cycle || b->alloc[i][r].owed;
  f->op = below(400) == 0 ? OP_SFREE : ops[below(sizeof ops / sizeof *ops)];
  if (b->core->closed > b->cycle || busy > R_COUNT - 3 || below(8) == 0 ||
      (takes_entry(f->op) && step_memory_pending(b->core, -1, b->cycle) >= b->s->m.memory_entries))
    return false;
  f->imc = 1;
  unsigned offset = below(CELL_BYTES);
  bool moves = f->op == OP_SGATHER || f->op == OP_SGATHERM || f->op == OP_SSCATTR;
  if (moves) {
    f->width = 1 + (int)below(below(3) ? b->bytes : 8);
    if (b->bytes == CELL_BYTES && below(3) == 0)
      f->width = CELL_BYTES;
    f->at = (int)below(b->bytes - (unsigned)f->width + 1);
    unsigned room = CELL_BYTES - (unsigned)f->width;
    offset = below(room + 1);
    if (room < CELL_BYTES - 1 && below(400) == 0) /* seldom a fault */
      offset = room + 1;
  }
  switch (f->op) {
  case OP_SGATHER:
  case OP_SGATHERM: f->rd = (int)free_register(b, i); break;
  case OP_SSCATTR:
    f->rs1 = (int)free_register(b, i);
    if (coord_dim(k->b.coord, 3) == 0 && below(100)) /* rom */
      k->b.coord = coord_with_dim(k->b.coord, 3, 1);
    break;
  case OP_SPREFCH:
    f->mode = (int)below(4);
    offset |= below(5) == 0 ? 64 : 0;
    break;
  case OP_SINDEX:
    f->axis = (int)below(13);
    f->flag = f->axis < COORD_DIMS && below(2);
    f->imm = (int32_t)below(200) - 50;
    f->ri = below(3) == 0;
    f->rs1 = f->ri ? (int)free_register(b, i) : 0;
    f->rd = (int)below(P_COUNT);
    struct coord c = k->b.coord;
    if (!coord_step(&c, (unsigned)f->axis, step_of(b->x[i]->r, f), f->flag,
                    (enum curve)b->s->m.curve) &&
        below(100)) /* seldom a fault */
      f->axis = AXIS_LINEAR, f->flag = 0, f->imm = 1, f->ri = 0, f->rs1 = 0;
    break;
  case OP_SALLOC:
    f->rd = (int)free_register(b, i);
    f->mode = (int)below(2);
    f->imm = 1 + (int32_t)below(3);
    k->b.coord = coord_with_dim(box(6 + below(3)), 0, below(40));
    break;
  default: break;
  }
  if (coord_dim(k->b.coord, 3) >= 5 && f->op != OP_SALLOC && f->op != OP_SPREFCH && below(50))
    k->b.coord = coord_with_dim(k->b.coord, 3, 1 + below(4)); /* seldom a fault */
  if (f->op != OP_SALLOC && f->op != OP_SFREE)
    k->b.coord = coord_with_flags(k->b.coord, offset);
  return true;
}

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
  if (takes_entry(f->op)) {
    step_memory_issue(b->s, x, k, old);
  } else if (f->op == OP_SINDEX) {
    struct coord c = k->b.coord;
    bool moves =
        coord_step(&c, (unsigned)f->axis, step_of(old, f), f->flag, (enum curve)b->s->m.curve);
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
  b->in.coord = b->hot[below(HOT)];
  answer_page(b, b->in.coord);
  b->in.host = step_host_access(b->s, b->in.coord, bytes, false);
}

/* --- arrivals
 * ---------------------------------------------------------------------------------------- */

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

/* --- a cycle
 * ------------------------------------------------------------------------------------------- */

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
  uint64_t walks = b->s->node[0].statistics.ptc_walks;
  if (below(50) == 0 && b->core->walker_free <= b->cycle) {
    host_access(b);
  } else if (issues && choose(b, &k, &context)) {
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
  SAME(b, "a walk", b->out.walk, b->s->node[0].statistics.ptc_walks - walks);
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
  unsigned runs = getenv("VTPU_LONG") ? 20000 : 300, wrong = 0;
  b->rtl = memory_new();
  for (unsigned run = 0; run < runs && wrong == 0; run++) {
    seed = run + 1;
    start(b, run % MEMORY_MACHINES);
    bool goes_on = true;
    for (int t = 0; t < 1200 && goes_on; t++)
      goes_on = cycle(b, t < 1000, &seen); /* and what is in flight ends */
    wrong = b->wrong;
    end(b);
  }
  if (wrong)
    T_FAIL("seed %llu", seed);
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
