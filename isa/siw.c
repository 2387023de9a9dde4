/* The SIW between its 64 bytes and named fields.
 *
 *   bundle --siw_encode--> siw --siw_decode (every check that one SIW allows)--> bundle
 *
 * Which bits of a slot mean something is the row's business (op_fields); this file knows the rules
 * between fields: lanes, parts, widths, modes (architecture, sections 2 and 3).
 */
#include "isa/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SLOT_BYTES = 12, SLOT_FIRST = 12, COORD_FIRST = 48, RESERVED_FIRST = 2 };
_Static_assert(SLOT_FIRST + PIPE_COUNT * SLOT_BYTES == COORD_FIRST, "slots end at the coordinate");

static uint64_t load_le(const uint8_t *p, int bytes)
{
  uint64_t v = 0;
  for (int i = bytes - 1; i >= 0; i--)
    v = v << 8 | p[i];
  return v;
}

static void store_le(uint8_t *p, int bytes, uint64_t v)
{
  for (int i = 0; i < bytes; i++)
    p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t field_mask(int field)
{
  return (UINT64_C(1) << field_table[field].width) - 1;
}

static bool has_operand(const struct op_info *op, enum operand_id id)
{
  for (int i = 0; i < op->operand_count; i++)
    if (op->operands[i] == id)
      return true;
  return false;
}

/* Does the slot take the SIW's immediate coordinate? */
static bool takes_coord(const struct op_info *op, const struct slot *s)
{
  return has_operand(op, OPERAND_COORD) && s->imc;
}

/* --- encode ---------------------------------------------------------------------------------- */

static int encode_slot(enum pipe pipe, const struct slot *s, uint8_t *out, struct vtpu_error *err)
{
  const struct op_info *op = op_find(pipe, (unsigned)s->op);
  if (!op)
    return vtpu_fail(err, VTPU_BUG, "%c slot: no operation has the code 0x%x", pipe_letter[pipe],
                     (unsigned)s->op);
  uint32_t used = op_fields(op), set = 0; /* fields, as sets */
  uint64_t low = 0, high = 0; /* bits 63..0 and 95..64; only imm lies in the upper word */
  for (int f = 0; f < FIELD_COUNT; f++)
    set |= (uint32_t)(slot_get_field(s, (enum field_id)f) != 0) << f;
  for (; set; set &= set - 1) {
    int f = __builtin_ctz(set);
    int32_t value = slot_get_field(s, (enum field_id)f);
    if (!(used >> f & 1))
      return vtpu_fail(err, VTPU_BUG, "%c slot: %s does not use the field %s, but it is %d",
                       pipe_letter[pipe], op->name, field_table[f].name, value);
    if (f == FIELD_imm)
      high = (uint32_t)value;
    else if ((uint64_t)(uint32_t)value & ~field_mask(f))
      return vtpu_fail(err, VTPU_BUG, "%c slot: %s: %s = %d does not fit %d bits",
                       pipe_letter[pipe], op->name, field_table[f].name, value,
                       field_table[f].width);
    else
      low |= (uint64_t)(uint32_t)value << field_table[f].lo;
  }
  store_le(out, 8, low);
  store_le(out + 8, 4, high);
  return VTPU_OK;
}

int siw_encode(const struct bundle *b, struct siw *out, struct vtpu_error *err)
{
  if (b->loop_ends >> L_COUNT)
    return vtpu_fail(err, VTPU_BUG, "loop marks 0x%x: there are only %d loop registers",
                     b->loop_ends, L_COUNT);
  memset(out, 0, sizeof *out);
  out->bytes[0] = b->deps;
  out->bytes[1] = (uint8_t)(b->loop_ends | SIW_VERSION << 4);
  bool coord_used = false;
  for (int p = 0; p < PIPE_COUNT; p++) {
    const struct slot *s = &b->slot[p];
    int rc = encode_slot((enum pipe)p, s, out->bytes + SLOT_FIRST + p * SLOT_BYTES, err);
    if (rc)
      return rc;
    coord_used |= takes_coord(op_find((enum pipe)p, (unsigned)s->op), s);
  }
  if (!coord_used && (b->coord.lo || b->coord.hi))
    return vtpu_fail(err, VTPU_BUG, "an immediate coordinate that no slot uses");
  store_le(out->bytes + COORD_FIRST, 8, b->coord.lo);
  store_le(out->bytes + COORD_FIRST + 8, 8, b->coord.hi);
  return VTPU_OK;
}

/* --- decode ---------------------------------------------------------------------------------- */

/* What the checks of one slot need, and where they complain. */
struct check {
  enum pipe pipe;
  const struct op_info *op;
  const struct slot *s;
  struct coord coord;
  unsigned dlen;
  struct vtpu_error *err;
};

__attribute__((format(printf, 2, 3))) static int bad(const struct check *c, const char *format, ...)
{
  char text[512];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  return vtpu_fail(c->err, VTPU_INPUT, "%c slot: %s: %s", pipe_letter[c->pipe], c->op->mnemonic,
                   text);
}

static unsigned type_bits(const struct check *c)
{
  return c->op->types ? elem_bits[c->s->type] : 64; /* untyped lanes have 64 bits */
}

/* A lane field b: 0 = none (where the spelling allows it), else 16 + lane. */
static int check_lane(const struct check *c, const struct operand_info *o)
{
  int b = slot_get_field(c->s, o->field2);
  unsigned lanes = c->dlen / type_bits(c);
  if (c->op->mac == MAC_GROUP)
    lanes = c->dlen / (has_operand(c->op, OPERAND_RS2L) ? 128 : 32);
  if (o->spelling == SPELL_KEYREG)
    lanes = c->dlen / 32; /* the scale of a conversion is f32 */
  if (b == 0)
    return o->spelling == SPELL_REGL ? bad(c, "its lane is not optional, but none is given")
                                     : VTPU_OK;
  if (lanes == 0)
    return bad(c, "needs DLEN 128 or more, this is for %u", c->dlen);
  if (b < 16)
    return bad(c, "lane field %d: 0 or 16 + lane", b);
  if ((unsigned)b - 16 >= lanes)
    return bad(c, "lane %d, but there are %u (0..%u) at DLEN %u", b - 16, lanes, lanes - 1,
               c->dlen);
  return VTPU_OK;
}

static int check_register(const struct check *c, const struct operand_info *o, int number)
{
  static const int count[] = {
      [FILE_R] = R_COUNT, [FILE_P] = P_COUNT, [FILE_M] = M_COUNT, [FILE_L] = L_COUNT};
  static const char letter[] = {[FILE_R] = 'r', [FILE_P] = 'p', [FILE_M] = 'm', [FILE_L] = 'l'};
  if (number >= count[o->file])
    return bad(c, "%c%d: the registers are %c0..%c%d", letter[o->file], number, letter[o->file],
               letter[o->file], count[o->file] - 1);
  return VTPU_OK;
}

static int check_coord(const struct check *c)
{
  bool wildcard_fits = c->op->code == OP_SPREFCH || c->op->code == OP_SINDEX;
  if (!c->s->imc)
    return check_register(c, &operand_table[OPERAND_COORD], c->s->rs2);
  if (c->s->rs2)
    return bad(c, "p%d beside an immediate coordinate: rs2 must be 0", c->s->rs2);
  if (coord_wildcard(c->coord) && !wildcard_fits)
    return bad(c, "the wildcard of an immediate coordinate is for SPREFCH and SINDEX");
  return VTPU_OK;
}

/* Bytes moved by a gather or scatter: inside the register, and inside the cell where the offset
 * is known (an address in a p register is checked when it runs). */
static int check_width(const struct check *c)
{
  int width = c->s->width, at = c->s->at, room = (int)c->dlen / 8;
  if (width < 1 || width > CELL_BYTES)
    return bad(c, "width %d: 1..%d bytes", width, CELL_BYTES);
  if (at + width > room)
    return bad(c, "%d bytes at byte %d do not fit a register of %d bytes (DLEN %u)", width, at,
               room, c->dlen);
  if (c->s->imc && (int)coord_offset(c->coord) + width > CELL_BYTES)
    return bad(c, "%d bytes at offset %u leave the cell of %d bytes", width, coord_offset(c->coord),
               CELL_BYTES);
  return VTPU_OK;
}

/* DCVT: the first type becomes the second. */
static int check_conversion(const struct check *c)
{
  const struct slot *s = c->s;
  if (s->type2 >= ELEM_COUNT)
    return bad(c, "destination type %d is reserved", s->type2);
  if (s->type == s->type2)
    return bad(c, "from %s to itself; DMOV copies", elem_names[s->type]);
  if ((s->type2 == ELEM_T2 && s->type != ELEM_I8) || (s->type == ELEM_T2 && s->type2 != ELEM_I8))
    return bad(c, "t2 converts only from and to i8");
  unsigned from = elem_bits[s->type], to = elem_bits[s->type2];
  int ratio = (int)(from > to ? from / to : to / from);
  if (s->k >= ratio)
    return bad(c, "part %d of %d: from %s to %s there are parts 0..%d", s->k, ratio,
               elem_names[s->type], elem_names[s->type2], ratio - 1);
  bool to_float = s->type2 == ELEM_F32 || s->type2 == ELEM_BF16;
  bool from_float = s->type == ELEM_F32 || s->type == ELEM_BF16;
  if (s->round && (to_float || !(from_float || s->scaled)))
    return bad(c, "rounding %s: only from a float, or scaled, to an integer",
               rounding_names[s->round]);
  if (s->flag && to_float)
    return bad(c, ".s saturates integers; the destination is %s", elem_names[s->type2]);
  if (!s->scaled && (s->rs2 || s->b2))
    return bad(c, "rs2 and its lane must be 0 without a scale");
  return s->scaled ? check_lane(c, &operand_table[OPERAND_SCALE]) : VTPU_OK;
}

static int check_operand(const struct check *c, enum operand_id id)
{
  const struct slot *s = c->s;
  const struct operand_info *o = &operand_table[id];
  switch (id) {
  case OPERAND_COORD: return check_coord(c);
  case OPERAND_WIDTH: return check_width(c);
  case OPERAND_AXIS:
    if (s->axis > AXIS_BYTE)
      return bad(c, "axis %d: 0..10, 11 (linear) or 12 (byte)", s->axis);
    if (s->axis >= COORD_DIMS && s->flag)
      return bad(c, "the axes linear and byte always carry; .c is for d0..d10");
    return VTPU_OK;
  case OPERAND_DIM: return s->axis < COORD_DIMS ? VTPU_OK : bad(c, "dimension %d: 0..10", s->axis);
  case OPERAND_RINDEX:
    return s->ri || !s->rs1 ? VTPU_OK : bad(c, "rs1 must be 0 without an index register");
  case OPERAND_RANGE: {
    unsigned lo = (uint32_t)s->imm & 0xffff, hi = (uint32_t)s->imm >> 16;
    return lo <= hi && hi < COORD_DIM_SIZE ? VTPU_OK
                                           : bad(c, "range %u, %u: 0 <= lo <= hi <= 2047", lo, hi);
  }
  case OPERAND_ROUNDS:
    if (s->cnt ? s->imm : s->rs1)
      return bad(c, "the count is a number or a register, not both");
    return s->imm >= 0 ? VTPU_OK : bad(c, "%d rounds: the count is 0 or more", s->imm);
  case OPERAND_NODE:
    return s->peer < 64 ? VTPU_OK : bad(c, "node %d: a cluster has at most 64", s->peer);
  case OPERAND_PEER: {
    bool node = has_operand(c->op, OPERAND_FROMNODE) && s->flag;
    if (s->peer < (node ? 64 : SENTRONS_PER_NODE_MAX))
      return VTPU_OK;
    return bad(c, "%s %d: at most %d", node ? "node" : "sentron", s->peer,
               (node ? 64 : SENTRONS_PER_NODE_MAX) - 1);
  }
  case OPERAND_ROOT:
    return s->root < SENTRONS_PER_NODE_MAX
               ? VTPU_OK
               : bad(c, "member %d: a group has at most %d", s->root, SENTRONS_PER_NODE_MAX);
  case OPERAND_PART: {
    int parts = c->dlen > 8 * M_BYTES ? (int)c->dlen / (8 * M_BYTES) : 1;
    return s->part < parts ? VTPU_OK
                           : bad(c, "part %d: a register has %d part%s of %d bytes at DLEN %u",
                                 s->part, parts, parts == 1 ? "" : "s", M_BYTES, c->dlen);
  }
  default: break;
  }
  if (o->spelling == SPELL_REGB || o->spelling == SPELL_REGL) {
    int rc = check_lane(c, o);
    if (rc)
      return rc;
  }
  if (o->file != FILE_N)
    return check_register(c, o, slot_get_field(s, o->field));
  return VTPU_OK;
}

/* Rules of single operations that no operand expresses. */
static int check_operation(const struct check *c)
{
  if (c->pipe == PIPE_D && c->op->code == OP_DCVT)
    return check_conversion(c);
  if (c->pipe != PIPE_S)
    return VTPU_OK;
  int32_t imm = c->s->imm;
  if (c->op->code == OP_SALLOC && imm <= 0)
    return bad(c, "%d pages: at least 1", imm);
  if (c->op->code == OP_SROUTE && (imm < 0 || imm >= 1 << COORD_DIMS))
    return bad(c, "mask 0x%x: bit i stands for Di, bits 0..10", (unsigned)imm);
  if (c->op->code == OP_SNEIGHBR && (imm < 0 || imm >= COORD_DIM_SIZE))
    return bad(c, "distance %d: 0..2047", imm);
  return VTPU_OK;
}

static int decode_slot(enum pipe pipe, const uint8_t *in, struct coord coord, unsigned dlen,
                       struct slot *out, struct vtpu_error *err)
{
  uint64_t low = load_le(in, 8), high = load_le(in + 8, 4);
  const struct op_info *op = op_find(pipe, low & 255);
  if (!op)
    return vtpu_fail(err, VTPU_INPUT, "%c slot: the operation code 0x%02x is reserved",
                     pipe_letter[pipe], (unsigned)(low & 255));
  struct check c = {pipe, op, out, coord, dlen, err};
  memset(out, 0, sizeof *out);
  for (uint32_t used = op_fields(op); used; used &= used - 1) {
    int f = __builtin_ctz(used);
    if (f == FIELD_imm) {
      slot_set_field(out, (enum field_id)f, (int32_t)(uint32_t)high);
      high = 0;
    } else {
      uint64_t mask = field_mask(f) << field_table[f].lo;
      slot_set_field(out, (enum field_id)f, (int32_t)((low & mask) >> field_table[f].lo));
      low &= ~mask;
    }
  }
  if (low || high) {
    int bit = low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high);
    return bad(&c, "bit %d of the slot is reserved and must be 0", bit);
  }
  if (op->types && (out->type >= ELEM_COUNT || !(op->types >> out->type & 1)))
    return out->type < ELEM_COUNT ? bad(&c, "there is no %s form", elem_names[out->type])
                                  : bad(&c, "type %d is reserved", out->type);
  if (op->modes != MODES_NONE && !mode_name(op->modes, (unsigned)out->mode))
    return bad(&c, "mode %d is reserved", out->mode);
  for (int i = 0; i < op->operand_count; i++) {
    int rc = check_operand(&c, op->operands[i]);
    if (rc)
      return rc;
  }
  return check_operation(&c);
}

