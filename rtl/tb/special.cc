// The verilated special functions behind a C interface: see special.h.
#include "rtl/tb/special.h"
#include "rtl/tb/coverage.h"

#include "Vspecial_tb.h"
#include "verilated.h"

namespace
{
// Edges from an argument at the port to its result: the bench's register and LATENCY_SPECIAL.
constexpr size_t EDGES = 1 + 6;
} // namespace

struct special {
  VerilatedContext context;
  Vspecial_tb top{&context};
};

struct special *special_new(void)
{
  return new special;
}

void special_free(struct special *s)
{
  s->top.final();
  coverage_keep(s->context);
  delete s;
}

void special_run(struct special *s, uint32_t first, uint32_t stride, size_t count,
                 uint32_t *const y[SPECIAL_FUNCTIONS])
{
  Vspecial_tb &t = s->top;
  uint32_t *const exp2 = y[SPECIAL_EXP2], *const rcp = y[SPECIAL_RCP], *const rsq = y[SPECIAL_RSQ];
  t.x = first;
  for (size_t edge = 1; edge < count + EDGES; edge++, t.x += stride) {
    t.clk = 0;
    t.eval();
    t.clk = 1;
    t.eval();
    if (edge < EDGES)
      continue;
    exp2[edge - EDGES] = t.exp2;
    rcp[edge - EDGES] = t.rcp;
    rsq[edge - EDGES] = t.rsq;
  }
}
