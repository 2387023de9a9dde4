/* Pieces that the JSON reports have in common (report_json.c, profile_json.c).
 *
 * Memory may run out at any piece. A missing piece is NULL, and what it should have gone into
 * becomes NULL in turn, up to the whole report.
 */
#ifndef VTPU_SIM_REPORT_PIECES_H
#define VTPU_SIM_REPORT_PIECES_H

#include "sim/report.h"

void report_put(json_t **object, const char *key, json_t *value);
void report_append(json_t **array, json_t *value);
/* A ratio without a denominator is null: JSON has no NaN. */
json_t *report_number(double value);
json_t *report_integer(uint64_t value);
/* Paths and names may hold any bytes; JSON holds UTF-8. */
json_t *report_string(const char *text);

extern const char *const report_pipe_keys[PIPE_COUNT]; /* "d" "s" "c" */
/* Cycles by cause, every one of them. */
json_t *report_stack(const uint64_t stack[STALL_COUNT]);
/* The figures that a sentron, a core, a node, a kernel and the whole have in common.
 * d_ports: D ports of what is counted. */
void report_put_counts(json_t **o, const struct vtpu_counts *c, uint64_t d_ports);
/* Only of a machine that states energies. cores: as of energy_events. */
void report_put_energy(json_t **o, const struct machine *m, const struct vtpu_counts *c,
                       uint64_t cores);
/* What was run: command, its line, version, program, machine. */
void report_put_origin(json_t **o, const struct report *r);

/* Reading: member "a.b.c" of nested objects, NULL if there is none, borrowed; its number, NAN if
 * there is none. */
json_t *report_member(json_t *o, const char *path);
double report_figure(json_t *o, const char *path);

#endif
