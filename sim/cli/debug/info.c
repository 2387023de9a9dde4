/* `info`: lists of what there is. A new one is a row of `infos` and a function. */
#include "sim/cli/debug/debug.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int info_breakpoints(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  break_list(d);
  return 0;
}

static int info_sentrons(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  for (uint32_t i = 0; i < d->object.sentron_count; i++) {
    char name[80], where[SYMBOL_TEXT_BYTES];
    struct vtpu_sentron_look look = look_at(d, i);
    printf("%s %-20s core %u  SIW %u (%s)  ", i == d->focus ? "*" : " ", sentron_text(d, i, name),
           look.core, look.siw, object_symbolize(&d->object, look.siw, where));
    print_doing(d, &look);
    putchar('\n');
  }
  return 0;
}

static int info_registers(struct debug *d, const char *args, struct vtpu_error *err)
{
  static const struct {
    char letter;
    int first, count;
  } files[] = {
      {'r', REG_R, R_COUNT}, {'p', REG_P, P_COUNT}, {'m', REG_M, M_COUNT}, {'l', REG_L, L_COUNT}};
  args = word_skip(args);
  bool any = !*args;
  char line[64];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    if (*args && !strchr(args, files[i].letter))
      continue;
    any = true;
    for (int k = 0; k < files[i].count; k++) {
      snprintf(line, sizeof line, "%c%d", files[i].letter, k);
      int bad = command_print(d, line, err);
      if (bad)
        return bad;
    }
  }
  return any && strspn(args, "rpml ") == strlen(args)
             ? 0
             : debug_fail(err, "'%s' is no kind of register: info registers [r][p][m][l]", args);
}

static int info_loops(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args;
  return info_registers(d, "l", err);
}

static int info_queues(struct debug *d, const char *args, struct vtpu_error *err)
{
  bool any = false;
  (void)args, (void)err;
  for (uint32_t from = 0; from < d->object.sentron_count; from++)
    for (uint32_t to = 0; to < d->object.sentron_count; to++) {
      struct vtpu_queue_look q;
      if (!vtpu_look_queue(d->state, from, to, d->at, &q))
        continue;
      any = true;
      printf("%s -> %s: %u message%s, %u of %u credits, %" PRIu64 " sent, %" PRIu64 " received\n",
             d->object.sentrons[from].name, d->object.sentrons[to].name, q.messages,
             q.messages == 1 ? "" : "s", q.credits, q.depth, q.sent, q.received);
      for (unsigned i = 0; i < q.messages; i++) {
        uint8_t bytes[64] = {0};
        uint64_t arrives = vtpu_look_message(d->state, from, to, i, bytes);
        printf("  %u: ", i);
        lanes_print(stdout, bytes, M_BYTES, d->view);
        printf(arrives > d->at ? "  (arrives at cycle %" PRIu64 ")\n"
                               : "  (here since %" PRIu64 ")\n",
               arrives);
      }
    }
  if (!any)
    printf("No message has been sent.\n");
  return 0;
}

static bool print_ptc_set(const struct debug *d, unsigned node, unsigned core, unsigned set,
                          unsigned ways)
{
  bool any = false;
  for (unsigned way = 0; way < ways; way++) {
    struct vtpu_ptc_look e;
    char text[COORD_TEXT_BYTES];
    if (!vtpu_look_ptc(d->state, node, core, set, way, &e))
      continue;
    any = true;
    printf("  set %u way %u: %s  frame %" PRIu64 "  %s  age %u", set, way,
           coord_print(e.coord, text), e.frame, region_kind_names[e.kind], e.age);
    if (e.filled > d->at)
      printf("  being filled until cycle %" PRIu64, e.filled);
    putchar('\n');
  }
  return any;
}

/* info ptc [SET | CELL] */
static int info_ptc(struct debug *d, const char *args, struct vtpu_error *err)
{
  unsigned sets, ways, node = d->object.sentrons[d->focus].node;
  unsigned core = look_at(d, d->focus).core;
  vtpu_ptc_shape(d->state, &sets, &ways);
  args = word_skip(args);
  unsigned first = 0, last = sets - 1;
  if (*args && strspn(args, "0123456789") == strlen(args)) {
    uint64_t set;
    int bad = parse_count(args, 0, sets - 1, "set of the PTC", &set, err);
    if (bad)
      return bad;
    first = last = (unsigned)set;
  } else if (*args) {
    struct coord c;
    int bad = parse_cell(d, &args, &c, err);
    if (bad)
      return bad;
    first = last = vtpu_ptc_set_of(d->state, c);
  }
  unsigned shown = 0;
  printf("PTC of core %u of node %u: %u sets of %u\n", core, node, sets, ways);
  for (unsigned set = first; set <= last; set++)
    shown += print_ptc_set(d, node, core, set, ways);
  if (!shown)
    printf(first == last ? "  set %u is empty\n" : "  it is empty\n", first);
  return 0;
}

