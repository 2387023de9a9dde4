/* The colours of page and figures, for a light and a dark ground. A figure is drawn by gnuplot in
 * the light ones; svg.c then puts a CSS variable in the place of each, so every light colour stands
 * for one name. What has to be told apart by its colour also differs in lightness, in the order of
 * a legend and in a table. */
#ifndef VTPU_SIM_CLI_HTML_PALETTE_H
#define VTPU_SIM_CLI_HTML_PALETTE_H

#include "sim/vtpu.h"

#include <stdio.h>

struct colour {
  const char *name;         /* CSS variable without "--" */
  const char *light, *dark; /* "#rrggbb" */
};

enum {
  COLOUR_GROUND,
  COLOUR_TEXT,
  COLOUR_MUTED,
  COLOUR_GRID,
  COLOUR_TARGET,
  COLOUR_SERIES, /* SERIES_COLOURS of them */
  SERIES_COLOURS = 6,
  COLOUR_HEAT = COLOUR_SERIES + SERIES_COLOURS, /* HEAT_COLOURS, from few to many */
  HEAT_COLOURS = 8,
  COLOUR_OTHER = COLOUR_HEAT + HEAT_COLOURS,
  COLOUR_CAUSE, /* one a cause of the cycle stack */
  COLOURS = COLOUR_CAUSE + STALL_COUNT
};
extern const struct colour palette[COLOURS];

/* gnuplot's way to say it: rgb '#rrggbb'. */
#define RGB "rgb '%s'"
static inline const char *light(int colour)
{
  return palette[colour].light;
}

/* ":root { --ground: #ffffff; ... }", and the dark ones. */
void palette_css(FILE *out);

#endif
