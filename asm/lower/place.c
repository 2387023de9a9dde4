/* Regions and buffers: see place.h. */
#include "asm/lower/place.h"

#include "asm/lower/ir.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCKS = COORD_DIM_SIZE / 4 }; /* pages along D0, D1 or D2 */

static int grow(void **items, int *room, int count, size_t bytes, struct vtpu_error *err)
{
  if (count < *room)
    return 0;
  int more = *room ? 2 * *room : 64;
  void *bigger = realloc(*items, (size_t)more * bytes);
  if (!bigger)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %d regions", more);
  *items = bigger;
  *room = more;
  return 0;
}

/* A box that the linear walk fills from its start: full along D0 before it grows along D1, and full
 * along both before D2. */
static int make_box(struct object_region *r, uint64_t bytes, struct vtpu_error *err)
{
  uint64_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES, rows, slabs;
  pages = pages ? pages : 1;
  rows = (pages + BLOCKS - 1) / BLOCKS;
  slabs = (rows + BLOCKS - 1) / BLOCKS;
  if (slabs > BLOCKS)
    return vtpu_fail(err, VTPU_LIMIT, "lowering: %s has %llu bytes, more than a box of D0..D2",
                     r->name, (unsigned long long)bytes);
  for (int d = 0; d < COORD_DIMS; d++)
    r->extent[d] = 1;
  r->extent[0] = (uint16_t)(rows > 1 ? BLOCKS : pages);
  r->extent[1] = (uint16_t)(slabs > 1 ? BLOCKS : rows);
  r->extent[2] = (uint16_t)slabs;
  return 0;
}

/* The last region's data; place_region has made room. */
static void add_data(struct placement *pl, uint64_t bytes, const void *content,
                     const struct weights *from)
{
  int region = pl->region_count - 1;
  pl->weights[pl->data_count] = *from;
  pl->data[pl->data_count++] = (struct object_data){.region = (uint16_t)region,
                                                    .start = pl->regions[region].lo,
                                                    .bytes = bytes,
                                                    .content = content};
}

static uint64_t round_up(uint64_t bytes, uint64_t to)
{
  return (bytes + to - 1) / to * to;
}

int place_region(struct placement *pl, const struct place *where, uint64_t bytes,
                 struct buffer *out, void **content, struct vtpu_error *err)
{
  int bad =
      grow((void **)&pl->regions, &pl->region_room, pl->region_count, sizeof *pl->regions, err);
  if (!bad)
    bad = grow((void **)&pl->places, &pl->place_room, pl->place_count, sizeof *pl->places, err);
  if (!bad)
    bad = grow((void **)&pl->data, &pl->data_room, pl->data_count, sizeof *pl->data, err);
  if (!bad)
    bad = grow((void **)&pl->weights, &pl->weights_room, pl->data_count, sizeof *pl->weights, err);
  if (!bad)
    bad = grow((void **)&pl->contents, &pl->content_room, pl->content_count, sizeof *pl->contents,
               err);
  if (bad)
    return bad;
  struct object_region *r = &pl->regions[pl->region_count];
  memset(r, 0, sizeof *r);
  if (where->sentron >= 0)
    snprintf(r->name, sizeof r->name, "s%d.%s", where->sentron, where->name);
  else if (where->layer >= 0)
    snprintf(r->name, sizeof r->name, "layer%d.%s", where->layer, where->name);
  else
    snprintf(r->name, sizeof r->name, "%s", where->name);
  r->kind = where->kind;
  r->core = (uint16_t)(where->kind == REGION_PRIVATE ? where->core : 0);
  r->lo = coord_with_dim(r->lo, 3, (unsigned)(where->layer + 1));
  r->lo = coord_with_dim(r->lo, 4, (unsigned)where->item);
  r->lo = coord_with_dim(r->lo, 5, (unsigned)(where->sentron + 1));
  bad = make_box(r, bytes, err);
  if (bad)
    return bad;
  *out = (struct buffer){
      .base = r->lo, .bytes = bytes, .space = where->space, .latency = where->latency};
  pl->bytes += region_pages(r) * PAGE_BYTES;
  struct lower_place *place = &pl->places[pl->place_count++];
  *place = (struct lower_place){.kind = r->kind, .base = r->lo, .bytes = bytes};
  memcpy(place->name, r->name, sizeof place->name);
  pl->region_count++;
  if (content) {
    void *memory = calloc(1, bytes ? bytes : 1);
    if (!memory)
      return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %llu bytes of %s",
                       (unsigned long long)bytes, r->name);
    pl->contents[pl->content_count++] = memory;
    add_data(pl, bytes, memory, &(struct weights){.layer = -1});
    *content = memory;
  }
  return 0;
}

