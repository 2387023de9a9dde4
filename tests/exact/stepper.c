/* The stepper's cycles: which sentrons issue, and why the others do not (architecture, sections 5
 * and 6; sim/README.md, 1 to 7). */
#include "tests/exact/stepper.h"

#include <stdlib.h>
#include <string.h>

const char *const step_fault_words[FAULT_COUNT] = {
    [FAULT_UNMAPPED] = "nothing is allocated",
    [FAULT_ROM] = "rom",
    [FAULT_FOREIGN] = "private",
    [FAULT_CELL] = "leave",
    [FAULT_SINDEX] = "SINDEX",
    [FAULT_CSTEP] = "CSTEP",
    [FAULT_FREE] = "free",
    [FAULT_NOT_MEMBER] = "does not contain",
    [FAULT_COLLECTIVE] = "different collective",
    [FAULT_ROOT] = "no member with index",
    [FAULT_SPAWN] = "not dormant",
    [FAULT_SPAWN_SIW] = "is not of sentron",
};

struct step_core *step_core_of(struct stepper *s, const struct step_sentron *x)
{
  return &s->node[x->node].core[x->core];
}

struct step_sentron *step_find(struct stepper *s, unsigned node, unsigned id)
{
  for (uint32_t i = 0; i < s->o->sentron_count; i++)
    if (s->sentrons[i].node == node && s->sentrons[i].id == id)
      return &s->sentrons[i];
  return NULL;
}

void step_owe(struct step_sentron *x, unsigned reg, uint64_t ready, enum stall cause)
{
  x->owed[reg] = (struct step_owed){.ready = ready, .cause = cause};
  x->complete = larger(x->complete, ready);
}

static unsigned global(const struct step_sentron *x)
{
  return x->node * SENTRONS_PER_NODE_MAX + x->id;
}

/* The run ends with the fault of this cycle whose sentron has the lowest number; of one sentron
 * the first counts. */
void step_raise(struct stepper *s, struct step_sentron *x, enum step_fault fault)
{
  if (s->fault != FAULT_NONE && global(&s->sentrons[s->fault_sentron]) <= global(x))
    return;
  s->fault = fault;
  s->fault_sentron = (int)(x - s->sentrons);
  s->fault_cycle = s->cycle;
  s->fault_siw = x->last_pc;
}

void step_start(struct step_sentron *y, uint32_t pc, uint64_t first, uint64_t spawn)
{
  y->life = STEP_RUNNING;
  y->pc = pc;
  y->fetch = first;
  y->held = 0;
  y->fenced = false;
  y->issued = false;
  y->loops = 0;
  y->complete = 0;
  y->counts.stack[STALL_SPAWN] += spawn;
}

/* --- the tests of section 5, in order --------------------------------------------------------- */

static bool memory_done(struct stepper *s, const struct step_sentron *x)
{
  return step_memory_pending(step_core_of(s, x), (int)(x - s->sentrons), s->cycle) == 0;
}

static bool closed(const struct stepper *s, const struct step_core *core, const struct step_siw *k)
{
  return k->b.slot[PIPE_S].op != OP_SNOP && core->closed > s->cycle;
}

/* Do the ports of a core not suffice for both? */
static bool contend(const struct stepper *s, const struct step_siw *a, const struct step_siw *b)
{
  const int64_t ports[PIPE_COUNT] = {s->m.dports, s->m.sports, s->m.cports};
  for (int p = 0; p < PIPE_COUNT; p++)
    if (a->b.slot[p].op != 0 && b->b.slot[p].op != 0 && ports[p] < 2)
      return true;
  return false;
}

/* Why x cannot issue in this cycle; STALL_ISSUE if it can, the ports of its core allowing. */
static enum stall test(struct stepper *s, struct step_sentron *x)
{
  const struct step_siw *k = &s->code[x->pc];
  struct step_core *core = step_core_of(s, x);
  uint64_t t = s->cycle;
  x->stall_reg = -1;
  if (x->fetch > t)
    return STALL_FETCH;
  if (x->held > t)
    return x->held_by;
  if (x->fenced && (!memory_done(s, x) || (x->fenced_sends && x->sends_arrived > t)))
    return STALL_FENCE;
  for (int i = 0; i < k->uses; i++)
    if (x->owed[k->use[i]].ready > t) {
      x->stall_reg = k->use[i];
      return x->owed[k->use[i]].cause;
    }
  if (k->needs_entry && step_memory_pending(core, -1, t) >= s->m.memory_entries)
    return STALL_ENTRY;
  if (!step_has_credit(s, x, k))
    return STALL_CREDIT;
  if (!step_has_message(s, x, k))
    return STALL_MESSAGE;
  return closed(s, core, k) ? STALL_PTC : STALL_ISSUE;
}

