/* Predictive coding of trace records: see codec.h. */
#include "traces/codec.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT_BITS = 15, CONTEXTS = 1 << CONTEXT_BITS, SENTRONS = 4096 };
enum {
  HEAD_WHO = 1,
  HEAD_SIW = 2,
  HEAD_CYCLE = 4,
  HEAD_BYTES = 8,
  HEAD_VALUE = 16,
  HEAD_FIELDS = 32,
  HEAD_RESERVED = 192
};
enum { WORD = 8, NUMBER_MAX = 10 };

/* What came after a record of this kind, sentron and SIW. */
struct next {
  uint64_t tag;
  uint8_t kind;
  uint16_t who;
  uint64_t cycle; /* difference */
};

/* What the last record of this kind, SIW and register carried. */
struct last {
  uint64_t tag;
  uint64_t field[TRACE_FIELDS], step[TRACE_FIELDS];
  uint8_t bytes, value[TRACE_VALUE_BYTES];
};

/* The SIW after this one of a sentron. */
struct follow {
  uint64_t tag;
  uint32_t siw;
};

struct codec {
  uint64_t epoch; /* tags hold it: a new one empties all tables */
  /* Of the record before; its number among those of the same kind, sentron and SIW in a row. */
  unsigned kind, who, ordinal;
  uint32_t before;
  uint64_t cycle;
  struct next *place;     /* where its follower is learnt; NULL: none before */
  uint32_t siw[SENTRONS]; /* of each sentron's last record (node * 256 + sentron, folded) */
  uint8_t siw_kind[SENTRONS];
  uint64_t siw_epoch[SENTRONS];
  struct next next[CONTEXTS];
  struct last last[CONTEXTS];
  struct follow follow[CONTEXTS];
};

struct codec *codec_new(void)
{
  struct codec *c = calloc(1, sizeof *c);
  if (c)
    codec_reset(c);
  return c;
}

void codec_free(struct codec *c)
{
  free(c);
}

void codec_reset(struct codec *c)
{
  c->epoch++;
  c->kind = TRACE_KIND_COUNT;
  c->cycle = 0;
  c->place = NULL;
}

/* --- predictions ----------------------------------------------------------------------------- */

static uint16_t who_of(const struct trace_record *r)
{
  return (uint16_t)(r->node << 8 | r->sentron);
}

/* A context's key with the epoch: its tag, and (folded) its place. 56 bits of key are kept. */
static uint64_t tag_of(const struct codec *c, unsigned kind, unsigned who, uint64_t siw,
                       unsigned reg)
{
  uint64_t key = (siw << 4 | kind) * UINT64_C(0x9e3779b97f4a7c15);
  key ^= ((uint64_t)who << 8 | reg) * UINT64_C(0xc2b2ae3d27d4eb4f);
  return key ^ c->epoch * UINT64_C(0x165667b19e3779f9);
}

static unsigned place_of(uint64_t tag)
{
  return (unsigned)(tag >> (64 - CONTEXT_BITS));
}

static struct next *next_place(struct codec *c, const struct trace_record *r)
{
  uint64_t tag = tag_of(c, r->kind, who_of(r), r->siw, c->ordinal);
  struct next *n = &c->next[place_of(tag)];
  if (n->tag != tag)
    *n = (struct next){.tag = tag, .kind = (uint8_t)r->kind, .who = who_of(r)};
  return n;
}

/* Several results of one SIW are told apart by their order. */
static struct last *last_place(struct codec *c, const struct trace_record *r)
{
  bool again = c->kind == r->kind && c->who == who_of(r) && c->before == r->siw;
  c->ordinal = again ? c->ordinal + 1 : 0;
  uint64_t tag = tag_of(c, r->kind, 0, r->siw, c->ordinal % 256);
  struct last *l = &c->last[place_of(tag)];
  if (l->tag != tag) {
    memset(l, 0, sizeof *l);
    l->tag = tag;
  }
  return l;
}

