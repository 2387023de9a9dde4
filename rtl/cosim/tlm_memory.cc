/* See tlm_memory.h. */
#include "rtl/cosim/tlm_memory.h"

#include <algorithm>
#include <cstring>

using sc_core::sc_time;

namespace vtpu_tlm
{

enum { LINE = 64 };

Memory::Memory(sc_core::sc_module_name name, std::size_t bytes, sc_time latency, double bandwidth)
    : sc_module(name), socket("socket"), data_(bytes), latency_(latency), bandwidth_(bandwidth),
      phases_(this, &Memory::phase_reached)
{
  socket.register_b_transport(this, &Memory::b_transport);
  socket.register_nb_transport_fw(this, &Memory::forward);
  socket.register_get_direct_mem_ptr(this, &Memory::direct);
  socket.register_transport_dbg(this, &Memory::debug);
}

/* --- timing ------------------------------------------------------------------------------------
 */

/* Takes the port; returns when the last byte is there. *taken: when the port was got. */
sc_time Memory::reserve(sc_time arrival, unsigned bytes, sc_time *taken)
{
  double from = std::max(arrival.to_seconds() * 1e12, free_);
  free_ = from + 1000 * bytes / bandwidth_;
  *taken = sc_time(from, sc_core::SC_PS);
  unsigned rest = bytes > LINE ? bytes - LINE : 0;
  return sc_time(from + 1000 * rest / bandwidth_, sc_core::SC_PS) + latency_;
}

void Memory::b_transport(int, tlm::tlm_generic_payload &p, sc_time &delay)
{
  sc_time now = sc_core::sc_time_stamp(), taken;
  execute(p);
  delay = reserve(now + delay, p.get_data_length(), &taken) - now;
}

/* Remembers the initiator's number beside the payload until the response is over. */
struct Memory::Pending : tlm::tlm_extension<Pending> {
  int id = 0;
  tlm::tlm_extension_base *clone() const override { return new Pending(*this); }
  void copy_from(const tlm::tlm_extension_base &other) override
  {
    id = static_cast<const Pending &>(other).id;
  }
};

tlm::tlm_sync_enum Memory::forward(int id, tlm::tlm_generic_payload &p, tlm::tlm_phase &phase,
                                   sc_time &delay)
{
  if (phase == tlm::END_RESP) {
    p.release();
    return tlm::TLM_COMPLETED;
  }
  Pending *pending = new Pending;
  pending->id = id;
  p.set_auto_extension(pending);
  p.acquire();
  sc_time now = sc_core::sc_time_stamp(), taken;
  sc_time answered = reserve(now + delay, p.get_data_length(), &taken);
  phases_.notify(p, tlm::END_REQ, taken - now);
  phases_.notify(p, tlm::BEGIN_RESP, answered - now);
  return tlm::TLM_ACCEPTED;
}

void Memory::phase_reached(tlm::tlm_generic_payload &p, const tlm::tlm_phase &phase)
{
  tlm::tlm_phase sent = phase;
  sc_time delay = sc_core::SC_ZERO_TIME;
  if (phase == tlm::BEGIN_RESP)
    execute(p);
  socket[p.get_extension<Pending>()->id]->nb_transport_bw(p, sent, delay);
}

/* --- data --------------------------------------------------------------------------------------
 */

bool Memory::holds(const tlm::tlm_generic_payload &p) const
{
  return p.get_address() <= data_.size() && p.get_data_length() <= data_.size() - p.get_address();
}

void Memory::execute(tlm::tlm_generic_payload &p)
{
  std::uint8_t *here = data_.data() + p.get_address();
  if (!holds(p)) {
    p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (p.get_streaming_width() < p.get_data_length()) {
    p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  if (const std::uint8_t *enable = p.get_byte_enable_ptr()) {
    for (unsigned i = 0; i < p.get_data_length(); i++)
      if (enable[i % p.get_byte_enable_length()] == TLM_BYTE_ENABLED) {
        std::uint8_t *data = p.get_data_ptr() + i;
        p.is_write() ? here[i] = *data : *data = here[i];
      }
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  if (p.is_read())
    std::memcpy(p.get_data_ptr(), here, p.get_data_length());
  else if (p.is_write())
    std::memcpy(here, p.get_data_ptr(), p.get_data_length());
  p.set_dmi_allowed(true);
  p.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned Memory::debug(int, tlm::tlm_generic_payload &p)
{
  if (!holds(p))
    return 0;
  execute(p);
  return p.is_response_ok() ? p.get_data_length() : 0;
}

bool Memory::direct(int, tlm::tlm_generic_payload &, tlm::tlm_dmi &dmi)
{
  dmi.set_dmi_ptr(data_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(data_.size() - 1);
  dmi.allow_read_write();
  dmi.set_read_latency(latency_);
  dmi.set_write_latency(latency_);
  return true;
}

} // namespace vtpu_tlm