int place_weights_region(struct placement *pl, const struct place *where, uint64_t bytes,
                         struct buffer *out, const struct weights *from, struct vtpu_error *err)
{
  int bad = place_region(pl, where, bytes, out, NULL, err);
  if (!bad)
    add_data(pl, bytes, NULL, from);
  return bad;
}

/* Large contents take a page fault for every 4 KiB, unless the system is asked for larger pages. */
enum { LARGE = 1 << 21 };

int place_contents(struct placement *pl, const struct plan *p, struct vtpu_error *err)
{
  size_t at = 0;
  for (int i = 0; i < pl->data_count; i++)
    pl->made_bytes += pl->data[i].content ? 0 : round_up(pl->data[i].bytes, CELL_BYTES);
  pl->made_bytes = round_up(pl->made_bytes, LARGE);
  pl->made = aligned_alloc(LARGE, pl->made_bytes);
  if (!pl->made)
    return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for %zu bytes of weights",
                     pl->made_bytes);
  madvise(pl->made, pl->made_bytes, MADV_HUGEPAGE);
  for (int i = 0; i < pl->data_count; i++) {
    struct object_data *d = &pl->data[i];
    if (d->content)
      continue;
    d->content = pl->made + at;
    if (weights_make(p, &pl->weights[i], pl->made + at, NULL, NULL))
      return vtpu_fail(err, VTPU_SYSTEM, "lowering: out of memory for a block of weights");
    at += round_up(d->bytes, CELL_BYTES);
  }
  return 0;
}

void placement_free(struct placement *pl)
{
  for (int i = 0; i < pl->content_count; i++)
    free(pl->contents[i]);
  free(pl->made);
  free(pl->contents);
  free(pl->regions);
  free(pl->data);
  free(pl->weights);
  free(pl->places);
  memset(pl, 0, sizeof *pl);
}

static void put_i32(void *content, uint64_t at, int32_t value)
{
  uint32_t v = (uint32_t)value;
  uint8_t *b = (uint8_t *)content + at;
  for (int i = 0; i < 4; i++)
    b[i] = (uint8_t)(v >> 8 * i);
}

/* What the host reads and writes: always shared, whoever runs. */
static int place_host_buffers(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  const struct lower_options *o = p->options;
  void *content;
  struct place state = {"state", REGION_SHARED, -1, ITEM_STATE, -1, 0, SPACE_STATE, GATHER_L3};
  uint64_t batch = (uint64_t)p->batch;
  int bad = place_region(pl, &state, batch * STATE_BYTES, &p->state, &content, err);
  if (bad)
    return bad;
  for (int s = 0; s < p->batch; s++) {
    uint64_t at = (uint64_t)s * STATE_BYTES;
    put_i32(content, at + STATE_STEPS, plan_positions(&o->prompts[s], o->max_tokens));
    put_i32(content, at + STATE_PROMPT, o->prompts[s].count);
  }

  /* One id more than positions: the program writes tokens[pos + 1]. */
  struct place tokens = {"tokens", REGION_SHARED, -1, ITEM_TOKENS, -1, 0, SPACE_TOKENS, GATHER_L3};
  uint64_t ids_bytes = 4 * (uint64_t)(p->positions + 1);
  bad = place_region(pl, &tokens, batch * ids_bytes, &p->tokens, &content, err);
  if (bad)
    return bad;
  for (int s = 0; s < p->batch; s++)
    for (int i = 0; i < o->prompts[s].count; i++)
      put_i32(content, (uint64_t)s * ids_bytes + 4 * (uint64_t)i, o->prompts[s].tokens[i]);

  uint64_t rows = batch * (uint64_t)p->logits_rows;
  uint64_t row_bytes = (uint64_t)p->logits_row_lines * (uint64_t)p->line_bytes;
  if (rows * (row_bytes / (uint64_t)p->line_bytes) * (uint64_t)plan_line_units(p) > INT32_MAX)
    return vtpu_fail(err, VTPU_LIMIT,
                     "lowering: %llu rows of logits need a 64-bit index\n"
                     "  keep the logits of fewer positions",
                     (unsigned long long)rows);
  struct place logits = {"logits", REGION_SHARED, -1, ITEM_LOGITS, -1, 0, SPACE_LOGITS, GATHER_L3};
  return place_region(pl, &logits, rows * row_bytes, &p->logits, NULL, err);
}

