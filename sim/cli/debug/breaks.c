/* Breakpoints and watchpoints: their table, what they say of an event, whether they stop. */
#include "sim/cli/debug/debug.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const access_names[ACCESS_KINDS] = {"gather", "scatter", "prefetch", "flush"};

/* --- the table ----------------------------------------------------------------------------------
 */

struct breakpoint *break_find(struct debug *d, unsigned number)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].number == number)
      return &d->breaks[i];
  return NULL;
}

void break_delete(struct debug *d, struct breakpoint *b)
{
  size_t i = (size_t)(b - d->breaks);
  free(b->text);
  free(b->condition);
  memmove(b, b + 1, (d->break_count - i - 1) * sizeof *b);
  d->break_count--;
}

bool break_needs_events(const struct debug *d)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].enabled && d->breaks[i].kind != BREAK_CYCLE)
      return true;
  return false;
}

static int add(struct debug *d, struct breakpoint *b, struct vtpu_error *err)
{
  struct breakpoint *more = realloc(d->breaks, (d->break_count + 1) * sizeof *more);
  if (more)
    d->breaks = more;
  if (!more || !b->text) {
    free(b->text);
    free(b->condition);
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  }
  b->number = ++d->break_number;
  b->enabled = true;
  d->breaks[d->break_count++] = *b;
  char text[200];
  break_describe(d, b, text, sizeof text);
  printf("%s %u: %s\n", b->kind >= WATCH_REGISTER ? "Watchpoint" : "Breakpoint", b->number, text);
  return 0;
}

void break_describe(const struct debug *d, const struct breakpoint *b, char *out, size_t bytes)
{
  char where[SYMBOL_TEXT_BYTES];
  int n;
  if (b->kind == BREAK_SIW)
    n = snprintf(out, bytes, "SIW %u (%s)", b->first,
                 object_symbolize(&d->object, b->first, where));
  else
    n = snprintf(out, bytes, "%s", b->text);
  if (b->kind == BREAK_SIW && b->sentron >= 0 && (size_t)n < bytes)
    snprintf(out + n, bytes - (size_t)n, " of %s", d->object.sentrons[b->sentron].name);
}

