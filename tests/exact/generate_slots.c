/* Random operations: see generate.h. */
#include "tests/exact/generate.h"

#include <string.h>

/* --- operands of the D slot, from its row -------------------------------------------------------
 */

static int lane(struct rng *r, int lanes)
{
  return chance(r, 40) ? 16 + below(r, lanes) : 0;
}

static int source(struct writer *w)
{
  return below(&w->g->rng, w->regs);
}

int free_register(struct writer *w)
{
  int rd;
  do
    rd = below(&w->g->rng, w->regs);
  while (w->reserved >> rd & 1);
  return rd;
}

static bool is_float(int type)
{
  return type == ELEM_F32 || type == ELEM_BF16;
}

static void random_conversion(struct writer *w, struct slot *s)
{
  struct rng *r = &w->g->rng;
  bool bad;
  do {
    s->type2 = below(r, ELEM_COUNT);
    bad = s->type == s->type2 || (s->type2 == ELEM_T2 && s->type != ELEM_I8) ||
          (s->type == ELEM_T2 && s->type2 != ELEM_I8);
  } while (bad);
  int from = elem_bits[s->type], to = elem_bits[s->type2];
  s->k = below(r, from > to ? from / to : to / from);
  s->scaled = below(r, 2);
  s->rs2 = s->scaled ? source(w) : 0;
  s->b2 = s->scaled ? lane(r, (int)w->g->dlen / 32) : 0;
  s->round = !is_float(s->type2) && (is_float(s->type) || s->scaled) ? below(r, 4) : 0;
  s->flag = is_float(s->type2) ? 0 : below(r, 2);
}

static int random_mode(struct rng *r, enum mode_list list)
{
  int i;
  do
    i = below(r, mode_table_count);
  while (mode_table[i].list != list);
  return mode_table[i].value;
}

static int32_t random_number(struct rng *r)
{
  static const int32_t picks[] = {0, 1, -1, 2, 3, 7, 0x3f800000, 0x40490fdb, INT32_MAX, INT32_MIN};
  return chance(r, 70) ? picks[below(r, 10)] : (int32_t)(uint32_t)rng_next(r);
}

static void dense(struct writer *w, struct slot *s)
{
  struct rng *r = &w->g->rng;
  const struct op_info *op;
  do
    op = &op_table[below(r, op_table_count)];
  while (op->pipe != PIPE_D || op->code == OP_DNOP || op->code == OP_DBR ||
         (op->code == OP_DTDOT && w->g->dlen < 128));
  *s = (struct slot){.op = op->code};
  if (op->types)
    do
      s->type = below(r, ELEM_COUNT);
    while (!(op->types >> s->type & 1));
  if (op->modes != MODES_NONE)
    s->mode = random_mode(r, op->modes);
  int lanes = (int)w->g->dlen / (op->types ? elem_bits[s->type] : 64);
  if (op->mac == MAC_GROUP)
    lanes = (int)w->g->dlen / 32;
  for (int i = 0; i < op->operand_count; i++)
    switch ((enum operand_id)op->operands[i]) {
    case OPERAND_RD:
    case OPERAND_RDK:
    case OPERAND_RDC: s->rd = free_register(w); break;
    case OPERAND_RS1: s->rs1 = source(w); break;
    case OPERAND_RS2: s->rs2 = source(w); break;
    case OPERAND_RS3: s->rs3 = source(w); break;
    case OPERAND_RS1B:
      s->rs1 = source(w);
      s->b1 = lane(r, lanes);
      break;
    case OPERAND_RS2B:
      s->rs2 = source(w);
      s->b2 = lane(r, lanes);
      break;
    case OPERAND_RS3B:
      s->rs3 = source(w);
      s->b3 = lane(r, lanes);
      break;
    case OPERAND_RS2L:
      s->rs2 = source(w);
      s->b2 = 16 + below(r, (int)w->g->dlen / 128);
      break;
    case OPERAND_IMM: s->imm = random_number(r); break;
    case OPERAND_AMOUNT: s->k = below(r, 64); break;
    default: break; /* of DCVT: random_conversion */
    }
  if (op->code == OP_DCVT)
    random_conversion(w, s);
}

