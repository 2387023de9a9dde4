/* The engine's own structures: cluster > node > core > context (architecture, section 1).
 *
 * How time works here (architecture, section 5, "How to simulate this fast"). Nothing steps
 * through cycles: the issue time of an SIW is a maximum over ready times. A core runs ahead of the
 * others as long as it touches only what is its own (its registers, its PTC, its L1 and L2). What
 * several cores share happens in the order (time, sentron), packed in one integer, the *key*. What
 * an access needs of L3 and DDR waits in its core's queue of arrivals, while the core goes on until
 * something depends on it. (A plain gather makes its core wait for its turn instead: pair.c.) While
 * one context of a core waits for another core's message, the other runs on until that can be there
 * (wake_bound in pair.c). The node takes the least key of all cores: the first arrival of a queue,
 * or a core that goes on, whose key says from when on it may cause something (cluster.c).
 * Collectives, the page table and faults are done by the core itself when no other core's key is
 * less (the node's `limit`).
 */
#ifndef VTPU_SIM_ENGINE_H
#define VTPU_SIM_ENGINE_H

#include "sim/pipe_d.h"
#include "sim/tiers.h"
#include "sim/translation.h"
#include "sim/vtpu.h"
#include "traces/log.h"

#include <stddef.h>
#include <stdlib.h>

__extension__ typedef __int128 int128;
#define NEVER UINT64_MAX

/* A time at or above WAITS is not known yet: it waits for an arrival in the core's queue, and is
 * not before the rest. NEVER: it depends on another sentron. */
#define WAITS (UINT64_C(1) << 62)
static inline cycle_t at_earliest(cycle_t t)
{
  return t >= WAITS && t != NEVER ? t - WAITS : t;
}

/* (time, global sentron number) as one ordered integer. */
enum { KEY_SENTRON_BITS = 10 };
static inline uint64_t key_of(cycle_t time, unsigned sentron)
{
  return time >= NEVER >> KEY_SENTRON_BITS ? NEVER : time << KEY_SENTRON_BITS | sentron;
}
static inline cycle_t key_time(uint64_t key)
{
  return key == NEVER ? NEVER : key >> KEY_SENTRON_BITS;
}

/* --- predecoded SIW --------------------------------------------------------------------------- */

enum siw_flags {
  SIW_MEMORY = 1,      /* holds a memory entry */
  SIW_ORDERED = 2,     /* the C slot, or SALLOC and SFREE, act on shared state at issue */
  SIW_D_FIRST = 4,     /* D reads the register that S writes: D runs before S */
  SIW_SNAPSHOT_S = 8,  /* and D writes the register that S reads */
  SIW_DEMAND = 16,     /* a gather, scatter or flush: counts in the PTC's hit rate */
  SIW_CWAIT = 32,      /* C needs credits or messages before it can issue */
  SIW_SNAPSHOT_C = 64, /* D or S writes the register that a collective reads */
  SIW_C_FIRST = 128,   /* D or S writes a register that C reads, and C writes none of theirs */
};

enum { PSIW_REGS = 12, REG_NONE = REG_COUNT };
enum { LOOP_MEMOS = 32, MEMO_SIWS = 64 };

/* What a plain SIW does (plain.c) in its S and C slots. */
enum plain_gather { GATHER_NONE, GATHER_LINE, GATHER_WORD, GATHER_PART, GATHER_KEEP };
enum plain_c { PLAIN_C_NONE, PLAIN_C_STEP, PLAIN_C_PACK };
enum siw_kind {
  SIW_PLAIN = 1,      /* for run_plain (plain.c) */
  SIW_INDEX = 2,      /* SINDEX: not for memos */
  SIW_MORE_REGS = 4,  /* more than REGS_FIRST */
  SIW_MANY_REGS = 8,  /* more than REGS_HOT */
  SIW_AHEAD = 16,     /* a prefetch into L1 or L2 (short.h), and plain otherwise; */
  SIW_AHEAD_L2 = 32,  /* into L2 */
  SIW_SCATTER = 64,   /* a scatter (short.h), and plain otherwise */
  SIW_MESSAGE = 128,  /* its C slot packs, sends or takes messages (short.h), plain otherwise */
  SIW_LINE = 256,     /* for line.h */
  SIW_GATHER = 512,   /* plain, with a gather */
  SIW_FORESEE = 1024, /* the one REST_AHEAD after it will want its rest */
};
enum { REGS_FIRST = 2, REGS_HOT = 6, PLAIN_LATENCY_MAX = 255 };

