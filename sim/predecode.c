/* Predecoding: every SIW of a sentron once into the record that the issue loop runs from. */
#include "sim/engine.h"

#include <string.h>

enum { SETTLED_MAX = 1 << 20 }; /* cycles: more than code has SIWs in a row */

void code_section(const struct bundle *bundles, const struct object_sentron *o, uint32_t *first,
                  uint32_t *end)
{
  *first = o->entry;
  *end = o->end;
  for (bool grown = true; grown;) {
    grown = false;
    for (uint32_t k = *first; k < *end; k++) {
      const struct slot *d = &bundles[k].slot[PIPE_D];
      if (d->op == OP_DBR && (uint32_t)d->imm < *first) {
        *first = (uint32_t)d->imm;
        grown = true;
      }
    }
  }
}

static bool is_memory(unsigned s_code, const struct vtpu *v)
{
  return s_code == OP_SGATHER || s_code == OP_SGATHERM || s_code == OP_SSCATTR ||
         s_code == OP_SFLUSH || (s_code == OP_SPREFCH && v->m.prefetch);
}

static bool is_ordered(const struct slot *s, const struct slot *c)
{
  return s->op == OP_SALLOC || s->op == OP_SFREE || c->op == OP_CROUTE || c->op == OP_CBAR ||
         c->op == OP_CREDUCE || c->op == OP_CCAST || c->op == OP_CSPAWN;
}

static bool waits(unsigned c_code)
{
  return c_code == OP_CSEND || c_code == OP_CROUTE || c_code == OP_CRECV || c_code == OP_CFANOUT ||
         c_code == OP_CMERGE;
}

/* Scoreboard bits of a slot. */
static void touched(enum pipe pipe, const struct slot *s, uint32_t *reads, uint32_t *writes)
{
  struct reg_use u;
  slot_registers(pipe, s, &u);
  *reads = *writes = 0;
  for (unsigned i = 0; i < u.reads; i++)
    *reads |= 1u << u.read[i];
  for (unsigned i = 0; i < u.writes; i++)
    *writes |= 1u << u.write[i];
}

/* How a plain SIW gathers: a whole register of 64 or 8 bytes, or otherwise. */
static enum plain_gather gather_kind(const struct vtpu *v, const struct slot *s)
{
  if (s->op != OP_SGATHER && s->op != OP_SGATHERM)
    return GATHER_NONE;
  if ((unsigned)s->width == v->bytes && (v->bytes == CELL_BYTES || v->bytes == 8))
    return v->bytes == CELL_BYTES ? GATHER_LINE : GATHER_WORD;
  return s->op == OP_SGATHER ? GATHER_PART : GATHER_KEEP;
}

static enum plain_c plain_c_kind(const struct psiw_rest *q)
{
  return q->c_linear ? PLAIN_C_STEP : q->c_code == OP_CPACK ? PLAIN_C_PACK : PLAIN_C_NONE;
}

