/* Writes the files that are made of the tables of isa/ (rules: isa/rules.mk).
 *
 *   isa-generate manual  > isa/manual.md
 *   isa-generate verilog > rtl/gen/isa.vh
 *   isa-generate rows    > rtl/gen/rows.vh
 */
#include "isa/gen/generate.h"

#include "isa/error.h"

#include <string.h>

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "manual") == 0) {
    write_manual(stdout);
  } else if (argc == 2 && strcmp(argv[1], "verilog") == 0) {
    write_verilog(stdout);
  } else if (argc == 2 && strcmp(argv[1], "rows") == 0) {
    write_verilog_rows(stdout);
  } else {
    fprintf(stderr, "usage: isa-generate manual|verilog|rows > FILE\n");
    return VTPU_USAGE;
  }
  return fflush(stdout) || ferror(stdout) ? VTPU_SYSTEM : VTPU_OK;
}
