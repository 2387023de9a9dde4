/* Object files: reading. The file stays mapped; code and data point into it. */
#include "isa/object_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static int find_kind(const uint8_t text[KIND_BYTES])
{
  for (int k = 0; k < KINDS; k++) {
    char padded[KIND_BYTES + 1] = {0};
    memcpy(padded, object_kinds[k].text, strlen(object_kinds[k].text));
    if (memcmp(padded, text, KIND_BYTES) == 0)
      return k;
  }
  return -1;
}

static bool all_zero(const uint8_t *p, uint64_t bytes)
{
  for (uint64_t i = 0; i < bytes; i++)
    if (p[i])
      return false;
  return true;
}

/* Header and section table; on return every section lies inside the file and has its CRC. */
static int read_table(const char *path, const uint8_t *file, uint64_t bytes,
                      struct section sections[KINDS], struct vtpu_error *err)
{
  if (bytes < HEADER_BYTES || memcmp(file, object_magic, sizeof object_magic) != 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: not a vtpu object file%s", path,
                     bytes < HEADER_BYTES ? " (shorter than its header)" : "");
  struct cursor c = {.at = (uint8_t *)file + sizeof object_magic};
  uint32_t version = 0, count = 0;
  cursor_u32(&c, &version);
  cursor_u32(&c, &count);
  if (version != OBJECT_VERSION)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: object format version %u, this reads version %d\n  assemble it again",
                     path, version, OBJECT_VERSION);
  if (count > KINDS || HEADER_BYTES + (uint64_t)count * ENTRY_BYTES > bytes)
    return vtpu_fail(err, VTPU_INPUT, "%s: byte 12: %u sections do not fit the file", path, count);
  uint64_t end = HEADER_BYTES + (uint64_t)count * ENTRY_BYTES;
  int last = -1;
  for (uint32_t i = 0; i < count; i++) {
    unsigned place = HEADER_BYTES + i * ENTRY_BYTES;
    const uint8_t *text = file + place;
    int kind = find_kind(text);
    if (kind < 0)
      return vtpu_fail(err, VTPU_INPUT, "%s: byte %u: unknown kind of section", path, place);
    if (kind <= last)
      return vtpu_fail(err, VTPU_INPUT, "%s: byte %u: section %s is double or out of order", path,
                       place, object_kinds[kind].text);
    last = kind;
    struct section s = {0, 0, 0};
    c.at = (uint8_t *)text + KIND_BYTES;
    cursor_u64(&c, &s.offset);
    cursor_u64(&c, &s.bytes);
    cursor_u32(&c, &s.crc);
    cursor_reserved(&c, 4);
    if (c.problem || s.bytes == 0 || s.bytes % object_kinds[kind].file_bytes)
      return vtpu_fail(err, VTPU_INPUT, "%s: byte %u: section %s: %s", path, place,
                       object_kinds[kind].text,
                       c.problem ? c.problem : "its size is no multiple of its records");
    if (s.offset != section_align(end) || s.offset > bytes || s.bytes > bytes - s.offset)
      return vtpu_fail(err, VTPU_INPUT, "%s: section %s at byte %llu leaves the file, or a gap",
                       path, object_kinds[kind].text, (unsigned long long)s.offset);
    if (!all_zero(file + end, s.offset - end))
      return vtpu_fail(err, VTPU_INPUT, "%s: byte %llu: padding is not 0", path,
                       (unsigned long long)end);
    if (crc32_z(0, file + s.offset, s.bytes) != s.crc)
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: section %s at byte %llu: CRC differs: the file is damaged", path,
                       object_kinds[kind].text, (unsigned long long)s.offset);
    end = s.offset + s.bytes;
    sections[kind] = s;
  }
  if (end != bytes)
    return vtpu_fail(err, VTPU_INPUT, "%s: byte %llu: bytes after the last section", path,
                     (unsigned long long)end);
  return VTPU_OK;
}

