/* The tables are checked before they are used: codes, fields, modes, operands. */
#include "isa/isa.h"
#include "tests/harness/harness.h"

#include <ctype.h>
#include <string.h>

T_TEST(table, codes_and_names_are_unique)
{
  for (int i = 0; i < op_table_count; i++) {
    const struct op_info *op = &op_table[i];
    T_CHECK(op_find(op->pipe, op->code) == op);
    for (int j = 0; j < i; j++) {
      T_CHECK(op->pipe != op_table[j].pipe || op->code != op_table[j].code);
      T_CHECK(strcmp(op->name, op_table[j].name) != 0);
    }
  }
  int found = 0;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    for (unsigned code = 0; code < 256; code++)
      found += op_find((enum pipe)pipe, code) != NULL;
  T_EQ(found, op_table_count);
  T_CHECK(op_find(PIPE_D, 256) == NULL);
  T_CHECK(op_find(PIPE_COUNT, 0) == NULL);
}

T_TEST(table, an_empty_slot_is_a_nop)
{
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    const struct op_info *op = op_find((enum pipe)pipe, 0);
    T_REQUIRE(op != NULL);
    T_EQ(op->mnemonic[0], pipe_letter[pipe]);
    T_EQ_STR(op->mnemonic + 1, "NOP");
    T_EQ(op_fields(op), 1u << FIELD_op);
  }
}

T_TEST(table, mnemonics_name_their_pipe_and_operation)
{
  for (int i = 0; i < op_table_count; i++) {
    const struct op_info *op = &op_table[i];
    T_EQ(op->mnemonic[0], pipe_letter[op->pipe]);
    size_t base = strcspn(op->mnemonic, ".");
    T_CHECK(strncmp(op->name, op->mnemonic, base) == 0);
    for (size_t c = 0; c < base; c++)
      T_CHECK(isupper((unsigned char)op->mnemonic[c]) || isdigit((unsigned char)op->mnemonic[c]));
    T_CHECK(op->doc[0]);
    T_CHECK(op->types < 1 << ELEM_COUNT);
  }
}

/* Two forms of one mnemonic must differ where the assembler looks: in the spelling of an operand.
 */
T_TEST(table, forms_of_a_mnemonic_differ_in_spelling)
{
  for (int i = 0; i < op_table_count; i++)
    for (int j = 0; j < i; j++) {
      const struct op_info *a = &op_table[i], *b = &op_table[j];
      if (strcmp(a->mnemonic, b->mnemonic) != 0)
        continue;
      T_EQ(a->pipe, b->pipe);
      bool differ = a->operand_count != b->operand_count;
      for (int k = 0; !differ && k < a->operand_count; k++)
        differ = operand_table[a->operands[k]].spelling != operand_table[b->operands[k]].spelling;
      T_CHECK(differ);
    }
}

/* Every bit of a slot is a field of the row or reserved; no two fields of a row share a bit. */
T_TEST(table, fields_of_a_row_do_not_overlap)
{
  for (int i = 0; i < op_table_count; i++) {
    uint32_t fields = op_fields(&op_table[i]);
    uint8_t owner[96] = {0};
    T_EQ(fields >> FIELD_COUNT, 0);
    for (int f = 0; f < FIELD_COUNT; f++) {
      if (!(fields >> f & 1))
        continue;
      for (int bit = field_table[f].lo; bit < field_table[f].lo + field_table[f].width; bit++) {
        T_REQUIRE(bit < 96);
        if (owner[bit])
          T_FAIL("%s: bit %d belongs to %s and %s", op_table[i].name, bit, field_table[f].name,
                 field_table[owner[bit] - 1].name);
        owner[bit] = (uint8_t)(f + 1);
      }
    }
  }
}

/* siw.c takes 64 bits and then 32: no field may lie across. Each field is used by some row. */
T_TEST(table, fields_are_where_the_encoder_expects_them)
{
  uint32_t used = 0;
  for (int i = 0; i < op_table_count; i++)
    used |= op_fields(&op_table[i]);
  for (int f = 0; f < FIELD_COUNT; f++) {
    T_CHECK(field_table[f].width > 0 && field_table[f].doc[0]);
    T_CHECK((f == FIELD_imm) == (field_table[f].lo + field_table[f].width > 64));
    T_CHECK(used >> f & 1);
  }
  T_EQ(field_table[FIELD_imm].lo, 64);
  T_EQ(field_table[FIELD_imm].width, 32);
}

