/* Random legal SIWs: see random_siw.h. */
#include "tests/isa/random_siw.h"

#include <string.h>

uint64_t random64(void)
{
  static uint64_t state = 20260215;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state * UINT64_C(0x2545F4914F6CDD1D);
}

int random_below(int n)
{
  return (int)(random64() % (uint64_t)n);
}

bool row_exists(const struct op_info *op, unsigned dlen)
{
  return strcmp(op->name, "DTDOT") != 0 || dlen >= 128;
}

/* 0 half of the time, else 16 + a lane. */
static int lane(int lanes)
{
  return random_below(2) ? 16 + random_below(lanes) : 0;
}

static int random_type(const struct op_info *op)
{
  int type;
  do
    type = random_below(ELEM_COUNT);
  while (!(op->types >> type & 1));
  return type;
}

static int random_mode(enum mode_list list)
{
  int i;
  do
    i = random_below(mode_table_count);
  while (mode_table[i].list != list);
  return mode_table[i].value;
}

static bool is_float(int type)
{
  return type == ELEM_F32 || type == ELEM_BF16;
}

static void random_conversion(unsigned dlen, struct slot *s)
{
  bool bad;
  do {
    s->type2 = random_below(ELEM_COUNT);
    bad = s->type == s->type2 || (s->type2 == ELEM_T2 && s->type != ELEM_I8) ||
          (s->type == ELEM_T2 && s->type2 != ELEM_I8);
  } while (bad);
  int from = elem_bits[s->type], to = elem_bits[s->type2];
  s->k = random_below(from > to ? from / to : to / from);
  s->scaled = random_below(2);
  s->rs2 = s->scaled ? random_below(16) : 0;
  s->b2 = s->scaled ? lane((int)dlen / 32) : 0;
  s->round = !is_float(s->type2) && (is_float(s->type) || s->scaled) ? random_below(4) : 0;
  s->flag = is_float(s->type2) ? 0 : random_below(2);
}

static void random_operand(enum operand_id id, const struct op_info *op, unsigned dlen,
                           struct slot *s, struct coord *imm)
{
  int lanes = (int)dlen / (op->types ? elem_bits[s->type] : 64);
  int bytes = (int)dlen / 8;
  if (op->mac == MAC_GROUP)
    lanes = (int)dlen / 32;
  switch (id) {
  case OPERAND_RD:
  case OPERAND_RDK:
  case OPERAND_RDC: s->rd = random_below(16); break;
  case OPERAND_PD:
  case OPERAND_PDS: s->rd = random_below(8); break;
  case OPERAND_MD:
  case OPERAND_MDK:
  case OPERAND_LD: s->rd = random_below(4); break;
  case OPERAND_RS1: s->rs1 = random_below(16); break;
  case OPERAND_RS2: s->rs2 = random_below(16); break;
  case OPERAND_RS3: s->rs3 = random_below(16); break;
  case OPERAND_MS: s->rs1 = random_below(4); break;
  case OPERAND_RS1B:
    s->rs1 = random_below(16);
    s->b1 = lane(lanes);
    break;
  case OPERAND_RS2B:
    s->rs2 = random_below(16);
    s->b2 = lane(lanes);
    break;
  case OPERAND_RS3B:
    s->rs3 = random_below(16);
    s->b3 = lane(lanes);
    break;
  case OPERAND_RS1L:
    s->rs1 = random_below(16);
    s->b1 = 16 + random_below(lanes);
    break;
  case OPERAND_RS2L:
    s->rs2 = random_below(16);
    s->b2 = 16 + random_below((int)dlen / 128);
    break;
  case OPERAND_SCALE:
  case OPERAND_PART_K:
  case OPERAND_ROUND:
  case OPERAND_SAT: break; /* random_conversion */
  case OPERAND_IMM:
    s->imm = (int32_t)(uint32_t)random64();
    if (strcmp(op->name, "SALLOC") == 0)
      s->imm = 1 + (s->imm & 0x7ffffff);
    if (strcmp(op->name, "SROUTE") == 0 || strcmp(op->name, "SNEIGHBR") == 0)
      s->imm &= 2047;
    break;
  case OPERAND_AMOUNT: s->k = random_below(64); break;
  case OPERAND_TARGET: s->imm = random_below(1000); break;
  case OPERAND_ZERO:
  case OPERAND_FROMNODE: s->flag = random_below(2); break;
  case OPERAND_COORD:
    s->imc = random_below(2);
    if (s->imc) {
      *imm = (struct coord){random64(), random64() & ~(UINT64_C(1) << 63)};
      if (strcmp(op->name, "SPREFCH") == 0 || strcmp(op->name, "SINDEX") == 0)
        *imm = coord_with_flags(*imm, (unsigned)random64());
    } else {
      s->rs2 = random_below(8);
    }
    break;
  case OPERAND_WIDTH: {
    int room = s->imc ? 64 - (int)coord_offset(*imm) : 64;
    s->width = 1 + random_below(room < bytes ? room : bytes);
    s->at = random_below(bytes - s->width + 1);
    break;
  }
  case OPERAND_AT: break; /* with WIDTH */
  case OPERAND_AXIS:
    s->axis = random_below(13);
    s->flag = s->axis <= 10 ? random_below(2) : 0;
    break;
  case OPERAND_CARRY: break; /* with AXIS */
  case OPERAND_RINDEX:
    s->ri = random_below(2);
    s->rs1 = s->ri ? random_below(16) : 0;
    break;
  case OPERAND_PART: s->part = random_below(dlen == 512 ? 2 : 1); break;
  case OPERAND_NODE: s->peer = random_below(64); break;
  case OPERAND_PEER: s->peer = random_below(16); break;
  case OPERAND_GROUP: s->group = random_below(16); break;
  case OPERAND_ROOT: s->root = random_below(16); break;
  case OPERAND_DIM: s->axis = random_below(11); break;
  case OPERAND_RANGE: {
    int lo = random_below(2048), hi = lo + random_below(2048 - lo);
    s->imm = lo | hi << 16;
    break;
  }
  case OPERAND_ROUNDS:
    s->cnt = random_below(2);
    if (s->cnt)
      s->rs1 = random_below(16);
    else
      s->imm = (int32_t)(random64() & INT32_MAX);
    break;
  case OPERAND_END: s->end = random_below(1 << 24); break;
  case OPERAND_COUNT: break; /* not an operand */
  }
}

