/* Is a text well-formed XML? As far as the pages and pictures of a report need it: elements,
 * attributes, character references, comments and a DOCTYPE; no CDATA, no entities of its own. */
#ifndef VTPU_TESTS_REPORT_XML_H
#define VTPU_TESTS_REPORT_XML_H

/* NULL if it is; else what is wrong, with the line. Good until the next call. */
const char *xml_fault(const char *text);

/* How often does `part` stand in the text? */
unsigned count_of(const char *text, const char *part);

#endif
