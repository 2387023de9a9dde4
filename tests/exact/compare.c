/* See compare.h. A run that does not end is cut off at a cycle in both and only its issues are
 * compared; of a run that fails, the issues before that cycle and who failed where. */
#include "tests/exact/compare.h"
#include "tests/exact/stepper.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct issue_record {
  uint64_t cycle;
  uint32_t siw;
  uint16_t node, sentron;
};

struct engine_run {
  struct vtpu *v;
  struct vtpu_statistics *statistics;
  enum vtpu_status status;
  int failed;
  struct vtpu_error err;
  struct issue_record *issues;
  size_t issue_count, issue_room;
};

struct comparison {
  const struct exact_case *c;
  struct exact_result *out;
  struct stepper *s;
  struct engine_run *traced;
  size_t checked;    /* issues of the trace seen so far */
  const char *which; /* which run of the engine */
};

/* Keeps the first difference. */
__attribute__((format(printf, 2, 3))) static void differ(struct comparison *k, const char *format,
                                                         ...)
{
  if (k->out->difference[0])
    return;
  va_list ap;
  va_start(ap, format);
  vsnprintf(k->out->difference, sizeof k->out->difference, format, ap);
  va_end(ap);
}

static void same(struct comparison *k, const char *what, const char *of, uint64_t engine,
                 uint64_t stepper)
{
  if (engine != stepper)
    differ(k, "%s run: %s of %s: engine %llu, stepper %llu", k->which, what, of,
           (unsigned long long)engine, (unsigned long long)stepper);
}

/* --- issues ----------------------------------------------------------------------------------- */

static void record_issue(void *user, const struct vtpu_issue *issue)
{
  struct engine_run *run = user;
  if (run->issue_count == run->issue_room) {
    run->issue_room = run->issue_room ? 2 * run->issue_room : 1024;
    run->issues = realloc(run->issues, run->issue_room * sizeof *run->issues);
  }
  run->issues[run->issue_count++] = (struct issue_record){
      issue->cycle, issue->siw, (uint16_t)issue->node, (uint16_t)issue->sentron};
}

static void check_issue(void *user, uint64_t cycle, int sentron, uint32_t siw)
{
  struct comparison *k = user;
  const struct object_sentron *x = &k->c->object.sentrons[sentron];
  size_t i = k->checked++;
  if (i >= k->traced->issue_count) {
    if (!k->traced->failed && k->traced->status == VTPU_DONE) /* else some are in flight */
      differ(k, "issue %zu: stepper issues SIW %u of %s in cycle %llu, the engine nothing more", i,
             siw, x->name, (unsigned long long)cycle);
    return;
  }
  const struct issue_record *e = &k->traced->issues[i];
  if (e->cycle != cycle || e->siw != siw || e->node != x->node || e->sentron != x->id)
    differ(k,
           "issue %zu: engine SIW %u of node %u sentron %u in cycle %llu, stepper SIW %u of node "
           "%u sentron %u in cycle %llu",
           i, e->siw, e->node, e->sentron, (unsigned long long)e->cycle, siw, x->node, x->id,
           (unsigned long long)cycle);
}

/* --- counts ----------------------------------------------------------------------------------- */

