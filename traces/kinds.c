/* The rows of records.def as a table; what a trace knows its program by. */
#include "traces/trace.h"

#include <string.h>

const char *const trace_group_names[TRACE_GROUP_COUNT] = {
    [TRACE_GROUP_ISSUE] = "issue",
    [TRACE_GROUP_STALL] = "stall",
    [TRACE_GROUP_MEMORY] = "memory",
    [TRACE_GROUP_MESSAGE] = "message",
};

const char *const trace_access_names[4] = {
    [ACCESS_GATHER] = "gather",
    [ACCESS_SCATTER] = "scatter",
    [ACCESS_PREFETCH] = "prefetch",
    [ACCESS_FLUSH] = "flush",
};

/* Fields end at the first that has no name. */
#define NAMED(text) ((text)[0] != 0)
#define FIELDS(a, b, c, d, e, f)                                                                   \
  (unsigned)(NAMED(a) + NAMED(b) + NAMED(c) + NAMED(d) + NAMED(e) + NAMED(f))

const struct trace_kind_info trace_kinds[TRACE_KIND_COUNT] = {
#define TRACE(name, key, group, a, b, c, d, e, f, doc)                                             \
  [TRACE_##name] = {key, group, FIELDS(a, b, c, d, e, f), {a, b, c, d, e, f}, doc},
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
