/* What the engine logs for a trace file (traces/log.h): called where things happen, on the fast
 * paths too. A context's log is NULL while it is not traced. */
#ifndef VTPU_SIM_LOG_H
#define VTPU_SIM_LOG_H

#include "sim/engine.h"

/* Charges cycles to a cause of the cycle stack. */
static inline __attribute__((always_inline)) void charge(const struct context *x, uint64_t *stack,
                                                         unsigned cause, uint64_t cycles)
{
  stack[cause] += cycles;
  if (__builtin_expect(x->log != NULL, 0))
    log_stall(x->log, cause, cycles);
}

/* Are the accesses of this context logged? */
static inline bool logs_memory(const struct context *x)
{
  return __builtin_expect(x->log != NULL, 0) && log_wants(x->log, TRACE_GROUP_MEMORY);
}

static inline uint32_t outcome_of(enum trace_access access, unsigned tier)
{
  return (uint32_t)access << OUTCOME_ACCESS_SHIFT | (tier + 1) |
         (tier == TIER_DDR ? (uint32_t)OUTCOME_DDR_READ : 0);
}

/* A gather that was supplied at once. One that met its line in flight did so in L3 (gather.h). */
static inline void log_gather(const struct context *x, const struct psiw *s, unsigned tier,
                              cycle_t arrival, cycle_t ready)
{
  if (!logs_memory(x))
    return;
  uint32_t outcome = outcome_of(ACCESS_GATHER, tier);
  if (x->log->next & OUTCOME_MERGED)
    outcome = (TIER_L3 + 1) | (tier + 1) << OUTCOME_SOURCE_SHIFT;
  log_memory(x->log, outcome, arrival, ready, s->place->lo, s->place->hi);
}

/* The counters that tell what an access does; only looked at if it is logged. */
struct access_counts {
  struct mark_counts mark;
  uint64_t ddr_reads;
};
void log_access_begin(const struct core *c, const struct arrival *a, struct access_counts *before);
/* Adds to the outcome what has been counted since. */
void log_access_end(const struct core *c, const struct arrival *a,
                    const struct access_counts *before, unsigned source);

/* Rounds of a loop that ran by its memo from `start` on; `walk` is where the p registers were. */
struct loop_memo;
void log_memo_rounds(const struct context *x, const struct psiw *body, const struct loop_memo *m,
                     uint64_t rounds, unsigned rest, cycle_t start, const uint64_t walk[P_COUNT]);

/* vtpu.c: phases and the host. */
void log_phase(struct vtpu *v, uint64_t mask, bool own);
void log_host(struct vtpu *v, const struct object_host *h, const uint8_t bytes[8], bool hit);
void log_poke(struct vtpu *v, unsigned node, struct coord c, const void *in, size_t bytes);
void log_retire(const struct context *x, cycle_t end);
/* Opens and closes the logs as v->logged is selected; returns how far to run, not beyond `until`.
 */
cycle_t log_window(struct vtpu *v, cycle_t until);
void log_seal(struct vtpu *v);

#endif