static void predecode_one(struct vtpu *v, struct context *x, struct psiw *p, const struct bundle *b)
{
  struct psiw_rest *q = rest_of(x, p);
  const struct slot *d = &b->slot[PIPE_D], *s = &b->slot[PIPE_S], *c = &b->slot[PIPE_C];
  q->bundle = b;
  q->d_code = (uint8_t)d->op;
  q->s_code = (uint8_t)s->op;
  q->c_code = (uint8_t)c->op;
  p->ports = (uint8_t)((d->op != OP_DNOP) | (s->op != OP_SNOP) << 1 | (c->op != OP_CNOP) << 2);
  p->loop_ends = b->loop_ends;
  pipe_d_operands(d, &p->dop);
  p->d = pipe_d_function_for(v->dense, (enum op_code)d->op, &p->dop, v->bytes * 8);
  q->d_latency = (uint32_t)v->m.latency[slot_latency(PIPE_D, d)];

  p->s_reg = (uint8_t)s->rd;
  q->s_p = (uint8_t)s->rs2;
  q->s_rs = (uint8_t)s->rs1;
  q->s_imc = (uint8_t)s->imc;
  p->s_width = (uint8_t)(s->op == OP_SPREFCH ? 1 : s->width); /* some byte of its cell */
  p->s_at = (uint8_t)s->at;
  q->s_imm = s->op == OP_SPREFCH ? s->mode : s->imm;
  q->immediate.lo = coord_linear_lo(b->coord.lo, v->curve_index);
  q->immediate.hi = b->coord.hi;
  p->place = q->s_imc ? &q->immediate : &x->p[q->s_p];
  p->s_gather = (uint8_t)gather_kind(v, s);
  q->s_ri = s->ri;
  q->s_axis = (uint8_t)s->axis;
  q->s_carry = (uint8_t)s->flag;

  p->c_rd = (uint8_t)c->rd;
  q->c_rs = (uint8_t)c->rs1;
  q->c_axis = (uint8_t)c->axis;
  q->c_flag = (uint8_t)c->flag;
  q->c_group = (uint8_t)c->group;
  q->c_part = (uint16_t)(c->part * M_BYTES);
  p->c_imm = c->imm;
  q->c_linear = c->op == OP_CSTEP && c->axis == AXIS_LINEAR;
  p->plain_c = (uint8_t)plain_c_kind(q);
  p->c_reg = (uint8_t)((p->plain_c == PLAIN_C_PACK ? REG_M : REG_P) + p->c_rd);
  if (p->plain_c == PLAIN_C_PACK) {
    p->pack[0] = (uint16_t)(c->rs1 * R_BYTES_MAX + 8 * (c->b1 & 15));
    p->pack[1] = (uint16_t)(c->rs2 * R_BYTES_MAX + 8 * (c->b2 & 15));
  }
  const int64_t c_latency = v->m.latency[slot_latency(PIPE_C, c)];

  uint32_t dr, dw, sr, sw, cr, cw;
  touched(PIPE_D, d, &dr, &dw);
  touched(PIPE_S, s, &sr, &sw);
  touched(PIPE_C, c, &cr, &cw);
  unsigned flags = 0;
  if (is_memory(q->s_code, v))
    flags |= SIW_MEMORY;
  if (flags && q->s_code != OP_SPREFCH)
    flags |= SIW_DEMAND;
  if (is_ordered(s, c))
    flags |= SIW_ORDERED;
  if (waits(q->c_code))
    flags |= SIW_CWAIT;
  if (dr & sw)
    flags |= SIW_D_FIRST;
  if (dr & sw && dw & sr)
    flags |= SIW_SNAPSHOT_S;
  if (cr & (dw | sw))
    flags |= q->c_code == OP_CREDUCE || q->c_code == OP_CCAST ? SIW_SNAPSHOT_C : SIW_C_FIRST;
  p->flags = (uint8_t)flags;

  bool simple = (p->d || d->op == OP_DNOP) && (p->loop_ends & (p->loop_ends - 1)) == 0 &&
                q->d_latency <= PLAIN_LATENCY_MAX && c_latency <= PLAIN_LATENCY_MAX,
       plain = simple && (p->plain_c || c->op == OP_CNOP);
  p->d_latency = (uint8_t)q->d_latency;
  p->c_latency = (uint8_t)c_latency;
  const bool call = c->op == OP_CPACKV || c->op == OP_CSEND || c->op == OP_CRECV ||
                    c->op == OP_CFANOUT,
             ahead = flags & SIW_MEMORY && s->op == OP_SPREFCH && s->mode <= HINT_l2;
  if (plain && (p->s_gather || s->op == OP_SNOP || s->op == OP_SINDEX))
    p->kind |= SIW_PLAIN;
  if (plain && p->s_gather)
    p->kind |= SIW_GATHER;
  if ((plain || (simple && call)) && s->op == OP_SINDEX)
    p->kind |= SIW_INDEX;
  if ((plain || (simple && call)) && s->op == OP_SSCATTR)
    p->kind |= SIW_SCATTER;
  if ((plain || (simple && call)) && ahead)
    p->kind |= s->mode == HINT_l2 ? SIW_AHEAD | SIW_AHEAD_L2 : SIW_AHEAD;
  if (simple && call &&
      (p->s_gather || s->op == OP_SNOP || s->op == OP_SINDEX || s->op == OP_SSCATTR || ahead))
    p->kind |= SIW_MESSAGE;

  /* In the order of the operand test: slots D, S, C; in a slot reads, then writes. */
  memset(q->reg, REG_NONE, sizeof q->reg);
  uint32_t seen = 0;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    struct reg_use u;
    slot_registers((enum pipe)pipe, &b->slot[pipe], &u);
    for (unsigned i = 0; i < u.reads + u.writes; i++) {
      uint8_t r = i < u.reads ? u.read[i] : u.write[i - u.reads];
      if (seen >> r & 1)
        continue;
      seen |= 1u << r;
      q->reg[q->reg_count++] = r;
    }
  }
  memcpy(p->reg, q->reg, sizeof p->reg);
  if (q->reg_count > REGS_FIRST)
    p->kind |= SIW_MORE_REGS;
  if (q->reg_count > REGS_HOT)
    p->kind |= SIW_MANY_REGS;
}

