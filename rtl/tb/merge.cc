// The verilated `merge' behind a C interface: see merge.h.
#include "rtl/tb/merge.h"
#include "rtl/tb/coverage.h"

#include "Vmerge_tb.h"
#include "verilated.h"

struct merge_unit {
  VerilatedContext context;
  Vmerge_tb top{&context};
};

struct merge_unit *merge_new(void)
{
  return new struct merge_unit;
}

void merge_free(struct merge_unit *u)
{
  u->top.final();
  coverage_keep(u->context);
  delete u;
}

void merge_run(struct merge_unit *u, const struct merge_in *in, uint32_t y[MERGE_RESULT_WORDS])
{
  Vmerge_tb &t = u->top;
  t.enable = 1;
  t.type_ = in->type;
  t.mode = in->mode;
  t.members = in->members;
  for (int i = 0; i < MERGE_MESSAGES; i++)
    for (int w = 0; w < MERGE_MESSAGE_WORDS; w++)
      t.messages[MERGE_MESSAGE_WORDS * i + w] = in->message[i][w];
  t.eval();
  for (int w = 0; w < MERGE_RESULT_WORDS; w++)
    y[w] = t.y[w];
}
