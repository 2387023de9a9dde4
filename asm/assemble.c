/* The assembler (assemble.h): statements in order, then names to numbers, then the object, which
 * must pass the loader's checks. */
#include "asm/assemble.h"

#include "asm/parser.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- statements ---------------------------------------------------------------------------- */

static bool add_label(struct parser *ps, const struct name *name)
{
  struct label *label = list_add(&ps->labels, sizeof *label);
  struct symbol *symbol = list_add(&ps->symbols, sizeof *symbol);
  if (!label || !symbol)
    return fail_memory(ps);
  label->name = *name;
  label->siw = (uint32_t)ps->code.count;
  symbol->label = ps->labels.count - 1;
  return true;
}

static bool looks_like_operation(const char *text, size_t bytes)
{
  for (int i = 0; i < op_table_count; i++)
    if (word_equals(text, bytes, op_table[i].mnemonic))
      return true;
  return false;
}

/* One statement; labels may stand before a SIW or directive on the same line. */
static bool parse_statement(struct parser *ps)
{
  char what[SEEN_BYTES];
  if (next_is(ps, '{'))
    return parse_siw(ps) && expect_line_end(ps);
  if (next_is(ps, '.'))
    return parse_directive(ps);
  const char *start = ps->p;
  size_t word = word_length(ps);
  struct name name;
  if (word == 0 && !next_is(ps, '"'))
    return fail(ps, ps->p, NULL, "expected a label, a directive or { ... }, not %s",
                seen(ps, what));
  if (!parse_name(ps, &name, "a label"))
    return false;
  if (take(ps, ':'))
    return add_label(ps, &name);
  if (looks_like_operation(start, word))
    return fail(ps, start, "write { D-op | S-op | C-op }", "operations stand in braces");
  return fail(ps, ps->p, NULL, "expected ':' after the label %s", name.text);
}

static void parse_all(struct parser *ps)
{
  while (ps->p < ps->end) {
    if (at_line_end(ps)) {
      ps->p += ps->p < ps->end;
      continue;
    }
    if (parse_statement(ps))
      continue;
    report(ps);
    if (ps->problem.category == VTPU_SYSTEM)
      return;
    ps->braces = ps->parens = ps->depth = 0;
    while (ps->p < ps->end && *ps->p != '\n')
      ps->p++;
  }
  if (!close_section(ps) || !close_mark(ps, ps->end))
    report(ps);
}

/* --- the object ---------------------------------------------------------------------------- */

/* Sorting by name for resolve_all moved the labels; symbols keep the order of the text. */
static void collect_symbols(struct parser *ps)
{
  for (size_t i = 0; i < ps->symbols.count; i++) {
    struct symbol *symbol = ITEM(struct symbol, ps->symbols, i);
    if (symbol->label == SIZE_MAX)
      continue;
    const struct label *label = ITEM(struct label, ps->labels, symbol->label);
    symbol->name = label->name;
    symbol->target.siw = label->siw;
  }
}

static bool build_code(struct parser *ps, struct object *o)
{
  size_t count = ps->code.count;
  struct bundle *bundles = malloc((count + 1) * sizeof *bundles);
  o->code = malloc((count + 1) * sizeof *o->code);
  if (!bundles || !o->code) {
    free(bundles);
    return fail_memory(ps);
  }
  for (size_t i = 0; i < count; i++)
    bundles[i] = ITEM(struct code_item, ps->code, i)->bundle;
  bundle_set_deps(bundles, count);
  bool ok = true;
  for (size_t i = 0; i < count && ok; i++) {
    struct vtpu_error err = {0};
    if (siw_encode(&bundles[i], &o->code[i], &err))
      ok = fail(ps, ITEM(struct code_item, ps->code, i)->at, NULL, "%.300s", err.message);
  }
  free(bundles);
  o->siw_count = (uint32_t)count;
  return ok;
}

/* Copies member `member` of each item of `list` into a new array of the object. */
#define BUILD(array, counter, list, item_type, member)                                             \
  do {                                                                                             \
    o->array = calloc(ps->list.count + 1, sizeof *o->array);                                       \
    if (!o->array)                                                                                 \
      return fail_memory(ps);                                                                      \
    for (size_t i = 0; i < ps->list.count; i++)                                                    \
      o->array[i] = ITEM(struct item_type, ps->list, i)->member;                                   \
    o->counter = (uint32_t)ps->list.count;                                                         \
  } while (0)

