/* Several runs side by side: what more sentrons gain, and two contexts a core against one. */
#include "sim/cli/html/book.h"
#include "sim/cli/html/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct run_point {
  char label[64];
  unsigned sentrons, cores;
  double cycles, work, speed, ops, hit_rate;
  double share[STALL_COUNT];
  const struct input *input;
};

struct scaling {
  unsigned others; /* runs of other work than most of them, left out */
  struct run_point run[INPUT_FILES_MAX];
  unsigned runs;
  bool positions; /* work is positions through the model; else whole runs */
  double base_sentrons, base_speed;
};

/* Sentrons that issued anything, and the cores they were on. */
static void count_sentrons(json_t *run, struct run_point *p)
{
  json_t *list = json_object_get(run, "sentrons");
  bool used[1024] = {false};
  for (size_t i = 0; i < json_array_size(list); i++) {
    json_t *s = json_array_get(list, i);
    double core = report_figure(s, "node") * report_figure(run, "machine.parameters.cores") +
                  report_figure(s, "core");
    if (!(report_figure(s, "siws") > 0))
      continue;
    p->sentrons++;
    if (core >= 0 && core < 1024 && !used[(int)core]) {
      used[(int)core] = true;
      p->cores++;
    }
  }
}

static int fewer_first(const void *a, const void *b)
{
  const struct run_point *x = a, *y = b;
  if (x->sentrons != y->sentrons)
    return x->sentrons < y->sentrons ? -1 : 1;
  if (x->cores != y->cores)
    return x->cores < y->cores ? -1 : 1;
  return x->input < y->input ? -1 : 1;
}

/* Have two runs done the same work? The text of a model, with the same numbers and as many
 * positions; of programs, which are made anew for each number of sentrons, the multiply-accumulates
 * decide, or the path where there are none. */
static bool same_work(json_t *a, json_t *b)
{
  static const char *const model[] = {"command", "program.path", "types", "positions"};
  static const char *const program[] = {"command", "macs"};
  bool infer = strcmp(json_word(a, "command", ""), "infer") == 0;
  for (size_t i = 0; i < (infer ? 4 : 2); i++) {
    const char *path = infer ? model[i] : program[i];
    json_t *x = report_member(a, path), *y = report_member(b, path);
    if (!x || !y || !json_equal(x, y))
      return false;
  }
  return infer || report_figure(a, "macs") > 0 ||
         strcmp(json_word(a, "program.path", ""), json_word(b, "program.path", "")) == 0;
}

/* The run whose work most runs have done; of several the first. */
static json_t *most_common(const struct inputs *in)
{
  unsigned best = 0, most = 0;
  for (unsigned i = 0; i < in->runs; i++) {
    unsigned same = 0;
    for (unsigned k = 0; k < in->runs; k++)
      same += same_work(in->run[i].json, in->run[k].json);
    if (same > most) {
      most = same;
      best = i;
    }
  }
  return in->run[best].json;
}

static void make_runs(struct scaling *s, const struct inputs *in)
{
  json_t *like = most_common(in);
  s->positions = report_figure(like, "positions") > 0;
  for (unsigned i = 0; i < in->runs; i++) {
    json_t *run = in->run[i].json, *stack = json_object_get(run, "stack");
    struct run_point *p = &s->run[s->runs];
    *p = (struct run_point){
        .cycles = report_figure(run, "cycles"),
        .work = s->positions ? report_figure(run, "positions") : 1,
        .ops = report_figure(run, "ops_per_cycle"),
        .hit_rate = report_figure(run, "ptc.hit_rate"),
        .input = &in->run[i],
    };
    double all = json_sum(stack) - json_number_value(json_object_get(stack, "idle"));
    for (int cause = 0; cause < STALL_COUNT; cause++)
      p->share[cause] = json_number_value(json_object_get(stack, stall_keys[cause])) / all;
    count_sentrons(run, p);
    if (!same_work(like, run) || !p->sentrons || !(p->cycles > 0)) {
      s->others++;
      continue;
    }
    p->speed = p->work / p->cycles;
    snprintf(p->label, sizeof p->label, "%u on %u core%s%s", p->sentrons, p->cores,
             p->cores == 1 ? "" : "s", p->sentrons > p->cores ? ", SMT" : "");
    s->runs++;
  }
  qsort(s->run, s->runs, sizeof *s->run, fewer_first);
  s->base_sentrons = s->runs ? s->run[0].sentrons : 1;
  s->base_speed = s->runs ? s->run[0].speed : 1;
}

static double gain(const struct scaling *s, unsigned i)
{
  return s->run[i].speed / s->base_speed;
}

/* --- drawing --------------------------------------------------------------------------------- */

