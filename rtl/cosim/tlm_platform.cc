/* vtpu-platform: a small virtual platform, as an example of how a vTPU is put into one, and its
 * test.
 *
 *   host --- control of the node          the host puts the program's data into memory, starts the
 *     \          node --- memory          node, waits for its `done`, and reads the registers
 *      +------------------/
 *
 * Exit status as the command vtpu's: 2 usage, 3 input, 4 the program failed, 6 the host refused. */
#include "rtl/cosim/tlm_memory.h"
#include "rtl/cosim/tlm_program.h"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <jansson.h>

using namespace vtpu_tlm;

namespace
{

struct PlatformOptions : Options {
  const char *json = nullptr;
  std::vector<Window> windows;
  std::vector<std::pair<std::string, const char *>> dumps; /* region, file */
  long quantum = 1000, runs = 1, memory = 64;
  double latency = -1, bandwidth = -1; /* below 0: as the machine's DDR */
};

const argp_option option_table[] = {
    {"window", 'w', "REGION=ADDRESS", 0, "bind a region of the program to memory; may be repeated",
     0},
    {"quantum", 'q', "CYCLES", 0, "that the node runs ahead of the platform (1000)", 0},
    {"memory", 'M', "MIB", 0, "size of the platform's memory (64)", 0},
    {"latency", 'l', "NS", 0, "of the memory; default: the machine's DDR", 0},
    {"bandwidth", 'b', "GB/S", 0, "of the memory; default: the machine's DDR", 0},
    {"dump", 'd', "REGION=FILE", 0, "write a window's memory to a file in the end; may be repeated",
     0},
    {"runs", 'r', "N", 0, "start the node N times (1)", 0},
    {"json", 'j', "FILE", 0, "write the figures; - is standard output", 0},
    {nullptr, 0, nullptr, 0, nullptr, 0}};

double number_of(argp_state *state, const char *what, const char *text, double least, double most)
{
  char *end;
  double value = std::strtod(text, &end);
  if (end == text || *end || !(value >= least && value <= most))
    argp_error(state, "--%s %s: a number from %g to %g is needed", what, text, least, most);
  return value;
}

Window window_of(argp_state *state, const char *text)
{
  const char *equals = std::strchr(text, '=');
  char *end = nullptr;
  unsigned long long address = equals ? std::strtoull(equals + 1, &end, 0) : 0;
  if (!equals || equals == text || end == equals + 1 || *end)
    argp_error(state, "--window %s: REGION=ADDRESS is needed, as elements=0x10000", text);
  return {std::string(text, equals ? static_cast<size_t>(equals - text) : 0), address};
}

std::pair<std::string, const char *> dump_of(argp_state *state, const char *text)
{
  const char *equals = std::strchr(text, '=');
  if (!equals || equals == text || !equals[1])
    argp_error(state, "--dump %s: REGION=FILE is needed", text);
  return {std::string(text, equals ? static_cast<size_t>(equals - text) : 0), equals + 1};
}

error_t parse(int key, char *arg, argp_state *state)
{
  PlatformOptions &o = *static_cast<PlatformOptions *>(state->input);
  switch (key) {
  case ARGP_KEY_INIT: state->child_inputs[0] = static_cast<Options *>(&o); return 0;
  case 'w': o.windows.push_back(window_of(state, arg)); return 0;
  case 'q': o.quantum = static_cast<long>(number_of(state, "quantum", arg, 1, 1e12)); return 0;
  case 'M': o.memory = static_cast<long>(number_of(state, "memory", arg, 1, 1 << 14)); return 0;
  case 'l': o.latency = number_of(state, "latency", arg, 0, 1e9); return 0;
  case 'b': o.bandwidth = number_of(state, "bandwidth", arg, 1e-6, 1e6); return 0;
  case 'r': o.runs = static_cast<long>(number_of(state, "runs", arg, 1, 1e6)); return 0;
  case 'd': o.dumps.push_back(dump_of(state, arg)); return 0;
  case 'j': o.json = arg; return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* What a processor's driver would do. */
class Host : public sc_core::sc_module
{
public:
  tlm_utils::simple_initiator_socket<Host> control, memory;
  sc_core::sc_in<bool> done;
  struct Run {
    Status status;
    std::uint64_t cycles;
    sc_core::sc_time began, ended;
    Traffic traffic;
    std::string message;
  };
  std::vector<Run> runs;

  Host(sc_core::sc_module_name name, const object &o, const machine &m,
       const PlatformOptions &options, const Node &node)
      : sc_module(name), control("control"), memory("memory"), done("done"), object_(o),
        machine_(m), options_(options), node_(node)
  {
    SC_HAS_PROCESS(Host);
    SC_THREAD(work);
  }

private:
  void work()
  {
    for (const Window &w : options_.windows)
      put_region(object_, region_named(object_, w.region), w.address,
                 static_cast<curve>(machine_.curve), memory);
    for (long i = 0; i < options_.runs; i++) {
      Run run;
      std::uint32_t start = 1;
      run.began = sc_core::sc_time_stamp();
      word(tlm::TLM_WRITE_COMMAND, CONTROL, &start);
      wait(done.posedge_event());
      run.ended = sc_core::sc_time_stamp();
      std::uint32_t status, low, high;
      word(tlm::TLM_READ_COMMAND, STATUS, &status);
      word(tlm::TLM_READ_COMMAND, CYCLES, &low);
      word(tlm::TLM_READ_COMMAND, CYCLES_HI, &high);
      run.status = static_cast<Status>(status);
      run.cycles = static_cast<std::uint64_t>(high) << 32 | low;
      run.traffic = node_.traffic();
      run.message = node_.message();
      runs.push_back(run);
      if (run.status != Status::done)
        break;
    }
    sc_core::sc_stop();
  }

  void word(tlm::tlm_command command, sc_dt::uint64 at, std::uint32_t *value)
  {
    tlm::tlm_generic_payload p;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    p.set_command(command);
    p.set_address(at);
    p.set_data_ptr(reinterpret_cast<unsigned char *>(value));
    p.set_data_length(sizeof *value);
    p.set_streaming_width(sizeof *value);
    control->b_transport(p, delay);
    if (!p.is_response_ok())
      SC_REPORT_FATAL(name(), p.get_response_string().c_str());
    wait(delay);
  }

  const object &object_;
  const machine &machine_;
  const PlatformOptions &options_;
  const Node &node_;
};

json_t *figures(const Host &host)
{
  json_t *list = json_array();
  for (const Host::Run &r : host.runs)
    json_array_append_new(
        list,
        json_pack("{s:b, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:f, s:s}", "done",
                  r.status == Status::done, "cycles", static_cast<json_int_t>(r.cycles), "began_ns",
                  r.began.to_seconds() * 1e9, "ended_ns", r.ended.to_seconds() * 1e9,
                  "fetched_bytes", static_cast<json_int_t>(r.traffic.fetched), "written_bytes",
                  static_cast<json_int_t>(r.traffic.written), "lines",
                  static_cast<json_int_t>(r.traffic.lines), "late",
                  static_cast<json_int_t>(r.traffic.late), "stale",
                  static_cast<json_int_t>(r.traffic.stale), "latest_ns",
                  r.traffic.latest.to_seconds() * 1e9, "message", r.message.c_str()));
  return list;
}

void tell(const Host &host)
{
  int number = 0;
  for (const Host::Run &r : host.runs) {
    std::printf("run %d: %s, %" PRIu64 " cycles, %.3f ns to %.3f ns of the platform\n", ++number,
                r.status == Status::done ? "done" : "failed", r.cycles, r.began.to_seconds() * 1e9,
                r.ended.to_seconds() * 1e9);
    std::printf("  fetched %" PRIu64 " bytes, asked for %" PRIu64 " lines, wrote %" PRIu64
                " bytes\n",
                r.traffic.fetched, r.traffic.lines, r.traffic.written);
    if (r.traffic.late)
      std::printf(
          "  %" PRIu64 " lines came up to %.3f ns later than the machine's DDR would send "
          "them:\n  the cycles are too few for this memory (set ddr_latency, ddr_bandwidth)\n",
          r.traffic.late, r.traffic.latest.to_seconds() * 1e9);
    if (r.traffic.stale)
      std::printf("  %" PRIu64 " lines had been changed in memory since they were fetched\n",
                  r.traffic.stale);
  }
}

void check_windows(const object &o, const PlatformOptions &options)
{
  const std::uint64_t room = static_cast<std::uint64_t>(options.memory) << 20;
  for (const Window &w : options.windows) {
    std::uint64_t bytes = region_pages(&region_named(o, w.region)) * PAGE_BYTES;
    if (w.address > room || bytes > room - w.address)
      throw std::invalid_argument("the window of region \"" + w.region + "\" (" +
                                  std::to_string(bytes) +
                                  " bytes) ends outside of the memory\n  raise --memory");
  }
  for (const auto &dump : options.dumps)
    if (std::none_of(options.windows.begin(), options.windows.end(),
                     [&dump](const Window &w) { return w.region == dump.first; }))
      throw std::invalid_argument("--dump: region \"" + dump.first + "\" has no --window");
}

/* 0, or the exit status. */
int write_dumps(const object &o, const PlatformOptions &options, const Memory &memory)
{
  for (const auto &dump : options.dumps)
    for (const Window &w : options.windows) {
      if (w.region != dump.first)
        continue;
      std::size_t bytes = region_pages(&region_named(o, w.region)) * PAGE_BYTES;
      std::FILE *f = std::fopen(dump.second, "wb");
      bool good = f && std::fwrite(memory.data() + w.address, 1, bytes, f) == bytes;
      if ((f && std::fclose(f) != 0) || !good)
        return say(6, std::string(dump.second) + ": cannot write: " + std::strerror(errno));
    }
  return 0;
}

int run(const PlatformOptions &o)
{
  vtpu_error err;
  machine m;
  object program;
  if (machine_load(o.machine, &m, &err))
    return say(err.category, err.message);
  if (object_read(o.program, &program, &err))
    return say(err.category, err.message);
  if (std::strcmp(o.machine, "spec") == 0 || std::strcmp(o.machine, "zen4") == 0)
    m.dlen = program.dlen; /* as `vtpu run` does, unless --set says otherwise */
  for (const char *assignment : o.set)
    if (machine_set(&m, "--set", assignment, &err)) {
      object_free(&program);
      return say(err.category, err.message);
    }
  int status = 0;
  try {
    check_windows(program, o);
    const double latency =
        o.latency >= 0 ? o.latency : static_cast<double>(m.ddr_latency) / m.clock;
    const double wide = m.ddr_bandwidth > 0 ? m.ddr_bandwidth : 1e6;
    Node node("node", m, program, o.windows, o.timing, static_cast<std::uint64_t>(o.quantum));
    Memory memory("memory", static_cast<std::size_t>(o.memory) << 20,
                  sc_core::sc_time(latency, sc_core::SC_NS), o.bandwidth > 0 ? o.bandwidth : wide);
    Host host("host", program, m, o, node);
    sc_core::sc_signal<bool> done("done");
    node.done(done);
    host.done(done);
    node.memory.bind(memory.socket);
    host.memory.bind(memory.socket);
    host.control.bind(node.control);
    sc_core::sc_start();

    if (!o.json || std::strcmp(o.json, "-") != 0)
      tell(host);
    json_t *list = figures(host);
    if (o.json &&
        json_dump_file(list, std::strcmp(o.json, "-") ? o.json : "/dev/stdout", JSON_INDENT(2)))
      status = say(6, std::string(o.json) + ": cannot write the figures");
    json_decref(list);
    if (!status)
      status = write_dumps(program, o, memory);
    if (host.runs.empty() || host.runs.back().status != Status::done)
      status = say(4, host.runs.empty() ? "the platform stopped before a run ended"
                                        : host.runs.back().message);
  } catch (const std::invalid_argument &why) {
    status = say(2, why.what());
  } catch (const sc_core::sc_report &why) {
    status = say(1, why.what());
  }
  object_free(&program);
  return status;
}

} // namespace

int sc_main(int argc, char **argv)
{
  PlatformOptions o;
  const argp_child children[] = {{&options_argp, 0, nullptr, 0}, {nullptr, 0, nullptr, 0}};
  const argp table = {
      option_table, parse,
      nullptr,      "Runs a program on a vTPU in a small SystemC platform with a TLM-2.0 memory.",
      children,     nullptr,
      nullptr};
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  argp_err_exit_status = 2;
  argp_parse(&table, argc, argv, 0, nullptr, &o);
  return run(o);
}
