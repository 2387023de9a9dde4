/* The loader's checks: each on the sample object with one thing wrong. */
#include "isa/machine.h"
#include "isa/object.h"
#include "tests/harness/harness.h"
#include "tests/isa/sample_object.h"

#include <stdlib.h>
#include <string.h>

/* The object must be refused, naming these two; NULL, NULL: accepted. */
static void expect(const struct object *o, const char *place, const char *problem)
{
  struct vtpu_error err = {VTPU_OK, ""};
  T_EQ(object_check(o, &err), place ? VTPU_INPUT : VTPU_OK);
  if (place) {
    T_CONTAINS(err.message, place);
    T_CONTAINS(err.message, problem);
  } else {
    T_EQ_STR(err.message, "");
  }
}

/* One statement on the sample, then the expectation. */
#define CASE(place, problem, ...)                                                                  \
  do {                                                                                             \
    struct object *o = sample_object();                                                            \
    __VA_ARGS__;                                                                                   \
    expect(o, place, problem);                                                                     \
  } while (0)

/* The same on its code, which is encoded again with right dependence bytes. */
#define CODE_CASE(place, problem, ...)                                                             \
  do {                                                                                             \
    struct object *o = sample_object();                                                            \
    struct bundle *b = sample_bundles();                                                           \
    __VA_ARGS__;                                                                                   \
    sample_encode(o, b);                                                                           \
    expect(o, place, problem);                                                                     \
  } while (0)

T_TEST(check, the_sample_is_right)
{
  CASE(NULL, NULL, (void)0);
  CODE_CASE(NULL, NULL, (void)b);
}

T_TEST(check, dlen)
{
  CASE("DLEN 0", "64, 128, 256 or 512", o->dlen = 0);
  CASE("DLEN 96", "64, 128, 256 or 512", o->dlen = 96);
  CASE("DLEN 1024", "64, 128, 256 or 512", o->dlen = 1024);
  /* A gather of 64 bytes and an r15 of 64 bytes need 512. */
  CASE("SIW 8 (inner+6)", "do not fit a register of 32 bytes", o->dlen = 256);
}

T_TEST(check, needs)
{
  CASE(NULL, NULL, o->needs = (struct object_needs){.queue = 64, .cores = 8});
  CASE("queue_depth=65", "machines have at most 64", o->needs.queue = 65);
  CASE("cores=9", "machines have at most 8", o->needs.cores = 9);
  CASE("region scratch", "private to core 1, but the program needs cores=1", o->needs.cores = 1);
  int found = 0;
  for (int i = 0; i < machine_param_count; i++) {
    bool queue = strcmp(machine_params[i].name, "queue_depth") == 0;
    if (!queue && strcmp(machine_params[i].name, "cores") != 0)
      continue;
    T_EQ(machine_params[i].most, queue ? NEEDS_QUEUE_MOST : NEEDS_CORES_MOST);
    found++;
  }
  T_EQ(found, 2);
}

/* --- code ------------------------------------------------------------------------------------- */

T_TEST(check, dependence_byte)
{
  CASE("SIW 3 (inner+1)", "dependence byte 0x03, but its registers give 0x01",
       o->code[3].bytes[0] = 3);
  CASE("SIW 3", "dependence byte 0x00", o->code[3].bytes[0] = 0);
  CASE("SIW 0:", "dependence byte 0x01, but its registers give 0x00", o->code[0].bytes[0] = 1);
  CASE("SIW 0:", "assemble it again", o->code[0].bytes[0] = 0x80);
}

T_TEST(check, each_siw_decodes)
{
  CASE("SIW 4 (inner+2): header", "byte 2 is reserved", o->code[4].bytes[2] = 1);
  CASE("SIW 4 (inner+2): C slot", "reserved", o->code[4].bytes[36] = 0xee);
  CASE("SIW 11 (inner+9): header", "version", o->code[11].bytes[1] = 0x21);
}

T_TEST(check, targets_lie_in_the_code)
{
  CODE_CASE(NULL, NULL, b[6].slot[PIPE_D].imm = 11);
  CODE_CASE("SIW 6", "DBR to SIW 12, but the code has 12", b[6].slot[PIPE_D].imm = 12);
  CODE_CASE("SIW 6", "DBR to SIW -1", b[6].slot[PIPE_D].imm = -1);
  CODE_CASE("SIW 7", "CSPAWN at SIW 12", b[7].slot[PIPE_C].imm = 12);
  CODE_CASE("SIW 10", "CLOOP to SIW 12", b[10].slot[PIPE_C].end = 12);
}

