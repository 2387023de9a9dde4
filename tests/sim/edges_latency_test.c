/* Latency classes at their edge (architecture, section 5, "Completion"): every operation that has
 * a result, used one cycle too early and exactly on time, by each pipe. */
#include "asm/assemble.h"
#include "sim/vtpu.h"
#include "tests/harness/harness.h"
#include "tests/sim/timetable.h"

#include <stdio.h>
#include <string.h>

/* Every operation with a result, in each of its types that has another class, and the class that
 * the architecture gives it. The result is r1, p1 or m1. */
static const struct {
  const char *text;
  enum latency_class latency;
} producers[] = {
    {"DFMA r1, r2, r3, r4", LAT_MUL},
    {"DFMA.i32 r1, r2, r3[1], r4", LAT_MUL},
    {"DFMA.f32 r1, r2, r3, r4", LAT_F32},
    {"DADD r1, r2, r3", LAT_ADD},
    {"DADD.i32 r1, r2, r3", LAT_ADD},
    {"DADD.f32 r1, r2, r3", LAT_F32},
    {"DSUB r1, r2, r3", LAT_ADD},
    {"DSUB.f32 r1, r2, r3", LAT_F32},
    {"DMUL r1, r2, r3", LAT_MUL},
    {"DMUL.i32 r1, r2, r3", LAT_MUL},
    {"DMUL.f32 r1, r2, r3", LAT_F32},
    {"DCMP.i64.lt r1, r2, r3", LAT_ADD},
    {"DCMP.f32.lt r1, r2, r3", LAT_F32},
    {"DRED.i64.sum r1, r2", LAT_RED},
    {"DRED.f32.max r1, r2", LAT_RED},
    {"DSEL r1, r2, r3, r4", LAT_MOVE},
    {"DSEL.f32 r1, r2, r3, r4", LAT_MOVE},
    {"DMOV r1, 7", LAT_MOVE},
    {"DMOV.f32 r1, 7.0", LAT_MOVE},
    {"DMOV r1, r2", LAT_MOVE},
    {"DMOV.f32 r1, r2[1]", LAT_MOVE},
    {"DDOT.bf16 r1, r2, r3, r4", LAT_DOT},
    {"DDOT.i8 r1, r2, r3[0], r4", LAT_DOT},
    {"DTDOT r1, r2, r3[0], r4", LAT_DOT},
    {"DCVT.f32.i8 r1, r2", LAT_CVT},
    {"DCVT.i64.f32 r1, r2", LAT_CVT},
    {"DPERM r1, r2, r3", LAT_PERM},
    {"DMAX r1, r2, r3", LAT_ADD},
    {"DMAX.f32 r1, r2, r3", LAT_F32},
    {"DMIN r1, r2, r3", LAT_ADD},
    {"DMIN.f32 r1, r2, r3", LAT_F32},
    {"DAND r1, r2, r3", LAT_LOGIC},
    {"DOR r1, r2, r3", LAT_LOGIC},
    {"DXOR r1, r2, r3", LAT_LOGIC},
    {"DANDN r1, r2, r3", LAT_LOGIC},
    {"DSHL r1, r2, r3", LAT_LOGIC},
    {"DSHR r1, r2, r3", LAT_LOGIC},
    {"DSAR r1, r2, r3", LAT_LOGIC},
    {"DEXP2 r1, r2", LAT_SPECIAL},
    {"DRCP r1, r2", LAT_SPECIAL},
    {"DRSQ r1, r2", LAT_SPECIAL},
    {"DHDENC r1, r2, 5", LAT_MUL},
    {"DHDBIND r1, r2, r3", LAT_LOGIC},
    {"DHDBUND r1, r2, r3", LAT_LOGIC},
    {"DHDPERM r1, r2, 5", LAT_LOGIC},
    {"DHDSIM r1, r2, r3", LAT_MUL},
    {"DTERNARY r1, r2, r3", LAT_MUL},
    {"DTPOP r1, r2", LAT_MUL},
    {"DTACC r1, r2, r3", LAT_MUL},
    {"SINDEX p1, [p0], d0, 1", LAT_STEP},
    {"SDEDUP.look r1, r2", LAT_ASSOC},
    {"SALLOC.shared r1, [0.0.4/0.0.0/0.0.0/0.0], 1", LAT_ALLOC},
    {"SASSOC.put r1, [p0]", LAT_ASSOC},
    {"SROUTE r1, [p0], 2047", LAT_ASSOC},
    {"SNEIGHBR r1, [p0], 3", LAT_ASSOC},
    {"CPACK m1, r2, r3", LAT_PACK},
    {"CPACK.vec m1, r2", LAT_PACK},
    {"CRECV r1, 0", LAT_RECV},
    {"CMERGE.i64.sum r1, 2", LAT_RECV},
    {"CSTEP p1, d0, 1", LAT_STEP},
};

