/* Trace Event JSON, which Perfetto's viewer and Chrome read: an object with a list of events.
 *
 *   M  names: a process is a node, a thread a sentron
 *   X  a slice with a length: the region of the program, in it waits and SIWs; of two that begin
 *      at one time the outer comes first, as old versions of the viewer nest them so
 *   b e  an access from its issue until it is complete, which may overlap others; its id is local
 *      to the node, for the viewer to show it there
 *   C  operations a cycle of each sentron, over windows of time; and energy, where the machine
 * states some
 *
 * A microsecond of the viewer is a cycle (with a displayTimeUnit of ns, old versions would take it
 * for a nanosecond). */
#include "isa/print.h"
#include "sim/cli/export.h"
#include "sim/cli/selection.h"
#include "sim/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum { COUNTER_WINDOWS = 512 };

/* What is going on on one thread. */
struct thread {
  const struct object_mark *mark; /* the region of the step before */
  bool begun;
  uint64_t end; /* of its slice */
  uint64_t ops; /* in the window */
  double energy;
};

struct perfetto {
  const struct export *e;
  FILE *out;
  struct thread *threads;
  uint64_t *region_end; /* [steps] of the region that the step is in, or that begins with it */
  bool first, failed;
};

/* Takes the event over. */
static void put(struct perfetto *p, json_t *event)
{
  if (!event || (fputs(p->first ? "\n" : ",\n", p->out) < 0) ||
      json_dumpf(event, p->out, JSON_COMPACT))
    p->failed = p->failed || !event;
  p->first = false;
  json_decref(event);
}

static const struct object_sentron *sentron_of(const struct perfetto *p, uint32_t stream)
{
  return &p->e->trace->object.sentrons[stream];
}

static void put_slice(struct perfetto *p, uint32_t stream, const char *category, const char *name,
                      uint64_t begin, uint64_t length, json_t *arguments)
{
  const struct object_sentron *s = sentron_of(p, stream);
  put(p, json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:o*}", "ph", "X", "cat", category, "name",
                   name, "ts", (json_int_t)begin, "dur", (json_int_t)length, "pid", (int)s->node,
                   "tid", (int)s->id, "args", arguments));
}

static void put_names(struct perfetto *p)
{
  const struct object *o = &p->e->trace->object;
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    char name[OBJECT_NAME_BYTES + 32];
    const struct object_sentron *s = &o->sentrons[i];
    snprintf(name, sizeof name, "node %u", s->node);
    put(p, json_pack("{s:s, s:s, s:i, s:{s:s}}", "ph", "M", "name", "process_name", "pid",
                     (int)s->node, "args", "name", name));
    snprintf(name, sizeof name, "sentron %u (%s)", s->id, s->name);
    put(p, json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M", "name", "thread_name", "pid",
                     (int)s->node, "tid", (int)s->id, "args", "name", name));
  }
}

/* Where each step's region ends: steps backwards, each thread's region open until another begins.
 */
static bool find_region_ends(struct perfetto *p)
{
  const struct export *e = p->e;
  p->region_end = calloc(e->count + 1, sizeof *p->region_end);
  for (size_t i = e->count; p->region_end && i-- > 0;) {
    struct thread *t = &p->threads[e->step[i].stream];
    const struct object_mark *mark = siw_mark(&e->trace->object, e->step[i].siw);
    if (!t->end || mark != t->mark)
      t->end = e->step[i].cycle + 1;
    t->mark = mark;
    p->region_end[i] = t->end;
  }
  return p->region_end != NULL;
}

static void put_region(struct perfetto *p, uint32_t stream, const struct object_mark *m,
                       uint64_t begin, uint64_t end)
{
  char name[OBJECT_NAME_BYTES + 32];
  if (!m)
    return;
  if (m->layer >= 0)
    snprintf(name, sizeof name, "%s, layer %" PRId32, m->kernel, m->layer);
  else
    snprintf(name, sizeof name, "%s", m->kernel);
  put_slice(p, stream, "region", name, begin, end - begin, NULL);
}

static json_t *step_arguments(const struct export *e, const struct export_step *s)
{
  const struct export_values v = export_values(e, s);
  char slots[BUNDLE_TEXT_BYTES];
  json_t *a =
      json_pack("{s:I, s:s}", "siw", (json_int_t)s->siw, "slots", export_slots(e, s->siw, slots));
  if (a && *v.results) {
    json_object_set_new(a, "results", json_string(v.results));
    json_object_set_new(a, "operands", json_string(v.operands));
    json_object_set_new(a, "data", json_string(v.data));
  }
  return a;
}

