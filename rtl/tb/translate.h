/* The verilated PTC (translate_tb.v) for C: an access is one clock cycle. */
#ifndef VTPU_RTL_TB_TRANSLATE_H
#define VTPU_RTL_TB_TRANSLATE_H

#include "isa/coord.h"
#include "isa/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TRANSLATE_KINDS = 2 }; /* by enum ptc_granularity */

struct translate_out {
  bool hit[TRANSLATE_KINDS];
  uint64_t found[TRANSLATE_KINDS];
};

struct translate;
struct translate *translate_new(void); /* empty */
void translate_free(struct translate *t);
/* payload: of the entries that a miss fills. */
void translate_access(struct translate *t, struct coord c, const uint64_t payload[TRANSLATE_KINDS],
                      struct translate_out *out);
/* Drops all entries whose payload has these upper 16 bits. */
void translate_drop(struct translate *t, unsigned region);

#ifdef __cplusplus
}
#endif
#endif
