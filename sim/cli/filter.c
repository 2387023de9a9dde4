/* Which steps a user wants: see filter.h. What depends on an SIW alone (regions, pipe, opcode,
 * registers) is found once for all SIWs. */
#include "sim/cli/filter.h"

#include "isa/print.h"
#include "sim/cli/selection.h"
#include "sim/report.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  KEY_CYCLES = 'c',
  KEY_SENTRONS = 's',
  KEY_REGIONS = 'r',
  KEY_PIPE = 768,
  KEY_OPCODE,
  KEY_REGISTER,
  KEY_READS,
  KEY_WRITES,
  KEY_COORDINATE,
  KEY_STALL,
  KEY_TIER,
  KEY_ACCESS,
  KEY_MISS,
  KEY_MESSAGES,
  KEY_EVENTS,
  KEY_VALUE
};

static const struct argp_option filter_option_list[] = {
    {"cycles", KEY_CYCLES, "LIST", 0, "only these cycles: FIRST-LAST, FIRST-", 1},
    {"sentrons", KEY_SENTRONS, "LIST", 0, "only these sentrons: names, or node.number", 1},
    {"regions", KEY_REGIONS, "LIST", 0,
     "only SIWs of these regions: KERNEL or LAYER.KERNEL, with * and ?", 1},
    {0},
};

