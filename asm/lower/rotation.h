/* Registers of a modulo schedule: modulo variable expansion and the colouring of cyclic intervals.
 *
 * Needs: a loop's webs (depend.h) and the cycle of each operation (modulo.h). Leaves: how many
 * rounds the loop's body must hold, and a register for each renamed web in each of them.
 *
 * A web occupies its register from the cycle of its first write to that of its last read; in the
 * body of `unroll` rounds that is an arc on a circle of unroll * ii cycles. Two arcs that overlap
 * need two registers.
 */
#ifndef VTPU_ASM_LOWER_ROTATION_H
#define VTPU_ASM_LOWER_ROTATION_H

#include "asm/lower/depend.h"

struct rotation {
  int unroll;
  int live[2]; /* by register file: most renamed webs live in one cycle */
  int across[2]; /* renamed webs that live from one turn of the body to the next */
  int used[2];   /* registers that the colouring takes */
  int *colour; /* [unroll][web_count]: register number from 0, by file; IR_NONE for kept webs */
};

/* *fits = false (live[] is valid) when `budget` registers of a file are not enough. power_of_two:
 * of the unroll factor. Errors: VTPU_SYSTEM. */
int rotation_make(const struct loop_body *b, const int *time, int ii, const int budget[2],
                  bool power_of_two, struct rotation *out, bool *fits, struct vtpu_error *err);
void rotation_free(struct rotation *r);

#endif
