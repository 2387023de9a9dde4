/* Reading a trace: the file is mapped, its blocks are listed when it is opened (from the index, or
 * from block to block where there is none), and unpacked one at a time; the streams of a block are
 * merged by time. */
#include "traces/format.h"
#include "traces/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Records of a step with its stalls, its access and its messages. */
enum { STEP_RECORDS = STEP_STALLS + 64 };
#define EVERY_STREAM UINT32_MAX

/* A sentron's records, a step at a time. */
struct source {
  struct decoder decoder;
  uint16_t node, sentron;
  bool over; /* nothing more in this block */
  unsigned next, count;
  struct trace_record record[STEP_RECORDS];
};

struct trace_reader {
  char *path;
  const uint8_t *file;
  size_t bytes;
  json_t *header; /* owns the texts of info.about */
  struct trace_info info;
  uint64_t program; /* where its part begins */
  struct trace_block *blocks;
  size_t block_count, block_room;

  struct source *sources; /* [streams]: sentrons, then the host */
  uint32_t streams;
  size_t next_block; /* to be unpacked */
  uint8_t *payload;
  size_t payload_room;
  uint32_t only; /* the one stream to be read, EVERY_STREAM: all */
  bool open;     /* a block is being read */
  uint64_t from; /* records before this cycle are skipped */
};

static int damaged(const struct trace_reader *r, struct vtpu_error *err, uint64_t at,
                   const char *what)
{
  return vtpu_fail(err, VTPU_INPUT, "%s: at byte %" PRIu64 ": %s\n  make the trace again", r->path,
                   at, what);
}

/* --- header ---------------------------------------------------------------------------------- */

/* The sentrons in the object's order, [node, number] each; the host behind them. */
static int read_sentrons(struct trace_reader *r, const json_t *list, uint32_t siws,
                         struct vtpu_error *err)
{
  const bool stalls = r->info.about.groups >> TRACE_GROUP_STALL & 1;
  r->streams = (uint32_t)json_array_size(list) + 1;
  r->sources = calloc(r->streams, sizeof *r->sources);
  if (!r->sources)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory to read a trace", r->path);
  for (uint32_t i = 0; i < r->streams; i++) {
    struct source *s = &r->sources[i];
    const json_t *pair = json_array_get(list, i);
    s->node = pair ? (uint16_t)json_integer_value(json_array_get(pair, 0)) : 0;
    s->sentron = pair ? (uint16_t)json_integer_value(json_array_get(pair, 1)) : TRACE_HOST_SENTRON;
    if (course_open(&s->decoder.course, siws, stalls))
      return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory to read a trace", r->path);
  }
  return 0;
}

static int read_about(struct trace_reader *r, struct vtpu_error *err)
{
  struct trace_about *a = &r->info.about;
  json_t *groups, *sentrons;
  const char *hash;
  int untimed, data;
  json_int_t siws;
  json_error_t why;
  if (json_unpack_ex(r->header, &why, 0,
                     "{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:o, s:s, s:I, s:o}", "program",
                     &a->program, "command", &a->command, "machine", &a->machine, "parameters",
                     &a->parameters, "resumed", &a->resumed, "loaded", &a->loaded, "untimed",
                     &untimed, "object_hash", &hash, "data", &data, "groups", &groups, "selection",
                     &a->selection, "siws", &siws, "sentrons", &sentrons))
    return vtpu_fail(err, VTPU_INPUT, "%s: header: %s\n  make the trace again", r->path, why.text);
  a->untimed = untimed;
  a->data = data;
  a->object_hash = strtoull(hash, NULL, 16);
  for (int i = 0; i < TRACE_GROUP_COUNT; i++)
    for (size_t k = 0; k < json_array_size(groups); k++) {
      const char *name = json_string_value(json_array_get(groups, k));
      if (name && strcmp(name, trace_group_names[i]) == 0)
        a->groups |= (uint16_t)(1u << i);
    }
  return read_sentrons(r, sentrons, siws > 0 && siws <= UINT32_MAX ? (uint32_t)siws : 1, err);
}

