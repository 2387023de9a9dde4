/* vtpu debug by scripts: what is looked at and changed; wrong input is in debug_input_test.c. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <string.h>

/* Behind a breakpoint it is known who holds a memory entry. */
T_TEST(cli_debug, entries_in_flight_are_named)
{
  struct command c = {0};
  debug_script(&c, debug_example("stream"), "",
               "break round if l0 == 4090\ncontinue\ninfo entries\n");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "core 0 of node 0: 3 of 16 memory entries are taken\n"
                    "  entry 8: until cycle 610: SGATHER of 2.2.0/1.1.1/1.1.1/1.1 into r2 by main, "
                    "issued at cycle 539, from ddr\n");
  command_end(&c);
}

/* Two nodes: each has its own copy of a region, and messages take long. */
T_TEST(cli_debug, nodes_of_a_cluster)
{
  const char *object = assembled("debug_nodes.siw",
                                 ".dlen 64\n"
                                 ".region r, shared, node=all, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1\n"
                                 ".init east.r1 = 5\n"
                                 ".sentron east, id=0, node=0\n"
                                 "{ CPACK m0, r1, r1 }\n"
                                 "{ CROUTE m0, 1 }\n"
                                 "{ SSCATTR [0.0.0/1.1.1/1.1.1/1.1], r1, 8 }\n"
                                 "{ CRECV.n r2, 1 }\n"
                                 ".sentron west, id=0, node=1\n"
                                 "{ CRECV.n r1, 0 }\n"
                                 "{ DADD r1, r1, r1 }\n"
                                 "{ CPACK m0, r1, r1 }\n"
                                 "{ SSCATTR [0.0.0/1.1.1/1.1.1/1.1], r1, 8 | CROUTE m0, 0 }\n");
  DEBUG_EXPECT(object, "--set nodes=2 --set topology=ring",
               "break 5\n"
               "watch east.r2\n"
               "watch [r].i64[0]\n"
               "continue\n"
               "info queues\n"
               "continue\n"
               "sentron 1.0\n"
               "print [r].i64[0]\n"
               "continue\n"
               "print [r].i64[0]\n"
               "sentron east\n"
               "print [r].i64[0]\n"
               "reverse-continue\n",
               "Breakpoint 1: SIW 5 (@5)\n"
               "Watchpoint 2: east.r2\n"
               "Watchpoint 3: [r].i64[0]\n"
               "Watchpoint 3, [r].i64[0], written by SIW 2 of east\n"
               "  was i64 0\n"
               "  is  i64 5\n"
               "cycle 184, east (0.0): waits for a message from sentron 0 (west, alive)\n"
               "=> 3 @3: { - | - | CRECV.n r2, 1 }\n"
               "east -> west: 1 message, 7 of 8 credits, 1 sent, 0 received\n"
               "  0: i64 5 x 2, 0 x 2  (arrives at cycle 10112)\n"
               "Breakpoint 1, SIW 5 (@5), west\n"
               "cycle 10113, west (1.0): issues in this cycle\n"
               "=> 5 @5: { DADD r1, r1, r1 | - | - }\n"
               "cycle 10113, west (1.0): issues in this cycle\n"
               "=> 5 @5: { DADD r1, r1, r1 | - | - }\n"
               "[r].i64[0] = 0\n"
               /* in the last cycle of all: the end is told as well */
               "Watchpoint 2, east.r2, written by SIW 3 of east\n"
               "  was i64 0\n"
               "  is  i64 10\n"
               "The program is done at cycle 20127.\n"
               "[r].i64[0] = 5\n"
               "cycle 20127, east (0.0): retired\n"
               "[r].i64[0] = 5\n"
               "Breakpoint 1, SIW 5 (@5), west\n"
               "cycle 10113, west (1.0): issues in this cycle\n"
               "=> 5 @5: { DADD r1, r1, r1 | - | - }\n");
}

