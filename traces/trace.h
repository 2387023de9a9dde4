/* Traces: what a run did, record by record, in a compressed file that can be searched by cycle.
 *
 *   writer:  trace_create -> trace_log_of, log.h, trace_seal ... -> trace_finish   (the simulator)
 *   reader:  trace_open -> trace_seek -> trace_next ... -> trace_close             (everybody else)
 *
 * The file's format is in traces/README.md, to the byte. The simulator logs what each sentron does
 * in its own log (log.h), unordered among them; a second host thread encodes, compresses and
 * writes; the reader merges by time. The bytes of a file depend on the logs and the seals alone.
 *
 * Contract: a reader is used by one thread. A writer's functions are called by one thread, its logs
 * by one thread each. Nothing prints or exits.
 */
#ifndef VTPU_TRACES_TRACE_H
#define VTPU_TRACES_TRACE_H

#include "isa/object.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TRACE_VERSION = 1, TRACE_FIELDS = 6 };

enum trace_group {
  TRACE_GROUP_ISSUE, /* always there */
  TRACE_GROUP_STALL,
  TRACE_GROUP_MEMORY,
  TRACE_GROUP_MESSAGE,
  TRACE_GROUP_COUNT
};
enum { TRACE_GROUPS_ALL = (1 << TRACE_GROUP_COUNT) - 1 };
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
  unsigned fields;
  const char *field[TRACE_FIELDS];
  const char *doc;
};
extern const struct trace_kind_info trace_kinds[TRACE_KIND_COUNT];

/* Outcome of an access: field `outcome` of a MEMORY record.
 *
 *   2..0    tier that counts it: 1 L1 .. 4 DDR; 0: none (a flush, a prefetch that fills nothing)
 *   3       merged with a line in flight there, which
 *   6..4    this tier supplies (1..4)
 *   8..7    enum access
 *   9       PTC miss
 *   10      a page walk begins
 *   11      a prefetch that is dropped
 *   12      a line is read from DDR
 *   13      the scatter itself writes to DDR
 *   16..14  lines that it drives into L2
 *   20..17  lines that it drives, or flushes, into DDR */
enum {
  OUTCOME_TIER = 7,
  OUTCOME_MERGED = 1 << 3,
  OUTCOME_SOURCE_SHIFT = 4,
  OUTCOME_ACCESS_SHIFT = 7,
  OUTCOME_MISS = 1 << 9,
  OUTCOME_WALK = 1 << 10,
  OUTCOME_DROPPED = 1 << 11,
  OUTCOME_DDR_READ = 1 << 12,
  OUTCOME_DDR_WRITE = 1 << 13,
  OUTCOME_L2_LINES_SHIFT = 14,
  OUTCOME_DDR_LINES_SHIFT = 17,
};
enum trace_access { ACCESS_GATHER, ACCESS_SCATTER, ACCESS_PREFETCH, ACCESS_FLUSH };
extern const char *const trace_access_names[4];
static inline enum trace_access outcome_access(uint64_t outcome)
{
  return (enum trace_access)(outcome >> OUTCOME_ACCESS_SHIFT & 3);
}
static inline unsigned outcome_source(uint64_t outcome)
{
  return outcome >> OUTCOME_SOURCE_SHIFT & 7;
}
static inline unsigned outcome_l2_lines(uint64_t outcome)
{
  return outcome >> OUTCOME_L2_LINES_SHIFT & 7;
}
static inline unsigned outcome_ddr_lines(uint64_t outcome)
{
  return outcome >> OUTCOME_DDR_LINES_SHIFT & 15;
}

/* State of a sentron at the end of a trace: field `life` of a STOP record. */
enum trace_life { TRACE_DORMANT, TRACE_RUNNING, TRACE_RETIRED, TRACE_FAULTED };

struct trace_record {
  enum trace_kind kind;
  uint16_t node, sentron; /* TRACE_HOST for what no sentron does */
  uint32_t stream;        /* the sentron's index in the object; sentron_count for the host's */
  uint32_t siw;           /* TRACE_NO_SIW where there is none */
  uint64_t cycle;
  uint64_t field[TRACE_FIELDS];
};
#define TRACE_NO_SIW UINT32_MAX
enum { TRACE_HOST_SENTRON = 0xffff };

/* --- what is recorded ---------------------------------------------------------------------- */

struct trace_range {
  uint64_t from, to; /* cycles, `to` not included */
};

