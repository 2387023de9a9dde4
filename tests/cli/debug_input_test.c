/* vtpu debug: wrong input gets one clear message and the prompt goes on; options, scripts, help. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each line gets one message, and the next line is read. */
T_TEST(cli_debug_input, wrong_input_gets_one_clear_message)
{
  static const struct {
    const char *line, *message;
  } wrong[] = {
      {"nonsense", "there is no command 'nonsense' (`help' lists them)\n"},
      {"re",
       "'re' could be: reverse-step reverse-next reverse-finish reverse-cycle reverse-continue\n"},
      {"break nowhere", "there is no label 'nowhere'\n"},
      {"break @99", "there is no SIW 99: the program has 8, from 0\n"},
      {"break @7 sentron alice", "SIW 7 is in the code of other sentrons\n"},
      {"break 3 sentron carol", "there is no sentron 'carol'\n"},
      {"break 3 of alice", "'of' is left over"},
      {"break 3 if r0[", "the bracket of '[' is not closed\n"},
      {"break 3 if", "if what? a condition like r3[0] > 5\n"},
      {"break cycle", "which cycle? (break cycle N)\n"},
      {"break cycle soon", "'soon' is no cycle: a whole number from 0 to"},
      {"break access", "access to what?"},
      {"break access 1.2.3000", "'1.2.3000' is no pattern of coordinates\n"},
      {"break stall rain", "'rain' is no cause of a wait: branch barrier"},
      {"break op DADX", "which operation?"},
      {"break mark none", "which mark?"},
      {"watch", "what is to be watched?"},
      {"watch r3 r4", "'r4' is left over"},
      {"watch r77", "what is to be watched?"},
      {"delete 7", "there is no breakpoint 7 (`info breakpoints')\n"},
      {"condition", "of which breakpoint?"},
      {"ignore 1", "there is no breakpoint 1"},
      {"step -3", "'-3' is no count: a whole number from 1 on\n"},
      {"step 1 2", "'2' is left over behind the count\n"},
      {"until cycle 0", "cycle 0 is past: this is cycle 0"},
      {"reverse-step", "this is the beginning: there is nothing to go back to\n"},
      {"goto there", "'there' is no cycle"},
      {"print", "what is to be printed?"},
      {"print r3 +", "a number, register, cell, `cycle' or `siw' is missing"},
      {"print r16", "'r16' is nothing with a value\n"},
      {"print r3[8]", "'8' is no lane: a whole number from 0 to 0\n"},
      {"print r3.f64", "'.f64' is no type: .i64 .i32 .f32 .bf16 .i8 .t2\n"},
      {"print/f64 r3", "'/f64' is no format"},
      {"print p0.d11", "'.d11' is no part of a coordinate"},
      {"print p0 + 1", "a coordinate is no number"},
      {"print 1 / 0", "division by zero in '1 / 0'\n"},
      {"print 1.5 % 2", "% takes whole numbers\n"},
      {"print (1", "a ')' is missing in '(1'\n"},
      {"print 1 1", "'1' is left over in '1 1'\n"},
      {"print [9.9.9/9.9.9/9.9.9/9.9]", "nothing is allocated at 9.9.9/9.9.9/9.9.9/9.9 on node 0"},
      {"print [1.2]", "'[1.2]' is no cell"},
      {"print carol.r3", "there is no sentron 'carol'"},
      {"x", "which cell?"},
      {"x/0 work", "'/0': 1 to 4096 cells can be shown"},
      {"x work work", "'work' is left over behind the cell\n"},
      {"set", "what is to be set?"},
      {"set r3", "set r3 to what? (set PLACE = VALUES)\n"},
      {"set r3 = maybe", "'maybe': "},
      {"set r3 = 1, 2", "'1, 2': "},
      {"set r3.i8[0] = 500", "500 does not fit into i8\n"},
      {"set r3[0] = 1.5", "1.5 is no whole number"},
      {"set p0 = 1.2", "'1.2': "},
      {"set p0.d3 = 5000", "'5000' is not from 0 to 2047\n"},
      {"set l0 = 3", "loop l0 of alice is not active"},
      {"set [work] = i64 1 x 9", "these are 72 bytes; there is room for 1 to 64\n"},
      {"set view f64", "which type? set view i64|i32|f32|bf16|i8|t2\n"},
      {"sentron 7", "there is no sentron '7'"},
      {"list here", "there is no label 'here'"},
      {"info", "info about what? breakpoints cell"},
      {"info x", "there is no 'info x'; there are: breakpoints"},
      {"info r", "'info r' could be: regions registers\n"},
      {"info registers q", "'q' is no kind of register: info registers [r][p][m][l]\n"},
      {"info ptc 9999", "'9999' is no set of the PTC: a whole number from 0 to 255\n"},
      {"info cell", "which cell?"},
      {"source", "which file?"},
      {"source /nowhere/at/all", "/nowhere/at/all: No such file or directory\n"},
      {"checkpoint /nowhere/at/all", "/nowhere/at/all: "},
      {"undisplay 3", "there is no display 3"},
      {"display r99", "'r99' is nothing with a value"},
      {"quit now", "'now' is no exit status: a whole number from 0 to 255\n"},
      {"help me", "there is no command 'me'"},
  };
  enum { WRONG = sizeof wrong / sizeof *wrong };
  struct command c = {0};
  const char *object = debug_example("microvtpu");
  char lines[WRONG * 100] = "";
  for (int i = 0; i < WRONG; i++)
    snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s\necho ===\n", wrong[i].line);
  command(&c, "vtpu debug '%s' 2>&1 <'%s'", object, temp_text("debug.wrong", lines));
  T_STATUS(&c, 2);
  char *rest = c.out;
  for (int i = 0; i < WRONG; i++) {
    char *end = strstr(rest, "===\n");
    T_REQUIRE(end != NULL);
    *end = '\0';
    /* The sentence, and at most one more line, which is indented: how to do it right. */
    const char *more = strchr(rest, '\n');
    bool one = more && (!more[1] || (strncmp(more + 1, "  ", 2) == 0 && strchr(more + 1, '\n') &&
                                     !strchr(more + 1, '\n')[1]));
    if (strncmp(rest, wrong[i].message, strlen(wrong[i].message)) != 0 || !one)
      T_FAIL("%s:\n%s", wrong[i].line, rest);
    rest = end + 4;
  }
  T_EQ_STR(rest, "");
  /* In a script it is the end, with the line's number. */
  debug_script(&c, object, "", "echo one\nbreak nowhere\necho three\n");
  T_STATUS(&c, 2);
  T_EQ_STR(c.out, "one\n");
  T_CONTAINS(c.err, "debug.script:2: the script ends here");
  command_end(&c);
}

