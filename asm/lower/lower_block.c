/* The rows of a step through all layers: products take all of them at once (kernel_block.c),
 * everything else goes row by row through the kernels of the single position.
 *
 * Sentrons share a product by matrix rows, attention by heads as ever, and what is done to whole
 * rows (embedding, norms, packing) by rows: sentron s takes the rows s, s + sentrons, ... Attention
 * is causal because a sequence's rows come in ascending order and each caches its keys and values
 * first. */
#include "asm/lower/kernel.h"

/* What the kernels see of the plan while rows go through them. */
struct view {
  struct plan plan;
  struct sentron_plan own;
  int least; /* rows that the list at hand has */
};

/* Rows of `lines` lines. */
static void give_rows(const struct plan *p, struct buffer *b, int lines)
{
  b->row_bytes = (uint64_t)(lines * p->line_bytes);
  b->row_of = CONTROL_ROW;
  if (b->latency == GATHER_L1) /* all rows together are more than L1 keeps */
    b->latency = GATHER_L2;
}

static void set_list(struct sentron_plan *own, const struct buffer *list, int count)
{
  own->list = *list;
  own->list.row_bytes = ROW_BYTES;
  own->list.row_of = CONTROL_ROW;
  own->list_count = count;
}

typedef int row_body(struct kernel *k, void *state, struct vtpu_error *err);

static int each_row(struct kernel *k, const struct view *v, int from, int step, row_body *body,
                    void *state, struct vtpu_error *err)
{
  int top = 0, end = 0;
  if (from >= k->plan->block_rows)
    return 0;
  int bad = code_label(k->code, &top, err);
  if (!bad)
    bad = code_label(k->code, &end, err);
  if (!bad)
    bad = kernel_rows_begin(k, from, v->least, end, err);
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
static int shared_rows(struct kernel *k, const struct view *v, row_body *body, void *state,
                       struct vtpu_error *err)
{
  int bad = each_row(k, v, k->sentron, k->plan->sentrons, body, state, err);
  return bad ? bad : kernel_barrier(k, 0, err);
}

static int embedding_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  (void)state;
  return kernel_embedding(k, err);
}

static int attention_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  (void)state;
  int bad = kernel_token(k, err);
  return bad ? bad : lower_attention(k, err);
}

/* Of the rows of this sentron's team. */
static int attention(struct kernel *k, struct view *v, struct vtpu_error *err)
{
  if (v->plan.teams == 1)
    return each_row(k, v, 0, 1, attention_row, NULL, err);
  struct view all_rows = *v;
  set_list(&v->own, &v->own.attended, CONTROL_ATTENDED);
  v->plan.qkv.row_of = v->plan.mixed_buffer.row_of = CONTROL_SOURCE;
  v->least = 0;
  int bad = each_row(k, v, 0, 1, attention_row, NULL, err);
  *v = all_rows;
  return bad;
}

/* A product and how its input is made of rows. */
struct product {
  const char *name;
  const struct matrix *matrix;
  const char *norm; /* NULL: the input is `in`, not the residual stream */
  row_body *row;    /* makes a row of the input */
  const struct buffer *weight, *in, *out;
  const struct matrix *next; /* of the product after it */
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
    give_rows(&v->plan, &packed, plan_packed_lines(w->in, w->format));
    v->own.normed = v->own.staged = packed;
    in = &v->own.staged;
    bad = shared_rows(k, v, p.row, &p, err);
  }
  if (!bad)
    bad = kernel_block_matrix(k, p.name, w, in, p.result, p.out, p.next, err);
  return bad ? bad : kernel_barrier(k, 0, err);
}

static int layer(struct kernel *k, struct view *v, const struct layer_plan *l,
                 struct vtpu_error *err)
{
  const struct plan *p = &v->plan;
  bool is_last = k->layer == p->config->layers - 1;
  const struct matrix *next = is_last ? &p->output : &p->layers[k->layer + 1].qkv;
  const struct product qkv = {.name = "qkv",
                              .matrix = &l->qkv,
                              .norm = "attention_norm",
                              .row = norm_row,
                              .weight = lower_norm_weight(p, &l->attention_norm),
                              .out = &p->qkv,
                              .next = &l->output,
                              .result = RESULT_STORE},
                       wo = {.name = "wo",
                             .matrix = &l->output,
                             .row = pack_row,
                             .in = &p->mixed_buffer,
                             .out = &p->residual,
                             .next = &l->gate_up,
                             .result = RESULT_RESIDUAL},
                       gate_up = {.name = "gate_up",
                                  .matrix = &l->gate_up,
                                  .norm = "ffn_norm",
                                  .row = norm_row,
                                  .weight = lower_norm_weight(p, &l->ffn_norm),
                                  .out = &p->gated,
                                  .next = &l->down,
                                  .result = RESULT_SWIGLU},
                       down = {.name = "down",
                               .matrix = &l->down,
                               .row = pack_row,
                               .in = &p->gated,
                               .out = &p->residual,
                               .next = next,
                               .result = RESULT_RESIDUAL};
  int bad = product(k, v, qkv, err);
  if (!bad && v->own.heads.count)
    bad = attention(k, v, err);
  if (!bad)
    bad = kernel_barrier(k, 0, err);
  if (!bad)
    bad = product(k, v, wo, err);
  if (!bad)
    bad = product(k, v, gate_up, err);
  return bad ? bad : product(k, v, down, err);
}

