/* Arguments near the corners of number formats. */
#ifndef VTPU_TESTS_RTL_CORNERS_H
#define VTPU_TESTS_RTL_CORNERS_H

#include "tests/harness/harness.h"

#include <stdint.h>

/* An f32 that lies near a corner more often than not. */
static inline uint32_t corner(unsigned long long *s)
{
  static const uint32_t ends[] = {0,          0x80000000, 1,          0x007fffff, 0x00800000,
                                  0x00800001, 0x3f800000, 0xbf800000, 0x3f7fffff, 0x3f800001,
                                  0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffffffff,
                                  0x7f800001, 0x4b000000, 0x4b7fffff};
  uint64_t x = t_random(s);
  uint32_t bits = (uint32_t)(x >> 32);
  switch (x % 8) {
  case 0: return ends[x / 8 % (sizeof ends / sizeof *ends)];
  case 1: return bits & 0x807fffff;                                /* subnormal */
  case 2: return (bits & 0x80000000) | 0x3f800000 | (bits & 0xff); /* near one */
  case 3: return bits & 0xff800000;                                /* a power of two */
  case 4: return (bits & 0x80ffffff) | (x / 8 % 4 + 0x3e) << 24;
  case 5: return (bits & 0xff800000) | 0x7fffff >> bits % 24; /* a run of ones */
  default: return bits;
  }
}

/* An integer: small, near a power of two, or near a tie of its rounding to 24 bits. */
static inline int64_t integer_corner(unsigned long long *s)
{
  uint64_t x = t_random(s), bits = t_random(s);
  unsigned shift = (unsigned)(x >> 8 & 63);
  int64_t near = (int64_t)(x >> 16 & 3) - 1;
  uint64_t v;
  switch (x % 5) {
  case 0: v = bits & 0xff; break;
  case 1: v = (UINT64_C(1) << shift) + (uint64_t)near; break;
  case 2: v = (((bits & 0xffffff) << 1 | 1) << shift % 40) + (uint64_t)near; break; /* half */
  case 3: v = bits >> shift; break;
  default: v = bits; break;
  }
  return (int64_t)(x >> 63 ? 0 - v : v);
}

#endif