static int read_records(const char *path, uint8_t *file, const struct section sections[KINDS],
                        struct object *o, struct vtpu_error *err)
{
  struct cursor c = {.content = file + sections[KIND_CONTENT].offset,
                     .content_bytes = sections[KIND_CONTENT].bytes};
  for (int i = 0; i < KINDS; i++) {
    const struct kind *k = &object_kinds[i];
    const struct section *s = &sections[i];
    uint64_t count = s->bytes / k->file_bytes;
    if (i != KIND_CONTENT && count > UINT32_MAX)
      return vtpu_fail(err, VTPU_INPUT, "%s: section %s: too many records", path, k->text);
    c.at = file + s->offset;
    if (i == KIND_TARGET) {
      if (count != 1)
        return vtpu_fail(err, VTPU_INPUT, "%s: section target: one record", path);
      k->record(&c, o);
    } else if (i == KIND_CODE) {
      o->siw_count = (uint32_t)count;
      o->code = count ? (struct siw *)c.at : NULL;
    } else if (i == KIND_CONTENT) {
      if (c.next != s->bytes)
        return vtpu_fail(err, VTPU_INPUT,
                         "%s: section content at byte %llu: bytes that belong to no data", path,
                         (unsigned long long)s->offset);
    } else if (count) {
      char *array = calloc(count, k->memory_bytes);
      if (!array)
        return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
      *kind_array(o, k) = array;
      *kind_count(o, k) = (uint32_t)count;
      for (uint64_t n = 0; n < count && !c.problem; n++)
        k->record(&c, array + n * k->memory_bytes);
    }
    if (c.problem)
      return vtpu_fail(err, VTPU_INPUT, "%s: section %s at byte %llu: %s", path, k->text,
                       (unsigned long long)s->offset, c.problem);
  }
  return VTPU_OK;
}

/* Maps a regular file, private and writable so that `code` may be a plain pointer. */
static int map_file(const char *path, struct object_storage *out, struct vtpu_error *err)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) {
    int why = errno;
    if (fd >= 0)
      close(fd);
    return vtpu_fail(err, VTPU_INPUT, "%s: cannot be read: %s", path, strerror(why));
  }
  int rc = VTPU_OK;
  if (!S_ISREG(st.st_mode)) {
    rc = vtpu_fail(err, VTPU_INPUT, "%s: not a regular file", path);
  } else if (st.st_size < HEADER_BYTES) {
    rc = vtpu_fail(err, VTPU_INPUT, "%s: not a vtpu object file (shorter than its header)", path);
  } else {
    out->bytes = (size_t)st.st_size;
    out->map = mmap(NULL, out->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (out->map == MAP_FAILED)
      rc = vtpu_fail(err, VTPU_SYSTEM, "%s: cannot be mapped: %s", path, strerror(errno));
  }
  close(fd);
  return rc;
}

int object_read(const char *path, struct object *out, struct vtpu_error *err)
{
  memset(out, 0, sizeof *out);
  struct object_storage storage = {NULL, 0};
  int rc = map_file(path, &storage, err);
  if (rc)
    return rc;
  out->storage = malloc(sizeof *out->storage);
  if (!out->storage) {
    munmap(storage.map, storage.bytes);
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  }
  *out->storage = storage;
  struct section sections[KINDS] = {{0, 0, 0}};
  rc = read_table(path, storage.map, storage.bytes, sections, err);
  if (!rc)
    rc = read_records(path, storage.map, sections, out, err);
  if (!rc) {
    rc = object_check(out, err);
    if (rc)
      vtpu_fail_prefix(err, "%s: ", path);
  }
  if (rc)
    object_free(out);
  return rc;
}

void object_free(struct object *o)
{
  if (!o->storage)
    return;
  for (int i = 0; i < KINDS; i++)
    if (object_kinds[i].memory_bytes)
      free(*kind_array(o, &object_kinds[i]));
  munmap(o->storage->map, o->storage->bytes);
  free(o->storage);
  memset(o, 0, sizeof *o);
}