/* A coordinate in linear form that the S-pipe uses, a p register's or an immediate, with the page
 * that was found there last: a host line. */
struct place {
  uint64_t lo, hi; /* hi with the flags */
  struct ptc_hint hint;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct place) == 64, "a place is one host line");

/* It becomes another coordinate. */
static inline void place_move(struct place *at, uint64_t lo, uint64_t hi)
{
  at->lo = lo;
  if (at->hi != hi) {
    at->hi = hi;
    at->hint.entry = NULL;
    at->hint.room = 0;
  }
}

/* One SIW, decoded once for one sentron: a host line with all that a plain one needs. */
struct psiw {
  d_fn *d;
  struct place *place; /* of the S slot */
  struct d_op dop;
  union {
    int32_t c_imm;
    uint16_t pack[2]; /* CPACK: its lanes in x->r */
  };
  uint32_t mark;         /* where its counts are in x->marks, in units of 8 bytes: mark_of */
  uint16_t kind;         /* enum siw_kind */
  uint8_t reg[REGS_HOT]; /* scoreboard indices in the order of the operand test, without those that
                            are surely ready (drop_settled in predecode.c); if these are too many,
                            the first of all. Filled up with REG_NONE */
  uint8_t s_gather;      /* enum plain_gather */
  uint8_t s_reg, s_at, s_width;
  uint8_t plain_c, c_rd, c_reg; /* enum plain_c; what it writes, and that as a scoreboard index */
  uint8_t d_latency, c_latency; /* of a plain one */
  uint8_t ports;                /* bit 0 D, 1 S, 2 C: the slot is not a NOP */
  uint8_t flags;                /* enum siw_flags */
  uint8_t loop_ends;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct psiw) == 64, "a predecoded SIW is one host line");

/* The rest of it: a host line, and the immediate coordinate. */
struct psiw_rest {
  const struct bundle *bundle;
  struct channel *channel;           /* of CSEND, CROUTE and CRECV */
  uint8_t reg_count, reg[PSIW_REGS]; /* scoreboard indices in the order of the operand test */
  uint8_t d_code, s_code, c_code;
  uint8_t s_p, s_imc, s_rs, s_axis;
  bool s_ri, s_carry; /* SINDEX adds lane 0 of a register; carries */
  uint8_t c_rs, c_axis, c_flag, c_group;
  bool c_linear;   /* CSTEP along the linear axis */
  uint16_t c_part; /* CPACK.vec and CRECV: from this byte of the register on */
  uint16_t quiet;  /* at least so many SIWs issue from this one on before one that sends or takes a
                      message */
  int32_t s_imm;
  uint32_t d_latency;
  uint32_t body; /* of a loop's last SIW: its first, if a memo may serve (plain.c); else 0 */
  struct place immediate;
};
_Static_assert(offsetof(struct psiw_rest, immediate) == 64, "all but it is one host line");

/* --- messages and collectives ----------------------------------------------------------------- */

struct message { /* and its place in the queue: a host line */
  cycle_t arrive;
  cycle_t credit; /* when the place is free again */
  uint8_t bytes[M_BYTES];
} __attribute__((aligned(64)));
/* One ordered pair of sentrons. Between nodes the two ends learn of each other at the end of a
 * window (cluster.c), so each has its own counters. */
