/* Parts of a trace file (traces/README.md), for writer.c and reader.c only. */
#ifndef VTPU_TRACES_FORMAT_H
#define VTPU_TRACES_FORMAT_H

#include "traces/trace.h"

#include <string.h>

#define TRACE_MAGIC       "VTPUTRC\n"
#define TRACE_BLOCK_MAGIC "VTPUBLK\n"
#define TRACE_INDEX_MAGIC "VTPUIDX\n"
#define TRACE_END_MAGIC   "VTPUEND\n"

enum {
  TRACE_HEADER_BYTES = 24,
  TRACE_BLOCK_BYTES = 52, /* before the payload */
  TRACE_INDEX_BYTES = 16, /* before the entries */
  TRACE_ENTRY_BYTES = 24,
  TRACE_FOOTER_BYTES = 16,
  TRACE_MAGIC_BYTES = 8,
  /* A block ends with whichever comes first. Small enough to jump into, large enough to predict. */
  TRACE_BLOCK_RECORDS = 1 << 18,
  TRACE_BLOCK_PAYLOAD = 4 << 20,
};

struct trace_block {
  uint64_t offset; /* in the file */
  uint32_t packed, payload, crc, records;
  uint64_t first, last, kinds;
};

static inline void put_u32(uint8_t *at, uint32_t v)
{
  for (int i = 0; i < 4; i++)
    at[i] = (uint8_t)(v >> 8 * i);
}

static inline void put_u64(uint8_t *at, uint64_t v)
{
  put_u32(at, (uint32_t)v);
  put_u32(at + 4, (uint32_t)(v >> 32));
}

static inline uint32_t get_u32(const uint8_t *at)
{
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t get_u64(const uint8_t *at)
{
  return get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

#endif
