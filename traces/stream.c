/* Steps, rounds and events to bytes and back: see stream.h. */
#include "traces/stream.h"

#include <stdlib.h>
#include <string.h>

enum { EXPECT_MAX = 4096, EXPECT_STALLS = 3, NUMBER_MAX = 10 };
enum {
  DIFFERS = 128,
  DIFFERS_SIW = 1,
  DIFFERS_WAIT = 2,
  DIFFERS_STALLS = 4,
  DIFFERS_OUTCOME = 8,
  DIFFERS_TIMES = 16,
  DIFFERS_LO = 32,
  DIFFERS_HI = 64,
  IS_ROUNDS = 255,
  STEP_BYTES_MAX = 1 + 5 + 10 + 3 + 11 * STEP_STALLS + 6 + 10 + 10 + 10,
  EVENT_BYTES_MAX = 2 + 5 + 10 + 10 * TRACE_FIELDS,
  ROUND_SIW_BYTES_MAX = 5 + 2 + 4 * 11 + 15 + 30,
};

/* What an SIW's step was the last time. */
struct expect {
  uint32_t epoch, siw, next;
  uint32_t outcome, arrival, ready;
  uint64_t wait, lo, step, hi;
  uint8_t accesses, stalls, cause[EXPECT_STALLS];
  uint64_t cycles[EXPECT_STALLS];
};

/* --- what both sides remember ---------------------------------------------------------------- */

int course_open(struct course *c, uint32_t siw_count, bool stalls)
{
  for (c->size = 1; c->size < siw_count && c->size < EXPECT_MAX;)
    c->size *= 2;
  c->table = calloc(c->size, sizeof *c->table);
  c->stalls = stalls;
  c->epoch = 1;
  return !c->table;
}

void course_close(struct course *c)
{
  free(c->table);
  c->table = NULL;
}

void course_reset(struct course *c)
{
  c->epoch++;
  c->begun = false;
  c->siw = 0;
  c->cycle = c->lo = c->hi = 0;
}

static struct expect *expect_of(const struct course *c, uint32_t siw)
{
  struct expect *e = &c->table[siw & (c->size - 1)];
  if (e->siw != siw || e->epoch != c->epoch) {
    memset(e, 0, sizeof *e);
    e->epoch = c->epoch;
    e->siw = siw;
    e->next = siw + 1;
    e->wait = 1;
  }
  return e;
}

static uint32_t expected_siw(const struct course *c)
{
  return c->begun ? expect_of(c, c->siw)->next : 0;
}

static uint64_t expected_wait(const struct course *c, const struct expect *e, const struct step *s)
{
  if (!c->stalls)
    return e->wait;
  uint64_t wait = 1;
  for (unsigned i = 0; i < s->stalls; i++)
    wait += s->stall[i].cycles;
  return wait;
}

static bool stalls_expected(const struct expect *e, const struct step *s)
{
  if (e->stalls != s->stalls)
    return false;
  for (unsigned i = 0; i < s->stalls; i++)
    if (e->cause[i] != s->stall[i].cause || e->cycles[i] != s->stall[i].cycles)
      return false;
  return true;
}

/* Takes in a step that both sides know now. */
static void learn(struct course *c, struct expect *e, const struct step *s)
{
  if (c->begun)
    expect_of(c, c->siw)->next = s->siw;
  /* That may have been another SIW's place in the table. */
  e = expect_of(c, s->siw);
  e->wait = s->cycle - c->cycle;
  e->stalls = s->stalls <= EXPECT_STALLS ? (uint8_t)s->stalls : 255;
  for (unsigned i = 0; i < s->stalls && i < EXPECT_STALLS; i++) {
    e->cause[i] = s->stall[i].cause;
    e->cycles[i] = s->stall[i].cycles;
  }
  e->accesses = s->accesses;
  if (s->accesses) {
    e->outcome = s->outcome;
    e->arrival = s->arrival;
    e->ready = s->ready;
    e->step = s->lo - e->lo;
    e->lo = s->lo;
    e->hi = s->hi;
  }
  c->begun = true;
  c->siw = s->siw;
  c->cycle = s->cycle;
}

/* --- numbers --------------------------------------------------------------------------------- */

uint8_t *put_number(uint8_t *at, uint64_t v)
{
  for (; v >= 128; v >>= 7)
    *at++ = (uint8_t)(v | 128);
  *at++ = (uint8_t)v;
  return at;
}

bool take_number(const uint8_t **at, const uint8_t *end, uint64_t *v)
{
  *v = 0;
  for (unsigned i = 0; i < NUMBER_MAX && *at < end; i++) {
    uint8_t b = *(*at)++;
    *v |= (uint64_t)(b & 127) << (7 * i);
    if (!(b & 128))
      return true;
  }
  return false;
}

