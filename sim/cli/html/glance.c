/* The top of the page: what was run, and its three figures of merit beside the published readings
 * and the targets, with what each of them means. */
#include "sim/cli/html/book.h"

#include <math.h>
#include <string.h>

/* Published readings: the program microvtpu under the assumptions of its publication, which are
 * the preset r23w6 (architecture, section 8: 9 operations in 6 cycles, 6 PTC hits of 11). */
static const struct merit {
  const char *name, *unit;
  double seed, goal, goal_end, most;
  int decimals;
  double scale; /* figures are shown times this */
  const char *meaning;
} merits[] = {
    {"Operations per cycle and sentron", "", 1.5, 2.5, 3, 3, 2, 1,
     "Operations other than NOP, divided by the cycles of all sentrons; at most 3. Filling slots "
     "with work that nobody needs would raise it, so it means little without the D-pipe's share "
     "of its peak, below."},
    {"Utilisation of the three pipes", " %", .5, .8, 1, 1, 1, 100,
     "Operations divided by three times the SIWs: how full an SIW is when it issues. Cycles in "
     "which none issues are not in it; the cycle stack tells those."},
    {"PPT hit rate", " %", 6. / 11, .95, 1, 1, 2, 100,
     "Translations of phext coordinates that the PTC, the cache of the phext page table, answers: "
     "hits divided by hits and misses of demand and host accesses. An entry covers a page of 64 "
     "cells here; the seed reading had one entry a coordinate."},
};
enum { MERITS = sizeof merits / sizeof *merits };

static double sentron_cycles(json_t *run)
{
  json_t *list = json_object_get(run, "sentrons");
  double sum = 0;
  for (size_t i = 0; i < json_array_size(list); i++)
    sum += report_figure(json_array_get(list, i), "cycles");
  return sum;
}

static double merit_value(json_t *run, int which)
{
  double cycles = sentron_cycles(run);
  switch (which) {
  case 0: return cycles > 0 ? report_figure(run, "ops") / cycles : NAN;
  case 1: return report_figure(run, "utilisation");
  default: return report_figure(run, "ptc.hit_rate");
  }
}

static const char *verdict(const struct merit *m, double value)
{
  if (isnan(value))
    return "nothing to divide by";
  if (value >= m->goal)
    return "target reached";
  return value >= m->seed ? "above the seed reading, below the target" : "below the seed reading";
}

static void put_scale(FILE *out, const struct merit *m, double value)
{
  double full = isnan(value) ? 0 : value < m->most ? value / m->most : 1;
  fprintf(out,
          "<div class=\"scale\" aria-hidden=\"true\">"
          "<span class=\"value\" style=\"width:%.1f%%\"></span>"
          "<span class=\"goal\" style=\"left:%.1f%%;right:%.1f%%\"></span>"
          "<span class=\"seed\" style=\"left:%.1f%%\"></span></div>\n",
          100 * full, 100 * m->goal / m->most, 100 - 100 * m->goal_end / m->most,
          100 * m->seed / m->most);
}

static void put_tile(FILE *out, const struct merit *m, double value, const char *remark)
{
  fputs("<div class=\"tile\">\n", out);
  html_element(out, "h3", m->name);
  if (isnan(value))
    fputs("<p class=\"big\">–</p>\n", out);
  else
    fprintf(out, "<p class=\"big\">%.*f%s</p>\n", m->decimals, m->scale * value, m->unit);
  fputs("<p class=\"verdict\">", out);
  html_text(out, verdict(m, value));
  fputs("</p>\n", out);
  put_scale(out, m, value);
  int decimals = m->scale > 1 && m->seed == .5 ? 0 : 1;
  fprintf(out, "<p class=\"key\">seed reading <b>%.*f%s</b> · target <b>", decimals,
          m->scale * m->seed, m->unit);
  if (m->goal_end < m->most || m->scale == 1)
    fprintf(out, "%.1f to %.1f%s", m->scale * m->goal, m->scale * m->goal_end, m->unit);
  else
    fprintf(out, "%.0f%s", m->scale * m->goal, m->unit);
  fputs("</b></p>\n<p>", out);
  html_text(out, m->meaning);
  fputs("</p>\n<p>", out);
  html_text(out, remark);
  fputs("</p>\n</div>\n", out);
}

