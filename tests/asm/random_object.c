/* Random legal SIWs and objects: see random_object.h. */
#include "tests/asm/random_object.h"

#include "isa/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- slots --------------------------------------------------------------------------------- */

static struct coord random_coord(struct random *r, bool flags)
{
  struct coord c = {random_next(r), random_next(r)};
  if (random_below(r, 2)) /* small numbers, as people write */
    for (int dim = 0; dim < COORD_DIMS; dim++)
      c = coord_with_dim(c, dim, random_below(r, 5));
  return coord_with_flags(c, flags && random_below(r, 2) ? random_below(r, 128) : 0);
}

static int32_t random_immediate(struct random *r)
{
  static const uint32_t often[] = {0,          1,          0xffffffff, 0x7f800000, 0x7fc00000,
                                   0xff800000, 0x80000000, 0x3f8,      0x7fc1,     0x3f800000};
  switch (random_below(r, 4)) {
  case 0: return (int32_t)often[random_below(r, sizeof often / sizeof *often)];
  case 1: return (int32_t)random_below(r, 2000);
  case 2: return (int32_t)random_below(r, 0x10000);
  default: return (int32_t)(uint32_t)random_next(r);
  }
}

static void random_field(struct random *r, const struct op_info *op, enum field_id field,
                         unsigned dlen, uint32_t siws, struct slot *s)
{
  static const uint32_t registers[] = {R_COUNT, P_COUNT, M_COUNT, L_COUNT};
  uint32_t below = field == FIELD_imm ? 0 : 1u << field_table[field].width;
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    if (o->field == field && o->file != FILE_N && o->spelling != SPELL_COUNT)
      below = registers[o->file];
    if (o->field == field && o->spelling == SPELL_TARGET)
      below = siws;
    if (o->field == field && o->spelling == SPELL_RANGE) {
      uint32_t hi = random_below(r, COORD_DIM_SIZE);
      s->imm = (int32_t)(random_below(r, hi + 1) | hi << 16);
      return;
    }
  }
  int32_t value;
  if (field == FIELD_b1 || field == FIELD_b2 || field == FIELD_b3)
    value = 16 + (int32_t)random_below(r, dlen / 32);
  else if (field == FIELD_width)
    value = 1 + (int32_t)random_below(r, dlen / 8);
  else
    value = below ? (int32_t)random_below(r, below) : random_immediate(r);
  if (field != FIELD_width && field != FIELD_type && field != FIELD_mode && random_below(r, 2))
    value = 0;
  slot_set_field(s, field, value);
}

bool random_single(struct random *r, const struct op_info *op, unsigned dlen, uint32_t siws,
                   struct bundle *out)
{
  for (int attempt = 0; attempt < 3000; attempt++) {
    struct siw siw;
    struct bundle back;
    struct vtpu_error err;
    struct bundle b = {0};
    struct slot *s = &b.slot[op->pipe];
    uint32_t fields = op_fields(op);
    for (int f = 0; f < FIELD_COUNT; f++)
      if (fields >> f & 1)
        random_field(r, op, (enum field_id)f, dlen, siws, s);
    s->op = op->code;
    if (s->imc)
      b.coord = random_coord(r, true);
    if (siw_encode(&b, &siw, &err) || siw_decode(&siw, dlen, &back, &err))
      continue;
    *out = b;
    return true;
  }
  return false;
}

void random_bundle(struct random *r, unsigned dlen, uint32_t siws, struct bundle *out)
{
  memset(out, 0, sizeof *out);
  for (int attempt = 0; attempt < 4; attempt++) {
    const struct op_info *op = &op_table[random_below(r, (uint32_t)op_table_count)];
    struct bundle one, both = *out;
    struct siw siw;
    struct vtpu_error err;
    if (!strcmp(op->mnemonic, "CLOOP") || out->slot[op->pipe].op ||
        !random_single(r, op, dlen, siws, &one))
      continue;
    both.slot[op->pipe] = one.slot[op->pipe];
    both.coord = one.slot[op->pipe].imc ? one.coord : out->coord;
    if (!siw_encode(&both, &siw, &err) && !siw_decode(&siw, dlen, &one, &err))
      *out = both;
  }
}

/* --- objects ------------------------------------------------------------------------------- */

/* Mostly identifiers, sometimes anything printable, sometimes empty (where that is allowed). */
static void random_name(struct random *r, char name[OBJECT_NAME_BYTES], bool may_be_empty)
{
  static const char letters[] = "abcxyzABC_019$";
  bool plain = random_below(r, 4) != 0;
  uint32_t length = random_below(r, random_below(r, 4) ? 8 : OBJECT_NAME_BYTES);
  if (!may_be_empty && length == 0)
    length = 1;
  for (uint32_t i = 0; i < length; i++)
    name[i] = plain ? letters[random_below(r, i ? 14 : 10)] : (char)(32 + random_below(r, 95));
}

