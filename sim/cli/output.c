/* Output files: see output.h. */
#include "sim/cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail_write(const struct output *o, int reason, struct vtpu_error *err)
{
  const char *place = strcmp(o->path, "-") == 0 ? "standard output" : o->path;
  return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot write: %s", place, strerror(reason));
}

/* A file "TARGET.vtpu-XXXXXX" with the permissions that creating TARGET would give. */
static int open_temporary(struct output *o, struct vtpu_error *err)
{
  if (asprintf(&o->temporary, "%s.vtpu-XXXXXX", o->target) < 0) {
    o->temporary = NULL;
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", o->path);
  }
  int fd = mkstemp(o->temporary);
  if (fd < 0) {
    int reason = errno;
    free(o->temporary);
    o->temporary = NULL;
    return fail_write(o, reason, err);
  }
  mode_t mask = umask(0);
  umask(mask);
  fchmod(fd, 0666 & ~mask);
  o->stream = fdopen(fd, "w");
  return o->stream ? 0 : fail_write(o, errno, err);
}

int output_open(struct output *o, const char *path, enum output_mode mode, struct vtpu_error *err)
{
  *o = (struct output){.path = path};
  if (!path)
    return 0;
  if (strcmp(path, "-") == 0) {
    o->stream = stdout;
    return 0;
  }
  struct stat st;
  bool exists = stat(path, &st) == 0;
  if (exists && S_ISDIR(st.st_mode))
    return fail_write(o, EISDIR, err);
  /* Renaming over a file that may not be written would get around its permissions. */
  if (exists && access(path, W_OK) != 0)
    return fail_write(o, errno, err);
  if (mode == OUTPUT_STREAM || (exists && !S_ISREG(st.st_mode))) {
    o->stream = fopen(path, "w");
    return o->stream ? 0 : fail_write(o, errno, err);
  }
  o->target = exists ? realpath(path, NULL) : strdup(path);
  if (!o->target)
    return fail_write(o, errno, err);
  return open_temporary(o, err);
}

int output_check(const struct output *o, struct vtpu_error *err)
{
  if (!o->stream || !ferror(o->stream))
    return 0;
  return fail_write(o, errno ? errno : EIO, err);
}

int output_close(struct output *o, struct vtpu_error *err)
{
  if (!o->stream)
    return 0;
  FILE *stream = o->stream;
  o->stream = NULL;
  errno = 0;
  bool bad = ferror(stream) != 0;
  bad |= fflush(stream) != 0;
  int reason = errno;
  if (stream != stdout) {
    errno = 0;
    bad |= fclose(stream) != 0;
    reason = reason ? reason : errno;
  }
  if (bad)
    return fail_write(o, reason ? reason : ENOSPC, err);
  if (!o->temporary)
    return 0;
  if (rename(o->temporary, o->target) != 0)
    return fail_write(o, errno, err);
  free(o->temporary);
  o->temporary = NULL;
  return 0;
}

void output_discard(struct output *o)
{
  if (o->stream && o->stream != stdout)
    fclose(o->stream);
  o->stream = NULL;
  if (o->temporary)
    unlink(o->temporary);
  free(o->temporary);
  free(o->target);
  o->temporary = o->target = NULL;
}

int output_json(struct output *o, json_t *value, struct vtpu_error *err)
{
  if (!o->stream) {
    json_decref(value);
    return 0;
  }
  if (!value)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory while making the JSON", o->path);
  errno = 0;
  int bad = json_dumpf(value, o->stream, JSON_INDENT(1) | JSON_ENSURE_ASCII);
  bad |= fputc('\n', o->stream) == EOF;
  int reason = errno;
  json_decref(value);
  return bad ? fail_write(o, reason ? reason : EIO, err) : 0;
}

static int copy_into(struct output *o, const char *from, struct vtpu_error *err)
{
  char buffer[1 << 16];
  size_t n;
  FILE *in = fopen(from, "r");
  if (!in)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: %s", from, strerror(errno));
  while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
    fwrite(buffer, 1, n, o->stream);
  fclose(in);
  return output_check(o, err);
}

int output_write(struct output *o, output_writer *write, const void *context,
                 struct vtpu_error *err)
{
  if (!o->stream)
    return 0;
  if (o->temporary)
    return write(o->temporary, context, err);
  const char *folder = getenv("TMPDIR");
  char *path = NULL;
  if (asprintf(&path, "%s/vtpu-XXXXXX", folder && *folder ? folder : "/tmp") < 0)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", o->path);
  int status, fd = mkstemp(path);
  if (fd < 0) {
    status = vtpu_fail(err, VTPU_SYSTEM, "%s: %s", path, strerror(errno));
  } else {
    close(fd);
    status = write(path, context, err);
    if (!status)
      status = copy_into(o, path, err);
    unlink(path);
  }
  free(path);
  return status;
}

int output_object(struct output *o, const struct object *object, const struct object_maker *maker,
                  struct vtpu_error *err)
{
  if (!o->stream)
    return 0;
  int status = object_write_stream(o->stream, object, maker, err), reason = errno;
  return status && ferror(o->stream) ? fail_write(o, reason ? reason : EIO, err) : status;
}
