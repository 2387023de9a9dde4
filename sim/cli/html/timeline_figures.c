/* Over time: what the windows of --timeline counted. */
#include "sim/cli/html/book.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct windows {
  json_t *timeline;
  size_t count;
  double first, length, end; /* cycles */
  double unit;               /* cycles that 1 on the axis stands for */
  const char *unit_text;
  double lowest; /* PTC hit rate, in % */
  bool joined;   /* the last window is drawn with the one before it */
};

static double begin_of(const struct windows *w, size_t i)
{
  return w->first + (double)i * w->length;
}

static double end_of(const struct windows *w, size_t i)
{
  double end = begin_of(w, i) + w->length;
  return end < w->end ? end : w->end;
}

/* What is drawn for a window. The last may be a few cycles long, and rates of so few say nothing:
 * it is drawn as one with the window before it. */
static double drawn(const struct windows *w, const char *series, size_t i)
{
  double count = json_element(w->timeline, series, i);
  if (w->joined && i + 1 == w->count)
    count += json_element(w->timeline, series, i - 1);
  if (w->joined && i + 2 == w->count)
    count += json_element(w->timeline, series, i + 1);
  return count;
}

static double per_cycle(const struct windows *w, const char *series, size_t i)
{
  bool last = w->joined && i + 2 >= w->count;
  double begin = begin_of(w, last ? w->count - 2 : i), end = end_of(w, last ? w->count - 1 : i);
  return drawn(w, series, i) / (end - begin);
}

static double hit_rate(const struct windows *w, size_t i)
{
  double hits = drawn(w, "ptc.hits", i), all = hits + drawn(w, "ptc.misses", i);
  return all > 0 ? 100 * hits / all : NAN;
}

static bool open_windows(struct windows *w, json_t *run)
{
  *w = (struct windows){.timeline = json_object_get(run, "timeline"), .lowest = 100};
  if (!w->timeline)
    return false;
  w->count = json_array_size(json_object_get(w->timeline, "siws"));
  w->first = report_figure(w->timeline, "first_cycle");
  w->length = report_figure(w->timeline, "window_cycles");
  w->end = report_figure(run, "cycles");
  w->unit = w->end >= 2e6 ? 1e6 : w->end >= 2e3 ? 1e3 : 1;
  w->unit_text = w->end >= 2e6 ? "million cycles" : w->end >= 2e3 ? "thousand cycles" : "cycles";
  w->joined = w->count > 1 && w->end - begin_of(w, w->count - 1) < w->length / 2;
  for (size_t i = 0; i < w->count; i++) {
    double rate = hit_rate(w, i);
    w->lowest = rate < w->lowest ? rate : w->lowest;
  }
  return w->count > 0 && end_of(w, w->count - 1) > begin_of(w, w->count - 1);
}

/* --- drawing --------------------------------------------------------------------------------- */

/* The x axis; a point for each window's begin, and the last once more at the end, as steps need
 * it. */
typedef void point_fn(FILE *out, const struct windows *w, size_t i);

static void put_points(FILE *out, const struct windows *w, const struct view *v, point_fn *point)
{
  fputs("$line << EOD\n", out);
  for (size_t i = 0; i <= w->count; i++) {
    size_t from = i < w->count ? i : w->count - 1;
    fprintf(out, "%.9g ", (i < w->count ? begin_of(w, i) : w->end) / w->unit);
    point(out, w, from);
    fputc('\n', out);
  }
  fprintf(out, "EOD\nset xrange [%.9g:%.9g]\nset xlabel '%s'\n", w->first / w->unit,
          w->end / w->unit, w->unit_text);
  figure_ticks(out, v, (w->end - w->first) / w->unit);
}

static void ops_point(FILE *out, const struct windows *w, size_t i)
{
  double d = per_cycle(w, "pipe_ops.d", i), s = per_cycle(w, "pipe_ops.s", i),
         c = per_cycle(w, "pipe_ops.c", i);
  fprintf(out, "%.9g %.9g %.9g", d, d + s, d + s + c);
}

