/* Names and derived figures of the statistics (architecture, section 6). What counts is counted in
 * the engine; here is only what follows from the counts. */
#include "sim/vtpu.h"

#include <math.h>
#include <stdlib.h>

const char *const stall_keys[STALL_COUNT] = {
#define STALL(name, key, doc) [STALL_##name] = key,
#include "isa/stalls.def"
#undef STALL
};

const char *const stall_docs[STALL_COUNT] = {
#define STALL(name, key, doc) [STALL_##name] = doc,
#include "isa/stalls.def"
#undef STALL
};

const char *const tier_names[TIER_COUNT] = {"l1", "l2", "l3", "ddr"};

void vtpu_statistics_free(struct vtpu_statistics *s)
{
  if (!s)
    return;
  free(s->sentrons);
  free(s->cores);
  free(s->nodes);
  free(s->marks);
  free(s->host_values);
  free(s);
}

/* NAN where there is nothing to divide by: a sentron that never ran has no ratio, not a ratio of
 * zero. */
static double ratio(double a, double b)
{
  return b > 0 ? a / b : NAN;
}

static uint64_t all_ops(const struct vtpu_counts *c)
{
  uint64_t sum = 0;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    sum += c->ops[pipe];
  return sum;
}

double counts_ops_per_cycle(const struct vtpu_counts *c)
{
  return ratio((double)all_ops(c), (double)c->cycles);
}

double counts_utilisation(const struct vtpu_counts *c)
{
  return ratio((double)all_ops(c), (double)PIPE_COUNT * (double)c->siws);
}

double counts_pipe_utilisation(const struct vtpu_counts *c, enum pipe pipe)
{
  return ratio((double)c->ops[pipe], (double)c->siws);
}

double counts_mac_per_cycle(const struct vtpu_counts *c)
{
  return ratio((double)c->macs, (double)c->cycles);
}

double counts_ptc_hit_rate(const struct vtpu_counts *c)
{
  return ratio((double)c->ptc_hits, (double)(c->ptc_hits + c->ptc_misses));
}