static uint8_t *put_signed(uint8_t *at, uint64_t v)
{
  return put_number(at, v << 1 ^ (uint64_t)((int64_t)v >> 63));
}

static bool take_signed(struct decoder *d, uint64_t *v)
{
  uint64_t z;
  bool good = take_number(&d->at, d->end, &z);
  *v = z >> 1 ^ (~(z & 1) + 1);
  return good;
}

static bool take_u64(struct decoder *d, uint64_t *v)
{
  return take_number(&d->at, d->end, v);
}

static bool take_u32(struct decoder *d, uint32_t *v)
{
  uint64_t wide;
  bool good = take_number(&d->at, d->end, &wide) && wide <= UINT32_MAX;
  *v = (uint32_t)wide;
  return good;
}

static bool take_u8(struct decoder *d, uint8_t *v)
{
  if (d->at == d->end)
    return false;
  *v = *d->at++;
  return true;
}

/* --- rounds ---------------------------------------------------------------------------------- */

void rounds_step(const struct rounds *r, uint64_t i, struct step *out)
{
  uint64_t round = i / r->siws;
  const unsigned k = (unsigned)(i % r->siws);
  const struct log_round_siw *s = &r->siw[k];
  *out = (struct step){.cycle = r->start + round * r->length + s->issue,
                       .siw = r->first + k,
                       .accesses = s->gathers,
                       .stalls = s->stalls};
  for (unsigned n = 0; n < s->stalls; n++) {
    out->stall[n].cause = s->stall[n].cause;
    out->stall[n].cycles = s->stall[n].cycles;
  }
  if (s->gathers) {
    out->outcome = s->outcome;
    out->arrival = s->arrival - s->issue;
    out->ready = s->ready - s->issue;
    out->lo = s->lo + round * s->step;
    out->hi = s->hi;
  }
}

size_t rounds_unpack(const uint64_t *words, struct rounds *out)
{
  const uint64_t *at = words;
  out->first = (uint32_t)*at;
  out->siws = (unsigned)(*at++ >> 32 & 0xffff);
  out->start = *at++;
  out->length = *at++;
  out->count = *at++;
  out->rest = (unsigned)*at++;
  for (unsigned k = 0; k < out->siws; k++) {
    struct log_round_siw *s = &out->siw[k];
    s->issue = (uint32_t)*at;
    s->stalls = (unsigned)(*at >> 32 & 255);
    s->gathers = *at++ >> 40 & 1;
    for (unsigned i = 0; i < s->stalls; i++, at++) {
      s->stall[i].cause = (uint8_t)(*at >> 56);
      s->stall[i].cycles = *at << 8 >> 8;
    }
    if (!s->gathers)
      continue;
    s->arrival = (uint32_t)(*at >> 32);
    s->ready = (uint32_t)*at++;
    s->outcome = (uint32_t)*at++;
    s->lo = *at++;
    s->hi = *at++;
    s->step = *at++;
  }
  return (size_t)(at - words);
}

/* --- encoding -------------------------------------------------------------------------------- */

/* Room for `bytes` more; NULL when memory has run out. */
static uint8_t *encoder_room(struct encoder *e, size_t bytes)
{
  if (e->room - e->used < bytes + 1) { /* and for a run */
    size_t room = e->room ? 2 * e->room + bytes : 1 << 14;
    uint8_t *more = realloc(e->bytes, room);
    if (!more) {
      e->out_of_memory = true;
      return NULL;
    }
    e->bytes = more;
    e->room = room;
  }
  if (e->run) {
    e->bytes[e->used++] = (uint8_t)(e->run - 1);
    e->run = 0;
  }
  return e->bytes + e->used;
}

static uint8_t *put_step(uint8_t *at, unsigned differs, uint32_t expected, const struct expect *x,
                         const struct course *c, const struct step *s)
{
  *at++ = (uint8_t)(DIFFERS | differs);
  if (differs & DIFFERS_SIW)
    at = put_signed(at, (uint64_t)s->siw - expected);
  if (differs & DIFFERS_WAIT)
    at = put_number(at, s->cycle - c->cycle);
  if (differs & DIFFERS_STALLS) {
    at = put_number(at, s->stalls);
    for (unsigned i = 0; i < s->stalls; i++) {
      *at++ = s->stall[i].cause;
      at = put_number(at, s->stall[i].cycles);
    }
  }
  if (differs & DIFFERS_OUTCOME)
    at = put_number(at, s->accesses ? (uint64_t)s->outcome << 1 | 1 : 0);
  if (differs & DIFFERS_TIMES) {
    at = put_number(at, s->arrival);
    at = put_number(at, s->ready);
  }
  if (differs & DIFFERS_LO)
    at = put_signed(at, s->lo - x->lo - x->step);
  if (differs & DIFFERS_HI)
    at = put_signed(at, s->hi - x->hi);
  return at;
}

