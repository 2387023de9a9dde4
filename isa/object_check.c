/* The loader's checks on an object's contents (object.h; architecture, sections 2 to 5).
 *
 * Code is checked in one walk in address order: it keeps what the last 8 SIWs wrote, for the
 * dependence byte, and the loops that are open, of which there are at most 4 since two nested
 * loops cannot share a loop register.
 */
#include "isa/object.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 64, CORES_MAX = 8, SIW_COUNT_MAX = 1 << 24 };

/* --- code ------------------------------------------------------------------------------------ */

struct loop {
  uint32_t begin, end; /* its CLOOP, its last SIW */
  int reg;
};

struct walk {
  const struct object *o;
  struct vtpu_error *err;
  uint32_t k;                /* the SIW being looked at */
  uint32_t writes[SIW_DEPS]; /* what SIW i wrote, at i mod 8 */
  struct loop open[L_COUNT];
  int depth;
};

/* "SIW 17 (loop+3): ..." */
__attribute__((format(printf, 2, 3))) static int bad_siw(const struct walk *w, const char *format,
                                                         ...)
{
  char text[1024], symbol[SYMBOL_TEXT_BYTES];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  object_symbolize(w->o, w->k, symbol);
  if (symbol[0] == '@')
    return vtpu_fail(w->err, VTPU_INPUT, "SIW %u: %s", w->k, text);
  return vtpu_fail(w->err, VTPU_INPUT, "SIW %u (%s): %s", w->k, symbol, text);
}

static int check_deps(struct walk *w, const struct bundle *b)
{
  uint32_t wanted, writes;
  bundle_registers(b, &wanted, &writes);
  uint8_t deps = last_writers(wanted, w->writes, w->k);
  w->writes[w->k % SIW_DEPS] = writes;
  if (deps == b->deps)
    return VTPU_OK;
  return bad_siw(w,
                 "dependence byte 0x%02x, but its registers give 0x%02x\n"
                 "  the byte follows from the code: assemble it again",
                 b->deps, deps);
}

static int check_target(const struct walk *w, const char *what, int64_t target)
{
  if (target >= 0 && target < (int64_t)w->o->siw_count)
    return VTPU_OK;
  return bad_siw(w, "%s SIW %lld, but the code has %u", what, (long long)target, w->o->siw_count);
}

static int check_targets(const struct walk *w, const struct bundle *b)
{
  const struct slot *d = &b->slot[PIPE_D], *c = &b->slot[PIPE_C];
  int rc = VTPU_OK;
  if (d->op == OP_DBR)
    rc = check_target(w, "DBR to", d->imm);
  if (!rc && c->op == OP_CSPAWN)
    rc = check_target(w, "CSPAWN at", c->imm);
  if (!rc && c->op == OP_CLOOP)
    rc = check_target(w, "CLOOP to", c->end);
  return rc;
}

/* Every loop that ends here has its mark, every mark a loop that ends here. */
static int check_marks(struct walk *w, const struct bundle *b)
{
  unsigned due = 0;
  for (int i = 0; i < w->depth; i++) {
    const struct loop *loop = &w->open[i];
    if (loop->end != w->k)
      continue;
    if (!(b->loop_ends >> loop->reg & 1))
      return bad_siw(w, "the loop of SIW %u ends here, but there is no mark of l%d", loop->begin,
                     loop->reg);
    due |= 1u << loop->reg;
  }
  unsigned spare = b->loop_ends & ~due;
  if (spare)
    return bad_siw(w, "marked as the end of a loop of l%d, but no CLOOP names it",
                   __builtin_ctz(spare));
  if (due == 0)
    return VTPU_OK;
  static const uint8_t jumps[] = {OP_CLOOP, OP_CSPAWN, OP_CHALT};
  const char *culprit = b->slot[PIPE_D].op == OP_DBR ? "DBR" : NULL;
  for (size_t i = 0; i < sizeof jumps; i++)
    if (b->slot[PIPE_C].op == jumps[i])
      culprit = op_find(PIPE_C, jumps[i])->mnemonic;
  if (culprit)
    return bad_siw(w, "%s on the last SIW of a loop\n  put it into another SIW of the body",
                   culprit);
  while (w->depth > 0 && w->open[w->depth - 1].end == w->k)
    w->depth--;
  return VTPU_OK;
}

