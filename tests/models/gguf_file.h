/* GGUF files made by hand, for tests: values and tensors in the order of the calls. */
#ifndef VTPU_TESTS_MODELS_GGUF_FILE_H
#define VTPU_TESTS_MODELS_GGUF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gguf_file {
  uint8_t *values, *entries, *data; /* the three parts that grow */
  size_t value_bytes, entry_bytes, data_bytes;
  uint64_t value_count, tensor_count;
  uint32_t version;
  uint32_t alignment; /* 32 unless changed before the first tensor (and said in a value) */
};

/* Zero-initialise, version 3 and alignment 32, then: */
struct gguf_file gguf_file_new(void);
void gguf_file_free(struct gguf_file *f);

/* A value of a type by its number in the format; data: [bytes]. */
void gguf_put(struct gguf_file *f, const char *key, uint32_t type, const void *data, size_t bytes);
void gguf_put_int(struct gguf_file *f, const char *key, uint32_t value);
void gguf_put_float(struct gguf_file *f, const char *key, float value);
void gguf_put_bool(struct gguf_file *f, const char *key, bool value);
void gguf_put_string(struct gguf_file *f, const char *key, const char *value);
void gguf_put_strings(struct gguf_file *f, const char *key, const char *const *values,
                      size_t count);
/* element: 5 for int32, 6 for float32 */
void gguf_put_array(struct gguf_file *f, const char *key, uint32_t element, const void *values,
                    size_t count);

/* sizes: the row's length first. */
void gguf_put_tensor(struct gguf_file *f, const char *name, int rank, const uint64_t *sizes,
                     uint32_t type, const void *data, size_t bytes);

/* The whole file, to be freed by the caller. */
uint8_t *gguf_file_bytes(const struct gguf_file *f, size_t *bytes);
/* Writes it; a failed check if that does not work. */
void gguf_file_write(const struct gguf_file *f, const char *path);

#endif
