/* The writing thread: windows of logs are encoded, blocks packed and written; header and index. */
#include "traces/writer.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <zlib.h>

/* --- the writing thread: file ---------------------------------------------------------------- */

int writer_fail(struct trace_writer *w, const char *what)
{
  if (w->error.category)
    return (int)w->error.category;
  return vtpu_fail(&w->error, VTPU_SYSTEM, "%s: %s: %s", w->path, what, strerror(errno));
}

static int put_bytes(struct trace_writer *w, const void *bytes, size_t count)
{
  if (fwrite(bytes, 1, count, w->file) != count)
    return writer_fail(w, "cannot write");
  w->offset += count;
  return 0;
}

static int reserve(struct trace_writer *w, uint8_t **bytes, size_t *room, size_t wanted)
{
  if (wanted <= *room)
    return 0;
  uint8_t *more = realloc(*bytes, wanted + wanted / 2);
  if (!more)
    return writer_fail(w, "no memory for a block");
  *bytes = more;
  *room = wanted + wanted / 2;
  return 0;
}

/* The streams' parts one after another: number of the stream, bytes, the bytes. */
static int gather_payload(struct trace_writer *w)
{
  size_t all = 0;
  for (uint32_t i = 0; i < w->streams; i++) {
    encoder_end(&w->stream[i].encoder);
    if (w->stream[i].encoder.out_of_memory)
      return writer_fail(w, "no memory for a block");
    all += w->stream[i].encoder.used + 20;
  }
  int bad = reserve(w, &w->payload, &w->payload_room, all);
  if (bad)
    return bad;
  uint8_t *at = w->payload;
  for (uint32_t i = 0; i < w->streams; i++) {
    struct encoder *e = &w->stream[i].encoder;
    if (!e->used)
      continue;
    at = put_number(at, i);
    at = put_number(at, e->used);
    memcpy(at, e->bytes, e->used);
    at += e->used;
  }
  w->block.payload = (uint32_t)(at - w->payload);
  return 0;
}

/* zlib's fastest level, by the strategy; bytes that it gives, 0 if it cannot. */
static size_t deflated(uint8_t *to, size_t room, uint8_t *from, size_t bytes, int strategy)
{
  z_stream z = {.next_in = from, .avail_in = (uInt)bytes, .next_out = to, .avail_out = (uInt)room};
  if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL - 1, strategy) != Z_OK)
    return 0;
  const bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
  deflateEnd(&z);
  return whole ? z.total_out : 0;
}

/* Looking for repetitions takes most of the writing thread's time. Where they save little, as in
 * random addresses, which a sample shows, letters alone are coded: twice as fast, a quarter larger.
 */
static size_t pack_payload(struct trace_writer *w, size_t bytes)
{
  enum { SAMPLE = 1 << 16 };
  int strategy = Z_DEFAULT_STRATEGY;
  if (bytes > 2 * SAMPLE &&
      deflated(w->packed, w->packed_room, w->payload, SAMPLE, strategy) > SAMPLE * 6 / 10)
    strategy = Z_HUFFMAN_ONLY;
  return deflated(w->packed, w->packed_room, w->payload, bytes, strategy);
}

static int put_block(struct trace_writer *w)
{
  struct trace_block *b = &w->block;
  int bad = gather_payload(w);
  if (!bad)
    bad = reserve(w, &w->packed, &w->packed_room, compressBound(b->payload));
  if (bad)
    return bad;
  const size_t packed = pack_payload(w, b->payload);
  if (!packed)
    return vtpu_fail(&w->error, VTPU_BUG, "%s: zlib cannot pack a block", w->path);
  b->packed = (uint32_t)packed;
  b->crc = (uint32_t)crc32_z(0, w->packed, packed);
  b->offset = w->offset;
  uint8_t head[TRACE_BLOCK_BYTES] = TRACE_BLOCK_MAGIC;
  put_u32(head + 8, b->packed);
  put_u32(head + 12, b->payload);
  put_u32(head + 16, b->crc);
  put_u64(head + 20, b->records);
  put_u64(head + 28, b->first);
  put_u64(head + 36, b->last);
  put_u64(head + 44, b->kinds);
  put_u32(head + 56, (uint32_t)crc32_z(0, head, 56));
  bad = put_bytes(w, head, sizeof head);
  return bad ? bad : put_bytes(w, w->packed, packed);
}

