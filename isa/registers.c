/* What an SIW reads and writes, the dependence byte that follows, and what it costs. */
#include "isa/machine.h"
#include "isa/print.h"

#include <string.h>

static const uint8_t file_first[] = {
    [FILE_R] = REG_R, [FILE_P] = REG_P, [FILE_M] = REG_M, [FILE_L] = REG_L};

void slot_registers(enum pipe pipe, const struct slot *s, struct reg_use *use)
{
  memset(use, 0, sizeof *use);
  const struct op_info *op = op_find(pipe, (unsigned)s->op);
  if (!op)
    return;
  for (int i = 0; i < op->operand_count; i++) {
    enum operand_id id = (enum operand_id)op->operands[i];
    const struct operand_info *o = &operand_table[id];
    if (o->file == FILE_N)
      continue;
    int number = slot_get_field(s, o->field);
    bool reads = o->access & ACCESS_R, writes = o->access & ACCESS_W;
    switch (id) {
    case OPERAND_COORD: reads = !s->imc; break;
    case OPERAND_SCALE: reads = s->scaled; break;
    case OPERAND_RINDEX: reads = s->ri; break;
    case OPERAND_ROUNDS:
      reads = s->cnt;
      number = s->rs1; /* its first field is the immediate count */
      break;
    case OPERAND_RDC:
      writes = true;
      reads = elem_bits[s->type2] < elem_bits[s->type];
      break;
    default: break;
    }
    uint8_t reg = (uint8_t)(file_first[o->file] + number);
    if (reads)
      use->read[use->reads++] = reg;
    if (writes)
      use->write[use->writes++] = reg;
  }
}

void bundle_registers(const struct bundle *b, uint32_t *reads, uint32_t *writes)
{
  *reads = *writes = 0;
  for (int p = 0; p < PIPE_COUNT; p++) {
    struct reg_use use;
    slot_registers((enum pipe)p, &b->slot[p], &use);
    for (int i = 0; i < use.reads; i++)
      *reads |= UINT32_C(1) << use.read[i];
    for (int i = 0; i < use.writes; i++)
      *writes |= UINT32_C(1) << use.write[i];
  }
}

uint8_t last_writers(uint32_t wanted, const uint32_t written[SIW_DEPS], size_t k)
{
  uint8_t deps = 0;
  for (size_t back = 1; back <= SIW_DEPS && back <= k && wanted; back++) {
    uint32_t writes = written[(k - back) % SIW_DEPS];
    if (wanted & writes)
      deps |= (uint8_t)(1u << (back - 1));
    wanted &= ~writes; /* an earlier writer is not the last one */
  }
  return deps;
}

uint8_t bundle_deps(const struct bundle *bundles, size_t k)
{
  uint32_t written[SIW_DEPS] = {0}, wanted, unused;
  for (size_t back = 1; back <= SIW_DEPS && back <= k; back++)
    bundle_registers(&bundles[k - back], &unused, &written[(k - back) % SIW_DEPS]);
  bundle_registers(&bundles[k], &wanted, &unused);
  return last_writers(wanted, written, k);
}

void bundle_set_deps(struct bundle *bundles, size_t count)
{
  uint32_t written[SIW_DEPS]; /* by SIW k, at k mod 8 */
  for (size_t k = 0; k < count; k++) {
    uint32_t wanted, writes;
    bundle_registers(&bundles[k], &wanted, &writes);
    bundles[k].deps = last_writers(wanted, written, k);
    written[k % SIW_DEPS] = writes;
  }
}

enum latency_class slot_latency(enum pipe pipe, const struct slot *s)
{
  const struct op_info *op = op_find(pipe, (unsigned)s->op);
  if (!op)
    return LAT_NONE;
  return op->types && s->type == ELEM_F32 ? op->latency_f32 : op->latency;
}

unsigned slot_macs(const struct slot *d, unsigned dlen)
{
  const struct op_info *op = op_find(PIPE_D, (unsigned)d->op);
  if (!op || op->mac == MAC_NO)
    return 0;
  /* One a lane of the weights' type: MAC_GROUP is a group for each 32-bit lane. */
  return dlen / elem_bits[d->type];
}

enum energy slot_energy(const struct slot *d, unsigned dlen, unsigned *events)
{
  static const enum energy of_class[LAT_COUNT] = {
      [LAT_NONE] = ENERGY_COUNT,      [LAT_MOVE] = ENERGY_MOVE,   [LAT_ADD] = ENERGY_ADD,
      [LAT_LOGIC] = ENERGY_LOGIC,     [LAT_MUL] = ENERGY_MUL,     [LAT_PERM] = ENERGY_PERM,
      [LAT_F32] = ENERGY_F32,         [LAT_DOT] = ENERGY_COUNT,   [LAT_CVT] = ENERGY_CVT,
      [LAT_SPECIAL] = ENERGY_SPECIAL, [LAT_RED] = ENERGY_RED,     [LAT_STEP] = ENERGY_COUNT,
      [LAT_PACK] = ENERGY_COUNT,      [LAT_RECV] = ENERGY_COUNT,  [LAT_LOOP] = ENERGY_COUNT,
      [LAT_ASSOC] = ENERGY_COUNT,     [LAT_ALLOC] = ENERGY_COUNT,
  };
  static const enum energy of_type[] = {
      [ELEM_I64] = ENERGY_MAC_I64,   [ELEM_I32] = ENERGY_MAC_I32, [ELEM_F32] = ENERGY_MAC_F32,
      [ELEM_BF16] = ENERGY_MAC_BF16, [ELEM_I8] = ENERGY_MAC_I8,   [ELEM_T2] = ENERGY_MAC_T2};
  *events = slot_macs(d, dlen);
  if (*events)
    return of_type[d->type];
  *events = dlen / 32;
  return of_class[slot_latency(PIPE_D, d)];
}
