/* See programs.h. */
#include "tests/checkpoint/programs.h"

#include "asm/assemble.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

/* Caches so small that little fits, and checkpoints are small too. */
#define TINY                                                                                       \
  "l1_bytes=1024 l1_ways=2 l2_bytes=4096 l2_ways=4 l3_bytes=8192 l3_ways=4 ptc_entries=4 "         \
  "ptc_ways=2 spawn=7 "

/* Two sentrons of one core contend for ports, entries and a PTC of four; a third core shares the
 * DDR. A rom that is used in place, one that is partly filled, a private and a shared region. */
static const char streams[] =
    ".dlen 512\n"
    ".region mine, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=6\n"
    ".region weights, rom, lo=0.0.4/0.0.0/0.0.0/0.0, pages=16\n"
    ".region table, rom, lo=0.0.8/0.0.0/0.0.0/0.0, pages=3\n"
    ".region all, shared, lo=0.0.12/0.0.0/0.0.0/0.0, pages=3\n"
    ".data weights, f32 1.5 x 16384\n"
    ".data table, f32 0.25 x 100\n"
    ".init a.p0 = 0.0.4/0.0.0/0.0.0/0.0\n"
    ".init a.p1 = 0.0.0/0.0.0/0.0.0/0.0\n"
    ".init b.p0 = 8.0.4/0.0.0/0.0.0/0.0\n"
    ".init b.p1 = 4.0.0/0.0.0/0.0.0/0.0\n"
    ".init c.p0 = 0.0.4/0.0.0/0.0.0/0.0\n"
    ".init c.p1 = 0.0.12/0.0.0/0.0.0/0.0\n"
    ".init a.r8 = f32 2.0 x 16\n.init b.r8 = f32 3.0 x 16\n.init c.r8 = f32 4.0 x 16\n"
    ".sentron a, id=0, entry=code, end=over\n"
    ".sentron b, id=8, entry=code, end=over\n"
    ".sentron c, id=1, entry=code, end=over\n"
    ".mark warm, layer=0\n"
    "code: { SPREFCH.l2 [0.0.8/0.0.0/0.0.0/0.0] }\n"
    "  { CLOOP l1, 3, again }\n"
    ".mark walk, layer=1\n"
    "  { CLOOP l0, 40, last }\n"
    "  { DFMA.f32 r1, r2, r8[0], r1 | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "  { DFMA.f32 r3, r4, r8[1], r3 | SGATHER r4, [p0], 64 | CSTEP p0, linear, 5 }\n"
    "  { DADD.f32 r5, r1, r3 | SSCATTR [p1], r5, 64 }\n"
    "last: { DRCP r6, r5 | SSCATTR [p1], r1, 8, at 4 | CSTEP p1, linear, 1 } :l0\n"
    ".endmark\n"
    "  { SGATHER.m r7, [1.0.8/0.0.0/0.0.0/0.0], 8 | CFENCE.core }\n"
    "  { SPREFCH.l1 [p0] }\n"
    "  { SFLUSH [p1] }\n"
    "again: { DADD.f32 r5, r5, r7 | CSTEP p1, linear, -40 } :l1\n"
    "over:\n";

/* Full queues both ways, a broadcast and its merge, groups made at run time. */
static const char messages[] =
    ".dlen 128\n.group 1, 0..3\n"
    ".init s0.r1 = 5\n.init s1.r1 = 7\n.init s2.r1 = 11\n.init s3.r1 = 13\n"
    ".sentron s0, id=0, home=0.0.0/0.0.0/0.0.0/0.1\n"
    "  { CLOOP l0, 20, s0_last }\n"
    "  { DADD r2, r2, r1 | CPACK m0, r2, r1 }\n"
    "  { CSEND m0, 1 }\n  { CSEND m0, 1 }\n  { CSEND m0, 8 }\n"
    "s0_last: { CRECV r3, 1 } :l0\n"
    "  { CFANOUT m0, 1 }\n  { CMERGE.i64.sum r4, 1 }\n"
    ".sentron s1, id=1, home=0.0.0/0.0.0/0.0.0/0.2\n"
    "  { CSLICE 2, d10, 1, 2 }\n"
    "  { CLOOP l0, 20, s1_last }\n"
    "  { CRECV r2, 0 }\n  { CRECV r5, 0 }\n"
    "  { DMUL r2, r2, r1 | CPACK m1, r2, r5 }\n"
    "  { DMUL r6, r2, r6 | SASSOC.put r7, [p0] | CSTEP p0, d3, 3 }\n"
    "s1_last: { CSEND m1, 0 | SDEDUP.look r9, r2 } :l0\n"
    "  { CFANOUT m1, 1 | SNEIGHBR r8, [p0], 9 }\n  { CMERGE.i64.vote r4, 1 | SASSOC.all r10, [p0] "
    "}\n"
    ".sentron s2, id=2, home=0.0.0/0.0.0/0.0.0/0.3\n"
    "  { CPACK m0, r1, r1 }\n  { CFANOUT m0, 1 }\n  { CMERGE.i64.max r4, 1 }\n"
    ".sentron s3, id=3, home=0.0.0/0.0.0/0.0.0/0.4\n"
    "  { CLOOP l0, 400, s3_last }\n"
    "s3_last: { DMUL r2, r1, r2 } :l0\n"
    "  { CPACK m0, r1, r2 }\n  { CFANOUT m0, 1 }\n  { CMERGE.i64.concat r4, 1 }\n"
    ".sentron s8, id=8\n"
    "  { CLOOP l0, 20, s8_last }\n"
    "  { CRECV r2, 0 }\n"
    "s8_last: { DMUL r3, r2, r3 } :l0\n";

