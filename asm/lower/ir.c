/* Building the kernels' intermediate form: see ir.h. */
#include "asm/lower/ir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cycles of a latency class on the default machine; others are interlocked by the hardware. */
static const int default_latency[LAT_COUNT] = {
#define LATENCY(name, param, cycles, doc) [LAT_##name] = cycles,
#include "isa/latency.def"
#undef LATENCY
};

enum { UNKNOWN_ROUNDS = 8 }; /* estimate for loops whose count is in a register */

static void broken(struct ir *ir, const char *why)
{
  if (!ir->broken)
    ir->why = why;
  ir->broken = true;
}

/* Room for one more item of an array that doubles; false when memory is out. */
static bool room(struct ir *ir, void **items, int *have, int count, size_t bytes)
{
  if (count < *have)
    return true;
  int more = *have ? 2 * *have : 64;
  void *bigger = realloc(*items, (size_t)more * bytes);
  if (!bigger) {
    broken(ir, "out of memory");
    return false;
  }
  *items = bigger;
  *have = more;
  return true;
}

#define ROOM(ir, items, count, have)                                                               \
  room(ir, (void **)&(ir)->items, &(ir)->have, (ir)->count, sizeof *(ir)->items)

void ir_init(struct ir *ir, unsigned dlen)
{
  memset(ir, 0, sizeof *ir);
  ir->dlen = dlen;
}

void ir_free(struct ir *ir)
{
  free(ir->ops);
  free(ir->blocks);
  free(ir->loops);
  free(ir->files);
  free(ir->marks);
  ir_init(ir, ir->dlen);
}

/* Begins a block with the mark that holds now, unless the open one is still empty. */
static void open_block(struct ir *ir)
{
  int mark = ir->block_count ? ir->blocks[ir->block_count - 1].mark : 0;
  if (!ROOM(ir, blocks, block_count, block_room))
    return;
  ir->blocks[ir->block_count++] = (struct ir_block){
      .first = ir->op_count, .loop = ir->open_loop, .opens = IR_NONE, .mark = mark};
}

void ir_mark(struct ir *ir, const char *name)
{
  if (!ROOM(ir, marks, mark_count, mark_room))
    return;
  snprintf(ir->marks[ir->mark_count++], sizeof *ir->marks, "%s", name);
  struct ir_block *b = ir->block_count ? &ir->blocks[ir->block_count - 1] : NULL;
  if (!b || b->count)
    open_block(ir);
  if (ir->block_count)
    ir->blocks[ir->block_count - 1].mark = ir->mark_count - 1;
}

void ir_reset(struct ir *ir, const char *mark)
{
  ir->op_count = ir->block_count = ir->loop_count = ir->file_count = ir->mark_count = 0;
  ir->open_loop = IR_NONE;
  ir->broken = false;
  ir->why = NULL;
  ir_mark(ir, mark);
}

int ir_check(const struct ir *ir, struct vtpu_error *err)
{
  if (!ir->broken && ir->open_loop == IR_NONE)
    return 0;
  const char *why = ir->broken ? ir->why : "a loop is left open";
  return vtpu_fail(err, strcmp(why, "out of memory") == 0 ? VTPU_SYSTEM : VTPU_BUG,
                   "lowering: kernel %s: %s", ir->mark_count ? ir->marks[0] : "?", why);
}

static int new_register(struct ir *ir, enum reg_file file)
{
  if (!ROOM(ir, files, file_count, file_room))
    return 0;
  ir->files[ir->file_count] = file;
  return ir->file_count++;
}

int ir_r(struct ir *ir)
{
  return new_register(ir, FILE_R);
}
int ir_p(struct ir *ir)
{
  return new_register(ir, FILE_P);
}

static struct ir_op *add(struct ir *ir, enum pipe pipe, int op, enum elem type)
{
  static struct ir_op nowhere; /* takes the writes of a builder after memory ran out */
  if (!ROOM(ir, ops, op_count, op_room) || ir->block_count == 0) {
    broken(ir, "an operation before any block");
    return &nowhere;
  }
  struct ir_op *o = &ir->ops[ir->op_count++];
  ir->blocks[ir->block_count - 1].count++;
  *o = (struct ir_op){.pipe = pipe, .label = IR_NONE, .space = IR_NONE, .origin = IR_NONE};
  o->s.op = op;
  o->s.type = (int32_t)type;
  return o;
}

/* The scheduler's latency of an operation that is not a gather. */
static void set_latency(struct ir_op *o)
{
  o->latency = default_latency[slot_latency(o->pipe, &o->s)];
}

/* --- D-pipe --------------------------------------------------------------------------------------
 */

