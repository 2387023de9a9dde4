/* The code of one sentron: see generate.h. */
#include "tests/exact/generate.h"

#include <stdlib.h>
#include <string.h>

uint32_t emit(struct writer *w, const struct bundle *b)
{
  if (w->count == w->room) {
    w->room = w->room ? 2 * w->room : 64;
    w->code = realloc(w->code, w->room * sizeof *w->code);
  }
  w->code[w->count] = *b;
  w->run += w->repeat;
  return w->count++;
}

void emit_fill(struct writer *w, int count)
{
  for (int i = 0; i < count; i++) {
    struct bundle b = {0};
    fill_bundle(w, &b);
    emit(w, &b);
  }
}

/* --- loops
 * ---------------------------------------------------------------------------------------- */

static int free_loop_register(struct writer *w)
{
  int l;
  do
    l = below(&w->g->rng, L_COUNT);
  while (w->loops >> l & 1);
  w->loops |= 1u << l;
  return l;
}

/* Walkers when a scope begins. */
struct scope {
  struct walker walker[WALKERS];
};

static void begin_scope(struct writer *w, struct scope *scope)
{
  memcpy(scope->walker, w->walker, sizeof scope->walker);
  for (int p = 0; p < WALKERS; p++)
    w->walker[p].lo = w->walker[p].hi = w->walker[p].at;
  w->depth++;
}

/* How often may the body run, at most `wanted` times, with every walker inside its region? */
static int rounds_inside(const struct writer *w, const struct scope *scope, int wanted)
{
  for (int p = 0; p < WALKERS; p++) {
    const struct walker *k = &w->walker[p];
    int64_t each = k->at - scope->walker[p].at;
    int64_t room = each > 0   ? (region_cells(w, k->region) - 1 - k->hi) / each
                   : each < 0 ? k->lo / -each
                              : wanted;
    if (room + 1 < wanted)
      wanted = (int)room + 1;
  }
  return wanted;
}

/* The body runs n times in all; 0: not at all. */
static void end_scope(struct writer *w, const struct scope *scope, int n)
{
  w->depth--;
  for (int p = 0; p < WALKERS; p++) {
    struct walker *k = &w->walker[p];
    const struct walker *start = &scope->walker[p];
    int64_t more = (k->at - start->at) * (n - 1);
    if (n == 0) {
      *k = *start;
      continue;
    }
    k->at += more;
    k->lo += more < 0 ? more : 0;
    k->hi += more > 0 ? more : 0;
    k->lo = start->lo < k->lo ? start->lo : k->lo;
    k->hi = start->hi > k->hi ? start->hi : k->hi;
  }
}

static bool may_end_body(const struct bundle *b)
{
  int c = b->slot[PIPE_C].op;
  return b->slot[PIPE_D].op != OP_DBR && c != OP_CLOOP && c != OP_CSPAWN && c != OP_CHALT;
}

static int draw_rounds(struct writer *w)
{
  struct rng *r = &w->g->rng;
  int64_t left = (w->g->budget - w->run) / (w->repeat * 8 + 1);
  int most = left > 400 ? 400 : left < 1 ? 1 : (int)left;
  return chance(r, 60) ? between(r, 1, most < 12 ? most : 12) : between(r, 1, most);
}

