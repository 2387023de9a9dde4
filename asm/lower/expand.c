/* Prologue, body and epilogue of a pipelined loop: see expand.h.
 *
 * In the flat schedule, operation o of round i issues in cycle time[o] + i * ii, and its renamed
 * registers are those of copy i mod unroll. Prologue, body and epilogue are ranges of these cycles:
 *
 *   [0, filled * ii)                        prologue; `filled` rounds have started, all but the
 *                                           last stage of the pipeline is full
 *   [filled * ii, (filled + unroll) * ii)   body, `turns` times; it starts `unroll` rounds
 *   from there to the end                   epilogue; which round is its first does not matter,
 *                                           but modulo unroll
 *
 * What lives in the prologue or the epilogue alone gets registers of its own there, so that the
 * colours that nobody needs when the body begins or ends are free for the code around it.
 */
#include "asm/lower/expand.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
  TOGETHER_OPS = 800, /* short rounds share a body of so many operations, */
  TOGETHER_MOST = 4,  /* up to so many rounds */
};

struct writer {
  struct ir *out;
  const struct expansion *x;
  int *slots;           /* [ii][PIPE_COUNT]: operation of each row */
  int name[2][R_COUNT]; /* new virtual registers of the colours */
  int body, end;        /* cycles of the body */
  int *first, *last;    /* [web_count]: cycles of a round in which it is used */
  int *own;             /* [rounds][web_count]: virtual register outside of the body, or IR_NONE */
};

void expansion_shape(struct expansion *x)
{
  x->span = 0;
  for (int i = 0; i < x->body.count; i++)
    x->span = x->time[i] >= x->span ? x->time[i] + 1 : x->span;
  x->stages = (x->span + x->ii - 1) / x->ii;
}

void expansion_free(struct expansion *x)
{
  if (x->body.ops)
    depend_free(&x->body);
  rotation_free(&x->rotation);
  free(x->time);
  memset(x, 0, sizeof *x);
}

/* The virtual register of a round's web. */
static int name_of(struct writer *w, int web, int colour, int round)
{
  const struct expansion *x = w->x;
  int file = (int)x->body.webs[web].file, start = round * x->ii;
  int *own = &w->own[round * x->body.web_count + web];
  if (start + w->last[web] >= w->body && start + w->first[web] < w->end)
    return w->name[file][colour];
  if (*own == IR_NONE)
    *own = file == FILE_R ? ir_r(w->out) : ir_p(w->out);
  return *own;
}

/* Operation `i` of a round, with the registers of that round. */
static struct ir_op renamed(struct writer *w, int i, int round)
{
  const struct loop_body *b = &w->x->body;
  const int *colour = w->x->rotation.colour + round % w->x->rotation.unroll * b->web_count;
  struct ir_op op = b->ops[i];
  for (int u = 0; u < b->uses[i]; u++) {
    int web = b->web_of[i][u];
    if (!b->webs[web].kept)
      *slot_field(&op.s, b->use[i][u].field) = name_of(w, web, colour[web], round);
  }
  return op;
}

/* Does `a` write a register that `b` reads? Then b goes first: slots read before any writes. */
static bool overwrites(const struct ir_op *a, const struct ir_op *b)
{
  struct ir_use ua[IR_USES_MAX], ub[IR_USES_MAX];
  int na = ir_uses(a, ua), nb = ir_uses(b, ub);
  for (int i = 0; i < na; i++)
    for (int j = 0; j < nb; j++)
      if (ua[i].written && ub[j].read && ua[i].reg == ub[j].reg)
        return true;
  return false;
}

/* Appends the operations of one cycle of the flat schedule, of rounds below `rounds`. */
static void write_cycle(struct writer *w, int cycle, int rounds, int from)
{
  const struct expansion *x = w->x;
  struct ir_op ops[PIPE_COUNT];
  int count = 0;
  for (int p = 0; p < PIPE_COUNT; p++) {
    int i = w->slots[cycle % x->ii * PIPE_COUNT + p];
    if (i == IR_NONE || cycle < x->time[i] || (cycle - x->time[i]) / x->ii >= rounds)
      continue;
    ops[count] = renamed(w, i, (cycle - x->time[i]) / x->ii);
    ops[count++].cycle = cycle - from;
  }
  while (count) {
    int first = 0;
    for (int a = 0; a < count; a++) {
      bool last = false;
      for (int b = 0; b < count; b++)
        last |= a != b && overwrites(&ops[a], &ops[b]);
      if (!last) {
        first = a;
        break;
      }
    }
    ir_append(w->out, &ops[first]);
    ops[first] = ops[--count];
  }
}

