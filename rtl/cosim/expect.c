/* What the simulator has told, by sentron, and its comparison with what the cores do: see cosim.h.
 */
#include "rtl/cosim/state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- queues ----------------------------------------------------------------------------------- */

void events_push(struct events *q, const struct vtpu_event *e)
{
  if (q->count == q->room) {
    size_t room = q->room ? 2 * q->room : 16;
    struct vtpu_event *at = malloc(room * sizeof *at);
    if (!at)
      abort(); /* the host is beyond help */
    for (size_t i = 0; i < q->count; i++)
      at[i] = q->at[(q->first + i) % q->room];
    free(q->at);
    *q = (struct events){.at = at, .count = q->count, .room = room};
  }
  q->at[(q->first + q->count++) % q->room] = *e;
}

const struct vtpu_event *events_head(const struct events *q)
{
  return q->count ? &q->at[q->first] : NULL;
}

void events_pop(struct events *q)
{
  q->first = (q->first + 1) % q->room;
  q->count--;
}

const struct vtpu_event *events_at(const struct events *q, uint64_t cycle)
{
  const struct vtpu_event *e = events_head(q);
  return e && e->cycle == cycle ? e : NULL;
}

void events_free(struct events *q)
{
  free(q->at);
  *q = (struct events){0};
}

/* --- what the simulator tells ----------------------------------------------------------------- */

void expect_event(void *cosim, const struct vtpu_event *e)
{
  struct cosim *k = cosim;
  struct side *x = &k->side[e->sentron];
  switch (e->kind) {
  case EVENT_START: events_push(&x->start, e); break;
  case EVENT_STALL: events_push(&x->stall, e); break;
  case EVENT_ISSUE: events_push(&x->issue, e); break;
  case EVENT_RETIRE: events_push(&x->retire, e); break;
  case EVENT_RESULT: events_push(&x->result[e->reg], e); break;
  case EVENT_TRANSLATION:
    outside_translation(k, x->core, e);
    events_push(&x->core->translation, e);
    break;
  case EVENT_ACCESS: events_push(&x->core->access, e); break;
  case EVENT_SEND: events_push(&x->send, e); break;
  case EVENT_TAKE: events_push(&x->take, e); break;
  case EVENT_ARRIVAL: events_push(&x->arrival, e); break;
  case EVENT_CREDIT: events_push(&x->credit, e); break;
  case EVENT_RELEASE: events_push(&x->release, e); break;
  case EVENT_FAULT:
    k->faulted = true;
    k->fault = *e;
    break;
  case EVENT_HOST:
    events_push(&k->host, e);
    if (k->o->hosts[e->siw].kind == HOST_READ)
      events_push(&k->side[k->o->hosts[e->siw].sentron].set_up, e);
    break;
  }
}

/* --- differences ------------------------------------------------------------------------------ */

void differ(struct cosim *k, struct cosim_core *c, struct side *x, const char *unit,
            const char *format, ...)
{
  if (k->difference[0])
    return;
  va_list ap;
  va_start(ap, format);
  int n = snprintf(k->difference, sizeof k->difference, "cycle %" PRIu64 ", %s%s%s: ", k->cycle,
                   x ? x->origin->name : "", x ? ", " : "", unit);
  vsnprintf(k->difference + n, sizeof k->difference - (size_t)n, format, ap);
  va_end(ap);
  k->difference_cycle = k->cycle;
  k->difference_core = c;
  k->difference_side = x;
}

static void hex(const uint8_t *bytes, unsigned count, char out[2 * 64 + 1])
{
  for (unsigned i = 0; i < count; i++)
    sprintf(out + 2 * i, "%02x", bytes[count - 1 - i]);
  out[2 * count] = '\0';
}

/* --- one sentron, one cycle ------------------------------------------------------------------- */

static const char *cause_name(unsigned cause)
{
  return cause < STALL_COUNT ? stall_keys[cause] : "no cause";
}

static void compare_issue(struct cosim *k, struct side *x)
{
  const struct rtl_seen *seen = &x->core->seen;
  unsigned c = x->context;
  const struct vtpu_event *e = events_at(&x->issue, k->cycle);
  if (e && !seen->issued[c])
    differ(k, x->core, x, "issue", "the simulator issues SIW %u, the RTL waits (%s)", e->siw,
           cause_name(seen->stall[c]));
  else if (!e && seen->issued[c])
    differ(k, x->core, x, "issue", "the RTL issues SIW %u, the simulator does not", seen->pc[c]);
  else if (e && e->siw != seen->pc[c])
    differ(k, x->core, x, "fetch", "the simulator issues SIW %u, the RTL SIW %u", e->siw,
           seen->pc[c]);
  if (!e)
    return;
  x->last[x->issues % 8].cycle = k->cycle;
  x->last[x->issues++ % 8].siw = e->siw;
  x->begun = true;
  k->out->siws++;
  events_pop(&x->issue);
}