static void compare_counts(struct comparison *k, const char *of, const struct vtpu_counts *e,
                           const struct vtpu_counts *s)
{
  char what[80];
  same(k, "cycles", of, e->cycles, s->cycles);
  same(k, "SIWs", of, e->siws, s->siws);
  same(k, "MACs", of, e->macs, s->macs);
  same(k, "MAC operations", of, e->mac_ops, s->mac_ops);
  same(k, "PTC hits", of, e->ptc_hits, s->ptc_hits);
  same(k, "PTC misses", of, e->ptc_misses, s->ptc_misses);
  same(k, "messages sent", of, e->sent, s->sent);
  same(k, "messages received", of, e->received, s->received);
  for (int p = 0; p < PIPE_COUNT; p++) {
    snprintf(what, sizeof what, "%c operations", pipe_letter[p]);
    same(k, what, of, e->ops[p], s->ops[p]);
    for (unsigned i = 1; i < OP_CODES; i++)
      if (e->op_code[p][i] != s->op_code[p][i]) {
        const struct op_info *op = op_find((enum pipe)p, i);
        same(k, op ? op->name : "a reserved code", of, e->op_code[p][i], s->op_code[p][i]);
      }
  }
  for (int t = 0; t < TIER_COUNT; t++) {
    snprintf(what, sizeof what, "%s hits", tier_names[t]);
    same(k, what, of, e->tier_hits[t], s->tier_hits[t]);
    snprintf(what, sizeof what, "%s merges", tier_names[t]);
    same(k, what, of, e->tier_merges[t], s->tier_merges[t]);
    snprintf(what, sizeof what, "%s bytes", tier_names[t]);
    same(k, what, of, e->tier_bytes[t], s->tier_bytes[t]);
    snprintf(what, sizeof what, "lines written into %s", tier_names[t]);
    same(k, what, of, e->tier_written[t], s->tier_written[t]);
  }
  for (int c = 0; c < STALL_COUNT; c++) {
    snprintf(what, sizeof what, "stack of %s", stall_keys[c]);
    same(k, what, of, e->stack[c], s->stack[c]);
  }
}

/* What the engine keeps by mark of a sentron: all that is not zero. */
static void compare_marks(struct comparison *k, const char *of,
                          const struct vtpu_sentron_statistics *e, const struct step_sentron *s)
{
  char where[120];
  unsigned at = 0;
  for (uint32_t m = 0; m <= k->c->object.mark_count; m++) {
    struct vtpu_counts mark = s->marks[m];
    for (int c = 0; c < STALL_COUNT; c++)
      mark.cycles += mark.stack[c];
    bool known = at < e->mark_count && e->marks[at].mark == m;
    if (!known)
      same(k, "cycles outside of its marks", of, 0, mark.cycles);
    snprintf(where, sizeof where, "mark %u of %s", m, of);
    if (known)
      compare_counts(k, where, &e->marks[at++].counts, &mark);
  }
  same(k, "number of marks", of, e->mark_count, at);
}

