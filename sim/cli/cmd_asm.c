/* vtpu asm: a text becomes an object file. */
#include "asm/assemble.h"
#include "sim/cli/cli.h"
#include "sim/cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct asm_options {
  const char *input, *output;
};

static const struct argp_option option_list[] = {
    {"output", 'o', "FILE", 0, "the object file (default: PROG.siw for PROG.s)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct asm_options *o = state->input;
  switch (key) {
  case 'o': o->output = arg; return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "file", &o->input); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "file", &o->input);
    if (!o->output && strcmp(o->input, "-") == 0)
      argp_error(state, "-o FILE is needed when the text comes from standard input");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.s",
    .doc = "Assembles a text (asm/README.md describes the language; - is standard input) into an "
           "object file.",
};

/* "dir/prog.s" -> "dir/prog.siw" */
static char *default_output(const char *input)
{
  char *path = NULL;
  const char *dot = strrchr(input, '.'), *slash = strrchr(input, '/');
  int stem =
      dot && dot > input && (!slash || dot > slash + 1) ? (int)(dot - input) : (int)strlen(input);
  return asprintf(&path, "%.*s.siw", stem, input) < 0 ? NULL : path;
}

static int assemble_stdin(struct object *out, struct vtpu_error *err)
{
  char *text = NULL, *more;
  size_t used = 0, room = 0;
  while (!feof(stdin) && !ferror(stdin)) {
    if (used == room) {
      room = room ? 2 * room : 1 << 16;
      more = realloc(text, room);
      if (!more) {
        free(text);
        return vtpu_fail(err, VTPU_SYSTEM, "standard input: out of memory");
      }
      text = more;
    }
    used += fread(text + used, 1, room - used, stdin);
  }
  int status = ferror(stdin) ? vtpu_fail(err, VTPU_SYSTEM, "standard input: %s", strerror(errno))
                             : assemble_text("standard input", text, used, out, err);
  free(text);
  return status;
}

int cmd_asm(int argc, char **argv)
{
  struct asm_options o = {0};
  struct vtpu_error err;
  struct object object;
  struct output out;
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  char *default_path = o.output ? NULL : default_output(o.input);

  int status = strcmp(o.input, "-") == 0 ? assemble_stdin(&object, &err)
                                         : assemble_file(o.input, &object, &err);
  if (status) {
    free(default_path);
    return cli_fail(argv[0], &err);
  }
  status = output_open(&out, o.output ? o.output : default_path, OUTPUT_WHOLE, &err);
  if (!status)
    status = output_object(&out, &object, NULL, &err);
  if (!status)
    status = output_close(&out, &err);
  output_discard(&out);
  object_free_parts(&object);
  free(default_path);
  return status ? cli_fail(argv[0], &err) : VTPU_OK;
}
