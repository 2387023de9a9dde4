/* Programs of tests/ptc/patterns on a machine; see programs.h. */
#include "tests/ptc/programs.h"
#include "asm/assemble.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

struct machine machine_with(const char *settings)
{
  struct machine m;
  struct vtpu_error err;
  char text[512];
  snprintf(text, sizeof text, "%s", settings);
  int bad = machine_load("spec", &m, &err);
  for (char *at = strtok(text, " "); at && !bad; at = strtok(NULL, " "))
    bad = machine_set(&m, "test", at, &err);
  if (bad || machine_check(&m, "test", &err))
    T_FAIL("%s", err.message);
  return m;
}

bool pattern_object(const char *name, struct object *out)
{
  char path[256];
  struct vtpu_error err;
  snprintf(path, sizeof path, "tests/ptc/patterns/%s.s", name);
  if (assemble_file(path, out, &err)) {
    T_FAIL("%s", err.message);
    return false;
  }
  return true;
}

struct vtpu_statistics *run_object(const struct object *o, const struct machine *m,
                                   const struct vtpu_options *options)
{
  struct vtpu_error err;
  struct vtpu *v = NULL;
  struct vtpu_statistics *s = NULL;
  enum vtpu_status status = VTPU_RUNNING;
  struct machine mine = *m;
  mine.dlen = o->dlen;
  int bad = vtpu_new(&mine, o, options, &v, &err);
  if (!bad)
    bad = vtpu_run(v, UINT64_MAX, &status, &err);
  if (!bad)
    bad = vtpu_statistics(v, &s, &err);
  vtpu_free(v);
  if (bad)
    T_FAIL("%s", err.message);
  else
    T_CHECK(status == VTPU_DONE);
  return s;
}
