/* The programs of asm/examples: what each computes, and the point that it makes, as measured on
 * preset spec (asm/README.md has the table). */
#include "asm/assemble.h"
#include "sim/vtpu.h"
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

/* A run to its end, or to its failure. */
struct example {
  struct object object;
  struct vtpu *vtpu;
  struct vtpu_statistics *statistics;
  struct vtpu_error err; /* of the run */
  int failed;            /* its category, 0: none */
};

static bool example_run(struct example *e, const char *name, const char *preset)
{
  char path[200];
  struct machine m;
  enum vtpu_status status;
  *e = (struct example){0};
  snprintf(path, sizeof path, "asm/examples/%s.s", name);
  if (assemble_file(path, &e->object, &e->err) || machine_load(preset, &m, &e->err)) {
    T_FAIL("%s", e->err.message);
    return false;
  }
  m.dlen = e->object.dlen;
  if (vtpu_new(&m, &e->object, NULL, &e->vtpu, &e->err)) {
    T_FAIL("%s", e->err.message);
    return false;
  }
  e->failed = vtpu_run(e->vtpu, UINT64_MAX, &status, &e->err);
  struct vtpu_error err;
  if (vtpu_statistics(e->vtpu, &e->statistics, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  return true;
}

static void example_end(struct example *e)
{
  vtpu_statistics_free(e->statistics);
  vtpu_free(e->vtpu);
  object_free_parts(&e->object);
}

/* What the host printed at the end. */
static uint64_t printed(const struct example *e, const char *name)
{
  for (unsigned i = 0; i < e->statistics->host_value_count; i++)
    if (strcmp(e->statistics->host_values[i].name, name) == 0)
      return e->statistics->host_values[i].value;
  T_FAIL("the host printed no %s", name);
  return 0;
}

/* A sentron's counts, in one kernel or (NULL) in all. */
static const struct vtpu_counts *counts(const struct example *e, const char *sentron,
                                        const char *kernel)
{
  static const struct vtpu_counts none;
  for (unsigned i = 0; i < e->statistics->sentron_count; i++) {
    const struct vtpu_sentron_statistics *s = &e->statistics->sentrons[i];
    if (strcmp(s->sentron->name, sentron) != 0)
      continue;
    if (!kernel)
      return &s->counts;
    for (unsigned k = 0; k < s->mark_count; k++)
      if (s->marks[k].mark < e->object.mark_count &&
          strcmp(e->object.marks[s->marks[k].mark].kernel, kernel) == 0)
        return &s->marks[k].counts;
  }
  T_FAIL("there is no %s of %s", kernel ? kernel : "statistics", sentron);
  return &none;
}

static uint64_t lane(const struct example *e, unsigned sentron, unsigned reg)
{
  uint8_t bytes[64];
  uint64_t value;
  vtpu_register(e->vtpu, sentron, reg, bytes);
  memcpy(&value, bytes, sizeof value);
  return value;
}

/* --- the smallest --------------------------------------------------------------------------- */

T_TEST(examples, dot_and_fma)
{
  struct example e;
  T_REQUIRE(example_run(&e, "dot", "spec"));
  T_EQ(lane(&e, 0, 6), 26);
  example_end(&e);
  T_REQUIRE(example_run(&e, "fma", "r23w6"));
  T_EQ(lane(&e, 0, 0), 17);
  T_EQ(counts(&e, "main", NULL)->cycles, 1);
  T_EQ(counts(&e, "main", NULL)->ops[PIPE_D] + counts(&e, "main", NULL)->ops[PIPE_S] +
           counts(&e, "main", NULL)->ops[PIPE_C],
       3);
  example_end(&e);
}

T_TEST(examples, microvtpu)
{
  struct example e;
  T_REQUIRE(example_run(&e, "microvtpu", "r23w6"));
  T_EQ(printed(&e, "final"), 84);
  T_EQ(lane(&e, 0, 4), 42);
  T_EQ(counts(&e, "alice", NULL)->cycles, 6);
  example_end(&e);
}

T_TEST(examples, microvtpu_items_take_six_cycles_each)
{
  struct example e;
  T_REQUIRE(example_run(&e, "microvtpu_items", "spec"));
  T_EQ(printed(&e, "result"), 42);
  T_EQ(printed(&e, "double"), 84);
  /* The first walk through cold memory waits for DDR; what it issues is six SIWs an item. */
  T_EQ(counts(&e, "alice", NULL)->siws, 6 * 1000 + 9);
  example_end(&e);
}

T_TEST(examples, spec_stream_fills_every_slot)
{
  struct example e;
  T_REQUIRE(example_run(&e, "spec_stream", "spec"));
  const struct vtpu_counts *c = counts(&e, "stream", NULL);
  T_EQ(c->siws, 4);
  T_EQ(c->ops[PIPE_D], 4);
  T_EQ(c->ops[PIPE_S], 4);
  T_EQ(c->ops[PIPE_C], 4);
  T_EQ((uint32_t)lane(&e, 0, 6), 0x40f00000); /* 7.5 */
  example_end(&e);
}

/* --- one sentron ------------------------------------------------------------------------------ */

T_TEST(examples, streaming_does_three_operations_a_siw)
{
  struct example e;
  T_REQUIRE(example_run(&e, "stream", "spec"));
  T_EQ(printed(&e, "sum"), 8192);
  const struct vtpu_counts *c = counts(&e, "main", "stream");
  uint64_t ops = c->ops[PIPE_D] + c->ops[PIPE_S] + c->ops[PIPE_C];
  T_CHECK(ops > 3 * c->siws - 20); /* all but the loops' own SIWs */
  /* Once the data is in L2, a SIW issues in nearly every cycle: what is waited for is DDR. */
  T_CHECK(c->cycles - c->stack[STALL_DDR] - c->stack[STALL_PTC] < c->siws * 12 / 10);
  example_end(&e);
}

T_TEST(examples, double_buffering_hides_the_fetch)
{
  struct example e;
  T_REQUIRE(example_run(&e, "double_buffer", "spec"));
  T_EQ(printed(&e, "single"), 2048);
  T_EQ(printed(&e, "double"), 2048);
  const struct vtpu_counts *one = counts(&e, "main", "single"), *two = counts(&e, "main", "double");
  T_NEAR((double)one->cycles / (double)two->cycles, 1.98, 0.02);
  /* The same work, and the same lines from DDR. */
  T_EQ(one->macs, two->macs);
  T_CHECK(one->stack[STALL_DDR] > 128 * 60 && two->stack[STALL_DDR] < 128 * 5);
  example_end(&e);
}

T_TEST(examples, prefetch_turns_misses_into_hits)
{
  struct example e;
  T_REQUIRE(example_run(&e, "prefetch", "spec"));
  T_EQ(printed(&e, "demand"), 7);
  T_EQ(printed(&e, "ahead"), 7);
  const struct vtpu_counts *demand = counts(&e, "main", "demand"),
                           *ahead = counts(&e, "main", "ahead");
  T_EQ(demand->ptc_misses, 48);
  T_EQ(demand->ptc_hits, 0);
  T_EQ(ahead->ptc_misses, 0);
  T_EQ(ahead->ptc_hits, 48);
  T_CHECK(ahead->stack[STALL_DDR] < 2 * 72); /* the first lines only */
  T_CHECK(demand->stack[STALL_DDR] > 48 * 60);
  T_NEAR((double)demand->cycles / (double)ahead->cycles, 4.1, 0.1);
  example_end(&e);
}

T_TEST(examples, trits_take_a_quarter_of_the_lines_and_of_the_cycles)
{
  struct example e;
  T_REQUIRE(example_run(&e, "ternary_dot", "spec"));
  T_EQ(printed(&e, "trits"), 48);
  T_EQ(printed(&e, "bytes"), 48);
  const struct vtpu_counts *trits = counts(&e, "main", "trits"),
                           *bytes = counts(&e, "main", "bytes");
  T_EQ(trits->macs, bytes->macs);
  T_EQ(trits->op_code[PIPE_S][OP_SGATHER], 16 * 4 + 4);
  T_EQ(bytes->op_code[PIPE_S][OP_SGATHER], 16 * 16 + 4);
  T_NEAR((double)bytes->cycles / (double)trits->cycles, 4.0, 0.05);
  example_end(&e);
}

T_TEST(examples, the_lookup_finds_a_damaged_item)
{
  struct example e;
  T_REQUIRE(example_run(&e, "lookup", "spec"));
  T_EQ(printed(&e, "item"), 11);
  T_EQ(printed(&e, "equal_bits"), 512 - 8 * 13);
  example_end(&e);
}

/* --- several sentrons --------------------------------------------------------------------------
 */

T_TEST(examples, an_smt_pair_fills_the_ports)
{
  struct example e;
  T_REQUIRE(example_run(&e, "smt_pair", "spec"));
  static const char *const all[] = {"left", "alone", "right"};
  uint64_t chain_alone = counts(&e, "alone", "chain")->cycles;
  uint64_t full_alone = counts(&e, "alone", "full")->cycles;
  T_EQ(counts(&e, "alone", "full")->stack[STALL_PORT], 0);
  for (int i = 0; i < 3; i++)
    T_EQ(counts(&e, all[i], "chain")->siws, 201);
  /* The chains: nobody is in the other's way, by more than the cycle that both begin in. */
  T_CHECK(counts(&e, "left", "chain")->cycles <= chain_alone + 1);
  T_CHECK(counts(&e, "right", "chain")->cycles <= chain_alone + 1);
  /* The full port: each gets half of it. */
  T_NEAR((double)counts(&e, "left", "full")->cycles / (double)full_alone, 2.0, 0.01);
  T_NEAR((double)counts(&e, "right", "full")->cycles / (double)full_alone, 2.0, 0.01);
  T_CHECK(counts(&e, "left", "full")->stack[STALL_PORT] >= 790);
  example_end(&e);
}

T_TEST(examples, credits_slow_the_producer_to_the_consumers_pace)
{
  struct example e;
  T_REQUIRE(example_run(&e, "producer_consumer", "spec"));
  T_EQ(printed(&e, "total"), 9 * (499 * 500 / 2));
  const struct vtpu_counts *p = counts(&e, "producer", "produce"),
                           *c = counts(&e, "consumer", "consume");
  T_EQ(p->sent, 500);
  T_EQ(c->received, 500);
  T_NEAR((double)c->cycles / 500, 8, 0.1);
  T_NEAR((double)p->cycles / 500, 8, 0.1); /* it could do 3 */
  T_CHECK(p->stack[STALL_CREDIT] > p->cycles / 2);
  T_CHECK(c->stack[STALL_MESSAGE] < 50); /* only the first is waited for */
  example_end(&e);
}

T_TEST(examples, a_round_trip_is_twice_the_latency)
{
  struct example e;
  T_REQUIRE(example_run(&e, "pingpong", "spec"));
  T_EQ((int64_t)lane(&e, 0, 0), 100);
  /* Ping: pack and send, receive; pong: receive, add, pack, send: 2 x 12 cycles on the way. */
  double trip = (double)counts(&e, "ping", NULL)->cycles / 100;
  T_CHECK(trip >= 24 && trip < 32);
  example_end(&e);
}

T_TEST(examples, a_tree_reduces_in_three_steps_and_a_chain_in_seven)
{
  struct example e;
  T_REQUIRE(example_run(&e, "reduction_tree", "spec"));
  T_EQ(printed(&e, "chain"), 255);
  T_EQ(printed(&e, "tree"), 255);
  T_EQ(printed(&e, "collective"), 255);
  uint64_t chain = counts(&e, "s0", "chain")->cycles, tree = counts(&e, "s0", "tree")->cycles,
           collective = counts(&e, "s0", "collective")->cycles;
  /* A message takes 12 cycles, and so does the barrier at the end; the collective 2 x 12 + 7. */
  T_CHECK(chain >= 7 * 12 + 12 && chain < 9 * 16 + 12);
  T_CHECK(tree >= 3 * 12 + 12 && tree < 4 * 16 + 12);
  T_CHECK(collective >= 2 * 12 + 7 + 12 && collective < tree);
  T_CHECK(10 * chain > 17 * tree);
  example_end(&e);
}

T_TEST(examples, the_barrier_waits_for_all)
{
  struct example e;
  T_REQUIRE(example_run(&e, "barrier", "spec"));
  T_EQ(printed(&e, "sum"), 100);
  T_CHECK(counts(&e, "s0", NULL)->stack[STALL_BARRIER] > 0);
  example_end(&e);
}

T_TEST(examples, the_deadlock_is_reported)
{
  struct example e;
  T_REQUIRE(example_run(&e, "deadlock", "spec"));
  T_EQ(e.failed, VTPU_PROGRAM); /* the exit status: 4 */
  T_CONTAINS(e.err.message, "deadlock at cycle");
  T_CONTAINS(e.err.message, "sentron 0 (left), SIW 0");
  T_CONTAINS(e.err.message, "sentron 1 (right), SIW 3");
  T_CONTAINS(e.err.message, "waits for a message from sentron 1");
  T_CONTAINS(e.err.message, "waits for a message from sentron 0");
  example_end(&e);
}

/* Every file of the folder has its test above. */
static int known;
static void count_known(const char *path, const char *name)
{
  static const char *const tested[] = {"barrier",
                                       "deadlock",
                                       "dot",
                                       "double_buffer",
                                       "fma",
                                       "lookup",
                                       "microvtpu",
                                       "microvtpu_items",
                                       "pingpong",
                                       "prefetch",
                                       "producer_consumer",
                                       "reduction_tree",
                                       "smt_pair",
                                       "spec_stream",
                                       "stream",
                                       "ternary_dot"};
  (void)path;
  for (size_t i = 0; i < sizeof tested / sizeof *tested; i++)
    known += strncmp(name, tested[i], strlen(tested[i])) == 0 &&
             strcmp(name + strlen(tested[i]), ".s") == 0;
}

T_TEST(examples, all_are_tested)
{
  known = 0;
  T_EQ(each_file("asm/examples", ".s", count_known), known);
}
