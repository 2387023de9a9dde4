/* Object files: a program for the machine, as the assembler and the lowering write it and as the
 * simulator, the disassembler and the RTL harness read it.
 *
 * File: little-endian. 16 bytes: magic "VTPUOBJ\n", u32 version (1), u32 number of sections. Then a
 * table of 32-byte entries {char kind[8], u64 offset, u64 bytes, u32 crc32 (zlib), u32 zero}.
 * Sections start at multiples of 64 (so code and data can be mapped) and do not overlap. Every
 * section's layout is in object_format.c, field by field, and in isa/README.md.
 */
#ifndef VTPU_ISA_OBJECT_H
#define VTPU_ISA_OBJECT_H

#include "isa/isa.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OBJECT_VERSION = 1, OBJECT_NAME_BYTES = 48 };

/* A sentron of the cluster: global number = node * (sentrons a node) + local; `id` is local, the
 * same program is loaded on node `node`. */
struct object_sentron {
  char name[OBJECT_NAME_BYTES];
  uint16_t node, id;
  bool start;        /* spawned when its phase begins; else dormant until CSPAWN */
  uint32_t entry;    /* first SIW */
  uint32_t end;      /* one past its last SIW: running past it retires the sentron */
  struct coord home; /* for CSLICE */
};

/* Initial contents of a register (before the first phase). */
struct object_init {
  uint16_t sentron; /* index into sentrons[] */
  uint8_t file;     /* FILE_R, FILE_P or FILE_M */
  uint8_t index;
  uint8_t bytes[R_BYTES_MAX]; /* little-endian; p: 16 bytes, m: 32, r: DLEN/8 */
};

enum region_kind { REGION_ROM, REGION_PRIVATE, REGION_SHARED, REGION_KIND_COUNT };
extern const char *const region_kind_names[REGION_KIND_COUNT]; /* "rom" "private" "shared" */
enum { REGION_ALL_NODES = 0xffff };

/* A box of whole pages: blocks of 4 in D0..D2, single values in D3..D10. */
struct object_region {
  char name[OBJECT_NAME_BYTES];
  enum region_kind kind;
  uint16_t node;               /* or REGION_ALL_NODES: one copy on each node */
  uint16_t core;               /* private: the owner, 0 otherwise */
  struct coord lo;             /* D0..D2 multiples of 4, flags zero */
  uint16_t extent[COORD_DIMS]; /* pages along each dimension, >= 1; lo + extent inside phext */
};
/* Pages of a box; overflow-safe (saturates at UINT64_MAX). */
uint64_t region_pages(const struct object_region *r);
bool region_contains(const struct object_region *r, struct coord c);
bool regions_overlap(const struct object_region *a, const struct object_region *b);

/* Bytes laid into a region from `start` (its offset counts) along axis 12, that is in storage
 * order, and so independent of the curve when walked linearly. */
struct object_data {
  uint16_t region; /* index into regions[] */
  bool ternary;    /* t2: pattern 11 is refused at load */
  struct coord start;
  uint64_t bytes;
  const uint8_t *content; /* in the mapped file, or the owner's memory */
};

struct object_group {
  uint8_t id;    /* 0..15 */
  uint16_t node; /* or REGION_ALL_NODES */
  uint8_t count;
  uint8_t members[SENTRONS_PER_NODE_MAX]; /* local sentron numbers, ascending = member index */
};

/* Host directives run between phases, take no cycles and count in the PTC of core 0 of node 0. */
enum host_kind {
  HOST_WRITE, /* 8 bytes of `value` to `coord` */
  HOST_READ,  /* 8 bytes from `coord` into lane 0 of r[index] of sentron, other lanes zero */
  HOST_PRINT, /* 8 bytes from `coord` reported in the run's results under `name` */
  HOST_RUN,   /* start the sentrons of `mask` (indices into sentrons[]) and run until all retire */
};
struct object_host {
  enum host_kind kind;
  struct coord coord;
  uint64_t value;   /* HOST_RUN: bit i = sentrons[i] */
  uint16_t sentron; /* index into sentrons[] */
  uint8_t index;
  char name[OBJECT_NAME_BYTES];
};

