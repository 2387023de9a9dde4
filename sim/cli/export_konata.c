/* Kanata log, version 4, which the viewer Konata reads: a line a command, tabs between its parts.
 *
 *   Kanata 0004           first line
 *   C= N                  the cycle that follows
 *   C N                   N cycles later
 *   I id sim thread       an SIW appears; ids count from 0
 *   L id 0|1 text         its label in the list (0), and in the tip (1)
 *   S id lane stage       a stage begins
 *   E id lane stage       it ends; written for every stage, as not all versions of Konata end one
 *                         with the beginning of the next
 *   R id retire 0         the SIW leaves
 *
 * An SIW's stages: in lane 1, which is the format's for stalls and has colours of its own, what it
 * waits for (names of the cycle stack); in lane 0 X for the cycle in which it issues, and the tier
 * that its access waits for until it is complete. Konata counts cycles from the first line's
 * on, whatever C= says, so the tip has the cycle of the run. */
#include "isa/print.h"
#include "sim/cli/export.h"
#include "sim/report.h"

#include <inttypes.h>
#include <stdlib.h>

enum command { LEAVES, APPEARS, STALL_ENDS, STALLS, ISSUES, ACCESSES };

static int by_begin(const void *a, const void *b)
{
  const struct export_step *x = *(const struct export_step *const *)a,
                           *y = *(const struct export_step *const *)b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x < y ? -1 : x > y;
}

static const char *tier_stage(const struct export_step *s)
{
  unsigned tier = outcome_source(s->outcome) ? outcome_source(s->outcome)
                                             : (unsigned)(s->outcome & OUTCOME_TIER);
  return tier >= 1 && tier <= TIER_COUNT ? tier_names[tier - 1] : "mem";
}

/* The events of one SIW, whose id is the index in the order of appearance. */
static size_t add_events(const struct export *e, const struct export_step *s, uint32_t id,
                         struct export_event *out)
{
  size_t n = 0;
  uint64_t at = s->begin;
  out[n++] = (struct export_event){s->begin, 1, id, APPEARS, 0};
  for (uint32_t i = 0; i < s->stalls; i++) {
    out[n++] = (struct export_event){at, 3, id, STALLS, i};
    at += e->stalls[s->stall + i].cycles;
    out[n++] = (struct export_event){at, 2, id, STALL_ENDS, i};
  }
  out[n++] = (struct export_event){s->cycle, 3, id, ISSUES, 0};
  uint64_t end = s->cycle + 1;
  if (s->accesses && s->ready > 1) {
    out[n++] = (struct export_event){end, 3, id, ACCESSES, 0};
    end = s->cycle + s->ready;
  }
  out[n++] = (struct export_event){end, 0, id, LEAVES, 0};
  return n;
}

static void put_tip(const struct export *e, const struct export_step *s, uint32_t id, FILE *out)
{
  const struct object_sentron *sentron = &e->trace->object.sentrons[s->stream];
  const struct export_values v = export_values(e, s);
  char coord[COORD_TEXT_BYTES];
  fprintf(out, "L\t%" PRIu32 "\t1\tcycle %" PRIu64 ", sentron %u.%u (%s)", id, s->cycle,
          sentron->node, sentron->id, sentron->name);
  if (s->accesses)
    fprintf(out, "\\n%s %s%s", trace_access_names[outcome_access(s->outcome)],
            coord_print(s->coord, coord), s->outcome & OUTCOME_MISS ? " PTC miss" : "");
  if (*v.results)
    fprintf(out, "\\nwrote %s\\nread %s\\ndata %s", v.results, v.operands, v.data);
  fputc('\n', out);
}

static void put_event(const struct export *e, const struct export_step *s,
                      const struct export_event *v, uint32_t *retired, FILE *out)
{
  char place[SYMBOL_TEXT_BYTES], slots[BUNDLE_TEXT_BYTES];
  const char *last = s->accesses && s->ready > 1 ? tier_stage(s) : "X";
  switch ((enum command)v->kind) {
  case APPEARS:
    fprintf(out, "I\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\n", v->step, v->step, s->stream);
    fprintf(out, "L\t%" PRIu32 "\t0\t%" PRIu32 " %s %s\n", v->step, s->siw,
            object_symbolize(&e->trace->object, s->siw, place), export_slots(e, s->siw, slots));
    put_tip(e, s, v->step, out);
    break;
  case STALLS:
  case STALL_ENDS:
    fprintf(out, "%c\t%" PRIu32 "\t1\t%s\n", v->kind == STALLS ? 'S' : 'E', v->step,
            stall_keys[e->stalls[s->stall + v->detail].cause]);
    break;
  case ISSUES: fprintf(out, "S\t%" PRIu32 "\t0\tX\n", v->step); break;
  case ACCESSES:
    fprintf(out, "E\t%" PRIu32 "\t0\tX\nS\t%" PRIu32 "\t0\t%s\n", v->step, v->step, tier_stage(s));
    break;
  case LEAVES:
    fprintf(out, "E\t%" PRIu32 "\t0\t%s\n", v->step, last);
    fprintf(out, "R\t%" PRIu32 "\t%" PRIu32 "\t0\n", v->step, (*retired)++);
    break;
  }
}

int export_konata(const struct export *e, FILE *out, struct vtpu_error *err)
{
  const struct export_step **order = calloc(e->count + 1, sizeof *order);
  struct export_event *event = calloc(4 * e->count + 2 * e->stall_count + 1, sizeof *event);
  size_t events = 0;
  uint32_t retired = 0;
  if (!order || !event) {
    free(order);
    free(event);
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  }
  for (size_t i = 0; i < e->count; i++)
    order[i] = &e->step[i];
  qsort(order, e->count, sizeof *order, by_begin);
  for (size_t i = 0; i < e->count; i++)
    events += add_events(e, order[i], (uint32_t)i, event + events);
  export_sort(event, events);
  fputs("Kanata\t0004\n", out);
  for (size_t i = 0; i < events; i++) {
    if (i == 0)
      fprintf(out, "C=\t%" PRIu64 "\n", event[i].cycle);
    else if (event[i].cycle > event[i - 1].cycle)
      fprintf(out, "C\t%" PRIu64 "\n", event[i].cycle - event[i - 1].cycle);
    put_event(e, order[event[i].step], &event[i], &retired, out);
  }
  free(order);
  free(event);
  return 0;
}
