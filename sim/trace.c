/* The records of vtpu_trace_fn: made at issue, complete at the arrival of their memory operation
 * (and, for vtpu_observe, at the release of their collective), handed out in the order of issue.
 * Tracing gives up running ahead, so that order is (cycle, sentron). */
#include "sim/engine.h"

#include <string.h>

struct issue_record {
  struct vtpu_issue issue;
  struct bundle bundle;
  struct context *x;
  bool waits; /* for its arrival */
  bool held;  /* waits for its collective's result */
  struct issue_record *next;
};

static uint64_t trace_key(const struct issue_record *r)
{
  return key_of(r->issue.cycle, r->x->global);
}

static void take_value(const struct vtpu *v, const struct context *x, unsigned reg,
                       struct vtpu_value *out)
{
  out->reg = (uint8_t)reg;
  out->bytes = (uint8_t)vtpu_register(v, x->object_index, reg, out->value);
}

void trace_begin(const struct vtpu *v, struct context *x, const struct psiw *s, cycle_t t)
{
  struct issue_record *r = calloc(1, sizeof *r);
  if (!r)
    abort();
  r->bundle = *rest_of(x, s)->bundle;
  r->x = x;
  r->issue = (struct vtpu_issue){.cycle = t, .node = x->node_id, .sentron = x->id, .siw = x->pc};
  uint64_t longest = 0;
  for (int i = 0; i < STALL_COUNT; i++) {
    r->issue.stall_cycles += x->trace_stall[i];
    if (x->trace_stall[i] > longest) {
      longest = x->trace_stall[i];
      r->issue.stall = (enum stall)i;
    }
  }
  memset(x->trace_stall, 0, sizeof x->trace_stall);
  uint32_t reads, writes;
  bundle_registers(&r->bundle, &reads, &writes);
  for (unsigned reg = 0; reg < REG_COUNT; reg++)
    if (reads >> reg & 1)
      take_value(v, x, reg, &r->issue.operand[r->issue.operand_count++]);
  /* Two cores may come crosswise inside a cycle. */
  struct node *n = x->core->node;
  struct issue_record **place = &n->trace_head;
  if (n->trace_tail && trace_key(n->trace_tail) < trace_key(r))
    place = &n->trace_tail->next;
  while (*place && trace_key(*place) < trace_key(r))
    place = &(*place)->next;
  r->next = *place;
  *place = r;
  if (!r->next)
    n->trace_tail = r;
  n->trace_now = r;
}

struct issue_record *trace_of_memory(struct vtpu *v, struct node *n, uint64_t lo, uint64_t hi,
                                     bool ptc_hit)
{
  struct issue_record *r = n->trace_now;
  r->issue.has_memory = true;
  r->issue.ptc_hit = ptc_hit;
  r->issue.coord = (struct coord){coord_from_linear_lo(lo, v->curve_cell), hi};
  r->waits = true;
  return r;
}

static void add_result(const struct vtpu *v, struct issue_record *r, unsigned reg)
{
  take_value(v, r->x, reg, &r->issue.result[r->issue.result_count++]);
}

void trace_arrival(struct vtpu *v, const struct arrival *a, cycle_t ready, enum stall tier)
{
  struct issue_record *r = a->trace;
  r->issue.ready = ready;
  r->issue.tier = tier;
  r->waits = false;
  if (a->kind == MEM_GATHER)
    add_result(v, r, REG_R + a->reg);
}

void trace_end(struct vtpu *v, struct context *x)
{
  struct issue_record *r = x->core->node->trace_now;
  uint32_t reads, writes;
  bundle_registers(&r->bundle, &reads, &writes);
  unsigned s = (unsigned)r->bundle.slot[PIPE_S].op;
  if (s == OP_SGATHER || s == OP_SGATHERM) /* added at its arrival */
    writes &= ~(1u << (REG_R + (unsigned)r->bundle.slot[PIPE_S].rd));
  const struct slot *c = &r->bundle.slot[PIPE_C];
  if ((c->op == OP_CREDUCE || c->op == OP_CCAST) && x->hold == NEVER) {
    writes &= ~(1u << (REG_R + (unsigned)c->rd)); /* the last member to come has it at once */
    r->held = v->trace_whole;
    x->trace_held = r->held ? r : NULL;
  }
  for (unsigned reg = 0; reg < REG_COUNT; reg++)
    if (writes >> reg & 1)
      add_result(v, r, reg);
  x->core->node->trace_now = NULL;
}

void trace_release(struct vtpu *v, struct context *x)
{
  struct issue_record *r = x->trace_held;
  if (!r)
    return;
  add_result(v, r, REG_R + (unsigned)r->bundle.slot[PIPE_C].rd);
  r->held = false;
  x->trace_held = NULL;
}

/* The node whose first record comes next, NULL if none is below the bound. */
static struct node *next_node(struct vtpu *v, uint64_t bound)
{
  struct node *best = NULL;
  for (int64_t i = 0; i < v->m.nodes; i++) {
    struct node *n = &v->nodes[i];
    const struct issue_record *r = n->trace_head;
    if (!r || trace_key(r) >= bound)
      continue;
    bound = trace_key(r);
    best = n;
  }
  return best;
}

void trace_flush(struct vtpu *v, uint64_t bound)
{
  struct node *n;
  if (bound != NEVER) /* of a cycle that is not over none is handed out */
    bound = key_of(key_time(bound), 0);
  while ((n = next_node(v, bound)) && !n->trace_head->waits && !n->trace_head->held) {
    struct issue_record *r = n->trace_head;
    r->issue.bundle = &r->bundle;
    v->trace(v->trace_user, &r->issue);
    n->trace_head = r->next;
    if (!n->trace_head)
      n->trace_tail = NULL;
    free(r);
  }
}

/* The run has failed: what waits for its arrival is handed out as it is, up to the failing cycle.
 */
void trace_abandon(struct vtpu *v, cycle_t last)
{
  for (int64_t i = 0; i < v->m.nodes; i++)
    for (struct issue_record *r = v->nodes[i].trace_head; r; r = r->next)
      r->waits = r->held = false;
  trace_flush(v, last >= WAITS ? NEVER : key_of(last + 1, 0));
}

void trace_free(struct vtpu *v)
{
  for (int64_t i = 0; v->nodes && i < v->m.nodes; i++)
    while (v->nodes[i].trace_head) {
      struct issue_record *r = v->nodes[i].trace_head;
      v->nodes[i].trace_head = r->next;
      free(r);
    }
}
