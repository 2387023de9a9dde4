/* Where to stop: continue, steps, and back. See debug.h for how the state follows the scout. */
#include "sim/cli/debug/debug.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A watched gather of which it is not known when it will be there is looked at so often. */
enum { LOOK_AGAIN = 8 };

/* So many events are kept ahead of the state before it follows. */
enum { LOG_EVENTS_MAX = 1 << 18 };

/* --- candidates ---------------------------------------------------------------------------------
 */

static int candidate_add(struct debug *d, const struct candidate *c, struct vtpu_error *err)
{
  if (d->candidate_first + d->candidate_count == d->candidate_room) {
    /* Half of the room or more has been dropped: the rest moves down; else more room. */
    const bool down = d->candidate_first > d->candidate_count;
    size_t room = d->candidate_room ? d->candidate_room * 2 : 64;
    struct candidate *more = down ? d->candidate : realloc(d->candidate, room * sizeof *more);
    if (!more)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
    if (down) {
      memmove(more, more + d->candidate_first, d->candidate_count * sizeof *more);
      d->candidate_first = 0;
    } else {
      d->candidate_room = room;
    }
    d->candidate = more;
  }
  struct candidate *first = d->candidate + d->candidate_first;
  size_t i = d->candidate_count++;
  for (; i > 0 && first[i - 1].cycle > c->cycle; i--)
    first[i] = first[i - 1];
  first[i] = *c;
  return 0;
}

static void candidates_drop(struct debug *d, size_t count)
{
  d->candidate_count -= count;
  d->candidate_first = d->candidate_count ? d->candidate_first + count : 0;
}

/* Writes to watched registers that were in flight when the log began. */
static int candidates_in_flight(struct debug *d, struct vtpu_error *err)
{
  int bad = 0;
  for (size_t i = 0; i < d->break_count && !bad; i++) {
    const struct breakpoint *b = &d->breaks[i];
    struct vtpu_sentron_look look;
    if (!b->enabled || b->kind != WATCH_REGISTER)
      continue;
    vtpu_look_sentron(d->state, (unsigned)b->sentron, d->at, &look);
    uint64_t ready = look.owed[b->reg].ready;
    struct candidate c = {.cycle = ready,
                          .number = b->number,
                          .sentron = (unsigned)b->sentron,
                          .event = {.sentron = (unsigned)b->sentron, .siw = look.last_siw}};
    if (ready == VTPU_UNKNOWN)
      c.cycle = d->looked + LOOK_AGAIN;
    if (ready >= d->looked)
      bad = candidate_add(d, &c, err);
  }
  return bad;
}

/* --- goals --------------------------------------------------------------------------------------
 */

static void goal_see(const struct debug *d, struct goal *g, const struct event *e)
{
  if (g->reached != NEVER || e->cycle < d->at)
    return;
  if (g->kind == GOAL_ANYBODY) {
    if (e->cycle > g->last_seen && --g->count == 0)
      g->reached = e->cycle;
    g->last_seen = e->cycle > g->last_seen ? e->cycle : g->last_seen;
    return;
  }
  if (g->kind == GOAL_END || e->sentron != d->focus)
    return;
  bool outside = e->siw < g->first || e->siw > g->last;
  bool there = g->kind == GOAL_PLACE ? e->siw == g->first : outside;
  if (g->kind == GOAL_ISSUES ? g->seen == g->count : g->seen > 0 && there)
    g->reached = e->cycle;
  g->seen++;
  g->last_seen = e->cycle;
}

/* The log has no more of the focus: has it retired? */
static void goal_see_end(const struct debug *d, struct goal *g)
{
  struct vtpu_sentron_look look;
  if (g->reached != NEVER || !g->seen || g->kind == GOAL_ANYBODY || g->kind == GOAL_END)
    return;
  vtpu_look_sentron(d->log.scout, d->focus, d->log.at, &look);
  if (look.life == VTPU_RETIRED && look.last_issue == g->last_seen) {
    g->reached = g->last_seen + 1;
    g->retired = true;
  }
}

/* --- searching ----------------------------------------------------------------------------------
 */

enum outcome { FOUND_STOP, FOUND_GOAL, FOUND_LIMIT, FOUND_END, FOUND_INTERRUPT };

struct search {
  struct goal goal;
  bool back;               /* notes stops and goes on, up to the limit */
  size_t scan;             /* events of the log that have been seen */
  uint64_t last;           /* back: the last stop */
  struct candidate *stops; /* back: what stopped there; [stop_count], owned */
  size_t stop_count;
};

