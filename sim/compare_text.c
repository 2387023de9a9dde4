/* The comparison as text for people: at most 100 columns. */
#include "sim/cells.h"
#include "sim/compare.h"
#include "sim/report_pieces.h"
#include "sim/vtpu.h"

#include <string.h>

enum { CHANGES_MAX = 60 };

static const char *text_of(json_t *o, const char *key)
{
  const char *text = json_string_value(json_object_get(o, key));
  return text ? text : "?";
}

/* --- what was run -------------------------------------------------------------------------- */

/* The whole command, as runs differ in its options: in lines of words, a word being cut only where
 * it is longer than a line. */
static void print_command(FILE *out, const char *line)
{
  enum { INDENT = 5, COLUMNS = 94 };
  size_t column = 0;
  for (const char *word = line; word && *word;) {
    struct cells c = {.used = 0};
    size_t n = strcspn(word, " \n");
    char text[CELL_TEXT_BYTES];
    n = n < sizeof text ? n : sizeof text - 1;
    snprintf(text, sizeof text, "%.*s", (int)n, word);
    const char *shown = cell_name(&c, text, sizeof text - 1);
    bool joins = word > line && word[-1] != ' ' && word[-1] != '\n';
    if (column == 0 || column + n + 1 > COLUMNS) {
      fprintf(out, "%s%*s", column ? "\n" : "", INDENT, "");
      column = 0;
    } else if (!joins) {
      fputc(' ', out);
      column++;
    }
    column += strlen(shown);
    fputs(shown, out);
    word += n;
    word += strspn(word, " \n");
  }
  if (column)
    fputc('\n', out);
}

static void print_input(FILE *out, const char *label, const struct compare_input *in)
{
  struct cells c = {.used = 0};
  json_t *machine = json_object_get(in->json, "machine");
  const char *program = text_of(json_object_get(in->json, "program"), "path");
  size_t n = strlen(program);
  /* The end of a path says most. */
  fprintf(out, "  %s  %s %s, machine %s\n", label, text_of(in->json, "command"),
          cell_name(&c, n > 40 ? program + n - 40 : program, 40),
          cell_name(&c, text_of(machine, "name"), 30));
  print_command(out, json_string_value(json_object_get(in->json, "command_line")));
}

static void print_value(char *out, size_t room, json_t *value)
{
  if (json_is_string(value))
    snprintf(out, room, "%.24s", json_string_value(value));
  else if (json_is_number(value))
    snprintf(out, room, "%.15g", json_number_value(value));
  else
    snprintf(out, room, "-");
}

static void print_parameters(FILE *out, const struct comparison *c)
{
  json_t *a = json_object_get(json_object_get(c->a.json, "machine"), "parameters");
  json_t *b = json_object_get(json_object_get(c->b.json, "machine"), "parameters"), *value;
  const char *key;
  json_object_foreach(a, key, value)
  {
    json_t *other = json_object_get(b, key);
    char from[32], to[32];
    if (other && json_equal(value, other))
      continue;
    print_value(from, sizeof from, value);
    print_value(to, sizeof to, other);
    fprintf(out, "  machine parameter %.40s: %s in A, %s in B\n", key, from, to);
  }
}

static void print_parts(FILE *out, const struct comparison *c)
{
  struct compare_part a, b;
  for (size_t i = 0; compare_is_profile(c->a.json) && compare_part(c, i, &a, &b); i++)
    if (!b.whole)
      fprintf(out, "  part %.40s is in A only: not compared\n", a.name);
}

/* --- changes ------------------------------------------------------------------------------- */

static const char *figure_text(struct cells *c, double value)
{
  if (isnan(value))
    return "-";
  if (value >= 0 && value < 1e18 && value == floor(value))
    return cell_count(c, (uint64_t)value);
  return cell_fixed(c, value, value < 10 ? 4 : 2);
}

