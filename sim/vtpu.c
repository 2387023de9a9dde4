/* The simulator's handle: loading, phases, the order among cores, looking in from outside. */
#include "sim/vtpu.h"
#include "sim/plain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- making
 * --------------------------------------------------------------------------------------- */

/* Functions only: no translation, no tiers, every operation complete in one cycle. */
static void make_untimed(struct machine *m)
{
  for (int i = 0; i < LAT_COUNT; i++)
    m->latency[i] = 1;
  m->spawn = m->branch = m->ptc_hit = m->ptc_miss = 0;
  m->l1_bytes = m->l2_bytes = m->l3_bytes = 0;
  m->ddr_latency = 1;
  m->ddr_bandwidth = 0;
  m->memory_entries = ENTRIES_MAX;
}

/* The short path of gather.h tells nobody what it does. */
static bool may_gather_fast(const struct vtpu *v)
{
  const struct machine *m = &v->m;
  bool tiers = m->l1_bytes > 0 && m->l1_ways == 8 && m->l2_bytes > 0 && m->l2_ways == 8;
  return m->sports == 1 && m->ptc_granularity == PTC_PAGE && (tiers || v->untimed) && !v->trace &&
         !v->access && !v->event;
}

static int make_core(struct vtpu *v, struct node *n, unsigned number, struct vtpu_error *err)
{
  struct core *c = &n->cores[number];
  c->number = number;
  c->node = n;
  struct tier *half = &n->l3[number / n->l3_cores];
  c->rom_l3 = half->sets ? half : NULL;
  c->contexts = (unsigned)v->m.contexts;
  c->key = NEVER;
  const struct machine *m = &v->m;
  c->entries = (unsigned)m->memory_entries;
  c->ptc_hit = (cycle_t)m->ptc_hit;
  c->fast_gathers = may_gather_fast(v);
  if (tier_init(&c->l1, m->l1_bytes, m->l1_ways, m->l1_latency, m->l1_interval) ||
      tier_init(&c->l2, m->l2_bytes, m->l2_ways, m->l2_latency, m->l2_interval) ||
      ptc_init(&c->ptc, m))
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the caches of core %u", number);
  return 0;
}

static int make_nodes(struct vtpu *v, struct vtpu_error *err)
{
  const struct machine *m = &v->m;
  v->nodes = calloc((size_t)m->nodes, sizeof *v->nodes);
  v->core_count = (unsigned)(m->nodes * m->cores);
  v->cores = calloc(v->core_count, sizeof(struct core *));
  if (!v->nodes || !v->cores)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %d nodes", (int)m->nodes);
  for (unsigned i = 0; i < (unsigned)m->nodes; i++) {
    struct node *n = &v->nodes[i];
    n->number = i;
    for (unsigned c = 0; c <= CORES_MAX; c++)
      n->order[c] = NEVER;
    for (unsigned s = 0; s < SENTRONS_PER_NODE_MAX; s++)
      n->core_of[s] = (uint8_t)(s % (unsigned)m->cores);
    n->l3_cores = (unsigned)m->l3_cores;
    n->halves = (unsigned)((m->cores + m->l3_cores - 1) / m->l3_cores);
    n->ppt.frames = (uint64_t)m->ddr_bytes / PAGE_BYTES;
    n->ppt.lazy = m->lazy_mapping;
    n->cores = calloc((size_t)m->cores, sizeof *n->cores);
    n->l3 = calloc(n->halves, sizeof *n->l3);
    if (!n->cores || !n->l3)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory for node %u", i);
    for (unsigned h = 0; h < n->halves; h++)
      if (tier_init(&n->l3[h], m->l3_bytes, m->l3_ways, m->l3_latency, m->l3_interval))
        return vtpu_fail(err, VTPU_SYSTEM, "out of memory for the L3 of node %u", i);
    for (unsigned c = 0; c < (unsigned)m->cores; c++) {
      int bad = make_core(v, n, c, err);
      if (bad)
        return bad;
      v->cores[i * (unsigned)m->cores + c] = &n->cores[c];
    }
  }
  return network_init(v, err);
}

static int decode_all(struct vtpu *v, struct vtpu_error *err)
{
  const struct object *o = v->object;
  v->bundles = calloc(o->siw_count ? o->siw_count : 1, sizeof *v->bundles);
  if (!v->bundles)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %u SIWs", o->siw_count);
  bool wakes = false;
  for (uint32_t k = 0; k < o->siw_count; k++) {
    int bad = siw_decode(&o->code[k], o->dlen, &v->bundles[k], err);
    if (bad) {
      char where[SYMBOL_TEXT_BYTES];
      vtpu_fail_prefix(err, "SIW %u (%s): ", k, object_symbolize(o, k, where));
      return bad;
    }
    unsigned c = (unsigned)v->bundles[k].slot[PIPE_C].op,
             s = (unsigned)v->bundles[k].slot[PIPE_S].op;
    v->has_spawn |= c == OP_CSPAWN;
    wakes |= c == OP_CSEND || c == OP_CRECV || c == OP_CFANOUT || c == OP_CMERGE || c == OP_CBAR ||
             c == OP_CREDUCE || c == OP_CCAST;
    v->frees |= s == OP_SFREE;
    v->ppt_changes |= s == OP_SALLOC || s == OP_SFREE;
  }
  v->ppt_changes |= v->m.lazy_mapping;
  v->reach = NEVER / 4;
  if (wakes)
    v->reach = (cycle_t)(v->m.l3_latency < v->m.net_node ? v->m.l3_latency : v->m.net_node);
  if (v->has_spawn && v->reach > (cycle_t)v->m.spawn)
    v->reach = v->m.spawn ? (cycle_t)v->m.spawn : 1;
  return 0;
}

