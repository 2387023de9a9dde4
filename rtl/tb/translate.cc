// The verilated PTC behind a C interface: see translate.h.
#include "rtl/tb/translate.h"
#include "rtl/tb/coverage.h"

#include "Vtranslate_tb.h"
#include "verilated.h"

#include <cstring>

struct translate {
  VerilatedContext context;
  Vtranslate_tb top{&context};
};

static void clock(struct translate *t)
{
  t->top.clk = 0;
  t->top.eval();
  t->top.clk = 1;
  t->top.eval();
}

struct translate *translate_new(void)
{
  struct translate *t = new translate;
  t->top.reset = 1;
  clock(t);
  t->top.reset = 0;
  return t;
}

void translate_free(struct translate *t)
{
  t->top.final();
  coverage_keep(t->context);
  delete t;
}

void translate_access(struct translate *t, struct coord c, const uint64_t payload[TRANSLATE_KINDS],
                      struct translate_out *out)
{
  Vtranslate_tb &top = t->top;
  top.access = 1;
  memcpy(&top.coord[0], &c, sizeof c);
  top.page_payload = payload[PTC_PAGE];
  top.coord_payload = payload[PTC_COORDINATE];
  top.clk = 0;
  top.eval();
  out->hit[PTC_PAGE] = top.page_hit;
  out->hit[PTC_COORDINATE] = top.coord_hit;
  out->found[PTC_PAGE] = top.page_found;
  out->found[PTC_COORDINATE] = top.coord_found;
  top.clk = 1;
  top.eval();
  top.access = 0;
}

void translate_drop(struct translate *t, unsigned region)
{
  t->top.drop = 1;
  t->top.drop_region = static_cast<uint16_t>(region);
  clock(t);
  t->top.drop = 0;
}
