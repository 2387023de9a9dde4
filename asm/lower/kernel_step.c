/* A step of the program: which positions of which sequences go through the layers together, and
 * what becomes of their logits. All values are small integers in lane 0 of a register.
 *
 * What is known of a sequence are the fields of an entry (plan.h) of a table that these kernels
 * walk, an entry a round. Every sentron has its own and does the same with it, so that none waits
 * for another. */
#include "asm/lower/kernel.h"

static int state_pointer(struct kernel *k)
{
  return kernel_point(k, &k->plan->state, 0, IR_NONE);
}

/* A walk over the fields of entries: it stands at `field`. */
struct walk {
  int pointer, field;
};

static struct walk walk_from(struct kernel *k, int field)
{
  return (struct walk){kernel_point(k, &k->own->sequences, (uint64_t)field, IR_NONE), field};
}

/* On to another field; those of the next entry follow at SEQUENCE_BYTES. */
static void walk_to(struct kernel *k, struct walk *w, int field)
{
  if (field != w->field)
    ir_step(&k->ir, w->pointer, AXIS_BYTE, field - w->field);
  w->field = field;
}

static int get(struct kernel *k, struct walk *w, int field)
{
  walk_to(k, w, field);
  return ir_gather(&k->ir, at_reg(w->pointer), 4, 0, SPACE_SEQUENCES, GATHER_L1);
}

static void put(struct kernel *k, struct walk *w, int field, int reg)
{
  walk_to(k, w, field);
  ir_scatter(&k->ir, at_reg(w->pointer), reg, 4, 0, SPACE_SEQUENCES);
}

/* The rounds of the sequences; their number, counted up, in a register that is returned. */
static int each_sequence(struct kernel *k)
{
  if (k->plan->batch == 1)
    return IR_NONE;
  int number = ir_constant(&k->ir, ELEM_I32, 0);
  ir_loop(&k->ir, k->plan->batch);
  ir_independent(&k->ir, SPACE_SEQUENCES);
  ir_independent(&k->ir, SPACE_STATE);
  return number;
}

static void next_sequence(struct kernel *k, int number)
{
  if (number == IR_NONE)
    return;
  int one = ir_constant(&k->ir, ELEM_I32, 1);
  ir_d2_to(&k->ir, number, OP_DADD, ELEM_I32, all(number), all(one));
  ir_end(&k->ir);
}

/* p: tokens[position] of a sequence. */
static int token_pointer(struct kernel *k, int sequence, int position)
{
  struct ir *ir = &k->ir;
  int two = ir_constant(ir, ELEM_I32, 2);
  int bytes = ir_d2(ir, OP_DSHL, ELEM_I32, all(position), all(two));
  if (sequence != IR_NONE) {
    int ids = ir_constant(ir, ELEM_I32, 4 * (k->plan->positions + 1));
    bytes = ir_d3(ir, OP_DFMA, ELEM_I32, all(sequence), all(ids), all(bytes));
  }
  return kernel_point(k, &k->plan->tokens, 0, bytes);
}

/* The next value at a pointer that walks over i32. */
static int next_state(struct kernel *k, int pointer, int bytes)
{
  int value = ir_gather(&k->ir, at_reg(pointer), 4, 0, SPACE_STATE, GATHER_L3);
  ir_step(&k->ir, pointer, AXIS_BYTE, bytes);
  return value;
}

static void next_field(struct kernel *k, int pointer, int reg)
{
  ir_scatter(&k->ir, at_reg(pointer), reg, 4, 0, SPACE_ROWS);
  ir_step(&k->ir, pointer, AXIS_BYTE, 4);
}

int kernel_start(struct kernel *k, int end_label, struct vtpu_error *err)
{
  struct ir *ir = &k->ir;
  kernel_begin(k, "start");
  kernel_set_control(k, CONTROL_ONE, ir_constant_f32(ir, 1.0f));
  kernel_set_control(k, CONTROL_POWER, ir_constant_f32(ir, -1.44269504088896340736f));
  int from = state_pointer(k);
  struct walk out = walk_from(k, SEQUENCE_POSITION);
  int number = each_sequence(k);
  int position = next_state(k, from, STATE_STEPS - STATE_POSITION);
  int steps = next_state(k, from, STATE_PROMPT - STATE_STEPS);
  int prompt = next_state(k, from, STATE_BYTES - STATE_PROMPT);
  int pointer = token_pointer(k, number, position);
  int token = ir_gather(ir, at_reg(pointer), 4, 0, SPACE_TOKENS, GATHER_L3);
  put(k, &out, SEQUENCE_POSITION, position);
  put(k, &out, SEQUENCE_STEPS, steps);
  put(k, &out, SEQUENCE_PROMPT, prompt);
  put(k, &out, SEQUENCE_TOKEN, token);
  walk_to(k, &out, SEQUENCE_BYTES);
  next_sequence(k, number);
  if (number == IR_NONE)
    ir_branch(ir, steps, true, end_label);
  return code_kernel(k->code, ir, k->layer, err);
}

