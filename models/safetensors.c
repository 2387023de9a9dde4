/* The safetensors container: see safetensors.h. */
#include "models/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The limit that the format itself sets, against absurd headers. */
#define HEADER_BYTES_MOST 100000000u
#define LENGTH_BYTES      8u

static const struct dtype {
  const char *name;
  unsigned bits; /* of one element */
} dtypes[] = {
    {"BOOL", 8}, {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},
    {"U16", 16}, {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
    {"F32", 32}, {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
};

static const struct dtype *dtype_find(const char *name)
{
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (strcmp(dtypes[i].name, name) == 0)
      return &dtypes[i];
  return NULL;
}

void safetensors_shape(const struct safetensors_tensor *t, char *text, size_t bytes)
{
  size_t at = (size_t)snprintf(text, bytes, "[");
  for (int i = 0; i < t->rank && at < bytes; i++)
    at += (size_t)snprintf(text + at, bytes - at, i ? ", %" PRId64 : "%" PRId64, t->shape[i]);
  if (at < bytes)
    snprintf(text + at, bytes - at, "]");
}

/* One entry of the header. data_bytes: length of the data section. */
static int read_entry(const char *path, const char *name, json_t *entry, uint64_t data_bytes,
                      struct safetensors_tensor *t, struct vtpu_error *err)
{
  json_t *shape = json_object_get(entry, "shape");
  json_t *offsets = json_object_get(entry, "data_offsets");
  const char *dtype_name = json_string_value(json_object_get(entry, "dtype"));
  if (!dtype_name || !json_is_array(shape) || !json_is_array(offsets) ||
      json_array_size(offsets) != 2)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: tensor %s: the header entry lacks \"dtype\", \"shape\" or a pair of "
                     "\"data_offsets\"\n  the file is damaged or no safetensors file",
                     path, name);

  const struct dtype *dtype = dtype_find(dtype_name);
  if (!dtype)
    return vtpu_fail(
        err, VTPU_INPUT,
        "%s: tensor %s: unknown dtype \"%.40s\"\n  the format knows F32, BF16, F16 and "
        "others; the file is damaged or of a newer version of the format",
        path, name, dtype_name);
  t->dtype = dtype->name;

  t->rank = (int)json_array_size(shape);
  if (json_array_size(shape) > SAFETENSORS_RANK)
    return vtpu_fail(err, VTPU_LIMIT, "%s: tensor %s: %zu dimensions; this reader keeps up to %d",
                     path, name, json_array_size(shape), SAFETENSORS_RANK);
  uint64_t bits = dtype->bits;
  bool overflow = false;
  for (int i = 0; i < t->rank; i++) {
    json_t *side = json_array_get(shape, (size_t)i);
    t->shape[i] = json_integer_value(side);
    if (!json_is_integer(side) || t->shape[i] < 0)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: tensor %s: dimension %d of the shape is not a whole number >= 0", path,
                       name, i);
    overflow |= __builtin_mul_overflow(bits, (uint64_t)t->shape[i], &bits);
  }

  json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
  json_int_t b = json_integer_value(begin), e = json_integer_value(end);
  if (!json_is_integer(begin) || !json_is_integer(end) || b < 0 || e < b)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: tensor %s: data_offsets must be two whole numbers, begin <= end", path,
                     name);
  if ((uint64_t)e > data_bytes)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: tensor %s: its data ends at offset %" PRIu64
                     ", past the end of the data (%" PRIu64 " bytes)\n"
                     "  the file is truncated or damaged: fetch or convert it again",
                     path, name, (uint64_t)e, data_bytes);
  if (overflow || bits % 8 != 0 || bits / 8 != (uint64_t)(e - b)) {
    char text[200];
    safetensors_shape(t, text, sizeof text);
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: tensor %s: shape %s of %s does not take the %lld bytes that "
                     "data_offsets give",
                     path, name, text, t->dtype, (long long)(e - b));
  }
  t->begin = (uint64_t)b;
  t->end = (uint64_t)e;
  t->name = strdup(name);
  return t->name ? 0 : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
}

static int by_offset(const void *a, const void *b)
{
  const struct safetensors_tensor *x = a, *y = b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end) /* an empty tensor before the one that starts there */
    return x->end < y->end ? -1 : 1;
  return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(((const struct safetensors_tensor *)a)->name,
                ((const struct safetensors_tensor *)b)->name);
}