void break_list(struct debug *d)
{
  char text[200];
  if (!d->break_count)
    printf("No breakpoints and no watchpoints.\n");
  for (size_t i = 0; i < d->break_count; i++) {
    const struct breakpoint *b = &d->breaks[i];
    break_describe(d, b, text, sizeof text);
    printf("%3u  %-5s %s  %s", b->number, b->kind >= WATCH_REGISTER ? "watch" : "break",
           b->temporary ? "once    "
           : b->enabled ? "enabled "
                        : "disabled",
           text);
    if (b->condition)
      printf("  if %s", b->condition);
    if (b->hits)
      printf("  hit %" PRIu64 " time%s", b->hits, b->hits == 1 ? "" : "s");
    if (b->ignore)
      printf("  ignores %" PRIu64 " more", b->ignore);
    putchar('\n');
  }
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool has_mnemonic(const char *word, const char **name)
{
  for (int i = 0; i < op_table_count; i++)
    if (strcasecmp(op_table[i].mnemonic, word) == 0) {
      *name = op_table[i].mnemonic;
      return true;
    }
  return false;
}

static int parse_stall(const char *word, enum stall *out, struct vtpu_error *err)
{
  char list[300] = "";
  /* Those that a sentron can meet between two issues. */
  for (int i = STALL_FETCH; i < STALL_DRAIN; i++) {
    if (strcmp(word, stall_keys[i]) == 0) {
      *out = (enum stall)i;
      return 0;
    }
    snprintf(list + strlen(list), sizeof list - strlen(list), " %s", stall_keys[i]);
  }
  return debug_fail(err, "'%s' is no cause of a wait:%s", word, list);
}

static int access_kind_named(const char *word)
{
  for (int i = 0; i < ACCESS_KINDS; i++)
    if (strcmp(word, access_names[i]) == 0)
      return i;
  return -1;
}

/* "access PATTERN [gather|...]", "miss [PATTERN]", with *p behind the first word. */
static int read_access(struct debug *d, struct breakpoint *b, const char **p,
                       struct vtpu_error *err)
{
  char word[200];
  const char *ahead = *p;
  if (!word_next(&ahead, word, sizeof word) || strcmp(word, "sentron") == 0) {
    if (b->kind == BREAK_ACCESS)
      return debug_fail(err,
                        "access to what? a pattern of coordinates like 1.*.3-7/4, or a region");
    return parse_pattern(d, "*", &b->where, err);
  }
  *p = ahead;
  int bad = parse_pattern(d, word, &b->where, err);
  while (!bad && word_next(&ahead, word, sizeof word) && access_kind_named(word) >= 0) {
    b->accesses |= 1u << access_kind_named(word);
    *p = ahead;
  }
  return bad;
}

static int read_kind(struct debug *d, struct breakpoint *b, const char **p, struct vtpu_error *err)
{
  char word[200], *first = word_next(p, word, sizeof word);
  int bad = 0;
  b->kind = BREAK_SIW;
  if (!first)
    return parse_siw_place(d, ".", &b->first, err);
  if (strcmp(word, "sentron") == 0) {
    b->kind = BREAK_ANY;
    *p -= strlen(word);
  } else if (strcmp(word, "cycle") == 0) {
    b->kind = BREAK_CYCLE;
    if (!word_next(p, word, sizeof word))
      return debug_fail(err, "which cycle? (break cycle N)");
    bad = parse_count(word, 0, NEVER - 1, "cycle", &b->cycle, err);
  } else if (strcmp(word, "access") == 0 || strcmp(word, "miss") == 0) {
    b->kind = *word == 'a' ? BREAK_ACCESS : BREAK_MISS;
    bad = read_access(d, b, p, err);
  } else if (strcmp(word, "stall") == 0) {
    b->kind = BREAK_STALL;
    b->least = 1;
    if (!word_next(p, word, sizeof word))
      word[0] = '\0';
    bad = parse_stall(word, &b->stall, err);
    const char *ahead = *p;
    if (!bad && word_next(&ahead, word, sizeof word) && *word >= '0' && *word <= '9') {
      *p = ahead;
      bad = parse_count(word, 1, NEVER, "number of cycles", &b->least, err);
    }
  } else if (strcmp(word, "op") == 0) {
    b->kind = BREAK_OP;
    if (!word_next(p, word, sizeof word) || !has_mnemonic(word, &b->name))
      bad = debug_fail(err, "which operation? a mnemonic of `vtpu manual', like SGATHER");
  } else if (strcmp(word, "mark") == 0) {
    b->kind = BREAK_MARK;
    bool named = word_next(p, word, sizeof word);
    for (uint32_t i = 0; named && i < d->object.mark_count; i++)
      if (strcmp(d->object.marks[i].kernel, word) == 0)
        b->name = d->object.marks[i].kernel;
    if (!b->name)
      bad = debug_fail(err, "which mark? `info marks' lists them");
  } else {
    bad = parse_siw_place(d, word, &b->first, err);
  }
  return bad;
}

static bool runs(const struct object_sentron *s, uint32_t siw)
{
  return siw >= s->entry && siw < s->end;
}

/* Takes " if CONDITION" off the end; asks it once, so that a wrong one is known now. */
static int split_condition(struct debug *d, char *words, char **condition, struct vtpu_error *err)
{
  *condition = NULL;
  char *at = strncmp(words, "if ", 3) == 0 ? words : strstr(words, " if ");
  if (!at) {
    size_t n = strlen(words);
    if (n >= 3 && strcmp(words + n - 3, " if") == 0)
      return debug_fail(err, "if what? a condition like r3[0] > 5");
    return 0;
  }
  const char *text = word_skip(at + 3 + (*at == ' '));
  struct number n;
  int bad = evaluate(d, text, &n, err);
  if (bad)
    return bad;
  *condition = strdup(text);
  *at = '\0';
  return *condition ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
}

static char *trimmed(const char *words)
{
  words = word_skip(words);
  size_t n = strlen(words);
  while (n && (words[n - 1] == ' ' || words[n - 1] == '\t'))
    n--;
  return strndup(words, n);
}

int break_add(struct debug *d, const char *words, bool temporary, struct vtpu_error *err)
{
  struct breakpoint b = {.sentron = -1, .temporary = temporary};
  char line[600], word[200];
  snprintf(line, sizeof line, "%s", word_skip(words));
  int bad = split_condition(d, line, &b.condition, err);
  if (bad)
    return bad;
  const char *p = line;
  bad = read_kind(d, &b, &p, err);
  while (!bad && word_next(&p, word, sizeof word)) {
    unsigned sentron;
    if (strcmp(word, "sentron") != 0)
      bad = debug_fail(err, "'%s' is left over: behind the place come `sentron NAME' and `if ...'",
                       word);
    else if (!word_next(&p, word, sizeof word))
      bad = debug_fail(err, "which sentron?");
    else if (!(bad = parse_sentron(d, word, &sentron, err)))
      b.sentron = (int)sentron;
  }
  if (!bad && b.kind == BREAK_CYCLE && b.sentron >= 0)
    bad = debug_fail(err, "a cycle is of all sentrons");
  if (!bad && b.kind == BREAK_CYCLE && b.cycle < d->looked)
    bad = debug_fail(err, "cycle %" PRIu64 " is past (goto goes back)", b.cycle);
  if (!bad && b.kind == BREAK_SIW) {
    bool any = false;
    for (uint32_t i = 0; i < d->object.sentron_count; i++)
      any |= (b.sentron < 0 || (uint32_t)b.sentron == i) && runs(&d->object.sentrons[i], b.first);
    if (!any)
      bad = debug_fail(err, "SIW %u is in the code of %s", b.first,
                       b.sentron < 0 ? "no sentron" : "other sentrons");
  }
  if (bad) {
    free(b.condition);
    return bad;
  }
  b.last = b.first;
  b.text = trimmed(*word_skip(line) ? line : ".");
  return add(d, &b, err);
}

static bool watched(const struct debug *d, const struct breakpoint *b, uint8_t out[64])
{
  uint8_t bytes[64] = {0};
  bool there = true;
  if (b->kind == WATCH_REGISTER)
    vtpu_register(d->state, (unsigned)b->sentron, b->reg, bytes);
  else
    there = vtpu_peek(d->state, d->object.sentrons[d->focus].node, coord_with_flags(b->cell, 0),
                      bytes, CELL_BYTES, NULL) == 0;
  memcpy(out, bytes + b->offset, b->bytes);
  return there;
}

int watch_add(struct debug *d, const char *words, struct vtpu_error *err)
{
  struct breakpoint b = {.sentron = -1};
  struct place place;
  char line[600];
  snprintf(line, sizeof line, "%s", word_skip(words));
  int bad = split_condition(d, line, &b.condition, err);
  if (bad)
    return bad;
  const char *p = line;
  bad = parse_place(d, &p, &place, err);
  if (!bad && !word_is_end(p))
    bad = debug_fail(err, "'%s' is left over: one register or cell is watched at a time", p);
  if (bad) {
    free(b.condition);
    return bad == 1 ? debug_fail(err, "what is to be watched? a register or a cell: watch r3[0], "
                                      "watch bob.p0, watch [1.2.3/4.5.6/7.8.9/10.11]")
                    : bad;
  }
  b.kind = place.cell ? WATCH_CELL : WATCH_REGISTER;
  b.view = place.view;
  uint8_t bytes[64];
  unsigned lane = elem_bits[place.view] >= 8 ? elem_bits[place.view] / 8u : 1;
  if (place.cell) {
    b.cell = place.coord;
    b.offset = coord_offset(place.coord);
    b.bytes = CELL_BYTES - b.offset;
  } else {
    b.sentron = (int)place.sentron;
    b.reg = place.reg;
    b.bytes = (unsigned)vtpu_register(d->state, place.sentron, place.reg, bytes);
  }
  if (place.lane >= 0) {
    b.offset += (unsigned)place.lane * elem_bits[place.view] / 8;
    b.bytes = lane;
  }
  b.there = watched(d, &b, b.was);
  b.text = trimmed(line);
  return add(d, &b, err);
}

void watch_look(struct debug *d)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].kind >= WATCH_REGISTER)
      d->breaks[i].there = watched(d, &d->breaks[i], d->breaks[i].was);
}

