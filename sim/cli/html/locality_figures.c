/* PTC hit rate against size, ways and curve, from `vtpu locality`. */
#include "sim/cli/html/book.h"
#include "sim/cli/html/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 24, SIZES_MAX = 32 };

struct line {
  char title[48];
  bool dashed;
  double rate[SIZES_MAX]; /* in %, NAN where it was not measured */
};

struct chart {
  unsigned sizes[SIZES_MAX], size_count;
  struct line line[LINES_MAX];
  unsigned lines;
  double lowest, highest;
};

static void add_size(struct chart *c, unsigned entries)
{
  unsigned i = 0;
  while (i < c->size_count && c->sizes[i] < entries)
    i++;
  if (c->size_count == SIZES_MAX || (i < c->size_count && c->sizes[i] == entries))
    return;
  memmove(&c->sizes[i + 1], &c->sizes[i], (c->size_count - i) * sizeof *c->sizes);
  c->sizes[i] = entries;
  c->size_count++;
}

static void make_sizes(struct chart *c, json_t *locality)
{
  json_t *points = json_object_get(locality, "points");
  for (size_t i = 0; i < json_array_size(points); i++)
    add_size(c, (unsigned)report_figure(json_array_get(points, i), "entries"));
}

/* The points of one geometry: a line, if there are any. */
static void add_line(struct chart *c, json_t *locality, const char *granularity, bool prefetch,
                     unsigned ways, const char *title)
{
  json_t *points = json_object_get(locality, "points");
  double accesses = report_figure(locality, "accesses");
  if (c->lines == LINES_MAX || !(accesses > 0))
    return;
  struct line *line = &c->line[c->lines];
  bool any = false;
  snprintf(line->title, sizeof line->title, "%s%s", title, prefetch ? ", prefetch" : "");
  line->dashed = prefetch;
  for (unsigned k = 0; k < c->size_count; k++)
    line->rate[k] = NAN;
  for (size_t i = 0; i < json_array_size(points); i++) {
    json_t *p = json_array_get(points, i);
    if (strcmp(json_word(p, "granularity", ""), granularity) != 0 ||
        json_is_true(json_object_get(p, "prefetch")) != prefetch ||
        report_figure(p, "ways") != (double)ways)
      continue;
    for (unsigned k = 0; k < c->size_count; k++)
      if (report_figure(p, "entries") == (double)c->sizes[k]) {
        line->rate[k] = 100 * report_figure(p, "hits") / accesses;
        c->lowest = fmin(c->lowest, line->rate[k]);
        c->highest = fmax(c->highest, line->rate[k]);
        any = true;
      }
  }
  c->lines += any;
}

/* --- drawing --------------------------------------------------------------------------------- */

static void draw_chart(FILE *out, const struct view *v, const void *data)
{
  static const int marks[] = {7, 5, 9, 13, 11, 6};
  const struct chart *c = data;
  fputs("$rates << EOD\n", out);
  for (unsigned k = 0; k < c->size_count; k++) {
    fprintf(out, "%u", c->sizes[k]);
    for (unsigned i = 0; i < c->lines; i++) {
      if (isnan(c->line[i].rate[k]))
        fputs(" NaN", out);
      else
        fprintf(out, " %.9g", c->line[i].rate[k]);
    }
    fputc('\n', out);
  }
  fputs("EOD\nset logscale x 2\nset xtics (", out);
  for (unsigned k = 0; k < c->size_count; k++)
    if (!v->narrow || c->size_count <= 4 || k % 2 == 0)
      fprintf(out, "%s'%u' %u", k ? ", " : "", c->sizes[k], c->sizes[k]);
  /* Lines near the top would lie on each other if the axis began at 0. */
  double low = c->lowest >= 90 ? floor(c->lowest) : c->lowest >= 80 ? 80 : 0;
  fprintf(out,
          ")\nset xlabel 'entries of one core’s PTC'\nset ylabel 'hit rate, %%'\n"
          "set xrange [%g:%g]\nset yrange [%g:%g]\n",
          c->sizes[0] / 1.15, c->sizes[c->size_count - 1] * 1.15, low,
          low > 0 ? 100 + (100 - low) / 20 : 102);
  if (low < 95 && c->highest >= 80)
    fprintf(out,
            "set arrow from graph 0, first 95 to graph 1, first 95 nohead dt 3 lw 1.5 lc " RGB
            "\nset label 'target 95 %%' right at graph 0.99, first 95 offset 0,-0.7 tc " RGB "\n",
            light(COLOUR_TARGET), light(COLOUR_TARGET));
  fputs("plot ", out);
  for (unsigned i = 0; i < c->lines; i++) {
    fprintf(out, "%s$rates using 1:%u with linespoints lw 1.8 dt %d pt %d ps %s lc " RGB " title ",
            i ? ", " : "", i + 2, c->line[i].dashed ? 2 : 1, marks[i % 6],
            v->narrow ? "0.5" : "0.7", light(COLOUR_SERIES + (int)(i % SERIES_COLOURS)));
    gnuplot_quoted(out, c->line[i].title, 47);
  }
  fputc('\n', out);
}

