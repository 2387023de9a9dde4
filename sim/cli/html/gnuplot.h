/* gnuplot as a process: a script in, a picture out. */
#ifndef VTPU_SIM_CLI_HTML_GNUPLOT_H
#define VTPU_SIM_CLI_HTML_GNUPLOT_H

#include "isa/error.h"

#include <stddef.h>
#include <stdio.h>

/* What the script plots to its standard output, and a NUL; the caller frees it. `name` is the
 * figure, for messages. VTPU_SYSTEM when there is no gnuplot or it fails. */
int gnuplot_run(const char *name, const char *script, char **out, size_t *bytes,
                struct vtpu_error *err);

/* A text between single quotes, in which gnuplot expands nothing; what could end it or be no
 * character becomes '?'. At most `columns` characters, the last then an ellipsis. */
void gnuplot_quoted(FILE *script, const char *text, unsigned columns);

#endif
