/* Reading the kernels' intermediate form, operation by operation: see ir.h. */
#include "asm/lower/ir.h"

/* struct slot is one int32_t a field, in the order of enum field_id. */
_Static_assert(sizeof(struct slot) == FIELD_COUNT * sizeof(int32_t), "a slot is its fields");

int32_t *slot_field(struct slot *s, enum field_id field)
{
  return (int32_t *)s + field;
}

static int32_t field_of(const struct slot *s, enum field_id field)
{
  return ((const int32_t *)s)[field];
}

/* Is an optional register operand there? */
static bool present(const struct ir_op *op, const struct operand_info *o)
{
  switch (o->spelling) {
  case SPELL_COORD: return !op->s.imc;
  case SPELL_COUNT: return op->s.cnt;
  case SPELL_KEYREG: return o->field2 == FIELD_ri ? op->s.ri : op->s.scaled;
  default: return true;
  }
}

int ir_uses(const struct ir_op *op, struct ir_use out[IR_USES_MAX])
{
  const struct op_info *info = op_find(op->pipe, (unsigned)op->s.op);
  int count = 0;
  for (int i = 0; info && i < info->operand_count; i++) {
    const struct operand_info *o = &operand_table[info->operands[i]];
    if ((o->file != FILE_R && o->file != FILE_P) || o->access == ACCESS_N || !present(op, o))
      continue;
    bool receives = o->access == ACCESS_RW && op->fresh;
    bool narrows =
        o->access == ACCESS_C && !op->fresh && elem_bits[op->s.type2] < elem_bits[op->s.type];
    enum field_id field = o->spelling == SPELL_COUNT ? FIELD_rs1 : o->field;
    out[count++] = (struct ir_use){
        .field = field,
        .reg = field_of(&op->s, field),
        .file = o->file,
        .read = ((o->access & ACCESS_R) && !receives) || narrows,
        .written = (o->access & ACCESS_W) || o->access == ACCESS_C,
    };
  }
  return count;
}

bool ir_is_store(const struct ir_op *op)
{
  return op->pipe == PIPE_S && (op->s.op == OP_SSCATTR || op->s.op == OP_SPREFCH);
}
bool ir_is_message(const struct ir_op *op)
{
  return op->space == IR_MESSAGES;
}
bool ir_is_ordered(const struct ir_op *op)
{
  return ir_is_store(op) || ir_is_message(op);
}
bool ir_is_load(const struct ir_op *op)
{
  return op->pipe == PIPE_S && op->s.op == OP_SGATHER;
}

bool ir_is_terminator(const struct ir_op *op)
{
  if (op->pipe == PIPE_D)
    return op->s.op == OP_DBR;
  return op->pipe == PIPE_C && (op->s.op == OP_CLOOP || op->s.op == OP_CBAR ||
                                op->s.op == OP_CFENCE || op->s.op == OP_CHALT);
}

void ir_spans(const struct ir *ir, struct ir_span *out)
{
  for (int v = 0; v < ir->file_count; v++)
    out[v] = (struct ir_span){IR_NONE, IR_NONE, false};
  for (int b = 0; b < ir->block_count; b++) {
    for (int i = 0; i < ir->blocks[b].count; i++) {
      struct ir_use use[IR_USES_MAX];
      int uses = ir_uses(&ir->ops[ir->blocks[b].first + i], use);
      for (int u = 0; u < uses; u++) {
        struct ir_span *span = &out[use[u].reg];
        if (span->first == IR_NONE)
          span->first = b;
        if (b > span->last) {
          span->last = b;
          span->whole = false;
        }
        for (int l = ir->blocks[b].loop; l != IR_NONE; l = ir->loops[l].parent)
          if (span->first < ir->loops[l].first && span->last <= ir->loops[l].last) {
            span->last = ir->loops[l].last;
            span->whole = true;
          }
      }
    }
  }
}
