/* The command line of the example platforms, and the way of a program's data into memory. */
#include "rtl/cosim/tlm_program.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace vtpu_tlm
{

static const argp_option option_table[] = {
    {"machine", 'm', "NAME", 0, "spec, zen4, r23w6 or a machine file", 0},
    {"set", 's', "KEY=VALUE", 0, "change one parameter of the machine", 0},
    {"timing", 't', "STYLE", 0, "of the node: loose (default) or approximate", 0},
    {nullptr, 0, nullptr, 0, nullptr, 0}};

static error_t parse(int key, char *arg, argp_state *state)
{
  Options &o = *static_cast<Options *>(state->input);
  switch (key) {
  case 'm': o.machine = arg; return 0;
  case 's': o.set.push_back(arg); return 0;
  case 't':
    o.timing = std::strcmp(arg, "loose") == 0 ? Timing::loose : Timing::approximate;
    if (o.timing != Timing::loose && std::strcmp(arg, "approximate") != 0)
      argp_error(state, "--timing %s: loose or approximate is needed", arg);
    return 0;
  case ARGP_KEY_ARG:
    if (o.program)
      argp_error(state, "%s: one program is enough", arg);
    o.program = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o.program)
      argp_error(state, "which program? give a .siw file, as `vtpu asm` makes it");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

const argp options_argp = {option_table, parse, "PROGRAM.siw", nullptr, nullptr, nullptr, nullptr};

void put_region(const object &o, const object_region &region, sc_dt::uint64 begin, enum curve curve,
                tlm::tlm_initiator_socket<> &memory)
{
  for (std::uint32_t d = 0; d < o.data_count; d++) {
    const object_data &data = o.data[d];
    if (&o.regions[data.region] != &region)
      continue;
    coord at = data.start;
    for (std::uint64_t b = 0, some; b < data.bytes; b += some) {
      some = std::min<std::uint64_t>(CELL_BYTES - coord_offset(at), data.bytes - b);
      tlm::tlm_generic_payload p;
      p.set_write();
      p.set_address(begin + window_offset(region, at, curve));
      p.set_data_ptr(const_cast<unsigned char *>(data.content + b));
      p.set_data_length(static_cast<unsigned>(some));
      p.set_streaming_width(static_cast<unsigned>(some));
      if (memory->transport_dbg(p) != some)
        SC_REPORT_FATAL(region.name, p.get_response_string().c_str());
      coord_step(&at, AXIS_BYTE, static_cast<std::int64_t>(some), false, curve);
    }
  }
}

int say(int status, const std::string &message)
{
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, message.c_str());
  return status;
}

} // namespace vtpu_tlm
