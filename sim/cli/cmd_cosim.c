/* vtpu cosim: hands over to the binary that holds the verilated core for the program's width, which
 * `make cosim' builds beside this one (rtl/cosim/main.c): the simulator alone needs no Verilator.
 */
#include "sim/cli/cli.h"

#include "isa/object.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cosim_arguments {
  const char *program, *wave;
  uint64_t max_cycles;
  struct machine_options machine;
};

static const struct argp_option option_list[] = {
    {"max-cycles", 'c', "N", 0, "compare this many cycles only", 0},
    {"wave", 'w', "FILE", 0, "where a difference leaves its waveform (default cosim.fst)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct cosim_arguments *a = state->input;
  switch (key) {
  case 'c': a->max_cycles = cli_number(state, "--max-cycles", arg, 1, UINT64_MAX); return 0;
  case 'w': a->wave = arg; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &a->machine; return 0;
  case ARGP_KEY_ARG:
  case ARGP_KEY_END: cli_one_file(state, key, arg, "program", &a->program); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&machine_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.siw",
    .doc = "Runs an object file on the verilated core and on the simulator and compares every "
           "cycle: issues, causes of stalls, register writes, memory traffic, messages. The first "
           "difference ends the run (exit status 1) and is told with both states, the last SIWs "
           "and a waveform. `make cosim' builds what this needs.",
    .children = children,
};

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

/* Its words: program, waveform, cycles (0: all), machine, then settings. */
static int hand_over(const struct cosim_arguments *a, unsigned dlen, struct vtpu_error *err)
{
  struct machine m;
  int status = machine_from_options(&a->machine, &m, err);
  if (status)
    return status;
  machine_take_dlen(&a->machine, dlen, &m);
  char path[PATH_MAX + 32], cycles[32], width[32];
  binary_path(dlen, path);
  snprintf(cycles, sizeof cycles, "%" PRIu64, a->max_cycles);
  snprintf(width, sizeof width, "dlen=%d", (int)m.dlen);
  const char **words = calloc(a->machine.set_count + 7, sizeof *words);
  if (!words)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  size_t n = 0;
  words[n++] = path;
  words[n++] = a->program;
  words[n++] = a->wave;
  words[n++] = cycles;
  words[n++] = a->machine.name ? a->machine.name : "spec";
  for (size_t i = 0; i < a->machine.set_count; i++)
    words[n++] = a->machine.sets[i];
  words[n] = width;
  fflush(stdout);
  execv(path, (char *const *)(uintptr_t)words);
  int because = errno;
  free(words);
  return vtpu_fail(err, VTPU_LIMIT,
                   "%s: %s\n  the verilated core is built apart: `make cosim COSIM_DLEN=%u', which "
                   "needs Verilator",
                   path, strerror(because), dlen);
}

int cmd_cosim(int argc, char **argv)
{
  struct cosim_arguments a = {.wave = "cosim.fst"};
  struct vtpu_error err;
  struct object o;
  argp_parse(&argp, argc, argv, 0, NULL, &a);
  int status = object_read(a.program, &o, &err);
  if (!status) {
    unsigned dlen = o.dlen;
    object_free(&o);
    status = hand_over(&a, dlen, &err); /* comes back only if it fails */
  }
  machine_options_free(&a.machine);
  return status ? cli_fail(argv[0], &err) : status;
}