/* Which operation holds an entry until then? The log knows those that issued since it began. */
static void print_holder(const struct debug *d, unsigned node, unsigned core, uint64_t until)
{
  for (size_t i = d->log.first; i < d->log.count; i++) {
    const struct event *e = &d->log.event[i];
    const struct slot *s = &d->code[e->siw].slot[PIPE_S];
    char coord[COORD_TEXT_BYTES];
    if (!e->has_memory || e->cycle >= d->at || e->ready != until ||
        d->object.sentrons[e->sentron].node != node || look_at(d, e->sentron).core != core)
      continue;
    printf(": %s of %s", op_find(PIPE_S, (unsigned)s->op)->mnemonic, coord_print(e->coord, coord));
    if (s->op == OP_SGATHER || s->op == OP_SGATHERM)
      printf(" into r%d", s->rd);
    printf(" by %s, issued at cycle %" PRIu64, d->object.sentrons[e->sentron].name, e->cycle);
    if (e->tier >= STALL_L1 && e->tier <= STALL_DDR)
      printf(", from %s", stall_keys[e->tier]);
    return;
  }
}

static int info_entries(struct debug *d, const char *args, struct vtpu_error *err)
{
  struct vtpu_memory_look m;
  unsigned node = d->object.sentrons[d->focus].node, core = look_at(d, d->focus).core, taken = 0;
  (void)args, (void)err;
  vtpu_look_memory(d->state, node, core, &m);
  for (unsigned i = 0; i < m.entries; i++)
    taken += m.entry[i] > d->at;
  printf("core %u of node %u: %u of %u memory entries are taken\n", core, node, taken, m.entries);
  for (unsigned i = 0; i < m.entries; i++)
    if (m.entry[i] == VTPU_UNKNOWN)
      printf("  entry %u: not known until when\n", i);
    else if (m.entry[i] > d->at) {
      printf("  entry %u: until cycle %" PRIu64, i, m.entry[i]);
      print_holder(d, node, core, m.entry[i]);
      putchar('\n');
    }
  if (m.s_closed > d->at)
    printf("  S ports are closed by a walk until cycle %" PRIu64 "\n", m.s_closed);
  if (m.walker > d->at)
    printf("  the walker is busy until cycle %" PRIu64 "\n", m.walker);
  for (unsigned i = 0; i < m.arrivals; i++) {
    struct vtpu_arrival_look a;
    char text[COORD_TEXT_BYTES], reg[REGISTER_NAME_BYTES];
    vtpu_look_arrival(d->state, node, core, i, &a);
    printf("  %s by %s", a.kind, d->object.sentrons[a.sentron].name);
    if (a.has_coord)
      printf(" of %s", coord_print(coord_with_flags(a.cell, a.offset), text));
    if (a.reg >= 0)
      printf(" into %s", register_name((unsigned)a.reg, reg));
    printf(a.arrives >= d->at ? ", arrives at cycle %" PRIu64 "\n"
                              : ", arrived at cycle %" PRIu64 ", on its way beyond L2\n",
           a.arrives);
  }
  return 0;
}

/* info cell CELL: its region, frame, translation, and which tiers hold its line. */
static int info_cell(struct debug *d, const char *args, struct vtpu_error *err)
{
  struct coord c;
  struct vtpu_cell_look look;
  char text[COORD_TEXT_BYTES];
  unsigned node = d->object.sentrons[d->focus].node, core = look_at(d, d->focus).core;
  if (word_is_end(args))
    return debug_fail(err, "which cell? (info cell [p0])");
  int bad = parse_cell(d, &args, &c, err);
  if (bad)
    return bad;
  coord_print(c, text);
  if (!vtpu_look_cell(d->state, node, core, c, &look)) {
    printf("%s: nothing is allocated there\n", text);
    return 0;
  }
  printf("%s: %s region %s", text, region_kind_names[look.kind],
         look.region[0] ? look.region : "made at run time");
  if (look.kind == REGION_PRIVATE)
    printf(" of core %u", look.owner);
  printf(", frame %" PRIu64 ", cell %u of its page\n", look.frame, look.index);
  printf("  core %u: PTC set %u %s", core, vtpu_ptc_set_of(d->state, c),
         look.translated ? "has it" : "does not have it");
  if (look.translated && look.filled > d->at)
    printf(" from cycle %" PRIu64 " on", look.filled);
  for (int t = 0; t < TIER_DDR; t++) {
    printf("; %s %s", tier_names[t], look.tier[t].there ? "holds it" : "no");
    if (look.tier[t].there && look.tier[t].dirty)
      printf(", dirty");
    if (look.tier[t].ready == VTPU_UNKNOWN)
      printf(", in flight");
    else if (look.tier[t].ready > d->at)
      printf(", in flight until cycle %" PRIu64, look.tier[t].ready);
  }
  putchar('\n');
  return 0;
}

static int info_marks(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  for (uint32_t i = 0; i < d->object.mark_count; i++) {
    const struct object_mark *m = &d->object.marks[i];
    printf("  %-20s SIWs %u..%u", m->kernel, m->first, m->last);
    if (m->layer >= 0)
      printf("  layer %d", m->layer);
    putchar('\n');
  }
  if (!d->object.mark_count)
    printf("The program has no marks.\n");
  return 0;
}