/* Members that come late to barriers, reductions and broadcasts; one is spawned by another. */
static const char collectives[] =
    ".dlen 64\n.group 0, 0, 1, 9\n.group 3, 0, 9\n"
    ".init s0.r1 = 3\n.init s1.r1 = 5\n.init s9.r1 = 6\n"
    ".region all, shared, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1\n"
    ".sentron s0, id=0\n"
    "  { CSPAWN 9, late }\n  { CLOOP l0, 6, s0_last }\n"
    "  { CREDUCE.i64.sum r1, r1, 0 }\n  { SSCATTR [0.0.0/0.0.0/0.0.0/0.0], r1, 8 | CFENCE.node }\n"
    "  { CBAR 0 }\n"
    "s0_last: { CCAST r2, r1, 3, 1 } :l0\n"
    ".sentron s1, id=1\n"
    "  { CLOOP l0, 6, s1_last }\n"
    "  { CREDUCE.i64.sum r1, r1, 0 }\n"
    "  { DMUL r3, r1, r1 | SGATHER r4, [0.0.0/0.0.0/0.0.0/0.0], 8 }\n"
    "s1_last: { CBAR 0 } :l0\n"
    ".sentron s9, id=9, dormant\n"
    "late: { CLOOP l0, 6, s9_last }\n"
    "  { CREDUCE.i64.sum r1, r1, 0 }\n  { CLOOP l1, 30, s9_in }\n"
    "s9_in: { DMUL r3, r3, r1 } :l1\n"
    "  { CBAR 0 }\n"
    "s9_last: { CCAST r2, r1, 3, 1 } :l0\n";

/* Regions that come and go on two cores while both use them; accesses wait in front of frees. */
static const char regions[] = ".dlen 64\n.init a.r1 = 77\n.init b.r1 = 99\n"
                              ".sentron a, id=0\n"
                              "  { CLOOP l0, 5, a_last }\n"
                              "  { SALLOC.private r2, [0.0.0/0.0.0/0.0.0/1.0], 2 }\n"
                              "  { DADD r1, r1, r2 }\n"
                              "  { SSCATTR [1.0.0/0.0.0/0.0.0/1.0], r1, 8 }\n"
                              "  { SGATHER r3, [1.0.0/0.0.0/0.0.0/1.0], 8 }\n"
                              "  { SSCATTR [5.0.0/0.0.0/0.0.0/1.0], r3, 8 }\n"
                              "  { SGATHER r4, [6.0.0/0.0.0/0.0.0/1.0], 8 }\n"
                              "a_last: { SFREE [0.0.0/0.0.0/0.0.0/1.0] } :l0\n"
                              "  { SALLOC.shared r2, [0.0.0/0.0.0/0.0.0/3.0], 1 }\n"
                              "  { DADD r5, r3, r2 | SSCATTR [0.0.0/0.0.0/0.0.0/3.0], r3, 8 }\n"
                              ".sentron b, id=1\n"
                              "  { CLOOP l0, 9, b_last }\n"
                              "  { SALLOC.shared r2, [0.0.0/0.0.0/0.0.0/2.0], 1 }\n"
                              "  { DADD r1, r1, r2 | SSCATTR [0.0.0/0.0.0/0.0.0/2.0], r1, 8 }\n"
                              "  { SGATHER r3, [0.0.0/0.0.0/0.0.0/2.0], 8 }\n"
                              "b_last: { SFREE [0.0.0/0.0.0/0.0.0/2.0] } :l0\n";

