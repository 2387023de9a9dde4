/* See verilated_core.h. */
#include "rtl/cosim/verilated_core.h"

#include "rtl/cosim/built_in.h"
#include "rtl/cosim/tlm_node.h"

#include "Vsentron_core.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <type_traits>

using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;

namespace vtpu_tlm
{

enum { CONTEXTS = 2, CORES = 8, LINES = 17 };
enum { READ, READ_NTA, PREFETCH_L2, PREFETCH_L3, WRITE, FLUSH }; /* of mem_op (rtl/README.md) */

/* --- ports -------------------------------------------------------------------------------------
 */

/* Every port of sentron_core but the clock. */
#define VERILATED_CORE_PORTS(P)                                                                    \
  P(reset)                                                                                         \
  P(ids) P(node) P(present) P(homes) P(siw_address) P(siw) P(set_up) P(set_up_context)             \
      P(set_up_index) P(set_up_data) P(start) P(entry) P(past) P(send) P(send_data) P(take)        \
          P(back) P(arrive) P(arrive_data) P(arrived) P(c_context) P(c_slot) P(collect)            \
              P(collect_members) P(collect_value) P(release_) P(release_data) P(spawn) P(host)     \
                  P(host_coord) P(pt_valid) P(pt_op) P(pt_coord) P(pt_pages) P(pt_shared) P(pt_ok) \
                      P(pt_kind) P(pt_foreign) P(pt_region) P(pt_frame) P(mem_valid) P(mem_op)     \
                          P(mem_id) P(mem_ctx) P(mem_kind) P(mem_line) P(mem_data) P(mem_mask)     \
                              P(mem_dirty) P(mem_tier) P(victim_valid) P(victim_line)              \
                                  P(victim_data) P(victim_mask) P(victim_inflight) P(victim_id)    \
                                      P(free_valid) P(free_region) P(rsp_valid) P(rsp_data)        \
                                          P(ev_ptc_hit) P(ev_ptc_miss) P(ev_walk) P(ev_l1_hit)     \
                                              P(ev_l1_merge) P(running) P(issued) P(pc) P(stall)   \
                                                  P(fault) P(fault_code) P(result) P(owed)         \
                                                      P(pending) P(r_now) P(p_now) P(m_now)        \
                                                          P(l_now)

template <class Port>
using Wire = sc_core::sc_signal<typename std::remove_reference_t<Port>::data_type>;

struct VerilatedCore::Pins {
  Vsentron_core model{"sentron_core"};
#define PORT(name) Wire<decltype(Vsentron_core::name)> name;
  VERILATED_CORE_PORTS(PORT)
#undef PORT
  std::remove_reference_t<decltype(Vsentron_core::rsp_data)>::data_type lines;