static void emit_hardware_loop(struct writer *w)
{
  struct rng *r = &w->g->rng;
  struct scope scope;
  int wanted = draw_rounds(w), l = free_loop_register(w), count_reg = -1;
  bool never = !w->frozen && chance(r, 6);
  struct bundle b = {0};
  if (chance(r, 30)) { /* the count comes from a register */
    count_reg = below(r, w->regs);
    b.slot[PIPE_D] = (struct slot){.op = OP_DMOVI, .type = ELEM_I32, .rd = count_reg};
    if (w->reserved >> count_reg & 1)
      count_reg = -1;
    else
      emit(w, &b);
    memset(&b, 0, sizeof b);
  }
  uint32_t head = w->count;
  b.slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = l};
  if (count_reg >= 0) {
    b.slot[PIPE_C].cnt = 1;
    b.slot[PIPE_C].rs1 = count_reg;
  }
  fill_bundle(w, &b);
  emit(w, &b);
  bool frozen = w->frozen;
  int64_t repeat = w->repeat;
  w->frozen |= never;
  w->repeat *= wanted;
  begin_scope(w, &scope);
  emit_block(w, between(r, 1, 4));
  uint32_t last = w->count - 1;
  if (last == head || !may_end_body(&w->code[last]) || (w->code[last].loop_ends && chance(r, 50)) ||
      w->code[last].loop_ends == 15) {
    emit_fill(w, 1);
    last++;
  }
  int n = rounds_inside(w, &scope, wanted);
  end_scope(w, &scope, never ? 0 : n);
  w->frozen = frozen;
  w->repeat = repeat;
  w->code[last].loop_ends |= (uint8_t)(1u << l);
  w->code[head].slot[PIPE_C].end = (int32_t)last;
  int32_t count = never ? -below(r, 3) : n;
  if (count_reg >= 0)
    w->code[head - 1].slot[PIPE_D].imm = count;
  else
    w->code[head].slot[PIPE_C].imm = count < 0 ? 0 : count;
  w->loops &= ~(1u << l);
  if (never)
    emit_fill(w, 1); /* what comes after the body is not the end of another */
}

uint32_t begin_loop(struct writer *w, int rounds)
{
  struct bundle b = {0};
  int l = free_loop_register(w);
  b.slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = l, .imm = rounds};
  w->repeat *= rounds;
  w->frozen = true;
  w->depth++;
  return emit(w, &b);
}

void end_loop(struct writer *w, uint32_t cloop)
{
  struct slot *c = &w->code[cloop].slot[PIPE_C];
  if (!may_end_body(&w->code[w->count - 1]))
    emit_fill(w, 1);
  c->end = (int32_t)w->count - 1;
  w->code[w->count - 1].loop_ends |= (uint8_t)(1u << c->rd);
  w->loops &= ~(1u << c->rd);
  w->repeat /= c->imm;
  w->frozen = false;
  w->depth--;
}

/* --- branches
 * --------------------------------------------------------------------------------------- */

/* A forward branch on what happens to be in a lane. */
static void emit_skip(struct writer *w)
{
  struct rng *r = &w->g->rng;
  struct bundle b = {0};
  int type = chance(r, 50) ? ELEM_I64 : ELEM_I32;
  b.slot[PIPE_D] = (struct slot){.op = OP_DBR, .type = type, .rs1 = below(r, w->regs)};
  b.slot[PIPE_D].b1 = 16 + below(r, (int)w->g->dlen / elem_bits[type]);
  b.slot[PIPE_D].flag = below(r, 2);
  fill_bundle(w, &b);
  uint32_t head = emit(w, &b);
  bool frozen = w->frozen;
  w->frozen = true;
  if (chance(r, 25) && w->depth < 2)
    emit_block(w, 1);
  emit_fill(w, between(r, 0, 3));
  w->frozen = frozen;
  w->code[head].slot[PIPE_D].imm = (int32_t)w->count;
  emit_fill(w, 1);
}

/* A loop by a branch: r15 counts down by r14. */
static void emit_counted_branch(struct writer *w)
{
  struct rng *r = &w->g->rng;
  struct scope scope;
  int wanted = draw_rounds(w);
  w->reserved |= 3u << 14;
  struct bundle b = {0};
  b.slot[PIPE_D] = (struct slot){.op = OP_DMOVI, .type = ELEM_I32, .rd = 14, .imm = 1};
  emit(w, &b);
  b.slot[PIPE_D].rd = 15;
  uint32_t head = emit(w, &b);
  int64_t repeat = w->repeat;
  w->repeat *= wanted;
  begin_scope(w, &scope);
  uint32_t top = w->count;
  emit_block(w, between(r, 1, 3));
  memset(&b, 0, sizeof b);
  b.slot[PIPE_D] = (struct slot){.op = OP_DSUB, .type = ELEM_I32, .rd = 15, .rs1 = 15, .rs2 = 14};
  fill_bundle(w, &b);
  emit(w, &b);
  if (chance(r, 50))
    emit_fill(w, 1);
  memset(&b, 0, sizeof b);
  b.slot[PIPE_D] = (struct slot){.op = OP_DBR, .type = ELEM_I32, .rs1 = 15, .b1 = 16};
  b.slot[PIPE_D].imm = (int32_t)top;
  fill_bundle(w, &b);
  emit(w, &b);
  int n = rounds_inside(w, &scope, wanted);
  end_scope(w, &scope, n);
  w->repeat = repeat;
  w->code[head].slot[PIPE_D].imm = n;
  w->reserved &= (uint16_t) ~(3u << 14);
  emit_fill(w, 1);
}