static int open_loop(struct walk *w, const struct slot *c)
{
  struct loop loop = {w->k, (uint32_t)c->end, c->rd};
  if (loop.end <= loop.begin)
    return bad_siw(w, "CLOOP ends at SIW %u: the body is from the next SIW on", loop.end);
  for (int i = 0; i < w->depth; i++)
    if (w->open[i].reg == loop.reg)
      return bad_siw(w, "CLOOP l%d inside the loop of SIW %u, which uses l%d already", loop.reg,
                     w->open[i].begin, loop.reg);
  if (w->depth > 0 && loop.end > w->open[w->depth - 1].end)
    return bad_siw(w,
                   "its loop ends at SIW %u, after the loop of SIW %u around it, which ends at %u",
                   loop.end, w->open[w->depth - 1].begin, w->open[w->depth - 1].end);
  w->open[w->depth++] = loop;
  return VTPU_OK;
}

static int check_code(const struct object *o, struct vtpu_error *err)
{
  if (o->siw_count > SIW_COUNT_MAX)
    return vtpu_fail(err, VTPU_INPUT, "%u SIWs: at most %d", o->siw_count, SIW_COUNT_MAX);
  struct walk w = {.o = o, .err = err};
  for (; w.k < o->siw_count; w.k++) {
    struct bundle b;
    struct vtpu_error inner;
    if (siw_decode(&o->code[w.k], o->dlen, &b, &inner))
      return bad_siw(&w, "%s", inner.message);
    int rc = check_deps(&w, &b);
    if (!rc)
      rc = check_targets(&w, &b);
    if (!rc)
      rc = check_marks(&w, &b);
    if (!rc && b.slot[PIPE_C].op == OP_CLOOP)
      rc = open_loop(&w, &b.slot[PIPE_C]);
    if (rc)
      return rc;
  }
  return VTPU_OK;
}

/* --- sentrons and their registers --------------------------------------------------------------
 */

/* Names go into reports and JSON: ASCII without control characters, at most 47 bytes. */
static bool name_fits(const char name[OBJECT_NAME_BYTES])
{
  size_t length = strnlen(name, OBJECT_NAME_BYTES);
  for (size_t i = 0; i < length; i++)
    if (name[i] < 0x20 || name[i] > 0x7e)
      return false;
  return length < OBJECT_NAME_BYTES;
}

static int bad_name(struct vtpu_error *err, const char *what, uint32_t number)
{
  return vtpu_fail(err, VTPU_INPUT, "%s %u: its name is not printable ASCII of at most %d bytes",
                   what, number, OBJECT_NAME_BYTES - 1);
}

/* Bit i of here[n]: node n has a sentron i. */
struct population {
  uint16_t here[NODES_MAX];
};

static int check_sentrons(const struct object *o, struct population *all, struct vtpu_error *err)
{
  memset(all, 0, sizeof *all);
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    const struct object_sentron *s = &o->sentrons[i];
    if (!name_fits(s->name))
      return bad_name(err, "sentron", i);
    if (s->node >= NODES_MAX || s->id >= SENTRONS_PER_NODE_MAX)
      return vtpu_fail(
          err, VTPU_INPUT,
          "sentron %u (%s): number %u on node %u: at most %d sentrons a node, %d nodes", i, s->name,
          s->id, s->node, SENTRONS_PER_NODE_MAX, NODES_MAX);
    if (all->here[s->node] >> s->id & 1)
      return vtpu_fail(err, VTPU_INPUT, "sentron %u (%s): node %u has a sentron %u already", i,
                       s->name, s->node, s->id);
    all->here[s->node] |= (uint16_t)(1u << s->id);
    if (s->entry >= s->end || s->end > o->siw_count)
      return vtpu_fail(err, VTPU_INPUT,
                       "sentron %u (%s): SIWs %u to %u (exclusive), but the code has %u", i,
                       s->name, s->entry, s->end, o->siw_count);
    if (coord_flags(s->home))
      return vtpu_fail(err, VTPU_INPUT, "sentron %u (%s): its home is a cell, without an offset", i,
                       s->name);
  }
  return VTPU_OK;
}

