/* Figures and files of a report: see book.h. */
#include "sim/cli/html/book.h"

#include "sim/cli/cli.h"
#include "sim/cli/html/gnuplot.h"
#include "sim/cli/html/svg.h"
#include "sim/cli/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- files ----------------------------------------------------------------------------------- */

void book_write(struct book *b, const char *name, const char *text, size_t bytes)
{
  struct output out = {.path = NULL};
  char *path = NULL;
  if (b->status)
    return;
  if (asprintf(&path, "%s/%s", b->folder, name) < 0) {
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
    return;
  }
  b->status = output_open(&out, path, OUTPUT_WHOLE, b->err);
  if (!b->status) {
    fwrite(text, 1, bytes, out.stream);
    b->status = output_close(&out, b->err);
  }
  output_discard(&out);
  free(path);
}

static void write_named(struct book *b, const char *name, const char *suffix, const char *text,
                        size_t bytes)
{
  char file[FIGURE_NAME_BYTES + 8];
  snprintf(file, sizeof file, "%s%s", name, suffix);
  book_write(b, file, text, bytes);
}

static const char *keep(struct book *b, char *text)
{
  static const char none[] = "";
  if (text && b->kept_count < FIGURES_MAX)
    return b->kept[b->kept_count++] = text;
  free(text);
  if (!b->status)
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  return none;
}

const char *book_commands(struct book *b, const struct input *in, unsigned count)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  for (unsigned i = 0; out && i < count; i++)
    fprintf(out, "%s%s", i ? "\n" : "", json_command(&in[i]));
  if (out && fclose(out) != 0) {
    free(text);
    text = NULL;
  }
  return keep(b, text);
}

/* --- figures --------------------------------------------------------------------------------- */

void figure_ticks(FILE *script, const struct view *view, double range)
{
  double least = range / (view->narrow ? 5 : 10), step = pow(10, floor(log10(least)));
  if (range <= 0)
    return;
  step *= least > 5 * step ? 10 : least > 2 * step ? 5 : least > step ? 2 : 1;
  fprintf(script, "set xtics %.9g\n", step);
}

/* Heights are known, so that a legend never lies on the plot. */
static struct view view_of(const struct figure *f, bool narrow)
{
  unsigned columns = narrow ? f->narrow_columns : f->columns;
  unsigned lines = f->legend ? (f->legend + columns - 1) / columns : 0;
  unsigned legend = 16 + (narrow ? 18 : 21) * lines;
  return (struct view){
      .narrow = narrow,
      .width = narrow ? 360 : 920,
      .height = (narrow ? f->narrow : f->wide) + legend,
      .legend = legend,
  };
}

static void put_legend(FILE *out, const struct figure *f, const struct view *v)
{
  double height = v->height;
  if (f->legend)
    fprintf(out,
            "set key at screen 0.015, screen %.5f left top horizontal maxcols %u Left reverse "
            "samplen 1.4 tc " RGB "\n",
            1 - 3 / height, v->narrow ? f->narrow_columns : f->columns, light(COLOUR_TEXT));
  else
    fputs("set key off\n", out);
  fprintf(out, "set tmargin at screen %.5f\n", 1 - v->legend / height);
}

enum form { FORM_SVG, FORM_PNG };

/* The head of every script, and then the figure's. Text is a little larger where a figure is
 * narrow than it would be for its size: it is read on a phone. */
static char *script_of(const struct figure *f, const struct view *v, enum form form)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fputs("set encoding utf8\n", out);
  if (form == FORM_SVG)
    fprintf(out, "set terminal svg size %u,%u dynamic font 'sans,%u' noenhanced\n", v->width,
            v->height, v->narrow ? 12u : 14u);
  else
    fprintf(out,
            "set terminal pngcairo size %u,%u font 'sans,11' fontscale 2 linewidth 2 "
            "pointscale 2 noenhanced background " RGB "\n",
            2 * v->width, 2 * v->height, light(COLOUR_GROUND));
  fprintf(out,
          "set border 3 lc " RGB "\nset tics nomirror out scale 0.6 tc " RGB "\n"
          "set grid y lt 1 lw 0.7 lc " RGB "\nset style fill solid 1 border lc " RGB "\n"
          "set xlabel tc " RGB "\nset ylabel tc " RGB "\nset style data lines\n",
          light(COLOUR_TEXT), light(COLOUR_TEXT), light(COLOUR_GRID), light(COLOUR_GROUND),
          light(COLOUR_TEXT), light(COLOUR_TEXT));
  put_legend(out, f, v);
  f->draw(out, v, f->data);
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

static char *picture(struct book *b, const struct figure *f, const struct view *v, enum form form,
                     size_t *bytes)
{
  char *picture = NULL, *script = b->status ? NULL : script_of(f, v, form);
  if (!b->status && !script)
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  if (!b->status)
    b->status = gnuplot_run(f->name, script, &picture, bytes, b->err);
  free(script);
  return picture;
}

static void put_svg(struct book *b, const char *class, const char *svg, const char *id,
                    const char *label)
{
  fprintf(b->page, "<div class=\"%s\">\n", class);
  if (!b->status)
    b->status = svg_write(b->page, svg, id, label, 0, b->err);
  fputs("</div>\n", b->page);
}

