/* Writing a trace: the simulation's thread fills chunks, the writing thread empties them.
 *
 *   trace_put --chunk of records--> encode (codec.h) --block--> zlib --> file
 *
 * A ring of chunks lies between the threads. The simulation waits for an empty chunk only when the
 * writing thread is the whole ring behind. After an error the writing thread goes on emptying, so
 * that nobody waits for ever; the first error is kept for the caller. */
#include "traces/codec.h"
#include "traces/format.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { CHUNKS = 8, CHUNK_BYTES = 1 << 20 };

/* A record in a chunk: struct trace_record up to the end of its value, in whole words. */
enum { RECORD_HEAD = offsetof(struct trace_record, value) };

static size_t record_room(const struct trace_record *r)
{
  return (RECORD_HEAD + r->bytes + 7u) / 8 * 8;
}

struct chunk {
  size_t bytes;
  _Alignas(8) uint8_t records[CHUNK_BYTES];
};

struct trace_writer {
  char *path;
  FILE *file;
  struct codec *codec;

  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct chunk *ring;       /* [CHUNKS] */
  unsigned filled, emptied; /* chunks so far */
  bool finishing;
  struct chunk *open;     /* being filled */
  struct vtpu_error told; /* copy of `error` that both threads may see */

  /* The writing thread's own. */
  struct vtpu_error error; /* the first; category 0: none */
  struct trace_block block;
  uint8_t *payload, *packed;
  size_t packed_room;
  uint64_t offset, kinds[TRACE_KIND_COUNT];
  struct trace_block *blocks;
  size_t block_count, block_room;
};

/* --- the writing thread ---------------------------------------------------------------------- */

static int fail(struct trace_writer *w, const char *what)
{
  return vtpu_fail(&w->error, VTPU_SYSTEM, "%s: %s: %s", w->path, what, strerror(errno));
}

static int put_bytes(struct trace_writer *w, const void *bytes, size_t count)
{
  if (fwrite(bytes, 1, count, w->file) != count)
    return fail(w, "cannot write the trace");
  w->offset += count;
  return 0;
}

static int end_block(struct trace_writer *w)
{
  struct trace_block *b = &w->block;
  if (!b->records)
    return 0;
  uLongf packed = (uLongf)w->packed_room;
  if (compress2(w->packed, &packed, w->payload, b->payload, Z_BEST_SPEED) != Z_OK)
    return vtpu_fail(&w->error, VTPU_BUG, "%s: zlib cannot pack a block", w->path);
  b->packed = (uint32_t)packed;
  b->crc = (uint32_t)crc32_z(0, w->packed, packed);
  b->offset = w->offset;
  if (w->block_count == w->block_room) {
    size_t room = w->block_room ? 2 * w->block_room : 64;
    struct trace_block *more = realloc(w->blocks, room * sizeof *more);
    if (!more)
      return fail(w, "no memory for the index");
    w->blocks = more;
    w->block_room = room;
  }
  uint8_t head[TRACE_BLOCK_BYTES] = TRACE_BLOCK_MAGIC;
  put_u32(head + 8, b->packed);
  put_u32(head + 12, b->payload);
  put_u32(head + 16, b->crc);
  put_u32(head + 20, b->records);
  put_u64(head + 24, b->first);
  put_u64(head + 32, b->last);
  put_u64(head + 40, b->kinds);
  put_u32(head + 48, (uint32_t)crc32_z(0, head, 48));
  int bad = put_bytes(w, head, sizeof head);
  if (!bad)
    bad = put_bytes(w, w->packed, packed);
  w->blocks[w->block_count++] = *b;
  *b = (struct trace_block){0};
  codec_reset(w->codec);
  return bad;
}

static void write_chunk(struct trace_writer *w, const struct chunk *c)
{
  struct trace_block *b = &w->block;
  for (size_t at = 0; at < c->bytes && !w->error.category;) {
    const struct trace_record *r = (const struct trace_record *)(const void *)(c->records + at);
    b->payload += (uint32_t)codec_encode(w->codec, r, w->payload + b->payload);
    if (!b->records++)
      b->first = r->cycle;
    b->last = r->cycle;
    b->kinds |= UINT64_C(1) << r->kind;
    w->kinds[r->kind]++;
    at += record_room(r);
    if (b->records == TRACE_BLOCK_RECORDS || b->payload > TRACE_BLOCK_PAYLOAD - CODEC_RECORD_MAX)
      end_block(w);
  }
}

