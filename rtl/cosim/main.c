/* build/vtpu-cosim-DLEN: one object file on the verilated core and the simulator. `vtpu cosim'
 * reads the user's options and runs this:
 *
 *   vtpu-cosim-64 PROGRAM WAVEFORM CYCLES MACHINE SETTING...
 */
#include "rtl/cosim/cosim.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FIRST_SETTING = 5 };

static int fail(const struct vtpu_error *err)
{
  fflush(stdout);
  fprintf(stderr, "vtpu cosim: %s error: %s\n", vtpu_category_name(err->category), err->message);
  return (int)err->category;
}

static void tell(const char *program, const struct cosim_result *r)
{
  if (r->differs) {
    printf("%s: simulator and RTL differ\n%s", program, r->text ? r->text : "");
    return;
  }
  printf("%s: simulator and RTL agree: %" PRIu64 " cycles, %" PRIu64 " SIWs, %" PRIu64
         " register writes, %" PRIu64 " accesses beyond L1, %" PRIu64 " messages between cores\n",
         program, r->cycles, r->siws, r->results, r->accesses, r->messages);
  if (r->end[0])
    printf("both end here: %s\n", r->end);
}

int main(int argc, char **argv)
{
  struct vtpu_error err;
  struct machine m;
  struct object o;
  struct cosim_result result;
  if (argc < FIRST_SETTING) {
    fprintf(stderr, "%s: run by `vtpu cosim PROG.siw'\n", argv[0]);
    return VTPU_USAGE;
  }
  struct cosim_options options = {.wave = argv[2], .max_cycles = strtoull(argv[3], NULL, 10)};
  if (machine_load(argv[4], &m, &err))
    return fail(&err);
  for (int i = FIRST_SETTING; i < argc; i++)
    if (machine_set(&m, "--set", argv[i], &err))
      return fail(&err);
  if (object_read(argv[1], &o, &err))
    return fail(&err);
  int status = cosim_run(&m, &o, &options, &result, &err);
  if (!status) {
    tell(argv[1], &result);
    status = result.differs ? VTPU_BUG : VTPU_OK;
    cosim_free(&result);
  } else {
    fail(&err);
  }
  object_free(&o);
  return status;
}
