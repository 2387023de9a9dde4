/* Ternary checkpoints: their reader, the trits, and the forward pass against a computation of its
 * own in double precision and against other software's goldens. */
#include "models/model.h"
#include "models/reference.h"
#include "tests/harness/harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024, FILE_ROOM = 8192, HEADER = 256 };
enum { HIDDEN = 8, FFN = 12, LAYERS = 2, HEADS = 2, KV_HEADS = 1, VOCAB = 10, CONTEXT = 6 };
enum { HEAD = HIDDEN / HEADS, KV = KV_HEADS * HEAD };

/* --- a small checkpoint of known numbers -------------------------------------------------------
 */

enum matrix { WQ, WK, WV, WO, W1, W2, W3, MATRICES };

static const struct {
  int rows, cols;
} shapes[MATRICES] = {{HIDDEN, HIDDEN}, {KV, HIDDEN},  {KV, HIDDEN}, {HIDDEN, HIDDEN},
                      {FFN, HIDDEN},    {HIDDEN, FFN}, {FFN, HIDDEN}};

static uint32_t mix(uint32_t x)
{
  x = (x ^ x >> 16) * 0x7FEB352Du;
  x = (x ^ x >> 15) * 0x846CA68Bu;
  return x ^ x >> 16;
}

static int trit(enum matrix m, int layer, int row, int col)
{
  return (int)(mix((uint32_t)(((m * 8 + layer) * 64 + row) * 64 + col)) % 3) - 1;
}

static double weight_scale(enum matrix m, int layer)
{
  return 4 + m / 8.0 + layer;
}

/* Odd numerators: no quotient of two is half a step of 127, where rounding could go either way. */
static double embedding(int token, int i)
{
  return (2 * (int)(mix((uint32_t)(token * 100 + i)) % 32) - 31) / 32.0;
}

static double final_norm(int i)
{
  return 1 + i / 16.0;
}

struct file {
  uint8_t bytes[FILE_ROOM];
  size_t size;
};

static void put(struct file *f, const void *data, size_t bytes)
{
  memcpy(f->bytes + f->size, data, bytes);
  f->size += bytes;
}

static void put_float(struct file *f, double value)
{
  float v = (float)value;
  put(f, &v, sizeof v);
}

static void put_matrix(struct file *f, enum matrix m, int layer)
{
  static const uint8_t codes[3] = {3, 0, 1}; /* of -1, 0, +1 */
  put_float(f, weight_scale(m, layer));
  for (int i = 0; i < shapes[m].rows; i++)
    for (int j = 0; j < shapes[m].cols; j += 4) {
      uint8_t byte = 0;
      for (int k = 0; k < 4; k++)
        byte |= (uint8_t)(codes[trit(m, layer, i, j + k) + 1] << 2 * k);
      put(f, &byte, 1);
    }
}

static struct file make_file(void)
{
  struct file f = {.size = 0};
  const int header[9] = {0x616b3432, 1, HIDDEN, FFN, LAYERS, HEADS, KV_HEADS, VOCAB, CONTEXT};
  put(&f, header, sizeof header);
  f.bytes[36] = 1;
  f.size = HEADER;
  for (int i = 0; i < HIDDEN; i++)
    put_float(&f, final_norm(i));
  for (int t = 0; t < VOCAB; t++)
    for (int i = 0; i < HIDDEN; i++)
      put_float(&f, embedding(t, i));
  for (int m = 0; m < MATRICES; m++)
    for (int l = 0; l < LAYERS; l++)
      put_matrix(&f, (enum matrix)m, l);
  return f;
}

static const char *save(const struct file *f)
{
  static char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s", t_temp("bitnet.bin"));
  FILE *out = fopen(path, "wb");
  if (!out || fwrite(f->bytes, 1, f->size, out) != f->size)
    T_FAIL("cannot write %s", path);
  if (out)
    fclose(out);
  return path;
}

/* --- reading -----------------------------------------------------------------------------------
 */

