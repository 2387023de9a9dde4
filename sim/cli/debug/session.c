/* Time: the state that is shown, going on, going back. See debug.h. */
#include "sim/cli/debug/debug.h"
#include "sim/cli/drive.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A slice lasts about a twentieth of a second: Ctrl-C is noticed between two. */
static const uint64_t slice_first_cycles = UINT64_C(1) << 12;
static const double slice_seconds = 0.05;

/* A snapshot is made after so much host time of running, or so many times what one costs. */
static const double snapshot_seconds = 1, snapshot_cost_factor = 20;
enum { SNAPSHOTS_MAX = 32 };

/* --- Ctrl-C ------------------------------------------------------------------------------------
 */

static volatile sig_atomic_t interrupts, hung_up;

static bool prompt_follows; /* Ctrl-C stops a run, not the session */

static void on_signal(int number)
{
  interrupts = 1;
  if (number != SIGINT || !prompt_follows)
    hung_up = 1;
}

void session_catch_signals(struct debug *d)
{
  /* No SA_RESTART: reading a line is to notice them. */
  struct sigaction action = {.sa_handler = on_signal};
  prompt_follows = d->interactive;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
}

bool session_interrupted(void)
{
  bool was = interrupts != 0;
  interrupts = 0;
  return was;
}

bool session_signalled(void)
{
  return interrupts || hung_up;
}

bool session_hung_up(void)
{
  return hung_up != 0;
}

/* --- running -----------------------------------------------------------------------------------
 */

static int apply(struct vtpu *v, const struct change *c, struct vtpu_error *err)
{
  if (c->cell)
    return vtpu_poke(v, c->place, c->coord, c->value, c->bytes, err);
  return vtpu_set_register(v, c->place, c->reg, c->value, err);
}

int session_replay(struct debug *d, struct vtpu *v, uint64_t *at, size_t *applied, uint64_t cycle,
                   enum vtpu_status *status, struct vtpu_error *err)
{
  *status = VTPU_RUNNING;
  for (;;) {
    const struct change *c = *applied < d->journal_count ? &d->journal[*applied] : NULL;
    bool change = c && c->cycle <= cycle;
    uint64_t until = change ? c->cycle : cycle;
    if (until > *at) {
      int bad = vtpu_run(v, until, status, err);
      if (bad)
        return bad;
      *at = *status == VTPU_DONE ? vtpu_cycle(v) : until;
    }
    if (!change)
      return 0;
    int bad = apply(v, c, err);
    if (bad)
      return bad;
    ++*applied;
  }
}

/* The snapshot to start from for a cycle. */
static const struct snapshot *snapshot_before(const struct debug *d, uint64_t cycle)
{
  const struct snapshot *best = &d->snapshot[0];
  for (size_t i = 1; i < d->snapshot_count; i++)
    if (d->snapshot[i].cycle <= cycle)
      best = &d->snapshot[i];
  return best;
}

int session_make(struct debug *d, uint64_t cycle, bool traced, struct vtpu **out, size_t *applied,
                 struct vtpu_error *err)
{
  const struct snapshot *s = snapshot_before(d, cycle);
  struct vtpu_options options = {.trace = traced ? log_note : NULL, .trace_user = d};
  struct vtpu *v;
  *out = NULL;
  int bad = vtpu_new(&d->machine, &d->object, &options, &v, err);
  if (bad)
    return bad;
  if (s->path)
    bad = vtpu_resume(v, s->path, err);
  else if (d->load)
    bad = vtpu_load_phext(v, d->load, err);
  *applied = s->applied;
  uint64_t at = s->cycle, slice = slice_first_cycles;
  enum vtpu_status status = VTPU_RUNNING;
  while (!bad && status == VTPU_RUNNING) {
    uint64_t until = cycle - at > slice ? at + slice : cycle;
    double before = drive_now();
    bad = session_replay(d, v, &at, applied, until, &status, err);
    if (until == cycle)
      break;
    if (session_interrupted())
      bad = CLI_INTERRUPTED;
    if (drive_now() - before < slice_seconds)
      slice *= 2;
  }
  if (bad)
    vtpu_free(v);
  else
    *out = v;
  return bad;
}

