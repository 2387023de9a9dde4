/* Errors: category, message, prefix. */
#include "isa/error.h"
#include "tests/harness/harness.h"

#include <string.h>

T_TEST(error, carries_category_and_message)
{
  struct vtpu_error err;
  T_EQ(vtpu_fail(&err, VTPU_INPUT, "%s:%d: wrong", "file", 7), VTPU_INPUT);
  T_EQ(err.category, VTPU_INPUT);
  T_EQ_STR(err.message, "file:7: wrong");
  T_EQ(vtpu_fail_prefix(&err, "%s: ", "outer"), VTPU_INPUT);
  T_EQ_STR(err.message, "outer: file:7: wrong");
}

T_TEST(error, nobody_may_ask_for_the_message)
{
  T_EQ(vtpu_fail(NULL, VTPU_SYSTEM, "unheard"), VTPU_SYSTEM);
}

T_TEST(error, long_messages_are_cut)
{
  static char text[2 * VTPU_ERROR_BYTES];
  struct vtpu_error err;
  memset(text, 'x', sizeof text - 1);
  T_EQ(vtpu_fail(&err, VTPU_LIMIT, "%s", text), VTPU_LIMIT);
  T_EQ(strlen(err.message), VTPU_ERROR_BYTES - 1);
  T_EQ(vtpu_fail_prefix(&err, "at %d: ", 5), VTPU_LIMIT);
  T_EQ(strlen(err.message), VTPU_ERROR_BYTES - 1);
  T_CHECK(strncmp(err.message, "at 5: xxx", 9) == 0);
}

T_TEST(error, categories_have_names)
{
  static const char *const names[] = {"ok", "bug", "usage", "input", "program", "limit", "system"};
  for (int c = 0; c < 7; c++)
    T_EQ_STR(vtpu_category_name((enum vtpu_category)c), names[c]);
}
