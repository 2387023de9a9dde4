/* Roofline: multiply-accumulates a cycle against multiply-accumulates for each byte, one point a
 * kernel, from a profile. Once with the bytes that pass the S ports, once with those of DDR. */
#include "sim/cli/html/book.h"
#include "sim/cli/html/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 40, ROOFS_MAX = 8, DECADES_MAX = 12 };

/* Where the plot lies in the picture, in shares of it: points are numbered, and to place the
 * numbers their places must be known. */
struct frame {
  double left, right, bottom, top;
};

struct point {
  const char *kernel;
  double cycles, share, macs_a_cycle, s_intensity, ddr_intensity, reached;
  double lanes; /* multiply-accumulates of one operation */
  const char *limited_by;
};

struct roofline {
  const char *part;
  struct point point[POINTS_MAX]; /* with multiply-accumulates; most cycles first */
  unsigned points;
  double d_ports, s_bytes, ddr_bytes; /* of the whole machine, a cycle; ddr 0: unlimited */
  double roof[ROOFS_MAX];             /* different lanes, ascending */
  unsigned roofs;
  bool ddr;              /* the figure that is drawn */
  double x0, x1, y0, y1; /* decades */
};

static double accesses(json_t *row)
{
  static const char *const paths[] = {"tiers.l1.hits",   "tiers.l1.merges", "tiers.l2.hits",
                                      "tiers.l2.merges", "tiers.l3.hits",   "tiers.l3.merges",
                                      "tiers.ddr.hits",  "tiers.ddr.merges"};
  double sum = 0;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    sum += report_figure(row, paths[i]);
  return sum;
}

static int most_cycles_first(const void *a, const void *b)
{
  const struct point *x = a, *y = b;
  return x->cycles < y->cycles ? 1 : x->cycles > y->cycles ? -1 : strcmp(x->kernel, y->kernel);
}

static void add_roof(struct roofline *r, double lanes)
{
  unsigned i = 0;
  while (i < r->roofs && r->roof[i] < lanes)
    i++;
  if (r->roofs == ROOFS_MAX || (i < r->roofs && r->roof[i] == lanes))
    return;
  memmove(&r->roof[i + 1], &r->roof[i], (r->roofs - i) * sizeof *r->roof);
  r->roof[i] = lanes;
  r->roofs++;
}

static json_t *longest_part(json_t *profile)
{
  json_t *parts = json_object_get(profile, "parts"), *most = NULL;
  for (size_t i = 0; i < json_array_size(parts); i++) {
    json_t *part = json_array_get(parts, i);
    if (!most ||
        report_figure(part, "total.wall.cycles") > report_figure(most, "total.wall.cycles"))
      most = part;
  }
  return most;
}

static void make_points(struct roofline *r, json_t *profile)
{
  json_t *part = longest_part(profile), *rows = json_object_get(part, "kernels");
  double cores = report_figure(profile, "machine.parameters.nodes") *
                 report_figure(profile, "machine.parameters.cores");
  double peak = report_figure(part, "total.bandwidth.ddr.peak_bytes_per_cycle");
  r->part = json_word(part, "name", "");
  r->d_ports = cores * report_figure(profile, "machine.parameters.dports");
  r->s_bytes = cores * report_figure(profile, "machine.parameters.sports") * CELL_BYTES;
  r->ddr_bytes = peak > 0 ? peak : 0;
  for (size_t i = 0; i < json_array_size(rows) && r->points < POINTS_MAX; i++) {
    json_t *row = json_array_get(rows, i);
    double macs = report_figure(row, "macs"), ddr = report_figure(row, "tiers.ddr.bytes");
    double bytes = CELL_BYTES * accesses(row), rate = report_figure(row, "wall.mac_per_cycle");
    if (!(macs > 0) || !(rate > 0) || !(bytes > 0) || !(report_figure(row, "mac_ops") > 0))
      continue;
    r->point[r->points++] = (struct point){
        .kernel = json_word(row, "kernel", "outside"),
        .cycles = report_figure(row, "wall.cycles"),
        .share = report_figure(row, "wall.share"),
        .macs_a_cycle = rate,
        .s_intensity = macs / bytes,
        .ddr_intensity = ddr > 0 ? macs / ddr : NAN,
        .reached = report_figure(row, "bound.reached"),
        .lanes = round(macs / report_figure(row, "mac_ops")),
        .limited_by = json_word(row, "bound.limited_by", ""),
    };
  }
  qsort(r->point, r->points, sizeof *r->point, most_cycles_first);
  for (unsigned i = 0; i < r->points; i++)
    add_roof(r, r->point[i].lanes);
}

static double intensity(const struct roofline *r, const struct point *p)
{
  return r->ddr ? p->ddr_intensity : p->s_intensity;
}