/* What the sentrons exchange: shared, or with one sentron its core's own. */
static int place_exchange(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  bool alone = p->sentrons == 1;
  int heads = (p->config->heads + 2 * p->config->kv_heads) * p->head_stride;
  uint64_t rows = p->block_rows ? (uint64_t)p->block_rows : 1;
  const struct {
    struct place where;
    int lines;
    struct buffer *out;
  } list[] = {
      {{.name = "residual", .item = ITEM_RESIDUAL, .space = SPACE_RESIDUAL},
       p->hidden.lines,
       &p->residual},
      {{.name = "qkv", .item = ITEM_QKV, .space = SPACE_QKV}, ceil_div(heads, p->lanes), &p->qkv},
      {{.name = "mixed", .item = ITEM_MIXED, .space = SPACE_MIXED},
       p->mixed.lines,
       &p->mixed_buffer},
      {{.name = "gated", .item = ITEM_GATED, .space = SPACE_GATED}, p->ffn.lines, &p->gated},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    struct place where = list[i].where;
    where.kind = alone ? REGION_PRIVATE : REGION_SHARED;
    where.latency = !alone ? GATHER_L3 : where.item == ITEM_MIXED ? GATHER_L1 : GATHER_L2;
    where.layer = where.sentron = -1;
    uint64_t bytes = rows * (uint64_t)list[i].lines * (uint64_t)p->line_bytes;
    int bad = place_region(pl, &where, bytes, list[i].out, NULL, err);
    if (bad)
      return bad;
  }
  /* The best logit of each sentron and its index; those of sentrons without rows stay -infinity. */
  void *content;
  struct place best = {"best",     alone ? REGION_PRIVATE : REGION_SHARED, -1, ITEM_BEST, -1, 0,
                       SPACE_BEST, alone ? GATHER_L1 : GATHER_L3};
  struct buffer both;
  int bad = place_region(pl, &best, rows * BEST_BYTES, &both, &content, err);
  if (bad)
    return bad;
  p->best_value = both;
  p->best_index = buffer_at(both, CELL_BYTES);
  float low = -INFINITY;
  int32_t bits;
  memcpy(&bits, &low, sizeof bits);
  for (uint64_t at = 0; at < rows * BEST_BYTES; at += BEST_BYTES)
    for (uint64_t i = 0; i < CELL_BYTES; i += 4)
      put_i32(content, at + i, bits);
  return 0;
}

static int widest_vector(const struct plan *p)
{
  int widest = 2 * p->half_lines;
  const int lines[] = {p->hidden.lines, p->ffn.lines, p->mixed.lines};
  for (int i = 0; i < 3; i++)
    widest = lines[i] > widest ? lines[i] : widest;
  return widest;
}

/* What the products of a block of positions read: a row for each, whoever has packed it. */
static int place_block(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  if (!p->block_rows)
    return 0;
  bool alone = p->sentrons == 1;
  struct place where = {.name = "block",
                        .kind = alone ? REGION_PRIVATE : REGION_SHARED,
                        .layer = -1,
                        .item = ITEM_BLOCK,
                        .sentron = -1,
                        .space = SPACE_STAGED,
                        .latency = alone ? GATHER_L2 : GATHER_L3};
  uint64_t rows = (uint64_t)p->block_rows;
  uint64_t lines = rows * (uint64_t)(widest_vector(p) * p->line_bytes);
  lines = (lines + CELL_BYTES - 1) / CELL_BYTES * CELL_BYTES;
  int bad = place_region(pl, &where, lines + 4 * rows, &p->block_input, NULL, err);
  p->block_scales = buffer_at(p->block_input, lines);
  p->block_scales.space = SPACE_SCALES;
  return bad;
}

