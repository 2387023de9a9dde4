/* Sentrons, cycles and regions as users name them: see selection.h. */
#include "sim/cli/selection.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_TEXT_BYTES = 512 };

static int no_memory(struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
}

/* Calls `take` for each word between commas. */
typedef int take_fn(const char *option, char *word, void *user, struct vtpu_error *err);
static int each_word(const char *option, const char *text, take_fn *take, void *user,
                     struct vtpu_error *err)
{
  char *copy = strdup(text), *rest = NULL;
  if (!copy)
    return no_memory(err);
  int bad = 0, words = 0;
  for (char *word = strtok_r(copy, ",", &rest); word && !bad; word = strtok_r(NULL, ",", &rest)) {
    bad = take(option, word, user, err);
    words++;
  }
  free(copy);
  if (!bad && words == 0)
    bad = vtpu_fail(err, VTPU_USAGE, "%s: nothing is named", option);
  return bad;
}

/* A number up to the end of the text, or to `*end`. */
static bool number(const char *text, uint64_t *value, const char **end)
{
  char *after;
  errno = 0;
  *value = strtoull(text, &after, 10);
  if (end)
    *end = after;
  return *text >= '0' && *text <= '9' && !errno && (end || !*after);
}

/* --- sentrons -------------------------------------------------------------------------------- */

struct sentron_list {
  const struct object *object;
  uint64_t *bits;
};

static bool names_sentron(const struct object_sentron *s, const char *word)
{
  uint64_t node = 0, id;
  const char *after;
  if (strcmp(s->name, word) == 0)
    return true;
  if (!number(word, &id, &after))
    return false;
  if (*after == '.') {
    node = id;
    if (!number(after + 1, &id, NULL))
      return false;
  } else if (*after) {
    return false;
  }
  return s->node == node && s->id == id;
}

static int take_sentron(const char *option, char *word, void *user, struct vtpu_error *err)
{
  struct sentron_list *list = user;
  const struct object *o = list->object;
  bool found = false;
  for (uint32_t i = 0; i < o->sentron_count; i++)
    if (names_sentron(&o->sentrons[i], word)) {
      list->bits[i / 64] |= UINT64_C(1) << i % 64;
      found = true;
    }
  if (found)
    return 0;
  char text[LIST_TEXT_BYTES] = "";
  for (uint32_t i = 0, used = 0; i < o->sentron_count && used < sizeof text - 80; i++)
    used += (uint32_t)snprintf(text + used, sizeof text - used, "%s%s (%u.%u)", i ? ", " : "",
                               o->sentrons[i].name, o->sentrons[i].node, o->sentrons[i].id);
  return vtpu_fail(err, VTPU_USAGE, "%s: there is no sentron '%s'\n  the program has %s", option,
                   word, text);
}

int select_sentrons(const char *option, const char *text, const struct object *o, uint64_t **bits,
                    struct vtpu_error *err)
{
  *bits = calloc((o->sentron_count + 63) / 64 + 1, sizeof **bits);
  if (!*bits)
    return no_memory(err);
  struct sentron_list list = {o, *bits};
  return each_word(option, text, take_sentron, &list, err);
}

/* --- cycles ---------------------------------------------------------------------------------- */

struct range_list {
  struct trace_range *ranges;
  size_t count;
};

static int take_range(const char *option, char *word, void *user, struct vtpu_error *err)
{
  struct range_list *list = user;
  struct trace_range r = {0, UINT64_MAX};
  const char *after;
  bool good = number(word, &r.from, &after);
  if (good && !*after) {
    r.to = r.from + 1;
  } else if (good && *after == '-') {
    if (after[1] && (good = number(after + 1, &r.to, NULL)))
      r.to += r.to < UINT64_MAX;
  } else {
    good = false;
  }
  if (!good)
    return vtpu_fail(err, VTPU_USAGE,
                     "%s: '%s' is no range of cycles\n  write FIRST-LAST, FIRST- or one cycle",
                     option, word);
  if (r.to <= r.from)
    return vtpu_fail(err, VTPU_USAGE, "%s: %s ends before it begins", option, word);
  if (list->count && r.from < list->ranges[list->count - 1].to)
    return vtpu_fail(err, VTPU_USAGE, "%s: %s does not come after the range before it", option,
                     word);
  struct trace_range *more = realloc(list->ranges, (list->count + 1) * sizeof *more);
  if (!more)
    return no_memory(err);
  list->ranges = more;
  list->ranges[list->count++] = r;
  return 0;
}