static double slope(const struct roofline *r)
{
  return r->ddr ? r->ddr_bytes : r->s_bytes;
}

/* All points and the ridge with room around them. */
static bool make_range(struct roofline *r)
{
  double x0 = INFINITY, x1 = 0, y0 = INFINITY, y1 = 0;
  for (unsigned i = 0; i < r->points; i++) {
    double x = intensity(r, &r->point[i]), y = r->point[i].macs_a_cycle;
    if (isnan(x))
      continue;
    x0 = fmin(x0, x);
    x1 = fmax(x1, x);
    y0 = fmin(y0, y);
    y1 = fmax(y1, y);
  }
  if (!(x1 > 0) || !r->roofs || !(slope(r) > 0))
    return false;
  double peak = r->d_ports * r->roof[r->roofs - 1];
  r->x0 = floor(log10(fmin(x0, peak / slope(r)) / 1.5));
  r->x1 = log10(fmax(x1, peak / slope(r)) * 3);
  r->y0 = floor(log10(y0 / 1.5));
  r->y1 = log10(fmax(y1, peak) * 1.6);
  return r->x1 - r->x0 < DECADES_MAX && r->y1 - r->y0 < DECADES_MAX;
}

/* --- drawing --------------------------------------------------------------------------------- */

struct place {
  double x, y; /* pixels from the lower left of the plot */
};

enum { TAKEN_MAX = 2 * POINTS_MAX + 64 * (ROOFS_MAX + 1) };

/* What numbers must not cover: points, other numbers, and the roofs. */
struct taken {
  struct place at[TAKEN_MAX];
  unsigned count;
  double width, height; /* of the plot */
};

static struct place pixel(const struct roofline *r, const struct taken *t, double x, double y)
{
  return (struct place){t->width * (log10(x) - r->x0) / (r->x1 - r->x0),
                        t->height * (log10(y) - r->y0) / (r->y1 - r->y0)};
}

static bool is_free(const struct taken *t, struct place at)
{
  for (unsigned i = 0; i < t->count; i++)
    if (fabs(t->at[i].x - at.x) < 17 && fabs(t->at[i].y - at.y) < 14)
      return false;
  return at.x > 8 && at.x < t->width - 8 && at.y > 8 && at.y < t->height - 8;
}

/* Does the line from a point to its number stay clear of the numbers, which begin at `from`? */
static bool line_is_free(const struct taken *t, unsigned from, struct place own, struct place at)
{
  for (unsigned i = from; i < t->count; i++)
    for (int k = 1; k < 8; k++) {
      double x = own.x + (at.x - own.x) * k / 8, y = own.y + (at.y - own.y) * k / 8;
      if (fabs(t->at[i].x - x) < 10 && fabs(t->at[i].y - y) < 9)
        return false;
    }
  return true;
}

static double roof_at(const struct roofline *r, unsigned i, double x)
{
  return fmin(x * slope(r), r->d_ports * r->roof[i]);
}

/* The number of a point, and a line to it where it is not right beside it. */
static void put_number(FILE *out, const struct taken *t, unsigned number, struct place own,
                       struct place at)
{
  double x = at.x - own.x, y = at.y - own.y, far = hypot(x, y);
  fprintf(out, "set label '%u' center at graph %.5f, graph %.5f tc " RGB "\n", number,
          at.x / t->width, at.y / t->height, light(COLOUR_TEXT));
  if (far > 20)
    fprintf(out,
            "set arrow from graph %.5f, graph %.5f to graph %.5f, graph %.5f nohead lw 0.7 lc " RGB
            "\n",
            own.x / t->width, own.y / t->height, (at.x - 8 * x / far) / t->width,
            (at.y - 8 * y / far) / t->height, light(COLOUR_MUTED));
}

/* Numbers go beside their points, to the nearest of rings of places that is free. */
static void put_numbers(FILE *out, const struct roofline *r, const struct frame *f,
                        const struct view *v)
{
  static const struct place around[] = {{1, .55}, {1, -.55}, {-1, .55}, {-1, -.55},
                                        {0, 1.1}, {0, -1.1}, {1.3, 0},  {-1.3, 0}};
  enum { AROUND = sizeof around / sizeof *around, RINGS = 7 };
  struct taken t = {.width = (f->right - f->left) * v->width,
                    .height = (f->top - f->bottom) * v->height};
  for (unsigned i = 0; i < r->points; i++) {
    double x = intensity(r, &r->point[i]);
    t.at[t.count++] = pixel(r, &t, isnan(x) ? 1e-300 : x, r->point[i].macs_a_cycle);
  }
  for (unsigned i = 0; i < r->roofs; i++)
    for (int k = 0; k < 64; k++) {
      double x = pow(10, r->x0 + (r->x1 - r->x0) * k / 63);
      t.at[t.count++] = pixel(r, &t, x, roof_at(r, i, x));
    }
  unsigned numbers = t.count;
  for (unsigned i = 0; i < r->points; i++) {
    struct place own = t.at[i], at = own;
    if (isnan(intensity(r, &r->point[i])))
      continue;
    for (unsigned k = 0; k < RINGS * AROUND; k++) {
      double far = 13 + 9 * (k / AROUND);
      at = (struct place){own.x + far * around[k % AROUND].x, own.y + far * around[k % AROUND].y};
      if (is_free(&t, at) && line_is_free(&t, numbers, own, at))
        break;
    }
    t.at[t.count++] = at;
    put_number(out, &t, i + 1, own, at);
  }
}