void writer_end_block(struct trace_writer *w)
{
  if (!w->block.records || w->error.category)
    return;
  if (w->block_count == w->block_room) {
    size_t room = w->block_room ? 2 * w->block_room : 64;
    struct trace_block *more = realloc(w->blocks, room * sizeof *more);
    if (!more) {
      writer_fail(w, "no memory for the index");
      return;
    }
    w->blocks = more;
    w->block_room = room;
  }
  if (put_block(w))
    return;
  w->blocks[w->block_count++] = w->block;
  w->block = (struct trace_block){0};
  for (uint32_t i = 0; i < w->streams; i++)
    encoder_reset(&w->stream[i].encoder);
}

/* --- the writing thread: records ------------------------------------------------------------- */

static void count(struct trace_writer *w, enum trace_kind kind, uint64_t n, uint64_t first,
                  uint64_t last)
{
  struct trace_block *b = &w->block;
  if (!n)
    return;
  if (!b->records || first < b->first)
    b->first = first;
  if (!b->records || last > b->last)
    b->last = last;
  b->records += n;
  b->kinds |= UINT64_C(1) << kind;
  w->kinds[kind] += n;
}

static bool siw_wanted(const struct trace_writer *w, uint32_t siw)
{
  const uint64_t *s = w->select.siws;
  return !s || siw == TRACE_NO_SIW || s[siw / 64] >> siw % 64 & 1;
}

static void put_event(struct trace_writer *w, struct stream *s, const struct event *v)
{
  if (!siw_wanted(w, v->siw))
    return;
  encode_event(&s->encoder, v);
  count(w, v->kind, 1, v->cycle, v->cycle);
}

static void put_step(struct trace_writer *w, struct stream *s, const struct step *t)
{
  if (!siw_wanted(w, t->siw))
    return;
  encode_step(&s->encoder, t);
  count(w, TRACE_ISSUE, 1, t->cycle, t->cycle);
  count(w, TRACE_STALL, t->stalls, t->cycle, t->cycle);
  count(w, TRACE_MEMORY, t->accesses, t->cycle, t->cycle);
}

/* Charged segments of one cause are one stall. */
static void add_stall(struct step *t, unsigned cause, uint64_t cycles)
{
  for (unsigned i = 0; i < t->stalls; i++)
    if (t->stall[i].cause == cause) {
      t->stall[i].cycles += cycles;
      return;
    }
  t->stall[t->stalls].cause = (uint8_t)cause;
  t->stall[t->stalls++].cycles = cycles;
}

static void add_access(struct stream *s, const uint64_t *words)
{
  s->step.accesses = true;
  s->step.outcome = (uint32_t)words[0];
  s->arrival = words[1];
  s->ready = words[2];
  s->step.lo = words[3];
  s->step.hi = words[4];
}

static uint32_t cycles_between(uint64_t from, uint64_t to)
{
  return to < from ? 0 : to - from > UINT32_MAX ? UINT32_MAX : (uint32_t)(to - from);
}

static void end_step(struct trace_writer *w, struct stream *s, uint32_t siw)
{
  struct step *t = &s->step;
  t->cycle = s->cycle;
  t->siw = siw;
  t->arrival = cycles_between(t->cycle, s->arrival);
  t->ready = cycles_between(t->cycle, s->ready);
  put_step(w, s, t);
  t->stalls = 0;
  t->accesses = false;
}

/* Of a sentron that a stop finds waiting: its stalls belong to no issue. */
static void put_waiting(struct trace_writer *w, struct stream *s, const struct event *stop)
{
  for (unsigned i = 0; i < s->step.stalls; i++) {
    struct event v = {.kind = TRACE_STALL, .siw = stop->siw, .cycle = stop->cycle};
    v.field[0] = s->step.stall[i].cause;
    v.field[1] = s->step.stall[i].cycles;
    put_event(w, s, &v);
  }
  s->step.stalls = 0;
}