static int absorb(struct debug *d, struct search *s, struct vtpu_error *err)
{
  int bad = 0;
  for (; s->scan < d->log.count && !bad; s->scan++) {
    const struct event *e = &d->log.event[s->scan];
    goal_see(d, &s->goal, e);
    for (size_t i = 0; i < d->break_count && !bad; i++) {
      uint64_t cycle[2];
      unsigned n = break_candidates(d, &d->breaks[i], e, cycle);
      for (unsigned k = 0; k < n && !bad; k++) {
        struct candidate c = {
            .cycle = cycle[k], .number = d->breaks[i].number, .sentron = e->sentron, .event = *e};
        if (cycle[k] >= d->looked)
          bad = candidate_add(d, &c, err);
      }
    }
  }
  return bad;
}

/* The cycle at which to look next; what lies at it is known if it is before the log's end. */
static uint64_t next_cycle(const struct debug *d, const struct search *s)
{
  uint64_t next = s->goal.limit < s->goal.reached ? s->goal.limit : s->goal.reached;
  if (d->candidate_count && d->candidate[d->candidate_first].cycle < next)
    next = d->candidate[d->candidate_first].cycle;
  for (size_t i = 0; i < d->break_count; i++) {
    const struct breakpoint *b = &d->breaks[i];
    if (b->enabled && b->kind == BREAK_CYCLE && b->cycle >= d->looked && b->cycle < next)
      next = b->cycle;
  }
  return next;
}

static int note_stop(struct search *s, uint64_t cycle, const struct candidate *c,
                     struct vtpu_error *err)
{
  if (cycle != s->last)
    s->stop_count = 0;
  s->last = cycle;
  struct candidate *more = realloc(s->stops, (s->stop_count + 1) * sizeof *more);
  if (!more)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  s->stops = more;
  s->stops[s->stop_count++] = *c;
  return 0;
}

/* What a breakpoint asks for is run when its command is over: command_line. */
static int add_after(struct debug *d, const char *commands, struct vtpu_error *err)
{
  char *all = NULL;
  if (asprintf(&all, "%s%s%s", d->after ? d->after : "", d->after ? ";" : "", commands) < 0)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  free(d->after);
  d->after = all;
  return 0;
}

/* The state is at `cycle`: which breakpoints stop it here? */
static int look_here(struct debug *d, struct search *s, uint64_t cycle, bool *stops,
                     struct vtpu_error *err)
{
  int bad = 0;
  size_t n = 0;
  unsigned focus = d->focus;
  for (size_t i = 0; i < d->break_count; i++) { /* of cycles: candidates as the others are */
    struct breakpoint *b = &d->breaks[i];
    struct candidate c = {
        .cycle = cycle, .number = b->number, .sentron = d->focus, .event = {.sentron = d->focus}};
    if (b->enabled && b->kind == BREAK_CYCLE && b->cycle == cycle && !bad)
      bad = candidate_add(d, &c, err);
  }
  for (; n < d->candidate_count && !bad; n++) {
    struct candidate *c = &d->candidate[d->candidate_first + n];
    if (c->cycle > cycle)
      break;
    struct breakpoint *b = break_find(d, c->number);
    if (!b)
      continue;
    memcpy(c->was, b->was, sizeof c->was);
    c->there = b->there;
    if (!break_stops(d, b, c, !s->back, !s->back)) {
      if (b->kind == WATCH_REGISTER && register_fetched(d, (unsigned)b->sentron, b->reg)) {
        struct candidate again = *c;
        again.cycle = cycle + LOOK_AGAIN;
        bad = candidate_add(d, &again, err);
      }
      continue;
    }
    if (s->back) {
      bad = note_stop(s, cycle, c, err);
      continue;
    }
    if (!*stops)
      focus = c->sentron;
    *stops = true;
    if (b->commands)
      bad = add_after(d, b->commands, err);
    if (b->temporary)
      break_delete(d, b);
  }
  candidates_drop(d, n);
  d->looked = cycle + 1;
  if (*stops && s->goal.reached != cycle)
    d->focus = focus;
  return bad;
}

/* The log has to tell more before `next` can be gone to. */
static int look_ahead(struct debug *d, struct search *s, uint64_t next, struct vtpu_error *err)
{
  if (d->log.count > LOG_EVENTS_MAX) {
    int bad = session_advance(d, d->log.known < next ? d->log.known : next, err);
    if (bad)
      return bad;
    log_trim(d);
    s->scan = d->log.count;
  }
  if (session_interrupted())
    return CLI_INTERRUPTED;
  int bad = log_extend(d, err);
  if (!bad)
    bad = absorb(d, s, err);
  if (!bad)
    goal_see_end(d, &s->goal);
  return bad;
}

