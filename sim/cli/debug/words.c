/* The words of a command: numbers, sentrons, SIWs, coordinates. Each failure says what would have
 * been right. */
#include "sim/cli/debug/debug.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *word_skip(const char *p)
{
  while (*p == ' ' || *p == '\t')
    p++;
  return p;
}

bool word_is_end(const char *p)
{
  return *word_skip(p) == '\0';
}

char *word_next(const char **p, char *out, size_t bytes)
{
  const char *from = word_skip(*p);
  size_t n = strcspn(from, " \t");
  if (!n)
    return NULL;
  *p = from + n;
  snprintf(out, bytes, "%.*s", (int)n, from);
  return out;
}

int parse_count(const char *text, uint64_t least, uint64_t most, const char *what, uint64_t *out,
                struct vtpu_error *err)
{
  char digits[32];
  size_t n = 0;
  /* Thousands may be separated, as reports print them. */
  for (const char *p = text; *p && n < sizeof digits - 1; p++)
    if (*p != ',' && *p != '_')
      digits[n++] = *p;
  digits[n] = '\0';
  char *end = NULL;
  errno = 0;
  *out = strtoull(digits, &end, 0);
  if (digits[0] < '0' || digits[0] > '9' || *end || errno || *out < least || *out > most) {
    if (most == NEVER)
      return debug_fail(err, "'%s' is no %s: a whole number from %llu on", text, what,
                        (unsigned long long)least);
    return debug_fail(err, "'%s' is no %s: a whole number from %llu to %llu", text, what,
                      (unsigned long long)least, (unsigned long long)most);
  }
  return 0;
}

int one_count(const char *args, uint64_t *count, struct vtpu_error *err)
{
  char word[40];
  *count = 1;
  if (!word_next(&args, word, sizeof word))
    return 0;
  int bad = parse_count(word, 1, NEVER, "count", count, err);
  if (!bad && !word_is_end(args))
    bad = debug_fail(err, "'%s' is left over behind the count", word_skip(args));
  return bad;
}

int nothing_more(const char *args, struct vtpu_error *err)
{
  return word_is_end(args) ? 0 : debug_fail(err, "'%s' is left over", word_skip(args));
}

int one_path(const char *args, char *path, size_t bytes, struct vtpu_error *err)
{
  snprintf(path, bytes, "%s", word_skip(args));
  size_t n = strlen(path);
  while (n && isspace((unsigned char)path[n - 1]))
    path[--n] = '\0';
  return n ? 0 : debug_fail(err, "which file?");
}

/* --- sentrons and SIWs --------------------------------------------------------------------------
 */

char *sentron_text(const struct debug *d, unsigned sentron, char out[80])
{
  const struct object_sentron *s = &d->object.sentrons[sentron];
  snprintf(out, 80, "%s (%u.%u)", s->name, s->node, s->id);
  return out;
}

int parse_sentron(const struct debug *d, const char *text, unsigned *out, struct vtpu_error *err)
{
  unsigned node, id, used = 0;
  for (uint32_t i = 0; i < d->object.sentron_count; i++)
    if (strcmp(d->object.sentrons[i].name, text) == 0) {
      *out = i;
      return 0;
    }
  if (sscanf(text, "%u.%u%n", &node, &id, (int *)&used) == 2 && !text[used]) {
    for (uint32_t i = 0; i < d->object.sentron_count; i++)
      if (d->object.sentrons[i].node == node && d->object.sentrons[i].id == id) {
        *out = i;
        return 0;
      }
  }
  if (sscanf(text, "@%u%n", &id, (int *)&used) == 1 && !text[used] &&
      id < d->object.sentron_count) {
    *out = id;
    return 0;
  }
  return debug_fail(err,
                    "there is no sentron '%s'\n"
                    "  `info sentrons' lists them; by name, as node.number, or as @index",
                    text);
}

const char *siw_label(const void *object, uint32_t siw)
{
  const struct object *o = object;
  for (uint32_t i = 0; i < o->symbol_count; i++)
    if (o->symbols[i].siw == siw)
      return o->symbols[i].name;
  return NULL;
}

int mark_of(const struct debug *d, uint32_t siw)
{
  for (uint32_t i = 0; i < d->object.mark_count; i++)
    if (siw >= d->object.marks[i].first && siw <= d->object.marks[i].last)
      return (int)i;
  return -1;
}

int parse_siw_place(const struct debug *d, const char *text, uint32_t *out, struct vtpu_error *err)
{
  char base[OBJECT_NAME_BYTES + 32];
  uint64_t distance = 0, at = 0;
  const char *plus = strrchr(text, '+');
  snprintf(base, sizeof base, "%.*s", plus ? (int)(plus - text) : (int)strlen(text), text);
  if (plus && parse_count(plus + 1, 0, UINT32_MAX, "distance", &distance, err))
    return VTPU_USAGE;
  if (strcmp(base, ".") == 0) {
    struct vtpu_sentron_look look;
    vtpu_look_sentron(d->state, d->focus, d->at, &look);
    at = look.siw;
  } else if (base[0] == '@' || isdigit((unsigned char)base[0])) {
    if (parse_count(base + (base[0] == '@'), 0, UINT32_MAX, "number of a SIW", &at, err))
      return VTPU_USAGE;
  } else {
    uint32_t i = 0;
    while (i < d->object.symbol_count && strcmp(d->object.symbols[i].name, base) != 0)
      i++;
    if (i == d->object.symbol_count)
      return debug_fail(err,
                        "there is no label '%s'\n"
                        "  `info labels' lists them; a SIW is LABEL, LABEL+N, @N, or . (the next)",
                        base);
    at = d->object.symbols[i].siw;
  }
  if (at + distance >= d->object.siw_count)
    return debug_fail(err, "there is no SIW %llu: the program has %u, from 0",
                      (unsigned long long)(at + distance), d->object.siw_count);
  *out = (uint32_t)(at + distance);
  return 0;
}

