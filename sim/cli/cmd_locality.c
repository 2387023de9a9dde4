/* vtpu locality: an object file's translations against many geometries of PTC, in one run. */
#include "sim/cli/cli.h"
#include "sim/cli/drive.h"
#include "sim/cli/output.h"
#include "sim/locality.h"
#include "sim/report_pieces.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct locality_options {
  const char *program, *json, *csv;
  uint64_t max_cycles;
  bool quiet;
  struct machine_options machine;
};

static const struct argp_option option_list[] = {
    {"max-cycles", 'c', "N", 0, "take the accesses before cycle N only", 2},
    {"json", 'j', "FILE", 0, "write the figures as JSON (- is standard output)", 3},
    {"csv", 'C', "FILE", 0, "write them as CSV, a geometry a line (- is standard output)", 3},
    {"quiet", 'q', NULL, 0, "no tables for people on standard output", 3},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct locality_options *o = state->input;
  switch (key) {
  case 'c': o->max_cycles = cli_number(state, "--max-cycles", arg, 1, UINT64_MAX); return 0;
  case 'j': o->json = arg; return 0;
  case 'C': o->csv = arg; return 0;
  case 'q': o->quiet = true; return 0;
  case ARGP_KEY_INIT: state->child_inputs[0] = &o->machine; return 0;
  case ARGP_KEY_ARG: cli_one_file(state, key, arg, "program", &o->program); return 0;
  case ARGP_KEY_END:
    cli_one_file(state, key, arg, "program", &o->program);
    if (cli_is_standard(o->json) && cli_is_standard(o->csv))
      argp_error(state, "only one output can go to standard output");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&machine_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "PROG.siw",
    .doc =
        "Runs an object file once and tells what PTCs of many sizes would have made of its "
        "gathers, scatters and flushes: hit rate by entries and ways, for an entry a page and an "
        "entry a coordinate, without and with a prefetch of what follows along the linear axis.",
    .children = children,
};

/* What is tabulated: entries of one core's PTC, and its ways. */
static const unsigned entry_counts[] = {64, 128, 256, 512, 1024, 2048, 4096};
static const unsigned way_counts[] = {1, 2, 4, 8, LOCALITY_FULL};
enum {
  ENTRY_COUNTS = sizeof entry_counts / sizeof *entry_counts,
  WAY_COUNTS = sizeof way_counts / sizeof *way_counts
};
static const char *const granularity_names[] = {
    [PTC_PAGE] = "page", [PTC_COORDINATE] = "coordinate"};

struct command {
  struct locality_options o;
  struct machine machine;
  struct object object;
  struct locality *locality;
  struct vtpu *vtpu;
  struct output json, csv;
  char *command_line;
};

/* --- outputs ---------------------------------------------------------------------------------- */

static double share(const struct locality *l, uint64_t hits)
{
  uint64_t accesses = locality_accesses(l);
  return accesses ? (double)hits / (double)accesses : 0;
}

static void print_table(const struct locality *l, enum ptc_granularity g, bool prefetch)
{
  printf("\nhit rate in %%, an entry a %s, %s\n  entries", granularity_names[g],
         prefetch ? "with prefetch of the next" : "no prefetch");
  for (int w = 0; w < WAY_COUNTS; w++) {
    if (way_counts[w] == LOCALITY_FULL)
      printf("      full");
    else
      printf("%6u-way", way_counts[w]);
  }
  printf("  walks at 4-way\n");
  for (int e = 0; e < ENTRY_COUNTS; e++) {
    printf("  %7u", entry_counts[e]);
    for (int w = 0; w < WAY_COUNTS; w++)
      printf("%10.4f",
             100 * share(l, locality_at(l, g, prefetch, entry_counts[e], way_counts[w]).hits));
    printf("%16" PRIu64 "\n", locality_at(l, g, prefetch, entry_counts[e], 4).walks);
  }
  printf("  fully associative, the fewest entries for");
  static const double rates[] = {0.9, 0.95, 0.99, 0.999};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    unsigned entries = locality_entries_for(l, g, prefetch, rates[i]);
    printf("%s %g %%: ", i ? "," : "", 100 * rates[i]);
    if (entries)
      printf("%u", entries);
    else
      printf("none");
  }
  printf("\n");
}

static void print_all(const struct command *c)
{
  const struct locality *l = c->locality;
  printf("%s: %" PRIu64 " accesses of %u cores to %" PRIu64 " pages, %" PRIu64
         " coordinates (summed over cores)\n",
         c->o.program, locality_accesses(l), locality_cores(l), locality_keys(l, PTC_PAGE),
         locality_keys(l, PTC_COORDINATE));
  printf("the machine's own PTC (%d entries, %d-way): %.4f %%\n", (int)c->machine.ptc_entries,
         (int)c->machine.ptc_ways, 100 * share(l, locality_engine_hits(l)));
  for (int g = 0; g < 2; g++)
    for (int prefetch = 0; prefetch < 2; prefetch++)
      print_table(l, (enum ptc_granularity)g, prefetch);
}

/* One call for each geometry, in the order of the CSV. */
typedef void point_fn(void *user, enum ptc_granularity g, bool prefetch, unsigned entries,
                      unsigned ways, struct locality_point p);

