/* Events between sentrons: messages, collectives, regions that are made, shared and freed. See
 * generate.h. */
#include "tests/exact/generate.h"

/* An SIW with an operation in its C slot and whatever fits beside it. */
static void emit_c(struct writer *w, struct slot c)
{
  struct bundle b = {0};
  b.slot[PIPE_C] = c;
  fill_bundle(w, &b);
  uint32_t writes = 0;
  for (int p = 0; p < PIPE_COUNT; p++) {
    struct reg_use use;
    slot_registers((enum pipe)p, &b.slot[p], &use);
    for (int i = 0; i < use.writes; i++) {
      if (writes >> use.write[i] & 1)
        b.slot[PIPE_D] = (struct slot){.op = 0};
      writes |= UINT32_C(1) << use.write[i];
    }
  }
  emit(w, &b);
}

static struct slot send_slot(struct writer *from, const struct writer *to)
{
  struct slot c = {.op = OP_CSEND, .peer = (int32_t)to->id};
  c.rs1 = below(&from->g->rng, M_COUNT);
  if (from->node != to->node) {
    c.op = OP_CROUTE;
    c.peer = (int32_t)to->node;
  }
  return c;
}

static struct slot receive_slot(struct writer *w, const struct writer *from)
{
  struct rng *r = &w->g->rng;
  struct slot c = {.op = OP_CRECV, .rd = free_register(w), .peer = (int32_t)from->id};
  c.part = below(r, w->g->dlen == 512 ? 2 : 1);
  if (from->node != w->node) {
    c.flag = 1;
    c.peer = (int32_t)from->node;
  }
  return c;
}

static bool can_talk(const struct writer *a, const struct writer *b)
{
  return a->node == b->node || a->id == b->id;
}

/* A pair exchanges `rounds` messages in a loop each, or `rounds` <= queue depth in a row. */
static void stream_event(struct program *g)
{
  struct rng *r = &g->rng;
  struct writer *a = &g->writers[below(r, g->writer_count)];
  struct writer *b = &g->writers[below(r, g->writer_count)];
  if (!can_talk(a, b) || (a == b && chance(r, 80)))
    return;
  int depth = (int)g->m->queue_depth, rounds = between(r, 1, depth);
  bool loop = a != b && chance(r, 40) && a->run < g->budget && b->run < g->budget;
  uint32_t head_a = 0, head_b = 0;
  if (loop) {
    rounds = between(r, 1, 30);
    head_a = begin_loop(a, rounds);
    head_b = begin_loop(b, rounds);
  }
  for (int i = 0; i < (loop ? 1 : rounds); i++) {
    emit_c(a, send_slot(a, b));
    if (chance(r, 50))
      emit_fill(a, between(r, 0, 3));
  }
  if (!loop && chance(r, 50))
    emit_block(b, between(r, 0, 3));
  for (int i = 0; i < (loop ? 1 : rounds); i++) {
    emit_c(b, receive_slot(b, a));
    if (chance(r, 50))
      emit_fill(b, between(r, 0, 3));
  }
  if (loop) {
    end_loop(a, head_a);
    end_loop(b, head_b);
  }
}

/* A barrier, reduction or cast over a group, once or in a loop; `dropped`: a member stays away. */
static void collective_event(struct program *g, const struct group *group, bool drop)
{
  struct rng *r = &g->rng;
  static const uint8_t ops[] = {OP_CBAR, OP_CREDUCE, OP_CCAST};
  struct slot c = {.op = ops[below(r, 3)], .group = (int32_t)group->id};
  if (c.op == OP_CREDUCE) {
    c.type = below(r, 3);
    c.mode = below(r, 6);
  }
  if (c.op == OP_CCAST)
    c.root = below(r, group->count);
  int rounds = chance(r, 30) ? between(r, 1, 10) : 0, away = drop ? below(r, group->count) : -1;
  for (int i = 0; i < group->count; i++) {
    struct writer *w = &g->writers[group->member[i]];
    uint32_t head = rounds ? begin_loop(w, rounds) : 0;
    c.rd = c.op == OP_CBAR ? 0 : free_register(w);
    c.rs1 = c.op == OP_CBAR ? 0 : below(r, w->regs);
    struct slot mine = c;
    if (drop && chance(r, 20) && c.op == OP_CREDUCE)
      mine.mode = 5 - c.mode; /* another operation: a fault */
    if (i != away)
      emit_c(w, mine);
    emit_fill(w, rounds ? between(r, 1, 3) : 0);
    if (rounds)
      end_loop(w, head);
  }
}

