/* Modulo variable expansion and colouring of cyclic intervals: see rotation.h. */
#include "asm/lower/rotation.h"

#include <stdlib.h>
#include <string.h>

enum { UNROLL_MOST = 16, UNROLL_TRIES = 3, NODES_MOST = 20000, REGISTERS_MOST = 16 };
enum { BODY_CYCLES_MOST = 4096 };

/* One web in one round of the body, as cycles from where the circle is cut. */
struct arc {
  int start, length, web, copy;
};

struct life {
  int start, end; /* flat cycles; end: that of the last read, or when the last write is done */
};

/* --- lifetimes ---------------------------------------------------------------------------------
 */

static void find_lives(const struct loop_body *b, const int *time, struct life *lives)
{
  for (int k = 0; k < b->web_count; k++)
    lives[k] = (struct life){-1, -1};
  for (int i = 0; i < b->count; i++)
    for (int u = 0; u < b->uses[i]; u++) {
      struct life *l = &lives[b->web_of[i][u]];
      int owed = b->ops[i].latency > 1 ? b->ops[i].latency : 1;
      int until = time[i] + (b->use[i][u].written ? owed : 0);
      if (l->start < 0 || time[i] < l->start)
        l->start = time[i];
      l->end = until > l->end ? until : l->end;
    }
}

/* Most renamed webs of a file that are live in one cycle of the steady state; *across: those that
 * live on when a round begins. */
static int most_live(const struct loop_body *b, const struct life *lives, int ii, int file,
                     int *rows, int *across)
{
  int always = 0, most = 0;
  memset(rows, 0, (size_t)ii * sizeof *rows);
  for (int k = 0; k < b->web_count; k++) {
    int length = lives[k].end - lives[k].start;
    if (b->webs[k].kept || (int)b->webs[k].file != file)
      continue;
    always += length / ii;
    for (int c = 0; c < length % ii; c++)
      rows[(lives[k].start + c) % ii]++;
  }
  for (int r = 0; r < ii; r++)
    most = rows[r] > most ? rows[r] : most;
  *across = always + rows[ii - 1];
  return always + most;
}

/* --- colouring ---------------------------------------------------------------------------------
 */

struct colouring {
  struct arc *arcs; /* sorted by start; those over the cut are not among them */
  int count, budget, nodes;
  int *choice;               /* [count] */
  int until[REGISTERS_MOST]; /* the register is taken until this cycle, */
  int limit[REGISTERS_MOST]; /* and again from this one, by an arc over the cut */
};

/* Colours arcs from `i` on: depth-first, tightest limit first. Registers that are free now and have
 * the same limit are alike. */
static bool colour_from(struct colouring *c, int i)
{
  if (i == c->count)
    return true;
  if (c->nodes-- <= 0)
    return false;
  int start = c->arcs[i].start, end = start + c->arcs[i].length, tried = -1;
  for (;;) {
    int best = -1;
    for (int r = 0; r < c->budget; r++)
      if (c->until[r] <= start && c->limit[r] >= end && c->limit[r] > tried &&
          (best < 0 || c->limit[r] < c->limit[best]))
        best = r;
    if (best < 0)
      return false;
    int before = c->until[best];
    c->until[best] = end;
    c->choice[i] = best;
    if (colour_from(c, i + 1))
      return true;
    c->until[best] = before;
    tried = c->limit[best];
  }
}

static int by_start(const void *a, const void *b)
{
  const struct arc *x = a, *y = b;
  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  if (x->length != y->length)
    return x->length > y->length ? -1 : 1;
  return x->copy != y->copy ? x->copy - y->copy : x->web - y->web;
}

/* The cycle of the circle over which the fewest arcs pass. */
static int best_cut(const struct arc *arcs, int count, int circle, int *rows)
{
  int best = 0;
  memset(rows, 0, (size_t)circle * sizeof *rows);
  for (int k = 0; k < count; k++)
    for (int c = 1; c < arcs[k].length; c++)
      rows[(arcs[k].start + c) % circle]++;
  for (int c = 1; c < circle; c++)
    best = rows[c] < rows[best] ? c : best;
  return best;
}