void random_slot(const struct op_info *op, unsigned dlen, struct slot *s, struct coord *imm)
{
  memset(s, 0, sizeof *s);
  s->op = op->code;
  if (op->types)
    s->type = random_type(op);
  if (op->modes != MODES_NONE)
    s->mode = random_mode(op->modes);
  for (int i = 0; i < op->operand_count; i++)
    random_operand((enum operand_id)op->operands[i], op, dlen, s, imm);
  if (strcmp(op->name, "DCVT") == 0)
    random_conversion(dlen, s);
}

void random_single(const struct op_info *op, unsigned dlen, struct bundle *b)
{
  memset(b, 0, sizeof *b);
  b->deps = (uint8_t)random64();
  b->loop_ends = (uint8_t)(random64() & 15);
  random_slot(op, dlen, &b->slot[op->pipe], &b->coord);
}

void random_bundle(unsigned dlen, int code_size, struct bundle *b)
{
  bool clash;
  do {
    memset(b, 0, sizeof *b);
    uint32_t written = 0;
    clash = false;
    for (int p = 0; p < PIPE_COUNT; p++) {
      const struct op_info *op;
      do
        op = &op_table[random_below(op_table_count)];
      while (op->pipe != (enum pipe)p || !row_exists(op, dlen) || strcmp(op->name, "CLOOP") == 0);
      struct slot *s = &b->slot[p];
      random_slot(op, dlen, s, &b->coord);
      if (strcmp(op->name, "DBR") == 0 || strcmp(op->name, "CSPAWN") == 0)
        s->imm = random_below(code_size);
      /* Every row writes at most the register in rd, of the file of its first operand. */
      const struct operand_info *first = op->operand_count ? &operand_table[op->operands[0]] : NULL;
      if (first && first->field == FIELD_rd) {
        uint32_t bit = UINT32_C(1) << (first->file == FILE_R   ? s->rd
                                       : first->file == FILE_P ? 16 + s->rd
                                                               : 24 + s->rd);
        clash |= (written & bit) != 0;
        written |= bit;
      }
    }
  } while (clash);
}
