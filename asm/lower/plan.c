/* Shapes and shares: see plan.h. */
#include "asm/lower/plan.h"

#include "asm/lower/ir.h"

#include <stdlib.h>
#include <string.h>

static int check_options(const struct lower_options *o, struct vtpu_error *err)
{
  if (o->dlen != 64 && o->dlen != 128 && o->dlen != 256 && o->dlen != 512)
    return vtpu_fail(err, VTPU_USAGE, "lowering: DLEN %u is not 64, 128, 256 or 512", o->dlen);
  if (o->cores < 1 || o->cores > 8 || o->contexts < 1 || o->contexts > 2)
    return vtpu_fail(err, VTPU_USAGE, "lowering: a node has 1 to 8 cores of 1 or 2 contexts");
  if (o->sentrons < 1 || o->sentrons > SENTRONS_PER_NODE_MAX)
    return vtpu_fail(err, VTPU_USAGE, "lowering: %d sentrons\n  choose 1 to %d", o->sentrons,
                     SENTRONS_PER_NODE_MAX);
  if (o->sentrons > o->cores * o->contexts)
    return vtpu_fail(err, VTPU_USAGE,
                     "lowering: %d sentrons, but the machine has %d cores with %d contexts each\n"
                     "  ask for at most %d sentrons",
                     o->sentrons, o->cores, o->contexts, o->cores * o->contexts);
  if (o->batch < 0 || o->batch > LOWER_BATCH_MOST)
    return vtpu_fail(err, VTPU_USAGE, "lowering: a batch of %d sequences\n  choose 1 to %d",
                     o->batch, LOWER_BATCH_MOST);
  if (o->block < 0 || o->block > BLOCK_ROWS_MOST)
    return vtpu_fail(err, VTPU_USAGE, "lowering: blocks of %d positions\n  choose 1 to %d",
                     o->block, BLOCK_ROWS_MOST);
  if (o->queue < 0)
    return vtpu_fail(err, VTPU_USAGE, "lowering: queues of %d messages", o->queue);
  return 0;
}

static int check_prompt(const struct lower_prompt *prompt, int max_tokens,
                        const struct model_config *c, struct vtpu_error *err)
{
  if (prompt->count < 1 || max_tokens < 0)
    return vtpu_fail(err, VTPU_USAGE, "lowering: the prompt needs at least one token");
  if (prompt->count > c->context)
    return vtpu_fail(err, VTPU_USAGE,
                     "lowering: the prompt has %d tokens, the model's context %d\n  shorten it",
                     prompt->count, c->context);
  if (max_tokens > c->context - prompt->count)
    return vtpu_fail(
        err, VTPU_USAGE,
        "lowering: %d tokens of prompt and %d to generate exceed the model's context of "
        "%d\n  generate at most %d",
        prompt->count, max_tokens, c->context, c->context - prompt->count);
  for (int i = 0; i < prompt->count; i++)
    if (prompt->tokens[i] < 0 || prompt->tokens[i] >= c->vocab)
      return vtpu_fail(err, VTPU_USAGE, "lowering: prompt token %d is %d; the vocabulary has %d", i,
                       prompt->tokens[i], c->vocab);
  return 0;
}

int plan_positions(const struct lower_prompt *prompt, int max_tokens)
{
  return prompt->count + (max_tokens ? max_tokens - 1 : 0);
}

/* Of all sequences: positions, and rows that a step may have. */
static int plan_sequences(struct plan *p, const struct lower_options *o, struct vtpu_error *err)
{
  int known = 0, most = o->block ? o->block : BLOCK_ROWS_MOST;
  p->batch = o->batch ? o->batch : 1;
  for (int s = 0; s < p->batch; s++) {
    int bad = check_prompt(&o->prompts[s], o->max_tokens, p->config, err);
    if (bad)
      return bad;
    int positions = plan_positions(&o->prompts[s], o->max_tokens);
    p->positions = positions > p->positions ? positions : p->positions;
    known += known < most ? o->prompts[s].count : 0;
  }
  int rows = known < most ? known : most;
  p->block_rows = rows < BLOCK_ROWS_LEAST ? 0 : rows;
  p->logits_rows = o->keep_logits ? p->positions : 1;
  return 0;
}

