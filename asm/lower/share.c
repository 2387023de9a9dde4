/* Who has made which lines of the vectors that go from product to product, and whether these pass
 * between the sentrons by messages or through shared memory.
 *
 * Through memory, all lines are scattered to the L3, all sentrons meet at a fence and a barrier, and
 * each gathers all lines, from one half of the L3: the port passes sentrons x lines, one a cycle. By
 * messages, each sentron sends its own lines to all others at once, and takes theirs from its
 * queues: what counts are its C operations, for both contexts of a core. The rule below adds up
 * either for a layer; reports/exchange.py measures both. */
#include "asm/lower/plan.h"

enum {
  LNET = 12,           /* from sentron to sentron, and to the L3 */
  QUEUE = 8,           /* of the preset spec */
  LINES_KEPT = 8,      /* of a vector that is packed, in registers: longer ones are gathered twice */
};

/* Sentrons that have heads are the first ones, as those with blocks of a matrix. */
static int attending(const struct plan *p)
{
  int count = 0;
  while (count < p->sentrons && p->sentron[count].heads.count)
    count++;
  return count;
}

static struct range head_lines(const struct plan *p, struct range heads)
{
  int first = heads.first * p->head_stride, end = first + heads.count * p->head_stride;
  if (!heads.count)
    return (struct range){0, 0};
  return (struct range){first / p->lanes, ceil_div(end, p->lanes) - first / p->lanes};
}

struct range plan_own_lines(const struct plan *p, enum meeting at, int s)
{
  if (at == MEETING_OUTPUT)
    return head_lines(p, p->sentron[s].heads);
  return plan_share(p, at == MEETING_DOWN ? p->ffn.lines : p->hidden.lines, s);
}

/* Does every line of what the heads have read come from one sentron? */
static bool lines_have_owners(const struct plan *p)
{
  int next = 0;
  for (int s = 0; s < attending(p); s++) {
    struct range r = head_lines(p, p->sentron[s].heads);
    if (r.first != next)
      return false;
    next = r.first + r.count;
  }
  return next == p->mixed.lines;
}

static int least(int a, int b)
{
  return a < b ? a : b;
}

/* Cycles until all sentrons have a vector of so many lines. `packed`: they need it in integers. */
static int by_memory(const struct plan *p, int lines, bool packed)
{
  int passes = packed && lines > LINES_KEPT ? 2 : 1, own = ceil_div(lines, p->sentrons);
  int s_pipe = own + (packed ? passes : 2) * lines, port = passes * p->sentrons * lines;
  return 3 * LNET + (s_pipe > port ? s_pipe : port);
}

static int by_messages(const struct plan *p, int lines, bool packed)
{
  int parts = packed ? 1 : ceil_div(p->line_bytes, M_BYTES);
  int contexts = ceil_div(p->sentrons, p->options->cores), own = ceil_div(lines, p->sentrons);
  int c_pipe = contexts * parts * (lines - own + 2 * own);
  return (packed && format_of(p->types.weights).scaled ? 2 : 1) * LNET + c_pipe;
}

void plan_meetings(struct plan *p)
{
  int n = p->lanes, heads = attending(p), all = p->sentrons;
  int qkv = ceil_div((p->config->heads + 2 * p->config->kv_heads) * p->head_stride, n);
  int hidden = least(p->hidden.lines, all), ffn = least(p->ffn.lines, all);
  bool packed = p->types.weights != NUMBER_F32 && !p->strict;
  int lines[] = {p->hidden.lines, p->mixed.lines, p->hidden.lines, p->ffn.lines}, memory = 0,
      messages = 0;
  qkv = least(qkv, all);
  p->queue = p->options->queue ? p->options->queue : QUEUE;
  p->members[MEETING_QKV] = qkv > hidden ? qkv : hidden;
  p->members[MEETING_HEADS] = qkv > heads ? qkv : heads;
  p->members[MEETING_OUTPUT] = hidden > heads ? hidden : heads;
  p->members[MEETING_GATE_UP] = p->members[MEETING_DOWN] = ffn > hidden ? ffn : hidden;
  p->members[MEETING_LOGITS] = all;
  for (int i = 0; i < 4; i++) {
    memory += by_memory(p, lines[i], packed && i % 2);
    messages += by_messages(p, lines[i], packed && i % 2);
  }
  p->messages = all > 1 && p->teams == 1 && lines_have_owners(p) &&
                p->queue >= ceil_div(p->line_bytes, M_BYTES) && messages < memory;
}