T_TEST(bitnet, reads_scales_and_trits)
{
  struct file f = make_file();
  struct vtpu_error err;
  struct model m;
  if (model_open(save(&f), &m, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_CHECK(m.config.bitnet && m.config.tied && !m.config.qk_norm);
  T_EQ(m.config.rope_pairs, ROPE_NEIGHBOURS);
  T_EQ(m.config.context, CONTEXT);
  T_EQ(m.config.eos, 1);
  T_CHECK(m.output.data == m.token_embedding.data);
  T_CHECK(m.layers[0].attention_norm.data == NULL && m.layers[1].ffn_norm.data == NULL);
  T_EQ(m.token_embedding.type, TENSOR_F32);
  const struct tensor *down = &m.layers[1].w_down;
  T_EQ_STR(down->name, "layers.1.w2");
  T_EQ(down->type, TENSOR_T2);
  T_EQ(down->rows, HIDDEN);
  T_EQ(down->cols, FFN);
  T_CHECK((double)down->scale == weight_scale(W2, 1));
  for (int i = 0; i < HIDDEN; i++) {
    int8_t trits[FFN];
    float row[FFN];
    tensor_row_trits(down, i, trits);
    tensor_row_f32(down, i, row);
    for (int j = 0; j < FFN; j++) {
      T_EQ(trits[j], trit(W2, 1, i, j));
      T_CHECK((double)row[j] == trit(W2, 1, i, j) * weight_scale(W2, 1));
    }
  }
  model_close(&m);
}

/* Rows of 5 and 7 trits begin inside a byte. */
T_TEST(bitnet, rows_may_begin_inside_a_byte)
{
  const uint8_t packed[] = {0x34, 0x4D, 0xC0, 0x13, 0xF5, 0x00, 0x7C, 0x01, 0xFD};
  for (int cols = 5; cols <= 7; cols += 2) {
    struct tensor t = {.type = TENSOR_T2, .rows = 5, .cols = cols, .data = packed, .scale = 0.75f};
    for (int i = 0; i < 5; i++) {
      int8_t trits[7];
      float row[7];
      tensor_row_trits(&t, i, trits);
      tensor_row_f32(&t, i, row);
      for (int j = 0; j < cols; j++) {
        int at = i * cols + j, bits = packed[at / 4] >> at % 4 * 2 & 3;
        T_EQ(trits[j], bits == 3 ? -1 : bits);
        T_CHECK(row[j] == (float)trits[j] * 0.75f);
      }
    }
  }
}

static void refused(const struct file *f, enum vtpu_category category, const char *message)
{
  struct vtpu_error err = {0};
  struct model m;
  T_EQ(model_open(save(f), &m, &err), category);
  T_CONTAINS(err.message, message);
  T_CHECK(m.files == NULL);
}

T_TEST(bitnet, every_truncation_is_refused)
{
  struct file f = make_file();
  size_t whole = f.size;
  for (size_t n = 4; n < whole; n += n < HEADER + 8 ? 1 : 13) {
    f.size = n;
    refused(&f, VTPU_INPUT, "fetch");
  }
  f.size = whole + 1;
  refused(&f, VTPU_INPUT, "truncated, damaged or no ternary checkpoint");
}

static void refused_with(size_t offset, uint32_t value, enum vtpu_category category,
                         const char *message)
{
  struct file f = make_file();
  memcpy(f.bytes + offset, &value, sizeof value);
  refused(&f, category, message);
}

T_TEST(bitnet, damage_is_refused_by_place)
{
  const size_t matrices = HEADER + 4 * HIDDEN * (1 + VOCAB);
  refused_with(4, 2, VTPU_LIMIT, "offset 4: version 2");
  refused_with(8, 0, VTPU_INPUT, "offset 8: dim is 0");
  refused_with(16, 1 << 20, VTPU_INPUT, "offset 16: layers is 1048576");
  refused_with(20, 3, VTPU_INPUT, "offset 8: dim 8 is not a multiple of 3 heads");
  refused_with(28, (uint32_t)-VOCAB, VTPU_INPUT, "offset 28: vocabulary is -10");
  refused_with(36, 0, VTPU_LIMIT, "offset 36");
  refused_with(matrices, 0x7FC00000, VTPU_INPUT, "offset 608: the scale of layers.0.wq is nan");
  refused_with(matrices, 0x80000000, VTPU_INPUT, "the scale of layers.0.wq is -0");
  refused_with(matrices + 4, 0x00200000, VTPU_INPUT, "offset 614: byte 0x20 of layers.0.wq");
}

T_TEST(bitnet, float32_files_of_the_same_header_are_named)
{
  struct file f = make_file();
  size_t floats = HIDDEN * (1 + VOCAB) + LAYERS * 2 * HIDDEN;
  for (int m = 0; m < MATRICES; m++)
    floats += (size_t)LAYERS * (size_t)shapes[m].rows * (size_t)shapes[m].cols;
  f.size = HEADER + 4 * floats;
  refused(&f, VTPU_LIMIT, "this is a float32 checkpoint of llama2.c, version 1");
}

/* --- the forward pass --------------------------------------------------------------------------
 */

struct oracle {
  double keys[LAYERS][CONTEXT][KV], values[LAYERS][CONTEXT][KV];
};

static void ternary_product(enum matrix m, int layer, const double *in, double *out)
{
  int n = shapes[m].cols, q[FFN];
  double squares = 0, largest = 0;
  for (int j = 0; j < n; j++) {
    squares += in[j] * in[j];
    largest = fmax(largest, fabs(in[j]));
  }
  /* the largest input is 127 steps; in units of the normalised input one step is */
  double step = largest / sqrt(squares / n) / n / 127;
  for (int j = 0; j < n; j++)
    q[j] = (int)lround(in[j] * 127 / largest);
  for (int i = 0; i < shapes[m].rows; i++) {
    int sum = 0;
    for (int j = 0; j < n; j++)
      sum += trit(m, layer, i, j) * q[j];
    out[i] = sum * step * weight_scale(m, layer);
  }
}

static void turn(double *heads, int width, int position)
{
  for (int i = 0; i < width; i += 2) {
    double angle = position / pow(10000, (double)(i % HEAD) / HEAD), a = heads[i];
    heads[i] = a * cos(angle) - heads[i + 1] * sin(angle);
    heads[i + 1] = a * sin(angle) + heads[i + 1] * cos(angle);
  }
}

static void oracle_layer(struct oracle *o, int l, int t, double *x)
{
  double q[HIDDEN], mixed[HIDDEN] = {0}, update[HIDDEN], gate[FFN], up[FFN];
  ternary_product(WQ, l, x, q);
  ternary_product(WK, l, x, o->keys[l][t]);
  ternary_product(WV, l, x, o->values[l][t]);
  turn(q, HIDDEN, t);
  turn(o->keys[l][t], KV, t);
  for (int h = 0; h < HEADS; h++) {
    double total = 0;
    for (int past = 0; past <= t; past++) {
      double score = 0;
      for (int j = 0; j < HEAD; j++)
        score += q[h * HEAD + j] * o->keys[l][past][j];
      score = exp(score / sqrt(HEAD));
      total += score;
      for (int j = 0; j < HEAD; j++)
        mixed[h * HEAD + j] += score * o->values[l][past][j];
    }
    for (int j = 0; j < HEAD; j++)
      mixed[h * HEAD + j] /= total;
  }
  ternary_product(WO, l, mixed, update);
  for (int i = 0; i < HIDDEN; i++)
    x[i] += update[i];
  ternary_product(W1, l, x, gate);
  ternary_product(W3, l, x, up);
  for (int i = 0; i < FFN; i++)
    gate[i] *= up[i] / (1 + exp(-gate[i]));
  ternary_product(W2, l, gate, update);
  for (int i = 0; i < HIDDEN; i++)
    x[i] += update[i];
}

T_TEST(bitnet, reference_agrees_with_double_precision)
{
  struct file f = make_file();
  struct vtpu_error err;
  struct model m;
  struct reference *r;
  T_REQUIRE(model_open(save(&f), &m, &err) == 0);
  T_REQUIRE(reference_new(&m, NULL, &r, &err) == 0);
  struct oracle *o = calloc(1, sizeof *o);
  for (int t = 0; t < CONTEXT; t++) {
    int token = (3 * t + 1) % VOCAB;
    float logits[VOCAB];
    double x[HIDDEN], squares = 0;
    T_EQ(reference_step(r, token, logits, &err), 0);
    for (int i = 0; i < HIDDEN; i++)
      x[i] = embedding(token, i);
    for (int l = 0; l < LAYERS; l++)
      oracle_layer(o, l, t, x);
    for (int i = 0; i < HIDDEN; i++)
      squares += x[i] * x[i];
    for (int v = 0; v < VOCAB; v++) {
      double sum = 0;
      for (int i = 0; i < HIDDEN; i++)
        sum += embedding(v, i) * x[i] / sqrt(squares / HIDDEN + 1e-5) * final_norm(i);
      T_NEAR(logits[v], sum, 1e-4);
    }
  }
  free(o);
  reference_free(r);
  model_close(&m);
}

T_TEST(bitnet, an_input_of_zeros_stays_zero)
{
  struct file f = make_file();
  memset(f.bytes + HEADER + 4 * HIDDEN, 0, 4 * HIDDEN); /* the embedding of token 0 */
  struct vtpu_error err;
  struct model m;
  struct reference *r;
  float logits[VOCAB];
  T_REQUIRE(model_open(save(&f), &m, &err) == 0);
  T_REQUIRE(reference_new(&m, NULL, &r, &err) == 0);
  T_EQ(reference_step(r, 0, logits, &err), 0);
  for (int v = 0; v < VOCAB; v++)
    T_CHECK(logits[v] == 0.0f);
  reference_free(r);
  model_close(&m);
}

/* --- goldens of other software -----------------------------------------------------------------
 */

/* Generates from the prompt's ids alone. Every token and the whole text must be the golden ones;
 * rounding to i8 lets no small difference pass, so the logits are compared tightly. */
static void regenerate(struct reference *r, const struct tokenizer *tokenizer, int p, int vocab,
                       const char *prompt)
{
  char name[64], line[256], text[8192], wants[8192];
  snprintf(name, sizeof name, "bitnet3M/p%d.steps.tsv", p);
  FILE *steps = fopen(t_shared(name), "r");
  snprintf(name, sizeof name, "bitnet3M/p%d.logits_f32le.bin", p);
  FILE *golden = fopen(t_shared(name), "rb");
  snprintf(name, sizeof name, "bitnet3M/p%d.text.txt", p);
  FILE *story = fopen(t_shared(name), "r");
  T_REQUIRE(steps && golden && story);
  wants[fread(wants, 1, sizeof wants - 1, story)] = '\0';
  int ids[64], given, positions = 0, token, top1, next, bytes;
  float *logits = malloc((size_t)vocab * 2 * sizeof *logits), *row = logits + vocab, top1_logit;
  struct vtpu_error err;
  T_EQ(tokenizer_encode(tokenizer, prompt, ids, 64, &given, &err), 0);
  T_CHECK(fgets(line, sizeof line, steps) != NULL);
  token = ids[0];
  size_t at = 0;
  while (fscanf(steps, "%*d %*d %d %f %*d %*f %d", &top1, &top1_logit, &next) == 3) {
    if (reference_step(r, token, logits, &err)) {
      T_FAIL("%s", err.message);
      break;
    }
    int best = 0;
    for (int v = 1; v < vocab; v++)
      best = logits[v] > logits[best] ? v : best;
    T_EQ(best, top1);
    T_NEAR(logits[top1] / top1_logit, 1.0, 1e-5);
    if (fread(row, sizeof *row, (size_t)vocab, golden) == (size_t)vocab)
      for (int v = 0; v < vocab; v++)
        T_NEAR(logits[v], row[v], 1e-4);
    int taken = ++positions < given ? ids[positions] : best;
    T_EQ(taken, next);
    const char *piece = tokenizer_piece(tokenizer, token, taken, &bytes);
    memcpy(text + at, piece, (size_t)bytes);
    at += (size_t)bytes;
    token = taken;
  }
  text[at] = '\0';
  T_EQ(positions, 256);
  T_EQ_STR(text, wants);
  free(logits);
  fclose(steps);
  fclose(golden);
  fclose(story);
}

T_TEST(bitnet, bitnet3M_repeats_the_golden_texts)
{
  static const char *const prompts[3] = {"Once upon a time", "One day, Lily met a",
                                         "The little dog"};
  char path[PATH_ROOM];
  if (!t_shared("bitnet3M/bitnet3M.bin"))
    T_SKIP("no shared data: bitnet3M");
  snprintf(path, sizeof path, "%s", t_shared("bitnet3M/bitnet3M.bin"));
  struct vtpu_error err;
  struct model model;
  struct tokenizer *tokenizer;
  if (model_open(path, &model, &err) ||
      tokenizer_open(path, model.config.vocab, &tokenizer, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_CHECK(model.config.bitnet);
  T_EQ(model.config.layers, 8);
  for (int p = 0; p < 3; p++) {
    struct reference *r;
    T_EQ(reference_new(&model, NULL, &r, &err), 0);
    regenerate(r, tokenizer, p, model.config.vocab, prompts[p]);
    reference_free(r);
  }
  tokenizer_close(tokenizer);
  model_close(&model);
}
