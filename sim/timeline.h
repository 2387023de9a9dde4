/* A time line: counters of the whole machine for each window of cycles, taken while a run goes on.
 *
 *   struct timeline *t;                 timeline_new(v, 256, &t, &err);
 *   vtpu_run(v, timeline_due(t), ...);  timeline_take(t);   ...again and again
 *   json_t *j = timeline_json(t);       timeline_free(t);
 *
 * A run's length is not known in advance: when there are as many windows as were asked for, two and
 * two become one and from then on a window is twice as long. So a line has between half as many
 * windows and as many as asked for (fewer if the run is shorter), all of one length but the last.
 * The counters are the engine's own, so the windows of a counter sum to what the run's statistics
 * say of it. An operation counts in the window in which its SIW issues, bytes in the one in which
 * the tier has been asked for them.
 */
#ifndef VTPU_SIM_TIMELINE_H
#define VTPU_SIM_TIMELINE_H

#include "sim/vtpu.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TIMELINE_WINDOWS_MIN = 2, TIMELINE_WINDOWS_MAX = 4096 };

struct timeline;

/* windows: at most, even. `v` is borrowed; the first window begins at the cycle where it stands. */
int timeline_new(const struct vtpu *v, unsigned windows, struct timeline **out,
                 struct vtpu_error *err);
void timeline_free(struct timeline *t);

/* The cycle at which the present window ends: the run must stop there (or be done before). */
uint64_t timeline_due(const struct timeline *t);
/* Ends the present window, at the cycle where it is due. */
void timeline_take(struct timeline *t);
/* At the end of the run, `cycles` long: ends the present window, if there is anything in it. */
void timeline_finish(struct timeline *t, uint64_t cycles);

/* The object `timeline` of sim/schema.md; NULL when memory ran out. */
json_t *timeline_json(const struct timeline *t);

#ifdef __cplusplus
}
#endif
#endif