void encode_step(struct encoder *e, const struct step *s)
{
  struct course *c = &e->course;
  uint32_t expected = expected_siw(c);
  struct expect *x = expect_of(c, s->siw);
  unsigned differs = 0;
  differs |= s->siw != expected ? DIFFERS_SIW : 0;
  differs |= !stalls_expected(x, s) ? DIFFERS_STALLS : 0;
  differs |= s->cycle - c->cycle != expected_wait(c, x, s) ? DIFFERS_WAIT : 0;
  differs |=
      s->accesses != x->accesses || (s->accesses && s->outcome != x->outcome) ? DIFFERS_OUTCOME : 0;
  if (s->accesses) {
    differs |= s->arrival != x->arrival || s->ready != x->ready ? DIFFERS_TIMES : 0;
    differs |= s->lo != x->lo + x->step ? DIFFERS_LO : 0;
    differs |= s->hi != x->hi ? DIFFERS_HI : 0;
  }
  if (!differs) {
    e->run++;
    if (e->run == DIFFERS) {
      encoder_room(e, 0);
    }
  } else {
    uint8_t *at = encoder_room(e, STEP_BYTES_MAX);
    if (!at)
      return;
    e->used = (size_t)(put_step(at, differs, expected, x, c, s) - e->bytes);
  }
  learn(c, x, s);
}

void encode_event(struct encoder *e, const struct event *v)
{
  uint8_t *at = encoder_room(e, EVENT_BYTES_MAX);
  if (!at)
    return;
  *at++ = DIFFERS;
  *at++ = (uint8_t)v->kind;
  at = put_number(at, v->siw == TRACE_NO_SIW ? 0 : (uint64_t)v->siw + 1);
  at = put_signed(at, v->cycle - e->course.cycle);
  for (unsigned i = 0; i < trace_kinds[v->kind].fields; i++)
    at = put_signed(at, v->field[i]);
  e->used = (size_t)(at - e->bytes);
}

/* Where a course is after rounds. */
static void pass_rounds(struct course *c, const struct rounds *r)
{
  struct step last;
  rounds_step(r, rounds_steps(r) - 1, &last);
  c->begun = true;
  c->siw = last.siw;
  c->cycle = last.cycle;
}

void encode_rounds(struct encoder *e, const struct rounds *r)
{
  struct course *c = &e->course;
  uint8_t *at = encoder_room(e, 64 + (size_t)r->siws * ROUND_SIW_BYTES_MAX);
  if (!at)
    return;
  *at++ = DIFFERS;
  *at++ = IS_ROUNDS;
  at = put_number(at, r->first);
  at = put_signed(at, r->start - c->cycle);
  at = put_number(at, r->length);
  at = put_number(at, r->count);
  at = put_number(at, r->rest);
  at = put_number(at, r->siws);
  for (const struct log_round_siw *s = r->siw; s < r->siw + r->siws; s++) {
    at = put_number(at, s->issue);
    at = put_number(at, s->stalls << 1 | s->gathers);
    for (unsigned i = 0; i < s->stalls; i++) {
      *at++ = s->stall[i].cause;
      at = put_number(at, s->stall[i].cycles);
    }
    if (!s->gathers)
      continue;
    at = put_number(at, s->arrival);
    at = put_number(at, s->ready);
    at = put_number(at, s->outcome);
    at = put_signed(at, s->lo - c->lo);
    at = put_signed(at, s->hi - c->hi);
    at = put_signed(at, s->step);
    c->lo = s->lo;
    c->hi = s->hi;
  }
  pass_rounds(c, r);
  e->used = (size_t)(at - e->bytes);
}

void encoder_end(struct encoder *e)
{
  encoder_room(e, 0);
}

void encoder_reset(struct encoder *e)
{
  e->used = 0;
  e->run = 0;
  course_reset(&e->course);
}

/* --- decoding -------------------------------------------------------------------------------- */

void decoder_begin(struct decoder *d, const uint8_t *bytes, size_t count)
{
  course_reset(&d->course);
  d->at = bytes;
  d->end = bytes + count;
  d->run = 0;
  d->round_step = d->round_steps = 0;
}

