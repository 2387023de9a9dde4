/* The instruction set: tables made of the .def files, and the SIW in its three forms.
 *
 *   struct siw    64 bytes as in memory and in object files
 *   struct bundle the same, decoded into named fields
 *   text          asm/ (assembler and disassembler)
 *
 * SIW layout, little-endian bytes (architecture, section 2):
 *
 *   byte 0      dependence byte
 *   byte 1      bits 3..0 loop-end marks of l3..l0, bits 7..4 format version (1)
 *   2..11       reserved, zero
 *   12..23      D slot    24..35  S slot    36..47  C slot (fields: isa/fields.def)
 *   48..63      immediate coordinate
 */
#ifndef VTPU_ISA_ISA_H
#define VTPU_ISA_ISA_H

#include "isa/coord.h"
#include "isa/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SIW_BYTES = 64, SIW_VERSION = 1, SIW_DEPS = 8 };
enum { R_COUNT = 16, P_COUNT = 8, M_COUNT = 4, L_COUNT = 4 };
enum { R_BYTES_MAX = 64, M_BYTES = 32, DLEN_MAX = 512 };
enum { GROUP_COUNT = 16, MESSAGE_QUEUE = 8, SENTRONS_PER_NODE_MAX = 16 };

enum pipe { PIPE_D, PIPE_S, PIPE_C, PIPE_COUNT };
extern const char pipe_letter[PIPE_COUNT];

/* Element types, as encoded. */
enum elem { ELEM_I64, ELEM_I32, ELEM_F32, ELEM_BF16, ELEM_I8, ELEM_T2, ELEM_COUNT };
extern const char *const elem_names[ELEM_COUNT];
extern const uint8_t elem_bits[ELEM_COUNT]; /* 64 32 32 16 8 2 */

enum { /* sets of types in ops.def */
  T_I64 = 1 << ELEM_I64,
  T_I32 = 1 << ELEM_I32,
  T_F32 = 1 << ELEM_F32,
  T_BF16 = 1 << ELEM_BF16,
  T_I8 = 1 << ELEM_I8,
  T_T2 = 1 << ELEM_T2,
};

enum latency_class {
#define LATENCY(name, param, cycles, doc) LAT_##name,
#include "isa/latency.def"
#undef LATENCY
  LAT_COUNT
};

enum mac_kind { MAC_NO, MAC_LANE, MAC_GROUP };

enum rounding { ROUND_EVEN, ROUND_AWAY, ROUND_ZERO, ROUND_FLOOR };
extern const char *const rounding_names[4];

/* --- operands ------------------------------------------------------------------------------ */

enum field_id {
#define FIELD(name, lo, width, doc) FIELD_##name,
#include "isa/fields.def"
#undef FIELD
  FIELD_COUNT,
  FIELD_none = FIELD_COUNT
};

struct field_info {
  const char *name;
  uint8_t lo, width;
  const char *doc;
};
extern const struct field_info field_table[FIELD_COUNT];

enum spelling {
  SPELL_REG, SPELL_REGB, SPELL_REGL, SPELL_COORD, SPELL_INT, SPELL_UINT, SPELL_KEY, SPELL_KEYREG,
  SPELL_WORD, SPELL_AXIS, SPELL_COUNT, SPELL_TARGET, SPELL_RANGE, SPELL_SUFFIX
};
enum reg_file { FILE_R, FILE_P, FILE_M, FILE_L, FILE_N };
enum access { ACCESS_W = 1, ACCESS_R = 2, ACCESS_RW = 3, ACCESS_C = 4, ACCESS_N = 0 };

enum operand_id {
#define OPERAND(name, spelling, file, access, f1, f2, doc) OPERAND_##name,
#include "isa/operands.def"
#undef OPERAND
  OPERAND_COUNT
};

struct operand_info {
  const char *name;
  enum spelling spelling;
  enum reg_file file;
  enum access access;
  enum field_id field, field2; /* FIELD_none if unused */
  const char *doc;
};
extern const struct operand_info operand_table[OPERAND_COUNT];

/* --- modes --------------------------------------------------------------------------------- */

enum mode_list { MODES_NONE, MODES_CMP, MODES_RED, MODES_DEDUP, MODES_HINT, MODES_KIND,
                 MODES_MATCH, MODES_SCOPE, MODES_MERGE };
