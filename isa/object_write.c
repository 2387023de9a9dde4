/* Object files: writing, whole or not at all. */
#include "isa/object_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* What one section is made of, before it is written. */
struct pending {
  struct section section;
  uint8_t *bytes; /* code: the owner's; content: NULL, its blocks stay with the owner */
};

static const uint8_t zeros[SECTION_ALIGN];

enum { SUMMED_BYTES = 1 << 17 };

/* Calls `take` for every block of the section content and every gap between two blocks. */
static int each_content(const struct object *o, const struct object_maker *maker, object_take *take,
                        void *to)
{
  uint64_t at = 0;
  for (uint32_t i = 0; i < o->data_count; i++) {
    const struct object_data *d = &o->data[i];
    uint64_t start = section_align(at);
    int rc = take(to, zeros, start - at);
    if (!rc)
      rc = d->content || !maker ? take(to, d->content, d->bytes)
                                : maker->make(maker->owner, i, take, to);
    if (rc)
      return rc;
    at = start + d->bytes;
  }
  return 0;
}

static int add_crc(void *to, const void *p, size_t n)
{
  if (n) /* zlib takes a NULL pointer for the start of a new sum */
    *(uint32_t *)to = (uint32_t)crc32_z(*(uint32_t *)to, p, n);
  return 0;
}

static int add_file(void *to, const void *p, size_t n)
{
  return n && fwrite(p, 1, n, to) != n;
}

/* Where an object goes. */
struct sink {
  FILE *file;
  const struct object_maker *maker;
  bool once;    /* content is looked at once: its sum is put into the header afterwards */
  uint32_t crc; /* of the content so far */
};

/* A place before can be written again: not in a pipe, and not where everything is appended. */
static bool goes_back(FILE *f)
{
  int fd = fileno(f);
  return fd >= 0 && !(fcntl(fd, F_GETFL) & O_APPEND) && ftello(f) >= 0;
}

/* Sums and writes what is still in the host's caches. */
static int add_both(void *to, const void *p, size_t n)
{
  struct sink *sink = to;
  const uint8_t *bytes = p;
  for (size_t some; n; bytes += some, n -= some) {
    some = n < SUMMED_BYTES ? n : SUMMED_BYTES;
    add_crc(&sink->crc, bytes, some);
    if (add_file(sink->file, bytes, some))
      return 1;
  }
  return 0;
}

/* Lays one section's records into fresh memory. */
static int prepare(struct object *o, int kind, struct cursor *c, struct pending *p,
                   const struct sink *sink)
{
  const struct kind *k = &object_kinds[kind];
  p->section.crc = 0;
  if (kind == KIND_CONTENT) {
    p->section.bytes = c->next;
    return sink->once ? 0 : each_content(o, sink->maker, add_crc, &p->section.crc);
  }
  uint64_t count = kind == KIND_TARGET ? 1 : *kind_count(o, k);
  p->section.bytes = count * k->file_bytes;
  if (count == 0)
    return 0;
  if (kind == KIND_CODE) {
    p->bytes = o->code->bytes;
  } else {
    p->bytes = c->at = calloc(count, k->file_bytes);
    if (!p->bytes)
      return 1;
    if (kind == KIND_TARGET)
      k->record(c, o);
    for (uint64_t n = 0; kind != KIND_TARGET && n < count; n++)
      k->record(c, (char *)*kind_array(o, k) + n * k->memory_bytes);
  }
  return add_crc(&p->section.crc, p->bytes, p->section.bytes);
}

static int write_stream(struct sink *sink, const struct object *o, struct pending pending[KINDS])
{
  FILE *f = sink->file;
  off_t start = sink->once ? ftello(f) : 0, sum_at = 0;
  uint8_t head[HEADER_BYTES + KINDS * ENTRY_BYTES] = {0};
  struct cursor c = {.writing = true, .at = head + sizeof object_magic};
  uint32_t version = OBJECT_VERSION, count = 0;
  for (int i = 0; i < KINDS; i++)
    count += pending[i].section.bytes > 0;
  memcpy(head, object_magic, sizeof object_magic);
  cursor_u32(&c, &version);
  cursor_u32(&c, &count);
  uint64_t end = HEADER_BYTES + (uint64_t)count * ENTRY_BYTES;
  for (int i = 0; i < KINDS; i++) {
    struct section *s = &pending[i].section;
    if (s->bytes == 0)
      continue;
    s->offset = section_align(end);
    memcpy(c.at, object_kinds[i].text, strlen(object_kinds[i].text));
    c.at += KIND_BYTES;
    cursor_u64(&c, &s->offset);
    cursor_u64(&c, &s->bytes);
    sum_at = i == KIND_CONTENT ? start + (c.at - head) : sum_at;
    cursor_u32(&c, &s->crc);
    cursor_reserved(&c, 4);
    end = s->offset + s->bytes;
  }
  uint64_t at = HEADER_BYTES + (uint64_t)count * ENTRY_BYTES;
  int failed = add_file(f, head, at);
  for (int i = 0; i < KINDS && !failed; i++) {
    const struct section *s = &pending[i].section;
    if (s->bytes == 0)
      continue;
    failed = add_file(f, zeros, s->offset - at);
    if (!failed && i != KIND_CONTENT)
      failed = add_file(f, pending[i].bytes, s->bytes);
    else if (!failed)
      failed = sink->once ? each_content(o, sink->maker, add_both, sink)
                          : each_content(o, sink->maker, add_file, f);
    at = s->offset + s->bytes;
  }
  if (failed || !sink->once || !sum_at)
    return failed;
  uint8_t sum[4];
  struct cursor put = {.writing = true, .at = sum};
  cursor_u32(&put, &sink->crc);
  return fseeko(f, sum_at, SEEK_SET) || add_file(f, sum, sizeof sum) ||
         fseeko(f, start + (off_t)at, SEEK_SET);
}

