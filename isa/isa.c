/* The tables of the instruction set, made of the .def files, and look-ups in them. */
#include "isa/isa.h"

#include <string.h>

const char pipe_letter[PIPE_COUNT] = {'D', 'S', 'C'};

const char *const elem_names[ELEM_COUNT] = {"i64", "i32", "f32", "bf16", "i8", "t2"};
const uint8_t elem_bits[ELEM_COUNT] = {64, 32, 32, 16, 8, 2};

const char *const rounding_names[4] = {"even", "away", "zero", "floor"};

const struct field_info field_table[FIELD_COUNT] = {
#define FIELD(name, lo, width, doc) {#name, lo, width, doc},
#include "isa/fields.def"
#undef FIELD
};

const struct operand_info operand_table[OPERAND_COUNT] = {
#define OPERAND(name, spelling, file, access, f1, f2, doc)                                         \
  {#name, SPELL_##spelling, FILE_##file, ACCESS_##access, FIELD_##f1, FIELD_##f2, doc},
#include "isa/operands.def"
#undef OPERAND
};

const struct mode_info mode_table[] = {
#define MODE(list, name, value) {MODES_##list, #name, value},
#include "isa/modes.def"
#undef MODE
};
const int mode_table_count = sizeof mode_table / sizeof *mode_table;

/* OPERANDS(RD, RS1) becomes the two members operand_count and operands. Arguments that are not
 * there turn into OPERAND_ or OPERAND_NO, which stand for "none". */
enum { OPERAND_ = OPERAND_COUNT, OPERAND_NO = OPERAND_COUNT };
#define HAS(operand)  ((int)(operand) != (int)OPERAND_COUNT)
#define OPERANDS(...) OPERANDS_6(__VA_ARGS__, NO, NO, NO, NO, NO, NO)
#define OPERANDS_6(a, b, c, d, e, f, ...)                                                          \
  .operand_count = HAS(OPERAND_##a) + HAS(OPERAND_##b) + HAS(OPERAND_##c) + HAS(OPERAND_##d) +     \
                   HAS(OPERAND_##e) + HAS(OPERAND_##f),                                            \
  .operands = {OPERAND_##a, OPERAND_##b, OPERAND_##c, OPERAND_##d, OPERAND_##e, OPERAND_##f}

const struct op_info op_table[] = {
#define OP(opname, opcode, oppipe, text, optypes, lat, latf, macs, modelist, ops, line)            \
  {.name = #opname,                                                                                \
   .mnemonic = text,                                                                               \
   .pipe = PIPE_##oppipe,                                                                          \
   .code = opcode,                                                                                 \
   .types = optypes,                                                                               \
   .latency = LAT_##lat,                                                                           \
   .latency_f32 = LAT_##latf,                                                                      \
   .mac = MAC_##macs,                                                                              \
   .modes = MODES_##modelist,                                                                      \
   ops,                                                                                            \
   .doc = line},
#include "isa/ops.def"
#undef OP
};
const int op_table_count = sizeof op_table / sizeof *op_table;

/* Row number + 1 by pipe and code, 0 = reserved. Two rows with one code do not compile here. */
enum op_row {
#define OP(name, code, pipe, text, types, lat, latf, macs, modes, ops, doc) ROW_##name,
#include "isa/ops.def"
#undef OP
};
static const uint8_t row_of[PIPE_COUNT][256] = {
#define OP(name, code, pipe, text, types, lat, latf, macs, modes, ops, doc)                        \
  [PIPE_##pipe][code] = ROW_##name + 1,
#include "isa/ops.def"
#undef OP
};

const struct op_info *op_find(enum pipe pipe, unsigned code)
{
  if ((unsigned)pipe >= PIPE_COUNT || code > 255 || row_of[pipe][code] == 0)
    return NULL;
  return &op_table[row_of[pipe][code] - 1];
}

const char *mode_name(enum mode_list list, unsigned value)
{
  for (int i = 0; i < mode_table_count; i++)
    if (mode_table[i].list == list && mode_table[i].value == value)
      return mode_table[i].name;
  return NULL;
}

uint32_t op_fields(const struct op_info *op)
{
  uint32_t set = UINT32_C(1) << FIELD_op;
  if (op->types)
    set |= UINT32_C(1) << FIELD_type;
  if (op->modes != MODES_NONE)
    set |= UINT32_C(1) << FIELD_mode;
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    set |= UINT32_C(1) << o->field;
    if (o->field2 != FIELD_none)
      set |= UINT32_C(1) << o->field2;
    /* Operands that need more than two fields. */
    switch (op->operands[i]) {
    case OPERAND_RDC: set |= UINT32_C(1) << FIELD_type2; break;
    case OPERAND_SCALE: set |= UINT32_C(1) << FIELD_scaled; break;
    case OPERAND_ROUNDS: set |= UINT32_C(1) << FIELD_rs1; break;
    default: break;
    }
  }
  return set;
}

_Static_assert((int)FIELD_COUNT <= 32, "op_fields returns a set of 32");
