/* See run_text.h. */
#include "tests/sim/run_text.h"

#include "asm/assemble.h"
#include "tests/harness/harness.h"
#include "tests/ptc/programs.h"

#include <string.h>

struct vtpu_statistics *run_text(const char *text, const char *settings,
                                 const struct vtpu_options *options)
{
  struct object o;
  struct vtpu_error err;
  if (assemble_text("stream", text, strlen(text), &o, &err)) {
    T_FAIL("%s\n%s", err.message, text);
    return NULL;
  }
  struct machine m = machine_with(settings);
  struct vtpu_statistics *s = run_object(&o, &m, options);
  object_free_parts(&o);
  return s;
}

uint64_t cycles_of(const char *text, const char *settings)
{
  struct vtpu_statistics *s = run_text(text, settings, NULL);
  uint64_t cycles = s ? s->cycles : 0;
  if (s)
    vtpu_statistics_free(s);
  return cycles;
}
