/* What lies outside of the cores: memory behind L1, the page table, messages under way. Times are
 * the simulator's; contents are kept here and come from what the cores did. */
#include "rtl/cosim/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

unsigned channel_of(const struct side *x, const struct side *other)
{
  return x->core->node == other->core->node ? other->origin->id
                                            : SENTRONS_PER_NODE_MAX + other->core->node;
}

/* --- memory ----------------------------------------------------------------------------------- */

static uint8_t *line_of(struct cosim *k, unsigned node, uint64_t line)
{
  struct frames *f = &k->frames[node];
  uint64_t frame = line / PAGE_CELLS;
  if (frame >= f->count || !f->page[frame])
    return NULL;
  return f->page[frame] + line % PAGE_CELLS * CELL_BYTES;
}

/* The simulator names a page: from here on it has contents. Those that the loader made hold what
 * they held at the start, later ones zeros. */
void outside_translation(struct cosim *k, const struct cosim_core *c, const struct vtpu_event *e)
{
  struct frames *f = &k->frames[c->node];
  if (!e->mapped)
    return;
  if (e->frame >= f->count) {
    size_t count = e->frame + 1 > 2 * f->count ? e->frame + 1 : 2 * f->count;
    f->page = realloc(f->page, count * sizeof *f->page);
    if (!f->page)
      abort();
    memset(f->page + f->count, 0, (count - f->count) * sizeof *f->page);
    f->count = count;
  }
  if (f->page[e->frame])
    return;
  f->page[e->frame] = calloc(1, PAGE_BYTES);
  if (!f->page[e->frame])
    abort();
  struct coord first = coord_with_flags(e->coord, 0);
  for (int d = 0; d < 3; d++)
    first = coord_with_dim(first, d, coord_dim(first, d) & ~3u);
  struct vtpu_error err;
  if (e->frame < k->loaded[c->node])
    vtpu_peek_run(k->fresh, c->node, first, f->page[e->frame], PAGE_BYTES, &err);
}

static void write_masked(uint8_t *to, const uint8_t *from, uint64_t mask)
{
  for (unsigned i = 0; i < CELL_BYTES; i++)
    if (mask >> i & 1)
      to[i] = from[i];
}

/* --- answers ---------------------------------------------------------------------------------- */

/* The cores know a region by a number of 16 bits. */
static uint16_t region_number(struct frames *f, uint64_t first_frame)
{
  for (size_t i = 0; i < f->regions; i++)
    if (f->region[i] == first_frame)
      return (uint16_t)i;
  f->region = realloc(f->region, (f->regions + 1) * sizeof *f->region);
  if (!f->region)
    abort();
  f->region[f->regions] = first_frame;
  return (uint16_t)f->regions++;
}

static void give_page(struct cosim *k, struct cosim_core *c, const struct vtpu_event *e)
{
  uint16_t region = region_number(&k->frames[c->node], e->region);
  rtl_core_page(c->rtl, e->mapped, e->region_kind, e->foreign, region, (uint32_t)e->frame);
}

/* In the cycle of the fault that ends the run the simulator does not tell what others did. */
static bool last_cycle(const struct cosim *k)
{
  return k->faulted && k->cycle == k->fault.cycle;
}

static void answer_page(struct cosim *k, struct cosim_core *c)
{
  const struct vtpu_event *e = events_at(&c->translation, k->cycle);
  if (c->hosted) {
    give_page(k, c, &c->host);
    return;
  }
  if (!e && last_cycle(k))
    return;
  if (!e) {
    differ(k, c, NULL, "PTC", "the RTL asks the page table, the simulator does not");
    return;
  }
  struct coord asked = c->seen.page_coord;
  if (!coord_same_cell(asked, e->coord) && c->seen.page_op != PAGE_ALLOC) {
    char ours[COORD_TEXT_BYTES], theirs[COORD_TEXT_BYTES];
    differ(k, c, &k->side[e->sentron], "PTC", "page of %s in the simulator, of %s in the RTL",
           coord_print(e->coord, ours), coord_print(asked, theirs));
    return;
  }
  give_page(k, c, e);
}

static void answer_tier(struct cosim *k, struct cosim_core *c)
{
  const struct vtpu_event *e = events_at(&c->access, k->cycle);
  if (!e && last_cycle(k))
    return;
  if (!e || e->line != c->seen.memory_line) {
    differ(k, c, NULL, "memory", "the RTL asks for line %" PRIu64 ", the simulator %s %" PRIu64,
           c->seen.memory_line, e ? "for" : "for none", e ? e->line : 0);
    return;
  }
  rtl_core_tier(c->rtl, (unsigned)(e->stall - STALL_L1));
}

/* Lines whose time has come: they are handed over one cycle before they are ready. */
static bool respond(struct cosim *k, struct cosim_core *c)
{
  bool any = false;
  for (unsigned i = 0; i < RTL_LINES_MAX; i++) {
    if (!c->line[i].busy || c->line[i].due != k->cycle + 1)
      continue;
    rtl_core_respond(c->rtl, i, c->line[i].data);
    c->line[i].busy = false;
    any = true;
  }
  return any;
}

