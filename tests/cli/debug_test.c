/* vtpu debug by scripts: stops, steps, looks and changes with their asserted output; wrong input.
 */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- stops ------------------------------------------------------------------------------------ */

T_TEST(cli_debug, breaks_at_a_siw_and_steps)
{
  DEBUG_EXPECT(debug_example("microvtpu"), "",
               "where\n"
               "break 3\n"
               "continue\n"
               "print r2\n"
               "print r1\n"
               "step\n"
               "step\n"
               "print r4\n"
               "continue\n"
               "where\n",
               "cycle 0, alice (0.0): has not begun\n"
               "Breakpoint 1: SIW 3 (@3)\n"
               "Breakpoint 1, SIW 3 (@3), alice\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "r2 is being gathered  (owed until cycle 180: ddr)\n"
               "r1 = i64 7\n"
               "cycle 180, alice (0.0): issues in this cycle\n"
               "=> 4 @4: { DMUL r4, r3, r2 | - | - }\n"
               "cycle 183, alice (0.0): issues in this cycle\n"
               "=> 5 @5: { - | SSCATTR [p3], r4, 8 | CSEND m0, 1 }\n"
               "r4 = i64 42\n"
               "The program is done at cycle 430.\n"
               "cycle 430, alice (0.0): retired\n");
}

T_TEST(cli_debug, breaks_by_label_sentron_and_condition)
{
  DEBUG_EXPECT(debug_example("smt_pair"), "",
               "break chain sentron right if l0 == 198\n"
               "continue\n"
               "info sentrons\n"
               "print right.l0\n"
               "print/f32 left.r2\n"
               "print cycle + siw\n"
               "delete\n"
               "tbreak full\n"
               "continue\n"
               "info breakpoints\n",
               "Breakpoint 1: SIW 1 (chain) of right\n"
               "Breakpoint 1, SIW 1 (chain) of right, right\n"
               "cycle 110, right (0.8): issues in this cycle\n"
               "=> 1 chain: { DFMA.f32 r2, r1, r1, r2 | - | - } :l0\n"
               "  left (0.0)           core 0  SIW 1 (chain)  waits: d_result, until cycle 113\n"
               "  alone (0.1)          core 1  SIW 1 (chain)  waits: d_result, until cycle 113\n"
               "* right (0.8)          core 0  SIW 1 (chain)  issues in this cycle\n"
               "right.l0 = 198 rounds left, of SIWs 1..1\n"
               "left.r2 = f32 3.0 x 16  (owed until cycle 113: d_result)\n"
               "cycle + siw = 111\n"
               "Breakpoint 2: SIW 6 (full)\n"
               "Breakpoint 2, SIW 6 (full), alone\n"
               "cycle 902, alone (0.1): issues in this cycle\n"
               "=> 6 full: { DFMA.f32 r7, r1, r1, r7 | - | - } :l0\n"
               "No breakpoints and no watchpoints.\n");
}

T_TEST(cli_debug, breaks_by_access_miss_stall_operation_mark_and_cycle)
{
  struct command c = {0};
  const char *prefetch = debug_example("prefetch");
  debug_script(&c, prefetch, "",
               "break miss 0.0.0/10-20\n"
               "continue 2\n"
               "delete\n"
               "break access *.*.*/*.2 prefetch\n"
               "continue\n"
               "delete\n"
               "break access second gather if p1.d3 == 7\n"
               "continue\n"
               "print p1.d3\n"
               "delete\n"
               "break cycle 4,900\n"
               "continue\n"
               "delete\n"
               "break op SSCATTR\n"
               "continue\n"
               "info breakpoints\n");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "Breakpoint 1, miss 0.0.0/10-20: gather of 0.0.0/10.1.1/1.1.1/1.1 by main, PTC "
                    "miss, ddr, complete at cycle 1013\ncycle 931, main");
  T_CONTAINS(c.out, "gather of 0.0.0/11.1.1/1.1.1/1.1 by main, PTC miss, ddr, complete at cycle "
                    "1096\ncycle 1014, main");
  /* A prefetch that only starts a walk has no arrival; where it leads is asked of the register. */
  T_CONTAINS(c.out, "Breakpoint 2, access *.*.*/*.2 prefetch: prefetch of 0.0.0/0.2.1/1.1.1/1.1 by "
                    "main\n");
  T_CONTAINS(c.out,
             "gather of 0.0.0/7.2.1/1.1.1/1.1 by main, PTC hit, ddr, complete at cycle 4361\n");
  T_CONTAINS(c.out, "p1.d3 = 7\n");
  T_CONTAINS(c.out, "Breakpoint 4, cycle 4,900\ncycle 4900, main");
  T_CONTAINS(c.out, "Breakpoint 5, op SSCATTR, main\n");
  T_CONTAINS(c.out, "  5  break enabled   op SSCATTR  hit 1 time\n");
  debug_script(&c, debug_example("producer_consumer"), "",
               "break stall credit 5\n"
               "continue\n"
               "info queues\n"
               "delete\n"
               "break mark consume\n"
               "run\n");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "stall credit 5: producer has waited 5 cycles, longest for credit\n");
  T_CONTAINS(c.out, "producer -> consumer: 6 messages, 1 of 8 credits, 9 sent, 3 received\n"
                    "  0: i64 3 x 2, 0 x 2  (here since 124)\n");
  T_CONTAINS(c.out, "  5: i64 8 x 2, 0 x 2  (arrives at cycle 139)\n");
  T_CONTAINS(c.out, "Breakpoint 2, mark consume, consumer\ncycle 100, consumer (0.1): issues");
  command_end(&c);
}