static int check_inits(const struct object *o, struct vtpu_error *err)
{
  static const struct {
    const char *letter;
    int count, bytes, first;
  } files[] = {[FILE_R] = {"r", R_COUNT, 0, REG_R},
               [FILE_P] = {"p", P_COUNT, 16, REG_P},
               [FILE_M] = {"m", M_COUNT, M_BYTES, REG_M}};
  uint32_t seen[NODES_MAX * SENTRONS_PER_NODE_MAX] = {0}; /* registers of a sentron, as a set */
  for (uint32_t i = 0; i < o->init_count; i++) {
    const struct object_init *r = &o->inits[i];
    if (r->sentron >= o->sentron_count)
      return vtpu_fail(err, VTPU_INPUT, "initial register %u: sentron %u of %u", i, r->sentron,
                       o->sentron_count);
    if (r->file > FILE_M || r->index >= files[r->file].count)
      return vtpu_fail(err, VTPU_INPUT, "initial register %u: no register %u in file %u", i,
                       r->index, r->file);
    size_t bytes = r->file == FILE_R ? o->dlen / 8 : (size_t)files[r->file].bytes;
    for (size_t b = bytes; b < sizeof r->bytes; b++)
      if (r->bytes[b])
        return vtpu_fail(err, VTPU_INPUT, "initial register %u: %s%u has only %zu bytes", i,
                         files[r->file].letter, r->index, bytes);
    uint32_t bit = UINT32_C(1) << (files[r->file].first + r->index);
    if (seen[r->sentron] & bit)
      return vtpu_fail(err, VTPU_INPUT, "initial register %u: %s%u of sentron %u is set twice", i,
                       files[r->file].letter, r->index, r->sentron);
    seen[r->sentron] |= bit;
  }
  return VTPU_OK;
}

/* --- phext space -------------------------------------------------------------------------------
 */

/* A block of pages a dimension: 512 of D0..D2, 2048 above. */
static unsigned pages_along(int dim)
{
  return dim < 3 ? COORD_DIM_SIZE / 4 : COORD_DIM_SIZE;
}
static unsigned page_of(struct coord c, int dim)
{
  return coord_dim(c, dim) / (dim < 3 ? 4 : 1);
}

static int check_region(const struct object *o, uint32_t i, struct vtpu_error *err)
{
  const struct object_region *r = &o->regions[i];
  if (!name_fits(r->name))
    return bad_name(err, "region", i);
  if ((unsigned)r->kind >= REGION_KIND_COUNT)
    return vtpu_fail(err, VTPU_INPUT, "region %u (%s): kind %d is unknown", i, r->name,
                     (int)r->kind);
  if (r->node >= NODES_MAX && r->node != REGION_ALL_NODES)
    return vtpu_fail(err, VTPU_INPUT, "region %u (%s): node %u: at most %d", i, r->name, r->node,
                     NODES_MAX);
  if (r->core >= (r->kind == REGION_PRIVATE ? CORES_MAX : 1))
    return vtpu_fail(err, VTPU_INPUT, "region %u (%s): core %u: %s", i, r->name, r->core,
                     r->kind == REGION_PRIVATE ? "a node has 8" : "only private regions have one");
  if (coord_flags(r->lo))
    return vtpu_fail(err, VTPU_INPUT, "region %u (%s): its corner has an offset", i, r->name);
  for (int dim = 0; dim < COORD_DIMS; dim++) {
    if (dim < 3 && coord_dim(r->lo, dim) % 4)
      return vtpu_fail(err, VTPU_INPUT,
                       "region %u (%s): D%d = %u: pages start at multiples of 4 in D0, D1, D2", i,
                       r->name, dim, coord_dim(r->lo, dim));
    if (r->extent[dim] == 0 || page_of(r->lo, dim) + r->extent[dim] > pages_along(dim))
      return vtpu_fail(err, VTPU_INPUT,
                       "region %u (%s): %u pages from D%d = %u: at least 1, and inside 0..2047", i,
                       r->name, r->extent[dim], dim, coord_dim(r->lo, dim));
  }
  return VTPU_OK;
}

