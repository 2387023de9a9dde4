/* Help, version, wrong usage, and `vtpu machine`. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

static const char *const commands[] = {"infer",   "run",    "lower",   "asm",  "disasm",
                                       "machine", "manual", "compare", "cosim"};
enum { COMMANDS = sizeof commands / sizeof *commands };

T_TEST(cli_usage, help_names_every_command)
{
  struct command c = {0};
  command(&c, "vtpu --help");
  T_STATUS(&c, 0);
  for (int i = 0; i < COMMANDS; i++)
    T_CONTAINS(c.out, commands[i]);
  T_CONTAINS(c.out, "Exit status");
  command_end(&c);
}

T_TEST(cli_usage, every_command_has_help)
{
  static const char *const options[][16] = {
      {"--model", "--random-weights", "--prompt", "--token-ids", "--tokens", "--temperature",
       "--seed", "--machine", "--set", "--sentrons", "--logits", "--json", "--profile",
       "--profile-json", "--profile-step", "--timeline"},
      {"--machine", "--set", "--trace", "--dump-phext", "--load-phext", "--max-cycles",
       "--registers", "--json", "--untimed", "--profile", "--profile-json", "--timeline"},
      {"--model", "--random-weights", "--output", "--prompt", "--tokens", "--seed", "--sentrons"},
      {"--output"},
      {"--output"},
      {"--json", "--set"},
      {"--output"},
      {"--threshold", "--quiet", "Exit status"},
      {"--machine", "--set", "--max-cycles", "--wave"},
  };
  struct command c = {0};
  for (int i = 0; i < COMMANDS; i++) {
    command(&c, "vtpu %s --help", commands[i]);
    T_STATUS(&c, 0);
    for (int k = 0; k < 15 && options[i][k]; k++)
      T_CONTAINS(c.out, options[i][k]);
  }
  command_end(&c);
}

T_TEST(cli_usage, version)
{
  struct command c = {0};
  command(&c, "vtpu --version");
  T_STATUS(&c, 0);
  T_CHECK(strncmp(c.out, "vtpu ", 5) == 0);
  command_end(&c);
}

T_TEST(cli_usage, wrong_usage_has_its_status_and_says_why)
{
  static const struct {
    const char *line, *says;
  } cases[] = {
      {"vtpu", "Usage"},
      {"vtpu frobnicate", "'frobnicate' is not a command"},
      {"vtpu run", "which program?"},
      {"vtpu run a.siw b.siw", "'b.siw' is too many"},
      {"vtpu run --frobnicate a.siw", "frobnicate"},
      {"vtpu run a.siw --max-cycles many", "'many' is not a whole number"},
      {"vtpu run a.siw --max-cycles -1", "'-1' is not a whole number"},
      {"vtpu run a.siw --json - --trace -", "only one output"},
      {"vtpu run a.siw --timeline 64", "--json FILE says where to"},
      {"vtpu run a.siw --timeline 64 --json a.json --untimed", "no time line"},
      {"vtpu infer --model m --prompt a --timeline 1 --json a.json", "from 2 to 4096"},
      {"vtpu run a.siw --trace-cycles 1-2", "--trace FILE is missing"},
      {"vtpu trace", "Usage"},
      {"vtpu trace frobnicate", "'frobnicate' is no verb"},
      {"vtpu trace show", "which trace?"},
      {"vtpu trace query a b", "'b' is too many"},
      {"vtpu asm", "which file?"},
      {"vtpu asm -", "-o FILE is needed"},
      {"vtpu disasm", "which file?"},
      {"vtpu infer", "which model?"},
      {"vtpu infer --model m --prompt a --token-ids b", "exclude each other"},
      {"vtpu infer --model m --prompt a --temperature -1", "'-1' is not a number"},
      {"vtpu infer --model m --prompt a --temperature nan", "'nan' is not a number"},
      {"vtpu infer --model m --prompt a --sentrons 17", "from 1 to 16"},
      {"vtpu infer --model m --prompt a --tokens x", "'x' is not a whole number"},
      {"vtpu infer m --prompt a", "a checkpoint is given with --model"},
      {"vtpu lower --model m", "-o FILE"},
      {"vtpu machine spec zen4", "'zen4' is too many"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "%s", cases[i].line);
    if (!T_STATUS(&c, 2))
      T_FAIL("in %s", cases[i].line);
    T_CONTAINS(c.err, cases[i].says);
  }
  command(&c, "vtpu infer --model '%s'", small_model());
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "no prompt");
  command_end(&c);
}

T_TEST(cli_usage, the_manual_is_the_one_in_the_repository)
{
  struct command c = {0};
  command(&c, "vtpu manual | cmp - isa/manual.md");
  T_STATUS(&c, 0);
  command_end(&c);
}

/* --- vtpu machine -------------------------------------------------------------------------- */

T_TEST(cli_machine, prints_every_parameter_with_unit_range_and_sentence)
{
  struct command c = {0};
  command(&c, "vtpu machine zen4");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "ddr_latency      = 320 cycles");
  T_CONTAINS(c.out, "# DDR access, from arrival");
  T_CONTAINS(c.out, "# 1..1000000 cycles");
  T_CONTAINS(c.out, "zorder|hilbert|row");
  command(&c, "vtpu machine --json - --set ddr_latency=71");
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_EQ_STR(json_text(j, "name"), "spec");
  T_EQ(json_whole(j, "parameters.ddr_latency"), 71);
  T_EQ_STR(json_text(j, "parameters.curve"), "zorder");
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_machine, its_text_is_a_machine_file)
{
  static const char *const presets[] = {"spec", "zen4", "r23w6", "energy45"};
  struct command c = {0};
  for (int i = 0; i < 4; i++) {
    const char *file = temp_path("copy.machine");
    command(&c, "vtpu machine %s > '%s'; vtpu machine %s --json - | grep -v '\"name\"'", presets[i],
            file, presets[i]);
    T_STATUS(&c, 0);
    char *expected = strdup(c.out);
    command(&c, "vtpu machine '%s' --json - | grep -v '\"name\"'", file);
    T_STATUS(&c, 0);
    T_EQ_STR(c.out, expected);
    free(expected);
  }
  command_end(&c);
}

T_TEST(cli_machine, bad_machines_are_refused)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"l1_latencie = 4 cycles\n", "l1_latency"},
      {"l1_latency = 4 bytes\n", "cycles"},
      {"l1_latency = -3 cycles\n", "l1_latency"},
      {"l1_bytes = 1000 bytes\n", "l1"},
      {"curve = spiral\n", "zorder"},
      {"preset = zen5\n", "zen5"},
      {"l1_latency 4\n", ":1"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *file = temp_text("bad.machine", cases[i].text);
    command(&c, "vtpu machine '%s'", file);
    if (!T_STATUS(&c, 3))
      T_FAIL("in %s", cases[i].text);
    T_CONTAINS(c.err, cases[i].says);
    T_CONTAINS(c.err, "bad.machine");
    T_EQ_STR(c.out, "");
  }
  command(&c, "vtpu machine no_such_machine");
  T_CHECK(c.status == 3 || c.status == 2);
  T_CONTAINS(c.err, "no_such_machine");
  command(&c, "vtpu machine --set nonsense=1");
  T_CHECK(c.status == 3 || c.status == 2);
  T_CONTAINS(c.err, "nonsense");
  command_end(&c);
}
