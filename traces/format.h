/* Parts of a trace file (traces/README.md), for the writer and the reader only. */
#ifndef VTPU_TRACES_FORMAT_H
#define VTPU_TRACES_FORMAT_H

#include "traces/trace.h"

#include <string.h>

#define TRACE_MAGIC         "VTPUTRC\n"
#define TRACE_PROGRAM_MAGIC "VTPUPRG\n"
#define TRACE_BLOCK_MAGIC   "VTPUBLK\n"
#define TRACE_INDEX_MAGIC   "VTPUIDX\n"
#define TRACE_END_MAGIC     "VTPUEND\n"

enum {
  TRACE_HEADER_BYTES = 24,
  TRACE_PROGRAM_BYTES = 24, /* before the packed object */
  TRACE_BLOCK_BYTES = 60,   /* before the payload */
  TRACE_INDEX_BYTES = 16,   /* before the entries */
  TRACE_ENTRY_BYTES = 16,
  TRACE_FOOTER_BYTES = 16,
  TRACE_MAGIC_BYTES = 8,
  /* A block ends with the window in which its payload comes to this. Small enough to jump into,
   * large enough to learn what to expect. */
  TRACE_BLOCK_PAYLOAD = 1 << 20,
  TRACE_PROGRAM_MAX = 1 << 30, /* bytes of an object within */
};

struct trace_block {
  uint64_t offset; /* in the file */
  uint32_t packed, payload, crc;
  uint64_t records, first, last, kinds;
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

/* program.c: an object file in memory, without the data beyond TRACE_DATA_MAX. *data: with. */
int program_pack(const struct object *o, bool *data, uint8_t **bytes, size_t *count,
                 struct vtpu_error *err);
int program_unpack(const uint8_t *bytes, size_t count, struct object *out, struct vtpu_error *err);

#endif
