/* See shrink.h. Every step proposes a smaller case, and keeps it if it is a legal program on which
 * the two still differ. */
#include "tests/exact/shrink.h"

#include "asm/assemble.h"
#include "asm/disassemble.h"

#include <stdlib.h>
#include <string.h>

/* --- a case that can be cut ------------------------------------------------------------------- */

/* The code decoded, and which SIWs stay. */
struct work {
  struct exact_case c;
  struct bundle *code;
  exact_differ *differ;
  uint64_t limit;
  bool progress;
};

static void *copy_of(const void *from, size_t count, size_t size)
{
  void *to = calloc(count + 1, size);
  if (count)
    memcpy(to, from, count * size);
  return to;
}

static struct exact_case copy_case(const struct exact_case *c)
{
  struct exact_case n = *c;
  struct object *o = &n.object;
  o->code = copy_of(o->code, o->siw_count, sizeof *o->code);
  o->sentrons = copy_of(o->sentrons, o->sentron_count, sizeof *o->sentrons);
  o->inits = copy_of(o->inits, o->init_count, sizeof *o->inits);
  o->regions = copy_of(o->regions, o->region_count, sizeof *o->regions);
  o->data = copy_of(o->data, o->data_count, sizeof *o->data);
  o->groups = copy_of(o->groups, o->group_count, sizeof *o->groups);
  o->hosts = copy_of(o->hosts, o->host_count, sizeof *o->hosts);
  o->marks = copy_of(o->marks, o->mark_count, sizeof *o->marks);
  o->symbols = copy_of(o->symbols, o->symbol_count, sizeof *o->symbols);
  return n;
}

/* The content of data belongs to the first owner. */
static void drop_case(struct exact_case *c)
{
  c->object.data_count = 0;
  object_free_parts(&c->object);
}

static bool legal(const struct exact_case *c)
{
  struct vtpu_error err;
  return machine_check(&c->machine, "shrunk", &err) == 0 && object_check(&c->object, &err) == 0;
}

/* Takes the proposal over if the two still differ on it. */
static bool keep(struct work *w, struct exact_case *proposal)
{
  if (legal(proposal) && w->differ(proposal, w->limit)) {
    drop_case(&w->c);
    w->c = *proposal;
    w->progress = true;
    return true;
  }
  drop_case(proposal);
  return false;
}

static struct bundle *decode(const struct object *o)
{
  struct bundle *b = calloc(o->siw_count + 1, sizeof *b);
  struct vtpu_error err;
  for (uint32_t i = 0; i < o->siw_count; i++)
    siw_decode(&o->code[i], o->dlen, &b[i], &err);
  return b;
}

static bool encode(struct object *o, struct bundle *b)
{
  struct vtpu_error err;
  for (uint32_t i = 0; i < o->siw_count; i++)
    b[i].loop_ends = 0;
  for (uint32_t i = 0; i < o->siw_count; i++)
    if (b[i].slot[PIPE_C].op == OP_CLOOP) {
      if ((uint32_t)b[i].slot[PIPE_C].end >= o->siw_count)
        return false;
      b[b[i].slot[PIPE_C].end].loop_ends |= (uint8_t)(1u << b[i].slot[PIPE_C].rd);
    }
  bundle_set_deps(b, o->siw_count);
  for (uint32_t i = 0; i < o->siw_count; i++)
    if (siw_encode(&b[i], &o->code[i], &err))
      return false;
  return true;
}

/* --- what can be taken away ---------------------------------------------------------------------
 */

/* SIWs first..first+n-1. Branches to them go to what follows, loops that end there end before. */
static bool without_siws(struct work *w, uint32_t first, uint32_t n)
{
  struct exact_case p = copy_case(&w->c);
  struct object *o = &p.object;
  struct bundle *b = decode(o);
  for (uint32_t i = 0; i < o->siw_count; i++) {
    struct slot *d = &b[i].slot[PIPE_D], *c = &b[i].slot[PIPE_C];
    int32_t *target = d->op == OP_DBR ? &d->imm : NULL;
    if (target && (uint32_t)*target > first)
      *target = (uint32_t)*target >= first + n ? *target - (int32_t)n : (int32_t)first;
    target = c->op == OP_CSPAWN ? &c->imm : NULL;
    if (target && (uint32_t)*target > first)
      *target = (uint32_t)*target >= first + n ? *target - (int32_t)n : (int32_t)first;
    if (c->op == OP_CLOOP && (uint32_t)c->end >= first)
      c->end = (uint32_t)c->end >= first + n ? c->end - (int32_t)n : (int32_t)first - 1;
  }
  memmove(b + first, b + first + n, (o->siw_count - first - n) * sizeof *b);
  o->siw_count -= n;
  for (uint32_t i = 0; i < o->sentron_count; i++) {
    uint32_t *place[] = {&o->sentrons[i].entry, &o->sentrons[i].end};
    for (int k = 0; k < 2; k++)
      if (*place[k] > first)
        *place[k] = *place[k] >= first + n ? *place[k] - n : first;
  }
  o->mark_count = o->symbol_count = 0;
  bool ok = encode(o, b);
  free(b);
  if (ok)
    return keep(w, &p);
  drop_case(&p);
  return false;
}