/* Colours the webs of one file on the circle; scratch: rows [circle], arcs and choice [webs]. */
static bool colour_file(const struct loop_body *b, const struct life *lives, int ii, int file,
                        int budget, struct rotation *out, struct arc *arcs, int *choice, int *rows)
{
  int count = 0, circle = out->unroll * ii, over = 0;
  for (int copy = 0; copy < out->unroll; copy++)
    for (int k = 0; k < b->web_count; k++)
      if (!b->webs[k].kept && (int)b->webs[k].file == file)
        arcs[count++] = (struct arc){(lives[k].start + copy * ii) % circle,
                                     lives[k].end - lives[k].start, k, copy};
  int cut = best_cut(arcs, count, circle, rows);
  struct colouring c = {.budget = budget, .nodes = NODES_MOST, .choice = choice};
  for (int r = 0; r < REGISTERS_MOST; r++)
    c.limit[r] = circle;
  int kept = 0;
  for (int k = 0; k < count; k++) {
    arcs[k].start = (arcs[k].start - cut + circle) % circle;
    int end = arcs[k].start + arcs[k].length;
    if (end <= circle) {
      arcs[kept++] = arcs[k];
      continue;
    }
    if (over == budget)
      return false;
    c.until[over] = end - circle;
    c.limit[over] = arcs[k].start;
    out->colour[arcs[k].copy * b->web_count + arcs[k].web] = over++;
  }
  qsort(arcs, (size_t)kept, sizeof *arcs, by_start);
  c.arcs = arcs;
  c.count = kept;
  if (!colour_from(&c, 0))
    return false;
  out->used[file] = over;
  for (int k = 0; k < kept; k++) {
    out->colour[arcs[k].copy * b->web_count + arcs[k].web] = choice[k];
    out->used[file] = choice[k] >= out->used[file] ? choice[k] + 1 : out->used[file];
  }
  return true;
}

/* --- all together ------------------------------------------------------------------------------
 */

static int least_unroll(const struct loop_body *b, const struct life *lives, int ii)
{
  int unroll = 1;
  for (int k = 0; k < b->web_count; k++) {
    int rounds = (lives[k].end - lives[k].start + ii - 1) / ii;
    if (!b->webs[k].kept && rounds > unroll)
      unroll = rounds;
  }
  return unroll;
}

static bool colour_unrolled(const struct loop_body *b, const struct life *lives, int ii,
                            const int budget[2], struct rotation *out)
{
  size_t webs = (size_t)b->web_count + 1, copies = (size_t)out->unroll * webs;
  free(out->colour);
  out->colour = malloc(copies * sizeof *out->colour);
  struct arc *arcs = malloc(copies * sizeof *arcs);
  int *choice = malloc(copies * sizeof *choice);
  int *rows = malloc((size_t)(out->unroll * ii) * sizeof *rows);
  bool ok = out->colour && arcs && choice && rows;
  for (size_t k = 0; ok && k < copies; k++)
    out->colour[k] = IR_NONE;
  for (int file = FILE_R; file <= FILE_P && ok; file++)
    ok = colour_file(b, lives, ii, file, budget[file], out, arcs, choice, rows);
  free(arcs);
  free(choice);
  free(rows);
  return ok;
}

int rotation_make(const struct loop_body *b, const int *time, int ii, const int budget[2],
                  bool power_of_two, struct rotation *out, bool *fits, struct vtpu_error *err)
{
  struct life *lives = malloc(((size_t)b->web_count + 1) * sizeof *lives);
  int *rows = malloc((size_t)ii * sizeof *rows);
  *fits = false;
  if (!lives || !rows) {
    free(lives);
    free(rows);
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a loop's registers");
  }
  find_lives(b, time, lives);
  bool few = true;
  for (int file = FILE_R; file <= FILE_P; file++) {
    out->live[file] = most_live(b, lives, ii, file, rows, &out->across[file]);
    few &= out->live[file] <= budget[file];
  }
  out->unroll = least_unroll(b, lives, ii);
  while (power_of_two && (out->unroll & (out->unroll - 1)))
    out->unroll++;
  for (int tries = 0; few && !*fits && tries < UNROLL_TRIES; tries++) {
    if (out->unroll > UNROLL_MOST || (out->unroll > 1 && out->unroll * ii > BODY_CYCLES_MOST))
      break;
    *fits = colour_unrolled(b, lives, ii, budget, out);
    if (!*fits)
      out->unroll += power_of_two ? out->unroll : 1;
  }
  free(lives);
  free(rows);
  return 0;
}

void rotation_free(struct rotation *r)
{
  free(r->colour);
  memset(r, 0, sizeof *r);
}
