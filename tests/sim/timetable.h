/* Timetables: programs that carry the cycle of each of their issues beside them.
 *
 * A timetable is an assembler text (asm/README.md) whose comments say what the architecture makes
 * of it, as formulas over the machine's parameters, so that one text is checked on many machines:
 *
 *   ;machine latency_mul=2             one cycle more than on time: the use waits one
 *   ;machine latency_mul=1             exactly on time
 *   mul: { DMUL r1, r2, r3 }
 *        { DADD r4, r1, r1 }           ;= max(t + 1, mul + latency_mul) d_result
 *   ;end t + latency_add
 *
 *   ;machine [name=value ...]   a run on preset spec with these settings; one line a run
 *   { ... } ;= item, item, ...  an item an issue of this SIW: its cycle, and what the cycles
 * between it and the sentron's issue before are charged to: `cause=cycles cause=cycles cause`, the
 * last one gets the rest. `ready=cycle`: when its memory operation is complete. Without `;=`: once,
 * the cycle after the SIW before in the text (a sentron's first: at `spawn`); `;= never`: it does
 * not issue ;end cycle                  the sentron of the SIW above is complete (else: the cycle
 * after its last issue) ;count NAME = value         of the whole run; the names are in timetable.c
 *
 * Formulas have + - * ( ), `/` that rounds up, max and min of two, numbers, parameters, `t` (the
 * issue of the SIW above), labels (the first issue of that SIW; `label.2` the second), ddr_slot and
 * link_slot (1/256 cycles that a line occupies DDR, a message a link)..
 *
 * The program runs twice, with a trace and without (without, the engine takes its short cuts): the
 * issues, each sentron's cycles and each slice of its stack have to be those of the timetable.
 */
#ifndef VTPU_TESTS_SIM_TIMETABLE_H
#define VTPU_TESTS_SIM_TIMETABLE_H

#include <stdbool.h>
#include <stddef.h>

/* What the waits of a timetable were, over its runs: an edge has both. */
struct timetable_edges {
  unsigned runs;
  bool one;  /* a wait of exactly one cycle */
  bool none; /* a SIW that has a cause to wait but is on time */
};

/* Checks a text on all of its machines; what is wrong is a failure of the test. */
void timetable_check(const char *name, const char *text, struct timetable_edges *edges);

#endif
