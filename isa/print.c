/* SIWs as text: see print.h. */
#include "isa/print.h"

#include "isa/num.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name, lo, width, doc)                                                                \
  _Static_assert(offsetof(struct slot, name) == 4 * FIELD_##name, "a slot is its fields in order");
#include "isa/fields.def"
#undef FIELD

size_t operand_key(const struct operand_info *o, const char **key)
{
  const char *doc = o->doc, *colon = strchr(doc, ':');
  if (o->spelling != SPELL_KEY && o->spelling != SPELL_KEYREG && o->spelling != SPELL_WORD &&
      o->spelling != SPELL_SUFFIX)
    return 0;
  if (!colon)
    return 0;
  if (*doc == '.')
    doc++;
  *key = doc;
  return (size_t)(colon - doc);
}

enum field_id operand_presence(const struct operand_info *o)
{
  return field_table[o->field2].width == 1 ? o->field2 : FIELD_scaled;
}

bool op_has_type2(const struct op_info *op)
{
  return op_fields(op) >> FIELD_type2 & 1;
}

/* --- names and numbers --------------------------------------------------------------------- */

static bool is_letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_identifier(const char *name)
{
  if (!is_letter(*name))
    return false;
  for (const char *p = name; *p; p++)
    if (!is_letter(*p) && !(*p >= '0' && *p <= '9') && *p != '$')
      return false;
  return true;
}

char *name_print(const char *name, char out[NAME_TEXT_BYTES])
{
  size_t length = strnlen(name, 47);
  char copy[48];
  memcpy(copy, name, length);
  copy[length] = 0;
  if (is_identifier(copy)) {
    memcpy(out, copy, length + 1);
    return out;
  }
  char *to = out;
  *to++ = '"';
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)copy[i];
    if (c == '"' || c == '\\') {
      *to++ = '\\';
      *to++ = (char)c;
    } else if (c < 32 || c >= 127) {
      to += sprintf(to, "\\x%02x", c);
    } else {
      *to++ = (char)c;
    }
  }
  *to++ = '"';
  *to = 0;
  return out;
}

/* The shortest text that reads back as the same bits: f32, or bf16 in the upper half of one. */
static char *float_print(uint32_t bits, bool bf16, char out[FLOAT_TEXT_BYTES])
{
  if ((bits & 0x7fffffff) == 0x7f800000)
    return strcpy(out, bits >> 31 ? "-inf" : "inf");
  if (bits == NUM_F32_NAN)
    return strcpy(out, "nan");
  if (num_is_nan(num_f32(bits))) {
    sprintf(out, bf16 ? "0x%04x" : "0x%08x", (unsigned)(bf16 ? bits >> 16 : bits));
    return out;
  }
  for (int digits = 1; digits <= 9; digits++) {
    snprintf(out, FLOAT_TEXT_BYTES, "%.*g", digits, (double)num_f32(bits));
    float back = strtof(out, NULL);
    if (bf16 ? num_bf16_from_f32(back) == bits >> 16 : num_bits(back) == bits)
      break;
  }
  if (!strpbrk(out, ".e"))
    strcat(out, ".0");
  return out;
}

char *f32_print(uint32_t bits, char out[FLOAT_TEXT_BYTES])
{
  return float_print(bits, false, out);
}

/* --- slots --------------------------------------------------------------------------------- */

struct text {
  char *out;
  size_t used, room;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
  va_list ap;
  va_start(ap, format);
  int n = vsnprintf(t->out + t->used, t->room - t->used, format, ap);
  va_end(ap);
  t->used += (size_t)n;
  if (t->used >= t->room)
    t->used = t->room - 1; /* cannot happen with the sizes of print.h; never overruns */
}

static void add_register(struct text *t, const struct operand_info *o, int32_t number)
{
  add(t, "%c%d", "rpml"[o->file], (int)number);
}

static void add_lane(struct text *t, const struct slot *s, enum field_id field)
{
  int32_t b = slot_get_field(s, field);
  if (b)
    add(t, "[%d]", (int)(b - 16));
}

/* f32 and bf16 immediates as numbers; bf16 uses the lower half of the field. */
static void add_immediate(struct text *t, const struct op_info *op, const struct slot *s,
                          int32_t value)
{
  char number[FLOAT_TEXT_BYTES];
  if (op->types && s->type == ELEM_F32)
    add(t, "%s", float_print((uint32_t)value, false, number));
  else if (op->types && s->type == ELEM_BF16 && value >= 0 && value <= 0xffff)
    add(t, "%s", float_print((uint32_t)value << 16, true, number));
  else if (op->types && s->type == ELEM_BF16)
    add(t, "0x%08x", (unsigned)(uint32_t)value);
  else
    add(t, "%d", (int)value);
}

