/* The GGUF container: see gguf.h. */
#include "models/gguf.h"

#include "models/blocks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Shortest entries: a one-byte value with an empty key; a tensor without name and sizes. */
enum { HEADER_BYTES = 24, LEAST_VALUE_BYTES = 13, LEAST_TENSOR_BYTES = 24 };
enum { COUNT_MOST = 1 << 24, DEFAULT_ALIGNMENT = 32 };

const struct gguf_type_info gguf_types[GGUF_TYPES] = {
    [GGUF_U8] = {"uint8", 1},       [GGUF_I8] = {"int8", 1},    [GGUF_U16] = {"uint16", 2},
    [GGUF_I16] = {"int16", 2},      [GGUF_U32] = {"uint32", 4}, [GGUF_I32] = {"int32", 4},
    [GGUF_F32] = {"float32", 4},    [GGUF_BOOL] = {"bool", 1},  [GGUF_STRING] = {"string", 0},
    [GGUF_ARRAY] = {"an array", 0}, [GGUF_U64] = {"uint64", 8}, [GGUF_I64] = {"int64", 8},
    [GGUF_F64] = {"float64", 8},
};

/* ggml's tensor types by number; read: has a counterpart here. */
static const struct {
  const char *name;
  bool read;
  enum tensor_type type;
} tensor_types[] = {
    [0] = {"F32", true, TENSOR_F32},    [1] = {"F16", true, TENSOR_F16},
    [2] = {"Q4_0", true, TENSOR_Q4_0},  [3] = {"Q4_1", false, 0},
    [6] = {"Q5_0", false, 0},           [7] = {"Q5_1", false, 0},
    [8] = {"Q8_0", true, TENSOR_Q8_0},  [9] = {"Q8_1", false, 0},
    [10] = {"Q2_K", false, 0},          [11] = {"Q3_K", false, 0},
    [12] = {"Q4_K", true, TENSOR_Q4_K}, [13] = {"Q5_K", false, 0},
    [14] = {"Q6_K", true, TENSOR_Q6_K}, [15] = {"Q8_K", false, 0},
    [30] = {"BF16", true, TENSOR_BF16},
};

/* --- a cursor that never leaves the file --------------------------------------------------------
 */

struct cursor {
  const struct mapping *file;
  uint64_t at;
  struct vtpu_error *err;
};

static int damaged(const struct cursor *c, const char *what)
{
  return vtpu_fail(c->err, VTPU_INPUT,
                   "%s: offset %" PRIu64 ": %s\n"
                   "  the file is truncated or damaged: fetch it again",
                   c->file->path, c->at, what);
}

static int take(struct cursor *c, void *out, size_t bytes, const char *what)
{
  if (c->file->bytes - c->at < bytes)
    return damaged(c, what);
  memcpy(out, c->file->data + c->at, bytes);
  c->at += bytes;
  return 0;
}

/* Moves over a string. */
static int skip_string(struct cursor *c, const uint8_t **data, uint64_t *bytes)
{
  int bad = take(c, bytes, sizeof *bytes, "the file ends inside the length of a string");
  if (!bad && *bytes > c->file->bytes - c->at)
    bad = damaged(c, "a string is longer than the rest of the file");
  if (bad)
    return bad;
  *data = c->file->data + c->at;
  c->at += *bytes;
  return 0;
}

/* A key or a name: copied, with an end. */
static int take_name(struct cursor *c, char **name)
{
  const uint8_t *data = NULL;
  uint64_t bytes = 0;
  int bad = skip_string(c, &data, &bytes);
  if (bad)
    return bad;
  if (bytes == 0 || memchr(data, '\0', bytes))
    return damaged(c, "a name is empty or holds a NUL byte");
  *name = strndup((const char *)data, bytes);
  return *name ? 0 : vtpu_fail(c->err, VTPU_SYSTEM, "%s: out of memory", c->file->path);
}

/* --- metadata -----------------------------------------------------------------------------------
 */