static void write_svg(struct book *b, const struct figure *f, const char *svg)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out) {
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
    return;
  }
  fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", out);
  b->status = svg_write(out, svg, f->name, f->alt, 1, b->err);
  if (fclose(out) != 0 && !b->status)
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  if (!b->status)
    write_named(b, f->name, ".svg", text, bytes);
  free(text);
}

static void put_caption(struct book *b, const struct figure *f)
{
  fprintf(b->page, "<figure id=\"figure-%s\">\n<figcaption>", f->name);
  html_element(b->page, "strong", f->title);
  html_element(b->page, "span", f->caption);
  fputs("</figcaption>\n", b->page);
}

static void put_source(struct book *b, const struct figure *f)
{
  fputs("<p class=\"made\">Data: ", b->page);
  html_element(b->page, "code", f->command);
  fprintf(b->page,
          "<span class=\"files\"> · Files: <a href=\"%s.svg\">SVG</a> <a href=\"%s.png\">PNG</a> "
          "<a href=\"%s.csv\">CSV</a></span></p>\n</figure>\n",
          f->name, f->name, f->name);
}

void book_figure(struct book *b, const struct figure *f)
{
  const struct view wide = view_of(f, false), narrow = view_of(f, true);
  char id[FIGURE_NAME_BYTES + 8];
  size_t bytes = 0;
  if (b->status)
    return;
  if (b->figures == FIGURES_MAX) {
    b->status = vtpu_fail(b->err, VTPU_BUG, "more than %d figures", FIGURES_MAX);
    return;
  }
  struct book_figure *entry = &b->figure[b->figures++];
  snprintf(entry->name, sizeof entry->name, "%s", f->name);
  entry->title = f->title;
  entry->command = f->command;

  put_caption(b, f);
  char *svg = picture(b, f, &wide, FORM_SVG, &bytes);
  if (svg) {
    write_svg(b, f, svg);
    put_svg(b, "wide", svg, f->name, f->alt);
  }
  free(svg);
  svg = picture(b, f, &narrow, FORM_SVG, &bytes);
  if (svg) {
    snprintf(id, sizeof id, "%s-n", f->name);
    put_svg(b, "narrow", svg, id, f->alt);
  }
  free(svg);
  char *png = picture(b, f, &wide, FORM_PNG, &bytes);
  if (png)
    write_named(b, f->name, ".png", png, bytes);
  free(png);
  write_named(b, f->name, ".csv", f->csv, strlen(f->csv));
  put_source(b, f);
}

/* --- pieces ---------------------------------------------------------------------------------- */

void book_heading(struct book *b, const char *id, const char *text)
{
  fprintf(b->page, "<h2 id=\"%s\">", id);
  html_text(b->page, text);
  fputs("</h2>\n", b->page);
}

void book_missing(struct book *b, const char *what, const char *command)
{
  fputs("<p class=\"note\">", b->page);
  html_text(b->page, what);
  fputs(" Add it with ", b->page);
  html_element(b->page, "code", command);
  fputs("</p>\n", b->page);
}

void book_paragraph(struct book *b, const char *text)
{
  html_element(b->page, "p", text);
  fputc('\n', b->page);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void put_top(struct book *b, const char *title)
{
  static const struct {
    const char *id, *text;
  } sections[] = {
      {"glance", "At a glance"}, {"origin", "What was run"},     {"stacks", "Cycle stacks"},
      {"time", "Over time"},     {"roofline", "Roofline"},       {"locality", "PTC"},
      {"heat", "Accesses"},      {"scaling", "SMT and scaling"}, {"sources", "Figures, commands"}};
  fputs("<header>\n", b->page);
  html_element(b->page, "h1", title);
  fputs("<p class=\"note\">A run of a program on the simulated vTPU machine: what it reached, and "
        "where its cycles went.</p>\n<nav aria-label=\"Sections\"><ul>\n",
        b->page);
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
    fprintf(b->page, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].text);
  fputs("</ul></nav>\n</header>\n<main>\n", b->page);
}

static void put_sections(struct book *b)
{
  section_glance(b);
  section_origin(b);
  section_stacks(b);
  section_timeline(b);
  section_roofline(b);
  section_locality(b);
  section_heat(b);
  section_scaling(b);
  section_sources(b);
}

int book_make(struct book *b)
{
  char *text = NULL, title[160];
  size_t bytes;
  json_t *run = b->in.run[0].json;
  b->page = open_memstream(&text, &bytes);
  if (!b->page)
    return b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  snprintf(title, sizeof title, "vtpu %.20s: %.100s", json_word(run, "command", ""),
           json_word(run, "program.path", ""));
  html_begin(b->page, title);
  put_top(b, title);
  put_sections(b);
  fputs("</main>\n<footer><p>Made by vtpu " VTPU_VERSION ".</p></footer>\n", b->page);
  html_end(b->page);
  bool complete = fclose(b->page) == 0;
  if (!complete && !b->status)
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  book_write(b, "index.html", text, bytes);
  free(text);
  return b->status;
}

void book_close(struct book *b)
{
  for (unsigned i = 0; i < b->kept_count; i++)
    free(b->kept[i]);
  inputs_free(&b->in);
}
