/* vtpu report: a page of HTML with figures, from the files that the other commands write. */
#include "sim/cli/cli.h"
#include "sim/cli/html/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_DIMS = 256 };

static const struct argp_option option_list[] = {
    {"output", 'o', "DIR", 0, "the folder of the report; it is made if it is not there", 1},
    {"profile", 'p', "FILE", 0, "a profile (--profile-json): adds the rooflines", 2},
    {"locality", 'l', "FILE", 0,
     "figures of `vtpu locality --json': adds the hit rates of other PTCs; once for each curve", 2},
    {"trace", 't', "FILE", 0, "a trace of the run: adds the heat map of phext accesses", 2},
    {"dims", KEY_DIMS, "X,Y", 0,
     "the two dimensions of the heat map, 0 to 10 (the two with most different values)", 2},
    {0},
};

static void parse_dims(struct book *b, char *arg, struct argp_state *state)
{
  char *comma = strchr(arg, ',');
  char first[16] = "";
  if (!comma || (size_t)(comma - arg) >= sizeof first)
    argp_error(state, "--dims: '%s' is not two dimensions: 0,3", arg);
  else
    memcpy(first, arg, (size_t)(comma - arg));
  for (int i = 0; comma && i < 2; i++) {
    const char *text = i ? comma + 1 : first;
    text += *text == 'D' || *text == 'd';
    b->dims[i] = (unsigned)cli_number(state, "--dims", text, 0, 10);
  }
  if (b->dims[0] == b->dims[1])
    argp_error(state, "--dims %s: two different ones are needed", arg);
  b->dims_given = true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct book *b = state->input;
  switch (key) {
  case 'o': b->folder = arg; return 0;
  case 'p': b->in.profile.path = arg; return 0;
  case 't': b->trace = arg; return 0;
  case 'l':
    if (b->in.localities == INPUT_FILES_MAX)
      argp_error(state, "more than %d --locality", INPUT_FILES_MAX);
    b->in.locality[b->in.localities++].path = arg;
    return 0;
  case KEY_DIMS: parse_dims(b, arg, state); return 0;
  case ARGP_KEY_ARG:
    if (b->in.runs == INPUT_FILES_MAX)
      argp_error(state, "more than %d runs", INPUT_FILES_MAX);
    b->in.run[b->in.runs++].path = arg;
    return 0;
  case ARGP_KEY_END:
    if (!b->in.runs)
      argp_error(state, "which run? (a file that --json of `vtpu run' or `vtpu infer' wrote)");
    if (!b->folder)
      argp_error(state, "where to? -o DIR");
    if (b->dims_given && !b->trace)
      argp_error(state, "--dims is about the heat map, which needs --trace");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "RUN.json [RUN.json...]",
    .doc =
        "Makes a page of HTML, DIR/index.html, about a run that `vtpu run' or `vtpu infer' wrote "
        "with --json: figures of merit, cycle stacks, and with --timeline the run over time. "
        "More runs (on other numbers of sentrons, say) are compared with the first. The page "
        "holds its figures; each lies beside it as SVG, PNG and CSV too. Needs gnuplot.",
};

static int make_folder(const char *folder, struct vtpu_error *err)
{
  struct stat st;
  if (mkdir(folder, 0777) == 0)
    return 0;
  int reason = errno;
  if (reason == EEXIST && stat(folder, &st) == 0)
    reason = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
  return reason ? vtpu_fail(err, VTPU_SYSTEM, "%s: cannot make the folder: %s", folder,
                            strerror(reason))
                : 0;
}

static int report(struct book *b)
{
  int status = inputs_read(&b->in, b->err);
  if (!status)
    status = make_folder(b->folder, b->err);
  if (!status)
    status = book_make(b);
  if (!status) {
    printf("%s/index.html\n", b->folder);
    status = cli_flush_stdout(b->err);
  }
  return status;
}

int cmd_report(int argc, char **argv)
{
  struct vtpu_error err;
  struct book b = {.err = &err};
  char *command_line = cli_command_line(argc, argv);
  argp_parse(&argp, argc, argv, 0, NULL, &b);
  b.command_line = command_line ? command_line : "";
  int status = report(&b);
  book_close(&b);
  free(command_line);
  return status ? cli_fail(argv[0], &err) : VTPU_OK;
}
