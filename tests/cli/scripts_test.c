/* The scripts that decide whether the project passes: they must not call a failure a success. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <string.h>

/* A stand-in for a test binary: writes a report (NULL: none) where --gtest_output says and ends
 * with a status. */
static const char *stand_in(const char *name, const char *report, int status)
{
  char text[2048];
  const char *path = temp_path(name);
  snprintf(
      text, sizeof text,
      "#!/bin/sh\nfor a; do case $a in --gtest_output=xml:*) f=${a#--gtest_output=xml:};; esac; "
      "done\n%s%s%s\nexit %d\n",
      report ? "cat >\"$f\" <<'END'\n" : ":", report ? report : "", report ? "\nEND" : "", status);
  temp_text(name, text);
  struct command c = {0};
  command(&c, "chmod +x '%s'", path);
  command_end(&c);
  return path;
}

#define REPORT(tests, failures, cases)                                                             \
  "<testsuites tests=\"" tests "\" failures=\"" failures                                           \
  "\" errors=\"0\" name=\"AllTests\">\n" cases "</testsuites>"
#define PASSED  "<testcase name=\"a\" status=\"run\" result=\"completed\" />\n"
#define SKIPPED "<testcase name=\"b\" status=\"run\" result=\"skipped\">\n</testcase>\n"
#define FAILED  "<testcase name=\"c\" status=\"run\" result=\"completed\"><failure/>\n</testcase>\n"

static void expect(const char *arguments, const char *last_line, int status)
{
  struct command c = {0};
  command(&c,
          "VTPU_TEST_SECONDS=2 scripts/run-tests %s | tail -n 1; "
          "VTPU_TEST_SECONDS=2 scripts/run-tests %s >/dev/null",
          arguments, arguments);
  T_STATUS(&c, status);
  T_EQ_STR(c.out, last_line);
  command_end(&c);
}

T_TEST(scripts, run_tests_counts_what_passed_failed_and_was_skipped)
{
  char arguments[1024];
  const char *good = stand_in("good", REPORT("3", "0", PASSED PASSED SKIPPED), 0);
  const char *bad = stand_in("bad", REPORT("3", "1", PASSED FAILED PASSED), 1);
  expect(good, "2 passed, 0 failed, 1 skipped\n", 0);
  snprintf(arguments, sizeof arguments, "'%s' '%s'", good, bad);
  expect(arguments, "4 passed, 1 failed, 1 skipped\n", 1);
}

T_TEST(scripts, run_tests_takes_no_crash_for_a_success)
{
  expect(stand_in("silent", NULL, 0), "0 passed, 1 failed, 0 skipped\n", 1);
  expect(stand_in("crashed", NULL, 139), "0 passed, 1 failed, 0 skipped\n", 1);
  expect(stand_in("late", REPORT("1", "0", PASSED), 1), "1 passed, 1 failed, 0 skipped\n", 1);
  expect(stand_in("empty", REPORT("0", "0", ""), 0), "0 passed, 1 failed, 0 skipped\n", 1);
  expect(temp_path("no_such_binary"), "0 passed, 1 failed, 0 skipped\n", 1);
}

T_TEST(scripts, run_tests_counts_checks)
{
  char arguments[1024];
  const char *good = stand_in("check-good", NULL, 0), *bad = stand_in("check-bad", NULL, 1);
  const char *skipped = stand_in("check-skipped", NULL, 77);
  snprintf(arguments, sizeof arguments, "--check '%s' --check '%s'", good, skipped);
  expect(arguments, "1 passed, 0 failed, 1 skipped\n", 0);
  snprintf(arguments, sizeof arguments, "--check '%s' --check '%s'", good, bad);
  expect(arguments, "1 passed, 1 failed, 0 skipped\n", 1);
}

T_TEST(scripts, arrows_that_point_back_are_found)
{
  static const struct {
    const char *file, *include;
    int allowed;
  } cases[] = {
      {"isa/x.c", "isa/isa.h", 1},
      {"isa/x.c", "sim/vtpu.h", 0},
      {"models/x.c", "isa/error.h", 1},
      {"models/x.c", "asm/assemble.h", 0},
      {"asm/lower/x.c", "models/model.h", 1},
      {"asm/lower/x.c", "models/readers.h", 0},
      {"asm/x.c", "sim/vtpu.h", 0},
      {"sim/x.c", "models/model.h", 0},
      {"sim/x.c", "isa/machine.h", 1},
      {"sim/x.c", "sim/cli/cli.h", 0},
      {"sim/cli/x.c", "models/model.h", 1},
      {"traces/x.c", "sim/vtpu.h", 0},
      {"rtl/x.cc", "sim/vtpu.h", 1},
      {"rtl/x.cc", "sim/engine.h", 0},
      {"sim/x.c", "../isa/isa.h", 0},
      {"tests/sim/x.c", "sim/engine.h", 1},
      {"tests/sim/x.c", "sim/cli/cli.h", 0},
  };
  const char *tree = temp_path("arrows");
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(
        &c,
        "rm -rf '%s' && mkdir -p '%s/scripts' \"$(dirname '%s/%s')\" && "
        "cp scripts/check-arrows '%s/scripts/' && "
        "printf '#include <stdio.h>\\n#include \"%s\"\\n' >'%s/%s' && '%s/scripts/check-arrows'",
        tree, tree, tree, cases[i].file, tree, cases[i].include, tree, cases[i].file, tree);
    if (!T_STATUS(&c, cases[i].allowed ? 0 : 1))
      T_FAIL("%s includes %s", cases[i].file, cases[i].include);
    if (!cases[i].allowed) {
      T_CONTAINS(c.out, cases[i].file);
      T_CONTAINS(c.out, ":2:");
    }
  }
  command_end(&c);
}

