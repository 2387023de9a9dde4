/* Laws that users check first (architecture, sections 4 and 5), as properties of streams:
 *
 *   - more of a resource never costs cycles on a stream without contention;
 *   - memory without latency is the ideal: every memory operation a one-cycle register operation;
 *   - an access that nothing delays costs its formula, for every tier and outcome of the PTC;
 *   - a streaming read reaches the bandwidth of each tier to within 1 %.
 *
 * loops_test.c has those about loops, balance_test.c those about counts. */
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"
#include "tests/sim/run_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- random streams --------------------------------------------------------------------------- */

enum { STREAM_BYTES = 4096, PAGES = 40 };

/* A loop over gathers and scatters that walk a region, each value used a while after it was
 * fetched; scatters only with `writes`. With `ideal`, every memory operation is one of registers:
 * SDEDUP for a gather, nothing for a scatter. */
static void random_stream(struct random *r, char *text, bool writes, bool ideal)
{
  struct random mine = *r; /* the ideal twin draws the same numbers */
  static const char *const kinds[] = {"private, core=0", "shared", "rom"};
  size_t n =
      (size_t)snprintf(text, STREAM_BYTES, ".region own, %s, lo=0.0.0/0.0.0/0.0.0/0.0, pages=%d\n",
                       kinds[random_below(&mine, writes ? 2 : 3)], PAGES);
  int walkers = 1 + (int)random_below(&mine, 3), body = 1 + (int)random_below(&mine, 8);
  for (int i = 0; i < walkers; i++)
    n += (size_t)snprintf(text + n, STREAM_BYTES - n, ".init main.p%d = %u.0.0/0.0.0/0.0.0/0.0\n",
                          i, 4 * random_below(&mine, 4));
  int passes = 1 + (int)random_below(&mine, 3), rounds = 20 + (int)random_below(&mine, 40);
  int walked[3] = {0};
  n += (size_t)snprintf(text + n, STREAM_BYTES - n,
                        "{ CLOOP l1, %d, back }\n{ CLOOP l0, %d, last }\n", passes, rounds);
  for (int i = 0; i < body; i++) {
    int walker = (int)random_below(&mine, (uint32_t)walkers);
    int kind = (int)random_below(&mine, 8), use = (int)random_below(&mine, 8);
    int step = 1 + (int)random_below(&mine, 5);
    walked[walker] += step;
    static const char *const dense[] = {"DFMA.f32 r%d, r%d, r9, r10", "DADD r%d, r%d, r9",
                                        "DRED.f32.sum r%d, r%d", "DMUL r%d, r%d, r9"};
    n += (size_t)snprintf(text + n, STREAM_BYTES - n, "%s{ ", i + 1 == body ? "last: " : "");
    n += (size_t)snprintf(text + n, STREAM_BYTES - n, dense[random_below(&mine, 4)], 12 + i % 4,
                          use);
    if (kind < 6 && ideal)
      n += (size_t)snprintf(text + n, STREAM_BYTES - n, " | SDEDUP.clear r%d, r11", i);
    else if (kind < 6)
      n += (size_t)snprintf(text + n, STREAM_BYTES - n, " | SGATHER r%d, [p%d], 64", i, walker);
    else if (kind == 6 && writes && !ideal)
      n += (size_t)snprintf(text + n, STREAM_BYTES - n, " | SSCATTR [p%d], r%d, %d", walker, use,
                            i % 2 ? 64 : 8);
    n += (size_t)snprintf(text + n, STREAM_BYTES - n, " | CSTEP p%d, linear, %d }%s\n", walker,
                          step, i + 1 == body ? " :l0" : "");
  }
  for (int i = 0; i < walkers; i++) /* another pass over the same lines */
    n += (size_t)snprintf(text + n, STREAM_BYTES - n, "{ CSTEP p%d, linear, %d }\n", i,
                          -walked[i] * rounds);
  snprintf(text + n, STREAM_BYTES - n, "back: { } :l1\n");
  *r = mine;
}

