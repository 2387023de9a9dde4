/* The disassembler: an object as text that assembles to the same object, byte for byte. */
#ifndef VTPU_ASM_DISASSEMBLE_H
#define VTPU_ASM_DISASSEMBLE_H

#include "isa/object.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the text of an object that passes object_check. The order is: parameters, regions,
 * groups, sentrons, initial registers, code, host steps, data. */
int disassemble(const struct object *o, FILE *out, struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
