/* Pieces of HTML. What is written is well-formed XML too, so that a test can check it whole. */
#ifndef VTPU_SIM_CLI_HTML_HTML_H
#define VTPU_SIM_CLI_HTML_HTML_H

#include <stdio.h>

/* Text, or the value of an attribute: what has a meaning in HTML is escaped, and what is no
 * character of XML becomes U+FFFD. */
void html_text(FILE *out, const char *text);
/* "<TAG>text</TAG>" */
void html_element(FILE *out, const char *tag, const char *text);
/* A field of CSV: in quotes where it must be. */
void csv_text(FILE *out, const char *text);
/* A number with all its digits, "" for NAN. */
void csv_number(FILE *out, double value);

/* From <!DOCTYPE> to the beginning of <main>; and the end. */
void html_begin(FILE *out, const char *title);
void html_end(FILE *out);

#endif
