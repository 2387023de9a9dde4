// The verilated units of coordinates behind a C interface: see sparse.h.
#include "rtl/tb/sparse.h"
#include "rtl/tb/coverage.h"

#include "Vsparse_tb.h"
#include "verilated.h"

#include <cstring>

struct sparse {
  VerilatedContext context;
  Vsparse_tb top{&context};
};

struct sparse *sparse_new(void)
{
  return new sparse;
}

void sparse_free(struct sparse *s)
{
  s->top.final();
  coverage_keep(s->context);
  delete s;
}

void sparse_compute(struct sparse *s, const struct sparse_in *in, struct sparse_out *out)
{
  Vsparse_tb &t = s->top;
  memcpy(&t.coord[0], &in->coord, sizeof in->coord);
  t.axis = static_cast<uint8_t>(in->axis);
  t.step = static_cast<uint64_t>(in->step) & ((UINT64_C(1) << 33) - 1);
  t.carry = in->carry;
  t.eval();
  // Words of a wide port are a coordinate's bytes in order, on a little-endian host.
  memcpy(out->linear, &t.linear[0], sizeof out->linear);
  memcpy(out->raw, &t.raw[0], sizeof out->raw);
  memcpy(out->result, &t.result[0], sizeof out->result);
  for (int i = 0; i < CURVE_COUNT; i++)
    out->fault[i] = t.fault >> i & 1;
}