struct channel {
  struct context *sender, *receiver;
  cycle_t latency;
  /* Kept, though the queue tells it, so that who waits for many reads a host line of each. */
  cycle_t credit;           /* the next message may be sent from then on; NEVER: not known yet */
  cycle_t arrive;           /* likewise the next one that is taken is there */
  uint64_t sent, delivered; /* in the sender's and in the receiver's eyes */
  uint8_t owed, held;       /* of these: sent, and the credit not on its way back; not yet taken */
  uint8_t send_at, return_at, deliver_at, receive_at; /* places in the queue */
  struct message slots[];                             /* [queue_depth] */
};
_Static_assert(offsetof(struct channel, slots) == 64, "a channel but its queue is one host line");
/* What leaves a node in a window. */
struct parcel {
  uint64_t key; /* of the send */
  struct channel *channel;
  uint8_t bytes[M_BYTES];
};
struct refund {
  struct channel *channel;
  cycle_t credit;
};

struct gathering {           /* a collective that not all members have reached */
  uint16_t members, arrived; /* members: 0 = unused */
  uint8_t group;             /* its number */
  uint8_t code;              /* OP_CBAR, OP_CREDUCE, OP_CCAST */
  uint8_t mode, type, root;
  cycle_t last;
  uint8_t value[SENTRONS_PER_NODE_MAX][R_BYTES_MAX];
  uint8_t reg[SENTRONS_PER_NODE_MAX];
};

/* --- context ---------------------------------------------------------------------------------- */

#define NO_JUMP UINT32_MAX

enum life { LIFE_DORMANT, LIFE_RUNNING, LIFE_RETIRED, LIFE_FAULTED };

struct mark_counts {
  uint64_t stack[STALL_COUNT];
  uint64_t hits[TIER_COUNT], merges[TIER_COUNT];
  uint64_t written[TIER_COUNT]; /* lines that were written back into the tier */
  uint64_t ptc_misses, walks;
  uint64_t sent, received;
};

struct hw_loop {
  uint32_t start, end, remaining;
  bool active;
};

struct context {
  uint8_t r[R_COUNT][R_BYTES_MAX] __attribute__((aligned(64)));
  uint8_t snapshot_s[R_BYTES_MAX] __attribute__((aligned(64)));
  uint8_t snapshot_c[R_BYTES_MAX] __attribute__((aligned(64)));
  cycle_t ready[REG_COUNT + 1]; /* the last is REG_NONE, 0 */
  struct place p[P_COUNT];
  uint8_t cause[REG_COUNT];  /* enum stall of who owes it */
  cycle_t arrive[REG_COUNT]; /* of gathers: until then the PTC owes it */

  struct psiw *code; /* [code_first, code_end), as are: */
  struct psiw_rest *rest;
  uint64_t *entered; /* how often a jump led to it, less how often one led away from the SIW before
                        it: all operation statistics are made from this (issues_next) */
  uint32_t pc, code_first, code_end;
  uint32_t last_pc; /* of the last issue */
  bool ended_by_pc; /* the SIW at pc has issued, and the sentron has ended with it */
  cycle_t avail;    /* fetch: the next SIW is there */
  cycle_t hold;     /* barrier, collective or fence: no issue before; NEVER: unknown yet */
  cycle_t acc;      /* every cycle before this one has been charged */
  cycle_t last_issue;
  cycle_t released; /* the latest collective that released it; the start of the phase */
  cycle_t memory_complete, sends_arrive;
  cycle_t memory_bound; /* what waits for an arrival is not complete before */
  uint8_t hold_cause;
  bool issued;      /* at least once in this phase */
  bool fence_waits; /* the hold becomes known when nothing is pending */
  bool fence_sends;
  enum life life;
  unsigned pending;          /* own operations in the core's queue that are not complete */
  unsigned parcels;          /* own sends to other nodes whose arrival is not known yet */
  uint32_t jump;             /* set by the C-pipe: the next SIW, NO_JUMP if none */
  uint64_t step_lo, step_hi; /* CSTEP's result, worked out before anything is written */
  uint8_t hold_gathering;    /* of a barrier or collective: in the node's table */

