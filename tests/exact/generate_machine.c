/* Random machines: see generate.h. Small resources, so that they run out. */
#include "tests/exact/generate.h"

#include <stdio.h>
#include <string.h>

static int64_t tier_bytes(struct rng *r, int64_t ways, int sets_bits)
{
  return chance(r, 12) ? 0 : CELL_BYTES * ways << below(r, sets_bits + 1);
}

static void random_latencies(struct rng *r, struct machine *m)
{
  int most = chance(r, 30) ? 1 : between(r, 2, 12);
  for (int i = 1; i < LAT_COUNT; i++)
    m->latency[i] = between(r, 1, most);
}

static void random_tiers(struct rng *r, struct machine *m)
{
  m->l1_ways = between(r, 1, 8);
  m->l2_ways = between(r, 1, 8);
  m->l3_ways = between(r, 1, 16);
  if (chance(r, 15))
    m->l1_ways = between(r, 9, 16);
  if (chance(r, 15))
    m->l2_ways = between(r, 9, 16);
  if (chance(r, 40))
    m->l1_ways = m->l2_ways = 8; /* what the engine's short path wants */
  m->l1_bytes = tier_bytes(r, m->l1_ways, 5);
  m->l2_bytes = tier_bytes(r, m->l2_ways, 6);
  m->l3_bytes = tier_bytes(r, m->l3_ways, 7);
  m->l1_latency = between(r, 1, 4);
  m->l2_latency = between(r, 1, 15);
  m->l3_latency = between(r, 1, 40);
  m->ddr_latency = between(r, 1, chance(r, 20) ? 300 : 80);
  m->l1_interval = chance(r, 70) ? 1 : below(r, 4);
  m->l2_interval = chance(r, 70) ? 1 : below(r, 6);
  m->l3_interval = chance(r, 70) ? 1 : below(r, 8);
  m->l3_cores = between(r, (int)(m->cores + 1) / 2, 8);
  static const double clocks[] = {1, 2.5, 4, 3.7};
  static const double bandwidths[] = {0, 60, 60, 15, 200, 33.3, 5, 1000};
  m->clock = clocks[below(r, 4)];
  m->ddr_bandwidth = bandwidths[below(r, 8)];
}

static void random_ptc(struct rng *r, struct machine *m)
{
  m->ptc_ways = chance(r, 50) ? 1 << below(r, 4) : between(r, 1, 9);
  m->ptc_entries = m->ptc_ways << below(r, 6);
  m->ptc_granularity = chance(r, 25) ? PTC_COORDINATE : PTC_PAGE;
  m->ptc_hash = chance(r, 25) ? PTC_REFERENCE : PTC_FOLD;
  m->ptc_replacement = chance(r, 25) ? PTC_WAY0 : PTC_LRU;
  if (chance(r, 40)) { /* what the engine's way of irregular gathers wants */
    m->ptc_ways = 4;
    m->ptc_entries = 4 << below(r, 6);
    m->ptc_granularity = PTC_PAGE;
    m->ptc_hash = PTC_FOLD;
    m->ptc_replacement = PTC_LRU;
  }
  m->ptc_hit = chance(r, 60) ? 1 : chance(r, 90) ? below(r, 4) : below(r, 61);
  m->ptc_miss = chance(r, 50) ? 12 : m->ptc_hit + below(r, 40);
  if (m->ptc_miss < m->ptc_hit)
    m->ptc_miss = m->ptc_hit;
}

static void random_nodes(struct rng *r, struct machine *m)
{
  static const int64_t topologies[] = {TOPOLOGY_RING, TOPOLOGY_FULL};
  m->nodes = chance(r, 50) ? between(r, 2, chance(r, 80) ? 5 : 8) : 1;
  m->topology = topologies[below(r, 2)];
  if (m->nodes == 5 && chance(r, 50))
    m->topology = TOPOLOGY_PENTAGON;
  if (m->nodes >= 4 && m->nodes != 5 && m->nodes != 7 && chance(r, 50))
    m->topology = TOPOLOGY_TORUS;
  m->link_latency = between(r, 1, 300);
  m->link_bandwidth = chance(r, 20) ? 0 : between(r, 1, 40);
}