static void put_step(struct perfetto *p, const struct export_step *s, size_t number)
{
  const struct export *e = p->e;
  struct thread *t = &p->threads[s->stream];
  const struct object_mark *mark = siw_mark(&e->trace->object, s->siw);
  char place[SYMBOL_TEXT_BYTES], coord[COORD_TEXT_BYTES];
  if (!t->begun || mark != t->mark)
    put_region(p, s->stream, mark, s->begin, p->region_end[number]);
  t->begun = true;
  t->mark = mark;
  uint64_t at = s->begin;
  for (uint32_t i = 0; i < s->stalls; i++) {
    const struct export_stall *w = &e->stalls[s->stall + i];
    put_slice(p, s->stream, "stall", stall_keys[w->cause], at, w->cycles, NULL);
    at += w->cycles;
  }
  put_slice(p, s->stream, "siw", object_symbolize(&e->trace->object, s->siw, place), s->cycle, 1,
            step_arguments(e, s));
  if (!s->accesses || s->ready == 0)
    return;
  const struct object_sentron *o = sentron_of(p, s->stream);
  const char *name = trace_access_names[outcome_access(s->outcome)];
  char tier[TIER_TEXT_BYTES], id[24];
  snprintf(id, sizeof id, "0x%zx", number);
  put(p, json_pack("{s:s, s:s, s:s, s:{s:s}, s:I, s:i, s:i, s:{s:s, s:s, s:b}}", "ph", "b", "cat",
                   "memory", "name", name, "id2", "local", id, "ts", (json_int_t)s->cycle, "pid",
                   (int)o->node, "tid", (int)o->id, "args", "coordinate",
                   coord_print(s->coord, coord), "tier", outcome_tier_text(s->outcome, tier),
                   "ptc_miss", (s->outcome & OUTCOME_MISS) != 0));
  put(p, json_pack("{s:s, s:s, s:s, s:{s:s}, s:I, s:i, s:i}", "ph", "e", "cat", "memory", "name",
                   name, "id2", "local", id, "ts", (json_int_t)(s->cycle + s->ready), "pid",
                   (int)o->node, "tid", (int)o->id));
}

static unsigned ops_of(const struct bundle *b)
{
  return (b->slot[PIPE_D].op != OP_DNOP) + (b->slot[PIPE_S].op != OP_SNOP) +
         (b->slot[PIPE_C].op != OP_CNOP);
}

/* Operations and energy a cycle in the window that began at `at`. */
static void put_counters(struct perfetto *p, uint64_t at, uint64_t length)
{
  for (uint32_t i = 0; i < p->e->trace->object.sentron_count; i++) {
    const struct object_sentron *s = sentron_of(p, i);
    char name[64];
    snprintf(name, sizeof name, "sentron %u.%u", s->node, s->id);
    struct thread *t = &p->threads[i];
    json_t *values = json_pack("{s:f}", "ops/cycle", (double)t->ops / (double)length);
    if (values && p->e->energy)
      json_object_set_new(values, "pJ/cycle", json_real(t->energy / (double)length));
    put(p, json_pack("{s:s, s:s, s:I, s:i, s:o}", "ph", "C", "name", name, "ts", (json_int_t)at,
                     "pid", (int)s->node, "args", values));
    t->ops = 0;
    t->energy = 0;
  }
}

int export_perfetto(const struct export *e, FILE *out, struct vtpu_error *err)
{
  struct perfetto p = {.e = e, .out = out, .first = true};
  p.threads = calloc(e->trace->object.sentron_count + 1, sizeof *p.threads);
  if (!p.threads || !find_region_ends(&p)) {
    free(p.threads);
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  }
  uint64_t from = e->count ? e->step[0].cycle : 0, window = 1;
  if (e->count)
    window += (e->step[e->count - 1].cycle - from) / COUNTER_WINDOWS;
  json_t *other = json_pack("{s:s, s:s, s:s}", "program", e->trace->info->about.program, "command",
                            e->trace->info->about.command, "time", "1 us is 1 cycle");
  char *text = other ? json_dumps(other, JSON_COMPACT) : NULL;
  fprintf(out, "{\"otherData\":%s,\"traceEvents\":[", text ? text : "{}");
  free(text);
  json_decref(other);
  put_names(&p);
  for (size_t i = 0; i < e->count; i++) {
    const struct export_step *s = &e->step[i];
    for (; s->cycle >= from + window; from += window)
      put_counters(&p, from, window);
    p.threads[s->stream].ops += ops_of(&e->trace->bundles[s->siw]);
    p.threads[s->stream].energy += s->energy;
    put_step(&p, s, i);
  }
  if (e->count)
    put_counters(&p, from, window);
  fputs("\n]}\n", out);
  free(p.threads);
  free(p.region_end);
  return p.failed ? vtpu_fail(err, VTPU_SYSTEM, "out of memory") : 0;
}
