/* The lowering from model to object: see lower.h. */
#include "asm/lower/lower.h"

#include "asm/lower/kernel.h"
#include "asm/lower/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Owner of all memory that a result's object points to. */
struct lower_storage {
  struct lower_options options;
  struct plan plan;
  struct placement placement;
  struct code code;
  struct object_sentron *sentrons;
  struct object_group groups[1 + MEETINGS];
};

/* Ternary checkpoints norm without weights, and differently. */
static int pack_input(struct kernel *k, const struct pack *what, struct vtpu_error *err)
{
  return k->plan->strict && !what->weight ? kernel_strict_pack(k, what, err)
                                          : kernel_pack(k, what, err);
}

int lower_pack(struct kernel *k, const struct matrix *w, const struct buffer *in,
               struct vtpu_error *err)
{
  struct pack what = {
      .name = "quantise", .from = in, .vector = w->in, .format = w->format, .out = &k->own->staged};
  return pack_input(k, &what, err);
}

/* A matrix whose input other sentrons have written, packed for it in their memory: `in` is the
 * sentron's own vector. What the reference packs in an order of its own comes as it is. */
static int input_by_messages(struct kernel *k, const char *name, enum meeting at,
                             const struct matrix *w, const struct buffer *in,
                             enum matrix_result result, const struct buffer *out,
                             struct vtpu_error *err)
{
  bool pack = w->format.type != NUMBER_F32, here = pack && k->plan->strict;
  bool reads = plan_share(k->plan, w->blocks, k->sentron).count > 0;
  struct share what = {.name = pack && !here ? "quantise" : "share",
                       .at = at,
                       .from = in,
                       .to = pack && !here ? &k->own->staged : in,
                       .format = format_of(pack && !here ? w->format.type : NUMBER_F32),
                       .blocks = w->blocks};
  int bad = kernel_share(k, &what, err);
  if (!bad && here && reads)
    bad = lower_pack(k, w, in, err);
  return bad ? bad : kernel_matrix(k, name, w, pack ? &k->own->staged : in, result, out, err);
}

/* The same; in shared memory several blocks of rows read it from a copy of the sentron's own, one
 * block of f32 reads it where it is. Narrow types need it packed. */
static int shared_input(struct kernel *k, const char *name, enum meeting at, const struct matrix *w,
                        const struct buffer *in, enum matrix_result result,
                        const struct buffer *out, struct vtpu_error *err)
{
  struct range share = plan_share(k->plan, w->blocks, k->sentron);
  bool pack = w->format.type != NUMBER_F32;
  if (k->plan->messages)
    return input_by_messages(k, name, at, w, in, result, out, err);
  if (share.count && (pack || (k->plan->sentrons > 1 && share.count > 1))) {
    int bad = pack ? lower_pack(k, w, in, err) : kernel_stage(k, in, w->in->lines, err);
    if (bad)
      return bad;
    in = &k->own->staged;
  }
  return kernel_matrix(k, name, w, in, result, out, err);
}

/* Where sentrons learn what others have made. By messages the residual stream is brought to those
 * with a share of w, and what a product's other inputs need comes with them (shared_input). */
static int meet(struct kernel *k, enum meeting at, const struct matrix *w, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  if (!p->messages)
    return kernel_barrier(k, 0, err);
  if (at == MEETING_OUTPUT || at == MEETING_DOWN)
    return 0;
  if (at == MEETING_HEADS) {
    bool joins = k->sentron < p->members[at] && p->members[at] > 1;
    return joins ? kernel_barrier(k, meeting_group(at), err) : 0;
  }
  struct share what = {.name = "share",
                       .at = at,
                       .from = &p->residual,
                       .to = &p->residual,
                       .format = format_of(NUMBER_F32),
                       .blocks = w->blocks,
                       .follows = true};
  return kernel_share(k, &what, err);
}

int lower_norm(struct kernel *k, const char *norm, const struct buffer *weight,
               const struct matrix *w, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct pack what = {.name = norm,
                      .from = &p->residual,
                      .vector = w->in,
                      .weight = weight,
                      .norm = true,
                      .eps = p->config->rms_eps,
                      .format = w->format,
                      .out = &k->own->normed};
  return w->format.type == NUMBER_F32 ? kernel_norm(k, norm, weight, err)
                                      : pack_input(k, &what, err);
}