/* Decades as plain numbers. */
static void put_decades(FILE *out, char axis, double from, double to)
{
  fprintf(out, "set %ctics (", axis);
  for (double at = ceil(from); at <= to; at++)
    fprintf(out, "%s'%g' 1e%g", at > ceil(from) ? ", " : "", pow(10, at), at);
  fputs(")\n", out);
}

static void put_roofs(FILE *out, const struct roofline *r)
{
  fputs("$roofs << EOD\n", out);
  for (int k = 0; k < 2; k++) {
    double x = pow(10, k ? r->x1 : r->x0);
    fprintf(out, "%.9g %.9g", x, x * slope(r));
    for (unsigned i = 0; i < r->roofs; i++)
      fprintf(out, " %.9g", r->d_ports * r->roof[i]);
    fputc('\n', out);
  }
  fputs("EOD\n", out);
}

static void draw_roofline(FILE *out, const struct view *v, const void *data)
{
  static const int colours[] = {COLOUR_MUTED, COLOUR_SERIES + 2, COLOUR_SERIES + 3,
                                COLOUR_SERIES + 4};
  const struct roofline *r = data;
  const struct frame f = {v->narrow ? .19 : .1, v->narrow ? .95 : .965,
                          (v->narrow ? 58. : 66.) / v->height, 1 - (double)v->legend / v->height};
  fprintf(out,
          "set lmargin at screen %g\nset rmargin at screen %g\nset bmargin at screen %g\n"
          "set tmargin at screen %g\nset logscale xy\n"
          "set xrange [10**%.6f:10**%.6f]\nset yrange [10**%.6f:10**%.6f]\nset xlabel '%s'\n"
          "set ylabel 'MAC / cycle'\nset grid x y lt 1 lw 0.7 lc " RGB "\n",
          f.left, f.right, f.bottom, f.top, r->x0, r->x1, r->y0, r->y1,
          r->ddr ? "MAC / byte of DDR" : "MAC / byte through the S ports", light(COLOUR_GRID));
  put_decades(out, 'x', r->x0, r->x1);
  put_decades(out, 'y', r->y0, r->y1);
  put_roofs(out, r);
  fputs("$points << EOD\n", out);
  for (unsigned i = 0; i < r->points; i++)
    if (!isnan(intensity(r, &r->point[i]))) {
      fprintf(out, "%.9g %.9g\n", intensity(r, &r->point[i]), r->point[i].macs_a_cycle);
    }
  fputs("EOD\n", out);
  put_numbers(out, r, &f, v);
  fprintf(out, "plot $roofs using 1:2 with lines lw 1.8 lc " RGB " title '%s: %.0f bytes / cycle'",
          light(COLOUR_TARGET), r->ddr ? "slope: DDR" : "slope: S ports", slope(r));
  for (unsigned i = 0; i < r->roofs; i++)
    fprintf(out,
            ", $roofs using 1:%u with lines lw 1.8 dt %u lc " RGB
            " title '%.0f MAC %s: %.0f MAC / cycle'",
            i + 3, i + 1, light(colours[i % 4]), r->roof[i],
            v->narrow ? "an op." : "an operation, all D ports", r->d_ports * r->roof[i]);
  fprintf(out, ", $points using 1:2 with points pt 7 ps %s lc " RGB " title 'kernels, numbered'\n",
          v->narrow ? "0.6" : "0.8", light(COLOUR_SERIES));
}

/* --- table ----------------------------------------------------------------------------------- */

