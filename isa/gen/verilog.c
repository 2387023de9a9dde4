/* Constants for the Verilog, rtl/gen/isa.vh: macros, so that a module may use any few of them. */
#include "isa/gen/generate.h"

#include "isa/machine.h"
#include "isa/object.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_BITS = 96, NAME_BYTES = 64 };

/* "SGATHER" from "SGATHER", "I64" from "i64". */
static const char *upper(const char *text, char out[NAME_BYTES])
{
  size_t n = 0;
  for (; text[n] && n < NAME_BYTES - 1; n++)
    out[n] = (char)toupper((unsigned char)text[n]);
  out[n] = '\0';
  return out;
}

static void section(FILE *out, const char *title)
{
  fprintf(out, "\n// %s\n", title);
}

static void write_layout(FILE *out)
{
  section(out,
          "The SIW: part selects of its 512 bits (isa.h), and of a slot's 96 bits (fields.def)");
  fprintf(out,
          "`define SIW_BITS %d\n`define SIW_VERSION 4'd%d\n`define SLOT_BITS %d\n"
          "`define SIW_DEPS 7:0\n`define SIW_LOOP_ENDS 11:8\n`define SIW_VERSION_FIELD 15:12\n"
          "`define SIW_RESERVED 95:16\n`define SIW_D_SLOT 191:96\n`define SIW_S_SLOT 287:192\n"
          "`define SIW_C_SLOT 383:288\n`define SIW_COORD 511:384\n",
          8 * SIW_BYTES, SIW_VERSION, SLOT_BITS);
  for (int f = 0; f < FIELD_COUNT; f++) {
    char name[NAME_BYTES];
    const struct field_info *info = &field_table[f];
    fprintf(out, "`define FIELD_%s %d:%d\n", upper(info->name, name), info->lo + info->width - 1,
            info->lo);
  }
  section(out, "Registers");
  fprintf(out, "`define R_COUNT %d\n`define P_COUNT %d\n`define M_COUNT %d\n`define L_COUNT %d\n",
          R_COUNT, P_COUNT, M_COUNT, L_COUNT);
}

static void write_words(FILE *out)
{
  char a[NAME_BYTES];
  section(out, "Element types");
  for (int t = 0; t < ELEM_COUNT; t++)
    fprintf(out, "`define TYPE_%s 3'd%d\n", upper(elem_names[t], a), t);
  section(out, "Rounding of conversions");
  for (int r = 0; r < 4; r++)
    fprintf(out, "`define ROUND_%s 2'd%d\n", upper(rounding_names[r], a), r);
  section(out, "Modes");
  static const struct {
    const char *list, *name;
    int value;
  } modes[] = {
#define MODE(list, name, value) {#list, #name, value},
#include "isa/modes.def"
#undef MODE
  };
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    fprintf(out, "`define MODE_%s_%s 4'd%d\n", modes[i].list, upper(modes[i].name, a),
            modes[i].value);
}

/* The bits that a row uses, as a mask of the slot: all others must be 0. */
static void write_used_bits(FILE *out, const struct op_info *op)
{
  uint8_t bytes[SLOT_BITS / 8] = {0};
  uint32_t fields = op_fields(op);
  for (int f = 0; f < FIELD_COUNT; f++)
    if (fields >> f & 1)
      for (int bit = field_table[f].lo; bit < field_table[f].lo + field_table[f].width; bit++)
        bytes[bit / 8] |= (uint8_t)(1u << bit % 8);
  fprintf(out, "`define USED_%s 96'h", op->name);
  for (int i = SLOT_BITS / 8 - 1; i >= 0; i--)
    fprintf(out, "%02x", bytes[i]);
  fprintf(out, "\n");
}

