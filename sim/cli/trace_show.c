/* vtpu trace show: a trace as text, a line an SIW. */
#include "sim/cli/cli.h"
#include "sim/cli/trace_verbs.h"
#include "sim/cli/tracefile.h"

int trace_show_verb(int argc, char **argv)
{
  struct vtpu_error err;
  struct tracefile t;
  struct trace_step s;
  if (argc < 2)
    return VTPU_USAGE;
  int status = tracefile_open(&t, argv[1], &err);
  int more = 0;
  if (!status)
    trace_print_header(stdout, &t);
  while (!status && (more = tracefile_next(&t, &s, &err)) > 0)
    trace_print_step(stdout, &t, &s, NULL);
  if (more < 0)
    status = (int)err.category;
  tracefile_close(&t);
  if (!status)
    status = cli_flush_stdout(&err);
  return status ? cli_fail(argv[0], &err) : 0;
}
