/* Random legal programs and machines, from the operation table.
 *
 *   generate.c           what a program is made of: regions, sentrons, data, host steps
 *   generate_events.c    what sentrons do together
 *   generate_code.c      the code of one sentron: blocks, loops, branches; addresses stay legal
 *   generate_irregular.c loops that gather from random places
 *   generate_slots.c     single operations with random operands
 *   generate_machine.c   machines, and how the engine runs them
 *
 * Programs end by construction: messages and collectives are drawn as one sequence of events of
 * which every sentron runs its part in order, so that nobody waits for a later event; loops count;
 * branches go forward or count too; addresses are known when the code is drawn. A few programs
 * break these rules on purpose, once: faults and deadlocks must agree too.
 */
#ifndef VTPU_TESTS_EXACT_GENERATE_H
#define VTPU_TESTS_EXACT_GENERATE_H

#include "tests/exact/compare.h"

enum generate_level {
  LEVEL_DENSE,    /* one sentron, D operations, loops, branches */
  LEVEL_MEMORY,   /* and memory */
  LEVEL_PAIR,     /* two contexts of a core */
  LEVEL_MESSAGES, /* several sentrons of a node */
  LEVEL_ALL,      /* nodes, host steps, regions that come and go, faults, deadlocks */
  LEVEL_FAULTS,   /* the same, short, and made to fault */
  LEVEL_COUNT
};

/* The same seed and level give the same case on every host. */
void exact_generate(uint64_t seed, enum generate_level level, struct exact_case *out);
/* The same within what the verilated core has: the DLEN and the cores of a machine, the operations
 * of the RTL, and no host steps that touch memory. */
void exact_generate_rtl(uint64_t seed, enum generate_level level, const struct machine *cores,
                        struct exact_case *out);
void exact_case_free(struct exact_case *c);

/* --- between the files ---------------------------------------------------------------------- */

struct rng {
  uint64_t state;
};
uint64_t rng_next(struct rng *r);
/* 0..n-1 */
int below(struct rng *r, int n);
static inline bool chance(struct rng *r, int percent)
{
  return below(r, 100) < percent;
}
static inline int between(struct rng *r, int lo, int hi)
{
  return lo + below(r, hi - lo + 1);
}

enum { WALKERS = 4, POINTERS = 2, SCRATCH = 6 }; /* p0..p3, p4 p5, p6 p7 */
enum { SENTRONS_MAX = 48, REGIONS_MAX = 24 };

/* A p register whose place is known while code is drawn. */
struct walker {
  int region;     /* in program.regions */
  int64_t at;     /* cells from the region's start, in storage order */
  int64_t lo, hi; /* places since the scope began */
  unsigned offset;
};

/* The code of one sentron while it is drawn. */
struct writer {
  struct program *g;
  unsigned node, id, core;
  struct bundle *code;
  uint32_t count, room;
  struct walker walker[WALKERS];
  unsigned pointer_offset[POINTERS];
  uint16_t reserved; /* r registers that fillers leave alone */
  unsigned loops;    /* l registers in use */
  int depth;
  bool frozen;    /* no p0..p5 may change: this code may not run, or run often */
  int64_t repeat; /* how often the code drawn now is run */
  int64_t run;    /* SIWs run so far, about */
  int regs;       /* r0..regs-1 are used */
};

struct program {
  struct rng rng;
  enum generate_level level;
  struct machine *m;
  unsigned dlen;
  struct object_region regions[REGIONS_MAX];
  int region_count;
  struct writer writers[SENTRONS_MAX];
  int writer_count;
  int64_t budget; /* SIWs a sentron runs, about */
  bool memory;
  int fault_writer; /* -1: none */
  bool rtl;         /* within what the verilated core has */
};

/* Some sentrons of a node. */
struct group {
  unsigned node, id;
  int count;
  int member[SENTRONS_PER_NODE_MAX]; /* writers */
};

/* Makes up to `most` groups: declared in the object, or made by CSLICE over D9 of the homes. */
int make_groups(struct program *g, struct group *groups, int most);
/* Draws the program's events, and blocks of code between them. */
void spread_events(struct program *g, struct group *groups, int group_count);

void random_machine(struct rng *r, enum generate_level level, struct machine *m);
/* Any machine that has the cores of `cores`. */
void random_rtl_machine(struct rng *r, enum generate_level level, const struct machine *cores,
                        struct machine *m);
/* Untimed, on several threads, in slices: so the engine's second run goes. */
void random_run(struct rng *r, struct exact_case *c);

/* An r register that may be written. */
int free_register(struct writer *w);
/* A random D, S or C operation without side conditions into slot `pipe`; false if it would write a
 * register that another slot writes, or none fits. */
bool fill_slot(struct writer *w, struct bundle *b, enum pipe pipe);
/* Fills the empty slots of an SIW with random operations. */
void fill_bundle(struct writer *w, struct bundle *b);
/* An SIW that is likely to fault. */
void faulty_bundle(struct writer *w, struct bundle *b);
struct coord place_of(const struct writer *w, int region, int64_t at);
/* A region that the sentron may read (write), -1 if there is none. */
int pick_region(struct writer *w, bool write);
/* Cells of a region's first row of pages, along D0: a walk stays there. */
int64_t region_cells(const struct writer *w, int region);
/* Any cell of a region, in all its dimensions. */
struct coord any_place(struct writer *w, int region);

uint32_t emit(struct writer *w, const struct bundle *b);
void emit_fill(struct writer *w, int count);
/* Blocks of fillers, loops and branches. */
void emit_block(struct writer *w, int elements);
/* A loop of `rounds` whose body the caller draws, without walking: returns its CLOOP. */
uint32_t begin_loop(struct writer *w, int rounds);
void end_loop(struct writer *w, uint32_t cloop);
/* A loop that gathers from random places of a region. */
void emit_irregular(struct writer *w);
void emit_prologue(struct writer *w);
void emit_region_life(struct writer *w);
/* SALLOC and SFREE of a region at a place, and accesses to it. */
void emit_alloc(struct writer *w, struct coord lo, int pages, int kind);
void emit_free(struct writer *w, struct coord lo);
void emit_region_accesses(struct writer *w, struct coord lo, int pages, int count);

#endif