T_TEST(cli_debug, a_watch_tells_old_and_new)
{
  DEBUG_EXPECT(debug_example("reduction_tree"), "",
               "watch s0.r4\n"
               "watch [0.0.0/1.1.1/1.1.1/1.1].i64[0]\n"
               "continue\n"
               "where\n"
               "continue\n"
               "info stack\n",
               "Watchpoint 1: s0.r4\n"
               "Watchpoint 2: [0.0.0/1.1.1/1.1.1/1.1].i64[0]\n"
               /* of a collective: when its sentron goes on */
               "Watchpoint 1, s0.r4, written by SIW 9 of s0\n"
               "  was i64 0\n"
               "  is  i64 255\n"
               "cycle 316, s0 (0.0): issues in this cycle\n"
               "=> 9 @9: { - | - | CBAR 0 }\n"
               "cycle 316, s0 (0.0): issues in this cycle\n"
               "=> 9 @9: { - | - | CBAR 0 }\n"
               "Watchpoint 2, [0.0.0/1.1.1/1.1.1/1.1].i64[0], written by SIW 10 of s0\n"
               "  was i64 0\n"
               "  is  i64 255\n"
               "cycle 410, s0 (0.0): retired\n"
               "s0: 319 cycles, 13 SIWs, 16 operations, PTC 2 hits 1 misses\n"
               "  issue                    13  an SIW issued\n"
               "  barrier                  44  held by a barrier\n"
               "  collective               30  held by a reduction or broadcast\n"
               "  ptc                      11  a gather before its arrival, or S ports closed by a "
               "walk\n"
               "  message                 144  no message to receive\n"
               "  drain                    77  after the last issue, until the last operation is "
               "complete\n");
}

T_TEST(cli_debug, counts_and_conditions_of_breakpoints)
{
  struct command c = {0};
  debug_script(&c, debug_example("pingpong"), "",
               "break caught\n"
               "ignore 1 10\n"
               "continue\n"
               "print l0\n"
               "condition 1 l0 == 50\n"
               "continue\n"
               "print l0\n"
               "condition 1\n"
               "disable 1\n"
               "break @5 sentron pong\n"
               "continue\n"
               "enable\n"
               "disable 2\n"
               "continue\n"
               "info breakpoints\n");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "l0 = 90 rounds left");
  T_CONTAINS(c.out, "l0 = 50 rounds left");
  T_CONTAINS(c.out, "Breakpoint 2, SIW 5 (caught+2) of pong, pong\ncycle 1593, pong");
  T_CONTAINS(c.out, "  1  break enabled   SIW 3 (caught)  hit 13 times\n"
                    "  2  break disabled  SIW 5 (caught+2) of pong  hit 1 time\n");
  command_end(&c);
}

/* --- steps ------------------------------------------------------------------------------------ */

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

/* --- back ------------------------------------------------------------------------------------- */

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

