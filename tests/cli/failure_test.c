/* Programs that fail, files that are damaged, outputs that cannot be written: each ends with the
 * status of its category and says what is wrong and where. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* --- programs that fail -------------------------------------------------------------------- */

T_TEST(cli_failure, a_fault_names_sentron_cycle_and_siw)
{
  static const struct {
    const char *what, *text, *says;
  } cases[] = {
      {"scatter into rom",
       ".dlen 64\n.region table, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1\n"
       ".sentron main, id=0\n  { DADD r0, r0, r0 }\n"
       "  { SSCATTR [1.0.0/1.1.1/1.1.1/1.1], r0, 8 }\n",
       "rom"},
      {"private region of another core",
       ".dlen 64\n.region own, private, core=1, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1\n"
       ".sentron main, id=0\n  { DADD r0, r0, r0 }\n"
       "  { SGATHER r0, [1.0.0/1.1.1/1.1.1/1.1], 8 }\n",
       "private"},
      {"unmapped gather",
       ".dlen 64\n.sentron main, id=0\n  { DADD r0, r0, r0 }\n"
       "  { SGATHER r0, [1.0.0/1.1.1/1.1.1/1.1], 8 }\n",
       "nothing is allocated"},
      {"coordinate beyond 2047",
       ".dlen 64\n.init main.p0 = 2047.0.0/1.1.1/1.1.1/1.1\n"
       ".sentron main, id=0\n  { DADD r0, r0, r0 }\n  { - | - | CSTEP p0, d0, 1 }\n",
       "2047"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *object = assembled("fault.siw", cases[i].text), *json = temp_path("fault.json");
    command(&c, "vtpu run '%s' --json '%s'", object, json);
    if (!T_STATUS(&c, 4))
      T_FAIL("in: %s", cases[i].what);
    T_CONTAINS(c.err, "vtpu run: program error");
    T_CONTAINS(c.err, "main");
    T_CONTAINS(c.err, "SIW 1");
    T_CONTAINS(c.err, "cycle 10");
    T_CONTAINS(c.err, cases[i].says);
    T_CONTAINS(c.out, "FAILED");
    json_t *j = json_of_file(json);
    T_EQ_STR(json_text(j, "end"), "failed");
    T_CONTAINS(json_text(j, "error"), cases[i].says);
    T_EQ_STR(json_text(j, "sentrons.0.state"), "faulted");
    json_decref(j);
  }
  command_end(&c);
}

T_TEST(cli_failure, a_deadlock_says_who_waits_for_what)
{
  struct command c = {0};
  const char *object = temp_path("deadlock.siw");
  command(&c, "vtpu asm asm/examples/deadlock.s -o '%s' && vtpu run '%s' -q", object, object);
  T_STATUS(&c, 4);
  T_CONTAINS(c.err, "deadlock");
  T_CONTAINS(c.err, "(left), SIW 0");
  T_CONTAINS(c.err, "waits for a message from sentron 1 (right");
  T_CONTAINS(c.err, "waits for a message from sentron 0 (left");
  command_end(&c);
}

static const char *const endless = ".dlen 64\n.init main.r1 = 1\n.sentron main, id=0\n"
                                   "again:\n  { DBR r1[0], again }\n";

T_TEST(cli_failure, max_cycles_stops_a_program_that_never_halts)
{
  struct command c = {0};
  const char *object = assembled("endless.siw", endless), *json = temp_path("endless.json");
  command(&c, "vtpu run '%s' --max-cycles 100000 --json '%s'", object, json);
  T_STATUS(&c, 4);
  T_CONTAINS(c.err, "still runs at cycle 100000");
  T_CONTAINS(c.err, "--max-cycles");
  json_t *j = json_of_file(json);
  T_EQ_STR(json_text(j, "end"), "max_cycles");
  T_CHECK(json_whole(j, "cycles") <= 100000 && json_whole(j, "cycles") > 99000);
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_failure, an_interrupted_run_still_reports)
{
  struct command c = {0};
  const char *object = assembled("endless.siw", endless), *json = temp_path("interrupted.json");
  command(&c, "timeout --foreground --preserve-status -s INT 0.5 " VTPU_BINARY " run '%s' -j '%s'",
          object, json);
  T_STATUS(&c, 130);
  T_CONTAINS(c.out, "INTERRUPTED");
  json_t *j = json_of_file(json);
  T_EQ_STR(json_text(j, "end"), "interrupted");
  T_CHECK(json_whole(j, "siws") > 0);
  json_decref(j);
  command_end(&c);
}

/* --- object files -------------------------------------------------------------------------- */

static const char *const good_program = ".dlen 64\n.sentron main, id=0\n"
                                        "  { DADD r0, r1, r2 }\n  { DADD r3, r0, r0 }\n";

/* The object of good_program with one byte changed by `flip`, in a file of its own. */
static const char *changed_object(size_t at, uint8_t flip)
{
  size_t bytes;
  char *content = read_file(assembled("good.siw", good_program), &bytes);
  const char *path = temp_path("changed.siw");
  if (!content || at >= bytes)
    T_FAIL("byte %zu lies behind the object", at);
  else
    content[at] = (char)(content[at] ^ flip);
  if (content && !write_file(path, content, bytes))
    T_FAIL("cannot write %s", path);
  free(content);
  return path;
}

T_TEST(cli_failure, foreign_and_damaged_objects_are_refused)
{
  struct command c = {0};
  size_t bytes;
  char *content = read_file(assembled("good.siw", good_program), &bytes);
  T_REQUIRE(content);

  command(&c, "vtpu run '%s'", temp_text("foreign.siw", "This is no object file at all."));
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "foreign.siw");

  command(&c, "vtpu run '%s'", temp_text("empty.siw", ""));
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "empty.siw");

  const char *cut = temp_path("cut.siw");
  for (size_t keep = 1; keep < bytes; keep += bytes / 7) {
    T_CHECK(write_file(cut, content, keep));
    command(&c, "vtpu run '%s'", cut);
    T_STATUS(&c, 3);
    T_CONTAINS(c.err, "cut.siw");
  }

  command(&c, "vtpu run '%s'", changed_object(8, 2)); /* the version */
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "version");

  command(&c, "vtpu disasm '%s'", temp_path("no_such.siw"));
  T_CHECK(c.status == 3 || c.status == 6);
  T_CONTAINS(c.err, "no_such.siw");
  free(content);
  command_end(&c);
}

