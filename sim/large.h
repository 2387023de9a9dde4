/* Memory that lives as long as a simulated machine, in the host's large pages: what an SIW touches
 * lies in few of them, so that the host seldom has to look for where a page is.
 */
#ifndef VTPU_SIM_LARGE_H
#define VTPU_SIM_LARGE_H

#include <stddef.h>

struct large_block;
struct large {
  struct large_block *blocks; /* the first has room left */
};

/* Zeroed, and in whole host lines; NULL: out of memory. */
void *large_take(struct large *l, size_t bytes);
/* All that was taken. */
void large_free(struct large *l);

#endif
