/* vtpu cosim: hands over to the binary that holds the verilated core for the program's width, which
 * `make cosim' builds beside this one (rtl/cosim/main.c): Verilator and C++ are not needed for the
 * simulator alone. */
#include "sim/cli/cli.h"

#include "isa/object.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first word that is neither an option nor the value of one. */
static const char *program_of(int argc, char **argv)
{
  static const char *const with_value[] = {"-m", "--machine",    "-s", "--set",
                                           "-c", "--max-cycles", "-w", "--wave"};
  for (int i = 1; i < argc; i++) {
    bool takes_next = false;
    for (size_t k = 0; k < sizeof with_value / sizeof *with_value; k++)
      takes_next |= strcmp(argv[i], with_value[k]) == 0;
    if (takes_next)
      i++;
    else if (argv[i][0] != '-')
      return argv[i];
  }
  return NULL;
}

/* "FOLDER/vtpu-cosim-DLEN", FOLDER being where this command lies. */
static void binary_path(unsigned dlen, char out[PATH_MAX + 32])
{
  char self[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  self[n > 0 ? n : 0] = '\0';
  char *slash = strrchr(self, '/');
  if (slash)
    slash[1] = '\0';
  snprintf(out, PATH_MAX + 32, "%svtpu-cosim-%u", slash ? self : "", dlen);
}

int cmd_cosim(int argc, char **argv)
{
  struct vtpu_error err;
  const char *command = argv[0], *program = program_of(argc, argv);
  unsigned dlen = 64; /* any: without a program there is only help to be had */
  if (program) {
    struct object o;
    if (object_read(program, &o, &err))
      return cli_fail(command, &err);
    dlen = o.dlen;
    object_free(&o);
  }
  char path[PATH_MAX + 32];
  binary_path(dlen, path);
  execv(path, argv);
  int because = errno;
  vtpu_fail(&err, VTPU_LIMIT,
            "%s: %s\n  the verilated core is built apart: `make cosim COSIM_DLEN=%u', which needs "
            "Verilator",
            path, strerror(because), dlen);
  return cli_fail(command, &err);
}