/* --- events -------------------------------------------------------------------------------------
 */

static int access_kind_of(const struct debug *d, uint32_t siw)
{
  const struct slot *s = &d->code[siw].slot[PIPE_S];
  switch (s->op) {
  case OP_SGATHER:
  case OP_SGATHERM: return ACCESS_GATHER;
  case OP_SSCATTR: return ACCESS_SCATTER;
  case OP_SPREFCH: return ACCESS_PREFETCH;
  case OP_SFLUSH: return ACCESS_FLUSH;
  default: return -1;
  }
}

static bool writes(enum pipe pipe, const struct slot *s, unsigned reg)
{
  struct reg_use use;
  slot_registers(pipe, s, &use);
  for (unsigned i = 0; i < use.writes; i++)
    if (use.write[i] == reg)
      return true;
  return false;
}

static bool is_collective(const struct slot *c)
{
  return c->op == OP_CREDUCE || c->op == OP_CCAST;
}

/* When a write to the watched register can be read: the result of a collective when its sentron
 * goes on, a gather when it is complete, others after their latency. */
static unsigned register_candidates(const struct debug *d, const struct breakpoint *b,
                                    const struct event *e, uint64_t cycle[2])
{
  unsigned n = 0;
  const struct slot *slot = d->code[e->siw].slot;
  if (e->before != UINT32_MAX) {
    const struct slot *c = &d->code[e->before].slot[PIPE_C];
    if (is_collective(c) && writes(PIPE_C, c, b->reg))
      cycle[n++] = e->cycle;
  }
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    if (!writes((enum pipe)pipe, &slot[pipe], b->reg) ||
        (pipe == PIPE_C && is_collective(&slot[PIPE_C])))
      continue;
    bool gather = pipe == PIPE_S && access_kind_of(d, e->siw) == ACCESS_GATHER;
    uint64_t latency = (uint64_t)d->machine.latency[slot_latency((enum pipe)pipe, &slot[pipe])];
    cycle[n++] = gather ? e->ready : e->cycle + (latency ? latency : 1);
  }
  return n;
}