static bool build(struct parser *ps, struct object *o)
{
  o->dlen = ps->dlen;
  o->needs = ps->needs;
  if (!build_code(ps, o))
    return false;
  BUILD(sentrons, sentron_count, sentrons, sentron_item, sentron);
  BUILD(inits, init_count, inits, init_item, init);
  BUILD(regions, region_count, regions, region_item, region);
  BUILD(groups, group_count, groups, group_item, group);
  BUILD(hosts, host_count, hosts, host_item, host);
  BUILD(marks, mark_count, marks, mark_item, mark);
  BUILD(data, data_count, data, data_item, data);
  for (size_t i = 0; i < ps->data.count; i++) /* the object owns the bytes from here on */
    ITEM(struct data_item, ps->data, i)->data.content = NULL;
  o->symbols = calloc(ps->symbols.count + 1, sizeof *o->symbols);
  if (!o->symbols)
    return fail_memory(ps);
  for (size_t i = 0; i < ps->symbols.count; i++) {
    const struct symbol *symbol = ITEM(struct symbol, ps->symbols, i);
    memcpy(o->symbols[i].name, symbol->name.text, sizeof symbol->name.text);
    o->symbols[i].siw = symbol->target.siw;
  }
  o->symbol_count = (uint32_t)ps->symbols.count;
  return true;
}

/* The number after `prefix` at the start of a message; the rest of the message follows ": ". */
static bool message_number(const char *message, const char *prefix, size_t count, size_t *number)
{
  size_t n = strlen(prefix);
  if (strncmp(message, prefix, n) || message[n] < '0' || message[n] > '9')
    return false;
  *number = strtoul(message + n, NULL, 10);
  return *number < count;
}

/* Where in the text a complaint of object_check belongs; NULL if only the whole is to blame. */
static const char *place_of(struct parser *ps, const char *message)
{
  size_t n;
  if (message_number(message, "SIW ", ps->code.count, &n)) {
    const struct code_item *item = ITEM(struct code_item, ps->code, n);
    const char *rest = strstr(message, ": ");
    for (int pipe = 0; pipe < PIPE_COUNT && rest; pipe++)
      if (rest[2] == pipe_letter[pipe] && !strncmp(rest + 3, " slot", 5) && item->slot[pipe])
        return item->slot[pipe];
    return item->at;
  }
  if (message_number(message, "sentron ", ps->sentrons.count, &n))
    return ITEM(struct sentron_item, ps->sentrons, n)->at;
  if (message_number(message, "initial register ", ps->inits.count, &n))
    return ITEM(struct init_item, ps->inits, n)->sentron.name.at;
  if (message_number(message, "region ", ps->regions.count, &n) ||
      message_number(message, "regions ", ps->regions.count, &n))
    return ITEM(struct region_item, ps->regions, n)->name.at;
  if (message_number(message, "data ", ps->data.count, &n))
    return ITEM(struct data_item, ps->data, n)->at;
  if (message_number(message, "host step ", ps->hosts.count, &n))
    return ITEM(struct host_item, ps->hosts, n)->at;
  if (message_number(message, "mark ", ps->marks.count, &n))
    return ITEM(struct mark_item, ps->marks, n)->at;
  for (size_t i = ps->groups.count; i-- > 0;) { /* groups are named by id; the last is to blame */
    const struct group_item *item = ITEM(struct group_item, ps->groups, i);
    if (message_number(message, "group ", GROUP_COUNT, &n) && item->group.id == n)
      return item->at;
  }
  return NULL;
}

static bool check(struct parser *ps, const struct object *o)
{
  struct vtpu_error err = {0};
  if (!object_check(o, &err))
    return true;
  const char *at = place_of(ps, err.message), *what = err.message;
  char *cure = strchr(err.message, '\n');
  if (cure) {
    *cure = 0;
    cure += 1 + strspn(cure + 1, " ");
  }
  fail(ps, at ? at : ps->text, cure, "%.380s", what);
  return false;
}

/* --- the public functions ------------------------------------------------------------------ */

static void parser_free(struct parser *ps)
{
  for (size_t i = 0; i < ps->data.count; i++)
    free((void *)(uintptr_t)ITEM(struct data_item, ps->data, i)->data.content);
  for (size_t i = 0; i < ps->hosts.count; i++)
    free(ITEM(struct host_item, ps->hosts, i)->run.items);
  struct list *lists[] = {&ps->constants, &ps->labels,   &ps->symbols, &ps->fixups,
                          &ps->code,      &ps->sentrons, &ps->inits,   &ps->regions,
                          &ps->data,      &ps->groups,   &ps->hosts,   &ps->marks};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    free(lists[i]->items);
}

