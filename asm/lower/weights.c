/* Weights in the layout that kernels walk: see plan.h and place.h.
 *
 * A bundle of blocks of n rows: for each group of columns in use of the input vector, in order, one
 * line for each block and each interleaved matrix, holding that group of the n rows; then, with
 * integers, a line of row scales for each block and matrix. Rows and columns of padding are zero or
 * left out. Each tensor is converted row by row into the content of its region, a bundle at a time,
 * when the content is wanted: in memory, or, where the object is only written, piece by piece on
 * the way to its file. So nothing of the model is held in another type, or twice. */
#include "asm/lower/place.h"

#include "asm/lower/ir.h"
#include "isa/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Places that a weight goes to. */
static struct place rom(const char *name, int layer, enum place_item item, int latency)
{
  return (struct place){name, REGION_ROM, layer, (int)item, -1, 0, SPACE_ROM, latency};
}

/* Rows on their way: from their tensor to the 32-bit words that go into the n lanes of a block's
 * lines, one a group. */
struct row_work {
  struct format format;
  int groups, lanes;
  bool straight;    /* columns are those of the tensor, all of them in order */
  int *columns;     /* [groups * format.columns]: column of the tensor, or -1 */
  float *values;    /* [cols] */
  int8_t *integers; /* [cols] */
  uint32_t *words;  /* [lanes][groups] */
  float *scales;    /* [lanes] */
};

static void row_work_free(struct row_work *w)
{
  free(w->columns);
  free(w->values);
  free(w->integers);
  free(w->words);
  free(w->scales);
}

/* Column of the tensor that lane `lane` of an input's line stands for: lanes in use follow each
 * other, but those of the heads as plan_head_dim says. before: lanes in use in the lines before. */
static int source_column(const struct plan *p, const struct vector *in, int line, int lane,
                         int before)
{
  if (in != &p->mixed)
    return before + lane;
  int at = line * p->lanes + lane;
  return at / p->head_stride * p->config->head_dim + plan_head_dim(p, at % p->head_stride, false);
}

/* Nonzero: out of memory. */
static int row_work_make(struct row_work *w, const struct plan *p, const struct matrix *m)
{
  const struct vector *in = m->in;
  struct format f = m->format;
  size_t elements = (size_t)m->groups * (size_t)f.columns, cols = (size_t)in->columns;
  *w = (struct row_work){.format = f, .groups = m->groups, .lanes = p->lanes};
  int *before = calloc((size_t)in->lines + 1, sizeof *before);
  w->columns = malloc(elements * sizeof *w->columns);
  w->values = malloc(cols * sizeof *w->values);
  w->integers = malloc(cols);
  w->words = malloc((size_t)(p->lanes * m->groups) * sizeof *w->words);
  w->scales = malloc((size_t)p->lanes * sizeof *w->scales);
  if (!before || !w->columns || !w->values || !w->integers || !w->words || !w->scales) {
    free(before);
    row_work_free(w);
    return 1;
  }
  for (int i = 0; i < in->lines; i++)
    before[i + 1] = before[i] + in->lanes[i];
  int *to = w->columns;
  for (int line = 0; line < plan_packed_lines(in, f); line++)
    for (int group = 0; group < plan_line_groups(p, f); group++)
      for (int c = 0; c < f.columns && plan_group_used(p, in, f, line, group); c++) {
        int i = group * f.columns + c, of = line * f.pack + i / p->lanes, lane = i % p->lanes;
        bool used = of < in->lines && lane < in->lanes[of];
        *to++ = used ? source_column(p, in, of, lane, before[of]) : -1;
      }
  free(before);
  w->straight = elements == cols;
  for (size_t i = 0; i < elements; i++)
    w->straight &= w->columns[i] == (int)i;
  return 0;
}

/* 32 bits of integers of `bits` bits each, the first lowest. */
static uint32_t pack_integers(const int8_t *q, const int *columns, int count, unsigned bits)
{
  uint32_t word = 0;
  for (int i = 0; i < count; i++)
    if (columns[i] >= 0) {
      int v = q[columns[i]];
      uint32_t code = bits == 2 ? num_trit_bits(v) : (uint8_t)v;
      word |= code << (unsigned)i * bits;
    }
  return word;
}

/* The words of a row whose columns are those of its tensor. */
static void pack_straight(const struct row_work *w, uint32_t *words)
{
  uint16_t *halves = (uint16_t *)words;
  switch (w->format.type) {
  case NUMBER_I8: memcpy(words, w->integers, 4 * (size_t)w->groups); break;
  case NUMBER_T2:
    for (int i = 0; i < w->groups; i++) {
      uint32_t word = 0;
      for (unsigned k = 0; k < 16; k++)
        word |= num_trit_bits(w->integers[16 * i + (int)k]) << 2 * k;
      words[i] = word;
    }
    break;
  case NUMBER_BF16:
    for (int i = 0; i < 2 * w->groups; i++)
      halves[i] = num_bf16_from_f32(w->values[i]);
    break;
  default: memcpy(words, w->values, 4 * (size_t)w->groups);
  }
}

