// The verilated multiply-add behind a C interface: see fma.h.
#include "rtl/tb/fma.h"
#include "rtl/tb/coverage.h"

#include "Vfma_tb.h"
#include "verilated.h"

struct fma {
  VerilatedContext context;
  Vfma_tb top{&context};
};

struct fma *fma_new(void)
{
  return new struct fma; // fma alone is a function of <math.h>
}

void fma_free(struct fma *u)
{
  u->top.final();
  coverage_keep(u->context);
  delete u;
}

uint32_t fma_cycle(struct fma *u, const struct fma_in *in)
{
  Vfma_tb &t = u->top;
  t.a = in->a;
  t.b = in->b;
  t.c = in->c;
  t.clk = 0;
  t.eval();
  t.clk = 1;
  t.eval();
  return t.y;
}
