/* Random machines, regions and operations for the RTL's S-pipe: see memory_traffic.h. */
#include "tests/rtl/memory_traffic.h"

#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

enum { CORES = 2 };

/* The machines of memory_tb.v. */
static const struct {
  unsigned dlen, curve, entries, ptc_entries, ptc_ways, granularity, hash, replacement, hit, miss;
  unsigned l1_bytes, l1_ways, l1_latency, l1_interval, alloc;
  bool l2, l3;
} machines[MEMORY_MACHINES] = {
    {64, CURVE_ZORDER, 4, 8, 2, PTC_PAGE, PTC_FOLD, PTC_LRU, 1, 12, 256, 2, 1, 1, 12, true, true},
    {128, CURVE_HILBERT, 16, 16, 4, PTC_COORDINATE, PTC_REFERENCE, PTC_LRU, 3, 5, 2048, 8, 4, 2, 3,
     true, true},
    {512, CURVE_ROW, 6, 4, 4, PTC_PAGE, PTC_FOLD, PTC_WAY0, 1, 1, 512, 1, 2, 3, 1, true, false},
    {64, CURVE_ZORDER, 3, 2, 1, PTC_PAGE, PTC_REFERENCE, PTC_LRU, 7, 7, 0, 1, 1, 1, 1, false, true},
};

static unsigned long long state;

void traffic_seed(unsigned long long seed)
{
  state = seed;
}

unsigned traffic_below(unsigned n)
{
  return (unsigned)(t_random(&state) % n);
}

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
  m.ptc_hit = machines[number].hit;
  m.ptc_miss = machines[number].miss;
  m.l1_bytes = machines[number].l1_bytes;
  m.l1_ways = machines[number].l1_ways;
  m.l1_latency = machines[number].l1_latency;
  m.l1_interval = machines[number].l1_interval;
  m.latency[LAT_ALLOC] = machines[number].alloc;
  m.l2_bytes = machines[number].l2 ? 2048 << traffic_below(3) : 0;
  m.l2_ways = 4;
  m.l3_bytes = machines[number].l3 ? 2048 << traffic_below(4) : 0;
  m.l3_ways = 4;
  m.l2_latency = 1 + traffic_below(8);
  m.l3_latency = 1 + traffic_below(30);
  m.l2_interval = traffic_below(3);
  m.l3_interval = traffic_below(3);
  m.ddr_latency = 1 + traffic_below(90);
  m.ddr_bandwidth = traffic_below(2) ? 60 : 400;
  m.ddr_bytes = TRAFFIC_FRAMES * PAGE_BYTES;
  return m;
}

static struct coord box(unsigned d3)
{
  return coord_with_dim((struct coord){0, 0}, 3, d3);
}

static void random_bytes(uint8_t *bytes, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    bytes[i] = (uint8_t)traffic_below(256);
}

/* A coordinate in one of the boxes that the run uses, seldom one that SALLOC may have made. */
static struct coord random_coord(const struct bench *b)
{
  struct coord c = box(traffic_below(16) ? traffic_below(b->boxes) : 6 + traffic_below(2));
  c = coord_with_dim(c, 0, traffic_below(b->along));
  return coord_with_dim(coord_with_dim(c, 1, traffic_below(4)), 2, traffic_below(4));
}

void traffic_start(struct bench *b, unsigned number)
{
  static const enum region_kind kinds[] = {REGION_ROM,    REGION_PRIVATE, REGION_PRIVATE,
                                           REGION_SHARED, REGION_PRIVATE, REGION_PRIVATE};
  *b = (struct bench){.rtl = b->rtl, .number = number, .bytes = machines[number].dlen / 8};
  for (unsigned i = 0; i < TRAFFIC_BOXES; i++) {
    b->regions[i] = (struct object_region){.kind = kinds[i], .lo = box(i), .core = i == 5};
    for (int d = 0; d < COORD_DIMS; d++)
      b->regions[i].extent[d] = 1;
    b->regions[i].extent[0] = i == 5 ? 1 : 6;
  }
  b->sentrons[1].id = CORES;
  b->object = (struct object){.dlen = machines[number].dlen,
                              .sentron_count = 2,
                              .sentrons = b->sentrons,
                              .region_count = TRAFFIC_BOXES,
                              .regions = b->regions};
  struct machine m = machine_of(number);
  b->s = stepper_new(&m, &b->object);
  b->beyond = calloc(TRAFFIC_FRAMES, PAGE_BYTES);
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
  b->boxes = 1 + traffic_below(TRAFFIC_BOXES);
  b->along = 4 + traffic_below(20);
  for (int i = 0; i < TRAFFIC_HOT; i++)
    b->hot[i] = random_coord(b);
  b->in = (struct memory_in){.machine = number, .reset = true};
  memory_settle(b->rtl, &b->in, &b->out);
  memory_clock(b->rtl);
  b->in.reset = false;
}

void traffic_end(struct bench *b)
{
  stepper_free(b->s);
  free(b->beyond);
}

