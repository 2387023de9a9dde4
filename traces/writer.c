/* Writing a trace: the simulation's threads fill logs, the writing thread empties them.
 *
 *   log.h --chunks of a window--> encode (stream.h) --block--> zlib --> file
 *
 * A seal ends a window: what is logged below a cycle. Windows whose accesses are all complete go to
 * the writing thread, in their order. The simulation waits only when that is far behind. After an
 * error the writing thread goes on emptying, so that nobody waits for ever; the first error is kept
 * for the caller. */
#include "traces/writer.h"

#include <errno.h>
#include <stdlib.h>

/* Words under way to the writing thread, at which the simulation waits: 64 MiB. */
enum { WORDS_UNDER_WAY = 8 << 20 };

/* --- the logs' side -------------------------------------------------------------------------- */

void log_grow(struct trace_log *l)
{
  struct trace_writer *w = l->writer;
  pthread_mutex_lock(&w->lock);
  struct log_chunk *c = w->unused;
  if (c)
    w->unused = c->next;
  pthread_mutex_unlock(&w->lock);
  if (!c)
    c = aligned_alloc(LOG_CHUNK_BYTES, LOG_CHUNK_BYTES);
  if (!c)
    abort(); /* 32 KiB: the host is beyond help */
  c->next = NULL;
  c->used = c->holes = 0;
  if (l->open) {
    l->open->used = (uint32_t)(l->at - l->open->words);
    l->open->next = c;
  } else {
    l->first = c;
  }
  l->open = c;
  l->at = c->words;
  l->end = c->words + LOG_CHUNK_WORDS;
}

void log_rounds(struct trace_log *l, uint32_t first, uint64_t start, uint64_t length,
                uint64_t rounds, unsigned rest, const struct log_round_siw *siw, unsigned siws)
{
  uint64_t *at = log_room(l, LOG_ROUNDS_HEAD + siws * LOG_ROUNDS_SIW_MAX);
  const bool stalls = log_wants(l, TRACE_GROUP_STALL), memory = log_wants(l, TRACE_GROUP_MEMORY);
  *at++ = (uint64_t)LOG_ROUNDS << 60 | (uint64_t)siws << 32 | first;
  *at++ = start;
  *at++ = length;
  *at++ = rounds;
  *at++ = rest;
  for (const struct log_round_siw *s = siw; s < siw + siws; s++) {
    *at++ = s->issue | (uint64_t)(stalls ? s->stalls : 0) << 32 |
            (uint64_t)(memory && s->gathers) << 40;
    for (unsigned i = 0; stalls && i < s->stalls; i++)
      *at++ = (uint64_t)s->stall[i].cause << 56 | s->stall[i].cycles;
    if (!memory || !s->gathers)
      continue;
    *at++ = (uint64_t)s->arrival << 32 | s->ready;
    *at++ = s->outcome;
    *at++ = s->lo;
    *at++ = s->hi;
    *at++ = s->step;
  }
  l->at = at;
  l->cycle = rest ? start + rounds * length + siw[rest - 1].issue
                  : start + (rounds - 1) * length + siw[siws - 1].issue;
}

struct trace_log *trace_log_of(struct trace_writer *w, uint32_t stream)
{
  const uint64_t *s = w->select.sentrons;
  bool wanted = !s || stream + 1 == w->streams || s[stream / 64] >> stream % 64 & 1;
  return wanted ? &w->logs[stream] : NULL;
}

/* --- what is selected ------------------------------------------------------------------------ */

static bool in_sample(const struct trace_writer *w, uint64_t cycle)
{
  const struct trace_selection *s = &w->select;
  return !s->sample_every || cycle % s->sample_every < s->sample_length;
}

static const struct trace_range *range_at(const struct trace_writer *w, uint64_t cycle)
{
  const struct trace_selection *s = &w->select;
  for (size_t i = 0; i < s->range_count; i++)
    if (cycle < s->ranges[i].to)
      return &s->ranges[i];
  return NULL;
}

bool trace_selected(const struct trace_writer *w, uint64_t cycle)
{
  const struct trace_range *r = range_at(w, cycle);
  return in_sample(w, cycle) && (!w->select.range_count || (r && cycle >= r->from));
}

uint64_t trace_boundary(const struct trace_writer *w, uint64_t cycle)
{
  const struct trace_selection *s = &w->select;
  const struct trace_range *r = range_at(w, cycle);
  uint64_t next = !r ? UINT64_MAX : cycle < r->from ? r->from : r->to;
  if (s->sample_every && (!s->range_count || r)) {
    uint64_t begun = cycle - cycle % s->sample_every;
    uint64_t change = begun + (in_sample(w, cycle) ? s->sample_length : s->sample_every);
    next = change < next ? change : next;
  }
  return next;
}

/* --- the simulation's thread ----------------------------------------------------------------- */

/* Takes what the logs hold. */
static struct window *take_window(struct trace_writer *w)
{
  struct window *win = calloc(1, sizeof *win);
  if (win)
    win->chunks = calloc(w->streams, sizeof *win->chunks);
  if (!win || !win->chunks)
    abort(); /* a few hundred bytes: the host is beyond help */
  for (uint32_t i = 0; i < w->streams; i++) {
    struct trace_log *l = &w->logs[i];
    if (!l->open)
      continue;
    l->open->used = (uint32_t)(l->at - l->open->words);
    win->chunks[i] = l->first;
    for (const struct log_chunk *c = l->first; c; c = c->next)
      win->words += c->used;
    l->first = l->open = NULL;
    l->at = l->end = NULL;
  }
  return win;
}

