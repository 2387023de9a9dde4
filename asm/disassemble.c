/* The disassembler (disassemble.h). What a reader wants to see is preferred where it gives back the
 * same object: labels where the symbols allow it, .sentron sections where the sentrons' code does
 * not overlap; else the explicit forms (.symbol, entry= and end=, @numbers). */
#include "asm/disassemble.h"

#include "isa/print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct printer {
  const struct object *o;
  FILE *out;
  bool labels;   /* symbols are printed as labels */
  bool sections; /* sentrons are printed as sections of the code */
};

/* --- which forms --------------------------------------------------------------------------- */

static int compare_symbols(const void *a, const void *b)
{
  const struct object_symbol *x = *(const struct object_symbol *const *)a;
  const struct object_symbol *y = *(const struct object_symbol *const *)b;
  return strcmp(x->name, y->name);
}

/* Labels give back the symbols if these ascend and no two share a name. */
static int choose_labels(struct printer *pr, struct vtpu_error *err)
{
  const struct object *o = pr->o;
  pr->labels = true;
  for (uint32_t i = 1; i < o->symbol_count; i++)
    if (o->symbols[i].siw < o->symbols[i - 1].siw)
      pr->labels = false;
  if (!pr->labels || o->symbol_count < 2)
    return VTPU_OK;
  const struct object_symbol **sorted = malloc(o->symbol_count * sizeof *sorted);
  if (!sorted)
    return vtpu_fail(err, VTPU_SYSTEM, "the host has no memory for the symbols");
  for (uint32_t i = 0; i < o->symbol_count; i++)
    sorted[i] = &o->symbols[i];
  qsort(sorted, o->symbol_count, sizeof *sorted, compare_symbols);
  for (uint32_t i = 1; i < o->symbol_count; i++)
    if (!strcmp(sorted[i - 1]->name, sorted[i]->name))
      pr->labels = false;
  free(sorted);
  return VTPU_OK;
}

static void choose_sections(struct printer *pr)
{
  const struct object *o = pr->o;
  pr->sections = true;
  for (uint32_t i = 0; i < o->sentron_count; i++)
    if (o->sentrons[i].entry < (i ? o->sentrons[i - 1].end : 0))
      pr->sections = false;
}

/* The label of a SIW, for targets. Symbols ascend. */
static const char *label_of(const void *context, uint32_t siw)
{
  const struct object *o = context;
  uint32_t low = 0, high = o->symbol_count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (o->symbols[middle].siw < siw)
      low = middle + 1;
    else
      high = middle;
  }
  return low < o->symbol_count && o->symbols[low].siw == siw ? o->symbols[low].name : NULL;
}

/* --- parts --------------------------------------------------------------------------------- */

static void print_target(struct printer *pr, uint32_t siw)
{
  const char *name = pr->labels ? label_of(pr->o, siw) : NULL;
  char text[NAME_TEXT_BYTES];
  if (name)
    fputs(name_print(name, text), pr->out);
  else
    fprintf(pr->out, "@%" PRIu32, siw);
}

static void print_coord(struct printer *pr, struct coord c)
{
  char text[COORD_TEXT_BYTES];
  fputs(coord_print(c, text), pr->out);
}

static void print_name(struct printer *pr, const char *name)
{
  char text[NAME_TEXT_BYTES];
  fputs(name_print(name, text), pr->out);
}

/* The name if it is the first of its kind, else @number. */
static void print_sentron(struct printer *pr, uint32_t index)
{
  const struct object *o = pr->o;
  for (uint32_t i = 0; i < index; i++)
    if (!strcmp(o->sentrons[i].name, o->sentrons[index].name)) {
      fprintf(pr->out, "@%" PRIu32, index);
      return;
    }
  print_name(pr, o->sentrons[index].name);
}

static void print_region_name(struct printer *pr, uint32_t index)
{
  const struct object *o = pr->o;
  for (uint32_t i = 0; i < index; i++)
    if (!strcmp(o->regions[i].name, o->regions[index].name)) {
      fprintf(pr->out, "@%" PRIu32, index);
      return;
    }
  print_name(pr, o->regions[index].name);
}

static void print_node(struct printer *pr, uint16_t node)
{
  if (node == REGION_ALL_NODES)
    fputs(", node=all", pr->out);
  else if (node)
    fprintf(pr->out, ", node=%u", node);
}

static void print_hex(struct printer *pr, const uint8_t *bytes, uint64_t count)
{
  static const char digits[] = "0123456789abcdef";
  for (uint64_t i = 0; i < count; i++) {
    putc(digits[bytes[i] >> 4], pr->out);
    putc(digits[bytes[i] & 15], pr->out);
  }
}

static uint64_t load_u64(const uint8_t *bytes)
{
  uint64_t v = 0;
  for (int i = 7; i >= 0; i--)
    v = v << 8 | bytes[i];
  return v;
}

/* --- directives ---------------------------------------------------------------------------- */

