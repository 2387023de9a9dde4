/* Steps of a trace as lines of text: see tracefile.h and README, "The trace". */
#include "isa/print.h"
#include "sim/cli/trace_values.h"
#include "sim/report.h"

#include <inttypes.h>

void trace_print_header(FILE *out, const struct tracefile *t, bool values)
{
  fprintf(out,
          "# vtpu-trace-2 program %s machine %s\n"
          "# cycle\tsentron\tsiw\tplace\tstall\tslots\tmemory\tresults%s\n",
          t->info->about.program, t->info->about.machine, values ? "\toperands\tdata" : "");
}

/* The label of a SIW, for the targets of branches and loops. */
static const char *label_of(const void *context, uint32_t siw)
{
  const struct object *o = context;
  for (uint32_t i = 0; i < o->symbol_count; i++) {
    if (o->symbols[i].siw == siw)
      return o->symbols[i].name;
  }
  return NULL;
}

char *outcome_tier_text(uint64_t outcome, char out[TIER_TEXT_BYTES])
{
  unsigned tier = outcome & OUTCOME_TIER, source = outcome_source(outcome);
  if (!tier || tier > TIER_COUNT || source > TIER_COUNT)
    snprintf(out, TIER_TEXT_BYTES, "none");
  else if (outcome & OUTCOME_MERGED && source)
    snprintf(out, TIER_TEXT_BYTES, "%s merged=%s", tier_names[source - 1], tier_names[tier - 1]);
  else
    snprintf(out, TIER_TEXT_BYTES, "%s", tier_names[tier - 1]);
  return out;
}

static void print_memory(FILE *out, const struct trace_step *s)
{
  char coord[COORD_TEXT_BYTES], tier[TIER_TEXT_BYTES];
  if (!s->accesses)
    return;
  fprintf(out, "%s ptc=%s tier=%s ready=%" PRIu64, coord_print(s->coord, coord),
          s->outcome & OUTCOME_MISS      ? "miss"
          : s->outcome & OUTCOME_DROPPED ? "dropped"
          : s->outcome & OUTCOME_WALK    ? "walk"
                                         : "hit",
          outcome_tier_text(s->outcome, tier), s->cycle + s->ready);
}

static void print_messages(FILE *out, const struct trace_step *s)
{
  for (unsigned i = 0; i < s->messages; i++) {
    const struct trace_record *m = &s->message[i];
    if (i || s->accesses)
      fputc(' ', out);
    if (m->kind == TRACE_RELEASE)
      fprintf(out, "release=%" PRIu64, m->cycle + m->field[1]);
    else
      fprintf(out, "%s=%" PRIu64 ".%" PRIu64, m->kind == TRACE_SEND ? "to" : "from", m->field[0],
              m->field[1]);
  }
}

/* What is no issue: as a comment, so that the columns stay those of SIWs. */
static void print_event(FILE *out, const struct tracefile *t, const struct trace_record *r)
{
  const struct trace_kind_info *k = &trace_kinds[r->kind];
  fprintf(out, "# %" PRIu64 "\t", r->cycle);
  if (r->sentron == TRACE_HOST_SENTRON)
    fputs("host", out);
  else
    fprintf(out, "%u.%u", r->node, r->sentron);
  fprintf(out, "\t%s", k->key);
  for (unsigned i = 0; i < k->fields; i++) {
    if ((r->kind == TRACE_HOST && i == 0) || (r->kind == TRACE_POKE && i == 1)) {
      char coord[COORD_TEXT_BYTES];
      fprintf(out, " %s", coord_print(tracefile_coord(t, r->field[i], r->field[i + 1]), coord));
      i++;
    } else if (r->kind == TRACE_STALL && i == 0 && r->field[0] < STALL_COUNT) {
      fprintf(out, " %s", stall_keys[r->field[0]]);
    } else {
      fprintf(out, " %s=%" PRIu64, k->field[i], r->field[i]);
    }
  }
  fputc('\n', out);
}

void trace_print_step(FILE *out, const struct tracefile *t, const struct trace_step *s,
                      const struct vtpu_issue *issue, bool values)
{
  const struct siw_labels labels = {label_of, &t->object};
  char place[SYMBOL_TEXT_BYTES], slots[BUNDLE_TEXT_BYTES];
  if (!s->issues) {
    print_event(out, t, &s->event);
    return;
  }
  fprintf(out, "%" PRIu64 "\t%u.%u\t%" PRIu32 "\t%s", s->cycle, s->node, s->sentron, s->siw,
          object_symbolize(&t->object, s->siw, place));
  if (s->stall_cycles)
    fprintf(out, "\t%s:%" PRIu64, stall_keys[s->longest], s->stall_cycles);
  else
    fputs("\t-", out);
  fprintf(out, "\t%s\t", bundle_print(&t->bundles[s->siw], &labels, slots));
  if (!s->accesses && !s->messages)
    fputc('-', out);
  print_memory(out, s);
  print_messages(out, s);
  fputc('\t', out);
  values_put_results(out, issue);
  if (values) {
    fputc('\t', out);
    values_put_operands(out, issue);
    fputc('\t', out);
    values_put_data(out, t, s, issue);
  }
  fputc('\n', out);
}
