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
  for (unsigned i = 0; s->sentrons && i < s->sentron_count; i++)
    free(s->sentrons[i].marks);
  free(s->sentrons);
  free(s->cores);
  free(s->nodes);
  free(s->marks);
  free(s->host_values);
  free(s);
}

/* --- sums and differences ------------------------------------------------------------------ */

/* All members are counts of one width, so that none can be forgotten here. */
_Static_assert(sizeof(struct vtpu_counts) % sizeof(uint64_t) == 0, "an array of uint64_t");
enum { COUNT_WORDS = sizeof(struct vtpu_counts) / sizeof(uint64_t) };

static uint64_t *words(struct vtpu_counts *c)
{
  return (uint64_t *)(void *)c;
}

void counts_add(struct vtpu_counts *into, const struct vtpu_counts *from)
{
  struct vtpu_counts other = *from;
  for (int i = 0; i < COUNT_WORDS; i++)
    words(into)[i] += words(&other)[i];
}

void counts_subtract(struct vtpu_counts *from, const struct vtpu_counts *what)
{
  struct vtpu_counts other = *what;
  for (int i = 0; i < COUNT_WORDS; i++)
    words(from)[i] -= words(&other)[i];
}

static void subtract_node(struct vtpu_node_statistics *n, const struct vtpu_node_statistics *before)
{
  counts_subtract(&n->counts, &before->counts);
  n->ddr_reads -= before->ddr_reads;
  n->ddr_writes -= before->ddr_writes;
  n->prefetches -= before->prefetches;
  n->prefetches_dropped -= before->prefetches_dropped;
  n->pages -= before->pages;
  for (int tier = 0; tier < TIER_COUNT; tier++)
    n->writebacks[tier] -= before->writebacks[tier];
}

void vtpu_statistics_since(struct vtpu_statistics *s, const struct vtpu_statistics *before)
{
  s->cycles -= before->cycles;
  counts_subtract(&s->total, &before->total);
  for (unsigned i = 0; i < s->sentron_count; i++) {
    counts_subtract(&s->sentrons[i].counts, &before->sentrons[i].counts);
    for (unsigned m = 0; m < s->sentrons[i].mark_count; m++)
      counts_subtract(&s->sentrons[i].marks[m].counts, &before->sentrons[i].marks[m].counts);
  }
  for (unsigned i = 0; i < s->core_count; i++)
    counts_subtract(&s->cores[i], &before->cores[i]);
  for (unsigned i = 0; i < s->node_count; i++)
    subtract_node(&s->nodes[i], &before->nodes[i]);
  for (unsigned m = 0; m < s->mark_count; m++)
    counts_subtract(&s->marks[m], &before->marks[m]);
}

/* --- derived figures ----------------------------------------------------------------------- */

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