struct trace_selection {
  uint16_t groups;            /* bit i: enum trace_group i */
  uint64_t *sentrons;         /* bits, index in the object; NULL: all */
  struct trace_range *ranges; /* ascending, apart; none: all cycles */
  size_t range_count;
  uint64_t sample_every, sample_length; /* of each `every` cycles the first `length`; 0: all */
  uint64_t *siws;                       /* bits; NULL: all */
  const char *text;                     /* what was left out, for people; "" for nothing */
};

/* What a run was, from the trace's header. */
struct trace_about {
  const char *program, *command; /* path as given; the command line */
  const char *machine;           /* its name */
  const char *parameters;        /* all, as lines of a machine file */
  const char *resumed, *loaded;  /* checkpoint and dump of phext space that it began with; "" */
  bool untimed;
  uint64_t object_hash; /* of the code, trace_object_hash */
  uint16_t groups;
  const char *selection; /* what was left out; "": every cycle of every sentron is there */
  bool data;             /* the object within has its data (trace_read_object) */
};

/* FNV-1a of the code and the names of sentrons: two traces of one program have the same. */
uint64_t trace_object_hash(const struct object *o);

/* --- writing ------------------------------------------------------------------------------- */

struct trace_writer;
struct trace_log;

/* Most bytes of data that a trace takes in with its object; beyond, only the program. */
enum { TRACE_DATA_MAX = 4 << 20 };

/* Errors: VTPU_SYSTEM. `path` is opened for writing and truncated; "-" is standard output. about's
 * groups, selection and data are filled in from the selection and the object; both are copied
 * where needed. */
int trace_create(const char *path, const struct trace_about *about,
                 const struct trace_selection *selection, const struct object *object,
                 struct trace_writer **out, struct vtpu_error *err);
/* The log of a sentron (sentron_count: of the host); NULL if it is not selected. */
struct trace_log *trace_log_of(struct trace_writer *w, uint32_t stream);
/* Is this cycle selected? Until which cycle (not included) does that hold? */
bool trace_selected(const struct trace_writer *w, uint64_t cycle);
uint64_t trace_boundary(const struct trace_writer *w, uint64_t cycle);
/* All sentrons are logged up to one cycle: that can be written, as far as no hole is left. Waits
 * where the writing thread is far behind. Returns the words logged since the seal before. */
uint64_t trace_seal(struct trace_writer *w);
/* VTPU_SYSTEM if writing has failed so far (a full disk): the run should end. */
int trace_writer_check(struct trace_writer *w, struct vtpu_error *err);
/* Writes what is left and the index, closes, frees. VTPU_SYSTEM when not everything went through.
 */
int trace_finish(struct trace_writer *w, struct vtpu_error *err);

/* --- reading ------------------------------------------------------------------------------- */

struct trace_reader;

/* Header, index and their checksums; blocks are checked as they are read. A file without an index
 * (the run was cut) is searched for its blocks: `recovered` of trace_info tells. VTPU_INPUT with
 * file and offset. */
int trace_open(const char *path, struct trace_reader **out, struct vtpu_error *err);
void trace_close(struct trace_reader *r);

struct trace_info {
  struct trace_about about;
  uint64_t records, first_cycle, last_cycle;  /* of the file */
  uint64_t kinds[TRACE_KIND_COUNT];           /* records of each kind */
  uint64_t blocks, file_bytes, encoded_bytes; /* encoded: before compression */
  uint64_t program_bytes;                     /* of the file: header and program */
  bool recovered;                             /* no index: the run was cut; complete blocks only */
};
const struct trace_info *trace_describe(const struct trace_reader *r);
/* The program that ran, to be freed with object_free; without data unless about.data. */
int trace_read_object(const struct trace_reader *r, struct object *out, struct vtpu_error *err);

/* From the next seek or block on, only this stream's records (sentron_count: the host's): the
 * others are not even decoded. */
void trace_only(struct trace_reader *r, uint32_t stream);
/* The next record is the first at or after `cycle`. */
void trace_seek(struct trace_reader *r, uint64_t cycle);
/* 1: *out is the next record; 0: the end; negative: an error (err). Order: (cycle, sentron); what
 * belongs to one SIW in the order of records.def. */
int trace_next(struct trace_reader *r, struct trace_record *out, struct vtpu_error *err);

#ifdef __cplusplus
}
#endif
#endif
