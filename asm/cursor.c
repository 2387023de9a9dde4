/* The cursor over the text: blanks, words, names, strings; and the report of errors with place,
 * source line, caret and cure. */
#include "asm/parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *list_add(struct list *l, size_t item_bytes)
{
  if (l->count == l->capacity) {
    size_t capacity = l->capacity ? l->capacity * 2 : 16;
    void *items = realloc(l->items, capacity * item_bytes);
    if (!items)
      return NULL;
    l->items = items;
    l->capacity = capacity;
  }
  void *item = (char *)l->items + l->count++ * item_bytes;
  memset(item, 0, item_bytes);
  return item;
}

/* --- errors -------------------------------------------------------------------------------- */

bool fail(struct parser *ps, const char *at, const char *cure, const char *format, ...)
{
  struct problem *problem = &ps->problem;
  va_list ap;
  va_start(ap, format);
  problem->at = at;
  problem->category = VTPU_INPUT;
  vsnprintf(problem->what, sizeof problem->what, format, ap);
  snprintf(problem->cure, sizeof problem->cure, "%s", cure ? cure : "");
  va_end(ap);
  return false;
}

bool fail_memory(struct parser *ps)
{
  fail(ps, ps->p, NULL, "the host has no memory for this program");
  ps->problem.category = VTPU_SYSTEM;
  return false;
}

static void append(struct parser *ps, const char *text, size_t bytes)
{
  size_t room = VTPU_ERROR_BYTES - 1 - ps->err_used;
  if (bytes > room)
    bytes = room;
  memcpy(ps->err->message + ps->err_used, text, bytes);
  ps->err_used += bytes;
  ps->err->message[ps->err_used] = 0;
}

/* The source line, cut to a window round the caret, and the caret under it. Bytes that would move
 * the caret (controls, the middle of UTF-8 characters) are shown as blanks or skipped. */
static void append_source_line(struct parser *ps, const char *at)
{
  enum { WINDOW = 90 };
  const char *start = at, *stop = at;
  while (start > ps->text && start[-1] != '\n')
    start--;
  while (stop < ps->end && *stop != '\n')
    stop++;
  const char *from = at - start > WINDOW * 2 / 3 ? at - WINDOW / 2 : start;
  const char *to = stop - from > WINDOW ? from + WINDOW : stop;
  char line[WINDOW + 16], caret[WINDOW + 16];
  size_t n = 0, c = 0;
  line[n++] = caret[c++] = '\n';
  line[n++] = caret[c++] = ' ';
  line[n++] = caret[c++] = ' ';
  for (const char *q = from; q < to; q++) {
    unsigned char byte = (unsigned char)*q;
    bool middle = (byte & 0xc0) == 0x80;
    line[n++] = byte < 32 || byte == 127 ? ' ' : *q;
    if (q < at && !middle)
      caret[c++] = ' ';
  }
  caret[c++] = '^';
  append(ps, line, n);
  append(ps, caret, c);
}

void report(struct parser *ps)
{
  const struct problem *problem = &ps->problem;
  if (!ps->err || ps->problem_count >= PROBLEMS_MAX) {
    ps->problem_count++;
    return;
  }
  if (ps->problem_count == 0) {
    ps->err->category = problem->category;
    ps->err->message[0] = 0;
  } else if (VTPU_ERROR_BYTES - ps->err_used < 1500) {
    ps->problem_count++; /* no room to show another whole */
    return;
  }
  const char *at = problem->at < ps->text ? ps->text : problem->at;
  if (at > ps->end)
    at = ps->end;
  long line = 1, column = 1;
  for (const char *q = ps->text; q < at; q++) {
    if (*q == '\n') {
      line++;
      column = 1;
    } else if (((unsigned char)*q & 0xc0) != 0x80) {
      column++;
    }
  }
  char head[PROBLEM_TEXT + 400];
  int n = snprintf(head, sizeof head, "%s%.300s:%ld:%ld: %s", ps->problem_count ? "\n" : "",
                   ps->name, line, column, problem->what);
  append(ps, head, (size_t)n < sizeof head ? (size_t)n : sizeof head - 1);
  append_source_line(ps, at);
  if (problem->cure[0]) {
    append(ps, "\n  ", 3);
    append(ps, problem->cure, strlen(problem->cure));
  }
  ps->problem_count++;
}

/* --- blanks and punctuation ---------------------------------------------------------------- */

void skip(struct parser *ps)
{
  while (ps->p < ps->end) {
    char c = *ps->p;
    bool comment = c == ';' || c == '#' || (c == '/' && ps->p + 1 < ps->end && ps->p[1] == '/');
    if (comment) {
      while (ps->p < ps->end && *ps->p != '\n')
        ps->p++;
    } else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && ps->braces)) {
      ps->p++;
    } else {
      return;
    }
  }
}

bool next_is(struct parser *ps, char c)
{
  skip(ps);
  return ps->p < ps->end && *ps->p == c;
}