T_TEST(check, loops_and_marks_belong_together)
{
  CODE_CASE("SIW 5", "the loop of SIW 0 ends here, but there is no mark of l0", b[5].loop_ends = 0);
  CODE_CASE("SIW 4", "marked as the end of a loop of l2, but no CLOOP names it",
            b[4].loop_ends = 4);
  CODE_CASE("SIW 5", "marked as the end of a loop of l1", b[5].loop_ends = 3);
  CODE_CASE("SIW 0", "CLOOP ends at SIW 0", b[0].slot[PIPE_C].end = 0);
  CODE_CASE("SIW 10", "CLOOP ends at SIW 9", b[10].slot[PIPE_C].end = 9);
  /* The shortest body: one SIW. */
  CODE_CASE(NULL, NULL, b[1].slot[PIPE_C].end = 2; b[3].loop_ends = 0; b[2].loop_ends = 2);
}

T_TEST(check, loops_nest)
{
  /* Both may end at one SIW. */
  CODE_CASE(NULL, NULL, b[1].slot[PIPE_C].end = 5; b[3].loop_ends = 0; b[5].loop_ends = 3);
  CODE_CASE("SIW 1", "its loop ends at SIW 6, after the loop of SIW 0 around it, which ends at 5",
            b[1].slot[PIPE_C].end = 6;
            b[3].loop_ends = 0; b[6].loop_ends = 2);
  CODE_CASE("SIW 1", "CLOOP l0 inside the loop of SIW 0, which uses l0 already",
            b[1].slot[PIPE_C].rd = 0;
            b[3].loop_ends = 1);
  /* One after the other, one register serves twice (SIW 0 and SIW 10 of the sample). */
  CODE_CASE(NULL, NULL, b[1].slot[PIPE_C] = (struct slot){.op = OP_CNOP}; b[3].loop_ends = 0);
}

T_TEST(check, four_loops_deep)
{
  CODE_CASE(
      NULL, NULL, memset(b, 0, SAMPLE_SIWS * sizeof *b); for (int l = 0; l < L_COUNT; l++) {
        b[l].slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = l, .imm = 2, .end = 9 - l / 2};
        b[9 - l / 2].loop_ends |= (uint8_t)(1u << l);
      });
}

T_TEST(check, no_jump_on_a_marked_siw)
{
  static const struct slot jumps[] = {{.op = OP_CLOOP, .rd = 2, .imm = 1, .end = 4},
                                      {.op = OP_CSPAWN, .imm = 10},
                                      {.op = OP_CHALT}};
  static const char *const names[] = {"CLOOP", "CSPAWN", "CHALT"};
  for (int i = 0; i < 3; i++)
    CODE_CASE("SIW 3 (inner+1)", names[i], b[3].slot[PIPE_C] = jumps[i]);
  CODE_CASE("SIW 3 (inner+1)", "DBR on the last SIW of a loop",
            b[3].slot[PIPE_D] = b[6].slot[PIPE_D]);
  CODE_CASE(NULL, NULL, b[3].slot[PIPE_C] = (struct slot){.op = OP_CFENCE});
}

/* --- sentrons ------------------------------------------------------------------------------------
 */

T_TEST(check, sentrons)
{
  CASE("sentron 1 (bob)", "SIWs 10 to 13", o->sentrons[1].end = 13);
  CASE("sentron 1 (bob)", "SIWs 10 to 10", o->sentrons[1].end = 10);
  CASE("sentron 1 (bob)", "at most 16 sentrons a node", o->sentrons[1].id = 16);
  CASE("sentron 1 (bob)", "64 nodes", o->sentrons[1].node = 64);
  CASE("sentron 1 (bob)", "node 0 has a sentron 0 already", o->sentrons[1].id = 0);
  CASE("sentron 0 (alice)", "its home", o->sentrons[0].home.hi = UINT64_C(1) << 57);
  CASE("sentron 2", "printable ASCII", o->sentrons[2].name[1] = '\n');
  CASE("sentron 2", "printable ASCII", o->sentrons[2].name[1] = (char)0xc3);
  CASE("sentron 2", "at most 47", memset(o->sentrons[2].name, 'x', OBJECT_NAME_BYTES));
}

