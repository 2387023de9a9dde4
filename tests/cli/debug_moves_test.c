/* vtpu debug by scripts: steps forth and back, over loops and out of them, and from an end. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <string.h>

T_TEST(cli_debug, loops_are_stepped_over_finished_and_left)
{
  DEBUG_EXPECT(debug_example("stream"), "-q",
               "break round if l0 == 4090\n"
               "continue\n"
               "delete\n"
               "backtrace\n"
               "finish\n"
               "next\n"
               "next\n"
               "until last\n"
               "until cycle 334800\n"
               "until\n"
               "step 10\n"
               "step\n",
               "Breakpoint 1: SIW 5 (round)\n"
               "Breakpoint 1, SIW 5 (round), main\n"
               "cycle 554, main (0.0): issues in this cycle\n"
               "=> 5 round: { DFMA.f32 r11, r5, r12, r11 | SGATHER r5, [p0], 64 | CSTEP p0, "
               "linear, 1 } :l0\n"
               "#0  SIW 5 (round)  { DFMA.f32 r11, r5, r12, r11 | SGATHER r5, [p0], 64 | CSTEP p0, "
               "linear, 1 } :l0\n"
               "#1  loop l0, SIWs 2..5 (round), 4090 rounds left\n"
               "#2  loop l1, SIWs 1..6 (last), 4 rounds left\n"
               "#3  mark stream, SIWs 0..6\n"
               "#4  sentron main (0.0), context 0 of core 0 of node 0, SIWs 0..16\n"
               "To the end of loop l0, SIWs 2..5.\n"
               "cycle 293679, main (0.0): issues in this cycle\n"
               "=> 6 last: { - | - | CSTEP p0, linear, -16384 } :l1\n"
               "cycle 293680, main (0.0): issues in this cycle\n"
               "=> 1 pass: { - | - | CLOOP l0, 4096, round }\n"
               "cycle 314225, main (0.0): issues in this cycle\n"
               "=> 6 last: { - | - | CSTEP p0, linear, -16384 } :l1\n"
               "cycle 334706, main (0.0): issues in this cycle\n"
               "=> 6 last: { - | - | CSTEP p0, linear, -16384 } :l1\n"
               "cycle 334800, main (0.0): issues in this cycle\n"
               "=> 4 pass+3: { DFMA.f32 r10, r4, r12, r10 | SGATHER r4, [p0], 64 | CSTEP p0, "
               "linear, 1 }\n"
               "cycle 334801, main (0.0): issues in this cycle\n"
               "=> 5 round: { DFMA.f32 r11, r5, r12, r11 | SGATHER r5, [p0], 64 | CSTEP p0, "
               "linear, 1 } :l0\n"
               "cycle 334814, main (0.0): issues in this cycle\n"
               "=> 3 pass+2: { DFMA.f32 r9, r3, r12, r9 | SGATHER r3, [p0], 64 | CSTEP p0, "
               "linear, 1 }\n"
               "cycle 334815, main (0.0): issues in this cycle\n"
               "=> 4 pass+3: { DFMA.f32 r10, r4, r12, r10 | SGATHER r4, [p0], 64 | CSTEP p0, "
               "linear, 1 }\n");
}

T_TEST(cli_debug, cycles_and_ticks_are_of_all_sentrons)
{
  DEBUG_EXPECT(debug_example("barrier"), "",
               "cycle 100\n"
               "tick\n"
               "tick 2\n"
               "cycle 3\n"
               "sentron s2\n"
               "step 20\n",
               "cycle 100, s0 (0.0): issues in this cycle\n"
               "=> 0 write: { - | SSCATTR [p0], r0, 8 | CFENCE.node }\n"
               "cycle 182, s0 (0.0): issues in this cycle\n"
               "=> 1 write+1: { - | - | CBAR 0 }\n"
               "cycle 191, s0 (0.0): waits in a barrier (group 0) for its other members\n"
               "=> 2 met: { - | SGATHER r1, [1.0.0/1.1.1/1.1.1/1.1], 8 | - }\n"
               "cycle 194, s0 (0.0): waits in a barrier (group 0) for its other members\n"
               "=> 2 met: { - | SGATHER r1, [1.0.0/1.1.1/1.1.1/1.1], 8 | - }\n"
               "cycle 194, s2 (0.2): retired\n"
               "The program is done at cycle 306.\n");
}

T_TEST(cli_debug, goes_back_by_siws_cycles_and_breakpoints)
{
  DEBUG_EXPECT(debug_example("microvtpu"), "",
               "goto 184\n"
               "reverse-step\n"
               "reverse-step 2\n"
               "reverse-cycle 10\n"
               "checkpoint\n"
               "continue\n"
               "reverse-step\n"
               "break 3\n"
               "watch bob.r1[0]\n"
               "continue\n"
               "reverse-continue\n"
               "reverse-continue\n"
               "info checkpoints\n",
               "cycle 184, alice (0.0): retired\n"
               "cycle 183, alice (0.0): issues in this cycle\n"
               "=> 5 @5: { - | SSCATTR [p3], r4, 8 | CSEND m0, 1 }\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "cycle 166, alice (0.0): waits: ddr, until cycle 176\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "Going back to cycle 166 and after it starts from here.\n"
               "The program is done at cycle 430.\n"
               "cycle 183, alice (0.0): issues in this cycle\n"
               "=> 5 @5: { - | SSCATTR [p3], r4, 8 | CSEND m0, 1 }\n"
               "Breakpoint 1: SIW 3 (@3)\n"
               "Watchpoint 2: bob.r1[0]\n"
               "Watchpoint 2, bob.r1[0], written by SIW 6 of bob\n"
               "  was i64 0\n"
               "  is  i64 84\n"
               "cycle 348, bob (0.1): issues in this cycle\n"
               "=> 7 @7: { - | SSCATTR [p0], r1, 8 | - }\n"
               "Breakpoint 1, SIW 3 (@3), alice\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "No breakpoint stops before: this is the beginning.\n"
               "cycle 0, alice (0.0): has not begun\n"
               "  cycle 0  the beginning\n"
               "  cycle 166\n"
               "  cycle 183  (made in passing)\n");
}

/* The inverse of `next` and `finish`: a loop is one step back, too. */
T_TEST(cli_debug, goes_back_over_loops_and_out_of_them)
{
  DEBUG_EXPECT(
      debug_example("stream"), "",
      "break @6\n"
      "continue\n"
      "reverse-next\n"
      "delete\n"
      "next\n"
      "goto 600\n"
      "reverse-finish\n"
      "rfin\n"
      "rfin\n"
      "goto 200\n"
      "rn 3\n",
      "Breakpoint 1: SIW 6 (last)\n"
      "Breakpoint 1, SIW 6 (last), main\n"
      "cycle 293679, main (0.0): issues in this cycle\n"
      "=> 6 last: { - | - | CSTEP p0, linear, -16384 } :l1\n"
      "cycle 101, main (0.0): issues in this cycle\n"
      "=> 1 pass: { - | - | CLOOP l0, 4096, round }\n"
      "cycle 293679, main (0.0): issues in this cycle\n"
      "=> 6 last: { - | - | CSTEP p0, linear, -16384 } :l1\n"
      "cycle 600, main (0.0): waits: ddr, until cycle 610\n"
      "=> 2 pass+1: { DFMA.f32 r8, r2, r12, r8 | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 "
      "}\n"
      "To the beginning of loop l0, SIWs 2..5.\n"
      "cycle 101, main (0.0): issues in this cycle\n"
      "=> 1 pass: { - | - | CLOOP l0, 4096, round }\n"
      "To the beginning of loop l1, SIWs 1..6.\n"
      "cycle 100, main (0.0): issues in this cycle\n"
      "=> 0 @0: { - | - | CLOOP l1, 4, last }\n"
      "To the beginning of mark stream.\n"
      "main has issued nothing of it before: this is the beginning.\n"
      "cycle 0, main (0.0): has not begun\n"
      "cycle 200, main (0.0): waits: ddr, until cycle 255\n"
      "=> 2 pass+1: { DFMA.f32 r8, r2, r12, r8 | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 "
      "}\n"
      "cycle 197, main (0.0): issues in this cycle\n"
      "=> 5 round: { DFMA.f32 r11, r5, r12, r11 | SGATHER r5, [p0], 64 | CSTEP p0, linear, 1 "
      "} :l0\n"
      "cycle 193, main (0.0): issues in this cycle\n"
      "=> 4 pass+3: { DFMA.f32 r10, r4, r12, r10 | SGATHER r4, [p0], 64 | CSTEP p0, linear, "
      "1 }\n"
      "cycle 189, main (0.0): issues in this cycle\n"
      "=> 3 pass+2: { DFMA.f32 r9, r3, r12, r9 | SGATHER r3, [p0], 64 | CSTEP p0, linear, 1 "
      "}\n");
  struct command c = {0};
  debug_lines(&c, debug_example("stream"), "", "reverse-finish\nreverse-next\nrn x\nrfin 3\n");
  T_CONTAINS(c.err, "this is the beginning: there is nothing to go back to");
  T_CONTAINS(c.err, "'x'");
  T_CONTAINS(c.err, "'3'");
  command_end(&c);
}

