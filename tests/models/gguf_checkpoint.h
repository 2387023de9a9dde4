/* A synthetic checkpoint as a GGUF file, for tests. */
#ifndef VTPU_TESTS_MODELS_GGUF_CHECKPOINT_H
#define VTPU_TESTS_MODELS_GGUF_CHECKPOINT_H

#include "tests/models/gguf_file.h"
#include "tests/models/synthetic.h"

/* Types of tensors by their numbers in the format. */
enum { F32 = 0, F16 = 1, Q4_0 = 2, Q8_0 = 8, Q4_K = 12, Q6_K = 14, BF16 = 30 };

/* Metadata alone. */
void gguf_put_config(struct gguf_file *f, const struct synthetic *s);
/* The tensor `name`, [rows, cols], of the weights that the Hugging Face checkpoint calls `source`.
 * pairs: heads of that length get their rows permuted as converters do for llama; 0: not. */
void gguf_put_matrix(struct gguf_file *f, const char *name, const char *source, int rows, int cols,
                     uint32_t type, int pairs);
/* Metadata and tensors; matrices of `type` (F32, F16, BF16), norms F32, rows of llama's heads
 * permuted as converters do. */
struct gguf_file gguf_checkpoint(const struct synthetic *s, uint32_t type, uint32_t alignment);
/* Writes it to a temporary file and returns the path; the file that was saved before stays, as it
 * may still be mapped. */
const char *gguf_save(const struct gguf_file *f);

#endif