static size_t read_event(struct trace_writer *w, struct stream *s, const uint64_t *words)
{
  unsigned fields = (unsigned)(*words >> 44 & 255);
  struct event v = {
      .kind = (enum trace_kind)(*words >> 52 & 255), .siw = (uint32_t)*words, .cycle = words[1]};
  memcpy(v.field, words + 2, fields * sizeof *words);
  if (v.kind == TRACE_STOP)
    put_waiting(w, s, &v);
  put_event(w, s, &v);
  return 2 + fields;
}

static size_t read_rounds(struct trace_writer *w, struct stream *s, const uint64_t *words)
{
  struct rounds *r = w->rounds;
  size_t used = rounds_unpack(words, r);
  const uint64_t steps = rounds_steps(r);
  struct step t;
  if (w->select.siws) {
    for (uint64_t i = 0; i < steps; i++) {
      rounds_step(r, i, &t);
      put_step(w, s, &t);
    }
  } else {
    encode_rounds(&s->encoder, r);
    rounds_step(r, steps - 1, &t);
    count(w, TRACE_ISSUE, steps, r->start, t.cycle);
    for (unsigned k = 0; k < r->siws; k++) {
      uint64_t times = r->count + (k < r->rest);
      count(w, TRACE_STALL, times * r->siw[k].stalls, r->start, t.cycle);
      count(w, TRACE_MEMORY, times * r->siw[k].gathers, r->start, t.cycle);
    }
  }
  rounds_step(r, steps - 1, &t);
  s->cycle = t.cycle;
  return used;
}

static void read_chunk(struct trace_writer *w, struct stream *s, const struct log_chunk *c)
{
  const uint64_t *at = c->words, *end = at + c->used;
  while (at < end) {
    const uint64_t word = *at;
    switch ((enum log_tag)(word >> 60)) {
    case LOG_ISSUE:
      s->cycle += word >> 32 & ((1u << LOG_ISSUE_WAIT_BITS) - 1);
      end_step(w, s, (uint32_t)word);
      at++;
      break;
    case LOG_TIME:
      s->cycle = word << 4 >> 4;
      at++;
      break;
    case LOG_STALL:
      add_stall(&s->step, (unsigned)(word >> 52 & 255), word << 12 >> 12);
      at++;
      break;
    case LOG_MEMORY:
      add_access(s, at);
      at += LOG_MEMORY_WORDS;
      break;
    case LOG_EVENT: at += read_event(w, s, at); break;
    case LOG_ROUNDS: at += read_rounds(w, s, at); break;
    }
  }
}

static void read_window(struct trace_writer *w, struct window *win)
{
  size_t used = 0;
  for (uint32_t i = 0; i < w->streams; i++) {
    for (const struct log_chunk *c = win->chunks[i]; c && !w->error.category; c = c->next)
      read_chunk(w, &w->stream[i], c);
    used += w->stream[i].encoder.used;
  }
  if (used >= TRACE_BLOCK_PAYLOAD)
    writer_end_block(w);
}

/* Its chunks can be filled again. The lock is held. */
static void release_window(struct trace_writer *w, struct window *win)
{
  for (uint32_t i = 0; i < w->streams; i++)
    while (win->chunks[i]) {
      struct log_chunk *c = win->chunks[i];
      win->chunks[i] = c->next;
      c->next = w->unused;
      w->unused = c;
    }
  w->under_way -= win->words;
  free(win->chunks);
  free(win);
}