/* --- snapshots ---------------------------------------------------------------------------------
 */

static void snapshot_drop(struct debug *d, size_t i)
{
  unlink(d->snapshot[i].path);
  free(d->snapshot[i].path);
  memmove(&d->snapshot[i], &d->snapshot[i + 1], (d->snapshot_count - i - 1) * sizeof *d->snapshot);
  d->snapshot_count--;
}

/* Every second one goes; the fresh program, the newest and the user's own stay. */
static void snapshots_thin(struct debug *d)
{
  for (size_t i = 1; i + 1 < d->snapshot_count; i++)
    if (!d->snapshot[i].wanted)
      snapshot_drop(d, i);
}

static int make_folder(struct debug *d, struct vtpu_error *err)
{
  const char *under = getenv("TMPDIR");
  if (d->folder)
    return 0;
  if (asprintf(&d->folder, "%s/vtpu-debug-XXXXXX", under && *under ? under : "/tmp") < 0) {
    d->folder = NULL;
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  }
  if (mkdtemp(d->folder))
    return 0;
  int bad = vtpu_fail(err, VTPU_SYSTEM,
                      "%s: cannot make a folder for checkpoints: %s\n  TMPDIR says where it can be",
                      d->folder, strerror(errno));
  free(d->folder);
  d->folder = NULL;
  return bad;
}

int session_snapshot(struct debug *d, bool wanted, struct vtpu_error *err)
{
  size_t place = d->snapshot_count;
  while (place > 1 && d->snapshot[place - 1].cycle >= d->at)
    place--;
  struct snapshot *same = place < d->snapshot_count && d->snapshot[place].cycle == d->at &&
                                  d->snapshot[place].applied == d->applied
                              ? &d->snapshot[place]
                              : NULL;
  if (same) {
    same->wanted |= wanted;
    return 0;
  }
  int bad = make_folder(d, err);
  if (bad)
    return bad;
  char *path;
  if (asprintf(&path, "%s/%u", d->folder, d->snapshot_number++) < 0)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  double before = drive_now();
  bad = vtpu_checkpoint(d->state, path, err);
  if (bad) {
    free(path);
    return bad;
  }
  if (d->snapshot_count == d->snapshot_room) {
    size_t room = d->snapshot_room * 2;
    struct snapshot *more = realloc(d->snapshot, room * sizeof *more);
    if (!more) {
      unlink(path);
      free(path);
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
    }
    d->snapshot = more;
    d->snapshot_room = room;
  }
  memmove(&d->snapshot[place + 1], &d->snapshot[place],
          (d->snapshot_count - place) * sizeof *d->snapshot);
  d->snapshot[place] = (struct snapshot){d->at, path, d->applied, wanted};
  d->snapshot_count++;
  /* The next one comes later when this one was dear. */
  d->snapshot_at = drive_now() + (drive_now() - before) * snapshot_cost_factor;
  if (d->snapshot_count > SNAPSHOTS_MAX)
    snapshots_thin(d);
  return 0;
}

/* --- the state ---------------------------------------------------------------------------------
 */

/* The run has failed: was it a fault, the state goes to the cycle before which it was well. */
static int came_to_failure(struct debug *d, struct vtpu_error *err)
{
  struct vtpu_failure f;
  d->end_error = *err;
  if (!vtpu_look_failure(d->state, &f))
    return (int)err->category;
  d->at = f.cycle;
  d->end = f.fault ? END_FAULT : END_DEADLOCK;
  if (!f.fault)
    return 0;
  d->focus = f.sentron;
  d->end_siw = f.siw;
  struct vtpu *v;
  size_t applied;
  int bad = session_make(d, f.cycle, false, &v, &applied, err);
  if (bad)
    return bad == CLI_INTERRUPTED ? 0 : bad; /* then the state is that of the failure */
  vtpu_free(d->state);
  d->state = v;
  d->applied = applied;
  return 0;
}