static int check_types(const struct plan *p, struct vtpu_error *err)
{
  bool ternary = p->types.weights == NUMBER_T2 || p->types.head == NUMBER_T2;
  if (ternary && p->options->dlen < 128)
    return vtpu_fail(err, VTPU_USAGE,
                     "lowering: %s t2 at DLEN %u: DTDOT needs 128 bits for one group of inputs\n"
                     "  use DLEN 128 or more",
                     p->types.weights == NUMBER_T2 ? "weights" : "head", p->options->dlen);
  return 0;
}

/* A vector of `lines` lines whose first `used_lanes` lanes are in use. */
static int make_vector(struct vector *v, int lines, int lanes, int used_lanes,
                       struct vtpu_error *err)
{
  v->lines = lines;
  v->lanes = calloc((size_t)lines, 1);
  if (!v->lanes)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a vector of %d lines", lines);
  for (int i = 0; i < used_lanes; i++)
    v->lanes[i / lanes]++;
  v->columns = used_lanes;
  v->uniform = true;
  return 0;
}

/* A vector of heads or halves with padding: `pieces` runs of `used` lanes, `stride` lanes apart. */
static int make_padded_vector(struct vector *v, int pieces, int used, int stride, int lanes,
                              struct vtpu_error *err)
{
  int bad = make_vector(v, ceil_div(pieces * stride, lanes), lanes, 0, err);
  if (bad)
    return bad;
  for (int piece = 0; piece < pieces; piece++)
    for (int i = 0; i < used; i++)
      v->lanes[(piece * stride + i) / lanes]++;
  v->columns = pieces * used;
  for (int line = 0; line + 1 < v->lines; line++)
    v->uniform &= v->lanes[line] == lanes;
  return 0;
}

static uint64_t number_bits(enum number_type t)
{
  return t == NUMBER_F32 ? 32 : t == NUMBER_BF16 ? 16 : t == NUMBER_I8 ? 8 : 2;
}

static struct range range_share(int count, int among, int i)
{
  int each = count / among, more = count % among;
  return (struct range){each * i + (i < more ? i : more), each + (i < more)};
}

/* A split of attention: teams of `size` sentrons take turns with the sequences; each shares
 * `items` heads. */
struct split {
  int items, teams, size;
  int64_t most; /* query heads of all its sequences that the busiest sentron has */
};

static struct split split_heads(const struct plan *p, int items)
{
  struct split s = {.items = items, .teams = 1};
  while (2 * s.teams <= p->batch && 2 * s.teams * items <= p->sentrons)
    s.teams *= 2;
  s.size = p->sentrons / s.teams;
  s.most =
      (int64_t)ceil_div(items, s.size) * (p->config->heads / items) * ceil_div(p->batch, s.teams);
  return s;
}

/* Query heads, or KV heads with theirs: of a KV head whose query heads are spread over sentrons
 * each of them makes and reads a cache, so it must make the work shorter; and not at all where
 * caches come from DDR. */
static void share_heads(struct plan *p, bool from_ddr)
{
  const struct model_config *c = p->config;
  int group = c->heads / c->kv_heads;
  struct split by_kv = split_heads(p, c->kv_heads), by_query = split_heads(p, c->heads);
  bool kv = from_ddr || by_kv.most <= by_query.most;
  struct split split = kv ? by_kv : by_query;
  p->teams = split.teams;
  p->teams_log2 = 0;
  while (1 << p->teams_log2 < p->teams)
    p->teams_log2++;
  for (int s = 0; s < p->sentrons; s++) {
    struct sentron_plan *sp = &p->sentron[s];
    struct range none = {0, 0};
    sp->team = s / split.size;
    bool member = sp->team < p->teams;
    sp->heads = member ? range_share(split.items, split.size, s % split.size) : none;
    sp->caches = ceil_div(p->batch - sp->team, p->teams);
    sp->kv_heads = sp->heads;
    if (kv)
      sp->heads = (struct range){sp->heads.first * group, sp->heads.count * group};
    else if (sp->heads.count) {
      int first = sp->heads.first / group, last = (sp->heads.first + sp->heads.count - 1) / group;
      sp->kv_heads = (struct range){first, last - first + 1};
    }
  }
}