static struct follow *follow_place(struct codec *c, unsigned who, unsigned kind)
{
  unsigned s = who % SENTRONS;
  if (c->siw_epoch[s] != c->epoch) {
    c->siw_epoch[s] = c->epoch;
    c->siw[s] = TRACE_NO_SIW;
    c->siw_kind[s] = 0;
  }
  uint64_t tag = tag_of(c, kind, who, (uint64_t)c->siw[s] << 4 | c->siw_kind[s], 255);
  struct follow *f = &c->follow[place_of(tag)];
  if (f->tag != tag)
    *f = (struct follow){tag, c->siw[s]};
  return f;
}

/* Takes in a record that both sides know now. */
static void learn(struct codec *c, const struct trace_record *r, struct last *l, struct follow *f)
{
  if (c->place) {
    c->place->kind = (uint8_t)r->kind;
    c->place->who = who_of(r);
    c->place->cycle = r->cycle - c->cycle;
  }
  f->siw = r->siw;
  for (unsigned i = 0; i < trace_kinds[r->kind].fields; i++) {
    l->step[i] = r->field[i] - l->field[i];
    l->field[i] = r->field[i];
  }
  l->bytes = (uint8_t)r->bytes;
  memcpy(l->value, r->value, r->bytes);
  unsigned s = who_of(r) % SENTRONS;
  c->siw[s] = r->siw;
  c->siw_kind[s] = (uint8_t)r->kind;
  c->place = next_place(c, r);
  c->kind = r->kind;
  c->who = who_of(r);
  c->before = r->siw;
  c->cycle = r->cycle;
}

/* --- numbers --------------------------------------------------------------------------------- */

static uint8_t *put_number(uint8_t *at, uint64_t v)
{
  for (; v >= 128; v >>= 7)
    *at++ = (uint8_t)(v | 128);
  *at++ = (uint8_t)v;
  return at;
}