static void compare_statistics(struct comparison *k, const struct vtpu_statistics *e)
{
  struct stepper *s = k->s;
  const struct object *o = &k->c->object;
  struct vtpu_counts total = s->host_counts, node[NODES_MAX], core[NODES_MAX][CORES_MAX];
  memset(node, 0, sizeof node);
  memset(core, 0, sizeof core);
  node[0] = core[0][0] = s->host_counts;
  char of[80];
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    struct step_sentron *x = &s->sentrons[i];
    struct vtpu_counts own = x->counts;
    own.cycles = x->cycles_before;
    step_counts_add(&total, &own);
    step_counts_add(&node[x->node], &own);
    step_counts_add(&core[x->node][x->core], &own);
    own.stack[STALL_SPAWN] = 0; /* before its first issue: of the whole run only */
    snprintf(of, sizeof of, "sentron %s", x->origin->name);
    compare_counts(k, of, &e->sentrons[i].counts, &own);
    compare_marks(k, of, &e->sentrons[i], x);
  }
  uint64_t contexts = (uint64_t)(s->m.nodes * s->m.cores * s->m.contexts);
  total.cycles = s->cycle;
  uint64_t stack = 0;
  for (int c = 0; c < STALL_COUNT; c++)
    stack += total.stack[c];
  total.stack[STALL_IDLE] = s->cycle * contexts - stack;
  same(k, "length", "the run", e->cycles, s->cycle);
  same(k, "contexts", "the run", e->contexts, contexts);
  /* Every transfer of DDR is some mark's. */
  for (unsigned n = 0; n < (unsigned)s->m.nodes; n++) {
    struct vtpu_node_statistics *count = &s->node[n].statistics;
    count->writebacks[TIER_L2] = node[n].tier_written[TIER_L2];
    count->writebacks[TIER_DDR] = count->ddr_writes;
    same(k, "DDR bytes", "a node", e->nodes[n].counts.tier_bytes[TIER_DDR],
         (count->ddr_reads + count->ddr_writes) * CELL_BYTES);
  }
  compare_counts(k, "the whole", &e->total, &total);
  for (unsigned n = 0; n < (unsigned)s->m.nodes; n++) {
    const struct vtpu_node_statistics *en = &e->nodes[n], *sn = &s->node[n].statistics;
    snprintf(of, sizeof of, "node %u", n);
    same(k, "DDR reads", of, en->ddr_reads, sn->ddr_reads);
    same(k, "DDR writes", of, en->ddr_writes, sn->ddr_writes);
    same(k, "prefetches", of, en->prefetches, sn->prefetches);
    same(k, "dropped prefetches", of, en->prefetches_dropped, sn->prefetches_dropped);
    same(k, "walks", of, en->counts.ptc_walks, sn->counts.ptc_walks);
    same(k, "pages", of, en->pages, s->node[n].frames);
    for (int t = 0; t < TIER_COUNT; t++)
      same(k, tier_names[t], "write-backs", en->writebacks[t], sn->writebacks[t]);
    node[n].cycles = s->cycle;
    node[n].stack[STALL_IDLE] = en->counts.stack[STALL_IDLE];
    node[n].stack[STALL_SPAWN] = en->counts.stack[STALL_SPAWN];
    compare_counts(k, of, &en->counts, &node[n]);
    for (unsigned c = 0; c < (unsigned)s->m.cores; c++) {
      snprintf(of, sizeof of, "core %u of node %u", c, n);
      struct vtpu_counts *sc = &core[n][c];
      const struct vtpu_counts *ec = &e->cores[n * (unsigned)s->m.cores + c];
      sc->cycles = s->cycle;
      sc->stack[STALL_IDLE] = ec->stack[STALL_IDLE];
      sc->stack[STALL_SPAWN] = ec->stack[STALL_SPAWN];
      compare_counts(k, of, ec, sc);
    }
  }
  for (uint32_t m = 0; m <= o->mark_count; m++) {
    struct vtpu_counts mark = {0};
    for (uint32_t i = 0; i < o->sentron_count; i++)
      step_counts_add(&mark, &s->sentrons[i].marks[m]);
    for (int c = 0; c < STALL_COUNT; c++)
      mark.cycles += mark.stack[c];
    snprintf(of, sizeof of, "mark %u", m);
    compare_counts(k, of, &e->marks[m], &mark);
  }
  same(k, "number", "host values", e->host_value_count, s->host_value_count);
  for (unsigned i = 0; i < e->host_value_count && i < s->host_value_count; i++)
    same(k, e->host_values[i].name, "the host", e->host_values[i].value, s->host_values[i].value);
}

/* --- state ------------------------------------------------------------------------------------ */

static void compare_registers(struct comparison *k, const struct vtpu *v)
{
  for (uint32_t i = 0; i < k->c->object.sentron_count; i++) {
    const struct step_sentron *x = &k->s->sentrons[i];
    for (unsigned reg = 0; reg < REG_COUNT; reg++) {
      uint8_t e[64];
      int bytes = vtpu_register(v, i, reg, e);
      const void *s = reg < REG_P   ? (const void *)x->r[reg]
                      : reg < REG_M ? (const void *)&x->p[reg - REG_P]
                      : reg < REG_L ? (const void *)x->m[reg - REG_M]
                                    : (const void *)&x->l[reg - REG_L];
      if (memcmp(e, s, (size_t)bytes) != 0) {
        int b = 0;
        while (e[b] == ((const uint8_t *)s)[b])
          b++;
        char name = reg < REG_P ? 'r' : reg < REG_M ? 'p' : reg < REG_L ? 'm' : 'l';
        unsigned first = reg < REG_P ? REG_R : reg < REG_M ? REG_P : reg < REG_L ? REG_M : REG_L;
        differ(k, "%s run: %c%u of %s: byte %d: engine 0x%02x, stepper 0x%02x", k->which, name,
               reg - first, x->origin->name, b, e[b], ((const uint8_t *)s)[b]);
      }
    }
  }
}

