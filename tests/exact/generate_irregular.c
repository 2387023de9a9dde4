/* Irregular accesses, as tables and graphs have them: see generate.h. The engine has its own way
 * for these. */
#include "tests/exact/generate.h"

#include <string.h>

/* What a loop of them works with. */
struct irregular {
  int p, number, factor, mask, index; /* registers */
  int axis;
  struct coord base;
};

static int take_register(struct writer *w)
{
  const int reg = free_register(w);
  w->reserved |= (uint16_t)(1u << reg);
  return reg;
}

static void set_register(struct writer *w, int reg, int32_t value)
{
  struct bundle b = {0};
  b.slot[PIPE_D] = (struct slot){.op = OP_DMOVI, .type = ELEM_I32, .rd = reg, .imm = value};
  emit(w, &b);
}

/* The largest of a few regions, mostly one that the core may keep in its own tiers: so that gathers
 * miss the PTC, and come from everywhere. */
static int choose_region(struct writer *w, bool write)
{
  struct rng *r = &w->g->rng;
  const bool shared = chance(r, 15);
  int best = -1;
  for (int tries = 0; tries < 6; tries++) {
    const int region = pick_region(w, write);
    if (region >= 0 && (shared || w->g->regions[region].kind != REGION_SHARED) &&
        (best < 0 || region_cells(w, region) > region_cells(w, best)))
      best = region;
  }
  return best;
}

/* Where the loop gathers: from `base` on, in as many cells as a power of two says. */
static bool choose_place(struct writer *w, struct irregular *k)
{
  struct rng *r = &w->g->rng;
  const int q = below(r, POINTERS), region = choose_region(w, q == 0);
  if (region < 0)
    return false;
  k->p = WALKERS + q;
  k->axis = chance(r, 60) ? AXIS_LINEAR : 0;
  const int64_t places = region_cells(w, region) / (k->axis == 0 ? PAGE_CELLS / 4 : 1);
  int bits = 0;
  while (2 << bits <= places)
    bits++;
  bits = chance(r, 70) ? bits : below(r, bits + 1);
  const int64_t from = k->axis == 0 ? 0 : below(r, (int)(places - (1 << bits)) + 1);
  k->base = coord_with_flags(place_of(w, region, from), w->pointer_offset[q]);
  set_register(w, k->mask, (1 << bits) - 1);
  return true;
}

static void emit_index(struct writer *w, const struct irregular *k)
{
  struct rng *r = &w->g->rng;
  struct bundle b = {.coord = k->base};
  const int apart = chance(r, 20) ? below(r, 8) : 0; /* the same cell in two steps */
  if (apart && k->axis == AXIS_LINEAR)
    coord_step(&b.coord, AXIS_LINEAR, -apart, false, (enum curve)w->g->m->curve);
  b.slot[PIPE_S] = (struct slot){.op = OP_SINDEX, .rd = k->p, .imc = 1, .axis = k->axis};
  b.slot[PIPE_S].imm = k->axis == AXIS_LINEAR ? apart : 0;
  b.slot[PIPE_S].ri = 1;
  b.slot[PIPE_S].rs1 = k->index;
  if (chance(r, 80)) {
    b.slot[PIPE_D] = (struct slot){.op = OP_DFMA, .type = ELEM_I32, .rd = k->number};
    b.slot[PIPE_D].rs1 = k->number;
    b.slot[PIPE_D].rs2 = b.slot[PIPE_D].rs3 = k->factor;
  } else if (chance(r, 50)) {
    fill_slot(w, &b, PIPE_D);
  }
  emit(w, &b);
}

static void emit_gather(struct writer *w, const struct irregular *k, bool first)
{
  struct rng *r = &w->g->rng;
  struct bundle b = {0};
  const int offset = (int)w->pointer_offset[k->p - WALKERS], bytes = (int)w->g->dlen / 8,
            most = bytes < CELL_BYTES - offset ? bytes : CELL_BYTES - offset;
  struct slot *s = &b.slot[PIPE_S];
  *s = (struct slot){.op = chance(r, 80) ? OP_SGATHER : OP_SGATHERM, .rs2 = k->p};
  s->rd = free_register(w);
  s->width = chance(r, 70) ? most : between(r, 1, most);
  s->at = chance(r, 70) ? 0 : below(r, bytes - s->width + 1);
  if (first) {
    b.slot[PIPE_D] = (struct slot){.op = OP_DAND, .type = ELEM_I32, .rd = k->index};
    b.slot[PIPE_D].rs1 = k->number;
    b.slot[PIPE_D].rs2 = k->mask;
  } else if (chance(r, 60)) {
    fill_slot(w, &b, PIPE_D);
  }
  if (chance(r, 10))
    fill_slot(w, &b, PIPE_C);
  emit(w, &b);
}

void emit_irregular(struct writer *w)
{
  struct rng *r = &w->g->rng;
  struct irregular k;
  const uint16_t reserved = w->reserved;
  if (w->regs < 8 || w->reserved)
    return;
  k.number = take_register(w);
  k.factor = take_register(w);
  k.mask = take_register(w);
  k.index = take_register(w);
  if (choose_place(w, &k)) {
    const int64_t left = (w->g->budget - w->run) / 4;
    const int rounds = between(r, 1, left > 500 ? 500 : left < 1 ? 1 : (int)left);
    set_register(w, k.number, (int32_t)(uint32_t)rng_next(r));
    set_register(w, k.factor, (int32_t)(uint32_t)rng_next(r) | 1);
    set_register(w, k.index, 0);
    const uint32_t loop = begin_loop(w, rounds);
    emit_index(w, &k);
    if (chance(r, 25))
      emit_fill(w, 1);
    emit_gather(w, &k, true);
    for (int more = chance(r, 40) ? between(r, 1, 3) : 0; more > 0; more--) {
      struct bundle b = {0};
      if (chance(r, 50))
        emit_gather(w, &k, false);
      else if (fill_slot(w, &b, PIPE_D))
        emit(w, &b);
    }
    end_loop(w, loop);
  }
  w->reserved = reserved;
}
