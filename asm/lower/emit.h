/* The code of an object: kernels become bundles with physical registers, then SIWs with marks.
 *
 *   code_begin(sentron)  kernels, labels ...  code_end(sentron)     once for each sentron
 *
 * Branches lead to labels, which may be set before or after; they are resolved at code_end.
 */
#ifndef VTPU_ASM_LOWER_EMIT_H
#define VTPU_ASM_LOWER_EMIT_H

#include "asm/lower/ir.h"
#include "asm/lower/lower.h"
#include "asm/lower/memo.h"
#include "asm/lower/pipeline.h"
#include "asm/lower/regalloc.h"
#include "asm/lower/schedule.h"
#include "isa/object.h"

struct code_fixup {
  size_t bundle; /* index into code.bundles */
  int label;
};

struct code {
  unsigned dlen;
  struct bundle *bundles; /* of the sentron that is being written; the first `carried` belong to */
  size_t bundle_count, bundle_room,
      carried; /* the one before (their writes count as dependences) */
  struct siw *siws;
  size_t siw_count, siw_room;
  struct object_mark *marks;
  struct object_symbol *symbols;
  size_t mark_count, mark_room, symbol_count, symbol_room;
  int64_t *labels; /* bundle index, or -1 */
  struct code_fixup *fixups;
  size_t label_count, label_room, fixup_count, fixup_room;
  struct ir pipelined; /* of the last kernel, with its schedule and registers */
  struct schedule schedule;
  struct allocation allocation;
  struct memo memo;
  struct lower_kernel *kernels;
  size_t kernel_count, kernel_room;
  struct loop_reports loops; /* of all kernels, one for each form */
  int sentrons;              /* begun so far */
  size_t reordered;          /* kernels that were scheduled again for few registers */
};

void code_init(struct code *c, unsigned dlen);
void code_free(struct code *c);

/* Starts the SIWs of one sentron. *entry: its first SIW. */
int code_begin(struct code *c, uint32_t *entry, struct vtpu_error *err);
/* Resolves branches, computes dependence bytes, encodes. *end: one past its last SIW. */
int code_end(struct code *c, uint32_t *end, struct vtpu_error *err);

int code_label(struct code *c, int *label, struct vtpu_error *err); /* a new label, not yet set */
void code_set_label(struct code *c, int label);                     /* here */
/* A symbol at the next SIW. */
int code_symbol(struct code *c, const char *name, struct vtpu_error *err);

/* Pipelines, schedules, allocates and appends a kernel. Its marks carry the layer (-1: none).
 * Errors: VTPU_LIMIT when it needs more registers than the machine has even in source order. */
int code_kernel(struct code *c, const struct ir *ir, int layer, struct vtpu_error *err);

#endif
