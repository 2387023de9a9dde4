/* The second opinion: the machine of the architecture (sections 2 to 6), moved cycle by cycle.
 *
 * It shares the tables, numbers and coordinates of isa/ and the lane arithmetic of sim/pipe_d.h
 * with the engine, and nothing else: no run queue, no running ahead, no events. Every cycle every
 * live sentron is asked, test by test in the order of section 5, why it cannot issue. Structures
 * are plain arrays, searched from end to end.
 *
 *   stepper.c          cycles: issue, charge, phases, host steps
 *   stepper_memory.c   translation; regions
 *   stepper_tiers.c    tiers, DDR
 *   stepper_pipes.c    what S and C operations do to registers, messages and collectives
 */
#ifndef VTPU_TESTS_EXACT_STEPPER_H
#define VTPU_TESTS_EXACT_STEPPER_H

#include "sim/pipe_d.h"
#include "sim/vtpu.h"

__extension__ typedef unsigned __int128 u128;

#define NEVER UINT64_MAX
enum { QUEUE_MAX = 64, ACCESSES_MAX = 192, ASSOC_SIZE = 64, NODES_MAX = 8, CORES_MAX = 8 };

enum step_end { STEP_DONE, STEP_FAULT, STEP_DEADLOCK, STEP_HOST_FAULT, STEP_TOO_LONG };

/* What a fault is about, and words of the engine's message for it. */
enum step_fault {
  FAULT_NONE,
  FAULT_UNMAPPED,
  FAULT_ROM,
  FAULT_FOREIGN,
  FAULT_CELL,
  FAULT_SINDEX,
  FAULT_CSTEP,
  FAULT_FREE,
  FAULT_NOT_MEMBER,
  FAULT_COLLECTIVE,
  FAULT_ROOT,
  FAULT_SPAWN,
  FAULT_SPAWN_SIW,
  FAULT_COUNT
};
extern const char *const step_fault_words[FAULT_COUNT];

/* One SIW as the stepper uses it. */
struct step_siw {
  struct bundle b;
  d_fn *d;
  struct d_op d_op;
  uint8_t use[12]; /* registers in test order: D, S, C; of a slot reads before writes */
  uint8_t uses;
  bool needs_entry;
  unsigned macs;
  int mark;
};

/* A page table entry of one page. */
struct step_page {
  enum region_kind kind;
  unsigned core;
  int region;
  uint64_t frame;
};

struct step_region {
  enum region_kind kind;
  unsigned core;
  struct object_region box; /* kind, node unused */
  uint64_t first_frame, pages;
  uint64_t from; /* first cycle at which it can be used */
  bool freed;
  bool lazy; /* one page, mapped by its first access */
};

/* One memory operation in flight: it holds a memory entry until `complete`. */
enum access_kind {
  ACCESS_GATHER,
  ACCESS_SCATTER,
  ACCESS_PREFETCH,
  ACCESS_FLUSH,
  ACCESS_FREE,
  ACCESS_NOTHING
};
struct step_access {
  bool used;
  enum access_kind kind;
  int sentron;
  uint64_t issued, arrival, complete; /* complete: NEVER before the arrival */
  struct step_page page;
  unsigned cell; /* curve index */
  unsigned offset, width, at;
  bool keep; /* SGATHER.m */
  unsigned rd;
  unsigned hint;      /* prefetch: HINT_* */
  struct coord coord; /* page.region < 0: the page is to be mapped */
  int mark;
  uint8_t data[R_BYTES_MAX]; /* scatter: the register */
};

struct step_line {
  bool valid, dirty;
  uint64_t line, ready, used; /* used: order of last use */
  int supplier;               /* TIER_* that the line comes from */
};
struct step_tier {
  unsigned sets, ways; /* 0 sets: there is no such tier */
  uint64_t latency, interval, free;
  struct step_line *lines; /* [sets][ways] */
};

struct step_entry {
  bool valid;
  u128 key;
  uint64_t filled, used;
  struct step_page page;
};

struct step_core {
  struct step_tier l1, l2;
  struct step_entry *ptc; /* [sets][ways] */
  uint64_t walker_free;   /* the walker is busy before this cycle */
  uint64_t closed;        /* so are the S ports, for a demand miss */
  struct step_access access[ACCESSES_MAX];
  int accesses;                    /* so many of them have ever been used */
  struct step_sentron *context[2]; /* in the order of their numbers */
  int contexts;
};

struct step_node {
  struct step_core core[CORES_MAX];
  struct step_tier l3[CORES_MAX];
  uint64_t ddr_free; /* in 1/256 cycle */
  struct step_region *regions;
  int region_count;
  uint64_t frames; /* materialised so far */
  uint8_t **data;  /* [frame]: 4 KiB each */
  struct vtpu_node_statistics statistics;
};

struct step_channel {
  struct {
    uint8_t bytes[M_BYTES];
    uint64_t arrival;
  } message[QUEUE_MAX]; /* oldest first */
  int count;
  uint64_t back[QUEUE_MAX]; /* credits on their way */
  int backs;
};

struct step_loop {
  int l;
  uint32_t begin, end;
};

/* A register that is owed. */
struct step_owed {
  uint64_t ready;
  bool gather;
  uint64_t arrival; /* of a gather */
  enum stall cause; /* of a gather: the tier, once it has arrived */
};

enum step_life { STEP_DORMANT, STEP_RUNNING, STEP_RETIRED };