T_TEST(check, initial_registers)
{
  CASE("initial register 0", "sentron 3 of 3", o->inits[0].sentron = 3);
  CASE("initial register 1", "no register 8 in file 1", o->inits[1].index = 8);
  CASE("initial register 1", "no register 0 in file 3", o->inits[1].file = FILE_L;
       o->inits[1].index = 0);
  CASE("initial register 1", "p7 has only 16 bytes", o->inits[1].bytes[16] = 1);
  CASE("initial register 2", "m3 has only 32 bytes", o->inits[2].bytes[32] = 1);
  CASE("initial register 2", "p7 of sentron 1 is set twice", o->inits[2] = o->inits[1]);
}

/* --- phext space ---------------------------------------------------------------------------------
 */

T_TEST(check, region_boxes)
{
  CASE("region 1 (scratch)", "kind 3", o->regions[1].kind = (enum region_kind)3);
  CASE("region 1 (scratch)", "node 64", o->regions[1].node = 64);
  CASE("region 1 (scratch)", "core 8: a node has 8", o->regions[1].core = 8);
  CASE("region 2 (mail)", "only private regions", o->regions[2].core = 1);
  CASE("region 2 (mail)", "offset", o->regions[2].lo = coord_with_flags(o->regions[2].lo, 1));
  CASE("region 2 (mail)", "D0 = 13: pages start at multiples of 4",
       o->regions[2].lo = coord_with_dim(o->regions[2].lo, 0, 13));
  CASE("region 2 (mail)", "D2 = 2: pages start at multiples of 4",
       o->regions[2].lo = coord_with_dim(o->regions[2].lo, 2, 2));
  CASE("region 1 (scratch)", "0 pages from D7 = 0", o->regions[1].extent[7] = 0);
  CASE(NULL, NULL, o->regions[1].extent[10] = 2043);
  CASE("region 1 (scratch)", "2044 pages from D10 = 5", o->regions[1].extent[10] = 2044);
  CASE(NULL, NULL, o->regions[2].extent[0] = 509);
  CASE("region 2 (mail)", "510 pages from D0 = 12", o->regions[2].extent[0] = 510);
  CASE("region 2 (mail)", "65535 pages from D5", o->regions[2].extent[5] = 65535);
  CASE(NULL, NULL, o->regions[2].extent[5] = 2048);
}

T_TEST(check, regions_do_not_overlap)
{
  /* weights has pages 0..2 of D0 on every node, mail page 3. */
  CASE("regions 0 (weights) and 2 (mail) overlap", "", o->regions[0].extent[0] = 4);
  CASE("regions 0 (weights) and 2 (mail) overlap", "",
       o->regions[2].lo = coord_with_dim(o->regions[2].lo, 0, 8));
  CASE(NULL, NULL, o->regions[0].node = 1; o->regions[0].extent[0] = 4; o->regions[2].node = 0);
  CASE("overlap", "", o->regions[1].lo = (struct coord){0, 0}; o->regions[1].extent[10] = 7);
  /* Boxes that are apart in one dimension only. */
  CASE(NULL, NULL, o->regions[1].lo = coord_with_dim((struct coord){0, 0}, 5, 600);
       o->regions[1].extent[0] = 512; o->regions[1].extent[10] = 2048);
}

T_TEST(check, many_regions)
{
  enum { COUNT = 4000 };
  struct object_region *regions = calloc(COUNT, sizeof *regions);
  struct object o = {.dlen = 64, .regions = regions, .region_count = COUNT};
  T_REQUIRE(regions != NULL);
  for (int i = 0; i < COUNT; i++) {
    /* In an order that is not that of the page keys. */
    regions[i].lo = coord_with_dim(regions[i].lo, 4, (unsigned)(i * 7 % 2000));
    regions[i].lo = coord_with_dim(regions[i].lo, 0, i < 2000 ? 0 : 1024);
    for (int d = 0; d < COORD_DIMS; d++)
      regions[i].extent[d] = d == 0 ? 256 : 1;
  }
  expect(&o, NULL, NULL);
  regions[1234].extent[0] = 257;
  expect(&o, "overlap", "");
  free(regions);
}

