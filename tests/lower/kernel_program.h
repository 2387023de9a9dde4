/* Single kernels of a lowered program, to be run alone: its SIWs, and memory as the program leaves
 * it. */
#ifndef VTPU_TESTS_LOWER_KERNEL_PROGRAM_H
#define VTPU_TESTS_LOWER_KERNEL_PROGRAM_H

#include "tests/lower/interp.h"
#include "tests/lower/random_model.h"

#include "asm/lower/lower.h"

/* The program of one sentron that kernels are taken from. */
struct kernel_source {
  struct model model;
  struct lower_result lowered;
  size_t memory_bytes;  /* of all regions that can be written */
  size_t scratch_bytes; /* of "s0.scratch", where the control cell comes first */
};
size_t kernel_region_bytes(const struct object_region *r);

/* A model of one layer and a prompt of `prompt` tokens in blocks, `tokens` to generate. strict: a
 * ternary checkpoint. False: reported. */
bool kernel_source_open(struct kernel_source *s, const struct random_shape *shape, bool strict,
                        struct number_types types, int prompt, int tokens);
void kernel_source_close(struct kernel_source *s);

/* Memory after `steps` positions, of which `prompt` are prompt and come from `seed`. Regions that
 * can be written, one after the other: [memory_bytes], or NULL, reported. To be freed. */
uint8_t *kernel_memory(const struct kernel_source *s, int steps, int prompt, uint64_t seed);
/* Where a region begins in that; NULL: there is none of that name. */
uint8_t *kernel_memory_of(const struct kernel_source *s, uint8_t *memory, const char *region);

/* A kernel as a program of its own. */
struct kernel_alone {
  struct object object;
  struct object_sentron sentron;
  struct siw *code;
  bool halt_added; /* its CHALT needed an SIW of its own */
};

/* False: it branches to other kernels, or (reported) it cannot be taken out. */
bool kernel_alone_open(struct kernel_alone *a, const struct kernel_source *s,
                       const struct lower_kernel *k);
void kernel_alone_close(struct kernel_alone *a);
/* "gate_up", as the profile calls it. */
const char *kernel_name(const struct kernel_source *s, const struct lower_kernel *k);
/* Is it one of those that take a block of the prompt? */
bool kernel_of_block(const struct kernel_source *s, const struct lower_kernel *k);

#endif
