/* Random kernels with loops, compiled and run on the simulator with its memory in L1. */
#ifndef VTPU_TESTS_LOWER_LOOP_PROGRAM_H
#define VTPU_TESTS_LOWER_LOOP_PROGRAM_H

#include "asm/lower/emit.h"

enum { LOOP_CELLS = 192 }; /* of the scratch region: two written spaces and one that is only read */

/* Where the scratch region begins. */
struct coord loop_base(void);

/* Empties `ir` and makes a kernel of straight code and loops: counts immediate and in registers,
 * from 0; accumulators, walks, two pointers into one buffer, loops inside loops. */
void loop_random(struct ir *ir, uint64_t seed);

/* Is any loop's count in a register? */
bool loop_counts_in_registers(const struct ir *ir);

/* An object of one sentron and the scratch region. */
struct loop_object {
  struct object object;
  struct object_sentron sentron;
  struct object_region region;
};

/* The object of code that ends before SIW `end`; `pages` of scratch from loop_base() along D0. */
void loop_object_of(struct loop_object *out, const struct code *c, unsigned pages, uint32_t end);

/* Compiles the kernel into *out, which refers to the code; `pages` of scratch, along D0. */
bool loop_compile(const struct ir *ir, struct code *code, struct loop_object *out, unsigned pages,
                  struct vtpu_error *err);

/* Compiles the kernel, runs it twice on the preset `spec` and compares the memory with what the
 * sequential interpreter leaves. False: reported, with `what`. cycles: of the second run, whose
 * data is in L1; predicted: by timing.h. Either may be NULL. */
bool loop_run(const struct ir *ir, struct code *code, const char *what, uint64_t *cycles,
              uint64_t *predicted);

#endif
