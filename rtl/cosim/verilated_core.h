/* The verilated sentron core (rtl/sentron_core.v, `verilator --sc`) as a SystemC module with a
 * TLM-2.0 socket for what its L1 misses.
 *
 *            clk, start +----------------------------------------+
 *            ---------> |  sentron_core <--> memory of SIWs      |  b_transport
 *            done       |       |    ^-----> page table          | ------------> memory
 *            <--------- |       +--> requests, answers of lines  |
 *                       +----------------------------------------+
 *
 * There is no L2 and no L3: the memory behind the socket supplies every line that L1 has not. Frame
 * f of the page table, counted as the loader counts them (regions in the object's order), lies at
 * base + 4096 f, its cells in storage order. A request leaves in the middle of the clock cycle of
 * its arrival at L1; its line is ready as many whole cycles later as the memory's answer takes. So
 * with the latency and bandwidth of a machine's DDR the core takes the cycles that the simulator
 * takes for that machine without L2 and L3. */
#ifndef VTPU_RTL_COSIM_VERILATED_CORE_H
#define VTPU_RTL_COSIM_VERILATED_CORE_H

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "sim/vtpu.h"

namespace vtpu_tlm
{

class VerilatedCore : public sc_core::sc_module
{
public:
  tlm_utils::simple_initiator_socket<VerilatedCore> memory;
  sc_core::sc_in<bool> clk;
  sc_core::sc_in<bool> start; /* read at falling edges; the core runs once */
  sc_core::sc_out<bool> done;

  /* The object must outlive the core. Throws std::invalid_argument with the reason when the
   * program needs more than one core and its memory, or the machine has other cores. */
  VerilatedCore(sc_core::sc_module_name name, const machine &m, const object &o,
                sc_dt::uint64 base);
  ~VerilatedCore() override;

  std::uint64_t cycles() const { return cycles_; } /* from the start to the last completion */
  std::uint64_t lines() const { return lines_; }   /* asked for, written ones too */
  const std::string &message() const { return message_; } /* of a failure; else empty */
  /* Contents by scoreboard index (isa.h) of a sentron of the object; returns its size in bytes. */
  unsigned register_of(unsigned sentron, unsigned reg, std::uint8_t out[R_BYTES_MAX]) const;
  /* Where page 0 of a region lies. */
  sc_dt::uint64 address_of(const object_region &r) const;
  std::size_t memory_bytes() const; /* that the program's regions fill, from `base` on */

private:
  struct Pins; /* the model and a signal for each of its ports */
  struct Set {
    unsigned context, index;
    std::vector<std::uint8_t> data;
  };
  struct Line { /* asked for under the number of a line buffer */
    bool busy = false;
    std::uint64_t due = 0; /* the cycle in which it is ready */
    std::uint8_t data[CELL_BYTES] = {};
  };
  struct Request {
    bool write;
    int id; /* of the line buffer; -1: a victim, which nobody waits for */
    std::uint64_t cycle;
    sc_core::sc_time when;
    std::uint64_t line;
    std::uint8_t data[CELL_BYTES], enable[CELL_BYTES];
  };

  void check(const machine &m);
  void place();
  void work(); /* threads */
  void bus();
  void fetch(); /* methods: the memory of SIWs, the page table, answers of lines */
  void translate();
  void respond();
  void tick();
  bool run();
  void take_requests();
  void ask(bool write, int id, std::uint64_t line, const std::uint8_t *data, std::uint64_t mask);
  void fail(const std::string &why);

  const object &object_;
  const enum curve curve_;
  const std::uint64_t l1_latency_;
  const sc_dt::uint64 base_;
  const sc_core::sc_time period_;
  std::unique_ptr<Pins> pins_;
  std::vector<std::uint64_t> first_frame_; /* [regions]; after the last: all frames */
  std::vector<Set> sets_;                  /* set-up, a register or group a cycle */
  unsigned core_ = 0;                      /* of the node */
  int sentron_[2] = {-1, -1};              /* of the contexts: index in the object, -1 none */
  std::vector<Line> answers_;
  std::uint32_t valid_ = 0; /* of them, in this cycle */
  std::deque<Request> asked_;
  sc_core::sc_event request_, answered_;
  std::uint64_t cycle_ = 0, cycles_ = 0, lines_ = 0; /* since the start */
  std::string message_;
};

} // namespace vtpu_tlm

#endif