/* In the order of page keys (D10 outermost), then of numbers. */
static int by_first_page(const void *a, const void *b)
{
  const struct object_region *ra = *(const struct object_region *const *)a;
  const struct object_region *rb = *(const struct object_region *const *)b;
  if (ra->lo.hi != rb->lo.hi)
    return ra->lo.hi < rb->lo.hi ? -1 : 1;
  if (ra->lo.lo != rb->lo.lo)
    return ra->lo.lo < rb->lo.lo ? -1 : 1;
  return ra < rb ? -1 : 1;
}

/* Is a's last page before b's first one? */
static bool ends_before(const struct object_region *a, const struct object_region *b)
{
  for (int dim = COORD_DIMS - 1; dim >= 0; dim--) {
    unsigned last = page_of(a->lo, dim) + a->extent[dim] - 1, first = page_of(b->lo, dim);
    if (last != first)
      return last < first;
  }
  return false;
}

/* All pairs, but sorted by first page, so that a region meets only those that begin in its span. */
static int check_overlaps(const struct object *o, struct vtpu_error *err)
{
  if (o->region_count < 2)
    return VTPU_OK;
  const struct object_region **sorted = malloc(o->region_count * sizeof *sorted);
  if (!sorted)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  for (uint32_t i = 0; i < o->region_count; i++)
    sorted[i] = &o->regions[i];
  qsort(sorted, o->region_count, sizeof *sorted, by_first_page);
  int rc = VTPU_OK;
  for (uint32_t i = 0; i < o->region_count && !rc; i++)
    for (uint32_t j = i + 1; j < o->region_count && !ends_before(sorted[i], sorted[j]); j++)
      if (regions_overlap(sorted[i], sorted[j])) {
        rc = vtpu_fail(err, VTPU_INPUT, "regions %u (%s) and %u (%s) overlap",
                       (unsigned)(sorted[i] - o->regions), sorted[i]->name,
                       (unsigned)(sorted[j] - o->regions), sorted[j]->name);
        break;
      }
  free(sorted);
  return rc;
}

/* Do all pages from `first` to `last` in storage order lie in the region? Where the two differ
 * first, from D10 down, the walk passes a whole turn of every dimension below. */
static bool run_inside(const struct object_region *r, struct coord first, struct coord last)
{
  if (!region_contains(r, first) || !region_contains(r, last))
    return false;
  int dim = COORD_DIMS - 1;
  while (dim > 0 && page_of(first, dim) == page_of(last, dim))
    dim--;
  for (dim--; dim >= 0; dim--)
    if (r->extent[dim] != pages_along(dim))
      return false;
  return true;
}

static bool trits_valid(const uint8_t *p, uint64_t bytes)
{
  unsigned found = 0;
  for (uint64_t i = 0; i < bytes; i++)
    found |= p[i] & p[i] >> 1 & 0x55u;
  return found == 0;
}

