/* See tlm_node.h. */
#include "rtl/cosim/tlm_node.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>

using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;

namespace vtpu_tlm
{

/* --- windows -----------------------------------------------------------------------------------
 */

static unsigned cells_of_page(int dim)
{
  return dim < 3 ? 4 : 1;
}

coord window_page(const object_region &r, std::uint64_t p)
{
  coord c = r.lo;
  for (int d = 0; d < COORD_DIMS; d++) {
    unsigned step = static_cast<unsigned>(p % r.extent[d]) * cells_of_page(d);
    c = coord_with_dim(c, d, coord_dim(c, d) + step);
    p /= r.extent[d];
  }
  return c;
}

std::uint64_t window_offset(const object_region &r, coord c, enum curve curve)
{
  std::uint64_t p = 0;
  for (int d = COORD_DIMS - 1; d >= 0; d--)
    p = p * r.extent[d] + (coord_dim(c, d) - coord_dim(r.lo, d)) / cells_of_page(d);
  std::uint64_t cell = coord_linear_lo(c.lo, curve_index[curve]) % PAGE_CELLS;
  return p * PAGE_BYTES + cell * CELL_BYTES + coord_offset(c);
}

struct Node::Bound {
  const object_region *region;
  sc_dt::uint64 address;
  std::vector<std::uint8_t> fetched;

  std::uint64_t pages() const { return fetched.size() / PAGE_BYTES; }
};

const object_region &region_named(const object &o, const std::string &name)
{
  for (std::uint32_t i = 0; i < o.region_count; i++)
    if (name == o.regions[i].name &&
        (o.regions[i].node == 0 || o.regions[i].node == REGION_ALL_NODES))
      return o.regions[i];
  throw std::invalid_argument("node 0 of the program has no region \"" + name + "\"");
}

/* --- making ------------------------------------------------------------------------------------
 */

Node::Node(sc_core::sc_module_name name, const machine &m, const object &o,
           const std::vector<Window> &windows, Timing timing, std::uint64_t quantum)
    : sc_module(name), memory("memory"), control("control"), done("done"), object_(o), machine_(m),
      timing_(timing), quantum_(quantum), period_(1000.0 / m.clock, sc_core::SC_PS),
      phases_(this, &Node::phase_reached)
{
  if (quantum == 0)
    throw std::invalid_argument("a quantum of 0 cycles never ends");
  for (const Window &w : windows) {
    if (w.address % CELL_BYTES)
      throw std::invalid_argument("the window of region \"" + w.region +
                                  "\" does not begin at a multiple of 64");
    auto b = std::make_unique<Bound>();
    b->region = &region_named(o, w.region);
    b->address = w.address;
    b->fetched.resize(region_pages(b->region) * PAGE_BYTES);
    windows_.push_back(std::move(b));
  }
  vtpu_options options = {};
  options.trace = issued;
  options.trace_user = this;
  vtpu_error err;
  if (vtpu_new(&machine_, &object_, &options, &simulator_, &err))
    throw std::invalid_argument(err.message);
  memory.register_nb_transport_bw(this, &Node::backward);
  control.register_b_transport(this, &Node::registers);
  done.initialize(false);
  SC_HAS_PROCESS(Node);
  SC_THREAD(work);
}

Node::~Node()
{
  vtpu_free(simulator_);
}

/* --- a run -------------------------------------------------------------------------------------
 */

void Node::work()
{
  for (;;) {
    wait(start_);
    done.write(false);
    status_ = run_once() ? Status::done : Status::failed;
    done.write(true);
  }
}

bool Node::run_once()
{
  traffic_ = Traffic();
  message_.clear();
  for (auto &b : windows_)
    if (!fetch(*b))
      return false;
  if (!run_program())
    return false;
  for (auto &b : windows_)
    if (!write_back(*b))
      return false;
  return true;
}

bool Node::fail(const std::string &why)
{
  message_ = why;
  return false;
}

bool Node::fetch(Bound &b)
{
  vtpu_error err;
  for (std::uint64_t p = 0; p < b.pages(); p++) {
    std::uint8_t *data = &b.fetched[p * PAGE_BYTES];
    if (!transport(tlm::TLM_READ_COMMAND, b.address + p * PAGE_BYTES, data, PAGE_BYTES))
      return false;
    if (vtpu_poke_run(simulator_, 0, window_page(*b.region, p), data, PAGE_BYTES, &err))
      return fail(err.message);
    traffic_.fetched += PAGE_BYTES;
  }
  return true;
}

bool Node::write_back(Bound &b)
{
  std::uint8_t now[PAGE_BYTES];
  vtpu_error err;
  for (std::uint64_t p = 0; p < b.pages(); p++) {
    if (vtpu_peek_run(simulator_, 0, window_page(*b.region, p), now, PAGE_BYTES, &err))
      return fail(err.message);
    for (unsigned at = 0; at < PAGE_BYTES; at += CELL_BYTES) {
      if (std::memcmp(now + at, &b.fetched[p * PAGE_BYTES + at], CELL_BYTES) == 0)
        continue;
      if (!transport(tlm::TLM_WRITE_COMMAND, b.address + p * PAGE_BYTES + at, now + at, CELL_BYTES))
        return false;
      traffic_.written += CELL_BYTES;
    }
  }
  return true;
}

sc_time Node::time_of(std::uint64_t cycle) const
{
  return began_ + static_cast<double>(cycle - first_cycle_) * period_;
}

bool Node::run_program()
{
  vtpu_error err;
  vtpu_status state = VTPU_RUNNING;
  first_cycle_ = vtpu_cycle(simulator_);
  began_ = sc_core::sc_time_stamp();
  const std::uint64_t everyone =
      object_.sentron_count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << object_.sentron_count) - 1;
  if (ran_before_ && vtpu_restart(simulator_, everyone, &err))
    return fail(err.message);
  ran_before_ = true;
  for (std::uint64_t until = first_cycle_; state == VTPU_RUNNING;) {
    until += quantum_;
    if (vtpu_run(simulator_, until, &state, &err)) {
      lines_.clear();
      state = VTPU_DONE;
      fail(err.message);
    }
    if (state == VTPU_DONE)
      until = vtpu_cycle(simulator_);
    ask_for_lines(state == VTPU_DONE ? UINT64_MAX : until);
    if (time_of(until) > sc_core::sc_time_stamp())
      wait(time_of(until) - sc_core::sc_time_stamp());
  }
  while (under_way_)
    wait(progress_);
  cycles_ = vtpu_cycle(simulator_) - first_cycle_;
  return message_.empty();
}

