/* The simulator: one public header, an opaque handle (architecture, sections 1, 4 to 6).
 *
 *   struct machine m;                     machine_load("spec", &m, &err);
 *   struct object o;                      object_read("prog.siw", &o, &err);
 *   struct vtpu *v;                       vtpu_new(&m, &o, NULL, &v, &err);
 *   vtpu_run(v, UINT64_MAX, &status, &err);
 *   struct vtpu_statistics *s;            vtpu_statistics(v, &s, &err);
 *
 * Contract: a handle is used by one host thread at a time; several handles are independent. The
 * object must outlive the handle (rom data may be used in place). Nothing here prints or exits.
 * The same machine, object and calls give the same bits in every result.
 */
#ifndef VTPU_SIM_VTPU_H
#define VTPU_SIM_VTPU_H

#include "isa/machine.h"
#include "isa/object.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vtpu;
struct trace_writer;

enum stall {
#define STALL(name, key, doc) STALL_##name,
#include "isa/stalls.def"
#undef STALL
  STALL_COUNT
};
extern const char *const stall_keys[STALL_COUNT]; /* "issue", "branch", ... */
extern const char *const stall_docs[STALL_COUNT];

enum { TIER_L1, TIER_L2, TIER_L3, TIER_DDR, TIER_COUNT };
extern const char *const tier_names[TIER_COUNT]; /* "l1" "l2" "l3" "ddr" */

enum { OP_CODES = 64 }; /* codes of one pipe are below this */

/* --- running ------------------------------------------------------------------------------- */

enum { VTPU_OPERANDS_MAX = 12 };

/* One issued SIW with what it reads and writes. Called in the order (cycle, sentron); gives up the
 * engine's fast paths. A trace file costs less: `writer` below. */
struct vtpu_issue {
  uint64_t cycle;
  unsigned node, sentron;
  uint32_t siw;
  uint64_t stall_cycles;  /* since the previous issue of this sentron */
  enum stall stall;       /* the longest cause among them; STALL_ISSUE if none */
  const struct bundle *bundle;
  bool has_memory;        /* the S slot accessed memory: */
  bool ptc_hit;
  enum stall tier;        /* STALL_L1..STALL_DDR: the supplying tier */
  struct coord coord;     /* with offset */
  uint64_t ready;         /* cycle at which the memory operation is complete; 0: the run failed before */
  uint8_t result_count;   /* registers written by this SIW: */
  struct vtpu_value { uint8_t reg; /* scoreboard index, isa.h */ uint8_t bytes; uint8_t value[64]; } result[3];
  uint8_t operand_count;  /* registers that it reads, as they were before it wrote: */
  struct vtpu_value operand[VTPU_OPERANDS_MAX];
};
typedef void vtpu_trace_fn(void *user, const struct vtpu_issue *issue);

/* One translation that counts in the PTC's hit rate: of a gather, scatter or flush, or of a host
 * directive (core 0). The calls for one core come in the order of issue, those for the cores of a
 * node one at a time; with host threads, calls for different nodes overlap. */
struct vtpu_access {
  uint64_t cycle;
  unsigned node, core;
  struct coord coord; /* with offset */
  bool hit;
};
typedef void vtpu_access_fn(void *user, const struct vtpu_access *access);

/* What a run does, event by event, for those who follow it cycle by cycle (co-simulation). Events
 * of one sentron come in the order of their cycles, but those that tell of later (RESULT, ARRIVAL,
 * CREDIT, RELEASE) come as soon as that is known; different sentrons are told of one after the
 * other, so a listener waits until all have come past a cycle. One host thread. */
enum vtpu_event_kind {
  EVENT_START,       /* the sentron is started at `siw`; its set-up begins with this cycle */
  EVENT_STALL,       /* it has issued before, and does not from `cycle` to before `until`: `stall` */
  EVENT_ISSUE,       /* it issues `siw` */
  EVENT_RETIRE,      /* and has retired with it */
  EVENT_RESULT,      /* register `reg` is ready with `value` in this cycle */
  EVENT_TRANSLATION, /* its S slot, issued in this cycle, asks for the page of `coord`: `mapped`, and
                        then `kind`, `foreign`, `region` (its first frame), `frame`; SALLOC: those of
                        the region that it makes */
  EVENT_ACCESS,      /* its memory operation arrives at L1 in this cycle, for `line` (frame * 64 +
                        place); `stall` says which tier supplies, complete at `until` */
  EVENT_SEND,        /* it sends `value` to `other` */
  EVENT_ARRIVAL,     /* the oldest message of `other` on its way to it arrives in this cycle */
  EVENT_TAKE,        /* it takes the oldest message of `other` */
  EVENT_CREDIT,      /* a credit for messages to `other` is back in this cycle */
  EVENT_RELEASE,     /* its barrier or collective ends with this cycle's tests, `value` its result */
  EVENT_FAULT,       /* its SIW `siw` faults: the run ends with the first of all nodes */
  EVENT_HOST,        /* host step `siw` accesses `coord` between phases, in `line` of the page that
                        TRANSLATION's fields tell of; `value` is what it read or wrote */
};
struct vtpu_event {
  enum vtpu_event_kind kind;
  uint64_t cycle, until;
  unsigned sentron, other; /* indices into the object's sentrons */
  uint32_t siw;
  enum stall stall;
  uint8_t reg, bytes;
  bool mapped, foreign;
  enum region_kind region_kind;
  uint64_t region, frame, line;
  struct coord coord;
  uint8_t value[64];
};
typedef void vtpu_event_fn(void *user, const struct vtpu_event *event);