/* Sentrons that a C slot names must be loaded. */
static int check_peers(struct vtpu *v, struct context *x, const struct bundle *b, uint32_t k,
                       struct vtpu_error *err)
{
  const struct slot *c = &b->slot[PIPE_C];
  bool by_node = c->op == OP_CROUTE || (c->op == OP_CRECV && c->flag);
  bool local = c->op == OP_CSEND || (c->op == OP_CRECV && !c->flag) || c->op == OP_CSPAWN;
  char where[SYMBOL_TEXT_BYTES];
  if (by_node && !context_at(v, (unsigned)c->peer, x->id))
    return vtpu_fail(err, VTPU_INPUT,
                     "SIW %u (%s): there is no sentron %u on node %d\n"
                     "  load one there, or raise `nodes` of the machine",
                     k, object_symbolize(v->object, k, where), x->id, c->peer);
  if (local && !context_at(v, x->node_id, (unsigned)c->peer))
    return vtpu_fail(err, VTPU_INPUT,
                     "SIW %u (%s): there is no sentron %d on node %u\n  declare it with .sentron",
                     k, object_symbolize(v->object, k, where), c->peer, x->node_id);
  if (c->op == OP_CSEND || c->op == OP_CROUTE || c->op == OP_CRECV) {
    /* Both ends make their channels now: later they may run on different host threads. */
    struct context *y = by_node ? context_at(v, (unsigned)c->peer, x->id)
                                : context_at(v, x->node_id, (unsigned)c->peer);
    bool sends = c->op != OP_CRECV;
    x->rest[k - x->code_first].channel = channel_between(v, sends ? x : y, sends ? y : x);
  }
  return 0;
}

/* From which SIW on, reached in a straight line, a register that this SIW writes is surely not owed
 * any more: each SIW issues at least a cycle after the one before it. */
static uint32_t settled_from(const struct vtpu *v, const struct psiw *p, const struct psiw_rest *q,
                             unsigned reg, uint32_t k)
{
  int64_t latency = -1;
  if (p->d && p->dop.rd == reg)
    latency = q->d_latency;
  else if (q->s_code == OP_SINDEX && (unsigned)REG_P + p->s_reg == reg)
    latency = v->m.latency[LAT_STEP];
  else if (q->c_code == OP_CSTEP && (unsigned)REG_P + p->c_rd == reg)
    latency = v->m.latency[LAT_STEP];
  else if ((q->c_code == OP_CPACK || q->c_code == OP_CPACKV) && (unsigned)REG_M + p->c_rd == reg)
    latency = v->m.latency[LAT_PACK];
  else if (q->c_code == OP_CRECV && p->c_rd == reg)
    latency = v->m.latency[LAT_RECV];
  if (latency < 0 || latency > SETTLED_MAX)
    return UINT32_MAX;
  return k + (latency ? (uint32_t)latency : 1);
}

/* Most operands of an SIW need no look at its issue: an SIW before it in a straight line has found
 * them ready, or has computed them long enough ago. The first list of a predecoded SIW has only the
 * others; what is charged is the same, as nobody waits for the rest. A sentron that is started in
 * the middle (CSPAWN, a host step) has no register owed. */
