/* The reports themselves: width, what must stand in them, UTF-8, and the progress line. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/utf8.h"

static void check_width(const char *text, const char *what)
{
  for (const char *at = text; *at;) {
    size_t n = strcspn(at, "\n");
    if (n > 100)
      T_FAIL("%s: %zu columns in\n%.*s", what, n, (int)n, at);
    if (n && at[n - 1] == ' ')
      T_FAIL("%s: a space at the end of\n%.*s", what, (int)n, at);
    at += n + (at[n] == '\n');
  }
}

T_TEST(cli_report, text_fits_100_columns)
{
  struct command c = {0};
  const char *object = temp_path("report.siw");
  static const char *const examples[] = {"microvtpu", "barrier", "stream", "pingpong"};
  for (int i = 0; i < 4; i++) {
    command(&c, "vtpu asm asm/examples/%s.s -o '%s' && vtpu run '%s' --registers", examples[i],
            object, object);
    T_STATUS(&c, 0);
    check_width(c.out + strcspn(c.out, "\n"), examples[i]); /* the first line holds a path */
  }
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 3", small_model(),
          temp_text("one.ids", "1\n"));
  T_STATUS(&c, 0);
  const char *figures = strstr(c.out, "\nmachine ");
  T_REQUIRE(figures);
  check_width(figures, "infer");
  command_end(&c);
}

T_TEST(cli_report, ops_per_cycle_never_stands_alone)
{
  struct command c = {0};
  static const char *const beside[] = {"cycles",
                                       "ops/cycle",
                                       "D-pipe's share of peak",
                                       "MAC/cycle",
                                       "PTC hit rate",
                                       "L1",
                                       "L2",
                                       "L3",
                                       "DDR",
                                       "cycle stack",
                                       "sentron ",
                                       "kernel ",
                                       "layer ",
                                       "tokens/s, simulated"};
  command(&c, "vtpu infer --model '%s' --token-ids '%s' --tokens 3", small_model(),
          temp_text("one.ids", "1\n"));
  T_STATUS(&c, 0);
  for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
    T_CONTAINS(c.out, beside[i]);
  command_end(&c);
}

/* --- UTF-8 --------------------------------------------------------------------------------- */

T_TEST(cli_utf8, characters_are_whole)
{
  T_EQ(utf8_whole("abc", 3), 3);
  T_EQ(utf8_whole("a\xc3", 2), 1);
  T_EQ(utf8_whole("a\xc3\xa4", 3), 3);
  T_EQ(utf8_whole("\xe2\x82", 2), 0);
  T_EQ(utf8_whole("\xf0\x9f\x98", 3), 0);
  T_EQ(utf8_whole("\xf0\x9f\x98\x80", 4), 4);
  T_EQ(utf8_whole("\xff", 1), 1); /* never the beginning of anything */
  T_EQ(utf8_whole("\xc3(", 2), 2);
}

T_TEST(cli_utf8, only_valid_characters_pass)
{
  static const struct {
    const char *text;
    int length;
  } cases[] = {
      {"a", 1},
      {"\xc3\xa4", 2},
      {"\xe2\x82\xac", 3},
      {"\xf0\x9f\x98\x80", 4},
      {"\xc0\x80", 0},
      {"\xc1\xbf", 0},
      {"\xe0\x80\x80", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xe0\xa0\x80", 3},
      {"\xed\xa0\x80", 0},
      {"\xed\x9f\xbf", 3},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf4\x8f\xbf\xbf", 4},
      {"\xf4\x90\x80\x80", 0},
      {"\xf5\x80\x80\x80", 0},
      {"\x80", 0},
      {"\xe2\x28\xa1", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (utf8_character(cases[i].text, strlen(cases[i].text)) != cases[i].length)
      T_FAIL("case %zu: %d", i, utf8_character(cases[i].text, strlen(cases[i].text)));
  }
  char out[UTF8_REPAIRED_BYTES(5)];
  T_EQ(utf8_repair("a\xff\xc3\xa4\xc3", 5, out), 9);
  T_EQ_STR(out, "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd");
}

T_TEST(cli_utf8, a_path_of_any_bytes_does_not_break_the_json)
{
  struct command c = {0};
  const char *object = assembled("path.siw", "{ DADD r0, r0, r1 }\n");
  char path[256];
  snprintf(path, sizeof path, "%s-\xff\xc3", object);
  command(&c, "cp '%s' '%s' && vtpu run '%s' --json -", object, path, path);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_CONTAINS(json_text(j, "program.path"), "path.siw-\xef\xbf\xbd\xef\xbf\xbd");
  json_decref(j);
  command_end(&c);
}

/* --- progress ------------------------------------------------------------------------------ */

/* What a command shows on a terminal of its own. */
static char *on_terminal(char *const argv[])
{
  int master;
  size_t used = 0, room = 1 << 20;
  char *text = malloc(room);
  pid_t pid = text ? forkpty(&master, NULL, NULL, NULL) : -1;
  if (pid == 0) {
    execv(argv[0], argv);
    _exit(127);
  }
  if (pid > 0) {
    for (ssize_t n; used + 1 < room && (n = read(master, text + used, room - used - 1)) > 0;)
      used += (size_t)n;
    close(master);
    waitpid(pid, NULL, 0);
  }
  if (text)
    text[used] = '\0';
  return text;
}

T_TEST(cli_progress, a_terminal_sees_how_far_it_is)
{
  const char *object = assembled("endless.siw", ".dlen 64\n.init main.r1 = 1\n.sentron main, id=0\n"
                                                "again:\n  { DBR r1[0], again }\n");
  char command_line[512];
  snprintf(command_line, sizeof command_line,
           "timeout --foreground -s INT 1.6 " VTPU_BINARY " run '%s' -q", object);
  char *text = on_terminal((char *[]){"/bin/sh", "-c", command_line, NULL});
  T_REQUIRE(text);
  if (!*text) {
    free(text);
    T_SKIP("this system has no pseudo-terminals");
  }
  T_CONTAINS(text, "million SIWs/s");
  T_CONTAINS(text, "ms simulated");
  free(text);

  struct command c = {0};
  command(&c, "timeout --foreground --preserve-status -s INT 1.3 " VTPU_BINARY " run '%s' -q",
          object);
  T_STATUS(&c, 130);
  T_EQ_STR(c.err, ""); /* no terminal, no progress */
  command_end(&c);
}
