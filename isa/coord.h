/* Phext coordinates: 11 dimensions of 11 bits and 7 flags in 128 bits (architecture, section 2).
 *
 *   bit 127     121 120    110        43     33 32    22 21    11 10     0
 *      |  flags   |   D10   |  . . .  |  D3    |   D2   |   D1   |   D0   |
 *
 * D5 lies in bits 65..55 and so straddles the two halves. A coordinate names a cell of 64 bytes;
 * flag bits 5..0 are the byte offset in the cell, flag bit 6 is the wildcard of a prefetch.
 *
 * The *linear* form is the same cell as one integer in storage order, with the in-page index of
 * the machine's curve at the bottom. Because 3 x 11 = 6 + 3 x 9, D3..D10 keep their bits:
 *
 *   bit 120                33 32         24 23         15 14          6 5           0
 *      |  D10 . . . D3       |  D2[10:2]   |  D1[10:2]   |  D0[10:2]   | curve index |
 *
 * page key = linear >> 6 (115 bits).
 */
#ifndef VTPU_ISA_COORD_H
#define VTPU_ISA_COORD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  COORD_DIMS = 11,
  COORD_DIM_BITS = 11,
  COORD_DIM_SIZE = 2048,
  CELL_BYTES = 64,
  PAGE_CELLS = 64,
  PAGE_BYTES = CELL_BYTES * PAGE_CELLS,
  AXIS_LINEAR = 11, /* walks cells in storage order */
  AXIS_BYTE = 12,   /* counts bytes and carries into linear */
};

struct coord {
  uint64_t lo, hi;
};

#define COORD_HI_DIM_MASK ((UINT64_C(1) << 57) - 1) /* bits 120..64: D5's top to D10 */

enum curve { CURVE_ZORDER, CURVE_HILBERT, CURVE_ROW, CURVE_COUNT };
extern const char *const curve_names[CURVE_COUNT];

/* Six bits D2[1:0] D1[1:0] D0[1:0] (D0 lowest) <-> index along the curve. */
extern const uint8_t curve_index[CURVE_COUNT][PAGE_CELLS];
extern const uint8_t curve_cell[CURVE_COUNT][PAGE_CELLS];

static inline unsigned coord_dim(struct coord c, int dim)
{
  unsigned bit = (unsigned)dim * COORD_DIM_BITS;
  uint64_t v;
  if (bit >= 64)
    v = c.hi >> (bit - 64);
  else if (bit + COORD_DIM_BITS <= 64)
    v = c.lo >> bit;
  else
    v = c.lo >> bit | c.hi << (64 - bit);
  return (unsigned)(v & (COORD_DIM_SIZE - 1));
}

static inline struct coord coord_with_dim(struct coord c, int dim, unsigned value)
{
  unsigned bit = (unsigned)dim * COORD_DIM_BITS;
  uint64_t mask = COORD_DIM_SIZE - 1, v = value & mask;
  if (bit >= 64) {
    c.hi = (c.hi & ~(mask << (bit - 64))) | v << (bit - 64);
  } else {
    c.lo = (c.lo & ~(mask << bit)) | v << bit;
    if (bit + COORD_DIM_BITS > 64)
      c.hi = (c.hi & ~(mask >> (64 - bit))) | v >> (64 - bit);
  }
  return c;
}

static inline unsigned coord_flags(struct coord c) { return (unsigned)(c.hi >> 57); }
static inline unsigned coord_offset(struct coord c) { return (unsigned)(c.hi >> 57) & 63; }
static inline bool coord_wildcard(struct coord c) { return c.hi >> 63; }
static inline struct coord coord_with_flags(struct coord c, unsigned flags)
{
  c.hi = (c.hi & COORD_HI_DIM_MASK) | (uint64_t)(flags & 127) << 57;
  return c;
}

/* Same cell (flags ignored)? */
static inline bool coord_same_cell(struct coord a, struct coord b)
{
  return a.lo == b.lo && ((a.hi ^ b.hi) & COORD_HI_DIM_MASK) == 0;
}

/* Only the 33 bits of D0..D2 differ between the two forms; hi (with its flags) is left alone. */
static inline uint64_t coord_linear_lo(uint64_t lo, const uint8_t index[PAGE_CELLS])
{
  uint64_t cell = (lo & 3) | (lo >> 11 & 3) << 2 | (lo >> 22 & 3) << 4;
  uint64_t page = (lo >> 2 & 511) | (lo >> 13 & 511) << 9 | (lo >> 24 & 511) << 18;
  return (lo & ~((UINT64_C(1) << 33) - 1)) | page << 6 | index[cell];
}

static inline uint64_t coord_from_linear_lo(uint64_t lin, const uint8_t cell_of[PAGE_CELLS])
{
  uint64_t cell = cell_of[lin & 63];
  return (lin & ~((UINT64_C(1) << 33) - 1)) | (cell & 3) | (cell >> 2 & 3) << 11 |
         (cell >> 4 & 3) << 22 | (lin >> 6 & 511) << 2 | (lin >> 15 & 511) << 13 |
         (lin >> 24 & 511) << 24;
}

/* The function of SINDEX and CSTEP (architecture, section 3): adds `step` along `axis` (0..12).
 * carry: axes 0..10 carry into the next dimension instead of faulting. Returns false, leaving
 * *c alone, when the result would leave phext space (a fault). */
bool coord_step(struct coord *c, unsigned axis, int64_t step, bool carry, enum curve curve);

/* Text "1.2.3/4.5.6/7.8.9/10.11" from D0 to D10, optional "+offset", optional "*" (wildcard);
 * reads also "[a,b,...]" with 11 numbers. Missing trailing dimensions are not allowed.
 * Returns the number of characters read, or 0 with a reason in *why. */
int coord_parse(const char *text, struct coord *c, const char **why);
enum { COORD_TEXT_BYTES = 80 };
/* Writes the canonical text; returns out. */
char *coord_print(struct coord c, char out[COORD_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