int select_cycles(const char *option, const char *text, struct trace_range **ranges, size_t *count,
                  struct vtpu_error *err)
{
  struct range_list list = {0};
  int bad = each_word(option, text, take_range, &list, err);
  *ranges = list.ranges;
  *count = list.count;
  return bad;
}

int select_sample(const char *option, const char *text, uint64_t *length, uint64_t *every,
                  struct vtpu_error *err)
{
  const char *after;
  if (!number(text, length, &after) || *after != '/' || !number(after + 1, every, NULL) ||
      *length == 0 || *length > *every)
    return vtpu_fail(err, VTPU_USAGE,
                     "%s: '%s' is no sample\n  write LENGTH/EVERY: of each EVERY cycles the first "
                     "LENGTH",
                     option, text);
  return 0;
}

/* --- regions --------------------------------------------------------------------------------- */

const struct object_mark *siw_mark(const struct object *o, uint32_t siw)
{
  uint32_t low = 0, high = o->mark_count; /* the first that ends at or after the SIW */
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (o->marks[middle].last < siw)
      low = middle + 1;
    else
      high = middle;
  }
  return low < o->mark_count && o->marks[low].first <= siw ? &o->marks[low] : NULL;
}

struct region_list {
  const struct object *object;
  uint64_t *bits;
};

static int take_region(const char *option, char *word, void *user, struct vtpu_error *err)
{
  struct region_list *list = user;
  const struct object *o = list->object;
  bool found = false;
  for (uint32_t i = 0; i < o->mark_count; i++) {
    const struct object_mark *m = &o->marks[i];
    char full[OBJECT_NAME_BYTES + 16];
    if (m->layer < 0)
      snprintf(full, sizeof full, "-.%s", m->kernel);
    else
      snprintf(full, sizeof full, "%" PRId32 ".%s", m->layer, m->kernel);
    if (fnmatch(word, m->kernel, 0) != 0 && fnmatch(word, full, 0) != 0)
      continue;
    found = true;
    for (uint32_t k = m->first; k <= m->last; k++)
      list->bits[k / 64] |= UINT64_C(1) << k % 64;
  }
  if (found)
    return 0;
  if (!o->mark_count)
    return vtpu_fail(
        err, VTPU_USAGE,
        "%s: the program has no regions\n  lowered models have, and programs with .mark", option);
  char text[LIST_TEXT_BYTES] = "";
  for (uint32_t i = 0, used = 0; i < o->mark_count && used < sizeof text - 80; i++) {
    bool seen = false;
    for (uint32_t k = 0; k < i; k++)
      seen |= strcmp(o->marks[k].kernel, o->marks[i].kernel) == 0;
    if (!seen)
      used += (uint32_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "",
                                 o->marks[i].kernel);
  }
  return vtpu_fail(err, VTPU_USAGE,
                   "%s: no region is called '%s'\n  there are %s; LAYER.KERNEL names one layer's",
                   option, word, text);
}

int select_regions(const char *option, const char *text, const struct object *o, uint64_t **bits,
                   struct vtpu_error *err)
{
  *bits = calloc((o->siw_count + 63) / 64 + 1, sizeof **bits);
  if (!*bits)
    return no_memory(err);
  struct region_list list = {o, *bits};
  return each_word(option, text, take_region, &list, err);
}

/* --- groups ---------------------------------------------------------------------------------- */

static int take_group(const char *option, char *word, void *user, struct vtpu_error *err)
{
  uint16_t *groups = user;
  for (int i = 0; i < TRACE_GROUP_COUNT; i++)
    if (strcmp(word, trace_group_names[i]) == 0) {
      *groups |= (uint16_t)(1u << i);
      return 0;
    }
  return vtpu_fail(err, VTPU_USAGE,
                   "%s: there are no records '%s'\n  there are issue, stall, memory, message",
                   option, word);
}

int select_groups(const char *option, const char *text, uint16_t *groups, struct vtpu_error *err)
{
  *groups = 0;
  return each_word(option, text, take_group, groups, err);
}
