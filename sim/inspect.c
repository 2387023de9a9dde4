/* Looking into a stopped run: see inspect.h. Everything is read from the engine's structures at
 * rest, between two calls of vtpu_run. */
#include "sim/inspect.h"
#include "sim/engine.h"
#include "sim/plain.h"

#include <string.h>

const char *const vtpu_life_names[] = {"dormant", "running", "retired", "faulted"};

/* A time as the engine notes it: unknown ones are at or above WAITS. */
static uint64_t known(cycle_t t)
{
  return t >= WAITS ? VTPU_UNKNOWN : t;
}

/* --- sentrons ---------------------------------------------------------------------------------
 */

/* Asks context_charge, on a copy, to what it would charge one cycle. */
static enum stall cause_at(struct vtpu *v, const struct context *x, cycle_t cycle)
{
  static const struct mark_counts none;
  struct mark_counts *marks = calloc(v->object->mark_count + 1, sizeof *marks);
  struct context *copy = aligned_alloc(64, (sizeof *copy + 63) / 64 * 64);
  enum stall cause = STALL_PORT;
  if (marks && copy) {
    *copy = *x;
    copy->marks = marks;
    copy->issued = true;
    context_charge(v, copy, cycle);
    for (uint32_t i = 0; i <= v->object->mark_count; i++)
      marks[i] = none;
    context_charge(v, copy, cycle + 1);
    for (uint32_t i = 0; i <= v->object->mark_count; i++)
      for (int s = 0; s < STALL_COUNT; s++)
        if (marks[i].stack[s])
          cause = (enum stall)s;
  }
  free(marks);
  free(copy);
  return cause;
}

/* x could issue: does it lose a port to the core's other context (architecture, section 5, test 7)?
 */
static bool loses_port(struct vtpu *v, struct context *x, cycle_t cycle)
{
  struct context *y = x->core->ctx[x->core->ctx[0] == x];
  if (!y || y->life != LIFE_RUNNING)
    return false;
  const struct psiw *s = &x->code[x->pc - x->code_first], *o = &y->code[y->pc - y->code_first];
  unsigned both = s->ports & o->ports;
  bool scarce = (both & 1 && v->m.dports == 1) || (both & 2 && v->m.sports == 1) ||
                (both & 4 && v->m.cports == 1);
  if (!scarce || issue_time(v, y->core, y, o, operands_ready(y, o)) > cycle)
    return false;
  cycle_t mine = x->issued ? x->last_issue + 1 : 0, theirs = y->issued ? y->last_issue + 1 : 0;
  return mine > theirs || (mine == theirs && x->id > y->id);
}

static void look_wait(struct vtpu *v, struct context *x, cycle_t cycle,
                      struct vtpu_sentron_look *out)
{
  const struct psiw *s = &x->code[x->pc - x->code_first];
  cycle_t may = issue_time(v, x->core, x, s, operands_ready(x, s));
  bool could = may <= cycle, spawned = x->issued || x->acc <= cycle;
  out->stall = !spawned                  ? STALL_SPAWN
               : !could                  ? cause_at(v, x, cycle)
               : loses_port(v, x, cycle) ? STALL_PORT
                                         : STALL_ISSUE;
  out->stall_until = known(may);
  if (may == NEVER)
    context_describe_wait(v, x, out->waits, sizeof out->waits);
}

/* Is a gather on its way to the register? */
static bool fetched(const struct context *x, unsigned reg, cycle_t cycle)
{
  return x->ready[reg] > cycle && x->cause[reg] >= STALL_PTC && x->cause[reg] <= STALL_DDR;
}

void vtpu_look_sentron(const struct vtpu *v, unsigned sentron, uint64_t cycle,
                       struct vtpu_sentron_look *out)
{
  static const enum vtpu_life life[] = {VTPU_DORMANT, VTPU_ALIVE, VTPU_RETIRED, VTPU_FAULTED};
  struct context *x = &v->contexts[sentron];
  *out = (struct vtpu_sentron_look){
      .life = life[x->life],
      .core = x->core->number,
      .context = x->core->ctx[1] == x,
      .siw = x->life == LIFE_RUNNING || x->life == LIFE_FAULTED ? x->pc : x->last_pc,
      .issued = x->issued,
      .last_siw = x->last_pc,
      .last_issue = x->last_issue,
  };
  for (unsigned l = 0; l < L_COUNT; l++) {
    out->loop[l].active = x->loop[l].active;
    out->loop[l].start = x->loop[l].start;
    out->loop[l].end = x->loop[l].end;
    out->loop[l].remaining = x->loop[l].remaining;
  }
  for (unsigned r = 0; r < REG_COUNT; r++) {
    out->owed[r].ready = known(x->ready[r]);
    out->owed[r].cause = (enum stall)x->cause[r];
    out->owed[r].fetched = fetched(x, r, cycle);
  }
  /* The tests make a channel that they are the first to look at: nothing that a run can tell. */
  if (x->life == LIFE_RUNNING)
    look_wait((struct vtpu *)(uintptr_t)v, x, cycle, out);
}