/* What a request and the victim behind it do to memory, in this order. */
static void take_request(struct cosim *k, struct cosim_core *c)
{
  struct rtl_seen *s = &c->seen;
  if (s->memory) {
    const struct vtpu_event *e = events_at(&c->access, k->cycle);
    uint8_t *line = line_of(k, c->node, s->memory_line);
    if (!e || !line)
      return;
    if (s->memory_op == MEMORY_WRITE || (s->memory_op == MEMORY_FLUSH && s->memory_dirty))
      write_masked(line, s->memory_data, s->memory_mask);
    c->line[s->memory_id].busy = true;
    c->line[s->memory_id].due = e->until;
    memcpy(c->line[s->memory_id].data, line, CELL_BYTES);
    k->out->accesses++;
  }
  if (s->victim) {
    uint8_t *line = line_of(k, c->node, s->victim_line);
    if (line)
      write_masked(line, s->victim_data, s->victim_mask);
  }
}

bool outside_answer(struct cosim *k, struct cosim_core *c)
{
  bool answered = false;
  if (c->seen.page) {
    answer_page(k, c);
    answered = true;
  }
  if (c->seen.memory) {
    answer_tier(k, c);
    answered = true;
  }
  return answered;
}

void outside_carry_out(struct cosim *k, struct cosim_core *c)
{
  take_request(k, c);
  while (events_at(&c->translation, k->cycle))
    events_pop(&c->translation);
  while (events_at(&c->access, k->cycle))
    events_pop(&c->access);
  respond(k, c);
}

/* --- the start of a cycle --------------------------------------------------------------------- */

/* A host step's access, in a cycle between phases: it goes through the PTC of core 0. */
static void host_access(struct cosim *k, struct cosim_core *c)
{
  const struct vtpu_event *e = events_head(&k->host);
  c->hosted = e && e->cycle <= k->cycle && c->node == 0 && c->number == 0;
  if (!c->hosted)
    return;
  c->host = *e;
  events_pop(&k->host);
  rtl_core_host(c->rtl, c->host.coord);
  outside_translation(k, c, &c->host);
  uint8_t *line = line_of(k, 0, c->host.line);
  if (k->o->hosts[c->host.siw].kind == HOST_WRITE && line)
    memcpy(line + coord_offset(c->host.coord), c->host.value, 8);
}

void outside_before(struct cosim *k, struct cosim_core *c)
{
  bool port = false; /* of set-up: one register a cycle */
  host_access(k, c);
  for (unsigned i = 0; i < RTL_CONTEXTS; i++) {
    struct side *x = c->side[i];
    if (!x)
      continue;
    if (events_at(&x->start, k->cycle))
      rtl_core_start(c->rtl, i, events_head(&x->start)->siw, x->origin->end);
    const struct vtpu_event *e = events_head(&x->set_up);
    if (e && e->cycle <= k->cycle && !port) {
      port = true;
      rtl_core_set_up(c->rtl, i, k->o->hosts[e->siw].index, e->value, 8);
      events_pop(&x->set_up);
    }
  }
}

/* --- what comes with the edge ----------------------------------------------------------------- */

/* The oldest message under way from a sentron. */
static bool flying_from(struct side *x, unsigned from, uint8_t message[M_BYTES])
{
  struct events *q = &x->flying;
  for (size_t i = 0; i < q->count; i++) {
    struct vtpu_event *e = &q->at[(q->first + i) % q->room];
    if (e->other != from)
      continue;
    memcpy(message, e->value, M_BYTES);
    for (; i > 0; i--)
      q->at[(q->first + i) % q->room] = q->at[(q->first + i - 1) % q->room];
    events_pop(q);
    return true;
  }
  return false;
}

/* The queue is in the order of sending; what arrives with the next cycle may stand behind what
 * arrives later. Visits and removes all of a cycle. */
static bool take_due(struct events *q, uint64_t cycle, struct vtpu_event *out)
{
  for (size_t i = 0; i < q->count; i++) {
    struct vtpu_event *e = &q->at[(q->first + i) % q->room];
    if (e->cycle != cycle)
      continue;
    *out = *e;
    for (; i > 0; i--)
      q->at[(q->first + i) % q->room] = q->at[(q->first + i - 1) % q->room];
    events_pop(q);
    return true;
  }
  return false;
}

void outside_edge(struct cosim *k)
{
  if (last_cycle(k))
    return; /* no cycle follows; what was sent beside the fault may be told, or not */
  for (unsigned i = 0; i < k->o->sentron_count; i++) {
    struct side *x = &k->side[i];
    struct vtpu_event e;
    while (take_due(&x->arrival, k->cycle + 1, &e)) {
      struct side *from = &k->side[e.other];
      uint8_t message[M_BYTES];
      if (from->core == x->core)
        continue; /* inside the core */
      if (!flying_from(x, e.other, message)) {
        differ(k, x->core, x, "message", "one of %s arrives that the RTL has not sent",
               from->origin->name);
        return;
      }
      rtl_core_arrive(x->core->rtl, x->context, channel_of(x, from), message);
      rtl_core_sent_arrived(from->core->rtl, from->context);
    }
    while (take_due(&x->credit, k->cycle + 1, &e))
      if (k->side[e.other].core != x->core)
        rtl_core_credit(x->core->rtl, x->context, channel_of(x, &k->side[e.other]));
    while (take_due(&x->release, k->cycle + 1, &e))
      rtl_core_release(x->core->rtl, x->context, e.bytes ? e.value : NULL);
  }
}
