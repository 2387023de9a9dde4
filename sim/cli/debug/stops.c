/* What breakpoints and watchpoints say of an event, and whether they stop at it. */
#include "sim/cli/debug/debug.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
    is = e->has_memory && access == ACCESS_SCATTER && coord_same_cell(e->coord, b->cell) &&
         d->object.sentrons[e->sentron].node == b->node;
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

static void print_contents(const struct breakpoint *b, const uint8_t *bytes, bool there)
{
  char coord[COORD_TEXT_BYTES];
  struct coord c;
  memcpy(&c, bytes, sizeof c);
  if (!there)
    printf(b->kind == WATCH_CELL ? "not allocated" : "being gathered");
  else if (b->kind == WATCH_REGISTER && b->reg >= REG_P && b->reg < REG_M)
    fputs(coord_print(c, coord), stdout);
  else
    lanes_print(stdout, bytes, b->bytes, b->view);
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
    printf("  was ");
    print_contents(b, b->was, b->there);
    printf("\n  is  ");
    print_contents(b, now, there);
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
    there = watch_read(d, b, now);
    if (!there && b->kind == WATCH_REGISTER)
      return false; /* not yet: travel.c asks again */
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
