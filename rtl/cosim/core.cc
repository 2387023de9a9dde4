// The verilated core behind a C interface: see core.h.
#include "rtl/cosim/core.h"

#include "Vsentron_core.h"
#include "verilated.h"
#include "verilated_fst_c.h"

#include <cstring>
#include <memory>

const unsigned rtl_dlen = RTL_DLEN, rtl_nodes = RTL_NODES;

enum { CHANNELS = 16 + RTL_NODES };

struct rtl_core {
  VerilatedContext context;
  Vsentron_core top{&context};
  std::unique_ptr<VerilatedFstC> fst;
  uint64_t time = 0; // of the waveform: two steps a cycle
};

// Ports of more than 64 bits are arrays of words, little-endian like the host.
template <class Port> static uint8_t *bytes_of(Port &port)
{
  return reinterpret_cast<uint8_t *>(&port[0]);
}

template <class Port> static const uint8_t *bytes_of(const Port &port)
{
  return reinterpret_cast<const uint8_t *>(&port[0]);
}

// What is an event is off until it is set again.
static void inputs_off(Vsentron_core &t)
{
  t.set_up = t.start = 0;
  t.back = t.arrive = 0;
  t.arrived = 0;
  t.release_ = 0;
  t.rsp_valid = 0;
  t.pt_ok = 0;
  t.host = 0;
}

struct rtl_core *rtl_core_new(void)
{
  struct rtl_core *c = new rtl_core;
  c->context.traceEverOn(true);
  inputs_off(c->top);
  c->top.clk = 0;
  c->top.eval();
  return c;
}

void rtl_core_free(struct rtl_core *c)
{
  if (c->fst)
    c->fst->close();
  c->top.final();
  delete c;
}

void rtl_core_trace(struct rtl_core *c, const char *path, uint64_t cycle)
{
  c->fst = std::make_unique<VerilatedFstC>();
  c->top.trace(c->fst.get(), 99);
  c->fst->open(path);
  c->time = 2 * cycle;
}

void rtl_core_place(struct rtl_core *c, const unsigned ids[RTL_CONTEXTS], unsigned node,
                    uint16_t present, const struct coord homes[SENTRONS_PER_NODE_MAX])
{
  Vsentron_core &t = c->top;
  t.ids = static_cast<CData>(ids[0] | ids[1] << 4);
  t.node = static_cast<CData>(node);
  t.present = present;
  memset(bytes_of(t.homes), 0, sizeof t.homes);
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++)
    for (unsigned bit = 0; bit < 121; bit++) {
      uint64_t word = bit < 64 ? homes[i].lo : homes[i].hi;
      unsigned at = 121 * i + bit;
      t.homes[at / 32] |= static_cast<WData>(word >> bit % 64 & 1) << at % 32;
    }
}

void rtl_core_reset(struct rtl_core *c)
{
  c->top.reset = 1;
  rtl_core_clock(c, NULL, 0);
  c->top.reset = 0;
}

void rtl_core_set_up(struct rtl_core *c, unsigned context, unsigned index, const void *data,
                     size_t bytes)
{
  Vsentron_core &t = c->top;
  t.set_up = 1;
  t.set_up_context = static_cast<CData>(context);
  t.set_up_index = static_cast<CData>(index);
  memset(bytes_of(t.set_up_data), 0, sizeof t.set_up_data);
  memcpy(bytes_of(t.set_up_data), data, bytes);
}

void rtl_core_host(struct rtl_core *c, struct coord coord)
{
  c->top.host = 1;
  memcpy(bytes_of(c->top.host_coord), &coord, sizeof coord);
}

void rtl_core_start(struct rtl_core *c, unsigned context, uint32_t entry, uint32_t end)
{
  Vsentron_core &t = c->top;
  t.start |= static_cast<CData>(1u << context);
  uint64_t mask = UINT64_C(0xffffffff) << 32 * context;
  t.entry = (t.entry & ~mask) | static_cast<uint64_t>(entry) << 32 * context;
  t.past = (t.past & ~mask) | static_cast<uint64_t>(end) << 32 * context;
}

void rtl_core_page(struct rtl_core *c, bool ok, unsigned kind, bool foreign, uint16_t region,
                   uint32_t frame)
{
  Vsentron_core &t = c->top;
  t.pt_ok = ok;
  t.pt_kind = static_cast<CData>(kind);
  t.pt_foreign = foreign;
  t.pt_region = region;
  t.pt_frame = frame;
}

void rtl_core_tier(struct rtl_core *c, unsigned tier)
{
  c->top.mem_tier = static_cast<CData>(tier);
}

void rtl_core_respond(struct rtl_core *c, unsigned id, const uint8_t line[CELL_BYTES])
{
  Vsentron_core &t = c->top;
  t.rsp_valid |= 1u << id;
  memcpy(bytes_of(t.rsp_data) + CELL_BYTES * id, line, CELL_BYTES);
}

void rtl_core_arrive(struct rtl_core *c, unsigned context, unsigned channel,
                     const uint8_t message[M_BYTES])
{
  Vsentron_core &t = c->top;
  unsigned at = CHANNELS * context + channel;
  t.arrive |= UINT64_C(1) << at;
  memcpy(bytes_of(t.arrive_data) + M_BYTES * at, message, M_BYTES);
}

