/* vtpu-platform-core: the verilated core and the simulator's node side by side, each in a small
 * platform with a TLM-2.0 memory of the machine's DDR; they must agree on cycles and registers.
 *
 *   clock, start --> VerilatedCore --> Memory
 *   control     ---> Node ----------> Memory
 *
 * Exit status: 0 they agree, 1 they differ, 2 usage, 3 input, 4 the program failed, 5 it is beyond
 * what the core's platform has. */
#include "rtl/cosim/tlm_memory.h"
#include "rtl/cosim/tlm_program.h"
#include "rtl/cosim/verilated_core.h"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>

using namespace vtpu_tlm;

namespace
{

/* Puts the program's data into both memories and starts both, one after the other: the core has a
 * clock only while it runs. */
class Host : public sc_core::sc_module
{
public:
  tlm_utils::simple_initiator_socket<Host> control, node_memory, core_memory;
  sc_core::sc_in<bool> node_done, core_done;
  sc_core::sc_out<bool> clk, start;
  bool core_hangs = false;

  Host(sc_core::sc_module_name name, const object &o, const machine &m, const Node &node,
       const VerilatedCore &core)
      : sc_module(name), control("control"), node_memory("node_memory"), core_memory("core_memory"),
        node_done("node_done"), core_done("core_done"), clk("clk"), start("start"), object_(o),
        machine_(m), node_(node), core_(core)
  {
    SC_HAS_PROCESS(Host);
    SC_THREAD(work);
  }

private:
  enum { SLACK = 1000 }; /* cycles, for set-up, after which a core that goes on hangs */

  void work()
  {
    load();
    std::uint32_t one = 1;
    tlm::tlm_generic_payload p;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    p.set_write();
    p.set_address(CONTROL);
    p.set_data_ptr(reinterpret_cast<unsigned char *>(&one));
    p.set_data_length(sizeof one);
    p.set_streaming_width(sizeof one);
    control->b_transport(p, delay);
    wait(node_done.posedge_event());
    start.write(true);
    std::uint64_t left = node_.cycles() + SLACK;
    const sc_core::sc_time half(500.0 / machine_.clock, sc_core::SC_PS);
    for (; !core_done.read() && left; left--) {
      clk.write(true);
      wait(half);
      clk.write(false);
      wait(half);
    }
    core_hangs = !core_done.read();
    sc_core::sc_stop();
  }

  void load()
  {
    const auto curve = static_cast<enum curve>(machine_.curve);
    for (std::uint32_t r = 0; r < object_.region_count; r++) {
      const object_region &region = object_.regions[r];
      for (auto *memory : {&node_memory, &core_memory})
        put_region(object_, region, core_.address_of(region), curve, *memory);
    }
  }

  const object &object_;
  const machine &machine_;
  const Node &node_;
  const VerilatedCore &core_;
};

/* Tells of every register that differs; how many do. */
unsigned compare_registers(const object &o, const Node &node, const VerilatedCore &core,
                           unsigned *compared)
{
  unsigned differ = 0;
  for (std::uint32_t i = 0; i < o.sentron_count; i++)
    for (unsigned reg = 0; reg < REG_L; reg++) {
      std::uint8_t ours[R_BYTES_MAX], theirs[R_BYTES_MAX];
      unsigned bytes = core.register_of(i, reg, ours);
      node.register_of(i, reg, theirs);
      ++*compared;
      if (std::memcmp(ours, theirs, bytes) == 0)
        continue;
      std::printf("%s: register %u of the scoreboard differs\n", o.sentrons[i].name, reg);
      differ++;
    }
  return differ;
}

int compare(const object &o, const Host &host, const Node &node, const VerilatedCore &core)
{
  if (node.status() != Status::done)
    return say(4, node.message());
  if (host.core_hangs || !core.message().empty())
    return say(1, core.message().empty() ? "the core does not end" : core.message());
  unsigned registers = 0, differ = compare_registers(o, node, core, &registers);
  bool agree = !differ && node.cycles() == core.cycles();
  std::printf("node: %" PRIu64 " cycles; verilated core: %" PRIu64 " cycles, %" PRIu64
              " lines asked for; %u registers compared: %s\n",
              node.cycles(), core.cycles(), core.lines(), registers,
              agree ? "they agree" : "they differ");
  return agree ? 0 : 1;
}

int run(const Options &options)
{
  vtpu_error err;
  machine m;
  object o;
  if (machine_load(options.machine, &m, &err))
    return say(err.category, err.message);
  if (object_read(options.program, &o, &err))
    return say(err.category, err.message);
  m.dlen = o.dlen;
  m.l2_bytes = m.l3_bytes = 0;
  int status = 0;
  for (const char *assignment : options.set)
    if (!status && machine_set(&m, "--set", assignment, &err))
      status = say(err.category, err.message);
  try {
    if (!status) {
      const sc_core::sc_time period(1000.0 / m.clock, sc_core::SC_PS);
      const sc_core::sc_time latency = static_cast<double>(m.ddr_latency) * period;
      /* As the simulator counts it, in 1/256 of a cycle. */
      const double slot =
          m.ddr_bandwidth > 0 ? std::floor(CELL_BYTES * 256 * m.clock / m.ddr_bandwidth + 0.5) : 0;
      const double wide = slot > 0 ? CELL_BYTES * 256 * m.clock / slot : 1e6;
      VerilatedCore core("core", m, o, 0);
      std::vector<Window> windows;
      for (std::uint32_t i = 0; i < o.region_count; i++)
        windows.push_back({o.regions[i].name, core.address_of(o.regions[i])});
      Node node("node", m, o, windows, options.timing, 1000);
      Memory node_memory("node_memory", core.memory_bytes(), latency, wide);
      Memory core_memory("core_memory", core.memory_bytes(), latency, wide);
      Host host("host", o, m, node, core);
      sc_core::sc_signal<bool> clk("clk"), start("start"), core_done("core_done"),
          node_done("node_done");
      core.clk(clk);
      core.start(start);
      core.done(core_done);
      core.memory.bind(core_memory.socket);
      node.done(node_done);
      node.memory.bind(node_memory.socket);
      host.clk(clk);
      host.start(start);
      host.core_done(core_done);
      host.node_done(node_done);
      host.control.bind(node.control);
      host.node_memory.bind(node_memory.socket);
      host.core_memory.bind(core_memory.socket);
      sc_core::sc_start();
      status = compare(o, host, node, core);
    }
  } catch (const std::invalid_argument &why) {
    status = say(5, why.what());
  } catch (const sc_core::sc_report &why) {
    status = say(1, why.what());
  }
  object_free(&o);
  return status;
}

} // namespace

int sc_main(int argc, char **argv)
{
  Options o;
  argp table = options_argp;
  table.doc = "Runs a program of one core on the verilated core and on the simulator, each in a "
              "small SystemC platform with a TLM-2.0 memory, and compares cycles and registers. "
              "The machine's L2 and L3 are left out.";
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  argp_err_exit_status = 2;
  argp_parse(&table, argc, argv, 0, nullptr, &o);
  return run(o);
}
