/* From gnuplot's SVG to one that follows the page's colours: see svg.h. */
#include "sim/cli/html/svg.h"

#include "sim/cli/html/html.h"
#include "sim/cli/html/palette.h"

#include <stdlib.h>
#include <string.h>

static int foreign(const char *id, const char *what, struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_SYSTEM,
                   "figure %s: gnuplot's SVG is not understood: %s\n"
                   "  gnuplot 5.4 is known to work",
                   id, what);
}

/* "rgb( 31,  95, 168)" at `at`: the palette's colour, and where the text goes on. */
static int colour_at(const char *at, const char **rest)
{
  unsigned r, g, b;
  int used = 0;
  if (sscanf(at, "rgb(%u ,%u ,%u )%n", &r, &g, &b, &used) != 3 || !used)
    return -1;
  *rest = at + used;
  for (int i = 0; i < COLOURS; i++)
    if (strtoul(palette[i].light + 1, NULL, 16) == (r << 16 | g << 8 | b))
      return i;
  return -1;
}

static int starts(const char *at, const char *with)
{
  return strncmp(at, with, strlen(with)) == 0;
}

/* The elements inside, with colours, ids and fonts made ours. */
static int write_body(FILE *out, const char *at, const char *end, const char *id,
                      struct vtpu_error *err)
{
  while (at < end) {
    const char *rest;
    if (starts(at, "rgb(")) {
      int colour = colour_at(at, &rest);
      if (colour < 0)
        return foreign(id, "a colour that is not of the palette", err);
      fprintf(out, "var(--%s)", palette[colour].name);
      at = rest;
    } else if (starts(at, "font-family=\"sans\"")) {
      fputs("font-family=\"system-ui,sans-serif\"", out);
      at += strlen("font-family=\"sans\"");
    } else if (starts(at, "color=\"black\"")) {
      fputs("color=\"var(--text)\"", out);
      at += strlen("color=\"black\"");
    } else if (starts(at, " id='") || starts(at, " id=\"")) {
      fprintf(out, "%.5s%s-", at, id);
      at += 5;
    } else if (starts(at, "xlink:href='#")) {
      fprintf(out, "href='#%s-", id);
      at += strlen("xlink:href='#");
    } else if (starts(at, "url(#")) {
      fprintf(out, "url(#%s-", id);
      at += 5;
    } else {
      fputc(*at++, out);
    }
  }
  return 0;
}

/* Groups in which nothing is drawn: gnuplot opens many. */
static const char *skip_empty_groups(const char *at, const char *end)
{
  while (at < end && starts(at, "<g ")) {
    const char *close = strchr(at, '>');
    if (!close || close >= end || !starts(close + 1, "\n</g>\n"))
      break;
    at = close + 1 + strlen("\n</g>\n");
  }
  return at;
}

static int write_groups(FILE *out, const char *at, const char *end, const char *id,
                        struct vtpu_error *err)
{
  int status = 0;
  while (!status && at < end) {
    at = skip_empty_groups(at, end);
    const char *line = memchr(at, '\n', (size_t)(end - at));
    line = line ? line + 1 : end;
    status = write_body(out, at, line, id, err);
    at = line;
  }
  return status;
}

int svg_write(FILE *out, const char *svg, const char *id, const char *label, int alone,
              struct vtpu_error *err)
{
  unsigned width, height;
  const char *box = strstr(svg, "viewBox=\"0 0 "), *body = strstr(svg, "<g id=\"gnuplot_canvas\">");
  const char *defs = strstr(svg, "<defs>"), *drawing = strstr(svg, "</defs>"),
             *end = strstr(svg, "</svg>");
  if (!box || sscanf(box, "viewBox=\"0 0 %u %u\"", &width, &height) != 2)
    return foreign(id, "no viewBox", err);
  if (!body || !defs || !drawing || !end || body > defs || defs > drawing || drawing > end)
    return foreign(id, "not as gnuplot 5 writes it", err);
  drawing += strlen("</defs>");
  fprintf(out, "<svg viewBox=\"0 0 %u %u\"", width, height);
  if (alone)
    fprintf(out, " width=\"%u\" height=\"%u\" xmlns=\"http://www.w3.org/2000/svg\"", width, height);
  fputs(" role=\"img\" aria-label=\"", out);
  html_text(out, label);
  fputs("\">\n", out);
  if (alone) {
    fputs("<style>\n", out);
    palette_css(out);
    fputs("svg{background:var(--ground)}\n</style>\n", out);
  }
  fprintf(out, "<g id=\"%s-canvas\">\n", id);
  int status = 0;
  if (strstr(drawing, "<use ") || strstr(drawing, "url(#")) {
    status = write_body(out, defs, drawing, id, err);
    fputc('\n', out);
  }
  if (!status)
    status = write_groups(out, drawing, end, id, err);
  fputs("</svg>\n", out);
  return status;
}
