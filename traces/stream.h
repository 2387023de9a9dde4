/* One sentron's part of a block: steps, rounds and events to bytes and back, for the writer and the
 * reader only.
 *
 * Both sides keep the same expectation for each SIW: which comes next, and what its step was the
 * last time. Steps that go as expected are only counted. Numbers are little-endian base 128
 * (LEB128); signed ones zigzag. What is written:
 *
 *   0xxxxxxx  x + 1 steps as expected
 *   1mmmmmmm  a step that differs in what the bits m say (not 0), in this order:
 *             bit 0 SIW       signed, from the expected one
 *             bit 1 wait      cycles since the issue before
 *             bit 2 stalls    number; for each cause and cycles
 *             bit 3 outcome   0 no access; else outcome * 2 + 1
 *             bit 4 times     issue to arrival, issue to ready
 *             bit 5 lo        signed, from the expected one
 *             bit 6 hi        signed, from the one before at this SIW
 *   10000000  then a byte: 255 rounds, else the kind of an event
 *
 *   expected  SIW     the one after the SIW before, the last time; else the next in the code
 *             wait    1 + the stalls; where stalls are not recorded, as the last time
 *             stalls, outcome, times, hi   as the last time at this SIW; the first time none, 0
 *             lo      the last one here + the last difference here
 *   event     SIW + 1 (0: none); cycle, signed, from the issue before; each field, signed
 *   rounds    first SIW; start, signed, from the issue before; length, rounds, rest, SIWs; for each
 *             SIW: issue, stalls * 2 + gathers; for each stall cause and cycles; if it gathers:
 *             arrival, ready, outcome, lo and hi, signed, from the gather before; step, signed
 *
 * Whatever comes before in the block counts as "the last time", rounds not.
 */
#ifndef VTPU_TRACES_STREAM_H
#define VTPU_TRACES_STREAM_H

#include "traces/log.h"

enum { STEP_STALLS = 24 };

struct step {
  uint64_t cycle;
  uint32_t siw;
  bool accesses;
  uint32_t outcome, arrival, ready; /* times in cycles from the issue */
  uint64_t lo, hi;
  unsigned stalls;
  struct {
    uint8_t cause;
    uint64_t cycles;
  } stall[STEP_STALLS];
};

struct event {
  enum trace_kind kind;
  uint32_t siw;
  uint64_t cycle, field[TRACE_FIELDS];
};

struct rounds {
  uint32_t first;
  uint64_t start, length, count;
  unsigned rest, siws;
  struct log_round_siw siw[LOG_ROUNDS_SIWS];
};
static inline uint64_t rounds_steps(const struct rounds *r)
{
  return r->count * r->siws + r->rest;
}
/* Step i of all rounds. */
void rounds_step(const struct rounds *r, uint64_t i, struct step *out);
/* Words of a log to rounds; number of words. */
size_t rounds_unpack(const uint64_t *words, struct rounds *out);

/* What both sides remember between two steps. */
struct expect;
struct course {
  struct expect *table; /* [size] */
  uint32_t size, epoch;
  bool stalls; /* are recorded */
  bool begun;
  uint32_t siw;
  uint64_t cycle, lo, hi;
};
int course_open(struct course *c, uint32_t siw_count, bool stalls); /* 0, or out of memory */
void course_close(struct course *c);
void course_reset(struct course *c);

struct encoder {
  struct course course;
  uint8_t *bytes;
  size_t used, room;
  unsigned run; /* steps as expected that are not written yet */
  bool out_of_memory;
};
void encode_step(struct encoder *e, const struct step *s);
void encode_event(struct encoder *e, const struct event *v);
void encode_rounds(struct encoder *e, const struct rounds *r);
/* Ends the stream's part of a block: its bytes are whole. encoder_reset begins the next. */
void encoder_end(struct encoder *e);
void encoder_reset(struct encoder *e);

struct decoder {
  struct course course;
  const uint8_t *at, *end;
  unsigned run; /* steps as expected that are still to come */
  struct rounds rounds;
  uint64_t round_step, round_steps;
};
enum decoded { DECODED_END, DECODED_STEP, DECODED_EVENT, DECODED_BAD };
void decoder_begin(struct decoder *d, const uint8_t *bytes, size_t count);
enum decoded decode(struct decoder *d, struct step *s, struct event *v);

/* Numbers, for the writer and the reader of what lies around streams. */
uint8_t *put_number(uint8_t *at, uint64_t v);
/* False: they end before. */
bool take_number(const uint8_t **at, const uint8_t *end, uint64_t *v);

#endif