int ir_d_to(struct ir *ir, int rd, int op, enum elem type, const struct ir_src *src, int sources)
{
  struct ir_op *o = add(ir, PIPE_D, op, type);
  int32_t *reg[3] = {&o->s.rs1, &o->s.rs2, &o->s.rs3};
  int32_t *broadcast[3] = {&o->s.b1, &o->s.b2, &o->s.b3};
  o->s.rd = rd;
  for (int i = 0; i < sources; i++) {
    *reg[i] = src[i].reg;
    if (src[i].lane != IR_NONE)
      *broadcast[i] = 16 + src[i].lane;
  }
  set_latency(o);
  return rd;
}

void ir_d1_to(struct ir *ir, int rd, int op, enum elem type, struct ir_src a)
{
  ir_d_to(ir, rd, op, type, &a, 1);
}

void ir_d2_to(struct ir *ir, int rd, int op, enum elem type, struct ir_src a, struct ir_src b)
{
  ir_d_to(ir, rd, op, type, (struct ir_src[]){a, b}, 2);
}

void ir_d3_to(struct ir *ir, int rd, int op, enum elem type, struct ir_src a, struct ir_src b,
              struct ir_src c)
{
  ir_d_to(ir, rd, op, type, (struct ir_src[]){a, b, c}, 3);
}

int ir_d1(struct ir *ir, int op, enum elem type, struct ir_src a)
{
  return ir_d_to(ir, ir_r(ir), op, type, &a, 1);
}

int ir_d2(struct ir *ir, int op, enum elem type, struct ir_src a, struct ir_src b)
{
  return ir_d_to(ir, ir_r(ir), op, type, (struct ir_src[]){a, b}, 2);
}

int ir_d3(struct ir *ir, int op, enum elem type, struct ir_src a, struct ir_src b, struct ir_src c)
{
  return ir_d_to(ir, ir_r(ir), op, type, (struct ir_src[]){a, b, c}, 3);
}

int ir_compare(struct ir *ir, enum mode_value mode, enum elem type, struct ir_src a,
               struct ir_src b)
{
  int rd = ir_d2(ir, OP_DCMP, type, a, b);
  if (!ir->broken)
    ir->ops[ir->op_count - 1].s.mode = (int32_t)mode;
  return rd;
}

int ir_reduce(struct ir *ir, enum mode_value mode, enum elem type, int rs)
{
  int rd = ir_d1(ir, OP_DRED, type, all(rs));
  if (!ir->broken)
    ir->ops[ir->op_count - 1].s.mode = (int32_t)mode;
  return rd;
}

void ir_convert_to(struct ir *ir, int rd, enum elem from, enum elem to, int rs, int part,
                   struct ir_src scale)
{
  struct ir_op *o = add(ir, PIPE_D, OP_DCVT, from);
  o->s.rd = rd;
  o->s.rs1 = rs;
  o->s.type2 = (int32_t)to;
  o->s.k = part;
  if (scale.reg != IR_NONE) {
    o->s.scaled = 1;
    o->s.rs2 = scale.reg;
    o->s.b2 = scale.lane == IR_NONE ? 0 : 16 + scale.lane;
  }
  if (to == ELEM_I8) {
    o->s.round = ROUND_AWAY;
    o->s.flag = 1;
  }
  set_latency(o);
}

int ir_convert(struct ir *ir, enum elem from, enum elem to, int rs, int part, struct ir_src scale)
{
  int rd = ir_r(ir);
  ir_convert_to(ir, rd, from, to, rs, part, scale);
  if (!ir->broken)
    ir->ops[ir->op_count - 1].fresh = true;
  return rd;
}

void ir_constant_to(struct ir *ir, int rd, enum elem type, int32_t bits)
{
  struct ir_op *o = add(ir, PIPE_D, OP_DMOVI, type);
  o->s.rd = rd;
  o->s.imm = bits;
  set_latency(o);
}

int ir_constant(struct ir *ir, enum elem type, int32_t bits)
{
  int rd = ir_r(ir);
  ir_constant_to(ir, rd, type, bits);
  return rd;
}

int ir_constant_f32(struct ir *ir, float value)
{
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return ir_constant(ir, ELEM_F32, bits);
}

/* --- S-pipe --------------------------------------------------------------------------------------
 */

static void set_space(struct ir *ir, struct ir_op *o, int space)
{
  if (space < 0 || space >= IR_SPACES)
    broken(ir, "a space beyond the last");
  o->space = space;
}

static void set_address(struct ir_op *o, struct ir_address a)
{
  o->s.imc = a.reg == IR_NONE;
  o->s.rs2 = a.reg == IR_NONE ? 0 : a.reg;
  o->coord = a.coord;
}