static void *some(uint32_t count, size_t bytes)
{
  return calloc(count + 1, bytes);
}

/* Marks and CLOOPs of nested and neighbouring loops over [from, to); a SIW that ends a loop, or
 * begins one, is made anew. */
static void add_loops(struct random *r, struct bundle *code, uint32_t from, uint32_t to, int depth)
{
  while (depth < L_COUNT && to - from >= 3 && random_below(r, 4)) {
    uint32_t begin = from + random_below(r, to - from - 2);
    uint32_t end = begin + 1 + random_below(r, to - begin - 1);
    struct slot *c = &code[begin].slot[PIPE_C];
    code[begin].loop_ends = 0;
    memset(c, 0, sizeof *c);
    c->op = OP_CLOOP;
    c->rd = depth;
    c->end = (int32_t)end;
    if (random_below(r, 2)) {
      c->cnt = 1;
      c->rs1 = (int32_t)random_below(r, R_COUNT);
    } else {
      c->imm = (int32_t)random_below(r, 1000);
    }
    if (!code[end].loop_ends) {
      memset(&code[end], 0, sizeof code[end]);
      code[end].slot[PIPE_D] = (struct slot){.op = OP_DADD, .rd = 1};
    }
    code[end].loop_ends |= (uint8_t)(1u << depth);
    if (random_below(r, 2) && end - begin >= 3)
      add_loops(r, code, begin + 1, end + 1, depth + 1);
    from = end + 1;
  }
}

static void random_code(struct random *r, struct object *o)
{
  o->siw_count = random_below(r, 40) + (random_below(r, 8) ? 1 : 0);
  struct bundle *code = some(o->siw_count, sizeof *code);
  o->code = some(o->siw_count, sizeof *o->code);
  for (uint32_t k = 0; k < o->siw_count; k++)
    random_bundle(r, o->dlen, o->siw_count, &code[k]);
  add_loops(r, code, 0, o->siw_count, 0);
  bundle_set_deps(code, o->siw_count);
  for (uint32_t k = 0; k < o->siw_count; k++)
    siw_encode(&code[k], &o->code[k], NULL);
  free(code);
}

static void random_sentrons(struct random *r, struct object *o)
{
  uint32_t at = 0;
  bool sections = random_below(r, 2);
  o->sentrons = some(16, sizeof *o->sentrons);
  uint32_t wanted = random_below(r, 6);
  for (uint32_t i = 0; i < wanted && at < o->siw_count; i++) {
    struct object_sentron *s = &o->sentrons[o->sentron_count++];
    random_name(r, s->name, true);
    s->id = (uint16_t)i;
    s->node = (uint16_t)random_below(r, 3);
    s->start = random_below(r, 2);
    s->home = random_below(r, 2) ? random_coord(r, false) : (struct coord){0, 0};
    uint32_t from = sections ? at : 0;
    s->entry = from + random_below(r, o->siw_count - from);
    s->end = s->entry + 1 + random_below(r, o->siw_count - s->entry);
    at = sections ? s->end : 0;
  }
}

static void random_inits(struct random *r, struct object *o)
{
  static const uint8_t count[] = {R_COUNT, P_COUNT, M_COUNT};
  o->inits = some(o->sentron_count * 3, sizeof *o->inits);
  for (uint32_t i = 0; i < o->sentron_count * 3; i++) {
    struct object_init *init = &o->inits[o->init_count];
    if (random_below(r, 2))
      continue;
    init->sentron = (uint16_t)(i / 3);
    init->file = (uint8_t)(i % 3); /* one of each file: no register twice */
    init->index = (uint8_t)random_below(r, count[init->file]);
    uint32_t bytes = init->file == FILE_P ? 16 : init->file == FILE_M ? M_BYTES : o->dlen / 8;
    uint32_t used = random_below(r, bytes + 1);
    for (uint32_t b = 0; b < used; b++)
      init->bytes[b] = (uint8_t)random_next(r);
    o->init_count++;
  }
}

static void random_regions(struct random *r, struct object *o)
{
  o->regions = some(5, sizeof *o->regions);
  o->region_count = random_below(r, 5);
  for (uint32_t i = 0; i < o->region_count; i++) {
    struct object_region *region = &o->regions[i];
    random_name(r, region->name, true);
    region->kind = (enum region_kind)random_below(r, REGION_KIND_COUNT);
    region->core = (uint16_t)(region->kind == REGION_PRIVATE ? random_below(r, 8) : 0);
    region->node = (uint16_t)(random_below(r, 2) ? REGION_ALL_NODES : random_below(r, 4));
    for (int dim = 0; dim < COORD_DIMS; dim++) {
      uint32_t lo = random_below(r, 8), extent = 1 + random_below(r, 3);
      if (dim == COORD_DIMS - 1) { /* side by side in D10 */
        lo = i * 10;
        extent = 1 + random_below(r, 9);
      }
      region->lo = coord_with_dim(region->lo, dim, dim < 3 ? lo * 4 : lo);
      region->extent[dim] = (uint16_t)(random_below(r, 2) ? extent : 1);
    }
  }
}

