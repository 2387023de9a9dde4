/* vtpu compare: what changed between two runs, as a gate against regressions. */
#include "sim/cli/cli.h"
#include "sim/compare.h"

#include <errno.h>
#include <string.h>

/* The exit status when something changed by more than the threshold. */
enum { COMPARE_CHANGED = 1 };

struct compare_options {
  const char *file[2];
  int files;
  double threshold; /* percent */
  bool quiet;
};

static const struct argp_option option_list[] = {
    {"threshold", 't', "PCT", 0, "report what changed by more than PCT percent (default 1)", 1},
    {"quiet", 'q', NULL, 0, "only the exit status", 1},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct compare_options *o = state->input;
  switch (key) {
  case 't': o->threshold = cli_real(state, "--threshold", arg, 0, 1e6); return 0;
  case 'q': o->quiet = true; return 0;
  case ARGP_KEY_ARG:
    if (o->files == 2)
      argp_error(state, "two reports at a time: '%s' is too many", arg);
    o->file[o->files++] = arg;
    return 0;
  case ARGP_KEY_END:
    if (o->files < 2)
      argp_error(state, "which two reports?");
    if (cli_is_standard(o->file[0]) && cli_is_standard(o->file[1]))
      argp_error(state, "only one report can come from standard input");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "A.json B.json",
    .doc = "Compares two reports that `vtpu run' or `vtpu infer' wrote with --json, or two that "
           "they wrote with --profile-json (- is standard input): what changed, largest first, and "
           "the cycle stacks side by side. Parts of a sum (kernels, causes of the stack, ...) are "
           "measured by the sum.\v"
           "Exit status: 0 nothing changed by more than the threshold; 1 something did; 2 wrong "
           "usage; 3 a file is no report, is damaged, or they are of different kinds.",
};

static int read_report(const char *path, struct compare_input *in, struct vtpu_error *err)
{
  json_error_t reason;
  bool standard = cli_is_standard(path);
  in->path = standard ? "standard input" : path;
  errno = 0;
  FILE *f = standard ? stdin : fopen(path, "r");
  if (!f)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s", path, strerror(errno));
  in->json = json_loadf(f, JSON_REJECT_DUPLICATES, &reason);
  if (!standard)
    fclose(f);
  if (!in->json)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: no JSON: line %d, column %d: %s\n"
                     "  the file is damaged, or cut off",
                     in->path, reason.line, reason.column, reason.text);
  return 0;
}

int cmd_compare(int argc, char **argv)
{
  struct compare_options o = {.threshold = 1};
  struct compare_input in[2] = {{.path = NULL}, {.path = NULL}};
  struct comparison c = {.changes = NULL};
  struct vtpu_error err;
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = read_report(o.file[0], &in[0], &err);
  if (!status)
    status = read_report(o.file[1], &in[1], &err);
  if (!status)
    status = compare_reports(&in[0], &in[1], o.threshold / 100, &c, &err);
  if (!status && !o.quiet) {
    compare_text(stdout, &c);
    status = cli_flush_stdout(&err);
  }
  if (status)
    cli_fail(argv[0], &err);
  else
    status = c.count ? COMPARE_CHANGED : 0;
  compare_free(&c);
  json_decref(in[0].json);
  json_decref(in[1].json);
  return status;
}
