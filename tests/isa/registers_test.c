/* What SIWs read, write and cost, and the dependence byte that follows. */
#include "isa/isa.h"
#include "tests/harness/harness.h"
#include "tests/isa/random_siw.h"

#include <string.h>

/* Reads and then writes, in order: "r1r2p0>r3". */
static void expect_use(enum pipe pipe, struct slot s, const char *expected)
{
  struct reg_use use;
  char text[100] = "";
  slot_registers(pipe, &s, &use);
  static const char file[] = "rpml";
  static const int first[] = {REG_R, REG_P, REG_M, REG_L};
  for (int i = 0; i < use.reads + use.writes; i++) {
    int reg = i < use.reads ? use.read[i] : use.write[i - use.reads];
    int f = reg >= REG_L ? 3 : reg >= REG_M ? 2 : reg >= REG_P ? 1 : 0;
    size_t n = strlen(text);
    if (i == use.reads)
      text[n++] = '>';
    text[n++] = file[f];
    text[n++] = (char)('0' + reg - first[f]);
    text[n] = '\0';
  }
  T_EQ_STR(text, expected);
}

T_TEST(registers, reads_and_writes)
{
  expect_use(D(.op = OP_DNOP), "");
  expect_use(D(.op = OP_DFMA, .rd = 1, .rs1 = 2, .rs2 = 3, .rs3 = 1), "r2r3r1>r1");
  expect_use(D(.op = OP_DMOVI, .rd = 9), ">r9");
  expect_use(D(.op = OP_DTACC, .rd = 1, .rs1 = 2, .rs2 = 3), "r1r2r3>r1");
  expect_use(D(.op = OP_DBR, .rs1 = 4, .b1 = 16), "r4");
  expect_use(CVT(F32, I8, .rd = 1, .rs1 = 2), "r1r2>r1");
  expect_use(CVT(I8, F32, .rd = 1, .rs1 = 2), "r2>r1");
  expect_use(CVT(F32, I32, .rd = 1, .rs1 = 2), "r2>r1");
  expect_use(CVT(I8, F32, .rd = 1, .rs1 = 2, .rs2 = 3, .scaled = 1), "r2r3>r1");
  expect_use(S(.op = OP_SGATHER, .rd = 1, .rs2 = 2, .width = 8), "p2>r1");
  expect_use(S(.op = OP_SGATHER, .rd = 1, .imc = 1, .width = 8), ">r1");
  expect_use(S(.op = OP_SGATHERM, .rd = 1, .rs2 = 2, .width = 8), "r1p2>r1");
  expect_use(S(.op = OP_SSCATTR, .rs1 = 1, .rs2 = 2, .width = 8), "p2r1");
  expect_use(S(.op = OP_SINDEX, .rd = 1, .rs2 = 2), "p2>p1");
  expect_use(S(.op = OP_SINDEX, .rd = 1, .rs2 = 2, .rs1 = 3, .ri = 1), "p2r3>p1");
  expect_use(S(.op = OP_SALLOC, .rd = 1, .rs2 = 2, .imm = 1), "p2>r1");
  expect_use(C(.op = OP_CPACK, .rd = 1, .rs1 = 2, .rs2 = 3), "m1r2r3>m1");
  expect_use(C(.op = OP_CPACKV, .rd = 1, .rs1 = 2), "r2>m1");
  expect_use(C(.op = OP_CSEND, .rs1 = 2), "m2");
  expect_use(C(.op = OP_CRECV, .rd = 2), "r2>r2");
  expect_use(C(.op = OP_CREDUCE, .rd = 2, .rs1 = 3), "r3>r2");
  expect_use(C(.op = OP_CMERGE, .rd = 2), ">r2");
  expect_use(C(.op = OP_CSTEP, .rd = 2), "p2>p2");
  expect_use(C(.op = OP_CLOOP, .rd = 2, .imm = 4), ">l2");
  expect_use(C(.op = OP_CLOOP, .rd = 2, .rs1 = 3, .cnt = 1), "r3>l2");
}