static void print_region(struct printer *pr, const struct object_region *r)
{
  static const char points[] = "../../../.";
  int last = COORD_DIMS - 1;
  fputs(".region ", pr->out);
  print_name(pr, r->name);
  fprintf(pr->out, ", %s", region_kind_names[r->kind]);
  if (r->core)
    fprintf(pr->out, ", core=%u", r->core);
  print_node(pr, r->node);
  fputs(", lo=", pr->out);
  print_coord(pr, r->lo);
  while (last > 0 && r->extent[last] == 1)
    last--;
  fputs(", extent=", pr->out);
  for (int dim = 0; dim <= last; dim++) {
    fprintf(pr->out, "%u", r->extent[dim]);
    if (dim < last)
      putc(points[dim], pr->out);
  }
  putc('\n', pr->out);
}

/* Lines of 32 bytes; equal neighbours become one with a count. */
static void print_data(struct printer *pr, const struct object_data *d)
{
  enum { LINE = 32 };
  fputs(".data ", pr->out);
  print_region_name(pr, d->region);
  fputs(", ", pr->out);
  print_coord(pr, d->start);
  if (d->ternary)
    fputs(", t2", pr->out);
  for (uint64_t i = 0; i < d->bytes;) {
    uint64_t n = d->bytes - i < LINE ? d->bytes - i : LINE, repeat = 1;
    const uint8_t *line = d->content + i;
    while (n == LINE && i + (repeat + 1) * LINE <= d->bytes &&
           !memcmp(line, line + repeat * LINE, LINE))
      repeat++;
    fputs(",\n  hex ", pr->out);
    print_hex(pr, line, n);
    if (repeat > 1)
      fprintf(pr->out, " x %" PRIu64, repeat);
    i += n * repeat;
  }
  putc('\n', pr->out);
}

static void print_group(struct printer *pr, const struct object_group *g)
{
  fprintf(pr->out, ".group %u", g->id);
  print_node(pr, g->node);
  for (int i = 0; i < g->count; i++)
    fprintf(pr->out, ", %u", g->members[i]);
  putc('\n', pr->out);
}

static void print_sentron_line(struct printer *pr, const struct object_sentron *s)
{
  fputs(".sentron ", pr->out);
  print_name(pr, s->name);
  fprintf(pr->out, ", id=%u", s->id);
  print_node(pr, s->node);
  if (s->home.lo || s->home.hi) {
    fputs(", home=", pr->out);
    print_coord(pr, s->home);
  }
  fputs(s->start ? ", start" : ", dormant", pr->out);
  if (!pr->sections) {
    fputs(", entry=", pr->out);
    print_target(pr, s->entry);
    fputs(", end=", pr->out);
    print_target(pr, s->end);
  }
  putc('\n', pr->out);
}

static void print_init(struct printer *pr, const struct object_init *init)
{
  uint64_t used = R_BYTES_MAX;
  fputs(".init ", pr->out);
  print_sentron(pr, init->sentron);
  fprintf(pr->out, ".%c%u = ", "rpm"[init->file], init -> index);
  if (init->file == FILE_P) {
    struct coord c = {load_u64(init->bytes), load_u64(init->bytes + 8)};
    print_coord(pr, c);
  } else {
    while (used > 0 && !init->bytes[used - 1])
      used--;
    if (used <= 8) {
      fprintf(pr->out, "i64 %" PRId64, (int64_t)load_u64(init->bytes));
    } else {
      fputs("hex ", pr->out);
      print_hex(pr, init->bytes, used);
    }
  }
  putc('\n', pr->out);
}

static void print_host(struct printer *pr, const struct object_host *h)
{
  switch (h->kind) {
  case HOST_WRITE:
    fputs(".host write ", pr->out);
    print_coord(pr, h->coord);
    fprintf(pr->out, ", i64 %" PRId64, (int64_t)h->value);
    break;
  case HOST_READ:
    fputs(".host read ", pr->out);
    print_coord(pr, h->coord);
    fputs(" -> ", pr->out);
    print_sentron(pr, h->sentron);
    fprintf(pr->out, ".r%u", h->index);
    break;
  case HOST_PRINT:
    fputs(".host print ", pr->out);
    print_coord(pr, h->coord);
    fputs(", ", pr->out);
    print_name(pr, h->name);
    break;
  case HOST_RUN: {
    const char *separator = " ";
    fputs(".host run", pr->out);
    for (unsigned i = 0; i < 64; i++)
      if (h->value >> i & 1) {
        fputs(separator, pr->out);
        print_sentron(pr, i);
        separator = ", ";
      }
    break;
  }
  }
  putc('\n', pr->out);
}

/* --- code ---------------------------------------------------------------------------------- */

/* Directives and labels that stand before SIW k; each list is walked once. */
struct position {
  uint32_t sentron, mark, symbol;
  bool in_section, in_mark;
};