/* --- addresses ----------------------------------------------------------------------------------
 */

int64_t region_cells(const struct writer *w, int region)
{
  return (int64_t)w->g->regions[region].extent[0] * PAGE_CELLS;
}

struct coord any_place(struct writer *w, int region)
{
  struct rng *r = &w->g->rng;
  struct coord c = place_of(w, region, below(r, (int)region_cells(w, region)));
  for (int d = 1; d < COORD_DIMS; d++)
    c = coord_with_dim(c, d,
                       coord_dim(c, d) +
                           (unsigned)below(r, w->g->regions[region].extent[d]) * (d < 3 ? 4 : 1));
  return c;
}

struct coord place_of(const struct writer *w, int region, int64_t at)
{
  struct coord c = w->g->regions[region].lo;
  coord_step(&c, AXIS_LINEAR, at, false, (enum curve)w->g->m->curve);
  return c;
}

static bool allowed(const struct writer *w, int region, bool write)
{
  const struct object_region *r = &w->g->regions[region];
  if (r->node != REGION_ALL_NODES && r->node != w->node)
    return false;
  if (r->kind == REGION_ROM)
    return !write;
  return r->kind == REGION_SHARED || r->core == w->core;
}

int pick_region(struct writer *w, bool write)
{
  struct program *g = w->g;
  int start = g->region_count ? below(&g->rng, g->region_count) : 0;
  for (int i = 0; i < g->region_count; i++) {
    int region = (start + i) % g->region_count;
    if (allowed(w, region, write))
      return region;
  }
  return -1;
}

/* Sets the coordinate of a gather, scatter, prefetch or flush; the offset goes to *offset. */
static bool address(struct writer *w, struct bundle *b, struct slot *s, bool write,
                    unsigned *offset)
{
  struct rng *r = &w->g->rng;
  int way = below(r, 10);
  if (way < 6) {
    int p = below(r, WALKERS);
    if (!allowed(w, w->walker[p].region, write))
      return false;
    s->rs2 = p;
    *offset = w->walker[p].offset;
    return true;
  }
  if (way < 8) {
    int p = write ? 0 : below(r, POINTERS); /* p4 is writable, p5 readable */
    s->rs2 = WALKERS + p;
    *offset = w->pointer_offset[p];
    return true;
  }
  int region = pick_region(w, write);
  if (region < 0)
    return false;
  s->imc = 1;
  int64_t cells = region_cells(w, region);
  *offset = chance(r, 50) ? 0 : (unsigned)below(r, 64);
  struct coord place =
      chance(r, 50) && cells > 8 ? place_of(w, region, below(r, 8)) : any_place(w, region);
  b->coord = coord_with_flags(place, *offset);
  return true;
}

static void random_width(struct writer *w, struct slot *s, unsigned offset)
{
  struct rng *r = &w->g->rng;
  int bytes = (int)w->g->dlen / 8, room = CELL_BYTES - (int)offset;
  int most = bytes < room ? bytes : room;
  s->width = chance(r, 50) ? most : between(r, 1, most);
  s->at = chance(r, 50) ? 0 : below(r, bytes - s->width + 1);
}

static struct coord far_place(struct rng *r)
{
  struct coord c = {0, 0};
  for (int d = 0; d < COORD_DIMS; d++)
    c = coord_with_dim(c, d, (unsigned)(chance(r, 60) ? 600 + below(r, 3) : between(r, 500, 1500)));
  return c;
}

