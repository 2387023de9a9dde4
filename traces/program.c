/* The program inside a trace: an object file in memory. Objects are read by path, so it passes
 * through an unnamed file of the host's memory. */
#include "traces/format.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH_BYTES = 64 };

static int fail(struct vtpu_error *err, const char *what)
{
  return vtpu_fail(err, VTPU_SYSTEM, "the program of a trace: %s: %s", what, strerror(errno));
}

static int write_all(int fd, const uint8_t *bytes, size_t count)
{
  while (count > 0) {
    ssize_t n = write(fd, bytes, count);
    if (n <= 0)
      return -1;
    bytes += n;
    count -= (size_t)n;
  }
  return 0;
}

int program_pack(const struct object *o, bool *data, uint8_t **bytes, size_t *count,
                 struct vtpu_error *err)
{
  struct object copy = *o;
  uint64_t all = 0;
  for (uint32_t i = 0; i < o->data_count; i++)
    all += o->data[i].bytes;
  *data = all <= TRACE_DATA_MAX;
  if (!*data)
    copy.data_count = 0;
  return object_write_memory(&copy, bytes, count, err);
}

int program_unpack(const uint8_t *bytes, size_t count, struct object *out, struct vtpu_error *err)
{
  char path[PATH_BYTES];
  int fd = memfd_create("program", MFD_CLOEXEC);
  if (fd < 0 || write_all(fd, bytes, count)) {
    int bad = fail(err, "no memory");
    if (fd >= 0)
      close(fd);
    return bad;
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int bad = object_read(path, out, err);
  close(fd);
  return bad;
}