static int check_data(const struct object *o, uint32_t i, struct vtpu_error *err)
{
  const struct object_data *d = &o->data[i];
  if (d->region >= o->region_count)
    return vtpu_fail(err, VTPU_INPUT, "data %u: region %u of %u", i, d->region, o->region_count);
  const struct object_region *r = &o->regions[d->region];
  char text[COORD_TEXT_BYTES];
  coord_print(d->start, text);
  if (d->bytes == 0 || coord_wildcard(d->start))
    return vtpu_fail(err, VTPU_INPUT, "data %u in region %s: %s", i, r->name,
                     d->bytes ? "its start has a wildcard" : "no bytes");
  /* The object does not know the machine's curve, and the cells before `start` in its page differ
   * by curve: the data has to fit with each. */
  for (int curve = 0; curve < CURVE_COUNT; curve++) {
    struct coord last = d->start;
    if (d->bytes - 1 > INT64_MAX ||
        !coord_step(&last, AXIS_BYTE, (int64_t)(d->bytes - 1), false, (enum curve)curve) ||
        !run_inside(r, d->start, last))
      return vtpu_fail(err, VTPU_INPUT,
                       "data %u: %llu bytes from %s in the order %s leave region %u (%s)\n"
                       "  make the region larger, or start the data at its first cell",
                       i, (unsigned long long)d->bytes, text, curve_names[curve], d->region,
                       r->name);
  }
  if (d->ternary && !trits_valid(d->content, d->bytes))
    return vtpu_fail(err, VTPU_INPUT, "data %u at %s in region %s: the trit 11 does not exist", i,
                     text, r->name);
  return VTPU_OK;
}

/* --- groups, host steps, marks, symbols --------------------------------------------------------
 */

static int check_group(const struct object *o, uint32_t i, const struct population *all,
                       struct vtpu_error *err)
{
  const struct object_group *g = &o->groups[i];
  bool everywhere = g->node == REGION_ALL_NODES;
  if (g->id >= GROUP_COUNT || (g->node >= NODES_MAX && !everywhere))
    return vtpu_fail(err, VTPU_INPUT, "group %u on node %u: groups 0..%d, nodes 0..%d", g->id,
                     g->node, GROUP_COUNT - 1, NODES_MAX - 1);
  if (g->count < 1 || g->count > SENTRONS_PER_NODE_MAX)
    return vtpu_fail(err, VTPU_INPUT, "group %u: %u members: 1..%d", g->id, g->count,
                     SENTRONS_PER_NODE_MAX);
  uint16_t members = 0;
  for (int m = 0; m < SENTRONS_PER_NODE_MAX; m++) {
    unsigned sentron = g->members[m];
    if (m >= g->count ? sentron != 0
                      : sentron >= SENTRONS_PER_NODE_MAX || (m && sentron <= g->members[m - 1]))
      return vtpu_fail(err, VTPU_INPUT, "group %u: its members are not ascending numbers 0..%d",
                       g->id, SENTRONS_PER_NODE_MAX - 1);
    if (m < g->count)
      members |= (uint16_t)(1u << sentron);
  }
  for (unsigned node = 0; node < NODES_MAX; node++) {
    unsigned missing = members & ~(unsigned)all->here[node];
    if (missing && (everywhere ? all->here[node] != 0 : node == g->node))
      return vtpu_fail(err, VTPU_INPUT, "group %u: node %u has no sentron %d", g->id, node,
                       __builtin_ctz(missing));
  }
  for (uint32_t j = 0; j < i; j++) {
    const struct object_group *other = &o->groups[j];
    if (other->id == g->id &&
        (other->node == g->node || everywhere || other->node == REGION_ALL_NODES))
      return vtpu_fail(err, VTPU_INPUT, "group %u is declared twice on one node", g->id);
  }
  return VTPU_OK;
}

static int check_host(const struct object *o, uint32_t i, struct vtpu_error *err)
{
  const struct object_host *h = &o->hosts[i];
  if ((unsigned)h->kind > HOST_RUN)
    return vtpu_fail(err, VTPU_INPUT, "host step %u: kind %d is unknown", i, (int)h->kind);
  if (!name_fits(h->name))
    return bad_name(err, "host step", i);
  if (h->kind == HOST_RUN) {
    uint64_t known = o->sentron_count >= 64 ? UINT64_MAX : (UINT64_C(1) << o->sentron_count) - 1;
    if (h->value == 0 || h->value & ~known)
      return vtpu_fail(err, VTPU_INPUT,
                       "host step %u: run: the mask 0x%llx, but there are %u "
                       "sentrons",
                       i, (unsigned long long)h->value, o->sentron_count);
    return VTPU_OK;
  }
  if (coord_wildcard(h->coord) || coord_offset(h->coord) + 8 > CELL_BYTES)
    return vtpu_fail(err, VTPU_INPUT, "host step %u: 8 bytes at offset %u leave the cell", i,
                     coord_offset(h->coord));
  if (h->kind == HOST_READ && (h->sentron >= o->sentron_count || h->index >= R_COUNT))
    return vtpu_fail(err, VTPU_INPUT, "host step %u: read into r%u of sentron %u of %u", i,
                     h->index, h->sentron, o->sentron_count);
  return VTPU_OK;
}

