/* Traces: what a run did, record by record, in a compressed file that can be searched by cycle.
 *
 *   writer:  trace_create -> trace_put ... -> trace_finish       (the simulator's side)
 *   reader:  trace_open -> trace_seek -> trace_next ... -> trace_close
 *
 * The file's format is in traces/README.md, to the byte. A writer packs records into chunks; a
 * second host thread encodes, compresses and writes them, so the simulation waits only when that
 * thread is several chunks behind. The bytes of a file depend on the records alone.
 *
 * Contract: a writer is used by one thread, a reader by one thread. Nothing prints or exits.
 */
#ifndef VTPU_TRACES_TRACE_H
#define VTPU_TRACES_TRACE_H

#include "isa/object.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TRACE_VERSION = 1, TRACE_FIELDS = 4, TRACE_VALUE_BYTES = 64 };

enum trace_group {
  TRACE_GROUP_ISSUE,
  TRACE_GROUP_STALL,
  TRACE_GROUP_MEMORY,
  TRACE_GROUP_VALUE,
  TRACE_GROUP_MESSAGE,
  TRACE_GROUP_ENERGY,
  TRACE_GROUP_COUNT
};
extern const char *const trace_group_names[TRACE_GROUP_COUNT];

enum trace_kind {
#define TRACE(name, ...) TRACE_##name,
#include "traces/records.def"
#undef TRACE
  TRACE_KIND_COUNT
};

struct trace_kind_info {
  const char *key;
  enum trace_group group;
  unsigned value_bytes; /* most */
  unsigned fields;
  const char *field[TRACE_FIELDS];
  const char *doc;
};
extern const struct trace_kind_info trace_kinds[TRACE_KIND_COUNT];

/* Outcome of an access: bit 0: PTC hit; bits 3..1: supplying tier + 1 (1 L1 .. 4 DDR, 0 none);
 * bit 4: merged with a line in flight. */
enum { OUTCOME_HIT = 1, OUTCOME_TIER_SHIFT = 1, OUTCOME_TIER_MASK = 7, OUTCOME_MERGED = 16 };

struct trace_record {
  enum trace_kind kind;
  uint16_t node, sentron;
  uint32_t siw; /* TRACE_NO_SIW where there is none */
  uint64_t cycle;
  uint64_t field[TRACE_FIELDS];
  unsigned bytes; /* of value */
  uint8_t value[TRACE_VALUE_BYTES];
};
#define TRACE_NO_SIW UINT32_MAX

/* What a run was, from the trace's header. */
struct trace_about {
  const char *program, *command; /* path as given; the command line */
  const char *machine;           /* all parameters, "name = value unit" lines */
  uint64_t object_hash;          /* of the code, trace_object_hash */
  uint32_t siw_count, sentron_count, mark_count;
  uint16_t groups;       /* bit i: records of enum trace_group i were wanted */
  const char *selection; /* what was left out, for people: "cycles 0-1000, every 10th window" */
};

/* FNV-1a of the code and the names of sentrons: two traces of one program have the same. */
uint64_t trace_object_hash(const struct object *o);

/* --- writing ------------------------------------------------------------------------------- */

struct trace_writer;

/* Errors: VTPU_SYSTEM. `path` is opened for writing and truncated. */
int trace_create(const char *path, const struct trace_about *about, struct trace_writer **out,
                 struct vtpu_error *err);
/* Cannot fail; what goes wrong on the writing thread is reported by trace_writer_check. Records
 * come in ascending order of cycle. */
void trace_put(struct trace_writer *w, const struct trace_record *r);
/* VTPU_SYSTEM if writing has failed so far (a full disk): the run should end. */
int trace_writer_check(struct trace_writer *w, struct vtpu_error *err);
/* Writes what is left and the index, closes, frees. VTPU_SYSTEM when not everything went through.
 */
int trace_finish(struct trace_writer *w, struct vtpu_error *err);

/* --- reading ------------------------------------------------------------------------------- */

struct trace_reader;

/* Header, index and their checksums; blocks are checked as they are read. A file without an index
 * (the run was cut) is searched for its blocks: *recovered of trace_info tells. VTPU_INPUT with
 * file and offset. */
int trace_open(const char *path, struct trace_reader **out, struct vtpu_error *err);
void trace_close(struct trace_reader *r);

struct trace_info {
  struct trace_about about;
  uint64_t records, first_cycle, last_cycle;  /* of the file */
  uint64_t kinds[TRACE_KIND_COUNT];           /* records of each kind */
  uint64_t blocks, file_bytes, encoded_bytes; /* encoded: before compression */
  bool recovered;                             /* no index: the run was cut; complete blocks only */
};
const struct trace_info *trace_describe(const struct trace_reader *r);

/* The next record is the first of its block's at or after `cycle` (records of earlier cycles are
 * skipped). */
void trace_seek(struct trace_reader *r, uint64_t cycle);
/* 1: *out is the next record; 0: the end; negative: an error (err). */
int trace_next(struct trace_reader *r, struct trace_record *out, struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
