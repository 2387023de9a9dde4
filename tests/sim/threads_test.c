/* Nodes on several host threads: the same bits as on one (sim/cluster.c). */
#include "asm/assemble.h"
#include "sim/vtpu.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

/* Three nodes pass a growing sum round the ring, each working between receiving and sending. */
static void ring_text(char *text, size_t bytes)
{
  size_t used = (size_t)snprintf(text, bytes, ".dlen 64\n");
  for (int n = 0; n < 3; n++)
    used +=
        (size_t)snprintf(text + used, bytes - used,
                         ".region r%d, shared, node=%d, lo=0.0.0/0.0.0/0.0.0/0.0, pages=4\n"
                         ".sentron s%d, id=0, node=%d\n"
                         "  { DMOV r4, 1 | CLOOP l1, 40, last%d }\n"
                         "%s"
                         "  { CLOOP l0, 300, in%d }\n"
                         "in%d: { DADD r1, r1, r4 | SGATHER r3, [1.0.0/0.0.0/0.0.0/0.0], 8 } :l0\n"
                         "  { SSCATTR [2.0.0/0.0.0/0.0.0/0.0], r1, 8 | CPACK m0, r1, r2 }\n"
                         "  { CROUTE m0, %d }\n"
                         "%s"
                         "last%d: { DADD r1, r1, r2 } :l1\n",
                         n, n, n, n, n, n ? "  { CRECV.n r2, 0 }\n" : "", n, n, (n + 1) % 3,
                         n ? "" : "  { CRECV.n r2, 2 }\n", n);
  /* Node 2 listens to node 1. */
  char *third = strstr(text, ".sentron s2");
  char *from = third ? strstr(third, "CRECV.n r2, 0") : NULL;
  if (from)
    from[strlen("CRECV.n r2, ")] = '1';
}

static bool run_with(const struct object *o, const struct machine *m, unsigned threads,
                     struct vtpu_statistics **s, uint8_t reg[3][64])
{
  struct vtpu_error err;
  struct vtpu *v;
  enum vtpu_status status;
  struct vtpu_options options = {.threads = threads};
  if (vtpu_new(m, o, &options, &v, &err) || vtpu_run(v, UINT64_MAX, &status, &err) ||
      vtpu_statistics(v, s, &err)) {
    T_FAIL("%u threads: %s", threads, err.message);
    return false;
  }
  for (unsigned i = 0; i < 3; i++)
    vtpu_register(v, i, REG_R + 1, reg[i]);
  vtpu_free(v);
  return true;
}

T_TEST(threads, same_results_on_one_two_and_three)
{
  char text[4096];
  ring_text(text, sizeof text);
  struct vtpu_error err;
  struct object o;
  struct machine m;
  if (assemble_text("ring", text, strlen(text), &o, &err) || machine_load("spec", &m, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  m.nodes = 3;
  m.topology = TOPOLOGY_RING;
  m.dlen = 64;
  struct vtpu_statistics *one, *more;
  uint8_t reg_one[3][64], reg_more[3][64];
  T_REQUIRE(run_with(&o, &m, 1, &one, reg_one));
  T_CHECK(one->cycles > 40 * 3 * 10000); /* every round crosses three links */
  T_EQ(one->total.sent, 120);
  T_EQ(one->total.received, 120);
  for (unsigned threads = 2; threads <= 3; threads++) {
    T_REQUIRE(run_with(&o, &m, threads, &more, reg_more));
    T_CHECK(memcmp(reg_one, reg_more, 8) == 0 && memcmp(reg_one[1], reg_more[1], 8) == 0 &&
            memcmp(reg_one[2], reg_more[2], 8) == 0);
    T_EQ(one->cycles, more->cycles);
    T_CHECK(memcmp(&one->total, &more->total, sizeof one->total) == 0);
    for (unsigned i = 0; i < 3; i++)
      T_CHECK(memcmp(&one->sentrons[i].counts, &more->sentrons[i].counts,
                     sizeof one->sentrons[i].counts) == 0);
    vtpu_statistics_free(more);
  }
  vtpu_statistics_free(one);
  object_free_parts(&o);
}
