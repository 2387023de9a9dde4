// The verilated core behind a C interface: see core.h.
#include "rtl/cosim/core.h"
#include "rtl/tb/coverage.h"

#include "Vcore_bench.h"
#include "Vcore_bench__Syms.h"
#include "verilated.h"
#include "verilated_fst_c.h"

#include <cstring>
#include <memory>
#include <vector>

const unsigned rtl_dlen = RTL_DLEN, rtl_nodes = RTL_NODES;
const char *const rtl_params = RTL_PARAMS;

enum { CHANNELS = 16 + RTL_NODES };

struct rtl_core {
  VerilatedContext context;
  Vcore_bench top{&context};
  std::unique_ptr<VerilatedFstC> fst;
  uint64_t time = 0;  // of the next edge in the waveform: two steps a cycle
  bool driven = true; // an input was set since the last edge
  // A core whose whole state is the same after two edges without inputs stands still: it is not
  // evaluated again until an input comes.
  bool still = false;
  unsigned quiet = 0;               // cycles in which nothing happened, up to now
  std::vector<unsigned char> state; // after the last edge, when it is to be compared
  struct rtl_seen seen = {};        // of the last evaluation
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
static void inputs_off(Vcore_bench &t)
{
  t.next_set_up = t.next_start = 0;
  t.next_host = 0;
  t.back = t.arrive = 0;
  t.arrived = 0;
  t.release_ = 0;
  t.rsp_valid = 0;
  t.pt_ok = 0;
}

// Inputs are set through this.
static Vcore_bench &inputs(struct rtl_core *c)
{
  c->driven = true;
  return c->top;
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
  if (c->fst) {
    c->fst->dump(c->time - 1);
    c->fst->close();
  }
  c->top.final();
  coverage_keep(c->context);
  // A model with blocks erases their scopes in the thread's context, which is that of the core made
  // last and may be gone.
  Verilated::threadContextp(&c->context);
  delete c;
}

void rtl_core_trace(struct rtl_core *c, const char *path, uint64_t cycle)
{
  c->fst = std::make_unique<VerilatedFstC>();
  c->top.trace(c->fst.get(), 99);
  c->fst->open(path);
  c->time = 2 * cycle;
  c->still = false;
}

void rtl_core_place(struct rtl_core *c, const unsigned ids[RTL_CONTEXTS], unsigned node,
                    uint16_t present, const struct coord homes[SENTRONS_PER_NODE_MAX])
{
  Vcore_bench &t = inputs(c);
  t.next_ids = static_cast<CData>(ids[0] | ids[1] << 4);
  t.next_node = static_cast<CData>(node);
  t.next_present = present;
  memset(bytes_of(t.next_homes), 0, sizeof t.next_homes);
  for (unsigned i = 0; i < SENTRONS_PER_NODE_MAX; i++)
    for (unsigned bit = 0; bit < 121; bit++) {
      uint64_t word = bit < 64 ? homes[i].lo : homes[i].hi;
      unsigned at = 121 * i + bit;
      t.next_homes[at / 32] |= static_cast<WData>(word >> bit % 64 & 1) << at % 32;
    }
}

void rtl_core_reset(struct rtl_core *c)
{
  inputs(c).next_reset = 1;
  rtl_core_clock(c, NULL, 0);
  inputs(c).next_reset = 0;
}

void rtl_core_set_up(struct rtl_core *c, unsigned context, unsigned index, const void *data,
                     size_t bytes)
{
  Vcore_bench &t = inputs(c);
  t.next_set_up = 1;
  t.next_set_up_context = static_cast<CData>(context);
  t.next_set_up_index = static_cast<CData>(index);
  memset(bytes_of(t.next_set_up_data), 0, sizeof t.next_set_up_data);
  memcpy(bytes_of(t.next_set_up_data), data, bytes);
}

void rtl_core_host(struct rtl_core *c, struct coord coord)
{
  Vcore_bench &t = inputs(c);
  t.next_host = 1;
  memcpy(bytes_of(t.next_host_coord), &coord, sizeof coord);
}

void rtl_core_start(struct rtl_core *c, unsigned context, uint32_t entry, uint32_t end)
{
  Vcore_bench &t = inputs(c);
  t.next_start |= static_cast<CData>(1u << context);
  uint64_t mask = UINT64_C(0xffffffff) << 32 * context;
  t.next_entry = (t.next_entry & ~mask) | static_cast<uint64_t>(entry) << 32 * context;
  t.next_past = (t.next_past & ~mask) | static_cast<uint64_t>(end) << 32 * context;
}

void rtl_core_page(struct rtl_core *c, bool ok, unsigned kind, bool foreign, uint16_t region,
                   uint32_t frame)
{
  Vcore_bench &t = inputs(c);
  t.pt_ok = ok;
  t.pt_kind = static_cast<CData>(kind);
  t.pt_foreign = foreign;
  t.pt_region = region;
  t.pt_frame = frame;
}

void rtl_core_tier(struct rtl_core *c, unsigned tier)
{
  inputs(c).mem_tier = static_cast<CData>(tier);
}

void rtl_core_respond(struct rtl_core *c, unsigned id, const uint8_t line[CELL_BYTES])
{
  Vcore_bench &t = inputs(c);
  t.rsp_valid |= 1u << id;
  memcpy(bytes_of(t.rsp_data) + CELL_BYTES * id, line, CELL_BYTES);
}

void rtl_core_arrive(struct rtl_core *c, unsigned context, unsigned channel,
                     const uint8_t message[M_BYTES])
{
  Vcore_bench &t = inputs(c);
  unsigned at = CHANNELS * context + channel;
  t.arrive |= UINT64_C(1) << at;
  memcpy(bytes_of(t.arrive_data) + M_BYTES * at, message, M_BYTES);
}

void rtl_core_credit(struct rtl_core *c, unsigned context, unsigned channel)
{
  inputs(c).back |= UINT64_C(1) << (CHANNELS * context + channel);
}

void rtl_core_sent_arrived(struct rtl_core *c, unsigned context)
{
  Vcore_bench &t = inputs(c);
  t.arrived = static_cast<SData>(t.arrived + (1u << 5 * context));
}

template <class Port> static void put_value(Port &port, unsigned context, const uint8_t *value)
{
  memcpy(bytes_of(port) + rtl_dlen / 8 * context, value, rtl_dlen / 8);
}

void rtl_core_release(struct rtl_core *c, unsigned context, const uint8_t *value)
{
  Vcore_bench &t = inputs(c);
  t.release_ |= static_cast<CData>(1u << context);
  if (value)
    put_value(t.release_data, context, value);
}

static void see_memory(const Vcore_bench &t, struct rtl_seen *out)
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

static void see(struct rtl_core *c)
{
  const Vcore_bench &t = c->top;
  struct rtl_seen *out = &c->seen;
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

void rtl_core_settle(struct rtl_core *c, struct rtl_seen *out)
{
  if (!c->still) {
    c->top.clk = 0;
    c->top.eval();
    see(c);
  }
  *out = c->seen;
}

// The memory of SIWs answers with the edge; past its end it gives nothing.
static void fetch(Vcore_bench &t, const struct siw *code, uint32_t count)
{
  for (unsigned x = 0; x < RTL_CONTEXTS; x++) {
    uint32_t at = static_cast<uint32_t>(t.siw_address >> 32 * x);
    if (at < count)
      memcpy(bytes_of(t.next_siw) + SIW_BYTES * x, &code[at], SIW_BYTES);
    else
      memset(bytes_of(t.next_siw) + SIW_BYTES * x, 0, SIW_BYTES);
  }
}

enum { QUIET = 9 }; // cycles before it is asked, every other edge, whether the core stands still

// After an edge. All flip-flops, memories and inputs of the model lie in its symbol table; where
// lanes are models of their own, what they hold belongs to results whose tags are here.
static void stand_still(struct rtl_core *c, bool driven)
{
  const struct rtl_seen &s = c->seen;
  bool happens = driven || c->fst || s.issued[0] || s.issued[1] || s.result[0] || s.result[1] ||
                 s.page || s.memory;
  c->quiet = happens ? 0 : c->quiet + 1;
  if (c->quiet < QUIET)
    return;
  const unsigned char *now = reinterpret_cast<const unsigned char *>(c->top.rootp->vlSymsp);
  if ((c->quiet - QUIET) % 2 == 0)
    c->state.assign(now, now + sizeof *c->top.rootp->vlSymsp);
  else
    c->still = memcmp(c->state.data(), now, c->state.size()) == 0;
}

void rtl_core_clock(struct rtl_core *c, const struct siw *code, uint32_t count)
{
  Vcore_bench &t = c->top;
  bool driven = c->driven;
  c->driven = false;
  uint64_t time = c->time;
  c->time += 2;
  c->still = c->still && !driven;
  if (c->still)
    return;
  if (t.clk) { // no cycle before it has settled: reset, set-up
    t.clk = 0;
    t.eval();
  }
  if (c->fst && time > 0)
    c->fst->dump(time - 1);
  fetch(t, code, count);
  t.clk = 1;
  t.eval();
  if (c->fst)
    c->fst->dump(time);
  inputs_off(t);
  stand_still(c, driven);
}

unsigned rtl_core_register(const struct rtl_core *c, unsigned context, unsigned reg,
                           uint8_t out[R_BYTES_MAX])
{
  const Vcore_bench &t = c->top;
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
