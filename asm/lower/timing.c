/* The issue of a kernel, SIW by SIW: see timing.h. */
#include "asm/lower/timing.h"

#include <stdlib.h>
#include <string.h>

enum { HIT_L1 = 2, TAKEN_BRANCH = 3 };

/* The registers of an operation, found once: loops issue it again and again. */
struct timed_op {
  int reg[IR_USES_MAX];
  bool written[IR_USES_MAX];
  uint8_t uses;
  int latency;
};

struct timing {
  const struct ir *ir;
  const struct schedule *s;
  enum timing_memory memory;
  struct timed_op *ops;     /* [ir.op_count] */
  int64_t now, end;         /* issue of the last SIW; completion of all so far */
  int64_t *ready;           /* [values] */
  int64_t *before[L_COUNT]; /* [values]: ready - now after the round before, by depth */
};

static int latency_of(const struct timing *t, const struct ir_op *op)
{
  if (ir_is_store(op) || (ir_is_load(op) && t->memory == TIMING_L1))
    return HIT_L1;
  return op->latency > 1 ? op->latency : 1;
}

static void look_at_ops(struct timing *t)
{
  for (int i = 0; i < t->ir->op_count; i++) {
    struct timed_op *to = &t->ops[i];
    struct ir_use use[IR_USES_MAX];
    to->uses = (uint8_t)ir_uses(&t->ir->ops[i], use);
    to->latency = latency_of(t, &t->ir->ops[i]);
    for (int u = 0; u < to->uses; u++) {
      to->reg[u] = use[u].reg;
      to->written[u] = use[u].written;
    }
  }
}

static void issue(struct timing *t, const int *slots)
{
  int64_t at = t->now + 1;
  for (int p = 0; p < PIPE_COUNT; p++) {
    if (slots[p] == IR_NONE)
      continue;
    const struct timed_op *op = &t->ops[slots[p]];
    for (int u = 0; u < op->uses; u++)
      at = t->ready[op->reg[u]] > at ? t->ready[op->reg[u]] : at;
  }
  for (int p = 0; p < PIPE_COUNT; p++) {
    if (slots[p] == IR_NONE)
      continue;
    const struct timed_op *op = &t->ops[slots[p]];
    int64_t done = at + op->latency;
    for (int u = 0; u < op->uses; u++)
      if (op->written[u])
        t->ready[op->reg[u]] = done;
    t->end = done > t->end ? done : t->end;
  }
  t->now = at;
}

/* Is what is owed now the same, from now, as after the round before? Keeps it for the next. */
static bool same_state(struct timing *t, int64_t *before)
{
  bool same = true;
  for (int v = 0; v < t->ir->file_count; v++) {
    int64_t owed = t->ready[v] > t->now ? t->ready[v] - t->now : 0;
    same &= before[v] == owed;
    before[v] = owed;
  }
  return same;
}

static void run_blocks(struct timing *t, int from, int to);

static void run_loop(struct timing *t, int loop, int64_t rounds)
{
  const struct ir_loop *l = &t->ir->loops[loop];
  int64_t *before = t->before[l->depth], last = 0;
  if (rounds <= 0)
    t->now += TAKEN_BRANCH;
  for (int v = 0; v < t->ir->file_count; v++)
    before[v] = -1;
  for (int64_t round = 0; round < rounds; round++) {
    int64_t start = t->now, owed = t->end - start;
    run_blocks(t, l->first, l->last);
    int64_t took = t->now - start;
    bool steady = same_state(t, before) && took == last && t->end - t->now == owed;
    last = took;
    if (!steady)
      continue;
    int64_t skip = (rounds - 1 - round) * took; /* all rounds from here on are the same */
    t->now += skip;
    t->end += skip;
    for (int v = 0; v < t->ir->file_count; v++)
      t->ready[v] += skip;
    break;
  }
}

static void run_blocks(struct timing *t, int from, int to)
{
  for (int b = from; b <= to; b++) {
    const struct ir_block *block = &t->ir->blocks[b];
    for (int k = t->s->block_first[b]; k < t->s->block_first[b + 1]; k++)
      issue(t, t->s->bundles[k]);
    if (block->opens == IR_NONE)
      continue;
    const struct ir_loop *l = &t->ir->loops[block->opens];
    const struct ir_op *op = &t->ir->ops[block->first + block->count - 1];
    run_loop(t, block->opens, op->s.cnt ? l->expected : op->s.imm);
    b = l->last;
  }
}

int timing_cycles(const struct ir *ir, const struct schedule *s, enum timing_memory memory,
                  uint64_t *cycles, struct vtpu_error *err)
{
  size_t values = (size_t)ir->file_count + 1;
  struct timing t = {.ir = ir, .s = s, .memory = memory, .now = -1};
  int64_t *all_of = calloc(values * (L_COUNT + 1), sizeof *all_of);
  t.ops = malloc(((size_t)ir->op_count + 1) * sizeof *t.ops);
  if (!all_of || !t.ops) {
    free(all_of);
    free(t.ops);
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory while timing a kernel");
  }
  look_at_ops(&t);
  t.ready = all_of;
  for (int d = 0; d < L_COUNT; d++)
    t.before[d] = all_of + (size_t)(d + 1) * values;
  run_blocks(&t, 0, ir->block_count - 1);
  *cycles = (uint64_t)(t.end > t.now + 1 ? t.end : t.now + 1);
  free(all_of);
  free(t.ops);
  return 0;
}