T_TEST(region, pages_and_containment)
{
  struct object_region r = {.extent = {3, 1, 2, 5, 1, 1, 1, 1, 1, 1, 1}};
  r.lo = coord_with_dim(coord_with_dim((struct coord){0, 0}, 0, 8), 3, 2);
  T_EQ(region_pages(&r), 30);
  for (int i = 0; i < 3; i++) {
    static const struct {
      int dim;
      unsigned first, last;
    } sides[] = {{0, 8, 19}, {2, 0, 7}, {3, 2, 6}};
    struct coord c = r.lo;
    T_CHECK(region_contains(&r, coord_with_dim(c, sides[i].dim, sides[i].first)));
    T_CHECK(region_contains(&r, coord_with_dim(c, sides[i].dim, sides[i].last)));
    T_CHECK(!region_contains(&r, coord_with_dim(c, sides[i].dim, sides[i].last + 1)));
    if (sides[i].first)
      T_CHECK(!region_contains(&r, coord_with_dim(c, sides[i].dim, sides[i].first - 1)));
  }
  T_CHECK(region_contains(&r, coord_with_flags(r.lo, 63)));
  for (int d = 0; d < COORD_DIMS; d++)
    r.extent[d] = 2048;
  T_CHECK(region_pages(&r) == UINT64_MAX);
  T_EQ(region_pages((struct object_region[]){{.extent = {0}}}), 0);
}

T_TEST(check, data_lies_in_its_region)
{
  /* weights: 3 pages along D0. */
  CASE("data 0", "region 3 of 3", o->data[0].region = 3);
  CASE("data 0", "no bytes", o->data[0].bytes = 0);
  CASE("data 0", "wildcard", o->data[0].start = coord_with_flags((struct coord){0, 0}, 64));
  static uint8_t content[4 * PAGE_BYTES];
  CASE(NULL, NULL, o->data[0].content = content; o->data[0].bytes = 3 * PAGE_BYTES);
  CASE("data 0: 12289 bytes", "leave region 0 (weights)", o->data[0].content = content;
       o->data[0].bytes = 3 * PAGE_BYTES + 1);
  CASE("data 0", "leave region 0 (weights)", o->data[0].content = content;
       o->data[0].bytes = 3 * PAGE_BYTES;
       o->data[0].start = coord_with_flags((struct coord){0, 0}, 1));
  CASE("data 2", "leave region 2 (mail)",
       o->data[2].start = coord_with_dim(o->data[2].start, 1, 4));
  CASE("data 2", "leave region 2 (mail)", o->data[2].bytes = UINT64_MAX);
  CASE("data 2", "leave region 2 (mail)", o->data[2].bytes = (uint64_t)1 << 63);
  /* The last byte of phext space. */
  CASE(
      NULL, NULL,
      for (int d = 0; d < COORD_DIMS; d++) {
        o->regions[2].lo = coord_with_dim(o->regions[2].lo, d, d < 3 ? 2044 : 2047);
      } o->data[2]
          .start = o->regions[2].lo;
      o->data[2].content = content; o->data[2].bytes = PAGE_BYTES);
  CASE(
      "data 2", "leave region 2 (mail)",
      for (int d = 0; d < COORD_DIMS; d++) {
        o->regions[2].lo = coord_with_dim(o->regions[2].lo, d, d < 3 ? 2044 : 2047);
      } o->data[2]
          .start = o->regions[2].lo;
      o->data[2].content = content; o->data[2].bytes = PAGE_BYTES + 1);
}

/* Storage order passes a whole turn of D0 before D1 moves, so the box must hold all of it. */
T_TEST(check, data_over_several_dimensions)
{
  enum { ROW = 512 * PAGE_BYTES };
  static uint8_t content[2 * ROW + 1];
#define WIDE(extent0, extent1)                                                                     \
  o->regions[2].node = 3, o->regions[2].lo = (struct coord){0, 0},                                 \
  o->regions[2].lo = coord_with_dim(o->regions[2].lo, 3, 9), o->regions[2].extent[0] = extent0,    \
  o->regions[2].extent[1] = extent1, o->data[2].start = o->regions[2].lo,                          \
  o->data[2].content = content
  CASE(NULL, NULL, WIDE(512, 2); o->data[2].bytes = 2 * ROW);
  CASE("data 2", "leave region", WIDE(512, 2); o->data[2].bytes = 2 * ROW + 1);
  CASE(NULL, NULL, WIDE(511, 2); o->data[2].bytes = ROW - PAGE_BYTES);
  CASE("data 2", "leave region", WIDE(511, 2); o->data[2].bytes = ROW);
  CASE("data 2", "leave region", WIDE(511, 2); o->data[2].bytes = ROW + 1);
  CASE("data 2", "leave region", WIDE(511, 2); o->data[2].bytes = 2 * ROW);
  /* Each curve has other cells before a start inside a page: 63 cells from D0 = 1 fit with
   * zorder, where it is cell 1, and not with hilbert, where it is cell 3. */
  CASE("in the order hilbert", "start the data at its first cell", WIDE(1, 1);
       o->data[2].start = coord_with_dim(o->data[2].start, 0, 1); o->data[2].bytes = 63 * 64);
  CASE(NULL, NULL, WIDE(1, 1); o->data[2].start = coord_with_dim(o->data[2].start, 0, 1);
       o->data[2].bytes = 61 * 64);
#undef WIDE
}