void rtl_core_credit(struct rtl_core *c, unsigned context, unsigned channel)
{
  c->top.back |= UINT64_C(1) << (CHANNELS * context + channel);
}

void rtl_core_sent_arrived(struct rtl_core *c, unsigned context)
{
  c->top.arrived = static_cast<SData>(c->top.arrived + (1u << 5 * context));
}

template <class Port> static void put_value(Port &port, unsigned context, const uint8_t *value)
{
  memcpy(bytes_of(port) + rtl_dlen / 8 * context, value, rtl_dlen / 8);
}

void rtl_core_release(struct rtl_core *c, unsigned context, const uint8_t *value)
{
  c->top.release_ |= static_cast<CData>(1u << context);
  if (value)
    put_value(c->top.release_data, context, value);
}

static void see_memory(const Vsentron_core &t, struct rtl_seen *out)
{
  out->page = t.pt_valid;
  if (out->page) {
    out->page_op = t.pt_op;
    memcpy(&out->page_coord, bytes_of(t.pt_coord), sizeof out->page_coord);
  }
  out->memory = t.mem_valid;
  if (out->memory) {
    out->memory_op = t.mem_op;
    out->memory_id = t.mem_id;
    out->memory_context = t.mem_ctx;
    out->memory_line = t.mem_line;
    out->memory_mask = t.mem_mask;
    out->memory_dirty = t.mem_dirty;
    memcpy(out->memory_data, bytes_of(t.mem_data), CELL_BYTES);
  }
  out->victim = t.victim_valid;
  if (out->victim) {
    out->victim_line = t.victim_line;
    out->victim_mask = t.victim_mask;
    memcpy(out->victim_data, bytes_of(t.victim_data), CELL_BYTES);
  }
  out->discard = t.free_valid;
}

void rtl_core_settle(struct rtl_core *c, struct rtl_seen *out)
{
  Vsentron_core &t = c->top;
  t.clk = 0;
  t.eval();
  for (unsigned x = 0; x < RTL_CONTEXTS; x++) {
    out->running[x] = t.running >> x & 1;
    out->issued[x] = t.issued >> x & 1;
    out->fault[x] = t.fault >> x & 1;
    out->fault_code[x] = t.fault_code >> 4 * x & 15;
    out->pc[x] = static_cast<uint32_t>(t.pc >> 32 * x);
    out->stall[x] = t.stall >> 5 * x & 31;
    out->result[x] = static_cast<uint32_t>(t.result >> 32 * x);
    out->owed[x] = static_cast<uint32_t>(t.owed >> 32 * x);
    uint64_t mask = (UINT64_C(1) << CHANNELS) - 1;
    out->send[x] = t.send >> CHANNELS * x & mask;
    out->take[x] = t.take >> CHANNELS * x & mask;
  }
  if (t.send)
    memcpy(out->message, bytes_of(t.send_data), M_BYTES);
  out->c_context = t.c_context;
  out->collect = t.collect;
  out->spawn = t.spawn;
  see_memory(t, out);
}

void rtl_core_clock(struct rtl_core *c, const struct siw *code, uint32_t count)
{
  Vsentron_core &t = c->top;
  if (t.clk) { // no cycle before it has settled: reset, set-up
    t.clk = 0;
    t.eval();
  }
  if (c->fst)
    c->fst->dump(c->time);
  uint64_t address = t.siw_address; // inputs that come with the edge do not move it
  t.clk = 1;
  t.eval();
  if (c->fst)
    c->fst->dump(c->time + 1);
  // The memory of SIWs answers after the edge; past its end it gives nothing.
  for (unsigned x = 0; x < RTL_CONTEXTS; x++) {
    uint32_t at = static_cast<uint32_t>(address >> 32 * x);
    if (at < count)
      memcpy(bytes_of(t.siw) + SIW_BYTES * x, &code[at], SIW_BYTES);
    else
      memset(bytes_of(t.siw) + SIW_BYTES * x, 0, SIW_BYTES);
  }
  inputs_off(t);
  c->time += 2;
}

unsigned rtl_core_register(const struct rtl_core *c, unsigned context, unsigned reg,
                           uint8_t out[R_BYTES_MAX])
{
  const Vsentron_core &t = c->top;
  const unsigned r_bytes = rtl_dlen / 8;
  if (reg < REG_P) {
    memcpy(out, bytes_of(t.r_now) + r_bytes * (16 * context + reg), r_bytes);
    return r_bytes;
  }
  if (reg < REG_M) {
    memcpy(out, bytes_of(t.p_now) + 16 * (8 * context + reg - REG_P), 16);
    return 16;
  }
  if (reg < REG_L) {
    memcpy(out, bytes_of(t.m_now) + M_BYTES * (4 * context + reg - REG_M), M_BYTES);
    return M_BYTES;
  }
  memcpy(out, bytes_of(t.l_now) + 4 * (4 * context + reg - REG_L), 4);
  return 4;
}