enum { TEMP_PATH_BYTES = 4200 };

/* A new file beside `path`, to be renamed when it is complete; or `path` itself where it is no
 * regular file (a pipe, a device), which cannot be replaced. */
static int open_output(const char *path, char temp[TEMP_PATH_BYTES])
{
  struct stat st;
  temp[0] = '\0';
  if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
    return open(path, O_WRONLY | O_CLOEXEC);
  for (int try = 0; try < 100; try++) {
    int n = snprintf(temp, TEMP_PATH_BYTES, "%s.%ld-%d.part", path, (long)getpid(), try);
    if (n < 0 || n >= TEMP_PATH_BYTES) {
      errno = ENAMETOOLONG;
      break;
    }
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST)
      return fd;
  }
  return -1;
}

static int write_file(const char *path, const struct object *o, struct pending pending[KINDS],
                      struct vtpu_error *err)
{
  char temp[TEMP_PATH_BYTES];
  int fd = open_output(path, temp);
  FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
  if (!f) {
    int why = errno;
    if (fd >= 0)
      close(fd);
    return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot be written: %s", path, strerror(why));
  }
  errno = 0;
  int failed = write_stream(&(struct sink){.file = f}, o, pending);
  failed |= fflush(f) != 0;
  int why = errno;
  if (fclose(f) != 0 && !failed) {
    failed = 1;
    why = errno;
  }
  if (!failed && temp[0] && rename(temp, path) != 0) {
    failed = 1;
    why = errno;
  }
  if (!failed)
    return VTPU_OK;
  if (temp[0])
    unlink(temp);
  return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot be written: %s", path, strerror(why));
}

/* The file in memory, to be freed by the caller. */
static int write_memory(const struct object *o, struct pending pending[KINDS], uint8_t **bytes,
                        size_t *count, struct vtpu_error *err)
{
  char *text = NULL;
  FILE *f = open_memstream(&text, count);
  int failed = f ? write_stream(&(struct sink){.file = f}, o, pending) : 1;
  if (f && fclose(f) != 0)
    failed = 1;
  *bytes = (uint8_t *)text;
  if (!failed)
    return VTPU_OK;
  free(text);
  *bytes = NULL;
  return vtpu_fail(err, VTPU_SYSTEM, "out of memory for an object file");
}

static int prepare_all(struct object *o, const struct sink *sink, struct pending pending[KINDS],
                       struct vtpu_error *err)
{
  struct cursor c = {.writing = true};
  for (int i = 0; i < KINDS; i++)
    if (prepare(o, i, &c, &pending[i], sink))
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory for an object file");
  return VTPU_OK;
}

static void free_all(struct pending pending[KINDS])
{
  for (int i = 0; i < KINDS; i++)
    if (i != KIND_CODE)
      free(pending[i].bytes);
}

int object_write(const char *path, const struct object *o, struct vtpu_error *err)
{
  struct object copy = *o; /* the record functions move data both ways and so want it writable */
  struct pending pending[KINDS] = {{{0, 0, 0}, NULL}};
  int rc = prepare_all(&copy, &(struct sink){.file = NULL}, pending, err);
  if (!rc)
    rc = write_file(path, o, pending, err);
  free_all(pending);
  return rc;
}

int object_write_stream(FILE *f, const struct object *o, const struct object_maker *maker,
                        struct vtpu_error *err)
{
  struct sink sink = {.file = f, .maker = maker, .once = goes_back(f)};
  struct object copy = *o;
  struct pending pending[KINDS] = {{{0, 0, 0}, NULL}};
  int rc = prepare_all(&copy, &sink, pending, err);
  errno = 0;
  if (!rc && (write_stream(&sink, o, pending) || fflush(f)))
    rc = vtpu_fail(err, VTPU_SYSTEM, "an object file cannot be written: %s", strerror(errno));
  free_all(pending);
  return rc;
}

int object_write_memory(const struct object *o, uint8_t **bytes, size_t *count,
                        struct vtpu_error *err)
{
  struct object copy = *o;
  struct pending pending[KINDS] = {{{0, 0, 0}, NULL}};
  int rc = prepare_all(&copy, &(struct sink){.file = NULL}, pending, err);
  if (!rc)
    rc = write_memory(o, pending, bytes, count, err);
  free_all(pending);
  return rc;
}
