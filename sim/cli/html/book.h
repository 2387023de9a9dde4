/* A report in the making: the page as it grows, its figures, and the folder they go to. The first
 * error stays, and everything after it does nothing. */
#ifndef VTPU_SIM_CLI_HTML_BOOK_H
#define VTPU_SIM_CLI_HTML_BOOK_H

#include "sim/cells.h"
#include "sim/cli/html/html.h"
#include "sim/cli/html/inputs.h"
#include "sim/cli/html/palette.h"

#include <stdio.h>

enum { FIGURES_MAX = 32, FIGURE_NAME_BYTES = 40 };

struct book {
  struct inputs in;
  const char *trace; /* path; NULL: none */
  unsigned dims[2];  /* of the heat map */
  bool dims_given;
  const char *folder;
  const char *command_line; /* of this `vtpu report` */

  FILE *page; /* the inside of <main> */
  struct book_figure {
    char name[FIGURE_NAME_BYTES];
    const char *title;
    const char *command; /* that made the figure's data; borrowed */
  } figure[FIGURES_MAX];
  unsigned figures;
  char *kept[FIGURES_MAX]; /* texts that live as long as the book */
  unsigned kept_count;
  int status;
  struct vtpu_error *err;
};

/* The whole page: every section, then DIR/index.html. Returns b->status. */
int book_make(struct book *b);
void book_close(struct book *b);

/* --- figures --------------------------------------------------------------------------------- */

/* Every figure is drawn twice for the page, for a wide and for a narrow one. */
struct view {
  bool narrow;
  unsigned width, height; /* pixels */
  unsigned legend;        /* of the height, above the plot */
};

struct figure {
  const char *name;      /* of its files, and in the page */
  const char *title;     /* must live as long as the book */
  const char *caption;   /* what is to be seen, which units */
  const char *alt;       /* the same for those who cannot see it, with the main figures */
  const char *command;   /* must live as long as the book */
  unsigned wide, narrow; /* heights without the legend */
  unsigned legend;       /* its entries; 0: there is none */
  unsigned columns, narrow_columns; /* of the legend */
  /* Writes gnuplot's script but for its beginning (terminal, fonts, colours of axes). */
  void (*draw)(FILE *script, const struct view *view, const void *data);
  const void *data;
  const char *csv; /* the figure's data */
};

/* "set xtics STEP": of 1, 2 or 5 times a power of ten, so that numbers do not touch. */
void figure_ticks(FILE *script, const struct view *view, double range);

/* Writes NAME.svg, NAME.png and NAME.csv, and puts the figure into the page. */
void book_figure(struct book *b, const struct figure *f);

/* --- pieces ---------------------------------------------------------------------------------- */

/* "<h2 id=..>" */
void book_heading(struct book *b, const char *id, const char *text);
/* What a section needs that was not given, and the command that would give it. */
void book_missing(struct book *b, const char *what, const char *command);
/* A file in the folder, complete or not at all. */
void book_write(struct book *b, const char *name, const char *text, size_t bytes);
/* A paragraph of text. */
void book_paragraph(struct book *b, const char *text);
/* The commands behind several files, a line each; kept until the book is closed. Never NULL. */
const char *book_commands(struct book *b, const struct input *in, unsigned count);

/* --- sections, in the order of the page ------------------------------------------------------ */

void section_glance(struct book *b);
void section_origin(struct book *b);
void section_stacks(struct book *b);
void section_timeline(struct book *b);
void section_roofline(struct book *b);
void section_locality(struct book *b);
void section_heat(struct book *b);
void section_scaling(struct book *b);
void section_sources(struct book *b);

#endif