static void pack_columns(const struct row_work *w, uint32_t *words)
{
  const int *c = w->columns, g = w->format.columns;
  for (int i = 0; i < w->groups; i++, c += g)
    switch (w->format.type) {
    case NUMBER_I8: words[i] = pack_integers(w->integers, c, 4, 8); break;
    case NUMBER_T2: words[i] = pack_integers(w->integers, c, 16, 2); break;
    case NUMBER_BF16:
      words[i] = num_bf16_from_f32(w->values[c[0]]);
      if (c[1] >= 0)
        words[i] |= (uint32_t)num_bf16_from_f32(w->values[c[1]]) << 16;
      break;
    default: words[i] = num_bits(w->values[c[0]]);
    }
}

static void row_convert(struct row_work *w, struct row_source from, int lane)
{
  uint32_t *words = w->words + lane * w->groups;
  const struct tensor *t = from.tensor;
  w->scales[lane] = 0;
  if (!t) {
    memset(words, 0, (size_t)w->groups * sizeof *words);
    return;
  }
  tensor_row_f32(t, from.row, w->values);
  if (w->format.type == NUMBER_I8)
    w->scales[lane] = quantize_row_i8(w->values, t->cols, w->integers);
  else if (w->format.type == NUMBER_T2)
    w->scales[lane] = quantize_row_t2(w->values, t->cols, w->integers);
  if (w->straight)
    pack_straight(w, words);
  else
    pack_columns(w, words);
}

/* Fills matrix m of one block, which is number `at` of a bundle of `bundle` blocks that begins at
 * `content`: every lane of its lines. */
static void convert_block(const struct plan *p, const struct weights *from, struct row_work *work,
                          int block, int m, int at, int bundle, uint8_t *content)
{
  const struct matrix *out = from->matrix;
  int n = p->lanes;
  size_t step = (size_t)(bundle * out->rows) * (size_t)p->line_bytes;
  uint8_t *to = content + (size_t)(at * out->rows + m) * (size_t)p->line_bytes;
  for (int lane = 0; lane < n; lane++)
    row_convert(work, from->row(p, from->layer, m, (int64_t)block * n + lane), lane);
  for (int i = 0; i < work->groups; i++, to += step)
    for (int lane = 0; lane < n; lane++)
      memcpy(to + 4 * lane, &work->words[lane * work->groups + i], 4);
  if (out->format.scaled)
    memcpy(to, work->scales, 4 * (size_t)n);
}

/* Makes a bundle, which begins with block `first`. */
static void convert_bundle(const struct plan *p, const struct weights *from, struct row_work *work,
                           struct range bundle, uint8_t *content)
{
  for (int block = bundle.first; block < bundle.first + bundle.count; block++)
    for (int m = 0; m < from->matrix->rows; m++)
      convert_block(p, from, work, block, m, block - bundle.first, bundle.count, content);
}