static void print_before(struct printer *pr, struct position *at, uint32_t k)
{
  const struct object *o = pr->o;
  if (at->in_mark && o->marks[at->mark].last + 1 == k) {
    at->in_mark = false;
    at->mark++;
    if (at->mark == o->mark_count || o->marks[at->mark].first != k)
      fputs(".endmark\n", pr->out);
  }
  if (pr->sections) {
    if (at->in_section && o->sentrons[at->sentron].end == k) {
      at->in_section = false;
      at->sentron++;
      if (at->sentron == o->sentron_count || o->sentrons[at->sentron].entry != k)
        fputs(".end\n", pr->out);
    }
    if (at->sentron < o->sentron_count && !at->in_section && o->sentrons[at->sentron].entry == k) {
      putc('\n', pr->out);
      print_sentron_line(pr, &o->sentrons[at->sentron]);
      at->in_section = true;
    }
  }
  if (at->mark < o->mark_count && !at->in_mark && o->marks[at->mark].first == k) {
    const struct object_mark *m = &o->marks[at->mark];
    at->in_mark = true;
    fputs(".mark ", pr->out);
    print_name(pr, m->kernel);
    if (m->layer != -1)
      fprintf(pr->out, ", layer=%" PRId32, m->layer);
    putc('\n', pr->out);
  }
  for (; pr->labels && at->symbol < o->symbol_count && o->symbols[at->symbol].siw == k;
       at->symbol++) {
    print_name(pr, o->symbols[at->symbol].name);
    fputs(":\n", pr->out);
  }
}

static int print_code(struct printer *pr, struct vtpu_error *err)
{
  const struct object *o = pr->o;
  const struct siw_labels labels = {label_of, o};
  struct position at = {0};
  char text[BUNDLE_TEXT_BYTES];
  for (uint32_t k = 0; k < o->siw_count; k++) {
    struct bundle b;
    if (siw_decode(&o->code[k], o->dlen, &b, err))
      return vtpu_fail_prefix(err, "SIW %" PRIu32 ": ", k);
    print_before(pr, &at, k);
    fprintf(pr->out, "  %s  ; @%" PRIu32 "\n", bundle_print(&b, pr->labels ? &labels : NULL, text),
            k);
  }
  print_before(pr, &at, o->siw_count);
  return VTPU_OK;
}

/* A field that the kind of a host step does not use has no place in the text. */
static bool host_is_plain(const struct object_host *h)
{
  bool coord = h->kind != HOST_RUN, value = h->kind == HOST_WRITE || h->kind == HOST_RUN;
  return (coord || (!h->coord.lo && !h->coord.hi)) && (value || !h->value) &&
         (h->kind == HOST_READ || (!h->sentron && !h->index)) &&
         (h->kind == HOST_PRINT || !h->name[0]);
}

int disassemble(const struct object *o, FILE *out, struct vtpu_error *err)
{
  struct printer pr = {.o = o, .out = out};
  int rc = choose_labels(&pr, err);
  if (rc)
    return rc;
  choose_sections(&pr);
  for (uint32_t i = 0; i < o->host_count; i++)
    if (!host_is_plain(&o->hosts[i]))
      return vtpu_fail(err, VTPU_INPUT,
                       "host step %" PRIu32 ": a field that its kind does not use is not 0", i);
  fprintf(out, ".dlen %" PRIu32 "\n", o->dlen);
  if (o->needs.queue || o->needs.cores) {
    const char *comma = o->needs.queue && o->needs.cores ? ", " : "";
    fputs(".needs ", out);
    if (o->needs.queue)
      fprintf(out, "queue=%u%s", o->needs.queue, comma);
    if (o->needs.cores)
      fprintf(out, "cores=%u", o->needs.cores);
    putc('\n', out);
  }
  if (o->sentron_count == 0 && o->siw_count)
    fputs(".nomain\n", out);
  for (uint32_t i = 0; i < o->region_count; i++)
    print_region(&pr, &o->regions[i]);
  for (uint32_t i = 0; i < o->group_count; i++)
    print_group(&pr, &o->groups[i]);
  for (uint32_t i = 0; i < o->sentron_count && !pr.sections; i++)
    print_sentron_line(&pr, &o->sentrons[i]);
  for (uint32_t i = 0; i < o->symbol_count && !pr.labels; i++) {
    fputs(".symbol ", out);
    print_name(&pr, o->symbols[i].name);
    fprintf(out, ", @%" PRIu32 "\n", o->symbols[i].siw);
  }
  for (uint32_t i = 0; i < o->init_count; i++)
    print_init(&pr, &o->inits[i]);
  rc = print_code(&pr, err);
  if (rc)
    return rc;
  if (o->host_count || o->data_count)
    putc('\n', out);
  for (uint32_t i = 0; i < o->host_count; i++)
    print_host(&pr, &o->hosts[i]);
  for (uint32_t i = 0; i < o->data_count; i++)
    print_data(&pr, &o->data[i]);
  if (ferror(out))
    return vtpu_fail(err, VTPU_SYSTEM, "the text cannot be written: %s", strerror(errno));
  return VTPU_OK;
}
