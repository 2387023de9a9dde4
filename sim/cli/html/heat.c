/* Heat map: how often the cells of phext space were accessed, along two of its dimensions, from a
 * trace with memory records. */
#include "sim/cli/html/book.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 64, ROWS = 32 };

struct extent {
  unsigned least, most, distinct;
  uint8_t seen[COORD_DIM_SIZE / 8];
};

struct heat {
  struct extent dim[COORD_DIMS];
  unsigned axis[2];
  unsigned first[2], step[2], bins[2]; /* of the axes: first value, values a bin, bins */
  uint64_t count[ROWS][COLUMNS], accesses, most;
  char *command;
  char selection[128]; /* what the trace leaves out; "" for nothing */
};

/* The coordinate of a record that is an access to memory: its first two fields. */
static bool access_of(const struct trace_record *r, struct coord *c)
{
  *c = (struct coord){r->field[0], r->field[1]};
  return r->kind == TRACE_MEMORY || r->kind == TRACE_HOST;
}

static void note_extent(struct heat *h, struct coord c)
{
  for (int d = 0; d < COORD_DIMS; d++) {
    struct extent *e = &h->dim[d];
    unsigned value = coord_dim(c, d);
    if (e->seen[value / 8] >> (value % 8) & 1)
      continue;
    e->seen[value / 8] |= (uint8_t)(1 << value % 8);
    e->least = !e->distinct || value < e->least ? value : e->least;
    e->most = !e->distinct || value > e->most ? value : e->most;
    e->distinct++;
  }
}

static void note_count(struct heat *h, struct coord c)
{
  unsigned bin[2];
  for (int i = 0; i < 2; i++)
    bin[i] = (coord_dim(c, (int)h->axis[i]) - h->first[i]) / h->step[i];
  uint64_t now = ++h->count[bin[1]][bin[0]];
  h->most = now > h->most ? now : h->most;
  h->accesses++;
}

static int pass(struct book *b, struct heat *h, void (*note)(struct heat *, struct coord))
{
  struct trace_reader *reader;
  struct trace_record record;
  struct coord c;
  int more, status = trace_open(b->trace, &reader, b->err);
  if (status)
    return status;
  const struct trace_about *about = &trace_describe(reader)->about;
  const char *hash = json_word(b->in.run[0].json, "program.hash", NULL);
  char ours[20];
  snprintf(ours, sizeof ours, "%016" PRIx64, about->object_hash);
  if (hash && strcmp(hash, ours) != 0)
    status = vtpu_fail(b->err, VTPU_INPUT,
                       "%s is the trace of another program than that of %s\n"
                       "  run it again with both outputs",
                       b->trace, b->in.run[0].path);
  snprintf(h->selection, sizeof h->selection, "%s", about->selection ? about->selection : "");
  if (!h->command)
    h->command = strdup(about->command && *about->command ? about->command : "not recorded");
  while (!status && (more = trace_next(reader, &record, b->err)) != 0) {
    if (more < 0)
      status = (int)b->err->category;
    else if (access_of(&record, &c))
      note(h, c);
  }
  trace_close(reader);
  return status;
}

/* The dimensions with most different values, unless others were asked for; and their bins. */
static void choose_axes(struct book *b, struct heat *h)
{
  h->axis[0] = 0;
  for (unsigned d = 1; d < COORD_DIMS; d++)
    if (h->dim[d].distinct > h->dim[h->axis[0]].distinct)
      h->axis[0] = d;
  h->axis[1] = h->axis[0] == 0;
  for (unsigned d = 0; d < COORD_DIMS; d++)
    if (d != h->axis[0] && h->dim[d].distinct > h->dim[h->axis[1]].distinct)
      h->axis[1] = d;
  for (int i = 0; i < 2; i++) {
    unsigned most = i == 0 ? COLUMNS : ROWS;
    if (b->dims_given)
      h->axis[i] = b->dims[i];
    const struct extent *e = &h->dim[h->axis[i]];
    unsigned values = e->most - e->least + 1;
    h->first[i] = e->least;
    h->step[i] = (values + most - 1) / most;
    h->bins[i] = (values + h->step[i] - 1) / h->step[i];
  }
}

/* --- drawing --------------------------------------------------------------------------------- */

/* Colours stand for powers: from 1 access to the most in HEAT_COLOURS equal steps of the
 * logarithm. The least count of a colour. */
static uint64_t least_of(const struct heat *h, int colour)
{
  return (uint64_t)ceil(pow((double)h->most, (double)colour / HEAT_COLOURS) - 1e-9);
}

static int colour_of(const struct heat *h, uint64_t count)
{
  int colour = HEAT_COLOURS - 1;
  while (colour > 0 && count < least_of(h, colour))
    colour--;
  return colour;
}

/* The cells of one colour; false if there are none. */
static bool put_cells(FILE *out, const struct heat *h, int colour)
{
  bool any = false;
  for (unsigned y = 0; y < h->bins[1]; y++)
    for (unsigned x = 0; x < h->bins[0]; x++) {
      if (!h->count[y][x] || colour_of(h, h->count[y][x]) != colour)
        continue;
      if (!any)
        fprintf(out, "$c%d << EOD\n", colour);
      any = true;
      unsigned left = h->first[0] + x * h->step[0], low = h->first[1] + y * h->step[1];
      fprintf(out, "%g %g %g %g\n", left - .5, left + h->step[0] - .5, low - .5,
              low + h->step[1] - .5);
    }
  if (any)
    fputs("EOD\n", out);
  return any;
}