static void drop_settled(const struct vtpu *v, struct context *x)
{
  uint32_t settled[REG_COUNT];
  const uint32_t first = x->code_first, count = x->code_end - first;
  bool *joins = calloc((size_t)count + 1, sizeof *joins); /* reached from elsewhere too */
  if (!joins)
    return; /* it would only be faster */
  joins[0] = joins[x->origin->entry - first] = true;
  for (uint32_t k = 0; k < count; k++) {
    const struct slot *d = &v->bundles[first + k].slot[PIPE_D],
                      *c = &v->bundles[first + k].slot[PIPE_C];
    const bool loop = c->op == OP_CLOOP;
    joins[k + 1] |= loop;
    if (loop && (uint32_t)c->end + 1 - first <= count)
      joins[(uint32_t)c->end + 1 - first] = true;
    if (d->op == OP_DBR && (uint32_t)d->imm - first <= count)
      joins[(uint32_t)d->imm - first] = true;
  }
  for (uint32_t k = first; k < x->code_end; k++) {
    struct psiw *p = &x->code[k - first];
    const struct psiw_rest *q = rest_of(x, p);
    uint8_t tests[PSIW_REGS];
    unsigned tested = 0;
    if (joins[k - first])
      memset(settled, 0xff, sizeof settled);
    for (unsigned i = 0; i < q->reg_count; i++)
      if (settled[q->reg[i]] > k)
        tests[tested++] = q->reg[i];
    uint32_t reads, writes, all = 0;
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
      touched((enum pipe)pipe, &q->bundle->slot[pipe], &reads, &writes);
      all |= writes;
    }
    for (unsigned i = 0; i < q->reg_count; i++)
      settled[q->reg[i]] = all >> q->reg[i] & 1 ? settled_from(v, p, q, q->reg[i], k) : k + 1;
    if (tested > REGS_HOT)
      continue;
    memset(p->reg, REG_NONE, sizeof p->reg);
    memcpy(p->reg, tests, tested);
    p->kind &= (uint16_t) ~(SIW_MORE_REGS | SIW_MANY_REGS);
    p->kind |= tested > REGS_FIRST ? SIW_MORE_REGS : 0;
  }
  free(joins);
}

/* Notes at the last SIW of every loop whose body is plain and short that a memo may serve it. A
 * register that both a gather and D write would need the order of their ready times. */
static void find_bodies(struct vtpu *v, struct context *x)
{
  if (v->m.ptc_hit > 1)
    return;
  for (uint32_t k = x->code_first; k < x->code_end; k++) {
    const struct slot *c = &v->bundles[k].slot[PIPE_C];
    if (c->op != OP_CLOOP || (uint32_t)c->end >= x->code_end || c->end - k > MEMO_SIWS)
      continue;
    bool plain = true;
    uint32_t dense = 0, gathered = 0;
    for (uint32_t i = k + 1; i <= (uint32_t)c->end; i++) {
      const struct psiw *p = &x->code[i - x->code_first];
      plain &= p->kind & SIW_PLAIN && !(p->kind & SIW_INDEX) &&
               (i == (uint32_t)c->end) == (p->loop_ends != 0);
      dense |= p->d ? 1u << p->dop.rd : 0;
      gathered |= p->s_gather ? 1u << p->s_reg : 0;
    }
    struct psiw_rest *end = &x->rest[(uint32_t)c->end - x->code_first];
    end->body = plain && !(dense & gathered) && end->body == 0 ? k + 1 : 0;
  }
}

/* Notes how far each SIW is from the next one that sends or takes a message, on the shortest way.
 * Ways of more than UINT16_MAX SIWs count as that; where they do not settle soon, and where memory
 * runs out, as 0. */