static uint64_t load(const uint8_t *at, int bytes)
{
  uint64_t value = 0;
  for (int i = bytes; i-- > 0;)
    value = value << 8 | at[i];
  return value;
}

/* The entry of section "code" in the table: {kind[8], u64 offset, u64 bytes, u32 crc, u32 zero}. */
static uint8_t *code_entry(uint8_t *object)
{
  uint64_t sections = load(object + 12, 4);
  for (uint64_t i = 0; i < sections; i++) {
    uint8_t *entry = object + 16 + 32 * i;
    if (strncmp((char *)entry, "code", 8) == 0)
      return entry;
  }
  return NULL;
}

T_TEST(cli_failure, a_section_whose_checksum_is_wrong_is_refused)
{
  struct command c = {0};
  char *content = read_file(assembled("good.siw", good_program), NULL);
  T_REQUIRE(content);
  const uint8_t *entry = code_entry((uint8_t *)content);
  T_REQUIRE(entry);
  command(&c, "vtpu run '%s'", changed_object(load(entry + 8, 8) + 20, 0x10));
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "code");
  T_CONTAINS(c.err, "CRC");
  free(content);
  command_end(&c);
}

/* Changes a byte of the code and makes the checksum right again: now the loader's own checks must
 * notice. */
static const char *recoded(size_t at, uint8_t flip)
{
  size_t bytes;
  char *content = read_file(assembled("good.siw", good_program), &bytes);
  const char *path = temp_path("recoded.siw");
  uint8_t *object = (uint8_t *)content, *entry = content ? code_entry(object) : NULL;
  if (!entry) {
    T_FAIL("no code in the object");
    free(content);
    return path;
  }
  uint8_t *code = object + load(entry + 8, 8);
  code[at] ^= flip;
  uint32_t crc = (uint32_t)crc32(0, code, (unsigned)load(entry + 16, 8));
  for (int i = 0; i < 4; i++)
    entry[24 + i] = (uint8_t)(crc >> 8 * i);
  T_CHECK(write_file(path, content, bytes));
  free(content);
  return path;
}

T_TEST(cli_failure, the_loader_checks_the_siws_themselves)
{
  struct command c = {0};
  command(&c, "vtpu run '%s' -q", recoded(64, 0)); /* nothing changed */
  T_STATUS(&c, 0);

  command(&c, "vtpu run '%s'", recoded(64, 2)); /* the dependence byte of the second SIW */
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "SIW 1");
  T_CONTAINS(c.err, "depend");

  command(&c, "vtpu run '%s'", recoded(64 + 5, 1)); /* a reserved bit */
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "SIW 1");
  T_CONTAINS(c.err, "reserved");

  command(&c, "vtpu run '%s'", recoded(64 + 12, 0x80)); /* an operation that does not exist */
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "SIW 1");
  command_end(&c);
}

