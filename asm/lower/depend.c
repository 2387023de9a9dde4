/* The dependence graph of a loop: see depend.h. */
#include "asm/lower/depend.h"

#include <stdlib.h>
#include <string.h>

const char *depend_obstacle(const struct ir *ir, int loop)
{
  const struct ir_loop *l = &ir->loops[loop];
  const struct ir_block *b = &ir->blocks[l->first];
  if (l->first != l->last)
    return "its body is more than one block";
  if (b->count == 0)
    return "its body is empty";
  for (int i = 0; i < b->count; i++)
    if (ir_is_terminator(&ir->ops[b->first + i]))
      return "its body branches or waits";
  return NULL;
}

/* --- webs --------------------------------------------------------------------------------------
 */

struct naming {
  int *now, *entry; /* [values]: web that holds now; web that came into the round, or IR_NONE */
  bool *outside;    /* [values]: used outside of the loop */
};

static int new_web(struct loop_body *b, int value)
{
  b->webs[b->web_count] = (struct web){value, b->ir->files[value], false};
  return b->web_count++;
}

static void name_uses(struct loop_body *b, int i, struct naming *n)
{
  for (int u = 0; u < b->uses[i]; u++) {
    int v = b->use[i][u].reg;
    if (!b->use[i][u].read)
      continue;
    if (n->now[v] == IR_NONE)
      n->now[v] = n->entry[v] = new_web(b, v);
    b->web_of[i][u] = n->now[v];
  }
  for (int u = 0; u < b->uses[i]; u++) {
    int v = b->use[i][u].reg;
    bool reads = false;
    if (!b->use[i][u].written)
      continue;
    for (int k = 0; k < b->uses[i]; k++)
      reads |= b->use[i][k].read && b->use[i][k].reg == v;
    if (!reads)
      n->now[v] = new_web(b, v);
    b->web_of[i][u] = n->now[v];
  }
}

static void name_webs(struct loop_body *b, struct naming *n)
{
  const struct ir *ir = b->ir;
  int body = ir->loops[b->loop].first;
  for (int v = 0; v < ir->file_count; v++) {
    n->now[v] = n->entry[v] = IR_NONE;
    n->outside[v] = false;
  }
  for (int k = 0; k < ir->block_count; k++)
    for (int i = 0; i < ir->blocks[k].count && k != body; i++) {
      const struct ir_op *op = &ir->ops[ir->blocks[k].first + i];
      struct ir_use use[IR_USES_MAX];
      for (int u = 0, uses = ir_uses(op, use); u < uses; u++)
        n->outside[use[u].reg] = true;
    }
  for (int i = 0; i < b->count; i++)
    name_uses(b, i, n);
  for (int v = 0; v < ir->file_count; v++)
    if (n->now[v] != IR_NONE && (n->entry[v] != IR_NONE || n->outside[v])) {
      b->webs[n->now[v]].kept = true;
      if (n->entry[v] != IR_NONE)
        b->webs[n->entry[v]].kept = true;
    }
}

/* --- edges -------------------------------------------------------------------------------------
 */

static bool connect(struct loop_body *b, int from, int to, int latency, int distance)
{
  if (from == to && distance == 0)
    return true;
  if (b->edge_count == b->edge_room) {
    int room = b->edge_room ? 2 * b->edge_room : 512;
    void *bigger = realloc(b->edges, (size_t)room * sizeof *b->edges);
    if (!bigger)
      return false;
    b->edges = bigger;
    b->edge_room = room;
  }
  b->edges[b->edge_count] =
      (struct depend_edge){from, to, latency, distance, b->out[from], b->in[to]};
  b->out[from] = b->in[to] = b->edge_count++;
  return true;
}

static int result_latency(const struct ir_op *op)
{
  return op->latency > 1 ? op->latency : 1;
}

/* The last writer of a register and those who read it since; numbers below `count` are operations
 * of one round, above it of the round after. */
struct holder {
  int writer, readers;
};

