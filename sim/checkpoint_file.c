/* Sections with check sums, compressed where it pays: see checkpoint.h. */
#include "sim/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHECKPOINT_VERSION = 6, KIND_BYTES = 8 };
static const char magic[KIND_BYTES] = "VTPUCKP\n";

struct prefix {
  char magic[KIND_BYTES];
  uint32_t version, layout;
  uint64_t cycle;
  uint32_t zero, crc;
};
_Static_assert(sizeof(struct prefix) == 32, "written as it lies in memory");

struct section {
  char kind[KIND_BYTES];
  uint32_t number, compressed;
  uint64_t bytes, stored;
  uint32_t content_crc, crc;
};
_Static_assert(sizeof(struct section) == 40, "written as it lies in memory");

uint32_t checkpoint_crc(const void *bytes, size_t count)
{
  return (uint32_t)crc32_z(0, bytes, count);
}

/* --- stream ----------------------------------------------------------------------------------- */

static bool grow(struct stream *s, size_t bytes)
{
  if (s->room - s->size >= bytes)
    return true;
  if (bytes > SIZE_MAX / 4) {
    s->out_of_memory = true;
    return false;
  }
  size_t room = 2 * (s->size + bytes) + 4096;
  uint8_t *more = realloc(s->bytes, room);
  if (!more) {
    s->out_of_memory = true;
    return false;
  }
  s->bytes = more;
  s->room = room;
  return true;
}

void stream_bytes(struct stream *s, void *field, size_t bytes)
{
  if (s->save) {
    if (grow(s, bytes)) {
      memcpy(s->bytes + s->size, field, bytes);
      s->size += bytes;
    }
  } else if (s->bad || bytes > s->size - s->at) {
    s->bad = true;
    memset(field, 0, bytes);
  } else {
    memcpy(field, s->bytes + s->at, bytes);
    s->at += bytes;
  }
}

void stream_bool(struct stream *s, bool *value)
{
  uint8_t byte = *value;
  STREAM(s, byte);
  stream_expect(s, byte <= 1);
  *value = byte != 0;
}

void stream_free(struct stream *s)
{
  free(s->bytes);
  *s = (struct stream){0};
}

/* --- saving ----------------------------------------------------------------------------------- */

static int fail_write(const struct checkpoint_file *c, int reason, struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot write: %s", c->path,
                   strerror(reason ? reason : EIO));
}

/* A new file "TARGET.vtpu-PID-N" beside the target. */
static int open_temporary(struct checkpoint_file *c, struct vtpu_error *err)
{
  int fd = -1;
  for (int n = 0; fd < 0 && n < 100; n++) {
    free(c->temporary);
    if (asprintf(&c->temporary, "%s.vtpu-%ld-%d", c->target, (long)getpid(), n) < 0) {
      c->temporary = NULL;
      return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", c->path);
    }
    fd = open(c->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno != EEXIST)
      break;
  }
  if (fd < 0) {
    int reason = errno;
    free(c->temporary);
    c->temporary = NULL;
    return fail_write(c, reason, err);
  }
  c->f = fdopen(fd, "wb");
  if (c->f)
    return 0;
  int reason = errno;
  close(fd);
  return fail_write(c, reason, err);
}

int checkpoint_create(struct checkpoint_file *c, const char *path, uint32_t layout, uint64_t cycle,
                      struct vtpu_error *err)
{
  *c = (struct checkpoint_file){.path = path};
  struct stat st;
  bool exists = stat(path, &st) == 0;
  if (exists && S_ISDIR(st.st_mode))
    return fail_write(c, EISDIR, err);
  /* Renaming over a file that may not be written would get around its permissions. */
  if (exists && access(path, W_OK) != 0)
    return fail_write(c, errno, err);
  if (exists && !S_ISREG(st.st_mode)) {
    c->f = fopen(path, "wb");
    if (!c->f)
      return fail_write(c, errno, err);
  } else {
    c->target = exists ? realpath(path, NULL) : strdup(path);
    if (!c->target)
      return fail_write(c, errno, err);
    int bad = open_temporary(c, err);
    if (bad)
      return bad;
  }
  struct prefix p = {.version = CHECKPOINT_VERSION, .layout = layout, .cycle = cycle};
  memcpy(p.magic, magic, KIND_BYTES);
  p.crc = checkpoint_crc(&p, offsetof(struct prefix, crc));
  errno = 0;
  return fwrite(&p, sizeof p, 1, c->f) == 1 ? 0 : fail_write(c, errno, err);
}