static bool take_rounds(struct decoder *d)
{
  struct rounds *r = &d->rounds;
  struct course *c = &d->course;
  if (!take_u32(d, &r->first) || !take_signed(d, &r->start) || !take_u64(d, &r->length) ||
      !take_u64(d, &r->count) || !take_u32(d, &r->rest) || !take_u32(d, &r->siws) || r->siws == 0 ||
      r->siws > LOG_ROUNDS_SIWS || r->rest >= r->siws || r->count >> 32 || rounds_steps(r) == 0)
    return false;
  r->start += c->cycle;
  for (struct log_round_siw *s = r->siw; s < r->siw + r->siws; s++) {
    uint32_t head;
    memset(s, 0, sizeof *s);
    if (!take_u32(d, &s->issue) || !take_u32(d, &head))
      return false;
    s->stalls = head >> 1;
    s->gathers = head & 1;
    if (s->stalls > 4)
      return false;
    for (unsigned i = 0; i < s->stalls; i++)
      if (!take_u8(d, &s->stall[i].cause) || !take_u64(d, &s->stall[i].cycles))
        return false;
    if (!s->gathers)
      continue;
    if (!take_u32(d, &s->arrival) || !take_u32(d, &s->ready) || !take_u32(d, &s->outcome) ||
        !take_signed(d, &s->lo) || !take_signed(d, &s->hi) || !take_signed(d, &s->step))
      return false;
    c->lo = s->lo += c->lo;
    c->hi = s->hi += c->hi;
  }
  pass_rounds(c, r);
  d->round_step = 0;
  d->round_steps = rounds_steps(r);
  return true;
}

static bool take_event(struct decoder *d, unsigned kind, struct event *v)
{
  uint64_t siw;
  if (kind >= TRACE_KIND_COUNT)
    return false;
  memset(v, 0, sizeof *v);
  v->kind = (enum trace_kind)kind;
  if (!take_u64(d, &siw) || siw > UINT32_MAX || !take_signed(d, &v->cycle))
    return false;
  v->siw = siw ? (uint32_t)siw - 1 : TRACE_NO_SIW;
  v->cycle += d->course.cycle;
  for (unsigned i = 0; i < trace_kinds[kind].fields; i++)
    if (!take_signed(d, &v->field[i]))
      return false;
  return true;
}

static bool take_step(struct decoder *d, unsigned differs, struct step *s)
{
  struct course *c = &d->course;
  uint64_t siw = expected_siw(c), from = 0, wait = 0;
  if (differs & DIFFERS_SIW && !take_signed(d, &from))
    return false;
  siw += from;
  if (siw > UINT32_MAX)
    return false;
  struct expect *x = expect_of(c, (uint32_t)siw);
  s->siw = (uint32_t)siw;
  if (differs & DIFFERS_WAIT && !take_u64(d, &wait))
    return false;
  if (differs & DIFFERS_STALLS) {
    if (!take_u32(d, &s->stalls) || s->stalls > STEP_STALLS)
      return false;
    for (unsigned i = 0; i < s->stalls; i++)
      if (!take_u8(d, &s->stall[i].cause) || !take_u64(d, &s->stall[i].cycles))
        return false;
  } else {
    if (x->stalls > EXPECT_STALLS)
      return false;
    s->stalls = x->stalls;
    for (unsigned i = 0; i < s->stalls; i++) {
      s->stall[i].cause = x->cause[i];
      s->stall[i].cycles = x->cycles[i];
    }
  }
  s->cycle = c->cycle + (differs & DIFFERS_WAIT ? wait : expected_wait(c, x, s));
  uint64_t outcome = x->accesses ? (uint64_t)x->outcome << 1 | 1 : 0, lo = 0, hi = 0;
  if (differs & DIFFERS_OUTCOME && (!take_u64(d, &outcome) || outcome >> 33))
    return false;
  s->accesses = outcome & 1;
  s->outcome = (uint32_t)(outcome >> 1);
  s->arrival = x->arrival;
  s->ready = x->ready;
  if ((differs & DIFFERS_TIMES && (!take_u32(d, &s->arrival) || !take_u32(d, &s->ready))) ||
      (differs & DIFFERS_LO && !take_signed(d, &lo)) ||
      (differs & DIFFERS_HI && !take_signed(d, &hi)))
    return false;
  s->lo = x->lo + x->step + lo;
  s->hi = x->hi + hi;
  learn(c, x, s);
  return true;
}

enum decoded decode(struct decoder *d, struct step *s, struct event *v)
{
  if (d->round_step < d->round_steps) {
    rounds_step(&d->rounds, d->round_step++, s);
    return DECODED_STEP;
  }
  uint8_t head, kind;
  if (d->run) {
    d->run--;
    return take_step(d, 0, s) ? DECODED_STEP : DECODED_BAD;
  }
  if (!take_u8(d, &head))
    return DECODED_END;
  if (head < DIFFERS) {
    d->run = head;
    return take_step(d, 0, s) ? DECODED_STEP : DECODED_BAD;
  }
  if (head > DIFFERS)
    return take_step(d, head & (DIFFERS - 1), s) ? DECODED_STEP : DECODED_BAD;
  if (!take_u8(d, &kind))
    return DECODED_BAD;
  if (kind != IS_ROUNDS)
    return take_event(d, kind, v) ? DECODED_EVENT : DECODED_BAD;
  return take_rounds(d) ? decode(d, s, v) : DECODED_BAD;
}