/* The normed residual stream times a matrix; a sentron without rows of it needs neither. */
static int normed_matrix(struct kernel *k, const char *norm, const struct buffer *weight,
                         const char *name, const struct matrix *w, enum matrix_result result,
                         const struct buffer *out, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int leader = plan_leader(p, k->sentron), follower = k->sentron + p->options->cores, bad;
  const struct buffer *in = &k->own->normed;
  if (!plan_share(p, w->blocks, k->sentron).count)
    return 0;
  if (leader >= 0) {
    in = &p->sentron[leader].normed;
    bad = kernel_follow(k, leader, err);
  } else {
    bad = lower_norm(k, norm, weight, w, err);
    if (!bad && p->messages && follower < p->sentrons && plan_share(p, w->blocks, follower).count)
      bad = kernel_lead(k, follower, err);
  }
  return bad ? bad : kernel_matrix(k, name, w, in, result, out, err);
}

const struct buffer *lower_norm_weight(const struct plan *p, const struct buffer *weight)
{
  return p->config->bitnet ? NULL : weight;
}

int lower_attention(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int bad = kernel_rope(k, err);
  if (bad)
    return bad;
  return p->strict && p->types.kv == NUMBER_F32 ? kernel_strict_attention(k, err)
                                                : kernel_attention(k, err);
}

/* The same where the position may be one of another team's. */
static int team_attention(struct kernel *k, struct vtpu_error *err)
{
  int others = 0;
  if (k->plan->teams == 1)
    return lower_attention(k, err);
  int bad = code_label(k->code, &others, err);
  if (!bad)
    bad = kernel_skip_attention(k, others, err);
  if (!bad)
    bad = lower_attention(k, err);
  code_set_label(k->code, others);
  return bad;
}

static int lower_layer(struct kernel *k, int layer, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  const struct layer_plan *l = &p->layers[layer];
  bool is_last = layer == p->config->layers - 1;
  k->layer = layer;
  int bad = normed_matrix(k, "attention_norm", lower_norm_weight(p, &l->attention_norm), "qkv",
                          &l->qkv, RESULT_STORE, &p->qkv, err);
  if (!bad)
    bad = meet(k, MEETING_HEADS, NULL, err);
  if (!bad)
    bad = team_attention(k, err);
  if (!bad)
    bad = meet(k, MEETING_OUTPUT, NULL, err);
  if (!bad)
    bad = shared_input(k, "wo", MEETING_OUTPUT, &l->output, &p->mixed_buffer, RESULT_RESIDUAL,
                       &p->residual, err);
  if (!bad)
    bad = meet(k, MEETING_GATE_UP, &l->gate_up, err);
  if (!bad)
    bad = normed_matrix(k, "ffn_norm", lower_norm_weight(p, &l->ffn_norm), "gate_up", &l->gate_up,
                        RESULT_SWIGLU, &p->gated, err);
  if (!bad)
    bad = meet(k, MEETING_DOWN, NULL, err);
  if (!bad)
    bad = shared_input(k, "down", MEETING_DOWN, &l->down, &p->gated, RESULT_RESIDUAL, &p->residual,
                       err);
  if (!bad && !(is_last && p->messages)) /* logits may not be wanted: then nothing is shared */
    bad = meet(k, MEETING_QKV, is_last ? NULL : &p->layers[layer + 1].qkv, err);
  k->layer = -1;
  return bad;
}

/* Logits and arg max of the position that the layers have processed. */
static int lower_logits(struct kernel *k, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int bad = normed_matrix(k, "final_norm", &p->final_norm, "logits", &p->output, RESULT_LOGITS,
                          &p->logits, err);
  if (!bad && p->messages && !plan_share(p, p->output.blocks, k->sentron).count)
    bad = kernel_no_best(k, err);
  if (!bad && !p->messages)
    bad = kernel_barrier(k, 0, err);
  return bad ? bad : kernel_best(k, err);
}