  unsigned id, node_id, global, object_index; /* local number, node, key order, sentrons[] */
  struct core *core;
  const struct object_sentron *origin;
  struct hw_loop loop[L_COUNT];
  uint8_t m[M_COUNT][M_BYTES];
  uint16_t group[GROUP_COUNT];          /* members as bits */
  struct channel **to_local, **to_node; /* [16 sentrons], [nodes]; NULL until used */
  struct loop_memo *memos;              /* [LOOP_MEMOS], plain.c: host speed only */
  struct mark_counts *marks;            /* [mark_count + 1] */
  uint64_t cycles_before;               /* of earlier phases */
  uint64_t spawn_cycles;
  uint64_t prefetches, prefetches_dropped;
  cycle_t phase_start, first_issue;
  uint64_t trace_stall[STALL_COUNT]; /* since the last issue; only while tracing */
  struct issue_record *trace_held;   /* of the collective that holds it; NULL: none */
  struct trace_log *log;             /* sim/log.h; NULL: not logged */
  /* S-pipe tables */
  struct coord assoc[64];
  uint64_t assoc_puts;
  uint64_t dedup[64];
  unsigned dedup_count;
};

/* By address in x->code. */
static inline struct psiw_rest *rest_of(const struct context *x, const struct psiw *s)
{
  return &x->rest[s - x->code];
}

/* What counts by mark for it; and the number of its mark. */
static inline struct mark_counts *mark_of(const struct context *x, const struct psiw *s)
{
  return (struct mark_counts *)(void *)((uint64_t *)(void *)x->marks + s->mark);
}
enum { MARK_WORDS = sizeof(struct mark_counts) / sizeof(uint64_t) };
static inline uint32_t mark_number(const struct psiw *s)
{
  return s->mark / MARK_WORDS;
}

/* So many times, after the one before `from` the SIW at `to` was next. */
static inline void context_jump(struct context *x, uint32_t from, uint32_t to, uint64_t times)
{
  x->entered[from - x->code_first] -= times;
  x->entered[to - x->code_first] += times;
}

/* How often SIW k of x's code has issued; asked of one after the other from the first on. *sum: 0
 * at first. Nothing is counted issue by issue: what goes straight on needs it not. */
static inline uint64_t issues_next(const struct context *x, uint32_t k, uint64_t *sum)
{
  *sum += x->entered[k];
  const bool ahead = x->life != LIFE_DORMANT && k + x->code_first >= x->pc + x->ended_by_pc;
  return *sum - ahead; /* the run that goes on has been entered, but has not come there yet */
}

/* An SIW issues: lets the host fetch what those after it will want. Code of a model is longer than
 * the host's caches, and a host core that runs many sentrons goes through many places of it. */
enum { CODE_AHEAD = 4, REST_AHEAD = 2 }; /* SIWs */
static inline __attribute__((always_inline)) void code_foresee(const struct context *x,
                                                               const struct psiw *s)
{
  __builtin_prefetch(s + CODE_AHEAD);
  if (s->kind & SIW_FORESEE) {
    __builtin_prefetch(rest_of(x, s + REST_AHEAD));
    __builtin_prefetch(s[REST_AHEAD].place);
  }
}

/* Outcome of an attempt to issue. */
enum attempt {
  ATTEMPT_ISSUED,
  ATTEMPT_YIELD, /* its turn has not come: the core's key says when */
};

/* --- core, node, engine ----------------------------------------------------------------------- */

/* The data of an access come from this tier at this time. */
struct supply {
  cycle_t ready;
  unsigned source;
};

enum memory_kind { MEM_GATHER, MEM_SCATTER, MEM_PREFETCH, MEM_FLUSH, MEM_FREE, MEM_VICTIM };
enum near_part { NEAR_NONE, NEAR_WAITS, NEAR_DONE };

struct arrival { /* a memory operation between issue and arrival (arrival.c) */
  cycle_t time;
  struct context *x;
  struct ppt_region *region;
  uint8_t *cell; /* host address of byte 0 of the line */
  uint32_t line;
  cycle_t owed; /* what its memory entry waits for (gather.h); 0: it has taken none */
  uint8_t kind, reg, at, width, offset, hint, keep;
  uint8_t near;      /* enum near_part */
  uint8_t to_ddr;    /* dirty lines that its near part has driven out of L1 and L2 */
  uint64_t *slot[2]; /* ready times of the lines in L1 and L2 that wait for it */
  uint32_t mark;
  struct issue_record *trace;
  uint64_t *log;              /* the place of its outcome; NULL: not logged */
  uint8_t value[R_BYTES_MAX]; /* of a scatter */
};

