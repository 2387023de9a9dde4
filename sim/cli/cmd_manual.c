/* vtpu manual: the reference manual of the instruction set, from the tables of isa/. */
#include "isa/gen/generate.h"
#include "sim/cli/cli.h"
#include "sim/cli/output.h"

struct manual_options {
  const char *output;
};

static const struct argp_option option_list[] = {
    {"output", 'o', "FILE", 0, "where the manual goes (default: standard output)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct manual_options *o = state->input;
  switch (key) {
  case 'o': o->output = arg; return 0;
  case ARGP_KEY_ARG: argp_error(state, "'%s' is too many", arg); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .doc = "Prints the reference manual of the instruction set and of the machine's parameters, in "
           "Markdown; isa/manual.md is the same.",
};

int cmd_manual(int argc, char **argv)
{
  struct manual_options o = {.output = NULL};
  struct vtpu_error err;
  struct output out;
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = output_open(&out, o.output ? o.output : "-", OUTPUT_WHOLE, &err);
  if (!status) {
    write_manual(out.stream);
    status = output_close(&out, &err);
  }
  output_discard(&out);
  return status ? cli_fail(argv[0], &err) : VTPU_OK;
}