T_TEST(scripts, ports_are_checked_module_by_module)
{
  /* What is done to the section of l1, and what the check says then. */
  static const struct {
    const char *edit, *says;
  } cases[] = {
      {"s/a/a/", ""},
      {"/^## `l1`/,/^## / { /^| `line`/ d }", "port line of l1 is missing"},
      {"/^## `l1`/,/^## / s/`drain`, `/`drain`, `pump`, `/", "4 ports, 3 widths"},
      {"/^## `l1`/,/^## / s/`touch`/`pat`/", "l1 has no port pat"},
      {"/^## `l1`/,/^## / s/| `line` | in | LINE/| `line` | out | LINE/", "line of l1 is in, LINE"},
      {"/^## `l1`/,/^## / s/| `line` | in | LINE/| `line` | in | 38/",
       "line of l1 is in, LINE bits"},
      {"s/^## `l1`/## `l1d`/", "there is no module l1d"},
      {"s/^## `l1`/## The cache/", "rtl/l1.v has no section"},
  };
  const char *tree = temp_path("ports");
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(
        &c,
        "rm -rf '%s' && mkdir -p '%s/scripts' '%s/rtl' && cp scripts/check-ports '%s/scripts/' && "
        "cp rtl/*.v rtl/*.md '%s/rtl/' && sed -i '%s' '%s/rtl/S-PIPE.md' && "
        "'%s/scripts/check-ports' 2>&1",
        tree, tree, tree, tree, tree, cases[i].edit, tree, tree);
    T_STATUS(&c, *cases[i].says ? 1 : 0);
    T_CONTAINS(c.out, cases[i].says);
  }
  command_end(&c);
}

T_TEST(scripts, install_says_nothing_when_all_is_there_and_what_is_missing_otherwise)
{
  struct command c = {0};
  command(&c, "scripts/install test");
  T_STATUS(&c, 0);
  T_EQ_STR(c.out, "");
  command(&c, "scripts/install everything");
  T_STATUS(&c, 2);
  /* Without a compiler and without apt-get it can only say what it would need. */
  command(&c,
          "mkdir -p '%s' && for t in sh mktemp rm cat tr id dirname; do "
          "ln -sf \"$(command -v $t)\" '%s/'; done; PATH='%s' scripts/install build",
          temp_path("bin"), temp_path("bin"), temp_path("bin"));
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "no apt-get");
  T_CONTAINS(c.err, "gcc");
  T_CONTAINS(c.err, "libjansson-dev");
  command_end(&c);
}

/* A folder of commands for PATH with an apt-get that writes down how it was called, and an id that
 * says who we are. `install`: what happens in `apt-get install`. */
static const char *fake_commands(const char *name, const char *user, const char *install)
{
  const char *folder = temp_path(name);
  struct command c = {0};
  command(
      &c,
      "rm -rf '%s' && mkdir '%s' && cd '%s' && "
      "for t in sh mktemp rm cat tr env dirname tail; do ln -sf \"$(command -v $t)\" .; done && "
      "printf '#!/bin/sh\\necho %s\\n' >id && "
      "printf '#!/bin/sh\\necho \"$@\" >>%s/log\\n[ $1 = update ] || { %s; }\\n' >apt-get && "
      "chmod +x id apt-get",
      folder, folder, folder, user, folder, install);
  T_STATUS(&c, 0);
  command_end(&c);
  return folder;
}

T_TEST(scripts, install_asks_apt_for_what_is_missing)
{
  struct command c = {0};
  const char *wanted = "install -y -qq --no-install-recommends gcc libc6-dev make";
  const char *bin = fake_commands("apt", "0", "true");
  command(&c, "PATH='%s' scripts/install build", bin);
  T_STATUS(&c, 6); /* nothing was really installed, and it looks again */
  T_CONTAINS(c.out, "Installing: gcc libc6-dev make");
  T_CONTAINS(c.err, "after installing");
  command(&c, "cat '%s/log'", bin);
  T_CONTAINS(c.out, wanted);
  T_CHECK(!strstr(c.out, "update")); /* the lists that are there do */

  bin = fake_commands("apt", "0", "grep -q update log 2>/dev/null || exit 100");
  command(&c, "PATH='%s' scripts/install build", bin);
  T_STATUS(&c, 6);
  command(&c, "cut -d' ' -f1 '%s/log' | tr '\\n' ' '", bin);
  T_EQ_STR(c.out, "install update install ");

  bin = fake_commands("apt", "1000", "true");
  command(&c, "PATH='%s' scripts/install build", bin);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "needs root");
  T_CONTAINS(c.err, "libjansson-dev");
  command_end(&c);
}
