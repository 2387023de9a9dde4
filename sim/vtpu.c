/* The simulator's handle: phases, the order among cores, looking in from outside. */
#include "sim/vtpu.h"
#include "sim/plain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- running
 * -------------------------------------------------------------------------------------- */

static const char *sentron_text(const struct context *x, char *out, size_t bytes)
{
  if (x->node_id)
    snprintf(out, bytes, "node %u sentron %u (%s)", x->node_id, x->id, x->origin->name);
  else
    snprintf(out, bytes, "sentron %u (%s)", x->id, x->origin->name);
  return out;
}

void engine_fault(struct context *x, cycle_t t, const char *format, ...)
{
  if (x->life == LIFE_FAULTED) /* of one SIW the first in slot order counts */
    return;
  va_list ap;
  va_start(ap, format);
  struct node *n = x->core->node;
  vsnprintf(n->fault.text, sizeof n->fault.text, format, ap);
  va_end(ap);
  n->fault.set = true;
  n->fault.context = x->object_index;
  n->fault.cycle = t;
  n->fault.siw = x->pc;
  x->life = LIFE_FAULTED;
}

/* Cycle at which everything issued so far is complete. */
static cycle_t end_of_work(const struct vtpu *v)
{
  cycle_t end = v->now;
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    const cycle_t own = context_complete(x);
    if (x->life != LIFE_DORMANT && x->issued && own > end)
      end = own;
  }
  return end;
}

/* Closes the phase's books: what follows a sentron's last issue is its drain. */
static void finish_phase(struct vtpu *v)
{
  cycle_t end = end_of_work(v);
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    struct context *x = &v->contexts[i];
    if (x->life != LIFE_RETIRED || !x->issued)
      continue;
    const struct psiw *s = &x->code[x->last_pc - x->code_first];
    log_retire(x, end);
    const cycle_t own = context_complete(x);
    mark_of(x, s)->stack[STALL_DRAIN] += own - (x->last_issue + 1);
    x->cycles_before += own - x->first_issue;
    x->issued = false;
  }
  v->now = end;
  v->phase_running = false;
}

/* own: the caller asked for it, not the program. */
static void start_phase(struct vtpu *v, uint64_t mask, bool own)
{
  for (unsigned i = 0; i < v->core_count; i++)
    v->cores[i]->key = NEVER;
  log_phase(v, mask, own);
  for (uint32_t i = 0; i < v->object->sentron_count; i++)
    if (mask >> i & 1)
      context_start(v, &v->contexts[i], v->now, v->contexts[i].origin->entry);
  v->phase_running = true;
}

/* The earliest fault of the nodes, NULL if there is none. */
static struct node *faulted(struct vtpu *v)
{
  struct node *first = NULL;
  for (int64_t i = 0; i < v->m.nodes; i++) {
    struct node *n = &v->nodes[i];
    if (n->fault.set && (!first || n->fault.cycle < first->fault.cycle))
      first = n;
  }
  return first;
}

static int report_fault(struct vtpu *v, const struct node *n, struct vtpu_error *err)
{
  char name[128], where[SYMBOL_TEXT_BYTES];
  v->failed = true;
  if (v->trace)
    trace_abandon(v, n->fault.cycle);
  if (v->event)
    event_of(v, &v->contexts[n->fault.context], EVENT_FAULT, n->fault.cycle);
  return vtpu_fail(err, VTPU_PROGRAM, "%s, cycle %llu, SIW %u (%s): %s",
                   sentron_text(&v->contexts[n->fault.context], name, sizeof name),
                   (unsigned long long)n->fault.cycle, n->fault.siw,
                   object_symbolize(v->object, n->fault.siw, where), n->fault.text);
}

/* Does it wait for something that never comes? Also in a collective that was its last SIW. */
static bool waits(const struct context *x)
{
  return x->life == LIFE_RUNNING || (x->life == LIFE_RETIRED && x->hold == NEVER);
}

static int report_deadlock(struct vtpu *v, struct vtpu_error *err)
{
  cycle_t at = end_of_work(v);
  char text[3072];
  size_t used = 0;
  unsigned more = 0; /* that there was no room for */
  text[0] = 0;
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    struct context *x = &v->contexts[i];
    if (x->life == LIFE_RUNNING && x->acc > at)
      at = x->acc;
  }
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    struct context *x = &v->contexts[i];
    if (!waits(x))
      continue;
    char name[128], where[SYMBOL_TEXT_BYTES], wait[256];
    context_describe_wait(v, x, wait, sizeof wait);
    uint32_t siw = x->hold == NEVER ? x->last_pc : x->pc;
    if (used < sizeof text - 512)
      used += (size_t)snprintf(text + used, sizeof text - used,
                               "\n  %s, SIW %u (%s), since cycle "
                               "%llu: %s",
                               sentron_text(x, name, sizeof name), siw,
                               object_symbolize(v->object, siw, where), (unsigned long long)x->acc,
                               wait);
    else
      more++;
    context_charge(v, x, at);
  }
  if (more)
    snprintf(text + used, sizeof text - used, "\n  and %u more", more);
  v->now = at;
  v->failed = true;
  if (v->trace)
    trace_abandon(v, NEVER);
  return vtpu_fail(err, VTPU_PROGRAM,
                   "deadlock at cycle %llu: every live sentron waits and nothing is in flight%s",
                   (unsigned long long)at, text);
}

