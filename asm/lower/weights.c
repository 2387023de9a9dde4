/* Weights in the layout that kernels walk: see plan.h and place.h.
 *
 * A block of n rows: for each column in use of the input vector, in order, one line for each
 * interleaved matrix, holding that column of the n rows. Rows and columns of padding are zero or
 * left out. Each tensor is converted once, row by row, into the content of its region. */
#include "asm/lower/place.h"

#include "asm/lower/ir.h"

#include <stdlib.h>
#include <string.h>

/* The row of a tensor that a padded row of a matrix stands for; tensor NULL: zeros. */
struct row_source {
  const struct tensor *tensor;
  int64_t row;
};

typedef struct row_source row_map(const struct plan *p, int layer, int matrix, int64_t row);

/* Places that a weight goes to. */
static struct place rom(const char *name, int layer, enum place_item item, int latency)
{
  return (struct place){name, REGION_ROM, layer, (int)item, -1, 0, SPACE_ROM, latency};
}

/* Source column of each column in use; NULL: they are the same. */
static int make_columns(const struct plan *p, const struct vector *in, int **out,
                        struct vtpu_error *err)
{
  *out = NULL;
  if (in != &p->mixed)
    return 0;
  int *columns = malloc((size_t)in->columns * sizeof *columns);
  if (!columns)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %d columns", in->columns);
  int count = 0;
  for (int lane = 0; lane < p->config->heads * p->head_stride; lane++) {
    int dim = plan_head_dim(p, lane % p->head_stride, false);
    if (dim >= 0)
      columns[count++] = lane / p->head_stride * p->config->head_dim + dim;
  }
  *out = columns;
  return 0;
}

/* Converts a matrix of `blocks` blocks into a region of its own. */
static int place_matrix(struct placement *pl, const struct plan *p, const struct place *where,
                        int64_t padded_rows, int matrices, const struct vector *in, row_map *source,
                        struct matrix *out, struct vtpu_error *err)
{
  int n = p->lanes;
  out->blocks = (int)((padded_rows + n - 1) / n);
  out->rows = matrices;
  out->in = in;
  out->block_bytes = (uint64_t)in->columns * (uint64_t)matrices * (uint64_t)p->line_bytes;
  void *content;
  int *columns = NULL;
  int bad = place_region(pl, where, (uint64_t)out->blocks * out->block_bytes, &out->buffer,
                         &content, err);
  if (!bad)
    bad = make_columns(p, in, &columns, err);
  if (bad)
    return bad;
  float *line = NULL;
  int64_t line_room = 0;
  for (int64_t row = 0; row < (int64_t)out->blocks * n && !bad; row++)
    for (int m = 0; m < matrices && !bad; m++) {
      struct row_source from = source(p, where->layer, m, row);
      if (!from.tensor)
        continue;
      if (from.tensor->cols > line_room) {
        free(line);
        line_room = from.tensor->cols;
        line = malloc((size_t)line_room * sizeof *line);
        if (!line) {
          bad = vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a row of weights");
          break;
        }
      }
      tensor_row_f32(from.tensor, from.row, line);
      float *to = (float *)content + row / n * in->columns * matrices * n + m * n + row % n;
      for (int j = 0; j < in->columns; j++)
        to[(int64_t)j * matrices * n] = line[columns ? columns[j] : j];
    }
  free(columns);
  free(line);
  return bad;
}

/* --- which row is which ---------------------------------------------------------------------- */

/* Query heads, then key heads, then value heads, each in the padded layout of a head. */
static struct row_source qkv_row(const struct plan *p, int layer, int matrix, int64_t row)
{
  (void)matrix;
  const struct model_layer *w = &p->model->layers[layer];
  int head = (int)(row / p->head_stride), q = p->config->heads, kv = p->config->kv_heads;
  const struct tensor *t = head < q ? &w->wq : head < q + kv ? &w->wk : &w->wv;
  int first = head < q ? 0 : head < q + kv ? q : q + kv;
  int dim = plan_head_dim(p, (int)(row % p->head_stride), head < q + kv);
  if (head >= q + 2 * kv || dim < 0)
    return (struct row_source){NULL, 0};
  return (struct row_source){t, (int64_t)(head - first) * p->config->head_dim + dim};
}

static struct row_source plain_row(const struct tensor *t, int64_t row)
{
  return (struct row_source){row < t->rows ? t : NULL, row};
}

static struct row_source output_row(const struct plan *p, int layer, int matrix, int64_t row)
{
  (void)matrix;
  return plain_row(&p->model->layers[layer].wo, row);
}

static struct row_source gate_up_row(const struct plan *p, int layer, int matrix, int64_t row)
{
  const struct model_layer *w = &p->model->layers[layer];
  return plain_row(matrix == 0 ? &w->w_gate : &w->w_up, row);
}

static struct row_source down_row(const struct plan *p, int layer, int matrix, int64_t row)
{
  (void)matrix;
  return plain_row(&p->model->layers[layer].w_down, row);
}

/* Padding repeats the last row: its logit is as large, its index larger, so it never wins. */
static struct row_source logits_row(const struct plan *p, int layer, int matrix, int64_t row)
{
  (void)layer;
  (void)matrix;
  const struct tensor *t = &p->model->output;
  return (struct row_source){t, row < t->rows ? row : t->rows - 1};
}

/* --- vectors --------------------------------------------------------------------------------- */

