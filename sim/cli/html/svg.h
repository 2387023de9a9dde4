/* gnuplot's SVG made fit for the page. */
#ifndef VTPU_SIM_CLI_HTML_SVG_H
#define VTPU_SIM_CLI_HTML_SVG_H

#include "isa/error.h"

#include <stdio.h>

/* Writes the SVG with every colour of the palette as its CSS variable, and what is not needed left
 * out. `id` makes its ids unique in a page. A figure of its own (alone) brings the colours with it,
 * one in a page takes the page's. `label` says what is to be seen, to those who cannot see it.
 * VTPU_SYSTEM if the text is no SVG of gnuplot, or has a colour that is not the palette's. */
int svg_write(FILE *out, const char *svg, const char *id, const char *label, int alone,
              struct vtpu_error *err);

#endif
