/* Which machines the verilated cores can stand for: a core's parameters are built in. */
#ifndef VTPU_RTL_COSIM_BUILT_IN_H
#define VTPU_RTL_COSIM_BUILT_IN_H

#include "isa/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does a machine agree with the one that cores are built for (called `name` in the message) in all
 * parameters but those that only what lies outside of the cores depends on? VTPU_LIMIT if not. */
int built_in_check(const struct machine *m, const struct machine *built, const char *name,
                   struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
