/* vtpu trace: what is done with a trace file. Finds the verb and hands over. */
#include "sim/cli/cli.h"
#include "sim/cli/trace_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct verb {
  const char *name, *summary;
  int (*run)(int argc, char **argv);
} verbs[] = {
    {"info", "say what a trace holds", trace_info_verb},
    {"show", "print a trace, a line an SIW", trace_show_verb},
    {"query", "print the SIWs of a trace that fit what is asked for", trace_query_verb},
    {"stat", "make the run's report again, from the trace alone", trace_stat_verb},
    {"diff", "show where two traces part, for each kind of difference the first", trace_diff_verb},
    {"replay", "show the registers of sentrons at any cycle", trace_replay_verb},
    {"export", "write a trace for Konata, Perfetto or GTKWave, or as CSV", trace_export_verb},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_help(FILE *out)
{
  fprintf(out,
          "Usage: vtpu trace VERB [OPTION...] FILE\n"
          "Looks into a trace file, which `vtpu run` and `vtpu infer` write with --trace.\n\n");
  for (int i = 0; i < VERBS; i++)
    fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
  fprintf(out, "\n`vtpu trace VERB --help' lists the options of a verb.\n");
}

int cmd_trace(int argc, char **argv)
{
  if (argc < 2) {
    print_help(stderr);
    return VTPU_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
      strcmp(argv[1], "help") == 0) {
    print_help(stdout);
    return VTPU_OK;
  }
  for (int i = 0; i < VERBS; i++)
    if (strcmp(argv[1], verbs[i].name) == 0) {
      char name[32];
      snprintf(name, sizeof name, "vtpu trace %s", verbs[i].name);
      argv[1] = name;
      return verbs[i].run(argc - 1, argv + 1);
    }
  fprintf(stderr, "vtpu trace: '%s' is no verb of it; there are", argv[1]);
  for (int i = 0; i < VERBS; i++)
    fprintf(stderr, "%s %s", i ? "," : "", verbs[i].name);
  fputc('\n', stderr);
  return VTPU_USAGE;
}