static void draw_ops(FILE *out, const struct view *v, const void *data)
{
  put_points(out, data, v, ops_point);
  /* The sums from behind to the front, so that each pipe is seen above the ones before it. */
  fprintf(out,
          "set ylabel 'operations / cycle'\nset yrange [0:*]\n"
          "plot $line using 1:4 with fillsteps fc " RGB " title 'C-pipe', "
          "$line using 1:3 with fillsteps fc " RGB " title 'S-pipe', "
          "$line using 1:2 with fillsteps fc " RGB " title 'D-pipe'\n",
          light(COLOUR_SERIES + 2), light(COLOUR_SERIES + 1), light(COLOUR_SERIES));
}

static void rate_point(FILE *out, const struct windows *w, size_t i)
{
  double rate = hit_rate(w, i);
  if (isnan(rate))
    fputs("NaN", out);
  else
    fprintf(out, "%.9g", rate);
}

static void draw_rate(FILE *out, const struct view *v, const void *data)
{
  const struct windows *w = data;
  put_points(out, w, v, rate_point);
  fprintf(out, "set ylabel 'PTC hit rate, %%'\nset yrange [%s:100]\n",
          w->lowest < 95     ? "0"
          : w->lowest < 99.5 ? "94"
                             : "99");
  if (w->lowest < 99.5)
    fprintf(out,
            "set arrow from graph 0, first 95 to graph 1, first 95 nohead dt 2 lw 1.5 lc " RGB
            "\nset label 'target 95 %%' at graph 0.01, first 95 offset 0,0.6 tc " RGB "\n",
            light(COLOUR_TARGET), light(COLOUR_TARGET));
  fprintf(out, "plot $line using 1:2 with steps lw 1.6 lc " RGB "\n", light(COLOUR_SERIES));
}

static void hits_point(FILE *out, const struct windows *w, size_t i)
{
  double misses = per_cycle(w, "ptc.misses", i);
  fprintf(out, "%.9g %.9g", misses, misses + per_cycle(w, "ptc.hits", i));
}

static void draw_hits(FILE *out, const struct view *v, const void *data)
{
  put_points(out, data, v, hits_point);
  fprintf(out,
          "set ylabel 'translations / cycle'\nset yrange [0:*]\n"
          "plot $line using 1:3 with fillsteps fc " RGB " title 'hits', "
          "$line using 1:2 with fillsteps fc " RGB " title 'misses'\n",
          light(COLOUR_SERIES), light(COLOUR_TARGET));
}

static void bytes_point(FILE *out, const struct windows *w, size_t i)
{
  fprintf(out, "%.9g %.9g %.9g %.9g", per_cycle(w, "tier_bytes.l1", i),
          per_cycle(w, "tier_bytes.l2", i), per_cycle(w, "tier_bytes.l3", i),
          per_cycle(w, "tier_bytes.ddr", i));
}

static void draw_bytes(FILE *out, const struct view *v, const void *data)
{
  static const char *const names[] = {"L1", "L2", "L3", "DDR"};
  static const int colours[] = {COLOUR_SERIES + 2, COLOUR_SERIES, COLOUR_SERIES + 1, COLOUR_TARGET};
  put_points(out, data, v, bytes_point);
  fputs("set ylabel 'bytes / cycle'\nset yrange [0:*]\nplot ", out);
  for (int tier = 0; tier < TIER_COUNT; tier++)
    fprintf(out, "%s$line using 1:%d with steps lw 1.6 lc " RGB " title '%s'", tier ? ", " : "",
            tier + 2, light(colours[tier]), names[tier]);
  fputc('\n', out);
}

/* --- the section ----------------------------------------------------------------------------- */

