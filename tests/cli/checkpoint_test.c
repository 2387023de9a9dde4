/* vtpu run --checkpoint-at and --resume. */
#include "tests/cli/command.h"

#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *example(const char *name)
{
  struct command c = {0};
  char file[64];
  snprintf(file, sizeof file, "checkpoint_%s.siw", name);
  const char *object = temp_path(file);
  command(&c, "vtpu asm 'asm/examples/%s.s' -o '%s'", name, object);
  T_STATUS(&c, 0);
  command_end(&c);
  return object;
}

/* The report of a run without what the host's clock and the command's line say. */
static char *report_of(const char *object, const char *options, int status)
{
  struct command c = {0};
  command(&c, "vtpu run '%s' -q --registers --json - %s", object, options);
  T_STATUS(&c, status);
  json_t *j = json_of_text(c.out);
  json_object_del(j, "host_seconds");
  json_object_del(j, "command_line");
  char *text = json_dumps(j, JSON_INDENT(1));
  json_decref(j);
  command_end(&c);
  return text;
}

static void same_report(char *a, char *b)
{
  T_EQ_STR(a, b);
  free(a);
  free(b);
}

T_TEST(cli_checkpoint, a_resumed_run_reports_what_one_in_one_piece_does)
{
  static const struct {
    const char *name, *machine;
    int cycle, status;
  } runs[] = {{"pingpong", "", 1000, 0},       {"stream", "-m zen4", 700000, 0},
              {"barrier", "", 130, 0},         {"dot", "--untimed", 3, 0},
              {"microvtpu", "-m r23w6", 3, 0}, {"deadlock", "", 50, 4}};
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
    const char *object = example(runs[i].name), *saved = temp_path("run.checkpoint");
    char options[600];
    char *whole = report_of(object, runs[i].machine, runs[i].status);
    snprintf(options, sizeof options, "%s --checkpoint-at %d '%s'", runs[i].machine, runs[i].cycle,
             saved);
    char *saving = report_of(object, options, runs[i].status);
    T_EQ_STR(saving, whole);
    snprintf(options, sizeof options, "%s --resume '%s'", runs[i].machine, saved);
    free(saving);
    same_report(report_of(object, options, runs[i].status), whole);
  }
}

T_TEST(cli_checkpoint, two_spellings_anywhere_in_the_line)
{
  struct command c = {0};
  const char *object = example("pingpong");
  const char *one = temp_path("one.checkpoint"), *two = temp_path("two.checkpoint");
  command(&c,
          "vtpu run -q --checkpoint-at 1000 '%s' '%s' && vtpu run '%s' --checkpoint-at=1000:'%s' -q"
          " && cmp '%s' '%s' && rm '%s' && vtpu run '%s' --checkpoint-at=1000 '%s' -q &&"
          " cmp '%s' '%s'",
          one, object, object, two, one, two, two, object, two, one, two);
  T_STATUS(&c, 0);
  command(&c, "vtpu run -q '%s' --checkpoint-at 1000", object);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "--checkpoint-at 1000: into which file? (--checkpoint-at CYCLE FILE)");
  command(&c, "vtpu run -q '%s' --checkpoint-at soon '%s'", object, one);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "'soon' is not a whole number");
  command(&c, "vtpu run -q '%s' --max-cycles 500 --checkpoint-at 500 '%s'", object, one);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "--max-cycles 500 stops the run before --checkpoint-at 500");
  command(&c, "vtpu run -q '%s' --resume '%s' --load-phext '%s'", object, one, one);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "leave out --load-phext");
  command_end(&c);
}

T_TEST(cli_checkpoint, what_cannot_be_saved_or_resumed_is_refused)
{
  struct command c = {0};
  const char *object = example("pingpong"), *other = example("barrier");
  const char *saved = temp_path("three.checkpoint");
  command(&c, "vtpu run -q '%s' --checkpoint-at 99999 '%s'", object, saved);
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "--checkpoint-at 99999: the program was done at cycle 3001");
  T_CHECK(access(saved, F_OK) != 0);
  command(&c, "vtpu run -q '%s' --checkpoint-at 100 /dev/full", object);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "cannot write: No space left");
  command(&c, "vtpu run -q '%s' --checkpoint-at 100 no/such/folder", object);
  T_STATUS(&c, 6);

  command(&c, "vtpu run -q '%s' --checkpoint-at 1000 '%s'", object, saved);
  T_STATUS(&c, 0);
  command(&c, "vtpu run -q '%s' --resume '%s'", other, saved);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "the checkpoint is of another program");
  command(&c, "vtpu run -q '%s' --resume '%s' --set spawn=50", object, saved);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "another machine: spawn (100 cycles there, 50 cycles here)");
  command(&c, "vtpu run -q '%s' --resume '%s' --checkpoint-at 999 '%s'", object, saved,
          temp_path("four.checkpoint"));
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "three.checkpoint is of cycle 1000");

  size_t bytes;
  char *content = read_file(saved, &bytes);
  T_REQUIRE(content);
  content[bytes / 2] ^= 4;
  T_CHECK(write_file(saved, content, bytes));
  command(&c, "vtpu run -q '%s' --resume '%s'", object, saved);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "is damaged or cut off\n  make the checkpoint again");
  content[bytes / 2] ^= 4;
  T_CHECK(write_file(saved, content, bytes - 5));
  command(&c, "vtpu run -q '%s' --resume '%s'", object, saved);
  T_STATUS(&c, 3);
  free(content);
  command_end(&c);
}