/* Without a .sentron, all code is that of sentron 0, "main". */
static bool add_main(struct parser *ps)
{
  if (ps->sentrons.count || ps->code.count == 0 || ps->nomain)
    return true;
  struct sentron_item *item = list_add(&ps->sentrons, sizeof *item);
  if (!item)
    return fail_memory(ps);
  strcpy(item->sentron.name, "main");
  item->sentron.start = true;
  item->sentron.end = (uint32_t)ps->code.count;
  item->section = true;
  item->at = ps->text;
  return true;
}

/* How many errors there are, where it is more than one. */
static void report_count(struct parser *ps)
{
  if (ps->problem_count > 1)
    snprintf(ps->err->message + ps->err_used, VTPU_ERROR_BYTES - ps->err_used, "\n%d errors",
             ps->problem_count);
}

int assemble_text(const char *name, const char *text, size_t bytes, struct object *out,
                  struct vtpu_error *err)
{
  struct vtpu_error scratch;
  if (bytes == 0)
    text = "";
  struct parser ps = {.name = name, .text = text, .p = text, .end = text + bytes, .dlen = 512};
  ps.err = err ? err : &scratch;
  memset(out, 0, sizeof *out);
  parse_all(&ps);
  if (!ps.problem_count && !add_main(&ps))
    report(&ps);
  if (!ps.problem_count) {
    collect_symbols(&ps);
    resolve_all(&ps);
  }
  if (!ps.problem_count && (!build(&ps, out) || !check(&ps, out)))
    report(&ps);
  int rc = ps.problem_count ? (int)ps.err->category : VTPU_OK;
  report_count(&ps);
  parser_free(&ps);
  if (rc)
    object_free_parts(out);
  return rc;
}

int assemble_siw(const char *name, const char *text, uint32_t dlen, struct bundle *out,
                 struct vtpu_error *err)
{
  struct vtpu_error scratch;
  struct parser ps = {
      .name = name, .text = text, .p = text, .end = text + strlen(text), .dlen = dlen};
  ps.err = err ? err : &scratch;
  bool ok = next_is(&ps, '{') || fail(&ps, ps.p, NULL, "expected { D-op | S-op | C-op }");
  ok = ok && parse_siw(&ps) && expect_line_end(&ps);
  if (ok && ps.fixups.count)
    ok = fail(&ps, ITEM(struct fixup, ps.fixups, 0)->name.at, "write @ and the number of a SIW",
              "a SIW by itself has no labels");
  if (ok)
    *out = ITEM(struct code_item, ps.code, 0)->bundle;
  else
    report(&ps);
  parser_free(&ps);
  return ok ? VTPU_OK : (int)ps.err->category;
}

/* The whole file, owned; NULL with *err filled. */
static char *read_file(const char *path, size_t *bytes, struct vtpu_error *err)
{
  FILE *file = fopen(path, "rb");
  if (!file) {
    vtpu_fail(err, VTPU_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    return NULL;
  }
  size_t room = 1 << 16, used = 0;
  char *text = malloc(room);
  while (text && (used += fread(text + used, 1, room - used, file)) == room) {
    char *more = realloc(text, room * 2);
    if (!more)
      free(text);
    text = more;
    room *= 2;
  }
  if (!text)
    vtpu_fail(err, VTPU_SYSTEM, "%s: the host has no memory for it", path);
  else if (ferror(file)) {
    vtpu_fail(err, VTPU_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    free(text);
    text = NULL;
  }
  fclose(file);
  *bytes = used;
  return text;
}

int assemble_file(const char *path, struct object *out, struct vtpu_error *err)
{
  struct vtpu_error scratch;
  size_t bytes;
  if (!err)
    err = &scratch;
  memset(out, 0, sizeof *out);
  char *text = read_file(path, &bytes, err);
  if (!text)
    return (int)err->category;
  int rc;
  if (bytes >= 8 && !memcmp(text, "VTPUOBJ\n", 8))
    rc =
        vtpu_fail(err, VTPU_INPUT, "%s: is an object already\n  vtpu disasm prints its text", path);
  else
    rc = assemble_text(path, text, bytes, out, err);
  free(text);
  return rc;
}