static uint64_t zigzag(uint64_t v)
{
  return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

static uint64_t unzigzag(uint64_t v)
{
  return v >> 1 ^ (~(v & 1) + 1);
}

/* What is read from; `broken` once something is not there. */
struct input {
  const uint8_t *at, *end;
  bool broken;
};

static uint8_t take(struct input *in)
{
  if (in->at == in->end) {
    in->broken = true;
    return 0;
  }
  return *in->at++;
}

static uint64_t take_number(struct input *in)
{
  uint64_t v = 0;
  for (unsigned i = 0; i < NUMBER_MAX; i++) {
    uint8_t b = take(in);
    v |= (uint64_t)(b & 127) << (7 * i);
    if (!(b & 128))
      return v;
  }
  in->broken = true;
  return 0;
}

/* --- values ---------------------------------------------------------------------------------- */

static uint8_t *put_value(uint8_t *at, const uint8_t *value, const uint8_t *before, unsigned bytes)
{
  uint8_t *words = at++;
  *words = 0;
  for (unsigned w = 0; w * WORD < bytes; w++) {
    unsigned n = bytes - w * WORD < WORD ? bytes - w * WORD : WORD;
    if (memcmp(value + w * WORD, before + w * WORD, n) == 0)
      continue;
    *words |= (uint8_t)(1u << w);
    uint8_t *mask = at++;
    *mask = 0;
    for (unsigned i = w * WORD; i < w * WORD + n; i++)
      if (value[i] != before[i]) {
        *mask |= (uint8_t)(1u << (i % WORD));
        *at++ = value[i];
      }
  }
  return at;
}

static void take_value(struct input *in, uint8_t *value, unsigned bytes)
{
  uint8_t words = take(in);
  for (unsigned w = 0; w < WORD; w++) {
    if (!(words >> w & 1))
      continue;
    uint8_t mask = take(in);
    for (unsigned i = 0; i < WORD; i++) {
      if (!(mask >> i & 1))
        continue;
      uint8_t b = take(in);
      if (w * WORD + i >= bytes)
        in->broken = true;
      else
        value[w * WORD + i] = b;
    }
  }
}

/* --- records --------------------------------------------------------------------------------- */

size_t codec_encode(struct codec *c, const struct trace_record *r, uint8_t *out)
{
  uint8_t *at = out + 1;
  unsigned head = 0;
  uint64_t wait = c->place ? c->place->cycle : 0;
  if (!c->place || c->place->kind != r->kind || c->place->who != who_of(r)) {
    head |= HEAD_WHO;
    *at++ = (uint8_t)r->kind;
    at = put_number(at, who_of(r));
  }
  struct follow *f = follow_place(c, who_of(r), r->kind);
  if (f->siw != r->siw) {
    head |= HEAD_SIW;
    at = put_number(at, zigzag((uint64_t)((int64_t)r->siw - (int64_t)f->siw)));
  }
  if (r->cycle != c->cycle + wait) {
    head |= HEAD_CYCLE;
    at = put_number(at, r->cycle - c->cycle);
  }
  struct last *l = last_place(c, r);
  uint8_t differ = 0, *fields = at;
  for (unsigned i = 0; i < trace_kinds[r->kind].fields; i++) {
    uint64_t d = r->field[i] - l->field[i] - l->step[i];
    if (!d)
      continue;
    if (!differ)
      at++;
    differ |= (uint8_t)(1u << i);
    at = put_number(at, zigzag(d));
  }
  if (differ) {
    head |= HEAD_FIELDS;
    *fields = differ;
  }
  if (r->bytes != l->bytes) {
    head |= HEAD_BYTES;
    *at++ = (uint8_t)r->bytes;
  }
  if (r->bytes && memcmp(r->value, l->value, r->bytes) != 0) {
    head |= HEAD_VALUE;
    at = put_value(at, r->value, l->value, r->bytes);
  }
  out[0] = (uint8_t)head;
  learn(c, r, l, f);
  return (size_t)(at - out);
}

size_t codec_decode(struct codec *c, const uint8_t *from, size_t bytes, struct trace_record *out)
{
  struct input in = {from, from + bytes, false};
  unsigned head = take(&in), who;
  memset(out, 0, sizeof *out);
  if (head & HEAD_RESERVED || (!c->place && !(head & HEAD_WHO)))
    return 0;
  uint64_t wait = c->place ? c->place->cycle : 0;
  if (head & HEAD_WHO) {
    out->kind = (enum trace_kind)take(&in);
    who = (unsigned)take_number(&in);
  } else {
    out->kind = (enum trace_kind)c->place->kind;
    who = c->place->who;
  }
  if (out->kind >= TRACE_KIND_COUNT || who > 0xffff)
    return 0;
  out->node = (uint16_t)(who >> 8);
  out->sentron = who & 255;
  struct follow *f = follow_place(c, who, out->kind);
  out->siw = f->siw;
  if (head & HEAD_SIW)
    out->siw = (uint32_t)((int64_t)f->siw + (int64_t)unzigzag(take_number(&in)));
  out->cycle = c->cycle + (head & HEAD_CYCLE ? take_number(&in) : wait);
  const struct trace_kind_info *info = &trace_kinds[out->kind];
  struct last *l = last_place(c, out);
  uint8_t differ = head & HEAD_FIELDS ? take(&in) : 0;
  if (differ >> info->fields || (head & HEAD_FIELDS && !differ))
    return 0;
  for (unsigned i = 0; i < info->fields; i++) {
    out->field[i] = l->field[i] + l->step[i];
    if (differ >> i & 1)
      out->field[i] += unzigzag(take_number(&in));
  }
  out->bytes = head & HEAD_BYTES ? take(&in) : l->bytes;
  if (out->bytes > info->value_bytes)
    return 0;
  memcpy(out->value, l->value, out->bytes);
  if (head & HEAD_VALUE)
    take_value(&in, out->value, out->bytes);
  if (in.broken)
    return 0;
  learn(c, out, l, f);
  return (size_t)(in.at - from);
}