/* Two SFREE a cycle, which hold no entry, and the operations that hold one. */
enum { ENTRIES_MAX = 64, PTC_HIT_MAX = 60, ARRIVALS = 256 };
_Static_assert(2 * (PTC_HIT_MAX + 1) + ENTRIES_MAX < ARRIVALS, "the queue of arrivals has room");
enum { CORES_MAX = 8 }; /* of a node: isa/machine.def */

/* A live context of a pair, and what is known of its next SIW (pair.c). */
struct turn {
  struct context *x;
  struct psiw *s;
  cycle_t operands; /* tests 1 to 3 pass */
  cycle_t time;     /* all tests pass, as things stand */
  unsigned global;  /* of x, whose line need not be fetched to see whose turn it is */
  uint8_t far;      /* so many SIWs after one that missed L1 and L2 the next is expected to, too */
} __attribute__((aligned(64)));

/* Do turns still hold when the core comes to run again? */
enum turns_kept {
  TURNS_OPEN,
  TURNS_KEPT, /* they do: a far access of the first waits for other cores, */
  TURNS_FAR,  /* in far.h */
};

struct core {
  struct tier l1, l2;
  struct tier *rom_l3; /* its half, which holds rom; NULL: there is no L3 */
  struct ptc ptc;
  struct context *ctx[2];
  unsigned number, contexts; /* in the node */
  struct node *node;
  uint64_t key;     /* it has nothing to do before; NEVER: until it is woken */
  cycle_t s_closed; /* S ports are closed before this cycle */
  cycle_t walker_free;
  cycle_t ptc_hit;
  bool fast_gathers;   /* the short path of gather.h may be taken, */
  bool far_gathers;    /* and that of far.h */
  bool turns_known;    /* `turn` says how things stand, but for those that wait for others: */
  uint8_t turns_stale; /* for what these wait, something may have come; a bit each */
  uint8_t turns_kept;  /* enum turns_kept */
  bool turn_contend;   /* with the other one */
  uint8_t turn_first;
  uint8_t scarce; /* pipes with one port, as bits: two contexts contend for it */
  unsigned entry_next, entries;
  unsigned queue_head, queue_count;
  unsigned near_waits; /* those whose near part has not been done */
  struct turn turn[2];
  cycle_t entry_free[ENTRIES_MAX];
  struct arrival queue[ARRIVALS];
  uint64_t host_ptc_hits, host_ptc_misses;
};

struct node {
  unsigned number;
  struct ppt ppt;
  struct core *cores;
  struct tier *l3; /* [halves] */
  unsigned halves, l3_cores;
  cycle_t ddr_free; /* in 1/256 cycle */
  uint64_t ddr_reads, ddr_writes;
  struct gathering gather[SENTRONS_PER_NODE_MAX]; /* each has at least one sentron that waits */

  uint8_t core_of[SENTRONS_PER_NODE_MAX];
  uint64_t order[CORES_MAX + 1]; /* the lesser of a core's key and its first arrival's, sorted; the
                                    last is NEVER */
  uint64_t limit;                /* below the least of the other cores, and the window's end */
  uint64_t end;                  /* of the window, a key; NEVER: none */
  unsigned woken; /* how often a core that does not run has been: what was concluded from the
                     others' keys may not hold any more */
  struct core *running;
  bool stopped; /* something is left to do at or after `stop` */
  struct {
    bool set;
    unsigned context;
    cycle_t cycle;
    uint32_t siw;
    char text[512];
  } fault;
  struct parcel *outbox; /* in the order of sending by core; sorted at the window's end */
  struct refund *refunds;
  size_t outbox_count, outbox_room, refund_count, refund_room;
  struct issue_record *trace_head, *trace_tail, *trace_now;
};