static void compare_cells(struct comparison *k, const struct vtpu *v)
{
  const struct stepper *s = k->s;
  for (unsigned n = 0; n < (unsigned)s->m.nodes; n++)
    for (int i = 0; i < s->node[n].region_count; i++) {
      const struct step_region *r = &s->node[n].regions[i];
      struct coord c = r->box.lo;
      for (uint64_t page = 0; page < r->pages && !r->freed; page++) {
        uint8_t e[PAGE_BYTES];
        struct vtpu_error err;
        uint64_t rest = page;
        for (int d = 0; d < COORD_DIMS; d++) {
          unsigned at = (unsigned)(rest % r->box.extent[d]) * (d < 3 ? 4 : 1);
          c = coord_with_dim(c, d, coord_dim(r->box.lo, d) + at);
          rest /= r->box.extent[d];
        }
        const uint8_t *d = s->node[n].data[r->first_frame + page];
        char text[COORD_TEXT_BYTES];
        if (vtpu_peek_run(v, n, c, e, PAGE_BYTES, &err))
          differ(k, "%s run: %s", k->which, err.message);
        else if (memcmp(e, d, PAGE_BYTES) != 0)
          for (int b = 0; b < PAGE_BYTES; b++)
            if (e[b] != d[b])
              differ(k,
                     "%s run: page %s of node %u, cell %d, byte %d: engine 0x%02x, stepper 0x%02x",
                     k->which, coord_print(c, text), n, b / 64, b % 64, e[b], d[b]);
      }
    }
}

