/* Kernels to bundles to SIWs: see emit.h. */
#include "asm/lower/emit.h"

#include "asm/lower/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEPS_WINDOW = SIW_DEPS,
  LOOPS_CHOSEN = 8,  /* of a kernel, whether they are pipelined is chosen for each */
  LOOPS_SUBSETS = 4, /* up to so many in every combination */
};

void code_init(struct code *c, unsigned dlen)
{
  memset(c, 0, sizeof *c);
  c->dlen = dlen;
  ir_init(&c->pipelined, dlen);
}

void code_free(struct code *c)
{
  free(c->bundles);
  free(c->siws);
  free(c->marks);
  free(c->symbols);
  free(c->labels);
  free(c->fixups);
  free(c->kernels);
  ir_free(&c->pipelined);
  loop_reports_free(&c->loops);
  schedule_free(&c->schedule);
  allocation_free(&c->allocation);
  memo_free(&c->memo);
  memset(c, 0, sizeof *c);
}

/* Room for `extra` more items of an array that grows. */
static int grow(void **items, size_t *room, size_t count, size_t extra, size_t bytes,
                struct vtpu_error *err)
{
  if (count + extra <= *room)
    return 0;
  size_t more = *room ? *room : 256;
  while (more < count + extra)
    more *= 2;
  void *bigger = realloc(*items, more * bytes);
  if (!bigger)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %zu items of code", more);
  *items = bigger;
  *room = more;
  return 0;
}

#define GROW(c, items, count, room, extra, err)                                                    \
  grow((void **)&(c)->items, &(c)->room, (c)->count, extra, sizeof *(c)->items, err)

int code_begin(struct code *c, uint32_t *entry, struct vtpu_error *err)
{
  *entry = (uint32_t)c->siw_count;
  c->label_count = c->fixup_count = 0;
  c->sentrons++;
  return GROW(c, bundles, bundle_count, bundle_room, 1, err);
}

/* Address of bundle i of the sentron that is being written. */
static uint32_t address(const struct code *c, size_t i)
{
  return (uint32_t)(c->siw_count + i - c->carried);
}

int code_end(struct code *c, uint32_t *end, struct vtpu_error *err)
{
  for (size_t i = 0; i < c->fixup_count; i++) {
    int64_t target = c->labels[c->fixups[i].label];
    if (target < 0 || (size_t)target >= c->bundle_count)
      return vtpu_fail(err, VTPU_BUG, "lowering: a branch leads to a label that was never set");
    c->bundles[c->fixups[i].bundle].slot[PIPE_D].imm = (int32_t)address(c, (size_t)target);
  }
  size_t fresh = c->bundle_count - c->carried;
  int bad = GROW(c, siws, siw_count, siw_room, fresh, err);
  bundle_set_deps(c->bundles, c->bundle_count); /* the carried ones are encoded already */
  for (size_t i = c->carried; i < c->bundle_count && !bad; i++)
    bad = siw_encode(&c->bundles[i], &c->siws[c->siw_count + i - c->carried], err);
  if (bad)
    return bad;
  c->siw_count += fresh;
  *end = (uint32_t)c->siw_count;
  size_t keep = c->bundle_count < DEPS_WINDOW ? c->bundle_count : DEPS_WINDOW;
  memmove(c->bundles, c->bundles + c->bundle_count - keep, keep * sizeof *c->bundles);
  c->bundle_count = c->carried = keep;
  return 0;
}

int code_label(struct code *c, int *label, struct vtpu_error *err)
{
  int bad = GROW(c, labels, label_count, label_room, 1, err);
  if (bad)
    return bad;
  *label = (int)c->label_count;
  c->labels[c->label_count++] = -1;
  return 0;
}

void code_set_label(struct code *c, int label)
{
  c->labels[label] = (int64_t)c->bundle_count;
}

