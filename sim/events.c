/* Events of a run for a listener (vtpu.h): made where they happen, handed out at once. Listening
 * gives up running ahead, like tracing, so the order is (cycle, sentron) for what an issue does. */
#include "sim/engine.h"

#include <string.h>

static struct vtpu_event event(const struct context *x, enum vtpu_event_kind kind, cycle_t t)
{
  return (struct vtpu_event){.kind = kind, .cycle = t, .sentron = x->object_index, .siw = x->pc};
}

static void tell(struct vtpu *v, const struct vtpu_event *e)
{
  v->event(v->event_user, e);
}

void event_of(struct vtpu *v, const struct context *x, enum vtpu_event_kind kind, cycle_t t)
{
  struct vtpu_event e = event(x, kind, t);
  tell(v, &e);
}

void event_stall(struct vtpu *v, const struct context *x, enum stall cause, cycle_t from,
                 cycle_t until)
{
  struct vtpu_event e = event(x, EVENT_STALL, from);
  e.until = until;
  e.stall = cause;
  tell(v, &e);
}

void event_result(struct vtpu *v, const struct context *x, unsigned reg, cycle_t ready)
{
  struct vtpu_event e = event(x, EVENT_RESULT, ready);
  e.reg = (uint8_t)reg;
  e.bytes = (uint8_t)vtpu_register(v, x->object_index, reg, e.value);
  tell(v, &e);
}

void event_issue(struct vtpu *v, const struct context *x, const struct bundle *b, cycle_t t)
{
  event_of(v, x, EVENT_ISSUE, t);
  uint32_t reads, writes;
  bundle_registers(b, &reads, &writes);
  const struct slot *s = &b->slot[PIPE_S], *c = &b->slot[PIPE_C];
  if (s->op == OP_SGATHER || s->op == OP_SGATHERM) /* told at its arrival */
    writes &= ~(1u << (REG_R + (unsigned)s->rd));
  if (c->op == OP_CREDUCE || c->op == OP_CCAST) /* told at its release */
    writes &= ~(1u << (REG_R + (unsigned)c->rd));
  for (unsigned reg = 0; reg < REG_COUNT; reg++)
    if (writes >> reg & 1)
      event_result(v, x, reg, x->ready[reg]);
}

void event_translation(struct vtpu *v, const struct context *x, struct coord c, cycle_t t,
                       const struct ppt_region *r, uint64_t frame)
{
  struct vtpu_event e = event(x, EVENT_TRANSLATION, t);
  e.coord = c;
  e.mapped = r != NULL;
  if (r) {
    e.region_kind = r->kind;
    e.foreign = r->kind == REGION_PRIVATE && r->core != x->core->number;
    e.region = r->first_frame;
    e.frame = frame;
  }
  tell(v, &e);
}

void event_access(struct vtpu *v, const struct arrival *a, cycle_t ready, enum stall tier)
{
  struct vtpu_event e = event(a->x, EVENT_ACCESS, a->time);
  e.until = ready;
  e.stall = tier;
  e.line = a->line;
  tell(v, &e);
}

void event_message(struct vtpu *v, const struct context *x, const struct context *other,
                   enum vtpu_event_kind kind, const uint8_t *bytes, cycle_t t)
{
  struct vtpu_event e = event(x, kind, t);
  e.other = other->object_index;
  if (bytes)
    memcpy(e.value, bytes, e.bytes = M_BYTES);
  tell(v, &e);
}

void event_release(struct vtpu *v, const struct context *x, const uint8_t *value, cycle_t t)
{
  struct vtpu_event e = event(x, EVENT_RELEASE, t);
  if (value)
    memcpy(e.value, value, e.bytes = (uint8_t)v->bytes);
  tell(v, &e);
}

void event_host(struct vtpu *v, struct coord c, const struct ptc_entry *e, const uint8_t bytes[8])
{
  struct vtpu_event host = {.kind = EVENT_HOST,
                            .cycle = v->now,
                            .siw = v->host_step - 1,
                            .coord = c,
                            .mapped = true,
                            .foreign = e->foreign,
                            .region_kind = (enum region_kind)e->kind,
                            .region = e->region->first_frame,
                            .frame = e->line / PAGE_CELLS,
                            .bytes = 8};
  host.line = e->line + (coord_linear_lo(c.lo, v->curve_index) & (PAGE_CELLS - 1));
  memcpy(host.value, bytes, 8);
  tell(v, &host);
}