int session_advance(struct debug *d, uint64_t cycle, struct vtpu_error *err)
{
  uint64_t slice = slice_first_cycles;
  enum vtpu_status status = VTPU_RUNNING;
  while (d->end == END_NOT && d->at < cycle) {
    uint64_t until = cycle - d->at > slice ? d->at + slice : cycle;
    double before = drive_now();
    int bad = session_replay(d, d->state, &d->at, &d->applied, until, &status, err);
    if (bad && bad != VTPU_PROGRAM)
      return bad;
    if (bad)
      return came_to_failure(d, err);
    if (status == VTPU_DONE) {
      d->end = END_DONE;
      break;
    }
    if (session_interrupted())
      return CLI_INTERRUPTED;
    double now = drive_now();
    slice = now - before < slice_seconds ? slice * 2 : slice > 1 ? slice / 2 : 1;
    if (now - d->snapshot_at > snapshot_seconds && until < cycle) {
      bad = session_snapshot(d, false, err);
      if (bad)
        return bad;
    }
  }
  return 0;
}

/* The last cycle in which anybody has issued: a deadlocked run cannot stop behind it. */
static uint64_t last_issue(const struct debug *d)
{
  uint64_t last = 0;
  for (uint32_t i = 0; i < d->object.sentron_count; i++) {
    struct vtpu_sentron_look look;
    vtpu_look_sentron(d->state, i, d->at, &look);
    if (look.issued && look.last_issue > last)
      last = look.last_issue;
  }
  return last;
}

int session_go(struct debug *d, uint64_t cycle, struct vtpu_error *err)
{
  if (cycle >= d->at && d->end == END_NOT)
    return session_advance(d, cycle, err);
  if (cycle >= d->at)
    return 0;
  struct vtpu *v;
  size_t applied;
  if (d->end == END_DEADLOCK && cycle > last_issue(d))
    cycle = last_issue(d);
  int bad = session_make(d, cycle, false, &v, &applied, err);
  if (bad)
    return bad;
  vtpu_free(d->state);
  d->state = v;
  d->at = cycle;
  d->applied = applied;
  d->end = END_NOT;
  log_clear(d);
  return 0;
}

void session_forget(struct debug *d)
{
  d->journal_count = d->applied;
  for (size_t i = d->snapshot_count; i-- > 1;)
    if (d->snapshot[i].cycle > d->at || d->snapshot[i].applied > d->applied)
      snapshot_drop(d, i);
  log_clear(d);
}

int session_change(struct debug *d, const struct change *c, struct vtpu_error *err)
{
  if (d->end == END_DEADLOCK)
    return debug_fail(err, "the program is deadlocked: nothing can change that any more\n"
                           "  go back first (reverse-step, goto CYCLE)");
  if (d->journal_count == d->journal_room) {
    size_t room = d->journal_room ? d->journal_room * 2 : 16;
    struct change *more = realloc(d->journal, room * sizeof *more);
    if (!more)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
    d->journal = more;
    d->journal_room = room;
  }
  int bad = apply(d->state, c, err);
  if (bad)
    return bad;
  session_forget(d);
  d->journal[d->journal_count] = *c;
  d->journal[d->journal_count++].cycle = d->at;
  d->applied = d->journal_count;
  if (d->end == END_FAULT) /* perhaps no longer */
    d->end = END_NOT;
  return 0;
}

int debug_open(struct debug *d, struct vtpu_error *err)
{
  d->quit_status = -1;
  d->snapshot_room = 8;
  d->snapshot = calloc(d->snapshot_room, sizeof *d->snapshot);
  if (!d->snapshot)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  d->snapshot_count = 1;
  d->snapshot_at = drive_now();
  for (uint32_t i = d->object.sentron_count; i-- > 0;)
    if (d->object.sentrons[i].start)
      d->focus = i;
  return session_make(d, 0, false, &d->state, &d->applied, err);
}

void debug_close(struct debug *d)
{
  log_clear(d);
  free(d->log.event);
  free(d->log.last_siw);
  vtpu_free(d->state);
  while (d->break_count)
    break_delete(d, &d->breaks[0]);
  free(d->breaks);
  free(d->candidate);
  free(d->after);
  for (size_t i = 0; i < d->display_count; i++)
    free(d->displays[i].text);
  free(d->displays);
  while (d->snapshot_count > 1)
    snapshot_drop(d, d->snapshot_count - 1);
  free(d->snapshot);
  free(d->journal);
  if (d->folder)
    rmdir(d->folder);
  free(d->folder);
}