enum mode_value {
#define MODE(list, name, value) list##_##name = value,
#include "isa/modes.def"
#undef MODE
};
struct mode_info {
  enum mode_list list;
  const char *name;
  uint8_t value;
};
extern const struct mode_info mode_table[];
extern const int mode_table_count;
/* Name of a mode, NULL if the list has no such value. */
const char *mode_name(enum mode_list list, unsigned value);

/* --- operations ---------------------------------------------------------------------------- */

enum { OP_OPERANDS_MAX = 6 };

/* Codes are unique within a pipe; OP_DADD is the code of DADD. */
enum op_code {
#define OP(name, code, pipe, mnemonic, types, lat, latf, mac, modes, operands, doc)                \
  OP_##name = code,
#include "isa/ops.def"
#undef OP
};

struct op_info {
  const char *name;     /* "DMOVI" */
  const char *mnemonic; /* "DMOV" */
  enum pipe pipe;
  uint8_t code;
  uint8_t types; /* set of T_*, 0 = untyped */
  enum latency_class latency, latency_f32;
  enum mac_kind mac;
  enum mode_list modes;
  uint8_t operand_count;
  uint8_t operands[OP_OPERANDS_MAX]; /* enum operand_id */
  const char *doc;
};
extern const struct op_info op_table[];
extern const int op_table_count;
/* The row of a code, or NULL if the code is reserved. */
const struct op_info *op_find(enum pipe pipe, unsigned code);
/* The fields that a row uses, bit i = enum field_id i; all other bits of its slot are zero. */
uint32_t op_fields(const struct op_info *op);

/* --- SIW ----------------------------------------------------------------------------------- */

struct siw {
  uint8_t bytes[SIW_BYTES];
};

struct slot {
  /* One member a field; imm is signed. */
#define FIELD(name, lo, width, doc) int32_t name;
#include "isa/fields.def"
#undef FIELD
};

struct bundle {
  uint8_t deps;      /* dependence byte */
  uint8_t loop_ends; /* bit i: last SIW of a body of loop register li */
  struct slot slot[PIPE_COUNT];
  struct coord coord; /* immediate coordinate; all zero if no slot uses it */
};

/* Encodes; fields that the row does not use must be zero (VTPU_BUG otherwise). */
int siw_encode(const struct bundle *b, struct siw *out, struct vtpu_error *err);

/* Decodes and checks one SIW by itself: reserved bits, codes, types, modes, lane and part numbers
 * against DLEN, widths inside a cell and register, two slots that write one register, an
 * immediate coordinate that nobody uses. VTPU_INPUT with "D slot: ..." but no address. */
int siw_decode(const struct siw *in, unsigned dlen, struct bundle *out, struct vtpu_error *err);

/* The registers that one slot reads and writes, in operand order (reads before writes), as
 * indices of one scoreboard: r0..r15 = 0..15, p0..p7 = 16..23, m0..m3 = 24..27, l0..l3 = 28..31. */
enum { REG_R = 0, REG_P = 16, REG_M = 24, REG_L = 28, REG_COUNT = 32 };
struct reg_use {
  uint8_t reads, writes;
  uint8_t read[4], write[2];
};
void slot_registers(enum pipe pipe, const struct slot *s, struct reg_use *use);
/* Unions over the three slots as bit sets over the scoreboard. */
void bundle_registers(const struct bundle *b, uint32_t *reads, uint32_t *writes);

/* Bit i set iff SIW k-1-i (in address order) is the last writer of a register that SIW k reads.
 * bundles: [count]; writes bundles[k].deps. */
void bundle_set_deps(struct bundle *bundles, size_t count);
/* The byte that SIW k should carry, from it and the up to 8 SIWs before it. */
uint8_t bundle_deps(const struct bundle *bundles, size_t k);
/* The same for one that walks: SIW k reads the registers `wanted`, SIW i wrote written[i mod 8]. */
uint8_t last_writers(uint32_t wanted, const uint32_t written[SIW_DEPS], size_t k);

/* Result latency class of a D slot (depends on the type), or of any other slot. */
enum latency_class slot_latency(enum pipe pipe, const struct slot *s);
/* Multiply-accumulates of a D slot at this DLEN. */
unsigned slot_macs(const struct slot *d, unsigned dlen);

#ifdef __cplusplus
}
#endif
#endif
