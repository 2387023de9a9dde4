/* Reading the metadata of a GGUF file: see gguf.h. */
#include "models/gguf.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { ELEMENTS_MOST = INT_MAX / 16 };

static int wrong_type(const struct gguf *g, const struct gguf_value *v, const char *wanted,
                      struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_INPUT, "%s: %s is %s, not %s", g->file->path, v->key,
                   gguf_types[v->type].name, wanted);
}

/* A value that must be there, or not. */
static int find(const struct gguf *g, const char *key, bool required, const struct gguf_value **v,
                struct vtpu_error *err)
{
  *v = gguf_find(g, key);
  return *v || !required
             ? 0
             : vtpu_fail(err, VTPU_INPUT, "%s: %s is missing\n  convert the model again",
                         g->file->path, key);
}

/* Any integer type; what does not fit becomes INT64_MAX. */
static int64_t integer(const struct gguf_value *v)
{
  union {
    uint8_t u8;
    int8_t i8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
  } n;
  memcpy(&n, v->data, (size_t)gguf_types[v->type].bytes);
  switch (v->type) {
  case GGUF_U8: return n.u8;
  case GGUF_I8: return n.i8;
  case GGUF_U16: return n.u16;
  case GGUF_I16: return n.i16;
  case GGUF_U32: return n.u32;
  case GGUF_I32: return n.i32;
  case GGUF_U64: return n.u64 > INT64_MAX ? INT64_MAX : (int64_t)n.u64;
  default: return n.i64;
  }
}

int gguf_int(const struct gguf *g, const char *key, bool required, int64_t fallback, int64_t least,
             int64_t most, int *out, struct vtpu_error *err)
{
  const struct gguf_value *v;
  int bad = find(g, key, required, &v, err);
  *out = (int)fallback;
  if (bad || !v)
    return bad;
  if (v->type > GGUF_I32 && v->type != GGUF_U64 && v->type != GGUF_I64)
    return wrong_type(g, v, "a whole number", err);
  int64_t n = integer(v);
  if (n < least || n > most)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s is %" PRId64 ", outside %" PRId64 " to %" PRId64,
                     g->file->path, key, n, least, most);
  *out = (int)n;
  return 0;
}

int gguf_float(const struct gguf *g, const char *key, bool required, float fallback, float *out,
               struct vtpu_error *err)
{
  const struct gguf_value *v;
  int bad = find(g, key, required, &v, err);
  *out = fallback;
  if (bad || !v)
    return bad;
  if (v->type == GGUF_F64) {
    double wide;
    memcpy(&wide, v->data, sizeof wide);
    *out = (float)wide;
  } else if (v->type == GGUF_F32) {
    memcpy(out, v->data, sizeof *out);
  } else {
    return wrong_type(g, v, "a float", err);
  }
  return isfinite(*out) ? 0
                        : vtpu_fail(err, VTPU_INPUT, "%s: %s is not finite", g->file->path, key);
}

int gguf_bool(const struct gguf *g, const char *key, bool fallback, bool *out,
              struct vtpu_error *err)
{
  const struct gguf_value *v = gguf_find(g, key);
  *out = fallback;
  if (!v)
    return 0;
  if (v->type != GGUF_BOOL || *v->data > 1)
    return wrong_type(g, v, "true or false", err);
  *out = *v->data;
  return 0;
}

int gguf_string(const struct gguf *g, const char *key, const char **out, int *bytes,
                struct vtpu_error *err)
{
  const struct gguf_value *v;
  int bad = find(g, key, true, &v, err);
  if (bad)
    return bad;
  if (v->type != GGUF_STRING)
    return wrong_type(g, v, "a string", err);
  if (v->count > INT_MAX)
    return vtpu_fail(err, VTPU_LIMIT, "%s: %s is too long", g->file->path, key);
  *out = (const char *)v->data;
  *bytes = (int)v->count;
  return 0;
}

bool gguf_is(const struct gguf *g, const char *key, const char *text)
{
  const struct gguf_value *v = gguf_find(g, key);
  return v && v->type == GGUF_STRING && v->count == strlen(text) &&
         memcmp(v->data, text, v->count) == 0;
}

int gguf_array(const struct gguf *g, const char *key, enum gguf_type element, bool required,
               const struct gguf_value **out, struct vtpu_error *err)
{
  int bad = find(g, key, required, out, err);
  if (bad || !*out)
    return bad;
  const struct gguf_value *v = *out;
  if (v->type != GGUF_ARRAY || v->element != element)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s is not an array of %s", g->file->path, key,
                     gguf_types[element].name);
  if (v->count > ELEMENTS_MOST)
    return vtpu_fail(err, VTPU_LIMIT, "%s: %s has %" PRIu64 " elements, more than %d",
                     g->file->path, key, v->count, ELEMENTS_MOST);
  return 0;
}

const char *gguf_next_string(const uint8_t **at, size_t *bytes)
{
  uint64_t length;
  memcpy(&length, *at, sizeof length);
  const char *text = (const char *)*at + sizeof length;
  *bytes = (size_t)length;
  *at += sizeof length + length;
  return text;
}