/* Notes what a window's memory is asked for: the lines that the machine's DDR supplies. */
void Node::issued(void *user, const vtpu_issue *issue)
{
  Node *n = static_cast<Node *>(user);
  if (!issue->has_memory || issue->tier != STALL_DDR || issue->node != 0)
    return;
  for (const auto &b : n->windows_)
    if (region_contains(b->region, issue->coord)) {
      std::uint64_t latency = static_cast<std::uint64_t>(n->machine_.ddr_latency);
      std::uint64_t asked = issue->ready > latency ? issue->ready - latency : 0;
      coord line = coord_with_flags(issue->coord, 0);
      n->lines_.push_back({asked, issue->ready, b.get(),
                           window_offset(*b->region, line, static_cast<curve>(n->machine_.curve))});
      return;
    }
}

/* --- memory ------------------------------------------------------------------------------------
 */

/* The payload is freed when the last of node and target lets go of it. */
struct Node::Request : tlm::tlm_mm_interface, tlm::tlm_generic_payload {
  std::uint8_t line_data[CELL_BYTES];
  Line line = {};
  bool of_run = false, complete = false, early = false; /* early: without a response phase */

  Request() : tlm_generic_payload(this) { acquire(); }
  void free(tlm::tlm_generic_payload *) override { delete this; }
};

