/* The page and its figures: complete, well-formed, closed in themselves, and with the numbers of
 * the JSON that they were made of. */
#include "tests/report/material.h"
#include "tests/report/xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const figures[] = {
    "stack-layers",  "stack-kernels", "stack-sentrons", "time-ops",     "time-ptc-rate",
    "time-ptc-hits", "time-memory",   "roofline-s",     "roofline-ddr", "ptc-size",
    "ptc-curve",     "scaling-gain",  "scaling-stack",  "heat"};
enum { FIGURES = sizeof figures / sizeof *figures };

static char *file_of(const char *name, const char *suffix)
{
  char file[64];
  snprintf(file, sizeof file, "%s%s", name, suffix);
  return report_file(full_report(), file);
}

/* --- CSV ------------------------------------------------------------------------------------- */

/* Field `column` of line `line` (0 is the heads); "" if there is none. No field here is quoted. */
static const char *csv_field(const char *text, int line, int column)
{
  static char field[256];
  for (; line > 0 && *text; line--)
    text += strcspn(text, "\n") + 1;
  for (; column > 0 && *text && *text != '\n'; column--) {
    text += strcspn(text, ",\n");
    text += *text == ',';
  }
  snprintf(field, sizeof field, "%.*s", (int)strcspn(text, ",\n"), text);
  return field;
}

static int csv_column(const char *text, const char *head)
{
  for (int i = 0; i < 64; i++)
    if (strcmp(csv_field(text, 0, i), head) == 0)
      return i;
  T_FAIL("the CSV has no column %s", head);
  return 0;
}

static double csv_value(const char *text, int line, const char *head)
{
  const char *field = csv_field(text, line, csv_column(text, head));
  return *field ? strtod(field, NULL) : NAN;
}

static unsigned csv_lines(const char *text)
{
  return count_of(text, "\n") - 1;
}

/* --- the page -------------------------------------------------------------------------------- */

T_TEST(report_page, is_well_formed_and_needs_no_network)
{
  static const char *const foreign[] = {
      "http",   "<script", "<link", "@import", " src=", "<img",   "<iframe",
      "xlink:", "rgb(",    "<?xml", "nan%",    "-nan",  "(null)", "inf "};
  NEED_GNUPLOT();
  char *page = report_file(full_report(), "index.html");
  const char *fault = xml_fault(page);
  if (fault)
    T_FAIL("index.html: %s", fault);
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    if (strstr(page, foreign[i]))
      T_FAIL("the page has '%s': %.80s", foreign[i], strstr(page, foreign[i]));
  T_EQ(count_of(page, "<h1>"), 1);
  T_EQ(count_of(page, "<figure "), FIGURES);
  T_EQ(count_of(page, "<figcaption>"), FIGURES);
  T_EQ(count_of(page, "<svg "), 2 * FIGURES);
  T_EQ(count_of(page, "role=\"img\" aria-label=\""), 2 * FIGURES);
  T_EQ(count_of(page, "aria-label=\"\""), 0);
  T_EQ(count_of(page, "<table>"), count_of(page, "<caption>"));
  T_CHECK(strstr(page, "prefers-color-scheme:dark") != NULL);
  free(page);
}

T_TEST(report_page, every_figure_has_its_files)
{
  NEED_GNUPLOT();
  char *page = report_file(full_report(), "index.html");
  for (int i = 0; i < FIGURES; i++) {
    char link[80];
    char *svg = file_of(figures[i], ".svg"), *png = file_of(figures[i], ".png"),
         *csv = file_of(figures[i], ".csv");
    const char *fault = xml_fault(svg);
    if (fault)
      T_FAIL("%s.svg: %s", figures[i], fault);
    T_CHECK(strstr(svg, "<text") != NULL);
    T_CHECK(strstr(svg, "rgb(") == NULL); /* every colour follows the theme */
    T_CHECK(strncmp(png, "\x89PNG\r\n", 6) == 0);
    T_CHECK(csv_lines(csv) >= 1);
    snprintf(link, sizeof link, "<figure id=\"figure-%s\">", figures[i]);
    T_CONTAINS(page, link);
    snprintf(link, sizeof link, "href=\"%s.csv\"", figures[i]);
    T_CONTAINS(page, link);
    free(svg);
    free(png);
    free(csv);
  }
  free(page);
}