static char *csv_of(const struct windows *w)
{
  static const char *const series[] = {
      "siws",       "pipe_ops.d",    "pipe_ops.s",    "pipe_ops.c",    "ptc.hits",
      "ptc.misses", "tier_bytes.l1", "tier_bytes.l2", "tier_bytes.l3", "tier_bytes.ddr"};
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fputs("first_cycle,end_cycle", out);
  for (size_t k = 0; k < sizeof series / sizeof *series; k++)
    fprintf(out, ",%s", series[k]);
  fputc('\n', out);
  for (size_t i = 0; i < w->count; i++) {
    fprintf(out, "%.0f,%.0f", begin_of(w, i), end_of(w, i));
    for (size_t k = 0; k < sizeof series / sizeof *series; k++)
      fprintf(out, ",%.0f", json_element(w->timeline, series[k], i));
    fputc('\n', out);
  }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

/* Least, most and mean operations a cycle of the windows. */
static void ops_range(const struct windows *w, double *least, double *most, double *mean)
{
  double ops = 0;
  *least = INFINITY;
  *most = 0;
  for (size_t i = 0; i < w->count; i++) {
    double now = per_cycle(w, "pipe_ops.d", i) + per_cycle(w, "pipe_ops.s", i) +
                 per_cycle(w, "pipe_ops.c", i);
    ops += now * (end_of(w, i) - begin_of(w, i));
    *least = fmin(*least, now);
    *most = fmax(*most, now);
  }
  *mean = ops / (w->end - w->first);
}

void section_timeline(struct book *b)
{
  struct windows w;
  char alt[3][320], windows[128];
  double least, most, mean;
  book_heading(b, "time", "Over time");
  if (!open_windows(&w, b->in.run[0].json)) {
    book_missing(b, "The run's JSON has no time line.", "vtpu run ... --timeline 256 --json FILE");
    return;
  }
  ops_range(&w, &least, &most, &mean);
  char *csv = csv_of(&w);
  snprintf(windows, sizeof windows,
           "The run from its first cycle to its last, in %zu windows of %.0f cycles.", w.count,
           w.length);
  book_paragraph(b, windows);
  snprintf(alt[0], sizeof alt[0],
           "Operations a cycle over time, by pipe, of the whole machine: from %.2f to %.2f, on "
           "average %.2f.",
           least, most, mean);
  snprintf(alt[1], sizeof alt[1],
           "PTC hit rate over time: at least %.3f %% in every window; the target is 95 %%.",
           w.lowest);
  snprintf(alt[2], sizeof alt[2], "Over time, in %zu windows of %.0f cycles.", w.count, w.length);
  if (!csv) {
    b->status = b->status ? b->status : vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
    return;
  }
  struct figure f = {
      .command = json_command(&b->in.run[0]),
      .wide = 280,
      .narrow = 230,
      .narrow_columns = 2,
      .data = &w,
      .csv = csv,
  };
  f.name = "time-ops";
  f.title = "Operations per cycle over time";
  f.caption = "Operations other than NOP of the whole machine, by pipe, one on top of the other.";
  f.alt = alt[0];
  f.draw = draw_ops;
  f.legend = f.columns = 3;
  book_figure(b, &f);
  f.name = "time-ptc-rate";
  f.title = "PTC hit rate over time";
  f.caption = "Hits of all translations in each window. The axis does not begin at 0.";
  if (w.lowest < 95)
    f.caption = "Hits of all translations in each window.";
  f.alt = alt[1];
  f.draw = draw_rate;
  f.legend = 0;
  book_figure(b, &f);
  f.name = "time-ptc-hits";
  f.title = "PTC hits and misses over time";
  f.caption = "Translations a cycle of the whole machine: misses at the foot, hits above them.";
  f.alt = alt[2];
  f.draw = draw_hits;
  f.legend = f.columns = 2;
  book_figure(b, &f);
  f.name = "time-memory";
  f.title = "Memory traffic over time";
  f.caption = "Bytes a cycle that each tier passed, in both directions, of the whole machine.";
  f.draw = draw_bytes;
  f.legend = f.columns = 4;
  book_figure(b, &f);
  free(csv);
}