T_TEST(cli_debug, goes_back_from_an_end)
{
  struct command c = {0};
  debug_lines(&c, debug_example("deadlock"), "",
              "continue\nwhere\ncontinue\nset r0 = 5\nreverse-cycle\nwhere\n");
  T_STATUS(&c, 2); /* of the first command that failed */
  T_CONTAINS(c.out, "The program fails: deadlock at cycle 100");
  T_CONTAINS(c.out, "left (0.0): waits for a message from sentron 1 (right, alive)\n");
  T_CONTAINS(c.err, "the program is deadlocked\n");
  T_CONTAINS(c.err, "nothing can change that any more");
  debug_lines(&c, debug_example("deadlock"), "", "continue\n");
  T_STATUS(&c, 4);
  command_end(&c);
}

static const char faulty[] = ".dlen 64\n"
                             ".region a, private, core=0, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1\n"
                             ".init main.p0 = 0.0.0/1.1.1/1.1.1/1.1\n"
                             ".init main.p1 = 0.0.0/2.1.1/1.1.1/1.1\n"
                             ".init main.r3 = 7\n"
                             "{ SGATHER r0, [p0], 8 }\n"
                             "{ DADD r2, r3, r3 }\n"
                             "{ SSCATTR [p1], r3, 8 }\n";

