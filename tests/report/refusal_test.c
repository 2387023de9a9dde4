/* Wrong input: one message that says what and where, and the documented status. */
#include "tests/report/material.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void refused(const char *arguments, int status, const char *says)
{
  struct command c = {0};
  command(&c, "vtpu report %s", arguments);
  T_STATUS(&c, status);
  T_CONTAINS(c.err, says);
  T_EQ_STR(c.out, "");
  command_end(&c);
}

T_TEST(report_refusal, wrong_usage)
{
  refused("", 2, "which run?");
  refused("a.json", 2, "-o DIR");
  refused("a.json -o d --dims 0,3", 2, "needs --trace");
  refused("a.json -o d --trace t --dims 3", 2, "not two dimensions");
  refused("a.json -o d --trace t --dims 3,3", 2, "two different ones");
  refused("a.json -o d --trace t --dims 0,11", 2, "from 0 to 10");
  refused("a.json -o d --frobnicate", 2, "frobnicate");
}

/* `arguments` has a %s for the file. */
static void refused_file(const char *path, const char *arguments, const char *says)
{
  char line[2048], quoted[1024];
  snprintf(quoted, sizeof quoted, "'%s'", path);
  snprintf(line, sizeof line, arguments, quoted);
  snprintf(line + strlen(line), sizeof line - strlen(line), " -o '%s'", temp_path("refused"));
  refused(line, 3, says);
}

T_TEST(report_refusal, foreign_and_cut_files)
{
  char *text = read_file(run_json(), NULL), with_profile[600];
  T_REQUIRE(text != NULL);
  refused_file("nowhere.json", "%s", "nowhere.json: No such file");
  refused_file(temp_text("foreign.json", "{\"a\": 1}"), "%s", "names no schema");
  refused_file(temp_text("number.json", "[1]"), "%s", "names no schema");
  refused_file(temp_text("text.json", "hello"), "%s", "no JSON: line 1");
  text[strlen(text) / 2] = '\0';
  refused_file(temp_text("cut.json", text), "%s", "damaged, or cut off");
  free(text);
  refused_file(profile_json(), "%s", "the schema is \"vtpu-profile-1\", not \"vtpu-run-1\"");
  snprintf(with_profile, sizeof with_profile, "'%s' --profile %%s", run_json());
  refused_file(run_json(), with_profile, "--profile-json");
  snprintf(with_profile, sizeof with_profile, "'%s' --locality %%s", run_json());
  refused_file(run_json(), with_profile, "`vtpu locality'");
}

T_TEST(report_refusal, traces)
{
  char with_trace[600];
  NEED_GNUPLOT();
  snprintf(with_trace, sizeof with_trace, "'%s' --trace %%s", run_json());
  refused_file("nowhere.trace", with_trace, "nowhere.trace");
  refused_file(run_json(), with_trace, "run.json");
  const char *object = temp_path("other.siw"), *other = temp_path("other.json");
  struct command c = {0};
  command(&c, "vtpu asm asm/examples/barrier.s -o '%s' && vtpu run '%s' -q --json '%s'", object,
          object, other);
  T_STATUS(&c, 0);
  command_end(&c);
  snprintf(with_trace, sizeof with_trace, "'%s' --trace %%s", other);
  refused_file(trace_file(), with_trace, "of another program");
}

static json_t *parent_of(json_t *j, const char *path, const char **last)
{
  char parent[64];
  const char *dot = strrchr(path, '.');
  *last = dot ? dot + 1 : path;
  snprintf(parent, sizeof parent, "%.*s", dot ? (int)(dot - path) : 0, path);
  return json_at(j, parent);
}

/* Whatever is used of a file: without it, with something else in its place, or with a number that
 * no run can have, the file is refused. */
