// The verilated message channel behind a C interface: see messages.h.
#include "rtl/tb/messages.h"
#include "rtl/tb/coverage.h"

#include "Vmessages_tb.h"
#include "verilated.h"

struct messages {
  VerilatedContext context;
  Vmessages_tb top{&context};
};

static void edge(Vmessages_tb &t)
{
  t.clk = 1;
  t.eval();
  t.clk = 0;
  t.eval();
}

struct messages *messages_new(void)
{
  struct messages *m = new messages;
  m->top.clk = 0;
  m->top.send = m->top.take = 0;
  m->top.reset = 1;
  m->top.eval();
  for (unsigned i = 0; i <= m->top.latency; i++)
    edge(m->top); // what stood on the way is out of it
  m->top.reset = 0;
  m->top.eval();
  return m;
}

void messages_free(struct messages *m)
{
  m->top.final();
  coverage_keep(m->context);
  delete m;
}

unsigned messages_depth(const struct messages *m)
{
  return m->top.depth;
}

unsigned messages_latency(const struct messages *m)
{
  return m->top.latency;
}

void messages_cycle(struct messages *m, bool send, uint32_t value, bool take,
                    struct messages_out *out)
{
  Vmessages_tb &t = m->top;
  t.send = send;
  t.value = value;
  t.take = take;
  t.eval();
  out->credit = t.credit;
  out->some = t.some;
  out->head = t.head;
  edge(t);
}