/* --- more is never worse ---------------------------------------------------------------------- */

/* Values from least to most of the resource; 0 GB/s is unlimited. */
static const char *const resources[][8] = {
    {"memory_entries=1", "memory_entries=2", "memory_entries=3", "memory_entries=8",
     "memory_entries=16", "memory_entries=64"},
    {"dports=1", "dports=2"},
    {"sports=1", "sports=2"},
    {"cports=1", "cports=2"},
    {"l1_ways=1 l1_bytes=4096", "l1_ways=2 l1_bytes=8192", "l1_ways=4 l1_bytes=16384",
     "l1_ways=8 l1_bytes=32768", "l1_ways=16 l1_bytes=65536"},
    {"l1_bytes=0", "l1_bytes=512", "l1_bytes=4096", "l1_bytes=32768", "l1_bytes=262144"},
    {"l1_bytes=0 l2_ways=1 l2_bytes=8192", "l1_bytes=0 l2_ways=2 l2_bytes=16384",
     "l1_bytes=0 l2_ways=8 l2_bytes=65536", "l1_bytes=0 l2_ways=16 l2_bytes=131072"},
    {"l1_bytes=0 l2_bytes=0", "l1_bytes=0 l2_bytes=32768", "l1_bytes=0 l2_bytes=131072",
     "l1_bytes=0 l2_bytes=1048576"},
    {"l3_bytes=0", "l3_bytes=4096", "l3_bytes=32768", "l3_bytes=16777216"},
    {"l3_ways=1 l3_bytes=4096", "l3_ways=4 l3_bytes=16384", "l3_ways=16 l3_bytes=65536"},
    {"ddr_bandwidth=2", "ddr_bandwidth=10", "ddr_bandwidth=60", "ddr_bandwidth=100",
     "ddr_bandwidth=1000", "ddr_bandwidth=0"},
    {"ptc_entries=4", "ptc_entries=8", "ptc_entries=16", "ptc_entries=64", "ptc_entries=1024"},
    {"ptc_ways=1 ptc_entries=4", "ptc_ways=2 ptc_entries=8", "ptc_ways=4 ptc_entries=16",
     "ptc_ways=16 ptc_entries=64"},
    {"l1_interval=9", "l1_interval=2", "l1_interval=1", "l1_interval=0"},
    {"l1_bytes=512 l2_interval=9", "l1_bytes=512 l2_interval=2", "l1_bytes=512 l2_interval=1",
     "l1_bytes=512 l2_interval=0"},
    {"l3_interval=9", "l3_interval=2", "l3_interval=1", "l3_interval=0"},
    /* and less of a latency */
    {"ptc_hit=9", "ptc_hit=2", "ptc_hit=1"},
    {"ptc_miss=99", "ptc_miss=12", "ptc_miss=1"},
    {"l1_latency=9", "l1_latency=4", "l1_latency=1"},
    {"l1_bytes=512 l2_latency=50", "l1_bytes=512 l2_latency=14", "l1_bytes=512 l2_latency=4",
     "l1_bytes=512 l2_latency=1"},
    {"l3_latency=69", "l3_latency=50", "l3_latency=12", "l3_latency=5"},
    {"ddr_latency=320", "ddr_latency=70", "ddr_latency=4"},
    {"latency_f32=9", "latency_f32=4", "latency_f32=1"},
};
enum { RESOURCES = sizeof resources / sizeof *resources, STREAMS = 24 };

