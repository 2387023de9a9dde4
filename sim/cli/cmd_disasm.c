/* vtpu disasm: an object file becomes text. */
#include "asm/disassemble.h"
#include "sim/cli/cli.h"
#include "sim/cli/output.h"

struct disasm_options {
  const char *input, *output;
};

static const struct argp_option option_list[] = {
    {"output", 'o', "FILE", 0, "where the text goes (default: standard output)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct disasm_options *o = state->input;
  switch (key) {
  case 'o': o->output = arg; return 0;
  case ARGP_KEY_ARG:
  case ARGP_KEY_END: cli_one_file(state, key, arg, "file", &o->input); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.siw",
    .doc = "Prints an object file as text that `vtpu asm' assembles to the same object, byte for "
           "byte.",
};

int cmd_disasm(int argc, char **argv)
{
  struct disasm_options o = {0};
  struct vtpu_error err;
  struct object object;
  struct output out;
  argp_parse(&argp, argc, argv, 0, NULL, &o);

  if (object_read(o.input, &object, &err))
    return cli_fail(argv[0], &err);
  int status = output_open(&out, o.output ? o.output : "-", OUTPUT_WHOLE, &err);
  if (!status)
    status = disassemble(&object, out.stream, &err);
  if (!status)
    status = output_close(&out, &err);
  output_discard(&out);
  object_free(&object);
  return status ? cli_fail(argv[0], &err) : VTPU_OK;
}