/* One host step; *ran is set when it started a phase. */
static int host_step(struct vtpu *v, const struct object_host *h, bool *ran, struct vtpu_error *err)
{
  uint8_t bytes[8];
  *ran = h->kind == HOST_RUN;
  if (h->kind == HOST_RUN) {
    start_phase(v, h->value, false);
    return 0;
  }
  memcpy(bytes, &h->value, 8);
  const uint64_t hits = v->cores[0]->host_ptc_hits;
  if (!memory_host(v, h->coord, bytes, h->kind == HOST_WRITE)) {
    char text[COORD_TEXT_BYTES];
    v->failed = true;
    return vtpu_fail(err, VTPU_PROGRAM,
                     "host step %u: nothing is allocated at %s\n  declare a region that holds it",
                     v->host_step - 1, coord_print(h->coord, text));
  }
  log_host(v, h, bytes, v->cores[0]->host_ptc_hits != hits);
  if (h->kind == HOST_READ) {
    struct context *x = &v->contexts[h->sentron];
    memset(x->r[h->index], 0, v->bytes);
    memcpy(x->r[h->index], bytes, 8);
  } else if (h->kind == HOST_PRINT) {
    struct vtpu_host_value *value = &v->host_values[v->host_value_count++];
    value->name = h->name;
    memcpy(&value->value, bytes, 8);
  }
  return 0;
}

static int run_until(struct vtpu *v, uint64_t until, enum vtpu_status *status,
                     struct vtpu_error *err)
{
  *status = VTPU_RUNNING;
  if (v->failed)
    return vtpu_fail(err, VTPU_USAGE, "the run has failed and cannot go on");
  const struct object *o = v->object;
  v->stop = until < WAITS ? until : WAITS;
  /* Going on after a stop: look at every core again; a wake may have left a key that is too late.
   */
  for (unsigned i = 0; v->phase_running && i < v->core_count; i++)
    v->cores[i]->key =
        key_of(0, v->cores[i]->node->number * SENTRONS_PER_NODE_MAX + v->cores[i]->number);
  for (;;) {
    if (v->phase_running) {
      int bad = cluster_run(v, err);
      if (bad)
        return bad;
      const struct node *fault = faulted(v);
      if (fault)
        return report_fault(v, fault, err);
      for (int64_t i = 0; i < v->m.nodes; i++)
        if (v->nodes[i].stopped)
          return 0;
      for (uint32_t i = 0; i < o->sentron_count; i++)
        if (waits(&v->contexts[i]))
          return report_deadlock(v, err);
      finish_phase(v);
    }
    if (v->now >= until && v->host_step < o->host_count)
      return 0;
    if (o->host_count == 0 && v->host_step == 0) {
      uint64_t mask = 0;
      for (uint32_t i = 0; i < o->sentron_count; i++)
        mask |= (uint64_t)o->sentrons[i].start << i;
      v->host_step = 1;
      start_phase(v, mask, false);
    } else if (v->host_step < o->host_count) {
      bool ran;
      int bad = host_step(v, &o->hosts[v->host_step++], &ran, err);
      if (bad)
        return bad;
    } else {
      *status = VTPU_DONE;
      return 0;
    }
  }
}

/* With a trace file: in windows of time, after each of which all logs reach up to one cycle. */
int vtpu_run(struct vtpu *v, uint64_t until, enum vtpu_status *status, struct vtpu_error *err)
{
  int bad;
  if (!v->writer)
    return run_until(v, until, status, err);
  do {
    if (v->logged < v->now)
      v->logged = v->now;
    cycle_t end = log_window(v, until);
    bad = run_until(v, end, status, err);
    v->logged = *status == VTPU_DONE ? v->now : end;
    log_seal(v);
  } while (!bad && *status == VTPU_RUNNING && v->logged < until);
  return bad ? bad : trace_writer_check(v->writer, err);
}

void vtpu_observe(struct vtpu *v, vtpu_trace_fn *trace, void *user)
{
  v->trace = trace;
  v->trace_user = user;
  v->trace_whole = trace != NULL;
  for (unsigned i = 0; i < v->core_count; i++) {
    v->cores[i]->fast_gathers = engine_may_gather_fast(v);
    v->cores[i]->far_gathers = engine_may_gather_far(v);
  }
}

