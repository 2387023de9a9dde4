/* vtpu debug as a person meets it: through a terminal, with editing of lines, completion, history
 * and Ctrl-C. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define UP     "\033[A"
#define CTRL_A "\001"
#define CTRL_C "\003"
#define CTRL_D "\004"
#define CTRL_R "\022"

struct terminal {
  pid_t pid;
  int fd;
  char text[1 << 16]; /* all that came */
  size_t used, seen;  /* up to where it has been expected */
};

/* False where the host has no pseudo-terminals. */
static bool terminal_open(struct terminal *t, const char *object, const char *history)
{
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  fflush(NULL);
  memset(t, 0, sizeof *t);
  t->pid = forkpty(&t->fd, NULL, NULL, &size);
  if (t->pid == 0) {
    setenv("TERM", "vt100", 1);
    setenv("VTPU_HISTORY", history, 1);
    setenv("HOME", "/nonexistent", 1); /* nobody's ~/.editrc */
    execl(VTPU_BINARY, "vtpu", "debug", object, (char *)NULL);
    _exit(127);
  }
  return t->pid > 0;
}

/* Reads what comes within a time; false when nothing did. */
static bool terminal_read(struct terminal *t, int milliseconds)
{
  struct pollfd p = {.fd = t->fd, .events = POLLIN};
  if (poll(&p, 1, milliseconds) <= 0 || t->used == sizeof t->text - 1)
    return false;
  ssize_t n = read(t->fd, t->text + t->used, sizeof t->text - 1 - t->used);
  if (n <= 0)
    return false;
  for (char *from = t->text + t->used, *end = from + n; from < end; from++)
    if (*from) /* a terminal's padding is left out */
      t->text[t->used++] = *from;
  t->text[t->used] = '\0';
  return true;
}

/* Waits until the text comes, behind what was expected before. */
static bool expect_text(const char *file, int line, struct terminal *t, const char *text)
{
  for (int i = 0; i < 400; i++) {
    char *at = strstr(t->text + t->seen, text);
    if (at) {
      t->seen = (size_t)(at - t->text) + strlen(text);
      return true;
    }
    terminal_read(t, 50);
  }
  t_fail(file, line, "'%s' did not come; there was\n%s", text, t->text + t->seen);
  return false;
}
#define EXPECT(t, text) expect_text(__FILE__, __LINE__, t, text)

static void type_text(struct terminal *t, const char *text)
{
  if (write(t->fd, text, strlen(text)) != (ssize_t)strlen(text))
    T_FAIL("the terminal does not take '%s'", text);
}

/* Waits until it reads at its prompt: keys that a person would not type ahead come next. */
static void at_prompt(struct terminal *t)
{
  static int number;
  char line[40], answer[40];
  snprintf(line, sizeof line, "echo ready %d\n", ++number);
  snprintf(answer, sizeof answer, "\r\nready %d\r\n(vtpu) ", number);
  type_text(t, line);
  EXPECT(t, answer);
  usleep(100000); /* the line editor takes over the terminal behind the prompt */
}