unsigned break_candidates(const struct debug *d, const struct breakpoint *b, const struct event *e,
                          uint64_t cycle[2])
{
  if (!b->enabled || (b->sentron >= 0 && (unsigned)b->sentron != e->sentron))
    return 0;
  int access = access_kind_of(d, e->siw), mark;
  bool is = false;
  cycle[0] = e->cycle;
  switch (b->kind) {
  case BREAK_CYCLE: break;
  case BREAK_ANY: is = true; break;
  case BREAK_SIW: is = e->siw >= b->first && e->siw <= b->last; break;
  case BREAK_ACCESS: /* a prefetch that only starts a walk does not tell where: asked later */
    is = access >= 0 && (!b->accesses || b->accesses >> access & 1) &&
         (!e->has_memory || pattern_has(&b->where, e->coord));
    break;
  case BREAK_MISS:
    is = e->has_memory && !e->ptc_hit && access != ACCESS_PREFETCH &&
         pattern_has(&b->where, e->coord);
    break;
  case BREAK_STALL: is = e->stall == b->stall && e->stall_cycles >= b->least; break;
  case BREAK_OP:
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
      is |= op_find((enum pipe)pipe, (unsigned)d->code[e->siw].slot[pipe].op)->mnemonic == b->name;
    break;
  case BREAK_MARK:
    mark = mark_of(d, e->siw);
    is = mark >= 0 && strcmp(d->object.marks[mark].kernel, b->name) == 0 &&
         (e->before == UINT32_MAX || mark_of(d, e->before) != mark);
    break;
  case WATCH_REGISTER: return register_candidates(d, b, e, cycle);
  case WATCH_CELL:
    is = e->has_memory && access == ACCESS_SCATTER && coord_same_cell(e->coord, b->cell);
    cycle[0] = e->ready;
    break;
  }
  return is;
}

/* --- stopping -----------------------------------------------------------------------------------
 */