static void each_member_is_needed(const char *path, const char *const *members, size_t count,
                                  const char *arguments)
{
  json_t *whole = json_of_file(path);
  const char *last, *changed = temp_path("changed.json");
  for (size_t i = 0; i < count; i++) {
    for (int damage = 0; damage < 4; damage++) {
      json_t *copy = json_deep_copy(whole), *parent = parent_of(copy, members[i], &last);
      if (!json_object_get(parent, last))
        T_FAIL("%s has no %s", path, members[i]);
      bool number = json_is_number(json_object_get(parent, last));
      if (damage == 0)
        json_object_del(parent, last);
      else if (damage == 1)
        json_object_set_new(parent, last, json_false());
      else if (number)
        json_object_set_new(parent, last, json_real(damage == 2 ? -1 : 1e300));
      json_dump_file(copy, changed, 0);
      json_decref(copy);
      if (damage >= 2 && !number)
        continue;
      refused_file(changed, arguments, last);
    }
  }
  json_decref(whole);
}

T_TEST(report_refusal, whatever_is_used_must_be_there)
{
  static const char *const run[] = {"command",
                                    "program.path",
                                    "machine.name",
                                    "cycles",
                                    "ops",
                                    "siws",
                                    "utilisation",
                                    "ptc.hits",
                                    "stack",
                                    "sentrons",
                                    "layers",
                                    "kernels",
                                    "sentrons.0.stack",
                                    "kernels.1.cycles",
                                    "layers.0.layer",
                                    "timeline.window_cycles",
                                    "timeline.siws",
                                    "timeline.ptc.hits",
                                    "stack.issue",
                                    "machine.parameters.cores"};
  static const char *const profile[] = {"parts", "parts.0.name", "parts.0.kernels.0.wall.cycles",
                                        "parts.0.kernels.0.bound.limited_by",
                                        "machine.parameters.sports"};
  static const char *const locality[] = {"points", "accesses", "machine.curve", "points.3.hits",
                                         "points.0.granularity"};
  char with[600];
  each_member_is_needed(run_json(), run, sizeof run / sizeof *run - 2, "%s");
  snprintf(with, sizeof with, "'%s' --profile %%s", run_json());
  each_member_is_needed(profile_json(), profile, sizeof profile / sizeof *profile, with);
  snprintf(with, sizeof with, "'%s' --locality %%s", run_json());
  each_member_is_needed(locality_json("zorder"), locality, sizeof locality / sizeof *locality,
                        with);
}

T_TEST(report_refusal, the_host_refuses)
{
  struct command c = {0};
  char line[1024];
  NEED_GNUPLOT();
  snprintf(line, sizeof line, "'%s' -o '%s'", run_json(), run_json()); /* a file, no folder */
  refused(line, 6, "cannot make the folder");
  snprintf(line, sizeof line, "'%s' -o '%s/a/b'", run_json(), temp_path("nowhere"));
  refused(line, 6, "cannot make the folder");
  /* A disk that is full after 60 KB: nothing is left under a figure's name that is not whole. */
  const char *folder = temp_path("full_disk");
  command(&c, "trap '' XFSZ; ulimit -f 60; vtpu report '%s' -o '%s'", run_json(), folder);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "cannot write");
  snprintf(line, sizeof line, "%s/index.html", folder);
  T_CHECK(access(line, F_OK) != 0);
  command_end(&c);
}

T_TEST(report_refusal, without_gnuplot_or_with_a_broken_one)
{
  struct command c = {0};
  const char *tools = temp_path("tools"), *folder = temp_path("no_gnuplot");
  command(&c, "PATH=/nowhere " VTPU_BINARY " report '%s' -o '%s'", run_json(), folder);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "gnuplot is missing");
  T_CONTAINS(c.err, "scripts/install report");
  command(&c,
          "mkdir -p '%s' && printf '#!/bin/sh\\necho \"no terminal svg\" >&2; exit 1\\n' "
          ">'%s/gnuplot' && chmod +x '%s/gnuplot' && PATH='%s' " VTPU_BINARY " report '%s' -o '%s'",
          tools, tools, tools, tools, run_json(), folder);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "no terminal svg");
  command(&c,
          "printf '#!/bin/sh\\necho something\\n' >'%s/gnuplot' && PATH='%s' " VTPU_BINARY
          " report '%s' -o '%s'",
          tools, tools, run_json(), folder);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "is not understood");
  command_end(&c);
}