/* --- one issue -------------------------------------------------------------------------------- */

/* Where the SIW at pc goes when no slot jumps: loop marks, innermost first. */
static uint32_t next_of(struct step_sentron *x, const struct step_siw *k)
{
  while (x->loops > 0) {
    struct step_loop *top = &x->loop[x->loops - 1];
    if (top->end != x->pc || !(k->b.loop_ends >> top->l & 1))
      break;
    if (--x->l[top->l] > 0)
      return top->begin;
    x->loops--;
  }
  return x->pc + 1;
}

static void go_to(struct stepper *s, struct step_sentron *x, uint32_t target)
{
  x->pc = target;
  x->fetch = s->cycle + 1 + (uint64_t)s->m.branch;
}

/* Leaving a body ends its loops. */
static void leave_bodies(struct step_sentron *x)
{
  while (x->loops > 0) {
    const struct step_loop *top = &x->loop[x->loops - 1];
    if (top->begin <= x->pc && x->pc <= top->end)
      break;
    x->loops--;
  }
}

static void flow(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                 uint8_t (*old)[R_BYTES_MAX])
{
  const struct slot *c = &k->b.slot[PIPE_C];
  bool jump = k->b.slot[PIPE_D].op == OP_DBR && pipe_d_branch_taken(old, &k->d_op);
  uint32_t at = x->pc;
  x->fetch = s->cycle + 1;
  if (c->op == OP_CLOOP) {
    int32_t count = c->cnt ? (int32_t)step_lane(old[c->rs1], 32, 0) : c->imm;
    x->l[c->rd] = count;
    step_owe(x, REG_L + (unsigned)c->rd, s->cycle + (uint64_t)s->m.latency[LAT_LOOP],
             STALL_CRESULT);
    if (count > 0)
      x->loop[x->loops++] = (struct step_loop){c->rd, at + 1, (uint32_t)c->end};
    if (count <= 0 && !jump)
      go_to(s, x, (uint32_t)c->end + 1);
  }
  if (jump)
    go_to(s, x, (uint32_t)k->b.slot[PIPE_D].imm);
  else if (x->pc == at)
    x->pc = next_of(x, k);
  leave_bodies(x);
  if (c->op == OP_CHALT || x->pc >= x->origin->end)
    x->life = STEP_RETIRED;
}

static void count_issue(struct step_sentron *x, const struct step_siw *k)
{
  struct vtpu_counts *counts[2] = {&x->counts, &x->marks[k->mark]};
  for (int i = 0; i < 2; i++) {
    counts[i]->siws++;
    counts[i]->macs += k->macs;
    counts[i]->mac_ops += k->macs > 0;
    for (int p = 0; p < PIPE_COUNT; p++)
      if (k->b.slot[p].op != 0) {
        counts[i]->ops[p]++;
        counts[i]->op_code[p][k->b.slot[p].op]++;
      }
  }
}

static bool accesses_memory(const struct slot *f)
{
  return f->op == OP_SGATHER || f->op == OP_SGATHERM || f->op == OP_SSCATTR ||
         f->op == OP_SPREFCH || f->op == OP_SFLUSH;
}

static void issue(struct stepper *s, struct step_sentron *x)
{
  const struct step_siw *k = &s->code[x->pc];
  const struct slot *f = &k->b.slot[PIPE_S], *c = &k->b.slot[PIPE_C];
  _Alignas(64) uint8_t old[R_COUNT][R_BYTES_MAX];
  memcpy(old, x->r, sizeof old);
  x->issues = true;
  s->siws++;
  x->fenced = false;
  x->complete = larger(x->issued ? x->complete : 0, s->cycle + 1);
  if (!x->issued)
    x->first_issue = s->cycle;
  x->issued = true;
  x->last_issue = s->cycle;
  x->last_pc = x->pc;
  count_issue(x, k);
  x->shared_coord = f->imc ? k->b.coord : x->p[f->rs2 & 7];
  memcpy(x->shared_value, old[c->rs1], R_BYTES_MAX);
  if (k->d) {
    k->d(x->r, &k->d_op, s->bytes);
    step_owe(x, (unsigned)k->d_op.rd,
             s->cycle + (uint64_t)s->m.latency[slot_latency(PIPE_D, &k->b.slot[PIPE_D])],
             STALL_DRESULT);
  }
  if (accesses_memory(f))
    step_memory_issue(s, x, k, old);
  else
    step_sparse(s, x, k, old);
  step_coordination(s, x, k, old);
  step_shared(s, x, k);
  flow(s, x, k, old);
}

