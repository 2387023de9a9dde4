/* A file mapped into memory, read-only: how the readers of models/ see every large file. */
#ifndef VTPU_MODELS_MAPPING_H
#define VTPU_MODELS_MAPPING_H

#include "isa/error.h"

#include <stdint.h>

struct mapping {
  char *path;          /* for messages; owned */
  const uint8_t *data; /* [bytes] */
  uint64_t bytes;
};

/* Maps a regular, non-empty file. Errors: VTPU_INPUT (absent, a folder, empty), VTPU_SYSTEM. */
int mapping_open(const char *path, struct mapping *m, struct vtpu_error *err);
/* Leaves *m zeroed; a zeroed mapping may be closed again. */
void mapping_close(struct mapping *m);

/* "folder/name", to be freed by the caller; NULL when memory is out. */
char *mapping_path(const char *folder, const char *name);

#endif
