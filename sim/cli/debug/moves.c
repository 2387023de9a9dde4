/* The commands that go on, step, and go back: what each wants of travel.c. */
#include "sim/cli/debug/debug.h"

#include <inttypes.h>
#include <string.h>

static struct vtpu_sentron_look focus_look(const struct debug *d)
{
  struct vtpu_sentron_look look;
  vtpu_look_sentron(d->state, d->focus, d->at, &look);
  return look;
}

/* A cycle so many away; NEVER when that is beyond time. */
static uint64_t cycles_on(const struct debug *d, uint64_t count)
{
  return count > NEVER - 1 - d->at ? NEVER - 1 : d->at + count;
}

int do_run(struct debug *d, const char *args, struct vtpu_error *err)
{
  int bad = nothing_more(args, err);
  if (!bad)
    bad = session_go(d, 0, err);
  if (bad)
    return bad;
  session_forget(d);
  d->looked = 0;
  watch_look(d);
  return travel(d, (struct goal){.kind = GOAL_END, .limit = NEVER}, err);
}

int do_continue(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  if (bad)
    return bad;
  do /* once even if the program is over, which then is said */
    bad = travel(d, (struct goal){.kind = GOAL_END, .limit = NEVER}, err);
  while (!bad && --count > 0 && d->end == END_NOT);
  return bad;
}

int do_step(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  if (!bad)
    bad = travel(d, (struct goal){.kind = GOAL_ISSUES, .limit = NEVER, .count = count}, err);
  return bad;
}

int do_next(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  for (bool first = true; !bad && count > 0 && (first || d->end == END_NOT); count--) {
    const struct vtpu_sentron_look look = focus_look(d);
    const struct slot *c = &d->code[look.siw].slot[PIPE_C];
    struct goal goal = {.kind = GOAL_ISSUES, .limit = NEVER, .count = 1};
    if (look.life == VTPU_ALIVE && c->op == OP_CLOOP)
      goal = (struct goal){
          .kind = GOAL_OUTSIDE, .limit = NEVER, .first = look.siw + 1, .last = (uint32_t)c->end};
    bad = travel(d, goal, err);
    first = false;
  }
  return bad;
}

/* What `finish` leaves, and `reverse-finish`: the innermost loop, else the mark, else all of the
 * sentron's code. Says so, after `way`; true: a loop. */
static bool innermost(const struct debug *d, const char *way, uint32_t *first, uint32_t *last)
{
  const struct vtpu_sentron_look look = focus_look(d);
  const struct object_sentron *s = &d->object.sentrons[d->focus];
  int inner = -1, mark = mark_of(d, look.siw);
  for (int l = 0; l < L_COUNT; l++)
    if (look.loop[l].active && look.life == VTPU_ALIVE &&
        (inner < 0 || look.loop[l].start > look.loop[inner].start))
      inner = l;
  if (inner >= 0) {
    *first = look.loop[inner].start;
    *last = look.loop[inner].end;
    printf("%s of loop l%d, SIWs %u..%u.\n", way, inner, *first, *last);
  } else if (mark >= 0) {
    *first = d->object.marks[mark].first;
    *last = d->object.marks[mark].last;
    printf("%s of mark %s.\n", way, d->object.marks[mark].kernel);
  } else {
    *first = s->entry;
    *last = s->end - 1;
    printf("%s of %s.\n", way, s->name);
  }
  return inner >= 0;
}

int do_finish(struct debug *d, const char *args, struct vtpu_error *err)
{
  struct goal goal = {.kind = GOAL_OUTSIDE, .limit = NEVER};
  int bad = nothing_more(args, err);
  if (bad)
    return bad;
  innermost(d, "To the end", &goal.first, &goal.last);
  return travel(d, goal, err);
}

/* Back to before the CLOOP that began the loop; to the first SIW of the mark or the sentron. */
int do_reverse_finish(struct debug *d, const char *args, struct vtpu_error *err)
{
  struct back_goal goal = {.count = 1, .enters = true};
  int bad = nothing_more(args, err);
  if (!bad && d->at == 0)
    bad = debug_fail(err, "this is the beginning: there is nothing to go back to");
  if (bad)
    return bad;
  if (innermost(d, "To the beginning", &goal.first, &goal.last))
    goal = (struct back_goal){.count = 1, .first = goal.first - 1, .last = goal.first - 1};
  return travel_back_issues(d, goal, err);
}

int do_cycle(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  if (!bad)
    bad = travel(d, (struct goal){.kind = GOAL_END, .limit = cycles_on(d, count)}, err);
  return bad;
}

