// The verilated units behind a C interface: see units.h.
#include "rtl/tb/units.h"
#include "rtl/tb/coverage.h"

#include "Vunits_tb.h"
#include "verilated.h"

struct units {
  VerilatedContext context;
  Vunits_tb top{&context};
};

struct units *units_new(void)
{
  return new units;
}

void units_free(struct units *u)
{
  u->top.final();
  coverage_keep(u->context);
  delete u;
}

void units_cycle(struct units *u, const struct units_in *in, struct units_out *out)
{
  Vunits_tb &t = u->top;
  t.fma_a = in->fma_a;
  t.fma_b = in->fma_b;
  t.fma_c = in->fma_c;
  t.special_function = static_cast<uint8_t>(in->special_function);
  t.special_x = in->special_x;
  t.clk = 0;
  t.eval();
  t.clk = 1;
  t.eval();
  out->fma_y = t.fma_y;
  out->special_y = t.special_y;
}