static const struct argp_option query_option_list[] = {
    {"pipe", KEY_PIPE, "D|S|C", 0, "only SIWs with an operation for this pipe", 2},
    {"opcode", KEY_OPCODE, "NAME", 0, "only SIWs with this operation: SGATHER, DFMA.f32, CR*", 2},
    {"register", KEY_REGISTER, "REG", 0, "only SIWs that read or write this register", 2},
    {"reads", KEY_READS, "REG", 0, "... that read it", 2},
    {"writes", KEY_WRITES, "REG", 0, "... that write it", 2},
    {"coordinate", KEY_COORDINATE, "PATTERN", 0,
     "only accesses to these cells: each of the dimensions a number, a range 3-5 or *; what is "
     "missing "
     "at the end is *",
     3},
    {"access", KEY_ACCESS, "KIND", 0, "only gather, scatter, prefetch or flush", 3},
    {"tier", KEY_TIER, "TIER", 0, "only accesses that l1, l2, l3 or ddr supplied", 3},
    {"ptc-miss", KEY_MISS, NULL, 0, "only accesses that missed the PTC", 3},
    {"stall", KEY_STALL, "CAUSE[:N]", 0,
     "only SIWs that waited for this cause (N cycles or more); any: all causes together", 4},
    {"value", KEY_VALUE, "[REG=]N", 0,
     "only SIWs that read or wrote this value, in a register, memory or a message: 42, -1, 0x2a, "
     "1.5 (f32), a coordinate",
     4},
    {"messages", KEY_MESSAGES, NULL, 0, "only SIWs that send, receive or are released", 4},
    {"events", KEY_EVENTS, NULL, 0, "also what is no SIW: spawns, phases, the host", 4},
    {0},
};

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
  struct filter_options *o = state->input;
  switch (key) {
  case KEY_CYCLES: o->cycles = arg; return 0;
  case KEY_SENTRONS: o->sentrons = arg; return 0;
  case KEY_REGIONS: o->regions = arg; return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_query(int key, char *arg, struct argp_state *state)
{
  struct filter_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT: state->child_inputs[0] = o; return 0;
  case KEY_PIPE: o->pipe = arg; return 0;
  case KEY_OPCODE: o->opcode = arg; return 0;
  case KEY_REGISTER: o->reg = arg; return 0;
  case KEY_READS: o->reads = arg; return 0;
  case KEY_WRITES: o->writes = arg; return 0;
  case KEY_COORDINATE: o->coordinate = arg; return 0;
  case KEY_STALL: o->stall = arg; return 0;
  case KEY_TIER: o->tier = arg; return 0;
  case KEY_ACCESS: o->access = arg; return 0;
  case KEY_MISS: o->miss = true; return 0;
  case KEY_MESSAGES: o->messages = true; return 0;
  case KEY_EVENTS: o->events = true; return 0;
  case KEY_VALUE: o->value = arg; return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

const struct argp filter_argp = {.options = filter_option_list, .parser = parse_filter};
static const struct argp_child query_children[] = {{&filter_argp, 0, NULL, 0}, {0}};
const struct argp query_argp = {
    .options = query_option_list, .parser = parse_query, .children = query_children};

/* --- what SIWs say --------------------------------------------------------------------------- */

static int find_register(const char *option, const char *text, uint32_t *bits,
                         struct vtpu_error *err)
{
  for (unsigned r = 0; r < REG_COUNT; r++) {
    char name[REGISTER_NAME_BYTES];
    if (strcmp(register_name(r, name), text) == 0) {
      *bits = 1u << r;
      return 0;
    }
  }
  return vtpu_fail(
      err, VTPU_USAGE,
      "%s: there is no register '%s'\n  there are r0 to r15, p0 to p7, m0 to m3, l0 to "
      "l3",
      option, text);
}

/* Does an operation of the slot answer to this name, with or without its type and modes? */
static bool slot_is(enum pipe pipe, const struct bundle *b, const char *pattern)
{
  char text[SLOT_TEXT_BYTES];
  const struct op_info *op = op_find(pipe, (unsigned)b->slot[pipe].op);
  slot_print(pipe, &b->slot[pipe], b->coord, NULL, text);
  text[strcspn(text, " ")] = 0;
  return fnmatch(pattern, text, FNM_CASEFOLD) == 0 ||
         (op && fnmatch(pattern, op->mnemonic, FNM_CASEFOLD) == 0);
}

static const unsigned nops[PIPE_COUNT] = {OP_DNOP, OP_SNOP, OP_CNOP};

static bool siw_fits(const struct filter *f, const struct filter_options *o, const struct bundle *b)
{
  uint32_t reads, writes;
  bundle_registers(b, &reads, &writes);
  if ((f->touches && !((reads | writes) & f->touches)) || (f->reads && !(reads & f->reads)) ||
      (f->writes && !(writes & f->writes)))
    return false;
  bool found = !o->pipe && !o->opcode;
  for (int p = 0; p < PIPE_COUNT; p++) {
    if (o->pipe && "DSC"[p] != o->pipe[0] && "dsc"[p] != o->pipe[0])
      continue;
    if ((unsigned)b->slot[p].op == nops[p] && !o->opcode)
      continue;
    found = found || !o->opcode || slot_is((enum pipe)p, b, o->opcode);
  }
  return found;
}

static int find_siws(struct filter *f, const struct filter_options *o, const struct tracefile *t,
                     struct vtpu_error *err)
{
  uint32_t left = 0, count = t->object.siw_count;
  if (!f->siws) {
    f->siws = malloc((count / 64 + 1) * sizeof *f->siws);
    if (!f->siws)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
    memset(f->siws, 255, (count / 64 + 1) * sizeof *f->siws);
  }
  for (uint32_t k = 0; k < count; k++) {
    if (!siw_fits(f, o, &t->bundles[k]))
      f->siws[k / 64] &= ~(UINT64_C(1) << k % 64);
    left += bit_of(f->siws, k);
  }
  if (left)
    return 0;
  return vtpu_fail(
      err, VTPU_USAGE,
      "no SIW of the program fits%s%s%s%s: nothing can be found\n  `vtpu disasm` lists "
      "its SIWs",
      o->opcode ? " --opcode " : "", o->opcode ? o->opcode : "", o->pipe ? " --pipe " : "",
      o->pipe ? o->pipe : "");
}

/* --- what steps say -------------------------------------------------------------------------- */

static bool parse_part(const char **text, uint16_t *least, uint16_t *most)
{
  char *end;
  *least = 0;
  *most = COORD_DIM_SIZE - 1;
  if (**text == '*') {
    ++*text;
    return true;
  }
  if (**text < '0' || **text > '9')
    return false;
  unsigned long first = strtoul(*text, &end, 10), last = first;
  if (*end == '-' && end[1] >= '0' && end[1] <= '9')
    last = strtoul(end + 1, &end, 10);
  if (last < first || last >= COORD_DIM_SIZE)
    return false;
  *text = end;
  *least = (uint16_t)first;
  *most = (uint16_t)last;
  return true;
}

static int parse_coordinate(struct filter *f, const char *text, struct vtpu_error *err)
{
  const char *at = text;
  int dims = 0;
  f->by_coordinate = true;
  for (int i = 0; i < COORD_DIMS; i++) {
    f->dim[i].least = 0;
    f->dim[i].most = COORD_DIM_SIZE - 1;
  }
  while (dims < COORD_DIMS && parse_part(&at, &f->dim[dims].least, &f->dim[dims].most)) {
    dims++;
    if (*at != '.' && *at != '/')
      break;
    at++;
  }
  if (*at || !dims)
    return vtpu_fail(
        err, VTPU_USAGE,
        "--coordinate: '%s' is no pattern: '%s' is not understood\n  write "
        "1.2.3/4.5.6/7.8.9/10.11 with * or ranges like 3-5 (up to %d) in place of numbers",
        text, at, COORD_DIM_SIZE - 1);
  return 0;
}

static int parse_stall(struct filter *f, const char *text, struct vtpu_error *err)
{
  size_t length = strcspn(text, ":");
  char *end;
  f->any_stall = length == 3 && strncmp(text, "any", 3) == 0;
  if (text[length]) {
    f->least_stall = strtoull(text + length + 1, &end, 10);
    if (text[length + 1] < '0' || text[length + 1] > '9' || *end)
      return vtpu_fail(err, VTPU_USAGE, "--stall: '%s' is no number of cycles", text + length + 1);
  }
  for (int i = 0; i < STALL_COUNT; i++)
    if (f->any_stall ||
        (strlen(stall_keys[i]) == length && strncmp(text, stall_keys[i], length) == 0))
      f->stalls |= UINT64_C(1) << i;
  if (f->stalls)
    return 0;
  char list[400] = "";
  for (int i = STALL_FETCH, used = 0; i < STALL_DRAIN; i++)
    used += snprintf(list + used, sizeof list - (size_t)used, "%s, ", stall_keys[i]);
  return vtpu_fail(err, VTPU_USAGE, "--stall: there is no cause '%.*s'\n  there are %sand any",
                   (int)length, text, list);
}

static int parse_words(struct filter *f, const struct filter_options *o, struct vtpu_error *err)
{
  for (unsigned i = 0; o->tier && i < TIER_COUNT; i++)
    if (strcasecmp(o->tier, tier_names[i]) == 0)
      f->tier = i + 1;
  if (o->tier && !f->tier)
    return vtpu_fail(err, VTPU_USAGE, "--tier: '%s' is none of l1, l2, l3, ddr", o->tier);
  for (int i = 0; o->access && i < 4; i++)
    if (strcmp(o->access, trace_access_names[i]) == 0)
      f->access = i;
  if (o->access && f->access < 0)
    return vtpu_fail(err, VTPU_USAGE, "--access: '%s' is none of gather, scatter, prefetch, flush",
                     o->access);
  if (o->pipe && (strlen(o->pipe) != 1 || !strchr("DSCdsc", o->pipe[0])))
    return vtpu_fail(err, VTPU_USAGE, "--pipe: '%s' is none of D, S, C", o->pipe);
  return 0;
}

/* What the trace does not hold cannot be asked for. */
static int check_groups(const struct filter *f, const struct tracefile *t, struct vtpu_error *err)
{
  const uint16_t groups = t->info->about.groups;
  const bool memory = f->by_coordinate || f->tier || f->access >= 0 || f->miss;
  const char *lacks = f->stalls && !(groups >> TRACE_GROUP_STALL & 1)       ? "stall"
                      : memory && !(groups >> TRACE_GROUP_MEMORY & 1)       ? "memory"
                      : f->messages && !(groups >> TRACE_GROUP_MESSAGE & 1) ? "message"
                                                                            : NULL;
  return lacks ? vtpu_fail(err, VTPU_USAGE,
                           "%s: the trace has no %s records\n  make it with --trace-kinds %s, or "
                           "without --trace-kinds",
                           t->path, lacks, lacks)
               : 0;
}

int filter_open(struct filter *f, const struct filter_options *o, const struct tracefile *t,
                struct vtpu_error *err)
{
  *f = (struct filter){.access = -1, .miss = o->miss, .messages = o->messages, .events = o->events};
  int bad = parse_words(f, o, err);
  if (!bad && o->cycles)
    bad = select_cycles("--cycles", o->cycles, &f->ranges, &f->range_count, err);
  if (!bad && o->sentrons)
    bad = select_sentrons("--sentrons", o->sentrons, &t->object, &f->sentrons, err);
  if (!bad && o->regions)
    bad = select_regions("--regions", o->regions, &t->object, &f->siws, err);
  if (!bad && o->reg)
    bad = find_register("--register", o->reg, &f->touches, err);
  if (!bad && o->reads)
    bad = find_register("--reads", o->reads, &f->reads, err);
  if (!bad && o->writes)
    bad = find_register("--writes", o->writes, &f->writes, err);
  if (!bad && o->coordinate)
    bad = parse_coordinate(f, o->coordinate, err);
  if (!bad && o->stall)
    bad = parse_stall(f, o->stall, err);
  if (!bad && o->value)
    bad = value_pattern_parse(o->value, &f->value, err);
  if (!bad && (o->pipe || o->opcode || o->reg || o->reads || o->writes))
    bad = find_siws(f, o, t, err);
  return bad ? bad : check_groups(f, t, err);
}

void filter_close(struct filter *f)
{
  free(f->ranges);
  free(f->sentrons);
  free(f->siws);
}

static bool in_ranges(const struct filter *f, uint64_t cycle)
{
  for (size_t i = 0; i < f->range_count; i++)
    if (cycle < f->ranges[i].to)
      return cycle >= f->ranges[i].from;
  return f->range_count == 0;
}

static bool access_fits(const struct filter *f, const struct trace_step *s)
{
  const unsigned source = outcome_source(s->outcome);
  const unsigned tier = source ? source : s->outcome & OUTCOME_TIER;
  if (!s->accesses || (f->tier && tier != f->tier) || (f->miss && !(s->outcome & OUTCOME_MISS)) ||
      (f->access >= 0 && outcome_access(s->outcome) != (unsigned)f->access))
    return false;
  for (int i = 0; f->by_coordinate && i < COORD_DIMS; i++) {
    unsigned at = coord_dim(s->coord, i);
    if (at < f->dim[i].least || at > f->dim[i].most)
      return false;
  }
  return true;
}

bool filter_wants(const struct filter *f, const struct trace_step *s)
{
  const bool memory = f->by_coordinate || f->tier || f->access >= 0 || f->miss;
  if (!in_ranges(f, s->cycle) ||
      (f->sentrons && (s->sentron == TRACE_HOST_SENTRON || !bit_of(f->sentrons, s->stream))))
    return false;
  if (!s->issues)
    return f->events;
  if (f->siws && !bit_of(f->siws, s->siw))
    return false;
  bool stalled = !f->stalls || (f->any_stall && s->stalls && s->stall_cycles >= f->least_stall);
  for (unsigned i = 0; i < s->stalls && !stalled && !f->any_stall; i++)
    stalled = f->stalls >> s->stall[i].cause & 1 && s->stall[i].cycles >= f->least_stall;
  return stalled && (!memory || access_fits(f, s)) && (!f->messages || s->messages);
}

bool filter_wants_values(const struct filter *f, const struct tracefile *t,
                         const struct trace_step *s, const struct vtpu_issue *issue)
{
  return !f->value.set || value_pattern_fits(&f->value, t, s, issue);
}

uint64_t filter_from(const struct filter *f)
{
  return f->range_count ? f->ranges[0].from : 0;
}

uint64_t filter_to(const struct filter *f)
{
  return f->range_count ? f->ranges[f->range_count - 1].to : UINT64_MAX;
}