static int take_type(struct cursor *c, const char *key, enum gguf_type *type)
{
  uint32_t number = 0;
  int bad = take(c, &number, sizeof number, "the file ends inside the type of a value");
  if (bad)
    return bad;
  if (number >= GGUF_TYPES)
    return vtpu_fail(c->err, VTPU_INPUT,
                     "%s: offset %" PRIu64 ": %s has type %" PRIu32 ", which GGUF does not know\n"
                     "  the file is damaged: fetch it again",
                     c->file->path, c->at - 4, key, number);
  *type = (enum gguf_type)number;
  return 0;
}

static int take_elements(struct cursor *c, struct gguf_value *v)
{
  if (v->element == GGUF_ARRAY)
    return vtpu_fail(c->err, VTPU_LIMIT, "%s: offset %" PRIu64 ": %s is an array of arrays",
                     c->file->path, c->at, v->key);
  uint64_t rest = c->file->bytes - c->at;
  int size = gguf_types[v->element].bytes;
  v->data = c->file->data + c->at;
  if (v->count > rest / (uint64_t)(size ? size : 8))
    return damaged(c, "an array is longer than the rest of the file");
  if (size) {
    c->at += v->count * (uint64_t)size;
    return 0;
  }
  int bad = 0;
  for (uint64_t i = 0; i < v->count && !bad; i++) {
    const uint8_t *data;
    uint64_t bytes;
    bad = skip_string(c, &data, &bytes);
  }
  return bad;
}

static int take_value(struct cursor *c, struct gguf_value *v)
{
  int bad = take_name(c, &v->key);
  if (!bad)
    bad = take_type(c, v->key, &v->type);
  if (bad)
    return bad;
  v->count = 1;
  v->data = c->file->data + c->at;
  if (v->type == GGUF_STRING)
    return skip_string(c, &v->data, &v->count);
  if (v->type == GGUF_ARRAY) {
    bad = take_type(c, v->key, &v->element);
    if (!bad)
      bad = take(c, &v->count, sizeof v->count, "the file ends inside the length of an array");
    return bad ? bad : take_elements(c, v);
  }
  uint8_t room[8];
  return take(c, room, (size_t)gguf_types[v->type].bytes, "the file ends inside a value");
}

/* --- tensors ------------------------------------------------------------------------------------
 */

static int set_type(const struct cursor *c, struct gguf_tensor *t, uint32_t number)
{
  const uint32_t known = (uint32_t)(sizeof tensor_types / sizeof *tensor_types);
  const char *name = number < known ? tensor_types[number].name : NULL;
  if (name && tensor_types[number].read) {
    t->type = tensor_types[number].type;
    return 0;
  }
  return vtpu_fail(c->err, VTPU_LIMIT,
                   "%s: tensor %s is of type %s (%" PRIu32 "), which is not read\n"
                   "  take a file of F32, F16, BF16, Q8_0, Q4_0, Q4_K or Q6_K",
                   c->file->path, t->name, name ? name : "unknown", number);
}

/* sizes: the row's length first. */
static int set_shape(const struct cursor *c, struct gguf_tensor *t, const uint64_t *sizes)
{
  struct block_shape block = block_shape(t->type);
  uint64_t elements = 1;
  bool overflow = false;
  for (int i = 0; i < t->rank; i++)
    overflow |= sizes[i] > INT64_MAX || __builtin_mul_overflow(elements, sizes[i], &elements);
  if (overflow || elements == 0 || elements > INT64_MAX / 8)
    return vtpu_fail(c->err, VTPU_INPUT,
                     "%s: tensor %s has an impossible shape\n"
                     "  the file is damaged: fetch it again",
                     c->file->path, t->name);
  t->cols = (int64_t)sizes[0];
  t->rows = (int64_t)(elements / sizes[0]);
  if (t->cols % block.elements != 0)
    return vtpu_fail(c->err, VTPU_INPUT,
                     "%s: tensor %s has rows of %" PRId64 ", not a multiple of its type's blocks "
                     "of %d\n  the file is damaged: fetch it again",
                     c->file->path, t->name, t->cols, block.elements);
  t->bytes = elements / (uint64_t)block.elements * (uint64_t)block.bytes;
  return 0;
}

