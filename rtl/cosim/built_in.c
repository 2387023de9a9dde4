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

/* What no verilated core has, with whatever parameters it is built. */
static int check_rtl(const struct machine *m, struct vtpu_error *err)
{
  const struct {
    const char *name;
    int64_t value;
  } ports[] = {{"dports", m->dports}, {"sports", m->sports}, {"cports", m->cports}};
  for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
    if (ports[i].value != 1)
      return vtpu_fail(err, VTPU_LIMIT,
                       "the machine has %s = %d: a core of the RTL has one port a pipe\n"
                       "  choose a machine with %s = 1, or simulate it alone (`vtpu run')",
                       ports[i].name, (int)ports[i].value, ports[i].name);
  if (m->ptc_hit == 0)
    return vtpu_fail(
        err, VTPU_LIMIT,
        "the machine has ptc_hit = 0: in the RTL a translation is in a register before "
        "its access goes to L1\n"
        "  choose a machine with ptc_hit = 1 or more, or simulate it alone (`vtpu run')");
  return 0;
}

int built_in_check(const struct machine *m, const struct machine *built, const char *name,
                   struct vtpu_error *err)
{
  if (check_rtl(m, err))
    return VTPU_LIMIT;
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
