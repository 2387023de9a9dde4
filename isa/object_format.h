/* The format of object files, for object_read.c and object_write.c only.
 *
 * Every kind of record is described once, by a function that moves its fields through a cursor
 * in either direction; the layout of a section is the order of calls in it (object_format.c). The
 * writer leaves out empty sections, keeps the order of object_kinds and pads each to 64 bytes
 * with zeros; the reader demands exactly that, so an object that was read and is written again
 * gives the same bytes.
 */
#ifndef VTPU_ISA_OBJECT_FORMAT_H
#define VTPU_ISA_OBJECT_FORMAT_H

#include "isa/object.h"

extern const char object_magic[8];
enum { HEADER_BYTES = 16, ENTRY_BYTES = 32, KIND_BYTES = 8, SECTION_ALIGN = 64 };

struct object_storage {
  void *map;
  size_t bytes;
};

struct cursor {
  bool writing;
  uint8_t *at;
  const char *problem; /* reading: what is wrong with the record, NULL if nothing */
  /* Section "content": where the next block belongs, and (reading) where the section lies. */
  uint64_t next;
  const uint8_t *content;
  uint64_t content_bytes;
};

/* Moves a little-endian field; the value read, or the one written. */
void cursor_u32(struct cursor *c, uint32_t *v);
void cursor_u64(struct cursor *c, uint64_t *v);
void cursor_reserved(struct cursor *c, int bytes);

enum { KIND_TARGET, KIND_CODE, KIND_DATA = 5, KIND_CONTENT = 6, KINDS = 11 };

/* In the order of the file. `array` and `count` are offsets in struct object; target, code and
 * content are not arrays of records (memory_bytes 0). */
struct kind {
  char text[KIND_BYTES + 1];
  size_t file_bytes, memory_bytes; /* a record */
  size_t array, count;
  void (*record)(struct cursor *c, void *record);
};
extern const struct kind object_kinds[KINDS];

static inline void **kind_array(struct object *o, const struct kind *k)
{
  return (void **)((char *)o + k->array);
}

static inline uint32_t *kind_count(struct object *o, const struct kind *k)
{
  return (uint32_t *)((char *)o + k->count);
}

/* One entry of the section table. */
struct section {
  uint64_t offset, bytes; /* in the file; bytes 0 = absent */
  uint32_t crc;
};

static inline uint64_t section_align(uint64_t n)
{
  return (n + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;
}

#endif