int vtpu_restart(struct vtpu *v, uint64_t mask, struct vtpu_error *err)
{
  if (v->failed || v->phase_running)
    return vtpu_fail(err, VTPU_USAGE, "another phase can start only when the last one is done");
  if (mask == 0 || (v->object->sentron_count < 64 && mask >> v->object->sentron_count))
    return vtpu_fail(err, VTPU_USAGE, "the phase names no sentron, or one that is not loaded");
  start_phase(v, mask, true);
  return 0;
}

/* --- looking
 * -------------------------------------------------------------------------------------- */

static int access_run(struct vtpu *v, unsigned node, struct coord c, void *bytes, size_t count,
                      bool write, struct vtpu_error *err)
{
  uint64_t lo = coord_linear_lo(c.lo, v->curve_index), hi = c.hi & COORD_HI_DIM_MASK;
  size_t offset = coord_offset(c), done = 0;
  uint8_t *out = bytes;
  if (node >= (unsigned)v->m.nodes)
    return vtpu_fail(err, VTPU_USAGE, "there is no node %u", node);
  while (done < count) {
    struct page page;
    if (!ppt_find(&v->nodes[node].ppt, lo, hi, NEVER - 1, &page)) {
      char text[COORD_TEXT_BYTES];
      struct coord at = {coord_from_linear_lo(lo, v->curve_cell), hi};
      return vtpu_fail(err, VTPU_PROGRAM, "nothing is allocated at %s", coord_print(at, text));
    }
    size_t from = (lo & 63) * CELL_BYTES + offset, n = PAGE_BYTES - from;
    if (n > count - done)
      n = count - done;
    if (write)
      memcpy(page.data + from, out + done, n);
    else
      memcpy(out + done, page.data + from, n);
    done += n;
    offset = 0;
    uint64_t next = hi;
    lo &= ~UINT64_C(63);
    if (done < count && !walk(v, &lo, &next, AXIS_LINEAR, PAGE_CELLS, false))
      return vtpu_fail(err, VTPU_PROGRAM, "the run of bytes leaves phext space");
    hi = next;
  }
  return 0;
}

int vtpu_peek_run(const struct vtpu *v, unsigned node, struct coord c, void *out, size_t bytes,
                  struct vtpu_error *err)
{
  /* Looking changes only the page table's memory of its last find. */
  return access_run((struct vtpu *)(uintptr_t)v, node, c, out, bytes, false, err);
}

int vtpu_poke_run(struct vtpu *v, unsigned node, struct coord c, const void *in, size_t bytes,
                  struct vtpu_error *err)
{
  int bad = access_run(v, node, c, (void *)(uintptr_t)in, bytes, true, err);
  if (!bad && v->host_log)
    log_poke(v, node, c, in, bytes);
  return bad;
}

int vtpu_peek(const struct vtpu *v, unsigned node, struct coord c, void *out, size_t bytes,
              struct vtpu_error *err)
{
  if (bytes > CELL_BYTES - coord_offset(c))
    return vtpu_fail(err, VTPU_USAGE, "%zu bytes leave the cell", bytes);
  return vtpu_peek_run(v, node, c, out, bytes, err);
}

int vtpu_poke(struct vtpu *v, unsigned node, struct coord c, const void *in, size_t bytes,
              struct vtpu_error *err)
{
  if (bytes > CELL_BYTES - coord_offset(c))
    return vtpu_fail(err, VTPU_USAGE, "%zu bytes leave the cell", bytes);
  return vtpu_poke_run(v, node, c, in, bytes, err);
}

int vtpu_register(const struct vtpu *v, unsigned sentron, unsigned reg, uint8_t out[64])
{
  const struct context *x = &v->contexts[sentron];
  if (reg < REG_P) {
    memcpy(out, x->r[reg], v->bytes);
    return (int)v->bytes;
  }
  if (reg < REG_M) {
    struct coord c = {coord_from_linear_lo(x->p[reg - REG_P].lo, v->curve_cell),
                      x->p[reg - REG_P].hi};
    memcpy(out, &c, sizeof c);
    return sizeof c;
  }
  if (reg < REG_L) {
    memcpy(out, x->m[reg - REG_M], M_BYTES);
    return M_BYTES;
  }
  memcpy(out, &x->loop[reg - REG_L].remaining, 4);
  return 4;
}

uint64_t vtpu_cycle(const struct vtpu *v)
{
  cycle_t t = v->now;
  for (uint32_t i = 0; v->phase_running && i < v->object->sentron_count; i++)
    if (v->contexts[i].issued && v->contexts[i].acc > t)
      t = v->contexts[i].acc;
  return t;
}

uint64_t vtpu_siws(const struct vtpu *v)
{
  uint64_t n = 0;
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    uint64_t entered = 0;
    for (uint32_t k = 0; k < x->code_end - x->code_first; k++)
      n += issues_next(x, k, &entered);
  }
  return n;
}