static bool has_holes(const struct trace_writer *w, const struct window *win)
{
  for (uint32_t i = 0; i < w->streams; i++)
    for (const struct log_chunk *c = win->chunks[i]; c; c = c->next)
      if (c->holes)
        return true;
  return false;
}

/* Hands over the sealed windows; `all`: holes or not, as nothing more will come. */
static void hand_over(struct trace_writer *w, bool all)
{
  while (w->sealed && (all || !has_holes(w, w->sealed))) {
    struct window *win = w->sealed;
    w->sealed = win->next;
    if (!w->sealed)
      w->sealed_end = &w->sealed;
    win->next = NULL;
    pthread_mutex_lock(&w->lock);
    while (w->under_way && w->under_way + win->words > WORDS_UNDER_WAY)
      pthread_cond_wait(&w->changed, &w->lock);
    *w->queue_end = win;
    w->queue_end = &win->next;
    w->under_way += win->words;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
  }
}

uint64_t trace_seal(struct trace_writer *w)
{
  struct window *win = take_window(w);
  uint64_t words = win->words;
  *w->sealed_end = win;
  w->sealed_end = &win->next;
  hand_over(w, false);
  return words;
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

/* --- begin and end --------------------------------------------------------------------------- */

static void free_chunks(struct log_chunk *c)
{
  while (c) {
    struct log_chunk *next = c->next;
    free(c);
    c = next;
  }
}

static void release(struct trace_writer *w)
{
  if (w->file && w->file != stdout)
    fclose(w->file);
  for (uint32_t i = 0; i < w->streams; i++) {
    if (w->logs)
      free_chunks(w->logs[i].first);
    if (w->stream) {
      course_close(&w->stream[i].encoder.course);
      free(w->stream[i].encoder.bytes);
    }
  }
  free_chunks(w->unused);
  free(w->path);
  free(w->logs);
  free(w->stream);
  free(w->rounds);
  free(w->payload);
  free(w->packed);
  free(w->blocks);
  free(w->select.sentrons);
  free(w->select.siws);
  free(w->select.ranges);
  free(w);
}

static void *copy_of(const void *from, size_t bytes, bool *bad)
{
  void *to = from ? malloc(bytes ? bytes : 1) : NULL;
  if (to)
    memcpy(to, from, bytes);
  *bad |= from && !to;
  return to;
}

static int make_streams(struct trace_writer *w, const struct object *o)
{
  const bool stalls = w->select.groups >> TRACE_GROUP_STALL & 1;
  for (uint32_t i = 0; i < w->streams; i++) {
    w->logs[i] = (struct trace_log){.groups = w->select.groups, .writer = w};
    if (course_open(&w->stream[i].encoder.course, o->siw_count, stalls))
      return writer_fail(w, "no memory for the trace");
  }
  return 0;
}

static int open_file(struct trace_writer *w)
{
  w->file = strcmp(w->path, "-") == 0 ? stdout : fopen(w->path, "wb");
  return w->file ? 0 : writer_fail(w, "cannot write");
}

int trace_create(const char *path, const struct trace_about *about,
                 const struct trace_selection *select, const struct object *object,
                 struct trace_writer **out, struct vtpu_error *err)
{
  struct trace_writer *w = calloc(1, sizeof *w);
  bool none = false;
  *out = NULL;
  if (!w)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory for the trace", path);
  w->select = *select;
  w->select.groups |= 1u << TRACE_GROUP_ISSUE;
  w->streams = object->sentron_count + 1;
  w->sealed_end = &w->sealed;
  w->queue_end = &w->queue;
  w->path = copy_of(path, strlen(path) + 1, &none);
  w->select.sentrons =
      copy_of(select->sentrons, (object->sentron_count + 63) / 64 * sizeof(uint64_t), &none);
  w->select.siws = copy_of(select->siws, (object->siw_count + 63) / 64 * sizeof(uint64_t), &none);
  w->select.ranges = copy_of(select->ranges, select->range_count * sizeof *select->ranges, &none);
  w->logs = calloc(w->streams, sizeof *w->logs);
  w->stream = calloc(w->streams, sizeof *w->stream);
  w->rounds = malloc(sizeof *w->rounds);
  int bad = 0;
  if (none || !w->logs || !w->stream || !w->rounds)
    bad = vtpu_fail(&w->error, VTPU_SYSTEM, "%s: no memory for the trace", path);
  if (!bad)
    bad = make_streams(w, object);
  if (!bad)
    bad = open_file(w);
  if (!bad)
    bad = writer_put_program(w, about, object);
  if (!bad) {
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    errno = pthread_create(&w->thread, NULL, writer_thread, w);
    if (errno)
      bad = writer_fail(w, "no thread to write the trace");
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
  trace_seal(w);
  hand_over(w, true);
  pthread_mutex_lock(&w->lock);
  w->finishing = true;
  pthread_cond_broadcast(&w->changed);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  pthread_mutex_destroy(&w->lock);
  pthread_cond_destroy(&w->changed);
  writer_end_block(w);
  if (!w->error.category)
    writer_put_index(w);
  if (w->file == stdout ? fflush(stdout) : fclose(w->file))
    writer_fail(w, "cannot write");
  w->file = NULL;
  int category = (int)w->error.category;
  if (category)
    *err = w->error;
  release(w);
  return category;
}