int checkpoint_write(struct checkpoint_file *c, const char *kind, uint32_t number,
                     const struct stream *s, struct vtpu_error *err)
{
  uLongf packed_bytes = compressBound(s->size);
  uint8_t *packed = malloc(packed_bytes);
  if (!packed || s->out_of_memory) {
    free(packed);
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", c->path);
  }
  bool pays = s->size > 0 &&
              compress2(packed, &packed_bytes, s->bytes, s->size, Z_BEST_SPEED) == Z_OK &&
              packed_bytes < s->size;
  const uint8_t *content = pays ? packed : s->bytes;
  struct section h = {.number = number, .compressed = pays, .bytes = s->size};
  memcpy(h.kind, kind, strnlen(kind, KIND_BYTES));
  h.stored = pays ? packed_bytes : s->size;
  h.content_crc = h.stored ? checkpoint_crc(content, h.stored) : 0;
  h.crc = checkpoint_crc(&h, offsetof(struct section, crc));
  errno = 0;
  bool good =
      fwrite(&h, sizeof h, 1, c->f) == 1 && (!h.stored || fwrite(content, h.stored, 1, c->f) == 1);
  int reason = errno;
  free(packed);
  return good ? 0 : fail_write(c, reason, err);
}

int checkpoint_commit(struct checkpoint_file *c, struct vtpu_error *err)
{
  FILE *f = c->f;
  c->f = NULL;
  errno = 0;
  bool good = fflush(f) == 0;
  int reason = errno;
  if (fclose(f) != 0 && good) {
    reason = errno;
    good = false;
  }
  if (good && c->temporary && rename(c->temporary, c->target) != 0) {
    reason = errno;
    good = false;
  }
  if (!good)
    return fail_write(c, reason, err);
  free(c->temporary);
  c->temporary = NULL;
  return 0;
}

void checkpoint_close(struct checkpoint_file *c)
{
  if (c->f)
    fclose(c->f);
  if (c->temporary)
    unlink(c->temporary);
  free(c->temporary);
  free(c->target);
  *c = (struct checkpoint_file){0};
}

/* --- loading ---------------------------------------------------------------------------------- */

int checkpoint_damaged(const struct checkpoint_file *c, struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_INPUT,
                   "%s: byte %ld: section \"%s\" is damaged or cut off\n"
                   "  make the checkpoint again: it cannot be repaired",
                   c->path, c->at, c->section);
}

int checkpoint_open(struct checkpoint_file *c, const char *path, uint32_t layout,
                    struct vtpu_error *err)
{
  *c = (struct checkpoint_file){.path = path, .section = "prefix"};
  c->f = fopen(path, "rb");
  if (!c->f)
    return vtpu_fail(err, VTPU_INPUT, "%s: cannot read: %s", path, strerror(errno));
  struct prefix p;
  if (fread(&p, sizeof p, 1, c->f) != 1 || memcmp(p.magic, magic, KIND_BYTES) != 0)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: not a checkpoint of a run\n  vtpu run --checkpoint-at makes one", path);
  if (checkpoint_crc(&p, offsetof(struct prefix, crc)) != p.crc)
    return checkpoint_damaged(c, err);
  if (p.version != CHECKPOINT_VERSION || p.layout != layout)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: the checkpoint was made by another version of vtpu\n"
                     "  resume it with that one, or make it again",
                     path);
  return 0;
}

int checkpoint_read(struct checkpoint_file *c, const char *kind, uint32_t number, struct stream *s,
                    struct vtpu_error *err)
{
  char want[KIND_BYTES + 1] = {0};
  memcpy(want, kind, strnlen(kind, KIND_BYTES));
  c->section = kind;
  c->at = ftell(c->f);
  s->size = s->at = 0;
  struct section h;
  struct stat st;
  if (fread(&h, sizeof h, 1, c->f) != 1 ||
      checkpoint_crc(&h, offsetof(struct section, crc)) != h.crc ||
      memcmp(h.kind, want, KIND_BYTES) != 0 || h.number != number || h.compressed > 1 ||
      (!h.compressed && h.bytes != h.stored) || fstat(fileno(c->f), &st) != 0 ||
      (S_ISREG(st.st_mode) && h.stored > (uint64_t)st.st_size))
    return checkpoint_damaged(c, err);
  uint8_t *stored = h.compressed ? malloc(h.stored) : NULL;
  if (!grow(s, h.bytes) || (h.compressed && !stored)) {
    free(stored);
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory for section \"%s\"", c->path, kind);
  }
  uint8_t *content = stored ? stored : s->bytes;
  bool good = !h.stored || (fread(content, h.stored, 1, c->f) == 1 &&
                            checkpoint_crc(content, h.stored) == h.content_crc);
  uLongf bytes = h.bytes;
  if (good && stored)
    good = uncompress(s->bytes, &bytes, stored, h.stored) == Z_OK && bytes == h.bytes;
  free(stored);
  s->size = h.bytes;
  return good ? 0 : checkpoint_damaged(c, err);
}

int checkpoint_read_end(struct checkpoint_file *c, struct vtpu_error *err)
{
  c->section = "end";
  c->at = ftell(c->f);
  return fgetc(c->f) == EOF ? 0 : checkpoint_damaged(c, err);
}