T_TEST(table, operands_are_used_and_sound)
{
  bool used[OPERAND_COUNT] = {false};
  for (int i = 0; i < op_table_count; i++) {
    T_CHECK(op_table[i].operand_count <= OP_OPERANDS_MAX);
    for (int k = 0; k < op_table[i].operand_count; k++) {
      T_REQUIRE(op_table[i].operands[k] < OPERAND_COUNT);
      used[op_table[i].operands[k]] = true;
    }
  }
  for (int id = 0; id < OPERAND_COUNT; id++) {
    const struct operand_info *o = &operand_table[id];
    if (!used[id])
      T_FAIL("operand %s is in no row", o->name);
    T_CHECK(o->field < FIELD_COUNT);
    T_EQ(o->access == ACCESS_N, o->file == FILE_N);
  }
}

T_TEST(table, an_operation_writes_at_most_one_register)
{
  for (int i = 0; i < op_table_count; i++) {
    int writes = 0;
    for (int k = 0; k < op_table[i].operand_count; k++) {
      enum access access = operand_table[op_table[i].operands[k]].access;
      writes += (access & ACCESS_W) || access == ACCESS_C;
    }
    T_CHECK(writes <= 1);
  }
}

T_TEST(table, modes_of_a_list_have_unique_names_and_values)
{
  for (int i = 0; i < mode_table_count; i++) {
    const struct mode_info *m = &mode_table[i];
    T_EQ_STR(mode_name(m->list, m->value), m->name);
    T_CHECK(m->value < 16);
    for (int j = 0; j < i; j++)
      T_CHECK(m->list != mode_table[j].list ||
              (m->value != mode_table[j].value && strcmp(m->name, mode_table[j].name) != 0));
  }
  T_CHECK(mode_name(MODES_CMP, 8) == NULL);
  T_CHECK(mode_name(MODES_NONE, 0) == NULL);
}

/* Latency classes: what computes lanes on the D-pipe has a result, what has no result is listed. */
T_TEST(table, latency_classes_follow_the_types)
{
  for (int i = 0; i < op_table_count; i++) {
    const struct op_info *op = &op_table[i];
    bool has_f32 = op->types & T_F32, has_other = !op->types || op->types & ~T_F32;
    bool writes_on_d =
        op->pipe == PIPE_D && op->operand_count && operand_table[op->operands[0]].field == FIELD_rd;
    if (writes_on_d && has_f32)
      T_CHECK(op->latency_f32 != LAT_NONE);
    if (writes_on_d && has_other)
      T_CHECK(op->latency != LAT_NONE);
    if (!has_f32 && op->latency_f32 != LAT_NONE)
      T_EQ(op->latency_f32, op->latency);
    T_CHECK(op->pipe == PIPE_D || op->mac == MAC_NO);
  }
}

/* Architecture, section 3: the base set, all of it. */
T_TEST(table, holds_the_published_operations)
{
  static const char *const names[] = {
      "DFMA",   "DADD",    "DSUB",    "DMUL",    "DCMP",     "DRED",    "DSEL",     "DMOV",
      "DNOP",   "DHDENC",  "DHDBIND", "DHDBUND", "DHDPERM",  "DHDSIM",  "DTERNARY", "DTPOP",
      "DTACC",  "SGATHER", "SSCATTR", "SINDEX",  "SDEDUP",   "SPREFCH", "SFLUSH",   "SALLOC",
      "SFREE",  "SNOP",    "SASSOC",  "SROUTE",  "SNEIGHBR", "CPACK",   "CROUTE",   "CSEND",
      "CRECV",  "CBAR",    "CFENCE",  "CREDUCE", "CCAST",    "CNOP",    "CSLICE",   "CFANOUT",
      "CMERGE", "DDOT",    "DTDOT",   "DCVT",    "DPERM",    "DMAX",    "DMIN",     "DEXP2",
      "DRCP",   "DRSQ",    "DBR",     "CSTEP",   "CLOOP",    "CSPAWN",  "CHALT"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    int found = 0;
    for (int i = 0; i < op_table_count; i++)
      found += strcmp(op_table[i].mnemonic, names[n]) == 0;
    if (!found)
      T_FAIL("%s is missing", names[n]);
  }
}