T_TEST(report_page, figures_of_merit_are_those_of_the_run)
{
  NEED_GNUPLOT();
  char *page = report_file(full_report(), "index.html"), text[128];
  json_t *run = json_of_file(run_json()), *sentrons = json_at(run, "sentrons");
  double cycles = 0;
  for (size_t i = 0; i < json_array_size(sentrons); i++)
    cycles += json_number(json_array_get(sentrons, i), "cycles");
  snprintf(text, sizeof text, "<p class=\"big\">%.2f</p>", json_number(run, "ops") / cycles);
  T_CONTAINS(page, text);
  snprintf(text, sizeof text, "<p class=\"big\">%.1f %%</p>",
           100 * json_number(run, "utilisation"));
  T_CONTAINS(page, text);
  snprintf(text, sizeof text, "<p class=\"big\">%.2f %%</p>",
           100 * json_number(run, "ptc.hit_rate"));
  T_CONTAINS(page, text);
  T_CONTAINS(page, "seed reading <b>1.5</b> · target <b>2.5 to 3.0</b>");
  T_CONTAINS(page, "seed reading <b>50 %</b> · target <b>80 %</b>");
  T_CONTAINS(page, "seed reading <b>54.5 %</b> · target <b>95 %</b>");
  T_CONTAINS(page, "D-pipe’s share of peak");
  T_CONTAINS(page, json_text(run, "program.hash"));
  T_CONTAINS(page, "--timeline 32"); /* the command that made the figures */
  T_CONTAINS(page, "vtpu report ");
  json_decref(run);
  free(page);
}

/* --- CSV = JSON ------------------------------------------------------------------------------ */

static void check_stacks(const char *name, const char *list)
{
  static const char *const causes[] = {"issue", "branch",  "barrier",      "d_result", "ptc",
                                       "l1",    "l2",      "l3",           "ddr",      "port",
                                       "fence", "message", "memory_entry", "drain",    "idle"};
  char *csv = file_of(name, ".csv");
  json_t *run = json_of_file(run_json()), *rows = json_at(run, list);
  T_EQ(csv_lines(csv), json_array_size(rows));
  for (size_t i = 0; i < json_array_size(rows); i++) {
    json_t *row = json_array_get(rows, i);
    for (size_t k = 0; k < sizeof causes / sizeof *causes; k++) {
      char path[32];
      snprintf(path, sizeof path, "stack.%s", causes[k]);
      if (csv_value(csv, (int)i + 1, causes[k]) != json_number(row, path))
        T_FAIL("%s, row %zu: %s is %g, not %g", name, i, causes[k],
               csv_value(csv, (int)i + 1, causes[k]), json_number(row, path));
    }
  }
  json_decref(run);
  free(csv);
}

T_TEST(report_csv, stacks_are_those_of_the_json)
{
  NEED_GNUPLOT();
  check_stacks("stack-layers", "layers");
  check_stacks("stack-kernels", "kernels");
  check_stacks("stack-sentrons", "sentrons");
}

T_TEST(report_csv, windows_are_those_of_the_time_line)
{
  static const char *const series[] = {"siws",     "pipe_ops.d", "pipe_ops.s",    "pipe_ops.c",
                                       "ptc.hits", "ptc.misses", "tier_bytes.l1", "tier_bytes.ddr"};
  NEED_GNUPLOT();
  char *csv = file_of("time-ops", ".csv");
  json_t *run = json_of_file(run_json()), *t = json_at(run, "timeline");
  size_t windows = json_array_size(json_at(t, "siws"));
  T_CHECK(windows >= 16);
  T_EQ(csv_lines(csv), windows);
  for (size_t k = 0; k < sizeof series / sizeof *series; k++)
    for (size_t i = 0; i < windows; i++)
      if (csv_value(csv, (int)i + 1, series[k]) !=
          json_number_value(json_array_get(json_at(t, series[k]), i)))
        T_FAIL("window %zu of %s differs", i, series[k]);
  T_EQ((long long)csv_value(csv, (int)windows, "end_cycle"), json_whole(run, "cycles"));
  json_decref(run);
  free(csv);
}

