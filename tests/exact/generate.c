/* Random programs: see generate.h. */
#include "tests/exact/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t rng_next(struct rng *r)
{
  /* splitmix64 */
  uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

int below(struct rng *r, int n)
{
  return (int)(rng_next(r) % (uint64_t)n);
}

/* --- regions
 * ---------------------------------------------------------------------------------------- */

static void add_region(struct program *g, enum region_kind kind, unsigned core, int pages)
{
  struct rng *r = &g->rng;
  struct object_region *region = &g->regions[g->region_count];
  *region = (struct object_region){.kind = kind, .core = (uint16_t)core, .node = REGION_ALL_NODES};
  snprintf(region->name, sizeof region->name, "%s%d", region_kind_names[kind], g->region_count);
  struct coord lo = {0, 0};
  lo = coord_with_dim(lo, 10, (unsigned)g->region_count + 1);
  lo = coord_with_dim(lo, 5, (unsigned)below(r, 2048));
  lo = coord_with_dim(lo, 0, 4u * (unsigned)below(r, 100));
  lo = coord_with_dim(lo, 1, 4u * (unsigned)below(r, 3));
  region->lo = lo;
  for (int d = 0; d < COORD_DIMS; d++)
    region->extent[d] = 1;
  region->extent[0] = (uint16_t)pages;
  while (chance(r, 25)) { /* more rows, in some dimension */
    int d = between(r, 1, COORD_DIMS - 2);
    int most = d < 3 ? 100 : COORD_DIM_SIZE - (int)coord_dim(lo, d);
    if (pages < 40 && region->extent[d] == 1 && most > 3)
      region->extent[d] = (uint16_t)between(r, 2, 3);
    else
      break;
  }
  g->region_count++;
}

static int region_size(struct rng *r)
{
  return chance(r, 60) ? between(r, 1, 4) : chance(r, 80) ? between(r, 4, 40) : between(r, 40, 300);
}

static void make_regions(struct program *g)
{
  struct rng *r = &g->rng;
  unsigned used = 0; /* cores that have a sentron */
  for (int i = 0; i < g->writer_count; i++)
    used |= 1u << g->writers[i].core;
  add_region(g, REGION_SHARED, 0, region_size(r));
  if (chance(r, 70))
    add_region(g, REGION_ROM, 0, region_size(r));
  for (unsigned c = 0; c < (unsigned)g->m->cores; c++)
    if ((used >> c & 1) && chance(r, 80))
      add_region(g, REGION_PRIVATE, c, region_size(r));
  for (int more = below(r, 4); more > 0 && g->region_count < REGIONS_MAX; more--) {
    enum region_kind kind = (enum region_kind)below(r, 3);
    add_region(g, kind, 0, region_size(r));
  }
  for (int i = 0; i < g->region_count; i++)
    if (g->regions[i].kind != REGION_PRIVATE)
      g->regions[i].core = 0;
}

/* --- sentrons
 * --------------------------------------------------------------------------------------- */

static void add_writer(struct program *g, unsigned node, unsigned id)
{
  struct writer *w = &g->writers[g->writer_count++];
  *w = (struct writer){.g = g, .node = node, .id = id, .repeat = 1};
  w->core = id % (unsigned)g->m->cores;
  w->regs = chance(&g->rng, 50) ? R_COUNT : between(&g->rng, 3, R_COUNT);
}

static void make_writers(struct program *g)
{
  struct rng *r = &g->rng;
  int per_node = (int)(g->m->cores * g->m->contexts);
  if (g->level <= LEVEL_MEMORY) {
    add_writer(g, 0, (unsigned)below(r, per_node));
    return;
  }
  if (g->level == LEVEL_PAIR) {
    for (int i = 0; i < per_node; i++)
      add_writer(g, 0, (unsigned)i);
    return;
  }
  int percent = chance(r, 40) ? 100 : between(r, 30, 100);
  for (int n = 0; n < g->m->nodes; n++)
    for (int i = 0; i < per_node && g->writer_count < SENTRONS_MAX; i++)
      if (chance(r, percent))
        add_writer(g, (unsigned)n, (unsigned)i);
  if (g->writer_count == 0)
    add_writer(g, 0, 0);
}

/* --- the object
 * --------------------------------------------------------------------------------------- */

static void make_inits(struct program *g, struct object *o)
{
  struct rng *r = &g->rng;
  o->inits = calloc((size_t)g->writer_count * (R_COUNT + M_COUNT + 2), sizeof *o->inits);
  for (int i = 0; i < g->writer_count; i++)
    for (int n = 0; n < R_COUNT + M_COUNT + 2; n++) {
      struct object_init *in = &o->inits[o->init_count];
      if (n < R_COUNT + M_COUNT && chance(r, 30))
        continue;
      in->sentron = (uint16_t)i;
      in->file = n < R_COUNT ? FILE_R : n < R_COUNT + M_COUNT ? FILE_M : FILE_P;
      in->index = (uint8_t)(n < R_COUNT             ? n
                            : n < R_COUNT + M_COUNT ? n - R_COUNT
                                                    : n - R_COUNT - M_COUNT + SCRATCH);
      size_t bytes = in->file == FILE_R ? o->dlen / 8 : in->file == FILE_M ? M_BYTES : 16;
      int kind = in->file == FILE_P ? 2 : below(r, 4);
      for (size_t b = 0; b < bytes; b += 4) {
        uint32_t v = (uint32_t)rng_next(r);
        if (kind == 0)
          v = 0x3f000000 + (v & 0x81ffffff);
        if (kind == 1)
          v &= 3;
        memcpy(in->bytes + b, &v, 4);
      }
      if (in->file == FILE_P) {
        struct coord c = {0, 0};
        for (int d = 0; d < COORD_DIMS; d++)
          c = coord_with_dim(c, d, (unsigned)between(r, 500, 1500));
        memcpy(in->bytes, &c, sizeof c);
      }
      o->init_count++;
    }
}

static void make_data(struct program *g, struct object *o)
{
  struct rng *r = &g->rng;
  o->data = calloc((size_t)g->region_count + 1, sizeof *o->data);
  for (int i = 0; i < g->region_count; i++) {
    uint64_t bytes = region_pages(&g->regions[i]) * PAGE_BYTES;
    if (g->regions[i].kind != REGION_ROM && chance(r, 60))
      continue;
    if (chance(r, 50))
      bytes = 1 + rng_next(r) % bytes;
    if (bytes > 8 * PAGE_BYTES && chance(r, 90))
      bytes = 8 * PAGE_BYTES;
    if (bytes > g->regions[i].extent[0] * (uint64_t)PAGE_BYTES)
      bytes = g->regions[i].extent[0] * (uint64_t)PAGE_BYTES;
    uint8_t *content = malloc(bytes);
    for (uint64_t b = 0; b < bytes; b++)
      content[b] = (uint8_t)rng_next(r);
    o->data[o->data_count++] = (struct object_data){
        .region = (uint16_t)i, .start = g->regions[i].lo, .bytes = bytes, .content = content};
  }
}

static void make_hosts(struct program *g, struct object *o)
{
  struct rng *r = &g->rng;
  o->hosts = calloc(32, sizeof *o->hosts);
  if (g->level < LEVEL_ALL || chance(r, 60))
    return;
  int phases = between(r, 1, 3);
  uint64_t all = (UINT64_C(1) << g->writer_count) - 1;
  for (int p = 0; p < phases; p++) {
    for (int i = below(r, 4); i > 0 && g->memory && !g->rtl; i--) {
      struct object_host *h = &o->hosts[o->host_count++];
      int region = below(r, g->region_count);
      h->kind = (enum host_kind)below(r, 3);
      h->coord = any_place(&g->writers[0], region);
      h->coord = coord_with_flags(h->coord, 8u * (unsigned)below(r, 8));
      if (g->level == LEVEL_FAULTS && chance(r, 5))
        h->coord = coord_with_dim(h->coord, 10, 1900);
      h->value = h->kind == HOST_WRITE ? rng_next(r) : 0;
      h->sentron = h->kind == HOST_READ ? (uint16_t)below(r, g->writer_count) : 0;
      h->index = h->kind == HOST_READ ? (uint8_t)below(r, R_COUNT) : 0;
      if (h->kind == HOST_PRINT)
        snprintf(h->name, sizeof h->name, "value%u", o->host_count);
    }
    o->hosts[o->host_count++] = (struct object_host){.kind = HOST_RUN, .value = all};
  }
}

static void make_code(struct program *g, struct object *o)
{
  for (int i = 0; i < g->writer_count; i++)
    o->siw_count += g->writers[i].count;
  struct bundle *all = calloc(o->siw_count, sizeof *all);
  o->code = calloc(o->siw_count, sizeof *o->code);
  o->sentrons = calloc((size_t)g->writer_count, sizeof *o->sentrons);
  o->sentron_count = (uint32_t)g->writer_count;
  uint32_t at = 0;
  for (int i = 0; i < g->writer_count; i++) {
    const struct writer *w = &g->writers[i];
    struct object_sentron *s = &o->sentrons[i];
    *s = (struct object_sentron){.node = (uint16_t)w->node,
                                 .id = (uint16_t)w->id,
                                 .start = true,
                                 .entry = at,
                                 .end = at + w->count};
    snprintf(s->name, sizeof s->name, "n%us%u", w->node, w->id);
    s->home = coord_with_dim(s->home, 9, w->id);
    for (uint32_t k = 0; k < w->count; k++) {
      struct bundle *b = &all[at + k];
      *b = w->code[k];
      if (b->slot[PIPE_D].op == OP_DBR)
        b->slot[PIPE_D].imm += (int32_t)at;
      if (b->slot[PIPE_C].op == OP_CLOOP)
        b->slot[PIPE_C].end += (int32_t)at;
    }
    at += w->count;
  }
  bundle_set_deps(all, o->siw_count);
  for (uint32_t k = 0; k < o->siw_count; k++) {
    struct vtpu_error err;
    if (siw_encode(&all[k], &o->code[k], &err)) {
      fprintf(stderr, "generator: %s\n", err.message);
      abort();
    }
  }
  free(all);
}

/* Dormant sentrons are started by a live one of their node, at their entry. */
static void make_dormant(struct program *g, struct object *o)
{
  struct rng *r = &g->rng;
  if (g->level < LEVEL_MESSAGES || o->host_count || chance(r, g->level == LEVEL_FAULTS ? 20 : 60))
    return;
  for (int i = 0; i < g->writer_count; i++) {
    struct writer *w = &g->writers[i];
    uint32_t at = o->sentrons[w - g->writers].entry;
    int other = below(r, g->writer_count);
    if (other <= i || g->writers[other].node != w->node || !o->sentrons[other].start)
      continue;
    struct bundle b;
    struct vtpu_error err;
    siw_decode(&o->code[at], o->dlen, &b, &err);
    if (b.slot[PIPE_C].op != 0 || b.loop_ends)
      continue;
    b.slot[PIPE_C] = (struct slot){.op = OP_CSPAWN,
                                   .peer = (int32_t)g->writers[other].id,
                                   .imm = (int32_t)o->sentrons[other].entry};
    siw_encode(&b, &o->code[at], &err);
    o->sentrons[other].start = false;
    if (g->level == LEVEL_FAULTS && chance(r, 20)) { /* an SIW of another sentron */
      b.slot[PIPE_C].imm = (int32_t)at;
      siw_encode(&b, &o->code[at], &err);
    }
  }
}

static void make_marks(struct program *g, struct object *o)
{
  struct rng *r = &g->rng;
  o->marks = calloc(8, sizeof *o->marks);
  uint32_t at = 0;
  for (int i = below(r, 5); i > 0 && at < o->siw_count; i--) {
    struct object_mark *m = &o->marks[o->mark_count++];
    m->first = at + (uint32_t)below(r, (int)(o->siw_count - at));
    m->last = m->first + (uint32_t)below(r, (int)(o->siw_count - m->first));
    m->layer = between(r, -1, 3);
    snprintf(m->kernel, sizeof m->kernel, "kernel%u", o->mark_count);
    at = m->last + 1;
  }
}

/* Now and then the DDR holds hardly more than the object's regions. */
static void limit_memory(struct program *g)
{
  uint64_t pages = 0;
  for (int i = 0; i < g->region_count; i++)
    pages += region_pages(&g->regions[i]);
  if (g->level >= LEVEL_ALL && chance(&g->rng, 10))
    g->m->ddr_bytes = (int64_t)(pages + (uint64_t)between(&g->rng, 1, 6)) * PAGE_BYTES;
}

/* cores: NULL, or the verilated ones. */
static void generate(uint64_t seed, enum generate_level level, const struct machine *cores,
                     struct exact_case *out)
{
  struct program *g = calloc(1, sizeof *g);
  struct rng *r = &g->rng;
  memset(out, 0, sizeof *out);
  r->state = seed * 0x2545F4914F6CDD1D + (uint64_t)level;
  g->level = level;
  g->m = &out->machine;
  g->rtl = cores != NULL;
  if (g->rtl)
    random_rtl_machine(r, level, cores, g->m);
  else
    random_machine(r, level, g->m);
  struct object *o = &out->object;
  o->dlen = g->dlen = (unsigned)g->m->dlen;
  g->memory = level > LEVEL_DENSE;
  make_writers(g);
  g->budget = (level == LEVEL_FAULTS ? 1000 : 6000) / g->writer_count;
  bool faults = level == LEVEL_FAULTS || (level == LEVEL_ALL && chance(r, 15));
  g->fault_writer = faults ? below(r, g->writer_count) : -1;
  if (g->memory)
    make_regions(g);
  limit_memory(g);
  random_run(r, out);
  struct group groups[24];
  int group_count = level >= LEVEL_MESSAGES ? make_groups(g, groups, 24) : 0;
  o->groups = calloc(24, sizeof *o->groups);
  for (int i = 0; i < group_count; i++) {
    struct object_group *k = &o->groups[o->group_count++];
    *k = (struct object_group){.id = (uint8_t)groups[i].id, .node = (uint16_t)groups[i].node};
    for (int m = 0; m < groups[i].count; m++)
      k->members[k->count++] = (uint8_t)g->writers[groups[i].member[m]].id;
  }
  for (int i = 0; i < g->writer_count; i++) {
    struct bundle first = {0};
    emit(&g->writers[i], &first); /* room for a CSPAWN */
    emit_prologue(&g->writers[i]);
    emit_block(&g->writers[i], between(r, 1, 6));
  }
  if (level >= LEVEL_MESSAGES)
    spread_events(g, groups, group_count);
  for (int i = 0; i < g->writer_count; i++) {
    struct writer *w = &g->writers[i];
    while (w->run < g->budget / 2 && w->count < 300)
      emit_block(w, 3);
    if (g->level == LEVEL_FAULTS && g->fault_writer == i) {
      struct bundle b = {0};
      faulty_bundle(w, &b);
      emit(w, &b);
    }
    if (chance(r, 30)) {
      struct bundle b = {0};
      b.slot[PIPE_C] = (struct slot){.op = OP_CHALT};
      fill_bundle(w, &b);
      emit(w, &b);
      emit_fill(w, below(r, 2));
    }
  }
  make_code(g, o);
  o->regions = calloc((size_t)g->region_count + 1, sizeof *o->regions);
  memcpy(o->regions, g->regions, (size_t)g->region_count * sizeof *o->regions);
  o->region_count = (uint32_t)g->region_count;
  make_inits(g, o);
  make_data(g, o);
  make_hosts(g, o);
  make_dormant(g, o);
  make_marks(g, o);
  for (int i = 0; i < g->writer_count; i++)
    free(g->writers[i].code);
  free(g);
}

void exact_generate(uint64_t seed, enum generate_level level, struct exact_case *out)
{
  generate(seed, level, NULL, out);
}

void exact_generate_rtl(uint64_t seed, enum generate_level level, const struct machine *cores,
                        struct exact_case *out)
{
  generate(seed, level, cores, out);
}

void exact_case_free(struct exact_case *c)
{
  object_free_parts(&c->object);
}
