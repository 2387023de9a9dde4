/* The kernels' intermediate form: ISA operations over virtual registers, in blocks and loops.
 *
 *   kernels (kernel_*.c) --ir--> pipeline.c --ir--> schedule.c --bundles of virtual--> regalloc.c
 *                                                                                  --> emit.c
 *
 * An operation is a struct slot of isa/isa.h whose r and p register fields hold numbers of virtual
 * registers; everything else is as it will be encoded. Virtual registers may be written more than
 * once (accumulators, coordinates that walk). One struct ir is one kernel: no virtual register
 * lives from one kernel to the next, what passes between kernels passes through phext space.
 *
 * Message registers are not virtual: an operation names m0..m3. All operations that deal with
 * messages stay in the order of the source, as the scatters of one space do (IR_MESSAGES).
 *
 * A block ends with the operation that ends it (CLOOP, DBR, CFENCE, CBAR, CHALT), at the end of a
 * loop's body, or where the mark changes. Loops are hardware loops; nesting depth d uses register
 * ld.
 *
 * How to write a loop that is pipelined well (`vtpu lower --loops` tells how it went):
 *
 * - Its body is one block: no loop inside, no branch, fence or barrier, no change of the mark.
 * Write one round as if it ran alone, from its loads to its stores; do not load ahead by hand, do
 * not unroll to hide latencies. A body of 16 to 256 lines of weights (a few blocks of rows, with
 * the conversion, scaling and storing at their end) hides its end under the beginning of the next.
 * - What a round makes for itself begins with an operation that writes a register without reading
 * it (a new virtual register, or the _to forms); such values are renamed, a copy for each round in
 *   flight. What is read before it is written comes from the round before: sums over rounds, walks.
 *   Those rounds wait for each other, so keep the circuit short: four sums in turn hide the latency
 *   of one multiply-add.
 * - A pointer that only CSTEPs move, one step beside each access, costs no cycle: S and C issue
 *   together. Accesses through one such pointer are told apart exactly. Through two pointers to one
 *   space they are kept in order from round to round, unless ir_independent promises that they
 *   never meet.
 * - Registers are what runs out: 16 r and 8 p hold all that lives through the loop (constants,
 * input lines, sums) and everything in flight: a line of weights is held from its gather to its
 * use, so for as many cycles as its latency, and with few registers left less is loaded ahead.
 * - The D-pipe should have the most operations of a round. Counts in a register: see ir_expect,
 * ir_promise.
 */
#ifndef VTPU_ASM_LOWER_IR_H
#define VTPU_ASM_LOWER_IR_H

#include "isa/isa.h"

enum { IR_NONE = -1, IR_ROM = 0, IR_SPACES = 64, IR_MESSAGES = IR_SPACES - 1 };

/* A source operand: a virtual r register, or one lane of it in every lane. */
struct ir_src {
  int reg;
  int lane; /* IR_NONE: all lanes as they are */
};
static inline struct ir_src all(int reg)
{
  return (struct ir_src){reg, IR_NONE};
}
static inline struct ir_src lane(int reg, int l)
{
  return (struct ir_src){reg, l};
}

/* An address: a virtual p register, or (reg == IR_NONE) an immediate coordinate. */
struct ir_address {
  int reg;
  struct coord coord;
};
static inline struct ir_address at_reg(int p)
{
  return (struct ir_address){p, {0, 0}};
}
static inline struct ir_address at_coord(struct coord c)
{
  return (struct ir_address){IR_NONE, c};
}

struct ir_op {
  enum pipe pipe;
  struct slot s;
  struct coord coord; /* immediate coordinate, if s.imc */
  int space;   /* memory operations: which buffer, below IR_SPACES; IR_ROM is never written */
  int latency; /* cycles that the scheduler assumes until the result can be read */
  bool fresh;  /* a narrowing DCVT or a CRECV whose register held nothing: the rest is no input */
  int label;   /* DBR: label of the code buffer (emit.h); else IR_NONE */
  int cycle;   /* in a block whose schedule is fixed: the cycle from the block's start */
  int origin;  /* made by pipeline.c: the kernel's operation that it is a copy of, or IR_NONE */
};