struct vtpu_options {
  bool untimed;          /* functions only: every SIW takes one cycle, no memory timing */
  unsigned threads;      /* host threads over which nodes are spread; 0 is 1. Same results. */
  vtpu_trace_fn *trace;  /* NULL: none */
  void *trace_user;
  vtpu_access_fn *access; /* NULL: none */
  void *access_user;
  struct trace_writer *writer; /* traces/trace.h: a trace file of this object; NULL: none */
  vtpu_event_fn *event; /* NULL: none */
  void *event_user;
};

int vtpu_new(const struct machine *m, const struct object *o, const struct vtpu_options *options,
             struct vtpu **out, struct vtpu_error *err);
void vtpu_free(struct vtpu *v);

enum vtpu_status {
  VTPU_RUNNING, /* stopped at `until`; call vtpu_run again */
  VTPU_DONE,    /* every sentron has retired and every host step is done */
};

/* Runs to the end, or until no sentron can issue before cycle `until`. Errors, all VTPU_PROGRAM:
 * a fault ("sentron 3 (bob), cycle 120, SIW 17 (loop+2): ..."), a deadlock (who waits for what).
 * After an error the statistics tell the state at that cycle; the handle cannot run on. */
int vtpu_run(struct vtpu *v, uint64_t until, enum vtpu_status *status, struct vtpu_error *err);

/* Runs the steps of another phase after VTPU_DONE: the sentrons of `mask` (indices into the
 * object's sentrons) are spawned again at their entry at the current cycle. Registers keep their
 * contents, phext space and caches stay as they are. */
int vtpu_restart(struct vtpu *v, uint64_t mask, struct vtpu_error *err);

/* --- looking ------------------------------------------------------------------------------- */

/* Host access to phext space outside of the simulated machine: no time, no counters.
 * bytes <= 64 - offset of coord. VTPU_PROGRAM if nothing is allocated there. */
int vtpu_peek(const struct vtpu *v, unsigned node, struct coord c, void *out, size_t bytes,
              struct vtpu_error *err);
int vtpu_poke(struct vtpu *v, unsigned node, struct coord c, const void *in, size_t bytes,
              struct vtpu_error *err);
/* A run of bytes in storage order (axis 12) from c. */
int vtpu_peek_run(const struct vtpu *v, unsigned node, struct coord c, void *out, size_t bytes,
                  struct vtpu_error *err);
int vtpu_poke_run(struct vtpu *v, unsigned node, struct coord c, const void *in, size_t bytes,
                  struct vtpu_error *err);

/* Contents of a register by scoreboard index (isa.h), little-endian; returns its size in bytes.
 * sentron: index into the object's sentrons. */
int vtpu_register(const struct vtpu *v, unsigned sentron, unsigned reg, uint8_t out[64]);

/* Saves phext space (all regions of all nodes, or the one named) to a file, or loads such a file
 * over the regions of the same box; errors VTPU_SYSTEM, VTPU_INPUT. */
int vtpu_save_phext(const struct vtpu *v, const char *path, const char *region,
                    struct vtpu_error *err);
int vtpu_load_phext(struct vtpu *v, const char *path, struct vtpu_error *err);

/* Saves everything that a run needs to go on (checkpoint.h has the format), between two calls of
 * vtpu_run. The file appears complete or not at all. The same run at the same cycle gives the same
 * bytes. VTPU_USAGE after an error of the run, VTPU_SYSTEM when the file cannot be written. */
int vtpu_checkpoint(const struct vtpu *v, const char *path, struct vtpu_error *err);
/* Puts a fresh handle, which must be of the same object, machine and `untimed`, where the saved one
 * was; from there on both give the same bits. Trace, access callback and host threads are this
 * handle's own. VTPU_INPUT, saying what, when the file is damaged or of something else; then the
 * handle can only be freed. */