static void add_target(struct text *t, const struct siw_labels *labels, uint32_t siw)
{
  const char *name = labels ? labels->name(labels->context, siw) : NULL;
  char quoted[NAME_TEXT_BYTES];
  if (name)
    add(t, "%s", name_print(name, quoted));
  else
    add(t, "@%u", (unsigned)siw);
}

static void add_axis(struct text *t, int32_t axis)
{
  if (axis == AXIS_LINEAR)
    add(t, "linear");
  else if (axis == AXIS_BYTE)
    add(t, "byte");
  else
    add(t, "d%d", (int)axis);
}

/* Is there nothing to print: a suffix, or an optional operand at its default? */
static bool is_left_out(const struct operand_info *o, const struct slot *s)
{
  switch (o->spelling) {
  case SPELL_SUFFIX: return true;
  case SPELL_KEY:
  case SPELL_WORD: return slot_get_field(s, o->field) == 0;
  case SPELL_KEYREG: return slot_get_field(s, operand_presence(o)) == 0;
  default: return false;
  }
}

static void add_operand(struct text *t, const struct op_info *op, const struct operand_info *o,
                        const struct slot *s, struct coord imm, const struct siw_labels *labels)
{
  int32_t value = slot_get_field(s, o->field);
  const char *key = "";
  int key_bytes = (int)operand_key(o, &key);
  char coord[COORD_TEXT_BYTES];
  switch (o->spelling) {
  case SPELL_REG: add_register(t, o, value); break;
  case SPELL_REGB:
  case SPELL_REGL:
    add_register(t, o, value);
    add_lane(t, s, o->field2);
    break;
  case SPELL_COORD:
    if (slot_get_field(s, o->field2))
      add(t, "[%s]", coord_print(imm, coord));
    else
      add(t, "[p%d]", (int)value);
    break;
  case SPELL_INT: add_immediate(t, op, s, value); break;
  case SPELL_UINT: add(t, "%d", (int)value); break;
  case SPELL_KEY: add(t, "%.*s %d", key_bytes, key, (int)value); break;
  case SPELL_KEYREG:
    add(t, "%.*s ", key_bytes, key);
    add_register(t, o, value);
    if (operand_presence(o) != o->field2)
      add_lane(t, s, o->field2);
    break;
  case SPELL_WORD: add(t, "%.*s %s", key_bytes, key, rounding_names[value & 3]); break;
  case SPELL_AXIS: add_axis(t, value); break;
  case SPELL_COUNT:
    if (slot_get_field(s, o->field2))
      add(t, "r%d", (int)s->rs1);
    else
      add(t, "%d", (int)value);
    break;
  case SPELL_TARGET: add_target(t, labels, (uint32_t)value); break;
  case SPELL_RANGE:
    add(t, "%u, %u", (unsigned)value & 0xffff, (unsigned)((uint32_t)value >> 16));
    break;
  case SPELL_SUFFIX: break;
  }
}

char *slot_print(enum pipe pipe, const struct slot *s, struct coord imm,
                 const struct siw_labels *labels, char out[SLOT_TEXT_BYTES])
{
  struct text t = {out, 0, SLOT_TEXT_BYTES};
  const struct op_info *op = op_find(pipe, (unsigned)s->op);
  out[0] = 0;
  if (!op || s->op == 0) {
    add(&t, op ? "-" : "?");
    return out;
  }
  add(&t, "%s", op->mnemonic);
  if (op->types && (s->type != ELEM_I64 || op_has_type2(op)))
    add(&t, ".%s", s->type >= 0 && s->type < ELEM_COUNT ? elem_names[s->type] : "?");
  if (op_has_type2(op))
    add(&t, ".%s", s->type2 >= 0 && s->type2 < ELEM_COUNT ? elem_names[s->type2] : "?");
  const char *mode = op->modes != MODES_NONE ? mode_name(op->modes, (unsigned)s->mode) : NULL;
  if (mode)
    add(&t, ".%s", mode);
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    const char *letter;
    if (o->spelling == SPELL_SUFFIX && slot_get_field(s, o->field) && operand_key(o, &letter))
      add(&t, ".%c", *letter);
  }
  const char *separator = " ";
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    if (is_left_out(o, s))
      continue;
    add(&t, "%s", separator);
    add_operand(&t, op, o, s, imm, labels);
    separator = ", ";
  }
  return out;
}

char *bundle_print(const struct bundle *b, const struct siw_labels *labels,
                   char out[BUNDLE_TEXT_BYTES])
{
  struct text t = {out, 0, BUNDLE_TEXT_BYTES};
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    char slot[SLOT_TEXT_BYTES];
    slot_print((enum pipe)pipe, &b->slot[pipe], b->coord, labels, slot);
    add(&t, "%s %s", pipe ? " |" : "{", slot);
  }
  add(&t, " }");
  for (int l = 0; l < L_COUNT; l++)
    if (b->loop_ends >> l & 1)
      add(&t, "%s:l%d", l && (b->loop_ends & ((1 << l) - 1)) ? "" : " ", l);
  return out;
}
