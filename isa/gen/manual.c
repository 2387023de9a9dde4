/* The reference manual, isa/manual.md. */
#include "isa/gen/generate.h"

#include "isa/machine.h"
#include "isa/print.h"

#include <stdlib.h>
#include <string.h>

static const char *const file_letters = "rpml";
static const char *const class_names[LAT_COUNT] = {
#define LATENCY(name, param, cycles, doc) [LAT_##name] = #name,
#include "isa/latency.def"
#undef LATENCY
};

/* --- syntax of one row -------------------------------------------------------------------------
 */

static void write_operand(FILE *out, const struct operand_info *o, const char *separator)
{
  const char *key = "", *field = field_table[o->field].name;
  int bytes = (int)operand_key(o, &key);
  /* rs1 of an m register is the m register: ms; rd of a p register is pd. */
  char reg[8];
  if (o->file == FILE_R || o->file == FILE_N)
    snprintf(reg, sizeof reg, "%s", field);
  else
    snprintf(reg, sizeof reg, "%c%c", file_letters[o->file], o->access & ACCESS_W ? 'd' : 's');
  switch (o->spelling) {
  case SPELL_REG: fprintf(out, "%s%s", separator, reg); break;
  case SPELL_REGB: fprintf(out, "%s%s([lane])", separator, reg); break;
  case SPELL_REGL: fprintf(out, "%s%s[lane]", separator, reg); break;
  case SPELL_COORD: fprintf(out, "%s[coordinate]", separator); break;
  case SPELL_INT: fprintf(out, "%simmediate", separator); break;
  case SPELL_UINT: fprintf(out, "%s%s", separator, o->field == FIELD_k ? "amount" : field); break;
  case SPELL_KEY: fprintf(out, "(%s%.*s n)", separator, bytes, key); break;
  case SPELL_KEYREG:
    fprintf(out, "(%s%.*s %s%s)", separator, bytes, key, reg,
            operand_presence(o) == o->field2 ? "" : "([lane])");
    break;
  case SPELL_WORD: fprintf(out, "(%s%.*s word)", separator, bytes, key); break;
  case SPELL_AXIS: fprintf(out, "%saxis", separator); break;
  case SPELL_COUNT: fprintf(out, "%scount", separator); break;
  case SPELL_TARGET: fprintf(out, "%slabel", separator); break;
  case SPELL_RANGE: fprintf(out, "%slo, hi", separator); break;
  case SPELL_SUFFIX: break;
  }
}

static void write_syntax(FILE *out, const struct op_info *op)
{
  fprintf(out, "    %s", op->mnemonic);
  if (op->types)
    fprintf(out, op_has_type2(op) ? ".from.to" : op->types & T_I64 ? "(.type)" : ".type");
  if (op->modes != MODES_NONE)
    fprintf(out, ".mode");
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    const char *letter;
    if (o->spelling == SPELL_SUFFIX && operand_key(o, &letter))
      fprintf(out, "(.%c)", *letter);
  }
  const char *separator = " ";
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    if (o->spelling == SPELL_SUFFIX)
      continue;
    write_operand(out, o, separator);
    separator = ", ";
  }
  fprintf(out, "\n\n");
}

/* --- one operation -------------------------------------------------------------------------------
 */

static void write_types(FILE *out, const struct op_info *op)
{
  fprintf(out, "- types:");
  for (int t = 0; t < ELEM_COUNT; t++)
    if (op->types >> t & 1)
      fprintf(out, " %s", elem_names[t]);
  fprintf(out, "\n");
}

static void write_modes(FILE *out, enum mode_list list)
{
  fprintf(out, "- modes:");
  for (int i = 0; i < mode_table_count; i++)
    if (mode_table[i].list == list)
      fprintf(out, " %s (%d)", mode_table[i].name, mode_table[i].value);
  fprintf(out, "\n");
}

static void write_latency(FILE *out, const struct op_info *op)
{
  bool f32 = op->types & T_F32, other = !op->types || op->types & ~T_F32;
  fprintf(out, "- latency class:");
  if (other)
    fprintf(out, " %s", class_names[op->latency]);
  if (f32 && (!other || op->latency_f32 != op->latency))
    fprintf(out, "%s%s", other ? "; f32: " : " ", class_names[op->latency_f32]);
  fprintf(out, "\n");
}

