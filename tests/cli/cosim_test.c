/* vtpu cosim as far as it goes without the verilated core: options, and the way to a core. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

/* A width for which nobody builds a core beside the tested binary. */
static const char *const wide = ".dlen 256\n.sentron a, id=0\n  { DMOV r0, 1 }\n";

T_TEST(cli_cosim, what_is_not_built_is_told_with_the_cure)
{
  struct command c = {0};
  const char *program = assembled("wide.siw", wide);
  command(&c, "cp %s %s && %s cosim %s", VTPU_BINARY, temp_path("vtpu-alone"),
          temp_path("vtpu-alone"), program);
  T_STATUS(&c, 5);
  T_CONTAINS(c.err, "vtpu-cosim-256: No such file");
  T_CONTAINS(c.err, "make cosim COSIM_DLEN=256");
  command_end(&c);
}

T_TEST(cli_cosim, wrong_usage)
{
  struct command c = {0};
  command(&c, "vtpu cosim");
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "which program?");
  command(&c, "vtpu cosim --max-cycles 0 x.siw");
  T_STATUS(&c, 2);
  command(&c, "vtpu cosim %s", temp_path("not-there.siw"));
  T_STATUS(&c, 3);
  command(&c, "vtpu cosim --machine nowhere %s", assembled("wide.siw", wide));
  T_STATUS(&c, 3);
  command(&c, "vtpu cosim --help");
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "--wave");
  command_end(&c);
}