/* After a stop its breakpoint's commands; one that goes on leaves it to the next stop's. */
T_TEST(cli_debug, breakpoints_have_commands)
{
  DEBUG_EXPECT(debug_example("microvtpu"), "",
               "break 3\n"
               "break 4\n"
               "commands 1 print r0; continue; print r1\n"
               "commands 2 print r3;print r3\n"
               "info breakpoints\n"
               "continue\n"
               "commands 2\n"
               "goto 0\n"
               "continue\n"
               "reverse-continue\n",
               "Breakpoint 1: SIW 3 (@3)\n"
               "Breakpoint 2: SIW 4 (@4)\n"
               "After a stop at breakpoint 1: print r0; continue; print r1\n"
               "After a stop at breakpoint 2: print r3;print r3\n"
               "  1  break enabled   SIW 3 (@3)\n"
               "     then print r0; continue; print r1\n"
               "  2  break enabled   SIW 4 (@4)\n"
               "     then print r3;print r3\n"
               "Breakpoint 1, SIW 3 (@3), alice\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "r0 = i64 3\n"
               "Breakpoint 2, SIW 4 (@4), alice\n"
               "cycle 180, alice (0.0): issues in this cycle\n"
               "=> 4 @4: { DMUL r4, r3, r2 | - | - }\n"
               "r3 = i64 21\n"
               "r3 = i64 21\n"
               "Breakpoint 2 has no commands any more.\n"
               "cycle 0, alice (0.0): has not begun\n"
               "Breakpoint 1, SIW 3 (@3), alice\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n"
               "r0 = i64 3\n"
               "Breakpoint 2, SIW 4 (@4), alice\n"
               "cycle 180, alice (0.0): issues in this cycle\n"
               "=> 4 @4: { DMUL r4, r3, r2 | - | - }\n"
               "Breakpoint 1, SIW 3 (@3), alice\n"
               "cycle 176, alice (0.0): issues in this cycle\n"
               "=> 3 @3: { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }\n");
  struct command c = {0};
  debug_lines(&c, debug_example("microvtpu"), "",
              "break 3\ncommands\ncommands 9 print r0\ncommands 1 print r0; frobnicate\n"
              "commands 1 print r0[\ncontinue\n");
  T_CONTAINS(c.err, "of which breakpoint?");
  T_CONTAINS(c.err, "there is no breakpoint 9");
  T_CONTAINS(c.err, "there is no command 'frobnicate'");
  T_STATUS(&c, 2);
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

/* What is asked of a register that is being gathered has no answer; a condition is only asked when
 * its breakpoint is met. */
T_TEST(cli_debug, conditions_are_read_early_and_asked_late)
{
  DEBUG_EXPECT(debug_example("microvtpu"), "",
               "goto 177\n"
               "print r2\n"
               "break 4 if r2[0] == 2\n"
               "break 5 if [9.9.9/9.9.9/9.9.9/9.9].i64[0] / 0 == 1\n"
               "continue\n"
               "continue\n",
               "cycle 177, alice (0.0): waits: d_result, until cycle 180\n"
               "=> 4 @4: { DMUL r4, r3, r2 | - | - }\n"
               "r2 is being gathered  (owed until cycle 180: ddr)\n"
               "Breakpoint 1: SIW 4 (@4)\n"
               "Breakpoint 2: SIW 5 (@5)\n"
               "Breakpoint 1, SIW 4 (@4), alice\n"
               "cycle 180, alice (0.0): issues in this cycle\n"
               "=> 4 @4: { DMUL r4, r3, r2 | - | - }\n"
               "The condition of breakpoint 2 cannot be asked: nothing is allocated at "
               "9.9.9/9.9.9/9.9.9/9.9 on node 0 (`info regions')\n"
               "Breakpoint 2, SIW 5 (@5), alice\n"
               "cycle 183, alice (0.0): issues in this cycle\n"
               "=> 5 @5: { - | SSCATTR [p3], r4, 8 | CSEND m0, 1 }\n");
  DEBUG_EXPECT(debug_example("dot"), "",
               "set r0 = 100\n"
               "break 4\n"
               "continue\n"
               "set r1 = 50\n"
               "print r1\n"
               "run\n"
               "print r1\n",
               "r0 = i64 100\n"
               "Breakpoint 1: SIW 4 (@4)\n"
               "Breakpoint 1, SIW 4 (@4), main\n"
               "cycle 104, main (0.0): issues in this cycle\n"
               "=> 4 @4: { DMUL r4, r0, r1 | - | - }\n"
               "r1 = i64 50\n"
               "r1 = i64 50\n"
               "Breakpoint 1, SIW 4 (@4), main\n"
               "cycle 104, main (0.0): issues in this cycle\n"
               "=> 4 @4: { DMUL r4, r0, r1 | - | - }\n"
               "r1 = i64 3\n");
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

/* --- looking and changing ----------------------------------------------------------------------
 */

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
