/* Runs whose reports are tested: see material.h. */
#include "tests/report/material.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *ids(void)
{
  return temp_text("report.ids", "7\n1\n40\n3\n");
}

static bool is_there(const char *path)
{
  return access(path, R_OK) == 0;
}

const char *run_json(void)
{
  const char *path = temp_path("run.json");
  struct command c = {0};
  if (is_there(path))
    return path;
  command(&c,
          "vtpu infer --model '%s' --token-ids '%s' --tokens 4 -q --json '%s' --timeline 32 "
          "--profile-json '%s' --trace '%s'",
          small_model(), ids(), path, temp_path("profile.json"), temp_path("run.trace"));
  T_STATUS(&c, 0);
  command_end(&c);
  return path;
}

const char *profile_json(void)
{
  run_json();
  return temp_path("profile.json");
}

const char *run_json_on(int sentrons)
{
  char name[32];
  struct command c = {0};
  snprintf(name, sizeof name, "run_%d.json", sentrons);
  const char *path = temp_path(name);
  if (is_there(path))
    return path;
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 4 -q --json '%s' --sentrons %d",
          small_model(), ids(), path, sentrons);
  T_STATUS(&c, 0);
  command_end(&c);
  return path;
}

const char *locality_json(const char *curve)
{
  char name[40];
  struct command c = {0};
  snprintf(name, sizeof name, "locality_%s.json", curve);
  const char *path = temp_path(name), *object = temp_path("locality.siw");
  if (is_there(path))
    return path;
  command(&c,
          "vtpu asm asm/examples/stream.s -o '%s' && vtpu locality -q -s curve=%s --json '%s' '%s'",
          object, curve, path, object);
  T_STATUS(&c, 0);
  command_end(&c);
  return path;
}

const char *trace_file(void)
{
  run_json();
  return temp_path("run.trace");
}

const char *full_report(void)
{
  static bool made;
  const char *folder = temp_path("report");
  struct command c = {0};
  if (made)
    return folder;
  made = true;
  command(&c,
          "vtpu report '%s' '%s' '%s' '%s' --profile '%s' --locality '%s' --locality '%s' "
          "--trace '%s' --dims 0,2 -o '%s'",
          run_json(), run_json_on(1), run_json_on(8), run_json_on(16), profile_json(),
          locality_json("zorder"), locality_json("row"), trace_file(), folder);
  T_STATUS(&c, 0);
  char expected[512];
  snprintf(expected, sizeof expected, "%s/index.html\n", folder);
  T_EQ_STR(c.out, expected);
  T_EQ_STR(c.err, "");
  command_end(&c);
  return folder;
}

char *report_file(const char *folder, const char *name)
{
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  char *text = read_file(path, NULL);
  if (!text)
    T_FAIL("%s is missing", path);
  return text ? text : strdup("");
}

bool have_gnuplot(void)
{
  struct command c = {0};
  command(&c, "command -v gnuplot");
  bool there = c.status == 0;
  command_end(&c);
  return there;
}