/* A region for a matrix of `padded_rows` rows, whose content is made later. */
static int place_matrix(struct placement *pl, const struct plan *p, const struct place *where,
                        enum number_type type, int64_t padded_rows, int matrices,
                        const struct vector *in, row_map *row, struct matrix *out,
                        struct vtpu_error *err)
{
  int n = p->lanes;
  struct format f = format_of(type);
  *out = (struct matrix){.format = f,
                         .blocks = (int)((padded_rows + n - 1) / n),
                         .rows = matrices,
                         .groups = plan_groups(p, in, f),
                         .in = in};
  out->bundle = plan_bundle_size(p, out);
  int lines = (out->groups + f.scaled) * matrices;
  out->block_bytes = (uint64_t)lines * (uint64_t)p->line_bytes;
  struct weights from = {.row = row, .layer = where->layer, .matrix = out};
  return place_weights_region(pl, where, (uint64_t)out->blocks * out->block_bytes, &out->buffer,
                              &from, err);
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
  if (!p->config->bitnet) {
    tensor_row_f32(&w->attention_norm, 0, content);
    tensor_row_f32(&w->ffn_norm, 0, (float *)content + hidden / 4);
  }
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

static uint64_t embedding_row_bytes(const struct plan *p)
{
  struct format f = format_of(p->embedding_type);
  return (uint64_t)(plan_packed_lines(&p->hidden, f) * p->line_bytes);
}

static int place_embedding(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  const struct tensor *t = &p->model->token_embedding;
  uint64_t row_bytes = embedding_row_bytes(p);
  if ((uint64_t)t->rows * (row_bytes / (uint64_t)p->line_bytes) * (uint64_t)plan_line_units(p) >
      INT32_MAX)
    return vtpu_fail(err, VTPU_LIMIT,
                     "lowering: the embedding needs a 64-bit index at DLEN %u\n"
                     "  use DLEN 512",
                     p->dlen);
  struct place where = rom("token_embedding", -1, ITEM_EMBEDDING, GATHER_L3);
  struct weights from = {.embedding = t};
  return place_weights_region(pl, &where, (uint64_t)t->rows * row_bytes, &p->embedding, &from, err);
}

/* Rows `first` to `end` of the embedding; values: room for a row. */
static void convert_embedding(const struct plan *p, const struct tensor *t, int64_t first,
                              int64_t end, float *values, uint8_t *to)
{
  size_t row_bytes = embedding_row_bytes(p), cols = (size_t)t->cols;
  for (int64_t row = first; row < end; row++, to += row_bytes) {
    size_t used = cols * (p->embedding_type == NUMBER_F32 ? 4 : 2);
    tensor_row_f32(t, row, values);
    if (p->embedding_type == NUMBER_F32)
      memcpy(to, values, used);
    for (size_t i = 0; i < cols && p->embedding_type == NUMBER_BF16; i++)
      ((uint16_t *)to)[i] = num_bf16_from_f32(values[i]);
    memset(to + used, 0, row_bytes - used);
  }
}

static int place_constants(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  uint64_t hidden = (uint64_t)(p->hidden.lines * p->line_bytes);
  struct place where = rom("constants", -1, ITEM_CONSTANTS, GATHER_L2);
  struct buffer both;
  void *content;
  uint64_t strict = p->strict ? kernel_strict_bytes(p) : 0;
  int bad = place_region(pl, &where, CELL_BYTES + hidden + strict, &both, &content, err);
  if (bad)
    return bad;
  p->lane_numbers = both;
  p->final_norm = buffer_at(both, CELL_BYTES);
  for (int i = 0; i < p->lanes; i++)
    ((uint8_t *)content)[4 * i] = (uint8_t)i;
  tensor_row_f32(&p->model->final_norm, 0, (float *)content + CELL_BYTES / 4);
  p->strict_table = buffer_at(both, CELL_BYTES + hidden);
  if (p->strict)
    kernel_strict_fill(p, (float *)content + (CELL_BYTES + hidden) / 4);
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
      bad = place_matrix(pl, p, &list[i].where, p->types.weights, list[i].rows, list[i].matrices,
                         list[i].in, list[i].source, list[i].out, err);
  }
  struct place where = rom("w_logits", -1, ITEM_W_LOGITS, latency);
  if (!bad)
    bad = place_matrix(pl, p, &where, p->types.head, c->vocab, 1, &p->hidden, logits_row,
                       &p->output, err);
  return bad;
}

/* --- contents -------------------------------------------------------------------------------- */

enum { PIECE = 1 << 17 }; /* bytes of the embedding made at once: they stay in the host's L2 */

static int out_of_memory(void *buffer)
{
  free(buffer);
  errno = ENOMEM;
  return 1;
}

static int make_matrix(const struct plan *p, const struct weights *from, uint8_t *content,
                       object_take *take, void *to)
{
  const struct matrix *m = from->matrix;
  struct row_work work;
  uint8_t *piece = content ? NULL : malloc(m->block_bytes * (uint64_t)m->bundle);
  if ((!content && !piece) || row_work_make(&work, p, m))
    return out_of_memory(piece);
  int bad = 0;
  for (int block = 0; block < m->blocks && !bad;) {
    struct range bundle = plan_bundle(p, m, block);
    uint8_t *at = content ? content + (uint64_t)block * m->block_bytes : piece;
    convert_bundle(p, from, &work, bundle, at);
    if (take)
      bad = take(to, at, (uint64_t)bundle.count * m->block_bytes);
    block += bundle.count;
  }
  row_work_free(&work);
  free(piece);
  return bad;
}

static int make_embedding(const struct plan *p, const struct tensor *t, uint8_t *content,
                          object_take *take, void *to)
{
  uint64_t row_bytes = embedding_row_bytes(p);
  int64_t some = row_bytes < PIECE ? PIECE / (int64_t)row_bytes : 1;
  float *values = malloc((size_t)t->cols * sizeof *values);
  uint8_t *piece = content ? NULL : malloc((uint64_t)some * row_bytes);
  if (!values || (!content && !piece)) {
    free(values);
    return out_of_memory(piece);
  }
  int bad = 0;
  for (int64_t row = 0; row < t->rows && !bad; row += some) {
    int64_t end = row + some < t->rows ? row + some : t->rows;
    uint8_t *at = content ? content + (uint64_t)row * row_bytes : piece;
    convert_embedding(p, t, row, end, values, at);
    if (take)
      bad = take(to, at, (uint64_t)(end - row) * row_bytes);
  }
  free(values);
  free(piece);
  return bad;
}

int weights_make(const struct plan *p, const struct weights *from, uint8_t *content,
                 object_take *take, void *to)
{
  return from->matrix ? make_matrix(p, from, content, take, to)
                      : make_embedding(p, from->embedding, content, take, to);
}
