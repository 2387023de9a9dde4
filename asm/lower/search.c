/* The search for a loop's schedule: see search.h. */
#include "asm/lower/search.h"

#include "asm/lower/modulo.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { II_STEPS = 9, SPAN_STEPS = 9, LARGE_BODY = 96, PLAYED = 6 /* rounds */ };
enum { GUARD_CYCLES = 12 };

/* --- registers ---------------------------------------------------------------------------------
 */

/* Registers of each file that hold their value through the loop. */
static void count_kept(const struct loop_body *b, const struct ir_span *spans, int kept[2])
{
  const struct ir *ir = b->ir;
  int body = ir->loops[b->loop].first;
  kept[FILE_R] = kept[FILE_P] = 0;
  for (int v = 0; v < ir->file_count; v++) {
    const struct ir_span *s = &spans[v];
    bool through =
        s->first != IR_NONE && s->first < body && (s->last > body || (s->last == body && s->whole));
    for (int k = 0; k < b->web_count; k++)
      if (b->webs[k].value == v)
        through |= b->webs[k].kept;
    kept[ir->files[v]] += through;
  }
}

/* --- search ------------------------------------------------------------------------------------
 */

/* A search for the schedule with which the loop takes the fewest cycles. */
struct search {
  struct expansion *best; /* with its times and registers, once `found` */
  struct loop_report *report;
  struct loop_body body;
  int *time;      /* [body.count]: of the attempt */
  int *wanted;    /* [body.count]: latencies of the operations */
  int latency;    /* of gathers, at most, that the attempts assume instead */
  int budget[2];  /* registers, by file */
  int64_t rounds; /* known or expected */
  int64_t cycles; /* of the best */
  int64_t *ready; /* [PLAYED + 1][webs, values]: scratch of play */
  bool found;
  bool free; /* the best has no cost_of_count */
};

/* Cycles at least, if nothing takes longer than the schedule assumes. */
static int64_t cycles_of(const struct search *s, int ii, int span)
{
  return (s->rounds - 1) * ii + span;
}

/* --- playing -----------------------------------------------------------------------------------
 * What a schedule is worth where latencies were assumed too short. */

static int64_t *ready_of(struct search *s, int i, int u, int round)
{
  const struct loop_body *b = &s->body;
  int web = b->web_of[i][u];
  if (b->webs[web].kept)
    return &s->ready[PLAYED * b->web_count + b->webs[web].value];
  return &s->ready[round * b->web_count + web];
}

/* Issues an operation no sooner than `at`, and returns when it can. */
static int64_t ready_at(struct search *s, int i, int round, int64_t at)
{
  for (int u = 0; u < s->body.uses[i]; u++) {
    int64_t ready = *ready_of(s, i, u, round);
    at = ready > at ? ready : at;
  }
  return at;
}

/* Cycles of `rounds` rounds (at most PLAYED) with the latencies that the kernel asked for: the
 * machine issues in order and waits for what is not there. rows: [ii][PIPE_COUNT] operations. */
static int64_t play(struct search *s, int ii, int span, const int *rows, int rounds)
{
  const struct loop_body *b = &s->body;
  int64_t now = -1;
  memset(s->ready, 0, (size_t)(PLAYED * b->web_count + b->ir->file_count) * sizeof *s->ready);
  for (int c = 0; c < (rounds - 1) * ii + span; c++) {
    int op[PIPE_COUNT], of[PIPE_COUNT], count = 0;
    int64_t at = now + 1;
    for (int p = 0; p < PIPE_COUNT; p++) {
      int i = rows[c % ii * PIPE_COUNT + p];
      if (i == IR_NONE || c < s->time[i] || (c - s->time[i]) / ii >= rounds)
        continue;
      op[count] = i;
      of[count] = (c - s->time[i]) / ii;
      at = ready_at(s, i, of[count++], at);
    }
    for (int k = 0; k < count; k++)
      for (int u = 0; u < b->uses[op[k]]; u++)
        if (b->use[op[k]][u].written)
          *ready_of(s, op[k], u, of[k]) = at + (s->wanted[op[k]] > 1 ? s->wanted[op[k]] : 1);
    now = count ? at : now;
  }
  return now + 1;
}

/* Cycles of all rounds of the attempt. */
static int64_t cycles_played(struct search *s, int ii, int span, int *rows)
{
  for (int k = 0; k < ii * PIPE_COUNT; k++)
    rows[k] = IR_NONE;
  for (int i = 0; i < s->body.count; i++)
    rows[s->time[i] % ii * PIPE_COUNT + (int)s->body.ops[i].pipe] = i;
  if (s->rounds <= PLAYED)
    return play(s, ii, span, rows, (int)s->rounds);
  int64_t all_of = play(s, ii, span, rows, PLAYED), less = play(s, ii, span, rows, PLAYED - 2);
  return all_of + (all_of - less) * (s->rounds - PLAYED) / 2;
}

