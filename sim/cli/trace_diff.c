/* vtpu trace diff: where two traces part, for each kind of difference the first, with what came
 * before. Sentrons are compared one by one, SIW by SIW, so that a shift in time hides nothing else.
 */
#include "sim/cli/cli.h"
#include "sim/cli/trace_verbs.h"
#include "sim/cli/tracefile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct diff_options {
  const char *path[2];
  uint64_t context;
};

enum { CONTEXT_MAX = 1000 };

static const struct argp_option option_list[] = {
    {"context", 'C', "N", 0, "show N SIWs before a difference (default: 3)", 1},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct diff_options *o = state->input;
  switch (key) {
  case 'C': o->context = cli_number(state, "--context", arg, 0, CONTEXT_MAX); return 0;
  case ARGP_KEY_ARG:
    if (o->path[1])
      argp_error(state, "two traces are compared: '%s' is too many", arg);
    o->path[o->path[0] != NULL] = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o->path[1])
      argp_error(state, "which two traces?");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "A B",
    .doc =
        "Compares two traces, sentron by sentron and SIW by SIW, and shows for each kind of "
        "difference the first: another SIW, cycle, stall, coordinate, outcome of an access, time "
        "until it is complete, message, or event. Exit status 0: none, 1: some.",
};

/* --- kinds of differences -------------------------------------------------------------------- */

enum kind { PATH, CYCLE, STALLS, COORDINATE, OUTCOME, READY, MESSAGE, EVENT, LENGTH, KINDS };
static const char *const kind_names[KINDS] = {
    [PATH] = "another SIW",      [CYCLE] = "cycle",         [STALLS] = "stall",
    [COORDINATE] = "coordinate", [OUTCOME] = "PTC or tier", [READY] = "time of an access",
    [MESSAGE] = "message",       [EVENT] = "event",         [LENGTH] = "one ends"};

static bool stalls_differ(const struct trace_step *a, const struct trace_step *b)
{
  if (a->stalls != b->stalls)
    return true;
  for (unsigned i = 0; i < a->stalls; i++)
    if (a->stall[i].cause != b->stall[i].cause || a->stall[i].cycles != b->stall[i].cycles)
      return true;
  return false;
}

/* A release counts from the last arrival, whose cycle may differ alone. */
static bool messages_differ(const struct trace_step *a, const struct trace_step *b)
{
  if (a->messages != b->messages)
    return true;
  for (unsigned i = 0; i < a->messages; i++)
    if (a->message[i].kind != b->message[i].kind ||
        memcmp(a->message[i].field, b->message[i].field, sizeof a->message[i].field) != 0)
      return true;
  return false;
}

/* Kinds in which two steps differ, as bits. `groups`: what both traces have. */
static unsigned differences(const struct trace_step *a, const struct trace_step *b, uint16_t groups)
{
  unsigned bits = 0;
  if (a->issues != b->issues || (a->issues && a->siw != b->siw))
    return 1u << PATH;
  if (!a->issues)
    return a->event.kind != b->event.kind ||
                   memcmp(a->event.field, b->event.field, sizeof a->event.field) != 0
               ? 1u << EVENT
           : a->cycle != b->cycle ? 1u << CYCLE
                                  : 0;
  bits |= a->cycle != b->cycle ? 1u << CYCLE : 0;
  if (groups >> TRACE_GROUP_STALL & 1 && stalls_differ(a, b))
    bits |= 1u << STALLS;
  if (groups >> TRACE_GROUP_MESSAGE & 1 && messages_differ(a, b))
    bits |= 1u << MESSAGE;
  if (!(groups >> TRACE_GROUP_MEMORY & 1) || (!a->accesses && !b->accesses))
    return bits;
  if (a->accesses != b->accesses || a->coord.lo != b->coord.lo || a->coord.hi != b->coord.hi)
    return bits | 1u << COORDINATE;
  bits |= a->outcome != b->outcome ? 1u << OUTCOME : 0;
  return bits | (a->ready != b->ready || a->arrival != b->arrival ? 1u << READY : 0);
}

/* --- comparison ------------------------------------------------------------------------------ */

/* The first difference of a kind: in time, of all sentrons. */
struct first {
  bool found;
  uint64_t cycle;
  char *text;
};

struct comparison {
  struct diff_options o;
  struct tracefile t[2];
  struct trace_step step[2];
  struct trace_step *before; /* [context], a ring: steps of A that were the same */
  struct first first[KINDS];
};