static void fill(tlm::tlm_generic_payload &p, tlm::tlm_command command, sc_dt::uint64 address,
                 std::uint8_t *data, unsigned bytes)
{
  p.set_command(command);
  p.set_address(address);
  p.set_data_ptr(data);
  p.set_data_length(bytes);
  p.set_streaming_width(bytes);
  p.set_byte_enable_ptr(nullptr);
  p.set_dmi_allowed(false);
  p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

static std::string complaint(const tlm::tlm_generic_payload &p)
{
  char text[128];
  std::snprintf(text, sizeof text, "memory answered %s for %u bytes at 0x%llx",
                p.get_response_string().c_str(), p.get_data_length(),
                static_cast<unsigned long long>(p.get_address()));
  return text;
}

/* One transaction from beginning to end. */
bool Node::transport(tlm::tlm_command command, sc_dt::uint64 address, std::uint8_t *data,
                     unsigned bytes)
{
  if (timing_ == Timing::loose) {
    tlm::tlm_generic_payload p;
    sc_time delay = SC_ZERO_TIME;
    fill(p, command, address, data, bytes);
    memory->b_transport(p, delay);
    wait(delay);
    return p.is_response_ok() || fail(complaint(p));
  }
  Request *r = new Request;
  fill(*r, command, address, data, bytes);
  send(r);
  while (!r->complete)
    wait(progress_);
  bool ok = r->is_response_ok() || fail(complaint(*r));
  r->release();
  return ok;
}

/* Asks for the lines before cycle `until`, each at its time. */
void Node::ask_for_lines(std::uint64_t until)
{
  std::stable_sort(lines_.begin(), lines_.end(),
                   [](const Line &a, const Line &b) { return a.asked < b.asked; });
  auto end = std::find_if(lines_.begin(), lines_.end(),
                          [until](const Line &l) { return l.asked >= until; });
  std::vector<Line> due(lines_.begin(), end);
  lines_.erase(lines_.begin(), end);
  for (const Line &line : due) {
    sc_time now = sc_core::sc_time_stamp();
    sc_time delay = time_of(line.asked) > now ? time_of(line.asked) - now : SC_ZERO_TIME;
    sc_dt::uint64 address = line.window->address + line.offset;
    traffic_.lines++;
    if (timing_ == Timing::loose) {
      std::uint8_t data[CELL_BYTES];
      tlm::tlm_generic_payload p;
      fill(p, tlm::TLM_READ_COMMAND, address, data, CELL_BYTES);
      memory->b_transport(p, delay);
      answered(line, data, now + delay);
      continue;
    }
    wait(delay);
    Request *r = new Request;
    r->line = line;
    r->of_run = true;
    fill(*r, tlm::TLM_READ_COMMAND, address, r->line_data, CELL_BYTES);
    under_way_++;
    send(r);
  }
}

/* The machine's DDR counts in whole cycles, so an answer within one is in time. */
void Node::answered(const Line &line, const std::uint8_t *data, const sc_time &when)
{
  sc_time due = time_of(line.ready) + period_;
  if (when > due) {
    traffic_.late++;
    traffic_.latest = std::max(traffic_.latest, when - time_of(line.ready));
  }
  traffic_.stale += std::memcmp(data, &line.window->fetched[line.offset], CELL_BYTES) != 0;
}

/* Begins a request as soon as the one before it has been taken. */
void Node::send(Request *r)
{
  while (requesting_)
    wait(progress_);
  requesting_ = r;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_time delay = SC_ZERO_TIME;
  switch (memory->nb_transport_fw(*r, phase, delay)) {
  case tlm::TLM_ACCEPTED: break;
  case tlm::TLM_UPDATED: phases_.notify(*r, phase, delay); break;
  case tlm::TLM_COMPLETED:
    r->early = true;
    phases_.notify(*r, tlm::BEGIN_RESP, delay);
    break;
  }
}

tlm::tlm_sync_enum Node::backward(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                  sc_time &delay)
{
  phases_.notify(payload, phase, delay);
  return tlm::TLM_ACCEPTED;
}

void Node::phase_reached(tlm::tlm_generic_payload &payload, const tlm::tlm_phase &phase)
{
  Request *r = static_cast<Request *>(&payload); /* the node sends no others */
  if (requesting_ == r)
    requesting_ = nullptr; /* a response ends the request too */
  progress_.notify();
  if (phase != tlm::BEGIN_RESP)
    return;
  if (!r->early) {
    tlm::tlm_phase last = tlm::END_RESP;
    sc_time delay = SC_ZERO_TIME;
    memory->nb_transport_fw(payload, last, delay);
  }
  r->complete = true;
  if (!r->of_run)
    return;
  answered(r->line, r->line_data, sc_core::sc_time_stamp());
  under_way_--;
  payload.release();
}

/* --- registers ---------------------------------------------------------------------------------
 */

void Node::registers(tlm::tlm_generic_payload &p, sc_time &)
{
  const std::uint32_t values[] = {0, static_cast<std::uint32_t>(status_),
                                  static_cast<std::uint32_t>(cycles_),
                                  static_cast<std::uint32_t>(cycles_ >> 32)};
  const sc_dt::uint64 at = p.get_address();
  if (at % 4 || at >= sizeof values) {
    p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (p.get_data_length() != 4 || p.get_byte_enable_ptr()) {
    p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  std::uint32_t word = values[at / 4];
  if (p.is_read())
    std::memcpy(p.get_data_ptr(), &word, sizeof word);
  else
    std::memcpy(&word, p.get_data_ptr(), sizeof word);
  if (p.is_write() && (at != CONTROL || word != 1 || status_ == Status::running)) {
    p.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  if (p.is_write()) {
    status_ = Status::running;
    start_.notify();
  }
  p.set_response_status(tlm::TLM_OK_RESPONSE);
}

} // namespace vtpu_tlm