/* Control cell, lists, staged vectors and KV caches of one sentron. */
static int place_sentron(struct placement *pl, struct plan *p, int s, struct vtpu_error *err)
{
  struct sentron_plan *sp = &p->sentron[s];
  int widest = widest_vector(p);
  uint64_t batch = (uint64_t)p->batch, rows = p->block_rows ? (uint64_t)p->block_rows : 1;
  uint64_t bias = (uint64_t)(p->blocks * p->line_bytes), caches = (uint64_t)sp->caches;
  uint64_t entries = (rows + 1) * ROW_BYTES; /* one more is written than counts */
  const struct {
    struct buffer *out;
    enum space space;
    uint64_t bytes;
  } list[] = {
      {&sp->control, SPACE_CONTROL, CELL_BYTES},
      {&sp->sequences, SPACE_SEQUENCES, batch * SEQUENCE_BYTES},
      {&sp->rows, SPACE_ROWS, entries},
      {&sp->wanted, SPACE_ROWS, entries},
      {&sp->attended, SPACE_ROWS, p->teams > 1 ? entries : 0},
      {&sp->normed, SPACE_NORMED, (uint64_t)(p->hidden.lines * p->line_bytes)},
      {&sp->staged, SPACE_STAGED, (uint64_t)(widest * p->line_bytes)},
      {&sp->scratch, SPACE_SCRATCH, (uint64_t)(widest * p->line_bytes)},
      {&sp->query, SPACE_QUERY, (uint64_t)(sp->heads.count * p->query_lines * p->line_bytes)},
      {&sp->query_scales, SPACE_QUERY, 4 * (uint64_t)sp->heads.count},
      {&sp->scores, SPACE_SCORES, (uint64_t)(p->readers * p->blocks * p->inputs * p->line_bytes)},
      {&sp->greatest, SPACE_GREATEST, (uint64_t)(p->readers * p->inputs * p->line_bytes)},
      {&sp->bias, SPACE_BIAS, caches * bias},
      {&sp->residual, SPACE_RESIDUAL,
       p->messages ? (uint64_t)(p->hidden.lines * p->line_bytes) : 0},
      {&sp->mixed, SPACE_MIXED, p->messages ? (uint64_t)(p->mixed.lines * p->line_bytes) : 0},
      {&sp->gated, SPACE_GATED, p->messages ? (uint64_t)(p->ffn.lines * p->line_bytes) : 0},
  };
  uint64_t offset = 0;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    offset += (list[i].bytes + CELL_BYTES - 1) / CELL_BYTES * CELL_BYTES;
  struct buffer all_of;
  struct place where = {"scratch", REGION_PRIVATE, -1,       ITEM_SENTRON, s,
                        sp->core,  SPACE_CONTROL,  GATHER_L1};
  int bad = place_region(pl, &where, offset, &all_of, NULL, err);
  if (bad)
    return bad;
  offset = 0;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    *list[i].out = buffer_at(all_of, offset);
    list[i].out->space = list[i].space;
    offset += (list[i].bytes + CELL_BYTES - 1) / CELL_BYTES * CELL_BYTES;
  }
  if (p->batch > 1)
    sp->bias.row_bytes = bias;
  sp->bias.row_of = CONTROL_CACHE;
  if (!sp->heads.count)
    return 0;
  uint64_t heads = caches * (uint64_t)sp->kv_heads.count * (uint64_t)p->config->layers;
  uint64_t largest =
      p->key_head_bytes > p->value_head_bytes ? p->key_head_bytes : p->value_head_bytes;
  if (caches * largest > INT32_MAX)
    return vtpu_fail(err, VTPU_LIMIT,
                     "lowering: KV caches of %d sequences of %d positions need a 64-bit index\n"
                     "  decode fewer together, or shorter ones",
                     p->batch, p->positions);
  struct place cache = {.name = "cache",
                        .kind = p->cache_shared ? REGION_SHARED : REGION_PRIVATE,
                        .layer = -1,
                        .item = ITEM_CACHE,
                        .sentron = s,
                        .core = sp->core,
                        .space = SPACE_KEYS,
                        .latency = p->cache_latency};
  bad = place_region(pl, &cache, heads * (p->key_head_bytes + p->value_head_bytes), &sp->keys, NULL,
                     err);
  sp->values = buffer_at(sp->keys, heads * p->key_head_bytes);
  sp->values.space = SPACE_VALUES;
  return bad;
}

/* KV caches of one sequence: all sentrons, all layers. */
static uint64_t sequence_bytes(const struct plan *p)
{
  uint64_t heads = 0;
  for (int s = 0; s < p->sentrons; s++)
    heads += (uint64_t)p->sentron[s].kv_heads.count;
  return heads / (uint64_t)p->teams * (uint64_t)p->config->layers *
         (p->key_head_bytes + p->value_head_bytes);
}

static int check_memory(const struct placement *pl, const struct plan *p, struct vtpu_error *err)
{
  uint64_t ddr = p->options->ddr_bytes ? p->options->ddr_bytes : UINT64_C(96) << 30;
  uint64_t each = sequence_bytes(p), caches = each * (uint64_t)p->batch, others = 0;
  double mib = 1 << 20;
  if (pl->bytes <= ddr)
    return 0;
  others = pl->bytes - (caches < pl->bytes ? caches : pl->bytes);
  return vtpu_fail(err, VTPU_LIMIT,
                   "lowering: the DDR of a node has %.2f MiB; KV caches of %d sequence%s of %d "
                   "positions need %.2f MiB, all else %.2f MiB\n"
                   "  decode fewer together or shorter ones, choose narrower types, or raise "
                   "ddr_bytes of the machine",
                   (double)ddr / mib, p->batch, p->batch > 1 ? "s" : "", p->positions,
                   (double)caches / mib, (double)others / mib);
}

int place_buffers(struct placement *pl, struct plan *p, struct vtpu_error *err)
{
  int bad = place_host_buffers(pl, p, err);
  if (!bad)
    bad = place_exchange(pl, p, err);
  if (!bad)
    bad = place_block(pl, p, err);
  for (int s = 0; s < p->sentrons && !bad; s++)
    bad = place_sentron(pl, p, s, err);
  return bad ? bad : check_memory(pl, p, err);
}