/* --- messages ---------------------------------------------------------------------------------
 */

static const struct channel *channel_of(const struct vtpu *v, unsigned from, unsigned to)
{
  const struct context *x = &v->contexts[from], *y = &v->contexts[to];
  if (x->node_id == y->node_id)
    return x->to_local[y->id];
  return x->id == y->id ? x->to_node[y->node_id] : NULL;
}

bool vtpu_look_queue(const struct vtpu *v, unsigned from, unsigned to, uint64_t cycle,
                     struct vtpu_queue_look *out)
{
  const struct channel *ch = channel_of(v, from, to);
  if (!ch || !ch->sent)
    return false;
  unsigned depth = (unsigned)v->m.queue_depth, back = 0;
  const uint64_t returned = ch->sent - ch->owed;
  /* A place that was given back has its credit from the noted cycle on. */
  for (uint64_t i = returned > depth ? returned - depth : 0; i < returned; i++)
    back += ch->slots[i % depth].credit > cycle;
  *out = (struct vtpu_queue_look){
      .depth = depth,
      .messages = ch->held,
      .credits = depth - ch->owed - back,
      .sent = ch->sent,
      .received = ch->delivered - ch->held,
  };
  return true;
}

uint64_t vtpu_look_message(const struct vtpu *v, unsigned from, unsigned to, unsigned i,
                           uint8_t bytes[M_BYTES])
{
  const struct channel *ch = channel_of(v, from, to);
  const struct message *m = &ch->slots[(ch->receive_at + i) % (unsigned)v->m.queue_depth];
  memcpy(bytes, m->bytes, M_BYTES);
  return m->arrive;
}

/* --- memory -----------------------------------------------------------------------------------
 */

void vtpu_ptc_shape(const struct vtpu *v, unsigned *sets, unsigned *ways)
{
  *sets = 1u << v->cores[0]->ptc.set_bits;
  *ways = v->cores[0]->ptc.ways;
}

static struct core *core_of(const struct vtpu *v, unsigned node, unsigned core)
{
  return &v->nodes[node].cores[core];
}

bool vtpu_look_ptc(const struct vtpu *v, unsigned node, unsigned core, unsigned set, unsigned way,
                   struct vtpu_ptc_look *out)
{
  const struct ptc *ptc = &core_of(v, node, core)->ptc;
  const struct ptc_entry *first = ptc->entries + (size_t)set * ptc->ways, *e = first + way;
  if (e->khi == UINT64_MAX)
    return false;
  uint64_t lo = ptc->per_page ? e->klo << 6 : e->klo;
  uint64_t hi = ptc->per_page ? e->khi << 6 | e->klo >> 58 : e->khi;
  *out = (struct vtpu_ptc_look){
      .coord = {coord_from_linear_lo(lo, v->curve_cell), hi},
      .frame = e->line / PAGE_CELLS,
      .filled = e->fill,
      .kind = (enum region_kind)e->kind,
  };
  for (unsigned w = 0; w < ptc->ways; w++)
    out->age += first[w].khi != UINT64_MAX && first[w].stamp > e->stamp;
  return true;
}

static struct ptc_entry *ptc_place(const struct vtpu *v, const struct ptc *ptc, struct coord c,
                                   uint64_t *klo, uint64_t *khi)
{
  ptc_key(ptc, coord_linear_lo(c.lo, v->curve_index), c.hi, klo, khi);
  return ptc_set(ptc, *klo, *khi, c);
}

unsigned vtpu_ptc_set_of(const struct vtpu *v, struct coord c)
{
  const struct ptc *ptc = &v->cores[0]->ptc;
  uint64_t klo, khi;
  return (unsigned)((size_t)(ptc_place(v, ptc, c, &klo, &khi) - ptc->entries) / ptc->ways);
}

void vtpu_look_memory(const struct vtpu *v, unsigned node, unsigned core,
                      struct vtpu_memory_look *out)
{
  const struct core *c = core_of(v, node, core);
  *out = (struct vtpu_memory_look){
      .entries = c->entries,
      .s_closed = c->s_closed,
      .walker = c->walker_free,
      .arrivals = c->queue_count,
  };
  for (unsigned i = 0; i < c->entries; i++)
    out->entry[i] = known(c->entry_free[i]);
}

void vtpu_look_arrival(const struct vtpu *v, unsigned node, unsigned core, unsigned i,
                       struct vtpu_arrival_look *out)
{
  static const char *const kinds[] = {"gather", "scatter", "prefetch", "flush", "free", "victim"};
  const struct core *c = core_of(v, node, core);
  const struct arrival *a = &c->queue[(c->queue_head + i) % ARRIVALS];
  *out = (struct vtpu_arrival_look){
      .sentron = a->x->object_index,
      .kind = kinds[a->kind],
      .reg = a->kind == MEM_GATHER ? REG_R + a->reg : -1,
      .offset = a->offset,
      .width = a->width,
      .arrives = a->time,
  };
  if (a->kind == MEM_FREE || a->kind == MEM_VICTIM || !a->region)
    return;
  /* From the frame back to the page's place in its region's box. */
  const struct ppt_region *r = a->region;
  uint64_t page = a->line / PAGE_CELLS - r->first_frame;
  struct coord at = r->lo;
  for (int d = COORD_DIMS; d-- > 0;) {
    if (r->extent[d] == 1)
      continue;
    uint64_t n = page / r->stride[d] % r->extent[d];
    at = coord_with_dim(at, d, (unsigned)(coord_dim(r->lo, d) + (d < 3 ? 4 * n : n)));
  }
  uint64_t lo = coord_linear_lo(at.lo, v->curve_index) + a->line % PAGE_CELLS;
  out->cell = (struct coord){coord_from_linear_lo(lo, v->curve_cell), at.hi};
  out->has_coord = true;
}

