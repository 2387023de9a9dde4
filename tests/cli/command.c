/* Running the command: see command.h. */
#include "tests/cli/command.h"

#include "tests/harness/harness.h"
#include "tests/models/synthetic.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *temp_path(const char *name)
{
  static struct {
    char *name, *path;
  } known[256];
  static int count;
  for (int i = 0; i < count; i++) {
    if (strcmp(known[i].name, name) == 0)
      return known[i].path;
  }
  if (count == 256)
    abort();
  known[count].name = strdup(name);
  known[count].path = strdup(t_temp(name));
  return known[count++].path;
}

char *read_file(const char *path, size_t *bytes)
{
  FILE *f = fopen(path, "rb");
  if (!f)
    return NULL;
  size_t used = 0, room = 1 << 16;
  char *text = malloc(room);
  for (size_t n; text && (n = fread(text + used, 1, room - used - 1, f)) > 0;) {
    used += n;
    if (used + 1 == room)
      text = realloc(text, room *= 2);
  }
  fclose(f);
  if (text)
    text[used] = '\0';
  if (bytes)
    *bytes = used;
  return text;
}

int write_file(const char *path, const void *bytes, size_t count)
{
  FILE *f = fopen(path, "wb");
  if (!f)
    return 0;
  size_t n = fwrite(bytes, 1, count, f);
  return fclose(f) == 0 && n == count;
}

const char *temp_text(const char *name, const char *text)
{
  const char *path = temp_path(name);
  if (!write_file(path, text, strlen(text)))
    T_FAIL("cannot write %s", path);
  return path;
}

/* --- commands ------------------------------------------------------------------------------ */

void command_end(struct command *c)
{
  free(c->out);
  free(c->err);
  *c = (struct command){0};
}

void command(struct command *c, const char *format, ...)
{
  static char line[1 << 16];
  const char *out = temp_path("command.out"), *err = temp_path("command.err");
  command_end(c);
  int used = snprintf(line, sizeof line,
                      "vtpu() { timeout --foreground 120 " VTPU_BINARY " \"$@\"; }\n"
                      "exec >'%s' 2>'%s' </dev/null\n",
                      out, err);
  va_list ap;
  va_start(ap, format);
  vsnprintf(line + used, sizeof line - (size_t)used, format, ap);
  va_end(ap);
  fflush(stdout);
  int status = system(line);
  c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  c->out = read_file(out, NULL);
  c->err = read_file(err, NULL);
}

int command_check(const char *file, int line, const struct command *c, int expected)
{
  if (c->status == expected)
    return 1;
  t_fail(file, line, "the status is %d, not %d; it printed\n%s\nand as errors\n%s", c->status,
         expected, c->out, c->err);
  return 0;
}

const char *assembled(const char *name, const char *text)
{
  struct command c = {0};
  char source_name[64];
  snprintf(source_name, sizeof source_name, "%s.s", name);
  const char *source = temp_text(source_name, text), *object = temp_path(name);
  command(&c, "vtpu asm '%s' -o '%s'", source, object);
  T_STATUS(&c, 0);
  command_end(&c);
  return object;
}

/* --- JSON ---------------------------------------------------------------------------------- */

json_t *json_of_text(const char *text)
{
  json_error_t error;
  json_t *j = json_loads(text, 0, &error);
  if (!j)
    T_FAIL("no JSON: %s in\n%.400s", error.text, text);
  return j ? j : json_object();
}

json_t *json_of_file(const char *path)
{
  char *text = read_file(path, NULL);
  json_t *j = json_of_text(text ? text : "");
  free(text);
  return j;
}

json_t *json_at(json_t *j, const char *path)
{
  while (j && *path) {
    char key[64];
    size_t n = strcspn(path, ".");
    snprintf(key, sizeof key, "%.*s", (int)n, path);
    j = json_is_array(j) ? json_array_get(j, (size_t)atoi(key)) : json_object_get(j, key);
    path += n + (path[n] == '.');
  }
  return j;
}

double json_number(json_t *j, const char *path)
{
  json_t *value = json_at(j, path);
  if (!json_is_number(value))
    T_FAIL("%s is no number", path);
  return json_number_value(value);
}

long long json_whole(json_t *j, const char *path)
{
  json_t *value = json_at(j, path);
  if (!json_is_integer(value))
    T_FAIL("%s is no integer", path);
  return (long long)json_integer_value(value);
}

const char *json_text(json_t *j, const char *path)
{
  json_t *value = json_at(j, path);
  if (!json_is_string(value))
    T_FAIL("%s is no string", path);
  return json_is_string(value) ? json_string_value(value) : "";
}

const char *small_model(void)
{
  static bool made;
  const char *folder = temp_path("small_model");
  struct synthetic s = synthetic_default();
  if (!made && !synthetic_write(&s, folder))
    T_FAIL("cannot write %s", folder);
  made = true;
  return folder;
}