/* --- one cycle -------------------------------------------------------------------------------- */

/* Did a issue longer ago than b, in this phase? */
static bool longer_ago(const struct step_sentron *a, const struct step_sentron *b)
{
  if (!a->issued || !b->issued)
    return !a->issued && b->issued;
  return a->last_issue < b->last_issue;
}

/* Tests the contexts of a core. Of two that pass and contend for ports, the one that issued longer
 * ago wins, then the lower number. If the ports suffice for both, they go on in the order of their
 * numbers: the first may take the last memory entry, or close the S ports, so the second is asked
 * again. */
static void test_core(struct stepper *s, struct step_core *core)
{
  struct step_sentron *x[2] = {NULL, NULL};
  int n = 0;
  for (int i = 0; i < core->contexts; i++)
    if (core->context[i]->life == STEP_RUNNING)
      x[n++] = core->context[i];
  for (int i = 0; i < n; i++) {
    x[i]->stall = test(s, x[i]);
    x[i]->ask_again = false;
  }
  if (n < 2 || x[0]->stall != STALL_ISSUE || x[1]->stall != STALL_ISSUE)
    return;
  if (contend(s, &s->code[x[0]->pc], &s->code[x[1]->pc]))
    x[longer_ago(x[1], x[0]) ? 0 : 1]->stall = STALL_PORT;
  else
    x[1]->ask_again = true;
}

/* All sentrons, in the order of their numbers. */
static void issue_all(struct stepper *s)
{
  for (uint32_t i = 0; i < s->o->sentron_count; i++)
    s->sentrons[i].issues = false;
  for (unsigned n = 0; n < (unsigned)s->m.nodes; n++)
    for (unsigned c = 0; c < (unsigned)s->m.cores; c++)
      test_core(s, &s->node[n].core[c]);
  /* What a SIW starts begins later; only those that were tested may issue. */
  for (uint32_t i = 0; i < s->o->sentron_count; i++)
    s->order[i]->may_issue = s->order[i]->life == STEP_RUNNING;
  for (uint32_t i = 0; i < s->o->sentron_count; i++) {
    struct step_sentron *x = s->order[i];
    if (!x->may_issue)
      continue;
    if (x->ask_again)
      x->stall = test(s, x);
    if (x->stall == STALL_ISSUE)
      issue(s, x);
  }
}

/* Charges the cycle of a sentron that has begun: one cause, decided by the first test it failed. */
static void charge(struct stepper *s, struct step_sentron *x)
{
  if (!x->issued || (x->life == STEP_RETIRED && !x->issues))
    return;
  enum stall cause = x->stall;
  uint32_t siw = x->pc;
  if (x->issues) {
    cause = STALL_ISSUE;
    siw = x->last_pc;
  } else if (cause == STALL_BARRIER || cause == STALL_COLLECTIVE || cause == STALL_FENCE) {
    siw = x->last_pc; /* which holds */
  } else if (x->stall_reg >= 0 && x->owed[x->stall_reg].gather) {
    const struct step_owed *o = &x->owed[x->stall_reg];
    cause = s->cycle < o->arrival ? STALL_PTC : o->cause;
  }
  x->counts.stack[cause]++;
  x->marks[s->code[siw].mark].stack[cause]++;
}

/* Nobody can ever issue again: every live sentron waits for another. */
static bool deadlocked(struct stepper *s)
{
  bool live = false;
  for (uint32_t i = 0; i < s->o->sentron_count; i++) {
    struct step_sentron *x = &s->sentrons[i];
    if (x->life != STEP_RUNNING && (x->life != STEP_RETIRED || x->held != NEVER))
      continue; /* a collective may have been its last SIW */
    live = true;
    bool held = x->held == NEVER;
    bool waits = (x->stall == STALL_CREDIT || x->stall == STALL_MESSAGE) && !x->issues &&
                 step_waits_for_others(s, x, &s->code[x->pc]);
    if (!held && !waits)
      return false;
  }
  return live;
}

