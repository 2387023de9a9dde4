/* The run: simulator a stretch ahead, then the cores cycle by cycle; see cosim.h. */
#include "rtl/cosim/state.h"

#include "rtl/cosim/built_in.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STRETCH = 512 }; /* cycles that the simulator is ahead */

/* --- what can be run -------------------------------------------------------------------------- */

int cosim_machine(struct machine *out, struct vtpu_error *err)
{
  int status = machine_load("spec", out, err);
  for (const char *at = rtl_params; *at && !status;) {
    char setting[80];
    size_t length = strcspn(at, " ");
    snprintf(setting, sizeof setting, "%.*s", (int)length, at);
    status = machine_set(out, "the verilated core", setting, err);
    at += length + strspn(at + length, " ");
  }
  out->dlen = rtl_dlen;
  return status;
}

static int check_machine(const struct machine *m, struct vtpu_error *err)
{
  struct machine built;
  int status = cosim_machine(&built, err);
  if (!status)
    status = built_in_check(m, &built, *rtl_params ? rtl_params : "the preset spec", err);
  /* Its S-pipe drops prefetches that no tier would keep, so it must know which there are. */
  if (!status && (m->l2_bytes == 0 || m->l3_bytes == 0))
    status = vtpu_fail(err, VTPU_LIMIT,
                       "the machine has no %s, the verilated core is built for one that has\n"
                       "  choose a machine whose cores are those of the preset spec",
                       m->l2_bytes ? "L3" : "L2");
  if (!status && (uint64_t)m->nodes > rtl_nodes)
    status =
        vtpu_fail(err, VTPU_LIMIT, "the machine has %d nodes, the verilated core is built for %u",
                  (int)m->nodes, rtl_nodes);
  /* Two messages of one sender could arrive together, and a channel takes one a cycle. */
  if (!status && m->nodes > 1 && (m->link_bandwidth == 0 || m->link_bandwidth > M_BYTES * m->clock))
    status = vtpu_fail(err, VTPU_LIMIT,
                       "the machine's links pass more than a message a cycle, the verilated core "
                       "takes one\n  choose a link_bandwidth of at most %g GB/s",
                       M_BYTES * m->clock);
  return status;
}

static int check_siw(const struct object *o, uint32_t i, struct vtpu_error *err)
{
  struct bundle b;
  int status = siw_decode(&o->code[i], o->dlen, &b, err);
  if (status)
    return status;
  unsigned s = (unsigned)b.slot[PIPE_S].op;
  char where[SYMBOL_TEXT_BYTES];
  if (s == OP_SDEDUP || s == OP_SASSOC || s == OP_SROUTE || s == OP_SNEIGHBR)
    return vtpu_fail(err, VTPU_LIMIT,
                     "SIW %u (%s): %s is not in the RTL\n"
                     "  take it out, or simulate the program alone (`vtpu run')",
                     i, object_symbolize(o, i, where), op_find(PIPE_S, s)->mnemonic);
  return VTPU_OK;
}

int cosim_check(const struct machine *m, const struct object *o, struct vtpu_error *err)
{
  if (o->dlen != rtl_dlen)
    return vtpu_fail(err, VTPU_LIMIT,
                     "the program is for DLEN %u, this verilated core for %u\n"
                     "  `make cosim COSIM_DLEN=%u' builds one for the program",
                     o->dlen, rtl_dlen, o->dlen);
  bool ran = false;
  int64_t in_a_row = 0; /* each takes a cycle of its core while the next phase is set up */
  int status = check_machine(m, err);
  for (uint32_t i = 0; i < o->siw_count && !status; i++)
    status = check_siw(o, i, err);
  for (uint32_t i = 0; i < o->host_count && !status; i++) {
    in_a_row = o->hosts[i].kind == HOST_RUN ? 0 : in_a_row + 1;
    if (in_a_row > m->spawn)
      status = vtpu_fail(
          err, VTPU_LIMIT,
          "host step %u: more of them between two phases than the %d cycles in "
          "which a core is set up\n"
          "  let fewer steps follow each other, or simulate the program alone (`vtpu run')",
          i, (int)m->spawn);
    else if (o->hosts[i].kind == HOST_RUN)
      ran = true;
    else if (o->hosts[i].kind == HOST_WRITE && ran)
      status =
          vtpu_fail(err, VTPU_LIMIT,
                    "host step %u writes after a phase: L1 may hold the line, and the core has "
                    "no port for the host's data\n"
                    "  write before the first phase, or simulate the program alone (`vtpu run')",
                    i);
  }
  return status;
}

/* --- making ----------------------------------------------------------------------------------- */

static struct cosim_core *core_of(struct cosim *k, unsigned node, unsigned number)
{
  for (unsigned i = 0; i < k->core_count; i++)
    if (k->core[i].node == node && k->core[i].number == number)
      return &k->core[i];
  struct cosim_core *c = &k->core[k->core_count++];
  *c = (struct cosim_core){.node = node, .number = number, .rtl = rtl_core_new()};
  return c;
}

