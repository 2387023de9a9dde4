/* Liveness over blocks and loops: see dead.h. */
#include "asm/lower/dead.h"

#include "asm/lower/depend.h"

#include <stdlib.h>
#include <string.h>

struct liveness {
  struct ir *ir;
  bool *in;   /* [blocks + 1][values]: live where the block begins */
  bool *now;  /* [values] */
  bool *dead; /* [ops] */
  bool changed;
};

static bool *live_in(struct liveness *l, int block)
{
  return l->in + (size_t)block * (size_t)l->ir->file_count;
}

static void join(struct liveness *l, int block)
{
  const bool *in = live_in(l, block);
  for (int v = 0; v < l->ir->file_count; v++)
    l->now[v] |= in[v];
}

/* What is live where the block ends: where the next begins, and where those begin to which loops
 * jump. A branch leaves the kernel. */
static void live_out(struct liveness *l, int block)
{
  const struct ir *ir = l->ir;
  memset(l->now, 0, (size_t)ir->file_count * sizeof *l->now);
  join(l, block + 1);
  for (int k = 0; k < ir->loop_count; k++)
    if (ir->loops[k].last == block && ir->loops[k].most != 1)
      join(l, ir->loops[k].first); /* another round */
  if (ir->blocks[block].opens != IR_NONE)
    join(l, ir->loops[ir->blocks[block].opens].last + 1); /* no round */
}

static bool useless(const struct liveness *l, const struct ir_op *op, const struct ir_use *use,
                    int uses)
{
  bool writes = false, needed = ir_is_ordered(op) || ir_is_terminator(op);
  for (int u = 0; u < uses; u++)
    if (use[u].written) {
      writes = true;
      needed |= l->now[use[u].reg];
    }
  return writes && !needed;
}

static void walk_block(struct liveness *l, int block)
{
  const struct ir *ir = l->ir;
  const struct ir_block *b = &ir->blocks[block];
  live_out(l, block);
  for (int i = b->first + b->count - 1; i >= b->first; i--) {
    const struct ir_op *op = &ir->ops[i];
    struct ir_use use[IR_USES_MAX];
    int uses = ir_uses(op, use);
    l->dead[i] = useless(l, op, use, uses);
    if (l->dead[i])
      continue;
    for (int u = 0; u < uses; u++)
      if (use[u].written && !use[u].read)
        l->now[use[u].reg] = false;
    for (int u = 0; u < uses; u++)
      if (use[u].read)
        l->now[use[u].reg] = true;
  }
  bool *in = live_in(l, block);
  for (int v = 0; v < ir->file_count; v++) {
    l->changed |= in[v] != l->now[v];
    in[v] = l->now[v];
  }
}

static void take_out(struct liveness *l)
{
  struct ir *ir = l->ir;
  int to = 0;
  for (int b = 0; b < ir->block_count; b++) {
    struct ir_block *block = &ir->blocks[b];
    int first = to;
    for (int i = block->first; i < block->first + block->count; i++)
      if (!l->dead[i])
        ir->ops[to++] = ir->ops[i];
    block->first = first;
    block->count = to - first;
  }
  ir->op_count = to;
}

int ir_remove_dead(struct ir *ir, struct vtpu_error *err)
{
  size_t values = (size_t)ir->file_count, blocks = (size_t)ir->block_count;
  struct liveness l = {.ir = ir};
  l.in = calloc((blocks + 1) * values + 1, sizeof *l.in);
  l.now = malloc((values + 1) * sizeof *l.now);
  l.dead = malloc(((size_t)ir->op_count + 1) * sizeof *l.dead);
  bool ok = l.in && l.now && l.dead;
  /* Live sets only grow from pass to pass, so the last pass, which changes nothing, is exact. */
  for (l.changed = ok; l.changed;) {
    l.changed = false;
    for (int b = ir->block_count - 1; b >= 0; b--)
      walk_block(&l, b);
  }
  if (ok)
    take_out(&l);
  free(l.in);
  free(l.now);
  free(l.dead);
  return ok ? 0 : vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a kernel's registers");
}
