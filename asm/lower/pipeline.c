/* Software pipelining: see pipeline.h. */
#include "asm/lower/pipeline.h"

#include "asm/lower/dead.h"
#include "asm/lower/expand.h"
#include "asm/lower/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one loop ----------------------------------------------------------------------------------
 */

static struct loop_report *new_report(struct loop_reports *list, struct vtpu_error *err)
{
  if (list->count == list->room) {
    int room = list->room ? 2 * list->room : 8;
    void *bigger = realloc(list->list, (size_t)room * sizeof *list->list);
    if (!bigger) {
      vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %d loops", room);
      return NULL;
    }
    list->list = bigger;
    list->room = room;
  }
  struct loop_report *r = &list->list[list->count];
  memset(r, 0, sizeof *r);
  r->loop = list->count++;
  r->layer = r->sentron = -1;
  r->kernels = 1;
  return r;
}

void loop_reports_free(struct loop_reports *r)
{
  free(r->list);
  memset(r, 0, sizeof *r);
}

static const struct ir_op *opener(const struct ir *ir, int loop)
{
  const struct ir_block *b = &ir->blocks[ir->loops[loop].first - 1];
  return &ir->ops[b->first + b->count - 1];
}

static void finish_report(struct loop_report *r, const struct expansion *x)
{
  r->pipelined = true;
  r->ii = x->ii;
  r->stages = x->stages;
  r->unroll = x->rotation.unroll;
  memcpy(r->live, x->rotation.live, sizeof r->live);
  r->overhead = x->span - x->ii;
  r->cycles = r->rounds < 0 ? -1 : r->rounds ? (r->rounds - 1) * r->ii + x->span : 0;
  if (r->ii == r->minimum_ii)
    r->why[0] = '\0';
}

/* A schedule for one innermost loop, if it can be had. */
static int plan_loop(struct ir *ir, int loop, const struct ir_span *spans, struct expansion *x,
                     struct loop_reports *reports, bool *found, struct vtpu_error *err)
{
  *found = false;
  struct loop_report *r = new_report(reports, err);
  if (!r)
    return VTPU_SYSTEM;
  const struct ir_op *open = opener(ir, loop);
  const char *obstacle = depend_obstacle(ir, loop);
  snprintf(r->kernel, sizeof r->kernel, "%s", ir->marks[ir->blocks[ir->loops[loop].first].mark]);
  r->rounds = open->s.cnt ? -1 : open->s.imm;
  if (open->s.cnt && ir->loops[loop].depth + 1 >= L_COUNT)
    obstacle = "loops nest too deep for a guard around it";
  if (!obstacle && !open->s.cnt && open->s.imm <= 0)
    obstacle = "it has no round";
  if (ir->loops[loop].most == 1)
    obstacle = "it has one round at most";
  if (obstacle) {
    snprintf(r->why, sizeof r->why, "%s", obstacle);
    return 0;
  }
  x->count_reg = open->s.cnt;
  x->rounds = open->s.cnt ? open->s.rs1 : open->s.imm;
  x->expected = open->s.cnt ? ir->loops[loop].expected : open->s.imm;
  x->least = ir->loops[loop].least;
  int bad = search_schedule(ir, loop, spans, x, r, found, err);
  if (*found) {
    expansion_shape(x);
    finish_report(r, x);
  }
  return bad;
}

static bool innermost(const struct ir *ir, int loop)
{
  for (int l = loop + 1; l < ir->loop_count; l++)
    if (ir->loops[l].parent == loop)
      return false;
  return true;
}

/* --- the whole kernel --------------------------------------------------------------------------
 */

static void copy_op(const struct ir *in, struct ir *out, int i)
{
  ir_append(out, &in->ops[i]);
}

/* Copies a block up to, but without, the CLOOP that ends it. */
static void copy_block(const struct ir *in, struct ir *out, int block)
{
  const struct ir_block *b = &in->blocks[block];
  ir_mark_again(out, b->mark);
  for (int i = 0; i < b->count - (b->opens != IR_NONE); i++)
    copy_op(in, out, b->first + i);
}

