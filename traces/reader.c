/* Reading a trace: the file is mapped, its blocks are listed when it is opened (from the index, or
 * from block to block where there is none), and unpacked one at a time. */
#include "traces/codec.h"
#include "traces/format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct trace_reader {
  char *path;
  const uint8_t *file;
  size_t bytes;
  json_t *header; /* owns the texts of info.about */
  struct trace_info info;
  struct trace_block *blocks;
  size_t block_count, block_room;

  struct codec *codec;
  size_t next_block; /* to be unpacked */
  uint8_t *payload;
  size_t at, payload_bytes;
  uint32_t left; /* records of the block */
  uint64_t from; /* records before this cycle are skipped */
};

static int damaged(const struct trace_reader *r, struct vtpu_error *err, uint64_t at,
                   const char *what)
{
  return vtpu_fail(err, VTPU_INPUT, "%s: at byte %" PRIu64 ": %s\n  make the trace again", r->path,
                   at, what);
}

/* --- header ---------------------------------------------------------------------------------- */

static int read_about(struct trace_reader *r, struct vtpu_error *err)
{
  struct trace_about *a = &r->info.about;
  json_t *groups;
  const char *hash;
  json_int_t siws, sentrons, marks;
  json_error_t why;
  if (json_unpack_ex(r->header, &why, 0, "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:s}", "program",
                     &a->program, "command", &a->command, "machine", &a->machine, "object_hash",
                     &hash, "siw_count", &siws, "sentron_count", &sentrons, "mark_count", &marks,
                     "groups", &groups, "selection", &a->selection))
    return vtpu_fail(err, VTPU_INPUT, "%s: header: %s\n  make the trace again", r->path, why.text);
  a->object_hash = strtoull(hash, NULL, 16);
  a->siw_count = (uint32_t)siws;
  a->sentron_count = (uint32_t)sentrons;
  a->mark_count = (uint32_t)marks;
  for (int i = 0; i < TRACE_GROUP_COUNT; i++)
    for (size_t k = 0; k < json_array_size(groups); k++) {
      const char *name = json_string_value(json_array_get(groups, k));
      if (name && strcmp(name, trace_group_names[i]) == 0)
        a->groups |= (uint16_t)(1u << i);
    }
  return 0;
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
                            .records = get_u32(h + 20),
                            .first = get_u64(h + 24),
                            .last = get_u64(h + 32),
                            .kinds = get_u64(h + 40)};
  return memcmp(h, TRACE_BLOCK_MAGIC, TRACE_MAGIC_BYTES) == 0 &&
         (uint32_t)crc32_z(0, h, 48) == get_u32(h + 48) && b->records &&
         b->records <= TRACE_BLOCK_RECORDS && b->payload <= TRACE_BLOCK_PAYLOAD &&
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

static int unpack_block(struct trace_reader *r, struct vtpu_error *err)
{
  const struct trace_block *b = &r->blocks[r->next_block];
  const uint8_t *packed = r->file + b->offset + TRACE_BLOCK_BYTES;
  if ((uint32_t)crc32_z(0, packed, b->packed) != b->crc)
    return damaged(r, err, b->offset, "this block's checksum is wrong");
  uLongf bytes = b->payload;
  if (uncompress(r->payload, &bytes, packed, b->packed) != Z_OK || bytes != b->payload)
    return damaged(r, err, b->offset, "this block does not unpack");
  codec_reset(r->codec);
  r->at = 0;
  r->payload_bytes = bytes;
  r->left = b->records;
  r->next_block++;
  return 0;
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
  r->left = 0;
  r->from = cycle;
}

int trace_next(struct trace_reader *r, struct trace_record *out, struct vtpu_error *err)
{
  do {
    if (!r->left) {
      if (r->next_block == r->block_count)
        return 0;
      int bad = unpack_block(r, err);
      if (bad)
        return -1;
    }
    size_t used = codec_decode(r->codec, r->payload + r->at, r->payload_bytes - r->at, out);
    if (!used) {
      damaged(r, err, r->blocks[r->next_block - 1].offset, "this block holds what is no record");
      return -1;
    }
    r->at += used;
    r->left--;
  } while (out->cycle < r->from);
  return 1;
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
  r->codec = codec_new();
  r->payload = malloc(TRACE_BLOCK_PAYLOAD);
  uint64_t end = 0;
  int bad = 0;
  if (!r->path || !r->codec || !r->payload)
    bad = vtpu_fail(err, VTPU_SYSTEM, "%s: no memory to read a trace", path);
  if (!bad)
    bad = map_file(r, err);
  if (!bad)
    bad = read_header(r, &end, err);
  if (!bad)
    bad = find_blocks(r, end, err);
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
  codec_free(r->codec);
  free(r->payload);
  free(r->blocks);
  free(r->path);
  free(r);
}

const struct trace_info *trace_describe(const struct trace_reader *r)
{
  return &r->info;
}
