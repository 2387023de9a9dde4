// The verilated S-pipe behind a C interface: see memory.h.
#include "rtl/tb/memory.h"
#include "rtl/tb/coverage.h"

#include "Vmemory_tb.h"
#include "verilated.h"

#include <cstring>

struct memory {
  VerilatedContext context;
  Vmemory_tb top{&context};
};

struct memory *memory_new(void)
{
  return new memory;
}

void memory_free(struct memory *m)
{
  m->top.final();
  coverage_keep(m->context);
  delete m;
}

// Words of a wide port are bytes in order, on a little-endian host.
template <class Port> static void put(Port &port, const void *bytes, size_t count)
{
  memcpy(&port[0], bytes, count);
}

template <class Port> static void get(const Port &port, void *bytes, size_t count)
{
  memcpy(bytes, &port[0], count);
}

void memory_settle(struct memory *m, const struct memory_in *in, struct memory_out *out)
{
  Vmemory_tb &t = m->top;
  t.reset = in->reset;
  t.select = static_cast<uint8_t>(in->machine);
  t.issue = in->issue;
  t.host = in->host;
  t.issue_ctx = in->context;
  put(t.slot, in->slot, sizeof in->slot);
  put(t.coord, &in->coord, sizeof in->coord);
  put(t.value, in->value, R_BYTES_MAX);
  put(t.old, in->old, R_BYTES_MAX);
  t.pt_ok = in->page_ok;
  t.pt_foreign = in->page_foreign;
  t.pt_kind = static_cast<uint8_t>(in->page_kind);
  t.pt_region = static_cast<uint16_t>(in->page_region);
  t.pt_frame = in->page_frame;
  t.mem_tier = static_cast<uint8_t>(in->tier);
  t.rsp_valid = in->answered;
  put(t.rsp_data, in->line, sizeof in->line);
  t.clk = 0;
  t.eval();
  *out = memory_out();
  out->entry_free = t.entry_free;
  out->closed = t.s_closed;
  out->pending = t.memory_pending;
  get(t.step_out, &out->step, sizeof out->step);
  out->step_fault = t.step_fault;
  out->fault = t.fault;
  out->fault_code = t.fault_code;
  out->results = t.w_valid;
  out->result_context = t.w_ctx;
  for (unsigned i = 0; i < MEMORY_PORTS; i++)
    out->result_reg[i] = t.w_reg[i / 8] >> 4 * (i % 8) & 15;
  unsigned bytes = t.dlen / 8;
  for (unsigned i = 0; i < MEMORY_PORTS && (i + 1) * bytes <= 3584 / 8; i++)
    memcpy(out->result[i], reinterpret_cast<const uint8_t *>(&t.w_data[0]) + i * bytes, bytes);
  out->arrive = t.arrive;
  out->arrive_context = t.arrive_ctx;
  out->arrive_reg = t.arrive_reg;
  out->arrive_tier = t.arrive_tier;
  out->page = t.pt_valid;
  out->page_op = static_cast<page_op>(t.pt_op);
  get(t.pt_coord, &out->page_coord, sizeof out->page_coord);
  out->page_pages = t.pt_pages;
  out->page_shared = t.pt_shared;
  out->request = t.mem_valid;
  out->request_op = static_cast<memory_op>(t.mem_op);
  out->request_id = t.mem_id;
  out->request_context = t.mem_ctx;
  out->request_kind = t.mem_kind;
  out->request_line = t.mem_line;
  get(t.mem_data, out->request_data, LINE_BYTES);
  out->request_mask = t.mem_mask;
  out->request_dirty = t.mem_dirty;
  out->victim = t.victim_valid;
  out->victim_line = t.victim_line;
  get(t.victim_data, out->victim_data, LINE_BYTES);
  out->victim_mask = t.victim_mask;
  out->victim_in_flight = t.victim_inflight;
  out->victim_id = t.victim_id;
  out->free = t.free_valid;
  out->free_region = t.free_region;
  out->ptc_hit = t.ev_ptc_hit;
  out->ptc_miss = t.ev_ptc_miss;
  out->walk = t.ev_walk;
  out->l1_hit = t.ev_l1_hit;
  out->l1_merge = t.ev_l1_merge;
}

void memory_clock(struct memory *m)
{
  m->top.clk = 1;
  m->top.eval();
}
