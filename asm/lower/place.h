/* Placement: every tensor and buffer gets a box of phext space.
 *
 * D0..D2 are walked linearly inside a region, D3 = layer + 1 (0: none), D4 = which tensor or
 * buffer, D5 = sentron + 1 (0: shared by all).
 */
#ifndef VTPU_ASM_LOWER_PLACE_H
#define VTPU_ASM_LOWER_PLACE_H

#include "asm/lower/plan.h"

/* The row of a tensor that a padded row of a matrix stands for; tensor NULL: zeros. */
struct row_source {
  const struct tensor *tensor;
  int64_t row;
};
typedef struct row_source row_map(const struct plan *p, int layer, int matrix, int64_t row);

/* What a content is made of, if it is not there from the start. */
struct weights {
  row_map *row; /* of a matrix */
  int layer;
  const struct matrix *matrix;
  const struct tensor *embedding; /* or the token embedding */
};

struct placement {
  uint64_t bytes; /* of all regions, in whole pages */
  struct object_region *regions;
  struct object_data *data;
  struct weights *weights; /* [data_count]: of data whose content is NULL */
  struct lower_place *places;
  void **contents; /* owned memory of data */
  uint8_t *made;   /* that of all weights, if they are made in memory: */
  size_t made_bytes;
  int region_count, region_room, data_count, data_room, weights_room, place_count, place_room,
      content_count, content_room;
};

/* Where a region goes. */
struct place {
  const char *name; /* "wo"; the layer or sentron is put before it */
  enum region_kind kind;
  int layer, item, sentron; /* -1: none */
  int core;                 /* private regions */
  enum space space;
  int latency;
};

/* Makes a region of at least `bytes`, names it, and describes it in *out. With `content`, also data
 * for all of it: zeros, for the caller to fill. */
int place_region(struct placement *pl, const struct place *where, uint64_t bytes,
                 struct buffer *out, void **content, struct vtpu_error *err);
/* The same for weights: all of it is data, whose content is made later. */
int place_weights_region(struct placement *pl, const struct place *where, uint64_t bytes,
                         struct buffer *out, const struct weights *from, struct vtpu_error *err);
void placement_free(struct placement *pl);

/* Tables of kernel_strict.c. */
uint64_t kernel_strict_bytes(const struct plan *p);
void kernel_strict_fill(const struct plan *p, float *out);

/* Lays out everything of the plan: weights.c the rom, place.c the buffers. */
int place_weights(struct placement *pl, struct plan *p, struct vtpu_error *err);
int place_buffers(struct placement *pl, struct plan *p, struct vtpu_error *err);
/* Puts the regions into the order in which they suit the L2s (frames.c). */
int place_frames(struct placement *pl, const struct plan *p, struct vtpu_error *err);
/* Makes a content, in order: at `content`, or (NULL) in pieces of memory of its own; take (or NULL)
 * gets the pieces. Nonzero is what take returned, or that memory ran out (errno). */
int weights_make(const struct plan *p, const struct weights *from, uint8_t *content,
                 object_take *take, void *to);
/* Makes all contents in memory. */
int place_contents(struct placement *pl, const struct plan *p, struct vtpu_error *err);

/* D4 of each region. */
enum place_item {
  ITEM_STATE,
  ITEM_TOKENS,
  ITEM_LOGITS,
  ITEM_BEST,
  ITEM_RESIDUAL,
  ITEM_QKV,
  ITEM_MIXED,
  ITEM_GATED,
  ITEM_BLOCK,
  ITEM_SENTRON,
  ITEM_CACHE,
  ITEM_CONSTANTS,
  ITEM_EMBEDDING,
  ITEM_ROPE,
  ITEM_NORMS,
  ITEM_W_QKV,
  ITEM_W_OUTPUT,
  ITEM_W_GATE_UP,
  ITEM_W_DOWN,
  ITEM_W_LOGITS,
};

#endif
