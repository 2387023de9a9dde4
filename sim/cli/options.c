/* Options that several subcommands have, and the form of error messages: see cli.h. */
#include "sim/cli/cli.h"
#include "sim/timeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int cli_fail(const char *command, const struct vtpu_error *err)
{
  fflush(stdout);
  fprintf(stderr, "%s: %s error: %s\n", command, vtpu_category_name(err->category), err->message);
  return (int)err->category;
}

/* Quotes are needed by what is not plain; a quote itself stands outside of them. */
static void quote(FILE *out, const char *word)
{
  if (*word && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-_./,:=+@%^")]) {
    fputs(word, out);
    return;
  }
  fputc('\'', out);
  for (; *word; word++) {
    if (*word == '\'')
      fputs("'\\''", out);
    else
      fputc(*word, out);
  }
  fputc('\'', out);
}

char *cli_command_line(int argc, char **argv)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fputs(argv[0], out); /* "vtpu run" */
  for (int i = 1; i < argc; i++) {
    fputc(' ', out);
    quote(out, argv[i]);
  }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

int cli_flush_stdout(struct vtpu_error *err)
{
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout))
    return 0;
  return vtpu_fail(err, VTPU_SYSTEM, "standard output: cannot write: %s",
                   errno ? strerror(errno) : "earlier output did not go through");
}

bool cli_is_standard(const char *file)
{
  return file && strcmp(file, "-") == 0;
}

void cli_one_file(struct argp_state *state, int key, const char *arg, const char *what,
                  const char **file)
{
  if (key == ARGP_KEY_ARG && *file)
    argp_error(state, "one %s at a time: '%s' is too many", what, arg);
  else if (key == ARGP_KEY_ARG)
    *file = arg;
  else if (!*file)
    argp_error(state, "which %s?", what);
}

uint64_t cli_number(struct argp_state *state, const char *option, const char *text, uint64_t least,
                    uint64_t most)
{
  char *end = NULL;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
    argp_error(state, "%s: '%s' is not a whole number from %llu to %llu", option, text,
               (unsigned long long)least, (unsigned long long)most);
  return value;
}

double cli_real(struct argp_state *state, const char *option, const char *text, double least,
                double most)
{
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end || !isfinite(value) || value < least || value > most)
    argp_error(state, "%s: '%s' is not a number from %g to %g", option, text, least, most);
  return value;
}

/* --- --timeline ------------------------------------------------------------------------------ */

enum { KEY_TIMELINE = 1024 };

static const struct argp_option timeline_option_list[] = {
    {"timeline", KEY_TIMELINE, "N", 0,
     "add to the JSON a time line: counters for each of at most N windows of the run (`vtpu "
     "report' draws it)",
     4},
    {0},
};

static error_t parse_timeline_option(int key, char *arg, struct argp_state *state)
{
  unsigned *windows = state->input;
  if (key != KEY_TIMELINE)
    return ARGP_ERR_UNKNOWN;
  *windows =
      (unsigned)cli_number(state, "--timeline", arg, TIMELINE_WINDOWS_MIN, TIMELINE_WINDOWS_MAX);
  *windows &= ~1u; /* windows are joined in pairs */
  return 0;
}

const struct argp timeline_argp = {
    .options = timeline_option_list,
    .parser = parse_timeline_option,
};

/* --- --machine, --set ---------------------------------------------------------------------- */

static const struct argp_option machine_option_list[] = {
    {"machine", 'm', "NAME|FILE", 0,
     "the machine: spec (the default), zen4, r23w6, energy45, or a file of parameters; see `vtpu "
     "machine`",
     1},
    {"set", 's', "KEY=VALUE", 0, "change one parameter of the machine; can be given several times",
     1},
    {0},
};

static error_t parse_machine_option(int key, char *arg, struct argp_state *state)
{
  struct machine_options *o = state->input;
  switch (key) {
  case 'm': o->name = arg; return 0;
  case 's': {
    const char **more = realloc(o->sets, (o->set_count + 1) * sizeof *more);
    if (!more)
      argp_failure(state, VTPU_SYSTEM, ENOMEM, "--set");
    o->sets = more;
    o->sets[o->set_count++] = arg;
    return 0;
  }
  default: return ARGP_ERR_UNKNOWN;
  }
}

const struct argp machine_argp = {
    .options = machine_option_list,
    .parser = parse_machine_option,
};

int machine_from_options(const struct machine_options *o, struct machine *m, struct vtpu_error *err)
{
  const char *name = o->name ? o->name : "spec";
  int status = machine_load(name, m, err);
  for (size_t i = 0; !status && i < o->set_count; i++)
    status = machine_set(m, "--set", o->sets[i], err);
  return status ? status : machine_check(m, name, err);
}

static bool is_preset(const char *name)
{
  for (int i = 0; machine_presets[i]; i++) {
    if (strcmp(machine_presets[i], name) == 0)
      return true;
  }
  return false;
}

void machine_take_dlen(const struct machine_options *o, uint32_t dlen, struct machine *m)
{
  bool open = !o->name || is_preset(o->name);
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    if (strcmp(p->name, "dlen") == 0)
      open = open && m->dlen == (int64_t)p->value;
  }
  for (size_t i = 0; i < o->set_count; i++)
    open = open && strncmp(o->sets[i], "dlen", 4) != 0;
  if (open)
    m->dlen = dlen;
}

void machine_options_free(struct machine_options *o)
{
  free(o->sets);
  o->sets = NULL;
}