static void write_cycles(struct writer *w, int from, int to, int rounds)
{
  for (int c = from; c < to; c++)
    write_cycle(w, c, rounds, from);
}

/* How often the body runs of a loop whose count is in a register, for estimates. */
static int64_t expected_turns(const struct expansion *x)
{
  int64_t steady = x->expected - (x->stages - 1);
  return steady > 0 ? steady / x->rotation.unroll : 0;
}

/* Prologue of `filled` rounds, body and epilogue; turns: how often the body runs, or its register.
 */
static void write_pipeline(struct writer *w, int filled, bool turns_reg, int turns)
{
  const struct expansion *x = w->x;
  int body = filled * x->ii, end = body + x->rotation.unroll * x->ii;
  int rounds = filled + x->rotation.unroll;
  w->body = body;
  w->end = end;
  write_cycles(w, 0, body, rounds);
  if (turns_reg)
    ir_loop_reg(w->out, turns);
  else
    ir_loop(w->out, turns);
  ir_expect(w->out, expected_turns(x));
  if (w->out->broken)
    return;
  w->out->blocks[w->out->block_count - 1].fixed = true;
  write_cycles(w, body, end, rounds);
  ir_end(w->out);
  write_cycles(w, end, (rounds - 1) * x->ii + x->span, rounds);
}

/* The loop as it was, for the rounds of register `count`. */
static void write_sequential(struct writer *w, int count)
{
  const struct expansion *x = w->x;
  const struct loop_body *b = &x->body;
  int64_t turns = expected_turns(x), started = turns ? x->stages - 1 : 0;
  ir_loop_reg(w->out, count);
  ir_expect(w->out, x->expected - started - turns * x->rotation.unroll);
  for (int i = 0; i < b->count; i++) {
    struct ir_op op = b->ops[i];
    ir_append(w->out, &op);
  }
  ir_end(w->out);
}

/* A count in a register: turns = how often the body can run, which may be never; the rounds that
 * are too many for that run first, one after the other. */
static void write_counted(struct writer *w)
{
  const struct expansion *x = w->x;
  struct ir *out = w->out;
  int count = x->rounds, unroll = x->rotation.unroll, filled = x->stages - 1, shift = IR_NONE;
  if (filled == 0 && unroll == 1) {
    write_pipeline(w, 0, true, count);
    return;
  }
  int ramp = ir_constant(out, ELEM_I32, filled);
  if (unroll == 1 && filled <= x->least) {
    write_pipeline(w, filled, true, ir_d2(out, OP_DSUB, ELEM_I32, all(count), all(ramp)));
    return;
  }
  int zero = ir_constant(out, ELEM_I32, 0), one = ir_constant(out, ELEM_I32, 1);
  int left = ir_d2(out, OP_DSUB, ELEM_I32, all(count), all(ramp));
  int turns = filled <= x->least ? left : ir_d2(out, OP_DMAX, ELEM_I32, all(left), all(zero));
  int extra;
  if (unroll > 1) {
    shift = ir_constant(out, ELEM_I32, __builtin_ctz((unsigned)unroll));
    turns = ir_d2(out, OP_DSHR, ELEM_I32, all(turns), all(shift));
    int body = ir_d2(out, OP_DSHL, ELEM_I32, all(turns), all(shift));
    int started = ir_d3(out, OP_DSEL, ELEM_I32, all(ramp), all(zero), all(turns));
    int rest = ir_d2(out, OP_DSUB, ELEM_I32, all(count), all(body));
    extra = ir_d2(out, OP_DSUB, ELEM_I32, all(rest), all(started));
  } else {
    extra = ir_d3(out, OP_DSEL, ELEM_I32, all(zero), all(count), all(turns));
  }
  int guard = ir_d2(out, OP_DMIN, ELEM_I32, all(turns), all(one));
  write_sequential(w, extra);
  ir_loop_reg(out, guard);
  ir_expect(out, 1);
  write_pipeline(w, filled, true, turns);
  ir_end(out);
}