/* *end: first byte after the header. */
static int read_header(struct trace_reader *r, uint64_t *end, struct vtpu_error *err)
{
  if (r->bytes < TRACE_HEADER_BYTES || memcmp(r->file, TRACE_MAGIC, TRACE_MAGIC_BYTES) != 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: this is no vtpu trace", r->path);
  uint32_t version = get_u32(r->file + 8), text = get_u32(r->file + 12);
  if (version != TRACE_VERSION)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: trace format %" PRIu32 "; this program reads %d\n  make the trace again",
                     r->path, version, TRACE_VERSION);
  if (text > r->bytes - TRACE_HEADER_BYTES)
    return damaged(r, err, 12, "the header is cut off");
  if (get_u32(r->file + 20))
    return damaged(r, err, 20, "a reserved field is not zero");
  const char *json = (const char *)r->file + TRACE_HEADER_BYTES;
  if (crc32_z(0, (const uint8_t *)json, text) != get_u32(r->file + 16))
    return damaged(r, err, 16, "the header's checksum is wrong");
  json_error_t why;
  r->header = json_loadb(json, text, 0, &why);
  if (!r->header)
    return damaged(r, err, TRACE_HEADER_BYTES, why.text);
  *end = TRACE_HEADER_BYTES + text;
  return read_about(r, err);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Where the packed object ends; 0 if none that is whole begins at `at`. */
static uint64_t program_end(const struct trace_reader *r, uint64_t at)
{
  const uint8_t *h = r->file + at;
  if (at > r->bytes || r->bytes - at < TRACE_PROGRAM_BYTES ||
      memcmp(h, TRACE_PROGRAM_MAGIC, TRACE_MAGIC_BYTES) != 0 || get_u32(h + 20) ||
      get_u32(h + 8) > r->bytes - at - TRACE_PROGRAM_BYTES)
    return 0;
  return at + TRACE_PROGRAM_BYTES + get_u32(h + 8);
}

/* The head of the block at `at`; false if none that is whole lies there. */
static bool read_block_head(const struct trace_reader *r, uint64_t at, struct trace_block *b)
{
  if (at > r->bytes || r->bytes - at < TRACE_BLOCK_BYTES)
    return false;
  const uint8_t *h = r->file + at;
  *b = (struct trace_block){.offset = at,
                            .packed = get_u32(h + 8),
                            .payload = get_u32(h + 12),
                            .crc = get_u32(h + 16),
                            .records = get_u64(h + 20),
                            .first = get_u64(h + 28),
                            .last = get_u64(h + 36),
                            .kinds = get_u64(h + 44)};
  return memcmp(h, TRACE_BLOCK_MAGIC, TRACE_MAGIC_BYTES) == 0 &&
         (uint32_t)crc32_z(0, h, 56) == get_u32(h + 56) && b->records &&
         b->packed <= r->bytes - at - TRACE_BLOCK_BYTES;
}

static int add_block(struct trace_reader *r, const struct trace_block *b, struct vtpu_error *err)
{
  if (r->block_count == r->block_room) {
    size_t room = r->block_room ? 2 * r->block_room : 64;
    struct trace_block *more = realloc(r->blocks, room * sizeof *more);
    if (!more)
      return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory for the index", r->path);
    r->blocks = more;
    r->block_room = room;
  }
  r->blocks[r->block_count++] = *b;
  r->info.records += b->records;
  r->info.encoded_bytes += b->payload;
  return 0;
}

static int read_index(struct trace_reader *r, uint64_t at, struct vtpu_error *err)
{
  if (at > r->bytes - TRACE_FOOTER_BYTES ||
      r->bytes - TRACE_FOOTER_BYTES - at < TRACE_INDEX_BYTES ||
      memcmp(r->file + at, TRACE_INDEX_MAGIC, TRACE_MAGIC_BYTES) != 0)
    return damaged(r, err, r->bytes - TRACE_FOOTER_BYTES, "no index lies where the footer says");
  uint64_t blocks = get_u32(r->file + at + 8);
  uint64_t bytes = blocks * TRACE_ENTRY_BYTES + TRACE_KIND_COUNT * 8;
  const uint8_t *entries = r->file + at + TRACE_INDEX_BYTES;
  if (r->bytes - TRACE_FOOTER_BYTES - at - TRACE_INDEX_BYTES != bytes)
    return damaged(r, err, at + 8, "the index has another length than it says");
  if ((uint32_t)crc32_z(0, entries, bytes) != get_u32(r->file + at + 12))
    return damaged(r, err, at + 12, "the index's checksum is wrong");
  int bad = 0;
  for (uint64_t i = 0; i < blocks && !bad; i++) {
    struct trace_block b;
    uint64_t offset = get_u64(entries + i * TRACE_ENTRY_BYTES);
    if (!read_block_head(r, offset, &b) || b.first != get_u64(entries + i * TRACE_ENTRY_BYTES + 8))
      return damaged(r, err, offset, "no such block lies where the index says");
    bad = add_block(r, &b, err);
  }
  for (int k = 0; k < TRACE_KIND_COUNT; k++)
    r->info.kinds[k] = get_u64(entries + blocks * TRACE_ENTRY_BYTES + (size_t)k * 8);
  return bad;
}

/* Records by kind, which only the index holds. */
static int count_kinds(struct trace_reader *r, struct vtpu_error *err)
{
  struct trace_record record;
  int more;
  while ((more = trace_next(r, &record, err)) > 0)
    r->info.kinds[record.kind]++;
  trace_seek(r, 0);
  return more < 0 ? (int)err->category : 0;
}

static int find_blocks(struct trace_reader *r, uint64_t at, struct vtpu_error *err)
{
  const uint8_t *foot = r->file + r->bytes - TRACE_FOOTER_BYTES;
  if (r->bytes - at >= TRACE_FOOTER_BYTES &&
      memcmp(foot + 8, TRACE_END_MAGIC, TRACE_MAGIC_BYTES) == 0)
    return read_index(r, get_u64(foot), err);
  r->info.recovered = true;
  struct trace_block b;
  while (read_block_head(r, at, &b) &&
         (uint32_t)crc32_z(0, r->file + at + TRACE_BLOCK_BYTES, b.packed) == b.crc) {
    int bad = add_block(r, &b, err);
    if (bad)
      return bad;
    at += TRACE_BLOCK_BYTES + b.packed;
  }
  return count_kinds(r, err);
}

/* --- records --------------------------------------------------------------------------------- */

static int begin_streams(struct trace_reader *r, const struct trace_block *b,
                         struct vtpu_error *err)
{
  const uint8_t *at = r->payload, *end = at + b->payload;
  for (uint32_t i = 0; i < r->streams; i++) {
    r->sources[i].next = r->sources[i].count = 0;
    r->sources[i].over = true;
  }
  while (at < end) {
    uint64_t stream, bytes;
    if (!take_number(&at, end, &stream) || !take_number(&at, end, &bytes) || stream >= r->streams ||
        bytes > (size_t)(end - at))
      return damaged(r, err, b->offset, "this block's streams do not fit");
    decoder_begin(&r->sources[stream].decoder, at, bytes);
    r->sources[stream].over = r->only != EVERY_STREAM && stream != r->only;
    at += bytes;
  }
  return 0;
}

static int unpack_block(struct trace_reader *r, struct vtpu_error *err)
{
  const struct trace_block *b = &r->blocks[r->next_block];
  const uint8_t *packed = r->file + b->offset + TRACE_BLOCK_BYTES;
  if ((uint32_t)crc32_z(0, packed, b->packed) != b->crc)
    return damaged(r, err, b->offset, "this block's checksum is wrong");
  if (b->payload > r->payload_room) {
    uint8_t *more = realloc(r->payload, b->payload);
    if (!more)
      return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory for a block", r->path);
    r->payload = more;
    r->payload_room = b->payload;
  }
  uLongf bytes = b->payload;
  if (uncompress(r->payload, &bytes, packed, b->packed) != Z_OK || bytes != b->payload)
    return damaged(r, err, b->offset, "this block does not unpack");
  r->next_block++;
  r->open = true;
  return begin_streams(r, b, err);
}

static struct trace_record *add_record(struct source *s, enum trace_kind kind, uint32_t siw,
                                       uint64_t cycle)
{
  struct trace_record *t = &s->record[s->count++];
  *t = (struct trace_record){
      .kind = kind, .node = s->node, .sentron = s->sentron, .siw = siw, .cycle = cycle};
  return t;
}

static void add_step(struct source *s, const struct step *step)
{
  for (unsigned i = 0; i < step->stalls; i++) {
    struct trace_record *t = add_record(s, TRACE_STALL, step->siw, step->cycle);
    t->field[0] = step->stall[i].cause;
    t->field[1] = step->stall[i].cycles;
  }
  add_record(s, TRACE_ISSUE, step->siw, step->cycle);
  if (step->accesses) {
    struct trace_record *t = add_record(s, TRACE_MEMORY, step->siw, step->cycle);
    t->field[0] = step->lo;
    t->field[1] = step->hi;
    t->field[2] = step->outcome;
    t->field[3] = step->arrival;
    t->field[4] = step->ready;
  }
}

static void add_event(struct source *s, const struct event *v)
{
  struct trace_record *t = add_record(s, v->kind, v->siw, v->cycle);
  memcpy(t->field, v->field, sizeof t->field);
}

/* The next step's records, in the order of records.def. Messages are logged before the step that
 * sends or takes them; a release may come from another sentron, before a later step. False: what
 * comes is no record. */
static bool refill(struct source *s)
{
  struct step step;
  struct event event, held[STEP_RECORDS - STEP_STALLS - 2];
  unsigned holds = 0;
  s->next = s->count = 0;
  while (!s->over) {
    enum decoded what = decode(&s->decoder, &step, &event);
    if (what == DECODED_BAD)
      return false;
    if (what == DECODED_END) {
      s->over = true;
      break;
    }
    if (what == DECODED_EVENT && trace_kinds[event.kind].group != TRACE_GROUP_MESSAGE) {
      for (unsigned i = 0; i < holds; i++) /* the last SIW's, of a phase that ends */
        add_event(s, &held[i]);
      add_event(s, &event);
      return true;
    }
    if (what == DECODED_EVENT) {
      if (holds == sizeof held / sizeof *held)
        return false;
      held[holds++] = event;
      continue;
    }
    unsigned first = 0;
    for (; first < holds && held[first].cycle < step.cycle; first++)
      add_event(s, &held[first]);
    add_step(s, &step);
    for (; first < holds; first++)
      add_event(s, &held[first]);
    return true;
  }
  for (unsigned i = 0; i < holds; i++)
    add_event(s, &held[i]);
  return true;
}

/* At one cycle a phase ends, the host acts, and the next begins; the run's end is the last. */
static unsigned rank_of(const struct trace_record *t)
{
  return t->kind == TRACE_RETIRE            ? 0
         : t->kind == TRACE_END             ? 3
         : t->sentron == TRACE_HOST_SENTRON ? 1
                                            : 2;
}

static bool comes_before(const struct trace_record *a, const struct trace_record *b)
{
  if (a->cycle != b->cycle)
    return a->cycle < b->cycle;
  if (rank_of(a) != rank_of(b))
    return rank_of(a) < rank_of(b);
  return a->node != b->node ? a->node < b->node : a->sentron < b->sentron;
}

/* The source whose record is the next; NULL at the block's end. */
static struct source *next_source(struct trace_reader *r, struct vtpu_error *err, bool *bad)
{
  struct source *best = NULL;
  for (uint32_t i = 0; i < r->streams; i++) {
    struct source *s = &r->sources[i];
    if (s->next == s->count && !s->over && !refill(s)) {
      damaged(r, err, r->blocks[r->next_block - 1].offset, "this block holds what is no record");
      *bad = true;
      return NULL;
    }
    if (s->next < s->count &&
        (!best || comes_before(&s->record[s->next], &best->record[best->next])))
      best = s;
  }
  return best;
}

void trace_seek(struct trace_reader *r, uint64_t cycle)
{
  size_t low = 0, high = r->block_count; /* the first block whose last cycle is not before */
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (r->blocks[middle].last < cycle)
      low = middle + 1;
    else
      high = middle;
  }
  r->next_block = low;
  r->open = false;
  r->from = cycle;
}