/* A loop like those of kernels: dense operations, gathers along a walk, linear steps. The engine
 * has its own ways for these. */
static void emit_stream(struct writer *w)
{
  struct rng *r = &w->g->rng;
  struct scope scope;
  int64_t repeat = w->repeat;
  int wanted = draw_rounds(w), l = free_loop_register(w), length = between(r, 1, 9);
  if (chance(r, 50))
    wanted *= 4;
  struct bundle b = {0};
  b.slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = l};
  uint32_t head = emit(w, &b);
  begin_scope(w, &scope);
  w->repeat *= wanted;
  for (int i = 0; i < length; i++) {
    memset(&b, 0, sizeof b);
    if (chance(r, 80))
      fill_slot(w, &b, PIPE_D);
    int p = below(r, WALKERS);
    if (w->g->memory && chance(r, 70)) {
      struct walker *k = &w->walker[p];
      struct slot s = {.op = chance(r, 90) ? OP_SGATHER : OP_SGATHERM};
      s.rd = below(r, w->regs);
      int most = (int)w->g->dlen / 8, room = CELL_BYTES - (int)k->offset;
      s.rs2 = p;
      s.width = most < room ? most : room;
      bool clash = w->reserved >> s.rd & 1;
      struct reg_use use;
      slot_registers(PIPE_D, &b.slot[PIPE_D], &use);
      for (int u = 0; u < use.writes; u++)
        clash |= use.write[u] == s.rd;
      if (!clash)
        b.slot[PIPE_S] = s;
      int step = chance(r, 80) ? 1 : between(r, -1, 3);
      if (!w->frozen && chance(r, 80) && k->at + step >= 0 &&
          k->at + step < region_cells(w, k->region)) {
        b.slot[PIPE_C] = (struct slot){.op = OP_CSTEP, .rd = p, .axis = AXIS_LINEAR, .imm = step};
        k->at += step;
        k->lo = k->at < k->lo ? k->at : k->lo;
        k->hi = k->at > k->hi ? k->at : k->hi;
      }
    }
    if (b.slot[PIPE_C].op == 0 && chance(r, 30)) {
      b.slot[PIPE_C] = (struct slot){.op = OP_CPACK, .rd = below(r, M_COUNT)};
      b.slot[PIPE_C].rs1 = below(r, w->regs);
      b.slot[PIPE_C].rs2 = below(r, w->regs);
    }
    emit(w, &b);
  }
  int n = rounds_inside(w, &scope, wanted);
  end_scope(w, &scope, n);
  w->repeat = repeat;
  w->code[head].slot[PIPE_C].imm = n;
  w->code[head].slot[PIPE_C].end = (int32_t)w->count - 1;
  w->code[w->count - 1].loop_ends |= (uint8_t)(1u << l);
  w->loops &= ~(1u << l);
}

/* A region that the core may keep in its own tiers, -1 if there is none. */
static int own_region(struct writer *w)
{
  for (int tries = 0; tries < 8; tries++) {
    int region = pick_region(w, false);
    if (region >= 0 && w->g->regions[region].kind != REGION_SHARED)
      return region;
  }
  return -1;
}

