/* Checkpoint and resume, between their files: checkpoint_file.c (sections, check sums),
 * checkpoint.c (the order of sections, what the run was made from), checkpoint_memory.c (page table
 * and pages), checkpoint_state.c (cores, sentrons, messages).
 *
 * One function a structure saves it or loads it (stream.save), so that the two cannot drift apart.
 * Saved is what decides the future or stands in the statistics. Not saved is what vtpu_new makes
 * from object and machine; what is used inside one issue only (context: snapshot_s, snapshot_c,
 * jump, step_lo, step_hi); what every vtpu_run sets (stop; node: order, limit, end, running,
 * stopped); what is empty between two runs (node: outbox, refunds, and fault, because a failed run
 * is not saved); what belongs to the handle's owner (trace, access, writer and its logs, threads);
 * what follows from the rest (channel: credit, arrive); and what only makes the host faster
 * (ptc_hint, ppt.last, ppt.foreseen, memos; node: woken; core: turns and who is first of them).
 * tests/checkpoint/fields_test.c no longer compiles when a structure gets a field: decide here,
 * then there.
 *
 * File, little-endian: a prefix of 32 bytes, then sections in a fixed order to the end of the file.
 * Prefix:
 *   char magic[8] "VTPUCKP\n", u32 version (6), u32 layout (layout() in checkpoint.c),
 *   u64 cycle, u32 zero, u32 crc32 of the 28 bytes before
 * Section:
 *   char kind[8], u32 number (of the node, core or sentron), u32 compressed (1: zlib),
 *   u64 bytes of the content, u64 bytes as stored, u32 crc32 of the content as stored,
 *   u32 crc32 of the 36 bytes before; then the content as stored
 */
#ifndef VTPU_SIM_CHECKPOINT_H
#define VTPU_SIM_CHECKPOINT_H

#include "sim/engine.h"

#include <stdio.h>

/* The content of a section while it is made or read. */
struct stream {
  bool save;          /* else load */
  bool bad;           /* load: the content ends too soon, or has a value that cannot be */
  bool out_of_memory; /* save */
  uint8_t *bytes;
  size_t size, at, room;
};

/* Appends the field to the stream, or fills it from there (with zeros when the stream is bad). */
void stream_bytes(struct stream *s, void *field, size_t bytes);
#define STREAM(s, field) stream_bytes(s, &(field), sizeof(field))
/* A bool or an enum: as one byte. */
void stream_bool(struct stream *s, bool *value);
/* Loading: what must hold of what was read. */
static inline bool stream_expect(struct stream *s, bool good)
{
  s->bad |= !s->save && !good;
  return !s->bad;
}
void stream_free(struct stream *s);

struct checkpoint_file {
  FILE *f;
  const char *path; /* as the caller named it, for messages */
  char *target;     /* save: the path with links resolved */
  char *temporary;  /* save: what is renamed to it at the end; NULL: written in place (a device) */
  const char *section; /* load: being read */
  long at;             /* load: where it begins */
};

/* Saving: the file appears under its name at checkpoint_commit, complete, or not at all. */
int checkpoint_create(struct checkpoint_file *c, const char *path, uint32_t layout, uint64_t cycle,
                      struct vtpu_error *err);
int checkpoint_write(struct checkpoint_file *c, const char *kind, uint32_t number,
                     const struct stream *s, struct vtpu_error *err);
int checkpoint_commit(struct checkpoint_file *c, struct vtpu_error *err);

/* Loading: the next section must be of this kind and number. */
int checkpoint_open(struct checkpoint_file *c, const char *path, uint32_t layout,
                    struct vtpu_error *err);
int checkpoint_read(struct checkpoint_file *c, const char *kind, uint32_t number, struct stream *s,
                    struct vtpu_error *err);
int checkpoint_read_end(struct checkpoint_file *c, struct vtpu_error *err);
int checkpoint_damaged(const struct checkpoint_file *c, struct vtpu_error *err);

/* Closes, and removes what has not been committed. */
void checkpoint_close(struct checkpoint_file *c);

uint32_t checkpoint_crc(const void *bytes, size_t count);

/* --- the state ----------------------------------------------------------------------------------
 */

/* Regions of a node in the order of materialisation, those of one lazily mapped page among them:
 * a pointer is written as an index into this list. */
struct region_list {
  struct ppt_region **region;
  size_t count, room;
};

struct checkpoint {
  struct vtpu *v;
  struct stream s;
  struct checkpoint_file file;
  struct vtpu_error *err;
  struct region_list *regions; /* [nodes] */
  struct page_cursor {         /* the next page to save or load */
    size_t region;
    uint64_t page;
    bool last;
  } cursor;
};

/* The content of one section; `number` is that of the node, core or sentron. Returns 0 or the
 * category of an error; for a value that cannot be, the stream is bad. */
typedef int section_fn(struct checkpoint *k, unsigned number);
int checkpoint_section(struct checkpoint *k, const char *kind, unsigned number,
                       section_fn *content);

/* checkpoint_memory.c */
section_fn page_table_section;
int checkpoint_pages(struct checkpoint *k, unsigned node); /* in several sections */
/* An address in a region's data, a multiple of `bytes`; loading: NULL when the stream is bad. */
void stream_place(struct checkpoint *k, unsigned node, struct ppt_region **region, uint8_t **at,
                  uint64_t bytes);

/* checkpoint_state.c */
section_fn node_section, core_section, sentron_section;

#endif
