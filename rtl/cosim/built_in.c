/* See built_in.h. */
#include "rtl/cosim/built_in.h"

#include <string.h>

static bool outside_of_core(const char *name)
{
  static const char *const free_to_choose[] = {
      "clock",        "dlen",           "nodes",      "cores",       "contexts",    "net_node",
      "l2_bytes",     "l2_ways",        "l2_latency", "l2_interval", "l3_bytes",    "l3_ways",
      "l3_latency",   "l3_interval",    "l3_cores",   "ddr_bytes",   "ddr_latency", "ddr_bandwidth",
      "link_latency", "link_bandwidth", "topology"};
  for (size_t i = 0; i < sizeof free_to_choose / sizeof *free_to_choose; i++)
    if (strcmp(name, free_to_choose[i]) == 0)
      return true;
  return strncmp(name, "energy_", strlen("energy_")) == 0; /* counted, not built */
}

int built_in_check(const struct machine *m, const struct machine *built, const char *name,
                   struct vtpu_error *err)
{
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    char ours[PARAM_TEXT_BYTES], theirs[PARAM_TEXT_BYTES];
    machine_value_text(m, p, ours);
    machine_value_text(built, p, theirs);
    if (!outside_of_core(p->name) && strcmp(ours, theirs) != 0)
      return vtpu_fail(err, VTPU_LIMIT,
                       "the machine has %s = %s, the verilated core is built with %s\n"
                       "  choose a machine whose cores are those of %s",
                       p->name, ours, theirs, name);
  }
  return 0;
}