static void each_point(const struct locality *l, point_fn *call, void *user)
{
  for (int g = 0; g < 2; g++)
    for (int prefetch = 0; prefetch < 2; prefetch++)
      for (int w = 0; w < WAY_COUNTS; w++)
        for (int e = 0; e < ENTRY_COUNTS; e++)
          call(user, (enum ptc_granularity)g, prefetch, entry_counts[e], way_counts[w],
               locality_at(l, (enum ptc_granularity)g, prefetch, entry_counts[e], way_counts[w]));
}

static const char *curve_name(const struct machine *m)
{
  for (int i = 0; i < machine_param_count; i++)
    if (strcmp(machine_params[i].name, "curve") == 0)
      return machine_params[i].words[m->curve];
  return "";
}

static void csv_point(void *user, enum ptc_granularity g, bool prefetch, unsigned entries,
                      unsigned ways, struct locality_point p)
{
  const struct command *c = user;
  fprintf(c->csv.stream, "%s,%s,%s,%u,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.6f\n",
          curve_name(&c->machine), granularity_names[g], prefetch ? "yes" : "no", ways, entries,
          locality_accesses(c->locality), p.hits, p.walks, 100 * share(c->locality, p.hits));
}

static void json_point(void *user, enum ptc_granularity g, bool prefetch, unsigned entries,
                       unsigned ways, struct locality_point p)
{
  json_array_append_new(user, json_pack("{s:s, s:b, s:i, s:i, s:I, s:I}", "granularity",
                                        granularity_names[g], "prefetch", (int)prefetch, "entries",
                                        (int)entries, "ways", (int)ways, "hits", (json_int_t)p.hits,
                                        "walks", (json_int_t)p.walks));
}

/* Schema "vtpu-locality-1"; ways 0 is fully associative. */
static json_t *json_all(const struct command *c)
{
  const struct locality *l = c->locality;
  json_t *points = json_array(), *machine = report_machine_json(&c->machine);
  each_point(l, json_point, points);
  report_put(&machine, "curve", json_string(curve_name(&c->machine)));
  return json_pack("{s:s, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:i, s:o}", "schema",
                   "vtpu-locality-1", "command_line", report_string(c->command_line), "version",
                   VTPU_VERSION, "program", report_string(c->o.program), "machine", machine,
                   "accesses", (json_int_t)locality_accesses(l), "engine_hits",
                   (json_int_t)locality_engine_hits(l), "pages",
                   (json_int_t)locality_keys(l, PTC_PAGE), "coordinates",
                   (json_int_t)locality_keys(l, PTC_COORDINATE), "cores", (int)locality_cores(l),
                   "points", points);
}

/* --- the command ------------------------------------------------------------------------------ */

static int prepare(struct command *c, struct vtpu_error *err)
{
  int status = machine_from_options(&c->o.machine, &c->machine, err);
  if (!status)
    status = object_read(c->o.program, &c->object, err);
  if (!status)
    machine_take_dlen(&c->o.machine, c->object.dlen, &c->machine);
  if (!status)
    status = output_open(&c->json, c->o.json, OUTPUT_WHOLE, err);
  if (!status)
    status = output_open(&c->csv, c->o.csv, OUTPUT_WHOLE, err);
  if (!status)
    status = locality_new(&c->machine, &c->object, &c->locality, err);
  if (status)
    return status;
  struct vtpu_options options = {.access = locality_access, .access_user = c->locality};
  return vtpu_new(&c->machine, &c->object, &options, &c->vtpu, err);
}

static int write_all(struct command *c, struct vtpu_error *err)
{
  if (!c->o.quiet && c->json.stream != stdout && c->csv.stream != stdout)
    print_all(c);
  int status = 0;
  if (c->json.stream)
    status = output_json(&c->json, json_all(c), err);
  if (c->csv.stream) {
    fprintf(c->csv.stream, "curve,granularity,prefetch,ways,entries,accesses,hits,walks,percent\n");
    each_point(c->locality, csv_point, c);
  }
  if (!status)
    status = output_close(&c->json, err);
  if (!status)
    status = output_close(&c->csv, err);
  return status ? status : cli_flush_stdout(err);
}

static int locality(struct command *c, struct vtpu_error *err)
{
  if (!c->command_line)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  int status = prepare(c, err);
  if (status)
    return status;
  struct drive d = {
      .vtpu = c->vtpu,
      .machine = &c->machine,
      .max_cycles = c->o.max_cycles,
      .progress = true,
  };
  drive_start(&d);
  status = drive_run(&d, err);
  if (!status)
    status = locality_check(c->locality, err);
  if (!status)
    status = write_all(c, err);
  return !status && d.end == REPORT_INTERRUPTED ? CLI_INTERRUPTED : status;
}

int cmd_locality(int argc, char **argv)
{
  struct command c = {.o.max_cycles = UINT64_MAX, .command_line = cli_command_line(argc, argv)};
  struct vtpu_error err;
  argp_parse(&argp, argc, argv, 0, NULL, &c.o);
  int status = locality(&c, &err);
  if (status && status != CLI_INTERRUPTED)
    cli_fail(argv[0], &err);
  free(c.command_line);
  vtpu_free(c.vtpu);
  locality_free(c.locality);
  object_free(&c.object);
  output_discard(&c.json);
  output_discard(&c.csv);
  machine_options_free(&c.o.machine);
  return status;
}