T_TEST(laws, more_of_a_resource_never_costs_cycles)
{
  struct random r = {20};
  bool matters[RESOURCES] = {0};
  for (int i = 0; i < STREAMS; i++) {
    char text[STREAM_BYTES];
    bool writes = i % 2;
    random_stream(&r, text, writes, false);
    for (int k = 0; k < RESOURCES; k++) {
      uint64_t before = UINT64_MAX;
      /* Dirty victims of a tier contend with its reads for the next one's port: an L1 of a few
       * lines may cost a stream that writes more than it gives. */
      if (writes && strstr(resources[k][0], "_bytes"))
        continue;
      for (int v = 0; v < 8 && resources[k][v]; v++) {
        char settings[200];
        snprintf(settings, sizeof settings, "cores=1 contexts=1 spawn=0 l3_bytes=1048576 %s",
                 resources[k][v]);
        uint64_t cycles = cycles_of(text, settings);
        if (cycles > before) {
          T_FAIL("%s takes %llu cycles, %s %llu:\n%s", resources[k][v - 1],
                 (unsigned long long)before, resources[k][v], (unsigned long long)cycles, text);
          return;
        }
        matters[k] |= cycles < before && v;
        before = cycles;
      }
    }
  }
  /* A single sentron never contends for ports: its cycles must not depend on them at all. */
  for (int k = 0; k < RESOURCES; k++)
    if (matters[k] != (strstr(resources[k][0], "ports") == NULL))
      T_FAIL("%s: it %s", resources[k][0], matters[k] ? "matters" : "does not matter");
}

/* Two sentrons, or two nodes, and a stream of messages in one direction. */
T_TEST(laws, more_credit_never_costs_cycles)
{
  static const char *const texts[] = {
      ".sentron a, id=0\n{ CLOOP l0, 50, s }\ns: { CSEND m0, 1 } :l0\n"
      ".sentron b, id=1\n{ CLOOP l0, 50, r }\nr: { CRECV r1, 0 } :l0\n",
      ".sentron a, id=0\n{ CLOOP l0, 50, s }\ns: { CROUTE m0, 1 } :l0\n"
      ".sentron b, id=0, node=1\n{ CLOOP l0, 50, r }\nr: { CRECV.n r1, 0 } :l0\n"};
  static const char *const more[][6] = {
      {"queue_depth=1", "queue_depth=2", "queue_depth=8", "queue_depth=25", "queue_depth=64"},
      {"link_bandwidth=0.1", "link_bandwidth=1", "link_bandwidth=12.5", "link_bandwidth=0"}};
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 2; k++) {
      uint64_t before = UINT64_MAX, first = 0;
      for (int v = 0; v < 6 && more[k][v]; v++) {
        char settings[200];
        snprintf(settings, sizeof settings,
                 "nodes=2 cores=2 topology=full link_latency=30 spawn=0 %s", more[k][v]);
        uint64_t cycles = cycles_of(texts[i], settings);
        T_CHECK(cycles <= before);
        first = first ? first : cycles;
        before = cycles;
      }
      T_CHECK((before < first) == (k == 0 || i == 1)); /* no link inside a node */
    }
}

/* --- memory without latency ------------------------------------------------------------------- */

T_TEST(laws, memory_without_latency_is_the_ideal)
{
  struct random r = {21};
  int slower = 0;
  for (int i = 0; i < STREAMS; i++) {
    char text[STREAM_BYTES], ideal[STREAM_BYTES];
    struct random twin = r;
    random_stream(&r, text, true, false);
    random_stream(&twin, ideal, true, true);
    /* The least that an operation can take is one cycle: that of L1 from its arrival. */
    struct vtpu_statistics *s =
        run_text(text,
                 "cores=1 contexts=1 ptc_hit=0 ptc_miss=0 l1_latency=1 l2_latency=1 l3_latency=1 "
                 "ddr_latency=1 ddr_bandwidth=0 l1_interval=0 l2_interval=0 l3_interval=0 "
                 "memory_entries=64",
                 NULL);
    struct vtpu_statistics *t = run_text(ideal, "cores=1 contexts=1 latency_assoc=1", NULL);
    T_REQUIRE(s && t);
    T_EQ(s->cycles, t->cycles);
    T_EQ(s->total.stack[STALL_DRESULT], t->total.stack[STALL_DRESULT]);
    uint64_t memory = 0, plain = s->total.stack[STALL_SRESULT] + t->total.stack[STALL_SRESULT];
    for (int c = STALL_PTC; c <= STALL_ENTRY; c++)
      memory += s->total.stack[c];
    T_EQ(memory, plain);
    uint64_t usual = cycles_of(text, "cores=1 contexts=1");
    T_CHECK(s->cycles <= usual);
    slower += usual > s->cycles;
    vtpu_statistics_free(s);
    vtpu_statistics_free(t);
  }
  T_CHECK(slower > STREAMS * 3 / 4); /* the usual latencies are felt */
}

