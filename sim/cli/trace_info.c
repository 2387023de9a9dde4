/* vtpu trace info: what a trace holds. */
#include "sim/cli/cli.h"
#include "sim/cli/trace_verbs.h"
#include "sim/cli/tracefile.h"

#include <inttypes.h>
#include <jansson.h>

struct info_options {
  const char *path;
  bool json;
};

static const struct argp_option option_list[] = {
    {"json", 'j', NULL, 0, "print as JSON", 1},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct info_options *o = state->input;
  switch (key) {
  case 'j': o->json = true; return 0;
  case ARGP_KEY_ARG:
  case ARGP_KEY_END: cli_one_file(state, key, arg, "trace", &o->path); return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Says what a trace holds: the run it is of, its cycles and its records.",
};

static double per(uint64_t bytes, uint64_t siws)
{
  return siws ? (double)bytes / (double)siws : 0;
}

static void print_text(const struct tracefile *t)
{
  const struct trace_info *i = t->info;
  const struct trace_about *a = &i->about;
  const uint64_t siws = i->kinds[TRACE_ISSUE];
  printf("trace of       %s\n", a->program);
  printf("command        %s\n", a->command);
  printf("machine        %s%s\n", a->machine, a->untimed ? ", without time" : "");
  printf("program        %" PRIu32 " SIWs, %" PRIu32 " sentrons, hash %016" PRIx64 "%s\n",
         t->object.siw_count, t->object.sentron_count, a->object_hash,
         a->data ? "" : "; its data are not within");
  if (*a->resumed)
    printf("resumed from   %s\n", a->resumed);
  printf("left out       %s\n", *a->selection ? a->selection : "nothing");
  if (i->recovered)
    printf("cut            the run was cut: there is no index, only whole blocks are read\n");
  printf("cycles         %" PRIu64 " to %" PRIu64 "\n", i->first_cycle, i->last_cycle);
  printf("file           %" PRIu64 " bytes in %" PRIu64 " blocks; %" PRIu64
         " before compression; %.2f an SIW, without the program\n",
         i->file_bytes, i->blocks, i->encoded_bytes, per(i->file_bytes - i->program_bytes, siws));
  printf("records        %" PRIu64 "\n", i->records);
  for (int k = 0; k < TRACE_KIND_COUNT; k++)
    if (i->kinds[k])
      printf("  %-12s %12" PRIu64 "  %s\n", trace_kinds[k].key, i->kinds[k], trace_kinds[k].doc);
}

static int print_json(const struct tracefile *t, struct vtpu_error *err)
{
  const struct trace_info *i = t->info;
  const struct trace_about *a = &i->about;
  char hash[20];
  snprintf(hash, sizeof hash, "%016" PRIx64, a->object_hash);
  json_t *kinds = json_object();
  for (int k = 0; k < TRACE_KIND_COUNT; k++)
    json_object_set_new(kinds, trace_kinds[k].key, json_integer((json_int_t)i->kinds[k]));
  json_t *j = json_pack(
      "{s:s, s:s, s:s, s:b, s:i, s:i, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
      "program", a->program, "command", a->command, "machine", a->machine, "untimed", a->untimed,
      "siws", (int)t->object.siw_count, "sentrons", (int)t->object.sentron_count, "object_hash",
      hash, "resumed", a->resumed, "selection", a->selection, "cut", i->recovered, "first_cycle",
      (json_int_t)i->first_cycle, "last_cycle", (json_int_t)i->last_cycle, "file_bytes",
      (json_int_t)i->file_bytes, "blocks", (json_int_t)i->blocks, "encoded_bytes",
      (json_int_t)i->encoded_bytes, "records", (json_int_t)i->records, "kinds", kinds);
  if (!j)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  json_dumpf(j, stdout, JSON_INDENT(2));
  json_decref(j);
  putchar('\n');
  return 0;
}

int trace_info_verb(int argc, char **argv)
{
  struct info_options o = {0};
  struct vtpu_error err;
  struct tracefile t;
  argp_parse(&argp, argc, argv, 0, NULL, &o);
  int status = tracefile_open(&t, o.path, &err);
  if (!status && o.json)
    status = print_json(&t, &err);
  else if (!status)
    print_text(&t);
  tracefile_close(&t);
  if (!status)
    status = cli_flush_stdout(&err);
  return status ? cli_fail(argv[0], &err) : 0;
}