struct reader {
  int op, next;
};

struct order {
  struct holder *holders; /* [webs, then values: kept webs of a value are one register] */
  struct reader *readers;
  int reader_count;
};

static struct holder *holder_of(const struct loop_body *b, const struct order *o, int web)
{
  return &o->holders[b->webs[web].kept ? b->web_count + b->webs[web].value : web];
}

/* An edge between two operations numbered as in struct holder, unless both are of the second
 * round: the first has said that already. */
static bool order_edge(struct loop_body *b, int from, int to, int latency)
{
  if (from >= b->count)
    return true;
  return connect(b, from, to % b->count, latency, to >= b->count);
}

static bool order_use(struct loop_body *b, struct order *o, int i, int u, bool write)
{
  int op = i % b->count;
  struct holder *h = holder_of(b, o, b->web_of[op][u]);
  bool ok = true;
  if (h->writer != IR_NONE)
    ok = order_edge(b, h->writer, i, result_latency(&b->ops[h->writer % b->count]));
  if (!write) {
    o->readers[o->reader_count] = (struct reader){i, h->readers};
    h->readers = o->reader_count++;
    return ok;
  }
  for (int r = h->readers; r != IR_NONE && ok; r = o->readers[r].next)
    ok = order_edge(b, o->readers[r].op, i, 0); /* slots read before any of them writes */
  h->writer = i;
  h->readers = IR_NONE;
  return ok;
}

/* True, anti and output dependences through registers. */
static bool order_registers(struct loop_body *b, struct order *o)
{
  bool ok = true;
  for (int i = 0; i < 2 * b->count && ok; i++) {
    int op = i % b->count;
    for (int pass = 0; pass < 2 && ok; pass++)
      for (int u = 0; u < b->uses[op] && ok; u++) {
        bool wanted = pass ? b->use[op][u].written : b->use[op][u].read;
        if (wanted && (i < b->count || b->webs[b->web_of[op][u]].kept))
          ok = order_use(b, o, i, u, pass);
      }
  }
  return ok;
}

/* --- memory ------------------------------------------------------------------------------------
 */

/* Where a memory operation points, if that is known: bytes from where a kept p register, that only
 * CSTEPs of one axis move, pointed when the round began. */
struct place_of {
  bool known;
  int p;
  int64_t from, bytes, stride; /* stride: from round to round */
};

/* Bytes that a p register is moved by the operations before `end`; false: not only by steps. */
static bool walked(const struct loop_body *b, int p, int end, int64_t *bytes)
{
  int axis = IR_NONE;
  *bytes = 0;
  for (int i = 0; i < b->count; i++) {
    const struct ir_op *op = &b->ops[i];
    for (int u = 0; u < b->uses[i]; u++) {
      if (!b->use[i][u].written || b->use[i][u].reg != p)
        continue;
      bool step = op->pipe == PIPE_C && op->s.op == OP_CSTEP && !op->s.flag &&
                  (op->s.axis == AXIS_LINEAR || op->s.axis == AXIS_BYTE);
      if (!step || (axis != IR_NONE && axis != op->s.axis))
        return false;
      axis = op->s.axis;
      if (i < end)
        *bytes += (int64_t)op->s.imm * (axis == AXIS_LINEAR ? CELL_BYTES : 1);
    }
  }
  return true;
}

static struct place_of place_of(const struct loop_body *b, int i)
{
  const struct ir_op *op = &b->ops[i];
  struct place_of w = {.p = op->s.rs2, .bytes = op->s.width};
  w.known = !op->s.imc && !ir_is_message(op) && walked(b, w.p, i, &w.from) && walked(b, w.p, b->count, &w.stride);
  return w;
}