/* --- an access that nothing delays ------------------------------------------------------------ */

struct last_access {
  bool ptc_hit;
  enum stall tier;
  uint64_t latency;
};

static void note_access(void *user, const struct vtpu_issue *issue)
{
  struct last_access *last = user;
  if (issue->has_memory)
    *last = (struct last_access){issue->ptc_hit, issue->tier, issue->ready - issue->cycle};
}

T_TEST(laws, an_unloaded_access_costs_its_formula)
{
  static const char *const kinds[] = {"rom", "private", "shared"};
  struct random r = {22};
  for (int i = 0; i < 150; i++) {
    int hit = 1 + (int)random_below(&r, 9), miss = 1 + (int)random_below(&r, 60);
    int latency[TIER_COUNT];
    for (int t = 0; t < TIER_COUNT; t++)
      latency[t] = 1 + (int)random_below(&r, 90);
    for (int tier = 0; tier < TIER_COUNT; tier++)
      for (int k = 0; k < 3; k++)
        for (int walk = 0; walk < 2; walk++) {
          if ((k == 1 && tier == TIER_L3) || (k == 2 && tier < TIER_L3))
            continue; /* not on its path */
          char text[1000], settings[400];
          /* The line comes into its tier, and with one PTC entry another page takes the entry. */
          static const char *const bring[] = {"SGATHER r1, [X], 8", "SPREFCH.l2 [X]",
                                              "SPREFCH.l3 [X]", "SNOP"};
          int n = snprintf(text, sizeof text,
                           ".region pages, %s%s, lo=0.0.0/0.0.0/0.0.0/0.0, pages=2\n"
                           "{ SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }\n{ %s",
                           kinds[k], k == 1 ? ", core=0" : "", bring[tier]);
          char *x = strstr(text, "[X]");
          char line[80];
          if (x) {
            snprintf(line, sizeof line, "%s", x + 3);
            n = (int)(x - text) + sprintf(x, "[0.0.0/0.0.0/0.0.0/0.0]%s", line);
          }
          snprintf(text + n, sizeof text - (size_t)n,
                   " | CFENCE.core }\n%s{ SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }\n",
                   walk ? "{ SGATHER r1, [4.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }\n" : "");
          snprintf(settings, sizeof settings,
                   "cores=1 ptc_entries=1 ptc_ways=1 ptc_hit=%d ptc_miss=%d l1_latency=%d "
                   "l2_latency=%d l3_latency=%d ddr_latency=%d l1_bytes=8192 l2_bytes=32768 "
                   "l3_bytes=131072",
                   hit, miss, latency[TIER_L1], latency[TIER_L2], latency[TIER_L3],
                   latency[TIER_DDR]);
          struct last_access last = {0};
          struct vtpu_options options = {.trace = note_access, .trace_user = &last};
          struct vtpu_statistics *s = run_text(text, settings, &options);
          T_REQUIRE(s != NULL);
          vtpu_statistics_free(s);
          int arrival = walk && miss > hit ? miss : hit;
          if (last.ptc_hit != !walk || last.tier != (enum stall)(STALL_L1 + tier) ||
              last.latency != (uint64_t)(arrival + latency[tier]))
            T_FAIL("%s, %s, PTC %s: PTC %s, %s, %llu cycles instead of %d + %d [%s]", kinds[k],
                   tier_names[tier], walk ? "miss" : "hit", last.ptc_hit ? "hit" : "miss",
                   stall_keys[last.tier], (unsigned long long)last.latency, arrival, latency[tier],
                   settings);
        }
  }
}

