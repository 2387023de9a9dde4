/* See debug.h. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

const char *debug_example(const char *name)
{
  struct command c = {0};
  char file[80];
  snprintf(file, sizeof file, "debug_%s.siw", name);
  const char *object = temp_path(file);
  command(&c, "vtpu asm 'asm/examples/%s.s' -o '%s'", name, object);
  T_STATUS(&c, 0);
  command_end(&c);
  return object;
}

void debug_script(struct command *c, const char *object, const char *options, const char *lines)
{
  const char *script = temp_text("debug.script", lines);
  command(c, "vtpu debug '%s' %s --batch -x '%s'", object, options, script);
}

void debug_lines(struct command *c, const char *object, const char *options, const char *lines)
{
  const char *script = temp_text("debug.lines", lines);
  command(c, "vtpu debug '%s' %s <'%s'", object, options, script);
}

/* The number of the line in which the texts part. */
static int line_of(const char *a, const char *b)
{
  int line = 1;
  for (; *a && *a == *b; a++, b++)
    line += *a == '\n';
  return line;
}

void debug_expect(const char *file, int line, const char *object, const char *options,
                  const char *lines, const char *expected)
{
  struct command c = {0};
  debug_script(&c, object, options, lines);
  if (c.status != 0)
    t_fail(file, line, "the status is %d\n%s\n%s", c.status, c.out, c.err);
  else if (strcmp(c.out, expected) != 0)
    t_fail(file, line, "line %d is not as expected; it printed\n%s", line_of(c.out, expected),
           c.out);
  command_end(&c);
}
