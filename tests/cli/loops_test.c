/* vtpu lower --loops and --loops-json: what the compiler tells about its loops. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static long long number(const json_t *o, const char *key)
{
  return json_integer_value(json_object_get(o, key));
}

T_TEST(cli_loops, text_and_json_tell_of_every_inner_loop)
{
  struct command c = {0};
  const char *object = temp_path("loops.siw");
  command(&c, "vtpu lower --model models/carried --weights i8 --sentrons 1 -o '%s' --loops",
          object);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "gate_up, loop 0: first in sentron 0, layer 0; kernels of this form: 4\n");
  T_CONTAINS(c.out, "  minimum II      ");
  T_CONTAINS(c.out, "  registers live  r ");
  T_CONTAINS(c.out, "innermost loops of different form, ");
  command(&c, "vtpu lower --model models/carried --weights i8 --sentrons 1 -o '%s' --loops-json -",
          object);
  T_STATUS(&c, 0);
  json_t *j = json_loads(c.out, 0, NULL), *loops = json_object_get(j, "loops");
  T_CHECK(strcmp(json_string_value(json_object_get(j, "schema")), "vtpu-loops-1") == 0);
  T_CHECK(json_array_size(loops) >= 6);
  int pipelined = 0;
  for (size_t i = 0; i < json_array_size(loops); i++) {
    const json_t *l = json_array_get(loops, i);
    long long minimum = number(l, "minimum_ii"), ii = number(l, "ii");
    bool is = json_is_true(json_object_get(l, "pipelined"));
    pipelined += is;
    T_CHECK(is ? ii >= minimum && number(l, "stages") >= 1 && number(l, "unroll") >= 1 : ii == 0);
    T_CHECK(minimum == (number(l, "resource_ii") > number(l, "recurrence_ii")
                            ? number(l, "resource_ii")
                            : number(l, "recurrence_ii")));
    /* Above the minimum, or not pipelined: the block says why; else there is nothing to say. */
    T_EQ(strlen(json_string_value(json_object_get(l, "why"))) > 0, !is || ii > minimum);
    long long rounds = number(l, "rounds");
    if (is && rounds >= 0)
      T_EQ(number(l, "cycles"), rounds * ii + number(l, "overhead"));
  }
  T_CHECK(pipelined >= 3);
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_loops, one_thing_goes_to_standard_output)
{
  struct command c = {0};
  command(&c, "vtpu lower --model models/carried -o - --loops");
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "standard output");
  command(&c, "vtpu lower --model models/carried -o '%s' --loops --places", temp_path("x.siw"));
  T_STATUS(&c, 2);
  command_end(&c);
}