static char *csv_of(const struct chart *c)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fputs("entries", out);
  for (unsigned i = 0; i < c->lines; i++) {
    fputc(',', out);
    csv_text(out, c->line[i].title);
  }
  fputc('\n', out);
  for (unsigned k = 0; k < c->size_count; k++) {
    fprintf(out, "%u", c->sizes[k]);
    for (unsigned i = 0; i < c->lines; i++) {
      fputc(',', out);
      csv_number(out, c->line[i].rate[k]);
    }
    fputc('\n', out);
  }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

static void put_table(struct book *b, const struct chart *c)
{
  fputs("<details><summary>The same as numbers</summary>\n<div class=\"scroll\" "
        "tabindex=\"0\"><table>"
        "<caption>Hit rate in %, by entries of one core’s PTC</caption>\n"
        "<thead><tr><th scope=\"col\">entries</th>",
        b->page);
  for (unsigned i = 0; i < c->lines; i++)
    html_element(b->page, "th scope=\"col\"", c->line[i].title);
  fputs("</tr></thead>\n<tbody>\n", b->page);
  for (unsigned k = 0; k < c->size_count; k++) {
    fprintf(b->page, "<tr><td>%u</td>", c->sizes[k]);
    for (unsigned i = 0; i < c->lines; i++) {
      struct cells cells = {.used = 0};
      fprintf(b->page, "<td>%s</td>", cell_fixed(&cells, c->line[i].rate[k], 4));
    }
    fputs("</tr>\n", b->page);
  }
  fputs("</tbody></table></div></details>\n", b->page);
}

static void put_chart(struct book *b, const struct chart *c, const char *name, const char *title,
                      const char *caption, const char *command)
{
  char alt[256];
  if (b->status || !c->lines)
    return;
  char *csv = csv_of(c);
  if (!csv) {
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
    return;
  }
  snprintf(alt, sizeof alt,
           "%s: %u lines from %u to %u entries; rates from %.2f %% to %.2f %%. The table below has "
           "the numbers.",
           title, c->lines, c->sizes[0], c->sizes[c->size_count - 1], c->lowest, c->highest);
  const struct figure f = {
      .name = name,
      .title = title,
      .caption = caption,
      .alt = alt,
      .command = command,
      .wide = 330,
      .narrow = 250,
      .legend = c->lines,
      .columns = 3,
      .narrow_columns = 1,
      .draw = draw_chart,
      .data = c,
      .csv = csv,
  };
  book_figure(b, &f);
  put_table(b, c);
  free(csv);
}

/* --- the section ----------------------------------------------------------------------------- */

static const char *curve_of(const struct inputs *in, unsigned i)
{
  return json_word(in->locality[i].json, "machine.curve", "?");
}

/* Is this file's curve one that an earlier file has had? */
static bool curve_again(const struct inputs *in, unsigned i)
{
  for (unsigned k = 0; k < i; k++)
    if (strcmp(curve_of(in, k), curve_of(in, i)) == 0)
      return true;
  return false;
}

void section_locality(struct book *b)
{
  static const unsigned ways[] = {1, 2, 4, 8, 0};
  static const char *const names[] = {"direct mapped", "2-way", "4-way", "8-way",
                                      "fully associative"};
  struct chart pages = {.lowest = INFINITY}, curves = {.lowest = INFINITY};
  char text[320];
  book_heading(b, "locality", "The PTC: size, ways and curve");
  if (!b->in.localities) {
    book_missing(b, "No figures of other PTCs were given.",
                 "vtpu locality PROG.siw --json L.json; vtpu report ... --locality L.json");
    return;
  }
  json_t *first = b->in.locality[0].json;
  make_sizes(&pages, first);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    add_line(&pages, first, "page", false, ways[i], names[i]);
  add_line(&pages, first, "page", true, 4, "4-way");
  for (unsigned i = 0; i < b->in.localities; i++)
    make_sizes(&curves, b->in.locality[i].json);
  for (unsigned i = 0; i < b->in.localities; i++)
    for (int prefetch = 0; prefetch < 2 && !curve_again(&b->in, i); prefetch++)
      add_line(&curves, b->in.locality[i].json, "coordinate", prefetch, 4, curve_of(&b->in, i));
  double accesses = report_figure(first, "accesses");
  snprintf(text, sizeof text,
           "What PTCs of other shapes would have made of the accesses of %.80s, of which the "
           "machine’s own answered %.4f %%.",
           json_word(first, "program", ""),
           accesses > 0 ? 100 * report_figure(first, "engine_hits") / accesses : NAN);
  book_paragraph(b, text);
  put_chart(
      b, &pages, "ptc-size", "PTC hit rate by size and ways",
      "An entry a page of 64 cells, as the architecture has it; the curve orders cells inside "
      "a page and cannot matter here. Prefetch: the page that follows along the linear axis "
      "comes in at no cost.",
      json_command(&b->in.locality[0]));
  put_chart(
      b, &curves, "ptc-curve", "PTC hit rate by size and curve",
      "An entry a coordinate, 4-way: here the curve decides into which set a coordinate falls "
      "and what follows it. Lines that lie on each other are equal.",
      book_commands(b, b->in.locality, b->in.localities));
}