static void draw_heat(FILE *out, const struct view *v, const void *data)
{
  const struct heat *h = data;
  bool any[HEAT_COLOURS], first = true;
  struct cells c = {.used = 0};
  for (int colour = 0; colour < HEAT_COLOURS; colour++)
    any[colour] = put_cells(out, h, colour);
  double range = h->bins[0] * h->step[0];
  figure_ticks(out, v, range < 10 ? 10 : range); /* coordinates are whole */
  fprintf(out,
          "unset grid\nset style fill solid 1 noborder\nset xlabel 'D%u of the coordinate'\n"
          "set ylabel 'D%u'\nset xrange [%g:%g]\nset yrange "
          "[%g:%g]\n%splot ",
          h->axis[0], h->axis[1], h->first[0] - .5, h->first[0] + h->bins[0] * h->step[0] - .5,
          h->first[1] - .5, h->first[1] + h->bins[1] * h->step[1] - .5,
          h->bins[1] * h->step[1] < 5 ? "set ytics 1\n" : "");
  for (int colour = 0; colour < HEAT_COLOURS; colour++) {
    if (!any[colour])
      continue;
    uint64_t least = least_of(h, colour),
             most = colour + 1 < HEAT_COLOURS ? least_of(h, colour + 1) - 1 : h->most;
    fprintf(out, "%s$c%d using 1:3:1:2:3:4 with boxxyerror fc " RGB " lw 0.3 title '%s%s%s%s'",
            first ? "" : ", ", colour, light(COLOUR_HEAT + colour), cell_count(&c, least),
            most > least ? " to " : "", most > least ? cell_count(&c, most) : "",
            first ? " accesses" : "");
    first = false;
  }
  fputc('\n', out);
}

static char *csv_of(const struct heat *h)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fprintf(out, "d%u_first,d%u_last,d%u_first,d%u_last,accesses\n", h->axis[0], h->axis[0],
          h->axis[1], h->axis[1]);
  for (unsigned y = 0; y < h->bins[1]; y++)
    for (unsigned x = 0; x < h->bins[0]; x++) {
      unsigned left = h->first[0] + x * h->step[0], low = h->first[1] + y * h->step[1];
      if (h->count[y][x])
        fprintf(out, "%u,%u,%u,%u,%" PRIu64 "\n", left, left + h->step[0] - 1, low,
                low + h->step[1] - 1, h->count[y][x]);
    }
  if (fclose(out) == 0)
    return text;
  free(text);
  return NULL;
}

static void put_figure(struct book *b, struct heat *h)
{
  char alt[256], caption[512];
  struct cells c = {.used = 0};
  char *csv = csv_of(h);
  if (!csv) {
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
    return;
  }
  snprintf(caption, sizeof caption,
           "%s gathers, scatters, prefetches, flushes and host accesses, by D%u and D%u of their "
           "coordinates; the other dimensions are added up. A cell of the map is %u × %u "
           "coordinates; colours are in equal steps of the logarithm.%s%s%s",
           cell_count(&c, h->accesses), h->axis[0], h->axis[1], h->step[0], h->step[1],
           *h->selection ? " The trace is a selection: " : "", h->selection,
           *h->selection ? "." : "");
  snprintf(alt, sizeof alt,
           "Heat map of %s accesses: D%u from %u to %u, D%u from %u to %u, at most %s in one cell "
           "of the map.",
           cell_count(&c, h->accesses), h->axis[0], h->dim[h->axis[0]].least,
           h->dim[h->axis[0]].most, h->axis[1], h->dim[h->axis[1]].least, h->dim[h->axis[1]].most,
           cell_count(&c, h->most));
  b->kept[b->kept_count++] = h->command;
  const struct figure f = {
      .name = "heat",
      .title = "Accesses to phext space",
      .caption = caption,
      .alt = alt,
      .command = h->command,
      .wide = 110 + 12 * h->bins[1],
      .narrow = 110 + 8 * h->bins[1],
      .legend = HEAT_COLOURS,
      .columns = 4,
      .narrow_columns = 1,
      .draw = draw_heat,
      .data = h,
      .csv = csv,
  };
  h->command = NULL;
  book_figure(b, &f);
  free(csv);
}

void section_heat(struct book *b)
{
  book_heading(b, "heat", "Accesses to phext space");
  if (!b->trace) {
    book_missing(b, "No trace was given.",
                 "vtpu run ... --trace T; vtpu report RUN.json --trace T --dims 0,3");
    return;
  }
  if (b->status)
    return;
  struct heat *h = calloc(1, sizeof *h);
  if (!h) {
    b->status = vtpu_fail(b->err, VTPU_SYSTEM, "out of memory");
    return;
  }
  b->status = pass(b, h, note_extent);
  if (!b->status && !h->dim[0].distinct) {
    book_paragraph(b, "The trace has no record of an access: the group “memory” was left out.");
  } else if (!b->status) {
    choose_axes(b, h);
    b->status = pass(b, h, note_count);
    if (!b->status)
      put_figure(b, h);
  }
  free(h->command);
  free(h);
}
