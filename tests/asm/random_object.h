/* Random legal SIWs and objects. Legality is what the decoder and the loader say, so that a new row
 * of the operation table takes part without a change here. */
#ifndef VTPU_TESTS_ASM_RANDOM_OBJECT_H
#define VTPU_TESTS_ASM_RANDOM_OBJECT_H

#include "tests/asm/texts.h"

/* A bundle with this one operation and random legal fields; targets are below `siws`. False if
 * none was found (the row has no form at this DLEN). */
bool random_single(struct random *r, const struct op_info *op, unsigned dlen, uint32_t siws,
                   struct bundle *out);

/* Up to three operations that go together; no CLOOP. */
void random_bundle(struct random *r, unsigned dlen, uint32_t siws, struct bundle *out);

/* An object with something of everything; owned, freed by object_free_parts. */
void random_object(struct random *r, struct object *out);

#endif