/* What a step takes of each sequence: as many positions as have known tokens, and one at least,
 * within those asked for and the room that the sequences before have left. */
int kernel_take(struct kernel *k, int single_label, int end_label, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  kernel_begin(k, "take");
  int most = p->block_rows ? p->block_rows : 1;
  int one = ir_constant(ir, ELEM_I32, 1), zero = ir_constant(ir, ELEM_I32, 0);
  int room = ir_constant(ir, ELEM_I32, most), wanted = ir_constant(ir, ELEM_I32, 0);
  struct walk in = walk_from(k, SEQUENCE_POSITION), out = walk_from(k, SEQUENCE_TAKEN);
  int number = each_sequence(k);
  int position = get(k, &in, SEQUENCE_POSITION), steps = get(k, &in, SEQUENCE_STEPS);
  int left = ir_d2(ir, OP_DSUB, ELEM_I32, all(get(k, &in, SEQUENCE_PROMPT)), all(position));
  if (p->batch == 1) { /* if it is a single position, it is at hand */
    kernel_set_control(k, CONTROL_POSITION, position);
    kernel_set_control(k, CONTROL_TOKEN, get(k, &in, SEQUENCE_TOKEN));
  }
  walk_to(k, &in, SEQUENCE_BYTES);
  int known = ir_d2(ir, OP_DMAX, ELEM_I32, all(left), all(one));
  int asked = ir_d2(ir, OP_DMIN, ELEM_I32, all(known), all(steps));
  int taken = ir_d2(ir, OP_DMIN, ELEM_I32, all(asked), all(room));
  ir_d2_to(ir, room, OP_DSUB, ELEM_I32, all(room), all(taken));
  put(k, &out, SEQUENCE_TAKEN, taken);
  walk_to(k, &out, SEQUENCE_TAKEN + SEQUENCE_BYTES);
  /* Logits are wanted of the last position taken, if the token after it is not known. */
  int last = ir_compare(ir, CMP_ge, ELEM_I32, all(taken), all(left));
  int some = ir_compare(ir, CMP_gt, ELEM_I32, all(taken), all(zero));
  int is_wanted = ir_d2(ir, OP_DAND, ELEM_I32, all(last), all(some));
  ir_d2_to(ir, wanted, OP_DSUB, ELEM_I32, all(wanted), all(is_wanted));
  next_sequence(k, number);
  int rows = ir_d2(ir, OP_DSUB, ELEM_I32, all(ir_constant(ir, ELEM_I32, most)), all(room));
  kernel_set_control(k, CONTROL_ROWS, rows);
  kernel_set_control(k, CONTROL_WANTED, wanted);
  if (p->batch > 1) {
    ir_branch(ir, rows, true, end_label);
  } else {
    int least = ir_constant(ir, ELEM_I32, BLOCK_ROWS_LEAST);
    ir_branch(ir, ir_compare(ir, CMP_lt, ELEM_I32, all(rows), all(least)), false, single_label);
  }
  return code_kernel(k->code, ir, k->layer, err);
}

/* Registers of a position that becomes an entry of a list. */
struct entry {
  int position, sequence, source, logits;
};

static void put_entry(struct kernel *k, const struct entry *e, int pointer)
{
  next_field(k, pointer, e->position);
  next_field(k, pointer, e->sequence);
  next_field(k, pointer, e->source);
  next_field(k, pointer, e->logits);
}

/* If the sequence is one of the sentron's team, its rows are put into a list of their own too. */
static void attend(struct kernel *k, const struct entry *e, int taken, int list, int count)
{
  struct ir *ir = &k->ir;
  int mask = ir_constant(ir, ELEM_I32, k->plan->teams - 1);
  int team = ir_constant(ir, ELEM_I32, k->own->team), one = ir_constant(ir, ELEM_I32, 1);
  int turn = ir_d2(ir, OP_DAND, ELEM_I32, all(e->sequence), all(mask));
  int ours = ir_compare(ir, CMP_eq, ELEM_I32, all(turn), all(team));
  int rows = ir_d2(ir, OP_DAND, ELEM_I32, all(taken), all(ours));
  struct entry r = {.sequence = e->sequence, .logits = e->logits};
  r.position = ir_d1(ir, OP_DMOV, ELEM_I32, all(e->position));
  r.source = ir_d1(ir, OP_DMOV, ELEM_I32, all(e->source));
  ir_d2_to(ir, count, OP_DADD, ELEM_I32, all(count), all(rows));
  ir_loop_reg(ir, rows);
  ir_expect(ir, 1);
  put_entry(k, &r, list);
  ir_step(ir, list, AXIS_BYTE, ROW_BYTES - ROW_TOKEN);
  ir_d2_to(ir, r.position, OP_DADD, ELEM_I32, all(r.position), all(one));
  ir_d2_to(ir, r.source, OP_DADD, ELEM_I32, all(r.source), all(one));
  ir_end(ir);
}

