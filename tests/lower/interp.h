/* A naive interpreter of objects, for tests of the lowering: functions only, no time.
 *
 * One sentron runs until it waits for a barrier, a message or room for one, or to its end, then the
 * next sentron; memory is a map of pages.
 * It knows the operations that the lowering emits and refuses the others. The dense operations come
 * from sim/pipe_d.h, everything else is written here a second time, on purpose.
 */
#ifndef VTPU_TESTS_LOWER_INTERP_H
#define VTPU_TESTS_LOWER_INTERP_H

#include "isa/object.h"

struct interp_sentron {
  _Alignas(64) uint8_t r[R_COUNT][R_BYTES_MAX];
  struct coord p[P_COUNT];
  struct {
    uint32_t first, last, left;
    bool active;
  } l[L_COUNT];
  uint8_t m[M_COUNT][M_BYTES];
  uint32_t siw;
  int group; /* of the barrier */
  enum { INTERP_RUNS, INTERP_AT_BARRIER, INTERP_WAITS, INTERP_ENDED } state;
};

enum { INTERP_QUEUE = 8 }; /* messages between two sentrons at once */

/* From one sentron to another, the oldest first. */
struct interp_queue {
  uint8_t message[INTERP_QUEUE][M_BYTES];
  int count;
};

struct interp {
  const struct object *object;
  struct bundle *code;
  struct interp_page **pages; /* hash table */
  struct interp_sentron sentron[SENTRONS_PER_NODE_MAX];
  uint64_t siws, ops, multiplies; /* issued; operations other than NOP; multiply-accumulate ops */
  uint64_t prefetches, messages;
  int room; /* of a queue, at most INTERP_QUEUE; 0: that */
  struct interp_queue queue[SENTRONS_PER_NODE_MAX][SENTRONS_PER_NODE_MAX]; /* [from][to] */
  bool backwards; /* sentrons take turns from the last to the first: finds missing barriers */
  int cores;      /* for the owner of private regions */
  char error[512];
};

/* False: interp.error says why. */
bool interp_open(struct interp *i, const struct object *o, int cores);
void interp_close(struct interp *i);
/* (Re)starts all sentrons at their entries and runs them to their ends. */
bool interp_run(struct interp *i, uint64_t max_siws);
bool interp_peek(struct interp *i, struct coord start, void *out, size_t bytes); /* along axis 12 */
bool interp_poke(struct interp *i, struct coord start, const void *in, size_t bytes);

#endif
