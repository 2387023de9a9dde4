/* A vTPU as a TLM-2.0 initiator, over the simulator's public header: what a virtual platform
 * instantiates.
 *
 * The node owns a simulator. Regions of its phext space are bound to memory behind `memory` by
 * windows. A start (a write to the register CONTROL) makes the node
 *   1. fetch every window, a page in a transaction, one after the other;
 *   2. run the program, a quantum of cycles at a time, and ask `memory` for each line of a window
 * that the machine's DDR supplies, at the time at which the machine asks;
 *   3. write the lines of windows that the program changed, and raise `done`.
 * Cycles are the simulator's own: the machine's DDR is the model of what is behind `memory`, and
 * the node counts the answers that come later than that model says, and the lines that no longer
 * are what was fetched. Timing::loose uses b_transport, Timing::approximate the four phases of
 * nb_transport, with many lines under way; the cycles, and against the same memory the time, are
 * the same.
 *
 * Byte b of page p of a window lies at address + 4096 p + b: pages of the region's box with D0
 * fastest, bytes of a page in storage order (isa/coord.h). */
#ifndef VTPU_RTL_COSIM_TLM_NODE_H
#define VTPU_RTL_COSIM_TLM_NODE_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "sim/vtpu.h"

namespace vtpu_tlm
{

enum class Timing { loose, approximate };

/* Registers of `control`: 32 bits each, at these offsets. */
enum Register : sc_dt::uint64 {
  CONTROL = 0,   /* write 1: start; reads as 0 */
  STATUS = 4,    /* enum Status */
  CYCLES = 8,    /* of the last run, low half */
  CYCLES_HI = 12 /* high half */
};
enum class Status : std::uint32_t { idle, running, done, failed };

struct Window {
  std::string region; /* name in the object, on node 0 */
  sc_dt::uint64 address;
};

/* Throws std::invalid_argument where the object has no such region on node 0. */
const object_region &region_named(const object &o, const std::string &name);
/* Page p of a window as the coordinate of its first cell; where a coordinate's byte lies in it. */
coord window_page(const object_region &r, std::uint64_t p);
std::uint64_t window_offset(const object_region &r, coord c, enum curve curve);

struct Traffic {
  std::uint64_t fetched = 0, written = 0; /* bytes, before and after the run */
  std::uint64_t lines = 0;                /* asked for during the run */
  std::uint64_t late = 0;                 /* of them answered later than the machine's DDR would */
  std::uint64_t stale = 0;                /* of them no longer what was fetched */
  sc_core::sc_time latest;                /* the longest such delay */
};

class Node : public sc_core::sc_module
{
public:
  tlm_utils::simple_initiator_socket<Node> memory;
  tlm_utils::simple_target_socket<Node> control;
  sc_core::sc_out<bool> done; /* false from a start on */

  /* The machine and the object must outlive the node. quantum: cycles, at least 1. Throws
   * std::invalid_argument with the reason when the simulator refuses them, when a window names no
   * region or is not at a multiple of 64. */
  Node(sc_core::sc_module_name name, const machine &m, const object &o,
       const std::vector<Window> &windows, Timing timing, std::uint64_t quantum);
  ~Node() override;

  Status status() const { return status_; }
  std::uint64_t cycles() const { return cycles_; } /* of the last run */
  /* Contents by scoreboard index (isa.h) of a sentron of the object; returns the size in bytes. */
  unsigned register_of(unsigned sentron, unsigned reg, std::uint8_t out[R_BYTES_MAX]) const
  {
    return static_cast<unsigned>(vtpu_register(simulator_, sentron, reg, out));
  }
  const Traffic &traffic() const { return traffic_; }
  const std::string &message() const { return message_; } /* of a failure */

private:
  struct Bound;                 /* a window and what was fetched into it */
  struct Request;               /* a transaction of the approximate style */
  struct Line {                 /* asked for during the run */
    std::uint64_t asked, ready; /* cycles of the simulator */
    const Bound *window;
    std::uint64_t offset;
  };

  void work(); /* the thread */
  bool run_once();
  bool fetch(Bound &b);
  bool run_program();
  bool write_back(Bound &b);
  void ask_for_lines(std::uint64_t until);
  void answered(const Line &line, const std::uint8_t *data, const sc_core::sc_time &when);
  bool fail(const std::string &why);
  sc_core::sc_time time_of(std::uint64_t cycle) const;

  bool transport(tlm::tlm_command command, sc_dt::uint64 address, std::uint8_t *data,
                 unsigned bytes);
  void send(Request *r);
  void phase_reached(tlm::tlm_generic_payload &payload, const tlm::tlm_phase &phase);
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                              sc_core::sc_time &delay);
  void registers(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
  static void issued(void *user, const vtpu_issue *issue);

  const object &object_;
  const machine machine_;
  const Timing timing_;
  const std::uint64_t quantum_;
  const sc_core::sc_time period_;
  std::vector<std::unique_ptr<Bound>> windows_;
  vtpu *simulator_ = nullptr;
  bool ran_before_ = false;

  Status status_ = Status::idle;
  std::uint64_t cycles_ = 0, first_cycle_ = 0; /* of the run; at which it began */
  sc_core::sc_time began_;
  Traffic traffic_;
  std::string message_;

  std::vector<Line> lines_; /* not asked for yet */
  unsigned under_way_ = 0;
  const Request *requesting_ = nullptr; /* its request phase has not ended */
  sc_core::sc_event start_, progress_;
  tlm_utils::peq_with_cb_and_phase<Node> phases_;
};

} // namespace vtpu_tlm

#endif