int trace_next(struct trace_reader *r, struct trace_record *out, struct vtpu_error *err)
{
  for (;;) {
    if (!r->open) {
      if (r->next_block == r->block_count)
        return 0;
      if (unpack_block(r, err))
        return -1;
    }
    bool bad = false;
    struct source *s = next_source(r, err, &bad);
    if (bad)
      return -1;
    if (!s) {
      r->open = false;
      continue;
    }
    *out = s->record[s->next++];
    out->stream = (uint32_t)(s - r->sources);
    if (out->cycle >= r->from)
      return 1;
  }
}

void trace_only(struct trace_reader *r, uint32_t stream)
{
  r->only = stream;
}

int trace_read_object(const struct trace_reader *r, struct object *out, struct vtpu_error *err)
{
  const uint8_t *h = r->file + r->program, *packed = h + TRACE_PROGRAM_BYTES;
  uLongf bytes = get_u32(h + 12);
  if ((uint32_t)crc32_z(0, packed, get_u32(h + 8)) != get_u32(h + 16) || bytes > TRACE_PROGRAM_MAX)
    return damaged(r, err, r->program, "the program's checksum is wrong");
  uint8_t *object = malloc(bytes ? bytes : 1);
  if (!object)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory for the program", r->path);
  int bad = uncompress(object, &bytes, packed, get_u32(h + 8)) != Z_OK || bytes != get_u32(h + 12)
                ? damaged(r, err, r->program, "the program does not unpack")
                : program_unpack(object, bytes, out, err);
  free(object);
  return bad;
}