static int search(struct debug *d, struct search *s, enum outcome *out, struct vtpu_error *err)
{
  bool events = break_needs_events(d) || s->goal.kind != GOAL_END;
  int bad = 0;
  d->candidate_first = d->candidate_count = 0;
  s->last = NEVER;
  /* A scout that has fallen behind begins anew here. */
  if (events && (!d->log.scout || d->log.at < d->at))
    bad = log_start(d, err);
  log_trim(d);
  if (!bad)
    bad = candidates_in_flight(d, err);
  if (!bad)
    bad = absorb(d, s, err);
  if (!bad && events)
    goal_see_end(d, &s->goal);
  while (!bad) {
    uint64_t next = next_cycle(d, s);
    if (events && !d->log.over && next >= d->log.known) {
      bad = look_ahead(d, s, next, err);
      if (bad == CLI_INTERRUPTED && !s->back) { /* not behind what has been searched */
        next = next_cycle(d, s);
        bad = session_advance(d, next < d->log.known ? next : d->log.known, err);
        bad = bad ? bad : CLI_INTERRUPTED;
      }
      continue;
    }
    bad = session_advance(d, next, err);
    if (bad)
      break;
    bool stops = false;
    if (d->end != END_NOT) { /* what the last SIWs wrote can be read now */
      *out = FOUND_END;
      return d->end == END_DONE ? look_here(d, s, d->at, &stops, err) : 0;
    }
    bad = look_here(d, s, next, &stops, err);
    if (bad)
      break;
    *out = stops ? FOUND_STOP : next == s->goal.reached ? FOUND_GOAL : FOUND_LIMIT;
    if (stops || next == s->goal.reached || next == s->goal.limit)
      return 0;
  }
  if (bad != CLI_INTERRUPTED)
    return bad;
  *out = FOUND_INTERRUPT;
  return 0;
}

/* --- forth --------------------------------------------------------------------------------------
 */

static int say_over(const struct debug *d, struct vtpu_error *err)
{
  static const char *const how[] = {"", "is done", "faults in this cycle", "is deadlocked"};
  return debug_fail(err,
                    "the program %s\n  `run' begins anew, `reverse-step' and `goto CYCLE' go back",
                    how[d->end]);
}

int travel(struct debug *d, struct goal goal, struct vtpu_error *err)
{
  enum outcome out;
  if (d->end != END_NOT)
    return say_over(d, err);
  struct search s = {.goal = goal};
  free(d->after);
  d->after = NULL;
  d->moved = true;
  s.goal.reached = NEVER;
  s.goal.last_seen = d->at;
  int bad = search(d, &s, &out, err);
  if (bad)
    return bad;
  if (out == FOUND_INTERRUPT)
    printf("Interrupted.\n");
  travel_show_stop(d);
  return 0;
}

void travel_show_stop(struct debug *d)
{
  if (d->looked < d->at + 1)
    d->looked = d->at + 1;
  if (d->end == END_DONE)
    printf("The program is done at cycle %" PRIu64 ".\n", d->at);
  else if (d->end != END_NOT)
    printf("The program fails: %s\n", d->end_error.message);
  if (d->end == END_NOT || d->end == END_FAULT)
    show_where(d);
  struct vtpu_error err;
  for (size_t i = 0; i < d->display_count; i++) {
    printf("%u: ", d->displays[i].number);
    if (command_print(d, d->displays[i].text, &err))
      printf("%s\n", err.message);
  }
}

/* --- back ---------------------------------------------------------------------------------------
 */

/* The last snapshot before a cycle. */
static uint64_t snapshot_cycle(const struct debug *d, uint64_t before)
{
  uint64_t cycle = 0;
  for (size_t i = 1; i < d->snapshot_count; i++)
    if (d->snapshot[i].cycle < before)
      cycle = d->snapshot[i].cycle;
  return cycle;
}

/* Puts the state at a cycle, as the end of going back. */
static int arrive(struct debug *d, uint64_t cycle, struct vtpu_error *err)
{
  int bad = session_go(d, cycle, err);
  d->moved = true;
  if (!bad) {
    d->looked = cycle + 1;
    watch_look(d);
  }
  return bad;
}

