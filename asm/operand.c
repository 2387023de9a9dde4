/* One operand of an operation, by its spelling in operands.def, into the fields of the slot. */
#include "asm/parser.h"

#include <stdio.h>
#include <string.h>

bool parse_register(struct parser *ps, enum reg_file file, int32_t *number)
{
  static const int32_t count[] = {R_COUNT, P_COUNT, M_COUNT, L_COUNT};
  char letter = "rpml"[file], what[SEEN_BYTES];
  size_t n = word_length(ps);
  int32_t value = 0;
  bool digits = n > 1;
  for (size_t i = 1; i < n; i++) {
    digits = digits && ps->p[i] >= '0' && ps->p[i] <= '9' && n < 6;
    value = digits ? value * 10 + (ps->p[i] - '0') : 0;
  }
  if (!digits || (ps->p[0] | 32) != letter)
    return fail(ps, ps->p, NULL, "expected a register %c0..%c%d, not %s", letter, letter,
                (int)count[file] - 1, seen(ps, what));
  const char *at = ps->p;
  ps->p += n;
  if (value >= count[file])
    return fail(ps, at, NULL, "there is no register %c%d: %c0 to %c%d exist", letter, (int)value,
                letter, letter, (int)count[file] - 1);
  *number = value;
  return true;
}

/* [lane] after a register, into a broadcast field: 16 + lane. */
static bool parse_lane(struct parser *ps, struct slot *slot, enum field_id field, bool optional)
{
  int64_t lane;
  if (optional && !next_is(ps, '['))
    return true;
  if (!expect(ps, '[', "a register whose lane is meant"))
    return false;
  ps->parens++;
  int64_t most = ps->dlen / 32 - 1;
  bool ok = parse_in_range(ps, 0, most, "the lane", &lane) && expect(ps, ']', "the lane");
  ps->parens--;
  if (ok)
    slot_set_field(slot, field, 16 + (int32_t)lane);
  return ok;
}

bool parse_target(struct parser *ps, int64_t most, struct target *out)
{
  int64_t siw;
  memset(out, 0, sizeof *out);
  if (!take(ps, '@')) {
    out->named = true;
    return parse_name(ps, &out->name, "a label or @number");
  }
  if (!parse_in_range(ps, 0, most, "the SIW", &siw))
    return false;
  out->siw = (uint32_t)siw;
  return true;
}

/* Largest number that an unsigned field holds (a signed one for imm). */
static int64_t field_most(enum field_id field)
{
  int width = field_table[field].width;
  return width == 32 ? INT32_MAX : (INT64_C(1) << width) - 1;
}

static bool parse_immediate(struct parser *ps, const struct op_info *op, struct slot *slot,
                            enum field_id field)
{
  int64_t value;
  if (op->types && (slot->type == ELEM_F32 || slot->type == ELEM_BF16)) {
    uint32_t bits;
    if (!parse_float_bits(ps, (enum elem)slot->type, &bits))
      return false;
    slot_set_field(slot, field, (int32_t)bits);
    return true;
  }
  /* Up to 32 bits a lane the upper half of the unsigned range is the same pattern. */
  bool narrow = op->types && slot->type != ELEM_I64;
  if (!parse_in_range(ps, INT32_MIN, narrow ? UINT32_MAX : INT32_MAX, "the immediate", &value))
    return false;
  slot_set_field(slot, field, (int32_t)(uint32_t)value);
  return true;
}

static bool parse_axis(struct parser *ps, struct slot *slot, enum field_id field)
{
  size_t n = word_length(ps);
  for (int axis = 0; axis <= AXIS_BYTE; axis++) {
    char name[8];
    snprintf(name, sizeof name, "d%d", axis);
    const char *word = axis == AXIS_LINEAR ? "linear" : axis == AXIS_BYTE ? "byte" : name;
    if (n && word_equals(ps->p, n, word)) {
      ps->p += n;
      slot_set_field(slot, field, axis);
      return true;
    }
  }
  char what[SEEN_BYTES];
  return fail(ps, ps->p, NULL, "expected an axis (d0..d10, linear, byte), not %s", seen(ps, what));
}