/* --- attempts ----------------------------------------------------------------------------------
 */

/* Says why an interval was not taken, if it is the least one and nothing has been said yet. */
static void say_why(struct search *s, int ii, bool placed, const int live[2])
{
  struct loop_report *r = s->report;
  if (r->why[0] || ii != r->minimum_ii)
    return;
  if (!placed)
    snprintf(r->why, sizeof r->why, "at II %d no schedule was found", ii);
  else
    snprintf(r->why, sizeof r->why,
             "at II %d registers run out: %d r and %d p live, %d and %d are free", ii, live[FILE_R],
             live[FILE_P], s->budget[FILE_R], s->budget[FILE_P]);
}

static int span_of(const int *time, int count)
{
  int span = 0;
  for (int i = 0; i < count; i++)
    span = time[i] >= span ? time[i] + 1 : span;
  return span;
}

/* What a count in a register costs where it is not known to fill the pipeline: a test, and rounds
 * that run one after the other (expand.h). */
static int64_t cost_of_count(const struct search *s, int ii, int span, int unroll)
{
  if (!s->best->count_reg || (unroll == 1 && (span + ii - 1) / ii - 1 <= s->best->least))
    return 0;
  return GUARD_CYCLES + (int64_t)(unroll - 1) * (span - ii) / 2;
}

/* Registers of the attempt. A count in a register is held as long as rounds are left that run one
 * after the other. Where it is known to fill the pipeline there are none, and only what lives on
 * when the body begins meets it (expand.h). */
static int rotate(const struct search *s, int ii, int span, struct rotation *r, bool *fits,
                  struct vtpu_error *err)
{
  bool counted = s->best->count_reg, filled = (span + ii - 1) / ii - 1 <= s->best->least;
  int budget[2] = {[FILE_R] = s->budget[FILE_R], [FILE_P] = s->budget[FILE_P]};
  budget[FILE_R] -= counted && !filled;
  int bad = rotation_make(&s->body, s->time, ii, budget, counted, r, fits, err);
  if (bad || !*fits || !counted || !filled ||
      (r->unroll == 1 && r->across[FILE_R] < budget[FILE_R]))
    return bad;
  budget[FILE_R]--;
  return rotation_make(&s->body, s->time, ii, budget, counted, r, fits, err);
}

/* Takes the attempt if its registers suffice and it is better than what there is. */
static int consider(struct search *s, int ii, int live[2], bool *placed, bool *fits,
                    struct vtpu_error *err)
{
  struct rotation r = {.unroll = 0};
  int span = span_of(s->time, s->body.count);
  *fits = false;
  if (s->found && cycles_of(s, ii, span) >= s->cycles)
    return 0;
  int *rows = malloc((size_t)ii * PIPE_COUNT * sizeof *rows);
  if (!rows)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a loop's schedule");
  int64_t cycles = cycles_played(s, ii, span, rows);
  free(rows);
  int bad = rotate(s, ii, span, &r, fits, err);
  if (!*placed || r.live[FILE_R] + r.live[FILE_P] < live[FILE_R] + live[FILE_P])
    memcpy(live, r.live, sizeof r.live);
  *placed = true;
  int64_t count_cost = cost_of_count(s, ii, span, r.unroll);
  cycles += count_cost;
  if (bad || !*fits || (s->found && cycles >= s->cycles)) {
    rotation_free(&r);
    return bad;
  }
  rotation_free(&s->best->rotation);
  s->best->rotation = r;
  s->best->ii = ii;
  memcpy(s->best->time, s->time, (size_t)s->body.count * sizeof *s->time);
  s->cycles = cycles;
  s->free = !count_cost;
  s->report->latency = s->latency;
  s->found = true;
  return 0;
}

/* Tries all spans and orders at one interval. */
static int search_ii(struct search *s, struct modulo_work *w, int ii, struct vtpu_error *err)
{
  static const int more[SPAN_STEPS] = {0, 1, 2, 3, 4, 8, 16, 32, 64};
  int critical = modulo_critical_path(w, ii), bad = 0, live[2] = {0, 0};
  bool placed = false, fits = false, large = s->body.count > LARGE_BODY;
  for (int k = 0; k < SPAN_STEPS && critical > 0 && more[k] <= 2 * ii + 8 && !fits && !bad; k++)
    for (int order = 0; order < ORDER_COUNT && !bad; order++) {
      /* In time order the span is a result. It is what large bodies need; small ones try it last.
       */
      bool stream = modulo_in_time((enum modulo_order)order);
      if (stream ? k != (large ? 0 : SPAN_STEPS - 1) : large)
        continue;
      int span = critical + (stream ? 2 * ii : more[k]);
      if (modulo_attempt(w, ii, span, (enum modulo_order)order, s->time))
        bad = consider(s, ii, live, &placed, &fits, err);
    }
  say_why(s, ii, placed, live);
  return bad;
}