T_TEST(report_csv, the_roofline_has_every_kernel_that_multiplies)
{
  NEED_GNUPLOT();
  char *csv = file_of("roofline-s", ".csv");
  json_t *profile = json_of_file(profile_json()), *parts = json_at(profile, "parts"), *part = NULL;
  for (size_t i = 0; i < json_array_size(parts); i++) {
    json_t *other = json_array_get(parts, i);
    if (!part || json_number(other, "total.wall.cycles") > json_number(part, "total.wall.cycles"))
      part = other;
  }
  json_t *kernels = json_at(part, "kernels");
  unsigned placed = 0;
  for (size_t i = 0; i < json_array_size(kernels); i++) {
    json_t *row = json_array_get(kernels, i);
    if (json_whole(row, "macs") == 0)
      continue;
    placed++;
    bool found = false;
    for (int line = 1; line <= (int)csv_lines(csv); line++) {
      if (strcmp(csv_field(csv, line, csv_column(csv, "kernel")), json_text(row, "kernel")) != 0)
        continue;
      found = true;
      T_NEAR(csv_value(csv, line, "mac_per_cycle"), json_number(row, "wall.mac_per_cycle"), 1e-12);
      T_EQ((long long)csv_value(csv, line, "wall_cycles"), json_whole(row, "wall.cycles"));
      if (json_whole(row, "tiers.ddr.bytes"))
        T_NEAR(csv_value(csv, line, "mac_per_byte_ddr"),
               json_number(row, "macs") / json_number(row, "tiers.ddr.bytes"), 1e-9);
    }
    if (!found)
      T_FAIL("%s is not in the roofline", json_text(row, "kernel"));
  }
  T_EQ(csv_lines(csv), placed);
  T_CHECK(placed >= 4);
  json_decref(profile);
  free(csv);
}

T_TEST(report_csv, rates_are_those_of_the_locality)
{
  NEED_GNUPLOT();
  char *csv = file_of("ptc-size", ".csv");
  json_t *locality = json_of_file(locality_json("zorder")), *points = json_at(locality, "points");
  unsigned checked = 0;
  for (size_t i = 0; i < json_array_size(points); i++) {
    json_t *p = json_array_get(points, i);
    if (strcmp(json_text(p, "granularity"), "page") != 0 || json_whole(p, "ways") != 4 ||
        json_is_true(json_at(p, "prefetch")))
      continue;
    for (int line = 1; line <= (int)csv_lines(csv); line++)
      if ((long long)csv_value(csv, line, "entries") == json_whole(p, "entries")) {
        T_NEAR(csv_value(csv, line, "4-way"),
               100 * json_number(p, "hits") / json_number(locality, "accesses"), 1e-9);
        checked++;
      }
  }
  T_EQ(checked, csv_lines(csv));
  T_CHECK(checked >= 5);
  json_decref(locality);
  free(csv);
  csv = file_of("ptc-curve", ".csv");
  csv_column(csv, "zorder");
  csv_column(csv, "row");
  free(csv);
}

T_TEST(report_csv, the_heat_map_counts_every_access_of_the_trace)
{
  static const char *const operations[] = {"op_codes.SGATHER", "op_codes.SSCATTR",
                                           "op_codes.SPREFCH", "op_codes.SFLUSH"};
  NEED_GNUPLOT();
  char *csv = file_of("heat", ".csv");
  json_t *run = json_of_file(run_json());
  double sum = 0, executed = 0;
  for (int line = 1; line <= (int)csv_lines(csv); line++)
    sum += csv_value(csv, line, "accesses");
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
    executed += json_number_value(json_at(run, operations[i]));
  T_CHECK(csv_lines(csv) > 10);
  T_EQ((long long)sum, (long long)executed);
  json_decref(run);
  free(csv);
}

T_TEST(report_csv, gains_are_measured_by_the_run_with_fewest_sentrons)
{
  static const int sentrons[] = {1, 8, 16, 16};
  NEED_GNUPLOT();
  char *csv = file_of("scaling-gain", ".csv");
  json_t *one = json_of_file(run_json_on(1)), *eight = json_of_file(run_json_on(8));
  T_EQ(csv_lines(csv), 4);
  for (int i = 0; i < 4; i++)
    T_EQ((long long)csv_value(csv, i + 1, "sentrons"), sentrons[i]);
  T_NEAR(csv_value(csv, 1, "gain"), 1, 1e-12);
  T_NEAR(csv_value(csv, 2, "gain"), json_number(one, "cycles") / json_number(eight, "cycles"),
         1e-12);
  char *page = report_file(full_report(), "index.html");
  T_CONTAINS(page, "SMT: on 8 cores, two sentrons a core do ");
  free(page);
  json_decref(one);
  json_decref(eight);
  free(csv);
}