static int symbol(struct kernel *k, const char *what, struct vtpu_error *err)
{
  char name[OBJECT_NAME_BYTES];
  snprintf(name, sizeof name, "s%d.%s", k->sentron, what);
  return code_symbol(k->code, name, err);
}

/* What the kernels of a single position see of the plan: with messages, a sentron's own vectors. */
static struct plan single_view(const struct plan *p, const struct sentron_plan *own)
{
  struct plan view = *p;
  if (p->messages) {
    view.residual = own->residual;
    view.mixed_buffer = own->mixed;
    view.gated = own->gated;
  }
  return view;
}

/* The step of one position, up to its logits. */
static int lower_single(struct kernel *k, int next, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int bad = p->batch > 1 ? lower_only_row(k, err) : 0;
  if (!bad)
    bad = kernel_token(k, err);
  if (!bad)
    bad = kernel_embedding(k, err);
  if (!bad)
    bad = meet(k, MEETING_QKV, &p->layers[0].qkv, err);
  for (int layer = 0; layer < p->config->layers && !bad; layer++) {
    char name[32];
    snprintf(name, sizeof name, "layer%d", layer);
    bad = symbol(k, name, err);
    if (!bad)
      bad = lower_layer(k, layer, err);
  }
  if (!bad && !p->options->keep_logits)
    bad = kernel_skip_logits(k, next, err);
  if (!bad && p->messages)
    bad = meet(k, MEETING_LOGITS, &p->output, err);
  return bad;
}

/* The whole program of one sentron. */
static int lower_sentron(struct kernel *k, struct object_sentron *out, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  int top = 0, single = 0, after = 0, next = 0, end = 0;
  int *const labels[] = {&top, &single, &after, &next, &end};
  int bad = code_begin(k->code, &out->entry, err);
  for (int i = 0; i < 5 && !bad; i++)
    bad = code_label(k->code, labels[i], err);
  if (!bad)
    bad = symbol(k, "start", err);
  if (!bad)
    bad = kernel_start(k, end, err);
  if (bad)
    return bad;
  code_set_label(k->code, top);
  bad = symbol(k, "take", err);
  if (!bad)
    bad = kernel_take(k, single, end, err);
  if (!bad && (p->block_rows || p->batch > 1))
    bad = kernel_list(k, single, err);
  if (!bad && p->block_rows) {
    bad = symbol(k, "block", err);
    if (!bad)
      bad = lower_block(k, after, next, err);
  }
  code_set_label(k->code, single);
  if (!bad)
    bad = symbol(k, "token", err);
  struct plan view = single_view(p, k->own);
  k->plan = &view;
  if (!bad)
    bad = lower_single(k, next, err);
  code_set_label(k->code, after);
  if (!bad)
    bad = symbol(k, "logits", err);
  if (!bad)
    bad = lower_logits(k, err);
  k->plan = p;
  if (bad)
    return bad;
  code_set_label(k->code, next);
  bad = symbol(k, "next", err);
  if (!bad)
    bad = kernel_next_token(k, top, err);
  if (bad)
    return bad;
  code_set_label(k->code, end);
  bad = kernel_halt(k, err);
  return bad ? bad : code_end(k->code, &out->end, err);
}

/* needs: what sentrons place in each other's queues, and on which core each has its memory. */
static int lower_code(struct plan *p, struct lower_storage *storage, struct object_needs *needs,
                      struct vtpu_error *err)
{
  struct kernel k = {.plan = p, .code = &storage->code, .layer = -1};
  ir_init(&k.ir, p->dlen);
  int bad = 0;
  for (int s = 0; s < p->sentrons && !bad; s++) {
    struct object_sentron *out = &storage->sentrons[s];
    k.sentron = s;
    k.own = &p->sentron[s];
    snprintf(out->name, sizeof out->name, "s%d", s);
    out->id = (uint16_t)s;
    out->start = true;
    out->home = coord_with_dim(out->home, 0, (unsigned)s);
    bad = lower_sentron(&k, out, err);
  }
  ir_free(&k.ir);
  needs->queue = (uint16_t)k.queue;
  needs->cores = (uint16_t)(p->sentrons > p->options->cores ? p->options->cores : 0);
  return bad;
}