static unsigned free_register(const struct bench *b, int i)
{
  for (;;) {
    unsigned r = traffic_below(R_COUNT);
    if (b->x[i]->owed[r].ready <= b->cycle && !b->alloc[i][r].owed)
      return r;
  }
}

bool traffic_takes_entry(int op)
{
  return op == OP_SGATHER || op == OP_SGATHERM || op == OP_SSCATTR || op == OP_SFLUSH ||
         op == OP_SPREFCH;
}

int64_t traffic_step(uint8_t (*r)[R_BYTES_MAX], const struct slot *f)
{
  return f->imm + (f->ri ? (int32_t)step_lane(r[f->rs1], 32, 0) : 0);
}

/* Fills in an operation that can issue now; false: none. */
bool traffic_choose(struct bench *b, struct step_siw *k, int *context)
{
  static const int ops[] = {OP_SGATHER, OP_SGATHER, OP_SGATHER, OP_SGATHER, OP_SGATHERM,
                            OP_SSCATTR, OP_SSCATTR, OP_SSCATTR, OP_SPREFCH, OP_SPREFCH,
                            OP_SFLUSH,  OP_SINDEX,  OP_SALLOC};
  *k = (struct step_siw){
      .b = {.coord = traffic_below(4) ? b->hot[traffic_below(TRAFFIC_HOT)] : random_coord(b)}};
  struct slot *f = &k->b.slot[PIPE_S];
  int i = *context = (int)traffic_below(2), busy = 0;
  for (unsigned r = 0; r < R_COUNT; r++)
    busy += b->x[i]->owed[r].ready > b->cycle || b->alloc[i][r].owed;
  f->op = traffic_below(400) == 0 ? OP_SFREE : ops[traffic_below(sizeof ops / sizeof *ops)];
  if (b->core->closed > b->cycle || busy > R_COUNT - 3 || traffic_below(8) == 0 ||
      (traffic_takes_entry(f->op) &&
       step_memory_pending(b->core, -1, b->cycle) >= b->s->m.memory_entries))
    return false;
  f->imc = 1;
  unsigned offset = traffic_below(CELL_BYTES);
  bool moves = f->op == OP_SGATHER || f->op == OP_SGATHERM || f->op == OP_SSCATTR;
  if (moves) {
    f->width = 1 + (int)traffic_below(traffic_below(3) ? b->bytes : 8);
    if (b->bytes == CELL_BYTES && traffic_below(3) == 0)
      f->width = CELL_BYTES;
    f->at = (int)traffic_below(b->bytes - (unsigned)f->width + 1);
    unsigned room = CELL_BYTES - (unsigned)f->width;
    offset = traffic_below(room + 1);
    if (room < CELL_BYTES - 1 && traffic_below(400) == 0) /* seldom a fault */
      offset = room + 1;
  }
  switch (f->op) {
  case OP_SGATHER:
  case OP_SGATHERM: f->rd = (int)free_register(b, i); break;
  case OP_SSCATTR:
    f->rs1 = (int)free_register(b, i);
    if (coord_dim(k->b.coord, 3) == 0 && traffic_below(100)) /* rom */
      k->b.coord = coord_with_dim(k->b.coord, 3, 1);
    break;
  case OP_SPREFCH:
    f->mode = (int)traffic_below(4);
    offset |= traffic_below(5) == 0 ? 64 : 0;
    break;
  case OP_SINDEX:
    f->axis = (int)traffic_below(13);
    f->flag = f->axis < COORD_DIMS && traffic_below(2);
    f->imm = (int32_t)traffic_below(200) - 50;
    f->ri = traffic_below(3) == 0;
    f->rs1 = f->ri ? (int)free_register(b, i) : 0;
    f->rd = (int)traffic_below(P_COUNT);
    struct coord c = k->b.coord;
    if (!coord_step(&c, (unsigned)f->axis, traffic_step(b->x[i]->r, f), f->flag,
                    (enum curve)b->s->m.curve) &&
        traffic_below(100)) /* seldom a fault */
      f->axis = AXIS_LINEAR, f->flag = 0, f->imm = 1, f->ri = 0, f->rs1 = 0;
    break;
  case OP_SALLOC:
    f->rd = (int)free_register(b, i);
    f->mode = (int)traffic_below(2);
    f->imm = 1 + (int32_t)traffic_below(3);
    k->b.coord = coord_with_dim(box(6 + traffic_below(3)), 0, traffic_below(40));
    break;
  default: break;
  }
  if (coord_dim(k->b.coord, 3) >= 5 && f->op != OP_SALLOC && f->op != OP_SPREFCH &&
      traffic_below(50))
    k->b.coord = coord_with_dim(k->b.coord, 3, 1 + traffic_below(4)); /* seldom a fault */
  if (f->op != OP_SALLOC && f->op != OP_SFREE)
    k->b.coord = coord_with_flags(k->b.coord, offset);
  return true;
}