int parse_elem(const char *text, enum elem *out)
{
  for (int i = 0; i < ELEM_COUNT; i++)
    if (strcmp(text, elem_names[i]) == 0) {
      *out = (enum elem)i;
      return 0;
    }
  return VTPU_USAGE;
}

/* --- coordinates --------------------------------------------------------------------------------
 */

static const struct object_region *region_named(const struct debug *d, const char *name, size_t n)
{
  for (uint32_t i = 0; i < d->object.region_count; i++)
    if (strlen(d->object.regions[i].name) == n && strncmp(d->object.regions[i].name, name, n) == 0)
      return &d->object.regions[i];
  return NULL;
}

int parse_cell(const struct debug *d, const char **p, struct coord *out, struct vtpu_error *err)
{
  const char *from = word_skip(*p), *at = from, *why = "";
  bool bracket =
      *at == '[' && at[1 + strcspn(at + 1, ",]")] != ','; /* [1,2,...] is a form itself */
  at = word_skip(at + bracket);
  size_t name = strcspn(at, " \t]+");
  const struct object_region *r = region_named(d, at, name);
  char *end = NULL;
  long number = *at == 'p' ? strtol(at + 1, &end, 10) : -1;
  if (r) {
    *out = r->lo;
    at += name;
  } else if (end && end > at + 1 && number >= 0 && number < P_COUNT &&
             !isalnum((unsigned char)*end)) {
    uint8_t bytes[64];
    vtpu_register(d->state, d->focus, REG_P + (unsigned)number, bytes);
    memcpy(out, bytes, sizeof *out);
    at = end;
  } else {
    int n = coord_parse(at, out, &why);
    if (!n)
      return debug_fail(err,
                        "'%.*s' is no cell: %s\n"
                        "  a cell is 1.2.3/4.5.6/7.8.9/10.11[+offset], [p0], or a region's name",
                        (int)strcspn(from, " \t"), from, why);
    at += n;
  }
  if ((r || end) && *at == '+') {
    uint64_t offset;
    char digits[24];
    size_t n = strspn(at + 1, "0123456789");
    snprintf(digits, sizeof digits, "%.*s", (int)n, at + 1);
    if (parse_count(digits, 0, CELL_BYTES - 1, "offset in a cell", &offset, err))
      return VTPU_USAGE;
    *out = coord_with_flags(*out, (unsigned)offset);
    at += 1 + n;
  }
  if (bracket) {
    at = word_skip(at);
    if (*at != ']')
      return debug_fail(err, "the bracket of '%s' is not closed", from);
    at++;
  }
  *p = at;
  return 0;
}

/* One dimension: "*", "7", or "3-9". */
static bool parse_part(const char **p, uint16_t *lo, uint16_t *hi)
{
  if (**p == '*') {
    ++*p;
    *lo = 0;
    *hi = COORD_DIM_SIZE - 1;
    return true;
  }
  char *end;
  if (!isdigit((unsigned char)**p))
    return false;
  unsigned long a = strtoul(*p, &end, 10), b = a;
  if (*end == '-' && isdigit((unsigned char)end[1]))
    b = strtoul(end + 1, &end, 10);
  *p = end;
  *lo = (uint16_t)a;
  *hi = (uint16_t)b;
  return a < COORD_DIM_SIZE && b < COORD_DIM_SIZE && a <= b;
}

int parse_pattern(const struct debug *d, const char *text, struct pattern *out,
                  struct vtpu_error *err)
{
  const struct object_region *r = region_named(d, text, strlen(text));
  for (int i = 0; i < COORD_DIMS; i++) {
    out->lo[i] = 0;
    out->hi[i] = COORD_DIM_SIZE - 1;
  }
  for (int i = 0; r && i < COORD_DIMS; i++) {
    out->lo[i] = (uint16_t)coord_dim(r->lo, i);
    out->hi[i] = (uint16_t)(out->lo[i] + r->extent[i] * (i < 3 ? 4 : 1) - 1);
  }
  if (r)
    return 0;
  const char *p = text;
  bool bracket = *p == '[';
  p += bracket;
  for (int i = 0; i < COORD_DIMS; i++) {
    if (!parse_part(&p, &out->lo[i], &out->hi[i]))
      break;
    if (*p == (bracket ? ']' : '\0') && p[bracket] == '\0')
      return 0;
    if (*p != '.' && *p != '/' && *p != ',')
      break;
    p++;
  }
  return debug_fail(
      err,
      "'%s' is no pattern of coordinates\n"
      "  one is like 1.*.3-7/4: each part a number to 2047, a range, or *; those left "
      "out are *; or a region's name",
      text);
}

bool pattern_has(const struct pattern *p, struct coord c)
{
  for (int i = 0; i < COORD_DIMS; i++)
    if (coord_dim(c, i) < p->lo[i] || coord_dim(c, i) > p->hi[i])
      return false;
  return true;
}