/* The least distance >= `least` at which `to` may touch what `from` touched; -1: never. */
static int touches(const struct place_of *from, const struct place_of *to, int least)
{
  if (!from->known || !to->known || from->p != to->p)
    return least;
  int64_t gap = to->from - from->from, stride = from->stride;
  int64_t most = stride == 0 ? least : least + (llabs(gap) + CELL_BYTES) / llabs(stride) + 1;
  for (int64_t k = least; k <= most; k++) {
    int64_t apart = gap + k * stride;
    if (apart < from->bytes && -apart < to->bytes)
      return (int)k;
  }
  return -1;
}

/* Scatters of a buffer stay in order with its scatters and gathers. */
static bool order_memory(struct loop_body *b, struct place_of *where)
{
  uint64_t independent = b->ir->loops[b->loop].independent;
  bool ok = true, stored[IR_SPACES] = {false};
  for (int i = 0; i < b->count; i++) {
    int space = b->ops[i].space;
    if (space > IR_ROM && space < IR_SPACES && ir_is_ordered(&b->ops[i]))
      stored[space] = true;
  }
  for (int i = 0; i < b->count; i++)
    if (b->ops[i].space > IR_ROM && b->ops[i].space < IR_SPACES && stored[b->ops[i].space])
      where[i] = place_of(b, i);
  for (int i = 0; i < b->count; i++) {
    int space = b->ops[i].space;
    if (space <= IR_ROM || space >= IR_SPACES || !stored[space])
      continue;
    for (int j = 0; j < b->count && ok; j++) {
      if (b->ops[j].space != space || (!ir_is_ordered(&b->ops[i]) && !ir_is_ordered(&b->ops[j])))
        continue;
      int distance = touches(&where[i], &where[j], j <= i);
      if (distance == 0 || (distance > 0 && !(independent >> space & 1)))
        ok = connect(b, i, j, 1, distance);
    }
  }
  return ok;
}

int depend_build(const struct ir *ir, int loop, struct loop_body *b, struct vtpu_error *err)
{
  const struct ir_block *block = &ir->blocks[ir->loops[loop].first];
  size_t n = (size_t)block->count, values = (size_t)ir->file_count + 1;
  *b = (struct loop_body){
      .ir = ir, .loop = loop, .ops = &ir->ops[block->first], .count = block->count};
  b->uses = malloc(n * sizeof *b->uses);
  b->use = malloc(n * sizeof *b->use);
  b->web_of = malloc(n * sizeof *b->web_of);
  b->webs = malloc(n * IR_USES_MAX * sizeof *b->webs);
  b->out = malloc(n * sizeof *b->out);
  b->in = malloc(n * sizeof *b->in);
  struct naming names = {malloc(values * sizeof(int)), malloc(values * sizeof(int)),
                         malloc(values * sizeof(bool))};
  struct order order = {malloc((n * IR_USES_MAX + values) * sizeof(struct holder)),
                        malloc(2 * n * IR_USES_MAX * sizeof(struct reader)), 0};
  struct place_of *where = calloc(n, sizeof *where);
  bool ok = b->uses && b->use && b->web_of && b->webs && b->out && b->in && names.now &&
            names.entry && names.outside && order.holders && order.readers && where;
  for (int i = 0; ok && i < b->count; i++) {
    b->uses[i] = ir_uses(&b->ops[i], b->use[i]);
    b->out[i] = b->in[i] = IR_NONE;
  }
  if (ok)
    name_webs(b, &names);
  for (int i = 0; ok && i < b->web_count + ir->file_count; i++)
    order.holders[i] = (struct holder){IR_NONE, IR_NONE};
  ok = ok && order_registers(b, &order) && order_memory(b, where);
  free(names.now);
  free(names.entry);
  free(names.outside);
  free(order.holders);
  free(order.readers);
  free(where);
  if (!ok) {
    depend_free(b);
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a loop of %zu operations", n);
  }
  return 0;
}

void depend_free(struct loop_body *b)
{
  free(b->uses);
  free(b->use);
  free(b->web_of);
  free(b->webs);
  free(b->out);
  free(b->in);
  free(b->edges);
  memset(b, 0, sizeof *b);
}