/* How a failed run ended, from the engine's message. */
static void compare_failure(struct comparison *k, const struct engine_run *run)
{
  const struct stepper *s = k->s;
  const char *text = run->err.message;
  char place[160];
  if (s->end == STEP_DEADLOCK) {
    if (strncmp(text, "deadlock", 8) != 0)
      differ(k, "%s run: stepper deadlocks in cycle %llu, engine: %s", k->which,
             (unsigned long long)s->deadlock_cycle, text);
    unsigned unnamed = 0, more = 0; /* there is room for some twenty */
    const char *const rest = strstr(text, "\n  and ");
    if (rest)
      sscanf(rest, "\n  and %u more", &more);
    for (uint32_t i = 0; i < s->o->sentron_count; i++) {
      const struct step_sentron *x = &s->sentrons[i];
      const bool waits = x->life == STEP_RUNNING || x->held == NEVER;
      snprintf(place, sizeof place, "(%s), SIW", x->origin->name);
      const bool named = strstr(text, place) != NULL;
      if (named && !waits)
        differ(k, "%s run: deadlock: stepper's %s is not waiting, engine: %s", k->which,
               x->origin->name, text);
      unnamed += waits && !named;
    }
    if (unnamed != more)
      differ(k, "%s run: deadlock: %u that wait are not named, engine: %s", k->which, unnamed,
             text);
    return;
  }
  if (s->end == STEP_HOST_FAULT) {
    if (!strstr(text, "host step"))
      differ(k, "%s run: stepper's host step fails, engine: %s", k->which, text);
    return;
  }
  const struct step_sentron *x = &s->sentrons[s->fault_sentron];
  snprintf(place, sizeof place, "sentron %u (%s), cycle %llu, SIW %u ", x->id, x->origin->name,
           (unsigned long long)s->fault_cycle, s->fault_siw);
  if (!strstr(text, place) || !strstr(text, step_fault_words[s->fault]))
    differ(k, "%s run: stepper faults: %s \"%s\", engine: %s", k->which, place,
           step_fault_words[s->fault], text);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* What the engine makes of a machine in an untimed run (vtpu.h): every SIW takes one cycle. */
static struct machine machine_of(const struct exact_case *c)
{
  struct machine m = c->machine;
  if (!c->untimed)
    return m;
  for (int i = 0; i < LAT_COUNT; i++)
    m.latency[i] = 1;
  m.spawn = m.branch = m.ptc_hit = m.ptc_miss = 0;
  m.l1_bytes = m.l2_bytes = m.l3_bytes = 0;
  m.ddr_latency = 1;
  m.ddr_bandwidth = 0;
  m.memory_entries = 64;
  return m;
}

static bool run_engine(const struct exact_case *c, uint64_t limit, bool trace,
                       struct engine_run *run)
{
  struct vtpu_options options = {.trace = trace ? record_issue : NULL,
                                 .trace_user = run,
                                 .untimed = c->untimed,
                                 .threads = trace ? 1 : c->threads};
  uint64_t until = !trace && c->slice && c->slice < limit ? c->slice : limit;
  memset(run, 0, sizeof *run);
  if (vtpu_new(&c->machine, &c->object, &options, &run->v, &run->err))
    return false;
  run->failed = vtpu_run(run->v, until, &run->status, &run->err);
  while (!run->failed && run->status == VTPU_RUNNING && until < limit) {
    until = limit - until > c->slice ? until + c->slice : limit;
    run->failed = vtpu_run(run->v, until, &run->status, &run->err);
  }
  struct vtpu_error ignored;
  vtpu_statistics(run->v, &run->statistics, &ignored);
  return true;
}

static void compare_run(struct comparison *k, const struct engine_run *run)
{
  enum step_end end = k->s->end;
  if (end == STEP_TOO_LONG) {
    if (run->failed)
      differ(k, "%s run: the stepper is not done, engine: %s", k->which, run->err.message);
    return;
  }
  if ((end == STEP_DONE) != (!run->failed && run->status == VTPU_DONE)) {
    differ(k, "%s run: stepper %s, engine: %s", k->which, k->out->end,
           run->failed                ? run->err.message
           : run->status == VTPU_DONE ? "done"
                                      : "too long");
    return;
  }
  if (end != STEP_DONE) {
    compare_failure(k, run);
    return;
  }
  compare_registers(k, run->v);
  compare_cells(k, run->v);
  compare_statistics(k, run->statistics);
}

/* What the program has been good for. */
static void note_coverage(const struct stepper *s, struct exact_result *out)
{
  out->fault = s->fault;
  for (uint32_t i = 0; i < s->o->sentron_count; i++)
    step_counts_add(&out->counts, &s->sentrons[i].counts);
  for (unsigned n = 0; n < (unsigned)s->m.nodes && s->cycle > 0; n++) {
    const struct vtpu_node_statistics *k = &s->node[n].statistics;
    double load = (double)((k->ddr_reads + k->ddr_writes) * s->ddr_slot) / (double)(s->cycle * 256);
    out->ddr_load = load > out->ddr_load ? load : out->ddr_load;
  }
}

static void end_engine(struct engine_run *run)
{
  if (run->statistics)
    vtpu_statistics_free(run->statistics);
  vtpu_free(run->v);
  free(run->issues);
}

/* FNV-1a of the bytes that the object lays into phext space: a run leaves them alone. */
static uint64_t data_hash(const struct object *o)
{
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (uint32_t i = 0; i < o->data_count; i++)
    for (uint64_t b = 0; b < o->data[i].bytes; b++)
      h = (h ^ o->data[i].content[b]) * UINT64_C(0x100000001b3);
  return h;
}

bool exact_compare(const struct exact_case *c, uint64_t limit, struct exact_result *out)
{
  static const char *const ends[] = {"done", "fault", "deadlock", "host fault", "too long"};
  struct engine_run traced, plain;
  *out = (struct exact_result){.end = "refused"};
  uint64_t data = data_hash(&c->object);
  if (!run_engine(c, limit, true, &traced)) {
    snprintf(out->difference, sizeof out->difference, "the engine refuses it: %.900s",
             traced.err.message);
    return false;
  }
  run_engine(c, limit, false, &plain);
  struct machine m = machine_of(c);
  struct comparison k = {c, out, stepper_new(&m, &c->object), &traced, 0, "traced"};
  k.s->trace = check_issue;
  k.s->trace_user = &k;
  out->ran = true;
  out->end = ends[stepper_run(k.s, limit)];
  out->siws = k.s->siws;
  out->cycles = k.s->cycle;
  if (k.s->end == STEP_DONE && k.checked < traced.issue_count)
    differ(&k, "the engine issues %zu SIWs, the stepper %zu", traced.issue_count, k.checked);
  compare_run(&k, &traced);
  k.which = "plain";
  compare_run(&k, &plain);
  if (data_hash(&c->object) != data)
    differ(&k, "a run changed the data of its object");
  note_coverage(k.s, out);
  stepper_free(k.s);
  end_engine(&traced);
  end_engine(&plain);
  return out->difference[0] == '\0';
}