static bool condition_holds(struct debug *d, const struct breakpoint *b, unsigned sentron)
{
  struct vtpu_error err;
  struct number n;
  if (!b->condition)
    return true;
  unsigned focus = d->focus;
  d->focus = sentron;
  int bad = evaluate(d, b->condition, &n, &err);
  d->focus = focus;
  if (bad)
    printf("The condition of breakpoint %u cannot be asked: %s\n", b->number, err.message);
  return bad || (n.real ? n.f != 0 : n.i != 0);
}

/* The coordinate that the S slot of an event names, at the event's cycle. */
static struct coord slot_coord(const struct debug *d, const struct event *e)
{
  const struct slot *s = &d->code[e->siw].slot[PIPE_S];
  uint8_t bytes[64];
  struct coord c = d->code[e->siw].coord;
  if (!s->imc) {
    vtpu_register(d->state, e->sentron, REG_P + (unsigned)s->rs2, bytes);
    memcpy(&c, bytes, sizeof c);
  }
  return c;
}

static void print_stop(struct debug *d, const struct breakpoint *b, const struct candidate *c,
                       const uint8_t *now, bool there)
{
  char text[200], coord[COORD_TEXT_BYTES];
  const struct event *e = &c->event;
  break_describe(d, b, text, sizeof text);
  printf("%s %u, %s", b->kind >= WATCH_REGISTER ? "Watchpoint" : "Breakpoint", b->number, text);
  switch (b->kind) {
  case BREAK_CYCLE: break;
  case BREAK_ACCESS:
  case BREAK_MISS:
    printf(": %s of %s by %s", access_names[access_kind_of(d, e->siw)],
           coord_print(slot_coord(d, e), coord), d->object.sentrons[c->sentron].name);
    if (e->has_memory && e->ready)
      printf(", PTC %s, %s, complete at cycle %" PRIu64, e->ptc_hit ? "hit" : "miss",
             e->tier >= STALL_L1 && e->tier <= STALL_DDR ? stall_keys[e->tier] : "no tier",
             e->ready);
    break;
  case BREAK_STALL:
    printf(": %s has waited %" PRIu64 " cycles, longest for %s",
           d->object.sentrons[c->sentron].name, e->stall_cycles, stall_keys[e->stall]);
    break;
  case WATCH_REGISTER:
  case WATCH_CELL:
    printf(", written by SIW %u of %s\n", e->siw, d->object.sentrons[c->sentron].name);
    if (b->kind == WATCH_REGISTER && b->reg >= REG_P && b->reg < REG_M) {
      struct coord was, is;
      char other[COORD_TEXT_BYTES];
      memcpy(&was, b->was, sizeof was);
      memcpy(&is, now, sizeof is);
      printf("  was %s\n  is  %s", coord_print(was, coord), coord_print(is, other));
      break;
    }
    printf(b->there ? "  was " : "  was not allocated, zero: ");
    lanes_print(stdout, b->was, b->bytes, b->view);
    printf(there ? "\n  is  " : "\n  is no longer allocated: ");
    lanes_print(stdout, now, b->bytes, b->view);
    break;
  default: printf(", %s", d->object.sentrons[c->sentron].name);
  }
  putchar('\n');
}

bool break_stops(struct debug *d, struct breakpoint *b, const struct candidate *c, bool counted,
                 bool print)
{
  uint8_t now[64] = {0};
  bool there = true;
  if (b->kind >= WATCH_REGISTER) {
    there = watched(d, b, now);
    if (there == b->there && memcmp(now, b->was, b->bytes) == 0)
      return false;
  }
  if (b->kind == BREAK_ACCESS && !c->event.has_memory &&
      !pattern_has(&b->where, slot_coord(d, &c->event)))
    return false;
  bool stops = condition_holds(d, b, c->sentron);
  if (stops && counted) {
    b->hits++;
    if (b->ignore) {
      b->ignore--;
      stops = false;
    }
  }
  if (stops && print)
    print_stop(d, b, c, now, there);
  if (b->kind >= WATCH_REGISTER) {
    memcpy(b->was, now, b->bytes);
    b->there = there;
  }
  return stops;
}
