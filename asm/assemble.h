/* The assembler: text to objects. The language is described in asm/README.md.
 *
 * Errors are VTPU_INPUT (or VTPU_SYSTEM when the host refuses) and read
 *
 *   prog.s:12:8: what is wrong
 *     { DADX r1, r2, r3 }
 *       ^
 *     cure
 *
 * Several independent errors of one text are reported together, at most 20.
 */
#ifndef VTPU_ASM_ASSEMBLE_H
#define VTPU_ASM_ASSEMBLE_H

#include "isa/object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Assembles a text of `bytes` bytes (it need not end in NUL). `name` stands in messages. The
 * object has passed object_check; it owns its memory until object_free_parts and refers to nothing
 * of the text. On failure *out is all zero. */
int assemble_text(const char *name, const char *text, size_t bytes, struct object *out,
                  struct vtpu_error *err);
int assemble_file(const char *path, struct object *out, struct vtpu_error *err);

/* One SIW, "{ ... } :l0", without its surroundings: targets are @numbers, the dependence byte is
 * zero. For tools and tests that work on single SIWs. */
int assemble_siw(const char *name, const char *text, uint32_t dlen, struct bundle *out,
                 struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