int travel_to(struct debug *d, uint64_t cycle, struct vtpu_error *err)
{
  int bad = arrive(d, cycle, err);
  if (!bad)
    travel_show_stop(d);
  return bad;
}

/* The search for a place to go back to was given up: the state goes to where it was. */
static int give_up(struct debug *d, uint64_t origin, struct vtpu_error *err)
{
  int bad = arrive(d, origin, err);
  if (!bad) {
    printf("Interrupted, still at cycle %" PRIu64 ".\n", d->at);
    travel_show_stop(d);
  }
  return bad;
}

int travel_back(struct debug *d, struct vtpu_error *err)
{
  uint64_t origin = d->at, upper = origin, found = 0;
  struct search s = {.back = true};
  if (origin == 0)
    return debug_fail(err, "this is the beginning: there is nothing to go back to");
  int bad = 0;
  bool breaks = d->break_count > 0;
  while (!bad && breaks && upper > 0) {
    uint64_t lower = snapshot_cycle(d, upper);
    bad = arrive(d, lower, err);
    d->looked = lower;
    s.goal = (struct goal){.limit = upper - 1, .reached = NEVER};
    s.scan = 0;
    enum outcome out = FOUND_LIMIT;
    if (!bad)
      bad = search(d, &s, &out, err);
    if (!bad && out == FOUND_INTERRUPT)
      bad = CLI_INTERRUPTED;
    if (!bad && s.last != NEVER) {
      found = s.last;
      break;
    }
    upper = lower;
  }
  if (bad == CLI_INTERRUPTED) {
    free(s.stops);
    return give_up(d, origin, err);
  }
  if (!bad)
    bad = arrive(d, found, err);
  for (size_t i = 0; i < s.stop_count && !bad; i++) { /* they say what they stopped for */
    struct breakpoint *b = break_find(d, s.stops[i].number);
    if (i == 0)
      d->focus = s.stops[i].sentron;
    memcpy(b->was, s.stops[i].was, sizeof b->was);
    b->there = s.stops[i].there;
    break_stops(d, b, &s.stops[i], false, true);
  }
  if (!bad) {
    if (!s.stop_count)
      printf("No breakpoint stops before: this is the beginning.\n");
    travel_show_stop(d);
  }
  free(s.stops);
  return bad;
}

static bool is_back_goal(const struct back_goal *g, const struct event *e)
{
  const bool before = e->before >= g->first && e->before <= g->last;
  return e->siw >= g->first && e->siw <= g->last && !(g->enters && before);
}

int travel_back_issues(struct debug *d, struct back_goal goal, struct vtpu_error *err)
{
  uint64_t origin = d->at, upper = origin, target = NEVER, count = goal.count;
  unsigned focus = d->focus;
  if (origin == 0)
    return debug_fail(err, "this is the beginning: there is nothing to go back to");
  int bad = 0;
  while (!bad && target == NEVER && upper > 0) {
    uint64_t lower = snapshot_cycle(d, upper), *last = NULL, seen = 0, room = 0;
    bad = arrive(d, lower, err);
    if (!bad)
      bad = log_start(d, err);
    while (!bad) {
      struct log *l = &d->log;
      for (size_t i = l->first; i < l->count && !bad; i++) {
        if (l->event[i].sentron != focus || l->event[i].cycle >= upper ||
            !is_back_goal(&goal, &l->event[i]))
          continue;
        if (seen == room) {
          room = room ? room * 2 : 256;
          uint64_t *more = realloc(last, room * sizeof *last);
          if (!more)
            bad = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
          last = more ? more : last;
        }
        if (!bad)
          last[seen++] = l->event[i].cycle;
      }
      l->first = l->count = 0;
      if (bad || l->over || l->known >= upper)
        break;
      bad = session_interrupted() ? CLI_INTERRUPTED : log_extend(d, err);
    }
    if (!bad && seen >= count)
      target = last[seen - count];
    else
      count -= seen;
    free(last);
    log_clear(d);
    upper = lower;
  }
  d->focus = focus;
  if (bad == CLI_INTERRUPTED)
    return give_up(d, origin, err);
  if (!bad)
    bad = arrive(d, target == NEVER ? 0 : target, err);
  if (!bad && target == NEVER)
    printf("%s has issued nothing %sbefore: this is the beginning.\n",
           d->object.sentrons[focus].name, goal.last == UINT32_MAX ? "" : "of it ");
  if (!bad)
    travel_show_stop(d);
  return bad;
}