int code_symbol(struct code *c, const char *name, struct vtpu_error *err)
{
  int bad = GROW(c, symbols, symbol_count, symbol_room, 1, err);
  if (bad)
    return bad;
  struct object_symbol *s = &c->symbols[c->symbol_count++];
  memset(s, 0, sizeof *s);
  s->siw = address(c, c->bundle_count);
  snprintf(s->name, sizeof s->name, "%s", name);
  return 0;
}

/* Writes one operation into its slot, virtual registers replaced by their numbers. */
static void fill_slot(const struct ir_op *op, const uint8_t *physical, struct bundle *b)
{
  struct slot *s = &b->slot[op->pipe];
  *s = op->s;
  struct ir_use use[IR_USES_MAX];
  int uses = ir_uses(op, use);
  for (int u = 0; u < uses; u++) {
    int32_t *field = slot_field(s, use[u].field);
    *field = physical[*field];
  }
  if (op->pipe == PIPE_S && op->s.imc)
    b->coord = op->coord;
}

/* Counts the SIWs of one block under its mark; a run of blocks with one name is one mark. */
static int add_mark(struct code *c, const char *name, int layer, size_t first, size_t last,
                    struct vtpu_error *err)
{
  struct object_mark *m = c->mark_count ? &c->marks[c->mark_count - 1] : NULL;
  uint32_t from = address(c, first), to = address(c, last);
  if (m && m->last + 1 == from && m->layer == layer && strcmp(m->kernel, name) == 0) {
    m->last = to;
    return 0;
  }
  int bad = GROW(c, marks, mark_count, mark_room, 1, err);
  if (bad)
    return bad;
  m = &c->marks[c->mark_count++];
  memset(m, 0, sizeof *m);
  m->first = from;
  m->last = to;
  m->layer = layer;
  snprintf(m->kernel, sizeof m->kernel, "%s", name);
  return 0;
}

static int append_block(struct code *c, const struct ir *ir, int block, size_t base, int layer,
                        struct vtpu_error *err)
{
  const struct schedule *s = &c->schedule;
  int first = s->block_first[block], last = s->block_first[block + 1] - 1;
  for (int k = first; k <= last; k++) {
    struct bundle *b = &c->bundles[c->bundle_count];
    memset(b, 0, sizeof *b);
    for (int p = 0; p < PIPE_COUNT; p++) {
      if (s->bundles[k][p] == IR_NONE)
        continue;
      const struct ir_op *op = &ir->ops[s->bundles[k][p]];
      fill_slot(op, c->allocation.physical, b);
      if (op->label != IR_NONE) {
        int bad = GROW(c, fixups, fixup_count, fixup_room, 1, err);
        if (bad)
          return bad;
        c->fixups[c->fixup_count++] = (struct code_fixup){c->bundle_count, op->label};
      }
    }
    c->bundle_count++;
  }
  int opens = ir->blocks[block].opens;
  if (opens != IR_NONE) { /* its CLOOP is in the last SIW of this block */
    size_t end = base + (size_t)s->block_first[ir->loops[opens].last + 1] - 1;
    if (end < c->bundle_count)
      return vtpu_fail(err, VTPU_BUG, "lowering: a loop without a body in kernel %s",
                       ir->marks[ir->blocks[block].mark]);
    c->bundles[c->bundle_count - 1].slot[PIPE_C].end = (int32_t)address(c, end);
  }
  return last < first ? 0
                      : add_mark(c, ir->marks[ir->blocks[block].mark], layer, base + (size_t)first,
                                 base + (size_t)last, err);
}

/* The order (schedule.h) with the shortest schedule that has registers enough; a window of 0 if
 * none has. */
