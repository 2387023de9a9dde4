/* Memory in the host's large pages: see large.h. */
#include "sim/large.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HOST_LINE = 64 };
#ifdef __SANITIZE_ADDRESS__
enum { LARGE_PAGE = HOST_LINE }; /* a block for each, so that the sanitizer sees its ends */
#else
enum { LARGE_PAGE = 1 << 21 };
#endif

struct large_block {
  struct large_block *next;
  char *at;
  size_t bytes, used;
};

static struct large_block *block_new(size_t bytes)
{
  struct large_block *b = malloc(sizeof *b);
  bytes = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
  char *at = b ? aligned_alloc(LARGE_PAGE, bytes) : NULL;
  if (!at) {
    free(b);
    return NULL;
  }
  madvise(at, bytes, MADV_HUGEPAGE);
  *b = (struct large_block){.at = at, .bytes = bytes};
  return b;
}

void *large_take(struct large *l, size_t bytes)
{
  bytes = (bytes + HOST_LINE - 1) / HOST_LINE * HOST_LINE;
  struct large_block *b = l->blocks;
  if (!b || b->bytes - b->used < bytes) {
    b = block_new(bytes);
    if (!b)
      return NULL;
    struct large_block **at = &l->blocks;
    if (*at && (*at)->bytes - (*at)->used > b->bytes - bytes)
      at = &(*at)->next; /* that one has more room left */
    b->next = *at;
    *at = b;
  }
  void *taken = b->at + b->used;
  b->used += bytes;
  return memset(taken, 0, bytes);
}

void large_free(struct large *l)
{
  while (l->blocks) {
    struct large_block *b = l->blocks;
    l->blocks = b->next;
    free(b->at);
    free(b);
  }
}
