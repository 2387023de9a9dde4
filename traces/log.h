/* Logs: what one sentron did, in words, between the simulator's hot paths and the writing thread.
 *
 * A step is an SIW that issues. Its parts come first, ISSUE closes it:
 *
 *   word      63..60     59..0
 *   TIME      LOG_TIME   cycle from which the next ISSUE counts
 *   STALL     LOG_STALL  59..52 cause (isa/stalls.def)   51..0 cycles
 *   MEMORY    LOG_MEMORY 31..0 outcome (trace.h); then 4 words: arrival, ready, lo, hi
 *   EVENT     LOG_EVENT  59..52 kind   51..44 fields   31..0 SIW; then cycle and the fields
 *   ROUNDS    LOG_ROUNDS 47..32 SIWs of a round   31..0 first SIW; see log_rounds
 *   ISSUE     LOG_ISSUE  59..32 cycles since the issue before   31..0 SIW
 *
 * Coordinates are in their linear form (isa/coord.h), in which walks are steps of a constant.
 * A MEMORY whose outcome is not known yet is a hole of its chunk: log_hole, later log_fill; a chunk
 * goes to the writing thread only without holes.
 */
#ifndef VTPU_TRACES_LOG_H
#define VTPU_TRACES_LOG_H

#include "traces/trace.h"

enum log_tag { LOG_ISSUE = 1, LOG_TIME, LOG_STALL, LOG_MEMORY, LOG_ROUNDS, LOG_EVENT };
enum { LOG_CHUNK_BYTES = 1 << 15, LOG_ISSUE_WAIT_BITS = 28, LOG_MEMORY_WORDS = 5 };

struct log_chunk {
  struct log_chunk *next;
  uint32_t used, holes;
  uint64_t words[LOG_CHUNK_BYTES / 8 - 2]; /* aligned to LOG_CHUNK_BYTES */
};
enum { LOG_CHUNK_WORDS = LOG_CHUNK_BYTES / 8 - 2 };

struct trace_log {
  uint64_t *at, *end; /* room in the open chunk */
  uint64_t cycle;     /* of the last issue */
  uint32_t groups;    /* enum trace_group that are wanted, as bits */
  uint32_t next;      /* OUTCOME_MISS, _WALK, _MERGED: of the access that comes next */
  struct log_chunk *first, *open;
  struct trace_writer *writer;
};

/* A new chunk, with room for any one record. */
void log_grow(struct trace_log *l);

static inline uint64_t *log_room(struct trace_log *l, unsigned words)
{
  if (__builtin_expect((size_t)(l->end - l->at) < words, 0))
    log_grow(l);
  return l->at;
}

static inline bool log_wants(const struct trace_log *l, enum trace_group group)
{
  return l->groups >> group & 1;
}

static inline void log_issue(struct trace_log *l, uint64_t cycle, uint32_t siw)
{
  uint64_t *at = log_room(l, 2), wait = cycle - l->cycle;
  if (__builtin_expect(wait >> LOG_ISSUE_WAIT_BITS != 0, 0)) {
    *at++ = (uint64_t)LOG_TIME << 60 | cycle;
    wait = 0;
  }
  *at++ = (uint64_t)LOG_ISSUE << 60 | wait << 32 | siw;
  l->at = at;
  l->cycle = cycle;
}

static inline void log_stall(struct trace_log *l, unsigned cause, uint64_t cycles)
{
  if (!log_wants(l, TRACE_GROUP_STALL))
    return;
  *log_room(l, 1) = (uint64_t)LOG_STALL << 60 | (uint64_t)cause << 52 | cycles;
  l->at++;
}

/* An access whose outcome is known, or will be (arrival and ready 0). Where OUTCOME_MISS or _WALK
 * have been noted in the log, they are this access's. Only if memory is wanted. */
static inline uint64_t *log_memory(struct trace_log *l, uint32_t outcome, uint64_t arrival,
                                   uint64_t ready, uint64_t lo, uint64_t hi)
{
  uint64_t *at = log_room(l, LOG_MEMORY_WORDS);
  at[0] = (uint64_t)LOG_MEMORY << 60 | outcome | l->next;
  at[1] = arrival;
  at[2] = ready;
  at[3] = lo;
  at[4] = hi;
  l->at += LOG_MEMORY_WORDS;
  l->next = 0;
  return at;
}

static inline struct log_chunk *log_chunk_of(uint64_t *word)
{
  return (struct log_chunk *)((uintptr_t)word & ~(uintptr_t)(LOG_CHUNK_BYTES - 1));
}

static inline uint64_t *log_hole(struct trace_log *l, uint32_t outcome, uint64_t lo, uint64_t hi)
{
  uint64_t *at = log_memory(l, outcome, 0, 0, lo, hi);
  log_chunk_of(at)->holes++;
  return at;
}

static inline void log_fill(uint64_t *hole, uint32_t outcome, uint64_t arrival, uint64_t ready)
{
  hole[0] |= outcome;
  hole[1] = arrival;
  hole[2] = ready;
  log_chunk_of(hole)->holes--;
}

static inline void log_event(struct trace_log *l, enum trace_kind kind, uint32_t siw,
                             uint64_t cycle, unsigned fields, const uint64_t *field)
{
  if (!log_wants(l, trace_kinds[kind].group))
    return;
  uint64_t *at = log_room(l, 2 + fields);
  at[0] = (uint64_t)LOG_EVENT << 60 | (uint64_t)kind << 52 | (uint64_t)fields << 44 | siw;
  at[1] = cycle;
  for (unsigned i = 0; i < fields; i++)
    at[2 + i] = field[i];
  l->at += 2 + fields;
}

/* Rounds of a loop that went alike: SIWs first, first + 1, ... of a round that issues at `start`,
 * start + length, ... Behind the whole rounds come the first `rest` SIWs of one more.
 *
 *   words   head, start, length, rounds, rest; then for each SIW
 *           31..0 issue, in cycles from the round's start   39..32 number of stalls   40 it gathers
 *           for each stall: 63..56 cause   55..0 cycles
 *           if it gathers: 63..32 arrival and 31..0 ready, from the round's start; outcome; lo in
 * the first round, hi, step of lo from round to round
 */
struct log_round_siw {
  uint32_t issue, arrival, ready, outcome;
  bool gathers;
  unsigned stalls;
  struct {
    uint8_t cause;
    uint64_t cycles;
  } stall[4];
  uint64_t lo, hi, step;
};
enum {
  LOG_ROUNDS_HEAD = 5,
  LOG_ROUNDS_SIW_MAX = 1 + 4 + 5,
  LOG_ROUNDS_SIWS = (LOG_CHUNK_WORDS - LOG_ROUNDS_HEAD) / LOG_ROUNDS_SIW_MAX
};
void log_rounds(struct trace_log *l, uint32_t first, uint64_t start, uint64_t length,
                uint64_t rounds, unsigned rest, const struct log_round_siw *siw, unsigned siws);

#endif
