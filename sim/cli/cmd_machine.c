/* vtpu machine: every parameter with value, unit, range and sentence. The text is itself a machine
 * file, so that a user's own machine starts as `vtpu machine spec > mine.machine`. */
#include "sim/cli/cli.h"
#include "sim/cli/output.h"
#include "sim/report.h"

#include <string.h>

struct machine_command {
  struct machine_options machine;
  const char *json;
};

static const struct argp_option option_list[] = {
    {"json", 'j', "FILE", 0, "write name and parameters as JSON (- is standard output)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct machine_command *o = state->input;
  switch (key) {
  case 'j': o->json = arg; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &o->machine; return 0;
  case ARGP_KEY_ARG:
    if (o->machine.name)
      argp_error(state, "one machine at a time: '%s' is too many", arg);
    o->machine.name = arg;
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&machine_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "[NAME|FILE]",
    .doc =
        "Prints every parameter of a machine with its value, range, unit and meaning. The presets "
        "are spec (the default), zen4, r23w6, and energy45, which is spec with energies. The text "
        "is a machine file: store it, change it, "
        "and give it to --machine.",
    .children = children,
};

/* "0..100 GHz" or "zorder, hilbert, row" */
static void print_range(FILE *out, const struct param_info *p)
{
  if (p->kind == PARAM_WORD) {
    for (int w = (int)p->least; w <= (int)p->most; w++)
      fprintf(out, "%s%s", w > (int)p->least ? "|" : "", p->words[w]);
    return;
  }
  fprintf(out, "%.15g..%.15g%s%s", p->least, p->most, *p->unit ? " " : "", p->unit);
}

static void print_machine(FILE *out, const struct machine *m)
{
  fprintf(out, "# machine %s: every parameter, and behind its value the range\n", m->name);
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    char value[PARAM_TEXT_BYTES];
    fprintf(out, "\n# %s\n%-16s = %-20s # ", p->doc, p->name, machine_value_text(m, p, value));
    print_range(out, p);
    fputc('\n', out);
  }
}

int cmd_machine(int argc, char **argv)
{
  struct machine_command o = {.json = NULL};
  struct vtpu_error err;
  struct machine m;
  struct output out;
  argp_parse(&argp, argc, argv, 0, NULL, &o);

  int status = machine_from_options(&o.machine, &m, &err);
  machine_options_free(&o.machine);
  if (status)
    return cli_fail(argv[0], &err);
  status = output_open(&out, o.json ? o.json : "-", OUTPUT_WHOLE, &err);
  if (!status && o.json)
    status = output_json(&out, report_machine_json(&m), &err);
  else if (!status)
    print_machine(out.stream, &m);
  if (!status)
    status = output_close(&out, &err);
  output_discard(&out);
  return status ? cli_fail(argv[0], &err) : VTPU_OK;
}