/* Regions on every node they are meant for, in object order, then their data. */
static int load_regions(struct vtpu *v, struct vtpu_error *err)
{
  const struct object *o = v->object;
  bool host_writes = false;
  for (uint32_t i = 0; i < o->host_count; i++)
    host_writes |= o->hosts[i].kind == HOST_WRITE;
  for (unsigned n = 0; n < (unsigned)v->m.nodes; n++)
    for (uint32_t i = 0; i < o->region_count; i++) {
      const struct object_region *r = &o->regions[i];
      if (r->node != REGION_ALL_NODES && r->node != n)
        continue;
      if (r->kind == REGION_PRIVATE && r->core >= (unsigned)v->m.cores)
        return vtpu_fail(err, VTPU_INPUT,
                         "region %s is private to core %u, but the machine has %d cores", r->name,
                         r->core, (int)v->m.cores);
      /* A rom that one piece of data fills whole pages of is used where it lies, unless the host
       * writes: its directives reach rom too, and must not reach the object. */
      uint8_t *content = NULL;
      uint32_t data = o->data_count;
      for (uint32_t d = 0; d < o->data_count; d++)
        if (o->data[d].region == i) {
          bool whole = r->kind == REGION_ROM && !host_writes && data == o->data_count &&
                       o->data[d].bytes == region_pages(r) * PAGE_BYTES &&
                       coord_same_cell(o->data[d].start, r->lo) &&
                       coord_offset(o->data[d].start) == 0;
          content = whole ? (uint8_t *)(uintptr_t)o->data[d].content : NULL;
          data = d;
        }
      struct ppt_region *made;
      int bad = ppt_add(&v->nodes[n].ppt, r, content, 0, &made, err);
      if (bad)
        return bad;
      made->origin = r;
      if (content)
        continue;
      for (uint32_t d = 0; d < o->data_count; d++) {
        if (o->data[d].region != i)
          continue;
        bad = vtpu_poke_run(v, n, o->data[d].start, o->data[d].content, o->data[d].bytes, err);
        if (bad)
          return bad;
      }
    }
  return 0;
}

static int make_contexts(struct vtpu *v, struct vtpu_error *err)
{
  const struct object *o = v->object;
  v->contexts = aligned_alloc(64, (o->sentron_count ? o->sentron_count : 1) * sizeof *v->contexts);
  if (!v->contexts)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %u sentrons", o->sentron_count);
  memset(v->contexts, 0, o->sentron_count * sizeof *v->contexts);
  unsigned cores = (unsigned)v->m.cores, per_node = cores * (unsigned)v->m.contexts;
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    const struct object_sentron *s = &o->sentrons[i];
    struct context *x = &v->contexts[i];
    if (s->node >= v->m.nodes || s->id >= per_node)
      return vtpu_fail(err, VTPU_INPUT,
                       "sentron %s is number %u of node %u, but the machine has %d nodes of %u "
                       "sentrons\n  choose another machine, or lower for fewer sentrons",
                       s->name, s->id, s->node, (int)v->m.nodes, per_node);
    x->origin = s;
    x->object_index = i;
    x->id = s->id;
    x->node_id = s->node;
    x->global = s->node * SENTRONS_PER_NODE_MAX + s->id;
    x->core = &v->nodes[s->node].cores[s->id % cores];
    x->core->ctx[s->id / cores] = x;
    x->marks = calloc(o->mark_count + 1, sizeof *x->marks);
    x->to_local = calloc(SENTRONS_PER_NODE_MAX, sizeof(struct channel *));
    x->to_node = calloc((size_t)v->m.nodes, sizeof(struct channel *));
    x->memos = calloc(LOOP_MEMOS, sizeof *x->memos);
    if (!x->marks || !x->to_local || !x->to_node || !x->memos)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory for sentron %s", s->name);
    for (uint32_t g = 0; g < o->group_count; g++)
      if (o->groups[g].node == REGION_ALL_NODES || o->groups[g].node == s->node) {
        x->group[o->groups[g].id] = 0;
        for (unsigned k = 0; k < o->groups[g].count; k++)
          x->group[o->groups[g].id] |= (uint16_t)(1u << o->groups[g].members[k]);
      }
  }
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    int bad = predecode(v, &v->contexts[i], err);
    if (bad)
      return bad;
  }
  for (uint32_t g = 0; g < o->group_count; g++)
    for (unsigned n = 0; n < (unsigned)v->m.nodes; n++)
      for (unsigned k = 0; k < o->groups[g].count; k++)
        if ((o->groups[g].node == REGION_ALL_NODES ? n == 0 : o->groups[g].node == n) &&
            !context_at(v, n, o->groups[g].members[k]))
          return vtpu_fail(err, VTPU_INPUT, "group %u: there is no sentron %u on node %u",
                           o->groups[g].id, o->groups[g].members[k], n);
  for (uint32_t i = 0; i < o->init_count; i++) {
    const struct object_init *in = &o->inits[i];
    struct context *x = &v->contexts[in->sentron];
    if (in->file == FILE_R) {
      memcpy(x->r[in->index], in->bytes, v->bytes);
    } else if (in->file == FILE_M) {
      memcpy(x->m[in->index], in->bytes, M_BYTES);
    } else {
      struct coord c;
      memcpy(&c, in->bytes, sizeof c);
      x->p[in->index].lo = coord_linear_lo(c.lo, v->curve_index);
      x->p[in->index].hi = c.hi;
    }
  }
  return 0;
}