struct step_sentron {
  const struct object_sentron *origin;
  unsigned node, id, core;
  enum step_life life;
  uint32_t pc;
  uint64_t fetch; /* cycle from which its SIW is there */
  uint64_t held;  /* next SIW not before this cycle; NEVER: release not known yet */
  enum stall held_by;
  bool fenced, fenced_sends;
  uint64_t sends_arrived;
  bool issued; /* since it was started */
  uint64_t first_issue, last_issue, complete;
  uint32_t last_pc;
  uint64_t cycles_before; /* of earlier phases */
  _Alignas(64) uint8_t r[R_COUNT][R_BYTES_MAX];
  struct coord p[P_COUNT];
  uint8_t m[M_COUNT][M_BYTES];
  int32_t l[L_COUNT];
  struct step_loop loop[L_COUNT]; /* active, outermost first */
  int loops;
  struct step_owed owed[REG_COUNT];
  uint16_t group[GROUP_COUNT];
  uint64_t dedup[64];
  int dedups;
  struct coord assoc[ASSOC_SIZE];
  uint64_t assoc_puts;
  struct vtpu_counts counts;
  struct vtpu_counts *marks;
  /* operands of this cycle's SIW, from before its slots wrote: */
  struct coord shared_coord;
  uint8_t shared_value[R_BYTES_MAX];
  /* this cycle: */
  bool issues, may_issue, ask_again;
  enum stall stall;
  int stall_reg; /* operand: its register, -1: none */
};

/* A collective that waits for members. */
struct step_collective {
  bool used;
  unsigned node;
  uint16_t members, here;
  int group;
  int op, type, mode, root;
  uint8_t value[16][R_BYTES_MAX];
  uint8_t rd[16];
};

struct stepper {
  struct machine m;
  const struct object *o;
  unsigned bytes; /* of an r register */
  unsigned halves;
  uint64_t ddr_slot, link_slot;
  struct step_siw *code;
  struct step_node node[NODES_MAX];
  struct step_sentron *sentrons;  /* [o->sentron_count], as in the object */
  struct step_sentron **order;    /* the same by node and number: who comes first in a cycle */
  struct step_channel **channels; /* [from][to], NULL before the first use */
  struct step_collective collectives[64];
  uint64_t link_free[NODES_MAX][NODES_MAX];
  uint64_t use_clock; /* counts uses, for LRU */
  uint64_t cycle;
  struct vtpu_counts host_counts; /* PTC only */
  struct vtpu_host_value *host_values;
  unsigned host_value_count;
  enum step_end end;
  enum step_fault fault;
  int fault_sentron;
  uint64_t fault_cycle, deadlock_cycle;
  uint32_t fault_siw;
  void (*trace)(void *user, uint64_t cycle, int sentron, uint32_t siw);
  void *trace_user;
  uint64_t siws;
};

struct stepper *stepper_new(const struct machine *m, const struct object *o);
void stepper_free(struct stepper *s);
/* Runs all host steps; gives up at `limit` cycles. */
enum step_end stepper_run(struct stepper *s, uint64_t limit);
/* The counts of everything: sums over the sentrons. */
void step_counts_add(struct vtpu_counts *into, const struct vtpu_counts *from);

/* --- between the files ---------------------------------------------------------------------- */

struct step_core *step_core_of(struct stepper *s, const struct step_sentron *x);
void step_start(struct step_sentron *y, uint32_t pc, uint64_t first, uint64_t spawn);
void step_raise(struct stepper *s, struct step_sentron *x, enum step_fault fault);
struct step_sentron *step_find(struct stepper *s, unsigned node, unsigned id);

static inline uint64_t larger(uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

int step_memory_new(struct stepper *s);
void step_memory_free(struct stepper *s);
/* Bytes of a cell, or NULL where nothing is allocated. */
uint8_t *step_cell(struct stepper *s, unsigned node, struct coord c);
/* The S slot of an SIW that accesses memory: translation at cycle t. */
void step_memory_issue(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                       uint8_t (*old)[R_BYTES_MAX]);
/* Maps the page of an access that was the first to it (lazy_mapping). */
void step_map(struct stepper *s, struct step_sentron *x);
void step_tier_new(struct step_tier *t, int64_t bytes, int64_t ways, int64_t latency,
                   int64_t interval);
/* Is there a tier on the path of this page that a prefetch with that hint fills? */
bool step_has_tier(struct stepper *s, const struct step_sentron *x, const struct step_page *page,
                   unsigned hint);
/* All accesses that arrive in this cycle, in the order of sentrons. */
void step_memory_arrivals(struct stepper *s);
/* Accesses of a core, or of one sentron (-1: any), that are not complete. */
int step_memory_pending(struct step_core *c, int sentron, uint64_t t);
bool step_host_access(struct stepper *s, struct coord c, uint8_t bytes[8], bool write);
/* SALLOC: first frame or -1. SFREE: false if it is a fault. */
int64_t step_alloc(struct stepper *s, struct step_sentron *x, struct coord c, int64_t pages,
                   enum region_kind kind);
bool step_release(struct stepper *s, struct step_sentron *x, struct coord c);

void step_sparse(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                 uint8_t (*old)[R_BYTES_MAX]);
void step_coordination(struct stepper *s, struct step_sentron *x, const struct step_siw *k,
                       uint8_t (*old)[R_BYTES_MAX]);
/* What others can see. */
void step_shared(struct stepper *s, struct step_sentron *x, const struct step_siw *k);
bool step_has_credit(struct stepper *s, struct step_sentron *x, const struct step_siw *k);
bool step_has_message(struct stepper *s, struct step_sentron *x, const struct step_siw *k);
/* Will the credit or message that x waits for never come by itself? */
bool step_waits_for_others(struct stepper *s, struct step_sentron *x, const struct step_siw *k);
void step_owe(struct step_sentron *x, unsigned reg, uint64_t ready, enum stall cause);
uint64_t step_lane(const uint8_t *r, unsigned bits, unsigned lane);

#endif