/* --- outputs ------------------------------------------------------------------------------- */

T_TEST(cli_failure, a_full_disk_is_an_error_for_every_output)
{
  struct command c = {0};
  const char *object = assembled("good.siw", good_program);
  if (access("/dev/full", W_OK) != 0)
    T_SKIP("this system has no /dev/full");
  static const char *const lines[] = {
      "vtpu run '%s' -q --trace /dev/full", "vtpu run '%s' -q --json /dev/full",
      "vtpu run '%s' >/dev/full",           "vtpu run '%s' --json - >/dev/full",
      "vtpu disasm '%s' >/dev/full",        "vtpu disasm '%s' -o /dev/full",
  };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    char line[512];
    const char *hole = strstr(lines[i], "%s");
    snprintf(line, sizeof line, "%.*s%s%s", (int)(hole - lines[i]), lines[i], object, hole + 2);
    command(&c, "%s", line);
    if (!T_STATUS(&c, 6))
      T_FAIL("in %s", line);
    T_CONTAINS(c.err, "system error");
    T_CONTAINS(c.err, "No space left on device");
  }
  command(&c,
          "vtpu asm asm/examples/dot.s -o /dev/full && exit 1; s=$?; test -c /dev/full; exit $s");
  T_STATUS(&c, 6);
  command(&c, "vtpu machine >/dev/full");
  T_STATUS(&c, 6);
  command_end(&c);
}

T_TEST(cli_failure, an_unwritable_output_is_found_before_the_run)
{
  struct command c = {0};
  const char *object = assembled("endless.siw", endless);
  static const char *const options[] = {"--json", "--trace", "--dump-phext"};
  for (int i = 0; i < 3; i++) {
    command(&c, "vtpu run '%s' -q %s /no/such/folder/file", object, options[i]);
    if (!T_STATUS(&c, 6))
      T_FAIL("with %s", options[i]);
    T_CONTAINS(c.err, "/no/such/folder/file: cannot write: No such file or directory");
    command(&c, "vtpu run '%s' -q %s .", object, options[i]);
    T_STATUS(&c, 6);
    T_CONTAINS(c.err, "Is a directory");
  }
  command_end(&c);
}

T_TEST(cli_failure, nothing_is_left_behind_by_a_failed_run)
{
  struct command c = {0};
  const char *folder = temp_path("leftovers");
  const char *object = assembled("endless.siw", endless);
  command(&c,
          "mkdir '%s' && echo before >'%s/kept' && "
          "vtpu run '%s' -q --dump-phext '%s/kept' --trace /no/such/folder/file; ls -A '%s'; "
          "cat '%s/kept'",
          folder, folder, object, folder, folder, folder);
  T_EQ_STR(c.out, "kept\nbefore\n");
  command(&c,
          "ulimit -f 100; vtpu lower --random-weights layer-256 -o '%s/prog.siw'; s=$?; "
          "ls -A '%s'; exit $s",
          folder, folder);
  T_STATUS(&c, 6);
  T_CONTAINS(c.err, "prog.siw: cannot write: File too large");
  T_EQ_STR(c.out, "kept\n");
  command_end(&c);
}

T_TEST(cli_failure, a_machine_without_what_the_program_needs)
{
  static const struct {
    const char *set, *says; /* NULL: it runs */
  } cases[] = {
      {"queue_depth=4", NULL},
      {"queue_depth=3", "needs queues of 4 messages between two sentrons, the machine's have 3\n"
                        "  build it for this machine, or set queue_depth=4"},
      {"cores=1", "placed on 8 cores, the machine has 1: its sentrons would run on others\n"
                  "  build it for this machine, or set cores=8"},
  };
  struct command c = {0};
  const char *object =
      assembled("needs.siw", ".dlen 64\n.needs queue=4, cores=8\n{ DADD r0, r0, r0 }\n");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu run -q '%s' --set %s", object, cases[i].set);
    T_STATUS(&c, cases[i].says ? 3 : 0);
    if (cases[i].says)
      T_CONTAINS(c.err, cases[i].says);
  }
  object = assembled("any.siw", ".dlen 64\n{ DADD r0, r0, r0 }\n");
  command(&c, "vtpu run -q '%s' --set queue_depth=1 --set cores=1", object);
  T_STATUS(&c, 0);
  command_end(&c);
}
