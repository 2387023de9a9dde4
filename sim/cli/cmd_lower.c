/* vtpu lower: a checkpoint becomes the object file that `vtpu infer` would run. */
#include "sim/cli/loops.h"
#include "sim/cli/lowering.h"
#include "sim/cli/output.h"

#include <string.h>

struct lower_command {
  struct lowering_options lowering;
  const char *output, *loops_json;
  bool places, loops;
};

enum { KEY_LOOPS_JSON = 512 };

static const struct argp_option option_list[] = {
    {"output", 'o', "FILE", 0, "the object file", 0},
    {"places", 'P', NULL, 0, "print where every tensor lies in phext space", 0},
    {"loops", 'L', NULL, 0, "print how every innermost loop was pipelined", 0},
    {"loops-json", KEY_LOOPS_JSON, "FILE", 0, "the same as JSON (- is standard output)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct lower_command *o = state->input;
  switch (key) {
  case 'o': o->output = arg; return 0;
  case 'P': o->places = true; return 0;
  case 'L': o->loops = true; return 0;
  case KEY_LOOPS_JSON: o->loops_json = arg; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &o->lowering; return 0;
  case ARGP_KEY_END:
    if (!o->output)
      argp_error(state, "where to? -o FILE");
    if (o->places + o->loops + cli_is_standard(o->output) + cli_is_standard(o->loops_json) > 1)
      argp_error(state, "only one of the object, --places, --loops and --loops-json can go to "
                        "standard output");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&lowering_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .doc = "Turns a checkpoint, with prompts, into an object file: the one that `vtpu infer' runs "
           "with the same options. Without a prompt it starts from the model's begin token.",
    .children = children,
};

static void print_places(const struct lower_result *r)
{
  printf("%-24s %-8s %12s  %s\n", "tensor", "region", "bytes", "from");
  for (int i = 0; i < r->place_count; i++) {
    const struct lower_place *p = &r->places[i];
    char text[COORD_TEXT_BYTES];
    printf("%-24s %-8s %12llu  %s\n", p->name, region_kind_names[p->kind],
           (unsigned long long)p->bytes, coord_print(p->base, text));
  }
}

static json_t *loops_document(const struct lower_result *r)
{
  return json_pack("{s:s, s:o}", "schema", "vtpu-loops-1", "loops", loops_json(r));
}

static int lower(const struct lower_command *o, struct lowering *l, struct output *out,
                 struct output *loops, struct vtpu_error *err)
{
  const struct object_maker weights = {lower_make, &l->program};
  int status = lowering_open(l, &o->lowering, false, err);
  l->weights_later = true;
  if (!status)
    status = output_open(out, o->output, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(loops, o->loops_json, OUTPUT_WHOLE, err);
  if (!status)
    status = lowering_make(l, &o->lowering, false, err);
  if (!status)
    status = output_object(out, &l->program.object, &weights, err);
  if (!status)
    status = output_close(out, err);
  if (!status && loops->stream)
    status = output_json(loops, loops_document(&l->program), err);
  if (!status)
    status = output_close(loops, err);
  if (!status && o->places)
    print_places(&l->program);
  if (!status && o->loops)
    loops_print(stdout, &l->program);
  return status ? status : cli_flush_stdout(err);
}

int cmd_lower(int argc, char **argv)
{
  struct lower_command o = {.output = NULL};
  struct vtpu_error err;
  struct lowering l = {.batch = 0};
  struct output out = {.path = NULL}, loops = {.path = NULL};
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = lower(&o, &l, &out, &loops, &err);
  output_discard(&out);
  output_discard(&loops);
  lowering_close(&l);
  machine_options_free(&o.lowering.machine);
  return status ? cli_fail(argv[0], &err) : VTPU_OK;
}