void random_run(struct rng *r, struct exact_case *c)
{
  c->untimed = chance(r, 8);
  c->threads = c->machine.nodes > 1 && chance(r, 30) ? (unsigned)between(r, 2, 3) : 1;
  c->slice = chance(r, 15) ? (uint64_t)between(r, 1, 3000) : 0;
}

void random_machine(struct rng *r, enum generate_level level, struct machine *m)
{
  struct vtpu_error err;
  machine_load("spec", m, &err);
  int kind = below(r, 20);
  if (kind == 0)
    machine_load("zen4", m, &err);
  if (kind == 1 && level <= LEVEL_PAIR)
    machine_load("r23w6", m, &err);
  if (level == LEVEL_FAULTS) { /* short programs: most of their cost would be empty caches */
    m->l2_bytes = 32 << 10;
    m->l3_bytes = 64 << 10;
  }
  m->dlen = 64 << below(r, 4);
  if (level >= LEVEL_ALL)
    random_nodes(r, m);
  else
    m->nodes = 1;
  if (kind > 1 && kind < 16) {
    m->cores = chance(r, 80) ? 1 << below(r, 4) : between(r, 1, 8);
    m->contexts = between(r, 1, 2);
    m->dports = between(r, 1, 2);
    m->sports = between(r, 1, 2);
    m->cports = between(r, 1, 2);
    m->spawn = chance(r, 50) ? 100 : below(r, 3);
    m->branch = below(r, 6);
    m->memory_entries = chance(r, 40) ? 16 : chance(r, 95) ? between(r, 1, 8) : between(r, 1, 64);
    m->queue_depth = chance(r, 40) ? 8 : chance(r, 95) ? between(r, 1, 4) : between(r, 1, 64);
    m->net_core = between(r, 1, 4);
    m->net_node = between(r, 1, 20);
    m->curve = below(r, 3);
    m->lazy_mapping = chance(r, 15);
    m->prefetch = !chance(r, 10);
    random_latencies(r, m);
    random_tiers(r, m);
    random_ptc(r, m);
  }
  if (level == LEVEL_PAIR) {
    m->contexts = 2;
    if (m->cores > 2)
      m->cores = 2;
  }
  snprintf(m->name, sizeof m->name, "random");
}

void random_rtl_machine(struct rng *r, enum generate_level level, const struct machine *cores,
                        struct machine *m)
{
  *m = *cores;
  m->cores = chance(r, 80) ? 1 << below(r, 4) : between(r, 1, 8);
  m->contexts = level == LEVEL_PAIR ? 2 : between(r, 1, 2);
  if (level == LEVEL_PAIR && m->cores > 2)
    m->cores = 2;
  if (level == LEVEL_MESSAGES && m->cores == 1)
    m->cores = between(r, 2, 4);
  if (chance(r, 70)) {
    do
      random_tiers(r, m);
    while (m->l2_bytes == 0 || m->l3_bytes == 0);
    m->l1_bytes = cores->l1_bytes;
    m->l1_ways = cores->l1_ways;
    m->l1_latency = cores->l1_latency;
    m->l1_interval = cores->l1_interval;
    m->net_node = between(r, 1, 20);
  }
  if (cores->nodes > 1) {
    m->nodes = between(r, 1, (int)cores->nodes);
    m->topology = m->nodes == 5 && chance(r, 50) ? TOPOLOGY_PENTAGON : TOPOLOGY_RING;
    m->link_latency = between(r, 1, 300);
    m->link_bandwidth = chance(r, 20) ? 1000 : between(r, 1, 40);
    if (m->link_bandwidth > M_BYTES * m->clock)
      m->link_bandwidth = M_BYTES * m->clock; /* a message a cycle */
  }
  snprintf(m->name, sizeof m->name, "random");
}
