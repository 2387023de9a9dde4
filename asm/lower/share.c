/* Who has made which lines of the vectors that go from product to product, and whether these pass
 * between the sentrons by messages or through shared memory.
 *
 * Through memory, all lines are scattered to the L3, all sentrons meet at a fence and a barrier,
 * and each gathers all lines, from one half of the L3: the port passes sentrons x lines, one a
 * cycle. By messages, each sentron sends its own lines to all others at once, and takes theirs from
 * its queues: what counts are its C operations, for both contexts of a core. The rule below adds up
 * either for a layer; reports/programs.py measures both. */
#include "asm/lower/plan.h"

enum {
  LNET = 12,      /* from sentron to sentron, and to the L3 */
  QUEUE = 8,      /* of the preset spec */
  LINES_KEPT = 8, /* of a vector, in registers: longer ones are gathered twice */
  PACK_WORK = 5,  /* D operations of a line that is packed */
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
static int greatest(int a, int b)
{
  return a > b ? a : b;
}

/* What becomes of a vector's lines: the norm reads them where they are; products read a copy; or
 * they are packed, in a narrow type. */
enum use { USE_NORM, USE_COPY, USE_PACKED };

/* Cycles until all sentrons have a vector of so many lines, beside what they do on one sentron. */
static int by_memory(const struct plan *p, int lines, enum use use)
{
  int own = ceil_div(lines, p->sentrons), contexts = ceil_div(p->sentrons, p->options->cores);
  int passes = lines > LINES_KEPT ? 2 : 1, port = p->sentrons * lines;
  if (use == USE_NORM)
    return 3 * LNET + (p->types.weights == NUMBER_F32 ? passes : 1) * (port - lines);
  int work = (use == USE_COPY ? 2 : contexts * PACK_WORK) * lines;
  port *= use == USE_COPY ? 1 : passes;
  return 3 * LNET + own + (port > work ? port : work);
}

static int by_messages(const struct plan *p, int lines, enum use use)
{
  int own = ceil_div(lines, p->sentrons), contexts = ceil_div(p->sentrons, p->options->cores);
  if (use != USE_PACKED)
    return LNET + contexts * ceil_div(p->line_bytes, M_BYTES) * (lines + own);
  return (format_of(p->types.weights).scaled ? 2 : 1) * LNET +
         contexts * (lines + own + PACK_WORK * own);
}

void plan_meetings(struct plan *p)
{
  int n = p->lanes, heads = attending(p), all = p->sentrons;
  int qkv = ceil_div((p->config->heads + 2 * p->config->kv_heads) * p->head_stride, n);
  int hidden = least(p->hidden.lines, all), ffn = least(p->ffn.lines, all);
  int norms = least(all, p->options->cores); /* sentrons that may need the residual stream */
  enum use input = p->types.weights == NUMBER_F32 || p->strict ? USE_COPY : USE_PACKED;
  const int lines[] = {p->hidden.lines, p->mixed.lines, p->hidden.lines, p->ffn.lines};
  int memory = 0, messages = 0;
  qkv = least(qkv, all);
  p->queue = p->options->queue ? p->options->queue : QUEUE;
  p->members[MEETING_QKV] = greatest(hidden, least(qkv, norms));
  p->members[MEETING_HEADS] = greatest(qkv, heads);
  p->members[MEETING_OUTPUT] = greatest(hidden, heads);
  p->members[MEETING_GATE_UP] = greatest(hidden, least(ffn, norms));
  p->members[MEETING_DOWN] = greatest(ffn, hidden);
  p->members[MEETING_LOGITS] = greatest(hidden, norms);
  for (int i = 0; i < 4; i++) {
    memory += by_memory(p, lines[i], i % 2 ? input : USE_NORM);
    messages += by_messages(p, lines[i], i % 2 ? input : USE_NORM);
  }
  p->messages = all > 1 && p->teams == 1 && lines_have_owners(p) &&
                p->queue >= ceil_div(p->line_bytes, M_BYTES) && messages < memory;
}
