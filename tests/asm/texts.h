/* What the tests of the assembler share: files as text, objects as bytes, a small fixed generator.
 */
#ifndef VTPU_TESTS_ASM_TEXTS_H
#define VTPU_TESTS_ASM_TEXTS_H

#include "isa/object.h"

/* A whole file, NUL after its end, owned; NULL when it cannot be read. */
char *text_of_file(const char *path, size_t *bytes);

/* The bytes that object_write makes, owned; NULL after a failed check. */
char *bytes_of_object(const struct object *o, size_t *bytes);

/* The disassembly, owned; NULL after a failed check. */
char *text_of_object(const struct object *o, size_t *bytes);

/* Disassembles, assembles again and compares the two object files byte for byte. */
void check_round_trip(const char *what, const struct object *o);

/* Calls visit(path, file name) for each file of a folder of the project that ends in `suffix`, in
 * the order of names; returns how many there were. */
int each_file(const char *folder, const char *suffix,
              void (*visit)(const char *path, const char *name));

/* xorshift64*: the same numbers everywhere. */
struct random {
  uint64_t state;
};
uint64_t random_next(struct random *r);
/* 0 .. n-1 */
uint32_t random_below(struct random *r, uint32_t n);

#endif