int vtpu_new(const struct machine *m, const struct object *o, const struct vtpu_options *options,
             struct vtpu **out, struct vtpu_error *err)
{
  *out = NULL;
  int bad = machine_check(m, m->name, err);
  if (bad)
    return bad;
  if (o->dlen != (uint32_t)m->dlen)
    return vtpu_fail(err, VTPU_INPUT,
                     "the program was built for DLEN %u, the machine has DLEN %d\n"
                     "  build it for this machine, or set dlen=%u",
                     o->dlen, (int)m->dlen, o->dlen);
  struct vtpu *v = calloc(1, sizeof *v);
  if (!v)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  v->m = *m;
  if (options) {
    v->trace = options->trace;
    v->trace_user = options->trace_user;
    v->access = options->access;
    v->access_user = options->access_user;
    v->writer = options->writer;
    v->event = options->event;
    v->event_user = options->event_user;
    v->threads = v->event ? 1 : options->threads;
    v->untimed = options->untimed;
    if (v->untimed)
      make_untimed(&v->m);
  }
  v->object = o;
  v->bytes = o->dlen / 8;
  v->curve_index = curve_index[v->m.curve];
  v->curve_cell = curve_cell[v->m.curve];
  v->stop = WAITS;
  if (v->m.ddr_bandwidth > 0)
    v->ddr_slot = (uint64_t)(CELL_BYTES * 256 * v->m.clock / v->m.ddr_bandwidth + 0.5);
  v->host_values = calloc(o->host_count ? o->host_count : 1, sizeof *v->host_values);
  bad = v->host_values ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  v->core_run = core_run_for_host();
  if (bad || (bad = make_nodes(v, err)) || (bad = decode_all(v, err)) ||
      (bad = load_regions(v, err)) || (bad = make_contexts(v, err))) {
    vtpu_free(v);
    return bad;
  }
  v->host_log = v->writer ? trace_log_of(v->writer, o->sentron_count) : NULL;
  *out = v;
  return 0;
}

void vtpu_free(struct vtpu *v)
{
  if (!v)
    return;
  trace_free(v);
  for (uint32_t i = 0; v->contexts && i < v->object->sentron_count; i++) {
    channels_free(v, &v->contexts[i]);
    free(v->contexts[i].marks);
    free(v->contexts[i].memos);
    free(v->contexts[i].code);
    free(v->contexts[i].rest);
    free(v->contexts[i].counts);
  }
  for (int64_t i = 0; v->nodes && i < v->m.nodes; i++) {
    struct node *n = &v->nodes[i];
    ppt_free(&n->ppt);
    for (int64_t c = 0; n->cores && c < v->m.cores; c++) {
      tier_free(&n->cores[c].l1);
      tier_free(&n->cores[c].l2);
      ptc_free(&n->cores[c].ptc);
    }
    for (unsigned h = 0; n->l3 && h < n->halves; h++)
      tier_free(&n->l3[h]);
    free(n->cores);
    free(n->l3);
    free(n->outbox);
    free(n->refunds);
  }
  network_free(v);
  free(v->nodes);
  free(v->cores);
  free(v->contexts);
  free(v->bundles);
  free(v->host_values);
  free(v);
}

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
    x->marks[s->mark].stack[STALL_DRAIN] += own - (x->last_issue + 1);
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
    context_charge(v, x, at);
  }
  v->now = at;
  v->failed = true;
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
  for (unsigned i = 0; i < v->core_count; i++) {
    v->cores[i]->fast_gathers = may_gather_fast(v);
    v->cores[i]->ptc.version++; /* no hint may serve: what it gathers would not be told */
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
    for (uint32_t k = 0; k < x->code_end - x->code_first; k++)
      n += x->counts[k];
  }
  return n;
}