int kernel_list(struct kernel *k, int single_label, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  kernel_begin(k, "take");
  bool several = p->batch > 1;
  int one = ir_constant(ir, ELEM_I32, 1), zero = ir_constant(ir, ELEM_I32, 0);
  int row_units = p->logits_row_lines * plan_line_units(p);
  int units = ir_constant(ir, ELEM_I32, p->logits_rows > 1 ? row_units : 0);
  int rows = kernel_point(k, &k->own->rows, 0, IR_NONE);
  int wanted = kernel_point(k, &k->own->wanted, 0, IR_NONE);
  int attended = p->teams > 1 ? kernel_point(k, &k->own->attended, 0, IR_NONE) : IR_NONE;
  int attends = ir_constant(ir, ELEM_I32, 0);
  struct entry e = {.source = ir_constant(ir, ELEM_I32, 0)};
  struct walk in = walk_from(k, SEQUENCE_POSITION);
  int number = each_sequence(k);
  e.sequence = several ? number : zero;
  e.position = ir_d1(ir, OP_DMOV, ELEM_I32, all(get(k, &in, SEQUENCE_POSITION)));
  int prompt = get(k, &in, SEQUENCE_PROMPT), token = get(k, &in, SEQUENCE_TOKEN);
  int taken = get(k, &in, SEQUENCE_TAKEN);
  walk_to(k, &in, SEQUENCE_BYTES);
  e.logits = ir_d2(ir, OP_DMUL, ELEM_I32, all(e.position), all(units));
  if (several) {
    int each = ir_constant(ir, ELEM_I32, p->logits_rows * row_units);
    ir_d3_to(ir, e.logits, OP_DFMA, ELEM_I32, all(number), all(each), all(e.logits));
  }
  if (p->teams > 1)
    attend(k, &e, taken, attended, attends);
  int first = ir_index(ir, at_reg(rows), AXIS_BYTE, ROW_TOKEN, IR_NONE);
  int ids = token_pointer(k, number, e.position);
  ir_loop_reg(ir, taken);
  ir_expect(ir, 1);
  put_entry(k, &e, rows);
  int id = ir_gather(ir, at_reg(ids), 4, 0, SPACE_TOKENS, GATHER_L3);
  ir_step(ir, ids, AXIS_BYTE, 4);
  next_field(k, rows, id);
  ir_d2_to(ir, e.position, OP_DADD, ELEM_I32, all(e.position), all(one));
  ir_d2_to(ir, e.source, OP_DADD, ELEM_I32, all(e.source), all(one));
  ir_d2_to(ir, e.logits, OP_DADD, ELEM_I32, all(e.logits), all(units));
  ir_end(ir);
  /* The first one's token may be new: other sentrons may not see it in the tokens yet. */
  ir_scatter(ir, at_reg(first), token, 4, 0, SPACE_ROWS);
  /* The last one, which counts only if its logits are wanted. */
  struct entry l = {.sequence = e.sequence};
  l.position = ir_d2(ir, OP_DSUB, ELEM_I32, all(e.position), all(one));
  l.source = ir_d2(ir, OP_DSUB, ELEM_I32, all(e.source), all(one));
  l.logits = ir_d2(ir, OP_DSUB, ELEM_I32, all(e.logits), all(units));
  put_entry(k, &l, ir_index(ir, at_reg(wanted), AXIS_BYTE, 0, IR_NONE));
  if (several) {
    int last = ir_compare(ir, CMP_ge, ELEM_I32, all(e.position), all(prompt));
    int some = ir_compare(ir, CMP_gt, ELEM_I32, all(taken), all(zero));
    int is_wanted = ir_d2(ir, OP_DAND, ELEM_I32, all(last), all(some));
    int bytes = ir_constant(ir, ELEM_I32, ROW_BYTES);
    bytes = ir_d2(ir, OP_DAND, ELEM_I32, all(bytes), all(is_wanted));
    ir_index_to(ir, wanted, at_reg(wanted), AXIS_BYTE, 0, bytes);
    next_sequence(k, number);
    kernel_set_control(k, CONTROL_ATTENDED, attends);
    int count = kernel_control(k, CONTROL_ROWS);
    int least = ir_constant(ir, ELEM_I32, BLOCK_ROWS_LEAST);
    ir_branch(ir, ir_compare(ir, CMP_lt, ELEM_I32, all(count), all(least)), false, single_label);
  }
  return code_kernel(k->code, ir, k->layer, err);
}

