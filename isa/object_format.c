/* Object files: the layout of every record (object_format.h). */
#include "isa/object_format.h"

#include <string.h>

const char object_magic[8] = {'V', 'T', 'P', 'U', 'O', 'B', 'J', '\n'};

/* --- records --------------------------------------------------------------------------------- */

static uint64_t number(struct cursor *c, int bytes, uint64_t value)
{
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) {
    if (c->writing)
      c->at[i] = (uint8_t)(value >> 8 * i);
    v |= (uint64_t)c->at[i] << 8 * i;
  }
  c->at += bytes;
  return v;
}

static void u8(struct cursor *c, uint8_t *v)
{
  *v = (uint8_t)number(c, 1, *v);
}
static void u16(struct cursor *c, uint16_t *v)
{
  *v = (uint16_t)number(c, 2, *v);
}
void cursor_u32(struct cursor *c, uint32_t *v)
{
  *v = (uint32_t)number(c, 4, *v);
}
void cursor_u64(struct cursor *c, uint64_t *v)
{
  *v = number(c, 8, *v);
}

static void flag(struct cursor *c, bool *v)
{
  uint64_t byte = number(c, 1, *v);
  if (byte > 1)
    c->problem = "a flag is neither 0 nor 1";
  *v = byte != 0;
}

static void coordinate(struct cursor *c, struct coord *v)
{
  cursor_u64(c, &v->lo);
  cursor_u64(c, &v->hi);
}

static void octets(struct cursor *c, uint8_t *v, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++)
    u8(c, &v[i]);
}

static void name(struct cursor *c, char text[OBJECT_NAME_BYTES])
{
  size_t length = c->writing ? strnlen(text, OBJECT_NAME_BYTES - 1) : 0;
  for (size_t i = 0; i < OBJECT_NAME_BYTES; i++)
    text[i] = (char)number(c, 1, i < length ? (uint8_t)text[i] : 0);
  if (c->writing)
    return;
  length = strnlen(text, OBJECT_NAME_BYTES);
  for (size_t i = length; i < OBJECT_NAME_BYTES; i++)
    if (text[i])
      c->problem = "bytes after the end of a name";
  if (length == OBJECT_NAME_BYTES)
    c->problem = "a name without an end";
}

void cursor_reserved(struct cursor *c, int bytes)
{
  for (int i = 0; i < bytes; i++)
    if (number(c, 1, 0))
      c->problem = "a reserved byte is not 0";
}

static void target_record(struct cursor *c, void *record)
{
  struct object *o = record;
  cursor_u32(c, &o->dlen); /* bits */
  u16(c, &o->needs.queue);
  u16(c, &o->needs.cores);
}

static void sentron_record(struct cursor *c, void *record)
{
  struct object_sentron *s = record;
  name(c, s->name);
  coordinate(c, &s->home);
  cursor_u32(c, &s->entry);
  cursor_u32(c, &s->end);
  u16(c, &s->node);
  u16(c, &s->id);
  flag(c, &s->start);
  cursor_reserved(c, 3);
}

static void init_record(struct cursor *c, void *record)
{
  struct object_init *r = record;
  octets(c, r->bytes, sizeof r->bytes);
  u16(c, &r->sentron);
  u8(c, &r->file);
  u8(c, &r->index);
  cursor_reserved(c, 4);
}

static void region_record(struct cursor *c, void *record)
{
  struct object_region *r = record;
  name(c, r->name);
  coordinate(c, &r->lo);
  for (int dim = 0; dim < COORD_DIMS; dim++)
    u16(c, &r->extent[dim]);
  u16(c, &r->node);
  u16(c, &r->core);
  r->kind = (enum region_kind)number(c, 1, r->kind);
  cursor_reserved(c, 5);
}

/* The bytes lie in the section "content", block after block, each from a multiple of 64. */
static void data_record(struct cursor *c, void *record)
{
  struct object_data *d = record;
  coordinate(c, &d->start);
  cursor_u64(c, &d->bytes);
  uint64_t gap = c->next;
  c->next = section_align(c->next);
  uint64_t offset = number(c, 8, c->next);
  u16(c, &d->region);
  flag(c, &d->ternary);
  cursor_reserved(c, 5);
  if (!c->writing) {
    if (offset != c->next || offset > c->content_bytes || d->bytes > c->content_bytes - offset) {
      c->problem = "its bytes are not where the section content has them";
      return;
    }
    for (; gap < offset; gap++)
      if (c->content[gap])
        c->problem = "padding in the section content is not 0";
    d->content = c->content + offset;
  }
  c->next = offset + d->bytes;
}

static void group_record(struct cursor *c, void *record)
{
  struct object_group *g = record;
  u16(c, &g->node);
  u8(c, &g->id);
  u8(c, &g->count);
  octets(c, g->members, sizeof g->members);
  cursor_reserved(c, 4);
}

static void host_record(struct cursor *c, void *record)
{
  struct object_host *h = record;
  name(c, h->name);
  coordinate(c, &h->coord);
  cursor_u64(c, &h->value);
  u16(c, &h->sentron);
  u8(c, &h->index);
  h->kind = (enum host_kind)number(c, 1, h->kind);
  cursor_reserved(c, 4);
}

static void mark_record(struct cursor *c, void *record)
{
  struct object_mark *m = record;
  name(c, m->kernel);
  cursor_u32(c, &m->first);
  cursor_u32(c, &m->last);
  m->layer = (int32_t)number(c, 4, (uint32_t)m->layer);
  cursor_reserved(c, 4);
}

static void symbol_record(struct cursor *c, void *record)
{
  struct object_symbol *s = record;
  name(c, s->name);
  cursor_u32(c, &s->siw);
  cursor_reserved(c, 4);
}

/* --- sections -------------------------------------------------------------------------------- */

const struct kind object_kinds[KINDS] = {
#define ARRAY(member, type) sizeof(struct type), offsetof(struct object, member)
#define COUNT(member)       offsetof(struct object, member)
    {"target", 8, 0, 0, 0, target_record},
    {"code", SIW_BYTES, 0, 0, COUNT(siw_count), NULL},
    {"sentrons", 80, ARRAY(sentrons, object_sentron), COUNT(sentron_count), sentron_record},
    {"inits", 72, ARRAY(inits, object_init), COUNT(init_count), init_record},
    {"regions", 96, ARRAY(regions, object_region), COUNT(region_count), region_record},
    {"data", 40, ARRAY(data, object_data), COUNT(data_count), data_record},
    {"content", 1, 0, 0, 0, NULL},
    {"groups", 24, ARRAY(groups, object_group), COUNT(group_count), group_record},
    {"hosts", 80, ARRAY(hosts, object_host), COUNT(host_count), host_record},
    {"marks", 64, ARRAY(marks, object_mark), COUNT(mark_count), mark_record},
    {"symbols", 56, ARRAY(symbols, object_symbol), COUNT(symbol_count), symbol_record},
#undef ARRAY
#undef COUNT
};