/* SINDEX into p6, p7, or a new place for p4, p5. */
static bool sparse_index(struct writer *w, struct bundle *b, struct slot *s)
{
  struct rng *r = &w->g->rng;
  if (w->g->memory && !w->frozen && chance(r, 40)) {
    int p = below(r, POINTERS), region = pick_region(w, p == 0);
    if (region < 0)
      return false;
    int64_t cells = region_cells(w, region), at = below(r, (int)cells), to = below(r, (int)cells);
    s->rd = WALKERS + p;
    s->imc = 1;
    s->axis = chance(r, 70) ? AXIS_LINEAR : AXIS_BYTE;
    s->imm = (int32_t)(to - at) * (s->axis == AXIS_BYTE ? CELL_BYTES : 1);
    b->coord = coord_with_flags(place_of(w, region, at), w->pointer_offset[p]);
    return true;
  }
  s->rd = SCRATCH + below(r, 2);
  s->imc = chance(r, 40);
  if (s->imc) {
    b->coord = far_place(r);
    if (chance(r, 30))
      b->coord = coord_with_flags(b->coord, (unsigned)below(r, 128));
  } else {
    s->rs2 = SCRATCH + below(r, 2);
  }
  s->ri = chance(r, 40);
  s->rs1 = s->ri ? source(w) : 0;
  s->axis = s->ri ? below(r, 4) : below(r, 9);
  s->flag = 1;
  s->imm = s->ri ? random_number(r) : between(r, -8, 8);
  if (chance(r, 50)) {
    s->axis = between(r, AXIS_LINEAR, AXIS_BYTE);
    s->flag = 0;
    s->imm = random_number(r);
  }
  if (s->imc && !s->ri && chance(r, 30)) {
    s->axis = below(r, 11);
    s->flag = 0;
    s->imm = between(r, -400, 400);
  }
  return true;
}

static bool sparse_table(struct writer *w, struct bundle *b, struct slot *s)
{
  struct rng *r = &w->g->rng;
  static const uint8_t ops[] = {OP_SDEDUP, OP_SASSOC, OP_SASSOC, OP_SROUTE, OP_SNEIGHBR};
  s->op = ops[below(r, 5)];
  s->rd = free_register(w);
  if (s->op == OP_SDEDUP) {
    s->rs1 = source(w);
    s->mode = chance(r, 5) ? DEDUP_clear : DEDUP_look;
    return true;
  }
  s->imc = chance(r, 50);
  if (s->imc)
    b->coord = far_place(r);
  else
    s->rs2 = below(r, P_COUNT);
  if (s->op == OP_SASSOC)
    s->mode = chance(r, 50) ? MATCH_put : random_mode(r, MODES_MATCH);
  else
    s->imm = s->op == OP_SROUTE ? below(r, 2048) : below(r, 20);
  return true;
}

static bool sparse(struct writer *w, struct bundle *b, struct slot *s)
{
  struct rng *r = &w->g->rng;
  unsigned offset = 0;
  *s = (struct slot){.op = OP_SINDEX};
  int kind = w->g->memory ? below(r, 20) : 14 + below(r, 6);
  if (kind < 8) {
    s->op = chance(r, 80) ? OP_SGATHER : OP_SGATHERM;
    s->rd = free_register(w);
    if (!address(w, b, s, false, &offset))
      return false;
    random_width(w, s, offset);
    return true;
  }
  if (kind < 12) {
    s->op = OP_SSCATTR;
    s->rs1 = source(w);
    if (!address(w, b, s, true, &offset))
      return false;
    random_width(w, s, offset);
    return true;
  }
  if (kind < 14) {
    s->op = chance(r, 75) ? OP_SPREFCH : OP_SFLUSH;
    s->mode = s->op == OP_SPREFCH ? random_mode(r, MODES_HINT) : 0;
    if (s->op == OP_SPREFCH && chance(r, 15)) {
      s->rs2 = SCRATCH + below(r, 2);
      return true;
    }
    if (!address(w, b, s, false, &offset))
      return false;
    if (s->op == OP_SPREFCH && s->imc && chance(r, 40))
      b->coord = coord_with_flags(b->coord, 64);
    return true;
  }
  return kind < 17 || w->g->rtl ? sparse_index(w, b, s) : sparse_table(w, b, s);
}