/* A range of SIWs that belongs to one kernel of one layer, for statistics. Ranges do not overlap.
 */
struct object_mark {
  uint32_t first, last; /* last is inclusive */
  int32_t layer;        /* -1: none */
  char kernel[OBJECT_NAME_BYTES];
};

struct object_symbol {
  uint32_t siw;
  char name[OBJECT_NAME_BYTES];
};

/* What a program needs of a machine beside its DLEN, because another one would bring it to a
 * deadlock or a fault. 0: it does not matter. */
struct object_needs {
  uint16_t queue; /* messages between two sentrons at once, at least: queue_depth */
  uint16_t cores; /* of a node, exactly: sentron s runs on core s mod cores */
};

enum { NEEDS_QUEUE_MOST = 64, NEEDS_CORES_MOST = 8 }; /* as in machine.def */

struct object {
  uint32_t dlen;
  struct object_needs needs;
  uint32_t siw_count, sentron_count, init_count, region_count, data_count, group_count, host_count,
      mark_count, symbol_count;
  struct siw *code;
  struct object_sentron *sentrons;
  struct object_init *inits;
  struct object_region *regions;
  struct object_data *data;
  struct object_group *groups;
  struct object_host *hosts; /* none: one phase that runs all sentrons with `start` */
  struct object_mark *marks; /* ascending */
  struct object_symbol *symbols;
  struct object_storage *storage; /* who owns the memory; NULL: the caller */
};

/* Reads and checks a file: magic, version, section table, CRC of each section, then
 * object_check. Data stays in the mapped file. VTPU_INPUT: "file: section KIND at byte N: ...". */
int object_read(const char *path, struct object *out, struct vtpu_error *err);
int object_write(const char *path, const struct object *o, struct vtpu_error *err);
/* Contents can be made while they are written: of data whose content is NULL, make() gives the
 * bytes to take() in order, in pieces, stops when that returns nonzero, and returns it; nonzero
 * too, with errno, if it cannot make them. Into a stream that cannot go back (a pipe, a file that
 * is appended to) they are made twice, because the sum of all stands before them. */
typedef int object_take(void *to, const void *bytes, size_t count);
struct object_maker {
  int (*make)(void *owner, uint32_t data, object_take *take, void *to);
  void *owner;
};
/* Into a stream that is open, from where it stands; maker: NULL if no content is NULL. */
int object_write_stream(FILE *f, const struct object *o, const struct object_maker *maker,
                        struct vtpu_error *err);
/* The same bytes in memory, to be freed by the caller. */
int object_write_memory(const struct object *o, uint8_t **bytes, size_t *count,
                        struct vtpu_error *err);
void object_free(struct object *o); /* of object_read */
/* Of an object whose every part was allocated by itself, its data too (assemble.h). */
void object_free_parts(struct object *o);

/* The loader's checks on contents (architecture, sections 2 and 5): every SIW decodes; dependence
 * bytes are right; branch and loop targets lie inside the code; the marked end of every CLOOP;
 * no branch, CLOOP or CSPAWN on a marked SIW; loops nest; sentrons' ranges; regions are
 * page-aligned boxes that do not overlap (on one node); data lies in its region; trits valid;
 * groups and host steps name what exists; DLEN is 64, 128, 256 or 512; DTDOT needs 128 or more;
 * what the program needs of a machine can be had.
 * Message: "SIW 17 (loop+3): ...", and the cure. */
int object_check(const struct object *o, struct vtpu_error *err);

/* Name of the nearest symbol at or before a SIW, as "label+2" (or "@17"). Returns out. */
enum { SYMBOL_TEXT_BYTES = 64 };
const char *object_symbolize(const struct object *o, uint32_t siw, char out[SYMBOL_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
