/* Directives: what an object holds beside its code (asm/README.md lists them all).
 *
 * Each handler reads the rest of its line. Names of sentrons and labels may be used before they
 * are defined and are resolved at the end; constants and regions come first. */
#include "asm/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- parts of directives ------------------------------------------------------------------- */

bool expect_comma(struct parser *ps, const char *after)
{
  char what[SEEN_BYTES];
  if (take_comma(ps))
    return true;
  return fail(ps, ps->p, NULL, "expected ',' after %s, not %s", after, seen(ps, what));
}

/* key = */
bool take_key(struct parser *ps, const char *key)
{
  const char *start = ps->p;
  if (take_word(ps, key) && take(ps, '='))
    return true;
  ps->p = start;
  return false;
}

bool fail_key(struct parser *ps, const char *known)
{
  char what[SEEN_BYTES];
  return fail(ps, ps->p, known, "unknown option %s", seen(ps, what));
}

/* A sentron or region: its name, or @number in the order of the directives. */
bool parse_reference(struct parser *ps, struct reference *out, const char *what)
{
  int64_t index;
  memset(out, 0, sizeof *out);
  skip(ps);
  if (take(ps, '@')) {
    out->name.at = ps->p;
    if (!parse_in_range(ps, 0, UINT16_MAX, what, &index))
      return false;
    out->index = (uint32_t)index;
    return true;
  }
  out->named = true;
  return parse_name(ps, &out->name, what);
}

/* "all", or a node number. */
bool parse_node(struct parser *ps, uint16_t *node)
{
  int64_t value;
  if (take_word(ps, "all")) {
    *node = REGION_ALL_NODES;
    return true;
  }
  if (!parse_in_range(ps, 0, REGION_ALL_NODES - 1, "the node", &value))
    return false;
  *node = (uint16_t)value;
  return true;
}

bool parse_u16(struct parser *ps, int64_t most, const char *what, uint16_t *out)
{
  int64_t value;
  if (!parse_in_range(ps, 0, most, what, &value))
    return false;
  *out = (uint16_t)value;
  return true;
}

bool parse_into(struct parser *ps, uint8_t *to, uint64_t bytes, const char *what)
{
  struct value_bytes values = {0};
  bool ok = parse_values(ps, &values, bytes, what);
  if (ok && values.count)
    memcpy(to, values.bytes, values.count);
  free(values.bytes);
  return ok;
}

/* --- .dlen .needs .equ .symbol .nomain .end
 * --------------------------------------------------------------- */

static bool directive_dlen(struct parser *ps)
{
  int64_t value;
  skip(ps);
  const char *at = ps->p;
  if (!parse_expression(ps, &value))
    return false;
  if (value != 64 && value != 128 && value != 256 && value != 512)
    return fail(ps, at, "64, 128, 256 or 512", "DLEN is %lld bits", (long long)value);
  if (ps->dlen_given || ps->code.count || ps->inits.count)
    return fail(ps, at, "it stands once, before code and initial registers",
                "DLEN can no longer change");
  ps->dlen = (uint32_t)value;
  ps->dlen_given = true;
  return true;
}

/* One thing that the program needs of a machine. */
static bool parse_need(struct parser *ps, int64_t most, const char *what, uint16_t *out)
{
  int64_t value;
  const char *at = ps->p;
  if (*out)
    return fail(ps, at, NULL, "%s was given before", what);
  if (!parse_in_range(ps, 1, most, what, &value))
    return false;
  *out = (uint16_t)value;
  return true;
}

static bool directive_needs(struct parser *ps)
{
  do {
    bool ok = true;
    if (take_key(ps, "queue"))
      ok = parse_need(ps, NEEDS_QUEUE_MOST, "queue", &ps->needs.queue);
    else if (take_key(ps, "cores"))
      ok = parse_need(ps, NEEDS_CORES_MOST, "cores", &ps->needs.cores);
    else
      ok = fail_key(ps, "known are queue=N and cores=N");
    if (!ok)
      return false;
  } while (take_comma(ps));
  return true;
}