/* The simulator tells of a wait when it is over, so both sides queue up. */
static void compare_stall(struct cosim *k, struct side *x)
{
  const struct rtl_seen *seen = &x->core->seen;
  if (x->running && x->begun && !seen->issued[x->context]) {
    struct vtpu_event now = {.kind = EVENT_STALL,
                             .cycle = k->cycle,
                             .until = k->cycle + 1,
                             .stall = (enum stall)seen->stall[x->context]};
    struct events *q = &x->rtl_stall;
    struct vtpu_event *tail = q->count ? &q->at[(q->first + q->count - 1) % q->room] : NULL;
    if (tail && tail->stall == now.stall && tail->until == now.cycle)
      tail->until++;
    else
      events_push(q, &now);
  }
  while (x->stall.count && x->rtl_stall.count) {
    struct vtpu_event *s = &x->stall.at[x->stall.first], *r = &x->rtl_stall.at[x->rtl_stall.first];
    if (s->cycle != r->cycle || s->stall != r->stall) {
      uint64_t at = s->cycle < r->cycle ? s->cycle : r->cycle;
      differ(k, x->core, x, "cause of a stall",
             "in cycle %" PRIu64 " the simulator %s (%s), the RTL %s (%s)", at,
             s->cycle == at ? "waits" : "does not wait", cause_name(s->stall),
             r->cycle == at ? "waits" : "does not wait", cause_name(r->stall));
      return;
    }
    uint64_t until = s->until < r->until ? s->until : r->until;
    s->cycle = r->cycle = until;
    if (s->until == until)
      events_pop(&x->stall);
    if (r->until == until)
      events_pop(&x->rtl_stall);
  }
}

static void compare_results(struct cosim *k, struct side *x)
{
  uint32_t came = x->core->seen.result[x->context];
  for (unsigned reg = 0; reg < REG_COUNT; reg++) {
    const struct vtpu_event *e = events_at(&x->result[reg], k->cycle);
    bool rtl = came >> reg & 1;
    if (!e && !rtl)
      continue;
    uint8_t value[R_BYTES_MAX];
    char name[8], ours[2 * 64 + 1], theirs[2 * 64 + 1];
    snprintf(name, sizeof name, "%c%u",
             reg < REG_P   ? 'r'
             : reg < REG_M ? 'p'
             : reg < REG_L ? 'm'
                           : 'l',
             reg < REG_P   ? reg
             : reg < REG_M ? reg - REG_P
             : reg < REG_L ? reg - REG_M
                           : reg - REG_L);
    if (!e) {
      differ(k, x->core, x, "register write", "the RTL writes %s, the simulator does not", name);
      return;
    }
    unsigned bytes = rtl_core_register(x->core->rtl, x->context, reg, value);
    if (!rtl) {
      differ(k, x->core, x, "register write", "the simulator writes %s, the RTL does not", name);
    } else if (memcmp(value, e->value, bytes) != 0) {
      hex(e->value, bytes, ours);
      hex(value, bytes, theirs);
      differ(k, x->core, x, "register write", "%s is %s in the simulator, %s in the RTL", name,
             ours, theirs);
    }
    k->out->results++;
    events_pop(&x->result[reg]);
  }
}

/* The channels to other cores that the events of this cycle name. */
static uint64_t channels_named(struct cosim *k, struct side *x, struct events *q, bool sends)
{
  uint64_t set = 0;
  for (const struct vtpu_event *e; (e = events_at(q, k->cycle)) != NULL; events_pop(q)) {
    struct side *y = &k->side[e->other];
    if (y->core == x->core)
      continue; /* inside the core */
    set |= UINT64_C(1) << channel_of(x, y);
    if (!sends)
      continue;
    if (memcmp(e->value, x->core->seen.message, M_BYTES) != 0)
      differ(k, x->core, x, "message", "to %s its bytes differ", y->origin->name);
    struct vtpu_event flying = *e;
    flying.other = x->index;
    memcpy(flying.value, x->core->seen.message, M_BYTES);
    events_push(&y->flying, &flying);
    k->out->messages++;
  }
  return set;
}