/* --- begin and end --------------------------------------------------------------------------- */

static int map_file(struct trace_reader *r, struct vtpu_error *err)
{
  int fd = open(r->path, O_RDONLY | O_CLOEXEC);
  struct stat s;
  if (fd < 0 || fstat(fd, &s)) {
    int bad = vtpu_fail(err, VTPU_INPUT, "%s: %s", r->path, strerror(errno));
    if (fd >= 0)
      close(fd);
    return bad;
  }
  void *map = s.st_size ? mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  close(fd);
  if (map == MAP_FAILED)
    return vtpu_fail(err, VTPU_INPUT, "%s: this is no vtpu trace", r->path);
  r->file = map;
  r->bytes = (size_t)s.st_size;
  return 0;
}

int trace_open(const char *path, struct trace_reader **out, struct vtpu_error *err)
{
  *out = NULL;
  struct trace_reader *r = calloc(1, sizeof *r);
  if (!r)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: no memory to read a trace", path);
  r->path = strdup(path);
  r->only = EVERY_STREAM;
  uint64_t end = 0;
  int bad = 0;
  if (!r->path)
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: no memory to read a trace", path);
  if (!bad)
    bad = map_file(r, err);
  if (!bad)
    bad = read_header(r, &end, err);
  r->program = end;
  if (!bad && !(end = program_end(r, end)))
    bad = damaged(r, err, r->program, "the program is cut off");
  if (!bad)
    bad = find_blocks(r, end, err);
  r->info.program_bytes = end;
  if (bad) {
    trace_close(r);
    return bad;
  }
  r->info.blocks = r->block_count;
  r->info.file_bytes = r->bytes;
  if (r->block_count) {
    r->info.first_cycle = r->blocks[0].first;
    r->info.last_cycle = r->blocks[r->block_count - 1].last;
  }
  *out = r;
  return 0;
}

void trace_close(struct trace_reader *r)
{
  if (!r)
    return;
  if (r->file)
    munmap((void *)(uintptr_t)r->file, r->bytes);
  json_decref(r->header);
  for (uint32_t i = 0; r->sources && i < r->streams; i++)
    course_close(&r->sources[i].decoder.course);
  free(r->sources);
  free(r->payload);
  free(r->blocks);
  free(r->path);
  free(r);
}

const struct trace_info *trace_describe(const struct trace_reader *r)
{
  return &r->info;
}
