/* What isa/gen/generate.c can write; each function prints one whole file. */
#ifndef VTPU_ISA_GEN_GENERATE_H
#define VTPU_ISA_GEN_GENERATE_H

#include <stdio.h>

void write_manual(FILE *out);
void write_verilog(FILE *out);
void write_verilog_rows(FILE *out);

#endif