/* --- C
 * -------------------------------------------------------------------------------------------- */

/* A step of a walker that keeps it inside its region. */
static bool step_walker(struct writer *w, struct slot *s)
{
  struct rng *r = &w->g->rng;
  int p = below(r, WALKERS);
  struct walker *k = &w->walker[p];
  s->rd = p;
  if (w->depth == 0 && chance(r, 30)) {
    struct coord c = place_of(w, k->region, k->at);
    s->axis = below(r, 3);
    s->flag = chance(r, 30);
    s->imm = between(r, -3, 3);
    enum curve curve = (enum curve)w->g->m->curve;
    const struct object_region *region = &w->g->regions[k->region];
    if (!coord_step(&c, (unsigned)s->axis, s->imm, s->flag, curve) || !region_contains(region, c))
      return false;
    for (int d = 1; d < 3; d++) /* into another row? */
      if (coord_dim(c, d) / 4 != coord_dim(region->lo, d) / 4)
        return false;
    /* One page in D1, D2: the place is page * 64 + index. */
    unsigned cell = (coord_dim(c, 0) & 3) | (coord_dim(c, 1) & 3) << 2 | (coord_dim(c, 2) & 3) << 4;
    k->at = (int64_t)(coord_dim(c, 0) - coord_dim(region->lo, 0)) / 4 * PAGE_CELLS +
            curve_index[curve][cell];
  } else {
    static const int steps[] = {1, 1, 1, 2, -1, 3, 16, 64, 65, -64, 0};
    int step = steps[below(r, 11)];
    if (k->at + step < 0 || k->at + step >= region_cells(w, k->region))
      step = -step;
    if (k->at + step < 0 || k->at + step >= region_cells(w, k->region))
      return false;
    s->axis = chance(r, 75) ? AXIS_LINEAR : AXIS_BYTE;
    s->imm = step * (s->axis == AXIS_BYTE ? CELL_BYTES : 1);
    k->at += step;
  }
  k->lo = k->at < k->lo ? k->at : k->lo;
  k->hi = k->at > k->hi ? k->at : k->hi;
  return true;
}

static bool coordination(struct writer *w, struct bundle *b, struct slot *s)
{
  struct rng *r = &w->g->rng;
  int kind = below(r, 20);
  if (kind < 9) {
    *s = (struct slot){.op = OP_CSTEP};
    if (w->g->memory && !w->frozen && chance(r, 80)) {
      /* An S slot that writes the same register comes first: only p4..p7. */
      return step_walker(w, s);
    }
    s->rd = SCRATCH + below(r, 2);
    s->axis = chance(r, 50) ? below(r, 9) : between(r, AXIS_LINEAR, AXIS_BYTE);
    s->flag = s->axis < COORD_DIMS;
    s->imm = between(r, -8, 8);
    const struct slot *sparse_slot = &b->slot[PIPE_S];
    return sparse_slot->op != OP_SINDEX || sparse_slot->rd != s->rd;
  }
  if (kind < 15) {
    *s = (struct slot){.op = OP_CPACK, .rd = below(r, M_COUNT)};
    s->rs1 = source(w);
    s->rs2 = source(w);
    s->b1 = lane(r, (int)w->g->dlen / 64);
    s->b2 = lane(r, (int)w->g->dlen / 64);
    return true;
  }
  if (kind < 18) {
    *s = (struct slot){.op = OP_CPACKV, .rd = below(r, M_COUNT)};
    s->rs1 = source(w);
    s->part = below(r, w->g->dlen == 512 ? 2 : 1);
    return true;
  }
  if (kind == 18) {
    *s = (struct slot){.op = OP_CFENCE, .mode = random_mode(r, MODES_SCOPE)};
    return true;
  }
  int lo = below(r, 4), hi = lo + below(r, 4);
  *s = (struct slot){.op = OP_CSLICE, .group = 11, .axis = below(r, 11), .imm = lo | hi << 16};
  return true;
}