struct ir_block {
  int first, count; /* operations */
  int loop;         /* innermost loop around it, or IR_NONE */
  int opens;        /* loop whose CLOOP ends this block, or IR_NONE */
  int mark;         /* index into ir.marks */
  bool fixed;       /* its operations have their cycles already */
};

struct ir_loop {
  int parent, depth;
  int first, last;      /* blocks of the body */
  int64_t expected;     /* rounds, for estimates, if the count is in a register, */
  int64_t least;        /* and rounds that there are in any case: see ir_promise */
  int64_t most;         /* the same, at most; 0: not known */
  uint64_t independent; /* bit set of spaces: see ir_independent */
};

struct ir {
  unsigned dlen;
  struct ir_op *ops;
  struct ir_block *blocks;
  struct ir_loop *loops;
  enum reg_file *files; /* of virtual registers */
  char (*marks)[48];    /* kernel names for statistics */
  int op_count, op_room, block_count, block_room, loop_count, loop_room, file_count, file_room;
  int mark_count, mark_room;
  int open_loop; /* while building */
  bool broken;   /* out of memory, or a builder's promise was broken: see ir_check */
  const char *why;
};

void ir_init(struct ir *ir, unsigned dlen);
void ir_reset(struct ir *ir, const char *mark); /* empties it for the next kernel */
void ir_free(struct ir *ir);
int ir_check(const struct ir *ir, struct vtpu_error *err); /* VTPU_BUG, VTPU_SYSTEM */

int ir_r(struct ir *ir); /* a new virtual register */
int ir_p(struct ir *ir);

/* --- D-pipe; each returns the register written ------------------------------------------------
 * The _to forms write a register that exists (accumulators, loop-carried values). */
int ir_d_to(struct ir *ir, int rd, int op, enum elem type, const struct ir_src *src, int sources);
int ir_d1(struct ir *ir, int op, enum elem type, struct ir_src a);
int ir_d2(struct ir *ir, int op, enum elem type, struct ir_src a, struct ir_src b);
int ir_d3(struct ir *ir, int op, enum elem type, struct ir_src a, struct ir_src b, struct ir_src c);
void ir_d1_to(struct ir *ir, int rd, int op, enum elem type, struct ir_src a);
void ir_d2_to(struct ir *ir, int rd, int op, enum elem type, struct ir_src a, struct ir_src b);
void ir_d3_to(struct ir *ir, int rd, int op, enum elem type, struct ir_src a, struct ir_src b,
              struct ir_src c);
int ir_compare(struct ir *ir, enum mode_value mode, enum elem type, struct ir_src a,
               struct ir_src b);
int ir_reduce(struct ir *ir, enum mode_value mode, enum elem type, int rs);
/* DCVT to nearest (integers: half away from zero, saturated): part `part` of the narrower side.
 * scale: the factor, or reg IR_NONE. Narrowing, the _to form adds a part to a register, the other
 * one begins a register, whose other parts hold nothing yet. */
int ir_convert(struct ir *ir, enum elem from, enum elem to, int rs, int part, struct ir_src scale);
void ir_convert_to(struct ir *ir, int rd, enum elem from, enum elem to, int rs, int part,
                   struct ir_src scale);
int ir_constant(struct ir *ir, enum elem type, int32_t bits);
int ir_constant_f32(struct ir *ir, float value);
void ir_constant_to(struct ir *ir, int rd, enum elem type, int32_t bits);

/* --- S-pipe ------------------------------------------------------------------------------------
 */
enum { /* assumed cycles from issue of a gather to its use, where the line is expected to be */
       GATHER_L1 = 2,
       GATHER_L2 = 5,
       GATHER_L3 = 13,
       GATHER_STREAM = 12, /* weights from beyond L2: more would only run out of registers */
};
int ir_gather(struct ir *ir, struct ir_address a, int width, int at, int space, int latency);
void ir_gather_to(struct ir *ir, int rd, struct ir_address a, int width, int at, int space,
                  int latency);
void ir_scatter(struct ir *ir, struct ir_address a, int rs, int width, int at, int space);
/* A hint: starts the page walk of an address (or, where its page is known, brings the line). It is
 * ordered like a scatter, so that gathers of the same space that follow say how late it may be. */