T_TEST(cli_debug_input, options_scripts_and_help)
{
  struct command c = {0};
  const char *object = debug_example("microvtpu");
  debug_script(&c, object, "--machine r23w6 -e 'break 4' -e continue", "print r3\n");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "cycle 4, alice (0.0): issues in this cycle");
  T_CONTAINS(c.out, "r3 = i64 21\n");
  debug_script(&c, object, "--set spawn=7", "step\n");
  T_CONTAINS(c.out, "cycle 8, alice"); /* SIW 0 issues in cycle 7 */
  const char *inner = temp_text("debug.inner", "# a comment\n\n  echo inside\n");
  char line[2000];
  snprintf(line, sizeof line, "source %s\nhelp\nhelp break\nh bt\n", inner);
  debug_script(&c, object, "", line);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "inside\n");
  T_CONTAINS(c.out, "Going on and back:\n");
  T_CONTAINS(c.out, "  miss [PATTERN]               at a miss of the translation cache (PTC)\n");
  T_CONTAINS(c.out, "backtrace \n  the SIW, its loops, its mark, its sentron.\nAlso: bt\n");
  snprintf(line, sizeof line, "source %s\n", temp_path("debug.self"));
  temp_text("debug.self", line);
  debug_script(&c, object, "", line);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "scripts call each other more than 20 deep");
  command(&c, "vtpu debug '%s' --batch", object);
  T_STATUS(&c, 2);
  command(&c, "vtpu debug");
  T_STATUS(&c, 2);
  command(&c, "vtpu debug /nowhere");
  T_STATUS(&c, 3);
  command(&c, "vtpu debug --help");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "VTPU_HISTORY");
  command_end(&c);
}

/* A script that is ended leaves nothing behind. */
T_TEST(cli_debug_input, an_interrupted_script_ends_with_its_status)
{
  struct command c = {0};
  const char *object = assembled("debug_long.siw", ".dlen 64\n"
                                                   "  { CLOOP l0, 2000000000, last }\n"
                                                   "last:\n"
                                                   "  { DADD r0, r0, r1 } :l0\n");
  static const char *const signals[] = {"INT", "TERM", "HUP"};
  for (int i = 0; i < 3; i++) {
    command(&c,
            "mkdir -p '%s' && TMPDIR='%s' timeout --preserve-status -s %s 1 " VTPU_BINARY
            " debug '%s' --batch -e 'cycle 1000' -e checkpoint -e 'break @0 if cycle > 5000' "
            "-e continue -e 'echo more'",
            temp_path("debug_tmp"), temp_path("debug_tmp"), signals[i], object);
    T_STATUS(&c, 130);
    T_CONTAINS(c.out, "Interrupted.\n");
    T_CHECK(strstr(c.out, "more") == NULL);
    command(&c, "ls '%s'", temp_path("debug_tmp"));
    T_EQ_STR(c.out, "");
  }
  command_end(&c);
}

T_TEST(cli_debug_input, every_command_has_its_help)
{
  struct command c = {0};
  const char *object = debug_example("dot");
  debug_lines(&c, object, "", "help\n");
  T_STATUS(&c, 0);
  int commands = 0;
  char *help = strdup(c.out), *rest = help;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    char name[40], ask[60];
    if (sscanf(line, "  %39s", name) != 1 || strncmp(line, "  ", 2) != 0 || line[2] == ' ')
      continue;
    snprintf(ask, sizeof ask, "help %s\n", name);
    debug_lines(&c, object, "", ask);
    T_STATUS(&c, 0);
    T_CHECK(strncmp(c.out, name, strlen(name)) == 0 && strlen(c.out) > strlen(name) + 10);
    commands++;
  }
  free(help);
  T_CHECK(commands >= 30);
  command_end(&c);
}
