/* The exact scheduler: see exact.h. */
#include "tests/lower/exact.h"

struct exact {
  const struct loop_body *b;
  int ii, row[EXACT_OPS_MOST];
  bool taken[64][PIPE_COUNT];
};

static int ceil_divide(int a, int b)
{
  return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

/* Operations 0 to `count` - 1 have rows; operation i issues in stage[i] * ii + row[i]. An edge asks
 * for stage[to] - stage[from] >= ceil((latency - distance * ii + row[from] - row[to]) / ii). That
 * can be met unless a circuit of edges asks for more than 0 in all. */
static bool stages_exist(const struct exact *x, int count)
{
  int stage[EXACT_OPS_MOST] = {0};
  for (int pass = 0; pass <= count; pass++) {
    bool changed = false;
    for (int k = 0; k < x->b->edge_count; k++) {
      const struct depend_edge *e = &x->b->edges[k];
      if (e->from >= count || e->to >= count)
        continue;
      int apart = e->latency - e->distance * x->ii + x->row[e->from] - x->row[e->to];
      int least = stage[e->from] + ceil_divide(apart, x->ii);
      if (least > stage[e->to]) {
        stage[e->to] = least;
        changed = true;
      }
    }
    if (!changed)
      return true;
  }
  return false;
}

static bool place_from(struct exact *x, int i)
{
  if (i == x->b->count)
    return true;
  int pipe = (int)x->b->ops[i].pipe;
  int rows = i == 0 ? 1 : x->ii; /* a schedule can begin in any row */
  for (int r = 0; r < rows; r++) {
    if (x->taken[r][pipe])
      continue;
    x->taken[r][pipe] = true;
    x->row[i] = r;
    if (stages_exist(x, i + 1) && place_from(x, i + 1))
      return true;
    x->taken[r][pipe] = false;
  }
  return false;
}

bool exact_feasible(const struct loop_body *b, int ii)
{
  struct exact x = {.b = b, .ii = ii};
  return ii <= 64 && b->count <= EXACT_OPS_MOST && place_from(&x, 0);
}
