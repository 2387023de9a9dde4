/* Linear scan over live intervals: see regalloc.h.
 *
 * Positions: SIW k of the kernel reads at 2k and writes at 2k + 1, because slots read before any of
 * them writes. An interval reaches from a register's first write to its last read, without holes;
 * a value that comes into a loop lives to the loop's end. Of intervals, a scan in order of their
 * starts uses no more registers than are live at once. */
#include "asm/lower/regalloc.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct interval {
  int start, end, value;
};

static const int register_count[2] = {[FILE_R] = R_COUNT, [FILE_P] = P_COUNT};

/* Widens the intervals of the registers that one SIW of a block uses. */
static void use_bundle(const struct ir *ir, const int *slots, int bundle, struct interval *of)
{
  for (int p = 0; p < PIPE_COUNT; p++) {
    if (slots[p] == IR_NONE)
      continue;
    struct ir_use use[IR_USES_MAX];
    int uses = ir_uses(&ir->ops[slots[p]], use);
    for (int u = 0; u < uses; u++) {
      struct interval *v = &of[use[u].reg];
      int low = use[u].read ? 2 * bundle : 2 * bundle + 1;
      int high = use[u].written ? 2 * bundle + 1 : 2 * bundle;
      v->start = low < v->start ? low : v->start;
      v->end = high > v->end ? high : v->end;
    }
  }
}

static int by_start(const void *a, const void *b)
{
  const struct interval *x = a, *y = b;
  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  return x->value < y->value ? -1 : x->value > y->value;
}

/* Gives numbers to the registers of one file; list: [count], sorted by start. */
static void scan(const struct ir *ir, enum reg_file file, const struct interval *list, int count,
                 struct allocation *out, bool *fits)
{
  int until[R_COUNT]; /* end of the interval that holds the register */
  for (int r = 0; r < R_COUNT; r++)
    until[r] = -1;
  for (int i = 0; i < count; i++) {
    if (ir->files[list[i].value] != file || list[i].end < 0)
      continue;
    int free_register = -1, live = 1;
    for (int r = register_count[file] - 1; r >= 0; r--) {
      if (until[r] < list[i].start)
        free_register = r;
      else
        live++;
    }
    if (live > out->needed[file])
      out->needed[file] = live;
    if (free_register < 0) {
      *fits = false;
      continue;
    }
    until[free_register] = list[i].end;
    out->physical[list[i].value] = (uint8_t)free_register;
  }
}

int allocate_registers(const struct ir *ir, const struct schedule *s, struct allocation *out,
                       bool *fits, struct vtpu_error *err)
{
  int count = ir->file_count;
  size_t items = count ? (size_t)count : 1;
  struct interval *list = malloc(items * sizeof *list);
  struct ir_span *spans = malloc(items * sizeof *spans);
  if (out->room < count || !out->physical) {
    free(out->physical);
    out->physical = malloc(items);
    out->room = count;
  }
  if (!list || !spans || !out->physical) {
    free(list);
    free(spans);
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory while allocating registers");
  }
  for (int v = 0; v < count; v++)
    list[v] = (struct interval){INT_MAX, -1, v};
  for (int k = 0; k < s->bundle_count; k++)
    use_bundle(ir, s->bundles[k], k, list);
  ir_spans(ir, spans);
  for (int v = 0; v < count; v++)
    if (spans[v].first != IR_NONE && spans[v].whole)
      list[v].end = 2 * s->block_first[spans[v].last + 1] - 1;
  qsort(list, (size_t)count, sizeof *list, by_start);
  out->needed[FILE_R] = out->needed[FILE_P] = 0;
  *fits = true;
  scan(ir, FILE_R, list, count, out, fits);
  scan(ir, FILE_P, list, count, out, fits);
  free(list);
  free(spans);
  return 0;
}

void allocation_free(struct allocation *a)
{
  free(a->physical);
  memset(a, 0, sizeof *a);
}