static int show(struct comparison *c, enum kind kind, const bool there[2], uint64_t number,
                struct vtpu_error *err)
{
  struct first *f = &c->first[kind];
  const struct trace_step *s = &c->step[!there[0]];
  char *text = NULL;
  size_t bytes;
  if (f->found && f->cycle <= s->cycle)
    return 0;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  if (s->sentron == TRACE_HOST_SENTRON)
    fprintf(out, "%s: the host\n", kind_names[kind]);
  else
    fprintf(out, "%s: sentron %u.%u, after %" PRIu64 " SIWs\n", kind_names[kind], s->node,
            s->sentron, number);
  uint64_t context = number < c->o.context ? number : c->o.context;
  for (uint64_t i = number - context; i < number; i++) {
    fputs("    ", out);
    trace_print_step(out, &c->t[0], &c->before[i % c->o.context], NULL, false);
  }
  for (int k = 0; k < 2; k++) {
    fprintf(out, "  %c ", "AB"[k]);
    if (there[k])
      trace_print_step(out, &c->t[k], &c->step[k], NULL, false);
    else
      fputs("(nothing more)\n", out);
  }
  fclose(out);
  free(f->text);
  *f = (struct first){true, s->cycle, text};
  return 0;
}

static int compare_stream(struct comparison *c, uint32_t stream, uint16_t groups,
                          struct vtpu_error *err)
{
  unsigned seen = 0; /* kinds of this sentron: only the first counts */
  int bad = 0;
  for (int k = 0; k < 2 && !bad; k++) {
    trace_only(c->t[k].reader, stream);
    bad = tracefile_seek(&c->t[k], 0, err);
  }
  for (uint64_t number = 0; !bad;) {
    bool there[2];
    for (int k = 0; k < 2; k++) {
      int more = tracefile_next(&c->t[k], &c->step[k], err);
      if (more < 0)
        return (int)err->category;
      there[k] = more > 0;
    }
    if (!there[0] && !there[1])
      break;
    unsigned bits =
        there[0] && there[1] ? differences(&c->step[0], &c->step[1], groups) : 1u << LENGTH;
    for (int kind = 0; kind < KINDS && !bad; kind++)
      if (bits & ~seen & 1u << kind)
        bad = show(c, (enum kind)kind, there, number, err);
    seen |= bits;
    if (bits & (1u << PATH | 1u << LENGTH)) /* from here on nothing fits together */
      break;
    if (c->step[0].issues && c->o.context)
      c->before[number % c->o.context] = c->step[0];
    number += c->step[0].issues;
  }
  return bad;
}

/* Parameters of the machine that differ. */
static int compare_machines(const struct comparison *c)
{
  int found = 0;
  for (int i = 0; i < machine_param_count; i++) {
    char a[PARAM_TEXT_BYTES], b[PARAM_TEXT_BYTES];
    machine_value_text(&c->t[0].machine, &machine_params[i], a);
    machine_value_text(&c->t[1].machine, &machine_params[i], b);
    if (strcmp(a, b) != 0) {
      printf("machine: %s = %s in A, %s in B\n", machine_params[i].name, a, b);
      found++;
    }
  }
  return found;
}

static int compare(struct comparison *c, int *found, struct vtpu_error *err)
{
  const struct trace_about *a = &c->t[0].info->about, *b = &c->t[1].info->about;
  if (c->t[0].object.sentron_count != c->t[1].object.sentron_count)
    return vtpu_fail(
        err, VTPU_INPUT,
        "%s has %" PRIu32 " sentrons, %s has %" PRIu32 "\n  traces of one program are compared",
        c->o.path[0], c->t[0].object.sentron_count, c->o.path[1], c->t[1].object.sentron_count);
  c->before = calloc(c->o.context + 1, sizeof *c->before);
  if (!c->before)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  *found = compare_machines(c);
  if (a->object_hash != b->object_hash) {
    printf("program: the code differs\n");
    ++*found;
  }
  if (a->groups != b->groups || strcmp(a->selection, b->selection) != 0)
    printf("selection: A %s; B %s\n", *a->selection ? a->selection : "everything",
           *b->selection ? b->selection : "everything");
  int bad = 0;
  for (uint32_t i = 0; i <= c->t[0].object.sentron_count && !bad; i++)
    bad = compare_stream(c, i, a->groups & b->groups, err);
  for (int kind = 0; kind < KINDS && !bad; kind++)
    if (c->first[kind].found) {
      fputs(c->first[kind].text, stdout);
      ++*found;
    }
  if (!bad && !*found)
    puts("no difference");
  return bad;
}

int trace_diff_verb(int argc, char **argv)
{
  struct comparison *c = calloc(1, sizeof *c);
  struct vtpu_error err;
  int status, found = 0;
  if (!c)
    return VTPU_SYSTEM;
  c->o.context = 3;
  argp_parse(&argp, argc, argv, 0, NULL, &c->o);
  status = tracefile_open(&c->t[0], c->o.path[0], &err);
  if (!status)
    status = tracefile_open(&c->t[1], c->o.path[1], &err);
  if (!status)
    status = compare(c, &found, &err);
  if (!status)
    status = cli_flush_stdout(&err);
  for (int k = 0; k < 2; k++)
    tracefile_close(&c->t[k]);
  for (int kind = 0; kind < KINDS; kind++)
    free(c->first[kind].text);
  free(c->before);
  free(c);
  return status ? cli_fail(argv[0], &err) : found ? 1 : 0;
}