static int info_labels(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  for (uint32_t i = 0; i < d->object.symbol_count; i++)
    printf("  %5u  %s\n", d->object.symbols[i].siw, d->object.symbols[i].name);
  if (!d->object.symbol_count)
    printf("The program has no labels; its SIWs are @0 to @%u.\n", d->object.siw_count - 1);
  return 0;
}

static int info_regions(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  for (uint32_t i = 0; i < d->object.region_count; i++) {
    const struct object_region *r = &d->object.regions[i];
    char text[COORD_TEXT_BYTES];
    printf("  %-20s %-7s", r->name, region_kind_names[r->kind]);
    if (r->kind == REGION_PRIVATE)
      printf(" of core %u", r->core);
    printf(" from %s, %" PRIu64 " pages\n", coord_print(r->lo, text), region_pages(r));
  }
  if (!d->object.region_count)
    printf("The program declares no regions.\n");
  return 0;
}

static int info_checkpoints(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  for (size_t i = 0; i < d->snapshot_count; i++)
    printf("  cycle %" PRIu64 "%s\n", d->snapshot[i].cycle,
           i == 0                  ? "  the beginning"
           : d->snapshot[i].wanted ? ""
                                   : "  (made in passing)");
  return 0;
}

static int info_display(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  for (size_t i = 0; i < d->display_count; i++)
    printf("  %u: %s\n", d->displays[i].number, d->displays[i].text);
  if (!d->display_count)
    printf("Nothing is displayed after a stop.\n");
  return 0;
}

/* info stack: where the cycles of the focus went so far. */
static int info_stack(struct debug *d, const char *args, struct vtpu_error *err)
{
  struct vtpu_statistics *s;
  (void)args;
  int bad = vtpu_statistics(d->state, &s, err);
  if (bad)
    return bad;
  const struct vtpu_counts *c = &s->sentrons[d->focus].counts;
  printf("%s: %" PRIu64 " cycles, %" PRIu64 " SIWs, %" PRIu64 " operations, PTC %" PRIu64
         " hits %" PRIu64 " misses\n",
         d->object.sentrons[d->focus].name, c->cycles, c->siws, counts_all_ops(c), c->ptc_hits,
         c->ptc_misses);
  for (int i = 0; i < STALL_COUNT; i++)
    if (c->stack[i])
      printf("  %-14s %12" PRIu64 "  %s\n", stall_keys[i], c->stack[i], stall_docs[i]);
  vtpu_statistics_free(s);
  return 0;
}

static int info_program(struct debug *d, const char *args, struct vtpu_error *err)
{
  (void)args, (void)err;
  printf("%s: SIWs %u, sentrons %u, regions %u, host steps %u, DLEN %u\n", d->program,
         d->object.siw_count, d->object.sentron_count, d->object.region_count, d->object.host_count,
         d->object.dlen);
  printf("machine %s: %d node%s of %d cores, %d contexts each\n", d->machine.name,
         (int)d->machine.nodes, d->machine.nodes == 1 ? "" : "s", (int)d->machine.cores,
         (int)d->machine.contexts);
  printf("cycle %" PRIu64 ", %" PRIu64 " SIWs have issued\n", d->at, vtpu_siws(d->state));
  return 0;
}

static const struct {
  const char *name;
  int (*run)(struct debug *d, const char *args, struct vtpu_error *err);
} infos[] = {
    {"breakpoints", info_breakpoints},
    {"cell", info_cell},
    {"checkpoints", info_checkpoints},
    {"display", info_display},
    {"entries", info_entries},
    {"labels", info_labels},
    {"loops", info_loops},
    {"marks", info_marks},
    {"program", info_program},
    {"ptc", info_ptc},
    {"queues", info_queues},
    {"regions", info_regions},
    {"registers", info_registers},
    {"sentrons", info_sentrons},
    {"stack", info_stack},
};
enum { INFOS = sizeof infos / sizeof *infos };
const char *const info_names[] = {
    "breakpoints", "cell", "checkpoints", "display", "entries",   "labels",   "loops", "marks",
    "program",     "ptc",  "queues",      "regions", "registers", "sentrons", "stack", NULL};
_Static_assert(sizeof info_names / sizeof *info_names == INFOS + 1, "the same list");

int command_info(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[40], list[300] = "";
  int found = -1, matches = 0;
  bool given = word_next(&args, word, sizeof word);
  for (int i = 0; given && i < INFOS; i++) {
    if (strncmp(infos[i].name, word, strlen(word)) != 0)
      continue;
    found = i;
    matches++;
    if (strcmp(infos[i].name, word) == 0) {
      matches = 1;
      break;
    }
  }
  if (matches == 1)
    return infos[found].run(d, args, err);
  for (int i = 0; i < INFOS; i++)
    if (!given || !matches || strncmp(infos[i].name, word, strlen(word)) == 0)
      snprintf(list + strlen(list), sizeof list - strlen(list), " %s", infos[i].name);
  if (!given)
    return debug_fail(err, "info about what?%s", list);
  return debug_fail(err, matches ? "'info %s' could be:%s" : "there is no 'info %s'; there are:%s",
                    word, list);
}