T_TEST(cli_debug, values_in_every_type_are_printed_as_they_are_set)
{
  DEBUG_EXPECT(debug_example("ternary_dot"), "",
               "set r1 = f32 1.5 x 3, -2.0, 0.0 x 12\n"
               "print/f32 r1\n"
               "print/x r1\n"
               "print r1.f32[3]\n"
               "set r1.f32[3] = r1.f32[0] / 4\n"
               "print r1.f32[3] * 2 + 1\n"
               "set r2.bf16 = 1.0 x 4, 0.5\n"
               "print r2.bf16\n"
               "print/x r2.bf16[4]\n"
               "set r3 = t2 1, -1, 0, 1\n"
               "print/t2 r3\n"
               "set r3.t2[200] = -1\n"
               "print r3.t2[200]\n"
               "set r4 = hex 01, hex ff\n"
               "print/i8 r4\n"
               "print r4.i8[1] == -1 && r4.i32[0] == 0xff01\n"
               "print/i8 r15\n"
               "set p3 = 1.2.3/4.5.6/7.8.9/10.11+8\n"
               "print p3\n"
               "print p3.d10\n"
               "set p3.offset = 63\n"
               "print p3.offset\n"
               "set m1 = i64 1, 2\n"
               "print m1\n"
               "set view f32\n"
               "set [results+4] = 1.25, 3\n"
               "x results\n"
               "x/2t2 trits\n"
               "info cell [p0]\n",
               "r1 = f32 1.5 x 3, -2.0, 0.0 x 12\n"
               "r1 = f32 1.5 x 3, -2.0, 0.0 x 12\n"
               "r1 = i64 0x3fc000003fc00000, 0xc00000003fc00000, 0x0 x 6\n"
               "r1.f32[3] = -2.0\n"
               "r1.f32[3] = 0.375\n"
               "r1.f32[3] * 2 + 1 = 1.75\n"
               "r2.bf16 = bf16 1.0 x 4, 0.5, 0.0 x 27\n"
               "r2.bf16 = bf16 1.0 x 4, 0.5, 0.0 x 27\n"
               "r2.bf16[4] = 0x3f00\n"
               "r3 = t2 1, -1, 0, 1, 0 x 252\n"
               "r3 = t2 1, -1, 0, 1, 0 x 252\n"
               "r3.t2[200] = -1\n"
               "r3.t2[200] = -1\n"
               "r4 = i64 65281, 0 x 7\n"
               "r4 = i8 1, -1, 0 x 62\n"
               "r4.i8[1] == -1 && r4.i32[0] == 0xff01 = 1\n"
               "r15 = i8 1 x 16, 2 x 16, 3 x 16, 4 x 16\n"
               "p3 = 1.2.3/4.5.6/7.8.9/10.11+8\n"
               "p3 = 1.2.3/4.5.6/7.8.9/10.11+8\n"
               "p3.d10 = 11\n"
               "p3.offset = 63\n"
               "p3.offset = 63\n"
               "m1 = i64 1, 2, 0 x 2\n"
               "m1 = i64 1, 2, 0 x 2\n"
               "Registers and cells are shown as f32.\n"
               "[results+4] = f32 1.25, 3.0, 0.0 x 13\n"
               "0.0.0/3.1.1/1.1.1/1.1  f32 0.0, 1.25, 3.0, 0.0 x 13\n"
               "0.0.0/1.1.1/1.1.1/1.1  t2 1 x 256\n"
               "1.0.0/1.1.1/1.1.1/1.1  t2 -1 x 256\n"
               "0.0.0/1.1.1/1.1.1/1.1: rom region trits, frame 0, cell 0 of its page\n"
               "  core 0: PTC set 255 does not have it; l1 no; l2 no; l3 no\n");
}

T_TEST(cli_debug, memory_and_translation_are_shown)
{
  DEBUG_EXPECT(debug_example("microvtpu"), "",
               "info cell [p0]\n"
               "goto 176\n"
               "info cell [p2]\n"
               "info entries\n"
               "info ptc [p0]\n"
               "info ptc 3\n"
               "info regions\n",
               "1.1.1/1.1.1/1.1.1/1.1: shared region work, frame 0, cell 7 of its page\n"
               "  core 0: PTC set 255 does not have it; l1 no; l2 no; l3 no\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "3.1.1/1.1.1/1.1.1/1.1: shared region work, frame 0, cell 15 of its page\n"
               "  core 0: PTC set 255 has it; l1 no; l2 no; l3 holds it, in flight until "
               "cycle 180\n"
               "core 0 of node 0: 1 of 16 memory entries are taken\n"
               "  entry 2: until cycle 180\n"
               "PTC of core 0 of node 0: 256 sets of 4\n"
               "  set 255 way 0: 0.0.0/1.1.1/1.1.1/1.1  frame 0  shared  age 0\n"
               "PTC of core 0 of node 0: 256 sets of 4\n"
               "  set 3 is empty\n"
               "  work                 shared  from 0.0.0/1.1.1/1.1.1/1.1, 2 pages\n");
}