static void write_operations(FILE *out)
{
  static const char *const classes[LAT_COUNT] = {
#define LATENCY(name, param, cycles, doc) [LAT_##name] = #name,
#include "isa/latency.def"
#undef LATENCY
  };
  section(out, "Latency classes: number, and cycles of the preset spec (latency.def)");
#define LATENCY(name, param, cycles, doc)                                                          \
  fprintf(out, "`define CLASS_%s 5'd%d\n`define LATENCY_%s %d\n", classes[LAT_##name],             \
          LAT_##name, classes[LAT_##name], cycles);
#include "isa/latency.def"
#undef LATENCY
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    fprintf(out,
            "\n// %c-pipe: code, set of types, used bits of the slot, latency of integer types and "
            "of f32\n",
            pipe_letter[pipe]);
    for (int i = 0; i < op_table_count; i++) {
      const struct op_info *op = &op_table[i];
      if (op->pipe != (enum pipe)pipe)
        continue;
      fprintf(out, "`define OP_%s 8'h%02x\n`define TYPES_%s 6'b", op->name, op->code, op->name);
      for (int t = ELEM_COUNT - 1; t >= 0; t--)
        fprintf(out, "%d", op->types >> t & 1);
      fprintf(out, "\n");
      write_used_bits(out, op);
      fprintf(out, "`define LATENCY_OF_%s `LATENCY_%s\n", op->name, classes[op->latency]);
      fprintf(out, "`define LATENCY_OF_%s_F32 `LATENCY_%s\n", op->name, classes[op->latency_f32]);
    }
  }
}

static void write_table(FILE *out, const char *curve, const char *what,
                        const uint8_t table[PAGE_CELLS])
{
  char name[NAME_BYTES];
  fprintf(out, "`define CURVE_%s_%s 384'h", upper(curve, name), what);
  /* Two entries of 6 bits are three hexadecimal digits. */
  for (int i = PAGE_CELLS - 2; i >= 0; i -= 2)
    fprintf(out, "%03x", table[i + 1] << 6 | table[i]);
  fprintf(out, "\n");
}

static void write_coordinates(FILE *out)
{
  section(out, "Coordinates (coord.h)");
  fprintf(out,
          "`define COORD_DIMS %d\n`define COORD_DIM_BITS %d\n`define COORD_OFFSET 126:121\n"
          "`define COORD_WILDCARD 127\n`define AXIS_LINEAR 4'd%d\n`define AXIS_BYTE 4'd%d\n",
          COORD_DIMS, COORD_DIM_BITS, AXIS_LINEAR, AXIS_BYTE);
  for (int d = 0; d < COORD_DIMS; d++)
    fprintf(out, "`define COORD_D%d %d:%d\n", d, 11 * d + 10, 11 * d);
  section(out,
          "Curves: 64 entries of 6 bits, entry i from bit 6 i. INDEX of {D2, D1, D0}[1:0], and "
          "back: CELL");
  for (int c = 0; c < CURVE_COUNT; c++) {
    char name[NAME_BYTES];
    fprintf(out, "`define CURVE_%s 2'd%d\n", upper(curve_names[c], name), c);
    write_table(out, curve_names[c], "INDEX", curve_index[c]);
    write_table(out, curve_names[c], "CELL", curve_cell[c]);
  }
}

static void write_machine(FILE *out)
{
  struct machine spec;
  struct vtpu_error err;
  if (machine_load("spec", &spec, &err)) {
    fprintf(stderr, "%s\n", err.message);
    exit((int)err.category);
  }
  section(out, "The machine of the preset spec: its whole numbers and words (machine.def)");
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    if (p->kind == PARAM_REAL || strncmp(p->name, "latency_", 8) == 0)
      continue;
    char name[NAME_BYTES];
    int64_t value;
    memcpy(&value, (const char *)&spec + p->offset, sizeof value);
    if (value > INT32_MAX)
      fprintf(out, "`define SPEC_%s 64'd%lld\n", upper(p->name, name), (long long)value);
    else
      fprintf(out, "`define SPEC_%s %lld\n", upper(p->name, name), (long long)value);
  }
}

static void write_stalls(FILE *out)
{
  static const char *const names[] = {
#define STALL(name, key, doc) #name,
#include "isa/stalls.def"
#undef STALL
  };
  section(out, "Causes of the cycle stack (stalls.def)");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    fprintf(out, "`define STALL_%s 5'd%zu\n", names[i], i);
}

static void write_regions(FILE *out)
{
  section(out, "Kinds of regions (object.h)");
  for (int k = 0; k < REGION_KIND_COUNT; k++) {
    char name[NAME_BYTES];
    fprintf(out, "`define REGION_%s 2'd%d\n", upper(region_kind_names[k], name), k);
  }
}

static void write_faults(FILE *out)
{
  section(out, "Faults of a running program (faults.def)");
#define FAULT(name, code, words, doc) fprintf(out, "`define FAULT_%s 4'd%d\n", #name, code);
#include "isa/faults.def"
#undef FAULT
}

void write_verilog(FILE *out)
{
  fprintf(out, "// Generated by isa/gen/ from isa/*.def (make generate).\n"
               "`ifndef VTPU_ISA_VH\n`define VTPU_ISA_VH\n");
  write_layout(out);
  write_words(out);
  write_operations(out);
  write_coordinates(out);
  write_regions(out);
  write_machine(out);
  write_stalls(out);
  write_faults(out);
  fprintf(out, "\n`endif\n");
}
