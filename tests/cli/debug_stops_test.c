/* vtpu debug by scripts: what stops a run: breakpoints, watches, conditions, their commands. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

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
