/* A trace with its program, step by step: see tracefile.h. */
#include "sim/cli/tracefile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The parameters that the header names; the lines are those of a machine file. */
static int read_machine(struct tracefile *t, struct vtpu_error *err)
{
  const struct trace_about *a = &t->info->about;
  int bad = machine_load("spec", &t->machine, err);
  char *copy = strdup(a->parameters), *rest = NULL;
  if (!copy)
    bad = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line && !bad;
       line = strtok_r(NULL, "\n", &rest))
    bad = machine_set(&t->machine, t->path, line, err);
  free(copy);
  snprintf(t->machine.name, sizeof t->machine.name, "%s", a->machine);
  return bad;
}

static int decode_program(struct tracefile *t, struct vtpu_error *err)
{
  const struct object *o = &t->object;
  t->bundles = calloc(o->siw_count ? o->siw_count : 1, sizeof *t->bundles);
  if (!t->bundles)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  for (uint32_t k = 0; k < o->siw_count; k++) {
    int bad = siw_decode(&o->code[k], o->dlen, &t->bundles[k], err);
    if (bad)
      return bad;
  }
  return 0;
}

/* The next record ahead. */
static int advance(struct tracefile *t, struct vtpu_error *err)
{
  t->more = trace_next(t->reader, &t->ahead, err);
  if (t->more <= 0 || t->ahead.siw == TRACE_NO_SIW || t->ahead.siw < t->object.siw_count)
    return t->more < 0 ? (int)err->category : 0;
  t->more = -1;
  return vtpu_fail(err, VTPU_INPUT, "%s: cycle %" PRIu64 ": the program has no SIW %" PRIu32,
                   t->path, t->ahead.cycle, t->ahead.siw);
}

int tracefile_open(struct tracefile *t, const char *path, struct vtpu_error *err)
{
  *t = (struct tracefile){.path = path};
  int bad = trace_open(path, &t->reader, err);
  if (bad)
    return bad;
  t->info = trace_describe(t->reader);
  bad = trace_read_object(t->reader, &t->object, err);
  if (!bad)
    bad = decode_program(t, err);
  if (!bad)
    bad = read_machine(t, err);
  return bad ? bad : advance(t, err);
}

void tracefile_close(struct tracefile *t)
{
  trace_close(t->reader);
  object_free(&t->object);
  free(t->bundles);
}

int tracefile_seek(struct tracefile *t, uint64_t cycle, struct vtpu_error *err)
{
  trace_seek(t->reader, cycle);
  return advance(t, err);
}

bool tracefile_complete(const struct tracefile *t)
{
  const struct trace_about *a = &t->info->about;
  return !t->info->recovered && !*a->selection && !*a->resumed;
}

struct coord tracefile_coord(const struct tracefile *t, uint64_t lo, uint64_t hi)
{
  return (struct coord){coord_from_linear_lo(lo, curve_cell[t->machine.curve]), hi};
}

static bool same_step(const struct trace_step *s, const struct trace_record *r)
{
  return r->stream == s->stream && r->cycle == s->cycle && r->siw == s->siw;
}

int tracefile_next(struct tracefile *t, struct trace_step *s, struct vtpu_error *err)
{
  const struct trace_record *r = &t->ahead;
  if (t->more <= 0)
    return t->more;
  s->issues = s->accesses = false;
  s->cycle = r->cycle;
  s->node = r->node;
  s->sentron = r->sentron;
  s->stream = r->stream;
  s->siw = r->siw;
  s->stalls = s->messages = 0;
  s->stall_cycles = 0;
  s->longest = STALL_ISSUE;
  uint64_t most = 0;
  while (t->more > 0 && same_step(s, r)) {
    switch (r->kind) {
    case TRACE_STALL:
      if (s->issues || s->stalls == STEP_STALLS_MAX || r->field[0] >= STALL_COUNT)
        return 1;
      s->stall[s->stalls].cause = (enum stall)r->field[0];
      s->stall[s->stalls++].cycles = r->field[1];
      s->stall_cycles += r->field[1];
      if (r->field[1] > most) {
        most = r->field[1];
        s->longest = (enum stall)r->field[0];
      }
      break;
    case TRACE_ISSUE:
      if (s->issues)
        return 1;
      s->issues = true;
      break;
    case TRACE_MEMORY:
      s->accesses = true;
      s->lo = r->field[0];
      s->hi = r->field[1];
      s->coord = tracefile_coord(t, s->lo, s->hi);
      s->outcome = r->field[2];
      s->arrival = r->field[3];
      s->ready = r->field[4];
      break;
    case TRACE_SEND:
    case TRACE_RECEIVE:
    case TRACE_RELEASE:
      if (s->issues) {
        if (s->messages < STEP_MESSAGES_MAX)
          s->message[s->messages++] = *r;
        break;
      }
      /* fall through */
    default:
      if (s->issues || s->stalls)
        return 1;
      s->event = *r;
      return advance(t, err) ? -1 : 1;
    }
    if (advance(t, err))
      return -1;
  }
  /* Stalls of a sentron that the trace's end found waiting. */
  if (!s->issues)
    s->event = (struct trace_record){.kind = TRACE_STALL, .siw = s->siw, .cycle = s->cycle};
  return 1;
}
