/* A file mapped into memory: see mapping.h. */
#include "models/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map_descriptor(int fd, const char *path, struct mapping *m, struct vtpu_error *err)
{
  struct stat st;
  if (fstat(fd, &st) != 0)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return vtpu_fail(err, VTPU_INPUT, "%s: not a regular file", path);
  if (st.st_size == 0)
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: the file is empty\n  an interrupted download or copy? fetch it again",
                     path);
  void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot map %lld bytes: %s", path, (long long)st.st_size,
                     strerror(errno));
  m->data = data;
  m->bytes = (uint64_t)st.st_size;
  m->path = strdup(path);
  if (!m->path) {
    mapping_close(m);
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  }
  return 0;
}

int mapping_open(const char *path, struct mapping *m, struct vtpu_error *err)
{
  *m = (struct mapping){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return vtpu_fail(err, VTPU_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
  int bad = map_descriptor(fd, path, m, err);
  close(fd); /* the mapping keeps the file */
  return bad;
}

void mapping_close(struct mapping *m)
{
  if (m->data)
    munmap((void *)(uintptr_t)m->data, (size_t)m->bytes);
  free(m->path);
  *m = (struct mapping){0};
}

char *mapping_path(const char *folder, const char *name)
{
  char *path;
  size_t n = strlen(folder);
  const char *slash = n && folder[n - 1] == '/' ? "" : "/";
  return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}
