/* What the engine logs for a trace file: see log.h. */
#include "sim/plain.h"

#include <string.h>

/* Words of all logs from seal to seal, about: enough to be worth it, and still in the host's
 * caches.
 */
enum { WINDOW_FIRST = 1 << 12, WINDOW_WORDS = 1 << 17 };

/* --- accesses -------------------------------------------------------------------------------- */

void log_access_begin(const struct core *c, const struct arrival *a, struct access_counts *before)
{
  if (!a->log)
    return;
  before->mark = a->x->marks[a->mark];
  before->ddr_reads = c->node->ddr_reads;
}

void log_access_end(const struct core *c, const struct arrival *a,
                    const struct access_counts *before, unsigned source)
{
  if (!a->log)
    return;
  const struct mark_counts *now = &a->x->marks[a->mark];
  uint64_t outcome = 0;
  for (unsigned tier = 0; tier < TIER_COUNT; tier++) {
    if (now->hits[tier] != before->mark.hits[tier])
      outcome |= tier + 1;
    if (now->merges[tier] != before->mark.merges[tier])
      outcome |= (tier + 1) | OUTCOME_MERGED | (source + 1) << OUTCOME_SOURCE_SHIFT;
  }
  if (c->node->ddr_reads != before->ddr_reads)
    outcome |= OUTCOME_DDR_READ;
  else if (now->hits[TIER_DDR] != before->mark.hits[TIER_DDR])
    outcome |= OUTCOME_DDR_WRITE;
  a->log[0] |= outcome;
  a->log[0] += (now->written[TIER_L2] - before->mark.written[TIER_L2]) << OUTCOME_L2_LINES_SHIFT;
  a->log[0] += (now->written[TIER_DDR] - before->mark.written[TIER_DDR]) << OUTCOME_DDR_LINES_SHIFT;
}

void log_memo_rounds(const struct context *x, const struct psiw *body, const struct loop_memo *m,
                     uint64_t rounds, unsigned rest, cycle_t start, const uint64_t walk[P_COUNT])
{
  struct log_round_siw out[MEMO_SIWS];
  const unsigned n = m->end - m->start + 1;
  uint64_t p[P_COUNT];
  memcpy(p, walk, sizeof p);
  for (unsigned k = 0; k < n; k++) {
    const struct psiw *s = &body[k];
    const struct psiw_rest *q = rest_of(x, s);
    const struct memo_siw *e = &m->siw[k];
    struct log_round_siw *o = &out[k];
    *o = (struct log_round_siw){
        .issue = e->at, .gathers = s->s_gather != GATHER_NONE, .stalls = e->stalls};
    for (unsigned i = 0; i < e->stalls; i++) {
      o->stall[i].cause = e->stall[i];
      o->stall[i].cycles = e->stall_cycles[i];
    }
    if (o->gathers) {
      o->arrival = e->arrive;
      o->ready = e->ready;
      o->outcome = outcome_of(ACCESS_GATHER, e->tier);
      o->lo = q->s_imc ? s->place->lo : p[q->s_p];
      o->hi = s->place->hi;
      o->step = q->s_imc ? 0 : (uint64_t)m->walk[q->s_p].net;
    }
    if (s->plain_c == PLAIN_C_STEP)
      p[s->c_rd] += (uint64_t)(int64_t)s->c_imm;
  }
  log_rounds(x->log, m->start, start, m->cycles, rounds, rest, out, n);
}

/* --- phases and the host --------------------------------------------------------------------- */

void log_phase(struct vtpu *v, uint64_t mask, bool own)
{
  if (v->host_log)
    log_event(v->host_log, TRACE_PHASE, TRACE_NO_SIW, v->now, 2, (uint64_t[]){mask, own});
}

void log_host(struct vtpu *v, const struct object_host *h, const uint8_t bytes[8], bool hit)
{
  uint64_t field[5] = {coord_linear_lo(h->coord.lo, v->curve_index), h->coord.hi, hit,
                       (uint64_t)(h - v->object->hosts)};
  memcpy(&field[4], bytes, 8);
  if (v->host_log)
    log_event(v->host_log, TRACE_HOST, TRACE_NO_SIW, v->now, 5, field);
}

