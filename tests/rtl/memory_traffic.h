/* Random traffic for the RTL's S-pipe, over small machines and a few regions: see memory_test.c. */
#ifndef VTPU_TESTS_RTL_MEMORY_TRAFFIC_H
#define VTPU_TESTS_RTL_MEMORY_TRAFFIC_H

#include "rtl/tb/memory.h"
#include "tests/exact/stepper.h"

enum { TRAFFIC_FRAMES = 256, TRAFFIC_HOT = 24, TRAFFIC_BOXES = 6 };

/* What was asked of memory under a number, until it is answered. */
struct asked {
  bool open;
  uint64_t ready;
  uint8_t line[LINE_BYTES];
};

struct bench {
  struct memory *rtl;
  struct memory_in in;
  struct memory_out out;
  unsigned number, bytes; /* of the machine; of a register */
  struct object object;
  struct object_sentron sentrons[2];
  struct object_region regions[TRAFFIC_BOXES];
  struct stepper *s;
  struct step_sentron *x[2];
  struct step_core *core;
  uint8_t (*beyond)[PAGE_BYTES]; /* [TRAFFIC_FRAMES]: memory beyond L1 */
  struct asked asked[MEMORY_PORTS];
  unsigned boxes, along; /* few: translation hits, lines conflict */
  struct coord hot[TRAFFIC_HOT];
  uint64_t cycle;
  unsigned wrong;
  struct { /* an SALLOC on its way */
    bool owed;
    uint64_t ready;
    int64_t value;
  } alloc[2][R_COUNT];
};

void traffic_seed(unsigned long long seed);
unsigned traffic_below(unsigned n);
/* A machine of memory_tb.v with random tiers beyond L1, its regions full of random bytes, both
 * contexts on core 0; the RTL is reset. Keeps b->rtl, forgets everything else. */
void traffic_start(struct bench *b, unsigned machine);
void traffic_end(struct bench *b);
/* Fills in an operation that can issue now; false: none. */
bool traffic_choose(struct bench *b, struct step_siw *k, int *context);
bool traffic_takes_entry(int op);
/* How far an SINDEX moves, from the registers. */
int64_t traffic_step(uint8_t (*r)[R_BYTES_MAX], const struct slot *f);

#endif
