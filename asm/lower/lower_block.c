/* A block of the prompt's positions through all layers: products take all of its rows at once
 * (kernel_block.c), everything else goes row by row through the kernels of the single position.
 *
 * Sentrons share a product by matrix rows, attention by heads as ever, and what is done to whole
 * rows (embedding, norms, packing) by rows: sentron s takes the rows s, s + sentrons, ... Attention
 * is causal because the rows come in ascending order and each caches its keys and values first. */
#include "asm/lower/kernel.h"

/* What the kernels see of the plan while a block goes through them. */
struct view {
  struct plan plan;
  struct sentron_plan own;
};

typedef int row_body(struct kernel *k, void *state, struct vtpu_error *err);

static int each_row(struct kernel *k, int from, int step, row_body *body, void *state,
                    struct vtpu_error *err)
{
  int top = 0, end = 0;
  if (from >= k->plan->block_rows)
    return 0;
  int bad = code_label(k->code, &top, err);
  if (!bad)
    bad = code_label(k->code, &end, err);
  if (!bad)
    bad = kernel_rows_begin(k, from, end, err);
  if (bad)
    return bad;
  code_set_label(k->code, top);
  bad = body(k, state, err);
  if (!bad)
    bad = kernel_rows_next(k, step, top, err);
  code_set_label(k->code, end);
  return bad;
}

/* Rows that the sentrons share; all see them afterwards. */
static int shared_rows(struct kernel *k, row_body *body, void *state, struct vtpu_error *err)
{
  int bad = each_row(k, k->sentron, k->plan->sentrons, body, state, err);
  return bad ? bad : kernel_barrier(k, err);
}

static int embedding_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  (void)state;
  int bad = kernel_row_token(k, err);
  return bad ? bad : kernel_embedding(k, err);
}

static int attention_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  (void)state;
  int bad = kernel_token(k, err);
  return bad ? bad : lower_attention(k, err);
}

/* A product and how its input is made of rows. */
struct product {
  const char *name;
  const struct matrix *matrix;
  const char *norm; /* NULL: the input is `in`, not the residual stream */
  const struct buffer *weight, *in, *out;
  enum matrix_result result;
};

static int norm_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  const struct product *p = state;
  return lower_norm(k, p->norm, p->weight, p->matrix, err);
}

static int pack_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  const struct product *p = state;
  return lower_pack(k, p->matrix, p->in, err);
}

static int product(struct kernel *k, struct view *v, struct product p, struct vtpu_error *err)
{
  const struct matrix *w = p.matrix;
  const struct buffer *in = p.in;
  int bad = 0;
  if (p.norm || w->format.type != NUMBER_F32) {
    struct buffer packed = v->plan.block_input;
    packed.row_bytes = (uint64_t)(plan_packed_lines(w->in, w->format) * v->plan.line_bytes);
    v->own.normed = v->own.staged = packed;
    in = &v->own.staged;
    bad = shared_rows(k, p.norm ? norm_row : pack_row, &p, err);
  }
  if (!bad)
    bad = kernel_block_matrix(k, p.name, w, in, p.result, p.out, err);
  return bad ? bad : kernel_barrier(k, err);
}

static int layer(struct kernel *k, struct view *v, const struct layer_plan *l,
                 struct vtpu_error *err)
{
  const struct plan *p = &v->plan;
  const struct product qkv = {.name = "qkv",
                              .matrix = &l->qkv,
                              .norm = "attention_norm",
                              .weight = lower_norm_weight(p, &l->attention_norm),
                              .out = &p->qkv,
                              .result = RESULT_STORE},
                       wo = {.name = "wo",
                             .matrix = &l->output,
                             .in = &p->mixed_buffer,
                             .out = &p->residual,
                             .result = RESULT_RESIDUAL},
                       gate_up = {.name = "gate_up",
                                  .matrix = &l->gate_up,
                                  .norm = "ffn_norm",
                                  .weight = lower_norm_weight(p, &l->ffn_norm),
                                  .out = &p->gated,
                                  .result = RESULT_SWIGLU},
                       down = {.name = "down",
                               .matrix = &l->down,
                               .in = &p->gated,
                               .out = &p->residual,
                               .result = RESULT_RESIDUAL};
  int bad = product(k, v, qkv, err);
  if (!bad && v->own.heads.count)
    bad = each_row(k, 0, 1, attention_row, NULL, err);
  if (!bad)
    bad = kernel_barrier(k, err);
  if (!bad)
    bad = product(k, v, wo, err);
  if (!bad)
    bad = product(k, v, gate_up, err);
  return bad ? bad : product(k, v, down, err);
}

/* What the logits of the last row need is put where those of a single position are. */
static int end_block(struct kernel *k, struct view *v, const struct plan *single,
                     struct vtpu_error *err)
{
  int bad = kernel_block_end(k, err);
  v->own.staged = single->residual;
  if (!bad && k->sentron == 0)
    bad = kernel_stage(k, &v->plan.residual, single->hidden.lines, err);
  if (!bad)
    bad = kernel_barrier(k, err);
  return bad ? bad : kernel_token(k, err);
}

static int block(struct kernel *k, struct view *v, const struct plan *single,
                 struct vtpu_error *err)
{
  const struct product logits = {.name = "logits",
                                 .matrix = &v->plan.output,
                                 .norm = "final_norm",
                                 .weight = &v->plan.final_norm,
                                 .out = &v->plan.logits,
                                 .result = RESULT_LOGITS};
  int bad = shared_rows(k, embedding_row, NULL, err);
  for (int l = 0; l < v->plan.config->layers && !bad; l++) {
    k->layer = l;
    bad = layer(k, v, &v->plan.layers[l], err);
  }
  k->layer = -1;
  if (!bad && v->plan.options->keep_logits)
    bad = product(k, v, logits, err);
  return bad ? bad : end_block(k, v, single, err);
}

/* Rows of `lines` lines. */
static void give_rows(const struct plan *p, struct buffer *b, int lines)
{
  b->row_bytes = (uint64_t)(lines * p->line_bytes);
}

int lower_block(struct kernel *k, int single, int after, struct vtpu_error *err)
{
  const struct plan *plan = k->plan;
  const struct sentron_plan *own = k->own;
  struct view v = {.plan = *plan, .own = *own};
  int heads = plan->config->heads + 2 * plan->config->kv_heads;
  give_rows(plan, &v.plan.residual, plan->hidden.lines);
  give_rows(plan, &v.plan.qkv, ceil_div(heads * plan->head_stride, plan->lanes));
  give_rows(plan, &v.plan.mixed_buffer, plan->mixed.lines);
  give_rows(plan, &v.plan.gated, plan->ffn.lines);
  v.own.scales = plan->block_scales;
  v.own.scales.row_bytes = 4;
  int bad = kernel_block_begin(k, single, err);
  k->plan = &v.plan;
  k->own = &v.own;
  if (!bad)
    bad = block(k, &v, plan, err);
  k->plan = plan;
  k->own = own;
  return bad ? bad : kernel_jump(k, after, err);
}
