/* Memory for a virtual platform: a TLM-2.0 target with any number of initiators, in both coding
 * styles.
 *
 * It has one port of a bandwidth, taken in the order of arrival, and a latency: the first 64 bytes
 * come `latency` after the port has been got, the others as fast as the port is. */
#ifndef VTPU_RTL_COSIM_TLM_MEMORY_H
#define VTPU_RTL_COSIM_TLM_MEMORY_H

#include <cstdint>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/peq_with_cb_and_phase.h>

namespace vtpu_tlm
{

class Memory : public sc_core::sc_module
{
public:
  tlm_utils::multi_passthrough_target_socket<Memory> socket;

  /* bandwidth: bytes a nanosecond (GB/s), above 0. */
  Memory(sc_core::sc_module_name name, std::size_t bytes, sc_core::sc_time latency,
         double bandwidth);

  const std::uint8_t *data() const { return data_.data(); }

private:
  struct Pending; /* which initiator a payload came from */

  void b_transport(int id, tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
  tlm::tlm_sync_enum forward(int id, tlm::tlm_generic_payload &p, tlm::tlm_phase &phase,
                             sc_core::sc_time &delay);
  void phase_reached(tlm::tlm_generic_payload &p, const tlm::tlm_phase &phase);
  bool direct(int id, tlm::tlm_generic_payload &p, tlm::tlm_dmi &dmi);
  unsigned debug(int id, tlm::tlm_generic_payload &p);
  sc_core::sc_time reserve(sc_core::sc_time arrival, unsigned bytes, sc_core::sc_time *taken);
  void execute(tlm::tlm_generic_payload &p);
  bool holds(const tlm::tlm_generic_payload &p) const;

  std::vector<std::uint8_t> data_;
  const sc_core::sc_time latency_;
  const double bandwidth_;
  double free_ = 0; /* the port, from this time on: picoseconds, not rounded to the kernel's steps */
  tlm_utils::peq_with_cb_and_phase<Memory> phases_;
};

} // namespace vtpu_tlm

#endif