static int choose_order(struct code *c, struct scheduler *w, struct schedule_order *order,
                        struct vtpu_error *err)
{
  static const struct schedule_order orders[] = {
      {0, 96}, {0, 48}, {0, 32}, {0, 20},  {0, 12},  {0, 8},   {5, 96},  {8, 96},
      {8, 24}, {8, 16}, {8, 12}, {11, 96}, {11, 32}, {11, 20}, {16, 96}, {16, 16},
  };
  const struct ir *ir = &c->pipelined;
  uint64_t best = UINT64_MAX;
  *order = (struct schedule_order){0, 0};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    bool fits = false;
    uint64_t cycles = UINT64_MAX;
    int bad = scheduler_run(w, orders[i], &c->schedule, err);
    if (!bad && !c->schedule.squeezed)
      bad = timing_cycles(ir, &c->schedule, TIMING_ASSUMED, &cycles, err);
    if (!bad && cycles < best)
      bad = allocate_registers(ir, &c->schedule, &c->allocation, &fits, err);
    if (bad)
      return bad;
    if (fits) {
      best = cycles;
      *order = orders[i];
    }
  }
  return 0;
}

/* Schedules and allocates c->pipelined. cycles: what it takes where data is where it is assumed. */
static int schedule_best(struct code *c, bool *fits, uint64_t *cycles, struct vtpu_error *err)
{
  struct schedule_order order;
  struct scheduler *w = scheduler_new(&c->pipelined, err);
  if (!w)
    return VTPU_SYSTEM;
  int bad = choose_order(c, w, &order, err);
  if (!bad)
    bad = scheduler_run(w, order, &c->schedule, err);
  scheduler_free(w);
  if (!bad)
    bad = allocate_registers(&c->pipelined, &c->schedule, &c->allocation, fits, err);
  if (!bad)
    bad = timing_cycles(&c->pipelined, &c->schedule, TIMING_ASSUMED, cycles, err);
  c->reordered += !bad && order.window == 0;
  return bad;
}

/* Bit i: loop i of the kernel is pipelined. */
static uint64_t pipelined_loops(const struct code *c, struct loop_range loops)
{
  uint64_t set = 0;
  for (int i = 0; i < loops.count && i < LOOPS_CHOSEN; i++)
    set |= (uint64_t)c->loops.list[loops.first + i].pipelined << i;
  return set;
}

/* Says of the loops in `set` that they were not pipelined after all. */
static void report_sequential(struct code *c, struct loop_range loops, uint64_t set, bool fitted,
                              uint64_t more)
{
  for (int i = 0; i < loops.count; i++) {
    struct loop_report *r = &c->loops.list[loops.first + i];
    if (!r->pipelined || (i < LOOPS_CHOSEN && !(set >> i & 1)))
      continue;
    r->pipelined = false;
    snprintf(r->why, sizeof r->why,
             fitted ? "at II %d, %d stages: the kernel would take %llu cycles more"
                    : "at II %d, %d stages: the code around it leaves too few registers",
             r->ii, r->stages, (unsigned long long)more);
    r->ii = r->stages = r->unroll = 0;
  }
}

static void free_trial(struct code *t)
{
  ir_free(&t->pipelined);
  schedule_free(&t->schedule);
  allocation_free(&t->allocation);
}

/* Schedules the kernel with any of its loops left sequential, and keeps what takes the fewest
 * cycles. Few rounds of a loop may not be worth its prologue, and the code around it may leave it
 * no registers. */