void ir_prefetch(struct ir *ir, struct ir_address a, int space);
/* pd = base moved along axis by imm (+ lane 0 of register `index`, unless IR_NONE). */
int ir_index(struct ir *ir, struct ir_address base, unsigned axis, int32_t imm, int index);
void ir_index_to(struct ir *ir, int pd, struct ir_address base, unsigned axis, int32_t imm,
                 int index);

/* --- C-pipe and control ------------------------------------------------------------------------
 */
void ir_step(struct ir *ir, int p, unsigned axis, int32_t imm);
void ir_loop(struct ir *ir, int32_t count);     /* body until ir_end */
void ir_loop_reg(struct ir *ir, int count_reg); /* count in lane 0; 0 skips the body */
void ir_end(struct ir *ir);
/* Inside an open loop whose count is in a register: how many rounds to reckon with when schedules
 * are compared. */
void ir_expect(struct ir *ir, int64_t rounds);
/* Promises, inside such a loop, that it never has fewer rounds: what a pipeline starts before its
 * body needs no test then. */
void ir_promise(struct ir *ir, int64_t least);
/* Promises, inside such a loop, that it has one round or none: then it is not worth a pipeline. */
void ir_once(struct ir *ir);
/* Promises, inside the open loop, that its rounds touch different bytes of a space (a gather and a
 * scatter, or two scatters, of different rounds never meet). It is not needed where both go through
 * one p register that only CSTEPs move. */
void ir_independent(struct ir *ir, int space);
void ir_branch(struct ir *ir, int reg, bool if_zero, int label); /* on lane 0, i32 */
void ir_fence(struct ir *ir, enum mode_value scope);
void ir_barrier(struct ir *ir, int group);
void ir_halt(struct ir *ir);
void ir_pack(struct ir *ir, int message, int rs, int part); /* 32 bytes of a register */
void ir_send(struct ir *ir, int message, int peer);
void ir_fanout(struct ir *ir, int message, int group);
/* Waits for a sentron's next message: part `part` of a register; the _to form keeps its others. */
int ir_receive(struct ir *ir, int peer, int part);
void ir_receive_to(struct ir *ir, int rd, int peer, int part);
/* Waits for a message of every other member: the greatest of their lanes. */
int ir_merge_max(struct ir *ir, enum elem type, int group);
void ir_mark(struct ir *ir, const char *name); /* the following operations count under this name */

/* For passes that make one IR of another. */
void ir_append(struct ir *ir, const struct ir_op *op); /* a copy; CLOOP has its own builders */
void ir_assign(struct ir *ir, const struct ir *from);  /* a deep copy; ir->broken: memory is out */
void ir_copy_names(struct ir *ir, const struct ir *from); /* its virtual registers and marks */
void ir_mark_again(struct ir *ir, int mark);              /* what follows counts under that mark */

/* --- looking -----------------------------------------------------------------------------------
 */
struct ir_use {
  enum field_id field;
  int reg;            /* the virtual register */
  enum reg_file file; /* FILE_R or FILE_P */
  bool read, written;
};
enum { IR_USES_MAX = 6 };
/* The virtual registers of an operation, in operand order. */
int ir_uses(const struct ir_op *op, struct ir_use out[IR_USES_MAX]);
/* A slot's field by its number. */
int32_t *slot_field(struct slot *s, enum field_id field);
bool ir_is_store(const struct ir_op *op);
bool ir_is_message(const struct ir_op *op);
/* Does it stay in its place among the operations of its space? */
bool ir_is_ordered(const struct ir_op *op);
bool ir_is_load(const struct ir_op *op);
/* Ends its block: nothing of the block may come after it. */
bool ir_is_terminator(const struct ir_op *op);

/* First and last block in which a virtual register must keep its value, in the order of the code:
 * a register that comes into a loop and is used there lives to the loop's end. first = IR_NONE: it
 * is never used. out: [ir.file_count]. */
struct ir_span {
  int first, last;
  bool whole; /* to the end of block `last`, not only to its last use there */
};
void ir_spans(const struct ir *ir, struct ir_span *out);

#endif
