/* The published figures: each is whole, has its command in the README, and all of them are small.
 */
#include "tests/report/material.h"
#include "tests/report/xml.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

T_TEST(report_gallery, figures_are_whole_small_and_explained)
{
  glob_t files;
  size_t all = 0;
  char *readme = read_file("reports/gallery/README.md", NULL);
  T_REQUIRE(readme != NULL);
  T_REQUIRE(glob("reports/gallery/*.svg", 0, NULL, &files) == 0);
  T_CHECK(files.gl_pathc >= 5);
  T_EQ(count_of(readme, ".svg)"), files.gl_pathc);
  T_EQ(count_of(readme, "```\nvtpu "), files.gl_pathc);
  for (size_t i = 0; i < files.gl_pathc; i++) {
    char link[128];
    size_t bytes = 0;
    char *svg = read_file(files.gl_pathv[i], &bytes);
    const char *fault = svg ? xml_fault(svg) : "cannot be read";
    if (fault)
      T_FAIL("%s: %s", files.gl_pathv[i], fault);
    snprintf(link, sizeof link, "](%s)", strrchr(files.gl_pathv[i], '/') + 1);
    T_CONTAINS(readme, link);
    all += bytes;
    free(svg);
  }
  T_CHECK(all < 1000000);
  globfree(&files);
  free(readme);
}
