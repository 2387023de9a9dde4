/* What the two example platforms have in common: the program and machine on the command line, the
 * program's data put into a memory, and how they say why they end. */
#ifndef VTPU_RTL_COSIM_TLM_PROGRAM_H
#define VTPU_RTL_COSIM_TLM_PROGRAM_H

#include <argp.h>

#include "rtl/cosim/tlm_node.h"

namespace vtpu_tlm
{

struct Options {
  const char *program = nullptr, *machine = "spec";
  std::vector<const char *> set; /* KEY=VALUE */
  Timing timing = Timing::loose;
};

/* PROGRAM.siw, --machine, --set, --timing; its input is an Options. By itself or as a child. */
extern const argp options_argp;

/* The program's data of a region, cell by cell, to where the region begins in a memory; without
 * time. A memory that refuses is a fatal report of SystemC. */
void put_region(const object &o, const object_region &region, sc_dt::uint64 begin, enum curve curve,
                tlm::tlm_initiator_socket<> &memory);

/* Tells it on standard error; the status. */
int say(int status, const std::string &message);

} // namespace vtpu_tlm

#endif
