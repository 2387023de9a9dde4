/* Timing at its edge (architecture, sections 4 and 5): the timetables of this folder, each with a
 * program that is one cycle too early and one that is exactly on time. */
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"
#include "tests/sim/timetable.h"

#include <stdlib.h>
#include <string.h>

static void check_file(const char *path, const char *name)
{
  size_t bytes;
  char *text = text_of_file(path, &bytes);
  struct timetable_edges edges;
  if (!text) {
    T_FAIL("%s cannot be read", path);
    return;
  }
  timetable_check(name, text, &edges);
  if (!edges.one || !edges.none)
    T_FAIL("%s: %s", name,
           edges.one ? "nothing that could wait is on time" : "nothing waits exactly one cycle");
  free(text);
}

T_TEST(edges, timetables)
{
  T_CHECK(each_file("tests/sim/timetables", ".s", check_file) >= 20);
}
