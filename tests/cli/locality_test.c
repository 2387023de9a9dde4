/* vtpu locality, as a user types it. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* 8 pages walked twice, a byte a cell: 8 misses of 1024 accesses. */
static const char walk[] = ".region r, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=8\n"
                           ".init main.p0 = 0.0.0/1.1.1/1.1.1/1.1\n"
                           "  { CLOOP l1, 2, again }\n"
                           "  { CLOOP l0, 512, next }\n"
                           "next:\n"
                           "  { SGATHER r0, [p0], 1 | CSTEP p0, linear, 1 } :l0\n"
                           "again:\n"
                           "  { CSTEP p0, linear, -512 } :l1\n";

/* Hits in the JSON of a geometry. */
static long long hits_at(json_t *j, const char *granularity, bool prefetch, int entries, int ways)
{
  json_t *points = json_at(j, "points"), *p;
  size_t i;
  json_array_foreach(points, i, p)
  {
    if (strcmp(json_text(p, "granularity"), granularity) == 0 &&
        json_is_true(json_at(p, "prefetch")) == prefetch && json_whole(p, "entries") == entries &&
        json_whole(p, "ways") == ways)
      return json_whole(p, "hits");
  }
  return -1;
}

T_TEST(cli_locality, tables_json_and_csv_of_one_run)
{
  struct command c = {0};
  const char *program = assembled("locality.siw", walk);
  command(&c, "vtpu locality %s", program);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "1024 accesses of 1 cores to 8 pages, 512 coordinates");
  T_CONTAINS(c.out, "the machine's own PTC (1024 entries, 4-way): 99.2188 %");

  const char *csv = temp_path("locality.csv");
  command(&c, "vtpu locality -q --json - --csv %s %s", csv, program);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  T_EQ_STR(json_text(j, "schema"), "vtpu-locality-1");
  T_EQ_STR(json_text(j, "machine.curve"), "zorder");
  T_EQ(json_whole(j, "accesses"), 1024);
  T_EQ(json_whole(j, "engine_hits"), 1016);
  T_EQ(json_array_size(json_at(j, "points")), 2 * 2 * 7 * 5);
  T_EQ(hits_at(j, "page", false, 1024, 4), 1016);
  T_EQ(hits_at(j, "page", true, 1024, 4), 1023); /* all but the first page */
  T_EQ(hits_at(j, "coordinate", false, 1024, 0), 512);
  T_EQ(hits_at(j, "coordinate", false, 256, 0), 0); /* LRU loses all of a longer walk */
  json_decref(j);

  char *text = read_file(csv, NULL);
  T_CONTAINS(text ? text : "", "zorder,page,no,4,1024,1024,1016,8,99.218750\n");
  free(text);
  command_end(&c);
}

T_TEST(cli_locality, refusals)
{
  struct command c = {0};
  command(&c, "vtpu locality");
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "which program?");
  command(&c, "vtpu locality one two");
  T_STATUS(&c, 2);
  command(&c, "vtpu locality --json - --csv - one");
  T_STATUS(&c, 2);
  T_CONTAINS(c.err, "only one output can go to standard output");
  command(&c, "vtpu locality nowhere.siw");
  T_STATUS(&c, 3);
  command(&c, "vtpu locality --csv /nowhere/x.csv %s", assembled("locality2.siw", walk));
  T_STATUS(&c, 6);
  command(&c, "vtpu locality %s",
          assembled("locality3.siw", "  { SGATHER r0, [1.1.1/1.1.1/1.1.1/1.1], 8 }\n"));
  T_STATUS(&c, 4);
  T_CONTAINS(c.err, "nothing is allocated there");
  command_end(&c);
}