typedef void plain_fn(struct vtpu *v, struct core *c, struct context *x, cycle_t until);
typedef void core_fn(struct vtpu *v, struct core *c);
struct vtpu {
  struct machine m;
  const struct object *object;
  struct large large;     /* cores, contexts, their tags, PTC entries, code and counters */
  struct bundle *bundles; /* [siw_count] */
  struct node *nodes;
  struct core **cores; /* all, in order */
  unsigned core_count;
  struct context *contexts; /* one an object sentron */
  unsigned bytes;           /* DLEN / 8 */
  const uint8_t *curve_index, *curve_cell;
  d_select *const *dense; /* functions of the D-pipe, for this host */
  core_fn *core_run;      /* pair.c, for this host: runs a core as far as it can go by itself */
  cycle_t stop;           /* no issue at or after */
  cycle_t now;            /* start of the phase; end of the run when it is done */
  uint32_t host_step;
  bool phase_running, failed, has_spawn, ppt_changes, frees, untimed;
  uint64_t ddr_slot; /* 1/256 cycles a line */
  cycle_t reach;     /* least from an issue to one on another core of the node that waited for it */
  struct link *links;
  vtpu_trace_fn *trace;
  void *trace_user;
  bool trace_whole; /* an issue in a collective is told with its result */
  vtpu_access_fn *access;
  void *access_user;
  struct trace_writer *writer; /* log.c; NULL: no trace file */
  struct trace_log *host_log;
  cycle_t logged, log_window; /* all before is sealed; cycles from seal to seal */
  vtpu_event_fn *event;
  void *event_user;
  struct vtpu_host_value *host_values;
  unsigned host_value_count;
  unsigned threads;
};

/* Arrivals are in the order of their keys: the time of a PTC hit's issue, sentron. */
static inline uint64_t arrival_key(const struct core *c, const struct arrival *a)
{
  return (a->time - c->ptc_hit) << KEY_SENTRON_BITS | a->x->global;
}

/* True if the event (time, sentron) is due; else notes when in the core's key. */
static inline bool engine_due(struct core *c, cycle_t time, unsigned sentron)
{
  uint64_t key = key_of(time, sentron);
  if (key <= c->node->limit && (!c->queue_count || arrival_key(c, &c->queue[c->queue_head]) > key))
    return true;
  c->key = key;
  return false;
}

/* load.c. The short path of gather.h tells nobody what it does. */
bool engine_may_gather_fast(const struct vtpu *v);
/* And that of far.h: lines from afar are in flight. */
bool engine_may_gather_far(const struct vtpu *v);
/* statistics.c: n issues of an SIW, without what follows from its accesses; what was counted by
 * mark, added to the sum. */
void siw_add_counts(struct vtpu_counts *to, const struct bundle *b, unsigned dlen, uint64_t n);
void marks_add_events(struct vtpu_counts *to, const struct mark_counts *c);