/* Opens a loop as it is. */
static void copy_loop(const struct ir *in, struct ir *out, int loop)
{
  const struct ir_op *open = opener(in, loop);
  if (open->s.cnt)
    ir_loop_reg(out, open->s.rs1);
  else
    ir_loop(out, open->s.imm);
  ir_expect(out, in->loops[loop].expected);
  ir_promise(out, in->loops[loop].least);
}

/* A loop of one round is straight code. */
static bool one_round(const struct ir *in, int loop)
{
  const struct ir_op *open = opener(in, loop);
  return innermost(in, loop) && !open->s.cnt && open->s.imm == 1;
}

/* A known count above 0, and a body that can be copied. */
static bool has_rounds(const struct ir *in, int loop)
{
  const struct ir_op *open = opener(in, loop);
  return !depend_obstacle(in, loop) && !open->s.cnt && open->s.imm > 0;
}

int pipeline_plan(const struct ir *ir, struct pipeline *p, struct loop_reports *reports,
                  struct vtpu_error *err)
{
  struct ir *in = &p->in;
  size_t room = (size_t)ir->loop_count + 1;
  struct ir_span *spans = malloc(((size_t)ir->file_count + 1) * sizeof *spans);
  memset(p, 0, sizeof *p);
  in->dlen = ir->dlen;
  ir_assign(in, ir);
  p->loops = calloc(room, sizeof *p->loops);
  int bad = spans && p->loops
                ? ir_check(in, err)
                : vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a kernel's registers");
  for (int i = 0; i < in->op_count; i++)
    in->ops[i].origin = i;
  if (!bad)
    bad = ir_remove_dead(in, err);
  if (!bad)
    ir_spans(in, spans);
  for (int b = 0; b < in->block_count && !bad; b++) {
    int opens = in->blocks[b].opens;
    if (opens == IR_NONE || one_round(in, opens) || !innermost(in, opens))
      continue;
    struct pipeline_loop *loop = &p->loops[p->loop_count++];
    bad = plan_loop(in, opens, spans, &loop->expansion, reports, &loop->found, err);
  }
  free(spans);
  return bad;
}

void pipeline_free(struct pipeline *p)
{
  for (int i = 0; i < p->loop_count; i++)
    expansion_free(&p->loops[i].expansion);
  free(p->loops);
  ir_free(&p->in);
  memset(p, 0, sizeof *p);
}

static int rewrite(const struct pipeline *pipeline, uint64_t sequential, struct ir *out,
                   struct vtpu_error *err)
{
  const struct ir *in = &pipeline->in;
  int bad = 0, loops = 0;
  for (int b = 0; b < in->block_count && !bad; b++) {
    int opens = in->blocks[b].opens;
    bool found = false, whole = false; /* whole: the loop has been written */
    copy_block(in, out, b);
    if (opens != IR_NONE && !one_round(in, opens)) {
      const struct pipeline_loop *loop = NULL;
      if (innermost(in, opens)) {
        bool left = loops < 64 && (sequential >> loops & 1);
        loop = &pipeline->loops[loops++];
        found = loop->found && !left;
      }
      bool together = !found && loop && has_rounds(in, opens);
      if (found)
        bad = expand_loop(out, &loop->expansion, err);
      else if (together)
        bad = expand_together(out, in, opens, opener(in, opens)->s.imm, err);
      else
        copy_loop(in, out, opens);
      whole = found || together;
      if (whole)
        b = in->loops[opens].last;
    }
    int loop = in->blocks[b].loop;
    if (!whole && loop != IR_NONE && in->loops[loop].last == b && !one_round(in, loop))
      ir_end(out);
  }
  return bad ? bad : ir_check(out, err);
}

int pipeline_write(const struct pipeline *p, uint64_t sequential, struct ir *out,
                   struct vtpu_error *err)
{
  ir_reset(out, p->in.marks[0]);
  ir_copy_names(out, &p->in);
  int bad = rewrite(p, sequential, out, err);
  return bad ? bad : ir_remove_dead(out, err); /* what only a further round would have needed */
}