/* One walk several times: it may have driven its lines out of L1, but not out of L2. */
static void emit_sweeps(struct writer *w)
{
  struct rng *r = &w->g->rng;
  int region = own_region(w), passes = between(r, 2, 4), length = between(r, 1, 3);
  if (region < 0)
    return;
  int64_t left = (w->g->budget - w->run) / passes / length, cells = region_cells(w, region);
  int64_t n = chance(r, 25) ? between(r, 500, 700) : between(r, 8, 200);
  n = n > left ? left : n;
  n = n > cells ? cells : n;
  if (n < 2)
    return;
  int p = below(r, WALKERS), l = free_loop_register(w), most = (int)w->g->dlen / 8;
  int64_t from = below(r, (int)(cells - n + 1));
  struct bundle body[3];
  memset(body, 0, sizeof body);
  for (int i = 0; i < length; i++) {
    struct slot *s = &body[i].slot[PIPE_S], *c = &body[i].slot[PIPE_C];
    bool first = i == 0;
    if (first || chance(r, 50)) {
      *s = (struct slot){.op = OP_SGATHER, .rd = free_register(w), .rs2 = p};
      s->width = chance(r, 80) ? most : between(r, 1, most);
    }
    if (i == length - 1)
      *c = (struct slot){.op = OP_CSTEP, .rd = p, .axis = AXIS_LINEAR, .imm = 1};
    else if (chance(r, 50))
      *c = (struct slot){.op = OP_CPACK, .rd = below(r, M_COUNT), .rs1 = below(r, w->regs)};
    if (chance(r, 80))
      fill_slot(w, &body[i], PIPE_D);
  }
  for (int k = 0; k < passes; k++) {
    struct bundle b = {.coord = place_of(w, region, from)};
    b.slot[PIPE_S] = (struct slot){.op = OP_SINDEX, .rd = p, .imc = 1, .axis = AXIS_LINEAR};
    emit(w, &b);
    b = (struct bundle){.coord = {0, 0}};
    b.slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = l, .imm = (int32_t)n};
    b.slot[PIPE_C].end = (int32_t)w->count + length;
    emit(w, &b);
    int64_t repeat = w->repeat;
    w->repeat *= n;
    for (int i = 0; i < length; i++)
      emit(w, &body[i]);
    w->repeat = repeat;
    w->code[w->count - 1].loop_ends |= (uint8_t)(1u << l);
  }
  w->loops &= ~(1u << l);
  w->walker[p] = (struct walker){region, from, from, from, 0};
  struct bundle back = {.coord = place_of(w, region, from)};
  back.slot[PIPE_S] = (struct slot){.op = OP_SINDEX, .rd = p, .imc = 1, .axis = AXIS_LINEAR};
  emit(w, &back);
}

void emit_block(struct writer *w, int elements)
{
  struct rng *r = &w->g->rng;
  for (int i = 0; i < elements; i++) {
    int kind = below(r, 12);
    bool room = w->run < w->g->budget && w->count < 400;
    if (kind == 0 && w->depth < 3 && room && (w->loops & 15) != 15)
      emit_hardware_loop(w);
    else if (kind == 10 && w->depth < 3 && room && (w->loops & 15) != 15)
      emit_stream(w);
    else if (kind == 11 && w->depth == 0 && !w->frozen && w->g->memory && room)
      chance(r, 50) ? emit_irregular(w) : emit_sweeps(w);
    else if (kind == 1 && room)
      emit_skip(w);
    else if (kind == 2 && w->depth < 2 && room && !(w->reserved >> 15) && w->regs == R_COUNT)
      emit_counted_branch(w);
    else
      emit_fill(w, between(r, 1, 4));
  }
}

/* --- memory
 * ------------------------------------------------------------------------------------------- */