/* By definition: for each register read, who wrote it last, if among the 8 before. */
T_TEST(registers, dependence_bytes)
{
  enum { COUNT = 400 };
  static struct bundle code[COUNT];
  int64_t writer[REG_COUNT];
  memset(writer, -1, sizeof writer);
  for (int k = 0; k < COUNT; k++)
    random_bundle(512, COUNT, &code[k]);
  bundle_set_deps(code, COUNT);
  for (int k = 0; k < COUNT; k++) {
    uint32_t reads, writes;
    bundle_registers(&code[k], &reads, &writes);
    unsigned expected = 0;
    for (int reg = 0; reg < REG_COUNT; reg++)
      if (reads >> reg & 1 && writer[reg] >= 0 && k - writer[reg] <= 8)
        expected |= 1u << (k - 1 - writer[reg]);
    T_EQ_HEX(code[k].deps, expected);
    T_EQ_HEX(bundle_deps(code, (size_t)k), expected);
    for (int reg = 0; reg < REG_COUNT; reg++)
      if (writes >> reg & 1)
        writer[reg] = k;
  }
}

T_TEST(registers, dependence_reaches_eight_back_and_no_further)
{
  struct bundle code[11];
  memset(code, 0, sizeof code);
  code[0].slot[PIPE_D] = (struct slot){.op = OP_DMOVI, .rd = 1};
  code[8].slot[PIPE_D] = (struct slot){.op = OP_DMOV, .rd = 2, .rs1 = 1};
  code[9].slot[PIPE_D] = (struct slot){.op = OP_DMOV, .rd = 3, .rs1 = 1};
  code[10].slot[PIPE_S] = (struct slot){.op = OP_SSCATTR, .rs1 = 3, .width = 8};
  bundle_set_deps(code, 11);
  T_EQ_HEX(code[8].deps, 0x80);
  T_EQ_HEX(code[9].deps, 0);
  T_EQ_HEX(code[10].deps, 1);
}

T_TEST(costs, latency_classes)
{
  const struct {
    enum pipe pipe;
    struct slot slot;
    enum latency_class class;
  } rows[] = {{D(.op = OP_DFMA, .type = ELEM_I64), LAT_MUL},
              {D(.op = OP_DFMA, .type = ELEM_F32), LAT_F32},
              {D(.op = OP_DADD, .type = ELEM_I32), LAT_ADD},
              {D(.op = OP_DRED, .type = ELEM_F32), LAT_RED},
              {D(.op = OP_DSEL, .type = ELEM_F32), LAT_MOVE},
              {D(.op = OP_DDOT, .type = ELEM_BF16), LAT_DOT},
              {D(.op = OP_DEXP2, .type = ELEM_F32), LAT_SPECIAL},
              {CVT(F32, I8, .k = 0), LAT_CVT},
              {D(.op = OP_DPERM), LAT_PERM},
              {D(.op = OP_DBR), LAT_NONE},
              {S(.op = OP_SINDEX), LAT_STEP},
              {S(.op = OP_SASSOC), LAT_ASSOC},
              {S(.op = OP_SALLOC), LAT_ALLOC},
              {S(.op = OP_SGATHER), LAT_NONE},
              {C(.op = OP_CPACK), LAT_PACK},
              {C(.op = OP_CRECV), LAT_RECV},
              {C(.op = OP_CMERGE, .type = ELEM_F32), LAT_RECV},
              {C(.op = OP_CLOOP), LAT_LOOP},
              {C(.op = OP_CSTEP), LAT_STEP}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    T_EQ(slot_latency(rows[i].pipe, &rows[i].slot), rows[i].class);
}

/* Architecture, section 3: "one line of 64 bytes is one operand: 16, 32, 64 or 256". */
T_TEST(costs, multiply_accumulates)
{
  static const struct {
    struct slot slot;
    unsigned at_512;
  } rows[] = {{{.op = OP_DFMA, .type = ELEM_F32}, 16},
              {{.op = OP_DFMA, .type = ELEM_I64}, 8},
              {{.op = OP_DDOT, .type = ELEM_BF16}, 32},
              {{.op = OP_DDOT, .type = ELEM_I8}, 64},
              {{.op = OP_DTDOT, .type = ELEM_T2}, 256},
              {{.op = OP_DMUL, .type = ELEM_F32}, 0},
              {{.op = OP_DNOP}, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (unsigned dlen = 128; dlen <= 512; dlen *= 2)
      T_EQ(slot_macs(&rows[i].slot, dlen), rows[i].at_512 * dlen / 512);
}
