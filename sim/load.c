/* The simulator's handle made: machine, caches, code, regions and their data, contexts; and freed.
 */
#include "sim/plain.h"
#include "sim/vtpu.h"

#include <string.h>

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

bool engine_may_gather_fast(const struct vtpu *v)
{
  const struct machine *m = &v->m;
  bool tiers = m->l1_bytes > 0 && m->l1_ways == 8 && m->l2_bytes > 0 && m->l2_ways == 8;
  return m->sports == 1 && m->ptc_granularity == PTC_PAGE && (tiers || v->untimed) && !v->trace &&
         !v->access && !v->event;
}

bool engine_may_gather_far(const struct vtpu *v)
{
  const struct machine *m = &v->m;
  return engine_may_gather_fast(v) && !v->untimed && m->ptc_hit > 0 && m->ddr_latency > 0 &&
         m->l3_latency > 0 && m->net_node > 0 && (m->l3_bytes == 0 || m->l3_ways == 16);
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
  c->fast_gathers = engine_may_gather_fast(v);
  c->far_gathers = engine_may_gather_far(v);
  c->scarce = (uint8_t)((m->dports == 1) | (m->sports == 1) << 1 | (m->cports == 1) << 2);
  if (tier_init(&c->l1, &v->large, m->l1_bytes, m->l1_ways, m->l1_latency, m->l1_interval) ||
      tier_init(&c->l2, &v->large, m->l2_bytes, m->l2_ways, m->l2_latency, m->l2_interval) ||
      ptc_init(&c->ptc, &v->large, m))
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
    n->cores = large_take(&v->large, (size_t)m->cores * sizeof *n->cores);
    n->l3 = calloc(n->halves, sizeof *n->l3);
    if (!n->cores || !n->l3)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory for node %u", i);
    for (unsigned h = 0; h < n->halves; h++)
      if (tier_init(&n->l3[h], &v->large, m->l3_bytes, m->l3_ways, m->l3_latency, m->l3_interval))
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
  v->contexts = large_take(&v->large, o->sentron_count * sizeof *v->contexts);
  if (!v->contexts)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %u sentrons", o->sentron_count);
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
    x->marks = large_take(&v->large, (o->mark_count + 1) * sizeof *x->marks);
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
      place_move(&x->p[in->index], coord_linear_lo(c.lo, v->curve_index), c.hi);
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
  if (o->needs.queue > m->queue_depth)
    return vtpu_fail(err, VTPU_INPUT,
                     "the program needs queues of %u messages between two sentrons, the machine's "
                     "have %d\n  build it for this machine, or set queue_depth=%u",
                     o->needs.queue, (int)m->queue_depth, o->needs.queue);
  if (o->needs.cores && o->needs.cores != m->cores)
    return vtpu_fail(err, VTPU_INPUT,
                     "the program was placed on %u cores, the machine has %d: its sentrons would "
                     "run on others\n  build it for this machine, or set cores=%u",
                     o->needs.cores, (int)m->cores, o->needs.cores);
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
  v->dense = pipe_d_host_table();
  v->core_run = core_run_for_host(v->dense);
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
    free(v->contexts[i].memos);
  }
  for (int64_t i = 0; v->nodes && i < v->m.nodes; i++) {
    struct node *n = &v->nodes[i];
    ppt_free(&n->ppt);
    free(n->l3);
    free(n->outbox);
    free(n->refunds);
  }
  network_free(v);
  free(v->nodes);
  free(v->cores);
  large_free(&v->large);
  free(v->bundles);
  free(v->host_values);
  free(v);
}
