/* The program of a trace, run again: see replayer.h. */
#include "sim/cli/replayer.h"

#include "sim/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Cycles run at a time while issues are looked at; a longer way is run without looking. */
enum { SLICE_CYCLES = 1024, FAR_CYCLES = 4 * SLICE_CYCLES };

struct replayer {
  const struct tracefile *trace;
  struct trace_reader *host; /* what the host did */
  struct trace_record event; /* its next act */
  int more;
  struct object object; /* read by --object */
  struct vtpu *vtpu;
  enum vtpu_status status;
  uint64_t reached; /* everything before has issued */
  uint64_t limit;
  bool observed, over;
  struct vtpu_issue *kept; /* issues that have not been asked for */
  size_t next, count, room;
  bool out_of_memory;
  struct vtpu_error failure; /* of the run, as the traced one had it; category 0: none */
};

static void keep(void *user, const struct vtpu_issue *issue)
{
  struct replayer *r = user;
  if (r->count == r->room) {
    size_t room = r->room ? 2 * r->room : 1024;
    struct vtpu_issue *more = realloc(r->kept, room * sizeof *more);
    if (!more) {
      r->out_of_memory = true;
      return;
    }
    r->kept = more;
    r->room = room;
  }
  r->kept[r->count++] = *issue;
}

static void observe(struct replayer *r, bool on)
{
  if (r->observed != on)
    vtpu_observe(r->vtpu, on ? keep : NULL, r);
  r->observed = on;
}

static int next_event(struct replayer *r, struct vtpu_error *err)
{
  do
    r->more = trace_next(r->host, &r->event, err);
  while (r->more > 0 && r->event.kind != TRACE_POKE &&
         !(r->event.kind == TRACE_PHASE && r->event.field[1]));
  return r->more < 0 ? (int)err->category : 0;
}

static int open_object(struct replayer *r, const char *path, const struct object **object,
                       struct vtpu_error *err)
{
  const struct trace_about *a = &r->trace->info->about;
  *object = &r->trace->object;
  if (!path && a->data)
    return 0;
  if (!path)
    return vtpu_fail(err, VTPU_USAGE,
                     "%s: the trace has its program, but not the data, which are too large\n"
                     "  --object FILE gives them; of a model, `vtpu lower` makes it",
                     r->trace->path);
  int bad = object_read(path, &r->object, err);
  if (!bad && trace_object_hash(&r->object) != a->object_hash)
    bad = vtpu_fail(err, VTPU_INPUT, "%s: this is not the program that %s is of", path,
                    r->trace->path);
  *object = &r->object;
  return bad;
}

int replayer_open(const struct tracefile *t, const char *path, struct replayer **out,
                  struct vtpu_error *err)
{
  const struct trace_about *a = &t->info->about;
  const struct object *object;
  struct replayer *r = *out = calloc(1, sizeof *r);
  if (!r)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  r->trace = t;
  r->limit = UINT64_MAX;
  struct vtpu_options options = {.untimed = a->untimed};
  int bad = trace_open(t->path, &r->host, err);
  if (!bad) {
    trace_only(r->host, t->object.sentron_count);
    bad = open_object(r, path, &object, err);
  }
  if (!bad)
    bad = vtpu_new(&t->machine, object, &options, &r->vtpu, err);
  if (!bad && *a->loaded)
    bad = vtpu_load_phext(r->vtpu, a->loaded, err);
  if (!bad && *a->resumed)
    bad = vtpu_resume(r->vtpu, a->resumed, err);
  if (!bad)
    r->reached = vtpu_cycle(r->vtpu);
  return bad ? bad : next_event(r, err);
}

void replayer_close(struct replayer *r)
{
  if (!r)
    return;
  vtpu_free(r->vtpu);
  trace_close(r->host);
  object_free(&r->object);
  free(r->kept);
  free(r);
}

const struct vtpu *replayer_vtpu(const struct replayer *r)
{
  return r->vtpu;
}