/* Raises a fault of the running program at this cycle (the caller has the turn). */
void engine_fault(struct context *x, cycle_t t, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A context that waited for another may go on, not before `time`. */
void engine_wake(struct context *x, cycle_t time);

/* cluster.c: nodes side by side. Runs all until nothing is left to do before `stop`. */
int cluster_run(struct vtpu *v, struct vtpu_error *err);
void cluster_send(struct channel *ch, const uint8_t *bytes, cycle_t t);
void cluster_refund(struct channel *ch, cycle_t credit);
/* If a fence of x waited only for what has become known: sets its hold. */
void context_release_fence(struct context *x);

/* core.c */
/* Tests 1 to 3: fetch, hold, operands. */
cycle_t operands_ready(const struct context *x, const struct psiw *s);
/* The first cycle at which all tests pass, as things stand. `t`: the operands are ready. */
cycle_t issue_time(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                   cycle_t t);
/* Marks on the SIW at pc, innermost (latest start) first; returns the next SIW. */
uint32_t loop_end(struct context *x, unsigned marks);
/* Issues the SIW at pc in cycle t; all tests have passed. A yield leaves everything as it was. */
enum attempt issue(struct vtpu *v, struct core *c, struct context *x, struct psiw *s, cycle_t t);
/* Charges what a waiting context waits for, up to a cycle. */
void context_charge(struct vtpu *v, struct context *x, cycle_t upto);
/* What a running context waits for, as a sentence without its subject. */
void context_describe_wait(struct vtpu *v, struct context *x, char *out, size_t bytes);
/* Makes a context ready to issue at `entry` from cycle t + spawn on. */
void context_start(struct vtpu *v, struct context *x, cycle_t t, uint32_t entry);

/* plain.c: runs plain SIWs of x from its pc on, before cycle `until`; see there. */
plain_fn run_plain_base, run_plain_avx2;
core_fn core_run_base, core_run_avx2;

/* predecode.c */
core_fn *core_run_for_host(d_select *const *dense);
/* The SIWs of a sentron: its entry to its end, and whatever before the entry it jumps to. */
void code_section(const struct bundle *bundles, const struct object_sentron *o, uint32_t *first,
                  uint32_t *end);
int predecode(struct vtpu *v, struct context *x, struct vtpu_error *err);

/* memory.c: the S-pipe's memory operations */
enum attempt memory_issue(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                          cycle_t t);
bool memory_host(struct vtpu *v, struct coord c, uint8_t *bytes, bool write);

/* arrival.c */
/* The place for another one, to be filled in up to `mark` and `trace`, then submitted: issued at t,
 * with the register that a scatter takes its value from. */
struct arrival *arrival_new(struct core *c);
void arrival_submit(struct vtpu *v, struct core *c, struct arrival *a, cycle_t t,
                    const uint8_t *value);
/* Does a prefetch find no tier that it may fill? */
bool arrival_fills_nothing(struct core *c, const struct arrival *a);
/* Carries out the first of the queue: nothing with a lesser key comes any more. */
void arrival_take(struct vtpu *v, struct core *c);
/* A gather, or a scatter, of a line of rom or of what is private, which arrives at `a`, if its turn
 * has come: all that it does to the tiers, whatever it drives out. False: it has not, or some
 * arrival of this core is queued; nothing has changed. */
bool arrival_at_once(struct vtpu *v, struct core *c, struct context *x, const struct psiw *s,
                     enum memory_kind kind, cycle_t a, cycle_t t, struct supply *got);
/* SFREE at t: discards the lines of the region at its arrival. */
void arrival_free(struct core *c, struct context *x, struct ppt_region *r, cycle_t t);

/* entries.c */
/* The memory entry at `at` gets a time: those before it that are free later go up by one place. */
void entry_put(struct core *c, unsigned at, cycle_t free);
/* The one that is free first is taken until `free`, and others longer. */
void entry_insert(struct core *c, cycle_t free);
/* One that waited, as `owed` says, is free at `free`, before that. */
void entry_known(struct core *c, cycle_t owed, cycle_t free);

/* pipe_s.c, pipe_c.c: one function a row of the table; t is the cycle of issue */
typedef enum attempt s_fn(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                          cycle_t t);
typedef enum attempt c_fn(struct vtpu *v, struct core *c, struct context *x, struct psiw *s,
                          cycle_t t);
extern s_fn *const s_functions[OP_CODES];
extern c_fn *const c_functions[OP_CODES];

/* channel.c: messages */
/* Earliest cycle at which credits and messages allow the C slot; *credit and *message apart.
 * NEVER: it waits for another sentron. */
void c_wait(struct vtpu *v, struct context *x, const struct psiw *s, cycle_t *credit,
            cycle_t *message);
void c_describe_wait(struct vtpu *v, struct context *x, const struct psiw *s, char *out,
                     size_t bytes);
struct context *context_at(struct vtpu *v, unsigned node, unsigned id); /* NULL: none loaded */
/* Made on first use; those between nodes by predecode. */
struct channel *channel_between(struct vtpu *v, struct context *from, struct context *to);
void channel_deliver(struct vtpu *v, struct channel *ch, const uint8_t *bytes, cycle_t arrive);
void channel_refund(struct vtpu *v, struct channel *ch, cycle_t credit);
/* What its counters and its queue say of the next message. */
void channel_look(const struct vtpu *v, struct channel *ch);
void channels_free(struct vtpu *v, struct context *x);

/* network.c: links between nodes */
int network_init(struct vtpu *v, struct vtpu_error *err);
void network_free(struct vtpu *v);
/* Sends 32 bytes from one node to another at `t`; returns the arrival. The caller has the turn. */
cycle_t network_send(struct vtpu *v, unsigned from, unsigned to, cycle_t t);
/* The same without other traffic: the time a credit takes to come back. */
cycle_t network_unloaded(const struct vtpu *v, unsigned from, unsigned to);
/* Until when a link is taken, in 1/256 cycle: all that it remembers. */
cycle_t *network_link_free(struct vtpu *v, unsigned from, unsigned to);
/* Links on a shortest path. */
unsigned network_hops(const struct vtpu *v, unsigned from, unsigned to);

/* walk.c: SINDEX and CSTEP on the linear form; false = it leaves phext space */
bool walk(const struct vtpu *v, uint64_t *lo, uint64_t *hi, unsigned axis, int64_t step,
          bool carry);

/* trace.c: what vtpu_trace_fn is told */
void trace_begin(const struct vtpu *v, struct context *x, const struct psiw *s, cycle_t t);
struct issue_record *trace_of_memory(struct vtpu *v, struct node *n, uint64_t lo, uint64_t hi,
                                     bool ptc_hit);
void trace_arrival(struct vtpu *v, const struct arrival *a, cycle_t ready, enum stall tier);
void trace_end(struct vtpu *v, struct context *x);
/* The collective that holds it has its result. */
void trace_release(struct vtpu *v, struct context *x);
/* Hands out what is complete, of issues with keys below `bound`. */
void trace_flush(struct vtpu *v, uint64_t bound);
void trace_abandon(struct vtpu *v, cycle_t last);
void trace_free(struct vtpu *v);

/* events.c: tells a listener; only while there is one (v->event) */
void event_of(struct vtpu *v, const struct context *x, enum vtpu_event_kind kind, cycle_t t);
void event_stall(struct vtpu *v, const struct context *x, enum stall cause, cycle_t from,
                 cycle_t until);
void event_result(struct vtpu *v, const struct context *x, unsigned reg, cycle_t ready);
/* Of all registers that the SIW writes and whose results are known. */
void event_issue(struct vtpu *v, const struct context *x, const struct bundle *b, cycle_t t);
void event_translation(struct vtpu *v, const struct context *x, struct coord c, cycle_t t,
                       const struct ppt_region *r, uint64_t frame);
void event_access(struct vtpu *v, const struct arrival *a, cycle_t ready, enum stall tier);
void event_message(struct vtpu *v, const struct context *x, const struct context *other,
                   enum vtpu_event_kind kind, const uint8_t *bytes, cycle_t t);
void event_release(struct vtpu *v, const struct context *x, const uint8_t *value, cycle_t t);
void event_host(struct vtpu *v, struct coord c, const struct ptc_entry *e, const uint8_t bytes[8]);

/* Writes a register's lanes from the S- or C-pipe. */
static inline void reg_owe(struct context *x, unsigned reg, cycle_t ready, enum stall cause)
{
  x->ready[reg] = ready;
  x->cause[reg] = (uint8_t)cause;
}

/* Completion of the latest operation whose time is known. A register is never written while it is
 * owed, so that its ready time is the latest that it ever had. */
static inline cycle_t context_complete(const struct context *x)
{
  cycle_t t = x->memory_complete > x->released ? x->memory_complete : x->released;
  for (unsigned i = 0; i < REG_COUNT; i++)
    t = x->ready[i] < WAITS && x->ready[i] > t ? x->ready[i] : t;
  return x->issued && x->last_issue >= t ? x->last_issue + 1 : t;
}

#endif