/* The classes and cycles of the architecture. */
static const struct {
  enum latency_class latency;
  const char *param;
  int cycles;
} classes[] = {
    {LAT_MOVE, "latency_move", 1},       {LAT_ADD, "latency_add", 1},
    {LAT_LOGIC, "latency_logic", 1},     {LAT_MUL, "latency_mul", 3},
    {LAT_PERM, "latency_perm", 3},       {LAT_F32, "latency_f32", 4},
    {LAT_DOT, "latency_dot", 4},         {LAT_CVT, "latency_cvt", 4},
    {LAT_SPECIAL, "latency_special", 6}, {LAT_RED, "latency_red", 8},
    {LAT_STEP, "latency_step", 1},       {LAT_PACK, "latency_pack", 1},
    {LAT_RECV, "latency_recv", 1},       {LAT_LOOP, "latency_loop", 1},
    {LAT_ASSOC, "latency_assoc", 6},     {LAT_ALLOC, "latency_alloc", 12},
};
enum {
  CLASSES = sizeof classes / sizeof *classes,
  PRODUCERS = sizeof producers / sizeof *producers
};

T_TEST(edges, defaults_of_latencies_are_the_architecture_s)
{
  struct machine m;
  struct vtpu_error err;
  T_REQUIRE(machine_load("spec", &m, &err) == 0);
  T_EQ(CLASSES, LAT_COUNT - 1); /* all but NONE */
  for (int i = 0; i < CLASSES; i++)
    if (m.latency[classes[i].latency] != classes[i].cycles)
      T_FAIL("%s is %d, not %d", classes[i].param, (int)m.latency[classes[i].latency],
             classes[i].cycles);
}

static int cycles_of(enum latency_class latency)
{
  for (int i = 0; i < CLASSES; i++)
    if (classes[i].latency == latency)
      return classes[i].cycles;
  return 0;
}

static const char *param_of(enum latency_class latency)
{
  for (int i = 0; i < CLASSES; i++)
    if (classes[i].latency == latency)
      return classes[i].param;
  return "";
}

/* How a result is used: by the D-, S- and C-pipe, or written again. `latency` is of what the use
 * itself writes (NONE: nothing). */
static const struct {
  char file;
  const char *text;
  enum latency_class latency;
} uses[] = {
    {'r', "DBR r1[0], after", LAT_NONE},
    {'r', "SDEDUP.look r9, r1", LAT_ASSOC},
    {'r', "CPACK.vec m2, r1", LAT_PACK},
    {'r', "DMOV r1, 3", LAT_MOVE},
    {'p', "SINDEX p2, [p1], d0, 1", LAT_STEP},
    {'p', "CSTEP p1, d0, 1", LAT_STEP},
    {'m', "CSEND m1, 0", LAT_NONE},
    {'m', "CPACK.vec m1, r9", LAT_PACK},
};
enum { USES = sizeof uses / sizeof *uses };

/* Every class has its own latency, so that one in place of another is seen; `changed` takes
 * `cycles`. The rest of the machine is small and does not matter. */