/* The tensors, in order of offset, must cover the data exactly. */
static int check_cover(const struct safetensors *s, uint64_t data_bytes, struct vtpu_error *err)
{
  const char *path = s->file.path;
  uint64_t covered = 0;
  for (int i = 0; i < s->count; i++) {
    const struct safetensors_tensor *t = &s->tensors[i];
    if (t->begin < covered)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: tensors %s and %s overlap at data offset %" PRIu64
                       "\n  the file is damaged: fetch or convert it again",
                       path, s->tensors[i - 1].name, t->name, t->begin);
    if (t->begin > covered)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: hole in the data: nothing covers offsets %" PRIu64 " to %" PRIu64
                       ", before tensor %s\n  the format forbids holes; the file is damaged",
                       path, covered, t->begin, t->name);
    covered = t->end;
  }
  if (covered != data_bytes)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: hole in the data: the last tensor ends at offset %" PRIu64
                     ", the data at %" PRIu64 "\n  the format forbids holes; the file is damaged",
                     path, covered, data_bytes);
  return 0;
}

static int check_metadata(const char *path, json_t *metadata, struct vtpu_error *err)
{
  const char *key;
  json_t *value;
  if (!json_is_object(metadata))
    return vtpu_fail(err, VTPU_INPUT, "%s: __metadata__ of the header is not an object", path);
  json_object_foreach(metadata, key, value) if (!json_is_string(value)) return vtpu_fail(
      err, VTPU_INPUT, "%s: __metadata__: \"%s\" is not a string", path, key);
  return 0;
}

static int read_header(struct safetensors *s, json_t *header, const uint8_t *data,
                       uint64_t data_bytes, struct vtpu_error *err)
{
  const char *path = s->file.path;
  s->tensors = calloc(json_object_size(header) + 1, sizeof *s->tensors);
  if (!s->tensors)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  const char *name;
  json_t *entry;
  int bad = 0;
  json_object_foreach(header, name, entry)
  {
    if (strcmp(name, "__metadata__") == 0) {
      bad = check_metadata(path, entry, err);
    } else {
      struct safetensors_tensor *t = &s->tensors[s->count];
      bad = read_entry(path, name, entry, data_bytes, t, err);
      t->data = data + t->begin;
      s->count += !bad;
    }
    if (bad)
      return bad;
  }
  qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, by_offset);
  bad = check_cover(s, data_bytes, err);
  if (!bad)
    qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, by_name);
  return bad;
}

static int read_file(struct safetensors *s, struct vtpu_error *err)
{
  const char *path = s->file.path;
  if (s->file.bytes < LENGTH_BYTES)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: %" PRIu64 " bytes are too short for a safetensors file\n"
                     "  an interrupted download or copy? fetch it again",
                     path, s->file.bytes);
  uint64_t header_bytes = 0;
  for (unsigned i = 0; i < LENGTH_BYTES; i++)
    header_bytes |= (uint64_t)s->file.data[i] << 8 * i;
  if (header_bytes > s->file.bytes - LENGTH_BYTES)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset 0: the header length is %" PRIu64
                     ", but the file has only %" PRIu64 " bytes after it\n"
                     "  the file is truncated or no safetensors file",
                     path, header_bytes, s->file.bytes - LENGTH_BYTES);
  if (header_bytes > HEADER_BYTES_MOST)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: offset 0: the header length is %" PRIu64
                     "; the format allows %u at most\n  is it a safetensors file?",
                     path, header_bytes, HEADER_BYTES_MOST);

  json_error_t why;
  json_t *header = json_loadb((const char *)s->file.data + LENGTH_BYTES, (size_t)header_bytes,
                              JSON_REJECT_DUPLICATES, &why);
  if (!json_is_object(header)) {
    int bad = header
                  ? vtpu_fail(err, VTPU_INPUT, "%s: offset 8: the header is no JSON object", path)
                  : vtpu_fail(err, VTPU_INPUT,
                              "%s: offset %u: the header is not JSON: %s\n"
                              "  the file is damaged or no safetensors file",
                              path, LENGTH_BYTES + (unsigned)(why.position > 0 ? why.position : 0),
                              why.text);
    json_decref(header);
    return bad;
  }
  uint64_t data_at = LENGTH_BYTES + header_bytes;
  int bad = read_header(s, header, s->file.data + data_at, s->file.bytes - data_at, err);
  json_decref(header);
  return bad;
}

int safetensors_open(const char *path, struct safetensors *s, struct vtpu_error *err)
{
  *s = (struct safetensors){0};
  int bad = mapping_open(path, &s->file, err);
  if (!bad)
    bad = read_file(s, err);
  if (bad)
    safetensors_close(s);
  return bad;
}

void safetensors_close(struct safetensors *s)
{
  for (int i = 0; i < s->count; i++)
    free(s->tensors[i].name);
  free(s->tensors);
  mapping_close(&s->file);
  *s = (struct safetensors){0};
}

struct safetensors_tensor *safetensors_find(const struct safetensors *s, const char *name)
{
  int low = 0, high = s->count; /* the name, if there, is in [low, high) */
  while (low < high) {
    int middle = low + (high - low) / 2;
    int order = strcmp(name, s->tensors[middle].name);
    if (order == 0)
      return &s->tensors[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}
