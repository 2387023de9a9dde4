/* The rows of records.def as a table. */
#include "traces/trace.h"

#include <string.h>

const char *const trace_group_names[TRACE_GROUP_COUNT] = {
    [TRACE_GROUP_ISSUE] = "issue",     [TRACE_GROUP_STALL] = "stall",
    [TRACE_GROUP_MEMORY] = "memory",   [TRACE_GROUP_VALUE] = "value",
    [TRACE_GROUP_MESSAGE] = "message", [TRACE_GROUP_ENERGY] = "energy",
};

/* Fields end at the first that has no name. */
#define FIELDS(a, b, c, d)                                                                         \
  ((a)[0] ? 1u + ((b)[0] ? 1u + ((c)[0] ? 1u + ((d)[0] ? 1u : 0u) : 0u) : 0u) : 0u)

const struct trace_kind_info trace_kinds[TRACE_KIND_COUNT] = {
#define TRACE(name, key, group, value, a, b, c, d, doc)                                            \
  [TRACE_##name] = {key, group, value, FIELDS(a, b, c, d), {a, b, c, d}, doc},
#include "traces/records.def"
#undef TRACE
};

static uint64_t fnv(uint64_t h, const void *p, size_t bytes)
{
  const uint8_t *b = p;
  for (size_t i = 0; i < bytes; i++)
    h = (h ^ b[i]) * UINT64_C(0x100000001b3);
  return h;
}

uint64_t trace_object_hash(const struct object *o)
{
  uint64_t h = fnv(UINT64_C(0xcbf29ce484222325), o->code, (size_t)o->siw_count * SIW_BYTES);
  for (uint32_t i = 0; i < o->sentron_count; i++)
    h = fnv(h, o->sentrons[i].name, strlen(o->sentrons[i].name) + 1);
  return h;
}