static bool directive_equ(struct parser *ps)
{
  struct name name;
  int64_t value;
  if (!parse_name(ps, &name, "the name of a constant") || !expect_comma(ps, "the name") ||
      !parse_expression(ps, &value))
    return false;
  char letter = (char)(name.text[0] | 32);
  if (strchr("rpml", letter) && name.text[1] && !name.text[1 + strspn(name.text + 1, "0123456789")])
    return fail(ps, name.at, NULL, "%s is the name of a register", name.text);
  return add_constant(ps, &name, value);
}

static bool directive_symbol(struct parser *ps)
{
  struct symbol *symbol = list_add(&ps->symbols, sizeof *symbol);
  if (!symbol)
    return fail_memory(ps);
  symbol->label = SIZE_MAX;
  return parse_name(ps, &symbol->name, "a name") && expect_comma(ps, "the name") &&
         parse_target(ps, UINT32_MAX, &symbol->target);
}

static bool directive_nomain(struct parser *ps)
{
  return ps->nomain = true;
}

static bool directive_end(struct parser *ps)
{
  if (!ps->section_open)
    return fail(ps, ps->p, NULL, "no .sentron section is open here");
  return close_section(ps);
}

/* --- .mark .endmark ----------------------------------------------------------------------------
 */

bool close_mark(struct parser *ps, const char *at)
{
  if (!ps->mark_open)
    return true;
  struct object_mark *mark = &ITEM(struct mark_item, ps->marks, ps->marks.count - 1)->mark;
  ps->mark_open = false;
  if (mark->first == ps->code.count)
    return fail(ps, at, "a mark holds from .mark to .endmark or the next .mark",
                "the mark \"%s\" has no SIWs", mark->kernel);
  mark->last = (uint32_t)ps->code.count - 1;
  return true;
}

static bool directive_mark(struct parser *ps)
{
  struct name kernel;
  int64_t layer = -1;
  skip(ps);
  const char *at = ps->p;
  if (!parse_name(ps, &kernel, "the name of a kernel"))
    return false;
  while (take_comma(ps)) {
    if (!take_key(ps, "layer"))
      return fail_key(ps, "known is layer=N");
    if (!parse_in_range(ps, INT32_MIN, INT32_MAX, "the layer", &layer))
      return false;
  }
  if (!close_mark(ps, at))
    return false;
  struct mark_item *item = list_add(&ps->marks, sizeof *item);
  if (!item)
    return fail_memory(ps);
  struct object_mark *mark = &item->mark;
  item->at = at;
  memcpy(mark->kernel, kernel.text, sizeof mark->kernel);
  mark->layer = (int32_t)layer;
  mark->first = (uint32_t)ps->code.count;
  ps->mark_open = true;
  return true;
}

static bool directive_endmark(struct parser *ps)
{
  if (!ps->mark_open)
    return fail(ps, ps->p, NULL, "no .mark is open here");
  return close_mark(ps, ps->p);
}

/* --- the table ----------------------------------------------------------------------------- */

static const struct {
  const char *name;
  bool (*read)(struct parser *ps);
} directives[] = {
    {".dlen", directive_dlen},       {".equ", directive_equ},     {".symbol", directive_symbol},
    {".sentron", directive_sentron}, {".end", directive_end},     {".init", directive_init},
    {".region", directive_region},   {".data", directive_data},   {".group", directive_group},
    {".host", directive_host},       {".mark", directive_mark},   {".endmark", directive_endmark},
    {".nomain", directive_nomain},   {".needs", directive_needs},
};
enum { DIRECTIVES = sizeof directives / sizeof *directives };

bool parse_directive(struct parser *ps)
{
  const char *start = ps->p++;
  size_t n = word_length(ps) + 1;
  struct nearest near;
  nearest_start(&near, start, n);
  for (int i = 0; i < DIRECTIVES; i++) {
    nearest_try(&near, directives[i].name);
    if (n == 1 || !word_equals(start, n, directives[i].name))
      continue;
    ps->p = start + n;
    return directives[i].read(ps) && expect_line_end(ps);
  }
  char cure[PROBLEM_TEXT];
  nearest_cure(&near, "asm/README.md lists the directives", cure);
  return fail(ps, start, cure, "there is no directive %.*s", n > 60 ? 60 : (int)n, start);
}