static void *write_chunks(void *user)
{
  struct trace_writer *w = user;
  pthread_mutex_lock(&w->lock);
  for (;;) {
    while (w->filled == w->emptied && !w->finishing)
      pthread_cond_wait(&w->changed, &w->lock);
    if (w->filled == w->emptied)
      break;
    const struct chunk *c = &w->ring[w->emptied % CHUNKS];
    pthread_mutex_unlock(&w->lock);
    write_chunk(w, c);
    pthread_mutex_lock(&w->lock);
    if (w->error.category && !w->told.category)
      w->told = w->error;
    w->emptied++;
    pthread_cond_broadcast(&w->changed);
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

/* --- the simulation's thread ----------------------------------------------------------------- */

/* Hands the open chunk over and waits for an empty one. */
static void next_chunk(struct trace_writer *w)
{
  pthread_mutex_lock(&w->lock);
  w->filled++;
  pthread_cond_broadcast(&w->changed);
  while (w->filled - w->emptied == CHUNKS)
    pthread_cond_wait(&w->changed, &w->lock);
  pthread_mutex_unlock(&w->lock);
  w->open = &w->ring[w->filled % CHUNKS];
  w->open->bytes = 0;
}

void trace_put(struct trace_writer *w, const struct trace_record *r)
{
  if (w->open->bytes + record_room(r) > CHUNK_BYTES)
    next_chunk(w);
  memcpy(w->open->records + w->open->bytes, r, RECORD_HEAD + r->bytes);
  w->open->bytes += record_room(r);
}

int trace_writer_check(struct trace_writer *w, struct vtpu_error *err)
{
  pthread_mutex_lock(&w->lock);
  int category = (int)w->told.category;
  if (category)
    *err = w->told;
  pthread_mutex_unlock(&w->lock);
  return category;
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

static int put_header(struct trace_writer *w, const struct trace_about *a)
{
  char hash[17];
  snprintf(hash, sizeof hash, "%016llx", (unsigned long long)a->object_hash);
  json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:s}", "program", a->program,
                        "command", a->command, "machine", a->machine, "object_hash", hash,
                        "siw_count", (json_int_t)a->siw_count, "sentron_count",
                        (json_int_t)a->sentron_count, "mark_count", (json_int_t)a->mark_count,
                        "groups", group_names(a->groups), "selection", a->selection);
  char *text = j ? json_dumps(j, JSON_INDENT(1)) : NULL;
  json_decref(j);
  if (!text)
    return vtpu_fail(&w->error, VTPU_SYSTEM, "%s: no memory for the trace's header", w->path);
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

static int put_index(struct trace_writer *w)
{
  uint64_t offset = w->offset;
  size_t bytes = w->block_count * TRACE_ENTRY_BYTES + TRACE_KIND_COUNT * 8;
  uint8_t *entries = calloc(1, bytes);
  if (!entries)
    return fail(w, "no memory for the index");
  for (size_t i = 0; i < w->block_count; i++) {
    uint8_t *e = entries + i * TRACE_ENTRY_BYTES;
    put_u64(e, w->blocks[i].offset);
    put_u64(e + 8, w->blocks[i].first);
    put_u32(e + 16, w->blocks[i].records);
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

/* --- begin and end --------------------------------------------------------------------------- */

static void release(struct trace_writer *w)
{
  if (w->file)
    fclose(w->file);
  codec_free(w->codec);
  free(w->path);
  free(w->ring);
  free(w->payload);
  free(w->packed);
  free(w->blocks);
  free(w);
}

int trace_create(const char *path, const struct trace_about *about, struct trace_writer **out,
                 struct vtpu_error *err)
{
  struct trace_writer *w = calloc(1, sizeof *w);
  *out = NULL;
  if (!w)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory for the trace", path);
  w->path = strdup(path);
  w->codec = codec_new();
  w->ring = malloc(CHUNKS * sizeof *w->ring);
  w->payload = malloc(TRACE_BLOCK_PAYLOAD);
  w->packed_room = compressBound(TRACE_BLOCK_PAYLOAD);
  w->packed = malloc(w->packed_room);
  int bad = 0;
  if (!w->path || !w->codec || !w->ring || !w->payload || !w->packed)
    bad = vtpu_fail(&w->error, VTPU_SYSTEM, "%s: no memory for the trace", path);
  if (!bad && !(w->file = fopen(path, "wb")))
    bad = fail(w, "cannot write the trace");
  if (!bad)
    bad = put_header(w, about);
  if (!bad) {
    w->open = w->ring;
    w->open->bytes = 0;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    errno = pthread_create(&w->thread, NULL, write_chunks, w);
    if (errno)
      bad = fail(w, "no thread to write the trace");
  }
  if (bad) {
    *err = w->error;
    release(w);
    return bad;
  }
  *out = w;
  return 0;
}

int trace_finish(struct trace_writer *w, struct vtpu_error *err)
{
  pthread_mutex_lock(&w->lock);
  w->filled++;
  w->finishing = true;
  pthread_cond_broadcast(&w->changed);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  pthread_mutex_destroy(&w->lock);
  pthread_cond_destroy(&w->changed);
  if (!w->error.category)
    end_block(w);
  if (!w->error.category)
    put_index(w);
  if (fclose(w->file) && !w->error.category)
    fail(w, "cannot write the trace");
  w->file = NULL;
  int category = (int)w->error.category;
  if (category)
    *err = w->error;
  release(w);
  return category;
}
