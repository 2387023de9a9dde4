// Coverage of a verilated model (make coverage): what the models of a process have met is added up,
// and written when it ends, to a file in the folder VTPU_COVERAGE. In other builds nothing.
#ifndef VTPU_RTL_TB_COVERAGE_H
#define VTPU_RTL_TB_COVERAGE_H

#include "verilated.h"

#if VM_COVERAGE
#include "verilated_cov.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <unistd.h>

// Counts by point, in Verilator's own form: C 'point' count.
struct coverage_sum {
  std::map<std::string, unsigned long> points;

  static coverage_sum &all()
  {
    static coverage_sum sum;
    return sum;
  }
  static std::string path(const char *suffix)
  {
    const char *folder = getenv("VTPU_COVERAGE");
    return std::string(folder ? folder : ".") + "/" + std::to_string(getpid()) + suffix;
  }
  void add(const std::string &file)
  {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      size_t end = line.rfind("' ");
      if (line.compare(0, 2, "C ") == 0 && end != std::string::npos)
        points[line.substr(0, end + 2)] += strtoul(line.c_str() + end + 2, nullptr, 10);
    }
  }
  ~coverage_sum()
  {
    std::ofstream out(path(".dat"));
    out << "# SystemC::Coverage-3\n";
    for (const auto &p : points)
      out << p.first << p.second << '\n';
  }
};

// Before the model goes: its counters go with it.
inline void coverage_keep(VerilatedContext &context)
{
  std::string file = coverage_sum::path(".part");
  context.coveragep()->write(file.c_str());
  coverage_sum::all().add(file);
  remove(file.c_str());
}
#else
inline void coverage_keep(VerilatedContext &) {}
#endif

#endif
