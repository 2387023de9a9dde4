/* GGUF files made by hand: see gguf_file.h. */
#include "tests/models/gguf_file.h"

#include "tests/harness/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_U32 = 4, TYPE_F32 = 6, TYPE_BOOL = 7, TYPE_STRING = 8, TYPE_ARRAY = 9 };

struct gguf_file gguf_file_new(void)
{
  return (struct gguf_file){.version = 3, .alignment = 32};
}

void gguf_file_free(struct gguf_file *f)
{
  free(f->values);
  free(f->entries);
  free(f->data);
  *f = gguf_file_new();
}

/* The least power of two that holds so many bytes: how much a buffer of that size has. */
static size_t room_for(size_t bytes)
{
  size_t room = 256;
  while (room < bytes)
    room *= 2;
  return room;
}

static void append(uint8_t **to, size_t *count, const void *data, size_t bytes)
{
  if (!*to || room_for(*count + bytes) != room_for(*count))
    *to = realloc(*to, room_for(*count + bytes));
  if (bytes)
    memcpy(*to + *count, data, bytes);
  *count += bytes;
}

static void append_string(uint8_t **to, size_t *count, const char *text)
{
  uint64_t n = strlen(text);
  append(to, count, &n, sizeof n);
  append(to, count, text, n);
}

void gguf_put(struct gguf_file *f, const char *key, uint32_t type, const void *data, size_t bytes)
{
  append_string(&f->values, &f->value_bytes, key);
  append(&f->values, &f->value_bytes, &type, sizeof type);
  append(&f->values, &f->value_bytes, data, bytes);
  f->value_count++;
}

void gguf_put_int(struct gguf_file *f, const char *key, uint32_t value)
{
  gguf_put(f, key, TYPE_U32, &value, sizeof value);
}

void gguf_put_float(struct gguf_file *f, const char *key, float value)
{
  gguf_put(f, key, TYPE_F32, &value, sizeof value);
}

void gguf_put_bool(struct gguf_file *f, const char *key, bool value)
{
  gguf_put(f, key, TYPE_BOOL, &value, 1);
}

void gguf_put_string(struct gguf_file *f, const char *key, const char *value)
{
  gguf_put(f, key, TYPE_STRING, NULL, 0);
  append_string(&f->values, &f->value_bytes, value);
}

void gguf_put_array(struct gguf_file *f, const char *key, uint32_t element, const void *values,
                    size_t count)
{
  uint64_t n = count;
  gguf_put(f, key, TYPE_ARRAY, &element, sizeof element);
  append(&f->values, &f->value_bytes, &n, sizeof n);
  append(&f->values, &f->value_bytes, values, 4 * count);
}

void gguf_put_strings(struct gguf_file *f, const char *key, const char *const *values, size_t count)
{
  uint64_t n = count;
  uint32_t element = TYPE_STRING;
  gguf_put(f, key, TYPE_ARRAY, &element, sizeof element);
  append(&f->values, &f->value_bytes, &n, sizeof n);
  for (size_t i = 0; i < count; i++)
    append_string(&f->values, &f->value_bytes, values[i]);
}

void gguf_put_tensor(struct gguf_file *f, const char *name, int rank, const uint64_t *sizes,
                     uint32_t type, const void *data, size_t bytes)
{
  static const uint8_t zeros[4096];
  size_t rest = f->data_bytes % f->alignment;
  append(&f->data, &f->data_bytes, zeros, rest ? f->alignment - rest : 0);
  uint64_t offset = f->data_bytes;
  uint32_t dimensions = (uint32_t)rank;
  append_string(&f->entries, &f->entry_bytes, name);
  append(&f->entries, &f->entry_bytes, &dimensions, sizeof dimensions);
  append(&f->entries, &f->entry_bytes, sizes, (size_t)rank * sizeof *sizes);
  append(&f->entries, &f->entry_bytes, &type, sizeof type);
  append(&f->entries, &f->entry_bytes, &offset, sizeof offset);
  append(&f->data, &f->data_bytes, data, bytes);
  f->tensor_count++;
}

uint8_t *gguf_file_bytes(const struct gguf_file *f, size_t *bytes)
{
  static const uint8_t zeros[4096];
  uint8_t *all = NULL;
  *bytes = 0;
  append(&all, bytes, "GGUF", 4);
  append(&all, bytes, &f->version, sizeof f->version);
  append(&all, bytes, &f->tensor_count, sizeof f->tensor_count);
  append(&all, bytes, &f->value_count, sizeof f->value_count);
  append(&all, bytes, f->values, f->value_bytes);
  append(&all, bytes, f->entries, f->entry_bytes);
  size_t rest = *bytes % f->alignment;
  append(&all, bytes, zeros, rest ? f->alignment - rest : 0);
  append(&all, bytes, f->data, f->data_bytes);
  return all;
}

void gguf_file_write(const struct gguf_file *f, const char *path)
{
  size_t bytes;
  uint8_t *all = gguf_file_bytes(f, &bytes);
  FILE *out = fopen(path, "wb");
  if (!out || fwrite(all, 1, bytes, out) != bytes)
    T_FAIL("cannot write %s", path);
  if (out)
    fclose(out);
  free(all);
}