T_TEST(check, trits)
{
  static uint8_t trits[64];
  for (int at = 0; at < 64; at++)
    for (int shift = 0; shift < 8; shift++) {
      memset(trits, 0, sizeof trits);
      trits[at] = (uint8_t)(3u << shift);
      /* 11 in one trit, or 10 and 01 in two neighbours. */
      if (shift % 2 == 0)
        CASE("data 1", "the trit 11 does not exist", o->data[1].content = trits);
      else
        CASE(NULL, NULL, o->data[1].content = trits);
    }
  CASE(NULL, NULL, o->data[1].ternary = false; memset(trits, 0xff, 64); o->data[1].content = trits);
}

/* --- groups, host steps, marks, symbols
 * ------------------------------------------------------------ */

T_TEST(check, groups)
{
  CASE("group 16", "groups 0..15", o->groups[0].id = 16);
  CASE("on node 64", "nodes 0..63", o->groups[0].node = 64);
  CASE("group 3", "0 members", o->groups[0].count = 0);
  CASE("group 3", "17 members", o->groups[0].count = 17);
  CASE("group 3", "not ascending", o->groups[0].members[1] = 0);
  CASE("group 3", "not ascending", o->groups[0].members[2] = 1);
  CASE("group 3", "not ascending", o->groups[0].members[1] = 16);
  CASE("group 3", "node 0 has no sentron 8", o->groups[0].members[1] = 8);
  CASE("group 3", "node 1 has no sentron 9", o->groups[0].node = 1);
  CASE("group 3", "node 2 has no sentron 0", o->groups[0].node = 2);
  CASE("group 15", "node 1 has no sentron 9", o->groups[1].members[0] = 9);
  CASE("group 3 is declared twice", "", o->groups[1].id = 3);
  CASE(NULL, NULL, o->groups[1] = o->groups[0]; o->groups[1].node = 1; o->groups[1].count = 1;
       o->groups[1].members[1] = 0);
}

T_TEST(check, host_steps)
{
  CASE("host step 0", "kind 4", o->hosts[0].kind = (enum host_kind)4);
  CASE("host step 0", "8 bytes at offset 57", o->hosts[0].coord.hi |= UINT64_C(57) << 57);
  CASE(NULL, NULL, o->hosts[0].coord.hi |= UINT64_C(56) << 57);
  CASE("host step 1", "the mask 0x0", o->hosts[1].value = 0);
  CASE("host step 1", "the mask 0x8, but there are 3 sentrons", o->hosts[1].value = 8);
  CASE("host step 2", "sentron 3 of 3", o->hosts[2].sentron = 3);
  CASE("host step 2", "r16", o->hosts[2].index = 16);
  CASE("host step 3", "printable", o->hosts[3].name[0] = 7);
}

T_TEST(check, marks_and_symbols)
{
  CASE("mark 1 (attn.q", "SIWs 6 to 12 of 12", o->marks[1].last = 12);
  CASE("mark 1 (attn.q", "SIWs 7 to 6", o->marks[1].first = 7);
  CASE("mark 1 (attn.q, layer -2)", "", o->marks[1].layer = -2);
  CASE("mark 1 (attn.q)", "before the end of mark 0", o->marks[1].first = 5);
  CASE("symbol inner", "SIW 13 of 12", o->symbols[0].siw = 13);
  CASE("symbol 1", "printable", o->symbols[1].name[0] = '\0');
}