/* --- bandwidth -------------------------------------------------------------------------------- */

/* A read of `pages` pages a sentron, `passes` times, by `sentrons` cores, LINES lines in flight
 * each, if there are entries for them. */
static uint64_t stream_cycles(const char *settings, const char *region, int sentrons, int pages,
                              int passes)
{
  enum { LINES = 16 };
  char text[16384];
  size_t n =
      (size_t)snprintf(text, sizeof text, ".region all, %s, lo=0.0.0/0.0.0/0.0.0/0.0, pages=%d\n",
                       region, sentrons * pages);
  for (int i = 0; i < sentrons; i++) {
    n += (size_t)snprintf(text + n, sizeof text - n,
                          ".init s%d.p0 = %d.0.0/0.0.0/0.0.0/0.0\n"
                          ".sentron s%d, id=%d\n"
                          "{ CLOOP l1, %d, back%d }\n{ CLOOP l0, %d, last%d }\n",
                          i, 4 * i * pages, i, i, passes, i, pages * PAGE_CELLS / LINES, i);
    for (int k = 0; k < LINES; k++) {
      if (k + 1 == LINES)
        n += (size_t)snprintf(text + n, sizeof text - n, "last%d: ", i);
      n += (size_t)snprintf(text + n, sizeof text - n,
                            "{ SGATHER r%d, [p0], 64 | CSTEP p0, linear, 1 }%s\n", k,
                            k + 1 == LINES ? " :l0" : "");
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "back%d: { CSTEP p0, linear, %d } :l1\n", i,
                          -PAGE_CELLS * pages);
  }
  return cycles_of(text, settings);
}

/* Bytes a cycle in the steady state: what more passes (or pages) add. */
static void check_bandwidth(const char *what, double bytes, uint64_t cycles, double stated)
{
  double got = bytes / (double)cycles;
  if (got > stated * 1.01 || got < stated * 0.99)
    T_FAIL("%s: %.3f bytes a cycle instead of %.3f", what, got, stated);
}

T_TEST(laws, a_streaming_read_reaches_the_bandwidth_of_each_tier)
{
  const double page = PAGE_BYTES;
  for (int interval = 1; interval <= 3; interval++) {
    char s[200];
    snprintf(s, sizeof s, "cores=1 l1_interval=%d", interval);
    check_bandwidth("L1", 64 * 4 * page,
                    stream_cycles(s, "private, core=0", 1, 4, 128) -
                        stream_cycles(s, "private, core=0", 1, 4, 64),
                    64.0 / interval);
    snprintf(s, sizeof s, "cores=1 l2_interval=%d", interval);
    check_bandwidth("L2", 4 * 64 * page,
                    stream_cycles(s, "rom", 1, 64, 8) - stream_cycles(s, "rom", 1, 64, 4),
                    64.0 / interval);
    /* Two halves; four cores begin in each. */
    snprintf(s, sizeof s, "l3_interval=%d memory_entries=64", interval);
    check_bandwidth("L3", 8 * 2 * 17 * page,
                    stream_cycles(s, "shared", 8, 17, 4) - stream_cycles(s, "shared", 8, 17, 2),
                    2 * 64.0 / interval);
    snprintf(s, sizeof s, "cores=4 l3_interval=%d", interval);
    check_bandwidth("half an L3", 4 * 2 * 16 * page,
                    stream_cycles(s, "shared", 4, 16, 4) - stream_cycles(s, "shared", 4, 16, 2),
                    64.0 / interval);
  }
  static const double bandwidths[] = {5, 17, 60, 200};
  for (int i = 0; i < 4; i++) {
    char s[200];
    snprintf(s, sizeof s, "ddr_bandwidth=%g memory_entries=64", bandwidths[i]);
    check_bandwidth("DDR", 8 * 16 * page,
                    stream_cycles(s, "shared", 8, 32, 1) - stream_cycles(s, "shared", 8, 16, 1),
                    bandwidths[i] / 4);
  }
}
