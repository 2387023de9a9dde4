/* Cycle stacks: bars that lie, one a layer, kernel or sentron, cut by cause. */
#include "sim/cli/html/book.h"
#include "sim/cli/html/gnuplot.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 64 }; /* in a figure; the CSV has all */
enum { CAUSES = STALL_COUNT + 1, CAUSE_OTHER = STALL_COUNT };

/* Causes that are less than this share of every bar are put together as "other". */
static const double shown_least = 0.01;

struct row {
  char label[64];
  double cycles[STALL_COUNT], sum;
};

struct stacks {
  struct row *row;
  size_t rows;
  bool shown[STALL_COUNT], other;
  double most; /* cycles of the longest bar that is drawn */
  double unit; /* cycles that 1 on the axis stands for */
  const char *unit_text;
};

static const char *cause_name(int cause)
{
  return cause == CAUSE_OTHER ? "other" : stall_keys[cause];
}

static int cause_colour(int cause)
{
  return cause == CAUSE_OTHER ? COLOUR_OTHER : COLOUR_CAUSE + cause;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void layer_label(json_t *entry, char *out, size_t room)
{
  json_t *layer = json_object_get(entry, "layer");
  if (json_is_integer(layer))
    snprintf(out, room, "layer %lld", (long long)json_integer_value(layer));
  else
    snprintf(out, room, "outside of layers");
}

static void kernel_label(json_t *entry, char *out, size_t room)
{
  snprintf(out, room, "%s", json_word(entry, "kernel", "?"));
}

static void sentron_label(json_t *entry, char *out, size_t room)
{
  double node = report_figure(entry, "node"), core = report_figure(entry, "core");
  const char *name = json_word(entry, "name", "");
  if (node > 0)
    snprintf(out, room, "%.30s (node %.0f, core %.0f)", name, node, core);
  else
    snprintf(out, room, "%.30s (core %.0f)", name, core);
}

typedef void label_fn(json_t *entry, char *out, size_t room);

static void make_rows(struct stacks *s, json_t *list, label_fn *label)
{
  double most = 0;
  s->rows = json_array_size(list);
  s->row = calloc(s->rows + 1, sizeof *s->row);
  for (size_t i = 0; s->row && i < s->rows; i++) {
    json_t *entry = json_array_get(list, i), *stack = json_object_get(entry, "stack");
    struct row *row = &s->row[i];
    label(entry, row->label, sizeof row->label);
    for (int cause = 0; cause < STALL_COUNT; cause++) {
      row->cycles[cause] = json_number_value(json_object_get(stack, stall_keys[cause]));
      row->sum += row->cycles[cause];
    }
    most = row->sum > most ? row->sum : most;
  }
  s->most = most;
  for (size_t i = 0; s->row && i < s->rows; i++)
    for (int cause = 0; cause < STALL_COUNT; cause++) {
      double share = most > 0 ? s->row[i].cycles[cause] / most : 0;
      s->shown[cause] = s->shown[cause] || share >= shown_least;
    }
  for (size_t i = 0; s->row && i < s->rows; i++)
    for (int cause = 0; cause < STALL_COUNT; cause++)
      s->other = s->other || (!s->shown[cause] && s->row[i].cycles[cause] > 0);
  s->unit = most >= 2e6 ? 1e6 : most >= 2e3 ? 1e3 : 1;
  s->unit_text = most >= 2e6 ? "million cycles" : most >= 2e3 ? "thousand cycles" : "cycles";
}

static double cycles_of(const struct stacks *s, const struct row *row, int cause)
{
  double sum = 0;
  if (cause != CAUSE_OTHER)
    return row->cycles[cause];
  for (int i = 0; i < STALL_COUNT; i++)
    sum += s->shown[i] ? 0 : row->cycles[i];
  return sum;
}

static bool is_shown(const struct stacks *s, int cause)
{
  return cause == CAUSE_OTHER ? s->other : s->shown[cause];
}

/* --- figure ---------------------------------------------------------------------------------- */

static size_t drawn_rows(const struct stacks *s)
{
  return s->rows < ROWS_MAX ? s->rows : ROWS_MAX;
}

static unsigned legend_entries(const struct stacks *s)
{
  unsigned n = 0;
  for (int cause = 0; cause < CAUSES; cause++)
    n += is_shown(s, cause);
  return n;
}

static void draw_stacks(FILE *out, const struct view *v, const void *data)
{
  const struct stacks *s = data;
  fputs("$bars << EOD\n", out);
  for (size_t i = 0; i < drawn_rows(s); i++) {
    double at = 0;
    for (int cause = 0; cause < CAUSES; cause++) {
      double cycles = is_shown(s, cause) ? cycles_of(s, &s->row[i], cause) / s->unit : 0;
      fprintf(out, "%.9g %.9g ", at, at + cycles);
      at += cycles;
    }
    fputc('\n', out);
  }
  fputs("EOD\n", out);
  figure_ticks(out, v, s->most / s->unit);
  fputs("set ytics (", out);
  for (size_t i = 0; i < drawn_rows(s); i++) {
    fputs(i ? ", " : "", out);
    gnuplot_quoted(out, s->row[i].label, v->narrow ? 18 : 30);
    fprintf(out, " %zu", i);
  }
  fprintf(out,
          ") scale 0\nunset grid\nset grid x lt 1 lw 0.7 lc " RGB "\nset border 1\n"
          "set yrange [%zu.5:-0.6]\nset xrange [0:*]\nset xlabel '%s'\n"
          "set rmargin 4\nplot ",
          light(COLOUR_GRID), drawn_rows(s) - 1, s->unit_text);
  bool first = true;
  for (int cause = 0; cause < CAUSES; cause++) {
    if (!is_shown(s, cause))
      continue;
    int column = 2 * cause + 1;
    fprintf(out,
            "%s$bars using %d:0:%d:%d:($0-0.4):($0+0.4) with boxxyerror fc " RGB " lw 0.6 "
            "title '%s'",
            first ? "" : ", ", column, column, column + 1, light(cause_colour(cause)),
            cause_name(cause));
    first = false;
  }
  fputc('\n', out);
}

static char *csv_of(const struct stacks *s, const char *what)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fprintf(out, "%s,cycles", what);
  for (int cause = 0; cause < STALL_COUNT; cause++)
    fprintf(out, ",%s", stall_keys[cause]);
  fputc('\n', out);
  for (size_t i = 0; i < s->rows; i++) {
    csv_text(out, s->row[i].label);
    fprintf(out, ",%.0f", s->row[i].sum);
    for (int cause = 0; cause < STALL_COUNT; cause++)
      fprintf(out, ",%.0f", s->row[i].cycles[cause]);
    fputc('\n', out);
  }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

/* --- table ----------------------------------------------------------------------------------- */

static void put_table(struct book *b, const struct stacks *s, const char *what)
{
  fprintf(b->page,
          "<details><summary>The same as numbers</summary>\n<div class=\"scroll\" "
          "tabindex=\"0\"><table>"
          "<caption>Share of the cycles of each %s, by cause</caption>\n<thead><tr>"
          "<th scope=\"col\">%s</th><th scope=\"col\">cycles</th>",
          what, what);
  for (int cause = 0; cause < CAUSES; cause++)
    if (is_shown(s, cause))
      fprintf(b->page, "<th scope=\"col\">%s</th>", cause_name(cause));
  fputs("</tr></thead>\n<tbody>\n", b->page);
  for (size_t i = 0; i < s->rows; i++) {
    struct cells c = {.used = 0};
    const struct row *row = &s->row[i];
    fputs("<tr>", b->page);
    html_element(b->page, "td", row->label);
    fprintf(b->page, "<td>%s</td>", cell_count(&c, (uint64_t)row->sum));
    for (int cause = 0; cause < CAUSES; cause++)
      if (is_shown(s, cause))
        fprintf(b->page, "<td>%s</td>",
                cell_percent(&c, row->sum > 0 ? cycles_of(s, row, cause) / row->sum : 0));
    fputs("</tr>\n", b->page);
  }
  fputs("</tbody></table></div></details>\n", b->page);
}

/* What the largest causes of all rows together are, for those who do not see the figure. */
static void describe(const struct stacks *s, const char *what, char *out, size_t room)
{
  double sum[STALL_COUNT] = {0}, all = 0;
  for (size_t i = 0; i < s->rows; i++)
    for (int cause = 0; cause < STALL_COUNT; cause++) {
      sum[cause] += s->row[i].cycles[cause];
      all += s->row[i].cycles[cause];
    }
  int used =
      snprintf(out, room, "Stacked bars of cycles by cause, one for each %s. Of all cycles", what);
  for (int k = 0; k < 3; k++) {
    int most = 0;
    for (int cause = 1; cause < STALL_COUNT; cause++)
      most = sum[cause] > sum[most] ? cause : most;
    if (sum[most] <= 0 || all <= 0)
      break;
    used += snprintf(out + used, room - (size_t)used, "%s %s %.1f %%", k ? "," : "",
                     stall_keys[most], 100 * sum[most] / all);
    sum[most] = 0;
  }
  snprintf(out + used, room - (size_t)used, ". The table below has the numbers.");
}

static void put_stacks(struct book *b, const char *name, const char *title, const char *caption,
                       const char *list, const char *what, label_fn *label)
{
  struct stacks s = {.row = NULL};
  char alt[512], cut[128] = "";
  if (b->status)
    return;
  make_rows(&s, json_object_get(b->in.run[0].json, list), label);
  char *csv = s.row ? csv_of(&s, what) : NULL, *whole = NULL;
  if (s.rows > ROWS_MAX)
    snprintf(cut, sizeof cut, " The first %d of %zu are drawn; the table has all.", ROWS_MAX,
             s.rows);
  if (!csv || asprintf(&whole, "%s%s", caption, cut) < 0) {
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  } else if (s.rows == 0 || legend_entries(&s) == 0) {
    fprintf(b->page, "<p class=\"note\">The run has no %s to show.</p>\n", what);
  } else {
    describe(&s, what, alt, sizeof alt);
    const struct figure f = {
        .name = name,
        .title = title,
        .caption = whole,
        .alt = alt,
        .command = json_command(&b->in.run[0]),
        .wide = 70 + 24 * (unsigned)drawn_rows(&s),
        .narrow = 65 + 20 * (unsigned)drawn_rows(&s),
        .legend = legend_entries(&s),
        .columns = 5,
        .narrow_columns = 2,
        .draw = draw_stacks,
        .data = &s,
        .csv = csv,
    };
    book_figure(b, &f);
    put_table(b, &s, what);
  }
  free(whole);
  free(csv);
  free(s.row);
}

/* --- the run's own stack --------------------------------------------------------------------- */

static void put_causes(struct book *b)
{
  json_t *stack = json_object_get(b->in.run[0].json, "stack");
  double all = json_sum(stack);
  fputs("<details><summary>What the causes are, and their cycles in the whole run</summary>\n"
        "<div class=\"scroll\" tabindex=\"0\"><table><caption>Cycles of all contexts, by "
        "cause</caption>\n"
        "<thead><tr><th scope=\"col\">cause</th><th scope=\"col\">cycles</th>"
        "<th scope=\"col\">share</th><th scope=\"col\" class=\"left\">meaning</th></tr></thead>\n"
        "<tbody>\n",
        b->page);
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    struct cells c = {.used = 0};
    double cycles = json_number_value(json_object_get(stack, stall_keys[cause]));
    if (cycles <= 0)
      continue;
    fprintf(b->page, "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"left wrap\">",
            stall_keys[cause], cell_count(&c, (uint64_t)cycles),
            cell_percent(&c, all > 0 ? cycles / all : 0));
    html_text(b->page, stall_docs[cause]);
    fputs("</td></tr>\n", b->page);
  }
  fputs("</tbody></table></div></details>\n", b->page);
}

void section_stacks(struct book *b)
{
  book_heading(b, "stacks", "Where the cycles went");
  book_paragraph(b, "Every cycle of every sentron has exactly one cause: an SIW issued, or the "
                    "first thing that kept the next one from issuing. Bars of layers and kernels "
                    "add up the cycles of all sentrons.");
  put_stacks(b, "stack-layers", "Cycle stack by layer",
             "Cycles of all sentrons in each layer of the model, by cause. What is outside of "
             "layers is the embedding, the output matrix and the program's own control.",
             "layers", "layer", layer_label);
  put_stacks(b, "stack-kernels", "Cycle stack by kernel",
             "Cycles of all sentrons in each kernel of the program, by cause.", "kernels", "kernel",
             kernel_label);
  put_stacks(b, "stack-sentrons", "Cycle stack by sentron",
             "Cycles of each sentron, from its first issue to its last completion, by cause. Two "
             "sentrons of one core share its ports.",
             "sentrons", "sentron", sentron_label);
  put_causes(b);
}