static void write_field(FILE *out, int f, const char *separator)
{
  const struct field_info *info = &field_table[f];
  fprintf(out, "%s`%s` %d", separator, info->name, info->lo + info->width - 1);
  if (info->width > 1)
    fprintf(out, "..%d", info->lo);
}

/* Each operand with its fields, and then the fields that belong to none. */
static void write_operands(FILE *out, const struct op_info *op)
{
  uint32_t left = op_fields(op) & ~(1u << FIELD_op | 1u << FIELD_type | 1u << FIELD_mode);
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    static const char *const access[] = {[ACCESS_N] = "",
                                         [ACCESS_W] = "; written",
                                         [ACCESS_R] = "; read",
                                         [ACCESS_RW] = "; read and written",
                                         [ACCESS_C] = "; written, and read when narrowing"};
    write_field(out, (int)o->field, "- ");
    left &= ~(1u << o->field);
    if (o->field2 != FIELD_none) {
      write_field(out, (int)o->field2, ", ");
      left &= ~(1u << o->field2);
    }
    fprintf(out, ": %s%s\n", o->doc, access[o->access]);
  }
  for (int f = 0; f < FIELD_COUNT; f++)
    if (left >> f & 1) {
      write_field(out, f, "- ");
      fprintf(out, ": %s\n", field_table[f].doc);
    }
}

static void write_op(FILE *out, const struct op_info *op)
{
  fprintf(out, "### %s\n\n", op->name);
  write_syntax(out, op);
  fprintf(out, "%s\n\n", op->doc);
  fprintf(out, "- code: %c 0x%02x\n", pipe_letter[op->pipe], op->code);
  if (op->types)
    write_types(out, op);
  if (op->modes != MODES_NONE)
    write_modes(out, op->modes);
  write_latency(out, op);
  if (op->mac != MAC_NO)
    fprintf(out, "- multiply-accumulates: %s\n",
            op->mac == MAC_LANE ? "one a lane" : "one an element of rs1, DLEN / width of the type");
  write_operands(out, op);
  fprintf(out, "\n");
}

static void write_operations(FILE *out)
{
  static const char *const titles[PIPE_COUNT] = {
      "D-pipe: arithmetic on registers", "S-pipe: memory by coordinate", "C-pipe: coordination"};
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    fprintf(out, "## %s\n\n", titles[pipe]);
    for (int i = 0; i < op_table_count; i++)
      if (op_table[i].pipe == (enum pipe)pipe)
        write_op(out, &op_table[i]);
  }
}

/* --- tables
 * ---------------------------------------------------------------------------------------- */

/* A table's cell: | would end it. */
static void write_cell(FILE *out, const char *text)
{
  fprintf(out, " ");
  for (; *text; text++)
    fprintf(out, *text == '|' ? "\\|" : "%c", *text);
  fprintf(out, " |");
}

static void write_encoding(FILE *out)
{
  fprintf(out,
          "## Encoding\n\n"
          "An SIW has %d bytes, little-endian. Reserved bits are zero; a set one is refused at "
          "load.\n\n"
          "| bytes | content |\n|---|---|\n"
          "| 0 | dependence byte: bit i set iff SIW k-1-i is the last writer of a register that "
          "SIW k reads |\n"
          "| 1 | bits 3..0 loop-end marks of l3..l0, bits 7..4 format version (%d) |\n"
          "| 2..11 | reserved |\n"
          "| 12..23 | D slot |\n| 24..35 | S slot |\n| 36..47 | C slot |\n"
          "| 48..63 | immediate coordinate; zero if no slot uses it |\n\n"
          "### Fields of a slot\n\n"
          "A slot has 96 bits. An operation uses the fields that its entry names, and the fields "
          "`op`, `type` (if it has types) and `mode` (if it has modes); all its other bits are "
          "reserved.\n\n"
          "| field | bits | meaning |\n|---|---|---|\n",
          SIW_BYTES, SIW_VERSION);
  for (int f = 0; f < FIELD_COUNT; f++) {
    const struct field_info *info = &field_table[f];
    fprintf(out, "| `%s` | %d..%d |", info->name, info->lo + info->width - 1, info->lo);
    write_cell(out, info->doc);
    fprintf(out, "\n");
  }
  fprintf(out, "\n### Element types\n\n| type | code | bits |\n|---|---|---|\n");
  for (int t = 0; t < ELEM_COUNT; t++)
    fprintf(out, "| %s | %d | %d |\n", elem_names[t], t, elem_bits[t]);
  fprintf(out,
          "\n`i64` is the default and may be left out. Operations without a type work on bytes, "
          "on bits or on 64-bit lanes, as their sentence says.\n\n");
}