static bool parse_coord_operand(struct parser *ps, const struct operand_info *o,
                                struct siw_draft *draft, struct slot *slot)
{
  if (!next_is(ps, '['))
    return fail(ps, ps->p, "write [p0] or [1.2.3/4.5.6/7.8.9/10.11]",
                "a coordinate stands in brackets");
  const char *at = ps->p++;
  size_t n = word_length(ps);
  if (n > 1 && (ps->p[0] | 32) == 'p' && ps->p[1] >= '0' && ps->p[1] <= '9') {
    int32_t number;
    if (!parse_register(ps, FILE_P, &number) || !expect(ps, ']', "the p register"))
      return false;
    slot_set_field(slot, o->field, number);
    return true;
  }
  ps->p = at;
  struct coord c;
  if (!parse_coordinate(ps, &c))
    return false;
  const struct coord *have = &draft->item.bundle.coord;
  if (draft->coord_at && (have->lo != c.lo || have->hi != c.hi))
    return fail(ps, at, "put one of them into a p register",
                "a SIW has one immediate coordinate, and another operation uses it");
  draft->item.bundle.coord = c;
  draft->coord_at = at;
  slot_set_field(slot, o->field2, 1);
  return true;
}

static bool parse_target_operand(struct parser *ps, enum pipe pipe, enum field_id field,
                                 struct slot *slot)
{
  struct target target;
  if (!parse_target(ps, field_most(field), &target))
    return false;
  if (!target.named) {
    slot_set_field(slot, field, (int32_t)target.siw);
    return true;
  }
  struct fixup *fixup = list_add(&ps->fixups, sizeof *fixup);
  if (!fixup)
    return fail_memory(ps);
  fixup->siw = (uint32_t)ps->code.count;
  fixup->pipe = pipe;
  fixup->field = field;
  fixup->name = target.name;
  return true;
}

static bool parse_word(struct parser *ps, enum field_id field, struct slot *slot)
{
  char what[SEEN_BYTES];
  for (int i = 0; i < 4; i++)
    if (take_word(ps, rounding_names[i])) {
      slot_set_field(slot, field, i);
      return true;
    }
  return fail(ps, ps->p, NULL, "expected even, away, zero or floor, not %s", seen(ps, what));
}

bool parse_operand(struct parser *ps, const struct op_info *op, const struct operand_info *o,
                   struct siw_draft *draft, struct slot *slot)
{
  int64_t value = 0, hi;
  int32_t number = 0;
  char what[64];
  snprintf(what, sizeof what, "%.40s", field_table[o->field].name);
  switch (o->spelling) {
  case SPELL_REG:
  case SPELL_REGB:
  case SPELL_REGL:
  case SPELL_KEYREG:
    if (!parse_register(ps, o->file, &number))
      return false;
    slot_set_field(slot, o->field, number);
    if (o->spelling == SPELL_KEYREG) {
      slot_set_field(slot, operand_presence(o), 1);
      return operand_presence(o) == o->field2 || parse_lane(ps, slot, o->field2, true);
    }
    return o->spelling == SPELL_REG || parse_lane(ps, slot, o->field2, o->spelling == SPELL_REGB);
  case SPELL_COORD: return parse_coord_operand(ps, o, draft, slot);
  case SPELL_INT: return parse_immediate(ps, op, slot, o->field);
  case SPELL_UINT:
  case SPELL_KEY:
    if (!parse_in_range(ps, 0, field_most(o->field), what, &value))
      return false;
    slot_set_field(slot, o->field, (int32_t)value);
    return true;
  case SPELL_WORD: return parse_word(ps, o->field, slot);
  case SPELL_AXIS: return parse_axis(ps, slot, o->field);
  case SPELL_COUNT:
    if (word_length(ps) > 1 && (ps->p[0] | 32) == 'r' && ps->p[1] >= '0' && ps->p[1] <= '9') {
      if (!parse_register(ps, o->file, &slot->rs1))
        return false;
      slot_set_field(slot, o->field2, 1);
      return true;
    }
    if (!parse_in_range(ps, INT32_MIN, INT32_MAX, "the count", &value))
      return false;
    slot_set_field(slot, o->field, (int32_t)value);
    return true;
  case SPELL_TARGET: return parse_target_operand(ps, op->pipe, o->field, slot);
  case SPELL_RANGE:
    if (!parse_in_range(ps, 0, COORD_DIM_SIZE - 1, "the lower end", &value) ||
        !expect(ps, ',', "the lower end") ||
        !parse_in_range(ps, 0, COORD_DIM_SIZE - 1, "the upper end", &hi))
      return false;
    slot_set_field(slot, o->field, (int32_t)(value | hi << 16));
    return true;
  case SPELL_SUFFIX: return true;
  }
  return true;
}