/* Touches pages that nobody allocated, far apart. */
static const char lazy[] =
    ".dlen 64\n.init a.r1 = 3\n.init a.p0 = 0.0.0/5.0.0/0.0.0/0.0\n"
    ".init b.r1 = 4\n.init b.p0 = 4.0.0/0.0.9/0.0.0/0.0\n"
    ".sentron a, id=0, entry=code, end=over\n.sentron b, id=1, entry=code, end=over\n"
    "code: { CLOOP l0, 30, last }\n"
    "  { DADD r2, r2, r1 | SSCATTR [p0], r2, 8 | CSTEP.c p0, d4, 700 }\n"
    "last: { DMUL r3, r4, r1 | SGATHER r4, [p0], 8 | CSTEP.c p0, d0, 9 } :l0\n"
    "over:\n";

/* Host steps between phases of the same sentrons. */
static const char phases[] =
    ".dlen 64\n.region all, shared, lo=0.0.0/0.0.0/0.0.0/0.0, pages=2\n"
    ".sentron a, id=0\n"
    "  { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }\n"
    "  { DADD r2, r2, r1 }\n"
    "  { SSCATTR [4.0.0/0.0.0/0.0.0/0.0], r2, 8 }\n"
    ".sentron b, id=1\n"
    "  { DADD r3, r3, r4 }\n  { SSCATTR [5.0.0/0.0.0/0.0.0/0.0], r3, 8 }\n"
    ".host write 0.0.0/0.0.0/0.0.0/0.0, 12\n.host run a, b\n"
    ".host print 4.0.0/0.0.0/0.0.0/0.0, first\n.host read 4.0.0/0.0.0/0.0.0/0.0 -> b.r4\n"
    ".host run b\n.host write 0.0.0/0.0.0/0.0.0/0.0, 30\n.host run a, b\n"
    ".host print 4.0.0/0.0.0/0.0.0/0.0, second\n.host print 5.0.0/0.0.0/0.0.0/0.0, third\n";

/* Three nodes: messages on links with little bandwidth, credits that come back late. */
static const char nodes[] =
    ".dlen 128\n.region local, shared, node=all, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1\n"
    ".init n0.r1 = 3\n.init n1.r1 = 5\n.init n2.r1 = 7\n"
    ".sentron n0, id=2, node=0\n"
    "  { CLOOP l0, 12, n0_last }\n"
    "  { DADD r2, r2, r1 | CPACK m0, r2, r1 }\n"
    "  { CROUTE m0, 1 }\n  { CROUTE m0, 2 }\n"
    "n0_last: { SSCATTR [0.0.0/0.0.0/0.0.0/0.0], r2, 8 | CFENCE.cluster } :l0\n"
    "  { CRECV.n r3, 2 }\n"
    ".sentron n1, id=2, node=1\n"
    "  { CLOOP l0, 12, n1_last }\n"
    "  { CRECV.n r3, 0 }\n  { DMUL r4, r3, r1 | CPACK m0, r3, r1 }\n"
    "n1_last: { CROUTE m0, 2 | SSCATTR [0.0.0/0.0.0/0.0.0/0.0], r4, 8 } :l0\n"
    ".sentron n2, id=2, node=2\n"
    "  { CLOOP l0, 12, n2_last }\n"
    "  { CRECV.n r3, 1 }\n"
    "n2_last: { CRECV.n r4, 0 } :l0\n"
    "  { DADD r5, r3, r4 | CPACK m0, r3, r4 }\n  { CROUTE m0, 0 }\n";

/* Fences that wait for an arrival and, longer, for a message; prefetches with every hint that are
 * on their way; ports that are taken for long. */
static const char fences[] =
    ".dlen 128\n.region rom, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=9\n"
    ".region all, shared, lo=0.0.4/0.0.0/0.0.0/0.0, pages=9\n"
    ".init a.p0 = 0.0.0/0.0.0/0.0.0/0.0\n.init a.p1 = 0.0.4/0.0.0/0.0.0/0.0\n"
    ".init b.p0 = 4.0.0/0.0.0/0.0.0/0.0\n.init b.p1 = 4.0.4/0.0.0/0.0.0/0.0\n"
    ".sentron a, id=0\n"
    "  { CLOOP l0, 12, a_last }\n"
    "  { SFLUSH [p0] | CSEND m0, 1 }\n  { CFENCE.node }\n"
    "  { SPREFCH.l3 [p0] | CSTEP p0, linear, 1 }\n  { SPREFCH.nta [p0] | CSTEP p0, linear, 1 }\n"
    "  { SPREFCH.l2 [p0] | CSTEP p0, linear, -2 }\n  { SGATHER r2, [p1], 16 | CFENCE.core }\n"
    "  { SGATHER r3, [p0], 16 | CSTEP p0, linear, 1 }\n"
    "  { SGATHER r4, [p0], 16 | CSTEP p0, linear, 1 }\n"
    "  { SGATHER r5, [p0], 16 | CSTEP p0, linear, 17 }\n"
    "a_last: { DADD r6, r3, r4 | CSTEP p1, linear, 20 } :l0\n"
    ".sentron b, id=1\n"
    "  { CLOOP l0, 12, b_last }\n"
    "  { CRECV r1, 0 | SPREFCH.nta [p0] }\n  { SSCATTR [p1], r1, 16 | CSTEP p1, linear, 9 }\n"
    "  { SSCATTR [p1], r1, 16 | CSTEP p0, linear, 9 }\n"
    "b_last: { SGATHER r3, [p0], 16 | CFENCE.core } :l0\n";