static void write_curves(FILE *out)
{
  fprintf(out,
          "## Coordinates\n\n"
          "A coordinate has %d dimensions of %d bits, D0 in bits 10..0 to D10 in bits 120..110, "
          "and flags in bits 127..121: the byte offset in the cell (5..0) and the wildcard of a "
          "prefetch (6). Axis 0..10 is a dimension, %d (`linear`) walks cells in storage order, "
          "%d (`byte`) counts bytes.\n\n"
          "The linear form of a cell is one integer: the curve index of D0[1:0], D1[1:0], D2[1:0] "
          "(6 bits), then D0[10:2], D1[10:2], D2[10:2], D3, ..., D10. The cells of a page in the "
          "order of each curve, as D2 D1 D0 in base 4:\n\n",
          COORD_DIMS, COORD_DIM_BITS, AXIS_LINEAR, AXIS_BYTE);
  for (int curve = 0; curve < CURVE_COUNT; curve++) {
    fprintf(out, "`%s`\n\n", curve_names[curve]);
    for (int i = 0; i < PAGE_CELLS; i++) {
      int cell = curve_cell[curve][i];
      fprintf(out, "%s%d%d%d", i % 16 ? " " : "    ", cell >> 4, cell >> 2 & 3, cell & 3);
      if (i % 16 == 15)
        fprintf(out, "\n");
    }
    fprintf(out, "\n");
  }
}

static void write_machine(FILE *out)
{
  struct machine presets[8];
  int count = 0;
  for (; machine_presets[count] && count < 8; count++) {
    struct vtpu_error err;
    if (machine_load(machine_presets[count], &presets[count], &err)) {
      fprintf(stderr, "%s\n", err.message);
      exit((int)err.category);
    }
  }
  fprintf(out, "## Machine parameters\n\n"
               "A machine file has lines `name = value [unit]`, comments after `#`, and may begin "
               "with `preset = NAME`.\n\n| parameter |");
  for (int p = 0; p < count; p++)
    fprintf(out, " %s |", machine_presets[p]);
  fprintf(out, " range | meaning |\n|---|---|---|");
  for (int p = 0; p < count; p++)
    fprintf(out, "---|");
  fprintf(out, "\n");
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    char text[PARAM_TEXT_BYTES];
    fprintf(out, "| `%s` |", p->name);
    for (int m = 0; m < count; m++)
      write_cell(out, machine_value_text(&presets[m], p, text));
    if (p->kind == PARAM_WORD) {
      for (int w = 0; p->words[w]; w++)
        fprintf(out, "%s%s", w ? ", " : " ", p->words[w]);
      fprintf(out, " |");
    } else {
      fprintf(out, " %.15g..%.15g |", p->least, p->most);
    }
    write_cell(out, p->doc);
    fprintf(out, "\n");
  }
}

static void write_latencies(FILE *out)
{
  static const struct {
    const char *class, *param, *doc;
    int cycles;
  } rows[] = {
#define LATENCY(name, param, cycles, doc) {#name, param, doc, cycles},
#include "isa/latency.def"
#undef LATENCY
  };
  fprintf(out, "## Latency classes\n\n"
               "An operation issued at t is ready at t + its latency, and can be read by an SIW "
               "that issues then. Results of memory are ready when memory has them.\n\n"
               "| class | cycles (spec) | parameter | of |\n|---|---|---|---|\n");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    fprintf(out, "| %s | %d | %s | %s |\n", rows[i].class, rows[i].cycles, rows[i].param,
            rows[i].doc);
  fprintf(out, "\n");
}

void write_manual(FILE *out)
{
  fprintf(out, "<!-- Generated by isa/gen/ from isa/*.def and isa/presets/ (make generate). -->\n"
               "# vTPU reference manual\n\n"
               "An SIW holds one operation for each of three pipes; in text:\n\n"
               "    { DFMA.f32 r1, r2, r3[0], r1 | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 }\n\n"
               "All slots read their operands before any of them writes; two slots of one SIW that "
               "write one register are an error. In the syntax lines below, what stands in round "
               "brackets may be left out.\n\n");
  write_encoding(out);
  write_operations(out);
  write_latencies(out);
  write_curves(out);
  write_machine(out);
}