/* Between two phases: what the command wrote, and that it went on. False: nothing more comes. */
static int go_on(struct replayer *r, bool *on, struct vtpu_error *err)
{
  *on = false;
  while (r->more > 0 && !*on) {
    const uint64_t *f = r->event.field;
    int bad = 0;
    if (r->event.kind == TRACE_PHASE) {
      bad = vtpu_restart(r->vtpu, f[0], err);
      *on = true;
    } else {
      uint8_t bytes[8];
      memcpy(bytes, &f[4], sizeof bytes);
      bad = vtpu_poke(r->vtpu, (unsigned)f[0], tracefile_coord(r->trace, f[1], f[2]), bytes,
                      f[3] < 8 ? (size_t)f[3] : 8, err);
    }
    if (!bad)
      bad = next_event(r, err);
    if (bad)
      return bad;
  }
  return 0;
}

/* A slice, up to a cycle. A run that failed is over where it failed. */
static int run_slice(struct replayer *r, uint64_t until, struct vtpu_error *err)
{
  if (vtpu_run(r->vtpu, until, &r->status, &r->failure)) {
    r->over = true;
    return r->failure.category == VTPU_PROGRAM
               ? 0
               : vtpu_fail(err, r->failure.category, "%s", r->failure.message);
  }
  r->reached = until;
  if (r->status == VTPU_RUNNING)
    return 0;
  bool on;
  int bad = go_on(r, &on, err);
  r->over = !on;
  r->reached = vtpu_cycle(r->vtpu);
  return bad;
}

void replayer_limit(struct replayer *r, uint64_t cycle)
{
  r->limit = cycle;
}

int replayer_run(struct replayer *r, uint64_t cycle, struct vtpu_error *err)
{
  int bad = 0;
  while (!bad && !r->over && r->reached < cycle)
    bad = run_slice(r, cycle, err);
  return bad;
}

static int differs(const struct replayer *r, const struct trace_step *s, const struct vtpu_issue *i,
                   struct vtpu_error *err)
{
  char here[160] = "nothing more issues";
  if (i)
    snprintf(here, sizeof here, "sentron %u.%u issues SIW %" PRIu32 " at cycle %" PRIu64, i->node,
             i->sentron, i->siw, i->cycle);
  return vtpu_fail(err, VTPU_INPUT,
                   "%s: sentron %u.%u issued SIW %" PRIu32 " at cycle %" PRIu64
                   "; run again, %s\n  the trace is of another version of vtpu: make it again, or "
                   "leave out the values (--no-values)",
                   r->trace->path, s->node, s->sentron, s->siw, s->cycle, here);
}

/* Does issue `i` come before step `s`? */
static bool before(const struct vtpu_issue *i, const struct trace_step *s)
{
  if (i->cycle != s->cycle)
    return i->cycle < s->cycle;
  return i->node != s->node ? i->node < s->node : i->sentron < s->sentron;
}

int replayer_values(struct replayer *r, const struct trace_step *s, const struct vtpu_issue **out,
                    struct vtpu_error *err)
{
  int bad = 0;
  *out = NULL;
  if (r->reached < s->cycle && s->cycle - r->reached > FAR_CYCLES) {
    observe(r, false);
    r->next = r->count = 0;
    bad = replayer_run(r, s->cycle, err);
  }
  observe(r, true);
  for (;;) {
    while (!bad && r->next < r->count && before(&r->kept[r->next], s))
      r->next++;
    if (bad || r->next < r->count || r->over || r->reached >= r->limit)
      break;
    r->next = r->count = 0;
    uint64_t until = (r->reached < s->cycle ? s->cycle : r->reached) + SLICE_CYCLES;
    bad = run_slice(r, until < r->limit ? until : r->limit, err);
    if (!bad && r->out_of_memory)
      bad = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  }
  if (bad)
    return bad;
  const struct vtpu_issue *i = r->next < r->count ? &r->kept[r->next] : NULL;
  if (!i || i->cycle != s->cycle || i->node != s->node || i->sentron != s->sentron ||
      i->siw != s->siw ||
      (s->accesses && i->has_memory && (i->coord.lo != s->coord.lo || i->coord.hi != s->coord.hi)))
    return differs(r, s, i, err);
  *out = i;
  return 0;
}
