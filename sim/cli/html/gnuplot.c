/* Runs gnuplot: see gnuplot.h. */
#include "sim/cli/html/gnuplot.h"

#include "sim/utf8.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The script lies in a file without a name, so nothing can block however long it is; so does what
 * gnuplot complains about. */
static FILE *file_of(const char *text)
{
  FILE *f = tmpfile();
  if (!f)
    return NULL;
  fputs(text, f);
  if (fflush(f) == 0 && fseek(f, 0, SEEK_SET) == 0)
    return f;
  fclose(f);
  return NULL;
}

static int start(FILE *in, int out, FILE *complaints, pid_t *pid)
{
  /* -d: without the user's own settings. */
  char *const argv[] = {"gnuplot", "-d", "-", NULL};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0)
    return ENOMEM;
  posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
  int reason = posix_spawnp(pid, "gnuplot", &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return reason;
}

static char *read_all(int fd, size_t *bytes)
{
  size_t room = 1 << 16, used = 0;
  char *text = malloc(room);
  while (text) {
    ssize_t n = read(fd, text + used, room - used - 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    used += (size_t)n;
    if (used + 1 == room) {
      char *more = realloc(text, room *= 2);
      if (!more)
        free(text);
      text = more;
    }
  }
  if (text)
    text[used] = '\0';
  *bytes = used;
  return text;
}

/* The line of gnuplot's complaint that says most: the last that is not empty. */
static void complaint(FILE *f, char *out, size_t room)
{
  char line[512];
  snprintf(out, room, "it says nothing");
  rewind(f);
  while (fgets(line, sizeof line, f)) {
    line[strcspn(line, "\n")] = '\0';
    if (line[strspn(line, " ^")])
      snprintf(out, room, "%s", line + strspn(line, " "));
  }
}

static int fail(const char *name, const char *what, struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_SYSTEM, "figure %s: gnuplot: %s", name, what);
}

static int run(const char *name, FILE *script, FILE *complaints, char **out, size_t *bytes,
               struct vtpu_error *err)
{
  int ends[2], ended = 0;
  pid_t pid;
  char says[512];
  if (pipe(ends) != 0)
    return fail(name, strerror(errno), err);
  int reason = start(script, ends[1], complaints, &pid);
  close(ends[1]);
  if (reason) {
    close(ends[0]);
    if (reason == ENOENT)
      return vtpu_fail(err, VTPU_SYSTEM,
                       "gnuplot is missing: it draws the figures\n"
                       "  `scripts/install report' or `apt-get install gnuplot-nox' installs it");
    return fail(name, strerror(reason), err);
  }
  *out = read_all(ends[0], bytes);
  close(ends[0]);
  while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
    continue;
  if (!*out)
    return fail(name, "out of memory", err);
  complaint(complaints, says, sizeof says);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0 || *bytes == 0)
    return fail(name, says, err);
  return 0;
}

int gnuplot_run(const char *name, const char *script, char **out, size_t *bytes,
                struct vtpu_error *err)
{
  FILE *in = file_of(script), *complaints = tmpfile();
  *out = NULL;
  int status = in && complaints ? run(name, in, complaints, out, bytes, err)
                                : fail(name, strerror(errno), err);
  if (in)
    fclose(in);
  if (complaints)
    fclose(complaints);
  if (status) {
    free(*out);
    *out = NULL;
  }
  return status;
}

void gnuplot_quoted(FILE *script, const char *text, unsigned columns)
{
  size_t left = strlen(text);
  fputc('\'', script);
  for (unsigned column = 0; left; column++) {
    int n = utf8_character(text, left);
    size_t bytes = n > 0 ? (size_t)n : 1;
    if (column + 1 == columns && left > bytes) {
      fputs("…", script);
      break;
    }
    if (n <= 0 || (n == 1 && ((unsigned char)*text < ' ' || strchr("'\"`\\$\177", *text))))
      fputc('?', script);
    else
      fwrite(text, 1, bytes, script);
    text += bytes;
    left -= bytes;
  }
  fputc('\'', script);
}
