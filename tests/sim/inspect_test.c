/* sim/inspect.h: what can be seen of a stopped run, and changed. The times are those of the timing
 * rules (sim/README.md), on preset spec. */
#include "asm/assemble.h"
#include "sim/inspect.h"
#include "tests/harness/harness.h"
#include "tests/ptc/programs.h"

#include <stdio.h>
#include <string.h>

struct stopped {
  struct object object;
  struct machine machine;
  struct vtpu *v;
};

static bool stop_at(struct stopped *s, const char *text, const char *settings, uint64_t cycle)
{
  struct vtpu_error err;
  enum vtpu_status status;
  *s = (struct stopped){.machine = machine_with(settings)};
  if (assemble_text("text", text, strlen(text), &s->object, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  s->machine.dlen = s->object.dlen;
  if (vtpu_new(&s->machine, &s->object, NULL, &s->v, &err) ||
      vtpu_run(s->v, cycle, &status, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  return true;
}

static void stop_end(struct stopped *s)
{
  vtpu_free(s->v);
  object_free_parts(&s->object);
}

static void go_on(struct stopped *s, uint64_t cycle)
{
  struct vtpu_error err;
  enum vtpu_status status;
  if (vtpu_run(s->v, cycle, &status, &err))
    T_FAIL("%s", err.message);
}

static struct coord cell(const char *text)
{
  struct coord c = {0, 0};
  const char *why;
  T_CHECK(coord_parse(text, &c, &why) > 0);
  return c;
}

#define REGIONS                                                                                    \
  ".dlen 64\n"                                                                                     \
  ".region own, private, core=0, lo=0.0.0/1.1.1/1.1.1/1.1, pages=2\n"                              \
  ".region all, shared, lo=0.0.0/2.1.1/1.1.1/1.1, pages=1\n"                                       \
  ".init main.p0 = 1.0.0/1.1.1/1.1.1/1.1\n"

T_TEST(inspect, a_sentron_its_gather_and_its_loop)
{
  struct stopped s;
  struct vtpu_sentron_look look;
  static const char text[] = REGIONS "{ SGATHER r1, [p0], 8 | CLOOP l2, 3, last }\n"
                                     "{ DMUL r2, r3, r3 }\n"
                                     "last:\n"
                                     "{ DADD r4, r1, r2 } :l2\n";
  T_REQUIRE(stop_at(&s, text, "", 50));
  vtpu_look_sentron(s.v, 0, 50, &look);
  T_EQ(look.life, VTPU_ALIVE);
  T_EQ(look.stall, STALL_SPAWN);
  T_EQ(look.stall_until, 100);
  T_CHECK(!look.issued);
  go_on(&s, 100);
  vtpu_look_sentron(s.v, 0, 100, &look);
  T_EQ(look.stall, STALL_ISSUE);
  T_EQ(look.siw, 0);
  go_on(&s, 102); /* the gather has issued at 100, the product at 101 */
  vtpu_look_sentron(s.v, 0, 102, &look);
  T_EQ(look.siw, 2);
  T_EQ(look.last_siw, 1);
  T_EQ(look.last_issue, 101);
  T_CHECK(look.owed[REG_R + 1].fetched);
  T_CHECK(look.stall == STALL_PTC); /* it arrives at 112, and then waits for DDR */
  T_CHECK(look.owed[REG_R + 1].ready == VTPU_UNKNOWN || look.owed[REG_R + 1].ready == 182);
  T_EQ(look.owed[REG_R + 2].ready, 104);
  T_EQ(look.owed[REG_R + 2].cause, STALL_DRESULT);
  T_CHECK(!look.owed[REG_R + 2].fetched);
  T_CHECK(look.loop[2].active && !look.loop[0].active);
  T_EQ(look.loop[2].start, 1);
  T_EQ(look.loop[2].end, 2);
  T_EQ(look.loop[2].remaining, 3);
  go_on(&s, 150);
  vtpu_look_sentron(s.v, 0, 150, &look);
  T_EQ(look.stall, STALL_DDR);
  T_EQ(look.stall_until, 182);
  go_on(&s, 1000);
  vtpu_look_sentron(s.v, 0, 1000, &look);
  T_EQ(look.life, VTPU_RETIRED);
  stop_end(&s);
}

T_TEST(inspect, memory_translation_and_cells)
{
  struct stopped s;
  struct vtpu_memory_look m;
  struct vtpu_cell_look c;
  struct vtpu_ptc_look e;
  static const char text[] = REGIONS "{ SSCATTR [p0], r3, 8 }\n"
                                     "{ SGATHER r1, [0.0.0/2.1.1/1.1.1/1.1], 8 }\n"
                                     "{ SGATHER r2, [p0], 8 }\n";
  unsigned sets, ways;
  T_REQUIRE(stop_at(&s, text, "", 105));
  vtpu_ptc_shape(s.v, &sets, &ways);
  T_EQ(sets, 256);
  T_EQ(ways, 4);
  vtpu_look_memory(s.v, 0, 0, &m);
  T_EQ(m.entries, 16);
  T_EQ(m.s_closed, 112); /* by the walk of the scatter */
  T_EQ(m.walker, 112);
  T_CHECK(m.entry[0] > 105);
  T_CHECK(vtpu_look_cell(s.v, 0, 0, cell("1.0.0/1.1.1/1.1.1/1.1"), &c));
  T_EQ_STR(c.region, "own");
  T_EQ(c.kind, REGION_PRIVATE);
  T_EQ(c.frame, 0);
  T_EQ(c.index, 1);
  T_CHECK(c.translated && c.filled == 112);
  unsigned set = vtpu_ptc_set_of(s.v, cell("1.0.0/1.1.1/1.1.1/1.1")), found = 0;
  for (unsigned way = 0; way < ways; way++)
    if (vtpu_look_ptc(s.v, 0, 0, set, way, &e) &&
        coord_same_cell(e.coord, s.object.regions[0].lo)) {
      found++;
      T_EQ(e.frame, 0);
      T_EQ(e.filled, 112);
      T_EQ(e.kind, REGION_PRIVATE);
    }
  T_EQ(found, 1);
  T_CHECK(!vtpu_look_cell(s.v, 0, 0, cell("9.0.0/9.1.1/1.1.1/1.1"), &c));
  go_on(&s, 2000);
  T_CHECK(vtpu_look_cell(s.v, 0, 0, cell("1.0.0/1.1.1/1.1.1/1.1"), &c));
  T_CHECK(c.tier[TIER_L1].there && c.tier[TIER_L1].dirty && !c.tier[TIER_L3].there);
  T_CHECK(vtpu_look_cell(s.v, 0, 0, cell("0.0.0/2.1.1/1.1.1/1.1"), &c));
  T_CHECK(!c.tier[TIER_L1].there && !c.tier[TIER_L2].there && c.tier[TIER_L3].there);
  vtpu_look_memory(s.v, 0, 0, &m);
  T_EQ(m.arrivals, 0);
  for (unsigned i = 0; i < m.entries; i++)
    T_CHECK(m.entry[i] <= 2000);
  stop_end(&s);
}

/* With another core, what is shared waits for its turn in the queue of arrivals. */
T_TEST(inspect, arrivals_name_their_cells)
{
  struct stopped s;
  struct vtpu_memory_look m;
  static const char text[] = ".dlen 64\n"
                             ".region grid, shared, lo=4.8.0/3.5.1/1.1.1/1.1, extent=2.3.1/4.2\n"
                             ".sentron a, id=0\n"
                             "{ SGATHER r1, [9.17.2/5.6.1/1.1.1/1.1+8], 8 }\n"
                             ".sentron b, id=1\n"
                             "{ SGATHER r1, [4.8.3/3.5.1/1.1.1/1.1], 8 }\n";
  unsigned named = 0;
  T_REQUIRE(stop_at(&s, text, "", 101));
  for (unsigned core = 0; core < 2; core++) {
    vtpu_look_memory(s.v, 0, core, &m);
    for (unsigned i = 0; i < m.arrivals; i++) {
      struct vtpu_arrival_look a;
      char at[COORD_TEXT_BYTES];
      vtpu_look_arrival(s.v, 0, core, i, &a);
      T_EQ_STR(a.kind, "gather");
      T_EQ(a.sentron, core);
      T_EQ(a.reg, REG_R + 1);
      T_EQ(a.arrives, 112);
      T_CHECK(a.has_coord);
      T_EQ_STR(coord_print(coord_with_flags(a.cell, a.offset), at),
               core ? "4.8.3/3.5.1/1.1.1/1.1" : "9.17.2/5.6.1/1.1.1/1.1+8");
      named++;
    }
  }
  T_EQ(named, 2);
  stop_end(&s);
}

T_TEST(inspect, messages_and_credits)
{
  struct stopped s;
  struct vtpu_queue_look q;
  struct vtpu_sentron_look look;
  static const char text[] = ".dlen 64\n"
                             ".init a.r1 = 77\n"
                             ".sentron a, id=0\n"
                             "{ CPACK m0, r1, r1 }\n"
                             "{ CSEND m0, 1 }\n"
                             "{ CSEND m0, 1 }\n"
                             ".sentron b, id=1\n"
                             "{ CRECV r2, 0 }\n"
                             "{ CRECV r3, 0 }\n"
                             "{ CRECV r4, 0 }\n";
  uint8_t bytes[M_BYTES];
  T_REQUIRE(stop_at(&s, text, "", 100));
  T_CHECK(!vtpu_look_queue(s.v, 0, 1, 100, &q));
  go_on(&s, 103); /* sent at 101 and 102, 12 cycles on their way */
  T_CHECK(vtpu_look_queue(s.v, 0, 1, 103, &q));
  T_EQ(q.depth, 8);
  T_EQ(q.messages, 2);
  T_EQ(q.credits, 6);
  T_EQ(vtpu_look_message(s.v, 0, 1, 0, bytes), 113);
  T_EQ(bytes[0], 77);
  T_EQ(vtpu_look_message(s.v, 0, 1, 1, bytes), 114);
  vtpu_look_sentron(s.v, 1, 103, &look);
  T_EQ(look.stall, STALL_MESSAGE);
  T_EQ(look.stall_until, 113);
  go_on(&s, 114); /* one is received, at 113; its credit comes back 12 cycles later */
  T_CHECK(vtpu_look_queue(s.v, 0, 1, 114, &q));
  T_EQ(q.messages, 1);
  T_EQ(q.received, 1);
  T_EQ(q.credits, 6);
  T_CHECK(vtpu_look_queue(s.v, 0, 1, 124, &q));
  T_EQ(q.credits, 6);
  T_CHECK(vtpu_look_queue(s.v, 0, 1, 125, &q));
  T_EQ(q.credits, 7);
  /* The third never comes. */
  struct vtpu_failure f;
  struct vtpu_error err;
  enum vtpu_status status;
  T_CHECK(!vtpu_look_failure(s.v, &f));
  T_EQ(vtpu_run(s.v, UINT64_MAX, &status, &err), VTPU_PROGRAM);
  T_CHECK(vtpu_look_failure(s.v, &f) && !f.fault);
  vtpu_look_sentron(s.v, 1, f.cycle, &look);
  T_CONTAINS(look.waits, "waits for a message from sentron 0 (a, retired)");
  stop_end(&s);
}

/* Two contexts that want one port: the one that issued longer ago has it. */
T_TEST(inspect, a_port_goes_to_who_waited_longer)
{
  struct stopped s;
  static const char text[] = ".dlen 64\n"
                             ".sentron a, id=0, entry=code, end=done\n"
                             ".sentron b, id=8, entry=code, end=done\n"
                             "code:\n"
                             "{ DADD r1, r2, r2 }\n"
                             "{ DADD r3, r2, r2 }\n"
                             "{ DADD r4, r2, r2 }\n"
                             "done:\n";
  T_REQUIRE(stop_at(&s, text, "", 100));
  for (uint64_t cycle = 100; cycle < 106; cycle++) {
    struct vtpu_sentron_look a, b;
    vtpu_look_sentron(s.v, 0, cycle, &a);
    vtpu_look_sentron(s.v, 1, cycle, &b);
    uint64_t before = vtpu_siws(s.v);
    bool first = a.life == VTPU_ALIVE && a.stall == STALL_ISSUE;
    bool second = b.life == VTPU_ALIVE && b.stall == STALL_ISSUE;
    T_CHECK(first != second);
    T_CHECK(first == (cycle % 2 == 0));
    go_on(&s, cycle + 1);
    T_EQ(vtpu_siws(s.v), before + 1);
  }
  stop_end(&s);
}

T_TEST(inspect, registers_are_changed_unless_a_gather_is_on_its_way)
{
  struct stopped s;
  struct vtpu_error err;
  static const char text[] = REGIONS "{ SGATHER r1, [p0], 8 | CLOOP l0, 5, last }\n"
                                     "last:\n"
                                     "{ DADD r4, r4, r5 } :l0\n"
                                     "{ DADD r6, r4, r1 }\n";
  uint8_t value[64] = {3}, got[64];
  struct coord to = cell("2.0.0/1.1.1/1.1.1/1.1");
  uint32_t rounds = 2;
  T_REQUIRE(stop_at(&s, text, "", 102));
  T_EQ(vtpu_set_register(s.v, 0, REG_R + 1, value, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "r1 of main is being gathered into");
  T_EQ(vtpu_set_register(s.v, 0, REG_L + 1, (uint8_t *)&rounds, &err), VTPU_USAGE);
  T_CONTAINS(err.message, "loop l1 of main is not active");
  uint32_t none = 0;
  T_EQ(vtpu_set_register(s.v, 0, REG_L, (uint8_t *)&none, &err), VTPU_USAGE);
  T_EQ(vtpu_set_register(s.v, 0, REG_R + 5, value, &err), 0);
  T_EQ(vtpu_set_register(s.v, 0, REG_P + 3, (uint8_t *)&to, &err), 0);
  T_EQ(vtpu_set_register(s.v, 0, REG_M + 2, value, &err), 0);
  /* One round of five has been; two more instead of four. */
  T_EQ(vtpu_set_register(s.v, 0, REG_L, (uint8_t *)&rounds, &err), 0);
  T_EQ(vtpu_register(s.v, 0, REG_P + 3, got), 16);
  T_CHECK(memcmp(got, &to, sizeof to) == 0);
  T_EQ(vtpu_register(s.v, 0, REG_M + 2, got), 32);
  T_EQ(got[0], 3);
  go_on(&s, 5000);
  vtpu_register(s.v, 0, REG_R + 4, got);
  T_EQ(got[0], 2 * 3); /* the first round added 0 */
  T_EQ(vtpu_siws(s.v), 1 + 3 + 1);
  stop_end(&s);
}

/* The trace of a run that fails ends with its last SIWs, also those whose memory is on its way. */
static int traced;
static uint32_t last_traced;
static void count_issue(void *user, const struct vtpu_issue *issue)
{
  (void)user;
  traced++;
  last_traced = issue->siw;
}

T_TEST(inspect, a_fault_is_told_with_all_that_issued_before)
{
  struct object o;
  struct machine m = machine_with("");
  struct vtpu *v;
  struct vtpu_error err;
  struct vtpu_failure f;
  enum vtpu_status status;
  static const char text[] = REGIONS "{ SGATHER r1, [p0], 8 }\n"
                                     "{ DADD r2, r3, r3 }\n"
                                     "{ SSCATTR [0.0.0/7.1.1/1.1.1/1.1], r3, 8 }\n";
  struct vtpu_options options = {.trace = count_issue};
  T_REQUIRE(assemble_text("text", text, strlen(text), &o, &err) == 0);
  m.dlen = o.dlen;
  traced = 0;
  T_REQUIRE(vtpu_new(&m, &o, &options, &v, &err) == 0);
  T_EQ(vtpu_run(v, UINT64_MAX, &status, &err), VTPU_PROGRAM);
  T_EQ(traced, 3);
  T_EQ(last_traced, 2);
  T_CHECK(vtpu_look_failure(v, &f));
  T_CHECK(f.fault);
  T_EQ(f.sentron, 0);
  T_EQ(f.siw, 2);
  T_EQ(f.cycle, 112);
  vtpu_free(v);
  object_free_parts(&o);
}