void *writer_thread(void *user)
{
  struct trace_writer *w = user;
  pthread_mutex_lock(&w->lock);
  for (;;) {
    while (!w->queue && !w->finishing)
      pthread_cond_wait(&w->changed, &w->lock);
    struct window *win = w->queue;
    if (!win)
      break;
    w->queue = win->next;
    if (!w->queue)
      w->queue_end = &w->queue;
    pthread_mutex_unlock(&w->lock);
    read_window(w, win);
    pthread_mutex_lock(&w->lock);
    release_window(w, win);
    if (w->error.category && !w->told.category)
      w->told = w->error;
    pthread_cond_broadcast(&w->changed);
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

/* --- header and index ------------------------------------------------------------------------ */

static json_t *group_names(uint16_t groups)
{
  json_t *list = json_array();
  for (int i = 0; i < TRACE_GROUP_COUNT; i++)
    if (groups >> i & 1)
      json_array_append_new(list, json_string(trace_group_names[i]));
  return list;
}

static int put_header(struct trace_writer *w, const struct trace_about *a, const struct object *o,
                      bool data)
{
  char hash[17];
  snprintf(hash, sizeof hash, "%016llx", (unsigned long long)trace_object_hash(o));
  json_t *sentrons = json_array();
  for (uint32_t i = 0; i < o->sentron_count; i++)
    json_array_append_new(sentrons, json_pack("[i, i]", o->sentrons[i].node, o->sentrons[i].id));
  json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:o, s:s, s:I, s:o}",
                        "program", a->program, "command", a->command, "machine", a->machine,
                        "parameters", a->parameters, "resumed", a->resumed, "loaded", a->loaded,
                        "untimed", a->untimed, "object_hash", hash, "data", data, "groups",
                        group_names(w->select.groups), "selection", w->select.text, "siws",
                        (json_int_t)o->siw_count, "sentrons", sentrons);
  char *text = j ? json_dumps(j, JSON_INDENT(1)) : NULL;
  json_decref(j);
  if (!text)
    return vtpu_fail(
        &w->error, VTPU_SYSTEM,
        "%s: the trace's header cannot be made: the command line or a path is no UTF-8", w->path);
  uint8_t head[TRACE_HEADER_BYTES] = TRACE_MAGIC;
  put_u32(head + 8, TRACE_VERSION);
  put_u32(head + 12, (uint32_t)strlen(text));
  put_u32(head + 16, (uint32_t)crc32_z(0, (const uint8_t *)text, strlen(text)));
  int bad = put_bytes(w, head, sizeof head);
  if (!bad)
    bad = put_bytes(w, text, strlen(text));
  free(text);
  return bad;
}

int writer_put_program(struct trace_writer *w, const struct trace_about *a, const struct object *o)
{
  uint8_t *bytes, head[TRACE_PROGRAM_BYTES] = TRACE_PROGRAM_MAGIC;
  size_t count;
  bool data;
  int bad = program_pack(o, &data, &bytes, &count, &w->error);
  if (bad)
    return bad;
  uLongf packed = compressBound(count);
  uint8_t *out = malloc(packed);
  if (!out || compress2(out, &packed, bytes, count, Z_BEST_SPEED) != Z_OK)
    bad = writer_fail(w, "no memory for the program");
  put_u32(head + 8, (uint32_t)packed);
  put_u32(head + 12, (uint32_t)count);
  if (!bad)
    put_u32(head + 16, (uint32_t)crc32_z(0, out, packed));
  if (!bad)
    bad = put_header(w, a, o, data);
  if (!bad)
    bad = put_bytes(w, head, sizeof head);
  if (!bad)
    bad = put_bytes(w, out, packed);
  free(out);
  free(bytes);
  return bad;
}

int writer_put_index(struct trace_writer *w)
{
  uint64_t offset = w->offset;
  size_t bytes = w->block_count * TRACE_ENTRY_BYTES + TRACE_KIND_COUNT * 8;
  uint8_t *entries = calloc(1, bytes);
  if (!entries)
    return writer_fail(w, "no memory for the index");
  for (size_t i = 0; i < w->block_count; i++) {
    put_u64(entries + i * TRACE_ENTRY_BYTES, w->blocks[i].offset);
    put_u64(entries + i * TRACE_ENTRY_BYTES + 8, w->blocks[i].first);
  }
  for (size_t i = 0; i < TRACE_KIND_COUNT; i++)
    put_u64(entries + w->block_count * TRACE_ENTRY_BYTES + i * 8, w->kinds[i]);
  uint8_t head[TRACE_INDEX_BYTES] = TRACE_INDEX_MAGIC, foot[TRACE_FOOTER_BYTES];
  put_u32(head + 8, (uint32_t)w->block_count);
  put_u32(head + 12, (uint32_t)crc32_z(0, entries, bytes));
  put_u64(foot, offset);
  memcpy(foot + 8, TRACE_END_MAGIC, TRACE_MAGIC_BYTES);
  int bad = put_bytes(w, head, sizeof head);
  if (!bad)
    bad = put_bytes(w, entries, bytes);
  if (!bad)
    bad = put_bytes(w, foot, sizeof foot);
  free(entries);
  return bad;
}
