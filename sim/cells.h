/* Cells of the text reports: figures and names as people read them. A cell is good until 32 more
 * have been taken, so that one printf can hold a line of them. */
#ifndef VTPU_SIM_CELLS_H
#define VTPU_SIM_CELLS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { CELLS = 32, CELL_TEXT_BYTES = 48 };

/* Zero-initialised: {.used = 0}. */
struct cells {
  char text[CELLS][CELL_TEXT_BYTES];
  unsigned used;
};

/* A fresh cell of CELL_TEXT_BYTES to print into. */
char *cell_take(struct cells *c);
const char *cell_count(struct cells *c, uint64_t value);             /* "1,234,567" */
const char *cell_fixed(struct cells *c, double value, int decimals); /* "-" if it is none */
const char *cell_rate(struct cells *c, double value);                /* "24,310" or "3.72" */
const char *cell_percent(struct cells *c, double share);             /* "41.3 %" */
const char *cell_tight(struct cells *c, double share);   /* "41.3%", for narrow columns */
const char *cell_seconds(struct cells *c, double value); /* with a fitting unit: "1.234 ms" */
/* With the unit's prefix that leaves 1 or more before the point: "12.35 uJ", "3.10 W". */
const char *cell_scaled(struct cells *c, double value, const char *unit);
const char *cell_bytes(struct cells *c, uint64_t bytes); /* with a fitting unit: "14.6 MB" */
/* A name cut to a column; what is no printable text becomes '?'. */
const char *cell_name(struct cells *c, const char *text, size_t columns);

static inline double share_of(uint64_t part, uint64_t whole)
{
  return whole ? (double)part / (double)whole : NAN;
}

#endif