/* Ends in a fault while the other sentron still has work. */
static const char fault[] =
    ".dlen 64\n.sentron a, id=0\n  { CLOOP l0, 50, a_last }\na_last: { DMUL r1, r1, r2 } :l0\n"
    "  { SGATHER r3, [0.0.0/0.0.0/0.0.0/9.9], 8 }\n"
    ".sentron b, id=1\n  { CLOOP l0, 45, b_last }\nb_last: { DMUL r1, r1, r2 } :l0\n";

/* Ends in a deadlock. */
static const char deadlock[] =
    ".dlen 64\n.sentron a, id=0\n  { CLOOP l0, 50, a_last }\na_last: { DMUL r1, r1, r2 } :l0\n"
    "  { CRECV r3, 1 }\n"
    ".sentron b, id=1\n  { CLOOP l0, 80, b_last }\nb_last: { DMUL r1, r1, r2 } :l0\n"
    "  { CRECV r3, 0 }\n";

const struct program_text program_texts[] = {
    {"streams", "spec", "", streams, false, false},
    {"streams, tiny", "spec", TINY, streams, false, false},
    {"streams, two ports", "spec", TINY "sports=2 dports=2 memory_entries=8", streams, false,
     false},
    {"streams, untimed", "spec", "", streams, true, false},
    {"streams, zen4", "zen4", "", streams, false, false},
    {"streams, coordinate", "spec", TINY "ptc_granularity=coordinate ptc_hash=reference", streams,
     false, false},
    {"messages", "spec", TINY, messages, false, false},
    {"messages, short queues", "spec", TINY "queue_depth=2 l3_latency=40", messages, false, false},
    {"collectives", "spec", TINY "net_node=33", collectives, false, false},
    {"regions", "spec", TINY, regions, false, false},
    {"regions, frees on their way", "spec", TINY "ptc_hit=30", regions, false, false},
    {"lazy", "spec", TINY "lazy_mapping=yes", lazy, false, false},
    {"lazy, r23w6", "r23w6", "dlen=64", lazy, false, false},
    {"phases", "spec", TINY, phases, false, false},
    {"nodes", "spec", TINY "nodes=3 link_latency=90 link_bandwidth=1 topology=ring", nodes, false,
     false},
    {"fences", "spec", TINY "l3_latency=90 ptc_hit=25 ptc_miss=40 l1_interval=6 l3_interval=9",
     fences, false, false},
    {"streams, slow ports", "spec", TINY "l1_interval=9 l2_interval=11 l3_interval=40", streams,
     false, false},
    {"fault", "spec", TINY, fault, false, true},
    {"deadlock", "spec", TINY, deadlock, false, true},
};
const int program_text_count = sizeof program_texts / sizeof *program_texts;

bool program_open(const struct program_text *p, struct cut_case *out)
{
  struct vtpu_error err;
  *out = (struct cut_case){.name = p->name, .untimed = p->untimed, .fails = p->fails};
  char sets[512];
  snprintf(sets, sizeof sets, "%s", p->sets);
  int bad = assemble_text(p->name, p->text, strlen(p->text), &out->object, &err);
  bool assembled = !bad;
  if (!bad)
    bad = machine_load(p->preset, &out->machine, &err);
  for (char *set = strtok(sets, " "); set && !bad; set = strtok(NULL, " "))
    bad = machine_set(&out->machine, "test", set, &err);
  if (!bad) {
    out->machine.dlen = out->object.dlen;
    bad = machine_check(&out->machine, "test", &err);
  }
  if (bad) {
    T_FAIL("%s: %s", p->name, err.message);
    if (assembled)
      object_free_parts(&out->object);
  }
  return !bad;
}

bool program_named(const char *name, struct cut_case *out)
{
  for (int i = 0; i < program_text_count; i++)
    if (strcmp(program_texts[i].name, name) == 0)
      return program_open(&program_texts[i], out);
  T_FAIL("no program %s", name);
  return false;
}

void program_close(struct cut_case *c)
{
  object_free_parts(&c->object);
}