static char *csv_of(const struct roofline *r)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fputs("number,kernel,wall_cycles,mac_per_cycle,mac_per_byte_s_ports,mac_per_byte_ddr,"
        "mac_per_operation,bound_reached,limited_by\n",
        out);
  for (unsigned i = 0; i < r->points; i++) {
    const struct point *p = &r->point[i];
    fprintf(out, "%u,", i + 1);
    csv_text(out, p->kernel);
    fprintf(out, ",%.0f,", p->cycles);
    csv_number(out, p->macs_a_cycle);
    fputc(',', out);
    csv_number(out, p->s_intensity);
    fputc(',', out);
    csv_number(out, p->ddr_intensity);
    fprintf(out, ",%.0f,", p->lanes);
    csv_number(out, p->reached);
    fprintf(out, ",%s\n", p->limited_by);
  }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

static void put_table(struct book *b, const struct roofline *r)
{
  fputs("<div class=\"scroll\" tabindex=\"0\"><table><caption>The kernels by their numbers in the "
        "rooflines, those "
        "with most cycles on the critical path first</caption>\n<thead><tr>"
        "<th scope=\"col\">No.</th><th scope=\"col\" class=\"left\">kernel</th>"
        "<th scope=\"col\">wall cycles</th><th scope=\"col\">share</th>"
        "<th scope=\"col\">MAC/cycle</th><th scope=\"col\">MAC/byte, S ports</th>"
        "<th scope=\"col\">MAC/byte, DDR</th><th scope=\"col\">of its bound</th>"
        "<th scope=\"col\" class=\"left\">limited by</th></tr></thead>\n<tbody>\n",
        b->page);
  for (unsigned i = 0; i < r->points; i++) {
    const struct point *p = &r->point[i];
    struct cells c = {.used = 0};
    fprintf(b->page, "<tr><td>%u</td><td class=\"left\">", i + 1);
    html_text(b->page, p->kernel);
    fprintf(b->page, "</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>",
            cell_count(&c, (uint64_t)p->cycles), cell_percent(&c, p->share),
            cell_fixed(&c, p->macs_a_cycle, 2), cell_fixed(&c, p->s_intensity, 4),
            cell_fixed(&c, p->ddr_intensity, 2), cell_percent(&c, p->reached));
    fputs("<td class=\"left\">", b->page);
    html_text(b->page, p->limited_by);
    fputs("</td></tr>\n", b->page);
  }
  fputs(
      "</tbody></table></div>\n<p class=\"note\">Bytes through the S ports: 64 for each access, "
      "which holds its port for a cycle however few bytes it moves. A kernel without a figure for "
      "DDR found everything in the caches. Kernels without multiply-accumulates have no place in "
      "a roofline; the stacks above show them.</p>\n",
      b->page);
}

static void put_figure(struct book *b, struct roofline *r, bool ddr, const char *csv)
{
  char alt[512];
  r->ddr = ddr;
  if (b->status || !make_range(r))
    return;
  snprintf(alt, sizeof alt,
           "Roofline of %u kernels. Most cycles go to %.60s with %.1f multiply-accumulates a cycle "
           "at %.3f for each byte. The table below has all.",
           r->points, r->point[0].kernel, r->point[0].macs_a_cycle, intensity(r, &r->point[0]));
  const struct figure f = {
      .name = ddr ? "roofline-ddr" : "roofline-s",
      .title = ddr ? "Roofline at DDR" : "Roofline at the S ports",
      .caption = ddr ? "Multiply-accumulates a cycle of the whole machine against those for each "
                       "byte that DDR passed. Kernels that needed no DDR are left out. Both axes "
                       "are logarithmic; numbers are those of the table."
                     : "Multiply-accumulates a cycle of the whole machine against those for each "
                       "byte that the S ports moved. A kernel at the slope or at its roof cannot "
                       "get faster without less work. Both axes are logarithmic; numbers are those "
                       "of the table.",
      .alt = alt,
      .command = json_command(&b->in.profile),
      .wide = 380,
      .narrow = 300,
      .legend = r->roofs + 2,
      .columns = 1,
      .narrow_columns = 1,
      .draw = draw_roofline,
      .data = r,
      .csv = csv,
  };
  book_figure(b, &f);
}

void section_roofline(struct book *b)
{
  struct roofline r = {.points = 0};
  char text[256];
  book_heading(b, "roofline", "What bounds the kernels");
  if (!b->in.profile.json) {
    book_missing(b, "No profile was given, which places each kernel in a roofline.",
                 "vtpu run ... --profile-json P.json; vtpu report ... --profile P.json");
    return;
  }
  make_points(&r, b->in.profile.json);
  if (!r.points) {
    book_paragraph(b, "No kernel of the profile multiplies and accumulates.");
    return;
  }
  snprintf(text, sizeof text, "From the part “%.40s” of the profile, that with most cycles.",
           r.part);
  book_paragraph(b, text);
  char *csv = csv_of(&r);
  if (!csv && !b->status)
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  put_figure(b, &r, false, csv);
  put_figure(b, &r, true, csv);
  put_table(b, &r);
  free(csv);
}