static void place_sentrons(struct cosim *k)
{
  unsigned cores = (unsigned)k->m->cores;
  for (uint32_t i = 0; i < k->o->sentron_count; i++) {
    const struct object_sentron *s = &k->o->sentrons[i];
    struct side *x = &k->side[i];
    x->origin = s;
    x->index = i;
    x->core = core_of(k, s->node, s->id % cores);
    x->context = s->id / cores;
    x->core->side[x->context] = x;
  }
}

/* One clock edge before the first cycle. */
static void edge_before(struct cosim *k, struct cosim_core *c)
{
  rtl_core_clock(c->rtl, k->code, k->o->siw_count);
}

static void place_core(struct cosim *k, struct cosim_core *c)
{
  const struct object *o = k->o;
  unsigned ids[RTL_CONTEXTS] = {c->number, c->number + (unsigned)k->m->cores};
  struct coord homes[SENTRONS_PER_NODE_MAX] = {{0, 0}};
  uint16_t present = 0;
  for (uint32_t i = 0; i < o->sentron_count; i++)
    if (o->sentrons[i].node == c->node) {
      homes[o->sentrons[i].id] = o->sentrons[i].home;
      present |= (uint16_t)(1u << o->sentrons[i].id);
    }
  rtl_core_place(c->rtl, ids, c->node, present, homes);
  rtl_core_reset(c->rtl);
  /* Registers that nobody sets are zero. */
  for (unsigned x = 0; x < RTL_CONTEXTS; x++)
    for (unsigned reg = 0; reg < REG_L; reg++) {
      rtl_core_set_up(c->rtl, x, reg, "", 0);
      edge_before(k, c);
    }
  for (uint32_t i = 0; i < o->init_count; i++) {
    const struct object_init *in = &o->inits[i];
    const struct side *x = &k->side[in->sentron];
    if (x->core != c)
      continue;
    unsigned first = in->file == FILE_R ? REG_R : in->file == FILE_P ? REG_P : REG_M;
    size_t bytes = in->file == FILE_R ? o->dlen / 8 : in->file == FILE_P ? 16 : M_BYTES;
    rtl_core_set_up(c->rtl, x->context, first + in->index, in->bytes, bytes);
    edge_before(k, c);
  }
  for (uint32_t g = 0; g < o->group_count; g++) {
    if (o->groups[g].node != REGION_ALL_NODES && o->groups[g].node != c->node)
      continue;
    uint16_t members = 0;
    for (unsigned i = 0; i < o->groups[g].count; i++)
      members |= (uint16_t)(1u << o->groups[g].members[i]);
    for (unsigned x = 0; x < RTL_CONTEXTS; x++) {
      rtl_core_set_up(c->rtl, x, 32u + o->groups[g].id, &members, sizeof members);
      edge_before(k, c);
    }
  }
}

static int make(struct cosim *k, struct vtpu_error *err)
{
  k->side = calloc(k->o->sentron_count + 1, sizeof *k->side);
  k->core = calloc(k->o->sentron_count + 1, sizeof *k->core);
  k->frames = calloc((size_t)k->m->nodes, sizeof *k->frames);
  k->loaded = calloc((size_t)k->m->nodes, sizeof *k->loaded);
  if (!k->side || !k->core || !k->frames || !k->loaded)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  struct vtpu_options options = {.event = expect_event, .event_user = k};
  int status = vtpu_new(k->m, k->o, &options, &k->sim, err);
  if (!status)
    status = vtpu_new(k->m, k->o, NULL, &k->fresh, err);
  if (status)
    return status;
  for (uint32_t i = 0; i < k->o->region_count; i++)
    for (unsigned n = 0; n < (unsigned)k->m->nodes; n++)
      if (k->o->regions[i].node == REGION_ALL_NODES || k->o->regions[i].node == n)
        k->loaded[n] += region_pages(&k->o->regions[i]);
  for (uint32_t i = 0; i < k->o->siw_count; i++)
    k->frees |= k->o->code[i].bytes[24] == OP_SFREE; /* the S slot's operation */
  place_sentrons(k);
  for (unsigned i = 0; i < k->core_count; i++)
    place_core(k, &k->core[i]);
  return VTPU_OK;
}

