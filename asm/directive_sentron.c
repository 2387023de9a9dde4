/* Directives about sentrons: .sentron, .init, .group, and the steps of the host between their
 * phases, .host. */
#include "asm/parser.h"

#include <string.h>

/* --- .sentron .init ------------------------------------------------------------------------- */

bool close_section(struct parser *ps)
{
  if (!ps->section_open)
    return true;
  struct sentron_item *item = ITEM(struct sentron_item, ps->sentrons, ps->sentrons.count - 1);
  while (!item->section)
    item--;
  item->sentron.end = (uint32_t)ps->code.count;
  ps->section_open = false;
  if (item->sentron.end == item->sentron.entry)
    return fail(ps, item->at, "put SIWs between .sentron and .end, or give entry= and end=",
                "sentron %s has no SIWs", item->sentron.name);
  return true;
}

bool directive_sentron(struct parser *ps)
{
  struct sentron_item item = {.sentron = {.start = true}, .section = true};
  bool entry = false, end = false;
  struct name name;
  skip(ps);
  item.at = ps->p;
  if (!parse_name(ps, &name, "the name of a sentron"))
    return false;
  memcpy(item.sentron.name, name.text, sizeof name.text);
  while (take_comma(ps)) {
    bool ok = true;
    if (take_key(ps, "id"))
      ok = parse_u16(ps, UINT16_MAX, "the sentron's number", &item.sentron.id);
    else if (take_key(ps, "node"))
      ok = parse_u16(ps, UINT16_MAX, "the node", &item.sentron.node);
    else if (take_key(ps, "home"))
      ok = parse_coordinate(ps, &item.sentron.home);
    else if (take_key(ps, "entry"))
      ok = entry = parse_target(ps, UINT32_MAX, &item.entry);
    else if (take_key(ps, "end"))
      ok = end = parse_target(ps, UINT32_MAX, &item.end);
    else if (take_word(ps, "dormant"))
      item.sentron.start = false;
    else if (!take_word(ps, "start"))
      return fail_key(ps, "known are id=, node=, home=, entry=, end=, start, dormant");
    if (!ok)
      return false;
  }
  if (entry != end)
    return fail(ps, item.at, NULL, "entry= and end= go together");
  item.section = !entry;
  if (item.section) {
    if (!close_section(ps))
      return false;
    item.sentron.entry = (uint32_t)ps->code.count;
    ps->section_open = true;
  }
  struct sentron_item *new = list_add(&ps->sentrons, sizeof *new);
  if (!new)
    return fail_memory(ps);
  *new = item;
  return true;
}

static void store_coord(uint8_t *bytes, struct coord c)
{
  for (int i = 0; i < 8; i++) {
    bytes[i] = (uint8_t)(c.lo >> 8 * i);
    bytes[8 + i] = (uint8_t)(c.hi >> 8 * i);
  }
}

/* SENTRON.r0 */
static bool parse_sentron_register(struct parser *ps, struct reference *sentron, uint8_t *file,
                                   uint8_t *index)
{
  static const char letters[] = "rpm";
  int32_t number;
  if (!parse_reference(ps, sentron, "a sentron") || !expect(ps, '.', "the sentron"))
    return false;
  const char *letter = word_length(ps) ? strchr(letters, *ps->p | 32) : NULL;
  if (!letter)
    return fail(ps, ps->p, "write e.g. main.r0, main.p0, main.m0", "expected a register");
  *file = (uint8_t)(letter - letters);
  if (!parse_register(ps, (enum reg_file) * file, &number))
    return false;
  *index = (uint8_t)number;
  return true;
}

bool directive_init(struct parser *ps)
{
  struct init_item *item = list_add(&ps->inits, sizeof *item);
  if (!item)
    return fail_memory(ps);
  struct object_init *init = &item->init;
  struct coord c;
  if (!parse_sentron_register(ps, &item->sentron, &init->file, &init->index) ||
      !expect(ps, '=', "the register"))
    return false;
  if (init->file == FILE_P) {
    if (!parse_coordinate(ps, &c))
      return false;
    store_coord(init->bytes, c);
    return true;
  }
  if (init->file == FILE_M)
    return parse_into(ps, init->bytes, M_BYTES, "an m register");
  return parse_into(ps, init->bytes, ps->dlen / 8, "an r register");
}