/* "r3", "p0", ... of a scoreboard index. */
static const char *register_text(unsigned reg, char out[8])
{
  char file = reg < REG_P ? 'r' : reg < REG_M ? 'p' : reg < REG_L ? 'm' : 'l';
  unsigned first = reg < REG_P ? REG_R : reg < REG_M ? REG_P : reg < REG_L ? REG_M : REG_L;
  snprintf(out, 8, "%c%u", file, reg - first);
  return out;
}

static int check_writers(const struct bundle *b, struct vtpu_error *err)
{
  int writer[REG_COUNT];
  memset(writer, -1, sizeof writer);
  for (int p = 0; p < PIPE_COUNT; p++) {
    struct reg_use use;
    slot_registers((enum pipe)p, &b->slot[p], &use);
    for (int i = 0; i < use.writes; i++) {
      char name[8];
      int other = writer[use.write[i]];
      if (other >= 0)
        return vtpu_fail(err, VTPU_INPUT,
                         "%c and %c slot: both write %s\n  move one of them to another SIW",
                         pipe_letter[other], pipe_letter[p], register_text(use.write[i], name));
      writer[use.write[i]] = p;
    }
  }
  return VTPU_OK;
}

int siw_decode(const struct siw *in, unsigned dlen, struct bundle *out, struct vtpu_error *err)
{
  const uint8_t *bytes = in->bytes;
  if (bytes[1] >> 4 != SIW_VERSION)
    return vtpu_fail(err, VTPU_INPUT, "header: format version %d, this reads version %d",
                     bytes[1] >> 4, SIW_VERSION);
  for (int i = RESERVED_FIRST; i < SLOT_FIRST; i++)
    if (bytes[i])
      return vtpu_fail(err, VTPU_INPUT, "header: byte %d is reserved and must be 0", i);
  out->deps = bytes[0];
  out->loop_ends = bytes[1] & 15;
  out->coord.lo = load_le(bytes + COORD_FIRST, 8);
  out->coord.hi = load_le(bytes + COORD_FIRST + 8, 8);
  bool coord_used = false;
  for (int p = 0; p < PIPE_COUNT; p++) {
    struct slot *s = &out->slot[p];
    int rc =
        decode_slot((enum pipe)p, bytes + SLOT_FIRST + p * SLOT_BYTES, out->coord, dlen, s, err);
    if (rc)
      return rc;
    coord_used |= takes_coord(op_find((enum pipe)p, (unsigned)s->op), s);
  }
  if (!coord_used && (out->coord.lo || out->coord.hi))
    return vtpu_fail(err, VTPU_INPUT, "immediate coordinate: no slot uses it, so it must be 0");
  return check_writers(out, err);
}