static void cut_siws(struct work *w)
{
  for (uint32_t n = w->c.object.siw_count / 2; n > 0; n /= 2)
    for (uint32_t first = 0; first + n <= w->c.object.siw_count;)
      if (!without_siws(w, first, n))
        first += n;
}

static bool changed_siw(struct work *w, uint32_t i, const struct bundle *new)
{
  struct exact_case p = copy_case(&w->c);
  struct bundle *b = decode(&p.object);
  b[i] = *new;
  bool coord_used = false;
  for (int s = 0; s < PIPE_COUNT; s++)
    coord_used |= b[i].slot[s].imc != 0;
  if (!coord_used)
    b[i].coord = (struct coord){0, 0};
  bool ok = encode(&p.object, b);
  free(b);
  if (ok)
    return keep(w, &p);
  drop_case(&p);
  return false;
}

static void cut_slots(struct work *w)
{
  for (uint32_t i = 0; i < w->c.object.siw_count; i++)
    for (int s = 0; s < PIPE_COUNT; s++) {
      struct bundle b;
      struct vtpu_error err;
      siw_decode(&w->c.object.code[i], w->c.object.dlen, &b, &err);
      if (b.slot[s].op == 0)
        continue;
      struct slot *c = &b.slot[s];
      if (s == PIPE_C && c->op == OP_CLOOP && c->imm > 1) {
        struct bundle fewer = b;
        fewer.slot[s].imm = 1;
        if (changed_siw(w, i, &fewer))
          continue;
        fewer.slot[s].imm = c->imm / 2;
        changed_siw(w, i, &fewer);
      }
      *c = (struct slot){.op = 0};
      changed_siw(w, i, &b);
    }
}

/* Element i of one of the object's lists. */
static void cut_list(struct work *w, size_t list, size_t count, size_t size)
{
  for (uint32_t i = *(uint32_t *)(void *)((char *)&w->c.object + count); i-- > 0;) {
    struct exact_case p = copy_case(&w->c);
    uint32_t *n = (uint32_t *)(void *)((char *)&p.object + count);
    char *elements = *(char **)(void *)((char *)&p.object + list);
    memmove(elements + i * size, elements + (i + 1) * size, (*n - i - 1) * size);
    (*n)--;
    keep(w, &p);
  }
}

static void cut_sentrons(struct work *w)
{
  for (uint32_t i = w->c.object.sentron_count; i-- > 0 && w->c.object.sentron_count > 1;) {
    struct exact_case p = copy_case(&w->c);
    struct object *o = &p.object;
    memmove(o->sentrons + i, o->sentrons + i + 1, (o->sentron_count - i - 1) * sizeof *o->sentrons);
    o->sentron_count--;
    uint32_t n = 0;
    for (uint32_t k = 0; k < o->init_count; k++)
      if (o->inits[k].sentron != i) {
        o->inits[n] = o->inits[k];
        o->inits[n++].sentron -= o->inits[k].sentron > i;
      }
    o->init_count = n;
    for (uint32_t k = 0; k < o->host_count; k++) {
      struct object_host *h = &o->hosts[k];
      if (h->kind == HOST_RUN)
        h->value = (h->value & ((UINT64_C(1) << i) - 1)) | (h->value >> (i + 1)) << i;
      else if (h->sentron > i)
        h->sentron--;
    }
    keep(w, &p);
  }
}

static void cut_regions(struct work *w)
{
  for (uint32_t i = w->c.object.region_count; i-- > 0;) {
    struct exact_case p = copy_case(&w->c);
    struct object *o = &p.object;
    memmove(o->regions + i, o->regions + i + 1, (o->region_count - i - 1) * sizeof *o->regions);
    o->region_count--;
    uint32_t n = 0;
    for (uint32_t k = 0; k < o->data_count; k++)
      if (o->data[k].region != i) {
        o->data[n] = o->data[k];
        o->data[n++].region -= o->data[k].region > i;
      }
    o->data_count = n;
    keep(w, &p);
  }
}