static bool phase_over(struct stepper *s)
{
  for (uint32_t i = 0; i < s->o->sentron_count; i++) {
    struct step_sentron *x = &s->sentrons[i];
    if (x->life == STEP_RUNNING || x->held == NEVER || (x->issued && x->complete > s->cycle) ||
        !memory_done(s, x))
      return false;
  }
  return true;
}

/* Runs until every sentron has retired and nothing of theirs is in flight. */
static bool run_phase(struct stepper *s, uint64_t limit)
{
  for (; !phase_over(s); s->cycle++) {
    if (s->cycle >= limit) {
      s->end = STEP_TOO_LONG;
      return false;
    }
    issue_all(s);
    step_memory_arrivals(s);
    for (uint32_t i = 0; i < s->o->sentron_count; i++) {
      struct step_sentron *x = s->order[i];
      charge(s, x);
      bool seen = s->fault == FAULT_NONE || global(x) < global(&s->sentrons[s->fault_sentron]);
      if (x->issues && s->trace && seen)
        s->trace(s->trace_user, s->cycle, (int)(x - s->sentrons), x->last_pc);
    }
    if (s->fault != FAULT_NONE) {
      s->end = STEP_FAULT;
      return false;
    }
    if (deadlocked(s)) {
      s->end = STEP_DEADLOCK;
      s->deadlock_cycle = s->cycle;
      return false;
    }
  }
  for (uint32_t i = 0; i < s->o->sentron_count; i++) {
    struct step_sentron *x = &s->sentrons[i];
    if (x->life == STEP_RETIRED && x->issued) {
      uint64_t drain = x->complete - (x->last_issue + 1);
      x->counts.stack[STALL_DRAIN] += drain;
      x->marks[s->code[x->last_pc].mark].stack[STALL_DRAIN] += drain;
      x->cycles_before += x->complete - x->first_issue;
      x->issued = false;
    }
  }
  return true;
}

/* --- the whole run ---------------------------------------------------------------------------- */

static void start_phase(struct stepper *s, uint64_t mask)
{
  for (uint32_t i = 0; i < s->o->sentron_count; i++)
    if (mask >> i & 1)
      step_start(&s->sentrons[i], s->sentrons[i].origin->entry, s->cycle + (uint64_t)s->m.spawn,
                 (uint64_t)s->m.spawn);
}

static bool host_step(struct stepper *s, const struct object_host *h, uint64_t limit)
{
  if (h->kind == HOST_RUN) {
    start_phase(s, h->value);
    return run_phase(s, limit);
  }
  uint8_t bytes[8];
  memcpy(bytes, &h->value, 8);
  if (!step_host_access(s, h->coord, bytes, h->kind == HOST_WRITE)) {
    s->end = STEP_HOST_FAULT;
    return false;
  }
  if (h->kind == HOST_READ) {
    memset(s->sentrons[h->sentron].r[h->index], 0, s->bytes);
    memcpy(s->sentrons[h->sentron].r[h->index], bytes, 8);
  } else if (h->kind == HOST_PRINT) {
    struct vtpu_host_value *v = &s->host_values[s->host_value_count++];
    v->name = h->name;
    memcpy(&v->value, bytes, 8);
  }
  return true;
}

enum step_end stepper_run(struct stepper *s, uint64_t limit)
{
  const struct object *o = s->o;
  s->end = STEP_DONE;
  if (o->host_count == 0) {
    uint64_t mask = 0;
    for (uint32_t i = 0; i < o->sentron_count; i++)
      mask |= (uint64_t)o->sentrons[i].start << i;
    start_phase(s, mask);
    run_phase(s, limit);
    return s->end;
  }
  for (uint32_t i = 0; i < o->host_count; i++)
    if (!host_step(s, &o->hosts[i], limit))
      break;
  return s->end;
}

void step_counts_add(struct vtpu_counts *into, const struct vtpu_counts *from)
{
  /* All members are uint64_t. */
  uint64_t *a = (uint64_t *)(void *)into;
  const uint64_t *b = (const uint64_t *)(const void *)from;
  for (size_t i = 0; i < sizeof *into / sizeof *a; i++)
    a[i] += b[i];
}