/* --- SIWs
 * ----------------------------------------------------------------------------------------- */

static bool clash(const struct bundle *b)
{
  uint32_t seen = 0;
  for (int p = 0; p < PIPE_COUNT; p++) {
    struct reg_use use;
    slot_registers((enum pipe)p, &b->slot[p], &use);
    for (int i = 0; i < use.writes; i++) {
      if (seen >> use.write[i] & 1)
        return true;
      seen |= UINT32_C(1) << use.write[i];
    }
  }
  return false;
}

bool fill_slot(struct writer *w, struct bundle *b, enum pipe pipe)
{
  struct slot *s = &b->slot[pipe];
  struct coord coord = b->coord;
  bool ok = true;
  if (pipe == PIPE_D)
    dense(w, s);
  else if (pipe == PIPE_S)
    ok = sparse(w, b, s);
  else
    ok = coordination(w, b, s);
  if (ok && !clash(b))
    return true;
  *s = (struct slot){.op = 0};
  b->coord = coord;
  return false;
}

void fill_bundle(struct writer *w, struct bundle *b)
{
  struct rng *r = &w->g->rng;
  /* C last: a walker's step cannot be taken back. */
  static const int percent[PIPE_COUNT] = {75, 65, 55};
  for (int p = 0; p < PIPE_COUNT; p++)
    if (b->slot[p].op == 0 && chance(r, percent[p]) &&
        !(p == PIPE_S && w->g->level == LEVEL_DENSE && chance(r, 70)))
      fill_slot(w, b, (enum pipe)p);
}

void faulty_bundle(struct writer *w, struct bundle *b)
{
  struct rng *r = &w->g->rng;
  struct slot *s = &b->slot[PIPE_S], *c = &b->slot[PIPE_C];
  int region = below(r, w->g->region_count ? w->g->region_count : 1);
  switch (below(r, 11)) {
  case 0: *s = (struct slot){.op = OP_SGATHER, .rd = 0, .rs2 = SCRATCH, .width = 1}; break;
  case 1: /* perhaps a rom, perhaps of another core or node */
  case 2:
    *s = (struct slot){.op = chance(r, 50) ? OP_SSCATTR : OP_SFLUSH, .imc = 1};
    s->width = s->op == OP_SSCATTR;
    b->coord = w->g->regions[region].lo;
    break;
  case 3: { /* leaves its cell */
    struct bundle place = {.coord = w->g->regions[region].lo};
    place.coord = coord_with_flags(place.coord, 57 + (unsigned)below(r, 7));
    place.slot[PIPE_S] = (struct slot){.op = OP_SINDEX, .rd = SCRATCH, .imc = 1};
    emit(w, &place);
    *s = (struct slot){.op = OP_SGATHER, .rd = free_register(w), .rs2 = SCRATCH, .width = 8};
    break;
  }
  case 4:
    *c = (struct slot){.op = OP_CSTEP, .rd = below(r, P_COUNT), .imm = 1900};
    c->axis = below(r, 11);
    break;
  case 5:
    *s = (struct slot){.op = OP_SINDEX, .rd = SCRATCH, .rs2 = below(r, P_COUNT)};
    s->axis = below(r, 11);
    s->imm = -1900;
    break;
  case 6: *s = (struct slot){.op = OP_SFREE, .rs2 = below(r, P_COUNT)}; break;
  case 7: *c = (struct slot){.op = OP_CBAR, .group = below(r, GROUP_COUNT)}; break;
  case 8: *c = (struct slot){.op = OP_CSPAWN, .peer = (int32_t)w->id}; break;
  case 9: /* while others may be in a barrier */
    *c = (struct slot){.op = OP_CREDUCE, .rd = free_register(w), .type = 2, .group = below(r, 4)};
    break;
  default: *c = (struct slot){.op = OP_CCAST, .rd = 0, .group = below(r, 4), .root = 15}; break;
  }
  fill_slot(w, b, PIPE_D);
}