int do_tick(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  if (!bad)
    bad = travel(d, (struct goal){.kind = GOAL_ANYBODY, .limit = NEVER, .count = count}, err);
  return bad;
}

int do_until(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[200];
  uint64_t cycle;
  uint32_t siw;
  const struct vtpu_sentron_look look = focus_look(d);
  struct goal goal = {.kind = GOAL_OUTSIDE, .limit = NEVER};
  int bad = 0;
  if (!word_next(&args, word, sizeof word)) {
    goal.last = look.siw; /* what comes behind it */
  } else if (strcmp(word, "cycle") == 0) {
    if (!word_next(&args, word, sizeof word))
      return debug_fail(err, "until which cycle?");
    bad = parse_count(word, 0, NEVER - 1, "cycle", &cycle, err);
    if (!bad && cycle <= d->at)
      bad = debug_fail(err, "cycle %" PRIu64 " is past: this is cycle %" PRIu64 " (goto goes back)",
                       cycle, d->at);
    goal = (struct goal){.kind = GOAL_END, .limit = cycle};
  } else {
    bad = parse_siw_place(d, word, &siw, err);
    if (!bad &&
        (siw < d->object.sentrons[d->focus].entry || siw >= d->object.sentrons[d->focus].end))
      bad = debug_fail(err, "SIW %u is not in the code of %s", siw,
                       d->object.sentrons[d->focus].name);
    goal = (struct goal){.kind = GOAL_PLACE, .limit = NEVER, .first = bad ? 0 : siw};
  }
  if (!bad)
    bad = nothing_more(args, err);
  return bad ? bad : travel(d, goal, err);
}

int do_goto(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40];
  uint64_t cycle;
  if (word_next(&args, word, sizeof word) && strcmp(word, "cycle") == 0)
    word[0] = '\0', word_next(&args, word, sizeof word);
  int bad = parse_count(word, 0, NEVER - 1, "cycle", &cycle, err);
  if (!bad)
    bad = nothing_more(args, err);
  if (!bad)
    bad = travel_to(d, cycle, err);
  return bad;
}

int do_reverse_step(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  const struct back_goal any = {.count = count, .last = UINT32_MAX};
  return bad ? bad : travel_back_issues(d, any, err);
}

/* The CLOOP of the outermost loop that the sentron has left with its last issue. */
static bool loop_left(const struct debug *d, const struct vtpu_sentron_look *look, uint32_t *cloop)
{
  const bool inside = look->life == VTPU_ALIVE;
  for (uint32_t k = d->object.sentrons[d->focus].entry; look->issued && k < look->last_siw; k++) {
    const struct slot *c = &d->code[k].slot[PIPE_C];
    if (c->op != OP_CLOOP || look->last_siw > (uint32_t)c->end ||
        (inside && look->siw > k && look->siw <= (uint32_t)c->end))
      continue;
    *cloop = k;
    return true;
  }
  return false;
}

int do_reverse_next(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  for (bool first = true; !bad && count > 0 && (first || d->at > 0); count--) {
    const struct vtpu_sentron_look look = focus_look(d);
    struct back_goal goal = {.count = 1, .last = UINT32_MAX};
    uint32_t cloop;
    if (loop_left(d, &look, &cloop))
      goal.first = goal.last = cloop;
    bad = travel_back_issues(d, goal, err);
    first = false;
  }
  return bad;
}

int do_reverse_cycle(struct debug *d, const char *args, struct vtpu_error *err)
{
  uint64_t count;
  int bad = one_count(args, &count, err);
  if (!bad && d->at == 0)
    bad = debug_fail(err, "this is the beginning: there is nothing to go back to");
  return bad ? bad : travel_to(d, count < d->at ? d->at - count : 0, err);
}

int do_reverse_continue(struct debug *d, const char *args, struct vtpu_error *err)
{
  int bad = nothing_more(args, err);
  return bad ? bad : travel_back(d, err);
}

int do_checkpoint(struct debug *d, const char *args, struct vtpu_error *err)
{
  char path[1000];
  if (!word_is_end(args)) {
    int bad = one_path(args, path, sizeof path, err);
    if (!bad)
      bad = vtpu_checkpoint(d->state, path, err);
    if (!bad)
      printf("%s: cycle %" PRIu64 ", for `vtpu run --resume'\n", path, d->at);
    return bad;
  }
  int bad = session_snapshot(d, true, err);
  if (!bad)
    printf("Going back to cycle %" PRIu64 " and after it starts from here.\n", d->at);
  return bad;
}