static int check_mark(const struct object *o, uint32_t i, struct vtpu_error *err)
{
  const struct object_mark *m = &o->marks[i];
  if (!name_fits(m->kernel))
    return bad_name(err, "mark", i);
  if (m->first > m->last || m->last >= o->siw_count || m->layer < -1)
    return vtpu_fail(err, VTPU_INPUT, "mark %u (%s, layer %d): SIWs %u to %u of %u", i, m->kernel,
                     m->layer, m->first, m->last, o->siw_count);
  if (i && m->first <= o->marks[i - 1].last)
    return vtpu_fail(err, VTPU_INPUT, "mark %u (%s): begins at SIW %u, before the end of mark %u",
                     i, m->kernel, m->first, i - 1);
  return VTPU_OK;
}

static int check_symbol(const struct object *o, uint32_t i, struct vtpu_error *err)
{
  const struct object_symbol *s = &o->symbols[i];
  if (!name_fits(s->name) || !s->name[0])
    return bad_name(err, "symbol", i);
  if (s->siw > o->siw_count)
    return vtpu_fail(err, VTPU_INPUT, "symbol %s: SIW %u of %u", s->name, s->siw, o->siw_count);
  return VTPU_OK;
}

/* Can any machine have what the program needs? */
static int check_needs(const struct object *o, struct vtpu_error *err)
{
  if (o->needs.queue > NEEDS_QUEUE_MOST)
    return vtpu_fail(err, VTPU_INPUT, "the program needs queue_depth=%u, machines have at most %d",
                     o->needs.queue, NEEDS_QUEUE_MOST);
  if (o->needs.cores > NEEDS_CORES_MOST)
    return vtpu_fail(err, VTPU_INPUT, "the program needs cores=%u, machines have at most %d",
                     o->needs.cores, NEEDS_CORES_MOST);
  for (uint32_t i = 0; i < o->region_count && o->needs.cores; i++)
    if (o->regions[i].kind == REGION_PRIVATE && o->regions[i].core >= o->needs.cores)
      return vtpu_fail(err, VTPU_INPUT,
                       "region %s is private to core %u, but the program needs cores=%u",
                       o->regions[i].name, o->regions[i].core, o->needs.cores);
  return VTPU_OK;
}

int object_check(const struct object *o, struct vtpu_error *err)
{
  if (o->dlen != 64 && o->dlen != 128 && o->dlen != 256 && o->dlen != 512)
    return vtpu_fail(err, VTPU_INPUT, "DLEN %u: 64, 128, 256 or 512", o->dlen);
  struct population all;
  int rc = VTPU_OK;
  /* Symbols first: the messages about code use them. */
  for (uint32_t i = 0; i < o->symbol_count && !rc; i++)
    rc = check_symbol(o, i, err);
  if (!rc)
    rc = check_code(o, err);
  if (!rc)
    rc = check_sentrons(o, &all, err);
  if (!rc)
    rc = check_inits(o, err);
  for (uint32_t i = 0; i < o->region_count && !rc; i++)
    rc = check_region(o, i, err);
  if (!rc)
    rc = check_needs(o, err);
  if (!rc)
    rc = check_overlaps(o, err);
  for (uint32_t i = 0; i < o->data_count && !rc; i++)
    rc = check_data(o, i, err);
  for (uint32_t i = 0; i < o->group_count && !rc; i++)
    rc = check_group(o, i, &all, err);
  for (uint32_t i = 0; i < o->host_count && !rc; i++)
    rc = check_host(o, i, err);
  for (uint32_t i = 0; i < o->mark_count && !rc; i++)
    rc = check_mark(o, i, err);
  return rc;
}
