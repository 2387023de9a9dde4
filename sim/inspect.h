/* Looking into a run that has stopped, and changing it: what a debugger needs beside vtpu.h.
 *
 * A run that vtpu_run has stopped at `until` is at that cycle: every SIW that issues before it has
 * issued, none that issues at it. What is told here is the state at that cycle, whichever way the
 * run got there, in one piece or in many. Looking changes nothing.
 *
 * What a gather still owes has not happened yet: its register has no value to look at (`fetched`
 * of its sentron's look), and none can be put there. Of memory operations on their way the near
 * tiers may already have made room, and private cells may already have been written. Times of what
 * is not over may be unknown, when they depend on what another core does first: VTPU_UNKNOWN.
 */
#ifndef VTPU_SIM_INSPECT_H
#define VTPU_SIM_INSPECT_H

#include "sim/vtpu.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VTPU_UNKNOWN UINT64_MAX

/* --- sentrons ------------------------------------------------------------------------------ */

enum vtpu_life { VTPU_DORMANT, VTPU_ALIVE, VTPU_RETIRED, VTPU_FAULTED };
extern const char *const vtpu_life_names[]; /* "dormant" "running" "retired" "faulted" */

struct vtpu_sentron_look {
  enum vtpu_life life;
  unsigned core, context; /* in the node */
  uint32_t siw;           /* alive: the one that issues next; else the last one */
  bool issued;            /* in this phase: */
  uint32_t last_siw;
  uint64_t last_issue;
  /* Alive: the first failing test of the architecture's section 5 at the cycle asked for, and
   * the cycle from which on it passes. STALL_ISSUE: none fails, it issues. */
  enum stall stall;
  uint64_t stall_until;
  char waits[256]; /* for whom, as a sentence without its subject; "" unless that is known */
  struct {
    bool active;
    uint32_t start, end; /* the body, both inclusive */
    uint32_t remaining;  /* rounds, this one included */
  } loop[L_COUNT];
  struct {
    uint64_t ready;   /* a SIW that reads it can issue from here on; 0: long since */
    enum stall cause; /* who owes it until then */
    bool fetched;     /* a gather, on its way: there is no value */
  } owed[REG_COUNT];
};

/* `cycle`: where the run has stopped. */
void vtpu_look_sentron(const struct vtpu *v, unsigned sentron, uint64_t cycle,
                       struct vtpu_sentron_look *out);

/* --- messages ------------------------------------------------------------------------------ */

/* The FIFO of an ordered pair of sentrons (indices into the object's). */
struct vtpu_queue_look {
  unsigned depth;
  unsigned messages; /* sent to and not yet received; between nodes: that have been delivered */
  unsigned credits;  /* that the sender has, at the cycle asked for */
  uint64_t sent, received;
};
/* False: no message has ever gone this way. */
bool vtpu_look_queue(const struct vtpu *v, unsigned from, unsigned to, uint64_t cycle,
                     struct vtpu_queue_look *out);
/* The i-th oldest message that waits; returns the cycle of its arrival. */
uint64_t vtpu_look_message(const struct vtpu *v, unsigned from, unsigned to, unsigned i,
                           uint8_t bytes[M_BYTES]);

/* --- memory -------------------------------------------------------------------------------- */

/* One entry of a core's PTC. */
struct vtpu_ptc_look {
  struct coord coord;     /* the page's first cell, or the cell if entries are of coordinates */
  uint64_t frame, filled; /* the page; the end of its walk */
  unsigned age;           /* 0: the set's youngest, which LRU keeps longest */
  enum region_kind kind;
};
void vtpu_ptc_shape(const struct vtpu *v, unsigned *sets, unsigned *ways);
/* False: this way is free. */
bool vtpu_look_ptc(const struct vtpu *v, unsigned node, unsigned core, unsigned set, unsigned way,
                   struct vtpu_ptc_look *out);
/* The set in which the translation of a coordinate would be. */
unsigned vtpu_ptc_set_of(const struct vtpu *v, struct coord c);

/* The memory operations of a core. */
struct vtpu_memory_look {
  unsigned entries;   /* of the core */
  uint64_t s_closed;  /* the S ports are closed before this cycle (a walk) */
  uint64_t walker;    /* the walker is free from this cycle on */
  uint64_t entry[64]; /* [entries]: taken until here (VTPU_UNKNOWN: till an arrival has come); a
                         cycle that is past: free */
  unsigned arrivals;  /* that have not come, or whose share in what cores share has not */
};
void vtpu_look_memory(const struct vtpu *v, unsigned node, unsigned core,
                      struct vtpu_memory_look *out);
struct vtpu_arrival_look {
  unsigned sentron;  /* index */
  const char *kind;  /* "gather" "scatter" "prefetch" "flush" "free" "victim" */
  int reg;           /* gather: scoreboard index; else -1 */
  bool has_coord;    /* a free has none */
  struct coord cell; /* without offset */
  unsigned offset, width;
  uint64_t arrives;
};
void vtpu_look_arrival(const struct vtpu *v, unsigned node, unsigned core, unsigned i,
                       struct vtpu_arrival_look *out);

/* Where a cell is. */
struct vtpu_cell_look {
  const char *region; /* name; "" for one that was made at run time */
  enum region_kind kind;
  unsigned owner; /* private: the core */
  uint64_t frame;
  unsigned index;  /* of the cell in its page, along the curve */
  bool translated; /* in the core's PTC, from this cycle on: */
  uint64_t filled;
  struct {
    bool there, dirty;
    uint64_t ready; /* of a line in flight; 0: it is not */
  } tier[TIER_DDR]; /* l1, l2 and l3 as this core sees them */
};
/* False: nothing is allocated there. */
bool vtpu_look_cell(const struct vtpu *v, unsigned node, unsigned core, struct coord c,
                    struct vtpu_cell_look *out);

/* --- why it ended -------------------------------------------------------------------------- */

struct vtpu_failure {
  bool fault;       /* else a deadlock */
  unsigned sentron; /* of a fault: index */
  uint64_t cycle;
  uint32_t siw;
};
/* False: the run has not failed. */
bool vtpu_look_failure(const struct vtpu *v, struct vtpu_failure *out);

/* --- changing ------------------------------------------------------------------------------ */

/* Replaces a register's contents (r: DLEN/8 bytes; p: a coordinate; m: 32 bytes; l: rounds that
 * remain, 1 or more, of an active loop), but not one to which a gather is on its way. VTPU_USAGE
 * when it cannot be. Cells are changed by vtpu_poke. */
int vtpu_set_register(struct vtpu *v, unsigned sentron, unsigned reg, const uint8_t *bytes,
                      struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