static void unmake(struct cosim *k)
{
  for (uint32_t i = 0; k->side && i < k->o->sentron_count; i++) {
    struct side *x = &k->side[i];
    struct events *queues[] = {&x->start,   &x->issue,  &x->retire,  &x->stall,
                               &x->send,    &x->take,   &x->arrival, &x->credit,
                               &x->release, &x->set_up, &x->flying,  &x->rtl_stall};
    for (size_t q = 0; q < sizeof queues / sizeof *queues; q++)
      events_free(queues[q]);
    for (unsigned reg = 0; reg < REG_COUNT; reg++)
      events_free(&x->result[reg]);
  }
  for (unsigned i = 0; i < k->core_count; i++) {
    events_free(&k->core[i].translation);
    events_free(&k->core[i].access);
    rtl_core_free(k->core[i].rtl);
  }
  for (int64_t n = 0; k->frames && n < k->m->nodes; n++) {
    for (size_t i = 0; i < k->frames[n].count; i++)
      free(k->frames[n].page[i]);
    free(k->frames[n].page);
    free(k->frames[n].region);
  }
  events_free(&k->host);
  vtpu_free(k->sim);
  vtpu_free(k->fresh);
  free(k->loaded);
  free(k->frames);
  free(k->core);
  free(k->side);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Lets the simulator tell all before `until`. */
static void run_ahead(struct cosim *k, uint64_t until)
{
  enum vtpu_status status;
  k->known = until;
  k->sim_status = vtpu_run(k->sim, until, &status, &k->sim_error);
  if (!k->sim_status && status == VTPU_RUNNING)
    return;
  k->ended = true;
  k->end = k->faulted ? k->fault.cycle + 1 : vtpu_cycle(k->sim) + 1;
  k->known = UINT64_MAX;
  if (k->sim_status)
    snprintf(k->out->end, sizeof k->out->end, "%s", k->sim_error.message);
}

/* Requests change memory in the order of sentrons. */
static void carry_out(struct cosim *k)
{
  for (unsigned i = 0; i < k->core_count; i++)
    k->core[i].carried_out = false;
  for (unsigned n = 0; n < k->core_count; n++) {
    unsigned next = k->core_count, least = UINT32_MAX;
    for (unsigned i = 0; i < k->core_count; i++) {
      const struct vtpu_event *e = events_at(&k->core[i].access, k->cycle);
      unsigned id = e ? k->side[e->sentron].origin->id : UINT32_MAX - 1;
      if (!k->core[i].carried_out && id < least) {
        least = id;
        next = i;
      }
    }
    k->core[next].carried_out = true;
    outside_carry_out(k, &k->core[next]);
  }
}

static void one_cycle(struct cosim *k)
{
  for (unsigned i = 0; i < k->core_count; i++) {
    struct cosim_core *c = &k->core[i];
    outside_before(k, c);
    rtl_core_clock(c->rtl, k->code, k->o->siw_count);
    rtl_core_settle(c->rtl, &c->seen);
    for (int rounds = 0; rounds < 2 && outside_answer(k, c); rounds++)
      rtl_core_settle(c->rtl, &c->seen);
  }
  for (unsigned i = 0; i < k->core_count; i++)
    compare_core(k, &k->core[i]);
  if (k->difference[0])
    return;
  carry_out(k);
  outside_edge(k);
}

/* Runs until a difference, the end, or before `stop`; the simulator is then never further than
 * that. */
static void run(struct cosim *k, uint64_t stop)
{
  for (; !k->difference[0] && k->cycle < stop && !(k->ended && k->cycle >= k->end); k->cycle++) {
    if (k->cycle >= k->known) {
      uint64_t until = k->cycle + STRETCH;
      run_ahead(k, until < stop ? until : stop);
      if (k->ended && k->cycle >= k->end)
        break;
    }
    one_cycle(k);
    if (k->difference[0])
      break;
  }
  if (!k->difference[0] && k->ended && k->cycle >= k->end)
    compare_end(k);
}

int cosim_run(const struct machine *m, const struct object *o, const struct cosim_options *options,
              struct cosim_result *out, struct vtpu_error *err)
{
  *out = (struct cosim_result){0};
  int status = cosim_check(m, o, err);
  if (status)
    return status;
  const struct siw *code = options->code ? options->code : o->code;
  struct cosim k = {.m = m, .o = o, .code = code, .out = out};
  uint64_t stop = options->max_cycles ? options->max_cycles : UINT64_MAX;
  status = make(&k, err);
  if (!status)
    run(&k, stop);
  out->cycles = k.cycle;
  out->differs = k.difference[0] != '\0';
  if (!status && out->differs) {
    /* Again, with the simulator stopped in that cycle and a waveform of the cycles before it. */
    struct cosim_result ignored = {0};
    struct cosim again = {.m = m, .o = o, .code = code, .out = &ignored};
    uint64_t at = k.difference_cycle, first = at > WAVE_BEFORE ? at - WAVE_BEFORE : 0;
    status = make(&again, err);
    if (!status) {
      run(&again, first);
      for (unsigned i = 0; i < again.core_count && options->wave; i++)
        if (k.difference_core && again.core[i].node == k.difference_core->node &&
            again.core[i].number == k.difference_core->number)
          rtl_core_trace(again.core[i].rtl, options->wave, first);
      run(&again, at + 1);
      memcpy(again.difference, k.difference, sizeof again.difference);
      again.difference_cycle = at;
      again.difference_core = k.difference_core ? &again.core[k.difference_core - k.core] : NULL;
      again.difference_side = k.difference_side ? &again.side[k.difference_side - k.side] : NULL;
      out->text = show_difference(&again, options->wave);
    }
    unmake(&again);
  }
  unmake(&k);
  return status;
}

void cosim_free(struct cosim_result *r)
{
  free(r->text);
  r->text = NULL;
}