/* --- .group .host --------------------------------------------------------------------------- */

static bool add_member(struct parser *ps, struct group_item *item, int64_t id,
                       const struct reference *named, const char *at)
{
  struct object_group *g = &item->group;
  if (g->count == SENTRONS_PER_NODE_MAX)
    return fail(ps, at, NULL, "a group has at most %d members", SENTRONS_PER_NODE_MAX);
  if (named)
    item->member[g->count] = *named;
  g->members[g->count++] = (uint8_t)id;
  return true;
}

/* 3, 0..7, or a sentron's name. */
static bool parse_member(struct parser *ps, struct group_item *item)
{
  int64_t from, to;
  skip(ps);
  const char *at = ps->p;
  if (word_length(ps) || next_is(ps, '"')) {
    struct reference ref;
    return parse_reference(ps, &ref, "a sentron") && add_member(ps, item, 0, &ref, at);
  }
  if (!parse_in_range(ps, 0, UINT8_MAX, "a member", &from))
    return false;
  to = from;
  if (ps->end - ps->p >= 2 && ps->p[0] == '.' && ps->p[1] == '.') {
    ps->p += 2;
    if (!parse_in_range(ps, from, UINT8_MAX, "the last member", &to))
      return false;
  }
  for (; from <= to; from++)
    if (!add_member(ps, item, from, NULL, at))
      return false;
  return true;
}

bool directive_group(struct parser *ps)
{
  struct group_item *item = list_add(&ps->groups, sizeof *item);
  if (!item)
    return fail_memory(ps);
  int64_t id;
  skip(ps);
  item->at = ps->p;
  if (!parse_in_range(ps, 0, UINT8_MAX, "the group", &id))
    return false;
  item->group.id = (uint8_t)id;
  while (take_comma(ps))
    if (!(take_key(ps, "node") ? parse_node(ps, &item->group.node) : parse_member(ps, item)))
      return false;
  return true;
}

static bool host_run(struct parser *ps, struct host_item *item)
{
  do {
    struct reference *ref = list_add(&item->run, sizeof *ref);
    if (!ref)
      return fail_memory(ps);
    if (!parse_reference(ps, ref, "a sentron"))
      return false;
    take_comma(ps);
  } while (!at_line_end(ps));
  return true;
}

bool directive_host(struct parser *ps)
{
  struct host_item *item = list_add(&ps->hosts, sizeof *item);
  if (!item)
    return fail_memory(ps);
  struct object_host *h = &item->host;
  uint8_t bytes[8] = {0}, file = FILE_R;
  struct name name;
  skip(ps);
  item->at = ps->p;
  if (take_word(ps, "run")) {
    h->kind = HOST_RUN;
    return host_run(ps, item);
  }
  if (take_word(ps, "write")) {
    h->kind = HOST_WRITE;
    if (!parse_coordinate(ps, &h->coord) || !expect_comma(ps, "the coordinate") ||
        !parse_into(ps, bytes, sizeof bytes, "a host write"))
      return false;
    for (int i = 7; i >= 0; i--)
      h->value = h->value << 8 | bytes[i];
    return true;
  }
  if (take_word(ps, "print")) {
    h->kind = HOST_PRINT;
    if (!parse_coordinate(ps, &h->coord) || !expect_comma(ps, "the coordinate") ||
        !parse_name(ps, &name, "the name of the result"))
      return false;
    memcpy(h->name, name.text, sizeof h->name);
    return true;
  }
  if (!take_word(ps, "read"))
    return fail_key(ps, "known are .host write, run, read, print");
  h->kind = HOST_READ;
  if (!parse_coordinate(ps, &h->coord))
    return false;
  if (!take(ps, '-') || !take(ps, '>'))
    return fail(ps, ps->p, ".host read COORDINATE -> SENTRON.r0", "expected -> and a register");
  skip(ps);
  const char *at = ps->p;
  if (!parse_sentron_register(ps, &item->sentron, &file, &h->index))
    return false;
  if (file != FILE_R)
    return fail(ps, at, NULL, "a host read goes into an r register");
  return true;
}
