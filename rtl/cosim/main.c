/* build/vtpu-cosim: one object file on the verilated core and the simulator; `vtpu cosim` runs it.
 */
#include "rtl/cosim/cosim.h"

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
  const char *program, *machine, *wave;
  const char *sets[64];
  int set_count;
  uint64_t max_cycles;
};

static const struct argp_option option_list[] = {
    {"machine", 'm', "NAME", 0, "preset or file of the machine (default spec)", 0},
    {"set", 's', "NAME=VALUE", 0, "override one parameter; may be repeated", 0},
    {"max-cycles", 'c', "N", 0, "compare this many cycles only", 0},
    {"wave", 'w', "FILE", 0, "where a difference leaves its waveform (default cosim.fst)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct arguments *a = state->input;
  char *end;
  switch (key) {
  case 'm': a->machine = arg; return 0;
  case 'w': a->wave = arg; return 0;
  case 's':
    if (a->set_count == 64)
      argp_error(state, "more than 64 --set");
    a->sets[a->set_count++] = arg;
    return 0;
  case 'c':
    a->max_cycles = strtoull(arg, &end, 10);
    if (*end || end == arg || a->max_cycles == 0)
      argp_error(state, "--max-cycles %s: a number from 1 on", arg);
    return 0;
  case ARGP_KEY_ARG:
    if (a->program)
      argp_error(state, "one program at a time: '%s' is too many", arg);
    a->program = arg;
    return 0;
  case ARGP_KEY_END:
    if (!a->program)
      argp_error(state, "which program?");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.siw",
    .doc = "Runs an object file on the verilated core and on the simulator and compares every "
           "cycle: issues, causes of stalls, register writes, memory traffic, messages.",
};

static int fail(const struct vtpu_error *err)
{
  fflush(stdout);
  fprintf(stderr, "vtpu cosim: %s error: %s\n", vtpu_category_name(err->category), err->message);
  return (int)err->category;
}

int main(int argc, char **argv)
{
  struct arguments a = {.machine = "spec", .wave = "cosim.fst"};
  struct vtpu_error err;
  struct machine m;
  struct object o;
  struct cosim_result result;
  argp_err_exit_status = VTPU_USAGE;
  char name[] = "vtpu cosim";
  argv[0] = name;
  argp_parse(&argp, argc, argv, 0, NULL, &a);
  if (machine_load(a.machine, &m, &err))
    return fail(&err);
  bool sets_dlen = false;
  for (int i = 0; i < a.set_count; i++) {
    if (machine_set(&m, "--set", a.sets[i], &err))
      return fail(&err);
    sets_dlen |= strncmp(a.sets[i], "dlen", 4) == 0;
  }
  if (object_read(a.program, &o, &err))
    return fail(&err);
  if (!sets_dlen && strcmp(a.machine, "r23w6") != 0)
    m.dlen = o.dlen;
  struct cosim_options options = {.max_cycles = a.max_cycles, .wave = a.wave};
  if (cosim_run(&m, &o, &options, &result, &err)) {
    object_free(&o);
    return fail(&err);
  }
  int status = VTPU_OK;
  if (result.differs) {
    printf("%s: simulator and RTL differ\n%s", a.program, result.text ? result.text : "");
    status = VTPU_BUG;
  } else {
    printf("%s: simulator and RTL agree: %" PRIu64 " cycles, %" PRIu64 " SIWs, %" PRIu64
           " register writes, %" PRIu64 " accesses beyond L1, %" PRIu64 " messages between cores\n",
           a.program, result.cycles, result.siws, result.results, result.accesses, result.messages);
    if (result.end[0])
      printf("both end here: %s\n", result.end);
  }
  cosim_free(&result);
  object_free(&o);
  return status;
}