/* What the products of a step's rows read and write. */
static uint64_t block_bytes(const struct plan *p)
{
  int heads = (p->config->heads + 2 * p->config->kv_heads) * p->head_stride;
  int lines = p->hidden.lines + ceil_div(heads, p->lanes) + p->mixed.lines + 2 * p->ffn.lines;
  return (uint64_t)p->block_rows * (uint64_t)(lines * p->line_bytes);
}

/* Will a core find its weights and caches in L2 when the next token comes? A walk over more than an
 * LRU cache holds misses always, so it is all or nothing. Private lines that L2 loses come back
 * from DDR, shared ones from L3: then L3 is the better place for caches if it holds everything. */
static void plan_memory(struct plan *p)
{
  const struct model_config *c = p->config;
  uint64_t rows = (uint64_t)(c->heads + 2 * c->kv_heads) * (uint64_t)p->head_stride;
  uint64_t hidden = (uint64_t)c->hidden, layers = (uint64_t)c->layers;
  uint64_t layer =
      rows * hidden + (uint64_t)p->mixed.columns * hidden + 3 * hidden * (uint64_t)c->ffn;
  uint64_t bits = layers * layer * number_bits(p->types.weights) +
                  (uint64_t)c->vocab * hidden * number_bits(p->types.head);
  uint64_t weights = bits / 8, caches = 0, largest = 0;
  for (int core = 0; core < p->options->cores; core++) {
    uint64_t heads = 0; /* of all sequences */
    for (int s = core; s < p->sentrons; s += p->options->cores)
      heads += (uint64_t)(p->sentron[s].kv_heads.count * p->sentron[s].caches);
    uint64_t bytes = layers * heads * (p->key_head_bytes + p->value_head_bytes);
    caches += bytes;
    largest = bytes > largest ? bytes : largest;
  }
  uint64_t cores = (uint64_t)(p->sentrons < p->options->cores ? p->sentrons : p->options->cores);
  uint64_t l2 = p->options->l2_bytes ? p->options->l2_bytes : UINT64_C(1) << 20;
  uint64_t l3 = p->options->l3_bytes ? p->options->l3_bytes : UINT64_C(32) << 20;
  bool in_l2 = weights / cores + largest <= l2;
  p->pushed_out = p->sentrons == 1 && weights + largest + block_bytes(p) > l2;
  p->cache_shared = !in_l2 && weights + caches <= l3;
  p->weight_latency = in_l2 ? GATHER_L2 : GATHER_STREAM;
  /* Of shorter lines a page holds so many that only one gather in 256 misses. */
  p->prefetch = p->options->ptc_bytes && !in_l2 && weights / cores > p->options->ptc_bytes &&
                PAGE_BYTES / p->line_bytes <= 128;
  p->cache_latency = p->cache_shared ? GATHER_L3 : GATHER_L2;
  if (!in_l2 && !p->cache_shared)
    share_heads(p, true);
}

enum { INPUTS = 4, VALUE_LINES = 8, VALUE_REGISTERS = 12 }; /* what registers allow */

/* Shapes of keys and values of one KV head in one layer. Keys: a block is that of a matrix whose
 * rows are n positions. Values: a line holds n dimensions of 1 (f32), 2 (bf16) or 4 (i8) positions,
 * in the order in which a pass over value_group lines wants them; with i8 a f32 scale for each
 * position follows the last pass. */
