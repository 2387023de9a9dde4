/* See memo.h. An entry keeps the whole form of its kernel: equal hashes, which are made of a few
 * fields only, are compared. */
#include "asm/lower/memo.h"

#include <stdlib.h>
#include <string.h>

struct memo_entry {
  uint64_t hash;
  int op_count, block_count, loop_count, file_count, bundle_count;
  struct ir_op *ops; /* their forms */
  struct ir_block *blocks;
  struct ir_loop *loops;
  int (*bundles)[PIPE_COUNT];
  int *block_first;
  struct ir pipelined;
  uint8_t *physical; /* [pipelined.file_count] */
  struct kernel_facts facts;
};

/* What scheduling and allocation can see of an operation; *f with its padding, because forms are
 * hashed and compared as bytes. */
static void form(const struct ir_op *op, struct ir_op *f)
{
  memset(f, 0, sizeof *f);
  f->pipe = op->pipe;
  f->s = op->s;
  /* Rounds and the walks of pointers are part of the form: pipelines depend on them. */
  if (op->pipe != PIPE_C || (op->s.op != OP_CLOOP && op->s.op != OP_CSTEP))
    f->s.imm = 0;
  f->space = op->space;
  f->latency = op->latency;
  f->fresh = op->fresh;
}

static uint64_t mix(uint64_t hash, uint32_t a, uint32_t b)
{
  hash = (hash ^ a ^ (uint64_t)b << 32) * UINT64_C(0x9E3779B97F4A7C15);
  return hash ^ hash >> 29;
}

static bool same_block(const struct ir_block *a, const struct ir_block *b)
{
  return a->first == b->first && a->count == b->count && a->loop == b->loop && a->opens == b->opens;
}

static uint64_t hash_of(const struct ir *ir)
{
  uint64_t hash = (uint64_t)ir->op_count;
  for (int i = 0; i < ir->op_count; i++) {
    const struct ir_op *op = &ir->ops[i];
    bool walks = op->pipe == PIPE_C && (op->s.op == OP_CLOOP || op->s.op == OP_CSTEP);
    hash = mix(hash, (uint32_t)op->s.op | (uint32_t)op->pipe << 8, walks ? (uint32_t)op->s.imm : 0);
    hash = mix(hash, (uint32_t)op->s.rd, (uint32_t)op->s.rs1);
  }
  return hash;
}

static bool same_form(const struct memo_entry *e, const struct ir *ir)
{
  if (e->op_count != ir->op_count || e->block_count != ir->block_count ||
      e->loop_count != ir->loop_count || e->file_count != ir->file_count)
    return false;
  for (int i = 0; i < ir->op_count; i++) {
    struct ir_op f;
    form(&ir->ops[i], &f);
    if (memcmp(&f, &e->ops[i], sizeof f) != 0)
      return false;
  }
  for (int b = 0; b < ir->block_count; b++)
    if (!same_block(&e->blocks[b], &ir->blocks[b]))
      return false;
  return ir->loop_count == 0 ||
         memcmp(e->loops, ir->loops, (size_t)ir->loop_count * sizeof *e->loops) == 0;
}

/* A copy of `count` items (one at least is allocated), or NULL. */
static void *copy(const void *items, int count, size_t bytes)
{
  void *c = malloc((size_t)(count ? count : 1) * bytes);
  if (c && count)
    memcpy(c, items, (size_t)count * bytes);
  return c;
}

/* What the form leaves out of the operations, from the kernel itself. */
static void fill_in(struct ir *pipelined, const struct ir *ir)
{
  for (int i = 0; i < pipelined->op_count; i++) {
    struct ir_op *op = &pipelined->ops[i];
    if (op->origin == IR_NONE)
      continue;
    const struct ir_op *from = &ir->ops[op->origin];
    op->s.imm = from->s.imm;
    op->coord = from->coord;
    op->label = from->label;
  }
  for (int m = 0; m < pipelined->mark_count; m++)
    memcpy(pipelined->marks[m], ir->marks[m], sizeof *ir->marks);
}

bool memo_find(const struct memo *m, const struct ir *ir, struct ir *pipelined, struct schedule *s,
               struct allocation *a, struct kernel_facts *facts)
{
  uint64_t hash = hash_of(ir);
  for (size_t i = 0; i < m->count; i++) {
    const struct memo_entry *e = &m->entries[i];
    if (e->hash != hash || !same_form(e, ir))
      continue;
    int *first = copy(e->block_first, e->pipelined.block_count + 1, sizeof *first);
    int(*bundles)[PIPE_COUNT] = copy(e->bundles, e->bundle_count, sizeof *bundles);
    uint8_t *physical = copy(e->physical, e->pipelined.file_count, 1);
    ir_assign(pipelined, &e->pipelined);
    if (!first || !bundles || !physical || pipelined->broken) {
      free(first);
      free(bundles);
      free(physical);
      return false; /* it will be scheduled again, and fail there if memory is out */
    }
    fill_in(pipelined, ir);
    schedule_free(s);
    allocation_free(a);
    *s = (struct schedule){.bundles = bundles,
                           .bundle_count = e->bundle_count,
                           .bundle_room = e->bundle_count,
                           .block_first = first,
                           .block_room = e->pipelined.block_count + 1};
    *a = (struct allocation){.physical = physical, .room = e->pipelined.file_count};
    *facts = e->facts;
    return true;
  }
  return false;
}

static void free_entry(struct memo_entry *e)
{
  free(e->ops);
  free(e->blocks);
  free(e->loops);
  free(e->bundles);
  free(e->block_first);
  free(e->physical);
  ir_free(&e->pipelined);
}

int memo_add(struct memo *m, const struct ir *ir, const struct ir *pipelined,
             const struct schedule *s, const struct allocation *a, struct kernel_facts facts,
             struct vtpu_error *err)
{
  if (m->count == m->room) {
    size_t room = m->room ? 2 * m->room : 64;
    void *bigger = realloc(m->entries, room * sizeof *m->entries);
    if (!bigger)
      return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %zu kernels", room);
    m->entries = bigger;
    m->room = room;
  }
  struct memo_entry *e = &m->entries[m->count];
  *e = (struct memo_entry){
      .hash = hash_of(ir),
      .op_count = ir->op_count,
      .block_count = ir->block_count,
      .loop_count = ir->loop_count,
      .file_count = ir->file_count,
      .bundle_count = s->bundle_count,
      .ops = copy(ir->ops, ir->op_count, sizeof *ir->ops),
      .blocks = copy(ir->blocks, ir->block_count, sizeof *ir->blocks),
      .loops = copy(ir->loops, ir->loop_count, sizeof *ir->loops),
      .bundles = copy(s->bundles, s->bundle_count, sizeof *s->bundles),
      .block_first = copy(s->block_first, pipelined->block_count + 1, sizeof *s->block_first),
      .physical = copy(a->physical, pipelined->file_count, 1),
      .facts = facts,
  };
  ir_assign(&e->pipelined, pipelined);
  if (!e->ops || !e->blocks || !e->loops || !e->bundles || !e->block_first || !e->physical ||
      e->pipelined.broken) {
    free_entry(e);
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a schedule");
  }
  for (int i = 0; i < e->op_count; i++)
    form(&ir->ops[i], &e->ops[i]);
  m->count++;
  return 0;
}

void memo_free(struct memo *m)
{
  for (size_t i = 0; i < m->count; i++)
    free_entry(&m->entries[i]);
  free(m->entries);
  memset(m, 0, sizeof *m);
}
