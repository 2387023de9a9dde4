/* SIWs as one line of assembler text: what the disassembler prints and traces show.
 *
 *   { DFMA.f32 r1, r2, r3[0], r1 | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 } :l0
 *
 * A slot's text is made of its row in ops.def and of the spelling of each operand in
 * operands.def, so a new row prints without a change here. An empty slot is "-". A type is printed
 * unless it is i64, the default; coordinates in their canonical form; targets as labels where
 * the caller has names for them, else as @number.
 */
#ifndef VTPU_ISA_PRINT_H
#define VTPU_ISA_PRINT_H

#include "isa/isa.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NAME_TEXT_BYTES = 200, SLOT_TEXT_BYTES = 512, BUNDLE_TEXT_BYTES = 1600 };
enum { FLOAT_TEXT_BYTES = 32 };

/* Names for the targets of branches and loops; NULL for a SIW without one. */
struct siw_labels {
  const char *(*name)(const void *context, uint32_t siw);
  const void *context;
};

/* One slot; `imm` is the SIW's immediate coordinate. labels may be NULL. Returns out. */
char *slot_print(enum pipe pipe, const struct slot *s, struct coord imm,
                 const struct siw_labels *labels, char out[SLOT_TEXT_BYTES]);

/* One SIW with its loop-end marks (the dependence byte follows from the code and is not shown). */
char *bundle_print(const struct bundle *b, const struct siw_labels *labels,
                   char out[BUNDLE_TEXT_BYTES]);

/* A name as the assembler reads it back: bare if it is an identifier ([A-Za-z_][A-Za-z0-9_$]*),
 * else in quotes with \" \\ and \xHH. At most 47 bytes are read. */
char *name_print(const char *name, char out[NAME_TEXT_BYTES]);

/* The shortest decimal text that reads back as the same f32, with a point or exponent so that it
 * cannot be taken for an integer; "inf", "-inf", "nan" for the canonical NaN; other NaNs in hex. */
char *f32_print(uint32_t bits, char out[FLOAT_TEXT_BYTES]);

/* --- what assembler and printer must both know about a row --------------------------------- */

/* Length of the word at the start of an operand's sentence in operands.def that spells the operand:
 * the key of KEY, KEYREG and WORD ("at"), the letter of SUFFIX (".c" gives "c"). 0: none. */
size_t operand_key(const struct operand_info *o, const char **key);

/* The field that says whether an optional KEYREG operand is there: its second field where that
 * is one bit, else `scaled` (its second field is then the lane). */
enum field_id operand_presence(const struct operand_info *o);

/* Does the row convert between two types? */
bool op_has_type2(const struct op_info *op);

/* struct slot is one int32_t a field, in the order of enum field_id. */
static inline int32_t slot_get_field(const struct slot *s, enum field_id field)
{
  return ((const int32_t *)s)[field];
}
static inline void slot_set_field(struct slot *s, enum field_id field, int32_t value)
{
  ((int32_t *)s)[field] = value;
}

#ifdef __cplusplus
}
#endif
#endif