void ir_gather_to(struct ir *ir, int rd, struct ir_address a, int width, int at, int space,
                  int latency)
{
  struct ir_op *o = add(ir, PIPE_S, OP_SGATHER, 0);
  o->s.rd = rd;
  set_address(o, a);
  o->s.width = width;
  o->s.at = at;
  set_space(ir, o, space);
  o->latency = latency;
}

int ir_gather(struct ir *ir, struct ir_address a, int width, int at, int space, int latency)
{
  int rd = ir_r(ir);
  ir_gather_to(ir, rd, a, width, at, space, latency);
  return rd;
}

void ir_scatter(struct ir *ir, struct ir_address a, int rs, int width, int at, int space)
{
  struct ir_op *o = add(ir, PIPE_S, OP_SSCATTR, 0);
  o->s.rs1 = rs;
  set_address(o, a);
  o->s.width = width;
  o->s.at = at;
  set_space(ir, o, space);
  o->latency = 1;
}

void ir_prefetch(struct ir *ir, struct ir_address a, int space)
{
  struct ir_op *o = add(ir, PIPE_S, OP_SPREFCH, 0);
  set_address(o, a);
  o->s.mode = HINT_l2;
  set_space(ir, o, space);
  o->latency = 1;
}

void ir_index_to(struct ir *ir, int pd, struct ir_address base, unsigned axis, int32_t imm,
                 int index)
{
  struct ir_op *o = add(ir, PIPE_S, OP_SINDEX, 0);
  o->s.rd = pd;
  set_address(o, base);
  o->s.axis = (int32_t)axis;
  o->s.imm = imm;
  o->s.ri = index != IR_NONE;
  o->s.rs1 = index != IR_NONE ? index : 0;
  set_latency(o);
}

int ir_index(struct ir *ir, struct ir_address base, unsigned axis, int32_t imm, int index)
{
  int pd = ir_p(ir);
  ir_index_to(ir, pd, base, axis, imm, index);
  return pd;
}

/* --- C-pipe and control --------------------------------------------------------------------------
 */

void ir_step(struct ir *ir, int p, unsigned axis, int32_t imm)
{
  struct ir_op *o = add(ir, PIPE_C, OP_CSTEP, 0);
  o->s.rd = p;
  o->s.axis = (int32_t)axis;
  o->s.imm = imm;
  set_latency(o);
}

static struct ir_op *begin_loop(struct ir *ir)
{
  struct ir_op *o = add(ir, PIPE_C, OP_CLOOP, 0);
  if (!ROOM(ir, loops, loop_count, loop_room))
    return o;
  int id = ir->loop_count++;
  int depth = ir->open_loop == IR_NONE ? 0 : ir->loops[ir->open_loop].depth + 1;
  if (depth >= L_COUNT)
    broken(ir, "loops nest deeper than the hardware's four");
  o->s.rd = depth & (L_COUNT - 1);
  set_latency(o);
  ir->blocks[ir->block_count - 1].opens = id;
  ir->loops[id] = (struct ir_loop){
      ir->open_loop, depth, ir->block_count, ir->block_count, UNKNOWN_ROUNDS, 0, 0, 0};
  ir->open_loop = id;
  open_block(ir);
  return o;
}

void ir_loop(struct ir *ir, int32_t count)
{
  begin_loop(ir)->s.imm = count;
}

void ir_loop_reg(struct ir *ir, int count_reg)
{
  struct ir_op *o = begin_loop(ir);
  o->s.cnt = 1;
  o->s.rs1 = count_reg;
}

void ir_end(struct ir *ir)
{
  if (ir->open_loop == IR_NONE || ir->broken) {
    broken(ir, "the end of a loop that was not begun");
    return;
  }
  struct ir_loop *l = &ir->loops[ir->open_loop];
  l->last = ir->block_count - 1;
  ir->open_loop = l->parent;
  open_block(ir);
}

void ir_expect(struct ir *ir, int64_t rounds)
{
  if (ir->open_loop == IR_NONE || ir->broken)
    broken(ir, "rounds are expected in a loop only");
  else
    ir->loops[ir->open_loop].expected = rounds;
}

void ir_promise(struct ir *ir, int64_t least)
{
  if (ir->open_loop == IR_NONE || ir->broken)
    broken(ir, "rounds are promised in a loop only");
  else
    ir->loops[ir->open_loop].least = least;
}

void ir_once(struct ir *ir)
{
  if (ir->open_loop == IR_NONE || ir->broken)
    broken(ir, "rounds are promised in a loop only");
  else
    ir->loops[ir->open_loop].most = 1;
}

void ir_independent(struct ir *ir, int space)
{
  if (ir->open_loop == IR_NONE || ir->broken || space < 0 || space >= IR_SPACES)
    broken(ir, "rounds are independent in a loop only");
  else
    ir->loops[ir->open_loop].independent |= UINT64_C(1) << space;
}