static void random_data(struct random *r, struct object *o)
{
  o->data = some(o->region_count * 2, sizeof *o->data);
  for (uint32_t i = 0; i < o->region_count * 2; i++) {
    struct object_data *d = &o->data[o->data_count];
    uint32_t bytes = 1 + random_below(r, random_below(r, 2) ? 100 : 3000);
    if (random_below(r, 2))
      continue;
    uint8_t *content = calloc(1, bytes);
    d->region = (uint16_t)(i / 2);
    d->ternary = random_below(r, 4) == 0;
    d->start = o->regions[d->region].lo;
    if (random_below(r, 2)) /* the first cell of the page is the first in every curve */
      d->start = coord_with_flags(d->start, random_below(r, CELL_BYTES));
    d->bytes = bytes;
    d->content = content;
    bool dense = random_below(r, 2);
    for (uint32_t b = 0; b < bytes; b++) {
      uint8_t byte = (uint8_t)random_next(r);
      content[b] = dense ? byte : 0x44;
      if (d->ternary)
        content[b] &= (uint8_t) ~(content[b] >> 1 & 0x55);
    }
    o->data_count++;
  }
}

static void random_groups(struct random *r, struct object *o)
{
  o->groups = some(4, sizeof *o->groups);
  for (uint32_t i = 0; i < 3 && o->sentron_count; i++) {
    struct object_group *g = &o->groups[o->group_count];
    const struct object_sentron *s = &o->sentrons[random_below(r, o->sentron_count)];
    g->id = (uint8_t)(i * 5);
    g->node = s->node;
    for (uint32_t j = 0; j < o->sentron_count; j++)
      if (o->sentrons[j].node == g->node && (s == &o->sentrons[j] || random_below(r, 2)))
        g->members[g->count++] = (uint8_t)o->sentrons[j].id;
    o->group_count++;
  }
}

static void random_hosts(struct random *r, struct object *o)
{
  o->hosts = some(6, sizeof *o->hosts);
  uint32_t wanted = random_below(r, 6);
  for (uint32_t i = 0; i < wanted; i++) {
    struct object_host h = {.kind = (enum host_kind)random_below(r, HOST_RUN + 1)};
    h.coord = coord_with_flags(random_coord(r, false), random_below(r, 57));
    if (h.kind == HOST_WRITE)
      h.value = random_next(r);
    if (h.kind == HOST_PRINT)
      random_name(r, h.name, true);
    if ((h.kind == HOST_READ || h.kind == HOST_RUN) && o->sentron_count == 0)
      continue;
    if (h.kind == HOST_READ) {
      h.sentron = (uint16_t)random_below(r, o->sentron_count);
      h.index = (uint8_t)random_below(r, R_COUNT);
    }
    if (h.kind == HOST_RUN) {
      h.coord = (struct coord){0, 0};
      h.value = 1 + random_below(r, (1u << o->sentron_count) - 1);
    }
    o->hosts[o->host_count++] = h;
  }
}

static void random_marks_and_symbols(struct random *r, struct object *o)
{
  o->marks = some(o->siw_count, sizeof *o->marks);
  o->symbols = some(o->siw_count, sizeof *o->symbols);
  bool ascending = random_below(r, 4) != 0;
  for (uint32_t k = 0; k < o->siw_count; k++) {
    if (random_below(r, 8) == 0) {
      struct object_mark *m = &o->marks[o->mark_count++];
      m->first = k;
      m->last = k + random_below(r, o->siw_count - k < 5 ? o->siw_count - k : 5);
      m->layer = (int32_t)random_below(r, 3) - 1;
      random_name(r, m->kernel, true);
      k = m->last;
    }
  }
  for (uint32_t k = 0; k < o->siw_count; k++)
    if (random_below(r, 4) == 0) {
      struct object_symbol *s = &o->symbols[o->symbol_count++];
      random_name(r, s->name, false);
      s->siw = ascending ? k : random_below(r, o->siw_count + 1);
    }
}

void random_object(struct random *r, struct object *out)
{
  static const uint32_t dlens[] = {64, 128, 256, 512};
  memset(out, 0, sizeof *out);
  out->dlen = dlens[random_below(r, 4)];
  if (random_below(r, 3) == 0)
    out->needs.queue = (uint16_t)random_below(r, NEEDS_QUEUE_MOST + 1);
  random_code(r, out);
  random_sentrons(r, out);
  random_inits(r, out);
  random_regions(r, out);
  random_data(r, out);
  random_groups(r, out);
  random_hosts(r, out);
  random_marks_and_symbols(r, out);
}