static void compare_messages(struct cosim *k, struct side *x)
{
  const struct rtl_seen *seen = &x->core->seen;
  uint64_t send = channels_named(k, x, &x->send, true);
  uint64_t take = channels_named(k, x, &x->take, false);
  if (send != seen->send[x->context])
    differ(k, x->core, x, "message",
           "sent on channels %" PRIx64 " by the simulator, %" PRIx64 " by the RTL", send,
           seen->send[x->context]);
  if (take != seen->take[x->context])
    differ(k, x->core, x, "message",
           "taken from channels %" PRIx64 " by the simulator, %" PRIx64 " by the RTL", take,
           seen->take[x->context]);
}

static void compare_life(struct cosim *k, struct side *x)
{
  bool running = x->core->seen.running[x->context];
  if (running != x->running)
    differ(k, x->core, x, "life", "the sentron %s in the simulator, %s in the RTL",
           x->running ? "runs" : "does not run", running ? "runs" : "does not run");
  /* From the next cycle on. */
  const struct vtpu_event *e;
  if ((e = events_at(&x->retire, k->cycle)) != NULL) {
    x->running = false;
    events_pop(&x->retire);
  }
  if ((e = events_at(&x->start, k->cycle)) != NULL) {
    x->running = e->siw < x->origin->end;
    x->begun = false;
    events_pop(&x->start);
  }
}

/* --- the fault that ends a run ---------------------------------------------------------------- */

/* The code whose words stand in the simulator's message; 0: none. */
static unsigned fault_code(const char *message)
{
  static const struct {
    unsigned code;
    const char *words;
  } faults[] = {
#define FAULT(name, number, text, doc) {number, text},
#include "isa/faults.def"
#undef FAULT
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (strstr(message, faults[i].words))
      return faults[i].code;
  return 0;
}

enum { OF_UNMAPPED = 1, FIRST_OF_THE_NODE = 11 }; /* codes; from 11 on the node raises them */

static void compare_fault(struct cosim *k, struct cosim_core *c)
{
  struct side *x = &k->side[k->fault.sentron];
  if (x->core != c)
    return;
  unsigned code = fault_code(k->sim_error.message), seen = c->seen.fault_code[x->context];
  /* The PTC does not know that another core has freed an entry's region; the simulator finds the
   * use of such an entry (sim/README.md, 20). */
  bool stale = k->frees && !c->seen.page;
  if (!c->seen.issued[x->context] || c->seen.pc[x->context] != k->fault.siw)
    differ(k, c, x, "fault", "in the simulator SIW %u faults, the RTL does not issue it",
           k->fault.siw);
  else if (code < FIRST_OF_THE_NODE && !(stale && code == OF_UNMAPPED) &&
           (!c->seen.fault[x->context] || seen != code))
    differ(k, c, x, "fault", "code %u in the simulator, %u in the RTL", code,
           c->seen.fault[x->context] ? seen : 0);
}

void compare_core(struct cosim *k, struct cosim_core *c)
{
  if (k->faulted && k->cycle == k->fault.cycle) {
    compare_fault(k, c); /* the others' part of this cycle is not told */
    return;
  }
  for (unsigned i = 0; i < RTL_CONTEXTS && !k->difference[0]; i++) {
    struct side *x = c->side[i];
    if (!x) {
      if (c->seen.issued[i])
        differ(k, c, NULL, "issue", "the RTL issues in a context without a sentron");
      continue;
    }
    compare_issue(k, x);
    compare_stall(k, x);
    compare_results(k, x);
    compare_messages(k, x);
    compare_life(k, x);
    if (c->seen.fault[i])
      differ(k, c, x, "fault", "the RTL faults with code %u, the simulator does not",
             c->seen.fault_code[i]);
  }
}

void compare_end(struct cosim *k)
{
  for (unsigned i = 0; i < k->o->sentron_count; i++) {
    struct side *x = &k->side[i];
    if (k->sim_status)
      continue; /* it ended in the middle */
    if (x->issue.count || x->stall.count || x->rtl_stall.count)
      differ(k, x->core, x, "end", "the simulator and the RTL end at different places");
    for (unsigned reg = 0; reg < REG_COUNT; reg++)
      if (x->result[reg].count)
        differ(k, x->core, x, "end", "a result of the simulator has not come");
    for (unsigned reg = 0; reg < REG_L; reg++) {
      uint8_t sim[R_BYTES_MAX], rtl[R_BYTES_MAX];
      unsigned bytes = rtl_core_register(x->core->rtl, x->context, reg, rtl);
      vtpu_register(k->sim, x->index, reg, sim);
      if (memcmp(sim, rtl, bytes) != 0)
        differ(k, x->core, x, "end", "register %u of the scoreboard differs", reg);
    }
  }
}