static void plan_caches(struct plan *p)
{
  int n = p->lanes, group = p->config->heads / p->config->kv_heads;
  uint64_t blocks = (uint64_t)p->blocks, line = (uint64_t)p->line_bytes;
  p->kv = format_of(p->types.kv);
  int most = p->kv.scaled ? INPUTS / 2 : INPUTS; /* scales need registers too */
  p->inputs = group < most ? group : most;
  p->readers = 2 * p->inputs <= most ? 2 : 1;
  p->query_lines = plan_packed_lines(&p->query, p->kv);
  p->key_lines = plan_groups(p, &p->query, p->kv) + p->kv.scaled;
  p->key_block_bytes = (uint64_t)p->key_lines * line;
  p->key_head_bytes = blocks * p->key_block_bytes;
  /* Of each head: its sums, its weights, and what it is divided by, that of all readers. */
  int sums = VALUE_REGISTERS - p->inputs - p->readers * p->inputs;
  p->value_group = sums / p->inputs < VALUE_LINES ? sums / p->inputs : VALUE_LINES;
  while (p->value_lines % p->value_group)
    p->value_group--;
  p->value_positions = p->kv.columns < n ? p->kv.columns : n;
  int block_lines = n / p->value_positions * p->value_group;
  p->value_pass_bytes = blocks * (uint64_t)block_lines * line;
  p->value_head_bytes = (uint64_t)(p->value_lines / p->value_group) * p->value_pass_bytes +
                        (p->kv.scaled ? blocks * line : 0);
}

int plan_shapes(struct plan *p, const struct model *m, const struct lower_options *o,
                struct vtpu_error *err)
{
  const struct model_config *c = &m->config;
  memset(p, 0, sizeof *p);
  int bad = check_options(o, err);
  if (bad)
    return bad;
  if (c->head_dim % 2)
    return vtpu_fail(err, VTPU_LIMIT, "lowering: head_dim %d is odd; RoPE pairs its lanes",
                     c->head_dim);
  p->model = m;
  p->config = c;
  p->options = o;
  p->dlen = o->dlen;
  p->types = o->types;
  bad = number_types_resolve(m, &p->types, err);
  if (!bad)
    bad = check_types(p, err);
  if (bad)
    return bad;
  p->strict = c->bitnet;
  p->embedding_type = number_types_embedding(m, &p->types);
  p->lanes = (int)o->dlen / 32;
  while (1 << p->lanes_log2 < p->lanes)
    p->lanes_log2++;
  p->line_bytes = (int)o->dlen / 8;
  p->sentrons = o->sentrons;
  bad = plan_sequences(p, o, err);
  if (bad)
    return bad;

  int n = p->lanes;
  p->half = c->head_dim / 2;
  p->half_stride = p->half % n == 0 || n % p->half == 0 ? p->half : ceil_div(p->half, n) * n;
  p->half_lines = ceil_div(p->half, n);
  p->head_stride = 2 * p->half_stride;
  p->value_lines = ceil_div(p->head_stride, n);
  p->blocks = ceil_div(p->positions, n);
  p->logits_row_lines = ceil_div(c->vocab, n);

  bad = make_vector(&p->hidden, ceil_div(c->hidden, n), n, c->hidden, err);
  if (!bad)
    bad = make_vector(&p->ffn, ceil_div(c->ffn, n), n, c->ffn, err);
  if (!bad)
    bad = make_padded_vector(&p->mixed, 2 * c->heads, p->half, p->half_stride, n, err);
  if (!bad)
    bad = make_padded_vector(&p->query, 2, p->half, p->half_lines * n, n, err);
  if (bad)
    return bad;
  plan_caches(p);
  p->layers = calloc((size_t)c->layers, sizeof *p->layers);
  p->sentron = calloc((size_t)p->sentrons, sizeof *p->sentron);
  if (!p->layers || !p->sentron)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %d layers", c->layers);
  for (int s = 0; s < p->sentrons; s++) {
    struct sentron_plan *sp = &p->sentron[s];
    sp->core = s % o->cores;
  }
  share_heads(p, false);
  plan_memory(p);
  plan_meetings(p);
  return 0;
}

void plan_free(struct plan *p)
{
  free(p->hidden.lanes);
  free(p->ffn.lanes);
  free(p->mixed.lanes);
  free(p->query.lanes);
  free(p->layers);
  free(p->sentron);
  memset(p, 0, sizeof *p);
}

struct range plan_share(const struct plan *p, int count, int s)
{
  return range_share(count, p->sentrons, s);
}