static int wanted_norm_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  int bad = kernel_row_take(k, err);
  return bad ? bad : norm_row(k, state, err);
}

static int best_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  (void)state;
  int bad = k->plan->sentrons == 1 ? kernel_row_take(k, err) : 0;
  return bad ? bad : kernel_row_best(k, err);
}

static int combine_row(struct kernel *k, void *state, struct vtpu_error *err)
{
  (void)state;
  int bad = kernel_row_take(k, err);
  return bad ? bad : kernel_best(k, err);
}

/* The list of the rows whose logits are wanted is at hand from here on. */
static void turn_to_wanted(struct view *v, int least)
{
  set_list(&v->own, &v->own.wanted, CONTROL_WANTED);
  v->plan.residual.row_of = CONTROL_SOURCE;
  v->least = least;
}

/* Logits and arg max of several rows. */
static int logits(struct kernel *k, struct view *v, struct vtpu_error *err)
{
  bool all_rows = v->plan.options->keep_logits;
  struct product p = {.name = "logits",
                      .matrix = &v->plan.output,
                      .norm = "final_norm",
                      .row = all_rows ? norm_row : wanted_norm_row,
                      .weight = &v->plan.final_norm,
                      .out = &v->plan.logits,
                      .result = RESULT_LOGITS};
  if (!all_rows)
    turn_to_wanted(v, BLOCK_ROWS_LEAST);
  int bad = product(k, v, p, err);
  if (all_rows)
    turn_to_wanted(v, 0);
  if (!bad)
    bad = each_row(k, v, 0, 1, best_row, NULL, err);
  if (bad || v->plan.sentrons == 1)
    return bad;
  bad = kernel_barrier(k, 0, err);
  return bad ? bad : each_row(k, v, 0, 1, combine_row, NULL, err);
}

/* The one row whose logits are wanted is put where that of a single position is. */
static int single_logits(struct kernel *k, struct view *v, const struct plan *single,
                         struct vtpu_error *err)
{
  turn_to_wanted(v, 1);
  int bad = kernel_rows_first(k, err);
  if (!bad)
    bad = kernel_row_take(k, err);
  bool each = single->messages; /* to its own memory */
  v->own.staged = each ? v->own.residual : single->residual;
  v->own.staged.space = SPACE_STAGED;
  if (!bad && (each || k->sentron == 0))
    bad = kernel_stage(k, &v->plan.residual, single->hidden.lines, err);
  return bad || each ? bad : kernel_barrier(k, 0, err);
}

static int block(struct kernel *k, struct view *v, const struct plan *single, int after, int next,
                 struct vtpu_error *err)
{
  bool keep = v->plan.options->keep_logits;
  int many = 0;
  int bad = code_label(k->code, &many, err);
  if (!bad)
    bad = shared_rows(k, v, embedding_row, NULL, err);
  for (int l = 0; l < v->plan.config->layers && !bad; l++) {
    k->layer = l;
    bad = layer(k, v, &v->plan.layers[l], err);
  }
  k->layer = -1;
  if (!bad && !keep)
    bad = kernel_wanted(k, next, many, err);
  if (!bad && !keep) {
    bad = single_logits(k, v, single, err);
    if (!bad)
      bad = kernel_jump(k, after, err);
  }
  code_set_label(k->code, many);
  if (bad || (!keep && v->plan.batch == 1))
    return bad;
  bad = logits(k, v, err);
  return bad ? bad : kernel_jump(k, next, err);
}

int lower_only_row(struct kernel *k, struct vtpu_error *err)
{
  const struct sentron_plan *own = k->own;
  struct sentron_plan view = *own;
  set_list(&view, &own->rows, CONTROL_ROWS);
  k->own = &view;
  int bad = kernel_rows_first(k, err);
  if (!bad)
    bad = kernel_row_take(k, err);
  k->own = own;
  return bad;
}

int lower_block(struct kernel *k, int after, int next, struct vtpu_error *err)
{
  const struct plan *plan = k->plan;
  const struct sentron_plan *own = k->own;
  struct view v = {.plan = *plan, .own = *own, .least = BLOCK_ROWS_LEAST};
  int heads = plan->config->heads + 2 * plan->config->kv_heads;
  v.plan.messages = false;
  give_rows(plan, &v.plan.residual, plan->hidden.lines);
  give_rows(plan, &v.plan.qkv, ceil_div(heads * plan->head_stride, plan->lanes));
  give_rows(plan, &v.plan.mixed_buffer, plan->mixed.lines);
  give_rows(plan, &v.plan.gated, plan->ffn.lines);
  v.plan.best_value.row_bytes = v.plan.best_index.row_bytes = BEST_BYTES;
  v.plan.best_value.row_of = v.plan.best_index.row_of = CONTROL_ROW;
  v.own.scales = plan->block_scales;
  v.own.scales.row_bytes = 4;
  v.own.scales.row_of = CONTROL_ROW;
  set_list(&v.own, &own->rows, CONTROL_ROWS);
  k->plan = &v.plan;
  k->own = &v.own;
  int bad = block(k, &v, plan, after, next, err);
  k->plan = plan;
  k->own = own;
  return bad;
}