static void look_tier(const struct tier *t, uint32_t line, bool *there, bool *dirty,
                      uint64_t *ready)
{
  if (!t || !t->sets)
    return;
  struct cache_set *s = tier_set(t, tier_index(t, line));
  int way = set_find(s, t->tag_slots, line);
  if (way < 0)
    return;
  *there = true;
  *dirty = s->dirty >> way & 1;
  uint64_t r = set_ready(s, t->tag_slots)[way];
  if (s->inflight >> way & 1)
    *ready = r >> 63 ? VTPU_UNKNOWN : r >> 2; /* the top bit: asked for (arrival.c) */
}

bool vtpu_look_cell(const struct vtpu *v, unsigned node, unsigned core, struct coord c,
                    struct vtpu_cell_look *out)
{
  struct core *k = core_of(v, node, core);
  struct page page;
  uint64_t lo = coord_linear_lo(c.lo, v->curve_index);
  if (!ppt_search(&k->node->ppt, lo, c.hi & COORD_HI_DIM_MASK, WAITS - 1, &page))
    return false;
  uint32_t line = (uint32_t)(page.frame * PAGE_CELLS + (lo & (PAGE_CELLS - 1)));
  *out = (struct vtpu_cell_look){
      .region = page.region->origin ? page.region->origin->name : "",
      .kind = page.region->kind,
      .owner = page.region->core,
      .frame = page.frame,
      .index = (unsigned)lo & (PAGE_CELLS - 1),
  };
  uint64_t klo, khi;
  struct ptc_entry *set = ptc_place(v, &k->ptc, c, &klo, &khi);
  const struct ptc_entry *e = ptc_find(&k->ptc, set, klo, khi);
  out->translated = e != NULL;
  out->filled = e ? e->fill : 0;
  const struct tier *l3 = &k->node->l3[k->number / k->node->l3_cores];
  if (page.region->kind == REGION_SHARED)
    l3 = &k->node->l3[page.frame % k->node->halves];
  const struct tier *tiers[TIER_DDR] = {&k->l1, &k->l2, l3};
  for (int t = 0; t < TIER_DDR; t++)
    look_tier(tiers[t], line, &out->tier[t].there, &out->tier[t].dirty, &out->tier[t].ready);
  return true;
}

/* --- why it ended -----------------------------------------------------------------------------
 */

bool vtpu_look_failure(const struct vtpu *v, struct vtpu_failure *out)
{
  if (!v->failed)
    return false;
  *out = (struct vtpu_failure){.cycle = v->now};
  for (int64_t i = 0; i < v->m.nodes; i++) {
    const struct node *n = &v->nodes[i];
    if (!n->fault.set || (out->fault && n->fault.cycle >= out->cycle))
      continue;
    *out = (struct vtpu_failure){true, n->fault.context, n->fault.cycle, n->fault.siw};
  }
  return true;
}

/* --- changing ---------------------------------------------------------------------------------
 */

int vtpu_set_register(struct vtpu *v, unsigned sentron, unsigned reg, const uint8_t *bytes,
                      struct vtpu_error *err)
{
  struct context *x = &v->contexts[sentron];
  if (fetched(x, reg, v->stop))
    return vtpu_fail(err, VTPU_USAGE, "r%u of %s is being gathered into: nothing can be put there",
                     reg, x->origin->name);
  /* What is remembered of rounds of loops was seen without the change. */
  memset(x->memos, 0, LOOP_MEMOS * sizeof *x->memos);
  if (reg < REG_P) {
    memcpy(x->r[reg], bytes, v->bytes);
  } else if (reg < REG_M) {
    struct coord c;
    memcpy(&c, bytes, sizeof c);
    place_move(&x->p[reg - REG_P], coord_linear_lo(c.lo, v->curve_index), c.hi);
  } else if (reg < REG_L) {
    memcpy(x->m[reg - REG_M], bytes, M_BYTES);
  } else {
    uint32_t rounds;
    memcpy(&rounds, bytes, sizeof rounds);
    if (!x->loop[reg - REG_L].active)
      return vtpu_fail(err, VTPU_USAGE, "loop l%u of %s is not active: it has no rounds to change",
                       reg - REG_L, x->origin->name);
    if (rounds == 0)
      return vtpu_fail(err, VTPU_USAGE, "an active loop has at least 1 round left");
    x->loop[reg - REG_L].remaining = rounds;
  }
  return 0;
}