struct format format_of(enum number_type type)
{
  switch (type) {
  case NUMBER_BF16: return (struct format){type, 2, 2, false};
  case NUMBER_I8: return (struct format){type, 4, 4, true};
  case NUMBER_T2: return (struct format){type, 16, 4, true};
  default: return (struct format){type, 1, 1, false};
  }
}

int plan_packed_lines(const struct vector *v, struct format f)
{
  return ceil_div(v->lines, f.pack);
}

int plan_line_groups(const struct plan *p, struct format f)
{
  return p->lanes * f.pack / f.columns;
}

bool plan_group_used(const struct plan *p, const struct vector *v, struct format f, int line,
                     int group)
{
  for (int i = group * f.columns; i < (group + 1) * f.columns; i++) {
    int of = line * f.pack + i / p->lanes;
    if (of < v->lines && i % p->lanes < v->lanes[of])
      return true;
  }
  return false;
}

int plan_groups(const struct plan *p, const struct vector *v, struct format f)
{
  int count = 0;
  for (int line = 0; line < plan_packed_lines(v, f); line++)
    for (int group = 0; group < plan_line_groups(p, f); group++)
      count += plan_group_used(p, v, f, line, group);
  return count;
}

/* Four sums must be in flight to hide the latency of a product: of two blocks of rows, or several
 * of one, to be added up; a prompt's block multiplies them by the rows that it takes together. Both
 * rows of a pair end in one activation, whose registers a second pair's would not leave to the
 * lines on their way. A loop inside a bundle fills and drains. */
int plan_bundle_size(const struct plan *p, const struct matrix *w)
{
  enum { SUMS = 4, EPILOGUE = 3, DRAIN = 110, BUNDLES_LEAST = 4 };
  int share = plan_share(p, w->blocks, 0).count, best = 1;
  int64_t least = INT64_MAX;
  for (int b = 1; w->format.scaled && b * w->rows <= 2; b++) {
    int rows = b * w->rows, lines = rows * w->groups;
    int64_t work = lines + rows * EPILOGUE + SUMS - rows + plan_packed_lines(w->in, w->format);
    int64_t drain = lines <= MATRIX_LINES_STRAIGHT ? 0 : DRAIN;
    int64_t cost = ceil_div(share, b) * (work + drain);
    /* From DDR one bundle of a prompt's block is fetched beside the one before. */
    if (b > 1 && p->weight_latency > GATHER_L2 && share / b < BUNDLES_LEAST)
      break;
    if (cost < least) {
      least = cost;
      best = b;
    }
  }
  return best;
}

struct range plan_bundle(const struct plan *p, const struct matrix *w, int block)
{
  struct range share = {0, 0};
  for (int s = 0; s < p->sentrons && block >= share.first + share.count; s++)
    share = plan_share(p, w->blocks, s);
  int first = share.first + (block - share.first) / w->bundle * w->bundle;
  int left = share.first + share.count - first;
  return (struct range){first, left < w->bundle ? left : w->bundle};
}

unsigned plan_walk_axis(const struct plan *p)
{
  return p->line_bytes == CELL_BYTES ? AXIS_LINEAR : AXIS_BYTE;
}

int plan_line_units(const struct plan *p)
{
  return p->line_bytes == CELL_BYTES ? 1 : p->line_bytes;
}

int plan_head_dim(const struct plan *p, int lane, bool rotated)
{
  int half = lane / p->half_stride, i = lane % p->half_stride;
  if (i >= p->half)
    return -1;
  if (rotated && p->config->rope_pairs == ROPE_NEIGHBOURS)
    return 2 * i + half;
  return half * p->half + i;
}

struct coord buffer_page(const struct buffer *b, int32_t *bytes)
{
  struct coord page = b->base;
  *bytes = (int32_t)(b->offset % PAGE_BYTES);
  /* Whole pages, so the order of the cells inside does not matter. The region lies in phext. */
  coord_step(&page, AXIS_LINEAR, (int64_t)(b->offset / PAGE_BYTES * PAGE_CELLS), false,
             CURVE_ZORDER);
  return page;
}