static int take_tensor(struct cursor *c, struct gguf_tensor *t)
{
  uint32_t rank = 0, type = 0;
  uint64_t sizes[GGUF_RANK] = {1};
  int bad = take_name(c, &t->name);
  if (!bad)
    bad = take(c, &rank, sizeof rank, "the file ends inside a tensor's entry");
  if (!bad && (rank < 1 || rank > GGUF_RANK))
    bad = vtpu_fail(c->err, VTPU_INPUT,
                    "%s: tensor %s has %" PRIu32 " dimensions, not 1 to %d\n"
                    "  the file is damaged: fetch it again",
                    c->file->path, t->name, rank, GGUF_RANK);
  if (!bad)
    bad = take(c, sizes, rank * sizeof *sizes, "the file ends inside a tensor's entry");
  if (!bad)
    bad = take(c, &type, sizeof type, "the file ends inside a tensor's entry");
  if (!bad)
    bad = take(c, &t->offset, sizeof t->offset, "the file ends inside a tensor's entry");
  t->rank = (int)rank;
  if (!bad)
    bad = set_type(c, t, type);
  return bad ? bad : set_shape(c, t, sizes);
}

static int by_offset(const void *a, const void *b)
{
  const struct gguf_tensor *x = a, *y = b;
  return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Every tensor aligned, inside the file, and in nobody else's bytes. */
static int place_tensors(const struct cursor *c, struct gguf *g)
{
  int alignment;
  int bad =
      gguf_int(g, "general.alignment", false, DEFAULT_ALIGNMENT, 1, 1 << 30, &alignment, c->err);
  if (bad)
    return bad;
  if (alignment & (alignment - 1))
    return vtpu_fail(c->err, VTPU_INPUT, "%s: general.alignment is %d, not a power of two",
                     c->file->path, alignment);
  uint64_t mask = (uint64_t)alignment - 1, begin = (c->at + mask) & ~mask, end = begin;
  qsort(g->tensors, (size_t)g->tensor_count, sizeof *g->tensors, by_offset);
  for (int i = 0; i < g->tensor_count; i++) {
    struct gguf_tensor *t = &g->tensors[i];
    uint64_t rest = c->file->bytes > begin ? c->file->bytes - begin : 0;
    if (t->offset & mask)
      return vtpu_fail(c->err, VTPU_INPUT,
                       "%s: tensor %s begins at %" PRIu64 " of the data, not a multiple of %d\n"
                       "  the file is damaged: fetch it again",
                       c->file->path, t->name, t->offset, alignment);
    if (t->offset > rest || t->bytes > rest - t->offset)
      return vtpu_fail(c->err, VTPU_INPUT,
                       "%s: tensor %s needs bytes %" PRIu64 " to %" PRIu64
                       " of the data, but the file has %" PRIu64 "\n"
                       "  it is truncated or damaged: fetch it again",
                       c->file->path, t->name, t->offset, t->offset + t->bytes, rest);
    t->offset += begin;
    if (t->offset < end)
      return vtpu_fail(c->err, VTPU_INPUT,
                       "%s: tensors %s and %s share bytes\n"
                       "  the file is damaged: fetch it again",
                       c->file->path, g->tensors[i - 1].name, t->name);
    t->data = c->file->data + t->offset;
    end = t->offset + t->bytes;
  }
  return 0;
}

/* --- the whole file -----------------------------------------------------------------------------
 */

static int by_key(const void *a, const void *b)
{
  return strcmp(((const struct gguf_value *)a)->key, ((const struct gguf_value *)b)->key);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(((const struct gguf_tensor *)a)->name, ((const struct gguf_tensor *)b)->name);
}

static int twice(const struct cursor *c, const char *name)
{
  return vtpu_fail(c->err, VTPU_INPUT,
                   "%s: %s is in the file twice\n  the file is damaged: fetch it again",
                   c->file->path, name);
}

static int take_header(struct cursor *c, uint64_t *tensors, uint64_t *values)
{
  struct {
    char magic[4];
    uint32_t version;
    uint64_t tensors, values;
  } h;
  _Static_assert(sizeof h == HEADER_BYTES, "the header has no holes");
  int bad = take(c, &h, sizeof h, "the file is shorter than a GGUF header");
  if (bad)
    return bad;
  if (memcmp(h.magic, "GGUF", 4) != 0)
    return vtpu_fail(c->err, VTPU_INPUT, "%s: not a GGUF file", c->file->path);
  if (h.version != 2 && h.version != 3)
    return vtpu_fail(c->err, VTPU_LIMIT,
                     "%s: offset 4: GGUF version %" PRIu32 " is not read, only 2 and 3\n"
                     "  convert the file (a large number means that it is big-endian)",
                     c->file->path, h.version);
  uint64_t rest = c->file->bytes - c->at;
  if (h.tensors > COUNT_MOST || h.values > COUNT_MOST || h.tensors > rest / LEAST_TENSOR_BYTES ||
      h.values > rest / LEAST_VALUE_BYTES)
    return vtpu_fail(c->err, VTPU_INPUT,
                     "%s: offset 8: %" PRIu64 " tensors and %" PRIu64
                     " values do not fit into %" PRIu64 " bytes\n"
                     "  the file is truncated or damaged: fetch it again",
                     c->file->path, h.tensors, h.values, c->file->bytes);
  *tensors = h.tensors;
  *values = h.values;
  return 0;
}

int gguf_parse(const struct mapping *file, struct gguf *g, struct vtpu_error *err)
{
  struct cursor c = {.file = file, .err = err};
  uint64_t tensors = 0, values = 0;
  *g = (struct gguf){.file = file};
  int bad = take_header(&c, &tensors, &values);
  if (bad)
    return bad;
  g->values = calloc(values + 1, sizeof *g->values);
  g->tensors = calloc(tensors + 1, sizeof *g->tensors);
  if (!g->values || !g->tensors)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", file->path);
  while (g->value_count < (int)values && !bad)
    bad = take_value(&c, &g->values[g->value_count++]);
  if (bad)
    return bad;
  qsort(g->values, values, sizeof *g->values, by_key);
  for (int i = 1; i < g->value_count; i++)
    if (strcmp(g->values[i].key, g->values[i - 1].key) == 0)
      return twice(&c, g->values[i].key);
  while (g->tensor_count < (int)tensors && !bad)
    bad = take_tensor(&c, &g->tensors[g->tensor_count++]);
  if (!bad)
    bad = place_tensors(&c, g);
  if (bad)
    return bad;
  qsort(g->tensors, tensors, sizeof *g->tensors, by_name);
  for (int i = 1; i < g->tensor_count; i++)
    if (strcmp(g->tensors[i].name, g->tensors[i - 1].name) == 0)
      return twice(&c, g->tensors[i].name);
  return 0;
}

void gguf_free(struct gguf *g)
{
  for (int i = 0; i < g->value_count; i++)
    free(g->values[i].key);
  for (int i = 0; i < g->tensor_count; i++)
    free(g->tensors[i].name);
  free(g->values);
  free(g->tensors);
  *g = (struct gguf){0};
}

/* --- asking -------------------------------------------------------------------------------------
 */

const struct gguf_value *gguf_find(const struct gguf *g, const char *key)
{
  struct gguf_value wanted = {.key = (char *)(uintptr_t)key};
  return g->value_count ? bsearch(&wanted, g->values, (size_t)g->value_count, sizeof wanted, by_key)
                        : NULL;
}

struct gguf_tensor *gguf_find_tensor(const struct gguf *g, const char *name)
{
  struct gguf_tensor wanted = {.name = (char *)(uintptr_t)name};
  return g->tensor_count
             ? bsearch(&wanted, g->tensors, (size_t)g->tensor_count, sizeof wanted, by_name)
             : NULL;
}