/* Makes gathers that are far away count as if they took `most` cycles at most; returns the longest
 * there is. */
static int cap_gathers(struct ir *ir, int loop, const int *wanted, int most)
{
  const struct ir_block *b = &ir->blocks[ir->loops[loop].first];
  int longest = 0;
  for (int i = 0; i < b->count; i++)
    if (ir_is_load(&ir->ops[b->first + i])) {
      ir->ops[b->first + i].latency = wanted[i] < most ? wanted[i] : most;
      longest = wanted[i] > longest ? wanted[i] : longest;
    }
  return longest;
}

static void report_bounds(const struct modulo_bounds *bounds, struct loop_report *r)
{
  memcpy(r->ops, bounds->ops, sizeof r->ops);
  r->resource_ii = bounds->resource;
  r->resource_pipe = bounds->pipe;
  r->recurrence_ii = bounds->recurrence;
  memcpy(r->recurrence, bounds->circuit, sizeof r->recurrence);
  r->minimum_ii = bounds->minimum;
}

/* Tries all intervals that can be better than what there is. */
static int search_intervals(struct search *s, struct vtpu_error *err)
{
  static const int more[II_STEPS] = {0, 1, 2, 3, 4, 6, 8, 12, 16};
  struct modulo_bounds bounds;
  int bad = modulo_bounds(&s->body, &bounds, err);
  struct modulo_work *w = bad ? NULL : modulo_new(&s->body, err);
  if (!w)
    return bad ? bad : VTPU_SYSTEM;
  if (!s->report->minimum_ii)
    report_bounds(&bounds, s->report);
  for (int k = 0; k < II_STEPS && !bad; k++) {
    int ii = bounds.minimum + more[k];
    int critical = modulo_critical_path(w, ii);
    if (s->found && (critical < 0 || cycles_of(s, ii, critical) >= s->cycles))
      break;
    bad = search_ii(s, w, ii, err);
  }
  modulo_free(w);
  return bad;
}

/* A value on its way from far needs a register all the time. Where these run out, shorter latencies
 * are assumed, down to that of L1: the hardware waits for what comes later. */
static int search_latencies(struct ir *ir, int loop, struct search *s, struct vtpu_error *err)
{
  int bad = 0, longest = cap_gathers(ir, loop, s->wanted, INT_MAX);
  s->report->latency_wanted = longest;
  for (s->latency = longest; !bad; s->latency -= s->latency > GATHER_L2 ? 3 : 2) {
    s->latency = s->latency > GATHER_L1 ? s->latency : GATHER_L1;
    cap_gathers(ir, loop, s->wanted, s->latency);
    depend_free(&s->body);
    bad = depend_build(ir, loop, &s->body, err);
    if (!bad)
      bad = search_intervals(s, err);
    if ((s->found && s->latency == longest && s->best->ii == s->report->minimum_ii && s->free) ||
        s->latency <= GATHER_L1)
      break;
  }
  cap_gathers(ir, loop, s->wanted, INT_MAX);
  return bad;
}

int search_schedule(struct ir *ir, int loop, const struct ir_span *spans, struct expansion *x,
                    struct loop_report *r, bool *found, struct vtpu_error *err)
{
  struct search s = {.best = x, .report = r};
  const struct ir_block *b = &ir->blocks[ir->loops[loop].first];
  int kept[2], bad = depend_build(ir, loop, &s.body, err);
  *found = false;
  if (bad)
    return bad;
  count_kept(&s.body, spans, kept);
  s.budget[FILE_R] = R_COUNT - kept[FILE_R];
  s.budget[FILE_P] = P_COUNT - kept[FILE_P];
  memcpy(r->kept, kept, sizeof r->kept);
  memcpy(r->available, s.budget, sizeof r->available);
  s.rounds = x->expected;
  size_t count = (size_t)b->count, webs = (size_t)s.body.web_count;
  s.wanted = malloc(count * sizeof *s.wanted);
  s.time = malloc(count * sizeof *s.time);
  s.ready = malloc((PLAYED * webs + (size_t)ir->file_count + 1) * sizeof *s.ready);
  x->time = malloc(count * sizeof *x->time);
  if (s.wanted && s.time && s.ready && x->time) {
    for (int i = 0; i < b->count; i++)
      s.wanted[i] = ir->ops[b->first + i].latency;
    bad = search_latencies(ir, loop, &s, err);
  } else {
    bad = vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a loop's schedule");
  }
  free(s.wanted);
  free(s.time);
  free(s.ready);
  x->body = s.body;
  *found = s.found && !bad;
  return bad;
}