/* --- with less ------------------------------------------------------------------------------- */

T_TEST(report_page, sections_without_their_input_say_what_would_add_them)
{
  static const char *const says[] = {"no time line.",
                                     "vtpu run ... --timeline 256",
                                     "--profile-json P.json",
                                     "--locality L.json",
                                     "--trace T",
                                     "--sentrons 8"};
  struct command c = {0};
  NEED_GNUPLOT();
  const char *object = temp_path("less.siw"), *json = temp_path("less.json"),
             *folder = temp_path("less");
  command(&c,
          "vtpu asm asm/examples/barrier.s -o '%s' && vtpu run '%s' -q --json '%s' && "
          "vtpu report '%s' -o '%s'",
          object, object, json, json, folder);
  T_STATUS(&c, 0);
  char *page = report_file(folder, "index.html");
  T_CHECK(xml_fault(page) == NULL);
  for (size_t i = 0; i < sizeof says / sizeof *says; i++)
    T_CONTAINS(page, says[i]);
  free(page);
  /* The same input gives the same bytes; and a folder that is there is used again. */
  char *svg = report_file(folder, "stack-sentrons.svg");
  command(&c, "vtpu report '%s' -o '%s'", json, folder);
  T_STATUS(&c, 0);
  char *again = report_file(folder, "stack-sentrons.svg");
  T_EQ_STR(again, svg);
  free(svg);
  free(again);
  command_end(&c);
}

T_TEST(report_page, runs_that_failed_or_have_no_time_are_shown_as_such)
{
  struct command c = {0};
  NEED_GNUPLOT();
  const char *object = temp_path("dead.siw"), *json = temp_path("dead.json"),
             *folder = temp_path("dead");
  command(&c, "vtpu asm asm/examples/deadlock.s -o '%s' && vtpu run '%s' -q --json '%s'", object,
          object, json);
  T_STATUS(&c, 4);
  command(&c, "vtpu report '%s' -o '%s'", json, folder);
  T_STATUS(&c, 0);
  char *page = report_file(folder, "index.html");
  T_CONTAINS(page, "deadlock at cycle");
  T_CHECK(xml_fault(page) == NULL);
  free(page);
  command(&c,
          "vtpu asm asm/examples/stream.s -o '%s' && vtpu run '%s' -q --untimed --json '%s' && "
          "vtpu report '%s' -o '%s'",
          object, object, json, json, folder);
  T_STATUS(&c, 0);
  page = report_file(folder, "index.html");
  T_CONTAINS(page, "--untimed");
  free(page);
  command_end(&c);
}

/* Names in a JSON are somebody's text: neither the page nor gnuplot may take them for more. */
T_TEST(report_page, names_are_text_and_nothing_else)
{
  static const char hostile[] = "</td><script>alert(1)</script>' `touch pwned` \" $x \\ {@} é ";
  struct command c = {0};
  NEED_GNUPLOT();
  json_t *run = json_of_file(run_json());
  const char *folder = temp_path("hostile"), *json = temp_path("hostile.json");
  json_object_set_new(json_array_get(json_at(run, "kernels"), 0), "kernel", json_string(hostile));
  json_object_set_new(json_array_get(json_at(run, "sentrons"), 0), "name", json_string(hostile));
  json_object_set_new(json_at(run, "program"), "path", json_string(hostile));
  json_object_set_new(run, "command_line", json_string(hostile));
  json_object_set_new(run, "text", json_string("\x01 <b>&\x7f"));
  json_dump_file(run, json, 0);
  json_decref(run);
  command(&c,
          "cd \"$(dirname '%s')\" && \"$OLDPWD\"/" VTPU_BINARY
          " report hostile.json -o hostile && test ! -e pwned && test ! -e hostile/pwned",
          json);
  T_STATUS(&c, 0);
  char *page = report_file(folder, "index.html");
  const char *fault = xml_fault(page);
  if (fault)
    T_FAIL("index.html: %s", fault);
  T_EQ(count_of(page, "<script"), 0);
  T_CONTAINS(page, "&lt;script&gt;");
  T_CONTAINS(page, "\xef\xbf\xbd &lt;b&gt;&amp;");
  free(page);
  command_end(&c);
}