T_TEST(cli_debug, a_fault_can_be_repaired)
{
  DEBUG_EXPECT(assembled("debug_faulty.siw", faulty), "",
               "continue\n"
               "print p1\n"
               "set p1.d3 = 1\n"
               "set r3[0] = r3[0] * 2\n"
               "continue\n"
               "x/1i64 a\n"
               "reverse-step\n"
               "print p1\n"
               "goto 111\n"
               "print p1\n"
               "goto 112\n"
               "print p1\n",
               "The program fails: sentron 0 (main), cycle 112, SIW 2 (@2): scatter of "
               "0.0.0/2.1.1/1.1.1/1.1: nothing is allocated there\n"
               "  declare a region that holds the coordinate, or SALLOC one first\n"
               "cycle 112, main (0.0): faults in this cycle\n"
               "=> 2 @2: { - | SSCATTR [p1], r3, 8 | - }\n"
               "p1 = 0.0.0/2.1.1/1.1.1/1.1\n"
               "p1.d3 = 1\n"
               "r3[0] = 14\n"
               "The program is done at cycle 182.\n"
               "0.0.0/1.1.1/1.1.1/1.1  i64 14, 0 x 7\n"
               /* going back does the changes again, at their cycle */
               "cycle 112, main (0.0): issues in this cycle\n"
               "=> 2 @2: { - | SSCATTR [p1], r3, 8 | - }\n"
               "p1 = 0.0.0/1.1.1/1.1.1/1.1\n"
               "cycle 111, main (0.0): waits: ptc, until cycle 112\n"
               "=> 2 @2: { - | SSCATTR [p1], r3, 8 | - }\n"
               "p1 = 0.0.0/2.1.1/1.1.1/1.1\n"
               "cycle 112, main (0.0): issues in this cycle\n"
               "=> 2 @2: { - | SSCATTR [p1], r3, 8 | - }\n"
               "p1 = 0.0.0/1.1.1/1.1.1/1.1\n");
  struct command c = {0};
  debug_script(&c, assembled("debug_faulty.siw", faulty), "", "continue\n");
  T_STATUS(&c, 4);
  debug_script(&c, assembled("debug_faulty.siw", faulty), "", "continue\nquit 17\n");
  T_STATUS(&c, 17);
  command_end(&c);
}