static void decode(struct stepper *s)
{
  const struct object *o = s->o;
  struct vtpu_error err;
  s->code = calloc(o->siw_count + 1, sizeof *s->code);
  for (uint32_t i = 0; i < o->siw_count; i++) {
    struct step_siw *k = &s->code[i];
    siw_decode(&o->code[i], o->dlen, &k->b, &err);
    for (int p = 0; p < PIPE_COUNT; p++) {
      struct reg_use use;
      slot_registers((enum pipe)p, &k->b.slot[p], &use);
      for (int r = 0; r < use.reads; r++)
        k->use[k->uses++] = use.read[r];
      for (int w = 0; w < use.writes; w++)
        k->use[k->uses++] = use.write[w];
    }
    const struct slot *d = &k->b.slot[PIPE_D];
    pipe_d_operands(d, &k->d_op);
    k->d = pipe_d_function((enum op_code)d->op, (enum elem)d->type, o->dlen);
    k->macs = slot_macs(d, o->dlen);
    k->needs_entry = accesses_memory(&k->b.slot[PIPE_S]) &&
                     (k->b.slot[PIPE_S].op != OP_SPREFCH || s->m.prefetch);
    k->mark = (int)o->mark_count; /* outside */
    for (uint32_t m = 0; m < o->mark_count; m++)
      if (o->marks[m].first <= i && i <= o->marks[m].last)
        k->mark = (int)m;
  }
}

static int by_number(const void *a, const void *b)
{
  const struct step_sentron *x = *(struct step_sentron *const *)a;
  const struct step_sentron *y = *(struct step_sentron *const *)b;
  return (int)global(x) - (int)global(y);
}

static void place_sentrons(struct stepper *s)
{
  const struct object *o = s->o;
  size_t size = (o->sentron_count * sizeof *s->sentrons + 63) / 64 * 64;
  s->sentrons = aligned_alloc(64, size + 64);
  memset(s->sentrons, 0, size + 64);
  s->channels = calloc((size_t)o->sentron_count * o->sentron_count + 1, sizeof *s->channels);
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    struct step_sentron *x = &s->sentrons[i];
    x->origin = &o->sentrons[i];
    x->node = x->origin->node;
    x->id = x->origin->id;
    x->core = x->id % (unsigned)s->m.cores;
    x->marks = calloc(o->mark_count + 1, sizeof *x->marks);
    for (uint32_t g = 0; g < o->group_count; g++)
      if (o->groups[g].node == REGION_ALL_NODES || o->groups[g].node == x->node) {
        uint16_t *set = &x->group[o->groups[g].id];
        *set = 0;
        for (int k = 0; k < o->groups[g].count; k++)
          *set |= (uint16_t)(1u << o->groups[g].members[k]);
      }
  }
  s->order = calloc(o->sentron_count + 1, sizeof(struct step_sentron *));
  for (uint32_t i = 0; i < o->sentron_count; i++)
    s->order[i] = &s->sentrons[i];
  qsort(s->order, o->sentron_count, sizeof(struct step_sentron *), by_number);
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    struct step_core *core = step_core_of(s, s->order[i]);
    core->context[core->contexts++] = s->order[i];
  }
  for (uint32_t i = 0; i < o->init_count; i++) {
    const struct object_init *in = &o->inits[i];
    struct step_sentron *x = &s->sentrons[in->sentron];
    if (in->file == FILE_R)
      memcpy(x->r[in->index], in->bytes, s->bytes);
    else if (in->file == FILE_P)
      memcpy(&x->p[in->index], in->bytes, sizeof x->p[0]);
    else
      memcpy(x->m[in->index], in->bytes, M_BYTES);
  }
}

struct stepper *stepper_new(const struct machine *m, const struct object *o)
{
  struct stepper *s = calloc(1, sizeof *s);
  s->m = *m;
  s->o = o;
  s->bytes = o->dlen / 8;
  if (m->link_bandwidth > 0)
    s->link_slot = (uint64_t)(M_BYTES * 256 * m->clock / m->link_bandwidth + 0.5);
  s->host_values = calloc(o->host_count + 1, sizeof *s->host_values);
  decode(s);
  place_sentrons(s);
  step_memory_new(s);
  return s;
}

void stepper_free(struct stepper *s)
{
  for (uint32_t i = 0; i < s->o->sentron_count; i++)
    free(s->sentrons[i].marks);
  for (size_t i = 0; i < (size_t)s->o->sentron_count * s->o->sentron_count; i++)
    free(s->channels[i]);
  step_memory_free(s);
  free(s->channels);
  free(s->order);
  free(s->sentrons);
  free(s->code);
  free(s->host_values);
  free(s);
}