static const char *change_text(struct cells *c, const struct compare_change *change)
{
  char *out = cell_take(c);
  if (change->is_output)
    snprintf(out, CELL_TEXT_BYTES, "differs");
  else if (isinf(change->change))
    snprintf(out, CELL_TEXT_BYTES, "from none");
  else
    snprintf(out, CELL_TEXT_BYTES, "%+.*f %%%s", fabs(change->change) < 0.001 ? 4 : 1,
             100 * change->change, change->of_whole ? " of all" : "");
  return out;
}

static void print_changes(FILE *out, const struct comparison *c)
{
  if (!c->count) {
    fprintf(out, "\nnothing changed by more than %g %%: %u figures compared\n", 100 * c->threshold,
            c->figures);
    return;
  }
  fprintf(out, "\nchanged by more than %g %%: %u of %u figures, largest change first\n",
          100 * c->threshold, c->count, c->figures);
  fprintf(out, "  %-40s %17s %17s  %s\n", "figure", "A", "B", "change");
  for (unsigned i = 0; i < c->count && i < CHANGES_MAX; i++) {
    struct cells cells = {.used = 0};
    const struct compare_change *change = &c->changes[i];
    fprintf(out, "  %-40s %17s %17s  %s\n", cell_name(&cells, change->name, 40),
            figure_text(&cells, change->a), figure_text(&cells, change->b),
            change_text(&cells, change));
  }
  if (c->count > CHANGES_MAX)
    fprintf(out, "  ... and %u more; a larger --threshold shows fewer\n", c->count - CHANGES_MAX);
}

/* --- stacks -------------------------------------------------------------------------------- */

static double stack_sum(json_t *stack)
{
  const char *cause;
  json_t *value;
  double sum = 0;
  json_object_foreach(stack, cause, value) sum +=
      strcmp(cause, "idle") == 0 ? 0 : json_number_value(value);
  return sum;
}

static void print_stacks(FILE *out, const struct compare_part *a, const struct compare_part *b,
                         bool profile)
{
  json_t *x = json_object_get(profile ? json_object_get(a->whole, "wall") : a->whole, "stack");
  json_t *y = json_object_get(profile ? json_object_get(b->whole, "wall") : b->whole, "stack");
  double all_x = stack_sum(x), all_y = stack_sum(y);
  fprintf(out, "\ncycle stack%s%.20s%s\n", *a->name ? " of " : "", a->name,
          profile ? ", critical path" : ", without idle contexts");
  fprintf(out, "  %-14s %18s %7s %18s %7s  %17s\n", "cause", "A", "share", "B", "share",
          "B - A, of A's all");
  for (int i = 0; i <= STALL_COUNT; i++) {
    struct cells c = {.used = 0};
    const char *cause = i < STALL_COUNT ? stall_keys[i] : "sum";
    double in_a = i < STALL_COUNT ? report_figure(x, cause) : all_x;
    double in_b = i < STALL_COUNT ? report_figure(y, cause) : all_y;
    if (i == STALL_IDLE || !(in_a > 0 || in_b > 0))
      continue;
    fprintf(out, "  %-14s %18s %7s %18s %7s", cause, figure_text(&c, in_a),
            cell_tight(&c, in_a / all_x), figure_text(&c, in_b), cell_tight(&c, in_b / all_y));
    if (all_x > 0 && in_a != in_b)
      fprintf(out, "  %+16.1f%%", 100 * (in_b - in_a) / all_x);
    fputc('\n', out);
  }
}

bool compare_text(FILE *out, const struct comparison *c)
{
  print_input(out, "A", &c->a);
  print_input(out, "B", &c->b);
  print_parameters(out, c);
  print_parts(out, c);
  print_changes(out, c);
  struct compare_part a, b;
  for (size_t i = 0; compare_part(c, i, &a, &b); i++)
    if (b.whole)
      print_stacks(out, &a, &b, compare_is_profile(c->a.json));
  return ferror(out) == 0;
}
