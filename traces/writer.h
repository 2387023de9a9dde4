/* A writer's own structures: writer.c is the simulation's side, writer_blocks.c the writing
 * thread's. */
#ifndef VTPU_TRACES_WRITER_H
#define VTPU_TRACES_WRITER_H

#include "traces/format.h"
#include "traces/stream.h"

#include <pthread.h>
#include <stdio.h>

/* What was logged between two seals. */
struct window {
  struct window *next;
  struct log_chunk **chunks; /* [streams], each a list */
  uint64_t words;
};

/* A stream between chunks: parts of a step that has not issued yet. */
struct stream {
  struct encoder encoder;
  struct step step;
  uint64_t arrival, ready; /* of its access */
  uint64_t cycle;          /* of the last issue logged */
};

struct trace_writer {
  char *path;
  FILE *file;
  struct trace_selection select;
  uint32_t streams; /* sentrons, and the host */
  struct trace_log *logs;

  struct window *sealed, **sealed_end; /* with holes, or behind one that has */

  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct window *queue, **queue_end; /* for the writing thread */
  uint64_t under_way;
  struct log_chunk *unused;
  bool finishing;
  struct vtpu_error told; /* copy of `error` that all threads may see */

  /* The writing thread's own. */
  struct vtpu_error error; /* the first; category 0: none */
  struct stream *stream;   /* [streams] */
  struct rounds *rounds;
  struct trace_block block;
  uint8_t *payload, *packed;
  size_t payload_room, packed_room;
  uint64_t offset, kinds[TRACE_KIND_COUNT];
  struct trace_block *blocks;
  size_t block_count, block_room;
};

/* Keeps the first error, with what the host says of it; returns its category. */
int writer_fail(struct trace_writer *w, const char *what);
/* What a thread does: takes windows from the queue until the writer is finishing. */
void *writer_thread(void *user);
/* Packs and writes what has been encoded. */
void writer_end_block(struct trace_writer *w);
int writer_put_program(struct trace_writer *w, const struct trace_about *a, const struct object *o);
int writer_put_index(struct trace_writer *w);

#endif