static size_t machine_line(char *out, size_t bytes, enum latency_class changed, int cycles)
{
  size_t n = (size_t)snprintf(out, bytes,
                              ";machine spawn=50 branch=0 cores=2 l1_bytes=0 l2_bytes=0 "
                              "l3_bytes=0 ptc_entries=4");
  for (int i = 0; i < CLASSES; i++)
    if (classes[i].latency != LAT_NONE)
      n += (size_t)snprintf(out + n, bytes - n, " %s=%d", classes[i].param,
                            classes[i].latency == changed ? cycles : 40 + i);
  n += (size_t)snprintf(out + n, bytes - n, "\n");
  return n;
}

/* A producer and its use, so far apart that the use is exactly on time with the architecture's
 * latency; then with one cycle more, and many. */
static void check_use(int producer, int use)
{
  enum latency_class latency = producers[producer].latency;
  char pipe = producers[producer].text[0], text[8192];
  int cycles = cycles_of(latency);
  size_t n = 0;
  n += machine_line(text + n, sizeof text - n, latency, cycles);
  n += machine_line(text + n, sizeof text - n, latency, cycles + 1);
  n += machine_line(text + n, sizeof text - n, latency, cycles + 30);
  n += (size_t)snprintf(text + n, sizeof text - n,
                        ".group 2, 0, 1\n"
                        ".sentron giver, id=0\n { CSEND m0, 1 }\n"
                        ".sentron taker, id=1\n");
  for (int i = 0; i < 12; i++) /* until the message is there */
    n += (size_t)snprintf(text + n, sizeof text - n, " { }\n");
  n += (size_t)snprintf(text + n, sizeof text - n, "p: { %s }\n", producers[producer].text);
  for (int i = 1; i < cycles; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, " { }\n");
  snprintf(text + n, sizeof text - n,
           "u: { %s } ;= max(t + 1, p + %s) %s\n"
           "after: { }\n"
           ";end max(t + 1, u + %s)\n",
           uses[use].text, param_of(latency),
           pipe == 'D'   ? "d_result"
           : pipe == 'S' ? "s_result"
                         : "c_result",
           uses[use].latency == LAT_NONE ? "1" : param_of(uses[use].latency));
  struct timetable_edges edges;
  char name[200];
  snprintf(name, sizeof name, "%s, then %s", producers[producer].text, uses[use].text);
  timetable_check(name, text, &edges);
  T_EQ(edges.runs, 3);
  if (!edges.one || !edges.none)
    T_FAIL("%s: no edge", name);
}

T_TEST(edges, every_result_is_ready_after_the_latency_of_its_class)
{
  for (int i = 0; i < PRODUCERS; i++)
    for (int k = 0; k < USES; k++)
      if (strchr(producers[i].text, ' ')[1] == uses[k].file)
        check_use(i, k);
}

/* The table above has every operation of the instruction set that writes a register later, in each
 * class that it can have; CLOOP has its own timetable. */
T_TEST(edges, every_operation_with_a_result_is_among_them)
{
  bool seen[PIPE_COUNT][OP_CODES][LAT_COUNT] = {0};
  for (int i = 0; i < PRODUCERS; i++) {
    char text[100];
    struct bundle b;
    struct vtpu_error err;
    snprintf(text, sizeof text, "{ %s }", producers[i].text);
    if (assemble_siw("table", text, 512, &b, &err)) {
      T_FAIL("%s", err.message);
      return;
    }
    for (int p = 0; p < PIPE_COUNT; p++)
      if (b.slot[p].op)
        seen[p][b.slot[p].op][producers[i].latency] = true;
  }
  int wanted = 0;
  for (int p = 0; p < PIPE_COUNT; p++)
    for (unsigned code = 0; code < OP_CODES; code++) {
      const struct op_info *op = op_find((enum pipe)p, code);
      if (!op || (p == PIPE_C && code == OP_CLOOP))
        continue;
      const enum latency_class has[] = {op->latency, op->latency_f32};
      for (int k = 0; k < 2; k++)
        if (has[k] != LAT_NONE) {
          wanted++;
          if (!seen[p][code][has[k]])
            T_FAIL("%s has latency class %d of the instruction set, but no row here", op->name,
                   (int)has[k]);
        }
    }
  T_CHECK(wanted > 50);
}