/* Only of a machine that states energies: the sum, and the three events that cost most. */
static void put_energy(FILE *out, json_t *run)
{
  const double all = report_figure(run, "energy.pj"), ops = report_figure(run, "ops");
  const char *key, *costly[3] = {NULL};
  json_t *by = report_member(run, "energy.by"), *value;
  struct cells c = {.used = 0};
  if (!(all > 0))
    return;
  for (int i = 0; i < 3; i++)
    json_object_foreach(by, key, value)
    {
      const bool taken = (i > 0 && key == costly[0]) || (i > 1 && key == costly[1]);
      if (!taken && (!costly[i] || json_number_value(value) > report_figure(by, costly[i])))
        costly[i] = key;
    }
  fprintf(
      out, "<dt>Energy</dt><dd>%s, %s an operation, of the events whose energy the machine states:",
      cell_scaled(&c, all * 1e-12, "J"), ops > 0 ? cell_scaled(&c, all * 1e-12 / ops, "J") : "–");
  for (int i = 0; i < 3 && costly[i]; i++)
    fprintf(out, "%s %s %s", i ? "," : "", costly[i],
            cell_percent(&c, report_figure(by, costly[i]) / all));
  fputs("</dd>\n", out);
}

static void put_beside(struct book *b, json_t *run)
{
  struct cells c = {.used = 0};
  double tokens = report_figure(run, "tokens_per_second_simulated");
  FILE *out = b->page;
  fprintf(out, "<dl>\n<dt>Cycles</dt><dd>%s, which is %s at %g GHz</dd>\n",
          cell_count(&c, (uint64_t)report_figure(run, "cycles")),
          cell_seconds(&c, report_figure(run, "seconds_simulated")),
          report_figure(run, "machine.parameters.clock"));
  fprintf(out,
          "<dt>D-pipe’s share of peak</dt><dd>%s: multiply-accumulate operations / "
          "(cycles × D ports)</dd>\n",
          cell_percent(&c, report_figure(run, "d_peak_share")));
  fprintf(out, "<dt>MAC/cycle</dt><dd>%s multiply-accumulates a cycle, all lanes</dd>\n",
          cell_fixed(&c, report_figure(run, "mac_per_cycle"), 2));
  put_energy(out, run);
  if (!isnan(tokens))
    fprintf(out, "<dt>Tokens/s, simulated</dt><dd>%s: %.0f positions went through the model</dd>\n",
            cell_rate(&c, tokens), report_figure(run, "positions"));
  fputs("</dl>\n", out);
}

void section_glance(struct book *b)
{
  json_t *run = b->in.run[0].json;
  struct cells c = {.used = 0};
  char remark[MERITS][256];
  snprintf(remark[0], sizeof remark[0], "The whole machine: %s operations a cycle on %zu sentrons.",
           cell_fixed(&c, report_figure(run, "ops_per_cycle"), 2),
           json_array_size(json_object_get(run, "sentrons")));
  snprintf(remark[1], sizeof remark[1], "%s operations in %s SIWs.",
           cell_count(&c, (uint64_t)report_figure(run, "ops")),
           cell_count(&c, (uint64_t)report_figure(run, "siws")));
  double hits = report_figure(run, "ptc.hits"), misses = report_figure(run, "ptc.misses");
  snprintf(remark[2], sizeof remark[2], "%s hits of %s translations.",
           cell_count(&c, (uint64_t)hits), cell_count(&c, (uint64_t)(hits + misses)));
  book_heading(b, "glance", "At a glance");
  if (json_is_false(json_object_get(run, "timed")))
    book_paragraph(b, "This run was made with --untimed: its cycles only count SIWs, and what is "
                      "derived from them means nothing.");
  fputs("<div class=\"tiles\">\n", b->page);
  for (int i = 0; i < MERITS; i++)
    put_tile(b->page, &merits[i], merit_value(run, i), remark[i]);
  fputs("</div>\n<p class=\"key\">Bars: this run. The line across: the seed reading, published for "
        "the "
        "program "
        "microvtpu under the assumptions of its publication (every latency one cycle, no caches: "
        "<code>vtpu run microvtpu.siw --machine r23w6</code>). Red: the target.</p>\n",
        b->page);
  put_beside(b, run);
}

/* --- what was run ---------------------------------------------------------------------------- */

static void put_row(FILE *out, const char *name, const char *value)
{
  html_element(out, "dt", name);
  html_element(out, "dd", value);
  fputc('\n', out);
}

