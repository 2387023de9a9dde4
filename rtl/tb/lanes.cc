// The verilated lanes behind a C interface: see lanes.h.
#include "rtl/tb/lanes.h"
#include "rtl/tb/coverage.h"

#include "Vlanes_tb.h"
#include "verilated.h"

#include <cstring>

struct lanes {
  VerilatedContext context;
  Vlanes_tb top{&context};
};

struct lanes *lanes_new(void)
{
  return new lanes;
}

void lanes_free(struct lanes *l)
{
  l->top.final();
  coverage_keep(l->context);
  delete l;
}

void lanes_cycle(struct lanes *l, const struct lanes_in *in, struct lanes_out *out)
{
  Vlanes_tb &t = l->top;
  memcpy(&t.i8_w, in->i8_w, sizeof in->i8_w);
  memcpy(&t.i8_x, in->i8_x, sizeof in->i8_x);
  t.i8_c = in->i8_c;
  t.t2_w = in->t2_w;
  memcpy(&t.t2_x[0], in->t2_x, sizeof in->t2_x);
  t.t2_c = in->t2_c;
  t.from = static_cast<uint8_t>(in->from);
  t.to = static_cast<uint8_t>(in->to);
  t.round = static_cast<uint8_t>(in->round);
  t.saturate = in->saturate;
  t.scaled = in->scaled;
  t.scale = in->scale;
  t.x = in->x;
  t.clk = 0;
  t.eval();
  t.clk = 1;
  t.eval();
  out->i8_y = t.i8_y;
  out->t2_y = t.t2_y;
  out->y = t.y;
}