static void draw_gain(FILE *out, const struct view *v, const void *data)
{
  (void)v; /* the same in both */
  const struct scaling *s = data;
  double most = s->run[s->runs - 1].sentrons, least = s->run[0].sentrons, top = 1;
  for (int smt = 0; smt < 2; smt++) {
    fprintf(out, "$gain%d << EOD\n", smt);
    for (unsigned i = 0; i < s->runs; i++) {
      top = fmax(top, gain(s, i));
      if ((s->run[i].sentrons > s->run[i].cores) == smt)
        fprintf(out, "%u %.9g\n", s->run[i].sentrons, gain(s, i));
    }
    fputs("1e9 1e9\nEOD\n", out); /* outside: a block must not be empty */
  }
  fprintf(out,
          "set logscale xy 2\nset xlabel 'sentrons'\nset ylabel 'gain over the run with %.0f'\n"
          "set xrange [%g:%g]\nset yrange [%g:%g]\n"
          "set xtics %g,2\nset ytics 0.125,2\n"
          "plot x / %g with lines dt 2 lw 1.4 lc " RGB " title 'in proportion', "
          "$gain0 using 1:2 with points pt 7 ps 1.1 lc " RGB " title 'a sentron a core', "
          "$gain1 using 1:2 with points pt 9 ps 1.3 lc " RGB " title 'SMT: two on a core'\n",
          s->base_sentrons, least / 1.2, most * 1.2, 0.8 * fmin(1, gain(s, s->runs - 1)),
          fmax(top, most / s->base_sentrons) * 1.2, least, s->base_sentrons, light(COLOUR_MUTED),
          light(COLOUR_SERIES), light(COLOUR_SERIES + 1));
}

/* How many causes are at least a hundredth of some run, and which; shown may be NULL. */
static unsigned shown_causes(const struct scaling *s, bool *shown)
{
  unsigned count = 0;
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    bool any = false;
    for (unsigned i = 0; i < s->runs; i++)
      any = any || (cause != STALL_IDLE && s->run[i].share[cause] >= 0.01);
    count += any;
    if (shown)
      shown[cause] = any;
  }
  return count;
}

static void draw_shares(FILE *out, const struct view *v, const void *data)
{
  const struct scaling *s = data;
  figure_ticks(out, v, 100);
  bool shown[STALL_COUNT], first = true;
  shown_causes(s, shown);
  fputs("$bars << EOD\n", out);
  for (unsigned i = 0; i < s->runs; i++) {
    double at = 0;
    for (int cause = 0; cause < STALL_COUNT; cause++) {
      double share = shown[cause] ? 100 * s->run[i].share[cause] : 0;
      fprintf(out, "%.9g %.9g ", at, at + share);
      at += share;
    }
    fputc('\n', out);
  }
  fputs("EOD\nset ytics (", out);
  for (unsigned i = 0; i < s->runs; i++) {
    fputs(i ? ", " : "", out);
    gnuplot_quoted(out, s->run[i].label, 30);
    fprintf(out, " %u", i);
  }
  fprintf(out,
          ") scale 0\nunset grid\nset grid x lt 1 lw 0.7 lc " RGB "\nset border 1\n"
          "set yrange [%u.5:-0.6]\nset xrange [0:100]\nset rmargin 4\n"
          "set xlabel '%% of the sentrons’ cycles'\n"
          "plot ",
          light(COLOUR_GRID), s->runs - 1);
  for (int cause = 0; cause < STALL_COUNT; cause++) {
    int column = 2 * cause + 1;
    if (!shown[cause])
      continue;
    fprintf(out,
            "%s$bars using %d:0:%d:%d:($0-0.4):($0+0.4) with boxxyerror fc " RGB
            " lw 0.6 title '%s'",
            first ? "" : ", ", column, column, column + 1, light(COLOUR_CAUSE + cause),
            stall_keys[cause]);
    first = false;
  }
  fputc('\n', out);
}

/* --- tables ---------------------------------------------------------------------------------- */

static char *csv_of(const struct scaling *s)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fprintf(out, "sentrons,cores,cycles,%s,gain,ops_per_cycle,ptc_hit_rate",
          s->positions ? "positions" : "runs");
  for (int cause = 0; cause < STALL_COUNT; cause++)
    if (cause != STALL_IDLE)
      fprintf(out, ",share_%s", stall_keys[cause]);
  fputs(",command\n", out);
  for (unsigned i = 0; i < s->runs; i++) {
    const struct run_point *p = &s->run[i];
    fprintf(out, "%u,%u,%.0f,%.0f,", p->sentrons, p->cores, p->cycles, p->work);
    csv_number(out, gain(s, i));
    fputc(',', out);
    csv_number(out, p->ops);
    fputc(',', out);
    csv_number(out, p->hit_rate);
    for (int cause = 0; cause < STALL_COUNT; cause++)
      if (cause != STALL_IDLE) {
        fputc(',', out);
        csv_number(out, p->share[cause]);
      }
    fputc(',', out);
    csv_text(out, json_command(p->input));
    fputc('\n', out);
  }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