static void put_machine(struct book *b, json_t *run)
{
  const char *name;
  json_t *value;
  fputs("<details>\n<summary>Every parameter of the machine</summary>\n<div class=\"scroll\" "
        "tabindex=\"0\"><table>"
        "<caption>Units and meanings: <code>vtpu machine</code></caption>\n"
        "<thead><tr><th scope=\"col\">parameter</th><th scope=\"col\">value</th></tr></thead>\n"
        "<tbody>\n",
        b->page);
  json_object_foreach(report_member(run, "machine.parameters"), name, value)
  {
    char text[40];
    snprintf(text, sizeof text, "%.15g", json_number_value(value));
    fputs("<tr>", b->page);
    html_element(b->page, "td", name);
    html_element(b->page, "td", json_is_string(value) ? json_string_value(value) : text);
    fputs("</tr>\n", b->page);
  }
  fputs("</tbody></table></div>\n</details>\n", b->page);
}

static void put_text(struct book *b, json_t *run)
{
  json_t *sequences = json_object_get(run, "sequences");
  const char *text = json_word(run, "text", NULL);
  if (!text)
    return;
  html_element(b->page, "h3", "What the model wrote");
  if (json_array_size(sequences) < 2)
    html_element(b->page, "blockquote", text);
  for (size_t i = 0; json_array_size(sequences) > 1 && i < json_array_size(sequences); i++)
    html_element(b->page, "blockquote", json_word(json_array_get(sequences, i), "text", ""));
}

void section_origin(struct book *b)
{
  json_t *run = b->in.run[0].json;
  char text[512];
  struct cells c = {.used = 0};
  FILE *out = b->page;
  book_heading(b, "origin", "What was run");
  fputs("<dl>\n<dt>Command</dt><dd>", out);
  html_element(out, "code", json_command(&b->in.run[0]));
  fputs("</dd>\n", out);
  put_row(out, "Program", json_word(run, "program.path", ""));
  snprintf(text, sizeof text, "%s SIWs, registers of %.0f bits, hash %.40s",
           cell_count(&c, (uint64_t)report_figure(run, "program.siws")),
           report_figure(run, "program.dlen"), json_word(run, "program.hash", "not recorded"));
  put_row(out, "Object", text);
  snprintf(text, sizeof text, "%.100s: %.0f node(s) of %.0f cores, %.0f context(s) a core, %g GHz",
           json_word(run, "machine.name", ""), report_figure(run, "machine.parameters.nodes"),
           report_figure(run, "machine.parameters.cores"),
           report_figure(run, "machine.parameters.contexts"),
           report_figure(run, "machine.parameters.clock"));
  put_row(out, "Machine", text);
  if (json_object_get(run, "types")) {
    snprintf(text, sizeof text, "weights %.20s, output matrix %.20s, KV cache %.20s",
             json_word(run, "types.weights", "?"), json_word(run, "types.head", "?"),
             json_word(run, "types.kv", "?"));
    put_row(out, "Number types", text);
  }
  put_row(out, "Version of vtpu", json_word(run, "version", "not recorded"));
  const char *error = json_word(run, "error", NULL);
  put_row(out, "The run ended", error ? error : json_word(run, "end", ""));
  fputs("</dl>\n", out);
  put_machine(b, run);
  put_text(b, run);
}

/* Is there an earlier figure from the same command? */
static bool command_again(const struct book *b, unsigned i)
{
  for (unsigned k = 0; k < i; k++)
    if (strcmp(b->figure[k].command, b->figure[i].command) == 0)
      return true;
  return false;
}

static void put_figures_of(struct book *b, const char *command)
{
  bool first = true;
  for (unsigned i = 0; i < b->figures; i++) {
    const struct book_figure *f = &b->figure[i];
    if (strcmp(f->command, command) != 0)
      continue;
    fprintf(b->page, "%s<a href=\"#figure-%s\">", first ? "" : "<br/>", f->name);
    html_text(b->page, f->title);
    fputs("</a>", b->page);
    first = false;
  }
}

void section_sources(struct book *b)
{
  book_heading(b, "sources", "Figures and their commands");
  fputs("<p>All figures were drawn by</p>\n", b->page);
  html_element(b->page, "pre", b->command_line);
  fputs("\n<p>from data that these commands made. The same commands give the same figures.</p>\n"
        "<table><caption>The command behind each figure</caption>\n<thead><tr><th scope=\"col\">"
        "figures</th><th scope=\"col\" class=\"left\">data from</th></tr></thead>\n<tbody>\n",
        b->page);
  for (unsigned i = 0; i < b->figures; i++) {
    if (command_again(b, i))
      continue;
    fputs("<tr><td class=\"wrap\">", b->page);
    put_figures_of(b, b->figure[i].command);
    fputs("</td><td class=\"left wrap\">", b->page);
    html_element(b->page, "code", b->figure[i].command);
    fputs("</td></tr>\n", b->page);
  }
  fputs("</tbody></table>\n", b->page);
}