static int schedule_kernel(struct code *c, const struct pipeline *kernel, struct loop_range loops,
                           bool *fits, struct vtpu_error *err)
{
  uint64_t first, best, chosen = 0;
  int bad = pipeline_write(kernel, 0, &c->pipelined, err);
  if (!bad)
    bad = schedule_best(c, fits, &first, err);
  if (bad)
    return bad;
  uint64_t all_of = pipelined_loops(c, loops);
  bool fitted = *fits;
  best = fitted ? first : UINT64_MAX;
  for (uint64_t set = 1; all_of && set <= all_of && !bad; set++) {
    if ((set & ~all_of) || (loops.count > LOOPS_SUBSETS && set != all_of))
      continue;
    struct code t = {.dlen = c->dlen};
    uint64_t cycles = 0;
    bool trial_fits = false;
    ir_init(&t.pipelined, c->dlen);
    bad = pipeline_write(kernel, set == all_of ? ~UINT64_C(0) : set, &t.pipelined, err);
    if (!bad)
      bad = schedule_best(&t, &trial_fits, &cycles, err);
    if (!bad && trial_fits && cycles < best) {
      best = cycles;
      chosen = set;
      *fits = true;
      struct ir ir_before = c->pipelined;
      struct schedule schedule_before = c->schedule;
      struct allocation allocation_before = c->allocation;
      c->pipelined = t.pipelined;
      c->schedule = t.schedule;
      c->allocation = t.allocation;
      t.pipelined = ir_before;
      t.schedule = schedule_before;
      t.allocation = allocation_before;
    }
    free_trial(&t);
  }
  if (chosen)
    report_sequential(c, loops, chosen, fitted, first - best);
  return bad;
}

/* Leaves the kernel's pipelined form, a schedule and an allocation in the code's scratch. cycles:
 * those of struct lower_kernel. */
static int compile(struct code *c, const struct ir *ir, int layer, uint64_t *cycles,
                   struct vtpu_error *err)
{
  struct kernel_facts facts = {.loops = {c->loops.count, 0}};
  struct loop_range *loops = &facts.loops;
  bool fits = false;
  if (memo_find(&c->memo, ir, &c->pipelined, &c->schedule, &c->allocation, &facts)) {
    for (int i = loops->first; i < loops->first + loops->count; i++)
      c->loops.list[i].kernels++;
    *cycles = facts.cycles;
    return 0;
  }
  struct pipeline kernel;
  int bad = pipeline_plan(ir, &kernel, &c->loops, err);
  loops->count = c->loops.count - loops->first;
  for (int i = loops->first; i < c->loops.count; i++) {
    c->loops.list[i].loop = i - loops->first;
    c->loops.list[i].layer = layer;
    c->loops.list[i].sentron = c->sentrons - 1;
  }
  if (!bad)
    bad = schedule_kernel(c, &kernel, *loops, &fits, err);
  pipeline_free(&kernel);
  if (bad)
    return bad;
  if (!fits)
    return vtpu_fail(
        err, VTPU_LIMIT,
        "lowering: kernel %s needs %d r and %d p registers at once; there are %d and %d",
        ir->marks[0], c->allocation.needed[FILE_R], c->allocation.needed[FILE_P], R_COUNT, P_COUNT);
  bad = timing_cycles(&c->pipelined, &c->schedule, TIMING_L1, &facts.cycles, err);
  *cycles = facts.cycles;
  return bad ? bad
             : memo_add(&c->memo, ir, &c->pipelined, &c->schedule, &c->allocation, facts, err);
}

int code_kernel(struct code *c, const struct ir *ir, int layer, struct vtpu_error *err)
{
  uint64_t cycles = 0;
  int bad = ir_check(ir, err);
  if (!bad)
    bad = compile(c, ir, layer, &cycles, err);
  if (!bad)
    bad = GROW(c, kernels, kernel_count, kernel_room, 1, err);
  if (bad)
    return bad;
  ir = &c->pipelined;
  bad = GROW(c, bundles, bundle_count, bundle_room, (size_t)c->schedule.bundle_count, err);
  size_t base = c->bundle_count;
  for (int b = 0; b < ir->block_count && !bad; b++)
    bad = append_block(c, ir, b, base, layer, err);
  for (int l = 0; l < ir->loop_count && !bad; l++) {
    size_t end = base + (size_t)c->schedule.block_first[ir->loops[l].last + 1] - 1;
    c->bundles[end].loop_ends |= (uint8_t)(1u << ir->loops[l].depth);
  }
  c->kernels[c->kernel_count++] =
      (struct lower_kernel){address(c, base), address(c, c->bundle_count), cycles};
  return bad;
}