/* One member sends to all, or all to one, which merges. */
static void fan_event(struct program *g, const struct group *group)
{
  struct rng *r = &g->rng;
  int one = below(r, group->count);
  struct writer *w = &g->writers[group->member[one]];
  if (chance(r, 50)) {
    emit_c(w, (struct slot){.op = OP_CFANOUT, .rs1 = below(r, 4), .group = (int32_t)group->id});
    for (int i = 0; i < group->count; i++)
      if (i != one) {
        struct writer *to = &g->writers[group->member[i]];
        emit_c(to, receive_slot(to, w));
      }
    return;
  }
  for (int i = 0; i < group->count; i++)
    if (i != one)
      emit_c(&g->writers[group->member[i]], send_slot(&g->writers[group->member[i]], w));
  struct slot c = {.op = OP_CMERGE, .rd = free_register(w), .group = (int32_t)group->id};
  c.mode = below(r, 4);
  c.type = below(r, 3);
  emit_c(w, c);
}

int make_groups(struct program *g, struct group *groups, int most)
{
  struct rng *r = &g->rng;
  int n = 0;
  for (unsigned node = 0; node < (unsigned)g->m->nodes; node++)
    for (unsigned id = 0; id < 4 && n < most; id++) {
      struct group *k = &groups[n];
      *k = (struct group){.node = node, .id = id};
      for (int i = 0; i < g->writer_count; i++)
        if (g->writers[i].node == node && chance(r, id == 0 ? 100 : 60))
          k->member[k->count++] = i;
      n += k->count > 0;
    }
  return n;
}

static void slice_event(struct program *g, struct group *k)
{
  struct rng *r = &g->rng;
  int lo = below(r, 16), hi = lo + below(r, 16);
  struct slot c = {.op = OP_CSLICE, .group = 5, .axis = 9, .imm = lo | hi << 16};
  struct group made = {.node = k->node, .id = 5};
  for (int i = 0; i < g->writer_count; i++)
    if (g->writers[i].node == k->node) {
      emit_c(&g->writers[i], c);
      if ((int)g->writers[i].id >= lo && (int)g->writers[i].id <= hi)
        made.member[made.count++] = i;
    }
  if (made.count)
    *k = made;
}

/* A region that one member makes, all use and one frees: with barriers between, or without, where
 * the accesses of some come too early or too late and fault. Two may try to make it. */
static void region_event(struct program *g, const struct group *group)
{
  struct rng *r = &g->rng;
  struct coord lo = coord_with_dim((struct coord){0, 0}, 10, 1990 + group->node);
  lo = coord_with_dim(lo, 9, (unsigned)below(r, 3));
  int pages = between(r, 1, 3), kind = chance(r, 80) ? KIND_shared : KIND_private;
  bool early = chance(r, 2), late = chance(r, 2), frees = chance(r, 70);
  const struct slot barrier = {.op = OP_CBAR, .group = (int32_t)group->id};
  struct writer *maker = &g->writers[group->member[below(r, group->count)]];
  emit_alloc(maker, lo, pages, kind);
  if (chance(r, 20))
    emit_alloc(&g->writers[group->member[below(r, group->count)]], lo, pages, kind);
  for (int i = 0; i < group->count && !early; i++)
    emit_c(&g->writers[group->member[i]], barrier);
  for (int i = 0; i < group->count; i++) {
    struct writer *w = &g->writers[group->member[i]];
    if (kind == KIND_shared || w->core == maker->core)
      emit_region_accesses(w, lo, pages, below(r, 5));
  }
  for (int i = 0; i < group->count && !late; i++)
    emit_c(&g->writers[group->member[i]], barrier);
  struct writer *last = kind == KIND_private ? maker : &g->writers[group->member[0]];
  if (frees)
    emit_free(last, lo);
}

void spread_events(struct program *g, struct group *groups, int group_count)
{
  struct rng *r = &g->rng;
  int events = g->writer_count > 1 ? between(r, 2, 24) : below(r, 4);
  if (g->rtl && g->level == LEVEL_MESSAGES)
    events *= 3; /* what goes between cores is what this level is for */
  int dropped = g->level >= LEVEL_ALL && chance(r, 8) ? below(r, events + 1) : -1;
  for (int i = 0; i < events; i++) {
    struct group *k = group_count ? &groups[below(r, group_count)] : NULL;
    int kind = below(r, 10);
    if (kind < 4 || !k)
      stream_event(g);
    else if (kind < 7)
      collective_event(g, k, i == dropped);
    else if (kind < 9 && k->count > 1)
      fan_event(g, k);
    else if (kind == 9)
      slice_event(g, k);
    struct writer *w = &g->writers[below(r, g->writer_count)];
    emit_block(w, between(r, 0, 3));
    if (g->level >= LEVEL_ALL && chance(r, 15))
      emit_region_life(w);
    if (g->level >= LEVEL_ALL && k && chance(r, 8))
      region_event(g, k);
    if (g->fault_writer == w - g->writers && chance(r, 30)) {
      struct bundle b = {0};
      faulty_bundle(w, &b);
      emit(w, &b);
      g->fault_writer = -1;
    }
  }
}
