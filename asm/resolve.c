/* Names to numbers, when the whole text has been read: targets of branches and loops, sentrons
 * named by registers, groups and host steps, symbols. */
#include "asm/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
  const struct label *x = a, *y = b;
  int order = strcmp(x->name.text, y->name.text);
  return order ? order : x->name.at < y->name.at ? -1 : 1;
}

/* `sorted` is ps->labels in the order of names. */
static bool find_label(struct parser *ps, const struct label *sorted, const struct name *name,
                       uint32_t *siw)
{
  size_t low = 0, high = ps->labels.count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(name->text, sorted[middle].name.text);
    if (order == 0) {
      *siw = sorted[middle].siw;
      return true;
    }
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  struct nearest near;
  char cure[PROBLEM_TEXT];
  nearest_start(&near, name->text, strlen(name->text));
  for (size_t i = 0; i < ps->labels.count; i++)
    nearest_try(&near, sorted[i].name.text);
  return fail(ps, name->at,
              nearest_cure(&near, "a label stands before its SIW: name: { ... }", cure),
              "there is no label %s", name->text);
}

static bool resolve_target(struct parser *ps, const struct label *sorted, struct target *target)
{
  return !target->named || find_label(ps, sorted, &target->name, &target->siw);
}

/* The last SIW of a loop carries the loop's mark (architecture, section 5). */
static bool check_loop_end(struct parser *ps, const struct fixup *fixup, uint32_t end)
{
  const struct code_item *loop = ITEM(struct code_item, ps->code, fixup->siw);
  int l = loop->bundle.slot[fixup->pipe].rd;
  char cure[64];
  if (end >= ps->code.count)
    return fail(ps, fixup->name.at, "the label names the last SIW of the body",
                "there is no SIW at %s", fixup->name.text);
  if (ITEM(struct code_item, ps->code, end)->bundle.loop_ends >> l & 1)
    return true;
  snprintf(cure, sizeof cure, "write } :l%d there", l);
  return fail(ps, fixup->name.at, cure, "the SIW at %s has no mark of l%d, so this loop never ends",
              fixup->name.text, l);
}

static bool resolve_fixup(struct parser *ps, const struct label *sorted, const struct fixup *fixup)
{
  uint32_t siw = 0;
  if (!find_label(ps, sorted, &fixup->name, &siw))
    return false;
  if (fixup->field == FIELD_end && !check_loop_end(ps, fixup, siw))
    return false;
  struct code_item *item = ITEM(struct code_item, ps->code, fixup->siw);
  slot_set_field(&item->bundle.slot[fixup->pipe], fixup->field, (int32_t)siw);
  return true;
}

static bool resolve_sentron(struct parser *ps, struct reference *ref)
{
  if (!ref->named) {
    if (ref->index < ps->sentrons.count)
      return true;
    return fail(ps, ref->name.at, NULL, "there is no sentron @%u", (unsigned)ref->index);
  }
  struct nearest near;
  char cure[PROBLEM_TEXT];
  nearest_start(&near, ref->name.text, strlen(ref->name.text));
  for (size_t i = 0; i < ps->sentrons.count; i++) {
    const char *name = ITEM(struct sentron_item, ps->sentrons, i)->sentron.name;
    if (!strcmp(name, ref->name.text)) {
      ref->index = (uint32_t)i;
      return true;
    }
    nearest_try(&near, name);
  }
  return fail(ps, ref->name.at, nearest_cure(&near, "declare it with .sentron", cure),
              "there is no sentron %s", ref->name.text);
}

static bool resolve_host(struct parser *ps, struct host_item *item)
{
  struct object_host *h = &item->host;
  if (h->kind == HOST_READ) {
    if (!resolve_sentron(ps, &item->sentron))
      return false;
    h->sentron = (uint16_t)item->sentron.index;
  }
  for (size_t i = 0; i < item->run.count; i++) {
    struct reference *ref = ITEM(struct reference, item->run, i);
    if (!resolve_sentron(ps, ref))
      return false;
    if (ref->index >= 64)
      return fail(ps, ref->name.at, NULL, "a host step starts only the first 64 sentrons");
    h->value |= UINT64_C(1) << ref->index;
  }
  return true;
}

static bool resolve_group(struct parser *ps, struct group_item *item)
{
  for (int i = 0; i < item->group.count; i++) {
    struct reference *ref = &item->member[i];
    if (!ref->name.at)
      continue; /* a number */
    if (!resolve_sentron(ps, ref))
      return false;
    item->group.members[i] =
        (uint8_t)ITEM(struct sentron_item, ps->sentrons, ref->index)->sentron.id;
  }
  return true;
}

void resolve_all(struct parser *ps)
{
  struct label *labels = ps->labels.items;
  if (ps->labels.count)
    qsort(labels, ps->labels.count, sizeof *labels, by_name);
  for (size_t i = 1; i < ps->labels.count; i++)
    if (!strcmp(labels[i - 1].name.text, labels[i].name.text)) {
      fail(ps, labels[i].name.at, NULL, "the label %s is already defined", labels[i].name.text);
      report(ps);
    }
  for (size_t i = 0; i < ps->fixups.count; i++)
    if (!resolve_fixup(ps, labels, ITEM(struct fixup, ps->fixups, i)))
      report(ps);
  for (size_t i = 0; i < ps->sentrons.count; i++) {
    struct sentron_item *item = ITEM(struct sentron_item, ps->sentrons, i);
    if (item->section)
      continue;
    if (!resolve_target(ps, labels, &item->entry) || !resolve_target(ps, labels, &item->end))
      report(ps);
    item->sentron.entry = item->entry.siw;
    item->sentron.end = item->end.siw;
  }
  for (size_t i = 0; i < ps->symbols.count; i++) {
    struct symbol *symbol = ITEM(struct symbol, ps->symbols, i);
    if (symbol->label == SIZE_MAX && !resolve_target(ps, labels, &symbol->target))
      report(ps);
  }
  for (size_t i = 0; i < ps->inits.count; i++) {
    struct init_item *item = ITEM(struct init_item, ps->inits, i);
    if (!resolve_sentron(ps, &item->sentron))
      report(ps);
    item->init.sentron = (uint16_t)item->sentron.index;
  }
  for (size_t i = 0; i < ps->groups.count; i++)
    if (!resolve_group(ps, ITEM(struct group_item, ps->groups, i)))
      report(ps);
  for (size_t i = 0; i < ps->hosts.count; i++)
    if (!resolve_host(ps, ITEM(struct host_item, ps->hosts, i)))
      report(ps);
}