static void put_table(struct book *b, const struct scaling *s)
{
  fprintf(b->page,
          "<div class=\"scroll\" tabindex=\"0\"><table><caption>The runs, fewest sentrons "
          "first</caption>\n"
          "<thead><tr><th scope=\"col\">sentrons</th><th scope=\"col\">cycles</th>%s"
          "<th scope=\"col\">gain</th><th scope=\"col\">ops/cycle</th>"
          "<th scope=\"col\">of a sentron</th><th scope=\"col\">PTC hit rate</th>"
          "</tr></thead>\n<tbody>\n",
          s->positions ? "<th scope=\"col\">positions</th>" : "");
  for (unsigned i = 0; i < s->runs; i++) {
    const struct run_point *p = &s->run[i];
    struct cells c = {.used = 0};
    fputs("<tr>", b->page);
    html_element(b->page, "td", p->label);
    fprintf(b->page, "<td>%s</td>", cell_count(&c, (uint64_t)p->cycles));
    if (s->positions)
      fprintf(b->page, "<td>%.0f</td>", p->work);
    fprintf(b->page, "<td>%s</td><td>%s</td><td>%s</td><td>%s %%</td></tr>\n",
            cell_fixed(&c, gain(s, i), 2), cell_fixed(&c, p->ops, 2),
            cell_fixed(&c, p->ops / p->sentrons, 2), cell_fixed(&c, 100 * p->hit_rate, 3));
  }
  fputs("</tbody></table></div>\n", b->page);
}

/* What SMT gains: twice the sentrons on as many cores. */
static void put_smt(struct book *b, const struct scaling *s)
{
  for (unsigned i = 0; i < s->runs; i++)
    for (unsigned k = 0; k < s->runs; k++) {
      const struct run_point *one = &s->run[i], *two = &s->run[k];
      if (one->cores != two->cores || one->sentrons != one->cores ||
          two->sentrons != 2 * one->sentrons)
        continue;
      fprintf(
          b->page,
          "<p>SMT: on %u core%s, two sentrons a core do %.2f times the work of one a core.</p>\n",
          one->cores, one->cores == 1 ? "" : "s", two->speed / one->speed);
    }
}

/* Those of the runs that are drawn. */
static const char *commands_of(struct book *b, const struct scaling *s)
{
  struct input drawn[INPUT_FILES_MAX];
  for (unsigned i = 0; i < s->runs; i++)
    drawn[i] = *s->run[i].input;
  return book_commands(b, drawn, s->runs);
}

void section_scaling(struct book *b)
{
  struct scaling *s = calloc(1, sizeof *s);
  book_heading(b, "scaling", "SMT and scaling");
  if (b->in.runs < 2) {
    book_missing(b,
                 "One run was given; several, each on another number of sentrons, are shown "
                 "side by side.",
                 "vtpu infer ... --sentrons 8 --json 8.json; vtpu report RUN.json 8.json ...");
    free(s);
    return;
  }
  if (!s && !b->status)
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
  if (b->status)
    return;
  make_runs(s, &b->in);
  char *csv = csv_of(s), alt[256];
  if (s->runs < 2 || !csv) {
    book_paragraph(b,
                   "No two of the runs did the same work: the same model, number types and number "
                   "of positions, or a program of as many multiply-accumulates.");
  } else {
    const struct run_point *last = &s->run[s->runs - 1];
    snprintf(alt, sizeof alt,
             "Gain over %.0f sentron(s), by number of sentrons: %u sentrons do %.2f times the work "
             "a cycle.",
             s->base_sentrons, last->sentrons, gain(s, s->runs - 1));
    struct figure f = {
        .name = "scaling-gain",
        .title = "What more sentrons gain",
        .caption = s->positions
                       ? "Positions through the model in a cycle, measured by the run with fewest "
                         "sentrons. Both axes are logarithmic."
                       : "Runs in a cycle, measured by the run with fewest sentrons. Both axes are "
                         "logarithmic.",
        .alt = alt,
        .command = commands_of(b, s),
        .wide = 340,
        .narrow = 280,
        .legend = 3,
        .columns = 3,
        .narrow_columns = 1,
        .draw = draw_gain,
        .data = s,
        .csv = csv,
    };
    book_figure(b, &f);
    f.name = "scaling-stack";
    f.title = "Where the cycles went, by run";
    f.caption =
        "Cycles of the sentrons in use, by cause; causes below 1 % everywhere are left out.";
    f.alt = "Stacked bars of the share of each cause, one a run, fewest sentrons first.";
    f.wide = 70 + 26 * s->runs;
    f.narrow = 65 + 24 * s->runs;
    f.legend = shown_causes(s, NULL);
    f.columns = 5;
    f.narrow_columns = 2;
    f.draw = draw_shares;
    book_figure(b, &f);
    put_smt(b, s);
    put_table(b, s);
    if (s->others)
      fprintf(
          b->page,
          "<p class=\"note\">Left out of this section: %u run%s that did other work than most of "
          "them.</p>\n",
          s->others, s->others == 1 ? "" : "s");
  }
  free(csv);
  free(s);
}
