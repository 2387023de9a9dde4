// The verilated D-pipe behind a C interface: see dense.h.
#include "rtl/tb/dense.h"
#include "rtl/tb/coverage.h"

#include "Vdense_tb.h"
#include "verilated.h"

#include <cstring>

const unsigned dense_latency[DENSE_RESULTS] = {1, 3, 4, 6, 8};

struct dense {
  VerilatedContext context;
  Vdense_tb top{&context};
};

struct dense *dense_new(void)
{
  struct dense *d = new dense;
  d->top.eval();
  return d;
}

void dense_free(struct dense *d)
{
  d->top.final();
  coverage_keep(d->context);
  delete d;
}

// Words of a wide port are a register's bytes in order, on a little-endian host.
template <class Port> static void put(Port &port, const uint8_t *bytes, size_t count)
{
  memcpy(&port[0], bytes, count);
}

template <class Port> static void get(const Port &port, uint8_t *bytes)
{
  memcpy(bytes, &port[0], R_BYTES_MAX);
}

unsigned dense_dlen(const struct dense *d)
{
  return d->top.dlen;
}

void dense_cycle(struct dense *d, const struct dense_in *in, struct dense_out *out)
{
  Vdense_tb &t = d->top;
  put(t.slot, in->slot, sizeof in->slot);
  put(t.rs1, in->rs1, R_BYTES_MAX);
  put(t.rs2, in->rs2, R_BYTES_MAX);
  put(t.rs3, in->rs3, R_BYTES_MAX);
  put(t.old, in->old, R_BYTES_MAX);
  t.clk = 0;
  t.eval();
  out->branch = t.branch;
  t.clk = 1;
  t.eval();
  get(t.y1, out->y[0]);
  get(t.y3, out->y[1]);
  get(t.y4, out->y[2]);
  get(t.y6, out->y[3]);
  get(t.y8, out->y[4]);
}