/* Places of p0..p5, so that the code can be run again. */
void emit_prologue(struct writer *w)
{
  struct rng *r = &w->g->rng;
  for (int p = 0; p < P_COUNT && w->g->memory; p++) {
    struct bundle b = {0};
    struct slot *s = &b.slot[PIPE_S];
    bool write = p == WALKERS || (p < WALKERS && chance(r, 60));
    int region = pick_region(w, write);
    if (region < 0)
      region = pick_region(w, false);
    int64_t cells = region_cells(w, region), at = below(r, (int)cells);
    struct coord place = p < WALKERS ? place_of(w, region, at) : any_place(w, region);
    unsigned offset = chance(r, 60) ? 0 : 8u * (unsigned)below(r, 8);
    *s = (struct slot){.op = OP_SINDEX, .rd = p, .imc = 1, .axis = AXIS_LINEAR};
    if (p < WALKERS)
      w->walker[p] = (struct walker){region, at, at, at, offset};
    else if (p < SCRATCH)
      w->pointer_offset[p - WALKERS] = offset;
    b.coord = coord_with_flags(place, offset);
    if (p >= SCRATCH)
      for (int d = 0; d < COORD_DIMS; d++)
        b.coord = coord_with_dim(b.coord, d, (unsigned)between(r, 500, 1500));
    if (chance(r, 60))
      fill_slot(w, &b, PIPE_D);
    emit(w, &b);
  }
}

void emit_alloc(struct writer *w, struct coord lo, int pages, int kind)
{
  struct bundle b = {.coord = lo};
  b.slot[PIPE_S] = (struct slot){.op = OP_SALLOC, .rd = free_register(w), .imc = 1};
  b.slot[PIPE_S].imm = pages;
  b.slot[PIPE_S].mode = kind;
  emit(w, &b);
}

void emit_free(struct writer *w, struct coord lo)
{
  struct bundle b = {.coord = lo};
  b.slot[PIPE_S] = (struct slot){.op = OP_SFREE, .imc = 1};
  emit(w, &b);
}

void emit_region_accesses(struct writer *w, struct coord lo, int pages, int count)
{
  struct rng *r = &w->g->rng;
  for (int i = 0; i < count; i++) {
    struct bundle b = {.coord = lo};
    struct slot *s = &b.slot[PIPE_S];
    *s = (struct slot){.imc = 1};
    static const uint8_t ops[] = {OP_SGATHER, OP_SSCATTR, OP_SSCATTR, OP_SPREFCH, OP_SFLUSH};
    s->op = ops[below(r, 5)];
    if (s->op == OP_SGATHER)
      s->rd = free_register(w);
    if (s->op == OP_SSCATTR)
      s->rs1 = below(r, w->regs);
    if (s->op == OP_SPREFCH)
      s->mode = below(r, 4);
    if (s->op == OP_SGATHER || s->op == OP_SSCATTR)
      s->width = (int)w->g->dlen / 8;
    coord_step(&b.coord, AXIS_LINEAR, below(r, chance(r, 50) ? 4 : pages * PAGE_CELLS), false,
               (enum curve)w->g->m->curve);
    emit(w, &b);
    if (chance(r, 30))
      emit_fill(w, 1);
  }
}

/* A region in a place that no other sentron uses. */
void emit_region_life(struct writer *w)
{
  struct rng *r = &w->g->rng;
  struct coord lo = coord_with_dim((struct coord){0, 0}, 10, 1600 + w->node * 16 + w->id);
  lo = coord_with_dim(lo, 9, (unsigned)below(r, 2));
  bool rows = chance(r, 3); /* a whole row along D0, carried into D1 */
  int pages = rows ? COORD_DIM_SIZE / 4 * between(r, 1, 2) : between(r, 1, 4);
  emit_alloc(w, lo, pages, below(r, 2));
  if (chance(r, 3)) { /* a run that neither stays in its row nor fills rows: -1 */
    struct coord end = coord_with_dim(coord_with_dim(lo, 8, 1), 0, COORD_DIM_SIZE - 4);
    emit_alloc(w, end, 2, KIND_shared);
  }
  /* Where the DDR is full, SALLOC fails, and an access would fault. */
  if (w->g->m->ddr_bytes < 1 << 30)
    return;
  emit_region_accesses(w, lo, rows ? 4 : pages, below(r, 6));
  /* An early end of the region drops what is in flight: wait, or not. */
  if (chance(r, 50)) {
    struct bundle b = {0};
    b.slot[PIPE_C] = (struct slot){.op = OP_CFENCE, .mode = SCOPE_core};
    emit(w, &b);
  }
  emit_free(w, lo);
}