/* The norms of one layer in one region, each from a new line. */
static int place_norms(struct placement *pl, struct plan *p, int layer, struct vtpu_error *err)
{
  const struct model_layer *w = &p->model->layers[layer];
  struct layer_plan *l = &p->layers[layer];
  uint64_t hidden = (uint64_t)(p->hidden.lines * p->line_bytes);
  uint64_t head = (uint64_t)(p->query.lines * p->line_bytes);
  struct place where = rom("norms", layer, ITEM_NORMS, GATHER_L2);
  struct buffer both;
  void *content;
  int bad = place_region(pl, &where, 2 * hidden + 2 * head, &both, &content, err);
  if (bad)
    return bad;
  l->attention_norm = both;
  l->ffn_norm = buffer_at(both, hidden);
  l->q_norm = buffer_at(both, 2 * hidden);
  l->k_norm = buffer_at(both, 2 * hidden + head);
  tensor_row_f32(&w->attention_norm, 0, content);
  tensor_row_f32(&w->ffn_norm, 0, (float *)content + hidden / 4);
  if (!p->config->qk_norm)
    return 0;
  float *row = malloc((size_t)p->config->head_dim * sizeof *row);
  if (!row)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a norm");
  for (int k = 0; k < 2; k++) {
    float *to = (float *)content + (2 * hidden + (uint64_t)k * head) / 4;
    tensor_row_f32(k ? &w->k_norm : &w->q_norm, 0, row);
    for (int half = 0; half < 2; half++)
      for (int i = 0; i < p->half; i++)
        to[half * p->half_lines * p->lanes + i] =
            row[plan_head_dim(p, half * p->half_stride + i, true)];
  }
  free(row);
  return 0;
}

/* Sines and cosines of each position: half_lines lines of cosines, then as many of sines. */
static int place_rope(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  uint64_t floats = (uint64_t)(2 * p->half_lines * p->lanes);
  struct place where = rom("rope", -1, ITEM_ROPE, GATHER_L2);
  void *content;
  int bad = place_region(pl, &where, 4 * floats * (uint64_t)p->positions, &p->rope, &content, err);
  for (int position = 0; position < p->positions && !bad; position++) {
    float *row = (float *)content + (uint64_t)position * floats;
    model_rope_row(p->config, position, row, row + floats / 2);
  }
  return bad;
}

static int place_embedding(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  const struct tensor *t = &p->model->token_embedding;
  int64_t floats = (int64_t)p->hidden.lines * p->lanes;
  if (t->rows * p->hidden.lines * plan_line_units(p) > INT32_MAX)
    return vtpu_fail(err, VTPU_LIMIT,
                     "lowering: the embedding needs a 64-bit index at DLEN %u\n"
                     "  use DLEN 512",
                     p->dlen);
  struct place where = rom("token_embedding", -1, ITEM_EMBEDDING, GATHER_L3);
  void *content;
  int bad =
      place_region(pl, &where, (uint64_t)(4 * t->rows * floats), &p->embedding, &content, err);
  for (int64_t row = 0; row < t->rows && !bad; row++)
    tensor_row_f32(t, row, (float *)content + row * floats);
  return bad;
}

static int place_constants(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  uint64_t hidden = (uint64_t)(p->hidden.lines * p->line_bytes);
  struct place where = rom("constants", -1, ITEM_CONSTANTS, GATHER_L2);
  struct buffer both;
  void *content;
  int bad = place_region(pl, &where, CELL_BYTES + hidden, &both, &content, err);
  if (bad)
    return bad;
  p->lane_numbers = both;
  p->final_norm = buffer_at(both, CELL_BYTES);
  for (int i = 0; i < p->lanes; i++)
    ((uint8_t *)content)[4 * i] = (uint8_t)i;
  tensor_row_f32(&p->model->final_norm, 0, (float *)content + CELL_BYTES / 4);
  return 0;
}

int place_weights(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  const struct model_config *c = p->config;
  int bad = place_constants(pl, p, err);
  if (!bad)
    bad = place_rope(pl, p, err);
  if (!bad)
    bad = place_embedding(pl, p, err);
  int latency = p->weight_latency;
  int64_t heads = (int64_t)(c->heads + 2 * c->kv_heads) * p->head_stride;
  for (int l = 0; l < c->layers && !bad; l++) {
    struct layer_plan *layer = &p->layers[l];
    const struct {
      struct place where;
      int64_t rows;
      int matrices;
      const struct vector *in;
      row_map *source;
      struct matrix *out;
    } list[] = {
        {rom("w_qkv", l, ITEM_W_QKV, latency), heads, 1, &p->hidden, qkv_row, &layer->qkv},
        {rom("wo", l, ITEM_W_OUTPUT, latency), c->hidden, 1, &p->mixed, output_row, &layer->output},
        {rom("w_gate_up", l, ITEM_W_GATE_UP, latency), c->ffn, 2, &p->hidden, gate_up_row,
         &layer->gate_up},
        {rom("w_down", l, ITEM_W_DOWN, latency), c->hidden, 1, &p->ffn, down_row, &layer->down},
    };
    bad = place_norms(pl, p, l, err);
    for (size_t i = 0; i < sizeof list / sizeof *list && !bad; i++)
      bad = place_matrix(pl, p, &list[i].where, list[i].rows, list[i].matrices, list[i].in,
                         list[i].source, list[i].out, err);
  }
  struct place where = rom("w_logits", -1, ITEM_W_LOGITS, latency);
  if (!bad)
    bad = place_matrix(pl, p, &where, c->vocab, 1, &p->hidden, logits_row, &p->output, err);
  return bad;
}