static void find_quiet(const struct vtpu *v, struct context *x)
{
  enum { PASSES_MAX = 64 };
  struct jump {
    uint32_t from, to;
  };
  const uint32_t first = x->code_first, count = x->code_end - first;
  uint32_t jumps = 0;
  uint16_t *quiet = malloc(((size_t)count + 1) * sizeof *quiet);
  struct jump *jump = malloc(((size_t)count + 1) * 3 * sizeof *jump);
  bool changed = true;
  for (uint32_t k = 0; quiet && jump && k < count; k++) {
    const struct slot *d = &v->bundles[first + k].slot[PIPE_D],
                      *c = &v->bundles[first + k].slot[PIPE_C];
    quiet[k] = x->code[k].flags & SIW_CWAIT ? 0 : UINT16_MAX;
    if (d->op == OP_DBR)
      jump[jumps++] = (struct jump){k, (uint32_t)d->imm - first};
    if (c->op == OP_CLOOP && (uint32_t)c->end - first < count) {
      jump[jumps++] = (struct jump){(uint32_t)c->end - first, k + 1};
      jump[jumps++] = (struct jump){k, (uint32_t)c->end + 1 - first}; /* no round at all */
    }
  }
  for (int pass = 0; quiet && jump && changed && pass < PASSES_MAX; pass++) {
    changed = false;
    quiet[count] = UINT16_MAX; /* there it has ended */
    for (uint32_t k = count; k-- > 0;)
      if (quiet[k] > quiet[k + 1] + 1) {
        quiet[k] = (uint16_t)(quiet[k + 1] + 1);
        changed = true;
      }
    for (uint32_t i = 0; i < jumps; i++)
      if (quiet[jump[i].from] > quiet[jump[i].to] + 1) {
        quiet[jump[i].from] = (uint16_t)(quiet[jump[i].to] + 1);
        changed = true;
      }
  }
  for (uint32_t k = 0; !changed && k < count; k++)
    x->rest[k].quiet = quiet[k];
  free(quiet);
  free(jump);
}

/* Which SIWs are the commonest (line.h): the last one is not, it retires its sentron. And which
 * are to have the rest of another one fetched. */
static void find_kinds(struct context *x)
{
  for (uint32_t k = x->code_first; k + REST_AHEAD < x->code_end; k++) {
    const struct psiw *later = &x->code[k + REST_AHEAD - x->code_first];
    if (!(later->kind & SIW_PLAIN) || later->kind & SIW_INDEX ||
        (later->s_gather && rest_of(x, later)->s_imc))
      x->code[k - x->code_first].kind |= SIW_FORESEE;
  }
  for (uint32_t k = x->code_first; k + 1 < x->code_end; k++) {
    struct psiw *p = &x->code[k - x->code_first];
    const unsigned kind = p->kind & (SIW_PLAIN | SIW_INDEX | SIW_MORE_REGS | SIW_MANY_REGS);
    if (kind == SIW_PLAIN && p->s_gather <= GATHER_LINE && p->plain_c != PLAIN_C_PACK &&
        !p->loop_ends)
      p->kind |= SIW_LINE;
  }
}

core_fn *core_run_for_host(d_select *const *dense)
{
  return dense == d_table_base ? core_run_base : core_run_avx2;
}

int predecode(struct vtpu *v, struct context *x, struct vtpu_error *err)
{
  code_section(v->bundles, x->origin, &x->code_first, &x->code_end);
  uint32_t count = x->code_end - x->code_first;
  size_t bytes = ((size_t)count + 1) * sizeof *x->code; /* behind the last: one that is not plain */
  x->code = large_take(&v->large, bytes);
  x->rest = large_take(&v->large, ((size_t)count + 1) * sizeof *x->rest);
  x->entered = large_take(&v->large, ((size_t)count + 1) * sizeof *x->entered);
  if (!x->code || !x->rest || !x->entered)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %u SIWs of %s", count, x->origin->name);
  const struct object *o = v->object;
  uint32_t mark = 0;
  for (uint32_t k = x->code_first; k < x->code_end; k++) {
    struct psiw *p = &x->code[k - x->code_first];
    predecode_one(v, x, p, &v->bundles[k]);
    while (mark < o->mark_count && o->marks[mark].last < k)
      mark++;
    p->mark =
        MARK_WORDS * (mark < o->mark_count && o->marks[mark].first <= k ? mark : o->mark_count);
    int bad = check_peers(v, x, &v->bundles[k], k, err);
    if (bad)
      return bad;
    const struct slot *d = &v->bundles[k].slot[PIPE_D], *c = &v->bundles[k].slot[PIPE_C];
    char where[SYMBOL_TEXT_BYTES];
    if ((d->op == OP_DBR && (uint32_t)d->imm >= x->code_end) ||
        (c->op == OP_CLOOP && (uint32_t)c->end >= x->code_end))
      return vtpu_fail(err, VTPU_INPUT,
                       "SIW %u (%s): the target lies outside of %s, which ends at SIW %u", k,
                       object_symbolize(o, k, where), x->origin->name, x->code_end);
  }
  find_bodies(v, x);
  drop_settled(v, x);
  find_kinds(x);
  find_quiet(v, x);
  return 0;
}