void log_poke(struct vtpu *v, unsigned node, struct coord c, const void *in, size_t bytes)
{
  const uint8_t *from = in;
  for (size_t at = 0; at < bytes; at += 8) {
    const size_t n = bytes - at < 8 ? bytes - at : 8;
    uint64_t value = 0;
    memcpy(&value, from + at, n);
    struct coord to = c;
    coord_step(&to, AXIS_BYTE, (int64_t)at, false, (enum curve)v->m.curve);
    log_event(v->host_log, TRACE_POKE, TRACE_NO_SIW, v->now, 5,
              (uint64_t[]){node, coord_linear_lo(to.lo, v->curve_index), to.hi, n, value});
  }
}

void log_retire(const struct context *x, cycle_t end)
{
  if (x->log)
    log_event(x->log, TRACE_RETIRE, TRACE_NO_SIW, end, 1,
              (uint64_t[]){context_complete(x) - x->last_issue});
}

/* --- windows --------------------------------------------------------------------------------- */

cycle_t log_window(struct vtpu *v, cycle_t until)
{
  const bool selected = trace_selected(v->writer, v->logged);
  for (uint32_t i = 0; i < v->object->sentron_count; i++)
    v->contexts[i].log = selected ? trace_log_of(v->writer, i) : NULL;
  if (!v->log_window)
    v->log_window = WINDOW_FIRST;
  uint64_t boundary = trace_boundary(v->writer, v->logged);
  cycle_t end = v->logged + (selected ? v->log_window : NEVER / 2);
  end = boundary < end ? boundary : end;
  return until < end ? until : end;
}

void log_seal(struct vtpu *v)
{
  uint64_t words = trace_seal(v->writer);
  if (words < WINDOW_WORDS / 2 && v->log_window < NEVER / 8)
    v->log_window *= 2;
  else if (words > WINDOW_WORDS * 2 && v->log_window > 1)
    v->log_window /= 2;
}

/* Lines that have been driven out of a node's tiers, and that DDR has not taken yet. */
static uint64_t lines_owed(const struct node *n, unsigned cores)
{
  uint64_t lines = 0;
  for (unsigned i = 0; i < cores; i++) {
    const struct core *c = &n->cores[i];
    for (unsigned k = 0; k < c->queue_count; k++) {
      const struct arrival *a = &c->queue[(c->queue_head + k) % ARRIVALS];
      lines += a->near == NEAR_DONE ? a->to_ddr : 0;
    }
  }
  return lines;
}

void vtpu_trace_end(struct vtpu *v, bool failed)
{
  if (!v->writer)
    return;
  cycle_t end = v->now > v->logged && !v->phase_running ? v->now : vtpu_cycle(v);
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    cycle_t last = !x->issued ? 0 : x->life == LIFE_RETIRED ? context_complete(x) : x->acc;
    end = last > end ? last : end;
  }
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    const struct context *x = &v->contexts[i];
    if (x->issued && x->life == LIFE_RETIRED)
      log_retire(x, end);
    const struct psiw *s = &x->code[x->pc - x->code_first];
    bool waits = x->life == LIFE_RUNNING && (x->hold == NEVER || s->flags & SIW_CWAIT);
    const bool over = x->life == LIFE_RETIRED || x->life == LIFE_DORMANT;
    if (x->log)
      log_event(x->log, TRACE_STOP, over ? TRACE_NO_SIW : x->pc, end, 3,
                (uint64_t[]){x->life, waits, x->issued ? x->acc : 0});
  }
  for (unsigned i = 0; i < (unsigned)v->m.nodes; i++)
    log_event(v->host_log, TRACE_PAGES, TRACE_NO_SIW, end, 3,
              (uint64_t[]){i, v->nodes[i].ppt.next_frame,
                           lines_owed(&v->nodes[i], (unsigned)v->m.cores)});
  log_event(v->host_log, TRACE_END, TRACE_NO_SIW, end, 2,
            (uint64_t[]){v->now, failed ? 2 : v->phase_running});
  for (uint32_t i = 0; i < v->object->sentron_count; i++)
    v->contexts[i].log = NULL;
  v->host_log = NULL;
  v->writer = NULL;
}