/* Waits for its end; the exit status, or -1. */
static int terminal_close(struct terminal *t)
{
  int status = 0;
  pid_t done = 0;
  for (int i = 0; i < 400 && !done; i++) {
    terminal_read(t, 10);
    done = waitpid(t->pid, &status, WNOHANG);
    if (!done)
      usleep(10000);
  }
  if (!done) {
    kill(t->pid, SIGKILL);
    waitpid(t->pid, &status, 0);
  }
  close(t->fd);
  return done && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Ctrl-C, again where it came before the run had begun. */
static void interrupt_run(struct terminal *t)
{
  for (int tries = 0; tries < 10; tries++) {
    usleep(300000);
    type_text(t, CTRL_C);
    for (int i = 0; i < 20 && !strstr(t->text + t->seen, "Interrupted."); i++)
      terminal_read(t, 50);
    if (strstr(t->text + t->seen, "Interrupted."))
      break;
  }
  EXPECT(t, "Interrupted.\r\n");
}

/* Runs for hours. */
static const char endless[] = ".dlen 64\n"
                              ".init main.r1 = 1\n"
                              "  { CLOOP l1, 1000, outer }\n"
                              "  { CLOOP l0, 1000000000, inner }\n"
                              "inner:\n"
                              "  { DADD r0, r0, r1 } :l0\n"
                              "outer:\n"
                              "  { DADD r2, r2, r1 } :l1\n"
                              "never:\n"
                              "  { DADD r3, r3, r1 }\n";

T_TEST(cli_debug_terminal, lines_are_edited_and_completed)
{
  static struct terminal t;
  if (!terminal_open(&t, assembled("debug_endless.siw", endless), ""))
    T_SKIP("this host has no pseudo-terminals");
  EXPECT(&t, "`help' lists the commands");
  EXPECT(&t, "cycle 0, main (0.0): has not begun");
  EXPECT(&t, "(vtpu) ");
  /* A command and a label, each from its beginning. */
  type_text(&t, "br\tou\t\n");
  EXPECT(&t, "Breakpoint 1: SIW 3 (outer)\r\n");
  /* What several have in common, then all of them. */
  type_text(&t, "re\t");
  EXPECT(&t, "verse-");
  type_text(&t, "\t");
  EXPECT(&t, "reverse-step");
  EXPECT(&t, "reverse-cycle");
  EXPECT(&t, "reverse-continue");
  type_text(&t, CTRL_C);
  EXPECT(&t, "^C\r\n(vtpu) ");
  /* Registers, types, sentrons, kinds of breakpoints, causes, info. */
  type_text(&t, "print r1.f\t\n");
  EXPECT(&t, "r1.f32 = f32 ");
  type_text(&t, "print ma\tr1\n");
  EXPECT(&t, "main.r1 = i64 1\r\n");
  type_text(&t, "tb st\tmem\t\n");
  EXPECT(&t, "Breakpoint 2: stall memory_entry\r\n");
  type_text(&t, "i lab\t\n");
  EXPECT(&t, "    2  inner\r\n");
  /* The line is edited: to its beginning, and a letter put there. */
  type_text(&t, "rint cycle" CTRL_A "p\n");
  EXPECT(&t, "cycle = 0\r\n");
  type_text(&t, "quit\n");
  T_EQ(terminal_close(&t), 0);
}

T_TEST(cli_debug_terminal, an_empty_line_goes_on_and_up_repeats)
{
  static struct terminal t;
  const char *history = temp_path("debug_history");
  remove(history);
  if (!terminal_open(&t, debug_example("dot"), history))
    T_SKIP("this host has no pseudo-terminals");
  EXPECT(&t, "(vtpu) ");
  type_text(&t, "step 2\n");
  EXPECT(&t, "=> 2 @2:");
  type_text(&t, "\n");
  EXPECT(&t, "=> 4 @4:");
  type_text(&t, "print r1\n");
  EXPECT(&t, "r1 = i64 3\r\n");
  type_text(&t, "\n"); /* print is not done again */
  type_text(&t, "list 0 2\n");
  EXPECT(&t, "1  { DMOV r1, 3 | - | - }\r\n");
  type_text(&t, "\n");
  EXPECT(&t, "2  { DMOV r2, 4 | - | - }\r\n");
  at_prompt(&t);
  type_text(&t, UP UP UP "\n"); /* echo, list, print */
  EXPECT(&t, "r1 = i64 3\r\n");
  type_text(&t, "nonsense\n"); /* the prompt goes on */
  EXPECT(&t, "there is no command 'nonsense'");
  at_prompt(&t);
  type_text(&t, CTRL_D);
  T_EQ(terminal_close(&t), 0);
  /* Another session knows them. */
  if (!terminal_open(&t, debug_example("dot"), history))
    T_SKIP("this host has no pseudo-terminals");
  EXPECT(&t, "(vtpu) ");
  type_text(&t, UP UP UP "\n"); /* echo, nonsense, print */
  EXPECT(&t, "r1 = i64 0\r\n");
  at_prompt(&t);
  type_text(&t, CTRL_R "step");
  EXPECT(&t, "step 2");
  type_text(&t, "\n");
  EXPECT(&t, "=> 2 @2:");
  type_text(&t, "quit 3\n");
  T_EQ(terminal_close(&t), 3);
}

T_TEST(cli_debug_terminal, ctrl_c_stops_a_run_and_gives_the_prompt_back)
{
  static struct terminal t;
  if (!terminal_open(&t, assembled("debug_endless.siw", endless), ""))
    T_SKIP("this host has no pseudo-terminals");
  EXPECT(&t, "(vtpu) ");
  /* Without a breakpoint, with one that is never met, with a step, and on the way back. */
  static const char *const runs[] = {"continue\n", "tbreak never\n", "continue\n", "until never\n",
                                     "finish\n"};
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
    type_text(&t, runs[i]);
    if (runs[i][0] == 't') {
      EXPECT(&t, "(vtpu) ");
      continue;
    }
    interrupt_run(&t);
    EXPECT(&t, "cycle ");
    EXPECT(&t, "=> 2 inner:");
    at_prompt(&t);
  }
  type_text(&t, "print r0 > 0\n");
  EXPECT(&t, "r0 > 0 = 1\r\n");
  type_text(&t, "delete\n");
  type_text(&t, "step\n"); /* and it goes on from there */
  EXPECT(&t, "=> 2 inner:");
  at_prompt(&t);
  type_text(&t, "a line that is not wanted" CTRL_C);
  EXPECT(&t, "^C\r\n(vtpu) ");
  type_text(&t, "print 6 * 7\n");
  EXPECT(&t, "6 * 7 = 42\r\n");
  type_text(&t, "quit\n");
  T_EQ(terminal_close(&t), 0);
}
