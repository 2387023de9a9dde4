/* Cases found by name. tests/asm/cases/NAME.s with NAME.err beside it must fail with exactly that
 * message; with NAME.dis it must assemble to what that disassembly says. The examples must
 * assemble. Every object that comes out must survive disassembly byte for byte. */
#include "asm/assemble.h"
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file beside `path` with another suffix instead of ".s"; NULL if there is none. */
static char *text_beside(const char *path, const char *suffix)
{
  char other[4096];
  size_t bytes;
  snprintf(other, sizeof other, "%.*s%s", (int)strlen(path) - 2, path, suffix);
  return text_of_file(other, &bytes);
}

static void run_case(const char *path, const char *name)
{
  size_t bytes;
  char *text = text_of_file(path, &bytes);
  char *expected_error = text_beside(path, ".err"), *expected_text = text_beside(path, ".dis");
  struct object o;
  struct vtpu_error err = {0};
  int rc = assemble_text(name, text, bytes, &o, &err);
  if (expected_error) {
    T_EQ(rc, VTPU_INPUT);
    size_t length = strlen(expected_error);
    if (length && expected_error[length - 1] == '\n')
      expected_error[length - 1] = 0;
    T_EQ_STR(err.message, expected_error);
    T_EQ(o.siw_count, 0);
    T_CHECK(o.code == NULL);
  } else if (rc) {
    T_FAIL("%s", err.message);
  } else {
    size_t printed_bytes;
    char *printed = text_of_object(&o, &printed_bytes);
    if (!expected_text)
      T_FAIL("%s has neither .err nor .dis", name);
    else if (printed)
      T_EQ_STR(printed, expected_text);
    check_round_trip(name, &o);
    free(printed);
  }
  if (rc == VTPU_OK)
    object_free_parts(&o);
  free(text);
  free(expected_error);
  free(expected_text);
}

T_TEST(cases, give_what_lies_beside_them)
{
  T_CHECK(each_file("tests/asm/cases", ".s", run_case) >= 20);
}

static void run_example(const char *path, const char *name)
{
  struct object o;
  struct vtpu_error err;
  if (assemble_file(path, &o, &err)) {
    T_FAIL("%s: %s", name, err.message);
    return;
  }
  check_round_trip(name, &o);
  object_free_parts(&o);
}

T_TEST(cases, examples_assemble_and_round_trip)
{
  T_CHECK(each_file("asm/examples", ".s", run_example) >= 8);
}

/* The first text of the README. */
T_TEST(cases, readme_shows_a_program_that_assembles)
{
  char path[4096];
  size_t bytes;
  struct object o;
  struct vtpu_error err;
  snprintf(path, sizeof path, "%s/asm/README.md", t_top());
  char *text = text_of_file(path, &bytes);
  T_REQUIRE(text != NULL);
  char *start = strstr(text, "```\n"), *end = start ? strstr(start + 4, "```\n") : NULL;
  if (!end)
    T_FAIL("asm/README.md has no program");
  else if (assemble_text("README.md", start + 4, (size_t)(end - start - 4), &o, &err))
    T_FAIL("%s", err.message);
  else {
    T_EQ(o.siw_count, 4);
    object_free_parts(&o);
  }
  free(text);
}

T_TEST(cases, microvtpu_is_that_of_the_architecture)
{
  char path[4096];
  struct object o;
  struct vtpu_error err;
  snprintf(path, sizeof path, "%s/asm/examples/microvtpu.s", t_top());
  T_REQUIRE(assemble_file(path, &o, &err) == VTPU_OK);
  T_EQ(o.siw_count, 8);
  T_EQ(o.sentron_count, 2);
  T_EQ(o.sentrons[0].end - o.sentrons[0].entry, 6);
  T_EQ(o.sentrons[1].end - o.sentrons[1].entry, 2);
  T_EQ(o.host_count, 8);
  unsigned operations[2] = {0, 0};
  for (uint32_t k = 0; k < o.siw_count; k++) {
    struct bundle b;
    T_REQUIRE(siw_decode(&o.code[k], o.dlen, &b, &err) == VTPU_OK);
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
      operations[k >= 6] += b.slot[pipe].op != 0;
  }
  T_EQ(operations[0], 9);
  T_EQ(operations[1], 2);
  object_free_parts(&o);
}

T_TEST(cases, the_specification_s_stream_has_4_siws_and_12_operations)
{
  char path[4096];
  struct object o;
  struct vtpu_error err;
  snprintf(path, sizeof path, "%s/asm/examples/spec_stream.s", t_top());
  T_REQUIRE(assemble_file(path, &o, &err) == VTPU_OK);
  T_EQ(o.siw_count, 4);
  for (uint32_t k = 0; k < o.siw_count; k++) {
    struct bundle b;
    T_REQUIRE(siw_decode(&o.code[k], o.dlen, &b, &err) == VTPU_OK);
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
      T_CHECK(b.slot[pipe].op != 0);
  }
  object_free_parts(&o);
}