int vtpu_resume(struct vtpu *v, const char *path, struct vtpu_error *err);

/* Begins, between two calls of vtpu_run, to tell what issues; NULL: ends it. Unlike
 * vtpu_options.trace, which tells of every issue as soon as it can, and of a CREDUCE or CCAST without
 * its result, this waits for the result, and with all that issues after it until then. */
void vtpu_observe(struct vtpu *v, vtpu_trace_fn *trace, void *user);

/* Notes in the trace file where everything stands, after the last vtpu_run; the caller ends the file
 * (trace_finish). failed: vtpu_run has failed. */
void vtpu_trace_end(struct vtpu *v, bool failed);

uint64_t vtpu_cycle(const struct vtpu *v); /* time reached by the run */
uint64_t vtpu_siws(const struct vtpu *v);  /* issued so far, for progress lines */

/* --- statistics ---------------------------------------------------------------------------- */

/* Where cycles and operations went, of a sentron, a kernel, a core, a node or the whole. */
struct vtpu_counts {
  uint64_t cycles; /* sentron: first issue to completion of its last operation; kernel: sum of its
                      stack; node and whole: the run's length */
  uint64_t siws;
  uint64_t ops[PIPE_COUNT]; /* other than NOP */
  uint64_t op_code[PIPE_COUNT][OP_CODES];
  uint64_t macs;            /* multiply-accumulates */
  uint64_t mac_ops;         /* D operations that are multiply-accumulates */
  uint64_t d_events[ENERGY_D_COUNT]; /* D operations, as rows of isa/energy.def count them */
  uint64_t ptc_hits, ptc_misses;                 /* demand and host accesses */
  uint64_t ptc_walks;                            /* demand and background */
  uint64_t tier_hits[TIER_COUNT], tier_merges[TIER_COUNT]; /* accesses supplied by the tier */
  uint64_t tier_written[TIER_COUNT]; /* lines written back into the tier: victims, flushes */
  uint64_t tier_bytes[TIER_COUNT];   /* passed by the tier, both directions */
  uint64_t sent, received;  /* messages */
  uint64_t stack[STALL_COUNT]; /* sentron: sums to cycles; whole: to cycles x contexts */
};

struct vtpu_host_value {
  const char *name;
  uint64_t value;
};

struct vtpu_statistics {
  uint64_t cycles;   /* length of the run */
  unsigned contexts; /* nodes x cores x contexts */
  struct vtpu_counts total;
  unsigned sentron_count; /* as in the object */
  struct vtpu_sentron_statistics {
    const struct object_sentron *sentron;
    const char *state; /* "retired", "faulted", "waiting", ... */
    struct vtpu_counts counts;
    unsigned mark_count; /* of those that its code lies in, and then of "outside" */
    struct vtpu_mark_statistics {
      unsigned mark; /* index into `marks` below */
      struct vtpu_counts counts;
    } *marks;
  } *sentrons;
  unsigned core_count; /* nodes x cores */
  struct vtpu_counts *cores;
  unsigned node_count;
  struct vtpu_node_statistics {
    struct vtpu_counts counts;
    uint64_t ddr_reads, ddr_writes;     /* lines */
    uint64_t prefetches, prefetches_dropped;
    uint64_t writebacks[TIER_COUNT];    /* lines written into the tier from above */
    uint64_t pages;                     /* materialised */
  } *nodes;
  unsigned mark_count; /* program regions, as in the object; the last is "outside" */
  struct vtpu_counts *marks;
  unsigned host_value_count; /* of HOST_PRINT steps */
  struct vtpu_host_value *host_values;
};
int vtpu_statistics(const struct vtpu *v, struct vtpu_statistics **out, struct vtpu_error *err);
void vtpu_statistics_free(struct vtpu_statistics *s);
/* Leaves in `s` what came after `before`, earlier statistics of the same handle. */
void vtpu_statistics_since(struct vtpu_statistics *s, const struct vtpu_statistics *before);

/* All counts, cycles too. */
void counts_add(struct vtpu_counts *into, const struct vtpu_counts *from);
void counts_subtract(struct vtpu_counts *from, const struct vtpu_counts *what);

/* Derived figures, NAN where there is nothing to divide by. */
double counts_ops_per_cycle(const struct vtpu_counts *c);
double counts_utilisation(const struct vtpu_counts *c); /* all three pipes: ops / (3 SIWs) */
double counts_pipe_utilisation(const struct vtpu_counts *c, enum pipe pipe); /* ops / SIWs */
double counts_mac_per_cycle(const struct vtpu_counts *c);
double counts_ptc_hit_rate(const struct vtpu_counts *c);

#ifdef __cplusplus
}
#endif
#endif