/* What the host reads, from sentron 0; the others need their own tables only. */
static void tell_host(struct kernel *k, int state, int position, int steps, int stopped)
{
  struct ir *ir = &k->ir;
  ir_scatter(ir, at_reg(state), position, 4, 0, SPACE_STATE);
  ir_step(ir, state, AXIS_BYTE, STATE_STEPS - STATE_POSITION);
  ir_scatter(ir, at_reg(state), steps, 4, 0, SPACE_STATE);
  ir_step(ir, state, AXIS_BYTE, STATE_STOPPED - STATE_STEPS);
  if (stopped != IR_NONE)
    ir_scatter(ir, at_reg(state), stopped, 4, 0, SPACE_STATE);
  ir_step(ir, state, AXIS_BYTE, STATE_BYTES - STATE_STOPPED);
}

int kernel_next_token(struct kernel *k, int top_label, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct ir *ir = &k->ir;
  kernel_begin(k, "next");
  bool host = k->sentron == 0;
  int one = ir_constant(ir, ELEM_I32, 1), zero = ir_constant(ir, ELEM_I32, 0);
  int state = host ? state_pointer(k) : IR_NONE, stopped = IR_NONE;
  struct walk in = walk_from(k, SEQUENCE_POSITION), out = walk_from(k, SEQUENCE_POSITION);
  int number = each_sequence(k);
  int before = get(k, &in, SEQUENCE_POSITION), asked = get(k, &in, SEQUENCE_STEPS);
  int prompt = get(k, &in, SEQUENCE_PROMPT);
  int same = p->batch > 1 ? get(k, &in, SEQUENCE_TOKEN) : IR_NONE;
  int best = get(k, &in, SEQUENCE_BEST), taken = get(k, &in, SEQUENCE_TAKEN);
  walk_to(k, &in, SEQUENCE_BYTES);
  int position = ir_d2(ir, OP_DADD, ELEM_I32, all(before), all(taken));
  int steps = ir_d2(ir, OP_DSUB, ELEM_I32, all(asked), all(taken));
  int is_known = ir_compare(ir, CMP_lt, ELEM_I32, all(position), all(prompt));
  int pointer = token_pointer(k, number, position);
  int given = ir_gather(ir, at_reg(pointer), 4, 0, SPACE_TOKENS, GATHER_L3);
  int token = ir_d3(ir, OP_DSEL, ELEM_I32, all(given), all(best), all(is_known));
  if (p->batch > 1) { /* a sequence that has ended, or for which there was no room */
    int some = ir_compare(ir, CMP_gt, ELEM_I32, all(taken), all(zero));
    token = ir_d3(ir, OP_DSEL, ELEM_I32, all(token), all(same), all(some));
  }
  if (p->config->eos >= 0 && !p->options->ignore_end) {
    int end = ir_constant(ir, ELEM_I32, p->config->eos);
    int is_end = ir_compare(ir, CMP_eq, ELEM_I32, all(token), all(end));
    int generated_end = ir_d2(ir, OP_DANDN, ELEM_I32, all(is_end), all(is_known));
    stopped = ir_d2(ir, OP_DAND, ELEM_I32, all(generated_end), all(one));
    steps = ir_d2(ir, OP_DANDN, ELEM_I32, all(steps), all(generated_end));
  }
  put(k, &out, SEQUENCE_POSITION, position);
  put(k, &out, SEQUENCE_STEPS, steps);
  put(k, &out, SEQUENCE_TOKEN, token);
  walk_to(k, &out, SEQUENCE_BYTES);
  if (host) {
    /* As state, so that it stays before the position: a host that looks on while the program runs
     * takes every token up to the position for known. */
    ir_scatter(ir, at_reg(pointer), token, 4, 0, SPACE_STATE);
    tell_host(k, state, position, steps, stopped);
  }
  next_sequence(k, number);
  if (number == IR_NONE)
    ir_branch(ir, steps, false, top_label);
  else
    ir_branch(ir, zero, true, top_label);
  return code_kernel(k->code, ir, k->layer, err);
}

int kernel_halt(struct kernel *k, struct vtpu_error *err)
{
  kernel_begin(k, "start");
  ir_halt(&k->ir);
  return code_kernel(k->code, &k->ir, k->layer, err);
}
