/* vtpu asm and vtpu disasm, as a user types them. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const examples[] = {"microvtpu",   "barrier", "deadlock",
                                       "dot",         "fma",     "pingpong",
                                       "spec_stream", "stream",  "microvtpu_items"};
enum { EXAMPLES = sizeof examples / sizeof *examples };

T_TEST(cli_asm, disassembled_examples_assemble_to_the_same_bytes)
{
  struct command c = {0};
  const char *first = temp_path("first.siw"), *again = temp_path("again.siw");
  for (int i = 0; i < EXAMPLES; i++) {
    command(&c,
            "vtpu asm asm/examples/%s.s -o '%s' && "
            "vtpu disasm '%s' | vtpu asm - -o '%s' && cmp '%s' '%s'",
            examples[i], first, first, again, first, again);
    T_STATUS(&c, 0);
  }
  command_end(&c);
}

T_TEST(cli_asm, a_lowered_model_survives_the_round_trip_too)
{
  struct command c = {0};
  const char *object = temp_path("lowered.siw"), *again = temp_path("again.siw");
  command(&c,
          "vtpu lower --model '%s' -o '%s' --tokens 4 --sentrons 3 && "
          "vtpu disasm '%s' | vtpu asm - -o '%s' && cmp '%s' '%s'",
          small_model(), object, object, again, object, again);
  T_STATUS(&c, 0);
  command_end(&c);
}

T_TEST(cli_asm, the_object_lies_beside_the_text)
{
  struct command c = {0};
  const char *text = temp_text("beside.s", "{ DADD r0, r1, r2 }\n");
  command(&c, "vtpu asm '%s' && vtpu disasm '%s'", text, temp_path("beside.siw"));
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "DADD r0, r1, r2");
  command_end(&c);
}

T_TEST(cli_asm, an_object_has_the_permissions_of_any_new_file)
{
  struct command c = {0};
  struct stat st;
  const char *object = temp_path("permissions.siw");
  command(&c, "umask 027; vtpu asm asm/examples/dot.s -o '%s'", object);
  T_STATUS(&c, 0);
  T_REQUIRE(stat(object, &st) == 0);
  T_EQ(st.st_mode & 0777, 0640);
  command_end(&c);
}

T_TEST(cli_asm, errors_show_line_and_caret)
{
  struct command c = {0};
  const char *text = temp_text("wrong.s", "{ DADD r0, r1, r2 }\n{ DADX r0, r1, r2 }\n");
  const char *object = temp_text("kept.siw", "as it was");
  command(&c, "vtpu asm '%s' -o '%s'", text, object);
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "wrong.s:2:3:");
  T_CONTAINS(c.err, "{ DADX r0, r1, r2 }");
  T_CONTAINS(c.err, "^");
  T_CONTAINS(c.err, "vtpu asm: input error");
  char *kept = read_file(object, NULL);
  T_EQ_STR(kept, "as it was");
  free(kept);
  command_end(&c);
}

T_TEST(cli_asm, bad_texts_are_refused)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"{ SGATHER r0, [1.1.1/2048.1.1/1.1.1/1.1], 8 }\n", "2048"},
      {"{ DADD r3, r1, r2 | SGATHER r3, [p0], 8 }\n", "r3"},
      {"{ DADD r0, r1, r2\n", ":1:"},
      {".dlen 100\n", "100"},
  };
  struct command c = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *text = temp_text("bad.s", cases[i].text);
    command(&c, "vtpu asm '%s' -o '%s'", text, temp_path("bad.siw"));
    if (!T_STATUS(&c, 3))
      T_FAIL("in %s", cases[i].text);
    T_CONTAINS(c.err, cases[i].says);
    T_CONTAINS(c.err, "bad.s:");
  }
  command(&c, "vtpu asm no_such_file.s");
  T_CHECK(c.status == 3 || c.status == 6);
  T_CONTAINS(c.err, "no_such_file.s");
  command_end(&c);
}