  Pins()
  {
#define PORT(name) model.name(name);
    VERILATED_CORE_PORTS(PORT)
#undef PORT
  }
};

/* Bytes of a value of any width, as of bit `at`. */
template <class Bits>
static void bytes_from(const Bits &value, unsigned at, std::uint8_t *out, unsigned bytes)
{
  for (unsigned i = 0; i < bytes; i++) {
    unsigned bit = at + 8 * i;
    out[i] = static_cast<std::uint8_t>(value.get_word(static_cast<int>(bit / 32)) >> bit % 32);
  }
}

template <class Bits>
static void bytes_into(Bits &value, unsigned at, const std::uint8_t *in, unsigned bytes)
{
  for (unsigned i = 0; i < bytes; i++) {
    int word = static_cast<int>((at + 8 * i) / 32);
    unsigned shift = (at + 8 * i) % 32;
    sc_dt::sc_digit rest = value.get_word(word) & ~(sc_dt::sc_digit{255} << shift);
    value.set_word(word, rest | static_cast<sc_dt::sc_digit>(in[i]) << shift);
  }
}

/* --- making ------------------------------------------------------------------------------------
 */

VerilatedCore::VerilatedCore(sc_core::sc_module_name name, const machine &m, const object &o,
                             sc_dt::uint64 base)
    : sc_module(name), memory("memory"), clk("clk"), start("start"), done("done"), object_(o),
      curve_(static_cast<enum curve>(m.curve)),
      l1_latency_(static_cast<std::uint64_t>(m.l1_latency)), base_(base),
      period_(1000.0 / m.clock, sc_core::SC_PS), answers_(LINES)
{
  check(m);
  pins_ = std::make_unique<Pins>();
  pins_->model.clk(clk);
  place();
  done.initialize(false);
  SC_HAS_PROCESS(VerilatedCore);
  SC_THREAD(work);
  SC_THREAD(bus);
  SC_METHOD(respond);
  dont_initialize();
  sensitive << answered_;
  SC_METHOD(fetch);
  dont_initialize();
  sensitive << clk.pos();
  SC_METHOD(translate);
  sensitive << pins_->pt_valid << pins_->pt_op << pins_->pt_coord;
}

/* Lanes are models of their own, which the core's last act frees. */
VerilatedCore::~VerilatedCore()
{
  pins_->model.final();
}

static std::string at_siw(const object &o, std::uint32_t i)
{
  char where[SYMBOL_TEXT_BYTES];
  return "SIW " + std::to_string(i) + " (" + object_symbolize(&o, i, where) + "): ";
}

/* What a single core and its memory can run. */
void VerilatedCore::check(const machine &m)
{
  static const char *const beyond[] = {"CBAR",  "CREDUCE", "CCAST",  "CSPAWN", "CROUTE",  "SALLOC",
                                       "SFREE", "SDEDUP",  "SASSOC", "SROUTE", "SNEIGHBR"};
  vtpu_error err;
  if (object_.dlen != VERILATED_DLEN)
    throw std::invalid_argument("the program is for DLEN " + std::to_string(object_.dlen) +
                                ", this verilated core for " + std::to_string(VERILATED_DLEN));
  machine spec;
  if (machine_load("spec", &spec, &err) || built_in_check(&m, &spec, "the preset spec", &err))
    throw std::invalid_argument(err.message);
  if (m.nodes > 1)
    throw std::invalid_argument("the machine has " + std::to_string(m.nodes) +
                                " nodes, the platform's core is alone");
  if (m.l2_bytes || m.l3_bytes)
    throw std::invalid_argument("the verilated core has memory behind its L1, no L2 and no L3\n"
                                "  --set l2_bytes=0 --set l3_bytes=0");
  if (object_.host_count)
    throw std::invalid_argument("the program has host steps; the verilated core runs once");
  for (std::uint32_t i = 0; i < object_.siw_count; i++) {
    bundle b;
    if (siw_decode(&object_.code[i], object_.dlen, &b, &err))
      throw std::invalid_argument(err.message);
    for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
      for (const char *mnemonic : beyond) {
        const op_info *op =
            op_find(static_cast<enum pipe>(pipe), static_cast<unsigned>(b.slot[pipe].op));
        if (op && std::strcmp(op->mnemonic, mnemonic) == 0)
          throw std::invalid_argument(at_siw(object_, i) + mnemonic +
                                      " needs more than a core and its memory");
      }
  }
  for (std::uint32_t i = 0; i < object_.sentron_count; i++) {
    const object_sentron &s = object_.sentrons[i];
    core_ = i ? core_ : s.id % CORES;
    if (s.node != 0 || s.id % CORES != core_ || !s.start)
      throw std::invalid_argument(std::string("sentron ") + s.name +
                                  " is not on the core of the first one, or does not start");
    sentron_[s.id / CORES] = static_cast<int>(i);
  }
}

/* Frames, and what is set up: all registers to zero, then as the object says; groups. */
void VerilatedCore::place()
{
  std::uint64_t frames = 0;
  for (std::uint32_t i = 0; i < object_.region_count; i++) {
    const object_region &r = object_.regions[i];
    first_frame_.push_back(frames);
    if (r.node == 0 || r.node == REGION_ALL_NODES)
      frames += region_pages(&r);
  }
  first_frame_.push_back(frames);
  for (unsigned x = 0; x < CONTEXTS; x++)
    for (unsigned reg = 0; reg < REG_L; reg++)
      sets_.push_back({x, reg, {}});
  for (std::uint32_t i = 0; i < object_.init_count; i++) {
    const object_init &in = object_.inits[i];
    unsigned first = in.file == FILE_R ? REG_R : in.file == FILE_P ? REG_P : REG_M;
    std::size_t bytes = in.file == FILE_R ? object_.dlen / 8 : in.file == FILE_P ? 16 : M_BYTES;
    sets_.push_back(
        {in.sentron == sentron_[1] ? 1u : 0u, first + in.index, {in.bytes, in.bytes + bytes}});
  }
  for (std::uint32_t g = 0; g < object_.group_count; g++) {
    const object_group &group = object_.groups[g];
    unsigned members = 0;
    for (unsigned i = 0; i < group.count; i++)
      members |= 1u << group.members[i];
    for (unsigned x = 0; x < CONTEXTS && (group.node == 0 || group.node == REGION_ALL_NODES); x++)
      sets_.push_back(
          {x,
           32u + group.id,
           {static_cast<std::uint8_t>(members), static_cast<std::uint8_t>(members >> 8)}});
  }
}

sc_dt::uint64 VerilatedCore::address_of(const object_region &r) const
{
  return base_ + first_frame_[static_cast<std::size_t>(&r - object_.regions)] * PAGE_BYTES;
}

std::size_t VerilatedCore::memory_bytes() const
{
  return first_frame_.back() * PAGE_BYTES;
}

unsigned VerilatedCore::register_of(unsigned sentron, unsigned reg,
                                    std::uint8_t out[R_BYTES_MAX]) const
{
  unsigned x = static_cast<int>(sentron) == sentron_[1] ? 1 : 0, r_bytes = object_.dlen / 8;
  if (reg < REG_P) {
    bytes_from(pins_->r_now.read(), 8 * r_bytes * (16 * x + reg), out, r_bytes);
    return r_bytes;
  }
  if (reg < REG_M) {
    bytes_from(pins_->p_now.read(), 128 * (8 * x + reg - REG_P), out, 16);
    return 16;
  }
  bytes_from(pins_->m_now.read(), 8 * M_BYTES * (4 * x + reg - REG_M), out, M_BYTES);
  return M_BYTES;
}

void VerilatedCore::fail(const std::string &why)
{
  if (message_.empty())
    message_ = why;
}

/* --- what answers in the same cycle ------------------------------------------------------------
 */

/* The memory of SIWs: at the edge it takes the address, and answers after it. */
void VerilatedCore::fetch()
{
  auto siw = pins_->siw.read();
  for (unsigned x = 0; x < CONTEXTS; x++) {
    std::uint32_t at = static_cast<std::uint32_t>(pins_->siw_address.read() >> 32 * x);
    static const struct siw none = {};
    const struct siw &here = at < object_.siw_count ? object_.code[at] : none;
    bytes_into(siw, 8 * SIW_BYTES * x, here.bytes, SIW_BYTES);
  }
  pins_->siw.write(siw);
}

void VerilatedCore::translate()
{
  if (!pins_->pt_valid.read())
    return;
  coord c;
  std::uint8_t bytes[sizeof c];
  bytes_from(pins_->pt_coord.read(), 0, bytes, sizeof bytes);
  std::memcpy(&c, bytes, sizeof c);
  c = coord_with_flags(c, 0);
  bool ok = false;
  for (std::uint32_t i = 0; i < object_.region_count && !ok; i++) {
    const object_region &r = object_.regions[i];
    if ((r.node != 0 && r.node != REGION_ALL_NODES) || !region_contains(&r, c))
      continue;
    ok = true;
    pins_->pt_kind.write(r.kind);
    pins_->pt_foreign.write(r.kind == REGION_PRIVATE && r.core != core_);
    pins_->pt_region.write(i);
    pins_->pt_frame.write(
        static_cast<std::uint32_t>(first_frame_[i] + window_offset(r, c, curve_) / PAGE_BYTES));
  }
  pins_->pt_ok.write(ok);
}

/* --- a run -------------------------------------------------------------------------------------
 */

/* To the middle of the next clock cycle, when all that the core shows in it has settled. */
void VerilatedCore::tick()
{
  wait(clk.negedge_event());
  cycle_++;
  valid_ = 0;
}

void VerilatedCore::work()
{
  Pins &p = *pins_;
  p.mem_tier.write(STALL_DDR - STALL_L1);
  p.ids.write(core_ | (core_ + CORES) << 4);
  std::uint32_t present = 0;
  auto homes = p.homes.read();
  for (unsigned x = 0; x < CONTEXTS; x++)
    if (sentron_[x] >= 0) {
      const object_sentron &s = object_.sentrons[sentron_[x]];
      present |= 1u << s.id;
      for (int bit = 0; bit < 121; bit++)
        homes[121 * s.id + bit] = ((bit < 64 ? s.home.lo : s.home.hi) >> bit % 64 & 1) != 0;
    }
  p.present.write(present);
  p.homes.write(homes);
  p.reset.write(true);
  tick();
  tick();
  p.reset.write(false);
  for (const Set &s : sets_) {
    auto data = p.set_up_data.read();
    data = 0;
    bytes_into(data, 0, s.data.data(), static_cast<unsigned>(s.data.size()));
    p.set_up.write(true);
    p.set_up_context.write(s.context != 0);
    p.set_up_index.write(s.index);
    p.set_up_data.write(data);
    tick();
  }
  p.set_up.write(false);
  while (!start.read())
    tick();
  if (!run() && message_.empty())
    fail("the core faults");
  done.write(true);
}

/* The cycle in which `start` is up is cycle 0 (sim/vtpu.h). */
bool VerilatedCore::run()
{
  Pins &p = *pins_;
  std::uint64_t entry = 0, past = 0;
  unsigned started = 0;
  for (unsigned x = 0; x < CONTEXTS; x++)
    if (sentron_[x] >= 0) {
      const object_sentron &s = object_.sentrons[sentron_[x]];
      entry |= static_cast<std::uint64_t>(s.entry) << 32 * x;
      past |= static_cast<std::uint64_t>(s.end) << 32 * x;
      started |= 1u << x;
    }
  p.entry.write(entry);
  p.past.write(past);
  p.start.write(started);
  cycle_ = 0;
  tick();
  p.start.write(0);
  while (message_.empty()) {
    if (!p.running.read() && !p.owed.read() && !p.pending.read())
      break;
    for (unsigned x = 0; x < CONTEXTS; x++)
      if (p.fault.read() >> x & 1) {
        std::uint32_t at = static_cast<std::uint32_t>(p.pc.read() >> 32 * x);
        fail(at_siw(object_, at) + "fault " + std::to_string(p.fault_code.read() >> 4 * x & 15) +
             " in cycle " + std::to_string(cycle_));
        return false;
      }
    take_requests();
    answered_.notify();
    tick();
  }
  cycles_ = cycle_;
  return message_.empty();
}

/* --- lines -------------------------------------------------------------------------------------
 */

/* Requests of this cycle, the victim after the access that drives it out. */
void VerilatedCore::take_requests()
{
  Pins &p = *pins_;
  std::uint8_t data[CELL_BYTES];
  if (p.mem_valid.read()) {
    int id = static_cast<int>(p.mem_id.read());
    unsigned op = p.mem_op.read();
    bytes_from(p.mem_data.read(), 0, data, CELL_BYTES);
    answers_[static_cast<std::size_t>(id)].busy = true;
    if (op == FLUSH && !p.mem_dirty.read())
      answers_[static_cast<std::size_t>(id)].due = cycle_ + l1_latency_;
    else
      ask(op == WRITE || op == FLUSH, id, p.mem_line.read(), data, p.mem_mask.read());
  }
  if (p.victim_valid.read()) {
    bytes_from(p.victim_data.read(), 0, data, CELL_BYTES);
    ask(true, -1, p.victim_line.read(), data, p.victim_mask.read());
  }
}

void VerilatedCore::ask(bool write, int id, std::uint64_t line, const std::uint8_t *data,
                        std::uint64_t mask)
{
  Request r = {write, id, cycle_, sc_core::sc_time_stamp(), line, {}, {}};
  std::memcpy(r.data, data, sizeof r.data);
  for (unsigned i = 0; i < CELL_BYTES; i++)
    r.enable[i] = mask >> i & 1 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
  if (id >= 0) {
    answers_[static_cast<std::size_t>(id)].due = UINT64_MAX;
    lines_++;
  }
  asked_.push_back(r);
  request_.notify();
}

void VerilatedCore::bus()
{
  for (;;) {
    while (asked_.empty())
      wait(request_);
    Request r = asked_.front();
    asked_.pop_front();
    bool whole =
        std::find(r.enable, r.enable + CELL_BYTES, TLM_BYTE_DISABLED) == r.enable + CELL_BYTES;
    tlm::tlm_generic_payload p;
    sc_time delay = SC_ZERO_TIME;
    p.set_command(r.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    p.set_address(base_ + r.line * CELL_BYTES);
    p.set_data_ptr(r.data);
    p.set_data_length(CELL_BYTES);
    p.set_streaming_width(CELL_BYTES);
    if (r.write && !whole) {
      p.set_byte_enable_ptr(r.enable);
      p.set_byte_enable_length(CELL_BYTES);
    }
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    memory->b_transport(p, delay);
    if (!p.is_response_ok()) {
      fail("memory answered " + p.get_response_string());
      continue;
    }
    if (r.id < 0)
      continue;
    Line &l = answers_[static_cast<std::size_t>(r.id)];
    double cycles = (sc_core::sc_time_stamp() + delay - r.when) / period_;
    /* The machine's DDR counts in 1/256 of a cycle. */
    l.due = r.cycle + static_cast<std::uint64_t>(std::ceil(cycles - 1.0 / 512));
    l.due = std::max(l.due, cycle_ + 1);
    std::memcpy(l.data, r.data, CELL_BYTES);
    answered_.notify(); /* it may be due in the very next cycle */
  }
}

/* Lines whose time has come are handed over in the cycle before the one in which they are ready. */
void VerilatedCore::respond()
{
  for (unsigned i = 0; i < LINES; i++) {
    Line &l = answers_[i];
    if (!l.busy || l.due != cycle_ + 1)
      continue;
    bytes_into(pins_->lines, 8 * CELL_BYTES * i, l.data, CELL_BYTES);
    l.busy = false;
    valid_ |= 1u << i;
  }
  if (valid_)
    pins_->rsp_data.write(pins_->lines);
  pins_->rsp_valid.write(valid_);
}

} // namespace vtpu_tlm