/* Describes in *out what the storage holds. */
static void describe(const struct plan *p, struct lower_storage *st, struct object_needs needs,
                     struct lower_result *out)
{
  for (int g = 0; g <= (p->messages ? MEETINGS : 0); g++) {
    int count = g ? p->members[g - 1] : p->sentrons;
    st->groups[g] = (struct object_group){.id = (uint8_t)g, .node = 0, .count = (uint8_t)count};
    for (int s = 0; s < count; s++)
      st->groups[g].members[s] = (uint8_t)s;
  }
  out->object = (struct object){
      .dlen = p->dlen,
      .needs = needs,
      .siw_count = (uint32_t)st->code.siw_count,
      .sentron_count = (uint32_t)p->sentrons,
      .region_count = (uint32_t)st->placement.region_count,
      .data_count = (uint32_t)st->placement.data_count,
      .group_count = p->messages ? 1 + MEETINGS : 1,
      .mark_count = (uint32_t)st->code.mark_count,
      .symbol_count = (uint32_t)st->code.symbol_count,
      .code = st->code.siws,
      .sentrons = st->sentrons,
      .regions = st->placement.regions,
      .data = st->placement.data,
      .groups = st->groups,
      .marks = st->code.marks,
      .symbols = st->code.symbols,
  };
  out->state = p->state.base;
  out->tokens = p->tokens.base;
  out->batch = p->batch;
  out->token_count = p->positions + 1;
  out->tokens_bytes = 4 * (uint64_t)out->token_count;
  out->logits = p->logits.base;
  out->logits_row_bytes = (uint64_t)p->logits_row_lines * (uint64_t)p->line_bytes;
  out->logits_rows = p->logits_rows;
  out->places = st->placement.places;
  out->place_count = st->placement.place_count;
  for (int i = 0; i < out->place_count; i++)
    if (out->places[i].kind == REGION_ROM)
      out->weight_bytes += out->places[i].bytes;
  out->types = p->types;
  out->loops = st->code.loops.list;
  out->loop_count = st->code.loops.count;
  out->kernels = st->code.kernels;
  out->kernel_count = st->code.kernel_count;
  out->reordered_kernels = (int)st->code.reordered;
}

int lower_model(const struct model *model, const struct lower_options *options,
                struct lower_result *out, struct vtpu_error *err)
{
  memset(out, 0, sizeof *out);
  struct lower_storage *st = out->storage = calloc(1, sizeof *st);
  if (!st)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory");
  struct plan *plan = &st->plan;
  struct object_needs needs = {0, 0};
  st->options = *options;
  int bad = plan_shapes(plan, model, &st->options, err);
  if (!bad) {
    code_init(&st->code, plan->dlen);
    st->sentrons = calloc((size_t)plan->sentrons, sizeof *st->sentrons);
    if (!st->sentrons)
      bad = vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory");
  }
  if (!bad)
    bad = place_weights(&st->placement, plan, err);
  if (!bad)
    bad = place_buffers(&st->placement, plan, err);
  if (!bad)
    bad = place_frames(&st->placement, plan, err);
  if (!bad)
    bad = lower_code(plan, st, &needs, err);
  if (!bad && !options->weights_later)
    bad = place_contents(&st->placement, plan, err);
  if (!bad)
    describe(plan, st, needs, out);
  if (!bad)
    bad = object_check(&out->object, err);
  if (bad)
    lower_result_free(out);
  return bad;
}

int lower_make(void *result, uint32_t data, object_take *take, void *to)
{
  const struct lower_storage *st = ((struct lower_result *)result)->storage;
  return weights_make(&st->plan, &st->placement.weights[data], NULL, take, to);
}

void lower_result_free(struct lower_result *r)
{
  if (r->storage) {
    plan_free(&r->storage->plan);
    placement_free(&r->storage->placement);
    code_free(&r->storage->code);
    free(r->storage->sentrons);
    free(r->storage);
  }
  memset(r, 0, sizeof *r);
}