bool take(struct parser *ps, char c)
{
  if (!next_is(ps, c))
    return false;
  ps->p++;
  return true;
}

bool expect(struct parser *ps, char c, const char *after)
{
  char what[SEEN_BYTES];
  if (take(ps, c))
    return true;
  return fail(ps, ps->p, NULL, "expected '%c' after %s, not %s", c, after, seen(ps, what));
}

bool at_line_end(struct parser *ps)
{
  skip(ps);
  return ps->p >= ps->end || *ps->p == '\n';
}

bool expect_line_end(struct parser *ps)
{
  char what[SEEN_BYTES];
  if (at_line_end(ps))
    return true;
  return fail(ps, ps->p, NULL, "expected the end of the line, not %s", seen(ps, what));
}

bool take_comma(struct parser *ps)
{
  if (!take(ps, ','))
    return false;
  while (at_line_end(ps) && ps->p < ps->end)
    ps->p++;
  return true;
}

const char *seen(struct parser *ps, char out[SEEN_BYTES])
{
  skip(ps);
  if (ps->p >= ps->end || *ps->p == '\n')
    return strcpy(out, ps->p >= ps->end ? "the end of the text" : "the end of the line");
  size_t n = 0, most = 24;
  bool word = is_word_char(*ps->p);
  while (ps->p + n < ps->end && n < most && (word ? is_word_char(ps->p[n]) : n == 0))
    n++;
  unsigned char c = (unsigned char)*ps->p;
  if (c < 32 || c >= 127)
    snprintf(out, SEEN_BYTES, "the byte 0x%02x", c);
  else
    snprintf(out, SEEN_BYTES, "'%.*s'", (int)n, ps->p);
  return out;
}

/* --- words, names, strings ----------------------------------------------------------------- */

bool is_word_start(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_word_char(char c)
{
  return is_word_start(c) || (c >= '0' && c <= '9') || c == '$';
}

size_t word_length(struct parser *ps)
{
  skip(ps);
  size_t n = 0;
  if (ps->p >= ps->end || !is_word_start(*ps->p))
    return 0;
  while (ps->p + n < ps->end && is_word_char(ps->p[n]))
    n++;
  return n;
}

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool word_equals(const char *text, size_t bytes, const char *word)
{
  for (size_t i = 0; i < bytes; i++)
    if (!word[i] || lower(text[i]) != lower(word[i]))
      return false;
  return word[bytes] == 0;
}

bool take_word(struct parser *ps, const char *word)
{
  size_t n = word_length(ps);
  if (n == 0 || !word_equals(ps->p, n, word))
    return false;
  ps->p += n;
  return true;
}

bool parse_name(struct parser *ps, struct name *out, const char *what)
{
  char got[SEEN_BYTES];
  size_t n = word_length(ps);
  memset(out, 0, sizeof *out);
  out->at = ps->p;
  if (n == 0 && ps->p < ps->end && *ps->p == '"') {
    if (!parse_string(ps, out->text, sizeof out->text - 1, &n))
      return false;
    if (memchr(out->text, 0, n))
      return fail(ps, out->at, NULL, "a name has no zero byte");
    return true;
  }
  if (n == 0)
    return fail(ps, ps->p, NULL, "expected %s, not %s", what, seen(ps, got));
  if (n >= sizeof out->text)
    return fail(ps, ps->p, NULL, "a name has at most %d characters", OBJECT_NAME_BYTES - 1);
  memcpy(out->text, ps->p, n);
  ps->p += n;
  return true;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character after a backslash; the cursor is on it and moves past it. -1: unknown. */
static int escaped(struct parser *ps)
{
  char c = ps->p < ps->end ? *ps->p++ : 0;
  switch (c) {
  case '"':
  case '\\': return c;
  case 'n': return '\n';
  case 't': return '\t';
  case '0': return 0;
  case 'x':
    if (ps->end - ps->p >= 2 && hex_digit(ps->p[0]) >= 0 && hex_digit(ps->p[1]) >= 0) {
      ps->p += 2;
      return hex_digit(ps->p[-2]) << 4 | hex_digit(ps->p[-1]);
    }
    return -1;
  default: return -1;
  }
}

bool parse_string(struct parser *ps, char *bytes, size_t room, size_t *count)
{
  const char *start = ps->p++;
  *count = 0;
  for (;;) {
    const char *at = ps->p;
    if (ps->p >= ps->end || *ps->p == '\n')
      return fail(ps, start, "end it with \" on the same line", "this string has no end");
    int c = (unsigned char)*ps->p++;
    if (c == '"')
      return true;
    if (c == '\\' && (c = escaped(ps)) < 0)
      return fail(ps, at, "known are \\\" \\\\ \\n \\t \\0 \\xHH", "unknown escape in a string");
    if (*count >= room)
      return fail(ps, start, NULL, "this string is longer than %zu bytes", room);
    bytes[(*count)++] = (char)c;
  }
}