void ir_append(struct ir *ir, const struct ir_op *op)
{
  *add(ir, op->pipe, op->s.op, (enum elem)op->s.type) = *op;
  if (ir_is_terminator(op))
    open_block(ir);
}

void ir_copy_names(struct ir *ir, const struct ir *from)
{
  ir->mark_count = 0;
  for (int m = 0; m < from->mark_count; m++) {
    if (!ROOM(ir, marks, mark_count, mark_room))
      return;
    memcpy(ir->marks[ir->mark_count++], from->marks[m], sizeof *ir->marks);
  }
  for (int v = 0; v < from->file_count; v++)
    new_register(ir, from->files[v]);
}

/* A copy of `count` items (one at least is allocated). */
static void *copied(struct ir *ir, const void *items, int count, size_t bytes)
{
  void *c = malloc((size_t)(count ? count : 1) * bytes);
  if (!c)
    broken(ir, "out of memory");
  else if (count)
    memcpy(c, items, (size_t)count * bytes);
  return c;
}

void ir_assign(struct ir *ir, const struct ir *from)
{
  ir_free(ir);
  *ir = *from;
  ir->broken = false;
  ir->ops = copied(ir, from->ops, from->op_count, sizeof *ir->ops);
  ir->blocks = copied(ir, from->blocks, from->block_count, sizeof *ir->blocks);
  ir->loops = copied(ir, from->loops, from->loop_count, sizeof *ir->loops);
  ir->files = copied(ir, from->files, from->file_count, sizeof *ir->files);
  ir->marks = copied(ir, from->marks, from->mark_count, sizeof *ir->marks);
  ir->op_room = ir->op_count;
  ir->block_room = ir->block_count;
  ir->loop_room = ir->loop_count;
  ir->file_room = ir->file_count;
  ir->mark_room = ir->mark_count;
  if (ir->broken)
    ir->op_count = ir->block_count = ir->loop_count = ir->file_count = ir->mark_count = 0;
}

void ir_mark_again(struct ir *ir, int mark)
{
  if (ir->broken)
    return;
  if (ir->blocks[ir->block_count - 1].count && ir->blocks[ir->block_count - 1].mark != mark)
    open_block(ir);
  ir->blocks[ir->block_count - 1].mark = mark;
}

void ir_branch(struct ir *ir, int reg, bool if_zero, int label)
{
  struct ir_op *o = add(ir, PIPE_D, OP_DBR, ELEM_I32);
  o->s.rs1 = reg;
  o->s.b1 = 16;
  o->s.flag = if_zero;
  o->label = label;
  open_block(ir);
}

void ir_fence(struct ir *ir, enum mode_value scope)
{
  add(ir, PIPE_C, OP_CFENCE, 0)->s.mode = (int32_t)scope;
  open_block(ir);
}

void ir_barrier(struct ir *ir, int group)
{
  add(ir, PIPE_C, OP_CBAR, 0)->s.group = group;
  open_block(ir);
}

static struct ir_op *add_message(struct ir *ir, int op, enum elem type)
{
  struct ir_op *o = add(ir, PIPE_C, op, type);
  o->space = IR_MESSAGES;
  return o;
}

void ir_pack(struct ir *ir, int message, int rs, int part)
{
  struct ir_op *o = add_message(ir, OP_CPACKV, 0);
  o->s.rd = message;
  o->s.rs1 = rs;
  o->s.part = part;
  set_latency(o);
}

void ir_send(struct ir *ir, int message, int peer)
{
  struct ir_op *o = add_message(ir, OP_CSEND, 0);
  o->s.rs1 = message;
  o->s.peer = peer;
}

void ir_fanout(struct ir *ir, int message, int group)
{
  struct ir_op *o = add_message(ir, OP_CFANOUT, 0);
  o->s.rs1 = message;
  o->s.group = group;
}

void ir_receive_to(struct ir *ir, int rd, int peer, int part)
{
  struct ir_op *o = add_message(ir, OP_CRECV, 0);
  o->s.rd = rd;
  o->s.peer = peer;
  o->s.part = part;
  set_latency(o);
}

int ir_receive(struct ir *ir, int peer, int part)
{
  int rd = ir_r(ir);
  ir_receive_to(ir, rd, peer, part);
  if (!ir->broken)
    ir->ops[ir->op_count - 1].fresh = true;
  return rd;
}

int ir_merge_max(struct ir *ir, enum elem type, int group)
{
  int rd = ir_r(ir);
  struct ir_op *o = add_message(ir, OP_CMERGE, type);
  o->s.rd = rd;
  o->s.mode = MERGE_max;
  o->s.group = group;
  set_latency(o);
  return rd;
}

void ir_halt(struct ir *ir)
{
  add(ir, PIPE_C, OP_CHALT, 0);
  open_block(ir);
}