/* Members of groups that are not there any more go with their sentrons. */
static void cut_members(struct work *w)
{
  for (uint32_t i = 0; i < w->c.object.group_count; i++)
    for (int m = w->c.object.groups[i].count; m-- > 0;) {
      struct exact_case p = copy_case(&w->c);
      struct object_group *g = &p.object.groups[i];
      memmove(g->members + m, g->members + m + 1, (size_t)(g->count - m - 1));
      g->members[--g->count] = 0;
      keep(w, &p);
    }
}

static void simplify_machine(struct work *w)
{
  struct machine spec;
  struct vtpu_error err;
  machine_load("spec", &spec, &err);
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *m = &machine_params[i];
    size_t size = m->kind == PARAM_REAL ? sizeof(double) : sizeof(int64_t);
    if (memcmp((char *)&w->c.machine + m->offset, (char *)&spec + m->offset, size) == 0)
      continue;
    struct exact_case p = copy_case(&w->c);
    memcpy((char *)&p.machine + m->offset, (char *)&spec + m->offset, size);
    if (p.machine.dlen == (int64_t)p.object.dlen)
      keep(w, &p);
    else
      drop_case(&p);
  }
}

/* One thread, one piece, with time. */
static void simplify_run(struct work *w)
{
  for (int i = 0; i < 3; i++) {
    struct exact_case p = copy_case(&w->c);
    if (i == 0)
      p.untimed = false;
    if (i == 1)
      p.threads = 1;
    if (i == 2)
      p.slice = 0;
    if (p.untimed != w->c.untimed || p.threads != w->c.threads || p.slice != w->c.slice)
      keep(w, &p);
    else
      drop_case(&p);
  }
}

void exact_shrink(struct exact_case *c, exact_differ *differ, uint64_t limit)
{
  struct work w = {.c = copy_case(c), .differ = differ, .limit = limit, .progress = true};
  while (w.progress) {
    w.progress = false;
    cut_sentrons(&w);
    cut_siws(&w);
    cut_slots(&w);
    cut_members(&w);
#define LIST(list, n)                                                                              \
  cut_list(&w, offsetof(struct object, list), offsetof(struct object, n), sizeof *w.c.object.list)
    LIST(hosts, host_count);
    LIST(groups, group_count);
    LIST(inits, init_count);
    LIST(data, data_count);
    LIST(marks, mark_count);
#undef LIST
    cut_regions(&w);
    simplify_machine(&w);
    simplify_run(&w);
  }
  drop_case(c);
  *c = w.c;
}

/* --- as text
 * -------------------------------------------------------------------------------------- */

void exact_write(const struct exact_case *c, const char *about, FILE *out)
{
  struct machine spec;
  struct vtpu_error err;
  machine_load("spec", &spec, &err);
  fputs("; ", out);
  for (; *about; about++) {
    fputc(*about, out);
    if (*about == '\n')
      fputs("; ", out);
  }
  fputc('\n', out);
  for (int i = 0; i < machine_param_count; i++) {
    char a[PARAM_TEXT_BYTES], b[PARAM_TEXT_BYTES];
    machine_value_text(&c->machine, &machine_params[i], a);
    machine_value_text(&spec, &machine_params[i], b);
    if (strcmp(a, b) != 0)
      fprintf(out, "; machine: %s = %s\n", machine_params[i].name, a);
  }
  if (c->untimed)
    fprintf(out, "; run: untimed\n");
  if (c->threads > 1)
    fprintf(out, "; run: threads = %u\n", c->threads);
  if (c->slice)
    fprintf(out, "; run: slice = %llu\n", (unsigned long long)c->slice);
  if (disassemble(&c->object, out, &err))
    fprintf(out, "; %s\n", err.message);
}

int exact_read(const char *path, struct exact_case *out, struct vtpu_error *err)
{
  static const char mark[] = "; machine: ";
  char line[256];
  memset(out, 0, sizeof *out);
  int bad = machine_load("spec", &out->machine, err);
  FILE *in = fopen(path, "r");
  if (!in)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot be opened", path);
  while (!bad && fgets(line, sizeof line, in)) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, mark, sizeof mark - 1) == 0)
      bad = machine_set(&out->machine, path, line + sizeof mark - 1, err);
    unsigned long long slice;
    if (sscanf(line, "; run: slice = %llu", &slice) == 1)
      out->slice = slice;
    sscanf(line, "; run: threads = %u", &out->threads);
    out->untimed |= strcmp(line, "; run: untimed") == 0;
  }
  fclose(in);
  if (!bad)
    bad = assemble_file(path, &out->object, err);
  if (bad)
    return bad;
  out->machine.dlen = out->object.dlen;
  return machine_check(&out->machine, path, err);
}