/* Leaves in which cycles of a round its webs are used. */
static void find_uses(struct writer *w)
{
  const struct loop_body *b = &w->x->body;
  for (int k = 0; k < b->web_count; k++) {
    w->first[k] = INT_MAX;
    w->last[k] = -1;
  }
  for (int i = 0; i < b->count; i++)
    for (int u = 0; u < b->uses[i]; u++) {
      int web = b->web_of[i][u], time = w->x->time[i];
      w->first[web] = time < w->first[web] ? time : w->first[web];
      w->last[web] = time > w->last[web] ? time : w->last[web];
    }
}

/* Scratch of a writer; rounds: that are written at most. */
static bool writer_open(struct writer *w, int rounds)
{
  const struct expansion *x = w->x;
  size_t webs = (size_t)x->body.web_count + 1;
  w->slots = malloc((size_t)x->ii * PIPE_COUNT * sizeof *w->slots);
  w->first = malloc(2 * webs * sizeof *w->first);
  w->own = malloc((size_t)rounds * webs * sizeof *w->own);
  if (!w->slots || !w->first || !w->own)
    return false;
  w->last = w->first + webs;
  find_uses(w);
  for (size_t k = 0; k < (size_t)rounds * webs; k++)
    w->own[k] = IR_NONE;
  for (int k = 0; k < x->ii * PIPE_COUNT; k++)
    w->slots[k] = IR_NONE;
  for (int i = 0; i < x->body.count; i++)
    w->slots[x->time[i] % x->ii * PIPE_COUNT + (int)x->body.ops[i].pipe] = i;
  return true;
}

int expand_loop(struct ir *out, const struct expansion *x, struct vtpu_error *err)
{
  int unroll = x->rotation.unroll;
  int steady = x->rounds - (x->stages - 1); /* rounds that start in a full pipeline */
  bool straight = !x->count_reg && (steady / unroll <= 1 || steady < 0);
  struct writer w = {.out = out, .x = x, .body = 0, .end = INT_MAX};
  bool ok = writer_open(&w, straight ? x->rounds : x->stages + 2 * unroll);
  for (int k = 0; k < x->rotation.used[FILE_R] && ok; k++)
    w.name[FILE_R][k] = ir_r(out);
  for (int k = 0; k < x->rotation.used[FILE_P] && ok; k++)
    w.name[FILE_P][k] = ir_p(out);
  if (ok && x->count_reg)
    write_counted(&w);
  else if (ok && straight)
    write_cycles(&w, 0, (x->rounds - 1) * x->ii + x->span, x->rounds);
  else if (ok)
    write_pipeline(&w, x->stages - 1 + steady % unroll, false, steady / unroll);
  free(w.slots);
  free(w.first);
  free(w.own);
  return ok ? 0 : vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a pipelined loop");
}

/* One round with registers of its own. name: [webs], scratch. */
static void write_round(struct ir *out, const struct loop_body *b, int *name)
{
  for (int k = 0; k < b->web_count; k++) {
    const struct web *w = &b->webs[k];
    name[k] = w->kept ? w->value : w->file == FILE_R ? ir_r(out) : ir_p(out);
  }
  for (int i = 0; i < b->count; i++) {
    struct ir_op op = b->ops[i];
    for (int u = 0; u < b->uses[i]; u++)
      *slot_field(&op.s, b->use[i][u].field) = name[b->web_of[i][u]];
    ir_append(out, &op);
  }
}

int expand_together(struct ir *out, const struct ir *in, int loop, int rounds,
                    struct vtpu_error *err)
{
  struct loop_body b;
  int bad = depend_build(in, loop, &b, err);
  if (bad)
    return bad;
  int *name = malloc(((size_t)b.web_count + 1) * sizeof *name);
  int together = TOGETHER_OPS / b.count;
  together = together < 1 ? 1 : together > TOGETHER_MOST ? TOGETHER_MOST : together;
  together = together < rounds ? together : rounds;
  bool looped = rounds / together > 1;
  if (name && looped)
    ir_loop(out, rounds / together);
  for (int k = 0; name && k < together; k++)
    write_round(out, &b, name);
  if (name && looped)
    ir_end(out);
  for (int k = 0; name && k < rounds % together; k++)
    write_round(out, &b, name);
  depend_free(&b);
  bad = name ? 0 : vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a loop's rounds");
  free(name);
  return bad;
}
